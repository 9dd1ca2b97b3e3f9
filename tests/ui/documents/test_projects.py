"""Projects in the real window: saving, opening, moved photographs, failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMessageBox, QSlider

from restorer.editing.brush import Stroke
from restorer.errors import OutputError
from restorer.project.file import open_project
from tests.ui.conftest import Stand, damaged_photo, open_in, settle
from tests.ui.documents.support import (
    CTRL,
    LEFT,
    SHIFT,
    choose_name,
    find_and_repair,
    pixels,
    safe,
    same,
    stroke,
    wait_until_secured,
)
from tests.ui.window.test_window import drop, in_dialog, press
from ui.dialogs import ErrorDialog
from ui.documents import project_work
from ui.window.controller import Controller


def test_a_project_is_saved_and_opened_again(
    opened: Controller,
    stand: Stand,
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

    slider = after.window.detection._smallest.findChild(QSlider)
    for _ in range(4):
        qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    wait_until_secured(after, qtbot)
    assert 0 < (pixels(after)["mask"] > 0).sum() < (before["mask"] > 0).sum(), "the map is cut again"
    assert [what for what, _ in stand.calls] == ["find", "fill"], "and not looked for again"
    assert after.session.edited
    while after.actions["undo"].isEnabled():
        press(after, qtbot, Qt.Key.Key_Z, CTRL)
    assert same(pixels(after), before) and not after.session.edited


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
        seen.extend(label.text() for label in dialog.findChildren(QLabel))
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    in_dialog(ErrorDialog, read)
    drop(controller, [tmp_path / "bad.restorer"])
    qtbot.waitUntil(lambda: bool(seen))
    settle(controller, qtbot)
    assert "The project 'bad.restorer' is damaged or incomplete and cannot be opened." in seen
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
    monkeypatch.setattr("ui.dialogs.ask_to_discard", lambda *_: True)
    stroke(opened, qtbot, 40)  # is being written while the photograph is closed
    press(opened, qtbot, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: not list(state.iterdir()))
    settle(opened, qtbot)


def test_the_actions_have_their_keys(controller: Controller) -> None:
    actions: dict[str, QAction] = {name: controller.actions[name] for name in ("save", "save_as")}
    assert [a.shortcut().toString() for a in actions.values()] == ["Ctrl+S", "Ctrl+Shift+S"]
    assert not any(a.isEnabled() for a in actions.values())
