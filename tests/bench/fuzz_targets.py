"""What is fuzzed: valid files to begin with, how they are mutated, and what reads them."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image

from restorer.editing.document import Document
from restorer.errors import RestorerError
from restorer.image.reading import Photo, open_photo, stated_size
from restorer.image.saving import save_photo
from restorer.project.file import (
    Packer,
    ProjectState,
    Snapshot,
    SourceRecord,
    View,
    open_project,
    save_project,
)
from restorer.project.journal import FILE, Journal, find_left
from restorer.record.export import ExportSettings, write_export
from restorer.record.recipe import as_json, default_recipe, load_recipe, save_recipe
from restorer.record.sidecar import WorkDone, patch_names, patched, read_sidecar
from tests.core.project.support import MARKS, edit_everything

TARGETS = (
    *("picture", "project", "picture", "manifest", "sidecar"),
    *("picture", "recipe", "patch", "settings", "journal"),
)
LIMITS = {
    "picture": 2 << 30,  # 200 megapixels of 4 planes with 16 bits
    "project": 256 << 20,
    "manifest": 256 << 20,
    "journal": 256 << 20,
    "sidecar": 128 << 20,
    "patch": 2 << 30,
    "recipe": 64 << 20,
    "settings": 64 << 20,
}
"""Bytes that one case may take beyond what the process has."""

INTERESTING = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1e308, -0.0, 0.5),
    *("", "a", "\x00", "../../x", "/etc/passwd", "C:\\x", "\ud800", "é" * 5000, "0" * 64, "#" + "0" * 32),
    *([], {}, [[]], [0, 0, "#"], {"type": "tuple"}, {"type": ["x"]}, {"a": {"b": []}}),
    {"type": "array", "dtype": "|u1", "shape": [1 << 20, 1 << 20], "data": "#"},
)


Mutate = Callable[[bytes, list[bytes], random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """One kind of file.

    Attributes:
        name: of the kind.
        suffix: of its files.
        seeds: valid files.
        mutate: makes a case of a seed.
        run: reads it.
        allowed: what it may raise.
    """

    name: str
    suffix: str
    seeds: list[bytes]
    mutate: Mutate
    run: Callable[[Path], object]
    allowed: tuple[type[BaseException], ...] = field(default=(RestorerError,))

    def expects(self, error: BaseException) -> bool:
        """Whether it may be raised, and says something in one sentence."""
        return isinstance(error, self.allowed) and bool(getattr(error, "sentence", "").strip())


def mutated(targets: dict[str, Target], number: int, seed: int) -> tuple[Target, bytes]:
    """Case `number`: its target and its bytes."""
    chance = random.Random(f"{seed}-{number}")
    names = [name for name in TARGETS if name in targets]
    target = targets[names[number % len(names)]]
    return target, target.mutate(chance.choice(target.seeds), target.seeds, chance)


# --- mutations


def mutate_bytes(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A few of: bits, bytes, numbers, pieces that go, come twice, move or come from another file; an end."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8, 20))):
        if not out:
            break
        place = _place(len(out), chance)
        length = min(chance.choice((1, 2, 4, 8, 16, 64, 400)), len(out) - place)
        kind = chance.randrange(9)
        if kind <= 1:
            out[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            out[place] = chance.randrange(256)
        elif kind <= 4:
            layout = chance.choice(("<H", ">H", "<I", ">I"))
            number = chance.choice(INTERESTING) & (2 ** (8 * struct.calcsize(layout)) - 1)
            out[place : place + struct.calcsize(layout)] = struct.pack(layout, number)
        elif kind == 5:
            del out[place : place + length]
        elif kind == 6:
            out[place:place] = out[place : place + length] * chance.choice((1, 2, 30))
        elif kind == 7:
            other = chance.choice(others)
            start = chance.randrange(max(len(other), 1))
            out[place : place + length] = other[start : start + length]
        elif chance.random() < 0.3:
            del out[place:]
    return bytes(out)


def mutate_picture(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The same; every other PNG gets its checksums right again, so that more of it is looked at."""
    out = mutate_bytes(data, others, chance)
    return _with_checksums(out) if out[:4] == b"\x89PNG" and chance.random() < 0.5 else out


def _with_checksums(data: bytes) -> bytes:
    out, place = bytearray(data), 8
    while place + 12 <= len(out):
        end = place + 8 + int.from_bytes(out[place : place + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(out)


def _place(length: int, chance: random.Random) -> int:
    """Anywhere, but often at the start or the end, where the structure is."""
    if chance.random() < 0.4:
        near = min(length, 300)
        return chance.choice((chance.randrange(near), length - 1 - chance.randrange(near)))
    return chance.randrange(length)


def mutate_json(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Values that are others, gone, or too many; now and then the text itself."""
    if chance.random() < 0.2:
        return mutate_bytes(data, others, chance)
    content = json.loads(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        content = _change(content, chance)
    return json.dumps(content, allow_nan=True).encode()


def _change(content: Any, chance: random.Random) -> Any:
    """One change somewhere in some JSON."""
    if not isinstance(content, dict | list) or not content or chance.random() < 0.03:
        return _other(content, chance)
    if isinstance(content, dict):
        out = dict(content)
        key = chance.choice(list(out))
        kind = chance.randrange(10)
        if kind == 0:
            del out[key]
        elif kind == 1:
            out[chance.choice(("type", "schema", "version", "\x00", "new", key + "x"))] = out[key]
        else:
            out[key] = _change(out[key], chance)
        return out
    items = list(content)
    place = chance.randrange(len(items))
    kind = chance.randrange(8)
    if kind == 0:
        del items[place]
    elif kind == 1:
        items[place:place] = [items[place]] * chance.choice((1, 100))
    else:
        items[place] = _change(items[place], chance)
    return items


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and chance.random() < 0.5:
        return value + chance.choice((-1, 1, 512, -512, 10**6))
    if chance.random() < 0.02:
        deep: Any = 0
        for _ in range(chance.choice((50, 900))):
            deep = [deep]
        return deep
    if chance.random() < 0.02:
        return float(chance.choice(("nan", "inf", "-inf")))
    return chance.choice(VALUES)


def mutate_manifest(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A whole project whose manifest is another one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(stream, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename == "manifest.json":
                content = mutate_json(content, [content], chance)
            elif chance.random() < 0.01:
                continue
            after.writestr(zipfile.ZipInfo(info.filename), content)
    return stream.getvalue()


# --- valid files


def make_targets(folder: Path, wanted: list[str] | tuple[str, ...] = TARGETS) -> dict[str, Target]:
    """The kinds of files; the valid ones are made in `folder`."""
    makers: dict[str, Callable[[Path], Target]] = {
        "picture": _pictures,
        "project": lambda place: _projects(place, "project", mutate_bytes),
        "manifest": lambda place: _projects(place, "manifest", mutate_manifest),
        "journal": _journals,
        "sidecar": _sidecars,
        "patch": _patches,
        "recipe": _recipes,
        "settings": _settings,
    }
    return {name: makers[name](folder) for name in dict.fromkeys(wanted)}


def _noise(shape: tuple[int, ...], bits: int = 8, seed: int = 0) -> np.ndarray:
    smooth = np.random.default_rng(seed).integers(0, 2**bits, shape).astype(np.float32)
    smooth = cv2.GaussianBlur(smooth, (5, 5), 2)
    return smooth.astype(np.uint8 if bits == 8 else np.uint16)


def _pictures(folder: Path) -> Target:
    exif = Image.Exif()
    exif[271] = "Maker"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    facts: dict[str, Any] = {"exif": exif.tobytes()[6:], "xmp": xmp, "dpi": (300.0, 300.0)}
    seeds: list[bytes] = []
    for bits in (8, 16):
        for shape in ((18, 24, 3), (18, 24)):
            pixels = _noise(shape, bits)
            plane = _noise((18, 24), bits, 1)
            seeds += _saved(folder, Photo(pixels, **facts), (".png", ".tif"))
            seeds += _saved(folder, Photo(pixels, alpha=plane), (".png", ".tif"))
            seeds += _saved(folder, Photo(pixels, infrared=plane, compression="lzw"), (".tif",))
    pixels = _noise((18, 24, 3))
    seeds += _saved(folder, Photo(pixels, **facts), (".jpg", ".webp", ".bmp", ".heic"))
    for options in ({"format": "GIF"}, {"format": "JPEG", "progressive": True}, {"format": "PNG", "bits": 4}):
        stream = io.BytesIO()
        Image.fromarray(pixels).quantize(16).convert("RGB" if options["format"] == "JPEG" else "P").save(
            stream, **options
        )
        seeds.append(stream.getvalue())
    for options in _TIFFS:
        stream = io.BytesIO()
        inks = options.get("photometric") == "separated"
        tifffile.imwrite(stream, _noise((40, 40, 4)) if inks else _noise((40, 40, 3)), **options)
        seeds.append(stream.getvalue())
    exif[274] = 6  # turned
    for image in (Image.fromarray(pixels), Image.frombytes("CMYK", (24, 18), _noise((18, 24, 4)).tobytes())):
        stream = io.BytesIO()
        image.save(stream, "JPEG", exif=exif)
        seeds.append(stream.getvalue())

    def run(path: Path) -> None:
        stated_size(path)
        photo = open_photo(path)
        assert photo.pixels.dtype in (np.uint8, np.uint16) and photo.pixels.size

    return Target("picture", ".bin", seeds, mutate_picture, run)


_TIFFS: tuple[dict[str, Any], ...] = (
    {"photometric": "rgb", "tile": (16, 16), "compression": "zstd"},
    {"photometric": "rgb", "compression": "jpeg"},
    {"photometric": "separated", "compression": "zlib", "predictor": True},
    {"photometric": "rgb", "bigtiff": True, "byteorder": ">"},
    {"photometric": "rgb", "compression": "packbits", "rowsperstrip": 7},
)


def _saved(folder: Path, photo: Photo, suffixes: tuple[str, ...]) -> list[bytes]:
    made = []
    for suffix in suffixes:
        path = folder / f"seed{suffix}"
        save_photo(photo, path, overwrite=True)
        made.append(path.read_bytes())
        path.unlink()
    return made


def _document(folder: Path) -> tuple[Photo, Path, Document]:
    path = folder / "photo.png"
    save_photo(Photo(_noise((60, 50, 3), 8, 3)), path, overwrite=True)
    photo = open_photo(path)
    document = Document(photo.pixels)
    edit_everything(document)
    return photo, path, document


def _projects(
    folder: Path, name: str, mutate: Callable[[bytes, list[bytes], random.Random], bytes]
) -> Target:
    photo, path, document = _document(folder)
    project = folder / "seed.restorer"
    view, recipe = View(5.0, 6.0, 1.5), default_recipe()
    full = ProjectState.from_document(document, photo, path, view, recipe=recipe, marks=MARKS)
    pasted = ProjectState.from_document(Document(photo.pixels), photo, None)
    seeds = []
    for state in (full, pasted):
        save_project(project, state)
        seeds.append(project.read_bytes())

    def run(path: Path) -> None:
        state = open_project(path)
        state.apply(Document(photo.pixels))
        state.read_marks()
        state.read_recipe()

    return Target(name, ".restorer", seeds, mutate, run)


def _journals(folder: Path) -> Target:
    photo, path, document = _document(folder)
    journal = Journal(folder / "journals")
    packer = Packer(SourceRecord.of(photo, path))
    for step in range(3):
        with document.edit(f"Step {step}") as tx:
            tx.set("proposal_share", step / 10)
        journal.write(packer.pack(Snapshot.of(document), marks=MARKS))
    seed = journal.path.read_bytes()
    journal.close()
    place = folder / "left" / "one"
    place.mkdir(parents=True)

    def run(path: Path) -> None:
        (place / FILE).write_bytes(path.read_bytes())
        (left,) = find_left(place.parent)
        try:
            left.read().state.apply(Document(photo.pixels))
        finally:
            left.release()

    return Target("journal", ".journal", [seed], mutate_bytes, run)


def _sidecars(folder: Path) -> Target:
    content = {
        "schema": 1,
        "source": {"path": "/photos/scan.tif", "sha256": "0" * 64},
        "output": {"name": "scan-restored.tif", "sha256": "1" * 64},
        "pixels_sha256": "2" * 64,
        "recipe": as_json(default_recipe()),
        "models": {"repair": {"id": "repair", "sha256": "3" * 64}},
        "device_class": "cpu",
        "threads": 4,
        "mask": {"name": "scan-restored.tif.mask.tif", "pixels_sha256": "4" * 64},
        "boxes": [[1, 2, 3, 4], [5, 6, 7, 8]],
    }
    photo, record = _record(folder)

    def run(path: Path) -> None:
        """Read it; where it is one of a patch, put that into the photograph."""
        found = read_sidecar(path)
        if found.patch is not None:
            mask, patch = record.parent / found.mask.name, record.parent / found.patch.name
            patched(replace(found, mask=mask, patch=patch), photo)

    seeds = [json.dumps(content).encode(), record.read_bytes()]
    return Target("sidecar", ".json", seeds, mutate_json, run)


def _patches(folder: Path) -> Target:
    """The picture beside a record: whatever it is, it is the one that was written, or it is refused."""
    photo, record = _record(folder)
    found = read_sidecar(record)
    assert found.patch is not None
    expected = patched(found, photo).pixels

    def run(path: Path) -> None:
        assert np.array_equal(patched(replace(found, patch=path), photo).pixels, expected)

    return Target("patch", ".tif", [found.patch.read_bytes()], mutate_picture, run)


def _record(folder: Path) -> tuple[Photo, Path]:
    """A photograph, and the record of an export of it."""
    place = folder / "record"
    place.mkdir(exist_ok=True)
    photo = Photo(_noise((60, 50, 3), 16, 5))
    source, target = place / "scan.tif", place / "out.png"
    if not target.exists():
        save_photo(photo, source)
        pixels, filled = photo.pixels.copy(), np.zeros((60, 50), bool)
        filled[10:20, 5:45] = True
        pixels[filled] //= 2
        done = WorkDone(filled, [{"model": {"id": "repair", "sha256": "3" * 64}, "seed": 1}])
        write_export(photo, pixels, target, ExportSettings(), default_recipe(), source, done)
    return photo, place / patch_names(target.name)[0]


def _recipes(folder: Path) -> Target:
    path = folder / "seed.json"
    save_recipe(default_recipe(), path)
    return Target("recipe", ".json", [path.read_bytes()], mutate_json, load_recipe)


def _settings(folder: Path) -> Target:
    from ui.settings import SettingsStore

    store = SettingsStore(folder / "settings")
    store.change(recent=("/photos/a.tif", "/photos/b.tif"), export_template="{name}-x", detail=0.5)

    def run(path: Path) -> None:
        store.path.write_bytes(path.read_bytes())
        made = SettingsStore(store.folder)
        made.save()
        assert SettingsStore(store.folder).value == made.value

    return Target("settings", ".json", [store.path.read_bytes()], mutate_json, run, ())
