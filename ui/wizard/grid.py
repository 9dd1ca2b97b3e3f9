"""The thumbnail grid of the training wizard: what trains, what judges, and what was rejected by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui.parts import image_of
from ui.theme import ThemeManager
from ui.widgets import muted

if TYPE_CHECKING:
    from training.data.folders import ScannedPhoto, Seen

CELL = QSize(148, 142)
PICTURE = QSize(132, 100)
PATH_ROLE = int(Qt.ItemDataRole.UserRole)
TAGS_ROLE = PATH_ROLE + 1
Index = QModelIndex | QPersistentModelIndex


class PhotoGrid(QAbstractListModel):
    """The photographs of a scan with their tags: "train", "held-out", "rejected", "duplicate", "burst"."""

    def __init__(self) -> None:
        super().__init__()
        self.photos: list[ScannedPhoto] = []
        self.tags: dict[Path, frozenset[str]] = {}
        self._pictures: list[QPixmap] = []

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self.photos, self._pictures, self.tags = [], [], {}
        self.endResetModel()

    def add(self, seen: list[Seen]) -> None:
        """Photographs that were just found."""
        first = len(self.photos)
        self.beginInsertRows(QModelIndex(), first, first + len(seen) - 1)
        for item in seen:
            self.photos.append(item.photo)
            self._pictures.append(QPixmap.fromImage(image_of(item.thumbnail)))
        self.endInsertRows()

    def set_tags(self, tags: dict[Path, frozenset[str]]) -> None:
        """What every photograph is used for."""
        self.tags = tags
        if self.photos:
            self.dataChanged.emit(self.index(0), self.index(len(self.photos) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.photos)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        photo = self.photos[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return photo.path.name
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pictures[index.row()]
        if role == PATH_ROLE:
            return photo.path
        if role == TAGS_ROLE:
            return self.tags.get(photo.path, frozenset())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._told(photo)
        return None

    def _told(self, photo: ScannedPhoto) -> str:
        tags = self.tags.get(photo.path, frozenset())
        words = [photo.name, f"{photo.width} × {photo.height}"]
        for tag, text in (
            ("rejected", self.tr("rejected: not used")),
            ("held-out", self.tr("held out: judges the result, never trained on")),
            ("train", self.tr("trained on")),
            ("duplicate", self.tr("shows the same picture as another")),
            ("burst", self.tr("taken within seconds of another, or much like its neighbour")),
        ):
            if tag in tags:
                words.append(text)
        if photo.monochrome:
            words.append(self.tr("black-and-white"))
        return "\n".join(words)


class TagFilter(QSortFilterProxyModel):
    """Shows photographs with one tag, or all."""

    tag = ""

    def show_tag(self, tag: str) -> None:
        """Show those with `tag`; "" = all."""
        self.tag = tag
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        if not self.tag:
            return True
        index = self.sourceModel().index(source_row, 0, source_parent)
        return self.tag in index.data(TAGS_ROLE)


class _Painter(QStyledItemDelegate):
    """Thumbnail, name, and a badge of what it is used for."""

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, tags = self._theme.colours, index.data(TAGS_ROLE)
        cell: QRect = option.rect.adjusted(3, 3, -3, -3)  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if state & QStyle.StateFlag.State_Selected:
            focus = bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(colours.focus), 1.5) if focus else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(QRectF(cell), 6, 6)
        rejected = "rejected" in tags
        pixmap: QPixmap = index.data(Qt.ItemDataRole.DecorationRole)
        size = pixmap.size().scaled(PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(QRect(cell.x(), cell.y() + 6, cell.width(), PICTURE.height()).center())
        painter.setOpacity(0.3 if rejected else 1.0)
        painter.drawPixmap(place, pixmap)
        painter.setOpacity(1.0)
        self._badges(painter, place, tags)
        painter.setPen(QColor(colours.disabled if rejected else colours.text))
        font = QFont(option.font)  # type: ignore[attr-defined]
        font.setPointSizeF(font.pointSizeF() * 0.88)
        font.setStrikeOut(rejected)
        painter.setFont(font)
        line = QRect(cell.x() + 4, cell.bottom() - 22, cell.width() - 8, 20)
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def _badges(self, painter: QPainter, place: QRect, tags: frozenset[str]) -> None:
        x = place.right() - 20
        for tag, icon, colour in BADGES:
            if tag in tags:
                _draw_badge(painter, x, place.top() + 1, icon, colour, self._theme)
                x -= 23


BADGES = (
    ("rejected", "close", "danger"),
    ("held-out", "original", "accent"),
    ("duplicate", "side", "warning"),
    ("burst", "history", "warning"),
)


def _draw_badge(painter: QPainter, x: int, y: int, icon: str, colour: str, theme: ThemeManager) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(getattr(theme.colours, colour)))
    painter.drawEllipse(QRectF(x, y, 20, 20))
    painter.drawPixmap(x + 3, y + 3, theme.pixmap(icon, 14, "accent_text"))


class BadgeLegend(QWidget):
    """What the badges on the thumbnails mean."""

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme, self._labels = theme, []
        texts = (self.tr("rejected"), self.tr("held out"), self.tr("near-duplicate"), self.tr("burst"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for text in texts:
            icon = QLabel()
            self._labels.append(icon)
            line.addWidget(icon)
            line.addWidget(muted(text))
            line.addSpacing(10)
        line.addStretch(1)
        theme.changed.connect(self._paint)
        self._paint()

    def _paint(self) -> None:
        ratio = self.devicePixelRatioF()
        for label, (_, icon, colour) in zip(self._labels, BADGES, strict=True):
            pixmap = QPixmap(round(20 * ratio), round(20 * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _draw_badge(painter, 0, 0, icon, colour, self._theme)
            painter.end()
            label.setPixmap(pixmap)


class GridView(QListView):
    """The grid; Delete and Space reject what is selected, or take it back.

    Signals:
        toggled (list[Path]): reject these, or take them back.
    """

    toggled = Signal(list)

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self.photos = PhotoGrid()
        self.filter = TagFilter(self)
        self.filter.setSourceModel(self.photos)
        self._painter = _Painter(theme)
        self.setModel(self.filter)
        self.setItemDelegate(self._painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Photographs"))
        self.setAccessibleDescription(self.tr("Space rejects the selected ones or takes them back"))
        self.doubleClicked.connect(lambda index: self.toggled.emit([index.data(PATH_ROLE)]))
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> list[Path]:
        """The selected photographs."""
        return [index.data(PATH_ROLE) for index in self.selectedIndexes()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen():
            self.toggled.emit(self.chosen())
            return
        super().keyPressEvent(event)
