"""What is known of one model: facts and scores, and its card."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QTabWidget, QTextBrowser, QVBoxLayout, QWidget

from restorer.library import store as library
from restorer.library.weights import ModelEntry
from ui.library.table import (
    architecture_of,
    licence_title,
    measure_told,
    source_title,
    task_title,
    told_score,
    trained_title,
)
from ui.panels.repair_panel import model_title
from ui.parts import card_text, megabytes
from ui.widgets import heading, muted, scrolled

NAME_WIDTH = 150
LEAST_PX = 350  # of the facts: a name, and a value that wraps
TOP = Qt.AlignmentFlag.AlignTop


class ModelFacts(QTabWidget):
    """Two pages about one model; `show_model` fills them."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST_PX)
        self.name = heading("")
        self.name.setWordWrap(True)
        self.grid = QGridLayout()
        self.grid.setVerticalSpacing(5)
        self.grid.setHorizontalSpacing(14)
        self.grid.setColumnStretch(1, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self.name)
        column.addLayout(self.grid)
        column.addStretch(1)
        self.card = QTextBrowser()
        self.card.setAccessibleName(self.tr("Model card"))
        self.setDocumentMode(True)
        about = scrolled(page)
        about.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nothing in it has the focus: keys scroll it
        about.setAccessibleName(self.tr("About"))
        self.addTab(about, self.tr("About"))
        self.addTab(self.card, self.tr("Model card"))

    def show_model(self, entry: ModelEntry | None) -> None:
        """Show `entry`, or nothing."""
        while item := self.grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.name.setText("" if entry is None else model_title(entry))
        self.card.clear()
        if entry is None:
            return
        meaning = measure_told(entry.task) if entry.scores else ""
        scores = [told_score(*score) for score in entry.scores.items()]
        for row, (title, value) in enumerate([*self._facts(entry), ("", meaning), *scores]):
            if value:
                self._add(row, title, value)
        self.card.setMarkdown(card_text(library.read_card(entry)))

    def _add(self, row: int, title: str, value: str) -> None:
        if not title:
            self.grid.addWidget(muted(value), row, 0, 1, 2)
            return
        name = muted(title)
        name.setFixedWidth(NAME_WIDTH)
        self.grid.addWidget(name, row, 0, TOP)
        self.grid.addWidget(_value(title, value), row, 1, TOP)

    def _facts(self, entry: ModelEntry) -> list[tuple[str, str]]:
        return [
            (self.tr("Name"), entry.id),
            (self.tr("Task"), task_title(entry.task)),
            (self.tr("Architecture"), architecture_of(entry)),
            (self.tr("Size"), megabytes(sum(f.bytes for f in entry.files))),
            (self.tr("Licence"), self._licence(entry.licence)),
            (self.tr("Source"), source_title(entry)),
            (self.tr("Trained on"), trained_title(entry.trained_on)),
            (self.tr("Started from"), entry.parent),
            (self.tr("Date"), entry.date),
            *((f"sha256 ({f.role})", f.sha256) for f in entry.files),
        ]

    def _licence(self, licence: str) -> str:
        if licence != library.UNKNOWN:
            return licence
        return self.tr("{0}; ask the author what is allowed").format(licence_title(licence))


def _value(title: str, value: str) -> QLabel:
    shown = QLabel(value, textFormat=Qt.TextFormat.PlainText)
    shown.setWordWrap(True)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setAccessibleName(title)
    if title.startswith("sha256"):
        shown.setText(f"{value[:16]}…{value[-8:]}")
        shown.setToolTip(value)
    return shown
