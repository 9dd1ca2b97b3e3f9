"""What decoders forgive and a photograph must not suffer: files cut short, planes lost, values misread."""

from __future__ import annotations

import io
import itertools
import os
import struct
import threading
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, ImageCms

from restorer.errors import InputError
from restorer.image import codecs as image_codecs, reading as image_io
from restorer.image.reading import open_photo
from tests.conftest import smooth_photo

RGB = smooth_photo(96, 120)
DEEP = RGB.astype(np.uint16) * 257 + np.uint16(3)


def pillow(kind: str, pixels: np.ndarray = RGB, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(pixels: np.ndarray = RGB, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **({"photometric": "rgb", "metadata": None} | options))
    return buffer.getvalue()


CASES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: pillow("JPEG"),
    "jpeg progressive": lambda: pillow("JPEG", progressive=True),
    "jpeg grey": lambda: pillow("JPEG", RGB[..., 0]),
    "png": lambda: pillow("PNG"),
    "png 16": lambda: imagecodecs.png_encode(DEEP),
    "webp": lambda: pillow("WEBP"),
    "webp lossless": lambda: pillow("WEBP", lossless=True),
    "bmp": lambda: pillow("BMP"),
    "heic": lambda: pillow("HEIF"),
    "tiff, directory last": lambda: pillow("TIFF", compression="tiff_lzw"),
    "tiff tiles": lambda: tiff(tile=(32, 32), compression="zlib"),
    "tiff planes": lambda: tiff(np.moveaxis(RGB, -1, 0).copy(), planarconfig="separate"),
    "tiff 16 big": lambda: tiff(DEEP, bigtiff=True, byteorder=">"),
    "tiff plain": lambda: tiff(rowsperstrip=16),
    **{
        f"tiff {name}": lambda name=name: tiff(rowsperstrip=16, compression=name)
        for name in ("lzw", "zlib", "zstd", "packbits", "jpeg")
    },
}


@pytest.mark.parametrize("kind", CASES)
def test_no_cut_leaves_a_picture_that_opens(kind: str, tmp_path: Path) -> None:
    data = CASES[kind]()
    path = tmp_path / "a"
    path.write_bytes(data)
    whole = open_photo(path).pixels
    for cut in {len(data) * i // 25 for i in range(1, 25)} | set(range(len(data) - 24, len(data))):
        path.write_bytes(data[:cut])
        try:
            again = open_photo(path)
        except InputError as error:
            assert "'a'" in error.sentence and error.hint
        else:  # the padding at the end of a BMP's last row is no part of the picture
            assert kind == "bmp" and len(data) - cut < 4 and np.array_equal(again.pixels, whole)


@pytest.mark.parametrize("pixels", [RGB, RGB[..., 0]], ids=["colour", "grey"])
@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}, {"subsampling": 0}, {"progressive": 1}])
def test_a_half_jpeg_with_an_end_marker_is_refused(
    pixels: np.ndarray, options: dict[str, Any], tmp_path: Path
) -> None:
    data = pillow("JPEG", pixels, **options)
    path = tmp_path / "a.jpg"
    start = data.index(b"\xff\xda")
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(data[: start + 20 + int(share * (len(data) - start - 20))] + b"\xff\xd9")
        with pytest.raises(InputError, match="incomplete"):
            open_photo(path)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_mid_grey_is_no_damage(progressive: bool, tmp_path: Path) -> None:
    pixels = RGB.copy()
    pixels[40:] = 128
    (tmp_path / "a.jpg").write_bytes(pillow("JPEG", pixels, progressive=progressive))
    found = open_photo(tmp_path / "a.jpg").pixels
    assert (found[60:] == 128).all() and np.abs(found[:32].astype(int) - RGB[:32]).mean() < 4


def test_a_tiff_that_lists_too_few_strips_is_refused(tmp_path: Path) -> None:
    data = bytearray(tiff(compression="zlib", rowsperstrip=12))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        places = [file.pages.first.tags[code].offset for code in (273, 279)]  # type: ignore[union-attr]
    for place in places:
        struct.pack_into("<I", data, place + 4, 5)  # of 8
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(InputError, match="incomplete"):
        open_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("deep", [False, True])
def test_half_the_pixels_of_an_otherwise_whole_png_are_refused(deep: bool, tmp_path: Path) -> None:
    rows = np.insert((DEEP if deep else RGB).astype(">u2" if deep else "u1").reshape(96, -1), 0, 0, 1)
    body = zlib.compress(rows[:40].tobytes())
    head = struct.pack(">IIBBBBB", 120, 96, 16 if deep else 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks))
    with pytest.raises(InputError):
        open_photo(path)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def test_bytes_after_the_end_of_a_png_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(pillow("PNG") + b"\x00" * 99)
    assert np.array_equal(open_photo(tmp_path / "a.png").pixels, RGB)


# --- bombs


def test_a_small_strip_that_declares_a_huge_jpeg_is_refused(tmp_path: Path) -> None:
    data = bytearray(tiff(compression="jpeg"))
    place = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, place + 5, 65000, 65000)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(InputError, match="4225 megapixels"):
        open_photo(tmp_path / "a.tif")


@pytest.mark.parametrize(("code", "value"), [(256, 60000), (277, 60000), (322, 60000)])
def test_huge_numbers_in_a_tiff_allocate_nothing(code: int, value: int, tmp_path: Path) -> None:
    data = bytearray(tiff(RGB[..., 0], photometric="minisblack", tile=(96, 128), compression="zlib"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages.first.tags  # type: ignore[union-attr]
        for tag in (code, {256: 257, 322: 323}.get(code, code)):
            form = {3: "<H", 4: "<I"}[int(tags[tag].dtype)]
            struct.pack_into(form, data, tags[tag].valueoffset, value)
    (tmp_path / "a.tif").write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            open_photo(tmp_path / "a.tif")
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_large_tiff_is_not_held_twice(tmp_path: Path) -> None:
    pixels = np.zeros((2500, 2000, 3), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff(pixels))
    tracemalloc.start()
    try:
        open_photo(tmp_path / "a.tif")
        assert tracemalloc.get_traced_memory()[1] < 1.2 * pixels.nbytes
    finally:
        tracemalloc.stop()


# --- planes and values


def test_a_png_colour_that_means_transparent_becomes_alpha(tmp_path: Path) -> None:
    key = tuple(int(v) for v in RGB[5, 7])
    expected = np.where((RGB[5, 7] == RGB).all(2), 0, 255)
    deep = imagecodecs.png_encode(RGB.astype(np.uint16) * 257)
    mark = chunk(b"tRNS", struct.pack(">3H", *(v * 257 for v in key)))
    for data in (pillow("PNG", transparency=key), deep[:33] + mark + deep[33:]):
        (tmp_path / "a.png").write_bytes(data)
        photo = open_photo(tmp_path / "a.png")
        assert photo.alpha is not None and photo.pixels.shape == RGB.shape
        assert np.array_equal(photo.alpha, expected * (photo.alpha.max() // 255))
    (tmp_path / "b.png").write_bytes(pillow("PNG", RGB[..., 0], transparency=int(RGB[3, 3, 0])))
    photo = open_photo(tmp_path / "b.png")
    assert photo.alpha is not None and np.array_equal(photo.alpha == 0, RGB[..., 0] == RGB[3, 3, 0])


def test_a_transparent_palette_becomes_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(RGB).quantize(16)
    image.save(tmp_path / "a.png", transparency=3)
    alpha = open_photo(tmp_path / "a.png").alpha
    assert alpha is not None and np.array_equal(alpha == 0, np.asarray(image) == 3)


@pytest.mark.parametrize("pixels", [RGB, DEEP], ids=["8", "16"])
def test_min_is_white_inverts_the_grey_and_nothing_else(pixels: np.ndarray, tmp_path: Path) -> None:
    both = np.ascontiguousarray(pixels[..., :2])
    (tmp_path / "a.tif").write_bytes(tiff(both, photometric="miniswhite", extrasamples=["unassalpha"]))
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, np.iinfo(pixels.dtype).max - both[..., 0])
    assert photo.alpha is not None and np.array_equal(photo.alpha, both[..., 1])


def test_premultiplied_alpha_is_divided_out(tmp_path: Path) -> None:
    alpha = np.linspace(0, 65535, 96 * 120).reshape(96, 120).round().astype(np.uint16)
    dark = np.rint(DEEP * (alpha[..., None] / 65535)).astype(np.uint16)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.dstack([dark, alpha]), extrasamples=["assocalpha"]))
    photo = open_photo(path)
    assert "Premultiplied" in photo.notices[0]
    clear = alpha > 2000
    assert np.abs(photo.pixels.astype(int) - DEEP)[clear].max() <= 20
    path.write_bytes(tiff(np.dstack([DEEP, np.full_like(alpha, 65535)]), extrasamples=["assocalpha"]))
    photo = open_photo(path)
    assert photo.notices == () and np.array_equal(photo.pixels, DEEP)


@pytest.mark.parametrize("compression", [None, "lzw"])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("pixels", [RGB, DEEP], ids=["8", "16"])
def test_alpha_and_infrared_beside_each_other(
    compression: str | None, separate: bool, pixels: np.ndarray, tmp_path: Path
) -> None:
    planes = np.dstack([pixels, pixels[::-1, :, 0], pixels[:, ::-1, 1]])
    data = tiff(
        np.moveaxis(planes, -1, 0).copy() if separate else planes,
        planarconfig="separate" if separate else "contig",
        extrasamples=["unassalpha", "unspecified"],
        compression=compression,
        byteorder=">",
    )
    (tmp_path / "a.tif").write_bytes(data)
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, pixels) and photo.pixels.dtype == pixels.dtype
    assert photo.alpha is not None and np.array_equal(photo.alpha, planes[..., 3])
    assert photo.infrared is not None and np.array_equal(photo.infrared, planes[..., 4])
    for plane in (photo.pixels, photo.alpha, photo.infrared):
        assert plane.flags.writeable and plane.flags.c_contiguous and plane.dtype.isnative


@pytest.mark.parametrize(("bits", "top"), [(4, 255), (12, 65535), (10, 65535)])
def test_odd_depths_are_spread_over_the_whole_range(bits: int, top: int, tmp_path: Path) -> None:
    values = np.linspace(0, 2**bits - 1, 96 * 120).round().reshape(96, 120)
    data = tiff(
        values.astype(np.uint8 if bits < 8 else np.uint16), photometric="minisblack", bitspersample=bits
    )
    (tmp_path / "a.tif").write_bytes(data)
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, np.rint(values * top / (2**bits - 1)))
    assert f"Values of {bits} bits" in photo.notices[0]


def test_ten_bit_heic_keeps_its_depth(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    pixels = np.repeat(ramp[..., None], 3, 2)
    pillow_heif.from_bytes("RGB;16", (64, 48), pixels.tobytes()).save(tmp_path / "a.heic", quality=-1)
    photo = open_photo(tmp_path / "a.heic")
    assert photo.bit_depth == 16 and photo.pixels.max() == 65535
    assert len(np.unique(photo.pixels[..., 1])) > 600
    assert np.abs(photo.pixels.astype(int) - pixels).max() < 400


# --- pages


def pages(*sizes: tuple[int, int]) -> bytes:
    """A TIFF with pages of those (step, subfiletype)."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for step, kind in sizes:
            writer.write(RGB[::step, ::step], photometric="rgb", subfiletype=kind, metadata=None)
    return buffer.getvalue()


@pytest.mark.parametrize("order", [((4, 1), (1, 0)), ((1, 0), (4, 1))])
def test_a_preview_beside_the_picture_is_passed_over(order: Any, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(pages(*order))
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, RGB) and photo.notices == ()


def test_a_raw_file_is_not_taken_for_its_preview(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(RGB[::4, ::4], photometric="rgb", subfiletype=1, subifds=1, metadata=None)
        writer.write(RGB, photometric="rgb", metadata=None)
    heads = (
        b"II*\x00\x10\x00\x00\x00CR\x02\x00",
        b"FUJIFILMCCD-RAW 0201",
        b"IIRO\x08\x00\x00\x00",
        b"IIU\x00",
    )
    heads += (b"\x00\x00\x00\x18ftypcrx ", b"II\x1a\x00\x00\x00HEAPCCDR", b"\x00MRM", b"FOVb")
    sensor = (tiff(RGB[..., 0], photometric="cfa"), tiff(photometric="linear_raw"))
    for data in (buffer.getvalue(), *sensor, *(head + bytes(99) for head in heads)):
        (tmp_path / "a.nef").write_bytes(data)
        with pytest.raises(InputError, match="raw file"):
            open_photo(tmp_path / "a.nef")


def test_a_chain_of_pages_that_bites_its_tail_ends(tmp_path: Path) -> None:
    data = bytearray(pages((1, 0)))
    (count,) = struct.unpack_from("<H", data, 8)
    struct.pack_into("<I", data, 8 + 2 + 12 * count, 8)
    (tmp_path / "a.tif").write_bytes(data)
    photo = open_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, RGB) and photo.notices == ()


def test_colours_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(photometric="cielab"))
    with pytest.raises(InputError, match=r"colours of 'a\.tif'.*CIELAB"):
        open_photo(tmp_path / "a.tif")


# --- CMYK


@cache
def ink_profile() -> bytes:
    """A small CMYK profile (ICC 2, 8-bit table): what each combination of full inks looks like, in Lab."""

    def look(c: int, m: int, y: int, k: int) -> list[int]:
        light = 5 + (95 - 25 * c - 35 * m - 8 * y) * (1 - k)
        a, b = (60 * m - 35 * c) * (1 - k), (75 * y - 40 * c - 5 * m) * (1 - k)
        return [round(light * 2.55), min(255, round(a + 128)), min(255, max(0, round(b + 128)))]

    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = bytes(v for inks in itertools.product((0, 1), repeat=4) for v in look(*inks))
    lut = (
        b"mft1\x00\x00\x00\x00\x04\x03\x02\x00"
        + matrix
        + bytes(range(256)) * 4
        + table
        + bytes(range(256)) * 3
    )
    white = struct.pack(">3i", 63190, 65536, 54061)
    name = b"desc\x00\x00\x00\x00\x00\x00\x00\x05test\x00" + bytes(79)
    tags = [(b"desc", name + bytes(-len(name) % 4)), (b"wtpt", b"XYZ \x00\x00\x00\x00" + white)]
    tags.append((b"A2B0", lut + bytes(-len(lut) % 4)))
    index, body = b"", b""
    for code, content in tags:
        index += code + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content
    rest = struct.pack(">I", len(tags)) + index + body
    kind = struct.pack(">I4s4s4s6H", 0x02400000, b"prtr", b"CMYK", b"Lab ", 2020, 1, 1, 0, 0, 0)
    return struct.pack(">I4x", 128 + len(rest)) + kind + b"acsp" + bytes(28) + white + bytes(48) + rest


INKS = np.random.default_rng(3).integers(0, 256, (40, 50, 4), np.uint8)


def expected_rgb(inks: np.ndarray = INKS) -> np.ndarray:
    image = Image.frombytes("CMYK", (inks.shape[1], inks.shape[0]), inks.tobytes())
    profile = ImageCms.ImageCmsProfile(io.BytesIO(ink_profile()))
    found = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return np.asarray(found)


@pytest.mark.parametrize("compression", [None, "lzw"])
def test_cmyk_goes_through_its_own_profile(compression: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    options: dict[str, Any] = {"photometric": "separated", "compression": compression}
    path.write_bytes(tiff(INKS, iccprofile=ink_profile(), **options))
    photo = open_photo(path)
    assert np.array_equal(photo.pixels, expected_rgb()) and photo.icc is None
    assert "through its colour profile" in photo.notices[0]
    path.write_bytes(tiff(INKS.astype(np.uint16) * 257, iccprofile=ink_profile(), **options))
    deep = open_photo(path)
    assert deep.bit_depth == 16 and deep.icc is None and "through its" in deep.notices[0]
    assert np.abs(deep.pixels / 257 - expected_rgb()).max() < 2
    path.write_bytes(tiff(INKS, iccprofile=b"no profile at all, but long enough", **options))
    photo = open_photo(path)
    assert "without a colour profile" in photo.notices[0] and photo.icc is None


def test_cmyk_jpeg_with_and_without_profile(tmp_path: Path) -> None:
    smooth = np.dstack([smooth_photo(40, 50), smooth_photo(40, 50, 1)[..., 0] // 2])
    image = Image.frombytes("CMYK", (50, 40), smooth.tobytes())
    image.save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=ink_profile())
    photo = open_photo(tmp_path / "a.jpg")
    assert photo.icc is None and np.abs(photo.pixels.astype(int) - expected_rgb(smooth)).mean() < 3
    image.save(tmp_path / "b.jpg", quality=100, subsampling=0)
    photo = open_photo(tmp_path / "b.jpg")
    plain = (255.0 - smooth[..., :3]) * (255.0 - smooth[..., 3:]) / 255
    assert "without a colour profile" in photo.notices[0] and np.abs(photo.pixels - plain).mean() < 3


def test_alpha_of_a_cmyk_tiff_is_kept(tmp_path: Path) -> None:
    both = np.dstack([INKS, INKS[..., 0]])
    (tmp_path / "a.tif").write_bytes(tiff(both, photometric="separated", extrasamples=["unassalpha"]))
    alpha = open_photo(tmp_path / "a.tif").alpha
    assert alpha is not None and np.array_equal(alpha, INKS[..., 0])


# --- files and manners


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of POSIX")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="ordinary file"):
        open_photo(tmp_path / "a.jpg")


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(pillow("PNG"))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="may not be read"):
        open_photo(tmp_path / "a.png")


def test_too_little_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(pillow("PNG"))

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", refuse)
    with pytest.raises(InputError, match="fit into memory"):
        open_photo(tmp_path / "a.png")


def test_damage_makes_no_noise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a"
    for kind in CASES:
        data = CASES[kind]()
        for hole in (len(data) // 3, len(data) - 60):
            path.write_bytes(data[:hole] + b"\xff" * 8 + data[hole + 8 :])
            try:
                open_photo(path)
            except InputError as error:
                assert "\n" not in str(error)
    for back in range(20, 60):  # some of these let libpng warn before it gives up
        data = bytearray(pillow("PNG"))
        data[-back] ^= 1
        path.write_bytes(data)
        with pytest.raises(InputError):
            open_photo(path)
    assert not caplog.records and capfd.readouterr() == ("", "")


def warn() -> None:
    warnings.warn_explicit("what a decoder says", UserWarning, "PIL/Image.py", 1, module="PIL.Image")


def test_threads_that_overlap_stay_silent_and_leave_the_filters_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first thread leaves while the second still decodes; then that one warns."""
    (tmp_path / "a.png").write_bytes(pillow("PNG"))
    (tmp_path / "b.png").write_bytes(pillow("PNG"))
    first_inside, second_inside, first_left = threading.Event(), threading.Event(), threading.Event()
    before, faults = list(warnings.filters), []

    def decode(stream: Any, name: str) -> Any:
        warn()
        if name == "a.png":
            first_inside.set()
            assert second_inside.wait(20)
        else:
            second_inside.set()
            assert first_left.wait(20)
            warn()
        return image_codecs.decode(stream, name)

    def work(name: str) -> None:
        try:
            open_photo(tmp_path / name)
        except BaseException as error:
            faults.append(error)

    monkeypatch.setattr(image_io, "decode", decode)
    threads = [threading.Thread(target=work, args=(name,)) for name in ("a.png", "b.png")]
    threads[0].start()
    assert first_inside.wait(20)
    threads[1].start()
    threads[0].join(20)
    first_left.set()
    threads[1].join(20)
    assert not faults and list(warnings.filters) == before
    with pytest.raises(UserWarning):
        warn()
