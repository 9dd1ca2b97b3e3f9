"""The key that shows the original while it is held, and the keys of tools, whatever has the focus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tests.ui.conftest import settle
from ui.window.controller import Controller
from ui.window.main_window import MainWindow

HOLD, NONE = Qt.Key.Key_Backslash, Qt.KeyboardModifier.NoModifier
ALT_GR = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
SCAN_CODE = 20

WAYS: dict[str, tuple[int, Callable[[MainWindow], QWidget]]] = {
    "regions": (0, lambda window: window.detection._list),
    "choice": (0, lambda window: window.detection._polarity),
    "number": (0, lambda window: window.detection._sensitivity._number),
    "slider": (0, lambda window: window.detection._sensitivity._slider),
    "radius": (1, lambda window: window.tool_options._radius),
    "history": (3, lambda window: window.history._list),
    "film strip": (0, lambda window: window.film_strip),
}


@pytest.fixture
def focused(opened: Controller, qtbot) -> Callable[[str], QWidget]:
    """Gives the focus to a part of a window that found damage."""
    opened.actions["find"].trigger()
    settle(opened, qtbot)

    def focus(name: str) -> QWidget:
        tab, find = WAYS[name]
        opened.window.work_tabs.setCurrentIndex(tab)
        opened.window.show_film(True)
        widget = find(opened.window)
        widget.setFocus()
        assert QApplication.focusWidget() is widget
        return widget

    return focus


def send(kind: QEvent.Type, key: Qt.Key, held: Qt.KeyboardModifier = NONE, code: int = 0) -> None:
    """A key event as keyboards send it, to what has the focus."""
    focused = QApplication.focusWidget()
    assert focused is not None
    QApplication.sendEvent(focused, QKeyEvent(kind, key, held, code, 0, 0, ""))


@pytest.mark.parametrize("name", WAYS)
def test_the_original_is_shown_whatever_has_the_focus(opened: Controller, focused, name: str) -> None:
    widget, canvas = focused(name), opened.window.canvas
    QTest.keyPress(widget, HOLD)
    assert canvas.compare == "original"
    QTest.keyRelease(widget, HOLD)
    assert canvas.compare == "off"


def test_the_original_goes_with_its_key_though_that_stands_for_another_letter_by_then(
    opened: Controller,
) -> None:
    canvas = opened.window.canvas
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    send(press, HOLD, ALT_GR, SCAN_CODE)
    assert canvas.compare == "original"
    send(release, Qt.Key.Key_AltGr, NONE, SCAN_CODE + 1)
    assert canvas.compare == "original"
    send(release, Qt.Key.Key_ssharp, NONE, SCAN_CODE)
    assert canvas.compare == "off"


def test_the_focus_may_go_elsewhere_while_the_original_is_held(opened: Controller, focused) -> None:
    canvas = opened.window.canvas
    QTest.keyPress(canvas, HOLD)
    regions = focused("regions")
    assert canvas.compare == "original"
    QTest.keyRelease(regions, HOLD)
    assert canvas.compare == "off"


def test_a_list_that_opens_ends_it_and_gets_the_release(opened: Controller, focused, qtbot) -> None:
    focused("choice")
    box, canvas = opened.window.detection._polarity, opened.window.canvas
    QTest.keyPress(box, HOLD)
    assert canvas.compare == "original"
    box.showPopup()
    assert canvas.compare == "off"
    box.hidePopup()


def test_in_a_text_it_is_typed(opened: Controller) -> None:
    field = QLineEdit(opened.window)
    field.show()
    field.setFocus()
    QTest.keyClick(field, HOLD)
    assert field.text() == "\\" and opened.window.canvas.compare == "off"
    field.deleteLater()


@pytest.mark.parametrize("name", ["number", "radius"])
def test_letters_in_a_number_are_those_of_the_tools(opened: Controller, focused, name: str) -> None:
    number, canvas = focused(name), opened.window.canvas
    shown = canvas.show_overlay
    for key, tool in ((Qt.Key.Key_E, "eraser"), (Qt.Key.Key_B, "brush")):
        QTest.keyClick(number, key)
        assert canvas.tool.id == tool
    QTest.keyClick(number, Qt.Key.Key_Q)
    QTest.keyClick(number, Qt.Key.Key_Y, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.show_overlay is not shown and canvas.compare == "side"
    assert QApplication.focusWidget() is number


def test_copying_in_a_number_is_its_own(opened: Controller, focused) -> None:
    number, control = focused("number"), Qt.KeyboardModifier.ControlModifier
    QApplication.clipboard().clear()
    QTest.keyClick(number, Qt.Key.Key_A, control)
    QTest.keyClick(number, Qt.Key.Key_C, control)
    assert QApplication.clipboard().text().startswith("50")
