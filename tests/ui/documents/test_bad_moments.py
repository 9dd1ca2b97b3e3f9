"""What a person does at a bad moment: another photograph, undo or a key while something runs."""

from __future__ import annotations

import errno
import gc
import shutil
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from restorer.editing.document import Document
from restorer.errors import OutputError
from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.project.file import ProjectState, Snapshot, save_project
from restorer.project.journal import find_left
from tests.ui.canvas.support import at, mask_of
from tests.ui.conftest import Stand, damaged_photo, flush_deletions, open_in, settle
from tests.ui.documents.support import (
    CTRL,
    LEFT,
    PLAIN,
    SCRATCH,
    SPOT,
    Bench,
    choose_name,
    stroke,
    wait_until_secured,
)
from tests.ui.window.test_window import in_dialog, mask, press
from ui.dialogs import ErrorDialog
from ui.documents import project_work, work
from ui.panels import export_dialog
from ui.panels.export_dialog import ExportDialog
from ui.window.controller import Controller


def escape(qtbot) -> Callable[[ErrorDialog], None]:
    return lambda dialog: qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_photograph_chosen_again_while_it_is_read_is_opened_once(
    opened: Controller, other_path: Path, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = Path(shutil.copy(other_path, tmp_path / "third.png"))
    read, gates = work.open_file, []

    def slowly(path: Path, ctx: JobContext) -> Photo:
        photo, gate = read(path, ctx), threading.Event()
        gates.append(gate)
        gate.wait(10)
        return photo

    monkeypatch.setattr("ui.documents.workspace.work.open_file", slowly)
    there: list[object] = []
    opened.workspace.opened.connect(lambda session, _: there.append(session))
    opened.workspace.show(other_path)
    qtbot.waitUntil(lambda: bool(gates))
    opened.workspace.show(third)
    opened.workspace.show(other_path)

    def all_read() -> bool:
        for gate in gates:  # the first reading ends although it was cancelled: it was past its last check
            gate.set()
        return len(gates) > 1 and not opened.workspace.runner.jobs

    qtbot.waitUntil(all_read)
    settle(opened, qtbot)
    assert len(there) == 1 and opened.session is there[0], "work on the first one would be lost"


def test_damage_that_was_found_is_still_there_after_a_look_at_another_photograph(
    opened: Controller, photo_path: Path, other_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened.session
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    marked = mask(opened)
    assert found is not None and marked.any() and not found.edited
    open_in(opened, [other_path], qtbot)
    looked_at = opened.session
    open_in(opened, [photo_path], qtbot)
    assert opened.session is found and (mask(opened) == marked).all()
    assert opened.workspace.sessions == [found], "the one that was only looked at is not kept"
    monkeypatch.setattr("ui.documents.workspace.MOST_SEARCHED_PX", 0)
    open_in(opened, [other_path], qtbot)
    assert opened.session is not looked_at and opened.workspace.sessions == [opened.session]


def test_a_failure_is_told_although_another_photograph_is_shown(
    opened: Controller, photo_path: Path, other_path: Path, qtbot
) -> None:
    gate = threading.Event()

    def write(_: JobContext) -> None:
        gate.wait(10)
        raise OutputError("The disk is full.", "Free some space.")

    opened.session.run_file_job("Export", write, print)  # type: ignore[union-attr]
    opened.files.open_paths([other_path])
    qtbot.waitUntil(lambda: opened.session is not None and opened.session.path == other_path)
    titles: list[str] = []

    def read(dialog: ErrorDialog) -> None:
        titles.append(dialog.windowTitle())
        escape(qtbot)(dialog)

    in_dialog(ErrorDialog, read)
    gate.set()
    qtbot.waitUntil(lambda: bool(titles))
    settle(opened, qtbot)
    assert photo_path.name in titles[0]


@pytest.mark.parametrize("ends", ["photograph", "program"])
def test_an_export_goes_on_when_its_photograph_or_the_program_is_closed(
    opened: Controller, photo_path: Path, tmp_path: Path, qtbot, ends: str
) -> None:
    gate, out, told = threading.Event(), tmp_path / "out.txt", []
    began = threading.Event()

    def write(ctx: JobContext) -> Path:
        began.set()
        gate.wait(10)
        ctx.check()
        out.write_text("whole")
        return out

    opened.session.run_file_job("Export", write, told.append, "write")  # type: ignore[union-attr]
    qtbot.waitUntil(began.is_set)
    if ends == "photograph":
        opened.files.close_photo()
        assert opened.session is None
        gate.set()
        qtbot.waitUntil(lambda: not opened.workspace.runner.jobs)
    else:
        QTimer.singleShot(0, gate.set)
        opened.shut_down()
    assert out.read_text() == "whole" and told == [out]


@pytest.mark.parametrize("ends", ["photograph", "program"])
def test_work_whose_save_fails_while_it_is_closed_is_offered_at_the_next_start(
    opened: Controller, tmp_path: Path, qtbot, state: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    gate, told = threading.Event(), []

    def full(*_: object) -> None:
        gate.wait(10)
        raise OutputError("The disk is full: 'a.restorer' was not written.", "Free some space.")

    monkeypatch.setattr(project_work, "save_project", full)
    monkeypatch.setattr(opened, "show_failure", lambda title, _: told.append(title))
    monkeypatch.setattr("ui.dialogs.ask_to_discard", lambda *_: True)
    choose_name(monkeypatch, tmp_path / "a.restorer")
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    stroke(opened, qtbot, 40)
    drawn = mask(opened)
    press(opened, qtbot, Qt.Key.Key_S, CTRL)
    if ends == "photograph":
        opened.files.close_photo()
        gate.set()
        settle(opened, qtbot)
    else:
        QTimer.singleShot(0, gate.set)
        opened.shut_down()
    [left] = find_left()
    document = Document(damaged_photo())
    left.read().state.apply(document)
    left.release()
    assert told == ["Saving the project"]
    np.testing.assert_array_equal(document.surfaces["mask"].to_array(), drawn)


def test_what_is_protected_while_it_is_filled_stays_the_photograph(bench: Bench, stand: Stand, qtbot) -> None:
    bench.find()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    qtbot.waitUntil(stand.started.is_set)
    bench.mark(SPOT, name="protect")
    stand.held.clear()
    bench.rest()
    photograph = bench.session.photo.pixels
    assert (bench.result[SPOT.slices] == photograph[SPOT.slices]).all()
    assert (bench.result[SCRATCH.slices] != photograph[SCRATCH.slices]).any(2).all()
    assert len(bench.session.repairs) == 2 and bench.session.proof.outside == 0
    assert not bench.session.document.values["filled"].read(SPOT).any()
    bench.repair()
    assert bench.notices == ["Everything that is marked is repaired already."]


def test_a_repair_asked_for_within_a_stroke_begins_when_that_has_ended(bench: Bench, qtbot) -> None:
    document = bench.session.document
    for end in (document.rollback, document.commit):
        document.begin("Brush stroke").patch("mask", SPOT, np.full((SPOT.height, SPOT.width), 255, np.uint8))
        bench.session.repair(settings=PLAIN)
        assert not bench.session.busy
        end()
        bench.rest()
        qtbot.waitUntil(lambda: bool(bench.notices or bench.session.repairs))
        changed = (bench.result != bench.session.photo.pixels).any(2)
        assert changed[SPOT.slices].all() == (end == document.commit) == changed.any()
        assert bench.notices.pop() == "Nothing is marked." if not changed.any() else not bench.notices


def test_a_repair_that_ends_within_a_stroke_that_changes_nothing_is_applied(
    bench: Bench, stand: Stand, qtbot
) -> None:
    bench.mark(SPOT)
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    qtbot.waitUntil(stand.started.is_set)
    bench.session.document.begin("Erase")
    stand.held.clear()
    qtbot.waitUntil(lambda: not bench.session.busy)
    assert not bench.session.repairs
    bench.session.document.commit()
    qtbot.waitUntil(lambda: bool(bench.session.repairs))
    bench.rest()


def test_the_original_is_not_held_for_ever_when_its_key_goes_up_in_another_window(
    opened: Controller, qtbot
) -> None:
    canvas, other = opened.window.canvas, QWidget()
    qtbot.addWidget(other)
    qtbot.keyPress(canvas, Qt.Key.Key_Backslash)
    assert canvas.compare == "original"
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: canvas.compare == "off")
    qtbot.keyRelease(canvas, Qt.Key.Key_Backslash)
    qtbot.keyPress(canvas, Qt.Key.Key_Backslash)
    assert canvas.compare == "original"
    qtbot.keyRelease(canvas, Qt.Key.Key_Backslash)
    assert canvas.compare == "off"


def test_the_original_is_let_go_although_the_photograph_was_closed(opened: Controller, qtbot) -> None:
    window = opened.window
    qtbot.keyPress(window, Qt.Key.Key_Backslash)
    assert window.canvas.compare == "original"
    opened.actions["close"].trigger()
    assert opened.session is None
    qtbot.keyRelease(window, Qt.Key.Key_Backslash)
    assert window.canvas.compare == "off"


@pytest.mark.parametrize("compare", ["off", "split"])
def test_a_drag_whose_release_went_to_a_dialog_ends_where_it_was(
    opened: Controller, qtbot, compare: str
) -> None:
    window, canvas = opened.window, opened.window.canvas
    canvas.compare = compare  # in the split view it is the slider that is dragged
    handle, plain = window.windowHandle(), Qt.KeyboardModifier.NoModifier

    def there(x: float) -> QPoint:
        return canvas.mapTo(window, QPoint(round(canvas.width() * x), canvas.height() // 2))

    def let_go() -> None:
        QTest.mouseRelease(handle, LEFT, plain, there(0.55))
        dialog.reject()

    QTest.mousePress(handle, LEFT, plain, there(0.5))
    QTest.mouseMove(handle, there(0.55))
    dialog = QDialog(window)
    QTimer.singleShot(0, let_go)
    dialog.exec()
    before = mask_of(canvas)
    QTest.mouseMove(handle, there(0.8))
    assert not canvas.document.editing and np.array_equal(mask_of(canvas), before)
    assert canvas.document.history == (["Brush stroke"] if compare == "off" else [])
    assert canvas.split == pytest.approx(0.5 if compare == "off" else 0.55, abs=0.01)
    dialog.deleteLater()


def test_a_photograph_opens_again_after_its_project_was_deleted(
    opened: Controller,
    photo_path: Path,
    other_path: Path,
    tmp_path: Path,
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stroke(opened, qtbot)
    project = tmp_path / "work.restorer"
    choose_name(monkeypatch, project)
    press(opened, qtbot, Qt.Key.Key_S, CTRL)
    wait_until_secured(opened, qtbot)
    open_in(opened, [other_path], qtbot)
    project.unlink()
    seen = in_dialog(ErrorDialog, escape(qtbot))
    opened.files.open_paths([photo_path])
    qtbot.waitUntil(lambda: bool(seen))
    settle(opened, qtbot)
    told: list[object] = []
    monkeypatch.setattr(opened, "show_failure", lambda *args: told.append(args))
    opened.files.open_paths([photo_path])
    settle(opened, qtbot)
    assert not told and opened.session is not None and opened.session.path == photo_path


def test_a_project_that_holds_its_photograph_opens_again_from_the_strip(
    controller: Controller, other_path: Path, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, project = Photo(damaged_photo()), tmp_path / "pasted.restorer"
    save_project(project, ProjectState.from_document(Document(photo.pixels), photo, None))
    controller.files.open_paths([project])
    qtbot.waitUntil(lambda: controller.session is not None)
    settle(controller, qtbot)
    open_in(controller, [other_path], qtbot)
    told: list[object] = []
    monkeypatch.setattr(controller, "show_failure", lambda *args: told.append(args))
    controller.window.film_strip.set_current(project)
    settle(controller, qtbot)
    assert not told and controller.session is not None and controller.session.path == project


def test_a_scratch_proposed_on_one_photograph_is_not_marked_on_the_next(
    controller: Controller, photo_path: Path, tmp_path: Path, qtbot
) -> None:
    plain = tmp_path / "plain.png"
    cv2.imwrite(str(plain), np.full((240, 320), 90, np.uint8))
    open_in(controller, [photo_path, plain], qtbot)
    canvas = controller.window.canvas
    canvas.set_tool("follow")
    follow, place = canvas.tool, at(canvas, (61.5, 100.5)).toPoint()
    qtbot.mouseMove(canvas, place)
    qtbot.waitUntil(lambda: follow.footprint(canvas.viewport).boundingRect().height() > 50)
    controller.window.film_strip.set_current(plain)
    settle(controller, qtbot)
    assert controller.session is not None and controller.session.path == plain
    qtbot.mouseClick(canvas, LEFT, pos=place)
    assert not mask_of(canvas).any()


def test_another_detector_in_the_library_searches_again(opened: Controller, qtbot, stand: Stand) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    opened.models.show_library()
    panel = opened.models.panel
    assert panel is not None
    panel.library_changed.emit()
    panel.hide()
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    assert [what for what, _ in stand.calls] == ["find", "find"] and mask(opened).any()


def test_marks_that_were_not_repaired_are_in_no_file_after_an_export(bench: Bench) -> None:
    session = bench.session
    bench.mark(SPOT)
    bench.repair()

    def export() -> None:
        surfaces = {name: one.snapshot() for name, one in session.document.surfaces.items()}
        session.mark_exported(Path("a.png"), surfaces, session.document.values["filled"])

    export()
    assert not session.edited
    bench.mark(SCRATCH)
    export()
    assert session.edited, "the photograph would be closed without a question"
    bench.repair()
    export()
    assert not session.edited


def test_work_that_has_a_project_is_not_in_there_after_an_export(bench: Bench) -> None:
    session, document = bench.session, bench.session.document
    bench.mark(SPOT)
    session.mark_saved(Path("a.restorer"), Snapshot.of(document).surfaces)
    bench.repair()
    session.mark_exported(Path("a.png"), Snapshot.of(document).surfaces, document.values["filled"])
    assert session.edited, "the photograph would come back without its repair"
    session.mark_saved(Path("a.restorer"), Snapshot.of(document).surfaces)
    assert not session.edited


def test_what_is_protected_while_an_export_is_written_is_in_no_file(
    opened: Controller, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened.session
    assert session is not None
    gate, write = threading.Event(), export_dialog.write

    def slowly(order: export_dialog.ExportOrder, ctx: JobContext) -> tuple[Path, list[str]]:
        gate.wait(10)
        return write(order, ctx)

    monkeypatch.setattr(export_dialog, "write", slowly)
    in_dialog(ExportDialog, lambda dialog: qtbot.mouseClick(dialog.export_button, LEFT))
    opened.files.export()
    with session.document.edit("Protect") as tx:
        tx.patch("protect", SPOT, np.full((SPOT.height, SPOT.width), 255, np.uint8))
    with qtbot.waitSignal(session.exported):
        gate.set()
    settle(opened, qtbot)
    assert session.edited, "the photograph would be closed without a question"


def test_a_picture_that_cannot_be_kept_is_told_and_leaves_no_half_file(
    controller: Controller, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ui.documents.workspace.QStandardPaths.writableLocation",
        staticmethod(lambda _: str(tmp_path / "Pictures")),
    )

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("restorer.new_files.os.link", full)
    image = QImage(40, 30, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    told: list[str] = []

    def read(dialog: ErrorDialog) -> None:
        told.extend(label.text() for label in dialog.findChildren(QLabel))
        escape(qtbot)(dialog)

    in_dialog(ErrorDialog, read)
    controller.files.paste()
    assert any("disk is full" in text for text in told)
    assert not list((tmp_path / "Pictures" / "Restorer").iterdir())


@pytest.mark.parametrize("full", [False, True])
def test_a_project_saved_while_its_photograph_is_left_is_told_of(
    opened: Controller,
    photo_path: Path,
    other_path: Path,
    tmp_path: Path,
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
    full: bool,
) -> None:
    monkeypatch.setattr("ui.documents.workspace.MOST_SEARCHED_PX", 0)
    open_in(opened, [other_path], qtbot)
    opened.window.film_strip.set_current(photo_path)
    settle(opened, qtbot)
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    wait_until_secured(opened, qtbot)
    told: list[str] = []
    monkeypatch.setattr(opened, "show_failure", lambda title, _: told.append(title))
    project = tmp_path / "work.restorer"
    if full:
        project.mkdir()  # nothing can be put there
    choose_name(monkeypatch, project)
    gate, save = threading.Event(), project_work.save_project

    def slowly(*args: Any) -> None:
        gate.wait(10)
        save(*args)

    monkeypatch.setattr(project_work, "save_project", slowly)
    press(opened, qtbot, Qt.Key.Key_S, CTRL)
    opened.window.film_strip.set_current(other_path)
    qtbot.waitUntil(lambda: opened.workspace.session_of(photo_path) is None)
    gate.set()
    settle(opened, qtbot)
    assert told == (["Saving the project"] if full else [])
    opened.window.film_strip.set_current(photo_path)
    settle(opened, qtbot)
    assert opened.session is not None and opened.session.path == photo_path
    assert opened.session.project == (None if full else project)


def test_a_photograph_that_was_closed_takes_no_memory(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    for name in canvas.tools:
        canvas.set_tool(name)
        for place in ((61, 60), (61, 150)):
            qtbot.mouseMove(canvas, at(canvas, place).toPoint())
            qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, place).toPoint())
    press(opened, qtbot, Qt.Key.Key_Escape)
    wait_until_secured(opened, qtbot)
    document = weakref.ref(opened.session.document)  # type: ignore[union-attr]
    source = weakref.ref(document().source)  # type: ignore[union-attr]
    opened.workspace.close(opened.session.path)  # type: ignore[union-attr,arg-type]
    settle(opened, qtbot)
    flush_deletions()
    gc.collect()
    assert document() is None and source() is None
