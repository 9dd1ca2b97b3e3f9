"""Looking at the damage of a batch before anything is repaired: large pictures, the worst first, one key for
each decision. Only what is approved is repaired."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from restorer.batch.queue import Item
from restorer.errors import RestorerError
from ui.batch.bars import ProgressHead
from ui.batch.model import Index, Thumbnails, tr
from ui.batch.session import BatchSession, Standing
from ui.batch.triage_model import DECISION_ROLE, DECISIONS, ENTRY_ROLE, PICTURE_ROLE, TriageModel, found_text
from ui.core_texts import error_told, told
from ui.theme import ThemeManager
from ui.widgets import muted, plain_text, set_tone, tool_buttons

TILE_PX = 288  # at least; tiles fill the width
LINE_PX = 20
PAD_PX = 10
LOADED_PX, MOST_LOADED = 576, 150
OVERLAY = "#ff2fb3"
MOST_REASONS = 5  # failures that are named over the pictures


class TriageDelegate(QStyledItemDelegate):
    """A large picture with what was found shining through, its name, and the decision."""

    def __init__(self, theme: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.overlay = True
        self.overlay_colour = QColor(OVERLAY)
        self.width_px = TILE_PX

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        picture = self.width_px - 2 * PAD_PX
        return QSize(self.width_px, picture * 3 // 4 + 2 * LINE_PX + 2 * PAD_PX + 6)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Item = index.data(ENTRY_ROLE)
        decision: str | None = index.data(DECISION_ROLE)
        state = option.state  # type: ignore[attr-defined]
        rect = QRect(option.rect).adjusted(3, 3, -3, -3)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._frame(painter, rect, state, decision)
        area = rect.adjusted(PAD_PX - 3, PAD_PX - 3, 3 - PAD_PX, -(2 * LINE_PX + PAD_PX))
        self._picture(painter, area, index.data(PICTURE_ROLE))
        if decision == "skip":
            veil = self._colour("panel")
            veil.setAlphaF(0.6)
            painter.fillRect(area, veil)
        below = QRect(area.left(), area.bottom() + 6, area.width(), LINE_PX)
        if decision in DECISIONS:
            below = self._badge(painter, below, decision)
        metrics = painter.fontMetrics()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(self._colour("text"))
        painter.drawText(
            below, flags, metrics.elidedText(item.path.name, Qt.TextElideMode.ElideMiddle, below.width())
        )
        painter.setPen(self._colour("muted"))
        painter.drawText(
            QRect(area.left(), below.bottom() + 1, area.width(), LINE_PX), flags, found_text(item)
        )
        painter.restore()

    def _colour(self, name: str) -> QColor:
        return QColor(getattr(self._theme.colours, name))

    def _frame(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, decision: str | None) -> None:
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        ground = "selection" if chosen else "hover" if over else "panel"
        edge = DECISIONS[decision][2] if decision in DECISIONS else "border"
        focus = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setBrush(self._colour(ground))
        painter.setPen(QPen(self._colour("text" if focus else edge), 2 if focus or decision else 1))
        painter.drawRoundedRect(rect, 7, 7)

    def _picture(self, painter: QPainter, area: QRect, pixmap: QPixmap | None) -> None:
        if pixmap is None:
            painter.setPen(QPen(self._colour("border"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(20, 20, -20, -20), 6, 6)
            return
        place = QRect(QPoint(0, 0), pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(area.center())
        if pixmap.hasAlphaChannel() and self.overlay:
            painter.fillRect(place, self.overlay_colour)
            painter.drawPixmap(place, pixmap)
        elif pixmap.hasAlphaChannel():
            painter.drawPixmap(place, _opaque(pixmap))
        else:
            painter.drawPixmap(place, pixmap)

    def _badge(self, painter: QPainter, line: QRect, decision: str) -> QRect:
        """The decision at the right end of the line; returns what is left of it."""
        text, icon, colour = DECISIONS[decision]
        shown = tr(text)
        width = painter.fontMetrics().horizontalAdvance(shown) + 24
        place = QRect(line.right() - width, line.top(), width, line.height())
        self._theme.icon(icon, colour).paint(painter, QRect(place.left(), place.center().y() - 8, 17, 17))
        painter.setPen(self._colour("text"))  # the accent is hard to read on the ground of a selection
        painter.drawText(place.adjusted(21, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)
        return line.adjusted(0, 0, -width - 6, 0)


def _opaque(pixmap: QPixmap) -> QPixmap:
    return QPixmap.fromImage(
        pixmap.toImage()
        .convertToFormat(QImage.Format.Format_ARGB32)
        .convertToFormat(QImage.Format.Format_RGB32)
    )


class TriageGrid(QListView):
    """The pictures; arrows walk through them.

    Until a key or a button is pressed in it, the first one, which is the most damaged, is the current one.
    """

    def __init__(self, model: TriageModel, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.painter = TriageDelegate(theme, self)
        self.setModel(model)
        self.setItemDelegate(self.painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setSpacing(2)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Photographs by damage"))
        self._touched = False
        model.rowsInserted.connect(self._on_rows)
        model.modelReset.connect(self._on_reset)

    def _on_reset(self) -> None:
        self._touched = False
        self._on_rows()

    def _on_rows(self) -> None:
        if self.model().rowCount() and not (self._touched and self.currentIndex().isValid()):
            self.setCurrentIndex(self.model().index(0, 0))

    def touch(self) -> None:
        """From now on the current one stays what it is."""
        self._touched = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.touch()
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touch()
        super().mousePressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters decide; they do not search."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the tiles fill the width."""
        room = event.size().width() - 2 * self.spacing()
        columns = max(1, room // (TILE_PX + 2 * self.spacing()))
        width = max(TILE_PX, room // columns - 2 * self.spacing())
        if width != self.painter.width_px:
            self.painter.width_px = width
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)


class TriagePage(QWidget):
    """The search of a batch, and what is decided about what it finds.

    Args:
        session: the search.
        thumbnails: its pictures.
        theme: for icons and colours.

    Signals:
        edit_wanted (Item): open it in the editor.
        repair_wanted (list[Item]): these are approved.
    """

    edit_wanted = Signal(object)
    repair_wanted = Signal(object)

    def __init__(
        self,
        session: BatchSession,
        thumbnails: Thumbnails,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self.model = TriageModel(thumbnails, self)
        self.grid = TriageGrid(self.model, theme)
        self.head = ProgressHead(session, theme)
        self.head.folder.hide()
        self.head.report.hide()
        self.head.cancel_all.hide()
        self.message = muted()
        self._icons: list[tuple[QAction | QPushButton, str, str]] = []
        self._make_actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.head)
        layout.addWidget(self.message)
        layout.addWidget(self._make_failures())
        self.standing = QLabel()
        self.standing.setObjectName("muted")
        layout.addWidget(self.standing)
        layout.addWidget(self.grid, 1)
        layout.addLayout(self._make_tools())
        session.opened.connect(self._on_opened)
        session.changed.connect(self.model.apply)
        session.stood.connect(self.head.show_standing)
        session.stood.connect(self._show_failures)
        session.state_changed.connect(lambda: self.head.show_standing(session.standing))
        session.failed.connect(lambda failed: self.say(error_told(failed.error), "danger"))
        session.refused.connect(lambda error: self.say(error_told(error), "danger"))
        self.model.refused.connect(lambda error: self.say(error_told(error), "danger"))
        self.model.decided.connect(self._show_decisions)
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.grid.doubleClicked.connect(lambda _: self._edit())
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self.say("")
        self._show_decisions()

    # --- building

    def _make_actions(self) -> None:
        self.approve = self._action(self.tr("&Approve"), "A", "check", lambda: self._decide("approve"))
        self.approve.setToolTip(self.tr("Repair it as it is marked"))
        self.redo = self._action(self.tr("&Redo by hand"), "R", "brush", self._edit)
        self.redo.setToolTip(self.tr("Open it in the editor with its mask; the batch leaves it to you"))
        self.skip = self._action(self.tr("&Skip"), "S", "cancel", lambda: self._decide("skip"))
        self.skip.setToolTip(self.tr("Leave it as it is"))
        self.undo = self._action(self.tr("&Undecided"), "Backspace", "undo", lambda: self._decide(None, 0))
        self.undo.setToolTip(self.tr("Take the decision back"))
        self.overlay = self._action(self.tr("Show &mask"), "Q", "overlay", self._show_overlay)
        self.overlay.setToolTip(self.tr("Show or hide what is marked as damaged"))
        self.overlay.setCheckable(True)
        self.overlay.setChecked(True)
        for action in (self.approve, self.redo, self.skip, self.undo, self.overlay):
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            title = plain_text(action.text())
            action.setToolTip(f"<b>{title} ({keys})</b><br>{action.toolTip()}")
            self.grid.addAction(action)

    def _action(self, text: str, keys: str, icon: str, handler: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: handler())
        self._icons.append((action, icon, ""))
        return action

    def _make_tools(self) -> QHBoxLayout:
        line = tool_buttons((self.approve, self.redo, self.skip, self.undo, self.overlay))
        self.approve_rest = QPushButton(self.tr("Approve the &others"))
        self.approve_rest.setToolTip(self.tr("Approve every damaged photograph that is undecided"))
        self.approve_rest.clicked.connect(self._approve_rest)
        self._icons.append((self.approve_rest, "check", ""))
        self.repair = QPushButton()
        self.repair.setProperty("primary", True)
        self.repair.setToolTip(self.tr("Only what was approved is repaired and written"))
        self.repair.clicked.connect(lambda: self.repair_wanted.emit(self.model.with_decision("approve")))
        self._icons.append((self.repair, "repair", "accent_text"))
        line.addWidget(self.approve_rest)
        line.addSpacing(6)
        line.addWidget(self.repair)
        return line

    def _make_failures(self) -> QWidget:
        """What could not be searched has no picture among the others: it is named, with the reason."""
        self.failures = muted()
        self.failures.setTextFormat(Qt.TextFormat.PlainText)
        self.retry = QPushButton(QCoreApplication.translate("QueuePage", "Try all fa&iled again"))
        self.retry.clicked.connect(lambda: self._session.retry())
        self._icons.append((self.retry, "retry", ""))
        self._failures_box = QWidget()
        line = QHBoxLayout(self._failures_box)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.failures, 1)
        line.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignTop)
        self._failures_box.hide()
        return self._failures_box

    def _show_failures(self, standing: Standing) -> None:
        count, queue = standing.counts["failed"], self._session.queue
        self._failures_box.setVisible(count > 0)
        if not count or queue is None:
            return
        items: list[Item] = []
        with contextlib.suppress(RestorerError):  # the session tells that its list cannot be read
            items = queue.items(("failed",), limit=MOST_REASONS)
        title = self.tr("Could not be searched, with the reason: {0}")
        reasons = [f"{item.path.name}: {told(item.error or '')}" for item in items]
        more = ["…"] if count > len(items) else []
        self.failures.setText("\n".join([title.format(f"{count:,}"), *reasons, *more]))
        set_tone(self.failures, "danger")

    def _take_icons(self) -> None:
        for widget, icon, colour in self._icons:
            widget.setIcon(self._theme.icon(icon, colour))
        self.grid.viewport().update()

    def set_overlay_colour(self, colour: QColor) -> None:
        """What shines through where damage was found."""
        self.grid.painter.overlay_colour = colour
        self.grid.viewport().update()

    # --- the search

    def _on_opened(self) -> None:
        try:
            self.model.set_queue(self._session.queue, self._session.out or Path())
        except RestorerError as error:
            self.say(error_told(error), "danger")

    def forget(self) -> None:
        """Show nothing, before the session lets go of the list."""
        self.model.set_queue(None, Path())

    def say(self, text: str, tone: str = "") -> None:
        """Show a sentence over the pictures; an empty one takes it away."""
        self.message.setText(text)
        self.message.setVisible(bool(text))
        set_tone(self.message, tone)

    # --- decisions

    def _rows(self) -> list[int]:
        return sorted(index.row() for index in self.grid.selectionModel().selectedIndexes())

    def _go_to(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            self.grid.setCurrentIndex(self.model.index(row))

    def _decide(self, decision: str | None, step: int = 1) -> None:
        """Decide about what is selected and go on to the next one."""
        rows = self._rows()
        self.grid.touch()
        if rows:
            self.model.decide(rows, decision)
            self._go_to(min(rows[-1] + step, self.model.rowCount() - 1))

    def _edit(self) -> None:
        rows = self._rows()
        if rows:
            self.model.decide(rows[:1], "redo")
            self.edit_wanted.emit(self.model.item(rows[0]))

    def _approve_rest(self) -> None:
        undecided: Sequence[Item] = self.model.with_decision(None)
        numbers = {item.id for item in undecided}
        rows = [row for row in range(self.model.rowCount()) if self.model.item(row).id in numbers]
        self.model.decide(rows, "approve")

    def _show_overlay(self) -> None:
        self.grid.painter.overlay = self.overlay.isChecked()
        self.grid.viewport().update()

    def _show_decisions(self) -> None:
        count = {name: len(self.model.with_decision(name)) for name in ("approve", "redo", "skip", None)}
        told = self.tr("{0} approved · {1} by hand · {2} skipped · {3} undecided")
        self.standing.setText(told.format(*(f"{count[n]:,}" for n in ("approve", "redo", "skip", None))))
        self.repair.setText(self.tr("Re&pair the approved: {0}").format(f"{count['approve']:,}"))
        self.repair.setEnabled(count["approve"] > 0)
        self.approve_rest.setEnabled(count[None] > 0)
        self._enable()

    def _enable(self) -> None:
        chosen = bool(self._rows())
        for action in (self.approve, self.redo, self.skip, self.undo):
            action.setEnabled(chosen)
