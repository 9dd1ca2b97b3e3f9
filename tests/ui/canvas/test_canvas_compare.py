from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from restorer.tiles import Box
from tests.conftest import smooth_photo
from tests.ui.canvas.support import LEFT, NONE, at, drag, grab, mask_of, mouse, settle, show, wheel
from ui.canvas.canvas import Canvas

BEFORE, AFTER = 60, 200


@pytest.fixture
def canvas(qtbot) -> Canvas:
    """A picture that was all 60 and is all 200 now."""
    shown = show(qtbot, np.full((400, 600, 3), BEFORE, np.uint8), (700, 500))
    repair(shown, Box(0, 0, 400, 600), AFTER)
    shown.set_tool("pan")
    return shown


def repair(canvas: Canvas, box: Box, value: int) -> None:
    assert canvas.document is not None
    with canvas.document.edit("Repair") as tx:
        tx.patch("result", box, np.full((box.height, box.width, 3), value, np.uint8))


def slide(canvas: Canvas, *xs: float) -> None:
    """Drag the slider over places of the widget."""
    first, *others = [QPointF(x, 100) for x in xs]
    mouse(canvas, QEvent.Type.MouseButtonPress, first, LEFT)
    for where in others:
        mouse(canvas, QEvent.Type.MouseMove, where, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (others or [first])[-1], LEFT)


def test_split_shows_before_at_the_left_and_after_at_the_right(canvas: Canvas) -> None:
    canvas.compare = "split"
    row = grab(canvas)[100]
    assert (row[60:345] == BEFORE).all() and (row[356:640] == AFTER).all()


def test_slider_is_dragged_and_only_when_it_is_touched(canvas: Canvas) -> None:
    canvas.compare = "split"
    view = canvas.view
    slide(canvas, 352, 300, 200)
    assert canvas.split == pytest.approx(200 / 700) and canvas.view == view
    row = grab(canvas)[100]
    assert (row[60:195] == BEFORE).all() and (row[206:640] == AFTER).all()
    slide(canvas, 400, 450)
    assert canvas.split == pytest.approx(200 / 700) and canvas.view != view
    slide(canvas, 200, -300)
    assert canvas.split == 0
    mouse(canvas, QEvent.Type.MouseMove, QPointF(2, 100), NONE)
    assert canvas.cursor().shape() == Qt.CursorShape.SplitHCursor


def test_original_is_shown_while_asked_for(canvas: Canvas) -> None:
    told: list[str] = []
    canvas.compare_changed.connect(told.append)
    canvas.compare = "original"
    assert tuple(grab(canvas)[250, 350]) == (BEFORE,) * 3
    canvas.compare = "off"
    assert tuple(grab(canvas)[250, 350]) == (AFTER,) * 3
    assert told == ["original", "off"]
    with pytest.raises(ValueError, match="no such way"):
        canvas.compare = "upside down"  # type: ignore[assignment]


def test_side_by_side_has_linked_views_and_paints_in_both(canvas: Canvas) -> None:
    canvas.compare = "side"
    image = grab(canvas)
    assert tuple(image[250, 175]) == (BEFORE,) * 3 and tuple(image[250, 525]) == (AFTER,) * 3
    left, right = canvas.viewport_at(QPointF(100, 100)), canvas.viewport_at(QPointF(600, 100))
    wheel(canvas, 2)
    left, right = canvas.viewport_at(QPointF(100, 100)), canvas.viewport_at(QPointF(600, 100))
    shift = right.to_widget(300, 200) - left.to_widget(300, 200)
    assert left.view == right.view and shift.x() == pytest.approx(351, abs=1) and shift.y() == 0
    canvas.set_tool("brush")
    canvas.brush_size, canvas.brush_hardness = 20, 1.0
    spot = left.to_widget(300, 200)
    mouse(canvas, QEvent.Type.MouseButtonPress, spot, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, spot, LEFT)
    assert mask_of(canvas)[200, 300] == 255
    shown = right.to_widget(300, 200).toPoint()
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    image = grab(canvas)
    assert image[shown.y() + 3, shown.x() + 3, 0] < AFTER - 50  # the mask is drawn over the result
    assert tuple(image[spot.toPoint().y() + 3, spot.toPoint().x() + 3]) == (BEFORE,) * 3


def test_masks_are_not_drawn_over_the_original(canvas: Canvas) -> None:
    canvas.set_tool("brush")
    drag(canvas, [(200, 200), (400, 200)])
    canvas.compare = "original"
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    spot = at(canvas, (300, 200)).toPoint()
    assert tuple(grab(canvas)[spot.y(), spot.x()]) == (BEFORE,) * 3


def test_tiles_of_a_running_repair_are_shown_until_they_are_cleared(qtbot) -> None:
    photo = smooth_photo(700, 900)
    canvas = show(qtbot, photo, (950, 750))
    plain, spot = grab(canvas), at(canvas, (600, 550)).toPoint()
    box = Box(500, 500, 600, 700)
    canvas.session.tile_previewed.emit((box, np.full((100, 200, 3), 250, np.uint8)))
    shown = grab(canvas)
    assert tuple(shown[spot.y(), spot.x()]) == (250,) * 3
    corner = at(canvas, (0, 0)).toPoint()
    differs = (shown != plain).any(2)[corner.y() : corner.y() + 700, corner.x() : corner.x() + 900]
    assert not differs[:500].any() and not differs[:, :500].any() and not differs[600:].any()
    assert canvas.document is not None and canvas.document.history == []
    canvas.session.preview_cleared.emit()
    np.testing.assert_array_equal(grab(canvas), plain)


def test_result_that_is_applied_stays_when_previews_are_cleared(qtbot) -> None:
    photo = smooth_photo(700, 900)
    canvas = show(qtbot, photo, (950, 750))
    canvas.session.tile_previewed.emit((Box(0, 0, 50, 50), np.full((50, 50, 3), 250, np.uint8)))
    repair(canvas, Box(10, 10, 30, 30), 33)
    canvas.session.preview_cleared.emit()
    inside, outside = at(canvas, (20, 20)).toPoint(), at(canvas, (40, 40)).toPoint()
    image = grab(canvas)
    assert tuple(image[inside.y(), inside.x()]) == (33,) * 3
    assert tuple(image[outside.y(), outside.x()]) == tuple(photo[40, 40])


def test_undo_of_a_repair_shows_the_photograph_again_at_every_zoom(qtbot) -> None:
    photo = smooth_photo(2100, 2600)
    canvas = show(qtbot, photo)
    for zoom in (0.1, 0.3, 1.0, 6.0):
        canvas.set_zoom(zoom)
        canvas.look_at(1300, 1000)
        plain = grab(canvas)
        repair(canvas, Box(900, 1200, 1100, 1400), 7)
        assert (grab(canvas) != plain).any()
        canvas.document.undo()  # type: ignore[union-attr]
        np.testing.assert_array_equal(grab(canvas), plain)


def test_another_session_replaces_the_picture_and_the_old_one_is_let_go(qtbot) -> None:
    canvas = show(qtbot, np.full((300, 400, 3), 50, np.uint8))
    other = show(qtbot, np.full((200, 500, 3), 90, np.uint8))
    old, session = canvas.session, other.session
    other.set_session(None)
    canvas.set_session(session)
    assert tuple(grab(canvas)[240, 320]) == (90,) * 3
    old.document.begin("Mark")
    assert old.receivers("2changed(PyObject)") == 0
    old.document.rollback()
    canvas.set_session(None)
    settle(canvas)
    assert canvas.document is None
