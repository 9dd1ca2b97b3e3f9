"""The table of the model library."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from restorer.library import store as library
from restorer.library.weights import ModelEntry
from ui.core_texts import told
from ui.panels.repair_panel import model_title
from ui.parts import megabytes
from ui.theme import ThemeManager

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("default", "title", "task", "architecture", "source", "score", "size", "licence", "date")
SPARED = ("date", "size", "licence", "architecture", "source")  # where there is no room; the facts have them
TITLE_PX = 200  # of the title, before other columns are left out
Role = Qt.ItemDataRole
# What `training.measuring.verdict.Comparison` tells, and on which pictures it measures.
_COMPARED = re.compile(r"(.+) -> (.+) \((.+), 95 % (.+) to (.+), (\d+) photographs, (\d+) better\)")
_IN_CARD = re.compile(r"(\d+) photographs, see \S+\.md")
_DETAIL = re.compile(r"at detail ([\d.]+)")
MEASURED = (
    QT_TRANSLATE_NOOP("Models", "your photographs"),
    QT_TRANSLATE_NOOP("Models", "your photographs at detail {0}"),
    QT_TRANSLATE_NOOP("Models", "replay set"),
    QT_TRANSLATE_NOOP("Models", "PSNR in the hole"),
    QT_TRANSLATE_NOOP("Models", "F1 within 2 px"),
)
# Carried in English by the shipped model, as those in `ui.panels.repair_panel`.
DETECTOR_TITLE = QT_TRANSLATE_NOOP("ModelTitles", "Damage detector")


def task_title(task: str) -> str:
    """What a model does, for a person."""
    translate = QCoreApplication.translate
    known = {
        "repair": translate("Models", "Fills damage"),
        "detect": translate("Models", "Finds damage"),
        "enlarge": translate("Models", "Enlarges"),
        "face": translate("Models", "Restores faces"),
        "restore": translate("Models", "Cleans"),
    }
    return known.get(task, task)


def source_title(entry: ModelEntry) -> str:
    """Where a model comes from, for a person."""
    translate = QCoreApplication.translate
    known = {
        "shipped": translate("Models", "shipped"),
        "fine-tuned": translate("Models", "fine-tuned"),
        "imported": translate("Models", "imported"),
    }
    text = known.get(entry.source, entry.source)
    return f"{text} ⚠" if entry.forced else text


def licence_title(licence: str) -> str:
    """The licence of a model, for a person."""
    return QCoreApplication.translate("Models", "unknown") if licence == library.UNKNOWN else licence


def architecture_of(entry: ModelEntry) -> str:
    """The architecture of a model, of imported ones what was recognised."""
    return str(entry.hyper_parameters.get("architecture", entry.architecture))


def score_of(entry: ModelEntry) -> str:
    """The first of its scores without what is told about it."""
    text = next((str(value) for value in entry.scores.values()), "–").split(",")[0]
    return (f"{text})" if "(" in text and ")" not in text else text).replace("->", "→")


def told_score(name: str, value: object) -> tuple[str, str]:
    """A measured figure of a model with its name, in the user's language."""
    translate, text = QCoreApplication.translate, str(value)
    found, parts = _COMPARED.fullmatch(text), name.split(", ")
    if found is None or len(parts) != 2:
        return told(name), told(text)
    detail = _DETAIL.search(parts[0])
    which = translate("Models", _DETAIL.sub("at detail {0}", parts[0])).format(detail[1] if detail else "")
    change = translate("Models", "{0} → {1} ({2}, 95 % {3} to {4}, {5} photographs, {6} better)")
    return (
        translate("Models", "{0}, {1}").format(which, translate("Models", parts[1])),
        change.format(*found.groups()),
    )


def measure_told(task: str) -> str:
    """What the figures of a model mean; empty where its task has none."""
    translate = QCoreApplication.translate
    known = {
        "repair": translate(
            "Models",
            "PSNR: how close fills come to what was there, in decibels; more is better. In brackets: another "
            "method, or the gain. Texture, seam and HaarPSI are ideal at 1.",
        ),
        "detect": translate("Models", "F1: 1 if all damage and nothing else is found, 0 if none is."),
    }
    return known.get(task, "")


def trained_title(trained_on: str) -> str:
    """What a model learned from; its card is beside it here."""
    found = _IN_CARD.fullmatch(trained_on)
    if found is None:
        return told(trained_on)
    return QCoreApplication.translate("Models", "{0} photographs, see the model card").format(found[1])


class ModelTable(QAbstractTableModel):
    """All models of the library, one in a row."""

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self.models: tuple[ModelEntry, ...] = ()
        self._theme = theme

    def show(self, models: tuple[ModelEntry, ...]) -> None:
        """Show other models."""
        self.beginResetModel()
        self.models = models
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.models)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Role.ToolTipRole:
            return "\n".join(map(measure_told, ("repair", "detect"))) if COLUMNS[section] == "score" else None
        if orientation != Qt.Orientation.Horizontal or role != Role.DisplayRole:
            return None
        titles = (
            "", self.tr("Model"), self.tr("Task"), self.tr("Architecture"), self.tr("Source"),
            self.tr("Score"), self.tr("Size"), self.tr("Licence"), self.tr("Date"),
        )  # fmt: skip
        return titles[section]

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, column = self.models[index.row()], COLUMNS[index.column()]
        if role == Role.DisplayRole:
            return self._text(entry, column)
        if role == Role.DecorationRole and column == "default" and entry.default:
            return self._theme.icon("check", "good")
        if role == Role.AccessibleTextRole and column == "default":
            return self.tr("default") if entry.default else ""
        if role == Role.ToolTipRole:
            if column == "default":
                return self.tr("Used unless you choose another") if entry.default else ""
            if column == "score":
                return "\n".join(": ".join(told_score(*score)) for score in entry.scores.items())
            shown = f"{model_title(entry)}\n{entry.id}"
            forced = self.tr("Kept although the verdict was against it.")
            return f"{shown}\n{forced}" if entry.forced else shown
        if role == Role.FontRole and column == "title" and entry.default:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def _text(self, entry: ModelEntry, column: str) -> str:
        return {
            "default": "",
            "title": model_title(entry),
            "task": task_title(entry.task),
            "architecture": architecture_of(entry),
            "source": source_title(entry),
            "score": score_of(entry),
            "size": megabytes(sum(f.bytes for f in entry.files)),
            "licence": licence_title(entry.licence),
            "date": entry.date,
        }[column]


class ModelView(QTableView):
    """The table as it is seen: the titles keep room, for which other columns are left out."""

    def __init__(self, rows: ModelTable) -> None:
        super().__init__()
        self.setModel(rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(32)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(COLUMNS.index("title"), QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        rows.modelReset.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many columns as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        widths = {
            name: max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            for column, name in enumerate(COLUMNS)
            if name != "title"
        }
        for name in SPARED:
            crowded = sum(widths.values()) + TITLE_PX > self.viewport().width()
            self.setColumnHidden(COLUMNS.index(name), crowded)
            if crowded:
                del widths[name]
