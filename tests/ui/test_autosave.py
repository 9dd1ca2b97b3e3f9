"""Projects and crash recovery in the real window."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from restorer.brush import Stroke
from restorer.errors import OutputError
from restorer.journal import find_left
from restorer.project_file import open_project
from restorer.project_state import VALUES
from tests.ui.conftest import damaged_photo, open_in, settle
from tests.ui.test_window import drop, in_dialog, mask, press
from ui import autosave, project_work
from ui.autosave import AutoSave
from ui.controller import Controller
from ui.dialogs import ErrorDialog
from ui.project_dialogs import RecoveryDialog

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journals, empty."""
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "journals"


def stroke(controller: Controller, qtbot, dy: int = 0) -> None:
    canvas = controller.window.canvas
    canvas.set_tool("brush")
    start = canvas.rect().center() + QPoint(0, dy)
    qtbot.mousePress(canvas, LEFT, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(40, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=start + QPoint(40, 0))


def safe(controller: Controller) -> AutoSave:
    assert controller.session is not None
    return controller.projects.autosave(controller.session)


def wait_until_secured(controller: Controller, qtbot) -> None:
    qtbot.waitUntil(lambda: safe(controller).idle)
    settle(controller, qtbot)


def find_and_repair(controller: Controller, qtbot) -> None:
    press(controller, qtbot, Qt.Key.Key_D, CTRL)
    settle(controller, qtbot)
    press(controller, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: bool(controller.session and controller.session.repairs))
    wait_until_secured(controller, qtbot)


def pixels(controller: Controller) -> dict[str, np.ndarray]:
    assert controller.session is not None
    return {name: s.to_array() for name, s in controller.session.document.surfaces.items()}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in a)


def choose_name(monkeypatch: pytest.MonkeyPatch, *paths: Path | str) -> list[str]:
    """What the file dialogs answer, one after the other; returns what they proposed."""
    answers, proposed = list(paths), []

    def answer(_parent: object, _title: str, usual: str, *_: object) -> tuple[str, str]:
        proposed.append(usual)
        return str(answers.pop(0)), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    return proposed


def crash(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journals as a crash would leave them now, and as the next start finds them."""
    found = tmp_path / "after"
    shutil.copytree(state, found / "journals")
    monkeypatch.setenv("RESTORER_STATE", str(found))
    return found / "journals"


def recover(controller: Controller, qtbot, button: str = "recover_button") -> list[QDialog]:
    done: list[int] = []
    seen = in_dialog(RecoveryDialog, lambda d: qtbot.mouseClick(getattr(d, button), LEFT))
    controller.projects.offer_recovery(lambda: done.append(1))
    qtbot.waitUntil(lambda: bool(done))
    return seen


# --- journals


def test_every_step_is_secured_and_an_orderly_end_leaves_nothing(
    opened: Controller, qtbot, state: Path
) -> None:
    assert not state.exists(), "looking at a photograph writes nothing"
    with qtbot.waitSignal(safe(opened).secured) as told:
        stroke(opened, qtbot)
    assert opened.session is not None
    assert told.args == [opened.session.document.revision]
    stroke(opened, qtbot, 30)
    press(opened, qtbot, Qt.Key.Key_Z, CTRL)
    wait_until_secured(opened, qtbot)
    assert len(list(state.iterdir())) == 1 and find_left() == []
    opened.shut_down()
    assert list(state.iterdir()) == []


def test_steps_are_written_well_within_a_second() -> None:
    assert autosave.DELAY_MS <= 500


def test_half_a_stroke_is_not_secured(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    canvas.set_tool("brush")
    stroke(opened, qtbot, -60)
    before = mask(opened)
    qtbot.mousePress(canvas, LEFT, pos=canvas.rect().center())
    qtbot.mouseMove(canvas, canvas.rect().center() + QPoint(40, 0))
    assert (mask(opened) != before).any()
    qtbot.waitUntil(lambda: safe(opened).idle)
    journal = next(Path(os.environ["RESTORER_STATE"], "journals").iterdir())
    copy = shutil.copytree(journal, journal.parent.parent / "copy" / "journals" / "one")
    (left,) = find_left(copy.parent)
    from restorer.document import Document

    document = Document(opened.session.photo.pixels)  # type: ignore[union-attr]
    left.read().state.apply(document)
    left.release()
    np.testing.assert_array_equal(document.surfaces["mask"].to_array(), before)
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.rect().center())
    wait_until_secured(opened, qtbot)


def test_after_a_crash_everything_is_offered_back(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_and_repair(opened, qtbot)
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    assert opened.session is not None
    assert set(opened.session.document.values) <= set(VALUES), "all values must come back"
    before, values = pixels(opened), dict(opened.session.document.values)
    left = crash(state, tmp_path, monkeypatch)
    after = make_controller()
    assert len(recover(after, qtbot)) == 1
    assert same(pixels(after), before) and after.session is not None
    now = after.session.document.values
    assert set(now) == set(values)
    assert all(now[n] == values[n] for n in ("repairs", "mask_settings", "proposal_share", "fill_settings"))
    np.testing.assert_array_equal(now["damage"].thin, values["damage"].thin)
    assert after.session.edited and after.window.windowTitle() == "• scan.png - Restorer"
    assert after.session.document.history == [] and after.window.film_strip.paths() == [opened.session.path]
    settle(after, qtbot)
    assert after.window.repair._proof.text() == "0 pixels changed outside the mask"
    stroke(after, qtbot, 50)  # goes on in the same journal
    wait_until_secured(after, qtbot)
    assert len(list(left.iterdir())) == 1
    second = pixels(after)
    crash(left, tmp_path / "again", monkeypatch)
    third = make_controller()
    recover(third, qtbot)
    assert same(pixels(third), second)


@pytest.mark.parametrize(("button", "kept"), [("later_button", 1), ("discard_button", 0)])
def test_unsaved_work_can_wait_or_go(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    button: str,
    kept: int,
) -> None:
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    crash(state, tmp_path, monkeypatch)
    after = make_controller()
    assert len(recover(after, qtbot, button)) == 1
    assert after.session is None
    left = find_left()
    assert len(left) == kept
    for journal in left:
        journal.release()


def test_damaged_journals_are_told_and_stay(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    (folder,) = crash(state, tmp_path, monkeypatch).iterdir()
    (folder / "journal").write_bytes(b"nonsense")
    after = make_controller()
    seen: list[object] = []

    def act(dialog: RecoveryDialog) -> None:
        seen.extend([dialog.windowTitle(), dialog.recover_button.isEnabled()])
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    in_dialog(RecoveryDialog, act)
    done: list[int] = []
    after.projects.offer_recovery(lambda: done.append(1))
    qtbot.waitUntil(lambda: bool(done))
    assert seen == ["Unsaved work was found", False] and (folder / "journal").exists()


def test_nothing_is_asked_when_nothing_is_left(controller: Controller) -> None:
    done: list[int] = []
    controller.projects.offer_recovery(lambda: done.append(1))
    assert done == [1]


def test_work_that_cannot_be_secured_is_told_once(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "file"))
    said: list[str] = []
    safe(opened).trouble.connect(said.append)
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    stroke(opened, qtbot, 30)
    wait_until_secured(opened, qtbot)
    assert len(said) == 1 and said[0].startswith("Unsaved work cannot be secured")
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "state"))
    with qtbot.waitSignal(safe(opened).secured):
        stroke(opened, qtbot, 60)


# --- projects


def test_a_project_is_saved_and_opened_again(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_and_repair(opened, qtbot)
    stroke(opened, qtbot)
    opened.window.canvas.set_zoom(3.0)
    opened.window.canvas.look_at(100, 60)
    wait_until_secured(opened, qtbot)
    assert len(list(state.iterdir())) == 1
    project = tmp_path / "my work.restorer"
    proposed = choose_name(monkeypatch, project)
    with qtbot.waitSignal(safe(opened).saved):
        press(opened, qtbot, Qt.Key.Key_S, CTRL)
    assert proposed == [str(tmp_path / "scan.restorer")]
    settle(opened, qtbot)
    assert opened.window.windowTitle() == "my work.restorer - Restorer"
    assert list(state.iterdir()) == [], "what is saved needs no journal"
    marks = open_project(project).read_marks()
    assert len(marks) == 1 and isinstance(marks[0][1], Stroke) and marks[0][0] == "mask"

    stroke(opened, qtbot, 50)
    assert opened.window.windowTitle() == "• my work.restorer - Restorer"
    with qtbot.waitSignal(safe(opened).saved):
        press(opened, qtbot, Qt.Key.Key_S, CTRL)
    settle(opened, qtbot)
    before = pixels(opened)
    assert len(open_project(project).read_marks()) == 2

    after = make_controller()
    drop(after, [project])
    qtbot.waitUntil(lambda: after.session is not None)
    settle(after, qtbot)
    assert same(pixels(after), before) and after.session is not None
    assert after.window.windowTitle() == "my work.restorer - Restorer" and not after.session.edited
    view = after.window.canvas.view
    assert view.zoom == 3.0 and np.allclose(view.centre, (100, 60))
    assert after.store.value.recent[0] == str(project)
    assert after.window.detection._regions.rowCount() > 0
    assert not after.actions["undo"].isEnabled()


def test_strokes_that_were_undone_are_not_saved(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dy in (-60, 0, 60):
        stroke(opened, qtbot, dy)
    press(opened, qtbot, Qt.Key.Key_Z, CTRL)
    press(opened, qtbot, Qt.Key.Key_Z, CTRL)
    stroke(opened, qtbot, 30)
    choose_name(monkeypatch, tmp_path / "a.restorer")
    with qtbot.waitSignal(safe(opened).saved):
        press(opened, qtbot, Qt.Key.Key_S, CTRL)
    settle(opened, qtbot)
    marks = [mark for _, mark in open_project(tmp_path / "a.restorer").read_marks()]
    places = [mark.points[0].y for mark in marks if isinstance(mark, Stroke)]
    middle = sum(places) / 2
    assert len(places) == 2 and places[0] < middle < places[1]


def test_an_ending_is_added_and_a_project_is_not_replaced_unasked(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_name(monkeypatch, tmp_path / "a", tmp_path / "a", "")
    stroke(opened, qtbot)
    with qtbot.waitSignal(safe(opened).saved):
        press(opened, qtbot, Qt.Key.Key_S, CTRL | SHIFT)
    content = (tmp_path / "a.restorer").read_bytes()
    stroke(opened, qtbot, 40)
    seen = in_dialog(QMessageBox, lambda box: qtbot.keyClick(box, Qt.Key.Key_Escape))
    opened.projects.save_as()
    assert [box.objectName() for box in seen] == ["replace"]
    opened.projects.save_as()  # given up
    settle(opened, qtbot)
    assert (tmp_path / "a.restorer").read_bytes() == content and not (tmp_path / "a").exists()


def test_a_failed_save_is_told_and_the_work_stays_secured(
    opened: Controller, qtbot, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputError("The disk is full: 'a.restorer' was not written.", "Free some space.")

    monkeypatch.setattr(project_work, "save_project", full)
    choose_name(monkeypatch, tmp_path / "a.restorer")
    stroke(opened, qtbot)
    seen = in_dialog(ErrorDialog, lambda d: qtbot.keyClick(d, Qt.Key.Key_Escape))
    with qtbot.waitSignal(safe(opened).save_failed):
        press(opened, qtbot, Qt.Key.Key_S, CTRL)
    wait_until_secured(opened, qtbot)
    assert len(seen) == 1 and len(list(state.iterdir())) == 1
    assert opened.session is not None and opened.session.edited


def saved(controller: Controller, qtbot, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stroke(controller, qtbot)
    choose_name(monkeypatch, project)
    with qtbot.waitSignal(safe(controller).saved):
        press(controller, qtbot, Qt.Key.Key_S, CTRL)
    settle(controller, qtbot)


def test_a_saved_project_comes_back_when_its_photograph_is_shown_again(
    opened: Controller, qtbot, tmp_path: Path, photo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(opened, qtbot, tmp_path / "a.restorer", monkeypatch)
    before, other = pixels(opened), tmp_path / "other.png"
    cv2.imwrite(str(other), damaged_photo())
    open_in(opened, [other], qtbot)
    assert len(opened.workspace.sessions) == 1
    opened.window.film_strip.set_current(photo_path)
    qtbot.waitUntil(lambda: opened.session is not None and opened.session.path == photo_path)
    settle(opened, qtbot)
    assert same(pixels(opened), before)
    assert opened.session is not None and not opened.session.edited
    assert opened.session.project == tmp_path / "a.restorer"


def test_a_moved_photograph_is_asked_for(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    tmp_path: Path,
    photo_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved(opened, qtbot, tmp_path / "a.restorer", monkeypatch)
    before = pixels(opened)
    moved = photo_path.rename(tmp_path / "moved.png")
    after = make_controller()
    choose_name(monkeypatch, moved)

    def choose(box: QMessageBox) -> None:
        assert "not where it was" in box.text()
        qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Choose…"), LEFT)

    in_dialog(QMessageBox, choose)
    after.files.open_paths([tmp_path / "a.restorer"])
    qtbot.waitUntil(lambda: after.session is not None)
    settle(after, qtbot)
    assert after.session is not None and after.session.path == moved and same(pixels(after), before)

    third = make_controller()
    seen = in_dialog(QMessageBox, lambda box: qtbot.keyClick(box, Qt.Key.Key_Escape))
    third.files.open_paths([tmp_path / "a.restorer"])
    qtbot.waitUntil(lambda: bool(seen))
    settle(third, qtbot)
    assert third.session is None


def test_a_damaged_project_is_told_in_one_sentence(controller: Controller, qtbot, tmp_path: Path) -> None:
    (tmp_path / "bad.restorer").write_bytes(b"PK nothing")
    seen: list[str] = []

    def read(dialog: ErrorDialog) -> None:
        seen.extend(
            w.text() for w in dialog.findChildren(type(dialog.findChild(object))) if hasattr(w, "text")
        )
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    found = in_dialog(ErrorDialog, read)
    drop(controller, [tmp_path / "bad.restorer"])
    qtbot.waitUntil(lambda: bool(found))
    settle(controller, qtbot)
    assert controller.session is None and controller.window.film_strip.paths() == []


def test_opening_a_project_over_other_work_asks_first(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(opened, qtbot, tmp_path / "a.restorer", monkeypatch)
    stroke(opened, qtbot, 60)
    before = pixels(opened)
    seen = in_dialog(QMessageBox, lambda box: qtbot.keyClick(box, Qt.Key.Key_Escape))
    opened.files.open_paths([tmp_path / "a.restorer"])
    qtbot.waitUntil(lambda: bool(seen))
    wait_until_secured(opened, qtbot)
    assert same(pixels(opened), before)


def test_protected_places_are_work_too(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    canvas.set_tool("protect")
    middle = canvas.rect().center()
    qtbot.mousePress(canvas, LEFT, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(40, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=middle + QPoint(40, 0))
    assert opened.session is not None
    assert opened.session.document.surfaces["protect"].to_array().any() and opened.session.edited
    wait_until_secured(opened, qtbot)


def test_closing_a_photograph_removes_its_journal(
    opened: Controller, qtbot, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    monkeypatch.setattr("ui.file_actions.dialogs.ask_to_discard", lambda *_: True)
    stroke(opened, qtbot, 40)  # is being written while the photograph is closed
    press(opened, qtbot, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: not list(state.iterdir()))
    settle(opened, qtbot)


def test_the_actions_have_their_keys(controller: Controller) -> None:
    actions: dict[str, QAction] = {name: controller.actions[name] for name in ("save", "save_as")}
    assert [a.shortcut().toString() for a in actions.values()] == ["Ctrl+S", "Ctrl+Shift+S"]
    assert not any(a.isEnabled() for a in actions.values())


# --- a real process, really killed

WINDOW = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from ui.app import build
from ui.settings import SettingsStore

app = QApplication([])
controller = build(app, SettingsStore(Path(sys.argv[2])))
window, canvas = controller.window, controller.window.canvas
window.show()
controller.files.open_paths([Path(sys.argv[1])])
left, strokes = Qt.MouseButton.LeftButton, [0]

def draw():
    strokes[0] += 1
    canvas.set_tool("brush")
    start = canvas.rect().center() + QPoint(-60, 8 * strokes[0] - 100)
    QTest.mousePress(canvas, left, pos=start)
    QTest.mouseMove(canvas, start + QPoint(80, 0))
    QTest.mouseRelease(canvas, left, pos=start + QPoint(80, 0))

def secured(revision):
    marked = int((controller.session.document.surfaces["mask"].to_array() > 0).sum())
    print(json.dumps([strokes[0], marked]), flush=True)
    draw()

def opened(session, loaded):
    controller.projects.autosave(session).secured.connect(secured)

controller.workspace.opened.connect(opened)
controller.workspace.session_changed.connect(lambda session: session and draw())
app.exec()
"""


def test_a_window_that_is_killed_loses_no_stroke_that_was_secured(
    make_controller: Callable[..., Controller], photo_path: Path, tmp_path: Path, qtbot
) -> None:
    arguments = [sys.executable, "-c", WINDOW, str(photo_path), str(tmp_path / "other")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    strokes, marked = 0, 0
    for line in process.stdout:
        strokes, marked = json.loads(line)
        if strokes == 4:
            process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            break
    process.wait()
    process.stdout.close()
    controller = make_controller()
    assert len(recover(controller, qtbot)) == 1
    assert strokes == 4 and int((mask(controller) > 0).sum()) >= marked > 0
    marks = safe(controller)._marks_before
    assert len(marks) in (4, 5)
    assert find_left() == [], "the recovered journal is this window's now"
