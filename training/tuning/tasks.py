"""What fine-tuning does for each task: its loss, and its scores by photograph on fixed pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from restorer.arrays import Bools, Bytes
from restorer.device import Device
from restorer.metrics import ssim, tolerant_precision_recall_f1
from training.fitting import losses
from training.fitting.coarse import as_in_repair, from_half
from training.fitting.learner import Tensors
from training.fitting.recipes import EXPECTATION
from training.fitting.workers import Workers
from training.tuning.data import DetectCase, RepairCases, unit

Scores = Mapping[int, float]  # by number of the photograph
CHUNK = 8
EXAMPLES = 12
FOUND_COLOUR = (255, 140, 0)
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
REPAIR_LOSSES: Mapping[str, Loss] = {
    "l1": losses.hole_l1,
    "l2": losses.hole_l2,
    "log_mse": losses.hole_log_mse,
    "pyramid": losses.pyramid_l1,
}
DETECT_LOSSES: Mapping[str, Loss] = {"bce": losses.weighted_bce, "dice": losses.soft_dice}
USUAL_LOSSES: Mapping[str, Mapping[str, float]] = {
    "repair": EXPECTATION,
    "detect": {"bce": 4.0, "dice": 1.0},
}


def _weighted(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> tuple[Tensor, dict[str, float]]:
    total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
    return total, {name: term.item() for name, term in terms.items()}


@dataclass(frozen=True)
class Examples:
    """What a network makes of a few fixed held-out pictures.

    Attributes:
        given: (N, H, W, 3) RGB uint8, what it is given; holes are grey.
        result: what it makes of them; what a detector finds is orange.
        truth: what would be right.
        ssim: mean over the pictures, of repairs; None for a detector.
    """

    given: Bytes
    result: Bytes
    truth: Bytes
    ssim: float | None


class TuningTask(Protocol):
    """One task being fine-tuned.

    Attributes:
        measure_name: name of the score, for a person; higher is better.
        unit: its unit, or "".
        least_gain: what the user's photographs must gain.
        most_loss: what the replay set may lose.
        workers: the processes among which `scores`, which all of them call, divides the pictures.
    """

    measure_name: str
    unit: str
    least_gain: float
    most_loss: float
    workers: Workers

    def loss(self, net: nn.Module, batch: Tensors) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch or of a part of it, a mean over its crops, and its terms by name."""
        ...

    def scores(self, net: nn.Module, which: str, noise: bool = False) -> Scores:
        """Scores on the fixed pictures "selection", "verdict", "replay" or "replay-selection".

        `noise`: measure as the textured end of a generator.
        """
        ...

    def examples(self, net: nn.Module) -> Examples:
        """What `net` makes of a few of the pictures "selection", always the same ones."""
        ...


class RepairTuning:
    """Filling holes: the reconstruction part of the generator's own training.

    Args:
        cases: fixed crops by name, see `TuningTask.scores`.
        device: to compute on.
        weights: of the losses in `REPAIR_LOSSES`; empty = the usual ones.
        workers: see `TuningTask`.
    """

    measure_name, unit = "PSNR in the hole", "dB"
    least_gain, most_loss = 0.05, 0.1

    def __init__(
        self,
        cases: Mapping[str, RepairCases],
        device: Device,
        weights: Mapping[str, float] | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.cases, self.device = cases, device
        self.weights = {k: w for k, w in (weights or USUAL_LOSSES["repair"]).items() if w}
        self.workers = workers or Workers()

    def loss(self, net: nn.Module, batch: Tensors) -> tuple[Tensor, dict[str, float]]:
        """The weighted losses over the part of the holes whose truth is sound."""
        image = (batch["image"].float() / 255).contiguous(memory_format=torch.channels_last)
        mask, counted = batch["mask"].float(), batch["counted"].float()
        fill = partial(self._fill, net)
        coarse = from_half(net, fill, image, mask) if bool(batch["coarse"].any()) else None
        prediction = fill(image, mask, coarse=coarse)
        terms = {name: REPAIR_LOSSES[name](prediction, image, counted) for name in self.weights}
        return _weighted(terms, self.weights)

    def _fill(self, net: nn.Module, image: Tensor, mask: Tensor, **options: Tensor | None) -> Tensor:
        with self.device.autocast():
            return net(image, mask, **options).float()

    @torch.no_grad()
    def scores(self, net: nn.Module, which: str, noise: bool = False) -> Scores:
        """Hole-PSNR in dB, meaned over the crops of each photograph."""
        cases = self.cases[which]
        generator = torch.Generator().manual_seed(0)
        grain = torch.randn(cases.mask.shape, generator=generator) if noise else None
        found: dict[int, float] = {}
        for _, i in self.workers.own(range(0, len(cases.image), CHUNK)):
            part = slice(i, i + CHUNK)
            image = torch.from_numpy(unit(cases.image[part])).to(self.device.torch)
            mask = torch.from_numpy(cases.mask[part]).to(self.device.torch).float()
            counted = torch.from_numpy(cases.counted[part]).to(self.device.torch).float()
            image = image.contiguous(memory_format=torch.channels_last)
            extra = grain[part].to(self.device.torch) if grain is not None else None
            fill = partial(self._fill, net)
            coarse = as_in_repair(net, fill, image, mask)
            prediction = fill(image, mask, noise=extra, coarse=coarse).clamp(0, 1)
            mse = losses.per_image((prediction - image) ** 2, counted)
            found |= enumerate((-10 * torch.log10(mse.clamp_min(1e-8))).tolist(), i)
        values = np.array(list(self.workers.union(found).values()))
        return {int(n): float(values[cases.photo == n].mean()) for n in np.unique(cases.photo)}

    @torch.no_grad()
    def examples(self, net: nn.Module) -> Examples:
        """One crop of each of the first photographs, with its hole filled."""
        cases = self.cases["selection"]
        chosen = np.unique(cases.photo, return_index=True)[1][:EXAMPLES]
        truth, mask = cases.image[chosen], cases.mask[chosen]
        image = torch.from_numpy(unit(truth)).to(self.device.torch)
        hole = torch.from_numpy(mask).to(self.device.torch).float()
        fill = partial(self._fill, net)
        image = image.contiguous(memory_format=torch.channels_last)
        filled = fill(image, hole, coarse=as_in_repair(net, fill, image, hole)).clamp(0, 1)
        rounded = np.rint(filled.cpu().numpy() * 255).astype(np.uint8)
        given, result, right = (
            np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
            for planes in (np.where(mask, np.uint8(128), truth), np.where(mask, rounded, truth), truth)
        )
        alike = [ssim(unit(a), unit(b)) for a, b in zip(result, right, strict=True)]
        return Examples(given, result, right, float(np.mean(alike)))


class DetectTuning:
    """Finding damage, from masks that a person has corrected.

    Args:
        cases: fixed pictures by name, see `TuningTask.scores`.
        device: to compute on.
        weights: of the losses in `DETECT_LOSSES`; empty = the usual ones.
        workers: see `TuningTask`.
    """

    measure_name, unit = "F1 within 2 px", ""
    least_gain, most_loss = 0.01, 0.02
    clean_share = 0.02  # of a sound picture flagged counts as wholly wrong

    def __init__(
        self,
        cases: Mapping[str, Sequence[DetectCase]],
        device: Device,
        weights: Mapping[str, float] | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.cases, self.device = cases, device
        self.weights = {k: w for k, w in (weights or USUAL_LOSSES["detect"]).items() if w}
        self.workers = workers or Workers()

    def loss(self, net: nn.Module, batch: Tensors) -> tuple[Tensor, dict[str, float]]:
        """The weighted losses on both planes, as in the detector's own training."""
        image = (batch["image"].float() / 255).contiguous(memory_format=torch.channels_last)
        with self.device.autocast():
            logits = net(image)
        labels, weight = batch["labels"].float(), batch["weight"].float()
        terms = {name: DETECT_LOSSES[name](logits.float(), labels, weight) for name in self.weights}
        return _weighted(terms, self.weights)

    @torch.no_grad()
    def scores(self, net: nn.Module, which: str, noise: bool = False) -> Scores:
        """F1 of each picture with 2 px of tolerance; a sound one scores by how little of it is flagged."""
        del noise
        out: dict[int, float] = {}
        for number, case in self.workers.own(self.cases[which]):
            image = torch.from_numpy(unit(case.image))[None].to(self.device.torch)
            with self.device.autocast():
                logits = net(image.contiguous(memory_format=torch.channels_last))
            found = (logits[0].float().amax(0) > 0).cpu().numpy()
            truth, ignore = case.truth > 0, case.ignore > 0
            if truth.any():
                out[number] = tolerant_precision_recall_f1(found, truth, ignore, 2).f1
            else:
                flagged = float(found[~ignore].mean()) if (~ignore).any() else 0.0
                out[number] = max(0.0, 1 - flagged / self.clean_share)
        return self.workers.union(out)

    @torch.no_grad()
    def examples(self, net: nn.Module) -> Examples:
        """The first pictures that have damage, or else the first ones, cut to one size."""
        cases = sorted(self.cases["selection"], key=lambda case: not case.truth.any())[:EXAMPLES]
        height, width = (min(case.truth.shape[axis] for case in cases) for axis in (0, 1))
        rows: list[tuple[Bytes, Bytes, Bytes]] = []
        for case in cases:
            image = torch.from_numpy(unit(case.image))[None].to(self.device.torch)
            with self.device.autocast():
                logits = net(image.contiguous(memory_format=torch.channels_last))
            found = (logits[0].float().amax(0) > 0).cpu().numpy()
            picture = np.ascontiguousarray(case.image.transpose(1, 2, 0))
            y, x = _around(case.truth, height, width)
            part = np.s_[y : y + height, x : x + width]
            rows.append(
                (picture[part], _painted(picture, found)[part], _painted(picture, case.truth > 0)[part])
            )
        given, result, truth = (np.stack(column) for column in zip(*rows, strict=True))
        return Examples(given, result, truth, None)


def _around(truth: Bytes, height: int, width: int) -> tuple[int, int]:
    """Where a window of that size shows the middle of what is marked."""
    spots = np.argwhere(truth)
    middle = spots.mean(0) if len(spots) else np.array(truth.shape) / 2
    y, x = (
        int(np.clip(m - n / 2, 0, t - n))
        for m, n, t in zip(middle, (height, width), truth.shape, strict=True)
    )
    return y, x


def _painted(picture: Bytes, where: Bools) -> Bytes:
    out = picture.copy()
    out[where] = FOUND_COLOUR
    return out
