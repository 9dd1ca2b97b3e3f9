"""Colour profiles (ICC): followed into sRGB for what is shown small, and made where a file says its colours
in another way or cannot hold the profile that it has."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, BinaryIO

import cv2
import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from restorer.arrays import Bytes, Pixels

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SRGB_GAMMA = 1 / 2.2
SRGB_PLACES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # x and y of white, red, green, blue
_CURVE_SAMPLES = 1024
# Of ISO/IEC 23091-2: PQ and HLG, and plain exponents, among the transfer characteristics; primaries.
_HDR, _EXPONENTS = (16, 18), {4: 2.2, 5: 2.8, 8: 1.0}
_PRIMARIES = {
    4: (0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_D50 = np.array([0.9642, 1.0, 0.8249])  # white of every profile
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def is_grey(icc: bytes) -> bool:
    """Whether a profile is one of grey values."""
    return icc[16:20] == b"GRAY"


def to_srgb(pixels: Pixels, icc: bytes | None, deep: bool = False) -> Pixels | None:
    """Pixels (h, w) or (h, w, 3) through their profile as sRGB (h, w, 3).

    Args:
        pixels: uint8 or uint16.
        icc: their profile.
        deep: uint16 instead of uint8.

    Returns:
        None where the profile is none, cannot be read, or is one of other colours.
    """
    if not icc:
        return None
    if pixels.ndim == 2 and not is_grey(icc):
        pixels = np.repeat(pixels[..., None], 3, 2)
    try:
        found = imagecodecs.cms_transform(
            np.ascontiguousarray(pixels),
            icc,
            SRGB,
            colorspace="gray" if pixels.ndim == 2 else "rgb",
            outcolorspace="rgb",
            outdtype=np.uint16 if deep else np.uint8,
            flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE,  # what it would save are gradations in saturated colours
        )
    except (RuntimeError, ValueError, TypeError):
        return None
    return np.asarray(found)


def small_picture(pixels: Pixels, icc: bytes | None, side: int) -> Bytes:
    """A picture for the screen, (h, w, 3) uint8 in sRGB, at most `side` px a side.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16.
        icc: their profile; None or an unreadable one is taken for sRGB.
        side: of the longer side.
    """
    scale = min(1.0, side / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small: Pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    shown = to_srgb(small, icc)
    if shown is not None:
        return shown
    small = small if small.dtype == np.uint8 else (small >> 8).astype(np.uint8)
    return small if small.ndim == 3 else np.repeat(small[..., None], 3, 2)


# --- inks


def ink_converter(icc: bytes | None, bits: int, notices: list[str]) -> Callable[[Pixels], Pixels]:
    """A function from CMYK (h, W, 4), the top value being full ink, to RGB (h, W, 3) of the same type.

    Through the picture's own profile the result is sRGB; without one, the inks simply subtract.
    """
    convert = None
    if icc:
        try:
            convert = _through_profile(icc) if bits == 8 else _deep_through_profile(icc)
            convert(np.zeros((1, 1, 4), np.uint8 if bits == 8 else np.uint16))
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError, RuntimeError):
            convert = None
    if convert is None:
        notices.append("CMYK was converted to RGB without a colour profile, so colours may differ.")
        return _subtract_inks
    notices.append("CMYK was converted to RGB (sRGB) through its colour profile.")
    return convert


def _through_profile(icc: bytes) -> Callable[[Pixels], Pixels]:
    profile = ImageCms.ImageCmsProfile(BytesIO(icc))
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "CMYK", "RGB")

    def convert(inks: Pixels) -> Pixels:
        strip = Image.frombytes("CMYK", (inks.shape[1], inks.shape[0]), np.ascontiguousarray(inks).tobytes())
        return np.asarray(ImageCms.applyTransform(strip, transform))

    return convert


def _deep_through_profile(icc: bytes) -> Callable[[Pixels], Pixels]:
    def convert(inks: Pixels) -> Pixels:
        inks = np.ascontiguousarray(inks)
        return imagecodecs.cms_transform(inks, icc, SRGB, colorspace="cmyk", outcolorspace="rgb")

    return convert


def _subtract_inks(inks: Pixels) -> Pixels:
    top = np.iinfo(inks.dtype).max
    paper = (top - inks).astype(np.float32) / top
    return np.rint(paper[..., :3] * paper[..., 3:] * top).astype(inks.dtype)


# --- profiles made here


def stated_profile(info: Mapping[Any, Any], grey: bool, notices: list[str]) -> bytes | None:
    """The profile that stands for what a file without one says about its colours; None if that is sRGB.

    Args:
        info: as Pillow gives it.
        grey: whether the picture has one channel.
        notices: gets a sentence where the colours cannot be kept.
    """
    places, transfer = _code_points(info)
    if transfer is None:
        return profile_of_png(info, grey)
    if transfer in _HDR:
        notices.append("The picture has a high dynamic range, which is not supported: its colours differ.")
        return None
    curve = _one_number(_EXPONENTS[transfer]) if transfer in _EXPONENTS else None
    if grey:
        return _profile(b"GRAY", {b"kTRC": curve}) if curve else None
    if curve is None and _is_srgb(places):
        return None
    return _matrix_profile(places, curve or _SRGB_CURVE)


def _code_points(info: Mapping[Any, Any]) -> tuple[Any, int | None]:
    """Primaries and white, as they are or those of sRGB, and the number of the transfer characteristics; None
    where no code points are given."""
    said = info.get("code_points")  # of a PNG: what its cICP holds
    if said and len(said) == 4:
        return _PRIMARIES.get(said[0], SRGB_PLACES), said[1]
    codes = info.get("nclx_profile")  # of a HEIC
    if not isinstance(codes, Mapping):
        return SRGB_PLACES, None
    names = [f"color_primary_{of}_{axis}" for of in ("white", "red", "green", "blue") for axis in "xy"]
    places = [codes.get(name, 0) for name in names]
    return (places if all(places) else SRGB_PLACES), codes.get("transfer_characteristics", 2)


def profile_of_png(info: Mapping[Any, Any], grey: bool) -> bytes | None:
    """The profile that gAMA and cHRM of a PNG stand for; None if that is sRGB or they cannot be.

    Args:
        info: as Pillow gives it.
        grey: whether the picture has one channel.
    """
    if "srgb" in info:
        return None
    gamma, places = info.get("gamma") or SRGB_GAMMA, info.get("chromaticity") or SRGB_PLACES
    usual = abs(gamma - SRGB_GAMMA) < 0.01
    if not 0.2 < gamma <= 2 or (usual and (grey or _is_srgb(places))):
        return None
    curve = _one_number(1 / gamma)
    try:
        with np.errstate(all="ignore"):
            return _profile(b"GRAY", {b"kTRC": curve}) if grey else _matrix_profile(places, curve)
    except (np.linalg.LinAlgError, ValueError, OverflowError, struct.error):
        return None


def rgb_profile_of_grey(icc: bytes) -> bytes | None:
    """An RGB profile in which equal values look like that grey value does; None if `icc` cannot be read."""
    ramp = np.linspace(0, 65535, _CURVE_SAMPLES).round().astype(np.uint16)[None]
    shown = to_srgb(ramp, icc, deep=True)
    if shown is None:
        return None
    return _matrix_profile(SRGB_PLACES, _curve_to_light(shown[0, :, 1] / 65535))


def _is_srgb(places: Any) -> bool:
    return np.allclose(places, SRGB_PLACES, atol=0.005)


def _curve_to_light(value: Any) -> bytes:
    """The curve that gives the light of sRGB values 0..1, evenly spaced inputs to outputs."""
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    table = (light * 65535).round().astype(">u2").tobytes()
    return b"curv\0\0\0\0" + struct.pack(">I", len(value)) + table


_SRGB_CURVE = _curve_to_light(np.linspace(0, 1, _CURVE_SAMPLES))


def _one_number(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))


def _numbers(values: Any) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))


def _matrix_profile(places: Any, curve: bytes) -> bytes:
    """Primaries and white as x and y, adapted to D50 after Bradford, with one curve for all channels."""
    xy = np.reshape(places, (4, 2))
    white, *primaries = np.stack([xy[:, 0], xy[:, 1], 1 - xy.sum(1)], 1) / xy[:, 1:]
    columns = np.stack(primaries, 1)
    columns = columns * np.linalg.solve(columns, white)
    adapted = np.linalg.inv(_CONES) @ np.diag((_CONES @ _D50) / (_CONES @ white)) @ _CONES @ columns
    tags = {}
    for index, letter in enumerate((b"r", b"g", b"b")):
        tags[letter + b"XYZ"] = b"XYZ \0\0\0\0" + _numbers(adapted[:, index])
        tags[letter + b"TRC"] = curve
    return _profile(b"RGB ", tags)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A display profile of version 2 (ICC.1:2001-04)."""
    name = b"As the file says\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": b"XYZ \0\0\0\0" + _numbers(_D50),
        **tags,
    }
    start, index, body = 132 + 12 * len(tags), b"", b""
    for tag, content in tags.items():
        index += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", space, b"XYZ ")
    head += date + b"acsp" + bytes(28) + _numbers(_D50) + bytes(48)
    return head + struct.pack(">I", len(tags)) + index + body


# --- profiles in a BMP


def bmp_with_profile(data: bytes, icc: bytes) -> bytes:
    """A BMP with the plain header of 40 bytes as one of version 5 (124 bytes), which holds a profile."""
    size, start = struct.unpack_from("<I", data, 2)[0], struct.unpack_from("<I", data, 10)[0]
    more = 124 - 40
    head = struct.pack("<2sIII", b"BM", size + more + len(icc), 0, start + more)
    embedded = b"MBED"[::-1]  # 'MBED' as a number, in little-endian order
    rest = bytes(16) + embedded + bytes(48) + struct.pack("<IIII", 4, size + more - 14, len(icc), 0)
    return head + struct.pack("<I", 124) + data[18:54] + rest + data[54:] + icc


def profile_of_bmp(head: bytes, rest: BinaryIO) -> bytes | None:
    """The profile that a BMP of version 5 holds.

    Args:
        head: the first 138 bytes.
        rest: the file.
    """
    if len(head) < 138 or struct.unpack_from("<I", head, 14)[0] != 124 or head[70:74] != b"DEBM":
        return None
    offset, size = struct.unpack_from("<II", head, 126)
    if not 128 <= size <= 1 << 26:
        return None
    rest.seek(14 + offset)
    icc = rest.read(size)
    return icc if len(icc) == size else None
