"""Tiles, arrays and values as bytes, and back from bytes that may come from anyone.

Everything large is a blob: compressed bytes whose name is their hash, so that equal tiles are stored once.
Nothing is allocated before what is declared was compared with what is allowed, and nothing is ever run: the
only types that come back are those of `TYPES`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union

import numpy as np

from restorer.arrays import Pixels
from restorer.editing.brush import Polygon, Rectangle, Stroke, StrokePoint
from restorer.editing.mask import DamageMap, MaskSettings, Region
from restorer.editing.surface import TILE, Key, Surface
from restorer.tiles import Box

DTYPES = ("|b1", "|u1", "<u2", "<i4", "<i8", "<f4", "<f8")
LONGEST_JSON = 8 << 20  # bytes of one JSON text
JSON_COST = 24  # bytes of memory for a byte of it
LONGEST_TEXT = 4096
LONGEST_INLINE = 512  # letters; longer values become blobs
DEEPEST = 40
FARTHEST_PX = 1 << 20
LEVEL = 1


class DamagedError(ValueError):
    """Bytes that are not what they are said to be."""


class UnknownTypeError(ValueError):
    """A value of a type that this version does not know."""


# --- bytes


def deflate(data: bytes) -> bytes:
    """Compress, fast."""
    return zlib.compress(data, LEVEL)


def inflate(data: bytes, length: int) -> bytes:
    """Decompress what must be exactly `length` bytes; never more memory than that is used.

    Raises:
        DamagedError: it is not.
    """
    unpacker = zlib.decompressobj()
    try:
        out = unpacker.decompress(data, length + 1)
    except zlib.error as error:
        raise DamagedError(str(error)) from error
    if len(out) != length or not unpacker.eof or unpacker.unused_data:
        raise DamagedError("another length than declared")
    return out


def name_of(blob: bytes) -> str:
    """The name of a blob: # and 32 hexadecimal digits, BLAKE2b (RFC 7693)."""
    return "#" + hashlib.blake2b(blob, digest_size=16).hexdigest()


def read_json(data: bytes) -> Any:
    """JSON without the numbers that JSON does not have.

    Raises:
        DamagedError: it is no JSON.
    """
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise DamagedError(str(error)) from error


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


def write_json(value: Any) -> bytes:
    """JSON as UTF-8, the same for the same value."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


# --- tiles


def pack_tile(tile: Pixels) -> bytes:
    """The pixels of one tile."""
    return deflate(_plain(tile).tobytes())


def unpack_tile(blob: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Pixels:
    """A tile of a known shape and type.

    Raises:
        DamagedError: it is not one.
    """
    data = inflate(blob, math.prod(shape) * dtype.itemsize)
    if dtype.kind == "b":  # other bytes than 0 and 1 would be no truth values
        return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
    return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)


def pack_patch(source: Pixels, tile: Pixels) -> bytes | None:
    """Which pixels of a tile (h, w) or (h, w, C) differ from the source, and what they are now; None if none
    do."""
    differs = source != tile
    if differs.ndim == 3:
        differs = differs.any(2)
    if not differs.any():
        return None
    return deflate(np.packbits(differs).tobytes() + _plain(tile[differs]).tobytes())


def unpack_patch(blob: bytes, source: Pixels) -> Pixels:
    """`source` with the pixels of `pack_patch` in place.

    Raises:
        DamagedError: it is no patch of a tile of this shape and type.
    """
    height, width = source.shape[:2]
    unpacker = zlib.decompressobj()
    try:
        bits = unpacker.decompress(blob, -(-height * width // 8))
        which = np.unpackbits(np.frombuffer(bits, np.uint8))
        if len(which) < height * width:
            raise DamagedError("too short")
        differs = which[: height * width].reshape(height, width).astype(bool)
        length = int(differs.sum()) * source[0, 0].nbytes
        values = unpacker.decompress(unpacker.unconsumed_tail, length + 1)
    except zlib.error as error:
        raise DamagedError(str(error)) from error
    if len(values) != length or not unpacker.eof or unpacker.unused_data:
        raise DamagedError("another length than declared")
    tile = source.copy()
    flat = np.frombuffer(values, source.dtype.newbyteorder("<"))
    tile[differs] = flat.reshape(-1, *source.shape[2:])
    return tile


def _plain(array: Pixels) -> Pixels:
    """In the byte order of the files."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


# --- values


def _is_sane_box(box: Box) -> bool:
    return -FARTHEST_PX <= box.y0 <= box.y1 <= FARTHEST_PX and -FARTHEST_PX <= box.x0 <= box.x1 <= FARTHEST_PX


def _is_near(*coordinates: float) -> bool:
    return all(abs(c) <= FARTHEST_PX for c in coordinates)


def _is_sane_damage(found: DamageMap) -> bool:
    planes = (found.thin, found.region)
    return found.thin.shape == found.region.shape and all(p.dtype == np.uint8 and p.ndim == 2 for p in planes)


def _is_sane_settings(settings: MaskSettings) -> bool:
    return (
        0 <= settings.sensitivity <= 1
        and settings.smallest_px >= 0
        and (settings.largest_px is None or settings.largest_px >= 0)
        and 0 <= settings.minimum_elongation <= 1e6
    )


Check = Callable[[Any], bool]
TYPES: dict[str, tuple[type, Check]] = {
    "Box": (Box, _is_sane_box),
    "Region": (Region, lambda region: region.area >= 0),
    "DamageMap": (DamageMap, _is_sane_damage),
    "MaskSettings": (MaskSettings, _is_sane_settings),
    "StrokePoint": (StrokePoint, lambda point: _is_near(point.x, point.y)),
    "Stroke": (Stroke, lambda stroke: bool(stroke.points) and 0 < stroke.size <= 500),
    "Polygon": (Polygon, lambda polygon: all(_is_near(*point) for point in polygon.points)),
    "Rectangle": (Rectangle, lambda _: True),
}
"""Frozen dataclasses that values may hold, by name, each with a check of its ranges."""


def register(kind: type, check: Check = lambda _: True) -> None:
    """Let values hold one more frozen dataclass; its fields' types are checked by its annotations."""
    TYPES[kind.__name__] = (kind, check)


class Encoder:
    """Makes JSON and blobs of values.

    Args:
        put: stores a blob and returns its name.
        put_tile: the same for a tile of a surface, which may be known already; None for one of zeros.
    """

    def __init__(self, put: Callable[[bytes], str], put_tile: Callable[[Pixels], str | None]) -> None:
        self._put_blob, self._put_tile = put, put_tile
        self._refers = False

    def value(self, value: Any) -> Any:
        """`value` as JSON; what is long goes into a blob.

        Raises:
            UnknownTypeError: it is, or holds, something else than `TYPES`, arrays, surfaces and plain values.
        """
        self._refers = False
        made = self._plain(value)
        text = write_json(made)
        if self._refers or len(text) <= LONGEST_INLINE:  # names of blobs stay where they can be seen
            return made
        return {"type": "json", "length": len(text), "data": self._put_blob(deflate(text))}

    def _plain(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, np.generic):
            return self._plain(value.item())
        if isinstance(value, float):
            return value if math.isfinite(value) else {"type": "float", "value": repr(value)}
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        if isinstance(value, tuple):
            return self._tuple(value)
        if isinstance(value, Mapping):
            pairs = [[self._plain(k), self._plain(v)] for k, v in value.items()]
            return {"type": "dict", "items": pairs}
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Surface):
            return self._surface(value)
        name = type(value).__name__
        if TYPES.get(name, (None,))[0] is not type(value):
            raise UnknownTypeError(name)
        fields = {f.name: self._plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": name, "fields": fields}

    def _tuple(self, value: tuple[Any, ...]) -> Any:
        if value and all(type(item) is StrokePoint for item in value):  # thousands in one drawing
            return {"type": "points", "rows": [[p.x, p.y, p.pressure, p.tilt_x, p.tilt_y] for p in value]}
        if value and all(type(item) is Region for item in value):
            rows = [[r.box.y0, r.box.x0, r.box.y1, r.box.x1, r.area] for r in value]
            return {"type": "regions", "rows": rows}
        return {"type": "tuple", "items": [self._plain(item) for item in value]}

    def _array(self, value: Pixels) -> Any:
        plain = _plain(value)
        if plain.dtype.str not in DTYPES:
            raise UnknownTypeError(f"array of {plain.dtype}")
        blob = self._put_blob(deflate(plain.tobytes()))
        self._refers = True
        return {"type": "array", "dtype": plain.dtype.str, "shape": list(plain.shape), "data": blob}

    def _surface(self, value: Surface) -> Any:
        self._refers = True
        return {
            "type": "surface",
            "height": value.height,
            "width": value.width,
            "channels": value.channels,
            "dtype": value.dtype.newbyteorder("<").str,
            "tiles": self.tiles(value),
        }

    def tiles(self, surface: Surface) -> list[list[Any]]:
        """[row, column, name] of all tiles that hold more than zeros."""
        found = []
        for key in sorted(surface.keys()):
            tile = surface.tile(key)
            name = self._put_tile(tile) if tile is not None else None
            if name is not None:
                found.append([*key, name])
        return found


class Decoder:
    """Makes values of JSON and blobs.

    Args:
        blobs: by name.
        budget: bytes that all of it together may take.
    """

    def __init__(self, blobs: Mapping[str, bytes], budget: int) -> None:
        self._blobs, self._budget = blobs, budget
        self._tiles: dict[tuple[str, tuple[int, ...], str], Pixels] = {}

    def blob(self, name: Any) -> bytes:
        """The blob of that name.

        Raises:
            DamagedError: there is none.
        """
        blob = self._blobs.get(name) if isinstance(name, str) else None
        if blob is None:
            raise DamagedError("a part is missing")
        return blob

    def spend(self, count: int) -> None:
        """Count bytes before they are allocated.

        Raises:
            DamagedError: more than allowed.
        """
        if count > self._budget:
            raise DamagedError("more than fits its photograph")
        self._budget -= count

    def value(self, made: Any) -> Any:
        """What `Encoder.value` made it of.

        Raises:
            DamagedError: it is none of its results.
            UnknownTypeError: it holds a type that this version does not know.
        """
        if isinstance(made, dict) and made.get("type") == "json":
            length = _whole(made.get("length"), LONGEST_JSON)
            self.spend(length * JSON_COST)
            made = read_json(inflate(self.blob(made.get("data")), length))
        return self._plain(made, 0)

    def _plain(self, made: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise DamagedError("too deep")
        if made is None or isinstance(made, bool | int | float | str):
            return made
        if isinstance(made, list):
            return [self._plain(item, depth + 1) for item in made]
        kind, below = made.get("type"), depth + 1
        if kind == "tuple":
            return tuple(self._plain(item, below) for item in _list(made.get("items")))
        if kind == "dict":
            pairs = [self._plain(pair, below) for pair in _list(made.get("items"))]
            if not all(isinstance(p, list) and len(p) == 2 and isinstance(p[0], str | int) for p in pairs):
                raise DamagedError("no pairs")
            return dict(pairs)
        if kind == "float" and made.get("value") in ("nan", "inf", "-inf"):
            return float(made["value"])
        if kind == "points":
            return tuple(map(_point, _list(made.get("rows"))))
        if kind == "regions":
            return tuple(map(_region, _list(made.get("rows"))))
        if kind == "array":
            return self._array(made)
        if kind == "surface":
            return self._surface(made)
        return self._record(kind, made.get("fields"), below)

    def _record(self, kind: Any, fields: Any, depth: int) -> Any:
        if not isinstance(kind, str) or kind not in TYPES:
            raise UnknownTypeError(str(kind)[:80])
        cls, check = TYPES[kind]
        if not isinstance(fields, dict):
            raise DamagedError("no fields")
        hints = _hints(cls)
        values = {name: self._plain(value, depth) for name, value in fields.items() if name in hints}
        try:
            made = cls(**values)
        except TypeError as error:  # a field is missing
            raise DamagedError(str(error)) from error
        if not all(fits(getattr(made, name), hint) for name, hint in hints.items()) or not check(made):
            raise DamagedError(f"no {kind}")
        return made

    def _array(self, made: dict[str, Any]) -> Pixels:
        shape, dtype = _list(made.get("shape")), _dtype(made.get("dtype"))
        if len(shape) > 4:
            raise DamagedError("too many dimensions")
        count = math.prod(_whole(side, FARTHEST_PX * 1024) for side in shape)
        self.spend(count * dtype.itemsize)
        array = unpack_tile(self.blob(made.get("data")), tuple(shape), dtype)
        array.flags.writeable = False
        return array

    def _surface(self, made: dict[str, Any]) -> Surface:
        height, width = (_whole(made.get(side), FARTHEST_PX) for side in ("height", "width"))
        surface = Surface(height, width, _whole(made.get("channels"), 4), _dtype(made.get("dtype")))
        self.fill(surface, made.get("tiles"))
        return surface

    def fill(self, surface: Surface, tiles: Any) -> None:
        """Put the tiles of `Encoder.tiles` into an empty surface; equal ones share their memory.

        Raises:
            DamagedError: they do not fit it.
        """
        for (ty, tx), name in tile_names(tiles, surface.height, surface.width).items():
            box = surface.tile_box((ty, tx))
            channels = (surface.channels,) if surface.channels else ()
            shape = (box.height, box.width, *channels)
            found = self._tiles.get((name, shape, surface.dtype.str))
            if found is None:
                self.spend(math.prod(shape) * surface.dtype.itemsize)
                found = unpack_tile(self.blob(name), shape, surface.dtype)
                self._tiles[name, shape, surface.dtype.str] = found
            surface.put((ty, tx), found)


def _point(row: Any) -> StrokePoint:
    sane = isinstance(row, list) and len(row) == 5 and all(fits(v, float) for v in row)
    if not sane or not _is_near(*row):
        raise DamagedError("no point")
    return StrokePoint(*map(float, row))


def _region(row: Any) -> Region:
    sane = isinstance(row, list) and len(row) == 5 and all(fits(v, int) for v in row)
    if not sane or not _is_sane_box(box := Box(*row[:4])) or row[4] < 0:
        raise DamagedError("no region")
    return Region(box, row[4])


def tile_names(tiles: Any, height: int, width: int) -> dict[Key, str]:
    """[row, column, name] lists as a dictionary.

    Raises:
        DamagedError: it is no such list, or names a tile outside of the picture or twice.
    """
    found: dict[Key, str] = {}
    for item in _list(tiles):
        if not isinstance(item, list) or len(item) != 3 or not isinstance(item[2], str):
            raise DamagedError("no tiles")
        key = (_whole(item[0], FARTHEST_PX), _whole(item[1], FARTHEST_PX))
        if key[0] * TILE >= height or key[1] * TILE >= width or key in found:
            raise DamagedError("a tile outside of the picture")
        found[key] = item[2]
    return found


def _whole(value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise DamagedError("no whole number")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DamagedError("no list")
    return value


def _dtype(value: Any) -> np.dtype[Any]:
    if not isinstance(value, str) or value not in DTYPES:
        raise DamagedError("no type of numbers")
    return np.dtype(value).newbyteorder("=")


def _hints(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what an annotation says."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(fits(value, arg) for arg in args)
    if origin is Literal:
        return any(type(value) is type(arg) and value == arg for arg in args)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(fits(item, args[0]) for item in value)
        return len(value) == len(args) and all(map(fits, value, args))
    if hint in (int, float):
        return isinstance(value, int | float if hint is float else int) and not isinstance(value, bool)
    return isinstance(value, origin or hint)
