"""The open photographs as a strip of thumbnails."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import takewhile
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

THUMBNAIL_PX = 96
NAME_PX = 18
PAD_PX = 6
PATH_ROLE = Qt.ItemDataRole.UserRole + 1
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 2
STATE_ROLE = Qt.ItemDataRole.UserRole + 3

MakeThumbnail = Callable[[Path, Callable[[QImage], None]], Callable[[], bool]]
"""Starts making a thumbnail of a file and calls back in the window's thread; a null image says that there is
none. Returns what withdraws it, if it has not begun: whether it had not."""


Index = QModelIndex | QPersistentModelIndex


def _name_height(metrics: QFontMetrics) -> int:
    """Room for a name in that font."""
    return max(NAME_PX, metrics.height() + 4)


def _state(path: Path) -> tuple[int, int] | None:
    """By which a file is told from one that took its place; None where it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


class _Delegate(QStyledItemDelegate):
    """Thumbnail, name below, a mark for unsaved work."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        name = _name_height(option.fontMetrics)  # type: ignore[attr-defined]
        return QSize(THUMBNAIL_PX + 2 * PAD_PX, THUMBNAIL_PX + name + 2 * PAD_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        palette = option.palette  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        frame = rect.adjusted(2, 2, -2, -2)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            accent = palette.color(QPalette.ColorRole.Highlight)
            colour = QColor(accent)
            colour.setAlpha(70 if chosen else 35)
            painter.setPen(QPen(accent, 1.5) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(frame).adjusted(0.75, 0.75, -0.75, -0.75), 5, 5)
        area = QRect(rect.left() + PAD_PX, rect.top() + PAD_PX, THUMBNAIL_PX, THUMBNAIL_PX)
        self._paint_picture(painter, area, index.data(THUMBNAIL_ROLE), palette)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        below = QRect(area.left(), area.bottom() + 2, area.width(), _name_height(painter.fontMetrics()))
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() - 1, 6))
        painter.setFont(font)
        name = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        if index.data(STATE_ROLE):
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            painter.drawEllipse(QPoint(area.right() - 5, area.top() + 6), 5, 5)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, area: QRect, pixmap: QPixmap | None, palette: QPalette
    ) -> None:
        if pixmap is None or pixmap.isNull():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(10, 16, -10, -16), 3, 3)
            return
        size = (pixmap.size() / pixmap.devicePixelRatio()).scaled(
            area.size(), Qt.AspectRatioMode.KeepAspectRatio
        )
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(area.center())
        painter.drawPixmap(place, pixmap)


class FilmStrip(QListView):
    """The photographs that are open; thumbnails are made when they come into view, and withdrawn when they go
    out of it before their turn.

    Args:
        make_thumbnail: starts making one, calls back with it in the window's thread.
        parent: widget.

    Signals:
        current_changed (Path): the photograph that was chosen.
    """

    current_changed = Signal(object)

    def __init__(self, make_thumbnail: MakeThumbnail, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make_thumbnail
        self._asked: dict[Path, tuple[int, int] | None] = {}
        self._waiting: dict[Path, Callable[[], bool]] = {}  # what withdraws those that may not have begun
        self._items: dict[Path, QStandardItem] = {}
        self._photos = QStandardItemModel(self)
        self.setModel(self._photos)
        self.setItemDelegate(_Delegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(THUMBNAIL_PX + _name_height(self.fontMetrics()) + 2 * PAD_PX + bar + 2)
        self.setAccessibleName(self.tr("Open photographs"))
        self.selectionModel().currentChanged.connect(self._on_current)

    def add(self, paths: Iterable[Path]) -> None:
        """Append photographs that are not there yet. The first one becomes current if none is."""
        for path in paths:
            if path in self._items:
                continue
            item = self._items[path] = QStandardItem(path.name)
            item.setData(path, PATH_ROLE)
            item.setToolTip(str(path))
            self._photos.appendRow(item)
        if not self.currentIndex().isValid() and self._photos.rowCount():
            self.setCurrentIndex(self._photos.index(0, 0))

    def remove(self, path: Path) -> None:
        """Take a photograph out of the strip."""
        row = self._row(path)
        if row is not None:
            self._forget(path)
            del self._items[path]
            self._photos.removeRow(row)

    def paths(self) -> list[Path]:
        """All photographs, in order."""
        return [self._photos.item(row).data(PATH_ROLE) for row in range(self._photos.rowCount())]

    @property
    def current(self) -> Path | None:
        """The chosen photograph."""
        index = self.currentIndex()
        return index.data(PATH_ROLE) if index.isValid() else None

    def set_current(self, path: Path) -> None:
        """Choose a photograph."""
        row = self._row(path)
        if row is not None:
            self.setCurrentIndex(self._photos.index(row, 0))

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) photograph; stops at both ends."""
        row = min(max(self.currentIndex().row() + by, 0), self._photos.rowCount() - 1)
        if row >= 0:
            self.setCurrentIndex(self._photos.index(row, 0))

    def set_unsaved(self, path: Path, unsaved: bool) -> None:
        """Mark a photograph that has work which was not exported or saved."""
        item = self._items.get(path)
        if item is not None:
            item.setData(unsaved, STATE_ROLE)
            told = self.tr("{0}, work not saved").format(path.name) if unsaved else path.name
            item.setData(told, Qt.ItemDataRole.AccessibleTextRole)

    def renew(self, path: Path) -> None:
        """Have the thumbnail made again, if the file is another one by now."""
        if self._asked.get(path) != _state(path):
            self._forget(path)
            self.viewport().update()

    def _forget(self, path: Path) -> None:
        self._asked.pop(path, None)
        withdraw = self._waiting.pop(path, None)
        if withdraw is not None:
            withdraw()

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def paintEvent(self, event) -> None:
        self._ask_for(self._in_view())
        super().paintEvent(event)

    def _on_current(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.scrollTo(current)
            self.current_changed.emit(current.data(PATH_ROLE))

    def _in_view(self) -> list[Path]:
        view, rows = self.viewport().rect(), range(self._photos.rowCount())
        first = bisect_left(rows, view.left(), key=lambda row: self._place(row).right())
        seen = takewhile(lambda row: self._place(row).left() <= view.right(), rows[first:])
        return [self._photos.index(row, 0).data(PATH_ROLE) for row in seen]

    def _ask_for(self, paths: list[Path]) -> None:
        for path in self._waiting.keys() - set(paths):
            if self._waiting.pop(path)():
                del self._asked[path]
        for path in paths:
            if path not in self._asked:
                self._asked[path] = _state(path)
                self._waiting[path] = self._make(path, lambda image, path=path: self._put(path, image))

    def _place(self, row: int) -> QRect:
        return self.visualRect(self._photos.index(row, 0))

    def _put(self, path: Path, image: QImage) -> None:
        item = self._items.get(path)
        if item is None:
            return
        ratio = self.devicePixelRatioF()
        if not image.isNull():
            side = round(THUMBNAIL_PX * ratio)
            image = image.scaled(
                side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            image.setDevicePixelRatio(ratio)
        item.setData(QPixmap.fromImage(image), THUMBNAIL_ROLE)

    def _row(self, path: Path) -> int | None:
        item = self._items.get(path)
        return None if item is None else item.row()
