"""Downloading weights: only on demand, only with a checksum, going on where a connection broke."""

from __future__ import annotations

import contextlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from restorer import __version__
from restorer.errors import InputError, WeightsError
from restorer.hashes import sha256_of
from restorer.jobs import JobContext
from restorer.library import store as library
from restorer.library.importing import ImportOptions, check_sha256, import_model, is_package
from restorer.library.store import writing
from restorer.library.weights import ModelEntry
from restorer.locks import FileLock

TIMEOUT_SECONDS = 30
ATTEMPTS = 5
BLOCK = 1 << 18
BROKEN = "The connection broke off again and again."
_KEPT_AS_IS = "%:/?#[]@!$&'()*+,;=~"  # of an address; all else is letters of a language or a space
KEPT = "Try again later: what was fetched is kept and gone on with."


def is_address(text: str) -> bool:
    """Whether `text` is meant as an address rather than a file."""
    return "://" in text


def fetch_model(address: str, options: ImportOptions, ctx: JobContext | None = None) -> ModelEntry:
    """Download weights and import them; `options.sha256` must be given.

    Raises:
        InputError: the address or checksum is missing or not usable, or the server does not answer.
        WeightsError: the file is not the one of the checksum, or cannot be imported.
        OutputError: the disk is full.
    """
    ctx = ctx or JobContext()
    if options.id is not None:
        library.check_new_id(options.id)
    path = download(address, options.sha256 or "", library.user_folder() / ".downloads", ctx.part(0, 0.8))
    if options.id is None and not is_package(path):  # the name in the address, without the checksum
        options = replace(options, id=library.free_id(path.stem.partition("-")[2]))
    try:
        entry = import_model(path, options, ctx.part(0.8, 0.2))
    except WeightsError:
        path.unlink(missing_ok=True)  # it would be refused again
        raise
    path.unlink(missing_ok=True)
    return entry


def download(address: str, sha256: str, folder: Path, ctx: JobContext | None = None) -> Path:
    """Download a file; what an earlier attempt has already fetched is kept and gone on with.

    Args:
        address: https, or http on this computer.
        sha256: of the whole file, hexadecimal.
        folder: to write into; the file is named by its checksum and the name in the address.
        ctx: progress and cancellation.

    Raises:
        InputError: the address or checksum is not usable, the server does not answer, or another program
            fetches the same file.
        WeightsError: the file is not the one of the checksum; it is deleted.
        OutputError: the disk is full.
    """
    ctx, sha256 = ctx or JobContext(), sha256.strip().lower()
    target = folder / _file_name(address, sha256)
    if target.is_file() and sha256_of(target) == sha256:
        return target
    part = target.with_name(target.name + ".part")
    with _alone(target.with_name(target.name + ".lock")):
        _fetch(address, part, ctx)
        if sha256_of(part) != sha256:
            part.unlink()
            raise WeightsError(
                "The downloaded file is not the one that the checksum was given for.", "Check both."
            )
        part.replace(target)
    return target


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other programs from the same download: two that write one file spoil it."""
    with writing("The download cannot be stored"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # what cannot be written to is no other program
    try:
        lock = FileLock(path)
    except OSError as error:
        raise InputError("Another program is downloading this file.", "Wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()
        with contextlib.suppress(OSError):
            path.unlink()


def _fetch(address: str, part: Path, ctx: JobContext) -> None:
    """Fetch what is missing from `part`, in several attempts.

    Raises:
        InputError: the server refuses, cannot be reached or breaks off again and again.
    """
    for attempt in range(ATTEMPTS):
        try:
            if _continue(address, part, ctx):
                return
        except urllib.error.HTTPError as error:
            if (
                error.code == 416 and part.is_file()
            ):  # what is there already is all or too much: its checksum decides
                return
            if error.code < 500 or attempt == ATTEMPTS - 1:
                raise InputError(
                    f"The server refused the download ({error.code}).", "Check the address."
                ) from error
        except urllib.error.URLError as error:
            if attempt == ATTEMPTS - 1:
                raise InputError(
                    f"The server cannot be reached ({error.reason}).", "Check the address and the connection."
                ) from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == ATTEMPTS - 1:
                raise InputError(BROKEN, KEPT) from error
    raise InputError(BROKEN, KEPT)


def _parts(address: str) -> urllib.parse.SplitResult:
    with contextlib.suppress(ValueError):  # a host or a port that cannot be
        parts = urllib.parse.urlsplit(address)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.port != 0 and (parts.scheme == "https" or (parts.scheme == "http" and local)):
            return parts
    raise InputError(f"'{address}' is not an https address.", "Download the file yourself and name it.")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows only to where a download may come from."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _parts(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _file_name(address: str, digits: str) -> str:
    parts = _parts(address)
    if not digits:
        raise InputError(
            "A download needs the SHA-256 checksum of the file (--sha256).", "Its author or host states it."
        )
    check_sha256(digits)
    name = Path(urllib.parse.unquote(parts.path)).name
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip(".")[-60:]
    return f"{digits[:12]}-{kept or 'weights'}"


def _continue(address: str, part: Path, ctx: JobContext) -> bool:
    """Fetch what is missing from `part`; True when the server sent everything that it announced."""
    have = part.stat().st_size if part.is_file() else 0
    headers = {"User-Agent": f"restorer/{__version__}"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(urllib.parse.quote(address, safe=_KEPT_AS_IS), headers=headers)
    with urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
        resumed = answer.status == 206
        start = have if resumed else 0
        total = None if answer.length is None else start + answer.length
        if total is not None and total > library.LIMIT_BYTES:
            raise InputError(f"The file is larger than {library.LIMIT_BYTES >> 30} GiB.")
        with writing("The download cannot be stored"):
            out = part.open("ab" if resumed else "wb")
        with out:
            done = _copy(answer, out, start, total, ctx)
    return total is None or done >= total


def _copy(answer: IO[bytes], out: IO[bytes], done: int, total: int | None, ctx: JobContext) -> int:
    while block := answer.read(BLOCK):
        with writing("The download cannot be stored"):
            out.write(block)
            out.flush()
        done += len(block)
        if done > library.LIMIT_BYTES:
            raise InputError(f"The file is larger than {library.LIMIT_BYTES >> 30} GiB.")
        ctx.progress(done / total if total else None, f"Downloading, {done / 2**20:.0f} MiB")
    return done
