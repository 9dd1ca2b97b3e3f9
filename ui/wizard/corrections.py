"""The consent to keep masks that were corrected in the editor, and their use."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMessageBox, QVBoxLayout, QWidget

from training.data import corrections
from ui.parts import button
from ui.widgets import muted
from ui.wizard.page import Context


class Corrections(QWidget):
    """Asks for consent, tells how many masks are kept, and offers to train on them or to delete them.

    Signals:
        wanted (Path, Path): train on these photographs with these masks.
        forgotten: all were deleted.
    """

    wanted = Signal(object, object)
    forgotten = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._store = context.store
        self.consent = QCheckBox(self.tr("&Keep masks that I correct in the editor"))
        self.consent.setAccessibleName(self.tr("Keep masks that I correct in the editor"))
        self.consent.setToolTip(
            self.tr("When you export, photograph and mask are copied into the library on this computer")
        )
        self.count = muted()
        self.use = button(self.tr("Train on &them"), self.tr("These photographs instead of your folders"))
        self.forget = button(self.tr("Delete them"), self.tr("Deletes the copies, not your photographs"))
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.count, 1)
        line.addWidget(self.use)
        line.addWidget(self.forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.consent)
        column.addLayout(line)
        self.consent.toggled.connect(self._on_consent)
        self.use.clicked.connect(
            lambda: self.wanted.emit(corrections.photos_folder(), corrections.masks_folder())
        )
        self.forget.clicked.connect(self._ask)

    def refresh(self, shown: bool) -> None:
        """Count again."""
        self.setVisible(shown and self._store is not None)
        if self._store is None:
            return
        kept = corrections.count()
        self.consent.setChecked(self._store.value.keep_corrections)
        self.count.setText(self.tr("{0} kept").format(kept))
        self.use.setEnabled(kept > 0)
        self.forget.setEnabled(kept > 0)

    def _on_consent(self, given: bool) -> None:
        if self._store is not None:
            self._store.change(keep_corrections=given)

    def _ask(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Delete all kept masks?"))
        box.setInformativeText(self.tr("Your photographs are not touched."))
        yes = box.addButton(self.tr("Delete them"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda chosen: self._forget() if chosen is yes else None)
        box.open()

    def _forget(self) -> None:
        corrections.forget()
        self.refresh(True)
        self.forgotten.emit()
