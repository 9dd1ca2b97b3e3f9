"""Learning to find damage: synthetic damage over photographs, and real photographs with hand-made labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from restorer.arrays import Bools, Bytes, Float
from restorer.device import Device, place
from restorer.editing.mask import DamageMap, cut_mask
from restorer.errors import InputError
from restorer.metrics import tolerant_precision_recall_f1
from restorer.models import build_model
from restorer.processing.detector import pad_to_multiple
from training.data.damage import add_damage
from training.data.overlays import Overlays
from training.data.photos import (
    PhotoBank,
    Rgb,
    age,
    copied,
    list_photos,
    random_crop,
    read_grey,
    read_rgb,
    suspicious,
)
from training.fitting import losses
from training.fitting.config import TrainConfig
from training.fitting.learner import Average, Batch, Tensors, guarded_step, ramp, set_rate
from training.fitting.optim import muon_for
from training.fitting.workers import Workers

OLD_COLLECTIONS = ("historic__", "voteview_")
OLD_SHARE = 0.35
COPIED_SHARE = 0.4
ENLARGED_SHARE = (
    0.35  # small photographs are searched at twice their size: their damage has soft borders then
)
REAL_SHARE = 0.25
JUDGED_SHARE = 0.2  # of photographs of which single places were judged
REFUTED_COUNTS = 2.0  # what was proposed there and is no damage is small and has to be heard
HELD_OUT_LABEL_EVERY = 6
CLEAN_COSTS = 10.0  # a clean photograph flagged on 1 % of its pixels costs as much as 0.1 of F1
NETWORK = {"channels": (32, 48, 64, 128, 192), "blocks": 3}  # hyper-parameters that differ from the defaults
KINDS = ("masks", "judged")  # folders of labels
REGION_RADIUS_PX = 5  # hand-made labels are one plane: what is thicker than twice this is a region


@dataclass(frozen=True)
class LabelledPhoto:
    """A real photograph (H, W, 3) uint8 with labels (2, H, W) and ignore (H, W), uint8 0/1.

    `in_places`: single places were judged, all the rest is ignored.
    """

    photo: Rgb
    labels: Bytes
    ignore: Bytes
    in_places: bool = False

    def places(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """Pixels (N, 2), around one of which a crop is worth taking; none: anywhere."""
        if self.in_places:
            return np.argwhere(self.ignore == 0)
        return np.argwhere(self.labels.any(0)) if rng.random() < 0.6 else np.empty((0, 2), np.intp)


def split_by_thickness(mask: Bytes) -> Bytes:
    """Split a mask (H, W) 0/1 into (2, H, W): thin parts, and components that hold a disc of
    `REGION_RADIUS_PX`."""
    count, found = cv2.connectedComponents(mask, connectivity=8)
    components = found.astype(np.int32)
    deep = cv2.distanceTransform(mask, cv2.DIST_L2, 3) > REGION_RADIUS_PX
    thick = np.zeros(count, bool)
    thick[np.unique(components[deep])] = True
    thick[0] = False
    region = thick[components]
    return np.stack([mask & ~region, region]).astype(np.uint8)


def read_labels(folders: Sequence[Path], photos: Path) -> list[LabelledPhoto]:
    """The photographs below `photos` for which a folder holds masks/STEM.png and maybe ignore/STEM.png, or
    judged/STEM.png: 255 = damaged, 128 = not damaged, 0 = not judged. Of several photographs of one
    name a WebP is taken.

    Raises:
        InputError: there is no photograph, or a folder holds nothing for any of them.
    """
    # The labels may lie below the photographs, with the same names. Of what has one name the last counts: a
    # WebP, as collections are kept, rather than previews and masks around it.
    own = (p for p in list_photos(photos) if p.suffix != ".png" or p.parent.name not in (*KINDS, "ignore"))
    by_stem = {p.stem: p for p in sorted(own, key=lambda p: p.suffix == ".webp")}
    found: list[LabelledPhoto] = []
    vain = set(folders)
    for path in sorted(p for folder in folders for kind in KINDS for p in (folder / kind).glob("*.png")):
        source = by_stem.get(path.stem)
        photo = read_rgb(source) if source else None
        plane = read_grey(path)
        if photo is None or plane is None or plane.shape != photo.shape[:2]:
            continue
        in_places = path.parent.name == "judged"
        labels = split_by_thickness((plane > (191 if in_places else 127)).astype(np.uint8))
        undecided = plane < 64 if in_places else _ignored(path, plane.shape)
        found.append(LabelledPhoto(photo, labels, undecided.astype(np.uint8), in_places))
        vain.discard(path.parent.parent)
    for folder in folders:
        if folder in vain:
            raise InputError(
                f"'{folder}' has no labels for any of the photographs in '{photos}'.",
                "A label lies in masks/ or judged/, has name and size of its photograph, and ends in .png.",
            )
    return found


def _ignored(path: Path, shape: tuple[int, ...]) -> Bools:
    other = path.parent.parent / "ignore" / path.name
    if not other.is_file():
        return np.zeros(shape, bool)
    ignore = read_grey(other)
    if ignore is None or ignore.shape != shape:
        raise InputError(
            f"'{other}' is no mask for its label.", "Save it again as PNG, in the size of the label."
        )
    return ignore > 127


def split_labelled(labelled: Sequence[LabelledPhoto]) -> tuple[list[LabelledPhoto], list[LabelledPhoto]]:
    """Labelled photographs to train on and to judge by: every sixth of either kind is held out."""
    train: list[LabelledPhoto] = []
    held: list[LabelledPhoto] = []
    for in_places in (False, True):
        for i, item in enumerate(item for item in labelled if item.in_places == in_places):
            (held if i % HELD_OUT_LABEL_EVERY == 2 else train).append(item)
    return train, held


def small_first(labels: Bytes, full_px: int = 60, most: float = 3.0) -> Float:
    """Weight (H, W) of every pixel for labels (2, H, W): specks count up to `most` times as much as long
    scratches."""
    _, components, stats, _ = cv2.connectedComponentsWithStats(labels.max(0), connectivity=8)
    weight = np.clip(full_px / np.maximum(stats[:, cv2.CC_STAT_AREA], 1), 1, most).astype(np.float32)
    weight[0] = 1
    return weight[components.astype(np.int32)]


def _weighed(photo: Rgb, labels: Bytes, ignore: Bytes, undamaged: float = 1.0) -> tuple[Rgb, Bytes, Float]:
    """A crop with the weight of its pixels in place of what is ignored."""
    weight = small_first(labels)
    weight[labels.max(0) == 0] *= undamaged
    weight[ignore > 0] = 0
    return photo, labels, weight


class DetectBatches:
    """Damaged crops: image (N, 3, S, S), labels (N, 2, S, S) uint8; weight (N, 1, S, S)."""

    def __init__(
        self,
        bank: PhotoBank,
        config: TrainConfig,
        labelled: Sequence[LabelledPhoto],
    ) -> None:
        old = [i for i, e in enumerate(bank.entries) if _is_old(e.name)]
        new = [i for i, e in enumerate(bank.entries) if not _is_old(e.name)]
        self.old, self.new = bank.select(old), bank.select(new or old)
        self.batch, self.crop_px = config.batch, config.crop_px
        self.overlays = Overlays(config.overlays) if config.overlays else None
        self.labelled = [item for item in labelled if not item.in_places]
        self.judged = [item for item in labelled if item.in_places]

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        """One batch; faint damage comes in over the first third of the run."""
        crops = [self._crop(rng, min(1.0, progress * 3)) for _ in range(self.batch)]
        image, labels, weight = (np.stack(part) for part in zip(*crops, strict=True))
        return {"image": image.transpose(0, 3, 1, 2), "labels": labels, "weight": weight[:, None]}

    def _crop(self, rng: np.random.Generator, contrast: float) -> tuple[Rgb, Bytes, Float]:
        kind = rng.random()
        if self.labelled and kind < REAL_SHARE:
            return _weighed(*self._real(rng, self.labelled))
        if self.judged and kind > 1 - JUDGED_SHARE:
            return _weighed(*self._real(rng, self.judged), REFUTED_COUNTS)
        return _weighed(*self._synthetic(rng, contrast))

    def _synthetic(self, rng: np.random.Generator, contrast: float) -> tuple[Rgb, Bytes, Bytes]:
        if rng.random() >= ENLARGED_SHARE:
            return self._damaged(rng, contrast, self.crop_px)
        photo, labels, ignore = self._damaged(rng, contrast, 2 * round(self.crop_px / rng.uniform(2.8, 4.4)))
        size = (self.crop_px, self.crop_px)
        masks = [cv2.resize(m, size, interpolation=cv2.INTER_NEAREST) for m in (*labels, ignore)]
        return cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC), np.stack(masks[:2]), masks[2]

    def _damaged(self, rng: np.random.Generator, contrast: float, crop_px: int) -> tuple[Rgb, Bytes, Bytes]:
        scale = float(np.exp(rng.uniform(np.log(0.5), np.log(2.2))))
        if len(self.old) and rng.random() < OLD_SHARE:
            # An old photograph has real damage without a label: where it may be, nothing is learnt.
            photo = self.old[int(rng.integers(len(self.old)))]
            crop = random_crop(rng, photo, crop_px, max(scale, 0.8))
            crop = copied(rng, crop) if rng.random() < COPIED_SHARE else crop
            return add_damage(rng, crop, self.overlays, contrast, suspicious(crop))
        photo = self.new[int(rng.integers(len(self.new)))]
        crop = age(rng, random_crop(rng, photo, crop_px, scale))
        crop = copied(rng, crop) if rng.random() < COPIED_SHARE else crop
        return add_damage(rng, crop, self.overlays, contrast)

    def _real(self, rng: np.random.Generator, labelled: Sequence[LabelledPhoto]) -> tuple[Rgb, Bytes, Bytes]:
        """A crop of one of `labelled`, at native or twice the size, turned and toned at random."""
        item = labelled[int(rng.integers(len(labelled)))]
        scale = float(rng.choice([1.0, 2.0])) * float(rng.uniform(0.85, 1.2))
        side = min(int(self.crop_px / scale), *item.photo.shape[:2])
        height, width = item.photo.shape[:2]
        y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        places = item.places(rng)
        if len(places):
            cy, cx = places[rng.integers(len(places))]
            y = int(np.clip(cy - rng.integers(side), 0, height - side))
            x = int(np.clip(cx - rng.integers(side), 0, width - side))
        box = (slice(y, y + side), slice(x, x + side))
        size = (self.crop_px, self.crop_px)
        photo = cv2.resize(np.ascontiguousarray(item.photo[box]), size, interpolation=cv2.INTER_CUBIC)
        planes = [*item.labels[(slice(None), *box)], item.ignore[box]]
        masks = np.stack([cv2.resize(m, size, interpolation=cv2.INTER_NEAREST) for m in planes])
        turns = int(rng.integers(4))
        photo, masks = np.rot90(photo, turns), np.rot90(masks, turns, (1, 2))
        if rng.random() < 0.5:
            photo, masks = photo[:, ::-1], masks[..., ::-1]
        toned = photo.astype(np.float32) * rng.uniform(0.75, 1.15) + rng.uniform(-12, 12)
        if rng.random() < 0.2:
            toned = 255 - toned  # a negative has light scratches where a print has dark ones
        return np.clip(toned, 0, 255).astype(np.uint8), masks[:2].copy(), masks[2].copy()


def _is_old(name: str) -> bool:
    return any(part in name for part in OLD_COLLECTIONS)


class DetectLearner:
    """Trains a detector on thin damage and regions as separate planes.

    Args:
        config: of the run.
        held_out: synthetic damage over held-out photographs.
        labelled: real damage that is not trained on; the best by it is kept, since synthetic scores rise long
            after real ones have begun to fall.
        device: to train on.
    """

    def __init__(
        self, config: TrainConfig, held_out: DetectBatches, labelled: Sequence[LabelledPhoto], device: Device
    ) -> None:
        self.config, self.device = config, device
        self.labelled = [item for item in labelled if not item.in_places]
        self.judged = [item for item in labelled if item.in_places]
        self.keeps_best = bool(self.labelled)
        self.workers = Workers()
        net = place(build_model(config.arch, {**NETWORK, **config.hyper_parameters}), device.torch)
        self.net = net
        self.modules: dict[str, nn.Module] = {"net": net}
        self.averages = {"detect": Average(net, 0.998)}
        self.optimisers: dict[str, torch.optim.Optimizer] = {"net": muon_for(net, config.rate, device.dtype)}
        rng = np.random.default_rng(78)
        self.held_out = [held_out.make(rng, 1.0) for _ in range(max(1, 48 // config.batch))]

    def step(self, batch: Tensors, progress: float) -> dict[str, float]:
        """One step of cross-entropy and Dice on both planes."""
        set_rate(self.optimisers["net"], ramp(progress, 0.0, 1.0, self.config.rate, 1e-5))
        image, labels, weight = _prepare(batch)
        with self.device.autocast():
            logits = self.net(image)
        logits = logits.float()
        bce = losses.weighted_bce(logits, labels, weight)
        dice = losses.soft_dice(logits, labels, weight)
        guarded_step(self.optimisers["net"], 4 * bce + dice, self.net, self.workers)
        self.averages["detect"].update(self.net)
        return {"bce": bce.item(), "dice": dice.item()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Pixel F1 at 0.5 of the union of both planes on fixed held-out crops."""
        hits = found = wanted = 0.0
        for arrays in self.held_out:
            batch = {k: torch.from_numpy(v).to(self.device.torch) for k, v in arrays.items()}
            image, labels, weight = _prepare(batch)
            counts = (weight[:, 0] > 0).float()
            hot = (self.averages["detect"].net(image).amax(1) > 0).float() * counts
            truth = labels.amax(1) * counts
            hits += (hot * truth).sum().item()
            found += hot.sum().item()
            wanted += truth.sum().item()
        f1 = 2 * hits / max(found + wanted, 1)
        scores = {"f1": f1, "precision": hits / max(found, 1), "recall": hits / max(wanted, 1), "score": f1}
        if self.labelled:
            scores |= self._on_labelled()
        if self.judged:
            scores["f1_places"] = self._on_judged()
        return scores

    def _on_labelled(self) -> dict[str, float]:
        """Mean tolerant F1 over held-out damaged photographs and flagged share of the clean ones, as the
        product cuts its masks, at native size."""
        f1s, flagged = [], [0.0]
        for item in self.labelled:
            mask = cut_mask(self._map(item.photo))
            truth, ignore = item.labels.max(0) > 0, item.ignore > 0
            if truth.any():
                f1s.append(tolerant_precision_recall_f1(mask, truth, ignore).f1)
            else:
                flagged.append(float((mask & ~ignore).mean()))
        real, clean = float(np.mean(f1s or [0.0])), float(np.mean(flagged[1:] or flagged))
        return {"f1_real": real, "clean": clean, "score": real - CLEAN_COSTS * clean}

    def _on_judged(self) -> float:
        """Pixel F1 over all that was judged in held-out photographs, as the product cuts its masks."""
        hits = marked = 0
        for item in self.judged:
            mask, truth = cut_mask(self._map(item.photo)), item.labels.max(0) > 0
            hits += int((mask & truth).sum())
            marked += int((mask & (item.ignore == 0)).sum() + truth.sum())
        return 2 * hits / max(marked, 1)

    def _map(self, photo: Rgb) -> DamageMap:
        net = self.averages["detect"].net
        x = torch.from_numpy(photo.transpose(2, 0, 1)[None]).to(self.device.torch).float() / 255
        padded = pad_to_multiple(x, net.multiple_of).contiguous(memory_format=torch.channels_last)  # type: ignore[arg-type]
        found = torch.sigmoid(net(padded).float())[0, :, : photo.shape[0], : photo.shape[1]]
        thin, region = (found * 255).round().to(torch.uint8).cpu().numpy()
        return DamageMap(thin, region)


def _prepare(batch: Tensors) -> tuple[Tensor, Tensor, Tensor]:
    image = (batch["image"].float() / 255).contiguous(memory_format=torch.channels_last)
    return image, batch["labels"].float(), batch["weight"].float()
