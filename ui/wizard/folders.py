"""The first page of the training wizard: folders, what was found in them, and what is used for what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import RestorerError
from ui.core_texts import error_told, told
from ui.dropped import take_copies
from ui.jobs import Done, Failed, JobThread, Outcome, Update
from ui.parts import Notice, button, error_text
from ui.widgets import heading, muted
from ui.wizard.grid import BadgeLegend, GridView
from ui.wizard.page import Context, DropZone, Page
from ui.wizard.work import SEED

if TYPE_CHECKING:
    from training.data.folders import ScanReport, Split
    from training.tuning.runs import Unfinished


class FoldersPage(Page):
    """Folders are added, looked through in the background, and divided by scene.

    Signals:
        resumed (Unfinished): go on with that training.
        discarded (Unfinished): delete that training.
    """

    resumed = Signal(object)
    discarded = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            self.tr("Your photographs"),
            self.tr(
                "Choose folders of good photographs of your own, the more alike to those you repair the "
                "better. Nothing leaves this computer, and nothing is written into these folders."
            ),
        )
        self.setAcceptDrops(True)
        self.split: Split | None = None
        self._enough = False
        self._job: JobThread | None = None
        self._waiting: Unfinished | None = None
        self.problem = Notice(context.theme)
        self.column.addWidget(self._make_unfinished())
        body = QHBoxLayout()
        body.setSpacing(18)
        body.addLayout(self._make_left())
        body.addWidget(self._make_right(), 1)
        self.column.addLayout(body, 1)
        self.column.addWidget(self.problem)
        self._show()

    # --- parts

    def _make_unfinished(self) -> Notice:
        self.unfinished = Notice(self.context.theme)
        self.resume_button = button(self.tr("&Go on with it"), self.tr("Resume from the last checkpoint"))
        self.resume_button.setProperty("primary", True)
        self.discard_button = button(self.tr("&Discard it"), self.tr("Delete its checkpoint for good"))
        self.unfinished.row.addWidget(self.resume_button)
        self.unfinished.row.addWidget(self.discard_button)
        self.resume_button.clicked.connect(lambda: self.resumed.emit(self._waiting))
        self.discard_button.clicked.connect(lambda: self.discarded.emit(self._waiting))
        return self.unfinished

    def _make_left(self) -> QVBoxLayout:
        theme = self.context.theme
        self.list = QListWidget()
        self.list.setFixedWidth(250)
        self.list.setMaximumHeight(120)
        self.list.setAccessibleName(self.tr("Folders"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.add_button = button(
            self.tr("&Add folder…"), self.tr("Folders can be dropped here as well"), "folder", theme
        )
        self.remove_button = button(
            self.tr("&Remove"),
            self.tr("Take the selected folder off the list; it is not deleted"),
            "close",
            theme,
        )
        self.add_button.clicked.connect(self._ask)
        self.remove_button.clicked.connect(self._remove)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.add_button, 1)
        line.addWidget(self.remove_button)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(heading(self.tr("Folders")))
        column.addWidget(self.list)
        column.addLayout(line)
        column.addSpacing(8)
        self.again_button = button(
            self.tr("&Look again"), self.tr("When photographs were added, changed or taken away since")
        )
        self.again_button.clicked.connect(self._scan)
        found = QHBoxLayout()
        found.addWidget(heading(self.tr("What was found")), 1)
        found.addWidget(self.again_button)
        column.addLayout(found)
        column.addLayout(self._make_counts())
        column.addStretch(1)
        return column

    def _make_counts(self) -> QGridLayout:
        rows = (
            ("train", self.tr("to train on"), self.tr("The model learns from these")),
            (
                "held",
                self.tr("held out to judge"),
                self.tr("Never trained on; no scene has photographs in both parts"),
            ),
            ("rejected", self.tr("rejected by you"), self.tr("Not used at all")),
            ("unreadable", self.tr("unreadable"), self.tr("See the tab “Not used” for the reasons")),
            ("small", self.tr("too small"), self.tr("Sides below 160 pixels teach nothing")),
            ("duplicates", self.tr("near-duplicates"), self.tr("Stay together on one side of the split")),
            (
                "bursts",
                self.tr("in bursts"),
                self.tr("Taken within seconds, or neighbours that look alike; stay together as well"),
            ),
            ("mono", self.tr("black-and-white"), self.tr("Share of the usable photographs")),
        )
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(10)
        self.counts: dict[str, QLabel] = {}
        for row, (key, text, tip) in enumerate(rows):
            number, label = QLabel("–"), muted(text)
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            number.setObjectName("heading")
            number.setMinimumWidth(46)
            for widget in (number, label):
                widget.setToolTip(tip)
            number.setAccessibleName(text)
            grid.addWidget(number, row, 0)
            grid.addWidget(label, row, 1)
            self.counts[key] = number
        grid.setColumnStretch(1, 1)
        return grid

    def _make_right(self) -> QTabWidget:
        self.grid = GridView(self.context.theme)
        self.grid.toggled.connect(self._toggle)
        self.refused = QListWidget()
        self.refused.setWordWrap(True)
        self.refused.setAccessibleName(self.tr("Files that are not used, with the reasons"))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._make_grid_tab(), self.tr("Photographs"))
        self.tabs.addTab(self.refused, self.tr("Not used"))
        return self.tabs

    def _make_grid_tab(self) -> QWidget:
        self.show_box = QComboBox()
        for text, tag in (
            (self.tr("All"), ""), (self.tr("To train on"), "train"), (self.tr("Held out"), "held-out"),
            (self.tr("Rejected"), "rejected"), (self.tr("Near-duplicates"), "duplicate"),
            (self.tr("Bursts"), "burst"),
        ):  # fmt: skip
            self.show_box.addItem(text, tag)
        self.show_box.setAccessibleName(self.tr("Which photographs are shown"))
        self.show_box.setToolTip(self.show_box.accessibleName())
        self.show_box.currentIndexChanged.connect(
            lambda _: self.grid.filter.show_tag(self.show_box.currentData())
        )
        self.reject_button = button(
            self.tr("Re&ject / take back"),
            self.tr("Documents, screenshots and the like teach nothing about photographs (Space)"),
        )
        self.reject_button.clicked.connect(lambda: self._toggle(self.grid.chosen()))
        self.progress = QProgressBar()
        self.progress.setAccessibleName(self.tr("Looking through the folders"))
        self.stack = QStackedWidget()
        empty = DropZone(self.tr("Drop folders here, or click to choose one."), self.context.theme)
        empty.clicked.connect(self._ask)
        self.stack.addWidget(empty)
        self.stack.addWidget(self.grid)
        line = QHBoxLayout()
        line.addWidget(self.show_box)
        line.addWidget(self.progress, 1)
        line.addStretch(0)
        line.addWidget(self.reject_button)
        place = QWidget()
        column = QVBoxLayout(place)
        column.setContentsMargins(10, 10, 10, 10)
        column.addLayout(line)
        column.addWidget(self.stack, 1)
        column.addWidget(BadgeLegend(self.context.theme))
        return place

    # --- folders

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of photographs"))
        if folder:
            self.add([Path(folder)])

    def add(self, folders: list[Path]) -> None:
        """Take folders into the list and look through all of them."""
        fresh = [f for f in folders if f not in self.draft.folders]
        if fresh:
            self.draft.folders += fresh
            self._scan()

    def only(self, folder: Path) -> None:
        """Look through this folder alone."""
        self.draft.folders = [folder]
        self._scan()

    def _remove(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.draft.folders):
            del self.draft.folders[row]
            self._scan()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        take_copies(event)

    def dropEvent(self, event: QDropEvent) -> None:
        paths = take_copies(event)
        self.add(list(dict.fromkeys(p if p.is_dir() else p.parent for p in paths)))

    # --- looking through

    @property
    def scanning(self) -> bool:
        """Whether the folders are being looked through."""
        return self._job is not None

    def _scan(self) -> None:
        self.stop()
        self.draft.report = self.split = None
        self._enough = False
        self.problem.say("")
        self.grid.photos.clear()
        folders = tuple(self.draft.folders)
        if folders:
            self._job = self._submit(folders)
        self._show()

    def _submit(self, folders: tuple[Path, ...]) -> JobThread:
        from training.data.folders import Seen, scan

        job: JobThread | None = None

        def progressed(update: Update) -> None:
            if job is self._job:
                if update.fraction is not None:
                    self.progress.setRange(0, 1000)
                    self.progress.setValue(round(1000 * update.fraction))
                found = [d for d in update.details if isinstance(d, Seen)]
                if found:
                    self.grid.photos.add(found)
                    self.stack.setCurrentWidget(self.grid)

        def settled(outcome: Outcome) -> None:
            if job is self._job:
                self._job = None
                self._on_scanned(outcome)

        job = self.context.submit(
            lambda ctx: scan(folders, ctx),
            "training",
            self.tr("Looking through folders"),
            settled,
            progressed,
        )
        return job

    def stop(self) -> None:
        """Stop looking through."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _on_scanned(self, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self.draft.report = outcome.value
        elif isinstance(outcome, Failed):
            self.problem.say(
                error_text(outcome, self.tr("The folders could not be looked through.")), "danger"
            )
        self._divide()

    # --- what is used for what

    def _toggle(self, paths: list[Path]) -> None:
        if self.draft.report is None or not paths:
            return
        rejected = self.draft.rejected
        if all(p in rejected for p in paths):
            rejected.difference_update(paths)
        else:
            rejected.update(paths)
        self._divide()

    def _divide(self) -> None:
        from training.data.folders import split, with_masks

        report, rejected = self.draft.report, frozenset(self.draft.rejected)
        self.split, self._enough = None, False
        if report is not None:
            try:
                found = split(report, rejected=rejected, seed=SEED)
                self._enough = True  # of these the next steps can make more than what is chosen there now
                masks = self.draft.masks if self.draft.task == "detect" else None
                if masks is not None:
                    found = split(with_masks(report, masks, rejected), rejected=rejected, seed=SEED)
                self.split = found
                self.problem.say("")
            except RestorerError as error:
                self.problem.say(error_told(error), "warning")
        self._show()

    def _tags(self, report: ScanReport) -> dict[Path, frozenset[str]]:
        tags: dict[Path, set[str]] = {p.path: set() for p in report.photos}
        for name, groups in (("duplicate", report.near_duplicates), ("burst", report.bursts)):
            for group in groups:
                for index in group:
                    tags[report.photos[index].path].add(name)
        if self.split is not None:
            for photo in self.split.train:
                tags[photo.path].add("train")
            for photo in self.split.held_out:
                tags[photo.path].add("held-out")
        for path in self.draft.rejected & tags.keys():
            tags[path].add("rejected")
        return {path: frozenset(words) for path, words in tags.items()}

    def _show(self) -> None:
        row = self.list.currentRow()
        self.list.clear()
        for folder in self.draft.folders:
            item = QListWidgetItem(str(folder))
            item.setToolTip(str(folder))
            self.list.addItem(item)
        self.remove_button.setEnabled(bool(self.draft.folders))
        self.again_button.setEnabled(bool(self.draft.folders) and not self.scanning)
        self.list.setCurrentRow(min(max(row, 0), len(self.draft.folders) - 1))
        self.progress.setVisible(self.scanning)
        self.progress.setRange(0, 0 if self.scanning else 1)
        self.reject_button.setEnabled(self.draft.report is not None)
        report = self.draft.report
        self.refused.clear()
        for label in self.counts.values():
            label.setText("–")
        if report is not None:
            self._show_report(report)
        has_some = bool(self.grid.photos.photos)
        self.stack.setCurrentIndex(1 if has_some else 0)
        self.changed.emit()

    def _show_report(self, report: ScanReport) -> None:
        tags = self._tags(report)
        self.grid.photos.set_tags(tags)
        split = self.split
        numbers = {
            "train": len(split.train) if split else 0,
            "held": len(split.held_out) if split else 0,
            "rejected": sum("rejected" in words for words in tags.values()),
            "unreadable": len(report.unreadable),
            "small": len(report.too_small),
            "duplicates": sum(map(len, report.near_duplicates)),
            "bursts": sum(map(len, report.bursts)),
        }
        for key, number in numbers.items():
            self.counts[key].setText(f"{number:,}")
        self.counts["mono"].setText(f"{round(100 * report.monochrome_share)} %")
        for refused in (*report.unreadable, *report.too_small):
            self.refused.addItem(told(refused.reason))
        count = len(report.unreadable) + len(report.too_small)
        self.tabs.setTabText(1, self.tr("Not used ({0})").format(count) if count else self.tr("Not used"))

    # --- the wizard's questions

    def offer(self, runs: tuple[Unfinished, ...]) -> None:
        """Show the latest of the trainings that can be gone on with."""
        self._waiting = runs[0] if runs else None
        if self._waiting is None:
            self.unfinished.say("")
            return
        run = self._waiting
        if run.judged:
            text = self.tr("“{0}” is trained; its verdict is waiting.").format(run.config.name)
        else:
            text = self.tr("The training “{0}” was not finished: step {1} of {2}.")
            text = text.format(run.config.name, run.step, run.plan.steps)
        self.unfinished.say(text, "warning")

    def entered(self) -> None:
        if self.draft.report is not None:  # a detector learns from those alone that have a mask
            self._divide()
        elif self.draft.folders and not self.scanning:  # it was stopped for a training
            self._scan()

    def complete(self) -> bool:
        return self._enough and not self.scanning
