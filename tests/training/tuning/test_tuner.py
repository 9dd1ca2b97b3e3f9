from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from restorer.device import choose_device
from restorer.jobs import JobContext
from training.fitting.learner import Batch
from training.fitting.workers import Workers
from training.tuning import tuner as tuning
from training.tuning.tasks import Examples
from training.tuning.tuner import (
    LAYERS,
    Tuner,
    TuneSettings,
    TuneState,
    choose_layers,
    make_batch,
    run_tuning,
)


class Scalar(nn.Module):
    """A network of one number."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([value]))


class Towards:
    """A task whose loss draws the number to `goal`; user and replay score by their own best numbers."""

    measure_name, unit, least_gain, most_loss, workers = "closeness", "", 0.01, 0.1, Workers()

    def __init__(self, goal: float, user_best: float, replay_best: float | None = None) -> None:
        self.goal, self.best = goal, {"selection": user_best, "replay-selection": replay_best}

    def loss(self, net: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        value = ((net.value - self.goal) ** 2).mean() + 0 * batch["image"].float().mean()
        return value, {"distance": value.item()}

    def scores(self, net: nn.Module, which: str, noise: bool = False) -> dict[int, float]:
        best = self.best[which]
        return {0: 0.0 if best is None else -abs(float(net.value) - best)}

    def examples(self, net: nn.Module) -> Examples:
        empty = np.zeros((0, 8, 8, 3), np.uint8)
        return Examples(empty, empty, empty, None)


class Numbers:
    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        return {"image": rng.integers(0, 255, (4, 3)).astype(np.uint8)}


def make(task: Towards, **settings: float) -> Tuner:
    values = {"steps": 40, "batch": 4, "rate": 0.1, "pull": 0.0, "validate_every": 4, **settings}
    learning = TuneSettings(**values)  # type: ignore[arg-type]
    return Tuner(Scalar(), task, Numbers(), learning, choose_device("cpu"))  # type: ignore[arg-type]


def value(net: nn.Module) -> float:
    return float(net.value.detach())  # type: ignore[operator,union-attr]


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    tuner = make(Towards(goal=2.0, user_best=0.5))
    state = run_tuning(tuner, tmp_path, TuneState(), JobContext())
    last = value(tuner.averages["average"].net)
    assert last > 0.8  # overshot
    nearest = min(abs(share * value(tuner.modules["best"]) - 0.5) for share in tuning.TRIED)
    assert nearest < abs(last - 0.5)
    assert 0 < state.best_step < state.step and state.best_score > 0.2
    net, share = tuner.best_mixture()
    assert abs(value(net) - 0.5) <= nearest and share in tuning.SHARES


def test_weights_that_never_help_are_not_kept(tmp_path: Path) -> None:
    tuner = make(Towards(goal=2.0, user_best=-1.0))
    state = run_tuning(tuner, tmp_path, TuneState(), JobContext())
    assert state.best_step == 0 and value(tuner.modules["best"]) == value(tuner.parent) == 0.0


def test_half_of_the_way_counts_where_the_whole_is_too_far(tmp_path: Path) -> None:
    tuner = make(Towards(goal=2.0, user_best=0.4))
    tuner.averages["average"].net.value.data += 0.9
    found = tuner.validate()
    assert found["user"] == pytest.approx(0.35) and found["score"] == found["user"]  # at 0.45; at 0.9 below 0
    assert value(tuner.parent) == 0.0 and value(tuner.averages["average"].net) == pytest.approx(0.9)


def test_what_else_the_weights_go_into_is_guarded() -> None:
    tuner = make(Towards(goal=2.0, user_best=1.0))
    tuner.modules["best"].value.data += 1.0  # type: ignore[operator,union-attr]
    assert tuner.best_mixture()[1] == 1.0
    net, share = tuner.best_mixture(lambda net: -value(net))  # three quarters of 0.1 are allowed
    assert share == tuning.SHARES[0] and value(net) == pytest.approx(0.25)


@pytest.mark.parametrize(("moved", "penalty"), [(0.04, 0.0), (0.07, 0.0), (0.09, 5 * 0.015)])
def test_a_share_of_what_may_be_lost_is_free(moved: float, penalty: float) -> None:
    tuner = make(Towards(goal=2.0, user_best=1.0, replay_best=0.0))
    net = tuner.mixed(0.0)
    net.value.data += moved  # type: ignore[operator,union-attr]
    found = tuner.measure(net)
    assert found["replay"] == pytest.approx(-moved)
    assert found["score"] == pytest.approx(moved - penalty)


def test_what_is_forgotten_counts_against(tmp_path: Path) -> None:
    free = make(Towards(goal=2.0, user_best=1.0, replay_best=None))
    torn = make(Towards(goal=2.0, user_best=1.0, replay_best=0.0))
    for tuner, folder in ((free, "a"), (torn, "b")):
        run_tuning(tuner, tmp_path / folder, TuneState(), JobContext())
    assert value(free.modules["best"]) > 0.6
    assert tuning.TRIED[0] * value(torn.modules["best"]) <= 0.1  # about as far as what may be lost


def test_a_hopeless_run_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "PATIENCE_STEPS", 4)
    tuner = make(Towards(goal=2.0, user_best=-1.0))
    state = run_tuning(tuner, tmp_path, TuneState(), JobContext())
    assert state.step == 20 and state.done
    again = TuneState(step=state.step, done=True)
    assert run_tuning(tuner, tmp_path, again, JobContext()).step == 20


def test_the_pull_holds_the_weights_near_the_parent(tmp_path: Path) -> None:
    found = []
    for number, pull in enumerate((0.0, 2.0)):
        tuner = make(Towards(goal=2.0, user_best=2.0), pull=pull)
        run_tuning(tuner, tmp_path / str(number), TuneState(), JobContext())
        found.append(value(tuner.net))
    assert 0 < found[1] < 0.8 * found[0]


def test_batches_depend_on_seed_step_and_process_alone() -> None:
    task = Towards(1.0, 1.0)

    def batch(seed: int, step: int, rank: int) -> Tensor:
        task.workers = Workers(rank, 2) if rank else Workers()
        return make_batch(make(task, seed=seed), step)["image"]

    batches = [
        batch(seed, step, rank)
        for seed, step, rank in ((1, 3, 0), (1, 3, 0), (2, 3, 0), (1, 4, 0), (1, 3, 1))
    ]
    assert torch.equal(batches[0], batches[1])
    assert not any(torch.equal(batches[0], other) for other in batches[2:])


def test_a_step_with_values_that_are_no_numbers_changes_nothing() -> None:
    tuner = make(Towards(goal=float("nan"), user_best=0.0))
    tuner.step(make_batch(tuner, 0), 0.5)
    assert value(tuner.net) == 0.0 and tuner.averages["average"].updates == 0


def test_only_the_chosen_layers_learn() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 3, 3))
    learning = {}
    for layers in LAYERS:
        choose_layers(net, layers)
        learning[layers] = {name for name, p in net.named_parameters() if p.requires_grad}
    every = {name for name, _ in net.named_parameters()}
    assert learning["all"] == every and learning["biases"] == {n for n in every if n.endswith("bias")}
    assert learning["first"] | learning["last"] == every and not learning["first"] & learning["last"]
    assert "0.weight" in learning["first"] and "2.weight" in learning["last"]


def test_layers_that_do_not_learn_stay_to_the_bit(tmp_path: Path) -> None:
    tuner = make(Towards(goal=2.0, user_best=2.0), layers="last")  # type: ignore[arg-type]
    run_tuning(tuner, tmp_path / "last", TuneState(), JobContext())
    assert value(tuner.net) > 0.5  # its only weight belongs to the last half
    tuner = make(Towards(goal=2.0, user_best=2.0), layers="first")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="does not require grad"):
        tuner.step(make_batch(tuner, 0), 0.5)
    assert value(tuner.net) == 0.0
