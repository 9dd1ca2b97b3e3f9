"""Damage followed by its own brightness: what the network left out of a crack that it found.

Where a tear is wide, or a scratch fades, the network is sure of a part and doubts the rest, although the eye
sees one thing of one brightness. Seeded region growing (Adams and Bischof, PAMI 1994) from what is certain,
against local means of damage and surroundings, takes the rest in; one that grows much is no damage but a
surface, and nothing of it is taken.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bools, Bytes, Float, Pixels
from restorer.editing.mask import DamageMap, cut_mask
from restorer.tiles import Box

REACH_PX = 16  # how far beyond the damage is looked
DAMAGE_PX, SCENE_PX = 4, 12  # over which the brightness of the damage, and of its surroundings, is averaged
SMALLEST_PX = 60  # area from which damage has a brightness of its own
CONTRAST = 25.0  # of 255, between damage and surroundings
LIKENESS = 0.4  # how much nearer to the damage than to the surroundings a pixel must be
DOUBT = 8  # of 255: where the network sees next to nothing, nothing is taken
STARK = 40.0  # of 255: damage that stands out so is followed on the least trace,
STARK_LIKENESS, TRACE = 0.75, 2  # as far as a pixel has that share of its contrast, or more: a white tip
LARGEST_GROWTH = 2.0  # in area
TILE_PX, MARGIN_PX = 512, 64
SPREAD = np.ones((2 * REACH_PX + 1, 2 * REACH_PX + 1), np.uint8)


def complete(found: DamageMap, pixels: Pixels) -> DamageMap:
    """Raise the probability of what belongs to certain damage by its brightness to that of the damage.

    On 12 photographs of real damage F1 is 0.609 with this and 0.584 without.

    Args:
        found: the detector's map, (H, W) each; not changed.
        pixels: the photograph, (H, W) or (H, W, 3), uint8 or uint16.
    """
    seeds = cut_mask(found)
    thin, region = found.thin.copy(), found.region.copy()
    height, width = seeds.shape
    for y in range(0, height, TILE_PX):
        for x in range(0, width, TILE_PX):
            inner = Box(y, x, min(y + TILE_PX, height), min(x + TILE_PX, width))
            outer = inner.grown(MARGIN_PX, height, width)
            if not seeds[outer.slices].any():
                continue
            evidence = np.maximum(found.thin[outer.slices], found.region[outer.slices])
            added = follow(seeds[outer.slices], evidence, pixels[outer.slices])[inner.inside(outer)]
            for before, after in (found.thin, thin), (found.region, region):
                near = cv2.dilate(before[outer.slices] * seeds[outer.slices], SPREAD)[inner.inside(outer)]
                rows = after[inner.slices]
                np.copyto(rows, np.maximum(rows, near), where=added)
    return DamageMap(thin, region)


def follow(seeds: Bools, evidence: Bytes, pixels: Pixels) -> Bools:
    """What belongs to `seeds` by its brightness.

    Args:
        seeds: (H, W), damage that is certain.
        evidence: (H, W) uint8, probability of damage, 255 = certain.
        pixels: the photograph, (H, W) or (H, W, 3), uint8 or uint16.

    Returns:
        (H, W): what is to be added, nothing of `seeds` itself.
    """
    large = _large(seeds)
    if not large.any():
        return np.zeros(seeds.shape, bool)
    luma = _luma(pixels)
    clear = cv2.dilate(large, np.ones((5, 5), np.uint8)) == 0
    damage, scene = _mean(luma, large, DAMAGE_PX), _mean(luma, clear, SCENE_PX)
    contrast = damage - scene
    alike = np.abs(luma - damage) < LIKENESS * np.abs(luma - scene)
    alike &= (np.abs(contrast) > CONTRAST) & (evidence >= DOUBT)
    alike |= (
        ((luma - scene) * np.sign(contrast) > STARK_LIKENESS * np.abs(contrast))
        & (np.abs(contrast) > STARK)
        & (evidence >= TRACE)
    )
    near = cv2.dilate(large, SPREAD) > 0
    return _kept(_touching(alike & near | (large > 0), large), large) & ~seeds


def _luma(pixels: Pixels) -> Float:
    top = np.iinfo(pixels.dtype).max
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return grey.astype(np.float32) * np.float32(255 / top)


def _labels(mask: Bools) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The components of `mask` by number, 0 elsewhere, and how many pixels each number has."""
    found = np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1], np.int32)
    return found, np.bincount(found.ravel())


def _large(seeds: Bools) -> Bytes:
    labels, areas = _labels(seeds)
    keep = areas >= SMALLEST_PX
    keep[0] = False
    return keep[labels].astype(np.uint8)


def _mean(values: Float, where: Bools, sigma: float) -> Float:
    """Local mean of `values` over the places `where`, carried beyond them; found at a quarter of the size."""
    height, width = values.shape
    size = (-(-width // 4), -(-height // 4))
    weight = where.astype(np.float32)
    small = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (values * weight, weight))
    total, share = (cv2.GaussianBlur(p, (0, 0), sigma / 4) for p in small)
    return cv2.resize(total / np.maximum(share, 1e-6), (width, height))


def _touching(mask: Bytes, seeds: Bytes) -> Bytes:
    """The components of `mask` that hold some of `seeds`."""
    labels, areas = _labels(mask)
    keep = np.zeros(len(areas), np.uint8)
    keep[labels[seeds > 0]] = 1
    return keep[labels]


def _kept(grown: Bytes, seeds: Bytes) -> Bools:
    """The components that did not grow beyond what damage does."""
    labels, areas = _labels(grown)
    keep = areas <= LARGEST_GROWTH * np.bincount(labels[seeds > 0], minlength=len(areas))
    keep[0] = False
    return keep[labels]
