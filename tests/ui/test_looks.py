"""What can be seen: contrast of the themes, and where the keyboard is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from restorer.errors import InputError
from tests.ui.window.test_window import in_dialog
from ui.batch.recipe import RecipeForm
from ui.canvas.canvas import Canvas
from ui.dialogs import ErrorDialog, KeySheet, Losses, SettingsDialog, ask_to_discard
from ui.jobs import JobRunner
from ui.library.importing import ImportDialog
from ui.library.panel import ModelsPanel
from ui.library.table import COLUMNS
from ui.panels.export_dialog import ExportDialog
from ui.panels.project_dialogs import RecoveryDialog, ask_for_source, ask_to_replace
from ui.theme import DARK, LIGHT, Colours, ThemeManager
from ui.widgets import NumberField, indent
from ui.window.controller import Controller
from ui.wizard.curves import PLOT_PX, Chart
from ui.wizard.page import Choice, StepButton
from ui.wizard.wizard import TrainWizard

TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
LEAST_SEEN = 30  # pixels that show the focus


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance of pixels (..., 3) of 0..255, red first."""
    v = pixels / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Contrast ratios of two luminances."""
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def rgb(colour: QColor) -> np.ndarray:
    """Red, green, blue of 0..255."""
    return np.array([colour.red(), colour.green(), colour.blue()])


def ratio(one: str, other: str) -> float:
    """Contrast of two colours."""
    first, second = (luminance(rgb(QColor(name))) for name in (one, other))
    return float(contrast(first, second))


def picture(widget: QWidget) -> np.ndarray:
    """A widget as it is drawn now, (H, W, 3)."""
    QApplication.processEvents()
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(float)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_the_colours_of_a_theme_can_be_told_apart(colours: Colours) -> None:
    assert all(value.startswith("#") for value in astuple(colours))
    for ground in (colours.window, colours.panel, colours.raised, colours.field, colours.selection):
        assert ratio(colours.text, ground) >= TEXT  # that of a progress bar stands on the selection
    for ground in (colours.window, colours.panel, colours.raised, colours.field):
        assert ratio(colours.muted, ground) >= TEXT
        assert ratio(colours.focus, ground) >= GRAPHICS
        for tone in (colours.good, colours.warning, colours.danger):
            assert ratio(tone, ground) >= TEXT
    assert ratio(colours.accent_text, colours.accent) >= TEXT
    assert ratio(colours.text, colours.accent) >= GRAPHICS  # the ring of a focused button in the accent
    assert ratio(colours.focus, colours.border) >= GRAPHICS
    assert ratio(colours.grip, colours.panel) >= GRAPHICS
    assert ratio(colours.grip, colours.field) >= GRAPHICS


def unseen(top: QWidget) -> list[str]:
    """The controls of a window that the Tab key reaches and that look the same with the focus."""
    missed = []
    top.activateWindow()
    for widget in top.findChildren(QWidget):
        wanted = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if not wanted or not widget.isVisible() or not widget.isEnabled() or isinstance(widget, Canvas):
            continue
        shown = widget.parentWidget() if isinstance(widget.parentWidget(), QAbstractSpinBox) else widget
        assert shown is not None
        top.setFocus()
        before = picture(shown)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        after = picture(shown)
        ratios = contrast(luminance(before), luminance(after))
        if (ratios >= GRAPHICS).sum() < LEAST_SEEN:
            missed.append(f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()}")
    return missed


def hold_focus(top: QWidget) -> QWidget:
    """The window, able to take the focus from its controls."""
    top.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    top.show()
    return top


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_every_control_shows_that_it_has_the_focus(
    choice: str, make_controller: Callable[..., Controller], photo_path: Path, qtbot
) -> None:
    controller = make_controller()
    controller.theme.choose(choice)
    window = controller.window
    window.resize(1280, 900)
    hold_focus(window)
    assert unseen(window) == []  # the welcome
    controller.files.open_paths([photo_path])
    qtbot.waitUntil(lambda: controller.session is not None and controller.session.rested)
    for tab in range(window.work_tabs.count()):
        window.work_tabs.setCurrentIndex(tab)
        assert unseen(window) == []
    session = controller.session
    assert session is not None
    for dialog in (
        ExportDialog(session, controller.store.value, window),
        SettingsDialog(controller.store.value, window),
        KeySheet(window),
    ):
        assert unseen(hold_focus(dialog)) == []
        dialog.reject()
        dialog.deleteLater()


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_parts_of_other_windows_show_the_focus(choice: str, theme: ThemeManager, qtbot) -> None:
    theme.choose(choice)
    top = QWidget()
    qtbot.addWidget(top)
    card, step = Choice("Quick", "A few minutes", theme), StepButton(1, "Photographs", theme)
    card.setChecked(True)
    step.set_state("now", True)
    column = QVBoxLayout(top)
    for part in (card, step, RecipeForm(theme)):
        column.addWidget(part)
    assert unseen(hold_focus(top)) == []


def test_numbers_stand_off_the_border_of_their_field(theme: ThemeManager, qtbot) -> None:
    real, whole, text = QDoubleSpinBox(), NumberField(), QLineEdit("8")
    indent(real)
    starts = []
    for field in (real, whole, text):
        qtbot.addWidget(field)
        field.resize(120, 26)
        field.show()
        inside = luminance(picture(field))[6:-6, 2:60]
        starts.append(int(np.argmax((np.abs(inside - inside[0, 0]) > 0.2).any(0))))
    assert min(starts) >= 4 and max(starts) - min(starts) <= 2


def test_a_scroll_area_with_the_focus_moves_nothing(theme: ThemeManager, qtbot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    inner = QPushButton("x")
    area.setWidget(inner)
    area.show()
    before = inner.mapTo(area, inner.rect().topLeft())
    area.setFocus()
    QApplication.processEvents()
    assert inner.mapTo(area, inner.rect().topLeft()) == before


def test_long_names_of_left_work_end_in_dots_and_nothing_is_scrolled_sideways(
    theme: ThemeManager, tmp_path: Path, qtbot
) -> None:
    name = "grandmother and grandfather before the house, summer of 1931, print number 12 " * 3
    record = SimpleNamespace(path=str(tmp_path / ("folder" * 40) / name), name=name)
    state = SimpleNamespace(source=record, history=[1, 2])
    left = SimpleNamespace(changed=datetime(2026, 5, 4, tzinfo=UTC))
    work = [SimpleNamespace(left=left, found=SimpleNamespace(state=state, project=None), trouble="")]
    dialog = RecoveryDialog(work, theme)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    area = dialog.findChildren(QScrollArea)[0]
    inner = area.widget()
    assert inner is not None
    assert inner.width() <= area.viewport().width() and inner.height() <= area.viewport().height()
    tips = {label.toolTip() for label in inner.findChildren(QLabel)}
    assert {name, str(Path(record.path).parent)} <= tips


def test_a_question_counts_the_photographs_that_it_does_not_name() -> None:
    names = ("a.png", "b.png", "c.png", "d.png", "e.png")
    assert "a.png, b.png, c.png and 2 more was" in Losses(names).sentences()[0][0]
    assert "a.png, b.png, c.png was" in Losses(names[:3]).sentences()[0][0]


def test_enter_does_not_replace_a_project(controller: Controller, qtbot) -> None:
    in_dialog(QMessageBox, lambda box: qtbot.keyClick(box, Qt.Key.Key_Return))
    assert not ask_to_replace("a.restorer", controller.window)


def test_the_title_of_a_curve_is_never_cut_off(theme: ThemeManager, qtbot) -> None:
    chart = Chart("Losses while learning, 1 = at the start (less is better)", theme)
    qtbot.addWidget(chart)
    chart.resize(220, 260)
    chart.show()
    title = next(label for label in chart.findChildren(QLabel) if label.text().startswith("Losses"))
    wanted = title.fontMetrics().boundingRect(0, 0, 220, 999, int(Qt.TextFlag.TextWordWrap), title.text())
    assert wanted.height() <= title.height() and wanted.width() <= title.width()


def test_the_history_says_what_is_kept_and_not_that_nothing_is(opened: Controller, qtbot) -> None:
    panel = opened.window.history
    said = panel.findChildren(QLabel, "muted")[0]
    qtbot.waitUntil(lambda: said.text() == "Nothing was changed yet.")
    session = opened.session
    assert session is not None
    session.find_damage()
    qtbot.waitUntil(lambda: said.text() == "1 step")
    session.document.undo()
    qtbot.waitUntil(lambda: said.text().startswith("0 steps, "))


def test_the_training_window_fits_a_screen_1024_pixels_wide(
    runner: JobRunner, theme: ThemeManager, qtbot
) -> None:
    wizard = TrainWizard(runner, theme)
    qtbot.addWidget(wizard)
    wizard.show()
    try:
        assert wizard.minimumSizeHint().width() <= 1024 and wizard.minimumSizeHint().height() <= 700
    finally:
        wizard.shut_down()


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_no_page_of_the_training_scrolls_sideways_in_1024_pixels(
    language: str, request: pytest.FixtureRequest, runner: JobRunner, theme: ThemeManager, qtbot
) -> None:
    if language == "chinese":
        request.getfixturevalue("chinese")
    wizard = TrainWizard(runner, theme)
    qtbot.addWidget(wizard)
    wizard.resize(1024, 700)
    wizard.show()
    try:
        for page, choice in (
            (wizard.goal, wizard.goal.repair),
            (wizard.goal, wizard.goal.detect),
            (wizard.plan, wizard.plan.presets["balanced"]),
            (wizard.plan, wizard.plan.presets["custom"]),
        ):
            wizard._show(wizard.pages.index(page))
            choice.click()
            QApplication.processEvents()
            area = wizard.stack.currentWidget()
            assert isinstance(area, QScrollArea) and wizard.width() == 1024
            assert page.width() == area.viewport().width()
    finally:
        wizard.shut_down()


def test_no_curve_of_a_training_is_cut_off_in_a_low_window(
    runner: JobRunner, theme: ThemeManager, qtbot
) -> None:
    wizard = TrainWizard(runner, theme)
    qtbot.addWidget(wizard)
    wizard.resize(1024, 700)
    wizard.show()
    try:
        page = wizard.train
        wizard._show(wizard.pages.index(page))
        page.notice.say("What was learnt is kept.")
        charts = (page.losses, page.gain, page.likeness)
        for chart in charts:
            chart.extend("your photographs", [1.0, 2.0], [1.0, 2.0])
            chart.extend("shipped pictures", [1.0, 2.0], [1.0, 2.0])
        QApplication.processEvents()
        assert wizard.height() == 700
        for chart in charts:
            assert chart.plot.height() >= PLOT_PX and chart.rect().contains(chart.plot.geometry())
        for above, below in itertools.pairwise(charts):
            assert above.geometry().bottom() < below.y()
    finally:
        wizard.shut_down()


@pytest.mark.parametrize("width", [1280, 1024, 800])
def test_titles_and_facts_of_models_have_room(
    width: int, runner: JobRunner, theme: ThemeManager, qtbot
) -> None:
    panel = ModelsPanel(runner, theme)
    qtbot.addWidget(panel)
    panel.resize(width, 700)
    panel.show()
    panel.select({panel.rows.models[0].id})
    QApplication.processEvents()
    header = panel.table.horizontalHeader()
    shown = [name for column, name in enumerate(COLUMNS) if not panel.table.isColumnHidden(column)]
    assert panel.width() == width and header.sectionSize(COLUMNS.index("title")) >= 150
    assert {"title", "task", "score"} <= set(shown) and (width < 1280 or len(shown) == len(COLUMNS))
    assert header.length() <= panel.table.viewport().width()
    page = panel.facts.findChildren(QScrollArea)[0]
    inner = page.widget()
    assert inner is not None and inner.width() <= page.viewport().width()
    panel.shut_down()


def test_the_sheet_of_keys_is_not_cut_by_a_small_window(qtbot) -> None:
    small = QWidget()
    qtbot.addWidget(small)
    small.resize(500, 300)
    sheet = KeySheet(small)
    area = sheet.findChildren(QScrollArea)[0]
    inner, screen = area.widget(), sheet.screen().availableSize()
    assert inner is not None
    wanted = inner.sizeHint()
    assert sheet.width() >= min(wanted.width(), screen.width() * 0.94)
    assert sheet.height() >= min(wanted.height(), screen.height() * 0.94) - 1


LONG = "scan_" + "a" * 200 + ".png"


def questions(window: QWidget) -> list[Callable[[], object]]:
    """Everything that asks or tells with the name of a file."""
    return [
        lambda: ask_to_discard(Losses((LONG,)), window),
        lambda: ask_to_replace(LONG, window),
        lambda: ask_for_source(f"{LONG} is gone.", "", "", window),
    ]


def cut_off(top: QWidget) -> list[str]:
    """Labels with a word that is wider than they are."""
    return [
        label.text()
        for label in top.findChildren(QLabel)
        for word in re.split("[\\s\u200b]+", label.text())
        if label.isVisible()
        and label.buddy() is None
        and label.fontMetrics().horizontalAdvance(word) > label.width() + 1
    ]


def test_names_without_a_space_are_wrapped_and_make_no_dialog_wider(opened: Controller, qtbot) -> None:
    for ask in questions(opened.window):
        seen: list[list[str]] = []
        in_dialog(QMessageBox, lambda box, seen=seen: (seen.append(cut_off(box)), box.reject()))
        assert not ask() and seen == [[]]
    error = InputError(f"'{LONG}' is not a photograph.", "Scan it again.")
    for dialog in (
        ErrorDialog("Open", error, "", None, opened.theme, opened.window),
        ImportDialog(Path(LONG).with_suffix(".safetensors"), opened.window),
    ):
        dialog.show()
        QApplication.processEvents()
        assert cut_off(dialog) == [] and dialog.width() < 700
        dialog.reject()
        dialog.deleteLater()


def test_the_dialog_of_an_error_begins_at_its_close_button(opened: Controller, tmp_path: Path) -> None:
    error = InputError("It cannot be opened.", "Scan it again.")
    dialog = ErrorDialog("Open", error, "", tmp_path / "log.txt", opened.theme, opened.window)
    dialog.show()
    QApplication.processEvents()
    assert dialog.focusWidget() is dialog.close_button
    dialog.reject()
    dialog.deleteLater()


def test_a_hint_that_has_no_room_is_whole_in_its_tool_tip(controller: Controller) -> None:
    controller.window.status.show_hint("Drag around the damage, or click corners")
    assert "Drag around the damage, or click corners" in {
        label.toolTip() for label in controller.window.status.findChildren(QLabel)
    }


def test_recent_names_fit_the_welcome_and_keep_their_ampersands(opened: Controller, qtbot) -> None:
    welcome = opened.window.welcome
    welcome.show_recent([Path(LONG), Path("Smith & Sons.png")])
    buttons = [button for button in welcome.findChildren(QPushButton) if button.property("link")]
    assert [button.accessibleName() for button in buttons[-2:]] == [LONG, "Smith & Sons.png"]
    assert buttons[-1].text() == "Smith && Sons.png" and buttons[-2].sizeHint().width() < 800
