"""Photographs in: decoded at their own bit depth, with everything that the file says about them.

Pillow reads 16-bit colour as 8 bit and drops a fourth plane without a word, so TIFF is read by tifffile and
16-bit PNG by imagecodecs.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image, ImageCms, UnidentifiedImageError

from restorer.arrays import Pixels
from restorer.errors import InputError
from restorer.image_metadata import (
    IPTC_KEY,
    ORIENTATION,
    XMP_KEY,
    exif_of_tiff,
    from_raw_profile,
    reset_orientation,
    strip_prefix,
)

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is decoded
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it complains about becomes our one sentence

LIMIT_MEGAPIXELS = 200
READERS = ("JPEG", "PNG", "WEBP", "BMP", "HEIF")
FORMATS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "BMP": "BMP", "HEIF": "HEIC"}
SUFFIXES = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".heic": "HEIC",
    ".heif": "HEIC",
}


@dataclass(frozen=True)
class Photo:
    """A decoded photograph, upright.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) RGB, uint8 or uint16.
        alpha: (H, W) of the same type, or None.
        infrared: (H, W) of the same type: the fourth plane of a film scanner, or None.
        icc: colour profile of `pixels`.
        exif: EXIF block (a TIFF structure, without JPEG's marker) with the orientation reset to 1.
        xmp: XMP packet.
        iptc: IPTC-IIM data.
        dpi: horizontal and vertical resolution in pixels per inch.
        format: "JPEG", "PNG", "TIFF", "WEBP", "BMP" or "HEIC".
        compression: of a TIFF: "none", "lzw", "deflate", "zstd"; kept when it is saved.
        notices: what had to be converted or left out, sentences for a person.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    infrared: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "PNG"
    compression: str = "deflate"
    notices: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """Rows."""
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.pixels.shape[1]

    @property
    def bit_depth(self) -> int:
        """8 or 16."""
        return self.pixels.dtype.itemsize * 8

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.height * self.width / 1e6


@dataclass
class _Draft:
    """What has been read so far; `planes` is (H, W, C) with `colours` colour planes and then the extra
    ones."""

    planes: Pixels
    colours: int
    extras: list[str] = field(default_factory=list)
    orientation: int = 1
    notices: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def open_photo(path: Path | str) -> Photo:
    """Decode a photograph.

    The content decides about the format, not the name. The orientation is applied to all planes.

    Args:
        path: JPEG, PNG, TIFF, WebP, BMP or HEIC with up to 200 megapixels.

    Raises:
        InputError: missing, empty, truncated, too large, or no photograph at all.
    """
    path = Path(path)
    data = _read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            draft = _decode_tiff(data, path) if _is_tiff(data) else _decode_other(data, path)
        except InputError:
            raise
        except UnidentifiedImageError as error:
            raise _unknown(path) from error
        except MemoryError as error:
            raise InputError(
                f"'{path.name}' does not fit into memory.", "Close other programs or reduce it."
            ) from error
        except Exception as error:  # decoders raise all kinds of errors on damaged files
            raise InputError(
                f"'{path.name}' is damaged or incomplete and cannot be read.", "Copy or scan it again."
            ) from error
    expected = SUFFIXES.get(path.suffix.lower())
    if expected is not None and expected != draft.facts["format"]:
        draft.notices.append(f"The name says {expected}, but the file is a {draft.facts['format']}.")
    return _finish(draft)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"There is no file '{path}'.", "Check the name.") from error
    except IsADirectoryError as error:
        raise InputError(f"'{path}' is a folder.", "Name a photograph.") from error
    except PermissionError as error:
        raise InputError(f"'{path}' may not be read.", "Check its permissions.") from error
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # a null byte in the name
        raise InputError("A file name is not valid.") from error
    if not data:
        raise InputError(f"'{path.name}' is empty.", "Copy or scan it again.")
    return data


def _unknown(path: Path) -> InputError:
    return InputError(
        f"'{path.name}' is not a photograph that can be read.",
        "JPEG, PNG, TIFF, WebP, BMP and HEIC are supported.",
    )


def _check_size(width: int, height: int, path: Path) -> None:
    if width < 1 or height < 1:
        raise InputError(f"'{path.name}' says that it has no pixels.", "Copy or scan it again.")
    if width * height > LIMIT_MEGAPIXELS * 1e6:
        raise InputError(
            f"'{path.name}' has {width * height / 1e6:.0f} megapixels, more than the {LIMIT_MEGAPIXELS} that "
            f"are supported.",
            "Scan at a lower resolution or cut the scan into parts.",
        )


def _is_tiff(data: bytes) -> bool:
    return data[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


# --- JPEG, PNG,
# WebP, BMP, HEIC


def _decode_other(data: bytes, path: Path) -> _Draft:
    with Image.open(BytesIO(data), formats=READERS) as image:
        _check_size(image.width, image.height, path)
        notices: list[str] = []
        if getattr(image, "n_frames", 1) > 1:
            notices.append(
                f"Only the first of {getattr(image, 'n_frames', 1)} pictures in the file was read."
            )
        deep_png = image.format == "PNG" and data[24:25] == b"\x10"
        if image.format == "PNG" and b"IEND" not in data[-16:]:
            raise InputError(f"'{path.name}' is incomplete: its end is missing.", "Copy or scan it again.")
        if deep_png:
            planes = imagecodecs.png_decode(data)
            planes = planes[..., None] if planes.ndim == 2 else planes
            icc = image.info.get("icc_profile")
        else:
            image.load()
            planes, icc = _eight_bit(image, notices)
        colours = 3 if planes.shape[2] >= 3 else 1
        draft = _Draft(planes, colours, ["alpha"] * (planes.shape[2] - colours), 1, notices)
        draft.facts = _facts(image, icc)
    return draft


def _eight_bit(image: Image.Image, notices: list[str]) -> tuple[Pixels, bytes | None]:
    """The planes (H, W, C) of a loaded picture, and the profile that belongs to them."""
    icc = image.info.get("icc_profile")
    if image.mode == "1":
        notices.append("A picture in pure black and white was read as grey.")
        image = image.convert("L")
    elif image.mode in ("P", "PA"):
        notices.append("Palette colours were converted to RGB.")
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    elif image.mode == "CMYK":
        image, icc = _from_cmyk(image, icc, notices), None
    elif image.mode not in ("L", "LA", "RGB", "RGBA"):
        notices.append(f"Colours of the kind {image.mode} were converted to RGB.")
        image = image.convert("RGB")
    planes = np.asarray(image)
    return (planes[..., None] if planes.ndim == 2 else planes), icc


def _from_cmyk(image: Image.Image, icc: bytes | None, notices: list[str]) -> Image.Image:
    notices.append("CMYK was converted to RGB.")
    if icc:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(icc))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            notices.append("Its colour profile could not be used.")
    return image.convert("RGB")


def _facts(image: Image.Image, icc: bytes | None) -> dict[str, Any]:
    info = image.info
    xmp = info.get("xmp") or info.get(XMP_KEY)
    iptc = info.get("photoshop", {}).get(0x0404) if isinstance(info.get("photoshop"), dict) else None
    if iptc is None and isinstance(info.get(IPTC_KEY), str):
        iptc = from_raw_profile(info[IPTC_KEY])
    return {
        "format": FORMATS[str(image.format)],
        "icc": icc,
        "exif": strip_prefix(info.get("exif")),
        "xmp": xmp.encode() if isinstance(xmp, str) else xmp,
        "iptc": iptc,
        "dpi": _dpi(info.get("dpi")),
    }


def _dpi(value: Any) -> tuple[float, float] | None:
    try:
        x, y = float(value[0]), float(value[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (x, y) if 1 <= x < 1e6 and 1 <= y < 1e6 else None


# --- TIFF


def _decode_tiff(data: bytes, path: Path) -> _Draft:
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        page = tiff.pages.first
        _check_size(page.imagewidth, page.imagelength, path)
        _check_whole(page, len(data), path)
        _check_kind(page, path)
        notices: list[str] = []
        count = len(tiff.pages)
        if count > 1:
            notices.append(f"Only the first of {count} pages was read.")
        array = page.asarray(maxworkers=1)
        if array.ndim == 3 and page.planarconfig == 2:
            array = np.ascontiguousarray(np.moveaxis(array, 0, -1))
        array = array[..., None] if array.ndim == 2 else array
        if array.ndim != 3 or array.shape[:2] != (page.imagelength, page.imagewidth):
            raise InputError(
                f"'{path.name}' is a TIFF of an unusual layout that cannot be read.", "Save it as plain TIFF."
            )
        draft = _tiff_colours(page, _whole_bytes(array, page, notices), notices)
        draft.facts = _tiff_facts(page, data, draft.facts)
        draft.orientation = _tag(page, ORIENTATION, 1)
    return draft


def _check_whole(page: Any, size: int, path: Path) -> None:
    """Every strip or tile must lie inside the file: tifffile fills missing ones with black."""
    ends = [o + c for o, c in zip(page.dataoffsets, page.databytecounts, strict=False)]
    empty = any(c == 0 or o == 0 for o, c in zip(page.dataoffsets, page.databytecounts, strict=False))
    if not ends or empty or max(ends) > size or len(page.dataoffsets) != len(page.databytecounts):
        raise InputError(
            f"'{path.name}' is incomplete: parts of the picture are missing.", "Copy or scan it again."
        )


def _check_kind(page: Any, path: Path) -> None:
    if page.sampleformat != 1 or page.bitspersample > 16 or page.dtype is None or page.dtype.kind not in "bu":
        raise InputError(
            f"'{path.name}' holds {page.bitspersample}-bit or floating-point values, which are not "
            f"supported.",
            "Save it with 8 or 16 bits per channel.",
        )
    if page.imagedepth != 1:
        raise InputError(f"'{path.name}' holds a volume, not a photograph.")


def _whole_bytes(array: Pixels, page: Any, notices: list[str]) -> Pixels:
    """Values of 1 to 7 or 9 to 15 bits spread over 8 or 16; palettes keep their indices."""
    bits = page.bitspersample
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if bits in (8, 16) or page.photometric == 3:
        return array
    notices.append(f"Values of {bits} bits were spread over {8 if bits < 8 else 16}.")
    top, kind = (255, np.uint8) if bits < 8 else (65535, np.uint16)
    return np.rint(array.astype(np.float32) * (top / (2**bits - 1))).astype(kind)


def _tiff_colours(page: Any, array: Pixels, notices: list[str]) -> _Draft:
    kind = int(page.photometric)
    extras = [_EXTRA.get(int(e), "infrared") for e in page.extrasamples]
    facts: dict[str, Any] = {}
    if kind in (0, 1):
        colours = 1
        if kind == 0:
            array = np.iinfo(array.dtype).max - array
    elif kind == 2 or (kind == 6 and page.compression in (6, 7)):
        colours = 3
    elif kind == 3:
        notices.append("Palette colours were converted to RGB.")
        table = (np.asarray(page.colormap) >> 8).astype(np.uint8)
        array, colours = table[:, array[..., 0]].transpose(1, 2, 0), 3
    elif kind == 5:
        array, colours = _tiff_cmyk(page, array, notices), 3
        facts["icc"] = None
    else:
        raise InputError(
            "The colours of this TIFF are of a kind that cannot be read.", "Save it as RGB or grey."
        )
    count = array.shape[2] - colours
    names = extras if len(extras) == count else ["infrared"] * count
    return _Draft(array, colours, names, 1, notices, facts)


_EXTRA = {0: "infrared", 1: "alpha", 2: "alpha"}


def _tiff_cmyk(page: Any, array: Pixels, notices: list[str]) -> Pixels:
    if array.dtype == np.uint8:
        image = Image.frombytes(
            "CMYK", (array.shape[1], array.shape[0]), np.ascontiguousarray(array[..., :4]).tobytes()
        )
        return np.asarray(_from_cmyk(image, _tag(page, 34675, None), notices))
    notices.append("CMYK was converted to RGB without its profile.")
    ink = array[..., :4].astype(np.float32) / 65535
    return np.rint((1 - ink[..., :3]) * (1 - ink[..., 3:]) * 65535).astype(np.uint16)


def _tag(page: Any, code: int, default: Any) -> Any:
    tag = page.tags.get(code)
    return default if tag is None else tag.value


_COMPRESSION = {1: "none", 5: "lzw", 8: "deflate", 32946: "deflate", 50000: "zstd", 34926: "zstd"}


def _tiff_facts(page: Any, data: bytes, facts: dict[str, Any]) -> dict[str, Any]:
    xmp, iptc = _tag(page, 700, None), _tag(page, 33723, None)
    unit = {2: 1.0, 3: 2.54}.get(int(_tag(page, 296, 2) or 2))
    x, y = _tag(page, 282, None), _tag(page, 283, None)
    dpi = None
    if unit and x and y and x[1] and y[1]:
        dpi = _dpi((x[0] / x[1] * unit, y[0] / y[1] * unit))
    found = {
        "format": "TIFF",
        "icc": _raw(_tag(page, 34675, None)),
        "exif": exif_of_tiff(data),
        "xmp": _raw(xmp),
        "iptc": _raw(iptc),
        "dpi": dpi,
        "compression": _COMPRESSION.get(int(page.compression), "deflate"),
    }
    return found | facts


def _raw(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else np.asarray(value).tobytes()


# --- upright

_TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def _finish(draft: _Draft) -> Photo:
    facts = dict(draft.facts)
    orientation = draft.orientation
    if facts.get("exif"):
        said, facts["exif"] = reset_orientation(facts["exif"])
        orientation = orientation if orientation != 1 else said
    turn = _TURNS.get(int(orientation), _TURNS[1])
    if orientation in (5, 6, 7, 8) and facts.get("dpi"):
        facts["dpi"] = facts["dpi"][::-1]
    planes = turn(draft.planes)
    colour = planes[..., 0] if draft.colours == 1 else planes[..., :3]
    extra: dict[str, Pixels] = {}
    for index, name in enumerate(draft.extras):
        if name in extra:
            draft.notices.append("A further extra plane was left out.")
            continue
        extra[name] = np.ascontiguousarray(planes[..., draft.colours + index])
    return Photo(np.ascontiguousarray(colour), **extra, **facts, notices=tuple(draft.notices))
