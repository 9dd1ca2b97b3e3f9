"""What is asked before weights of others are taken into the library."""

from __future__ import annotations

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

from restorer import library
from ui.widgets import heading, muted, plain_text

if TYPE_CHECKING:
    from restorer.importing import ImportOptions
    from restorer.weights import ModelEntry

LICENCES = (
    "unknown",
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
        path: the file.
        parent: window.
    """

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import model"))
        self.setMinimumWidth(520)
        package = path.suffix == library.PACKAGE_SUFFIX
        self.name = QLineEdit(library.free_id(path.stem))
        self.licence = QComboBox()
        self.licence.setEditable(True)
        self.licence.addItems(LICENCES)
        self.origin, self.sha256 = QLineEdit(), QLineEdit()
        self.origin.setPlaceholderText(self.tr("author or address, optional"))
        self.sha256.setPlaceholderText(self.tr("64 digits, where the author tells it"))
        form = QFormLayout()
        for text, field, tip in (
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
        for field in (self.licence, self.origin):
            form.setRowVisible(field, not package)  # an exported model brings its own
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(
            self.tr("Try it out and import"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.take.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addWidget(heading(path.name))
        column.addWidget(
            muted(
                self.tr(
                    "The file is read without running any code in it. The model then fills a small picture; "
                    "only if that works is it taken into the library."
                )
            )
        )
        column.addLayout(form)
        column.addWidget(buttons)

    def options(self) -> ImportOptions:
        """What was filled in."""
        from restorer.importing import ImportOptions

        return ImportOptions(
            id=self.name.text().strip() or None,
            licence=self.licence.currentText().strip() or "unknown",
            sha256=self.sha256.text().strip() or None,
            origin=self.origin.text().strip(),
        )


def imported_text(entry: ModelEntry) -> str:
    """What came of an import, for a person."""
    from ui.model_table import task_title

    architecture = entry.hyper_parameters.get("architecture", entry.architecture)
    text = QCoreApplication.translate(
        "Models", "“{0}” passed its trial run and is in the library now: {1}, {2}, licence {3}."
    )
    return text.format(entry.id, architecture, task_title(entry.task), entry.licence)
