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
SAMPLES = 20_000  # pixels that are looked at, up to twice as many
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
    colours = _without_noise(filled, known)
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
    """Colours (M, 3) of some of the `known` places, averaged over a few pixels, the known ones alone."""
    places = np.flatnonzero(known)
    places = places[:: max(1, len(places) // SAMPLES)]
    weight = known.astype(np.float32)
    planes = [weight, *(cv2.extractChannel(picture, c) * weight for c in range(3))]
    share, *sums = [cv2.GaussianBlur(p, (0, 0), NOISE_PX).ravel()[places] for p in planes]
    return np.stack(sums, 1) / np.maximum(share, np.float32(1e-3))[:, None]
