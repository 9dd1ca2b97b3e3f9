"""The form of a recipe, made from the table of stages: a new stage appears in it by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import RestorerError
from restorer.library.store import library
from restorer.record.recipe import (
    SCHEMA,
    STAGES,
    Parameter,
    Recipe,
    Stage,
    check_sense,
    default_recipe,
    from_json,
    load_recipe,
    save_recipe,
)
from ui.actions.table import QT_TRANSLATE_NOOP
from ui.core_texts import error_told
from ui.panels.repair_panel import model_title, named_now
from ui.theme import ThemeManager
from ui.widgets import NumberField, SliderRow, muted, set_tone

PERCENT = 100
LARGEST_SHOWN = 2**31 - 1

TITLES = {
    "detect": QT_TRANSLATE_NOOP("Recipe", "Find damage"),
    "repair": QT_TRANSLATE_NOOP("Recipe", "Repair"),
    "model": QT_TRANSLATE_NOOP("Recipe", "Model"),
    "sensitivity": QT_TRANSLATE_NOOP("Recipe", "Sensitivity"),
    "smallest_px": QT_TRANSLATE_NOOP("Recipe", "Smallest damage"),
    "largest_px": QT_TRANSLATE_NOOP("Recipe", "Largest damage"),
    "polarity": QT_TRANSLATE_NOOP("Recipe", "Damage that is"),
    "both": QT_TRANSLATE_NOOP("Recipe", "light or dark"),
    "light": QT_TRANSLATE_NOOP("Recipe", "light"),
    "dark": QT_TRANSLATE_NOOP("Recipe", "dark"),
    "detail": QT_TRANSLATE_NOOP("Recipe", "Detail"),
    "grow_px": QT_TRANSLATE_NOOP("Recipe", "Widen mask by"),
    "seed": QT_TRANSLATE_NOOP("Recipe", "Seed"),
    "study_steps": QT_TRANSLATE_NOOP("Recipe", "Study each photograph"),
}
TIPS = {
    "model": QT_TRANSLATE_NOOP("Recipe", "The network of this stage"),
    "sensitivity": QT_TRANSLATE_NOOP("Recipe", "Higher finds fainter damage, and more false alarms"),
    "smallest_px": QT_TRANSLATE_NOOP("Recipe", "Smaller places are left alone, in pixels of their area"),
    "largest_px": QT_TRANSLATE_NOOP("Recipe", "Larger places are left alone, in pixels of their area"),
    "polarity": QT_TRANSLATE_NOOP("Recipe", "Compared with its surroundings"),
    "detail": QT_TRANSLATE_NOOP(
        "Recipe",
        "0 % is the smoothest, most probable fill; above that it has grain, "
        "and wide holes have texture from elsewhere in the photograph",
    ),
    "grow_px": QT_TRANSLATE_NOOP("Recipe", "Damage has soft edges: this rim is filled as well"),
    "seed": QT_TRANSLATE_NOOP("Recipe", "Another seed gives other grain and texture"),
    "study_steps": QT_TRANSLATE_NOOP(
        "Recipe", "Steps of practice on the undamaged part of each photograph; slow, and often better"
    ),
}
PX = QT_TRANSLATE_NOOP("Recipe", " px")
SUFFIXES = {
    "smallest_px": PX,
    "largest_px": PX,
    "grow_px": PX,
    "study_steps": QT_TRANSLATE_NOOP("Recipe", " steps"),
}
LOWEST = {"study_steps": QT_TRANSLATE_NOOP("Recipe", "off")}


def tr(text: str) -> str:
    """A text of the tables above in the user's language."""
    return QCoreApplication.translate("Recipe", text) if text else ""


def title_of(name: str) -> str:
    """A stage, parameter or choice for a person; one without a title is called by its name."""
    return tr(TITLES[name]) if name in TITLES else name.replace("_", " ").capitalize()


class Field:
    """One parameter in the form: the widgets, and how to read and show a value.

    Args:
        stage: to which it belongs.
        name: of the parameter.
        parameter: its entry in the table.
        changed: called when a person has changed it.
    """

    def __init__(self, stage: str, name: str, parameter: Parameter, changed: Callable[[], object]) -> None:
        self.name, self._parameter = name, parameter
        tip = tr(TIPS[name]) if name in TIPS else ""
        make = {"number": self._number, "whole": self._whole, "choice": self._choice, "model": self._model}
        self.label: QLabel | None = None  # a slider has its name on it
        self.widget: QWidget
        self.value: Callable[[], Any]
        self.show: Callable[[Any], None]
        self.reload: Callable[[], None] = lambda: None
        make[parameter.kind](stage, tip, changed)
        self.widget.setToolTip(tip)
        self.widget.setAccessibleName(title_of(name))
        self.widget.setAccessibleDescription(tip)
        if not isinstance(self.widget, SliderRow):
            self.label = QLabel(title_of(name))
            self.label.setToolTip(tip)
            self.label.setBuddy(self.widget)

    def _number(self, stage: str, tip: str, changed: Callable[[], object]) -> None:
        low, high = self._parameter.low, self._parameter.high
        row = SliderRow(
            title_of(self.name),
            round((high - low) * PERCENT),
            lambda step: step + round(low * PERCENT),
            lambda number: number - round(low * PERCENT),
            " %",
            tip,
        )
        row.changed.connect(lambda _: changed())
        self.widget = row
        self.value = lambda: row.value / PERCENT
        self.show = lambda value: row.show_value(round(value * PERCENT))

    def _whole(self, stage: str, tip: str, changed: Callable[[], object]) -> None:
        optional = self._parameter.optional
        box = NumberField()
        lowest = int(self._parameter.low) - (1 if optional else 0)  # one below means: none
        box.setRange(lowest, min(int(self._parameter.high), LARGEST_SHOWN))
        lowest_text = tr(QT_TRANSLATE_NOOP("Recipe", "any")) if optional else tr(LOWEST.get(self.name, ""))
        box.setSpecialValueText(lowest_text)
        box.setSuffix(tr(SUFFIXES.get(self.name, "")))
        box.setKeyboardTracking(False)
        box.setFixedWidth(130)
        box.valueChanged.connect(lambda _: changed())
        self.widget = box
        self.value = lambda: None if optional and box.value() == lowest else box.value()
        self.show = lambda value: box.setValue(lowest if value is None else value)

    def _choice(self, stage: str, tip: str, changed: Callable[[], object]) -> None:
        combo = QComboBox()
        for name in self._parameter.choices:
            combo.addItem(title_of(name), name)
        combo.currentIndexChanged.connect(lambda _: changed())
        self.widget = combo
        self.value = combo.currentData
        self.show = lambda value: combo.setCurrentIndex(combo.findData(value))

    def _model(self, stage: str, tip: str, changed: Callable[[], object]) -> None:
        combo = QComboBox()
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(14)
        listed: dict[str, str] = {}

        def reload() -> None:
            before = combo.currentData()
            chosen = named_now(before, listed) if before is not None else None
            listed.clear()
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItem(tr(QT_TRANSLATE_NOOP("Recipe", "Default")), None)
                for entry in library():
                    if entry.task == stage:
                        combo.addItem(model_title(entry), entry.id)
                        listed[entry.id] = entry.fingerprint
                show(chosen)
            if chosen != before:
                changed()

        def show(value: str | None) -> None:
            if value is not None and combo.findData(value) < 0:  # of another computer
                combo.addItem(tr(QT_TRANSLATE_NOOP("Recipe", "{0} (not installed)")).format(value), value)
            combo.setCurrentIndex(0 if value is None else combo.findData(value))

        reload()
        combo.currentIndexChanged.connect(lambda _: changed())
        self.widget, self.value, self.show, self.reload = combo, combo.currentData, show, reload


class StageBox(QGroupBox):
    """One stage: whether it is done, and its parameters."""

    def __init__(self, name: str, changed: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(title_of(name), parent)
        self.name = name
        self.setCheckable(True)
        self.setAccessibleName(title_of(name))
        self.setToolTip(tr(QT_TRANSLATE_NOOP("Recipe", "Whether this stage is part of the recipe")))
        self.fields = [Field(name, key, p, changed) for key, p in STAGES[name].parameters.items()]
        form = QFormLayout(self)
        form.setContentsMargins(10, 10, 10, 10)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field in self.fields:
            if field.label is None:
                form.addRow(field.widget)
            else:
                form.addRow(field.label, field.widget)
        self.toggled.connect(lambda _: changed())

    def content(self) -> dict[str, Any]:
        """The stage as in the JSON of a recipe."""
        return {"stage": self.name, **{field.name: field.value() for field in self.fields}}

    def show_stage(self, stage: Stage | None) -> None:
        """Show a stage; None shows the defaults, switched off."""
        self.setChecked(stage is not None)
        for field in self.fields:
            default = STAGES[self.name].parameters[field.name].default
            field.show(default if stage is None else stage[field.name])


class RecipeForm(QWidget):
    """A recipe as a form that can be saved and loaded.

    Args:
        theme: for icons.

    Signals:
        changed: by a person, or loaded.
    """

    changed = Signal()

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._title, self._quiet = theme, "", False
        self._boxes = {name: StageBox(name, self._on_changed) for name in STAGES}
        self._order = list(STAGES)
        self._problem = muted()
        self._problem.setAccessibleName(self.tr("What is wrong with the recipe"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self._make_buttons())
        self._stages = QVBoxLayout()
        self._stages.setSpacing(10)
        layout.addLayout(self._stages)
        layout.addWidget(self._problem)
        layout.addStretch(1)
        self._place_boxes()
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self.set_recipe(default_recipe())

    def _make_buttons(self) -> QHBoxLayout:
        self.load_button = QPushButton(self.tr("&Load…"))
        self.load_button.setToolTip(
            self.tr("Take a recipe from a file; the command line takes the same files")
        )
        self.save_button = QPushButton(self.tr("Sa&ve…"))
        self.save_button.setToolTip(self.tr("Write this recipe into a file"))
        self.reset_button = QPushButton(self.tr("&Defaults"))
        self.reset_button.setToolTip(self.tr("Find and repair with the usual settings"))
        self.load_button.clicked.connect(self._ask_load)
        self.save_button.clicked.connect(self._ask_save)
        self.reset_button.clicked.connect(lambda: self.set_recipe(default_recipe()))
        line = QHBoxLayout()
        for button in (self.load_button, self.save_button, self.reset_button):
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _take_icons(self) -> None:
        self.load_button.setIcon(self._theme.icon("open"))
        self.save_button.setIcon(self._theme.icon("export"))
        self.reset_button.setIcon(self._theme.icon("undo"))

    def _place_boxes(self) -> None:
        for name in self._order:
            self._stages.addWidget(self._boxes[name])  # one that is there already moves to the end

    # --- the recipe

    def recipe(self) -> Recipe:
        """What the form says.

        Raises:
            InputError: that is no recipe.
        """
        stages = [self._boxes[name].content() for name in self._order if self._boxes[name].isChecked()]
        recipe = from_json({"schema": SCHEMA, "title": self._title, "stages": stages})
        check_sense(recipe)
        return recipe

    def set_recipe(self, recipe: Recipe) -> None:
        """Show a recipe."""
        self._quiet = True
        self._title = recipe.title
        used = [stage.name for stage in recipe.stages]
        self._order = used + [name for name in STAGES if name not in used]
        for name, box in self._boxes.items():
            box.show_stage(recipe.stage(name))
        self._place_boxes()
        self._quiet = False
        self._on_changed()

    def reload_models(self) -> None:
        """Read the library again; what is chosen stays so, whatever it is called now."""
        for box in self._boxes.values():
            for field in box.fields:
                field.reload()

    def box(self, name: str) -> StageBox:
        """The form of one stage."""
        return self._boxes[name]

    def _on_changed(self) -> None:
        if self._quiet:
            return
        self._say(self.problem())
        self.changed.emit()

    def problem(self) -> str:
        """What is wrong with the recipe; empty if it can be used."""
        try:
            self.recipe()
        except RestorerError as error:
            return error_told(error)
        return ""

    def _say(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
        set_tone(self._problem, "danger" if text else "")

    # --- files

    def load(self, path: Path) -> bool:
        """Take the recipe of a file; what is wrong with it is shown."""
        try:
            self.set_recipe(load_recipe(path))
        except RestorerError as error:
            self._say(error_told(error))
            return False
        return True

    def save(self, path: Path) -> bool:
        """Write the recipe into a new file; what hinders is shown."""
        try:
            save_recipe(self.recipe(), path)
        except RestorerError as error:
            self._say(error_told(error))
            return False
        self._say("")
        return True

    def _ask_load(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Load recipe"), "", self.tr("Recipes (*.json)"))
        if name:
            self.load(Path(name))

    def _ask_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save recipe"),
            "recipe.json",
            self.tr("Recipes (*.json)"),
            options=QFileDialog.Option.DontConfirmOverwrite,  # nothing is ever overwritten
        )
        if name:
            self.save(Path(name))
