"""A picture as copy-on-write tiles: cheap snapshots, patches that touch only what they cover, reduced levels
on demand.

After the tile stores of MyPaint and Krita. A hundred megapixels are 391 tiles; nothing is copied before it is
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
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


_STAMPS = count()


class Surface:
    """Pixels (H, W) or (H, W, channels) in tiles of 512 x 512; tiles that were never written hold zeros.

    Stored tiles are read-only and may be shared between surfaces; a write replaces a tile by a new one. So a
    tile that is the same object holds the same pixels, and comparing surfaces costs nothing.

    Args:
        height: rows.
        width: columns.
        channels: 0 for (H, W), else the third dimension.
        dtype: of the elements.

    Attributes:
        stamp: two surfaces with the same stamp hold the same pixels; every write gives a new one.
    """

    def __init__(self, height: int, width: int, channels: int = 0, dtype: Any = np.uint8) -> None:
        self.height, self.width, self.channels = height, width, channels
        self.dtype = np.dtype(dtype)
        self._tiles: dict[Key, Pixels] = {}
        self.stamp = next(_STAMPS)

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
        self.stamp = next(_STAMPS)
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
        other._tiles, other.stamp = dict(self._tiles), self.stamp
        return other

    def read(self, box: Box) -> Pixels:
        """A copy of the pixels in `box`, which must lie inside."""
        out = np.zeros(self._shape(box), self.dtype)
        for key in keys_in(box):
            tile = self._tiles.get(key)
            if tile is not None:
                place = self.tile_box(key)
                shared = place.common(box)
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
        inner = box.common(self.box)
        changed: set[Key] = set()
        for key in keys_in(inner):
            place = self.tile_box(key)
            shared = place.common(inner)
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


class OutOfTime(Exception):  # noqa: N818 - not an error: the caller comes back later
    """Raised by `Mips.tile` when its `stop` says so; what was finished is kept."""


@dataclass(frozen=True)
class _Kept:
    """A reduced tile and what it was made of; holding the children keeps their identity theirs."""

    children: tuple[Pixels | None, ...]
    made: Pixels | None
    stamp: int


class Mips:
    """Reduced levels of a surface for drawing it small: level n is 2**n times smaller, in tiles of 512.

    Computed when asked for, kept until a tile below changes; then only the part that changed is reduced
    again.

    Args:
        reduce: "mean" for pictures, "max" for masks, in which a thin scratch must stay visible.
        base: a surface and its levels; where a tile shows nothing but tiles of that surface, its levels are
            used, so that a repaired picture costs no second set.
    """

    def __init__(self, reduce: Reduce = "mean", base: tuple[Surface, Mips] | None = None) -> None:
        self.reduce: Reduce = reduce
        self._base = base
        self._kept: dict[tuple[int, int, int], _Kept] = {}

    def tile(
        self, surface: Surface, level: int, key: Key, stop: Callable[[], bool] | None = None
    ) -> Pixels | None:
        """Pixels of tile `key` of `level`, or None where nothing was written; up to 512 x 512, read-only.

        At the right and lower border a tile covers what there is, rounded up to whole reduced pixels.

        Args:
            surface: what is reduced, always the same one.
            level: 0 = the surface's own tiles.
            key: row and column of the tile in its level.
            stop: asked before every reduction; True ends the work.

        Raises:
            OutOfTime: `stop` said so; calling again goes on from there.
        """
        if level == 0:
            return surface.tile(key)
        kept = self._kept.get((level, *key))
        if kept is not None and kept.stamp == surface.stamp:
            return kept.made
        if self._base is not None and self._same_as_base(surface, level, key):
            self._kept.pop((level, *key), None)
            return self._base[1].tile(self._base[0], level, key, stop)
        children = tuple(
            self.tile(surface, level - 1, (key[0] * 2 + dy, key[1] * 2 + dx), stop)
            for dy in (0, 1)
            for dx in (0, 1)
        )
        if kept is not None and all(a is b for a, b in zip(kept.children, children, strict=True)):
            made = kept.made
        else:
            if stop is not None and stop():
                raise OutOfTime
            made = self._join(surface, level, key, children, kept)
        self._kept[(level, *key)] = _Kept(children, made, surface.stamp)
        return made

    def size(self) -> int:
        """Bytes held by the reduced levels."""
        return sum(kept.made.nbytes for kept in self._kept.values() if kept.made is not None)

    def clear(self) -> None:
        """Forget all levels."""
        self._kept.clear()

    def _same_as_base(self, surface: Surface, level: int, key: Key) -> bool:
        assert self._base is not None
        base = self._base[0]
        if surface.stamp == base.stamp:
            return True
        rows = range(key[0] << level, min((key[0] + 1) << level, -(-surface.height // TILE)))
        columns = range(key[1] << level, min((key[1] + 1) << level, -(-surface.width // TILE)))
        return all(surface.tile((ty, tx)) is base.tile((ty, tx)) for ty in rows for tx in columns)

    def _join(
        self, surface: Surface, level: int, key: Key, children: tuple[Pixels | None, ...], kept: _Kept | None
    ) -> Pixels | None:
        """Four tiles at half the size; what did not change since `kept` is taken from it."""
        if all(child is None for child in children):
            return None
        side = 1 << level
        height = min(TILE, -(-surface.height // side) - key[0] * TILE)
        width = min(TILE, -(-surface.width // side) - key[1] * TILE)
        old = kept.made if kept is not None else None
        shape = (height, width, surface.channels) if surface.channels else (height, width)
        made = np.zeros(shape, surface.dtype) if old is None else old.copy()
        half = TILE // 2
        for i, child in enumerate(children):
            before = kept.children[i] if kept is not None and old is not None else None
            if child is before:
                continue
            y, x = (i // 2) * half, (i % 2) * half
            if child is None:
                made[y : y + half, x : x + half] = 0
                continue
            part = changed_part(before, child)
            if part is None:
                continue
            # Whole pairs of rows and columns; an odd last one is counted twice by `_halve`.
            even = Box(part.y0 & ~1, part.x0 & ~1, part.y1 + (part.y1 & 1), part.x1 + (part.x1 & 1))
            reduced = _halve(child[even.slices], self.reduce)
            top, left = y + even.y0 // 2, x + even.x0 // 2
            made[top : top + reduced.shape[0], left : left + reduced.shape[1]] = reduced
        made.flags.writeable = False
        return made


def changed_part(old: Pixels | None, new: Pixels) -> Box | None:
    """The smallest box in which two tiles of the same shape differ, None if nowhere; all of `new` if there is
    no old one."""
    if old is None:
        return Box(0, 0, new.shape[0], new.shape[1])
    if new.ndim == 2 and new.dtype == np.uint8:
        x, y, width, height = cv2.boundingRect(cv2.absdiff(old, new))
        return Box(y, x, y + height, x + width) if width else None
    differs = old != new
    if differs.ndim == 3:
        differs = differs.any(2)
    rows = np.flatnonzero(differs.any(1))
    if not len(rows):
        return None
    columns = np.flatnonzero(differs[rows[0] : rows[-1] + 1].any(0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


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
