"""Exports with a record, through the real dialog: whatever was done, replaying gives the same pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from restorer.__main__ import main
from restorer.editing.document import Document
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.project.file import ProjectState, open_project, save_project
from restorer.record.sidecar import patch_names
from restorer.tiles import Box
from tests.ui.conftest import Stand, damaged_photo, open_in, settle
from tests.ui.window.test_window import in_dialog
from ui import i18n
from ui.dialogs import ErrorDialog, device_used_title
from ui.documents import work
from ui.documents.fill_steps import DeviceUsed, FillSettings, ModelUsed
from ui.documents.session import DocumentSession
from ui.jobs import JobRunner
from ui.panels.export_dialog import ExportDialog
from ui.settings import Settings
from ui.window.controller import Controller

LEFT = Qt.MouseButton.LeftButton
SCRATCH, SPOT, BLACK = Box(30, 50, 210, 73), Box(95, 195, 113, 215), Box(175, 255, 191, 273)


class Named(Stand):
    """A stand-in that says which model fills where, as the networks do."""

    def fill(
        self, pixels: np.ndarray, mask: np.ndarray, settings: FillSettings, ctx: JobContext
    ) -> tuple[np.ndarray, np.ndarray]:
        ctx.progress(None, detail=DeviceUsed("CPU, 1 thread"))
        ctx.progress(None, detail=ModelUsed(settings.model or "usual", "a" * 64))
        return super().fill(pixels, mask, settings, ctx)


@pytest.fixture
def stand() -> Stand:
    return Named()


def export(controller: Controller, qtbot, record: bool = True) -> list[str]:
    """Ask for an export, set the box, press Export; the names of new files."""
    session = controller.session
    assert session is not None and session.path is not None
    folder = session.path.parent
    before = {p.name for p in folder.iterdir()}

    def act(dialog: ExportDialog) -> None:
        if dialog.record.isChecked() != record:
            dialog.record.setFocus()
            qtbot.keyClick(dialog.record, Qt.Key.Key_Space)
        assert dialog.record.isChecked() == record and dialog._beside.isVisible() == record
        qtbot.mouseClick(dialog.export_button, LEFT)

    seen = in_dialog(ExportDialog, act)
    controller.files.export()
    assert seen
    settle(controller, qtbot)
    return sorted({p.name for p in folder.iterdir()} - before)


def fill(controller: Controller, qtbot, region: Box | None = None, **changes: object) -> None:
    assert controller.session is not None
    controller.session.repair(region, settings=FillSettings(**changes))  # type: ignore[arg-type]
    settle(controller, qtbot)


def erase(controller: Controller, box: Box) -> None:
    session = controller.session
    assert session is not None
    with session.document.edit("Eraser") as tx:
        tx.patch("mask", box, np.zeros((box.height, box.width), np.uint8))


def mark(controller: Controller, box: Box) -> None:
    session = controller.session
    assert session is not None
    with session.document.edit("Brush stroke") as tx:
        tx.patch("mask", box, np.full((box.height, box.width), 255, np.uint8))


def mixed_work(controller: Controller, qtbot) -> None:
    """Several repairs with other models and seeds, a candidate, a place put back, a place marked by hand, a
    step undone."""
    session = controller.session
    assert session is not None
    session.find_damage()
    settle(controller, qtbot)
    fill(controller, qtbot, model="first", seed=5)
    fill(controller, qtbot, SPOT, model="second", seed=40)
    found: list[work.Candidate] = []
    session.candidate_ready.connect(found.append)
    session.try_candidates(BLACK, [FillSettings(seed=60), FillSettings(seed=90)])
    settle(controller, qtbot)
    session.choose(found[1])
    mark(controller, Box(220, 10, 230, 40))
    erase(controller, SCRATCH)
    fill(controller, qtbot, model="first", seed=5)
    fill(controller, qtbot, SPOT, seed=77)
    session.undo()
    settle(controller, qtbot)


def replay(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("bits", [8, 16])
def test_mixed_work_is_replayed_to_the_bit(
    bits: int, controller: Controller, tmp_path: Path, qtbot, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photos" / "scan.tif"
    path.parent.mkdir()
    pixels = damaged_photo() if bits == 8 else damaged_photo().astype(np.uint16) * 257
    save_photo(Photo(pixels), path)
    open_in(controller, [path], qtbot)
    mixed_work(controller, qtbot)
    names = ("scan-restored.tif", *patch_names("scan-restored.tif"))
    assert export(controller, qtbot) == sorted(names)
    assert controller.session is not None and not controller.session.edited
    target, again = path.with_name(names[0]), tmp_path / "again.tif"
    assert replay(path.with_name(names[1]), "-o", again) == 0
    assert "the same pixels" in capsys.readouterr().out
    result = controller.session.document.surfaces["result"].to_array()
    assert np.array_equal(open_photo(again).pixels, result)
    assert np.array_equal(open_photo(target).pixels, result)
    content = json.loads(path.with_name(names[1]).read_text())
    told = [(r["model"]["id"], r["seed"], r["box"] is None) for r in content["repairs"]]
    assert told == [("first", 5, True), ("second", 40, False), ("usual", 90, False), ("first", 5, True)]
    assert {r["model"]["sha256"] for r in content["repairs"]} == {"a" * 64}
    assert content["changed_outside"] == 0 and content["changed_inside"] > 0 and content["threshold"]
    assert (result[100, 61] == pixels[100, 61]).all(), "the place that was put back"
    assert (result[225, 20] != pixels[225, 20]).any(), "the place marked by hand"


def test_the_choice_is_remembered_and_nothing_is_written_over(
    opened: Controller, photo_path: Path, qtbot
) -> None:
    assert not opened.store.value.export_record
    assert export(opened, qtbot, record=False) == ["scan-restored.png"]
    first = export(opened, qtbot)
    assert first == sorted(("scan-restored-2.png", *patch_names("scan-restored-2.png")))
    assert opened.store.value.export_record
    dialog = ExportDialog(opened.session, opened.store.value)  # type: ignore[arg-type]
    assert dialog.record.isChecked() and dialog.remembered["export_record"] is True
    dialog.done(0)
    settle(opened, qtbot)
    dialog.deleteLater()
    assert replay(photo_path.with_name("scan-restored-2.png.json")) == 0, "an export of nothing done"


def test_a_scan_that_was_changed_meanwhile_is_told_and_nothing_is_left(
    opened: Controller, photo_path: Path, qtbot
) -> None:
    opened.session.find_damage()  # type: ignore[union-attr]
    settle(opened, qtbot)
    fill(opened, qtbot)
    save_photo(Photo(damaged_photo() ^ 1), photo_path, overwrite=True)
    said: list[str] = []
    opened.session.failed.connect(lambda _, failed: said.append(str(failed.error)))  # type: ignore[union-attr]
    in_dialog(ErrorDialog, QDialog.reject)
    assert export(opened, qtbot) == []
    assert len(said) == 1 and "changed since it was opened" in said[0] and "open it again" in said[0]


def test_the_list_of_repairs_is_kept_in_the_project(opened: Controller, tmp_path: Path, qtbot) -> None:
    mixed_work(opened, qtbot)
    session = opened.session
    assert session is not None
    steps = session.document.values["fill_steps"]
    assert len(steps) == 4
    save_project(
        tmp_path / "work.restorer", ProjectState.from_document(session.document, session.photo, session.path)
    )
    again = Document(session.photo.pixels)
    assert open_project(tmp_path / "work.restorer").apply(again) == ()
    assert again.values["fill_steps"] == steps


def test_a_picture_without_a_file_of_its_own_gets_no_record(qtbot, runner: JobRunner) -> None:
    for path in (None, Path("work.restorer")):
        session = DocumentSession(Photo(damaged_photo()), path, runner)
        dialog = ExportDialog(session, Settings(export_record=True))
        assert not dialog.record.isEnabled() and not dialog.settings.record
        assert "export_record" not in dialog.remembered, "the choice for others stays"
        dialog.done(0)
        qtbot.waitUntil(lambda: not runner.jobs)
        dialog.deleteLater()
        session.close()


def test_what_computes_is_named_in_every_number_and_language(opened: Controller, qtbot, qapp) -> None:
    opened.session.find_damage()  # type: ignore[union-attr]
    settle(opened, qtbot)
    fill(opened, qtbot)
    assert opened.window.status._device.text() == "Processor (CPU), 1 thread"
    assert device_used_title("CPU, 4 threads") == "Processor (CPU), 4 threads"
    assert device_used_title("NVIDIA H100") == "NVIDIA H100"
    i18n.install(qapp, "zh_CN")
    try:
        assert device_used_title("CPU, 4 threads") == "处理器 (CPU)，4 个线程"
        assert device_used_title("CPU, 1 thread") == "处理器 (CPU)，1 个线程"
    finally:
        i18n.install(qapp, "en")
