"""Metadata that is made to cost more than it is."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pillow_heif
import pytest

from restorer.image.metadata import TiffReader
from restorer.image.reading import open_photo


def test_tags_that_name_the_same_bytes_are_copied_as_often_as_the_file_is_large() -> None:
    size, tags = 100_000, 2000
    place = 8 + 2 + 12 * tags + 4
    rows = b"".join(struct.pack("<HHII", 40_000 + tag, 7, size, place) for tag in range(tags))
    data = b"II*\x00" + struct.pack("<IH", 8, tags) + rows + bytes(4) + bytes(size)
    reader = TiffReader(io.BytesIO(data))
    block = reader.copy(reader.first).block()
    assert block is not None and size < len(block) <= len(data)


def test_a_deep_heif_with_premultiplied_alpha_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = np.tile(np.linspace(20_000, 65_535, 64).astype(np.uint16), (64, 1))
    planes = np.dstack([alpha // 2, alpha // 2, alpha // 2, alpha])
    made = pillow_heif.from_bytes(mode="RGBA;16", size=(64, 64), data=planes.tobytes())
    made.save(tmp_path / "a.heic", quality=-1)
    monkeypatch.setattr(pillow_heif.HeifFile, "premultiplied_alpha", property(lambda _: True))
    photo = open_photo(tmp_path / "a.heic")
    assert any("Premultiplied" in notice for notice in photo.notices)
    assert np.abs(photo.pixels.astype(int) - 32_767).max() < 400
