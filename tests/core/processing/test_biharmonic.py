from __future__ import annotations

import numpy as np
import pytest

from restorer.processing.biharmonic import solve, steady


def ramp(height: int = 40, width: int = 50) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([0.2 + 0.01 * x, 0.8 - 0.012 * y, 0.1 + 0.005 * (x + y)], 2)


def test_a_plane_is_continued_through_a_hole_exactly() -> None:
    truth, mask = ramp(), np.zeros((40, 50), bool)
    mask[5:35, 20:24] = True
    damaged = np.where(mask[..., None], 1.0, truth).astype(np.float32)
    found = solve(damaged, mask)
    assert np.abs(found - truth).max() < 0.004
    assert np.array_equal(found[~mask], damaged[~mask])


def test_it_agrees_with_the_reference() -> None:
    inpaint = pytest.importorskip("skimage.restoration").inpaint_biharmonic
    rng = np.random.default_rng(1)
    photo = np.clip(ramp() + rng.normal(0, 0.05, (40, 50, 3)), 0, 1).astype(np.float32)
    mask = np.zeros((40, 50), bool)
    mask[8:30, 10:13] = mask[20:22, 25:45] = True
    expected = inpaint(np.where(mask[..., None], 0, photo), mask, channel_axis=2)
    assert np.abs(solve(np.where(mask[..., None], 0.5, photo), mask) - expected)[mask].max() < 0.03


def test_only_thin_holes_are_averaged() -> None:
    filled, mask = ramp(), np.zeros((40, 50), bool)
    mask[3:37, 5:8] = mask[10:30, 20:40] = True
    filled[mask] = 0.9
    depth = np.zeros(mask.shape, np.float32)
    depth[3:37, 5:8], depth[10:30, 20:40] = 1.5, 10.0
    found = steady(filled, mask, depth)
    assert np.array_equal(found[:, 16:], filled[:, 16:])
    assert np.abs(found - filled)[3:37, 5:8].min() > 0.05
    assert np.array_equal(found[~mask], filled[~mask])


def test_wide_holes_alone_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restorer.processing.biharmonic.solve", None)
    mask = np.ones((20, 20), bool)
    filled = np.zeros((20, 20, 3), np.float32)
    assert steady(filled, mask, np.full((20, 20), 9.0, np.float32)) is filled
