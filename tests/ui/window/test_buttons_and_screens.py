"""What can be pressed does something, and no window opens beyond its screen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from restorer.tiles import Box
from tests.ui.conftest import settle
from ui.dialogs import Losses
from ui.widgets import resize_within_screen
from ui.window.controller import Controller


def test_buttons_of_the_whole_mask_wait_for_a_mask(opened: Controller, qtbot) -> None:
    options = opened.window.tool_options
    buttons = {button.text(): button for button in options.findChildren(QPushButton)}
    changing = [buttons[name] for name in ("&Grow", "Shrin&k", "C&lear")]
    assert not any(button.isEnabled() for button in changing) and buttons["&Invert"].isEnabled()
    opened.actions["find"].trigger()
    settle(opened, qtbot)
    assert all(button.isEnabled() for button in changing)
    assert opened.session is not None
    opened.session.undo()
    assert not any(button.isEnabled() for button in changing)
    opened.session.redo()
    opened.repair()
    settle(opened, qtbot)
    opened.actions["mask_clear"].trigger()
    assert not any(button.isEnabled() for button in changing)
    assert opened.actions["repair"].isEnabled(), "it gives back what was repaired"


def test_a_count_of_one_is_said_as_one(opened: Controller, qtbot) -> None:
    session = opened.session
    assert session is not None
    with session.document.edit("Brush stroke") as tx:
        tx.patch("mask", Box(10, 10, 14, 14), np.full((4, 4), 255, np.uint8))
    settle(opened, qtbot)
    assert opened.window.detection._verdict.note.text().startswith("1 region, ")
    opened.repair()
    settle(opened, qtbot)
    assert opened.window.repair._proof.note.text().startswith("1 spot, ")


def test_after_a_button_of_a_panel_the_keys_are_those_of_the_picture(opened: Controller, qtbot) -> None:
    window = opened.window
    window.activateWindow()
    for number, panel, title in ((0, window.detection, "Find damage"), (2, window.repair, "Repair")):
        window.work_tabs.setCurrentIndex(number)
        (button,) = [b for b in panel.findChildren(QPushButton) if b.text() == title]
        button.setFocus()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        settle(opened, qtbot)
        assert QApplication.focusWidget() is window.canvas


def test_a_window_is_no_larger_than_its_screen(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    monkeypatch.setattr(QScreen, "availableSize", lambda _: QSize(1000, 700))
    resize_within_screen(widget, 1280, 500)
    assert widget.size() == QSize(940, 500)


def test_what_other_work_replaces_is_not_called_closing() -> None:
    ((first, then),) = Losses(("scan.png",), by_other=True).sentences()
    assert "scan.png" in first and "close" not in then
    ((_, then),) = Losses(("scan.png",)).sentences()
    assert "close" in then
