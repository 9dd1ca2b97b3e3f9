"""The fourth page of the training wizard: the training itself, with curves and pictures."""

from __future__ import annotations

from itertools import chain
from math import exp
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.core_texts import told
from ui.jobs import Done, Failed, Gate, JobThread, Outcome, Update
from ui.parts import Notice, button, error_text, image_of
from ui.widgets import heading, muted, scrolled
from ui.wizard.curves import Chart, Relative
from ui.wizard.page import Context, Page
from ui.wizard.plan import duration
from ui.wizard.work import Order, train

if TYPE_CHECKING:
    from training.tuning.setup import FinetuneConfig
    from training.tuning.tuner import TuneLog, TuneLook

SIDE = 128
READY, RUNNING, PAUSED, STOPPED, FAILED, DONE = "ready", "running", "paused", "stopped", "failed", "done"


class TrainPage(Page):
    """Runs one training; it goes on while the window is closed.

    Signals:
        finished (Outcome of training.tuning.finetune): the verdict was reached.
        discarded (str): the run of that name shall be deleted.
        state_changed (str): "ready", "running", "paused", "stopped", "failed" or "done".
    """

    finished = Signal(object)
    discarded = Signal(str)
    state_changed = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            self.tr("Learning"),
            self.tr(
                "The pictures and the lower curves show photographs that are never trained on. You can go on "
                "working on other photographs; this window may be closed meanwhile."
            ),
        )
        self.state = READY
        self.order: Order | None = None
        self._gate = Gate()
        self._job: JobThread | None = None
        self._parts = 1
        self._learning = False
        self._measured_at = -1
        self._means: dict[str, Relative] = {}
        self.notice = Notice(context.theme)
        self.memory_notice = Notice(context.theme)
        self.column.addLayout(self._make_head())
        self.column.addWidget(self.notice)
        self.column.addWidget(self.memory_notice)
        body = QHBoxLayout()
        body.setSpacing(18)
        body.addWidget(self._make_charts(), 1)
        body.addLayout(self._make_pictures())
        self.column.addLayout(body, 1)
        self._set_state(READY)

    # --- parts

    def _make_head(self) -> QVBoxLayout:
        theme = self.context.theme
        self.status = heading("")
        self.left = muted()
        self.left.setWordWrap(False)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.pause_button = button(self.tr("&Pause"), self.tr("After this step; keeps a checkpoint"))
        self.stop_button = button(
            self.tr("&Stop"), self.tr("Keeps a checkpoint, from which it can go on later"), "cancel", theme
        )
        self.resume_button = button(self.tr("&Go on"), self.tr("Resume from the last checkpoint"))
        self.resume_button.setProperty("primary", True)
        self.discard_button = button(self.tr("&Discard…"), self.tr("Delete the checkpoint for good"))
        self.pause_button.clicked.connect(self._on_pause)
        self.stop_button.clicked.connect(self.stop)
        self.resume_button.clicked.connect(self.go_on)
        self.discard_button.clicked.connect(self._on_discard)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.status)
        first.addStretch(1)
        first.addWidget(self.left)
        second.addWidget(self.bar, 1)
        for made in (self.pause_button, self.stop_button, self.resume_button, self.discard_button):
            second.addWidget(made)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(first)
        column.addLayout(second)
        return column

    def _make_charts(self) -> QScrollArea:
        theme = self.context.theme
        self.losses = Chart(self.tr("Losses while learning, 1 = at the start (less is better)"), theme)
        self.gain = Chart("", theme, self.tr("the model it started from"))
        self.likeness = Chart(self.tr("Likeness to the original, SSIM (1 = the same)"), theme)
        charts = QWidget()
        column = QVBoxLayout(charts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for chart in (self.losses, self.gain, self.likeness):
            column.addWidget(chart, 1)
        area = scrolled(charts)  # in a low window there is no room for all of them
        area.setObjectName("page")
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nothing in it has the focus: keys scroll it
        area.setAccessibleName(self.tr("Curves"))
        return area

    def _make_pictures(self) -> QVBoxLayout:
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._cells: list[tuple[QLabel, ...]] = []
        place = QWidget()
        inner = QVBoxLayout(place)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self._grid)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(place)
        area.setFixedWidth(4 * SIDE + 3 * 6 + 26)
        area.setAccessibleName(self.tr("Held-out pictures, before and after"))
        self._titles = (
            self.tr("Given"), self.tr("Model it started from"), self.tr("Now"), self.tr("Original")
        )  # fmt: skip
        titles = QHBoxLayout()
        titles.setSpacing(6)
        for title in self._titles:
            label = muted(title)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setFixedWidth(SIDE)
            label.setWordWrap(False)
            titles.addWidget(label)
        titles.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(titles)
        column.addWidget(area, 1)
        return column

    # --- running

    @property
    def running(self) -> bool:
        """Whether the training runs or is paused."""
        return self._job is not None

    def begin(self, order: Order) -> None:
        """Start or resume a training."""
        if self._job is not None:
            return
        self.order = order
        self.notice.say("")
        self.memory_notice.say("")
        self._parts, self._learning, self._measured_at, self._means = 1, False, -1, {}
        for chart in (self.losses, self.gain, self.likeness):
            chart.clear()
        for label in chain.from_iterable(self._cells):
            label.hide()
        self.gain.set_title(
            self.tr("Held-out gain in PSNR, dB (more is better)")
            if order.config.masks is None
            else self.tr("Held-out gain in F1 (more is better)")
        )
        if order.resume:
            self._restore(order)
        gate = self._gate = Gate()
        gate.set()
        self.bar.setRange(0, 0)
        self.status.setText(self.tr("Preparing the photographs"))
        self.left.setText("")
        self._job = self.context.submit(
            lambda ctx: train(order, gate, ctx),
            "training", self.tr("Training"), self._on_settled, self._on_progress,
        )  # fmt: skip
        self._set_state(RUNNING)

    def _restore(self, order: Order) -> None:
        """Draw the curves of what was learnt before."""
        from training.tuning.runs import read_log

        lines = [line for line in read_log(order.config.work) if "step" in line]
        if lines:
            self._add_known_losses(lines)
        for line in lines:
            step = line["step"]
            self._add_gains(step, line.get("user", 0.0), line.get("replay", 0.0))
            if "ssim" in line:
                self.likeness.extend(self.tr("now"), [step], [line["ssim"]])

    def go_on(self) -> None:
        """Resume what was stopped or failed, or end a pause."""
        from restorer.library import store as library

        if self.state == PAUSED:
            self._gate.set()
            self._set_state(RUNNING)
        elif self.order is not None and self.state in (STOPPED, FAILED):
            order = self.order
            if self._kept():
                order = Order(self.known_config(order), plan=order.plan, resume=True, force=order.force)
            elif order.resume:
                self.notice.say(
                    self.tr("There is nothing left to go on with in {0}.").format(library.user_folder())
                )
                return
            self.begin(order)

    def _kept(self) -> bool:
        """Whether there is a checkpoint, or at least the photographs made ready."""
        return self.order is not None and (self.order.config.work / "plan.json").is_file()

    def known_config(self, order: Order) -> FinetuneConfig:
        """The settings of a run as the library was last read: its model may have another name now."""
        runs = self.context.start.unfinished if self.context.start is not None else ()
        return next((run.config for run in runs if run.config.name == order.config.name), order.config)

    def stop(self) -> None:
        """Stop and keep a checkpoint."""
        if self._job is not None:
            self._job.cancel()
            self.status.setText(self.tr("Stopping after this step…"))
            self.left.setText("")
            self.stop_button.setEnabled(False)
            self.pause_button.setEnabled(False)

    def _on_pause(self) -> None:
        self._gate.clear()
        self._set_state(PAUSED)

    def _on_discard(self) -> None:
        if self.order is not None:
            self.ask_discard(self.order.config.name)

    def ask_discard(self, name: str) -> None:
        """Ask before a training is deleted."""
        box = QMessageBox(self.window())
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Discard the training “{0}”?").format(name))
        box.setInformativeText(self.tr("Its checkpoint is deleted. Your photographs are not touched."))
        yes = box.addButton(self.tr("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def answered(chosen: Any) -> None:
            if chosen is yes:
                if self.order is not None and self.order.config.name == name:
                    self.reset()
                self.discarded.emit(name)

        box.buttonClicked.connect(answered)
        box.open()

    def reset(self) -> None:
        """Forget the last training."""
        if self._job is None:
            self.order = None
            self.notice.say("")
            self.memory_notice.say("")
            self._set_state(READY)

    # --- news

    def _on_progress(self, update: Update) -> None:
        from training.tuning.tuner import TuneLog, TuneLook

        if update.fraction is not None:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * update.fraction))
        self._note_phase(update.message)
        logs = [d for d in update.details if isinstance(d, TuneLog)]
        looks = [d for d in update.details if isinstance(d, TuneLook)]
        if logs:
            self._add(logs)
        elif update.message == "Paused":
            self._show_paused()
        elif update.message and self.state == RUNNING and not looks:
            self.status.setText(self._told(update.message))
        for look in looks[-1:]:
            self._show_pictures(look)
        for look in looks:
            self._add_likeness(look)

    def _show_paused(self) -> None:
        """The step that was under way is over, and the checkpoint written."""
        if self.state == PAUSED and self.stop_button.isEnabled():
            self.status.setText(self.tr("Paused"))
            self.left.setText(self.tr("A checkpoint is kept; the computer may be switched off."))

    def _note_phase(self, message: str) -> None:
        """Only learning can be paused: what comes before and after it goes on."""
        if message:
            learning = message in ("Learning", "Paused")
            if self._learning and not learning:
                self._tell_left(0.0)
            self._learning = learning
        if self.state == PAUSED and not self._learning:  # that was the last step
            self._gate.set()
            self._set_state(RUNNING)
        if self.stop_button.isEnabled():
            self.pause_button.setEnabled(self._learning)

    def _tell_left(self, seconds: float) -> None:
        """How long it takes from here to the verdict; `seconds`: of learning."""
        plan = self.order.plan if self.order is not None else None
        after = plan.judging_seconds if plan is not None else 0.0
        self.left.setText(self.tr("{0} left").format(duration(seconds + after)))

    def _told(self, message: str) -> str:
        if message.startswith("Preparing"):
            return self.tr("Preparing the photographs")
        if message.startswith(("Comparing", "Measuring:")):
            return self.tr("Comparing with the model it started from")
        return self.tr("Learning") if message == "Learning" else told(message)

    def _add(self, logs: list[TuneLog]) -> None:
        steps = [float(log.step) for log in logs]
        for name in logs[-1].losses:
            self._add_losses(name, steps, [log.losses.get(name, 0.0) for log in logs])
        last = logs[-1]
        for log in logs:
            measured = (log.user_gain, log.replay_gain) != (0.0, 0.0)
            if measured and (log.user_gain, log.replay_gain) != self._last_gains():
                self._add_gains(float(log.step), log.user_gain, log.replay_gain)
        if self.state == RUNNING:
            self.status.setText(self.tr("Learning: step {0} of {1}").format(last.step, last.steps))
            self._tell_left(last.seconds_left)
        if last.parts > self._parts:
            self._parts = last.parts
            text = self.tr(
                "Memory ran short: every step is done in {0} smaller pieces now. "
                "It takes longer and learns the same."
            )
            self.memory_notice.say(text.format(last.parts), "warning")

    def _add_losses(self, name: str, steps: list[float], values: list[float]) -> None:
        """One kind of loss, beside others of another size: all relative to their start."""
        positive = [exp(v) for v in values] if name.startswith("log_") else values
        mean = self._means.setdefault(name, Relative())
        self.losses.extend(self._loss_title(name), steps, [mean.take(v) for v in positive])

    def _add_known_losses(self, lines: list[dict[str, float]]) -> None:
        """The same of a run that goes on: each of these is far from the one before."""
        known = ("step", "seconds", "user", "replay", "score", "ssim")
        for name in sorted(set().union(*lines) - set(known)):
            steps = [line["step"] for line in lines if name in line]
            values = [line[name] for line in lines if name in line]
            positive = [exp(v) for v in values] if name.startswith("log_") else values
            self._means[name] = mean = Relative.from_known(positive)
            self.losses.extend(self._loss_title(name), steps, mean.of_known(positive))

    def _loss_title(self, name: str) -> str:
        titles = {
            "l1": self.tr("difference"), "log_mse": self.tr("PSNR"), "pyramid": self.tr("coarse structure"),
            "l2": self.tr("square"), "bce": self.tr("each pixel"), "dice": self.tr("overlap"),
        }  # fmt: skip
        return titles.get(name, name)

    def _last_gains(self) -> tuple[float, float]:
        found = [self.gain.series.get(name, ([], []))[1][-1:] for name in self._gain_names()]
        return (found[0][0], found[1][0]) if all(found) else (0.0, 0.0)

    def _gain_names(self) -> tuple[str, str]:
        return self.tr("your photographs"), self.tr("shipped pictures")

    def _add_gains(self, step: float, user: float, replay: float) -> None:
        for name, value in zip(self._gain_names(), (user, replay), strict=True):
            self.gain.extend(name, [step], [value])

    def _add_likeness(self, look: TuneLook) -> None:
        if look.after.ssim is None or look.before.ssim is None or look.step <= self._measured_at:
            self.likeness.setVisible(look.after.ssim is not None)
            return
        self._measured_at = look.step
        self.likeness.extend(self.tr("now"), [float(look.step)], [look.after.ssim])
        self.likeness.extend(self.tr("model it started from"), [float(look.step)], [look.before.ssim])

    def _show_pictures(self, look: TuneLook) -> None:
        count = len(look.after.given)
        while len(self._cells) < count:
            row = tuple(QLabel() for _ in self._titles)
            for column, label in enumerate(row):
                label.setFixedSize(QSize(SIDE, SIDE))
                label.setAlignment(Qt.AlignmentFlag.AlignCenter)
                self._grid.addWidget(label, len(self._cells), column)
            self._cells.append(row)
        for number, row in enumerate(self._cells):
            for label in row:
                label.setVisible(number < count)
            if number >= count:
                continue
            pictures = (
                look.after.given[number], look.before.result[number], look.after.result[number],
                look.after.truth[number],
            )  # fmt: skip
            for label, picture, title in zip(row, pictures, self._titles, strict=True):
                pixmap = QPixmap.fromImage(image_of(picture))
                mode = Qt.TransformationMode.SmoothTransformation
                label.setPixmap(pixmap.scaled(label.size(), Qt.AspectRatioMode.KeepAspectRatio, mode))
                label.setAccessibleName(f"{title} {number + 1}")

    # --- the end

    def _on_settled(self, outcome: Outcome) -> None:
        self._job = None
        self.bar.setRange(0, 1000)
        self.left.setText("")
        if isinstance(outcome, Done):
            self.bar.setValue(1000)
            self.status.setText(self.tr("Finished"))
            self._set_state(DONE)
            self.finished.emit(outcome.value)
        elif isinstance(outcome, Failed):
            self.status.setText(self.tr("The training could not go on"))
            self.notice.say(error_text(outcome, self.tr("The training failed.")), "danger")
            self._set_state(FAILED)
        else:
            self.status.setText(self.tr("Stopped"))
            self.notice.say(
                self.tr("What was learnt is kept in a checkpoint. Go on now, or at any later time.")
                if self._kept()
                else self.tr("It was stopped before it had learnt anything: it can begin again.")
            )
            self._set_state(STOPPED)

    def _set_state(self, state: str) -> None:
        self.state = state
        resting = state in (STOPPED, FAILED)
        self.pause_button.setVisible(state == RUNNING)
        self.stop_button.setVisible(state in (RUNNING, PAUSED))
        self.resume_button.setVisible(resting or state == PAUSED)
        self.discard_button.setVisible(resting)
        self.pause_button.setEnabled(self._learning)
        self.stop_button.setEnabled(True)
        if state == PAUSED:
            self.status.setText(self.tr("Pausing after this step…"))
            self.left.setText("")
        elif state == READY:
            self.status.setText("")
            self.left.setText("")
            self.bar.setValue(0)
        self.state_changed.emit(state)
        self.changed.emit()

    def complete(self) -> bool:
        return self.state == DONE
