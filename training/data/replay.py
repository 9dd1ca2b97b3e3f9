"""The replay set: a few openly licensed crops that fine-tuning goes on seeing, so that nothing is forgotten.

Rehearsal after Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal" (1995). A quarter of the
crops is never trained on: on these the verdict measures what was forgotten.
"""

from __future__ import annotations

import csv
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np

from restorer.errors import InputError, WeightsError
from training.data.photos import Rgb, random_crop, read_manifest, read_rgb

CROP_PX = 192
LIMIT_BYTES = 1_450_000
# Public domain and CC0 alone; how many crops of each keep the set varied.
COLLECTIONS = {
    "historic": 80, "voteview_pd2": 18, "voteview_loc_raw": 6, "budgie_backgrounds": 26, "galliumos": 8,
    "wp2025": 32, "wp_themes": 8, "detectron_usgov": 16, "oceanic": 20, "usdc": 10, "pif": 8,
    "us_congress_335": 4, "rekognition_pexels": 2,
}  # fmt: skip
INDEX = "replay.csv"
COLUMNS: tuple[str, ...] = ("file", "collection", "source", "licence", "attribution")


def replay_folder() -> Path:
    """The folder of the crops that come with the program."""
    with as_file(files("resources") / "replay") as folder:
        return folder


def read_replay(folder: Path | None = None) -> tuple[list[Rgb], list[Rgb]]:
    """The crops (S, S, 3) uint8 to train on, and those that are only measured.

    Raises:
        WeightsError: the set is missing or damaged.
    """
    folder = folder or replay_folder()
    return _read(folder, "train"), _read(folder, "measure")


def _read(folder: Path, part: str) -> list[Rgb]:
    crops = [read_rgb(p) for p in sorted(folder.glob(f"{part}-*.webp"))]
    whole = [c for c in crops if c is not None]
    if len(whole) != len(crops) or not whole:
        raise WeightsError("The replay set of the program is damaged.", "Install Restorer again.")
    return whole


def build_replay(data: Path, folder: Path, seed: int = 5) -> int:
    """Cut the replay set out of a collection of photographs with a manifest.csv; returns how many crops.

    Args:
        data: folder with manifest.csv (file, collection, source, licence, attribution).
        folder: to write the crops and their list of sources into; must not hold any yet.
        seed: of the choice.

    Raises:
        InputError: there is no manifest or it cannot be read, or the folder is not empty.
    """
    if not (data / "manifest.csv").is_file():
        raise InputError(f"There is no manifest.csv in '{data}'.")
    if folder.is_dir() and any(folder.glob("*.webp")):
        raise InputError(f"'{folder}' holds a replay set already.", "Choose a new folder.")
    rows = read_manifest(data / "manifest.csv", COLUMNS)
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    listed: list[dict[str, str]] = []
    total = 0
    photos: dict[str, int] = {}
    for row in _chosen(rows, rng):
        photo = read_rgb(data / row["file"])
        if photo is None:
            continue
        scale = float(np.exp(rng.uniform(np.log(0.32), np.log(0.9))))
        crop = random_crop(rng, photo, CROP_PX, scale)
        ok, coded = cv2.imencode(".webp", crop[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 82])
        if not ok or float(crop.std()) < 12 or total + coded.size > LIMIT_BYTES:
            continue
        number = photos.setdefault(row["file"], len(photos))
        name = f"{'train' if number % 4 else 'measure'}-{len(listed):03d}.webp"
        (folder / name).write_bytes(coded.tobytes())
        total += coded.size
        listed.append({**{k: row[k] for k in COLUMNS}, "file": name})
    with (folder / INDEX).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    return len(listed)


def _chosen(rows: list[dict[str, str]], rng: np.random.Generator) -> list[dict[str, str]]:
    """Rows of `COLLECTIONS` in mixed order, so that every fourth crop is as varied as the rest."""
    found: list[dict[str, str]] = []
    for name, count in COLLECTIONS.items():
        of_it = sorted((r for r in rows if r["collection"] == name), key=lambda r: r["file"])
        order = rng.permutation(len(of_it))
        found += [of_it[order[i % len(order)]] for i in range(count if len(order) else 0)]
    return [found[i] for i in rng.permutation(len(found))]
