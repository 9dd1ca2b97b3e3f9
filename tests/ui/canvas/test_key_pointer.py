"""Painting, picking and following without a mouse: the real window, worked with keys alone."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest

from restorer.editing.brush import Stroke
from tests.ui.canvas.support import CTRL, NONE, SHIFT, Pen, box_of, click, key, mask_of, mouse, show
from tests.ui.conftest import settle
from ui.canvas.canvas import Canvas
from ui.canvas.key_pointer import LARGE_STEP_PX, STEP_PX
from ui.window.controller import Controller

Key = Qt.Key


@pytest.fixture
def canvas(qtbot) -> Canvas:
    """100 %, the middle of the picture (200, 150) in the middle of the widget, the pointer there."""
    canvas = show(qtbot, np.full((300, 400), 90, np.uint8), (400, 300))
    canvas.actual_size()
    canvas.brush_size, canvas.brush_hardness = 10, 1.0
    canvas.key_pointer = True
    return canvas


def times(canvas: Canvas, which: Key, count: int, held=Qt.KeyboardModifier.NoModifier) -> None:
    for _ in range(count):
        key(canvas, which, held)


def test_arrows_move_it_by_steps_far_and_by_single_pixels(canvas: Canvas) -> None:
    seen: list[object] = []
    canvas.cursor_moved.connect(seen.append)
    key(canvas, Key.Key_Right)
    assert seen[-1] == (200 + STEP_PX, 150)
    key(canvas, Key.Key_Down, SHIFT)
    assert seen[-1] == (200 + STEP_PX, 150 + LARGE_STEP_PX)
    key(canvas, Key.Key_Left, CTRL)
    assert seen[-1] == (199 + STEP_PX, 150 + LARGE_STEP_PX)
    key(canvas, Key.Key_Home)
    assert seen[-1] == (199, 150 + LARGE_STEP_PX - STEP_PX)


def test_space_makes_a_dot_and_draws_while_it_is_held(canvas: Canvas) -> None:
    key(canvas, Key.Key_Space)
    assert box_of(mask_of(canvas)).width == 10
    QTest.keyPress(canvas, Key.Key_Space)
    times(canvas, Key.Key_Right, 5)
    QTest.keyRelease(canvas, Key.Key_Space)
    times(canvas, Key.Key_Down, 5)
    assert canvas.document.history == ["Brush stroke"] * 2
    box = box_of(mask_of(canvas))
    assert (box.x0, box.x1, box.height) == (195, 200 + 5 * STEP_PX + 5, 10)


def test_enter_holds_the_button_until_enter_and_shift_space_draws_a_straight_line(canvas: Canvas) -> None:
    key(canvas, Key.Key_Return)
    times(canvas, Key.Key_Right, 3)
    assert canvas.document.editing
    key(canvas, Key.Key_Return)
    assert not canvas.document.editing and canvas.document.history == ["Brush stroke"]
    times(canvas, Key.Key_Down, 10)
    key(canvas, Key.Key_Space, SHIFT)
    assert box_of(mask_of(canvas)).height == 10 * STEP_PX + 10
    key(canvas, Key.Key_Escape)
    assert not canvas.key_pointer


def test_the_eraser_takes_away_and_escape_takes_a_stroke_back(canvas: Canvas) -> None:
    QTest.keyPress(canvas, Key.Key_Space)
    times(canvas, Key.Key_Right, 5)
    key(canvas, Key.Key_Escape)
    QTest.keyRelease(canvas, Key.Key_Space)
    assert not mask_of(canvas).any() and canvas.document.history == [] and canvas.key_pointer
    key(canvas, Key.Key_Space)
    canvas.set_tool("eraser")
    canvas.brush_size = 20
    key(canvas, Key.Key_Space)
    assert not mask_of(canvas).any()


def test_a_polygon_by_keys(canvas: Canvas) -> None:
    canvas.set_tool("lasso")
    for way in (Key.Key_Right, Key.Key_Down, Key.Key_Left):
        key(canvas, Key.Key_Space)
        times(canvas, way, 5)
    key(canvas, Key.Key_Space)
    key(canvas, Key.Key_Return)
    box = box_of(mask_of(canvas))
    assert abs(box.width - 5 * STEP_PX) <= 1 and abs(box.height - 5 * STEP_PX) <= 1


def test_the_picture_follows_where_the_pointer_would_leave_the_window(canvas: Canvas) -> None:
    canvas.set_zoom(4.0)
    before = canvas.view.centre
    times(canvas, Key.Key_Right, 6, SHIFT)
    assert canvas.view.centre[0] > before[0] and canvas.view.centre[1] == before[1]
    seen: list[object] = []
    canvas.cursor_moved.connect(seen.append)
    times(canvas, Key.Key_Right, 60, SHIFT)
    times(canvas, Key.Key_Up, 60, SHIFT)
    assert seen[-1] == (399, 0), "it stays in the picture"


def test_losing_the_focus_ends_the_stroke(canvas: Canvas) -> None:
    key(canvas, Key.Key_Return)
    key(canvas, Key.Key_Right)
    canvas.clearFocus()
    assert canvas.document.history == ["Brush stroke"] and not canvas.document.editing


def test_a_move_of_the_mouse_takes_over_but_not_in_the_middle_of_a_stroke(canvas: Canvas) -> None:
    key(canvas, Key.Key_Return)
    mouse(canvas, QEvent.Type.MouseMove, QPointF(10, 10), NONE)
    assert canvas.key_pointer
    key(canvas, Key.Key_Return)
    assert box_of(mask_of(canvas)).width == 10, "the mouse drew nothing"
    mouse(canvas, QEvent.Type.MouseMove, QPointF(10, 10), NONE)
    assert not canvas.key_pointer


def test_neither_a_click_nor_a_pen_gets_into_its_stroke(canvas: Canvas) -> None:
    told: list[Stroke] = []
    canvas.marked.connect(lambda name, mark: told.append(mark))
    canvas.set_tool("line")
    key(canvas, Key.Key_Return)
    click(canvas, (20, 20))
    Pen(canvas).send(QEvent.Type.TabletMove, (20, 20), 0.5)
    times(canvas, Key.Key_Right, 2)
    key(canvas, Key.Key_Return)
    assert [(p.x, p.y) for p in told[0].points] == [(200, 150), (200 + 2 * STEP_PX, 150)]


def test_space_that_panned_is_let_go_although_the_pointer_came_meanwhile(canvas: Canvas) -> None:
    canvas.key_pointer = False
    QTest.keyPress(canvas, Key.Key_Space)
    canvas.key_pointer = True
    QTest.keyRelease(canvas, Key.Key_Space)
    key(canvas, Key.Key_Space)
    assert mask_of(canvas)[150, 200] == 255


def test_the_slider_between_before_and_after_is_dragged_by_keys(canvas: Canvas) -> None:
    canvas.compare = "split"
    QTest.keyPress(canvas, Key.Key_Space)
    times(canvas, Key.Key_Left, 5)
    QTest.keyRelease(canvas, Key.Key_Space)
    times(canvas, Key.Key_Left, 5)
    assert canvas.split == (200 - 5 * STEP_PX) / 400 and canvas.document.history == []


def test_it_is_seen(canvas: Canvas) -> None:
    canvas.set_tool("region")
    shown = canvas.grab().toImage()
    canvas.key_pointer = False
    assert shown != canvas.grab().toImage()


def test_find_drop_follow_paint_and_repair_by_keyboard_alone(opened: Controller, qtbot) -> None:
    window, session = opened.window, opened.session
    assert session is not None
    canvas = window.canvas

    def press(which: Key, held=Qt.KeyboardModifier.NoModifier) -> None:
        qtbot.keyClick(canvas, which, held)

    press(Key.Key_D, CTRL)
    qtbot.waitUntil(lambda: session.damage is not None)
    settle(opened, qtbot)
    press(Key.Key_K)
    press(Key.Key_R)
    assert canvas.key_pointer and canvas.tool.id == "region"
    count = len(session.survey.regions)
    window.detection._list.setFocus()
    qtbot.keyClick(window.detection._list, Key.Key_Down)  # the pointer goes to the region with the view
    qtbot.keyClick(window.detection._list, Key.Key_Home)
    canvas.setFocus()
    press(Key.Key_Space)
    settle(opened, qtbot)
    assert session.document.history[-1] == "Drop region" and len(session.survey.regions) == count - 1

    press(Key.Key_F)
    press(Key.Key_Space)
    assert session.document.history[-1] == "Follow scratch"
    press(Key.Key_B)
    press(Key.Key_Right, SHIFT)
    press(Key.Key_Space)
    assert session.document.history[-1] == "Brush stroke"
    settle(opened, qtbot)
    press(Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: bool(session.repairs))
    settle(opened, qtbot)
    assert session.proof.outside == 0 and session.proof.inside > 0
