"""How the list of a batch looks: rows and tiles with before and after, and the list of reasons."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from restorer.batch.queue import Item
from ui.batch.model import (
    AFTER_ROLE,
    BEFORE_ROLE,
    ITEM_ROLE,
    STATE_COLOURS,
    Column,
    Index,
    QueueModel,
    damage_text,
    state_text,
)
from ui.core_texts import told
from ui.theme import ThemeManager

ROW_PX = 62
TILE_PX = 116
GAP_PX = 6
PAD_PX = 8
REASON_PX = 44
LINE_PX = 20


class _Painter(QStyledItemDelegate):
    """What rows, tiles and reasons share."""

    def __init__(self, theme: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def _colour(self, name: str) -> QColor:
        return QColor(getattr(self._theme.colours, name))

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, rounded: bool = False) -> None:
        state = option.state  # type: ignore[attr-defined]
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        colour = None
        if state & QStyle.StateFlag.State_Selected:
            colour = self._colour("selection")
        elif state & QStyle.StateFlag.State_MouseOver:
            colour = self._colour("hover")
        if colour is not None and rounded:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), 6, 6)
        elif colour is not None:
            painter.fillRect(rect, colour)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(self._colour("focus"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -2, -2), 4, 4)

    def _picture(self, painter: QPainter, area: QRect, pixmap: QPixmap | None) -> None:
        if pixmap is None:
            painter.setPen(QPen(self._colour("border"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(4, 4, -5, -5), 4, 4)
            return
        size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(area.center())
        painter.drawPixmap(place, pixmap)

    def _pair(self, painter: QPainter, area: QRect, index: Index, item: Item) -> None:
        """Before and after beside each other; a clean photograph has one picture."""
        side = (area.width() - GAP_PX) // 2
        left = QRect(area.left(), area.top(), side, area.height())
        self._picture(painter, left, index.data(BEFORE_ROLE))
        right = left.translated(side + GAP_PX, 0)
        if item.state == "clean":
            place = QRect(0, 0, min(28, side), min(28, side))
            place.moveCenter(right.center())
            self._theme.icon("check", "good").paint(painter, place)
        else:
            self._picture(painter, right, index.data(AFTER_ROLE))

    def _state(self, painter: QPainter, area: QRect, item: Item) -> None:
        """A dot and the name of the state: colour alone would not say it to everyone."""
        colour = self._colour(STATE_COLOURS.get(item.state, "muted"))
        dot = QRect(area.left(), area.center().y() - 3, 8, 8)
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush if item.state in ("waiting", "cancelled") else colour)
        painter.drawEllipse(dot)
        text = colour if item.state in STATE_COLOURS else self._colour("muted")
        self._text(painter, area.adjusted(15, 0, 0, 0), state_text(item), text)

    def _text(
        self,
        painter: QPainter,
        area: QRect,
        text: str,
        colour: QColor,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        painter.setPen(colour)
        painter.drawText(area, flags, painter.fontMetrics().elidedText(text, mode, area.width()))

    def _small(self, painter: QPainter) -> None:
        font = painter.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() - 1))
        painter.setFont(font)


class RowDelegate(_Painter):
    """A row of the table."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Item | None = index.data(ITEM_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._ground(painter, option)
        rect = QRect(option.rect).adjusted(PAD_PX, 4, -PAD_PX, -4)  # type: ignore[attr-defined]
        if item is not None:
            self._cell(painter, rect, index, item)
        painter.restore()

    def _cell(self, painter: QPainter, rect: QRect, index: Index, item: Item) -> None:
        column = index.column()
        if column == Column.PICTURES:
            self._pair(painter, rect, index, item)
        elif column == Column.NAME:
            upper, lower = _halves(rect)
            self._text(painter, upper, item.path.name, self._colour("text"), Qt.TextElideMode.ElideMiddle)
            self._small(painter)
            self._text(
                painter, lower, str(item.path.parent), self._colour("muted"), Qt.TextElideMode.ElideLeft
            )
        elif column == Column.STATE:
            self._state(painter, rect, item)
        elif column == Column.DAMAGE:
            self._damage(painter, rect, item)
        else:
            colour = self._colour("danger" if item.state == "failed" else "muted")
            painter.setPen(colour)
            text = str(index.data() or "")
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            if item.state == "done":
                self._text(painter, rect, text, colour, Qt.TextElideMode.ElideMiddle)
            else:
                painter.drawText(rect, int(flags) | int(Qt.TextFlag.TextWordWrap), text)

    def _damage(self, painter: QPainter, rect: QRect, item: Item) -> None:
        """The score as a number and as a bar, 0 to 100."""
        text = damage_text(item)
        if not text:
            return
        self._text(painter, rect.adjusted(0, 0, 0, -10), text, self._colour("text"))
        bar = QRect(rect.left(), rect.center().y() + 9, min(rect.width(), 64), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour("border"))
        painter.drawRoundedRect(bar, 2, 2)
        bar.setWidth(round(bar.width() * min(100.0, float(text)) / 100))
        painter.setBrush(self._colour("warning"))
        painter.drawRoundedRect(bar, 2, 2)


class TileDelegate(_Painter):
    """A tile of the grid: both pictures, the name and the state below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(2 * TILE_PX + GAP_PX + 2 * PAD_PX, TILE_PX + 2 * LINE_PX + 2 * PAD_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Item | None = index.data(ITEM_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._ground(painter, option, rounded=True)
        rect = QRect(option.rect).adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)  # type: ignore[attr-defined]
        if item is not None:
            self._pair(painter, QRect(rect.left(), rect.top(), rect.width(), TILE_PX), index, item)
            name = QRect(rect.left(), rect.top() + TILE_PX, rect.width(), LINE_PX)
            self._text(painter, name, item.path.name, self._colour("text"), Qt.TextElideMode.ElideMiddle)
            self._small(painter)
            self._state(painter, name.translated(0, LINE_PX), item)
        painter.restore()


class ReasonDelegate(_Painter):
    """A failure: the name, and the whole reason below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, REASON_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Item | None = index.data(ITEM_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        rect = QRect(option.rect).adjusted(PAD_PX, 3, -PAD_PX, -3)  # type: ignore[attr-defined]
        if item is not None:
            icon = "error" if item.state == "failed" else "warning"
            tone = "danger" if item.state == "failed" else "warning"
            place = QRect(rect.left(), rect.center().y() - 9, 18, 18)
            self._theme.icon(icon, tone).paint(painter, place)
            upper, lower = _halves(rect.adjusted(28, 0, 0, 0))
            self._text(painter, upper, item.path.name, self._colour("text"), Qt.TextElideMode.ElideMiddle)
            self._small(painter)
            self._text(painter, lower, told(item.error or ""), self._colour("muted"))
        painter.restore()


def _halves(rect: QRect) -> tuple[QRect, QRect]:
    middle = rect.center().y()
    upper = QRect(rect.left(), middle - LINE_PX + 2, rect.width(), LINE_PX)
    return upper, upper.translated(0, LINE_PX - 2)


class QueueTable(QTableView):
    """The list as rows; waiting photographs can be dragged to another place."""

    def __init__(self, model: QueueModel, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(RowDelegate(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_PX)
        rows.hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(60)
        widths = {Column.PICTURES: 140, Column.NAME: 260, Column.STATE: 110, Column.DAMAGE: 84}
        for column, width in widths.items():
            header.resizeSection(column, width)
        header.setStretchLastSection(True)
        self.setAccessibleName(self.tr("Photographs of the batch"))


class QueueGrid(QListView):
    """The list as tiles."""

    def __init__(self, model: QueueModel, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setModelColumn(Column.NAME)
        self.setItemDelegate(TileDelegate(theme, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Photographs of the batch"))


class ReasonList(QListView):
    """What failed or was left out, with the reasons."""

    def __init__(self, model: QueueModel, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setModelColumn(Column.NAME)
        self.setItemDelegate(ReasonDelegate(theme, self))
        self.setUniformItemSizes(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Failures with their reasons"))
