"""Relaxing a fill towards the surface that bends least between the pixels around the hole.

The biharmonic equation (Damelin and Hoang, "On surface completion and image inpainting by biharmonic
functions", 2018) under a fixed number of Chebyshev steps (Golub and Van Loan, "Matrix Computations", 4th ed.,
11.2.8). Solved to the end it is the best of the classical fills across a scratch and swings far out of range
in wide holes; the few steps from a push-pull fill bend narrow holes fully and wide ones along their border
alone. The steps are linear and reach two pixels each, so that the answer of a tile is that of the picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STENCIL = {  # of the bilaplacian: (dy, dx) -> weight
    (0, 0): 20.0,
    **dict.fromkeys(((-1, 0), (1, 0), (0, -1), (0, 1)), -8.0),
    **{(dy, dx): 2.0 for dy in (-1, 1) for dx in (-1, 1)},
    **dict.fromkeys(((-2, 0), (2, 0), (0, -2), (0, 2)), 1.0),
}
SOFTEST, STIFFEST = 0.07, 64.0  # eigenvalues between which errors are damped; 0.07 is a strip of 9 pixels


def relax(fill: Tensor, free: Tensor, steps: int) -> Tensor:
    """Take `steps` Chebyshev steps towards the biharmonic fill; without gradients.

    Args:
        fill: (N, C, H, W), a first guess where `free`.
        free: (N, 1, H, W) bool, True = to be found.
        steps: 0 or more.

    Returns:
        (N, C, H, W), changed where `free` alone.
    """
    with torch.no_grad():
        count = int(free.sum())
        if steps == 0 or count == 0:
            return fill
        table = fill.permute(0, 2, 3, 1).reshape(-1, fill.shape[1]).float()
        place, unknown = _neighbours(free[:, 0], count)
        centre, reach = (STIFFEST + SOFTEST) / 2, (STIFFEST - SOFTEST) / 2
        weights = torch.tensor(list(STENCIL.values()), device=fill.device).expand(count, -1).contiguous()
        residual = -bend(table, place, weights)
        change = torch.zeros_like(residual)
        step = F.pad(residual / centre, (0, 0, 0, 1))  # the last row stands for all that is known
        rho = reach / centre
        for _ in range(steps - 1):
            change += step[:-1]
            residual -= bend(step, unknown, weights)
            rho, before = 1 / (2 * centre / reach - rho), rho
            step[:-1].mul_(rho * before).add_(residual, alpha=2 * rho / reach)
        change += step[:-1]
        found = table.index_add(0, place[:, 0], change)
        return found.view(*fill.shape[:1], *fill.shape[2:], -1).permute(0, 3, 1, 2).to(fill.dtype)


def bend(values: Tensor, where: Tensor, weights: Tensor) -> Tensor:
    """The sums (M, C) of the rows `where` (M, 13) of `values` (K, C), each with its weight (M, 13)."""
    if values.device.type != "cpu":  # not every device has the other one
        return (values[where] * weights[..., None]).sum(1)
    return F.embedding_bag(where, values, mode="sum", per_sample_weights=weights)


def _neighbours(free: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """For each of the `count` pixels of `free` (N, H, W) those under the stencil, (count, 13) each: their
    places in the picture, and their numbers among the free ones, `count` for known ones. The picture is
    continued as its mirror image."""
    batch, height, width = free.shape
    page, row, column = free.nonzero(as_tuple=True)
    offsets = torch.tensor(list(STENCIL), device=free.device)
    rows = _mirrored(row[:, None] + offsets[:, 0], height)
    columns = _mirrored(column[:, None] + offsets[:, 1], width)
    place = (page[:, None] * height + rows) * width + columns
    number = torch.full((batch * height * width,), count, dtype=torch.int64, device=free.device)
    number[place[:, 0]] = torch.arange(count, device=free.device)
    return place, number[place]


def _mirrored(index: Tensor, size: int) -> Tensor:
    index = torch.where(index < 0, -1 - index, index)
    return torch.where(index >= size, 2 * size - 1 - index, index).clamp_(0, size - 1)
