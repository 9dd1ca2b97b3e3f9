"""Models that a batch or a training still needs are neither deleted nor renamed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PySide6.QtWidgets import QDialog, QInputDialog, QMessageBox

from restorer.library import store as library
from restorer.record.recipe import default_recipe
from tests.training.tuning.support import parent
from tests.ui.batch.support import Gate, photographs
from ui.batch.work import Order
from ui.library.panel import ModelsPanel
from ui.window.controller import Controller


@pytest.fixture
def panel(controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelsPanel:
    torch.set_num_threads(1)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    parent()
    controller.models.show_library()
    assert controller.models.panel is not None
    controller.models.panel.select({"small-repair"})
    return controller.models.panel


def refused(panel: ModelsPanel) -> bool:
    """Whether deleting and renaming are, each in one sentence."""
    said = []
    for button in ("delete", "rename"):
        panel.notice.say("")
        panel.buttons[button].click()
        said.append("small-repair" in panel.notice.text)
        for kind in (QMessageBox, QInputDialog):
            for box in filter(QDialog.isVisible, panel.findChildren(kind)):
                assert not said[-1]
                box.reject()
    assert said[0] == said[1]
    return said[0]


def test_a_model_of_a_batch_that_runs_stays(
    controller: Controller, panel: ModelsPanel, tmp_path: Path, qtbot
) -> None:
    gate = controller.batches.run = Gate()
    controller.batches.workers = 1
    gate.hold("a.png")
    controller.batches.show()
    batches = controller.batches.panel
    assert batches is not None and not refused(panel)
    recipe = default_recipe().with_parameters(repair={"model": "small-repair"})
    batches.start(Order(tmp_path / "out", tuple(photographs(tmp_path / "in", "a.png")), recipe=recipe))
    assert refused(panel)  # before its list is there, too
    qtbot.waitUntil(lambda: gate.arrived == ["a.png"])
    panel.delete("small-repair")  # the question was open when the batch began
    panel.rename(library.get("small-repair"), "another")
    assert refused(panel) and "batch" in panel.notice.text and library.get("small-repair")
    gate.release()
    qtbot.waitUntil(lambda: not batches.session.running)
    assert not refused(panel)


def test_a_model_that_a_training_started_from_stays(controller: Controller, panel: ModelsPanel) -> None:
    controller.models.train()
    wizard = controller.models.wizard
    assert wizard is not None and not refused(panel)
    order = SimpleNamespace(config=SimpleNamespace(model="small-repair"))
    wizard.train._job, wizard.train.order = SimpleNamespace(), order  # type: ignore[assignment]
    assert refused(panel) and "training" in panel.notice.text
    wizard.train._job = wizard.train.order = None
    assert not refused(panel)
