"""What must be true of the start and of what is shipped with the window."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtGui import QFontDatabase, QFontInfo, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QSlider, QWidget

from resources import linguist
from tests.ui.conftest import Stand, open_in, settle
from ui import i18n
from ui.actions.menus import MENUS, TOOL_BAR, TOOLS
from ui.actions.table import ACTIONS
from ui.theme import DARK, LIGHT, Colours
from ui.window.controller import Controller

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "resources" / "translations"


def test_the_window_is_shown_without_torch(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication(["restorer-gui"])
from ui.app import build
from ui.settings import SettingsStore
controller = build(app, SettingsStore(Path({str(tmp_path)!r})))
controller.window.show()
app.processEvents()
assert controller.window.isVisible()
heavy = [m for m in ("torch", "tifffile", "imagecodecs", "pillow_heif") if m in sys.modules]
controller.shut_down()
print("heavy:", heavy)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--version", "restorer-gui "),
        ("--help", "Usage: restorer-gui [--version] [--help] [FILES]..."),
        ("-h", "Usage: "),
    ],
)
def test_version_and_help_open_no_window(option: str, said: str) -> None:
    code = (
        "import ui.app\nui.app.build = lambda *_, **__: exit('a window')\n"
        f"raise SystemExit(ui.app.main(['restorer-gui', {option!r}]))"
    )
    away = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, env=away
    )
    assert done.returncode == 0 and done.stdout.startswith(said), done.stderr


def test_every_action_is_in_a_menu_or_bar_and_no_keys_are_used_twice() -> None:
    shown = {entry.rstrip("!") for _, entries in MENUS for entry in entries} | {
        entry.rstrip("!") for entry in (*TOOL_BAR, *TOOLS)
    }
    assert {spec.id for spec in ACTIONS} <= shown
    keys = [QKeySequence(k).toString() for spec in ACTIONS for k in spec.keys]
    assert all(keys) and len(keys) == len(set(keys))


def test_every_icon_of_the_table_exists() -> None:
    for spec in ACTIONS:
        assert not spec.icon or (ROOT / "resources" / "icons" / f"{spec.icon}.svg").is_file(), spec


def luminance(colour: str) -> float:
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, ground: str) -> float:
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(theme: Colours) -> None:
    """WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for icons (1.4.11)."""
    pairs = [
        (ink, ground)
        for ink in (theme.text, theme.muted, theme.good, theme.warning, theme.danger)
        for ground in (theme.window, theme.panel, theme.raised)
    ]
    pairs += [(theme.text, theme.field), (theme.text, theme.selection)]
    pairs += [(theme.accent_text, ground) for ground in (theme.accent, theme.accent_hover)]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast(theme.checked, theme.selection) >= 3


def test_every_control_has_a_name_and_the_keyboard_reaches_it(opened: Controller, qtbot) -> None:
    nameless = [
        widget
        for kind in (QAbstractButton, QComboBox, QSlider, QAbstractSpinBox)
        for widget in opened.window.findChildren(kind)
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and not widget.objectName().startswith("qt_")
        and not _inside(widget, ("QTabBar", "QToolBar", "QMenuBar"))
    ]
    assert not nameless, nameless


def _inside(widget: QWidget, kinds: tuple[str, ...]) -> bool:
    parent = widget.parentWidget()
    return parent is not None and parent.metaObject().className() in kinds


def _translation(message: ElementTree.Element) -> str:
    return message.findtext("translation/numerusform") or message.findtext("translation") or ""


@pytest.mark.parametrize("source", sorted(TRANSLATIONS.glob("*.ts")), ids=lambda p: p.stem)
def test_translations_are_complete_and_compile(source: Path, tmp_path: Path) -> None:
    tree = ElementTree.parse(source)
    unfinished = [
        message.findtext("source")
        for message in tree.iter("message")
        if message.find("translation").get("type") == "unfinished"  # type: ignore[union-attr]
        or not _translation(message)
    ]
    assert not unfinished
    translator = QTranslator()
    assert translator.load(str(linguist.compile_ts(source, tmp_path / "made.qm")))
    for context in tree.iter("context"):
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            source_text, wanted = message.findtext("source") or "", _translation(message)
            assert translator.translate(name, source_text) == wanted, (name, source_text)
            told, shown = (set(re.findall(r"\{\w*\}", text)) for text in (source_text, wanted))
            assert told == shown, source_text


def test_the_window_speaks_chinese(make_controller, photo_path: Path, qtbot, stand: Stand, qapp) -> None:
    controller = make_controller()
    i18n.install(qapp, "zh_CN")
    try:
        chinese = make_controller()
        i18n.install(qapp, "zh_CN")
        assert QCoreApplication.translate("Actions", "&Repair") == "修复(&R)"
        open_in(chinese, [photo_path], qtbot)
        chinese.session.find_damage()
        settle(chinese, qtbot)
        assert chinese.session.document.history == ["查找损坏"]
    finally:
        i18n.install(qapp, "en")
    assert controller.window.windowTitle() == "Restorer"


def test_chinese_is_not_drawn_with_the_forms_of_another_language(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFontDatabase, "hasFamily", lambda family: family == "Noto Sans CJK SC")
    usual = qapp.font()
    try:
        i18n.install(qapp, "en")
        assert qapp.font() == usual
        for _ in range(2):
            i18n.install(qapp, "zh_CN")
            assert qapp.font().families() == [QFontInfo(usual).family(), "Noto Sans CJK SC"]
        assert qapp.font().pointSizeF() == usual.pointSizeF()
    finally:
        qapp.setFont(usual)
        i18n.install(qapp, "en")


def test_system_languages_are_followed_as_far_as_there_are_any() -> None:
    assert i18n.language_for("zh_CN") == "zh_CN"
    assert i18n.language_for("system") in i18n.LANGUAGES
    assert i18n.language_for("klingon") in i18n.LANGUAGES


def test_every_text_of_the_window_is_in_the_translations() -> None:
    """Texts that tr() or translate() take from this package are in one of the .ts files."""
    sources = {
        message.findtext("source")
        for path in TRANSLATIONS.glob("*_zh_CN.ts")
        for message in ElementTree.parse(path).iter("message")
    }
    missing = []
    for path in (ROOT / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}.get(name)
            text = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(text, ast.Constant) and text.value not in sources:
                missing.append((path.name, text.value))
    assert not missing
