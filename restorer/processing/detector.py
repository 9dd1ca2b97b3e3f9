"""Finding damage: the network over tiles at several scales, merged into one map of probability."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.arrays import Bytes, Float, Pixels
from restorer.device import Device, choose_device, is_out_of_memory, one_memory_error, release_memory
from restorer.editing.mask import DamageMap
from restorer.errors import DeviceError
from restorer.jobs import JobContext
from restorer.library import weights
from restorer.library.store import find_model
from restorer.processing.following import complete
from restorer.tiles import Box, MemoryShortError, TileSpec, run_tiled

SMALL_MEGAPIXELS = 3.0
TINY_MEGAPIXELS = 0.5
SPEC = TileSpec(tile_px=512, context_px=24, feather_px=16, minimum_px=128)


def scales_for(height: int, width: int) -> tuple[float, ...]:
    """The scales at which a picture is looked at.

    Damage has a size in millimetres: on small scans it is as thin as a pixel and wants enlarging, on large
    ones the wide damage only fits into the network's view when reduced.
    """
    return (1.0, 2.0) if height * width <= SMALL_MEGAPIXELS * 1e6 else (1.0, 0.5)


def to_unit(pixels: Pixels) -> Float:
    """Integer pixels (H, W) or (H, W, 3) as (H, W, 3) float32 in 0..1."""
    top = np.float32(np.iinfo(pixels.dtype).max)
    unit = pixels.astype(np.float32) / top
    return unit if unit.ndim == 3 else np.repeat(unit[..., None], 3, 2)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Pad (N, C, H, W) at the bottom and right to multiples, by reflection as far as that goes, then
    replication.

    The width becomes two multiples at least: where a convolution of stride two gives tall planes of one
    column, oneDNN in bfloat16 with AMX computes them from memory that was never set (torch 2.13).
    """
    height, width = x.shape[-2:]
    down = -height % multiple
    right = max(2 * multiple - width, -width % multiple)
    reflect = (0, min(right, width - 1), 0, min(down, height - 1))
    x = F.pad(x, reflect, mode="reflect")
    return F.pad(x, (0, right - reflect[1], 0, down - reflect[3]), mode="replicate")


def check_finite(values: Float) -> Float:
    """`values` of a network.

    Raises:
        DeviceError: some are no numbers, by which a photograph would look clean.
    """
    if not np.isfinite(values).all():
        raise DeviceError(
            "The network gave values that are no numbers.", "Use --device cpu, or another model."
        )
    return values


def _probability(net: nn.Module, tile: Float, device: Device) -> Float:
    """Probabilities (H, W, 2) of a tile (H, W, 3) in 0..1."""
    x = torch.from_numpy(np.ascontiguousarray(tile.transpose(2, 0, 1)))[None].to(device.torch)
    padded = pad_to_multiple(x, net.multiple_of)  # type: ignore[arg-type]
    with torch.inference_mode(), device.autocast():
        logits = net(padded.contiguous(memory_format=torch.channels_last))
    probability = torch.sigmoid(logits.float())[0, :, : tile.shape[0], : tile.shape[1]]
    return check_finite(np.ascontiguousarray(probability.permute(1, 2, 0).cpu().numpy()))


def _at_scale(net: nn.Module, pixels: Pixels, box: Box, scale: float, device: Device) -> Float:
    unit = to_unit(pixels[box.slices])
    if scale == 1.0:
        return _probability(net, unit, device)
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    found = _probability(net, np.clip(cv2.resize(unit, size, interpolation=method), 0, 1), device)
    back = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return cv2.resize(found, (box.width, box.height), interpolation=back)


@one_memory_error()
def detect_damage(
    pixels: Pixels,
    *,
    model: str | None = None,
    device: str = "auto",
    ctx: JobContext | None = None,
    scales: tuple[float, ...] | None = None,
) -> DamageMap:
    """Map the damage of a photograph.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16.
        model: id of a detection model; None takes the default.
        device: "auto", "cpu", "cuda" or "mps".
        ctx: progress and cancellation, between tiles.
        scales: at which to look; None chooses by the size of the picture.

    Returns:
        The map, at the size of the picture.

    Raises:
        InputError, WeightsError, DeviceError: as `restorer.library.weights` and `restorer.device` tell.
        MemoryError: the memory does not suffice, on whatever device.
    """
    ctx = ctx or JobContext()
    chosen = choose_device(device)  # type: ignore[arg-type]
    net = weights.load_network(find_model(model, "detect"), 0.0).to(chosen.torch)
    height, width = pixels.shape[:2]
    scales = scales or scales_for(height, width)
    total = np.zeros((height, width, 2), np.uint8)
    # The largest scale costs the most; tiles shrink with it, so that memory stays the same.
    costs = [s * s for s in scales]
    done = 0.0
    seen = [0, 0]
    for scale, cost in zip(scales, costs, strict=True):
        part = ctx.part(done / sum(costs), cost / sum(costs))
        spec = (
            SPEC if scale == 1.0 else TileSpec(round(512 / scale), round(24 / scale), round(16 / scale), 128)
        )
        planes = [p for p in (0, 1) if not seen[p] or _may_lower(p, height, width, scale)]
        for band, values in _bands(net, pixels, scale, spec, chosen, part):
            rows = total[band.slices]
            for plane in planes:
                rows[..., plane] = _merge(rows[..., plane], values[..., plane], seen[plane])
        seen = [count + (plane in planes) for plane, count in enumerate(seen)]
        done += cost
    found = DamageMap(np.ascontiguousarray(total[..., 0]), np.ascontiguousarray(total[..., 1]))
    return complete(found, pixels)


def _may_lower(plane: int, height: int, width: int, scale: float) -> bool:
    """Whether a further scale has a say in a plane (0 = thin, 1 = region).

    Enlarged, a missing patch fills the view of the network and looks like a plain surface; only on tiny
    pictures is it small enough to be judged so.
    """
    return plane == 0 or scale <= 1 or height * width <= TINY_MEGAPIXELS * 1e6


def _merge(total: Bytes, values: Float, seen: int) -> Bytes:
    """Running geometric mean of `seen` scales (uint8) and one more (0..1): every scale can veto, none
    decides alone."""
    if seen:
        before = total.astype(np.float32) / 255
        values = before ** (seen / (seen + 1)) * values ** (1 / (seen + 1))
    return np.rint(values * 255).astype(np.uint8)


def _bands(net: nn.Module, pixels: Pixels, scale: float, spec: TileSpec, device: Device, ctx: JobContext):
    def compute(box: Box) -> Float:
        try:
            return _at_scale(net, pixels, box, scale, device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        raise MemoryShortError

    height, width = pixels.shape[:2]
    for band, values, _ in run_tiled(
        height, width, compute, spec, ctx, release=lambda: release_memory(device)
    ):
        yield band, values
