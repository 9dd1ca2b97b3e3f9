"""The canvas in the real window, with the real session and its jobs."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.canvas_support import at, click, drag, grab, mask_of
from ui.controller import Controller


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
