"""Things that look like damage and belong to the picture: hard negatives for the detector."""

from __future__ import annotations

import cv2
import numpy as np

from restorer.arrays import Float
from training.data.photos import Rgb


def distract(rng: np.random.Generator, image: Float) -> Float:
    """Draw things that are no damage: lettering, wires, railings, hair, printed cloth, blossoms. Returns the
    changed picture."""
    out = np.clip(np.rint(image), 0, 255).astype(np.uint8)  # cv2.putText takes nothing else
    kind = rng.choice(len(DISTRACTIONS), p=(0.2, 0.2, 0.25, 0.1, 0.25))
    DISTRACTIONS[kind](rng, out, int(rng.integers(256)))
    return out.astype(np.float32)


def _lettering(rng: np.random.Generator, out: Rgb, shade: int) -> None:
    letters = list("ABCDEFGHIKLMNOPRSTUVWabcdehiklmnorstu0123456789.,- ")
    for _ in range(rng.integers(1, 4)):
        word = "".join(rng.choice(letters, rng.integers(3, 14)))
        origin = [int(v) for v in rng.integers(0, len(out), 2)]
        face, scale = int(rng.choice([0, 1, 2, 3, 4, 6, 7])), float(rng.uniform(0.3, 1.6))
        cv2.putText(out, word, origin, face, scale, (shade,) * 3, int(rng.integers(1, 4)), cv2.LINE_AA)


def _bars(rng: np.random.Generator, out: Rgb, shade: int) -> None:
    """Railings and planks: straight lines in step; wires: sagging ones, dark where they are few.

    One straight line by itself is not drawn: nobody could tell it from a scratch.
    """
    size = len(out)
    angle, step, sag = rng.uniform(0, np.pi), rng.uniform(5, 50), rng.choice([0.0, rng.uniform(0, 0.15)])
    along = np.linspace(-size, size, 24)
    thickness = int(rng.integers(1, 5))
    count = int(rng.integers(1, 6) if sag else rng.integers(4, 12))
    shade = shade if count > 3 else shade // 3
    for i in range(count):
        across = (i - 4) * step + sag * size * (along / size) ** 2
        x = size / 2 + along * np.cos(angle) - across * np.sin(angle)
        y = size / 2 + along * np.sin(angle) + across * np.cos(angle)
        points = np.rint(np.stack([x, y], 1) * 8).astype(np.int32)
        cv2.polylines(out, [points[:, None]], False, (shade,) * 3, thickness, cv2.LINE_AA, 3)


def _strands(rng: np.random.Generator, out: Rgb, shade: int) -> None:
    """A tuft of hair or grass: many thin curves that run side by side."""
    root, angle = rng.uniform(0, len(out), 2), rng.uniform(0, 2 * np.pi)
    reach, bend = rng.uniform(30, 140), rng.normal(0, 0.03)
    for _ in range(rng.integers(15, 60)):
        turn = angle + rng.normal(0, 0.18) + np.cumsum(rng.normal(bend, 0.03, 16))
        steps = np.stack([np.cos(turn), np.sin(turn)], 1) * reach / 16
        points = np.rint((root + rng.normal(0, reach / 5, 2) + np.cumsum(steps, 0)) * 8).astype(np.int32)
        tone = int(np.clip(shade + rng.normal(0, 30), 0, 255))
        cv2.polylines(out, [points[:, None]], False, (tone,) * 3, 1, cv2.LINE_AA, 3)


def _print(rng: np.random.Generator, out: Rgb, shade: int) -> None:
    """Dots in rows, as of lace or printed cloth."""
    size, step, radius = len(out), int(rng.integers(5, 16)), int(rng.integers(1, 3))
    y0, x0 = (int(v) for v in rng.integers(0, size // 2, 2))
    for y in range(y0, y0 + size // 3, step):
        for x in range(x0, x0 + size // 3, step):
            cv2.circle(out, (x, y), radius, (shade,) * 3, -1, cv2.LINE_AA)


def _blossoms(rng: np.random.Generator, out: Rgb, shade: int) -> None:
    """Petals, leaves, highlights and the flowers of painted backdrops: bright or dark shapes of one tone,
    told from lost emulsion by their soft border."""
    size = len(out)
    drawn = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(1, 7)):
        centre, radius = rng.uniform(0, size, 2), float(np.clip(rng.gamma(2, 7), 4, 40))
        first = rng.uniform(0, 2 * np.pi)
        petals = int(rng.integers(1, 7))
        for turn in first + np.arange(petals) * 2 * np.pi / petals + rng.normal(0, 0.2, petals):
            middle = centre + 0.6 * radius * np.array([np.cos(turn), np.sin(turn)]) * (petals > 1)
            x, y = (int(v) for v in np.rint(middle))
            axes = (int(radius * rng.uniform(0.4, 0.8)), int(radius * rng.uniform(0.2, 0.5)))
            cv2.ellipse(drawn, (x, y), axes, float(np.degrees(turn)), 0, 360, int(rng.uniform(90, 255)), -1)
    soft = cv2.GaussianBlur(drawn, (0, 0), rng.uniform(1.2, 5))[..., None].astype(np.float32) / 255
    tone = np.float32(255 - shade // 4 if rng.random() < 0.75 else shade // 4)
    out[:] = np.rint(out + soft * np.float32(rng.uniform(0.4, 1)) * (tone - out))


DISTRACTIONS = (_lettering, _bars, _strands, _print, _blossoms)
