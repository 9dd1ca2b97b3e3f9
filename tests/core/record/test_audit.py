"""What a result tells about its making in metadata that any reader understands."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.record.audit import SOURCE_TYPE, add_history, stamp
from restorer.record.recipe import default_recipe
from restorer.record.report import PhotoReport
from tests.conftest import smooth_photo

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MM = "{http://ns.adobe.com/xap/1.0/mm/}"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
)


def packet(inside: str) -> bytes:
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {NAMESPACES}>{inside}</rdf:RDF></x:xmpmeta>\n   <?xpacket end="w"?>'
    ).encode()


def events(xmp: bytes | None) -> list[dict[str, str]]:
    assert xmp is not None
    (history,) = ElementTree.fromstring(xmp).iter(f"{MM}History")  # exactly one, or readers take none
    found = history.findall(f"{RDF}Seq/{RDF}li")
    return [{c.tag.removeprefix(EVENT): c.text or "" for c in li} | dict(li.attrib) for li in found]


def origins(xmp: bytes | None) -> list[str | None]:
    assert xmp is not None
    tree = ElementTree.fromstring(xmp)
    inside = [node.text for node in tree.iter(f"{IPTC}DigitalSourceType")]
    return inside + [
        n.attrib[f"{IPTC}DigitalSourceType"] for n in tree.iter() if f"{IPTC}DigitalSourceType" in n.attrib
    ]


EXISTING = '<rdf:li stEvt:action="saved" stEvt:softwareAgent="Scanner"/>'
WITH_HISTORY = (
    f'<rdf:Description rdf:about=""><xmpMM:History><rdf:Seq>{EXISTING}</rdf:Seq></xmpMM:History>'
    "</rdf:Description>"
)


@pytest.mark.parametrize(
    ("inside", "before"),
    [
        ("", 0),
        ('<rdf:Description rdf:about="uuid:1" dc:format="image/tiff"/>', 0),
        (
            WITH_HISTORY,
            1,
        ),
        ('<rdf:Description rdf:about=""><xmpMM:History><rdf:Seq/></xmpMM:History></rdf:Description>', 0),
        ('<rdf:Description rdf:about="" ext:DigitalSourceType="http://x/scan" dc:format="a"/>', 0),
        (
            '<rdf:Description rdf:about=""><ext:DigitalSourceType>http://x/scan</ext:DigitalSourceType></rdf:Description>',
            0,
        ),
        (
            '<rdf:Description rdf:about="é"><ext:DigitalSourceType rdf:resource="http://x"/></rdf:Description>',
            0,
        ),
    ],
)
def test_history_grows_and_the_rest_stays(inside: str, before: int) -> None:
    old = packet(inside)
    new = add_history(old, "Restorer 1 & 2", "2026-01-02T03:04:05+00:00", 'detect {"a": "<b>"}')
    told = events(new)
    assert len(told) == before + 1 and origins(new) == [SOURCE_TYPE]
    assert told[-1]["action"] == "edited" and told[-1]["softwareAgent"] == "Restorer 1 & 2"
    assert told[-1]["when"] == "2026-01-02T03:04:05+00:00" and told[-1]["parameters"] == 'detect {"a": "<b>"}'
    abouts = {n.attrib[f"{RDF}about"] for n in ElementTree.fromstring(new).iter(f"{RDF}Description")}
    assert len(abouts) == 1  # one subject
    again = add_history(new, "Restorer 3", "2026-01-03T00:00:00+00:00", "")
    assert len(events(again)) == before + 2 and origins(again) == [SOURCE_TYPE]
    assert ("dc:format" in inside) == (b"dc:format" in again) and again.endswith(old[-40:])


def test_a_photograph_without_xmp_gets_some() -> None:
    for nothing in (None, b"", b"\x00\x00 "):
        new = add_history(nothing, "R", "2026-01-01T00:00:00+00:00", "p")
        assert len(events(new)) == 1 and origins(new) == [SOURCE_TYPE]


def test_an_empty_rdf_is_opened() -> None:
    xmp = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    assert len(events(add_history(xmp, "R", "2026-01-01T00:00:00+00:00", "p"))) == 1


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize("xmp", [b"<x", b"<x/>", b"\xff\xfe<\x00x\x00", BOMB, b"<a>" * 300, packet("<b>")])
def test_damaged_xmp_is_kept_and_said(xmp: bytes) -> None:
    with pytest.raises(ValueError):
        add_history(xmp, "R", "2026-01-01T00:00:00+00:00", "p")
    entry = PhotoReport("a")
    photo = Photo(smooth_photo(8, 8), xmp=xmp)
    assert stamp(photo, default_recipe(), ".tif", entry).xmp == xmp and "XMP" in entry.notices[0]


@given(st.binary(max_size=60), st.integers(0, 600), st.sampled_from([b"", b"<", b"/>", b'"', b"&", b"\x00"]))
def test_any_bytes_for_xmp_are_borne(data: bytes, place: int, part: bytes) -> None:
    whole = packet(WITH_HISTORY)
    for xmp in (data, whole[:place] + part + data + whole[place:]):
        try:
            new = add_history(xmp, "R", "2026-01-01T00:00:00+00:00", "p")
        except ValueError:
            continue
        ElementTree.fromstring(new.strip(b"\x00 \r\n\t"))
        assert SOURCE_TYPE.encode() in new


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".heic"])
def test_every_container_carries_it_beside_what_was_there(suffix: str, tmp_path: Path) -> None:
    xmp = packet('<rdf:Description rdf:about="" dc:format="kept"/>')
    photo = Photo(
        smooth_photo(32, 32), xmp=xmp, iptc=b"\x1c\x02\x78\x00\x05hello", dpi=(300.0, 300.0), icc=None
    )
    entry = PhotoReport("a")
    save_photo(stamp(photo, default_recipe(), suffix, entry), tmp_path / f"a{suffix}")
    found = open_photo(tmp_path / f"a{suffix}")
    assert origins(found.xmp) == [SOURCE_TYPE] and b"kept" in (found.xmp or b"") and entry.notices == []
    (event,) = events(found.xmp)
    assert event["softwareAgent"].startswith("Restorer ") and '"sensitivity": 0.5' in event["parameters"]
    if suffix in (".jpg", ".png", ".tif"):
        assert found.iptc == photo.iptc and found.dpi == pytest.approx((300, 300), abs=0.1)


def test_bmp_has_no_room_and_says_so(tmp_path: Path) -> None:
    entry = PhotoReport("a.bmp")
    photo = Photo(smooth_photo(20, 30), xmp=b"kept in memory")
    assert stamp(photo, default_recipe(), ".bmp", entry) is photo
    assert entry.notices == ["BMP has no place for EXIF, IPTC and XMP, nor for a note of the repair."]


@pytest.mark.parametrize("suffix", [".jpg", ".JFIF"])
def test_jpeg_without_room_keeps_what_it_has(suffix: str) -> None:
    xmp = packet(f'<rdf:Description rdf:about="" dc:format="{"x" * 64500}"/>')
    entry = PhotoReport("a")
    photo = Photo(smooth_photo(8, 8), xmp=xmp)
    assert stamp(photo, default_recipe(), suffix, entry).xmp == xmp and "no room" in entry.notices[0]
    assert len(stamp(photo, default_recipe(), ".png", entry).xmp or b"") > len(xmp)
