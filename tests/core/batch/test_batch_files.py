"""Which files a batch takes and how its results are called."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from restorer.batch.files import (
    OWN_FILES,
    OWN_FOLDERS,
    Naming,
    check_sources,
    find_sources,
    matches_any,
    numbered,
    same_place,
)
from restorer.errors import InputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def listed(paths: list[Path], out: Path) -> list[tuple[str, str]]:
    return [(found.path.name, found.folder) for found in find_sources(paths, out)]


def test_folders_are_read_with_their_tree(tmp_path: Path) -> None:
    source = tmp_path / "in"
    touch(source, "b.JPG", "a.tif", "deep/er/c.png", ".hidden.jpg", ".cache/d.jpg", "._a.tif", "notes.txt")
    found = listed([source], tmp_path / "out")
    assert found == [("a.tif", ""), ("b.JPG", ""), ("c.png", "deep/er")]


def test_endings_that_browsers_and_cameras_give_are_found_in_folders(tmp_path: Path) -> None:
    touch(tmp_path, "a.jfif", "b.HIF", "c.jpe", "d.heif", "e.txt")
    found = listed([tmp_path], tmp_path / "out")
    assert [name for name, _ in found] == ["a.jfif", "b.HIF", "c.jpe", "d.heif"]


def test_several_folders_stay_apart(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.jpg", "two/a.jpg", "two/x/a.jpg")
    found = listed([tmp_path / "one", tmp_path / "two"], tmp_path / "out")
    assert found == [("a.jpg", "one"), ("a.jpg", "two"), ("a.jpg", "two/x")]


def test_the_output_folder_is_no_source(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "out/a.jpg", "out/masks/a.jpg.png")
    assert listed([tmp_path], tmp_path / "out") == [("a.jpg", "")]
    assert listed([tmp_path / "**" / "*"], tmp_path / "out") == [("a.jpg", "")]
    with pytest.raises(InputError) as caught:
        check_sources([tmp_path, tmp_path / "missing.jpg", tmp_path / "gone"], tmp_path)
    for part in ("output folder itself", "missing.jpg' is not there", "gone' is not there"):
        assert part in caught.value.hint


def test_what_an_earlier_batch_has_made_is_no_source(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "masks/b.png", "done/a.jpg", "done/x/c.jpg", "done/masks/a.jpg.png")
    touch(tmp_path, "done/thumbnails/000001-before.jpg", "done/.restorer-batch/queue.sqlite")
    out = tmp_path / "out"
    assert listed([tmp_path], out) == [("a.jpg", ""), ("b.png", "masks")]
    assert listed([tmp_path / "**" / "*"], out) == [("a.jpg", ""), ("b.png", "masks")]
    assert listed([tmp_path / "done"], out) == [("a.jpg", ""), ("c.jpg", "x")]
    assert listed([tmp_path / "done" / "**" / "*"], out) == [("a.jpg", ""), ("c.jpg", "x")]


def test_a_pattern_that_is_none_is_told_before_anything_is_created(tmp_path: Path) -> None:
    for pattern in ("***/a.jpg", "**a/b.jpg"):
        with pytest.raises(InputError) as caught:
            check_sources([tmp_path / pattern], tmp_path / "out")
        assert "whole folders" in caught.value.hint


def test_a_pattern_matches_what_is_found_by_it(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/notes.txt", "in/.cache/b.png", "in/out/c.tif", "in/old/d.bmp")
    touch(tmp_path, "in/old/.restorer-batch/queue.sqlite")
    for pattern in (
        "*.jpg",
        "**/*",
        "*.txt",
        "*/*.png",
        "out/*.tif",
        "**/*.tif",
        "old/*.bmp",
        "*/*.bmp",
        "x/*",
    ):
        path, out = tmp_path / "in" / pattern, tmp_path / "in" / "out"
        assert matches_any(path, out) == bool(listed([path], out)), pattern
    assert matches_any(tmp_path / "in" / "*.jpg", tmp_path) is False, (
        "nothing below the output folder is taken"
    )


def test_patterns(tmp_path: Path) -> None:
    touch(tmp_path, "s/a1.tif", "s/a2.tif", "s/b.tif", "s/t/a3.tif", "s/t/a4.txt", "[1].jpg")
    out = tmp_path / "out"
    assert listed([tmp_path / "s" / "a*"], out) == [("a1.tif", ""), ("a2.tif", "")]
    assert listed([tmp_path / "s" / "**" / "a?.tif"], out) == [
        ("a1.tif", ""),
        ("a2.tif", ""),
        ("a3.tif", "t"),
    ]
    assert listed([tmp_path / "[1].jpg"], out) == [("[1].jpg", "")]  # a file of that very name
    check_sources([tmp_path / "none*.tif"], out)


def test_a_named_file_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    touch(tmp_path, "scan.dat")
    assert listed([tmp_path / "scan.dat"], tmp_path / "out") == [("scan.dat", "")]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_linked_folders_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    assert listed([tmp_path / "in"], tmp_path / "out") == [("a.jpg", "")]


def test_listing_is_lazy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, *(f"in/{folder}/{n}.jpg" for folder in "abc" for n in range(3)))
    read: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (read.append(Path(path).name), scandir(path))[1])
    first = list(itertools.islice(find_sources([tmp_path / "in"], tmp_path / "out"), 2))
    assert [f.path.name for f in first] == ["0.jpg", "1.jpg"] and read == ["in", "a"]


# --- names


def test_templates_are_filled_in() -> None:
    naming = Naming("{folder}/{stem}-{n}-{model}", model="repair")
    naming.check()
    assert naming.wanted(Path("/x/Box 3/scan.TIF"), "a/b", 7) == "a/b/Box 3/scan-0007-repair.TIF"
    assert Naming().wanted(Path("/x/scan.dat"), "", 1) == "scan.png"
    assert Naming(format="PNG").wanted(Path("/x/a.jpg"), "", 1) == "a.png"
    assert Naming().wanted(Path("/x/a.jpg"), "", 1, "PNG") == "a.png"  # a PNG that is called .jpg
    assert Naming().wanted(Path("/x/a.JPEG"), "", 1, "JPEG") == "a.JPEG"


@pytest.mark.parametrize(
    "template",
    [
        *("../{stem}", "{stem}/../x", "/{stem}", "C:{stem}", "a\\{stem}", "", "/", "{stem}/", "..", "."),
        *("{path}", "{stem.parent}", "{0}", "{", "{stem!r}", "{n:9999999999}", "a\x00", "a:b"),
        "{stem}" * 40,
        "{stem}/. ",
    ],
)
def test_templates_that_lead_elsewhere_are_refused(template: str) -> None:
    with pytest.raises(InputError, match="cannot be made so"):
        Naming(template).check()


def test_all_problems_of_a_naming_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Naming("../{nothing}", "GIF", "m", "overwrite").check()
    for part in ("template", "format must be", "existing files"):
        assert part in caught.value.hint


@pytest.mark.parametrize("name", ["masks", "Thumbnails", "sidecars", ".restorer-batch"])
def test_folders_of_the_batch_are_kept_free(name: str) -> None:
    wanted = Naming().wanted(Path("/x/a.png"), name, 1)
    assert wanted.split("/")[0].casefold() not in OWN_FOLDERS and wanted.split("/")[0] == f"_{name}"
    assert Naming().wanted(Path("/x/report.html"), "", 1) not in OWN_FILES


@pytest.mark.parametrize(
    ("stem", "expected"), [("con", "_con"), ("a:b", "a_b"), ("a\\..\\b", "a_.._b"), ("x" * 400, "x" * 200)]
)
def test_names_that_some_system_refuses(stem: str, expected: str) -> None:
    assert Naming().wanted(Path(f"/x/{stem}.jpg"), "", 1) == f"{expected}.jpg"


part = st.text(st.characters(exclude_characters="/\x00", exclude_categories=("Cs",)), min_size=1, max_size=30)
wild = st.sampled_from(["..", ".", "...", " ", "CON", "a.", "ä", "a\u0308", "A", "masks", "~", "-", "\udcff"])
templates = st.sampled_from(["{stem}", "{folder}/{stem}", "{n}", "{model}/{stem}_{n}", "x{stem}.y"])


@given(stem=part | wild, folders=st.lists(part | wild, max_size=3), template=templates, model=part | wild)
def test_no_name_leads_out_of_the_folder(stem: str, folders: list[str], template: str, model: str) -> None:
    naming = Naming(template, model=model)
    naming.check()
    source = Path("/in", *(f for f in folders if f not in ("..", ".")), f"{stem}.png")
    wanted = naming.wanted(source, "/".join(folders), 3)
    os.fsencode(wanted).decode()  # every file system and every report can hold it
    parts = wanted.split("/")
    assert all(p and p not in (".", "..") and len(p.encode()) < 256 for p in parts)
    assert not any(set(p) & set('\\:*?"<>|\x00') for p in parts) and wanted.endswith(".png")
    root = Path("/out")
    assert Path(os.path.normpath(root / wanted)).is_relative_to(root)
    assert parts[0].casefold() not in {*OWN_FOLDERS, *OWN_FILES}


@given(st.text(st.characters(exclude_characters="/\x00"), min_size=1, max_size=10), st.integers(2, 99))
def test_numbers_go_before_the_ending(stem: str, number: int) -> None:
    assert numbered(f"d.x/{stem}.tif", number) == f"d.x/{stem}-{number}.tif"
    assert numbered(f"{stem}.tif", 1) == f"{stem}.tif"


def test_no_folder_is_called_like_a_result() -> None:
    naming = Naming("{folder}.tif/{stem}", format="PNG")
    assert naming.wanted(Path("/in/x.jpg"), "", 1) == "in.tif_/x.png"
    assert Naming(format="PNG").wanted(Path("/in/x.png/a/b.jpg"), "x.png/a", 1) == "x.png_/a/b.png"


def test_names_that_a_file_system_takes_for_one_share_a_place() -> None:
    assert same_place("Ä.jpg") == same_place("a\u0308.JPG") == same_place("ä.jpg")
    assert same_place("a.jpg") != same_place("b.jpg")
