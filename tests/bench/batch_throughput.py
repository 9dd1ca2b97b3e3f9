"""A batch against the same photographs one by one: how much faster, and with how much memory.

python -m tests.bench.batch_throughput --count 24 --megapixels 12

One by one means a new process of `restorer repair` for each photograph; with --together one process that gets
all of them is measured as well, which saves the starts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from restorer.image.reading import Photo
from restorer.image.saving import save_photo
from restorer.processes import cores
from tests.bench.large_photographs import damaged_photograph

PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.0


class PeakMemory:
    """Largest resident memory of a process and all its descendants together, in MiB (Linux only)."""

    def __init__(self, pid: int) -> None:
        self.mib = 0.0
        self._pid, self._done = pid, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.2):
            self.mib = max(self.mib, sum(_resident(pid) for pid in _family(self._pid)))


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(p for child in children for p in _family(int(child)))]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MIB
    except (OSError, IndexError):
        return 0.0


def timed(*arguments: object) -> tuple[float, float]:
    """Seconds and peak memory in MiB of `restorer` with these arguments."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "restorer", *(str(a) for a in arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, PeakMemory(process.pid) as memory:
        code = process.wait()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return time.perf_counter() - began, memory.mib


def make(folder: Path, count: int, megapixels: float) -> list[Path]:
    """Damaged photographs, JPEG as cameras and most scanners write them."""
    folder.mkdir()
    paths = [folder / f"{number:02}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        pixels = damaged_photograph(megapixels, seed=number)
        save_photo(Photo(np.ascontiguousarray(pixels)), path)
    return paths


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, nargs="*", default=[0], help="0 = as the command chooses")
    parser.add_argument("--singles", type=int, default=0, help="measure only so many one by one, and scale")
    parser.add_argument("--together", action="store_true", help="measure one process for all as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = make(folder / "in", options.count, options.megapixels)
        (folder / "single").mkdir()
        some = paths[: options.singles or None]
        done = [timed("repair", p, "-o", folder / "single", "--device", options.device) for p in some]
        single = sum(seconds for seconds, _ in done) * len(paths) / len(some)
        most = max(mib for _, mib in done)
        print(f"{len(paths)} photographs of {options.megapixels:g} MP, {cores()} cores, {options.device}")
        print(f"one by one ({len(some)} measured): {single:.0f} s, peak {most:.0f} MiB", flush=True)
        if options.together:
            (folder / "together").mkdir()
            seconds, mib = timed("repair", *some, "-o", folder / "together", "--device", options.device)
            print(f"in one process: {seconds * len(paths) / len(some):.0f} s, peak {mib:.0f} MiB", flush=True)
        for workers in options.workers:
            out = folder / f"out{workers}"
            chosen = ("--workers", workers) if workers else ()
            seconds, mib = timed("batch", folder / "in", "--out", out, "--device", options.device, *chosen)
            counts = json.loads((out / "report.json").read_text())["counts"]
            print(
                f"batch, {workers or 'automatic'} workers: {seconds:.0f} s, peak {mib:.0f} MiB, "
                f"{single / seconds:.2f} times as fast, {counts['done']} done"
            )


if __name__ == "__main__":
    main()
