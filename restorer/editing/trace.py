"""Following a scratch from one click: the path of least cost over the detector's map and the ridges of the
picture.

The path is found piece by piece by dynamic programming in strips that look ahead in the direction of the line
(the minimal paths of Cohen and Kimmel, IJCV 1997, restricted to moving ahead, which keeps them from slipping
into the texture beside the line). How far it goes is decided as in sequence alignment (the X-drop of BLAST,
Altschul et al. 1990): gaps are bridged while what follows makes up for them.

Only tiles along the line are looked at, so the size of the photograph does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from restorer.arrays import Bytes, Float, Pixels
from restorer.editing.brush import Mode, Stroke, StrokePoint
from restorer.tiles import Box

SIGMAS = (0.8, 1.4, 2.4, 4.0)  # half widths of the lines that are looked for
TILE_PX, MARGIN_PX = 192, 16
AHEAD_PX, TAKEN_PX, ASIDE_PX = 56, 28, 26
DIRECTIONS = 24
KERNEL_PX = 21
LINE_FROM = 0.42  # a pixel with a higher lineness speaks for the line, a lower one against it
DROP = 7  # against the line in a row until it has ended: about 30 px of nothing
SHORTEST_PX = 8.0
LONGEST_PX = 60_000
BEND_COST = 0.5
CLUTTER_PX = 41
PROOF = 3.0  # times as strong as its surroundings, a ridge is as likely a line as not
STRONGER = 2.5  # a ridge that stands out more than the line so far, by this factor, is something else
VISIBLE = 6.0  # grey levels by which a line must differ for its width to be seen
SURE = 90  # probability of the detector, 255 = certain
PROFILE_PX = 14
STEP_PX = 3  # distance of the points of the resulting stroke
WIDTH_MARGIN_PX = 1.6


@dataclass(frozen=True)
class Trace:
    """A line that was followed.

    Attributes:
        points: (N, 2) float, x and y in continuous picture pixels, about one pixel apart.
        widths: (N,) float, how wide the line is there, in pixels.
    """

    points: Float
    widths: Float

    @property
    def length(self) -> float:
        """In pixels."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def stroke(self, mode: Mode = "add") -> Stroke:
        """The stroke that covers it."""
        size = float(np.clip(self.widths.max(), 1, 500))
        chosen = np.unique(np.r_[np.arange(0, len(self.points), STEP_PX), len(self.points) - 1])
        points = tuple(
            StrokePoint(float(x), float(y), float(min(width / size, 1.0)))
            for (x, y), width in zip(self.points[chosen], self.widths[chosen], strict=True)
        )
        return Stroke(points, size, 1.0, mode, straight=True)


class Tracer:
    """Follows lines in one photograph.

    Args:
        read: pixels (h, w) or (h, w, 3), uint8 or uint16, of a box inside the picture.
        height: rows of the picture.
        width: columns.
        found: the detector's probability of thin damage (h, w) uint8 of a box; None if it was not run.
    """

    def __init__(
        self,
        read: Callable[[Box], Pixels],
        height: int,
        width: int,
        found: Callable[[Box], Bytes] | None = None,
    ) -> None:
        self._read, self._found, self.height, self.width = read, found, height, width
        self._grey: dict[tuple[int, int], Float] = {}
        self._lines: dict[tuple[int, int, int], Float] = {}
        self._noise = 1.0

    def follow(self, x: float, y: float, reach_px: float = 8.0) -> Trace | None:
        """The line at or near a point.

        Args:
            x: column of the click, continuous picture pixels.
            y: row.
            reach_px: how far from the click the line may be.

        Returns:
            the whole line, or None if there is none.
        """
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        reach = min(max(reach_px, 2.0), 48.0)
        self._noise = self._noise_around(x, y)
        self._lines.clear()
        starts = [(self._start(x, y, reach, sign), sign) for sign in (1, -1)]
        # Light or dark: a line differs from both sides, the shadow that a filter sees beside it from one.
        seen = [
            (found[0] * max(self._contrast(*found[1:], sign), 0.1), *found[1:], sign)
            for found, sign in starts
            if found is not None
        ]
        if not seen:
            return None
        _, x, y, angle, sign = max(seen)
        one, first = self._walk(x, y, angle, sign)
        other, second = self._walk(x, y, angle + math.pi, sign)
        path = np.concatenate([other[::-1], [[x, y]], one])
        if len(path) < SHORTEST_PX or first + second <= 0:
            return None
        return Trace(*self._fitted(_smooth(path), sign))

    # --- lineness

    def _box(self, key: tuple[int, int]) -> Box:
        y, x = key[0] * TILE_PX, key[1] * TILE_PX
        return Box(y, x, min(y + TILE_PX, self.height), min(x + TILE_PX, self.width))

    def _luma(self, key: tuple[int, int]) -> tuple[Box, Float]:
        """Luma 0..255 (float32) of a tile with a margin; the margin's box."""
        box = self._box(key).grown(MARGIN_PX, self.height, self.width)
        if key not in self._grey:
            self._grey[key] = self._read_luma(box)
        return box, self._grey[key]

    def _ridge(self, key: tuple[int, int], sign: int) -> Float:
        """Strength of light (sign 1) or dark (-1) lines of a tile, in grey levels, 0 = none."""
        box, grey = self._luma(key)
        best: Float | None = None
        for sigma in SIGMAS:
            blurred = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
            xx, yy, xy = (
                np.asarray(cv2.Sobel(blurred, cv2.CV_32F, dx, dy, ksize=3, scale=scale))
                for dx, dy, scale in ((2, 0, 0.25), (0, 2, 0.25), (1, 1, 0.25))
            )
            mean, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
            across = -sign * mean + half  # the larger curvature, across a line of that sign
            along = np.abs(-sign * mean - half)
            strength = np.maximum(across - along, 0) * np.float32(sigma**1.5)
            best = strength if best is None else np.maximum(best, strength)
        assert best is not None
        return best[self._box(key).inside(box)]

    def _line(self, key: tuple[int, int], sign: int) -> Float:
        """Of a tile (h, w, 3): lineness 0..1 of its ridges, their strength in grey levels, the detector's
        probability."""
        kept = self._lines.get((*key, sign))
        if kept is None:
            ridge = self._ridge(key, sign)
            # Among hair or leaves a ridge proves less than on a smooth wall.
            clutter = np.maximum(cv2.blur(ridge, (CLUTTER_PX, CLUTTER_PX)), np.float32(self._noise))
            square = ridge * ridge
            lineness = square / (square + np.square(PROOF * clutter))
            sure = np.zeros_like(ridge)
            if self._found is not None:
                sure = self._found(self._box(key)).astype(np.float32) / 255
            kept = np.dstack([lineness, ridge, sure])
            self._lines[(*key, sign)] = kept
        return kept

    def _window(self, box: Box, sign: int) -> Float:
        """As `_line`, of a box that may reach out of the picture, where all is 0."""
        out = np.zeros((box.height, box.width, 3), np.float32)
        inner = box.common(Box(0, 0, self.height, self.width))
        if inner.height <= 0 or inner.width <= 0:
            return out
        for ty in range(inner.y0 // TILE_PX, (inner.y1 - 1) // TILE_PX + 1):
            for tx in range(inner.x0 // TILE_PX, (inner.x1 - 1) // TILE_PX + 1):
                place = self._box((ty, tx))
                part = place.common(inner)
                out[part.inside(box)] = self._line((ty, tx), sign)[part.inside(place)]
        return out

    def _noise_around(self, x: float, y: float) -> float:
        """Typical ridge strength of grain and texture around the click, in grey levels."""
        key = (int(y) // TILE_PX, int(x) // TILE_PX)
        both = [np.median(self._ridge(key, sign)[::2, ::2]) for sign in (1, -1)]
        return max(float(np.mean(both)), 0.15)

    # --- the path

    def _start(self, x: float, y: float, reach: float, sign: int) -> tuple[float, float, float, float] | None:
        """Where near the click, and in which direction, a short straight line stands out most: strength, x,
        y, angle."""
        r = math.ceil(reach)
        pad = r + KERNEL_PX // 2 + 1
        cx, cy = math.floor(x), math.floor(y)
        found = self._window(Box(cy - pad, cx - pad, cy + pad + 1, cx + pad + 1), sign)
        window = found[..., [0, 2]].max(2)
        rows, columns = np.mgrid[-r : r + 1, -r : r + 1].astype(np.float32)
        away = np.hypot(rows, columns)
        weight = np.where(away <= reach, 1 - 0.5 * away / reach, 0)
        strength = window / (1.02 - window)  # grows with the contrast where the lineness is full
        best: tuple[float, float, float, float] | None = None
        middle = slice(pad - r, pad + r + 1)
        for i in range(DIRECTIONS):
            angle = math.pi * i / DIRECTIONS
            kernel = _segment(angle)
            line = cv2.filter2D(window, -1, kernel)[middle, middle]
            score = np.where(line > LINE_FROM, cv2.filter2D(strength, -1, kernel)[middle, middle] * weight, 0)
            at = np.unravel_index(int(score.argmax()), score.shape)
            if score[at] > (best[0] if best is not None else 0):
                best = (float(score[at]), cx + float(columns[at]) + 0.5, cy + float(rows[at]) + 0.5, angle)
        return best

    def _contrast(self, x: float, y: float, angle: float, sign: int) -> float:
        """By how many grey levels a piece of a line differs from the more similar one of its two sides."""
        offsets = np.arange(-PROFILE_PX, PROFILE_PX + 1, dtype=np.float32)
        along = np.arange(-KERNEL_PX // 2, KERNEL_PX // 2 + 1, dtype=np.float32)[:, None]
        at_x = x + along * np.float32(math.cos(angle)) - offsets * np.float32(math.sin(angle))
        at_y = y + along * np.float32(math.sin(angle)) + offsets * np.float32(math.cos(angle))
        profile = sign * self._sample(at_x, at_y, self._read_luma).mean(0)
        middle = profile[PROFILE_PX - 1 : PROFILE_PX + 2].max()
        return float(middle - max(profile[: PROFILE_PX - 1].min(), profile[PROFILE_PX + 2 :].min()))

    def _walk(self, x: float, y: float, angle: float, sign: int) -> tuple[Float, float]:
        """Follow the line one way; the points after the first, and the score of the line."""
        points: list[Float] = []
        scores: list[Float] = []
        total = highest = 0.0
        end = length = 0
        usual: float | None = None
        while length < LONGEST_PX:
            path, line, usual = self._ahead(x, y, angle, sign, usual)
            path, line = path[:TAKEN_PX], line[:TAKEN_PX]
            inside = (path[:, 0] >= 0) & (path[:, 1] >= 0)
            inside &= (path[:, 0] < self.width) & (path[:, 1] < self.height)
            count = len(path) if inside.all() else int(inside.argmin())
            points.append(path[:count])
            scores.append(line[:count] - LINE_FROM)
            length += count
            running = total + np.cumsum(scores[-1])
            if count:
                if running.max() > highest:
                    highest = float(running.max())
                    end = length - count + int(running.argmax()) + 1
                total = float(running[-1])
            if count < TAKEN_PX or total < highest - DROP or self._closed(points, path):
                break
            x, y = float(path[-1, 0]), float(path[-1, 1])
            back = path[-1] - path[-12]
            angle = math.atan2(back[1], back[0])
        whole = np.concatenate(points) if points else np.zeros((0, 2), np.float32)
        return whole[:end], highest

    def _ahead(
        self, x: float, y: float, angle: float, sign: int, usual: float | None
    ) -> tuple[Float, Float, float]:
        """The cheapest way ahead in a strip: points (AHEAD_PX, 2), the lineness at each, and the usual
        strength of the line so far; ridges that are much stronger are something else."""
        cos, sin = math.cos(angle), math.sin(angle)
        t = np.arange(1, AHEAD_PX + 1, dtype=np.float32)[None]
        s = np.arange(-ASIDE_PX, ASIDE_PX + 1, dtype=np.float32)[:, None]
        at_x, at_y = (
            x + t * np.float32(cos) - s * np.float32(sin),
            y + t * np.float32(sin) + s * np.float32(cos),
        )
        box = Box(
            math.floor(float(at_y.min())) - 1,
            math.floor(float(at_x.min())) - 1,
            math.ceil(float(at_y.max())) + 2,
            math.ceil(float(at_x.max())) + 2,
        )
        window = self._window(box, sign)
        strip = cv2.remap(
            window, at_x - np.float32(box.x0 + 0.5), at_y - np.float32(box.y0 + 0.5), cv2.INTER_LINEAR
        )
        line, strength, sure = strip[..., 0], strip[..., 1], strip[..., 2]
        if usual is not None:
            line = line * np.clip(STRONGER * usual / np.maximum(strength, 1e-3), 0, 1)
        line = np.maximum(line, sure)
        rows = _cheapest_rows((1 - line) ** 2 + 0.02)
        steps = np.arange(AHEAD_PX)
        along = line[rows, steps]
        seen = strength[rows, steps][:TAKEN_PX][along[:TAKEN_PX] > LINE_FROM]
        if len(seen):
            now = float(np.median(seen))
            usual = now if usual is None else 0.8 * usual + 0.2 * min(now, STRONGER * usual)
        path = np.stack([at_x[rows, steps], at_y[rows, steps]], 1)
        return path, along, usual if usual is not None else float(strength.max())

    def _closed(self, points: list[Float], path: Float) -> bool:
        """Whether the line has come back to where it was."""
        if len(points) < 4:
            return False
        earlier = np.concatenate(points[:-3])
        return bool((np.hypot(*(earlier - path[-1]).T) < 3).any())

    # --- width

    def _fitted(self, path: Float, sign: int) -> tuple[Float, Float]:
        """The path in the middle of the line, and how wide the line is at every point: where it differs by a
        third of its contrast from what lies on both sides."""
        tangent = np.gradient(path, axis=0)
        tangent = tangent / np.maximum(np.hypot(*tangent.T), 1e-6)[:, None]
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        offsets = np.arange(-PROFILE_PX, PROFILE_PX + 0.25, 0.5, dtype=np.float32)
        profile = np.empty((len(path), len(offsets)), np.float32)
        sure = np.zeros_like(profile)
        for first in range(0, len(path), 128):
            part = slice(first, first + 128)
            at = path[part, None] + normal[part, None] * offsets[:, None]
            profile[part] = self._sample(at[..., 0], at[..., 1], self._read_luma)
            if self._found is not None:
                sure[part] = self._sample(at[..., 0], at[..., 1], self._found)
        profile = cv2.blur(profile, (1, min(25, len(path) | 1)))
        middle = len(offsets) // 2
        ground = np.median(profile[:, np.abs(offsets) > PROFILE_PX * 0.6], axis=1, keepdims=True)
        rise = (profile - ground) * sign
        peak = rise[:, middle - 3 : middle + 4].max(1, keepdims=True)
        above = (rise > np.maximum(0.33 * peak, VISIBLE)) | (sure > SURE)
        above[:, middle] = True
        left, right = (
            _median(np.argmin(np.c_[side, np.zeros(len(side), bool)], axis=1) / 2)
            for side in (above[:, middle::-1], above[:, middle:])
        )
        widths = np.clip(left + right - 0.5 + WIDTH_MARGIN_PX, 2.5, 2 * PROFILE_PX)
        return path + normal * ((right - left) / 2)[:, None], widths.astype(np.float32)

    def _read_luma(self, box: Box) -> Float:
        pixels = self._read(box)
        grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2GRAY)
        return grey.astype(np.float32) * np.float32(255 / np.iinfo(pixels.dtype).max)

    def _sample(self, at_x: Float, at_y: Float, read: Callable[[Box], Float]) -> Float:
        """Values at points, bilinear."""
        box = Box(
            max(0, math.floor(float(at_y.min())) - 1),
            max(0, math.floor(float(at_x.min())) - 1),
            min(self.height, math.ceil(float(at_y.max())) + 2),
            min(self.width, math.ceil(float(at_x.max())) + 2),
        )
        x, y = at_x - np.float32(box.x0 + 0.5), at_y - np.float32(box.y0 + 0.5)
        x, y = x.astype(np.float32), y.astype(np.float32)
        values = read(box).astype(np.float32)
        return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _segment(angle: float) -> Float:
    """A kernel that averages along a straight line through its middle."""
    kernel = np.zeros((KERNEL_PX, KERNEL_PX), np.float32)
    middle, half = KERNEL_PX // 2, KERNEL_PX // 2 - 1
    dx, dy = half * math.cos(angle), half * math.sin(angle)
    ends = [(round((middle + k * dx) * 16), round((middle + k * dy) * 16)) for k in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, shift=4)
    return kernel / kernel.sum()


def _cheapest_rows(cost: Float) -> Float:
    """The row in every column of the cheapest way through `cost` (rows, columns) that starts in the middle
    row and changes by at most one row a column."""
    rows, columns = cost.shape
    total = np.full(rows + 2, np.inf, np.float32)  # one more at both ends, never chosen
    middle = rows // 2
    total[middle : middle + 3] = cost[middle - 1 : middle + 2, 0] + np.array(
        [BEND_COST, 0, BEND_COST], np.float32
    )
    came = np.zeros((columns, rows), np.int8)
    for t in range(1, columns):
        three = np.stack([total[:-2] + BEND_COST, total[1:-1], total[2:] + BEND_COST])
        came[t] = three.argmin(0)
        total[1:-1] = three.min(0) + cost[:, t]
    best = np.empty(columns, np.int64)
    best[-1] = int(total[1:-1].argmin())
    for t in range(columns - 1, 0, -1):
        best[t - 1] = best[t] + came[t, best[t]] - 1
    return best


def _median(values: Float) -> Float:
    """Running median over 21 values."""
    padded = np.pad(values, 10, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 21), axis=1)


def _smooth(path: Float) -> Float:
    """Without the steps of whole pixels; both ends stay."""
    if len(path) < 9:
        return path.astype(np.float32)
    padded = np.concatenate([2 * path[:1] - path[4:0:-1], path, 2 * path[-1:] - path[-2:-6:-1]])
    kernel = np.array([1, 2, 3, 4, 5, 4, 3, 2, 1], np.float32) / 25
    return np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], 1).astype(np.float32)
