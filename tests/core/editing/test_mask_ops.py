from __future__ import annotations

import cv2
import numpy as np
import pytest

from restorer.editing.mask import DamageMap, MaskSettings, cut_mask
from restorer.editing.mask_ops import (
    cleared,
    grown,
    inverted,
    marked_region,
    marked_share,
    proposed_region,
    reach_for,
    shrunk,
    without,
)
from restorer.editing.surface import TILE, Surface
from restorer.tiles import Box


def surface_with(*boxes: Box, height: int = 1100, width: int = 1300) -> Surface:
    surface = Surface(height, width)
    for box in boxes:
        surface.patch(box, np.full((box.height, box.width), 255, np.uint8))
    return surface


def disc_grown(mask: np.ndarray, radius: int) -> np.ndarray:
    """Brute force: every marked pixel spreads to all at most `radius` away."""
    out = np.zeros_like(mask)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dy * dy + dx * dx <= radius * radius:
                ys, yt = max(0, -dy), max(0, dy)
                xs, xt = max(0, -dx), max(0, dx)
                h, w = mask.shape[0] - abs(dy), mask.shape[1] - abs(dx)
                out[yt : yt + h, xt : xt + w] |= mask[ys : ys + h, xs : xs + w]
    return out


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_growing_is_the_same_as_over_the_whole_picture_at_once(radius: int) -> None:
    surface = surface_with(Box(505, 505, 520, 516), Box(0, 0, 2, 3), Box(1099, 1299, 1100, 1300))
    expected = disc_grown(surface.to_array() >= 128, radius)
    np.testing.assert_array_equal(grown(surface, radius).to_array() >= 128, expected)


def test_growing_keeps_soft_values_and_leaves_the_original_alone() -> None:
    surface = surface_with(Box(100, 100, 110, 110))
    surface.patch(Box(300, 300, 301, 301), np.full((1, 1), 90, np.uint8))
    wide = grown(surface, 2).to_array()
    assert wide[300, 300] == 90 and wide[98, 105] == 255
    assert surface.to_array()[98, 105] == 0
    assert grown(surface, 0).changes_from(surface) == set()


def test_shrinking_is_growing_of_the_rest_and_spares_the_border() -> None:
    surface = surface_with(Box(0, 0, 40, 40), Box(500, 500, 530, 540))
    small = shrunk(surface, 3).to_array() >= 128
    expected = ~disc_grown(~(surface.to_array() >= 128), 3)
    np.testing.assert_array_equal(small, expected)
    assert small[0, 0] and small[36, 36] and not small[37, 20]
    assert small[503, 503] and not small[502, 520]


def test_inverting_twice_gives_the_mask_back_and_full_tiles_share_memory() -> None:
    surface = surface_with(Box(10, 10, 20, 600), height=4 * TILE, width=4 * TILE)
    other = inverted(surface)
    np.testing.assert_array_equal(other.to_array(), 255 - surface.to_array())
    assert other.tile((2, 2)) is other.tile((3, 3))
    back = inverted(other)
    np.testing.assert_array_equal(back.to_array(), surface.to_array())
    assert back.keys() == surface.keys()


def test_cleared_and_protected() -> None:
    surface = surface_with(Box(10, 10, 30, 30))
    assert cleared(surface).keys() == set()
    left = without(surface, surface_with(Box(0, 0, 20, 1300))).to_array()
    assert not left[:20].any() and (left[20:30, 10:30] == 255).all()
    assert marked_share(surface) == 400 / (1100 * 1300)


def test_region_under_a_click_is_found_with_all_its_neighbours() -> None:
    surface = surface_with(Box(100, 100, 110, 130), Box(110, 130, 115, 140), Box(100, 145, 110, 150))
    found = marked_region(surface, 105, 103)
    assert found is not None
    box, pixels = found
    assert box == Box(100, 100, 115, 140)  # joined at the corner only
    assert pixels.sum() == 10 * 30 + 5 * 10
    assert marked_region(surface, 600, 600) is None


def test_region_larger_than_the_first_window_is_found_whole() -> None:
    surface = surface_with(Box(50, 20, 54, 1280), Box(50, 1276, 1090, 1280), Box(700, 20, 704, 30))
    found = marked_region(surface, 30, 52)
    assert found is not None and found[0] == Box(50, 20, 1090, 1280)
    assert found[1].sum() == 4 * 1260 + 1036 * 4


def test_click_beside_a_region_takes_the_nearest_within_reach() -> None:
    surface = surface_with(Box(100, 100, 110, 110), Box(100, 118, 110, 125))
    found = marked_region(surface, 112, 105, reach_px=8)
    assert found is not None and found[0].x0 == 100
    assert marked_region(surface, 114, 95, reach_px=2) is None
    assert reach_for(1.0) == 5 and reach_for(10) == 1 and reach_for(0.01) == 40


def test_proposed_region_needs_more_sensitivity_for_fainter_damage() -> None:
    thin = np.zeros((700, 900), np.uint8)
    thin[300:303, 200:420] = 250
    thin[500:503, 200:420] = 110
    found = DamageMap(thin, np.zeros_like(thin))
    clear = proposed_region(found, MaskSettings(), 300, 301)
    assert clear is not None and clear[0] == Box(300, 200, 303, 420) and clear[1].all()
    faint = proposed_region(found, MaskSettings(), 300, 501)
    assert faint is not None and faint[0] == Box(500, 200, 503, 420)
    assert proposed_region(found, MaskSettings(), 300, 100) is None


def test_a_click_takes_the_region_that_is_shown() -> None:
    rng = np.random.default_rng(3)
    plane = np.zeros((700, 700), np.float32)
    for _ in range(60):
        start = rng.integers(0, 700, 2)
        ends = [tuple(map(int, end)) for end in (start, start + rng.integers(-150, 150, 2))]
        cv2.line(plane, *ends, float(rng.uniform(40, 255)), int(rng.integers(1, 4)), cv2.LINE_AA)
    thin = np.clip(plane + rng.uniform(0, 25, plane.shape), 0, 255).astype(np.uint8)
    found = DamageMap(thin, np.zeros_like(thin))
    _, labels = cv2.connectedComponents(cut_mask(found, settings=MaskSettings(smallest_px=1)).view(np.uint8))
    same = []
    for label in range(1, labels.max() + 1):
        y, x = np.argwhere(labels == label)[0]
        region = proposed_region(found, MaskSettings(), int(x), int(y), 0)
        taken = np.zeros(labels.shape, bool)
        if region is not None:
            taken[region[0].slices] = region[1]
        same.append(np.array_equal(taken, labels == label))
    assert len(same) > 20 and all(same)
