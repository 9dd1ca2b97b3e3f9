"""The list of the batch window, the form of recipes, and what is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListView,
    QSpinBox,
    QTableView,
    QWidget,
)

from restorer.batch.files import Found, Naming, queue_path
from restorer.batch.lock import FolderLock
from restorer.batch.queue import Queue
from restorer.jobs import JobContext
from restorer.record.recipe import STAGES, default_recipe, load_recipe, save_recipe
from tests.ui.batch.support import Window, photographs
from ui.batch.model import Column, QueueModel, Thumbnails
from ui.batch.recipe import RecipeForm
from ui.batch.session import Standing
from ui.batch.work import KnownBatches, find_unfinished
from ui.jobs import JobRunner
from ui.theme import ThemeManager

# --- thousands


def test_three_thousand_photographs_are_read_as_they_come_into_view(
    window: Window, tmp_path: Path, out: Path
) -> None:
    (first,) = photographs(tmp_path / "in", "0000.png")
    content = first.read_bytes()
    for number in range(1, 3000):
        (tmp_path / "in" / f"{number:04d}.png").write_bytes(content)
    model = window.panel.page.model
    resets: list[int] = []
    inserts: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.rowsInserted.connect(lambda *_: inserts.append(1))
    window.gate.hold("0000.png")
    window.set_up([tmp_path / "in"], out)
    window.start()
    window.wait(lambda: window.panel.session.standing.total == 3000 and "0000.png" in window.gate.arrived)
    window.panel.session.look()
    assert model.rowCount() == 3000
    assert len(resets) <= 2 and len(inserts) <= 16  # one for each listed chunk at most
    page = window.panel.page
    page.table.scrollToBottom()
    page.filters.as_tiles.click()
    QApplication.processEvents()
    assert 0 < model.loaded < 200
    page.table.selectAll()
    page.cancel.trigger()  # 2,999 at once
    window.panel.session.look()
    assert len(resets) <= 2 and model.loaded < 600
    window.gate.release()
    window.finish()
    counts = window.panel.session.standing.counts
    assert counts["done"] + counts["cancelled"] == 3000 and counts["cancelled"] >= 2990


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Queue]:
    (tmp_path / "q").mkdir()
    queue = Queue(tmp_path / "q" / "queue.sqlite")
    found = [(Found(Path(f"/in/{n}.png"), Path("/in"), ""), None) for n in range(500)]
    queue.add(found, Naming(), tmp_path)
    yield queue
    queue.close()


def test_a_thousand_changes_are_one_update(runner: JobRunner, listed: Queue, tmp_path: Path) -> None:
    model = QueueModel(Thumbnails(runner))
    model.set_queue(listed, tmp_path)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda a, b, *_: told.append((a.row(), b.row())))
    seen = listed.changes(0)[-1].changed
    listed.cancel(range(101, 301))
    model.apply(listed.changes(seen))
    assert told == [(100, 299)]
    assert model.index(100, Column.STATE).data() == "Cancelled"


def test_a_filtered_list_loses_and_gains_rows_and_keeps_the_rest(
    runner: JobRunner, listed: Queue, tmp_path: Path, qtbot
) -> None:
    model = QueueModel(Thumbnails(runner))
    model.set_queue(listed, tmp_path)
    model.show_states(("cancelled",))
    assert model.rowCount() == 0
    seen = listed.changes(0)[-1].changed
    listed.cancel([5, 6, 7, 20])
    model.apply(listed.changes(seen))
    assert [model.ids([row])[0] for row in range(model.rowCount())] == [5, 6, 7, 20]
    mark = QPersistentModelIndex(model.index(3, 1))
    seen = listed.changes(0)[-1].changed
    listed.retry([6])
    listed.cancel([1])
    with qtbot.assertNotEmitted(model.modelReset):
        model.apply(listed.changes(seen))
    assert [model.ids([row])[0] for row in range(model.rowCount())] == [1, 5, 7, 20]
    assert mark.isValid() and model.ids([mark.row()]) == [20]
    listed.move(20, 1)
    model.reload()
    assert model.ids([0]) == [20] and mark.row() == 0


# --- the form of the recipe


def test_every_parameter_of_every_stage_has_a_field(theme: ThemeManager, qtbot) -> None:
    form = RecipeForm(theme)
    qtbot.addWidget(form)
    assert form.recipe() == default_recipe()
    for name, kind in STAGES.items():
        assert [field.name for field in form.box(name).fields] == list(kind.parameters)
    fields = {f.name: f for name in STAGES for f in form.box(name).fields}
    fields["sensitivity"].widget._slider.setValue(70)  # type: ignore[attr-defined]
    largest = fields["largest_px"].widget
    assert isinstance(largest, QSpinBox) and largest.text() == "any"
    largest.setValue(900)
    polarity = fields["polarity"].widget
    assert isinstance(polarity, QComboBox)
    polarity.setCurrentIndex(2)
    recipe = form.recipe()
    found = recipe.stages[0]
    assert (found["sensitivity"], found["largest_px"], found["polarity"]) == (0.7, 900, "dark")


def test_a_recipe_is_saved_loaded_and_never_overwritten(theme: ThemeManager, tmp_path: Path, qtbot) -> None:
    form = RecipeForm(theme)
    qtbot.addWidget(form)
    recipe = default_recipe().with_parameters(
        detect={"sensitivity": 0.25, "model": "of-another-computer"}, repair={"grow_px": 7, "detail": 0.1}
    )
    save_recipe(recipe, tmp_path / "mine.json")
    assert form.load(tmp_path / "mine.json")
    assert form.recipe() == recipe
    assert form.save(tmp_path / "again.json") and load_recipe(tmp_path / "again.json") == recipe
    assert not form.save(tmp_path / "again.json") and "exists" in form._problem.text()
    (tmp_path / "odd.json").write_text(json.dumps({"schema": 1, "stages": [{"stage": "repair"}]}))
    assert not form.load(tmp_path / "odd.json") and "no earlier stage gives a mask" in form._problem.text()
    assert form.recipe() == recipe
    form.box("detect").setChecked(False)
    assert "mask" in form.problem()


def test_a_recipe_that_only_searches_can_be_chosen(window: Window, tmp_path: Path, out: Path) -> None:
    window.set_up(photographs(tmp_path, "a.png"), out)
    setup = window.panel.setup
    setup.form.box("detect").setChecked(False)
    assert not setup.start.isEnabled() and not setup.look_first.isEnabled()
    setup.form.box("detect").setChecked(True)
    setup.form.box("repair").setChecked(False)
    assert setup.start.isEnabled()
    window.start()
    window.finish()
    assert window.gate.stages["a.png"] == ["detect"]


# --- small things


def test_batches_that_are_known_survive_damage(tmp_path: Path) -> None:
    known = KnownBatches(tmp_path / "config" / "batches.json")
    assert known.read() == []
    known.add(tmp_path / "a")
    known.add(tmp_path / "b")
    known.add(tmp_path / "a")
    assert known.read() == [tmp_path / "a", tmp_path / "b"]
    known.remove(tmp_path / "a")
    assert known.read() == [tmp_path / "b"]
    (tmp_path / "config" / "batches.json").write_text('{"folders": 7}')
    assert known.read() == []
    assert find_unfinished([tmp_path / "gone"], JobContext()) == []


def test_a_batch_that_another_program_works_on_is_not_offered(tmp_path: Path, out: Path) -> None:
    queue_path(out).parent.mkdir(parents=True)
    queue = Queue(queue_path(out))
    queue.add([(Found(Path("/in/a.png"), Path("/in"), ""), None)], Naming(), out)
    queue.close()
    lock = FolderLock(queue_path(out).with_name("lock.sqlite"))
    assert find_unfinished([out], JobContext()) == []
    lock.release()
    assert [entry.left for entry in find_unfinished([out], JobContext())] == [1]


@pytest.mark.parametrize(
    ("per_minute", "left", "text"),
    [(4.25, 30, "4.2 a minute · 30 s left"), (60.0, 600, "60.0 a minute · 10 min left")],
)
def test_rate_and_time_left(
    window: Window, per_minute: float, left: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {**window.panel.session.standing.counts, "waiting": 3}
    monkeypatch.setattr(type(window.panel.session), "running", True)
    assert window.panel.page.head._rate_text(Standing(counts, per_minute, left)) == text


def test_every_control_has_a_name_and_the_keyboard_reaches_it(window: Window) -> None:
    panel = window.panel
    kinds = (QAbstractButton, QComboBox, QLineEdit, QSpinBox, QTableView, QListView)
    seen = 0
    for page in (panel.setup, panel.page, panel.triage):
        for widget in (w for w in page.findChildren(QWidget) if isinstance(w, kinds)):
            if widget.objectName().startswith("qt_") or _is_inside_of_another(widget):
                continue
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            assert named, widget
            assert widget.focusPolicy() != Qt.FocusPolicy.NoFocus, named
            seen += 1
    assert seen > 50


def _is_inside_of_another(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    return (
        isinstance(parent, QComboBox | QSpinBox | QTableView)
        or parent is None
        or (parent.inherits("QComboBoxPrivateContainer"))
    )
