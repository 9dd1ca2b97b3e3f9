"""The real window with real files, worked with mouse and keys where a person would click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QSlider, QToolButton

from restorer.image.reading import open_photo
from tests.core.batch.support import photographs
from tests.ui.conftest import Stand, damaged_photo, open_in, settle
from ui.dialogs import ErrorDialog, KeySheet, SettingsDialog
from ui.documents import workspace
from ui.documents.workspace import photographs_in
from ui.jobs import Failed
from ui.panels.export_dialog import ExportDialog
from ui.window.controller import Controller

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(controller: Controller, qtbot, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(controller.window.canvas, key, modifier)


def tool_button(controller: Controller, name: str) -> QToolButton:
    button = controller.window.findChild(QToolButton, f"button_{name}")
    assert button is not None
    return button


def drop(controller: Controller, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window, copy = controller.window, Qt.DropAction.CopyAction
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(50, 50), copy, data, LEFT, none))


def in_dialog(kind: type[QDialog], act: Callable) -> list[QDialog]:
    """Have `act` work on the next modal dialog of that kind."""
    seen: list[QDialog] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind):
            seen.append(dialog)
            act(dialog)
        else:
            QTimer.singleShot(5, look)

    QTimer.singleShot(0, look)
    return seen


def mask(controller: Controller) -> np.ndarray:
    assert controller.session is not None
    return controller.session.document.surfaces["mask"].to_array()


def test_the_whole_way_drop_find_correct_repair_undo_export_reopen(
    controller: Controller, photo_path: Path, qtbot, stand: Stand
) -> None:
    window = controller.window
    drop(controller, [photo_path])
    qtbot.waitUntil(lambda: controller.session is not None)
    settle(controller, qtbot)
    session = controller.session
    assert session is not None and window.canvas.isVisible()

    qtbot.mouseClick(tool_button(controller, "find"), LEFT)
    qtbot.waitUntil(lambda: session.damage is not None)
    settle(controller, qtbot)
    found = (mask(controller) > 0).sum()
    assert found > 400 and window.detection._regions.rowCount() == 3

    slider = window.detection._smallest.findChild(QSlider)
    slider.setFocus()
    for _ in range(4):
        qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    settle(controller, qtbot)
    assert 0 < (mask(controller) > 0).sum() < found
    assert [what for what, _ in stand.calls] == ["find"]

    press(controller, qtbot, Qt.Key.Key_B)
    proof, told = window.repair._proof.statement, []
    session.changed.connect(lambda change: "repairs" in change.values and told.append(proof.text()))
    press(controller, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: bool(session.repairs))
    settle(controller, qtbot)
    assert told == ["Comparing with the scan…"] and proof.text() == "0 pixels changed outside the mask"
    assert window.windowTitle().startswith("•")

    press(controller, qtbot, Qt.Key.Key_Z, CTRL)
    assert not session.repairs
    press(controller, qtbot, Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.repairs
    press(controller, qtbot, Qt.Key.Key_Z, CTRL)
    press(controller, qtbot, Qt.Key.Key_Y, CTRL)
    assert session.repairs

    in_dialog(ExportDialog, lambda dialog: qtbot.mouseClick(dialog.export_button, LEFT))
    press(controller, qtbot, Qt.Key.Key_E, CTRL)
    target = photo_path.with_name("scan-restored.png")
    qtbot.waitUntil(lambda: not session.busy and target.exists())
    settle(controller, qtbot)
    assert not session.edited and not window.windowTitle().startswith("•")
    written = open_photo(target)
    assert (written.pixels == session.document.surfaces["result"].to_array()).all()
    assert b"compositeWithTrainedAlgorithmicMedia" in (written.xmp or b"") and b"detail" in (
        written.xmp or b""
    )
    assert (open_photo(photo_path).pixels == damaged_photo()).all()

    open_in(controller, [target], qtbot)
    assert controller.session is not None and controller.session.path == target
    qtbot.mouseClick(tool_button(controller, "find"), LEFT)
    settle(controller, qtbot)
    assert (mask(controller) > 0).sum() < found / 2, "what was repaired is found again"


def test_a_stroke_with_the_mouse_is_marked_and_undone(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    press(opened, qtbot, Qt.Key.Key_B)
    middle = canvas.rect().center()
    qtbot.mousePress(canvas, LEFT, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(40, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=middle + QPoint(40, 0))
    assert mask(opened).any()
    assert opened.actions["undo"].isEnabled() and opened.actions["repair"].isEnabled()
    settle(opened, qtbot)
    assert opened.window.detection._regions.rowCount() == 1
    press(opened, qtbot, Qt.Key.Key_Z, CTRL)
    assert not mask(opened).any()


def test_keys_choose_tools_and_brush(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    keys = {"B": "brush", "E": "eraser", "U": "line", "L": "lasso", "M": "rectangle", "F": "follow"}
    for key, name in keys.items():
        press(opened, qtbot, getattr(Qt.Key, f"Key_{key}"))
        assert canvas.tool.id == name and opened.actions[f"tool_{name}"].isChecked()
    size = canvas.brush_size
    press(opened, qtbot, Qt.Key.Key_BracketRight)
    assert canvas.brush_size > size
    press(opened, qtbot, Qt.Key.Key_BracketLeft)
    assert canvas.brush_size <= size + 1
    press(opened, qtbot, Qt.Key.Key_1, CTRL)
    assert canvas.zoom == 1.0
    shown = canvas.show_overlay
    press(opened, qtbot, Qt.Key.Key_Q)
    assert canvas.show_overlay is not shown


def test_the_original_is_shown_while_its_key_is_held(opened: Controller, qtbot) -> None:
    canvas = opened.window.canvas
    canvas.compare = "split"
    qtbot.keyPress(canvas, Qt.Key.Key_Backslash)
    assert canvas.compare == "original"
    qtbot.keyRelease(canvas, Qt.Key.Key_Backslash)
    assert canvas.compare == "split" and opened.actions["compare_split"].isChecked()


def test_n_walks_the_repaired_spots_in_reading_order(opened: Controller, qtbot) -> None:
    session = opened.session
    assert session is not None
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    press(opened, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: bool(session.repairs))
    settle(opened, qtbot)
    opened.window.canvas.set_zoom(8.0)
    centres = []
    for _ in range(4):
        press(opened, qtbot, Qt.Key.Key_N)
        box = opened.window.canvas.visible_box()
        centres.append(((box.y0 + box.y1) // 2, (box.x0 + box.x1) // 2))
    assert centres[0] == centres[3] and len(set(centres)) == 3
    press(opened, qtbot, Qt.Key.Key_N, SHIFT)
    box = opened.window.canvas.visible_box()
    assert ((box.y0 + box.y1) // 2, (box.x0 + box.x1) // 2) == centres[2]


def test_choosing_a_region_goes_there(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    canvas, panel = opened.window.canvas, opened.window.detection
    canvas.set_zoom(6.0)
    view = panel._list
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    chosen = panel._regions.regions[view.currentIndex().row()].box
    seen = canvas.visible_box()
    assert seen.y0 <= chosen.y0 and chosen.y1 <= seen.y1 and seen.x0 <= chosen.x0 and chosen.x1 <= seen.x1


def test_escape_cancels_a_repair_within_a_tile(opened: Controller, qtbot, stand: Stand) -> None:
    session = opened.session
    assert session is not None
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    stand.held.set()
    press(opened, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(stand.started.is_set)
    qtbot.waitUntil(opened.window.status._running.isVisible)
    assert opened.actions["cancel"].isEnabled() and not opened.actions["export"].isEnabled()
    press(opened, qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not session.busy)
    assert not session.repairs and not opened.window.status._running.isVisible()
    assert "cancelled" in opened.window.toast.text()


def test_the_history_panel_goes_back_and_forth(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    press(opened, qtbot, Qt.Key.Key_I, CTRL)
    opened.window.work_tabs.setCurrentIndex(3)
    panel = opened.window.history._list
    qtbot.waitUntil(lambda: panel.count() == 3)
    assert [panel.item(i).text() for i in range(3)] == ["Opened", "Find damage", "Invert mask"]
    qtbot.mouseClick(panel.viewport(), LEFT, pos=panel.visualItemRect(panel.item(0)).center())
    assert not mask(opened).any()
    qtbot.mouseClick(panel.viewport(), LEFT, pos=panel.visualItemRect(panel.item(1)).center())
    assert 0 < (mask(opened) > 0).mean() < 0.1


def test_folders_and_several_files_go_into_the_film_strip(
    controller: Controller, photo_folder: Path, qtbot
) -> None:
    (photo_folder / "notes.txt").write_text("no photograph")
    inner = photo_folder / "more"
    inner.mkdir()
    cv2.imwrite(str(inner / "x.png"), damaged_photo())
    drop(controller, [photo_folder])
    qtbot.waitUntil(lambda: controller.session is not None)
    strip = controller.window.film_strip
    assert len(strip.paths()) == 9 and strip.isVisible()
    first = controller.session
    press(controller, qtbot, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: controller.session is not None and controller.session is not first)
    assert controller.session.path == strip.paths()[1]  # type: ignore[union-attr]
    press(controller, qtbot, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: controller.session.path == strip.paths()[0])  # type: ignore[union-attr]
    settle(controller, qtbot)


def test_work_on_one_photograph_is_kept_while_another_is_shown(
    opened: Controller, photo_path: Path, tmp_path: Path, qtbot
) -> None:
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), damaged_photo())
    press(opened, qtbot, Qt.Key.Key_I, CTRL)
    edited = opened.session
    open_in(opened, [other], qtbot)
    untouched = opened.session
    opened.window.film_strip.set_current(photo_path)
    qtbot.waitUntil(lambda: opened.session is edited)
    assert mask(opened).all() and opened.workspace.sessions == [edited]
    assert untouched not in opened.workspace.sessions


def test_a_folder_gives_its_photographs_and_nothing_that_a_batch_or_a_cache_put_there(tmp_path: Path) -> None:
    wanted = [tmp_path / name for name in ("a.png", "sub/b.png")]
    others = ("out/.restorer-batch/x.png", "out/a.png", "out/masks/a.png", ".cache/c.png", ".d.png", "e.txt")
    for path in (*wanted, *(tmp_path / name for name in others)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert photographs_in([tmp_path]) == wanted
    assert photographs_in([tmp_path / "out"]) == [tmp_path / "out" / "a.png"]
    assert photographs_in([tmp_path / "e.txt"]) == [tmp_path / "e.txt"]  # told when it is opened


def test_photographs_that_are_too_many_for_the_strip_are_told(
    controller: Controller, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "MOST_FILES", 2)
    paths = photographs(tmp_path / "in", *(f"{n}.png" for n in range(3)))
    controller.files.open_paths([tmp_path / "in"])
    qtbot.waitUntil(lambda: controller.session is not None and controller.session.path == paths[0])
    settle(controller, qtbot)
    assert controller.window.film_strip.model().rowCount() == 2
    assert "Only the first 2 photographs are shown" in controller.window.toast.text()


def test_a_file_that_cannot_be_read_is_told_and_leaves_the_shown_one(
    opened: Controller, tmp_path: Path, qtbot
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not a picture")
    shown = opened.session
    seen = in_dialog(ErrorDialog, lambda dialog: qtbot.keyClick(dialog, Qt.Key.Key_Escape))
    opened.files.open_paths([bad])
    qtbot.waitUntil(lambda: bool(seen))
    settle(opened, qtbot)
    assert opened.session is shown and bad not in opened.window.film_strip.paths()


@pytest.mark.parametrize("good", [True, False])
def test_files_of_a_folder_that_cannot_be_read_are_told_of_together(
    controller: Controller, tmp_path: Path, qtbot, good: bool
) -> None:
    bad = [tmp_path / "in" / f"{n}.jpg" for n in range(3)]
    photographs(tmp_path / "in", "z.png")
    for path in bad if good else [*bad, tmp_path / "in" / "z.png"]:
        path.write_bytes(b"not a picture")
    said: list[str] = []

    def read(dialog: ErrorDialog) -> None:
        said.extend(label.text() for label in dialog.findChildren(QLabel))
        said.append(dialog._details.toPlainText())
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    seen = in_dialog(ErrorDialog, read)
    controller.files.open_paths([tmp_path / "in"])
    qtbot.waitUntil(lambda: bool(seen))
    settle(controller, qtbot)
    assert f"{3 if good else 4} files could not be opened." in said
    assert all(path.name in said[-1] for path in bad)
    assert QApplication.activeModalWidget() is None and len(seen) == 1
    assert (controller.session is not None) == good
    assert controller.window.film_strip.paths() == ([tmp_path / "in" / "z.png"] if good else [])


def test_paste_opens_the_picture_of_the_clipboard(
    controller: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ui.documents.workspace.QStandardPaths.writableLocation",
        staticmethod(lambda _: str(tmp_path / "Pictures")),
    )
    image = QImage(40, 30, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    qtbot.keyClick(controller.window, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: controller.session is not None)
    settle(controller, qtbot)
    photo = controller.session.photo  # type: ignore[union-attr]
    assert (photo.width, photo.height) == (40, 30) and (photo.pixels[0, 0] == [255, 0, 0]).all()


def test_a_job_that_raises_shows_a_dialog_and_the_window_lives_on(
    opened: Controller, qtbot, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.error = RuntimeError("CUDNN_STATUS_EXECUTION_FAILED")

    def act(dialog: ErrorDialog) -> None:
        assert not dialog._details.isVisible()
        qtbot.mouseClick(dialog.details_button, LEFT)
        assert dialog._details.isVisible() and "CUDNN" in dialog._details.toPlainText()
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    seen = in_dialog(ErrorDialog, act)
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    qtbot.waitUntil(lambda: bool(seen))
    settle(opened, qtbot)
    caplog.clear()
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow)
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    assert mask(opened).any()


def test_out_of_memory_on_a_chosen_device_goes_on_with_a_notice(
    opened: Controller, qtbot, stand: Stand
) -> None:
    from restorer.tiles import MemoryShortError

    next(a for a in opened._devices.actions() if a.data() == "cuda").trigger()
    assert opened.store.value.device == "cuda" and opened.session.device == "cuda"  # type: ignore[union-attr]
    stand.error = MemoryShortError()
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    assert stand.calls == [("find", "cuda"), ("find", "cpu")] and mask(opened).any()
    assert "processor" in opened.window.toast.text() and opened.window.toast.isVisible()


def test_masks_are_exported_and_imported(
    opened: Controller, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    before = mask(opened).copy()
    for ending in (".png", ".tif"):
        target = tmp_path / f"mask{ending}"
        monkeypatch.setattr(
            "ui.window.mask_actions.QFileDialog.getSaveFileName", lambda *_, t=target, **__: (str(t), "")
        )
        monkeypatch.setattr(
            "ui.window.mask_actions.QFileDialog.getOpenFileName", lambda *_, t=target, **__: (str(t), "")
        )
        opened.actions["mask_export"].trigger()
        settle(opened, qtbot)
        assert target.is_file()
        opened.actions["mask_clear"].trigger()
        assert not mask(opened).any()
        opened.actions["mask_import"].trigger()
        settle(opened, qtbot)
        assert (mask(opened) == before).all()


def test_the_infrared_channel_of_a_scan_is_a_source_of_the_mask(
    controller: Controller, qtbot, tmp_path: Path
) -> None:
    planes = np.full((90, 120, 4), 30000, np.uint16)
    planes[..., 3] = 50000
    planes[40, 20:90, 3] = 9000
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, planes, photometric="rgb", extrasamples=["unspecified"])
    open_in(controller, [path], qtbot)
    action = controller.actions["infrared"]
    assert action.isEnabled()
    action.trigger()
    settle(controller, qtbot)
    assert (mask(controller)[40, 20:90] == 255).all()
    assert controller.session.document.history == ["Mask from infrared"]  # type: ignore[union-attr]


def test_settings_change_theme_and_device_and_are_kept(opened: Controller, qtbot) -> None:
    def act(dialog: SettingsDialog) -> None:
        dialog._theme.setCurrentIndex(dialog._theme.findData("light"))
        dialog._device.setCurrentIndex(dialog._device.findData("cpu"))
        qtbot.keyClick(dialog, Qt.Key.Key_Return)

    in_dialog(SettingsDialog, act)
    qtbot.keyClick(opened.window, Qt.Key.Key_Comma, CTRL)
    assert not opened.theme.dark
    again = type(opened.store)(opened.store.folder).value
    assert (again.theme, again.device) == ("light", "cpu")
    assert again.recent == (str(opened.session.path),)  # type: ignore[union-attr]


def test_f1_shows_every_shortcut_of_the_table(controller: Controller, qtbot) -> None:
    from PySide6.QtGui import QKeySequence

    from ui.actions.table import ACTIONS

    texts: set[str] = set()

    def act(dialog: KeySheet) -> None:
        texts.update(label.text() for label in dialog.findChildren(QLabel))
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    in_dialog(KeySheet, act)
    qtbot.keyClick(controller.window, Qt.Key.Key_F1)
    native = QKeySequence.SequenceFormat.NativeText
    wanted = {"  ".join(QKeySequence(k).toString(native) for k in s.keys) for s in ACTIONS if s.keys}
    assert wanted - {"F1"} <= texts


def test_an_unexpected_error_names_the_log(controller: Controller, qtbot) -> None:
    texts: list[str] = []

    def act(dialog: ErrorDialog) -> None:
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    in_dialog(ErrorDialog, act)
    controller.show_failure("Repair", Failed(ValueError("x"), "Traceback ..."))
    assert any(str(controller.log_path) in text for text in texts)
