from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st
from PySide6.QtCore import QPointF, QRectF

from restorer.tiles import Box
from ui.canvas.viewport import View, Viewport, clamped, fitted, level_for, moved, turned_at, zoomed_at

PANE = QRectF(0, 0, 800, 600)
zooms = st.floats(0.01, 32)
angles = st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.99))
places = st.tuples(st.floats(0, 9000), st.floats(0, 7000))
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])
views = st.builds(View, places, zooms, angles)
points = st.builds(QPointF, st.floats(0, 800), st.floats(0, 600))


@given(views, ratios, places)
def test_to_the_widget_and_back(view: View, ratio: float, place: tuple[float, float]) -> None:
    viewport = Viewport(view, PANE, ratio)
    x, y = viewport.to_image(viewport.to_widget(*place))
    assert x == pytest.approx(place[0], abs=1e-6) and y == pytest.approx(place[1], abs=1e-6)


@given(views, ratios, places)
def test_transform_for_painting_agrees_with_the_points(view: View, ratio: float, place: tuple) -> None:
    viewport = Viewport(view, PANE, ratio)
    mapped = viewport.transform(4).map(QPointF(place[0] / 4, place[1] / 4))
    expected = viewport.to_widget(*place)
    assert math.hypot(mapped.x() - expected.x(), mapped.y() - expected.y()) < 1e-3 * max(1, view.zoom)


@given(views, ratios, zooms, points)
def test_what_is_under_the_pointer_stays_there_when_zooming(
    view: View, ratio: float, zoom: float, at: QPointF
) -> None:
    before = Viewport(view, PANE, ratio)
    place = before.to_image(at)
    after = Viewport(zoomed_at(before, zoom, at), PANE, ratio)
    shown = after.to_widget(*place)
    # Upright pictures lie on whole device pixels, before and after.
    assert math.hypot(shown.x() - at.x(), shown.y() - at.y()) <= 2 * (1 + zoom / view.zoom) / ratio


@given(views, st.floats(-180, 180), points)
def test_what_is_under_the_pointer_stays_there_when_turning(view: View, by: float, at: QPointF) -> None:
    before = Viewport(view, PANE)
    place = before.to_image(at)
    shown = Viewport(turned_at(before, by, at), PANE).to_widget(*place)
    assert math.hypot(shown.x() - at.x(), shown.y() - at.y()) <= 3


@given(views, st.floats(-300, 300), st.floats(-300, 300))
def test_dragging_moves_the_picture_with_the_pointer(view: View, dx: float, dy: float) -> None:
    before = Viewport(view, PANE)
    after = Viewport(moved(before, QPointF(dx, dy)), PANE)
    a, b = before.to_widget(100, 50), after.to_widget(100, 50)
    assert abs(b.x() - a.x() - dx) <= 1.01 and abs(b.y() - a.y() - dy) <= 1.01


@given(st.integers(1, 20000), st.integers(1, 20000), angles, ratios)
def test_a_fitted_picture_lies_inside_the_pane(height: int, width: int, angle: float, ratio: float) -> None:
    view = fitted(height, width, angle, PANE, ratio)
    rect = Viewport(view, PANE, ratio).to_widget_rect(Box(0, 0, height, width))
    assert view.zoom <= 1
    if view.zoom > 0.01:
        assert PANE.adjusted(-1, -1, 1, 1).contains(rect)


@given(views, st.integers(1, 9000), st.integers(1, 9000))
def test_what_is_visible_covers_every_corner_that_shows_the_picture(
    view: View, height: int, width: int
) -> None:
    viewport = Viewport(clamped(view, height, width), PANE)
    seen = viewport.visible(height, width)
    assert 0 <= seen.y0 <= seen.y1 <= height and 0 <= seen.x0 <= seen.x1 <= width
    for corner in (QPointF(0, 0), QPointF(800, 0), QPointF(0, 600), QPointF(800, 600), QPointF(400, 300)):
        x, y = viewport.to_image(corner)
        if 0 <= x < width and 0 <= y < height:
            assert seen.x0 <= x <= seen.x1 and seen.y0 <= y <= seen.y1


@pytest.mark.parametrize(
    ("zoom", "level"), [(32, 0), (1, 0), (0.99, 0), (0.5, 1), (0.49, 1), (0.25, 2), (0.1, 3), (0.01, 6)]
)
def test_level_has_at_least_a_pixel_for_every_device_pixel(zoom: float, level: int) -> None:
    assert level_for(zoom) == level
    assert zoom * 2**level <= 1 or level == 0


def test_a_picture_cannot_get_lost() -> None:
    assert clamped(View((-500, 9e9), 900, 725), 100, 200) == View((0, 100), 32, 5)
