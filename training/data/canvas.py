"""A picture that damage is laid on and what of it became visible; noise and colours to do it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from restorer.arrays import Bools, Float

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
        after = after if self.tint is None else monochrome(after, self.tint)
        gap = np.abs(after - self.image)
        change = np.maximum(np.maximum(gap[..., 0], gap[..., 1]), gap[..., 2])  # much faster than max(2)
        # What drowns in the texture of the photograph is no damage that anyone could point at.
        visible = np.maximum(VISIBLE * 1.6 if dim_region else VISIBLE, 0.9 * self.rough)
        target = self.thin if plane == "thin" else self.region
        target |= change > visible
        self.unsure |= (change > FAINT) & (change <= visible)
        self.image = np.clip(after, 0, 255)


def monochrome(image: Float, tint: Float) -> Float:
    """`image` (H, W, 3) as grey of one hue `tint` (3,)."""
    return (image @ np.array([0.299, 0.587, 0.114], np.float32))[..., None] * tint


def fractal(rng: np.random.Generator, size: int, coarsest: int = 4) -> Float:
    """Smooth fractal noise (size, size), roughly zero mean and unit deviation."""
    total = np.zeros((size, size), np.float32)
    cells, weight = coarsest, 1.0
    while cells < size:
        grid = rng.standard_normal((cells + 1, cells + 1), np.float32)
        total += np.float32(weight) * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * 0.55
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def flicker(rng: np.random.Generator, count: int, depth: float) -> Float:
    """A 1-D opacity 0..1 along a line, fading in and out."""
    knots = rng.uniform(1 - depth, 1, max(2, count // 12))
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(knots)), knots).astype(np.float32)


def roughness(image: Float) -> Float:
    """Local standard deviation (H, W) of the luma over 9 x 9 pixels."""
    luma = image.mean(2)
    mean = cv2.blur(luma, (9, 9))
    return np.sqrt(np.maximum(cv2.blur(luma * luma, (9, 9)) - mean * mean, 0))


def paint(rng: np.random.Generator, c: Canvas, bright_share: float = 0.65) -> Float:
    """A colour to damage with: of paper or dirt, or half of the time the picture's own, lighter or darker."""
    if rng.random() < 0.5:
        return paper_or_dirt(rng, bright_share)
    delta = rng.uniform(14, 130) * (1 if rng.random() < bright_share else -1)
    return np.clip(cv2.GaussianBlur(c.image, (0, 0), 3) + np.float32(delta), 0, 255)


def paper_or_dirt(rng: np.random.Generator, bright_share: float = 0.65) -> Float:
    """A colour of exposed paper or of dirt."""
    if rng.random() < bright_share:
        base = rng.uniform(190, 255)
        return np.array([base, base - rng.uniform(0, 14), base - rng.uniform(0, 40)], np.float32)
    base = rng.uniform(0, 60)
    return np.array([base + rng.uniform(0, 14), base, base], np.float32)
