"""What the tests of batches share: photographs made on the spot and a stand-in for the networks."""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from restorer.batch.run import Batch, BatchSettings, BatchSummary
from restorer.image.reading import Photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import PhotoReport
from tests.conftest import smooth_photo

BLOCK = (slice(2, 8), slice(3, 9))


def invert_block(pixels: np.ndarray) -> np.ndarray:
    """What `fake_run` makes of a picture."""
    result = pixels.copy()
    result[BLOCK] = np.iinfo(pixels.dtype).max - pixels[BLOCK]
    return result


def fake_run(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext) -> Outcome:
    """Inverts a small block; a photograph called "clean..." is clean."""
    ctx.check()
    mask = np.zeros(photo.pixels.shape[:2], bool)
    if Path(entry.source).name.startswith("clean"):
        return Outcome(None, mask)
    mask[BLOCK] = True
    entry.damage_score, entry.regions, entry.share_found = 50.0, 1, float(mask.mean())
    entry.changed_inside, entry.changed_outside = int(mask.sum()), 0
    entry.seconds["repair"] = 0.01
    return Outcome(replace(photo, pixels=invert_block(photo.pixels)), mask)


def photographs(folder: Path, *names: str, seed: int = 0) -> list[Path]:
    """Small photographs of those names, each with another content."""
    paths = [folder / name for name in names]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_photo(Photo(smooth_photo(24, 32, seed + number)), path)
    return paths


def run_batch(
    out: Path,
    paths: list[Path],
    run: Callable[..., Outcome] = fake_run,
    resume: bool = False,
    **settings: object,
) -> BatchSummary:
    """A whole batch in this process."""
    with Batch(BatchSettings(out, **settings), run, resume=resume) as batch:  # type: ignore[arg-type]
        batch.add(paths)
        return batch.run()


def states(batch: Batch) -> dict[str, str]:
    """State by name of the file."""
    return {item.path.name: item.state for item in batch.items()}


def leftovers(out: Path) -> list[str]:
    """Files in an output folder that a finished batch must not leave."""
    staged = list((out / ".restorer-batch" / "staging").rglob("*"))
    return [str(p) for p in [*staged, *out.rglob("*.part"), *out.rglob("*-wal"), *out.rglob("*-shm")]]


def suicidal_run(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext) -> Outcome:
    """`fake_run`, but a photograph called "poison..." kills the process, as running out of memory does."""
    if Path(entry.source).name.startswith("poison"):
        os.kill(os.getpid(), signal.SIGKILL)
    return fake_run(photo, recipe, device, entry, ctx)


def told_to_end(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext) -> Outcome:
    """`fake_run` in a process that is told to end, as all of a terminal or of a session are."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        os.kill(os.getpid(), number)
    return fake_run(photo, recipe, device, entry, ctx)


def die_at(point: str, turn: int) -> None:
    """Let this process be killed when it passes a point for the `turn`-th time."""
    module, name, when = point.split(":")
    owner: Any = importlib.import_module(module)
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
    original = getattr(owner, name.split(".")[-1])
    passed = itertools.count(1)

    def deadly(*given: Any, **named: Any) -> Any:
        dies = next(passed) == turn  # several threads may pass
        if when == "before" and dies:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*given, **named)
        if when == "after" and dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name.split(".")[-1], deadly)


if __name__ == "__main__":  # python -m tests.core.batch.support POINT TURN SOURCE OUT
    die_at(sys.argv[1], int(sys.argv[2]))
    run_batch(Path(sys.argv[4]), [Path(sys.argv[3])])
