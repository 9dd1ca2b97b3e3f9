from __future__ import annotations

import numpy as np
import pytest

from restorer.editing.mask import (
    DamageMap,
    MaskCutter,
    MaskSettings,
    cut_mask,
    find_regions,
    grow,
    infrared_mask,
    judge,
    threshold,
)
from restorer.tiles import Box


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


def test_a_faint_line_is_believed_for_its_length_and_specks_as_faint_are_not(
    rng: np.random.Generator,
) -> None:
    thin = np.zeros((300, 300), np.uint8)
    thin[100, 40:260] = 140  # below the threshold everywhere
    thin[100, 40:260:8] = 0
    for y, x in (180, 60), (200, 160), (260, 250):
        thin[y : y + 2, x : x + 2] = 140
    mask = cut_mask(DamageMap(thin, np.zeros_like(thin)))
    assert mask[100, 60:240][thin[100, 60:240] > 0].all()
    assert not mask[130:].any()


def test_no_line_is_made_where_there_is_no_evidence() -> None:
    thin = np.zeros((200, 203), np.uint8)
    thin[100, 20:90] = thin[100, 110:180] = 255
    mask = cut_mask(DamageMap(thin, np.zeros_like(thin)))
    assert mask[100, 20:90].all() and not mask[100, 90:110].any()


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


def test_elongation_tells_lines_bent_lines_and_spots_apart() -> None:
    thin = empty(100)
    thin[5, 5:60] = 255
    thin[20:60, 20] = 255
    thin[59, 20:60] = 255  # bent
    thin[80:86, 80:86] = 255
    mask = cut_mask(DamageMap(thin, empty(100)), settings=MaskSettings(minimum_elongation=4))
    assert mask[5, 5:60].all() and mask[20:60, 20].all()
    assert not mask[80:86, 80:86].any()
    kept = cut_mask(DamageMap(thin, empty(100)), settings=MaskSettings(minimum_elongation=1.9))
    assert kept[80:86, 80:86].all()


def test_cutting_again_gives_what_cutting_once_gives(rng: np.random.Generator) -> None:
    size = (90, 110)
    found = DamageMap(rng.integers(0, 256, size, np.uint8), rng.integers(0, 256, size, np.uint8))
    pixels = rng.integers(0, 256, (*size, 3), np.uint8)
    cutter = MaskCutter(found, pixels)
    for settings in (
        MaskSettings(),
        MaskSettings(0.9, polarity="dark"),
        MaskSettings(0.9, polarity="light", minimum_elongation=3),
        MaskSettings(0.2, smallest_px=9),
        MaskSettings(0.2, largest_px=20),
        MaskSettings(),
    ):
        assert (cutter.cut(settings) == cut_mask(found, pixels, settings)).all(), settings


def test_thin_and_regional_damage_that_touch_are_one_component() -> None:
    thin, region = empty(), empty()
    thin[10, 5:20] = 255
    region[8:14, 20:40] = 255
    found = DamageMap(thin, region)
    assert cut_mask(found, settings=MaskSettings(smallest_px=130))[10, 5:40].all()
    assert not cut_mask(found, settings=MaskSettings(smallest_px=136)).any()


def test_regions_are_listed_with_box_and_area_largest_first() -> None:
    mask = np.zeros((50, 60), bool)
    mask[3, 5:8] = True
    mask[20:30, 40:50] = True
    first, second = find_regions(mask)
    assert (first.box, first.area) == (Box(20, 40, 30, 50), 100)
    assert (second.box, second.area) == (Box(3, 5, 4, 8), 3)
    assert find_regions(np.zeros((5, 5), bool)) == []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_infrared_shows_dust_and_not_the_fall_of_light(rng: np.random.Generator, dtype: type) -> None:
    top = np.iinfo(dtype).max
    light = np.linspace(0.5, 0.9, 240)[None] * np.ones((200, 1)) + rng.normal(0, 0.004, (200, 240))
    dust = np.zeros((200, 240), bool)
    dust[50, 20:200] = dust[120:126, 60:66] = True
    plane = (np.where(dust, light * 0.6, light) * top).astype(dtype)
    found = infrared_mask(plane)
    assert found[dust].mean() > 0.95
    assert found[~dust].mean() < 0.001
    assert infrared_mask(plane, 0.0).sum() < found.sum() <= infrared_mask(plane, 1.0).sum()
