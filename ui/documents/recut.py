"""What follows a document by itself: the overlay while sliders move, and counts once changes have come to
rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from restorer.editing.document import Document
from restorer.editing.mask import DamageMap, MaskCutter, MaskSettings
from restorer.editing.mask_ops import cleared
from ui.documents import work
from ui.jobs import Done, Failed, JobThread

if TYPE_CHECKING:
    from ui.documents.session import DocumentSession

LIVE_MEGAPIXELS = 1.5  # up to here a re-cut costs less than a thread


class Recutter:
    """Cuts the cached damage map whenever the settings change: at once in small pictures, in the worker in
    large ones, where the newest settings win.

    Args:
        session: whose map and mask these are.
    """

    def __init__(self, session: DocumentSession) -> None:
        self.cutter: MaskCutter | None = None
        self._session = session
        self._wanted: MaskSettings | None = None
        self._cutting = self._in_gesture = self._gesture_ends = self._applying = False

    def request(self, settings: MaskSettings) -> None:
        """Cut with these settings, as soon as the cut that runs has ended."""
        self._wanted = settings
        if self._session.damage is not None and not self._cutting:
            self._next()

    def end_gesture(self) -> None:
        """What comes next is another step of the history."""
        if self._cutting:
            self._gesture_ends = True
        else:
            self._in_gesture = False

    def on_changed(self) -> None:
        """The document changed; if somebody else changed it, the gesture is over."""
        if not self._applying:
            self._in_gesture = False

    def _next(self) -> None:
        session = self._session
        settings, self._wanted = self._wanted, None
        damage = session.damage
        if settings is None or damage is None or settings == session.mask_settings:
            return
        source = session.document.source.snapshot()
        protect = session.document.surfaces["protect"].snapshot()
        cutter = self.cutter if self.cutter is not None and self.cutter.found is damage else None

        def task(_: object = None) -> tuple[MaskCutter, work.Cut]:
            mine = cutter or work.make_cutter(damage, source.to_array())
            return mine, work.cut(mine, settings, protect)

        def settle(outcome: object) -> None:
            self._cutting = False
            if isinstance(outcome, Done):
                self._take(outcome.value, settings, damage)
            elif isinstance(outcome, Failed):
                session.failed.emit(_label(), outcome)

        if session.photo.megapixels <= LIVE_MEGAPIXELS:
            self._take(task(), settings, damage)
        else:
            self._cutting = True
            session.submit(task, "io", "cut", settle)

    def _take(self, value: tuple[MaskCutter, work.Cut], settings: MaskSettings, damage: DamageMap) -> None:
        self.cutter = value[0]
        self._session.when_free(lambda: self._apply(value[1], settings, damage))

    def _apply(self, value: work.Cut, settings: MaskSettings, damage: DamageMap) -> None:
        session = self._session
        if session.damage is damage:
            self._applying = True
            try:
                with session.document.edit(_label(), merge=self._in_gesture) as tx:
                    session.set_cut(tx, value, settings)
            finally:
                self._applying = False
            self._in_gesture = True
        if self._wanted is not None:
            self._next()
        if not self._cutting and self._gesture_ends:
            self._in_gesture = self._gesture_ends = False


def clear_mask(document: Document, label: str) -> bool:
    """Unmark everything as one step, and forget what was proposed and corrected by hand: the next cut begins
    afresh. False if there was nothing."""
    with document.edit(label) as tx:
        changed = bool(tx.put("mask", cleared(document.surfaces["mask"])))
        for name in ("proposal", "by_hand"):
            known = document.values.get(name)
            if known is not None and known.keys():
                tx.set(name, cleared(known))
                changed = True
    return changed


def _label() -> str:
    return QCoreApplication.translate("DocumentSession", "Adjust detection")


class Watch(QObject):
    """Computes something again after changes have come to rest; the newest wins."""

    def __init__(
        self,
        session: DocumentSession,
        delay_ms: int,
        make: Callable[[], work.Task],
        apply: Callable[[Any], None],
    ) -> None:
        super().__init__(session)
        self._session, self._make, self._apply = session, make, apply
        self._running: JobThread | None = None
        self._timer = QTimer(self, singleShot=True, interval=delay_ms)
        self._timer.timeout.connect(self._begin)

    @property
    def pending(self) -> bool:
        """Whether it will compute, or does."""
        return self._timer.isActive() or self._running is not None

    def poke(self) -> None:
        """Something changed."""
        self._timer.start()

    def stop(self) -> None:
        """Forget it."""
        self._timer.stop()
        if self._running is not None:
            self._running.cancel()

    def _begin(self) -> None:
        if self._running is not None:
            self._timer.start()
            return
        self._running = self._session.submit(self._make(), "background", "count", self._settled)

    def _settled(self, outcome: object) -> None:
        self._running = None
        if isinstance(outcome, Done) and not self._timer.isActive():
            self._apply(outcome.value)
