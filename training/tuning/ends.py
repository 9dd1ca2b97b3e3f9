"""The ends of a model that is fine-tuned: read, moved together, and measured before and after.

A repair model has two. The fidelity end is trained; a share of the difference that this makes to its weights
is added to the detail end as well (task arithmetic; Ilharco et al., ICLR 2023): as much as serves the user's
pictures at the usual detail, which after a long training is little, for texture overshoots with all of it. So
both ends stay joined by a line of good weights, without an adversarial training that a handful of photographs
cannot feed. The verdict measures both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from restorer.device import Device, place
from restorer.jobs import JobContext
from restorer.library.weights import ModelEntry, fill_network, read_end, verify
from restorer.models import build_model
from restorer.processing.repairer import DEFAULT_DETAIL
from training.measuring.verdict import Comparison, Verdict, compare, judge
from training.tuning.tasks import TuningTask

Ends = dict[str, dict[str, Tensor]]  # weights by role
CARRIES = (0.25, 0.0)  # shares of the difference that the detail end is offered; with more texture overshoots


def read_ends(entry: ModelEntry) -> Ends:
    """The verified weights of a model by role, in float32.

    Raises:
        WeightsError: damaged.
    """
    verify(entry)
    return {end.role: read_end(entry, end) for end in entry.ends}


def trained_role(ends: Ends) -> str:
    """The end that is trained; the others follow it."""
    return "fidelity" if "fidelity" in ends else next(iter(ends))


def network_of(entry: ModelEntry, tensors: dict[str, Tensor], device: Device) -> nn.Module:
    """The network of `entry` with these weights, for use, on `device`."""
    net = build_model(entry.architecture, entry.hyper_parameters).eval().requires_grad_(False)
    fill_network(net, tensors, entry.id)
    return place(net, device.torch)


def move_ends(ends: Ends, tuned: dict[str, Tensor], carry: float = 1.0) -> Ends:
    """The trained end replaced by `tuned`, the others moved by `carry` of its difference; rounded as they are
    stored."""
    role = trained_role(ends)
    moved: Ends = {}
    for name, tensors in ends.items():
        by = 1.0 if name == role else carry
        moved[name] = {
            k: (v + by * (tuned[k].float().cpu() - ends[role][k])).half().float() for k, v in tensors.items()
        }
    return moved


def blend(ends: Ends, detail: float) -> dict[str, Tensor]:
    """The weights between the two ends of a repair model."""
    return {k: torch.lerp(v, ends["detail"][k], detail) for k, v in ends["fidelity"].items()}


def reach_verdict(
    parent: ModelEntry, before: Ends, after: Ends, task: TuningTask, device: Device, ctx: JobContext
) -> Verdict:
    """Measure both models on the pictures for the verdict and decide."""
    role = trained_role(before)
    nets = [network_of(parent, ends[role], device) for ends in (before, after)]

    def measure(name: str, which: str, least: float, noise: bool = False) -> Comparison:
        ctx.progress(None, f"Measuring: {name}")
        scores = []
        for net in nets:
            ctx.check()
            scores.append(task.scores(net, which, noise))
        return compare(f"{name}, {task.measure_name}", task.unit, scores[0], scores[1], least)

    user = measure("your photographs", "verdict", task.least_gain)
    guards = [measure("replay set", "replay", -task.most_loss)]
    if "detail" in before:
        nets = [network_of(parent, blend(ends, DEFAULT_DETAIL), device) for ends in (before, after)]
        name = f"your photographs at detail {DEFAULT_DETAIL}"
        guards.append(measure(name, "verdict", -task.most_loss, noise=True))
    return judge(user, guards)


def textured_gain(
    parent: ModelEntry, ends: Ends, task: TuningTask, device: Device, check: Callable[[], None]
) -> Callable[[nn.Module], tuple[float, float]]:
    """Tells for a fidelity end what the pictures for selection gain at the usual detail, and with how much of
    its difference at the detail end; `check` raises where it is cancelled."""
    before = task.scores(network_of(parent, blend(ends, DEFAULT_DETAIL), device), "selection", True)

    def gain(net: nn.Module, carry: float) -> float:
        check()
        moved = blend(move_ends(ends, net.state_dict(), carry), DEFAULT_DETAIL)
        after = task.scores(network_of(parent, moved, device), "selection", True)
        return float(np.mean([after[k] - v for k, v in before.items()]))

    return lambda net: max((gain(net, carry), carry) for carry in CARRIES)
