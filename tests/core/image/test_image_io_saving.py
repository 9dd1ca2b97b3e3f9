"""Every way in which a photograph cannot be saved ends in one sentence and leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from restorer.errors import OutputError
from restorer.image import saving as image_save
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from tests.conftest import smooth_photo

SMALL = np.full((8, 9, 3), 90, np.uint8)
BLOCK = bytes(70000)


@pytest.mark.parametrize(
    ("photo", "name", "said"),
    [
        (Photo(SMALL, exif=b"II*\x00" + BLOCK), "a.jpg", "cannot hold this much"),
        (Photo(SMALL, xmp=BLOCK), "a.jpg", "cannot hold this much"),
        (Photo(SMALL, iptc=b"\x1c" + BLOCK), "a.jpg", "cannot hold this much"),
        (Photo(np.zeros((2, 17000, 3), np.uint8)), "a.webp", "16383 pixels"),
        (Photo(np.zeros((2, 66000, 3), np.uint8)), "a.jpg", "65500 pixels"),
        (Photo(SMALL, dpi=(9e9, 9e9)), "a.png", "could not be written as PNG"),
        (Photo(SMALL), "x" * 300 + ".png", "name"),
        (Photo(SMALL), "a\x00.png", "name is not valid"),
    ],
)
def test_what_cannot_be_written_is_told(photo: Photo, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=said):
        save_photo(photo, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_too_little_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setitem(image_save._ENCODERS, "PNG", refuse)
    with pytest.raises(OutputError, match="memory"):
        save_photo(Photo(SMALL), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_a_format_may_be_named(tmp_path: Path) -> None:
    save_photo(Photo(SMALL), tmp_path / "a.part", format="TIFF")
    assert open_photo(tmp_path / "a.part").format == "TIFF"
    with pytest.raises(OutputError, match="no format 'GIF'"):
        save_photo(Photo(SMALL), tmp_path / "b", format="GIF")


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EINVAL])
def test_a_file_system_without_links_is_written_to_and_nothing_is_replaced(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "no links here")  # EINVAL is what Windows gives on FAT and exFAT

    monkeypatch.setattr(image_save.os, "link", refuse)
    path = tmp_path / "a.png"
    save_photo(Photo(SMALL), path)
    with pytest.raises(OutputError, match="exists already"):
        save_photo(Photo(SMALL + 1), path)
    assert (open_photo(path).pixels == SMALL).all() and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["tif", "png", "bmp", "jpg", "webp", "heic"])
@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_a_file_that_finds_no_room_is_told_with_the_reason(
    ending: str, compression: str, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit for the size of files")
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutputError, match=os.strerror(errno.EFBIG)) as caught:
            save_photo(Photo(noise, compression=compression), tmp_path / f"a.{ending}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == errno.EFBIG
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("quality", [90, 94, 95, 100])
def test_what_jpeg_hardly_compresses_is_saved(quality: int, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    save_photo(Photo(noise), tmp_path / "a.jpg", quality=quality)
    assert open_photo(tmp_path / "a.jpg").pixels.shape == noise.shape


@pytest.mark.parametrize("shape", [(5000, 1, 3), (5000, 1), (2000, 4), (1, 5000, 3), (1, 1), (300, 200, 3)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_what_cannot_be_compressed_is_saved_in_any_shape(
    shape: tuple[int, ...], depth: type, ending: str, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, np.iinfo(depth).max + 1, shape, depth)
    save_photo(Photo(noise), tmp_path / f"a.{ending}")
    assert np.array_equal(open_photo(tmp_path / f"a.{ending}").pixels, noise)


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_a_heic_is_not_turned_by_what_xmp_says(orientation: int, tmp_path: Path) -> None:
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="{orientation}"/>'.encode()
    photo = Photo(smooth_photo(64, 96), xmp=xmp)
    save_photo(photo, tmp_path / "a.heic")
    again = open_photo(tmp_path / "a.heic")
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 4
    assert again.xmp is not None and b'tiff:Orientation="1"' in again.xmp
