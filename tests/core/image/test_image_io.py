from __future__ import annotations

import contextlib
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image, ImageCms

from restorer.errors import InputError, OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import open_mask, save_mask, save_photo
from tests.conftest import smooth_photo

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FUZZ = int(os.environ.get("RESTORER_FUZZ_EXAMPLES", "60"))


def some_exif() -> bytes:
    exif = Image.Exif()
    exif[271], exif[315], exif[0x0112] = "Agfa", "A. Photographer", 1
    exif[0x8769] = {0x9003: "1920:01:01 00:00:00", 0x829A: 0.5}
    exif[0x8825] = {1: "N"}
    return exif.tobytes()[6:]


def picture(depth: int, grey: bool, height: int = 47, width: int = 61) -> np.ndarray:
    pixels = smooth_photo(height, width)
    if depth == 16:
        pixels = pixels.astype(np.uint16) * 257 + np.uint16(3)
    return np.ascontiguousarray(pixels[..., 0] if grey else pixels)


def full(
    depth: int, grey: bool, alpha: bool = False, infrared: bool = False, compression: str = "deflate"
) -> Photo:
    pixels = picture(depth, grey)
    plane = np.ascontiguousarray(pixels if grey else pixels[..., 1])
    return Photo(
        pixels,
        alpha=plane[::-1].copy() if alpha else None,
        infrared=plane[:, ::-1].copy() if infrared else None,
        icc=None if grey else SRGB,
        exif=some_exif(),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        iptc=b"\x1c\x02\x78\x00\x05hello",
        dpi=(300.0, 600.0),
        compression=compression,
    )


def assert_same_exif(exif: bytes | None) -> None:
    assert exif is not None
    found = Image.Exif()
    found.load(b"Exif\x00\x00" + exif)
    assert found[271] == "Agfa" and found[315] == "A. Photographer"
    assert found.get_ifd(0x8769)[0x9003] == "1920:01:01 00:00:00"
    assert float(found.get_ifd(0x8769)[0x829A]) == 0.5
    assert found.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("kind", ["png", "tif-none", "tif-lzw", "tif-deflate", "tif-zstd", "tif-infrared"])
def test_lossless_round_trip_keeps_everything(
    depth: int, grey: bool, alpha: bool, kind: str, tmp_path: Path
) -> None:
    suffix, _, variant = kind.partition("-")
    compression = variant if variant in ("none", "lzw", "zstd") else "deflate"
    photo = full(depth, grey, alpha, variant == "infrared", compression)
    path = tmp_path / f"a.{suffix}"
    save_photo(photo, path)
    again = open_photo(path)
    for name in ("pixels", "alpha", "infrared"):
        mine, theirs = getattr(photo, name), getattr(again, name)
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            assert theirs.dtype == mine.dtype and np.array_equal(mine, theirs), name
    assert again.icc == photo.icc and again.xmp == photo.xmp and again.iptc == photo.iptc
    assert again.dpi == pytest.approx(photo.dpi, abs=0.02)
    assert_same_exif(again.exif)
    assert again.notices == ()
    if suffix == "tif":
        assert again.compression == compression
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["jpg", "webp", "bmp", "heic"])
@pytest.mark.parametrize("grey", [False, True])
def test_eight_bit_formats(suffix: str, grey: bool, tmp_path: Path) -> None:
    photo = full(8, grey)
    path = tmp_path / f"a.{suffix}"
    save_photo(photo, path)
    again = open_photo(path)
    mine = (
        photo.pixels if again.pixels.ndim == photo.pixels.ndim else np.repeat(photo.pixels[..., None], 3, 2)
    )
    gap = np.abs(again.pixels.astype(int) - mine)
    assert gap.max() == 0 if suffix in ("webp", "bmp") else gap.mean() < 3
    if suffix != "bmp":
        assert again.icc == photo.icc and again.xmp == photo.xmp
        assert_same_exif(again.exif)
    if suffix == "jpg":
        assert again.iptc == photo.iptc
    if suffix in ("jpg", "bmp"):
        assert again.dpi == pytest.approx(photo.dpi, abs=0.02)


@pytest.mark.parametrize(
    ("photo", "name", "said"),
    [
        (full(16, False), "a.jpg", "16 bits"),
        (full(8, False, infrared=True), "a.png", "infrared"),
        (full(8, False, alpha=True), "a.jpg", "transparency"),
        (full(8, False), "a.gif", "ending"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(photo: Photo, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=said):
        save_photo(photo, tmp_path / name)
    assert not list(tmp_path.iterdir())


UPRIGHT = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
STORED = {
    1: UPRIGHT, 2: UPRIGHT[:, ::-1], 3: UPRIGHT[::-1, ::-1], 4: UPRIGHT[::-1], 5: UPRIGHT.T, 6:
        np.rot90(UPRIGHT, 1),
    7: UPRIGHT[::-1, ::-1].T, 8: np.rot90(UPRIGHT, -1),
}  # fmt: skip


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("kind", ["png", "tif"])
def test_orientation_is_applied_once_and_reset(orientation: int, kind: str, tmp_path: Path) -> None:
    stored = np.ascontiguousarray(STORED[orientation])
    path = tmp_path / f"a.{kind}"
    if kind == "tif":
        tags = [(274, 3, 1, orientation, True)]
        tifffile.imwrite(path, stored, photometric="minisblack", extratags=tags, metadata=None)
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(stored).save(path, exif=exif.tobytes())
    photo = open_photo(path)
    assert np.array_equal(photo.pixels, UPRIGHT)
    save_photo(photo, tmp_path / f"b.{kind}")
    assert np.array_equal(open_photo(tmp_path / f"b.{kind}").pixels, UPRIGHT)


def test_sixteen_bit_is_not_read_as_eight(tmp_path: Path) -> None:
    pixels = np.full((8, 9, 3), 12345, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(pixels))
    for name in ("a.tif", "a.png"):
        photo = open_photo(tmp_path / name)
        assert photo.bit_depth == 16 and np.array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "jpeg"])
@pytest.mark.parametrize("layout", ["strips", "tiles", "planes"])
def test_tiff_layouts(compression: str | None, layout: str, tmp_path: Path) -> None:
    pixels = picture(8, False, 70, 90)
    options: dict[str, object] = {"strips": {"rowsperstrip": 16}, "tiles": {"tile": (32, 32)}, "planes": {}}[
        layout
    ]  # type: ignore[assignment]
    data = pixels if layout != "planes" else np.moveaxis(pixels, -1, 0)
    config = "separate" if layout == "planes" else "contig"
    if compression == "jpeg" and layout == "planes":
        pytest.skip("there is no such file")
    tifffile.imwrite(
        tmp_path / "a.tif", data, photometric="rgb", planarconfig=config, compression=compression, **options
    )
    found = open_photo(tmp_path / "a.tif").pixels
    gap = np.abs(found.astype(int) - pixels)
    assert gap.mean() < 3 if compression == "jpeg" else gap.max() == 0


def test_first_of_several_pages_with_a_notice(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for value in (10, 20, 30):
            writer.write(np.full((5, 6), value, np.uint8), photometric="minisblack", contiguous=False)
    photo = open_photo(tmp_path / "a.tif")
    assert (photo.pixels == 10).all() and "first of 3 pages" in photo.notices[0]


@pytest.mark.parametrize(("key", "told"), [(b"8BIMLayr", True), (b"MIB861rL", True), (b"8BIMPatt", False)])
def test_layers_that_are_left_out_are_told(key: bytes, told: bool, tmp_path: Path) -> None:
    block = b"Adobe Photoshop Document Data Block\x00" + key + bytes(9000)
    pixels = smooth_photo(20, 30)
    tags = [(37724, 7, len(block), block, True)]
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", metadata=None, extratags=tags)
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, pixels)
    assert any("layers" in notice for notice in photo.notices) == told


def test_min_is_white_and_one_bit(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((5, 6), 10, np.uint8), photometric="miniswhite")
    assert (open_photo(tmp_path / "a.tif").pixels == 245).all()
    bits = np.zeros((8, 16), bool)
    bits[2] = True
    tifffile.imwrite(tmp_path / "b.tif", bits, photometric="minisblack")
    photo = open_photo(tmp_path / "b.tif")
    assert (photo.pixels[2] == 255).all() and (photo.pixels[3] == 0).all() and photo.notices
    Image.fromarray(bits).save(tmp_path / "c.png")
    assert (open_photo(tmp_path / "c.png").pixels[2] == 255).all()


def test_cmyk_and_palette_are_converted_with_a_notice(tmp_path: Path) -> None:
    rgb = Image.fromarray(picture(8, False))
    rgb.convert("CMYK").save(tmp_path / "a.jpg", quality=98, subsampling=0)
    rgb.convert("CMYK").save(tmp_path / "b.tif")
    rgb.quantize(64).save(tmp_path / "c.png")
    rgb.quantize(64).save(tmp_path / "d.tif")
    for name, word in (("a.jpg", "CMYK"), ("b.tif", "CMYK"), ("c.png", "Palette"), ("d.tif", "Palette")):
        photo = open_photo(tmp_path / name)
        assert photo.pixels.shape == (47, 61, 3) and word in photo.notices[0], name
        assert np.abs(photo.pixels.astype(int) - np.asarray(rgb)).mean() < 12, name


def test_floats_are_refused(tmp_path: Path) -> None:
    for kind, said in ((np.float32, "floating-point"), (np.uint32, "32-bit"), (np.int16, "signed")):
        tifffile.imwrite(tmp_path / "a.tif", np.ones((4, 4), kind))
        with pytest.raises(InputError, match=f"'a.tif' holds {said} values"):
            open_photo(tmp_path / "a.tif")


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    Image.fromarray(picture(8, False)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    photo = open_photo(tmp_path / "a.jpg")
    assert photo.format == "PNG" and "says JPEG" in photo.notices[0]


def encoded(kind: str) -> bytes:
    image, buffer = Image.fromarray(picture(8, False, 80, 100)), BytesIO()
    if kind == "png16":
        return imagecodecs.png_encode(picture(16, False, 80, 100))
    if kind == "tif":
        tifffile.imwrite(
            buffer, picture(8, False, 80, 100), photometric="rgb", compression="zlib", rowsperstrip=16
        )
    else:
        image.save(buffer, {"jpg": "JPEG", "heic": "HEIF"}.get(kind, kind.upper()))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["jpg", "png", "png16", "tif", "webp", "bmp", "heic"])
def test_truncated_files_are_refused(kind: str, tmp_path: Path) -> None:
    data = encoded(kind)
    path = tmp_path / f"a.{kind[:4].rstrip('16')}"
    path.write_bytes(data)
    whole = open_photo(path).pixels
    for share in (0.02, 0.2, 0.5, 0.8, 0.95):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InputError):
            open_photo(path)
    path.write_bytes(data[:-4])
    with contextlib.suppress(InputError):
        assert np.array_equal(open_photo(path).pixels, whole)


def bomb(kind: str) -> bytes:
    side = 60000
    if kind == "png":
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunk = b"IHDR" + header
        return (
            b"\x89PNG\r\n\x1a\n"
            + struct.pack(">I", 13)
            + chunk
            + struct.pack(">I", zlib.crc32(chunk))
            + (
                struct.pack(">I", 4)
                + b"IDAT"
                + b"x\x9c\x00\x00"
                + struct.pack(">I", zlib.crc32(b"IDATx\x9c\x00\x00"))
            )
        )
    if kind == "bmp":
        return (
            b"BM"
            + struct.pack("<IHHI", 200, 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
        )
    entries = [
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, side),
        (279, 4, 100),
    ]
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in entries)
    return b"II*\x00" + struct.pack("<I", 8) + ifd + b"\x00" * 200


@pytest.mark.parametrize("kind", ["png", "bmp", "tif"])
def test_bombs_are_refused_by_their_header(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(bomb(kind))
    with pytest.raises(InputError, match="3600 megapixels"):
        open_photo(path)


def test_what_is_no_photograph_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("this is a letter, not a photograph")
    for name, said in (
        ("empty.jpg", "is empty"),
        ("text.jpg", "is not a photograph"),
        ("none.jpg", "no file"),
        (".", "folder"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            open_photo(tmp_path / name)
        assert "\n" not in str(caught.value)


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["jpg", "png", "png16", "tif", "webp", "bmp", "heic"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    head=st.booleans(),
)
def test_mutated_files_never_do_worse_than_a_sentence(
    kind: str, changes: list[tuple[float, int]], head: bool, tmp_path: Path
) -> None:
    data = bytearray(encoded(kind))
    reach = min(len(data), 200) if head else len(data)
    for place, value in changes:
        data[min(int(place * reach), len(data) - 1)] = value
    path = tmp_path / "fuzzed"
    path.write_bytes(data)
    try:
        photo = open_photo(path)
    except InputError as error:
        assert str(error)
    else:
        assert photo.pixels.dtype in (np.uint8, np.uint16) and photo.megapixels <= 200


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    magic=st.sampled_from(
        [b"", b"II*\x00", b"MM\x00*", b"II+\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"RIFF"]
    ),
    rest=st.binary(max_size=300),
)
def test_random_bytes_never_do_worse_than_a_sentence(magic: bytes, rest: bytes, tmp_path: Path) -> None:
    (tmp_path / "random").write_bytes(magic + rest)
    with pytest.raises(InputError):
        open_photo(tmp_path / "random")


# --- saving


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        save_photo(full(8, False), path)
    assert path.read_bytes() == b"precious"
    save_photo(full(8, False), path, overwrite=True)
    assert open_photo(path).width == 61


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    save_photo(full(8, False), source)
    before = source.read_bytes()
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "hard.png").hardlink_to(source)
    for name in ("a.png", "link.png", "hard.png"):
        with pytest.raises(OutputError, match="source itself"):
            save_photo(full(8, True), tmp_path / name, source=source, overwrite=True)
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), PermissionError(13, "no"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    fault: BaseException, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(*((os, "fsync") if where == "fsync" else (Path, "replace")), fail)
    expected = OutputError if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        save_photo(full(8, False), path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"] and path.read_bytes() == b"old"


def test_a_file_that_reads_back_wrong_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = imagecodecs.png_encode
    monkeypatch.setattr(imagecodecs, "png_encode", lambda pixels, **options: real(pixels ^ 1, **options))
    with pytest.raises(OutputError, match="read back"):
        save_photo(full(8, False), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        save_photo(full(8, False), tmp_path / "none" / "a.png")


def test_masks(tmp_path: Path) -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:5, 4:9] = True
    for name in ("m.png", "m.tif"):
        save_mask(mask, tmp_path / name)
        assert np.array_equal(open_mask(tmp_path / name, (20, 30)), mask)
    with pytest.raises(InputError, match="30 x 20"):
        open_mask(tmp_path / "m.png", (30, 20))
    for name in ("m.jpg", "m.v2", "m"):
        with pytest.raises(OutputError, match="PNG or TIFF"):
            save_mask(mask, tmp_path / name)
