"""Sidecars: a JSON and pictures beside a result, from which `restorer replay` makes the same pixels again.

There are two kinds. Schema 1 tells one recipe, one mask and the models: the result is computed again.
Schema 2 tells of work by hand, where several repairs with other models and seeds, choices among candidates
and places that were put back leave nothing that one recipe could say: it keeps what was filled as a lossless
picture, with the list of the repairs that it came from, and is exact on every device.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from restorer import __version__
from restorer.editing.mask import THIN_THRESHOLD, Mask, find_regions, threshold
from restorer.errors import InputError
from restorer.hashes import is_sha256
from restorer.image.reading import Photo, open_photo, stated_size
from restorer.image.saving import open_mask, save_mask, save_photo
from restorer.new_files import new_file
from restorer.record.recipe import Recipe, as_json, from_json, load_json
from restorer.record.report import PhotoReport

SCHEMA, PATCH_SCHEMA = 1, 2
LONGEST_SIDECAR = 4 << 20  # bytes
MOST_BOXES = MOST_REPAIRS = 1000


@dataclass(frozen=True)
class Record:
    """Whose sidecar it is.

    Attributes:
        source: the photograph.
        source_sha256: of its file.
        output: the result.
        output_sha256: of its file.
        recipe: with the models named; without a search where the mask was given.
    """

    source: Path
    source_sha256: str
    output: Path
    output_sha256: str
    recipe: Recipe


def pixel_hash(photo: Photo) -> str:
    """SHA-256 over shape, type and pixels: equal for equal pictures, whatever file they lie in."""
    digest = hashlib.sha256(f"{photo.pixels.shape} {photo.pixels.dtype.str}".encode())
    for top in range(0, photo.height, 512):
        digest.update(np.ascontiguousarray(photo.pixels[top : top + 512]).data)
    return digest.hexdigest()


def boxes(mask: Mask) -> list[list[int]]:
    """The connected places of a mask as [left, top, width, height], the largest first, at most
    `MOST_BOXES`."""
    found = (region.box for region in find_regions(mask)[:MOST_BOXES])
    return [[box.x0, box.y0, box.width, box.height] for box in found]


def write_sidecar(
    folder: Path, name: str, record: Record, result: Photo, mask: Mask, entry: PhotoReport
) -> tuple[str, str]:
    """Write `name`.json and `name`.mask.tif into `folder`.

    Args:
        folder: where to.
        name: file name of the result.
        record: whose it is.
        result: as computed, before it was encoded.
        mask: (H, W), what was found, before it was grown.
        entry: what was done.

    Returns:
        the two names.

    Raises:
        OutputError: one of them exists, or cannot be written.
    """
    names = f"{name}.json", f"{name}.mask.tif"
    content = {
        **_common(SCHEMA, record, result),
        "models": entry.models,
        "device": entry.device,
        "device_class": entry.device_class,
        "threads": entry.threads,
        "threshold": entry.threshold,
        "mask": {"name": names[1], "pixels_sha256": pixel_hash(_as_photo(mask))},
        "regions": entry.regions,
        "boxes": boxes(mask),
        "changed_inside": entry.changed_inside,
        "changed_outside": entry.changed_outside,
        "changed_share": round((entry.changed_inside or 0) / mask.size, 8),
    }
    with whole_or_none() as made:
        save_mask(mask, folder / names[1])
        made.append(folder / names[1])
        _write_json(content, folder / names[0])
    return names


def _common(schema: int, record: Record, result: Photo) -> dict[str, Any]:
    return {
        "schema": schema,
        "application": "restorer",
        "version": __version__,
        "source": {"path": str(record.source), "sha256": record.source_sha256},
        "output": {"name": record.output.name, "sha256": record.output_sha256},
        "pixels_sha256": pixel_hash(result),
        "width": result.width,
        "height": result.height,
        "bit_depth": result.bit_depth,
        "recipe": as_json(record.recipe),
    }


def _write_json(content: dict[str, Any], path: Path) -> None:
    with new_file(path) as (stream, _):
        # What of a name is not UTF-8 becomes an escape of JSON, from which the same bytes are read again.
        stream.write(
            (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace")
        )


@contextlib.contextmanager
def whole_or_none() -> Iterator[list[Path]]:
    """A list for new files that belong together: if the block fails, those that were put into it go."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


# --- work by hand


@dataclass(frozen=True)
class WorkDone:
    """What was done to a photograph, as far as it can be told.

    Attributes:
        filled: (H, W) bool, what repairs filled.
        repairs: in their order, as JSON objects.
        models: {"id": ..., "sha256": ...} by task, of what no repair names.
    """

    filled: Mask
    repairs: Sequence[dict[str, Any]] = ()
    models: dict[str, dict[str, str]] = field(default_factory=dict)


def patch_names(name: str) -> tuple[str, str, str]:
    """The files that `write_patch` writes for a result of that name: record, mask, patch."""
    return f"{name}.json", f"{name}.mask.tif", f"{name}.patch.tif"


def write_patch(record: Record, source: Photo, result: Photo, written: Photo, done: WorkDone) -> list[Path]:
    """Write, beside the result, the record of work by hand: all of its files or none.

    Args:
        record: whose it is.
        source: the photograph.
        result: as edited, of the photograph's shape and type.
        written: as it was written, before it was encoded: perhaps of another depth.
        done: what was done.

    Returns:
        the files.

    Raises:
        OutputError: one of them exists, or cannot be written.
    """
    folder, names = record.output.parent, patch_names(record.output.name)
    changed = _differs(source, result)
    mask = done.filled | changed  # whatever else was done to a pixel, replaying must give it
    patch = Photo(np.where(mask if source.pixels.ndim == 2 else mask[..., None], result.pixels, 0))
    detect = record.recipe.stage("detect")
    content = {
        **_common(PATCH_SCHEMA, record, written),
        "models": done.models,
        "threshold": None if detect is None else round(threshold(THIN_THRESHOLD, detect["sensitivity"]), 4),
        "mask": {"name": names[1], "pixels_sha256": mask_hash(mask)},
        "patch": {"name": names[2], "pixels_sha256": pixel_hash(patch)},
        "repairs": list(done.repairs)[-MOST_REPAIRS:],
        "regions": len(find_regions(mask)),
        "boxes": boxes(mask),
        "changed_inside": int(np.count_nonzero(changed & done.filled)),
        "changed_outside": int(np.count_nonzero(changed & ~done.filled)),
        "changed_share": round(float(np.count_nonzero(changed)) / mask.size, 8),
    }
    with whole_or_none() as made:
        save_mask(mask, folder / names[1])
        made.append(folder / names[1])
        save_photo(patch, folder / names[2], source=record.source)
        made.append(folder / names[2])
        _write_json(content, folder / names[0])
        made.append(folder / names[0])
    return made


def _differs(one: Photo, two: Photo) -> Mask:
    out = np.empty((one.height, one.width), bool)
    for top in range(0, one.height, 512):
        differs = one.pixels[top : top + 512] != two.pixels[top : top + 512]
        out[top : top + 512] = differs.any(2) if differs.ndim == 3 else differs
    return out


# --- reading


def _as_photo(mask: Mask) -> Photo:
    return Photo(mask.astype(np.uint8) * np.uint8(255))


@dataclass(frozen=True)
class Sidecar:
    """A sidecar that was read and checked; it may come from anyone.

    Attributes:
        path: of the JSON.
        source: where the photograph lay.
        output: file name of the result.
        output_sha256: of its file as it was written; None where the record does not tell.
        mask: where the mask lies: beside the JSON, nowhere else.
        recipe: what was done; beside a patch the summary of it.
        models: sha256 by task; of computing again.
        device_class: that it was computed on; empty beside a patch.
        threads: that it was computed with.
        patch: where the picture of what was filled lies: beside the JSON; None where it is computed again.
        bit_depth: of the result.
    """

    path: Path
    source: Path
    source_sha256: str
    output: str
    output_sha256: str | None
    pixels_sha256: str
    mask: Path
    mask_sha256: str
    recipe: Recipe
    models: dict[str, str] = field(default_factory=dict)
    device_class: str = ""
    threads: int | None = None
    patch: Path | None = None
    patch_sha256: str = ""
    bit_depth: int = 0


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar.

    Raises:
        InputError: unreadable, of a newer version, or with problems, all of which the hint names.
    """
    content = load_json(path, "sidecar", LONGEST_SIDECAR)
    name = f"The sidecar '{path.name}'"
    content = content if isinstance(content, dict) else {}
    schema = content.get("schema")
    schema = schema if isinstance(schema, int) and not isinstance(schema, bool) else 0
    if schema > PATCH_SCHEMA:
        raise InputError(f"{name} was written by a newer version of Restorer.", "Update Restorer.")
    problems = [] if schema in _FIELDS else [f"'schema' must be {SCHEMA} or {PATCH_SCHEMA}"]
    fields: dict[str, Any] = {}
    for key, accepts, expected in (*_COMMON_FIELDS, *_FIELDS.get(schema, ())):
        value: Any = content
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        fields[key] = value
        if not accepts(value):
            problems.append(f"'{key}' must be {expected}")
    if problems:
        raise InputError(f"{name} cannot be used.", "; ".join(problems) + ".")
    recipe = from_json(fields["recipe"], name, frozenset({"mask"}))  # it lies beside every sidecar
    if recipe.stage("repair") is None or {s.name for s in recipe.stages} - {"detect", "repair"}:
        raise InputError(f"{name} is not that of a repair.")
    sidecar = Sidecar(
        path=path,
        source=Path(fields["source.path"]),
        source_sha256=fields["source.sha256"],
        output=fields["output.name"],
        output_sha256=fields["output.sha256"],
        pixels_sha256=fields["pixels_sha256"],
        mask=path.parent / fields["mask.name"],
        mask_sha256=fields["mask.pixels_sha256"],
        recipe=recipe,
    )
    return _of_patch(sidecar, fields) if schema == PATCH_SCHEMA else _of_recipe(sidecar, fields)


def _of_recipe(sidecar: Sidecar, fields: dict[str, Any]) -> Sidecar:
    models = {task: m["sha256"] for task, m in fields["models"].items()}
    return replace(sidecar, models=models, device_class=fields["device_class"], threads=fields["threads"])


def _of_patch(sidecar: Sidecar, fields: dict[str, Any]) -> Sidecar:
    patch, digest = sidecar.path.parent / fields["patch.name"], fields["patch.pixels_sha256"]
    return replace(sidecar, patch=patch, patch_sha256=digest, bit_depth=fields["bit_depth"])


def read_mask(sidecar: Sidecar, photo: Photo) -> Mask:
    """The mask beside a sidecar of `photo`.

    Raises:
        InputError: missing, unreadable, of another size, or changed.
    """
    _check_size(sidecar.mask, photo, "mask")
    mask = open_mask(sidecar.mask, (photo.height, photo.width))
    if mask_hash(mask) != sidecar.mask_sha256:
        raise InputError(
            f"The mask '{sidecar.mask.name}' was changed.", "Only an unchanged one gives the same."
        )
    return mask


def patched(sidecar: Sidecar, photo: Photo) -> Photo:
    """`photo` with what the patch of `sidecar` filled, in the depth of the photograph.

    Raises:
        InputError: mask or patch is missing, unreadable, of another size, or changed.
    """
    assert sidecar.patch is not None
    mask = read_mask(sidecar, photo)
    _check_size(sidecar.patch, photo, "patch")
    patch = open_photo(sidecar.patch).pixels
    fits = patch.shape == photo.pixels.shape and patch.dtype == photo.pixels.dtype
    if not fits or pixel_hash(Photo(patch)) != sidecar.patch_sha256:
        raise InputError(
            f"The patch '{sidecar.patch.name}' was changed.", "Only an unchanged one gives the same."
        )
    pixels = photo.pixels.copy()
    pixels[mask] = patch[mask]
    return replace(photo, pixels=pixels)


def _check_size(path: Path, photo: Photo, what: str) -> None:
    """Refuse a picture of another size than its photograph before it is decoded."""
    stated = stated_size(path)
    if stated is not None and stated[:2] != (photo.width, photo.height):
        raise InputError(
            f"The {what} '{path.name}' is {stated[0]} x {stated[1]} pixels, the photograph "
            f"{photo.width} x {photo.height}.",
            "Both must have the same size.",
        )


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= 4096 or "\x00" in value:
        return False
    with contextlib.suppress(UnicodeEncodeError):  # half a character, which no file system can hold
        return bool(os.fsencode(value))
    return False


def _is_name(value: Any) -> bool:
    apart = r"[/\\:]" if os.name == "nt" else "/"
    return _is_text(value) and value not in (".", "..") and not re.search(apart, value)


def _is_models(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(m, dict) and is_sha256(m.get("sha256")) for m in value.values()
    )


def _is_threads(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024)


Field = tuple[str, Callable[[Any], bool], str]
_COMMON_FIELDS: tuple[Field, ...] = (
    ("source.path", _is_text, "a path"),
    ("source.sha256", is_sha256, "a SHA-256"),
    ("output.name", _is_name, "a plain file name"),
    ("output.sha256", lambda v: v is None or is_sha256(v), "a SHA-256"),
    ("pixels_sha256", is_sha256, "a SHA-256"),
    ("mask.name", _is_name, "a plain file name"),
    ("mask.pixels_sha256", is_sha256, "a SHA-256"),
    ("recipe", lambda v: isinstance(v, dict), "a recipe"),
)
_FIELDS: dict[int, tuple[Field, ...]] = {
    SCHEMA: (
        ("models", _is_models, "an object of models with a SHA-256 each"),
        ("device_class", lambda v: v in ("cpu", "cuda", "mps"), "cpu, cuda or mps"),
        ("threads", _is_threads, "a number of threads, or null"),
    ),
    PATCH_SCHEMA: (
        ("patch.name", _is_name, "a plain file name"),
        ("patch.pixels_sha256", is_sha256, "a SHA-256"),
        ("bit_depth", lambda v: type(v) is int and v in (8, 16), "8 or 16"),
    ),
}


def mask_hash(mask: Mask) -> str:
    """`pixel_hash` of a mask as it is saved."""
    return pixel_hash(_as_photo(mask))
