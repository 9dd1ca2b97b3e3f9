"""Questions about projects: unsaved work after a crash, a photograph that was moved, a name that is taken."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt, QTimeZone
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.core_texts import told
from ui.documents.project_work import LeftWork
from ui.theme import ThemeManager
from ui.widgets import Line, breakable, heading, muted


class RecoveryDialog(QDialog):
    """Offers the work that a crash left behind.

    Args:
        work: what was found, the newest first.
        theme: for the icon.
        parent: window.

    Attributes:
        choice: "recover", "later" or "discard".
    """

    def __init__(self, work: list[LeftWork], theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recovery")
        self.setWindowTitle(self.tr("Unsaved work was found"))
        self.setMinimumWidth(480)
        self.choice = "later"
        icon = QLabel()
        icon.setPixmap(theme.pixmap("history", 40))
        first = heading(self.tr("Restorer did not end as it should. This work was found:"))
        first.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(first, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self._list(work), 1)
        layout.addWidget(muted(self.tr("Later: it is offered again at the next start.")))
        layout.addWidget(self._buttons(any(item.found is not None for item in work)))

    def _list(self, work: list[LeftWork]) -> QScrollArea:
        inner = QWidget()
        lines = QVBoxLayout(inner)
        lines.setContentsMargins(0, 0, 8, 0)
        lines.setSpacing(10)
        for item in sorted(work, key=lambda item: item.found is None):
            name, text, folder = self._describe(item)
            parts = QVBoxLayout()
            parts.setSpacing(2)
            parts.addWidget(_line(name))
            parts.addWidget(muted(text))
            if folder:
                place = _line(folder)
                place.setObjectName("muted")
                parts.addWidget(place)
            lines.addLayout(parts)
        lines.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName(self.tr("Unsaved work"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(min(260, inner.sizeHint().height() + 2))
        return area

    def _describe(self, item: LeftWork) -> tuple[str, str, str]:
        """Name, state and folder."""
        when = QLocale().toString(
            QDateTime.fromSecsSinceEpoch(
                int(item.left.changed.timestamp()), QTimeZone(QTimeZone.Initialization.LocalTime)
            ),
            QLocale.FormatType.ShortFormat,
        )
        if item.found is None:
            return self.tr("Unknown photograph"), f"{when} · {told(item.trouble)}", ""
        record, project = item.found.state.source, item.found.project
        name = project.name if project is not None else record.name or self.tr("Pasted picture")
        count = len(item.found.state.history)
        steps = self.tr("1 step") if count == 1 else self.tr("{0} steps").format(count)
        folder = str(Path(record.path).parent) if record.path is not None else ""
        return name, f"{when} · {steps}", folder

    def _buttons(self, any_good: bool) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.recover_button = buttons.addButton(self.tr("&Recover"), role.AcceptRole)
        self.recover_button.setProperty("primary", True)
        self.recover_button.setEnabled(any_good)
        self.later_button = buttons.addButton(self.tr("&Later"), role.RejectRole)
        self.discard_button = buttons.addButton(self.tr("&Throw away"), role.DestructiveRole)
        self.recover_button.clicked.connect(lambda: self._choose("recover"))
        self.later_button.clicked.connect(lambda: self._choose("later"))
        self.discard_button.clicked.connect(lambda: self._choose("discard"))
        (self.recover_button if any_good else self.later_button).setDefault(True)
        return buttons

    def _choose(self, choice: str) -> None:
        self.choice = choice
        self.done(QDialog.DialogCode.Accepted if choice != "later" else QDialog.DialogCode.Rejected)


def _line(text: str) -> Line:
    """A name or a folder, however long, whole in its tool tip."""
    line = Line(mode=Qt.TextElideMode.ElideMiddle)
    line.setText(text)
    line.setToolTip(text)
    return line


def ask_for_source(sentence: str, folder: str, patterns: str, parent: QWidget) -> Path | None:
    """Let a photograph that was moved be found; None if that is given up."""
    translate = QCoreApplication.translate
    box = QMessageBox(parent)
    box.setObjectName("relink")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(translate("Dialogs", "Photograph not found"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(breakable(sentence))
    box.setInformativeText(translate("Dialogs", "Choose where it is now; the work on it is in the project."))
    choose = box.addButton(translate("Dialogs", "Choose…"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(choose)
    box.exec()
    if box.clickedButton() is not choose:
        return None
    name, _ = QFileDialog.getOpenFileName(
        parent, translate("Dialogs", "Where is the photograph?"), folder, patterns
    )
    return Path(name) if name else None


def ask_to_replace(name: str, parent: QWidget) -> bool:
    """Ask before a project is replaced."""
    translate = QCoreApplication.translate
    box = QMessageBox(parent)
    box.setObjectName("replace")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(translate("Dialogs", "Replace project"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(breakable(translate("Dialogs", "There is a project named {0} already.").format(name)))
    replace = box.addButton(translate("Dialogs", "Replace it"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))  # Enter replaces nothing
    box.exec()
    return box.clickedButton() is replace
