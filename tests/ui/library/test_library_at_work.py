"""The library while one of its jobs runs, and what it says where nothing can be compared."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.jobs import JobContext
from restorer.library import package, store as library
from restorer.library.weights import ModelEntry
from restorer.tiles import Box
from tests.training.tuning.support import parent
from tests.ui.library.test_models_panel import (  # noqa: F401 - fixtures
    choose,
    draw,
    own_library,
    panel,
    rest,
    small,
)
from ui.library import panel as models_panel
from ui.library.panel import ModelsPanel
from ui.window.controller import Controller


def test_keys_wait_for_the_import_as_buttons_do(
    panel: ModelsPanel,  # noqa: F811
    qtbot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began, stopped = threading.Event(), threading.Event()

    def slow(path: Path, options: object, ctx: JobContext) -> ModelEntry:
        began.set()
        try:
            while True:
                ctx.check()
        finally:
            stopped.set()

    monkeypatch.setattr(models_panel, "_import", slow)
    file = package.export("small-repair", tmp_path / "a.restorer-model")
    package.install_package(file, package.Told("other"))
    panel.refresh()
    panel.import_file(file).accept()
    qtbot.waitUntil(began.is_set)
    choose(qtbot, panel, "other")
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.waitUntil(panel.isActiveWindow)
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_F2):
        QTest.keyClick(panel.table, key)
        QApplication.processEvents()
        assert QApplication.activeModalWidget() is None
    entry = library.get("other")
    panel.delete("other")  # the question may have stood open before
    panel.rename(entry, "another")
    assert library.get("other") and panel.cancel_button.isVisible()
    panel._stop()
    rest(qtbot, panel)
    assert stopped.is_set()


def test_the_library_says_why_nothing_is_compared(make_controller, own_library: Path) -> None:  # noqa: F811
    controller: Controller = make_controller()
    parent()
    controller.models.show_library()
    library_window = controller.models.panel
    assert library_window is not None
    library_window.select({"repair", "small-repair"})
    library_window.buttons["compare"].click()
    assert "mark its damage first" in library_window.notice.text and controller.models._dialog is None


def test_what_is_not_visible_is_not_compared(opened: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(opened, Box(20, 20, 24, 24))
    monkeypatch.setattr(opened.window.canvas, "visible_box", lambda: Box(60, 60, 90, 90))
    assert opened.models.compare() is None
    assert "visible" in opened.window.toast.text()
