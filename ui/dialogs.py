"""Dialogs: what went wrong, what would be lost, settings, keys, about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from restorer import __version__
from restorer.errors import RestorerError
from ui.actions.action_set import key_rows
from ui.core_texts import told
from ui.i18n import LANGUAGES
from ui.settings import Settings
from ui.theme import ThemeManager
from ui.widgets import breakable, choice_of, heading, muted, plain_text, resize_within_screen, rule

DEVICES = ("auto", "cpu", "cuda", "mps")
LISTED = 3  # names in a question, the others are counted


def device_title(device: str) -> str:
    """The name of a device choice for a person."""
    translate = QCoreApplication.translate
    return {
        "auto": translate("Devices", "Automatic"),
        "cpu": translate("Devices", "Processor (CPU)"),
        "cuda": translate("Devices", "NVIDIA or AMD graphics (CUDA, ROCm)"),
        "mps": translate("Devices", "Apple graphics (MPS)"),
    }[device]


def device_used_title(title: str) -> str:
    """The same of what `restorer.device` chose; graphics cards are called by their own names."""
    found = re.fullmatch(r"CPU, (\d+) threads?", title)
    if found is None:
        return title
    translate = QCoreApplication.translate
    if found[1] == "1":
        return translate("Devices", "Processor (CPU), 1 thread")
    return translate("Devices", "Processor (CPU), {0} threads").format(found[1])


class ErrorDialog(QDialog):
    """One sentence, what can be done, and the details behind a button.

    Args:
        title: what was being done.
        error: what happened.
        details: the traceback.
        log_path: the log file.
        theme: for the icon.
        parent: window.
    """

    def __init__(
        self,
        title: str,
        error: BaseException,
        details: str,
        log_path: Path | None,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("{0} did not work").format(title))
        self.setMinimumWidth(460)
        sentence, hint, expected = self._explain(error)
        icon = QLabel()
        icon.setPixmap(
            theme.pixmap("warning" if expected else "error", 40, "warning" if expected else "danger")
        )
        texts = QVBoxLayout()
        first = heading(breakable(sentence))
        first.setWordWrap(True)
        first.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        texts.addWidget(first)
        texts.addWidget(muted(hint))
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        self._details = QPlainTextEdit(details)
        self._details.setReadOnly(True)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setMinimumHeight(180)
        self._details.setAccessibleName(self.tr("Details"))
        self._details.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self._details, 1)
        if log_path is not None:
            place = muted(self.tr("Log file: {0}").format(log_path))
            place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(place)
        layout.addLayout(self._make_buttons(details, log_path))
        self.close_button.setFocus()  # not before it is in the dialog

    def _make_buttons(self, details: str, log_path: Path | None) -> QHBoxLayout:
        self.details_button = QPushButton(self.tr("&Details"))
        self.details_button.setCheckable(True)
        self.details_button.toggled.connect(self._show_details)
        copy = QPushButton(self.tr("&Copy"))
        copy.setToolTip(self.tr("Copy the details for a report"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setDefault(True)
        self.close_button.setProperty("primary", True)
        self.close_button.clicked.connect(self.accept)
        line = QHBoxLayout()
        line.addWidget(self.details_button)
        line.addWidget(copy)
        if log_path is not None:
            folder = QPushButton(self.tr("Open &log folder"))
            folder.clicked.connect(lambda: open_folder(log_path.parent))
            line.addWidget(folder)
        line.addStretch(1)
        line.addWidget(self.close_button)
        return line

    def _explain(self, error: BaseException) -> tuple[str, str, bool]:
        if isinstance(error, RestorerError):
            return told(error.sentence), told(error.hint), True
        if isinstance(error, MemoryError):
            sentence = self.tr("There is not enough memory for this photograph.")
            return sentence, self.tr("Close other programs and try again. Nothing was changed."), True
        sentence = self.tr("Something went wrong that should not.")
        return sentence, self.tr("Nothing was changed or lost. Please report it with the details."), False

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)
        self.adjustSize()


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


@dataclass(frozen=True)
class Losses:
    """What closing would throw away or stop.

    Attributes:
        unsaved: photographs with work that is in no file, or not in its project.
        repaired: photographs whose repair runs.
        resumable: what runs and can be gone on with.
        by_other: not closing does so, but other work on the photograph that is to be opened.
    """

    unsaved: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    resumable: tuple[str, ...] = ()
    by_other: bool = False

    def __bool__(self) -> bool:
        return bool(self.unsaved or self.repaired or self.resumable)

    def sentences(self) -> list[tuple[str, str]]:
        """What there is, and what becomes of it."""
        translate = QCoreApplication.translate
        lost = translate("Dialogs", "If you close it now, that work is lost. The scans are untouched.")
        stopped = translate("Dialogs", "If you close it now, the repair stops and has to begin anew.")
        if self.by_other:
            lost = translate("Dialogs", "The work that you open takes its place. The scan is untouched.")
            stopped = translate("Dialogs", "The work that you open takes its place, and the repair stops.")
        told = (
            (self.unsaved, translate("Dialogs", "The latest work on {0} was not saved."), lost),
            (self.repaired, translate("Dialogs", "{0} is still being repaired."), stopped),
            (
                self.resumable,
                translate("Dialogs", "Not finished yet: {0}."),
                translate("Dialogs", "If you close Restorer now, it stops; it can go on from there later."),
            ),
        )
        return [(first.format(_listed(names)), then) for names, first, then in told if names]


def _listed(names: Sequence[str]) -> str:
    translate = QCoreApplication.translate
    text = translate("Dialogs", ", ").join(names[:LISTED])
    more = len(names) - LISTED
    return text if more <= 0 else translate("Dialogs", "{0} and {1} more").format(text, more)


def ask_to_discard(losses: Losses, parent: QWidget) -> bool:
    """Ask before work is thrown away or stopped; True if it may be."""
    box = QMessageBox(parent)
    box.setObjectName("discard")
    box.setIcon(QMessageBox.Icon.Warning)
    translate = QCoreApplication.translate
    saved = not losses.unsaved
    box.setWindowTitle(
        translate("Dialogs", "Not finished yet") if saved else translate("Dialogs", "Not saved yet")
    )
    what, then = zip(*losses.sentences(), strict=True)
    box.setTextFormat(Qt.TextFormat.PlainText)  # a name may look like mark-up
    box.setText(breakable("\n".join(what)))
    box.setInformativeText("\n".join(then))
    agree = translate("Dialogs", "Stop and close") if saved else translate("Dialogs", "Close without saving")
    if losses.by_other:
        agree = translate("Dialogs", "Open the other work")
    discard = box.addButton(agree, QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(translate("Dialogs", "Keep working"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    return box.clickedButton() is discard


class SettingsDialog(QDialog):
    """Theme, language, device; applied with OK."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumWidth(420)
        self._theme = choice_of(
            {
                "system": self.tr("As the system"),
                "light": self.tr("Light"),
                "dark": self.tr("Dark"),
            },
            settings.theme,
        )
        self._language = choice_of({"system": self.tr("As the system"), **LANGUAGES}, settings.language)
        self._device = choice_of({name: device_title(name) for name in DEVICES}, settings.device)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        for text, combo in (
            (self.tr("&Theme"), self._theme),
            (self.tr("&Language"), self._language),
            (self.tr("&Device"), self._device),
        ):
            combo.setAccessibleName(plain_text(text))
            form.addRow(text, combo)
        note = muted(self.tr("A new language is shown when Restorer starts again."))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(buttons)

    @property
    def values(self) -> dict[str, str]:
        """What was chosen, by name of the setting."""
        return {
            "theme": self._theme.currentData(),
            "language": self._language.currentData(),
            "device": self._device.currentData(),
        }


class KeySheet(QDialog):
    """All keys, made from the table of actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        columns = QHBoxLayout()
        columns.setSpacing(36)
        groups = key_rows()
        total = sum(len(rows) + 2 for _, rows in groups)
        grid, filled = self._column(columns), 0
        for title, rows in groups:
            if filled and filled + len(rows) / 2 > total / 3:
                grid, filled = self._column(columns), 0
            self._fill(grid, title, rows)
            filled += len(rows) + 2
        inner = QWidget()
        inner.setLayout(columns)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.addWidget(area)
        layout.addWidget(close)
        hint = inner.sizeHint()
        resize_within_screen(self, hint.width() + 70, hint.height() + 110)

    def _column(self, columns: QHBoxLayout) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        column = QVBoxLayout()
        column.addLayout(grid)
        column.addStretch(1)
        columns.addLayout(column)
        return grid

    def _fill(self, grid: QGridLayout, title: str, rows: list[tuple[str, str]]) -> None:
        row = grid.rowCount()
        if row > 1:
            grid.setRowMinimumHeight(row, 10)
        grid.addWidget(heading(title), row + 1, 0, 1, 2)
        grid.addWidget(rule(), row + 2, 0, 1, 2)
        for offset, (what, keys) in enumerate(rows, row + 3):
            label = QLabel(keys)
            label.setObjectName("muted")
            grid.addWidget(QLabel(what), offset, 0)
            grid.addWidget(label, offset, 1, Qt.AlignmentFlag.AlignRight)


def show_about(theme: ThemeManager, parent: QWidget) -> None:
    """Version and licences."""
    translate = QCoreApplication.translate
    box = QMessageBox(parent)
    box.setObjectName("about")
    box.setWindowTitle(translate("Dialogs", "About Restorer"))
    box.setIconPixmap(theme.pixmap("restorer", 64))
    box.setText(f"<b>Restorer {__version__}</b>")
    box.setInformativeText(
        translate(
            "Dialogs",
            "Repairs old photographs on your own computer and changes nothing outside the agreed mask.\n\n"
            "Apache-2.0, the weights included. Uses Qt (LGPL-3.0), PyTorch, OpenCV and others.",
        )
    )
    box.exec()
