"""Live curves of a training, on pyqtgraph."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ui.theme import ThemeManager
from ui.widgets import heading, muted

# Okabe and Ito's colours, which the colour-blind can tell apart, as they are seen on dark and on light.
LINES = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442")
LINES_LIGHT = ("#b87400", "#0072b2", "#007a59", "#a84b82", "#7d7400")
MAX_POINTS = 4000
PLOT_PX = 96  # lowest
FIRST, MEMORY = 10, 0.9  # values that are the start, share of the mean before that stays


class Relative:
    """Noisy positive values as a running mean, relative to the mean of the first ones."""

    def __init__(self) -> None:
        self._first: list[float] = []
        self._mean = 0.0

    @classmethod
    def from_known(cls, values: list[float]) -> Relative:
        """As it stood after `values`, each of which is many steps after the one before."""
        made = cls()
        made._first, made._mean = values[:1] * FIRST, values[-1]
        return made

    def of_known(self, values: list[float]) -> list[float]:
        """Such values relative to the start."""
        start = sum(self._first) / len(self._first)
        return [value / start if start > 0 else 1.0 for value in values]

    def take(self, value: float) -> float:
        """The running mean after `value`; 1 = as at the start."""
        if len(self._first) < FIRST:
            self._first.append(value)
        start = sum(self._first) / len(self._first)
        settled = len(self._first) == FIRST
        self._mean = MEMORY * self._mean + (1 - MEMORY) * value if settled and self._mean else start
        return self._mean / start if start > 0 else 1.0


class _Plot(pg.PlotWidget):
    """Asks for no more room than it needs: a page of plots scrolls only where there is not even that."""

    def sizeHint(self) -> QSize:
        return QSize(2 * PLOT_PX, PLOT_PX)


class Chart(QWidget):
    """One plot with a title, over the steps of a training.

    Args:
        title: what is plotted, with its unit.
        theme: colours.
        zero: draw a line at 0, named by this text.
    """

    def __init__(self, title: str, theme: ThemeManager, zero: str = "") -> None:
        super().__init__()
        self._theme, self._zero = theme, zero
        self._names: list[str] = []
        self._data: dict[str, tuple[list[float], list[float]]] = {}
        self._items: dict[str, pg.PlotDataItem] = {}
        self.plot = _Plot()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMinimumHeight(PLOT_PX)
        self.legend = muted()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self._head = heading(title)
        self._head.setWordWrap(True)
        self._head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._head)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        self.setAccessibleName(title)
        self._line = pg.InfiniteLine(0, angle=0)
        if zero:
            self.plot.addItem(self._line)
        theme.changed.connect(self._recolour)
        self._recolour()

    def set_title(self, title: str) -> None:
        """Say what is plotted."""
        self._head.setText(title)
        self.setAccessibleName(title)

    @property
    def series(self) -> dict[str, tuple[list[float], list[float]]]:
        """What is drawn: by name the steps and the values."""
        return self._data

    def clear(self) -> None:
        """Forget all points."""
        for item in self._items.values():
            self.plot.removeItem(item)
        self._names, self._data, self._items = [], {}, {}
        self._tell()

    def extend(self, name: str, steps: Sequence[float], values: Sequence[float]) -> None:
        """Add points to the line `name`, which is made when it is new."""
        if name not in self._data:
            self._names.append(name)
            self._data[name] = ([], [])
            self._items[name] = self.plot.plot([], [], pen=self._pen(name), antialias=True)
        xs, ys = self._data[name]
        xs.extend(steps)
        ys.extend(values)
        if len(xs) > MAX_POINTS:  # every other point of the older half
            half = len(xs) // 2
            xs[:half], ys[:half] = xs[:half:2], ys[:half:2]
        few = len(xs) < 30
        self._items[name].setData(
            xs, ys, symbol="o" if few else None, symbolSize=5, symbolPen=None, symbolBrush=self._colour(name)
        )
        self._tell()

    def _colour(self, name: str) -> QColor:
        lines = LINES if self._theme.dark else LINES_LIGHT
        return QColor(lines[self._names.index(name) % len(lines)])

    def _pen(self, name: str) -> object:
        return pg.mkPen(self._colour(name), width=2)

    def _recolour(self) -> None:
        colours = self._theme.colours
        self.plot.setBackground(colours.field)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        self.plot.showGrid(x=False, y=True, alpha=0.15)
        self._line.setPen(pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DashLine))
        for name, item in self._items.items():
            item.setPen(self._pen(name))
            item.setSymbolBrush(self._colour(name))
        self._tell()

    def _tell(self) -> None:
        """The legend with the latest values; the same for those who do not see the plot."""
        locale, parts, plain = QLocale(), [], []
        for name in self._names:
            value = locale.toString(self._data[name][1][-1], "f", 3)
            parts.append(f'<span style="color:{self._colour(name).name()}">●</span> {name} {value}')
            plain.append(f"{name} {value}")
        if self._zero:
            parts.append(f"\N{BOX DRAWINGS LIGHT DOUBLE DASH HORIZONTAL}&nbsp;{self._zero}")
        self.legend.setText("&nbsp;&nbsp; ".join(parts))
        self.setAccessibleDescription(", ".join(plain))
