"""One worker of a batch: claims photographs, reads ahead, computes, writes behind, verifies, settles.

Reading and writing run in a thread each beside the network, with as many photographs in memory as a budget
of megapixels allows. All that is written lies in a folder of its own until it has been verified.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import shutil
import sqlite3
import stat
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.batch.files import file_state, is_there
from restorer.batch.queue import Item, Queue
from restorer.batch.write import ChangedError, Loaded, Work, Writer, check_place
from restorer.errors import DeviceError, InputError, OutputError, RestorerError, WeightsError
from restorer.hashes import sha256_of
from restorer.image.reading import Photo, open_photo, stated_size
from restorer.image.saving import check_fits
from restorer.jobs import Cancelled, JobContext
from restorer.record.recipe import Run
from restorer.record.report import PhotoReport

MOST_AHEAD = 2  # photographs read before the network wants them
PAUSE_SECONDS = 0.25


@dataclass(frozen=True)
class Failure:
    """What becomes of an item: a kind (see `Item`), a sentence, and whether the whole batch has to stop."""

    kind: str
    sentence: str
    halts: bool = False


def explain(error: BaseException, step: str) -> Failure:
    """What `error` means that came up while reading, computing or writing ("read", "run", "write")."""
    code = next((e.errno for e in _causes(error) if isinstance(e, OSError) and e.errno), None)
    if any(isinstance(e, MemoryError) for e in _causes(error)):
        return Failure("memory", "There was not enough memory for this photograph. Close other programs.")
    sentence = str(error)
    of_list = next((e for e in _causes(error) if isinstance(e, sqlite3.OperationalError)), None)
    of_disk = step == "write" and code in (errno.ENOSPC, getattr(errno, "EDQUOT", -1))
    if of_disk or "full" in str(of_list):
        return Failure("disk", "The disk is full. Free some space and go on.", True)
    if of_list is not None:
        return Failure("folder", sentence, True)
    if step == "write" and code is not None:
        if code in (errno.EROFS, errno.EACCES, errno.EPERM):
            return Failure(
                "readonly", "The output folder may not be written to. Check its permissions.", True
            )
        if code in (errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, getattr(errno, "ESTALE", -1)):
            return Failure("folder", "The output folder is gone. Connect its drive again and go on.", True)
    if isinstance(error, _SourceFolderGoneError):
        return Failure("folder", sentence, error.halts)
    if isinstance(error, ChangedError):
        return Failure("changed", sentence)
    if isinstance(error, WeightsError | DeviceError):
        return Failure("program", sentence, True)  # it would be the same with every photograph
    if isinstance(error, OutputError):
        return Failure("target", sentence)
    if isinstance(error, RestorerError):
        return Failure({"read": "input", "write": "target"}.get(step, "program"), sentence)
    if isinstance(error, OSError):
        return Failure("input" if step == "read" else "target", f"A file could not be used: {error}.")
    return Failure("program", f"A fault in Restorer: {type(error).__name__}: {error}"[:500])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


class _SourceFolderGoneError(InputError):
    """A root is gone.

    Attributes:
        halts: whether nothing but its photographs is left. A folder that was deleted would otherwise end
            every run at the same place, and what comes after it would never be reached.
    """

    halts = True


class Worker:
    """Works on a list until nothing waits, the batch is halted, or the session ends.

    Args:
        work: what is to be done.
        run: does it.
        queue: the list.
        name: tells this worker from all others, now and after a crash.
        ctx: asked for cancellation between tiles; what was claimed then goes back to the list.
        settled: called after every item that reached a state.
        wait: waits for some seconds while the batch is paused.
    """

    def __init__(
        self,
        work: Work,
        run: Run,
        queue: Queue,
        name: str,
        ctx: JobContext,
        settled: Callable[[], None] = lambda: None,
        wait: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        self.work, self.run, self.queue, self.name, self.ctx = work, run, queue, name, ctx
        self._settled, self._wait = settled, wait
        self._claimed: Item | None = None  # not yet admitted
        self._claimed_cost = 0.0
        self._computing: tuple[Item, float] | None = None
        self._ahead: deque[tuple[Item, float, Future[Loaded]]] = deque()
        self._writing: deque[tuple[Item, float, Future[None]]] = deque()

    def loop(self) -> None:
        """Work until there is nothing more to do.

        Raises:
            Cancelled: the context says so.
            OutputError: the list itself cannot be written any more.
        """
        with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(1, "write") as writer:
            try:
                while self._step(reader, writer):
                    pass
                self._collect(block=True)
            except BaseException:
                self._settled = lambda: None
                with contextlib.suppress(RestorerError):
                    self._collect(block=True)
                    self._give_back()
                raise

    def _step(self, reader: ThreadPoolExecutor, writer: ThreadPoolExecutor) -> bool:
        self.ctx.check()
        self._collect()
        if self.queue.get("paused") == "1":
            self._give_back()
            self._collect(block=True)
            self._settled()
            counts = self.queue.counts()
            if not counts["waiting"] and not counts["running"]:  # all was cancelled: nothing to go on with
                return False
            self._wait(PAUSE_SECONDS)
            return self.queue.is_open(self.work.session)
        if not self.queue.is_open(self.work.session):
            self._give_back()
            return False
        self._admit(reader)
        if not self._ahead:
            self._collect(block=True)  # what is being written may be what keeps the next one out
            return self._claimed is not None
        item, cost, future = self._ahead.popleft()
        self._computing = item, cost
        loaded = self._compute(item, future, lambda: self._admit(reader))
        if loaded is not None:
            self._writing.append((item, cost, writer.submit(self._write, loaded)))
        self._computing = None
        return True

    # --- admission

    def _has_room(self, item: Item, cost: float) -> bool:
        """Whether one more photograph may be in memory.

        One during which the program ended once has it for itself, so that others are not blamed next time.
        """
        held = [(i, c) for i, c, _ in (*self._ahead, *self._writing)]
        held += [self._computing] if self._computing else []
        alone = any(i.crashes for i in (item, *(i for i, _ in held)))
        return not held or (not alone and sum(c for _, c in held) + cost <= self.work.megapixels)

    def _admit(self, reader: ThreadPoolExecutor) -> None:
        """Claim and start to read as much as the budget allows."""
        while len(self._ahead) < MOST_AHEAD:
            if self._claimed is None:
                if (self._ahead or self._computing) and self._is_scarce():
                    return
                self._claimed = self.queue.claim(self.work.session, self.name)
                if self._claimed is None:
                    return
                self._claimed_cost = megapixels_of(self._claimed.path, self.work.megapixels)
            if not self._has_room(self._claimed, self._claimed_cost):
                return
            item, self._claimed = self._claimed, None
            self._ahead.append((item, self._claimed_cost, reader.submit(self._read, item)))

    def _is_scarce(self) -> bool:
        """Whether so few photographs wait that the other workers may need them all: none is to stand idle at
        the end of a batch while another one has two."""
        return self.work.workers > 1 and self.queue.counts()["waiting"] < self.work.workers

    def _give_back(self) -> None:
        for item, _, future in self._ahead:
            future.cancel()
            self.queue.settle(item, "waiting")
        self._ahead.clear()
        for item in (self._claimed, self._computing[0] if self._computing else None):
            if item is not None:
                self.queue.settle(item, "waiting")
        self._claimed = self._computing = None

    # --- the three steps

    def _read(self, item: Item) -> Loaded:
        check_place(self.work, item)
        try:
            return self._read_present(item)
        except (InputError, OSError):
            if is_there(item.root):
                raise
        gone = _SourceFolderGoneError(f"'{item.root}' is gone.", "Connect its drive again and go on.")
        gone.halts = not any(map(is_there, self.queue.roots_left()))
        raise gone

    def _read_present(self, item: Item) -> Loaded:
        _check_folder(item.path)
        try:
            status = item.path.stat()
            if not stat.S_ISREG(status.st_mode):  # a pipe would wait, a device would never end
                open_photo(item.path)
            digest = sha256_of(item.path)
        except OSError:  # open_photo says what is wrong
            open_photo(item.path)
            raise
        photo = open_photo(item.path)
        self._check_format(photo)
        if file_state(item.path) != file_state(status):
            raise ChangedError("The photograph changed while it was being read.", "Try it again.")
        entry = PhotoReport(str(item.path), width=photo.width, height=photo.height)
        entry.notices = list(photo.notices)
        loaded = Loaded(replace(item, sha256=digest), entry, status, photo)
        self.queue.note(item, sha256=digest, size=status.st_size, mtime_ns=status.st_mtime_ns)
        return loaded

    def _check_format(self, photo: Photo) -> None:
        """A format that was chosen and cannot hold the photograph is told before the work, not after it."""
        kind = self.work.naming.format
        if kind != "source" and self.work.recipe.stage("repair") is not None:
            check_fits(photo, kind)

    def _compute(self, item: Item, future: Future[Loaded], admit: Callable[[], None]) -> Loaded | None:
        step = "read"
        try:
            loaded = future.result()
            admit()  # the next ones are read while this one is computed
            step = "run"
            ctx = JobContext(is_cancelled=lambda: self._is_cancelled(item))
            ctx.check()
            loaded.outcome = self.run(loaded.photo, self.work.recipe, self.work.device, loaded.entry, ctx)
            return loaded
        except Cancelled:
            self._interrupted(item)
        except Exception as error:
            self._failed(item, explain(error, step))
        gc.collect()
        return None

    def _interrupted(self, item: Item) -> None:
        """Settle an item that was cancelled by hand, or that has to wait because the whole batch stops."""
        stopping = not self.queue.is_open(self.work.session) or self._is_stopped()
        self.queue.settle(item, "waiting" if stopping else "cancelled")
        self._settled()

    def _is_stopped(self) -> bool:
        try:
            self.ctx.check()
        except Cancelled:
            return True
        return False

    def _is_cancelled(self, item: Item) -> bool:
        return self._is_stopped() or self.queue.is_cancelled(item)

    def _failed(self, item: Item, failure: Failure) -> None:
        held = self.queue.settle(item, "failed", kind=failure.kind, error=failure.sentence)
        if held and failure.halts:
            self.queue.halt(failure.sentence)
        self._settled()

    def _collect(self, block: bool = False) -> None:
        """Take note of what has been written; with `block`, wait for all of it."""
        while self._writing and (block or self._writing[0][2].done()):
            item, _, future = self._writing.popleft()
            try:
                future.result()
            except Exception as error:
                self._failed(item, explain(error, "write"))
            else:
                self._settled()

    def _write(self, loaded: Loaded) -> None:
        item = loaded.item
        stage = self.work.staging / str(item.token)
        stage.mkdir()
        try:
            Writer(self.work, self.queue, loaded, stage).write()
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _check_folder(path: Path) -> None:
    """Of a folder that is listed since it could not be looked through, the reason is its failure."""
    try:
        if path.is_dir():
            os.scandir(path).close()
    except OSError as error:
        raise InputError(
            f"The folder '{path}' cannot be read: {error.strerror}.", "Check its permissions."
        ) from error


def megapixels_of(path: Path, otherwise: float) -> float:
    """What a photograph weighs once it is decoded: megapixels, twice that where there may be 16 bits.

    A file that does not tell weighs `otherwise`.
    """
    stated = stated_size(path)
    if stated is None:
        return otherwise
    width, height, kind = stated
    return width * height / 1e6 * (1 if kind in ("JPEG", "MPO", "WEBP", "BMP") else 2)
