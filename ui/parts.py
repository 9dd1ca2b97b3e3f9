"""Parts of dialogs that the training wizard and the model library share."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from restorer.arrays import Bytes
from restorer.errors import RestorerError
from ui.core_texts import error_told
from ui.jobs import Failed
from ui.theme import ThemeManager
from ui.widgets import plain_text, set_tone


def error_text(outcome: Failed, fallback: str) -> str:
    """What went wrong, for a person."""
    error = outcome.error
    return error_told(error) if isinstance(error, RestorerError) else f"{fallback} ({type(error).__name__})"


class Notice(QFrame):
    """One line with an icon; hidden while it has nothing to say.

    Args:
        theme: for the icon.
    """

    ICONS: ClassVar = {"good": "check", "warning": "warning", "danger": "error", "": "info"}

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self.setObjectName("verdict")
        self._theme, self._tone = theme, ""
        self._icon, self._text = QLabel(), QLabel()
        self._icon.setFixedSize(20, 20)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # names of files and models may look like mark-up
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(10, 8, 10, 8)
        self.row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addWidget(self._text, 1)
        theme.changed.connect(self._paint_icon)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return self._text.text() if not self.isHidden() else ""

    def say(self, text: str, tone: str = "") -> None:
        """Show a text as "good", "warning", "danger" or plain; nothing hides it."""
        self._tone = tone
        self._text.setText(text)
        self.setAccessibleName(text)
        set_tone(self._text, tone if tone != "good" else "")
        self._paint_icon()
        self.setVisible(bool(text))

    def _paint_icon(self) -> None:
        colour = self._tone or "muted"
        self._icon.setPixmap(self._theme.pixmap(self.ICONS[self._tone], 20, colour))


def image_of(rgb: Bytes) -> QImage:
    """(h, w, 3) RGB uint8 as a picture of its own."""
    height, width = rgb.shape[:2]
    return QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def button(text: str, tip: str, icon: str = "", theme: ThemeManager | None = None) -> QPushButton:
    """A push button with its tool tip; the icon follows the theme."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAccessibleName(plain_text(text))
    made.setAccessibleDescription(tip)
    made.setAutoDefault(False)
    if icon and theme is not None:
        made.setIcon(theme.icon(icon))
        theme.changed.connect(lambda: made.setIcon(theme.icon(icon)))
    return made


def megabytes(count: int) -> str:
    """Bytes for a person."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{max(1, round(count / 2**20))} MiB"


def card() -> tuple[QFrame, QVBoxLayout]:
    """A framed group and its column."""
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(14, 12, 14, 12)
    column.setSpacing(8)
    return frame, column


def card_text(markdown: str) -> str:
    """A model card with headings of a size that fits a panel."""
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in markdown.splitlines())
