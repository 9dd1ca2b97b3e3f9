"""The verdict as a picture: what was gained and how sure that is, on one line from worse to better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import ThemeManager

if TYPE_CHECKING:
    from training.measuring.verdict import Comparison

ROW, TOP, BOTTOM = 74, 30, 34
Align = Qt.AlignmentFlag


@dataclass(frozen=True)
class Row:
    """One line: what was measured, in the user's words, and the figures."""

    title: str
    told: Comparison


class IntervalChart(QWidget):
    """A bar from no change to the mean gain, and a bracket over where the true gain lies 95 times of 100.

    Args:
        theme: colours.
    """

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme
        self.rows: list[Row] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_rows(self, rows: list[Row]) -> None:
        """Show other comparisons."""
        self.rows = rows
        self.setAccessibleName(self.tr("Gain and its interval"))
        self.setAccessibleDescription("\n".join(f"{r.title}: {figures(r.told)}" for r in rows))
        self.setToolTip(self.accessibleDescription())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, TOP + ROW * max(1, len(self.rows)) + BOTTOM)

    def minimumSizeHint(self) -> QSize:
        return QSize(380, self.sizeHint().height())

    def _reach(self) -> float:
        ends = [abs(v) for r in self.rows for v in (r.told.low, r.told.high, r.told.least, r.told.gain)]
        return max([*ends, 1e-3]) * 1.15

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if not self.rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 12.0
        area = QRectF(left, TOP, self.width() - 2 * left, ROW * len(self.rows))
        self._paint_ground(painter, area)
        for number, row in enumerate(self.rows):
            self._paint_row(painter, area, TOP + number * ROW, row)
        self._paint_axis(painter, area)

    def _x(self, area: QRectF, value: float) -> float:
        return area.center().x() + value / self._reach() * area.width() / 2

    def _paint_ground(self, painter: QPainter, area: QRectF) -> None:
        colours = self._theme.colours
        painter.setPen(Qt.PenStyle.NoPen)
        worse, better = QColor(colours.danger), QColor(colours.good)
        for colour, x in ((worse, area.left()), (better, area.center().x())):
            colour.setAlpha(22)
            painter.setBrush(colour)
            painter.drawRect(QRectF(x, area.top(), area.width() / 2, area.height()))
        painter.setPen(QColor(colours.muted))
        head = QRectF(area.left(), 4, area.width(), TOP - 8)
        painter.drawText(head, Align.AlignLeft | Align.AlignVCenter, self.tr("◀ worse"))
        painter.drawText(head, Align.AlignHCenter | Align.AlignVCenter, self.tr("no change"))
        painter.drawText(head, Align.AlignRight | Align.AlignVCenter, self.tr("better ▶"))

    def _paint_row(self, painter: QPainter, area: QRectF, top: float, row: Row) -> None:
        colours, told = self._theme.colours, row.told
        good = told.accepted and (told.least < 0 or told.low > 0)
        tone = QColor(
            colours.good if good else colours.danger if told.gain < min(told.least, 0) else colours.warning
        )
        painter.setPen(QColor(colours.text))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        text = QRectF(area.left() + 8, top + 4, area.width() - 16, 22)
        painter.drawText(text, Align.AlignLeft | Align.AlignVCenter, row.title)
        painter.setFont(self.font())
        painter.drawText(text, Align.AlignRight | Align.AlignVCenter, figures(told))
        middle, zero, end = top + 48, self._x(area, 0), self._x(area, told.gain)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.drawRoundedRect(
            QRectF(QPointF(min(zero, end), middle - 9), QPointF(max(zero, end), middle + 9)), 2, 2
        )
        painter.setPen(QPen(QColor(colours.text), 2))
        low, high = self._x(area, told.low), self._x(area, told.high)
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        for x in (low, high):
            painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6))
        painter.setPen(QPen(QColor(colours.muted), 1.5, Qt.PenStyle.DotLine))
        least = self._x(area, told.least)
        painter.drawLine(QPointF(least, middle - 16), QPointF(least, middle + 16))

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        colours = self._theme.colours
        painter.setPen(QPen(QColor(colours.text), 1.5))
        zero = area.center().x()
        painter.drawLine(QPointF(zero, area.top()), QPointF(zero, area.bottom()))
        painter.setPen(QColor(colours.muted))
        below = QRectF(area.left(), area.bottom() + 6, area.width(), 22)
        text = self.tr(
            "Bar: mean gain.  ├──┤ 95 of 100 times the true gain lies here.  Dotted: what is needed."
        )
        painter.drawText(below, Align.AlignLeft | Align.AlignVCenter, text)


def figures(told: Comparison) -> str:
    """ "24.10 → 24.52 dB (+0.42)"."""
    locale, digits = QLocale(), 2 if told.unit else 3
    before, after = (locale.toString(v, "f", digits) for v in (told.before, told.after))
    sign = "+" if told.gain >= 0 else "−"
    gain = locale.toString(abs(told.gain), "f", digits)
    return f"{before} → {after} {told.unit}".rstrip() + f"  ({sign}{gain})"
