"""The canvas in the real window, with the real session and its jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from restorer.editing.mask import MaskSettings
from restorer.tiles import Box
from tests.ui.canvas.support import CTRL, at, click, drag, grab, mask_of
from tests.ui.conftest import open_in, settle
from tests.ui.window.test_window import press
from ui.window.controller import Controller


def test_a_stroke_is_work_of_the_session_and_its_undo_takes_it_back(opened: Controller, qtbot) -> None:
    canvas, session = opened.window.canvas, opened.session
    assert session is not None and canvas.document is session.document
    canvas.set_tool("brush")
    plain = grab(canvas)
    drag(canvas, [(100, 100), (200, 150)])
    assert session.document.history[-1] == "Brush stroke" and session.edited
    canvas.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not mask_of(canvas).any())
    canvas.tool.hover(None)
    np.testing.assert_array_equal(grab(canvas), plain)


def test_found_damage_is_dropped_by_a_click_and_tiles_show_while_the_repair_runs(
    opened: Controller, stand, qtbot
) -> None:
    canvas, session = opened.window.canvas, opened.session
    assert session is not None
    with qtbot.waitSignal(session.found):
        session.find_damage()
    assert mask_of(canvas)[100:108, 200:210].all() and mask_of(canvas)[100, 61]
    canvas.set_tool("region")
    click(canvas, (205, 104))
    assert not mask_of(canvas)[95:112, 190:220].any() and mask_of(canvas)[100, 61]
    canvas.set_tool("pan")
    canvas.show_overlay = False
    plain = grab(canvas)
    stand.held.set()
    with qtbot.waitSignal(session.tile_previewed):
        session.repair()
    spot = at(canvas, (61.5, 50.5)).toPoint()
    assert (grab(canvas)[spot.y(), spot.x()] != plain[spot.y(), spot.x()]).any()
    with qtbot.waitSignal(session.preview_cleared):
        session.cancel()
        stand.held.clear()
    np.testing.assert_array_equal(grab(canvas), plain)


def test_every_photograph_is_looked_at_where_it_was_left(
    opened: Controller, photo_path: Path, other_path: Path, qtbot
) -> None:
    canvas = opened.window.canvas
    whole = canvas.view
    canvas.rotate_view(90)
    canvas.set_zoom(4.0)
    canvas.center_on(Box(100, 180, 108, 190))
    close = canvas.view
    open_in(opened, [other_path], qtbot)
    assert canvas.view == whole, "it was not seen before: all of it, upright"
    open_in(opened, [photo_path], qtbot)
    assert canvas.view == close
    canvas.reset_rotation()
    canvas.fit()
    open_in(opened, [other_path], qtbot)
    opened.window.resize(opened.window.width() - 60, opened.window.height() - 60)
    open_in(opened, [photo_path], qtbot)
    fitted = canvas.view
    canvas.fit()
    assert canvas.view == fitted, "what was seen whole is seen whole again"
    canvas.rotate_view(90)
    turned = canvas.view
    open_in(opened, [other_path], qtbot)
    assert canvas.view.angle == 0
    open_in(opened, [photo_path], qtbot)
    assert canvas.view == turned


def turn_wheel(widget: QWidget) -> None:
    """As from the system: events that are sent by hand go to no parent."""
    window = widget.window()
    place = widget.mapTo(window, QPointF(widget.rect().center()))
    QTest.wheelEvent(window.windowHandle(), place, QPoint(0, -120))
    QApplication.processEvents()


def test_the_wheel_scrolls_a_panel_and_changes_only_what_has_the_focus(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    window, panel, session = opened.window, opened.window.detection, opened.session
    assert session is not None
    window.resize(900, 640)  # the panel is higher
    QApplication.processEvents()
    area = window.work_tabs.widget(0)
    assert isinstance(area, QScrollArea) and area.verticalScrollBar().maximum() > 0
    for control in (panel._sensitivity._slider, panel._sensitivity._number, panel._polarity):
        area.verticalScrollBar().setValue(0)
        turn_wheel(control)
        assert area.verticalScrollBar().value() > 0 and not control.hasFocus()
    assert session.mask_settings == MaskSettings()
    panel._sensitivity._slider.setFocus()
    turn_wheel(panel._sensitivity._slider)
    settle(opened, qtbot)
    assert session.mask_settings.sensitivity < 0.5
