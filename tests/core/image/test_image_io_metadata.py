"""Metadata survives the way through every container to the byte, and says upright once the picture is."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, strategies as st
from PIL import Image, ImageCms

from restorer.image.metadata import (
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    IPTC_KEY,
    ORIENTATION,
    Directory,
    TiffReader,
    exif_dpi,
    exif_for_all,
    exif_of_tiff,
    from_raw_profile,
    iptc_of_photoshop,
    raw_profile,
    reset_orientation,
    sides_swapped,
    take_iptc,
    tiff_tags,
    upright_xmp,
    with_tags,
)
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from tests.conftest import smooth_photo

RGB = smooth_photo(40, 60)
IPTC = b"\x1c\x02\x78\x00\x05hello\x1c\x02\x05\x00\x01A"
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[:, ::-1],
}


def rich_exif() -> Directory:
    """EXIF with what libraries tend to lose: letters outside ASCII, 0/0, private tags, three levels."""
    text = "Jürgen Müller, Köln".encode() + b"\x00"
    interop = Directory({1: (2, 4, b"R98\x00")})
    lens = struct.pack("<8I", 50, 1, 50, 1, 0, 0, 0, 0)
    camera = Directory(
        {
            0x9003: (2, 20, b"1920:01:01 00:00:00\x00"),
            0x927C: (7, 9, b"maker\x00\xff12"),
            0xA432: (5, 4, lens),
        },
        {INTEROP_IFD: interop},
    )
    place = Directory({1: (2, 2, b"N\x00"), 2: (5, 3, struct.pack("<6I", 50, 1, 56, 1, 2941, 100))})
    return Directory(
        {315: (2, len(text), text), 18246: (3, 1, b"\x04\x00")}, {EXIF_IFD: camera, GPS_IFD: place}
    )


def parsed(exif: bytes | None) -> Directory:
    assert exif is not None
    reader = TiffReader(io.BytesIO(exif))
    return reader.copy(reader.first)


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg", "webp", "heic"])
def test_exif_survives_to_the_byte(suffix: str, tmp_path: Path) -> None:
    exif = rich_exif()
    photo = Photo(RGB, exif=exif.block(), format="TIFF")
    for name in (f"a.{suffix}", "b.tif", f"c.{suffix}"):  # there, into a TIFF, and back
        save_photo(photo, tmp_path / name)
        photo = open_photo(tmp_path / name)
        found = parsed(photo.exif)
        assert found.nested == exif.nested, name
        assert {tag: found.entries[tag] for tag in exif.entries} == exif.entries, name


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_of_foreign_tiff_files(big: bool, order: str, tmp_path: Path) -> None:
    tags = [(315, 2, 0, "Ansel", True), (18246, 3, 1, 4, True), (36867 - 1, 4, 1, 0, True)]
    tifffile.imwrite(
        tmp_path / "a.tif",
        RGB,
        photometric="rgb",
        bigtiff=big,
        byteorder=order,
        extratags=tags,
        metadata=None,
    )
    found = parsed(open_photo(tmp_path / "a.tif").exif)
    assert found.entries[315] == (2, 6, b"Ansel\x00") and found.entries[18246] == (3, 1, b"\x04\x00")
    assert 256 not in found.entries and 273 not in found.entries


small = st.dictionaries(
    st.integers(300, 60000).filter(lambda t: t not in (EXIF_IFD, GPS_IFD, INTEROP_IFD, 33723)),
    st.one_of(
        st.binary(min_size=1, max_size=9).map(lambda b: (7, len(b), b)),
        st.lists(st.integers(0, 65535), min_size=1, max_size=4).map(
            lambda v: (3, len(v), struct.pack(f"<{len(v)}H", *v))
        ),
    ),
    max_size=5,
)


@given(top=small, camera=small, interop=small)
def test_directories_come_back_as_they_were_written(top: dict, camera: dict, interop: dict) -> None:
    nested = {EXIF_IFD: Directory(camera, {INTEROP_IFD: Directory(interop)})}
    block = Directory(top, nested).block()
    assert parsed(block) == Directory(top, nested)
    assert reset_orientation(block or b"") == (1, block)


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08"]),
)
def test_any_bytes_for_exif_are_borne(data: bytes, head: bytes) -> None:
    orientation, same = reset_orientation(head + data)
    assert 1 <= orientation <= 8 and len(same) == len(head + data)
    tiff_tags(head + data)
    exif_dpi(head + data)
    iptc_of_photoshop(b"8BIM" + data)


# --- upright


def oriented(number: int, kind: int = 3, order: str = "<") -> bytes:
    size = {3: "H", 4: "I"}[kind]
    value = struct.pack(order + size, number).ljust(4, b"\x00")
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    return mark + struct.pack(order + "IHHHI", 8, 1, ORIENTATION, kind, 1) + value + bytes(4)


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("deep", [False, True])
def test_all_planes_of_a_tiff_are_turned_and_the_tags_say_so(
    orientation: int, deep: bool, tmp_path: Path
) -> None:
    upright = np.dstack([RGB, RGB[::-1, :, 0], RGB[:, ::-1, 1]])
    upright = upright.astype(np.uint16) * 257 if deep else upright
    xmp = f'<x:xmpmeta tiff:Orientation="{orientation}"/>'.encode()
    tags = [(ORIENTATION, 3, 1, orientation, True), (700, 1, len(xmp), xmp, True)]
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.ascontiguousarray(STORED[orientation](upright)),
        photometric="rgb",
        extrasamples=["unassalpha", "unspecified"],
        resolution=(300, 600) if orientation < 5 else (600, 300),
        resolutionunit="INCH",
        extratags=tags,
        metadata=None,
    )
    photo = open_photo(tmp_path / "a.tif")
    for _ in range(2):  # and not a second time once it has been written
        assert np.array_equal(photo.pixels, upright[..., :3])
        assert photo.alpha is not None and np.array_equal(photo.alpha, upright[..., 3])
        assert photo.infrared is not None and np.array_equal(photo.infrared, upright[..., 4])
        assert photo.dpi == (300, 600)
        assert photo.xmp == b'<x:xmpmeta tiff:Orientation="1"/>'
        save_photo(photo, tmp_path / "b.tif", overwrite=True)
        with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
            tag = tiff.pages.first.tags.get(ORIENTATION)  # type: ignore[union-attr]
            assert tag is None or tag.value == 1
        photo = open_photo(tmp_path / "b.tif")


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("suffix", ["jpg", "webp", "png"])
@pytest.mark.parametrize(("kind", "order"), [(3, "<"), (4, "<"), (3, ">"), (4, ">")])
def test_exif_orientation_in_every_spelling(
    orientation: int, suffix: str, kind: int, order: str, tmp_path: Path
) -> None:
    blocks = np.kron(np.array([[20, 90], [160, 230], [60, 130]], np.uint8), np.ones((16, 16), np.uint8))
    exif = b"Exif\x00\x00" + oriented(orientation, kind, order)
    stored = np.ascontiguousarray(STORED[orientation](blocks))
    Image.fromarray(stored).convert("RGB").save(tmp_path / f"a.{suffix}", quality=95, exif=exif)
    photo = open_photo(tmp_path / f"a.{suffix}")
    assert photo.pixels.shape == (48, 32, 3)
    assert np.abs(photo.pixels[..., 0].astype(int) - blocks).max() < 12
    assert photo.exif is not None and reset_orientation(photo.exif)[0] == 1
    save_photo(photo, tmp_path / f"b.{suffix}")
    assert open_photo(tmp_path / f"b.{suffix}").pixels.shape == (48, 32, 3)


def test_heic_is_turned_once(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.heic", exif=b"Exif\x00\x00" + oriented(6), quality=-1)
    photo = open_photo(tmp_path / "a.heic")
    assert np.abs(photo.pixels.astype(int) - np.rot90(RGB, -1)).mean() < 4
    assert photo.exif is not None and reset_orientation(photo.exif)[0] == 1


def test_a_thumbnail_of_the_unrepaired_picture_is_unlinked() -> None:
    main = Directory({271: (2, 5, b"Agfa\x00")}).block() or b""
    (count,) = struct.unpack_from("<H", main, 8)
    linked = bytearray(main)
    struct.pack_into("<I", linked, 10 + 12 * count, len(main))
    _, exif = reset_orientation(bytes(linked) + b"\x00\x00" + bytes(4))
    reader = TiffReader(io.BytesIO(exif))
    entries, following = reader.directory(reader.first)
    assert following == 0 and reader.value(entries[271]) == b"Agfa\x00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"tiff:Orientation='8'", b"tiff:Orientation='1'"),
        (b"<tiff:Orientation>3</tiff:Orientation>", b"<tiff:Orientation>1</tiff:Orientation>"),
        (b"tiff:OrientationX='8' Orientation='8'", b"tiff:OrientationX='8' Orientation='8'"),
    ],
)
def test_the_orientation_of_xmp(before: bytes, after: bytes) -> None:
    assert upright_xmp(before) == after


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(("orientation", "turned"), [(1, False), (3, False), (6, True), (8, True)])
def test_exif_tells_the_sides_of_the_upright_picture(
    orientation: int, turned: bool, suffix: str, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[282], exif[283], exif[296] = orientation, 300, 600, 2
    exif.get_ifd(EXIF_IFD).update({0xA002: 60, 0xA003: 40, 0x9003: "1931:05:06 07:08:09"})
    Image.fromarray(RGB).save(tmp_path / f"a.{suffix}", exif=exif)
    save_photo(open_photo(tmp_path / f"a.{suffix}"), tmp_path / "b.webp")
    with Image.open(tmp_path / "b.webp") as image:
        again, camera = image.getexif(), image.getexif().get_ifd(EXIF_IFD)
        assert (camera[0xA002], camera[0xA003]) == image.size == ((40, 60) if turned else (60, 40))
        assert (again[282], again[283]) == ((600, 300) if turned else (300, 600))
        assert camera[0x9003] == "1931:05:06 07:08:09"


@given(
    data=st.binary(max_size=120),
    head=st.sampled_from([b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08"]),
)
def test_whatever_the_sides_are_swapped_in_keeps_its_length(data: bytes, head: bytes) -> None:
    assert len(sides_swapped(head + data)) == len(head + data)


def test_two_sides_of_which_one_is_not_told_stay() -> None:
    main = Directory({256: (3, 1, b"\x09\x00")}, {EXIF_IFD: Directory({0xA003: (4, 1, b"\x07\0\0\0")})})
    assert sides_swapped(main.block() or b"") == main.block()


# --- resolution, IPTC, texts


def test_resolution_from_exif_where_the_container_has_none(tmp_path: Path) -> None:
    dpi = struct.pack("<II", 300, 1)
    exif = Directory({282: (5, 1, dpi), 283: (5, 1, dpi), 296: (3, 1, b"\x02\x00")}).block() or b""
    Image.fromarray(RGB).save(tmp_path / "a.webp", exif=b"Exif\x00\x00" + exif)
    assert open_photo(tmp_path / "a.webp").dpi == (300, 300)
    assert exif_dpi(exif[:30]) is None


def test_a_jpeg_that_tells_no_resolution_has_none(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[315] = "Anna"
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif)
    assert open_photo(tmp_path / "a.jpg").dpi is None
    exif[282], exif[283], exif[296] = 300, 600, 2
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif)
    assert open_photo(tmp_path / "a.jpg").dpi == (300, 600)
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif, dpi=(150, 150))
    assert open_photo(tmp_path / "a.jpg").dpi == (150, 150)


@pytest.mark.parametrize(("unit", "factor"), [("INCH", 1), ("CENTIMETER", 2.54), ("NONE", None)])
def test_resolution_of_tiff_in_its_unit(unit: str, factor: float | None, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", RGB, photometric="rgb", resolution=(100, 200), resolutionunit=unit, metadata=None
    )
    expected = None if factor is None else pytest.approx((100 * factor, 200 * factor))
    assert open_photo(tmp_path / "a.tif").dpi == expected


def photoshop(iptc: bytes) -> bytes:
    first = b"8BIM\x03\xed\x03abc" + struct.pack(">I", 3) + b"xyz\x00"
    return first + b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(iptc)) + iptc + b"\x00" * (len(iptc) % 2)


def test_iptc_in_all_its_places(tmp_path: Path) -> None:
    padded = IPTC + b"\x00" * (-len(IPTC) % 4)
    numbers = struct.unpack(f">{len(padded) // 4}I", padded)
    for tag, expected in (
        ((33723, 7, len(IPTC), IPTC, True), IPTC),
        ((33723, 4, len(numbers), numbers, True), padded),
        ((34377, 1, len(photoshop(IPTC)), photoshop(IPTC), True), IPTC),
    ):
        tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb", extratags=[tag], metadata=None)
        assert open_photo(tmp_path / "a.tif").iptc == expected
    framed = raw_profile(photoshop(IPTC))
    assert from_raw_profile(framed) == IPTC and from_raw_profile(raw_profile(IPTC)) == IPTC
    assert from_raw_profile(framed[:-9]) is None and IPTC_KEY.endswith("iptc")


@pytest.mark.parametrize("deep", [False, True])
def test_texts_that_follow_the_pixels_of_a_png_are_read(deep: bool, tmp_path: Path) -> None:
    pixels = RGB.astype(np.uint16) * 257 if deep else RGB
    save_photo(Photo(pixels, xmp=b"<x/>", iptc=IPTC, exif=oriented(1)), tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    start, end = data.index(b"eXIf") - 4, data.index(b"IDAT") - 4
    moved = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    (tmp_path / "b.png").write_bytes(moved)
    photo = open_photo(tmp_path / "b.png")
    assert (photo.xmp, photo.iptc, photo.exif) == (b"<x/>", IPTC, oriented(1))
    assert np.array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg", "webp", "heic"])
@pytest.mark.parametrize("exif", [None, "rich"])
def test_every_container_keeps_resolution_and_iptc(exif: str | None, suffix: str, tmp_path: Path) -> None:
    block = rich_exif().block() if exif else None
    photo = Photo(RGB, exif=block, iptc=IPTC, dpi=(300.0, 72.5))
    for turn in range(2):  # and once more, from what was read
        save_photo(photo, tmp_path / f"{turn}.{suffix}")
        photo = open_photo(tmp_path / f"{turn}.{suffix}")
        assert photo.iptc == IPTC and photo.dpi is not None
        assert np.allclose(photo.dpi, (300, 72.5), atol=0.51)  # JPEG has whole numbers only
        if exif:
            assert parsed(photo.exif).nested == rich_exif().nested


@pytest.mark.parametrize("grey", [False, True])
def test_bmp_keeps_profile_and_resolution(grey: bool, tmp_path: Path) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = RGB[..., 0].copy() if grey else RGB
    save_photo(Photo(pixels, icc=icc, dpi=(300, 300)), tmp_path / "a.bmp")
    found = open_photo(tmp_path / "a.bmp")
    assert found.icc == icc and np.allclose(found.dpi or 0, 300, atol=0.01)
    with Image.open(tmp_path / "a.bmp") as image:  # what others see
        assert np.array_equal(np.asarray(image.convert("L" if grey else "RGB")), pixels)
    data = (tmp_path / "a.bmp").read_bytes()
    (tmp_path / "cut.bmp").write_bytes(data[: -len(icc) // 2])
    assert open_photo(tmp_path / "cut.bmp").icc is None


@given(top=small, new=small, order=st.sampled_from(["<", ">"]))
def test_added_tags_leave_the_rest_where_it_is(top: dict, new: dict, order: str) -> None:
    whole = Directory(top | {271: (2, 4, b"abc\x00")}).block() or b""
    if order == ">":
        whole = swapped(whole)
    block = with_tags(whole, new)
    assert block[8 : len(whole)] == whole[8:]
    assert parsed(block).entries == {**parsed(whole).entries, **new}
    block = with_tags(block, {33723: (7, len(IPTC), IPTC)})
    assert take_iptc(block) == (IPTC, take_iptc(block)[1])
    assert parsed(take_iptc(block)[1]).entries == {**parsed(whole).entries, **new}
    assert IPTC not in take_iptc(block)[1]


def swapped(block: bytes) -> bytes:
    """A little-endian block of one directory as a big-endian one."""
    reader = TiffReader(io.BytesIO(block))
    entries, _ = reader.directory(reader.first)
    data = bytearray(b"MM" + struct.pack(">HI", 42, 8) + block[8:])
    struct.pack_into(">H", data, 8, len(entries))
    for index, (tag, entry) in enumerate(sorted(entries.items())):
        row = 10 + 12 * index
        struct.pack_into(">HHI", data, row, tag, entry.kind, entry.count)
        if entry.size > 4:
            struct.pack_into(">I", data, row + 8, entry.position)
        if entry.kind == 3:
            value = np.frombuffer(block, "<u2", entry.count, entry.position)
            data[entry.position : entry.position + entry.size] = value.astype(">u2").tobytes()
    return bytes(data)


@given(data=st.binary(max_size=120), head=st.sampled_from([b"", b"II*\x00\x08\x00\x00\x00"]))
def test_damaged_exif_is_left_as_it_is(data: bytes, head: bytes) -> None:
    block, whole = exif_for_all(head + data, (300, 300), IPTC)
    if not whole:
        assert block == head + data
    elif head + data:
        assert block is not None and len(block) > len(head + data) and take_iptc(block)[0] == IPTC
    take_iptc(head + data)


# --- what other programs write


def with_chunk(name: bytes, content: bytes) -> bytes:
    """A PNG of `RGB` with one more chunk."""
    data = bytes(imagecodecs.png_encode(RGB))
    whole = name + content
    return (
        data[:33] + struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole)) + data[33:]
    )


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("key", ["exif", "APP1", "xmp"])
def test_metadata_that_imagemagick_6_puts_into_a_png(key: str, packed: bool, tmp_path: Path) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    exif = b"Exif\x00\x00" + oriented(6)
    for content in {"exif": [exif], "xmp": [xmp], "APP1": [exif, b"http://ns.adobe.com/xap/1.0/\x00" + xmp]}[
        key
    ]:
        text = f"\ngeneric\n{len(content):8d}\n{content.hex()}\n".encode()
        name = f"Raw profile type {key}".encode() + b"\x00"
        chunk = (b"zTXt", name + b"\x00" + zlib.compress(text)) if packed else (b"tEXt", name + text)
        (tmp_path / "a.png").write_bytes(with_chunk(*chunk))
        photo = open_photo(tmp_path / "a.png")
        if content == exif:
            assert np.array_equal(photo.pixels, np.rot90(RGB, -1)), "turned as it says"
            assert photo.exif is not None and reset_orientation(photo.exif)[0] == 1
        else:
            assert photo.xmp == xmp


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [4, 13, 16, 18])
def test_exif_of_a_bigtiff_whatever_the_type_of_its_pointer(kind: int, order: str) -> None:
    """libtiff points to it with a number of 64 bits (IFD8)."""
    wide = kind in (16, 18)
    pointer = struct.pack(order + ("Q" if wide else "I"), 56).ljust(8, b"\x00")
    data = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HHHQ", 43, 8, 0, 16)
    data += struct.pack(order + "QHHQ", 1, EXIF_IFD, kind, 1) + pointer + bytes(8) + bytes(4)
    data += struct.pack(order + "QHHQ", 1, 0x9003, 2, 20) + struct.pack(order + "QQ", 92, 0)
    data += b"1920:01:01 00:00:00\x00"
    reader = TiffReader(io.BytesIO(data))
    exif = exif_of_tiff(reader, reader.directory(reader.first)[0])
    assert parsed(exif).nested[EXIF_IFD].entries[0x9003] == (2, 20, b"1920:01:01 00:00:00\x00")


def test_xmp_that_is_spread_over_segments_is_told(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, "JPEG", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    data = buffer.getvalue()
    more = b"http://ns.adobe.com/xmp/extension/\x00" + b"A" * 32 + struct.pack(">II", 4, 0) + b"<x/>"
    (tmp_path / "a.jpg").write_bytes(
        data[:2] + b"\xff\xe1" + struct.pack(">H", len(more) + 2) + more + data[2:]
    )
    photo = open_photo(tmp_path / "a.jpg")
    assert photo.xmp and photo.notices == ("Extended XMP, a second part of the metadata, was left out.",)


PAGES = np.stack([RGB, RGB[::-1], RGB])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ""),
        ({"metadata": {"axes": "QYXS", "Author": "J. Müller"}}, '{"Author": "J. M\\u00fcller"}'),
        ({"imagej": True}, "ImageJ=1.11a"),
        ({"ome": True}, ""),
        ({"description": "Köln 1912, 3 images".encode(), "metadata": None}, "Köln 1912, 3 images"),
        ({"description": 'shape=(3, 40, 60, 3)\x00{"shape": 1', "metadata": None}, ""),
    ],
)
def test_what_a_description_tells_of_other_pages_is_left_out(
    written: dict, expected: str, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "in.tif", PAGES, photometric="rgb", **written)
    photo = open_photo(tmp_path / "in.tif")
    save_photo(photo, tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        page = tiff.pages.first
        assert page.tags.get(270) is None if not expected else page.description == expected  # type: ignore[union-attr]
        assert np.array_equal(tiff.asarray(), RGB)  # readers that go by the description find it, too


def test_a_description_of_the_layout_does_not_outlive_a_turn(tmp_path: Path) -> None:
    turned = [(ORIENTATION, 3, 1, 6, True)]
    tifffile.imwrite(tmp_path / "in.tif", RGB, photometric="rgb", extratags=turned)
    save_photo(open_photo(tmp_path / "in.tif"), tmp_path / "out.tif")
    assert tifffile.imread(tmp_path / "out.tif").shape == (60, 40, 3)
    tifffile.imwrite(tmp_path / "in.ome.tif", RGB, photometric="rgb")
    one = open_photo(tmp_path / "in.ome.tif")  # of this page alone, and the only thing that names it
    assert b"<OME" in (one.exif or b"")
