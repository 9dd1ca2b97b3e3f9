from __future__ import annotations

import cv2
import numpy as np

from restorer.processing.grain import PERIOD, add_grain, position_noise, without_checkerboard


def test_noise_depends_on_the_place_alone() -> None:
    whole = position_noise(0, 0, 64, 80, seed=3)
    part = position_noise(10, 20, 30, 40, seed=3)
    assert np.array_equal(whole[10:40, 20:60], part)
    assert not np.array_equal(whole, position_noise(0, 0, 64, 80, seed=4))
    assert np.array_equal(position_noise(PERIOD - 5, 0, 10, 4, 1)[5:], position_noise(0, 0, 5, 4, 1))


def grainy(sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    noise = np.random.default_rng(0).normal(0, sigma, (96, 96, 1)).astype(np.float32)
    picture = np.full((96, 96, 3), 0.5, np.float32) + noise
    mask = np.zeros((96, 96), bool)
    mask[40:56, 30:70] = True
    filled = picture.copy()
    filled[mask] = 0.5
    return filled, mask, position_noise(0, 0, 96, 96, 7)


def test_a_flat_fill_gets_the_grain_of_its_surroundings() -> None:
    for sigma in (0.01, 0.04):
        filled, mask, noise = grainy(sigma)
        out = add_grain(filled, mask, noise, 1.0)
        assert np.array_equal(out[~mask], filled[~mask])
        assert 0.5 * sigma < out[mask].std() < 1.4 * sigma
        assert abs(out[mask].mean() - 0.5) < sigma


def test_strength_zero_and_a_smooth_surrounding_add_nothing() -> None:
    filled, mask, noise = grainy(0.03)
    assert np.array_equal(add_grain(filled, mask, noise, 0.0), filled)
    smooth, mask, noise = grainy(0.0)
    assert np.abs(add_grain(smooth, mask, noise, 1.0) - smooth).max() < 1e-4


def test_an_edge_beside_the_hole_is_not_taken_for_grain() -> None:
    filled, mask, noise = grainy(0.01)
    filled[:, 75:] += 0.4
    out = add_grain(filled, mask, noise, 1.0)
    assert out[mask].std() < 0.025


def test_what_is_dark_gets_the_grain_of_the_dark() -> None:
    """A hole over the border of a smooth dark coat and a rough light wall."""
    rng = np.random.default_rng(0)
    dark = (np.arange(128) < 64)[None, :, None]
    scene = np.where(dark, 0.3, 0.7) * np.ones((128, 1, 3))
    filled = scene + rng.normal(0, 1, (128, 128, 1)) * np.where(dark, 0.004, 0.05)
    mask = np.zeros((128, 128), bool)
    mask[40:88, 44:84] = True
    filled[mask] = scene[mask]
    filled = filled.astype(np.float32)
    added = add_grain(filled, mask, position_noise(0, 0, 128, 128, 7), 1.0) - filled
    coat, wall = added[44:84, 44:56].std(), added[44:84, 72:84].std()
    assert wall > 0.03 and coat < 0.2 * wall


def test_the_middle_of_a_wide_hole_gets_grain_too() -> None:
    side, sigma = 360, 0.03
    noise = np.random.default_rng(0).normal(0, sigma, (side, side, 1)).astype(np.float32)
    filled, mask = np.full((side, side, 3), 0.5, np.float32) + noise, np.zeros((side, side), bool)
    mask[40:320, 40:320] = True
    filled[mask] = 0.5
    out = add_grain(filled, mask, position_noise(0, 0, side, side, 7), 1.0)
    near, middle = out[44:64, 44:316].std(), out[160:200, 160:200].std()
    assert 0.5 * sigma < middle < 1.4 * sigma and 0.7 < middle / near < 1.4


def test_a_checkerboard_is_taken_off_and_what_belongs_there_stays() -> None:
    rng = np.random.default_rng(1)
    scene = cv2.GaussianBlur(rng.random((96, 96, 3), np.float32), (0, 0), 1.5)
    mask = np.zeros((96, 96), bool)
    mask[24:72, 20:76] = True
    rows, columns = np.mgrid[:96, :96]
    for pattern in (rows, columns, rows + columns):
        checkers = 0.03 * (1 - 2.0 * (pattern % 2)).astype(np.float32)
        meshed = scene + (checkers * mask)[..., None]
        out = without_checkerboard(meshed, mask)
        assert np.array_equal(out[~mask], meshed[~mask])
        assert np.abs(out - scene)[32:64, 28:68].mean() < 0.1 * 0.03
        assert np.abs(out - scene)[mask].mean() < 0.25 * 0.03
    assert np.abs(without_checkerboard(scene, mask) - scene).mean() < 0.01 * scene.std()


def test_edges_do_not_make_the_grain_look_coarse() -> None:
    """Strong structure around a hole says nothing about how coarse the film is."""
    noise = np.random.default_rng(0).normal(0, 0.02, (128, 128, 1)).astype(np.float32)
    rows, columns = np.mgrid[:128, :128]
    blobs = 0.3 * ((np.hypot(rows % 24 - 12, columns % 24 - 12)) < 5).astype(np.float32)
    picture = (0.4 + cv2.GaussianBlur(blobs, (0, 0), 1)[..., None] + noise).repeat(3, 2)
    mask = np.zeros((128, 128), bool)
    mask[44:84, 44:84] = True
    filled = np.where(mask[..., None], np.float32(0.4), picture).astype(np.float32)
    inside = add_grain(filled, mask, position_noise(0, 0, 128, 128, 7), 1.0)[48:80, 48:80, 0] - 0.4
    neighbours = float((inside[:, 1:] * inside[:, :-1]).mean() / inside.var())
    assert neighbours < -0.03, "white noise less its local mean became soft"
