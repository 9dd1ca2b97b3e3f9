"""From the detector's map of probability to a mask: thresholds, sizes, polarity and growth, without the
network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bools, Bytes, Pixels

Mask = Bools
Polarity = Literal["light", "dark", "both"]

THIN_THRESHOLD = 0.6
REGION_THRESHOLD = 0.8
CLUTTER, CLUTTER_PX = 1.5, 161  # share of the mean probability over that window which is taken off
CLEAN_SHARE = 0.0004  # flagged share under which a photograph counts as clean


@dataclass(frozen=True)
class DamageMap:
    """What the detector found.

    Attributes:
        thin: (H, W) uint8, probability of scratches, hairs and dust, 255 = certain.
        region: (H, W) uint8, probability of stains, tears and missing patches.
    """

    thin: Bytes
    region: Bytes

    @property
    def union(self) -> Bytes:
        """(H, W) uint8, the larger of both."""
        return np.maximum(self.thin, self.region)


@dataclass(frozen=True)
class MaskSettings:
    """How the map is cut into a mask.

    Attributes:
        sensitivity: 0..1, 0.5 is the calibrated default; more finds fainter damage.
        smallest_px: components with a smaller area are dropped.
        largest_px: components with a larger area are dropped; None keeps all.
        polarity: keep damage lighter than its surroundings, darker, or both.
    """

    sensitivity: float = 0.5
    smallest_px: int = 4
    largest_px: int | None = None
    polarity: Polarity = "both"


def threshold(base: float, sensitivity: float) -> float:
    """The probability from which a pixel counts, for a calibrated `base` and a sensitivity 0..1."""
    odds = np.log(base / (1 - base)) + (0.5 - sensitivity) * 8
    return float(1 / (1 + np.exp(-odds)))


def _discount_clutter(plane: Bytes) -> Bytes:
    """Lower the probability where there is some all around: in foliage, lace and planks a speck proves
    less."""
    return np.asarray(cv2.addWeighted(plane, 1.0, cv2.blur(plane, (CLUTTER_PX, CLUTTER_PX)), -CLUTTER, 0.0))


def _hysteresis(plane: Bytes, high: float) -> Bytes:
    """Pixels above `high`, and those above half of it that are connected to them: keeps faint scratches
    whole."""
    weak = (plane > high * 0.5 * 255).astype(np.uint8)
    strong = plane > high * 255
    count, found = cv2.connectedComponents(weak, connectivity=8)
    labels = found.astype(np.int32, copy=False)
    keep = np.zeros(count, bool)
    keep[np.unique(labels[strong])] = True
    keep[0] = False
    return keep[labels].astype(np.uint8)


def cut_mask(found: DamageMap, pixels: Pixels | None = None, settings: MaskSettings | None = None) -> Mask:
    """Cut the map into a mask.

    Args:
        found: the detector's map, (H, W) each.
        pixels: the photograph (H, W) or (H, W, 3); needed for a polarity other than "both".
        settings: thresholds and sizes; None takes the defaults.

    Returns:
        (H, W) bool, True = damaged.
    """
    settings = settings or MaskSettings()
    mask = _hysteresis(_discount_clutter(found.thin), threshold(THIN_THRESHOLD, settings.sensitivity))
    mask |= _hysteresis(found.region, threshold(REGION_THRESHOLD, settings.sensitivity))
    count, found_labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = found_labels.astype(np.int32, copy=False)
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = areas >= settings.smallest_px
    if settings.largest_px is not None:
        keep &= areas <= settings.largest_px
    if settings.polarity != "both" and pixels is not None:
        lighter = _lighter_than_surroundings(pixels, mask, labels, count)
        keep &= lighter if settings.polarity == "light" else ~lighter
    keep[0] = False
    return keep[labels]


def _lighter_than_surroundings(pixels: Pixels, mask: Bytes, labels: NDArray[np.int32], count: int) -> Mask:
    """For every component, whether its mean luma is above that of what lies around it."""
    luma = pixels.astype(np.float32) if pixels.ndim == 2 else pixels[..., :3].astype(np.float32).mean(2)
    known = 1 - mask.astype(np.float32)
    around = cv2.blur(luma * known, (25, 25)) / np.maximum(cv2.blur(known, (25, 25)), 1e-3)
    flat = labels.ravel()
    gap = np.bincount(flat, (luma - around).ravel(), count) / np.maximum(
        np.bincount(flat, minlength=count), 1
    )
    return gap > 0


def grow(mask: Mask, radius_px: int) -> Mask:
    """`mask` (H, W) dilated by a disc of `radius_px`."""
    if radius_px <= 0:
        return mask
    side = 2 * radius_px + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(bool)


@dataclass(frozen=True)
class Verdict:
    """What is told about a photograph.

    Attributes:
        clean: nothing worth repairing was found.
        share: damaged share of the picture, 0..1.
        regions: number of connected damaged places.
        score: 0..100, for sorting: 0 = clean, 100 = a tenth of the picture or more is damaged.
    """

    clean: bool
    share: float
    regions: int
    score: float


def judge(mask: Mask) -> Verdict:
    """Judge a mask (H, W) as cut by `cut_mask`, before growing."""
    share = float(mask.mean()) if mask.size else 0.0
    count = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    score = 0.0 if share == 0 else float(np.clip(100 * (np.log10(share) + 4) / 3, 0, 100))
    return Verdict(share < CLEAN_SHARE, share, count, round(score, 1))
