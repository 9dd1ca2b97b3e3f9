"""Methods to measure, by name: classical ones, models of the library, and published figures of others.

A repairer takes pixels (H, W, 3) RGB uint8 and a mask (H, W) bool, True = hole, and returns the filled
picture (H, W, 3)
uint8. A detector takes pixels and returns what it found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.errors import InputError
from training.fitting.recipes import RELAXATIONS

Rgb = NDArray[np.uint8]
Mask = NDArray[np.bool_]

INPAINT_RADIUS_PX = 3
TOPHAT_SIDE_PX = 7
TOPHAT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Found:
    """What a detector says: probability (H, W) float32 in 0..1 and the mask (H, W) bool it cuts from it."""

    probability: NDArray[np.float32]
    mask: Mask


Repairer = Callable[[Rgb, Mask], Rgb]
Detector = Callable[[Rgb], Found]


def telea(pixels: Rgb, mask: Mask) -> Rgb:
    """Fast marching: Telea, Journal of Graphics Tools 9(1), 2004; radius 3."""
    return _opencv(pixels, mask, cv2.INPAINT_TELEA)


def navier_stokes(pixels: Rgb, mask: Mask) -> Rgb:
    """Navier-Stokes: Bertalmio, Bertozzi, Sapiro, CVPR 2001; radius 3."""
    return _opencv(pixels, mask, cv2.INPAINT_NS)


def _opencv(pixels: Rgb, mask: Mask, method: int) -> Rgb:
    filled = cv2.inpaint(pixels, mask.astype(np.uint8) * 255, INPAINT_RADIUS_PX, method)
    return np.asarray(filled, np.uint8)


def biharmonic(pixels: Rgb, mask: Mask) -> Rgb:
    """Biharmonic surface: Damelin, Hoang, Computational and Mathematical Methods in Medicine, 2018, by
    scikit-image.

    Raises:
        InputError: scikit-image is not installed.
    """
    try:
        from skimage.restoration import inpaint_biharmonic
    except ImportError as error:
        raise InputError(
            "The method 'biharmonic' needs scikit-image, which is not installed.",
            "Install it with: python -m pip install scikit-image",
        ) from error
    filled = inpaint_biharmonic(pixels.astype(np.float64) / 255, mask, channel_axis=-1)
    return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)


def push_pull_fill(pixels: Rgb, mask: Mask, relaxations: Sequence[int] = ()) -> Rgb:
    """The smooth pyramid fill that the generators start from; see `restorer.models.pushpull`."""
    import torch

    from restorer.models.pushpull import push_pull

    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float()[None] / 255
    holes = torch.from_numpy(mask).float()[None, None]
    filled = push_pull(image, holes, relaxations)[0].numpy().transpose(1, 2, 0)
    out = np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)
    out[~mask] = pixels[~mask]
    return out


def relaxed_fill(pixels: Rgb, mask: Mask) -> Rgb:
    """The same relaxed towards the surface that bends least: what the shipped generator starts from."""
    return push_pull_fill(pixels, mask, RELAXATIONS)


def tophat(pixels: Rgb) -> Found:
    """White top-hat: what is thinner than 7 pixels and lighter than its surroundings.

    Dougherty, Lotufo, Hands-on Morphological Image Processing, 2003. The response counts from 20 grey levels
    plus three
    times its mean over 41 x 41 pixels, so that textured places need more than smooth ones; these constants,
    and light
    damage alone, served it best among those tried on real photographs.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (TOPHAT_SIDE_PX, TOPHAT_SIDE_PX))
    response = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, disc)
    level = 20 + 3 * cv2.blur(response, (41, 41))
    probability = np.asarray(response / (response + level), np.float32)
    return Found(probability, probability >= TOPHAT_THRESHOLD)


REPAIRERS: dict[str, Repairer] = {
    "telea": telea,
    "ns": navier_stokes,
    "biharmonic": biharmonic,
    "pushpull": push_pull_fill,
    "relaxed": relaxed_fill,
}
DETECTORS: dict[str, Detector] = {"tophat": tophat}


# ---------------------------------------------------------------------------------------------------


def make_repairers(
    names: Sequence[str], detail: float | None, device: str, ensemble: bool = True
) -> dict[str, Repairer]:
    """Methods of repair by name; what is not classical is a model of the library, or the folder of a training
    (with a slash), its detail after an "@"."""
    made: dict[str, Repairer] = {}
    for name in names:
        folder, slash, last = name.rpartition("/")
        model_id, _, own = last.partition("@")
        model_id = folder + slash + model_id
        try:
            value = float(own) if own else detail
        except ValueError:
            raise InputError(
                f"'{own}' in '{name}' is not a detail.", "Write for example repair@0.3."
            ) from None
        made[name] = REPAIRERS.get(name) or network_repairer(model_id, value, device, ensemble)
    return _some(made)


def make_detectors(names: Sequence[str], sensitivity: float | None, device: str) -> dict[str, Detector]:
    """Methods of detection by name; what is not classical is a model of the library."""
    return _some({n: DETECTORS.get(n) or network_detector(n, sensitivity, device) for n in names})


def _some(methods: dict[str, Any]) -> dict[str, Any]:
    if not methods:
        raise InputError("No model was named.", "Give at least one, for example --models repair,telea.")
    return methods


def network_repairer(model_id: str, detail: float | None, device: str, ensemble: bool = True) -> Repairer:
    """A generator of the library, or of the folder of a training, as a method; the only place where
    evaluation meets the product's."""
    from restorer.library.weights import load_network
    from restorer.processing.repairer import RepairSettings, repair_pixels
    from training.fitting.publish import run_entry

    settings = RepairSettings(device=device, grow_px=0, ensemble=ensemble)
    if detail is not None:
        settings = replace(settings, detail=detail)
    if "/" not in model_id:
        own, net = replace(settings, model=model_id), None
    else:
        own, net = settings, load_network(run_entry(Path(model_id)), settings.detail)
    return lambda pixels, mask: repair_pixels(pixels, mask, own, net=net)[0]


def network_detector(model_id: str, sensitivity: float | None, device: str) -> Detector:
    """A detector of the library as a method; the only place where evaluation meets the product's."""
    from restorer.editing.mask import MaskSettings, cut_mask
    from restorer.processing.detector import detect_damage

    settings = MaskSettings() if sensitivity is None else MaskSettings(sensitivity=sensitivity)

    def detect(pixels: Rgb) -> Found:
        damage = detect_damage(pixels, model=model_id, device=device)
        return Found(damage.union.astype(np.float32) / np.float32(255), cut_mask(damage, pixels, settings))

    return detect


def peer_figures(path: Path, numbers: Sequence[int], total: int) -> dict[str, dict[str, dict[str, float]]]:
    """Published means over the chosen photographs, by family and method."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    try:
        for family, methods in json.loads(path.read_text(encoding="utf-8"))["per_photo"].items():
            for method, values in methods.items():
                table = np.array(values, np.float64)
                if len(table) != total:
                    text = f"'{path}' tells of {len(table)} photographs, but there are {total}."
                    raise InputError(text, "Give the photographs that it was made with.")
                means = table[list(numbers)].mean(0)
                names = ("psnr_hole", "ssim", "texture")
                out.setdefault(family, {})[method] = dict(zip(names, map(float, means), strict=True))
    except (OSError, LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The file '{path}' does not hold figures of other methods.", "Leave out --peers."
        ) from error
    return out


def against_peers(
    families: dict[str, Any], peers: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> dict[str, Any]:
    """By family and model: the difference to the best published figure, and which method holds it."""
    out: dict[str, Any] = {}
    for family, models in families.items():
        if family not in peers:
            continue
        out[family] = {}
        for model, figures in models.items():
            entry: dict[str, Any] = {}
            for key in ("psnr_hole", "ssim", "texture"):
                best = max(peers[family], key=lambda m, k=key: peers[family][m][k])
                own = figures["mean"][key]
                gain = None if own is None else round(own - peers[family][best][key], 4)
                entry[key] = {
                    "best": best,
                    "best_value": round(peers[family][best][key], 4),
                    "difference": gain,
                }
            out[family][model] = entry
    return out
