"""Making a result once more from its record, and comparing."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from restorer.batch.files import is_there
from restorer.cli.commands import run_recipe
from restorer.errors import InputError
from restorer.hashes import holds, sha256_of
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import check_fits, format_for, is_lossless, left_out, save_photo
from restorer.jobs import JobContext
from restorer.new_files import check_new
from restorer.record.recipe import Recipe, Stage
from restorer.record.report import LEFT_OUT, PhotoReport

if TYPE_CHECKING:
    from restorer.record.sidecar import Sidecar


def replay_one(
    path: Path, source: Path | None, target: Path | None, device: str, entry: PhotoReport, ctx: JobContext
) -> bool:
    """Make the result of a sidecar once more.

    Args:
        path: the sidecar.
        source: where the photograph lies now; None looks where it lay.
        target: file to write; None only compares.
        device: where to compute, if it is computed again.
        entry: gets what is known about it.
        ctx: progress and cancellation.

    Returns:
        whether the pixels are the same to the bit.

    Raises:
        InputError: the sidecar, the photograph, the mask, the patch or a model is not what it was.
    """
    from restorer.record.audit import stamp
    from restorer.record.sidecar import read_sidecar

    sidecar = read_sidecar(path)
    found = source or sidecar.source
    if source is None and not is_there(found):
        raise InputError(
            f"There is no file '{found}'.", "If the photograph has moved, name it with --source."
        )
    photo = open_photo(found)
    if sha256_of(found) != sidecar.source_sha256:
        raise InputError(
            f"'{found}' is not the photograph of this sidecar.", "Name the right one with --source."
        )
    check_new(target)
    if target is not None and sidecar.patch is None:  # what cannot be written is told before the work
        check_fits(photo, format_for(target))
    result, same = (
        _computed(sidecar, photo, device, entry, ctx)
        if sidecar.patch is None
        else _put_together(sidecar, photo, target, entry)
    )
    if target is not None:
        entry.notices += [LEFT_OUT[name] for name in left_out(result, format_for(target))]
        save_photo(stamp(result, sidecar.recipe, target.suffix, entry), target, source=found)
        entry.output, entry.state = str(target), "repaired"
    return same


def look_at_result(sidecar: Sidecar) -> tuple[bool, str]:
    """Whether the file that was written then holds the same pixels, as far as it is found and can tell, and
    what there is to say of it."""
    from restorer.record.sidecar import pixel_hash

    name = sidecar.output
    place = next((p for p in _places_of_result(sidecar.path, name) if is_there(p)), None)
    if place is None:
        return True, f"The result '{name}' does not lie where it was written: it was not looked at."
    if sidecar.output_sha256 is None or holds(place, sidecar.output_sha256):
        return True, ""
    if is_lossless(place):
        with contextlib.suppress(InputError):
            if pixel_hash(open_photo(place)) == sidecar.pixels_sha256:
                return True, f"The file '{place}' was changed since, its pixels were not."
    return False, f"The file '{place}' is not what was written: it was changed since."


def _places_of_result(record: Path, name: str) -> list[Path]:
    """Where a result may lie: beside its record, or where a batch has it that keeps the record apart."""
    folders = [record.parent]
    parts = record.absolute().parent.parts
    for number, part in enumerate(parts):
        if part == "sidecars":
            folders.append(Path(*parts[:number], *parts[number + 1 :]))
    return [folder / name for folder in folders]


def _computed(
    sidecar: Sidecar, photo: Photo, device: str, entry: PhotoReport, ctx: JobContext
) -> tuple[Photo, bool]:
    """What a recipe gives once more, and whether it is the same."""
    from restorer.record.sidecar import pixel_hash, read_mask

    mask = read_mask(sidecar, photo)
    recipe = sidecar.recipe
    for stage in sidecar.recipe.stages:
        if stage.name != "detect":  # the mask is there
            recipe = _with_its_model(recipe, stage, sidecar.models)
    _use_threads(sidecar.threads)
    result = run_recipe(photo, recipe, device, entry, ctx, mask).photo
    assert result is not None
    return result, pixel_hash(result) == sidecar.pixels_sha256


def _put_together(
    sidecar: Sidecar, photo: Photo, target: Path | None, entry: PhotoReport
) -> tuple[Photo, bool]:
    """What photograph and patch give, in the depth that was written and with what `target` can hold, and
    whether it is the same."""
    from restorer.record.export import ExportSettings, at_depth, lost_in, prepare
    from restorer.record.sidecar import patched, pixel_hash

    result = at_depth(patched(sidecar, photo), sidecar.bit_depth)
    same = pixel_hash(result) == sidecar.pixels_sha256
    if target is not None:
        settings = ExportSettings(format_for(target))
        planes = {"depth": "16 bits per channel", "alpha": "transparency", "infrared": "the infrared plane"}
        lost = [planes[name] for name in lost_in(result, settings) if name in planes]
        entry.notices += [f"This format has no place for {what}, which was left out." for what in lost]
        result = prepare(result, settings)
    return result, same


def _with_its_model(recipe: Recipe, stage: Stage, models: dict[str, str]) -> Recipe:
    """`recipe` with the model that the record knows by its weights, whatever it is called by now."""
    from restorer.library.store import find_model, library

    wanted = models.get(stage.name)
    if wanted is None:
        return recipe
    found = [m.id for m in library() if m.task == stage.name and m.fingerprint == wanted]
    if stage["model"] in found:
        return recipe
    if found:
        return recipe.with_parameters(**{stage.name: {"model": found[0]}})
    find_model(stage["model"], stage.name)  # tells what is installed where it is not
    raise InputError(
        f"The model '{stage['model']}' is another one than that of the sidecar.",
        "Install the version that the sidecar names.",
    )


def _use_threads(count: int | None) -> None:
    """Sums come out the same only where they are split in the same way."""
    if count:
        import torch

        torch.set_num_threads(count)
