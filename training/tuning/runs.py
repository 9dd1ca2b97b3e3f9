"""Fine-tunings that were broken off, paused or judged without being kept: what can be gone on with."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from restorer.errors import RestorerError
from restorer.library import store as library
from training.fitting import checkpoint
from training.tuning.finetune import RESULT, is_unfinished
from training.tuning.plan import Plan
from training.tuning.setup import FinetuneConfig, lock_run, own_run


@dataclass(frozen=True)
class Unfinished:
    """One run that can be resumed.

    Attributes:
        config: its settings.
        plan: what was planned.
        step: optimiser steps done, as the last checkpoint tells.
        judged: it has ended and its verdict was against it; its model can still be kept.
        date: when it was last written, seconds since 1970.
    """

    config: FinetuneConfig
    plan: Plan
    step: int
    judged: bool
    date: float


def config_from_json(content: dict[str, Any]) -> FinetuneConfig:
    """The settings that `FinetuneConfig.as_json` gave.

    Raises:
        TypeError, ValueError, KeyError: not such content.
    """
    values = {f.name: content[f.name] for f in fields(FinetuneConfig) if f.name in content}
    values["folders"] = tuple(Path(p) for p in values["folders"])
    values["rejected"] = frozenset(Path(p) for p in values["rejected"])
    for key in ("masks", "held_out", "overlays"):
        values[key] = Path(values[key]) if values.get(key) else None
    return FinetuneConfig(**values)


def find_unfinished() -> list[Unfinished]:
    """Every run in the user's library that can be resumed, the latest first.

    Damaged ones and those that another program works on are left out; what cannot be gone on with is removed.
    """
    try:
        folders = sorted(library.runs_folder().iterdir())
    except OSError:  # there is none, or its drive fails
        return []
    for folder in folders:
        _clear_up(folder)
    found = [_read(folder / library.RUN_PLAN) for folder in folders]
    return sorted((run for run in found if run is not None), key=lambda run: -run.date)


def _clear_up(folder: Path) -> None:
    """Remove what a program that was killed while it made the photographs ready has left of them."""
    if not (folder / library.RUN_PLAN).is_file() and not is_unfinished(folder):
        with suppress(RestorerError, OSError), own_run(folder):  # else another program prepares it
            pass


def _read(path: Path) -> Unfinished | None:
    folder = path.parent
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        config, plan = config_from_json(content["config"]), Plan(**content["plan"])
        if config.work != folder:
            return None
        lock_run(folder).release()  # another program may be training it right now
        names = [m.id for m in library.read_library().models if m.fingerprint == content["parent"]]
        if names and config.model not in names:  # it was renamed
            config = replace(config, model=names[0])
        return Unfinished(config, plan, _step(folder), (folder / RESULT).is_file(), path.stat().st_mtime)
    except (RestorerError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _step(folder: Path) -> int:
    path = folder / checkpoint.NAME
    if not path.is_file():
        return 0
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        return int(content["state"]["step"])
    except checkpoint.DAMAGED:
        return 0


def read_log(work: Path) -> list[dict[str, float]]:
    """What a run has measured so far: per measurement "step", "user", "replay", losses by name."""
    lines: list[dict[str, float]] = []
    try:
        text = (work / "log.jsonl").read_text(encoding="utf-8")
    except OSError:
        return []
    for line in text.splitlines():
        try:
            lines.append({str(k): float(v) for k, v in json.loads(line).items()})
        except (ValueError, AttributeError, TypeError):
            continue  # cut off by a crash
    return lines
