"""The photographs and masks of a measurement: found by name, read, and checked before the long work."""

from __future__ import annotations

import glob
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from restorer.errors import InputError
from training.data.photos import MASK_MARK, SUFFIXES, list_photos, read_manifest, read_rgb
from training.measuring.classical import Mask, Rgb


@dataclass(frozen=True)
class Case:
    """One photograph: its name, its place among all of the folder, its file."""

    name: str
    number: int
    path: Path


def find_cases(photos: Path, limit: int = 0) -> tuple[list[Case], int]:
    """The photographs to measure, and how many the folder holds.

    Raises:
        InputError: there are none, or two have one name, by which masks are found and figures are told.
    """
    paths = list_photos(photos)
    twice = next((name for name, count in Counter(p.stem for p in paths).items() if count > 1), None)
    if twice is not None:
        raise InputError(
            f"Two photographs in '{photos}' are called '{twice}'.", "Give each a name of its own."
        )
    numbers = range(len(paths))
    if 0 < limit < len(paths):
        numbers = np.linspace(0, len(paths) - 1, limit).round().astype(int).tolist()
    return [Case(paths[i].stem, i, paths[i]) for i in numbers], len(paths)


def find_families(masks: Path) -> dict[str, Path]:
    """The families of masks in a folder, by name; a folder without sub-folders is one family, "all"."""
    if not masks.is_dir():
        raise InputError(f"There is no folder '{masks}'.", "Give a folder with masks.")
    inner = {p.name: p for p in sorted(masks.iterdir()) if p.is_dir() and not p.name.startswith(".")}
    return inner or {"all": masks}


def read_photo(case: Case) -> Rgb:
    """The pixels (H, W, 3) of a case."""
    pixels = read_rgb(case.path)
    if pixels is None:
        raise InputError(f"The photograph '{case.path}' cannot be read.", "Remove it or replace it.")
    if min(pixels.shape[:2]) < 16:
        raise InputError(
            f"The photograph '{case.path}' is too small to measure.", "Sides of 16 pixels are needed."
        )
    return pixels


def find_mask(folder: Path, name: str) -> Path | None:
    """The mask of the photograph `name`: called like it, or as the editor proposes; None = there is none."""
    called = (name, f"{name}{MASK_MARK}")
    found = (p for n in called for p in sorted(folder.glob(f"{glob.escape(n)}.*")) if p.stem == n)
    return next((p for p in found if p.suffix.lower() in SUFFIXES), None)


def needed_mask(folder: Path, case: Case) -> Path:
    """The mask of a case.

    Raises:
        InputError: there is none.
    """
    path = find_mask(folder, case.name)
    if path is None:
        raise InputError(f"'{folder}' has no mask for '{case.path.name}'.", f"It would be '{case.name}.png'.")
    return path


def read_mask(path: Path, shape: tuple[int, ...]) -> Mask:
    """The mask (H, W) in a file, which must fit a photograph of `shape`; above 127 is True."""
    grey = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE) if path.stat().st_size else None
    if grey is None:
        raise InputError(f"The mask '{path}' cannot be read.", "Save it again as PNG.")
    if grey.shape != shape[:2]:
        sizes = f"{grey.shape[1]} x {grey.shape[0]} pixels, its photograph {shape[1]} x {shape[0]}"
        raise InputError(f"The mask '{path}' has {sizes}.", "Both must have the same size.")
    return grey > 127


def read_index(path: Path) -> dict[str, dict[str, str]]:
    """The rows about clean and damaged photographs, by id.

    Raises:
        InputError: it cannot be read or lacks a column.
    """
    rows = read_manifest(path, ("id", "kind"))
    return {row["id"]: row for row in rows if row["kind"] in ("clean", "damaged")}
