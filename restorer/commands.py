"""What the command line does with one photograph: open, detect, repair, save, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restorer.errors import InputError, OutputError
from restorer.image_io import Photo, open_photo
from restorer.image_save import is_lossless, open_mask, save_mask, save_photo
from restorer.jobs import JobContext
from restorer.mask import THIN_THRESHOLD, Mask, MaskSettings, judge, threshold
from restorer.report import PhotoReport

if TYPE_CHECKING:
    from restorer.engine import Detection

SUFFIX = "-restored"
LOSSLESS = {".png", ".tif", ".tiff", ".webp", ".bmp"}
LOSSY_NOTICE = (
    "This format compresses with loss: pixels outside the mask differ slightly in the file. "
    "Use .png or .tif to keep them."
)


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
    device: str = "auto"


def check_targets(photos: Sequence[Path], output: Path | None, options: RepairOptions) -> list[Path]:
    """Where each photograph's result goes, decided before any work is done.

    Raises:
        InputError: one mask or mask file for several photographs.
        OutputError: a target exists, or several photographs would share one file.
    """
    if len(photos) > 1 and (options.mask or options.save_mask):
        raise InputError(
            "A mask belongs to one photograph.", "Name a single photograph with --mask or --save-mask."
        )
    if options.save_mask and options.save_mask.exists():
        raise OutputError(
            f"'{options.save_mask}' exists already.", "Choose another name: nothing is overwritten."
        )
    if output is not None and not output.is_dir() and len(photos) == 1:
        if output.exists():
            raise OutputError(f"'{output}' exists already.", "Choose another name: nothing is overwritten.")
        return [output]
    if output is not None and not output.is_dir():
        raise OutputError(
            f"'{output}' is not a folder.", "Several photographs need an existing folder as output."
        )
    taken: set[Path] = set()
    return [_free_name(photo, output or photo.parent, taken) for photo in photos]


def _free_name(photo: Path, folder: Path, taken: set[Path]) -> Path:
    """A name in `folder` that neither exists nor is meant for another photograph."""
    # A lossy format would change pixels outside of the mask, so it is only written when it is asked for by
    # name.
    suffix = photo.suffix if photo.suffix.lower() in LOSSLESS else ".png"
    number = 1
    while True:
        tail = "" if number == 1 else f"-{number}"
        target = folder / f"{photo.stem}{SUFFIX}{tail}{suffix}"
        if target not in taken and not target.exists():
            taken.add(target)
            return target
        number += 1


def _describe(entry: PhotoReport, photo: Photo, device: str) -> None:
    from restorer.device import choose_device

    entry.width, entry.height = photo.width, photo.height
    entry.notices = list(photo.notices)
    entry.device = choose_device(device).title  # type: ignore[arg-type]


def _search(photo: Photo, sensitivity: float, device: str, entry: PhotoReport, ctx: JobContext) -> Detection:
    from restorer.engine import detect
    from restorer.weights import find_model

    found = detect(photo, MaskSettings(sensitivity), device=device, ctx=ctx)
    model = find_model(None, "detect")
    entry.models["detect"] = {"id": model.id, "sha256": model.fingerprint}
    entry.sensitivity, entry.threshold = sensitivity, round(threshold(THIN_THRESHOLD, sensitivity), 4)
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


def repair_one(
    source: Path, target: Path, options: RepairOptions, entry: PhotoReport, ctx: JobContext
) -> None:
    """Repair `source` into the new file `target` and fill in `entry`.

    A photograph that looks clean is not written.

    Raises:
        RestorerError: as the modules that do the work tell.
    """
    from restorer.engine import repair
    from restorer.repairer import DEFAULT_DETAIL, DEFAULT_GROW_PX, RepairSettings
    from restorer.weights import find_model

    chosen = find_model(options.model, "repair")
    lossless = is_lossless(target)
    photo = open_photo(source)
    _describe(entry, photo, options.device)
    if options.mask:
        mask = open_mask(options.mask, (photo.height, photo.width))
        _score(entry, mask)
    else:
        mask = _search(photo, options.sensitivity, options.device, entry, ctx.part(0.0, 0.5)).mask
        if entry.state == "clean":
            return
    settings = RepairSettings(
        model=chosen.id,
        detail=DEFAULT_DETAIL if options.detail is None else options.detail,
        grow_px=DEFAULT_GROW_PX if options.grow is None else options.grow,
        seed=options.seed,
        device=options.device,
    )
    result = repair(photo, mask, settings, ctx.part(0.5, 0.5))
    entry.models["repair"] = {"id": chosen.id, "sha256": chosen.fingerprint}
    entry.detail, entry.grow_px = settings.detail, settings.grow_px
    entry.changed_inside, entry.changed_outside = result.changed_inside, result.changed_outside
    entry.share_repaired = round(float(result.mask.mean()), 6)
    entry.seconds["repair"] = round(result.seconds, 2)
    if result.changed_outside:
        raise RuntimeError("pixels outside the mask changed; nothing was written")
    if options.save_mask:
        save_mask(result.mask, options.save_mask)
    save_photo(result.photo, target, source=source)
    if not lossless:
        entry.notices.append(LOSSY_NOTICE)
    entry.output, entry.state = str(target), "repaired"


def detect_one(
    source: Path,
    target: Path,
    probability: Path | None,
    sensitivity: float,
    device: str,
    entry: PhotoReport,
    ctx: JobContext,
) -> None:
    """Write the mask of `source`, and the map of probability where asked for, and fill in `entry`."""
    for path in (target, probability):
        if path is not None and path.exists():
            raise OutputError(f"'{path}' exists already.", "Choose another name: nothing is overwritten.")
    photo = open_photo(source)
    _describe(entry, photo, device)
    found = _search(photo, sensitivity, device, entry, ctx)
    if probability is not None:
        save_photo(Photo(pixels=found.damage.union, format="PNG"), probability)
    save_mask(found.mask, target)
    entry.output = str(target)
