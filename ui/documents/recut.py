"""What follows a document by itself: the overlay while sliders move, and counts once changes have come to
rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from restorer.editing.document import Document, Transaction
from restorer.editing.mask import DamageMap, MaskCutter, MaskSettings
from restorer.editing.mask_ops import cleared
from ui.documents import work
from ui.jobs import Done, Failed, JobThread, Lane

if TYPE_CHECKING:
    from restorer.image.reading import Photo

LIVE_MEGAPIXELS = 1.5  # up to here a re-cut costs less than a thread


class Owner(Protocol):
    """What a `Recutter` needs of the session of a photograph."""

    document: Document

    @property
    def photo(self) -> Photo:
        """The photograph as it was opened."""
        ...

    @property
    def damage(self) -> DamageMap | None:
        """The damage map, once there is one."""
        ...

    @property
    def mask_settings(self) -> MaskSettings:
        """How the map is cut."""
        ...

    def submit(
        self, task: work.Task, lane: Lane, title: str, on_settled: Callable[[object], None], /
    ) -> JobThread:
        """Let a job run."""
        ...

    def when_free(self, apply: Callable[[], None], /) -> None:
        """Do it once no stroke is being drawn."""
        ...

    def set_cut(self, tx: Transaction, value: work.Cut, settings: MaskSettings) -> None:
        """Put a cut into the mask."""
        ...


class Recutter:
    """Cuts the cached damage map whenever the settings change: at once in small pictures, in the worker in
    large ones, where the newest settings win.

    Args:
        owner: whose map and mask these are.
        tell: told (title, trouble) where a cut fails.
    """

    def __init__(self, owner: Owner, tell: Callable[[str, Failed], None]) -> None:
        self.cutter: MaskCutter | None = None
        self._owner, self._tell = owner, tell
        self._wanted: MaskSettings | None = None  # waits for the cut that runs
        self._cutting: MaskSettings | None = None  # being cut, or not applied yet
        self._in_gesture = self._gesture_ends = self._applying = False

    @property
    def newest(self) -> MaskSettings:
        """The settings that were asked for last."""
        return self._wanted or self._cutting or self._owner.mask_settings

    def request(self, settings: MaskSettings) -> None:
        """Cut with these settings, as soon as the cut that runs has ended; nothing without a map."""
        if self._owner.damage is not None:
            self._wanted = settings
            self._next()

    def end_gesture(self) -> None:
        """What comes next is another step of the history."""
        if self._cutting is not None:
            self._gesture_ends = True
        else:
            self._in_gesture = False

    def on_changed(self) -> None:
        """The document changed; if somebody else changed it, the gesture is over."""
        if not self._applying:
            self._in_gesture = False

    def _next(self) -> None:
        if self._cutting is not None:
            return
        owner = self._owner
        settings, self._wanted = self._wanted, None
        damage = owner.damage
        if settings is None or damage is None or settings == owner.mask_settings:
            return
        source = owner.document.source.snapshot()
        protect = owner.document.surfaces["protect"].snapshot()
        cutter = self.cutter if self.cutter is not None and self.cutter.found is damage else None

        def task(_: object = None) -> tuple[MaskCutter, work.Cut]:
            mine = cutter or work.make_cutter(damage, source.to_array())
            return mine, work.cut(mine, settings, protect)

        def settle(outcome: object) -> None:
            if isinstance(outcome, Done):
                self._take(outcome.value, settings, damage)
                return
            self._cutting = None
            self._go_on()
            if isinstance(outcome, Failed):
                self._tell(_label(), outcome)

        if owner.photo.megapixels <= LIVE_MEGAPIXELS:
            self._take(task(), settings, damage)
        else:
            self._cutting = settings
            owner.submit(task, "io", "cut", settle)

    def _take(self, value: tuple[MaskCutter, work.Cut], settings: MaskSettings, damage: DamageMap) -> None:
        self.cutter, self._cutting = value[0], settings
        self._owner.when_free(lambda: self._apply(value[1], settings, damage))

    def _apply(self, value: work.Cut, settings: MaskSettings, damage: DamageMap) -> None:
        owner, self._cutting = self._owner, None
        if owner.damage is damage:
            self._applying = True
            try:
                with owner.document.edit(_label(), merge=self._in_gesture) as tx:
                    owner.set_cut(tx, value, settings)
            finally:
                self._applying = False
            self._in_gesture = True
        else:  # searched anew meanwhile
            self._wanted = self._wanted or settings
        self._go_on()

    def _go_on(self) -> None:
        self._next()
        if self._cutting is None and self._gesture_ends:
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
    """Computes something again after changes have come to rest; the newest wins.

    Attributes:
        value: what was computed last; None at first.
        current: whether nothing has changed since.
    """

    def __init__(
        self,
        parent: QObject,
        submit: Callable[[work.Task, Lane, str, Callable[[object], None]], JobThread],
        delay_ms: int,
        make: Callable[[], work.Task],
        tell: Callable[[Any], None],
    ) -> None:
        super().__init__(parent)
        self._submit, self._make, self._tell = submit, make, tell
        self.value: Any = None
        self.current = False
        self._running: JobThread | None = None
        self._timer = QTimer(self, singleShot=True, interval=delay_ms)
        self._timer.timeout.connect(self._begin)

    @property
    def pending(self) -> bool:
        """Whether it will compute, or does."""
        return self._timer.isActive() or self._running is not None

    def poke(self) -> None:
        """Something changed."""
        self.current = False
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
        self._running = self._submit(self._make(), "background", "count", self._settled)

    def _settled(self, outcome: object) -> None:
        self._running = None
        if isinstance(outcome, Done) and not self._timer.isActive():
            self.value, self.current = outcome.value, True
            self._tell(outcome.value)
