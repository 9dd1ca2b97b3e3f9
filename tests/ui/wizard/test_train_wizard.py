from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QSlider,
    QTabWidget,
    QWidget,
)

from restorer.library import store as library
from restorer.library.store import find_model
from tests.training.tuning.support import album, parent, scene
from tests.ui.wizard.support import (
    FOLDERS,
    GOAL,
    PLAN,
    TRAIN,
    Brake,
    Hands,
    confirm,
)
from training.fitting import checkpoint
from training.tuning import tuner
from training.tuning.runs import Unfinished, find_unfinished
from training.tuning.setup import USUAL_RATE, FinetuneConfig, lock_run
from training.tuning.tasks import DETECT_LOSSES, REPAIR_LOSSES, USUAL_LOSSES
from ui.wizard.custom import LOSSES, CustomForm
from ui.wizard.wizard import TrainWizard


def test_from_the_folders_to_a_better_model(hands: Hands) -> None:
    cv2.imwrite(str(hands.folder / "tiny.png"), scene(70, 40, 40))
    (hands.folder / "broken.jpg").write_bytes(b"no photograph")
    hands.open()
    wizard = hands.wizard
    assert not wizard.next.isEnabled()
    hands.choose_folder()
    counts = {key: label.text() for key, label in wizard.folders.counts.items()}
    assert (counts["train"], counts["held"], counts["unreadable"], counts["small"]) == ("9", "3", "1", "1")
    assert wizard.folders.refused.count() == 2 and "(2)" in wizard.folders.tabs.tabText(1)
    hands.next(GOAL)
    hands.choose_model()
    hands.until(lambda: wizard.goal._job is None and not wizard.goal.previews.labels[0].pixmap().isNull())
    hands.next(PLAN)
    hands.choose_custom(steps=40)
    facts = {key: label.text() for key, label in wizard.plan.facts.items()}
    assert facts["steps"].startswith("40,") and "9 to train on, 3 to judge by" in facts["photos"]
    hands.next(TRAIN)
    hands.to_verdict()
    assert wizard.train.losses.series["difference"][0] == [float(n) for n in range(1, 41)]
    gains = wizard.train.gain.series["your photographs"]
    assert gains[0][-1] == 40 and gains[1][-1] > 1
    now, before = (wizard.train.likeness.series[n][1] for n in ("now", "model it started from"))
    assert now[0] == before[0] and now[-1] > before[-1]
    assert not wizard.train._cells[0][2].pixmap().isNull()
    page = wizard.verdict
    assert page.outcome is not None and page.outcome.verdict.better
    name = page.outcome.entry.id  # type: ignore[union-attr]
    assert name in page.headline.text() and name in page.card.toPlainText()
    assert len(page.chart.rows) == 3 and "+" in page.chart.accessibleDescription()
    hands.click(page.default_button)
    assert find_model(None, "repair").id == name and not page.default_button.isEnabled()
    title = page.outcome.entry.title  # type: ignore[union-attr]
    hands.click(wizard.next)  # once more
    hands.until(lambda: wizard.goal.models.findText(title) >= 0)
    assert wizard.step == GOAL and wizard.context.draft.model.id == "small-repair"  # type: ignore[union-attr]
    assert find_unfinished() == []


def test_photographs_are_rejected_by_hand_and_taken_back(hands: Hands) -> None:
    hands.open()
    hands.choose_folder()
    hands.select("secret-04.png")
    grid = hands.wizard.folders.grid
    hands.press(grid, Qt.Key.Key_Space)
    assert hands.tags_of("secret-04.png") == {"rejected"}
    assert hands.wizard.folders.counts["rejected"].text() == "1"
    assert hands.folder / "secret-04.png" in hands.wizard.context.draft.config().rejected
    hands.wizard.folders.show_box.setCurrentIndex(3)
    assert grid.model().rowCount() == 1
    hands.wizard.folders.show_box.setCurrentIndex(0)
    hands.select("secret-04.png")
    hands.click(hands.wizard.folders.reject_button)
    assert not hands.tags_of("secret-04.png") & {"rejected"}
    for number in range(5):
        hands.select(f"secret-{number:02d}.png")
        hands.press(grid, Qt.Key.Key_Delete)
    assert "too few" in hands.wizard.folders.problem.text and not hands.wizard.next.isEnabled()


def test_no_scene_is_in_both_parts(hands: Hands) -> None:
    for number in range(12):
        picture = cv2.imread(str(hands.folder / f"secret-{number:02d}.png"))
        cv2.imwrite(str(hands.folder / f"secret-{number:02d}-copy.png"), cv2.resize(picture, (230, 190)))  # type: ignore[arg-type]
    hands.open()
    hands.choose_folder()
    parts = {}
    for number in range(12):
        pair = [hands.tags_of(f"secret-{number:02d}{end}.png") for end in ("", "-copy")]
        assert all("duplicate" in tags for tags in pair)
        assert len({("train" in tags, "held-out" in tags) for tags in pair}) == 1
        parts["train" in pair[0]] = True
    assert parts.keys() == {True, False}
    assert hands.wizard.folders.counts["duplicates"].text() == "24"


def test_folders_are_dropped_and_removed(hands: Hands, tmp_path: Path) -> None:
    hands.open()
    more = album(tmp_path / "more", 3, 50)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(p)) for p in (hands.folder, more / "secret-50.png")])
    page = hands.wizard.folders
    copy, move = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction
    held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    enter = QDragEnterEvent(QPoint(9, 9), copy | move, mime, *held)
    page.dragEnterEvent(enter)
    drop = QDropEvent(QPointF(9, 9), copy | move, mime, *held)
    page.dropEvent(drop)
    for event in (enter, drop):
        assert event.isAccepted() and event.dropAction() == copy
    assert hands.wizard.context.draft.folders == [hands.folder, more]
    hands.until(lambda: page.complete())
    assert len(page.grid.photos.photos) == 15
    page.list.setCurrentRow(1)
    hands.click(page.remove_button)
    hands.until(lambda: page.complete())
    assert len(page.grid.photos.photos) == 12


def test_a_window_that_was_closed_while_it_looked_has_the_photographs(hands: Hands) -> None:
    hands.open()
    hands.wizard.add_folders([hands.folder])
    assert hands.wizard.folders.scanning
    hands.wizard.close()
    hands.wizard.show()
    hands.until(lambda: not hands.wizard.folders.scanning)
    assert hands.wizard.next.isEnabled() and hands.wizard.folders.counts["train"].text() == "9"


def test_a_folder_that_cannot_be_read_is_told(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    locked = album(tmp_path / "locked", 2, 60)
    original = os.scandir

    def scandir(path):  # type: ignore[no-untyped-def]
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(locked))
        return original(path)

    monkeypatch.setattr(os, "scandir", scandir)
    hands.open()
    hands.choose_folder(locked)
    page = hands.wizard.folders
    assert page.counts["unreadable"].text() == "1" and not page.complete()
    assert str(locked) in page.refused.item(0).text()
    hands.choose_folder()
    assert page.complete() and page.counts["unreadable"].text() == "1"


def test_the_kinds_of_damage_reach_the_training(hands: Hands, tmp_path: Path) -> None:
    hands.open()
    hands.choose_folder()
    hands.next(GOAL)
    hands.choose_model()
    goal, draft = hands.wizard.goal, hands.wizard.context.draft
    assert draft.config().mix == {}
    for name in ("spots", "strokes", "pieces"):
        goal.sliders[name]._slider.setFocus()
        QTest.keyClick(goal.sliders[name]._slider, Qt.Key.Key_Home)
    assert draft.config().mix == {"scratches": 1.0}
    first = goal._look
    hands.until(lambda: goal._job is None and goal._look is not first)
    QTest.keyClick(goal.sliders["scratches"]._slider, Qt.Key.Key_Home)
    assert not hands.wizard.next.isEnabled()
    QTest.keyClick(goal.sliders["pieces"]._slider, Qt.Key.Key_End)
    assert draft.config().mix == {"centre": 0.1, "blocks": 0.5, "regions": 0.4}
    (tmp_path / "empty").mkdir()
    cv2.imwrite(str(tmp_path / "empty" / "black.png"), np.zeros((60, 60), np.uint8))
    hands.until(lambda: goal._job is None)
    goal.overlays.take(tmp_path / "empty")
    hands.until(lambda: "no masks of damage" in goal.problem.text)
    goal.overlays.take(None)
    hands.until(lambda: not goal.problem.text)
    before = goal.previews.labels[0].pixmap().toImage()
    hands.click(goal.other_button)
    hands.until(lambda: goal._job is None and goal.previews.labels[0].pixmap().toImage() != before)


def test_a_detector_needs_corrected_masks(hands: Hands, tmp_path: Path) -> None:
    parent("detect")
    masks = tmp_path / "masks"
    masks.mkdir()
    for path in sorted(hands.folder.iterdir()):
        mask = np.zeros((176, 208), np.uint8)
        cv2.line(mask, (10, 0), (150, 170), 255, 2)
        cv2.imwrite(str(masks / path.name), mask)
    hands.open()
    hands.choose_folder()
    hands.next(GOAL)
    hands.click(hands.wizard.goal.detect)
    hands.choose_model("small-detect")
    assert not hands.wizard.next.isEnabled()
    hands.wizard.goal.masks.take(masks)
    hands.next(PLAN)
    hands.choose_custom(steps=10)
    hands.next(TRAIN)
    hands.to_verdict()
    assert "F1" in hands.wizard.verdict.outcome.verdict.user.name  # type: ignore[union-attr]
    assert not hands.wizard.train.likeness.isVisibleTo(hands.wizard.train)


def test_the_first_page_shows_what_a_detector_learns_from(hands: Hands, tmp_path: Path) -> None:
    parent("detect")
    masks = tmp_path / "masks"
    masks.mkdir()
    hands.open()
    hands.choose_folder()
    hands.next(GOAL)
    hands.click(hands.wizard.goal.detect)
    hands.choose_model("small-detect")
    folders = hands.wizard.folders
    hands.wizard.goal.masks.take(masks)
    hands.click(hands.wizard.back)
    assert "No photograph has a mask" in folders.problem.text and folders.counts["train"].text() == "0"
    for number in range(9):
        cv2.imwrite(str(masks / f"secret-{number:02d}.png"), np.zeros((176, 208), np.uint8))
    hands.next(GOAL)  # it does not end here: the goal is chosen there
    hands.click(hands.wizard.back)
    assert not folders.problem.text
    labelled = [hands.tags_of(f"secret-{number:02d}.png") for number in range(12)]
    assert [bool(tags & {"train", "held-out"}) for tags in labelled] == 9 * [True] + 3 * [False]
    assert int(folders.counts["train"].text()) + int(folders.counts["held"].text()) == 9
    hands.next(GOAL)
    hands.next(PLAN)
    hands.choose_custom(steps=10)
    planned = hands.wizard.plan.planned
    assert planned is not None and folders.split is not None
    assert set(planned.groups.train) == set(folders.split.train)
    hands.click(hands.wizard.back)
    hands.click(hands.wizard.goal.repair)
    hands.click(hands.wizard.back)
    assert folders.counts["train"].text() == "9" and folders.counts["held"].text() == "3"


@pytest.fixture
def learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is 0."""
    original = tuner.set_rate
    monkeypatch.setattr(tuner, "set_rate", lambda optimiser, _: original(optimiser, 0.0))


@pytest.mark.usefixtures("learns_nothing")
def test_without_a_gain_nothing_is_saved_unless_the_user_insists(hands: Hands) -> None:
    hands.start(steps=10)
    hands.to_verdict()
    page = hands.wizard.verdict
    assert page.outcome is not None and page.outcome.entry is None
    assert page.headline.text().startswith("No better") and not page.card.isVisible()
    assert [m.id for m in library.read_library().models][-1] == "small-repair"
    hands.click(page.save_button)
    hands.until(lambda: page.outcome.entry is not None)  # type: ignore[union-attr]
    assert page.outcome.entry.forced and "against the verdict" in page.headline.text()  # type: ignore[union-attr]
    assert "Kept although the verdict was against it" in page.card.toPlainText()


@pytest.mark.usefixtures("learns_nothing")
def test_what_is_no_better_is_discarded_and_tried_again(hands: Hands) -> None:
    hands.start(steps=10)
    hands.to_verdict()
    hands.click(hands.wizard.verdict.discard_button)
    confirm()
    assert hands.wizard.step == GOAL
    hands.until(lambda: find_unfinished() == [])


def test_steps_are_walked_by_keys_alone(hands: Hands) -> None:
    hands.open()
    hands.choose_folder()
    wizard = hands.wizard
    wizard.activateWindow()
    hands.until(wizard.isActiveWindow)
    QTest.keyClick(wizard, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert wizard.step == GOAL
    QTest.keyClick(wizard, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert wizard.step == FOLDERS
    wizard.steps[1].setFocus()
    hands.press(wizard.steps[1], Qt.Key.Key_Space)
    assert wizard.step == GOAL
    assert not wizard.steps[4].isEnabled() and wizard.steps[2].isEnabled()
    wizard.goal.detect.setFocus()
    hands.press(wizard.goal.detect, Qt.Key.Key_Space)
    assert wizard.context.draft.task == "detect"


def test_a_name_that_is_taken_and_a_full_disk_are_told_before(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    hands.to_plan()
    plan = hands.wizard.plan
    assert plan.planned is not None
    plan.name.selectAll()
    QTest.keyClicks(plan.name, "small-repair")
    hands.until(lambda: "already" in plan.problem.text)
    assert not hands.wizard.next.isEnabled()
    usage = shutil.disk_usage(hands.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    QTest.keyClicks(plan.name, "-2")
    hands.until(lambda: "MiB on the disk, and 0 are free" in plan.problem.text)
    assert not hands.wizard.next.isEnabled()


def test_other_work_goes_on_while_it_learns_and_closing_asks(
    hands: Hands,
    make_wizard: Callable[[], TrainWizard],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ui.jobs import Done

    brake = Brake(monkeypatch, at=9)
    hands.start(steps=24)
    hands.until(brake.reached.is_set)
    done: list[object] = []
    hands.wizard._runner.submit(lambda _: 7, "gpu", "repair", done.append)
    hands.until(lambda: bool(done))
    assert isinstance(done[0], Done) and hands.wizard.train.running
    hands.wizard.close()
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox) and hands.wizard.isVisible()
    hands.click(hands.wizard._on_button)
    assert not hands.wizard.isVisible() and hands.wizard.train.running
    news: list[str] = []
    hands.wizard.news.connect(news.append)
    brake.free.set()
    hands.until(lambda: hands.wizard.verdict.outcome is not None)
    assert len(news) == 1 and "has ended" in news[0]


def stopped(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Unfinished:
    """A training stopped in its fifth step."""
    brake = Brake(monkeypatch, at=9)  # four steps of the benchmark, then the fifth of the training
    hands.start(steps=24)
    hands.until(brake.reached.is_set)
    hands.click(hands.wizard.train.stop_button)
    brake.free.set()
    hands.until(lambda: hands.wizard.train.state == "stopped")
    (run,) = find_unfinished()
    return run


def test_stop_keeps_a_checkpoint_that_the_next_wizard_offers(
    hands: Hands,
    make_wizard: Callable[[], TrainWizard],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stopped(hands, monkeypatch)
    assert run.step == 5 and (run.config.work / checkpoint.NAME).is_file()
    hands.wizard.shut_down()
    again = Hands(make_wizard(), hands.qtbot, hands.folder, monkeypatch)
    again.open()
    page = again.wizard.folders
    again.until(lambda: "step 5 of 24" in page.unfinished.text)
    again.click(page.resume_button)
    assert again.wizard.step == TRAIN
    again.to_verdict()
    assert again.wizard.train.losses.series["difference"][0][:2] == [
        2.0,
        4.0,
    ]  # of the first half, by its log
    assert again.wizard.verdict.outcome.steps == 24  # type: ignore[union-attr]


@pytest.mark.usefixtures("learns_nothing")
def test_an_offered_run_can_be_discarded(
    hands: Hands,
    make_wizard: Callable[[], TrainWizard],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hands.start(steps=10)
    hands.to_verdict()
    hands.wizard.shut_down()
    again = Hands(make_wizard(), hands.qtbot, hands.folder, monkeypatch)
    again.open()
    page = again.wizard.folders
    again.until(lambda: "verdict is waiting" in page.unfinished.text)
    for answer in (QMessageBox.ButtonRole.RejectRole, QMessageBox.ButtonRole.DestructiveRole):
        assert len(find_unfinished()) == 1  # a single click deletes nothing
        again.click(page.discard_button)
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        again.click(next(b for b in box.buttons() if box.buttonRole(b) == answer))
    again.until(lambda: not page.unfinished.text and find_unfinished() == [])


@pytest.mark.usefixtures("learns_nothing")
def test_a_run_of_another_program_is_neither_offered_nor_discarded(
    hands: Hands, make_wizard: Callable[[], TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.start(steps=10)
    hands.to_verdict()
    assert hands.wizard.train.order is not None
    work = hands.wizard.train.order.config.work
    other = lock_run(work)
    again = Hands(make_wizard(), hands.qtbot, hands.folder, monkeypatch)
    again.open()
    assert again.wizard.context.start.unfinished == ()  # type: ignore[union-attr]
    hands.click(hands.wizard.verdict.discard_button)
    confirm()
    page = hands.wizard.folders
    hands.until(lambda: "is running in another program" in page.problem.text)
    other.release()
    assert [run.config.work for run in find_unfinished()] == [work]


def test_a_new_training_has_a_name_of_its_own(
    hands: Hands, make_wizard: Callable[[], TrainWizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stopped(hands, monkeypatch)
    hands.wizard.shut_down()
    again = Hands(make_wizard(), hands.qtbot, hands.folder, monkeypatch)
    again.to_plan()
    plan = again.wizard.plan
    assert plan.name.text() == f"{run.config.name}-2"
    plan.name.selectAll()
    QTest.keyClicks(plan.name, run.config.name)
    again.until(lambda: "unfinished training" in plan.problem.text)
    assert not again.wizard.next.isEnabled()


def test_every_control_has_a_name(hands: Hands) -> None:
    kinds = (QAbstractItemView, QAbstractSpinBox, QAbstractButton, QComboBox, QLineEdit, QSlider)
    hands.to_plan()
    controls = [w for page in hands.wizard.pages for w in page.findChildren(QWidget) if isinstance(w, kinds)]
    own = [w for w in controls if not isinstance(w.parent(), (*kinds, QTabWidget)) and not _of_qt(w)]
    assert len(own) > 50
    assert [w for w in own if not w.accessibleName()] == []
    assert [w for w in own if isinstance(w, QAbstractButton) and not w.toolTip()] == []


def _of_qt(widget: QWidget) -> bool:
    names = [widget.metaObject().className(), widget.parent().metaObject().className()]
    return widget.objectName().startswith(("qt_", "Scroll")) or any("Private" in name for name in names)


def test_own_losses_and_layers_reach_the_training(hands: Hands) -> None:
    hands.to_plan()
    plan, draft = hands.wizard.plan, hands.wizard.context.draft
    assert draft.config().losses == {} and draft.config().layers == "all"
    plan.custom.layers.setFocus()
    QTest.keyClick(plan.custom.layers, Qt.Key.Key_End)
    for name in ("l1", "log_mse", "pyramid"):
        plan.custom.losses[name].setValue(0)
    hands.until(lambda: "Without any loss" in plan.problem.text)
    assert not hands.wizard.next.isEnabled()
    plan.custom.losses["l2"].setValue(2.5)
    hands.until(hands.wizard.next.isEnabled)
    config = draft.config()
    assert config.losses == {"l2": 2.5} and config.layers == "biases"
    assert not plan.custom.losses["dice"].isVisible()  # it belongs to the detector


def test_the_usual_values_are_those_of_the_program(qapp: QApplication) -> None:
    usual = FinetuneConfig((), "x")
    values = CustomForm().values()
    for name in ("batch", "crop_px", "pull", "replay_share", "layers", "losses"):
        assert values[name] == getattr(usual, name), name
    assert values["rate"] == USUAL_RATE
    assert {task: dict(losses) for task, losses in LOSSES.items()} == {
        "repair": {**dict.fromkeys(REPAIR_LOSSES, 0.0), **USUAL_LOSSES["repair"]},
        "detect": {**dict.fromkeys(DETECT_LOSSES, 0.0), **USUAL_LOSSES["detect"]},
    }
