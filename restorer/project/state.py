"""What a project holds, without a file: which photograph, masks, changed pixels, values, strokes, view.

A state is compressed already: taking one costs as much as what changed since the last one, and reading one
allocates nothing that its photograph does not justify.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restorer import __version__
from restorer.arrays import Pixels
from restorer.editing.brush import Mark
from restorer.editing.document import Document
from restorer.editing.mask import DamageMap, MaskSettings, Region
from restorer.editing.surface import Surface
from restorer.errors import InputError
from restorer.project.codec import (
    LONGEST_TEXT,
    DamagedError,
    Decoder,
    Encoder,
    UnknownTypeError,
    fits,
    name_of,
    pack_patch,
    pack_tile,
    tile_names,
    unpack_patch,
    write_json,
)
from restorer.project.source import SourceRecord, embed, other_size, read_source
from restorer.tiles import Box

if TYPE_CHECKING:  # what the start of a window need not load
    from restorer.image.reading import Photo
    from restorer.record.recipe import Recipe

log = logging.getLogger(__name__)

FORMAT, VERSION = "restorer-project", 1
MASKS = ("mask", "protect")
BYTES_PER_PIXEL, BYTES_MORE = 16, 64 << 20  # what a project may take in memory beside its photograph
MOST_LABELS, MOST_MARKS = 1000, 10000  # so many fit into LONGEST_JSON
_NAME = re.compile(rb'"(#[0-9a-f]{32})"')

VALUES: dict[str, Any] = {
    "damage": DamageMap,
    "mask_settings": MaskSettings,
    "proposal": Surface,
    "proposal_share": float | None,
    "by_hand": Surface,
    "filled": Surface,
    "repairs": tuple[Region, ...],
}
"""Values of a document that are put back when a project is opened, with their types; others are kept in the
file."""


@dataclass(frozen=True)
class View:
    """What was looked at.

    Attributes:
        x: column of the middle, picture pixels.
        y: row of the middle.
        zoom: device pixels for one picture pixel.
        angle: clockwise, degrees.
    """

    x: float
    y: float
    zoom: float
    angle: float = 0.0


@dataclass(frozen=True)
class Snapshot:
    """A document at one moment, to be packed in another thread; costs microseconds."""

    source: Surface
    surfaces: Mapping[str, Surface]
    values: Mapping[str, Any]
    history: tuple[str, ...]
    revision: int

    @classmethod
    def of(cls, document: Document) -> Snapshot:
        """As `document` is now, which must not be inside an edit."""
        surfaces = {name: surface.snapshot() for name, surface in document.surfaces.items()}
        labels = tuple(label[:LONGEST_TEXT] for label in document.history[-MOST_LABELS:])
        return cls(document.source, surfaces, dict(document.values), labels, document.revision)


@dataclass(frozen=True)
class ProjectState:
    """A project, checked and compressed.

    Attributes:
        source: which photograph.
        masks: tiles of "mask" and "protect" as [row, column, name of a blob].
        result: tiles whose pixels differ from the photograph, likewise.
        values: encoded values of the document by name.
        marks: encoded ("mask" or "protect", `restorer.editing.brush.Mark`), in the order in which they were
            drawn.
        history: labels of the steps, oldest first.
        view: what was looked at.
        recipe: as JSON.
        blobs: everything large, by name.
        unknown: fields that a later version wrote; kept.
        extras: members of the file that a later version wrote; kept.
    """

    source: SourceRecord
    masks: Mapping[str, list[Any]] = field(default_factory=dict)
    result: list[Any] = field(default_factory=list)
    values: Mapping[str, Any] = field(default_factory=dict)
    marks: list[Any] = field(default_factory=list)
    history: tuple[str, ...] = ()
    view: View | None = None
    recipe: dict[str, Any] | None = None
    blobs: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def from_document(
        cls,
        document: Document,
        photo: Photo,
        path: Path | None,
        view: View | None = None,
        *,
        recipe: Recipe | None = None,
        marks: Iterable[tuple[str, Mark]] = (),
    ) -> ProjectState:
        """Everything about an open photograph; `path` is its file."""
        packer = Packer(SourceRecord.of(photo, path), None if path is not None else embed(photo))
        return packer.pack(Snapshot.of(document), view, recipe=recipe, marks=marks)

    def apply(self, document: Document) -> tuple[str, ...]:
        """Bring a fresh document of the photograph to this state; its history begins anew.

        Returns:
            sentences about what could not be taken over.

        Raises:
            InputError: the project is damaged, or belongs to a photograph of another size or type.
        """
        source = document.source
        channels, dtype = source.channels, source.dtype.name
        mine = (self.source.height, self.source.width, self.source.channels, self.source.dtype)
        if (source.height, source.width, channels, dtype) != mine:
            raise other_size(self.source.name)
        pixels = source.height * source.width
        decoder = Decoder(self.blobs, pixels * BYTES_PER_PIXEL + BYTES_MORE)
        try:
            surfaces = {name: self._mask(name, decoder) for name in MASKS}
            surfaces["result"] = self._result(source, decoder)
        except DamagedError as error:
            raise damaged("The project") from error
        values, notices = self._decoded(decoder)
        with document.edit("") as tx:
            for name, surface in surfaces.items():
                tx.put(name, surface)  # type: ignore[arg-type]
            for name, value in values.items():
                tx.set(name, value)
        document.forget_history()
        return tuple(notices)

    def read_marks(self) -> list[tuple[str, Mark]]:
        """What was drawn, in order; what cannot be read is left out."""
        decoder = Decoder(self.blobs, BYTES_MORE)
        marks = []
        for made in self.marks[-MOST_MARKS:]:
            try:
                mark = decoder.value(made)
            except (DamagedError, UnknownTypeError):
                continue
            if fits(mark, tuple[str, Mark]) and mark[0] in MASKS:
                marks.append(mark)
        return marks

    def read_recipe(self) -> Recipe | None:
        """The recipe, if there is one.

        Raises:
            InputError: it cannot be used.
        """
        from restorer.record.recipe import from_json

        given = frozenset({"mask"})
        return None if self.recipe is None else from_json(self.recipe, "The recipe of the project", given)

    def _mask(self, name: str, decoder: Decoder) -> Surface:
        surface = Surface(self.source.height, self.source.width)
        decoder.fill(surface, self.masks.get(name, []))
        return surface

    def _result(self, source: Surface, decoder: Decoder) -> Surface:
        result = source.snapshot()
        for key, name in tile_names(self.result, source.height, source.width).items():
            tile = source.tile(key)
            assert tile is not None
            decoder.spend(tile.nbytes)
            result.put(key, unpack_patch(decoder.blob(name), tile))
        return result

    def _decoded(self, decoder: Decoder) -> tuple[dict[str, Any], list[str]]:
        values, notices = {}, []
        for name, made in self.values.items():
            if name not in VALUES:
                continue
            try:
                value = decoder.value(made)
            except (DamagedError, UnknownTypeError):
                value = decoder  # fits nothing
            if fits(value, VALUES[name]) and _fits_picture(value, self.source.height, self.source.width):
                values[name] = value
            else:
                notices.append(f"A part of the project ({name.replace('_', ' ')}) could not be read.")
        return values, notices

    # --- as JSON

    def manifest(self) -> dict[str, Any]:
        """Everything but the blobs, as an object that `from_manifest` reads."""
        known = {
            "format": FORMAT,
            "version": VERSION,
            "application": __version__,
            "source": asdict(self.source),
            "masks": dict(self.masks),
            "result": self.result,
            "values": dict(self.values),
            "marks": self.marks,
            "history": list(self.history),
            "view": None if self.view is None else asdict(self.view),
            "recipe": self.recipe,
        }
        return {**self.unknown, **known}

    @classmethod
    def from_manifest(
        cls, made: Any, blobs: Mapping[str, bytes], extras: Mapping[str, bytes] | None = None
    ) -> ProjectState:
        """Check a manifest that may come from anyone; what it names is not decoded yet.

        Raises:
            InputError: of a newer version.
            DamagedError: no manifest.
        """
        if not isinstance(made, dict) or made.get("format") != FORMAT:
            raise DamagedError("no project")
        version = made.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise DamagedError("no version")
        if version > VERSION:
            raise InputError("The project was made by a newer version of Restorer.", "Update Restorer.")
        source = read_source(made.get("source"))
        masks = _checked(made.get("masks", {}), dict)
        for tiles in [*masks.values(), made.get("result", [])]:
            tile_names(tiles, source.height, source.width)
        return cls(
            source=source,
            masks=masks,
            result=_checked(made.get("result", []), list),
            values=_checked(made.get("values", {}), dict),
            marks=_checked(made.get("marks", []), list),
            history=_labels(made.get("history", [])),
            view=_view(made.get("view")),
            recipe=None if made.get("recipe") is None else _checked(made["recipe"], dict),
            blobs=blobs,
            unknown={k: v for k, v in made.items() if k not in _FIELDS},
            extras=extras or {},
        )

    def used(self) -> dict[str, bytes]:
        """The blobs that the manifest names."""
        names = blob_names(self.manifest())
        return {name: blob for name, blob in self.blobs.items() if name in names}


def blob_names(made: Any) -> set[str]:
    """The names of blobs in some JSON."""
    return {name.decode() for name in re.findall(_NAME, write_json(made))}


_FIELDS = frozenset(f.name for f in fields(ProjectState)) | {"format", "version", "application", "saved"}


class Packer:
    """Makes states of snapshots of one document; what did not change since the last one is not compressed
    again.

    For one thread at a time.

    Args:
        source: which photograph.
        embedded: its file, if it has none elsewhere.
        base: the state that the document was opened from; its history and marks, and what this version does
            not know of it, are kept.
    """

    def __init__(
        self, source: SourceRecord, embedded: bytes | None = None, base: ProjectState | None = None
    ) -> None:
        self._blobs: dict[str, bytes] = dict(base.blobs) if base is not None else {}
        self._base = base
        self._old: dict[int, tuple[Any, Any]] = {}
        self._new: dict[int, tuple[Any, Any]] = {}
        self._encoder = Encoder(self._put, self._tile)
        self.source = source
        if embedded is not None:
            self.embed(embedded)

    def embed(self, data: bytes) -> None:
        """Keep the file of the photograph with the work from now on."""
        self.source = replace(self.source, embedded=self._put(data))

    def pack(
        self,
        snapshot: Snapshot,
        view: View | None = None,
        *,
        recipe: Recipe | None = None,
        marks: Iterable[tuple[str, Mark]] = (),
    ) -> ProjectState:
        """The state of `snapshot`; `marks` are those that the base does not have."""
        from restorer.record.recipe import as_json

        self._new = {}
        base = self._base
        values = {} if base is None else {k: v for k, v in base.values.items() if k not in VALUES}
        for name, value in snapshot.values.items():
            try:
                values[name] = self._once(value, self._encoder.value)
            except UnknownTypeError as error:
                log.warning("the value %r cannot be saved: %s", name, error)
        kept = {} if base is None else {k: v for k, v in base.masks.items() if k not in MASKS}
        state = ProjectState(
            source=self.source,
            masks=kept | {name: self._encoder.tiles(snapshot.surfaces[name]) for name in MASKS},
            result=self._result(snapshot),
            values=values,
            marks=[*(base.marks if base is not None else ()), *map(self._mark, marks)][-MOST_MARKS:],
            history=((base.history if base is not None else ()) + snapshot.history)[-MOST_LABELS:],
            view=view,
            recipe=as_json(recipe) if recipe is not None else (base.recipe if base else None),
            blobs=self._blobs,
            unknown=base.unknown if base is not None else {},
            extras=base.extras if base is not None else {},
        )
        self._old = self._new
        self._blobs = state.used()
        return replace(state, blobs=self._blobs)

    def _put(self, blob: bytes) -> str:
        name = name_of(blob)
        self._blobs.setdefault(name, blob)
        return name

    def _once(self, thing: Any, make: Callable[[Any], Any]) -> Any:
        """What was made of the same object last time; holding the object keeps its identity its own."""
        kept = self._new.get(id(thing)) or self._old.get(id(thing))
        made = kept[1] if kept is not None and kept[0] is thing else make(thing)
        self._new[id(thing)] = (thing, made)
        return made

    def _mark(self, mark: tuple[str, Mark]) -> Any:
        return self._once(mark, self._encoder.value)

    def _tile(self, tile: Pixels) -> str | None:
        return self._once(tile, lambda t: self._put(pack_tile(t)) if t.any() else None)

    def _result(self, snapshot: Snapshot) -> list[Any]:
        result, found = snapshot.surfaces["result"], []
        for key in sorted(result.changes_from(snapshot.source)):
            source, tile = snapshot.source.tile(key), result.tile(key)
            assert source is not None
            if tile is None:
                continue
            name = self._once(tile, lambda t, source=source: self._patch(source, t))
            if name is not None:
                found.append([*key, name])
        return found

    def _patch(self, source: Pixels, tile: Pixels) -> str | None:
        blob = pack_patch(source, tile)
        return None if blob is None else self._put(blob)


# --- checks


def damaged(what: str) -> InputError:
    """The one sentence about a file that cannot be used."""
    return InputError(f"{what} is damaged or incomplete and cannot be opened.", "Take an older copy of it.")


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise DamagedError(f"no {kind.__name__}")
    return value


def _labels(made: Any) -> tuple[str, ...]:
    labels = _checked(made, list)[-MOST_LABELS:]
    return tuple(_checked(label, str)[:LONGEST_TEXT] for label in labels)


def _view(made: Any) -> View | None:
    if made is None:
        return None
    facts = {name: _checked(made, dict).get(name) for name in View.__dataclass_fields__}
    if not all(fits(value, float) and abs(value) <= 1e9 for value in facts.values()) or facts["zoom"] <= 0:
        raise DamagedError("no view")
    return View(**facts)


def _fits_picture(value: Any, height: int, width: int) -> bool:
    """Whether everything in a value that has a place lies in a picture of that size."""
    if isinstance(value, Surface):
        plain = value.channels == 0 and value.dtype == np.uint8
        return plain and (value.height, value.width) == (height, width)
    if isinstance(value, DamageMap):
        return value.thin.shape == (height, width)
    if isinstance(value, Region):
        return _fits_picture(value.box, height, width)
    if isinstance(value, Box):
        return 0 <= value.y0 <= value.y1 <= height and 0 <= value.x0 <= value.x1 <= width
    if isinstance(value, tuple | list):
        return all(_fits_picture(item, height, width) for item in value)
    return True
