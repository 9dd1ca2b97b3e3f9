"""The measures, against values by hand, scikit-image, and their own identities."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from restorer import metrics
from tests.conftest import smooth_photo

WHOLE = [metrics.ssim, metrics.ms_ssim, metrics.gmsd, metrics.haarpsi]


def picture(height: int = 96, width: int = 120, seed: int = 0) -> np.ndarray:
    return smooth_photo(height, width, seed) / 255.0


def noisy(image: np.ndarray, sigma: float) -> np.ndarray:
    return np.clip(image + np.random.default_rng(5).normal(0, sigma, image.shape), 0, 1)


def box(height: int = 96, width: int = 120) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[30:60, 40:80] = True
    return mask


def dot(y: int, x: int, shape: tuple[int, int] = (40, 40)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[y, x] = True
    return mask


def test_psnr_is_taken_in_the_hole_over_all_channels() -> None:
    truth = np.full((10, 10, 3), 0.5)
    result = truth.copy()
    mask = np.zeros((10, 10), bool)
    mask[:2, :5] = True
    result[:2, :5, 0] += 0.3  # MSE = 0.09 / 3
    result[5:] = 0.0  # outside: does not count
    assert metrics.psnr_hole(result, truth, mask) == pytest.approx(10 * np.log10(1 / 0.03))


def test_psnr_of_an_exact_result_is_infinite_and_of_no_hole_is_nothing() -> None:
    assert metrics.psnr_hole(picture(), picture(), box()) == np.inf
    assert np.isnan(metrics.psnr_hole(picture(), picture(), np.zeros((96, 120), bool)))


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_agrees_with_scikit_image(channels: int) -> None:
    a = picture()[..., :channels]
    b = noisy(a, 0.05)
    expected = structural_similarity(a, b, data_range=1, channel_axis=-1)
    assert metrics.ssim(a, b) == pytest.approx(expected, abs=1e-9)
    if channels == 1:
        assert metrics.ssim(a[..., 0], b[..., 0]) == pytest.approx(expected, abs=1e-9)


def test_ms_ssim_of_one_scale_is_the_gaussian_ssim() -> None:
    a = picture(20, 21)[..., 0]  # too small for a second scale
    b = noisy(a, 0.05)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(a, b, data_range=1, **options)
    published = 0.0448 + 0.2856 + 0.3001 + 0.2363 + 0.1333  # not quite 1
    assert metrics.ms_ssim(a, b) == pytest.approx(expected**published, abs=1e-9)


def test_ms_ssim_weighs_five_scales_as_published() -> None:
    a = np.full((200, 200), 0.2)
    b = np.full((200, 200), 0.4)  # flat: structure is 1 everywhere, only luminance of the last scale differs
    luminance = (2 * 0.08 + 1e-4) / (0.04 + 0.16 + 1e-4)
    assert metrics.ms_ssim(a, b) == pytest.approx(luminance**0.1333, rel=1e-6)


@pytest.mark.parametrize("measure", WHOLE)
def test_equal_images_score_best_and_noise_scores_worse_the_stronger_it_is(measure) -> None:
    a = picture()
    scores = [measure(a, a), measure(noisy(a, 0.03), a), measure(noisy(a, 0.1), a)]
    best = 0.0 if measure is metrics.gmsd else 1.0
    assert scores[0] == pytest.approx(best, abs=1e-9)
    assert abs(scores[0] - scores[1]) > 1e-4
    assert abs(scores[0] - scores[2]) > abs(scores[0] - scores[1])


@pytest.mark.parametrize("measure", WHOLE)
def test_whole_image_measures_are_symmetric_and_take_float32(measure) -> None:
    a = picture()
    b = noisy(a, 0.05)
    assert measure(a, b) == pytest.approx(measure(b, a), rel=1e-9)
    assert measure(a.astype(np.float32), b.astype(np.float32)) == pytest.approx(measure(a, b), abs=1e-5)


@pytest.mark.parametrize("measure", WHOLE)
def test_flat_images_are_no_trouble(measure) -> None:
    flat = np.zeros((64, 64, 3))
    assert measure(flat, flat) == pytest.approx(0.0 if measure is metrics.gmsd else 1.0, abs=1e-9)


@pytest.mark.parametrize("measure", WHOLE)
def test_images_of_different_shapes_are_refused(measure) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        measure(picture(64, 64), picture(64, 65))


@pytest.mark.parametrize(("measure", "side"), [(metrics.ssim, 6), (metrics.ms_ssim, 10)])
def test_images_smaller_than_the_window_are_refused(measure, side: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        measure(np.zeros((side, 30)), np.zeros((side, 30)))


def test_gmsd_by_hand() -> None:
    """One step of 2 pixels in an otherwise flat picture: the similarity is known at every pixel."""
    truth = np.zeros((16, 16))
    result = truth.copy()
    result[:, 8:] = 0.5
    c = 170 / 255**2
    similarity = np.ones((8, 8))
    full = np.hypot(0.5, 0)  # rows inside: three thirds of the step
    similarity[1:7, 3:5] = c / (full**2 + c)
    corner = np.hypot(0.5 * 2 / 3, 0.5 / 3)  # rows 0 and 7: a third falls into the zeros around
    similarity[[0, 7], 3] = c / (corner**2 + c)
    # To the right, the zeros around the picture make steps of their own.
    corner = np.hypot(0.5 * 2 / 3, 0.5 * 2 / 3)
    similarity[[0, 7], 4] = c / (corner**2 + c)
    similarity[[0, 7], 5:7] = c / (0.25 + c)
    similarity[1:7, 7] = c / (0.25 + c)
    similarity[[0, 7], 7] = c / (corner**2 + c)
    assert metrics.gmsd(result, truth) == pytest.approx(np.std(similarity), rel=1e-9)


def test_haarpsi_by_hand_where_only_chroma_differs() -> None:
    """Equal luma with structure, flat colour shift: only the third map is below 1."""
    luma = np.zeros((96, 120, 1))  # black borders: the zeros beyond the picture add no structure
    luma[24:72, 24:96] = picture()[24:72, 24:96, :1]
    a = np.repeat(luma, 3, 2)
    shift = np.array([0.114, 0.0, -0.299]) * 0.5  # keeps 0.299 R + 0.587 G + 0.114 B
    b = a + shift
    score = metrics.haarpsi(a, b)
    assert metrics.haarpsi(a.mean(2), a.mean(2)) == pytest.approx(1.0)
    i, q = (float(np.array(w) @ shift) * 255 for w in ((0.596, -0.274, -0.322), (0.211, -0.523, 0.312)))
    third = (30 / (i * i + 30) + 30 / (q * q + 30)) / 2
    sigmoid = [1 / (1 + np.exp(-4.2 * s)) for s in (1.0, third)]
    pooled = (2 * sigmoid[0] + sigmoid[1]) / 3  # the chroma weight is the mean of the other two
    expected = (np.log(pooled / (1 - pooled)) / 4.2) ** 2
    assert score == pytest.approx(expected, rel=1e-6)


def test_texture_ratio_is_an_energy() -> None:
    rng = np.random.default_rng(0)
    wave = rng.choice([-1.0, 1.0], (96, 120))
    truth, half = 128 / 255 + wave * 40 / 255, 128 / 255 + wave * 20 / 255
    assert metrics.texture_ratio(truth, truth, box()) == 1.0
    assert metrics.texture_ratio(half, truth, box()) == pytest.approx(0.25)
    assert metrics.texture_ratio(np.full_like(truth, 0.5), truth, box()) == 0.0


def test_texture_ratio_by_hand_in_a_hole_of_three_pixels() -> None:
    truth = np.zeros((9, 9, 3))
    truth[4, 4] = 100 / 255  # Laplacian at the centre: -400
    result = np.zeros((9, 9, 3))
    result[4, 4], result[4, 5] = 60 / 255, 20 / 255  # 20 - 4 * 60 = -220
    mask = np.zeros((9, 9), bool)
    mask[3:6, 3:6] = True  # eroded: the centre alone
    assert metrics.texture_ratio(result, truth, mask) == pytest.approx(220**2 / 400**2)


def test_texture_ratio_leaves_out_the_step_at_the_border_of_the_hole() -> None:
    truth = noisy(np.full((96, 120), 0.3), 0.05)
    shifted = truth.copy()
    shifted[box()] += 0.4
    assert metrics.texture_ratio(shifted, truth, box()) == pytest.approx(1.0, rel=0.02)


def test_texture_ratio_counts_beyond_the_photograph_as_hole() -> None:
    truth = np.zeros((8, 8))
    truth[0, 0] = 100 / 255
    mask = np.zeros((8, 8), bool)
    mask[:2, :2] = True  # eroded only from the sides that are inside: pixel (0, 0) stays
    assert metrics.texture_ratio(truth / 2, truth, mask) == pytest.approx(0.25)


def test_texture_ratio_of_holes_thinner_than_three_pixels_and_of_none() -> None:
    truth = noisy(picture(), 0.1)
    thin = np.zeros((96, 120), bool)
    thin[50] = True
    assert metrics.texture_ratio(truth, truth, thin) == 1.0
    assert 0 < metrics.texture_ratio(truth * 0.5 + 0.2, truth, thin) < 0.5
    assert np.isnan(metrics.texture_ratio(truth, truth, np.zeros((96, 120), bool)))
    flat = np.full((96, 120, 3), 0.5)
    assert metrics.texture_ratio(flat, flat, box()) == 1.0
    assert np.isnan(metrics.texture_ratio(truth, flat, box()))


def test_seam_ratio_sees_a_patch_of_another_brightness() -> None:
    truth = picture()
    pasted = truth.copy()
    pasted[box()] += 0.2
    assert metrics.seam_ratio(truth, truth, box()) == 1.0
    assert metrics.seam_ratio(pasted, truth, box()) > 5
    inside = truth.copy()
    inside[40:50, 50:70] = 0  # away from the border: does not count
    assert metrics.seam_ratio(inside, truth, box()) == 1.0
    assert np.isnan(metrics.seam_ratio(truth, truth, np.ones((96, 120), bool)))


def test_seam_ratio_by_hand() -> None:
    truth = np.zeros((4, 4))
    truth[:, 2:] = 0.1
    result = np.zeros((4, 4))
    result[:, 2:] = 0.3
    mask = np.zeros((4, 4), bool)
    mask[:, 2:] = True
    floor = 0.1 / 255
    assert metrics.seam_ratio(result, truth, mask) == pytest.approx((0.3 + floor) / (0.1 + floor))


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.0), (4, 0.0)])
def test_f1_forgives_two_pixels_and_no_more(shift: int, expected: float) -> None:
    truth = np.zeros((40, 40), bool)
    truth[20] = True
    found = np.roll(truth, shift, 0)
    assert metrics.tolerant_precision_recall_f1(found, truth).f1 == expected


def test_the_tolerance_is_a_disc() -> None:
    assert metrics.tolerant_precision_recall_f1(dot(10, 10), dot(12, 10)).f1 == 1.0
    assert metrics.tolerant_precision_recall_f1(dot(10, 10), dot(12, 12)).f1 == 0.0
    assert metrics.tolerant_precision_recall_f1(dot(10, 10), dot(12, 12), tolerance_px=3).f1 == 1.0


def test_precision_and_recall_by_hand_without_tolerance() -> None:
    truth, found = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    truth[0, :8] = True
    found[0, 6:10] = True  # 2 of 4 right, 2 of 8 recalled
    score = metrics.tolerant_precision_recall_f1(found, truth, tolerance_px=0)
    assert (score.precision, score.recall) == (0.5, 0.25)
    assert score.f1 == pytest.approx(1 / 3)


def test_nothing_found_and_nothing_to_find() -> None:
    none, some = np.zeros((40, 40), bool), dot(5, 5)
    assert metrics.tolerant_precision_recall_f1(none, none) == metrics.DetectionScore(1.0, 1.0, 1.0)
    assert metrics.tolerant_precision_recall_f1(some, none) == metrics.DetectionScore(0.0, 1.0, 0.0)
    assert metrics.tolerant_precision_recall_f1(none, some) == metrics.DetectionScore(0.0, 0.0, 0.0)


def test_ignored_pixels_are_neither_false_alarms_nor_misses() -> None:
    truth, found = dot(5, 5), dot(5, 5) | dot(30, 30)
    ignore = np.zeros((40, 40), bool)
    ignore[25:] = True
    assert metrics.tolerant_precision_recall_f1(found, truth).precision == 0.5
    assert metrics.tolerant_precision_recall_f1(found, truth, ignore).f1 == 1.0
    assert metrics.tolerant_precision_recall_f1(truth, found).recall == 0.5
    assert metrics.tolerant_precision_recall_f1(truth, found, ignore).f1 == 1.0


def test_average_precision_by_hand() -> None:
    """Order by score: right, wrong, right; the last true pixel comes with all the rest."""
    truth = dot(5, 5) | dot(5, 20) | dot(35, 5)
    probability = np.zeros((40, 40))
    probability[5, 5], probability[20, 35], probability[5, 20] = 0.9, 0.8, 0.7
    expected = (1 + 2 / 3 + 3 / 1600) / 3
    assert metrics.average_precision(probability, truth, tolerance_px=0) == pytest.approx(expected)


def test_average_precision_of_a_perfect_and_of_a_constant_map() -> None:
    truth = box()
    assert metrics.average_precision(truth.astype(float), truth, tolerance_px=0) == 1.0
    assert metrics.average_precision(np.full(truth.shape, 0.3), truth, tolerance_px=0) == pytest.approx(
        truth.mean()
    )
    assert np.isnan(metrics.average_precision(np.zeros((9, 9)), np.zeros((9, 9), bool)))


def test_average_precision_forgives_shifts_and_ignores_what_is_undecided() -> None:
    truth = np.zeros((40, 40), bool)
    truth[20] = True
    shifted = np.roll(truth, 2, 0).astype(np.float32)
    assert metrics.average_precision(shifted, truth, tolerance_px=2) == 1.0
    assert metrics.average_precision(shifted, truth, tolerance_px=1) < 0.1
    loud = truth.astype(np.float32) * 0.5
    loud[5] = 0.9
    ignore = np.zeros((40, 40), bool)
    ignore[:10] = True
    assert metrics.average_precision(loud, truth) == pytest.approx(0.5)
    assert metrics.average_precision(loud, truth, ignore) == 1.0


def test_average_precision_depends_on_the_order_only() -> None:
    rng = np.random.default_rng(3)
    probability = rng.random((96, 120)) + box()
    first = metrics.average_precision(probability, box())
    assert metrics.average_precision(np.sqrt(probability), box()) == pytest.approx(first)


def test_share_flagged_counts_outside_of_ignore() -> None:
    found = np.zeros((10, 10), bool)
    found[0] = True
    ignore = np.zeros((10, 10), bool)
    ignore[:5] = True
    assert metrics.share_flagged(found) == pytest.approx(0.1)
    assert metrics.share_flagged(found, ignore) == 0.0
    assert metrics.share_flagged(~found, ignore) == 1.0
    assert metrics.share_flagged(found, np.ones((10, 10), bool)) == 0.0


def test_measure_repair_sees_what_changed_outside_of_the_hole() -> None:
    truth = smooth_photo(96, 120)
    result = truth.copy()
    result[0, 0, 1] ^= 1
    exact, touched = metrics.measure_repair(truth, truth, box()), metrics.measure_repair(result, truth, box())
    assert exact["changed_outside"] == 0
    assert touched["changed_outside"] == 1
    assert exact["psnr_hole"] == metrics.EXACT_DB


def test_gmsd_and_haarpsi_of_a_repair_look_at_the_surroundings_of_the_hole_only() -> None:
    truth = smooth_photo(200, 240)
    mask = np.zeros((200, 240), bool)
    mask[40:60, 40:60] = True
    far = truth.copy()
    far[150:, 150:] = 0
    near = metrics.measure_repair(far, truth, mask)
    assert (near["gmsd"], near["haarpsi"]) == pytest.approx((0.0, 1.0))
    assert near["ssim"] < 0.95
