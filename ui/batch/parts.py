"""Parts of the first page of the batch window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from restorer.batch.files import is_folder, is_there
from ui.batch.work import Unfinished
from ui.widgets import heading, muted

PATH_ROLE = Qt.ItemDataRole.UserRole


class SourceList(QListWidget):
    """The files and folders that were dropped or chosen.

    Signals:
        removal_wanted: Delete was pressed.
    """

    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Files and folders of the batch"))
        self._hint = QLabel(
            self.tr("Drop photographs or folders here.\nFolders keep their sub-folders in the results."), self
        )
        self._hint.setObjectName("muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the hint in the middle."""
        if event.type() == QEvent.Type.Resize:
            self._hint.setGeometry(self.viewport().rect())
        return super().eventFilter(watched, event)

    def show_hint(self) -> None:
        """Show the hint while the list is empty."""
        self._hint.setVisible(self.count() == 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


class Offer(QFrame):
    """A batch that was left, and what can be done with it.

    Signals:
        resume_wanted: go on with it.
        forget_wanted: do not offer it any more.
    """

    resume_wanted = Signal()
    forget_wanted = Signal()

    def __init__(self, entry: Unfinished, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setObjectName("card")
        if not entry.total:
            text = self.tr("There is a batch in this folder.")
        elif entry.triage:
            text = self.tr("Unfinished: {0} of {1} photographs are still to be looked at.")
        else:
            text = self.tr("Unfinished: {0} of {1} photographs are left.")
        text = text.format(f"{entry.left:,}", f"{entry.total:,}")
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(heading(text))
        texts.addWidget(muted(str(entry.out)))
        self.go_on = QPushButton(self.tr("&Go on"))
        self.go_on.setProperty("primary", True)
        self.go_on.setToolTip(self.tr("Go on where it was left"))
        self.go_on.clicked.connect(self.resume_wanted)
        self.forget = QPushButton(self.tr("Do not offer again"))
        self.forget.setToolTip(self.tr("Nothing is deleted; dropping the folder here finds the batch again"))
        self.forget.clicked.connect(self.forget_wanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 8, 10, 8)
        line.addLayout(texts, 1)
        line.addWidget(self.forget)
        line.addWidget(self.go_on)


def proposed_out(first: Path) -> Path:
    """A folder for results beside what was named, of a name that is still free."""
    base = first if is_folder(first) else first.parent
    number = 1
    while True:
        tail = "-restored" if number == 1 else f"-restored-{number}"
        folder = base.with_name(f"{base.name or 'photographs'}{tail}") if base.name else base / "restored"
        if not is_there(folder) or number > 99:
            return folder
        number += 1
