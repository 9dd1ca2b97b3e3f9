"""The dialog that writes the result into a new file."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from restorer.editing.surface import Surface
from restorer.errors import OutputError, RestorerError
from restorer.image.reading import SUFFIXES
from restorer.image.saving import ENDINGS, LOSSY
from restorer.jobs import JobContext
from restorer.new_files import check_free
from restorer.record.export import (
    ExportSettings,
    check_holds,
    chosen_bits,
    chosen_format,
    estimate_bytes,
    lost_in,
    target_for,
    write_export,
)
from restorer.record.recipe import Recipe, as_json, from_json
from restorer.record.sidecar import WorkDone, patch_names
from ui.core_texts import error_told
from ui.documents.fill_steps import FillSettings, FillStep
from ui.documents.work import is_marked
from ui.jobs import Done, JobThread
from ui.settings import Settings
from ui.widgets import NumberField, breakable, choice_of, heading, muted, rule, set_tone

if TYPE_CHECKING:
    from restorer.image.reading import Photo
    from ui.documents.session import DocumentSession

ESTIMATE_DELAY_MS = 200


@dataclass(frozen=True)
class ExportOrder:
    """What is to be written where.

    Attributes:
        recipe: what was done, for the file's history.
        filled: what repairs filled.
        steps: the repairs, for a record.
    """

    photo: Photo
    result: Surface
    source: Path | None
    target: Path
    settings: ExportSettings
    recipe: Recipe
    filled: Surface
    steps: tuple[FillStep, ...] = ()


def write(order: ExportOrder, ctx: JobContext) -> tuple[Path, list[str]]:
    """The job: put the result into a new file, with a record beside it if that is wanted.

    Returns:
        the file, and what could not be kept, sentences for a person.
    """
    ctx.check()
    from restorer.cli.commands import with_models

    recipe = order.recipe
    with contextlib.suppress(RestorerError):  # a model that was deleted since has no name to be told
        recipe = with_models(recipe)
    pixels = order.result.to_array()
    done = _work_done(order) if order.settings.record else None
    lost = write_export(order.photo, pixels, order.target, order.settings, recipe, order.source, done)
    return order.target, lost


def _work_done(order: ExportOrder) -> WorkDone:
    from restorer.library.store import find_model

    models = {}
    if order.recipe.stage("detect") is not None:
        with contextlib.suppress(RestorerError):
            model = find_model(None, "detect")
            models["detect"] = {"id": model.id, "sha256": model.fingerprint}
    return WorkDone(is_marked(order.filled), [_told(step) for step in order.steps], models)


def _told(step: FillStep) -> dict[str, object]:
    box, settings = step.region, step.settings
    return {
        "model": {"id": step.model or settings.model or None, "sha256": step.sha256 or None},
        "device": step.device,
        "detail": settings.detail,
        "grow_px": settings.grow_px,
        "seed": settings.seed,
        "study_steps": settings.study_steps,
        "study_gain": step.study_gain,
        "box": None if box is None else [box.x0, box.y0, box.width, box.height],
    }


def recipe_of(session: DocumentSession) -> Recipe:
    """What was done to a photograph, as far as a recipe can tell it: the settings of the last search and of
    the last repair."""
    mask = session.mask_settings
    fill = session.document.values.get("fill_settings") or FillSettings()
    search = {
        "sensitivity": mask.sensitivity,
        "smallest_px": mask.smallest_px,
        "largest_px": mask.largest_px,
        "polarity": mask.polarity,
    }
    repair = {"model": fill.model or None, "detail": fill.detail, "grow_px": fill.grow_px, "seed": fill.seed}
    repair["study_steps"] = fill.study_steps
    recipe = from_json({"schema": 1, "stages": [{"stage": "repair", **repair}]}, given=frozenset({"mask"}))
    if session.damage is None:
        return recipe
    stages = [{"stage": "detect", **search}, *as_json(recipe)["stages"]]
    return from_json({"schema": 1, "stages": stages})


class ExportDialog(QDialog):
    """Format, depth, quality, metadata, name and folder; shows the file's name and about its size.

    Args:
        session: what is exported.
        settings: what was chosen last time.
        parent: window.
    """

    def __init__(self, session: DocumentSession, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(560)
        self._session = session
        self._photo = session.photo
        self._estimating: JobThread | None = None
        self._closed = False
        self._timer = QTimer(self, singleShot=True, interval=ESTIMATE_DELAY_MS)
        self._timer.timeout.connect(self._estimate)
        self._make_fields(settings)
        self._arrange()
        self._show()

    # --- parts

    def _make_fields(self, settings: Settings) -> None:
        same = chosen_format(self._photo, ExportSettings())
        formats = {"same": self.tr("Recommended ({0})").format(same)}
        formats |= {name: f"{name} ({ending})" for name, ending in ENDINGS.items()}
        self._format = choice_of(formats, settings.export_format, self.tr("Format"))
        depths = {0: self.tr("As the scan ({0} bit)").format(self._photo.bit_depth)}
        depths |= {bits: self.tr("{0} bit").format(bits) for bits in (8, 16)}
        self._bits = choice_of(depths, settings.export_bits, self.tr("Bit depth"))
        self._quality = QSlider(Qt.Orientation.Horizontal)
        self._quality.setRange(1, 100)
        self._number = NumberField()
        self._number.setRange(1, 100)
        self._number.setFixedWidth(72)
        for widget in (self._quality, self._number):
            widget.setValue(settings.export_quality)
            widget.setAccessibleName(self.tr("Quality"))
        self._quality.valueChanged.connect(self._number.setValue)
        self._number.valueChanged.connect(self._quality.setValue)
        choices = {
            "all": self.tr("Keep everything"),
            "no-location": self.tr("Keep all but the place"),
            "none": self.tr("Leave out EXIF, IPTC and XMP"),
        }
        self._metadata = choice_of(choices, settings.export_metadata, self.tr("Metadata"))
        self._template = QLineEdit(settings.export_template)
        self._template.setAccessibleName(self.tr("File name"))
        self._template.setToolTip("{name} {date} {format} {width} {height} {n}")
        self._folder = QLineEdit(settings.export_folder)
        self._folder.setAccessibleName(self.tr("Folder"))
        beside = self._session.path.parent if self._session.path is not None else Path.home()
        self._folder.setPlaceholderText(self.tr("Beside the scan: {0}").format(beside))
        self._browse = QPushButton(self.tr("&Choose…"))
        self._browse.clicked.connect(self._on_browse)
        self._make_record(settings)
        for combo in (self._format, self._bits, self._metadata):
            combo.currentIndexChanged.connect(self._show)
        self._quality.valueChanged.connect(self._show)
        for field in (self._template, self._folder):
            field.textChanged.connect(self._show)

    def _make_record(self, settings: Settings) -> None:
        path = self._session.path  # a picture that lies in its project has no file that could be named
        self.record = QCheckBox(self.tr("Write a &record beside it"))
        self.record.setToolTip(
            self.tr(
                "A text and two pictures, from which “restorer replay” makes the same pixels again: "
                "for archives that have to show what was changed."
            )
        )
        self.record.setEnabled(path is not None and path.suffix.lower() in SUFFIXES)
        self.record.setChecked(settings.export_record and self.record.isEnabled())
        self.record.toggled.connect(self._show)
        self._beside = muted()
        self._beside.setWordWrap(True)

    def _arrange(self) -> None:
        quality = QHBoxLayout()
        quality.setSpacing(10)
        quality.addWidget(self._quality, 1)
        quality.addWidget(self._number)
        folder = QHBoxLayout()
        folder.setSpacing(10)
        folder.addWidget(self._folder, 1)
        folder.addWidget(self._browse)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(16)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("&Format"), self._format)
        form.addRow(self.tr("&Bit depth"), self._bits)
        self._quality_label = QLabel(self.tr("&Quality"))
        self._quality_label.setBuddy(self._number)
        form.addRow(self._quality_label, quality)
        form.addRow(self.tr("&Metadata"), self._metadata)
        form.addRow(self.tr("File &name"), self._template)
        form.addRow("", muted(self.tr("{name}, {date}, {format}, {width}, {height} and {n} are replaced.")))
        folder_label = QLabel(self.tr("F&older"))
        folder_label.setBuddy(self._folder)
        form.addRow(folder_label, folder)
        form.addRow("", self.record)
        self._target, self._size, self._notes = heading(""), muted(), QLabel()
        self._target.setWordWrap(True)
        self._notes.setWordWrap(True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = self._buttons.addButton(
            self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.export_button.setProperty("primary", True)
        self.export_button.setDefault(True)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addWidget(rule())
        for widget in (self._target, self._beside, self._size, self._notes):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addWidget(self._buttons)

    # --- what was chosen

    @property
    def settings(self) -> ExportSettings:
        """As the fields say."""
        text = self._folder.text().strip()
        folder = Path(text) if text else None
        if folder is not None:
            with contextlib.suppress(RuntimeError):  # ~ of somebody who is not known here
                folder = folder.expanduser()
        return ExportSettings(
            self._format.currentData(),
            self._bits.currentData(),
            self._quality.value(),
            self._metadata.currentData(),
            self._template.text().strip(),
            folder,
            self.record.isChecked(),
        )

    @property
    def remembered(self) -> dict[str, object]:
        """What is remembered for the next time, by name of the setting."""
        kept: dict[str, object] = {
            "export_format": self._format.currentData(),
            "export_bits": self._bits.currentData(),
            "export_quality": self._quality.value(),
            "export_metadata": self._metadata.currentData(),
            "export_template": self._template.text().strip(),
            "export_folder": self._folder.text().strip(),
        }
        if self.record.isEnabled():
            kept["export_record"] = self.record.isChecked()
        return kept

    def order(self) -> ExportOrder:
        """What the job needs; the name is a free one."""
        session, settings = self._session, self.settings
        target = target_for(session.path, self._photo, settings)
        document, recipe = session.document, recipe_of(session)
        result = document.surfaces["result"].snapshot()
        filled = document.values.get("filled") or Surface(document.height, document.width)
        steps = document.values.get("fill_steps", ())
        return ExportOrder(self._photo, result, session.path, target, settings, recipe, filled, steps)

    def _on_browse(self) -> None:
        start = self._folder.text() or (str(self._session.path.parent) if self._session.path else "")
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for exports"), start)
        if folder:
            self._folder.setText(folder)

    # --- what will happen

    def _show(self) -> None:
        settings = self.settings
        kind = chosen_format(self._photo, settings)
        lossy = kind in LOSSY
        for widget in (self._quality, self._number, self._quality_label):
            widget.setEnabled(lossy)
        self._bits.setEnabled(kind in ("PNG", "TIFF"))
        try:
            check_holds(self._photo, settings)
            target = target_for(self._session.path, self._photo, settings)
            check_free(target)
            problem = ""
        except OutputError as error:
            target, problem = None, error_told(error)
        self.export_button.setEnabled(not problem)
        for field in (self._template, self._folder):
            field.setAccessibleDescription(problem)  # of a label below nobody hears who types
        if problem or target is None:
            self._target.setText(problem)
            self._target.setToolTip("")
            set_tone(self._target, "danger")
        else:
            self._target.setText(self.tr("New file: {0}").format(breakable(target.name)))
            self._target.setToolTip(str(target))
            set_tone(self._target, "")
            self._beside.setText(self.tr("Beside it: {0}").format(", ".join(patch_names(target.name))))
        self._beside.setVisible(settings.record and not problem)
        self._show_notes(settings)
        self._size.setText(self.tr("Estimating the size…"))
        self._timer.start()

    def _show_notes(self, settings: ExportSettings) -> None:
        texts = {
            "pixels": self.tr(
                "This format compresses with loss: pixels outside the mask change a little too."
            ),
            "depth": self.tr("The scan has more bits than this file: fine gradation is lost."),
            "alpha": self.tr("Transparency is left out."),
            "infrared": self.tr("The infrared channel is left out."),
            "metadata": self.tr("This format has no place for EXIF, IPTC and XMP."),
            "damaged": self.tr("The EXIF of the photograph is damaged and has no place in a TIFF."),
            "texts": self.tr("This file has no place for the comments of the photograph."),
        }
        lost = lost_in(self._photo, settings)
        kept = self.tr("Every pixel outside the mask is in the file as it was read.")
        self._notes.setText("\n".join(texts[name] for name in lost) if lost else kept)
        set_tone(self._notes, "warning" if lost else "good")
        self.export_button.setAccessibleDescription("\n".join((self._target.text(), self._notes.text())))

    def _estimate(self) -> None:
        if self._estimating is not None:
            self._timer.start()
            return
        settings, photo = self.settings, self._photo
        result = self._session.document.surfaces["result"].snapshot()

        def task(ctx: JobContext) -> int:
            ctx.check()
            return estimate_bytes(replace(photo, pixels=result.to_array()), settings)

        self._estimating = self._session.submit(task, "io", "estimate", self._on_estimated)

    def done(self, result: int) -> None:
        """Stop estimating."""
        self._timer.stop()
        self._closed = True
        if self._estimating is not None:
            self._estimating.cancel()
        super().done(result)

    def _on_estimated(self, outcome: object) -> None:
        self._estimating = None
        if self._closed:
            return
        if isinstance(outcome, Done):
            size = QLocale().formattedDataSize(
                outcome.value, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat
            )
            bits = chosen_bits(self._photo, self.settings)
            text = self.tr("About {0}, {1} × {2} pixels, {3} bit")
            self._size.setText(text.format(size, self._photo.width, self._photo.height, bits))
        else:
            self._size.setText("")
