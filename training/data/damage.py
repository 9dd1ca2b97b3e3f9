"""Synthetic damage of prints and negatives, drawn over undamaged photographs, with labels of what is visible.

Two label planes: thin damage (scratches, hairs, dust, crease lines, cracks) and regions (stains, tears,
missing emulsion). Recipe after the fits
of FilmDamageSimulator (Ivanova et al., CGF 2023) and the damage models of Wan et al. (CVPR 2020), drawn by
our own code; real film artefacts
can be laid over as alpha masks.
"""

from __future__ import annotations

import cv2
import numpy as np

from restorer.arrays import Bytes, Float
from training.data.canvas import Canvas, flicker, fractal, monochrome, paint, paper_or_dirt, roughness
from training.data.distractions import distract
from training.data.overlays import Overlays
from training.data.photos import Rgb


def _stroke(rng: np.random.Generator, size: int, points: Float, width: float, depth: float) -> Float:
    """Alpha (size, size) of an antialiased line through `points` (N, 2) whose width and opacity vary."""
    alpha = np.zeros((size, size), np.uint8)
    fade = flicker(rng, len(points), depth)
    swell = 1 + 0.3 * (flicker(rng, len(points), 1.0) - 0.5)
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
    tone = paint(rng, c, 0.75)
    for _ in range(rng.integers(1, 6)):
        points = _line(
            rng, c.size, angle + rng.normal(0, 0.06), c.size * rng.uniform(0.15, 1.5), rng.uniform(0, 0.12)
        )
        alpha = _stroke(rng, c.size, points, _width(rng, k) * 0.7, rng.uniform(0, 1.1))
        c.blend(alpha * np.float32(opacity * rng.uniform(0.6, 1)), tone, "thin")


def gouges(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Wide ragged scratches down to the paper: streaks of 3-14 px whose width and border vary all along."""
    field = fractal(rng, c.size, c.size // 6)
    for _ in range(rng.integers(1, 3)):
        points = _line(
            rng, c.size, rng.uniform(0, np.pi), c.size * rng.uniform(0.3, 1.6), rng.uniform(0, 0.4)
        )
        drawn = np.full((c.size, c.size), 255, np.uint8)
        cv2.polylines(drawn, [np.rint(points).astype(np.int32)[:, None]], False, 0, 1)
        distance = cv2.distanceTransform(drawn, cv2.DIST_L2, 5)
        half = rng.uniform(1.2, 6) * (0.5 + 0.5 * k)
        alpha = np.clip(half * (1 + rng.uniform(0.2, 0.9) * field) - distance + 0.5, 0, 1)
        c.blend((alpha * opacity).astype(np.float32), paint(rng, c, 0.85), "thin")


def hairs(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Curled hairs and lint."""
    for _ in range(rng.integers(1, 6)):
        count = int(rng.integers(12, 50))
        turn = np.cumsum(rng.normal(0, 0.10, count)) * rng.uniform(0.4, 2.5) + rng.uniform(0, 2 * np.pi)
        step = max(1.0, rng.uniform(18, 260) * max(k, 0.3) / count)
        path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * step, 0) + rng.uniform(0, c.size, 2)
        alpha = _stroke(rng, c.size, path.astype(np.float32), _width(rng, k) * 0.7, rng.uniform(0, 0.5))
        c.blend(alpha * np.float32(opacity), paint(rng, c, 0.5), "thin")


def dust(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Specks and dirt of 1-8 px."""
    bright = rng.choice([0.95, 0.05, 0.6])
    alpha = np.zeros((c.size, c.size), np.float32)
    tone = paint(rng, c, bright)
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
    c.blend(soft * np.float32(opacity), paint(rng, c, 0.75), "thin")


def crease(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """A fold: cracked bright line, shading on both sides, side cracks and flakes of lost emulsion."""
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.08) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    points = _line(rng, c.size, angle, c.size * rng.uniform(0.6, 1.7), rng.uniform(0.1, 0.9))
    tone = paper_or_dirt(rng, 0.85)
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
    c.blend(core * np.float32(opacity), tone, "thin")
    if opacity > 0.5 and rng.random() < 0.6:
        near = cv2.GaussianBlur(core, (0, 0), rng.uniform(2, 7))
        flakes = (near * 3 + 0.35 * fractal(rng, c.size, c.size // 8) > rng.uniform(0.7, 1.1)) & (near > 0.05)
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
    edge &= fractal(rng, c.size // 2, 3) > rng.uniform(-0.3, 0.8)
    alpha = cv2.resize(edge.astype(np.float32), (c.size, c.size), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.5, 1.0) * max(0.7, k))
    c.blend(np.clip(alpha * 1.3, 0, 1) * np.float32(opacity), paper_or_dirt(rng, 0.5), "thin")


def emulsion_loss(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Missing patches, flat and sharply bordered, that show paper or the black behind; many at a border."""
    del opacity
    field = fractal(rng, c.size, int(rng.integers(4, 14)))
    window = np.full((c.size, c.size), -9.0, np.float32)
    for _ in range(rng.integers(1, 4)):
        y, x = rng.uniform(0, c.size, 2)
        if rng.random() < 0.4:
            y, x = rng.permutation([y, rng.choice([0.0, c.size])])
        grid = np.mgrid[0 : c.size, 0 : c.size].astype(np.float32)
        reach = rng.uniform(5, 55) * (0.4 + 0.6 * k)
        window = np.maximum(window, 1 - np.hypot(grid[0] - y, grid[1] - x) / reach)
    alpha = np.clip((window + 0.45 * field) * 8, 0, 1)
    tone = paper_or_dirt(rng, 0.6) + fractal(rng, c.size)[..., None] * np.float32(rng.uniform(0, 6))
    c.blend(alpha * np.float32(rng.uniform(0.85, 1)), tone.astype(np.float32), "region")


def flakes(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """A crowd of chips of lost emulsion of all sizes, ragged, of one tone, plain or textured."""
    del opacity
    grid = np.mgrid[0 : c.size, 0 : c.size].astype(np.float32)
    field = 0.5 * fractal(rng, c.size, int(rng.integers(10, 40))) + 0.5 * fractal(rng, c.size, 4)
    near = np.full((c.size, c.size), -9.0, np.float32)
    centre = rng.uniform(0, c.size, 2)
    if rng.random() < 0.5:
        centre[rng.integers(2)] = rng.choice([0.0, c.size])
    spread = c.size * rng.uniform(0.05, 0.3)
    for _ in range(rng.integers(2, 14)):
        y, x = centre + rng.normal(0, spread, 2)
        stretch, angle = rng.uniform(0.5, 1), rng.uniform(0, np.pi)
        reach = float(np.clip(rng.gamma(1.5, 9), 3, 60)) * (0.4 + 0.6 * k)
        u = (grid[1] - x) * np.cos(angle) + (grid[0] - y) * np.sin(angle)
        v = (grid[0] - y) * np.cos(angle) - (grid[1] - x) * np.sin(angle)
        near = np.maximum(near, (1 - np.hypot(u, v / np.float32(stretch)) / np.float32(reach)))
    alpha = np.clip((near + 0.35 * field) * rng.uniform(3, 12), 0, 1)
    rough = rng.uniform(0, 4) if rng.random() < 0.6 else rng.uniform(4, 22)
    colour = paper_or_dirt(rng, 0.8) + fractal(rng, c.size, 24)[..., None] * np.float32(rough)
    c.blend(alpha * np.float32(rng.uniform(0.8, 1)), colour.astype(np.float32), "region")


def bubbles(rng: np.random.Generator, c: Canvas, k: float, opacity: float) -> None:
    """Small blisters and dried drops in crowds, often along a border: rings with a middle less changed."""
    k = 0.5 + 0.5 * k
    alpha = np.zeros((c.size, c.size), np.uint8)
    centre, spread = rng.uniform(0, c.size, 2), c.size * rng.uniform(0.04, 0.25, 2)
    if rng.random() < 0.5:
        axis = int(rng.integers(2))
        centre[axis], spread[axis] = rng.choice([0.0, c.size]), c.size * 0.06
        spread[1 - axis] = c.size * 0.4
    inside = rng.uniform(0, 0.9)
    for _ in range(rng.integers(3, 40)):
        x, y = np.rint((centre + rng.normal(0, spread)) * 16).astype(int).tolist()
        radius, level = float(np.clip(rng.gamma(3, 1.1), 1, 9)) * k, rng.uniform(0.5, 1)
        cv2.circle(alpha, (x, y), round(radius * 16), 255 * level * inside, -1, cv2.LINE_AA, 4)
        cv2.circle(alpha, (x, y), round(radius * 16), 255 * level, max(1, round(k)), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), rng.uniform(0.4, 1.0))
    c.blend(soft * np.float32(max(opacity, 0.4)), paint(rng, c, 0.85), "thin")


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
        field = fractal(rng, c.size, int(rng.integers(2, 6))) - np.float32(rng.uniform(0.6, 1.6))
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
    rim = cv2.GaussianBlur(rim, (0, 0), 0.7) * (0.75 + 0.25 * np.clip(fractal(rng, size, 32), -1, 1))
    c.blend(np.clip(rim, 0, 1), np.array([240, 236, 226], np.float32), "region")
    behind = paper_or_dirt(rng, 0.4) + 4 * fractal(rng, size)[..., None]
    c.blend(np.ascontiguousarray(alpha), behind.astype(np.float32), "region")


RECIPES = (
    (straight_scratches, 0.34),
    (gouges, 0.2),
    (hairs, 0.3),
    (dust, 0.85),
    (dashes, 0.4),
    (crease, 0.28),
    (cracks, 0.07),
    (emulsion_loss, 0.28),
    (flakes, 0.22),
    (bubbles, 0.1),
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
        image = np.clip(monochrome(image, tint), 0, 255)
    empty = np.zeros((size, size), bool)
    c = Canvas(image, empty.copy(), empty.copy(), empty.copy(), roughness(image), tint)
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
