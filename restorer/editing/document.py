"""An open photograph: source, result, masks, and every step that led there, to be undone and redone.

    with document.edit("Brush stroke") as tx:
        tx.patch("mask", box, pixels)

One `edit` is one step; an exception inside takes all of it back. History keeps the tiles that a step
replaced, newest first, within a budget of bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from restorer.arrays import Bools, Pixels
from restorer.editing.mask import DamageMap
from restorer.editing.surface import Key, Surface
from restorer.tiles import Box

SurfaceName = Literal["result", "mask", "protect"]
HISTORY_BYTES = 512 * 2**20
PACK_AFTER = 8  # steps that stay unpacked, so that undoing them costs nothing


@dataclass(frozen=True)
class _Packed:
    """A mask tile, compressed: long histories of strokes are nearly all zeros."""

    data: bytes
    shape: tuple[int, ...]

    @classmethod
    def of(cls, tile: Pixels) -> _Packed:
        return cls(zlib.compress(tile.tobytes(), 1), tile.shape)

    def unpack(self) -> Pixels:
        return np.frombuffer(zlib.decompress(self.data), np.uint8).reshape(self.shape).copy()


@dataclass(frozen=True)
class _PackedMask:
    """A mask that is a value, likewise."""

    empty: Surface
    tiles: dict[Key, _Packed]

    @classmethod
    def of(cls, mask: Surface) -> _PackedMask:
        tiles = {key: _Packed.of(tile) for key in sorted(mask.keys()) if (tile := mask.tile(key)) is not None}
        return cls(Surface(mask.height, mask.width), tiles)

    def unpack(self) -> Surface:
        mask = self.empty.snapshot()
        for key, packed in self.tiles.items():
            mask.put(key, packed.unpack())
        return mask


@dataclass(frozen=True)
class _PackedMap:
    """A damage map, likewise."""

    thin: _Packed
    region: _Packed

    @classmethod
    def of(cls, found: DamageMap) -> _PackedMap:
        return cls(_Packed.of(found.thin), _Packed.of(found.region))

    def unpack(self) -> DamageMap:
        return DamageMap(self.thin.unpack(), self.region.unpack())


Stored = Pixels | _Packed | None
_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """What listeners are told: tiles by surface name, and names of values that are different now."""

    tiles: Mapping[str, frozenset[Key]]
    values: frozenset[str]
    label: str
    revision: int


@dataclass
class Step:
    """One entry of the history: what a transaction replaced (or, once undone, what it had put there)."""

    label: str
    tiles: dict[tuple[str, Key], Stored] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def size(self, own: Callable[[Pixels], bool]) -> int:
        """Bytes kept alive by this step; views of the photograph itself are free."""
        kept = {id(stored): stored for stored in self._stored()}.values()
        packed = sum(len(stored.data) for stored in kept if isinstance(stored, _Packed))
        return packed + sum(tile.nbytes for tile in kept if not isinstance(tile, _Packed) and own(tile))

    def _stored(self) -> Iterator[Pixels | _Packed]:
        for value in self.values.values():
            if isinstance(value, _PackedMask):
                yield from value.tiles.values()
            elif isinstance(value, DamageMap | _PackedMap):
                yield from (value.thin, value.region)
            elif isinstance(value, Surface):
                yield from (tile for tile in map(value.tile, sorted(value.keys())) if tile is not None)
        yield from (stored for stored in self.tiles.values() if stored is not None)

    def absorb(self, later: Step) -> None:
        """Take in the step that came after this one, so that both are one."""
        for key, stored in later.tiles.items():
            self.tiles.setdefault(key, stored)
        for name, value in later.values.items():
            self.values.setdefault(name, value)

    def pack(self) -> None:
        """Compress the mask tiles, and values that are masks or damage maps."""
        for (name, key), stored in self.tiles.items():
            if name != "result" and isinstance(stored, np.ndarray):
                self.tiles[name, key] = _Packed.of(stored)
        for name, value in self.values.items():
            if isinstance(value, Surface) and value.dtype == np.uint8 and not value.channels:
                self.values[name] = _PackedMask.of(value)
            elif isinstance(value, DamageMap):
                self.values[name] = _PackedMap.of(value)


class Transaction:
    """Writes of one step; made by `Document.edit`."""

    def __init__(self, document: Document, label: str) -> None:
        self._document = document
        self._step = Step(label)

    def patch(self, name: SurfaceName, box: Box, pixels: Pixels, where: Bools | None = None) -> set[Key]:
        """Write `pixels` into `box` of a surface, where `where` says so; returns the tiles that changed.

        Listeners hear of it at once, so that a stroke shows while it is drawn.
        """
        surface = self._document.surfaces[name]
        before = surface.snapshot()
        changed = surface.patch(box, pixels, where)
        for key in changed:
            self._step.tiles.setdefault((name, key), before.tile(key))
        if changed:
            self._document._tell({name: frozenset(changed)}, frozenset(), self._step.label)
        return changed

    def put(self, name: SurfaceName, surface: Surface) -> set[Key]:
        """Replace a whole surface by `surface` (same size and type), sharing the tiles that are the
        same."""
        mine = self._document.surfaces[name]
        changed = surface.changes_from(mine)
        for key in changed:
            self._step.tiles.setdefault((name, key), mine.tile(key))
            mine.put(key, surface.tile(key))
        if changed:
            self._document._tell({name: frozenset(changed)}, frozenset(), self._step.label)
        return changed

    def set(self, name: str, value: Any) -> None:
        """Set a value (immutable, or never changed again) that belongs to the history, such as the damage
        map."""
        values = self._document._values
        self._step.values.setdefault(name, values.get(name, _ABSENT))
        _assign(values, name, value)
        self._document._tell({}, frozenset({name}), self._step.label)


def _assign(values: dict[str, Any], name: str, value: Any) -> None:
    if value is _ABSENT:
        values.pop(name, None)
    else:
        values[name] = value


class Document:
    """A photograph being worked on. For one thread; jobs get snapshots and return values.

    Surfaces: "result" (the photograph's type), "mask" and "protect" (uint8, 0..255: what is to be filled and
    what must not be). `values` hold what else belongs to the history.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16; taken over, must not be written to any more.
        history_bytes: what undo may keep in memory.
    """

    def __init__(self, pixels: Pixels, history_bytes: int = HISTORY_BYTES) -> None:
        self.source = Surface.from_array(pixels)
        height, width = pixels.shape[:2]
        self.surfaces: dict[str, Surface] = {
            "result": self.source.snapshot(),
            "mask": Surface(height, width),
            "protect": Surface(height, width),
        }
        self._photograph = pixels if pixels.base is None else pixels.base
        self._values: dict[str, Any] = {}
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._open: Transaction | None = None
        self._listeners: list[Callable[[Change], None]] = []
        self._history_bytes = history_bytes
        self.revision = 0
        self.forgotten = 0

    @property
    def height(self) -> int:
        """Rows."""
        return self.source.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.source.width

    @property
    def values(self) -> Mapping[str, Any]:
        """Read-only view of the values set by transactions."""
        return MappingProxyType(self._values)

    @property
    def history(self) -> list[str]:
        """Labels of the steps that can be undone, oldest first."""
        return [step.label for step in self._done]

    @property
    def future(self) -> list[str]:
        """Labels of the steps that can be redone, the next one first."""
        return [step.label for step in reversed(self._undone)]

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Have `listener` told of every change; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @contextmanager
    def edit(self, label: str, merge: bool = False) -> Iterator[Transaction]:
        """One step of the history; an exception inside takes it back. Steps that change nothing leave no
        trace. `merge` makes it part of the newest step if that has the same label: a slider that is dragged
        is one step."""
        tx = self.begin(label)
        try:
            yield tx
        except BaseException:
            self.rollback()
            raise
        self.commit(merge)

    def begin(self, label: str) -> Transaction:
        """Open a transaction that spans events, such as a drag; `commit` or `rollback` ends it."""
        if self._open is not None:
            raise RuntimeError("another edit is still open")
        self._open = Transaction(self, label)
        return self._open

    def commit(self, merge: bool = False) -> bool:
        """Make the open transaction a step, or part of the newest one as `edit` tells; False if it changed
        nothing."""
        step = self._close()
        if not step.tiles and not step.values:
            self._tell({}, frozenset(), step.label)  # some wait for the end of an edit
            return False
        if merge and self._done and self._done[-1].label == step.label and not self._undone:
            self._done[-1].absorb(step)
        else:
            self._done.append(step)
        self._undone.clear()
        self._trim()
        self._tell({}, frozenset(), step.label)
        return True

    def rollback(self) -> None:
        """Take back the open transaction."""
        self._swap([self._close()])

    @property
    def editing(self) -> bool:
        """Whether a transaction is open."""
        return self._open is not None

    def undo(self) -> str | None:
        """Take back the newest step; returns its label, None if there is none."""
        return self.go_to(len(self._done) - 1)

    def redo(self) -> str | None:
        """Do the step again that was undone last; returns its label, None if there is none."""
        return self.go_to(len(self._done) + 1)

    def go_to(self, steps: int) -> str | None:
        """Undo or redo until `steps` steps are done, or as near to it as there are steps; listeners are told
        once. Returns the label of the last one, None if there is none to undo or redo."""
        if self._open is not None:
            raise RuntimeError("an edit is still open")
        steps = min(max(steps, 0), len(self._done) + len(self._undone))
        moved: list[Step] = []
        while len(self._done) > steps:
            moved.append(self._done.pop())
            self._undone.append(moved[-1])
        while len(self._done) < steps:
            moved.append(self._undone.pop())
            self._done.append(moved[-1])
        if not moved:
            return None
        self._swap(moved)
        return moved[-1].label

    def forget_history(self) -> None:
        """Make what is there now the beginning: nothing can be undone or redone."""
        if self._open is not None:
            raise RuntimeError("an edit is still open")
        self._done.clear()
        self._undone.clear()
        self.forgotten = 0

    def history_size(self) -> int:
        """Bytes kept by the history."""
        return sum(step.size(self._own) for step in [*self._done, *self._undone])

    def _close(self) -> Step:
        if self._open is None:
            raise RuntimeError("no edit is open")
        step, self._open = self._open._step, None
        return step

    def _swap(self, steps: Sequence[Step]) -> None:
        """Exchange what the steps hold, one after another, with what is there now."""
        tiles: dict[str, set[Key]] = {}
        for step in steps:
            for (name, key), stored in step.tiles.items():
                surface = self.surfaces[name]
                step.tiles[name, key] = surface.tile(key)
                surface.put(key, stored.unpack() if isinstance(stored, _Packed) else stored)
                tiles.setdefault(name, set()).add(key)
            for name, value in step.values.items():
                step.values[name] = self._values.get(name, _ABSENT)
                _assign(
                    self._values,
                    name,
                    value.unpack() if isinstance(value, _PackedMask | _PackedMap) else value,
                )
        values = frozenset(name for step in steps for name in step.values)
        self._tell({name: frozenset(keys) for name, keys in tiles.items()}, values, steps[-1].label)

    def _own(self, tile: Pixels) -> bool:
        return tile.base is not self._photograph

    def _trim(self) -> None:
        if len(self._done) > PACK_AFTER:
            self._done[-PACK_AFTER - 1].pack()
        sizes = [step.size(self._own) for step in self._done]
        for number, step in enumerate(self._done):  # a few searches of a large scan fill the budget unpacked
            if sum(sizes) <= self._history_bytes:
                break
            step.pack()
            sizes[number] = step.size(self._own)
        total = sum(sizes)
        drop = 0
        while total > self._history_bytes and drop < len(self._done) - 1:
            total -= sizes[drop]
            drop += 1
        del self._done[:drop]
        self.forgotten += drop

    def _tell(self, tiles: dict[str, frozenset[Key]], values: frozenset[str], label: str) -> None:
        self.revision += 1
        change = Change(tiles, values, label, self.revision)
        for listener in list(self._listeners):
            listener(change)
