# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import ast
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.wizard_support import make_wizard, own_library  # noqa: F401 - fixtures
from ui.train_wizard import TrainWizard

UI = Path(__file__).parents[2] / "ui"
FILES = [
    UI / "train_wizard.py", UI / "curves.py", UI / "models_panel.py", UI / "compare_models.py",
    *sorted(UI.glob("wizard_*.py")), *sorted(UI.glob("model_*.py")),
]  # fmt: skip


def said(path: Path) -> set[str]:
    """Every text that is translated in a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = {"tr": 0, "translate": 1}.get(name)
        if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
            found.add(str(node.args[place].value))  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_everything_that_is_said_is_translated(path: Path) -> None:
    tree = Xml.parse(UI.parent / "resources" / "translations" / "models_zh_CN.ts")
    known = {
        message.findtext("source")
        for message in tree.iter("message")
        if message.findtext("translation") and message.find("translation").get("type") is None  # type: ignore[union-attr]
    }
    assert said(path) - known == set()


def test_the_wizard_speaks_chinese(chinese: None, make_wizard: Callable[[], TrainWizard]) -> None:
    wizard = make_wizard()
    assert wizard.windowTitle() == "用您自己的照片训练"
    assert [step.text() for step in wizard.steps] == ["照片", "目标", "计划", "训练", "结论"]
    assert wizard.next.text() == "下一步(&N)"
