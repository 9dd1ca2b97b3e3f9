"""The whole picture, small, with a frame around what the canvas shows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from restorer.editing.document import Document
from restorer.tiles import Box
from ui.canvas.canvas import Canvas
from ui.canvas.input import WHEEL_NOTCH
from ui.canvas.painting import Buffer, Overlay, level_size
from ui.canvas.picture_view import ZOOM_STEP
from ui.canvas.scene import Scene
from ui.canvas.viewport import level_for

FRAME_SECONDS = 0.004


class Navigator(QWidget):
    """Shows where in the picture one is; click or drag to go elsewhere, wheel to zoom.

    Args:
        canvas: whose view is shown and moved.
        parent: widget.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._buffer: Buffer | None = None
        self._scene: Scene | None = None
        self._refine = QTimer(self)
        self._refine.setSingleShot(True)
        self._refine.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(120, 90)
        self.setAccessibleName(self.tr("Navigator"))
        self.setToolTip(self.tr("Click or drag to move the view"))
        canvas.view_changed.connect(self.update)
        canvas.picture_changed.connect(self._on_picture)

    def sizeHint(self) -> QSize:
        return QSize(220, 165)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            if self._canvas.document is not None:
                self._paint(painter, self._canvas.document)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, document: Document) -> None:
        self._take_scene()
        scale, place = self._place()
        level = level_for(scale * self.devicePixelRatioF())
        rows, columns = level_size(document.source, level)
        assert self._buffer is not None
        plain = Overlay(QColor(), QColor(), shown=False)
        finished = self._buffer.prepare(level, Box(0, 0, rows, columns), plain, FRAME_SECONDS)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.save()
        painter.setClipRect(place)
        painter.translate(place.topLeft())
        painter.scale(scale * (1 << level), scale * (1 << level))
        self._buffer.draw(painter)
        painter.restore()
        self._paint_frame(painter, place, scale)
        if not finished and not self._refine.isActive():
            self._refine.start(0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._canvas.set_zoom(self._canvas.zoom * ZOOM_STEP ** (event.angleDelta().y() / WHEEL_NOTCH))
        event.accept()

    def _go(self, at: QPointF) -> None:
        if self._canvas.document is None:
            return
        scale, place = self._place()
        self._canvas.look_at((at.x() - place.x()) / scale, (at.y() - place.y()) / scale)

    def _take_scene(self) -> None:
        scene = self._canvas.scene
        if scene is not self._scene:
            self._scene = scene
            self._buffer = Buffer(scene.result_tiles) if scene is not None else None

    def _on_picture(self) -> None:
        self._take_scene()  # also while it cannot be seen: the one before holds a whole photograph
        if self._buffer is not None and self._scene is not None:
            self._buffer.picture_changed(frozenset(self._scene.result_tiles.surface.keys()))
        self.update()

    def _place(self) -> tuple[float, QRectF]:
        """Logical pixels for a picture pixel, and where the picture lies."""
        document = self._canvas.document
        assert document is not None
        scale = min((self.width() - 8) / document.width, (self.height() - 8) / document.height)
        scale = max(scale, 1e-4)
        width, height = document.width * scale, document.height * scale
        return scale, QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _paint_frame(self, painter: QPainter, place: QRectF, scale: float) -> None:
        viewport = self._canvas.viewport
        pane = viewport.pane
        corners = [
            viewport.to_image(p)
            for p in (pane.topLeft(), pane.topRight(), pane.bottomRight(), pane.bottomLeft())
        ]
        frame = QPainterPath()
        frame.addPolygon(
            QPolygonF([QPointF(place.x() + x * scale, place.y() + y * scale) for x, y in corners])
        )
        frame.closeSubpath()
        whole = QPainterPath()
        whole.addRect(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(whole.subtracted(frame), QColor(0, 0, 0, 110))
        seen = frame.intersected(whole)
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(seen)
