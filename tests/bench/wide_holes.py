"""The picture of wide holes in the README: python -m tests.bench.wide_holes OUT.jpg

Two large losses are cut into a sample photograph; from left to right: damaged, repaired at detail 0, at the
default, and the scan.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from restorer.image.reading import open_photo
from restorer.processing.repairer import RepairSettings, repair_pixels

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "loco.jpg"
PLACES = ((620, 300, 60, 80), (560, 560, 50, 70))  # middle and radii in pixels: y, x, y, x
SHOWN = (110, 150)  # half of what is shown around each


def loss(shape: tuple[int, ...], place: tuple[int, int, int, int]) -> np.ndarray:
    """A ragged loss, (H, W) bool."""
    y, x, high, wide = place
    rng = np.random.default_rng(1)
    angles = np.linspace(0, 2 * np.pi, 24)[:-1]
    radii = rng.uniform(0.7, 1.1, (len(angles), 2)) * (wide, high)
    corners = (x, y) + radii * np.stack([np.cos(angles), np.sin(angles)], 1)
    mask = np.zeros(shape[:2], np.uint8)
    return cv2.fillPoly(mask, [corners.astype(np.int32)], [1]) > 0


def row(place: tuple[int, int, int, int]) -> np.ndarray:
    """One loss repaired, (h, w, 3)."""
    pixels = open_photo(SAMPLE).pixels
    mask = loss(pixels.shape, place)
    damaged = np.where(mask[..., None], np.uint8(245), pixels)
    repaired = [repair_pixels(damaged, mask, RepairSettings(detail=detail))[0] for detail in (0.0, 0.8)]
    top, left = max(0, place[0] - SHOWN[0]), max(0, place[1] - SHOWN[1])
    window = np.s_[top : top + 2 * SHOWN[0], left : left + 2 * SHOWN[1]]
    return np.hstack([picture[window] for picture in (damaged, *repaired, pixels)])


if __name__ == "__main__":
    rows = np.vstack([row(place) for place in PLACES])
    cv2.imwrite(sys.argv[1], rows[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
