"""Decoders: a stream becomes planes at their own bit depth and the facts that the file states about them.

Pillow reads 16-bit colour as 8 bit and drops a fourth plane without a word, so TIFF is read by tifffile, PNG
by imagecodecs and deep HEIC by pillow-heif. All of them forgive a file that ends too early in one way or
another; what they would fill up is checked here first.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image

from restorer.arrays import Pixels
from restorer.errors import InputError
from restorer.image.colour import ink_converter, profile_of_bmp, stated_profile
from restorer.image.metadata import (
    IPTC_KEY,
    ORIENTATION,
    XMP_KEY,
    XMP_MORE,
    Entry,
    TiffReader,
    exif_dpi,
    exif_of_tiff,
    from_raw_profile,
    iptc_of_photoshop,
    plain_iptc,
    plausible_dpi,
    raw_profiles,
    strip_prefix,
    take_iptc,
)
from restorer.image.texts import Chunk, content_of, is_metadata, png_chunks, texts_of_jpeg, texts_of_png

LIMIT_MEGAPIXELS = 200
MOST_PLANES = 8
ROWS = 512  # of one strip: what is converted goes through memory in strips
COPY_AGAIN = "Copy or scan it again."
_RAW = re.compile(  # how the files of Canon, Fujifilm, Olympus, Panasonic, Minolta and Sigma begin
    rb"II\*\x00.{4}CR|.{4}ftypcrx |.{6}HEAPCCDR|FUJIFILMCCD|IIR[OS]|MMOR|IIU\x00|\x00MRM|FOVb", re.DOTALL
)
READERS = ("JPEG", "PNG", "WEBP", "BMP", "HEIF")
FORMATS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "BMP": "BMP", "HEIF": "HEIC"}


@dataclass
class Draft:
    """What has been read so far.

    Attributes:
        planes: (H, W, C), uint8 or uint16: `colours` (1 or 3) colour planes and then the extra ones.
        extras: what the extra planes are, "alpha" or "infrared".
        orientation: 1..8, not yet applied.
        facts: further fields of the photo.
    """

    planes: Pixels
    colours: int
    extras: list[str] = field(default_factory=list)
    orientation: int = 1
    notices: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def decode(stream: BinaryIO, name: str) -> Draft:
    """Decode a seekable stream; `name` is for the sentences.

    Raises:
        InputError: cut short, too large, or of a kind that cannot be read; decoders raise others on damaged
            files, and UnidentifiedImageError if it is no picture.
    """
    start = stream.read(14)
    stream.seek(0)
    if _RAW.match(start):
        raise _raw_file(name)
    if start[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return _decode_tiff(stream, name)
    return _decode_other(stream, name)


def check_size(width: int, height: int, name: str) -> None:
    """Refuse sizes that are no photograph's, before anything is decoded."""
    if width < 1 or height < 1:
        raise InputError(f"'{name}' says that it has no pixels.", COPY_AGAIN)
    if width * height > LIMIT_MEGAPIXELS * 1e6:
        raise InputError(
            f"'{name}' has {width * height / 1e6:.0f} megapixels, more than the {LIMIT_MEGAPIXELS} that "
            f"are supported.",
            "Scan at a lower resolution or cut the scan into parts.",
        )


def _incomplete(name: str) -> InputError:
    return InputError(f"'{name}' is incomplete: parts of the picture are missing.", COPY_AGAIN)


def _raw_file(name: str) -> InputError:
    return InputError(
        f"'{name}' is a camera's raw file, of which only a preview could be read.",
        "Develop it to a TIFF with 16 bits first.",
    )


def _strips(height: int) -> Iterator[slice]:
    return (slice(top, min(top + ROWS, height)) for top in range(0, height, ROWS))


# --- JPEG, PNG, WebP, BMP, HEIC


def _decode_other(stream: BinaryIO, name: str) -> Draft:
    with Image.open(stream, formats=READERS) as image:
        check_size(image.width, image.height, name)
        notices: list[str] = []
        count = getattr(image, "n_frames", 1)
        if count > 1:
            notices.append(f"Only the first of {count} pictures in the file was read.")
        if image.format == "PNG":
            chunks = _chunks(stream, name)
            if _metadata_late(stream, chunks):
                image.load()
            facts = _facts(image) | {"texts": texts_of_png(stream, chunks, notices)}
            image.info["code_points"] = content_of(stream, chunks, b"cICP")
            planes = _png(image, stream, notices)
        elif image.format == "HEIF" and image.info.get("bit_depth", 8) > 8:
            facts, planes = _facts(image), _deep_heif(stream, name, notices)
        else:
            image.load()
            check_size(image.width, image.height, name)
            if image.format == "JPEG" and _ends_early(image, stream):
                raise _incomplete(name)
            if any(data.startswith(XMP_MORE) for _, data in getattr(image, "applist", ())):
                notices.append("Extended XMP, a second part of the metadata, was left out.")
            facts = _facts(image) | {"texts": texts_of_jpeg(getattr(image, "applist", ()))}
            if image.format == "BMP":
                stream.seek(0)
                facts["icc"] = profile_of_bmp(stream.read(138), stream)
            planes = _eight_bit(image, facts, notices)
    colours = 3 if planes.shape[2] >= 3 else 1
    facts["icc"] = facts["icc"] or stated_profile(image.info, colours == 1, notices)
    return Draft(planes, colours, ["alpha"] * (planes.shape[2] - colours), 1, notices, facts)


def _metadata_late(stream: BinaryIO, chunks: list[Chunk]) -> bool:
    """Whether metadata follow the pixels of a PNG, where Pillow sees them only when it has decoded these."""
    kinds = [chunk.kind for chunk in chunks]
    late = chunks[kinds.index(b"IDAT") :] if b"IDAT" in kinds else []
    return any(chunk.kind == b"eXIf" or is_metadata(stream, chunk) for chunk in late)


def _chunks(stream: BinaryIO, name: str) -> list[Chunk]:
    """All chunks of a PNG; what follows the last one does not matter."""
    try:
        return list(png_chunks(stream))
    except ValueError as error:
        raise _incomplete(name) from error


def _png(image: Image.Image, stream: BinaryIO, notices: list[str]) -> Pixels:
    """The planes (H, W, C) of a PNG by libpng: Pillow cuts 16 bits to 8 and leaves missing rows black."""
    if image.mode in ("1", "P"):
        _plain_mode(image, notices)
    stream.seek(0)
    planes = imagecodecs.png_decode(stream.read())
    if planes.shape[:2] != (image.height, image.width):
        raise ValueError("two headers")
    return planes[..., None] if planes.ndim == 2 else planes


def _deep_heif(stream: BinaryIO, name: str, notices: list[str]) -> Pixels:
    picture = pillow_heif.open_heif(stream, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    check_size(*picture.size, name)
    bits = int(picture.info["bit_depth"])
    planes = np.asarray(picture[picture.primary_index])
    planes = planes[..., None] if planes.ndim == 2 else planes
    if picture.premultiplied_alpha:
        planes = planes.copy()  # the library's own may not be written to
        _unpremultiply(planes, planes.shape[2] - 1, planes.shape[2] - 1, notices, 2**bits - 1)
    return _spread(planes, bits, notices)


def _ends_early(image: Image.Image, stream: BinaryIO) -> bool:
    """Whether the entropy-coded data of a JPEG stop before the picture does, in spite of an end marker.

    The decoder then fills up with mid-grey, or where it is progressive leaves the rest coarse. A picture may
    show that as well, so other data are put before the marker: only a decoder that is still waiting for some
    will show them.
    """
    width, height = image.size
    corner = np.asarray(image.crop((max(0, width - 4), max(0, height - 4), width, height)))
    whole = "progressive" not in image.info and (corner != 128).any()
    if image.mode not in ("L", "RGB") or whole:
        return False
    stream.seek(0)
    data = stream.read()
    end = data.rfind(b"\xff\xd9")
    other = np.random.default_rng(0).integers(1, 255, 4096, np.uint8).tobytes()
    with Image.open(BytesIO(data[:end] + other + data[end:]), formats=("JPEG",)) as again:
        try:
            again.load()
        except OSError:
            return True
        boxes = [(0, rows.start, width, rows.stop) for rows in _strips(height)]
        return any(again.crop(box).tobytes() != image.crop(box).tobytes() for box in boxes)


def _eight_bit(image: Image.Image, facts: dict[str, Any], notices: list[str]) -> Pixels:
    """The planes (H, W, C) of a loaded picture, converted strip by strip."""
    if image.mode == "CMYK":
        return _from_ink(image, facts, notices)
    target = _plain_mode(image, notices)
    planes = np.empty((image.height, image.width, len(target)), np.uint8)
    for rows in _strips(image.height):
        strip = image.crop((0, rows.start, image.width, rows.stop))
        strip = strip if image.mode == target else strip.convert(target)
        planes[rows] = np.asarray(strip).reshape(planes[rows].shape)
    return planes


def _plain_mode(image: Image.Image, notices: list[str]) -> str:
    """L, LA, RGB or RGBA: whichever holds what the picture shows."""
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image.mode
    if image.mode == "1":
        notices.append("A picture in pure black and white was read as grey.")
        return "L"
    if image.mode == "RGBa":
        notices.append("Premultiplied transparency was converted to plain transparency.")
        return "RGBA"
    what = "Palette colours" if image.mode == "P" else f"Colours of the kind {image.mode}"
    notices.append(f"{what} were converted to RGB.")
    return "RGB"


def _from_ink(image: Image.Image, facts: dict[str, Any], notices: list[str]) -> Pixels:
    convert = ink_converter(facts.get("icc"), 8, notices)
    facts["icc"] = None
    planes = np.empty((image.height, image.width, 3), np.uint8)
    for rows in _strips(image.height):
        planes[rows] = convert(np.asarray(image.crop((0, rows.start, image.width, rows.stop))))
    return planes


def _facts(image: Image.Image) -> dict[str, Any]:
    info = image.info
    xmp = info.get("xmp") or info.get(XMP_KEY)
    shop = info.get("photoshop")
    iptc = shop.get(0x0404) if isinstance(shop, dict) else None
    if iptc is None and isinstance(info.get(IPTC_KEY), str):
        iptc = from_raw_profile(info[IPTC_KEY])
    older = raw_profiles(info)
    exif, xmp = strip_prefix(info.get("exif")) or older[0], xmp or older[1]
    stated = None if image.format in ("JPEG", "MPO") and not info.get("jfif_unit") else info.get("dpi")
    dpi = plausible_dpi(stated) or exif_dpi(exif)  # Pillow says 72 of a JPEG that says nothing
    if exif and iptc is None and image.format in ("WEBP", "HEIF"):  # they have no other place for it
        iptc, exif = take_iptc(exif)
    return {
        "format": FORMATS[str(image.format)],
        "icc": info.get("icc_profile") or None,
        "exif": exif,
        "xmp": xmp.encode() if isinstance(xmp, str) else xmp or None,
        "iptc": iptc,
        "dpi": dpi,
    }


# --- TIFF

_EXTRA = {0: "infrared", 1: "alpha", 2: "alpha"}
_COMPRESSION = {1: "none", 5: "lzw", 8: "deflate", 32946: "deflate", 50000: "zstd", 34926: "zstd"}
_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_SENSOR = (32803, 34892)  # DNG: of a sensor with or without a pattern of filters
_JPEG = (6, 7)
_LAYERS = 37724  # Photoshop's ImageSourceData, in the byte order of the file
_LAYER_KEYS = (b"8BIMLayr", b"8BIMLr16", b"8BIMLr32", b"MIB8ryaL", b"MIB861rL", b"MIB823rL")


def _decode_tiff(stream: BinaryIO, name: str) -> Draft:
    notices: list[str] = []
    try:
        reader = TiffReader(stream)
        index, entries = _choose_page(reader, name, notices)
    except ValueError as error:
        raise _incomplete(name) from error
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page: Any = tiff.pages[index]
        check_size(page.imagewidth, page.imagelength, name)
        _check_kind(page, name)
        _check_whole(page, stream, name)
        array = page.asarray(maxworkers=1)
    if array.ndim == 3 and page.planarconfig == 2:
        array = np.ascontiguousarray(np.moveaxis(array, 0, -1))
    array = array[..., None] if array.ndim == 2 else array
    if array.shape != (page.imagelength, page.imagewidth, page.samplesperpixel):
        raise InputError(
            f"'{name}' is a TIFF of an unusual layout that cannot be read.", "Save it as plain TIFF."
        )
    if any(key in reader.start(entries.get(_LAYERS), 4096) for key in _LAYER_KEYS):
        notices.append("The layers in the file were left out: the picture is what they look like together.")
    facts = _tiff_facts(reader, entries, page, notices)
    draft = _tiff_colours(page, array, facts, notices)
    draft.orientation = reader.number(entries.get(ORIENTATION), 1)
    return draft


def _choose_page(reader: TiffReader, name: str, notices: list[str]) -> tuple[int, dict[int, Entry]]:
    """The first page that is no reduced preview, by index and tags; all its tags must lie inside the file."""
    pages = reader.pages()
    full = [index for index, page in enumerate(pages) if not reader.number(page.get(254)) & 1]
    if not full and any(330 in page for page in pages):  # the picture proper lies in sub-directories
        raise _raw_file(name)
    index = (full or [0])[0]
    if not pages or not all(reader.is_whole(entry) for entry in pages[index].values()):
        raise _incomplete(name)  # tifffile leaves such a tag out and reads on with what is usual
    if len(full) > 1:
        notices.append(f"Only the first of {len(full)} pages was read.")
    return index, pages[index]


def _check_kind(page: Any, name: str) -> None:
    bits = page.bitspersample
    if page.photometric in _SENSOR:
        raise _raw_file(name)
    if page.imagedepth != 1:
        raise InputError(f"'{name}' holds a volume, not a photograph.", "Save one slice of it as plain TIFF.")
    if page.sampleformat not in (1, 4) or bits > 16 or page.dtype is None or page.dtype.kind not in "bu":
        what = {2: "signed", 3: "floating-point"}.get(int(page.sampleformat), f"{bits}-bit")
        raise InputError(
            f"'{name}' holds {what} values, which are not supported.", "Save it with 8 or 16 bits."
        )
    known = (_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _CMYK)
    if page.photometric not in known and not (page.photometric == _YCBCR and page.compression in _JPEG):
        what = getattr(page.photometric, "name", page.photometric)
        raise InputError(
            f"The colours of '{name}' are of a kind ({what}) that cannot be read.", "Save it as RGB."
        )
    needed = {_RGB: 3, _CMYK: 4, _YCBCR: 3}.get(page.photometric, 1)
    if not needed <= page.samplesperpixel <= MOST_PLANES:
        raise InputError(
            f"'{name}' has {page.samplesperpixel} planes, which is no photograph's number.",
            "Save it as plain TIFF.",
        )


def _check_whole(page: Any, stream: BinaryIO, name: str) -> None:
    """Every strip or tile must lie inside the file: tifffile fills missing ones with black."""
    places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    size = stream.seek(0, 2)
    whole = all(offset and count and offset + count <= size for offset, count in places)
    same = len(page.dataoffsets) == len(page.databytecounts)
    if not whole or not same or len(places) < math.prod(page.chunked):
        raise _incomplete(name)
    if page.is_tiled:
        check_size(page.tilewidth, page.tilelength, name)
    if page.compression in _JPEG:
        for offset, count in places:
            stream.seek(offset)
            check_size(*_jpeg_size(stream.read(min(count, 4096))), name)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height that the frame header at the start of a JPEG declares; (1, 1) if it is not there."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length, height, width = struct.unpack_from(">BHxHH", data, place + 1)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return max(width, 1), max(height, 1)
        place += 2 + length
    return 1, 1


def _tiff_colours(page: Any, array: Pixels, facts: dict[str, Any], notices: list[str]) -> Draft:
    kind = int(page.photometric)
    colours = 1 if kind in (_MINISWHITE, _MINISBLACK) else 3
    stored = {_PALETTE: 1, _CMYK: 4}.get(kind, colours)
    count = array.shape[2] - stored
    codes = [int(code) for code in page.extrasamples]
    codes = codes if len(codes) == count else [0] * count
    if kind != _PALETTE:
        array = _spread(array, page.bitspersample, notices)
    if kind == _MINISWHITE:
        array[..., 0] = np.iinfo(array.dtype).max - array[..., 0]
    elif kind == _PALETTE:
        notices.append("Palette colours were converted to RGB.")
        table = np.asarray(page.colormap).T  # 16 bits; old writers put values of 8 bits there
        table = (table if table.max() < 256 else table >> 8).astype(np.uint8)
        array = array.view(np.uint8) if array.dtype == bool else array  # which would pick rows
        array = np.ascontiguousarray(table[array[..., 0]])
        codes = []
    elif kind == _CMYK:
        array = _tiff_ink(array, facts, notices)
    if 1 in codes:
        _unpremultiply(array, colours + codes.index(1), colours, notices)
    return Draft(array, colours, [_EXTRA.get(code, "infrared") for code in codes], 1, notices, facts)


def _tiff_ink(array: Pixels, facts: dict[str, Any], notices: list[str]) -> Pixels:
    """(H, W, 4 + extras) to (H, W, 3 + extras)."""
    convert = ink_converter(facts["icc"], array.dtype.itemsize * 8, notices)
    facts["icc"] = None
    result = np.empty((*array.shape[:2], array.shape[2] - 1), array.dtype)
    result[..., 3:] = array[..., 4:]
    for rows in _strips(array.shape[0]):
        result[rows, :, :3] = convert(array[rows, :, :4])
    return result


def _spread(array: Pixels, bits: int, notices: list[str]) -> Pixels:
    """Values of 1 to 7 or 9 to 15 bits spread over the whole range of 8 or 16."""
    if bits in (8, 16):
        return array
    kind, top = (np.uint8, 255) if bits < 8 else (np.uint16, 65535)
    if bits == 1:
        notices.append("A picture in pure black and white was read as grey.")
    else:
        notices.append(f"Values of {bits} bits were spread over {8 if bits < 8 else 16}.")
    table = np.rint(np.arange(2**bits) * (top / (2**bits - 1))).astype(kind)
    return table[array.astype(np.uint8) if array.dtype == bool else array]


def _unpremultiply(array: Pixels, alpha: int, colours: int, notices: list[str], top: int = 0) -> None:
    """Divide the colours by the alpha plane they were multiplied with; an opaque picture is left alone."""
    top = top or int(np.iinfo(array.dtype).max)
    if int(array[..., alpha].min()) == top:
        return
    notices.append("Premultiplied transparency was converted to plain transparency.")
    for rows in _strips(array.shape[0]):
        share = array[rows, :, alpha, None].astype(np.float32) / top
        plain = array[rows, :, :colours] / np.maximum(share, 1 / top)
        array[rows, :, :colours] = np.rint(np.minimum(plain, top))


def _tiff_facts(
    reader: TiffReader, entries: dict[int, Entry], page: Any, notices: list[str]
) -> dict[str, Any]:
    large: list[int] = []
    exif = exif_of_tiff(reader, entries, large)
    if large:
        told = ", ".join(map(str, large))
        notices.append(f"Tags of the TIFF that are too large for other files were left out: {told}.")
    iptc = plain_iptc(reader.value(entries.get(33723)))
    return {
        "format": "TIFF",
        "icc": reader.value(entries.get(34675)),
        "exif": exif,
        "xmp": reader.value(entries.get(700)),
        "iptc": iptc or iptc_of_photoshop(reader.value(entries.get(34377))),
        "dpi": reader.dpi(entries),
        "compression": _COMPRESSION.get(int(page.compression), "deflate"),
    }
