"""Languages: which there are, and loading one."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}


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
    if language == "en":
        return language
    qt = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if qt.load(f"qtbase_{language}", folder):
        app.installTranslator(qt)
    for part in ("models", "restorer"):  # windows about models have a file of their own
        ours = QTranslator(app)
        if ours.load(str(files("resources") / "translations" / f"{part}_{language}.qm")):
            app.installTranslator(ours)
    return language
