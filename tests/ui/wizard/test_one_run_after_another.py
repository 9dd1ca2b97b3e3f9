"""What belongs to one training is not taken for another one's; nothing is said before it is so."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from restorer.library import package, store as library
from tests.ui.wizard.support import FOLDERS, PLAN, TRAIN, VERDICT, Brake, Hands, confirm
from tests.ui.wizard.test_train_wizard import stopped
from training.data import folders as training_folders
from training.fitting import checkpoint
from training.tuning import tuner
from training.tuning.runs import find_unfinished
from training.tuning.tasks import RepairTuning
from ui.wizard.wizard import TrainWizard


def started_anew(hands: Hands, make_wizard: type[TrainWizard], monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The program after a new start, which offers a training that was stopped."""
    stopped(hands, monkeypatch)
    hands.wizard.shut_down()
    again = Hands(make_wizard(), hands.qtbot, hands.folder, monkeypatch)
    again.open()
    again.until(lambda: "step 5 of 24" in again.wizard.folders.unfinished.text)
    return again


def no_better(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> str:
    """A training whose verdict is against it; its name."""
    original = tuner.set_rate
    monkeypatch.setattr(tuner, "set_rate", lambda optimiser, _: original(optimiser, 0.0))
    hands.start(steps=10)
    hands.to_verdict()
    order = hands.wizard.train.order
    assert order is not None
    return order.config.name


def test_a_verdict_is_gone_when_another_training_begins(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = no_better(hands, monkeypatch)
    wizard = hands.wizard
    assert any(label.isVisible() for row in wizard.train._cells for label in row) or wizard.step == VERDICT
    hands.click(wizard.steps[PLAN])
    hands.until(lambda: wizard.plan.planned is not None)
    brake = Brake(monkeypatch, at=4)
    hands.next(TRAIN)
    assert not any(label.isVisible() for row in wizard.train._cells for label in row)  # those of the first
    hands.until(brake.reached.is_set)
    hands.click(wizard.train.stop_button)
    brake.free.set()
    hands.until(lambda: wizard.train.state == "stopped")
    assert not wizard.steps[VERDICT].isEnabled()
    assert len(find_unfinished()) == 2 and first in {run.config.name for run in find_unfinished()}


def test_a_verdict_is_discarded_when_that_was_asked(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    no_better(hands, monkeypatch)
    hands.click(hands.wizard.verdict.discard_button)
    assert len(find_unfinished()) == 1
    confirm()
    hands.until(lambda: not find_unfinished())
    assert hands.wizard.step != VERDICT


def test_the_question_at_closing_is_over_when_the_training_is(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.to_plan(steps=12)
    brake = Brake(monkeypatch, at=12)
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    hands.wizard.close()
    assert isinstance(QApplication.activeModalWidget(), QMessageBox)
    brake.free.set()
    hands.to_verdict()
    hands.until(lambda: QApplication.activeModalWidget() is None)
    assert hands.wizard.isVisible()


def test_an_offer_is_gone_with_its_run(
    hands: Hands, make_wizard: type[TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = started_anew(hands, make_wizard, monkeypatch)
    page = again.wizard.folders
    again.click(page.resume_button)
    again.to_verdict()
    again.click(again.wizard.steps[FOLDERS])
    assert page.unfinished.text == ""


def test_a_run_can_be_discarded_while_folders_are_looked_through(
    hands: Hands, make_wizard: type[TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = started_anew(hands, make_wizard, monkeypatch)
    page = again.wizard.folders
    go, original = threading.Event(), training_folders.scan
    monkeypatch.setattr(
        training_folders, "scan", lambda folders, ctx=None: (go.wait(60), original(folders, ctx))[1]
    )
    again.wizard.add_folders([hands.folder])
    again.click(page.discard_button)
    confirm()
    assert page.unfinished.text == ""
    again.until(lambda: not find_unfinished())
    assert page.scanning
    go.set()
    again.until(lambda: not page.scanning)


def test_folders_are_looked_through_again_after_a_training_that_did_not_wait(
    hands: Hands, make_wizard: type[TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = started_anew(hands, make_wizard, monkeypatch)
    page = again.wizard.folders
    original, walks = training_folders.scan, []

    def endless(folders: object, ctx: object = None) -> object:
        walks.append(folders)
        while len(walks) == 1:
            ctx.check()  # type: ignore[union-attr]
        return original(folders, ctx)  # type: ignore[arg-type]

    monkeypatch.setattr(training_folders, "scan", endless)
    again.wizard.add_folders([hands.folder])
    again.until(lambda: bool(walks))
    again.click(page.resume_button)
    again.to_verdict()
    again.click(again.wizard.steps[FOLDERS])
    again.until(lambda: page.complete())
    assert len(walks) == 2


def test_a_plan_does_not_outlive_its_model(hands: Hands) -> None:
    hands.to_plan()
    wizard = hands.wizard
    assert wizard.plan.planned is not None
    wizard.close()
    library.rename("small-repair", "tiny")
    wizard.library_was_changed()
    hands.until(lambda: wizard.context.draft.model.id == "tiny")
    assert wizard.plan.planned is None


def test_a_checkpoint_is_told_when_it_is_there(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.to_plan(steps=12)
    brake = Brake(monkeypatch, at=1)
    hands.next(TRAIN)
    hands.until(brake.reached.is_set)
    page = hands.wizard.train
    hands.until(page.pause_button.isEnabled)
    hands.click(page.pause_button)
    assert page.status.text() == "Pausing after this step…" and page.left.text() == ""
    brake.free.set()
    hands.until(lambda: page.status.text() == "Paused")
    assert page.order is not None and (page.order.config.work / checkpoint.NAME).is_file()
    assert "checkpoint is kept" in page.left.text()
    page.stop()
    assert page.left.text() == ""
    hands.until(lambda: page.state == "stopped")


def test_a_comparison_can_be_stopped(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.to_plan(steps=12)
    page, measured = hands.wizard.train, list[str]()
    begun, go, original = threading.Event(), threading.Event(), RepairTuning.scores
    best = tuner.Tuner.best_mixture

    def late(self: tuner.Tuner, *given: object) -> object:
        begun.set()
        return best(self, *given)  # type: ignore[arg-type]

    def scores(self: RepairTuning, net: object, which: str, noise: bool = False) -> object:
        if begun.is_set():
            measured.append(which)
            assert go.wait(60)
        return original(self, net, which, noise)  # type: ignore[arg-type]

    monkeypatch.setattr(tuner.Tuner, "best_mixture", late)
    monkeypatch.setattr(RepairTuning, "scores", scores)
    hands.next(TRAIN)
    hands.until(begun.is_set)
    hands.click(page.stop_button)
    go.set()
    hands.until(lambda: page.state == "stopped")
    assert len(measured) <= 3


def test_a_curve_goes_on_where_it_was(
    hands: Hands, make_wizard: type[TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stopped(hands, monkeypatch)
    hands.wizard.shut_down()
    lines = [{"step": 70 * n, "l1": 0.4 * 0.5**n, "user": 0.1 * n, "replay": 0.0} for n in range(1, 9)]
    (run.config.work / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    wizard = make_wizard()
    Brake(monkeypatch, at=1).free.set()
    wizard.show()
    hands.until(lambda: wizard.context.start is not None)
    wizard.folders.resume_button.click()
    steps, values = wizard.train.losses.series["difference"]
    assert steps[:8] == [70.0 * n for n in range(1, 9)]
    assert values[:8] == pytest.approx([0.5**n for n in range(8)])
    assert wizard.train._means["l1"].take(0.4 * 0.5**8) == pytest.approx(0.5**7, rel=0.1)
    wizard.train.stop()
    hands.until(lambda: not wizard.train.running)


def test_the_name_of_a_training_is_not_given_away(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = stopped(hands, monkeypatch)
    name = run.config.name
    file = package.export("small-repair", tmp_path / "x.restorer-model")
    package.install_package(file, package.Told("other"))
    with pytest.raises(library.InputError, match=f"An unfinished training will be called '{name}'"):
        library.rename("other", name)
    with pytest.raises(library.InputError, match="Choose another name"):
        library.check_new_id(name)


def test_a_folder_that_is_let_go_of_is_not_walked_on(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[int] = []

    def endless(*_: object, **__: object):  # type: ignore[no-untyped-def]
        while True:
            entered.append(1)
            yield str(hands.folder), [], []

    hands.open()
    page = hands.wizard.folders
    with monkeypatch.context() as patch:
        patch.setattr(training_folders.os, "walk", endless)
        hands.wizard.add_folders([hands.folder])
        hands.until(lambda: len(entered) > 5)
    page.list.setCurrentRow(0)
    page._remove()
    hands.wizard.add_folders([hands.folder])
    hands.until(lambda: not page.scanning)
    assert page.complete()
