from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restorer.errors import OutputError
from restorer.image.reading import open_photo
from restorer.image.saving import open_mask
from restorer.library import store as library
from tests.conftest import line_mask, smooth_photo
from training.data import corrections
from training.data.folders import scan


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))


def test_photograph_and_mask_are_kept_under_one_name() -> None:
    assert corrections.count() == 0
    photo, mask = smooth_photo(200, 260), line_mask(200, 260)
    path = corrections.keep(photo, mask)
    kept = open_photo(corrections.photos_folder() / path.name)
    np.testing.assert_array_equal(kept.pixels, photo)
    np.testing.assert_array_equal(open_mask(path, mask.shape), mask)
    corrections.keep(photo, ~mask)  # corrected once more
    assert corrections.count() == 1
    np.testing.assert_array_equal(open_mask(path, mask.shape), ~mask)
    corrections.keep(photo[..., 0].astype(np.uint16) * 257, mask)
    assert corrections.count() == 2
    assert len(scan([corrections.photos_folder()]).photos) == 2
    assert [m.source for m in library.read_library().models] == ["shipped"] * len(library.shipped())
    corrections.forget()
    assert corrections.count() == 0


def test_large_scans_are_kept_small() -> None:
    photo, mask = smooth_photo(1300, 2200), np.zeros((1300, 2200), bool)
    mask[:, 400:404] = True
    path = corrections.keep(photo, mask)
    kept = open_photo(corrections.photos_folder() / path.name)
    assert (kept.height, kept.width) == (1080, 1828)
    assert open_mask(path, (1080, 1828))[:, 332:336].any(1).all()


def test_a_full_disk_leaves_nothing_half_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        corrections.keep(smooth_photo(60, 60), line_mask(60, 60))
    assert not [p for p in corrections.folder().rglob("*") if p.is_file()]
