"""What the tests of fine-tuning share: a small parent model with a fault that is easily learnt away."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restorer.editing.mask import DamageMap
from restorer.library import store as library
from restorer.library.weights import ModelEntry
from restorer.models import build_model, hyper_parameters
from training.data.replay import read_replay
from training.fitting.trainer import write_weights
from training.tuning import finetune, plan as tuning_plan, setup as tuning_setup
from training.tuning.setup import FinetuneConfig

SMALL = {
    "repair": ("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}),
    "detect": ("damage-unet", {"channels": (8, 8, 8), "radii": (2,)}),
}


def small_and_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few crops to replay and to measure, and no search for damage in pictures that have none."""
    trained, measured = read_replay()
    few = ([c[:96, :96] for c in trained[:8]], [c[:96, :96] for c in measured[:4]])
    sound = DamageMap(*(np.zeros((176, 208), np.uint8) for _ in range(2)))
    torch.set_num_threads(1)
    for module in (finetune, tuning_plan, tuning_setup):
        monkeypatch.setattr(module, "read_replay", lambda: few)
    monkeypatch.setattr(tuning_setup, "detect_damage", lambda *_, **__: sound)
    monkeypatch.setattr(tuning_setup, "MEASURE_PX", 64)


def scene(seed: int, height: int = 176, width: int = 208) -> np.ndarray:
    """A picture unlike those of other seeds (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (7, 9, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def album(folder: Path, count: int = 12, first: int = 0) -> Path:
    """A folder with photographs of `count` scenes."""
    folder.mkdir(parents=True)
    for i in range(first, first + count):
        cv2.imwrite(str(folder / f"secret-{i:02d}.png"), scene(i))
    return folder


def parent(task: str = "repair", fault: float = 0.15) -> ModelEntry:
    """A small model in the library; a generator's fills are too bright by `fault`."""
    torch.manual_seed(3)
    arch, settings = SMALL[task]
    net = build_model(arch, settings)
    if task == "repair":
        net.head.bias.data += fault  # type: ignore[operator,union-attr]
    with library.new_model_folder() as folder:
        files = []
        for role in ("fidelity", "detail") if task == "repair" else ("detect",):
            write_weights(folder / f"{role}.safetensors", net, {})
            files.append(library.weight_file(folder, role, f"{role}.safetensors"))
            if task == "repair":
                net.noise4.weight.data += 0.01  # type: ignore[operator,union-attr]
        entry = ModelEntry(
            id=f"small-{task}", title="Small", task=task, architecture=arch,
            hyper_parameters=hyper_parameters(net), files=tuple(files), licence="CC0-1.0",
            trained_on="nothing", seed=3, date="2026-01-02", command="none", source="fine-tuned",
        )  # fmt: skip
        return library.add(folder, entry, "")


def config(folder: Path, task: str = "repair", **changes: object) -> FinetuneConfig:
    """Few and small steps."""
    values = {
        "folders": (folder,), "name": "mine", "model": f"small-{task}", "steps": 6, "batch": 4,
        "crop_px": 64, "rate": 3e-3, "device": "cpu", **changes,
    }  # fmt: skip
    return FinetuneConfig(**values)  # type: ignore[arg-type]
