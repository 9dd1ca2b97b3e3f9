"""What was asked for by hand, or agreed at the beginning, holds: over a pause, an end, and going on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from restorer.batch import Batch, BatchSettings
from restorer.batch_files import Naming
from restorer.image_io import Photo
from restorer.image_save import save_photo
from restorer.jobs import Cancelled, JobContext
from restorer.recipe import Outcome
from tests.conftest import smooth_photo
from tests.core.batch_support import fake_run, leftovers, photographs, run_batch, states


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "in", tmp_path / "out"


# --- cancelled stays cancelled


def test_what_was_cancelled_before_a_pause_does_not_wait_after_it(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))
    seen: list[dict[str, str]] = []

    def run(photo: Photo, *rest: object) -> Outcome:  # the next ones are being read by now
        batch.pause()
        batch.cancel()
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    def wait(_: float) -> None:
        seen.append(states(batch))
        batch.resume()

    with Batch(BatchSettings(out), run, wait=wait) as batch:
        batch.add([source])
        counts = batch.run().counts
    assert set(seen[0].values()) == {"cancelled"} and counts["cancelled"] == 4 and leftovers(out) == []


def test_what_was_cancelled_before_the_end_does_not_wait_when_going_on(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))
    ended: list[int] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        batch.cancel()
        ended.append(1)
        ctx.check()
        raise AssertionError("it was cancelled")

    with Batch(BatchSettings(out), run) as batch:
        batch.add([source])
        with pytest.raises(Cancelled):
            batch.run(JobContext(is_cancelled=lambda: bool(ended)))
        assert set(states(batch).values()) == {"cancelled"}
    assert run_batch(out, [source], resume=True).counts["cancelled"] == 4


# --- a pause holds


def test_a_pause_while_photographs_are_listed_holds(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    seen: list[dict[str, int]] = []

    def wait(_: float) -> None:
        seen.append(batch.counts())
        batch.resume()

    with Batch(BatchSettings(out), fake_run, wait=wait) as batch:
        batch.add([source], JobContext(lambda _: batch.pause()))
        assert batch.run().counts["done"] == 1
    assert [c["waiting"] for c in seen] == [1]


def test_a_pause_ends_with_the_run(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    waits: list[float] = []
    with Batch(BatchSettings(out), fake_run, wait=waits.append) as batch:
        batch.add([source])
        batch.pause()
    with Batch(BatchSettings(out), fake_run, resume=True, wait=waits.append) as batch:
        assert batch.run().counts["done"] == 1 and waits == []


# --- what was agreed


def test_going_on_writes_the_sidecars_that_the_batch_began_with(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(out, [source], sidecars=True)
    photographs(source, "b.png", seed=5)
    run_batch(out, [source], resume=True)
    assert sorted(p.name for p in (out / "sidecars").glob("*.json")) == ["a.png.json", "b.png.json"]


def test_a_format_that_cannot_hold_a_photograph_is_told_before_the_work(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "c.png")
    save_photo(Photo(smooth_photo(24, 32).astype(np.uint16) * 200), source / "b.tif")
    worked: list[str] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        worked.append(Path(entry.source).name)
        return fake_run(photo, recipe, device, entry, ctx)

    with Batch(BatchSettings(out, naming=Naming(format="JPEG")), run) as batch:
        batch.add([source])
        assert batch.run().counts["done"] == 2
        (failed,) = batch.items(["failed"])
    assert worked == ["a.png", "c.png"] and failed.kind == "target"
    assert failed.error == "JPEG cannot hold 16 bits per channel. Write .tif or .png, which keep them."


# --- one folder of several


def test_a_deleted_folder_does_not_keep_the_others_from_being_reached(tmp_path: Path) -> None:
    out = tmp_path / "out"
    one = photographs(tmp_path / "one", "a.png", "b.png")
    two = photographs(tmp_path / "two", "c.png", "d.png")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([*one, *two])
        shutil.move(tmp_path / "one", tmp_path / "away")
        summary = batch.run()
        assert summary.counts["done"] == 2 and summary.counts["failed"] == 2 and summary.exit_code == 3
        assert {item.kind for item in batch.items(["failed"])} == {"folder"}
    shutil.move(tmp_path / "away", tmp_path / "one")  # the drive is there again
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.run().counts["done"] == 4
