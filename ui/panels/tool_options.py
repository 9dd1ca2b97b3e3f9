"""What can be set for the tools: the brush, the whole mask, how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from restorer.editing.brush import SIZE_MAX, SIZE_MIN
from restorer.editing.mask_ops import grown, inverted, shrunk
from restorer.editing.surface import Surface
from ui.canvas.canvas import Canvas
from ui.documents.recut import clear_mask
from ui.widgets import NumberField, Panel, SliderRow, button_for, heading, logarithmic, rule

GROW_PX = 2
SLIDER_STEPS = 200


class ToolOptions(Panel):
    """Size and hardness of the brush, how the mask is drawn, grow, shrink, invert and clear.

    Args:
        canvas: whose settings these are.
        actions: more that can be done with the whole mask.
        whole: those that grow, shrink, invert and clear it; their buttons can be pressed when they can.
        parent: widget.
    """

    def __init__(
        self,
        canvas: Canvas,
        actions: Sequence[QAction] = (),
        whole: Sequence[QAction] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._add_brush()
        self.column.addWidget(rule())
        self._add_overlay()
        self.column.addWidget(rule())
        for button, action in zip(self._add_mask(actions), whole, strict=False):
            button.setEnabled(action.isEnabled())
            action.enabledChanged.connect(button.setEnabled)
        self.column.addStretch(1)
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
        document = self._canvas.document
        if document is None or document.editing:
            return False
        return clear_mask(document, self.tr("Clear mask"))

    # --- parts

    def _add_brush(self) -> None:
        to_size, from_size = logarithmic(
            int(SIZE_MIN), int(SIZE_MAX), SLIDER_STEPS
        )  # as fine for small as for large
        self._size = SliderRow(
            self.tr("Si&ze"),
            SLIDER_STEPS,
            to_size,
            from_size,
            self.tr(" px"),
            self.tr("Diameter of the brush ([ and ])"),
        )
        self._hardness = self._percent(self.tr("Hard&ness"), self.tr("How sharp its edge is ({ and })"))
        self._size.changed.connect(self._set_size)
        self._hardness.changed.connect(self._set_hardness)
        for widget in (heading(self.tr("Brush")), self._size, self._hardness):
            self.column.addWidget(widget)

    def _add_overlay(self) -> None:
        self._shown = QCheckBox(self.tr("&Show mask"))
        self._shown.toggled.connect(lambda shown: setattr(self._canvas, "show_overlay", shown))
        self._opacity = self._percent(self.tr("O&pacity"), self.tr("How much of the picture the mask hides"))
        self._opacity.changed.connect(self._set_opacity)
        self._colour = self._swatch(self.tr("Colour of the mask"), "overlay_colour")
        self._protect = self._swatch(self.tr("Colour of protected places"), "protect_colour")
        line = QHBoxLayout()
        line.addWidget(self._shown)
        line.addStretch(1)
        line.addWidget(self._colour)
        line.addWidget(self._protect)
        self.column.addWidget(heading(self.tr("Overlay")))
        self.column.addLayout(line)
        self.column.addWidget(self._opacity)

    def _add_mask(self, actions: Sequence[QAction]) -> list[QPushButton]:
        grid = QGridLayout()
        self._radius = NumberField()
        self._radius.setRange(1, 64)
        self._radius.setValue(GROW_PX)
        self._radius.setSuffix(self.tr(" px"))
        tip = self.tr("By how much the mask grows or shrinks")
        self._radius.setAccessibleName(tip)
        self._radius.setToolTip(tip)
        buttons = (
            (self.tr("&Grow"), self.grow, self.tr("A wider rim around everything marked")),
            (self.tr("Shrin&k"), self.shrink, self.tr("A narrower rim")),
            (self.tr("&Invert"), self.invert, self.tr("Mark what is not marked, and the other way round")),
            (self.tr("C&lear"), self.clear, self.tr("Unmark everything")),
        )
        made = [QPushButton(text) for text, _, _ in buttons]
        for i, (button, (_, act, tip)) in enumerate(zip(made, buttons, strict=True)):
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.clicked.connect(act)
            grid.addWidget(button, i // 2, i % 2)
        grid.addWidget(self._radius, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.column.addWidget(heading(self.tr("Whole mask")))
        self.column.addLayout(grid)
        for action in actions:
            self.column.addWidget(button_for(action))
        return made

    def _percent(self, title: str, tip: str) -> SliderRow:
        return SliderRow(title, 100, lambda step: step, lambda value: value, " %", tip)

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

    def _set_size(self, size: int) -> None:
        self._canvas.brush_size = size

    def _set_hardness(self, percent: int) -> None:
        self._canvas.brush_hardness = percent / 100

    def _set_opacity(self, percent: int) -> None:
        self._canvas.overlay_opacity = percent / 100

    def _show_brush(self) -> None:
        self._size.show_value(round(self._canvas.brush_size))
        self._hardness.show_value(round(self._canvas.brush_hardness * 100))

    def _show_overlay(self) -> None:
        self._opacity.show_value(round(self._canvas.overlay_opacity * 100))
        with QSignalBlocker(self._shown):
            self._shown.setChecked(self._canvas.show_overlay)
        self._colour.setIcon(_swatch_icon(self._canvas.overlay_colour, Qt.BrushStyle.SolidPattern))
        self._protect.setIcon(_swatch_icon(self._canvas.protect_colour, Qt.BrushStyle.BDiagPattern))


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
