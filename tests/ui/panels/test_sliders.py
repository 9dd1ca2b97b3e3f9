"""Sliders moved by keys, wheel, clicks beside the handle and drags: what is remembered, what is one step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider

from tests.ui.canvas.support import wheel
from tests.ui.conftest import settle
from ui.window.controller import Controller


def click_beside(slider: QSlider) -> None:
    """Near its end."""
    at = QPoint(slider.width() * 4 // 5, slider.height() // 2)
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=at)


def drag(slider: QSlider) -> None:
    """Over several values."""
    slider.setSliderDown(True)
    for value in (20, 25, 30):
        slider.setValue(value)
    slider.setSliderDown(False)


WAYS: dict[str, Callable[[QSlider], object]] = {
    "key": lambda slider: QTest.keyClick(slider, Qt.Key.Key_Left),
    "end": lambda slider: QTest.keyClick(slider, Qt.Key.Key_End),
    "beside": click_beside,
    "wheel": lambda slider: wheel(slider, 1),  # type: ignore[arg-type]
    "drag": drag,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_set_is_remembered(opened: Controller, way: str) -> None:
    opened.window.work_tabs.setCurrentIndex(2)
    row = opened.window.repair._detail
    row.show_value(10)
    row._slider.setFocus()
    WAYS[way](row._slider)
    assert row.value != 10 and opened.store.value.detail == row.value / 100


def test_a_slider_that_is_held_is_remembered_when_it_is_let_go(opened: Controller) -> None:
    slider, before = opened.window.repair._detail._slider, opened.store.value.detail
    slider.setSliderDown(True)
    slider.setValue(10)
    assert opened.store.value.detail == before
    slider.setSliderDown(False)
    assert opened.store.value.detail == 0.1 != before


@pytest.mark.parametrize("way", WAYS)
def test_each_is_one_step_of_the_search(opened: Controller, qtbot, way: str) -> None:
    session, slider = opened.session, opened.window.detection._sensitivity._slider
    assert session is not None
    opened.actions["find"].trigger()
    settle(opened, qtbot)
    opened.window.work_tabs.setCurrentIndex(0)
    slider.setFocus()
    for steps, move in enumerate((WAYS["key"], WAYS[way], WAYS["key"]), 1):
        move(slider)
        assert session.document.history[1:] == ["Adjust detection"] * steps
    settle(opened, qtbot)
