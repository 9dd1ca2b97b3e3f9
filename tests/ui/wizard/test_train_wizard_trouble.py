"""Memory, disk, pauses and the end of the program while the wizard trains."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import Any

import pytest
import torch

from restorer.library import store as library
from tests.ui.wizard.support import LONG_MS, Brake, Hands
from training.fitting import checkpoint
from training.tuning.tasks import RepairTuning
from ui.wizard import plan as wizard_plan


def test_where_memory_runs_short_it_goes_on_and_says_so(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = RepairTuning.loss

    def short(self: RepairTuning, net: torch.nn.Module, batch: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
        if len(batch["image"]) > 1:
            raise torch.OutOfMemoryError("out of memory")
        return original(self, net, batch)

    hands.to_plan()
    monkeypatch.setattr(RepairTuning, "loss", short)
    hands.click(hands.wizard.next)
    hands.to_verdict()
    assert (
        "in 4 smaller pieces" in hands.wizard.train.memory_notice.text or not hands.wizard.train.isVisible()
    )
    assert "in 4 smaller pieces" in hands.wizard.train.memory_notice._text.text()


def test_no_memory_at_all_is_told_and_can_be_tried_again(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    hands.to_plan()
    original = RepairTuning.loss
    monkeypatch.setattr(RepairTuning, "loss", none)
    hands.click(hands.wizard.next)
    page = hands.wizard.train
    hands.until(lambda: page.state == "failed")
    assert "even one crop" in page.notice.text
    assert [m.id for m in library.read_library().models][-1] == "small-repair"
    monkeypatch.setattr(RepairTuning, "loss", original)
    hands.click(page.resume_button)
    hands.to_verdict()


def test_a_full_disk_is_told_and_the_training_goes_on_later(
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
    own_library: Path,
) -> None:
    hands.to_plan()
    original, calls = torch.save, []

    def full(content: object, stream: object) -> None:
        calls.append(1)
        if len(calls) > 2:
            stream.write(b"half")  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device")
        original(content, stream)  # type: ignore[arg-type]

    monkeypatch.setattr(torch, "save", full)
    hands.click(hands.wizard.next)
    page = hands.wizard.train
    hands.until(lambda: page.state == "failed")
    assert "The checkpoint cannot be written: the disk is full" in page.notice.text
    assert not [p for p in own_library.rglob("*") if p.name.endswith(".part")]
    monkeypatch.setattr(torch, "save", original)
    hands.click(page.resume_button)
    hands.to_verdict()
    assert hands.wizard.verdict.outcome.steps == 12  # type: ignore[union-attr]


def test_a_full_disk_while_photographs_are_prepared(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.to_plan()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    original = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, mode="r", *a, **k: (
            full() if "w" in mode and ".runs" in str(self) else original(self, mode, *a, **k)
        ),
    )
    hands.click(hands.wizard.next)
    page = hands.wizard.train
    hands.until(lambda: page.state == "failed")
    assert "the disk is full" in page.notice.text
    monkeypatch.setattr(Path, "open", original)
    hands.click(page.resume_button)
    hands.to_verdict()


def test_a_pause_keeps_a_checkpoint_and_goes_on(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    brake = Brake(monkeypatch, at=6)
    hands.start(steps=12)
    hands.until(brake.reached.is_set)
    page = hands.wizard.train
    hands.click(page.pause_button)
    brake.free.set()
    assert page.order is not None
    work = page.order.config.work
    hands.until((work / checkpoint.NAME).is_file)
    assert page.state == "paused" and page.running and brake.calls == 6
    hands.click(page.resume_button)
    hands.to_verdict()
    assert hands.wizard.verdict.outcome.steps == 12  # type: ignore[union-attr]


def test_a_paused_training_that_is_to_go_on_in_the_background_does(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    brake, wizard = Brake(monkeypatch, at=6), hands.wizard
    hands.start(steps=12)
    hands.until(brake.reached.is_set)
    hands.click(wizard.train.pause_button)
    brake.free.set()
    wizard.close()
    wizard._on_button.click()
    assert not wizard.isVisible() and wizard.train.state == "running"
    hands.to_verdict()


def test_the_program_ends_while_it_learns(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    brake = Brake(monkeypatch, at=8)
    hands.start(steps=12)
    hands.until(brake.reached.is_set)
    assert hands.wizard.train.order is not None
    work = hands.wizard.train.order.config.work
    hands.wizard.shut_down()
    brake.free.set()
    hands.wizard._runner.close()
    state = torch.load(work / checkpoint.NAME, weights_only=True)["state"]
    assert state["step"] == 4 and not state["done"]
    assert hands.wizard.verdict.outcome is None


def test_a_fault_of_the_program_is_told_too(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a fault")

    hands.to_plan()
    monkeypatch.setattr(RepairTuning, "loss", broken)
    hands.click(hands.wizard.next)
    page = hands.wizard.train
    hands.until(lambda: page.state == "failed")
    assert "The training failed. (ValueError)" in page.notice.text
    caplog.clear()


def test_a_measurement_of_other_settings_starts_nothing(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.to_plan(steps=12)
    page, gates, original = hands.wizard.plan, deque([threading.Event(), threading.Event()]), wizard_plan.plan
    first, second = gates

    def slow(*args: Any) -> Any:
        assert gates.popleft().wait(LONG_MS / 1000)
        return original(*args)

    monkeypatch.setattr(wizard_plan, "plan", slow)
    page.fields["steps"].setValue(14)
    hands.until(lambda: len(gates) == 1)
    page.fields["steps"].setValue(16)  # while the computer is being measured for 14
    first.set()
    settled = []
    page.changed.connect(lambda: settled.append(page.complete()))
    hands.until(lambda: page._job is not None and not page._timer.isActive())
    second.set()
    assert not any(settled)  # what was measured for 14 cannot be started
    hands.until(hands.wizard.next.isEnabled)
    assert page.planned is not None and page.planned.plan.steps == 16
