"""Texture for wide holes, from patches of the photograph itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from restorer.jobs import Cancelled, JobContext
from restorer.metrics import texture_ratio
from restorer.processing import exemplar
from restorer.processing.exemplar import Patchwork, patchwork, synthesise, wide_holes
from restorer.processing.repairer import RepairSettings, repair_pixels
from restorer.tiles import Box


def meadow(height: int = 160, width: int = 180) -> np.ndarray:
    """Texture of two tones, (H, W, 3) in 0..1: dark stripes on the left, light specks on the right."""
    rng = np.random.default_rng(5)
    fine = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 1.2)
    stripes = np.sin(np.arange(width) * 0.9, dtype=np.float32)[None] + 0 * fine
    picture = np.where(np.arange(width) < width // 2, 0.25 + 0.1 * stripes, 0.7 + 0.3 * fine)
    return np.repeat(picture[..., None], 3, 2).clip(0, 1).astype(np.float32)


def hole(height: int = 160, width: int = 180, radius: int = 28, x: int = 45) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (rows - height // 2) ** 2 + (columns - x) ** 2 < radius**2


def guessed(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """As a network fills: the right colours, no texture."""
    return np.where(mask[..., None], cv2.GaussianBlur(picture, (0, 0), 9), picture)


def made(picture: np.ndarray, mask: np.ndarray, seed: int = 0) -> np.ndarray:
    out = synthesise(guessed(picture, mask), mask, mask, seed, JobContext())
    assert out is not None
    return out


@pytest.mark.parametrize("x", [45, 135])
def test_a_wide_hole_gets_the_texture_that_belongs_there(x: int) -> None:
    picture, mask = meadow(), hole(x=x)
    out = made(picture, mask)
    assert 0.6 < texture_ratio(out, picture, mask) < 1.4
    assert texture_ratio(guessed(picture, mask), picture, mask) < 0.1
    assert abs(float(out[mask].mean() - picture[mask].mean())) < 0.03
    assert (out[~mask] == picture[~mask]).all()


def test_what_has_a_rare_tone_is_not_repeated_like_a_wallpaper() -> None:
    """A shadow of the fill in a light sky, and a pole that alone is as dark."""
    rng = np.random.default_rng(3)
    sky = 0.8 + 0.02 * cv2.GaussianBlur(rng.standard_normal((160, 180)).astype(np.float32), (0, 0), 1)
    mask = hole(x=110)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    shadow = np.where(mask, 0.8 - 0.3 * np.minimum(depth / 14, 1), sky).astype(np.float32)
    shadow[:, 30:33] = 0.5
    picture = np.repeat(shadow[..., None], 3, 2)
    out = synthesise(picture, mask, mask, 0, JobContext())
    assert out is not None
    inner = hole(x=110, radius=20)
    edges = np.abs(np.diff(out[..., 0], axis=1))[inner[:, 1:]]
    assert float(edges.mean()) < 0.015, "pieces of the pole stand in the sky"


def test_regular_lines_go_on_through_the_hole() -> None:
    picture, mask = meadow(), hole(radius=20)
    error = made(picture, mask)[mask] - picture[mask]
    assert float(np.square(error).mean()) < 0.2 * float(picture[mask].var())


def test_nothing_is_taken_from_other_holes() -> None:
    picture, mask = meadow(), hole(x=45)
    other = hole(x=135, radius=24)
    picture[other] = (1.0, 0.0, 1.0)
    out = synthesise(guessed(picture, mask), mask, mask | other, 0, JobContext())
    assert out is not None
    spread = out[mask].max(1) - out[mask].min(1)
    assert float(spread.max()) < 0.05, "the colour of another hole was copied"


def test_the_same_seed_gives_the_same_bits_and_another_one_another_fill() -> None:
    picture, mask = meadow(), hole(x=135)
    first, again, other = (made(picture, mask, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert float(np.abs(first - other)[mask].mean()) > 0.01


@pytest.mark.parametrize(("height", "width"), [(97, 131), (64, 200), (131, 64)])
def test_odd_sizes_and_holes_at_the_border(height: int, width: int) -> None:
    picture = meadow(height, width)
    mask = np.zeros((height, width), bool)
    mask[: height // 2, : width // 2] = True
    out = made(picture, mask)
    assert out.shape == picture.shape and np.isfinite(out).all()
    assert (out[~mask] == picture[~mask]).all()


def test_where_nothing_is_known_nothing_is_made() -> None:
    picture = meadow(40, 40)
    mask = np.ones((40, 40), bool)
    mask[:, 0] = False
    assert synthesise(picture, mask, mask, 0, JobContext()) is None
    everything = Box(0, 0, 40, 40)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    assert patchwork(everything, picture, mask, depth, 0, JobContext()) is None


def test_a_hole_too_large_for_the_finest_scale_is_made_at_a_coarser_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exemplar, "MOST_TARGETS", 500)
    picture, mask = meadow(), hole(radius=40, x=90)
    out = made(picture, mask)
    assert out.shape == picture.shape
    assert out[mask].std() > 0.5 * picture[mask].std()


def test_it_can_be_cancelled() -> None:
    picture, mask = meadow(), hole()
    with pytest.raises(Cancelled):
        synthesise(guessed(picture, mask), mask, mask, 0, JobContext(is_cancelled=lambda: True))


def test_only_wide_holes_are_told() -> None:
    mask = hole(radius=20, x=40) | hole(radius=6, x=90)
    mask[100:104, 100:170] = True
    mask[80:83, 40:180] = True  # a scratch into the wide one
    found = list(wide_holes(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3), 12))
    assert len(found) == 1
    window, target = found[0]
    assert target.shape == (window.height, window.width)
    missed = hole(radius=20, x=40)[window.slices] != target
    assert missed.mean() < 0.01


def test_a_hole_too_large_for_the_memory_is_left_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    depth = cv2.distanceTransform(hole().astype(np.uint8), cv2.DIST_L2, 3)
    assert list(wide_holes(depth, 12))
    monkeypatch.setattr(exemplar, "LARGEST_WINDOW", 100 * 100)
    assert not list(wide_holes(depth, 12))


def test_a_patchwork_holds_no_more_than_its_hole() -> None:
    picture, mask = meadow(), hole(radius=28, x=45)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    window = Box(1000, 2000, 1160, 2180)
    found = patchwork(window, guessed(picture, mask), mask, depth, 0, JobContext())
    assert found is not None
    assert found.values.shape == (found.box.height, found.box.width, 3)
    assert found.box.height < 56 and found.share.max() == 1
    whole = np.zeros((160, 180, 3), np.float32)
    found.lay_over(whole, window, 1.0)
    assert whole[mask & (depth > 12)].min() > 0 and not whole[~mask].any()


def test_texture_is_laid_over_its_own_part_alone() -> None:
    values, share = np.ones((10, 12, 3), np.float32), np.full((10, 12), 0.5, np.float32)
    texture = Patchwork(Box(20, 30, 30, 42), values, share)
    tile = np.zeros((16, 16, 3), np.float32)
    texture.lay_over(tile, Box(24, 36, 40, 52), 0.5)
    assert (tile[:6, :6] == 0.25).all() and float(tile.sum()) == pytest.approx(6 * 6 * 3 * 0.25)
    texture.lay_over(tile, Box(100, 100, 116, 116), 1.0)
    assert float(tile.sum()) == pytest.approx(6 * 6 * 3 * 0.25)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("grey", [True, False])
def test_a_repair_has_texture_in_wide_holes_and_the_fidelity_end_has_not(dtype: type, grey: bool) -> None:
    picture = meadow()
    pixels = np.rint(picture * np.iinfo(dtype).max).astype(dtype)
    pixels = np.ascontiguousarray(pixels[..., 0]) if grey else pixels
    mask = hole(x=45)
    damaged = pixels.copy()
    damaged[mask] = 0
    inner = hole(x=45, radius=14)
    results = []
    for detail in (0.8, 0.0):
        out, grown = repair_pixels(damaged, mask, RepairSettings(device="cpu", detail=detail))
        assert out.dtype == dtype and (out[~grown] == damaged[~grown]).all()
        tones = (out if grey else out[..., 0])[inner].astype(np.float64) / np.iinfo(dtype).max
        results.append(float(np.square(tones - picture[..., 0][inner]).mean()) / picture[inner].var())
    assert results[0] < 0.2, "the stripes go on through the middle of the hole"
    assert results[1] > 0.6


MATCHES = """
import hashlib
import numpy as np
from restorer.processing.exemplar import _most_alike
rng = np.random.default_rng(0)
known, wanted = (np.rint(rng.random((n, 147)) * 6).astype(np.float32) / 7 for n in (3000, 900))
found = [*_most_alike(wanted, known), *_most_alike(wanted, known, rng.random((900, 147)).astype(np.float32))]
print(hashlib.sha256(b"".join(part.tobytes() for part in found)).hexdigest())
"""


def test_patches_do_not_depend_on_the_threads_of_numpy_which_no_record_tells() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", MATCHES],
            cwd=Path(__file__).parents[3],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert told[0] == told[1]
