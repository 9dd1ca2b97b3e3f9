"""Photographs of which one waits for another, and counts that do not wait for thumbnails."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from tests.ui.conftest import Stand, open_in, settle
from tests.ui.window.test_window import press
from ui.documents import work
from ui.documents.session import DocumentSession
from ui.window.controller import Controller

WAITS = "Repair: waiting for another photograph"


def show(controller: Controller, session: DocumentSession, qtbot) -> None:
    """Come to a photograph that is open."""
    assert session.path is not None
    controller.files.open_paths([session.path])
    qtbot.waitUntil(lambda: controller.session is session)


def status(controller: Controller) -> tuple[str, bool] | None:
    """What the line at the bottom says is running and whether it knows how far; None if nothing is."""
    line = controller.window.status
    return (line._what.text(), line._bar.maximum() > 0) if line._running.isVisible() else None


@pytest.fixture
def two(
    opened: Controller, other_path: Path, stand: Stand, qtbot
) -> tuple[Controller, DocumentSession, DocumentSession]:
    """Two photographs: the first one is repaired, half done, and the second one is shown."""
    assert opened.session is not None
    first = opened.session
    first.find_damage()
    settle(opened, qtbot)
    open_in(opened, [other_path], qtbot)
    second = opened.session
    second.find_damage()
    settle(opened, qtbot)
    show(opened, first, qtbot)
    stand.held.set()
    opened.repair()
    qtbot.waitUntil(lambda: status(opened) == ("Repair", True))
    show(opened, second, qtbot)
    return opened, first, second


def test_each_photograph_shows_its_own_job(
    two: tuple[Controller, DocumentSession, DocumentSession], stand: Stand, qtbot
) -> None:
    controller, first, second = two
    assert status(controller) is None
    show(controller, first, qtbot)
    assert status(controller) == ("Repair", True)
    show(controller, second, qtbot)
    controller.repair()
    assert status(controller) == (WAITS, False)
    show(controller, first, qtbot)
    assert status(controller) == ("Repair", True)
    show(controller, second, qtbot)
    assert status(controller) == (WAITS, False)
    stand.held.clear()
    settle(controller, qtbot)
    assert status(controller) is None and first.repairs and second.repairs


def test_a_job_that_waits_is_cancelled_at_once(
    two: tuple[Controller, DocumentSession, DocumentSession], stand: Stand, qtbot
) -> None:
    controller, first, second = two
    controller.repair()
    press(controller, qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not second.busy)
    assert first.busy and status(controller) is None
    assert "cancelled, nothing was changed" in controller.window.toast.text()
    assert controller.actions["repair"].isEnabled()
    stand.held.clear()
    settle(controller, qtbot)
    assert first.repairs and not second.repairs


def test_the_count_of_changed_pixels_does_not_wait_for_thumbnails(
    opened: Controller, photo_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(*_: object) -> np.ndarray:
        assert go.wait(60)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr(work, "thumbnail", slow)
    got: list[QImage] = []
    for _ in range(3):
        opened.workspace.make_thumbnail(photo_path, got.append)
    session = opened.session
    assert session is not None
    with qtbot.waitSignal(session.surveyed):
        session.find_damage()
    with qtbot.waitSignal(session.proved):
        opened.repair()
    assert session.survey.regions and not got
    go.set()
    settle(opened, qtbot)
    assert len(got) == 3


def test_a_thumbnail_that_was_withdrawn_is_not_made(
    opened: Controller, photo_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, made, got = threading.Event(), [], []

    def slow(path: Path, *_: object) -> np.ndarray:
        made.append(path)
        assert go.wait(60)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr(work, "thumbnail", slow)
    withdraws = [opened.workspace.make_thumbnail(photo_path.with_name(n), got.append) for n in ("a", "b")]
    assert [withdraw() for withdraw in withdraws] == [False, True]
    go.set()
    settle(opened, qtbot)
    assert [path.name for path in made] == ["a"] and len(got) == 1
