"""What one training run is told."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from restorer.errors import InputError
from restorer.models import ARCHITECTURES
from training.fitting.recipes import RECIPES


@dataclass(frozen=True)
class TrainConfig:
    """Settings of `training.fitting.trainer.fit`.

    Attributes:
        task: "repair" or "detect".
        arch: id of the architecture.
        data: folder of photographs.
        out: folder for checkpoints, weights and the log.
        steps: optimiser steps in all; 0 when `minutes` rules.
        minutes: wall-clock minutes in all, over all resumptions; 0 when `steps` rules.
        batch: crops per step.
        crop_px: side of a square crop.
        rate: peak learning rate.
        adversarial_share: last share 0..1 of a repair run that is adversarial.
        overlays: folder of real artefacts as alpha masks, or None.
        labels: folders with masks/, ignore/ for photographs of `data`, keyed by stem.
        init: weights to start from, or None for random ones.
        device: "auto", "cpu", "cuda" or "mps".
        threads: CPU threads for the network; 0 = torch's choice.
        workers: processes that prepare batches; 0 = in this one.
        validate_every: steps between validations and checkpoints.
        cache: folder for the decoded photographs; None = `out`/cache.
        seed: of weights, crops, masks, damage.
        hyper_parameters: of the architecture; missing ones keep their defaults.
        clock: what `minutes` are counted by: "wall", or "cpu", the time that processors gave to this process
            (all its threads together), for comparing networks on a machine that does other work as well.
        recipe: losses, critic and masks of a repair run, by name; "" = that of the architecture.
        kept: beginnings of the names of layers whose weights stay as they are in `init`; their biases learn.
        compact: older weights; what is learnt by reconstruction differs from them as a compact update does.
    """

    task: str
    arch: str
    data: Path
    out: Path
    steps: int = 0
    minutes: float = 0.0
    batch: int = 16
    crop_px: int = 128
    rate: float = 1e-3
    adversarial_share: float = 0.35
    overlays: Path | None = None
    labels: tuple[Path, ...] = ()
    init: Path | None = None
    device: str = "auto"
    threads: int = 0
    workers: int = 0
    validate_every: int = 300
    cache: Path | None = None
    seed: int = 1
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    clock: str = "wall"
    recipe: str = ""
    kept: tuple[str, ...] = ()
    compact: Path | None = None

    def check(self) -> None:
        """Report everything that is wrong with these settings at once.

        Raises:
            InputError: with one sentence for all problems.
        """
        problems: list[str] = []
        if self.arch not in ARCHITECTURES:
            problems.append(f"the architecture '{self.arch}' is unknown")
        elif ARCHITECTURES[self.arch].task != self.task:
            problems.append(f"the architecture '{self.arch}' is not for the task '{self.task}'")
        elif self.task == "repair" and (self.recipe or self.arch) not in RECIPES:
            problems.append(f"there is no recipe '{self.recipe or self.arch}'")
        if (self.steps > 0) == (self.minutes > 0):
            problems.append("give either a number of steps or of minutes")
        for folder in (self.data, self.overlays, *self.labels):
            if folder is not None and not folder.is_dir():
                problems.append(f"there is no folder '{folder}'")
        if self.kept and self.init is None:
            problems.append("layers can be kept only of weights to start from")
        if self.compact and self.init is None:
            problems.append("a compact update needs weights to start from")
        if self.task == "repair" and (self.overlays or self.labels):
            problems.append("overlays and labels are for detectors")
        if not (math.isfinite(self.rate) and self.rate > 0):
            problems.append("the rate must be a number above 0")
        if not math.isfinite(self.minutes):
            problems.append("the minutes must be a number")
        if self.seed < 0:
            problems.append("the seed must not be negative")
        if self.batch < 1:
            problems.append("the batch must hold at least one crop")
        if self.crop_px < 32 or self.crop_px % 32:
            problems.append("the crop must be a multiple of 32 pixels")
        if not 0 <= self.adversarial_share <= 1:
            problems.append("the adversarial share must lie between 0 and 1")
        if problems:
            raise InputError("The training cannot start: " + "; ".join(problems) + ".")

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values, folders by their name only: a model card tells no paths."""
        values = asdict(self)
        values.update(data=self.data.name, out=self.out.name, labels=[p.name for p in self.labels])
        for name in ("overlays", "init", "cache", "compact"):
            path = getattr(self, name)
            values[name] = path.name if path else None
        return values
