"""Make the picture of the README: python -m tests.bench.before_after OUT.jpg. A sample before and after at
100 %."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from restorer.image.reading import open_photo
from restorer.processing.engine import detect, repair

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "vienna.jpg"
GAP_PX, QUALITY = 6, 85


def main() -> None:
    """Write the picture: nothing is corrected by hand."""
    photo = open_photo(SAMPLE)
    result = repair(photo, detect(photo).mask)
    gap = np.full((photo.pixels.shape[0], GAP_PX, 3), 255, np.uint8)
    pair = np.hstack([photo.pixels, gap, result.photo.pixels])
    cv2.imwrite(sys.argv[1], np.ascontiguousarray(pair[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
