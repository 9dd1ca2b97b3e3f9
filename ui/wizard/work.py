"""What the training wizard knows and what its jobs do. No Qt, and torch only inside of the jobs."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.arrays import Bytes
from restorer.jobs import JobContext
from restorer.library import store as library

if TYPE_CHECKING:
    from restorer.library.weights import ModelEntry
    from training.data.folders import ScanReport
    from training.tuning.finetune import Outcome
    from training.tuning.plan import Plan
    from training.tuning.preview import Sample
    from training.tuning.runs import Unfinished
    from training.tuning.setup import FinetuneConfig, Groups
    from training.tuning.tuner import Running

# The sliders of the goal page, and the kinds of holes behind each with their shares of it.
KINDS: Mapping[str, Mapping[str, float]] = {
    "scratches": {"scratches": 1.0},
    "spots": {"blobs": 1.0},
    "strokes": {"strokes": 1.0},
    "pieces": {"centre": 0.1, "blocks": 0.5, "regions": 0.4},
}
USUAL = {"scratches": 42, "spots": 19, "strokes": 17, "pieces": 22}
PREVIEWS = 6
SEED = 1


@dataclass
class Draft:
    """What has been chosen so far.

    Attributes:
        folders: of photographs.
        report: of the last scan, or None.
        rejected: photographs that shall not be used.
        model: to start from.
        masks: folder of corrected masks, for a detector.
        overlays: folder of real damage, or None.
        amounts: percent of each of `KINDS`.
        faint: how faint damage may be, percent.
        name: of the new model.
        preset: "quick", "balanced", "thorough" or "custom".
        custom: settings of `FinetuneConfig` that "custom" sets.
        device: "auto", "cpu", "cuda" or "mps".
    """

    folders: list[Path] = field(default_factory=list)
    report: ScanReport | None = None
    rejected: set[Path] = field(default_factory=set)
    model: ModelEntry | None = None
    masks: Path | None = None
    overlays: Path | None = None
    amounts: dict[str, int] = field(default_factory=lambda: dict(USUAL))
    faint: int = 100
    name: str = ""
    preset: str = "balanced"
    custom: dict[str, Any] = field(default_factory=dict)
    device: str = "auto"

    @property
    def task(self) -> str:
        """What the model does."""
        return self.model.task if self.model is not None else "repair"

    @property
    def mix(self) -> dict[str, float]:
        """Shares of the kinds of holes; empty where they are the usual ones."""
        total = sum(self.amounts.values())
        if self.amounts == USUAL or not total:
            return {}
        mix: dict[str, float] = {}
        for name, amount in self.amounts.items():
            for kind, share in KINDS[name].items():
                if amount:
                    mix[kind] = amount / total * share
        return mix

    def config(self) -> FinetuneConfig:
        """The settings of the training."""
        from training.tuning.setup import FinetuneConfig

        custom = self.custom if self.preset == "custom" else {}
        return FinetuneConfig(
            folders=tuple(self.folders),
            name=self.name,
            model=self.model.id if self.model is not None else "repair",
            preset="balanced" if self.preset == "custom" else self.preset,
            masks=self.masks if self.task == "detect" else None,
            overlays=self.overlays,
            mix=self.mix if self.task == "repair" else {},
            faint=self.faint / 100 if self.task == "detect" else 1.0,
            rejected=frozenset(self.rejected),
            device=self.device,
            seed=SEED,
            **custom,
        )


@dataclass(frozen=True)
class Start:
    """What the wizard begins with: models that can be trained, the defaults first, and unfinished runs."""

    models: tuple[ModelEntry, ...]
    unfinished: tuple[Unfinished, ...]
    devices: tuple[str, ...]


def look_around(ctx: JobContext) -> Start:
    """Read the library and the unfinished runs, and ask for devices."""
    from restorer.device import choose_device
    from restorer.errors import RestorerError
    from restorer.models import ARCHITECTURES
    from training.tuning.runs import find_unfinished

    ctx.check()
    models = [m for m in library.read_library().models if m.architecture in ARCHITECTURES]
    models = [m for m in models if m.task in ("repair", "detect")]
    devices = ["auto", "cpu"]
    for name in ("cuda", "mps"):
        try:
            choose_device(name)  # type: ignore[arg-type]
            devices.append(name)
        except RestorerError:
            continue
    ordered = sorted(models, key=lambda m: not m.default)
    return Start(tuple(ordered), tuple(find_unfinished()), tuple(devices))


def free_name(task: str) -> str:
    """A name for a new model that nothing has."""
    return library.free_id(f"my-{task}-{datetime.date.today():%Y-%m-%d}")


def is_unfinished(name: str) -> bool:
    """Whether there is a training of that name that can be gone on with."""
    from training.tuning.finetune import is_unfinished as has_learnt

    return has_learnt(library.runs_folder() / name)


@dataclass(frozen=True)
class Look:
    """What a preview shows.

    Attributes:
        photos: that the crops are of.
        crops: undamaged, so that moving a slider does not decode them again.
        samples: as the network will see them.
    """

    photos: tuple[Path, ...]
    crops: tuple[Bytes, ...]
    samples: tuple[Sample, ...]


def preview(draft: Draft, photos: Sequence[Path], known: Look | None, seed: int, ctx: JobContext) -> Look:
    """Damage crops of `photos` as the training will.

    Raises:
        InputError: a photograph cannot be read, or the folder of damage holds none.
    """
    from training.tuning.preview import crops_of, with_damage, with_holes

    wanted = tuple(photos)
    crops = known.crops if known is not None and known.photos == wanted else tuple(crops_of(wanted, ctx))
    ctx.check()
    if draft.task == "detect":
        samples = with_damage(crops, draft.faint / 100, draft.overlays, seed)
    else:
        samples = with_holes(crops, draft.mix, draft.overlays, seed)
    return Look(wanted, crops, tuple(samples))


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made for, and what this computer has left."""

    config: FinetuneConfig
    groups: Groups
    plan: Plan
    memory_bytes: int
    disk_bytes: int
    on_battery: bool


def plan(config: FinetuneConfig, report: ScanReport, known: Plan | None, ctx: JobContext) -> Planned:
    """Group the photographs and measure this computer, unless `known` was measured with the same crops.

    Raises:
        RestorerError: it cannot be done.
    """
    import psutil

    from training.tuning.crew import plan_ahead
    from training.tuning.setup import group_photos

    config.check()
    groups = group_photos(config, report)
    made = plan_ahead(config, groups, ctx, known)
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    place = config.work
    while not os.path.exists(place):  # noqa: PTH110 - no error where a drive failed
        place = place.parent
    return Planned(
        config, groups, made, psutil.virtual_memory().available, shutil.disk_usage(place).free,
        battery is not None and not battery.power_plugged,
    )  # fmt: skip


@dataclass(frozen=True)
class Order:
    """One training to be done.

    Attributes:
        config: its settings.
        groups: made before, or None when it is resumed.
        plan: made before, if it is known.
        resume: go on with the unfinished run of that name.
        force: keep the model against the verdict.
    """

    config: FinetuneConfig
    groups: Groups | None = None
    plan: Plan | None = None
    resume: bool = False
    force: bool = False


def train(order: Order, gate: Running, ctx: JobContext) -> Outcome:
    """Fine-tune; see `training.tuning.crew.finetune`."""
    from training.tuning.crew import finetune

    made = finetune(
        order.config, ctx, resume=order.resume, force=order.force, running=gate, groups=order.groups,
        plan=order.plan,
    )  # fmt: skip
    assert made is not None, "one process"
    return made


def discard(name: str) -> None:
    """Delete an unfinished run."""
    from training.tuning.finetune import discard as throw_away

    throw_away(name)
