"""What a fine-tuning is going to see, on the user's own photographs: damage or holes, and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from restorer.arrays import Bools, Bytes
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import format_for, save_photo
from restorer.jobs import JobContext
from restorer.new_files import check_free
from training.data.damage import add_damage
from training.data.folders import to_rgb8
from training.data.masks import MIX
from training.data.overlays import Overlays
from training.data.photos import SHORT_SIDE_PX, Rgb, age, list_photos, none_readable, random_crop, read_rgb
from training.tuning.data import RepairCrops, UserBank

PREVIEW_PX = 256


@dataclass(frozen=True)
class Sample:
    """One crop: as it is shown to the network (S, S, 3) RGB uint8, and what is damaged (S, S)."""

    picture: Bytes
    mask: Bools


def crops_of(paths: Sequence[Path], ctx: JobContext, size: int = PREVIEW_PX, seed: int = 0) -> list[Bytes]:
    """One crop (size, size, 3) of each photograph, always the same.

    Raises:
        InputError: a photograph cannot be read any more.
    """
    crops = []
    for n, path in enumerate(paths):
        ctx.progress(n / len(paths))
        rgb = to_rgb8(open_photo(path), max(size, 480))
        crops.append(random_crop(np.random.default_rng(seed + n), rgb, size, 1.0))
    return crops


def with_holes(
    crops: Sequence[Bytes], mix: Mapping[str, float], shapes: Path | None, seed: int
) -> list[Sample]:
    """Crops with the holes that a generator learns to fill, which are drawn white.

    Raises:
        InputError: `shapes` holds no masks.
    """
    source = RepairCrops(UserBank(Path(), []), [], 1, PREVIEW_PX, 0.0, mix or MIX, shapes)
    out = []
    for n, crop in enumerate(crops):
        rng = np.random.default_rng((seed, n))
        mask = source.hole(rng, crop.shape[0]) > 0
        picture = crop.copy()
        picture[mask] = 255
        out.append(Sample(picture, mask))
    return out


def with_damage(crops: Sequence[Bytes], faint: float, overlays: Path | None, seed: int) -> list[Sample]:
    """Crops with the synthetic damage that a detector learns to find.

    Raises:
        InputError: `overlays` holds no masks.
    """
    laid = Overlays(overlays) if overlays else None
    out = []
    for n, crop in enumerate(crops):
        picture, labels, _ = add_damage(np.random.default_rng((seed, n)), crop, laid, faint)
        out.append(Sample(picture, labels.max(0) > 0))
    return out


def write_sheet(
    data: Path, output: Path, overlays: Path | None, seed: int, count: int = 12, size: int = 256
) -> None:
    """Write a sheet of `count` damaged crops above their labels: thin red, regions blue, undecidable grey.

    Raises:
        InputError: no photograph in `data` can be read.
        OutputError: the file exists or cannot be written.
    """
    format_for(output)
    check_free(output)
    rng = np.random.default_rng(seed)
    files = list_photos(data)
    laid = Overlays(overlays) if overlays else None
    pairs: list[Rgb] = []
    while len(pairs) < count:
        number = rng.integers(len(files))
        photo = read_rgb(files[number], SHORT_SIDE_PX)
        if photo is None:
            del files[number]
            if not files:
                raise none_readable(data)
            continue
        crop = age(rng, random_crop(rng, photo, size, float(rng.uniform(0.5, 1.5))))
        damaged, labels, ignore = add_damage(rng, crop, laid)
        shown = np.zeros_like(damaged)
        shown[labels[0] > 0], shown[labels[1] > 0], shown[ignore > 0] = (
            (230, 40, 30),
            (0, 150, 240),
            (80, 80, 80),
        )
        pairs.append(np.vstack([damaged, shown]))
    rows = [np.hstack(pairs[i : i + 4]) for i in range(0, count, 4)]
    save_photo(Photo(np.vstack(rows)), output)
