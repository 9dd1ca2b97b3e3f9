"""Batches: many photographs through one recipe, with a list on disk that outlives every crash.

    with Batch(BatchSettings(out), run) as batch:
        batch.add([folder])
        summary = batch.run(ctx)

`run` and `watch` are jobs; all other methods may be called meanwhile, from any thread.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from restorer.batch.files import (
    OWN_FILES,
    OWN_FOLDERS,
    WORK_FOLDER,
    Found,
    Naming,
    check_sources,
    find_present,
    find_sources,
    full_path,
    is_away,
    queue_path,
)
from restorer.batch.lock import FolderLock, forgetting, is_batch
from restorer.batch.named import listing, named, remember, trees, unlisted
from restorer.batch.passed import passed_over
from restorer.batch.queue import Item, Queue
from restorer.batch.report import count_notices, write_reports
from restorer.batch.work import Worker
from restorer.batch.write import Work, give_up, verify_result
from restorer.errors import InputError, OutputError, RestorerError
from restorer.jobs import JobContext
from restorer.record.recipe import Recipe, Run, as_json, default_recipe, from_json

CHUNK = 200  # files that are listed in one transaction
FINAL = ("done", "clean", "failed", "skipped", "cancelled")
OF_THE_MACHINE = ("disk", "folder", "readonly")  # failures that are tried again when a batch goes on
WATCH_SECONDS = 5.0
BARE = "The batch was begun without sidecars; what was done before has none."


@dataclass(frozen=True)
class BatchSettings:
    """How a batch is run.

    Attributes:
        out: the output folder.
        recipe: what is done; None takes that of the batch that is gone on with, or find and fill.
        naming: how results are called; None as above.
        device: "auto", "cpu", "cuda" or "mps".
        workers: processes on this computer; 1 works in the process itself.
        megapixels: how many may be in memory at once, shared by all workers.
        sidecars: whether each result gets a sidecar; True for good once it was.
        cluster: address of a Dask scheduler whose workers do the work; "local" starts one here.
    """

    out: Path
    recipe: Recipe | None = None
    naming: Naming | None = None
    device: str = "auto"
    workers: int = 1
    megapixels: float = 100.0
    sidecars: bool = False
    cluster: str | None = None


@dataclass(frozen=True)
class ItemChange:
    """An item that changed its state, the `detail` of a batch's progress.

    Attributes:
        item: as it is now; its thumbnails are relative to the output folder.
        finished: items in a final state.
        total: all items.
        per_minute: items finished per minute of this run; None before the first.
        seconds_left: at that rate.
    """

    item: Item
    finished: int
    total: int
    per_minute: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class BatchSummary:
    """How a run ended.

    Attributes:
        out: the output folder.
        counts: items by state, in all.
        stopped: why the batch stopped before its end; None if it did not.
        passed: how many files were passed over because of their format, by ending, as told by
            `restorer.batch.passed`.
        notices: how many photographs each notice is about, the most frequent first.
    """

    out: Path
    counts: dict[str, int]
    stopped: str | None = None
    passed: Mapping[str, int] = field(default_factory=dict)
    notices: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 all done, 3 some failed or were not reached."""
        left = self.counts["failed"] + self.counts["waiting"] + self.counts["running"]
        return 3 if left or self.stopped else 0


def begun_with_another(what: str, out: Path) -> InputError:
    """What is said where a batch shall go on with other settings than it was begun with."""
    return InputError(
        f"The batch in '{out}' was begun with another {what}.",
        "Leave it out to go on, or choose another output folder.",
    )


class Batch:
    """A batch and its folder.

    Args:
        settings: where and how.
        run: puts one photograph through the recipe; for several processes it must be found by its name.
        resume: whether a batch that is in the folder is gone on with.
        wait: waits for some seconds.
        clock: seconds, growing.

    Raises:
        InputError: there is a batch already, or none that fits, or another program is at work on it.
        OutputError: the folder cannot be written to, or holds files that are not of a batch.
    """

    def __init__(
        self,
        settings: BatchSettings,
        run: Run,
        *,
        resume: bool = False,
        wait: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.out = full_path(settings.out)
        self.settings = replace(settings, out=self.out)
        self._run, self._wait, self._clock = run, wait or threading.Event().wait, clock
        self._without: dict[str, int] = {}
        self._closing = contextlib.ExitStack()
        home = self.out / WORK_FOLDER
        there = is_batch(self.out)
        if there and not resume:
            raise InputError(
                f"'{self.out}' holds a batch already.", "Go on with it by --resume, or choose another folder."
            )
        if not there:
            self.check_folder(self.out)
        with self._closing:  # closed again unless all goes well
            self._make(home)
            self._closing.callback(FolderLock(home / "lock.sqlite").release)
            self._closing.push(forgetting(self.out))
            self.queue = Queue(queue_path(self.out), shared=settings.cluster is not None)
            self._closing.callback(self.queue.close)
            self.recipe, self.naming = self._agree()
            self._remember_sidecars()
            self._recover()
            self._closing = self._closing.pop_all()

    @staticmethod
    def check_folder(out: Path) -> None:
        """Raise OutputError where a folder in which no batch was begun holds files that one would write."""
        there = [name for name in (*OWN_FILES, *OWN_FOLDERS) if os.path.lexists(out / name)]
        if there:
            raise OutputError(
                f"'{out}' holds {', '.join(there)} of something else.", "Choose another output folder."
            )

    def _make(self, home: Path) -> None:
        try:
            (home / "staging").mkdir(parents=True, exist_ok=True)
            probe = home / "staging" / "probe"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise OutputError(
                f"'{self.out}' cannot be written to: {error.strerror}.", "Choose another output folder."
            ) from error

    def _agree(self) -> tuple[Recipe, Naming]:
        """Recipe and naming: the remembered ones, which given ones must equal, or else the given ones."""
        given: list[tuple[str, dict | None]] = [
            ("recipe", as_json(self.settings.recipe) if self.settings.recipe else None),
            ("naming", asdict(self.settings.naming) if self.settings.naming else None),
        ]
        agreed = []
        for key, value in given:
            known = self.queue.get(key)
            if known is None:
                default = as_json(default_recipe()) if key == "recipe" else asdict(Naming())
                known = json.dumps(value or default, sort_keys=True)
                self.queue.put(key, known)
            elif value is not None and json.dumps(value, sort_keys=True) != known:
                raise begun_with_another(key, self.out)
            agreed.append(json.loads(known))
        naming = Naming(**agreed[1])
        naming.check()
        return from_json(agreed[0], "The recipe of the batch"), naming

    def _remember_sidecars(self) -> None:
        """A batch that began with sidecars goes on with them, however it is gone on with."""
        if self.settings.sidecars and self.queue.get("sidecars") != "1":
            self.queue.put("sidecars", "1")
            self._without = {BARE: done} if (done := self.queue.counts()["done"]) else {}
        self.settings = replace(self.settings, sidecars=self.queue.get("sidecars") == "1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder; the batch can be gone on with."""
        self._closing.close()

    # --- the list

    def add(self, paths: Sequence[Path], ctx: JobContext | None = None) -> int:
        """List files, folders and patterns.

        Interrupted, it is done again by `add_remembered`.

        Returns:
            how many photographs were not yet in the list.

        Raises:
            InputError: a path that is not there, all of them named.
        """
        check_sources(paths, self.out)
        remember(self.queue, paths)
        with listing(self.queue):
            return self._list(find_sources(paths, self.out, (), trees(self.queue)), ctx or JobContext())

    def add_remembered(self, ctx: JobContext | None = None, more: bool = False) -> int:
        """Finish a listing that was interrupted.

        Args:
            ctx: gets how many there are.
            more: whether other photographs are asked for as well.

        Raises:
            InputError: what was named is away, and nothing else is left to be done.
        """
        missed = unlisted(self.queue)
        if not missed:
            return 0
        remembered = named(self.queue)
        away = [p for p in remembered if is_away(p)]
        found = find_present(remembered, self.out, trees(self.queue))
        count = self._list(found, ctx or JobContext())
        if not away:
            self.queue.put("listed", "1")
            self.queue.count("listings", -missed)
        elif not more and not self.counts()["waiting"]:  # otherwise it keeps nothing else from being
            check_sources(away, self.out)  # worked on, and is looked for again the next time
        return count

    def _list(self, found: Iterable[Found], ctx: JobContext) -> int:
        count, rest = 0, iter(found)
        while chunk := list(itertools.islice(rest, CHUNK)):
            count += self.queue.add([(f, _status(f.path)) for f in chunk], self.naming, self.out)
            ctx.progress(None, f"{count} photographs found")
        return count

    def items(self, states: Iterable[str] | None = None, start: int = 0, limit: int = -1) -> list[Item]:
        """The items, in the order in which they are worked on."""
        return self.queue.items(states or ("waiting", "running", *FINAL), start, limit)

    def counts(self) -> dict[str, int]:
        """How many items are in each state."""
        return self.queue.counts()

    def pause(self) -> None:
        """Stop after the photographs that are being worked on."""
        self.queue.put("paused", "1")

    def resume(self) -> None:
        """Go on after a pause."""
        self.queue.put("paused", "0")

    def cancel(self, ids: Iterable[int] | None = None) -> None:
        """Give up some items, or all that are not yet finished."""
        self.queue.cancel(ids)

    def move(self, number: int, before: int | None) -> None:
        """Work on an item before another one; None puts it at the end."""
        self.queue.move(number, before)

    def retry_failed(self, ids: Iterable[int] | None = None) -> int:
        """Put failed items back into the list, all or some; with `ids`, cancelled and skipped ones too."""
        if ids is None:
            return self.queue.retry(None)
        chosen = list(ids)
        return self.queue.retry(chosen) + self.queue.insist(chosen, self.naming, self.out)

    # --- running

    def run(self, ctx: JobContext | None = None) -> BatchSummary:
        """Work on all that waits, as a job; progress has an `ItemChange` for every change of a state.

        Raises:
            Cancelled: what was being worked on waits again.
            OutputError: the list or the reports cannot be written.
        """
        ctx = ctx or JobContext()
        work = Work(
            out=self.out,
            recipe=self.recipe,
            naming=self.naming,
            device=self.settings.device,
            megapixels=self.settings.megapixels,
            sidecars=self.settings.sidecars,
            session=self.queue.begin(),
        )
        notice = _Notice(self.queue, ctx, self._clock)
        try:
            self._work(work, ctx, notice)
        except BaseException:
            with contextlib.suppress(RestorerError):
                self._end(work, {})
            raise
        return self._end(work, passed_over(named(self.queue), self.out))

    def _work(self, work: Work, ctx: JobContext, notice: _Notice) -> None:
        if self.settings.cluster is not None:
            from restorer.batch.cluster import work_on_cluster

            work_on_cluster(self.settings.cluster, work, self._run, self.queue, ctx, notice)
        elif self.settings.workers > 1:
            from restorer.batch.processes import work_in_processes

            count = self.settings.workers
            work_in_processes(count, work, self._run, self.queue, ctx, notice)
        else:
            Worker(work, self._run, self.queue, f"{os.getpid()}", ctx, notice, self._wait).loop()
        notice()

    def _end(self, work: Work, passed: Mapping[str, int]) -> BatchSummary:
        stopped = self.queue.get("halted") or None
        self.queue.put("session", "")
        self.queue.put("paused", "0")
        give_up(self.queue, self.out)
        self._clear(work.staging)
        try:
            write_reports(self.queue, self.out, work.staging, self.recipe, stopped, passed)
        except OutputError as error:
            if stopped is None:
                raise
            raise OutputError(stopped) from error  # of both the cause
        notices = count_notices(self.queue) | self._without
        return BatchSummary(self.out, self.queue.counts(), stopped, passed, notices)

    def watch(self, paths: Sequence[Path], ctx: JobContext, seconds: float = WATCH_SECONDS) -> BatchSummary:
        """Work on what is there and on what comes, until cancelled or until the batch has to stop.

        A file is taken once it has stayed the same from one look to the next.

        Args:
            paths: as for `add`.
            ctx: cancellation ends it.
            seconds: between two looks.

        Raises:
            InputError: a path that is not there.
            Cancelled: the normal end.
        """
        check_sources(paths, self.out)
        remember(self.queue, paths)
        summary = self.run(ctx)
        before: dict[Path, tuple[int, int]] = {}
        while summary.stopped is None:
            found = [(f, _status(f.path)) for f in find_present(paths, self.out, trees(self.queue))]
            now = {f.path: (s.st_size, s.st_mtime_ns) for f, s in found if s is not None}
            still = [(f, s) for f, s in found if s is not None and before.get(f.path) == now[f.path]]
            if self.queue.add(still, self.naming, self.out):
                summary = self.run(ctx)
            before = now
            ctx.progress(None, "Watching")
            self._wait(seconds)
        return summary

    # --- after a crash

    def _recover(self) -> None:
        """Bring the list in line with what is on disk after whatever ended the last run."""
        self.queue.put("session", "")
        self.queue.put("paused", "0")
        give_up(self.queue, self.out)
        self._clear(self.out / WORK_FOLDER / "staging")
        for number in self.queue.ids(("done",)):  # one by one: there may be very many
            item = self.queue.item(number)
            if item is not None and not self._is_whole(item):
                wanted = self.naming.wanted(item.path, item.folder, item.id)
                self.queue.again(item, wanted, self.out)
        self.queue.retry(None, OF_THE_MACHINE)

    def _is_whole(self, item: Item) -> bool:
        place = self.out / str(item.target or item.mask)  # of a search there is the mask alone
        try:
            if place.stat().st_size == item.output_bytes:
                return True
            verify_result(place, None, None)  # edited since, perhaps, but a photograph
        except (OSError, OutputError):
            return False
        return True

    def _clear(self, staging: Path) -> None:
        for left in staging.glob("*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


class _Notice:
    """Tells the listener of a job which items have changed; called whenever some may have."""

    def __init__(self, queue: Queue, ctx: JobContext, clock: Callable[[], float]) -> None:
        self._queue, self._ctx, self._clock = queue, ctx, clock
        self._seen = int(queue.get("clock") or 0)
        self._began = self._last = clock()
        self._paused = False
        self._worked_before = self._worked(queue.counts())

    @staticmethod
    def _worked(counts: dict[str, int]) -> int:
        """Those that took time; what is cancelled or left out tells nothing about the others."""
        return sum(counts[state] for state in ("done", "clean", "failed"))

    def __call__(self) -> None:
        now, paused = self._clock(), self._queue.get("paused") == "1"
        if paused and self._paused:
            self._began += now - self._last
        self._last, self._paused = now, paused
        for item in self._queue.changes(self._seen):
            counts = self._queue.counts()
            finished, total = sum(counts[state] for state in FINAL), sum(counts.values())
            elapsed, here = now - self._began, self._worked(counts) - self._worked_before
            rate = here / elapsed if here > 0 and elapsed > 0 else None
            left = (total - finished) / rate if rate else None
            self._seen = max(self._seen, item.changed)
            change = ItemChange(item, finished, total, rate * 60 if rate else None, left)
            self._ctx.progress(finished / total, f"{finished} of {total}", change)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
