"""A batch in the window: the job that works on it, its list on disk, and Qt's signals about both.

The list is read and changed through a connection of its own, so that it can be looked at while the job writes
to it, after it has ended, and when it was begun by another program.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from restorer.batch.files import Naming, full_path
from restorer.batch.queue import STATES, Item, Queue
from restorer.batch.run import FINAL, BatchSummary, ItemChange
from restorer.errors import RestorerError
from restorer.record.recipe import Recipe
from ui.batch import work as batch_work
from ui.batch.work import Listing, Opened, Order, Run
from ui.jobs import Done, Failed, JobRunner, JobThread, Outcome, Update

LOOK_MS = 200  # between two looks at the list: at most 5 updates a second


@dataclass(frozen=True)
class Standing:
    """How far a batch is.

    Attributes:
        counts: photographs by state.
        per_minute: photographs finished per minute of this run, or None.
        seconds_left: at that rate, or None.
    """

    counts: dict[str, int]
    per_minute: float | None = None
    seconds_left: float | None = None

    @property
    def total(self) -> int:
        """All photographs."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """Those in a final state."""
        return sum(self.counts[state] for state in FINAL)

    @property
    def left(self) -> int:
        """Those that wait or are worked on."""
        return self.total - self.finished


class BatchSession(QObject):
    """One batch: the list on disk and, at times, the job that works on it.

    Args:
        runner: runs the job.
        run: puts one photograph through the recipe; None takes the real one.

    Signals:
        opened: the list is there.
        changed (list[Item]): items as they are now, at most five times a second.
        stood (Standing): how far the batch is, as often.
        state_changed: it began, paused, went on or ended.
        listing (int | None): photographs are being listed; None when that is over.
        ended (BatchSummary): a run ended by itself.
        failed (Failed): it could not go on.
        refused (RestorerError): a change of the list was not possible.
    """

    opened = Signal()
    changed = Signal(object)
    stood = Signal(object)
    state_changed = Signal()
    listing = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    refused = Signal(object)

    def __init__(self, runner: JobRunner, run: Run | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._run = runner, run
        self._job: JobThread | None = None
        self._order: Order | None = None
        self._pending: list[Order] = []
        self._rate: ItemChange | None = None
        self._seen = 0
        self._stopped = ""
        self._lists = self._cancels_listed = False
        self._finished_before = -1
        self._counts: dict[str, int] = dict.fromkeys(STATES, 0)
        self.wanted_device: Callable[[], str] | None = None
        self.queue: Queue | None = None
        self.recipe: Recipe | None = None
        self.naming: Naming | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    # --- what is there

    @property
    def out(self) -> Path | None:
        """The output folder."""
        return full_path(self._order.out) if self._order is not None else None

    @property
    def running(self) -> bool:
        """Whether the job is at work, or paused."""
        return self._job is not None

    @property
    def queued(self) -> bool:
        """Whether the job waits until another batch, or the search before this one, has ended."""
        return self._job is not None and self.queue is None and not self._job.isRunning()

    @property
    def paused(self) -> bool:
        """Whether nothing new is begun."""
        with contextlib.suppress(RestorerError):  # the folder is gone: `look` tells it
            return self.running and self.queue is not None and self.queue.get("paused") == "1"
        return False

    @property
    def models(self) -> set[str]:
        """Ids of the models that its recipe names."""
        recipe = self.recipe or (self._order.recipe if self._order is not None else None)
        return {stage["model"] for stage in recipe.stages} - {None} if recipe is not None else set()

    @property
    def stopped(self) -> str:
        """Why the last run stopped before its end; empty if it did not."""
        return self._stopped

    @property
    def standing(self) -> Standing:
        """How far the batch is; as it was last seen where its list cannot be read any more."""
        if self.queue is None:
            self._counts = dict.fromkeys(STATES, 0)
        else:
            with contextlib.suppress(RestorerError):
                self._counts = self.queue.counts()
        counts = self._counts
        if not self.running or self._rate is None:
            return Standing(counts)
        return Standing(counts, self._rate.per_minute, self._rate.seconds_left)

    # --- the job

    def start(self, order: Order) -> None:
        """Begin a batch, or go on with one; while one runs into the same folder, add to it."""
        if self._job is not None:
            if self._order is not None and full_path(order.out) == full_path(self._order.out):
                self._add_meanwhile(order)
            return
        if self._order is None or full_path(order.out) != full_path(self._order.out):
            self._let_go()
        self._order, self._rate, self._stopped = order, None, ""
        self._lists = True
        run = self._run
        self._job = self._runner.submit(
            lambda ctx: batch_work.run_order(order, run, ctx),
            "batch",
            self.tr("Batch"),
            self._on_settled,
            self._on_update,
        )
        self._timer.start()
        self.state_changed.emit()

    def _add_meanwhile(self, order: Order) -> None:
        """List more photographs while the batch runs; what comes too late is worked on afterwards."""
        queue, naming, out = self.queue, self.naming, self.out
        if queue is None or naming is None or out is None:
            self._pending.append(order)
            return
        path = queue.path

        def settled(outcome: Outcome) -> None:
            self.listing.emit(None)
            if isinstance(outcome, Failed):
                self.failed.emit(outcome)
            elif not self.running:
                self.go_on()
            self.look()

        self.listing.emit(0)
        self._runner.submit(
            lambda ctx: batch_work.add_to_list(path, naming, out, order, ctx),
            "io",
            self.tr("Listing photographs"),
            settled,
        )

    def go_on(self) -> None:
        """Work on what waits."""
        if self._order is not None and not self.running:
            self.start(self._again())

    def _again(self, paths: tuple[Path, ...] = ()) -> Order:
        """The order with which the batch goes on, on the device that is wanted now: perhaps another one is
        because the first had not enough memory."""
        assert self._order is not None
        device = self.wanted_device() if self.wanted_device is not None else self._order.device
        return replace(
            self._order, paths=paths, chosen=(), recipe=None, naming=None, resume=True, device=device
        )

    def _on_update(self, update: Update) -> None:
        for detail in update.details:
            if isinstance(detail, Opened):
                self._open(detail)
            elif isinstance(detail, Listing):
                self._on_listing(detail)
            elif isinstance(detail, ItemChange):
                self._rate = detail

    def _on_listing(self, listing: Listing) -> None:
        self.listing.emit(None if listing.done else listing.count)
        if listing.done:
            self.look()
            self._lists = self._cancels_listed = False

    def _open(self, opened: Opened) -> None:
        self.recipe, self.naming = opened.recipe, opened.naming
        if self.queue is None:
            try:
                queue = Queue(opened.path)
                self._seen = int(queue.get("clock") or 0)  # what is there is read as it comes into view
                self.queue = queue
            except RestorerError as error:
                self.refused.emit(error)
                return
            self.opened.emit()
        while self._pending:
            self._add_meanwhile(self._pending.pop(0))

    def look(self) -> None:
        """See what has changed in the list; also called by a timer while the job runs."""
        queue = self.queue
        if queue is None:
            return
        try:
            if self._cancels_listed:
                queue.cancel(None)
            found = queue.changes(self._seen)
            standing = self.standing
        except RestorerError as error:  # the folder is gone: the job will say so
            self._timer.stop()
            self.refused.emit(error)
            return
        if found:
            self._seen = max(self._seen, found[-1].changed)
            self.changed.emit(found)
        self.stood.emit(standing)

    def _on_settled(self, outcome: Outcome) -> None:
        self._job = None
        self._lists = self._cancels_listed = False
        self._timer.stop()
        self._pending.clear()
        self.listing.emit(None)
        if isinstance(outcome, Done) and isinstance(outcome.value, BatchSummary):
            self._stopped = outcome.value.stopped or ""
        self.look()
        if isinstance(outcome, Done) and self._came_late():
            self.go_on()
            return
        self._finished_before = -1
        self.state_changed.emit()
        if isinstance(outcome, Done):
            self.ended.emit(outcome.value)
        elif isinstance(outcome, Failed):
            self.failed.emit(outcome)

    def _came_late(self) -> bool:
        """Whether photographs were added, or put back, after the job had looked for the last time."""
        standing = self.standing
        moved = standing.finished > self._finished_before
        self._finished_before = standing.finished
        return moved and not self._stopped and standing.counts["waiting"] > 0

    # --- what a person asks for

    def pause(self) -> None:
        """Stop after the photographs that are being worked on."""
        self._change(lambda queue: queue.put("paused", "1"))
        self.state_changed.emit()

    def resume(self) -> None:
        """Go on after a pause, or with what waits when nothing runs."""
        if self.running:
            self._change(lambda queue: queue.put("paused", "0"))
            self.state_changed.emit()
        else:
            self.go_on()

    def cancel(self, ids: Iterable[int] | None = None) -> None:
        """Give up some photographs, or all that are not finished; those too that are still being listed."""
        self._cancels_listed |= ids is None and self._lists
        chosen = list(ids) if ids is not None else None
        self._change(lambda queue: queue.cancel(chosen))

    def move(self, ids: Iterable[int], before: int | None) -> None:
        """Work on some photographs, in this order, before another one; None = at the end."""
        chosen = list(ids)
        self._change(lambda queue: queue.move(chosen, before))

    def retry(self, ids: Iterable[int] | None = None) -> None:
        """Put failed photographs back into the list and work on them.

        By id those as well that were cancelled or left out; the results of these get names that are free.
        """
        chosen = list(ids) if ids is not None else None
        self._cancels_listed = False
        counts: list[int] = []
        self._change(lambda queue: counts.append(queue.retry(chosen)))
        naming, out = self.naming, self.out
        if chosen is not None and naming is not None and out is not None:
            self._change(lambda queue: counts.append(queue.insist(chosen, naming, out)))
        if any(counts):
            self.go_on()

    def withdraw(self, paths: Iterable[Path]) -> int:
        """Cancel these photographs. Returns how many are done already."""
        sources, done = list(paths), [0]

        def change(queue: Queue) -> None:
            queue.cancel(queue.ids_of(sources))
            done[0] = len(queue.ids_of(sources, ("done",)))

        self._change(change)
        return done[0]

    def restore(self, paths: Iterable[Path]) -> None:
        """Let those of these photographs wait again that were cancelled; begins no run."""
        sources = list(paths)
        self._change(lambda queue: queue.retry(queue.ids_of(sources, ("running", "cancelled"))))

    def add(self, paths: Iterable[Path]) -> None:
        """Add files and folders to this batch."""
        chosen = tuple(paths)
        self._cancels_listed = False
        if self._order is not None and chosen:
            self.start(self._again(chosen))

    def items(self, ids: Iterable[int]) -> list[Item]:
        """Items by number, as they are now; none where the list cannot be read any more."""
        queue = self.queue
        with contextlib.suppress(RestorerError):
            return [i for n in ids if queue is not None and (i := queue.item(n)) is not None]
        return []

    def _change(self, change: Callable[[Queue], object]) -> None:
        if self.queue is None:
            return
        try:
            change(self.queue)
        except RestorerError as error:
            self.refused.emit(error)
        self.look()

    # --- the end

    def stop(self) -> None:
        """End the job at its next safe point; what is left waits."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """Let go of the list; the job has ended before."""
        self.stop()
        self._let_go()
        self._order, self._stopped = None, ""
        self.state_changed.emit()

    def _let_go(self) -> None:
        self._timer.stop()
        if self.queue is not None:
            self.queue.close()
        self.queue = self.recipe = self.naming = None
        self._seen = 0
