"""What the actions of projects do: open, save, and offer back what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from restorer.editing.brush import Mark
from restorer.project.file import SUFFIX, Snapshot, SourceMissingError, View, is_project
from restorer.project.journal import find_left
from ui.core_texts import told
from ui.documents import project_work
from ui.documents.autosave import AutoSave
from ui.documents.project_work import LeftWork, Loaded
from ui.documents.session import DocumentSession
from ui.jobs import Done, Failed
from ui.panels.project_dialogs import RecoveryDialog, ask_for_source, ask_to_replace
from ui.window.desk import Desk, of_shown
from ui.window.file_actions import PATTERN


class ProjectActions(QObject):
    """Projects in and out; every open photograph gets its journal here.

    Args:
        desk: gives window, workspace and settings.
        show_recent: renews the list of recent files.
    """

    def __init__(self, desk: Desk, show_recent: Callable[[], None]) -> None:
        super().__init__(desk)
        self._desk, self._show_recent = desk, show_recent
        self._saves: dict[DocumentSession, AutoSave] = {}
        self._views: dict[DocumentSession, View] = {}
        desk.workspace.opened.connect(self._on_opened)
        desk.workspace.closed.connect(self._on_closed)

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By id of the action."""
        return {"save": self.save, "save_as": self.save_as}

    def join(self) -> None:
        """Connect to the window, once it is there."""
        self._desk.window.canvas.marked.connect(self._on_marked)
        self._desk.workspace.session_changed.connect(self._on_shown)

    def autosave(self, session: DocumentSession) -> AutoSave:
        """What secures a session."""
        return self._saves[session]

    def _on_opened(self, session: DocumentSession, loaded: Loaded | None) -> None:
        made = AutoSave(session, self._desk.workspace.runner, loaded, self._view_of, self)
        made.trouble.connect(self._desk.window.toast.say)
        made.saved.connect(lambda project: self._on_saved(session, project))
        made.save_failed.connect(
            lambda failed: self._desk.show_failure(self.tr("Saving the project"), failed)
        )
        self._saves[session] = made
        if loaded is None:
            return
        session.project = loaded.project
        if loaded.left is None and loaded.project is not None:
            session.mark_saved(loaded.project, Snapshot.of(loaded.document).surfaces)
        if loaded.state.view is not None:
            self._views[session] = loaded.state.view
        if loaded.notices:
            self._desk.window.toast.say("\n".join(map(told, loaded.notices)))

    def _on_closed(self, session: DocumentSession) -> None:
        self._views.pop(session, None)
        self._saves.pop(session).close()

    def _on_marked(self, surface: str, mark: Mark) -> None:
        if self._desk.session is not None:
            self._saves[self._desk.session].add_mark(surface, mark)

    # --- view

    def _view_of(self, session: DocumentSession) -> View | None:
        if session is not self._desk.session:
            return None
        view = self._desk.window.canvas.view
        return View(*view.centre, view.zoom, view.angle)

    def _on_shown(self, session: DocumentSession | None) -> None:
        view = self._views.pop(session, None) if session is not None else None
        if view is not None:
            canvas = self._desk.window.canvas
            canvas.reset_rotation()
            canvas.rotate_view(view.angle)
            canvas.set_zoom(view.zoom)
            canvas.look_at(view.x, view.y)

    # --- open

    def take(self, paths: list[Path]) -> list[Path]:
        """Open the projects among `paths`; returns the others."""
        for path in paths:
            if is_project(path):
                self.open(path.absolute())
        return [path for path in paths if not is_project(path)]

    def open(self, project: Path, source: Path | None = None) -> None:
        """Open a project; `source` says where its photograph is, if it was moved."""
        self._desk.window.status.show_hint(self.tr("Opening {0}…").format(project.name))

        def settle(outcome: object) -> None:
            self._desk.window.status.show_hint("")
            if isinstance(outcome, Done):
                self._adopt(outcome.value)
            elif isinstance(outcome, Failed):
                place = self._place(outcome)
                if place is not None:
                    self.open(project, place)
                elif not isinstance(outcome.error, SourceMissingError):
                    self._desk.show_failure(self.tr("Opening {0}").format(project.name), outcome)

        self._submit(lambda ctx: project_work.load_project(project, source, ctx), settle)

    def _submit(self, task: Callable[..., object], settle: Callable[[object], None]) -> None:
        self._desk.workspace.runner.submit(task, "io", "project", settle)

    def _place(self, failed: Failed) -> Path | None:
        """Ask where a photograph is that was moved."""
        if not isinstance(failed.error, SourceMissingError):
            return None
        folder = self._desk.store.value.folder
        patterns = self.tr("Photographs") + f" ({PATTERN} {PATTERN.upper()})"
        return ask_for_source(told(failed.error.sentence), folder, patterns, self._desk.window)

    def _adopt(self, loaded: Loaded) -> bool:
        """Show a photograph with its work; False if other work on it is open and is kept."""
        workspace, strip, key = self._desk.workspace, self._desk.window.film_strip, loaded.path
        there = workspace.session_of(key)
        if there is not None:
            if not self._desk.may_discard([there], by_other=True):
                return False
            workspace.close(key)
        session = workspace.adopt(key, loaded)
        if loaded.left is None and loaded.project is not None:
            self._remember(session, loaded.project)
        strip.add([key])
        strip.set_current(key)
        strip.set_unsaved(key, session.edited)
        if workspace.current is not session:
            workspace.show(key)
        self._desk.window.show_film(strip.model().rowCount() > 1)
        self._desk.enable()
        return True

    def _remember(self, session: DocumentSession, project: Path) -> None:
        """The project is what is opened when the photograph is shown again, now or at another time."""
        path = session.path
        if path is not None:
            self._desk.workspace.readers[path] = lambda ctx: (
                project_work.load_project(project, None, ctx)
                if is_project(path)  # it lies in there
                else project_work.load_again(project, path, ctx)
            )
        store = self._desk.store
        recent = tuple(name for name in store.value.recent if name != str(session.path))
        store.value = replace(store.value, recent=recent).with_recent(project)
        store.save()
        self._show_recent()

    # --- save

    def save(self) -> None:
        """Save the project, with a question for its name the first time."""
        session = self._desk.session
        if session is not None and session.project is not None:
            self._saves[session].save(session.project)
        else:
            self.save_as()

    @of_shown
    def save_as(self, session: DocumentSession) -> None:
        """Save the project under another name."""
        usual = session.project or (session.path or Path(self._desk.store.value.folder, "picture"))
        name, _ = QFileDialog.getSaveFileName(
            self._desk.window,
            self.tr("Save project"),
            str(usual.with_suffix(SUFFIX)),
            self.tr("Projects of Restorer") + f" (*{SUFFIX})",
        )
        if not name:
            return
        path = Path(name)
        if not is_project(path):
            path = path.with_name(path.name + SUFFIX)
            if path.exists() and not ask_to_replace(path.name, self._desk.window):
                return
        self._saves[session].save(path, agreed=True)

    def _on_saved(self, session: DocumentSession, project: Path) -> None:
        self._remember(session, project)
        self._desk.window.toast.say(self.tr("Saved: {0}").format(project))

    # --- after a crash

    def offer_recovery(self, then: Callable[[], None]) -> None:
        """Offer the work that a crash left behind, then go on with `then`."""
        journals = find_left()
        if not journals:
            then()
            return

        def settle(outcome: object) -> None:
            if isinstance(outcome, Done):
                self._ask(outcome.value, then)
            else:
                for left in journals:
                    left.release()
                then()

        self._submit(lambda ctx: project_work.read_left(journals, ctx), settle)

    def _ask(self, work: list[LeftWork], then: Callable[[], None]) -> None:
        dialog = RecoveryDialog(work, self._desk.theme, self._desk.window)

        def settle(_: int) -> None:
            dialog.deleteLater()
            good = [item for item in work if item.found is not None]
            if dialog.choice == "discard":
                for item in work:
                    item.left.discard()
            elif dialog.choice == "later":
                for item in work:
                    item.left.release()
            else:
                for item in work:
                    if item.found is None:
                        item.left.release()
                self._recover(good, then)
                return
            then()

        dialog.finished.connect(settle)
        dialog.open()

    def _recover(self, work: list[LeftWork], then: Callable[[], None], source: Path | None = None) -> None:
        """One after the other, the newest last, so that it is the one that is shown."""
        if not work:
            then()
            return
        *rest, item = work
        found = item.found
        assert found is not None

        def settle(outcome: object) -> None:
            place = self._place(outcome) if isinstance(outcome, Failed) else None
            if place is not None:
                self._recover(work, then, place)
                return
            if not isinstance(outcome, Done) or not self._adopt(outcome.value):
                item.left.release()
            if isinstance(outcome, Failed) and not isinstance(outcome.error, SourceMissingError):
                self._desk.show_failure(self.tr("Recovering unsaved work"), outcome)
            self._recover(rest, then)

        self._submit(lambda ctx: project_work.load_left(item.left, found, source, ctx), settle)

    # --- the end

    def shut_down(self) -> None:
        """The program ends in order, and no job runs any more: no journal is left."""
        for made in self._saves.values():
            made.finish()
