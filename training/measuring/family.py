"""The generators of the literature under one budget: trained, measured and compared by one command.

Every step is a process of its own and leaves a file; what is there is not made again, so that a broken-off
comparison goes on where it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from restorer.errors import InputError
from restorer.jobs import JobContext
from restorer.library.store import writing
from restorer.models import ARCHITECTURES
from restorer.new_files import new_file
from restorer.record.recipe import load_json
from training.data.photos import open_bank
from training.fitting import checkpoint
from training.fitting.publish import read_description, run_entry
from training.fitting.recipes import RECIPES
from training.measuring.compare import markdown, merge
from training.measuring.curves import draw_curves

CLASSICAL = ("telea", "ns", "biharmonic", "pushpull", "relaxed")
GENERATORS = tuple(arch for arch in RECIPES if arch in ARCHITECTURES)  # not the variants of a recipe
FIGURES = ("psnr_hole", "texture", "seam")
SETTINGS = "family.json"
SHEET_PHOTOS = 2
LOOK_SECONDS = 0.2  # between looks at the processes


@dataclass(frozen=True)
class FamilyOptions:
    """What to train and to measure.

    Attributes:
        data: folder of photographs to learn from.
        photos: folder of photographs to measure.
        masks: folder with a folder of masks for each family.
        out: new folder, or that of a comparison with the same settings, which goes on.
        budget: arguments of `restorer-train fit` that say how long, the same for every architecture.
        at_once: processes that run side by side, of one thread each.
        limit: measure only so many photographs, spread evenly; 0 = all.
        archs: ids of architectures; default: all that have a recipe.
    """

    data: Path
    photos: Path
    masks: Path
    out: Path
    budget: tuple[str, ...]
    at_once: int = 1
    limit: int = 0
    archs: tuple[str, ...] = GENERATORS


@dataclass(frozen=True)
class _Job:
    """A process of `restorer-train` in the folder of the comparison, and where it tells what it does."""

    name: str
    arguments: tuple[str, ...]
    log: Path


def compare_family(options: FamilyOptions, ctx: JobContext) -> str:
    """Train every architecture for the same budget, measure both ends of each beside the classical methods.

    Writes into `options.out`: a folder for each training, its figures, tables.md, curves.png, sheet.jpg.

    Returns:
        the tables as Markdown.

    Raises:
        InputError: the folder holds something else, or a step failed.
        OutputError: the folder cannot be written to.
    """
    out = options.out
    if unknown := ", ".join(sorted({*options.archs} - {*GENERATORS})):  # before hours are spent on others
        raise InputError(f"There is no generator '{unknown}'.", f"Known are: {', '.join(GENERATORS)}.")
    _settle(options)
    classical = _evaluation(options, "classical", CLASSICAL)
    _run_all(_missing([classical]), 1, ctx.part(0.0, 0.05))  # first: it tells if photographs do not fit
    open_bank(options.data, out / "cache", ctx.part(0.05, 0.05))
    _run_all([_fit(options, arch) for arch in options.archs], options.at_once, ctx.part(0.1, 0.6))
    measured = [_evaluation(options, arch, (f"./{arch}@0", f"./{arch}@1")) for arch in options.archs]
    _run_all(_missing(measured), options.at_once, ctx.part(0.7, 0.25))
    if not (out / "curves.png").exists():
        draw_curves([out / arch for arch in options.archs], out / "curves.png", ("psnr_hole",), "step")
    _run_all(_missing([_sheet(options)]), 1, ctx.part(0.95, 0.05))
    text = _tables(options)
    with new_file(out / "tables.md", overwrite=True) as (stream, _):
        stream.write(text.encode())
    return text


def _settle(options: FamilyOptions) -> None:
    """Make the folder, or see that it is that of the same comparison."""
    names = {"data": options.data.name, "photos": options.photos.name, "masks": options.masks.name}
    told = {**asdict(options), **names, "out": "", "at_once": 0}
    told = json.loads(json.dumps(told))
    path = options.out / SETTINGS
    if path.is_file():
        if load_json(path, "comparison") != told:
            raise InputError(
                f"'{options.out}' holds a comparison with other settings.", "Give another --out."
            )
        return
    with writing(f"The comparison cannot be written to '{options.out}'"):
        options.out.mkdir(parents=True, exist_ok=True)
        if any(options.out.iterdir()):
            raise InputError(f"'{options.out}' is not empty.", "Give a new folder.")
    with new_file(path) as (stream, _):
        stream.write((json.dumps(told, indent=1) + "\n").encode())


def _fit(options: FamilyOptions, arch: str) -> _Job:
    run = options.out / arch
    resume = ("--resume",) if (run / checkpoint.NAME).is_file() else ()
    where = ("--data", str(options.data.resolve()), "--out", arch, "--cache", "cache")
    arguments = ("fit", "--task", "repair", "--arch", arch, *where, "--threads", "1", *options.budget)
    return _Job(f"training {arch}", (*arguments, *resume), run.with_suffix(".log"))


def _measure(options: FamilyOptions, models: Sequence[str], limit: int) -> tuple[str, ...]:
    where = ("--photos", str(options.photos.resolve()), "--masks", str(options.masks.resolve()))
    return ("evaluate", *where, "--limit", str(limit), "--one-view", "--models", ",".join(models))


def _evaluation(options: FamilyOptions, name: str, models: Sequence[str]) -> _Job:
    arguments = (*_measure(options, models, options.limit), "--json", f"{name}.json")
    return _Job(f"measuring {name}", arguments, options.out / f"{name}.figures.log")


def _sheet(options: FamilyOptions) -> _Job:
    ends = {arch: ("@0", "@1") if arch == "vae-gan" else ("@0",) for arch in options.archs}
    models = ["telea", *(f"./{arch}{end}" for arch, own in ends.items() for end in own)]
    arguments = (*_measure(options, models, SHEET_PHOTOS), "--sheet", "sheet.jpg")
    return _Job("drawing the sheet", arguments, options.out / "sheet.log")


def _missing(jobs: Sequence[_Job]) -> list[_Job]:
    """Those whose file, their last argument, is not there yet."""
    return [job for job in jobs if not (job.log.parent / job.arguments[-1]).exists()]


def _run_all(jobs: Sequence[_Job], at_once: int, ctx: JobContext) -> None:
    """Run every job in a process of its own, `at_once` side by side.

    Raises:
        InputError: one failed; the others are ended, and trainings among them keep a checkpoint.
    """
    waiting, running = list(jobs), list[tuple[_Job, subprocess.Popen[bytes], IO[bytes]]]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_started(waiting.pop(0)))
            names = ", ".join(job.name for job, _, _ in running)
            ctx.check()
            ctx.progress(1 - (len(waiting) + len(running)) / len(jobs), names)
            with suppress(subprocess.TimeoutExpired):
                running[0][1].wait(LOOK_SECONDS)
            for entry in [e for e in running if e[1].poll() is not None]:
                running.remove(entry)
                _close(*entry)
    finally:
        for _, process, log in running:
            process.terminate()
            process.wait()
            log.close()


def _started(job: _Job) -> tuple[_Job, subprocess.Popen[bytes], IO[bytes]]:
    log = job.log.open("ab")
    command = [sys.executable, "-m", "training", *job.arguments]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=one_thread, cwd=job.log.parent)
    return job, process, log


def _close(job: _Job, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    log.close()
    if process.returncode:
        lines = job.log.read_text(encoding="utf-8", errors="replace").split("Error: ")
        raise InputError(f"The {job.name} failed: {lines[-1].strip()}", f"See '{job.log}'.")


def _tables(options: FamilyOptions) -> str:
    lines = [
        "| id | parameters | steps in the budget | batch | masks |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for arch in options.archs:
        run = options.out / arch
        weights = run_entry(run).files[0]
        size, told = weights.bytes / 2e6, read_description(run / weights.name)
        steps, batch, masks = told["steps"], told["settings"]["batch"], ", ".join(sorted(RECIPES[arch].masks))
        lines.append(f"| {arch} | {size:.2f} M | {steps} | {batch} | {masks} |")  # 2 bytes a parameter
    files = [options.out / f"{name}.json" for name in ("classical", *options.archs)]
    merged = {figure: merge(files, figure)[0] for figure in FIGURES}
    tables = [
        markdown({Path(name).name: row for name, row in figures.items()}, figure)
        for figure, figures in merged.items()
    ]
    return "\n\n".join(["\n".join(lines), *tables]) + "\n"
