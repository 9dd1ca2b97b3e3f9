"""What is done to a whole mask: grow, shrink, invert, clear; and the connected region under a click.

Works tile by tile on a `Surface`, so empty tiles cost nothing and full ones share their memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from restorer.arrays import Bools, Bytes
from restorer.editing.mask import (
    CLUTTER_PX,
    LINE_LENGTH,
    LINE_POOL_PX,
    DamageMap,
    MaskSettings,
    cut_mask,
)
from restorer.editing.surface import TILE, Key, Surface, keys_in
from restorer.tiles import Box

GROW_MAX_PX = 64
DISC_MAX_PX = 8  # up to here a disc is quicker than distances
MARKED = 128  # from this value on a pixel is to be filled
WINDOW_PX = 512
REACH_OF_CUT_PX = (CLUTTER_PX + LINE_LENGTH * LINE_POOL_PX) // 2 + LINE_POOL_PX  # what a cut looks at
FAINTER = (0.0, 0.12, 0.25)  # how much more sensitive a click looks for damage that was not proposed


def grown(mask: Surface, radius_px: int) -> Surface:
    """The mask with a rim of `radius_px` (1..64) more around everything marked; values there before are
    kept."""
    radius = min(max(int(radius_px), 0), GROW_MAX_PX)
    out = mask.snapshot()
    if radius == 0:
        return out
    near = {
        (ty + dy, tx + dx)
        for ty, tx in sorted(mask.keys())
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
        if 0 <= (ty + dy) * TILE < mask.height and 0 <= (tx + dx) * TILE < mask.width
    }
    for key in near:
        around = mask.tile_box(key).grown(radius + 2, mask.height, mask.width)
        values = mask.read(around)
        marked = values >= MARKED
        if not marked.any():
            continue
        inner = mask.tile_box(key).inside(around)
        _store(out, key, np.maximum(values[inner], _spread(marked, radius)[inner]))
    return out


def _spread(marked: Bools, radius: int) -> Bytes:
    """255 within `radius` of everything marked (h, w), else 0; from 9 px on within half a pixel."""
    if radius <= DISC_MAX_PX:
        steps = np.arange(-radius, radius + 1)
        disc = (steps[:, None] ** 2 + steps**2 <= radius * radius).astype(np.uint8)
        return np.asarray(cv2.dilate(marked.astype(np.uint8) * np.uint8(255), disc))
    away = cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.where(away <= radius, np.uint8(255), np.uint8(0))


def shrunk(mask: Surface, radius_px: int) -> Surface:
    """The mask without a rim of `radius_px`; the border of the picture takes nothing away."""
    return inverted(grown(inverted(mask), radius_px))


def inverted(mask: Surface) -> Surface:
    """255 minus the mask, everywhere."""
    out = Surface(mask.height, mask.width)
    full: dict[tuple[int, ...], Bytes] = {}  # one full tile of each shape, shared
    for key in keys_in(mask.box):
        tile = mask.tile(key)
        if tile is None:
            box = mask.tile_box(key)
            shape = (box.height, box.width)
            if shape not in full:
                full[shape] = np.full(shape, 255, np.uint8)
            out.put(key, full[shape])
        else:
            _store(out, key, 255 - tile)
    return out


def cleared(mask: Surface) -> Surface:
    """An empty mask of the same size."""
    return Surface(mask.height, mask.width)


def without(mask: Surface, other: Surface) -> Surface:
    """The mask where `other` is not marked: what a protected place keeps."""
    out = mask.snapshot()
    for key in mask.keys() & other.keys():
        mine, theirs = mask.tile(key), other.tile(key)
        assert mine is not None and theirs is not None
        _store(out, key, np.where(theirs >= MARKED, np.uint8(0), mine))
    return out


def marked_share(mask: Surface) -> float:
    """Share of the picture that is marked, 0..1."""
    tiles = (mask.tile(key) for key in sorted(mask.keys()))
    count = sum(int(np.count_nonzero(tile >= MARKED)) for tile in tiles if tile is not None)
    return count / max(mask.height * mask.width, 1)


def _store(surface: Surface, key: Key, values: Bytes) -> None:
    """Put a tile; an empty one is forgotten, one that did not change stays the same object."""
    old = surface.tile(key)
    if not values.any():
        surface.put(key, None)
    elif old is None or not np.array_equal(old, values):
        surface.put(key, np.ascontiguousarray(values))


# --- regions

Region = tuple[Box, Bools]
"""A box and which of its pixels belong to the region."""


def region_at(
    read: Callable[[Box], Bools], height: int, width: int, x: int, y: int, reach_px: int = 4
) -> Region | None:
    """The connected region (8 neighbours) at or next to a pixel.

    Only a window around it is looked at; it grows until the region ends inside.

    Args:
        read: (h, w) bool of a box inside the picture.
        height: rows of the picture.
        width: columns.
        x: column of the click.
        y: row.
        reach_px: how far off the click may be.

    Returns:
        the region's box and pixels, or None if there is none.
    """
    half = WINDOW_PX // 2
    while True:
        box = Box(y - half, x - half, y + half, x + half).grown(0, height, width)
        marked = read(box)
        near = Box(y, x, y + 1, x + 1).grown(reach_px, height, width)
        spots = np.argwhere(marked[near.inside(box)])
        if not len(spots):
            return None
        spots = spots + np.array([near.y0, near.x0])
        dy, dx = spots[:, 0] - y, spots[:, 1] - x
        sy, sx = spots[int((dy * dy + dx * dx).argmin())]
        canvas = marked.astype(np.uint8)
        cv2.floodFill(canvas, None, (int(sx) - box.x0, int(sy) - box.y0), 2, flags=8)
        found = canvas == 2
        if _ends_inside(found, box, height, width):
            rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
            tight = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
            place = Box(tight.y0 + box.y0, tight.x0 + box.x0, tight.y1 + box.y0, tight.x1 + box.x0)
            return place, found[tight.slices]
        half *= 2


def marked_region(mask: Surface, x: int, y: int, reach_px: int = 4) -> Region | None:
    """The marked region at or next to a pixel."""
    return region_at(lambda box: mask.read(box) >= MARKED, mask.height, mask.width, x, y, reach_px)


def proposed_region(
    found: DamageMap, settings: MaskSettings, x: int, y: int, reach_px: int = 4
) -> Region | None:
    """The region at or next to a pixel that the detector's map proposes; if there is none, looked for with
    more sensitivity, without the limits of size and polarity."""
    height, width = found.thin.shape
    for more in FAINTER:
        cut = MaskSettings(min(settings.sensitivity + more, 1.0), smallest_px=1)

        def read(box: Box, cut: MaskSettings = cut) -> Bools:
            # The probability of the neighbourhood counts as well, lines of it in blocks of pixels.
            near = box.grown(REACH_OF_CUT_PX, height, width)
            y0, x0 = (start - start % LINE_POOL_PX for start in (near.y0, near.x0))
            around = Box(y0, x0, near.y1, near.x1)
            part = DamageMap(found.thin[around.slices], found.region[around.slices])
            return cut_mask(part, settings=cut)[box.inside(around)]

        region = region_at(read, height, width, x, y, reach_px)
        if region is not None:
            return region
    return None


def _ends_inside(found: Bools, box: Box, height: int, width: int) -> bool:
    """Whether a region touches no side of its window that is not a side of the picture."""
    sides = (
        (box.y0 > 0, found[0]),
        (box.x0 > 0, found[:, 0]),
        (box.y1 < height, found[-1]),
        (box.x1 < width, found[:, -1]),
    )
    return not any(open_side and line.any() for open_side, line in sides)


def reach_for(zoom: float) -> int:
    """How far off a click may be, in picture pixels, so that it is about 5 pixels of the screen."""
    return math.ceil(min(max(5 / max(zoom, 1e-3), 1.0), 40.0))
