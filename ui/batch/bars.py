"""The bars over the list of a batch: how far it is, and which photographs are shown."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer.batch.queue import STATES
from ui.batch.model import STATE_TEXTS, tr
from ui.batch.session import BatchSession, Standing
from ui.batch.watch import FolderWatch
from ui.dialogs import open_folder
from ui.theme import ThemeManager
from ui.widgets import muted


class ProgressHead(QWidget):
    """n of total, rate, time left, and the buttons for the batch as a whole.

    Args:
        session: the batch.
        theme: for icons.
        watch: looks for further photographs.
    """

    def __init__(
        self,
        session: BatchSession,
        theme: ThemeManager,
        watch: FolderWatch | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._theme, self._watch = session, theme, watch
        self.count, self.rate, self.bar = QLabel(), muted(), QProgressBar()
        self.count.setObjectName("title")
        self.rate.setWordWrap(False)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the batch"))
        line = QHBoxLayout()
        line.addWidget(self.count)
        line.addSpacing(8)
        line.addWidget(self.rate, 1, Qt.AlignmentFlag.AlignBottom)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addLayout(line)
        texts.addWidget(self.bar)
        head = QHBoxLayout(self)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(8)
        head.addLayout(texts, 1)
        self._make_buttons()
        for button in (self.pause, self.watching, self.cancel_all, self.folder, self.report):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        theme.changed.connect(self._take_icons)
        self._take_icons()

    def _make_buttons(self) -> None:
        self.pause = QPushButton(self.tr("&Pause"))
        self.pause.setProperty("primary", True)
        self.cancel_all = QPushButton(self.tr("Cancel &all"))
        self.cancel_all.setToolTip(
            self.tr("Give up everything that is not finished; “Try again” puts it back into the list")
        )
        self.folder = QPushButton(self.tr("R&esults"))
        self.folder.setToolTip(self.tr("Open the folder of the results"))
        self.report = QPushButton(self.tr("Repo&rt"))
        self.report.setToolTip(self.tr("Open the report with all pictures, states and reasons"))
        self.watching = QPushButton(self.tr("&Watch"))
        self.watching.setCheckable(True)
        self.watching.setToolTip(
            self.tr("Go on looking into the folders and repair new photographs as they come")
        )
        self.watching.setVisible(self._watch is not None)
        if self._watch is not None:
            self.watching.clicked.connect(self._watch.turn)
        self.pause.clicked.connect(self._on_pause)
        self.cancel_all.clicked.connect(lambda: self._session.cancel())
        self.folder.clicked.connect(lambda: self._open(""))
        self.report.clicked.connect(lambda: self._open("report.html"))

    def _take_icons(self) -> None:
        self.watching.setIcon(self._theme.icon("find"))
        self.cancel_all.setIcon(self._theme.icon("cancel"))
        self.folder.setIcon(self._theme.icon("folder"))
        self.report.setIcon(self._theme.icon("report"))

    def show_standing(self, standing: Standing) -> None:
        """Show how far the batch is."""
        total, finished = standing.total, standing.finished
        self.count.setText(self.tr("{0} of {1}").format(f"{finished:,}", f"{total:,}"))
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(finished)
        self.rate.setText(self._rate_text(standing))
        self.cancel_all.setEnabled(standing.left > 0)
        self._show_pause(standing)

    def _rate_text(self, standing: Standing) -> str:
        session = self._session
        if session.queued:
            return self.tr("Begins when the search has ended")
        if session.paused:
            at_work = standing.counts["running"]
            if at_work:
                return self.tr("Pausing: what is at work is finished first")
            return self.tr("Paused")
        if not session.running:
            if standing.left:
                return self.tr("Stopped; {0} left").format(f"{standing.left:,}")
            if self._watch is not None and self._watch.on:
                return self.tr("Waiting for new photographs")
            return self.tr("Finished") if standing.total else ""
        if standing.per_minute is None or standing.seconds_left is None:
            return self.tr("At work")
        return self.tr("{0} a minute · {1} left").format(
            f"{standing.per_minute:.1f}", time_text(standing.seconds_left)
        )

    def _show_pause(self, standing: Standing) -> None:
        running, paused = self._session.running, self._session.paused
        goes_on = paused or not running
        self.pause.setText(self.tr("&Go on") if goes_on else self.tr("&Pause"))
        self.pause.setToolTip(
            self.tr("Work on what waits")
            if goes_on
            else self.tr("Finish what is at work and begin nothing new; closing the program is safe as well")
        )
        self.pause.setIcon(self._theme.icon("play" if goes_on else "pause", "accent_text"))
        # Before its list is there nothing can be told to a batch, and what cannot be heard must not be said.
        self.pause.setEnabled(self._session.queue is not None and (running or standing.left > 0))
        if self._watch is not None:
            self.watching.setChecked(self._watch.on)
            self.watching.setText(self.tr("Stop &watching") if self._watch.on else self.tr("&Watch"))
            self.watching.setEnabled(self._watch.on or self._watch.possible)
        there = self._session.out is not None
        self.folder.setEnabled(there)
        self.report.setEnabled(there and not running and standing.total > 0)

    def _open(self, name: str) -> None:
        if self._session.out is not None:
            open_folder(self._session.out / name)

    def _on_pause(self) -> None:
        if self._session.running and not self._session.paused:
            self._session.pause()
        else:
            self._session.resume()


class FilterBar(QWidget):
    """Which photographs are shown, with their numbers; as rows or as tiles.

    Args:
        theme: for icons.

    Signals:
        state_wanted (str): show the photographs in this state; "" = all.
        view_wanted (int): 0 = rows, 1 = tiles.
    """

    state_wanted = Signal(str)
    view_wanted = Signal(int)

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        self.chips: dict[str, QToolButton] = {}
        states = QButtonGroup(self)
        for name in ("", *STATES):
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("chip", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, name=name: self.state_wanted.emit(name))
            states.addButton(button)
            self.chips[name] = button
            line.addWidget(button)
        self.chips[""].setChecked(True)
        line.addStretch(1)
        self.as_rows, self.as_tiles = QToolButton(), QToolButton()
        views = QButtonGroup(self)
        texts = (self.tr("Show as rows"), self.tr("Show as tiles"))
        for number, button in enumerate((self.as_rows, self.as_tiles)):
            button.setCheckable(True)
            button.setToolTip(texts[number])
            button.setAccessibleName(texts[number])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, number=number: self.view_wanted.emit(number))
            views.addButton(button)
            line.addWidget(button)
        self.as_rows.setChecked(True)
        theme.changed.connect(self._take_icons)
        self._take_icons()

    def _take_icons(self) -> None:
        self.as_rows.setIcon(self._theme.icon("rows"))
        self.as_tiles.setIcon(self._theme.icon("tiles"))

    def show_standing(self, standing: Standing) -> None:
        """Show how many photographs are in each state; states that none is in are left out."""
        for name, button in self.chips.items():
            number = standing.counts[name] if name else standing.total
            title = tr(STATE_TEXTS[name]) if name else self.tr("All")
            button.setText(f"{title}  {number:,}")
            button.setAccessibleName(self.tr("Show {0}: {1}").format(title, number))
            button.setVisible(number > 0 or not name or button.isChecked())


def time_text(seconds: float) -> str:
    """A time for a person: seconds, minutes or hours."""
    translate = QCoreApplication.translate
    if seconds < 90:
        return translate("Batch", "{0} s").format(max(1, round(seconds)))
    if seconds < 90 * 60:
        return translate("Batch", "{0} min").format(round(seconds / 60))
    return translate("Batch", "{0} h").format(f"{seconds / 3600:.1f}")
