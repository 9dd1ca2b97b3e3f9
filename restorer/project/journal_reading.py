"""Reading a journal back: the last good record, and what can be saved of one whose file was damaged.

File: `START`, then records. Record: `HEAD` (mark, length, CRC-32 of what follows, CRC-32 of length and
checksum), `LENGTHS` (of the JSON, compressed and plain), the JSON by DEFLATE, the blobs that it lists.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from restorer.project.codec import LONGEST_JSON, DamagedError, fits, inflate, read_json
from restorer.project.state import ProjectState, blob_names

START = b"RestorerJournal1"
MARK = b"\xf5\x9aRj"
HEAD = struct.Struct("<4sQII")
LENGTHS = struct.Struct("<II")
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class _Record:
    """A good record: where its JSON and its blobs lie, by offset and length."""

    text: tuple[int, int, int]
    blobs: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Recovered:
    """What a journal gave.

    Attributes:
        state: the document as it was.
        project: the file that it was opened from or saved to.
        steps: records that were read.
        notices: what was lost, sentences for a person.
        project_sha256: of the project's file as it was then.
    """

    state: ProjectState
    project: Path | None
    steps: int
    notices: tuple[str, ...] = ()
    project_sha256: str | None = None


def read_journal(stream: BinaryIO) -> Recovered:
    """The state of the last good record of a journal.

    Raises:
        DamagedError: there is none.
        InputError: a newer version wrote it.
    """
    records: list[_Record] = []
    lost = False
    for record in _records(stream):
        if record is None:
            lost = True
        else:
            records.append(record)
    if not records:
        raise DamagedError("no record")
    blobs = _Blobs(stream, records)
    content = _content(stream, records[-1].text)
    manifest = content["manifest"]
    if not blobs.has_all(manifest):
        lost = True
        for older in reversed(records[:-1]):
            manifest = _patched(manifest, _content(stream, older.text)["manifest"], blobs)
        manifest = _patched(manifest, {}, blobs, drop=True)
    state = ProjectState.from_manifest(manifest, blobs.load(manifest))
    if state.source.embedded is not None and state.source.embedded not in state.blobs:
        raise DamagedError("the photograph is missing")
    project = content.get("project")
    place = Path(project) if isinstance(project, str) and "\x00" not in project else None
    notice = "Parts of the unsaved work were damaged; all that could be read was recovered."
    digest = content.get("project_sha256")
    digest = digest if isinstance(digest, str) else None
    return Recovered(state, place, len(records), (notice,) if lost else (), digest)


def _records(stream: BinaryIO) -> Iterator[_Record | None]:
    """The good records in order, None where something was lost; what was cut off at the end is nothing."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    place = len(START)
    if stream.read(place) != START:
        yield None
        place = 0
    while place + HEAD.size <= size:
        length = _read_head(stream, place)
        if length is None:
            if _only_zeros(stream, place):  # written by the file system when the power went
                return
            yield None
            place = _next_head(stream, place + 1)
            continue
        if place + HEAD.size + length > size:
            return
        try:
            yield _read_record(stream, place + HEAD.size, length)
        except DamagedError:
            yield None
        place += HEAD.size + length


def _read_head(stream: BinaryIO, place: int) -> int | None:
    """Length of the record that begins there, None if none does."""
    stream.seek(place)
    data = stream.read(HEAD.size)
    if len(data) < HEAD.size:
        return None
    mark, length, checksum, own = HEAD.unpack(data)
    return length if mark == MARK and own == zlib.crc32(struct.pack("<QI", length, checksum)) else None


def _read_record(stream: BinaryIO, place: int, length: int) -> _Record:
    stream.seek(place - HEAD.size)
    expected, checksum, rest = HEAD.unpack(stream.read(HEAD.size))[2], 0, length
    while rest:
        piece = stream.read(min(rest, CHUNK_BYTES))
        if not piece:
            raise DamagedError("too short")
        checksum, rest = zlib.crc32(piece, checksum), rest - len(piece)
    if checksum != expected:
        raise DamagedError("wrong checksum")
    stream.seek(place)
    packed, plain = LENGTHS.unpack(stream.read(LENGTHS.size))
    text = (place + LENGTHS.size, packed, plain)
    blobs, start = {}, place + LENGTHS.size + packed
    for name, count in _content(stream, text)["blobs"]:
        blobs[name] = (start, count)
        start += count
    if start != place + length:
        raise DamagedError("wrong lengths")
    return _Record(text, blobs)


def _content(stream: BinaryIO, text: tuple[int, int, int]) -> dict[str, Any]:
    start, packed, plain = text
    stream.seek(start)
    content = read_json(inflate(stream.read(packed), min(plain, 2 * LONGEST_JSON)))
    sane = isinstance(content, dict) and isinstance(content.get("manifest"), dict)
    listed = content.get("blobs") if sane else None
    if not isinstance(listed, list) or not all(_is_blob(item) for item in listed):
        raise DamagedError("no record")
    return content


def _is_blob(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and fits(item[0], str) and fits(item[1], int)


def _only_zeros(stream: BinaryIO, place: int) -> bool:
    stream.seek(place)
    return not any(any(piece) for piece in iter(lambda: stream.read(CHUNK_BYTES), b""))


def _next_head(stream: BinaryIO, place: int) -> int:
    """Where the next record begins; beyond the end if none does."""
    while True:
        stream.seek(place)
        piece = stream.read(CHUNK_BYTES)
        found = piece.find(MARK)
        if found >= 0 and _read_head(stream, place + found) is not None:
            return place + found
        if found < 0 and len(piece) < CHUNK_BYTES:
            return place + len(piece)
        place += found + 1 if found >= 0 else len(piece) - len(MARK) + 1


class _Blobs:
    """The blobs of all good records, on disk."""

    def __init__(self, stream: BinaryIO, records: list[_Record]) -> None:
        self._stream = stream
        self._places = {name: place for record in records for name, place in record.blobs.items()}

    def has_all(self, made: Any) -> bool:
        """Whether every blob that some JSON names is there."""
        return all(name in self._places for name in blob_names(made))

    def load(self, made: Any) -> dict[str, bytes]:
        """The blobs that some JSON names."""
        blobs = {}
        for name in blob_names(made) & self._places.keys():
            start, count = self._places[name]
            self._stream.seek(start)
            blobs[name] = self._stream.read(count)
        return blobs


def _patched(manifest: dict[str, Any], older: Any, blobs: _Blobs, drop: bool = False) -> dict[str, Any]:
    """`manifest` with what is missing taken from an older one, or left out."""
    out = dict(manifest)

    def mended(now: Any, before: Any) -> Any:
        if isinstance(now, dict):
            before = before if isinstance(before, dict) else {}
            made = {key: one(value, before.get(key)) for key, value in now.items()}
            return {key: value for key, value in made.items() if value is not _GONE}
        return [value for value in (one(v, None) for v in now) if value is not _GONE]

    def one(now: Any, before: Any) -> Any:
        if blobs.has_all(now):
            return now
        if before is not None and blobs.has_all(before):
            return before
        return _GONE if drop else now

    for name in ("values", "marks"):
        out[name] = mended(manifest.get(name, {}), older.get(name))
    masks, old_masks = manifest.get("masks", {}), older.get("masks", {})
    out["masks"] = {k: _by_tile(mended(_as_tiles(v), _as_tiles(old_masks.get(k)))) for k, v in masks.items()}
    result = mended(_as_tiles(manifest.get("result")), _as_tiles(older.get("result")))
    out["result"] = _by_tile(result)
    return out


_GONE: Any = object()


def _as_tiles(tiles: Any) -> dict[tuple[int, int], str]:
    return {(ty, tx): name for ty, tx, name in tiles or []}


def _by_tile(tiles: dict[tuple[int, int], str]) -> list[list[Any]]:
    return [[ty, tx, name] for (ty, tx), name in sorted(tiles.items())]
