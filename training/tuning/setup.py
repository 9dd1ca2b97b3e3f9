"""Before a fine-tuning: its settings, the photographs made ready, the pictures that it is measured on."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from restorer.arrays import Bytes
from restorer.device import Device
from restorer.errors import InputError
from restorer.image.saving import open_mask
from restorer.jobs import JobContext
from restorer.library import store as library
from restorer.library.store import find_model, writing
from restorer.library.weights import ModelEntry
from restorer.locks import FileLock
from restorer.models import ARCHITECTURES
from restorer.processing.detector import detect_damage
from training.data.folders import ScannedPhoto, ScanReport, scan, split, subset, with_masks
from training.data.masks import MIX
from training.data.photos import Rgb
from training.data.replay import CROP_PX, read_replay
from training.fitting import checkpoint
from training.fitting.learner import BatchSource
from training.fitting.workers import Workers
from training.measuring.cases import find_mask
from training.tuning.data import (
    BANK_SIDE_PX,
    DetectCrops,
    RepairCrops,
    UserBank,
    damaged_cases,
    detect_case,
    half_of,
    labelled,
    open_bank,
    repair_cases,
    write_bank,
)  # fmt: skip
from training.tuning.tasks import (
    DETECT_LOSSES,
    EXAMPLES,
    REPAIR_LOSSES,
    DetectTuning,
    RepairTuning,
    TuningTask,
)
from training.tuning.tuner import LAYERS

MIN_JUDGES = 3  # held out; of fewer the interval of a gain says nothing about chance
BANKS = ("train", "selection", "verdict")
MEASURE_PX = 160
DETECT_SIDE_PX = 1080  # small damage must stay visible
CROPS, MOST_CROPS = {"selection": 80, "verdict": 120}, 16  # about so many in all, of one photograph at most
GUARD_HOLES = 2  # in each replay crop that is measured: its mean is known to 0.05 dB, of 31 holes to 0.1

PRESETS = {"quick": 4.0, "balanced": 18.0, "thorough": 90.0}  # minutes
USUAL_RATE, USUAL_CROPS = 1e-3, 38_000


def usual_rate(steps: int, batch: int) -> float:
    """The peak rate for a run of `steps` with `batch` crops each.

    What is learnt grows with the rate and what small batches add in noise with its square: a run that sees
    few crops wants a lower one.
    """
    return USUAL_RATE * min(1.0, steps * batch / USUAL_CROPS) ** 0.5


@dataclass(frozen=True)
class FinetuneConfig:
    """Settings of a fine-tuning.

    Attributes:
        folders: the user's folders of photographs.
        name: id of the new model.
        model: id of the model to start from, or a task for its default.
        preset: "quick", "balanced" or "thorough"; the values below replace its own where they are given.
        minutes: about how long to learn on this machine; 0 = the preset's.
        steps: optimiser steps; 0 = as many as fit into the minutes.
        batch: crops per step.
        crop_px: side of a crop, a multiple of 32.
        rate: peak learning rate; 0 = `usual_rate`.
        pull: strength of the pull towards the parent's weights.
        replay_share: share of the crops that come from the replay set, 0..1.
        masks: for detection: folder of corrected masks, named like the photographs, above 127 = damage.
        held_out: folder of photographs for the verdict; None holds out some of `folders`, by scene.
        rejected: photographs that shall not be used.
        overlays: folder of real damage as masks, or None: laid over for a detector, the shape of half of the
            holes for a generator.
        mix: for repair: shares of the kinds of holes by name, see `training.data.masks.MIX`; empty = usual.
        losses: weights of the losses by name, see `training.tuning.tasks`; empty = the usual ones.
        layers: which learn: "all", "first" or "last" half, or "biases".
        faint: for detection: how faint synthetic damage may be, 0..1.
        device: "auto", "cpu", "cuda" or "mps".
        threads: CPU threads; 0 = torch's choice.
        seed: of every choice.
    """

    folders: tuple[Path, ...]
    name: str
    model: str = "repair"
    preset: str = "balanced"
    minutes: float = 0.0
    steps: int = 0
    batch: int = 32
    crop_px: int = 128
    rate: float = 0.0
    pull: float = 0.5
    replay_share: float = 0.2
    masks: Path | None = None
    held_out: Path | None = None
    rejected: frozenset[Path] = frozenset()
    overlays: Path | None = None
    mix: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    layers: str = "all"
    faint: float = 1.0
    device: str = "auto"
    threads: int = 0
    seed: int = 1

    def check(self, resume: bool = False) -> ModelEntry:
        """Report everything that is wrong at once; returns the parent model.

        Args:
            resume: the photographs lie in the run's folder already, their own folders may be away.

        Raises:
            InputError: with one sentence for all problems.
        """
        library.check_id(self.name)
        problems: list[str] = []
        parent = find_parent(self.model)
        if self.preset not in PRESETS:
            problems.append(f"there is no preset '{self.preset}'")
        if parent.task == "detect" and self.masks is None:
            problems.append("a detector learns from corrected masks: name their folder")
        needed = (self.overlays,) if resume else (*self.folders, self.masks, self.held_out, self.overlays)
        for folder in needed:
            if folder is not None and not os.path.isdir(folder):  # noqa: PTH112 - no error where a drive failed
                there = os.path.lexists(folder)
                problems.append(f"'{folder}' is no folder" if there else f"there is no folder '{folder}'")
        if self.batch < 1 or self.crop_px < 64 or self.crop_px % 32 or self.crop_px > CROP_PX:
            problems.append(f"a batch needs crops of 64 to {CROP_PX} pixels, a multiple of 32")
        if not all(math.isfinite(v) and v >= 0 for v in (self.rate, self.minutes, self.pull)):
            problems.append("rate, minutes and pull must be numbers from 0")
        if self.seed < 0:
            problems.append("the seed must not be negative")
        if not 0 <= self.replay_share <= 0.9:
            problems.append("the share of replay must lie between 0 and 0.9")
        if set(self.mix) - set(MIX) or (self.mix and not sum(self.mix.values()) > 0):
            problems.append("the kinds of holes must be some of " + ", ".join(MIX))
        known = REPAIR_LOSSES if parent.task == "repair" else DETECT_LOSSES
        if set(self.losses) - set(known):
            problems.append("the losses must be some of " + ", ".join(known))
        weights = self.losses.values()
        if weights and not (all(0 <= w < math.inf for w in weights) and sum(weights) > 0):
            problems.append("the weights of the losses must be numbers from 0, not all of them 0")
        if self.layers not in LAYERS:
            problems.append("the layers must be one of " + ", ".join(LAYERS))
        if problems:
            raise InputError("The training cannot start: " + "; ".join(problems) + ".")
        return parent

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values with paths, for the run's own folder."""
        values = asdict(self)
        values.update(
            folders=[str(p.absolute()) for p in self.folders], rejected=sorted(str(p) for p in self.rejected)
        )
        for key in ("masks", "held_out", "overlays"):
            values[key] = str(values[key].absolute()) if values[key] else None
        return values

    @property
    def work(self) -> Path:
        """The folder of the unfinished run."""
        return library.runs_folder() / self.name


@dataclass(frozen=True)
class Groups:
    """Photographs to train on, to choose the best weights by, and to judge on."""

    train: tuple[ScannedPhoto, ...]
    selection: tuple[ScannedPhoto, ...]
    verdict: tuple[ScannedPhoto, ...]


def find_parent(model: str) -> ModelEntry:
    """The model of that id, or the default of that task, if it can be trained.

    Raises:
        InputError: there is none, or it cannot be trained.
    """
    entry = find_model(None, model) if model in ("repair", "detect") else library.get(model)
    if entry.architecture not in ARCHITECTURES or entry.task not in ("repair", "detect"):
        raise InputError(
            f"The model '{model}' cannot be fine-tuned.", "Imported models are used as they are."
        )
    return entry


def group_photos(config: FinetuneConfig, report: ScanReport) -> Groups:
    """Who trains and who judges; a photograph never does both, nor does another of its scene.

    Raises:
        InputError: too few photographs, none with a mask, or two that are called like the same mask.
    """
    if config.masks is not None:
        report = with_masks(report, config.masks, config.rejected)
    if config.held_out is None:
        parts = split(report, rejected=config.rejected, seed=config.seed)
        return Groups(parts.train, parts.held_out, parts.held_out)
    outside = config.held_out.resolve()
    apart = [p.path.resolve().is_relative_to(outside) for p in report.photos]
    taken = {s for s, held in zip(report.scenes, apart, strict=True) if held}
    verdict = tuple(p for p, held in zip(report.photos, apart, strict=True) if held)
    if not verdict:
        raise InputError(f"No photograph in '{config.held_out}' can be used.")
    if len(verdict) < MIN_JUDGES:
        raise InputError(
            f"{len(verdict)} photographs in '{config.held_out}' are too few to judge by.",
            f"At least {MIN_JUDGES} are needed.",
        )
    rest = [i for i, s in enumerate(report.scenes) if not apart[i] and s not in taken]
    if not rest:
        raise InputError(
            f"All photographs lie in '{config.held_out}', or show the same scenes as those there.",
            "Those to learn from must be others.",
        )
    parts = split(subset(report, rest), share=0.15, rejected=config.rejected, seed=config.seed)
    return Groups(parts.train, parts.held_out, verdict)


def look_through(config: FinetuneConfig, ctx: JobContext) -> Groups:
    """Scan the folders of `config` and group their photographs.

    Raises:
        InputError: too few photographs.
    """
    folders = [*config.folders, *([config.held_out] if config.held_out else [])]
    return group_photos(config, scan(folders, ctx))


# --- Making ready -------------------------------------------------------------------------------------


def plane_of(config: FinetuneConfig, photo: ScannedPhoto, rgb: Rgb) -> Bytes:
    """What is known about each pixel: damage by the user's mask, or by the detector of the library."""
    if config.masks is not None:
        path = find_mask(config.masks, photo.path.stem)
        if path is None:  # it had one when the folders were looked through
            raise InputError(f"The mask of '{photo.name}' is gone.", "Look through the folders again.")
        mask = open_mask(path, (photo.height, photo.width)).astype(np.uint8)
        size = (rgb.shape[1], rgb.shape[0])
        shrunk = cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA)
        return (shrunk > 64).astype(np.uint8)
    found = detect_damage(rgb, device=config.device, scales=(1.0,)).union
    return cv2.dilate((found > 140).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.uint8)


def prepare(config: FinetuneConfig, groups: Groups, ctx: JobContext) -> None:
    """Decode the photographs of `groups` into the run's folder.

    What looks damaged in a photograph is nothing to learn repair from, so it is marked here and left out.

    Raises:
        InputError: a photograph or mask cannot be read.
        OutputError: the disk is full.
    """
    parts = {name: getattr(groups, name) for name in BANKS}
    total = sum(len(p) for p in parts.values())
    done, side = 0, bank_side(config)
    for name, photos in parts.items():
        part = ctx.part(done / total, len(photos) / total)
        write_bank(photos, config.work / f"{name}.u8", lambda p, rgb: plane_of(config, p, rgb), part, side)
        done += len(photos)


def drop_banks(work: Path) -> None:
    """Delete the copies of the photographs from a run's folder."""
    for name in BANKS:
        for suffix in (".u8", ".json"):
            with suppress(OSError):  # Windows keeps what is mapped, until the folder goes
                (work / f"{name}{suffix}").unlink(missing_ok=True)


def make_source(config: FinetuneConfig, task: str, bank: UserBank, replay: Sequence[Rgb]) -> BatchSource:
    """The batches of a fine-tuning; an empty bank gives replay alone."""
    share = config.replay_share if len(bank) else 1.0
    if task == "repair":
        mix = config.mix or MIX
        return RepairCrops(bank, replay, config.batch, config.crop_px, share, mix, config.overlays)
    photos = [labelled(bank[i]) for i in range(len(bank))]
    return DetectCrops(photos, replay, config.batch, config.crop_px, share, config.overlays, config.faint)


def make_task(
    config: FinetuneConfig, task: str, work: Path | None, device: Device, workers: Workers | None = None
) -> TuningTask:
    """Losses and fixed pictures; without a run's folder those of the replay set alone."""
    _, measured = read_replay()
    banks = {name: open_bank(work / f"{name}.u8") for name in BANKS[1:]} if work else {}
    if task == "repair":
        cases = {"replay": repair_cases(measured, 1, MEASURE_PX, 7)}  # holes that choose do not judge
        cases["replay-selection"] = repair_cases(measured, GUARD_HOLES, MEASURE_PX, 8)
        for name, bank in banks.items():
            each = _crops_of_each(name, len(bank))
            photos = [bank[i] for i in range(len(bank))]
            cases[name] = repair_cases(photos, each, MEASURE_PX, BANKS.index(name), config.mix or MIX)
        return RepairTuning(cases, device, config.losses, workers)
    found = {"replay": damaged_cases(measured, 7), "replay-selection": damaged_cases(measured[::2], 7)}
    for name, bank in banks.items():
        items = [labelled(bank[i]) for i in range(len(bank))]
        if config.held_out is None:  # the same photographs: what chose the weights does not judge them
            items = [half_of(item, name == "verdict") for item in items]
        found[name] = [detect_case(i.photo, i.labels, i.ignore) for i in items]
    return DetectTuning(found, device, config.losses, workers)


def _crops_of_each(name: str, photos: int) -> int:
    """How many crops are measured of each of so many photographs."""
    return int(np.clip(CROPS[name] // photos, 2, MOST_CROPS))


def measured_px(config: FinetuneConfig, task: str, groups: Groups) -> dict[str, int]:
    """Pixels of the fixed pictures that `make_task` makes, by name, and of the "examples" among them."""
    _, measured = read_replay()
    parts = {name: getattr(groups, name) for name in BANKS[1:]}
    if task == "repair":
        crops = {"replay": len(measured), "replay-selection": GUARD_HOLES * len(measured)}
        crops |= {
            n: len(photos) and len(photos) * _crops_of_each(n, len(photos)) for n, photos in parts.items()
        }
        crops["examples"] = min(EXAMPLES, len(groups.selection))
        return {name: count * MEASURE_PX**2 for name, count in crops.items()}
    found = {"replay": sum(c[..., 0].size for c in measured)}
    found["replay-selection"] = sum(c[..., 0].size for c in measured[::2])
    for name, photos in parts.items():
        pixels = sum(bank_bytes(p, bank_side(config)) for p in photos) // 4
        found[name] = pixels // 2 if config.held_out is None else pixels  # a half of each chooses
    found["examples"] = round(found["selection"] * min(1.0, EXAMPLES / max(1, len(groups.selection))))
    return found


def bank_side(config: FinetuneConfig) -> int:
    """Short side in pixels of the copies of photographs."""
    return BANK_SIDE_PX if config.masks is None else DETECT_SIDE_PX


def bank_bytes(photo: ScannedPhoto, side_px: int) -> int:
    """What the copy of a photograph takes: four bytes for each pixel."""
    scale = min(1.0, side_px / min(photo.height, photo.width))
    return int(photo.height * photo.width * scale * scale * 4)


# --- The run's folder ----------------------------------------------------------------------------------


def lock_run(work: Path) -> FileLock:
    """Keep other programs from a run's folder until the lock is released.

    Raises:
        InputError: another one works on it.
        OutputError: the library cannot be written to.
    """
    with writing("The training cannot be prepared"):
        work.mkdir(parents=True, exist_ok=True)
        taken = InputError(
            f"The training '{work.name}' is running in another program.", "Wait for it, or end it there."
        )
        return checkpoint.lock(work, taken)


@contextmanager
def own_run(work: Path) -> Iterator[None]:
    """Have a run's folder to oneself; without a plan nothing can be gone on with, and it is removed.

    Raises:
        InputError, OutputError: see `lock_run`.
    """
    lock = lock_run(work)
    try:
        yield
    finally:
        lock.release()
        if not (work / library.RUN_PLAN).is_file():
            shutil.rmtree(work, ignore_errors=True)
