"""A key that does something while it is down."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget

TEXT_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit)


class HeldKey(QObject):
    """A key of a window, whatever has the focus there; in fields of text it is typed.

    Args:
        key: which.
        window: whose; its controls are there already.

    Signals:
        changed (bool): it went down or up.
    """

    changed = Signal(bool)

    def __init__(self, key: Qt.Key, window: QWidget) -> None:
        super().__init__(window)
        self._key = key
        self._down: int | None = None  # its place on the keyboard, while it is down
        window.installEventFilter(self)
        for control in window.findChildren(QWidget):  # lists and numbers take keys before their window does
            if control.focusPolicy() != Qt.FocusPolicy.NoFocus and not isinstance(control, TEXT_FIELDS):
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take its press and its release; a menu or another window that opens meanwhile gets the release."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            return self._release(event)
        if kind == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            away = event.reason() == Qt.FocusReason.PopupFocusReason
        else:
            away = kind == QEvent.Type.WindowDeactivate
        if away:
            self._let_go()
        return False

    def _press(self, event: QKeyEvent) -> bool:
        if event.key() != self._key:
            return False
        if self._down is None and not event.isAutoRepeat():
            self._down = _place(event)
            self.changed.emit(True)
        return True

    def _release(self, event: QKeyEvent) -> bool:
        if self._down is None or _place(event) != self._down:
            return False
        if not event.isAutoRepeat():
            self._let_go()
        return True

    def _let_go(self) -> None:
        if self._down is not None:
            self._down = None
            self.changed.emit(False)


def _place(event: QKeyEvent) -> int:
    """Which key of the keyboard it is: what it stands for may have changed by its release, with AltGr."""
    return event.nativeScanCode() or event.nativeVirtualKey() or event.key()  # macOS knows no scan codes
