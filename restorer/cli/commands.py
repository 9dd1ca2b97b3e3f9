"""What the command line does with one photograph: open, detect, repair, save, report."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restorer.batch.files import is_folder, is_of_a_result, safe_part, same_place, shortened
from restorer.editing.mask import THIN_THRESHOLD, Mask, MaskSettings, judge, threshold
from restorer.errors import InputError, OutputError
from restorer.hashes import sha256_of
from restorer.image.reading import SUFFIXES, Photo, open_photo
from restorer.image.saving import (
    ENDINGS,
    LOSSY,
    check_fits,
    check_mask_name,
    format_for,
    format_that_holds,
    is_lossless,
    left_out,
    open_mask,
    save_mask,
    save_photo,
)
from restorer.jobs import JobContext
from restorer.new_files import check_new, takes_letters
from restorer.record.recipe import Outcome, Recipe, Stage, default_recipe
from restorer.record.report import LEFT_OUT, PhotoReport, Studied, study_told

if TYPE_CHECKING:
    from restorer.processing.engine import Detection, Repair

SUFFIX = "-restored"


@dataclass(frozen=True)
class RepairOptions:
    """Options of `restorer repair` as given; None = the default."""

    mask: Path | None = None
    save_mask: Path | None = None
    sensitivity: float = 0.5
    model: str | None = None
    detail: float | None = None
    grow: int | None = None
    seed: int = 0
    study: float = 0.0
    device: str = "auto"
    sidecar: bool = False


@dataclass(frozen=True)
class Target:
    """Where a result goes.

    Attributes:
        path: the file.
        reserved: where a person gave no name, all names of this run, as `same_place` gives them: the result
            may need another ending, and then takes none of these.
    """

    path: Path
    reserved: frozenset[str] | None = None

    def ending(self, photo: Photo, sidecar: bool) -> Path:
        """`path`, or where a name was not given and its format cannot hold `photo`, one that can."""
        kind = format_for(self.path)
        holds = format_that_holds(photo, kind)
        if self.reserved is None or holds == kind:
            return self.path
        stem = self.path.stem
        return _free_name(self.path.parent, stem, ENDINGS[holds], set(self.reserved), sidecar)


def photographs_of(named: Sequence[Path]) -> tuple[tuple[Path, ...], list[Path]]:
    """What is to be repaired of the files that were named, and what lies beside results for `replay`.

    Raises:
        InputError: nothing is left.
    """
    beside = [path for path in named if is_of_a_result(path)]
    if len(beside) == len(named):
        raise InputError(
            f"'{beside[0]}' belongs to a result and is no photograph.", "'restorer replay' reads it."
        )
    return tuple(path for path in named if path not in beside), beside


def check_targets(
    photos: Sequence[Path], output: Path | None, options: RepairOptions, report: Path | None = None
) -> list[Target]:
    """Where each photograph's result goes, decided before any work is done.

    Raises:
        InputError: one mask or mask file for several photographs.
        OutputError: a file exists or cannot be written, or several would share one name.
    """
    if len(photos) > 1 and (options.mask or options.save_mask):
        raise InputError(
            "A mask belongs to one photograph.", "Name a single photograph with --mask or --save-mask."
        )
    if options.save_mask:
        check_mask_name(options.save_mask)
    if output is not None and not output.is_dir():
        if len(photos) > 1 or not (output.suffix or output.exists()):
            raise OutputError(
                f"'{output}' is not a folder.",
                "Name an existing folder or, for one photograph, a file that ends in .tif, .png or .jpg.",
            )
        check_new(*_files(output, options.sidecar), options.save_mask, report)
        return [Target(output)]
    taken: set[str] = set()
    paths: list[Path] = []
    for photo in photos:
        # A lossy format would change pixels outside of the mask, so it is only written when it is asked for
        # by name.
        suffix = photo.suffix if SUFFIXES.get(photo.suffix.lower(), "JPEG") not in LOSSY else ".png"
        folder, stem = output or photo.parent, shortened(photo.stem)
        if output is not None and not takes_letters(folder / photo.name):
            stem = safe_part(stem, "photo")
        paths.append(_free_name(folder, f"{stem}{SUFFIX}", suffix, taken, options.sidecar))
    check_new(*(f for p in paths for f in _files(p, options.sidecar)), options.save_mask, report)
    return [Target(path, frozenset(taken)) for path in paths]


def _files(path: Path, sidecar: bool) -> list[Path]:
    """A result and what is written beside it."""
    return [path, *(path.with_name(path.name + end) for end in (".json", ".mask.tif") if sidecar)]


def _free_name(folder: Path, stem: str, suffix: str, taken: set[str], sidecar: bool) -> Path:
    """A name in `folder` that neither exists nor is meant for another photograph; put into `taken`.

    Names that some file system takes for one, A.tif and a.tif, are one.
    """
    number = 1
    while True:
        target = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        place = same_place(str(target))
        if place not in taken and not any(map(os.path.lexists, _files(target, sidecar))):
            taken.add(place)
            return target
        number += 1


def _describe(entry: PhotoReport, photo: Photo, device: str) -> None:
    from restorer.device import choose_device
    from restorer.record.audit import is_result

    entry.width, entry.height = photo.width, photo.height
    entry.notices = list(photo.notices)
    if is_result(photo):  # as where results lie among the sources
        entry.notices.append("Restorer has repaired this file before.")
    chosen = choose_device(device)  # type: ignore[arg-type]
    entry.device, entry.device_class = chosen.title, chosen.torch.type
    if chosen.notice:
        entry.notices.append(chosen.notice)
    if chosen.torch.type == "cpu":
        import torch

        entry.threads = torch.get_num_threads()


def _search(photo: Photo, stage: Stage, device: str, entry: PhotoReport, ctx: JobContext) -> Detection:
    from restorer.library.store import find_model
    from restorer.processing.engine import detect

    settings = MaskSettings(*(stage[k] for k in ("sensitivity", "smallest_px", "largest_px", "polarity")))
    model = find_model(stage["model"], "detect")
    found = detect(photo, settings, model=model.id, device=device, ctx=ctx)
    entry.models["detect"] = {"id": model.id, "sha256": model.fingerprint}
    entry.sensitivity = settings.sensitivity
    entry.threshold = round(threshold(THIN_THRESHOLD, settings.sensitivity), 4)
    entry.seconds["detect"] = round(found.seconds, 2)
    entry.state = "clean" if found.verdict.clean else "detected"
    _score(entry, found.mask)
    return found


def _score(entry: PhotoReport, mask: Mask) -> None:
    verdict = judge(mask)
    entry.damage_score, entry.regions, entry.share_found = (
        verdict.score,
        verdict.regions,
        round(verdict.share, 6),
    )


def _fill(photo: Photo, mask: Mask, stage: Stage, device: str, entry: PhotoReport, ctx: JobContext) -> Repair:
    from restorer.library.store import find_model
    from restorer.processing.engine import repair
    from restorer.processing.repairer import RepairSettings

    model = find_model(stage["model"], "repair")
    settings = RepairSettings(
        model.id, stage["detail"], stage["grow_px"], stage["seed"], device, stage["study_steps"]
    )

    def note(detail: object) -> object:
        if isinstance(detail, Studied):
            entry.notices.append(study_told(detail.gain))
        return detail

    result = repair(photo, mask, settings, ctx.with_details(note))
    entry.models["repair"] = {"id": model.id, "sha256": model.fingerprint}
    entry.detail, entry.grow_px = settings.detail, settings.grow_px
    entry.changed_inside, entry.changed_outside = result.changed_inside, result.changed_outside
    entry.share_repaired = round(float(result.mask.mean()), 6)
    entry.seconds["repair"] = round(result.seconds, 2)
    if result.changed_outside:
        raise RuntimeError("pixels outside the mask changed; nothing was written")
    return result


def run_recipe(
    photo: Photo,
    recipe: Recipe,
    device: str,
    entry: PhotoReport,
    ctx: JobContext,
    mask: Mask | None = None,
) -> Outcome:
    """Put `photo` through the stages of `recipe` and fill in `entry`.

    Args:
        photo: never changed.
        recipe: what to do.
        device: where.
        entry: gets what is known about it.
        ctx: progress and cancellation.
        mask: (H, W), repaired instead of what would be found; None searches.

    Returns:
        the result, None if the photograph looks clean, and the mask before it was grown.

    Raises:
        MemoryError: memory ran out, on whatever device.
        RestorerError: as the modules that do the work tell.
    """
    from restorer.device import choose_device, release_memory

    with contextlib.suppress(MemoryError):
        return _run_stages(photo, recipe, device, entry, ctx, mask)
    # Outside of that block, in which the failed tensors are alive; the next photograph may fit.
    release_memory(choose_device(device))  # type: ignore[arg-type]
    raise MemoryError


def _run_stages(
    photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext, mask: Mask | None
) -> Outcome:
    _describe(entry, photo, device)
    if mask is not None:
        _score(entry, mask)
    stages = [s for s in recipe.stages if s.name != "detect" or mask is None]
    result = None
    for number, stage in enumerate(stages):
        part = ctx.part(number / len(stages), 1 / len(stages))
        if stage.name == "detect":
            mask = _search(photo, stage, device, entry, part).mask
            if entry.state == "clean":
                return Outcome(None, mask)
        elif stage.name == "repair":
            assert mask is not None
            result = _fill(photo, mask, stage, device, entry, part).photo
    return Outcome(result, mask)


def with_models(recipe: Recipe) -> Recipe:
    """The same recipe with the default models named, so that it means the same tomorrow.

    Raises:
        InputError: a model is not installed, or is to study and cannot.
    """
    from restorer.library.store import find_model

    models = {s.name: find_model(s["model"], s.name) for s in recipe.stages}
    repair = recipe.stage("repair")
    if repair is not None and repair["study_steps"] > 0:
        from restorer.processing.study import check_can_study

        check_can_study(models["repair"])
    return recipe.with_parameters(**{name: {"model": model.id} for name, model in models.items()})


def _study_steps(options: RepairOptions) -> int:
    from restorer.device import choose_device
    from restorer.library.store import find_model
    from restorer.library.weights import load_network
    from restorer.processing.study import check_can_study, steps_in

    device, model = choose_device(options.device), find_model(options.model, "repair")  # type: ignore[arg-type]
    check_can_study(model)
    return min(10_000, steps_in(options.study, load_network(model, 0.0), device))


def recipe_of(options: RepairOptions) -> Recipe:
    """The recipe that the options of `restorer repair` stand for; where a mask is given, nothing is searched
    for."""
    given = {"model": options.model, "detail": options.detail, "grow_px": options.grow, "seed": options.seed}
    changes = {key: value for key, value in given.items() if value is not None}
    if options.study > 0:
        changes["study_steps"] = _study_steps(options)
    recipe = default_recipe().with_parameters(detect={"sensitivity": options.sensitivity}, repair=changes)
    if options.mask is not None:
        recipe = replace(recipe, stages=tuple(s for s in recipe.stages if s.name != "detect"))
    return with_models(recipe)


def repair_one(
    source: Path, where: Target, options: RepairOptions, entry: PhotoReport, ctx: JobContext
) -> None:
    """Repair `source` into a new file and fill in `entry`.

    A photograph that looks clean is not written.

    Raises:
        RestorerError: as the modules that do the work tell.
    """
    from restorer.editing.mask import grow
    from restorer.record.audit import stamp
    from restorer.record.sidecar import Record, whole_or_none, write_sidecar

    if is_folder(source):
        raise InputError(f"'{source}' is a folder.", "Name photographs, or use 'restorer batch' for folders.")
    recipe = recipe_of(options)
    format_for(where.path)  # what cannot be written is told before the work
    photo = open_photo(source)
    target = where.ending(photo, options.sidecar)
    check_fits(photo, format_for(target))
    check_new(*_files(target, options.sidecar))
    digest = sha256_of(source)
    shape = photo.height, photo.width
    mask = open_mask(options.mask, shape, empty=False) if options.mask else None
    try:
        outcome = run_recipe(photo, recipe, options.device, entry, ctx, mask)
    except MemoryError as error:
        raise InputError(
            f"There is not enough memory for '{source.name}'.", "Close other programs or use --device cpu."
        ) from error
    if outcome.photo is None or outcome.mask is None:
        return
    with whole_or_none() as made:
        if options.save_mask:
            save_mask(grow(outcome.mask, entry.grow_px or 0), options.save_mask)
            made.append(options.save_mask)
        save_photo(stamp(outcome.photo, recipe, target.suffix, entry), target, source=source)
        made.append(target)
        if options.sidecar:
            record = Record(source.absolute(), digest, target, sha256_of(target), recipe)
            write_sidecar(target.parent, target.name, record, outcome.photo, outcome.mask, entry)
    entry.notices += [LEFT_OUT[name] for name in left_out(outcome.photo, format_for(target))]
    entry.output, entry.state = str(target), "repaired"


def detect_one(
    source: Path,
    target: Path,
    probability: Path | None,
    sensitivity: float,
    device: str,
    entry: PhotoReport,
    ctx: JobContext,
    report: Path | None = None,
) -> None:
    """Write the mask of `source`, and the map of probability where asked for, and fill in `entry`."""
    from restorer.record.sidecar import whole_or_none

    check_mask_name(target)
    check_new(target, probability, report)
    if probability is not None and not is_lossless(probability):
        raise OutputError(
            "A map of probability is written without loss.", "Let its name end in .png or .tif."
        )
    photo = open_photo(source)
    _describe(entry, photo, device)
    stage = default_recipe().with_parameters(detect={"sensitivity": sensitivity}).stages[0]
    found = _search(photo, stage, device, entry, ctx)
    with whole_or_none() as made:
        if probability is not None:
            save_photo(Photo(pixels=found.damage.union, format="PNG"), probability)
            made.append(probability)
        save_mask(found.mask, target)
    entry.output = str(target)
