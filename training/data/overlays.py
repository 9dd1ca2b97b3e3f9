"""Real film artefacts, laid over photographs as alpha masks or used as holes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from restorer.arrays import Bytes
from restorer.errors import InputError
from training.data.canvas import Canvas, paint
from training.data.photos import list_photos


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
        tone = paint(rng, c, 0.6)
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
