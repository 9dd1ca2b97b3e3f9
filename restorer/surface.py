"""A picture as copy-on-write tiles: cheap snapshots, patches that touch only what they cover, reduced levels
on demand.

After the tile stores of MyPaint and Krita. A hundred megapixels are 391 tiles; nothing is copied before it is
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np

from restorer.arrays import Bools, Pixels
from restorer.tiles import Box

TILE = 512
Key = tuple[int, int]
"""Row and column of a tile."""

Reduce = Literal["mean", "max"]


def keys_in(box: Box) -> Iterator[Key]:
    """The tiles that `box` touches, row by row."""
    if box.height <= 0 or box.width <= 0:
        return
    for ty in range(box.y0 // TILE, (box.y1 - 1) // TILE + 1):
        for tx in range(box.x0 // TILE, (box.x1 - 1) // TILE + 1):
            yield ty, tx


class Surface:
    """Pixels (H, W) or (H, W, channels) in tiles of 512 x 512; tiles that were never written hold zeros.

    Stored tiles are read-only and may be shared between surfaces; a write replaces a tile by a new one. So a
    tile that is the same object holds the same pixels, and comparing surfaces costs nothing.

    Args:
        height: rows.
        width: columns.
        channels: 0 for (H, W), else the third dimension.
        dtype: of the elements.
    """

    def __init__(self, height: int, width: int, channels: int = 0, dtype: Any = np.uint8) -> None:
        self.height, self.width, self.channels = height, width, channels
        self.dtype = np.dtype(dtype)
        self._tiles: dict[Key, Pixels] = {}

    @classmethod
    def from_array(cls, array: Pixels) -> Surface:
        """A surface whose tiles are views of `array` (H, W) or (H, W, C), which must not be written to any
        more."""
        surface = cls(array.shape[0], array.shape[1], array.shape[2] if array.ndim == 3 else 0, array.dtype)
        for key in keys_in(surface.box):
            view = array[surface.tile_box(key).slices]
            view.flags.writeable = False
            surface._tiles[key] = view
        return surface

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.height, self.width)

    def tile_box(self, key: Key) -> Box:
        """The pixels of a tile; those at the right and lower border are smaller."""
        y, x = key[0] * TILE, key[1] * TILE
        return Box(y, x, min(y + TILE, self.height), min(x + TILE, self.width))

    def keys(self) -> set[Key]:
        """The tiles that were written."""
        return set(self._tiles)

    def tile(self, key: Key) -> Pixels | None:
        """The stored, read-only pixels of a tile, or None where nothing was written."""
        return self._tiles.get(key)

    def put(self, key: Key, pixels: Pixels | None) -> None:
        """Store a whole tile as it is (None: forget it); `pixels` becomes read-only and must fit its
        box."""
        if pixels is None:
            self._tiles.pop(key, None)
            return
        if pixels.shape != self._shape(self.tile_box(key)) or pixels.dtype != self.dtype:
            raise ValueError(f"a tile {pixels.shape} {pixels.dtype} does not fit {key}")
        pixels.flags.writeable = False
        self._tiles[key] = pixels

    def snapshot(self) -> Surface:
        """An independent surface with the same pixels; shares the tiles, so it costs microseconds."""
        other = Surface(self.height, self.width, self.channels, self.dtype)
        other._tiles = dict(self._tiles)
        return other

    def read(self, box: Box) -> Pixels:
        """A copy of the pixels in `box`, which must lie inside."""
        out = np.zeros(self._shape(box), self.dtype)
        for key in keys_in(box):
            tile = self._tiles.get(key)
            if tile is not None:
                place = self.tile_box(key)
                shared = _overlap(place, box)
                out[shared.inside(box)] = tile[shared.inside(place)]
        return out

    def to_array(self) -> Pixels:
        """A copy of the whole picture."""
        return self.read(self.box)

    def patch(self, box: Box, pixels: Pixels, where: Bools | None = None) -> set[Key]:
        """Write `pixels` into `box` (clipped to the picture), only where `where` (same size, bool) says so.

        Returns:
            The tiles whose pixels are different now.
        """
        inner = _overlap(box, self.box)
        changed: set[Key] = set()
        for key in keys_in(inner):
            place = self.tile_box(key)
            shared = _overlap(place, inner)
            new = np.asarray(pixels[shared.inside(box)], self.dtype)
            old = self._tiles.get(key)
            now = old[shared.inside(place)] if old is not None else np.zeros_like(new)
            if where is not None:
                chosen = where[shared.inside(box)]
                new = np.where(chosen[..., None] if new.ndim == 3 else chosen, new, now)
            if np.array_equal(new, now):
                continue
            tile = np.zeros(self._shape(place), self.dtype) if old is None else old.copy()
            tile[shared.inside(place)] = new
            self.put(key, tile)
            changed.add(key)
        return changed

    def changes_from(self, other: Surface) -> set[Key]:
        """Tiles that are not the same object as in `other`: everything that may differ."""
        keys = self._tiles.keys() | other._tiles.keys()
        return {key for key in keys if self._tiles.get(key) is not other._tiles.get(key)}

    def _shape(self, box: Box) -> tuple[int, ...]:
        return (box.height, box.width, self.channels) if self.channels else (box.height, box.width)


def _overlap(a: Box, b: Box) -> Box:
    return Box(max(a.y0, b.y0), max(a.x0, b.x0), min(a.y1, b.y1), min(a.x1, b.x1))


class Mips:
    """Reduced levels of a surface for drawing it small: level n is 2**n times smaller, in tiles of 512.

    Computed when asked for, kept until a tile below changes.

    Args:
        reduce: "mean" for pictures, "max" for masks, in which a thin scratch must stay visible.
    """

    def __init__(self, reduce: Reduce = "mean") -> None:
        self.reduce: Reduce = reduce
        self._kept: dict[tuple[int, int, int], tuple[tuple[int, ...], Pixels | None, list[Any]]] = {}

    def tile(self, surface: Surface, level: int, key: Key) -> Pixels | None:
        """Pixels of tile `key` of `level`, or None where nothing was written; up to 512 x 512, read-only.

        At the right and lower border a tile covers what there is, rounded up to whole reduced pixels.
        """
        if level == 0:
            return surface.tile(key)
        children = [
            self.tile(surface, level - 1, (key[0] * 2 + dy, key[1] * 2 + dx))
            for dy in (0, 1)
            for dx in (0, 1)
        ]
        stamp = tuple(id(c) if c is not None else 0 for c in children)
        kept = self._kept.get((level, *key))
        if kept is not None and kept[0] == stamp:
            return kept[1]
        made = self._join(surface, level, key, children)
        self._kept[(level, *key)] = (stamp, made, children)  # holding the children keeps their ids theirs
        return made

    def clear(self) -> None:
        """Forget all levels."""
        self._kept.clear()

    def _join(self, surface: Surface, level: int, key: Key, children: list[Pixels | None]) -> Pixels | None:
        if all(child is None for child in children):
            return None
        side = 1 << (level - 1)
        height = min(2 * TILE, -(-surface.height // side) - key[0] * 2 * TILE)
        width = min(2 * TILE, -(-surface.width // side) - key[1] * 2 * TILE)
        shape = (height, width, surface.channels) if surface.channels else (height, width)
        whole = np.zeros(shape, surface.dtype)
        for i, child in enumerate(children):
            if child is not None:
                y, x = (i // 2) * TILE, (i % 2) * TILE
                whole[y : y + child.shape[0], x : x + child.shape[1]] = child
        made = _halve(whole, self.reduce)
        made.flags.writeable = False
        return made


def _halve(pixels: Pixels, reduce: Reduce) -> Pixels:
    """Half the size, rounded up; an odd last row or column counts twice."""
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    if reduce == "mean":
        size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    pairs = np.maximum(pixels[0::2], pixels[1::2])
    return np.maximum(pairs[:, 0::2], pairs[:, 1::2])
