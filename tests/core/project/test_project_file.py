from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restorer.editing.brush import Stroke, StrokePoint
from restorer.editing.document import Document
from restorer.errors import InputError, OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.project.codec import name_of, write_json
from restorer.project.file import (
    Packer,
    ProjectState,
    Snapshot,
    SourceMissingError,
    SourceRecord,
    load_source,
    open_project,
    save_project,
)
from restorer.project.source import belongs
from restorer.project.state import MOST_MARKS
from restorer.record.recipe import default_recipe
from restorer.tiles import Box
from tests.core.project.support import (
    MARKS,
    VIEW,
    digest,
    edit_everything,
    make_photo,
    make_project,
    reopen,
    rewrite,
)


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("height", "width"), [(700, 600), (200, 130), (512, 1024), (1100, 140)])
def test_everything_comes_back(tmp_path: Path, height: int, width: int, bits: int, colour: bool) -> None:
    before, _, project = make_project(tmp_path, height=height, width=width, bits=bits, colour=colour)
    after, state, notices = reopen(project)
    assert digest(after) == digest(before)
    assert set(after.values) == set(before.values)
    assert notices == ()
    assert after.history == [] and state.history == ("Brush stroke", "Protect", "Find damage", "Repair")
    assert state.view == VIEW and tuple(state.read_marks()) == MARKS
    assert state.read_recipe() == default_recipe()


def test_only_changed_tiles_of_the_result_are_stored(tmp_path: Path) -> None:
    _, source, project = make_project(tmp_path)
    state = open_project(project)
    assert [tile[:2] for tile in state.result] == [[0, 0]]
    assert sum(len(blob) for blob in state.blobs.values()) < source.stat().st_size  # noise does not shrink


def test_the_same_project_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, project = make_project(tmp_path)
    state = open_project(project)
    save_project(tmp_path / "again.restorer", state)
    one, two = (zipfile.ZipFile(p) for p in (project, tmp_path / "again.restorer"))
    with one, two:
        assert [i.filename for i in one.infolist()] == [i.filename for i in two.infolist()]
        manifests = [json.loads(z.read("manifest.json")) for z in (one, two)]
    assert all(m.pop("saved") for m in manifests) and manifests[0] == manifests[1]


# --- where the photograph is


def test_opens_in_another_place_together_with_its_photograph(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    (home / "scans").mkdir(parents=True)
    photo = make_photo(home / "scans" / "a.png", 80, 90)
    document = Document(photo.pixels)
    state = ProjectState.from_document(document, photo, home / "scans" / "a.png")
    save_project(home / "a.restorer", state)
    home.rename(other)
    opened = load_source(open_project(other / "a.restorer").source, {}, other / "a.restorer")
    assert opened.path == other / "scans" / "a.png" and opened.notices == ()


def test_is_found_beside_the_project_and_where_it_lay(tmp_path: Path) -> None:
    _, source, project = make_project(tmp_path, height=50, width=60)
    beside = tmp_path / "beside"
    beside.mkdir()
    moved = shutil.move(project, beside / "work.restorer")
    record = open_project(moved).source
    assert load_source(record, {}, moved).path == source
    shutil.move(source, beside / source.name)
    assert load_source(record, {}, moved).path == beside / source.name


def test_takes_the_photograph_with_the_right_content(tmp_path: Path) -> None:
    _, source, project = make_project(tmp_path, height=50, width=60)
    folder = tmp_path / "a"
    folder.mkdir()
    moved = shutil.move(project, folder / "work.restorer")
    make_photo(tmp_path / "x.png", 50, 60, colour=False)
    shutil.copy(tmp_path / "x.png", folder / source.name)
    assert load_source(open_project(moved).source, {}, moved).path == source


def test_knows_its_photograph_changed_or_moved_from_another_of_that_name(tmp_path: Path) -> None:
    _, source, project = make_project(tmp_path)
    record = open_project(project).source
    (tmp_path / "b").mkdir()
    moved = Path(shutil.copy(source, tmp_path / "b" / "moved.png"))
    save_photo(Photo(255 - open_photo(source).pixels), source, overwrite=True)
    other = Path(shutil.copy(source, tmp_path / "b" / source.name))
    assert belongs(record, project, source) and belongs(record, project, moved)
    assert not belongs(record, project, other)
    source.unlink()
    assert not belongs(record, project, other)


def test_says_that_the_photograph_is_missing_and_takes_another_place(tmp_path: Path) -> None:
    before, source, project = make_project(tmp_path, height=200, width=130)
    source.rename(tmp_path / "renamed.png")
    with pytest.raises(SourceMissingError, match=r"'scan\.png' of the project is not where it was"):
        reopen(project)
    after, _, notices = reopen(project, tmp_path / "renamed.png")
    assert digest(after) == digest(before) and notices == ()


def test_a_changed_photograph_is_told_and_keeps_its_own_pixels_outside_of_repairs(tmp_path: Path) -> None:
    before, source, project = make_project(tmp_path)
    old = before.source.to_array()
    changed = old ^ 1
    save_photo(Photo(changed), source, overwrite=True)
    after, _, notices = reopen(project)
    assert len(notices) == 1 and "was changed since" in notices[0]
    repaired = (before.surfaces["result"].to_array() != old).any(2)
    result = after.surfaces["result"].to_array()
    np.testing.assert_array_equal(result[~repaired], changed[~repaired])
    np.testing.assert_array_equal(result[repaired], before.surfaces["result"].to_array()[repaired])


def test_a_photograph_that_another_program_changed_before_the_first_save_is_told_too(tmp_path: Path) -> None:
    source, project = tmp_path / "scan.png", tmp_path / "work.restorer"
    photo = make_photo(source, 50, 60)
    save_photo(Photo(photo.pixels ^ 1), source, overwrite=True)
    save_project(project, ProjectState.from_document(Document(photo.pixels), photo, source))
    assert "was changed since" in reopen(project)[2][0]


def test_work_is_saved_although_the_photograph_is_gone_for_now(tmp_path: Path) -> None:
    source, project = tmp_path / "scan.png", tmp_path / "work.restorer"
    photo = make_photo(source, 50, 60)
    source.rename(tmp_path / "unplugged.png")
    document = Document(photo.pixels)
    edit_everything(document)
    save_project(project, ProjectState.from_document(document, photo, source))
    (tmp_path / "unplugged.png").rename(source)
    after, _, notices = reopen(project)
    assert digest(after) == digest(document) and notices == ()


def test_other_metadata_are_no_other_photograph(tmp_path: Path) -> None:
    _, source, project = make_project(tmp_path, height=50, width=60)
    save_photo(replace(open_photo(source), dpi=(300.0, 300.0)), source, overwrite=True)
    assert reopen(project)[2] == ()


@pytest.mark.parametrize("size", [{"height": 51}, {"bits": 16}, {"colour": False}])
def test_another_size_or_type_cannot_be_used(tmp_path: Path, size: dict[str, Any]) -> None:
    _, source, project = make_project(tmp_path, height=50, width=60)
    source.unlink()
    make_photo(source, **({"height": 50, "width": 60} | size))
    with pytest.raises(SourceMissingError, match="another size or bit depth"):
        reopen(project)
    other = Document(open_photo(source).pixels)
    with pytest.raises(InputError, match="another size or bit depth"):
        open_project(project).apply(other)
    assert other.revision == 0


def test_a_pasted_picture_is_kept_in_the_project(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "x.png", 90, 70, bits=16)
    document = Document(photo.pixels)
    save_project(tmp_path / "p.restorer", ProjectState.from_document(document, photo, None))
    (tmp_path / "x.png").unlink()
    state = open_project(tmp_path / "p.restorer")
    opened = load_source(state.source, state.blobs, tmp_path / "p.restorer")
    assert opened.path is None
    np.testing.assert_array_equal(opened.photo.pixels, photo.pixels)


def test_a_server_that_a_stranger_names_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import PureWindowsPath

    from restorer.project import source as project_source

    monkeypatch.setattr(project_source, "Path", PureWindowsPath)
    record = replace(_record(), path=r"\\evil\share\a.png", relative=r"\\evil\share\a.png")
    asked = list(project_source._places(record, PureWindowsPath(r"C:\work")))  # type: ignore[arg-type]
    assert asked == [PureWindowsPath(r"C:\work\a.png")]
    asked = list(project_source._places(record, PureWindowsPath(r"\\evil\share\work")))  # type: ignore[arg-type]
    assert PureWindowsPath(r"\\evil\share\a.png") in asked


def _record() -> SourceRecord:
    return SourceRecord(10, 10, 0, "uint8", "0" * 64)


# --- writing


@pytest.mark.parametrize("taken", [b"", b"my notes", b"PK\x03\x04 some other archive that is long enough"])
def test_replaces_projects_and_nothing_else(tmp_path: Path, taken: bytes) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    state = open_project(project)
    save_project(project, state)
    (tmp_path / "other.restorer").write_bytes(taken)
    with pytest.raises(OutputError, match="is no project"):
        save_project(tmp_path / "other.restorer", state)
    assert (tmp_path / "other.restorer").read_bytes() == taken
    with pytest.raises(OutputError, match="must end in"):
        save_project(tmp_path / "scan.png", state)


def test_a_write_protected_project_is_not_replaced(tmp_path: Path) -> None:
    _, _, project = make_project(tmp_path)
    before, state = project.read_bytes(), open_project(project)
    project.chmod(0o444)
    with pytest.raises(OutputError, match="write-protected"):
        save_project(project, replace(state, history=("more",)))
    project.chmod(0o644)
    assert project.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_project_behind_a_link_is_the_one_that_is_saved(tmp_path: Path) -> None:
    _, _, project = make_project(tmp_path)
    link = tmp_path / "link.restorer"
    link.symlink_to(project)
    save_project(link, replace(open_project(link), history=("more",)))
    assert link.is_symlink() and open_project(project).history == ("more",)


def test_a_failed_save_leaves_the_old_project_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    state, before = open_project(project), project.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="disk is full"):
        save_project(project, state)
    assert project.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scan.png", "work.restorer"]


def test_a_project_that_somebody_else_changed_is_not_replaced(tmp_path: Path) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    state = open_project(project)
    digest = save_project(project, replace(state, history=("Mine",)))
    last = save_project(project, state, replaces=digest)
    theirs = project.read_bytes()
    assert last == hashlib.sha256(theirs).hexdigest()
    with pytest.raises(OutputError, match=r"'work\.restorer' was changed since it was opened"):
        save_project(project, replace(state, history=("Mine",)), replaces=digest)
    assert project.read_bytes() == theirs
    project.unlink()
    save_project(project, state, replaces=digest)
    assert open_project(project) == state


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="a folder cannot be flushed there")
def test_the_name_of_a_saved_project_outlives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    state, flushed, flush = open_project(project), [], os.fsync

    def note(number: int) -> None:
        flushed.append((stat.S_ISDIR(os.fstat(number).st_mode), project.exists()))
        flush(number)

    project.unlink()
    monkeypatch.setattr(os, "fsync", note)
    save_project(project, state)
    assert flushed == [(False, False), (True, True)]


def test_a_project_with_as_many_marks_as_it_keeps_can_be_saved_and_loses_none(tmp_path: Path) -> None:
    source, project = tmp_path / "scan.png", tmp_path / "work.restorer"
    photo = make_photo(source, 50, 60)
    thirds = [StrokePoint(i + 1 / 3, i + 2 / 3, 1 / 3, 1 / 3, 1 / 3) for i in range(60)]
    short, long = Stroke(tuple(thirds[:2]), 12.0, 0.8), Stroke(tuple(thirds * 5), 12.0, 0.8)
    shorts = [("mask", replace(short, size=1 + i / 100)) for i in range(MOST_MARKS - 500)]
    longs = [("protect", replace(long, size=1 + i / 100)) for i in range(500)]
    document = Document(photo.pixels)
    save_project(project, ProjectState.from_document(document, photo, source, marks=[*shorts, *longs]))
    state = open_project(project)
    assert len(state.marks) == MOST_MARKS
    new = ("mask", replace(short, size=400.0))
    packed = Packer(state.source, base=state).pack(Snapshot.of(document), marks=[new])
    save_project(project, packed)
    again = open_project(project)
    assert again.marks[:-1] == state.marks[1:]
    assert replace(again, marks=again.marks[-1:]).read_marks() == [new]


def test_what_cannot_be_read_back_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    state, before = open_project(project), project.read_bytes()
    monkeypatch.setattr("restorer.project.file.write_json", lambda m: write_json({**m, "history": []}))
    with pytest.raises(OutputError, match="could not be read back"):
        save_project(project, state)
    assert project.read_bytes() == before


def test_only_what_changed_is_compressed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = make_photo(tmp_path / "scan.png")
    document = Document(photo.pixels)
    edit_everything(document)
    packer = Packer(SourceRecord.of(photo, tmp_path / "scan.png"))
    packer.pack(Snapshot.of(document), marks=MARKS)
    packed: list[int] = []

    def count(data: bytes, level: int) -> bytes:
        packed.append(len(data))
        return zlib.compress(data, level)

    monkeypatch.setattr(
        "restorer.project.codec.zlib",
        type("Z", (), {"compress": staticmethod(count), "decompressobj": zlib.decompressobj}),
    )
    with document.edit("Dot") as tx:
        tx.patch("mask", Box(600, 10, 601, 11), np.full((1, 1), 255, np.uint8))
    state = packer.pack(Snapshot.of(document), marks=MARKS)
    assert packed == [188 * 512]
    document.undo()
    document.undo()
    packed.clear()
    state = packer.pack(Snapshot.of(document))
    fresh = ProjectState.from_document(document, photo, tmp_path / "scan.png")
    assert state == fresh and state.blobs == fresh.blobs


# --- versions


def test_a_newer_version_is_told_from_damage(tmp_path: Path) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    rewrite(project, lambda m: m.update(version=2, source="something new"))
    with pytest.raises(InputError, match="newer version of Restorer"):
        open_project(project)


def test_what_is_not_known_survives_a_round(tmp_path: Path) -> None:
    before, source, project = make_project(tmp_path, height=200, width=130)
    part = zlib.compress(b"a part of something new")
    name = name_of(part)

    def later(manifest: dict[str, Any]) -> None:
        manifest["layers"] = [{"data": name}]
        manifest["values"]["tone"] = {"type": "ToneCurve", "fields": {"data": name}}
        manifest["masks"]["colour"] = [[0, 0, name]]

    rewrite(project, later, **{f"blobs/{name[1:]}": part, "previews/small one.png": b"png"})
    document, state, notices = reopen(project)
    assert digest(document) == digest(before) and notices == ()
    packer = Packer(SourceRecord.of(open_photo(source), source), base=state)
    with document.edit("Later") as tx:
        tx.patch("mask", Box(0, 0, 1, 1), np.array([[7]], np.uint8))
    before.surfaces["mask"].patch(Box(0, 0, 1, 1), np.array([[7]], np.uint8))
    save_project(project, packer.pack(Snapshot.of(document)))
    again = open_project(project)
    assert again.history == (*state.history, "Later")
    assert again.unknown == {"layers": [{"data": name}]}
    assert again.values["tone"] == {"type": "ToneCurve", "fields": {"data": name}}
    assert again.masks["colour"] == [[0, 0, name]]
    assert again.blobs[name] == part and again.extras == {"previews/small one.png": b"png"}
    assert digest(reopen(project)[0]) == digest(before)


def test_a_value_of_a_later_version_is_left_out_with_a_word(tmp_path: Path) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    rewrite(project, lambda m: m["values"].update(mask_settings={"type": "MaskSettings2", "fields": {}}))
    document, _, notices = reopen(project)
    assert "mask_settings" not in document.values and "damage" in document.values
    assert notices == ("A part of the project (mask settings) could not be read.",)
