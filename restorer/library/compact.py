"""Compact updates: what weights learnt later, at a few bits for each of them.

A network that was trained a little further comes as a small file beside the weights that it started from, as
in BitDelta (Liu et al., NeurIPS 2024), with one step for each output channel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restorer.arrays import Bytes
from restorer.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

BITS = 2
CODES, STEP, CHANGE = ":codes", ":step", ":change"
SHARES = "shares"  # in the header: how much of the change each end of a model gets
# Between two levels, in standard deviations of normally distributed values: the least squared error by 1 to 4
# bits (Max, 1960).
SPACING = {1: 1.596, 2: 0.9957, 3: 0.586, 4: 0.3352}


def compacted(old: Mapping[str, Tensor], new: Mapping[str, Tensor], bits: int = BITS) -> dict[str, Tensor]:
    """The change from `old` to `new`, tensors of the same names and shapes.

    Returns:
        of each weight (O, ...) that changed ``NAME:codes``, uint8 (bits, O, ceil(rest / 8)), planes of bits
            from the highest on, and ``NAME:step``, float16 (O,), between two levels of the output channel,
            which lie evenly around no change; of a bias (O,) ``NAME:change``, float16.
    """
    import torch

    found: dict[str, Tensor] = {}
    for name, before in old.items():
        change = new[name].float() - before.float()
        if not bool(change.any()):
            continue
        if change.ndim == 1:
            found[name + CHANGE] = change.half()
            continue
        codes, step = _rounded(change.flatten(1), bits)
        planes = [np.packbits(codes >> bit & 1, axis=1) for bit in reversed(range(bits))]
        found[name + CODES], found[name + STEP] = torch.from_numpy(np.stack(planes)), step.half()
    return found


def _rounded(rows: Tensor, bits: int) -> tuple[Bytes, Tensor]:
    """The codes of `rows` (O, n), 0 to 2 ** bits - 1, and the steps (O,) that fit them best."""
    half = 2 ** (bits - 1)
    step = SPACING[bits] * rows.pow(2).mean(1, keepdim=True).sqrt()
    codes = (rows / step.clamp_min(1e-8)).floor().clamp(-half, half - 1) + half
    levels = codes - (half - 0.5)
    best = (rows * levels).sum(1) / (levels * levels).sum(1)  # so rounding what is rounded changes nothing
    return codes.numpy().astype(np.uint8), best


def updated(weights: Mapping[str, Tensor], update: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """`weights` moved by `share` of what `compacted` found.

    Raises:
        WeightsError: the update is of other weights, or damaged.
    """
    result = dict(weights)
    for key in update:
        name, colon, kind = key.rpartition(":")
        if name not in weights or colon + kind not in (CODES, STEP, CHANGE):
            raise _unfit(key)
        if colon + kind != STEP:
            result[name] = weights[name] + share * _change(name, weights[name], update)
    return result


def _change(name: str, before: Tensor, update: Mapping[str, Tensor]) -> Tensor:
    """What `update` tells of the weights `before`."""
    import torch

    change = update.get(name + CHANGE)
    if change is not None:
        if change.shape != before.shape:
            raise _unfit(name + CHANGE)
        return change.float()
    planes, step = update[name + CODES], update.get(name + STEP)
    columns = before[0].numel()
    shape = (len(before), -(-columns // 8))
    if step is None or step.shape != before.shape[:1]:
        raise _unfit(name + STEP)
    if (
        planes.dtype != torch.uint8
        or planes.ndim != 3
        or planes.shape[1:] != shape
        or len(planes) not in SPACING
    ):
        raise _unfit(name + CODES)
    codes = np.zeros((len(before), columns), np.uint8)
    for plane in planes.numpy():
        codes = codes << 1 | np.unpackbits(plane, axis=1, count=columns)
    levels = torch.from_numpy(codes).float() - (2 ** (len(planes) - 1) - 0.5)
    return (levels * step.float()[:, None]).view_as(before)


def _unfit(name: str) -> WeightsError:
    return WeightsError(
        f"The update of the weights does not fit them: '{name}'.", "The file is not for this model."
    )


def read_update(path: Path) -> tuple[dict[str, Tensor], dict[str, float]]:
    """What `compacted` found, and how much of it each end of the model gets, by role.

    Raises:
        WeightsError: it cannot be read, or is no update.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stream:
            shares = json.loads((stream.metadata() or {})[SHARES])
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - no mapping
        return tensors, {str(role): float(share) for role, share in shares.items()}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"The update of weights '{path.name}' cannot be read.", "It is damaged or incomplete."
        ) from error
