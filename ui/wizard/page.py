"""What the pages of the training wizard share: the frame of a page, notices, cards to choose from, the list
of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.jobs import JobThread, Lane, Outcome, Update, Work
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.wizard.work import Draft, Start


@dataclass
class Context:
    """What every page is given.

    Attributes:
        draft: what was chosen so far; pages write into it.
        theme: colours and icons.
        submit: (work, lane, title, on_settled, on_progress) runs a job; nothing comes back after the end.
        start: models, unfinished runs and devices, once they are known.
        store: the settings, for the consent to keep corrected masks; None offers none.
    """

    draft: Draft
    theme: ThemeManager
    submit: Callable[[Work, Lane, str, Callable[[Outcome], None], Callable[[Update], None] | None], JobThread]
    start: Start | None = None
    store: SettingsStore | None = None


class Page(QWidget):
    """One step of the wizard.

    Signals:
        changed: whether the next step is open may be different now.
    """

    changed = Signal()

    def __init__(self, context: Context, title: str, lead: str) -> None:
        super().__init__()
        self.context, self.title = context, title
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 20, 24, 12)
        self.column.setSpacing(10)
        head, text = QLabel(title), QLabel(lead)
        head.setProperty("wizardTitle", True)
        font = QFont(head.font())
        font.setPointSizeF(font.pointSizeF() * 1.55)
        font.setWeight(QFont.Weight.DemiBold)
        head.setFont(font)
        text.setObjectName("muted")
        text.setWordWrap(True)
        self.column.addWidget(head)
        self.column.addWidget(text)
        self.setAccessibleName(title)

    @property
    def draft(self) -> Draft:
        """What was chosen so far."""
        return self.context.draft

    def complete(self) -> bool:
        """Whether the next step may be taken."""
        return True

    def entered(self) -> None:
        """The page is shown now."""


class Choice(QAbstractButton):
    """A card that is chosen like a radio button: title, small print, and a mark.

    Args:
        title: in bold.
        text: what it means.
        theme: colours.
    """

    def __init__(self, title: str, text: str, theme: ThemeManager) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(title)
        self._about, self._theme = text, theme
        self.setToolTip(text)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def set_about(self, text: str) -> None:
        """Change the small print."""
        self._about = text
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.updateGeometry()
        self.update()

    def _text_rect(self, width: int) -> QRectF:
        return QRectF(38, 30, max(60, width - 50), 1000)

    def sizeHint(self) -> QSize:
        return QSize(210, self.heightForWidth(max(self.width(), 210)))

    def minimumSizeHint(self) -> QSize:
        return QSize(150, self.heightForWidth(max(self.width(), 150)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        flags = Qt.TextFlag.TextWordWrap
        needed = self.fontMetrics().boundingRect(
            self._text_rect(width).toAlignedRect(), int(flags), self._about
        )
        return 40 + needed.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        colours, painter = self._theme.colours, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, enabled = self.isChecked(), self.isEnabled()
        edge = colours.accent if on else colours.border
        if self.hasFocus():
            edge = colours.text if on else colours.focus
        fill = colours.selection if on else colours.hover if self.underMouse() and enabled else colours.raised
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1.6 if on else 1.0))
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        painter.setBrush(QColor(colours.field))
        painter.setPen(QPen(QColor(colours.accent if on else colours.muted), 1.6))
        painter.drawEllipse(QRectF(13, 12, 15, 15))
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawEllipse(QRectF(17, 16, 7, 7))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if enabled else colours.disabled))
        painter.drawText(QRectF(38, 8, self.width() - 46, 22), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted if enabled else colours.disabled))
        painter.drawText(self._text_rect(self.width()), int(Qt.TextFlag.TextWordWrap), self._about)


class StepButton(QAbstractButton):
    """One line of the list of steps: a number or a tick, and the title."""

    def __init__(self, number: int, title: str, theme: ThemeManager) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.number, self.state, self._theme = number, "later", theme
        self.setFixedHeight(42)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self.update)

    def set_state(self, state: str, reachable: bool) -> None:
        """Show as "done", "now" or "later"; only a reachable one can be clicked."""
        self.state = state
        self.setEnabled(reachable)
        self.setCursor(Qt.CursorShape.PointingHandCursor if reachable else Qt.CursorShape.ArrowCursor)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(176, 42)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        colours, painter = self._theme.colours, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now, done = self.state == "now", self.state == "done"
        if now or (self.underMouse() and self.isEnabled()) or self.hasFocus():
            painter.setPen(QPen(QColor(colours.focus), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection if now else colours.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(6, 2, -6, -2), 6, 6)
        circle = QRectF(18, 9, 24, 24)
        painter.setPen(QPen(QColor(colours.accent if now or done else colours.border), 1.5))
        painter.setBrush(QColor(colours.accent if now or done else colours.panel))
        painter.drawEllipse(circle)
        if done:
            painter.drawPixmap(22, 13, self._theme.pixmap("tick", 16, "accent_text"))
        else:
            painter.setPen(QColor(colours.accent_text if now else colours.muted))
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(self.number))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if now else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if now or done else colours.muted))
        place = QRectF(52, 0, self.width() - 62, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self.text())


class DropZone(QAbstractButton):
    """The place where nothing is yet: an icon and what to do; a click does it as well."""

    def __init__(self, text: str, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        colours, painter = self._theme.colours, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.underMouse() or self.hasFocus()
        pen = QPen(QColor(colours.focus if lit else colours.border), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 10, 10)
        middle = self.rect().center()
        painter.drawPixmap(middle.x() - 28, middle.y() - 56, self._theme.pixmap("folder", 56, "muted"))
        painter.setPen(QColor(colours.muted))
        below = QRectF(20, middle.y() + 12, self.width() - 40, 60)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap), self.text())
