"""What can be set for the tools: the brush, the whole mask, how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer.brush import SIZE_MAX, SIZE_MIN
from restorer.mask_ops import cleared, grown, inverted, shrunk
from restorer.surface import Surface
from ui.canvas import Canvas

GROW_PX = 2
SLIDER_STEPS = 200


class ToolOptions(QWidget):
    """Size and hardness of the brush, grow, shrink, invert and clear, colour and opacity of the overlay.

    Args:
        canvas: whose settings these are.
        parent: widget.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        layout = QVBoxLayout(self)
        layout.addLayout(self._brush_rows())
        layout.addLayout(self._mask_rows())
        layout.addLayout(self._overlay_rows())
        layout.addStretch(1)
        canvas.brush_changed.connect(self._show_brush)
        canvas.overlay_changed.connect(self._show_overlay)
        self._show_brush()
        self._show_overlay()

    def change_mask(self, label: str, change: Callable[[Surface], Surface]) -> bool:
        """Replace the whole mask as one step of the history; False if nothing changed."""
        document = self._canvas.document
        if document is None or document.editing:
            return False
        steps = len(document.history)
        with document.edit(label) as tx:
            tx.put("mask", change(document.surfaces["mask"]))
        return len(document.history) > steps

    def grow(self) -> bool:
        """Grow the mask by the radius that is set."""
        radius = self._radius.value()
        return self.change_mask(self.tr("Grow mask"), lambda mask: grown(mask, radius))

    def shrink(self) -> bool:
        """Shrink the mask by the radius that is set."""
        radius = self._radius.value()
        return self.change_mask(self.tr("Shrink mask"), lambda mask: shrunk(mask, radius))

    def invert(self) -> bool:
        """Swap what is marked and what is not."""
        return self.change_mask(self.tr("Invert mask"), inverted)

    def clear(self) -> bool:
        """Unmark everything."""
        return self.change_mask(self.tr("Clear mask"), cleared)

    # --- rows

    def _brush_rows(self) -> QGridLayout:
        self._size = QDoubleSpinBox()
        self._size.setRange(SIZE_MIN, SIZE_MAX)
        self._size.setDecimals(0)
        self._size.setSuffix(self.tr(" px"))
        self._size_slider = _slider(0, SLIDER_STEPS)
        self._hardness = QSpinBox()
        self._hardness.setRange(0, 100)
        self._hardness.setSingleStep(10)
        self._hardness.setSuffix(" %")
        self._hardness_slider = _slider(0, 100)
        self._size.valueChanged.connect(self._set_size)
        self._size_slider.valueChanged.connect(self._slide_size)
        self._hardness.valueChanged.connect(self._set_hardness)
        self._hardness_slider.valueChanged.connect(self._set_hardness)
        grid = QGridLayout()
        rows = (
            (self.tr("Si&ze"), self._size_slider, self._size, self.tr("Diameter of the brush ([ and ])")),
            (
                self.tr("&Hardness"),
                self._hardness_slider,
                self._hardness,
                self.tr("How sharp its edge is (Shift+[ and Shift+])"),
            ),
        )
        for row, (text, slider, box, tip) in enumerate(rows):
            _add_row(grid, row, text, slider, box, tip)
        return grid

    def _mask_rows(self) -> QGridLayout:
        grid = QGridLayout()
        self._radius = QSpinBox()
        self._radius.setRange(1, 64)
        self._radius.setValue(GROW_PX)
        self._radius.setSuffix(self.tr(" px"))
        self._radius.setAccessibleName(self.tr("By how much the mask grows or shrinks"))
        self._radius.setToolTip(self.tr("By how much the mask grows or shrinks"))
        buttons = (
            (self.tr("&Grow"), self.grow, self.tr("A wider rim around everything marked")),
            (self.tr("S&hrink"), self.shrink, self.tr("A narrower rim")),
            (self.tr("In&vert"), self.invert, self.tr("Mark what is not marked, and the other way round")),
            (self.tr("C&lear"), self.clear, self.tr("Unmark everything")),
        )
        for i, (text, act, tip) in enumerate(buttons):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.clicked.connect(act)
            grid.addWidget(button, i // 2, i % 2)
        grid.addWidget(self._radius, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _overlay_rows(self) -> QGridLayout:
        self._shown = QCheckBox(self.tr("Sh&ow mask"))
        self._shown.toggled.connect(lambda shown: setattr(self._canvas, "show_overlay", shown))
        self._opacity = QSpinBox()
        self._opacity.setRange(0, 100)
        self._opacity.setSingleStep(10)
        self._opacity.setSuffix(" %")
        self._opacity_slider = _slider(0, 100)
        self._opacity.valueChanged.connect(self._set_opacity)
        self._opacity_slider.valueChanged.connect(self._set_opacity)
        self._colour = self._swatch(self.tr("Colour of the mask"), "overlay_colour")
        self._protect = self._swatch(self.tr("Colour of protected places"), "protect_colour")
        line = QHBoxLayout()
        line.addWidget(self._shown)
        line.addStretch(1)
        line.addWidget(self._colour)
        line.addWidget(self._protect)
        grid = QGridLayout()
        grid.addLayout(line, 0, 0, 1, 3)
        tip = self.tr("How much of the picture the mask hides")
        _add_row(grid, 1, self.tr("O&pacity"), self._opacity_slider, self._opacity, tip)
        return grid

    def _swatch(self, tip: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: self._choose(tip, name))
        return button

    def _choose(self, title: str, name: str) -> None:
        colour = QColorDialog.getColor(getattr(self._canvas, name), self, title)
        if colour.isValid():
            setattr(self._canvas, name, colour)

    # --- both ways

    def _set_size(self, size: float) -> None:
        self._canvas.brush_size = size

    def _slide_size(self, step: int) -> None:
        self._canvas.brush_size = round(SIZE_MAX ** (step / SLIDER_STEPS))  # as fine for small as for large

    def _set_hardness(self, percent: int) -> None:
        self._canvas.brush_hardness = percent / 100

    def _set_opacity(self, percent: int) -> None:
        self._canvas.overlay_opacity = percent / 100

    def _show_brush(self) -> None:
        size, hardness = self._canvas.brush_size, round(self._canvas.brush_hardness * 100)
        step = round(SLIDER_STEPS * _log(size) / _log(SIZE_MAX))
        _put((self._size, size), (self._size_slider, step))
        _put((self._hardness, hardness), (self._hardness_slider, hardness))

    def _show_overlay(self) -> None:
        percent = round(self._canvas.overlay_opacity * 100)
        _put((self._opacity, percent), (self._opacity_slider, percent))
        with QSignalBlocker(self._shown):
            self._shown.setChecked(self._canvas.show_overlay)
        self._colour.setIcon(_swatch_icon(self._canvas.overlay_colour, Qt.BrushStyle.SolidPattern))
        self._protect.setIcon(_swatch_icon(self._canvas.protect_colour, Qt.BrushStyle.BDiagPattern))


def _slider(low: int, high: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setMinimumWidth(80)
    return slider


def _add_row(
    grid: QGridLayout, row: int, text: str, slider: QSlider, box: QSpinBox | QDoubleSpinBox, tip: str
) -> None:
    label = QLabel(text)
    label.setBuddy(box)
    for widget in (label, slider, box):
        widget.setToolTip(tip)
        widget.setAccessibleName(text.replace("&", ""))
    grid.addWidget(label, row, 0)
    grid.addWidget(slider, row, 1)
    grid.addWidget(box, row, 2)
    grid.setColumnStretch(1, 1)


def _put(*pairs: tuple[QSpinBox | QDoubleSpinBox | QSlider, float]) -> None:
    """Show values without sending them back."""
    for widget, value in pairs:
        with QSignalBlocker(widget):
            widget.setValue(value)  # type: ignore[arg-type]


def _log(value: float) -> float:
    return math.log(max(value, 1.0))


def _swatch_icon(colour: QColor, pattern: Qt.BrushStyle) -> QIcon:
    pixmap = QPixmap(18, 18)
    pixmap.fill(QColor(250, 250, 250))
    painter = QPainter(pixmap)
    painter.fillRect(0, 0, 18, 18, colour.lighter(150) if pattern != Qt.BrushStyle.SolidPattern else colour)
    if pattern != Qt.BrushStyle.SolidPattern:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for i in range(-18, 18, 8):
            painter.setPen(colour.darker(120))
            for k in range(3):
                painter.drawLine(i + k, 18, i + 18 + k, 0)
    painter.setPen(QColor(0, 0, 0, 120))
    painter.drawRect(0, 0, 17, 17)
    painter.end()
    return QIcon(pixmap)
