"""Projects as files: `name.restorer`, one ZIP archive with a manifest and its parts.

A project from anyone may be opened: only what is declared, within limits, is read, nothing is unpacked to
disk under a name that it states, and nothing is run. ZIP as in PKWARE's APPNOTE 6.3, without ZIP64.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from restorer.errors import InputError, OutputError, RestorerError
from restorer.new_files import new_file
from restorer.project.codec import LONGEST_JSON, DamagedError, name_of, read_json, write_json
from restorer.project.journal import sync_folder
from restorer.project.source import (
    Opened,
    SourceMissingError,
    SourceRecord,
    file_identity,
    load_source,
    relative_to,
)
from restorer.project.state import Packer, ProjectState, Snapshot, View, damaged

__all__ = [
    "SUFFIX",
    "Opened",
    "Packer",
    "ProjectState",
    "Snapshot",
    "SourceMissingError",
    "SourceRecord",
    "View",
    "is_project",
    "load_source",
    "open_project",
    "save_project",
]

SUFFIX = ".restorer"
MANIFEST, BLOBS = "manifest.json", "blobs/"
MOST_MEMBERS = 65000
EXTRA_BYTES = 64 << 20  # of members that a later version wrote
_BLOB = re.compile(r"blobs/([0-9a-f]{32})")
_EXTRA = re.compile(r"(?!/)[\w .@+-]{1,80}(/[\w .@+-]{1,80}){0,4}")
_END = struct.Struct("<4s4H2IH")


def is_project(path: Path) -> bool:
    """Whether a file has the name of a project."""
    return path.suffix.lower() == SUFFIX


# --- writing


def save_project(path: Path | str, state: ProjectState, replaces: str | None = None) -> str:
    """Write `state` as a project; an older one of that name is replaced once the new one was read again.

    Args:
        path: its file.
        state: what to write.
        replaces: SHA-256 of the only project that may be replaced; None takes any.

    Returns:
        the SHA-256 of the file.

    Raises:
        OutputError: another kind of file, another project than `replaces`, or one that is write-protected
            has that name, or writing fails.
    """
    path = Path(path)
    if not is_project(path):
        raise OutputError(f"The name of a project must end in {SUFFIX}.", f"Take '{path.stem}{SUFFIX}'.")
    if "\x00" in str(path):
        raise OutputError("A file name is not valid.", "Choose another name.")
    if os.path.lexists(path) and not _holds_project(path):
        raise OutputError(f"'{path}' exists already and is no project.", "Choose another name.")
    if os.path.lexists(path) and not path.stat().st_mode & stat.S_IWUSR:
        raise OutputError(f"The project '{path.name}' is write-protected.", "Choose another name.")
    if replaces is not None and os.path.lexists(path) and file_identity(path)[0] != replaces:
        raise OutputError(
            f"The project '{path.name}' was changed since it was opened.",
            "Save under another name, so that nothing is lost.",
        )
    state = replace(state, source=relative_to(state.source, path.parent), blobs=state.used())
    saved = {"saved": datetime.now(UTC).isoformat(timespec="seconds")}
    text = write_json(saved | state.manifest())
    if len(text) > LONGEST_JSON:
        raise OutputError("The project is too large to be saved.", "Save the mask as a picture instead.")
    place = Path(os.path.realpath(path))  # what a link leads to is replaced, not the link
    with new_file(place, overwrite=True) as (stream, temporary):
        _write(stream, text, state)
        stream.flush()
        os.fsync(stream.fileno())
        try:
            again = open_project(temporary)
        except InputError as error:
            raise OutputError("The project could not be read back and was not kept.", "Try again.") from error
        if again != state:
            raise OutputError("The project could not be read back and was not kept.", "Try again.")
        digest = file_identity(temporary)[0]
    sync_folder(place.parent)  # work that is saved needs no journal any more
    return digest


def _write(stream: BinaryIO, manifest: bytes, state: ProjectState) -> None:
    try:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            archive.writestr(_member(MANIFEST), manifest)
            for name, blob in state.blobs.items():
                archive.writestr(_member(BLOBS + name[1:]), blob)
            for name, data in state.extras.items():
                archive.writestr(_member(name), data)
    except zipfile.LargeZipFile as error:
        raise OutputError("The project is larger than 4 GB.", "Export the result instead.") from error


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # always the same date, so that the same project is the same file
    info.external_attr = 0o600 << 16
    return info


def _holds_project(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            start = stream.read(30 + len(MANIFEST))
    except OSError:
        return False
    return start.startswith(b"PK\x03\x04") and start.endswith(MANIFEST.encode())


# --- reading


def open_project(path: Path | str) -> ProjectState:
    """Read a project, from wherever it comes; nothing of it is decoded before its photograph is there.

    Needs no more memory than the file has bytes, and 256 MiB.

    Raises:
        InputError: missing, no project, damaged, or of a newer version.
    """
    path = Path(path)
    what = f"The project '{path.name}'"
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait
            raise InputError(f"'{path}' is not an ordinary file.", "Name a project.")
        with path.open("rb") as stream, _checked_archive(stream) as (archive, infos):
            return _read(archive, infos)
    except RestorerError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(f"{what} cannot be read: {error.strerror}.", "Check its name.") from error
    except MemoryError as error:
        raise InputError(f"{what} does not fit into memory.", "Close other programs.") from error
    except Exception as error:  # zipfile raises all kinds of errors on damaged files
        raise damaged(what) from error


@contextmanager
def _checked_archive(stream: BinaryIO) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A ZIP archive whose directory is no larger than a project's, before it is read."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _END.size - 20))
    tail = stream.read()
    if len(tail) < _END.size:
        raise DamagedError("too short")
    mark, disk, first, here, count, length, offset, comment = _END.unpack(tail[-_END.size :])
    if mark != b"PK\x05\x06" or disk or first or here != count or comment or tail.startswith(b"PK\x06\x07"):
        raise DamagedError("no end of the directory")
    if count > MOST_MEMBERS or length > count * 400 or offset + length + _END.size != size:
        raise DamagedError("no directory")
    with zipfile.ZipFile(stream) as archive:
        infos = archive.infolist()
        if len(infos) != count or len({info.filename for info in infos}) != count:
            raise DamagedError("names that are there twice")
        if sum(info.compress_size for info in infos) > size:
            raise DamagedError("members that overlap")
        yield archive, infos


def _read(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> ProjectState:
    manifest: bytes | None = None
    blobs: dict[str, bytes] = {}
    extras: dict[str, bytes] = {}
    for info in infos:
        blob = _BLOB.fullmatch(info.filename)
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DamagedError("a member that cannot be read")
        if blob is not None:
            if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                raise DamagedError("a compressed part")
            data = blobs["#" + blob[1]] = archive.read(info)
            if name_of(data) != "#" + blob[1]:
                raise DamagedError("a part under a wrong name")
        elif info.filename == MANIFEST:
            manifest = _bounded(archive, info, LONGEST_JSON)
        elif _EXTRA.fullmatch(info.filename) and not re.search(r"(^|/)\.", info.filename):
            room = EXTRA_BYTES - sum(map(len, extras.values()))
            extras[info.filename] = _bounded(archive, info, room)
        else:
            raise DamagedError("a name that is not allowed")
    if manifest is None:
        raise DamagedError("no manifest")
    state = ProjectState.from_manifest(read_json(manifest), blobs, extras)
    _check_parts(state, blobs)
    return state


def _bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.file_size > limit:
        raise DamagedError("a member that is too long")
    with archive.open(info) as stream:
        return stream.read(limit + 1)


def _check_parts(state: ProjectState, blobs: Mapping[str, bytes]) -> None:
    tiles = [*state.result, *(tile for tiles in state.masks.values() for tile in tiles)]
    if not all(name in blobs for _, _, name in tiles):
        raise DamagedError("a part is missing")
    if state.source.embedded is not None and state.source.embedded not in blobs:
        raise DamagedError("a part is missing")
