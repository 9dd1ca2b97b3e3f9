"""The list of a batch as Qt's views want it: numbers only, rows read when they come into view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage, QImageReader, QPixmap

from restorer.batch.queue import STATES, Item, Queue
from restorer.errors import RestorerError
from restorer.jobs import JobContext
from ui.actions.table import QT_TRANSLATE_NOOP
from ui.core_texts import told
from ui.jobs import Done, JobRunner, Outcome

Index = QModelIndex | QPersistentModelIndex
ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
BEFORE_ROLE = Qt.ItemDataRole.UserRole + 2
AFTER_ROLE = Qt.ItemDataRole.UserRole + 3
MIME = "application/x-restorer-batch-items"
MOST_ROWS = 1000  # items that are kept in memory
MOST_RUNS = 50  # separate places from which on all is shown anew
MOST_PICTURES = 400
LOADED_AT_ONCE = 24
THUMBNAIL_PX = 192

STATE_TEXTS = {
    "waiting": QT_TRANSLATE_NOOP("Batch", "Waiting"),
    "running": QT_TRANSLATE_NOOP("Batch", "At work"),
    "done": QT_TRANSLATE_NOOP("Batch", "Done"),
    "clean": QT_TRANSLATE_NOOP("Batch", "Clean"),
    "failed": QT_TRANSLATE_NOOP("Batch", "Failed"),
    "skipped": QT_TRANSLATE_NOOP("Batch", "Skipped"),
    "cancelled": QT_TRANSLATE_NOOP("Batch", "Cancelled"),
}
STATE_TIPS = {
    "waiting": QT_TRANSLATE_NOOP("Batch", "Will be worked on"),
    "running": QT_TRANSLATE_NOOP("Batch", "Is being worked on"),
    "done": QT_TRANSLATE_NOOP("Batch", "Repaired; the result was read back and verified"),
    "clean": QT_TRANSLATE_NOOP("Batch", "Looks clean: there was nothing to repair, so nothing was written"),
    "failed": QT_TRANSLATE_NOOP("Batch", "Could not be repaired; the reason is told beside it"),
    "skipped": QT_TRANSLATE_NOOP("Batch", "Skipped, because of the rule for existing files"),
    "cancelled": QT_TRANSLATE_NOOP("Batch", "Given up by hand"),
}
STATE_COLOURS = {
    "running": "accent",
    "done": "good",
    "clean": "good",
    "failed": "danger",
    "skipped": "warning",
}
HEADERS = (
    QT_TRANSLATE_NOOP("Batch", "Before and after"),
    QT_TRANSLATE_NOOP("Batch", "Photograph"),
    QT_TRANSLATE_NOOP("Batch", "State"),
    QT_TRANSLATE_NOOP("Batch", "Damage"),
    QT_TRANSLATE_NOOP("Batch", "Note"),
)


class Column(IntEnum):
    """Columns of the list."""

    PICTURES = 0
    NAME = 1
    STATE = 2
    DAMAGE = 3
    NOTE = 4


def tr(text: str) -> str:
    """A text of the tables above in the user's language."""
    return QCoreApplication.translate("Batch", text)


def state_text(item: Item) -> str:
    """The state of an item for a person."""
    return tr(STATE_TEXTS[item.state])


def damage_text(item: Item) -> str:
    """How damaged a photograph was found to be, 0 to 100; empty before it was searched."""
    score = (item.report or {}).get("damage_score")
    return f"{score:.0f}" if isinstance(score, int | float) else ""


def note_text(item: Item) -> str:
    """The reason of a failure, or where the result lies and how long it took."""
    if item.state in ("failed", "skipped"):
        return told(item.error or "")
    if item.state != "done":
        return ""
    seconds = sum((item.report or {}).get("seconds", {}).values())
    took = tr(QT_TRANSLATE_NOOP("Batch", "{0} s")).format(f"{seconds:.1f}") if seconds else ""
    return " · ".join(part for part in (item.target or item.mask, took) if part)


class Thumbnails(QObject):
    """Small pictures of a batch, read in the background when they are asked for and kept while there is room.

    Args:
        runner: reads them.
        side: largest width and height, in px.
        most: pictures that are kept.

    Signals:
        loaded: some have come.
    """

    loaded = Signal()

    def __init__(
        self,
        runner: JobRunner,
        side: int = THUMBNAIL_PX,
        most: int = MOST_PICTURES,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner, self._side, self._most = runner, side, most
        self._kept: OrderedDict[tuple[Path, int], QPixmap] = OrderedDict()
        self._wanted: OrderedDict[tuple[Path, int], None] = OrderedDict()
        self._busy = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._load)

    def get(self, path: Path, version: int) -> QPixmap | None:
        """The picture, or None while it is being read; null if there is none."""
        key = (path, version)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        self._wanted[key] = None
        self._wanted.move_to_end(key)
        while len(self._wanted) > self._most:  # scrolled past
            self._wanted.popitem(last=False)
        if not self._busy:
            self._soon.start()
        return None

    def _load(self) -> None:
        keys = [self._wanted.popitem()[0] for _ in range(min(len(self._wanted), LOADED_AT_ONCE))]
        if not keys or self._busy:
            return
        self._busy, side = True, self._side

        def work(ctx: JobContext) -> list[tuple[tuple[Path, int], QImage]]:
            return [(key, _read(key[0], side, ctx)) for key in keys]

        self._runner.submit(work, "background", "", self._on_settled)

    def _on_settled(self, outcome: Outcome) -> None:
        self._busy = False
        if not isinstance(outcome, Done):
            return
        for key, image in outcome.value:
            self._kept[key] = QPixmap.fromImage(image)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        self.loaded.emit()
        if self._wanted:
            self._soon.start()


def _read(path: Path, side: int, ctx: JobContext) -> QImage:
    ctx.check()
    reader = QImageReader(str(path))
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


class QueueModel(QAbstractTableModel):
    """The photographs of a batch, all or those in some states, in the order in which they are worked on.

    Args:
        thumbnails: gives the pictures.
        move: called with (numbers, number to go before or None) when rows were dropped somewhere else.
    """

    def __init__(
        self,
        thumbnails: Thumbnails,
        move: Callable[[list[int], int | None], None] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thumbnails, self._move = thumbnails, move
        self._queue: Queue | None = None
        self._out = Path()
        self._states: tuple[str, ...] = STATES
        self._ids: list[int] = []
        self._rows: dict[int, int] = {}
        self._items: OrderedDict[int, Item] = OrderedDict()
        thumbnails.loaded.connect(self._on_loaded)

    # --- the list behind it

    def set_queue(self, queue: Queue | None, out: Path) -> None:
        """Show another list, or none."""
        self._queue, self._out = queue, out
        self._reset()

    def show_states(self, states: Iterable[str]) -> None:
        """Show the photographs in these states alone."""
        chosen = tuple(states)
        if chosen != self._states:
            self._states = chosen
            self._reset()

    @property
    def states(self) -> tuple[str, ...]:
        """Which states are shown."""
        return self._states

    def apply(self, changed: Sequence[Item]) -> None:
        """Show items as they are now, and those that came or went."""
        anew = False
        touched: list[int] = []
        for item in changed:
            row = self._rows.get(item.id)
            if (row is not None) != (item.state in self._states):
                anew = True
            if item.id in self._items:
                self._items[item.id] = item
            if row is not None:
                touched.append(row)
        if anew:
            self.reload()
        elif touched:
            self._tell(min(touched), max(touched))

    def reload(self) -> None:
        """Bring rows in line with the list: what came, went, or has another place."""
        new = self._read_ids()
        kept = set(new)
        gone = [row for row, number in enumerate(self._ids) if number not in kept]
        known = set(self._ids)
        come = [row for row, number in enumerate(new) if number not in known]
        if len(_runs(gone)) > MOST_RUNS or len(_runs(come)) > MOST_RUNS:
            self._reset()
            return
        for first, last in reversed(_runs(gone)):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._ids[first : last + 1]
            self.endRemoveRows()
        order = [number for number in new if number in known]
        if order != self._ids:
            self._reorder(order)
        for first, last in _runs(come):
            self.beginInsertRows(QModelIndex(), first, last)
            self._ids[first:first] = new[first : last + 1]
            self.endInsertRows()
        self._index()
        if self._ids:
            self._tell(0, len(self._ids) - 1)

    def _reorder(self, order: list[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        places = {number: row for row, number in enumerate(order)}
        before = self.persistentIndexList()
        after = [self.index(places[self._ids[i.row()]], i.column()) for i in before]
        self._ids = order
        self._index()
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _reset(self) -> None:
        self.beginResetModel()
        self._items.clear()
        self._ids = self._read_ids()
        self._index()
        self.endResetModel()

    def _read_ids(self) -> list[int]:
        if self._queue is None:
            return []
        try:
            return self._queue.ids(self._states)
        except RestorerError:  # its folder is gone; what is shown stays
            return list(self._ids)

    def _index(self) -> None:
        self._rows = {number: row for row, number in enumerate(self._ids)}

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    def _on_loaded(self) -> None:
        if self._ids:
            left, right = self.index(0, 0), self.index(len(self._ids) - 1, 0)
            self.dataChanged.emit(left, right, [BEFORE_ROLE, AFTER_ROLE])

    # --- items

    def item(self, row: int) -> Item | None:
        """The item of a row, read when it is first asked for."""
        number = self._ids[row]
        found = self._items.get(number)
        if found is None and self._queue is not None:
            try:
                found = self._queue.item(number)
            except RestorerError:
                return None
            if found is not None:
                self._items[number] = found
                while len(self._items) > MOST_ROWS:
                    self._items.popitem(last=False)
        return found

    @property
    def loaded(self) -> int:
        """How many items are in memory."""
        return len(self._items)

    def row_of(self, number: int) -> int | None:
        """Where an item is shown."""
        return self._rows.get(number)

    def ids(self, rows: Iterable[int]) -> list[int]:
        """Numbers of the items of some rows."""
        return [self._ids[row] for row in sorted(set(rows))]

    def picture(self, item: Item, after: bool = False) -> QPixmap | None:
        """Thumbnail of the source or the result, if there is one and it was read already."""
        name = item.after if after else item.before
        if name is None or (after and item.state != "done"):
            return None
        found = self._thumbnails.get(self._out / name, item.changed)
        return None if found is None or found.isNull() else found

    # --- what views ask for

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return tr(HEADERS[section]) if orientation == Qt.Orientation.Horizontal else section + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role in (Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.SizeHintRole):
            return None
        item = self.item(index.row())
        if item is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(item, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(item, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (item.path.name, state_text(item), note_text(item))
            return ", ".join(p for p in parts if p) if index.column() <= Column.NAME else None
        return {
            ITEM_ROLE: lambda: item,
            BEFORE_ROLE: lambda: self.picture(item),
            AFTER_ROLE: lambda: self.picture(item, after=True),
        }.get(role, lambda: None)()

    def _text(self, item: Item, column: int) -> str:
        if column == Column.NAME:
            return item.path.name
        if column == Column.STATE:
            return state_text(item)
        if column == Column.DAMAGE:
            return damage_text(item)
        return note_text(item) if column == Column.NOTE else ""

    def _tip(self, item: Item, column: int) -> str:
        if column == Column.STATE:
            searched = item.state == "done" and item.target is None
            return tr(QT_TRANSLATE_NOOP("Batch", "Done")) if searched else tr(STATE_TIPS[item.state])
        if column == Column.NOTE and note_text(item):
            return note_text(item)
        return str(item.path)

    # --- moving rows

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between rows, never onto one
        enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return enabled | Qt.ItemFlag.ItemIsDragEnabled if self._move is not None else enabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        numbers = self.ids(index.row() for index in indexes)
        data.setData(MIME, QByteArray(",".join(map(str, numbers)).encode()))
        return data

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        return self._move is not None and data.hasFormat(MIME)

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if self._move is None or not data.hasFormat(MIME):
            return False
        numbers = [int(n) for n in bytes(data.data(MIME).data()).decode().split(",") if n]
        if parent.isValid():
            row = parent.row()
        while 0 <= row < len(self._ids) and self._ids[row] in numbers:  # dropped among those that move
            row += 1
        before = self._ids[row] if 0 <= row < len(self._ids) else None
        self._move(numbers, before)
        self.reload()
        return True


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Growing numbers as (first, last) of those that follow each other."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
