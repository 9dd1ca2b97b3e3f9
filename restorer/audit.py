"""What a result tells about its making: history and origin in its XMP, and a sidecar that makes it again.

XMP: ISO 16684-1, history as in xmpMM:History (Adobe XMP specification, part 2), origin as in the IPTC Photo
Metadata Standard's Digital Source Type.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from restorer import __version__
from restorer.errors import InputError
from restorer.image_io import Photo
from restorer.image_save import new_file, save_mask
from restorer.mask import Mask
from restorer.recipe import Recipe, as_json, from_json, load_json
from restorer.report import PhotoReport

SCHEMA = 1
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
LONGEST_XMP_IN_JPEG = 65000
LONGEST_SIDECAR = 4 << 20  # bytes
MOST_BOXES = 1000
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MM = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


# --- XMP


def stamp(photo: Photo, recipe: Recipe, suffix: str, entry: PhotoReport, when: str | None = None) -> Photo:
    """`photo` with one more step in its history and with the origin of its pixels.

    Args:
        photo: a result whose pixels were changed.
        recipe: what was done.
        suffix: ending of the file to be, e.g. ".jpg".
        entry: gets a notice where the metadata could not be added.
        when: time as in ISO 8601; None takes the present one.
    """
    if suffix.lower() == ".bmp":
        entry.notices.append("BMP has no place for EXIF, IPTC and XMP, nor for a note of the repair.")
        return photo
    when = when or datetime.now(UTC).isoformat(timespec="seconds")
    steps = "; ".join(f"{s.name} {json.dumps(dict(s.parameters), sort_keys=True)}" for s in recipe.stages)
    try:
        xmp = add_history(photo.xmp, f"Restorer {__version__}", when, steps)
    except ValueError:
        entry.notices.append(
            "The XMP of the photograph is damaged; it was kept, without a note of the repair."
        )
        return photo
    if suffix.lower() in (".jpg", ".jpeg", ".jpe") and len(xmp) > LONGEST_XMP_IN_JPEG:
        entry.notices.append("The XMP of the photograph leaves no room in JPEG for a note of the repair.")
        return photo
    return replace(photo, xmp=xmp)


def add_history(xmp: bytes | None, agent: str, when: str, parameters: str) -> bytes:
    """An XMP packet with one more event in its history and the IPTC Digital Source Type of a composite.

    Every byte of the packet that is not concerned stays as it is.

    Args:
        xmp: UTF-8 packet; None makes a new one.
        agent: the software.
        when: time as in ISO 8601.
        parameters: what was done.

    Raises:
        ValueError: it is no well-formed XMP in UTF-8, or it declares entities.
    """
    event = (
        f"<rdf:li xmlns:rdf={quoteattr(_RDF)} xmlns:stEvt={quoteattr(_EVENT)} rdf:parseType="
        f'"Resource"><stEvt:action>edited</stEvt:action><stEvt:when>{when}</stEvt:when>'
        f"<stEvt:instanceID>xmp.iid:{uuid4()}</stEvt:instanceID><stEvt:softwareAgent>{_text(agent)}"
        f"</stEvt:softwareAgent><stEvt:changed>/</stEvt:changed><stEvt:parameters>{_text(parameters)}"
        "</stEvt:parameters></rdf:li>"
    ).encode()
    origin = f"<Iptc4xmpExt:DigitalSourceType>{SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
    if not xmp or not xmp.strip(b"\x00 \r\n\t"):
        xmp = (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
            f'<rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
        ).encode()
    packet = xmp.rstrip(b"\x00")
    places = _Places(packet)
    edits = list(places.removals)
    history = b""
    if places.sequence is None:
        history = b"<xmpMM:History><rdf:Seq>" + event + b"</rdf:Seq></xmpMM:History>"
    else:
        edits.append(_insertion(packet, places.sequence, event))
    block = (
        (
            f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about={places.about} xmlns:xmpMM="{_MM}" '
            f'xmlns:Iptc4xmpExt="{_IPTC}">'
        ).encode()
        + history
        + origin.encode()
        + b"</rdf:Description>"
    )
    edits.append(_insertion(packet, places.root, block))
    for start, end, new in sorted(edits, reverse=True):
        packet = packet[:start] + new + packet[end:]
    _Places(packet)  # what could not be understood here must not get into a file
    return packet


def _text(text: str) -> str:
    plain = "".join(c for c in text if c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _insertion(packet: bytes, place: tuple[int, int], new: bytes) -> tuple[int, int, bytes]:
    """An edit that puts `new` at the end of the element whose first and last tag begin at `place`."""
    start, end = place
    if start != end:
        return end, end, new
    close, name = packet.find(b"/>", start), re.match(rb"<([^\s/>]+)", packet[start : start + 200])
    if name is None or close < 0:
        raise ValueError("no empty element")
    return close, close + 2, b">" + new + b"</" + name[1] + b">"


class _Places:
    """Where in a packet the history and the old origin are, by byte.

    Attributes:
        root: start of the first and the last tag of rdf:RDF; both the same for an empty element.
        sequence: the same of the history's rdf:Seq, if there is one.
        removals: edits that take the old origin away.
        about: the quoted subject of the packet's descriptions.
    """

    def __init__(self, packet: bytes) -> None:
        self.root: tuple[int, int] = (-1, -1)
        self.sequence: tuple[int, int] | None = None
        self.removals: list[tuple[int, int, bytes]] = []
        self.about = '""'
        self._packet = packet
        self._open: list[list[Any]] = []  # name, start, number of elements inside
        self._parser = parser = expat.ParserCreate("UTF-8", " ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(packet, True)
        except expat.ExpatError as error:
            raise ValueError("not well-formed") from error
        if self.root[0] < 0:
            raise ValueError("no RDF")

    def _refuse(self, *_: Any) -> None:
        raise ValueError("XMP declares no document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        here = self._parser.CurrentByteIndex
        if self._open:
            self._open[-1][2] += 1
        self._open.append([name, here, 0])
        if len(self._open) > 200:
            raise ValueError("too deep")
        if name == f"{_RDF} Description" and len(self._open) <= 3:
            self.about = quoteattr(attributes.get(f"{_RDF} about", ""))
            if f"{_IPTC} DigitalSourceType" in attributes:
                tag = re.compile(rb"""\s[\w.-]+:DigitalSourceType\s*=\s*("[^"]*"|'[^']*')""")
                found = tag.search(self._packet, here)
                if found is None:
                    raise ValueError("no such attribute")
                self.removals.append((found.start(), found.end(), b""))

    def _end(self, name: str) -> None:
        here = self._parser.CurrentByteIndex
        _, start, inside = self._open.pop()
        parent = self._open[-1][0] if self._open else ""
        # The parser is behind an element that is a single tag, and before the last tag of any other.
        single = not inside and self._packet[start:here].endswith(b"/>")
        if name == f"{_RDF} RDF":
            self.root = (start, start if single else here)
        elif name == f"{_RDF} Seq" and parent == f"{_MM} History":
            self.sequence = (start, start if single else here)
        elif name == f"{_IPTC} DigitalSourceType":
            self.removals.append((start, here if single else self._packet.index(b">", here) + 1, b""))


# --- sidecars


@dataclass(frozen=True)
class Record:
    """Whose sidecar it is.

    Attributes:
        source: the photograph.
        source_sha256: of its file.
        output: the result.
        output_sha256: of its file.
        recipe: with the models named.
    """

    source: Path
    source_sha256: str
    output: Path
    output_sha256: str
    recipe: Recipe


def pixel_hash(photo: Photo) -> str:
    """SHA-256 over shape, type and pixels: equal for equal pictures, whatever file they lie in."""
    digest = hashlib.sha256(f"{photo.pixels.shape} {photo.pixels.dtype.str}".encode())
    for top in range(0, photo.height, 512):
        digest.update(np.ascontiguousarray(photo.pixels[top : top + 512]).data)
    return digest.hexdigest()


def boxes(mask: Mask) -> list[list[int]]:
    """The connected places of a mask as [left, top, width, height], the largest first, at most
    `MOST_BOXES`."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:MOST_BOXES] + 1
    return stats[order, :4].tolist()


def write_sidecar(
    folder: Path, name: str, record: Record, result: Photo, mask: Mask, entry: PhotoReport
) -> tuple[str, str]:
    """Write `name`.json and `name`.mask.tif into `folder`.

    Args:
        folder: where to.
        name: file name of the result.
        record: whose it is.
        result: as computed, before it was encoded.
        mask: (H, W), what was found, before it was grown.
        entry: what was done.

    Returns:
        the two names.

    Raises:
        OutputError: one of them exists, or cannot be written.
    """
    names = f"{name}.json", f"{name}.mask.tif"
    content = {
        "schema": SCHEMA,
        "application": "restorer",
        "version": __version__,
        "source": {"path": _printable(record.source), "sha256": record.source_sha256},
        "output": {"name": _printable(record.output.name), "sha256": record.output_sha256},
        "pixels_sha256": pixel_hash(result),
        "width": result.width,
        "height": result.height,
        "bit_depth": result.bit_depth,
        "recipe": as_json(record.recipe),
        "models": entry.models,
        "device": entry.device,
        "device_class": entry.device_class,
        "threads": entry.threads,
        "threshold": entry.threshold,
        "mask": {"name": _printable(names[1]), "pixels_sha256": pixel_hash(_as_photo(mask))},
        "regions": entry.regions,
        "boxes": boxes(mask),
        "changed_inside": entry.changed_inside,
        "changed_outside": entry.changed_outside,
        "changed_share": round((entry.changed_inside or 0) / mask.size, 8),
    }
    save_mask(mask, folder / names[1])
    with new_file(folder / names[0]) as (stream, _):
        stream.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    return names


def _as_photo(mask: Mask) -> Photo:
    return Photo(mask.astype(np.uint8) * np.uint8(255))


def _printable(text: object) -> str:
    return os.fsencode(str(text)).decode("utf-8", "replace")


@dataclass(frozen=True)
class Sidecar:
    """A sidecar that was read and checked; it may come from anyone.

    Attributes:
        path: of the JSON.
        source: where the photograph lay.
        output: file name of the result.
        mask: where the mask lies: beside the JSON, nowhere else.
        models: sha256 by task.
    """

    path: Path
    source: Path
    source_sha256: str
    output: str
    pixels_sha256: str
    mask: Path
    mask_sha256: str
    recipe: Recipe
    models: dict[str, str]
    device_class: str
    threads: int | None


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar.

    Raises:
        InputError: unreadable, of a newer version, or with problems, all of which the hint names.
    """
    content = load_json(path, "sidecar", LONGEST_SIDECAR)
    name = f"The sidecar '{path.name}'"
    content = content if isinstance(content, dict) else {}
    schema = content.get("schema")
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        raise InputError(f"{name} was written by a newer version of Restorer.", "Update Restorer.")
    problems = [] if schema == SCHEMA else [f"'schema' must be {SCHEMA}"]
    fields: dict[str, Any] = {}
    for key, accepts, expected in _FIELDS:
        value: Any = content
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        fields[key] = value
        if not accepts(value):
            problems.append(f"'{key}' must be {expected}")
    if problems:
        raise InputError(f"{name} cannot be used.", "; ".join(problems) + ".")
    recipe = from_json(fields["recipe"], name)
    if recipe.stage("repair") is None or {s.name for s in recipe.stages} - {"detect", "repair"}:
        raise InputError(f"{name} is not that of a repair.")
    return Sidecar(
        path=path,
        source=Path(fields["source.path"]),
        source_sha256=fields["source.sha256"],
        output=fields["output.name"],
        pixels_sha256=fields["pixels_sha256"],
        mask=path.parent / fields["mask.name"],
        mask_sha256=fields["mask.pixels_sha256"],
        recipe=recipe,
        models={task: m["sha256"] for task, m in fields["models"].items()},
        device_class=fields["device_class"],
        threads=fields["threads"],
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 4096 and "\x00" not in value


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _is_name(value: Any) -> bool:
    return _is_text(value) and value not in (".", "..") and not re.search(r"[/\\:]", value)


def _is_models(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(m, dict) and _is_hash(m.get("sha256")) for m in value.values()
    )


def _is_threads(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024)


_FIELDS = (
    ("source.path", _is_text, "a path"),
    ("source.sha256", _is_hash, "a SHA-256"),
    ("output.name", _is_name, "a plain file name"),
    ("pixels_sha256", _is_hash, "a SHA-256"),
    ("mask.name", _is_name, "a plain file name"),
    ("mask.pixels_sha256", _is_hash, "a SHA-256"),
    ("models", _is_models, "an object of models with a SHA-256 each"),
    ("device_class", lambda v: v in ("cpu", "cuda", "mps"), "cpu, cuda or mps"),
    ("threads", _is_threads, "a number of threads, or null"),
    ("recipe", lambda v: isinstance(v, dict), "a recipe"),
)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def mask_hash(mask: Mask) -> str:
    """`pixel_hash` of a mask as it is saved."""
    return pixel_hash(_as_photo(mask))
