"""Learning what a compact update can hold: weights that differ from older ones by a few bits each.

A straight-through estimator (Bengio, Leonard and Courville, 2013): the network computes with rounded weights,
its optimiser moves exact ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from restorer.library.compact import compacted, updated

EXACT = "exact"  # in the state of the optimiser, so that a checkpoint holds them


def learn_in_bits(net: nn.Module, optimiser: torch.optim.Optimizer, old: dict[str, Tensor]) -> None:
    """Have `net` hold rounded weights from the first step of `optimiser` on, but for the time of a step.

    Args:
        net: with the weights to start from.
        optimiser: of its parameters.
        old: the weights (names as in `net`) from which the result is to be a compact update.
    """
    names = {parameter: name for name, parameter in net.named_parameters() if parameter.requires_grad}
    before = {name: old[name].to(parameter) for parameter, name in names.items()}

    @torch.no_grad()
    def restore(*_: Any) -> None:
        for parameter in names:
            exact = optimiser.state[parameter].get(EXACT)
            if exact is not None:
                parameter.copy_(exact)

    @torch.no_grad()
    def round_off(*_: Any) -> None:
        for parameter, name in names.items():
            if parameter.ndim > 1 and parameter.grad is not None:
                optimiser.state[parameter][EXACT] = parameter.clone()
                parameter.copy_(_rounded(before[name], parameter))

    optimiser.register_step_pre_hook(restore)
    optimiser.register_step_post_hook(round_off)


def _rounded(before: Tensor, now: Tensor) -> Tensor:
    """What is left of `now` in a compact update of `before`."""
    old = {"": before.cpu()}
    return updated(old, compacted(old, {"": now.cpu()}), 1.0)[""].to(now)
