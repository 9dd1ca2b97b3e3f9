"""From a photograph to its repair, with everything that a report has to tell."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from restorer.editing.mask import DamageMap, Mask, MaskSettings, Verdict, count_changes, cut_mask, judge
from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.processing.detector import detect_damage
from restorer.processing.repairer import RepairSettings, repair_pixels


@dataclass(frozen=True)
class Detection:
    """What was found in a photograph: the map, the mask cut from it and the verdict."""

    damage: DamageMap
    mask: Mask
    verdict: Verdict
    seconds: float


@dataclass(frozen=True)
class Repair:
    """A repaired photograph.

    Attributes:
        photo: the result; metadata as in the source.
        mask: (H, W) bool, the grown mask, the only pixels that may differ.
        changed_inside: pixels that differ inside the mask.
        changed_outside: pixels that differ outside of it; 0, counted, not assumed.
        seconds: time taken.
    """

    photo: Photo
    mask: Mask
    changed_inside: int
    changed_outside: int
    seconds: float


def detect(
    photo: Photo,
    settings: MaskSettings | None = None,
    *,
    model: str | None = None,
    device: str = "auto",
    ctx: JobContext | None = None,
) -> Detection:
    """Find the damage of `photo`.

    Raises:
        InputError, WeightsError, DeviceError, MemoryError: as their modules tell.
    """
    began = time.monotonic()
    found = detect_damage(photo.pixels, model=model, device=device, ctx=ctx)
    mask = cut_mask(found, photo.pixels, settings)
    return Detection(found, mask, judge(mask), time.monotonic() - began)


def repair(
    photo: Photo, mask: Mask, settings: RepairSettings | None = None, ctx: JobContext | None = None
) -> Repair:
    """Fill what `mask` (H, W) marks in `photo` and count what changed.

    Raises:
        InputError, WeightsError, DeviceError, MemoryError: as their modules tell.
    """
    began = time.monotonic()
    pixels, grown = repair_pixels(photo.pixels, mask, settings, ctx)
    inside, outside = count_changes(photo.pixels, pixels, grown)
    return Repair(replace(photo, pixels=pixels), grown, inside, outside, time.monotonic() - began)
