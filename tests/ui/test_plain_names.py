"""Names are said without their mnemonics, which Chinese has in brackets."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from restorer.errors import InputError
from tests.ui.batch.support import Window
from ui.widgets import plain_text
from ui.window.controller import Controller


def test_names_in_the_batch_window(chinese: None, window: Window) -> None:
    names = [widget.accessibleName() for widget in window.panel.findChildren(QWidget)]
    assert any(names) and not [name for name in names if "&" in name or re.search(r"\([A-Z]\)", name)]


def test_tips_in_the_batch_window(chinese: None, window: Window) -> None:
    for page in (window.panel.page, window.panel.triage):
        with_keys = [action for action in page.findChildren(QAction) if action.toolTip().startswith("<b>")]
        assert with_keys
        for action in with_keys:
            assert action.toolTip().startswith(f"<b>{plain_text(action.text())} (")


def test_a_picture_that_cannot_be_pasted(
    chinese: None, make_controller: Callable[..., Controller], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = make_controller(language="zh_CN")
    titles: list[str] = []
    monkeypatch.setattr(controller, "show_failure", lambda title, _: titles.append(title))

    def fail(_: QImage) -> None:
        raise InputError("no", "no")

    monkeypatch.setattr(controller.workspace, "keep_pasted", fail)
    QGuiApplication.clipboard().setImage(QImage(2, 2, QImage.Format.Format_RGB32))
    controller.actions["paste"].trigger()
    assert titles == ["粘贴图片"]
