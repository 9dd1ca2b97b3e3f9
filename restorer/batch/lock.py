"""The lock on the folder of a batch."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from restorer.errors import InputError, OutputError


class FolderLock:
    """Held by the one program that runs a batch into a folder; the system lets go of it when that ends.

    Raises:
        InputError: another program runs a batch into it.
        OutputError: the lock itself cannot be used.
    """

    def __init__(self, path: Path) -> None:
        db = None
        try:
            db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            db.execute("BEGIN EXCLUSIVE")
            self._db = db
        except sqlite3.Error as error:
            if db is not None:
                db.close()
            code = error.sqlite_errorcode & 0xFF
            if code != sqlite3.SQLITE_BUSY:  # nobody to wait for
                raise OutputError(
                    f"The list of the batch in '{path.parent.parent}' cannot be used: {error}.",
                    "Free some space and try again." if code == sqlite3.SQLITE_FULL else "Check the folder.",
                ) from error
            raise InputError(
                f"Another batch is running into '{path.parent.parent}'.",
                "Wait for it, or choose another output folder.",
            ) from error

    def release(self) -> None:
        """Let the next one in."""
        self._db.close()
