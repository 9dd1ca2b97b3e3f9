"""The batch window in bad moments: what fails in a search, a list that cannot be read any more, what was
asked for too early, and what changed between looking and repairing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt

from restorer.batch.files import Found, Naming, queue_path
from restorer.batch.queue import Queue
from restorer.batch.run import Batch, BatchSettings
from restorer.errors import InputError, OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_mask, save_photo
from restorer.jobs import Cancelled, JobContext
from restorer.record.recipe import Outcome, Recipe, default_recipe
from restorer.record.report import PhotoReport
from tests.conftest import smooth_photo
from tests.core.batch.support import fake_run, photographs
from tests.ui.batch.support import Gate, Window, drop
from tests.ui.conftest import open_in, settle
from tests.ui.window.test_window import in_dialog
from ui.batch import setup as batch_setup, work as batch_work
from ui.batch.model import Column
from ui.batch.panel import SETUP, EditRequest
from ui.batch.triage_work import KnownMask, Plan, WithMask
from ui.batch.work import Order, States, add_to_list, find_unfinished, look_for_new, run_order, triage_folder
from ui.dialogs import ErrorDialog
from ui.window.controller import Controller

# --- looking first


def test_what_could_not_be_searched_is_named_and_tried_again(
    window: Window, tmp_path: Path, out: Path
) -> None:
    photographs(tmp_path / "in", "s20.png", "bad.png")
    triage, search = window.panel.triage, window.panel.search
    window.set_up([tmp_path / "in"], out)
    window.start(look_first=True)
    window.wait(lambda: not window.runner.jobs and not search.running)
    search.look()
    assert triage.model.rowCount() == 1 and triage.failures.isVisible()
    assert "with the reason: 1\nbad.png: " in triage.failures.text()
    assert "no network could do this" in triage.failures.text()
    window.gate.failing = False
    triage.retry.click()
    window.wait(lambda: not window.runner.jobs and not search.running)
    search.look()
    assert triage.model.rowCount() == 2 and not triage.failures.isVisible()


def test_nothing_is_repaired_that_was_not_looked_at(tmp_path: Path) -> None:
    (path,) = photographs(tmp_path, "s50.png")
    status, gate, entry = path.stat(), Gate(), PhotoReport(str(path))
    for size, reason in ((status.st_size + 1, "was changed"), (status.st_size, "cannot be read any more")):
        known = {str(path): KnownMask(tmp_path / "gone.png", size, status.st_mtime_ns)}
        with pytest.raises(InputError, match=reason) as told:
            WithMask(gate, known)(open_photo(path), default_recipe(), "cpu", entry, JobContext())
        assert "Look at its damage again" in told.value.hint and not gate.masks
    WithMask(gate, {})(open_photo(path), default_recipe(), "cpu", entry, JobContext())
    assert gate.masks == {"s50.png": None}  # added to the batch by itself


def test_a_folder_that_cannot_take_results_is_told_before_anything_is_looked_at(
    window: Window, tmp_path: Path, out: Path
) -> None:
    (out / "masks").mkdir(parents=True)
    window.set_up(photographs(tmp_path, "a.png"), out)
    window.start(look_first=True)
    window.wait(lambda: not window.runner.jobs and not window.panel.search.running)
    assert window.panel.tabs.currentIndex() == SETUP and window.gate.arrived == []
    assert "masks of something else" in window.panel.setup._problem.text()


@pytest.mark.parametrize("resumed", [False, True])
def test_a_format_that_cannot_hold_a_photograph_is_told_when_it_is_looked_at(
    resumed: bool, tmp_path: Path, out: Path
) -> None:
    photographs(tmp_path / "in", "a.png")
    save_photo(Photo(smooth_photo(24, 32).astype(np.uint16) * 200), tmp_path / "in" / "b.tif")
    order = Order(triage_folder(out), (tmp_path / "in",), triage=True)
    begin = replace(order, recipe=default_recipe(), naming=Naming(format="JPEG"))
    gate = Gate()
    if resumed:
        with pytest.raises(Cancelled):
            run_order(begin, gate, JobContext(is_cancelled=stop_at_work(out)))
        begin = replace(order, paths=(), resume=True)
    counts = run_order(begin, gate, JobContext()).counts
    assert counts["done"] == counts["failed"] == 1 and "b.tif" not in gate.arrived
    queue = Queue(queue_path(triage_folder(out)))
    assert "JPEG cannot hold 16 bits" in str(queue.items(["failed"])[0].error)
    queue.close()


def stop_at_work(out: Path):
    """Cancelled as soon as photographs are listed."""

    def stopped() -> bool:
        if not queue_path(triage_folder(out)).exists():
            return False
        queue = Queue(queue_path(triage_folder(out)))
        try:
            return queue.get("listings") == "0"
        finally:
            queue.close()

    return stopped


# --- a list that cannot be read


def test_a_list_that_cannot_be_read_any_more_ends_the_batch_with_a_sentence(
    window: Window, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.gate.hold("0.png")
    window.set_up(photographs(tmp_path / "in", "0.png", "1.png"), out)
    window.start()
    window.wait(lambda: "0.png" in window.gate.arrived)
    session, page = window.panel.session, window.panel.page
    session.look()
    page.table.selectAll()

    def fail(*_: object) -> None:
        raise OutputError("The list of the batch cannot be used: disk I/O error.")

    with monkeypatch.context() as broken:
        broken.setattr(Queue, "_rows", fail)
        page.table.clearSelection()
        session.look()
        page.table.selectAll()
        assert session.standing.total == 2 and not session.paused
        window.gate.release()
        window.wait(lambda: not session.running)
        assert "disk I/O error" in page.message.text()
    assert session.standing.total == 2


def test_a_model_that_is_gone_is_told_over_the_list(window: Window, tmp_path: Path, out: Path) -> None:
    recipe = default_recipe().with_parameters(repair={"model": "deleted-since"})
    with Batch(BatchSettings(out, recipe), fake_run) as batch:
        batch.add(photographs(tmp_path / "in", "a.png"))
    drop(window.panel, [out])  # goes on with it
    window.finish()
    assert window.states() == {"a.png": "waiting"} and window.gate.arrived == []
    assert "deleted-since" in window.panel.page.message.text()


# --- asked for early


def test_a_batch_without_a_list_yet_cannot_be_paused(window: Window, tmp_path: Path, out: Path) -> None:
    window.set_up(photographs(tmp_path / "in", "a.png"), out)
    window.start()  # its job has not told anything yet
    head = window.panel.page.head
    head.show_standing(window.panel.session.standing)
    assert window.panel.session.running and not head.pause.isEnabled()
    window.finish()
    assert window.states() == {"a.png": "done"}


def test_what_was_dropped_while_it_ran_is_listed_to_its_end_after_an_interruption(tmp_path: Path) -> None:
    out, source = tmp_path / "out", tmp_path / "in"
    photographs(source, "a.png", "b.png")
    with Batch(BatchSettings(out), fake_run) as batch:
        path = batch.queue.path
        stopped = JobContext(is_cancelled=lambda: True)
        with pytest.raises(Cancelled):
            add_to_list(path, Naming(), out, Order(out, (source,)), stopped)
        assert sum(batch.counts().values()) == 0
    (left,) = find_unfinished([out], JobContext())
    assert left.out == out and left.left
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.run().counts["done"] == 2
        assert add_to_list(path, Naming(), out, Order(out, (source,)), JobContext()) == 0
    assert find_unfinished([out], JobContext()) == []


def test_what_is_dropped_ends_no_listing_that_goes_on_beside_it(tmp_path: Path) -> None:
    out, source, dropped = tmp_path / "out", tmp_path / "in", tmp_path / "dropped"
    photographs(source, "a.png")
    photographs(dropped, "b.png")

    def drop_and_stop(_: object) -> None:
        assert add_to_list(batch.queue.path, Naming(), out, Order(out, (dropped,)), JobContext()) == 1
        photographs(source, "c.png")  # stands for what was not yet reached
        raise Cancelled

    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add([source], JobContext(drop_and_stop))
    assert find_unfinished([out], JobContext())
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.run().counts["done"] == 3
    assert find_unfinished([out], JobContext()) == []


def test_everything_is_cancelled_though_it_is_still_being_listed(
    window: Window, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = photographs(tmp_path / "in", "0.png", "1.png")
    reached, go_on = threading.Event(), threading.Event()

    def slowly(*_: object) -> Iterator[Found]:
        yield Found(first, first.parent, "")
        reached.set()
        go_on.wait()
        yield Found(second, second.parent, "")

    monkeypatch.setattr("restorer.batch.run.CHUNK", 1)
    monkeypatch.setattr("restorer.batch.run.find_sources", slowly)
    window.gate.hold("1.png")  # perhaps it is begun before the end of the listing was heard of
    window.set_up([tmp_path / "in"], out)
    window.start()
    cancel = window.panel.page.head.cancel_all
    window.wait(lambda: reached.is_set() and cancel.isEnabled())
    cancel.click()
    go_on.set()
    window.finish()
    assert set(window.states().values()) == {"cancelled"}


def test_a_folder_that_is_gone_for_good_keeps_nothing_else_out(tmp_path: Path) -> None:
    out, gone, new = tmp_path / "out", tmp_path / "gone", tmp_path / "new"
    photographs(gone, "a.png")
    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add([gone], JobContext(is_cancelled=lambda: True))
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.run().counts["done"] == 1
    shutil.rmtree(gone)
    photographs(new, "b.png")
    order = Order(out, (new,), resume=True, workers=1)
    assert run_order(order, fake_run, JobContext()).counts["done"] == 2
    with pytest.raises(InputError, match="named can be used"):  # when nothing else is asked for, it is told
        run_order(replace(order, paths=()), fake_run, JobContext())


def test_decisions_about_clean_photographs_hide_no_damaged_ones(tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "in", "s1.png", "s2.png", "clean1.png", "clean2.png")
    order = Order(triage_folder(out), (tmp_path / "in",), triage=True)
    run_order(replace(order, recipe=default_recipe(), naming=Naming()), Gate(), JobContext())
    queue = Queue(queue_path(triage_folder(out)))
    plan = Plan.read(queue)
    plan.decisions.update(dict.fromkeys(queue.ids(("clean",)), "skip"))
    plan.write_decisions(queue)
    assert [entry.left for entry in find_unfinished([out], JobContext())] == [2]
    plan.decisions.update(zip(queue.ids(("done",)), ("skip", "approve"), strict=True))
    plan.write_decisions(queue)
    assert [entry.left for entry in find_unfinished([out], JobContext())] == [1]
    queue.close()


def test_photographs_that_are_dropped_among_themselves_keep_their_order(
    window: Window, tmp_path: Path, out: Path
) -> None:
    window.gate.hold("0.png")
    window.set_up(photographs(tmp_path / "in", *(f"{n}.png" for n in range(7))), out)
    window.start()
    window.wait(lambda: "0.png" in window.gate.arrived)
    window.panel.session.look()
    model = window.panel.page.model
    before = window.column(Column.NAME)
    data = model.mimeData([model.index(row, 0) for row in (4, 5, 6)])
    assert model.dropMimeData(data, Qt.DropAction.MoveAction, 5, 0, QModelIndex())
    assert window.column(Column.NAME) == before
    window.gate.release()
    window.finish()


# --- what is shown


def test_what_is_there_is_not_read_at_once_when_a_batch_is_opened(
    window: Window, tmp_path: Path, out: Path
) -> None:
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add(photographs(tmp_path / "in", *(f"{n}.png" for n in range(9))))
        batch.run()
    seen: list[int] = []
    window.panel.session.changed.connect(lambda items: seen.append(len(items)))
    drop(window.panel, [out])  # goes on with it
    window.finish()
    assert seen == [] and window.panel.page.model.rowCount() == 9
    assert set(window.states().values()) == {"done"}


def test_the_next_batch_is_shown_whole(window: Window, tmp_path: Path, out: Path) -> None:
    window.set_up(photographs(tmp_path / "in", "a.png"), out)
    window.start()
    window.finish()
    window.panel.page.show_only("failed")
    window.panel.begin_anew()
    window.set_up(photographs(tmp_path / "more", "b.png"), tmp_path / "other")
    window.start()
    window.finish()
    assert window.column(Column.NAME) == ["b.png"] and window.panel.page.filters.chips[""].isChecked()


def test_a_search_alone_shows_where_the_mask_lies(window: Window, tmp_path: Path, out: Path) -> None:
    class Searching(Gate):
        def __call__(self, *given, **named) -> Outcome:
            return Outcome(None, super().__call__(*given, **named).mask)

    session = window.panel.session
    session._run = Searching()
    window.set_up(photographs(tmp_path / "in", "a.png"), out)
    window.panel.setup.form.box("repair").setChecked(False)
    window.start()
    window.finish()
    assert window.states() == {"a.png": "done"}
    (note,) = window.column(Column.NOTE)
    assert note.startswith("masks/a.png.png") and (out / "masks" / "a.png.png").is_file()
    window.select("a.png")
    window.panel.page.edit.trigger()
    assert window.edits[0].result is None and window.edits[0].mask == out / "masks" / "a.png.png"


def test_watched_folders_keep_their_tree_while_one_of_them_is_away(tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "one", "a.png")
    (tmp_path / "two").mkdir()
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([tmp_path / "one", tmp_path / "two"])
        (tmp_path / "two").rename(tmp_path / "away")
        photographs(tmp_path / "one", "b.png")
        states: States = {}
        for _ in range(2):
            states = look_for_new(batch.queue.path, batch.naming, out, states, JobContext()).states
        assert [i.target for i in batch.items()] == ["one/a.png", "one/b.png"]


def test_a_folder_that_is_added_later_sends_nothing_of_the_watched_one_elsewhere(
    window: Window, tmp_path: Path, out: Path
) -> None:
    photographs(tmp_path / "one", "a.png")
    photographs(tmp_path / "two", "b.png")
    window.set_up([tmp_path / "one"], out)
    window.start()
    window.finish()
    drop(window.panel, [tmp_path / "two"])
    window.finish()
    window.panel.watch.turn(True)
    window.panel.watch.timer.setInterval(10**6)  # the test says when to look
    window.finish()
    photographs(tmp_path / "one", "c.png")
    photographs(tmp_path / "two", "d.png")
    for _ in range(2):
        window.panel.watch.look()
        window.finish()
    assert sorted(path.name for path in out.glob("?.png")) == ["a.png", "b.png", "c.png", "d.png"]


def test_the_folders_of_a_batch_are_not_asked_for_at_every_look(
    window: Window, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.set_up([photographs(tmp_path / "in", "a.png")[0], tmp_path / "in"], out)
    window.start()
    window.finish()
    asked: list[Path] = []
    monkeypatch.setattr(batch_work, "watched_paths", lambda queue: asked.append(queue.path) or [])
    head, session = window.panel.page.head, window.panel.session
    for _ in range(20):
        head.show_standing(session.standing)
    assert asked == [] and head.watching.isEnabled()


def test_the_name_of_a_result_tells_the_model_that_is_the_default(
    window: Window, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(model: str | None, task: str) -> SimpleNamespace:
        return SimpleNamespace(id=model or f"own-{task}")

    monkeypatch.setattr(batch_setup, "find_model", find)
    window.set_up(photographs(tmp_path / "in", "a.png"), out)
    window.panel.setup.template.setText("{stem}-{model}")
    window.start()
    window.finish()
    assert (out / "a-own-repair.png").is_file()


def test_many_lines_are_taken_out_at_once(window: Window, tmp_path: Path, out: Path) -> None:
    setup = window.panel.setup
    paths = photographs(tmp_path, *(f"{n}.png" for n in range(6)))
    drop(window.panel, paths)
    for row in (0, 2, 5):
        setup.sources.item(row).setSelected(True)
    setup.remove.click()
    assert setup.paths == [paths[n] for n in (1, 3, 4)]
    assert [setup.sources.item(n).text() for n in range(3)] == [str(p) for p in setup.paths]


def test_a_folder_with_a_name_that_none_can_have_is_told(window: Window, tmp_path: Path) -> None:
    window.set_up(photographs(tmp_path / "in", "a.png"), tmp_path / ("x" * 300))
    window.start()
    window.finish()
    assert window.panel.tabs.currentIndex() == SETUP
    assert "cannot be written to" in window.panel.setup._problem.text()


def test_a_lock_that_cannot_be_opened_hides_no_other_batch(tmp_path: Path, out: Path) -> None:
    photographs(tmp_path / "in", "a.png")
    for folder in (out, tmp_path / "other"):
        with Batch(BatchSettings(folder), fake_run) as batch:
            batch.add([tmp_path / "in"])
    (out / ".restorer-batch" / "lock.sqlite").unlink()
    (out / ".restorer-batch" / "lock.sqlite").mkdir()
    found = find_unfinished([out, tmp_path / "other"], JobContext())
    assert [entry.out for entry in found] == [tmp_path / "other"]


def test_a_folder_below_the_results_is_told_at_the_start(window: Window, tmp_path: Path) -> None:
    photographs(tmp_path / "in", "a.png")
    window.set_up([tmp_path / "in"], tmp_path)
    window.start()
    assert "another output folder" in window.panel.setup._problem.text()
    assert not queue_path(tmp_path).exists()


def test_what_could_not_be_opened_is_not_corrected_some_day(
    make_controller: Callable[..., Controller], tmp_path: Path, qtbot
) -> None:
    controller = make_controller()
    controller.actions["batch"].trigger()
    panel = controller.batches.panel
    assert panel is not None
    (good,) = photographs(tmp_path, "good.png")
    path, mask = tmp_path / "a.png", tmp_path / "mask.png"
    path.write_bytes(b"broken")
    save_mask(np.ones((24, 32), bool), mask)
    seen = in_dialog(ErrorDialog, lambda dialog: qtbot.keyClick(dialog, Qt.Key.Key_Escape))
    panel.edit_wanted.emit(EditRequest(path, mask))
    qtbot.waitUntil(lambda: bool(seen))
    settle(controller, qtbot)
    path.write_bytes(good.read_bytes())
    open_in(controller, [path], qtbot)
    assert controller.session is not None and not controller.session.edited
    assert not controller.session.document.surfaces["mask"].to_array().any()


def test_the_device_that_is_chosen_while_the_window_is_open_is_used(
    make_controller: Callable[..., Controller], tmp_path: Path, qtbot
) -> None:
    controller, gate, used = make_controller(), Gate(), []

    def run(photo: Photo, recipe: Recipe, device: str, *rest: object, **named: object) -> Outcome:
        used.append(device)
        return gate(photo, recipe, device, *rest, **named)  # type: ignore[arg-type]

    controller.batches.run, controller.batches.workers = run, 1
    controller.actions["batch"].trigger()
    panel = controller.batches.panel
    assert panel is not None
    window = Window(panel, controller.workspace.runner, gate, qtbot)
    controller.set_device("cpu")
    window.set_up(photographs(tmp_path / "in", "bad.png"), tmp_path / "out")
    window.start()
    window.finish()
    controller.set_device("auto")
    gate.failing = False
    panel.session.retry()
    window.finish()
    assert used == ["cpu", "auto"] and window.states() == {"bad.png": "done"}
