"""Tools that draw one shape: line, lasso and polygon, rectangle."""

from __future__ import annotations

import math

from PySide6.QtCore import QT_TRANSLATE_NOOP, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPainterPathStroker, QPen, QPolygonF, QRegion

from restorer.editing.brush import Mark, Mode, Polygon, Rectangle, Stroke, StrokePoint, rectangle_between
from ui.canvas.brush_view import BrushView
from ui.canvas.tools import Pointer, Tool, apply_mark, draw_twice
from ui.canvas.viewport import Viewport

DRAG_PX = 4.0  # a press that moves less than this is a click
CLOSE_PX = 8.0
SNAP_DEGREES = 15.0
Corner = tuple[float, float]


class Shape(Tool):
    """A shape that becomes one step of the history when it is finished; Alt takes it away from the mask."""

    label = ""

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._mode: Mode = "add"
        self._painted = QRegion()

    def draw(self, mark: Mark) -> None:
        """Put a finished mark on the mask."""
        document = self.canvas.document
        if document is None or document.editing:
            return
        if apply_mark(document, "mask", mark, self.title):
            self.canvas.tell_mark("mask", mark)

    def outline(self, viewport: Viewport) -> QPainterPath:
        """What is drawn of the unfinished shape."""
        return QPainterPath()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        draw_twice(painter, self.outline(viewport), dashed=self._mode == "erase")

    def footprint(self, viewport: Viewport) -> QRegion:
        path = self.outline(viewport)
        if path.isEmpty():
            return QRegion()
        return QRegion(path.boundingRect().adjusted(-4, -4, 4, 4).toAlignedRect())


class Line(Shape):
    """A straight line as wide as the brush; Shift keeps to steps of 15 degrees."""

    id = "line"
    name = QT_TRANSLATE_NOOP("Tools", "Line")
    help = QT_TRANSLATE_NOOP("Tools", "Drag along a straight scratch; Shift keeps to 15°, Alt erases.")

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._from: Corner | None = None
        self._to: Corner = (0.0, 0.0)

    @property
    def active(self) -> bool:
        return self._from is not None

    def press(self, pointer: Pointer) -> None:
        self._from = self._to = (pointer.x, pointer.y)
        self._mode = "erase" if pointer.erases else "add"

    def move(self, pointer: Pointer) -> None:
        if self._from is None:
            return
        self._to = (pointer.x, pointer.y)
        if pointer.shift:
            dx, dy = pointer.x - self._from[0], pointer.y - self._from[1]
            step = math.radians(SNAP_DEGREES)
            angle = round(math.atan2(dy, dx) / step) * step
            length = math.hypot(dx, dy)
            self._to = (self._from[0] + length * math.cos(angle), self._from[1] + length * math.sin(angle))

    def release(self, pointer: Pointer) -> None:
        if self._from is None:
            return
        self.move(pointer)
        points = (StrokePoint(*self._from), StrokePoint(*self._to))
        self._from = None
        self.draw(
            Stroke(points, self.canvas.brush_size, self.canvas.brush_hardness, self._mode, straight=True)
        )

    def cancel(self) -> None:
        self._from = None

    def outline(self, viewport: Viewport) -> QPainterPath:
        path = QPainterPath()
        if self._from is None:
            return path
        a, b = viewport.to_widget(*self._from), viewport.to_widget(*self._to)
        if a == b:
            radius = self.canvas.brush_size * viewport.scale / 2
            path.addEllipse(a, radius, radius)
            return path
        stroker = QPainterPathStroker()
        stroker.setWidth(self.canvas.brush_size * viewport.scale)
        stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
        path.moveTo(a)
        path.lineTo(b)
        return stroker.createStroke(path)


class RectangleTool(Shape):
    """A rectangle of whole pixels."""

    id = "rectangle"
    name = QT_TRANSLATE_NOOP("Tools", "Rectangle")
    help = QT_TRANSLATE_NOOP("Tools", "Drag from corner to corner; Shift makes a square, Alt erases.")

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._from: Corner | None = None
        self._mark: Rectangle | None = None

    @property
    def active(self) -> bool:
        return self._from is not None

    def press(self, pointer: Pointer) -> None:
        self._mode = "erase" if pointer.erases else "add"
        self._from = (pointer.x, pointer.y)
        self._mark = None

    def move(self, pointer: Pointer) -> None:
        if self._from is None:
            return
        x, y = pointer.x, pointer.y
        if pointer.shift:
            side = max(abs(x - self._from[0]), abs(y - self._from[1]))
            x = self._from[0] + math.copysign(side, x - self._from[0])
            y = self._from[1] + math.copysign(side, y - self._from[1])
        self._mark = rectangle_between(*self._from, x, y, self._mode)

    def release(self, pointer: Pointer) -> None:
        if self._from is None:
            return
        mark, self._from, self._mark = self._mark, None, None
        if mark is not None:
            self.draw(mark)

    def cancel(self) -> None:
        self._from = self._mark = None

    def outline(self, viewport: Viewport) -> QPainterPath:
        path = QPainterPath()
        if self._mark is not None:
            box = self._mark.box
            corners = ((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1))
            path.addPolygon(QPolygonF([viewport.to_widget(x, y) for x, y in corners]))
            path.closeSubpath()
        return path


class Lasso(Shape):
    """Drag to draw freely, click to set corners, or both; a double click, Enter or a click on the first
    corner closes."""

    id = "lasso"
    name = QT_TRANSLATE_NOOP("Tools", "Lasso")
    help = QT_TRANSLATE_NOOP(
        "Tools",
        "Drag around the damage, or click corners and close with Enter or a double click; Alt erases.",
    )

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._corners: list[Corner] = []
        self._pressed: Pointer | None = None
        self._free = False
        self._clicks = False
        self._hover: Corner | None = None

    @property
    def active(self) -> bool:
        return bool(self._corners)

    def press(self, pointer: Pointer) -> None:
        if self._near_start(pointer):
            self._finish()
            return
        if not self._corners:
            self._mode = "erase" if pointer.erases else "add"
        self._pressed, self._free = pointer, False
        self._corners.append((pointer.x, pointer.y))

    def move(self, pointer: Pointer) -> None:
        if self._pressed is None:
            return
        away = pointer.at - self._pressed.at
        self._free = self._free or math.hypot(away.x(), away.y()) >= DRAG_PX
        if self._free:
            self._corners.append((pointer.x, pointer.y))

    def release(self, pointer: Pointer) -> None:
        if self._pressed is None:
            return
        self._pressed = None
        if self._free and not self._clicks:
            self._finish()
            return
        self._clicks = True
        self._hover = (pointer.x, pointer.y)

    def hover(self, pointer: Pointer | None) -> None:
        self._hover = (pointer.x, pointer.y) if pointer is not None and self._corners else None

    def double_click(self, pointer: Pointer) -> None:
        if self._corners:
            self._finish()
        else:
            self.press(pointer)

    def key(self, event: QKeyEvent) -> bool:
        if not self._corners:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
            return True
        if event.key() == Qt.Key.Key_Backspace and self._pressed is None:
            self._corners.pop()
            return True
        return False

    def cancel(self) -> None:
        self._corners, self._pressed, self._hover = [], None, None
        self._clicks = self._free = False

    def outline(self, viewport: Viewport) -> QPainterPath:
        path = QPainterPath()
        if not self._corners:
            return path
        corners = [*self._corners, *([self._hover] if self._hover is not None else [])]
        path.addPolygon(QPolygonF([viewport.to_widget(x, y) for x, y in corners]))
        if self._clicks:
            for x, y in self._corners:
                at = viewport.to_widget(x, y)
                path.addRect(QRectF(at.x() - 2.5, at.y() - 2.5, 5, 5))
        return path

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        super().paint(painter, viewport)
        if len(self._corners) > 1:  # the side that closing will add
            last = self._hover or self._corners[-1]
            painter.setPen(QPen(Qt.GlobalColor.white, 1, Qt.PenStyle.DotLine))
            painter.drawLine(viewport.to_widget(*last), viewport.to_widget(*self._corners[0]))

    def _near_start(self, pointer: Pointer) -> bool:
        if len(self._corners) < 3:
            return False
        first = self.canvas.viewport_at(pointer.at).to_widget(*self._corners[0]) - pointer.at
        return math.hypot(first.x(), first.y()) <= CLOSE_PX

    def _finish(self) -> None:
        corners = tuple(self._corners)
        mode = self._mode
        self.cancel()
        if len(corners) >= 3:
            self.draw(Polygon(corners, mode))
