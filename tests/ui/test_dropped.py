"""Files from outside, with names that Qt has no letters for, or several of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from tests.ui.batch.support import Window
from tests.ui.conftest import open_in, settle
from ui.dropped import local_paths
from ui.window.controller import Controller

ROOT = Path(__file__).parents[2]
ODD = b"t\xffe.png"


@pytest.fixture
def odd_path(photo_path: Path) -> Path:
    """The damaged photograph under a name that is not UTF-8."""
    path = photo_path.with_name(os.fsdecode(ODD))
    try:
        photo_path.rename(path)
    except OSError:
        pytest.skip("this file system has no such names")
    return path


def listed(*paths: Path) -> QMimeData:
    """Files as file managers hand them over."""
    data = QMimeData()
    data.setData("text/uri-list", b"".join(path.as_uri().encode() + b"\r\n" for path in paths))
    return data


def drop(widget: QWidget, data: QMimeData) -> None:
    """With Shift, which asks for moving: the file manager would delete what was moved."""
    copy = Qt.DropAction.CopyAction
    held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy | Qt.DropAction.MoveAction, data, *held)
    widget.dragEnterEvent(enter)
    drop = QDropEvent(QPointF(50, 50), copy | Qt.DropAction.MoveAction, data, *held)
    widget.dropEvent(drop)
    for event in (enter, drop):
        assert event.isAccepted() and event.dropAction() == copy


def test_every_name_comes_through(tmp_path: Path, qapp) -> None:
    paths = [
        tmp_path / os.fsdecode(name) for name in (ODD, b"a b%41#.png", "ä\u0308?.png".encode(), b"c.png")
    ]
    assert local_paths(listed(*paths)) == paths
    elsewhere = QMimeData()
    elsewhere.setText("https://example.org/a.png")
    assert local_paths(elsewhere) == []


def test_a_photograph_of_an_odd_name_is_opened(odd_path: Path, controller: Controller, qtbot) -> None:
    drop(controller.window, listed(odd_path))
    qtbot.waitUntil(lambda: controller.session is not None)
    settle(controller, qtbot)
    assert controller.session is not None and controller.session.path == odd_path


def test_a_photograph_of_an_odd_name_starts_a_batch(odd_path: Path, window: Window, out: Path) -> None:
    drop(window.panel, listed(odd_path))
    assert window.panel.setup.paths == [odd_path]
    window.panel.setup.set_out(out)
    window.start()
    window.finish()
    assert [path.name for path in out.glob("*.png")] == ["te.png"]


def test_the_window_starts_with_odd_names(odd_path: Path) -> None:
    code = """
import sys
from types import SimpleNamespace
from PySide6.QtWidgets import QApplication
import ui.app
said = SimpleNamespace(open_paths=lambda paths: print([ascii(path.name) for path in paths]))
ui.app.build = lambda *_, **__: SimpleNamespace(
    files=said, projects=SimpleNamespace(offer_recovery=lambda then: then()),
    window=SimpleNamespace(show=lambda: None), shut_down=lambda: None)
ui.app.start_logging = lambda: None
QApplication.exec = lambda *_: 0
raise SystemExit(ui.app.main())
"""
    away = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code, "plain.png", str(odd_path), "-style", "fusion", str(odd_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=away)
    assert done.returncode == 0, done.stderr
    odd = ascii(odd_path.name)
    assert done.stdout.strip() == str(["'plain.png'", odd, odd])


def test_a_photograph_has_one_tile_whatever_way_leads_to_it(
    photo_path: Path, other_path: Path, controller: Controller, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photo_path.parent / "below"
    folder.mkdir()
    monkeypatch.chdir(folder)
    open_in(controller, [photo_path], qtbot)
    for way in (Path("..", photo_path.name), folder / ".." / photo_path.name):
        controller.files.open_paths([way, other_path])
        settle(controller, qtbot)
    assert controller.window.film_strip.paths() == [photo_path, other_path]
    assert controller.session is not None and controller.session.path == photo_path
