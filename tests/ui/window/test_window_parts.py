"""Parts of the real window: the repair panel, panels that close, drops onto any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAccessible,
    QAction,
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFont,
    QKeySequence,
    QPalette,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from restorer.editing.surface import Surface
from restorer.image.reading import SUFFIXES, Photo
from restorer.image.saving import save_photo
from restorer.library.store import library
from restorer.library.weights import IMPORTED
from restorer.tiles import Box
from tests.ui.conftest import Stand, damaged_photo, open_in, settle
from tests.ui.window.test_window import CTRL, LEFT, in_dialog, press, tool_button
from ui.actions.table import ACTIONS
from ui.dialogs import ErrorDialog
from ui.documents.foreground import News
from ui.panels import repair_panel
from ui.panels.export_dialog import ExportDialog
from ui.panels.film_strip import THUMBNAIL_PX, THUMBNAIL_ROLE
from ui.theme import ThemeManager
from ui.widgets import muted, set_tone
from ui.window import file_actions
from ui.window.controller import Controller


def test_the_dialogs_offer_every_ending_that_is_read() -> None:
    assert file_actions.PATTERN.split() == [f"*{ending}" for ending in SUFFIXES]


def test_all_that_was_converted_is_told_at_once(controller: Controller, tmp_path: Path, qtbot) -> None:
    cmyk = Image.fromarray(damaged_photo()).convert("CMYK")
    cmyk.save(tmp_path / "a.tif", save_all=True, append_images=[cmyk])
    open_in(controller, [tmp_path / "a.tif"], qtbot)
    said = controller.window.toast.text()
    assert "Only the first of 2 pages was read." in said and "CMYK was converted" in said


def test_undone_steps_take_the_grey_of_the_theme(controller: Controller, tmp_path: Path, qtbot) -> None:
    save_photo(Photo(damaged_photo()), tmp_path / "a.png")
    open_in(controller, [tmp_path / "a.png"], qtbot)
    session, panel = controller.workspace.current, controller.window.history
    assert session is not None
    for _ in range(2):
        session.change_mask("Mark", lambda mask: Surface.from_array(~mask.to_array()))
    session.undo()
    found = []
    for theme in ("dark", "light"):
        controller.theme.choose(theme)
        settle(controller, qtbot)
        QApplication.processEvents()
        grey = panel.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        assert panel._list.item(2).foreground().color() == grey
        found.append(grey)
    assert found[0] != found[1]
    assert "1 step, " in panel._forgotten.text()


def test_what_an_export_could_not_keep_is_told(controller: Controller, tmp_path: Path, qtbot) -> None:
    save_photo(Photo(damaged_photo(), xmp=b"<damaged"), tmp_path / "a.png")
    open_in(controller, [tmp_path / "a.png"], qtbot)
    qtbot.mouseClick(tool_button(controller, "find"), LEFT)
    settle(controller, qtbot)
    press(controller, qtbot, Qt.Key.Key_R, CTRL)
    settle(controller, qtbot)
    in_dialog(ExportDialog, lambda dialog: qtbot.mouseClick(dialog.export_button, LEFT))
    controller.files.export()
    settle(controller, qtbot)
    said = controller.window.toast.text()
    assert "a-restored.png" in said and "XMP of the photograph is damaged" in said


def test_the_photograph_is_studied_if_the_panel_says_so_and_the_model_can(
    opened: Controller, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, panel = opened.session, opened.window.repair
    assert session is not None
    qtbot.mouseClick(tool_button(opened, "find"), LEFT)
    settle(opened, qtbot)
    slider = panel._study.findChild(QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    press(opened, qtbot, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: bool(session.repairs))
    settle(opened, qtbot)
    assert session.document.values["fill_settings"].study_steps == 40
    imported = [replace(entry, architecture=IMPORTED) for entry in library()]
    monkeypatch.setattr(repair_panel, "library", lambda: imported)
    panel.reload_models()
    assert not slider.isEnabled() and panel.settings.study_steps == 0


def test_what_study_brought_is_told_and_stays_in_the_panel(opened: Controller, stand: Stand, qtbot) -> None:
    session, window = opened.session, opened.window
    assert session is not None
    qtbot.mouseClick(tool_button(opened, "find"), LEFT)
    settle(opened, qtbot)
    note, nothing, some = window.repair._proof.note, "brought nothing", "12 % less error"
    for gain, steps, said in ((0.0, 20, nothing), (0.123, 40, some)):
        stand.study_gain = gain
        window.repair._study.show_value(steps)
        window.repair._seed.show_value(steps)
        opened.repair()
        settle(opened, qtbot)
        assert said in window.toast.text() and said in note.text()
    window.repair._study.show_value(20)  # the same pixels, which are no step
    stand.study_gain = 0.0
    opened.repair()
    settle(opened, qtbot)
    assert nothing in window.toast.text() and some in note.text()
    session.undo()
    settle(opened, qtbot)
    assert nothing in note.text()
    window.toast.say("")
    window.repair._study.show_value(0)
    window.repair._seed.show_value(7)
    opened.repair()
    settle(opened, qtbot)
    assert not window.toast.text() and "tudy" not in note.text() and session.repairs


def test_panels_that_were_closed_stay_closed_and_their_width_is_remembered(
    make_controller: Callable[..., Controller], photo_path: Path, qtbot
) -> None:
    first = make_controller()
    open_in(first, [photo_path], qtbot)
    look, work = first.window._docks[:2]
    qtbot.waitUntil(lambda: first.window._arranged)
    first.window.resize(1200, 760)
    first.window.resizeDocks([look, work], [420, 420], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: look.width() == 420)
    first.window.close()
    second = make_controller()
    open_in(second, [photo_path], qtbot)
    look, work = second.window._docks[:2]
    qtbot.waitUntil(lambda: look.width() == 420)
    look.toggleViewAction().trigger()
    second.workspace.show(None)
    second.workspace.show(photo_path)
    settle(second, qtbot)
    assert work.isVisible() and not look.isVisible()
    second.window.close()
    third = make_controller()
    open_in(third, [photo_path], qtbot)
    look, work = third.window._docks[:2]
    assert work.isVisible() and not look.isVisible()
    look.toggleViewAction().trigger()
    assert look.isVisible()


def test_the_window_stays_as_narrow_as_it_was_made_while_something_runs(opened: Controller, qtbot) -> None:
    window = opened.window
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.width() == 900)
    gpu = "NVIDIA GeForce RTX 4090 Laptop GPU with a long name"
    window.status.show_device(gpu)
    window.status.show_news(News("Several ways to fill", 0.4, 100))
    QApplication.processEvents()
    assert window.width() == 900 and window.minimumSizeHint().width() <= 900
    assert window.status._what.width() >= 40 and gpu in window.status._device.toolTip()
    window.status.show_device("Processor (CPU), 1 thread")
    assert window.status._device.text() == "Processor (CPU), 1 thread"


def test_a_drop_on_any_part_of_the_window_opens_files_and_folders(opened: Controller, qtbot) -> None:
    window, folder = opened.window, opened.session.path.parent  # type: ignore[union-attr]
    targets = [window.canvas, window.film_strip.viewport(), window.detection._list.viewport()]
    targets += [window.navigator, window.menuBar(), window.status, window.detection._smallest._number]
    for i, target in enumerate(targets):
        path = folder / f"inbox {i}" / "sub" / f"drop {i}.png"
        path.parent.mkdir(parents=True)
        assert cv2.imwrite(str(path), damaged_photo())
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(folder / f"inbox {i}"))])
        at = target.mapTo(window, target.rect().center())
        rest = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
        handle = window.windowHandle()  # gets what the system sends, and finds the widget
        QApplication.sendEvent(handle, QDragEnterEvent(at, *rest))
        QApplication.sendEvent(handle, QDropEvent(QPointF(at), *rest))
        qtbot.waitUntil(lambda path=path: opened.session.path == path)  # type: ignore[union-attr]
    settle(opened, qtbot)


def test_brush_and_colours_are_remembered(make_controller: Callable[..., Controller], qtbot) -> None:
    first = make_controller()
    canvas = first.window.canvas
    canvas.brush_size, canvas.brush_hardness = 77, 0.3
    canvas.overlay_colour, canvas.protect_colour = QColor("#123456"), QColor("#654321")
    first.shut_down()
    canvas = make_controller().window.canvas
    assert (canvas.brush_size, canvas.brush_hardness) == (77, 0.3)
    assert (canvas.overlay_colour.name(), canvas.protect_colour.name()) == ("#123456", "#654321")
    usual = make_controller(overlay_colour="pink?", protect_colour="").window.canvas
    assert usual.overlay_colour.isValid() and usual.protect_colour.isValid() and usual.brush_size == 77


def test_who_walks_along_the_regions_goes_on_from_there_when_the_mask_changes(
    opened: Controller, qtbot
) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    canvas, panel = opened.window.canvas, opened.window.detection
    panel._list.setFocus()
    qtbot.keyClick(panel._list, Qt.Key.Key_Down)
    qtbot.keyClick(panel._list, Qt.Key.Key_Down)
    chosen, view = panel._regions.regions[panel._list.currentIndex().row()], canvas.view
    assert canvas.document is not None
    with canvas.document.edit("Brush stroke") as tx:  # the largest region, above the chosen one
        tx.patch("mask", Box(0, 0, 30, 300), np.full((30, 300), 255, np.uint8))
    settle(opened, qtbot)
    place = panel._list.currentIndex()
    assert place.isValid() and panel._regions.regions[place.row()] == chosen and canvas.view == view
    opened.window.tool_options.clear()
    settle(opened, qtbot)
    assert not panel._list.currentIndex().isValid()


def test_undo_in_the_number_of_a_slider_is_that_of_the_window(opened: Controller, qtbot) -> None:
    press(opened, qtbot, Qt.Key.Key_D, CTRL)
    settle(opened, qtbot)
    session, number = opened.session, opened.window.detection._sensitivity._number
    assert session is not None
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "70")
    qtbot.keyClick(number, Qt.Key.Key_Z, CTRL)  # takes back what was typed
    assert len(session.document.history) == 1 and number.hasFocus()
    number.selectAll()
    qtbot.keyClicks(number, "70")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    settle(opened, qtbot)
    assert session.mask_settings.sensitivity == 0.7
    qtbot.keyClick(number, Qt.Key.Key_Z, CTRL)
    settle(opened, qtbot)
    assert session.mask_settings.sensitivity == 0.5 and number.value() == 50


def test_screen_readers_hear_no_tags_and_what_a_tool_does(opened: Controller, qtbot) -> None:
    window = opened.window
    read = {
        what.text(QAccessible.Text.Name): what.text(QAccessible.Text.Description)
        for button in window.findChildren(QAbstractButton)
        if button.focusPolicy() and (what := QAccessible.queryAccessibleInterface(button)) is not None
    }
    assert not [(name, text) for name, text in read.items() if not name or "<" in text]
    assert read["Open"] == "Open photographs (Ctrl+O)"
    assert read["Lasso"] == f"{window.canvas.tools['lasso'].hint} (L)"


@pytest.fixture
def large_font(qapp: QApplication) -> Iterator[None]:
    """Letters twice as large as usual."""
    usual = qapp.font()
    font = QFont(usual)
    font.setPointSizeF(2 * usual.pointSizeF())
    qapp.setFont(font)
    yield
    qapp.setFont(usual)


def heard(widget: QWidget, kind: QAccessible.Text = QAccessible.Text.Description) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(kind)


def test_screen_readers_hear_what_an_export_will_be_and_why_it_cannot(opened: Controller, qtbot) -> None:
    said: list[str] = []

    def act(dialog: ExportDialog) -> None:
        said.append(heard(dialog.export_button))
        dialog._template.setText("{nme}")
        said.extend((heard(dialog._template), heard(dialog._folder)))
        dialog._template.setText("x")
        said.append(heard(dialog._folder))
        dialog.reject()

    assert in_dialog(ExportDialog, act) == []
    opened.files.export()
    assert "scan-restored.png" in said[0] and "Every pixel outside the mask" in said[0]
    assert "unknown field {nme}" in said[1] and said[1] == said[2] and "unknown" not in said[3]


def test_an_export_that_cannot_be_is_told_before_it_is_ordered(
    controller: Controller, tmp_path: Path, qtbot
) -> None:
    scan = Photo(damaged_photo(), xmp=b"x" * 70_000)
    save_photo(scan, tmp_path / "scan.png")
    open_in(controller, [tmp_path / "scan.png"], qtbot)
    said: list[tuple[str, bool]] = []

    def act(dialog: ExportDialog) -> None:
        for metadata in ("all", "none"):
            dialog._format.setCurrentIndex(dialog._format.findData("JPEG"))
            dialog._metadata.setCurrentIndex(dialog._metadata.findData(metadata))
            said.append((dialog._target.text(), dialog.export_button.isEnabled()))
        dialog.reject()

    in_dialog(ExportDialog, act)
    controller.files.export()
    assert "cannot hold this much EXIF" in said[0][0] and not said[0][1]
    assert said[1] == ("New file: scan-restored.jpg", True)


def test_screen_readers_hear_which_photographs_have_work(opened: Controller, other_path: Path, qtbot) -> None:
    strip, session = opened.window.film_strip, opened.session
    assert session is not None and session.path is not None
    opened.files.open_paths([session.path, other_path])
    session.find_damage()
    settle(opened, qtbot)
    session.repair()
    settle(opened, qtbot)
    tiles = QAccessible.queryAccessibleInterface(strip)
    names = [tiles.child(row).text(QAccessible.Text.Name) for row in range(2)]
    assert names == ["scan.png, work not saved", "other.png"]
    session.undo()
    session.undo()
    assert tiles.child(0).text(QAccessible.Text.Name) == "scan.png"


def test_the_thumbnail_follows_the_photograph_that_is_read_again(
    opened: Controller, photo_path: Path, other_path: Path, qtbot
) -> None:
    strip = opened.window.film_strip
    open_in(opened, [other_path, photo_path], qtbot)
    photo_path.unlink()
    save_photo(Photo(np.full((60, 30, 3), 200, np.uint8)), photo_path)
    strip.set_current(photo_path)
    qtbot.waitUntil(lambda: opened.session is not None and opened.session.path == photo_path)
    strip.grab()
    settle(opened, qtbot)
    shown = strip.model().index(0, 0).data(THUMBNAIL_ROLE)
    assert shown.height() == 2 * shown.width()


@pytest.mark.parametrize("top", [0, 1, 100])
def test_a_mask_that_marks_nothing_is_told(
    top: int, opened: Controller, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened.session
    assert session is not None
    drawn = np.zeros((session.photo.height, session.photo.width), np.uint8)
    drawn[10:20] = top
    cv2.imwrite(str(tmp_path / "m.png"), drawn)
    monkeypatch.setattr(
        "ui.window.mask_actions.QFileDialog.getOpenFileName", lambda *_: (str(tmp_path / "m.png"), "")
    )
    said: list[str] = []

    def read(dialog: ErrorDialog) -> None:
        said.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.accept()

    in_dialog(ErrorDialog, read)
    opened.actions["mask_import"].trigger()
    settle(opened, qtbot)
    assert any("marks nothing" in text for text in said) and session.document.history == []


def test_an_infrared_channel_without_damage_is_told(controller: Controller, tmp_path: Path, qtbot) -> None:
    clear = np.full((90, 120), 50000, np.uint16)
    save_photo(Photo(np.full((90, 120, 3), 30000, np.uint16), infrared=clear), tmp_path / "scan.tif")
    open_in(controller, [tmp_path / "scan.tif"], qtbot)
    controller.actions["infrared"].trigger()
    settle(controller, qtbot)
    assert "shows no damage" in controller.window.toast.text()
    assert controller.session is not None and controller.session.document.history == []


def test_large_letters_are_not_cut_off(
    large_font: None, make_controller: Callable[..., Controller], photo_path: Path, qtbot
) -> None:
    controller = make_controller()
    open_in(controller, [photo_path], qtbot)
    window = controller.window
    for i in range(window.work_tabs.count()):
        window.work_tabs.setCurrentIndex(i)
        QApplication.processEvents()
        page = window.work_tabs.widget(i)
        for widget in (*page.findChildren(QPushButton), *page.findChildren(QSpinBox)):
            assert widget.height() >= widget.fontMetrics().height() + 4, widget
        for number in page.findChildren(QSpinBox, "number"):
            number.setEnabled(True)
            longest = f"{number.maximum() - 1}{number.suffix()}"
            assert number.width() >= number.fontMetrics().horizontalAdvance(longest) + 6, longest
    strip = window.film_strip
    place = strip.visualRect(strip.currentIndex())
    assert place.height() >= THUMBNAIL_PX + strip.fontMetrics().height() and strip.height() > place.height()


def mnemonics(*texts: str) -> list[str]:
    return [key for text in texts if (key := QKeySequence.mnemonic(text).toString())]


def menus_of(actions: Sequence[QAction]) -> Iterator[Sequence[QAction]]:
    """These actions, and those of every menu below them."""
    yield actions
    for action in actions:
        if isinstance(menu := action.menu(), QMenu):
            yield from menus_of(menu.actions())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_two_mnemonics_of_what_is_seen_together_are_the_same(
    make_controller: Callable[..., Controller], qtbot, request: pytest.FixtureRequest, language: str
) -> None:
    if language != "en":
        request.getfixturevalue("chinese")
    window = make_controller(language=language).window
    bar = window.menuBar().actions()
    for actions in menus_of(bar):
        keys = mnemonics(*(action.text() for action in actions))
        assert len(set(keys)) == len(keys), [action.text() for action in actions]
    for i in range(window.work_tabs.count()):
        page = window.work_tabs.widget(i)
        named = [label.text() for label in page.findChildren(QLabel) if label.buddy() is not None]
        named += [button.text() for button in page.findChildren(QAbstractButton)]
        keys = mnemonics(*(action.text() for action in bar), *named)
        assert len(set(keys)) == len(keys), named


def test_no_two_shortcuts_are_the_same_keys_of_an_american_keyboard() -> None:
    """There + is typed with Shift, and two shortcuts that match the same keys do nothing at all."""
    shifted = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
    used: dict[tuple[frozenset[str], str], str] = {}
    for spec in ACTIONS:
        for keys in spec.keys:
            last = "+" if keys.endswith("+") else keys.split("+")[-1]
            held = {*keys.removesuffix(last).split("+"), *(["Shift"] if last in shifted else [])} - {""}
            place = frozenset(held), shifted.get(last, last)
            assert place not in used, (spec.id, used[place])
            used[place] = spec.id


@pytest.mark.parametrize("tone", ["good", "warning", "danger"])
def test_small_print_takes_the_colour_of_what_it_tells(theme: ThemeManager, tone: str, qtbot) -> None:
    label = muted("The disk is full.")
    qtbot.addWidget(label)
    for said, colour in (("", theme.colours.muted), (tone, getattr(theme.colours, tone))):
        set_tone(label, said)
        label.ensurePolished()
        assert label.palette().color(label.foregroundRole()) == QColor(colour)
