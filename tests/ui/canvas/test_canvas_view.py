from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QColorSpace, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.editing.surface import Mips, Surface
from restorer.tiles import Box
from tests.conftest import smooth_photo
from tests.ui.canvas.support import (
    CTRL,
    MIDDLE,
    PLAIN,
    SHIFT,
    at,
    drag,
    grab,
    hover,
    key,
    settle,
    show,
    wheel,
)
from ui.canvas.canvas import Canvas
from ui.canvas.display import Display


def shown_part(canvas: Canvas, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is painted at 100 %, and what should be, where the picture is."""
    corner = canvas.viewport.to_widget(0, 0).toPoint()
    x0, y0 = max(corner.x(), 0), max(corner.y(), 0)
    x1 = min(corner.x() + pixels.shape[1], canvas.width())
    y1 = min(corner.y() + pixels.shape[0], canvas.height())
    part = pixels[y0 - corner.y() : y1 - corner.y(), x0 - corner.x() : x1 - corner.x()]
    return grab(canvas)[y0:y1, x0:x1], part


def test_every_pixel_at_100_percent_is_that_of_the_photograph(qtbot) -> None:
    photo = smooth_photo(900, 1300)
    canvas = show(qtbot, photo)
    canvas.actual_size()
    for centre in ((400, 300), (900, 700), (1299, 899), (3, 5)):
        canvas.look_at(*centre)
        seen, expected = shown_part(canvas, photo)
        np.testing.assert_array_equal(seen, expected)


def test_sixteen_bits_are_rounded_not_cut(qtbot) -> None:
    deep = np.random.default_rng(2).integers(0, 65536, (300, 400, 3), dtype=np.uint16)
    canvas = show(qtbot, deep)
    assert canvas.zoom == 1
    seen, expected = shown_part(canvas, np.rint(deep / 257.0).astype(np.uint8))
    np.testing.assert_array_equal(seen, expected)


def test_grey_is_shown_as_grey(qtbot) -> None:
    grey = smooth_photo(200, 300)[..., 1].copy()
    canvas = show(qtbot, grey)
    seen, expected = shown_part(canvas, np.repeat(grey[..., None], 3, 2))
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_of_a_wide_profile_are_brought_to_srgb(qtbot, dtype: type) -> None:
    icc = bytes(QColorSpace(QColorSpace.NamedColorSpace.AdobeRgb).iccProfile().data())
    photo = np.random.default_rng(5).integers(40, 200, (64, 80, 3), dtype=np.uint8)
    given = photo if dtype == np.uint8 else photo.astype(np.uint16) * 257
    canvas = show(qtbot, given, icc=icc)
    profile = ImageCms.ImageCmsProfile(__import__("io").BytesIO(icc))
    expected = ImageCms.profileToProfile(
        Image.fromarray(photo), profile, ImageCms.createProfile("sRGB"), renderingIntent=1
    )
    seen, wanted = shown_part(canvas, np.asarray(expected))
    assert np.abs(seen.astype(int) - wanted).max() <= 3
    assert np.abs(seen.astype(int) - photo).max() > 10


def test_profile_that_cannot_be_read_is_taken_for_srgb() -> None:
    tile = smooth_photo(20, 30)
    shown = Display(b"no profile at all").convert(tile)
    np.testing.assert_array_equal(shown[..., 2::-1], tile)


def test_grey_profile_with_linear_values_is_shown_lighter() -> None:
    linear = QColorSpace(QPointF(0.3127, 0.3290), QColorSpace.TransferFunction.Linear)
    icc = bytes(linear.iccProfile().data())
    shown = Display(icc, grey=True).convert(np.array([[0, 55, 255]], np.uint8))
    assert abs(int(shown[0, 1, 0]) - 128) <= 2 and shown[0, 0, 0] == 0 and shown[0, 2, 0] == 255


def test_above_200_percent_single_pixels_are_squares(qtbot) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    canvas = show(qtbot, photo)
    canvas.set_zoom(8)
    image = grab(canvas)
    for y, x in ((20, 20), (14, 25), (25, 12)):
        middle = at(canvas, (x + 0.5, y + 0.5)).toPoint()
        patch = image[middle.y() - 3 : middle.y() + 3, middle.x() - 3 : middle.x() + 3]
        assert (patch == photo[y, x]).all()


def test_reduced_view_shows_the_mean_of_what_it_covers(qtbot) -> None:
    rng = np.random.default_rng(4)
    photo = rng.integers(0, 256, (1200, 1600, 3), dtype=np.uint8)
    canvas = show(qtbot, photo, (500, 400))
    canvas.set_zoom(0.25)
    canvas.look_at(800, 600)
    image = grab(canvas)
    corner = at(canvas, (400, 400)).toPoint()
    expected = Mips().tile(Surface.from_array(photo), 2, (0, 0))
    assert expected is not None
    seen = image[corner.y() : corner.y() + 50, corner.x() : corner.x() + 50].astype(int)
    assert np.abs(seen - expected[100:150, 100:150]).max() <= 2


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turned_by_quarters_every_pixel_is_at_its_place(qtbot, angle: int) -> None:
    photo = smooth_photo(260, 360)
    canvas = show(qtbot, photo)
    canvas.rotate_view(angle)
    canvas.actual_size()
    turned = np.rot90(photo, -angle // 90)
    image = grab(canvas)
    rect = canvas.viewport.to_widget_rect(Box(0, 0, 260, 360)).toRect()
    np.testing.assert_array_equal(
        image[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1], turned
    )


def test_free_rotation_shows_the_right_pixel_under_the_pointer(qtbot) -> None:
    photo = np.zeros((200, 300, 3), np.uint8)
    photo[40:60, 240:260] = (10, 200, 30)
    canvas = show(qtbot, photo)
    canvas.rotate_view(33.0)
    image = grab(canvas)
    spot = at(canvas, (250, 50)).toPoint()
    other = at(canvas, (220, 50)).toPoint()
    assert tuple(image[spot.y(), spot.x()]) == (10, 200, 30)
    assert tuple(image[other.y(), other.x()]) == (0, 0, 0)
    canvas.reset_rotation()
    assert canvas.view.angle == 0


def test_wheel_zooms_at_the_pointer_from_1_to_3200_percent(qtbot) -> None:
    canvas = show(qtbot, np.zeros((3000, 4000), np.uint8))
    told: list[float] = []
    canvas.zoom_changed.connect(told.append)
    place = (1234.0, 987.0)
    before = at(canvas, place)
    wheel(canvas, 3, place)
    after = at(canvas, place)
    assert (after - before).manhattanLength() <= 3 and canvas.zoom == pytest.approx(told[-1])
    for _ in range(60):
        wheel(canvas, 1, place)
    assert canvas.zoom == 32
    for _ in range(120):
        wheel(canvas, -1)
    assert canvas.zoom == 0.01


def test_wheel_with_keys_changes_the_brush(qtbot) -> None:
    canvas = show(qtbot, np.zeros((300, 400), np.uint8))
    canvas.brush_size, canvas.brush_hardness = 100, 0.5
    zoom = canvas.zoom
    wheel(canvas, 1, held=CTRL)
    assert canvas.brush_size == 115
    wheel(canvas, -1, held=CTRL)
    assert canvas.brush_size == 100
    wheel(canvas, 1, held=SHIFT)
    assert canvas.brush_hardness == pytest.approx(0.6) and canvas.zoom == zoom
    for _ in range(60):
        wheel(canvas, -1, held=CTRL)
    assert canvas.brush_size == 1
    for _ in range(99):
        wheel(canvas, 1, held=CTRL)
    assert canvas.brush_size == 500


def test_fingers_put_on_a_touch_pad_change_nothing(qtbot) -> None:
    canvas = show(qtbot, np.full((300, 400), 120, np.uint8))
    canvas.brush_size = 10
    for held in (PLAIN, CTRL, SHIFT):
        wheel(canvas, 0, (100, 100), held)
    assert canvas.brush_size == 10
    canvas.resize(200, 150)
    assert canvas.visible_box() == Box(0, 0, 300, 400)  # still fitted


def test_middle_button_space_and_arrows_pan(qtbot) -> None:
    canvas = show(qtbot, smooth_photo(2000, 3000))
    canvas.set_zoom(1.0)
    spot = at(canvas, (1500, 1000))
    drag(canvas, [(1500, 1000), (1560, 1030)], button=MIDDLE)
    assert at(canvas, (1500, 1000)) - spot == QPointF(60, 30)
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    drag(canvas, [(1500, 1000), (1480, 990)])
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert at(canvas, (1500, 1000)) - spot == QPointF(40, 20)
    assert canvas.document is not None and canvas.document.history == []
    key(canvas, Qt.Key.Key_Right)
    assert (at(canvas, (1500, 1000)) - spot).x() == 40 - 64


def test_fit_follows_the_size_of_the_window_until_one_zooms(qtbot) -> None:
    canvas = show(qtbot, smooth_photo(1000, 2000), (600, 400))
    first = canvas.zoom
    canvas.resize(1000, 600)
    QApplication.processEvents()
    assert canvas.zoom == pytest.approx((1000 - 32) / 2000) and canvas.zoom > first
    canvas.set_zoom(0.3)
    canvas.resize(600, 400)
    QApplication.processEvents()
    assert canvas.zoom == 0.3
    canvas.fit()
    assert canvas.zoom == first


def test_center_on_brings_a_place_into_view_and_zooms_out_if_need_be(qtbot) -> None:
    canvas = show(qtbot, smooth_photo(3000, 4000))
    canvas.set_zoom(4)
    canvas.center_on(Box(100, 200, 140, 260))
    seen = canvas.visible_box()
    assert canvas.zoom == 4 and seen.y0 <= 100 and seen.x1 >= 260
    canvas.fit()
    canvas.center_on(Box(100, 200, 140, 260))
    assert canvas.zoom == 1  # a small place is of no use at the zoom of the whole picture
    canvas.center_on(Box(0, 0, 3000, 4000))
    assert canvas.zoom < 0.2 and canvas.visible_box() == Box(0, 0, 3000, 4000)


def test_position_of_the_pointer_is_told_in_picture_pixels(qtbot) -> None:
    canvas = show(qtbot, smooth_photo(300, 400))
    told: list[object] = []
    canvas.cursor_moved.connect(told.append)
    hover(canvas, (120.5, 33.5))
    hover(canvas, (-5, 33))
    assert told == [(120, 33), None]
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert told[-1] is None


def test_brush_circle_has_its_real_size_and_follows_the_pointer(qtbot) -> None:
    canvas = show(qtbot, np.full((300, 400), 128, np.uint8))
    canvas.brush_size = 80
    canvas.set_zoom(1.0)
    plain = grab(canvas)
    hover(canvas, (200, 150))
    circle = (grab(canvas) != plain).any(2)
    rows, columns = np.nonzero(circle)
    assert abs(rows.max() - rows.min() - 80) <= 4 and abs(columns.max() - columns.min() - 80) <= 4
    canvas.set_zoom(2.0, at(canvas, (200, 150)))
    hover(canvas, (200, 150))
    plain = grab(canvas)[..., 0] != 128
    spot = at(canvas, (200, 150)).toPoint()
    assert plain[spot.y(), spot.x() - 84 : spot.x() - 76].any() and not plain[spot.y(), spot.x() - 60]
    hover(canvas, (5, 5))
    settle(canvas)
    assert not (grab(canvas)[spot.y() - 90 : spot.y() + 90, spot.x() + 60 : spot.x() + 90, 0] != 128).any()


def test_high_dpi_shows_a_picture_pixel_as_a_device_pixel(qtbot, monkeypatch) -> None:
    photo = smooth_photo(300, 400)
    canvas = show(qtbot, photo)
    monkeypatch.setattr(Canvas, "devicePixelRatioF", lambda self: 2.0)
    canvas.actual_size()
    assert canvas.zoom == 1
    a, b = at(canvas, (100, 100)), at(canvas, (200, 100))
    assert b.x() - a.x() == pytest.approx(50)


def test_no_session_shows_an_empty_canvas_and_takes_events(qtbot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    canvas.show()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    wheel(canvas, 1, None)
    canvas.fit()
    image = grab(canvas)
    assert (image == image[0, 0]).all() and canvas.visible_box() == Box(0, 0, 0, 0)


def test_overlay_colour_and_opacity_are_those_that_are_set(qtbot) -> None:
    canvas = show(qtbot, np.full((200, 300, 3), 100, np.uint8))
    assert canvas.document is not None
    with canvas.document.edit("Mark") as tx:
        tx.patch("mask", Box(50, 50, 100, 100), np.full((50, 50), 255, np.uint8))
    spot = at(canvas, (75, 75)).toPoint()
    canvas.overlay_colour, canvas.overlay_opacity = QColor(200, 0, 50), 0.5
    assert np.abs(grab(canvas)[spot.y(), spot.x()].astype(int) - (150, 50, 75)).max() <= 1
    canvas.overlay_opacity = 1.0
    assert tuple(grab(canvas)[spot.y(), spot.x()]) == (200, 0, 50)
    canvas.show_overlay = False
    assert tuple(grab(canvas)[spot.y(), spot.x()]) == (100, 100, 100)


def test_looking_closely_keeps_no_more_at_hand_than_is_near(qtbot) -> None:
    """Every change of a mask is blended into all that is assembled."""
    photo = smooth_photo(1600, 2000)
    canvas = show(qtbot, photo, (1200, 900))
    assert canvas.scene is not None
    canvas.actual_size()
    canvas.look_at(1000, 800)
    seen, expected = shown_part(canvas, photo)
    canvas.set_zoom(8.0)
    close = grab(canvas)
    area = canvas.scene.after.area
    assert max(area.height, area.width) < 700
    canvas.set_zoom(1.0)
    np.testing.assert_array_equal(shown_part(canvas, photo)[0], expected)
    canvas.set_zoom(8.0)
    canvas.pan_by(QPointF(900, 700))
    canvas.pan_by(QPointF(-900, -700))
    np.testing.assert_array_equal(grab(canvas), close)
    np.testing.assert_array_equal(seen, expected)


def test_who_comes_by_keys_sees_that_the_canvas_has_the_focus(qtbot) -> None:
    canvas = show(qtbot, smooth_photo(300, 400))
    before = grab(canvas)

    def focus(kind: QEvent.Type, reason: Qt.FocusReason) -> np.ndarray:
        QApplication.sendEvent(canvas, QFocusEvent(kind, reason))
        return grab(canvas)

    np.testing.assert_array_equal(focus(QEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason), before)
    ringed = focus(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
    np.testing.assert_array_equal(ringed[4:-4, 4:-4], before[4:-4, 4:-4])
    for side in (ringed, ringed[::-1], ringed.swapaxes(0, 1), ringed.swapaxes(0, 1)[::-1]):
        outer, inner = side[0, 5:-5], side[3, 5:-5]
        assert (outer == outer[0]).all() and (outer[0] != 255).any() and (inner == 255).all()
    np.testing.assert_array_equal(focus(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason), before)
