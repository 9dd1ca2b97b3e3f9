"""The journal of an open document: what survives a crash, to the last step that was acknowledged.

An append-only file of records, each with its length and checksum. A record holds the manifest of a whole
`ProjectState` and the parts that no earlier record has, so the last good record is the document. `write`
returns after `fsync`: what it acknowledged is there after a crash of the program, of the system, and after a
power cut (as far as the disk keeps its promises). What grew too long is rewritten beside and put in place by
an atomic rename.

Journals lie under the user's state folder, $RESTORER_STATE or the place that the system has for such data,
one folder per open document. An operating-system lock tells those in use by a living process; it ends with
the process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import struct
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from restorer.errors import InputError, OutputError, RestorerError
from restorer.locks import FileLock
from restorer.project.codec import deflate, write_json
from restorer.project.journal_reading import HEAD, LENGTHS, MARK, START, Recovered, read_journal
from restorer.project.state import ProjectState

VARIABLE = "RESTORER_STATE"
FILE, LOCK = "journal", "lock"
COMPACT_BYTES = 32 << 20  # shorter journals are left as they are
COMPACT_FACTOR = 3  # rewritten when so many times longer than what is still needed
FRESH_SECONDS = 3600  # a folder without records may be of a process that has only just begun


def journal_folder() -> Path:
    """Where the journals lie."""
    given = os.environ.get(VARIABLE)
    base = Path(given) if given else platformdirs.user_state_path("restorer", appauthor=False)
    return base / "journals"


# --- the lock


# --- writing


class Journal:
    """The journal of one open document. For one thread at a time.

    Args:
        folder: where all journals lie; None takes `journal_folder()`.
        project: the file that the document was opened from or saved to.
        left: a journal to go on with, whose document was recovered; what it holds stays until the first
            `write` takes its place.

    Attributes:
        project: as above; may be set anew.
        project_sha256: of that file as it was then; to be set with it.

    Raises:
        OutputError: nothing can be written there.
    """

    def __init__(
        self, folder: Path | None = None, project: Path | None = None, left: LeftJournal | None = None
    ) -> None:
        self.project = project
        self.project_sha256: str | None = None
        self._known: set[str] = set()
        self._stream: Any = None
        if left is not None:
            self.folder, self._lock = left.folder, left.lock
        else:
            self.folder, self._lock = _new_folder(folder or journal_folder())

    @property
    def path(self) -> Path:
        """The file of records."""
        return self.folder / FILE

    def write(self, state: ProjectState) -> None:
        """Append `state`; when this returns, it will be there after a crash.

        Raises:
            OutputError: it could not be written; what was written before is still there.
        """
        try:
            if self._stream is None:
                self._rewrite(state)
            else:
                self._append(self._stream, state)
                if self._stream.tell() > max(COMPACT_BYTES, COMPACT_FACTOR * _live_bytes(state)):
                    with contextlib.suppress(OSError):  # the state is secured already
                        self._rewrite(state)
        except OSError as error:
            raise _explain(error) from error

    def _append(self, stream: Any, state: ProjectState) -> None:
        end = stream.tell()
        new = {name: blob for name, blob in state.used().items() if name not in self._known}
        try:
            self._write_record(stream, state, new)
        except BaseException:
            with contextlib.suppress(OSError):  # half a record would stand between this and the next one
                stream.seek(end)
                stream.truncate()
            raise
        self._known |= new.keys()

    def _write_record(self, stream: Any, state: ProjectState, new: dict[str, bytes]) -> None:
        project = None if self.project is None else str(self.project.absolute())
        content = {"manifest": state.manifest(), "project": project, "project_sha256": self.project_sha256}
        _write_record(stream, content, new)

    def _rewrite(self, state: ProjectState) -> None:
        """A new file with this state alone, in place of the old one at once."""
        temporary = self.folder / f"{FILE}.part"
        used = state.used()
        stream: Any = temporary.open("wb", buffering=0)
        try:
            _write_all(stream, START)
            self._write_record(stream, state, used)
            if os.name == "nt":  # an open file can be neither replaced nor renamed there
                stream.close()
                self._close_stream()
                temporary.replace(self.path)
                stream = self.path.open("ab", buffering=0)
            else:
                temporary.replace(self.path)
                sync_folder(self.folder)
                if self._stream is None:  # the first record: its folder, and those above it, may be new
                    for above in list(self.folder.parents)[:3]:
                        sync_folder(above)
        except BaseException:
            stream.close()
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        self._close_stream()
        self._stream, self._known = stream, set(used)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        """The document was closed or saved: the journal goes."""
        self._close_stream()
        _remove(self.folder, self._lock)

    def keep(self) -> None:
        """Let go of the journal and leave it for the next start."""
        self._close_stream()
        self._lock.release()


def _new_folder(parent: Path) -> tuple[Path, FileLock]:
    """A new folder for a journal, and the lock on it."""
    failure: OSError | None = None
    for _ in range(5):  # another process that looks for journals may hold the lock for a moment
        folder = parent / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        try:
            folder.mkdir(mode=0o700, parents=True)  # it holds parts of photographs
            return folder, FileLock(folder / LOCK)
        except OSError as error:
            failure = error
    assert failure is not None
    raise _explain(failure) from failure


def _write_record(stream: Any, content: dict[str, Any], new: dict[str, bytes]) -> None:
    text = write_json(content | {"blobs": [[name, len(blob)] for name, blob in new.items()]})
    packed = deflate(text)
    pieces = [LENGTHS.pack(len(packed), len(text)), packed, *new.values()]
    length = checksum = 0
    for piece in pieces:
        length, checksum = length + len(piece), zlib.crc32(piece, checksum)
    head = HEAD.pack(MARK, length, checksum, zlib.crc32(struct.pack("<QI", length, checksum)))
    for piece in [head + pieces[0] + packed, *pieces[2:]]:
        _write_all(stream, piece)
    stream.flush()
    os.fsync(stream.fileno())


def _write_all(stream: Any, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


def _live_bytes(state: ProjectState) -> int:
    return sum(len(blob) for blob in state.used().values())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder outlive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):  # some file systems cannot
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _remove(folder: Path, lock: FileLock) -> None:
    """Delete a journal; the records first, for a folder without them is offered to nobody."""
    for name in (FILE, f"{FILE}.part"):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    lock.release()
    shutil.rmtree(folder, ignore_errors=True)


def _explain(error: OSError) -> OutputError:
    return OutputError(
        f"Unsaved work cannot be secured: {error.strerror or error}.", "Save the project to another disk."
    )


# --- reading


class LeftJournal:
    """A journal that a process left behind; held, so that nobody else is offered it, until it is let go.

    Attributes:
        folder: its own.
        lock: on it.
        changed: when it was written to last.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder, self.lock = folder, lock
        self.changed = datetime.fromtimestamp((folder / FILE).stat().st_mtime, UTC)

    def read(self) -> Recovered:
        """The state of the last good record; a last one that was cut off is passed over without a word.

        Raises:
            InputError: nothing in it can be read, or a newer version wrote it.
        """
        damaged = InputError(
            "Unsaved work was found, but it is damaged and cannot be recovered.", "Open the photograph again."
        )
        try:
            with (self.folder / FILE).open("rb") as stream:
                return read_journal(stream)
        except RestorerError:
            raise
        except Exception as error:  # whatever a damaged file leads to
            raise damaged from error

    def discard(self) -> None:
        """Delete it."""
        _remove(self.folder, self.lock)

    def release(self) -> None:
        """Leave it for another start."""
        self.lock.release()


def find_left(folder: Path | None = None) -> list[LeftJournal]:
    """The journals that no living process uses, the newest first."""
    folder = folder or journal_folder()
    found: list[LeftJournal] = []
    try:
        candidates = sorted((p for p in folder.iterdir() if p.is_dir()), reverse=True)
    except OSError:
        return found
    for path in candidates:
        try:
            lock = FileLock(path / LOCK)
        except OSError:  # in use, or removed meanwhile
            continue
        try:
            found.append(LeftJournal(path, lock))
        except OSError:  # no record: the process ended before, or has only just begun
            with contextlib.suppress(OSError):  # its process has just removed it
                if time.time() - path.stat().st_mtime > FRESH_SECONDS:
                    _remove(path, lock)
            lock.release()
    return found
