from __future__ import annotations

import cv2
import numpy as np

from restorer.processing.toning import match_toning
from tests.conftest import smooth_photo


def toned(seed: int = 0) -> np.ndarray:
    grey = smooth_photo(80, 90, seed).mean(2, keepdims=True).astype(np.float32) / 255
    return np.concatenate([grey, grey * 0.9, grey**1.5 * 0.7], 2)


def hole() -> np.ndarray:
    mask = np.zeros((80, 90), bool)
    mask[20:50, 30:60] = True
    return mask


def test_a_tinted_fill_in_a_toned_picture_takes_the_toning() -> None:
    truth, mask = toned(), hole()
    filled = truth.copy()
    filled[mask] += np.array([-0.03, 0.0, 0.12], np.float32)
    out = match_toning(filled, mask)
    assert np.array_equal(out[~mask], filled[~mask])
    assert np.abs(out - truth)[mask].mean() < 0.02 < np.abs(filled - truth)[mask].mean()


def test_grey_stays_exactly_grey() -> None:
    grey = np.repeat(toned()[..., :1], 3, 2)
    mask = hole()
    filled = grey.copy()
    filled[mask] += np.array([0.02, -0.02, 0.05], np.float32)
    out = match_toning(filled, mask)[mask]
    assert np.ptp(out, axis=1).max() < 1e-3


def test_the_tint_of_a_scratch_that_a_jpeg_carries_beyond_it_is_not_taken_up() -> None:
    grey = cv2.resize(smooth_photo(80, 90).mean(2).astype(np.float32) / 255, (360, 320))
    truth = np.stack([grey * 0.5, grey * 0.35, np.zeros_like(grey)], 2)  # dark brown, its blue at its end
    scratch = np.zeros(grey.shape, np.uint8)
    for x in range(20, 340, 40):
        cv2.line(scratch, (x, 10), (x + 15, 310), 1, 5)
    scanned = np.where(scratch[..., None] > 0, np.float32(0.95), truth)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 60]
    data = cv2.imencode(".jpg", np.rint(scanned[..., ::-1] * 255).astype(np.uint8), quality)[1]
    scanned = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    filled = cv2.inpaint(np.ascontiguousarray(scanned), scratch, 3, cv2.INPAINT_TELEA)
    before, mask = filled.astype(np.float32) / 255, scratch > 0
    after = match_toning(before, mask)
    blue = [np.abs(picture - truth)[mask][:, 2].mean() for picture in (before, after)]
    assert blue[0] > 0.05 and blue[1] < 0.01


def test_pictures_in_colour_are_left_alone() -> None:
    rng = np.random.default_rng(2)
    picture = rng.random((80, 90, 3)).astype(np.float32)
    assert match_toning(picture, hole()) is picture


def test_without_surroundings_nothing_is_done() -> None:
    picture = toned()
    assert match_toning(picture, np.ones((80, 90), bool)) is picture
    assert match_toning(picture, np.zeros((80, 90), bool)) is picture
