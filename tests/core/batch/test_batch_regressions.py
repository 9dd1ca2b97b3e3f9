"""Listings that overlap, end early, meet folders that are away or closed: no photograph is left out, each
result goes where it was to go, and nothing is said to have failed that is none of ours."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from restorer.batch.files import Naming, find_sources
from restorer.batch.passed import passed_over
from restorer.batch.run import Batch, BatchSettings
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.image.texts import Text
from restorer.jobs import Cancelled, JobContext
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import LEFT_OUT, PhotoReport
from tests.core.batch.support import fake_run, leftovers, photographs, run_batch


def interrupted(out: Path, *sources: Path) -> None:
    """Begin a batch whose listing is interrupted; what comes into `sources` later stands for what was not
    reached."""
    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add(sources, JobContext(is_cancelled=lambda: True))


def test_what_is_away_is_not_forgotten_when_more_is_named(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    photographs(one, "a.png")
    photographs(tmp_path / "three", "c.png")
    two.mkdir()
    interrupted(out, one, two)
    photographs(two, "b.png")
    two.rename(tmp_path / "away")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        batch.add([tmp_path / "three"])
        batch.run()
    (tmp_path / "away").rename(two)
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.run().counts["done"] == 3
        assert batch.add_remembered() == 0


def test_folders_keep_their_tree_while_one_of_them_is_away(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    photographs(one, "a.png")
    two.mkdir()
    interrupted(out, one, two)
    photographs(two, "a.png")
    one.rename(tmp_path / "away")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert {i.target for i in batch.items()} == {"one/a.png", "two/a.png"}


def test_watched_folders_keep_their_tree_while_one_of_them_is_away(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    photographs(one, "a.png")
    two.mkdir()
    turns: list[float] = []

    def wait(seconds: float) -> None:
        turns.append(seconds)
        if len(turns) == 2:
            two.rename(tmp_path / "away")
            photographs(one, "b.png")

    ctx = JobContext(is_cancelled=lambda: len(turns) >= 5)
    with Batch(BatchSettings(out), fake_run, wait=wait) as batch:
        with pytest.raises(Cancelled):
            batch.watch([one, two], ctx)
        assert {i.target for i in batch.items(("done",))} == {"one/a.png", "one/b.png"}


def test_a_listing_of_an_older_version_below_the_results_is_gone_on_with(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png")
    interrupted(out, source)
    photographs(out / "scans", "b.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.queue.put("paths", json.dumps([str(source), str(out / "scans")]))
        batch.queue.put("listed", "0")
        batch.add_remembered()
        assert batch.run().counts["done"] == 1
        assert batch.add_remembered() == 0


@pytest.mark.parametrize(
    ("name", "tag", "told"),
    [
        ("lost+found", 0, False),
        ("System Volume Information", 0, False),
        ("My Pictures", 0xA0000003, False),  # a junction, by which Windows keeps the names of old versions
        ("private", 0, True),
    ],
)
def test_what_nobody_may_read_on_a_drive_is_no_failure(
    name: str, tag: int, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs(tmp_path / "drive", "a.png", f"{name}/b.png")
    assert len(list(find_sources([tmp_path / "drive"], tmp_path / "out"))) == 2  # it may be read
    scandir = os.scandir

    def refusing(path: object) -> object:
        if Path(str(path)).name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    with monkeypatch.context() as closed:
        closed.setattr(os, "scandir", refusing)
        closed.setattr(Path, "lstat", lambda _: SimpleNamespace(st_reparse_tag=tag))
        found = [f.path.name for f in find_sources([tmp_path / "drive"], tmp_path / "out")]
        passed = passed_over([tmp_path / "drive"], tmp_path / "out")
    assert sorted(found) == sorted(["a.png", name] if told else ["a.png"])
    assert passed == {}  # a folder is no file of another kind


def test_metadata_that_find_no_place_are_told(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    (path,) = photographs(source, "a.png")
    photo = replace(open_photo(path), iptc=b"\x1c\x02\x78\x00\x04here", texts=(Text("Title", "Anna"),))
    save_photo(photo, path, overwrite=True)
    run_batch(out, [source], naming=Naming(format="BMP"))
    entry = json.loads((out / "report.json").read_text())["photographs"][0]
    assert {LEFT_OUT["metadata"], LEFT_OUT["texts"]} <= set(entry["notices"])


def computed(names: list[str]) -> Callable[..., Outcome]:
    """`fake_run` that notes the names of the photographs that it was given."""

    def run(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext) -> Outcome:
        names.append(Path(entry.source).name)
        return fake_run(photo, recipe, device, entry, ctx)

    return run


def test_a_file_where_a_folder_is_to_be_is_told_before_the_work(tmp_path: Path) -> None:
    photographs(tmp_path / "in", "a.png", "album/b.png", "album/c.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "album").touch()
    names: list[str] = []
    counts = run_batch(tmp_path / "out", [tmp_path / "in"], computed(names)).counts
    assert counts["failed"] == 2 and counts["done"] == 1 and names == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="no drive takes such names there")
@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EILSEQ])
def test_a_name_that_the_output_drive_does_not_take_is_told_before_the_work(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs(tmp_path / "in", "a.png", "b" * 150 + ".png")
    opened = os.open

    def refuse(path: str, flags: int, *given: int, **named: int) -> int:
        if len(os.path.basename(str(path))) > 143 and flags & os.O_CREAT:  # noqa: PTH119
            raise OSError(number, os.strerror(number), str(path))  # as encrypted folders do
        return opened(path, flags, *given, **named)

    monkeypatch.setattr(os, "open", refuse)
    names: list[str] = []
    with Batch(BatchSettings(tmp_path / "out"), computed(names)) as batch:
        batch.add([tmp_path / "in"])
        assert batch.run().counts["done"] == 1 and names == ["a.png"]
        (failed,) = batch.items(["failed"])
        assert failed.kind == "target" and "name" in str(failed.error)
    assert leftovers(tmp_path / "out") == []


def test_photographs_that_were_only_touched_are_the_same_ones(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    paths = photographs(source, "a.png", "b.png")
    run_batch(out, [source])
    for path in paths:
        os.utime(path, ns=(1, 1))
    other = bytearray(paths[1].read_bytes())
    other[-5] ^= 1  # a byte of the last checksum: of the same size, and another file
    paths[1].write_bytes(other)
    summary = run_batch(out, [source], resume=True)
    assert sum(summary.counts.values()) == 3
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert [item.path.name for item in batch.items()] == ["a.png", "b.png", "b.png"]
        assert batch.add_remembered() == 0


def test_sidecars_that_come_late_are_told(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png", "b.png")
    assert not run_batch(out, [source]).notices
    told = run_batch(out, [source], resume=True, sidecars=True).notices
    assert list(told.values()) == [2] and "begun without sidecars" in next(iter(told))
    assert not run_batch(out, [source], resume=True, sidecars=True).notices
