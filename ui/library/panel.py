"""The model library as a window: shipped, fine-tuned and imported models, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QMessageBox,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import RestorerError
from restorer.jobs import JobContext
from restorer.library import package, store as library
from restorer.library.weights import ModelEntry
from ui.core_texts import error_told, told
from ui.jobs import Done, Failed, JobRunner, JobThread, Outcome, Update, Work
from ui.library.facts import ModelFacts
from ui.library.importing import ImportDialog, imported_text
from ui.library.table import ModelTable, ModelView
from ui.parts import Notice, button, error_text
from ui.theme import ThemeManager, app_icon
from ui.widgets import muted, resize_within_screen

if TYPE_CHECKING:
    from restorer.library.store import Library


class ModelsPanel(QWidget):
    """The library.

    Args:
        runner: runs what takes time.
        theme: colours and icons.
        parent: the window that owns it.
        why_kept: says of a model why it can neither be deleted nor renamed now; "" if it can.

    Signals:
        library_changed: there is another model, another name or another default.
        compare_wanted (list[str]): compare these repair models on the open photograph.
        train_wanted: open the training wizard.
    """

    library_changed = Signal()
    compare_wanted = Signal(list)
    train_wanted = Signal()

    def __init__(
        self,
        runner: JobRunner,
        theme: ThemeManager,
        parent: QWidget | None = None,
        why_kept: Callable[[str], str] = lambda _: "",
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._why_kept = why_kept
        self._runner, self._theme, self._over, self._jobs = runner, theme, False, 0
        self.setWindowTitle(self.tr("Model library"))
        self.setWindowIcon(app_icon())
        resize_within_screen(self, 1280, 700)
        self.notice = Notice(theme)
        self._job: JobThread | None = None
        self.cancel_button = button(self.tr("&Stop"), self.tr("What was fetched is kept for another time"))
        self.cancel_button.clicked.connect(self._stop)
        self.remove_button = button(
            self.tr("De&lete the damaged model…"), self.tr("The model cannot be used; all others stay")
        )
        self.remove_button.clicked.connect(self.ask_delete_damaged)
        for more in (self.cancel_button, self.remove_button):
            more.hide()
            self.notice.row.addWidget(more)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.addWidget(self._make_table())
        self.facts = ModelFacts()
        parts.addWidget(self.facts)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        parts.setChildrenCollapsible(False)
        parts.setSizes([880, 370])
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addLayout(self._make_bar())
        column.addWidget(self.notice)
        column.addWidget(parts, 1)
        column.addLayout(self._make_actions())
        QShortcut(QKeySequence("Ctrl+W"), self, self.close)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table, self.ask_delete)
        QShortcut(QKeySequence("F2"), self.table, self.ask_rename)
        self.refresh()

    # --- parts

    def _make_bar(self) -> QHBoxLayout:
        self.import_button = button(
            self.tr("&Import…"),
            self.tr("A model of others from a file; it is tried out first"),
            "import",
            self._theme,
        )
        self.download_button = button(
            self.tr("D&ownload…"),
            self.tr("A model of others from an address; its checksum is compared"),
            "download",
            self._theme,
        )
        self.download_button.clicked.connect(self.ask_download)
        self.train_button = button(
            self.tr("&Train on own photographs…"), self.tr("Opens the training wizard"), "repair", self._theme
        )
        self.import_button.clicked.connect(self.ask_import)
        self.train_button.clicked.connect(self.train_wanted)
        line = QHBoxLayout()
        line.addWidget(muted(self.tr("The tick marks the model that is used unless you choose another.")), 1)
        line.addWidget(self.train_button)
        line.addWidget(self.import_button)
        line.addWidget(self.download_button)
        return line

    def _make_table(self) -> QTableView:
        self.rows = ModelTable(self._theme)
        self.table = ModelView(self.rows)
        self.table.setAccessibleName(self.tr("Models"))
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_details())
        return self.table

    def _make_actions(self) -> QHBoxLayout:
        rows: tuple[tuple[str, str, str, Callable[[], Any]], ...] = (
            (
                "default",
                self.tr("&Use by default"),
                self.tr("From now on, unless you choose another"),
                self.make_default,
            ),
            (
                "rollback",
                self.tr("Roll &back"),
                self.tr("Back to the model that was the default before, for the same task"),
                self.roll_back,
            ),
            (
                "compare",
                self.tr("&Compare two…"),
                self.tr(
                    "Select two that fill damage: both repair what is marked and visible in the photograph"
                ),
                self.compare,
            ),
            ("rename", self.tr("Re&name…"), self.tr("Your own models only (F2)"), self.ask_rename),
            ("export", self.tr("E&xport…"), self.tr("Into one file, with its card"), self.ask_export),
            ("delete", self.tr("&Delete…"), self.tr("Your own models only (Del)"), self.ask_delete),
        )
        line = QHBoxLayout()
        self.buttons = {}
        for key, text, tip, slot in rows:
            self.buttons[key] = button(text, tip)
            self.buttons[key].clicked.connect(slot)
            line.addWidget(self.buttons[key])
            if key == "compare":
                line.addStretch(1)
        self.buttons["default"].setProperty("primary", True)
        return line

    # --- showing

    def refresh(self) -> None:
        """Read the library again; what was selected stays so."""
        chosen = {m.id for m in self.selected()}
        try:
            content: Library = library.read_library()
        except RestorerError as error:
            self.notice.say(error_told(error), "danger")
            return
        self.rows.show(content.models)
        self._damaged = content.damaged
        self.remove_button.setVisible(bool(self._damaged))
        if wrong := [s for s in (content.unread, *(s for _, s in content.damaged)) if s]:
            self.notice.say("\n".join(map(told, wrong)), "warning")
        self.select(chosen or {content.models[0].id})

    def select(self, ids: set[str]) -> None:
        """Select the models of these ids."""
        self.table.clearSelection()
        model = self.table.selectionModel()
        flags = model.SelectionFlag.Select | model.SelectionFlag.Rows
        for row, entry in enumerate(self.rows.models):
            if entry.id in ids:
                model.select(self.rows.index(row, 0), flags)
                model.setCurrentIndex(self.rows.index(row, 1), model.SelectionFlag.NoUpdate)
        self._show_details()

    def selected(self) -> list[ModelEntry]:
        """The selected models."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.rows.models[row] for row in rows if row < len(self.rows.models)]

    def _show_details(self) -> None:
        chosen = self.selected()
        self.facts.show_model(chosen[0] if len(chosen) == 1 else None)
        self._enable(chosen)

    def _enable(self, chosen: list[ModelEntry]) -> None:
        one = chosen[0] if len(chosen) == 1 else None
        own = one is not None and one.source != "shipped"
        idle = self._jobs == 0
        states = {
            "default": one is not None and not one.default,
            "rollback": one is not None and library.can_roll_back(one.task),
            "compare": len(chosen) == 2 and all(m.task == "repair" for m in chosen),
            "rename": own, "export": one is not None, "delete": own,
        }  # fmt: skip
        for key, on in states.items():
            self.buttons[key].setEnabled(on and idle)
        for made in (self.import_button, self.download_button, self.remove_button):
            made.setEnabled(idle)

    # --- jobs

    def _run(self, title: str, work: Work, done: Callable[[Any], str], stoppable: bool = False) -> None:
        """Run a job; `done` gives what to say of its result, which is then selected if it is a model."""

        def settled(outcome: Outcome) -> None:
            if self._over:
                return
            self._jobs -= 1
            self.cancel_button.hide()
            self.refresh()  # another program may have changed the library as well
            if isinstance(outcome, Done):
                if isinstance(outcome.value, ModelEntry):
                    self.select({outcome.value.id})
                self.notice.say(done(outcome.value), "good")
                self.library_changed.emit()
            elif isinstance(outcome, Failed):
                self.notice.say(error_text(outcome, self.tr("That failed.")), "danger")
            else:
                self.notice.say(self.tr("Stopped. Nothing in the library was changed."))
            self._enable(self.selected())

        def told(update: Update) -> None:
            if not self._over and self._jobs and update.fraction is not None:
                self.notice.say(f"{title}… {QLocale().toString(round(100 * update.fraction))} %")

        self._jobs += 1
        self._enable(self.selected())
        self.notice.say(f"{title}…")
        self._job = self._runner.submit(work, "io", title, settled, told)
        self.cancel_button.setVisible(stoppable)

    def _one(self) -> ModelEntry | None:
        chosen = self.selected()
        return chosen[0] if len(chosen) == 1 else None

    def make_default(self) -> None:
        """Use the selected model from now on."""
        entry = self._one()
        if entry is not None and not entry.default:
            self._run(
                self.tr("Checking the model"),
                lambda _: library.set_default(entry.id),
                lambda made: self.tr("“{0}” is used from now on.").format(made.id),
            )

    def roll_back(self) -> None:
        """Go back to the default before, for the task of the selected model."""
        entry = self._one()
        if entry is not None:
            self._run(
                self.tr("Rolling back"),
                lambda _: library.rollback(entry.task),
                lambda made: self.tr("“{0}” is used again.").format(made.id),
            )

    def compare(self) -> None:
        """Compare the two selected models on the open photograph."""
        chosen = self.selected()
        if len(chosen) == 2 and all(m.task == "repair" for m in chosen):
            self.compare_wanted.emit([m.id for m in chosen])

    def ask_rename(self) -> None:
        """Ask for another name of the selected model."""
        entry = self._one()
        if self._jobs or entry is None or entry.source == "shipped" or self._is_kept(entry.id):
            return
        dialog = QInputDialog(self)
        dialog.setWindowTitle(self.tr("Rename"))
        dialog.setLabelText(self.tr("New name: small letters, digits, - _ and ."))
        dialog.setTextValue(entry.id)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda text: self.rename(entry, text.strip()))
        dialog.open()

    def rename(self, entry: ModelEntry, new_id: str) -> None:
        """Give a model another name."""
        if not self._jobs and new_id != entry.id and not self._is_kept(entry.id):
            self._run(
                self.tr("Renaming"),
                lambda _: library.rename(entry.id, new_id),
                lambda made: self.tr("“{0}” is called “{1}” now.").format(entry.id, made.id),
            )

    def ask_delete(self) -> None:
        """Ask before the selected model is deleted."""
        entry = self._one()
        if self._jobs or entry is None or entry.source == "shipped":
            return
        if not self._is_kept(entry.id):
            hint = self.tr("Its weights are removed from this computer; export it first to keep them.")
            self._ask_delete(entry.id, hint)

    def ask_delete_damaged(self) -> None:
        """Ask before the first of the models that cannot be read is deleted."""
        if self._damaged:
            model_id, reason = self._damaged[0]
            hint = self.tr("All its files are removed from this computer.")
            self._ask_delete(model_id, f"{told(reason)}\n{hint}")

    def _ask_delete(self, model_id: str, hint: str) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(self.tr("Delete the model “{0}”?").format(model_id))
        box.setInformativeText(hint)
        yes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda chosen: self.delete(model_id) if chosen is yes else None)
        box.open()

    def delete(self, model_id: str) -> None:
        """Delete a model of the user."""
        if not self._jobs and not self._is_kept(model_id):
            self._run(
                self.tr("Deleting"),
                lambda _: library.delete(model_id),
                lambda _: self.tr("“{0}” was deleted.").format(model_id),
            )

    def _is_kept(self, model_id: str) -> bool:
        """Whether a model is at work; that is told then."""
        why = self._why_kept(model_id)
        if why:
            self.notice.say(why, "warning")
        return bool(why)

    def ask_export(self) -> None:
        """Ask for the file to export into."""
        entry = self._one()
        if entry is None:
            return
        suffix, models = library.PACKAGE_SUFFIX, self.tr("Models")
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export model"), f"{entry.id}{suffix}", f"{models} (*{suffix})",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if name:
            self.export(entry, Path(name))

    def export(self, entry: ModelEntry, target: Path) -> None:
        """Write a model into one file; an existing one is never overwritten."""
        self._run(
            self.tr("Exporting"),
            lambda _: package.export(entry.id, target),
            lambda path: self.tr("Exported to {0}").format(path),
        )

    def ask_import(self) -> None:
        """Ask for a file of weights and what is known of it."""
        patterns = f"*.safetensors *.pth *.pt *.ckpt *{library.PACKAGE_SUFFIX}"
        models, everything = self.tr("Models"), self.tr("All files")
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Import model"), "", f"{models} ({patterns});;{everything} (*)"
        )
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> ImportDialog:
        """Ask what is known of a file, then try it out and take it in."""
        return self._ask(path, self.tr("Trying the model out"))

    def ask_download(self) -> ImportDialog:
        """Ask for the address of weights and their checksum, then fetch, try out and take them in."""
        return self._ask(None, self.tr("Downloading"))

    def _ask(self, path: Path | None, title: str) -> ImportDialog:
        """Let the options of an import be chosen, then do it; without a path from the address given there."""
        dialog = ImportDialog(path, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def finished(result: int) -> None:
            if result == QDialog.DialogCode.Accepted:
                options, address = dialog.options(), dialog.address.text().strip()

                def work(ctx: JobContext) -> ModelEntry:
                    return _fetch(address, options, ctx) if path is None else _import(path, options, ctx)

                self._run(title, work, imported_text, stoppable=True)

        dialog.finished.connect(finished)
        dialog.open()
        return dialog

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    # --- the end

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def shut_down(self) -> None:
        """The program ends: stop listening."""
        self._over = True
        self.close()


def _import(path: Path, options: Any, ctx: Any) -> ModelEntry:
    from restorer.library.importing import import_model

    return import_model(path, options, ctx)


def _fetch(address: str, options: Any, ctx: Any) -> ModelEntry:
    from restorer.library.download import fetch_model

    return fetch_model(address, options, ctx)
