"""The first page of the batch window: which photographs, what is done to them, where results go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer.batch.files import FIELDS, Naming, check_sources, full_path, is_folder
from restorer.errors import RestorerError
from restorer.image.reading import SUFFIXES
from restorer.image.saving import ENDINGS
from restorer.library.store import find_model
from ui.batch import work as batch_work
from ui.batch.parts import PATH_ROLE, Offer, SourceList, proposed_out
from ui.batch.recipe import RecipeForm
from ui.batch.triage_work import search_part
from ui.batch.work import Count, Order, Unfinished
from ui.core_texts import error_told
from ui.jobs import Done, JobRunner, JobThread, Outcome, Update
from ui.theme import ThemeManager
from ui.widgets import breakable, heading, muted, plain_text, scrolled, set_tone

COUNT_DELAY_MS = 150


class BatchSetup(QWidget):
    """What a batch is to be.

    Args:
        runner: counts photographs.
        theme: for icons.

    Signals:
        start_wanted (Order): repair; `triage` in it = look at the damage first.
        resume_wanted (Unfinished): go on with a batch.
        forget_wanted (Unfinished): do not offer it any more.
    """

    start_wanted = Signal(object)
    resume_wanted = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, runner: JobRunner, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner, self._theme = runner, theme
        self.wanted_device: Callable[[], str] = lambda: "auto"  # it may be changed while the window is open
        self._paths: list[Path] = []
        self._out_chosen = False
        self._counting: JobThread | None = None
        self._count = Count(0)
        self._told = ""  # what went wrong at the last try
        self._delay = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._delay.timeout.connect(self._begin_count)
        self.form = RecipeForm(theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(12)
        self.offers: list[Offer] = []
        self._unfinished = QVBoxLayout()
        self._unfinished.setSpacing(6)
        layout.addLayout(self._unfinished)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._make_left())
        halves.addWidget(self._make_recipe())
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        halves.setSizes([620, 400])
        layout.addWidget(halves, 1)
        layout.addLayout(self._make_end())
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self._check()

    # --- building

    def _make_left(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(12)
        column.addWidget(self._make_sources(), 1)
        column.addWidget(self._make_output())
        return left

    def _card(self, title: str) -> tuple[QFrame, QVBoxLayout]:
        frame = QFrame()
        frame.setObjectName("card")
        column = QVBoxLayout(frame)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addWidget(heading(title))
        return frame, column

    def _make_sources(self) -> QFrame:
        frame, column = self._card(self.tr("Photographs"))
        self.sources = SourceList()
        self.sources.removal_wanted.connect(self.remove_chosen)
        self.sources.itemSelectionChanged.connect(self._check)
        self.add_files = QPushButton(self.tr("Add &files…"))
        self.add_files.setToolTip(self.tr("Choose photographs"))
        self.add_folder = QPushButton(self.tr("Add f&older…"))
        self.add_folder.setToolTip(self.tr("Choose a folder; all photographs in it and below are taken"))
        self.remove = QPushButton(self.tr("Re&move"))
        self.remove.setToolTip(
            self.tr("Take the selected lines out of this list (Delete); no file is touched")
        )
        self.add_files.clicked.connect(self._ask_files)
        self.add_folder.clicked.connect(self._ask_folder)
        self.remove.clicked.connect(self.remove_chosen)
        self._counted = muted()
        self._counted.setAccessibleName(self.tr("How many photographs"))
        line = QHBoxLayout()
        for button in (self.add_files, self.add_folder, self.remove):
            line.addWidget(button)
        line.addStretch(1)
        column.addWidget(self.sources, 1)
        column.addLayout(line)
        column.addWidget(self._counted)
        return frame

    def _make_output(self) -> QFrame:
        frame, column = self._card(self.tr("Results"))
        self.out = QLineEdit()
        self.out.setPlaceholderText(self.tr("Folder for the results"))
        self.out.textEdited.connect(self._on_out_edited)
        self.browse = QToolButton()
        self.browse.setToolTip(self.tr("Choose the folder"))
        self.browse.setAccessibleName(self.tr("Choose the folder"))
        self.browse.clicked.connect(self._ask_out)
        folder = QHBoxLayout()
        folder.setSpacing(4)
        folder.setContentsMargins(0, 0, 0, 0)
        folder.addWidget(self.out, 1)
        folder.addWidget(self.browse)
        self.template = QLineEdit(Naming().template)
        self.template.textChanged.connect(self._on_edited)
        names = ", ".join("{" + name + "}" for name in FIELDS)
        self.template.setToolTip(self.tr("Name without ending; may use {0} and plain text").format(names))
        self.format = QComboBox()
        self.format.addItem(self.tr("As the source"), "source")
        for name in ENDINGS:
            self.format.addItem(name, name)
        self.format.setToolTip(self.tr("JPEG and HEIC compress with loss; the others keep every pixel"))
        self.existing = QComboBox()
        self.existing.addItem(self.tr("Give the result another name"), "number")
        self.existing.addItem(self.tr("Leave the photograph out"), "skip")
        self.existing.setToolTip(self.tr("Nothing is ever overwritten"))
        self.sidecars = QCheckBox(self.tr("Write a &record beside each result"))
        self.sidecars.setToolTip(
            self.tr("A small file and a mask from which the same pixels can be made again")
        )
        for combo in (self.format, self.existing):
            combo.currentIndexChanged.connect(self._on_edited)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._row(form, self.tr("Fold&er"), self.out, folder)
        self._row(form, self.tr("&Names"), self.template)
        self._row(form, self.tr("Form&at"), self.format)
        self._row(form, self.tr("Where a file is &there"), self.existing)
        form.addRow("", self.sidecars)
        self._example = muted()
        self._example.setAccessibleName(self.tr("Example of a name"))
        column.addLayout(form)
        column.addWidget(self._example)
        return frame

    def _row(self, form: QFormLayout, title: str, field: QWidget, place: QHBoxLayout | None = None) -> None:
        label = QLabel(title)
        label.setBuddy(field)
        field.setAccessibleName(plain_text(title))
        if place is None:
            form.addRow(label, field)
        else:
            form.addRow(label, place)

    def _make_recipe(self) -> QWidget:
        frame, column = self._card(self.tr("Recipe"))
        area = scrolled(self.form)
        column.addWidget(area, 1)
        self.form.changed.connect(self._on_edited)
        return frame

    def _make_end(self) -> QHBoxLayout:
        self._problem = muted()
        self._problem.setAccessibleName(self.tr("What is missing"))
        self._problem.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.look_first = QPushButton(self.tr("Loo&k at the damage first"))
        self.look_first.setToolTip(
            self.tr("Search all photographs, then choose those that are repaired; nothing is written before")
        )
        self.start = QPushButton(self.tr("&Start"))
        self.start.setProperty("primary", True)
        self.start.setToolTip(self.tr("Find and repair all photographs"))
        self.start.clicked.connect(lambda: self._start(False))
        self.look_first.clicked.connect(lambda: self._start(True))
        line = QHBoxLayout()
        line.addWidget(self._problem, 1)
        line.addWidget(self.look_first)
        line.addWidget(self.start)
        return line

    def _take_icons(self) -> None:
        icon = self._theme.icon
        self.add_files.setIcon(icon("open"))
        self.add_folder.setIcon(icon("folder"))
        self.remove.setIcon(icon("clear"))
        self.browse.setIcon(icon("folder"))
        self.look_first.setIcon(icon("find"))
        self.start.setIcon(icon("repair", "accent_text"))
        for row in range(self.sources.count()):
            self._take_icon(self.sources.item(row))

    def _take_icon(self, item: QListWidgetItem) -> None:
        item.setIcon(self._theme.icon("folder" if is_folder(item.data(PATH_ROLE)) else "image"))

    # --- sources

    @property
    def paths(self) -> list[Path]:
        """What is to be worked on."""
        return list(self._paths)

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Add files and folders; the folder for results is proposed from the first one."""
        known = set(self._paths)
        for path in map(full_path, paths):
            if path in known:
                continue
            known.add(path)
            self._paths.append(path)
            item = QListWidgetItem(str(path))
            item.setData(PATH_ROLE, path)
            item.setToolTip(str(path))
            self._take_icon(item)
            self.sources.addItem(item)
        if self._paths and not self._out_chosen:
            self.out.setText(str(proposed_out(self._paths[0])))
        self._recount()

    def remove_chosen(self) -> None:
        """Take the selected lines out."""
        chosen = self.sources.selectedItems()
        gone = {item.data(PATH_ROLE) for item in chosen}
        self._paths = [path for path in self._paths if path not in gone]
        blocked = self.sources.blockSignals(True)  # not all checks for each of thousands
        for item in chosen:
            self.sources.takeItem(self.sources.row(item))
        self.sources.blockSignals(blocked)
        self._recount()

    def clear(self) -> None:
        """Begin anew with the same recipe."""
        self._paths.clear()
        self.sources.clear()
        self._out_chosen = False
        self.out.clear()
        self._recount()

    def _ask_files(self) -> None:
        endings = " ".join(f"*{ending} *{ending.upper()}" for ending in SUFFIXES)
        names, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Add photographs"), "", self.tr("Photographs ({0})").format(endings)
        )
        self.add_paths(map(Path, names))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Add folder"))
        if name:
            self.add_paths([Path(name)])

    def _recount(self) -> None:
        self._count = Count(0)
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        self._delay.start()
        self.sources.show_hint()
        self._on_edited()

    def _begin_count(self) -> None:
        paths, out = self.paths, self._out_path()
        if not paths:
            return
        job = self._runner.submit(
            lambda ctx: batch_work.count_sources(paths, out, ctx),
            "io",
            self.tr("Counting photographs"),
            lambda outcome: self._on_counted(job, outcome),
            self._on_counting,
        )
        self._counting = job

    def _on_counting(self, update: Update) -> None:
        counts = [detail for detail in update.details if isinstance(detail, Count)]
        if counts and self._counting is not None:
            self._count = counts[-1]
            self._check()

    def _on_counted(self, job: JobThread, outcome: Outcome) -> None:
        if job is not self._counting:
            return  # the list was changed meanwhile
        self._counting = None
        if isinstance(outcome, Done):
            self._count = outcome.value
        self._check()

    # --- results

    def _on_out_edited(self) -> None:
        self._out_chosen = bool(self.out.text().strip())
        self._on_edited()

    def set_out(self, folder: Path) -> None:
        """Choose the folder for results."""
        self.out.setText(str(folder))
        self._out_chosen = True
        self._on_edited()

    def _ask_out(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder for the results"), self.out.text())
        if name:
            self.set_out(Path(name))

    def _out_path(self) -> Path:
        return full_path(Path(self.out.text().strip() or "."))

    def naming(self) -> Naming:
        """How results are to be called."""
        stage = self.form.recipe().stage("repair") if not self.form.problem() else None
        model = stage["model"] if stage is not None else None
        return Naming(
            self.template.text(), self.format.currentData(), model or "repair", self.existing.currentData()
        )

    # --- checking and starting

    def order(self, triage: bool = False) -> Order:
        """What was set.

        Raises:
            InputError: it cannot be done so.
        """
        recipe, naming = self.form.recipe(), self.naming()
        naming.check()
        check_sources(self._paths, self._out_path())
        stage = recipe.stage("repair")
        if stage is not None:  # {model} is the one that the default stands for now
            naming = replace(naming, model=find_model(stage["model"], "repair").id)
        if triage:
            search_part(recipe)
        return Order(
            self._out_path(),
            tuple(self._paths),
            recipe=recipe,
            naming=naming,
            device=self.wanted_device(),
            sidecars=self.sidecars.isChecked(),
            triage=triage,
        )

    def _missing(self) -> str:
        if not self._paths:
            return self.tr("Add photographs or folders to begin.")
        if not self.out.text().strip():
            return self.tr("Choose a folder for the results.")
        try:
            self.naming().check()
        except RestorerError as error:
            return error_told(error)
        if self.form.problem():
            return self.tr("The recipe cannot be used.")
        if self._count.done and not self._count.photographs:
            return self.tr("There is no photograph in what was added.")
        return ""

    def _on_edited(self) -> None:
        self._told = ""
        self._check()

    def _check(self) -> None:
        missing = self._missing()
        self._problem.setText(missing or self._told)
        set_tone(self._problem, "danger" if not missing else "warning" if self._paths else "")
        ready = not missing
        self.start.setEnabled(ready)
        searches = not self.form.problem() and self.form.recipe().stage("detect") is not None
        self.look_first.setEnabled(ready and searches)
        self.remove.setEnabled(bool(self.sources.selectedItems()))
        self._counted.setText(self._count_text())
        self._example.setText(breakable(self._example_text()))

    def say(self, text: str) -> None:
        """Show beside the buttons what went wrong, until something is changed."""
        self._told = text
        self._check()

    def _count_text(self) -> str:
        if not self._paths:
            return ""
        number = f"{self._count.photographs:,}"
        if not self._count.done:
            return self.tr("{0} photographs so far…").format(number)
        if self._count.photographs == 1:
            return self.tr("1 photograph")
        return self.tr("{0} photographs").format(number)

    def _example_text(self) -> str:
        if not self._count.examples or self._missing():
            return ""
        source, folder = self._count.examples[0]
        name = self.naming().wanted(source, folder, 1)
        return self.tr("For example {0} → {1}").format(source.name, self._out_path() / name)

    def _start(self, triage: bool) -> None:
        try:
            order = self.order(triage)
        except RestorerError as error:
            self.say(error_told(error))
            return
        self.start_wanted.emit(order)

    # --- batches that were left

    def show_unfinished(self, found: list[Unfinished]) -> None:
        """Offer to go on with these."""
        for offer in self.offers:
            self._unfinished.removeWidget(offer)
            offer.hide()
            offer.deleteLater()
        self.offers = [Offer(entry) for entry in found]
        for offer, entry in zip(self.offers, found, strict=True):
            offer.resume_wanted.connect(lambda entry=entry: self.resume_wanted.emit(entry))
            offer.forget_wanted.connect(lambda entry=entry: self.forget_wanted.emit(entry))
            self._unfinished.addWidget(offer)
