"""What the product and the training say is shown in Chinese, arguments in place."""

from __future__ import annotations

import ast
import errno
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from PySide6.QtWidgets import QApplication, QLabel

from restorer.batch import work as batch_work
from restorer.errors import InputError, OutputError, RestorerError
from restorer.image.reading import open_photo
from restorer.image.saving import save_mask
from restorer.library import store as library
from restorer.library.store import find_model
from restorer.project.file import open_project
from restorer.record import recipe
from tests import core_texts as source
from tests.conftest import line_mask
from training.tuning.setup import FinetuneConfig
from ui import core_texts, i18n
from ui.dialogs import ErrorDialog
from ui.theme import ThemeManager

MODULES = source.trees()
CATALOGUE = source.finished(source.CATALOGUE)
HOLE = re.compile(r"%\d")


def said(wanted: type[RestorerError], work: Callable[[], object]) -> str:
    with pytest.raises(wanted) as caught:
        work()
    return core_texts.error_told(caught.value)


# --- the catalogue


def test_every_error_has_a_finished_translation() -> None:
    sites = list(source.raise_sites(MODULES))
    assert len(sites) > 200
    missing = [(where, text) for where, texts in sites for text in texts if text not in CATALOGUE]
    assert not missing, "translate them after: python -m tests.core_texts"


def test_the_catalogue_holds_what_the_source_says_and_nothing_else() -> None:
    assert list(CATALOGUE) == source.texts(), "run: python -m tests.core_texts"


def test_translations_have_the_holes_of_their_sources_and_are_chinese() -> None:
    for text, translation in CATALOGUE.items():
        assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(translation)), text
        words = re.sub(r"%\d|[“「][^”]*[”」]", "", text)
        if re.search("[a-z]{4}", words) and text != "a SHA-256":
            assert re.search("[\u4e00-\u9fff]", translation), text
        assert ("。" in translation[-1:]) == (text[-1:] == ".") or translation[-1] in "？像素件", text


def test_an_error_without_a_translation_is_found() -> None:
    module = ast.parse(
        "class GoneError(InputError): pass\n"
        "class InputError(RestorerError): pass\n"
        "reason = 'the disk is full'\n"
        "raise GoneError(f\"'{name}' is {n} page{'' if n == 1 else 's'}.\", 'Try ' + what + ' again.')\n"
        "raise InputError(f'{text}')\n"
    )
    found = [texts for _, texts in source.raise_sites({Path("made.py"): module})]
    assert found == [["'%1' is %2 page.", "'%1' is %2 pages.", "Try %1 again."], []]


# --- real errors


def test_a_truncated_photograph(chinese: None, tmp_path: Path) -> None:
    path = tmp_path / "Mary.tif"
    save_mask(line_mask(40, 50), path)
    path.write_bytes(path.read_bytes()[:100])
    told = said(InputError, lambda: open_photo(path))
    assert told == "“Mary.tif”不完整：缺少部分画面。请重新复制或扫描。"


def test_files_that_are_not_there_or_no_photographs(chinese: None, tmp_path: Path) -> None:
    gone, text = tmp_path / "gone. Check the name.jpg", tmp_path / "text.jpg"
    text.write_text("no picture")
    assert said(InputError, lambda: open_photo(gone)) == f"没有文件“{gone}”。请检查名称。"
    assert said(InputError, lambda: open_photo(tmp_path)) == f"“{tmp_path}”是文件夹。请指定一张照片。"
    assert said(InputError, lambda: open_photo(text)) == (
        "“text.jpg”不是可以读取的照片。它已损坏，或者根本不是 JPEG。"
    )
    film = text.rename(tmp_path / "film.mov")
    assert said(InputError, lambda: open_photo(film)) == (
        "“film.mov”不是可以读取的照片。支持 JPEG、PNG、TIFF、WebP、BMP 和 HEIC。"
    )


def test_unknown_models(chinese: None) -> None:
    told = said(InputError, lambda: find_model("mask", "repair"))
    assert told.startswith("没有名为“mask”、用于任务“repair”的模型。已安装：")
    told = said(InputError, lambda: library.get("nobody"))
    assert told == "没有名为“nobody”的模型。“restorer models list”会列出已安装的模型。"


def test_reasons_within_a_sentence_are_translated_too(chinese: None) -> None:
    def fail(code: int) -> None:
        with library.writing("The default cannot be stored"):
            raise OSError(code, "Permission denied")

    assert (
        said(OutputError, lambda: fail(errno.ENOSPC))
        == "无法保存默认设置：磁盘已满。没有留下写了一半的内容。"
    )
    assert said(OutputError, lambda: fail(errno.EACCES)).startswith("无法保存默认设置：没有权限。")


def test_lists_of_problems(chinese: None, tmp_path: Path) -> None:
    stages = [{"stage": "detect", "sensitivity": 7, "colour": 1}, {"stage": "enlarge"}]
    told = said(InputError, lambda: recipe.from_json({"schema": 1, "stages": stages}))
    assert told == (
        "方案无法使用。步骤 1（detect）：未知的“colour”；步骤 1（detect）：“sensitivity”应为：0 到 1 的数字；"
        "步骤 2：“stage”必须是以下之一：detect, repair。"
    )
    config = FinetuneConfig((tmp_path / "gone",), "mine", preset="slow", batch=0)
    assert said(InputError, config.check) == (
        f"无法开始训练：没有名为“slow”的预设；没有文件夹“{tmp_path / 'gone'}”；"
        "每批需要 64 到 192 像素的裁块，且为 32 的倍数。"
    )


def test_a_damaged_project(chinese: None, tmp_path: Path) -> None:
    path = tmp_path / "work.restorer"
    path.write_bytes(b"PK nothing")
    assert said(InputError, lambda: open_project(path)) == (
        "项目“work.restorer”已损坏或不完整，无法打开。请使用它较早的副本。"
    )


def test_failures_of_a_batch_are_told_from_what_the_list_keeps(chinese: None) -> None:
    reasons = [
        (OSError(errno.EIO, "Input/output error", "/x/a.tif"), "read"),
        (OSError(errno.ENOSPC, "No space left on device"), "write"),
        (MemoryError(), "run"),
        (InputError("'a.tif' is empty.", "Copy or scan it again."), "read"),
    ]
    told = [core_texts.told(batch_work.explain(error, step).sentence) for error, step in reasons]
    assert told == [
        "有一个文件无法使用：“/x/a.tif”：输入或输出错误（错误 5）。",
        "磁盘已满。请腾出一些空间，然后继续。",
        "没有足够的内存处理这张照片。请关闭其他程序。",
        "“a.tif”是空文件。请重新复制或扫描。",
    ]


def test_the_error_dialog_is_chinese(chinese: None, qapp: QApplication, qtbot) -> None:
    error = InputError("'a.tif' is empty.", "Copy or scan it again.")
    dialog = ErrorDialog("打开", error, "traceback", None, ThemeManager(qapp, "dark"))
    qtbot.addWidget(dialog)
    texts = {label.text() for label in dialog.findChildren(QLabel)}
    assert {"“a.tif”是空文件。", "请重新复制或扫描。"} <= texts


# --- matching


def test_english_stays_as_it_is(qapp: QApplication) -> None:
    i18n.install(qapp, "en")
    assert core_texts.told("There is no file 'x'.") == "There is no file 'x'."


@pytest.mark.parametrize(
    "text",
    ["", "Portrait of Mary", "two of us; three of us", "12 of 300", "照片“a”已打开。", "a: b. c"],
)
def test_what_is_no_text_of_the_core_stays_as_it_is(chinese: None, text: str) -> None:
    assert core_texts.told(text) == text


NAMES = st.text("abcXYZ089_-/", min_size=1, max_size=12).map(lambda name: f"q{name}")
TEMPLATES = [text for text in CATALOGUE if HOLE.search(text)]


@pytest.fixture(scope="module")
def catalogue() -> core_texts.Catalogue:
    return core_texts.Catalogue(CATALOGUE.items())


def fill(template: str, values: list[str]) -> str:
    return HOLE.sub(lambda hole: values[int(hole[0][1]) - 1], template)


def is_frame(template: str) -> bool:
    """Whether a template has only marks of its own, like "%1: %2."; with unknown arguments it stays."""
    return not re.search("[A-Za-z]", HOLE.sub("", template))


def test_arguments_are_set_into_every_template(catalogue: core_texts.Catalogue) -> None:
    values = [f"q{number}x" for number in range(1, 10)]
    for text in TEMPLATES:
        expected = fill(text if is_frame(text) else CATALOGUE[text], values)
        assert catalogue.told(fill(text, values)) == expected


@given(text=st.sampled_from(TEMPLATES), values=st.lists(NAMES, min_size=9, max_size=9))
def test_any_arguments_are_set_in(catalogue: core_texts.Catalogue, text: str, values: list[str]) -> None:
    expected = fill(text if is_frame(text) else CATALOGUE[text], values)
    assert catalogue.told(fill(text, values)) == expected


@given(name=st.text(max_size=60))
def test_no_hole_is_left_and_names_are_kept_to_the_letter(catalogue: core_texts.Catalogue, name: str) -> None:
    assert catalogue.told(f"There is no model '{name}'.") == f"没有名为“{name}”的模型。"
    assert catalogue.told(f"'{name}' was not %1 there.").count("%1") == 1 + name.count("%1")


@given(text=st.text(max_size=300))
def test_any_text_can_be_told(catalogue: core_texts.Catalogue, text: str) -> None:
    assert isinstance(catalogue.told(text), str)
