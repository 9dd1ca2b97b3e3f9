"""What a person draws, as values: strokes, polygons and rectangles, and the coverage they leave on a mask.

A mark is immutable and says everything that is needed to draw it again, so that a project can store and
replay it. Coordinates are continuous picture pixels: pixel (row i, column j) covers j..j+1 by i..i+1 and has
its centre at (j + 0.5, i + 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import cv2
import numpy as np

from restorer.arrays import Bytes
from restorer.editing.surface import TILE
from restorer.tiles import Box

SIZE_MIN, SIZE_MAX = 1.0, 500.0
PIECE_PX = 256.0  # long lines are drawn in pieces, so that a diagonal does not cost its bounding box
FLATNESS_PX = 0.25
TILT_FULL = 60.0  # degrees from upright at which the tip is longest
TILT_STRETCH = 2.0  # how much longer than wide it is then

Mode = Literal["add", "erase"]
Patch = tuple[Box, Bytes]
"""A box and its coverage (height, width) uint8, 255 = fully covered; the box may reach out of the picture."""


@dataclass(frozen=True)
class StrokePoint:
    """Where the pen was.

    Attributes:
        x: column, continuous picture pixels.
        y: row.
        pressure: 0..1; the tip is `pressure` times as large as the brush. A mouse presses with 1.
        tilt_x: degrees from upright to the right, -90..90.
        tilt_y: degrees from upright to the bottom.
    """

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a round tip.

    Attributes:
        points: at least one; one alone leaves a dot.
        size: diameter in picture pixels, 1..500.
        hardness: 0 = falls off from the middle, 1 = sharp to the pixel.
        mode: "add" covers, "erase" uncovers.
        straight: points are joined by straight lines instead of a curve.
    """

    points: tuple[StrokePoint, ...]
    size: float
    hardness: float = 1.0
    mode: Mode = "add"
    straight: bool = False

    def patches(self, within: Box | None = None) -> Iterator[Patch]:
        """The coverage, piece by piece; pieces overlap and are to be merged by `merge`. What lies wholly
        outside of `within` is left out."""
        sweep = Sweep(self.size, self.hardness, self.straight, within)
        for point in self.points:
            yield from sweep.add(point)


@dataclass(frozen=True)
class Polygon:
    """A filled outline (lasso); (x, y) corners in continuous picture pixels, even-odd rule."""

    points: tuple[tuple[float, float], ...]
    mode: Mode = "add"

    def patches(self, within: Box | None = None) -> Iterator[Patch]:
        """The coverage in bands of rows; the pixels whose centre lies inside, and those on the outline.
        With `within`, only its part of them."""
        if len(self.points) < 3:
            return
        corners = np.asarray(self.points, np.float64)
        x0, y0 = np.floor(corners.min(0)).astype(int)
        x1, y1 = np.ceil(corners.max(0)).astype(int) + 1
        for place in _bands(Box(int(y0), int(x0), int(y1), int(x1)), within):
            band = np.zeros((place.height, place.width), np.uint8)
            fixed = np.rint((corners - (place.x0 + 0.5, place.y0 + 0.5)) * 16).astype(np.int32)
            cv2.fillPoly(band, [fixed], 255, shift=4)
            yield place, band


@dataclass(frozen=True)
class Rectangle:
    """A box of whole pixels."""

    box: Box
    mode: Mode = "add"

    def patches(self, within: Box | None = None) -> Iterator[Patch]:
        """The coverage in bands of rows; with `within`, only its part of them."""
        for band in _bands(self.box, within):
            yield band, np.full((band.height, band.width), 255, np.uint8)


def _bands(box: Box, within: Box | None) -> Iterator[Box]:
    """`box` in bands of rows, cut off at `within`: a mark may reach a hundred pictures out of its own."""
    if within is not None:
        box = box.common(within)
    if box.width > 0:
        for top in range(box.y0, box.y1, TILE):
            yield Box(top, box.x0, min(top + TILE, box.y1), box.x1)


Mark = Stroke | Polygon | Rectangle


def rectangle_between(x0: float, y0: float, x1: float, y1: float, mode: Mode = "add") -> Rectangle:
    """The rectangle of all pixels that a drag from one corner to another touches."""
    left, right = sorted((x0, x1))
    top, bottom = sorted((y0, y1))
    box = Box(math.floor(top), math.floor(left), math.floor(bottom) + 1, math.floor(right) + 1)
    return Rectangle(box, mode)


def merge(mask: Bytes, coverage: Bytes, mode: Mode) -> Bytes:
    """A mask (H, W) uint8 with `coverage` added to it or taken from it; going over a place twice changes
    nothing."""
    if mode == "add":
        return np.maximum(mask, coverage)
    return np.minimum(mask, 255 - coverage)


@dataclass(frozen=True)
class _Tip:
    """A point with the radius of the tip there."""

    x: float
    y: float
    radius: float
    tilt_x: float
    tilt_y: float


class Sweep:
    """Draws a stroke while its points arrive; the same points give the same coverage, live or replayed.

    Between points the tip is swept without gaps, so the spacing of events does not matter. A curve through
    three points needs no point in advance: its end tangent points along the last chord.

    Args:
        size: diameter in picture pixels.
        hardness: 0..1.
        straight: join by straight lines.
        within: what is covered wholly outside of it is left out.
    """

    def __init__(
        self, size: float, hardness: float = 1.0, straight: bool = False, within: Box | None = None
    ) -> None:
        self.size = min(max(size, SIZE_MIN), SIZE_MAX)
        self.hardness = min(max(hardness, 0.0), 1.0)
        self.straight, self.within = straight, within
        self._before: _Tip | None = None
        self._last: _Tip | None = None

    def add(self, point: StrokePoint) -> list[Patch]:
        """Go on to `point`; returns what was covered on the way."""
        tip = self._tip(point)
        last, before = self._last, self._before
        if last is None:
            self._last = tip
            return self._covered([(tip, tip)])
        if (tip.x, tip.y, tip.radius) == (last.x, last.y, last.radius):
            return []
        self._before, self._last = last, tip
        path = [last, tip] if self.straight else _curve(before, last, tip)
        return self._covered([piece for a, b in pairwise(path) for piece in _cut(a, b)])

    def _covered(self, pieces: list[tuple[_Tip, _Tip]]) -> list[Patch]:
        """The coverage of those pieces that can be seen."""
        around = [_reached(a, b) for a, b in pieces]
        return [
            self._capsule(a, b, box)
            for (a, b), box in zip(pieces, around, strict=True)
            if self.within is None or _meet(box, self.within)
        ]

    def _tip(self, point: StrokePoint) -> _Tip:
        radius = max(self.size * min(max(point.pressure, 0.0), 1.0), SIZE_MIN) / 2
        x, y = point.x, point.y
        if radius < 1:  # a tip of one pixel takes that pixel whole, wherever in it the pen is
            x, y = math.floor(x) + 0.5, math.floor(y) + 0.5
        return _Tip(x, y, radius, point.tilt_x, point.tilt_y)

    def _capsule(self, a: _Tip, b: _Tip, box: Box) -> Patch:
        """Coverage of the tip on its straight way from a to b, which lies in `box`: the distance to the line
        in the tip's own metric."""
        tilt_x, tilt_y, stretch = _tilt(a, b)
        x = np.arange(box.x0, box.x1, dtype=np.float32)[None] + np.float32(0.5 - a.x)
        y = np.arange(box.y0, box.y1, dtype=np.float32)[:, None] + np.float32(0.5 - a.y)
        dx, dy = b.x - a.x, b.y - a.y
        if stretch > 1.001:
            angle = math.atan2(tilt_y, tilt_x)
            cos, sin = math.cos(angle), math.sin(angle)
            x, y = (
                (x * np.float32(cos) + y * np.float32(sin)) / np.float32(stretch),
                y * np.float32(cos) - x * np.float32(sin),
            )
            dx, dy = (dx * cos + dy * sin) / stretch, dy * cos - dx * sin
        return box, self._fade(x, y, dx, dy, a.radius, b.radius)

    def _fade(self, x: Bytes, y: Bytes, dx: float, dy: float, start: float, end: float) -> Bytes:
        """Coverage where x (float32) and y lie from a line (0, 0)-(dx, dy) whose radius goes from start to
        end."""
        length = dx * dx + dy * dy
        radius: Any = np.float32(end)
        if length > 0:
            along = x * np.float32(dx / length) + y * np.float32(dy / length)
            np.clip(along, 0, 1, out=along)
            radius = np.float32(start) + along * np.float32(end - start) if start != end else radius
            distance = cv2.magnitude(x - along * np.float32(dx), y - along * np.float32(dy))
        else:
            distance = np.sqrt(x * x + y * y)
        inner = np.minimum(radius * np.float32(self.hardness), radius - np.float32(0.5))
        outer = np.maximum(radius, inner + 1)
        share = (outer - distance) / (outer - inner)
        np.clip(share, 0, 1, out=share)
        if self.hardness < 1:
            share *= share * (3 - 2 * share)
        return np.asarray(cv2.convertScaleAbs(share, alpha=255))


def _tilt(a: _Tip, b: _Tip) -> tuple[float, float, float]:
    """How the tip leans between two points, and by how much that makes it longer."""
    x, y = (a.tilt_x + b.tilt_x) / 2, (a.tilt_y + b.tilt_y) / 2
    return x, y, 1 + (TILT_STRETCH - 1) * min(math.hypot(x, y) / TILT_FULL, 1.0)


def _reached(a: _Tip, b: _Tip) -> Box:
    """The pixels that the tip can cover on its way."""
    reach = math.ceil(max(a.radius, b.radius) * _tilt(a, b)[2]) + 1
    return Box(
        math.floor(min(a.y, b.y)) - reach,
        math.floor(min(a.x, b.x)) - reach,
        math.ceil(max(a.y, b.y)) + reach,
        math.ceil(max(a.x, b.x)) + reach,
    )


def _meet(a: Box, b: Box) -> bool:
    common = a.common(b)
    return common.height > 0 and common.width > 0


def _curve(before: _Tip | None, a: _Tip, b: _Tip) -> list[_Tip]:
    """Hermite curve from a to b that leaves a in the direction before-b, flattened."""
    if before is None:
        return [a, b]
    chord_x, chord_y = b.x - a.x, b.y - a.y
    came = math.hypot(a.x - before.x, a.y - before.y)
    goes = math.hypot(chord_x, chord_y)
    if came == 0 or goes == 0:
        return [a, b]
    # Tangent of a parabola through the three points, by their distances (Catmull-Rom for uneven spacing).
    share = came / (came + goes)
    tangent_x = (1 - share) * (a.x - before.x) / came * goes + share * chord_x
    tangent_y = (1 - share) * (a.y - before.y) / came * goes + share * chord_y
    off = abs(tangent_x * chord_y - tangent_y * chord_x) / goes * 0.15
    count = min(max(1, math.ceil(math.sqrt(off / FLATNESS_PX))), 12)
    path = [a]
    for i in range(1, count):
        t = i / count
        h00, h10 = (1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2
        h01, h11 = t * t * (3 - 2 * t), t * t * (t - 1)
        path.append(
            _Tip(
                h00 * a.x + h10 * tangent_x + h01 * b.x + h11 * chord_x,
                h00 * a.y + h10 * tangent_y + h01 * b.y + h11 * chord_y,
                *_mix(a, b, t),
            )
        )
    return [*path, b]


def _mix(a: _Tip, b: _Tip, t: float) -> tuple[float, float, float]:
    return (
        a.radius + (b.radius - a.radius) * t,
        a.tilt_x + (b.tilt_x - a.tilt_x) * t,
        a.tilt_y + (b.tilt_y - a.tilt_y) * t,
    )


def _cut(a: _Tip, b: _Tip) -> Iterator[tuple[_Tip, _Tip]]:
    """The line in pieces of at most `PIECE_PX` or two diameters, whichever is longer."""
    longest = max(PIECE_PX, 4 * max(a.radius, b.radius))
    count = max(1, math.ceil(math.hypot(b.x - a.x, b.y - a.y) / longest))
    tips = [a]
    for i in range(1, count):
        t = i / count
        tips.append(_Tip(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, *_mix(a, b, t)))
    return zip(tips, [*tips[1:], b], strict=True)
