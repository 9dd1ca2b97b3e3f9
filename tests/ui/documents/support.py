"""What the tests of photographs, projects and recovery share."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QFileDialog

from restorer.tiles import Box
from tests.ui.conftest import settle
from tests.ui.window.test_window import in_dialog, press
from ui.documents.autosave import AutoSave
from ui.documents.foreground import News
from ui.documents.session import DocumentSession
from ui.documents.work import FillSettings
from ui.jobs import Failed
from ui.panels.project_dialogs import RecoveryDialog
from ui.window.controller import Controller

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
SCRATCH, SPOT, DARK = Box(40, 60, 200, 63), Box(100, 200, 108, 210), Box(180, 260, 186, 268)
PLAIN = FillSettings(grow_px=0)


class Bench:
    """A session with what it said."""

    def __init__(self, session: DocumentSession, qtbot) -> None:
        self.session, self.qtbot = session, qtbot
        self.failures: list[Failed] = []
        self.notices: list[str] = []
        self.news: list[News] = []
        session.failed.connect(lambda _, failed: self.failures.append(failed))
        session.notice.connect(self.notices.append)
        session.progressed.connect(self.news.append)

    def rest(self) -> None:
        self.qtbot.waitUntil(lambda: not self.session.busy and self.session.rested)

    def find(self) -> None:
        self.session.find_damage()
        self.rest()

    def repair(self, **kwargs: object) -> None:
        kwargs.setdefault("settings", PLAIN)
        self.session.repair(**kwargs)  # type: ignore[arg-type]
        self.rest()

    def mark(self, box: Box, value: int = 255, name: str = "mask") -> None:
        with self.session.document.edit("Brush stroke") as tx:
            tx.patch(name, box, np.full((box.height, box.width), value, np.uint8))  # type: ignore[arg-type]

    @property
    def mask(self) -> np.ndarray:
        return self.session.document.surfaces["mask"].to_array()

    @property
    def result(self) -> np.ndarray:
        return self.session.document.surfaces["result"].to_array()


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
