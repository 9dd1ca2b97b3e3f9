"""The training wizard: folders, goal, plan, training, verdict. A window of its own beside the editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import RestorerError
from restorer.library import store as library
from ui.core_texts import error_told
from ui.jobs import Done, Failed, JobRunner, JobThread, Lane, Outcome, Update, Work
from ui.parts import button, error_text
from ui.settings import SettingsStore
from ui.theme import ThemeManager, app_icon
from ui.widgets import muted, resize_within_screen, rule, scrolled
from ui.wizard.folders import FoldersPage
from ui.wizard.goal import GoalPage
from ui.wizard.page import Context, Page, StepButton
from ui.wizard.plan import PlanPage
from ui.wizard.train import DONE, FAILED, PAUSED, TrainPage
from ui.wizard.verdict import VerdictPage
from ui.wizard.work import Draft, Order, Start, discard, look_around

FOLDERS, GOAL, PLAN, TRAIN, VERDICT = range(5)


class TrainWizard(QWidget):
    """Fine-tuning step by step. Closing the window hides it; a training goes on, or is stopped on demand.

    Args:
        runner: runs the jobs, in a lane of their own, so that photographs can be worked on meanwhile.
        theme: colours and icons.
        parent: the window that owns it.
        store: the settings.

    Signals:
        library_changed: a model was saved, or another one is the default.
        library_wanted: show the model library.
        news (str): the training ended while the window was closed.
    """

    library_changed = Signal()
    library_wanted = Signal()
    news = Signal(str)

    def __init__(
        self,
        runner: JobRunner,
        theme: ThemeManager,
        parent: QWidget | None = None,
        store: SettingsStore | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._runner, self._over = runner, False
        self._looking: JobThread | None = None
        self._box: QMessageBox | None = None
        self.setWindowTitle(self.tr("Train on your own photographs"))
        self.setWindowIcon(app_icon())
        resize_within_screen(self, 1160, 800)
        self.context = Context(Draft(), theme, self._submit, store=store)
        self.folders, self.goal = FoldersPage(self.context), GoalPage(self.context)
        self.plan, self.train = PlanPage(self.context), TrainPage(self.context)
        self.verdict = VerdictPage(self.context)
        self.pages: list[Page] = [self.folders, self.goal, self.plan, self.train, self.verdict]
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(self._scrolled(page) if page in (self.goal, self.plan) else page)
            page.changed.connect(self._show_steps)
        self._make_frame(theme)
        self._connect()
        self._show_steps()

    # --- parts

    @staticmethod
    def _scrolled(page: Page) -> QScrollArea:
        """A page that is higher or wider than some screens."""
        area = scrolled(page)
        area.setObjectName("page")  # as the others, not as a panel
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        area.setMinimumWidth(0)
        return area

    def _make_frame(self, theme: ThemeManager) -> None:
        side = QFrame()
        side.setObjectName("panel")
        side.setFixedWidth(212)
        steps = QVBoxLayout(side)
        steps.setContentsMargins(0, 18, 0, 14)
        steps.setSpacing(2)
        names = (
            self.tr("Photographs"), self.tr("Goal"), self.tr("Plan"), self.tr("Training"), self.tr("Verdict")
        )  # fmt: skip
        self.steps = [StepButton(n + 1, name, theme) for n, name in enumerate(names)]
        for number, made in enumerate(self.steps):
            made.clicked.connect(lambda _=False, n=number: self.go_to(n))
            steps.addWidget(made)
        steps.addStretch(1)
        note = muted(self.tr("Your photographs stay on this computer."))
        note.setContentsMargins(18, 0, 14, 0)
        steps.addWidget(note)
        self.back = button(self.tr("&Back"), self.tr("To the step before"), "previous", theme)
        self.next = button(self.tr("&Next"), self.tr("To the next step"))
        self.next.setProperty("primary", True)
        self.close_button = button(
            self.tr("&Close"), self.tr("A training goes on while the window is closed")
        )
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 10, 24, 14)
        foot.setSpacing(8)
        foot.addWidget(self.close_button)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        main = QVBoxLayout()
        main.setSpacing(0)
        main.addWidget(self.stack, 1)
        main.addWidget(rule())
        main.addLayout(foot)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addLayout(main, 1)

    def _connect(self) -> None:
        self.back.clicked.connect(lambda: self.go_to(self.stack.currentIndex() - 1))
        self.next.clicked.connect(self._on_next)
        self.close_button.clicked.connect(self.close)
        self.folders.resumed.connect(self._on_resumed)
        self.folders.discarded.connect(lambda run: self.train.ask_discard(run.config.name))
        self.goal.corrections.wanted.connect(self._on_corrections)
        self.train.finished.connect(self._on_finished)
        self.train.state_changed.connect(self._on_state)
        self.train.discarded.connect(self._discard)
        self.verdict.insisted.connect(self._on_insisted)
        self.verdict.discarded.connect(self._on_verdict_discarded)
        self.verdict.default_wanted.connect(self._on_default)
        self.verdict.library_wanted.connect(self.library_wanted)
        for keys, slot in (
            ("Alt+Left", self.back.click),
            ("Alt+Right", self.next.click),
            ("Ctrl+W", self.close),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    # --- steps

    @property
    def step(self) -> int:
        """Number of the page that is shown, 0..4."""
        return self.stack.currentIndex()

    def _reachable(self, number: int) -> bool:
        if self.train.running:
            return number in (self.step, TRAIN)
        if number <= GOAL or number == self.step:
            return number == FOLDERS or self.folders.complete()
        if number == PLAN:
            return self.folders.complete() and self.goal.complete()
        if number == TRAIN:
            return self.train.order is not None
        return self.verdict.outcome is not None

    def go_to(self, number: int) -> None:
        """Show a step that can be reached."""
        if 0 <= number < len(self.pages) and self._reachable(number):
            self._show(number)

    def _show(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self.pages[number].entered()
        self._show_steps()
        self.pages[number].setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.pages[number].focusWidget():
            self.next.setFocus()

    def _show_steps(self) -> None:
        now = self.step
        for number, made in enumerate(self.steps):
            state = "now" if number == now else "done" if number < now else "later"
            made.set_state(state, self._reachable(number))
        page = self.pages[now]
        texts = {
            PLAN: self.tr("&Start training"),
            TRAIN: self.tr("See the &verdict"),
            VERDICT: self.tr("&Train again"),
        }
        self.next.setText(texts.get(now, self.tr("&Next")))
        self.next.setEnabled(page.complete())
        self.back.setEnabled(now > 0 and self._reachable(now - 1))
        self.back.setVisible(now < VERDICT)

    def _on_next(self) -> None:
        now = self.step
        if now == PLAN:
            self._start()
        elif now == VERDICT:
            self._again()
        elif self.pages[now].complete():
            self._show(now + 1)

    def _start(self) -> None:
        self.plan.take_typed()  # then there is no plan for it yet
        planned = self.plan.planned
        if planned is not None:
            self._begin(Order(planned.config, planned.groups, planned.plan))

    def _begin(self, order: Order) -> None:
        self.folders.stop()  # a training waits for what is looked through
        self.folders.offer(())
        if not order.force:
            self.verdict.outcome = None  # of another training
        self.train.begin(order)
        self._show(TRAIN)

    def _again(self) -> None:
        """Another training with the same photographs."""
        self.train.reset()
        self.verdict.outcome = None
        self.context.draft.name = ""
        self._refresh()
        self._show(GOAL if self.folders.complete() else FOLDERS)

    # --- what pages ask for

    def _on_resumed(self, run: Any) -> None:
        self._begin(Order(run.config, plan=run.plan, resume=True))

    def _on_corrections(self, photos: Path, masks: Path) -> None:
        """Train on what was corrected in the editor, and on nothing else: only it has masks."""
        self.goal.masks.take(masks)
        self.folders.only(photos)
        self._show(FOLDERS)

    def _on_finished(self, outcome: Any) -> None:
        self.verdict.show_outcome(outcome)
        self._show(VERDICT)
        self._refresh()
        if outcome.entry is not None:
            self.library_changed.emit()

    def _on_state(self, state: str) -> None:
        if self._box is not None and not self.train.running:  # what it asks is over
            self._box.reject()
        if self.isVisible():
            return
        if state == FAILED:
            self.news.emit(self.tr("The training could not go on: open the training window to see why."))
        elif state == DONE:
            self.news.emit(self.tr("The training has ended: its verdict is in the training window."))

    def _on_insisted(self) -> None:
        order = self.train.order
        if order is not None:
            self._begin(Order(self.train.known_config(order), resume=True, force=True))

    def _on_verdict_discarded(self) -> None:
        order = self.train.order
        if order is not None:
            self.train.ask_discard(order.config.name)

    def _on_default(self, name: str) -> None:
        try:
            library.set_default(name)
        except RestorerError as error:
            self.verdict.notice.say(error_told(error), "danger")
            return
        self.verdict.default_set(name)
        self.library_changed.emit()

    def _discard(self, name: str) -> None:
        title = self.tr("Discarding a training")

        def settled(outcome: Outcome) -> None:
            if isinstance(outcome, Failed):
                self._show(FOLDERS)
                self.folders.problem.say(error_text(outcome, title), "danger")
            self._refresh()

        self.folders.offer(())
        self._submit(lambda ctx: discard(name), "io", title, settled)
        if self.step == VERDICT:
            self._again()
        elif self.step == TRAIN:
            self._show(PLAN if self.goal.complete() and self.folders.complete() else FOLDERS)

    # --- models and unfinished runs

    def _refresh(self) -> None:
        if self._looking is None:
            self._looking = self._submit(
                look_around, "training", self.tr("Reading the model library"), self._on_looked
            )

    def _on_looked(self, outcome: Outcome) -> None:
        self._looking = None
        if isinstance(outcome, Done):
            start: Start = outcome.value
            self.context.start = start
            before = self.context.draft.model
            own = self.train.order.config.name if self.train.order is not None else None
            self.folders.offer(tuple(run for run in start.unfinished if run.config.name != own))
            self.goal.take_models()
            if self.step == PLAN and self.context.draft.model != before:
                self.plan.entered()
        self._show_steps()

    def library_was_changed(self) -> None:
        """A model was renamed, deleted or added elsewhere."""
        if not self.train.running:
            self._refresh()

    def add_folders(self, folders: list[Path]) -> None:
        """Begin with these folders."""
        self.folders.add(folders)

    # --- jobs, showing, closing

    def _submit(
        self,
        work: Work,
        lane: Lane,
        title: str,
        on_settled: Callable[[Outcome], None],
        on_progress: Callable[[Update], None] | None = None,
    ) -> JobThread:
        def settle(outcome: Outcome) -> None:
            if not self._over:
                on_settled(outcome)

        def progress(update: Update) -> None:
            if not self._over and on_progress is not None:
                on_progress(update)

        return self._runner.submit(work, lane, title, settle, progress)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.train.running:
            self._refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.train.running and not self._over:
            event.ignore()
            self._ask()
            return
        super().closeEvent(event)

    def _ask(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("The training is not finished."))
        box.setInformativeText(self.tr("It can go on in the background while you work on photographs."))
        self._on_button = box.addButton(
            self.tr("&Go on in the background"), QMessageBox.ButtonRole.AcceptRole
        )
        self._off_button = box.addButton(
            self.tr("&Stop and keep a checkpoint"), QMessageBox.ButtonRole.DestructiveRole
        )
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(self._on_button)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def answered(chosen: Any) -> None:
            if chosen is self._on_button:
                if self.train.state == PAUSED:
                    self.train.go_on()
                self.hide()
            elif chosen is self._off_button:
                self.train.stop()
                self.hide()

        def forget() -> None:
            self._box = None

        box.buttonClicked.connect(answered)
        box.finished.connect(forget)
        self._box = box
        box.open()

    def shut_down(self) -> None:
        """The program ends: stop listening; the runner stops the jobs, which keep their checkpoints."""
        self._over = True
        self.close()
