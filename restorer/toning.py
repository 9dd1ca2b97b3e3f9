"""The colour of toned monochrome photographs: grey, sepia, selenium, faded to yellow.

In such a picture the colour of a pixel is a function of its lightness. A fill that follows that function
cannot have a tint of its own.
"""

from __future__ import annotations

import numpy as np

from restorer.arrays import Bools, Float

BINS = 24
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
    known = filled[~mask]
    if len(known) < 256 or not mask.any():
        return filled
    known = known[:: max(1, len(known) // 20000)]
    luma = known @ WEIGHTS
    tints = known - luma[:, None]
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
