"""Projects from anyone: hostile, truncated, garbled."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restorer.editing.document import Document
from restorer.errors import InputError, RestorerError
from restorer.project import state as project_state
from restorer.project.codec import name_of
from restorer.project.file import open_project
from tests.core.project.support import digest, make_project, reopen, rewrite


def archive(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, data in members:
            made.writestr(name, data)
    return stream.getvalue()


def manifest(**changes: Any) -> bytes:
    source = {"height": 10, "width": 10, "channels": 0, "dtype": "uint8", "pixels_sha256": "0" * 64}
    return json.dumps({"format": "restorer-project", "version": 1, "source": source} | changes).encode()


def source_with(**changes: Any) -> bytes:
    made = json.loads(manifest())
    made["source"] |= changes
    return json.dumps(made).encode()


BLOB = zlib.compress(bytes(100))
BLOB_NAME = f"blobs/{name_of(BLOB)[1:]}"
HOSTILE = {
    "empty": b"",
    "no zip": b"hello" * 100,
    "no manifest": archive([("other.txt", b"hello")]),
    "manifest is a list": archive([("manifest.json", b"[]")]),
    "manifest is deep": archive([("manifest.json", b"[" * 100000)]),
    "manifest without end": archive([("manifest.json", manifest()[:-1])]),
    "not utf-8": archive([("manifest.json", b"\xff\xfe" + manifest())]),
    "no numbers": archive([("manifest.json", manifest(view={"x": float("nan"), "y": 0, "zoom": 1}))]),
    "endless number": archive([("manifest.json", manifest(view=1).replace(b": 1}", b': {"x": 1e999}}'))]),
    "bomb": archive([("manifest.json", bytes(30 << 20))], zipfile.ZIP_DEFLATED),
    "compressed part": archive([("manifest.json", manifest()), (BLOB_NAME, BLOB)], zipfile.ZIP_DEFLATED),
    "strange method": archive([("manifest.json", manifest())], zipfile.ZIP_BZIP2),
    "parent": archive([("manifest.json", manifest()), ("../evil.py", b"x")]),
    "absolute": archive([("manifest.json", manifest()), ("/tmp/evil", b"x")]),
    "drive": archive([("manifest.json", manifest()), ("C:\\evil", b"x")]),
    "hidden": archive([("manifest.json", manifest()), ("a/.bashrc", b"x")]),
    "wrong hash": archive([("manifest.json", manifest()), (BLOB_NAME, BLOB + b"x")]),
    "twice": archive([("manifest.json", manifest()), ("a", b"1"), ("b", b"2")]).replace(b"b", b"a"),
    "comment": archive([("manifest.json", manifest())]) + b"rest",
    "huge picture": archive([("manifest.json", source_with(height=10**9, width=10**9))]),
    "no picture": archive([("manifest.json", source_with(height=0))]),
    "negative": archive([("manifest.json", source_with(height=-5))]),
    "true": archive([("manifest.json", source_with(height=True))]),
    "float": archive([("manifest.json", source_with(height=10.0))]),
    "object type": archive([("manifest.json", source_with(dtype="object"))]),
    "path": archive([("manifest.json", source_with(path="a\x00b"))]),
    "part missing": archive([("manifest.json", manifest(masks={"mask": [[0, 0, name_of(BLOB)]]}))]),
    "tile outside": archive([("manifest.json", manifest(masks={"mask": [[0, 1, name_of(BLOB)]]}))]),
    "tile twice": archive([("manifest.json", manifest(result=[[0, 0, "a"], [0, 0, "a"]]))]),
    "tile no list": archive([("manifest.json", manifest(result=[5]))]),
    "history": archive([("manifest.json", manifest(history=[{}]))]),
    "version": archive([("manifest.json", manifest(version="1"))]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_projects_get_one_sentence_and_little_memory(tmp_path: Path, kind: str) -> None:
    (tmp_path / "p.restorer").write_bytes(HOSTILE[kind])
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="damaged or incomplete"):
            open_project(tmp_path / "p.restorer")
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert [p.name for p in tmp_path.iterdir()] == ["p.restorer"]


def test_directories_that_declare_too_much_are_not_read(tmp_path: Path) -> None:
    good = bytearray(archive([("manifest.json", manifest())]))
    (tmp_path / "p.restorer").write_bytes(good)
    assert open_project(tmp_path / "p.restorer").source.height == 10
    for place, value in (
        (-14, b"\xff\xff"),
        (-12, b"\xff\xff"),
        (-10, b"\xff\xff\xff\x7f"),
        (-6, b"\1\0\0\0"),
    ):
        bad = good[:place] + value + good[place + len(value) :]
        (tmp_path / "p.restorer").write_bytes(bad)
        with pytest.raises(InputError, match="damaged or incomplete"):
            open_project(tmp_path / "p.restorer")


@pytest.mark.parametrize(
    ("where", "content"),
    [
        ("masks", {"mask": [[0, 0, name_of(zlib.compress(bytes(10**8)))]]}),
        ("result", [[0, 0, name_of(zlib.compress(bytes(10**8)))]]),
    ],
)
def test_a_tile_that_unpacks_to_more_than_a_tile_is_refused(tmp_path: Path, where: str, content: Any) -> None:
    bomb = zlib.compress(bytes(10**8))
    made = archive([("manifest.json", manifest(**{where: content})), (f"blobs/{name_of(bomb)[1:]}", bomb)])
    (tmp_path / "p.restorer").write_bytes(made)
    state = open_project(tmp_path / "p.restorer")
    document = Document(np.zeros((10, 10), np.uint8))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="damaged or incomplete"):
            state.apply(document)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert document.revision == 0


@pytest.mark.parametrize(
    "made",
    [
        {"type": "array", "dtype": "|u1", "shape": [10**6, 10**6], "data": name_of(BLOB)},
        {"type": "array", "dtype": "|O", "shape": [1], "data": name_of(BLOB)},
        {"type": "array", "dtype": "|u1", "shape": [-1, 100], "data": name_of(BLOB)},
        {"type": "surface", "height": 10**6, "width": 10**6, "channels": 0, "dtype": "|u1", "tiles": []},
        {"type": "json", "length": 10**12, "data": name_of(BLOB)},
        {"type": "MaskSettings", "fields": {"sensitivity": "high"}},
        {"type": "MaskSettings", "fields": {"sensitivity": 5}},
        {"type": "MaskSettings", "fields": {"polarity": "none"}},
        {"type": "DamageMap", "fields": {"thin": None, "region": None}},
        {"type": "regions", "rows": [[0, 0, 10**9, 5, 1]]},
        {"type": "regions", "rows": [[0, 0, 11, 5, 1]]},
        {"type": "points", "rows": [[10**400, 0, 0, 0, 0]]},
        {"type": "Popen", "fields": {"args": "ls"}},
        {"type": "tuple", "items": {"a": 1}},
        {"type": ["tuple"]},
        json.loads('{"type": "tuple", "items": [' * 50 + "]}" * 50),
        "text",
    ],
)
@pytest.mark.parametrize("name", ["damage", "proposal", "mask_settings", "repairs"])
def test_hostile_values_are_left_out(tmp_path: Path, made: Any, name: str) -> None:
    content = archive([("manifest.json", manifest(values={name: made}, marks=[made])), (BLOB_NAME, BLOB)])
    (tmp_path / "p.restorer").write_bytes(content)
    state = open_project(tmp_path / "p.restorer")
    document = Document(np.zeros((10, 10), np.uint8))
    assert len(state.apply(document)) == 1
    assert not document.values and state.read_marks() == []


def test_memory_is_bounded_by_the_photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_state, "BYTES_MORE", 50_000)
    _, _, project = make_project(tmp_path, height=50, width=60)
    big = zlib.compress(bytes(10**5))
    value = {"type": "array", "dtype": "|u1", "shape": [10**5], "data": name_of(big)}
    rewrite(project, lambda m: m["values"].update(damage=value), **{f"blobs/{name_of(big)[1:]}": big})
    assert reopen(project)[2] == ("A part of the project (damage) could not be read.",)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99, 0.999])
def test_a_truncated_project_gets_one_sentence(tmp_path: Path, share: float) -> None:
    _, _, project = make_project(tmp_path, height=50, width=60)
    data = project.read_bytes()
    project.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="damaged or incomplete"):
        open_project(project)


def test_garbled_projects_are_refused_or_unchanged(tmp_path: Path) -> None:
    before, _, project = make_project(tmp_path, height=30, width=40)
    data, rng, refused = project.read_bytes(), np.random.default_rng(7), 0
    for _ in range(200):
        bad = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            bad[place] ^= 1 << rng.integers(8)
        project.write_bytes(bad)
        try:
            after = reopen(project)[0]
        except RestorerError as error:
            assert error.sentence.endswith(".")
            refused += 1
        else:
            assert digest(after) == digest(before)
    assert refused > 150


@pytest.mark.parametrize("name", ["missing.restorer", "."])
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        open_project(tmp_path / name)
