from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from restorer.errors import InputError
from restorer.image.metadata import ASCII, TiffReader, with_tags
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import left_out, save_photo
from restorer.image.texts import MOST_BYTES, MOST_TEXTS, Text, png_chunk
from restorer.record.export import ExportSettings, estimate_bytes, lost_in, prepare
from restorer.record.report import LEFT_OUT

GREY = np.arange(48 * 40, dtype=np.uint8).reshape(48, 40)
CAPTION = "Großmutter in Görz, 1911"
TEXTS = (
    Text("Title", CAPTION),
    Text("Description", "前排左起第二人"),
    Text("Author", "Ateliér Šechtl", "cs", "Autor"),
    Text("Comment", "x" * 5000),
)


def png_with(path: Path, *chunks: bytes, late: bool = False) -> Path:
    Image.fromarray(GREY).save(path)
    data = path.read_bytes()
    place = len(data) - 12 if late else 33
    path.write_bytes(data[:place] + b"".join(chunks) + data[place:])
    return path


def described(path: Path) -> bytes | None:
    reader = TiffReader(BytesIO(open_photo(path).exif or b""))
    return reader.value(reader.directory(reader.first)[0].get(270))


def test_texts_of_a_png_come_through(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", CAPTION)
    info.add_text("Comment", "x" * 5000, zip=True)
    info.add_itxt("Description", "前排左起第二人", zip=True)
    info.add_itxt("Author", "Ateliér Šechtl", "cs", "Autor")
    Image.fromarray(GREY).save(tmp_path / "a.png", pnginfo=info)
    photo = open_photo(tmp_path / "a.png")
    assert set(photo.texts) == set(TEXTS) and photo.notices == ()
    save_photo(photo, tmp_path / "b.png")
    assert open_photo(tmp_path / "b.png").texts == photo.texts
    with Image.open(tmp_path / "b.png") as image:  # another reader finds them too
        image.load()
        assert {t.keyword: t.text for t in TEXTS} == dict(image.text)  # type: ignore[attr-defined]


def test_texts_after_the_pixels_and_twice_under_one_name(tmp_path: Path) -> None:
    twins = [png_chunk(b"tEXt", b"Comment\x00" + text) for text in (b"one", b"two")]
    photo = open_photo(png_with(tmp_path / "a.png", *twins, late=True))
    assert photo.texts == (Text("Comment", "one"), Text("Comment", "two"))
    save_photo(photo, tmp_path / "b.png")
    assert open_photo(tmp_path / "b.png").texts == photo.texts


@pytest.mark.parametrize(
    "comment", [CAPTION.encode(), CAPTION.encode("latin-1"), b"a\x00b", b"end\x00", b"y" * 65533]
)
def test_the_comment_of_a_jpeg_comes_through_to_the_bit(comment: bytes, tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.jpg", comment=comment)
    photo = open_photo(tmp_path / "a.jpg")
    assert len(photo.texts) == 1
    save_photo(photo, tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.info["comment"] == comment
    save_photo(photo, tmp_path / "c.png")
    (text,) = open_photo(tmp_path / "c.png").texts
    said = comment.decode("latin-1" if comment == CAPTION.encode("latin-1") else "utf-8")
    assert text == Text("Comment", said.rstrip("\x00").replace("\x00", " "))


def test_a_comment_in_several_segments(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    parts = [b"\xff\xfe" + struct.pack(">H", len(part) + 2) + part for part in (b"first", b"second", b"")]
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"".join(parts) + data[2:])
    photo = open_photo(tmp_path / "a.jpg")
    assert [t.text for t in photo.texts] == ["first", "second"]
    save_photo(Photo(GREY, texts=(Text("Comment", "z" * 100_000),)), tmp_path / "b.jpg")
    assert "".join(t.text for t in open_photo(tmp_path / "b.jpg").texts) == "z" * 100_000


def test_texts_of_a_png_become_comments_of_a_jpeg(tmp_path: Path) -> None:
    save_photo(Photo(GREY, texts=TEXTS), tmp_path / "a.jpg")
    told = [text.text for text in open_photo(tmp_path / "a.jpg").texts]
    assert told == [f"Title: {CAPTION}", "Description: 前排左起第二人", "Autor: Ateliér Šechtl", "x" * 5000]


@pytest.mark.parametrize("suffix", ["tif", "webp", "heic"])
def test_elsewhere_they_become_the_description(suffix: str, tmp_path: Path) -> None:
    rgb = np.repeat(GREY[..., None], 3, 2)
    photo = Photo(rgb, texts=TEXTS[:2], dpi=(300, 300))
    assert left_out(photo, {"tif": "TIFF"}.get(suffix, suffix.upper())) == ["pixels"] * (suffix == "heic")
    save_photo(photo, tmp_path / f"a.{suffix}")
    assert described(tmp_path / f"a.{suffix}") == f"Title: {CAPTION}\nDescription: 前排左起第二人\0".encode()
    assert open_photo(tmp_path / f"a.{suffix}").dpi == (300, 300)


def test_a_description_that_is_there_stays_and_the_loss_is_told(tmp_path: Path) -> None:
    exif = with_tags(None, {270: (ASCII, 6, b"mine!\0")})
    photo = Photo(GREY, exif=exif, texts=TEXTS)
    save_photo(photo, tmp_path / "a.tif")
    assert described(tmp_path / "a.tif") == b"mine!\0"
    assert left_out(photo, "TIFF") == ["texts"] and left_out(photo, "PNG") == []
    assert left_out(photo, "BMP") == ["metadata", "texts"] and left_out(Photo(GREY), "BMP") == []
    assert lost_in(photo, ExportSettings(format="TIFF")) == ["texts"]
    assert lost_in(photo, ExportSettings(format="TIFF", metadata="none")) == []
    empty = Photo(GREY, exif=with_tags(None, {270: (ASCII, 3, b"  \0")}), texts=TEXTS)
    assert left_out(empty, "TIFF") == []  # what scanners leave there is nothing


def test_exports_leave_out_what_was_asked(tmp_path: Path) -> None:
    places = Text("exif:GPSLatitude", "46/1"), Text("City", "Görz")
    photo = Photo(GREY, texts=(*TEXTS, *places))
    assert prepare(photo, ExportSettings(format="PNG")).texts == photo.texts
    assert prepare(photo, ExportSettings(format="PNG", metadata="no-location")).texts == TEXTS
    assert prepare(photo, ExportSettings(format="PNG", metadata="none")).texts == ()
    plain = estimate_bytes(Photo(GREY), ExportSettings(format="PNG"))
    assert estimate_bytes(photo, ExportSettings(format="PNG")) > plain + 5000


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(MOST_BYTES + 1))),
        png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"cut short" * 90)[:-9]),
        png_chunk(b"zTXt", b"Comment\x00\x00junk"),
        png_chunk(b"iTXt", b"Comment\x00"),
        png_chunk(b"iTXt", b"Comment\x00\x00\x00\x00\x00\xff\xfe"),
    ],
    ids=["bomb", "short", "junk", "bare", "not UTF-8"],
)
def test_what_cannot_be_read_is_told_and_the_photograph_opens(chunk: bytes, tmp_path: Path) -> None:
    photo = open_photo(png_with(tmp_path / "a.png", chunk, png_chunk(b"tEXt", b"Title\x00fine")))
    assert photo.texts == (Text("Title", "fine"),)
    assert photo.notices == ("A text in the file is damaged or too long and was left out.",)


def test_thousands_of_texts_are_told_once(tmp_path: Path) -> None:
    many = [png_chunk(b"tEXt", b"Comment\x00%d" % n) for n in range(MOST_TEXTS + 40)]
    photo = open_photo(png_with(tmp_path / "a.png", *many))
    assert len(photo.texts) == MOST_TEXTS
    assert photo.notices == ("40 texts in the file are damaged or too long and were left out.",)


@pytest.mark.parametrize("keyword", ["", "k" * 200, "Ключ"])
def test_any_keyword_can_be_written(keyword: str, tmp_path: Path) -> None:
    save_photo(Photo(GREY, texts=(Text(keyword, "said"),)), tmp_path / "a.png")
    assert [t.text for t in open_photo(tmp_path / "a.png").texts] == ["said"]


def test_a_png_without_its_end_is_incomplete(tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", png_chunk(b"tEXt", b"Title\x00fine"), late=True)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InputError, match="incomplete"):
        open_photo(path)


def test_a_long_text_opens_elsewhere_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = Text("Comment", "scanned " * 190_000)
    save_photo(Photo(GREY, texts=(long,)), tmp_path / "a.png")
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_CHUNK", 1 << 20)  # what Pillow allows
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert image.text["Comment"] == long.text


def test_damaged_exif_that_a_tiff_cannot_hold_is_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[315] = "Maker", "Someone"
    whole = exif.tobytes().removeprefix(b"Exif\0\0")
    photo = Photo(GREY, exif=whole[:24])
    assert left_out(photo, "TIFF") == ["damaged"] and left_out(photo, "PNG") == []
    assert left_out(Photo(GREY, exif=whole), "TIFF") == []
    assert set(left_out(photo, "TIFF")) <= set(LEFT_OUT)
    save_photo(photo, tmp_path / "a.tif")
    assert b"Someone" not in (open_photo(tmp_path / "a.tif").exif or b"")
