"""New files: names that are free, and a temporary file that takes its place only when it is whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from restorer.errors import OutputError

_NO_LINKS = (  # EINVAL: Windows about FAT
    errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES, errno.EINVAL,
)  # fmt: skip


_LETTERS = (errno.EINVAL, errno.EILSEQ)  # a colon on a memory card
OF_NAMES = (*_LETTERS, errno.ENAMETOOLONG)


def check_new(*targets: Path | None) -> None:
    """See, before any work is done, that new files can be written under these names: `check_free`, and a
    trial, since drives tell only then which letters they take.

    Raises:
        OutputError: as `check_free` tells, or the drive takes no such file.
    """
    check_free(*targets)
    for target in filter(None, targets):
        try:
            _try(target)
        except OSError as error:
            raise explain(error, target) from error


def takes_letters(target: Path) -> bool:
    """Whether the drive takes the letters of that name; True too where it takes no file at all."""
    try:
        _try(target)
    except OSError as error:
        return error.errno not in _LETTERS
    return True


def _try(target: Path) -> None:
    """Make a hidden file of the letters of `target` beside it, and remove it again."""
    letters = "".join(dict.fromkeys(target.name))[:60]
    trial = target.with_name(f".{secrets.token_hex(4)}{letters}")
    try:
        os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.suppress(OSError):
            trial.unlink()
    finally:  # an interrupt may come at any moment
        with contextlib.suppress(OSError):
            trial.unlink(missing_ok=True)


def check_free(*targets: Path | None) -> None:
    """See that new files can have these names, without writing anything.

    Raises:
        OutputError: one of them exists, is there twice, or cannot be had; or its folder is not there, or may
            not be written to.
    """
    seen: set[str] = set()
    for target in filter(None, targets):
        if is_taken(target):
            raise OutputError(f"'{target}' exists already.", "Choose another name: nothing is overwritten.")
        place = os.path.normcase(os.path.realpath(target))
        if place in seen:
            raise OutputError(f"Two files would be called '{target}'.", "Give each a name of its own.")
        seen.add(place)
        if not target.parent.is_dir():
            raise OutputError(f"There is no folder '{target.parent}'.", "Create it first.")
        if not os.access(target.parent, os.W_OK):
            raise OutputError(f"'{target.parent}' may not be written to.", "Choose another folder.")


def is_taken(path: Path) -> bool:
    """Whether something has that name already, be it a link that leads nowhere.

    Raises:
        OutputError: nothing can have it: too long, or in a folder that may not be entered.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise explain(error, path) from error
    except ValueError as error:  # half a character, or a zero
        raise OutputError("A file name is not valid.", "Choose another name.") from error
    return True


def check_target(path: Path, source: Path | str | None, overwrite: bool) -> None:
    """See that `path` may be written: no folder, not the `source`, and new unless `overwrite`.

    Raises:
        OutputError: it may not.
    """
    if "\x00" in str(path):
        raise OutputError("A file name is not valid.", "Choose another name.")
    with contextlib.suppress(OSError):
        if source is not None and path.exists() and path.samefile(source):
            raise OutputError(
                f"'{path}' is the source itself.", "Originals are never written over: choose another name."
            )
    try:
        folder, there = path.is_dir(), os.path.lexists(path)
    except OSError as error:  # a name that is too long, a drive that does not answer
        raise explain(error, path) from error
    if folder:
        raise OutputError(f"'{path}' is a folder.", "Give a file name.")
    if not overwrite and there:
        raise OutputError(f"'{path}' exists already.", "Choose another name: nothing is overwritten.")


@contextlib.contextmanager
def new_file(path: Path, overwrite: bool = False) -> Iterator[tuple[BinaryIO, Path]]:
    """A temporary file beside `path` that takes its place when the block ends well and vanishes when it does
    not.

    Raises:
        OutputError: `path` exists and may not be replaced, or writing fails.
    """
    temporary = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("x+b") as stream:
            yield stream, temporary
        if overwrite:
            temporary.replace(path)
        else:
            move_to_new(temporary, path)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Give a file that is about to be replaced a free name of its own: NAME-before-1 and so on."""
    names = (path.with_name(f"{path.stem}-before-{n}{path.suffix}") for n in count(1))
    kept = next(name for name in names if not os.path.lexists(name))
    move_to_new(path, kept)
    return kept


def move_to_new(temporary: Path, path: Path) -> None:
    """Give the file its name unless that name was taken meanwhile.

    Raises:
        OutputError: it was.
    """
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise OutputError(
            f"'{path}' exists already.", "Choose another name: nothing is overwritten."
        ) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):  # a file system without links, e.g. a memory card
            raise OutputError(
                f"'{path}' exists already.", "Choose another name: nothing is overwritten."
            ) from error
        temporary.replace(path)


def explain(error: OSError, path: Path) -> OutputError:
    """What is said where the system refuses to write `path`."""
    if error.errno == errno.ENOSPC:
        return OutputError(
            f"The disk is full: '{path.name}' was not written.", "Free some space and try again."
        )
    if error.errno == errno.ENAMETOOLONG:
        return OutputError("The file name is too long.", "Choose a shorter one.")
    if error.errno in _LETTERS:
        return OutputError(f"'{path.parent}' takes no file called '{path.name}'.", "Choose another name.")
    if isinstance(error, FileNotFoundError):
        return OutputError(f"There is no folder '{path.parent}'.", "Create it first.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return OutputError(f"'{path.parent}' may not be written to.", "Choose another folder.")
    return OutputError(f"'{path}' could not be written: {error.strerror or error}.", "Choose another folder.")
