"""The window: docks, bars and layout. What actions do lies in `ui.window.controller`."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QWidget,
)

from ui.actions.action_set import Actions
from ui.actions.menus import TOOL_BAR, TOOLS
from ui.canvas.canvas import Canvas
from ui.dropped import take_copies
from ui.panels.detection_panel import DetectionPanel
from ui.panels.film_strip import FilmStrip, MakeThumbnail
from ui.panels.history_panel import HistoryPanel
from ui.panels.loupe import Loupe
from ui.panels.navigator import Navigator
from ui.panels.repair_panel import RepairPanel
from ui.panels.status import StatusLine, Toast
from ui.panels.tool_options import ToolOptions
from ui.panels.welcome import Welcome
from ui.settings import SettingsStore
from ui.theme import ThemeManager, app_icon, icon_size
from ui.widgets import resize_within_screen, scrolled
from ui.window.held_key import HeldKey


class MainWindow(QMainWindow):
    """The main window.

    Args:
        theme: colours and icons.
        store: geometry is remembered beside it.
        make_thumbnail: for the film strip.
        handlers: makes the functions of the actions, given this window.

    Signals:
        dropped (list[Path]): files and folders were dropped.
    """

    dropped = Signal(object)

    def __init__(
        self,
        theme: ThemeManager,
        store: SettingsStore,
        make_thumbnail: MakeThumbnail,
        handlers: Callable[[MainWindow], dict[str, Callable[..., object]]],
    ) -> None:
        super().__init__()
        self.setWindowTitle("Restorer")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.may_close: Callable[[], bool] = lambda: True
        self._store = store
        self._arranged = False
        self._unwanted: set[str] = set()  # panels that were closed
        self.canvas = Canvas()
        self.actions_ = Actions(self, self.canvas, theme, handlers(self))
        self.recent_menu = QMenu(self.tr("Open &again"), self)
        self.device_menu = QMenu(self.tr("D&evice"), self)
        self.panels_menu = QMenu(self.tr("Pan&els"), self)
        self._make_centre(theme)
        self._make_bars()
        self._make_docks(theme, make_thumbnail)
        self.status = StatusLine(self.actions_["cancel"], self.device_menu, theme, self)
        self.setStatusBar(self.status)
        self.toast = Toast(self._stack)
        self.original_key = HeldKey(Qt.Key.Key_Backslash, self)
        self.show_film(False)
        self._restore()

    # --- parts

    def _make_centre(self, theme: ThemeManager) -> None:
        self.welcome = Welcome(self.actions_["open"], self.actions_["open_folder"], theme)
        self._start = QScrollArea()  # a page that is not shown must not say how narrow the window can be
        self._start.setWidget(self.welcome)
        self._start.setWidgetResizable(True)
        self._start.setFrameShape(QScrollArea.Shape.NoFrame)
        self._start.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._start)
        self._stack.addWidget(self.canvas)
        self.setCentralWidget(self._stack)

    def _make_bars(self) -> None:
        self._main_bar = QToolBar(self.tr("Main tool bar"))
        self._main_bar.setObjectName("main")
        self._tool_bar = QToolBar(self.tr("Tools"))
        self._tool_bar.setObjectName("tools")
        for bar, entries in ((self._main_bar, TOOL_BAR), (self._tool_bar, TOOLS)):
            bar.setMovable(False)
            bar.setIconSize(icon_size())
            self.actions_.fill_tool_bar(bar, entries)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._main_bar)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self._tool_bar)

    def _make_docks(self, theme: ThemeManager, make_thumbnail: MakeThumbnail) -> None:
        self.navigator, self.loupe = Navigator(self.canvas), Loupe(self.canvas)
        self.detection = DetectionPanel(self.actions_["find"], theme)
        names = ("repair", "previous_spot", "next_spot", "again")
        self.repair = RepairPanel({name: self.actions_[name] for name in names}, self._store, theme)
        self.history = HistoryPanel()
        more = ("infrared", "mask_import", "mask_export")
        whole = ("mask_grow", "mask_shrink", "mask_invert", "mask_clear")
        self.tool_options = ToolOptions(
            self.canvas, [self.actions_[name] for name in more], [self.actions_[name] for name in whole]
        )
        self.film_strip = FilmStrip(make_thumbnail)
        look = QTabWidget()
        look.setDocumentMode(True)
        look.addTab(self.navigator, self.tr("Navigator"))
        look.addTab(self.loupe, self.tr("Loupe"))
        work = QTabWidget()
        work.setDocumentMode(True)
        work.addTab(scrolled(self.detection), self.tr("Find"))
        work.addTab(scrolled(self.tool_options), self.tr("Mask"))
        work.addTab(scrolled(self.repair), self.tr("Repair"))
        work.addTab(self.history, self.tr("History"))
        self.work_tabs = work
        right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self._docks = [
            self._dock("look", self.tr("View"), look, right),
            self._dock("work", self.tr("Work"), work, right),
            self._dock("film", self.tr("Photographs"), self.film_strip, bottom),
        ]
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        special = {"@recent": self.recent_menu, "@device": self.device_menu, "@panels": self.panels_menu}
        self.actions_.fill_menu_bar(self.menuBar(), special)

    def _dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setTitleBarWidget(QWidget())  # tabs and thumbnails say what it is
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.addDockWidget(area, dock)
        toggle = dock.toggleViewAction()
        toggle.triggered.connect(
            lambda shown: (self._unwanted.discard if shown else self._unwanted.add)(name)
        )
        self.panels_menu.addAction(toggle)
        return dock

    # --- what is shown

    def show_photo(self, open_: bool) -> None:
        """Show the canvas with its panels, or the welcome without them."""
        self._stack.setCurrentWidget(self.canvas if open_ else self._start)
        self._tool_bar.setVisible(open_)
        self._main_bar.setVisible(open_)
        for dock in self._docks[:2]:
            dock.setVisible(open_ and dock.objectName() not in self._unwanted)
        if open_:
            QTimer.singleShot(0, self, self._arrange)  # when the panels have their places
            self.canvas.setFocus()
        else:
            self.welcome.open_button.setFocus()

    def show_film(self, shown: bool) -> None:
        """Show the film strip when there is more than one photograph."""
        self._docks[2].setVisible(shown and self._docks[2].objectName() not in self._unwanted)

    # --- geometry

    def _remembered(self) -> QSettings:
        return QSettings(str(self._store.geometry_path), QSettings.Format.IniFormat)

    def _arrange(self) -> None:
        """The first photograph: the panels as wide as they were the last time."""
        if self._arranged:
            return
        self._arranged = True
        widths = self._remembered().value("panels")
        width, height = (int(n) for n in widths.split("x")) if _is_size(widths) else (340, 170)
        self.resizeDocks(self._docks[:2], [width, width], Qt.Orientation.Horizontal)
        self.resizeDocks(self._docks[:2], [height, 600], Qt.Orientation.Vertical)

    def _restore(self) -> None:
        settings = self._remembered()
        closed = str(settings.value("closed") or "")
        self._unwanted = {dock.objectName() for dock in self._docks} & set(closed.split("+"))
        geometry = settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            resize_within_screen(self, 1280, 820)

    def save_geometry(self) -> None:
        """Remember where the window was, and its panels."""
        settings = self._remembered()
        settings.setValue("geometry", self.saveGeometry())
        settings.setValue("closed", "+".join(sorted(self._unwanted)))
        if self._docks[0].isVisible():
            settings.setValue("panels", f"{self._docks[0].width()}x{self._docks[0].height()}")
        settings.sync()

    # --- events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        take_copies(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = take_copies(event)
        if paths:
            self.dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first, if work would be lost."""
        if self.may_close():
            self.save_geometry()
            event.accept()
        else:
            event.ignore()


def _is_size(text: object) -> bool:
    """Whether a settings file, which anybody may have written, holds a width and a height."""
    return isinstance(text, str) and re.fullmatch(r"[1-9]\d{1,3}x[1-9]\d{1,3}", text) is not None
