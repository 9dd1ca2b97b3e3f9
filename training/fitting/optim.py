"""Muon: momentum whose update is orthogonalised, for the convolutions; AdamW for everything else.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024), with the update scale of Liu
et al., "Muon is scalable
for LLM training" (2025), which lets both kinds of parameter share one learning rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
EDGES = ("stem", "head", "noise")  # first and last layers, by the beginning of their names


def orthogonalise(matrix: Tensor, steps: int = 5, dtype: torch.dtype = torch.float32) -> Tensor:
    """The nearest semi-orthogonal matrix of `matrix` (R, C), approximately, by a quintic Newton-Schulz
    iteration in `dtype`; bfloat16 is exact enough for it."""
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = (x / (x.norm() + 1e-7)).to(dtype)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Muon for weights of two and more dimensions, AdamW for the rest; first layers and heads belong to the
    rest.

    Args:
        hidden: weights (O, I, ...) that are updated by Muon, flattened to (O, I * ...).
        others: parameters updated by AdamW.
        lr: learning rate of both.
        weight_decay: decoupled, of both.
        dtype: what the device computes fastest in; bfloat16 is used for the orthogonalisation, which takes a
            quarter of a step on a CPU otherwise.
    """

    def __init__(
        self,
        hidden: Iterable[nn.Parameter],
        others: Iterable[nn.Parameter],
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.dtype = torch.bfloat16 if dtype == torch.bfloat16 else torch.float32
        groups = [{"params": list(hidden), "muon": True}, {"params": list(others), "muon": False}]
        super().__init__(
            groups, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.95, "betas": (0.9, 0.99)}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of all parameters that have a gradient."""
        del closure
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                update = self._muon(parameter, group) if group["muon"] else self._adam(parameter, group)
                parameter.add_(update, alpha=-group["lr"])

    def _muon(self, parameter: nn.Parameter, group: dict[str, Any]) -> Tensor:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        momentum = state["momentum"].lerp_(gradient, 1 - group["momentum"])
        matrix = gradient.lerp(momentum, group["momentum"]).flatten(1)
        return (orthogonalise(matrix, dtype=self.dtype) * (0.2 * max(matrix.shape) ** 0.5)).view_as(parameter)

    def _adam(self, parameter: nn.Parameter, group: dict[str, Any]) -> Tensor:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state.update(step=0, mean=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
        state["step"] += 1
        first, second = group["betas"]
        mean = state["mean"].lerp_(gradient, 1 - first)
        square = state["square"].lerp_(gradient * gradient, 1 - second)
        corrected = (square / (1 - second ** state["step"])).sqrt_().add_(1e-8)
        return mean / (1 - first ** state["step"]) / corrected


def muon_for(net: nn.Module, lr: float, dtype: torch.dtype = torch.float32) -> Muon:
    """Muon over the convolutions of `net`, AdamW over biases and the first and last layers; `dtype` as of
    `Muon`."""
    hidden, others = [], []
    for name, parameter in net.named_parameters():
        inner = parameter.ndim >= 2 and not name.startswith(EDGES)
        (hidden if inner else others).append(parameter)
    return Muon(hidden, others, lr, dtype=dtype)
