"""Hole masks for inpainting: the families that repairs meet and that the literature tests.

Centre, random blocks and random regions after Context Encoders (Pathak et al., 2016); free-form strokes
after DeepFillv2 (Yu et al., 2019);
scratches and blobs after the shapes of real print damage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bytes

Mask = Bytes
Sampler = Callable[[np.random.Generator, int], Mask]


def _points(rng: np.random.Generator, size: int, count: int, step: float, wander: float) -> NDArray[np.int32]:
    angle = rng.uniform(0, 2 * np.pi)
    point = rng.uniform(-0.1 * size, 1.1 * size, 2)
    points = [point]
    for _ in range(count):
        point = point + step * rng.uniform(0.5, 1.5) * np.array([np.cos(angle), np.sin(angle)])
        angle += rng.normal(0, wander)
        points.append(point)
    return np.rint(np.array(points) * 8).astype(np.int32)


def _polyline(mask: Mask, points: NDArray[np.int32], width: int) -> None:
    cv2.polylines(mask, [points[:, None]], False, 1, max(1, width), cv2.LINE_8, 3)


def scratches(rng: np.random.Generator, size: int) -> Mask:
    """Thin lines, hairs and specks, 1-7 px wide."""
    mask = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(3, 10)):
        straight = rng.random() < 0.5
        count = int(rng.integers(1, 4) if straight else rng.integers(4, 14))
        step = size * rng.uniform(0.15, 0.6) / (1 if straight else 3)
        _polyline(mask, _points(rng, size, count, step, 0.05 if straight else 0.5), int(rng.integers(1, 7)))
    for _ in range(rng.integers(0, 30)):
        centre = rng.integers(0, size, 2)
        axes = rng.integers(1, 5, 2)
        cv2.ellipse(mask, centre.tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return mask


def blobs(rng: np.random.Generator, size: int) -> Mask:
    """Rounded spots with a radius of 4-18 px."""
    mask = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(3, 13)):
        centre = rng.integers(0, size, 2)
        turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        radii = rng.uniform(4, 16) * rng.uniform(0.6, 1.3, 12)
        shape = np.stack([np.cos(turns) * radii * rng.uniform(0.5, 1.6), np.sin(turns) * radii], 1)
        turn = rng.uniform(0, np.pi)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        cv2.fillPoly(mask, [np.rint(shape @ spin + centre).astype(np.int32)], 1)
    return mask


def strokes(rng: np.random.Generator, size: int) -> Mask:
    """Free-form brush strokes 8-26 px wide."""
    mask = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(1, 4)):
        width = int(rng.integers(8, 26))
        points = _points(rng, size, int(rng.integers(2, 7)), size * rng.uniform(0.12, 0.4), 0.9)
        _polyline(mask, points, width)
        for x, y in points // 8:
            cv2.circle(mask, (int(x), int(y)), width // 2, 1, -1)
    return mask


def centre(rng: np.random.Generator, size: int) -> Mask:
    """The middle square, a quarter of the area."""
    del rng
    mask = np.zeros((size, size), np.uint8)
    mask[size // 4 : size - size // 4, size // 4 : size - size // 4] = 1
    return mask


def blocks(rng: np.random.Generator, size: int) -> Mask:
    """Overlapping rectangles over about a quarter of the area."""
    mask = np.zeros((size, size), np.uint8)
    height, width = (rng.uniform(0.12, 0.36, 2) * size).astype(int)
    while mask.mean() < 0.22:
        y, x = rng.integers(-height // 2, size - height // 2), rng.integers(-width // 2, size - width // 2)
        mask[max(0, y) : y + height, max(0, x) : x + width] = 1
    return mask


def regions(rng: np.random.Generator, size: int) -> Mask:
    """Arbitrary jagged shapes over 10-35 % of the area."""
    mask = np.zeros((size, size), np.uint8)
    target = rng.uniform(0.1, 0.3)
    for _ in range(12):
        if mask.mean() >= target:
            break
        corners = int(rng.integers(5, 12))
        turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radii = size * rng.uniform(0.05, 0.3, corners)
        shape = np.stack([np.cos(turns) * radii, np.sin(turns) * radii], 1) + rng.uniform(0, size, 2)
        cv2.fillPoly(mask, [np.rint(shape).astype(np.int32)], 1)
    return mask


FAMILIES: Mapping[str, Sampler] = {
    "scratches": scratches,
    "blobs": blobs,
    "strokes": strokes,
    "centre": centre,
    "blocks": blocks,
    "regions": regions,
}
MIX: Mapping[str, float] = {
    "scratches": 0.38,
    "blobs": 0.18,
    "strokes": 0.17,
    "centre": 0.05,
    "blocks": 0.12,
    "regions": 0.10,
}


def sample_mask(rng: np.random.Generator, size: int, mix: Mapping[str, float] = MIX) -> Mask:
    """A hole mask (size, size) uint8, 1 = hole, never empty and never more than 60 % of the area."""
    names = list(mix)
    weights = np.array([mix[n] for n in names])
    for _ in range(20):
        mask = FAMILIES[names[rng.choice(len(names), p=weights / weights.sum())]](rng, size)
        if rng.random() < 0.12:
            mask |= scratches(rng, size)
        if 0.005 < mask.mean() < 0.6:
            return mask
    return centre(rng, size)
