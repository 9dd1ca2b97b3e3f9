"""What fine-tuning sees: crops of the user's photographs and of the replay set, fixed crops to measure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.arrays import Bytes, Float
from restorer.errors import InputError
from restorer.image.reading import Photo, open_photo
from restorer.jobs import JobContext
from restorer.library.store import writing
from training.data.damage import add_damage
from training.data.folders import ScannedPhoto, to_rgb8
from training.data.masks import MIX, sample_mask
from training.data.overlays import Overlays
from training.data.photos import (
    PhotoBank,
    PhotoEntry,
    Rgb,
    age,
    exposed,
    random_crop,
    random_view,
    suspicious,
)
from training.fitting.detect_task import LabelledPhoto, small_first, split_by_thickness
from training.fitting.learner import Batch

BANK_SIDE_PX = 720
SHAPE_SHARE = 0.5  # of the holes have the shape of real damage where a folder of it is given
COARSE_SHARE = 0.5  # of the steps start from a solution at half size, as large holes do in repair
PlaneMaker = Callable[[ScannedPhoto, Rgb], Bytes]


class UserBank(PhotoBank):
    """Decoded photographs with a fourth plane, in one memory-mapped file.

    The plane says for each pixel what is known about it: 0 sound, 1 damaged, 2 undecided.
    """

    channels = 4


def open_bank(path: Path) -> UserBank:
    """The bank that `write_bank` wrote.

    Raises:
        InputError: it is gone or was cut off.
    """
    try:
        entries = [PhotoEntry(**e) for e in json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))]
        whole = path.stat().st_size == sum(e.height * e.width * 4 for e in entries)
    except (OSError, ValueError, TypeError):
        entries, whole = [], False
    if not whole:
        raise InputError("The photographs prepared for the training are damaged.", "Begin a new one.")
    return UserBank(path, entries)


def write_bank(
    photos: Sequence[ScannedPhoto],
    path: Path,
    plane: PlaneMaker,
    ctx: JobContext,
    side_px: int = BANK_SIDE_PX,
) -> UserBank:
    """Decode `photos`, reduced to a short side of `side_px`, into a bank at `path`.

    Raises:
        InputError: a photograph cannot be read any more.
        OutputError: the disk is full.
    """
    entries: list[PhotoEntry] = []
    temporary, offset = path.with_suffix(".part"), 0
    with writing("The photographs cannot be prepared for the training"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as out:
                for n, photo in enumerate(photos):
                    ctx.progress(n / len(photos), f"Preparing {photo.name}")
                    rgb = to_rgb8(_open_again(photo), side_px)
                    planes = np.dstack([rgb, plane(photo, rgb)])
                    out.write(planes.tobytes())
                    entries.append(PhotoEntry(photo.name, rgb.shape[0], rgb.shape[1], offset))
                    offset += planes.size
            temporary.replace(path)
            listing = path.with_suffix(".json.part")
            listing.write_text(json.dumps([vars(e) for e in entries]), encoding="utf-8")
            listing.replace(path.with_suffix(".json"))
        finally:
            temporary.unlink(missing_ok=True)
    return open_bank(path)


def _open_again(scanned: ScannedPhoto) -> Photo:
    """A photograph that was looked at before; only what it was then has its place in the split.

    Raises:
        InputError: it is gone, cannot be read or is another one now.
    """
    again = "Look through the folders again."
    if not scanned.path.is_file():
        raise InputError(f"The photograph '{scanned.name}' is gone.", again)
    photo = open_photo(scanned.path)
    if (photo.height, photo.width) != (scanned.height, scanned.width):
        raise InputError(f"The photograph '{scanned.name}' was changed meanwhile.", again)
    return photo


# --- Repair -------------------------------------------------------------------------------------------


class RepairCrops:
    """Batches of crops with holes; picklable.

    image (N, 3, S, S) uint8; mask (N, 1, S, S) uint8, 1 = hole; counted (N, 1, S, S) uint8, the part of the
    hole whose truth is sound; coarse (1,) uint8, 1 = start from half size.
    """

    def __init__(
        self, bank: UserBank, replay: Sequence[Rgb], batch: int, crop_px: int, replay_share: float,
        mix: Mapping[str, float] = MIX, shapes: Path | None = None,
    ) -> None:  # fmt: skip
        self.bank, self.replay = bank, list(replay)
        self.batch, self.crop_px, self.replay_share = batch, crop_px, replay_share
        self.mix, self.shapes = mix, Overlays(shapes) if shapes else None

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        """One batch."""
        del progress
        replayed = round(self.batch * self.replay_share + rng.uniform(-0.5, 0.5))
        crops = [self._crop(rng, number < replayed) for number in range(self.batch)]
        images, masks, damaged = (np.stack(part) for part in zip(*crops, strict=True))
        counted = masks * (damaged == 0)
        return {
            "image": np.ascontiguousarray(images.transpose(0, 3, 1, 2)),
            "mask": masks[:, None],
            "counted": counted[:, None],
            "coarse": np.array([rng.random() < COARSE_SHARE], np.uint8),
        }

    def _crop(self, rng: np.random.Generator, from_replay: bool) -> tuple[Rgb, Bytes, Bytes]:
        if from_replay:
            photo = self.replay[int(rng.integers(len(self.replay)))]
            crop = random_crop(rng, photo, self.crop_px, float(rng.uniform(self.crop_px / 192, 1)))
            crop = age(rng, crop) if rng.random() < 0.3 else crop
            plane = np.zeros(crop.shape[:2], np.uint8)
        else:
            photo = self.bank[int(rng.integers(len(self.bank)))]
            scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.0))))
            both = random_view(rng, photo, self.crop_px, scale)
            crop, plane = np.ascontiguousarray(both[..., :3]), (both[..., 3] > 0).astype(np.uint8)
            crop = exposed(rng, crop) if rng.random() < 0.7 else crop
        return crop, self.hole(rng, self.crop_px), plane

    def hole(self, rng: np.random.Generator, size: int) -> Bytes:
        """A hole (size, size), 1 = hole, of the kinds and shapes that were asked for."""
        if self.shapes is not None and rng.random() < SHAPE_SHARE:
            hole = self.shapes.hole(rng, size)
            if hole is not None:
                return hole
        return sample_mask(rng, size, self.mix)


@dataclass(frozen=True)
class RepairCases:
    """Fixed crops to measure a generator on.

    Attributes:
        image: (N, 3, S, S) uint8.
        mask: (N, 1, S, S) uint8, the hole.
        counted: (N, 1, S, S) uint8, the part of it that is scored; never empty.
        photo: (N,) the number of the photograph that each crop is of.
    """

    image: Bytes
    mask: Bytes
    counted: Bytes
    photo: NDArray[np.int64]


def repair_cases(
    photos: Sequence[Bytes], each: int, size: int, seed: int, mix: Mapping[str, float] = MIX
) -> RepairCases:
    """`each` crops with holes of every photograph, (H, W, 3) or (H, W, 4), at their own scale."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Rgb, Bytes, Bytes, int]] = []
    for number, photo in enumerate(photos):
        for _ in range(each):
            crop = random_crop(rng, photo, size)
            mask = sample_mask(rng, size, mix)
            sound = crop[..., 3] == 0 if crop.shape[2] == 4 else np.ones(mask.shape, bool)
            counted = (mask * sound).astype(np.uint8)
            rows.append((crop[..., :3], mask, counted if counted.any() else mask, number))
    images, masks, counted_, numbers = zip(*rows, strict=True)
    return RepairCases(
        np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2)),
        np.stack(masks)[:, None],
        np.stack(counted_)[:, None],
        np.array(numbers),
    )


# --- Detection ----------------------------------------------------------------------------------------


def labelled(planes: Bytes) -> LabelledPhoto:
    """A photograph (H, W, 4) of a bank as the detector's training wants it."""
    rgb = np.ascontiguousarray(planes[..., :3])
    mask = (planes[..., 3] == 1).astype(np.uint8)
    # Hand-made masks miss faint specks: what looks like one and is not marked stays undecided.
    undecided = ((planes[..., 3] == 2) | ((suspicious(rgb) > 0) & (mask == 0))).astype(np.uint8)
    return LabelledPhoto(rgb, split_by_thickness(mask), undecided)


class DetectCrops:
    """Batches of damaged crops: image (N, 3, S, S), labels (N, 2, S, S) uint8, weight (N, 1, S, S) float."""

    def __init__(
        self, photos: Sequence[LabelledPhoto], replay: Sequence[Rgb], batch: int, crop_px: int,
        replay_share: float, overlays: Path | None = None, faint: float = 1.0,
    ) -> None:  # fmt: skip
        self.photos, self.replay, self.faint = list(photos), list(replay), faint
        self.batch, self.crop_px, self.replay_share = batch, crop_px, replay_share
        self.overlays = Overlays(overlays) if overlays else None

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        """One batch."""
        del progress
        replayed = round(self.batch * self.replay_share + rng.uniform(-0.5, 0.5))
        crops = [self._synthetic(rng) if n < replayed else self._real(rng) for n in range(self.batch)]
        image, labels, ignore = (np.stack(part) for part in zip(*crops, strict=True))
        weight = np.stack([small_first(crop[1]) for crop in crops])
        weight[ignore > 0] = 0
        image = np.ascontiguousarray(image.transpose(0, 3, 1, 2))
        return {"image": image, "labels": labels, "weight": weight[:, None].astype(np.float32)}

    def _synthetic(self, rng: np.random.Generator) -> tuple[Rgb, Bytes, Bytes]:
        photo = self.replay[int(rng.integers(len(self.replay)))]
        crop = random_crop(rng, photo, self.crop_px, float(rng.uniform(0.8, 1.6)))
        return add_damage(rng, crop, self.overlays, self.faint, suspicious(crop))

    def _real(self, rng: np.random.Generator) -> tuple[Rgb, Bytes, Bytes]:
        """A crop at native to twice the size, mirrored at random, two of three times around damage."""
        item = self.photos[int(rng.integers(len(self.photos)))]
        stack = np.dstack([item.photo, *item.labels, item.ignore])
        side = min(int(self.crop_px / rng.uniform(0.9, 2.0)), *stack.shape[:2])
        height, width = stack.shape[:2]
        y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        spots = np.argwhere(item.labels.any(0)) if rng.random() < 0.67 else np.empty((0, 2), np.int64)
        if len(spots):
            cy, cx = spots[int(rng.integers(len(spots)))]
            y = int(np.clip(cy - rng.integers(side), 0, height - side))
            x = int(np.clip(cx - rng.integers(side), 0, width - side))
        piece, size = stack[y : y + side, x : x + side], (self.crop_px, self.crop_px)
        photo = cv2.resize(np.ascontiguousarray(piece[..., :3]), size, interpolation=cv2.INTER_CUBIC)
        planes = cv2.resize(np.ascontiguousarray(piece[..., 3:]), size, interpolation=cv2.INTER_NEAREST)
        if rng.random() < 0.5:
            photo, planes = photo[:, ::-1], planes[:, ::-1]
        labels = np.ascontiguousarray(planes[..., :2].transpose(2, 0, 1))
        return np.ascontiguousarray(photo), labels, np.ascontiguousarray(planes[..., 2])


@dataclass(frozen=True)
class DetectCase:
    """A fixed picture to measure a detector on: image (3, H, W), truth and ignore (H, W) uint8."""

    image: Bytes
    truth: Bytes
    ignore: Bytes


def half_of(item: LabelledPhoto, second: bool) -> LabelledPhoto:
    """One half of a picture along its longer side."""
    height, width = item.photo.shape[:2]
    y, x = slice(0, height), slice(0, width)
    if height > width:
        y = slice(height // 2, height) if second else slice(height // 2)
    else:
        x = slice(width // 2, width) if second else slice(width // 2)
    return replace(item, photo=item.photo[y, x], labels=item.labels[:, y, x], ignore=item.ignore[y, x])


def detect_case(photo: Rgb, labels: Bytes, ignore: Bytes, multiple: int = 32) -> DetectCase:
    """The case of a labelled picture, cut to sides that a network takes."""
    height, width = (n - n % multiple for n in photo.shape[:2])
    image = np.ascontiguousarray(photo[:height, :width].transpose(2, 0, 1))
    return DetectCase(image, labels.max(0)[:height, :width], ignore[:height, :width])


def damaged_cases(photos: Sequence[Rgb], seed: int) -> list[DetectCase]:
    """The replay crops with synthetic damage, always the same."""
    rng = np.random.default_rng(seed)
    return [detect_case(*add_damage(rng, p, undecided=suspicious(p))) for p in photos]


def unit(image: Bytes) -> Float:
    """uint8 as float32 in 0..1."""
    return image.astype(np.float32) / np.float32(255)
