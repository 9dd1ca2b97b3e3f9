"""Masks that a person corrected in the editor, kept with their photographs as labels for the detector.

They lie in the user's own library folder, only with consent, and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np

from restorer.arrays import Bools, Pixels
from restorer.jobs import JobContext
from restorer.library import store as library
from restorer.library.store import writing

SIDE_PX = 1080  # short side; the training reduces to it as well


def folder() -> Path:
    """Where they lie."""
    return library.user_folder() / ".corrections"


def photos_folder() -> Path:
    """The photographs."""
    return folder() / "photos"


def masks_folder() -> Path:
    """Their masks, of the same names."""
    return folder() / "masks"


def count() -> int:
    """How many photographs are kept with a mask."""
    names = {p.name for p in photos_folder().glob("*.png")}
    return len(names & {p.name for p in masks_folder().glob("*.png")})


def keep(photo: Pixels, mask: Bools, ctx: JobContext | None = None) -> Path:
    """Keep a damaged photograph with its corrected mask; a newer mask of the same one takes its place.

    Args:
        photo: (H, W) or (H, W, 3) RGB, uint8 or uint16, as it was scanned.
        mask: (H, W), True = damage.
        ctx: cancellation.

    Returns:
        the file of the mask.

    Raises:
        OutputError: it cannot be written; nothing half-written stays.
    """
    ctx = ctx or JobContext()
    name = hashlib.sha256(np.ascontiguousarray(photo).tobytes()).hexdigest()[:20] + ".png"
    scale = min(1.0, SIDE_PX / min(mask.shape))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    eight = photo if photo.dtype == np.uint8 else np.rint(photo / np.float32(257)).astype(np.uint8)
    small = cv2.resize(eight if eight.ndim == 2 else eight[..., 2::-1], size, interpolation=cv2.INTER_AREA)
    marks = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    ctx.check()
    _write(photos_folder() / name, small)
    _write(masks_folder() / name, ((marks > 64) * 255).astype(np.uint8))
    return masks_folder() / name


def _write(path: Path, pixels: Pixels) -> None:
    with writing("The correction cannot be kept"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        try:
            temporary.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def forget() -> None:
    """Delete all that was kept."""
    shutil.rmtree(folder(), ignore_errors=True)
