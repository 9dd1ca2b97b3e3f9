"""The record of work by hand: replay gives the same pixels, or says in one sentence why it does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restorer.cli.replay import replay_one
from restorer.errors import InputError, OutputError
from restorer.hashes import sha256_of
from restorer.image import saving as image_save
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_mask, save_photo
from restorer.jobs import JobContext
from restorer.record import sidecar
from restorer.record.export import ExportSettings, target_for, write_export
from restorer.record.recipe import Recipe, from_json
from restorer.record.report import PhotoReport
from restorer.record.sidecar import WorkDone, patch_names
from tests.conftest import line_mask, smooth_photo

SIZE = 60, 80


def recipe() -> Recipe:
    stages = [{"stage": "repair", "model": "repair", "seed": 3}]
    return from_json({"schema": 1, "stages": stages}, given=frozenset({"mask"}))


def scan(folder: Path, kind: str = "rgb8") -> Path:
    """A photograph of that kind in a file; PNG but for the one with an infrared plane."""
    pixels = smooth_photo(*SIZE)
    if kind == "grey8":
        pixels = np.ascontiguousarray(pixels[..., 0])
    if kind in ("rgb16", "infrared16"):
        pixels = pixels.astype(np.uint16) * 257 + 3
    plane = np.full(SIZE, 7, pixels.dtype) if kind == "infrared16" else None
    path = folder / ("scan.tif" if plane is not None else "scan.png")
    save_photo(Photo(pixels, infrared=plane), path)
    return path


def edited(photo: Photo) -> np.ndarray:
    """What was made of it: a fill, and one pixel that no repair is said to have filled."""
    pixels = photo.pixels.copy()
    pixels[line_mask(*SIZE)] //= 2
    pixels[0, 79] = pixels[0, 79] ^ 1
    return pixels


def export(source: Path, **settings: object) -> Path:
    photo = open_photo(source)
    how = ExportSettings(record=True, **settings)  # type: ignore[arg-type]
    target = target_for(source, photo, how)
    repairs = [{"model": {"id": "repair", "sha256": None}, "seed": 3}]
    done = WorkDone(line_mask(*SIZE), repairs)
    write_export(photo, edited(photo), target, how, recipe(), source, done)
    return target


def replay(record: Path, target: Path | None, source: Path | None = None) -> bool:
    return replay_one(record, source, target, "auto", PhotoReport(str(record)), JobContext())


def record_of(target: Path) -> Path:
    return target.with_name(patch_names(target.name)[0])


@pytest.mark.parametrize("kind", ["rgb8", "grey8", "rgb16", "infrared16"])
@pytest.mark.parametrize("bits", [0, 8, 16])
def test_replay_gives_what_was_exported_to_the_bit(kind: str, bits: int, tmp_path: Path) -> None:
    target = export(scan(tmp_path, kind), format="PNG", bits=bits)
    again = tmp_path / "again.png"
    assert replay(record_of(target), again)
    one, two = open_photo(target), open_photo(again)
    assert one.pixels.dtype == two.pixels.dtype and np.array_equal(one.pixels, two.pixels)
    content = json.loads(record_of(target).read_text())
    assert content["schema"] == 2 and content["repairs"][0]["seed"] == 3
    assert content["changed_outside"] == 1 and content["changed_inside"] > 50
    assert content["output"]["sha256"] == sha256_of(target)


def test_a_lossy_export_is_replayed_as_it_was_before_it_was_encoded(tmp_path: Path) -> None:
    source = scan(tmp_path)
    target = export(source, format="JPEG")
    again = tmp_path / "again.tif"
    assert replay(record_of(target), again)
    assert np.array_equal(open_photo(again).pixels, edited(open_photo(source)))


def test_the_record_is_of_use_in_another_folder(tmp_path: Path) -> None:
    source = scan(tmp_path)
    target = export(source)
    away = tmp_path / "away"
    away.mkdir()
    for name in patch_names(target.name):
        shutil.move(tmp_path / name, away / name)
    moved = source.rename(away / "moved.png")
    assert replay(away / patch_names(target.name)[0], None, moved)
    with pytest.raises(InputError, match="no file"):
        replay(away / patch_names(target.name)[0], None)


def test_what_a_replayed_file_cannot_hold_is_told(tmp_path: Path) -> None:
    record, entry = record_of(export(scan(tmp_path, "infrared16"), format="TIFF")), PhotoReport("")
    assert replay_one(record, None, tmp_path / "again.jpg", "auto", entry, JobContext())
    told = " ".join(entry.notices)
    assert all(what in told for what in ("with loss", "16 bits", "infrared")), told


def changed_source(target: Path) -> None:
    source = target.with_name("scan.png")
    photo = open_photo(source)
    save_photo(Photo(photo.pixels ^ 1), source, overwrite=True)


def changed_patch(target: Path) -> None:
    path = target.with_name(patch_names(target.name)[2])
    pixels = open_photo(path).pixels.copy()
    pixels[line_mask(*SIZE)] ^= 1
    save_photo(Photo(pixels), path, overwrite=True)


def deeper_patch(target: Path) -> None:
    path = target.with_name(patch_names(target.name)[2])
    save_photo(Photo(open_photo(path).pixels.astype(np.uint16)), path, overwrite=True)


def changed_mask(target: Path) -> None:
    save_mask(~line_mask(*SIZE), target.with_name(patch_names(target.name)[1]), overwrite=True)


def larger(index: int) -> Callable[[Path], None]:
    def change(target: Path) -> None:
        save_photo(
            Photo(smooth_photo(90, 90)), target.with_name(patch_names(target.name)[index]), overwrite=True
        )

    return change


def missing(index: int) -> Callable[[Path], None]:
    return lambda target: target.with_name(patch_names(target.name)[index]).unlink()


def rewritten(**changes: object) -> Callable[[Path], None]:
    def change(target: Path) -> None:
        path = record_of(target)
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (changed_source, "not the photograph of this sidecar"),
        (missing(1), "There is no file"),
        (missing(2), "There is no file"),
        (changed_patch, "The patch .* was changed"),
        (deeper_patch, "The patch .* was changed"),
        (changed_mask, "The mask .* was changed"),
        (larger(1), "The mask .* is 90 x 90"),
        (larger(2), "The patch .* is 90 x 90"),
        (rewritten(schema=3), "newer version"),
        (rewritten(schema=True), "'schema' must be 1 or 2"),
        (rewritten(patch={"name": "../scan.png", "pixels_sha256": DIGEST}), "'patch.name'"),
        (rewritten(patch={"name": "/etc/passwd", "pixels_sha256": DIGEST}), "'patch.name'"),
        (rewritten(patch=None), "'patch.name'"),
        (rewritten(bit_depth=12), "'bit_depth' must be 8 or 16"),
        (rewritten(recipe={"schema": 1, "stages": []}), "stages"),
    ],
)
def test_what_does_not_fit_any_more_is_said_in_one_sentence(
    harm: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    target = export(scan(tmp_path))
    harm(target)
    with pytest.raises(InputError, match=said):
        replay(record_of(target), tmp_path / "again.png")
    assert not (tmp_path / "again.png").exists()


def test_other_pixels_than_promised_are_noticed(tmp_path: Path) -> None:
    target = export(scan(tmp_path))
    rewritten(pixels_sha256=DIGEST)(target)
    assert not replay(record_of(target), None)


def test_names_are_free_for_all_files_of_an_export(tmp_path: Path) -> None:
    source = scan(tmp_path)
    first = export(source)
    assert {p.name for p in tmp_path.iterdir()} == {source.name, first.name, *patch_names(first.name)}
    first.unlink()  # its record stays, and is not to be written over
    second = export(source)
    assert second.name == "scan-restored-2.png" and replay(record_of(second), None)
    plain = ExportSettings()
    assert target_for(source, open_photo(source), plain) == first


@pytest.mark.parametrize("step", ["save_mask", "save_photo", "_write_json"])
def test_a_record_that_cannot_be_written_leaves_nothing(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scan(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise OutputError("The disk is full.")

    monkeypatch.setattr(sidecar, step, fail)
    with pytest.raises(OutputError, match="full"):
        export(source)
    assert [p.name for p in tmp_path.iterdir()] == [source.name]


def test_a_file_that_comes_up_meanwhile_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scan(tmp_path)
    there = tmp_path / "scan-restored.png.patch.tif"
    real = image_save.save_mask

    def late(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        there.write_bytes(b"someone's")

    monkeypatch.setattr(sidecar, "save_mask", late)
    with pytest.raises(OutputError, match="exists already"):
        export(source)
    assert there.read_bytes() == b"someone's"
    assert {p.name for p in tmp_path.iterdir()} == {source.name, there.name}


def test_a_source_that_was_changed_since_it_was_opened_gets_no_record(tmp_path: Path) -> None:
    source = scan(tmp_path)
    photo = open_photo(source)
    changed_source(source)
    done = WorkDone(line_mask(*SIZE))
    how, out = ExportSettings(record=True), tmp_path / "out.png"
    with pytest.raises(InputError, match="changed since it was opened"):
        write_export(photo, edited(photo), out, how, recipe(), source, done)
    with pytest.raises(InputError, match="without a file"):
        write_export(photo, edited(photo), out, how, recipe(), None, done)
    assert not out.exists()
