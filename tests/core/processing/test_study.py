from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from restorer.cli.commands import run_recipe
from restorer.device import choose_device
from restorer.image.reading import Photo
from restorer.jobs import Cancelled, JobContext
from restorer.models import build_model
from restorer.processing.repairer import RepairSettings, repair_pixels
from restorer.processing.study import Lessons, moved, steps_in, study
from restorer.record.recipe import from_json
from restorer.record.report import PhotoReport, Studied

CPU = choose_device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def net() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model("fill-unet", {"channels": (16, 16, 16), "blocks": 1, "rates": (1, 2)}).eval()


def woven(height: int = 192, width: int = 224) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.where((y // 4 + x // 4) % 2, 200, 60).astype(np.uint8)


def hole(shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    mask[60:76, 40:180] = True
    return mask


def fill(network: torch.nn.Module, pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    settings = RepairSettings(detail=0, grow_px=0, device="cpu", ensemble=False)
    return repair_pixels(pixels, mask, settings, net=network)[0]


def error(photo: np.ndarray, mask: np.ndarray, network: torch.nn.Module) -> float:
    settings = RepairSettings(detail=0, grow_px=0, device="cpu")
    out, _ = repair_pixels(photo, mask, settings, net=network)
    return float(np.abs(out[mask].astype(float) - photo[mask]).mean())


def test_studying_a_woven_pattern_fills_it_better_and_leaves_the_network_as_it_is() -> None:
    photo, mask, network = woven(), hole((192, 224)), net()
    before = copy.deepcopy(network.state_dict())
    pupil = moved(network, study(network, photo, mask, 120, CPU, fill))
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert error(photo, mask, pupil) < 0.9 * error(photo, mask, network)


def test_what_lies_under_the_damage_is_not_learnt_and_steps_repeat() -> None:
    photo, mask, network = woven(), hole((192, 224)), net()
    first = study(network, photo, mask, 40, CPU, fill, seed=4)
    spoilt = photo.copy()
    spoilt[mask] = 255
    second = study(network, spoilt, mask, 40, CPU, fill, seed=4)
    assert first.keys() == second.keys() and any(v.abs().max() > 0 for v in first.values())
    assert all(torch.equal(first[k], second[k]) for k in first)
    other = study(network, photo, mask, 40, CPU, fill, seed=5)
    assert any(not torch.equal(first[k], other[k]) for k in first)


@pytest.mark.parametrize("helps", [True, False])
def test_what_was_learnt_is_kept_if_it_helps_where_holes_are_filled_in_earnest(helps: bool) -> None:
    photo, mask, network = woven(), hole((192, 224)), net()

    def fill(candidate: torch.nn.Module, pixels: np.ndarray, holes: np.ndarray) -> np.ndarray:
        before = network.state_dict()
        learnt = any(not torch.equal(before[k], v) for k, v in candidate.state_dict().items())
        out = pixels.copy()
        out[holes] = pixels[holes] // 2 if learnt == helps else 0
        return out

    said: list[object] = []
    assert (
        bool(study(network, photo, mask, 40, CPU, fill, JobContext(lambda p: said.append(p.detail)))) == helps
    )
    assert said[-1] == Studied(pytest.approx(0.5 * helps, abs=0.1))


def test_photograph_that_is_mostly_damage_teaches_nothing() -> None:
    said: list[object] = []
    ctx = JobContext(lambda p: said.append(p.detail))
    assert study(net(), woven(), np.ones((192, 224), bool), 5, CPU, fill, ctx) == {}
    assert said == [Studied(0.0)]


def test_lessons_never_practise_on_damage() -> None:
    mask = hole((192, 224))
    lessons = Lessons(woven(), mask, 0)
    for _ in range(40):
        crop, damage, holes = lessons.draw()
        assert crop.shape == (192, 192, 3) and not (damage * holes).any()


def test_studying_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        study(net(), woven(), hole((192, 224)), 5, CPU, fill, JobContext(is_cancelled=lambda: True))


def test_seconds_become_at_least_one_step() -> None:
    assert steps_in(0.0, net(), CPU) == 1


def test_repair_with_study_changes_nothing_outside_the_mask() -> None:
    photo, mask = woven(), hole((192, 224))
    plain, grown = repair_pixels(photo, mask, RepairSettings(device="cpu"))
    studied, _ = repair_pixels(photo, mask, RepairSettings(device="cpu", study_steps=40))
    after, _ = repair_pixels(photo, mask, RepairSettings(device="cpu"))
    assert (after == plain).all(), "the shipped weights learnt as well"
    assert (studied[~grown] == photo[~grown]).all()
    assert (studied[grown] != plain[grown]).any()


def test_what_study_brought_is_told_in_the_report() -> None:
    entry, photo = PhotoReport("scan.png"), Photo(woven())
    repair = from_json({"schema": 1, "stages": [{"stage": "repair"}]}, given=frozenset({"mask"}))
    for steps in (0, 1):
        run_recipe(
            photo, repair.with_parameters(repair={"study_steps": steps}), "cpu", entry, JobContext(),
            hole((192, 224)),
        )  # fmt: skip
        assert sum("tudying this photograph" in notice for notice in entry.notices) == steps
