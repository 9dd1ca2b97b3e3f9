from __future__ import annotations

import cv2
import numpy as np
import pytest

from restorer.editing.brush import merge
from restorer.editing.trace import Trace, Tracer
from restorer.tiles import Box
from tests.conftest import smooth_photo

HEIGHT, WIDTH = 600, 1000


def scratched(
    contrast: float, width: int = 2, seed: int = 1, gaps: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photograph, where the scratch is, and points on its middle."""
    t = np.linspace(0, 1, 500)
    points = np.stack([50 + 900 * t, 120 + 320 * t + 40 * np.sin(6 * t + seed)], 1)
    line = np.zeros((HEIGHT, WIDTH), np.uint8)
    parts = np.array_split(points, 60)
    for i, part in enumerate(parts):
        if not (gaps and i % 4 == 3):
            end = parts[i + 1][:1] if i + 1 < len(parts) else part[-1:]
            whole = np.rint(np.concatenate([part, end]) * 16).astype(np.int32)
            cv2.polylines(line, [whole], False, 255, width, cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(line, (0, 0), 0.6)[..., None] / 255.0
    photo = np.clip(smooth_photo(HEIGHT, WIDTH, seed) + soft * contrast, 0, 255).astype(np.uint8)
    return photo, line > 100, points


def tracer(photo: np.ndarray, found: np.ndarray | None = None) -> Tracer:
    thin = (lambda box: found[box.slices]) if found is not None else None
    return Tracer(lambda box: photo[box.slices], *photo.shape[:2], thin)


def covered(trace: Trace) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for box, coverage in trace.stroke().patches():
        inner = box.grown(0, HEIGHT, WIDTH)
        if inner.height > 0 and inner.width > 0:
            mask[inner.slices] = merge(mask[inner.slices], coverage[inner.inside(box)], "add")
    return mask >= 128


def check(trace: Trace | None, line: np.ndarray) -> None:
    assert trace is not None
    taken = covered(trace)
    assert (taken & line).sum() >= 0.95 * line.sum()
    near = cv2.dilate(line.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert (taken & ~near).sum() <= 0.15 * line.sum()


@pytest.mark.parametrize("contrast", [80, 35, -45])
@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("click", [60, 430])
def test_one_click_takes_the_whole_scratch_and_little_else(contrast: float, width: int, click: int) -> None:
    photo, line, points = scratched(contrast, width)
    x, y = points[click]
    check(tracer(photo).follow(x + 2, y - 2), line)


def test_sixteen_bits_and_grey_are_followed_alike() -> None:
    photo, line, points = scratched(60)
    deep = photo[..., 0].astype(np.uint16) * 257
    check(tracer(deep).follow(*points[200]), line)


def test_gaps_are_bridged() -> None:
    photo, line, points = scratched(80, 3, gaps=True)
    trace = tracer(photo).follow(*points[230])
    assert trace is not None
    assert (covered(trace) & line).sum() >= 0.95 * line.sum()


def test_what_the_detector_found_is_followed_where_the_picture_shows_little() -> None:
    photo, line, points = scratched(0)
    found = cv2.GaussianBlur(line.astype(np.uint8) * 255, (0, 0), 0.7)
    assert (
        tracer(photo).follow(*points[200]) is None
        or not (
            covered(tracer(photo).follow(*points[200])) & line  # type: ignore[arg-type]
        ).sum()
        >= 0.5 * line.sum()
    )
    check(tracer(photo, found).follow(*points[200]), line)


def test_nothing_is_found_on_a_smooth_wall() -> None:
    wall = np.clip(np.random.default_rng(3).normal(120, 3, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
    for x, y in ((500, 300), (100, 100), (900, 550)):
        trace = tracer(wall).follow(x, y)
        assert trace is None or trace.length < 60


def test_a_click_far_from_the_line_finds_nothing_and_reach_decides() -> None:
    photo, line, points = scratched(80, 3)
    x, y = points[150]
    near = tracer(photo).follow(x, y - 14, reach_px=4)
    assert near is None or not (covered(near) & line).any()
    check(tracer(photo).follow(x, y - 14, reach_px=20), line)


def test_outside_of_the_picture_is_nothing() -> None:
    photo, _, _ = scratched(80)
    assert tracer(photo).follow(-1, 50) is None and tracer(photo).follow(50, HEIGHT) is None


def test_only_tiles_near_the_line_are_read() -> None:
    photo, _, points = scratched(80, 3)
    big = np.full((6000, 9000, 3), 120, np.uint8)
    big[2000 : 2000 + HEIGHT, 3000 : 3000 + WIDTH] = photo
    touched: list[Box] = []

    def read(box: Box) -> np.ndarray:
        touched.append(box)
        return big[box.slices]

    trace = Tracer(read, *big.shape[:2]).follow(points[100][0] + 3000, points[100][1] + 2000)
    assert trace is not None and trace.length > 850
    assert sum(b.height * b.width for b in touched) < 0.1 * big.shape[0] * big.shape[1]


def test_width_of_the_stroke_follows_the_width_of_the_scratch() -> None:
    thin, _, points = scratched(80, 1)
    thick, _, _ = scratched(80, 9)
    a, b = tracer(thin).follow(*points[200]), tracer(thick).follow(*points[200])
    assert a is not None and b is not None
    assert 2.5 <= np.median(a.widths) <= 6 and 9 <= np.median(b.widths) <= 15
    stroke = a.stroke("erase")
    assert stroke.mode == "erase" and stroke.straight and stroke.size == pytest.approx(a.widths.max())
