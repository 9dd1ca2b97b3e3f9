"""From the detector's map of probability to a mask: thresholds, sizes, polarity and growth, without the
network."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bools, Bytes, Float, Pixels
from restorer.tiles import Box

Mask = Bools
Polarity = Literal["light", "dark", "both"]

THIN_THRESHOLD = 0.6
REGION_THRESHOLD = 0.98
WEAK = 0.4  # share of the threshold above which pixels belong to damage that they touch
CLUTTER, CLUTTER_PX = 2.5, 161  # share of the mean probability over that window which is taken off
LINE_POOL_PX, LINE_LENGTH, LINE_ANGLES = 4, 21, 16  # lines are looked for on a map 4 times smaller
LINE_GAIN, LINE_CONTRAST = 1.3, 2.5
LINE_FLOOR = 13  # of 255: a line in the neighbourhood makes nothing out of no evidence at all
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
        minimum_elongation: components less elongated are dropped; 1 keeps all. Measured as the squared
            diagonal of the bounding box over the area: about length over width for a line, straight or
            bent, 2 to 2.5 for a spot.
    """

    sensitivity: float = 0.5
    smallest_px: int = 4
    largest_px: int | None = None
    polarity: Polarity = "both"
    minimum_elongation: float = 1.0


def threshold(base: float, sensitivity: float) -> float:
    """The probability from which a pixel counts, for a calibrated `base` and a sensitivity 0..1."""
    odds = np.log(base / (1 - base)) + (0.5 - sensitivity) * 8
    return float(1 / (1 + np.exp(-odds)))


def _discount_clutter(plane: Bytes) -> Bytes:
    """Lower the probability where there is some all around: in foliage, lace and planks a speck proves
    less."""
    return np.asarray(cv2.addWeighted(plane, 1.0, cv2.blur(plane, (CLUTTER_PX, CLUTTER_PX)), -CLUTTER, 0.0))


@functools.cache
def _line_kernels() -> tuple[Float, ...]:
    middle, kernels = (LINE_LENGTH - 1) / 2, []
    for angle in np.arange(LINE_ANGLES) * np.pi / LINE_ANGLES:
        reach = middle * np.array([np.cos(angle), np.sin(angle)])
        ends = [np.rint((middle + side * reach) * 16).astype(int).tolist() for side in (-1, 1)]
        drawn = np.zeros((LINE_LENGTH, LINE_LENGTH), np.uint8)
        cv2.line(drawn, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
        kernels.append(drawn.astype(np.float32) / np.float32(drawn.sum()))
    return tuple(kernels)


def _support_lines(plane: Bytes) -> Bytes:
    """Raise the probability of pixels along a line of others: a faint scratch is believed for its length,
    where a speck as faint is not. What is alike in all directions supports nothing."""
    height, width = plane.shape
    block = np.ones((LINE_POOL_PX, LINE_POOL_PX), np.uint8)
    largest = cv2.dilate(plane, block, anchor=(0, 0))[::LINE_POOL_PX, ::LINE_POOL_PX]
    pooled = largest.astype(np.float32)
    best = np.zeros_like(pooled)
    for kernel in _line_kernels():
        np.maximum(best, cv2.filter2D(pooled, -1, kernel, borderType=cv2.BORDER_CONSTANT), out=best)
    best -= LINE_CONTRAST * cv2.blur(pooled, (LINE_LENGTH, LINE_LENGTH))
    size = (pooled.shape[1] * LINE_POOL_PX, pooled.shape[0] * LINE_POOL_PX)
    support = np.clip(np.rint(best), 0, 255).astype(np.uint8)
    support = cv2.resize(support, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    raised = cv2.addWeighted(plane, 1.0, support, LINE_GAIN, 0.0)
    return np.where(plane >= LINE_FLOOR, raised, plane)


class _Components:
    """Connected places of one mask, held as its pixels alone: damage covers a few percent of a picture.

    Args:
        mask: (H, W) uint8, 0 or 1.
    """

    def __init__(self, mask: Bytes) -> None:
        self.shape = mask.shape
        self.count, labels = cv2.connectedComponents(mask, connectivity=8)
        self.where: NDArray[np.intp] = np.flatnonzero(mask.view(np.bool_))
        self.label: NDArray[np.int32] = labels.astype(np.int32, copy=False).ravel()[self.where]

    def only(self, keep: Bools) -> _Components:
        """These components without those that `keep` has False for; labels stay."""
        chosen = keep[self.label]
        rest = _Components.__new__(_Components)
        rest.shape, rest.count = self.shape, self.count
        rest.where, rest.label = self.where[chosen], self.label[chosen]
        return rest

    def touching(self, plane: Bytes, level: float) -> Bools:
        """Which components have a pixel of `plane` above `level`; by label, False for the background."""
        keep = np.zeros(self.count, bool)
        keep[self.label[plane.ravel()[self.where] > level]] = True
        return keep

    def drawn(self) -> Bytes:
        """The mask (H, W) uint8, 0 or 1."""
        out = np.zeros(self.shape, np.uint8)
        out.ravel()[self.where] = 1
        return out

    @functools.cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels by label."""
        return np.bincount(self.label, minlength=self.count)

    @functools.cached_property
    def elongations(self) -> NDArray[np.float64]:
        """By label: see `MaskSettings.minimum_elongation`."""
        rows, columns = np.divmod(self.where, self.shape[1])
        diagonal = np.zeros(self.count)
        for place in (rows, columns):
            low, high = np.full(self.count, self.shape[0] + self.shape[1]), np.zeros(self.count, np.int64)
            np.minimum.at(low, self.label, place)
            np.maximum.at(high, self.label, place)
            diagonal += np.square(np.maximum(high - low + 1, 0))
        return diagonal / np.maximum(self.areas, 1)


class MaskCutter:
    """Cuts one damage map again and again: what does not depend on the settings is computed once, what
    depends on the sensitivity alone once for each.

    For one thread at a time.

    Args:
        found: the detector's map, (H, W) each.
        pixels: the photograph (H, W) or (H, W, 3); needed for a polarity other than "both".
    """

    def __init__(self, found: DamageMap, pixels: Pixels | None = None) -> None:
        self.found, self.pixels = found, pixels
        self._cut_at: float | None = None

    def cut(self, settings: MaskSettings | None = None) -> Mask:
        """Cut the map into a mask (H, W) bool, True = damaged."""
        settings = settings or MaskSettings()
        if self._cut_at != settings.sensitivity:
            self._components = self._connect(settings.sensitivity)
            self._lighter = None
            self._cut_at = settings.sensitivity
        parts = self._components
        keep = parts.areas >= settings.smallest_px
        if settings.largest_px is not None:
            keep &= parts.areas <= settings.largest_px
        if settings.minimum_elongation > 1:
            keep &= parts.elongations >= settings.minimum_elongation
        if settings.polarity != "both" and self.pixels is not None:
            if self._lighter is None:
                self._lighter = _lighter_than_surroundings(self.pixels, parts)
            keep &= self._lighter if settings.polarity == "light" else ~self._lighter
        return parts.only(keep).drawn().view(np.bool_)

    def _connect(self, sensitivity: float) -> _Components:
        planes = (self._thin, THIN_THRESHOLD), (self.found.region, REGION_THRESHOLD)
        found = [_hysteresis(plane, threshold(base, sensitivity)) for plane, base in planes]
        found = [parts for parts in found if len(parts.where)] or found[:1]
        if len(found) == 1:
            return found[0]
        return _Components(found[0].drawn() | found[1].drawn())

    @functools.cached_property
    def _thin(self) -> Bytes:
        return _support_lines(_discount_clutter(self.found.thin))


def _hysteresis(plane: Bytes, high: float) -> _Components:
    """Pixels above `high`, and those above `WEAK` times it that touch them: keeps faint scratches
    whole."""
    level = float(np.floor(high * 255))  # of integers, those above it are those above high
    if float(plane.max(initial=0)) <= level:
        return _Components(np.zeros_like(plane))
    weak = cv2.threshold(plane, float(np.floor(high * WEAK * 255)), 1, cv2.THRESH_BINARY)[1]
    parts = _Components(weak.astype(np.uint8, copy=False))
    return parts.only(parts.touching(plane, level))


def cut_mask(found: DamageMap, pixels: Pixels | None = None, settings: MaskSettings | None = None) -> Mask:
    """Cut the map into a mask, once; `MaskCutter` does it repeatedly.

    Args:
        found: the detector's map, (H, W) each.
        pixels: the photograph (H, W) or (H, W, 3); needed for a polarity other than "both".
        settings: thresholds and sizes; None takes the defaults.

    Returns:
        (H, W) bool, True = damaged.
    """
    return MaskCutter(found, pixels).cut(settings)


def _lighter_than_surroundings(pixels: Pixels, parts: _Components) -> Bools:
    """For every component, whether its mean luma is above that of what lies around it."""
    luma = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    luma = luma.astype(np.float32)
    known = np.ones(parts.shape, np.float32)
    known.ravel()[parts.where] = 0
    share = cv2.blur(known, (25, 25))
    around = cv2.blur(luma * known, (25, 25)) / np.maximum(share, 1e-3)
    gap = (luma - around) * (share > 1e-3)  # deep in wide damage nothing is known around
    gap = np.bincount(parts.label, gap.ravel()[parts.where], parts.count)
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


@dataclass(frozen=True)
class Region:
    """One connected place of a mask: its box and the number of its pixels."""

    box: Box
    area: int


def find_regions(mask: Mask) -> list[Region]:
    """The connected places of a mask (H, W), the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    order = 1 + np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable")
    rows = ((int(v) for v in stats[i]) for i in order)
    return [Region(Box(y, x, y + height, x + width), area) for x, y, width, height, area in rows]


def infrared_mask(plane: Pixels, sensitivity: float = 0.5) -> Mask:
    """Dust and scratches in a scanner's infrared plane, to which colour dyes are transparent.

    Args:
        plane: (H, W) uint8 or uint16; damage is darker than what is around it.
        sensitivity: 0..1; at 0.5 damage takes a tenth of the light away.

    Returns:
        (H, W) bool, True = damaged. Silver (black-and-white film, Kodachrome) is opaque to infrared as well:
        there the mask follows the picture and is of no use.
    """
    light = plane.astype(np.float32)
    side = int(min(101, max(3, min(plane.shape) // 8 * 2 + 1)))
    clear = cv2.blur(light, (side, side))
    for _ in range(2):  # again without what is dark, so that damage does not darken its own reference
        bright = (light > clear * 0.95).astype(np.float32)
        share = cv2.blur(bright, (side, side))
        clear = np.where(
            share > 0.02, cv2.blur(light * bright, (side, side)) / np.maximum(share, 0.02), clear
        )
    loss = 0.1 * 4.0 ** (2 * (0.5 - sensitivity))
    grain = 1.4826 * float(np.median(np.abs(light / np.maximum(clear, 1) - 1)))
    return light < clear * (1 - max(loss, 4 * grain))


def judge(mask: Mask) -> Verdict:
    """Judge a mask (H, W) as cut by `cut_mask`, before growing."""
    share = float(mask.mean()) if mask.size else 0.0
    count = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    score = 0.0 if share == 0 else float(np.clip(100 * (np.log10(share) + 4) / 3, 0, 100))
    return Verdict(share < CLEAN_SHARE, share, count, round(score, 1))


def count_changes(before: Pixels, after: Pixels, mask: Mask) -> tuple[int, int]:
    """Changed pixels inside and outside of `mask`; compared in bands, so that no large copy is made."""
    inside = outside = 0
    for y in range(0, before.shape[0], 256):
        differs = before[y : y + 256] != after[y : y + 256]
        changed = differs.any(2) if differs.ndim == 3 else differs
        band = mask[y : y + 256]
        inside += int(np.count_nonzero(changed & band))
        outside += int(np.count_nonzero(changed & ~band))
    return inside, outside
