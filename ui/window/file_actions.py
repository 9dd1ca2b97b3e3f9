"""What the actions of files do: open, paste, recent, export, close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog

from restorer.errors import InputError, RestorerError
from restorer.project.source import is_file
from ui.core_texts import told
from ui.documents import workspace
from ui.documents.session import DocumentSession
from ui.documents.workspace import is_folder, photographs_in
from ui.dropped import local_paths
from ui.jobs import Done, Failed
from ui.widgets import plain_text
from ui.window.desk import Desk, of_shown

PATTERN = "*.jpg *.jpeg *.jpe *.jfif *.png *.tif *.tiff *.webp *.bmp *.heic *.heif *.hif"


class FileActions(QObject):
    """Files in and out.

    Args:
        desk: gives window, workspace and settings.
        take_projects: opens the projects among some paths and gives back the others.
    """

    def __init__(self, desk: Desk, take_projects: Callable[[list[Path]], list[Path]]) -> None:
        super().__init__(desk)
        self._desk, self._take_projects = desk, take_projects
        self._unread: list[tuple[str, Failed]] = []  # what is told of when something can be shown

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By id of the action."""
        return {
            "open": self.ask_open,
            "open_folder": self.ask_folder,
            "paste": self.paste,
            "export": self.export,
            "close": self.close_photo,
        }

    # --- in

    def ask_open(self) -> None:
        """Let files be chosen."""
        names, _ = QFileDialog.getOpenFileNames(
            self._desk.window,
            self.tr("Open photographs"),
            self._desk.store.value.folder,
            self.tr("Photographs and projects")
            + f" ({PATTERN} {PATTERN.upper()} *.restorer);;"
            # lupdate does not look into f-strings
            + self.tr("All files")
            + " (*)",
        )
        self.open_paths([Path(name) for name in names])

    def ask_folder(self) -> None:
        """Let a folder be chosen."""
        name = QFileDialog.getExistingDirectory(
            self._desk.window, self.tr("Open folder"), self._desk.store.value.folder
        )
        if name:
            self.open_paths([Path(name)])

    def open_paths(self, paths: list[Path]) -> None:
        """Put files and the photographs of folders into the film strip and show the first; open projects."""
        paths = self._take_projects(paths)
        if not paths:
            return
        if not any(map(is_folder, paths)):
            self._add(photographs_in(paths))
            return
        self._desk.window.status.show_hint(self.tr("Looking for photographs…"))

        def settle(outcome: object) -> None:
            self._desk.window.status.show_hint("")
            if isinstance(outcome, Done):
                self._add(outcome.value)
            elif isinstance(outcome, Failed):
                self._desk.show_failure(self.tr("Open folder"), outcome)

        # A folder may hold half a million files, on another computer.
        self._desk.workspace.runner.submit(lambda ctx: photographs_in(paths, ctx), "io", "folder", settle)

    def _add(self, found: list[Path]) -> None:
        strip, toast = self._desk.window.film_strip, self._desk.window.toast
        if not found:
            toast.say(self.tr("There is no photograph in this folder."))
            return
        if len(found) == workspace.MOST_FILES:
            text = self.tr("Only the first {0} photographs are shown; a batch takes them all.")
            toast.say(text.format(f"{len(found):,}"))
        strip.add(found)
        strip.set_current(found[0])
        self._desk.window.show_film(strip.model().rowCount() > 1)
        self._desk.enable()

    def on_open_failed(self, title: str, failed: Failed) -> None:
        """Take a file that cannot be read out of the strip and tell of it; where nothing is shown yet, all
        that cannot be read before the first that can are told of together."""
        strip = self._desk.window.film_strip
        bad = strip.current
        shown = self._desk.session
        self._unread.append((title, failed))
        goes_on = False
        if bad is not None and (shown is None or shown.path != bad):
            strip.blockSignals(True)
            strip.remove(bad)
            if shown is not None and shown.path is not None:
                strip.set_current(shown.path)
            strip.blockSignals(False)
            goes_on = shown is None and strip.current is not None
        self._desk.window.show_film(strip.model().rowCount() > 1)
        self._desk.window.status.show_hint("")
        if goes_on:
            QTimer.singleShot(0, self, lambda: self._desk.workspace.show(strip.current))
        else:
            self.tell_unread()

    def tell_unread(self) -> None:
        """Tell what could not be read since this was asked last: one file as it is, several by their
        number, with the reason of each behind the details."""
        unread, self._unread = self._unread, []
        if not unread:
            return
        if len(unread) == 1:
            self._desk.show_failure(*unread[0])
            return
        reasons = "\n".join(f"{title}: {self._reason(failed)}" for title, failed in unread)
        sentence = self.tr("{0} files could not be opened.").format(f"{len(unread):,}")
        hint = self.tr("They were taken out of the film strip, not off the drive. The details tell why.")
        self._desk.show_failure(self.tr("Opening files"), Failed(InputError(sentence, hint), reasons))

    @staticmethod
    def _reason(failed: Failed) -> str:
        error = failed.error
        if isinstance(error, RestorerError):
            return told(error.sentence)
        return f"{type(error).__name__}: {error}"

    def paste(self) -> None:
        """Open what the clipboard holds: files, or a picture, which gets a file of its own."""
        data = QGuiApplication.clipboard().mimeData()
        paths = local_paths(data)
        if paths:
            self.open_paths(paths)
            return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._desk.window.toast.say(self.tr("The clipboard holds no picture."))
            return
        try:
            self.open_paths([self._desk.workspace.keep_pasted(image)])
        except RestorerError as error:
            title = plain_text(self._desk.actions["paste"].text())
            self._desk.show_failure(title, Failed(error, str(error)))

    def show_recent(self) -> None:
        """Fill the menu and the welcome with files that were open before."""
        paths = [path for path in map(Path, self._desk.store.value.recent) if is_file(path)]
        self._desk.window.welcome.show_recent(paths)
        menu = self._desk.window.recent_menu
        menu.clear()
        for path in paths:
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.open_paths([path]))
        menu.setEnabled(bool(paths))

    # --- out

    @of_shown
    def export(self, session: DocumentSession) -> None:
        """Ask how, and write a new file in the worker."""
        from ui.panels import export_dialog  # with it come all the codecs, which the start need not wait for

        dialog = export_dialog.ExportDialog(session, self._desk.store.value, self._desk.window)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        if accepted:
            self._desk.store.change(**dialog.remembered)
            order = dialog.order()
            surfaces = {name: one.snapshot() for name, one in session.document.surfaces.items()}

            def settle(written: tuple[Path, list[str]]) -> None:
                session.mark_exported(written[0], surfaces, order.filled)
                if written[1]:
                    self.on_exported(*written)

            session.run_file_job(
                self.tr("Export"), lambda ctx: export_dialog.write(order, ctx), settle, "write"
            )
        dialog.deleteLater()

    def on_exported(self, path: object, lost: Sequence[str] = ()) -> None:
        """Say where it is, and what could not be kept."""
        self._desk.window.toast.say("\n".join([self.tr("Written: {0}").format(path), *map(told, lost)]))

    def close_photo(self) -> None:
        """Take the photograph out of the window, with a question if work would be lost."""
        session = self._desk.session
        if session is None or session.path is None:
            return
        if not self._desk.may_discard([session]):
            return
        strip = self._desk.window.film_strip
        path = session.path
        self._desk.workspace.close(path)
        strip.remove(path)
        if strip.current is not None and self._desk.session is None:
            self._desk.workspace.show(strip.current)
        self._desk.window.show_film(strip.model().rowCount() > 1)
