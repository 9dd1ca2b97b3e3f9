"""The batch window, driven as a person does, with real files and a quick stand-in for the networks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from restorer.image.reading import open_photo
from restorer.record.recipe import from_json
from tests.core.batch.support import invert_block, leftovers
from tests.ui.batch.support import Window, drop, open_window, photographs
from tests.ui.conftest import flush_deletions
from ui.batch import queue_page as batch_queue_page
from ui.batch.model import MIME, Column
from ui.batch.panel import QUEUE, SETUP
from ui.jobs import JobRunner
from ui.theme import ThemeManager

# --- from files to results


def test_dropped_folders_become_results_in_the_same_tree(window: Window, tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "in", "a.png", "deep/b.png", "deep/er/clean.png")
    (tmp_path / "in" / "notes.txt").write_text("no photograph")
    sources = {p: p.read_bytes() for p in (tmp_path / "in").rglob("*") if p.is_file()}
    window.set_up([tmp_path / "in"], out)
    window.start()
    window.finish()
    assert window.states() == {"a.png": "done", "b.png": "done", "clean.png": "clean"}
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.png") if "masks" not in p.parts) == [
        "a.png",
        "deep/b.png",
    ]
    for name in ("a.png", "deep/b.png"):
        before, after = open_photo(tmp_path / "in" / name).pixels, open_photo(out / name).pixels
        assert (after == invert_block(before)).all()
    assert {p: p.read_bytes() for p in sources} == sources
    assert window.panel.page.head.count.text() == "3 of 3"
    assert window.panel.page.head.rate.text() == "Finished"
    assert window.told == ["Batch: 2 repaired, 1 clean, 0 failed."]


def test_a_batch_that_only_searches_does_not_speak_of_repairs(
    window: Window, tmp_path: Path, out: Path
) -> None:
    window.set_up(photographs(tmp_path, "a.png", "clean.png"), out)
    window.panel.setup.form.set_recipe(from_json({"schema": 1, "stages": [{"stage": "detect"}]}))
    window.start()
    window.finish()
    assert window.told == ["Batch: damage found in 1, 1 clean, 0 failed."]


def test_no_two_controls_of_the_first_page_answer_one_key(window: Window) -> None:
    page = window.panel.setup
    texts = [w.text() for kind in (QLabel, QAbstractButton) for w in page.findChildren(kind)]
    keys = [QKeySequence.mnemonic(text).toString() for text in texts]
    assert len(keys) > 8 and not [key for key in set(keys) - {""} if keys.count(key) > 1]


def test_a_folder_is_proposed_and_photographs_are_counted(window: Window, tmp_path: Path) -> None:
    setup = window.panel.setup
    assert not setup.start.isEnabled()
    photographs(tmp_path / "album", "1.png", "2.png", "sub/3.png")
    drop(window.panel, [tmp_path / "album"])
    assert setup.out.text() == str(tmp_path / "album-restored")
    window.wait(lambda: setup._counted.text() == "3 photographs")
    assert setup.start.isEnabled() and "1.png" in setup._example.text()
    setup.template.setText("{stem")
    assert not setup.start.isEnabled() and "template" in setup._problem.text()
    setup.template.setText("{folder}-{n}")
    assert setup.start.isEnabled() and "album-0001.png" in setup._example.text()
    setup.sources.selectAll()
    setup.remove.click()
    assert setup.paths == [] and not setup.start.isEnabled()


def test_the_same_source_is_listed_once(window: Window, tmp_path: Path) -> None:
    (path,) = photographs(tmp_path, "a.png")
    drop(window.panel, [path])
    drop(window.panel, [path])
    assert window.panel.setup.paths == [path] and window.panel.setup.sources.count() == 1


def test_names_and_format_are_as_chosen(window: Window, tmp_path: Path, out: Path) -> None:
    paths = photographs(tmp_path, "a.png", "b.png")
    window.set_up(paths, out)
    setup = window.panel.setup
    setup.template.setText("{n} {stem}")
    setup.format.setCurrentIndex(setup.format.findData("TIFF"))
    setup.sidecars.setChecked(True)
    window.start()
    window.finish()
    assert [p.name for p in sorted(out.glob("*.tif"))] == ["0001 a.tif", "0002 b.tif"]
    assert list((out / "sidecars").glob("*.json"))


def test_a_folder_that_holds_a_batch_is_not_begun_again(window: Window, tmp_path: Path, out: Path) -> None:
    window.set_up(photographs(tmp_path, "a.png"), out)
    window.start()
    window.finish()
    window.panel.new.click()
    window.set_up(photographs(tmp_path, "b.png"), out)
    window.start()
    assert "holds a batch already" in window.panel.setup._problem.text()
    assert window.panel.session.out is None and not (out / "b.png").exists()
    window.panel.setup.offers[-1].go_on.click()
    window.finish()
    assert window.states() == {"a.png": "done"}


def test_a_folder_that_cannot_be_used_leads_back_to_the_first_page(
    window: Window, tmp_path: Path, out: Path
) -> None:
    (out / "masks").mkdir(parents=True)
    window.set_up(photographs(tmp_path, "a.png"), out)
    window.start()
    window.finish()
    assert window.panel.tabs.currentIndex() == SETUP
    assert "masks of something else" in window.panel.setup._problem.text()


# --- while it runs


def held(window: Window, tmp_path: Path, out: Path, *names: str, at: str) -> None:
    """A batch that has arrived at one photograph and stays there."""
    window.gate.hold(at)
    window.set_up(photographs(tmp_path / "in", *names), out)
    window.start()
    window.wait(lambda: at in window.gate.arrived and window.panel.session.queue is not None)
    window.panel.session.look()


def test_pause_and_go_on(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, *(f"{n}.png" for n in range(6)), at="0.png")
    head = window.panel.page.head
    assert head.pause.text() == "&Pause"
    head.pause.click()
    assert window.panel.session.paused and head.rate.text().startswith("Pausing")
    window.gate.release()
    window.wait(lambda: head.rate.text() == "Paused")
    before = window.states()
    assert "waiting" in before.values() and window.panel.session.running
    assert head.pause.text() == "&Go on"
    head.pause.click()
    window.finish()
    assert set(window.states().values()) == {"done"}


def test_one_photograph_is_cancelled(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, *(f"{n}.png" for n in range(5)), at="0.png")
    window.select("4.png")
    window.panel.page.cancel.trigger()
    assert window.states()["4.png"] == "cancelled"
    window.select("0.png")  # the one at work stops at its next safe point
    window.panel.page.cancel.trigger()
    window.finish()
    assert window.states() == {
        **{f"{n}.png": "done" for n in (1, 2, 3)},
        **{f"{n}.png": "cancelled" for n in (0, 4)},
    }
    assert not (out / "0.png").exists() and not (out / "4.png").exists()


def test_all_are_cancelled_and_put_back(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, *(f"{n}.png" for n in range(4)), at="0.png")
    window.panel.page.head.cancel_all.click()
    window.finish()
    assert set(window.states().values()) == {"cancelled"}
    window.gate.release()
    window.panel.page.table.selectAll()
    window.panel.page.retry.trigger()
    window.finish()
    assert set(window.states().values()) == {"done"}


def test_failures_are_told_and_tried_again(window: Window, tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "in", "a.png", "bad.png")
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    window.set_up([tmp_path / "in"], out)
    window.start()
    window.finish()
    page = window.panel.page
    assert window.states() == {"a.png": "done", "bad.png": "failed", "broken.png": "failed"}
    assert page._reasons_box.isVisible() and page.reasons_model.rowCount() == 2
    reasons = [page.reasons_model.index(row, Column.NOTE).data() for row in range(2)]
    assert "no network could do this" in reasons[0] and all(reasons)
    page.copy.click()
    text = QGuiApplication.clipboard().text()
    assert "bad.png: " in text and "broken.png: " in text and len(text.splitlines()) == 2
    page.filters.chips["failed"].click()
    assert window.column(Column.NAME) == ["bad.png", "broken.png"]
    window.gate.failing = False
    page.retry_all.click()
    window.finish()
    assert window.states()["bad.png"] == "done" and window.states()["broken.png"] == "failed"
    assert window.column(Column.NAME) == ["broken.png"]
    page._show_reason(page.reasons_model.index(0, 0))
    assert page.selected_ids() == window.ids("broken.png")


def test_what_the_rule_for_existing_files_left_out_can_be_repaired_all_the_same(
    window: Window, tmp_path: Path, out: Path
) -> None:
    out.mkdir()
    (out / "a.png").write_bytes(b"mine")
    window.set_up(photographs(tmp_path / "in", "a.png", "b.png"), out)
    window.panel.setup.existing.setCurrentIndex(1)
    window.start()
    window.finish()
    page = window.panel.page
    window.select("b.png")
    assert window.states() == {"a.png": "skipped", "b.png": "done"} and not page.retry.isEnabled()
    window.select("a.png")
    assert page.retry.isEnabled()
    page.retry.trigger()
    window.finish()
    assert window.states() == {"a.png": "done", "b.png": "done"}
    assert (out / "a.png").read_bytes() == b"mine" and (out / "a-2.png").is_file()


def test_what_cannot_be_done_with_the_selection_says_why(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, "bad.png", *(f"{n}.png" for n in "mnopqz"), at="m.png")
    window.wait(lambda: window.states()["bad.png"] == "failed")
    page = window.panel.page
    actions = page.edit, page.retry, page.cancel, page.to_top, page.show_file
    for names, reasons in (
        ((), ["Select one", "Select photographs", "Select photographs", "Select photographs", "Select one"]),
        (("bad.png",), ["", "", "finished", "still waits", ""]),
        (("m.png",), ["being worked on", "None that is selected", "", "still waits", ""]),
        (("m.png", "z.png"), ["Select one", "None that is selected", "", "", "Select one"]),
    ):
        window.select(*names)
        for action, reason in zip(actions, reasons, strict=True):
            assert action.isEnabled() == (not reason), (names, action.text())
            said = action.toolTip().split("<br>")
            assert len(said) == (3 if reason else 2) and reason in said[-1]
    window.gate.release()
    window.finish()


def test_of_very_many_that_are_selected_some_may_wait_further_down(
    window: Window, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_queue_page, "LOOKED_AT", 1)
    held(window, tmp_path, out, *(f"{n}.png" for n in "amnopqz"), at="m.png")
    window.wait(lambda: window.states()["a.png"] == "done")
    window.panel.session.look()
    window.panel.page.table.selectAll()
    assert window.panel.page.cancel.isEnabled() and window.panel.page.to_top.isEnabled()
    window.gate.release()
    window.finish()


def test_order_is_changed_by_keys_and_by_dragging(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, *(f"{n}.png" for n in range(6)), at="0.png")
    page = window.panel.page
    assert window.column(Column.NAME) == [f"{n}.png" for n in range(6)]
    window.select("5.png")
    page.up.trigger()
    assert window.column(Column.NAME)[4:] == ["5.png", "4.png"]
    assert page.selected_ids() == window.ids("5.png")
    page.to_top.trigger()
    assert window.column(Column.NAME)[0] == "5.png"
    page.down.trigger()
    assert window.column(Column.NAME)[:2] == ["0.png", "5.png"]
    data: QMimeData = page.model.mimeData([page.model.index(row, 0) for row in (4, 5)])
    assert data.hasFormat(MIME) and page.model.canDropMimeData(
        data, Qt.DropAction.MoveAction, 2, 0, page.model.index(-1, -1)
    )
    page.model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, page.model.index(-1, -1))
    assert window.column(Column.NAME) == ["0.png", "5.png", "3.png", "4.png", "1.png", "2.png"]
    window.gate.arrived.clear()
    window.gate.release()
    window.finish()
    rest = [name for name in window.gate.arrived if name not in ("0.png", "1.png", "2.png")]
    assert rest == ["5.png", "3.png", "4.png"]  # 1 and 2 had been read ahead


def test_more_is_dropped_while_it_runs(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, "0.png", "1.png", at="0.png")
    more = photographs(tmp_path / "more", "2.png", "sub/3.png", seed=9)
    assert drop(window.panel, [more[0].parent])
    window.wait(lambda: len(window.states()) == 4)
    window.gate.release()
    window.finish()
    assert set(window.states().values()) == {"done"}
    assert (out / "sub" / "3.png").exists()
    extra = photographs(tmp_path / "extra", "4.png", seed=20)
    drop(window.panel, extra)  # after its end it begins again
    window.finish()
    assert window.states()["4.png"] == "done"


def test_results_are_opened_in_the_editor_with_their_masks(window: Window, tmp_path: Path, out: Path) -> None:
    paths = photographs(tmp_path / "in", "a.png", "clean.png")
    window.set_up(paths, out)
    window.start()
    window.finish()
    window.select("a.png")
    window.panel.page.edit.trigger()
    window.select("clean.png")
    window.panel.page.edit.trigger()
    done, clean = window.edits
    assert done.source == paths[0] and done.result == out / "a.png" and done.grow_px == 2
    assert done.mask is not None and open_photo(done.mask).pixels.sum() == 36 * 255
    assert (clean.source, clean.result, clean.mask) == (paths[1], None, None)


# --- the end of the program, and the next start


def test_quitting_while_it_runs_loses_nothing(
    qtbot, tmp_path: Path, out: Path, theme: ThemeManager, qapp: QApplication
) -> None:
    first = JobRunner()
    with open_window(qtbot, tmp_path / "config", theme, first) as window:
        held(window, tmp_path, out, *(f"{n}.png" for n in range(5)), at="2.png")
    first.deleteLater()
    second = JobRunner()
    with open_window(qtbot, tmp_path / "config", theme, second) as window:
        window.panel.look_for_unfinished()
        window.wait(lambda: window.offers)
        (offer,) = window.offers[0]
        assert offer.out == out and offer.total == 5 and offer.left >= 3 and not offer.triage
        texts = [label.text() for label in window.panel.setup.offers[0].findChildren(QLabel)]
        assert texts == [f"Unfinished: {offer.left} of 5 photographs are left.", str(out)]
        window.panel.setup.offers[0].go_on.click()
        assert window.panel.tabs.currentIndex() == QUEUE
        window.wait(lambda: window.panel.session.queue is not None)
        window.finish()
        assert set(window.states().values()) == {"done"} and len(window.states()) == 5
        window.panel.look_for_unfinished()
        window.finish()
        assert len(window.offers) == 1  # nothing is left of it
    second.deleteLater()
    flush_deletions()
    assert leftovers(out) == []


def test_what_is_left_is_not_offered_again_but_found_by_its_folder(
    qtbot, tmp_path: Path, out: Path, theme: ThemeManager, qapp: QApplication
) -> None:
    first, second = JobRunner(), JobRunner()
    with open_window(qtbot, tmp_path / "config", theme, first) as window:
        held(window, tmp_path, out, "0.png", "1.png", at="0.png")
    with open_window(qtbot, tmp_path / "config", theme, second) as window:
        window.panel.look_for_unfinished()
        window.wait(lambda: window.offers)
        window.panel.setup.offers[0].forget.click()
        assert window.panel.setup.offers == []
        window.panel.look_for_unfinished()
        window.finish()
        assert len(window.offers) == 1
        drop(window.panel, [out])
        window.wait(lambda: window.panel.session.queue is not None)
        window.finish()
        assert set(window.states().values()) == {"done"}
    for runner in (first, second):
        runner.deleteLater()
    flush_deletions()


def test_files_can_be_dropped_onto_the_list_itself(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, "0.png", at="0.png")
    more = photographs(tmp_path / "more", "7.png", seed=9)
    assert drop(window.panel.page.table.viewport(), more)
    window.gate.release()
    window.wait(lambda: window.states().get("7.png") == "done")
    window.finish()


def test_closing_the_window_lets_the_batch_go_on(window: Window, tmp_path: Path, out: Path) -> None:
    held(window, tmp_path, out, "0.png", "1.png", at="0.png")
    window.panel.close()
    assert window.told == ["The batch goes on; Ctrl+B shows it again."]
    window.gate.release()
    window.finish()
    assert set(window.states().values()) == {"done"}


# --- watching


def test_new_photographs_are_taken_once_they_stay_the_same(window: Window, tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "in", "a.png")
    head, watch = window.panel.page.head, window.panel.watch
    assert not head.watching.isEnabled()
    window.set_up([tmp_path / "in"], out)
    window.start()
    window.finish()
    head.watching.click()
    watch.timer.setInterval(10**6)  # the test says when to look
    window.wait(lambda: not window.runner.jobs)
    assert watch.on and head.watching.isChecked() and "Stop" in head.watching.text()
    assert head.rate.text() == "Waiting for new photographs"
    photographs(tmp_path / "in", "sub/b.png", seed=3)
    watch.look()
    window.finish()
    assert window.states() == {"a.png": "done"}  # it may still be being written
    watch.look()
    window.wait(lambda: window.states().get("b.png") == "done")
    window.finish()
    assert (out / "sub" / "b.png").exists()
    head.watching.click()
    assert not watch.on and head.rate.text() == "Finished"


def test_watching_ends_with_the_batch(window: Window, tmp_path: Path, out: Path) -> None:
    paths = photographs(tmp_path / "in", "a.png")
    window.set_up(paths, out)
    window.start()
    window.finish()
    assert not window.panel.page.head.watching.isEnabled()  # a file is no folder
    drop(window.panel, [tmp_path / "in"])
    window.finish()
    window.panel.page.head.watching.click()
    assert window.panel.watch.on
    window.wait(lambda: not window.runner.jobs)
    window.panel.begin_anew()
    assert not window.panel.watch.on
