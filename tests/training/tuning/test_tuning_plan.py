"""What a plan tells is what the training takes: every photograph, step and measurement is counted."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restorer.device import choose_device
from restorer.jobs import JobContext
from restorer.library import store as library
from tests.training.tuning.support import album, config, parent, small_and_fast
from training.data.folders import scan
from training.tuning import plan as tuning_plan
from training.tuning.finetune import finetune, plan_ahead
from training.tuning.plan import Plan, make_plan
from training.tuning.setup import Groups, look_through, make_task, measured_px, prepare
from training.tuning.tasks import DetectTuning, RepairTuning

NET = torch.nn.Conv2d(1, 1, 1)
KNOWN = Plan(6, 0.1, 1.0, 1, 1, 1, 1, 1, "CPU")


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_and_fast(monkeypatch)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return album(tmp_path / "private")


def masks_for(folder: Path) -> Path:
    masks = folder.parent / "masks"
    masks.mkdir()
    for path in folder.glob("*.png"):
        mask = np.zeros((176, 208), np.uint8)
        mask[40:44, 20:150] = 255
        cv2.imwrite(str(masks / path.name), mask)
    return masks


def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of every measurement of a generator, and of the examples."""
    pixels: list[int] = []
    scores, examples = RepairTuning.scores, RepairTuning.examples

    def counted(self: RepairTuning, net: torch.nn.Module, which: str, noise: bool = False):  # type: ignore[no-untyped-def]
        pixels.append(self.cases[which].mask.size)
        return scores(self, net, which, noise)

    def shown(self: RepairTuning, net: torch.nn.Module):  # type: ignore[no-untyped-def]
        found = examples(self, net)
        pixels.append(found.truth[..., 0].size)
        return found

    monkeypatch.setattr(RepairTuning, "scores", counted)
    monkeypatch.setattr(RepairTuning, "examples", shown)
    return pixels


def test_every_measurement_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent()
    settings = config(folder, steps=24)
    groups = look_through(settings, JobContext())
    plan = plan_ahead(settings, groups)
    pixels = looked_at(monkeypatch)
    finetune(settings, groups=groups, plan=plan)
    once, after = tuning_plan._measuring(settings, "repair", groups, 1.0)
    assert plan.validate_every == 2
    assert 12 * once + after == pytest.approx(sum(pixels) / 1e6, rel=0.1)


@pytest.mark.parametrize("apart", [False, True])
def test_the_pictures_of_a_detector_are_counted_by_their_size(folder: Path, apart: bool) -> None:
    parent("detect")
    masks = masks_for(folder)
    settings = config(folder, "detect", masks=masks)
    groups = look_through(settings, JobContext())
    if apart:
        settings = replace(settings, held_out=folder)
    prepare(settings, groups, JobContext())
    task = make_task(settings, "detect", settings.work, choose_device("cpu"))
    assert isinstance(task, DetectTuning)
    made = {name: sum(case.truth.size for case in cases) for name, cases in task.cases.items()}
    told = measured_px(settings, "detect", groups)
    assert {name: told[name] for name in made} == pytest.approx(made, rel=0.2)  # cut to multiples of 32


def test_the_memory_of_a_detector_grows_with_its_photographs(folder: Path) -> None:
    photo = scan([folder]).photos[0]
    settings, device = config(folder, "detect", steps=5, masks=masks_for(folder)), choose_device("cpu")

    def memory(count: int, known: Plan) -> int:
        groups = Groups((photo,) * count, (photo,), (photo,))
        return make_plan(settings, groups, NET, "detect", device, known).memory_bytes

    few, many = (
        make_plan(settings, Groups((photo,), (), ()), NET, "detect", device, KNOWN),
        memory(1001, KNOWN),
    )
    assert many - memory(1, KNOWN) == 1000 * photo.height * photo.width * 6
    assert memory(1001, few) == many  # measured once, planned twice


def test_thousands_of_photographs_take_their_time_to_be_made_ready(folder: Path) -> None:
    photo = scan([folder]).photos[0]
    settings = config(folder, steps=0, minutes=18.0)
    few, many = (
        make_plan(
            settings, Groups((photo,) * count, (photo,), (photo,)), NET, "repair", choose_device("cpu"),
            replace(KNOWN, seconds_per_photo=0.6),
        ).minutes
        for count in (10, 3000)
    )  # fmt: skip
    assert few == pytest.approx(18.1, abs=0.2)
    assert many - few == pytest.approx(2990 * 0.6 / 60)


def test_a_photograph_is_timed(folder: Path) -> None:
    parent()
    settings = config(folder)
    plan = plan_ahead(settings, look_through(settings, JobContext()))
    assert plan.seconds_per_photo > 0 and plan.seconds_per_megapixel > 0 and plan.judging_seconds > 0
    gone = Groups((replace(scan([folder]).photos[0], path=folder / "gone.png"),), (), ())
    assert plan_ahead(settings, gone).seconds_per_photo == 0


def test_a_slow_computer_learns_most_of_the_time(folder: Path) -> None:
    photo = scan([folder]).photos[0]
    groups = Groups((photo,) * 40, (photo,) * 10, (photo,) * 10)
    slow = replace(KNOWN, seconds_per_step=1.8, seconds_per_megapixel=20.0)
    settings = config(folder, steps=0, minutes=4.0)
    plan = make_plan(settings, groups, NET, "repair", choose_device("cpu"), slow)
    once, after = tuning_plan._measuring(settings, "repair", groups, 20.0)
    measuring = math.ceil(plan.steps / plan.validate_every) * once
    assert once > 10 and measuring <= 0.35 * 4 * 60
    assert plan.steps * 1.8 + measuring == pytest.approx(4 * 60, rel=0.1)
    assert plan.minutes * 60 == pytest.approx(plan.steps * 1.8 + measuring + after)
