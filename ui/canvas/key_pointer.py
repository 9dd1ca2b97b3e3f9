"""The pointer by keyboard: what a mouse does on the canvas, with arrows, Space and Enter.

After the mouse keys of desktop systems (ISO 9241-171, 9.3.3, "Enable keyboard control of pointer functions").
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QT_TRANSLATE_NOOP, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QRegion

from restorer.tiles import Box
from ui.canvas.brush_view import BrushView
from ui.canvas.toolbox import Toolbox
from ui.canvas.tools import draw_twice, translate
from ui.canvas.viewport import Viewport

STEP_PX, LARGE_STEP_PX = 8.0, 48.0  # logical pixels of the screen
MARGIN_PX = 40.0  # closer to the border than this the picture follows
ARM_PX = 11.0
HELP: str = QT_TRANSLATE_NOOP(  # type: ignore[assignment]
    "Tools",
    "Arrows move the pointer (Shift: far, Ctrl: one pixel). Space clicks, or draws while held; "
    "Enter holds the button until Enter. K ends.",
)
Key, Modifier = Qt.Key, Qt.KeyboardModifier
WAYS = {
    Key.Key_Left: (-1, 0),
    Key.Key_Right: (1, 0),
    Key.Key_Up: (0, -1),
    Key.Key_Down: (0, 1),
    Key.Key_Home: (-1, -1),
    Key.Key_PageUp: (1, -1),
    Key.Key_End: (-1, 1),
    Key.Key_PageDown: (1, 1),
}
ENTER = (Key.Key_Return, Key.Key_Enter)


class Receiver(Protocol):
    """Gets what a pointer other than the mouse does, at places of the widget."""

    def press_at(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The main button went down."""
        ...

    def move_to(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """It moved."""
        ...

    def release_at(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The button went up."""
        ...

    def leave_tool(self) -> None:
        """There is no pointer over the canvas any more."""
        ...


class KeyPointer:
    """A pointer on the canvas that keys move and press.

    Args:
        canvas: where it is.
        toolbox: the tools of the canvas.
        receiver: gets what it does, as from a mouse.
    """

    def __init__(self, canvas: BrushView, toolbox: Toolbox, receiver: Receiver) -> None:
        self._canvas, self._toolbox, self._receiver = canvas, toolbox, receiver
        self._place: tuple[float, float] | None = None  # picture pixels; None while it is off
        self._down = self._locked = False

    @property
    def shown(self) -> bool:
        """Whether the keys move a pointer."""
        return self._place is not None

    @property
    def pressed(self) -> bool:
        """Whether its button is down."""
        return self._down

    def start(self) -> None:
        """Begin in the middle of what is seen."""
        canvas = self._canvas
        if canvas.document is None or self.shown:
            return
        middle = canvas.viewport.pane.center()
        self._put(*canvas.viewport.to_image(middle))
        canvas.hint.emit(translate("Tools", HELP))

    def stop(self) -> bool:
        """The mouse goes on; whether there was a pointer."""
        if not self.shown:
            return False
        self.lift()
        self._place = None
        self._receiver.leave_tool()
        self._canvas.update()
        return True

    def lift(self) -> None:
        """The button goes up, if it is down."""
        self._release(Modifier.NoModifier)

    def go_to(self, box: Box) -> None:
        """To the middle of a place, if there is a pointer."""
        if self.shown and not self._down:
            self._put((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)

    def let_go(self) -> None:
        """The button counts as released: what it had begun was taken back."""
        self._down = self._locked = False

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is for the pointer, before any shortcut."""
        return self.shown and (event.key() in WAYS or event.key() in (Key.Key_Space, *ENTER))

    def key_press(self, event: QKeyEvent) -> bool:
        """Move, press or lift; whether the key was one of its own."""
        if not self.wants(event):
            return False
        if event.key() in WAYS:
            self._step(WAYS[Key(event.key())], event.modifiers())
        elif event.isAutoRepeat():
            return True
        elif event.key() == Key.Key_Space:
            self._press(event.modifiers(), locked=False)
        elif self._locked:
            self._release(event.modifiers())
        elif self._toolbox.current.active and self._toolbox.current.key(event):  # closes a polygon
            self._canvas.update()
        else:
            self._press(event.modifiers(), locked=True)
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        """Lift what Space had pressed."""
        if not self.shown or event.key() != Key.Key_Space:
            return False
        if not event.isAutoRepeat() and not self._locked:
            self._release(event.modifiers())
        return True

    def _step(self, way: tuple[int, int], held: Qt.KeyboardModifier) -> None:
        assert self._place is not None
        length = STEP_PX
        if held & Modifier.ControlModifier:
            length = max(self._canvas.zoom, 1.0) / self._canvas.devicePixelRatioF()
        elif held & Modifier.ShiftModifier:
            length = LARGE_STEP_PX
        viewport = self._canvas.viewport
        at = viewport.to_widget(*self._place) + QPointF(*way) * length
        self._put(*viewport.to_image(at), held & ~Modifier.ShiftModifier)

    def _put(self, x: float, y: float, held: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
        document = self._canvas.document
        if document is None:
            return
        x, y = min(max(x, 0.0), document.width - 1e-3), min(max(y, 0.0), document.height - 1e-3)
        self._place = x, y
        self._follow()
        self._receiver.move_to(self._at(), held)
        self._canvas.update()

    def _at(self) -> QPointF:
        assert self._place is not None
        return self._canvas.viewport.to_widget(*self._place)

    def _follow(self) -> None:
        """Move the picture where the pointer would leave the window."""
        seen, at = self._canvas.viewport.pane, self._at()
        margin = min(MARGIN_PX, seen.width() / 4, seen.height() / 4)
        inner = seen.adjusted(margin, margin, -margin, -margin)
        by = QPointF(
            min(max(at.x(), inner.left()), inner.right()) - at.x(),
            min(max(at.y(), inner.top()), inner.bottom()) - at.y(),
        )
        if not by.isNull():
            self._canvas.pan_by(by)

    def _press(self, held: Qt.KeyboardModifier, locked: bool) -> None:
        if not self._down:
            self._down, self._locked = True, locked
            self._receiver.press_at(self._at(), held)

    def _release(self, held: Qt.KeyboardModifier) -> None:
        if self._down:
            self._down = self._locked = False
            self._receiver.release_at(self._at(), held)

    # --- drawing

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """A cross with a gap, over every tool; filled in the middle while the button is down."""
        if self._place is None:
            return
        at = viewport.to_widget(*self._place)
        path = QPainterPath()
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(x, y)
            path.moveTo(at + way * 4)
            path.lineTo(at + way * ARM_PX)
        if self._down:
            path.addEllipse(at, 2.0, 2.0)
        draw_twice(painter, path)

    def footprint(self, viewport: Viewport) -> QRegion:
        """What `paint` covers."""
        if self._place is None:
            return QRegion()
        at, reach = viewport.to_widget(*self._place), ARM_PX + 3
        return QRegion(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach).toAlignedRect())
