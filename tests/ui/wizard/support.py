"""What the tests of the training wizard share: a small model, tiny photographs, and hands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QMessageBox, QWidget

from training.tuning.tasks import RepairTuning
from ui.wizard.grid import PATH_ROLE
from ui.wizard.wizard import FOLDERS, GOAL, PLAN, TRAIN, VERDICT, TrainWizard

LONG_MS = 120_000


class Hands:
    """Walks through a wizard by mouse and keys.

    Args:
        wizard: to walk through.
        qtbot: waits.
        folder: of photographs.
        patch: puts an answer into the dialog for folders.
    """

    def __init__(self, wizard: TrainWizard, qtbot, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.wizard, self.qtbot, self.folder, self.patch = wizard, qtbot, folder, patch

    def until(self, done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(done, timeout=LONG_MS)

    def click(self, button: QAbstractButton) -> None:
        assert button.isVisible() and button.isEnabled(), button.text()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))

    def open(self) -> None:
        self.wizard.show()
        self.until(lambda: self.wizard.context.start is not None)

    def choose_folder(self, folder: Path | None = None) -> None:
        answer = str(folder or self.folder)
        self.patch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answer)
        self.click(self.wizard.folders.add_button)
        self.until(lambda: not self.wizard.folders.scanning)

    def next(self, step: int) -> None:
        self.until(self.wizard.next.isEnabled)
        self.click(self.wizard.next)
        assert self.wizard.step == step

    def choose_model(self, name: str = "small-repair") -> None:
        box = self.wizard.goal.models
        row = next(i for i in range(box.count()) if box.itemData(i).id == name)
        box.setFocus()
        while box.currentIndex() != row:
            QTest.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < row else Qt.Key.Key_Up)

    def choose_custom(self, **values: float) -> None:
        plan = self.wizard.plan
        self.click(plan.presets["custom"])
        for name, value in {"steps": 12, "batch": 4, "crop_px": 64, "rate": 0.003, **values}.items():
            plan.fields[name].setValue(value)  # type: ignore[arg-type]
        self.until(lambda: plan.planned is not None or bool(plan.problem.text))

    def to_plan(self, **values: float) -> None:
        self.open()
        self.choose_folder()
        self.next(GOAL)
        self.choose_model()
        self.next(PLAN)
        self.choose_custom(**values)

    def start(self, **values: float) -> None:
        self.to_plan(**values)
        self.next(TRAIN)

    def to_verdict(self) -> None:
        self.until(lambda: self.wizard.step == VERDICT)

    def press(self, widget: QWidget, key: Qt.Key) -> None:
        QTest.keyClick(widget, key)

    def tags_of(self, name: str) -> frozenset[str]:
        photos = self.wizard.folders.grid.photos
        path = next(p.path for p in photos.photos if p.path.name == name)
        return photos.tags[path]

    def select(self, name: str) -> None:
        grid = self.wizard.folders.grid
        model = grid.model()
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            if index.data(PATH_ROLE).name == name:
                grid.scrollTo(index)
                QApplication.processEvents()
                place = grid.visualRect(index).center()
                self.qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
                return
        raise AssertionError(name)


def confirm() -> None:
    """Say yes to the question whether to discard."""
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    role = QMessageBox.ButtonRole.DestructiveRole
    next(b for b in box.buttons() if box.buttonRole(b) == role).click()


class Brake:
    """Holds the training at one of its steps until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.reached, self.free, self.calls = threading.Event(), threading.Event(), 0
        original, brake = RepairTuning.loss, self

        def loss(self: RepairTuning, net: torch.nn.Module, batch: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
            if len(batch["image"]) and brake._count() == at:
                brake.reached.set()
                assert brake.free.wait(LONG_MS / 1000)
            return original(self, net, batch)

        patch.setattr(RepairTuning, "loss", loss)

    def _count(self) -> int:
        self.calls += 1
        return self.calls


__all__ = ["FOLDERS", "GOAL", "PLAN", "TRAIN", "VERDICT", "Brake", "Hands", "confirm"]
