from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from restorer.errors import InputError
from restorer.jobs import Cancelled, JobContext, Progress
from tests.conftest import smooth_photo
from training.data.folders import THUMBNAIL_PX, Seen, is_monochrome, scan, split, with_masks
from training.measuring.cases import find_mask
from training.tuning.setup import FinetuneConfig


def scene(seed: int, height: int = 200, width: int = 260) -> np.ndarray:
    """A picture unlike those of other seeds: random blobs of random colours (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (7, 9, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def save(path: Path, rgb: np.ndarray, taken: str | None = None, quality: int = 92) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(rgb)
    exif = picture.getexif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if path.suffix == ".png":
        picture.save(path)
    else:
        picture.save(path, quality=quality, exif=exif)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(12):
        save(tmp_path / "album" / f"{i:02d}.png", scene(i))
    return tmp_path / "album"


def names(report, groups) -> list[list[str]]:  # type: ignore[no-untyped-def]
    return [[report.photos[i].name for i in group] for group in groups]


def test_every_photograph_is_found_once_and_in_order(folder: Path) -> None:
    save(folder / "inner" / "x.jpg", scene(50))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(b"")
    seen: list[Progress] = []
    report = scan([folder, folder / "inner"], JobContext(seen.append))
    assert [p.name for p in report.photos] == [*(f"{i:02d}.png" for i in range(12)), "inner/x.jpg"]
    assert (report.photos[0].height, report.photos[0].width) == (200, 260)
    assert len({p.message for p in seen if p.fraction is not None}) == 13
    assert seen[-1].message == "Looking at inner/x.jpg"
    shown = [p.detail for p in seen if isinstance(p.detail, Seen)]
    assert [s.photo for s in shown] == list(report.photos)
    assert shown[0].thumbnail.shape == (135, THUMBNAIL_PX, 3) and shown[0].thumbnail.std() > 20
    assert report == scan([folder, folder / "inner"])
    assert report.near_duplicates == report.bursts == () and len(set(report.scenes)) == 13


def test_what_cannot_be_used_is_told_with_its_reason(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "00.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
    save(folder / "tiny.png", scene(60, 90, 400))
    report = scan([folder, tmp_path / "nowhere"])
    reasons = {r.path.name: r.reason for r in report.unreadable}
    assert reasons.keys() == {"cut.png", "empty.jpg", "text.jpg", "nowhere"}
    assert "empty" in reasons["empty.jpg"] and "no folder" in reasons["nowhere"]
    assert [r.path.name for r in report.too_small] == ["tiny.png"]
    assert "400 x 90" in report.too_small[0].reason
    assert len(report.photos) == 12


def test_links_in_circles_and_a_drive_that_fails_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(scan([folder]).photos)
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "inside").symlink_to(folder)
    report = scan([folder])
    assert len(report.photos) == count
    assert any(refused.path.name == "loop.png" for refused in report.unreadable)

    original = os.stat

    def failing(path: object, *args: object, **options: object) -> os.stat_result:
        if str(path).endswith("drive"):
            raise OSError(5, "Input/output error")
        return original(path, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", failing)
    report = scan([tmp_path / "drive", folder])
    assert len(report.photos) == count and "There is no folder" in report.unreadable[0].reason
    with pytest.raises(InputError, match="there is no folder"):
        FinetuneConfig((tmp_path / "drive",), "mine").check()


def test_copies_are_recognised_smaller_recompressed_brighter_and_mirrored(folder: Path) -> None:
    original = scene(3)
    save(folder / "a-small.jpg", cv2.resize(original, (216, 167), interpolation=cv2.INTER_AREA), quality=40)
    brighter = np.clip(original.astype(np.float32) * 0.8 + 30, 0, 255).astype(np.uint8)
    save(folder / "b-brighter.png", brighter)
    save(folder / "c-mirrored.png", np.ascontiguousarray(original[:, ::-1]))
    grey = cv2.cvtColor(original, cv2.COLOR_RGB2GRAY)
    save(folder / "d-grey.png", np.repeat(grey[..., None], 3, 2))
    report = scan([folder])
    assert names(report, report.near_duplicates) == [
        ["03.png", "a-small.jpg", "b-brighter.png", "c-mirrored.png", "d-grey.png"]
    ]
    assert len(set(report.scenes)) == 12


def test_bursts_are_recognised_by_time_and_within_a_folder(tmp_path: Path) -> None:
    for i, taken in enumerate(("12:00:00", "12:00:02", "12:00:04", "12:30:00")):
        save(tmp_path / "a" / f"{i}.jpg", scene(i), f"2024:05:01 {taken}")
    save(tmp_path / "b" / "0.jpg", scene(9), "2024:05:01 12:00:00")
    save(tmp_path / "b" / "1.jpg", scene(10), "no time")
    report = scan([tmp_path])
    assert names(report, report.bursts) == [["a/0.jpg", "a/1.jpg", "a/2.jpg"]]
    assert report.near_duplicates == ()
    assert report.scenes == (0, 0, 0, 1, 2, 3)


def test_black_and_white_and_toned_pictures_are_told_from_colour(tmp_path: Path) -> None:
    colour = scene(1)
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    sepia = np.clip(grey[..., None] * np.array([1.05, 0.92, 0.75]), 0, 255).astype(np.uint8)
    assert not is_monochrome(colour)
    assert is_monochrome(np.repeat(grey[..., None], 3, 2)) and is_monochrome(sepia)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    save(tmp_path / "sepia.png", sepia)
    save(tmp_path / "colour.png", colour)
    save(tmp_path / "other.png", scene(2))
    assert scan([tmp_path]).monochrome_share == 0.5


@pytest.mark.parametrize("seed", range(8))
def test_no_scene_is_on_both_sides_of_the_split(folder: Path, seed: int) -> None:
    for i in range(4):
        save(folder / f"copy-{i}.jpg", scene(i), quality=60)
        save(folder / f"again-{i}.jpg", scene(i)[2:, 3:])
    report = scan([folder])
    parts = split(report, seed=seed)
    assert split(report, seed=seed) == parts
    scene_of = dict(zip(report.photos, report.scenes, strict=True))
    sides = [{scene_of[p] for p in side} for side in (parts.train, parts.held_out)]
    assert not sides[0] & sides[1]
    assert len(parts.train) + len(parts.held_out) == 20
    assert 3 <= len(parts.held_out) <= 6


def test_rejected_photographs_are_not_used_and_seeds_differ(folder: Path) -> None:
    report = scan([folder])
    rejected = frozenset({report.photos[0].path, report.photos[5].path})
    parts = split(report, rejected=rejected)
    assert {p.name for p in (*parts.train, *parts.held_out)} == {f"{i:02d}.png" for i in range(12)} - {
        "00.png", "05.png",
    }  # fmt: skip
    assert len({frozenset(p.name for p in split(report, seed=s).held_out) for s in range(6)}) > 2


def test_too_few_photographs_or_scenes_are_told(folder: Path, tmp_path: Path) -> None:
    report = scan([folder])
    with pytest.raises(InputError, match="7 usable photographs of 7 scenes are too few"):
        split(report, rejected=frozenset(p.path for p in report.photos[:5]))
    for i in range(20):
        save(tmp_path / "same" / f"{i}.jpg", scene(i % 3), quality=50 + i)
    with pytest.raises(InputError, match="3 scenes"):
        split(scan([tmp_path / "same"]))


def test_a_scan_can_be_cancelled(folder: Path) -> None:
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        scan([folder], JobContext(seen.append, lambda: len(seen) >= 3))
    assert len(seen) == 3


def test_sixteen_bit_and_grey_photographs_count(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "deep.tiff"), smooth_photo(200, 240).astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "grey.png"), smooth_photo(200, 240, 2)[..., 0])
    assert [(p.height, p.width) for p in scan([tmp_path]).photos] == [(200, 240), (200, 240)]


def test_masks_are_found_as_the_editor_calls_them(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a", "b", "c", "party-mask")):
        cv2.imwrite(str(folder / f"{name}.png"), scene(number, 200, 220))
    masks = tmp_path / "masks"
    masks.mkdir()
    for name in ("a-mask", "b", "party-mask"):
        cv2.imwrite(str(masks / f"{name}.png"), np.full((200, 220), 255, np.uint8))
    found = with_masks(scan([folder]), masks)
    assert [p.path.stem for p in found.photos] == ["a", "b", "party-mask"]
    assert [find_mask(masks, p.path.stem).name for p in found.photos] == [  # type: ignore[union-attr]
        "a-mask.png", "b.png", "party-mask.png"
    ]  # fmt: skip
    cv2.imwrite(str(folder / "a-mask.png"), np.full((200, 220), 255, np.uint8))  # beside its photograph
    assert [p.path.stem for p in scan([folder]).photos] == ["a", "b", "c", "party-mask"]


@pytest.mark.parametrize("sizes", [(30, 30, 1, 1), (12, 12, 1, 1), (6, 6, 1, 1)])
def test_no_fewer_than_three_are_held_out(sizes: tuple[int, ...], folder: Path) -> None:
    (photo, *_) = scan([folder]).photos
    scenes = tuple(n for n, size in enumerate(sizes) for _ in range(size))
    photos = tuple(replace(photo, path=folder / f"{n}.png") for n in range(len(scenes)))
    report = replace(scan([folder]), photos=photos, scenes=scenes)
    for seed in range(4):
        parts = split(report, seed=seed)
        assert len(parts.held_out) >= 3 and len(parts.train) + len(parts.held_out) == sum(sizes)
        assert not {p.path for p in parts.train} & {p.path for p in parts.held_out}


def test_a_year_that_an_album_was_given_is_no_burst(tmp_path: Path) -> None:
    for number in range(14):
        save(tmp_path / f"{number:02d}.jpg", scene(300 + number), "1950:01:01 00:00:00")
    report = scan([tmp_path])
    assert len(set(report.scenes)) == 14 and report.bursts == ()


def test_masks_beside_their_photographs_are_told_to_move(tmp_path: Path) -> None:
    for name in ("a", "a-mask"):
        save(tmp_path / f"{name}.png", scene(1))
    with pytest.raises(InputError, match="a folder of their own"):
        with_masks(scan([tmp_path]), tmp_path)
