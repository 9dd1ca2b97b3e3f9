"""What all actions share: the window, the open photographs, the settings, and how trouble is told."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton

from ui import dialogs
from ui.actions.action_set import Actions
from ui.documents.session import DocumentSession
from ui.documents.workspace import Workspace
from ui.jobs import Failed
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.window.main_window import MainWindow


class HasDesk(Protocol):
    """Actions."""

    _desk: Desk


Its = TypeVar("Its", bound=HasDesk)


def of_shown(act: Callable[[Its, DocumentSession], Any]) -> Callable[[Its], None]:
    """An action on the photograph that is shown, which stays open until the dialogs of it are closed."""

    @functools.wraps(act)
    def run(self: Its) -> None:
        session = self._desk.session
        if session is not None:
            with self._desk.workspace.holding(session):
                act(self, session)

    return run


class Desk(QObject):
    """What all actions share.

    Args:
        workspace: the open photographs.
        store: settings.
        theme: colours.
        log_path: shown with errors.

    Attributes:
        window: the main window; it is there once all actions are.
        actions: its actions.
        session: the photograph that is shown, or None.
    """

    window: MainWindow
    actions: Actions

    def __init__(
        self, workspace: Workspace, store: SettingsStore, theme: ThemeManager, log_path: Path | None
    ) -> None:
        super().__init__()
        self.workspace, self.store, self.theme, self.log_path = workspace, store, theme, log_path
        self.session: DocumentSession | None = None

    def enable(self) -> None:
        """Enable the actions that can do something."""
        session = self.session
        there = set()
        if self.window.film_strip.model().rowCount() > 1:
            there.add("files")
        if session is not None:
            document = session.document
            there |= {"photo", "busy" if session.busy else "idle"}
            flags = {
                "mask": document.surfaces["mask"].keys(),
                "mask or repairs": document.surfaces["mask"].keys() or session.repairs,  # to be given back
                "repairs": session.repairs,
                "undo": document.history and not document.editing,
                "redo": document.future and not document.editing,
                "infrared": session.photo.infrared is not None,
            }
            there |= {name for name, value in flags.items() if value}
        pressed = self.window.focusWidget()
        self.actions.enable(frozenset(there))
        if isinstance(pressed, QPushButton) and not pressed.isEnabled():
            self.window.canvas.setFocus()  # Qt gives it to the next field, which takes keys for a value
        self.actions.highlight(self._next_step())

    def _next_step(self) -> str:
        """The large button that is shown as what comes next."""
        session = self.session
        if session is None:
            return ""
        if session.repairs:
            return "export"
        return "repair" if session.document.surfaces["mask"].keys() else "find"

    def show_failure(self, title: str, failed: Failed) -> None:
        """The dialog of an error."""
        dialog = dialogs.ErrorDialog(
            title, failed.error, failed.details, self.log_path, self.theme, self.window
        )
        dialog.exec()
        dialog.deleteLater()

    def may_discard(
        self,
        sessions: Sequence[DocumentSession],
        others: Callable[[], Sequence[str]] = tuple,
        by_other: bool = False,
    ) -> bool:
        """Ask, if work on these photographs would be lost or something stopped; anew if that has changed
        while the question was open. `by_other`: for other work on them that is to be opened."""
        asked = None
        while True:
            losses = dialogs.Losses(
                tuple(session.name for session in sessions if session.edited),
                tuple(session.name for session in sessions if session.repairing),
                tuple(others()),
                by_other,
            )
            if not losses or losses == asked:
                return True
            if not dialogs.ask_to_discard(losses, self.window):
                return False
            asked = losses
