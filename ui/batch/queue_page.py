"""The second page of the batch window: how far it is, the list, and what can be done with its photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer.batch.queue import STATES, Item
from ui.batch.bars import FilterBar, ProgressHead
from ui.batch.model import QueueModel, Thumbnails
from ui.batch.session import BatchSession, Standing
from ui.batch.views import QueueGrid, QueueTable, ReasonList
from ui.batch.watch import FolderWatch
from ui.core_texts import error_told, told
from ui.dialogs import open_folder
from ui.theme import ThemeManager
from ui.widgets import heading, muted, plain_text, set_tone, tool_buttons

LOOKED_AT = 200  # selected photographs that are asked for their state
OPENABLE = ("done", "clean", "failed", "skipped", "cancelled", "waiting")


class QueuePage(QWidget):
    """One batch at work.

    Args:
        session: the batch.
        thumbnails: its pictures.
        theme: for icons and colours.
        watch: looks for further photographs.

    Signals:
        edit_wanted (Item): open it in the editor.
    """

    edit_wanted = Signal(object)

    def __init__(
        self,
        session: BatchSession,
        thumbnails: Thumbnails,
        theme: ThemeManager,
        watch: FolderWatch,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self.model = QueueModel(thumbnails, session.move, self)
        self.reasons_model = QueueModel(thumbnails, parent=self)
        self.reasons_model.show_states(("failed", "skipped"))
        self._tips: dict[QAction, str] = {}
        self._icons: list[tuple[QAction | QPushButton | QToolButton, str, str]] = []
        self._make_actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        self.head, self.filters = ProgressHead(session, theme, watch), FilterBar(theme)
        self.filters.state_wanted.connect(self.show_only)
        layout.addWidget(self.head)
        layout.addWidget(self._make_message())
        layout.addWidget(self.filters)
        layout.addWidget(self._make_lists(), 1)
        layout.addLayout(self._make_tools())
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.stood.connect(self._show_standing)
        session.state_changed.connect(self._show_state)
        session.listing.connect(self._on_listing)
        session.failed.connect(lambda failed: self.say(error_told(failed.error), "danger"))
        session.refused.connect(lambda error: self.say(error_told(error), "danger"))
        session.ended.connect(lambda _: self._show_state())
        watch.changed.connect(lambda: self._show_standing(session.standing))
        watch.failed.connect(lambda failed: self.say(error_told(failed.error), "danger"))
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self._show_state()

    # --- building

    def _make_actions(self) -> None:
        self.edit = self._action(self.tr("&Open in the editor"), "Return", "brush", self._edit)
        self.edit.setToolTip(self.tr("Open the photograph with its mask and its repair, to correct them"))
        self.retry = self._action(self.tr("&Try again"), "Ctrl+T", "retry", self._retry)
        text = self.tr("Put back what failed, was cancelled or was skipped; what is there already stays")
        self.retry.setToolTip(text)
        self.cancel = self._action(self.tr("&Cancel"), "Delete", "cancel", self._cancel)
        self.cancel.setToolTip(self.tr("Give up the selected photographs"))
        self.to_top = self._action(self.tr("To the to&p"), "Ctrl+Home", "to-top", lambda: self._step(None))
        self.to_top.setToolTip(self.tr("Work on the selected photographs next"))
        self.up = self._action(self.tr("&Up"), "Alt+Up", "up", lambda: self._step(-1))
        self.up.setToolTip(self.tr("One place earlier; rows can be dragged as well"))
        self.down = self._action(self.tr("Do&wn"), "Alt+Down", "down", lambda: self._step(1))
        self.down.setToolTip(self.tr("One place later; rows can be dragged as well"))
        self.show_file = self._action(self.tr("Show in &folder"), "Ctrl+L", "folder", self._show_file)
        self.show_file.setToolTip(self.tr("Open the folder of the result"))
        for action in self._selection_actions():
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            title = plain_text(action.text())
            self._tips[action] = f"<b>{title} ({keys})</b><br>{action.toolTip()}"
            action.setToolTip(self._tips[action])

    def _action(self, text: str, keys: str, icon: str, handler: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: handler())
        self._icons.append((action, icon, ""))
        return action

    def _button(self, text: str, icon: str, handler: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: handler())
        self._icons.append((button, icon, ""))
        return button

    def _make_message(self) -> QFrame:
        self.banner = QFrame()
        self.banner.setObjectName("verdict")
        self.message = QLabel()
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = QHBoxLayout(self.banner)
        line.setContentsMargins(12, 8, 12, 8)
        line.addWidget(self.message, 1)
        self.banner.hide()
        return self.banner

    def _make_lists(self) -> QSplitter:
        self.table = QueueTable(self.model, self._theme)
        self.grid = QueueGrid(self.model, self._theme)
        self.grid.setSelectionModel(self.table.selectionModel())
        self._views = QStackedWidget()
        self.filters.view_wanted.connect(self._views.setCurrentIndex)
        for view in (self.table, self.grid):
            self._views.addWidget(view)
            self._prepare(view)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.reasons = ReasonList(self.reasons_model, self._theme)
        self.reasons.activated.connect(self._show_reason)
        self.reasons.clicked.connect(self._show_reason)
        self._reasons_title = heading("")
        self.retry_all = self._button(
            self.tr("Try all fa&iled again"), "retry", lambda: self._session.retry()
        )
        self.copy = self._button(self.tr("Cop&y list"), "copy", self._copy_reasons)
        self.copy.setToolTip(self.tr("Copy all names and reasons as text"))
        self._reasons_box = QWidget()
        column = QVBoxLayout(self._reasons_box)
        column.setContentsMargins(0, 4, 0, 0)
        line = QHBoxLayout()
        line.addWidget(self._reasons_title, 1)
        line.addWidget(self.copy)
        line.addWidget(self.retry_all)
        column.addLayout(line)
        column.addWidget(self.reasons, 1)
        self._reasons_box.hide()
        both = QSplitter(Qt.Orientation.Vertical)
        both.setChildrenCollapsible(False)
        both.addWidget(self._views)
        both.addWidget(self._reasons_box)
        both.setStretchFactor(0, 1)
        both.setSizes([420, 170])
        return both

    def _prepare(self, view: QAbstractItemView) -> None:
        view.doubleClicked.connect(lambda _: self._edit())
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(
            lambda place, view=view: self._make_menu().popup(view.viewport().mapToGlobal(place))
        )
        for action in self._selection_actions():
            view.addAction(action)

    def _selection_actions(self) -> tuple[QAction, ...]:
        return (self.edit, self.retry, self.cancel, self.to_top, self.up, self.down, self.show_file)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self._selection_actions()))
        return menu

    def _make_tools(self) -> QHBoxLayout:
        line = tool_buttons(self._selection_actions())
        self.selected = muted()
        self.selected.setWordWrap(False)
        self.selected.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        line.addWidget(self.selected)
        return line

    def _take_icons(self) -> None:
        for widget, icon, colour in self._icons:
            widget.setIcon(self._theme.icon(icon, colour))
        self._show_state()
        for view in (self.table, self.grid, self.reasons):
            view.viewport().update()

    # --- the batch as it is

    def _on_opened(self) -> None:
        queue, out = self._session.queue, self._session.out or Path()
        self.model.set_queue(queue, out)
        self.reasons_model.set_queue(queue, out)
        self._session.look()

    def forget(self) -> None:
        """Show nothing, before the session lets go of the list."""
        self.model.set_queue(None, Path())
        self.reasons_model.set_queue(None, Path())
        self.show_only("")  # or the next batch would seem to be empty

    def _on_changed(self, items: Sequence[Item]) -> None:
        self.model.apply(items)
        self.reasons_model.apply(items)
        self._enable()

    def _on_listing(self, count: int | None) -> None:
        if count is None:
            if self.message.property("listing"):
                self.say("")
        else:
            self.say(self.tr("Photographs are being listed…"))
            self.message.setProperty("listing", True)

    def say(self, text: str, tone: str = "") -> None:
        """Show a sentence over the list; an empty one takes it away."""
        self.message.setProperty("listing", False)
        self.message.setText(text)
        set_tone(self.message, tone)
        self.banner.setVisible(bool(text))

    def _show_standing(self, standing: Standing) -> None:
        self.head.show_standing(standing)
        self.filters.show_standing(standing)
        count = standing.counts["failed"] + standing.counts["skipped"]
        self._reasons_box.setVisible(count > 0)
        self._reasons_title.setText(self.tr("Not repaired, with the reason: {0}").format(f"{count:,}"))
        self.retry_all.setEnabled(standing.counts["failed"] > 0)

    def _show_state(self) -> None:
        session = self._session
        if session.stopped and not session.running:
            self.say(told(session.stopped), "warning")
        elif session.running and not self.message.property("listing"):
            self.say("")
        self._show_standing(session.standing)
        self._enable()

    # --- the selection

    def selected_ids(self) -> list[int]:
        """Numbers of the selected photographs, in their order."""
        rows: set[int] = set()
        selection = self.table.selectionModel().selection()
        for part in (selection.at(n) for n in range(selection.count())):
            rows.update(range(part.top(), part.bottom() + 1))
        return self.model.ids(rows)

    def select(self, ids: Sequence[int]) -> None:
        """Select these photographs and go to the first one."""
        selection = self.table.selectionModel()
        selection.clearSelection()
        rows = [row for n in ids if (row := self.model.row_of(n)) is not None]
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row in rows:
            selection.select(self.model.index(row, 0), flags)
        if rows:
            index = self.model.index(rows[0], 1)
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self._view.scrollTo(index)

    @property
    def _view(self) -> QAbstractItemView:
        return self.grid if self._views.currentWidget() is self.grid else self.table

    def _enable(self) -> None:
        ids = self.selected_ids()
        states = {item.state for item in self._session.items(ids[:LOOKED_AT])}
        if len(ids) > LOOKED_AT:  # any of the others may be in any state that there is
            states |= {state for state, count in self._session.standing.counts.items() if count}
        one = "" if len(ids) == 1 else self.tr("Select one photograph in the list.")
        running = "" if states & set(OPENABLE) else self.tr("It is being worked on.")
        self._allow(self.edit, one or running)
        again = self.tr("None that is selected failed, was cancelled or was skipped.")
        self._allow(self.retry, "" if states & {"failed", "cancelled", "skipped"} else again, ids)
        finished = self.tr("All that are selected are finished.")
        self._allow(self.cancel, "" if states & {"waiting", "running"} else finished, ids)
        order = self.tr("Only what still waits can change its place.")
        for action in (self.to_top, self.up, self.down):
            self._allow(action, "" if "waiting" in states else order, ids)
        self._allow(self.show_file, one)
        self.selected.setText(self.tr("{0} selected").format(f"{len(ids):,}") if ids else "")

    def _allow(self, action: QAction, why_not: str, ids: Sequence[int] = (0,)) -> None:
        """Enable an action, or tell in its tool tip why that is not possible."""
        if not ids:
            why_not = self.tr("Select photographs in the list.")
        action.setEnabled(not why_not)
        action.setToolTip("<br>".join(filter(None, (self._tips[action], why_not))))

    def show_only(self, state: str) -> None:
        """Show the photographs in one state; "" shows all."""
        self.filters.chips[state].setChecked(True)
        self.model.show_states((state,) if state else STATES)
        self._enable()

    def _edit(self) -> None:
        items = self._session.items(self.selected_ids()[:1])
        if items and items[0].state in OPENABLE:
            self.edit_wanted.emit(items[0])

    def _retry(self) -> None:
        self._session.retry(self.selected_ids())

    def _cancel(self) -> None:
        self._session.cancel(self.selected_ids())

    def _step(self, by: int | None) -> None:
        """Move the selected photographs up, down, or to the top (None); they stay selected."""
        ids = self.selected_ids()
        rows = [row for n in ids if (row := self.model.row_of(n)) is not None]
        if not rows:
            return
        last = self.model.rowCount() - 1
        if by is None:
            target = 0
        elif by < 0:
            target = max(0, rows[0] - 1)
        else:
            target = min(last + 1, rows[-1] + 2)
        before = self.model.ids([target])[0] if target <= last else None
        while before in ids and target <= last:  # the place after all that move
            target += 1
            before = self.model.ids([target])[0] if target <= last else None
        self._session.move(ids, before)
        self.model.reload()
        self.select(ids)

    def _show_reason(self, index: QModelIndex) -> None:
        """Go to the photograph of a reason."""
        ids = self.reasons_model.ids([index.row()])
        if self.model.row_of(ids[0]) is None:
            self.show_only("")
        self.select(ids)

    def _copy_reasons(self) -> None:
        rows = range(self.reasons_model.rowCount())
        items = self._session.items(self.reasons_model.ids(rows))
        QGuiApplication.clipboard().setText("\n".join(f"{i.path}: {told(i.error or '')}" for i in items))

    # --- files

    def _show_file(self) -> None:
        out = self._session.out
        for item in self._session.items(self.selected_ids()[:1]):
            done = item.state == "done" and item.target and out is not None
            open_folder((out / str(item.target)).parent if done and out is not None else item.path.parent)
