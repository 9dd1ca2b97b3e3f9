"""An edited document with one of everything that a project can hold, and what makes two of them equal."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from restorer.editing.brush import Polygon, Rectangle, Stroke, StrokePoint
from restorer.editing.document import Document
from restorer.editing.mask import DamageMap, MaskSettings, Region
from restorer.editing.surface import Surface
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.project.file import ProjectState, View, load_source, open_project, save_project
from restorer.record.recipe import default_recipe
from restorer.tiles import Box

VIEW = View(12.5, 40.0, 3.0, 90.0)
MARKS = (
    ("mask", Stroke((StrokePoint(3.5, 4.25, 0.5, 10.0, -3.0), StrokePoint(40.0, 60.0)), 12.0, 0.8)),
    ("protect", Polygon(((1.0, 2.0), (30.5, 4.0), (9.0, 50.0)), "erase")),
    ("mask", Rectangle(Box(5, 6, 70, 80))),
)


def make_photo(path: Path, height: int = 700, width: int = 600, colour: bool = True, bits: int = 8) -> Photo:
    """A photograph of noise (2 x 2 tiles by default), written and read again."""
    shape = (height, width, 3) if colour else (height, width)
    noise = np.random.default_rng(5).integers(0, 2**bits, shape)
    save_photo(Photo(noise.astype(np.uint8 if bits == 8 else np.uint16)), path)
    return open_photo(path)


def edit_everything(document: Document, seed: int = 0) -> None:
    """Several steps that touch every surface and every value."""
    rng = np.random.default_rng(seed)
    height, width = document.height, document.width
    with document.edit("Brush stroke") as tx:
        tx.patch("mask", Box(10, 20, 110, 90), rng.integers(0, 256, (100, 70)).astype(np.uint8))
    with document.edit("Protect") as tx:
        tx.patch("protect", Box(height - 60, width - 50, height, width), np.full((60, 50), 255, np.uint8))
    with document.edit("Find damage") as tx:
        planes = rng.integers(0, 256, (2, height, width)).astype(np.uint8)
        tx.set("damage", DamageMap(planes[0], planes[1]))
        tx.set("mask_settings", MaskSettings(0.7, 9, None, "dark", 1.5))
        proposal = Surface(height, width)
        proposal.patch(Box(0, 0, 30, 40), np.full((30, 40), 255, np.uint8))
        tx.set("proposal", proposal)
        tx.set("proposal_share", 0.25)
    with document.edit("Repair") as tx:
        side = min(40, height // 3, width // 3)
        box = Box(height // 2, 5, height // 2 + side, 5 + side)
        old = document.surfaces["result"].read(box)
        where = rng.random((side, side)) < 0.5
        tx.patch("result", box, rng.permutation(old.ravel()).reshape(old.shape).astype(old.dtype), where)
        filled = Surface(height, width)
        filled.patch(box, where.astype(np.uint8) * np.uint8(255))
        tx.set("filled", filled)
        tx.set("repairs", (Region(box, 800), Region(Box(0, 0, 3, 4), 12)))


def digest(document: Document) -> str:
    """Equal for documents that hold the same pixels and values."""
    whole = hashlib.sha256()
    for name in ("result", "mask", "protect"):
        whole.update(document.surfaces[name].to_array().tobytes())
    for name, value in sorted(document.values.items()):
        whole.update(name.encode() + _bytes(value))
    return whole.hexdigest()


def _bytes(value: object) -> bytes:
    if isinstance(value, Surface):
        return value.to_array().tobytes()
    if isinstance(value, DamageMap):
        return value.thin.tobytes() + value.region.tobytes()
    return repr(value).encode()


def make_project(folder: Path, **size: Any) -> tuple[Document, Path, Path]:
    """An edited document, its photograph and its project."""
    source, project = folder / "scan.png", folder / "work.restorer"
    photo = make_photo(source, **size)
    document = Document(photo.pixels)
    edit_everything(document)
    state = ProjectState.from_document(document, photo, source, VIEW, recipe=default_recipe(), marks=MARKS)
    save_project(project, state)
    return document, source, project


def reopen(project: Path, source: Path | None = None) -> tuple[Document, ProjectState, tuple[str, ...]]:
    state = open_project(project)
    opened = load_source(state.source, state.blobs, project, source)
    document = Document(opened.photo.pixels)
    return document, state, opened.notices + state.apply(document)


def rewrite(project: Path, change: Callable[[dict[str, Any]], object], **extra: bytes) -> None:
    """Change the manifest of a project, and add members."""
    with zipfile.ZipFile(project) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(project, "w") as archive:
        for name, data in (members | extra).items():
            archive.writestr(name, data)
