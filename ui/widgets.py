"""Small parts that the panels share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

SPACING = 8
NUMBER_PX = 76
INDENT_PX = 7
_TAGS = re.compile(r"<[^>]*>")
_LONG = re.compile(r"[^\s/\\-]{50,}")  # Qt itself breaks lines at slashes and hyphens
PART = 20  # letters of a long word that stay together
_BRACKETS = re.compile(r"\s*\(&.\)")


def plain_text(text: str) -> str:
    """A text without its mnemonic, which Chinese has in brackets at the end, and without dots."""
    return _BRACKETS.sub("", text).replace("&", "").rstrip("…")


def breakable(text: str) -> str:
    """A text whose very long words, names of files above all, can be wrapped: else labels cut them off."""

    def parts(match: re.Match[str]) -> str:
        word = match.group()
        return "\u200b".join(word[start : start + PART] for start in range(0, len(word), PART))

    return _LONG.sub(parts, text)


class SliderRow(QWidget):
    """A name, a slider and a number that are one value.

    Args:
        title: what is set, with its mnemonic.
        steps: number of positions of the slider beyond the first.
        to_value: the number at a position.
        to_step: the position of a number.
        suffix: after the number.
        tip: tool tip and accessible description.
        special: text instead of the largest number, e.g. "any".

    Signals:
        changed (int): while it is moved.
        released: the slider was let go or moved without being held, or the number was typed; after `changed`.
    """

    changed = Signal(int)
    released = Signal()

    def __init__(
        self,
        title: str,
        steps: int,
        to_value: Callable[[int], int],
        to_step: Callable[[int], int],
        suffix: str,
        tip: str,
        special: str = "",
    ) -> None:
        super().__init__()
        self._to_value, self._to_step = to_value, to_step
        name = plain_text(title)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, steps)
        self._slider.setPageStep(max(1, steps // 10))
        self._number = _Number(to_value(steps) if special else None, special, suffix)
        self._number.setRange(to_value(0), to_value(steps))
        self._number.set_room_for(to_value(0), to_value(max(steps - 1, 0)), to_value(steps))
        label = QLabel(title)
        label.setBuddy(self._number)
        for widget in (label, self._slider, self._number):
            widget.setToolTip(tip)
            widget.setAccessibleName(name)
            widget.setAccessibleDescription(tip)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(0)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self._number, 0, 1)
        layout.addWidget(self._slider, 1, 0, 1, 2)
        layout.setColumnStretch(0, 1)
        self._slider.valueChanged.connect(self._on_slider)
        self._slider.sliderReleased.connect(self.released)
        self._number.valueChanged.connect(self._on_number)
        self._number.editingFinished.connect(self.released)

    @property
    def value(self) -> int:
        """The number."""
        return self._number.value()

    @property
    def in_hand(self) -> bool:
        """Whether its slider is held, or its number half typed."""
        return self._slider.isSliderDown() or self._number.half_typed

    def show_value(self, value: int) -> None:
        """Show a number without telling of it."""
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._number.setValue(value)
            self._slider.setValue(self._to_step(value))

    def _on_slider(self, step: int) -> None:
        with QSignalBlocker(self._number):
            self._number.setValue(self._to_value(step))
        self.changed.emit(self._number.value())
        if not self._slider.isSliderDown():  # by a key, the wheel, or a click beside the handle
            self.released.emit()

    def _on_number(self, value: int) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(self._to_step(value))
        self.changed.emit(value)


def indent(field: QAbstractSpinBox) -> None:
    """Leave room before a number, as in other fields: Qt takes none from the style sheet there."""
    field.lineEdit().setTextMargins(INDENT_PX, 0, 0, 0)


class NumberField(QSpinBox):
    """A number to type; what it has no use for is the window's: letters, and undo and redo where nothing was
    typed that could be taken back."""

    def __init__(self) -> None:
        super().__init__()
        indent(self)

    def event(self, event: QEvent) -> bool:
        """Leave such keys to the shortcuts of the window: the field takes them even if they do nothing."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard, typed = QKeySequence.StandardKey, self.lineEdit()
            undo = event.matches(standard.Undo) and not typed.isUndoAvailable()
            redo = event.matches(standard.Redo) and not typed.isRedoAvailable()
            letter = event.text().isalpha() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if undo or redo or letter:
                event.ignore()
                return False
        return super().event(event)


class _Number(NumberField):
    """A number whose largest value has a name."""

    def __init__(self, largest: int | None, special: str, unit: str) -> None:
        super().__init__()
        self._largest, self._special, self._unit = largest, special, unit
        self.setSuffix(unit)
        self.setObjectName("number")  # the style sheet draws no arrows: the slider is right below
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.lineEdit().setTextMargins(0, 0, 0, 0)
        self.setKeyboardTracking(False)

    def set_room_for(self, *values: int) -> None:
        """Be as wide as the widest of these numbers with its unit, in the font of the application."""
        widest = max(self.fontMetrics().horizontalAdvance(f"{value}{self._unit}") for value in values)
        self.setFixedWidth(max(NUMBER_PX, widest + 2 * SPACING))

    @property
    def half_typed(self) -> bool:
        """Whether its text is not its value yet."""
        return self.hasFocus() and self.text() != self.textFromValue(self.value()) + self.suffix()

    def textFromValue(self, value: int) -> str:
        """The number, or the name of the largest."""
        special = bool(self._special) and value == self._largest
        if self._unit and special == bool(self.suffix()):
            self.setSuffix("" if special else self._unit)
        return self._special if special else super().textFromValue(value)

    def valueFromText(self, text: str) -> int:
        """The number of a text."""
        if self._special and text.startswith(self._special):
            return int(self._largest or 0)
        return super().valueFromText(text)


def logarithmic(lowest: int, largest: int, steps: int) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Position to value and back, as fine for small values as for large ones."""
    import math

    span = math.log(largest / max(lowest, 1))

    def to_value(step: int) -> int:
        if step <= 0:
            return lowest
        return round(max(lowest, 1) * math.exp(span * step / steps))

    def to_step(value: int) -> int:
        return 0 if value <= max(lowest, 1) else round(steps * math.log(value / max(lowest, 1)) / span)

    return to_value, to_step


def resize_within_screen(window: QWidget, width: int, height: int) -> None:
    """Open `window` that large, or as large as the screen allows: its buttons must not lie outside of it."""
    # Not `window.screen()`: PySide takes the screen for its child then, and frees it with the first window.
    most = QGuiApplication.primaryScreen().availableSize() * 0.94
    window.resize(QSize(width, height).boundedTo(most))


def button_for(action: QAction, text: str = "") -> QPushButton:
    """A button that does what an action does, and can be pressed when it can."""
    button = QPushButton(text or plain_text(action.text()))
    button.setToolTip(action.toolTip())
    describe(button, action)
    button.clicked.connect(action.trigger)
    button.setEnabled(action.isEnabled())
    action.enabledChanged.connect(button.setEnabled)
    return button


def describe(button: QWidget, action: QAction) -> None:
    """Tell screen readers what an action does: without it they read the tool tip with its tags."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    text = action.statusTip()
    if text and keys:
        text = f"{text} ({keys})"
    button.setAccessibleDescription(text or " ".join(_TAGS.sub(" ", action.toolTip()).split()))


def muted(text: str = "") -> QLabel:
    """Small print."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)  # as in `heading`
    label.setObjectName("muted")
    label.setWordWrap(True)
    return label


class Line(QLabel):
    """A text that ends in dots where it has no room.

    Args:
        least: width in pixels that it keeps, unless it is shorter.
        mode: where the dots are.
    """

    def __init__(self, least: int = 0, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._least, self._mode = least, mode

    def minimumSizeHint(self) -> QSize:
        """So narrow that it cannot make anything wider."""
        whole = super().minimumSizeHint()
        return QSize(min(whole.width(), self._least), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much as there is room for."""
        painter = QPainter(self)
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, area.width())
        self.style().drawItemText(
            painter,
            area,
            int(Qt.AlignmentFlag.AlignVCenter),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()


def choice_of(choices: Mapping[Any, str], chosen: object, name: str = "") -> QComboBox:
    """A box to choose one of these values from, by their texts; what was `chosen` is, or else the first.

    Args:
        name: for screen readers.
    """
    box = QComboBox()
    for value, text in choices.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setAccessibleName(name)
    return box


def heading(text: str) -> QLabel:
    """The title of a group of controls."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)  # it may be the name of a file or a model
    label.setObjectName("heading")
    return label


def rule() -> QFrame:
    """A thin line."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def set_tone(label: QLabel, tone: str) -> None:
    """Colour a label as "good", "warning", "danger" or plain ("")."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)


class Panel(QWidget):
    """A column of controls for a dock."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 10, 12, 12)
        self.column.setSpacing(SPACING)


class _WheelGuard(QObject):
    """Who scrolls a panel must not change what happens to lie under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the panel unless the control has the focus."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget) or watched.hasFocus():
            return False
        event.ignore()
        return True


def scrolled(panel: QWidget) -> QScrollArea:
    """A panel that scrolls where the window is low."""
    area = QScrollArea()
    area.setObjectName("panel")
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of its controls
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(panel)
    guard = _WheelGuard(area)
    for kind in (QSlider, QAbstractSpinBox, QComboBox):
        for control in panel.findChildren(kind):
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel gives it no focus
            control.installEventFilter(guard)
    bar = area.verticalScrollBar().sizeHint().width()
    area.setMinimumWidth(panel.minimumSizeHint().width() + bar)  # nothing is cut off when the bar appears
    return area


def share_text(share: float) -> str:
    """A share 0..1 as percent, with as many digits as say something."""
    percent = share * 100
    if percent == 0:
        return "0 %"
    if percent < 0.01:
        return "< 0.01 %"
    return f"{percent:.2f} %" if percent < 1 else f"{percent:.1f} %"


def tool_buttons(actions: Iterable[QAction]) -> QHBoxLayout:
    """A line of buttons with icon and text that the Tab key reaches; what is added later stands behind a
    space."""
    line = QHBoxLayout()
    line.setSpacing(2)
    for action in actions:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(plain_text(action.text()))
        describe(button, action)
        line.addWidget(button)
    line.addStretch(1)
    return line


class Verdict(QFrame):
    """A statement with an icon before it and a line of small print.

    Attributes:
        statement: the label of the statement.
        note: the label of the small print.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdict")
        self._icon, self.statement, self.note = QLabel(), QLabel(), muted()
        self._icon.setFixedSize(24, 24)
        self.statement.setWordWrap(True)
        self.statement.setObjectName("heading")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 8, 10, 8)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self.statement)
        texts.addWidget(self.note)
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)

    def show_statement(self, icon: QPixmap, text: str, tone: str) -> None:
        """Show `text` in the colour of a tone of `set_tone`."""
        self._icon.setPixmap(icon)
        self.statement.setText(text)
        set_tone(self.statement, tone)
