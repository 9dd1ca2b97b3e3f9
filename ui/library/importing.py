"""What is asked before weights of others are taken into the library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import RestorerError
from restorer.library import store as library
from ui.core_texts import error_told
from ui.library.table import architecture_of, licence_title, task_title
from ui.widgets import breakable, heading, muted, plain_text, set_tone

if TYPE_CHECKING:
    from restorer.library.importing import ImportOptions
    from restorer.library.weights import ModelEntry

SHA256_DIGITS = 64
LICENCES = (
    "Apache-2.0",
    "MIT",
    "BSD-3-Clause",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "GPL-3.0-only",
)


class ImportDialog(QDialog):
    """Name, licence, origin and checksum of a file of weights.

    Args:
        path: the file; None = it is downloaded from an address, whose checksum must be given.
        parent: window.
    """

    def __init__(self, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(540)
        self._from_web = path is None
        self._package = path is not None and path.suffix == library.PACKAGE_SUFFIX  # brings its own licence
        self.address = QLineEdit()
        self.name = QLineEdit(library.free_id(path.stem) if path is not None else "")
        self.licence = QComboBox()
        self.licence.setEditable(True)
        self.licence.addItems((licence_title(library.UNKNOWN), *LICENCES))
        self.licence_note = muted()
        self.origin, self.sha256 = QLineEdit(), QLineEdit()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(
            self.tr("Download and import") if self._from_web else self.tr("Try it out and import"),
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        self.take.setProperty("primary", True)
        self.problem = muted()
        set_tone(self.problem, "danger")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.setWindowTitle(self.tr("Download model") if self._from_web else self.tr("Import model"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        head = heading(breakable(path.name) if path is not None else self.windowTitle())
        head.setWordWrap(True)
        column.addWidget(head)
        column.addWidget(muted(self._explanation()))
        column.addLayout(self._make_form())
        column.addWidget(self.problem)
        column.addWidget(buttons)
        for field in (self.address, self.name, self.sha256):
            field.textChanged.connect(lambda _: self._check())
        self.licence.currentTextChanged.connect(lambda _: self._show_licence())
        self._show_licence()
        self._check()

    def _explanation(self) -> str:
        trial = self.tr(
            "The file is read without running any code in it. The model then fills a small picture; "
            "only if that works is it taken into the library."
        )
        if not self._from_web:
            return trial
        return (
            self.tr(
                "Nothing is downloaded unless you ask for it here. If the connection breaks off, the "
                "download goes on where it stopped."
            )
            + " "
            + trial
        )

    def _make_form(self) -> QFormLayout:
        self.address.setPlaceholderText("https://…")
        self.name.setPlaceholderText(self.tr("like the file"))
        self.origin.setPlaceholderText(self.tr("author or address, optional"))
        self.sha256.setPlaceholderText(
            self.tr("64 digits, as the author states them")
            if self._from_web
            else self.tr("64 digits, if the author states them")
        )
        form = QFormLayout()
        for text, field, tip in (
            (
                self.tr("&Address"),
                self.address,
                self.tr("Of the file of the model itself, not of a page about it; https"),
            ),
            (self.tr("&Name"), self.name, self.tr("How the library calls it")),
            (
                self.tr("&Licence"),
                self.licence,
                self.tr("What the author allows; look at where the file comes from"),
            ),
            (self.tr("&Origin"), self.origin, self.tr("Kept in the model card")),
            (self.tr("&SHA-256"), self.sha256, self.tr("Compared before anything is read")),
        ):
            field.setToolTip(tip)
            field.setAccessibleName(plain_text(text))
            field.setAccessibleDescription(tip)
            form.addRow(text, field)
            if field is self.licence:
                form.addRow("", self.licence_note)
        form.setRowVisible(self.address, self._from_web)
        for field in (self.licence, self.licence_note):
            form.setRowVisible(field, not self._package)
        form.setRowVisible(self.origin, not self._package and not self._from_web)
        return form

    @property
    def _chosen_licence(self) -> str:
        text = self.licence.currentText().strip()
        return text if text and text != licence_title(library.UNKNOWN) else library.UNKNOWN

    def _show_licence(self) -> None:
        """What the licence means for who uses the model."""
        note = ""
        if self._chosen_licence == library.UNKNOWN:
            note = self.tr(
                "Without a licence you do not know what the author allows: the model works all the same, but "
                "ask before you use it for more than a trial, or pass it on."
            )
        elif re.search(r"\bNC\b", self._chosen_licence):
            note = self.tr("This licence does not allow commercial use.")
        self.licence_note.setText(note)
        self.licence_note.setVisible(bool(note) and not self._package)

    def _check(self) -> None:
        """Tell what is wrong while it can still be mended; a download needs both address and checksum."""
        self.problem.setText(self._wrong())
        self.problem.setVisible(bool(self.problem.text()))
        told = bool(self.address.text().strip() and self.sha256.text().strip())
        self.take.setEnabled(self.problem.isHidden() and (told or not self._from_web))

    def _wrong(self) -> str:
        name, digits = self.name.text().strip(), self.sha256.text().strip()
        if name:
            try:
                library.check_new_id(name)
            except RestorerError as error:
                return error_told(error)
        if digits and not re.fullmatch(f"[0-9a-fA-F]{{{SHA256_DIGITS}}}", digits):
            return self.tr("A SHA-256 checksum has {0} digits, 0 to 9 and a to f.").format(SHA256_DIGITS)
        return ""

    def options(self) -> ImportOptions:
        """What was filled in."""
        from restorer.library.importing import ImportOptions

        return ImportOptions(
            id=self.name.text().strip() or None,
            licence=self._chosen_licence,
            sha256=self.sha256.text().strip() or None,
            origin=(self.address if self._from_web else self.origin).text().strip(),
        )


def imported_text(entry: ModelEntry) -> str:
    """What came of an import, for a person."""
    text = QCoreApplication.translate(
        "Models", "“{0}” passed its trial run and is in the library now: {1}, {2}, licence {3}."
    )
    told = text.format(entry.id, architecture_of(entry), task_title(entry.task), licence_title(entry.licence))
    others = library.twins(entry)
    if not others:
        return told
    again = QCoreApplication.translate("Models", "The same weights are there already: {0}.")
    return f"{told} {again.format(', '.join(others))}"
