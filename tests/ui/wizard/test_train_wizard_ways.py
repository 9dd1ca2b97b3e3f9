"""Back and forth in the wizard, with folders, models and fields that change in between."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from restorer.library import store as library
from tests.training.tuning.support import album, parent, scene
from tests.ui.wizard.support import (
    FOLDERS,
    GOAL,
    PLAN,
    TRAIN,
    VERDICT,
    Brake,
    Hands,
)
from training.tuning import setup as tuning_setup
from training.tuning.runs import find_unfinished
from training.tuning.tuner import TuneLog
from ui.jobs import Update
from ui.settings import SettingsStore
from ui.wizard.wizard import TrainWizard


def planned(hands: Hands) -> bool:
    plan = hands.wizard.plan
    return plan.planned is not None or bool(plan.problem.text)


def stopped(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that was stopped while it learnt."""
    hands.to_plan(steps=12)
    brake = Brake(monkeypatch, at=3)
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    hands.click(hands.wizard.train.stop_button)
    brake.free.set()
    hands.until(lambda: hands.wizard.train.state == "stopped")


def test_the_name_that_is_proposed_follows_the_goal(hands: Hands) -> None:
    parent("detect")
    hands.to_plan()
    wizard = hands.wizard
    assert wizard.plan.name.text().startswith("my-repair-")
    hands.click(wizard.back)
    hands.click(wizard.goal.detect)
    wizard.goal.masks.take(hands.folder)
    hands.choose_model("small-detect")
    hands.next(PLAN)
    assert wizard.plan.name.text().startswith("my-detect-")
    wizard.plan.name.selectAll()
    QTest.keyClicks(wizard.plan.name, "of-mine")
    hands.click(wizard.back)
    hands.click(wizard.goal.repair)
    hands.next(PLAN)
    assert wizard.plan.name.text() == "of-mine"


def test_after_a_stop_another_training_is_planned_under_another_name(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(hands, monkeypatch)
    plan = hands.wizard.plan
    name = plan.name.text()
    hands.click(hands.wizard.back)
    assert plan.name.text() == f"{name}-2"
    hands.until(lambda: planned(hands))
    assert hands.wizard.next.isEnabled()
    plan.name.selectAll()
    QTest.keyClicks(plan.name, name)
    hands.until(lambda: bool(plan.problem.text))
    assert "unfinished training" in plan.problem.text and "--" not in plan.problem.text
    assert [run.config.name for run in find_unfinished()] == [name]


def test_a_number_that_is_still_being_typed_counts(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.to_plan(steps=12)
    wizard = hands.wizard
    steps = wizard.plan.fields["steps"]
    steps.selectAll()
    QTest.keyClicks(steps, "14")
    wizard.next.click()  # as Alt+Right does from within the field
    assert wizard.step == PLAN
    hands.until(lambda: wizard.plan.planned is not None)
    hands.next(TRAIN)
    hands.to_verdict()
    assert wizard.verdict.outcome.plan.steps == 14  # type: ignore[union-attr]


def test_a_plan_that_was_not_measured_when_the_window_closed_is_measured_later(hands: Hands) -> None:
    hands.to_plan()
    wizard = hands.wizard
    wizard.plan.fields["steps"].setValue(25)
    wizard.close()
    hands.until(lambda: not wizard.plan._timer.isActive())
    assert wizard.plan.planned is None
    wizard.show()
    hands.until(lambda: wizard.plan.planned is not None)
    assert wizard.next.isEnabled()


def test_a_model_that_is_renamed_meanwhile_is_still_the_one_that_learns(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.to_plan()
    wizard = hands.wizard
    library.rename("small-repair", "tiny")
    wizard.library_was_changed()
    hands.until(lambda: wizard.context.draft.model.id == "tiny")  # type: ignore[union-attr]
    hands.until(lambda: wizard.plan.planned is not None)
    brake = Brake(monkeypatch, at=3)
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    hands.click(wizard.train.stop_button)
    brake.free.set()
    hands.until(lambda: wizard.train.state == "stopped")
    start = wizard.context.start
    library.rename("tiny", "small")
    wizard.library_was_changed()
    hands.until(lambda: wizard.context.start is not start)
    hands.click(wizard.train.resume_button)
    hands.to_verdict()


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_a_photograph_that_is_not_the_same_any_more_is_told_and_looked_for_again(
    hands: Hands, what: str
) -> None:
    hands.to_plan()
    wizard, path = hands.wizard, hands.folder / "secret-03.png"
    if what == "gone":
        path.unlink()
    else:
        cv2.imwrite(str(path), scene(77, 300, 400))
    hands.next(TRAIN)
    hands.until(lambda: wizard.train.state == "failed")
    assert "secret-03.png" in wizard.train.notice.text and "folders again" in wizard.train.notice.text
    wizard.go_to(FOLDERS)
    hands.click(wizard.folders.again_button)
    hands.until(lambda: not wizard.folders.scanning)
    assert wizard.folders.counts["train"].text() == ("8" if what == "gone" else "9")
    if what == "gone":
        hands.next(GOAL)
        hands.next(PLAN)
        hands.until(lambda: planned(hands))
        hands.next(TRAIN)
        hands.to_verdict()


def test_only_learning_is_paused_and_nothing_is_said_to_be_kept_before_it(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, own_library: Path
) -> None:
    hands.to_plan()
    page, original = hands.wizard.train, tuning_setup.detect_damage
    reached, free = threading.Event(), threading.Event()

    def slow(*given: object, **more: object) -> object:
        reached.set()
        assert free.wait(60)
        return original(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning_setup, "detect_damage", slow)
    hands.next(TRAIN)
    hands.until(reached.is_set)
    assert not page.pause_button.isEnabled()
    hands.click(page.stop_button)
    free.set()
    hands.until(lambda: page.state == "stopped")
    assert "checkpoint" not in page.notice.text and "begin again" in page.notice.text
    assert list((own_library / ".runs").iterdir()) == []
    hands.click(page.resume_button)
    hands.until(lambda: page.pause_button.isEnabled() or hands.wizard.step == VERDICT)
    hands.to_verdict()
    assert not page.pause_button.isEnabled()


def test_a_pause_in_the_last_step_does_not_hold_back_the_verdict(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.to_plan(steps=12)
    brake = Brake(monkeypatch, at=12)
    states: list[str] = []
    page = hands.wizard.train
    page.state_changed.connect(states.append)
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    hands.until(page.pause_button.isEnabled)
    hands.click(page.pause_button)
    brake.free.set()
    hands.to_verdict()
    assert states == ["running", "paused", "running", "done"]


def test_the_selected_folder_stays_selected(hands: Hands, tmp_path: Path) -> None:
    hands.open()
    hands.choose_folder()
    hands.choose_folder(album(tmp_path / "others", 9, 40))
    page = hands.wizard.folders
    page.list.setCurrentRow(1)
    hands.select("secret-00.png")
    hands.click(page.reject_button)
    hands.click(page.remove_button)
    hands.until(lambda: not page.scanning)
    assert hands.wizard.context.draft.folders == [hands.folder]


def test_a_folder_that_vanished_is_told_when_it_is_looked_through_again(hands: Hands) -> None:
    hands.open()
    hands.choose_folder()
    shutil.rmtree(hands.folder)
    page = hands.wizard.folders
    hands.click(page.again_button)
    hands.until(lambda: not page.scanning)
    assert page.refused.count() == 1 and "There is no folder" in page.refused.item(0).text()
    assert not hands.wizard.next.isEnabled() and bool(page.problem.text)


def test_no_two_underlined_letters_of_a_page_are_the_same(hands: Hands) -> None:
    hands.to_plan()
    wizard = hands.wizard
    for step in (PLAN, GOAL, FOLDERS):
        wizard.go_to(step)
        shown: list[QAbstractButton | QLabel] = [
            *wizard.findChildren(QAbstractButton), *(w for w in wizard.findChildren(QLabel) if w.buddy())
        ]  # fmt: skip
        letters = [k[1].lower() for w in shown if w.isVisible() for k in re.findall(r"&\w", w.text())]
        assert sorted(letters) == sorted(set(letters)) and len(letters) > 3


@pytest.mark.parametrize("goal", ["repair", "detect"])
def test_the_window_fits_on_a_small_screen(
    goal: str, chinese: None, make_wizard: Callable[[], TrainWizard], tmp_path: Path
) -> None:
    wizard = make_wizard()
    wizard.context.store = SettingsStore(tmp_path / "settings.json")
    wizard.goal.corrections._store = wizard.context.store
    wizard.show()
    getattr(wizard.goal, goal).click()
    low = wizard.minimumSizeHint()
    assert low.height() <= 660  # of 768 lines, without the bars of the system and of the window
    assert low.width() <= 1280
    wizard.resize(low)
    for page in (wizard.goal, wizard.plan):
        wizard._show(wizard.pages.index(page))
        assert page.height() >= page.minimumSizeHint().height()  # it scrolls, and nothing is squeezed
        assert wizard.next.mapTo(wizard, wizard.next.rect().bottomLeft()).y() < wizard.height()


def test_the_time_that_is_left_is_told_to_the_verdict(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.to_plan(steps=12)
    brake, page, planned = Brake(monkeypatch, at=3), hands.wizard.train, hands.wizard.plan.planned
    assert planned is not None
    hands.wizard.plan.planned = replace(planned, plan=replace(planned.plan, judging_seconds=600.0))
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    log = TuneLog(2, 12, {"l1": 0.1}, 0.0, 0.0, seconds_left=300.0)
    page._on_progress(Update(0.3, "Learning", (log,)))
    assert page.left.text() == "about 15 min left"
    page._on_progress(Update(0.9, "Comparing with the model it started from", ()))
    assert page.left.text() == "about 10 min left"
    hands.click(page.stop_button)
    brake.free.set()
    hands.until(lambda: page.state == "stopped")
    run = find_unfinished()[0]
    assert run.plan.judging_seconds == 600
    hands.click(page.resume_button)
    assert page.order is not None and page.order.plan == run.plan
    hands.to_verdict()
