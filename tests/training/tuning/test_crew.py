"""Several processes of this computer that fine-tune together, of two each in these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

from restorer.device import Device
from restorer.errors import InputError, OutputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library import store as library
from tests.training.tuning.support import album, config, parent, small_and_fast
from training.tuning import crew, finetune as alone
from training.tuning.plan import Plan
from training.tuning.runs import find_unfinished
from training.tuning.setup import FinetuneConfig, look_through
from training.tuning.tuner import TuneLog, TuneLook


class SmallTask(crew.Task):
    """As all tests of fine-tuning: a few crops, small ones."""

    def do(self, *given: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            small_and_fast(patch)
            if self.config.name == "full":
                patch.setattr("training.fitting.checkpoint.save", full_disk)
            return super().do(*given)


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    small_and_fast(monkeypatch)
    monkeypatch.setattr(crew, "Task", SmallTask)
    monkeypatch.setattr(crew, "size_for", lambda config, plan=None: plan.processes if plan else 2)
    parent()
    return album(tmp_path / "photos")


def weights_of(model: str) -> dict[str, torch.Tensor]:
    return load_file(library.user_folder() / model / "fidelity.safetensors")


def until(steps: int, seen: list[Progress]) -> Callable[[], bool]:
    """Whether so many steps were told."""
    return lambda: sum(isinstance(p.detail, TuneLog) for p in seen) >= steps


def test_a_training_that_is_stopped_and_resumed_comes_to_the_same_bits(folder: Path) -> None:
    seen: list[Progress] = []
    whole = crew.finetune(config(folder, name="whole", steps=12), JobContext(seen.append), force=True)
    assert whole is not None and whole.entry is not None and whole.plan.processes == 2 and whole.steps == 12
    assert [p.detail.step for p in seen if isinstance(p.detail, TuneLog)] == [*range(1, 13)]
    assert any(isinstance(p.detail, TuneLook) for p in seen)
    assert "| processes | 2 |" in library.read_card(whole.entry)

    settings, seen = config(folder, name="parted", steps=12), []
    with pytest.raises(Cancelled):
        crew.finetune(settings, JobContext(seen.append, until(5, seen)))
    (run,) = find_unfinished()
    assert 5 <= run.step < 12 and run.plan.processes == 2
    parted = crew.finetune(settings, resume=True, force=True)
    assert parted is not None and parted.steps == 12
    first, second = weights_of("whole"), weights_of("parted")
    assert all(torch.equal(first[key], second[key]) for key in first)
    alone.finetune(config(folder, name="by-one", steps=12, rate=1e-9))
    assert alone.is_judged(config(folder, name="by-one").work)
    again = crew.finetune(config(folder, name="by-one", steps=12, rate=1e-9), restart=True)
    assert again is not None and again.plan.processes == 2  # what was judged before is gone
    assert alone.finetune(config(folder, name="by-one", steps=12), restart=True, force=True) is not None
    assert not all(torch.equal(first[key], value) for key, value in weights_of("by-one").items())


@pytest.mark.parametrize("rank", [0, 1])
def test_where_a_process_is_killed_the_training_goes_on_alone(folder: Path, rank: int) -> None:
    seen, killed = list[Progress](), list[psutil.Process]()

    def watch(p: Progress) -> None:
        seen.append(p)
        if until(4, seen)() and not killed:
            killed.append(children()[rank])
            killed[0].kill()

    outcome = crew.finetune(config(folder, steps=9), JobContext(watch), force=True)
    assert outcome is not None and outcome.steps == 9 and outcome.entry is not None
    assert children() == []


def children() -> list[psutil.Process]:
    """The processes that train, in their order."""
    alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
    return sorted((p for p in alive if "spawn_main" in " ".join(p.cmdline())), key=lambda p: p.pid)


def test_what_goes_wrong_in_a_process_is_told_as_it_is(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        crew.finetune(config(folder, held_out=album(tmp_path / "one", 1, 50)))
    with pytest.raises(OutputError, match="checkpoint cannot be written: the disk is full") as full:
        crew.finetune(config(folder, name="full"))
    assert full.value.hint
    with pytest.raises(InputError, match="There is a model 'small-repair' already"):
        crew.finetune(config(folder, name="small-repair"))


def test_while_it_is_paused_no_process_goes_on(folder: Path) -> None:
    seen: list[Progress] = []
    told: list[int] = []  # while it was paused

    class Paused:
        """From the third step until it has told that it is paused, and ten questions more."""

        def wait(self, timeout: float | None = None) -> bool:
            if any(p.message == "Paused" for p in seen):
                told.append(len(seen))
            return not until(3, seen)() or len(told) > 10

    outcome = crew.finetune(config(folder, steps=30), JobContext(seen.append), running=Paused(), force=True)
    assert outcome is not None and outcome.steps == 30
    assert len(set(told[:10])) == 1 and len(seen) > told[0] + 10


def test_a_plan_is_measured_in_all_processes_and_used_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(folder, steps=0, minutes=3.0)
    groups = look_through(settings, JobContext())
    plan = crew.plan_ahead(settings, groups)
    assert plan.processes == 2 and plan.steps > 10
    monkeypatch.setattr(crew, "_together", lambda *_: pytest.fail("measured again"))
    again = crew.plan_ahead(replace(settings, minutes=6.0), groups, measured=plan)
    assert again.processes == 2 and again.steps > plan.steps and again.device == plan.device
    assert again.memory_bytes == plan.memory_bytes
    monkeypatch.setattr(crew, "size_for", lambda *_: 1)
    assert crew.plan_ahead(settings, groups, measured=plan).processes == 1


def test_processes_meet_wherever_the_temporary_folder_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "Jörg 100%20 tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    settings = config(folder, steps=0, minutes=3.0)
    assert crew.plan_ahead(settings, look_through(settings, JobContext())).processes == 2
    assert list(place.iterdir()) == []


def test_a_plan_that_is_not_waited_for_is_given_up_at_once(folder: Path) -> None:
    settings = config(folder, steps=0, minutes=3.0)
    groups = look_through(settings, JobContext())
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        crew.plan_ahead(settings, groups, JobContext(is_cancelled=is_cancelled))
    assert children() == []


def test_where_no_process_can_be_started_the_training_is_done_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refused)
    outcome = crew.finetune(config(folder, steps=4), force=True)
    assert outcome is not None and outcome.plan.processes == 1 and outcome.steps == 4
    monkeypatch.setattr("tempfile.TemporaryDirectory", refused)  # on a full disk
    groups = look_through(config(folder, name="next"), JobContext())
    assert crew.plan_ahead(config(folder, name="next"), groups).processes == 1


def test_how_many_processes_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(crew, "cores", lambda: 12)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    free = SimpleNamespace(available=64 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    usual = FinetuneConfig((), "mine", device="cpu")
    plan = Plan(5, 1.0, 1.0, 0, 0, 1, 9, 3, "CPU", processes=3)
    assert crew.size_for(usual) == 4
    assert crew.size_for(replace(usual, threads=2)) == 2
    assert crew.size_for(replace(usual, steps=50)) == 1
    assert crew.size_for(usual, plan) == 3
    free.available = 5 * 2**30
    assert crew.size_for(usual) == 2
    assert crew.size_for(replace(usual, batch=8)) == 4
    free.available = 2**29
    assert crew.size_for(usual) == 1
    gpu = Device(torch.device("cuda"), torch.bfloat16, "GPU")
    with monkeypatch.context() as other:
        other.setattr("restorer.device.choose_device", lambda _: gpu)
        assert crew.size_for(usual, plan) == 1
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert crew.size_for(usual, plan) == 1
