"""The third page of the training wizard: how long and how boldly, and what that takes on this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QWidget,
)

from restorer.errors import RestorerError
from ui.core_texts import error_told
from ui.dialogs import device_title, device_used_title
from ui.jobs import Done, Failed, JobThread, Outcome
from ui.parts import Notice, card, error_text, megabytes
from ui.widgets import heading, muted, set_tone
from ui.wizard.custom import CustomForm
from ui.wizard.page import Choice, Context, Page
from ui.wizard.work import Planned, free_name, is_unfinished, plan

if TYPE_CHECKING:
    from training.tuning.setup import FinetuneConfig

DELAY_MS = 500  # after the last change, before the computer is measured
PRESETS = ("quick", "balanced", "thorough", "custom")


class PlanPage(Page):
    """Presets, own settings, and the plan measured on this computer."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            self.tr("How long may it take?"),
            self.tr(
                "The times are measured on this computer with a few real steps. You can pause, stop and go "
                "on at any time, and keep working on photographs meanwhile."
            ),
        )
        self.planned: Planned | None = None
        self._job: JobThread | None = None
        self._ticks: list[QLabel] = []
        self._measured: dict[tuple[Any, ...], Planned] = {}
        self._proposed = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._measure)
        self.problem = Notice(context.theme)
        self.column.addLayout(self._make_presets())
        body = QHBoxLayout()
        body.setSpacing(18)
        body.addWidget(self._make_form(), 1)
        body.addWidget(self._make_estimate(), 1)
        self.column.addLayout(body)
        self._custom_card, self._promises = self._make_custom(), self._make_promises()
        self.column.addWidget(self._custom_card)
        self.column.addWidget(self._promises)
        self.column.addWidget(self.problem)
        self.column.addStretch(1)

    # --- parts

    def _make_presets(self) -> QHBoxLayout:
        theme = self.context.theme
        texts = {
            "quick": (
                self.tr("Quick"),
                self.tr("About 4 minutes of learning: a first look at whether it helps."),
            ),
            "balanced": (self.tr("Balanced"), self.tr("About 18 minutes: enough for most collections.")),
            "thorough": (self.tr("Thorough"), self.tr("About an hour and a half: for large collections.")),
            "custom": (self.tr("Custom"), self.tr("Your own steps, crops and rates.")),
        }
        self.presets = {name: Choice(*texts[name], theme) for name in PRESETS}
        group = QButtonGroup(self)
        line = QHBoxLayout()
        for choice in self.presets.values():
            group.addButton(choice)
            line.addWidget(choice, 1)
        self.presets["balanced"].setChecked(True)
        group.buttonToggled.connect(lambda _, on: self._on_change() if on else None)
        return line

    def _make_promises(self) -> QWidget:
        frame, column = card()
        column.addWidget(heading(self.tr("What keeps it from getting worse")))
        for text in (
            self.tr("It learns in small steps and is pulled back towards the model it started from."),
            self.tr("It goes on practising on the program's own pictures, so that nothing is forgotten."),
            self.tr("The best state on held-out photographs is kept; without hope it ends early."),
            self.tr("At the end both are measured, and only a real gain is saved, as a model of its own."),
        ):
            line = QHBoxLayout()
            line.setSpacing(8)
            tick = QLabel()
            tick.setPixmap(self.context.theme.pixmap("check", 16, "good"))
            line.addWidget(tick)
            line.addWidget(muted(text), 1)
            column.addLayout(line)
            self._ticks.append(tick)
        self.context.theme.changed.connect(self._paint_ticks)
        return frame

    def _paint_ticks(self) -> None:
        for tick in self._ticks:
            tick.setPixmap(self.context.theme.pixmap("check", 16, "good"))

    def _make_form(self) -> QWidget:
        frame, column = card()
        column.addWidget(heading(self.tr("The new model")))
        self.name = QLineEdit()
        self.name.setMaxLength(60)
        self.name.setAccessibleName(self.tr("Name of the new model"))
        self.name.setToolTip(self.tr("Small letters, digits, - _ and . ; how the library will call it"))
        self.name.textEdited.connect(lambda _: self._on_change())
        self.device = QComboBox()
        self.device.setAccessibleName(self.tr("Computed on"))
        self.device.setToolTip(self.tr("Automatic takes the graphics processor if it passes a self-test"))
        self.device.currentIndexChanged.connect(lambda _: self._on_change())
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("Co&mputed on"), self.device)
        column.addLayout(form)
        column.addStretch(1)
        return frame

    def _make_custom(self) -> QWidget:
        frame, column = card()
        column.addWidget(heading(self.tr("Your own settings")))
        self.custom = CustomForm()
        self.fields = self.custom.fields
        self.custom.changed.connect(self._on_change)
        column.addWidget(self.custom)
        return frame

    def _make_estimate(self) -> QWidget:
        frame, column = card()
        column.addWidget(heading(self.tr("On this computer")))
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setAccessibleName(self.tr("Measuring the speed of this computer"))
        self.busy_text = muted(self.tr("Measuring the speed of this computer with a few steps…"))
        column.addWidget(self.busy_text)
        column.addWidget(self.busy)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setHorizontalSpacing(16)
        self.facts: dict[str, QLabel] = {}
        for row, (key, text) in enumerate(
            (
                ("time", self.tr("Time")), ("steps", self.tr("Steps")), ("device", self.tr("Computed on")),
                ("memory", self.tr("Memory")), ("disk", self.tr("Disk")), ("photos", self.tr("Photographs")),
            )
        ):  # fmt: skip
            label, value = muted(text), QLabel("–")
            value.setWordWrap(True)
            value.setAccessibleName(text)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self.facts[key] = value
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self.sleep = muted()
        column.addWidget(self.sleep)
        column.addStretch(1)
        return frame

    # --- what was chosen

    def entered(self) -> None:
        draft = self.draft
        if draft.name in ("", self._proposed):  # the goal may be another now, or the name be in use
            draft.name = self._proposed = free_name(draft.task)
        self.name.setText(draft.name)
        if not self.device.count() and self.context.start is not None:
            for name in self.context.start.devices:
                self.device.addItem(device_title(name), name)
        self._on_change()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.planned is None and self._job is None:  # the window was closed before it was measured
            self._timer.start()

    def take_typed(self) -> None:
        """Take a number that is still being typed: keys reach the next step from within a field."""
        self.custom.take_typed()

    def _on_change(self) -> None:
        draft = self.draft
        draft.name = self.name.text().strip()
        draft.preset = next(name for name, choice in self.presets.items() if choice.isChecked())
        draft.device = self.device.currentData() or "auto"
        self.custom.show_task(draft.task)
        draft.custom = self.custom.values()
        self._custom_card.setVisible(draft.preset == "custom")
        self._promises.setVisible(draft.preset != "custom")
        self.planned = None
        if self._job is not None:  # what it measures is not wanted any more
            self._job.cancel()
            self._job = None
        if not self.isVisible():
            return
        self._show()
        self._timer.start()

    # --- measuring

    def _settings(self) -> FinetuneConfig | None:
        from restorer.library.store import check_new_id

        try:
            check_new_id(self.draft.name, trained=True)
        except RestorerError as error:
            self.problem.say(error_told(error), "warning")
            return None
        if is_unfinished(self.draft.name):
            text = self.tr("There is an unfinished training “{0}”: go on with it, or choose another name.")
            self.problem.say(text.format(self.draft.name), "warning")
            return None
        if self.draft.preset == "custom" and not self.custom.learns:
            self.problem.say(self.tr("Without any loss nothing can be learnt."), "warning")
            return None
        return self.draft.config()

    def _measure(self) -> None:
        report = self.draft.report
        config = self._settings() if report is not None else None
        if report is None or config is None or not self.isVisible():
            self._show()
            return
        self.problem.say("")
        key = (
            config.folders, config.model, config.batch, config.crop_px, config.device, config.masks,
            config.layers,
        )  # fmt: skip
        known = self._measured.get(key)
        job: JobThread | None = None

        def settled(outcome: Outcome) -> None:
            if isinstance(outcome, Done):
                self._measured[key] = outcome.value
            if job is self._job:
                self._job = None
                self._on_measured(outcome)

        job = self.context.submit(
            lambda ctx: plan(config, report, known.plan if known else None, ctx),
            "training", self.tr("Measuring this computer"), settled, None,
        )  # fmt: skip
        self._job = job
        self._show()

    def _on_measured(self, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self.planned = outcome.value
        elif isinstance(outcome, Failed):
            self.problem.say(error_text(outcome, self.tr("This computer could not be measured.")), "danger")
        self._show()

    def _show(self) -> None:
        waiting = self._job is not None
        self.busy.setVisible(waiting)
        self.busy_text.setVisible(waiting)
        planned = self.planned
        if planned is None:
            for label in self.facts.values():
                label.setText("–")
                set_tone(label, "")
            self.sleep.setText("")
        else:
            self._show_plan(planned)
        self.changed.emit()

    def _show_plan(self, planned: Planned) -> None:
        made, locale = planned.plan, QLocale()
        self.facts["time"].setText(duration(made.minutes * 60))
        steps = self.tr("{0}, {1} seconds each")
        self.facts["steps"].setText(
            steps.format(locale.toString(made.steps), locale.toString(made.seconds_per_step, "f", 2))
        )
        self.facts["device"].setText(device_used_title(made.device))
        text = self.tr("about {0}; {1} are free")
        for key, need, free in (
            ("memory", made.memory_bytes, planned.memory_bytes), ("disk", made.disk_bytes, planned.disk_bytes)
        ):  # fmt: skip
            self.facts[key].setText(text.format(megabytes(need), megabytes(free)))
            set_tone(self.facts[key], "warning" if need > 0.9 * free else "")
        photos = self.tr("{0} to train on, {1} to judge by")
        self.facts["photos"].setText(photos.format(made.train, made.held_out))
        if planned.on_battery:
            self.sleep.setText(self.tr("This computer runs on its battery: plug it in, and keep it awake."))
        else:
            self.sleep.setText(self.tr("Keep the computer awake: while it sleeps, the training waits."))
        set_tone(self.sleep, "warning" if planned.on_battery else "")

    def complete(self) -> bool:
        return self.planned is not None


def duration(seconds: float) -> str:
    """A time for a person."""
    minutes = round(seconds / 60)
    if seconds < 50:
        return QCoreApplication.translate("Duration", "less than a minute")
    if minutes < 90:
        return QCoreApplication.translate("Duration", "about {0} min").format(max(1, minutes))
    text = QCoreApplication.translate("Duration", "about {0} h {1} min")
    return text.format(minutes // 60, minutes % 60)
