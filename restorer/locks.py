"""A lock that programs and threads share over a file; the system lets go of it when a program ends."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

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
