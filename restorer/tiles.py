"""Boxes and tiles: how a large photograph is worked on in pieces whose seams cannot be seen.

No torch here: a piece is computed by a function that is passed in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bools, Float, Pixels
from restorer.jobs import JobContext

MOST_CUTS = 8  # one within the other
CALL_PX = 40_000  # what a call of a network costs besides its pixels, in pixels


@dataclass(frozen=True)
class Box:
    """A half-open rectangle of pixels: rows y0..y1, columns x0..x1."""

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        """Columns."""
        return self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of an array (H, W, ...)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def grown(self, margin: int, height: int, width: int) -> Box:
        """This box with `margin` px more on every side, inside a picture of `height` x `width`."""
        return Box(
            max(0, self.y0 - margin),
            max(0, self.x0 - margin),
            min(height, self.y1 + margin),
            min(width, self.x1 + margin),
        )

    def widened(self, side: int, height: int, width: int) -> Box:
        """This box, at least `side` px high and wide if the picture of `height` x `width` has room."""
        y0, y1 = _stretch(self.y0, self.y1, side, height)
        x0, x1 = _stretch(self.x0, self.x1, side, width)
        return Box(y0, x0, y1, x1)

    def moved(self, rows: int, columns: int) -> Box:
        """This box further down and to the right."""
        return Box(self.y0 + rows, self.x0 + columns, self.y1 + rows, self.x1 + columns)

    def common(self, other: Box) -> Box:
        """What lies in both; its height or width is 0 or less where nothing does."""
        return Box(
            max(self.y0, other.y0), max(self.x0, other.x0), min(self.y1, other.y1), min(self.x1, other.x1)
        )

    def inside(self, outer: Box) -> tuple[slice, slice]:
        """Index of this box in an array that holds `outer`."""
        return (
            slice(self.y0 - outer.y0, self.y1 - outer.y0),
            slice(self.x0 - outer.x0, self.x1 - outer.x0),
        )


def _stretch(first: int, end: int, side: int, room: int) -> tuple[int, int]:
    """`first`..`end` made `side` long to both sides, inside 0..`room`."""
    length = max(end - first, min(side, room))
    first = min(max(0, first - (length - end + first) // 2), room - length)
    return first, first + length


@dataclass(frozen=True)
class FinishedTile:
    """Progress detail: a tile that is done while the work goes on, for showing it.

    Attributes:
        box: where it lies.
        pixels: (h, w) or (h, w, 3) of the photograph's type; not feathered with its neighbours yet.
    """

    box: Box
    pixels: Pixels


@dataclass(frozen=True)
class SmallerTiles:
    """Progress detail: memory ran short, and a tile of this size is being split."""

    box: Box


@dataclass(frozen=True)
class TileSpec:
    """How a network wants its tiles.

    Attributes:
        tile_px: largest side of a tile, context included.
        context_px: border of a tile whose results are not used, unless it is the border of the picture.
        feather_px: width of the transition between neighbouring tiles, inside the context.
        minimum_px: smallest side to which a tile is split when memory runs out.
    """

    tile_px: int = 512
    context_px: int = 32
    feather_px: int = 32
    minimum_px: int = 128

    @property
    def overlap_px(self) -> int:
        """Pixels that neighbouring tiles share."""
        return 2 * self.context_px + self.feather_px


def pieces(holes: Bools, margin_px: int, call_px: int = CALL_PX) -> list[Box]:
    """Rectangles around what is True, cut apart along empty rows and columns where that saves work.

    Args:
        holes: (H, W).
        margin_px: what each rectangle needs around it.
        call_px: what a rectangle costs besides its pixels, in pixels.

    Returns:
        disjoint boxes that hold all of it, each as tight as can be; none where nothing is True.
    """

    def cost(box: Box) -> int:
        return (box.height + 2 * margin_px) * (box.width + 2 * margin_px) + call_px

    def cut(box: Box, depth: int) -> list[Box]:
        part = holes[box.slices]
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        if not len(rows):
            return []
        y0, x0 = box.y0, box.x0
        tight = Box(
            y0 + int(rows[0]), x0 + int(columns[0]), y0 + int(rows[-1]) + 1, x0 + int(columns[-1]) + 1
        )
        (row, high), (column, wide) = _widest_gap(rows), _widest_gap(columns)
        if depth == 0 or max(high, wide) == 0 or cost(tight) <= 2 * cost(Box(0, 0, 1, 1)):
            return [tight]
        if high >= wide:
            halves = replace(tight, y1=y0 + row), replace(tight, y0=y0 + row)
        else:
            halves = replace(tight, x1=x0 + column), replace(tight, x0=x0 + column)
        found = [box for half in halves for box in cut(half, depth - 1)]
        return found if sum(map(cost, found)) < 0.8 * cost(tight) else [tight]

    return cut(Box(0, 0, *holes.shape), MOST_CUTS)


def _widest_gap(used: NDArray[np.intp]) -> tuple[int, int]:
    """Where the widest run of unused numbers begins, and how long it is; 0 if there is none."""
    gaps = np.diff(used)
    if not len(gaps):
        return 0, 0
    widest = int(gaps.argmax())
    return int(used[widest]) + 1, int(gaps[widest]) - 1


def cut_span(length: int, tile: int, overlap: int) -> list[tuple[int, int]]:
    """Cover 0..length with spans of at most `tile` that share at least `overlap`, as equal as possible."""
    if length <= tile:
        return [(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    starts = [round(i * (length - tile) / (count - 1)) for i in range(count)]
    return [(s, s + tile) for s in starts]


def _side_weight(start: int, stop: int, length: int, spec: TileSpec) -> Float:
    """Weight along one side: 0 in the context, a ramp, 1 in the middle; 1 up to the border of the picture."""
    weight = np.ones(stop - start, np.float32)
    ramp = (np.arange(spec.feather_px, dtype=np.float32) + 0.5) / max(spec.feather_px, 1)
    rise = np.concatenate([np.zeros(spec.context_px, np.float32), ramp])[: len(weight)]
    if start > 0:
        weight[: len(rise)] = np.minimum(weight[: len(rise)], rise)
    if stop < length:
        weight[len(weight) - len(rise) :] = np.minimum(weight[len(weight) - len(rise) :], rise[::-1])
    return weight


def tile_weight(box: Box, frame: Box, spec: TileSpec) -> Float:
    """How much a tile `box` counts at each of its pixels (H, W), 0..1, when it is a piece of `frame`."""
    rows = _side_weight(box.y0 - frame.y0, box.y1 - frame.y0, frame.height, spec)
    columns = _side_weight(box.x0 - frame.x0, box.x1 - frame.x0, frame.width, spec)
    return rows[:, None] * columns[None]


def cut_frame(frame: Box, tile: int, overlap: int) -> list[list[Box]]:
    """Rows of overlapping tiles that cover `frame`."""
    columns = cut_span(frame.width, tile, overlap)
    return [
        [Box(frame.y0 + a, frame.x0 + c, frame.y0 + b, frame.x0 + d) for c, d in columns]
        for a, b in cut_span(frame.height, tile, overlap)
    ]


def without_context(box: Box, height: int, width: int, spec: TileSpec) -> Box:
    """The part of a tile whose results are used; its context counts only at the border of the picture."""
    margin = spec.context_px
    return Box(
        box.y0 + margin * (box.y0 > 0),
        box.x0 + margin * (box.x0 > 0),
        box.y1 - margin * (box.y1 < height),
        box.x1 - margin * (box.x1 < width),
    )


Piece = Callable[[Box], Float]


class MemoryShortError(MemoryError):
    """A piece did not fit into memory; raised by the piece function, answered by splitting that piece
    only."""


def compute_split(box: Box, compute: Piece, spec: TileSpec, release: Callable[[], None]) -> Float:
    """`compute(box)`; where memory runs out, the same from smaller overlapping tiles, again and again if
    need be.

    Returns:
        (height, width, C) float32 for `box`.

    Raises:
        MemoryShortError: even a tile of `spec.minimum_px` does not fit.
    """
    try:
        return compute(box)
    except MemoryShortError:
        smaller = max(box.height, box.width) // 2 + spec.overlap_px
        if max(box.height, box.width) <= spec.minimum_px or smaller >= max(box.height, box.width):
            raise
    # Outside of the except block: the traceback would keep the failed tile's tensors alive.
    release()
    total: Float | None = None
    weights = np.zeros((box.height, box.width, 1), np.float32)
    for row in cut_frame(box, smaller, spec.overlap_px):
        for part in row:
            result = compute_split(part, compute, spec, release)
            weight = tile_weight(part, box, spec)[..., None]
            if total is None:
                total = np.zeros((box.height, box.width, result.shape[2]), np.float32)
            total[part.inside(box)] += result * weight
            weights[part.inside(box)] += weight
    assert total is not None
    return total / weights


def run_tiled(
    height: int,
    width: int,
    compute: Piece,
    spec: TileSpec,
    ctx: JobContext,
    wanted: Callable[[Box], bool] = lambda _: True,
    release: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Box, Float, Bools]]:
    """Compute a picture tile by tile and yield finished bands from top to bottom.

    Only a band of the picture is held in float32 at a time, whatever its size.

    Args:
        height: rows of the picture.
        width: columns of the picture.
        compute: result (h, w, C) of a box; raises `MemoryShortError` to have it split.
        spec: tile sizes.
        ctx: asked for cancellation before every tile; told the share of tiles done.
        wanted: whether a tile has to be computed at all.
        release: called after memory ran short.

    Yields:
        (band, values (h, W, C), valid (h, W)): `valid` is False where no computed tile reached.
    """
    frame = Box(0, 0, height, width)

    def run_short(box: Box) -> None:
        release()
        ctx.progress(None, detail=SmallerTiles(box))

    rows = cut_frame(frame, spec.tile_px, spec.overlap_px)
    total_tiles = sum(len(r) for r in rows)
    values: Float | None = None
    weights = np.zeros((0, width), np.float32)
    top = done = 0
    for index, row in enumerate(rows):
        bottom = row[0].y1
        missing = bottom - top - weights.shape[0]
        weights = np.concatenate([weights, np.zeros((missing, width), np.float32)])
        if values is not None:
            values = np.concatenate([values, np.zeros((missing, width, values.shape[2]), np.float32)])
        band = Box(top, 0, bottom, width)
        for box in row:
            ctx.check()
            if wanted(box):
                result = compute_split(box, compute, spec, functools.partial(run_short, box))
                if values is None:
                    values = np.zeros((bottom - top, width, result.shape[2]), np.float32)
                weight = tile_weight(box, frame, spec)
                values[box.inside(band)] += result * weight[..., None]
                weights[box.inside(band)] += weight
            done += 1
            ctx.progress(done / total_tiles)
        ready = (rows[index + 1][0].y0 if index + 1 < len(rows) else height) - top
        if values is not None and ready > 0:
            share = weights[:ready]
            yield (
                Box(top, 0, top + ready, width),
                values[:ready] / np.maximum(share, 1e-9)[..., None],
                share > 0,
            )
            values = values[ready:]
        weights = weights[ready:]
        top += ready
        if values is not None and values.shape[0] == 0:
            values = None
