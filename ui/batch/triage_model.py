"""The photographs that a batch has searched, the most damaged first, with what was decided about each."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QPixmap

from restorer.batch.queue import Item, Queue
from restorer.errors import RestorerError
from ui.actions.table import QT_TRANSLATE_NOOP
from ui.batch.model import Index, Thumbnails, damage_text, tr
from ui.batch.triage_work import Plan
from ui.widgets import share_text

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
PICTURE_ROLE = Qt.ItemDataRole.UserRole + 2
DECISION_ROLE = Qt.ItemDataRole.UserRole + 3

DECISIONS = {
    "approve": (QT_TRANSLATE_NOOP("Batch", "Approved"), "check", "good"),
    "redo": (QT_TRANSLATE_NOOP("Batch", "By hand"), "brush", "accent"),
    "skip": (QT_TRANSLATE_NOOP("Batch", "Skipped"), "cancel", "muted"),
}


def score_of(item: Item) -> float:
    """How damaged a photograph was found to be, 0..100."""
    score = (item.report or {}).get("damage_score")
    return float(score) if isinstance(score, int | float) else 0.0


def found_text(item: Item) -> str:
    """What was found in a photograph."""
    if item.state == "clean":
        return tr(QT_TRANSLATE_NOOP("Batch", "Looks clean"))
    report = item.report or {}
    places, share = report.get("regions"), report.get("share_found")
    text = tr(QT_TRANSLATE_NOOP("Batch", "Damage {0} of 100")).format(damage_text(item) or "?")
    if places == 1:
        text += " · " + tr(QT_TRANSLATE_NOOP("Batch", "1 place"))
    elif isinstance(places, int):
        text += " · " + tr(QT_TRANSLATE_NOOP("Batch", "{0} places")).format(f"{places:,}")
    if isinstance(share, int | float):
        text += " · " + tr(QT_TRANSLATE_NOOP("Batch", "{0} of the picture")).format(share_text(share))
    return text


class TriageModel(QAbstractListModel):
    """The photographs that were searched, the most damaged first, with what was decided about each.

    Args:
        thumbnails: gives the pictures.

    Signals:
        decided: about some photographs.
        withdrawn (list[Item]): these were approved and are no more.
        refused (RestorerError): a decision could not be written down.
    """

    decided = Signal()
    withdrawn = Signal(object)
    refused = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._queue: Queue | None = None
        self._out = Path()
        self._items: list[Item] = []
        self._keys: list[tuple[float, int]] = []  # (-score, number), sorted
        self._known: dict[int, float] = {}
        self.plan: Plan | None = None
        thumbnails.loaded.connect(self._on_loaded)

    def set_queue(self, queue: Queue | None, out: Path) -> None:
        """Show another search, or none.

        Raises:
            RestorerError: its decisions cannot be read.
        """
        self.beginResetModel()
        self._queue, self._out, self.plan = queue, out, None
        self._items, self._keys, self._known = [], [], {}
        try:
            if queue is not None:
                self.plan = Plan.read(queue)
                found = sorted(queue.items(("done", "clean")), key=_key)
                self._items, self._keys = found, [_key(item) for item in found]
                self._known = {item.id: score_of(item) for item in found}
        finally:
            self.endResetModel()
        self.decided.emit()

    def apply(self, changed: Iterable[Item]) -> None:
        """Put photographs in their places that were searched meanwhile."""
        for item in changed:
            if item.id in self._known:
                self._remove(item.id)
            if item.state in ("done", "clean"):
                key = _key(item)
                row = bisect.bisect_left(self._keys, key)
                self.beginInsertRows(QModelIndex(), row, row)
                self._items.insert(row, item)
                self._keys.insert(row, key)
                self._known[item.id] = score_of(item)
                self.endInsertRows()
        self.decided.emit()

    def _remove(self, number: int) -> None:
        row = bisect.bisect_left(self._keys, (-self._known[number], number))
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._items[row], self._keys[row], self._known[number]
        self.endRemoveRows()

    # --- decisions

    def decide(self, rows: Iterable[int], decision: str | None) -> None:
        """Decide about some photographs; None takes a decision back. A clean one cannot be approved."""
        if self.plan is None or self._queue is None:
            return
        chosen = sorted(set(rows))
        approved = [self._items[row] for row in chosen if self.decision(row) == "approve"]
        for row in chosen:
            item = self._items[row]
            if decision is None or (decision == "approve" and item.state == "clean"):
                self.plan.decisions.pop(item.id, None)
            else:
                self.plan.decisions[item.id] = decision
        try:
            self.plan.write_decisions(self._queue)
        except RestorerError as error:
            self.refused.emit(error)
        if chosen:
            self.dataChanged.emit(self.index(chosen[0]), self.index(chosen[-1]))
        self.decided.emit()
        if approved and decision != "approve":
            self.withdrawn.emit(approved)

    def decision(self, row: int) -> str | None:
        """What was decided about a row."""
        return self.plan.decisions.get(self._items[row].id) if self.plan is not None else None

    def with_decision(self, decision: str | None) -> list[Item]:
        """Damaged photographs about which that was decided; None = nothing yet."""
        known = self.plan.decisions if self.plan is not None else {}
        return [i for i in self._items if i.state == "done" and known.get(i.id) == decision]

    def item(self, row: int) -> Item:
        """The photograph of a row."""
        return self._items[row]

    # --- what views ask for

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == ENTRY_ROLE:
            return item
        if role == PICTURE_ROLE:
            return self._picture(item)
        if role == DECISION_ROLE:
            return self.decision(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return item.path.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.path}\n{found_text(item)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            decision = self.decision(index.row())
            told = tr(DECISIONS[decision][0]) if decision in DECISIONS else ""
            return ", ".join(t for t in (item.path.name, found_text(item), told) if t)
        return None

    def _picture(self, item: Item) -> QPixmap | None:
        name = item.target if item.state == "done" else item.before
        found = self._thumbnails.get(self._out / name, item.changed) if name else None
        return None if found is None or found.isNull() else found

    def _on_loaded(self) -> None:
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1), [PICTURE_ROLE])


def _key(item: Item) -> tuple[float, int]:
    return (-score_of(item), item.id)
