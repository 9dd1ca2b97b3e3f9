"""Is the fine-tuned model better? Paired scores per photograph, their bootstrap interval, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

RESAMPLES = 4000


@dataclass(frozen=True)
class Comparison:
    """Shipped against fine-tuned on one set of pictures.

    Attributes:
        name: what was measured on which pictures, for a person.
        unit: "dB" or "".
        count: photographs.
        before: mean score of the parent model.
        after: mean score of the fine-tuned model.
        low, high: 95 % interval of the mean gain, by bootstrap over photographs.
        least: least mean gain that is accepted.
        photos: how many photographs got better.
    """

    name: str
    unit: str
    count: int
    before: float
    after: float
    low: float
    high: float
    least: float
    better_photos: int

    @property
    def gain(self) -> float:
        """Mean of the paired differences; above 0 = better."""
        return self.after - self.before

    @property
    def accepted(self) -> bool:
        """Whether the mean gain is at least `least`."""
        return self.gain >= self.least

    def __str__(self) -> str:
        gap = f" {self.unit}" if self.unit else ""
        digits = 2 if self.unit else 3
        return (
            f"{self.name}: {self.before:.{digits}f} -> {self.after:.{digits}f}{gap} "
            f"({self.gain:+.{digits}f}, 95 % {self.low:+.{digits}f} to {self.high:+.{digits}f}, "
            f"{self.count} photographs, {self.better_photos} better)"
        )


@dataclass(frozen=True)
class Verdict:
    """The outcome of a fine-tuning.

    Attributes:
        user: on held-out photographs of the user; the decision rests on it.
        guards: what must not get worse: the replay set, the other end of a generator.
        better: the model may be saved.
        sentence: the reason, for a person.
    """

    user: Comparison
    guards: tuple[Comparison, ...]
    better: bool
    sentence: str

    def as_scores(self) -> dict[str, str]:
        """What the library and the model card tell."""
        return {c.name: str(c).removeprefix(f"{c.name}: ") for c in (self.user, *self.guards)}

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "guards": [asdict(g) for g in self.guards]}


def bootstrap(gains: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of `gains` (Efron, 1979), the same for the same ones."""
    values = np.asarray(gains, np.float64)
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def compare(
    name: str, unit: str, before: Mapping[Any, float], after: Mapping[Any, float], least: float
) -> Comparison:
    """Compare scores by photograph; both must hold the same photographs, at least one."""
    if not before or before.keys() != after.keys():
        raise ValueError("scores of different photographs cannot be compared")
    gains = [after[k] - before[k] for k in before]
    low, high = bootstrap(gains)
    first, second = (float(np.mean([scores[k] for k in before])) for scores in (before, after))
    return Comparison(
        name, unit, len(gains), first, second, low, high, least, sum(gain > 0 for gain in gains)
    )


def judge(user: Comparison, guards: Sequence[Comparison]) -> Verdict:
    """Better only if the user's photographs gain enough, beyond chance, and nothing guarded is lost."""
    size = f"{user.gain:+.2f} {user.unit}" if user.unit else f"{user.gain:+.3f}"
    lost = [g for g in guards if not g.accepted]
    if not user.accepted or user.low <= 0:
        why = "too little" if user.low > 0 else "within chance" if user.gain > 0 else "no gain"
        text = (
            f"No improvement on {user.count} photographs that it did not train on ({size}, {why}): "
            "the model stays as it was."
        )
        return Verdict(user, tuple(guards), False, text)
    if lost:
        text = (
            f"It gained {size} on your photographs but lost too much elsewhere ({lost[0]}): "
            "the model stays as it was."
        )
        return Verdict(user, tuple(guards), False, text)
    return Verdict(
        user, tuple(guards), True, f"Better by {size} on {user.count} photographs that it did not train on."
    )
