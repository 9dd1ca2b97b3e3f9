"""Texts that lie beside the metadata blocks: comments of a JPEG (marker COM), text chunks of a PNG.

PNG Third Edition, 11.3.3: tEXt, zTXt and iTXt. Where a format has no place of its own for texts they become
the image description of EXIF (tag 270), if there is none yet.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from restorer.image.metadata import ASCII, DESCRIPTION, XMP_KEY, TiffReader, with_tags

COMMENT = "Comment"  # the keyword of what has none
MOST_BYTES, MOST_TEXTS = 1 << 22, 256  # of all texts of a file; more is no caption
_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_SEGMENT = 65533
_PLACES = re.compile(r"gps|location|latitude|longitude|\bcity\b|country", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """One text of a file.

    Attributes:
        keyword: what it tells, as in a PNG ("Title", "Author"); `COMMENT` for the comment of a JPEG.
        text: bytes that are not valid UTF-8 in a JPEG are kept as lone surrogates (PEP 383).
        language: tag of an international text, such as "de".
        translated: the keyword in that language.
    """

    keyword: str
    text: str
    language: str = ""
    translated: str = ""


@dataclass(frozen=True)
class Chunk:
    """Where a chunk of a PNG lies: its content has `size` bytes from `start` on."""

    kind: bytes
    start: int
    size: int


def png_chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a PNG up to the last.

    Raises:
        ValueError: the file ends before that one does.
    """
    end, place, kind = stream.seek(0, 2), 8, b""
    while kind != b"IEND":
        stream.seek(place)
        length, kind = struct.unpack(">I4s", stream.read(8).ljust(8, b"\x00"))
        if place + 12 + length > end:
            raise ValueError("cut short")
        yield Chunk(kind, place + 8, length)
        place += 12 + length


def content_of(stream: BinaryIO, chunks: Iterable[Chunk], kind: bytes) -> bytes:
    """What the first chunk of that kind holds; nothing if there is none."""
    for chunk in chunks:
        if chunk.kind == kind:
            stream.seek(chunk.start)
            return stream.read(chunk.size)
    return b""


def is_metadata(stream: BinaryIO, chunk: Chunk) -> bool:
    """Whether a text of a PNG holds XMP, or a profile that ImageMagick put there."""
    if chunk.kind not in _KINDS:
        return False
    stream.seek(chunk.start)
    return stream.read(min(chunk.size, 24)).startswith((XMP_KEY.encode(), b"Raw profile type "))


def texts_of_png(stream: BinaryIO, chunks: Iterable[Chunk], notices: list[str]) -> tuple[Text, ...]:
    """The texts of a PNG but for XMP and the profiles of ImageMagick, which are read elsewhere."""
    found: list[Text] = []
    left, lost = MOST_BYTES, 0
    for chunk in chunks:
        if chunk.kind not in _KINDS or is_metadata(stream, chunk):
            continue
        text = None
        if chunk.size <= left and len(found) < MOST_TEXTS:
            stream.seek(chunk.start)
            text = _read(chunk.kind, stream.read(chunk.size), left)
        if text is None:
            lost += 1
            continue
        left -= len(text.text)
        found.append(text)
    if lost == 1:
        notices.append("A text in the file is damaged or too long and was left out.")
    elif lost:
        notices.append(f"{lost} texts in the file are damaged or too long and were left out.")
    return tuple(found)


def _read(kind: bytes, data: bytes, most: int) -> Text | None:
    """The text of one chunk; None if it is damaged or longer than `most` bytes."""
    name, _, rest = data.partition(b"\x00")
    keyword = name.decode("latin-1")
    try:
        if kind == b"tEXt":
            return Text(keyword, rest.decode("latin-1"))
        if kind == b"zTXt":
            return Text(keyword, _inflate(rest[1:], most).decode("latin-1"))
        packed, (language, translated, body) = rest[0], rest[2:].split(b"\x00", 2)
        body = _inflate(body, most) if packed else body
        return Text(keyword, body.decode(), language.decode("latin-1"), translated.decode())
    except (ValueError, IndexError, zlib.error):
        return None


def _inflate(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    result = unpacker.decompress(data, most)
    if not unpacker.eof:
        raise ValueError("cut short, or too long")
    return result


def texts_of_jpeg(segments: Iterable[tuple[str, bytes]]) -> tuple[Text, ...]:
    """The comments among the segments of a JPEG, as Pillow's `applist` names them."""
    comments = [content for name, content in segments if name == "COM" and content.strip(b"\x00 ")]
    return tuple(Text(COMMENT, c.decode("utf-8", "surrogateescape")) for c in comments[:MOST_TEXTS])


LARGEST_PACKED = 1 << 20  # Pillow and others refuse texts that become longer when they are unpacked


def png_text_chunks(texts: Iterable[Text]) -> list[bytes]:
    """The texts as whole chunks of a PNG."""
    return [_as_chunk(text) for text in texts]


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _as_chunk(text: Text) -> bytes:
    keyword = text.keyword.encode("latin-1", "replace")[:79] or COMMENT.encode()
    plain = _plain(text.text)
    if not (text.language or text.translated) and _is_latin(plain):
        body = plain.encode("latin-1")
        packed = zlib.compress(body) if 1024 < len(body) < LARGEST_PACKED else body
        if len(packed) < len(body):
            return png_chunk(b"zTXt", keyword + b"\x00\x00" + packed)
        return png_chunk(b"tEXt", keyword + b"\x00" + body)
    language = text.language.encode("ascii", "ignore")
    head = keyword + b"\x00\x00\x00" + language + b"\x00" + text.translated.encode() + b"\x00"
    return png_chunk(b"iTXt", head + plain.encode())


def _is_latin(text: str) -> bool:
    return all(ord(c) < 256 for c in text)


def _plain(text: str) -> str:
    """`text` as it reads: what is no UTF-8 is taken for Latin-1, zeros for the end or a space."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text.rstrip("\x00").replace("\x00", " ")


def jpeg_comments(texts: Iterable[Text]) -> bytes:
    """The texts as segments of a JPEG; one that is too long for a segment goes on in the next."""
    segments = b""
    for text in texts:
        content = _as_line(text).encode("utf-8", "surrogateescape")
        parts = [content[i : i + _SEGMENT] for i in range(0, len(content), _SEGMENT)]
        segments += b"".join(b"\xff\xfe" + struct.pack(">H", len(part) + 2) + part for part in parts)
    return segments


def _as_line(text: Text) -> str:
    return text.text if text.keyword == COMMENT else f"{text.translated or text.keyword}: {text.text}"


def with_description(exif: bytes | None, texts: tuple[Text, ...]) -> tuple[bytes | None, bool]:
    """EXIF with the texts as its image description, for formats without a place of their own for them.

    Returns:
        the block, and whether the texts found their place: a description that is there stays as it is.
    """
    if not texts:
        return exif, True
    lines = "\n".join(_plain(_as_line(text)) for text in texts)
    value = lines.encode() + b"\x00"
    try:
        if exif and _has_description(exif):
            return exif, False
        return with_tags(exif, {DESCRIPTION: (ASCII, len(value), value)}), True
    except ValueError:
        return exif, False


def _has_description(exif: bytes) -> bool:
    reader = TiffReader(BytesIO(exif))
    value = reader.value(reader.directory(reader.first)[0].get(DESCRIPTION))
    return bool(value and value.strip(b"\x00 "))


def without_places(texts: tuple[Text, ...]) -> tuple[Text, ...]:
    """The texts but for those whose keyword tells of a place, such as the EXIF values that ImageMagick
    writes."""
    return tuple(text for text in texts if not _PLACES.search(text.keyword))
