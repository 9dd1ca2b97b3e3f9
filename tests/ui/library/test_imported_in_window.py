# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel

from restorer.library.weights import shipped
from restorer.record.recipe import STAGES
from restorer.tiles import Box
from tests.core.library.test_importing import fake_spandrel, own_library, safetensors  # noqa: F401 - fixtures
from tests.ui.conftest import open_in, settle
from ui.batch.recipe import Field
from ui.documents.networks import Networks
from ui.library.facts import ModelFacts
from ui.library.importing import ImportDialog, imported_text
from ui.window.controller import Controller

LONG_MS = 120_000


def test_an_imported_lama_repairs_in_the_window(
    fake_spandrel: object, make_controller: Callable[..., Controller], photo_path: Path, tmp_path: Path, qtbot
) -> None:  # fmt: skip
    controller = make_controller(Networks(), device="cpu")
    open_in(controller, [photo_path], qtbot)
    controller.models.show_library()
    panel, session = controller.models.panel, controller.session
    assert panel is not None and session is not None
    dialog = panel.import_file(safetensors(tmp_path / "lama.safetensors", 0.5))
    qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel._jobs == 0, timeout=LONG_MS)
    assert "lama" in [m.id for m in panel.selected()], panel.notice.text

    box: QComboBox = controller.window.repair._model
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert controller.window.repair.settings.model == "lama"
    with session.document.edit("A hole") as tx:
        tx.patch("mask", Box(10, 10, 16, 40), np.full((6, 30), 255, np.uint8))
    controller.actions["repair"].trigger()
    qtbot.waitUntil(lambda: not session.busy and bool(session.repairs), timeout=LONG_MS)
    settle(controller, qtbot)
    assert session.proof.outside == 0 and session.proof.inside >= 180


def test_a_batch_offers_it(fake_spandrel: object, tmp_path: Path, qapp: object) -> None:
    from restorer.library.importing import import_model

    import_model(safetensors(tmp_path / "lama.safetensors"))
    for stage, offered in (("repair", True), ("detect", False)):
        parameter = STAGES[stage].parameters["model"]
        field = Field(stage, "model", parameter, lambda: None)
        assert isinstance(field.widget, QComboBox)
        assert (field.widget.findData("lama") >= 0) is offered
        field.widget.deleteLater()


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_what_a_licence_means_is_said_before_the_import(
    language: str, request: pytest.FixtureRequest, qtbot, tmp_path: Path
) -> None:
    if language == "chinese":
        request.getfixturevalue("chinese")
    dialog = ImportDialog(tmp_path / "big.pth")
    qtbot.addWidget(dialog)
    unknown = dialog.licence.currentText()
    assert (unknown == "unknown") == (language == "english")
    assert dialog.options().licence == "unknown" and dialog.licence_note.text()
    dialog.licence.setEditText("CC-BY-NC-4.0")
    assert dialog.options().licence == "CC-BY-NC-4.0" and dialog.licence_note.text()
    dialog.licence.setEditText("MIT")
    assert dialog.options().licence == "MIT" and not dialog.licence_note.text()
    facts, entry = ModelFacts(), replace(shipped()[0], licence="unknown")
    qtbot.addWidget(facts)
    facts.show_model(entry)
    shown = [label.text() for label in facts.findChildren(QLabel)]
    assert any(text.startswith(unknown) and text != unknown for text in shown)
    assert f" {unknown}" in imported_text(entry) or f"{unknown}。" in imported_text(entry)
