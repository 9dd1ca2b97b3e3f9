"""A magnifying glass: what lies under the pointer, enlarged, before and after side by side."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from restorer.arrays import Bytes
from restorer.editing.surface import Surface
from restorer.tiles import Box
from ui.canvas.canvas import Canvas
from ui.canvas.display import Display

FACTORS = (2, 4, 8, 16)
LABEL_PX = 18


class Loupe(QWidget):
    """Follows the pointer over the canvas and shows single pixels; the wheel changes the magnification.

    Args:
        canvas: whose pointer is followed.
        parent: widget.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._at: tuple[int, int] | None = None
        self._factor = 4
        self._both = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(120, 90)
        self.setAccessibleName(self.tr("Loupe"))
        self.setToolTip(self.tr("What lies under the pointer, enlarged; the wheel changes how much"))
        canvas.cursor_moved.connect(self._on_cursor)
        canvas.picture_changed.connect(self.update)

    @property
    def magnification(self) -> int:
        """Device pixels for one picture pixel: 2, 4, 8 or 16."""
        return self._factor

    @magnification.setter
    def magnification(self, factor: int) -> None:
        self._factor = min(FACTORS, key=lambda f: abs(f - factor))
        self.update()

    @property
    def compares(self) -> bool:
        """Whether the source is shown beside the result."""
        return self._both

    @compares.setter
    def compares(self, both: bool) -> None:
        self._both = both
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        scene = self._canvas.scene
        if scene is None or self._at is None:
            painter.setPen(self.palette().placeholderText().color())
            text = self.tr("Move the pointer over the photograph")
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), int(flags), text)
            return
        result = scene.result_tiles.surface
        if not self._both:
            self._paint_half(painter, QRectF(self.rect()), result, scene.display, "")
            return
        half = (self.width() - 2) / 2
        before = QCoreApplication.translate("Compare", "Before")
        after = QCoreApplication.translate("Compare", "After")
        left = QRectF(0, 0, half, self.height())
        self._paint_half(painter, left, scene.document.source, scene.display, before)
        self._paint_half(painter, left.translated(half + 2, 0), result, scene.display, after)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turned = event.angleDelta().y()
        if turned:  # 0 of fingers that are put on a touch pad, or move sideways
            row = FACTORS.index(self._factor) + (1 if turned > 0 else -1)
            self.magnification = FACTORS[min(max(row, 0), len(FACTORS) - 1)]

    def _on_cursor(self, at: tuple[int, int] | None) -> None:
        if at is not None and at != self._at:  # stays where it was when the pointer leaves the canvas
            self._at = at
            self.update()
        if self._canvas.document is None:
            self._at = None
            self.update()

    def _paint_half(
        self, painter: QPainter, area: QRectF, surface: Surface, display: Display, label: str
    ) -> None:
        assert self._at is not None
        x, y = self._at
        step = self._factor / self.devicePixelRatioF()
        across, down = int(area.width() / step / 2) + 2, int(area.height() / step / 2) + 2
        box = Box(y - down, x - across, y + down + 1, x + across + 1).grown(0, surface.height, surface.width)
        if box.height <= 0 or box.width <= 0:
            return
        shown: Bytes = display.convert(surface.read(box))
        image = QImage(shown.data, box.width, box.height, box.width * 4, QImage.Format.Format_RGB32)
        painter.save()
        painter.setClipRect(area)
        painter.fillRect(area, QColor(60, 60, 60))
        middle = area.center()
        corner = QPointF(middle.x() + (box.x0 - x - 0.5) * step, middle.y() + (box.y0 - y - 0.5) * step)
        painter.drawImage(QRectF(corner.x(), corner.y(), box.width * step, box.height * step), image)
        pixel = QRectF(middle.x() - step / 2, middle.y() - step / 2, step, step)
        for colour, grow in ((QColor(0, 0, 0), 1.0), (QColor(255, 255, 255), 0.0)):
            painter.setPen(QPen(colour, 1))
            painter.drawRect(pixel.adjusted(-grow, -grow, grow, grow))
        if label:
            plate = QRectF(area.left(), area.bottom() - LABEL_PX, area.width(), LABEL_PX)
            painter.fillRect(plate, QColor(0, 0, 0, 150))
            painter.setPen(QColor(255, 255, 255))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, f"{label}  {self._factor * 100} %")
        painter.restore()
