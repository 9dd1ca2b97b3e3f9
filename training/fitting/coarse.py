"""The solution at half size that a generator starts from in wide holes: of crops, as
`restorer.processing.repairer` has it of photographs."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 2  # halvings of a crop


def from_half(
    net: nn.Module, fill: Callable[..., Tensor], image: Tensor, mask: Tensor, levels: int = LEVELS
) -> Tensor | None:
    """What `net` makes of the crops at half size, enlarged; that starts from a coarser solution itself.

    Args:
        net: a generator of `restorer.models`.
        fill: how it is called, `fill(image, mask, coarse=...)`.
        image: (N, 3, S, S) in 0..1.
        mask: (N, 1, S, S), 1 = hole.
        levels: how often the crops are halved.

    Returns:
        (N, 3, S, S), without gradients; None where crops of that size cannot be halved.
    """
    multiple: int = net.multiple_of  # type: ignore[assignment]
    if levels == 0 or mask.shape[-1] % (2 * multiple):
        return None
    half_mask, known = F.max_pool2d(mask, 2), F.avg_pool2d(1 - mask, 2)
    half = F.avg_pool2d(image * (1 - mask), 2) / known.clamp_min(0.25)
    with torch.no_grad():
        solved = fill(half, half_mask, coarse=from_half(net, fill, half, half_mask, levels - 1))
    filled = half * (1 - half_mask) + solved * half_mask
    return F.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)


def as_in_repair(net: nn.Module, fill: Callable[..., Tensor], image: Tensor, mask: Tensor) -> Tensor | None:
    """The coarse solution that repair would give `net`, if `net` knows by itself where it counts."""
    return from_half(net, fill, image, mask) if getattr(net, "relaxed", False) else None
