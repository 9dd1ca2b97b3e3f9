"""Before and after: which panes there are, and the slider between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

CompareMode = Literal["off", "split", "side", "original"]
MODES: tuple[CompareMode, ...] = ("off", "split", "side", "original")
GRIP_PX = 14.0
REACH_PX = 8.0
GAP_PX = 2.0


@dataclass(frozen=True)
class Pane:
    """A part of the widget that shows the picture.

    Attributes:
        rect: what the view is centred in.
        clip: what is drawn of it.
        before: the source instead of the result.
    """

    rect: QRectF
    clip: QRectF
    before: bool


def panes(mode: CompareMode, area: QRectF, split: float) -> list[Pane]:
    """The panes of a mode in `area`; `split` 0..1 is where the slider stands."""
    if mode == "split":
        x = area.left() + split * area.width()
        left = QRectF(area.left(), area.top(), x - area.left(), area.height())
        right = QRectF(x, area.top(), area.right() - x, area.height())
        return [Pane(area, right, False), Pane(area, left, True)]
    if mode == "side":
        half = (area.width() - GAP_PX) / 2
        left = QRectF(area.left(), area.top(), half, area.height())
        right = QRectF(area.left() + half + GAP_PX, area.top(), half, area.height())
        return [Pane(right, right, False), Pane(left, left, True)]
    return [Pane(area, area, mode == "original")]


def on_slider(area: QRectF, split: float, at: QPointF) -> bool:
    """Whether `at` is near enough to the slider to drag it."""
    return abs(at.x() - (area.left() + split * area.width())) <= REACH_PX


def draw_slider(painter: QPainter, area: QRectF, split: float) -> None:
    """The line between before and after, with a grip; a dark line on a light one is seen on any picture."""
    x = area.left() + split * area.width()
    top, bottom, middle = area.top(), area.bottom(), area.center().y()
    for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    painter.setPen(QPen(QColor(0, 0, 0, 160), 1.5))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(QPointF(x, middle), GRIP_PX, GRIP_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(40, 40, 40))
    for side in (-1, 1):
        tip = x + side * 9
        base = x + side * 4
        painter.drawPolygon(
            QPolygonF([QPointF(tip, middle), QPointF(base, middle - 5), QPointF(base, middle + 5)])
        )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_labels(painter: QPainter, shown: list[Pane]) -> None:
    """Name the panes in their upper corners: before at the left, after at the right."""
    for pane in shown:
        text = QCoreApplication.translate("Compare", "Before") if pane.before else ""
        text = text or QCoreApplication.translate("Compare", "After")
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 16.0, metrics.height() + 8.0
        if pane.clip.width() < width + 24:
            continue
        left = pane.clip.left() + 12 if pane.before else pane.clip.right() - 12 - width
        plate = QRectF(left, pane.clip.top() + 12, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
        painter.setBrush(Qt.BrushStyle.NoBrush)
