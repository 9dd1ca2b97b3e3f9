"""What the trainer asks of a task: networks, optimisers, batches, one step, one validation."""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from restorer.arrays import Pixels
from training.fitting.workers import Workers

Batch = dict[str, Pixels]
Tensors = dict[str, Tensor]


class BatchSource(Protocol):
    """Makes the batch of a step from its own random generator; picklable, so that processes can prepare
    ahead."""

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        """Arrays of one batch."""
        ...


class Learner(Protocol):
    """One task being learnt. `modules` and `optimisers` are what a checkpoint keeps, besides `averages`.

    `keeps_best`: weights are written only when "score" is the best so far; otherwise at every validation.
    `workers`: the processes that learn together, this one alone unless told otherwise.
    """

    modules: dict[str, nn.Module]
    averages: dict[str, Average]
    optimisers: dict[str, torch.optim.Optimizer]
    keeps_best: bool
    workers: Workers

    def step(self, batch: Tensors, progress: float) -> dict[str, float]:
        """Learn from one batch at `progress` 0..1 of the run; returns the losses by name."""
        ...

    def validate(self) -> dict[str, float]:
        """Scores on the held-out pictures by name; "score" is the one to keep the best by, higher is
        better."""
        ...


class Average:
    """Exponential moving average of a network's weights; what is shipped.

    Args:
        net: the network that is trained.
        decay: share kept per update; starts lower, so that the first steps are forgotten quickly.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Move towards `net`; buffers are copied."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        mine, theirs = list(self.net.parameters()), list(net.parameters())
        for own, other in zip(mine, theirs, strict=True):
            own.lerp_(other, 1 - decay)
        for own, other in zip(self.net.buffers(), net.buffers(), strict=True):
            own.copy_(other)


def ramp(progress: float, start: float, end: float, high: float, low: float, warm: float = 0.01) -> float:
    """Learning rate: linear warm-up over `warm` of the run from `start`, then a cosine from `high` to `low`
    at `end`."""
    t = min(1.0, max(0.0, (progress - start) / max(end - start, 1e-9)))
    if t < warm:
        return high * max(0.05, t / warm)
    return low + (high - low) * 0.5 * (1 + float(np.cos(np.pi * t)))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def guarded_step(
    optimiser: torch.optim.Optimizer, loss: Tensor, net: nn.Module, workers: Workers, clip: float = 1.0
) -> bool:
    """Backward, mean over the processes, clip and step; a step with non-finite gradients is skipped and
    reported as False."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    workers.average_gradients(net)
    norm = nn.utils.clip_grad_norm_(net.parameters(), clip)
    if not bool(torch.isfinite(norm)):
        optimiser.zero_grad(set_to_none=True)
        return False
    optimiser.step()
    return True
