"""Grain inside a fill: as strong and as coarse as in what surrounds it and is as light; no checkerboard.

The strength follows the local surroundings as in film-grain synthesis (Norkin and Birkbeck, DCC 2018),
estimated robustly so that edges do not count as grain. The noise depends on the position in the picture and a
seed alone: tiles agree, runs repeat.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np

from restorer.arrays import Bools, Float

PERIOD = 1021  # prime, so that the repetition never lines up with tiles
FINE_SIGMA = 1.0
NEAR_PX, HOLE_PX = 12.0, 4.0  # over which texture is averaged: of the surroundings, of the fill
FAR_GAIN = 0.8  # in the middle of a wide hole nothing shows where edges were: they count as texture,
FAR_GAIN_TEXTURED = 0.5  # less where texture was put there
TONES, TONE_PX = 8, 3.0  # levels of lightness between which grain differs, and over what they are averaged
ANY_TONE = 0.05  # what surroundings of any lightness count beside those that are alike
ENERGY_GAIN = 1.2  # for what the cap takes from strong texture
CAP, PLAIN = 2.6, 1.5  # times the local mean: above, texture is an edge; how coarse grain is, is told below
FAINT = ((0.03, 1), (0.001, 4))  # what means over four and sixteen times the distance count beside that
CHECKERS_SIGMA = 3.0  # over which the strength of a checkerboard is averaged
LEAST_SHARE = 0.5  # in narrower holes than such an average not all of what could be one is taken off


def position_noise(y0: int, x0: int, height: int, width: int, seed: int) -> Float:
    """Standard normal noise (height, width) of the place (y0, x0) of a picture, the same whichever tile
    asks."""
    plane = _plane(seed)
    rows = (np.arange(y0, y0 + height)) % PERIOD
    columns = (np.arange(x0, x0 + width)) % PERIOD
    return plane[np.ix_(rows, columns)]


@functools.lru_cache(maxsize=4)  # a repair asks for two in turns
def _plane(seed: int) -> Float:
    return np.random.default_rng(seed).standard_normal((PERIOD, PERIOD), np.float32)


def without_checkerboard(filled: Float, mask: Bools) -> Float:
    """`filled` without the pattern of every other pixel that upsampling networks leave (Odena, Dumoulin and
    Olah, Distill 2016).

    At the default detail its energy was a thousand times that of photographs at the same frequencies: a
    mesh on every lawn. What alternates along rows, columns and both is averaged locally, and subtracted.

    Args:
        filled: (H, W, 3) in 0..1.
        mask: (H, W), True = filled; nothing else changes.
    """
    x = np.arange(-round(3 * CHECKERS_SIGMA), round(3 * CHECKERS_SIGMA) + 1)
    all_taps = np.exp(-(x**2) / (2 * CHECKERS_SIGMA**2))
    all_taps = (all_taps / all_taps.sum()).astype(np.float32)
    even_taps = (all_taps * (1 + (-1.0) ** x)).astype(np.float32)  # passes constants and what alternates

    hole = mask.astype(np.float32)
    fine = _fine(filled) * hole[..., None]
    checkers = cv2.sepFilter2D(fine, -1, even_taps, even_taps) - cv2.sepFilter2D(fine, -1, all_taps, all_taps)
    share = np.maximum(cv2.sepFilter2D(hole, -1, all_taps, all_taps), LEAST_SHARE)
    return filled - checkers * (hole / share)[..., None]


def _fine(luma: Float) -> Float:
    return luma - cv2.GaussianBlur(luma, (0, 0), FINE_SIGMA)


def _shrunk(values: Float, times: int = 4) -> Float:
    height, width = values.shape
    return cv2.resize(values, (-(-width // times), -(-height // times)), interpolation=cv2.INTER_AREA)


def _mean(values: Float, weight: Float, sigma: float) -> Float:
    """Weighted local mean of `values`, carried into where `weight` is 0; found at a quarter of the size, at
    which it is as smooth."""
    total, share = (cv2.GaussianBlur(_shrunk(p), (0, 0), sigma / 4) for p in (values * weight, weight))
    return cv2.resize(total / np.maximum(share, 1e-4), values.shape[::-1])


def _tone(luma: Float, weight: Float) -> Float:
    """Local mean of `luma` where `weight` is 1, at a quarter of the size."""
    total, share = (cv2.GaussianBlur(_shrunk(p), (0, 0), TONE_PX / 4) for p in (luma * weight, weight))
    return total / np.maximum(share, 1e-3)


def _spread(near: Float, far: Float, known: Float) -> tuple[Float, Float]:
    """Sums of what is near, and faintly of `far` over ever wider surroundings, and of the weights `known`."""
    total, share = (cv2.GaussianBlur(p, (0, 0), NEAR_PX / 4) for p in (near, known))
    for faint, times in FAINT:
        small = (cv2.GaussianBlur(_shrunk(p, times), (0, 0), NEAR_PX) for p in (far, known))
        more = [faint * cv2.resize(p, total.shape[::-1]) for p in small]
        total, share = total + more[0], share + more[1]
    return total, share


def _carried(values: Float, far: Float, weight: Float, luma: Float, hole: Float) -> Float:
    """Local mean of `values` where `weight` is 1, carried into the hole, also into the middle of wide ones by
    means of `far`: into what is light from what is light, into what is dark from what is dark.

    Bilateral grid (Chen, Paris and Durand, TOG 2007) of `TONES` levels, at a quarter of the size.
    """
    near, wide, known = (_shrunk(p) for p in (values * weight, far * weight, weight))
    there, here = ((TONES - 1) * _tone(luma, p).clip(0, 1) for p in (weight, hole))
    any_total, any_share = (ANY_TONE * p for p in _spread(near, wide, known))
    found = np.zeros_like(near)
    for tone in range(TONES):
        own = np.maximum(1 - np.abs(here - tone), 0)
        if own.any():
            like = np.maximum(1 - np.abs(there - tone), 0)
            total, share = _spread(near * like, wide * like, known * like)
            found += own * (total + any_total) / np.maximum(share + any_share, 1e-9)
    return cv2.resize(found, values.shape[::-1])


def _correlation(fine: Float, known: Float) -> float:
    """Correlation of the fine texture of neighbouring pixels, both `known` (1 or 0), -0.5..0.9: how coarse
    the grain is."""
    pair = known[:, 1:] * known[:, :-1]
    if pair.sum() < 64:
        return 0.0
    a = fine[:, 1:] * pair
    return float(np.clip(np.vdot(a, fine[:, :-1]) / max(float(np.vdot(a, a)), 1e-9 * pair.sum()), -0.5, 0.9))


def add_grain(filled: Float, mask: Bools, noise: Float, strength: float, far_gain: float = FAR_GAIN) -> Float:
    """Add the grain that a fill lacks.

    Args:
        filled: (H, W, 3) in 0..1: the photograph with its holes filled, with context around the holes.
        mask: (H, W), True = filled.
        noise: (H, W) standard normal.
        strength: 0..1, share of the missing deviation that is added.
        far_gain: how much edges of the surroundings count as texture in the middle of wide holes.

    Returns:
        (H, W, 3): as `filled` outside of the mask, grain added to all channels alike inside.
    """
    known = ~mask
    if strength <= 0 or not mask.any() or known.sum() < 256:
        return filled
    luma = cv2.transform(filled, np.full((1, 3), 1 / 3, np.float32))
    fine = _fine(luma)
    rim = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    clean = (~rim).astype(np.float32)
    hole, energy = mask.astype(np.float32), fine**2
    # Energy capped well above its local level, so that an edge beside the hole does not become grain.
    rough = _mean(np.abs(fine), clean, NEAR_PX)
    near = np.minimum(energy, (CAP * rough) ** 2)
    plain = clean * (np.abs(fine) <= PLAIN * rough)
    wanted = ENERGY_GAIN * _carried(near, far_gain * energy, clean, luma, hole)
    present = _mean(energy, hole, HOLE_PX)
    missing = np.sqrt(np.maximum(wanted - present, 0.0))
    # Negative correlation is what the high-pass itself causes; above that the grain is blurred to match.
    softness = np.interp(_correlation(fine, plain), [-0.2, 0.0, 0.2, 0.5], [0.0, 0.45, 0.6, 0.9])
    grain = cv2.GaussianBlur(noise, (0, 0), softness) if softness > 0.25 else noise
    grain = _fine(grain)
    grain /= max(float(grain.std()), 1e-6)
    shade = np.clip(4 * luma * (1 - luma), 0.15, 1)  # film and paper show no grain in pure black and white
    added = grain * missing * np.float32(strength) * np.minimum(1, shade * 1.5)
    return filled + cv2.merge([added * hole] * 3)
