"""From surfaces to what is seen: the visible part of one mip level, put together as a picture that Qt draws
in one go, without seams."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from restorer.arrays import Bytes, Pixels
from restorer.editing.surface import TILE, Key, Mips, OutOfTime, Surface, changed_part, keys_in
from restorer.tiles import Box
from ui.canvas.display import Display

CONVERTED_BYTES = 192 * 2**20  # converted tiles kept per picture
ALIGN, MARGIN = 128, 128  # the assembled part of a level starts at multiples, and goes on beyond the view
COARSE_SIDE = 1024
HATCH_PX = 6
RIM_DARK, RIM_LIGHT = np.uint8(20), np.uint8(235)
CUBE = np.ones((3, 3), np.uint8)
TURNS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
RIM_TURNS = 90  # grey level from which on the picture counts as light
RIM_STRENGTH = 0.5


@dataclass(frozen=True)
class Overlay:
    """How masks are drawn over the picture.

    Attributes:
        colour: of what is to be filled.
        protect: of what must not be filled; hatched.
        opacity: 0..1.
        shown: False draws the picture alone.
        rim: a dark line around what is to be filled, in pixels of the level.
    """

    # Blue and orange stay apart in all common kinds of colour blindness, and from sepia and grey.
    colour: QColor
    protect: QColor
    opacity: float = 0.6
    shown: bool = True
    rim: bool = True


DEFAULT_OVERLAY = Overlay(QColor(0, 150, 255), QColor(230, 130, 0))


class PictureTiles:
    """Display-ready tiles of one picture at any level: reduced, converted, kept within a bound.

    Args:
        surface: the picture.
        mips: its levels.
        display: its colours.
        limit: bytes of converted tiles to keep.
    """

    def __init__(self, surface: Surface, mips: Mips, display: Display, limit: int = CONVERTED_BYTES) -> None:
        self.surface, self.mips, self._display, self._limit = surface, mips, display, limit
        self._kept: OrderedDict[tuple[int, int, int], tuple[Pixels, Bytes]] = OrderedDict()
        self._bytes = 0
        self._coarse: tuple[Bytes, int] | None = None

    def get(self, level: int, key: Key, stop: Callable[[], bool] | None = None) -> Bytes:
        """(h, w, 4) of a tile. Raises `OutOfTime` when `stop` says so before it is finished."""
        tile = self.mips.tile(self.surface, level, key, stop)
        assert tile is not None
        kept = self._kept.get((level, *key))
        if kept is not None and kept[0] is tile:
            self._kept.move_to_end((level, *key))
            return kept[1]
        if kept is None and stop is not None and stop():
            raise OutOfTime
        shown = self._convert(tile, kept)
        if kept is None:
            self._bytes += shown.nbytes
        self._kept[(level, *key)] = (tile, shown)
        self._kept.move_to_end((level, *key))
        while self._bytes > self._limit and len(self._kept) > 1:
            _, (_, old) = self._kept.popitem(last=False)
            self._bytes -= old.nbytes
        return shown

    def has(self, level: int, key: Key) -> bool:
        """Whether a tile was converted already and can be had at once, perhaps after a small update."""
        return (level, *key) in self._kept

    def size(self) -> int:
        """Bytes of converted tiles."""
        return self._bytes

    def rough(self, level: int, key: Key) -> Bytes:
        """The same place, from a few samples of the picture: shown until the tile is ready."""
        if self._coarse is None:
            self._coarse = self._sample()
        coarse, step = self._coarse
        height, width = level_size(self.surface, level)
        share = (1 << level) / step
        y0, x0 = key[0] * TILE, key[1] * TILE
        y1, x1 = min(y0 + TILE, height), min(x0 + TILE, width)
        matrix = np.array([[share, 0, x0 * share], [0, share, y0 * share]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (x1 - x0, y1 - y0)
        return np.asarray(cv2.warpAffine(coarse, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))

    def _sample(self) -> tuple[Bytes, int]:
        """Every n-th pixel, about a thousand on the longer side."""
        surface = self.surface
        step = 1
        while max(surface.height, surface.width) > COARSE_SIDE * step:
            step *= 2
        rows, columns = -(-surface.height // step), -(-surface.width // step)
        shape = (rows, columns, surface.channels) if surface.channels else (rows, columns)
        out = np.zeros(shape, surface.dtype)
        per = TILE // step
        for ty, tx in sorted(surface.keys()):
            tile = surface.tile((ty, tx))
            assert tile is not None
            part = tile[::step, ::step]
            out[ty * per : ty * per + part.shape[0], tx * per : tx * per + part.shape[1]] = part
        return self._display.convert(out), step

    def _convert(self, tile: Pixels, kept: tuple[Pixels, Bytes] | None) -> Bytes:
        if kept is not None and kept[0].shape == tile.shape:
            part = changed_part(kept[0], tile)
            if part is not None:
                kept[1][part.slices] = self._display.convert(tile[part.slices])
            return kept[1]
        return self._display.convert(tile)


def level_size(surface: Surface, level: int) -> tuple[int, int]:
    """Rows and columns of a level."""
    side = 1 << level
    return -(-surface.height // side), -(-surface.width // side)


@dataclass
class Masks:
    """The two masks and their levels."""

    mask: Surface
    mask_mips: Mips
    protect: Surface
    protect_mips: Mips


class _Memory:
    """Room for an assembled part, used again: fresh memory costs more than what is copied into it."""

    def __init__(self) -> None:
        self._flat: Bytes = np.zeros(0, np.uint8)

    def take(self, height: int, width: int) -> tuple[Bytes, Bytes, Bytes]:
        """Pixels (h, w, 4) and two masks (h, w), their contents undefined."""
        count = height * width
        if self._flat.size < 6 * count or self._flat.size > 24 * count:
            self._flat = np.empty(6 * count, np.uint8)
        pixels = self._flat[: 4 * count].reshape(height, width, 4)
        masks = self._flat[4 * count : 6 * count].reshape(2, height, width)
        return pixels, masks[0], masks[1]


class Buffer:
    """The visible part of one level of a picture, masks blended in, as one image.

    Tiles that are not ready in time are drawn roughly and finished by later calls of `prepare`.

    Args:
        tiles: the picture.
        masks: what is drawn over it; None draws the picture alone.
    """

    def __init__(self, tiles: PictureTiles, masks: Masks | None = None) -> None:
        self.tiles, self._masks = tiles, masks
        self.level = -1
        self.area = Box(0, 0, 0, 0)
        self._pixels: Bytes = np.zeros((0, 0, 4), np.uint8)
        self._mask: Bytes = np.zeros((0, 0), np.uint8)
        self._protect: Bytes = np.zeros((0, 0), np.uint8)
        self._memory, self._spare = _Memory(), _Memory()
        self._image = QImage()
        self._missing: set[Key] = set()
        self._overlay = DEFAULT_OVERLAY
        self._turn = 0
        self._turned_pixels: Bytes = np.zeros((0, 0, 4), np.uint8)
        self._stale: Box | None = None

    def prepare(self, level: int, wanted: Box, overlay: Overlay, seconds: float) -> bool:
        """Have `wanted` (pixels of `level`) assembled.

        Args:
            level: of the mips.
            wanted: what will be drawn.
            overlay: how masks look.
            seconds: when to stop work; what is missing then is drawn roughly.

        Returns:
            whether everything is finished.
        """
        ends = time.perf_counter() + seconds
        area = self._around(level, wanted)
        wide = self.area.height * self.area.width > 2 * area.height * area.width
        if level != self.level or not _contains(self.area, wanted) or wide:
            self._move(level, area)
        if overlay != self._overlay:
            self._overlay = overlay
            if self._masks is not None:
                self._blend_again()
        return self._finish(lambda: time.perf_counter() > ends)

    def draw(self, painter: QPainter, quarters: int = 0) -> None:
        """Draw what is assembled; the painter's transform must map pixels of the level.

        Args:
            painter: with that transform.
            quarters: by how many right angles it turns clockwise, if it turns by right angles. Qt draws a
                picture that lies turned in memory several times as quickly.
        """
        if quarters == 0:
            painter.drawImage(QPointF(self.area.x0, self.area.y0), self._image)
            return
        image, back = self._turned(quarters)
        back *= QTransform.fromTranslate(self.area.x0, self.area.y0)
        painter.save()
        painter.setTransform(back * painter.transform())
        painter.drawImage(QPointF(0, 0), image)
        painter.restore()

    def _turned(self, quarters: int) -> tuple[QImage, QTransform]:
        """What is assembled, turned; and the transform that turns it back."""
        height, width = self.area.height, self.area.width
        if self._turn != quarters:
            self._turn, self._stale = quarters, self.area
            shape = (width, height) if quarters % 2 else (height, width)
            self._turned_pixels = np.empty((*shape, 4), np.uint8)
        if self._stale is not None:
            part, self._stale = self._stale, None
            y, x = part.inside(self.area)
            rows = ((x.start, x.stop), (height - y.stop, height - y.start), (width - x.stop, width - x.start))
            columns = (
                (height - y.stop, height - y.start),
                (width - x.stop, width - x.start),
                (y.start, y.stop),
            )
            down, across = slice(*rows[quarters - 1]), slice(*columns[quarters - 1])
            self._turned_pixels[down, across] = cv2.rotate(self._pixels[y, x], TURNS[quarters - 1])
        pixels = self._turned_pixels
        image = QImage(
            pixels.data, pixels.shape[1], pixels.shape[0], pixels.shape[1] * 4, QImage.Format.Format_RGB32
        )
        back = (
            QTransform(0, -1, 1, 0, 0, height),
            QTransform(-1, 0, 0, -1, width, height),
            QTransform(0, 1, -1, 0, width, 0),
        )
        return image, back[quarters - 1]

    def mask_parts(self, part: Box) -> tuple[Bytes, Bytes]:
        """What is to be filled and what is protected, (h, w) uint8 each, in `part` of `level`; nothing
        outside of `area`."""
        both = np.zeros((2, part.height, part.width), np.uint8)
        here = part.common(self.area)
        if here.height > 0 and here.width > 0:
            place, held = here.inside(part), here.inside(self.area)
            both[1][place] = self._protect[held]
            both[0][place] = _without(self._mask[held], self._protect[held])
        return both[0], both[1]

    def picture_changed(self, keys: frozenset[Key]) -> None:
        """Tiles of the picture (level 0) are different now."""
        self._missing |= self._slots(keys)

    def masks_changed(self, keys: frozenset[Key]) -> Box | None:
        """Tiles of a mask are different now: blend the changed part again.

        Returns:
            what is drawn differently, in picture pixels.
        """
        if self._masks is None or self.level < 0:
            return None
        union: Box | None = None
        for slot in self._slots(keys):
            part = self._load_masks(slot)
            if part is not None:
                union = part if union is None else _hull(union, part)
        if union is None:
            return None
        union = union.grown(1, *level_size(self.tiles.surface, self.level)).common(self.area)
        self._blend(union)
        step = 1 << self.level
        return Box(union.y0 * step, union.x0 * step, union.y1 * step, union.x1 * step)

    def _slots(self, keys: frozenset[Key]) -> set[Key]:
        found = {(ty >> self.level, tx >> self.level) for ty, tx in keys} if self.level >= 0 else set()
        return found & set(keys_in(self.area))

    def _around(self, level: int, wanted: Box) -> Box:
        """What is to be assembled where `wanted` is to be drawn."""
        height, width = level_size(self.tiles.surface, level)
        return Box(
            max(wanted.y0 // ALIGN * ALIGN - MARGIN, 0),
            max(wanted.x0 // ALIGN * ALIGN - MARGIN, 0),
            min(-(-wanted.y1 // ALIGN) * ALIGN + MARGIN, height),
            min(-(-wanted.x1 // ALIGN) * ALIGN + MARGIN, width),
        )

    def _move(self, level: int, area: Box) -> None:
        """Assemble another part or level; what both have in common is copied."""
        same = level == self.level
        before = (self.area, self._pixels, self._mask, self._protect)
        shape = (area.height, area.width)
        self._memory, self._spare = self._spare, self._memory  # what is copied from stays as it is
        self._pixels, self._mask, self._protect = self._memory.take(*shape)
        self.level, self.area, self._turn = level, area, 0
        self._image = QImage(
            self._pixels.data, area.width, area.height, area.width * 4, QImage.Format.Format_RGB32
        )
        common = before[0].common(area) if same else Box(0, 0, 0, 0)
        keep = common.height > 0 and common.width > 0
        if keep:
            mine = (self._pixels, self._mask, self._protect)
            for new, was in zip(mine, before[1:], strict=True):
                new[common.inside(area)] = was[common.inside(before[0])]
        missing, self._missing = (self._missing if same else set()), set()
        for key in keys_in(area):
            place = self._place(key)
            if keep and key not in missing and _contains(common, place):
                continue
            self._missing.add(key)
            self._load_masks(key)
        for key in self._missing:  # after all masks: the rim of one tile depends on its neighbours
            if not self.tiles.has(level, key):
                self._write(key, self.tiles.rough(level, key))

    def _place(self, key: Key) -> Box:
        """The part of a tile that is assembled, in pixels of the level."""
        height, width = level_size(self.tiles.surface, self.level)
        y, x = key[0] * TILE, key[1] * TILE
        return Box(y, x, min(y + TILE, height), min(x + TILE, width)).common(self.area)

    def _finish(self, stop: Callable[[], bool]) -> bool:
        for key in sorted(self._missing):
            try:
                shown = self.tiles.get(self.level, key, stop)
            except OutOfTime:
                return False
            self._missing.discard(key)
            self._write(key, shown)
        return True

    def _write(self, key: Key, shown: Bytes) -> None:
        place = self._place(key)
        corner = Box(key[0] * TILE, key[1] * TILE, key[0] * TILE + TILE, key[1] * TILE + TILE)
        self._pixels[place.inside(self.area)] = shown[place.inside(corner)]
        self._tint(place)

    def _load_masks(self, key: Key) -> Box | None:
        """Fetch both masks of a tile; returns the changed part, in pixels of the level."""
        if self._masks is None:
            return None
        place = self._place(key)
        corner = Box(key[0] * TILE, key[1] * TILE, key[0] * TILE + TILE, key[1] * TILE + TILE)
        union: Box | None = None
        pairs = (
            (self._masks.mask, self._masks.mask_mips, self._mask),
            (self._masks.protect, self._masks.protect_mips, self._protect),
        )
        for surface, mips, held in pairs:
            tile = mips.tile(surface, self.level, key)
            now = held[place.inside(self.area)]
            new = np.zeros_like(now) if tile is None else tile[place.inside(corner)]
            part = changed_part(now, new)
            if part is None:
                continue
            now[part.slices] = new[part.slices]
            part = Box(part.y0 + place.y0, part.x0 + place.x0, part.y1 + place.y0, part.x1 + place.x0)
            union = part if union is None else _hull(union, part)
        return union

    def _blend_again(self) -> None:
        self._blend(self.area)

    def _blend(self, part: Box) -> None:
        """Picture and masks anew in `part`."""
        for key in keys_in(part):
            place = self._place(key).common(part)
            corner = Box(key[0] * TILE, key[1] * TILE, key[0] * TILE + TILE, key[1] * TILE + TILE)
            if key in self._missing:
                shown = self.tiles.rough(self.level, key)
            else:
                shown = self.tiles.get(self.level, key)
            self._pixels[place.inside(self.area)] = shown[place.inside(corner)]
            self._tint(place)

    def _tint(self, place: Box) -> None:
        """Blend the masks into the pixels of `place`, which hold the picture alone."""
        self._stale = place if self._stale is None else _hull(self._stale, place)
        if self._masks is None or not self._overlay.shown:
            return
        around = Box(place.y0 - 1, place.x0 - 1, place.y1 + 1, place.x1 + 1).common(self.area)
        pixels = self._pixels[place.inside(self.area)]
        protect = self._protect[place.inside(self.area)]
        if protect.any():
            _colour(pixels, _hatched(protect, place), self._overlay.protect, self._overlay.opacity)
        wide = _without(self._mask[around.inside(self.area)], self._protect[around.inside(self.area)])
        if wide.any():
            mask = wide[place.inside(around)]
            if self._overlay.rim:
                self._draw_rim(pixels, wide, mask, place.inside(around))
            _colour(pixels, mask, self._overlay.colour, self._overlay.opacity)

    def _draw_rim(self, pixels: Bytes, wide: Bytes, mask: Bytes, inner: tuple[slice, slice]) -> None:
        """A line around what is marked: dark where the picture is light, light where it is dark."""
        rim = np.asarray(cv2.subtract(cv2.dilate(wide, CUBE)[inner], mask))
        part = _marked_part(rim)
        if part is not None:
            here = pixels[part.slices]
            light = cv2.cvtColor(here, cv2.COLOR_BGRA2GRAY) >= RIM_TURNS
            grey = np.where(light, RIM_DARK, RIM_LIGHT)
            strength = RIM_STRENGTH * min(1.0, self._overlay.opacity * 1.5)
            _mix(here, rim[part.slices], (grey, grey, grey), strength)


def _without(mask: Bytes, protect: Bytes) -> Bytes:
    """What will be filled of a mask: nothing that is protected."""
    return np.asarray(cv2.subtract(mask, protect)) if protect.any() else mask


def _marked_part(mask: Bytes) -> Box | None:
    """The smallest box around everything that is not 0."""
    x, y, width, height = cv2.boundingRect(mask)
    return Box(y, x, y + height, x + width) if width else None


def _colour(pixels: Bytes, share: Bytes, colour: QColor, opacity: float) -> None:
    """Blend `colour` into (h, w, 4) where `share` (h, w) says how much, 255 = `opacity`."""
    part = _marked_part(share)
    if part is not None:
        planes = (colour.blue(), colour.green(), colour.red())
        _mix(pixels[part.slices], share[part.slices], planes, opacity)


def _mix(pixels: Bytes, share: Bytes, planes: tuple[int | Bytes, ...], opacity: float) -> None:
    """Blend a colour, its planes numbers or (h, w), into pixels (h, w, 4) by `share` (h, w), 255 =
    `opacity`. In 8 bits, off by one at most, which takes half the time of floats."""
    weight = np.asarray(cv2.convertScaleAbs(share, alpha=opacity))
    rest = 255 - weight
    for i, plane in enumerate(planes):
        if isinstance(plane, int):
            added = cv2.convertScaleAbs(weight, alpha=plane / 255)
        else:
            added = cv2.multiply(weight, plane, scale=1 / 255)
        own = cv2.multiply(np.ascontiguousarray(pixels[..., i]), rest, scale=1 / 255)
        pixels[..., i] = cv2.add(own, added)


def _hatched(protect: Bytes, place: Box) -> Bytes:
    """Diagonal stripes, at fixed places of the level."""
    rows = np.arange(place.y0, place.y1)[:, None]
    columns = np.arange(place.x0, place.x1)[None]
    stripe = (rows + columns) // HATCH_PX % 2 == 0
    return np.where(stripe, protect, protect // 4)


def _hull(a: Box, b: Box) -> Box:
    return Box(min(a.y0, b.y0), min(a.x0, b.x0), max(a.y1, b.y1), max(a.x1, b.x1))


def _contains(outer: Box, inner: Box) -> bool:
    return outer.y0 <= inner.y0 and outer.x0 <= inner.x0 and inner.y1 <= outer.y1 and inner.x1 <= outer.x1
