"""Filling the holes of a photograph with a generator; every pixel outside of the mask stays as it is, to the
bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from restorer.arrays import Float, Pixels
from restorer.device import Device, choose_device, is_out_of_memory, one_memory_error, release_memory
from restorer.editing.mask import Mask, grow
from restorer.errors import InputError
from restorer.jobs import JobContext
from restorer.library import weights
from restorer.library.store import find_model
from restorer.models.generator import Generator
from restorer.processing.biharmonic import steady
from restorer.processing.detector import check_finite, pad_to_multiple, to_unit
from restorer.processing.exemplar import Patchwork, patchwork, wide_holes
from restorer.processing.grain import (
    FAR_GAIN,
    FAR_GAIN_TEXTURED,
    add_grain,
    position_noise,
    without_checkerboard,
)
from restorer.processing.study import check_can_study, moved, study
from restorer.processing.toning import match_toning
from restorer.processing.views import VIEWS
from restorer.tiles import (
    CALL_PX,
    Box,
    FinishedTile,
    MemoryShortError,
    TileSpec,
    pieces,
    run_tiled,
    without_context,
)

DEFAULT_DETAIL = 0.8
DEFAULT_GROW_PX = 2
SPEC = TileSpec(tile_px=640, context_px=32, feather_px=16, minimum_px=128)
SEEN_PX = 48.0  # from the border; further in the coarse solution is taken for known
TEXTURE_RADIUS = 1.25  # of what is solved at half size first: from there on texture comes from elsewhere
SMALL_MEGAPIXELS = 2.0  # up to here a photograph can afford the self-ensemble and more coarse solutions


@dataclass(frozen=True)
class RepairSettings:
    """How holes are filled.

    Attributes:
        model: id of a repair model; None takes the default.
        detail: 0 = the most probable smooth fill, 1 = full texture; grain is full from the default on.
        grow_px: the mask is dilated by this many pixels, and that is the mask.
        seed: of grain and texture; another seed gives another fill.
        device: "auto", "cpu", "cuda" or "mps".
        study_steps: how long the generator first practises on the undamaged pixels of this photograph, in
            optimiser steps; 0 = not at all. `restorer.processing.study.steps_in` turns seconds into steps.
        ensemble: whether in small photographs the fill is averaged over eight views at detail 0, and in
            hair-thin holes with the biharmonic one where the network does not start from it.
    """

    model: str | None = None
    detail: float = DEFAULT_DETAIL
    grow_px: int = DEFAULT_GROW_PX
    seed: int = 0
    device: str = "auto"
    study_steps: int = 0
    ensemble: bool = True

    def check(self) -> None:
        """Raise InputError for a value out of range."""
        if not 0 <= self.detail <= 1:
            raise InputError("The detail must lie between 0 and 1.")
        if not 0 <= self.grow_px <= 64:
            raise InputError("The mask can be grown by 0 to 64 pixels.")
        if not 0 <= self.study_steps <= 10_000:
            raise InputError("A photograph can be studied in 0 to 10000 steps.")
        if not 0 <= self.seed < 2**31:
            raise InputError("The seed must be a number from 0 to 2147483647.")


def _tensor(array: Float, device: Device) -> Tensor:
    planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes))[None].to(device.torch)


def tiles_for(net: Generator) -> TileSpec:
    """Tiles whose pieces, surroundings included, fit into the window of `net`, if it has one."""
    if not net.window_px:
        return SPEC
    return replace(SPEC, tile_px=net.window_px + 2 * (SPEC.context_px - net.surroundings_px))


class Filler:
    """One photograph being filled: the network, the pixels and the mask at one scale.

    Args:
        net: a generator of `restorer.models`.
        pixels: (H, W) or (H, W, 3) integer pixels.
        mask: (H, W), the grown mask.
        settings: as given by the user.
        device: to compute on.
        one_view: this is a view already.
    """

    def __init__(
        self,
        net: nn.Module,
        pixels: Pixels,
        mask: Mask,
        settings: RepairSettings,
        device: Device,
        one_view: bool = False,
    ) -> None:
        self.net = cast(Generator, net)
        self.pixels, self.mask, self.settings, self.device = pixels, mask, settings, device
        self.one_view = one_view
        self.spec = tiles_for(self.net)
        self.depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
        self.coarse: Float | None = None
        self.patchworks: list[Patchwork] = []
        small = mask.size <= SMALL_MEGAPIXELS * 1e6
        radius = self.net.coarse_radius_px
        self.coarse_radius_px = radius if small else 2 * radius  # a third less time at 12 megapixels
        averaged = settings.ensemble and small
        faithful = settings.detail == 0 and not self.net.window_px  # those are slow enough
        self.ensemble = averaged and faithful and not one_view
        self.steadied = averaged and not self.net.relaxed  # those start from such a fill

    def solve_coarse(self, ctx: JobContext) -> None:
        """Where a hole is too large to be filled from its border, solve the picture at half size as a
        start; of several views each does that by itself."""
        if self.ensemble or float(self.depth.max()) <= self.coarse_radius_px or min(self.mask.shape) < 64:
            return
        half, half_mask = halve(self.pixels, self.mask)
        inner = Filler(self.net, half, half_mask, self.settings, self.device, self.one_view)
        inner.solve_coarse(ctx.part(0.0, 0.5))
        solved = half
        for band, values, valid in inner.bands(ctx.part(0.5, 0.5), grain=False):
            write_band(solved, band, values, valid & half_mask[band.slices])
        self.coarse = solved.astype(np.float32) / np.float32(np.iinfo(solved.dtype).max)

    def add_texture(self, ctx: JobContext) -> None:
        """Where holes are so wide that their middle would be smooth, take texture from the surroundings."""
        if self.coarse is None or self.settings.detail <= 0 or not self.net.takes_texture:
            return
        holes = list(wide_holes(self.depth, TEXTURE_RADIUS * self.coarse_radius_px))
        for number, (window, target) in enumerate(holes):
            ctx.progress(number / len(holes))
            unknown = self.mask[window.slices][..., None]
            picture = np.where(unknown, self._coarse_tile(window), to_unit(self.pixels[window.slices]))
            depth = self.depth[window.slices]
            found = patchwork(window, picture, target, depth, self.settings.seed, ctx)
            if found is not None:
                self.patchworks.append(found)

    def bands(self, ctx: JobContext, grain: bool = True) -> Iterator[tuple[Box, Float, Mask]]:
        """Finished bands (box, values (h, W, 3) in 0..1, valid (h, W)) from top to bottom, where the mask
        is; with `grain` it is the last pass. At the fidelity end of small photographs there is one band."""
        if self.ensemble:
            return iter([self._averaged(ctx, grain)])

        def compute(box: Box) -> Float:
            try:
                filled = self._fill(box, grain)
                if grain:  # the last pass: what is seen is what comes out
                    ctx.progress(None, detail=self._finished(box, filled))
                return filled
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            raise MemoryShortError

        height, width = self.mask.shape
        return run_tiled(
            height,
            width,
            compute,
            self.spec,
            ctx,
            wanted=lambda box: bool(self.mask[box.slices].any()),
            release=lambda: release_memory(self.device),
        )

    def _averaged(self, ctx: JobContext, told: bool) -> tuple[Box, Float, Mask]:
        """The band of the whole picture, averaged over views of it; `told` as far as it is.

        Self-ensemble (Timofte, Rothe and Van Gool, CVPR 2016) of all from the coarsest solution on.
        """
        height, width = self.mask.shape
        whole = Box(0, 0, height, width)
        total = np.zeros((height, width, 3), np.float32)
        for number, view in enumerate(VIEWS):
            part = ctx.part(number / len(VIEWS), 1 / len(VIEWS))
            seen = view.of(self.pixels), view.of(self.mask)
            one = Filler(self.net, *seen, self.settings, self.device, one_view=True)
            one.solve_coarse(part.part(0.0, 0.4))
            filled = to_unit(one.pixels)
            for band, values, valid in one.bands(part.part(0.4, 0.6), grain=False):
                filled[band.slices][valid] = values[valid]
            total += view.back(filled)
            if told:
                ctx.progress(None, detail=self._finished(whole, total / np.float32(number + 1)))
        return whole, total / np.float32(len(VIEWS)), self.mask

    def _finished(self, box: Box, filled: Float) -> FinishedTile:
        height, width = self.mask.shape
        inner = without_context(box, height, width, self.spec)
        shown = filled[inner.inside(box)] * np.float32(np.iinfo(self.pixels.dtype).max)
        pixels = np.rint(shown).astype(self.pixels.dtype)
        return FinishedTile(inner, pixels if self.pixels.ndim == 3 else pixels[..., 0])

    def _fill(self, box: Box, grain: bool) -> Float:
        """The filled tile (h, w, 3); only the parts around its holes are computed."""
        height, width = self.mask.shape
        window = self.net.window_px
        used = without_context(box, height, width, self.spec)  # a neighbour fills the rest
        out = to_unit(self.pixels[box.slices])
        surroundings, call_px = self.net.surroundings_px, max(CALL_PX, window**2)
        for piece in pieces(self.mask[used.slices], surroundings, call_px):
            own = piece.moved(used.y0, used.x0)
            near = own.grown(surroundings, height, width).widened(window, height, width)
            out[own.inside(box)] = self._finish(near, grain)[own.inside(near)]
        return out

    def _finish(self, near: Box, grain: bool) -> Float:
        """The filled piece (h, w, 3) with the toning and the grain of its surroundings."""
        mask = self.mask[near.slices]
        filled = match_toning(self._predict(near), mask)
        if self.steadied:
            filled = steady(filled, mask, self.depth[near.slices])
        if grain and self.settings.detail > 0:
            strength = min(1.0, self.settings.detail / DEFAULT_DETAIL)
            for texture in self.patchworks:
                texture.lay_over(filled, near, strength)
            noise = position_noise(near.y0, near.x0, near.height, near.width, self.settings.seed + 1)
            far_gain = FAR_GAIN_TEXTURED if self.patchworks else FAR_GAIN
            filled = add_grain(filled, mask, noise, strength, far_gain)
        return filled

    def _predict(self, box: Box) -> Float:
        mask = self.mask[box.slices]
        unit = to_unit(self.pixels[box.slices])
        coarse = None
        if self.coarse is not None and float(self.depth[box.slices].max()) > self.coarse_radius_px / 2:
            coarse = self._coarse_tile(box)
            if self.net.relaxed:
                unit, mask = self._settled(box, unit, coarse)
                if not mask.any():
                    return unit
        noise = position_noise(box.y0, box.x0, box.height, box.width, self.settings.seed)
        with torch.inference_mode(), self.device.autocast():
            result = self.net(
                self._padded(unit),
                self._padded(mask.astype(np.float32)),
                noise=self._padded(noise) if self.settings.detail > 0 else None,
                coarse=None if coarse is None else self._padded(coarse),
            ).float()
        values = result[0, :, : box.height, : box.width].permute(1, 2, 0).cpu().numpy()
        if self.pixels.ndim == 2:
            values = values.mean(2, keepdims=True).repeat(3, 2)
        check_finite(values)
        filled = np.where(mask[..., None], np.clip(values, 0, 1), unit).astype(np.float32)
        return without_checkerboard(filled, mask) if self.settings.detail > 0 else filled

    def _settled(self, box: Box, unit: Float, coarse: Float) -> tuple[Float, Mask]:
        """The part `box` of the photograph, its holes filled with `coarse` far from the border, and what is
        left of them: no network that saw small crops alone knows what to do there."""
        far = self.depth[box.slices] > SEEN_PX
        return np.where(far[..., None], coarse, unit), self.mask[box.slices] & ~far

    def _padded(self, plane: Float) -> Tensor:
        """(H, W) or (H, W, C) as the network takes it, (1, C, H', W')."""
        padded = pad_to_multiple(_tensor(plane, self.device), self.net.multiple_of)
        return padded.contiguous(memory_format=torch.channels_last)

    def _coarse_tile(self, box: Box) -> Float:
        """The half-size solution, enlarged over `box`."""
        assert self.coarse is not None
        y0, x0 = box.y0 // 2, box.x0 // 2
        y1, x1 = (box.y1 + 1) // 2 + 1, (box.x1 + 1) // 2 + 1
        part = self.coarse[y0:y1, x0:x1]
        up = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        up = up[box.y0 - 2 * y0 :, box.x0 - 2 * x0 :][: box.height, : box.width]
        missing = (box.height - up.shape[0], box.width - up.shape[1])
        if any(missing):
            up = cv2.copyMakeBorder(up, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
        return up if up.ndim == 3 else np.repeat(up[..., None], 3, 2)


def halve(pixels: Pixels, mask: Mask) -> tuple[Pixels, Mask]:
    """Picture and mask at half size: known pixels averaged alone; a cell with any hole is a hole. Integer
    types stay."""
    height, width = mask.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    even = (0, height % 2, 0, width % 2)
    mask_even = cv2.copyMakeBorder(mask.astype(np.uint8), *even, cv2.BORDER_REPLICATE)
    known = cv2.resize((1 - mask_even).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    out = np.empty((size[1], size[0], *pixels.shape[2:]), pixels.dtype)
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    target = out[..., None] if out.ndim == 2 else out
    for channel in range(planes.shape[2]):  # one plane at a time keeps the float copy small
        plane = cv2.copyMakeBorder(np.ascontiguousarray(planes[..., channel]), *even, cv2.BORDER_REPLICATE)
        mean = cv2.resize(plane * (1 - mask_even).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        target[..., channel] = np.rint(mean / np.maximum(known, 0.25)).astype(pixels.dtype)
    return out, known < 1


def write_band(
    out: Pixels,
    band: Box,
    values: Float,
    inside: Mask,
    alpha: Float | None = None,
) -> None:
    """Write `values` (h, W, 3) in 0..1 into the integer picture `out` where `inside`, blended by `alpha`,
    rounded."""
    rows = out[band.slices]
    top = np.iinfo(out.dtype).max
    new = values[inside] * np.float32(top)
    if out.ndim == 2:
        new = new[:, 0]
    if alpha is not None:
        share = alpha[inside] if out.ndim == 2 else alpha[inside][:, None]
        new = rows[inside].astype(np.float32) + share * (new - rows[inside].astype(np.float32))
    rows[inside] = np.clip(np.rint(new), 0, top).astype(out.dtype)


@one_memory_error()
def repair_pixels(
    pixels: Pixels,
    mask: Mask,
    settings: RepairSettings | None = None,
    ctx: JobContext | None = None,
    net: nn.Module | None = None,
) -> tuple[Pixels, Mask]:
    """Fill what `mask` marks.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16; never changed.
        mask: (H, W) bool, True = to be filled.
        settings: model, detail, growth, seed, device.
        ctx: progress and cancellation, between tiles.
        net: a generator to use instead of the library's (training, tests).

    Returns:
        the repaired picture, same shape and type, and the grown mask: outside of it every pixel is
            bit-identical.

    Raises:
        InputError: mask and picture differ in size, the mask is not bool, the grown mask leaves nothing, or
            a setting is out of range.
        WeightsError, DeviceError: as `restorer.library.weights` and `restorer.device` tell.
        MemoryError: the memory does not suffice, on whatever device.
    """
    settings, ctx = settings or RepairSettings(), ctx or JobContext()
    settings.check()
    if mask.shape != pixels.shape[:2]:
        raise InputError(
            f"The mask is {mask.shape[1]} x {mask.shape[0]} pixels, the photograph "
            f"{pixels.shape[1]} x {pixels.shape[0]}.",
            "Both must have the same size.",
        )
    if mask.dtype != np.bool_:
        raise InputError(
            "A mask must be of type bool.", "Compare it with a threshold first, as in mask > 127."
        )
    out = pixels.copy()
    grown = grow(mask, settings.grow_px)
    if not grown.any():
        return out, grown
    if grown.all():
        raise InputError(
            "The mask covers the whole photograph.", "Something undamaged must be left to fill from."
        )
    device = choose_device(settings.device)  # type: ignore[arg-type]
    filling = ctx
    if net is None:
        net = weights.load_network(find_model(settings.model, "repair"), settings.detail)
        if settings.study_steps > 0:
            net = _studied(net, pixels, grown, settings, device, ctx.part(0.0, 0.5))
            filling = ctx.part(0.5, 0.5)
    net = net.to(device.torch)
    filler = Filler(net, pixels, grown, settings, device)
    filler.solve_coarse(filling.part(0.0, 0.25))
    filler.add_texture(filling.part(0.25, 0.15))
    for band, values, valid in filler.bands(filling.part(0.4, 0.6)):
        alpha = _inner_feather(mask, grown, band, settings.grow_px)
        write_band(out, band, values, valid & grown[band.slices], alpha)
    return out, grown


def _studied(
    net: nn.Module, pixels: Pixels, mask: Mask, settings: RepairSettings, device: Device, ctx: JobContext
) -> nn.Module:
    """A copy of `net` that profits from what the fidelity end of its model learns of this photograph.

    Practice minimises errors, so at the detail end it would smooth texture away; the difference does not.
    """
    entry = find_model(settings.model, "repair")
    check_can_study(entry)
    in_earnest = replace(settings, detail=0.0, grow_px=0, study_steps=0, ensemble=False)

    def fill(candidate: nn.Module, piece: Pixels, holes: Mask) -> Pixels:
        return repair_pixels(piece, holes, in_earnest, net=candidate)[0]

    pupil = weights.load_network(entry, 0.0)
    return moved(net, study(pupil, pixels, mask, settings.study_steps, device, fill, ctx, settings.seed))


def _inner_feather(mask: Mask, grown: Mask, band: Box, grow_px: int) -> Float | None:
    """Blend inside the grown rim only: 1 in the mask as given, falling towards the border of the grown
    one."""
    if grow_px < 1:
        return None
    around = band.grown(grow_px + 2, *mask.shape)
    rim = cv2.distanceTransform(grown[around.slices].astype(np.uint8), cv2.DIST_L2, 3) / np.float32(
        grow_px + 1
    )
    alpha = np.where(mask[around.slices], np.float32(1), np.clip(rim, 0, 1))
    return alpha[band.inside(around)].astype(np.float32)
