"""What a pointer does on the canvas: the protocol of tools, and those that paint with a brush."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QKeyEvent, QPainter, QPainterPath, QPen, QRegion

from restorer.editing.brush import Mark, Mode, Patch, Stroke, StrokePoint, Sweep, merge
from restorer.editing.document import Document
from restorer.tiles import Box
from ui.canvas.brush_view import BrushView, SurfaceName
from ui.canvas.viewport import Viewport

LARGE_PX = 200.0
translate = QCoreApplication.translate


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is and what is held.

    Attributes:
        x: column, continuous picture pixels; may lie outside of the picture.
        y: row.
        at: in the widget, logical pixels.
        pressure: of the pen 0..1; a mouse has 1.
        tilt_x: of the pen in degrees.
        tilt_y: of the pen in degrees.
        eraser: the other end of the pen.
        shift: the key is held.
        alt: the key is held.
    """

    x: float
    y: float
    at: QPointF
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    eraser: bool = False
    shift: bool = False
    alt: bool = False

    @property
    def stroke_point(self) -> StrokePoint:
        """As a point of a stroke."""
        return StrokePoint(self.x, self.y, self.pressure, self.tilt_x, self.tilt_y)

    @property
    def erases(self) -> bool:
        """Whether it takes away, by the Alt key or the pen's eraser."""
        return self.alt or self.eraser


class MaskEdit:
    """One step of the history that draws marks on a mask, from the press of a button to its release."""

    def __init__(self, document: Document, surface: SurfaceName, label: str) -> None:
        self._document = document
        self._name: SurfaceName = surface
        self._transaction = document.begin(label)

    def apply(self, patches: Iterable[Patch], mode: Mode) -> None:
        """Merge coverage into the mask; it shows at once."""
        surface = self._document.surfaces[self._name]
        for box, coverage in patches:
            inner = Box(
                max(box.y0, 0), max(box.x0, 0), min(box.y1, surface.height), min(box.x1, surface.width)
            )
            if inner.height > 0 and inner.width > 0:
                new = merge(surface.read(inner), coverage[inner.inside(box)], mode)
                self._transaction.patch(self._name, inner, new)

    def commit(self) -> bool:
        """Make it a step."""
        return self._document.commit()

    def rollback(self) -> None:
        """Take it back."""
        self._document.rollback()


class Tool:
    """What the canvas hands its events to. Methods do nothing here; tools override what they need.

    A drag is one transaction of the document, from `press` to `release`; `cancel` takes it back.
    """

    id = ""
    name = ""
    help = ""

    def __init__(self, canvas: BrushView) -> None:
        self.canvas = canvas

    @property
    def title(self) -> str:
        """Name, for buttons and the history, in the user's language."""
        return translate("Tools", self.name)

    @property
    def hint(self) -> str:
        """What can be done, one line in the user's language."""
        return translate("Tools", self.help)

    @property
    def active(self) -> bool:
        """Whether something was begun that Esc would take back."""
        return False

    def cursor(self) -> QCursor:
        """The system's cursor over the canvas."""
        return QCursor(Qt.CursorShape.CrossCursor)

    def press(self, pointer: Pointer) -> None:
        """The main button went down."""

    def move(self, pointer: Pointer) -> None:
        """The pointer moved with the button held."""

    def release(self, pointer: Pointer) -> None:
        """The button went up."""

    def hover(self, pointer: Pointer | None) -> None:
        """The pointer moved with no button held; None: it left."""

    def double_click(self, pointer: Pointer) -> None:
        """Second press of a double click."""
        self.press(pointer)

    def key(self, event: QKeyEvent) -> bool:
        """A key; True if it was for this tool."""
        return False

    def cancel(self) -> None:
        """Take back what was begun."""

    def forget(self) -> None:
        """Let go of the photograph: another one is shown, or none."""

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw over the picture, in the widget's coordinates."""

    def footprint(self, viewport: Viewport) -> QRegion:
        """What `paint` covers; painted again when the pointer moves."""
        return QRegion()


class Pan(Tool):
    """Moves the picture."""

    id = "pan"

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._last: QPointF | None = None

    name = QT_TRANSLATE_NOOP("Tools", "Pan")
    help = QT_TRANSLATE_NOOP("Tools", "Drag to move the picture; wheel to zoom.")

    @property
    def active(self) -> bool:
        return self._last is not None

    def cursor(self) -> QCursor:
        held = self._last is not None
        return QCursor(Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.OpenHandCursor)

    def press(self, pointer: Pointer) -> None:
        self._last = pointer.at
        self.canvas.update_cursor()

    def move(self, pointer: Pointer) -> None:
        if self._last is not None:
            self.canvas.pan_by(pointer.at - self._last)
            self._last = pointer.at

    def release(self, pointer: Pointer) -> None:
        self._last = None
        self.canvas.update_cursor()

    def cancel(self) -> None:
        self._last = None
        self.canvas.update_cursor()


class Brush(Tool):
    """Paints on a mask; Shift-click draws a straight line from the last point, Alt erases."""

    id = "brush"
    surface: SurfaceName = "mask"
    always_erases = False

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._edit: MaskEdit | None = None
        self._sweep: Sweep | None = None
        self._mode: Mode = "add"
        self._points: list[StrokePoint] = []
        self._straight = False
        self._last: StrokePoint | None = None
        self._hover: Pointer | None = None

    name = QT_TRANSLATE_NOOP("Tools", "Brush")
    help = QT_TRANSLATE_NOOP("Tools", "Drag to mark damage; Alt erases, Shift-click draws a straight line.")

    @property
    def label(self) -> str:
        """Name of the step in the history."""
        if self._mode == "erase":
            return translate("Tools", "Erase")
        return translate("Tools", "Brush stroke")

    @property
    def active(self) -> bool:
        return self._edit is not None

    def cursor(self) -> QCursor:
        small = self.canvas.brush_size * self.canvas.zoom < 6
        return QCursor(Qt.CursorShape.CrossCursor if small else Qt.CursorShape.BlankCursor)

    def press(self, pointer: Pointer) -> None:
        document = self.canvas.document
        if document is None or document.editing:
            return
        self._mode = "erase" if self.always_erases or pointer.erases else "add"
        start = self._last if pointer.shift else None
        self._straight = start is not None
        self._edit = MaskEdit(document, self.surface, self.label)
        size, hardness, picture = self.canvas.brush_size, self.canvas.brush_hardness, document.source.box
        self._sweep = Sweep(size, hardness, self._straight, picture)
        self._points = []
        if start is not None:
            self._add(start)
        self._hover = pointer
        self._add(pointer.stroke_point)

    def move(self, pointer: Pointer) -> None:
        self._hover = pointer
        if self._edit is not None and not self._straight:
            self._add(pointer.stroke_point)

    def release(self, pointer: Pointer) -> None:
        if self._edit is None:
            return
        edit, self._edit = self._edit, None
        assert self._sweep is not None
        changed = edit.commit()
        self._last = self._points[-1]
        if changed:  # the brush may be another one by now
            size, hardness = self._sweep.size, self._sweep.hardness
            self.canvas.tell_mark(
                self.surface, Stroke(tuple(self._points), size, hardness, self._mode, self._straight)
            )
        self._points = []

    def hover(self, pointer: Pointer | None) -> None:
        self._hover = pointer

    def forget(self) -> None:
        self._last = None

    def cancel(self) -> None:
        if self._edit is not None:
            edit, self._edit = self._edit, None
            edit.rollback()
        self._points = []

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        hover = self._hover
        if hover is None:
            return
        at = viewport.to_widget(hover.x, hover.y)  # in every pane, also where the pointer is not
        start = self._last if hover.shift else None
        if start is not None and not self.active:
            draw_twice(painter, _line(viewport.to_widget(start.x, start.y), at))
        radius = self._radius(viewport)
        if radius >= 2:
            # Smoothing a circle as large as the window takes longer than everything else in it.
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, radius < LARGE_PX)
            circle = QPainterPath()
            circle.addEllipse(at, radius, radius)
            draw_twice(painter, circle, dashed=self.always_erases or hover.erases)
        if radius >= 12:
            cross = _line(at - QPointF(3, 0), at + QPointF(3, 0))
            cross.addPath(_line(at - QPointF(0, 3), at + QPointF(0, 3)))
            draw_twice(painter, cross)

    def footprint(self, viewport: Viewport) -> QRegion:
        hover = self._hover
        if hover is None:
            return QRegion()
        at = viewport.to_widget(hover.x, hover.y)
        outer, inner = self._radius(viewport) + 3, (self._radius(viewport) - 3) * 0.7
        region = QRegion(_square(at, outer))
        if inner > 12:
            region = region.subtracted(QRegion(_square(at, inner)))
            region = region.united(QRegion(_square(at, 6)))
        start = self._last if hover.shift else None
        if start is not None:
            line = QRectF(viewport.to_widget(start.x, start.y), at).normalized()
            region = region.united(QRegion(line.adjusted(-3, -3, 3, 3).toAlignedRect()))
        return region

    def _add(self, point: StrokePoint) -> None:
        assert self._edit is not None and self._sweep is not None
        self._points.append(point)
        self._edit.apply(self._sweep.add(point), self._mode)

    def _radius(self, viewport: Viewport) -> float:
        if self._edit is None or self._sweep is None or self._hover is None:
            return self.canvas.brush_size * viewport.scale / 2
        return self._sweep.size * self._hover.pressure * viewport.scale / 2


class Eraser(Brush):
    """Takes away from the mask."""

    id = "eraser"
    always_erases = True

    name = QT_TRANSLATE_NOOP("Tools", "Eraser")
    help = QT_TRANSLATE_NOOP("Tools", "Drag to unmark; Shift-click erases a straight line.")


class Protect(Brush):
    """Marks what must never be filled."""

    id = "protect"
    surface: SurfaceName = "protect"

    name = QT_TRANSLATE_NOOP("Tools", "Protect")
    help = QT_TRANSLATE_NOOP(
        "Tools", "Drag over faces, captions, signatures: they are never filled. Alt erases."
    )

    @property
    def label(self) -> str:
        if self._mode == "erase":
            return translate("Tools", "Unprotect")
        return translate("Tools", "Protect")


def draw_twice(painter: QPainter, path: QPainterPath, dashed: bool = False) -> None:
    """A light line on a dark one: seen on any picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 190), 2.5))
    painter.drawPath(path)
    light = QPen(QColor(255, 255, 255), 1.2)
    if dashed:
        light.setDashPattern([4, 3])
    painter.setPen(light)
    painter.drawPath(path)


def apply_mark(document: Document, surface: SurfaceName, mark: Mark, label: str) -> bool:
    """Draw a whole mark as one step; False if it changed nothing."""
    edit = MaskEdit(document, surface, label)
    try:
        edit.apply(mark.patches(document.source.box), mark.mode)
    except BaseException:
        edit.rollback()
        raise
    return edit.commit()


def _line(a: QPointF, b: QPointF) -> QPainterPath:
    path = QPainterPath(a)
    path.lineTo(b)
    return path


def _square(middle: QPointF, half: float) -> QRect:
    return QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half).toAlignedRect()
