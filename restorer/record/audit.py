"""What a result tells about its making in its XMP: history and origin. The rest: `restorer.record.sidecar`.

XMP: ISO 16684-1, history as in xmpMM:History (Adobe XMP specification, part 2), origin as in the IPTC Photo
Metadata Standard's Digital Source Type.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from restorer import __version__
from restorer.image.reading import SUFFIXES, Photo
from restorer.record.recipe import Recipe
from restorer.record.report import PhotoReport

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
LONGEST_XMP_IN_JPEG = 65000
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
    if SUFFIXES.get(suffix.lower()) == "JPEG" and len(xmp) > LONGEST_XMP_IN_JPEG:
        entry.notices.append("The XMP of the photograph leaves no room in JPEG for a note of the repair.")
        return photo
    return replace(photo, xmp=xmp)


def is_result(photo: Photo) -> bool:
    """Whether the history of `photo` tells of a repair by this program."""
    return b"<stEvt:softwareAgent>Restorer " in (photo.xmp or b"")


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
