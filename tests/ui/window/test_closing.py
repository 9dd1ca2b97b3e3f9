"""Closing the window, or a photograph: what would be lost by it, or stopped, is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLabel, QMessageBox

from tests.ui.batch.support import Gate, photographs
from tests.ui.conftest import Stand, settle
from tests.ui.window.test_window import CTRL, LEFT, in_dialog, press
from ui.batch.work import Order
from ui.dialogs import Losses, ask_to_discard
from ui.panels.project_dialogs import ask_for_source, ask_to_replace
from ui.widgets import muted
from ui.window.controller import Controller


@pytest.fixture
def repairing(opened: Controller, qtbot, stand: Stand) -> Iterator[Controller]:
    """A photograph whose first repair runs and is held up."""
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    stand.held.set()
    press(opened, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(stand.started.is_set)
    yield opened
    stand.held.clear()


def answered(qtbot, text: str, first: Callable[[], object] = lambda: None) -> list[str]:
    """Have the next question answered by that button, after `first`; what was asked is put into the list."""
    asked: list[str] = []

    def act(box: QMessageBox) -> None:
        asked.append(f"{box.text()}\n{box.informativeText()}")
        first()
        qtbot.mouseClick(next(b for b in box.buttons() if b.text() == text), LEFT)

    in_dialog(QMessageBox, act)  # type: ignore[arg-type]
    return asked


def test_closing_with_unexported_work_asks_first(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_I, CTRL)
    answered(qtbot, "Keep working")
    assert not opened.window.close() and opened.window.isVisible()
    answered(qtbot, "Close without saving")
    assert opened.window.close()


def test_a_search_alone_is_nothing_to_ask_about(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    assert opened.window.close()


def test_closing_while_the_first_repair_runs_asks_first(repairing: Controller, qtbot, stand: Stand) -> None:
    asked = answered(qtbot, "Keep working")
    assert not repairing.window.close() and repairing.window.isVisible()
    assert "scan.png is still being repaired" in asked[0] and "not saved" not in asked[0]
    answered(qtbot, "Stop and close")
    assert repairing.window.close()
    repairing.shut_down()
    assert not repairing.workspace.runner.jobs
    assert not repairing.session.repairs  # type: ignore[union-attr]
    repairing.session.find_damage()  # type: ignore[union-attr]
    repairing.workspace.runner.close()
    assert [what for what, _ in stand.calls] == ["find", "fill"]


def test_closing_a_photograph_whose_first_repair_runs_asks_first(repairing: Controller, qtbot) -> None:
    answered(qtbot, "Keep working")
    repairing.files.close_photo()
    assert repairing.session is not None and repairing.session.busy
    answered(qtbot, "Stop and close")
    repairing.files.close_photo()
    assert repairing.session is None


def test_a_repair_that_was_cancelled_is_nothing_to_ask_about(repairing: Controller, qtbot) -> None:
    press(repairing, qtbot, Qt.Key.Key_Escape)
    assert repairing.window.close()


def test_a_repair_that_ends_while_the_question_is_open_is_asked_about_as_work(
    repairing: Controller, qtbot, stand: Stand
) -> None:
    def finish() -> None:
        stand.held.clear()
        settle(repairing, qtbot)
        answered(qtbot, "Keep working")

    asked = answered(qtbot, "Stop and close", finish)
    assert not repairing.window.close() and repairing.session is not None
    assert len(asked) == 1 and repairing.session.repairs and repairing.window.isVisible()


def test_closing_the_window_while_a_batch_runs_asks_first(
    controller: Controller, tmp_path: Path, qtbot
) -> None:
    gate = controller.batches.run = Gate()
    controller.batches.workers = 1
    gate.hold("a.png")
    controller.batches.show()
    panel = controller.batches.panel
    assert panel is not None
    panel.start(Order(tmp_path / "out", tuple(photographs(tmp_path / "in", "a.png"))))
    qtbot.waitUntil(lambda: gate.arrived == ["a.png"])
    asked = answered(qtbot, "Keep working")
    assert not controller.window.close()
    assert "Not finished yet: Batch." in asked[0] and "can go on" in asked[0]
    panel.session.pause()  # who pauses it knows
    assert controller.window.close()
    gate.release()


def test_a_repair_that_waits_for_a_stroke_is_not_begun_once_the_photograph_is_closed(
    opened: Controller, photo_path: Path, qtbot, stand: Stand
) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    canvas = opened.window.canvas
    canvas.set_tool("brush")
    qtbot.mousePress(canvas, LEFT, pos=canvas.rect().center())
    press(opened, qtbot, Qt.Key.Key_R, CTRL)
    opened.workspace.close(photo_path)
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.rect().center())
    QCoreApplication.processEvents()  # what waited would begin now
    settle(opened, qtbot)
    assert [what for what, _ in stand.calls] == ["find"]


def test_names_that_look_like_markup_are_shown_as_they_are(opened: Controller, qtbot) -> None:
    name = "a<i>b.png"
    formats: list[Qt.TextFormat] = []
    in_dialog(QMessageBox, lambda box: (formats.append(box.textFormat()), box.reject()))
    assert not ask_to_discard(Losses((name,)), opened.window)
    in_dialog(QMessageBox, lambda box: (formats.append(box.textFormat()), box.reject()))
    assert not ask_to_replace(name, opened.window)
    in_dialog(QMessageBox, lambda box: (formats.append(box.textFormat()), box.reject()))
    assert ask_for_source(name, "", "", opened.window) is None
    opened.window.toast.say(name)
    opened.window.status.show_hint(name)
    labels = [label for label in opened.window.findChildren(QLabel) if label.text() == name]
    formats += [label.textFormat() for label in (*labels, muted(name))]
    assert len(labels) >= 2 and set(formats) == {Qt.TextFormat.PlainText}
