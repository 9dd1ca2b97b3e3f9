from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QInputDialog, QLabel, QMessageBox

from restorer.hashes import sha256_of
from restorer.image.saving import open_mask
from restorer.jobs import JobContext
from restorer.library import package, store as library
from restorer.library.store import find_model
from restorer.library.weights import ModelEntry
from restorer.models import build_model, hyper_parameters
from restorer.tiles import Box
from tests.core.library.test_download import Server, server  # noqa: F401 - a fixture
from tests.training.tuning.support import parent, scene
from tests.ui.conftest import flush_deletions, settle
from training.data import corrections
from training.fitting.trainer import write_weights
from ui.jobs import JobRunner
from ui.library import panel as models_panel
from ui.library.comparing import CompareModels
from ui.library.importing import ImportDialog
from ui.library.panel import ModelsPanel
from ui.library.table import COLUMNS, score_of, source_title
from ui.theme import ThemeManager
from ui.window.controller import Controller

LONG_MS = 60_000


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def small() -> ModelEntry:
    return parent()


@pytest.fixture
def panel(small: ModelEntry, runner: JobRunner, qapp: QApplication, qtbot) -> Iterator[ModelsPanel]:
    theme = ThemeManager(qapp, "light")
    made = ModelsPanel(runner, theme)
    made.show()
    yield made
    made.shut_down()
    runner.close()
    made.deleteLater()
    theme.deleteLater()
    flush_deletions()


def click(qtbot, panel: ModelsPanel, name: str) -> None:
    made = panel.buttons[name]
    assert made.isEnabled(), name
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=QPoint(6, 8))


def rest(qtbot, panel: ModelsPanel) -> None:
    qtbot.waitUntil(lambda: panel._jobs == 0, timeout=LONG_MS)


def choose(qtbot, panel: ModelsPanel, model_id: str) -> None:
    row = next(n for n, m in enumerate(panel.rows.models) if m.id == model_id)
    place = panel.table.visualRect(panel.rows.index(row, 1)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [m.id for m in panel.selected()] == [model_id]


def facts(panel: ModelsPanel) -> dict[str, str]:
    rows = range(panel.facts.grid.rowCount())
    cells = [[panel.facts.grid.itemAtPosition(r, c) for c in (0, 1)] for r in rows]
    pairs = [[c.widget().text() for c in row] for row in cells if all(row)]  # type: ignore[union-attr]
    return {name: value for name, value in pairs}  # noqa: C416 - pairs are lists


def test_all_models_with_what_is_known_of_them(panel: ModelsPanel, small: ModelEntry, qtbot) -> None:
    assert [m.id for m in panel.rows.models] == [m.id for m in library.read_library().models]
    choose(qtbot, panel, "small-repair")
    told = facts(panel)
    assert (told["Name"], told["Licence"], told["Architecture"]) == ("small-repair", "CC0-1.0", "fill-unet")
    digest = small.files[0].sha256
    assert told["sha256 (fidelity)"] == f"{digest[:16]}…{digest[-8:]}"
    choose(qtbot, panel, "detect")
    assert "F1" in " ".join(facts(panel)) and "Damage detector" in panel.facts.card.toPlainText()
    for name in ("rename", "delete", "compare", "default"):
        assert not panel.buttons[name].isEnabled()


def test_architecture_and_score_stand_in_the_list(panel: ModelsPanel) -> None:
    shown = {
        m.id: [panel.rows.data(panel.rows.index(row, COLUMNS.index(c))) for c in ("architecture", "score")]
        for row, m in enumerate(panel.rows.models)
    }
    assert shown["small-repair"] == ["fill-unet", "–"]
    assert shown["detect"][0] == "damage-unet" and float(shown["detect"][1]) > 0.2
    assert "dB" in shown["repair"][1] and "dB" in shown["vae-gan"][1]
    told = {"yours": "20.10 -> 20.52 dB (+0.42, 95 % +0.20 to +0.60, 9 photographs, 8 better)"}
    assert score_of(replace(library.get("small-repair"), scores=told)) == "20.10 → 20.52 dB (+0.42)"


def test_default_and_back(panel: ModelsPanel, qtbot) -> None:
    changed: list[int] = []
    panel.library_changed.connect(lambda: changed.append(1))
    choose(qtbot, panel, "small-repair")
    click(qtbot, panel, "default")
    rest(qtbot, panel)
    assert find_model(None, "repair").id == "small-repair" and changed == [1]
    assert panel.notice.text == "“small-repair” is used from now on."
    assert not panel.buttons["default"].isEnabled()
    click(qtbot, panel, "rollback")
    rest(qtbot, panel)
    assert find_model(None, "repair").source == "shipped"
    assert not panel.buttons["rollback"].isEnabled(), "there is no earlier default"


def test_renamed_exported_deleted_and_taken_in_again(
    panel: ModelsPanel, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(qtbot, panel, "small-repair")
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QInputDialog)
    dialog.setTextValue("Wrong Name")
    dialog.accept()
    rest(qtbot, panel)
    assert "cannot be the name of a model" in panel.notice.text
    panel.rename(library.get("small-repair"), "aunt-mary")
    rest(qtbot, panel)
    assert [m.id for m in panel.selected()] == ["aunt-mary"]
    target = tmp_path / "mary.restorer-model"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    click(qtbot, panel, "export")
    rest(qtbot, panel)
    size = target.stat().st_size
    click(qtbot, panel, "export")
    rest(qtbot, panel)
    assert "nothing is overwritten" in panel.notice.text and target.stat().st_size == size
    choose(qtbot, panel, "aunt-mary")
    click(qtbot, panel, "delete")
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    yes = next(b for b in box.buttons() if b.text() == "Delete")
    qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    rest(qtbot, panel)
    assert "aunt-mary" not in [m.id for m in panel.rows.models]
    imported = panel.import_file(target)
    imported.name.setText("mary-again")
    qtbot.mouseClick(imported.take, Qt.MouseButton.LeftButton)
    rest(qtbot, panel)
    assert [m.id for m in panel.selected()] == ["mary-again"] and "trial run" in panel.notice.text


def test_a_model_that_another_program_deleted_is_told_and_leaves_the_list(panel: ModelsPanel, qtbot) -> None:
    choose(qtbot, panel, "small-repair")
    library.delete("small-repair")
    panel.make_default()
    rest(qtbot, panel)
    assert "There is no model 'small-repair'" in panel.notice.text
    assert "small-repair" not in [m.id for m in panel.rows.models]


def test_a_model_is_not_deleted_without_a_yes(panel: ModelsPanel, qtbot) -> None:
    choose(qtbot, panel, "small-repair")
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert library.get("small-repair") and panel._jobs == 0


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return (Path.touch, (self.path,))


def test_code_in_a_file_is_refused_and_not_run(panel: ModelsPanel, qtbot, tmp_path: Path) -> None:
    bad, trace = tmp_path / "evil.pth", tmp_path / "it-ran"
    bad.write_bytes(pickle.dumps({"state_dict": Evil(trace)}, protocol=2))
    dialog = panel.import_file(bad)
    qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    rest(qtbot, panel)
    assert "nothing in it was run" in panel.notice.text and not trace.exists()
    assert "evil" not in [m.id for m in panel.rows.models]


def test_licence_and_checksum_are_asked_for(panel: ModelsPanel, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)})
    told = {"task": "repair", "architecture": "fill-unet", "hyper_parameters": hyper_parameters(net)}
    write_weights(path, net, told)
    dialog = panel.import_file(path)
    dialog.sha256.setText("0" * 64)
    dialog.accept()
    rest(qtbot, panel)
    assert "not the file that its checksum was given for" in panel.notice.text
    dialog = panel.import_file(path)
    dialog.name.setText("theirs")
    dialog.licence.setCurrentText("CC-BY-NC-4.0")
    dialog.sha256.setText(sha256_of(path).upper())
    dialog.accept()
    rest(qtbot, panel)
    entry = library.get("theirs")
    assert (entry.licence, entry.source) == ("CC-BY-NC-4.0", "imported")
    assert "CC-BY-NC-4.0" in panel.notice.text and "fill-unet" in panel.notice.text


def test_a_name_or_a_checksum_that_cannot_be_is_told_while_it_is_typed(
    panel: ModelsPanel, tmp_path: Path
) -> None:
    dialog = panel.import_file(tmp_path / "theirs.safetensors")
    assert dialog.take.isEnabled() and not dialog.problem.isVisible()
    for name, told in (
        ("My Model", "cannot be the name"),
        ("small-repair", "already"),
        ("repair", "already"),
    ):
        dialog.name.setText(name)
        assert told in dialog.problem.text() and dialog.problem.isVisible() and not dialog.take.isEnabled()
    dialog.name.setText("mine")
    dialog.sha256.setText("g" * 64)
    assert "0 to 9 and a to f" in dialog.problem.text() and not dialog.take.isEnabled()
    dialog.sha256.setText("")
    assert not dialog.problem.isVisible() and dialog.take.isEnabled()
    dialog.reject()


def test_weights_are_fetched_from_an_address(
    panel: ModelsPanel, qtbot, tmp_path: Path, server: Server  # noqa: F811 - a fixture
) -> None:  # fmt: skip
    server.content = package.export("small-repair", tmp_path / "x").read_bytes()
    server.limit = len(server.content) // 2 + 1  # the connection breaks once
    qtbot.mouseClick(panel.download_button, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ImportDialog) and not dialog.origin.isVisible()
    dialog.address.setText(server.address)
    assert not dialog.take.isEnabled()  # nothing is fetched without a checksum
    dialog.sha256.setText(sha256_of(tmp_path / "x.restorer-model"))
    dialog.name.setText("fetched")
    qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    rest(qtbot, panel)
    assert [m.id for m in panel.selected()] == ["fetched"] and len(server.asked) == 2
    assert panel.cancel_button.isHidden() and "passed its trial run" in panel.notice.text
    assert "The same weights are there already: small-repair." in panel.notice.text


def test_a_download_can_be_stopped(
    panel: ModelsPanel, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    def endless(address: str, options: object, ctx: JobContext) -> None:
        while True:
            ctx.progress(0.25, "Downloading")

    monkeypatch.setattr(models_panel, "_fetch", endless)
    dialog = panel.ask_download()
    dialog.address.setText("https://example.org/x")
    dialog.sha256.setText("0" * 64)
    dialog.accept()
    qtbot.waitUntil(lambda: "25 %" in panel.notice.text, timeout=LONG_MS)
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    rest(qtbot, panel)
    assert panel.notice.text == "Stopped. Nothing in the library was changed."
    assert panel.download_button.isEnabled()


def test_a_damaged_model_is_told(panel: ModelsPanel, qtbot, own_library: Path) -> None:
    (own_library / "small-repair" / "model.json").write_text("{")
    panel.refresh()
    assert "The description of the model 'small-repair' is damaged" in panel.notice.text
    assert "small-repair" not in [m.id for m in panel.rows.models]


def test_every_button_answers_a_key_of_its_own(panel: ModelsPanel) -> None:
    keys = [QKeySequence.mnemonic(b.text()).toString() for b in panel.findChildren(QAbstractButton)]
    assert panel.remove_button in panel.findChildren(QAbstractButton)
    assert not [key for key in set(keys) - {""} if keys.count(key) > 1]


def test_a_damaged_model_is_not_deleted_during_other_work(
    panel: ModelsPanel, qtbot, own_library: Path
) -> None:
    (own_library / "small-repair" / "model.json").write_text("{")
    panel.refresh()
    panel._run("Waiting", lambda ctx: None, lambda _: "Done.")
    assert not panel.remove_button.isEnabled()
    rest(qtbot, panel)
    assert panel.remove_button.isEnabled()


def test_a_damaged_model_can_be_deleted_after_a_yes(panel: ModelsPanel, qtbot, own_library: Path) -> None:
    assert panel.remove_button.isHidden()
    (own_library / "small-repair" / "model.json").write_text("{")
    panel.refresh()
    for answer in ("Cancel", "Delete"):
        assert (own_library / "small-repair").is_dir()
        qtbot.mouseClick(panel.remove_button, Qt.MouseButton.LeftButton)
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox) and "is damaged" in box.informativeText()
        chosen = next(b for b in box.buttons() if b.text().replace("&", "") == answer)
        qtbot.mouseClick(chosen, Qt.MouseButton.LeftButton)
        rest(qtbot, panel)
    assert not (own_library / "small-repair").exists()
    assert panel.remove_button.isHidden() and "was deleted" in panel.notice.text


def test_two_models_are_compared_on_the_open_photograph(opened: Controller, qtbot) -> None:
    entry = parent()
    models = opened.models
    models.show_library()
    panel = models.panel
    assert panel is not None
    repair = find_model(None, "repair")
    panel.select({repair.id, entry.id})
    assert models.compare() is None  # nothing is marked yet
    assert opened.session is not None
    opened.session.find_damage()
    settle(opened, qtbot)
    panel.buttons["compare"].click()
    dialog = models._dialog
    assert isinstance(dialog, CompareModels)
    settle(opened, qtbot)
    assert {box.currentData() for box in dialog.boxes} == {repair.id, entry.id}
    assert all(view.shown for view in dialog._views) and all(take.isEnabled() for take in dialog.takes)
    QTest.keyClick(dialog._views[0], Qt.Key.Key_Plus)
    assert dialog._views[0]._zoom == dialog._views[1]._zoom == 1.25
    before = opened.session.document.surfaces["result"].to_array()
    qtbot.mouseClick(dialog.takes[1], Qt.MouseButton.LeftButton)
    settle(opened, qtbot)
    after = opened.session.document.surfaces["result"].to_array()
    assert (before != after).any() and np.array_equal(before[:30], after[:30])
    assert models._dialog is None


def test_a_comparison_from_the_menu_begins_with_two_models(opened: Controller, qtbot) -> None:
    draw(opened, Box(20, 20, 24, 24))
    opened.window.actions_["compare_models"].trigger()
    dialog = opened.models._dialog
    assert isinstance(dialog, CompareModels)
    assert [box.currentData() for box in dialog.boxes] == ["repair", "vae-gan"]
    dialog.reject()
    settle(opened, qtbot)


def test_names_that_look_like_mark_up_are_shown_as_they_are(panel: ModelsPanel, qtbot) -> None:
    panel.facts.show_model(replace(library.get("small-repair"), licence="<b>none</b>"))
    panel.notice.say("There is no file '<i>x</i>.pth'.")
    shown = [w for w in panel.findChildren(QLabel) if "<b>" in w.text() or "<i>" in w.text()]
    formats = {w.textFormat() for w in (*shown, panel.facts.name)}
    assert len(shown) == 2 and formats == {Qt.TextFormat.PlainText}


def test_a_new_default_reaches_the_repair_panel(opened: Controller, qtbot) -> None:
    parent()
    opened.models.show_library()
    panel = opened.models.panel
    assert panel is not None
    choose(qtbot, panel, "small-repair")
    click(qtbot, panel, "default")
    rest(qtbot, panel)
    box = opened.window.repair._model
    assert box.currentText() == "Small" and opened.window.repair.settings.model is None


def test_a_chosen_model_that_is_renamed_stays_chosen(opened: Controller, qtbot) -> None:
    parent()
    opened.models.show_library()
    opened.batches.show()
    repair, batch, panel = opened.window.repair, opened.batches.panel, opened.models.panel
    assert batch is not None and panel is not None
    repair.reload_models()
    repair._model.setCurrentIndex(repair._model.findData("small-repair"))
    batch.setup.form.reload_models()
    form = batch.setup.form
    form.set_recipe(form.recipe().with_parameters(repair={"model": "small-repair"}))
    panel.rename(library.get("small-repair"), "albums")
    rest(qtbot, panel)
    assert repair.settings.model == "albums" and opened.store.value.model == "albums"
    assert form.recipe().stage("repair")["model"] == "albums"  # type: ignore[index]
    panel.delete("albums")
    rest(qtbot, panel)
    assert repair.settings.model is None
    assert form.recipe().stage("repair")["model"] == "albums"  # type: ignore[index]
    assert "not installed" in form.box("repair").fields[0].widget.currentText()  # type: ignore[attr-defined]


def test_a_new_model_can_be_chosen_for_a_batch_at_once(opened: Controller, qtbot) -> None:
    opened.batches.show()
    opened.models.show_library()
    form, panel = opened.batches.panel.setup.form, opened.models.panel  # type: ignore[union-attr]
    assert panel is not None
    combo = next(f.widget for f in form.box("repair").fields if f.name == "model")
    assert combo.findData("small-repair") < 0  # type: ignore[attr-defined]
    changes: list[int] = []
    form.changed.connect(lambda: changes.append(1))
    parent()
    panel.library_changed.emit()
    assert combo.findData("small-repair") > 0 and combo.currentData() is None  # type: ignore[attr-defined]
    assert not changes


def test_the_wizard_opens_beside_the_window(opened: Controller, qtbot) -> None:
    opened.window.actions_["train"].trigger()
    wizard = opened.models.wizard
    assert wizard is not None and wizard.isVisible() and not wizard.isModal()
    qtbot.waitUntil(lambda: wizard.context.start is not None, timeout=LONG_MS)
    settle(opened, qtbot)
    opened.window.actions_["models"].trigger()
    assert opened.models.panel is not None and opened.models.panel.isVisible()
    opened.models.panel.train_button.click()
    assert opened.models.wizard is wizard


def draw(opened: Controller, box: Box) -> None:
    assert opened.session is not None
    with opened.session.document.edit("Brush stroke") as tx:
        tx.patch("mask", box, np.full((box.height, box.width), 255, np.uint8))


def test_corrected_masks_are_kept_with_consent_only(opened: Controller, qtbot, tmp_path: Path) -> None:
    session = opened.session
    assert session is not None
    session.find_damage()
    settle(opened, qtbot)
    session.exported.emit(tmp_path / "out.png")  # nothing was corrected
    draw(opened, Box(20, 20, 40, 60))
    session.exported.emit(tmp_path / "out.png")  # corrected, without consent
    settle(opened, qtbot)
    assert corrections.count() == 0
    opened.store.change(keep_corrections=True)
    session.exported.emit(tmp_path / "out.png")
    settle(opened, qtbot)
    assert corrections.count() == 1
    (path,) = corrections.masks_folder().glob("*.png")
    mask = open_mask(path, (session.document.height, session.document.width))
    assert mask[20:40, 20:60].all() and mask[40:200, 60:63].all() and not mask[:20].any()


def test_the_wizard_trains_on_kept_masks(opened: Controller, qtbot) -> None:
    parent("detect")
    for number in range(8):
        corrections.keep(scene(number), np.eye(176, 208, dtype=bool))
    opened.models.train()
    wizard = opened.models.wizard
    assert wizard is not None
    qtbot.waitUntil(lambda: wizard.context.start is not None, timeout=LONG_MS)
    wizard.add_folders([corrections.photos_folder()])
    qtbot.waitUntil(wizard.folders.complete, timeout=LONG_MS)
    wizard.next.click()
    wizard.goal.detect.click()
    part = wizard.goal.corrections
    assert part.isVisible() and part.count.text() == "8 kept" and not part.consent.isChecked()
    qtbot.mouseClick(part.consent, Qt.MouseButton.LeftButton, pos=QPoint(8, part.consent.height() // 2))
    assert opened.store.value.keep_corrections
    qtbot.mouseClick(part.use, Qt.MouseButton.LeftButton)
    assert wizard.step == 0 and wizard.context.draft.folders == [corrections.photos_folder()]
    qtbot.waitUntil(wizard.folders.complete, timeout=LONG_MS)
    wizard.next.click()
    assert wizard.goal.complete() and wizard.context.draft.config().masks == corrections.masks_folder()
    draft, look = wizard.context.draft, wizard.goal._look
    qtbot.mouseClick(wizard.goal.own_button, Qt.MouseButton.LeftButton)
    assert draft.overlays == corrections.masks_folder()
    qtbot.waitUntil(lambda: wizard.goal._job is None and wizard.goal._look is not look, timeout=LONG_MS)
    assert not wizard.goal.problem.text  # their shapes can be laid over the photographs
    part.forget.click()
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Delete them"), Qt.MouseButton.LeftButton)
    assert corrections.count() == 0 and part.count.text() == "0 kept"
    assert draft.overlays is None and draft.masks is None and wizard.goal.own_button.isHidden()
    settle(opened, qtbot)


def test_a_fine_tuned_model_may_come_from_another_computer(small: ModelEntry, tmp_path: Path) -> None:
    package.export(small.id, tmp_path / "small.restorer-model")
    library.delete(small.id)
    again = package.install_package(tmp_path / "small.restorer-model")
    assert again.source == "fine-tuned" and source_title(again) == "fine-tuned"
