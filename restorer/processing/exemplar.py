"""Texture for wide holes, put together from patches of the photograph itself.

Far from the border a network that minimises errors gives the smooth mean of all that could be there, and
noise on top of that is no grass and no gravel. Patch-based completion (Wexler, Shechtman and Irani, PAMI
2007) makes every patch of the fill one that occurs elsewhere in the photograph: the hole is grown over from
its border at the coarsest scale (Criminisi, Pérez and Toyama, TIP 2004), then patches are matched and
averaged in turns from scale to scale, with PatchMatch (Barnes et al., SIGGRAPH 2009) for the matching. The
network's fill says which colours belong where: patches are compared in its low frequencies too, and those
stay in the result. A patch may be made lighter or darker to fit (Image Melding, Darabi et al., TOG 2012):
else the few that have a rare tone, as a shadow of the fill, are repeated like a wallpaper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from restorer.arrays import Bools, Float
from restorer.editing.mask import grow
from restorer.jobs import JobContext
from restorer.tiles import Box

RADIUS, FINE_RADIUS = 3, 2  # of a patch, and of one at full size
START_PX = 6.0  # the coarsest scale is the first at which no disc in the hole is larger
SMALLEST_PX = 48  # no scale is smaller
GUIDE_SIGMA = 2.0
GUIDE_WEIGHT = 0.6  # of the guide's colours, against those of one pixel of the patch, for each of its pixels
TONE, FINE_TONE = 0.25, 0.05  # share of the mean colour of a patch that must fit, and at full size
GUESSED, GROWN = 0.15, 0.8  # what a pixel of the guide, and one just grown over, counts beside a known one
KEPT = 0.8  # share of the sources at the coarsest scale, drawn by the seed: another seed, another fill
MOST_SOURCES, MOST_TARGETS, DENSE_TARGETS = 24_000, 1_000_000, 40_000
TURNS_AT_START, TURNS, TURNS_AT_END = 6, 3, 2
CHOOSY = 15.0  # how much the most alike patch over a pixel counts at full size, where a mean would blur
REACH_PX = 16  # of the random part of the search
TONE_SIGMA = 6.0  # coarser than this the result has the colours of the guide
EDGE_PX, INNER_PX = 4.0, 10.0  # nearer to the border the network's own fill stays; from here on none of it
LEAST_WINDOW_PX, MOST_WINDOW_PX = 64, 320  # how far around a hole patches are taken from
LARGEST_WINDOW = 12_000_000  # pixels; beyond that the network's fill stays, for the memory that it would take
CHUNK = 1 << 12  # patches at a time, so that they stay in the processor's cache

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Patchwork:
    """The texture of one hole.

    Attributes:
        box: where it lies in the photograph.
        values: (h, w, 3) in 0..1.
        share: (h, w), how much of the fill it replaces, 0..1.
    """

    box: Box
    values: Float
    share: Float

    def lay_over(self, filled: Float, box: Box, strength: float) -> None:
        """Blend the texture into `filled` (h, w, 3), which is the part `box` of the photograph, in place."""
        common = self.box.common(box)
        if common.height <= 0 or common.width <= 0:
            return
        own, there = common.inside(self.box), common.inside(box)
        share = self.share[own][..., None] * np.float32(strength)
        filled[there] += share * (self.values[own] - filled[there])


def wide_holes(depth: Float, radius_px: float) -> Iterator[tuple[Box, Bools]]:
    """Every hole, or part of one, that holds a disc of `radius_px`.

    Args:
        depth: (H, W) distance to the nearest known pixel, 0 outside of the holes.
        radius_px: smaller ones are filled well from their border.

    Yields:
        the window around it that patches may come from, and where it is in that window.
    """
    if float(depth.max()) < radius_px:
        return
    count, labels, stats, _ = cv2.connectedComponentsWithStats((depth > EDGE_PX - 1).astype(np.uint8))
    for number in range(1, count):
        x, y, width, height, _area = (int(v) for v in stats[number])
        box = Box(y, x, y + height, x + width)
        own = labels[box.slices] == number
        window = box.grown(int(np.clip(max(height, width), LEAST_WINDOW_PX, MOST_WINDOW_PX)), *depth.shape)
        if float(depth[box.slices][own].max()) < radius_px or window.height * window.width > LARGEST_WINDOW:
            continue
        target = np.zeros((window.height, window.width), bool)
        target[box.inside(window)] = own
        yield window, grow(target, round(EDGE_PX)) & (depth[window.slices] > 0)


def patchwork(
    window: Box, picture: Float, target: Bools, depth: Float, seed: int, ctx: JobContext
) -> Patchwork | None:
    """The texture for one hole.

    Args:
        window: where all of the following lies in the photograph.
        picture: (h, w, 3) in 0..1, its holes filled by the network.
        target: (h, w) the hole that gets texture.
        depth: (h, w) distance to the nearest known pixel; from holes nothing is taken.
        seed: another one gives another fill.
        ctx: cancellation, between rounds of matching.

    Returns:
        None where the surroundings have nothing to take from.
    """
    made = synthesise(picture, target, depth > 0, seed, ctx)
    if made is None:
        return None
    made += cv2.GaussianBlur(picture - made, (0, 0), TONE_SIGMA)
    share = (np.clip((depth - EDGE_PX) / (INNER_PX - EDGE_PX), 0, 1) * target).astype(np.float32)
    x, y, width, height = cv2.boundingRect((share > 0).astype(np.uint8))
    own = Box(y, x, y + height, x + width)
    return Patchwork(own.moved(window.y0, window.x0), made[own.slices].clip(0, 1), share[own.slices].copy())


def synthesise(picture: Float, target: Bools, unknown: Bools, seed: int, ctx: JobContext) -> Float | None:
    """`picture` with `target` put together from patches of what is known; None where there are none.

    Args and errors as of `patchwork`.
    """
    rng = np.random.default_rng(seed)
    scales = _scales(picture, target, unknown)
    field: Field | None = None
    while scales:
        ctx.check()
        if field is not None and int(scales[-1][1].sum()) > MOST_TARGETS:
            return cv2.resize(field.level.picture_of(field.estimate), picture.shape[1::-1])
        level = Level(*scales.pop(), finest=not scales, first=field is None)
        if field is None and not len(level.sources):
            continue  # the hole and its rim fill the window at this scale
        field = _first_field(level, rng) if field is None else _finer_field(level, field, rng, ctx)
    return None if field is None else field.level.picture_of(field.estimate)


def _scales(picture: Float, target: Bools, unknown: Bools) -> list[tuple[Float, Bools, Bools]]:
    """Picture, target and holes at full size and, halved each time, down to where the hole is small."""
    radius = float(cv2.distanceTransform(target.astype(np.uint8), cv2.DIST_L2, 3).max())
    scales = [(picture, target, unknown)]
    while radius > START_PX and min(scales[-1][1].shape) > SMALLEST_PX:
        scales.append(_halved(*scales[-1]))
        radius /= 2
    return scales


def _halved(picture: Float, target: Bools, unknown: Bools) -> tuple[Float, Bools, Bools]:
    """All at half size; a cell with any pixel of a hole is a hole."""
    height, width = target.shape
    size = ((width + 1) // 2, (height + 1) // 2)

    def shrink(plane: Float) -> Float:
        even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        return cv2.resize(even, size, interpolation=cv2.INTER_AREA)

    return shrink(picture), shrink(target.astype(np.float32)) > 0, shrink(unknown.astype(np.float32)) > 0


class Level:
    """One scale. A place is the index of a pixel in the picture with a reflected frame, row by row.

    Args:
        picture: (H, W, 3) in 0..1, its holes filled by a guess.
        target: (H, W) what gets texture.
        unknown: (H, W) where no patch may be taken from.
        finest: it is the full size.
        first: it is the coarsest.

    Attributes:
        targets: places of the patches that the target is made of.
        sources: places of the patches that can be taken.
        taps: from the middle of a patch to its pixels.
        pixels, guide, own_tone: (n, 3) by place: the picture, its low frequencies, its `tone`.
    """

    def __init__(self, picture: Float, target: Bools, unknown: Bools, finest: bool, first: bool) -> None:
        self.shape = target.shape
        self.radius = FINE_RADIUS if finest and not first else RADIUS
        self.choosy = CHOOSY if self.radius == FINE_RADIUS else 1.0
        self.adapted = np.float32(1 - (FINE_TONE if self.radius == FINE_RADIUS else TONE))
        self.span = self.shape[1] + 2 * self.radius  # places from one row to the next
        self.pixels = self.framed(picture)
        self.guide = self.framed(cv2.GaussianBlur(picture, (0, 0), GUIDE_SIGMA))
        self.depth = cv2.distanceTransform(target.astype(np.uint8), cv2.DIST_L2, 3)
        size = 2 * self.radius + 1
        patch = np.ones((size, size), np.uint8)
        self.sources = self.place(*np.nonzero(cv2.erode(1 - unknown.astype(np.uint8), patch, borderValue=0)))
        self.own_tone = self.tone(self.pixels)
        self.sound = np.zeros(len(self.pixels), bool)
        self.sound[self.sources] = True
        self.hole = self.place(*np.nonzero(target))
        near = cv2.dilate(target.astype(np.uint8), patch)
        self.stride = 2 if not first and (finest or int(near.sum()) > DENSE_TARGETS) else 1
        self.rows, self.columns = (self.stride * i for i in np.nonzero(near[:: self.stride, :: self.stride]))
        self.targets = self.place(self.rows, self.columns)
        self.number = np.full(len(self.pixels), -1)  # of the target at a place
        self.number[self.targets] = np.arange(len(self.targets))
        offsets = np.arange(-self.radius, self.radius + 1)
        self.taps = (offsets[:, None] * self.span + offsets).ravel()

    def framed(self, plane: Float) -> Float:
        """(H, W, ...) by place: (n, ...), with its reflected frame."""
        r = self.radius
        whole = cv2.copyMakeBorder(plane, r, r, r, r, cv2.BORDER_REFLECT_101)
        return np.ascontiguousarray(whole).reshape(-1, *plane.shape[2:])

    def picture_of(self, estimate: Float) -> Float:
        """The picture (H, W, 3) that `estimate`, by place, holds."""
        r = self.radius
        return estimate.reshape(-1, self.span, 3)[r:-r, r:-r].copy()

    def place(self, rows: NDArray[Any], columns: NDArray[Any]) -> Places:
        """Places of pixels."""
        return (rows + self.radius) * self.span + columns + self.radius

    def tone(self, pixels: Float) -> Float:
        """(n, 3) by place: as much of the mean colour of the patch of `pixels` there as is adapted."""
        size = (2 * self.radius + 1,) * 2
        return self.adapted * cv2.blur(pixels.reshape(-1, self.span, 3), size).reshape(-1, 3)

    def features(self, pixels: Float, tone: Float, places: Places) -> Float:
        """(n, f) what patches are compared by: their pixels and the guide's colour, less their tone."""
        count = len(self.taps)
        out = np.empty((len(places), count + 1, 3), np.float32)
        out[:, :count] = np.take(pixels, places[:, None] + self.taps, axis=0)
        out[:, count] = self.guide[places]
        flat = out.reshape(len(places), -1)
        flat -= np.tile(tone[places], count + 1)  # four times as fast as spreading it along the axis
        out[:, count] *= np.float32((GUIDE_WEIGHT * count) ** 0.5)
        return flat

    def known(self, places: Places) -> Float:
        """`features` of the picture."""
        return self.features(self.pixels, self.own_tone, places)

    def wanted(self, estimate: Float, places: Places) -> Float:
        """`features` of an estimate."""
        return self.features(estimate, self.tone(estimate), places)

    def costs(self, wanted: Float, which: Places, places: Places) -> Float:
        """(n,) how unlike `wanted` with the numbers `which` are to the patches at `places`."""
        out = np.empty(len(which), np.float32)
        for start in range(0, len(which), CHUNK):
            part = slice(start, start + CHUNK)
            difference = self.known(places[part])
            difference -= wanted[which[part]]
            np.einsum("ij,ij->i", difference, difference, out=out[part])
        return out

    def vote(self, estimate: Float, source: Places, cost: Float) -> Float:
        """The estimate whose target is the mean of all patches that lie over a pixel; like ones count more,
        and those near the border, where more is known."""
        scale = float(np.percentile(cost, 75)) + 1e-8
        trust = np.float32(1.1) ** -self.depth[self.rows, self.columns]
        weight = np.exp(-self.choosy * cost / scale) * trust + np.float32(1e-8)
        lighter = self.tone(estimate)[self.targets] - self.own_tone[source]
        total, weights = np.zeros_like(estimate), np.zeros(len(estimate), np.float32)
        for tap in self.taps:  # no place comes twice in one turn
            there = self.targets + tap
            total[there] += (np.take(self.pixels, source + tap, axis=0) + lighter) * weight[:, None]
            weights[there] += weight
        out = estimate.copy()
        inside = self.hole[weights[self.hole] > 0]
        out[inside] = total[inside] / weights[inside, None]
        return self.framed(self.picture_of(out))


@dataclass(frozen=True)
class Field:
    """Which patch each target takes.

    Attributes:
        level: the scale.
        source: (n,) places.
        estimate: (m, 3) by place, the picture made of them.
    """

    level: Level
    source: Places
    estimate: Float


# --- The coarsest scale: all sources are compared -----------------------------------------------------


def _first_field(level: Level, rng: np.random.Generator) -> Field:
    count = min(max(1, round(KEPT * len(level.sources))), MOST_SOURCES)
    sources = np.sort(rng.choice(level.sources, count, replace=False))
    known = level.known(sources)
    estimate = _grown_over(level, sources, known)
    best, cost = _most_alike(level.wanted(estimate, level.targets), known)
    for _ in range(TURNS_AT_START):
        estimate = level.vote(estimate, sources[best], cost)
        best, cost = _most_alike(level.wanted(estimate, level.targets), known)
    return Field(level, sources[best], level.vote(estimate, sources[best], cost))


def _grown_over(level: Level, sources: Places, known: Float) -> Float:
    """The target grown over from its border, pixel by pixel from the patches that fit what is there."""
    estimate, left = level.pixels.copy(), level.depth > 0
    trust = np.where(left, np.float32(GUESSED), np.float32(1))
    while left.any():
        inner = cv2.erode(left.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
        rim = left & ~inner if (left & ~inner).any() else left
        places = level.place(*np.nonzero(rim))
        weights = np.ones((len(places), len(level.taps) + 1, 3), np.float32)
        weights[:, :-1] = level.framed(trust)[places[:, None] + level.taps][..., None]
        best, _ = _most_alike(level.wanted(estimate, places), known, weights.reshape(len(places), -1))
        taken = sources[best]
        estimate[places] = level.pixels[taken] + level.tone(estimate)[places] - level.own_tone[taken]
        estimate = level.framed(level.picture_of(estimate))
        trust[rim] = GROWN
        left &= ~rim
    return estimate


def _product(rows: Float, others: Float) -> Float:
    """`rows` (n, f) times the transpose of `others` (m, f), float32.

    Sums come out the same only where they are split in the same way: records tell PyTorch's threads, of
    NumPy's nobody knows.
    """
    return (torch.from_numpy(rows) @ torch.from_numpy(others).T).numpy()


def _most_alike(wanted: Float, known: Float, weights: Float | None = None) -> tuple[Places, Float]:
    """For each of `wanted` (n, f) the number of the nearest of `known` (m, f), and its squared distance.

    weights: (n, f) of the features of each.
    """
    best, cost = np.empty(len(wanted), np.int64), np.empty(len(wanted), np.float32)
    squares = np.square(known)
    for start in range(0, len(wanted), CHUNK // 4):
        part = slice(start, start + CHUNK // 4)
        own = wanted[part]
        weight = np.ones_like(own) if weights is None else weights[part]
        distance = _product(own * weight, known)
        distance *= -2
        distance += squares.sum(1) if weights is None else _product(weight, squares)
        best[part] = distance.argmin(1)
        least = np.take_along_axis(distance, best[part, None], 1)[:, 0]
        cost[part] = np.maximum(least + (weight * np.square(own)).sum(1), 0)
    return best, cost


# --- Finer scales: PatchMatch --------------------------------------------------------------------------


def _finer_field(level: Level, coarser: Field, rng: np.random.Generator, ctx: JobContext) -> Field:
    source, sure = _enlarged(level, coarser, rng)
    estimate = level.vote(level.pixels, source, np.where(sure, np.float32(0), np.float32(10)))
    for turn in range(TURNS_AT_END if level.radius == FINE_RADIUS else TURNS):
        ctx.check()
        source, cost = _search(level, estimate, source, REACH_PX if turn == 0 else REACH_PX // 4, rng)
        estimate = level.vote(estimate, source, cost)
    return Field(level, source, estimate)


def _enlarged(level: Level, coarser: Field, rng: np.random.Generator) -> tuple[Places, Bools]:
    """The field of the coarser scale at this one, and where it could be taken over."""
    old = coarser.level
    rows = np.minimum(level.rows // 2, old.shape[0] - 1) // old.stride * old.stride
    columns = np.minimum(level.columns // 2, old.shape[1] - 1) // old.stride * old.stride
    number = old.number[old.place(rows, columns)]
    from_rows, from_columns = np.divmod(coarser.source[number], old.span)
    rows = level.rows + 2 * (from_rows - old.radius - old.rows[number])
    columns = level.columns + 2 * (from_columns - old.radius - old.columns[number])
    height, width = level.shape
    sure = (number >= 0) & (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    source = np.where(sure, level.place(rows, columns), 0)
    sure &= level.sound[source]
    return np.where(sure, source, rng.choice(level.sources, len(source))), sure


def _search(
    level: Level, estimate: Float, source: Places, reach: int, rng: np.random.Generator
) -> tuple[Places, Float]:
    """One round of PatchMatch: what neighbours take, and random places ever nearer; the sources and their
    costs."""
    wanted = level.wanted(estimate, level.targets)
    source, cost = source.copy(), level.costs(wanted, np.arange(len(source)), source)
    for jump in (level.stride, 4 * level.stride):
        for step in (1, -1, level.span, -level.span):
            number = level.number[(level.targets + step * jump).clip(0, len(level.number) - 1)]
            offered = np.where(number >= 0, source[number] - step * jump, -1)
            _take_better(level, wanted, source, cost, offered)
    while reach >= 1:
        rows, columns = rng.integers(-reach, reach + 1, (2, len(source)))
        _take_better(level, wanted, source, cost, source + rows * level.span + columns)
        reach //= 4
    return source, cost


def _take_better(level: Level, wanted: Float, source: Places, cost: Float, offered: Places) -> None:
    """Replace the sources of those targets that are more like what is offered; in place."""
    inside = (offered >= 0) & (offered < len(level.sound)) & (offered != source)
    which = np.flatnonzero(inside & level.sound[offered.clip(0, len(level.sound) - 1)])
    found = level.costs(wanted, which, offered[which])
    better = found < cost[which]
    source[which[better]], cost[which[better]] = offered[which[better]], found[better]
