"""EXIF, IPTC and XMP: read, turned upright, and carried from one container to another."""

from __future__ import annotations

import re
import struct
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

EXIF_PREFIX = b"Exif\x00\x00"
ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
XMP_KEY = "XML:com.adobe.xmp"
IPTC_KEY = "Raw profile type iptc"
# What describes the photograph, in contrast to what describes the layout of the file that it lay in.
TEXT_TAGS = {
    270: "ImageDescription",
    271: "Make",
    272: "Model",
    305: "Software",
    306: "DateTime",
    315: "Artist",
} | {
    316: "HostComputer",
    33432: "Copyright",
}


def reset_orientation(exif: bytes) -> tuple[int, bytes]:
    """The EXIF orientation (1..8) and the same EXIF with it set to 1; nothing else is touched, not even a
    maker note.

    Damaged EXIF is returned as it is, with orientation 1.
    """
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, number, value = struct.unpack_from(order + "HHIH", exif, entry)
            if tag == ORIENTATION and kind == 3 and number == 1:
                patched = bytearray(exif)
                struct.pack_into(order + "H", patched, entry + 8, 1)
                return (value if 1 <= value <= 8 else 1), bytes(patched)
    except (KeyError, struct.error):
        pass
    return 1, exif


def strip_prefix(exif: bytes | None) -> bytes | None:
    """EXIF without the marker that JPEG puts before it; None if there is none."""
    if not exif:
        return None
    return exif[len(EXIF_PREFIX) :] if exif.startswith(EXIF_PREFIX) else exif


def exif_of_tiff(data: bytes) -> bytes | None:
    """The descriptive tags of a TIFF's first page and its EXIF and GPS directories, as one EXIF block."""
    try:
        found, kept = Image.Exif(), Image.Exif()
        found.load_from_fp(BytesIO(data))  # type: ignore[no-untyped-call]
        for tag in TEXT_TAGS:
            if tag in found:
                kept[tag] = found[tag]
        for ifd in (EXIF_IFD, GPS_IFD):
            content = dict(found.get_ifd(ifd))
            if content:
                kept[ifd] = content
        return strip_prefix(kept.tobytes()) if len(kept) else None
    except Exception:  # metadata that cannot be read must not keep a photograph from being opened
        return None


PLACEHOLDER = {
    EXIF_IFD: EXIF_IFD - 1,
    GPS_IFD: GPS_IFD - 1,
}  # sorts where the real tag belongs; tifffile filters that one


def tiff_tags(
    exif: bytes | None,
) -> tuple[list[tuple[int, int, int, Any, bool]], dict[int, ImageFileDirectory_v2]]:
    """What of an EXIF block goes into a TIFF.

    Returns:
        tags as tifffile takes them, with a placeholder for every sub-directory, and the sub-directories by
        tag.
    """
    if exif is None:
        return [], {}
    try:
        found = Image.Exif()
        found.load(EXIF_PREFIX + exif)
        tags = [(tag, 2, 0, str(found[tag]), True) for tag in TEXT_TAGS if tag in found and tag != 305]
        contents = {ifd: dict(found.get_ifd(ifd)) for ifd in (EXIF_IFD, GPS_IFD)}
        directories = {ifd: _directory(content) for ifd, content in contents.items() if content}
        for directory in directories.values():
            directory.tobytes(8)  # fails here rather than when the file is half written
    except Exception:  # metadata that cannot be understood must not keep a photograph from being saved
        return [], {}
    return [*tags, *((PLACEHOLDER[ifd], 4, 1, 0, True) for ifd in directories)], directories


def _directory(content: dict[int, Any]) -> ImageFileDirectory_v2:
    ifd = ImageFileDirectory_v2(prefix=b"II")
    for tag, value in content.items():
        if not isinstance(value, dict):
            ifd[tag] = value
    return ifd


def photoshop_block(iptc: bytes) -> bytes:
    """IPTC as the APP13 segment of a JPEG file, marker and length included."""
    padded = iptc + b"\x00" * (len(iptc) % 2)
    payload = b"Photoshop 3.0\x00" + b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(iptc)) + padded
    return b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload


def raw_profile(iptc: bytes) -> str:
    """IPTC as the text that ImageMagick and ExifTool read from a PNG file."""
    text = iptc.hex()
    lines = "\n".join(text[i : i + 72] for i in range(0, len(text), 72))
    return f"\niptc\n{len(iptc):8d}\n{lines}\n"


def from_raw_profile(text: str) -> bytes | None:
    """The inverse of `raw_profile`; None if it is damaged."""
    match = re.fullmatch(r"\s*iptc\s+(\d+)\s+([0-9a-fA-F\s]+)", text)
    if match is None:
        return None
    try:
        data = bytes.fromhex(re.sub(r"\s", "", match[2]))
    except ValueError:
        return None
    return data if len(data) == int(match[1]) else None
