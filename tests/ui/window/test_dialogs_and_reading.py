"""What is read, and what is told of it: beside dialogs, out of folders, in one breath."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from restorer.image.reading import Photo
from restorer.image.saving import save_mask
from restorer.jobs import JobContext
from tests.ui.conftest import open_in, settle
from tests.ui.window.test_window import mask
from ui.documents import work
from ui.documents.work import FillSettings
from ui.documents.workspace import photographs_in
from ui.panels.export_dialog import ExportDialog
from ui.window.controller import Controller


@pytest.fixture
def reads(opened: Controller, other_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The other photograph is being read; calling it waits until that is shown."""
    gate, read = threading.Event(), work.open_file

    def slowly(path: Path, ctx: JobContext) -> Photo:
        gate.wait(10)
        return read(path, ctx)

    monkeypatch.setattr("ui.documents.workspace.work.open_file", slowly)
    opened.files.open_paths([other_path])

    def shown() -> None:
        gate.set()
        qtbot.waitUntil(lambda: opened.session is not None and opened.session.path == other_path)

    return shown


def answers(monkeypatch: pytest.MonkeyPatch, reads: Callable[[], None], path: Path) -> None:
    def answer(*_: object, **__: object) -> tuple[str, str]:
        reads()
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)


def test_a_project_is_saved_of_the_photograph_that_was_asked_about(
    opened: Controller, reads: Callable[[], None], tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, project = opened.session, tmp_path / "work.restorer"
    answers(monkeypatch, reads, project)
    opened.actions["save_as"].trigger()
    settle(opened, qtbot)
    qtbot.waitUntil(project.exists)
    assert asked is not None and asked.project == project and asked in opened.workspace.sessions


def test_a_mask_is_imported_for_the_photograph_that_was_asked_about(
    opened: Controller,
    reads: Callable[[], None],
    photo_path: Path,
    tmp_path: Path,
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = opened.session
    assert asked is not None
    marked = np.zeros((asked.photo.height, asked.photo.width), bool)
    marked[10:20, 30:40] = True
    save_mask(marked, tmp_path / "mask.png")
    answers(monkeypatch, reads, tmp_path / "mask.png")
    opened.actions["mask_import"].trigger()
    settle(opened, qtbot)
    assert not mask(opened).any()
    open_in(opened, [photo_path], qtbot)
    assert opened.session is asked and ((mask(opened) > 0) == marked).all()


def test_a_photograph_is_exported_that_was_asked_about(
    opened: Controller, reads: Callable[[], None], photo_path: Path, qtbot
) -> None:
    def export() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        reads()
        dialog.done(QDialog.DialogCode.Accepted)

    QTimer.singleShot(0, export)
    opened.actions["export"].trigger()
    settle(opened, qtbot)
    qtbot.waitUntil(lambda: "Written" in opened.window.toast.text())
    assert len([p for p in photo_path.parent.iterdir() if p.stem.startswith(photo_path.stem)]) == 2


def test_a_folder_is_looked_through_beside_the_window(
    controller: Controller, photo_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def look(*given: object) -> list[Path]:
        threads.append(threading.current_thread())
        return photographs_in(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("ui.window.file_actions.photographs_in", look)
    assert not controller.window.recent_menu.isEnabled()
    controller.files.open_paths([photo_path.parent])
    assert controller.session is None
    qtbot.waitUntil(lambda: controller.session is not None)
    settle(controller, qtbot)
    assert threads and threading.main_thread() not in threads
    assert controller.window.recent_menu.isEnabled(), "it can be opened again"


def test_notices_of_one_event_stand_together(opened: Controller, qtbot) -> None:
    toast = opened.window.toast
    toast.say("A part of the project could not be read.")
    toast.say("The photograph has another profile.")
    toast.say("The photograph has another profile.")
    both = "A part of the project could not be read.\nThe photograph has another profile."
    assert toast.text() == both
    qtbot.waitUntil(lambda: not toast._said)
    toast.say("Later.")
    assert toast.text() == "Later."


def test_who_walks_along_the_spots_goes_on_from_there_after_another_fill(opened: Controller, qtbot) -> None:
    opened.actions["find"].trigger()
    settle(opened, qtbot)
    opened.repair()
    settle(opened, qtbot)
    session = opened.session
    assert session is not None
    opened.walk(1)
    opened.walk(1)
    assert opened._spot is not None
    there = opened._spot
    session.repair(region=there, settings=FillSettings(seed=7))
    settle(opened, qtbot)
    opened.walk(1)
    opened.walk(-1)
    assert opened._spot == there
