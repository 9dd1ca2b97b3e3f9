"""Tags of a TIFF that no program knows by heart stay with the photograph; those of its layout do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from restorer.image.reading import open_photo
from restorer.image.saving import save_photo

DOUBLES = (0.5, 0.25, -1.0)
KEPT = {
    305: "VueScan 9.8",
    33550: DOUBLES,
    36867: "1931:05:01 10:00:00",
    42112: "<GDALMetadata/>",
    65000: (1, 2, 70000),
}


def scan(path: Path, order: str = "<", large: int = 10) -> Path:
    tags = [
        (33550, 12, 3, DOUBLES, True),
        (36867, 2, 0, KEPT[36867], True),
        (42112, 2, 0, KEPT[42112], True),
        (65000, 4, 3, KEPT[65000], True),
        (297, 3, 2, (1, 3), True),  # one page of three
        (50706, 1, 4, (1, 4, 0, 0), True),  # of a DNG
        (65001, 7, large, bytes(large), True),
    ]
    pixels = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    tifffile.imwrite(
        path, pixels, photometric="rgb", byteorder=order, software=KEPT[305], metadata=None, extratags=tags
    )
    return path


def tags_of(path: Path) -> dict[int, object]:
    with tifffile.TiffFile(path) as tiff:
        return {tag.code: tag.value for tag in tiff.pages.first.tags}


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_tells_of_the_photograph_stays(order: str, tmp_path: Path) -> None:
    photo = open_photo(scan(tmp_path / "a.tif", order))
    assert photo.notices == ()
    save_photo(photo, tmp_path / "b.tif")
    found = tags_of(tmp_path / "b.tif")
    assert {tag: found.get(tag) for tag in KEPT} == KEPT
    assert 297 not in found and 50706 not in found and found[65001] == bytes(10)
    save_photo(photo, tmp_path / "c.png")  # and by way of another container
    save_photo(open_photo(tmp_path / "c.png"), tmp_path / "d.tif")
    found = tags_of(tmp_path / "d.tif")
    assert {tag: found.get(tag) for tag in KEPT} == KEPT


def test_a_photograph_without_software_names_this_one(tmp_path: Path) -> None:
    photo = replace(open_photo(scan(tmp_path / "a.tif")), exif=None)
    save_photo(photo, tmp_path / "b.tif")
    assert tags_of(tmp_path / "b.tif")[305] == "Restorer"


def test_what_is_too_large_is_told(tmp_path: Path) -> None:
    photo = open_photo(scan(tmp_path / "a.tif", large=100_000))
    assert any("65001" in notice for notice in photo.notices)
    save_photo(photo, tmp_path / "b.jpg")  # which has little room
    save_photo(photo, tmp_path / "c.tif")
    found = tags_of(tmp_path / "c.tif")
    assert 65001 not in found and found[305] == KEPT[305]
