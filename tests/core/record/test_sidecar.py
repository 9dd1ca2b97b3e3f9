"""Sidecars, from which a result is made again: as they are written, and as anyone may send them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from restorer.cli.replay import replay_one
from restorer.errors import InputError, OutputError, RestorerError
from restorer.hashes import sha256_of
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.record.recipe import default_recipe
from restorer.record.report import PhotoReport
from restorer.record.sidecar import (
    MOST_BOXES,
    Record,
    boxes,
    mask_hash,
    pixel_hash,
    read_sidecar,
    write_sidecar,
)
from tests.conftest import line_mask, smooth_photo


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    photo, mask = Photo(smooth_photo(40, 50)), line_mask(40, 50)
    save_photo(photo, tmp_path / "in.png")
    save_photo(photo, tmp_path / "out.png")
    recipe = default_recipe().with_parameters(repair={"model": "repair", "seed": 3})
    record = Record(
        tmp_path / "in.png",
        sha256_of(tmp_path / "in.png"),
        tmp_path / "out.png",
        sha256_of(tmp_path / "out.png"),
        recipe,
    )
    entry = PhotoReport("in.png", models={"repair": {"id": "repair", "sha256": "a" * 64}}, device_class="cpu")
    entry.threads, entry.changed_inside, entry.threshold = 4, 20, 0.6
    names = write_sidecar(tmp_path, "out.png", record, photo, mask, entry)
    assert names == ("out.png.json", "out.png.mask.tif")
    return tmp_path / names[0]


def test_a_sidecar_comes_back_as_it_was_written(sidecar: Path) -> None:
    found = read_sidecar(sidecar)
    mask = line_mask(40, 50)
    assert found.mask == sidecar.parent / "out.png.mask.tif" and found.mask_sha256 == mask_hash(mask)
    assert np.array_equal(open_photo(found.mask).pixels > 0, mask)
    assert found.pixels_sha256 == pixel_hash(open_photo(sidecar.parent / "out.png"))
    assert found.recipe.stages[1]["seed"] == 3 and found.threads == 4 and found.models == {"repair": "a" * 64}
    content = json.loads(sidecar.read_text())
    assert content["changed_share"] == 20 / 2000 and content["boxes"] == boxes(mask)
    assert content["version"] and content["threshold"] == 0.6


def test_a_name_that_cannot_be_written_is_told_before_anything_is_computed(
    sidecar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.cli.replay._computed", lambda *_: pytest.fail("computed"))
    with pytest.raises(OutputError, match="no ending of a picture"):
        replay_one(sidecar, None, sidecar.with_name("x.xyz"), "cpu", PhotoReport(""), JobContext())


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode there")
def test_a_name_that_is_not_utf_8_is_found_again(tmp_path: Path) -> None:
    photo, mask = Photo(smooth_photo(40, 50)), line_mask(40, 50)
    source, out = tmp_path / os.fsdecode(b"a\xff.png"), os.fsdecode(b"a\xff-out.png")
    save_photo(photo, source)
    save_photo(photo, tmp_path / out)
    record = Record(source, sha256_of(source), tmp_path / out, sha256_of(tmp_path / out), default_recipe())
    names = write_sidecar(tmp_path, out, record, photo, mask, PhotoReport("in.png", device_class="cpu"))
    found = read_sidecar(tmp_path / names[0])
    assert found.source == source and found.mask.is_file() and sha256_of(found.source) == found.source_sha256


def test_half_a_character_is_no_name(sidecar: Path) -> None:
    content = json.loads(sidecar.read_text())
    content["source"]["path"] = "/\ud800.png"
    sidecar.write_text(json.dumps(content))
    with pytest.raises(InputError):
        read_sidecar(sidecar)


def test_pixel_hashes_tell_type_and_shape_apart() -> None:
    pixels = smooth_photo(600, 4)
    same = [Photo(pixels), Photo(pixels.copy(), format="TIFF", xmp=b"x")]
    other = [Photo(pixels.reshape(4, 600, 3)), Photo(pixels.astype(np.uint16)), Photo(pixels[::-1])]
    assert len({pixel_hash(p) for p in same}) == 1 and len({pixel_hash(p) for p in [*same, *other]}) == 4


def test_boxes_are_the_places_of_a_mask() -> None:
    mask = np.zeros((50, 60), bool)
    mask[3:5, 10:20] = mask[30:40, 40:45] = True
    assert boxes(mask) == [[40, 30, 5, 10], [10, 3, 10, 2]] and boxes(np.zeros((4, 4), bool)) == []
    assert len(boxes(np.indices((100, 100)).sum(0) % 4 == 0)) <= MOST_BOXES


def change(path: Path, key: str, value: Any) -> None:
    content = json.loads(path.read_text())
    place = content
    for part in key.split(".")[:-1]:
        place = place[part]
    place[key.split(".")[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mask.name", "../mask.tif"),
        ("mask.name", "/etc/passwd"),
        *([("mask.name", "a\\b.tif"), ("mask.name", "C:mask.tif")] if os.name == "nt" else []),
        ("mask.name", ".."),
        ("mask.pixels_sha256", "0" * 63),
        ("source.sha256", None),
        ("source.path", "a\x00b"),
        ("models", {"repair": "x"}),
        ("device_class", "abacus"),
        ("threads", 10**9),
        ("schema", "1"),
        ("recipe", {"schema": 1, "stages": [{"stage": "explode"}]}),
        ("recipe", {"schema": 1, "stages": [{"stage": "detect"}]}),
    ],
)
def test_sidecars_from_anyone_are_checked(key: str, value: Any, sidecar: Path) -> None:
    change(sidecar, key, value)
    with pytest.raises(InputError):
        read_sidecar(sidecar)


def test_a_newer_sidecar_says_so(sidecar: Path) -> None:
    change(sidecar, "schema", 3)
    with pytest.raises(InputError, match="newer version"):
        read_sidecar(sidecar)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    key=st.sampled_from(["source", "mask", "models", "recipe", "schema", "threads", "output"]),
    value=json_values,
)
def test_any_content_is_a_sidecar_or_one_error(key: str, value: Any, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("s") / "a.json"
    digest = "0" * 64
    content = {
        "schema": 1,
        "source": {"path": "a", "sha256": digest},
        "output": {"name": "a"},
        "device_class": "cpu",
        "pixels_sha256": digest,
        "mask": {"name": "m", "pixels_sha256": digest},
        "models": {},
        "recipe": {"schema": 1, "stages": [{"stage": "detect"}, {"stage": "repair"}]},
    }
    path.write_text(json.dumps(content))
    assert read_sidecar(path).output == "a"
    path.write_text(json.dumps(content | {key: value}))
    try:
        read_sidecar(path)
    except RestorerError:
        return
    assert key in ("threads", "models", "schema") or value == content[key]
