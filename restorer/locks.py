"""Locks that programs and threads share over a file; the system lets go of them when a program ends."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

PATIENCE_SECONDS = 20.0


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only one in such a block, for changes that begin with reading.

    Where the lock cannot be had, as on a drive that knows none, the block runs all the same.

    Args:
        path: the file of the lock, made with its folder.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(sqlite3.Error, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)
            stack.callback(lock.close)
            lock.execute("BEGIN EXCLUSIVE")
        yield


class FileLock:
    """A lock of the operating system on a file; it ends with the process that holds it."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("a+b")
        try:
            _lock(self._stream)
        except OSError:
            self._stream.close()
            raise

    def release(self) -> None:
        """Let the next one have it."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock(stream: BinaryIO) -> None:
    """Lock the whole file, without waiting.

    Raises:
        OSError: another process holds it.
    """
    if os.name == "nt":
        import msvcrt

        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
