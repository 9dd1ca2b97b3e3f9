"""What the actions of models do: the training wizard, the library, two models compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from restorer.jobs import JobContext
from ui.documents import work
from ui.window.batch_actions import BatchActions
from ui.window.desk import Desk

if TYPE_CHECKING:
    from ui.documents.session import DocumentSession
    from ui.library.comparing import CompareModels
    from ui.library.panel import ModelsPanel
    from ui.wizard.wizard import TrainWizard


class ModelActions(QObject):
    """Windows about models; each is made when it is first wanted, since plots take a while to load.

    Args:
        desk: gives window, workspace and theme.
        batches: whose window offers the models, and may need them.
    """

    def __init__(self, desk: Desk, batches: BatchActions) -> None:
        super().__init__(desk)
        self._desk, self._batches = desk, batches
        self.wizard: TrainWizard | None = None
        self.panel: ModelsPanel | None = None
        self._dialog: CompareModels | None = None
        self._held = ExitStack()  # the photograph that the dialog shows
        desk.workspace.opened.connect(lambda session, _: self._watch(session))

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By id of the action."""
        return {"train": self.train, "models": self.show_library, "compare_models": self.compare}

    @property
    def at_work(self) -> list[str]:
        """What runs or is paused, for a person."""
        return [self.tr("Training")] if self.wizard is not None and self.wizard.train.running else []

    def train(self) -> None:
        """Show the training wizard."""
        from ui.wizard.wizard import TrainWizard

        if self.wizard is None:
            self.wizard = TrainWizard(
                self._desk.workspace.runner, self._desk.theme, self._desk.window, self._desk.store
            )
            self.wizard.library_changed.connect(self._on_changed)
            self.wizard.news.connect(self._desk.window.toast.say)
            self.wizard.library_wanted.connect(self.show_library)
        _raise(self.wizard)

    def show_library(self) -> None:
        """Show the model library."""
        from ui.library.panel import ModelsPanel

        if self.panel is None:
            self.panel = ModelsPanel(
                self._desk.workspace.runner, self._desk.theme, self._desk.window, self.why_kept
            )
            self.panel.library_changed.connect(self._on_changed)
            self.panel.train_wanted.connect(self.train)
            self.panel.compare_wanted.connect(self.compare)
        _raise(self.panel)

    def why_kept(self, model_id: str) -> str:
        """Why a model can neither be deleted nor renamed now, since what runs would fail; "" if it can."""
        batches = self._batches.panel
        if batches is not None and model_id in batches.models_in_use:
            what = self.tr("The running batch needs the model “{0}”: let it end first, or cancel it.")
            return what.format(model_id)
        train = self.wizard.train if self.wizard is not None else None
        if train is not None and train.running and train.order and train.order.config.model == model_id:
            what = self.tr("The running training started from “{0}”: let it end first, or stop it.")
            return what.format(model_id)
        return ""

    def compare(self, models: list[str] | bool = False) -> CompareModels | None:
        """Compare two models on what is visible of the open photograph."""
        from ui.library.comparing import CompareModels

        session, window = self._desk.session, self._desk.window
        ids = models if isinstance(models, list) else []
        say = self.panel.notice.say if ids and self.panel is not None else window.toast.say
        if session is None or not session.marked:
            say(self.tr("Open a photograph and mark its damage first; then both models repair it."))
            return None
        if session.busy:
            say(self.tr("Wait until the running work has ended."))
            return None
        region = window.canvas.visible_box()
        if not (session.document.surfaces["mask"].read(region) >= work.MASKED).any():
            say(self.tr("Nothing is marked in the part of the photograph that is visible."))
            return None
        dialog = CompareModels(session, region, ids, window.repair.settings, self._desk.theme, window)
        dialog.finished.connect(self._on_compared)
        self._dialog = dialog
        self._held.enter_context(self._desk.workspace.holding(session))
        dialog.open()
        return dialog

    def _on_compared(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
        self._held.close()

    def _watch(self, session: DocumentSession) -> None:
        session.exported.connect(lambda _: self.keep_correction(session))

    def keep_correction(self, session: DocumentSession) -> None:
        """With consent, keep the mask of an exported photograph that was corrected by hand."""
        mask, proposal = session.document.surfaces["mask"].snapshot(), session.proposal
        by_hand = session.marked if proposal is None else not work.same_pixels(mask, proposal)
        if not self._desk.store.value.keep_corrections or not by_hand:
            return
        source = session.document.source

        def keep(ctx: JobContext) -> object:
            from training.data.corrections import keep as keep_pair

            return keep_pair(source.to_array(), work.is_marked(mask), ctx)

        self._desk.workspace.runner.submit(keep, "background", self.tr("Keeping a corrected mask"))

    def _on_changed(self) -> None:
        self._desk.window.repair.reload_models()
        self._batches.reload_models()
        for session in self._desk.workspace.sessions:
            session.forget_search()
        if self.panel is not None and self.sender() is not self.panel:
            self.panel.refresh()
        if self.wizard is not None and self.sender() is not self.wizard:
            self.wizard.library_was_changed()

    def shut_down(self) -> None:
        """The program ends."""
        for window in (self.wizard, self.panel):
            if window is not None:
                window.shut_down()
        if self._dialog is not None:
            self._dialog.close()


def _raise(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()
