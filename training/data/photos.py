"""The photographs that training reads: found, decoded once into one memory-mapped file, and cropped at
random."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from restorer.arrays import Bytes, Float
from restorer.errors import InputError
from restorer.jobs import JobContext
from restorer.new_files import new_file

Rgb = Bytes
SUFFIXES = {".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}
MASK_MARK = "-mask"  # after the name of its photograph, as the editor proposes
SHORT_SIDE_PX = 720
AHEAD = 32  # photographs that are decoded before they are wanted


def list_photos(folder: Path) -> list[Path]:
    """All picture files below `folder`, sorted by their relative path.

    Raises:
        InputError: the folder is missing or holds no picture.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder '{folder}'.", "Give a folder with photographs.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise InputError(
            f"No photographs were found in '{folder}'.", "JPEG, PNG, TIFF, WebP and BMP are read."
        )
    return found


def read_grey(path: Path) -> Bytes | None:
    """Decode `path`, whatever it is called, to (H, W) uint8; None if it is unreadable."""
    try:
        data = np.fromfile(path, np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None  # type: ignore[return-value]
    except (OSError, cv2.error):
        return None


def read_rgb(path: Path, short_side_px: int | None = None) -> Rgb | None:
    """Decode `path` to (H, W, 3) RGB uint8, reduced to `short_side_px` if it is larger; None if it is
    unreadable."""
    try:
        data = np.fromfile(path, np.uint8)
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):  # gone, not allowed to be read, of an impossible size
        return None
    if bgr is None:
        return None
    short = min(bgr.shape[:2])
    if short_side_px is not None and short > short_side_px:
        scale = short_side_px / short
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(bgr[..., ::-1])


@dataclass(frozen=True)
class PhotoEntry:
    """Where one decoded photograph lies in the bank."""

    name: str
    height: int
    width: int
    offset: int


class PhotoBank:
    """Decoded photographs in one memory-mapped file; cheap to open from many processes, any crop is a view.

    Attributes:
        entries: what the bank holds, in a fixed order.
    """

    channels = 3

    def __init__(self, path: Path, entries: Sequence[PhotoEntry]) -> None:
        self._path = path
        self.entries = list(entries)
        self._data: Bytes | None = None

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Rgb:
        """The photograph (H, W, channels) uint8, RGB first, read-only."""
        if self._data is None:
            self._data = np.memmap(self._path, np.uint8, "r")
        e = self.entries[index]
        shape = e.height, e.width, self.channels
        return self._data[e.offset : e.offset + math.prod(shape)].reshape(shape)

    def __getstate__(self) -> dict[str, object]:
        return {"_path": self._path, "entries": self.entries, "_data": None}

    def select(self, keep: Sequence[int]) -> PhotoBank:
        """A bank of some of the photographs, over the same file."""
        return PhotoBank(self._path, [self.entries[i] for i in keep])


def open_bank(folder: Path, cache: Path, ctx: JobContext) -> PhotoBank:
    """Decode every photograph below `folder` into a bank in `cache`, or open the one made before.

    The bank is made anew when a file was added, removed or changed. Unreadable files are left out.

    Raises:
        InputError: no photograph can be read.
    """
    files = list_photos(folder)
    stats = [(str(p.relative_to(folder)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    key = hashlib.sha256(json.dumps([SHORT_SIDE_PX, stats]).encode()).hexdigest()[:16]
    data, index = cache / f"bank-{key}.u8", cache / f"bank-{key}.json"
    if not index.is_file() or not _is_whole(data, index):
        _write_bank(folder, files, data, index, ctx)
    return PhotoBank(data, [PhotoEntry(**e) for e in json.loads(index.read_text())])


def _is_whole(data: Path, index: Path) -> bool:
    """Whether the pictures are all there: somebody who needed room may have deleted them."""
    size = sum(e["height"] * e["width"] * PhotoBank.channels for e in json.loads(index.read_text()))
    return data.is_file() and data.stat().st_size == size


def _write_bank(folder: Path, files: Sequence[Path], data: Path, index: Path, ctx: JobContext) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    entries: list[PhotoEntry] = []
    offset = 0
    # Under names of their own until they are whole: several trainings may share a cache and begin together.
    with new_file(data, overwrite=True) as (out, _), closing(_decoded(files)) as photos:
        for n, (path, photo) in enumerate(zip(files, photos, strict=True)):
            ctx.progress(n / len(files), f"Reading {path.name}")
            if photo is None:
                continue
            name = str(path.relative_to(folder))
            entries.append(PhotoEntry(name, photo.shape[0], photo.shape[1], offset))
            out.write(photo.tobytes())
            offset += photo.size
        if not entries:
            raise none_readable(folder)
    with new_file(index, overwrite=True) as (out, _):
        out.write(json.dumps([vars(e) for e in entries]).encode())


def _decoded(files: Sequence[Path]) -> Generator[Rgb | None, None, None]:
    """The photographs in their order, a few decoded ahead: where the disk is slow not all wait in memory."""
    ahead: deque[Future[Rgb | None]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path in files:
            ahead.append(pool.submit(read_rgb, path, SHORT_SIDE_PX))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def none_readable(folder: Path) -> InputError:
    """What is said of a folder of files none of which is a photograph."""
    return InputError(f"None of the files in '{folder}' can be read as a photograph.")


def licences(folder: Path) -> dict[str, int]:
    """Photographs per "collection: licence" from a manifest.csv in `folder`; empty without one.

    Raises:
        InputError: the manifest cannot be read or lacks a column.
    """
    manifest = folder / "manifest.csv"
    counts: dict[str, int] = {}
    for row in read_manifest(manifest, ("collection", "licence")) if manifest.is_file() else ():
        licence = row["licence"].split(";")[0].rstrip(")").replace(" (photograph made", ", photograph made")
        name = f"{row['collection']}: {licence}"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def read_manifest(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table of photographs, each with all of `columns`.

    Raises:
        InputError: it cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            rows = list(reader)
        if set(columns) - set(reader.fieldnames or ()) or any(
            row.get(column) is None for row in rows for column in columns
        ):
            raise ValueError("a column is missing")
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"The table '{path}' cannot be read.", f"It needs the columns {', '.join(columns)}."
        ) from error
    return rows


def random_crop(rng: np.random.Generator, photo: Rgb, size: int, scale: float = 1.0) -> Rgb:
    """A random square of `size` px out of `photo` shown at `scale` (2 = enlarged), mirrored half of the time.

    Photographs too small for the scale are enlarged as far as necessary.
    """
    height, width = photo.shape[:2]
    side = min(round(size / scale), height, width)
    y = int(rng.integers(height - side + 1))
    x = int(rng.integers(width - side + 1))
    crop = photo[y : y + side, x : x + side]
    if side != size:
        method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
        crop = cv2.resize(crop, (size, size), interpolation=method)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return np.ascontiguousarray(crop)


def random_view(rng: np.random.Generator, photo: Bytes, size: int, scale: float = 1.0) -> Bytes:
    """`random_crop` of a photograph (H, W, 4), mostly as if it had been taken from a little elsewhere
    (turned, sheared and stretched), a quarter of the time turned by right angles as well; the fourth plane,
    what is known of each pixel, goes with it."""
    quarters = int(rng.integers(1, 4)) if rng.random() < 0.25 else 0
    return np.ascontiguousarray(np.rot90(_warped(rng, photo, size, scale), quarters))


def _warped(rng: np.random.Generator, photo: Bytes, size: int, scale: float) -> Bytes:
    if rng.random() < 0.3:
        return random_crop(rng, photo, size, scale)
    wide = size + size // 2
    whole = random_crop(rng, photo, wide, scale)
    angle, shear = np.radians(rng.uniform(-15, 15)), rng.uniform(-0.1, 0.1)
    stretch = float(np.exp(rng.uniform(-0.15, 0.15)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[stretch, shear], [0.0, 1 / stretch]])
    shift = (wide - 1) / 2 - turn @ np.full(2, (size - 1) / 2)
    matrix = np.column_stack([turn, shift])
    planes = [np.ascontiguousarray(whole[..., :3]), np.ascontiguousarray(whole[..., 3])]
    warped = (
        cv2.warpAffine(plane, matrix, (size, size), flags=how | cv2.WARP_INVERSE_MAP)
        for plane, how in zip(planes, (cv2.INTER_CUBIC, cv2.INTER_NEAREST), strict=True)
    )
    return np.dstack(list(warped))


def exposed(rng: np.random.Generator, crop: Rgb) -> Rgb:
    """The same crop in another light: gamma, contrast and a cast; same shape."""
    values = np.arange(256) / 255
    gamma, low, high = np.exp(rng.uniform(-0.4, 0.4)), rng.uniform(-0.1, 0.1), rng.uniform(0.85, 1.15)
    tables = [low + (high * gain - low) * values**gamma for gain in rng.uniform(0.93, 1.07, 3)]
    table = np.clip(np.rint(np.stack(tables, -1) * 255), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(crop), table[None]))


def age(rng: np.random.Generator, crop: Rgb) -> Rgb:
    """Make a modern crop look like an old print at random: grey, sepia, tone, blur, grain, JPEG; same shape.

    Grain and blur are part of the picture to be kept, so targets contain them too.
    """
    x = crop.astype(np.float32)
    if rng.random() < 0.5:
        grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
        tint = np.array([1, 1, 1], np.float32)
        if rng.random() < 0.4:
            tint = np.array([1 + rng.uniform(0, 0.12), 1, 1 - rng.uniform(0, 0.3)], np.float32)
        x = grey[..., None] * tint
    if rng.random() < 0.5:
        gamma, low, high = rng.uniform(0.7, 1.5), rng.uniform(0, 50), rng.uniform(190, 255)
        x = low + (high - low) * np.power(np.clip(x, 0, 255) / 255, gamma)
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.4:
        x = x + film_grain(rng, x.shape[:2], rng.uniform(1.5, 11))[..., None]
    out = np.clip(np.rint(x), 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        ok, data = cv2.imencode(".jpg", out[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 96))])
        back = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else None
        if back is not None:
            out = np.ascontiguousarray(back[..., ::-1])
    return out


def copied(rng: np.random.Generator, crop: Rgb) -> Rgb:
    """Make a crop look like a poor copy of a print: coarser, hard in contrast, sharpened, JPEG; same shape.

    Edges, eyes and folds of cloth come out as bright and dark lines: no scratches, and to be told from them.
    """
    size = crop.shape[1], crop.shape[0]
    x = crop.astype(np.float32)
    if rng.random() < 0.6:
        scale = rng.uniform(0.4, 0.9)
        x = cv2.resize(x, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        x = cv2.resize(x, size, interpolation=cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_LANCZOS4)
    if rng.random() < 0.5:
        middle, slope = rng.uniform(90, 170), rng.uniform(1.1, 2.2)
        x = 255 / (1 + np.exp(-(x - middle) * np.float32(slope * 4 / 255)))
    if rng.random() < 0.7:
        x = x + (x - cv2.GaussianBlur(x, (0, 0), rng.uniform(0.6, 3))) * np.float32(rng.uniform(0.3, 1.6))
    out = np.clip(np.rint(x), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        ok, data = cv2.imencode(".jpg", out[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))])
        back = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else None
        if back is not None:
            out = np.ascontiguousarray(back[..., ::-1])
    return out


def film_grain(rng: np.random.Generator, shape: tuple[int, int], strength: float) -> Float:
    """Correlated Gaussian grain (H, W) with standard deviation `strength`, in grey levels of 0..255."""
    noise = rng.standard_normal(shape, np.float32)
    sigma = rng.uniform(0.0, 1.2)
    if sigma > 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    return noise * np.float32(strength / max(float(noise.std()), 1e-6))


def suspicious(photo: Rgb, speck_px: int = 16) -> Bytes:
    """Where an old photograph may have specks of its own (H, W), 0/1: small, isolated, lighter or darker.

    Lines, hair and texture are not marked: most of them belong to the picture and are what a detector must
        learn to leave.
    """
    luma = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    square = np.ones((7, 7), np.uint8)
    total = np.zeros(luma.shape, np.uint8)
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        hat = cv2.morphologyEx(luma, kind, square)
        around = cv2.blur(hat.astype(np.float32), (41, 41))
        hot = (hat > np.maximum(8, 2.0 * around)).astype(np.uint8)
        crowded = cv2.blur(hot.astype(np.float32), (31, 31)) > 0.35
        _, labels, stats, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
        small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= speck_px
        small[0] = False
        total |= (small[labels.astype(np.int32)] & ~crowded).astype(np.uint8)
    return cv2.dilate(total, np.ones((3, 3), np.uint8)).astype(np.uint8)
