from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from pathlib import Path

import pytest

from restorer.library.weights import shipped
from training.measuring.verdict import Comparison, judge
from ui.library.table import told_score
from ui.wizard.wizard import TrainWizard

UI = Path(__file__).parents[3] / "ui"
FILES = [
    *sorted(UI.glob("wizard/*.py")),
    *sorted(UI.glob("library/*.py")),
    UI / "window" / "model_actions.py",
]


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


def test_what_a_training_measured_is_told_in_chinese(chinese: None) -> None:
    measured = [
        Comparison(name, unit, 9, 20.1, 20.52, 0.2, 0.6, 0.05, 8)
        for name, unit in (
            ("your photographs, PSNR in the hole", "dB"), ("replay set, F1 within 2 px", ""),
            ("your photographs at detail 0.8, PSNR in the hole", "dB"),
        )
    ]  # fmt: skip
    told = [told_score(*score) for score in judge(measured[0], measured[1:]).as_scores().items()]
    assert told[0] == (
        "您的照片，破洞内 PSNR",
        "20.10 → 20.52 dB（+0.42，95 % 区间 +0.20 至 +0.60；9 张照片，其中 8 张变好）",
    )
    assert len(told) == 3 and not [text for pair in told for text in pair if re.search("[a-z]{3}", text)]


def test_what_the_shipped_models_measured_is_told_in_chinese(chinese: None) -> None:
    told = [told_score(*score) for entry in shipped() for score in entry.scores.items()]
    english = re.compile(r"(?!HaarPSI|PSNR|Telea|dB|ms_)\b[A-Za-z]{3}")
    assert len(told) > 20 and not [text for pair in told for text in pair if english.search(text)]
    assert "划痕：细节 0 时破洞内 PSNR（Telea）" in dict(told)
