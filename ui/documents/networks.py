"""The networks that jobs call, and the processor where the graphics memory is short."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from restorer.arrays import Bools, Pixels
from restorer.editing.mask import DamageMap
from restorer.jobs import JobContext
from ui.documents.fill_steps import DeviceUsed, FillSettings, ModelUsed


@dataclass(frozen=True)
class MovedToCpu:
    """Progress detail: the graphics memory was too small, the processor goes on."""


Find = Callable[[Pixels, str, JobContext], DamageMap]


Fill = Callable[[Pixels, Bools, FillSettings, JobContext], tuple[Pixels, Bools]]


def find_with_network(pixels: Pixels, device: str, ctx: JobContext) -> DamageMap:
    """The damage map of `pixels`, by the default detector."""
    from restorer.processing.detector import detect_damage

    _tell_device(device, ctx)
    return detect_damage(pixels, device=device, ctx=ctx)


def fill_with_network(
    pixels: Pixels, mask: Bools, settings: FillSettings, ctx: JobContext
) -> tuple[Pixels, Bools]:
    """`restorer.processing.repairer.repair_pixels`."""
    from restorer.library.store import find_model
    from restorer.processing.repairer import RepairSettings, repair_pixels

    _tell_device(settings.device, ctx)
    model = find_model(settings.model, "repair")
    ctx.progress(None, detail=ModelUsed(model.id, model.fingerprint))
    wanted = RepairSettings(
        settings.model,
        settings.detail,
        settings.grow_px,
        settings.seed,
        settings.device,
        settings.study_steps,
    )
    return repair_pixels(pixels, mask, wanted, ctx)


def _tell_device(name: str, ctx: JobContext) -> None:
    from restorer.device import choose_device

    device = choose_device(name)  # type: ignore[arg-type]
    ctx.progress(None, detail=DeviceUsed(device.title, device.notice))


@dataclass(frozen=True)
class Networks:
    """What finds and what fills; tests put something small in their place."""

    find: Find = find_with_network
    fill: Fill = fill_with_network

    def find_or_cpu(self, pixels: Pixels, device: str, ctx: JobContext) -> DamageMap:
        """`find`; where the memory does not suffice, on the CPU."""
        return _on_cpu_if_short(lambda name: self.find(pixels, name, ctx), device, ctx)

    def fill_or_cpu(
        self, pixels: Pixels, mask: Bools, settings: FillSettings, ctx: JobContext
    ) -> tuple[Pixels, Bools]:
        """`fill`; where the memory does not suffice, on the CPU."""

        def run(name: str) -> tuple[Pixels, Bools]:
            return self.fill(pixels, mask, replace(settings, device=name), ctx)

        return _on_cpu_if_short(run, settings.device, ctx)


def _on_cpu_if_short(run: Callable[[str], Any], device: str, ctx: JobContext) -> Any:
    if device != "cpu":
        with contextlib.suppress(MemoryError):
            return run(device)
        # Outside of that block, in which the failed tensors are alive.
        ctx.progress(None, detail=MovedToCpu())
    return run("cpu")
