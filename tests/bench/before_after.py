"""Make the picture of the README: python -m tests.bench.before_after OUT.jpg. Crops of the samples at 100 %,
before and after."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from restorer.engine import detect, repair
from restorer.image_io import open_photo

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
CROPS = {"twain": [(20, 860), (330, 60)], "loco": [(40, 300), (130, 640)]}
SIDE = 300


def main() -> None:
    """Write the sheet."""
    columns = []
    for name, places in CROPS.items():
        photo = open_photo(SAMPLES / f"{name}.jpg")
        result = repair(photo, detect(photo).mask)
        for y, x in places:
            box = (slice(y, y + SIDE), slice(x, x + SIDE))
            columns.append(
                np.vstack([photo.pixels[box], np.full((6, SIDE, 3), 255), result.photo.pixels[box]])
            )
    sheet = np.hstack([np.pad(c, ((0, 0), (0, 6), (0, 0)), constant_values=255) for c in columns]).astype(
        np.uint8
    )
    cv2.imwrite(sys.argv[1], np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
