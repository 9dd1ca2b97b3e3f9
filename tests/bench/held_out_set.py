"""A measuring set out of any photographs: pieces of their middles under the masks of another measuring set.

python -m tests.bench.held_out_set FOLDER/heldout EVAL/masks OUT
restorer-train evaluate --photos OUT/photos --masks OUT/masks --models repair@0,tuned@0 --one-view
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from training.data.photos import list_photos


def piece(photo: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle (height, width, 3) of a photograph, enlarged first if it is smaller."""
    scale = max(height / photo.shape[0], width / photo.shape[1])
    if scale > 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    y, x = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    return photo[y : y + height, x : x + width]


def make(photos: Path, masks: Path, out: Path) -> int:
    """Write OUT/photos and OUT/masks/FAMILY; every photograph gets the next mask of its orientation.

    Returns:
        how many photographs there are.
    """
    families = {
        folder.name: [m for p in sorted(folder.glob("*.png")) if (m := cv2.imread(str(p), 0)) is not None]
        for folder in sorted(masks.iterdir())
        if folder.is_dir()
    }
    sizes = sorted({m.shape for each in families.values() for m in each})
    count = 0
    for path in list_photos(photos):
        photo = cv2.imread(str(path))
        if photo is None:
            continue
        wide = photo.shape[1] >= photo.shape[0]
        fitting = [s for s in sizes if (s[1] >= s[0]) == wide] or sizes
        height, width = fitting[0]
        (out / "photos").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(out / "photos" / f"{count:03d}.png"), piece(photo, height, width))
        for family, each in families.items():
            same = [m for m in each if m.shape == (height, width)]
            (out / "masks" / family).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(out / "masks" / family / f"{count:03d}.png"), same[count % len(same)])
        count += 1
    return count


def main() -> None:
    """Make the set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    print(f"{make(options.photos, options.masks, options.out)} photographs in {options.out}")


if __name__ == "__main__":
    main()
