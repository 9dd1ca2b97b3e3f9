from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image

from restorer.image.location import without_location


def exif_with_place(byteorder: str) -> bytes:
    exif = Image.Exif()
    exif.endian = byteorder
    exif[0x010F] = "Camera works"
    exif[0x8769] = {0x9003: "1999:12:31 23:59:59"}
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 33.25), 3: "E", 4: (11.0, 34.0, 12.0)}
    return exif.tobytes().removeprefix(b"Exif\x00\x00")


def gps_of(exif: bytes) -> dict:
    stream = BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG", exif=b"Exif\x00\x00" + exif)
    return dict(Image.open(BytesIO(stream.getvalue())).getexif().get_ifd(0x8825))


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_coordinates_go_and_the_rest_of_exif_stays(byteorder: str) -> None:
    exif = exif_with_place(byteorder)
    assert gps_of(exif)
    bare, _, _ = without_location(exif, None, None)
    assert bare is not None and len(bare) == len(exif)
    assert gps_of(bare) == {}
    assert b"Camera works" in bare and b"1999:12:31" in bare
    assert struct.pack(byteorder + "I", 3325) not in bare or struct.pack(byteorder + "I", 3325) not in exif


def test_exif_without_a_place_stays_as_it_is() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera works"
    block = exif.tobytes().removeprefix(b"Exif\x00\x00")
    assert without_location(block, None, None)[0] == block


def test_exif_that_cannot_be_understood_is_left_out() -> None:
    assert without_location(b"II*\x00\xff\xff\xff\x7f", None, None)[0] is None


def test_places_go_out_of_xmp_and_iptc() -> None:
    xmp = (
        b'<rdf:Description exif:GPSLatitude="48,8.5N" dc:format="image/tiff" photoshop:City=\'Munich\'>'
        b"<exif:GPSLongitude>11,34E</exif:GPSLongitude><dc:title>Wedding</dc:title>"
        b"<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li/></rdf:Bag></Iptc4xmpExt:LocationShown></rdf:Description>"
    )
    title, city = b"\x1c\x02\x05\x00\x07Wedding", b"\x1c\x02\x5a\x00\x06Munich"
    country = b"\x1c\x02\x65\x80\x04\x00\x00\x00\x07Germany"  # with an extended length
    _, xmp_bare, iptc_bare = without_location(None, xmp, title + city + country + title)
    assert (
        xmp_bare == b'<rdf:Description dc:format="image/tiff"><dc:title>Wedding</dc:title></rdf:Description>'
    )
    assert iptc_bare == title + title
    padded = without_location(None, None, title + city + b"\x00\x00")[2]
    assert padded == title + b"\x00\x00"


def test_iptc_that_cannot_be_understood_is_left_out() -> None:
    title, city = b"\x1c\x02\x05\x00\x07Wedding", b"\x1c\x02\x5a\x00\x06Munich"
    assert without_location(None, None, title + b"\x00" + city)[2] == title


def test_places_go_whatever_their_prefixes_are() -> None:
    spaces = (
        b"xmlns:a='http://ns.adobe.com/exif/1.0/' xmlns:b=\"http://ns.adobe.com/photoshop/1.0/\" "
        b"xmlns:c='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'"
    )
    rest = b"><b:Headline>Wedding</b:Headline></rdf:Description>"
    places = b"<c:LocationShown><b:City>Munich</b:City></c:LocationShown><a:GPSLongitude>11</a:GPSLongitude>"
    start = b"<rdf:Description " + spaces
    xmp = start + b" a:GPSLatitude='48,8.5N' b:City='Munich'>" + places + rest[1:]
    assert without_location(None, xmp, None)[1] == start + rest


def test_xmp_that_cannot_be_understood_is_left_out() -> None:
    assert without_location(None, "<exif:GPSLatitude>48</exif:GPSLatitude>".encode("utf-16"), None)[1] is None
    assert without_location(None, b"<dc:title/>\x00", None)[1] == b"<dc:title/>\x00"
