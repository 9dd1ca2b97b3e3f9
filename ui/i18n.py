"""Languages: which there are, and loading one."""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication

from resources import linguist
from ui import core_texts

log = logging.getLogger(__name__)

LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}
# With the forms of Simplified Chinese; a system in another language falls back to the Japanese ones.
SIMPLIFIED = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei UI", "PingFang SC")


def language_for(choice: str) -> str:
    """The language to show: the one chosen, or the first of the system's that there is."""
    if choice in LANGUAGES:
        return choice
    for wanted in QLocale.system().uiLanguages():
        locale = QLocale(wanted)
        if locale.language() == QLocale.Language.Chinese:
            return "zh_CN"
        if locale.language() == QLocale.Language.English:
            return "en"
    return "en"


def install(app: QApplication, choice: str) -> str:
    """Load the translations for `choice` ("system" or a key of `LANGUAGES`); returns the language."""
    language = language_for(choice)
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    QLocale.setDefault(QLocale(language))
    core_texts.use(None)
    if language == "en":
        return language
    _take_font(app)
    qt = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if qt.load(f"qtbase_{language}", folder):
        app.installTranslator(qt)
    for part in ("core", "models", "restorer"):  # what the core says and windows about models have their own
        compiled, ours = _compiled(part, language), QTranslator(app)
        if compiled and ours.load(str(compiled)):
            app.installTranslator(ours)
    core_texts.use(_source("core", language), lambda text: QCoreApplication.translate("Core", text))
    return language


def _take_font(app: QApplication) -> None:
    """What the font of the system lacks comes from one for Simplified Chinese, where there is one."""
    font = app.font()
    found = next(filter(QFontDatabase.hasFamily, SIMPLIFIED), None)
    if found is not None and found not in font.families():
        # By its real name: an alias such as "Sans Serif" stands for whatever has the Chinese letters.
        font.setFamilies([QFontInfo(font).family(), found])
        app.setFont(font)


def _source(part: str, language: str) -> Path:
    return linguist.FOLDER / f"{part}_{language}.ts"


def _compiled(part: str, language: str) -> Path | None:
    """The compiled translation of a part; None, and with it English, where none can be had."""
    cache = Path(platformdirs.user_cache_dir("restorer", appauthor=False)) / "translations"
    try:
        return linguist.compiled(_source(part, language), cache)
    except linguist.LinguistError as error:
        log.warning("no translation: %s", error)
        return None
