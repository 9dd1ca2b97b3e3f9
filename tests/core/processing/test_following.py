"""Damage followed by its own brightness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from restorer.editing.mask import DamageMap, cut_mask
from restorer.processing.following import MARGIN_PX, TILE_PX, complete


def scene(height: int = 200, width: int = 200) -> np.ndarray:
    rng = np.random.default_rng(4)
    soft = cv2.GaussianBlur(rng.uniform(40, 120, (height, width, 3)).astype(np.float32), (0, 0), 3)
    return soft.astype(np.uint8)


def crack(middle: int, height: int = 200, width: int = 200) -> tuple[np.ndarray, DamageMap, np.ndarray]:
    """A bright tear 15 px wide: the network is sure of its edges and sees `middle` in between."""
    pixels, truth = scene(height, width), np.zeros((height, width), bool)
    truth[20 : height - 20, 90:105] = True
    pixels[truth] = 240
    thin = np.where(truth, middle, 0).astype(np.uint8)
    thin[20 : height - 20, 90:94] = thin[20 : height - 20, 101:105] = 250
    return pixels, DamageMap(thin, np.zeros_like(thin)), truth


def test_the_middle_of_a_wide_crack_belongs_to_it() -> None:
    pixels, found, truth = crack(middle=20)
    before = cut_mask(found)
    assert (truth & ~before).sum() > 0.4 * truth.sum()
    after = cut_mask(complete(found, pixels))
    assert (truth & ~after).sum() < 0.02 * truth.sum()
    assert not (after & ~truth).any()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("grey", [True, False])
def test_every_kind_of_photograph_is_followed_alike(depth: type, grey: bool) -> None:
    pixels, found, truth = crack(middle=20)
    given = (pixels[..., 0] if grey else pixels).astype(depth)
    given = given * 257 if depth is np.uint16 else given
    after = cut_mask(complete(found, given))
    assert (truth & ~after).sum() < 0.02 * truth.sum()


def test_where_the_network_sees_nothing_nothing_is_taken() -> None:
    pixels, found, _ = crack(middle=1)
    after = complete(found, pixels)
    assert np.array_equal(after.thin, found.thin)


def test_the_white_tip_of_a_scratch_belongs_to_it_on_the_least_trace() -> None:
    pixels, truth = scene(), np.zeros((200, 200), bool)
    truth[40:160, 90:97] = True
    pixels[truth] = 225
    pixels[48:56, 92:95] = 255  # whiter than the rest, of which the network is sure
    thin = np.where(truth, 250, 0).astype(np.uint8)
    thin[40:60] //= 100
    found = DamageMap(thin, np.zeros_like(thin))
    assert not cut_mask(found)[40:58].any()
    after = cut_mask(complete(found, pixels))
    assert (truth & ~after)[46:].sum() < 0.02 * truth.sum() and not (after & ~truth).any()

    faint = np.where(truth[..., None], pixels * 0.12 + scene() * 0.88, pixels).astype(np.uint8)
    assert not cut_mask(complete(found, faint))[40:56].any(), "what hardly stands out needs more than that"


def test_a_bright_surface_beside_a_scratch_is_no_damage() -> None:
    pixels = scene()
    pixels[:, 100:] = 240
    thin = np.full((200, 200), 20, np.uint8)
    thin[20:180, 97:101] = 250
    pixels[20:180, 97:101] = 240
    found = DamageMap(thin, np.zeros_like(thin))
    assert np.array_equal(complete(found, pixels).thin, thin)


def test_the_map_is_only_raised_and_the_given_one_stays() -> None:
    pixels, found, _ = crack(middle=20)
    kept = found.thin.copy()
    after = complete(found, pixels)
    assert np.array_equal(found.thin, kept)
    assert (after.thin >= kept).all() and (after.thin > kept).any()
    assert not after.region.any()


def test_borders_of_tiles_leave_no_gap() -> None:
    pixels, found, truth = crack(middle=20, height=2 * TILE_PX + MARGIN_PX)
    after = cut_mask(complete(found, pixels))
    assert (truth & ~after).sum() < 0.02 * truth.sum()
