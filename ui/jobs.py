"""Jobs in threads: the only file of the program that knows threads.

A job is any function ``(ctx: JobContext) -> value``. It runs in a `JobThread`, whose signals arrive in the
thread of the window, and is waited for by a `JobRunner`.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, Literal

from PySide6.QtCore import QEventLoop, QObject, Qt, QThread, QTimer, Signal

from restorer.errors import RestorerError
from restorer.jobs import Cancelled, JobContext, Progress

log = logging.getLogger(__name__)

Lane = Literal["gpu", "io", "write", "background", "thumbnails", "batch", "training"]
LANES: dict[Lane, int] = {
    "gpu": 1,
    "io": 2,
    "write": 1,  # what a person asked to be written: done even if the photograph or the program is closed
    "background": 1,
    "thumbnails": 1,  # those of large scans take minutes, for which no count is to wait
    "batch": 1,
    "training": 1,  # may go on for hours while photographs are worked on
}  # a batch must not keep the editor waiting
UPDATES_PER_SECOND = 30
STACK_BYTES = 16 << 20  # secondary threads get 512 KiB on some systems, which deep networks outgrow

Work = Callable[[JobContext], Any]


class Gate(Event):
    """Set while a job may go on, cleared while it is to pause; the job waits for it."""


@dataclass(frozen=True)
class Update:
    """News of a running job.

    Attributes:
        fraction: share done, 0..1, or None where it is not known.
        message: what is being done, for a person.
        details: everything that was told since the last news, in order.
    """

    fraction: float | None
    message: str
    details: tuple[object, ...]


@dataclass(frozen=True)
class Done:
    """The job returned `value`."""

    value: Any


@dataclass(frozen=True)
class WasCancelled:
    """The job was cancelled."""


@dataclass(frozen=True)
class Failed:
    """The job raised `error`; `details` is the traceback as text."""

    error: BaseException
    details: str


Outcome = Done | WasCancelled | Failed


class JobThread(QThread):
    """One job in one thread.

    Signals:
        progressed (Update): at most 30 a second, though none is held back for longer when the job is silent;
            details are never lost.
        settled (Done | WasCancelled | Failed): exactly once, after the last `progressed`.
        given_up (JobThread): itself, cancelled before it began.

    Attributes:
        queued: whether it waits for room in its lane.
    """

    progressed = Signal(object)
    settled = Signal(object)
    given_up = Signal(object)
    _held_back = Signal()
    _let_out = Signal(object)

    def __init__(
        self, work: Work, title: str = "", parent: QObject | None = None, lasting: bool = False
    ) -> None:
        super().__init__(parent)
        self.title, self._lasting = title, lasting
        self.queued = True
        self.setObjectName(title or "job")
        self.setStackSize(STACK_BYTES)
        self._work = work
        self._cancelled = Event()
        self._sent_at = float("-inf")
        self._fraction: float | None = None
        self._message = ""
        self._details: list[object] = []
        self._pending = self._waits = False
        self._news = Lock()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(1000 // UPDATES_PER_SECOND + 1)
        self._timer.timeout.connect(self._let_out_pending)
        self._held_back.connect(self._timer.start)
        self.settled.connect(self._timer.stop)
        # Through the queue, like what the thread itself sends: news arrive in their order.
        self._let_out.connect(self.progressed, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Ask the job to stop at its next safe point; returns at once."""
        self._cancelled.set()
        if self.queued:
            self.given_up.emit(self)

    def withdraw(self) -> bool:
        """Cancel it unless it has begun; whether it had not."""
        if self.queued:
            self.cancel()
        return self.queued

    def dismiss(self) -> None:
        """Nobody waits for it any more: cancel it, unless it is to be done all the same."""
        if not self._lasting:
            self.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def settle_unbegun(self) -> None:
        """Settle as cancelled."""
        self.queued = False
        self._work = _nothing
        self.settled.emit(WasCancelled())

    def run(self) -> None:
        """Do the work; nothing it raises leaves the thread."""
        outcome = self._outcome()
        with self._news:
            if self._pending:
                self.progressed.emit(self._take())
        self.settled.emit(outcome)

    def _outcome(self) -> Outcome:
        ctx = JobContext(self._on_progress, self._cancelled.is_set)
        try:
            ctx.check()
            value = self._work(ctx)
        except Cancelled:
            return WasCancelled()
        except BaseException as error:  # SystemExit and the like would end the thread without a word
            details = traceback.format_exc()
            if not isinstance(error, RestorerError):
                log.error("job %r failed\n%s", self.title, details)
            # Frames hold on to arrays and tensors of the size of the photograph.
            error.__traceback__ = None
            return Failed(error, details)
        finally:
            self._work = _nothing
        return Done(value)

    def _on_progress(self, progress: Progress) -> None:
        with self._news:
            if progress.fraction is not None:
                self._fraction = progress.fraction
            self._message = progress.message or self._message
            if progress.detail is not None:
                self._details.append(progress.detail)
            self._pending = True
            if self._is_due():
                self.progressed.emit(self._take())
            elif not self._waits:  # a long silence may follow
                self._waits = True
                self._held_back.emit()

    def _is_due(self) -> bool:
        return time.monotonic() - self._sent_at >= 1 / UPDATES_PER_SECOND

    def _take(self) -> Update:
        update = Update(self._fraction, self._message, tuple(self._details))
        self._details.clear()
        self._pending = False
        self._sent_at = time.monotonic()
        return update

    def _let_out_pending(self) -> None:
        """In the window's thread: send what the thread held back and has not sent since."""
        with self._news:
            self._waits = self._pending and not self._is_due()
            if self._waits:
                self._held_back.emit()
            elif self._pending:
                self._let_out.emit(self._take())


def _nothing(_: JobContext) -> None:
    return None


class JobRunner(QObject):
    """Starts jobs as their lanes have room: as many of a kind as `LANES` tells.

    Signals:
        busy_changed: a job started, ended or was queued.
    """

    busy_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queues: dict[Lane, deque[JobThread]] = {lane: deque() for lane in LANES}
        self._running: dict[Lane, list[JobThread]] = {lane: [] for lane in LANES}
        self._closed = False

    def submit(
        self,
        work: Work,
        lane: Lane = "io",
        title: str = "",
        on_settled: Callable[[Outcome], None] | None = None,
        on_progress: Callable[[Update], None] | None = None,
    ) -> JobThread:
        """Run `work` when there is room; the callbacks are called in the window's thread.

        After `close` only what is to be written is done; the rest settles as cancelled without having run.
        """
        job = JobThread(work, title, self, lasting=lane == "write")
        if on_progress is not None:
            job.progressed.connect(on_progress)
        if on_settled is not None:
            job.settled.connect(on_settled)
        job.finished.connect(lambda: self._on_finished(job, lane))
        # Through the queue: who cancels is not called back before he has gone on.
        job.given_up.connect(self._on_given_up, Qt.ConnectionType.QueuedConnection)
        if self._closed:
            job.dismiss()
        self._queues[lane].append(job)
        self._start_next(lane)
        return job

    def _start_next(self, lane: Lane) -> None:
        while self._queues[lane] and len(self._running[lane]) < LANES[lane]:
            job = self._queues[lane].popleft()
            self._running[lane].append(job)
            job.queued = False
            job.start()
        self.busy_changed.emit()

    def _on_finished(self, job: JobThread, lane: Lane) -> None:
        job.wait()  # `finished` comes from inside the thread, which must not be freed while it winds down
        self._running[lane].remove(job)
        job.deleteLater()
        self._start_next(lane)

    def _on_given_up(self, job: JobThread) -> None:
        """Settle at once what was cancelled while it waited, though its lane may be taken for hours."""
        if job.queued:
            next(queue for queue in self._queues.values() if job in queue).remove(job)
            job.settle_unbegun()
            job.deleteLater()
            self.busy_changed.emit()

    @property
    def jobs(self) -> list[JobThread]:
        """Jobs that have not ended, the running ones first."""
        running = [job for jobs in self._running.values() for job in jobs]
        return running + [job for jobs in self._queues.values() for job in jobs]

    @property
    def closed(self) -> bool:
        """Whether the program ends: only what is to be written is done."""
        return self._closed

    def close(self) -> None:
        """Refuse new jobs, dismiss all, and wait for the end of all; the window stays painted meanwhile."""
        self._closed = True
        for job in self.jobs:
            job.dismiss()
        loop = QEventLoop()
        while self.jobs:
            self.busy_changed.connect(loop.quit)
            if self.jobs:
                loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
            self.busy_changed.disconnect(loop.quit)
