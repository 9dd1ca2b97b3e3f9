"""The second page of the training wizard: which model learns, and what damage it is to learn."""

from __future__ import annotations

from copy import copy
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from training.data import corrections
from ui.jobs import Done, Failed, JobThread, Outcome
from ui.panels.repair_panel import model_title
from ui.parts import Notice, button, error_text, image_of
from ui.widgets import SliderRow, heading, muted
from ui.wizard.corrections import Corrections
from ui.wizard.page import Choice, Context, Page
from ui.wizard.work import PREVIEWS, Draft, Look, Start, preview

PREVIEW_PX, LEAST_PREVIEW_PX, PREVIEW_GAP_PX, COLUMNS = 186, 116, 8, 3
MARKED = (255, 120, 0)


class FolderField(QWidget):
    """An optional folder: name, path, and buttons to choose and to clear.

    Args:
        title: what it is for.
        tip: what should lie in it.
        context: theme.
    """

    def __init__(self, title: str, tip: str, context: Context) -> None:
        super().__init__()
        self.path: Path | None = None
        self.changed = lambda: None
        self._title = title
        self.edit = QLineEdit()
        self.edit.setReadOnly(True)
        self.edit.setPlaceholderText(self.tr("none"))
        self.edit.setAccessibleName(title)
        self.edit.setToolTip(tip)
        self.choose = button(self.tr("Choose…"), tip, "folder", context.theme)
        self.choose.setAccessibleName(self.tr("Choose: {0}").format(title))
        self.clear = button("", self.tr("Without a folder"), "close", context.theme)
        self.clear.setAccessibleName(self.tr("Clear: {0}").format(title))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        label = QLabel(title)
        label.setToolTip(tip)
        label.setBuddy(self.choose)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.edit, 1)
        line.addWidget(self.choose)
        line.addWidget(self.clear)
        column.addWidget(label)
        column.addLayout(line)
        self.choose.clicked.connect(self._ask)
        self.clear.clicked.connect(lambda: self.take(None))

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._title)
        if folder:
            self.take(Path(folder))

    def take(self, path: Path | None) -> None:
        """Set the folder, or none."""
        self.path = path
        self.edit.setText(str(path) if path else "")
        self.edit.setToolTip(str(path) if path else "")
        self.changed()


class Previews(QWidget):
    """Pictures in rows, as large as there is room for, up to `PREVIEW_PX`.

    Its height stays that of the largest: a scroll bar that comes and goes with it would change its width.
    """

    def __init__(self) -> None:
        super().__init__()
        self.labels = [QLabel(self) for _ in range(PREVIEWS)]
        self._pictures: list[QPixmap] = []
        for number, label in enumerate(self.labels):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setAccessibleName(self.tr("Preview {0}").format(number + 1))
        rows = -(-PREVIEWS // COLUMNS)
        self.setFixedHeight(rows * (PREVIEW_PX + PREVIEW_GAP_PX) - PREVIEW_GAP_PX)
        self.setMinimumWidth(COLUMNS * (LEAST_PREVIEW_PX + PREVIEW_GAP_PX) - PREVIEW_GAP_PX)
        self.setMaximumWidth(COLUMNS * (PREVIEW_PX + PREVIEW_GAP_PX) - PREVIEW_GAP_PX)

    def show_pictures(self, pictures: list[QPixmap]) -> None:
        """Show these instead of those that are there."""
        self._pictures = pictures
        self._place()

    def resizeEvent(self, event: object) -> None:
        """Make use of the room."""
        self._place()

    def _place(self) -> None:
        side = (self.width() + PREVIEW_GAP_PX) // COLUMNS - PREVIEW_GAP_PX
        step, ratio = side + PREVIEW_GAP_PX, self.devicePixelRatioF()
        mode = Qt.TransformationMode.SmoothTransformation
        for number, label in enumerate(self.labels):
            label.setGeometry(number % COLUMNS * step, number // COLUMNS * step, side, side)
            if number >= len(self._pictures):
                label.clear()
                continue
            size = label.size() * ratio
            pixmap = self._pictures[number].scaled(size, Qt.AspectRatioMode.KeepAspectRatio, mode)
            pixmap.setDevicePixelRatio(ratio)
            label.setPixmap(pixmap)


class GoalPage(Page):
    """What is trained, and a preview of the damage on the user's own photographs."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            self.tr("What should get better?"),
            self.tr(
                "A copy of a model learns; the one that came with the program is never changed. Below you "
                "see what it will practise on, drawn over your own photographs."
            ),
        )
        self._job: JobThread | None = None
        self._look: Look | None = None
        self._known: Start | None = None
        self._again = False
        self._seed = 1
        self.problem = Notice(context.theme)
        self.column.addLayout(self._make_goals())
        body = QHBoxLayout()
        body.setSpacing(22)
        body.addLayout(self._make_settings())
        body.addLayout(self._make_preview(), 1)
        self.column.addLayout(body, 1)
        self.column.addWidget(self.problem)

    # --- parts

    def _make_goals(self) -> QHBoxLayout:
        theme = self.context.theme
        self.repair = Choice(
            self.tr("Filling damage"),
            self.tr(
                "The generator that repairs: it learns how your pictures look beneath scratches and holes."
            ),
            theme,
        )
        self.detect = Choice(
            self.tr("Finding damage"),
            self.tr("The detector: it learns from masks that you have corrected, one for each photograph."),
            theme,
        )
        group = QButtonGroup(self)
        line = QHBoxLayout()
        for choice in (self.repair, self.detect):
            group.addButton(choice)
            line.addWidget(choice, 1)
        self.repair.setChecked(True)
        group.buttonToggled.connect(lambda _, on: self._on_goal() if on else None)
        return line

    def _make_settings(self) -> QVBoxLayout:
        self.models = QComboBox()
        self.models.setAccessibleName(self.tr("Model to start from"))
        self.models.setToolTip(self.tr("Any model of the library that can be trained"))
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.currentIndexChanged.connect(self._on_model)
        label = QLabel(self.tr("Model to start &from"))
        label.setBuddy(self.models)
        self.sliders: dict[str, SliderRow] = {}
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(label)
        column.addWidget(self.models)
        column.addSpacing(6)
        self._damage_heading = heading(self.tr("Damage like yours"))
        column.addWidget(self._damage_heading)
        for key, title, tip in (
            ("scratches", self.tr("Scratches and hairs"), self.tr("Thin lines")),
            ("spots", self.tr("Dust and spots"), self.tr("Small and large blots")),
            ("strokes", self.tr("Folds and strokes"), self.tr("Broad lines, as creases and tape leave them")),
            ("pieces", self.tr("Missing pieces"), self.tr("Torn corners and large holes")),
        ):
            self.sliders[key] = self._slider(title, tip)
            column.addWidget(self.sliders[key])
        self.faint = self._slider(
            self.tr("Faint damage"),
            self.tr("0 % trains on plain damage only, 100 % on hardly visible one too"),
        )
        column.addWidget(self.faint)
        self.masks = FolderField(
            self.tr("Your corrected masks"),
            self.tr(
                "Pictures named like the photographs, white where damage is; export them from the editor"
            ),
            self.context,
        )
        self.overlays = FolderField(
            self.tr("Real damage to imitate (optional)"),
            self.tr("Pictures with white damage on black: your own masks, or scans of scratched film"),
            self.context,
        )
        self.own_button = button(
            self.tr("Shapes of the masks that I &corrected"),
            self.tr("Cut out of the masks that the editor has kept with your consent"),
        )
        self.own_button.clicked.connect(lambda: self.overlays.take(corrections.masks_folder()))
        self.corrections = Corrections(self.context)
        self.corrections.forgotten.connect(self._on_forgotten)
        column.addWidget(self.corrections)
        for field, apply in ((self.masks, self._on_masks), (self.overlays, self._on_overlays)):
            field.changed = apply
            column.addWidget(field)
        column.addWidget(self.own_button)
        column.addStretch(1)
        return column

    def _slider(self, title: str, tip: str) -> SliderRow:
        row = SliderRow(title, 100, lambda step: step, lambda number: number, " %", tip)
        row.setFixedWidth(290)
        row.changed.connect(lambda _: self._on_slider())
        return row

    def _make_preview(self) -> QVBoxLayout:
        self.previews = Previews()
        self.other_button = button(
            self.tr("&Other examples"), self.tr("Draw the damage anew"), "candidates", self.context.theme
        )
        self.other_button.clicked.connect(self._on_other)
        self.legend = muted()
        line = QHBoxLayout()
        line.addWidget(heading(self.tr("On your photographs")))
        line.addStretch(1)
        line.addWidget(self.other_button)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self.legend)
        column.addWidget(self.previews)
        column.addStretch(1)
        return column

    # --- what was chosen

    def entered(self) -> None:
        if self._known is not self.context.start:
            self._on_goal()
        for key, amount in self.draft.amounts.items():
            self.sliders[key].show_value(amount)
        self.faint.show_value(self.draft.faint)
        self.refresh()

    def take_models(self) -> None:
        """The library was read."""
        if self._known is not None or self.isVisible():
            self._on_goal()

    def _on_goal(self) -> None:
        task = "repair" if self.repair.isChecked() else "detect"
        start = self._known = self.context.start
        before = self.models.currentData()
        self.models.blockSignals(True)
        self.models.clear()
        for entry in start.models if start is not None else ():
            if entry.task == task:
                self.models.addItem(model_title(entry), entry)
                self.models.setItemData(self.models.count() - 1, entry.id, Qt.ItemDataRole.ToolTipRole)
        if before is not None:
            offered = [self.models.itemData(row) for row in range(self.models.count())]
            same = [n for n, m in enumerate(offered) if m.id == before.id]
            same += [n for n, m in enumerate(offered) if m.fingerprint == before.fingerprint]  # renamed
            self.models.setCurrentIndex(same[0] if same else 0)
        self.models.blockSignals(False)
        repairs = task == "repair"
        for slider in self.sliders.values():
            slider.setVisible(repairs)
        self.faint.setVisible(not repairs)
        self.masks.setVisible(not repairs)
        self.corrections.refresh(not repairs)
        self.own_button.setVisible(corrections.count() > 0)
        self.legend.setText(
            self.tr(
                "White is what it has to fill. Where a photograph looks damaged already, nothing is learnt."
            )
            if repairs
            else self.tr("Orange outlines show what it has to find. Your own masks are taken as they are.")
        )
        self._on_model()

    def _on_model(self) -> None:
        self.draft.model = self.models.currentData()
        self.refresh()
        self.changed.emit()

    def _on_slider(self) -> None:
        self.draft.amounts = {key: row.value for key, row in self.sliders.items()}
        self.draft.faint = self.faint.value
        self.refresh()
        self.changed.emit()

    def _on_masks(self) -> None:
        self.draft.masks = self.masks.path
        self.changed.emit()

    def _on_overlays(self) -> None:
        self.draft.overlays = self.overlays.path
        self.refresh()

    def _on_forgotten(self) -> None:
        """The kept masks are gone: what pointed to them is empty again."""
        self.own_button.hide()
        for field in (self.masks, self.overlays):
            if field.path == corrections.masks_folder():
                field.take(None)

    def _on_other(self) -> None:
        self._seed += 1
        self.refresh()

    def complete(self) -> bool:
        if self.draft.model is None:
            return False
        if self.draft.task == "detect":
            return self.draft.masks is not None
        return any(self.draft.amounts.values())

    # --- the preview

    def refresh(self) -> None:
        """Draw the preview again; while one is being drawn, once more after it."""
        if not self.isVisible() or self.draft.model is None:
            return
        if self._job is not None:
            self._again = True
            return
        photos = self._photos()
        if not photos or (self.draft.task == "repair" and not any(self.draft.amounts.values())):
            return
        draft, known, seed = self._snapshot(), self._look, self._seed
        self._job = self.context.submit(
            lambda ctx: preview(draft, photos, known, seed, ctx),
            "background", self.tr("Damage preview"), self._on_drawn, None,
        )  # fmt: skip

    def _snapshot(self) -> Draft:
        draft = copy(self.draft)
        draft.amounts = dict(self.draft.amounts)
        return draft

    def _photos(self) -> tuple[Path, ...]:
        """Photographs from all over the usable ones."""
        report = self.draft.report
        if report is None:
            return ()
        paths = [p.path for p in report.photos if p.path not in self.draft.rejected]
        step = max(1, len(paths) // PREVIEWS)
        return tuple(paths[::step][:PREVIEWS])

    def _on_drawn(self, outcome: Outcome) -> None:
        self._job = None
        if isinstance(outcome, Done):
            self.problem.say("")
            self._look = outcome.value
            self._show(outcome.value)
        elif isinstance(outcome, Failed):
            self.problem.say(error_text(outcome, self.tr("The preview could not be drawn.")), "warning")
        if self._again:
            self._again = False
            self.refresh()

    def _show(self, look: Look) -> None:
        import cv2
        import numpy as np

        pictures = []
        for sample in look.samples:
            picture = sample.picture
            if self.draft.task == "detect":
                around = cv2.dilate(sample.mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
                picture = picture.copy()
                picture[around & ~sample.mask] = MARKED
            pictures.append(QPixmap.fromImage(image_of(picture)))
        self.previews.show_pictures(pictures)
