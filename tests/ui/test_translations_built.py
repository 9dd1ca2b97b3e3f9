"""Translations are compiled by the build, and by the window where nothing was built."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication

from resources import linguist
from ui import core_texts, i18n

SOURCES = sorted(linguist.FOLDER.glob("*.ts"))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "translations"
    folder.mkdir()
    for source in SOURCES:
        shutil.copy(source, folder)
    return folder


def test_the_build_compiles_all_translations(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    build = tomllib.loads((root / "pyproject.toml").read_text())["build-system"]
    assert any(need.startswith("PySide6-Essentials") for need in build["requires"])
    monkeypatch.syspath_prepend(str(root / build["backend-path"][0]))
    backend = runpy.run_path(str(root / build["backend-path"][0] / f"{build['build-backend']}.py"))
    compiled: list[Path] = []
    monkeypatch.setitem(backend["build_wheel"].__globals__, "compile_all", lambda: compiled.append(sources))
    for name in ("build_wheel", "build_editable"):
        monkeypatch.setattr(backend["build_meta"], name, lambda *given, **named: "made.whl")
        assert backend[name]("folder") == "made.whl"
    assert compiled == [sources, sources]
    built = linguist.compile_all(sources)
    assert [path.stem for path in built] == [source.stem for source in SOURCES]
    assert all(QTranslator().load(str(path)) for path in built)


def test_what_was_built_is_taken_until_its_text_is_edited(sources: Path, tmp_path: Path) -> None:
    source, cache = sources / SOURCES[0].name, tmp_path / "cache"
    made = linguist.compiled(source, cache)
    assert made.parent == cache and made.is_file()
    assert linguist.compiled(source, cache) == made and len(list(cache.iterdir())) == 1
    built = linguist.compile_ts(source, source.with_suffix(".qm"))
    os.utime(source, (1, 1))
    assert linguist.compiled(source, cache) == built
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("请重新复制或扫描。", "请再扫描一次。"), encoding="utf-8")
    os.utime(built, (1, 1))
    edited = linguist.compiled(source, cache)
    assert edited.parent == cache and edited != made


def test_a_file_that_is_no_translation_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "broken_zh_CN.ts"
    source.write_text("<TS><context>", encoding="utf-8")
    with pytest.raises(linguist.LinguistError, match="broken_zh_CN"):
        linguist.compile_ts(source, tmp_path / "cache" / "broken.qm")
    assert not any((tmp_path / "cache").iterdir())


def test_without_a_compiler_the_window_speaks_english(
    qapp: QApplication,
    sources: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(linguist, "FOLDER", sources)
    monkeypatch.setattr(linguist, "find_spec", lambda name: None)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *given, **named: str(tmp_path / "cache"))
    try:
        assert i18n.install(qapp, "zh_CN") == "zh_CN"
        assert QCoreApplication.translate("Actions", "&Repair") == "&Repair"
        assert core_texts.told("There is no file 'x'.") == "There is no file 'x'."
        assert "lrelease is not there" in caplog.text
        caplog.clear()
    finally:
        i18n.install(qapp, "en")


def test_a_checkout_that_was_never_built_speaks_chinese(
    qapp: QApplication, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linguist, "FOLDER", sources)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *given, **named: str(tmp_path / "cache"))
    try:
        i18n.install(qapp, "zh_CN")
        assert QCoreApplication.translate("Actions", "&Repair") == "修复(&R)"
        assert len(list((tmp_path / "cache").rglob("*.qm"))) == len(SOURCES)
    finally:
        i18n.install(qapp, "en")


def test_the_build_goes_on_where_the_compiler_cannot_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(linguist.__file__).parent
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "linguist", raising=False)
    backend = runpy.run_path(str(folder / "build_backend.py"))

    def refuse() -> None:
        raise backend["LinguistError"]("no library")

    monkeypatch.setitem(backend["build_wheel"].__globals__, "compile_all", refuse)
    monkeypatch.setattr(backend["build_meta"], "build_wheel", lambda *given, **named: "made.whl")
    assert backend["build_wheel"]("folder") == "made.whl"
    assert "were not compiled: no library" in capsys.readouterr().err
