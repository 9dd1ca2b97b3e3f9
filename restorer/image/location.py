"""Taking the place where a photograph was made out of its metadata, and nothing else."""

from __future__ import annotations

import re
import struct
from io import BytesIO

from restorer.image.metadata import GPS_IFD, TiffReader

# IPTC-IIM 4.2, record 2: location code and name, city, sub-location, province, country code and name.
_IPTC_PLACES = {26, 27, 90, 92, 95, 100, 101}
_XMP_PLACES = {  # by usual prefix: the name space, and what in it tells of a place
    b"exif": (b"http://ns.adobe.com/exif/1.0/", rb"GPS\w+"),
    b"photoshop": (b"http://ns.adobe.com/photoshop/1.0/", rb"(?:City|State|Country)"),
    b"Iptc4xmpCore": (b"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", rb"(?:Location|CountryCode)"),
    b"Iptc4xmpExt": (b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", rb"Location(?:Created|Shown)"),
}


def without_location(
    exif: bytes | None, xmp: bytes | None, iptc: bytes | None
) -> tuple[bytes | None, bytes | None, bytes | None]:
    """EXIF, XMP and IPTC without coordinates and names of places.

    The EXIF block keeps its length and layout, so that maker notes stay readable: the GPS directory is
    emptied and its values are overwritten with zeros. Maker notes themselves are not looked into.
    """
    return (
        _without_gps(exif) if exif else exif,
        _without_names(xmp) if xmp else xmp,
        _without_places(iptc) if iptc else iptc,
    )


def _without_names(xmp: bytes) -> bytes | None:
    if b"\x00" in xmp.rstrip(b"\x00"):  # UTF-16: what cannot be understood may hold anything
        return None
    names = []
    for usual, (space, told) in _XMP_PLACES.items():
        declared = re.findall(rb"""xmlns:([\w.-]+)\s*=\s*["']""" + re.escape(space) + rb"""["']""", xmp)
        names.append(rb"(?:" + rb"|".join(map(re.escape, {usual, *declared})) + rb"):" + told)
    name = rb"(?:" + rb"|".join(names) + rb")"
    without = re.sub(rb"\s" + name + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""", b"", xmp)
    return re.sub(rb"<(" + name + rb")\b[^>]*?(?:/>|>.*?</\1\s*>)", b"", without, flags=re.DOTALL)


def _without_gps(exif: bytes) -> bytes | None:
    try:
        reader = TiffReader(BytesIO(exif))
        pointer = reader.directory(reader.first)[0].get(GPS_IFD)
        if pointer is None:
            return exif
        start = reader.number(pointer)
        entries, _ = reader.directory(start)
    except ValueError:  # what cannot be understood may hold anything
        return None
    patched = bytearray(exif)
    for entry in entries.values():
        if reader.is_whole(entry):
            patched[entry.position : entry.position + entry.size] = bytes(entry.size)
    (count,) = struct.unpack_from(reader.order + "H", exif, start)
    patched[start : start + 2 + 12 * count] = bytes(2 + 12 * count)
    return bytes(patched)


def _without_places(iptc: bytes) -> bytes:
    kept, place = b"", 0
    while place + 5 <= len(iptc) and iptc[place] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", iptc, place + 1)
        head = 5
        if size & 0x8000:  # an extended length of so many bytes
            more = size & 0x7FFF
            size = int.from_bytes(iptc[place + 5 : place + 5 + more], "big")
            head += more
        if not (record == 2 and number in _IPTC_PLACES):
            kept += iptc[place : place + head + size]
        place += head + size
    rest = iptc[place:]  # what is no padding cannot be understood and may hold anything
    return kept if any(rest) else kept + rest
