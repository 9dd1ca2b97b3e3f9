"""How holes were filled: settings, what computed, and the repairs of a document in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from restorer.record.report import Studied
from restorer.tiles import Box

MOST_STEPS = 1000  # repairs that a record lists


@dataclass(frozen=True)
class FillSettings:
    """How holes are filled: `restorer.processing.repairer.RepairSettings` without knowing torch."""

    model: str | None = None
    detail: float = 0.8
    grow_px: int = 2
    seed: int = 0
    device: str = "auto"
    study_steps: int = 0


@dataclass(frozen=True)
class DeviceUsed:
    """Progress detail: what computes, for the status bar, and why nothing better does."""

    title: str
    notice: str = ""


@dataclass(frozen=True)
class ModelUsed:
    """Progress detail: which model fills, and the hash of its weights."""

    id: str
    sha256: str


@dataclass(frozen=True)
class FillStep:
    """One repair, for the record of an export.

    Attributes:
        settings: as asked for.
        region: the place that was filled anew; None for all that was marked and not filled yet.
        model: id of what filled; empty if that is not known.
        sha256: of its weights.
        device: what computed, for a person.
        study_gain: what studying the photograph brought, as `Studied` has it; None where it was not studied.
    """

    settings: FillSettings
    region: Box | None = None
    model: str = ""
    sha256: str = ""
    device: str = ""
    study_gain: float | None = None


def noting(noted: list[object]) -> Callable[[object], object]:
    """Hands details on and puts into `noted` what a record tells of them."""

    def note(detail: object) -> object:
        if isinstance(detail, ModelUsed | DeviceUsed | Studied):
            noted.append(detail)
        return detail

    return note


def step_of(settings: FillSettings, region: Box | None, noted: list[object]) -> FillStep:
    """The repair that told those details."""
    step = FillStep(settings, region)
    for detail in noted:  # the last one holds where the work moved to another device
        if isinstance(detail, ModelUsed):
            step = replace(step, model=detail.id, sha256=detail.sha256)
        elif isinstance(detail, DeviceUsed):
            step = replace(step, device=detail.title)
        elif isinstance(detail, Studied):
            step = replace(step, study_gain=detail.gain)
    return step
