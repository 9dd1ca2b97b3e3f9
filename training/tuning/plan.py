"""What a fine-tuning will take on this machine, measured, and the note of it in the run's folder."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from restorer.device import Device, cpu_title
from restorer.errors import InputError, OutputError, RestorerError
from restorer.image.reading import open_photo
from restorer.library import store as library
from restorer.library.store import writing
from restorer.library.weights import ModelEntry
from training.data.folders import ScannedPhoto, to_rgb8
from training.data.replay import read_replay
from training.fitting.workers import Workers
from training.tuning.data import UserBank
from training.tuning.setup import (
    PRESETS,
    FinetuneConfig,
    Groups,
    bank_bytes,
    bank_side,
    make_source,
    make_task,
    measured_px,
    plane_of,
)  # fmt: skip
from training.tuning.tuner import SHARES, TRIED, Tuner, TuneSettings, benchmark

MEASUREMENTS, MEASURING_SHARE = 12, 0.25  # while learning, at most: so many, and so much of the time
TEXTURED = 11  # measurements at the usual detail that choose what the detail end is offered


@dataclass(frozen=True)
class Plan:
    """What a fine-tuning will take on this machine.

    Attributes:
        steps: optimiser steps.
        seconds_per_step: measured.
        minutes: in all, from the photographs to the verdict.
        memory_bytes, disk_bytes: needed at most, about.
        validate_every: steps between measurements.
        train, held_out: photographs.
        device: that it runs on, for a person.
        seconds_per_photo: to make one ready, measured.
        seconds_per_megapixel: of the pictures that a measurement looks at, measured.
        judging_seconds: from the last step to the verdict.
        processes: that learn together, for which all of this is true.
    """

    steps: int
    seconds_per_step: float
    minutes: float
    memory_bytes: int
    disk_bytes: int
    validate_every: int
    train: int
    held_out: int
    device: str
    seconds_per_photo: float = 0.0
    seconds_per_megapixel: float = 0.0
    judging_seconds: float = 0.0
    processes: int = 1


@dataclass(frozen=True)
class _Speed:
    """What was measured on this machine; see `Plan`."""

    step: float
    memory_bytes: int
    photo: float
    megapixel: float
    device: str
    processes: int


def make_plan(
    config: FinetuneConfig, groups: Groups, parent: nn.Module, task: str, device: Device,
    measured: Plan | None = None, workers: Workers | None = None,
) -> Plan:  # fmt: skip
    """Time a few steps, one measurement and a few photographs on this machine, and count memory and disk.

    `measured`: a plan for the same photographs, model, batch, crop, device and number of processes, whose
    times are taken.
    `workers`: processes that will train together; the others must call `time_learning` meanwhile.

    Raises:
        DeviceError: the memory does not suffice for one crop.
        OutputError: the disk does not suffice.
    """
    weights = sum(p.numel() * 4 for p in parent.parameters())
    photos = [*groups.train, *groups.selection, *groups.verdict]
    if measured is None:
        speed = _measure(config, photos, parent, task, device, workers or Workers())
    else:
        speed = _Speed(
            measured.seconds_per_step,
            measured.memory_bytes - _held(task, measured.processes, measured.disk_bytes - 14 * weights),
            measured.seconds_per_photo,
            measured.seconds_per_megapixel, measured.device, measured.processes,
        )  # fmt: skip
    once, judging = _measuring(config, task, groups, speed.megapixel)
    seconds = (config.minutes or PRESETS[config.preset]) * 60  # of learning
    count, steps = MEASUREMENTS, config.steps
    if not steps:
        count = int(np.clip(MEASURING_SHARE * seconds / max(once, 1e-9), 2, MEASUREMENTS))
        steps = int(np.clip((seconds - count * once) / speed.step, 10, 100_000))
    every = int(np.clip(steps // count, 1, 250))
    learning = steps * speed.step + math.ceil(steps / every) * once
    pictures = sum(bank_bytes(p, bank_side(config)) for p in photos)
    disk = pictures + 14 * weights
    memory = speed.memory_bytes + _held(task, speed.processes, pictures)
    plan = Plan(
        steps, speed.step, (len(photos) * speed.photo + learning + judging) / 60, memory, disk,
        every, len(groups.train), len(groups.verdict), speed.device, speed.photo, speed.megapixel, judging,
        speed.processes,
    )  # fmt: skip
    _check_disk(config.work, disk)
    return plan


def _held(task: str, processes: int, pictures: int) -> int:
    """Bytes of photographs that stay in memory: a detector's, unpacked in each process."""
    return processes * pictures * 3 // 2 if task == "detect" else 0


def _measuring(config: FinetuneConfig, task: str, groups: Groups, seconds: float) -> tuple[float, float]:
    """Seconds of one measurement while learning, and of all that comes after the last step.

    `seconds`: for each million of pixels that a network looks at.
    """
    px = {name: count / 1e6 * seconds for name, count in measured_px(config, task, groups).items()}
    choose, judge = px["selection"] + px["replay-selection"], px["verdict"] + px["replay"]
    once = len(TRIED) * choose + px["examples"]
    after = (1 + len(SHARES)) * choose + 2 * judge
    if task == "repair":  # has a detail end, which is measured as well
        after += TEXTURED * px["selection"] + 2 * px["verdict"]
    return once, after


def time_learning(
    config: FinetuneConfig, parent: nn.Module, task: str, device: Device, workers: Workers
) -> tuple[dict[str, Any], float]:
    """What `benchmark` tells of a step, and the seconds that a measurement takes for a million pixels.

    All processes that train together call it at the same time: side by side each has less of the machine.
    """
    source = make_source(config, task, UserBank(Path(), []), read_replay()[0])
    settings = TuneSettings(1, batch=config.batch, layers=config.layers)
    known = make_task(config, task, None, device, workers)
    found = benchmark(Tuner(parent, known, source, settings, device))
    began = time.monotonic()
    known.scores(parent, "replay")
    pixels = measured_px(config, task, Groups((), (), ()))["replay"]
    return found, (time.monotonic() - began) / pixels * 1e6


def _measure(
    config: FinetuneConfig, photos: list[ScannedPhoto], parent: nn.Module, task: str, device: Device,
    workers: Workers,
) -> _Speed:  # fmt: skip
    found, megapixel = time_learning(config, parent, task, device, workers)
    weights = sum(p.numel() * 4 for p in parent.parameters())
    memory = 400 * 2**20 + int(found["bytes"]) + 6 * weights
    on_cpu = device.torch.type == "cpu"
    title = cpu_title(workers.size * torch.get_num_threads()) if on_cpu else device.title
    with workers.others_waiting():
        photo = _seconds_per_photo(config, photos)
    return _Speed(found["seconds"], workers.size * memory, photo, megapixel, title, workers.size)


def _seconds_per_photo(config: FinetuneConfig, photos: list[ScannedPhoto]) -> float:
    """To make one photograph ready: the mean of a few, after one that loads what is needed."""
    some = photos[:: max(1, len(photos) // 3)][:3]
    began, done = 0.0, 0
    for number, photo in enumerate([*some[:1], *some]):
        if number == 1:
            began = time.monotonic()
        with contextlib.suppress(RestorerError):  # it will be told when all of them are made ready
            plane_of(config, photo, to_rgb8(open_photo(photo.path), bank_side(config)))
            done += number > 0
    return (time.monotonic() - began) / done if done else 0.0


def _check_disk(folder: Path, need: int) -> None:
    place = folder
    while not os.path.exists(place):  # noqa: PTH110 - no error where a drive failed
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < need:
        raise OutputError(
            f"The training needs {need / 2**20:.0f} MiB on the disk, and {free / 2**20:.0f} are free.",
            f"Make room, or set {library.VARIABLE} to a folder on another disk.",
        )


# --- The note in the run's folder ---------------------------------------------------------------------


def write_plan(config: FinetuneConfig, parent: ModelEntry, plan: Plan) -> None:
    """Note settings, parent and plan in the run's folder, so that a resumed run is the same one."""
    content = {"config": config.as_json(), "parent": parent.fingerprint, "plan": asdict(plan)}
    with writing("The training cannot be prepared"):
        config.work.mkdir(parents=True, exist_ok=True)
        temporary = config.work / f"{library.RUN_PLAN}.part"
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(config.work / library.RUN_PLAN)


# What may differ when a run goes on; the model is known by its fingerprint, whatever it is called now.
_FREE = ("device", "threads", "minutes", "preset", "rejected", "model")


def read_plan(config: FinetuneConfig, parent: ModelEntry) -> Plan:
    """The plan of an unfinished run.

    Raises:
        InputError: there is none, or it has other settings.
    """
    try:
        content = json.loads((config.work / library.RUN_PLAN).read_text(encoding="utf-8"))
        plan, given = Plan(**content["plan"]), content["config"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"There is no unfinished training '{config.name}'.", "Start it without --resume."
        ) from error
    now = json.loads(json.dumps(config.as_json()))
    differs = [k for k in now if k not in _FREE and given.get(k) != now[k]]
    if differs or content["parent"] != parent.fingerprint:
        what = ", ".join(differs) or "model"
        raise InputError(
            f"The unfinished training '{config.name}' has other settings ({what}).",
            "Give the same ones, or choose another name.",
        )
    return plan
