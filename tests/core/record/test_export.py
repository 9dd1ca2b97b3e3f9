from __future__ import annotations

import errno
import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from restorer.errors import OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.record.audit import SOURCE_TYPE
from restorer.record.export import (
    ExportSettings,
    check_holds,
    chosen_bits,
    chosen_format,
    estimate_bytes,
    lost_in,
    prepare,
    target_for,
    write_export,
)
from restorer.record.recipe import default_recipe
from tests.conftest import smooth_photo

DAY = date(2026, 3, 1)


def photo(dtype: type = np.uint8, **kwargs: object) -> Photo:
    scale = np.iinfo(dtype).max // 255
    return Photo(smooth_photo(60, 80).astype(dtype) * dtype(scale), **kwargs)  # type: ignore[arg-type]


def test_a_lossy_source_asks_for_png_and_others_stay() -> None:
    assert chosen_format(photo(format="JPEG"), ExportSettings()) == "PNG"
    assert chosen_format(photo(format="TIFF"), ExportSettings()) == "TIFF"
    assert chosen_format(photo(), ExportSettings(format="WEBP")) == "WEBP"
    with pytest.raises(OutputError, match="GIF"):
        chosen_format(photo(), ExportSettings(format="GIF"))


def test_depth_is_kept_where_the_format_can_and_changed_by_rounding() -> None:
    deep = photo(np.uint16)
    assert chosen_bits(deep, ExportSettings()) == 16
    assert chosen_bits(deep, ExportSettings(format="JPEG")) == 8
    assert prepare(deep, ExportSettings()).pixels is deep.pixels
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    eight = prepare(Photo(values), ExportSettings(bits=8)).pixels
    assert eight.dtype == np.uint8
    assert np.abs(eight.astype(float) - values / 257.0).max() <= 0.5
    again = prepare(Photo(eight), ExportSettings(bits=16)).pixels
    assert (prepare(Photo(again), ExportSettings(bits=8)).pixels == eight).all()


def test_what_a_file_cannot_hold_is_told_and_left_out() -> None:
    plane = np.zeros((60, 80), np.uint16)
    rich = photo(np.uint16, alpha=plane, infrared=plane, format="TIFF")
    assert lost_in(rich, ExportSettings()) == []
    assert lost_in(rich, ExportSettings(format="PNG")) == ["infrared"]
    assert lost_in(rich, ExportSettings(format="JPEG")) == ["pixels", "depth", "alpha", "infrared"]
    ready = prepare(rich, ExportSettings(format="JPEG"))
    assert ready.alpha is None and ready.infrared is None and ready.bit_depth == 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIC"])
def test_every_format_is_written_and_its_size_estimated(kind: str, tmp_path: Path) -> None:
    original = photo(format="TIFF")
    settings = ExportSettings(format=kind)
    target = target_for(tmp_path / "scan.tif", original, settings)
    save_photo(prepare(original, settings), target, format=kind, source=tmp_path / "scan.tif")
    size = target.stat().st_size
    assert 0.6 * size < estimate_bytes(original, settings) < 1.4 * size + 400


def test_large_pictures_are_estimated_from_samples(tmp_path: Path) -> None:
    original = Photo(smooth_photo(1500, 1900))
    save_photo(original, tmp_path / "x.png")
    size = (tmp_path / "x.png").stat().st_size
    assert 0.8 * size < estimate_bytes(original, ExportSettings()) < 1.2 * size


def test_names_come_from_the_template_and_are_never_taken(tmp_path: Path) -> None:
    source = tmp_path / "scan.tif"
    source.touch()
    shown = photo(format="TIFF")
    name = ExportSettings(template="{name} {date} {width}x{height} {format}")
    assert target_for(source, shown, name, DAY).name == "scan 2026-03-01 80x60 tiff.tif"
    plain = ExportSettings(template="{name}")
    assert target_for(source, shown, plain).name == "scan-2.tif", "the source itself was named"
    (tmp_path / "scan-2.tif").touch()
    assert target_for(source, shown, plain).name == "scan-3.tif"
    assert target_for(source, shown, ExportSettings(template="{name}-{n}")).name == "scan-1.tif"
    other = tmp_path / "other"
    assert target_for(source, shown, ExportSettings(folder=other)).parent == other


def test_a_dangling_link_is_a_taken_name_and_one_that_cannot_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "scan.png"
    (tmp_path / "scan-restored.png").symlink_to(tmp_path / "nowhere")
    assert target_for(source, photo(), ExportSettings()).name == "scan-restored-2.png"
    with pytest.raises(OutputError, match="too long"):
        target_for(source, photo(), ExportSettings(template="x" * 300))
    with pytest.raises(OutputError, match="not valid"):
        target_for(source, photo(), ExportSettings(folder=Path("a\x00b")))

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "lstat", locked)
    with pytest.raises(OutputError, match="may not be written to"):
        target_for(source, photo(), ExportSettings())


def test_the_longest_names_that_a_folder_takes_are_written(tmp_path: Path) -> None:
    target = tmp_path / ("\U0001f5bc" * 62 + ".png")  # 252 bytes
    write_export(photo(), photo().pixels, target, ExportSettings(), default_recipe(), None)
    assert target.is_file()


@given(st.text(max_size=30))
def test_no_template_leaves_its_folder(template: str) -> None:
    folder = Path("/somewhere/that/is/not/there")
    try:
        target = target_for(None, photo(), ExportSettings(template=template, folder=folder))
    except OutputError:
        return
    assert target.parent == folder and target.name not in (".png", "..png")


def test_unknown_fields_and_empty_names_are_told() -> None:
    with pytest.raises(OutputError, match="nam"):
        target_for(None, photo(), ExportSettings(template="{nam}"))
    with pytest.raises(OutputError, match="empty"):
        target_for(None, photo(), ExportSettings(template=" . "))


def test_metadata_is_kept_or_left_out() -> None:
    full = photo(
        exif=b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        xmp=b"<x/>",
        iptc=b"\x1c\x02\x05\x00\x01a",
        icc=b"icc",
    )
    assert prepare(full, ExportSettings()).exif == full.exif
    bare = prepare(full, ExportSettings(metadata="none"))
    assert (bare.exif, bare.xmp, bare.iptc, bare.icc) == (None, None, None, b"icc")


def test_sides_and_metadata_that_do_not_fit_are_told_before_anything_is_written() -> None:
    wide = Photo(np.zeros((2, 17000), np.uint16), infrared=np.zeros((2, 17000), np.uint16))
    with pytest.raises(OutputError, match="16383"):
        check_holds(wide, ExportSettings(format="WEBP"))
    check_holds(wide, ExportSettings(format="JPEG"))  # what is left out of it is told otherwise
    wordy = photo(xmp=b"x" * 70_000)
    with pytest.raises(OutputError, match="this much EXIF"):
        check_holds(wordy, ExportSettings(format="JPEG"))
    for settings in (ExportSettings(format="JPEG", metadata="none"), ExportSettings(format="WEBP")):
        check_holds(wordy, settings)


@pytest.mark.parametrize("format", ["same", "JPEG", "TIFF", "WEBP", "HEIC"])
def test_an_export_says_that_it_was_repaired(format: str, tmp_path: Path) -> None:
    settings = ExportSettings(format=format)
    scan = photo()
    target = target_for(tmp_path / "a.png", scan, settings)
    assert write_export(scan, scan.pixels ^ 1, target, settings, default_recipe(), None) == []
    xmp = (open_photo(target).xmp or b"").decode()
    assert SOURCE_TYPE in xmp and "stEvt:softwareAgent>Restorer" in xmp and "sensitivity" in xmp


def test_a_copy_says_nothing_and_who_leaves_out_metadata_leaves_out_the_note(tmp_path: Path) -> None:
    scan, bare = photo(), ExportSettings(metadata="none")
    write_export(scan, scan.pixels.copy(), tmp_path / "a.png", ExportSettings(), default_recipe(), None)
    write_export(scan, scan.pixels ^ 1, tmp_path / "b.png", bare, default_recipe(), None)
    assert open_photo(tmp_path / "a.png").xmp is None and open_photo(tmp_path / "b.png").xmp is None


def test_bmp_has_no_place_for_metadata() -> None:
    named = photo(xmp=b"x")
    assert lost_in(named, ExportSettings(format="BMP")) == ["metadata"]
    assert lost_in(named, ExportSettings(format="BMP", metadata="none")) == []
