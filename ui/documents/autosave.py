"""Keeps the work on an open photograph safe: after every step it is in a journal within a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from restorer.editing.brush import Mark
from restorer.errors import RestorerError
from restorer.jobs import JobContext
from restorer.project.file import Snapshot, View
from ui.core_texts import error_told
from ui.documents.project_work import Loaded, Order, Writer
from ui.documents.session import DocumentSession
from ui.jobs import Done, Failed, JobRunner, Lane

DELAY_MS = 250  # steps that follow each other faster are written together
RETRY_MS = 20_000  # after work could not be secured


class AutoSave(QObject):
    """Secures one session, and saves its project; one job of the io lane at a time.

    A step is taken as it is committed, so a stroke that is being drawn never gets into a journal half.

    Args:
        session: what is secured.
        runner: runs the jobs.
        loaded: what the session was opened from, if not from the photograph alone.
        view_of: what is looked at of a session, None if it is not shown.
        parent: owner.

    Signals:
        secured (int): the revision of the document that will be there after a crash.
        trouble (str): why work cannot be secured; said once until it can again.
        saved (Path): a project was written.
        save_failed (Failed): it was not.
    """

    secured = Signal(int)
    trouble = Signal(str)
    saved = Signal(object)
    save_failed = Signal(object)

    def __init__(
        self,
        session: DocumentSession,
        runner: JobRunner,
        loaded: Loaded | None = None,
        view_of: Callable[[DocumentSession], View | None] = lambda _: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._view_of = session, runner, view_of
        self._writer = Writer(session.photo, session.path, loaded)
        self._view = loaded.state.view if loaded is not None else None
        self._marks: dict[int, tuple[str, Mark]] = {}
        self._pending: Snapshot | None = None
        self._tasks: deque[tuple[Callable[[JobContext], Any], Callable[[object], None], Lane]] = deque()
        self._running = self._troubled = self._closing = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._secure)
        self._retry = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._retry.timeout.connect(lambda: self._on_changed(None))
        session.changed.connect(self._on_changed)

    # --- steps

    def _on_changed(self, _: object) -> None:
        document = self._session.document
        if document.editing or self._closing:
            return
        self._pending = Snapshot.of(document)
        if not self._timer.isActive():
            self._timer.start()

    def add_mark(self, surface: str, mark: Mark) -> None:
        """Remember what was drawn in the newest step of the history."""
        step = self._step
        self._marks = {number: kept for number, kept in self._marks.items() if number < step}
        self._marks[step] = (surface, mark)

    @property
    def _step(self) -> int:
        """Number of the newest step, counted from when the document was opened."""
        document = self._session.document
        return document.forgotten + len(document.history)

    def _order(self, snapshot: Snapshot) -> Order:
        self._view = self._view_of(self._session) or self._view
        drawn = tuple(mark for number, mark in self._marks.items() if number <= self._step)
        return Order(snapshot, self._view, drawn)

    def _secure(self) -> None:
        if self._running:
            return  # what ends next goes on with what is pending
        snapshot, self._pending = self._pending, None
        if snapshot is not None:
            order = self._order(snapshot)
            self._enqueue(lambda ctx: self._writer.secure(order, ctx), self._on_secured)

    def _on_secured(self, outcome: object) -> None:
        if self._closing:
            return
        if isinstance(outcome, Done):
            self._retry.stop()
            self._troubled = False
            self.secured.emit(outcome.value)
        elif isinstance(outcome, Failed):
            self._retry.start()
            self._tell_trouble(outcome.error)

    def _tell_trouble(self, error: BaseException) -> None:
        if not self._troubled:
            self._troubled = True
            known = isinstance(error, RestorerError)
            self.trouble.emit(error_told(error) if known else self.tr("Unsaved work cannot be secured."))

    # --- projects

    def save(self, project: Path, agreed: bool = False) -> None:
        """Write a project of the document as it is now, or once the stroke that is being drawn has ended;
        `agreed` as `Writer.save` tells."""
        self._session.when_free(lambda: self._save(project, agreed))

    def _save(self, project: Path, agreed: bool) -> None:
        self._pending = None
        self._timer.stop()
        order = self._order(Snapshot.of(self._session.document))

        def settle(outcome: object) -> None:
            if isinstance(outcome, Done):
                if not self._closing:
                    self._session.mark_saved(project, order.snapshot.surfaces)
                self.saved.emit(project)
            elif isinstance(outcome, Failed):
                self._on_changed(None)  # still to be secured
                if self._closing or self._runner.closed:  # the next start offers what was to be saved
                    self._enqueue(lambda ctx: self._writer.leave(order, ctx), lambda _: None, "write")
                self.save_failed.emit(outcome)

        self._enqueue(lambda ctx: self._writer.save(order, project, ctx, agreed), settle, "write")

    # --- one job at a time

    def _enqueue(
        self, task: Callable[[JobContext], Any], settle: Callable[[object], None], lane: Lane = "io"
    ) -> None:
        self._tasks.append((task, settle, lane))
        self._next()

    def _next(self) -> None:
        if self._running:
            return
        if self._tasks:
            task, settle, lane = self._tasks.popleft()
            self._running = True
            self._runner.submit(task, lane, "secure", lambda outcome: self._on_settled(outcome, settle))
        elif self._closing:
            self._writer.close()
            self.deleteLater()
        elif self._pending is not None and not self._timer.isActive():
            self._secure()

    def _on_settled(self, outcome: object, settle: Callable[[object], None]) -> None:
        self._running = False
        settle(outcome)
        self._next()

    @property
    def idle(self) -> bool:
        """Whether everything is written."""
        return not (self._running or self._tasks or self._pending is not None)

    # --- the end

    def close(self) -> None:
        """The photograph is closed: its journal goes once the running job has ended."""
        if self._closing:
            return
        self._session.changed.disconnect(self._on_changed)
        self._closing = True
        self._pending = None
        self._stop()
        self._next()

    def finish(self) -> None:
        """The program ends in order and no job runs any more: the journal goes."""
        self._stop()
        self._writer.close()

    def _stop(self) -> None:
        self._timer.stop()
        self._retry.stop()
