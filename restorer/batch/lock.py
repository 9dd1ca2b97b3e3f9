"""The lock on the folder of a batch."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from restorer.batch.files import queue_path
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


def is_batch(out: Path) -> bool:
    """Whether a batch was begun in that folder.

    Raises:
        OutputError: it may not be looked into.
    """
    try:
        return queue_path(out).exists()
    except PermissionError as error:
        raise OutputError(
            f"The folder '{out}' cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    except OSError:  # a name that is too long
        return False


def forgetting(out: Path) -> Callable[..., None]:
    """For an `ExitStack`: takes the list of a new batch away that cannot even begin, as on a full disk, and
    that would keep another one out of the folder."""
    began = is_batch(out)

    def end(kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not began:
            for left in queue_path(out).parent.glob(f"{queue_path(out).name}*"):
                with contextlib.suppress(OSError):
                    left.unlink()

    return end
