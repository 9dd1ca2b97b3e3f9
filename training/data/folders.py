"""Looking through the folders of a user: what can be trained with, what belongs together, what is held out.

Near-duplicates are found by a perceptual hash: the signs of the differences between neighbouring cells of a
tiny picture (dHash; Krawetz, 2013), in both directions, also mirrored, confirmed by correlation.
"""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from restorer.arrays import Bytes, Float, Pixels
from restorer.errors import InputError, RestorerError
from restorer.image.reading import SUFFIXES, Photo, open_photo
from restorer.jobs import JobContext
from training.data.photos import MASK_MARK, SUFFIXES as MASK_SUFFIXES

MIN_SIDE_PX = 160
MIN_PHOTOS, MIN_SCENES, MIN_HELD_OUT = 8, 4, 3
CELLS = 12
THUMBNAIL_PX = 176
DUPLICATE_BITS, DUPLICATE_CORRELATION = 0.14, 0.93
BURST_SECONDS, BURST_BITS = 3.0, 0.3
MOST_AT_ONCE = 10  # in a folder; a moment that more share was given to them, as an album's year
_EXIF_IFD, _DATE, _FRACTION = 0x8769, 0x9003, 0x9291


@dataclass(frozen=True)
class ScannedPhoto:
    """One readable photograph.

    Attributes:
        path: where it lies.
        name: relative to the folder that was given, for a person.
        height, width: upright, in pixels.
        monochrome: grey or toned in one hue.
        taken: when, by EXIF, or None.
        cells: (12, 12) float32, the tiny grey picture, mean 0 and standard deviation 1.
    """

    path: Path
    name: str
    height: int
    width: int
    monochrome: bool
    taken: datetime.datetime | None
    cells: Float = field(compare=False, repr=False)


@dataclass(frozen=True)
class Seen:
    """Progress detail of a scan: a usable photograph and a thumbnail (h, w, 3) RGB uint8."""

    photo: ScannedPhoto
    thumbnail: Bytes


@dataclass(frozen=True)
class Refused:
    """A file or folder that cannot be used, and the sentence why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ScanReport:
    """What was found.

    Attributes:
        photos: usable photographs, in a fixed order.
        unreadable: files and folders that cannot be read.
        too_small: photographs with a side below `MIN_SIDE_PX`.
        near_duplicates: groups of indices into `photos` that show the same picture.
        bursts: groups of indices that were taken within seconds of each other.
        scenes: for each photograph the number of its scene; duplicates and bursts share one.
    """

    photos: tuple[ScannedPhoto, ...]
    unreadable: tuple[Refused, ...]
    too_small: tuple[Refused, ...]
    near_duplicates: tuple[tuple[int, ...], ...]
    bursts: tuple[tuple[int, ...], ...]
    scenes: tuple[int, ...]

    @property
    def monochrome_share(self) -> float:
        """Share of the usable photographs that are black-and-white or toned, 0..1."""
        return float(np.mean([p.monochrome for p in self.photos])) if self.photos else 0.0


@dataclass(frozen=True)
class Split:
    """Photographs to train on and to hold out; no scene has some in both."""

    train: tuple[ScannedPhoto, ...]
    held_out: tuple[ScannedPhoto, ...]


def to_rgb8(photo: Photo, short_side_px: int | None = None) -> Bytes:
    """The pixels as (H, W, 3) RGB uint8, reduced to `short_side_px` if it is larger."""
    pixels: Pixels = photo.pixels
    short = min(pixels.shape[:2])
    if short_side_px is not None and short > short_side_px:
        size = tuple(max(1, round(n * short_side_px / short)) for n in (pixels.shape[1], pixels.shape[0]))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, 2))


def find_files(
    folders: Sequence[Path], ctx: JobContext | None = None
) -> tuple[list[tuple[Path, str]], list[Refused]]:
    """Every picture file below `folders` with its name, once each, and the folders that cannot be read.

    Masks that the editor exported beside their photographs are none.

    `ctx`: progress and cancellation, between folders.
    """
    ctx = ctx or JobContext()
    found: dict[str, tuple[Path, str]] = {}
    refused: list[Refused] = []
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 - no error where a drive failed
            refused.append(Refused(folder, f"There is no folder '{folder}'."))
            continue

        def note(error: OSError) -> None:
            refused.append(Refused(Path(error.filename), f"'{error.filename}' may not be read."))

        for place, inner, names in os.walk(folder, onerror=note):
            ctx.progress(None, "Looking for photographs")
            inner[:] = sorted(n for n in inner if not n.startswith("."))
            pictures = [n for n in sorted(names) if Path(n).suffix.lower() in SUFFIXES and n[0] != "."]
            stems = {Path(n).stem for n in pictures}
            for name in pictures:
                path = Path(place) / name
                if not (path.stem.endswith(MASK_MARK) and path.stem.removesuffix(MASK_MARK) in stems):
                    found.setdefault(os.path.realpath(path), (path, path.relative_to(folder).as_posix()))
    return sorted(found.values(), key=lambda item: str(item[0])), refused


def scan(folders: Sequence[Path], ctx: JobContext | None = None) -> ScanReport:
    """Look through `folders`, all that lies below them included.

    What cannot be used is listed with its reason and never stops the scan. The same folders give the same
    report.

    Args:
        folders: to look through; a file that is reached twice counts once.
        ctx: progress with `Seen`, and cancellation, between files.
    """
    ctx = ctx or JobContext()
    files, unreadable = find_files(folders, ctx)
    photos: list[ScannedPhoto] = []
    too_small: list[Refused] = []
    for n, (path, name) in enumerate(files):
        ctx.progress(n / len(files), f"Looking at {name}")
        try:
            photo, thumbnail = _look(path, name)
        except RestorerError as error:
            unreadable.append(Refused(path, error.sentence))
            continue
        if min(photo.height, photo.width) < MIN_SIDE_PX:
            reason = f"'{name}' has {photo.width} x {photo.height} pixels; sides of {MIN_SIDE_PX} are needed."
            too_small.append(Refused(path, reason))
        else:
            photos.append(photo)
            ctx.progress((n + 1) / len(files), f"Looking at {name}", Seen(photo, thumbnail))
    duplicates, bursts = _pairs(photos)
    return ScanReport(
        tuple(photos), tuple(unreadable), tuple(too_small), _groups(duplicates, len(photos)),
        _groups(bursts, len(photos)), tuple(_components([*duplicates, *bursts], len(photos))),
    )  # fmt: skip


def _look(path: Path, name: str) -> tuple[ScannedPhoto, Bytes]:
    photo = open_photo(path)
    small = to_rgb8(photo, 256)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cells = cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    cells = (cells - cells.mean()) / max(float(cells.std()), 1e-3)
    scale = min(1.0, THUMBNAIL_PX / max(small.shape[:2]))
    size = (max(1, round(small.shape[1] * scale)), max(1, round(small.shape[0] * scale)))
    thumbnail = cv2.resize(small, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found = ScannedPhoto(
        path, name, photo.height, photo.width, is_monochrome(small), _taken(photo), cells.astype(np.float32)
    )
    return found, thumbnail


def is_monochrome(rgb: Bytes) -> bool:
    """Whether (H, W, 3) uint8 holds one hue only: grey, sepia and other tonings.

    In such a picture the colour is a function of the brightness; what is left of it is compared.
    """
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    level = (lab[:, 0] / 16).astype(np.int64)
    count = np.maximum(np.bincount(level, minlength=17), 1)
    left = [lab[:, c] - (np.bincount(level, weights=lab[:, c], minlength=17) / count)[level] for c in (1, 2)]
    return bool(np.sqrt(np.mean(np.square(left[0]) + np.square(left[1]))) < 3.0)


def _taken(photo: Photo) -> datetime.datetime | None:
    """The time in EXIF, with its fraction of a second where it has one."""
    if not photo.exif:
        return None
    try:
        exif = Image.Exif()
        exif.load(photo.exif)
        inner = exif.get_ifd(_EXIF_IFD)
        when = datetime.datetime.strptime(str(inner[_DATE]).strip("\0 "), "%Y:%m:%d %H:%M:%S")
        fraction = str(inner.get(_FRACTION, "0")).strip("\0 ")
        return when + datetime.timedelta(seconds=float(f"0.{fraction}") if fraction.isdigit() else 0.0)
    except Exception:  # metadata of any origin: without a time the picture still counts
        return None


def signature(cells: Float) -> NDArray[np.bool_]:
    """The bits (264,) of the perceptual hash."""
    return np.concatenate([(np.diff(cells, axis=axis) > 0).ravel() for axis in (0, 1)])


def _pairs(photos: Sequence[ScannedPhoto]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs of near-duplicates and of neighbours in a burst."""
    if len(photos) < 2:
        return [], []
    cells = np.stack([p.cells for p in photos])
    bits = np.stack([signature(c) for c in cells]).astype(np.float32)
    duplicates: set[tuple[int, int]] = set()
    for turned in (cells, cells[:, :, ::-1]):
        other = np.stack([signature(c) for c in turned]).astype(np.float32)
        flat = turned.reshape(len(photos), -1)
        for start in range(0, len(photos), 512):
            rows = slice(start, start + 512)
            apart = (bits[rows] @ (1 - other.T) + (1 - bits[rows]) @ other.T) / bits.shape[1]
            alike = cells[rows].reshape(-1, CELLS * CELLS) @ flat.T / (CELLS * CELLS)
            close = (apart <= DUPLICATE_BITS) & (alike >= DUPLICATE_CORRELATION)
            for a, b in np.argwhere(close).tolist():
                if start + a < b:
                    duplicates.add((start + a, b))
    return sorted(duplicates), _burst_pairs(photos, bits)


def _burst_pairs(photos: Sequence[ScannedPhoto], bits: Float) -> list[tuple[int, int]]:
    """Neighbours in time within one folder; where there is no time, neighbours by name that look alike."""
    found: list[tuple[int, int]] = []
    by_folder: dict[Path, list[int]] = {}
    for index, photo in enumerate(photos):
        by_folder.setdefault(photo.path.parent, []).append(index)
    for members in by_folder.values():
        moments = Counter(photos[i].taken for i in members)
        when = {i: t for i in members if (t := photos[i].taken) and moments[t] <= MOST_AT_ONCE}
        timed = sorted((t, i) for i, t in when.items())
        for (before, a), (after, b) in pairwise(timed):
            if (after - before).total_seconds() <= BURST_SECONDS:
                found.append((min(a, b), max(a, b)))
        for a, b in pairwise(members):
            unknown = a not in when and b not in when
            if unknown and float(np.abs(bits[a] - bits[b]).mean()) <= BURST_BITS / 1.5:
                found.append((a, b))
    return sorted(set(found))


def _components(pairs: Iterable[tuple[int, int]], count: int) -> list[int]:
    """For each of `count` items the number of the group that `pairs` join it to, numbered in order."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(i), len(numbers)) for i in range(count)]


def _groups(pairs: Iterable[tuple[int, int]], count: int) -> tuple[tuple[int, ...], ...]:
    """The groups of two and more."""
    members: dict[int, list[int]] = {}
    for index, number in enumerate(_components(pairs, count)):
        members.setdefault(number, []).append(index)
    return tuple(tuple(m) for m in members.values() if len(m) > 1)


def with_masks(report: ScanReport, masks: Path, rejected: frozenset[Path] = frozenset()) -> ScanReport:
    """The photographs that have a mask of their name in the folder `masks`, and do not lie in it themselves.

    Raises:
        InputError: there is none, or two pictures would be taught by one mask.
    """
    stems = {p.stem for p in masks.glob("*") if p.suffix.lower() in MASK_SUFFIXES}
    names = stems | {stem.removesuffix(MASK_MARK) for stem in stems}
    inside, keep, scenes = masks.resolve(), list[int](), dict[str, int]()
    for i, (photo, number) in enumerate(zip(report.photos, report.scenes, strict=True)):
        name = photo.path.stem
        if name not in names or photo.path in rejected or photo.path.resolve().is_relative_to(inside):
            continue
        if scenes.setdefault(name, number) != number:
            raise InputError(f"Two files would be called '{name}'.", "Give each a name of its own.")
        keep.append(i)
    if report.photos and not keep:
        beside = all(photo.path.resolve().is_relative_to(inside) for photo in report.photos)
        raise InputError(
            f"No photograph has a mask in '{masks}'.",
            "Put the masks into a folder of their own."
            if beside
            else "A mask is named like its photograph, for example a.png.",
        )
    return subset(report, keep)


def subset(report: ScanReport, keep: Sequence[int]) -> ScanReport:
    """The photographs of those numbers, with their scenes."""
    photos, scenes = tuple(report.photos[i] for i in keep), tuple(report.scenes[i] for i in keep)
    return replace(report, photos=photos, scenes=scenes, near_duplicates=(), bursts=())


def split(
    report: ScanReport, share: float = 0.2, rejected: frozenset[Path] = frozenset(), seed: int = 0
) -> Split:
    """Divide the photographs by scene into training and held-out.

    Args:
        report: of `scan`.
        share: wanted share of held-out photographs, 0..0.5; at least 3, at most 40 of them.
        rejected: photographs that the user does not want used at all.
        seed: of the choice; the same photographs and seed give the same split.

    Raises:
        InputError: too few photographs or scenes.
    """
    scenes: dict[int, list[ScannedPhoto]] = {}
    for photo, number in zip(report.photos, report.scenes, strict=True):
        if photo.path not in rejected:
            scenes.setdefault(number, []).append(photo)
    total = sum(len(s) for s in scenes.values())
    if total < MIN_PHOTOS or len(scenes) < MIN_SCENES:
        raise InputError(
            f"{total} usable photographs of {len(scenes)} scenes are too few to learn from.",
            f"At least {MIN_PHOTOS} photographs of {MIN_SCENES} scenes are needed; 30 and more are better.",
        )
    wanted = int(np.clip(round(share * total), 3, 40))
    order = np.random.default_rng(seed).permutation(len(scenes))
    groups = [list(scenes.values())[i] for i in order]
    held: list[ScannedPhoto] = []
    rest: list[list[ScannedPhoto]] = []
    for group in sorted(groups, key=lambda g: len(g) > wanted):  # a huge scene would fill the whole half
        if len(held) < wanted and len(held) + len(group) <= max(wanted + 2, total // 2):
            held.extend(group)
        else:
            rest.append(group)
    while len(held) < MIN_HELD_OUT and len(rest) > 1:  # of fewer, any two gains look like no chance
        held.extend(rest.pop(min(range(len(rest)), key=lambda n: len(rest[n]))))
    if len(held) < MIN_HELD_OUT or not rest:
        raise InputError("The photographs show too few different scenes.", "Add photographs of others.")
    return Split(tuple(chain.from_iterable(rest)), tuple(sorted(held, key=lambda p: str(p.path))))
