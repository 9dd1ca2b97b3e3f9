"""Measures of a repair and of a detection; numpy and OpenCV only, no weights and no torch.

Images are (H, W) or (H, W, 3) RGB in 0..1, float32 or float64; masks are (H, W) bool. Every function that
compares two images raises ValueError when their shapes differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating]
Plane = NDArray[np.float64]
Mask = NDArray[np.bool_]

BT601 = np.array([0.299, 0.587, 0.114])
MS_SSIM_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
CONTEXT_PX = 32  # around the holes, for the measures that saturate on whole photographs
EXACT_DB = 100.0  # what an exact result counts in means of PSNR
SEAM_FLOOR = 0.1 / 255  # keeps the ratio finite where the truth is perfectly flat along the border


def _pair(a: Image, b: Image) -> tuple[Plane, Plane]:
    """Both images as (H, W, C) float64."""
    if a.shape != b.shape or a.ndim not in (2, 3):
        raise ValueError(f"images of shapes {a.shape} and {b.shape} cannot be compared")
    height, width = a.shape[:2]
    return tuple(np.asarray(x, np.float64).reshape(height, width, -1) for x in (a, b))  # type: ignore[return-value]


def _grey(image: Plane) -> Plane:
    """(H, W, 1 or 3) as luma (H, W), ITU-R BT.601."""
    return np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image[..., :3] @ BT601)


def _convolve(plane: Plane, kernel: Plane) -> Plane:
    """Convolution of the same size with zeros around, as the reference code of GMSD and HaarPSI does it."""
    anchor = ((kernel.shape[1] - 1) // 2, (kernel.shape[0] - 1) // 2)  # even kernels reach right and down
    out = cv2.filter2D(plane, cv2.CV_64F, cv2.flip(kernel, -1), anchor=anchor, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(out, np.float64)


def _similarity(a: Plane, b: Plane, constant: float) -> Plane:
    return (2 * a * b + constant) / (a * a + b * b + constant)


# --- Repairs ------------------------------------------------------------------------------------------


def psnr_hole(result: Image, truth: Image, mask: Mask) -> float:
    """Peak signal to noise ratio in the hole: 10 log10(1 / MSE), MSE over its pixels and all channels.

    Returns:
        dB, infinite for an exact result, nan for an empty mask.
    """
    a, b = _pair(result, truth)
    if not mask.any():
        return float("nan")
    error = float(np.mean((a[mask] - b[mask]) ** 2))
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def ssim(a: Image, b: Image) -> float:
    """Structural similarity of whole images: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004.

    With the flat 7 x 7 window, the sample covariance (49/48), K1 = 0.01 and K2 = 0.03; averaged over the
    positions at which the window lies inside, then over the channels. That is scikit-image's default, and
    what the figures of the classical methods were computed with.

    Returns:
        -1..1, 1 = equal.

    Raises:
        ValueError: shapes differ, or a side is under 7 pixels.
    """
    x, y = _pair(a, b)
    if min(x.shape[:2]) < 7:
        raise ValueError("SSIM needs images of at least 7 x 7 pixels")

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (7, 7)), np.float64)[3:-3, 3:-3]

    scores = [np.mean(np.prod(_ssim_maps(p, q, mean, 49 / 48), 0)) for p, q in _channels(x, y)]
    return float(np.mean(scores))


def _channels(x: Plane, y: Plane) -> list[tuple[Plane, Plane]]:
    return [(np.ascontiguousarray(x[..., c]), np.ascontiguousarray(y[..., c])) for c in range(x.shape[2])]


def _ssim_maps(
    x: Plane, y: Plane, mean: Callable[[Plane], Plane], unbias: float = 1.0
) -> tuple[Plane, Plane]:
    """Maps of luminance similarity and of contrast-structure similarity, for the window average `mean`."""
    mx, my = mean(x), mean(y)
    vx, vy = unbias * (mean(x * x) - mx * mx), unbias * (mean(y * y) - my * my)
    vxy = unbias * (mean(x * y) - mx * my)
    return _similarity(mx, my, 0.01**2), (2 * vxy + 0.03**2) / (vx + vy + 0.03**2)


def _gaussian_mean(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float64)[5:-5, 5:-5]


def _halve(plane: Plane) -> Plane:
    even = plane[: plane.shape[0] // 2 * 2, : plane.shape[1] // 2 * 2]
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def ms_ssim(a: Image, b: Image) -> float:
    """Multi-scale structural similarity: Wang, Simoncelli, Bovik, Asilomar 2003.

    Gaussian window 11 x 11 of sigma 1.5, five scales by 2 x 2 averages with the published exponents; on
    images whose short side is under 176 pixels as many scales as fit, their exponents scaled to the same
    sum. Averaged over the channels.

    Returns:
        0..1, 1 = equal.

    Raises:
        ValueError: shapes differ, or a side is under 11 pixels.
    """
    x, y = _pair(a, b)
    short = min(x.shape[:2])
    if short < 11:
        raise ValueError("MS-SSIM needs images of at least 11 x 11 pixels")
    scales = min(5, int(np.log2(short / 11)) + 1)
    weights = MS_SSIM_WEIGHTS[:scales] * (MS_SSIM_WEIGHTS.sum() / MS_SSIM_WEIGHTS[:scales].sum())
    scores = []
    for p, q in _channels(x, y):
        score = 1.0
        for scale, weight in enumerate(weights):
            luminance, structure = _ssim_maps(p, q, _gaussian_mean)
            last = scale == scales - 1
            value = float(np.mean(luminance * structure if last else structure))
            score *= max(0.0, value) ** float(weight)
            p, q = _halve(p), _halve(q)
        scores.append(score)
    return float(np.mean(scores))


def gmsd(a: Image, b: Image) -> float:
    """Gradient magnitude similarity deviation: Xue, Zhang, Mou, Bovik, IEEE TIP 23(2), 2014.

    On luma, averaged 2 x 2 and taken at every second pixel; Prewitt gradients, T = 170 on the scale 0..255.

    Returns:
        0 = equal, larger is worse, about 0.35 at most.
    """
    x, y = _pair(a, b)
    average, prewitt = np.full((2, 2), 0.25), np.array([[1, 0, -1]] * 3) / 3

    def magnitude(image: Plane) -> Plane:
        small = np.ascontiguousarray(_convolve(_grey(image), average)[::2, ::2])
        return np.hypot(_convolve(small, prewitt), _convolve(small, np.ascontiguousarray(prewitt.T)))

    return float(np.std(_similarity(magnitude(x), magnitude(y), 170 / 255**2)))


def haarpsi(a: Image, b: Image) -> float:
    """Haar perceptual similarity: Reisenhofer, Bosse, Kutyniok, Wiegand, Signal Process. Image Commun., 2018.

    With the published constants C = 30 and alpha = 4.2 on the scale 0..255, the 2 x 2 subsampling, and for
    colour the chroma term on I and Q.

    Returns:
        0..1, 1 = equal.
    """
    x, y = (image * 255 for image in _pair(a, b))
    constant, alpha = 30.0, 4.2
    first, second = _haar(_subsampled(_grey(x))), _haar(_subsampled(_grey(y)))
    weights = [np.maximum(first[o][2], second[o][2]) for o in (0, 1)]
    local = [sum(_similarity(first[o][s], second[o][s], constant) for s in (0, 1)) / 2 for o in (0, 1)]
    if x.shape[2] == 3:
        chroma = [_similarity(_chroma(x, k), _chroma(y, k), constant) for k in (0, 1)]
        local.append((chroma[0] + chroma[1]) / 2)
        weights.append((weights[0] + weights[1]) / 2)
    total = float(np.sum(weights))
    if total == 0:  # two flat images: there is no structure that could differ
        return 1.0
    sums = [float(np.sum(w / (1 + np.exp(-alpha * s)))) for w, s in zip(weights, local, strict=True)]
    pooled = sum(sums) / total
    return float((np.log(pooled / (1 - pooled)) / alpha) ** 2)


def _subsampled(plane: Plane) -> Plane:
    return np.ascontiguousarray(_convolve(plane, np.full((2, 2), 0.25))[::2, ::2])


def _haar(plane: Plane) -> list[list[Plane]]:
    """Absolute Haar coefficients of three scales, for horizontal and for vertical edges."""
    out: list[list[Plane]] = [[], []]
    for scale in (1, 2, 3):
        side = 2**scale
        kernel = np.full((side, side), 2.0**-scale)
        kernel[: side // 2] *= -1
        out[0].append(np.abs(_convolve(plane, kernel)))
        out[1].append(np.abs(_convolve(plane, np.ascontiguousarray(kernel.T))))
    return out


def _chroma(image: Plane, which: int) -> Plane:
    """Smoothed |I| (which = 0) or |Q| (which = 1) of YIQ."""
    row = ((0.596, -0.274, -0.322), (0.211, -0.523, 0.312))[which]
    return np.abs(_convolve(_subsampled(np.ascontiguousarray(image @ np.array(row))), np.full((2, 2), 0.25)))


def texture_ratio(result: Image, truth: Image, mask: Mask) -> float:
    """Energy of the finest texture in the hole, result over truth; 1 is ideal, far below 1 is blur.

    Energy = sum of squares of the 4-neighbour Laplacian of the 8-bit luma (BT.601, rounded), over the hole
    without its outermost pixel (eroded 3 x 3, beyond the photograph counts as hole), so that the step at the
    border of the hole is left out. Holes that vanish in the erosion are measured whole.

    Returns:
        0 or more; nan for an empty mask, or where the truth is flat and the result is not.
    """
    a, b = _pair(result, truth)
    inner = ~cv2.dilate((~mask).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    where = inner if inner.any() else mask
    if not where.any():
        return float("nan")
    found, wanted = (float(np.sum(_laplacian8(x)[where] ** 2)) for x in (a, b))
    if wanted == 0:
        return 1.0 if found == 0 else float("nan")
    return found / wanted


def _laplacian8(image: Plane) -> Plane:
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    grey = levels[..., 0] if levels.shape[2] == 1 else cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.Laplacian(grey.astype(np.float64), cv2.CV_64F, ksize=1), np.float64)


def seam_ratio(result: Image, truth: Image, mask: Mask) -> float:
    """Strength of the step across the border of the hole, result over truth; 1 is ideal, above 1 is a seam.

    Mean absolute difference, over channels, of all 4-neighbour pairs of which one pixel lies in the hole and
    one outside.

    Returns:
        Above 0; nan where the mask has no border.
    """
    a, b = _pair(result, truth)
    steps = [_border_step(image, mask) for image in (a, b)]
    return (steps[0] + SEAM_FLOOR) / (steps[1] + SEAM_FLOOR)


def _border_step(image: Plane, mask: Mask) -> float:
    parts = []
    for axis in (0, 1):
        crossing = np.diff(mask.astype(np.int8), axis=axis) != 0
        parts.append(np.abs(np.diff(image, axis=axis))[crossing])
    steps = np.concatenate(parts)
    return float(steps.mean()) if steps.size else float("nan")


def measure_repair(result: NDArray[np.uint8], truth: NDArray[np.uint8], mask: Mask) -> dict[str, float]:
    """All measures of one repaired photograph, by name; PSNR counts as 100 dB at most.

    GMSD and HaarPSI are taken on the bounding box of the holes and 32 pixels around it.

    Args:
        result: (H, W, 3) uint8.
        truth: (H, W, 3) uint8, sides of at least 11 pixels.
        mask: (H, W) bool, not empty.
    """
    a, b = result.astype(np.float64) / 255, truth.astype(np.float64) / 255
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    crop = tuple(slice(max(0, int(s[0]) - CONTEXT_PX), int(s[-1]) + 1 + CONTEXT_PX) for s in (rows, columns))
    return {
        "psnr_hole": min(psnr_hole(a, b, mask), EXACT_DB),
        "ssim": ssim(a, b),
        "ms_ssim": ms_ssim(a, b),
        "gmsd": gmsd(a[crop], b[crop]),
        "haarpsi": haarpsi(a[crop], b[crop]),
        "texture": texture_ratio(a, b, mask),
        "seam": seam_ratio(a, b, mask),
        "changed_outside": float(np.count_nonzero((result != truth).any(2) & ~mask)),
    }


# --- Detections ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DetectionScore:
    """Precision, recall and their harmonic mean, 0..1 each."""

    precision: float
    recall: float
    f1: float


def _disc(radius_px: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    return (x * x + y * y <= radius_px * radius_px).astype(np.uint8)


def _counted(ignore: Mask | None, like: NDArray[np.generic]) -> Mask:
    return np.ones(like.shape, bool) if ignore is None else ~ignore


def _near(mask: Mask, tolerance_px: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), _disc(tolerance_px)).astype(bool)


def tolerant_precision_recall_f1(
    found: Mask, truth: Mask, ignore: Mask | None = None, tolerance_px: int = 2
) -> DetectionScore:
    """Score a mask, forgiving small shifts, as Martin, Fowlkes, Malik do for boundaries (TPAMI 26(5), 2004).

    A found pixel is right if a true one lies within `tolerance_px` (Euclidean); a true pixel is recalled if
    a found one lies within. Pixels in `ignore` are neither false alarms nor misses, yet may vouch for a
    neighbour that counts.

    Args:
        found: (H, W) bool.
        truth: (H, W) bool.
        ignore: (H, W) bool or None.
        tolerance_px: radius in pixels; 0 is the exact score.

    Returns:
        All 1 where there is nothing to find and nothing was found; precision is 0 where nothing was found
        but should be.
    """
    counted = _counted(ignore, found)
    claimed, wanted = found & counted, truth & counted
    if not wanted.any():
        none = float(not claimed.any())
        return DetectionScore(none, 1.0, none)
    recall = float(_near(found, tolerance_px)[wanted].mean())
    precision = float(_near(truth, tolerance_px)[claimed].mean()) if claimed.any() else 0.0
    total = precision + recall
    return DetectionScore(precision, recall, 2 * precision * recall / total if total else 0.0)


def average_precision(
    probability: NDArray[np.floating], truth: Mask, ignore: Mask | None = None, tolerance_px: int = 2
) -> float:
    """Area under the curve of tolerant precision over recall, over all thresholds, without interpolation.

    Precision and recall as in `tolerant_precision_recall_f1`; the sum of (R_k - R_k-1) P_k of Everingham et
    al., IJCV 2010.

    Args:
        probability: (H, W), any monotone score.
        truth: (H, W) bool.
        ignore: (H, W) bool or None.
        tolerance_px: radius in pixels.

    Returns:
        0..1; nan where there is nothing to find.
    """
    counted = _counted(ignore, truth)
    wanted = truth & counted
    if not wanted.any():
        return float("nan")
    scores = np.asarray(probability, np.float32)
    reach = np.sort(np.asarray(cv2.dilate(scores, _disc(tolerance_px)), np.float32)[wanted])
    claimed = np.sort(scores[counted])
    right = np.sort(scores[counted & _near(truth, tolerance_px)])
    levels = np.unique(np.concatenate([claimed, reach]))[::-1]

    def at_least(values: NDArray[np.float32]) -> NDArray[np.int64]:
        return len(values) - np.searchsorted(values, levels, "left")

    claims = at_least(claimed)
    precision = np.where(claims > 0, at_least(right) / np.maximum(claims, 1), 1.0)
    recall = at_least(reach) / len(reach)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def share_flagged(found: Mask, ignore: Mask | None = None) -> float:
    """Share of the pixels outside of `ignore` that are in `found`, 0..1; on a clean one, false alarms."""
    counted = _counted(ignore, found)
    return float(found[counted].mean()) if counted.any() else 0.0


def measure_detection(
    found: Mask,
    probability: NDArray[np.floating],
    truth: Mask,
    ignore: Mask | None = None,
    tolerance_px: int = 2,
) -> dict[str, float]:
    """All measures of one detection, by name.

    Args:
        found: (H, W) bool, what the detector marked.
        probability: (H, W), what it cut that from.
        truth: (H, W) bool.
        ignore: (H, W) bool or None.
        tolerance_px: radius in pixels.
    """
    score = tolerant_precision_recall_f1(found, truth, ignore, tolerance_px)
    return {
        "f1": score.f1,
        "precision": score.precision,
        "recall": score.recall,
        "ap": average_precision(probability, truth, ignore, tolerance_px),
        "share_flagged": share_flagged(found, ignore),
        "share_true": float(truth.mean()),
    }
