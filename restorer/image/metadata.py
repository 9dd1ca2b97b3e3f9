"""EXIF, IPTC and XMP: read, turned upright, and carried from one container to another byte by byte.

Directories are copied as they are stored (TIFF 6.0, BigTIFF, EXIF 2.32): a library that decodes and encodes
values again loses letters outside ASCII, unknown fractions (0/0) and the types of private tags.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from restorer.image.layout import about_the_picture, is_of_layout

EXIF_PREFIX = b"Exif\x00\x00"
DESCRIPTION = 270  # ImageDescription of TIFF 6.0 and EXIF
ORIENTATION, EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x0112, 0x8769, 0x8825, 0xA005
XMP_KEY = "XML:com.adobe.xmp"
XMP_PREFIX, XMP_MORE = b"http://ns.adobe.com/xap/1.0/\x00", b"http://ns.adobe.com/xmp/extension/\x00"
IPTC_KEY = "Raw profile type iptc"
# Kept however large: titles, camera, software, date, artist, rating, copyright, and the Windows Explorer's
# title to subject.
ABOUT_PHOTO = (269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, 33432, *range(40091, 40096))
ASCII, SHORT, LONG = 2, 3, 4
_BYTES = {
    1: 1, ASCII: 1, SHORT: 2, LONG: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    17: 8, 18: 8,
}  # fmt: skip
_UNIT = _BYTES | {5: 4, 10: 4}  # a fraction is two numbers, each with the byte order of the file
_MOST_PAGES = 4096
MOST_OTHER = 16_384  # bytes of all other tags of a TIFF together


@dataclass(frozen=True)
class Entry:
    """One tag of a stored directory: its type, how many values, and where they lie."""

    kind: int
    count: int
    position: int
    size: int


@dataclass
class Directory:
    """A directory to be written: tag -> (type, count, little-endian bytes), and directories below it."""

    entries: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)
    nested: dict[int, Directory] = field(default_factory=dict)

    def tobytes(self, offset: int = 0) -> bytes:
        """The directory as it lies at `offset` of a little-endian TIFF, its values after it."""
        tags = sorted({*self.entries, *self.nested})
        end = offset + 2 + 12 * len(tags) + 4
        head, tail = bytearray(struct.pack("<H", len(tags))), bytearray()
        for tag in tags:
            below = self.nested.get(tag)
            kind, count, value = self.entries.get(tag, (LONG, 1, b""))
            if below is not None:
                kind, count, value = LONG, 1, struct.pack("<I", end + len(tail))
                tail += below.tobytes(end + len(tail))
            head += struct.pack("<HHI", tag, kind, count)
            if len(value) > 4:
                head += struct.pack("<I", end + len(tail))
                tail += value + b"\x00" * (len(value) % 2)
            else:
                head += value.ljust(4, b"\x00")
        return bytes(head + struct.pack("<I", 0) + tail)

    def block(self) -> bytes | None:
        """A whole EXIF block with this as its first directory; None if it is empty."""
        return b"II*\x00" + struct.pack("<I", 8) + self.tobytes(8) if self.entries or self.nested else None


class TiffReader:
    """The directories of a TIFF file or an EXIF block as they are stored; values are read when asked for.

    Raises:
        ValueError: no TIFF, or one that is cut short.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(16).ljust(16, b"\x00")
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        magic = struct.unpack_from((order or "<") + "H", head, 2)[0]
        if order is None or magic not in (42, 43):
            raise ValueError("no TIFF")
        self.order, self.big = order, magic == 43
        self.first: int = struct.unpack_from(order + ("Q" if self.big else "I"), head, 8 if self.big else 4)[
            0
        ]

    def directory(self, start: int) -> tuple[dict[int, Entry], int]:
        """The directory at `start` and where the next one lies (0: nowhere)."""
        wide = "Q" if self.big else "I"
        length, each, inline = (8, 20, 8) if self.big else (2, 12, 4)
        (count,) = struct.unpack(self.order + ("Q" if self.big else "H"), self._at(start, length))
        if count > 65535:
            raise ValueError("a directory of that size cannot be")
        table = self._at(start + length, count * each + inline)
        found: dict[int, Entry] = {}
        for index in range(count):
            tag, kind, number = struct.unpack_from(f"{self.order}HH{wide}", table, index * each)
            size = _BYTES.get(kind, 0) * number
            position = start + length + index * each + each - inline
            if size > inline:
                (position,) = struct.unpack_from(self.order + wide, table, index * each + each - inline)
            found.setdefault(tag, Entry(kind, number, position, size))
        return found, struct.unpack_from(self.order + wide, table, count * each)[0]

    def pages(self) -> list[dict[int, Entry]]:
        """The directories of all pages; a chain that bites its tail ends there."""
        found: list[dict[int, Entry]] = []
        seen: set[int] = set()
        start = self.first
        while start and start not in seen and len(found) < _MOST_PAGES:
            seen.add(start)
            entries, start = self.directory(start)
            found.append(entries)
        return found

    def is_whole(self, entry: Entry) -> bool:
        """Whether the values lie inside the file."""
        return entry.position + entry.size <= self._size

    def value(self, entry: Entry | None) -> bytes | None:
        """The values as little-endian bytes; None if there are none or they lie outside the file."""
        if entry is None or entry.size == 0 or not self.is_whole(entry):
            return None
        data = self._at(entry.position, entry.size)
        unit = _UNIT[entry.kind]
        if self.order == ">" and unit > 1:
            return np.frombuffer(data, f">u{unit}").astype(f"<u{unit}").tobytes()
        return data

    def start(self, entry: Entry | None, most: int) -> bytes:
        """The first `most` bytes of the values as they are stored; nothing if there are none."""
        return b"" if entry is None else self._at(entry.position, min(entry.size, most))

    def number(self, entry: Entry | None, default: int = 0) -> int:
        """The first value of a tag of whole numbers."""
        value = self.value(entry)
        if entry is None or value is None or entry.kind not in (1, SHORT, LONG, 13, 16, 18):
            return default
        return int.from_bytes(value[: _UNIT[entry.kind]], "little")

    def fraction(self, entry: Entry | None) -> float | None:
        """The first value of a tag of fractions or whole numbers; None if it is none or 0/0."""
        value = self.value(entry)
        if entry is None or value is None or entry.kind not in (1, SHORT, LONG, 5):
            return None
        if entry.kind != 5:
            return float(self.number(entry))
        above, below = struct.unpack_from("<II", value)
        return above / below if below else None

    def copy(self, start: int, depth: int = 0, left: list[int] | None = None) -> Directory:
        """The directory at `start` with those below it; what is damaged is left out, and values that together
        are larger than the file: thousands of tags may name the same bytes. `left`: bytes that may follow."""
        result, left = Directory(), left or [self._size]
        for tag, entry in self.directory(start)[0].items():
            value = self.value(entry) if entry.size <= left[0] else None
            if value is None:
                continue
            left[0] -= len(value)
            if tag not in (EXIF_IFD, GPS_IFD, INTEROP_IFD):
                result.entries[tag] = (entry.kind, entry.count, value)
            elif depth < 2:
                try:
                    result.nested[tag] = self.copy(self.number(entry), depth + 1, left)
                except ValueError:
                    continue
        return result

    def dpi(self, entries: dict[int, Entry]) -> tuple[float, float] | None:
        """Horizontal and vertical resolution in pixels per inch, if the directory says so."""
        unit = {2: 1.0, 3: 2.54}.get(self.number(entries.get(296), 2))
        x, y = self.fraction(entries.get(282)), self.fraction(entries.get(283))
        return plausible_dpi((x * unit, y * unit)) if unit and x and y else None

    def _at(self, position: int, size: int) -> bytes:
        if position + size > self._size:
            raise ValueError("cut short")
        self._stream.seek(position)
        return self._stream.read(size)


def plausible_dpi(value: Any) -> tuple[float, float] | None:
    """Two resolutions as numbers; None for what cannot be one, such as the placeholder 1."""
    try:
        x, y = float(value[0]), float(value[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None
    return (x, y) if 1 < x < 1e6 and 1 < y < 1e6 else None


def reset_orientation(exif: bytes) -> tuple[int, bytes]:
    """The EXIF orientation (1..8) and the same EXIF with it set to 1 and the thumbnail unlinked.

    Nothing else is touched, not even a maker note. The thumbnail shows the picture before it was turned and
    repaired. Damaged EXIF is returned as it is, with orientation 1.
    """
    try:
        reader = TiffReader(BytesIO(exif))
        entries, following = reader.directory(reader.first)
    except ValueError:
        return 1, exif
    patched = bytearray(exif)
    entry = entries.get(ORIENTATION)
    said = reader.number(entry, 1)
    if entry is not None and said != 1 and entry.count == 1 and entry.kind in (1, SHORT, LONG):
        one = (1).to_bytes(entry.size, "little" if reader.order == "<" else "big")
        patched[entry.position : entry.position + entry.size] = one
    if following and not reader.big:
        (count,) = struct.unpack_from(reader.order + "H", exif, reader.first)
        struct.pack_into("<I", patched, reader.first + 2 + 12 * count, 0)
    return (said if 1 <= said <= 8 else 1), bytes(patched)


# Sides and resolutions, across and down, by directory.
_ACROSS_AND_DOWN = {0: ((256, 257), (282, 283)), EXIF_IFD: ((0xA002, 0xA003), (0xA20E, 0xA20F))}


def sides_swapped(exif: bytes) -> bytes:
    """EXIF of a picture that has been turned by a quarter: what it says across and down changes places."""
    patched = bytearray(exif)
    try:
        reader = TiffReader(BytesIO(exif))
        main, _ = reader.directory(reader.first)
        for tag, pairs in _ACROSS_AND_DOWN.items():
            start = reader.number(main.get(tag), 0 if tag else reader.first)
            if reader.big or not start or not reader.directory(start)[0]:
                continue
            rows = _rows(exif, reader.order, start)
            for one, other in ((rows[a], rows[b]) for a, b in pairs if a in rows and b in rows):
                patched[one + 2 : one + 12] = exif[other + 2 : other + 12]
                patched[other + 2 : other + 12] = exif[one + 2 : one + 12]
    except ValueError:  # a directory that is damaged stays as it is
        pass
    return bytes(patched)


def _rows(data: bytes, order: str, start: int) -> dict[int, int]:
    """Where the entry of each tag of the directory at `start` lies; of twins the first counts."""
    (count,) = struct.unpack_from(order + "H", data, start)
    places = range(start + 2 + 12 * (count - 1), start + 1, -12)
    return {struct.unpack_from(order + "H", data, place)[0]: place for place in places}


_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|\s*>\s*))[2-8](\s*["'<])""")


def upright_xmp(xmp: bytes) -> bytes:
    """XMP of a picture that has been turned: its copy of the orientation becomes 1, in the same length."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1\g<2>", xmp)


def strip_prefix(exif: bytes | None) -> bytes | None:
    """EXIF without the marker that JPEG puts before it; None if there is none."""
    return exif.removeprefix(EXIF_PREFIX) or None if exif else None


def exif_dpi(exif: bytes | None) -> tuple[float, float] | None:
    """The resolution that an EXIF block states, for containers without a place of their own for it."""
    if not exif:
        return None
    try:
        reader = TiffReader(BytesIO(exif))
        return reader.dpi(reader.directory(reader.first)[0])
    except ValueError:
        return None


def with_tags(exif: bytes | None, tags: dict[int, tuple[int, int, bytes]]) -> bytes:
    """An EXIF block with these tags in its first directory.

    A new directory is appended and everything else stays where it lies, so that maker notes, which count from
    the start of the block, stay readable.

    Args:
        exif: a block; None makes a new one.
        tags: tag -> (type, count, little-endian bytes).

    Raises:
        ValueError: the block cannot be understood.
    """
    if not exif:
        return Directory(dict(tags)).block() or b""
    reader = TiffReader(BytesIO(exif))
    if reader.big:
        raise ValueError("no EXIF block is so large")
    _, following = reader.directory(reader.first)
    order = reader.order
    rows = {tag: exif[at : at + 12] for tag, at in _rows(exif, order, reader.first).items()}
    block = bytearray(exif + b"\x00" * (len(exif) % 2))
    start, tail = len(block), bytearray()
    values = start + 2 + 12 * len({*rows, *tags}) + 4
    for tag, (kind, count, value) in tags.items():
        if order == ">" and _UNIT[kind] > 1:
            value = np.frombuffer(value, f"<u{_UNIT[kind]}").astype(f">u{_UNIT[kind]}").tobytes()
        place = value.ljust(4, b"\x00")
        if len(value) > 4:
            place = struct.pack(order + "I", values + len(tail))
            tail += value + b"\x00" * (len(value) % 2)
        rows[tag] = struct.pack(order + "HHI", tag, kind, count) + place
    block += struct.pack(order + "H", len(rows)) + b"".join(rows[tag] for tag in sorted(rows))
    block += struct.pack(order + "I", following) + tail
    struct.pack_into(order + "I", block, 4, start)
    return bytes(block)


IPTC_TAG = 33723  # IPTC-NAA of TIFF, which readers look for in every EXIF block


def exif_for_all(
    exif: bytes | None, dpi: tuple[float, float] | None, iptc: bytes | None
) -> tuple[bytes | None, bool]:
    """EXIF of a container that has no other place for resolution and IPTC (WebP, HEIC).

    Returns:
        the block, and whether everything found its place: EXIF that is damaged is left as it is.
    """
    tags: dict[int, tuple[int, int, bytes]] = {}
    found = exif_dpi(exif)
    if dpi and (found is None or max(abs(a - b) for a, b in zip(dpi, found, strict=True)) > 0.01):
        for tag, value in zip((282, 283), dpi, strict=True):
            share = Fraction(value).limit_denominator(1000)
            tags[tag] = (5, 1, struct.pack("<II", share.numerator, share.denominator))
        tags[296] = (SHORT, 1, struct.pack("<H", 2))
    if iptc:
        tags[IPTC_TAG] = (7, len(iptc), iptc)
    try:
        return (with_tags(exif, tags) if tags else exif), True
    except ValueError:
        return exif, False


def take_iptc(exif: bytes) -> tuple[bytes | None, bytes]:
    """IPTC that lies in an EXIF block, and the block without it, in the same layout."""
    try:
        reader = TiffReader(BytesIO(exif))
        entries, _ = reader.directory(reader.first)
        entry = entries.get(IPTC_TAG)
        iptc = plain_iptc(reader.value(entry))
    except ValueError:
        return None, exif
    if entry is None or iptc is None or reader.big:
        return None, exif
    patched = bytearray(exif)
    patched[entry.position : entry.position + entry.size] = bytes(entry.size)
    (count,) = struct.unpack_from(reader.order + "H", exif, reader.first)
    end, place = reader.first + 2 + 12 * count + 4, _rows(exif, reader.order, reader.first)[IPTC_TAG]
    patched[place:end] = patched[place + 12 : end] + bytes(12)
    struct.pack_into(reader.order + "H", patched, reader.first, count - 1)
    return iptc, bytes(patched)


def exif_of_tiff(
    reader: TiffReader, entries: dict[int, Entry], left_out: list[int] | None = None
) -> bytes | None:
    """The tags of a TIFF page that tell of the photograph, and its EXIF and GPS directories, as one EXIF
    block; `left_out` gets the numbers of those that are too large, as other containers have no room."""
    found, room = Directory(), MOST_OTHER
    for tag, entry in entries.items():
        known = tag in ABOUT_PHOTO
        if not known and (is_of_layout(tag) or entry.kind not in range(1, 13)):
            continue
        if not known and entry.size > room:
            (left_out if left_out is not None else []).append(tag)
            continue
        if (value := reader.value(entry)) is not None:
            room -= 0 if known else len(value)
            found.entries[tag] = (entry.kind, entry.count, value)
    if DESCRIPTION in found.entries and found.entries[DESCRIPTION][0] == ASCII:
        kept = about_the_picture(found.entries.pop(DESCRIPTION)[2], len(reader.pages()) == 1)
        found.entries |= {DESCRIPTION: (ASCII, len(kept), kept)} if kept else {}
    for tag in (EXIF_IFD, GPS_IFD):
        if tag in entries:
            try:
                found.nested[tag] = reader.copy(reader.number(entries[tag]), 1)
            except ValueError:  # damaged metadata must not keep a photograph from being opened
                continue
    return found.block()


# Sorts where the real tag belongs; tifffile filters that one.
PLACEHOLDER = {EXIF_IFD: EXIF_IFD - 1, GPS_IFD: GPS_IFD - 1}


def _read_exif(exif: bytes | None) -> Directory | None:
    try:
        reader = TiffReader(BytesIO(exif or b""))
        return reader.copy(reader.first)
    except ValueError:
        return None


def is_cut(exif: bytes | None) -> bool:
    """Whether there is EXIF that is damaged, so that nothing of it can be moved to a place of its own."""
    return bool(exif) and _read_exif(exif) is None


def tiff_tags(exif: bytes | None) -> tuple[list[tuple[int, int, int, Any, bool]], dict[int, Any]]:
    """What of an EXIF block goes into a little-endian TIFF.

    Returns:
        tags as tifffile takes them, with a placeholder for every sub-directory, and the sub-directories (a
        `Directory`) by tag.
    """
    found = _read_exif(exif)
    if found is None:  # metadata that cannot be understood must not keep a photograph from being saved
        return [], {}
    tags: list[tuple[int, int, int, Any, bool]] = []
    for tag, (kind, count, value) in found.entries.items():
        if not is_of_layout(tag) and kind in range(1, 13):
            text = kind == ASCII
            tags.append((tag, kind, 0 if text else count, value.rstrip(b"\x00") if text else value, True))
    directories = {ifd: found.nested[ifd] for ifd in (EXIF_IFD, GPS_IFD) if ifd in found.nested}
    return [*tags, *((PLACEHOLDER[ifd], LONG, 1, 0, True) for ifd in directories)], directories


def photoshop_block(iptc: bytes) -> bytes:
    """IPTC as the APP13 segment of a JPEG file, marker and length included."""
    padded = iptc + b"\x00" * (len(iptc) % 2)
    payload = b"Photoshop 3.0\x00" + b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(iptc)) + padded
    return b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload


def iptc_of_photoshop(block: bytes | None) -> bytes | None:
    """The IPTC among Photoshop's image resources ("8BIM", number 0x0404); None if there is none."""
    place = 0
    while block and block[place : place + 4] == b"8BIM" and place + 12 <= len(block):
        number, name = struct.unpack_from(">HB", block, place + 4)
        place += 6 + (name + 2) // 2 * 2
        if place + 4 > len(block):
            return None
        (size,) = struct.unpack_from(">I", block, place)
        if number == 0x0404:
            return block[place + 4 : place + 4 + size] or None
        place += 4 + (size + 1) // 2 * 2
    return None


def plain_iptc(value: bytes | None) -> bytes | None:
    """IPTC as stored in TIFF, where some writers declare the bytes as numbers of the other byte order."""
    if value and value[:1] != b"\x1c" and value[3:4] == b"\x1c" and len(value) % 4 == 0:
        return np.frombuffer(value, ">u4").astype("<u4").tobytes()
    return value


def raw_profile(iptc: bytes) -> str:
    """IPTC as the text that ImageMagick and ExifTool read from a PNG file."""
    text = iptc.hex()
    lines = "\n".join(text[i : i + 72] for i in range(0, len(text), 72))
    return f"\niptc\n{len(iptc):8d}\n{lines}\n"


def from_raw_profile(text: str) -> bytes | None:
    """The inverse of `raw_profile`, also where Photoshop's frame is around it; None if it is damaged."""
    match = re.fullmatch(r"\s*\w+\s+(\d+)\s+([0-9a-fA-F\s]+)", text)
    if match is None:
        return None
    try:
        data = bytes.fromhex(re.sub(r"\s", "", match[2]))
    except ValueError:
        return None
    if len(data) != int(match[1]):
        return None
    return iptc_of_photoshop(data) if data.startswith(b"8BIM") else data


def raw_profiles(info: Mapping[Any, Any]) -> tuple[bytes | None, bytes | None]:
    """EXIF and XMP that ImageMagick 6 put into the texts of a PNG, which Pillow's `info` holds."""
    exif = xmp = None
    for key in ("exif", "APP1", "xmp"):
        text = info.get(f"Raw profile type {key}")
        data = from_raw_profile(text) if isinstance(text, str) else None
        if data and (key == "exif" or data.startswith(EXIF_PREFIX)):
            exif = strip_prefix(data)
        elif data and (key == "xmp" or data.startswith(XMP_PREFIX)):
            xmp = data.removeprefix(XMP_PREFIX)
    return exif, xmp
