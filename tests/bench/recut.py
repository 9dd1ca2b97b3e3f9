"""Time of a re-cut of the overlay at 12 megapixels: python -m tests.bench.recut [MEGAPIXELS]."""

from __future__ import annotations

import statistics
import sys
import time

import cv2
import numpy as np

from restorer.editing.mask import DamageMap, MaskCutter, MaskSettings
from restorer.editing.surface import Surface
from ui.documents import work


def damage_map(height: int, width: int) -> DamageMap:
    """Scratches and dust as a detector sees them, on 1 % of the picture."""
    rng = np.random.default_rng(0)
    thin = np.zeros((height, width), np.uint8)
    for _ in range(round(height * width / 30_000)):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        to = (x + int(rng.integers(-200, 200)), y + int(rng.integers(-200, 200)))
        cv2.line(thin, (x, y), to, int(rng.integers(60, 255)), int(rng.integers(1, 4)))
    region = np.zeros_like(thin)
    for _ in range(20):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(region, centre, int(rng.integers(20, 80)), int(rng.integers(150, 255)), -1)
    return DamageMap(thin, region)


def main() -> None:
    """Print medians in milliseconds, from the moved slider to the new mask surface."""
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 12.0
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    height = round(width * 3 / 4)
    found = damage_map(height, width)
    cutter = MaskCutter(found, np.random.default_rng(1).integers(0, 256, (height, width), np.uint8))
    protect = Surface(height, width)
    protect.put((0, 0), np.full((512, 512), 255, np.uint8))  # a face, or a caption
    work.cut(cutter, MaskSettings(), protect)
    moves = {
        "sensitivity": [MaskSettings(sensitivity=0.4 + i / 100) for i in range(21)],
        "smallest": [MaskSettings(smallest_px=i) for i in range(1, 22)],
        "elongation": [MaskSettings(minimum_elongation=1 + i) for i in range(21)],
        "polarity": [MaskSettings(polarity=("light", "dark")[i % 2]) for i in range(21)],  # type: ignore[misc]
    }
    for name, settings in moves.items():
        times, busy, share = [], [], 0.0
        for setting in settings:
            began, used = time.perf_counter(), time.process_time()
            share = work.cut(cutter, setting, protect).share
            times.append((time.perf_counter() - began) * 1e3)
            busy.append((time.process_time() - used) * 1e3)  # on a busy machine the clock says little
        middle, own = statistics.median(times), statistics.median(busy)
        print(
            f"{width}x{height} {name:12} median {middle:6.1f} ms, worst {max(times):6.1f} ms, "
            f"processor {own:6.1f} ms (goal 100), {share:.2%}"
        )


if __name__ == "__main__":
    main()
