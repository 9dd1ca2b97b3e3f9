"""Time and memory of the main command on large photographs, printed; run by hand: python -m
tests.bench.large_photographs.

Makes photographs of 12 and of 100 megapixels with 2 % of damage, repairs them with `restorer repair` in a
process of its own, and prints
seconds, peak resident memory and the count of changed pixels outside of the mask. Also prints how long
`restorer --help` takes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from restorer.image.reading import Photo
from restorer.image.saving import save_photo

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "loco.jpg"


def damaged_photograph(megapixels: float, share: float = 0.02, seed: int = 1) -> np.ndarray:
    """A photograph (H, W, 3) enlarged from a sample, with scratches and specks over `share` of it."""
    rng = np.random.default_rng(seed)
    base = cv2.imread(str(SAMPLE))
    assert base is not None
    scale = (megapixels * 1e6 / (base.shape[0] * base.shape[1])) ** 0.5
    photo = cv2.resize(base, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    height, width = photo.shape[:2]
    photo += rng.integers(0, 6, (height, width, 1), dtype=np.uint8)
    drawn = np.zeros((height, width), np.uint8)
    while drawn.mean() < share:
        for _ in range(20):
            a = rng.uniform((0, 0), (width, height))
            b = a + rng.normal(0, 300, 2)
            ends = [tuple(int(v) for v in p) for p in (a, b)]
            cv2.line(drawn, ends[0], ends[1], 1, int(rng.integers(3, 9)), cv2.LINE_8)
            spot = tuple(int(v) for v in rng.uniform((0, 0), (width, height)))
            cv2.circle(drawn, spot, int(rng.integers(3, 14)), 1, -1)
    photo[drawn > 0] = (236, 240, 242)
    return photo[..., ::-1]


def measure(megapixels: float, device: str, folder: Path) -> None:
    """Repair one photograph of that size and print what it took."""
    source, report = folder / f"{megapixels:g}.tif", folder / f"{megapixels:g}.json"
    save_photo(Photo(np.ascontiguousarray(damaged_photograph(megapixels)), compression="none"), source)
    command = [sys.executable, "-m", "restorer", "repair", source, "-o", folder / f"{megapixels:g}-out.tif"]
    began = time.perf_counter()
    subprocess.run([*command, "--report", report, "--device", device], check=True)
    seconds = time.perf_counter() - began
    content = json.loads(report.read_text())
    entry = content["photographs"][0]
    print(
        f"{megapixels:g} MP on {entry['device']}: {seconds:.1f} s in all, {entry['seconds']}, "
        f"peak {content['peak_memory_mib']:.0f} MiB, {entry['share_repaired']:.1%} repaired, "
        f"{entry['changed_outside']} pixels changed outside the mask"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="*", default=[12, 100])
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "restorer", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    print(f"restorer --help: median {sorted(times)[2]:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in options.megapixels:
            measure(megapixels, options.device, Path(folder))
    print(f"(largest child: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB)")


if __name__ == "__main__":
    main()
