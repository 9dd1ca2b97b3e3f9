from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from restorer.editing.brush import (
    Mark,
    Polygon,
    Rectangle,
    Stroke,
    StrokePoint,
    Sweep,
    merge,
    rectangle_between,
)
from restorer.tiles import Box

HEIGHT, WIDTH = 240, 320


def drawn(mark: Mark, mask: np.ndarray | None = None) -> np.ndarray:
    """A mask of 240 x 320 with a mark on it."""
    out = np.zeros((HEIGHT, WIDTH), np.uint8) if mask is None else mask.copy()
    for box, coverage in mark.patches():
        inner = box.grown(0, HEIGHT, WIDTH)
        if inner.height > 0 and inner.width > 0:
            out[inner.slices] = merge(out[inner.slices], coverage[inner.inside(box)], mark.mode)
    return out


def at(*points: tuple[float, float]) -> tuple[StrokePoint, ...]:
    return tuple(StrokePoint(x, y) for x, y in points)


def test_hard_dot_marks_exactly_the_pixels_whose_centre_it_covers() -> None:
    mask = drawn(Stroke(at((100.0, 80.0)), 41, 1.0))
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    distance = np.hypot(x - 100, y - 80)
    np.testing.assert_array_equal(mask >= 128, distance <= 20.5)
    assert (mask[distance < 19.9] == 255).all() and not mask[distance > 21.1].any()


@pytest.mark.parametrize("place", [(10.0, 10.0), (10.5, 10.5), (10.99, 10.01)])
def test_brush_of_one_pixel_marks_that_pixel_alone(place: tuple[float, float]) -> None:
    mask = drawn(Stroke(at(place), 1, 1.0))
    assert mask[10, 10] == 255 and np.count_nonzero(mask) == 1


def test_soft_brush_falls_off_evenly_from_the_middle() -> None:
    row = drawn(Stroke(at((100.5, 80.5)), 60, 0.0))[80].astype(int)
    assert row[100] == 255 and 110 < row[115] < 145 and row[129] < 12 and row[131] == 0
    assert (np.diff(row[100:132]) <= 0).all()


def test_hardness_moves_the_start_of_the_fall() -> None:
    half = drawn(Stroke(at((100.5, 80.5)), 60, 0.5))[80]
    assert half[114] == 255 and half[117] < 255 and half[131] == 0


def test_straight_line_is_as_wide_as_the_brush_everywhere() -> None:
    mask = drawn(Stroke(at((40.5, 100.5), (280.5, 100.5)), 21, 1.0, straight=True))
    assert ((mask[:, 45:275] >= 128).sum(0) == 21).all()
    assert not (mask[:, :30] >= 128).any() and not (mask[:, 291:] >= 128).any()


def test_fast_move_leaves_no_gaps_and_spacing_does_not_matter() -> None:
    few = drawn(Stroke(at((20, 30), (300, 200)), 9, 1.0))
    many = drawn(Stroke(at(*((20 + 280 * t, 30 + 170 * t) for t in np.linspace(0, 1, 57))), 9, 1.0))
    assert np.abs(few.astype(int) - many).max() <= 8
    assert ((few >= 128).sum(0)[25:295] > 0).all()


def test_curve_passes_smoothly_through_its_points() -> None:
    angles = np.linspace(0, np.pi, 5)
    points = [(160 + 80 * np.cos(a), 200 - 80 * np.sin(a)) for a in angles]
    mask = drawn(Stroke(at(*points), 5, 1.0)) >= 128
    assert all(mask[int(y), int(x)] for x, y in points)
    y, x = np.nonzero(mask)
    # Straight chords of 45 degrees would cut the circle 6 px inside.
    assert np.abs(np.hypot(x + 0.5 - 160, y + 0.5 - 200) - 80).max() < 9
    chords = drawn(Stroke(at(*points), 5, 1.0, straight=True)) >= 128
    y, x = np.nonzero(chords)
    assert (80 - np.hypot(x + 0.5 - 160, y + 0.5 - 200)).max() > 7
    assert np.count_nonzero(mask) > np.count_nonzero(chords)


def test_pressure_makes_the_line_thicker_along_its_way() -> None:
    points = (StrokePoint(40, 100, 0.1), StrokePoint(280, 100, 1.0))
    mask = drawn(Stroke(points, 40, 1.0)) >= 128
    thickness = mask.sum(0)
    assert 6 <= thickness[60] <= 10 and 31 <= thickness[240] <= 37
    assert (np.diff(thickness[50:270].astype(int)) >= 0).all()


def test_tilt_stretches_the_tip_in_its_direction() -> None:
    mask = drawn(Stroke((StrokePoint(150, 120, tilt_x=60.0),), 40, 1.0)) >= 128
    assert mask.any(0).sum() in range(78, 83) and mask.any(1).sum() in range(39, 42)
    upright = drawn(Stroke((StrokePoint(150, 120, tilt_y=60.0),), 40, 1.0)) >= 128
    assert upright.any(0).sum() in range(39, 42) and upright.any(1).sum() in range(78, 83)


def test_erasing_takes_away_what_painting_put_there() -> None:
    points = at((50, 60), (200, 180))
    painted = drawn(Stroke(points, 25, 1.0))
    assert painted.any()
    left = drawn(Stroke(points, 25, 1.0, "erase"), painted)
    assert not (left >= 128).any()
    half = drawn(Stroke(at((50, 60)), 25, 1.0, "erase"), np.full((HEIGHT, WIDTH), 255, np.uint8))
    assert half[60, 50] == 0 and half[60, 80] == 255


def test_long_diagonal_is_drawn_in_small_pieces() -> None:
    stroke = Stroke(at((0, 0), (9000, 7000)), 12, 1.0, straight=True)
    boxes = [box for box, _ in stroke.patches()]
    assert max(b.height * b.width for b in boxes) < 300 * 300
    assert sum(b.height * b.width for b in boxes) < 3_000_000


def test_live_pieces_are_those_of_the_replay() -> None:
    points = at((10, 10), (40, 90), (150, 120), (160, 30), (300, 200))
    sweep = Sweep(14, 0.5)
    live = [patch for point in points for patch in sweep.add(point)]
    replayed = list(Stroke(points, 14, 0.5).patches())
    assert [box for box, _ in live] == [box for box, _ in replayed]
    for (_, a), (_, b) in zip(live, replayed, strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(
        st.tuples(st.floats(-50, 400), st.floats(-50, 300), st.floats(0, 1), st.floats(-70, 70)),
        min_size=1,
        max_size=6,
    ),
    size=st.floats(1, 120),
    hardness=st.floats(0, 1),
)
def test_every_stroke_covers_its_points_and_stays_within_reach(
    points: list[tuple[float, float, float, float]], size: float, hardness: float
) -> None:
    stroke = Stroke(tuple(StrokePoint(x, y, p, t, -t / 2) for x, y, p, t in points), size, hardness)
    mask = drawn(stroke)
    for x, y, pressure, _ in points:
        if 0 <= x < WIDTH and 0 <= y < HEIGHT and (pressure * size >= 4 or pressure * size < 2):
            assert mask[int(y), int(x)] >= 128
    # A curve of n points stays within its hull, enlarged by the tip and the bulge of the curve.
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    spread = max(max(xs) - min(xs), max(ys) - min(ys))
    reach = size + 2 + 0.6 * spread
    rows, columns = np.nonzero(mask)
    if len(rows):
        assert rows.min() >= min(ys) - reach and rows.max() <= max(ys) + reach
        assert columns.min() >= min(xs) - reach and columns.max() <= max(xs) + reach


def test_polygon_fills_its_inside() -> None:
    mask = drawn(Polygon(((50.0, 40.0), (150.0, 40.0), (150.0, 140.0), (50.0, 140.0))))
    assert (mask[41:139, 51:149] == 255).all()
    assert not mask[:39].any() and not mask[142:].any() and not mask[:, :49].any() and not mask[:, 152:].any()


def test_polygon_that_crosses_itself_leaves_the_middle_out() -> None:
    bow = drawn(Polygon(((50.0, 50.0), (150.0, 150.0), (150.0, 50.0), (50.0, 150.0))))
    assert bow[100, 60] == 255 and bow[100, 140] == 255 and bow[60, 100] == 0


def test_polygon_over_many_bands_has_no_seams() -> None:
    tall = Polygon(((10.0, -900.0), (200.0, -900.0), (200.0, 900.0), (10.0, 900.0)))
    mask = drawn(tall)
    assert (mask[:, 12:198] == 255).all()


@pytest.mark.parametrize(
    "mark",
    [
        Stroke(at((-500.0, 100.0), (20.0, 90.0), (300.0, 900.0), (5000.0, 40.0)), 30, 0.5),
        Stroke(at((-900.0, -700.0), (60_000.0, 60_000.0)), 60, 1.0, straight=True),
        Polygon(((-40_000.5, 10.0), (200.0, -30_000.0), (90_000.0, 50_000.0))),
        Rectangle(Box(-70_000, 100, 80_000, 90_000)),
    ],
    ids=["curve", "line", "polygon", "rectangle"],
)
def test_what_lies_outside_of_the_picture_is_not_drawn(mark: Mark) -> None:
    patches = list(mark.patches(Box(0, 0, HEIGHT, WIDTH)))
    inside = [box.grown(0, HEIGHT, WIDTH) for box, _ in patches]
    assert all(box.height > 0 and box.width > 0 for box in inside)
    assert sum(coverage.size for _, coverage in patches) < 40 * HEIGHT * WIDTH
    clipped = np.zeros((HEIGHT, WIDTH), np.uint8)
    for (box, coverage), inner in zip(patches, inside, strict=True):
        clipped[inner.slices] = merge(clipped[inner.slices], coverage[inner.inside(box)], "add")
    assert clipped.any()
    if not isinstance(mark, Polygon | Rectangle):  # these would take gigabytes
        np.testing.assert_array_equal(clipped, drawn(mark))


def test_a_polygon_that_is_cut_off_at_the_picture_keeps_its_inside() -> None:
    mark = Polygon(((-40.0, 20.0), (500.0, -30.0), (280.0, 300.0), (10.0, 260.0)))
    clipped = np.zeros((HEIGHT, WIDTH), np.uint8)
    for box, coverage in mark.patches(Box(0, 0, HEIGHT, WIDTH)):
        clipped[box.slices] = coverage
    assert (clipped != drawn(mark)).mean() < 0.002  # OpenCV rounds an outline anew where it cuts it off


def test_two_corners_are_no_polygon() -> None:
    assert list(Polygon(((1.0, 1.0), (5.0, 5.0))).patches()) == []


@pytest.mark.parametrize("corners", [(10.2, 20.9, 30.1, 25.0), (30.1, 25.0, 10.2, 20.9)])
def test_rectangle_takes_every_pixel_it_touches(corners: tuple[float, float, float, float]) -> None:
    rectangle = rectangle_between(*corners)
    assert rectangle == Rectangle(Box(20, 10, 26, 31))
    mask = drawn(rectangle)
    assert mask.sum() == 255 * 6 * 21 and mask[20, 10] == 255 and mask[25, 30] == 255
