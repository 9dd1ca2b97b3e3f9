"""What all tests share: small networks, pictures made on the spot, no network, no display."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("same-everywhere", deadline=None, derandomize=True)  # no time, no chance
settings.load_profile("same-everywhere")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: none needs more threads than one
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def no_models_of_the_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees, or changes, the models and the unsaved work of whoever runs it."""
    monkeypatch.setenv("RESTORER_LIBRARY", str(tmp_path_factory.getbasetemp() / "no-library"))
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1234)


def smooth_photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture (H, W, 3) uint8 with gradients, edges and some grain."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    base = 110 + 60 * np.sin(x / 23) + 40 * np.cos(y / 31) + 30 * (x > width / 2)
    planes = np.stack([base, base * 0.9 + 12, base * 0.8 + 20], -1)
    return np.clip(planes + generator.normal(0, 3, (height, width, 1)), 0, 255).astype(np.uint8)


def line_mask(height: int, width: int, thickness: int = 3) -> np.ndarray:
    """A mask (H, W) bool with one diagonal scratch and one spot."""
    y, x = np.mgrid[0:height, 0:width]
    line = np.abs(y * width - x * height) < thickness * max(height, width) / 2
    spot = (y - height // 4) ** 2 + (x - 3 * width // 4) ** 2 < max(2, min(height, width) // 20) ** 2
    return line | spot


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """A folder with eight small PNG photographs."""
    import cv2

    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(8):
        cv2.imwrite(str(folder / f"{i}.png"), smooth_photo(96, 120, i))
    return folder


def fail_drive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing in `folder` can be read, as on a drive that failed."""
    for name in ("stat", "lstat", "listdir", "scandir", "mkdir"):
        original = getattr(os, name)

        def failing(path: object = ".", *given: object, _original=original, **more: object):  # type: ignore[no-untyped-def]
            if str(path).startswith(str(folder)):
                raise OSError(5, "Input/output error", str(path))
            return _original(path, *given, **more)

        monkeypatch.setattr(os, name, failing)
