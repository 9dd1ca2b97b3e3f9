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

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QThread, QTimer

from restorer.editing.document import Document
from restorer.jobs import JobContext
from restorer.project.journal import find_left
from restorer.project.journal_reading import read_journal
from restorer.project.state import VALUES
from tests.ui.conftest import settle
from tests.ui.documents.support import (
    CTRL,
    LEFT,
    crash,
    find_and_repair,
    pixels,
    recover,
    safe,
    same,
    stroke,
    wait_until_secured,
)
from tests.ui.window.test_window import in_dialog, mask, press
from ui.documents import autosave, project_work
from ui.panels.project_dialogs import RecoveryDialog
from ui.window.controller import Controller

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


def test_nothing_is_written_in_the_thread_of_the_window(
    opened: Controller, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[QThread] = []
    secure = project_work.Writer.secure

    def watched(self: project_work.Writer, order: project_work.Order, ctx: JobContext) -> int:
        threads.append(QThread.currentThread())
        return secure(self, order, ctx)

    monkeypatch.setattr(project_work.Writer, "secure", watched)
    stroke(opened, qtbot)
    wait_until_secured(opened, qtbot)
    assert len(threads) == 1 and threads[0] is not opened.thread()


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
    assert after.window.repair._proof.statement.text() == "0 pixels changed outside the mask"
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


def test_work_that_could_not_be_secured_is_tried_again_by_itself(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "file"))
    with qtbot.waitSignal(safe(opened).trouble):
        stroke(opened, qtbot)
    retry = next(t for t in safe(opened).findChildren(QTimer) if t.interval() == autosave.RETRY_MS)
    assert retry.isActive()
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "state"))
    with qtbot.waitSignal(safe(opened).secured):
        retry.setInterval(0)


# --- a real process, really killed

WINDOW = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QPoint, Qt, QThread, QTimer
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
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
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
    stroke(controller, qtbot)
    wait_until_secured(controller, qtbot)
    journal = safe(controller)._writer._journal
    assert journal is not None
    with journal.path.open("rb") as stream:
        assert len(read_journal(stream).state.read_marks()) in (5, 6)
    assert find_left() == [], "the recovered journal is this window's now"
