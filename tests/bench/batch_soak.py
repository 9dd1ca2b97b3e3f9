"""A long batch of generated photographs, some of them broken, killed twice on the way: nothing may be lost.

    python -m tests.bench.batch_soak --count 2000 --workers 4

A stand-in takes the place of the networks: what is tried is the list, the files and the recovery.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from restorer.batch import processes as batch_processes
from restorer.batch.run import Batch, BatchSettings, ItemChange
from restorer.image.reading import SUFFIXES, Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext, Progress
from tests.conftest import smooth_photo
from tests.core.batch.support import fake_run, invert_block, leftovers

ROOT = Path(__file__).parents[2]
ENDINGS = (".jpg", ".png", ".tif", ".webp", ".bmp", ".TIF", ".jpeg", ".heic")
LOSSY = (".jpg", ".jpeg", ".heic")
HARMS = ("empty", "cut", "text", "other", "huge", "header")


def make_photographs(folder: Path, count: int, share: float, seed: int = 0) -> tuple[list[Path], list[Path]]:
    """Write `count` photographs of mixed formats, depths, names and folders; `share` of them broken.

    Returns:
        the good ones and the broken ones.
    """
    rng = np.random.default_rng(seed)
    broken_ones = set(rng.choice(count, max(len(HARMS), round(count * share)), replace=False).tolist())
    good: list[Path] = []
    broken: list[Path] = []
    for number in range(count):
        ending = ENDINGS[number % len(ENDINGS)]
        stem = f"Scan {number // 4:04d}" if number % 3 else f"Müller & Söhne {number // 2}"  # stems repeat
        path = folder / ("", "box 1", "box 1/album", "Büro")[number % 4] / f"{stem}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = smooth_photo(int(rng.integers(20, 90)), int(rng.integers(20, 90)), number)
        if number % 5 == 0:
            pixels = pixels[..., 0].copy()
        if number % 7 == 0 and ending in (".png", ".tif", ".TIF"):
            pixels = pixels.astype(np.uint16) * 257
        save_photo(Photo(pixels), path)
        if number in broken_ones:
            harm(path, HARMS[len(broken) % len(HARMS)])
            broken.append(path)
        else:
            good.append(path)
    return good, broken


def harm(path: Path, how: str) -> None:
    """Break a photograph."""
    whole = path.read_bytes()
    header = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54)
    huge = header + struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 1, 1, 0, 0)
    damaged = {
        "empty": b"",
        "cut": whole[: len(whole) // 2],
        "text": b"Dear Sir, please find the photograph enclosed.\n" * 20,
        "other": b"%PDF-1.4\n" + bytes(range(256)) * 4,
        "huge": huge,
        "header": whole[:20],
    }
    path.write_bytes(damaged[how])


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def child(source: Path, out: Path, workers: int, most: int | None) -> None:
    """Begin the batch or go on with it; one line for every item that is settled.

    After `most` lines it waits to be killed, so that it never ends before that on a fast machine.
    """
    batch_processes.LOOK_SECONDS = 0.01  # items are told one by one, not many at once
    told = itertools.count(1)

    def tell(p: Progress) -> None:
        if isinstance(p.detail, ItemChange) and p.detail.item.state not in ("running", "waiting"):
            print(p.detail.item.id, p.detail.item.state, flush=True)
            if next(told) == most:
                sys.stdin.read()

    resume = (out / ".restorer-batch" / "queue.sqlite").exists()
    with Batch(BatchSettings(out, workers=workers), fake_run, resume=resume) as batch:
        batch.add([source])
        batch.run(JobContext(tell))


def run_and_kill(source: Path, out: Path, workers: int, after: int | None) -> int:
    """Run `child`; once `after` items are settled it is killed without warning, at most four items later.

    Returns:
        its exit code.
    """
    command = [sys.executable, "-m", "tests.bench.batch_soak", "--child", str(source), str(out)]
    command += ["--workers", str(workers)] + (["--most", str(after + 4)] if after else [])
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        for number, _ in enumerate(process.stdout, 1):
            if after is not None and number == after:
                os.kill(process.pid, signal.SIGKILL)
        return process.wait()


def check(source: Path, out: Path, good: list[Path], broken: list[Path]) -> list[str]:
    """All that is not as it should be after the batch."""
    content = json.loads((out / "report.json").read_text())["photographs"]
    problems = [f"listed twice: {len(content)}"] if len(content) != len(good) + len(broken) else []
    entries = {e["source"]: e for e in content}
    for path in broken:
        entry = entries[str(path)]
        if entry["state"] != "failed" or entry["kind"] != "input" or not entry["reason"]:
            problems.append(f"{path}: {entry['state']} {entry['reason']}")
    targets = [entries[str(path)]["output"] for path in good]
    for path, target in zip(good, targets, strict=True):
        if entries[str(path)]["state"] != "done":
            problems.append(f"{path}: {entries[str(path)]['state']} {entries[str(path)]['reason']}")
            continue
        expected, found = invert_block(open_photo(path).pixels), open_photo(out / target).pixels
        lossy = path.suffix.lower() in LOSSY
        found = found[..., 0] if found.ndim > expected.ndim else found
        if not (
            np.abs(found.astype(int) - expected).mean() < 12 if lossy else np.array_equal(found, expected)
        ):
            problems.append(f"{target}: other pixels")
    own = ("thumbnails", "masks", ".restorer-batch")
    there = {
        p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES
    }
    there = {p for p in there if p.split("/")[0] not in own}
    problems += [f"not of any photograph: {p}" for p in there - set(map(str, targets))]
    return problems + [f"left behind: {p}" for p in leftovers(out)]


def soak(folder: Path, count: int, share: float, workers: int, seed: int = 0) -> list[str]:
    """The whole trial in `folder`: make, run, kill, go on, kill, go on, check. Returns the problems."""
    source, out = folder / "in", folder / "out"
    good, broken = make_photographs(source, count, share, seed)
    before = hashes(source)
    problems = []
    for after in (count // 3, count // 6):
        if run_and_kill(source, out, workers, after) != -signal.SIGKILL:
            problems.append("was not killed")
    if run_and_kill(source, out, workers, None) != 0:
        problems.append("did not end well")
    if hashes(source) != before:
        problems.append("sources changed")
    return problems + check(source, out, good, broken)


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--broken", type=float, default=0.05)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=2, type=Path)
    parser.add_argument("--most", type=int)
    options = parser.parse_args()
    if options.child:
        child(*options.child, options.workers, options.most)
        return
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        problems = soak(Path(folder), options.count, options.broken, options.workers, options.seed)
    seconds = time.perf_counter() - began
    print(f"{options.count} photographs, {options.workers} workers, killed twice: {seconds:.0f} s")
    print(
        "\n".join(problems) or "all good ones done exactly once, all broken ones listed, nothing left behind"
    )
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
