"""Synthetic damage of prints and negatives, drawn over undamaged photographs, with labels of what is visible.

Two label planes: thin damage (scratches, hairs, dust, crease lines, cracks) and regions (stains, tears,
missing emulsion). Recipe after the fits
of FilmDamageSimulator (Ivanova et al., CGF 2023) and the damage models of Wan et al. (CVPR 2020), drawn by
our own code; real film artefacts
can be laid over as alpha masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from restorer.arrays import Bools, Bytes, Float
from restorer.errors import InputError
from training.distractions import distract
from training.photos import Rgb, list_photos

VISIBLE = 9  # grey levels of change from which damage counts as visible (of 255)
FAINT = 4  # below `VISIBLE` and above this nobody can say: no loss there


@dataclass
class Canvas:
    """A picture being damaged, float32 RGB 0..255, with the changes of thin and region damage kept apart.

    `tint`, if any, is the one hue of all in it, as in a scan in grey: colour must not give damage away.
    """

    image: Float
    thin: Bools
    region: Bools
    unsure: Bools
    rough: Float
    tint: Float | None = None

    @property
    def size(self) -> int:
        """Side of the square in pixels."""
        return self.image.shape[0]

    def blend(
        self, alpha: Float, colour: Float | Sequence[float] | float, plane: str, dim_region: bool = False
    ) -> None:
        """Lay `colour` over the picture with `alpha` (H, W) in 0..1 and label what became visible on
        `plane`."""
        before = self.image
        cover = np.broadcast_to(np.asarray(colour, np.float32), (*alpha.shape, 3))
        after = before + alpha[..., None] * (cover - before)
        self.replace(after, plane, dim_region)

    def replace(self, after: Float, plane: str, dim_region: bool = False) -> None:
        """Take `after` as the picture; label pixels by how much they changed."""
        after = after if self.tint is None else _monochrome(after, self.tint)
        gap = np.abs(after - self.image)
        change = np.maximum(np.maximum(gap[..., 0], gap[..., 1]), gap[..., 2])  # much faster than max(2)
        # What drowns in the texture of the photograph is no damage that anyone could point at.
        visible = np.maximum(VISIBLE * 1.6 if dim_region else VISIBLE, 0.9 * self.rough)
        target = self.thin if plane == "thin" else self.region
        target |= change > visible
        self.unsure |= (change > FAINT) & (change <= visible)
        self.image = np.clip(after, 0, 255)


def _monochrome(image: Float, tint: Float) -> Float:
    return (image @ np.array([0.299, 0.587, 0.114], np.float32))[..., None] * tint


def _fractal(rng: np.random.Generator, size: int, coarsest: int = 4) -> Float:
    """Smooth fractal noise (size, size), roughly zero mean and unit deviation."""
    total = np.zeros((size, size), np.float32)
    cells, weight = coarsest, 1.0
    while cells < size:
        grid = rng.standard_normal((cells + 1, cells + 1), np.float32)
        total += np.float32(weight) * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * 0.55
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def _flicker(rng: np.random.Generator, count: int, depth: float) -> Float:
    """A 1-D opacity 0..1 along a line, fading in and out."""
    knots = rng.uniform(1 - depth, 1, max(2, count // 12))
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(knots)), knots).astype(np.float32)


def _roughness(image: Float) -> Float:
    """Local standard deviation (H, W) of the luma over 9 x 9 pixels."""
    luma = image.mean(2)
    mean = cv2.blur(luma, (9, 9))
    return np.sqrt(np.maximum(cv2.blur(luma * luma, (9, 9)) - mean * mean, 0))


def _paint(rng: np.random.Generator, c: Canvas, bright_share: float = 0.65) -> Float:
    """A colour to damage with: of paper or dirt, or half of the time the picture's own, lighter or darker."""
    if rng.random() < 0.5:
        return _tone(rng, bright_share)
    delta = rng.uniform(14, 130) * (1 if rng.random() < bright_share else -1)
    return np.clip(cv2.GaussianBlur(c.image, (0, 0), 3) + np.float32(delta), 0, 255)


def _tone(rng: np.random.Generator, bright_share: float = 0.65) -> Float:
    """A colour of exposed paper or of dirt."""
    if rng.random() < bright_share:
        base = rng.uniform(190, 255)
        return np.array([base, base - rng.uniform(0, 14), base - rng.uniform(0, 40)], np.float32)
    base = rng.uniform(0, 60)
    return np.array([base + rng.uniform(0, 14), base, base], np.float32)


def _stroke(rng: np.random.Generator, size: int, points: Float, width: float, depth: float) -> Float:
    """Alpha (size, size) of an antialiased line through `points` (N, 2) whose width and opacity vary."""
    alpha = np.zeros((size, size), np.uint8)
    fade = _flicker(rng, len(points), depth)
    swell = 1 + 0.3 * (_flicker(rng, len(points), 1.0) - 0.5)
    fixed = np.rint(points * 16).astype(np.int32)
    for i in range(len(points) - 1):
        if fade[i] < 0.08:
            continue
        thickness = max(1, round(width * swell[i]))
        a, b = fixed[i].tolist(), fixed[i + 1].tolist()
        cv2.line(alpha, a, b, float(fade[i] * 255), thickness, cv2.LINE_AA, 4)
    out = alpha.astype(np.float32) / 255
    if width < 1:
        out *= np.float32(width)
    soft = rng.uniform(0, 0.8)
    return cv2.GaussianBlur(out, (0, 0), soft) if soft > 0.3 else out


def _line(rng: np.random.Generator, size: int, angle: float, length: float, wave: float) -> Float:
    start = rng.uniform(-0.1, 1.1, 2) * size
    count = int(np.clip(length / 3, 8, 160))
    along = np.linspace(-length / 2, length / 2, count, dtype=np.float32)
    across = np.cumsum(rng.normal(0, wave, count)).astype(np.float32)
    across -= across.mean()
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([start[0] + along * cos - across * sin, start[1] + along * sin + across * cos], 1).astype(
        np.float32
    )


def _width(rng: np.random.Generator, k: float) -> float:
    return float(np.clip(rng.gamma(2.2, 1.6) * k, 0.7, 9))


def straight_scratches(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """1-6 scratches that share an angle."""
    angle = rng.normal(np.pi / 2, 0.12) if rng.random() < 0.4 else rng.uniform(0, np.pi)
    tone = _paint(rng, c, 0.75)
    for _ in range(rng.integers(1, 6)):
        points = _line(
            rng, c.size, angle + rng.normal(0, 0.06), c.size * rng.uniform(0.15, 1.5), rng.uniform(0, 0.12)
        )
        alpha = _stroke(rng, c.size, points, _width(rng, k) * 0.7, rng.uniform(0, 1.1))
        c.blend(alpha * np.float32(opacity * rng.uniform(0.6, 1)), tone, "thin")


def gouges(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Wide ragged scratches down to the paper: streaks of 3-14 px whose width and border vary all along."""
    field = _fractal(rng, c.size, c.size // 6)
    for _ in range(rng.integers(1, 3)):
        points = _line(
            rng, c.size, rng.uniform(0, np.pi), c.size * rng.uniform(0.3, 1.6), rng.uniform(0, 0.4)
        )
        drawn = np.full((c.size, c.size), 255, np.uint8)
        cv2.polylines(drawn, [np.rint(points).astype(np.int32)[:, None]], False, 0, 1)
        distance = cv2.distanceTransform(drawn, cv2.DIST_L2, 5)
        half = rng.uniform(1.2, 6) * (0.5 + 0.5 * k)
        alpha = np.clip(half * (1 + rng.uniform(0.2, 0.9) * field) - distance + 0.5, 0, 1)
        c.blend((alpha * opacity).astype(np.float32), _paint(rng, c, 0.85), "thin")


def hairs(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Curled hairs and lint."""
    for _ in range(rng.integers(1, 6)):
        count = int(rng.integers(12, 50))
        turn = np.cumsum(rng.normal(0, 0.10, count)) * rng.uniform(0.4, 2.5) + rng.uniform(0, 2 * np.pi)
        step = max(1.0, rng.uniform(18, 260) * max(k, 0.3) / count)
        path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * step, 0) + rng.uniform(0, c.size, 2)
        alpha = _stroke(rng, c.size, path.astype(np.float32), _width(rng, k) * 0.7, rng.uniform(0, 0.5))
        c.blend(alpha * np.float32(opacity), _paint(rng, c, 0.5), "thin")


def dust(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Specks and dirt of 1-8 px."""
    bright = rng.choice([0.95, 0.05, 0.6])
    alpha = np.zeros((c.size, c.size), np.float32)
    tone = _paint(rng, c, bright)
    for _ in range(int(np.clip(rng.gamma(1.0, 22), 1, 140))):
        radius = float(np.clip(rng.gamma(2.0, 0.7) * (0.5 + k), 0.5, 6))
        side = int(np.ceil(radius * 2)) + 2
        y, x = rng.integers(0, c.size, 2)
        grid = np.mgrid[-side : side + 1, -side : side + 1].astype(np.float32)
        turn, squash = rng.uniform(0, np.pi), rng.uniform(1, 3.2)
        u = grid[1] * np.cos(turn) + grid[0] * np.sin(turn)
        v = (grid[0] * np.cos(turn) - grid[1] * np.sin(turn)) * squash
        rough = rng.uniform(0.6, 1.4, grid.shape[1:]) if radius > 1.5 else 1.0
        spot = np.clip(radius - np.hypot(u, v) * rough + 0.5, 0, 1) * rng.uniform(0.5, 1)
        y0, x0 = max(0, y - side), max(0, x - side)
        part = alpha[y0 : y + side + 1, x0 : x + side + 1]
        oy, ox = y0 - (y - side), x0 - (x - side)
        np.maximum(part, spot[oy : oy + part.shape[0], ox : ox + part.shape[1]], out=part)
    if rng.random() < 0.4:
        alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.4, 0.8))
    c.blend(alpha * np.float32(opacity), tone, "thin")


def dashes(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Short scuffs of 3-25 px, crowded together, most of them along one direction."""
    place, spread = rng.uniform(0, c.size, 2), rng.uniform(0.1, 0.6) * c.size
    angle = rng.uniform(0, np.pi)
    alpha = np.zeros((c.size, c.size), np.uint8)
    for _ in range(int(np.clip(rng.gamma(1.2, 16), 2, 90))):
        centre, length = place + rng.normal(0, spread, 2), rng.uniform(2, 22) * (0.4 + k)
        turn = angle + rng.normal(0, 0.5)
        half = np.array([np.cos(turn), np.sin(turn)]) * length / 2
        ends = np.rint(np.stack([centre - half, centre + half]) * 16).astype(np.int32).tolist()
        thickness = 1 if rng.random() < 0.7 else 2
        cv2.line(alpha, ends[0], ends[1], int(rng.uniform(90, 255)), thickness, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), rng.uniform(0.3, 0.9))
    c.blend(soft * np.float32(opacity), _paint(rng, c, 0.75), "thin")


def crease(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """A fold: cracked bright line, shading on both sides, side cracks and flakes of lost emulsion."""
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.08) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    points = _line(rng, c.size, angle, c.size * rng.uniform(0.6, 1.7), rng.uniform(0.1, 0.9))
    tone = _tone(rng, 0.85)
    core = _stroke(rng, c.size, points, _width(rng, k), rng.uniform(0.2, 1.2))
    if rng.random() < 0.6:  # the fold itself is curved paper: it shades softly, which is no damage to fill
        normal = np.array([-np.sin(angle), np.cos(angle)], np.float32)
        grid = np.mgrid[0 : c.size, 0 : c.size].astype(np.float32)
        distance = (grid[1] - points[:, 0].mean()) * normal[0] + (grid[0] - points[:, 1].mean()) * normal[1]
        sigma = rng.uniform(4, 22)
        shade = distance / sigma * np.exp(-(distance**2) / (2 * sigma**2)) * rng.uniform(-16, 16)
        c.image = np.clip(c.image + shade[..., None].astype(np.float32), 0, 255)
    for _ in range(rng.integers(0, 9)):
        origin = points[rng.integers(len(points))]
        side = angle + rng.choice([-1, 1]) * rng.uniform(0.4, 1.6)
        count, length = 8, rng.uniform(4, 40) * max(k, 0.4)
        steps = np.linspace(0, length, count)
        branch = (
            origin
            + np.stack([np.cos(side) * steps, np.sin(side) * steps], 1)
            + rng.normal(0, 0.6, (count, 2))
        )
        core = np.maximum(core, _stroke(rng, c.size, branch.astype(np.float32), _width(rng, k) * 0.5, 0.6))
    c.blend(core * np.float32(max(opacity, 0.5)), tone, "thin")
    if rng.random() < 0.5:
        near = cv2.GaussianBlur(core, (0, 0), rng.uniform(2, 7))
        flakes = (near * 3 + 0.35 * _fractal(rng, c.size, c.size // 8) > rng.uniform(0.7, 1.1)) & (
            near > 0.05
        )
        c.blend(cv2.GaussianBlur(flakes.astype(np.float32), (0, 0), 0.6), tone, "thin")


def cracks(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """A net of emulsion cracks along the borders of random cells."""
    cells = int(rng.integers(3, 9))
    seeds = rng.uniform(0, c.size, (cells * cells, 2)).astype(np.float32)
    grid = np.stack(list(np.mgrid[0 : c.size : 2, 0 : c.size : 2]), -1).reshape(-1, 2).astype(np.float32)
    grid += rng.normal(0, 1.5, grid.shape).astype(np.float32)
    nearest = ((grid[:, None] - seeds[None]) ** 2).sum(2).argmin(1).reshape(c.size // 2, c.size // 2)
    edge = (np.diff(nearest, axis=0, prepend=nearest[:1]) != 0) | (
        np.diff(nearest, axis=1, prepend=nearest[:, :1]) != 0
    )
    edge &= _fractal(rng, c.size // 2, 3) > rng.uniform(-0.3, 0.8)
    alpha = cv2.resize(edge.astype(np.float32), (c.size, c.size), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.5, 1.0) * max(0.7, k))
    c.blend(np.clip(alpha * 1.3, 0, 1) * np.float32(opacity), _tone(rng, 0.5), "thin")


def emulsion_loss(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Missing patches, flat and sharply bordered, that show paper or the black behind; many at a border."""
    del opacity
    field = _fractal(rng, c.size, int(rng.integers(4, 14)))
    window = np.full((c.size, c.size), -9.0, np.float32)
    for _ in range(rng.integers(1, 4)):
        y, x = rng.uniform(0, c.size, 2)
        if rng.random() < 0.4:
            y, x = rng.permutation([y, rng.choice([0.0, c.size])])
        grid = np.mgrid[0 : c.size, 0 : c.size].astype(np.float32)
        reach = rng.uniform(5, 55) * (0.4 + 0.6 * k)
        window = np.maximum(window, 1 - np.hypot(grid[0] - y, grid[1] - x) / reach)
    alpha = np.clip((window + 0.45 * field) * 8, 0, 1)
    tone = _tone(rng, 0.6) + _fractal(rng, c.size)[..., None] * np.float32(rng.uniform(0, 6))
    c.blend(alpha * np.float32(rng.uniform(0.85, 1)), tone.astype(np.float32), "region")


def stain(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Soft spots, foxing and tide lines of water: multiplied, with a visible border."""
    del opacity
    if rng.random() < 0.5:  # foxing: many small brown spots
        alpha = np.zeros((c.size, c.size), np.float32)
        for _ in range(rng.integers(3, 30)):
            x, y = rng.integers(0, c.size, 2)
            cv2.circle(
                alpha,
                (int(x), int(y)),
                int(max(1, rng.uniform(1, 6) * (0.5 + k))),
                float(rng.uniform(0.5, 1)),
                -1,
            )
        alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.7, 2.0))
        hue = np.array([rng.uniform(0.45, 0.8), rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.6)], np.float32)
    else:
        field = _fractal(rng, c.size, int(rng.integers(2, 6))) - np.float32(rng.uniform(0.6, 1.6))
        inside = np.clip(field * 6, 0, 1)
        rim = np.exp(-((field * rng.uniform(6, 18)) ** 2)) if rng.random() < 0.6 else 0.0
        alpha = np.clip(0.5 * inside + rim, 0, 1).astype(np.float32)
        hue = np.array([rng.uniform(0.5, 0.85), rng.uniform(0.45, 0.8), rng.uniform(0.3, 0.7)], np.float32)
    c.replace(c.image * (1 - alpha[..., None] * (1 - hue)), "region", dim_region=True)


def tear(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """A jagged wedge or a missing corner that shows the background, with a fibrous white rim."""
    del opacity
    size = c.size
    side, place = rng.integers(4), rng.uniform(0, size)
    depth, width = size * rng.uniform(0.08, 0.5), rng.uniform(3, 30) * (0.5 + k)
    steps = np.linspace(0, 1, 14)
    jag = np.cumsum(rng.normal(0, 2.2, 14))
    left = np.stack([place - width * (1 - steps) + jag, steps * depth], 1)
    right = np.stack([place + width * (1 - steps) + jag, steps * depth], 1)[::-1]
    shape = np.concatenate([[[place - width, -20]], left, right, [[place + width, -20]]])
    hole = np.zeros((size, size), np.uint8)
    cv2.fillPoly(hole, [np.rint(shape * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    alpha = np.rot90(hole, int(side)).astype(np.float32) / 255
    rim = cv2.dilate(alpha, np.ones((3, 3)), iterations=int(rng.integers(1, 4)))
    rim = cv2.GaussianBlur(rim, (0, 0), 0.7) * (0.75 + 0.25 * np.clip(_fractal(rng, size, 32), -1, 1))
    c.blend(np.clip(rim, 0, 1), np.array([240, 236, 226], np.float32), "region")
    behind = _tone(rng, 0.4) + 4 * _fractal(rng, size)[..., None]
    c.blend(np.ascontiguousarray(alpha), behind.astype(np.float32), "region")


class Overlays:
    """Real film artefacts as alpha masks (white = artefact).

    Args:
        folder: with "film/<kind>/*.png" as collections of artefacts have them, or with pictures of any name:
            scans of damage on black, or a user's own masks.

    Raises:
        InputError: no usable picture in it.
    """

    THIN = ("hair", "hair-short", "lint", "scratches", "dirt", "dots", "spots", "sprinkles")

    def __init__(self, folder: Path) -> None:
        self.masks: list[Bytes] = []
        self.kinds: list[str] = []
        for kind in self.THIN:
            self._take(sorted((folder / "film" / kind).glob("*.png")), kind, 10)
        if not (folder / "film").is_dir():
            self._take(list_photos(folder), folder.name, 120)
        if not self.masks:
            raise InputError(
                f"'{folder}' holds no masks of damage.", "Pictures with white damage on black are needed."
            )

    def _take(self, paths: Sequence[Path], kind: str, most: float) -> None:
        for path in paths:
            data = np.fromfile(path, np.uint8)
            alpha = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
            if alpha is None:
                continue
            alpha = alpha if alpha.ndim == 2 else alpha[..., -1] if alpha.shape[2] == 4 else alpha.max(2)
            alpha = np.asarray(alpha if alpha.dtype == np.uint8 else alpha // 257, np.uint8)
            # What covers more is a stain rather than a scratch, or no mask.
            if alpha.any() and alpha.mean() <= most:
                self.masks.append(alpha)
                self.kinds.append(kind)

    def lay(self, rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
        """Lay 1-20 of them over the picture, turned and scaled at random."""
        tone = _paint(rng, c, 0.6)
        total = np.zeros((c.size, c.size), np.float32)
        for _ in range(int(np.clip(rng.gamma(1.2, 4), 1, 14))):
            alpha = self.masks[rng.integers(len(self.masks))]
            scale = float(np.clip(k * rng.uniform(0.25, 0.9), 0.12, 0.8))
            turn = cv2.getRotationMatrix2D(
                (alpha.shape[1] / 2, alpha.shape[0] / 2), rng.uniform(0, 360), scale
            )
            turn[:, 2] += rng.uniform(0, c.size, 2) - (alpha.shape[1] / 2, alpha.shape[0] / 2)
            if scale < 0.6:
                alpha = cv2.GaussianBlur(alpha, (0, 0), 0.35 / scale)
            placed = cv2.warpAffine(alpha, turn, (c.size, c.size), flags=cv2.INTER_LINEAR)
            np.maximum(total, placed.astype(np.float32) / 255, out=total)
        c.blend(np.clip(total * rng.uniform(1, 1.6), 0, 1) * np.float32(opacity), tone, "thin")

    def hole(self, rng: np.random.Generator, size: int) -> Bytes | None:
        """A piece (size, size) of one of the masks as a hole, 1 = hole; None where it shows too little."""
        alpha = self.masks[rng.integers(len(self.masks))]
        scale = size / (min(alpha.shape) * rng.uniform(0.25, 1.0))
        turn = cv2.getRotationMatrix2D(
            (alpha.shape[1] * rng.random(), alpha.shape[0] * rng.random()), rng.uniform(0, 360), scale
        )
        turn[:, 2] += size / 2 - turn[:, :2] @ (alpha.shape[1] / 2, alpha.shape[0] / 2) - turn[:, 2]
        turn[:, 2] += rng.uniform(-0.3, 0.3, 2) * size
        placed = cv2.warpAffine(alpha, turn, (size, size), flags=cv2.INTER_LINEAR)
        mask = cv2.dilate((placed > 64).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.uint8)
        return mask if 0.005 < mask.mean() < 0.6 else None


RECIPES = (
    (straight_scratches, 0.34),
    (gouges, 0.2),
    (hairs, 0.3),
    (dust, 0.85),
    (dashes, 0.4),
    (crease, 0.28),
    (cracks, 0.07),
    (emulsion_loss, 0.34),
    (stain, 0.08),
    (tear, 0.08),
)


def add_damage(
    rng: np.random.Generator,
    photo: Rgb,
    overlays: Overlays | None = None,
    contrast: float = 1.0,
    undecided: Bytes | None = None,
) -> tuple[Rgb, Bytes, Bytes]:
    """Damage a square picture at random.

    Args:
        rng: the source of every choice; the same state gives the same picture.
        photo: (S, S, 3) RGB uint8, undamaged.
        overlays: real artefacts to lay over as well.
        undecided: (S, S), 1 where the photograph may have damage of its own: no loss there.
        contrast: lower bound of opacity moves from 0.75 (at 0) to 0.15 (at 1): a curriculum from plain to
            faint.

    Returns:
        the damaged picture (S, S, 3) uint8; labels (2, S, S) uint8, 1 = thin, region; ignore (S, S) uint8, 1
        = undecidable.
    """
    size = photo.shape[0]
    image = photo.astype(np.float32)
    if rng.random() < 0.4:
        image = distract(rng, image)
    tint = None
    if rng.random() < 0.65:
        warm = rng.uniform(0, 0.25) * (rng.random() < 0.4)
        tint = np.array([1 + 0.4 * warm, 1, 1 - warm], np.float32)
        image = np.clip(_monochrome(image, tint), 0, 255)
    empty = np.zeros((size, size), bool)
    c = Canvas(image, empty.copy(), empty.copy(), empty.copy(), _roughness(image), tint)
    if rng.random() < 0.82:
        k = float(np.exp(rng.uniform(np.log(0.25), np.log(1.1))))
        low = 0.75 - 0.6 * contrast
        for recipe, chance in RECIPES:
            if rng.random() < chance:
                recipe(rng, c, k, float(rng.uniform(low, 1)))
        if overlays is not None and rng.random() < 0.35:
            overlays.lay(rng, c, k * 0.8, float(rng.uniform(low, 1)))
    image = c.image
    if rng.random() < 0.75:
        image = _scan(rng, image)
    labels = np.stack([c.thin, c.region]).astype(np.uint8)
    unsure = c.unsure if undecided is None else c.unsure | (undecided > 0)
    ignore = (unsure & ~c.thin & ~c.region).astype(np.uint8)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), labels, ignore


def _scan(rng: np.random.Generator, image: Float) -> Float:
    """What happens after the damage: scanner blur or sharpening, noise, JPEG."""
    if rng.random() < 0.5:
        blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.35, 0.8))
        image = (
            blurred if rng.random() < 0.6 else image + (image - blurred) * np.float32(rng.uniform(0.2, 0.9))
        )
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(0.5, 5), image.shape[:2]).astype(np.float32)[..., None]
    image = np.clip(image, 0, 255)
    if rng.random() < 0.5:
        bgr = np.rint(image[..., ::-1]).astype(np.uint8)
        ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])
        back = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else None
        if back is not None:
            image = back[..., ::-1].astype(np.float32)
    return image
