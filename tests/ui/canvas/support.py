"""What the tests of the canvas share: a session without jobs, and events at places of the picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.editing.document import Document
from restorer.image.reading import Photo
from restorer.tiles import Box
from ui.canvas.canvas import Canvas

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
PLAIN = Qt.KeyboardModifier.NoModifier
Place = tuple[float, float]


class Session(QObject):
    """The part of a session that the canvas uses, without jobs."""

    changed = Signal(object)
    tile_previewed = Signal(object)
    preview_cleared = Signal()
    replaced = Signal()

    def __init__(self, photo: Photo) -> None:
        super().__init__()
        self.photo, self.path = photo, None
        self.document = Document(photo.pixels)
        self.document.listen(self.changed.emit)


def show(qtbot, pixels: np.ndarray, size: tuple[int, int] = (640, 480), icc: bytes | None = None) -> Canvas:
    """A visible canvas with a picture, fitted."""
    canvas = Canvas()
    qtbot.addWidget(canvas, before_close_func=lambda c: c.set_session(None))
    canvas.resize(*size)
    canvas.show()
    canvas.set_session(Session(Photo(pixels, icc=icc)))
    settle(canvas)
    return canvas


def settle(canvas: Canvas) -> None:
    """Work until nothing is drawn roughly any more."""
    QApplication.processEvents()
    canvas.repaint()
    while canvas.refining:
        QApplication.processEvents()
    QApplication.processEvents()


def grab(canvas: Canvas) -> np.ndarray:
    """What the canvas looks like, (h, w, 3) uint8."""
    settle(canvas)
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def mask_of(canvas: Canvas, name: str = "mask") -> np.ndarray:
    """A whole mask."""
    assert canvas.document is not None
    return canvas.document.surfaces[name].to_array()


def at(canvas: Canvas, place: Place) -> QPointF:
    """Where a place of the picture is shown."""
    return canvas.viewport.to_widget(*place)


def mouse(
    canvas: Canvas,
    kind: QEvent.Type,
    where: QPointF,
    button: Qt.MouseButton = LEFT,
    held: Qt.KeyboardModifier = PLAIN,
) -> None:
    """Send one mouse event at a place of the widget."""
    down = kind != QEvent.Type.MouseButtonRelease and button != NONE
    cause = NONE if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(kind, where, canvas.mapToGlobal(where), cause, button if down else NONE, held)
    QApplication.sendEvent(canvas, event)


def press(canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, held=PLAIN) -> None:
    mouse(canvas, QEvent.Type.MouseButtonPress, at(canvas, place), button, held)


def move(canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, held=PLAIN) -> None:
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, place), button, held)


def release(canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, held=PLAIN) -> None:
    mouse(canvas, QEvent.Type.MouseButtonRelease, at(canvas, place), button, held)


def hover(canvas: Canvas, place: Place, held=PLAIN) -> None:
    mouse(canvas, QEvent.Type.MouseMove, at(canvas, place), NONE, held)


def click(canvas: Canvas, place: Place, held=PLAIN) -> None:
    press(canvas, place, held=held)
    release(canvas, place, held=held)


def drag(canvas: Canvas, places: Iterable[Place], held=PLAIN, button: Qt.MouseButton = LEFT) -> None:
    """Press at the first place, move over the others, release at the last."""
    first, *others = list(places)
    press(canvas, first, button, held)
    for place in others:
        move(canvas, place, button, held)
    release(canvas, (others or [first])[-1], button, held)


def wheel(canvas: Canvas, notches: float, place: Place | None = None, held=PLAIN) -> None:
    where = at(canvas, place) if place is not None else QPointF(canvas.rect().center())
    event = QWheelEvent(
        where,
        canvas.mapToGlobal(where),
        QPoint(),
        QPoint(0, round(120 * notches)),
        NONE,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def key(canvas: Canvas, which: Qt.Key, held=PLAIN) -> None:
    QTest.keyClick(canvas, which, held)


class Pen:
    """A pen with pressure and tilt."""

    def __init__(self, canvas: Canvas, eraser: bool = False) -> None:
        kinds = QPointingDevice.PointerType
        self._canvas = canvas
        self._device = QPointingDevice(
            "pen",
            7,
            QInputDevice.DeviceType.Stylus,
            kinds.Eraser if eraser else kinds.Pen,
            QInputDevice.Capability.Pressure | QInputDevice.Capability.XTilt,
            1,
            1,
            "",
            QPointingDeviceUniqueId(),
        )

    def send(self, kind: QEvent.Type, place: Place, pressure: float, tilt: Place = (0.0, 0.0)) -> bool:
        """Send one event; whether it was accepted."""
        where = at(self._canvas, place)
        up = kind == QEvent.Type.TabletRelease
        event = QTabletEvent(
            kind,
            self._device,
            where,
            self._canvas.mapToGlobal(where),
            pressure,
            tilt[0],
            tilt[1],
            0.0,
            0.0,
            0.0,
            PLAIN,
            NONE if kind == QEvent.Type.TabletMove else LEFT,
            NONE if up else LEFT,
        )
        QApplication.sendEvent(self._canvas, event)
        return event.isAccepted()

    def barrel(self, kind: QEvent.Type, place: Place, pressure: float) -> None:
        """Send a press or a release of the button on the pen while its tip is down."""
        where = at(self._canvas, place)
        right = Qt.MouseButton.RightButton
        held = LEFT | right if kind == QEvent.Type.TabletPress else LEFT
        event = QTabletEvent(
            kind, self._device, where, self._canvas.mapToGlobal(where),
            pressure, 0.0, 0.0, 0.0, 0.0, 0.0, PLAIN, right, held,
        )  # fmt: skip
        QApplication.sendEvent(self._canvas, event)

    def draw(self, strokes: Iterable[tuple[Place, float]], tilt: Place = (0.0, 0.0)) -> None:
        """One stroke over places with their pressures."""
        first, *others = list(strokes)
        self.send(QEvent.Type.TabletPress, *first, tilt)
        for place, pressure in others:
            self.send(QEvent.Type.TabletMove, place, pressure, tilt)
        self.send(QEvent.Type.TabletRelease, (others or [first])[-1][0], 0.0, tilt)


def box_of(mask: np.ndarray) -> Box:
    """The smallest box around everything marked."""
    rows, columns = np.nonzero(mask >= 128)
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
