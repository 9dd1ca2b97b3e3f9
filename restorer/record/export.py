"""How a result becomes a file: format, depth, metadata, name and place, and how large it will be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np

from restorer.arrays import Pixels
from restorer.errors import InputError, OutputError
from restorer.hashes import sha256_of
from restorer.image.location import without_location
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import ENDINGS, LOSSY, OPAQUE, check_fits, encode_into, left_out, save_photo
from restorer.image.texts import without_places
from restorer.new_files import check_free, is_taken
from restorer.record.audit import stamp
from restorer.record.recipe import Recipe
from restorer.record.report import PhotoReport
from restorer.record.sidecar import (
    Record,
    WorkDone,
    patch_names,
    pixel_hash,
    whole_or_none,
    write_patch,
)

Metadata = Literal["all", "no-location", "none"]
DEEP = {"PNG", "TIFF"}
FIELDS = ("name", "date", "format", "width", "height", "n")
_SAMPLE_PX, _SAMPLES = 512, 4


@dataclass(frozen=True)
class ExportSettings:
    """How to write.

    Attributes:
        format: "same" as the source, or one of `ENDINGS`.
        bits: 8 or 16 per channel, or 0 as the source where the format can hold it.
        quality: 1..100, of JPEG and HEIC.
        metadata: "all", "no-location", or "none": EXIF, IPTC and XMP; the colour profile always stays.
        template: file name without ending; {name}, {date}, {format}, {width}, {height} and {n} are replaced.
        folder: where; None = beside the source.
        record: whether a record is written beside it, see `restorer.record.sidecar`.
    """

    format: str = "same"
    bits: int = 0
    quality: int = 95
    metadata: Metadata = "all"
    template: str = "{name}-restored"
    folder: Path | None = None
    record: bool = False


def chosen_format(photo: Photo, settings: ExportSettings) -> str:
    """The format that is written. A lossy source asks for PNG, so that every pixel outside of the mask
    stays."""
    if settings.format == "same":
        return "PNG" if photo.format in LOSSY else photo.format
    if settings.format not in ENDINGS:
        raise OutputError(f"There is no format '{settings.format}'.", f"Use one of {', '.join(ENDINGS)}.")
    return settings.format


def chosen_bits(photo: Photo, settings: ExportSettings) -> int:
    """Bits per channel of the file."""
    if chosen_format(photo, settings) not in DEEP:
        return 8
    return settings.bits or photo.bit_depth


def prepare(photo: Photo, settings: ExportSettings) -> Photo:
    """`photo` with the depth, planes and metadata that will be written; pixels are rounded, not cut."""
    kind, bits = chosen_format(photo, settings), chosen_bits(photo, settings)
    ready = at_depth(photo, bits)
    alpha = None if kind in OPAQUE else ready.alpha
    infrared = ready.infrared if kind == "TIFF" else None
    exif, xmp, iptc, texts = photo.exif, photo.xmp, photo.iptc, photo.texts
    if settings.metadata == "none":
        exif, xmp, iptc, texts = None, None, None, ()
    elif settings.metadata == "no-location":
        exif, xmp, iptc = without_location(exif, xmp, iptc)
        texts = without_places(texts)
    kept = {"exif": exif, "xmp": xmp, "iptc": iptc, "texts": texts}
    return replace(ready, alpha=alpha, infrared=infrared, **kept, format=kind)


def at_depth(photo: Photo, bits: int) -> Photo:
    """`photo` with 8 or 16 bits in all planes; what gets fewer is rounded."""
    if photo.bit_depth == bits:
        return photo
    planes = {name: _with_bits(getattr(photo, name), bits) for name in ("pixels", "alpha", "infrared")}
    return replace(photo, **planes)


def write_export(
    photo: Photo,
    pixels: Pixels,
    target: Path,
    settings: ExportSettings,
    recipe: Recipe,
    source: Path | None,
    done: WorkDone | None = None,
) -> list[str]:
    """Write a result into a new file, with a note in its XMP that it was repaired and how.

    With a record, all of the files are written or none.

    Args:
        photo: as it was opened.
        pixels: the result, of the same shape and type.
        target: the file.
        settings: how; who leaves out all metadata leaves out the note, too.
        recipe: what was done.
        source: the photograph's file, which is never written over.
        done: what a record beside the file tells; None writes none.

    Returns:
        what could not be kept, sentences for a person.

    Raises:
        OutputError: as `save_photo` tells, or a file of the record exists.
        InputError: there is to be a record, and the photograph's file is gone or holds another picture now.
    """
    digest = "" if done is None else _unchanged(photo, source)
    if done is not None:
        check_free(*(target.with_name(name) for name in patch_names(target.name)))
    entry = PhotoReport(str(source or ""))
    ready = prepare(replace(photo, pixels=pixels), settings)
    if settings.metadata != "none" and not np.array_equal(pixels, photo.pixels):
        ready = stamp(ready, recipe, target.suffix, entry)
    kind = chosen_format(photo, settings)
    with whole_or_none() as made:
        save_photo(ready, target, format=kind, source=source, quality=settings.quality)
        made.append(target)
        if done is not None and source is not None:
            record = Record(source.absolute(), digest, target, sha256_of(target), recipe)
            write_patch(record, photo, replace(photo, pixels=pixels), ready, done)
    return entry.notices


def _unchanged(photo: Photo, source: Path | None) -> str:
    """The hash of the photograph's file, if that still holds the same pixels: a record of another one would
    be worth nothing."""
    if source is None:
        raise InputError("A picture without a file can have no record.", "Export it without one.")
    found = open_photo(source)
    if pixel_hash(found) != pixel_hash(photo):
        raise InputError(
            f"'{source.name}' was changed since it was opened, so a record could not give the same.",
            "Export without a record, or open it again.",
        )
    return sha256_of(source)


def _with_bits(plane: Pixels | None, bits: int) -> Pixels | None:
    if plane is None or plane.dtype.itemsize * 8 == bits:
        return plane
    if bits == 16:
        return plane.astype(np.uint16) * np.uint16(257)
    return ((plane.astype(np.uint32) + 128) // 257).astype(np.uint8)


def lost_in(photo: Photo, settings: ExportSettings) -> list[str]:
    """What the file cannot hold of `photo`: as `left_out`, "depth", "alpha", "infrared"; told before it
    is written."""
    kind = chosen_format(photo, settings)
    stays = photo if settings.metadata != "none" else replace(photo, exif=None, xmp=None, iptc=None, texts=())
    lost = left_out(stays, kind)
    if photo.bit_depth > chosen_bits(photo, settings):
        lost.append("depth")
    if photo.is_transparent and kind in OPAQUE:
        lost.append("alpha")
    if photo.infrared is not None and kind != "TIFF":
        lost.append("infrared")
    return lost


def check_holds(photo: Photo, settings: ExportSettings) -> None:
    """See, before anything is written, that the file can be: that its sides and its metadata fit.

    Raises:
        OutputError: they do not.
    """
    plain = np.broadcast_to(np.uint8(0), (photo.height, photo.width))  # in memory one pixel
    bare = replace(photo, pixels=plain, alpha=None, infrared=None)
    check_fits(prepare(bare, replace(settings, bits=8)), chosen_format(photo, settings))


def target_for(
    source: Path | None, photo: Photo, settings: ExportSettings, today: date | None = None
) -> Path:
    """The new file's name: from the template, in the folder, numbered if it is taken.

    Raises:
        OutputError: the template has an unknown field or gives no name, or nothing can have that name.
    """
    kind = chosen_format(photo, settings)
    folder = settings.folder or (source.parent if source is not None else Path.home())
    values = {
        "name": source.stem if source is not None else "picture",
        "date": (today or date.today()).isoformat(),
        "format": kind.lower(),
        "width": photo.width,
        "height": photo.height,
    }
    numbered = "{n}" in settings.template
    for number in range(1, 100_000):
        stem = _stem(settings.template, values | {"n": number})
        if number > 1 and not numbered:
            stem = f"{stem}-{number}"
        names = stem + ENDINGS[kind], *(patch_names(stem + ENDINGS[kind]) if settings.record else ())
        if not any(is_taken(folder / name) for name in names):
            return folder / names[0]
    raise OutputError("All numbered names are taken.", "Choose another folder.")


def _stem(template: str, values: Mapping[str, object]) -> str:
    unknown = set(re.findall(r"\{([^{}]*)\}", template)) - set(FIELDS)
    if unknown:
        known = ", ".join("{" + name + "}" for name in FIELDS)
        raise OutputError(f"The file name has an unknown field {{{min(unknown)}}}.", f"Use {known}.")
    stem = re.sub(r"\{([^{}]*)\}", lambda found: str(values[found[1]]), template)
    # What Windows, macOS or Linux do not take in a name; a template must not leave its folder either.
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", stem).strip(" .")
    if not stem:
        raise OutputError("The file name is empty.", "Use for example {name}-restored.")
    return stem


def estimate_bytes(photo: Photo, settings: ExportSettings) -> int:
    """About how large the file will be: samples are encoded and scaled up.

    Args:
        photo: as it will be written, without having been prepared.
        settings: how.
    """
    kind = chosen_format(photo, settings)
    boxes = _sample_boxes(photo.height, photo.width)
    total = area = 0
    for rows, columns in boxes:
        part = replace(
            photo,
            **{
                name: None
                if (plane := getattr(photo, name)) is None
                else np.ascontiguousarray(plane[rows, columns])
                for name in ("pixels", "alpha", "infrared")
            },
            exif=None,
            xmp=None,
            iptc=None,
            texts=(),
            icc=None,
        )
        stream = BytesIO()
        encode_into(prepare(part, settings), stream, kind, settings.quality)
        total += stream.seek(0, 2)
        area += part.height * part.width
    kept = prepare(photo, settings) if photo.megapixels < 0.1 else photo
    extra = sum(len(block) for block in (kept.exif, kept.xmp, kept.iptc, kept.icc) if block)
    extra += sum(len(text.text) for text in kept.texts)
    return round(total * (photo.height * photo.width / area)) + extra


def _sample_boxes(height: int, width: int) -> list[tuple[slice, slice]]:
    if height * width <= _SAMPLES * _SAMPLE_PX**2:
        return [(slice(0, height), slice(0, width))]
    boxes = []
    for share in ((0.2, 0.25), (0.45, 0.7), (0.55, 0.3), (0.8, 0.75)):
        y = max(0, min(height - _SAMPLE_PX, round(height * share[0] - _SAMPLE_PX / 2)))
        x = max(0, min(width - _SAMPLE_PX, round(width * share[1] - _SAMPLE_PX / 2)))
        boxes.append((slice(y, y + _SAMPLE_PX), slice(x, x + _SAMPLE_PX)))
    return boxes
