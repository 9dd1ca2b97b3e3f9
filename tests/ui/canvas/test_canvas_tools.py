from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.editing.brush import Polygon, Rectangle, Stroke, merge
from restorer.editing.mask import DamageMap, MaskSettings
from restorer.image.reading import Photo
from restorer.tiles import Box
from tests.conftest import smooth_photo
from tests.ui.canvas.support import (
    ALT,
    CTRL,
    MIDDLE,
    SHIFT,
    Pen,
    Session,
    at,
    box_of,
    click,
    drag,
    grab,
    hover,
    key,
    mask_of,
    mouse,
    move,
    press,
    release,
    show,
    wheel,
)
from ui.canvas.canvas import Canvas

GREY = np.full((600, 800), 120, np.uint8)


@pytest.fixture
def canvas(qtbot) -> Canvas:
    """A grey picture of 600 x 800 at 100 %, hard brush of 20 px."""
    shown = show(qtbot, GREY.copy(), (900, 700))
    assert shown.zoom == 1
    shown.brush_size, shown.brush_hardness = 20, 1.0
    return shown


def history(canvas: Canvas) -> list[str]:
    assert canvas.document is not None
    return canvas.document.history


def test_a_drag_is_one_step_and_marks_a_line_as_wide_as_the_brush(canvas: Canvas) -> None:
    drag(canvas, [(100.5, 200.5), (180.5, 200.5), (300.5, 200.5)])
    mask = mask_of(canvas)
    assert history(canvas) == ["Brush stroke"]
    # An even number of pixels cannot lie evenly around the middle of a pixel: 19 or 21 rows.
    assert box_of(mask) == Box(191, 91, 210, 310) or box_of(mask) == Box(190, 90, 211, 311)
    assert (mask[200, 100:300] == 255).all()


def test_what_is_painted_is_what_is_shown_at_100_percent(canvas: Canvas) -> None:
    canvas.overlay_opacity = 0.5
    drag(canvas, [(100.5, 200.5), (300.5, 260.5)])
    hover(canvas, (700, 500))
    image, corner = grab(canvas), at(canvas, (0, 0)).toPoint()
    seen = image[corner.y() : corner.y() + 600, corner.x() : corner.x() + 800].astype(float)
    mask = mask_of(canvas)
    inside = mask == 255
    colour = canvas.overlay_colour
    expected = 0.5 * 120 + 0.5 * np.array([colour.red(), colour.green(), colour.blue()])
    assert np.abs(seen[inside] - expected).max() <= 1
    outside = cv2.dilate((mask > 0).astype(np.uint8), np.ones((3, 3))) == 0
    outside[460:540, 660:740] = False  # the circle of the brush
    assert (seen[outside] == 120).all()
    rim = (mask == 0) & (cv2.dilate(mask, np.ones((3, 3))) == 255)
    assert rim.sum() > 50 and (seen[rim] < 110).all()  # dark on a light picture


def test_shift_click_draws_a_straight_line_from_the_last_point(canvas: Canvas) -> None:
    drag(canvas, [(100, 100), (120, 180), (150, 120)])
    click(canvas, (650, 420), SHIFT)
    assert len(history(canvas)) == 2
    expected = np.zeros(GREY.shape, np.uint8)
    cv2.line(expected, (150, 120), (650, 420), 255, 12)
    assert (mask_of(canvas)[expected > 0] == 255).all()
    click(canvas, (650, 500), SHIFT)
    assert (mask_of(canvas)[430:495, 645:655] == 255).all()


def test_straight_line_is_shown_before_the_click(canvas: Canvas) -> None:
    click(canvas, (100, 100))
    hover(canvas, (400, 300))
    plain = grab(canvas)
    hover(canvas, (400, 300), SHIFT)
    line = (grab(canvas) != plain).any(2)
    middle = at(canvas, (250, 200)).toPoint()
    assert line[middle.y() - 3 : middle.y() + 4, middle.x() - 3 : middle.x() + 4].any()


@pytest.mark.parametrize("way", ["eraser", "alt", "pen"])
def test_erasing_by_tool_key_and_pen(canvas: Canvas, way: str) -> None:
    drag(canvas, [(100, 200), (500, 200)])
    if way == "eraser":
        canvas.set_tool("eraser")
        drag(canvas, [(250, 150), (250, 250)])
    elif way == "alt":
        drag(canvas, [(250, 150), (250, 250)], ALT)
    else:
        Pen(canvas, eraser=True).draw([((250, 150), 1.0), ((250, 250), 1.0)])
    mask = mask_of(canvas)
    assert history(canvas) == ["Brush stroke", "Erase"]
    assert not mask[190:210, 242:258].any() and (mask[195:205, 270:480] == 255).all()


def test_escape_takes_the_drag_back_and_the_release_does_nothing(canvas: Canvas) -> None:
    press(canvas, (100, 100))
    move(canvas, (300, 300))
    assert mask_of(canvas).any()
    key(canvas, Qt.Key.Key_Escape)
    assert not mask_of(canvas).any() and history(canvas) == []
    move(canvas, (400, 300))
    release(canvas, (400, 300))
    assert not mask_of(canvas).any() and not canvas.document.editing  # type: ignore[union-attr]


def test_escape_reaches_a_drag_before_the_shortcuts_of_the_window(canvas: Canvas) -> None:
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    override.ignore()
    QApplication.sendEvent(canvas, override)
    assert not override.isAccepted()
    press(canvas, (100, 100))
    QApplication.sendEvent(canvas, override)
    assert override.isAccepted()
    release(canvas, (100, 100))


def test_undo_and_redo_are_shown_at_once(canvas: Canvas) -> None:
    assert canvas.document is not None
    plain = grab(canvas)
    drag(canvas, [(100, 100), (600, 400)])
    painted = grab(canvas)
    canvas.document.undo()
    hover(canvas, (600, 400))
    np.testing.assert_array_equal(grab(canvas)[:300], plain[:300])
    canvas.document.redo()
    np.testing.assert_array_equal(grab(canvas), painted)


def test_pressure_and_tilt_of_a_pen(canvas: Canvas) -> None:
    canvas.brush_size = 60
    pen = Pen(canvas)
    assert pen.send(QEvent.Type.TabletPress, (100, 100), 0.2)  # accepted: no mouse event is made of it
    pen.send(QEvent.Type.TabletMove, (700, 100), 1.0)
    pen.send(QEvent.Type.TabletRelease, (700, 100), 0.0)
    thickness = (mask_of(canvas) >= 128).sum(0)
    assert 12 <= thickness[110] <= 16 and 54 <= thickness[680] <= 61
    pen.draw([((400, 400), 0.5)], tilt=(60.0, 0.0))
    tip = box_of(mask_of(canvas)[300:])
    assert tip.width >= 57 and tip.height <= 32


def test_a_button_on_the_pen_changes_nothing_of_the_stroke(canvas: Canvas) -> None:
    told: list[Stroke] = []
    canvas.marked.connect(lambda name, mark: told.append(mark))
    pen = Pen(canvas)
    pen.send(QEvent.Type.TabletPress, (100, 100), 0.3)
    pen.barrel(QEvent.Type.TabletPress, (100, 100), 0.3)
    pen.barrel(QEvent.Type.TabletRelease, (100, 100), 0.3)
    pen.send(QEvent.Type.TabletMove, (200, 100), 0.3)
    pen.send(QEvent.Type.TabletRelease, (200, 100), 0.0)
    assert [point.pressure for point in told[0].points] == pytest.approx([0.3, 0.3])


def test_a_brush_that_is_changed_within_a_stroke_is_for_the_next_one(canvas: Canvas) -> None:
    told: list[Stroke] = []
    canvas.marked.connect(lambda name, mark: told.append(mark))
    press(canvas, (100, 100))
    wheel(canvas, 5, (100, 100), CTRL)
    wheel(canvas, -5, (100, 100), SHIFT)
    move(canvas, (200, 100))
    release(canvas, (200, 100))
    replayed = np.zeros_like(GREY)
    for box, coverage in told[0].patches():
        replayed[box.slices] = merge(replayed[box.slices], coverage, "add")
    np.testing.assert_array_equal(mask_of(canvas), replayed)
    assert told[0].size == 20 and told[0].hardness == 1 and canvas.brush_size > 30


def test_a_finished_stroke_is_told_and_can_be_replayed(canvas: Canvas) -> None:
    told: list[tuple[str, Stroke]] = []
    canvas.marked.connect(lambda name, mark: told.append((name, mark)))
    canvas.brush_hardness = 0.3
    drag(canvas, [(100, 100), (160, 220), (300, 180), (420, 400)])
    [(name, stroke)] = told
    replayed = np.zeros(GREY.shape, np.uint8)
    for box, coverage in stroke.patches():
        inner = box.grown(0, *GREY.shape)
        replayed[inner.slices] = merge(replayed[inner.slices], coverage[inner.inside(box)], stroke.mode)
    assert name == "mask" and stroke.size == 20 and stroke.hardness == 0.3
    np.testing.assert_array_equal(replayed, mask_of(canvas))


@pytest.mark.parametrize("zoom", [0.01, 0.03, 0.13, 0.5, 1.0, 1.7, 4.0, 13.0, 32.0])
@pytest.mark.parametrize("angle", [0, 90, 27])
def test_painting_lands_where_the_pointer_is_at_every_zoom(qtbot, zoom: float, angle: int) -> None:
    canvas = show(qtbot, np.full((3000, 4000), 90, np.uint8))
    canvas.rotate_view(angle)
    canvas.set_zoom(zoom)
    canvas.look_at(2100, 1300)
    canvas.brush_size, canvas.brush_hardness = min(max(8 / zoom, 1), 400), 1.0
    place = canvas.viewport.to_image(at(canvas, (2100.5, 1300.5)))
    click(canvas, place)
    box = box_of(mask_of(canvas))
    assert abs((box.x0 + box.x1) / 2 - place[0]) <= 1 and abs((box.y0 + box.y1) / 2 - place[1]) <= 1
    assert abs(box.width - canvas.brush_size) <= 2 and abs(box.height - canvas.brush_size) <= 2
    canvas.tool.hover(None)
    spot = at(canvas, place).toPoint()
    colour = grab(canvas)[spot.y(), spot.x()].astype(int)
    assert colour[2] > 150 and colour[0] < 70  # blue over grey


def test_strokes_outside_of_the_picture_are_clipped(canvas: Canvas) -> None:
    drag(canvas, [(-30, 300), (5, 300)])
    assert box_of(mask_of(canvas)).x0 == 0
    drag(canvas, [(-40, -40), (-20, -40)])
    assert len(history(canvas)) == 1


def test_protect_brush_paints_its_own_mask(canvas: Canvas) -> None:
    canvas.set_tool("protect")
    drag(canvas, [(100, 100), (300, 100)])
    assert not mask_of(canvas).any() and (mask_of(canvas, "protect")[95:105, 100:300] == 255).all()
    assert history(canvas) == ["Protect"]
    hover(canvas, (600, 500))
    corner = at(canvas, (0, 0)).toPoint()
    seen = grab(canvas)[corner.y() + 92 : corner.y() + 108, corner.x() + 120 : corner.x() + 280]
    assert (
        len(np.unique(seen.reshape(-1, 3), axis=0)) > 1 and (seen[..., 0] > seen[..., 2]).all()
    )  # orange, hatched
    drag(canvas, [(100, 100), (300, 100)], ALT)
    assert not (mask_of(canvas, "protect") >= 128).any() and history(canvas)[-1] == "Unprotect"


# --- shapes


def test_line_tool_draws_from_press_to_release_and_shift_keeps_to_steps(canvas: Canvas) -> None:
    canvas.set_tool("line")
    drag(canvas, [(100, 100), (300, 90), (400, 300)])
    mask = mask_of(canvas)
    assert mask[200, 250] == 255 and not mask[100, 250]
    drag(canvas, [(100, 400), (300, 409)], SHIFT)
    strip = mask_of(canvas)[380:420] >= 128
    assert box_of(strip.astype(np.uint8) * 255).height <= 21
    press(canvas, (500, 500))
    move(canvas, (600, 500))
    key(canvas, Qt.Key.Key_Escape)
    release(canvas, (600, 500))
    assert len(history(canvas)) == 2


def test_rectangle_takes_the_pixels_between_its_corners(canvas: Canvas) -> None:
    told: list[object] = []
    canvas.marked.connect(lambda name, mark: told.append(mark))
    canvas.set_tool("rectangle")
    drag(canvas, [(100.5, 200.5), (150.5, 210.5), (180.5, 240.5)])
    assert box_of(mask_of(canvas)) == Box(200, 100, 241, 181)
    assert told == [Rectangle(Box(200, 100, 241, 181))]
    drag(canvas, [(120.5, 210.5), (130.5, 220.5)], ALT)
    assert not mask_of(canvas)[210:221, 120:131].any() and mask_of(canvas)[209, 119] == 255
    click(canvas, (400, 400))
    assert len(history(canvas)) == 2


def test_lasso_dragged_around_fills_its_inside(canvas: Canvas) -> None:
    canvas.set_tool("lasso")
    angles = np.linspace(0, 2 * np.pi, 60)
    drag(canvas, [(300 + 100 * np.cos(a), 300 + 100 * np.sin(a)) for a in angles])
    y, x = np.mgrid[:600, :800] + 0.5
    inside = np.hypot(x - 300, y - 300) < 97
    outside = np.hypot(x - 300, y - 300) > 103
    mask = mask_of(canvas)
    assert (mask[inside] == 255).all() and not mask[outside].any() and history(canvas) == ["Lasso"]


@pytest.mark.parametrize("close", ["enter", "double", "first"])
def test_polygon_by_clicks(canvas: Canvas, close: str) -> None:
    canvas.set_tool("lasso")
    for corner in ((200, 200), (500, 200), (500, 400)):
        click(canvas, corner)
    assert history(canvas) == [] and canvas.tool.active
    if close == "enter":
        click(canvas, (200, 400))
        key(canvas, Qt.Key.Key_Return)
    elif close == "double":
        click(canvas, (200, 400))
        mouse(canvas, QEvent.Type.MouseButtonDblClick, at(canvas, (200, 400)))
        release(canvas, (200, 400))
    else:
        click(canvas, (200, 400))
        click(canvas, (202, 201))
    mask = mask_of(canvas)
    assert history(canvas) == ["Lasso"] and not canvas.tool.active
    assert (mask[202:398, 202:498] == 255).all() and not mask[:198].any() and not mask[403:].any()


def test_polygon_takes_corners_back_and_escape_drops_it(canvas: Canvas) -> None:
    told: list[Polygon] = []
    canvas.marked.connect(lambda name, mark: told.append(mark))
    canvas.set_tool("lasso")
    for corner in ((200, 200), (500, 200), (790, 590), (500, 400)):
        click(canvas, corner)
    key(canvas, Qt.Key.Key_Backspace)
    key(canvas, Qt.Key.Key_Backspace)
    click(canvas, (500, 400))
    key(canvas, Qt.Key.Key_Enter)
    assert [tuple(round(v) for v in c) for c in told[0].points] == [(200, 200), (500, 200), (500, 400)]
    click(canvas, (100, 100))
    key(canvas, Qt.Key.Key_Escape)
    assert not canvas.tool.active
    canvas.set_tool("brush")
    assert len(history(canvas)) == 1


# --- picks


def scratched(seed: int = 2) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    points = [(60 + 7 * i, 150 + 2.4 * i + 20 * np.sin(i / 12)) for i in range(100)]
    line = np.zeros((600, 800), np.uint8)
    fixed = np.rint(np.array(points) * 16).astype(np.int32)
    cv2.polylines(line, [fixed], False, 255, 3, cv2.LINE_AA, shift=4)
    photo = np.clip(smooth_photo(600, 800, seed) + line[..., None] / 255.0 * 60, 0, 255).astype(np.uint8)
    return photo, line > 100, points


def test_one_click_follows_a_scratch_and_little_else(qtbot) -> None:
    photo, line, points = scratched()
    canvas = show(qtbot, photo, (900, 700))
    canvas.set_tool("follow")
    click(canvas, (points[30][0] + 2, points[30][1] - 2))
    taken = mask_of(canvas) >= 128
    near = cv2.dilate(line.astype(np.uint8), np.ones((9, 9))) > 0
    assert (taken & line).sum() >= 0.95 * line.sum() and (taken & ~near).sum() <= 0.15 * line.sum()
    assert history(canvas) == ["Follow scratch"]
    click(canvas, points[60], ALT)
    assert (mask_of(canvas) >= 128).sum() < 0.1 * line.sum()


def test_a_scratch_is_followed_after_every_search(qtbot) -> None:
    photo, line, points = scratched()
    canvas = show(qtbot, photo, (900, 700))
    canvas.set_tool("follow")
    for sure in (0, 255):  # the second search saw something else
        with canvas.document.edit("Find damage") as tx:  # type: ignore[union-attr]
            tx.set("damage", DamageMap(line * np.uint8(sure), np.zeros(line.shape, np.uint8)))
        click(canvas, points[30])
    assert history(canvas).count("Follow scratch") == 2


def test_path_is_proposed_when_the_pointer_rests(qtbot) -> None:
    photo, _, points = scratched()
    canvas = show(qtbot, photo, (900, 700))
    canvas.set_tool("follow")
    plain = grab(canvas)
    hover(canvas, points[30])
    qtbot.waitUntil(lambda: bool((grab(canvas) != plain).any()), timeout=20000)
    spot = at(canvas, points[70]).toPoint()
    shown = (grab(canvas) != plain).any(2)
    assert shown[spot.y() - 4 : spot.y() + 5, spot.x() - 4 : spot.x() + 5].any()
    assert not mask_of(canvas).any()
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    np.testing.assert_array_equal(grab(canvas), plain)


def test_click_without_a_line_says_so(qtbot) -> None:
    canvas = show(qtbot, np.full((300, 400), 128, np.uint8))
    canvas.set_tool("follow")
    with qtbot.waitSignal(canvas.hint) as said:
        click(canvas, (200, 150))
    assert "no line" in said.args[0] and history(canvas) == []


def test_click_drops_a_marked_region_and_takes_proposed_damage(canvas: Canvas) -> None:
    thin = np.zeros(GREY.shape, np.uint8)
    thin[100:104, 100:300] = 250
    thin[300:304, 100:300] = 250
    assert canvas.document is not None
    with canvas.document.edit("Find damage") as tx:
        tx.set("damage", DamageMap(thin, np.zeros_like(thin)))
        tx.set("mask_settings", MaskSettings())
        tx.patch("mask", Box(0, 0, *GREY.shape), np.where(thin > 0, np.uint8(255), np.uint8(0)))
    canvas.set_tool("region")
    click(canvas, (200.5, 102.5))
    mask = mask_of(canvas)
    assert (
        not mask[:200].any()
        and (mask[300:304, 100:300] == 255).all()
        and history(canvas)[-1] == "Drop region"
    )
    click(canvas, (150.5, 102.5))
    assert (mask_of(canvas)[100:104, 100:300] == 255).all() and history(canvas)[-1] == "Keep region"
    canvas.document.undo()
    assert not mask_of(canvas)[:200].any()
    steps = len(history(canvas))
    click(canvas, (600, 500))
    assert len(history(canvas)) == steps


@pytest.mark.parametrize("what", ["tool", "photograph"])
@pytest.mark.parametrize("pan", ["space", "middle"])
def test_a_polygon_ends_with_its_tool_and_its_photograph_even_during_a_pan(
    canvas: Canvas, what: str, pan: str
) -> None:
    canvas.set_tool("lasso")
    for corner in ((200, 200), (500, 200), (500, 400)):
        click(canvas, corner)
    if pan == "space":
        QTest.keyPress(canvas, Qt.Key.Key_Space)
    else:
        press(canvas, (300, 300), MIDDLE)
        move(canvas, (310, 300), MIDDLE)
    if what == "tool":
        canvas.set_tool("brush")
        canvas.set_tool("lasso")
    else:
        canvas.set_session(Session(Photo(GREY.copy())))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    release(canvas, (310, 300), MIDDLE)
    assert not canvas.tool.active
    key(canvas, Qt.Key.Key_Return)
    assert not mask_of(canvas).any()


def test_changing_the_tool_takes_an_unfinished_drag_back(canvas: Canvas) -> None:
    press(canvas, (100, 100))
    move(canvas, (200, 200))
    canvas.set_tool("eraser")
    assert history(canvas) == [] and not mask_of(canvas).any()
    release(canvas, (200, 200))
    with pytest.raises(KeyError):
        canvas.set_tool("hammer")
    assert list(canvas.tools) == [
        "pan", "brush", "eraser", "line", "lasso", "rectangle", "follow", "region", "protect",
    ]  # fmt: skip
    assert all(tool.title and tool.hint for tool in canvas.tools.values())
