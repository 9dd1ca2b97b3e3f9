from __future__ import annotations

import numpy as np
import pytest

from restorer.mask import DamageMap, MaskSettings, cut_mask, grow, judge, threshold


def empty(size: int = 64) -> np.ndarray:
    return np.zeros((size, size), np.uint8)


def test_default_sensitivity_is_the_calibrated_threshold() -> None:
    assert threshold(0.4, 0.5) == pytest.approx(0.4)
    assert threshold(0.4, 1.0) < threshold(0.4, 0.6) < threshold(0.4, 0.0)


def test_faint_stretches_of_a_strong_line_are_kept_and_faint_lines_dropped() -> None:
    thin = empty()
    thin[10, 5:60] = 100  # faint, with one strong stretch
    thin[10, 20:30] = 250
    thin[40, 5:60] = 100  # faint all over
    mask = cut_mask(DamageMap(thin, empty()))
    assert mask[10, 5:60].all()
    assert not mask[40].any()


def test_one_line_on_empty_ground_counts_more_than_the_same_line_among_many() -> None:
    alone, crowd = np.zeros((200, 200), np.uint8), np.zeros((200, 200), np.uint8)
    alone[100, 60:140] = 180
    crowd[::3, 10:190] = 180
    assert cut_mask(DamageMap(alone, np.zeros_like(alone)))[100, 60:140].all()
    assert not cut_mask(DamageMap(crowd, np.zeros_like(crowd))).any()


def test_sizes_are_limits_of_components() -> None:
    thin = empty()
    thin[5, 5:8] = 255
    thin[20:30, 20:30] = 255
    thin[50, 10:30] = 255
    mask = cut_mask(DamageMap(thin, empty()), settings=MaskSettings(smallest_px=4, largest_px=50))
    assert not mask[5].any()
    assert not mask[25].any()
    assert mask[50, 10:30].all()


def test_polarity_keeps_what_is_lighter_or_darker_than_around() -> None:
    thin = empty()
    thin[10, 5:60] = 255
    thin[40, 5:60] = 255
    pixels = np.full((64, 64, 3), 120, np.uint8)
    pixels[10], pixels[40] = 220, 20
    light = cut_mask(DamageMap(thin, empty()), pixels, MaskSettings(polarity="light"))
    dark = cut_mask(DamageMap(thin, empty()), pixels, MaskSettings(polarity="dark"))
    assert light[10].any() and not light[40].any()
    assert dark[40].any() and not dark[10].any()


def test_more_sensitive_never_finds_less(rng: np.random.Generator) -> None:
    found = DamageMap(
        rng.integers(0, 256, (48, 48), dtype=np.uint8), rng.integers(0, 256, (48, 48), dtype=np.uint8)
    )
    before = cut_mask(found, settings=MaskSettings(0.0, smallest_px=0))
    for sensitivity in (0.3, 0.5, 0.8, 1.0):
        mask = cut_mask(found, settings=MaskSettings(sensitivity, smallest_px=0))
        assert not (before & ~mask).any()
        before = mask


def test_grow_is_a_disc() -> None:
    mask = np.zeros((21, 21), bool)
    mask[10, 10] = True
    grown = grow(mask, 3)
    assert grown[10, 7] and grown[10, 13] and not grown[10, 6] and not grown[7, 7]
    assert grow(mask, 0) is mask


def test_verdict() -> None:
    mask = np.zeros((100, 100), bool)
    assert judge(mask).clean and judge(mask).score == 0
    mask[5, 5:95] = True
    verdict = judge(mask)
    assert not verdict.clean and verdict.regions == 1 and verdict.share == pytest.approx(0.009)
    mask[:] = True
    assert judge(mask).score == 100
