"""Looking, at times, for photographs that came into the folders of a batch."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, QTimer, Signal

from restorer.batch.run import WATCH_SECONDS
from restorer.errors import RestorerError
from ui.batch import work as batch_work
from ui.batch.session import BatchSession
from ui.batch.work import Looked, States
from ui.jobs import Done, Failed, JobRunner, Outcome


class FolderWatch(QObject):
    """Adds to a batch what comes into its folders, once it has stayed the same from one look to the next.

    Args:
        session: the batch.
        runner: runs the looks.

    Signals:
        changed: it was turned on or off, or may be now.
        failed (Failed): a look was not possible; it is off then.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: BatchSession, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._before: States = {}
        self._looking = False
        self._named: str | None = None
        self._possible = False
        self.timer = QTimer(self, interval=round(WATCH_SECONDS * 1000))
        self.timer.timeout.connect(self.look)
        session.opened.connect(self.changed)
        session.state_changed.connect(self._on_state)

    @property
    def on(self) -> bool:
        """Whether it looks."""
        return self.timer.isActive()

    @property
    def possible(self) -> bool:
        """Whether the batch has folders or patterns of its own."""
        queue = self._session.queue
        with contextlib.suppress(RestorerError):
            named = queue.get("paths") if queue is not None else None
            if queue is not None and named != self._named:  # thousands of files are not looked at each time
                self._named, self._possible = named, bool(batch_work.watched_paths(queue))
            return queue is not None and self._possible
        return False

    def turn(self, on: bool) -> None:
        """Begin or end."""
        if on == self.on or (on and not self.possible):
            return
        self._before = {}
        if on:
            self.timer.start()
            self.look()
        else:
            self.timer.stop()
        self.changed.emit()

    def _on_state(self) -> None:
        if self._session.queue is None and self.on and not self._session.running:
            self.turn(False)
        self.changed.emit()

    def look(self) -> None:
        """Look once, in the background."""
        queue, naming, out = self._session.queue, self._session.naming, self._session.out
        if self._looking or queue is None or naming is None or out is None:
            return
        path, before = queue.path, self._before
        self._looking = True
        self._runner.submit(
            lambda ctx: batch_work.look_for_new(path, naming, out, before, ctx),
            "io",
            self.tr("Watching the folders"),
            lambda outcome: self._on_looked(out, outcome),
        )

    def _on_looked(self, out: object, outcome: Outcome) -> None:
        self._looking = False
        if not self.on or self._session.out != out:
            return
        if isinstance(outcome, Failed):
            self.turn(False)
            self.failed.emit(outcome)
        elif isinstance(outcome, Done) and isinstance(outcome.value, Looked):
            self._before = outcome.value.states
            if outcome.value.added and not self._session.running:
                self._session.go_on()
            self._session.look()
