"""Looking at the damage first: only what is approved is repaired; photographs go to the editor and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.batch.files import queue_path
from restorer.batch.queue import Queue
from restorer.editing.surface import Surface
from restorer.errors import InputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome, default_recipe
from restorer.record.report import PhotoReport
from tests.conftest import smooth_photo
from tests.core.batch.support import invert_block
from tests.ui.batch.support import Gate, Window, open_window, photographs
from tests.ui.conftest import flush_deletions, settle
from ui.batch.panel import QUEUE, TRIAGE, EditRequest
from ui.batch.triage_work import Plan, TriageRun, WithMask, masks_of, preview, search_part
from ui.batch.work import triage_folder
from ui.jobs import JobRunner
from ui.theme import ThemeManager
from ui.window.batch_actions import take
from ui.window.controller import Controller

NAMES = ("s20.png", "deep/s90.png", "s50.png", "clean.png", "deep/s70.png")


def look_first(window: Window, tmp_path: Path, out: Path, *names: str) -> None:
    photographs(tmp_path / "in", *(names or NAMES))
    window.set_up([tmp_path / "in"], out)
    window.start(look_first=True)
    window.wait(lambda: not window.runner.jobs and not window.panel.search.running)
    window.panel.search.look()


def approve_the_rest_later(window: Window, tmp_path: Path, out: Path) -> None:
    """The worst photograph is repaired first, the others are approved after that."""
    look_first(window, tmp_path, out)
    press(window, Qt.Key.Key_A)
    window.panel.triage.repair.click()
    window.wait(lambda: window.panel.session.queue is not None)
    window.finish()
    window.panel.show_page(TRIAGE)
    window.panel.triage.approve_rest.click()


def shown(window: Window) -> list[str]:
    model = window.panel.triage.model
    return [model.item(row).path.name for row in range(model.rowCount())]


def decisions(window: Window) -> dict[str, str | None]:
    model = window.panel.triage.model
    return {model.item(row).path.name: model.decision(row) for row in range(model.rowCount())}


def press(window: Window, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(window.panel.triage.grid, key)


# --- deciding by keyboard


def test_the_most_damaged_comes_first_and_nothing_is_written(
    window: Window, tmp_path: Path, out: Path
) -> None:
    look_first(window, tmp_path, out)
    assert window.panel.tabs.currentIndex() == TRIAGE
    assert shown(window) == ["s90.png", "s70.png", "s50.png", "s20.png", "clean.png"]
    assert window.gate.stages["s90.png"] == ["detect"]  # nothing was repaired
    assert [p.name for p in out.iterdir()] == [triage_folder(out).name]
    texts = [window.panel.triage.model.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 4)]
    assert "Damage 90 of 100 · 1 place · 4.7 % of the picture" in texts[0] and "Looks clean" in texts[1]


def test_only_what_is_approved_is_repaired(window: Window, tmp_path: Path, out: Path) -> None:
    look_first(window, tmp_path, out)
    press(window, Qt.Key.Key_A)  # s90, and on to s70
    press(window, Qt.Key.Key_S)  # s70, and on to s50
    press(window, Qt.Key.Key_Right)  # past s50
    press(window, Qt.Key.Key_A)  # s20
    press(window, Qt.Key.Key_A)  # clean: there is nothing to approve
    assert decisions(window) == {
        "s90.png": "approve",
        "s70.png": "skip",
        "s50.png": None,
        "s20.png": "approve",
        "clean.png": None,
    }
    assert window.panel.triage.standing.text() == "2 approved · 0 by hand · 1 skipped · 1 undecided"
    window.panel.triage.repair.click()
    assert window.panel.tabs.currentIndex() == QUEUE
    window.wait(lambda: window.panel.session.queue is not None)
    window.finish()
    assert window.states() == {"s90.png": "done", "s20.png": "done"}
    results = [
        p.relative_to(out).as_posix()
        for p in out.rglob("s*.png")
        if not {"masks", ".restorer-triage"} & set(p.parts)
    ]
    assert sorted(results) == ["deep/s90.png", "s20.png"]  # the tree is kept
    before = open_photo(tmp_path / "in" / "s20.png").pixels
    assert (open_photo(out / "s20.png").pixels == invert_block(before)).all()
    mask = window.gate.masks["s90.png"]
    assert mask is not None and mask.sum() == 36  # what was found is what is repaired: no second search
    assert window.gate.stages["s90.png"] == ["detect", "repair"]


def test_a_decision_is_taken_back_and_the_rest_approved(window: Window, tmp_path: Path, out: Path) -> None:
    look_first(window, tmp_path, out)
    press(window, Qt.Key.Key_S)
    assert decisions(window)["s90.png"] == "skip"
    press(window, Qt.Key.Key_Left)
    press(window, Qt.Key.Key_Backspace)
    assert decisions(window)["s90.png"] is None
    press(window, Qt.Key.Key_S)
    window.panel.triage.approve_rest.click()
    assert list(decisions(window).values()) == ["skip", "approve", "approve", "approve", None]
    assert not window.panel.triage.approve_rest.isEnabled()
    window.panel.triage.grid.selectAll()
    press(window, Qt.Key.Key_S)
    assert set(decisions(window).values()) == {"skip"}
    assert not window.panel.triage.repair.isEnabled()


def test_redo_opens_the_editor_with_the_mask(window: Window, tmp_path: Path, out: Path) -> None:
    look_first(window, tmp_path, out)
    press(window, Qt.Key.Key_R)
    assert decisions(window)["s90.png"] == "redo"
    (request,) = window.edits
    assert request.source == tmp_path / "in" / "deep" / "s90.png" and request.result is None
    assert request.mask is not None and open_photo(request.mask).pixels.sum() == 36 * 255


def test_more_can_be_approved_later(window: Window, tmp_path: Path, out: Path) -> None:
    approve_the_rest_later(window, tmp_path, out)
    window.panel.triage.repair.click()
    window.wait(lambda: len(window.states()) == 4)
    window.finish()
    assert set(window.states().values()) == {"done"}
    assert window.gate.arrived.count("s90.png") == 2  # searched once, repaired once


def test_a_repair_waits_for_the_end_of_the_search(window: Window, tmp_path: Path, out: Path) -> None:
    window.gate.hold("s50.png")  # the last one
    photographs(tmp_path / "in", *NAMES)
    window.set_up([tmp_path / "in"], out)
    window.start(look_first=True)
    window.wait(lambda: "s90.png" in shown(window) and "s50.png" in window.gate.arrived)
    press(window, Qt.Key.Key_A)
    window.panel.triage.repair.click()
    assert window.panel.page.head.rate.text() == "Begins when the search has ended"
    window.gate.release()
    window.wait(lambda: window.panel.session.queue is not None)
    window.finish()
    assert window.states() == {"s90.png": "done"}


def test_an_approval_is_taken_back_while_the_photograph_waits(
    window: Window, tmp_path: Path, out: Path
) -> None:
    look_first(window, tmp_path, out)
    triage = window.panel.triage
    triage.approve_rest.click()
    window.gate.hold("s70.png")
    triage.repair.click()
    window.wait(lambda: window.gate.stages["s70.png"] == ["detect", "repair"])  # s90 is done
    window.wait(lambda: "done" in window.states().values())
    window.panel.show_page(TRIAGE)
    for name, key in (
        ("s90.png", Qt.Key.Key_S),
        ("s70.png", Qt.Key.Key_S),
        ("s50.png", Qt.Key.Key_Backspace),
        ("s20.png", Qt.Key.Key_R),
    ):
        triage.grid.setCurrentIndex(triage.model.index(shown(window).index(name)))
        press(window, key)
        assert triage.message.text() == (
            "Repaired already: 1. The list of the batch shows the results." if name == "s90.png" else ""
        )
    triage.grid.setCurrentIndex(triage.model.index(shown(window).index("s50.png")))
    press(window, Qt.Key.Key_A)
    triage.repair.click()
    window.gate.release()
    window.finish()
    assert window.states() == {
        "s90.png": "done",
        "s70.png": "cancelled",
        "s50.png": "done",
        "s20.png": "cancelled",
    }
    assert not (out / "deep" / "s70.png").exists()


def test_an_approval_is_taken_back_before_there_is_a_list(window: Window, tmp_path: Path, out: Path) -> None:
    window.gate.hold("s50.png")
    photographs(tmp_path / "in", *NAMES)
    window.set_up([tmp_path / "in"], out)
    window.start(look_first=True)
    window.wait(lambda: {"s90.png", "s20.png"} <= set(shown(window)) and "s50.png" in window.gate.arrived)
    triage = window.panel.triage
    triage.approve_rest.click()
    triage.repair.click()  # waits for the end of the search
    window.panel.show_page(TRIAGE)
    triage.grid.setCurrentIndex(triage.model.index(shown(window).index("s90.png")))
    press(window, Qt.Key.Key_S)
    window.gate.release()
    window.wait(lambda: window.panel.session.queue is not None)
    window.finish()
    assert window.states() == {"s90.png": "cancelled", "s70.png": "done", "s20.png": "done"}
    assert not (out / "deep" / "s90.png").exists()


def test_what_is_approved_later_and_not_yet_repaired_is_not_forgotten(
    window: Window, tmp_path: Path, out: Path
) -> None:
    approve_the_rest_later(window, tmp_path, out)
    assert not window.panel.triage.approve_rest.isEnabled()
    window.panel.begin_anew()
    window.wait(lambda: window.offers)
    (entry,) = window.offers[0]
    assert (entry.out, entry.left, entry.triage) == (out, 3, True)


def test_decisions_outlive_the_program(
    qtbot, tmp_path: Path, out: Path, theme: ThemeManager, qapp: QApplication
) -> None:
    first, second = JobRunner(), JobRunner()
    with open_window(qtbot, tmp_path / "config", theme, first) as window:
        window.gate.hold("s50.png")
        photographs(tmp_path / "in", *NAMES)
        window.set_up([tmp_path / "in"], out)
        window.start(look_first=True)
        window.wait(lambda: "s50.png" in window.gate.arrived)
        window.wait(lambda: window.panel.triage.model.rowCount() >= 3)
        press(window, Qt.Key.Key_A)
        approved = [name for name, decision in decisions(window).items() if decision]
    with open_window(qtbot, tmp_path / "config", theme, second) as window:
        window.panel.look_for_unfinished()
        window.wait(lambda: window.offers)
        assert window.offers[0][0].triage and window.offers[0][0].out == out
        window.panel.setup.offers[0].go_on.click()
        assert window.panel.tabs.currentIndex() == TRIAGE
        window.wait(lambda: window.panel.search.queue is not None)
        window.wait(lambda: not window.runner.jobs and not window.panel.search.running)
        window.panel.search.look()
        assert len(shown(window)) == len(NAMES)
        assert [name for name, decision in decisions(window).items() if decision] == approved
        window.panel.triage.repair.click()
        window.wait(lambda: window.panel.session.queue is not None)
        window.finish()
        assert window.states() == dict.fromkeys(approved, "done")
    for runner in (first, second):
        runner.deleteLater()
    flush_deletions()


# --- pictures


def test_the_overlay_shines_through_where_damage_was_found(
    window: Window, tmp_path: Path, out: Path, qtbot
) -> None:
    look_first(window, tmp_path, out)
    page = window.panel.triage
    window.panel.show_page(TRIAGE)
    item = page.model.item(0)
    window.wait(lambda: page.model._picture(item) is not None)
    colour = page.grid.painter.overlay_colour

    def pink() -> int:
        image = page.grid.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.asarray(image.bits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)
        away = np.abs(pixels - np.array([colour.blue(), colour.green(), colour.red()])).sum(2)
        return int((away < 160).sum())

    assert pink() > 100
    press(window, Qt.Key.Key_Q)
    assert not page.overlay.isChecked() and pink() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("grey", [False, True])
def test_previews_keep_scratches_of_one_pixel(dtype: type, grey: bool) -> None:
    pixels = np.full((2000, 1300) if grey else (2000, 1300, 3), np.iinfo(dtype).max // 2, dtype)
    mask = np.zeros((2000, 1300), bool)
    mask[:, 700] = True
    small = preview(pixels, mask)
    assert small.pixels.shape == (640, 416, 3) and small.pixels.dtype == np.uint8
    assert small.alpha is not None and small.alpha.shape == (640, 416)
    assert (small.alpha[:, 700 * 416 // 1300] < 160).all() and (small.alpha[:, :180] == 255).all()
    assert abs(int(small.pixels.mean()) - 127) <= 1


def test_what_was_approved_is_repaired_and_no_photograph_that_changed(tmp_path: Path) -> None:
    (path,) = photographs(tmp_path, "s50.png")
    gate = Gate()
    photo, entry = open_photo(path), PhotoReport(str(path))
    known = _known_mask(tmp_path, path)
    outcome = WithMask(gate, {str(path): known})(photo, default_recipe(), "cpu", entry, JobContext())
    assert isinstance(outcome, Outcome) and gate.masks["s50.png"] is not None
    path.write_bytes(path.read_bytes() + b"more")
    gate.masks.clear()
    with pytest.raises(InputError, match="changed since its damage was approved"):
        WithMask(gate, {str(path): known})(photo, default_recipe(), "cpu", entry, JobContext())
    assert not gate.masks


def _known_mask(folder: Path, source: Path):
    from restorer.image.saving import save_mask
    from ui.batch.triage_work import KnownMask

    mask = np.zeros((24, 32), bool)
    mask[0, 0] = True
    save_mask(mask, folder / "mask.png")
    status = source.stat()
    return KnownMask(folder / "mask.png", status.st_size, status.st_mtime_ns)


def test_a_search_that_finds_nothing_is_clean() -> None:
    photo = Photo(smooth_photo(24, 32))
    outcome = TriageRun(Gate())(photo, default_recipe(), "cpu", PhotoReport("clean.png"), JobContext())
    assert outcome.photo is None


def test_a_plan_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.sqlite")
    for text in ("", "[]", '{"recipe": 1, "naming": {}, "sidecars": false}'):
        queue.put("plan", text)
        with pytest.raises(InputError):
            Plan.read(queue)
    queue.close()
    with pytest.raises(InputError):
        search_part(default_recipe().__class__((default_recipe().stages[1],)))


def test_masks_that_were_approved_are_found_again(window: Window, tmp_path: Path, out: Path) -> None:
    look_first(window, tmp_path, out)
    assert masks_of(triage_folder(out)) == {}, "nothing is approved yet"
    window.panel.triage.approve_rest.click()
    known = masks_of(triage_folder(out))
    assert {Path(source).name for source in known} == {"s20.png", "s50.png", "s70.png", "s90.png"}
    assert all(mask.fits(source) for source, mask in known.items())
    queue = Queue(queue_path(triage_folder(out)))
    queue.put("decisions", "[")
    queue.close()
    with pytest.raises(InputError, match="cannot be read"):
        masks_of(triage_folder(out))


# --- the editor


@pytest.fixture
def batch_controller(make_controller: Callable[..., Controller]) -> Controller:
    made = make_controller()
    made.batches.run, made.batches.workers = Gate(), 1
    return made


def test_a_result_opens_in_the_editor_with_mask_and_repair(
    batch_controller: Controller, tmp_path: Path, out: Path, qtbot
) -> None:
    controller = batch_controller
    (path,) = photographs(tmp_path / "in", "s50.png")
    controller.actions["batch"].trigger()
    panel = controller.batches.panel
    assert panel is not None and panel.isVisible()
    window = Window(panel, controller.workspace.runner, controller.batches.run, qtbot)  # type: ignore[arg-type]
    window.set_up([path], out)
    window.start()
    window.wait(lambda: not panel.session.running)
    panel.session.look()
    window.select("s50.png")
    panel.page.edit.trigger()
    window.wait(lambda: controller.session is not None and controller.session.path == path)
    window.wait(lambda: controller.session is not None and controller.session.repairs)
    settle(controller, qtbot)
    session = controller.session
    assert session is not None
    source, result = open_photo(path).pixels, open_photo(out / "s50.png").pixels
    assert (session.document.surfaces["result"].to_array() == result).all()
    assert (session.document.surfaces["mask"].to_array() > 0).sum() == 36
    assert session.proof.inside == 108 // 3 and session.proof.outside == 0
    assert not session.edited  # it lies in a file already
    session.undo()
    assert (session.document.surfaces["result"].to_array() == source).all()


def test_a_lossy_result_changes_nothing_outside_of_the_rim(tmp_path: Path) -> None:
    pixels = smooth_photo(64, 64)
    mask = np.zeros((64, 64), bool)
    mask[20:24, 20:24] = True
    cv2.imwrite(str(tmp_path / "mask.png"), mask.astype(np.uint8) * 255)
    save_photo(Photo(255 - pixels), tmp_path / "result.jpg")
    request = EditRequest(tmp_path / "x.png", tmp_path / "mask.png", tmp_path / "result.jpg", 2)
    taken = take(request, Surface.from_array(pixels), JobContext())
    assert taken.result is not None
    changed = (taken.result.to_array() != pixels).any(2)
    rim = taken.filled.to_array() > 0
    assert changed.any() and not (changed & ~rim).any() and rim.sum() > mask.sum()
    grey = Surface.from_array(pixels[..., 0].copy())
    assert take(request, grey, JobContext()).result is None  # of another kind: the mask alone is taken


def test_a_photograph_that_was_replaced_gets_no_repair_of_the_former_one(
    window: Window, tmp_path: Path, out: Path
) -> None:
    (path,) = photographs(tmp_path / "in", "s50.png")
    window.set_up([path], out)
    window.start()
    window.finish()
    window.select("s50.png")
    window.panel.page.edit.trigger()
    other = smooth_photo(24, 32, 9)
    assert take(window.edits[0], Surface.from_array(other), JobContext()).result is not None
    save_photo(Photo(other), path, overwrite=True)
    with pytest.raises(InputError, match="has changed since"):
        take(window.edits[0], Surface.from_array(other), JobContext())


def test_an_unfinished_batch_is_told_at_the_next_start(
    make_controller: Callable[..., Controller], tmp_path: Path, out: Path, qtbot
) -> None:
    first = make_controller()
    gate = Gate()
    first.batches.run, first.batches.workers = gate, 1
    first.actions["batch"].trigger()
    assert first.batches.panel is not None
    window = Window(first.batches.panel, first.workspace.runner, gate, qtbot)
    gate.hold("s2.png")
    window.set_up(photographs(tmp_path / "in", "s1.png", "s2.png", "s3.png"), out)
    window.start()
    window.wait(lambda: "s2.png" in gate.arrived)
    first.shut_down()  # quit while it runs
    first.window.hide()
    second = make_controller()
    window.wait(lambda: second.batches.panel is not None and second.batches.panel.setup.offers)
    assert "Ctrl+B goes on with it" in second.window.toast.text()
    settle(second, qtbot)
