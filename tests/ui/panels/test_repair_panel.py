"""The panel of the repair shows how the photograph that is open was filled."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PySide6.QtTest import QSignalSpy

from restorer.tiles import Box
from tests.ui.conftest import open_in, settle
from ui.documents.session import DocumentSession
from ui.window.controller import Controller

SPOT, OTHER = Box(100, 200, 108, 210), Box(20, 20, 24, 30)


def repair(controller: Controller, box: Box, qtbot) -> None:
    session = controller.session
    assert session is not None
    with session.document.edit("Brush stroke") as tx:
        tx.patch("mask", box, np.full((box.height, box.width), 255, np.uint8))
    controller.repair()
    settle(controller, qtbot)


def type_detail(controller: Controller, percent: int) -> None:
    """As a person does it."""
    row = controller.window.repair._detail
    row._number.setValue(percent)
    row.released.emit()


def show(controller: Controller, path: Path, qtbot) -> DocumentSession:
    controller.workspace.show(path)
    qtbot.waitUntil(lambda: controller.session is not None and controller.session.path == path)
    settle(controller, qtbot)
    assert controller.session is not None
    return controller.session


def test_each_photograph_keeps_how_it_was_filled(opened: Controller, photo_path: Path, qtbot) -> None:
    others = [photo_path.with_name(f"other-{n}.png") for n in range(2)]
    for path in others:
        shutil.copy(photo_path, path)
    panel = opened.window.repair
    type_detail(opened, 80)
    panel._seed.show_value(7)
    repair(opened, SPOT, qtbot)

    open_in(opened, [others[0]], qtbot)
    assert (panel.settings.detail, panel.settings.seed) == (0.8, 7)
    type_detail(opened, 30)
    panel._seed.show_value(0)
    panel._seed.released.emit()
    repair(opened, SPOT, qtbot)

    session = show(opened, photo_path, qtbot)
    assert (panel.settings.detail, panel.settings.seed) == (0.8, 7)
    first = session.document.surfaces["result"].to_array()[SPOT.slices]
    repair(opened, OTHER, qtbot)
    assert (session.document.surfaces["result"].to_array()[SPOT.slices] == first).all()
    assert len(session.repairs) == 2

    open_in(opened, [others[1]], qtbot)
    assert (panel.settings.detail, panel.settings.seed) == (0.3, 0), "what the person chose last"


def test_undo_shows_the_settings_of_the_repair_that_is_there(opened: Controller, qtbot) -> None:
    panel = opened.window.repair
    repair(opened, SPOT, qtbot)
    panel._seed.show_value(9)
    opened.repair()
    settle(opened, qtbot)
    assert opened.session is not None
    assert opened.session.document.history == ["Brush stroke", "Repair", "Repair"]
    opened.session.undo()
    assert panel.settings.seed == 0
    changed = QSignalSpy(opened.session.repaired)
    opened.repair()
    settle(opened, qtbot)
    assert changed.count() == 0, "nothing is left to be filled"


def test_a_repaired_photograph_stays_as_it_was_after_an_export(
    opened: Controller, photo_path: Path, tmp_path: Path, qtbot
) -> None:
    other = photo_path.with_name("other.png")
    shutil.copy(photo_path, other)
    repair(opened, SPOT, qtbot)
    session = opened.session
    assert session is not None
    surfaces = {name: s.snapshot() for name, s in session.document.surfaces.items()}
    session.mark_exported(tmp_path / "out.png", surfaces, session.document.values["filled"])
    assert not session.edited
    open_in(opened, [other], qtbot)
    again = show(opened, photo_path, qtbot)
    assert again is session and len(again.repairs) == 1 and again.document.history
