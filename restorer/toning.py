"""The colour of toned monochrome photographs: grey, sepia, selenium, faded to yellow.

In such a picture the colour of a pixel is a function of its lightness. A fill that follows that function
cannot have a tint of its own.
"""

from __future__ import annotations

import cv2
import numpy as np

from restorer.arrays import Bools, Float

BINS = 24
BLEED_PX = 4  # so far the subsampled colours of a JPEG carry the tint of a scratch beyond it
NOISE_PX = 1.5  # over which the blocks of a JPEG scatter their colours
LEAST = 256  # pixels that a toning can be told from
TOLERANCE = 0.014  # of full scale: how far the colours of a toned picture may scatter around the function
WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def match_toning(filled: Float, mask: Bools) -> Float:
    """Give a fill the toning of a monochrome surrounding; pictures in colour are left as they are.

    Args:
        filled: (H, W, 3) in 0..1, the photograph with its holes filled, with context around the holes.
        mask: (H, W), True = filled.

    Returns:
        (H, W, 3): as `filled` outside of the mask; inside with colours of the surroundings for the fill's own
        lightness, or unchanged where the surroundings are in colour.
    """
    known = _away_from(mask)
    if np.count_nonzero(known) < LEAST or not mask.any():
        return filled
    colours = _without_noise(filled, known)[known]
    colours = colours[:: max(1, len(colours) // 20000)]
    luma = colours @ WEIGHTS
    tints = colours - luma[:, None]
    bins = np.minimum((luma * BINS).astype(np.int32), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    used = counts >= 8
    means = np.stack([np.bincount(bins, tints[:, c], BINS) / np.maximum(counts, 1) for c in range(3)], 1)
    scatter = np.sqrt(np.mean((tints - means[bins])[used[bins]] ** 2)) if used.any() else np.inf
    if scatter > TOLERANCE:
        return filled
    places = (np.flatnonzero(used) + 0.5) / BINS
    own = filled[mask] @ WEIGHTS
    toned = np.stack([own + np.interp(own, places, means[used, c]) for c in range(3)], 1)
    out = filled.copy()
    out[mask] = np.clip(toned, 0, 1)
    return out


def _away_from(mask: Bools) -> Bools:
    """Where the colours are those of the picture alone; all that is known where that is too little."""
    reach = np.ones((2 * BLEED_PX + 1, 2 * BLEED_PX + 1), np.uint8)
    away = cv2.dilate(mask.astype(np.uint8), reach) == 0
    return away if np.count_nonzero(away) >= LEAST else ~mask


def _without_noise(picture: Float, known: Bools) -> Float:
    """`picture` averaged over a few pixels, the known ones alone."""
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(picture * weight[..., None], (0, 0), NOISE_PX)
    share = cv2.GaussianBlur(weight, (0, 0), NOISE_PX)
    return (total / np.maximum(share, np.float32(1e-3))[..., None]).astype(np.float32)
