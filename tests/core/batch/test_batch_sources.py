"""What lies among the sources of a batch and must not cost more than itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from restorer.batch.files import check_sources, find_sources
from restorer.batch.passed import told
from restorer.batch.queue import STATES, Item, Queue
from restorer.batch.run import Batch, BatchSettings
from restorer.errors import InputError, OutputError
from restorer.jobs import Cancelled, JobContext
from tests.core.batch.support import fake_run, photographs, run_batch


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "in", tmp_path / "out"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_broken_photograph_whose_name_is_no_text_costs_one_line(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "z.png")
    Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9.png")).write_bytes(b"broken")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        counts = batch.run().counts
        assert counts["done"] == 2 and counts["failed"] == 1
        assert "caf\ufffd.png" in str(batch.items(["failed"])[0].error)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("named", ["", "*.png"])
def test_a_link_in_a_circle_is_no_photograph(named: str, folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    (source / "b.png").symlink_to("b.png")
    assert [f.path.name for f in find_sources([source / named], out)] == ["a.png"]


@pytest.mark.parametrize("named", ["scans", "scans/*.png"])
def test_a_folder_below_the_output_folder_is_told_not_passed_over(named: str, tmp_path: Path) -> None:
    (path,) = photographs(tmp_path / "scans", "a.png")
    with pytest.raises(OutputError, match="scans") as caught:
        check_sources([tmp_path / named], tmp_path)
    assert "another output folder" in caught.value.hint
    check_sources([path], tmp_path)  # a photograph that is named itself is taken wherever it lies
    assert run_batch(tmp_path, [path]).counts["done"] == 1


def test_a_photograph_that_failed_and_was_replaced_waits_again(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    (source / "b.png").write_bytes(b"half of a fi")
    assert run_batch(out, [source]).counts["failed"] == 1
    assert run_batch(out, [source], resume=True).counts["failed"] == 1  # the same is not tried for ever
    (source / "b.png").unlink()
    photographs(source, "b.png", seed=4)
    assert run_batch(out, [source], resume=True).counts == {**NONE, "done": 2}


NONE = dict.fromkeys(STATES, 0)


def test_a_source_that_is_gone_does_not_keep_an_interrupted_listing_from_going_on(tmp_path: Path) -> None:
    out, one, two = tmp_path / "out", tmp_path / "one", tmp_path / "two"
    photographs(one, "a.png")
    photographs(two, "b.png")
    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add([one, two], JobContext(is_cancelled=lambda: True))
    one.rename(tmp_path / "away")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        batch.run()
        with pytest.raises(InputError, match="named can be used") as caught:  # at last it is told
            batch.add_remembered()
        assert "one' is not there" in caught.value.hint
    (tmp_path / "away").rename(one)
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.run().counts["done"] == 2 and batch.add_remembered() == 0


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_sources([tmp_path / ("x" * 300 + ".png")], tmp_path / "out")
    assert "is not there" in caught.value.hint


@pytest.mark.parametrize("closed", ["private", "."])
def test_a_folder_that_may_not_be_read_is_a_line_of_the_list(
    closed: str, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    photographs(source, "private/b.png", "z/a.png")
    scandir, stat, barred = os.scandir, os.stat, os.path.normpath(source / closed)

    def refusing(path: object = ".") -> object:
        if str(path) == barred:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    def refusing_to_tell(path: object, **options: object) -> object:
        if str(Path(str(path)).parent) == barred:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as root:  # whoever runs the tests may read everything
        root.setattr(os, "scandir", refusing)
        root.setattr(os, "stat", refusing_to_tell)
        with Batch(BatchSettings(out), fake_run) as batch:
            batch.add([source])
            batch.run()
            (failed,) = batch.items(["failed"])
            assert batch.counts()["done"] == (closed == "private")
    assert str(failed.path) == barred
    assert failed.error == f"The folder '{barred}' cannot be read: Permission denied. Check its permissions."
    assert run_batch(out, [source], resume=True).counts["done"] == 2  # its photographs are listed now


def test_patterns_pass_over_hidden_folders_as_folders_do(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "x/a.png", ".cache/b.png", "x/.bin/c.png")
    assert [f.path.name for f in find_sources([source / "**" / "*.png"], out)] == ["a.png"]
    assert [f.path.name for f in find_sources([source / "*" / ".bin" / "*"], out)] == ["c.png"]
    assert [f.path.name for f in find_sources([source / ".cache" / "*"], out)] == ["b.png"]


def test_going_on_holds_no_list_of_all_results_in_memory(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(9)))
    run_batch(out, [source])
    (out / "7.png").unlink()
    read, held = Queue.items, []

    def counted(self: Queue, *given: object, **named: object) -> list[Item]:
        held.append(len(read(self, *given, **named)))  # type: ignore[arg-type]
        return read(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Queue, "items", counted)
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.counts()["waiting"] == 1
    assert max(held, default=0) == 0


def test_a_folder_that_is_named_twice_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photographs(tmp_path / "in", "a.png", "x/b.png")
    monkeypatch.chdir(tmp_path)
    found = list(find_sources([Path("in"), tmp_path / "in", Path("in/../in")], tmp_path / "out"))
    assert [(f.path.name, f.folder) for f in found] == [("a.png", ""), ("b.png", "x")]


def test_a_folder_that_is_added_later_sends_nothing_of_the_first_elsewhere(tmp_path: Path) -> None:
    out, one, two = tmp_path / "out", tmp_path / "one", tmp_path / "two"
    photographs(one, "a.png")
    photographs(two, "b.png")
    run_batch(out, [one])
    run_batch(out, [two], resume=True)
    photographs(one, "c.png")
    run_batch(out, [one, two, *photographs(tmp_path / "three", "d.png")], resume=True)
    photographs(one, "e.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch, pytest.raises(Cancelled):
        batch.add([one, two], JobContext(is_cancelled=lambda: True))
    photographs(two, "f.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert sorted(str(item.target) for item in batch.items()) == [f"{letter}.png" for letter in "abcdef"]


def test_folders_that_are_named_together_keep_folders_of_their_own(tmp_path: Path) -> None:
    out, one, two = tmp_path / "out", tmp_path / "one", tmp_path / "two"
    photographs(one, "a.png")
    photographs(two, "b.png")
    run_batch(out, [one, two])
    photographs(one, "c.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add([one])
        assert sorted(str(i.target) for i in batch.items()) == ["one/a.png", "one/c.png", "two/b.png"]


def test_a_folder_that_was_watched_keeps_its_place_when_it_is_named_with_another(tmp_path: Path) -> None:
    out, one, two = tmp_path / "out", tmp_path / "one", tmp_path / "two"
    photographs(one, "a.png")
    photographs(two, "b.png")
    turns: list[float] = []
    with Batch(BatchSettings(out), fake_run, wait=turns.append) as batch, pytest.raises(Cancelled):
        batch.watch([one], JobContext(is_cancelled=lambda: len(turns) >= 3))
    photographs(one, "c.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add([one, two])
        assert sorted(str(i.target) for i in batch.items()) == ["a.png", "c.png", "two/b.png"]


def of_other_kinds(source: Path) -> None:
    """Files as they lie among scans, two of them in hidden places and some that Restorer has written."""
    for name in (
        *("raw/1.CR2", "raw/2.cr2", "a.psd", "film.mov", "notes.txt", "more.txt", "third.TXT", "README"),
        *(".hidden.txt", ".cache/x.psd", "Thumbs.db", "desktop.ini", "a.png.json", "work.restorer"),
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(b"x")


def test_what_is_passed_over_for_its_format_is_told_at_the_end_and_in_the_reports(
    folders: tuple[Path, Path],
) -> None:
    source, out = folders
    photographs(source, "a.png")
    of_other_kinds(source)
    expected = {".cr2": 2, ".psd": 1, ".txt": 3, ".mov": 1, "no ending": 1}
    summary = run_batch(out, [source, source / "raw"])  # twice below what was named, and counted once
    assert summary.passed == expected and list(summary.passed)[:2] == [".cr2", ".psd"]
    assert json.loads((out / "report.json").read_text())["passed_over"] == expected
    assert "8 files of other kinds were passed over: .cr2 (2), .psd (1)" in (out / "report.html").read_text()
    assert run_batch(out, [], resume=True).passed == expected


def test_only_what_a_pattern_matches_is_passed_over(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    of_other_kinds(source)
    assert run_batch(out, [source / "*.png", source / "film.*"]).passed == {".mov": 1}


def test_neither_results_nor_reports_are_passed_over(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(source / "results", [source])
    of_other_kinds(source / "results")
    assert run_batch(out, [source]).passed == {}
    assert run_batch(out / "2", [source / "results"]).passed[".psd"] == 1
    assert not {".json", ".html", ".csv"} & set(run_batch(out / "3", [source / "results"]).passed)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ({}, ""),
        ({"links that lead nowhere": 1}, "1 photograph is a link that leads nowhere."),
        (
            {"links that lead nowhere": 2, ".txt": 1},
            "2 photographs are links that lead nowhere. 1 file of another kind was passed over: .txt (1).",
        ),
        ({".txt": 1}, "1 file of another kind was passed over: .txt (1)."),
        ({".mov": 2, "no ending": 1}, "3 files of other kinds were passed over: .mov (2), no ending (1)."),
        (
            {".psd": 1, ".txt": 2},
            "3 files of other kinds were passed over: .psd (1), .txt (2). "
            "Pictures among them can be repaired once they are saved as TIFF.",
        ),
    ],
)
def test_the_sentence_about_what_was_passed_over(passed: dict[str, int], expected: str) -> None:
    assert told(passed) == expected


def test_of_many_endings_the_first_are_told_by_name() -> None:
    sentence = told({f".x{n}": 2 for n in range(12)})
    assert sentence.startswith("24 files") and sentence.endswith(".x7 (2), others (8).")


def test_what_lies_beside_a_result_for_replay_is_no_photograph(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "a.png.mask.tif", "a.png.patch.tif", "b.mask.tif", "c.png.mask.tif")
    (source / "a.png.json").touch()
    expected = ["a.png", "b.mask.tif", "c.png.mask.tif"]  # the last two belong to nothing
    assert [f.path.name for f in find_sources([source], out)] == expected
    assert [f.path.name for f in find_sources([source / "*"], out)] == expected
    named = source / "a.png.mask.tif"
    assert [f.path for f in find_sources([named], out)] == [named]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("named", ["", "*"])
def test_links_that_lead_nowhere_are_told(named: str, folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    (source / "b.png").symlink_to("gone.png")  # as on a drive that is not connected
    (source / "c.png").symlink_to("a.png")
    (source / "d.txt").symlink_to("gone.txt")
    (source / ".e.png").symlink_to("gone.png")
    (source / "f.png").symlink_to("f.png")
    summary = run_batch(out, [source / named])
    assert summary.counts["done"] == 2 and summary.passed == {"links that lead nowhere": 2}


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_linked_folders_are_told(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, out = folders
    photographs(source, "a.png")
    photographs(tmp_path / "real", "b.png")
    for name in ("linked", ".hidden"):
        (source / name).symlink_to(tmp_path / "real")
    summary = run_batch(out, [source])
    assert summary.counts["done"] == 1 and summary.passed == {"linked folders": 1}
    assert told(summary.passed).startswith("1 linked folder was not looked into: name what")
    assert run_batch(tmp_path / "other", [source / "linked"]).counts["done"] == 1


def test_a_mask_that_was_corrected_is_kept_when_its_result_is_made_again(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(out, [source])
    mask = out / "masks" / "a.png.png"
    made = mask.read_bytes()
    mask.write_bytes(b"corrected by hand")
    for _ in range(2):
        (out / "a.png").unlink()
        with Batch(BatchSettings(out), fake_run, resume=True) as batch:
            assert batch.run().counts["done"] == 1
        assert mask.read_bytes() == made
    assert sorted(p.name for p in mask.parent.iterdir()) == ["a.png-before-1.png", "a.png.png"]
    assert (mask.parent / "a.png-before-1.png").read_bytes() == b"corrected by hand"
