"""Study this photograph: a generator practises on the undamaged pixels of the very photograph it will fill.

After internal learning (Shocher, Cohen and Irani, "Zero-Shot" Super-Resolution, CVPR 2018): what repeats in a
picture (weave, planks, grain, lettering) is learnt from where it can still be seen. The shipped weights stay
as they are.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from restorer.arrays import Float, Pixels
from restorer.device import Device
from restorer.editing.mask import Mask
from restorer.errors import InputError
from restorer.jobs import JobContext
from restorer.library.weights import IMPORTED, ModelEntry
from restorer.processing.detector import to_unit
from restorer.record.report import Studied

CROP_PX = 256
BATCH = 1
RATE = 1e-4
EXAMS, EXAM_PX = 4, 512  # pieces: how well their holes are filled decides how much of it is kept
SHARES = (0.0, 0.5, 1.0)
MARGIN = 0.02  # by what share the squared error in the exams must fall before anything is kept
MOST_DAMAGED = 0.5  # a crop with more damage teaches nothing


Lesson = tuple[Tensor, Tensor, Tensor]
"""Image (N, 3, S, S) in 0..1, damage and practice holes (N, 1, S, S)."""
Exam = tuple[Pixels, Mask, Mask]
"""A piece of the photograph (S, S) or (S, S, 3), damage and practice holes (S, S)."""
Fill = Callable[[nn.Module, Pixels, Mask], Pixels]
"""Fills what the mask marks, as a repair does: wide holes from coarse to fine, which no lesson shows."""


class Lessons:
    """Crops of one photograph with holes that were not there: what is under them is known.

    Args:
        pixels: (H, W) or (H, W, 3) integer pixels.
        mask: (H, W) bool, the damage; its own shapes, moved elsewhere, are half of the holes.
        seed: of crops and holes.
        multiple: of which the side of the crops must be one, at most 32.
        largest: side of the crops in pixels.
    """

    def __init__(
        self, pixels: Pixels, mask: Mask, seed: int, multiple: int = 8, largest: int = CROP_PX
    ) -> None:
        self.pixels, self.mask = pixels, mask
        self.rng = np.random.default_rng(seed)
        self.side = min(largest, *(side // multiple * multiple for side in mask.shape))
        shrunk = cv2.resize(mask.astype(np.uint8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        self.damaged = np.argwhere(shrunk > 0) * 4

    def draw(self) -> tuple[Float, Float, Float]:
        """One lesson: crop (S, S, 3) in 0..1, damage and practice holes (S, S) 0/1."""
        y, x = self._place()
        damage = self._damage_at(y, x)
        crop = to_unit(self.pixels[y : y + self.side, x : x + self.side])
        holes = self._own_shapes() if self.rng.random() < 0.5 else self._strokes()
        turns, mirrored = int(self.rng.integers(4)), bool(self.rng.random() < 0.5)
        planes = [np.rot90(p, turns) for p in (crop, damage.astype(np.float32), holes)]
        crop, damage, holes = (p[:, ::-1] if mirrored else p for p in planes)
        return crop, damage, holes * (1 - damage)

    def exam(self) -> Exam:
        """One piece with holes of the shape of the damage."""
        y, x = self._place()
        damage = self._damage_at(y, x)
        return self.pixels[y : y + self.side, x : x + self.side], damage, (self._own_shapes() > 0) & ~damage

    def batch(self) -> Lesson:
        """The next `BATCH` lessons."""
        crops, damage, holes = zip(*(self.draw() for _ in range(BATCH)), strict=True)
        image = torch.from_numpy(np.stack(crops).transpose(0, 3, 1, 2).copy())
        stacked = [torch.from_numpy(np.stack(planes)[:, None].copy()) for planes in (damage, holes)]
        return image, stacked[0], stacked[1]

    def _place(self) -> tuple[int, int]:
        """Upper left of a crop that is not mostly damage, if one of four is not."""
        corners = [self._corner() for _ in range(4)]
        return min(corners, key=lambda c: self._damage_at(*c).mean() > MOST_DAMAGED)

    def _damage_at(self, y: int, x: int) -> Mask:
        return self.mask[y : y + self.side, x : x + self.side]

    def _corner(self) -> tuple[int, int]:
        """Upper left of a crop; mostly near damage, where the picture is like what has to be filled."""
        height, width = self.mask.shape
        last = (height - self.side, width - self.side)
        if len(self.damaged) and self.rng.random() < 0.7:
            spot = self.damaged[self.rng.integers(len(self.damaged))]
            wish = spot - self.side // 2 + self.rng.integers(-self.side, self.side, 2)
        else:
            wish = self.rng.integers(0, (last[0] + 1, last[1] + 1))
        return int(np.clip(wish[0], 0, last[0])), int(np.clip(wish[1], 0, last[1]))

    def _own_shapes(self) -> Float:
        height, width = self.mask.shape
        if not len(self.damaged):
            return self._strokes()
        y, x = self.damaged[self.rng.integers(len(self.damaged))] - self.rng.integers(0, self.side, 2)
        y, x = int(np.clip(y, 0, height - self.side)), int(np.clip(x, 0, width - self.side))
        shape = np.rot90(self.mask[y : y + self.side, x : x + self.side], int(self.rng.integers(4)))
        return shape.astype(np.float32) if 0 < shape.mean() < MOST_DAMAGED else self._strokes()

    def _strokes(self) -> Float:
        holes = np.zeros((self.side, self.side), np.uint8)
        for _ in range(self.rng.integers(1, 5)):
            points = self.rng.integers(0, self.side, (self.rng.integers(2, 4), 1, 2)).astype(np.int32)
            cv2.polylines(holes, [points], False, 1, int(self.rng.integers(2, 13)))
        return holes.astype(np.float32)


def study(
    net: nn.Module,
    pixels: Pixels,
    mask: Mask,
    steps: int,
    device: Device,
    fill: Fill,
    ctx: JobContext | None = None,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Train a copy of `net` on `pixels` and tell how its weights moved.

    Args:
        net: a generator of `restorer.models`, at its fidelity end; stays as it is.
        pixels: (H, W) or (H, W, 3), uint8 or uint16.
        mask: (H, W) bool, the damage, from which nothing is learnt.
        steps: optimiser steps; see `steps_in`.
        device: to compute on.
        fill: what the photograph will be filled by.
        ctx: progress and cancellation, between steps; its last detail is `Studied`.
        seed: of crops and holes.

    Returns:
        The difference of every parameter, on the CPU, as far as other holes of this photograph, filled as in
        earnest, become better by it; empty where nothing was learnt.
    """
    ctx = ctx or JobContext()
    multiple = max(16, net.multiple_of)  # type: ignore[call-overload]
    if min(mask.shape) < 2 * multiple or float(mask.mean()) > MOST_DAMAGED:
        ctx.progress(1.0, detail=Studied(0.0))
        return {}
    pupil = copy.deepcopy(net).to(device.torch).train().requires_grad_(True)
    optimiser = torch.optim.Adam(pupil.parameters(), RATE, betas=(0.9, 0.99))
    lessons = Lessons(pixels, mask, seed, multiple)
    for step in range(steps):
        ctx.progress(0.8 * step / steps, "Studying this photograph")
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, 2 * (1 - step / steps))
        _practise(pupil, optimiser, lessons, device)
    before = dict(net.named_parameters())
    learnt = {k: v.detach().cpu() - before[k].detach().cpu() for k, v in pupil.named_parameters()}
    exams = _exams(pixels, mask, seed, multiple)
    share, gain = _best_share(net, learnt, exams, fill, ctx.part(0.8, 0.2))
    ctx.progress(1.0, detail=Studied(gain))
    return {k: v * share for k, v in learnt.items()} if share else {}


def _exams(pixels: Pixels, mask: Mask, seed: int, multiple: int) -> list[Exam]:
    drawn = (Lessons(pixels, mask, seed + 1 + i, multiple, EXAM_PX).exam() for i in range(EXAMS))
    return [exam for exam in drawn if exam[2].any() and not (exam[1] | exam[2]).all()]


def _best_share(
    net: nn.Module, learnt: dict[str, Tensor], exams: list[Exam], fill: Fill, ctx: JobContext
) -> tuple[float, float]:
    """How much of `learnt` fills the holes of the exams best, and the gain as `Studied` has it."""
    scores: dict[float, float] = {}
    for place, share in enumerate(SHARES):
        ctx.progress(place / len(SHARES), "Studying this photograph")
        candidate = moved(net, {k: v * share for k, v in learnt.items()})
        scores[share] = sum(_mistakes(candidate, exam, fill) for exam in exams)
    best = min(scores, key=lambda share: scores[share])
    if not scores[best] < (1 - MARGIN) * scores[0.0]:
        return 0.0, 0.0
    return best, 1 - math.sqrt(scores[best] / scores[0.0])


def _mistakes(net: nn.Module, exam: Exam, fill: Fill) -> float:
    """Mean squared error in the holes of an exam, filled together with the damage around them."""
    crop, damage, holes = exam
    filled = fill(net, crop, damage | holes)
    return float(np.square(filled[holes].astype(np.float64) - crop[holes]).mean())


def check_can_study(model: ModelEntry) -> None:
    """Raise InputError for a model that cannot study a photograph."""
    if model.architecture == IMPORTED:
        raise InputError(f"The model '{model.id}' cannot study a photograph.", "Choose one of our own.")


def steps_in(seconds: float, net: nn.Module, device: Device) -> int:
    """How many steps of `study` this machine does in so many seconds, at least 1, by timing three of them.

    A number of steps, not of seconds, is what goes into recipes: it gives the same pixels again.
    """
    pupil = copy.deepcopy(net).to(device.torch).train().requires_grad_(True)
    optimiser = torch.optim.Adam(pupil.parameters(), RATE)
    pixels = np.random.default_rng(0).integers(0, 256, (2 * CROP_PX, 2 * CROP_PX, 3), dtype=np.uint8)
    lessons = Lessons(pixels, np.zeros(pixels.shape[:2], bool), 0)
    taken: list[float] = []
    for _ in range(3):
        began = time.monotonic()
        _practise(pupil, optimiser, lessons, device)
        taken.append(time.monotonic() - began)
    return max(1, int(seconds / min(taken)))


def _errors(pupil: nn.Module, lesson: Lesson, device: Device) -> tuple[Tensor, Tensor]:
    """Mean absolute and mean squared error in the holes of a lesson."""
    image, damage, holes = (t.to(device.torch) for t in lesson)
    image = image.contiguous(memory_format=torch.channels_last)
    with device.autocast():
        prediction = pupil(image, torch.maximum(damage, holes)).float()
    area = 3 * holes.sum((1, 2, 3)).clamp_min(1)
    error = ((prediction - image) * holes).abs().sum((1, 2, 3)) / area
    squared = ((prediction - image) ** 2 * holes).sum((1, 2, 3)) / area
    # Not the logarithm of training over many photographs: here the errors of flat places must not count as
    # much as those of structure.
    return error.mean(), squared.mean()


def _practise(pupil: nn.Module, optimiser: torch.optim.Optimizer, lessons: Lessons, device: Device) -> None:
    error, squared = _errors(pupil, lessons.batch(), device)
    loss = error + 5 * squared
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(pupil.parameters(), 1.0)
    if bool(torch.isfinite(norm)):
        optimiser.step()


@torch.no_grad()
def moved(net: nn.Module, difference: dict[str, Tensor]) -> nn.Module:
    """A copy of `net` with `difference` added to its weights; it may stand at another detail than the one
    that studied."""
    copied = copy.deepcopy(net)
    for name, parameter in copied.named_parameters():
        if name in difference:
            parameter += difference[name].to(parameter)
    return copied
