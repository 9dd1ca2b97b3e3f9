"""What the tests of the window share: small stand-ins for the networks, real windows, and guards against
leaks."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    QThread,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from restorer.editing.mask import DamageMap, grow
from restorer.jobs import JobContext
from restorer.record.report import Studied
from restorer.tiles import Box, FinishedTile
from tests.conftest import smooth_photo
from ui import i18n
from ui.app import build
from ui.documents.networks import Networks
from ui.documents.work import FillSettings
from ui.jobs import JobRunner
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.window.controller import Controller

if TYPE_CHECKING:
    from tests.ui.batch.support import Window

HARMLESS = (
    "propagateSizeHints",
    "does not support raise",
    "does not support grabbing the keyboard",
    "Populating font family aliases",
    "XDG_RUNTIME_DIR",
)


def damaged_photo(height: int = 240, width: int = 320) -> np.ndarray:
    """A picture (H, W, 3) uint8 with a white scratch, a white spot and a black one."""
    pixels = np.minimum(smooth_photo(height, width), 230)
    pixels[40:200, 60:63] = 255
    pixels[100:108, 200:210] = 255
    pixels[180:186, 260:268] = 0
    return pixels


class PatientBot(QtBot):
    """Waits for a minute, since a busy machine may well take longer than the five seconds of `QtBot`."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = 60_000) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: object, *, timeout: int = 60_000, **options: object):  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    """The bot of pytest-qt, with more patience."""
    return PatientBot(request)


class Stand:
    """A stand-in for the networks: finds pure white and black, fills by diffusion, tile by tile.

    Attributes:
        held: while it is set, a fill waits after its first tile (and still hears of cancelling).
        error: raised by the next search or fill.
        calls: what was done on which device.
        study_gain: what studying a photograph brings.
    """

    def __init__(self) -> None:
        self.started, self.held = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self.calls: list[tuple[str, str]] = []
        self.study_gain = 0.0

    def find(self, pixels: np.ndarray, device: str, ctx: JobContext) -> DamageMap:
        self.calls.append(("find", device))
        self._fail()
        ctx.progress(0.5)
        grey = pixels if pixels.ndim == 2 else pixels[..., 1]
        top = np.iinfo(pixels.dtype).max
        hit = ((grey == top) | (grey == 0)).astype(np.uint8) * np.uint8(255)
        return DamageMap(hit, np.zeros_like(hit))

    def fill(
        self, pixels: np.ndarray, mask: np.ndarray, settings: FillSettings, ctx: JobContext
    ) -> tuple[np.ndarray, np.ndarray]:
        self.calls.append(("fill", settings.device))
        self._fail()
        if settings.study_steps:
            ctx.progress(0.0, detail=Studied(self.study_gain))
        grown = grow(mask, settings.grow_px)
        mean = pixels[~grown].mean(0)
        out = pixels.copy()
        out[grown] = np.clip(mean + settings.seed, 0, np.iinfo(pixels.dtype).max).astype(pixels.dtype)
        for y in range(0, mask.shape[0], 64):
            box = Box(y, 0, min(y + 64, mask.shape[0]), mask.shape[1])
            ctx.progress(box.y1 / mask.shape[0], detail=FinishedTile(box, out[box.slices].copy()))
            self.started.set()
            while self.held.is_set():
                ctx.check()
                threading.Event().wait(0.002)
        return out, grown

    def _fail(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    @property
    def networks(self) -> Networks:
        return Networks(self.find, self.fill)


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    """The application in Chinese."""
    i18n.install(qapp, "zh_CN")
    yield
    i18n.install(qapp, "en")
    QLocale.setDefault(QLocale("en"))


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def photo_path(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    cv2.imwrite(str(path), np.ascontiguousarray(damaged_photo()[..., ::-1]))
    return path


def flush_deletions() -> None:
    """Let deleteLater do its work."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.close()
    made.deleteLater()
    flush_deletions()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeManager]:
    made = ThemeManager(qapp, "dark")
    yield made
    made.deleteLater()
    flush_deletions()


@pytest.fixture
def window(qtbot, tmp_path: Path, theme: ThemeManager, runner: JobRunner) -> Iterator[Window]:
    """The batch window."""
    from tests.ui.batch.support import open_window

    with open_window(qtbot, tmp_path / "config", theme, runner) as made:
        yield made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a batch writes."""
    return tmp_path / "out"


@pytest.fixture
def make_controller(qapp: QApplication, tmp_path: Path, stand: Stand) -> Iterator[Callable[..., Controller]]:
    """Makes windows with everything behind them, and takes them down again."""
    made: list[Controller] = []

    def make(networks: Networks | None = None, **settings: object) -> Controller:
        store = SettingsStore(tmp_path / "settings")
        store.change(**{"theme": "dark", "language": "en", **settings})
        log_path = tmp_path / "log" / "restorer.log"
        controller = build(qapp, store, networks or stand.networks, log_path)
        made.append(controller)
        controller.window.show()
        controller.window.activateWindow()
        return controller

    yield make
    stand.held.clear()
    for controller in made:
        controller.shut_down()
        controller.window.hide()
        for part in (
            controller.window,
            controller.workspace,
            controller.workspace.runner,
            controller.theme,
            controller,
        ):
            part.deleteLater()
    made.clear()
    flush_deletions()


@pytest.fixture
def other_path(tmp_path: Path) -> Path:
    """A second photograph of the same size, mirrored."""
    path = tmp_path / "other.png"
    cv2.imwrite(str(path), damaged_photo()[:, ::-1])
    return path


@pytest.fixture
def controller(make_controller: Callable[..., Controller]) -> Controller:
    return make_controller()


@pytest.fixture
def opened(controller: Controller, photo_path: Path, qtbot) -> Controller:
    """A window that shows the damaged photograph."""
    open_in(controller, [photo_path], qtbot)
    return controller


def open_in(controller: Controller, paths: list[Path], qtbot) -> None:
    """Open files and wait until the first is shown and nothing runs any more."""
    controller.files.open_paths(paths)
    qtbot.waitUntil(lambda: controller.session is not None and controller.session.path == paths[0])
    settle(controller, qtbot)


def settle(controller: Controller, qtbot) -> None:
    """Wait until no job runs and no count is outstanding."""
    qtbot.waitUntil(lambda: not controller.workspace.runner.jobs)
    qtbot.waitUntil(lambda: controller.session is None or controller.session.rested)
    qtbot.waitUntil(lambda: not controller.workspace.runner.jobs)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves a thread, a running timer, a top-level widget or an unexpected message of Qt behind."""
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    app = QApplication.instance() or request.getfixturevalue("qapp")
    threads = set(threading.enumerate())
    widgets = set(map(id, app.topLevelWidgets()))  # type: ignore[union-attr]
    said: list[str] = []

    def listen(kind: QtMsgType, _: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(part in text for part in HARMLESS):
            said.append(text)

    before = qInstallMessageHandler(listen)
    yield
    flush_deletions()
    qInstallMessageHandler(before)
    left = [w for w in app.topLevelWidgets() if id(w) not in widgets and w.isVisible()]  # type: ignore[union-attr]
    assert not left, f"top-level widgets left: {left}"
    assert not said, f"Qt said: {said}"
    alive = [t for t in threading.enumerate() if t not in threads and t.is_alive() and not t.daemon]
    assert not alive, f"threads left: {alive}"
    # By type(): isinstance would ask lazy modules for their class, which some answer with a warning.
    objects = [o for o in gc.get_objects() if issubclass(type(o), QThread | QTimer) and shiboken6.isValid(o)]
    assert not [o for o in objects if isinstance(o, QThread) and o.isRunning()], "a QThread still runs"
    assert not [o for o in objects if isinstance(o, QTimer) and o.isActive()], "a QTimer still runs"


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning in the log that no test expects is a failure; `caplog.clear()` accepts it."""
    yield
    bad = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING and r.name.startswith("ui")]
    assert not bad, [record.getMessage() for record in bad]
