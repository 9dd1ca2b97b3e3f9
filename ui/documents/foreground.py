"""The job that a person waits for: one at a time for each photograph, with its progress and the time left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from ui.documents import work
from ui.jobs import Done, Failed, JobThread, Lane, Update, WasCancelled

Submit = Callable[
    [work.Task, Lane, str, Callable[[object], None], Callable[[Update], None] | None], JobThread
]


@dataclass(frozen=True)
class News:
    """Progress of the job that a person waits for.

    Attributes:
        title: what is being done.
        fraction: share done, 0..1, or None.
        seconds_left: an estimate, or None.
    """

    title: str
    fraction: float | None = None
    seconds_left: float | None = None


class Foreground(QObject):
    """Runs that job.

    Args:
        submit: hands a job to a lane.
        parent: owner.

    Attributes:
        job: that job, or None.
        news: what was told of it last, or None.

    Signals:
        ended: the job settled; what came of it is not applied yet.
        changed: a job began, or ended and was applied.
        progressed (News): of the job; its title says so where it waits for the job of another photograph.
        detailed (object): a detail of its progress.
        failed (str, Failed): it failed; the title of what was done.
        notice (str): it was cancelled, in a sentence.
    """

    ended = Signal()
    changed = Signal()
    progressed = Signal(object)
    detailed = Signal(object)
    failed = Signal(str, object)
    notice = Signal(str)

    def __init__(self, submit: Submit, parent: QObject) -> None:
        super().__init__(parent)
        self._submit = submit
        self.job: JobThread | None = None
        self.news: News | None = None
        self._title = ""
        self._clock = QElapsedTimer()

    def start(
        self,
        title: str,
        task: work.Task,
        on_done: Callable[[Any], None],
        lane: Lane = "gpu",
        silent: bool = False,
    ) -> None:
        """Run a job; `silent`: that it was cancelled is not told."""

        def settle(outcome: object) -> None:
            self.job = self.news = None
            self.ended.emit()
            if isinstance(outcome, Done):
                on_done(outcome.value)
            self.changed.emit()
            if isinstance(outcome, Failed):
                self.failed.emit(title, outcome)
            elif isinstance(outcome, WasCancelled) and not silent:
                self.notice.emit(self.tr("{0}: cancelled, nothing was changed.").format(title))

        self._title = title
        self.job = job = self._submit(task, lane, title, settle, self._on_update)
        if job.queued:
            job.started.connect(self._begin)
            self._tell(News(self.tr("{0}: waiting for another photograph").format(title)))
        else:
            self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        self._clock.start()
        self._tell(News(self._title))

    def _tell(self, news: News) -> None:
        if self.job is not None:
            self.news = news
            self.progressed.emit(news)

    def _on_update(self, update: Update) -> None:
        left = None
        seconds = self._clock.elapsed() / 1000
        if update.fraction is not None and update.fraction > 0.02 and seconds > 0.5:
            left = seconds * (1 - update.fraction) / update.fraction
        self._tell(News(self._title, update.fraction, left))
        for detail in update.details:
            self.detailed.emit(detail)
