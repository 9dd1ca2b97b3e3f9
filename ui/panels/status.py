"""The line at the bottom: help, progress with time left, zoom, position, device; and notices over the
picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QStatusBar, QToolButton, QWidget

from ui.documents.foreground import News
from ui.theme import ThemeManager
from ui.widgets import Line, describe

NOTICE_MS = 6000
TITLE_PX = 84  # of what is running, at least
BAR_PX = 60, 180  # the line must not make the window wider
DEVICE_LETTERS = 30


class StatusLine(QStatusBar):
    """Hints at the left, what is running, and what is true of the view at the right.

    Args:
        cancel: the action that stops what is running.
        devices: the menu of devices.
        theme: for icons.
    """

    def __init__(
        self, cancel: QAction, devices: QMenu, theme: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._hint = Line()
        self.addWidget(self._hint, 1)
        self.addPermanentWidget(self._make_progress(cancel))
        self._zoom, self._position, self._size = QLabel(), QLabel(), Line()
        self._zoom.setMinimumWidth(58)
        self._position.setMinimumWidth(96)
        for label, name in (
            (self._size, self.tr("Size of the photograph")),
            (self._position, self.tr("Position of the pointer")),
            (self._zoom, self.tr("Zoom")),
        ):
            label.setToolTip(name)
            label.setAccessibleName(name)
            self.addPermanentWidget(label)
        self._device = QToolButton()
        self._device.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._device.setMenu(devices)
        self._device.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._device.setToolTip(self.tr("What computes; click to change it"))
        self._device.setAccessibleName(self.tr("Device"))
        self.addPermanentWidget(self._device)
        theme.changed.connect(self._take_icons)
        self._take_icons()

    def _make_progress(self, cancel: QAction) -> QWidget:
        self._running = QWidget()
        self._what = Line(TITLE_PX)
        self._bar = QProgressBar()
        self._bar.setMinimumWidth(BAR_PX[0])
        self._bar.setMaximumWidth(BAR_PX[1])
        self._bar.setRange(0, 0)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._left = QLabel()
        self._left.setMinimumWidth(84)
        self._cancel = QToolButton()
        self._cancel.setToolTip(cancel.toolTip())
        self._cancel.setAccessibleName(self.tr("Cancel"))
        describe(self._cancel, cancel)
        self._cancel.setText(self.tr("Cancel"))
        self._cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cancel.clicked.connect(cancel.trigger)
        line = QHBoxLayout(self._running)
        line.setContentsMargins(0, 0, 8, 0)
        line.setSpacing(6)
        for widget in (self._what, self._bar, self._left, self._cancel):
            line.addWidget(widget)
        self._running.hide()
        return self._running

    def _take_icons(self) -> None:
        self._device.setIcon(self._theme.icon("device", "muted"))
        self._cancel.setIcon(self._theme.icon("cancel"))

    def show_hint(self, text: str) -> None:
        """One line of help, whole in its tool tip."""
        self._hint.setText(text)
        self._hint.setToolTip(text)

    def show_news(self, news: News) -> None:
        """How far the running job is."""
        self._running.show()
        self._what.setText(news.title)
        if news.fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(news.fraction * 1000))
            self._bar.setFormat(f"{news.fraction * 100:.0f} %")
        self._left.setText(self._time_left(news.seconds_left))

    def hide_news(self) -> None:
        """Nothing is running."""
        self._running.hide()
        self._bar.setRange(0, 0)
        self._left.clear()

    def _time_left(self, seconds: float | None) -> str:
        if seconds is None:
            return ""
        if seconds < 90:
            return self.tr("{0} s left").format(max(1, round(seconds)))
        return self.tr("{0} min left").format(round(seconds / 60))

    def show_zoom(self, zoom: float) -> None:
        """Zoom as percent."""
        self._zoom.setText(f"{zoom * 100:.3g} %" if zoom else "")

    def show_position(self, position: tuple[int, int] | None) -> None:
        """Pixel under the pointer."""
        self._position.setText("" if position is None else f"{position[0]}, {position[1]}")

    def show_size(self, text: str) -> None:
        """Size of the photograph."""
        self._size.setText(text)

    def show_device(self, text: str, tip: str = "") -> None:
        """What computes."""
        metrics = self._device.fontMetrics()
        room = DEVICE_LETTERS * metrics.averageCharWidth()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        self._device.setText(shown)
        full = text if shown != text else ""
        self._device.setToolTip(
            "\n".join(t for t in (full, self.tr("What computes; click to change it"), tip) if t)
        )


class Toast(QLabel):
    """A notice over the lower edge of a widget that goes by itself; a click takes it away.

    Args:
        over: the widget that it is shown on.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("toast")
        self.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like mark-up
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet(
            "#toast { background: rgba(20, 21, 23, 225); color: #f2f3f5; border-radius: 8px;"
            " padding: 9px 16px; border: 1px solid rgba(255, 255, 255, 40); }"
        )
        self._said: list[str] = []  # until the event that it is told of has been dealt with
        self._timer = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._timer.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    def say(self, text: str) -> None:
        """Show a sentence for a while, below those that were said in the same breath."""
        if text not in self._said:
            self._said.append(text)
        QTimer.singleShot(0, self, lambda: self._said.clear())
        text = "\n".join(self._said)
        self.setText(text)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def mousePressEvent(self, event: object) -> None:
        """Away with it."""
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge when the widget changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        over = self._over
        width = min(over.width() - 40, max(260, self.fontMetrics().horizontalAdvance(self.text()) + 40))
        height = max(36, self.heightForWidth(width))
        self.setGeometry((over.width() - width) // 2, over.height() - height - 18, width, height)
