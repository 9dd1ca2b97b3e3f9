"""Projects and files in hostile places: two windows, moved and changed files, names that cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMessageBox

from restorer.editing.document import Document
from restorer.image.reading import Photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.project.file import ProjectState, open_project, save_project
from tests.ui.conftest import damaged_photo, open_in, settle
from tests.ui.documents.support import (
    LEFT,
    choose_name,
    crash,
    pixels,
    recover,
    safe,
    same,
    stroke,
    wait_until_secured,
)
from tests.ui.window.test_window import in_dialog
from ui.documents.project_work import load_project
from ui.panels.export_dialog import ExportDialog
from ui.window.controller import Controller

Failures = list[tuple[str, str]]


def failures_of(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> Failures:
    """What the window tells did not work: title and sentence."""
    told: Failures = []
    monkeypatch.setattr(
        controller, "show_failure", lambda title, failed: told.append((title, failed.error.sentence))
    )
    return told


def save(controller: Controller, qtbot, under_another_name: bool = False) -> None:
    """What the menu does; keys go to the active one of several windows."""
    controller.actions["save_as" if under_another_name else "save"].trigger()
    wait_until_secured(controller, qtbot)


def open_project_in(controller: Controller, qtbot, project: Path) -> None:
    controller.files.open_paths([project])
    qtbot.waitUntil(lambda: controller.session is not None and controller.session.project == project)
    settle(controller, qtbot)


@pytest.fixture
def interrupted(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    tmp_path: Path,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], object]], Controller]:
    """Save one stroke as a.restorer, do more, crash, and recover: gives the next window."""

    def run(more: Callable[[], object]) -> Controller:
        stroke(opened, qtbot)
        choose_name(monkeypatch, tmp_path / "a.restorer")
        save(opened, qtbot)
        more()
        wait_until_secured(opened, qtbot)
        crash(state, tmp_path, monkeypatch)
        after = make_controller()
        recover(after, qtbot)
        qtbot.waitUntil(lambda: after.session is not None)
        settle(after, qtbot)
        return after

    return run


def test_two_windows_do_not_save_over_each_other(
    opened: Controller, make_controller: Callable[..., Controller], qtbot, tmp_path: Path, monkeypatch
) -> None:
    project, copy = tmp_path / "a.restorer", tmp_path / "b.restorer"
    stroke(opened, qtbot)
    choose_name(monkeypatch, project, copy, project)
    save(opened, qtbot)
    other = make_controller()
    open_project_in(other, qtbot, project)
    stroke(other, qtbot, 40)
    save(other, qtbot)
    theirs = project.read_bytes()
    stroke(opened, qtbot, -40)
    wait_until_secured(opened, qtbot)
    told = failures_of(opened, monkeypatch)
    save(opened, qtbot)
    assert told == [("Saving the project", "The project 'a.restorer' was changed since it was opened.")]
    assert project.read_bytes() == theirs and opened.session is not None and opened.session.edited
    save(opened, qtbot, under_another_name=True)
    assert len(told) == 1 and not opened.session.edited and project.read_bytes() == theirs
    stroke(opened, qtbot, -60)
    save(opened, qtbot)
    save(opened, qtbot, under_another_name=True)  # agreed to in the dialog of files
    assert len(told) == 1 and project.read_bytes() != theirs
    assert open_project(project) == open_project(copy)  # but for the time at which they were saved


def test_a_project_that_took_the_place_of_another_is_not_put_onto_its_photograph(
    opened: Controller, photo_path: Path, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, other = tmp_path / "a.restorer", tmp_path / "other.png"
    save_photo(Photo(255 - damaged_photo()), other)
    stroke(opened, qtbot)
    choose_name(monkeypatch, project, project)
    save(opened, qtbot)
    open_in(opened, [other], qtbot)
    stroke(opened, qtbot, 40)
    save(opened, qtbot)  # agreed to in the dialog of files
    theirs = project.read_bytes()
    opened.window.film_strip.set_current(photo_path)
    qtbot.waitUntil(lambda: opened.session is not None and opened.session.path == photo_path)
    settle(opened, qtbot)
    assert opened.session is not None and opened.session.project is None
    assert not opened.session.marked and project.read_bytes() == theirs
    notice = "The project 'a.restorer' holds the work on another photograph now ('other.png')."
    assert opened.session.photo.notices == (notice,)


def test_recovered_work_is_not_saved_over_what_was_done_since(
    interrupted, opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "a.restorer"
    after = interrupted(lambda: stroke(opened, qtbot, 40))
    told = failures_of(after, monkeypatch)
    stroke(opened, qtbot, -40)
    save(opened, qtbot)
    theirs = project.read_bytes()
    save(after, qtbot)
    assert len(told) == 1 and "was changed since" in told[0][1] and project.read_bytes() == theirs


def test_recovered_work_is_saved_into_its_project(
    interrupted, opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = interrupted(lambda: stroke(opened, qtbot, 40))
    told = failures_of(after, monkeypatch)
    save(after, qtbot)
    assert not told and len(open_project(tmp_path / "a.restorer").history) == 2


def test_recovered_work_that_took_all_back_is_no_less_work(
    interrupted, opened: Controller, qtbot, tmp_path: Path
) -> None:
    after = interrupted(opened.actions["mask_clear"].trigger)
    assert after.session is not None and not pixels(after)["mask"].any()
    assert after.session.edited, "the next photograph would take it away without a question"
    save(after, qtbot)
    assert not after.session.edited and open_project(tmp_path / "a.restorer").masks["mask"] == []


def test_another_picture_in_the_place_of_the_photograph_can_be_corrected(
    opened: Controller,
    make_controller: Callable[..., Controller],
    qtbot,
    tmp_path: Path,
    photo_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stroke(opened, qtbot)
    choose_name(monkeypatch, tmp_path / "a.restorer")
    save(opened, qtbot)
    before = pixels(opened)
    kept = photo_path.rename(tmp_path / "scan-original.png")
    cv2.imwrite(str(photo_path), np.zeros((50, 60), np.uint8))
    after = make_controller()
    choose_name(monkeypatch, kept)

    def choose(box: QMessageBox) -> None:
        assert "another size" in box.text()
        qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Choose…"), LEFT)

    in_dialog(QMessageBox, choose)
    open_project_in(after, qtbot, tmp_path / "a.restorer")
    assert after.session is not None and after.session.path == kept and same(pixels(after), before)


def test_a_project_asked_to_be_saved_within_a_stroke_is_saved_when_that_has_ended(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "a.restorer"
    choose_name(monkeypatch, project)
    stroke(opened, qtbot)
    save(opened, qtbot)
    canvas = opened.window.canvas
    start = canvas.rect().center() + QPoint(0, 40)
    qtbot.mousePress(canvas, LEFT, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(30, 0))
    opened.projects.save()
    assert len(open_project(project).marks) == 1
    with qtbot.waitSignal(safe(opened).saved):
        qtbot.mouseRelease(canvas, LEFT, pos=start + QPoint(30, 0))
    wait_until_secured(opened, qtbot)
    assert len(open_project(project).marks) == 2
    assert opened.session is not None and not opened.session.edited


def test_a_project_that_holds_its_photograph_comes_back_under_its_new_name(
    controller: Controller, photo_path: Path, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, project = Photo(damaged_photo()), tmp_path / "pasted.restorer"
    save_project(project, ProjectState.from_document(Document(photo.pixels), photo, None))
    open_project_in(controller, qtbot, project)
    stroke(controller, qtbot)
    choose_name(monkeypatch, tmp_path / "b.restorer")
    save(controller, qtbot, under_another_name=True)
    before = pixels(controller)
    open_in(controller, [photo_path], qtbot)
    told = failures_of(controller, monkeypatch)
    controller.window.film_strip.set_current(project)
    settle(controller, qtbot)
    assert not told and controller.session is not None and controller.session.path == project
    assert controller.session.project == tmp_path / "b.restorer" and same(pixels(controller), before)


def unplug(photo: Path) -> None:
    photo.rename(photo.with_name("elsewhere"))


def replace_by_a_smaller_one(photo: Path) -> None:
    cv2.imwrite(str(photo), np.zeros((20, 30, 3), np.uint8))


def change(photo: Path) -> None:
    cv2.imwrite(str(photo), 255 - damaged_photo())


@pytest.mark.parametrize("trouble", [unplug, replace_by_a_smaller_one, change])
def test_a_photograph_that_is_gone_when_the_work_is_saved_lies_in_the_project(
    opened: Controller,
    photo_path: Path,
    tmp_path: Path,
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Path], None],
) -> None:
    other, project = tmp_path / "other.png", tmp_path / "work.restorer"
    other.write_bytes(photo_path.read_bytes())
    as_it_was = tmp_path / "copy"
    as_it_was.write_bytes(photo_path.read_bytes())
    stroke(opened, qtbot)
    trouble(photo_path)
    choose_name(monkeypatch, project)
    save(opened, qtbot)
    before = pixels(opened)
    told = failures_of(opened, monkeypatch)
    open_in(opened, [other], qtbot)
    opened.window.film_strip.set_current(photo_path)
    settle(opened, qtbot)
    assert not told and same(pixels(opened), before)

    loaded = load_project(project, None, JobContext())
    assert same({name: s.to_array() for name, s in loaded.document.surfaces.items()}, before)
    assert "is not there any more as it was" in loaded.notices[0]
    as_it_was.replace(photo_path)
    loaded = load_project(project, None, JobContext())
    assert loaded.path == photo_path and not loaded.notices


@pytest.mark.parametrize(
    ("template", "folder", "said"),
    [
        ("x" * 300, "", "The file name is too long. Choose a shorter one."),
        ("{name}", "/" + "y" * 300, "The file name is too long. Choose a shorter one."),
        ("{name}", "~nobody-of-that-name/x", "There is no folder '~nobody-of-that-name/x'. Create it first."),
    ],
)
def test_export_to_a_name_that_cannot_be_is_told_in_the_dialog(
    opened: Controller, qtbot, template: str, folder: str, said: str
) -> None:
    assert opened.session is not None
    dialog = ExportDialog(opened.session, opened.store.value)
    dialog._template.setText(template)
    dialog._folder.setText(folder)
    assert dialog._target.text() == said and not dialog.export_button.isEnabled()
    assert dialog._target.toolTip() == ""
    dialog.reject()
    settle(opened, qtbot)
    dialog.deleteLater()


def test_a_folder_that_may_not_be_written_to_is_told_in_the_export_dialog(
    opened: Controller, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened.session is not None
    access = os.access  # whoever runs the tests may write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    dialog = ExportDialog(opened.session, opened.store.value)
    assert "may not be written to" in dialog._target.text() and not dialog.export_button.isEnabled()
    dialog.reject()
    settle(opened, qtbot)
    dialog.deleteLater()


def test_recent_and_named_files_that_cannot_be_looked_at_do_not_end_the_start(
    make_controller: Callable[..., Controller], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Path("/" + "x" * 300)  # raises, as a folder does that may not be entered
    controller = make_controller(recent=(str(nowhere),))
    assert controller.window.recent_menu.isEmpty()
    told = failures_of(controller, monkeypatch)
    controller.files.open_paths([nowhere])
    qtbot.waitUntil(lambda: bool(told))
    settle(controller, qtbot)
    assert "cannot be read" in told[0][1]
