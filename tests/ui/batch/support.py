"""What the tests of the batch window share: a window on a runner of its own, and a quick stand-in for the
networks that the test can hold up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import PhotoReport
from tests.core.batch.support import invert_block, photographs
from tests.ui.conftest import flush_deletions
from ui.batch.panel import BatchPanel, EditRequest
from ui.batch.work import KnownBatches, Unfinished
from ui.jobs import JobRunner
from ui.theme import ThemeManager

__all__ = ["Gate", "Window", "drop", "open_window", "photographs"]


class Gate:
    """A stand-in for the networks: inverts a small block; "clean..." is clean, "bad..." fails.

    Attributes:
        holding: names of photographs at which it waits until `release`.
        masks: the masks that it was given, by name of the photograph.
        stages: the stages that it was asked for, by name of the photograph.
    """

    def __init__(self) -> None:
        self.holding: set[str] = set()
        self.arrived: list[str] = []
        self.masks: dict[str, np.ndarray | None] = {}
        self.stages: dict[str, list[str]] = {}
        self.failing = True
        self._free = threading.Event()

    def hold(self, *names: str) -> None:
        self.holding.update(names)

    def release(self) -> None:
        self.holding.clear()
        self._free.set()

    def __call__(
        self,
        photo: Photo,
        recipe: Recipe,
        device: str,
        entry: PhotoReport,
        ctx: JobContext,
        mask: np.ndarray | None = None,
    ) -> Outcome:
        name = Path(entry.source).name
        self.arrived.append(name)
        self.masks[name] = mask
        self.stages[name] = [stage.name for stage in recipe.stages]
        while name in self.holding:
            ctx.check()
            self._free.wait(0.005)
        if name.startswith("bad") and self.failing:
            raise ValueError("no network could do this")
        if name.startswith("clean"):
            entry.damage_score = 0.0
            return Outcome(None, np.zeros(photo.pixels.shape[:2], bool))
        found = np.zeros(photo.pixels.shape[:2], bool)
        found[2:8, 3:9] = True
        digits = "".join(c for c in name if c.isdigit())
        entry.damage_score, entry.regions = float(digits or 50) % 101, 1
        entry.share_found, entry.grow_px = float(found.mean()), 2
        entry.seconds["repair"] = 0.5
        return Outcome(replace(photo, pixels=invert_block(photo.pixels)), found if mask is None else mask)


class Window:
    """The batch window with what it said."""

    def __init__(self, panel: BatchPanel, runner: JobRunner, gate: Gate, qtbot) -> None:
        self.panel, self.runner, self.gate, self.qtbot = panel, runner, gate, qtbot
        self.edits: list[EditRequest] = []
        self.offers: list[list[Unfinished]] = []
        self.told: list[str] = []
        panel.edit_wanted.connect(self.edits.append)
        panel.unfinished_found.connect(self.offers.append)
        panel.told.connect(self.told.append)

    def set_up(self, paths: list[Path], out: Path) -> None:
        """Drop files on the first page and choose where results go."""
        drop(self.panel, paths)
        self.panel.setup.set_out(out)

    def start(self, look_first: bool = False) -> None:
        setup = self.panel.setup
        (setup.look_first if look_first else setup.start).click()

    def wait(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=60_000)

    def finish(self) -> None:
        self.wait(lambda: not self.runner.jobs and not self.panel.session.running)
        self.panel.session.look()

    def states(self) -> dict[str, str]:
        queue = self.panel.session.queue
        assert queue is not None
        return {item.path.name: item.state for item in queue.items()}

    def ids(self, *names: str) -> list[int]:
        queue = self.panel.session.queue
        assert queue is not None
        known = {item.path.name: item.id for item in queue.items()}
        return [known[name] for name in names]

    def select(self, *names: str) -> None:
        self.panel.page.select(self.ids(*names))

    def column(self, column: int) -> list[str]:
        model = self.panel.page.model
        return [model.index(row, column).data() for row in range(model.rowCount())]


@contextmanager
def open_window(
    qtbot, home: Path, theme: ThemeManager, runner: JobRunner, gate: Gate | None = None
) -> Iterator[Window]:
    """The window, shown; taken down as at the end of the program."""
    gate = gate or Gate()
    panel = BatchPanel(runner, theme, KnownBatches(home / "batches.json"), gate, workers=1)
    panel.show()
    panel.activateWindow()
    window = Window(panel, runner, gate, qtbot)
    try:
        yield window
    finally:
        runner.close()  # cancels, and a held photograph hears of it
        gate.release()
        panel.shut_down()
        panel.hide()
        panel.deleteLater()
        flush_deletions()


def drop(widget: QWidget, paths: list[Path]) -> bool:
    """Drag files onto a widget and let go; whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, action = widget.rect().center(), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(where), action, data, buttons, keys)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(where), action, data, buttons, keys)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()
