"""Photographs in: opened within limits, at their own bit depth, upright, with all that the file says."""

from __future__ import annotations

import contextlib
import logging
import stat
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from restorer.arrays import Pixels
from restorer.errors import InputError
from restorer.image.codecs import COPY_AGAIN, LIMIT_MEGAPIXELS, Draft, decode
from restorer.image.metadata import reset_orientation, sides_swapped, upright_xmp
from restorer.image.texts import Text

__all__ = ["LIMIT_MEGAPIXELS", "SUFFIXES", "Photo", "open_photo", "stated_size"]

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is decoded
PngImagePlugin.MAX_TEXT_CHUNK = 1 << 24  # profiles of scanners have more bytes than Pillow allows
for _decoder in ("tifffile", "imagecodecs"):  # what they complain about becomes our one sentence
    logging.getLogger(_decoder).setLevel(logging.CRITICAL)

SUFFIXES = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".hif": "HEIC",
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
        texts: comments of a JPEG, texts of a PNG.
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
    texts: tuple[Text, ...] = ()
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
    def is_transparent(self) -> bool:
        """Whether anything shows through: many an alpha plane is opaque everywhere."""
        return self.alpha is not None and bool(self.alpha.min() < np.iinfo(self.alpha.dtype).max)

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.height * self.width / 1e6


class _Quiet:
    """Keeps the decoders' warnings from the user while any thread decodes.

    `warnings.catch_warnings` alone is not safe here: of two threads that overlap, the later to leave would
    put back the silence that the other one had set up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore = contextlib.ExitStack()

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._inside == 0:
                self._restore.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"(PIL|tifffile|imagecodecs|pillow_heif|numpy)\b")
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._restore.close()


_quiet = _Quiet()


def open_photo(path: Path | str) -> Photo:
    """Decode a photograph.

    The content decides about the format, not the name. The orientation is applied to all planes, and once.

    Args:
        path: JPEG, PNG, TIFF, WebP, BMP or HEIC with up to `LIMIT_MEGAPIXELS` megapixels.

    Returns:
        pixels (H, W) or (H, W, 3), uint8 or uint16 as they are stored; what is not stored so (CMYK, palettes,
        1 bit) is converted, and `notices` say it.

    Raises:
        InputError: missing, empty, truncated, too large, or no photograph at all.
    """
    path = Path(path)
    with _opened(path) as stream, _quiet():
        try:
            draft = decode(stream, path.name)
            expected = SUFFIXES.get(path.suffix.lower())
            if expected is not None and expected != draft.facts["format"]:
                draft.notices.append(f"The name says {expected}, but the file is a {draft.facts['format']}.")
            return _finish(draft)
        except InputError:
            raise
        except UnidentifiedImageError as error:
            expected = SUFFIXES.get(path.suffix.lower())
            raise InputError(
                f"'{path.name}' is not a photograph that can be read.",
                f"It is damaged, or no {expected} at all."
                if expected
                else "JPEG, PNG, TIFF, WebP, BMP and HEIC are supported.",
            ) from error
        except MemoryError as error:
            raise InputError(
                f"'{path.name}' does not fit into memory.", "Close other programs or reduce it."
            ) from error
        except Exception as error:  # decoders raise all kinds of errors on damaged files
            raise InputError(
                f"'{path.name}' is damaged or incomplete and cannot be read.", COPY_AGAIN
            ) from error


def stated_size(path: Path) -> tuple[int, int, str] | None:
    """Width, height and format as the header of a file states them, without decoding it; None if it does
    not."""
    try:
        with _opened(path) as stream, _quiet(), Image.open(stream) as image:
            return image.width, image.height, str(image.format)
    except Exception:  # decoders raise all kinds of errors; `open_photo` will say what is wrong
        return None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        kind = path.stat()
        if stat.S_ISDIR(kind.st_mode):
            raise InputError(f"'{path}' is a folder.", "Name a photograph.")
        if not stat.S_ISREG(kind.st_mode):  # a pipe would wait, a device would never end
            raise InputError(f"'{path}' is not an ordinary file.", "Name a photograph.")
        if kind.st_size == 0:
            raise InputError(f"'{path.name}' is empty.", COPY_AGAIN)
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"There is no file '{path}'.", "Check the name.") from error
    except PermissionError as error:
        raise InputError(f"'{path}' may not be read.", "Check its permissions.") from error
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror or error}.", "Check the name.") from error
    except ValueError as error:  # a null byte in the name
        raise InputError("A file name is not valid.", "Check the name.") from error
    with stream:
        yield stream


# --- upright

_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def _finish(draft: Draft) -> Photo:
    facts: dict[str, Any] = dict(draft.facts)
    orientation = draft.orientation
    if facts.get("exif"):
        said, facts["exif"] = reset_orientation(facts["exif"])
        orientation = orientation if orientation != 1 else said
    if orientation not in _TURNS:
        orientation = 1
    if orientation != 1 and facts.get("xmp"):
        facts["xmp"] = upright_xmp(facts["xmp"])
    if orientation in (5, 6, 7, 8):
        facts["dpi"] = facts["dpi"] and facts["dpi"][::-1]
        facts["exif"] = facts["exif"] and sides_swapped(facts["exif"])
    planes = _TURNS[orientation](draft.planes)
    colour = planes[..., 0] if draft.colours == 1 else planes[..., :3]
    extra: dict[str, Pixels] = {}
    for index, name in enumerate(draft.extras):
        if name in extra:
            draft.notices.append("A further extra plane was left out.")
            continue
        extra[name] = np.ascontiguousarray(planes[..., draft.colours + index])
    return Photo(np.ascontiguousarray(colour), **extra, **facts, notices=tuple(draft.notices))
