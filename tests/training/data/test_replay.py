from __future__ import annotations

import csv
from pathlib import Path

import cv2
import pytest

from restorer.errors import InputError, WeightsError
from tests.training.tuning.support import scene
from training.data import replay
from training.data.replay import COLUMNS, CROP_PX, INDEX, build_replay, read_replay, replay_folder

FREE = ("public domain", "cc0", "us government work")


def test_the_shipped_crops_are_small_free_and_whole() -> None:
    folder = replay_folder()
    paths = sorted(p.name for p in folder.glob("*.webp"))
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 1.5e6
    with (folder / INDEX).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["file"] for row in rows) == paths
    assert all(any(word in row["licence"].lower() for word in FREE) and row["source"] for row in rows)
    trained, measured = read_replay()
    assert len(trained) + len(measured) == len(paths) and len(measured) >= 40
    assert all(crop.shape == (CROP_PX, CROP_PX, 3) for crop in (*trained, *measured))


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = []
    for i in range(16):
        name = "historic" if i < 12 else "someone"
        cv2.imwrite(str(folder / f"{i}.png"), scene(i, 300, 400))
        licence = "public domain by age" if i < 12 else "all rights reserved"
        rows.append((f"{i}.png", name, "a/b", licence, "by, someone"))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return folder


def test_a_set_is_cut_the_same_way_each_time(collection: Path, tmp_path: Path) -> None:
    counts = [build_replay(collection, tmp_path / name) for name in ("a", "b")]
    assert counts[0] == counts[1] == replay.COLLECTIONS["historic"]
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    text = (tmp_path / "a" / INDEX).read_text()
    assert "someone,a/b" not in text and "rights reserved" not in text and '"by, someone"' in text


def test_no_photograph_is_trained_on_and_measured(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[int] = []
    original = replay.read_rgb

    def note(path: Path):  # type: ignore[no-untyped-def]
        cut.append(int(path.stem))
        return original(path)

    monkeypatch.setattr(replay, "read_rgb", note)
    count = build_replay(collection, tmp_path / "a")
    with (tmp_path / "a" / INDEX).open(newline="", encoding="utf-8") as stream:
        parts = [row["file"].split("-")[0] for row in csv.DictReader(stream)]
    assert len(cut) == count
    sides = [{n for n, p in zip(cut, parts, strict=True) if p == part} for part in ("train", "measure")]
    assert sides[0] and sides[1] and not sides[0] & sides[1]


def test_sets_that_cannot_be_are_told(collection: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.csv"):
        build_replay(tmp_path, tmp_path / "a")
    build_replay(collection, tmp_path / "a")
    with pytest.raises(InputError, match="holds a replay set already"):
        build_replay(collection, tmp_path / "a")
    next((tmp_path / "a").glob("train-*.webp")).write_bytes(b"broken")
    with pytest.raises(WeightsError, match="replay set of the program is damaged"):
        read_replay(tmp_path / "a")
