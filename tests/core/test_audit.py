"""What a result tells about its making: metadata that any reader understands, sidecars that give it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer.audit import (
    MOST_BOXES,
    SOURCE_TYPE,
    Record,
    add_history,
    boxes,
    file_hash,
    mask_hash,
    pixel_hash,
    read_sidecar,
    stamp,
    write_sidecar,
)
from restorer.errors import InputError, RestorerError
from restorer.image_io import Photo, open_photo
from restorer.image_save import save_photo
from restorer.recipe import default_recipe
from restorer.report import PhotoReport
from tests.conftest import line_mask, smooth_photo

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


def test_jpeg_without_room_keeps_what_it_has() -> None:
    xmp = packet(f'<rdf:Description rdf:about="" dc:format="{"x" * 64500}"/>')
    entry = PhotoReport("a")
    photo = Photo(smooth_photo(8, 8), xmp=xmp)
    assert stamp(photo, default_recipe(), ".jpg", entry).xmp == xmp and "no room" in entry.notices[0]
    assert len(stamp(photo, default_recipe(), ".png", entry).xmp or b"") > len(xmp)


# --- sidecars


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    photo, mask = Photo(smooth_photo(40, 50)), line_mask(40, 50)
    save_photo(photo, tmp_path / "in.png")
    save_photo(photo, tmp_path / "out.png")
    recipe = default_recipe().with_parameters(repair={"model": "repair", "seed": 3})
    record = Record(
        tmp_path / "in.png",
        file_hash(tmp_path / "in.png"),
        tmp_path / "out.png",
        file_hash(tmp_path / "out.png"),
        recipe,
    )
    entry = PhotoReport("in.png", models={"repair": {"id": "repair", "sha256": "a" * 64}}, device_class="cpu")
    entry.threads, entry.changed_inside, entry.threshold = 4, 20, 0.6
    names = write_sidecar(tmp_path, "out.png", record, photo, mask, entry)
    assert names == ("out.png.json", "out.png.mask.tif")
    return tmp_path / names[0]


def test_a_sidecar_comes_back_as_it_was_written(sidecar: Path) -> None:
    found = read_sidecar(sidecar)
    mask = line_mask(40, 50)
    assert found.mask == sidecar.parent / "out.png.mask.tif" and found.mask_sha256 == mask_hash(mask)
    assert np.array_equal(open_photo(found.mask).pixels > 0, mask)
    assert found.pixels_sha256 == pixel_hash(open_photo(sidecar.parent / "out.png"))
    assert found.recipe.stages[1]["seed"] == 3 and found.threads == 4 and found.models == {"repair": "a" * 64}
    content = json.loads(sidecar.read_text())
    assert content["changed_share"] == 20 / 2000 and content["boxes"] == boxes(mask)
    assert content["version"] and content["threshold"] == 0.6


def test_pixel_hashes_tell_type_and_shape_apart() -> None:
    pixels = smooth_photo(600, 4)
    same = [Photo(pixels), Photo(pixels.copy(), format="TIFF", xmp=b"x")]
    other = [Photo(pixels.reshape(4, 600, 3)), Photo(pixels.astype(np.uint16)), Photo(pixels[::-1])]
    assert len({pixel_hash(p) for p in same}) == 1 and len({pixel_hash(p) for p in [*same, *other]}) == 4


def test_boxes_are_the_places_of_a_mask() -> None:
    mask = np.zeros((50, 60), bool)
    mask[3:5, 10:20] = mask[30:40, 40:45] = True
    assert boxes(mask) == [[40, 30, 5, 10], [10, 3, 10, 2]] and boxes(np.zeros((4, 4), bool)) == []
    assert len(boxes(np.indices((100, 100)).sum(0) % 4 == 0)) <= MOST_BOXES


def change(path: Path, key: str, value: Any) -> None:
    content = json.loads(path.read_text())
    place = content
    for part in key.split(".")[:-1]:
        place = place[part]
    place[key.split(".")[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mask.name", "../mask.tif"),
        ("mask.name", "/etc/passwd"),
        ("mask.name", "a\\b.tif"),
        ("mask.name", "C:mask.tif"),
        ("mask.name", ".."),
        ("mask.pixels_sha256", "0" * 63),
        ("source.sha256", None),
        ("source.path", "a\x00b"),
        ("models", {"repair": "x"}),
        ("device_class", "abacus"),
        ("threads", 10**9),
        ("schema", "1"),
        ("recipe", {"schema": 1, "stages": [{"stage": "explode"}]}),
        ("recipe", {"schema": 1, "stages": [{"stage": "detect"}]}),
    ],
)
def test_sidecars_from_anyone_are_checked(key: str, value: Any, sidecar: Path) -> None:
    change(sidecar, key, value)
    with pytest.raises(InputError):
        read_sidecar(sidecar)


def test_a_newer_sidecar_says_so(sidecar: Path) -> None:
    change(sidecar, "schema", 2)
    with pytest.raises(InputError, match="newer version"):
        read_sidecar(sidecar)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    key=st.sampled_from(["source", "mask", "models", "recipe", "schema", "threads", "output"]),
    value=json_values,
)
def test_any_content_is_a_sidecar_or_one_error(key: str, value: Any, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("s") / "a.json"
    digest = "0" * 64
    content = {
        "schema": 1,
        "source": {"path": "a", "sha256": digest},
        "output": {"name": "a"},
        "device_class": "cpu",
        "pixels_sha256": digest,
        "mask": {"name": "m", "pixels_sha256": digest},
        "models": {},
        "recipe": {"schema": 1, "stages": [{"stage": "detect"}, {"stage": "repair"}]},
    }
    path.write_text(json.dumps(content))
    assert read_sidecar(path).output == "a"
    path.write_text(json.dumps(content | {key: value}))
    try:
        read_sidecar(path)
    except RestorerError:
        return
    assert key in ("threads", "models", "schema") or value == content[key]
