"""Run by test_workers.py under torchrun: OUT is argv[1]; every process writes what it came to."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from restorer.device import Device
from restorer.jobs import Cancelled, JobContext
from restorer.models import build_model
from tests.training.tuning.support import SMALL, config, small_and_fast
from training.fitting.config import TrainConfig
from training.fitting.learner import Batch, BatchSource, Learner
from training.fitting.trainer import fit, make_task
from training.fitting.workers import Workers, join_workers
from training.tuning.data import RepairCases
from training.tuning.finetune import finetune
from training.tuning.tasks import RepairTuning
from training.tuning.tuner import Tuner, TuneSettings, TuneState, benchmark, run_tuning


class Half:
    """Of a batch of four crops the two that this process has to learn from."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        del rng
        whole = np.random.default_rng(round(progress * 3))
        batch = {
            "image": whole.integers(0, 255, (4, 3, 32, 32)).astype(np.uint8),
            "mask": (whole.random((4, 1, 32, 32)) > 0.7).astype(np.uint8),
        }
        count = 4 // self.workers.size
        part = slice(self.workers.rank * count, (self.workers.rank + 1) * count)
        batch = {k: v[part] for k, v in batch.items()}
        return {**batch, "counted": batch["mask"], "coarse": np.zeros(1, np.uint8)}


def make_tuner(workers: Workers) -> Tuner:
    """In float32 on every machine: bfloat16 rounds the sum of two halves otherwise than the whole."""
    device = Device(torch.device("cpu"), torch.float32, "CPU")
    torch.manual_seed(5)
    arch, settings = SMALL["repair"]
    crop = np.full((1, 3, 32, 32), 90, np.uint8)
    hole = np.ones((1, 1, 32, 32), np.uint8)
    hole[..., :8] = 0
    case = RepairCases(crop, hole, hole, np.zeros(1, np.int64))
    task = RepairTuning({"selection": case, "replay-selection": case}, device, None, workers)
    learning = TuneSettings(steps=3, batch=2, rate=1e-3, validate_every=2)
    net = build_model(arch, settings)
    return Tuner(net, task, Half(workers), learning, device)


def measure(workers: Workers) -> dict[str, float]:
    """Scores of 20 crops of seven photographs, which the processes share."""
    rng, device = np.random.default_rng(2), Device(torch.device("cpu"), torch.float32, "CPU")
    torch.manual_seed(5)
    net = build_model(*SMALL["repair"]).eval()
    hole = rng.random((20, 1, 32, 32)) > 0.6
    crops = rng.integers(0, 255, (20, 3, 32, 32)).astype(np.uint8)
    cases = RepairCases(crops, hole, hole, np.arange(20) % 7)
    scores = RepairTuning({"verdict": cases}, device, None, workers).scores(net, "verdict", noise=True)
    return {str(number): score for number, score in scores.items()}


def fit_settings(photos: Path, out: Path) -> TrainConfig:
    return TrainConfig(
        "repair", "fill-unet", photos, out, steps=3, batch=2, crop_px=64, adversarial_share=0.4,
        device="cpu", threads=1, validate_every=2, hyper_parameters=SMALL["repair"][1],
    )  # fmt: skip


def fit_together(out: Path, photos: Path) -> list[dict[str, torch.Tensor]]:
    """What this process learns in three steps with the other one: at once, and stopped by the second process
    and resumed."""
    learners: list[Learner] = []

    def capture(*given: Any) -> tuple[Learner, BatchSource]:
        learner, source = make_task(*given)
        learners.append(learner)
        return learner, source

    patch = pytest.MonkeyPatch()
    patch.setattr("training.fitting.trainer.make_task", capture)
    patch.setattr(
        "training.fitting.trainer.leave_workers", lambda _: None
    )  # a process may join only a few groups
    settings = fit_settings(photos, out / "fitted")
    fit(settings, JobContext())
    settings, asked = replace(settings, out=out / "stopped"), []
    second = os.environ["RANK"] == "1"
    with contextlib.suppress(Cancelled):
        fit(settings, JobContext(is_cancelled=lambda: (asked.append(1) or len(asked) > 2) and second))
    assert not (out / "stopped" / "detail.safetensors").exists()
    state = fit(settings, JobContext(), resume=True)
    assert state is None if second else state is not None and state.step == 3
    return [learner.modules["net"].state_dict() for learner in (learners[0], learners[-1])]


def threads() -> list[str]:
    """Names of this process's threads, native ones too; none where the system does not tell."""
    return [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]


def main(out: Path, photos: Path) -> None:
    torch.set_num_threads(1)
    rank = os.environ["RANK"]
    torch.save(fit_together(out, photos), out / f"fitted-{rank}.pt")
    workers = join_workers("cpu")
    tuner = make_tuner(workers)
    run_tuning(tuner, out / "plain", TuneState(), JobContext())
    torch.save(tuner.net.state_dict(), out / f"weights-{workers.rank}.pt")

    tuner, state, asked = make_tuner(workers), TuneState(), []
    stop = JobContext(is_cancelled=lambda: workers.rank == 1 and len(asked) > 2)
    stop.progress = lambda *_, **__: asked.append(1) or None  # type: ignore[method-assign,func-returns-value]
    cancelled = False
    asked += [1, 1]  # after the first step
    try:
        run_tuning(tuner, out / "cancelled", state, stop)
    except Cancelled:
        cancelled = True

    scores = measure(workers)
    patch = pytest.MonkeyPatch()
    small_and_fast(patch)
    timed: list[int] = []

    def count(tuner: Tuner) -> dict[str, Any]:
        timed.append(tuner.workers.size)
        return benchmark(tuner)

    patch.setattr("training.tuning.plan.benchmark", count)
    outcome = finetune(config(photos, name="together", steps=4), force=True)
    told = {
        "step": state.step,
        "cancelled": cancelled,
        "outcome": outcome is not None,
        "timed": timed,
        "scores": scores,
        "threads": [t for t in threads() if "gloo" in t],
    }
    (out / f"told-{workers.rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
