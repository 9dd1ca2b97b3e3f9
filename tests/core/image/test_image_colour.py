"""Colours keep their meaning: in other containers, in small pictures, and where a file says them its own
way."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from restorer.batch.write import thumbnail
from restorer.errors import OutputError
from restorer.image.colour import SRGB, profile_of_png, rgb_profile_of_grey, small_picture, to_srgb
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.record.export import ENDINGS, ExportSettings, lost_in
from tests.conftest import smooth_photo

RGB = smooth_photo(40, 60)
VIVID = np.dstack([RGB[..., 0], 255 - RGB[..., 1], RGB[::-1, :, 2]])
GREY = np.ascontiguousarray(RGB[..., 0])
ADOBE = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def adobe() -> bytes:
    """A profile like Adobe RGB (1998)."""
    icc = profile_of_png({"chromaticity": ADOBE}, False)
    assert icc is not None
    return icc


def linear_grey() -> bytes:
    """A profile of grey values that stand for amounts of light."""
    icc = profile_of_png({"gamma": 1.0}, True)
    assert icc is not None
    return icc


def as_seen(image: Image.Image) -> np.ndarray:
    """A picture as a program shows it that follows profiles, by LittleCMS through Pillow."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert shown is not None
    return np.asarray(shown).astype(int)


def as_linear(values: np.ndarray) -> np.ndarray:
    """8-bit amounts of light as 8-bit sRGB, after IEC 61966-2-1."""
    light = values / 255
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


# --- profiles made here


def test_a_wide_gamut_profile_means_what_its_primaries_say() -> None:
    image = Image.fromarray(VIVID)
    image.info["icc_profile"] = adobe()
    light = (VIVID / 255.0) ** 2.2
    # Adobe RGB (1998), annex C, to XYZ; and sRGB, IEC 61966-2-1, from XYZ
    to_xyz = [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
    from_xyz = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    expected = as_linear(255 * np.clip(light @ np.transpose(to_xyz) @ np.transpose(from_xyz), 0, 1))
    assert np.abs(as_seen(image) - expected).max() <= 2
    assert np.abs(VIVID - expected).max() > 10


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"gamma": 0.45455},
        {"gamma": 1.0, "srgb": 0},
        {"gamma": 0.0},
        {"gamma": 9.0},
        {"gamma": 1.0, "chromaticity": (0.3,) * 8},
        {"gamma": 1.0, "chromaticity": (0.0,) * 8},
    ],
)
def test_no_profile_is_made_of_srgb_or_of_nonsense(info: dict[str, Any]) -> None:
    assert profile_of_png(info, False) is None


@pytest.mark.parametrize("deep", [False, True])
def test_what_cannot_be_followed_is_none(deep: bool) -> None:
    pixels = RGB.astype(np.uint16) * 257 if deep else RGB
    for icc in (None, b"", b"no profile", linear_grey(), adobe()[:200]):
        assert to_srgb(pixels, icc) is None
    assert np.array_equal(small_picture(pixels, b"no profile", 1000), RGB)


# --- containers


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(pixels: np.ndarray, *chunks: bytes) -> bytes:
    data = imagecodecs.png_encode(pixels)
    return bytes(data[:33]) + b"".join(chunks) + data[33:]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_gamma_and_primaries_of_a_png_become_its_profile(grey: bool, deep: bool, tmp_path: Path) -> None:
    pixels = GREY if grey else RGB
    pixels = pixels.astype(np.uint16) * 257 if deep else pixels
    (tmp_path / "a.png").write_bytes(png(pixels, chunk(b"gAMA", struct.pack(">I", 100000))))
    photo = open_photo(tmp_path / "a.png")
    assert np.array_equal(photo.pixels, pixels)
    save_photo(photo, tmp_path / "b.tif")
    again = open_photo(tmp_path / "b.tif")
    assert np.array_equal(again.pixels, pixels) and again.icc
    shown = to_srgb(again.pixels, again.icc)
    assert shown is not None
    assert np.abs(shown[..., 0] - as_linear(GREY)).max() <= 1


def test_a_png_with_a_profile_keeps_that_one(tmp_path: Path) -> None:
    gamma, profile = chunk(b"gAMA", struct.pack(">I", 100000)), b"x\0\0" + zlib.compress(adobe())
    (tmp_path / "a.png").write_bytes(png(RGB, gamma, chunk(b"iCCP", profile)))
    assert open_photo(tmp_path / "a.png").icc == adobe()


@pytest.mark.parametrize("grey", [False, True])
def test_code_points_of_a_png_become_its_profile(grey: bool, tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.png", GREY if grey else VIVID
    usual = chunk(b"sRGB", b"\0")  # which they take precedence over, PNG Third Edition, 4.3
    path.write_bytes(png(pixels, chunk(b"cICP", bytes((1, 8, 0, 1))), usual))  # amounts of light
    shown = to_srgb(pixels, open_photo(path).icc)
    assert shown is not None and np.abs(shown - as_linear(pixels if not grey else GREY[..., None])).max() <= 1
    path.write_bytes(png(pixels, chunk(b"cICP", bytes((1, 13, 0, 1))), usual))
    assert open_photo(path).icc is None
    path.write_bytes(png(pixels, chunk(b"cICP", bytes((9, 16, 0, 1)))))
    photo = open_photo(path)
    assert photo.icc is None and "high dynamic range" in photo.notices[0]
    path.write_bytes(png(pixels, chunk(b"cICP", b"\x0c")))  # cut short
    assert open_photo(path).icc is None


def test_primaries_of_a_png_become_its_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(VIVID, chunk(b"cICP", bytes((12, 13, 0, 1)))))  # Display P3
    image = Image.fromarray(np.full((1, 1, 3), (234, 51, 35), np.uint8))  # sRGB's red in Display P3
    image.info["icc_profile"] = open_photo(path).icc
    assert np.abs(as_seen(image)[0, 0] - (255, 0, 0)).max() <= 3
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(adobe()))
    path.write_bytes(png(VIVID, profile, chunk(b"cICP", bytes((12, 13, 0, 1)))))
    assert open_photo(path).icc == adobe()


def heic(primaries: int, transfer: int, **options: Any) -> bytes:
    """A HEIC that says its colours by code points of ISO/IEC 23091-2."""
    buffer = io.BytesIO()
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer, "matrix_coefficients": 1}
    Image.fromarray(VIVID).save(buffer, "HEIF", quality=-1, save_nclx_profile=True, **codes, **options)
    return buffer.getvalue()


def test_primaries_of_a_heic_become_its_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(heic(12, 13))  # Display P3
    photo = open_photo(path)
    assert photo.icc and not photo.notices
    image = Image.fromarray(np.full((1, 1, 3), (234, 51, 35), np.uint8))  # sRGB's red in Display P3
    image.info["icc_profile"] = photo.icc
    assert np.abs(as_seen(image)[0, 0] - (255, 0, 0)).max() <= 3
    for primaries in (1, 2):
        path.write_bytes(heic(primaries, 13))
        assert open_photo(path).icc is None
    path.write_bytes(heic(12, 13, icc_profile=adobe()))
    assert open_photo(path).icc == adobe()


@pytest.mark.parametrize("transfer", [16, 18])
def test_a_high_dynamic_range_is_told(transfer: int, tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(heic(9, transfer))
    photo = open_photo(tmp_path / "a.heic")
    assert photo.icc is None and "high dynamic range" in photo.notices[0]


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", ["webp", "heic", "jpg", "png", "tif"])
def test_grey_values_with_a_profile_look_the_same_in_every_container(
    suffix: str, alpha: bool, tmp_path: Path
) -> None:
    if alpha and suffix == "jpg":
        pytest.skip("JPEG holds no transparency")
    plane = np.full_like(GREY, 200) if alpha else None
    save_photo(Photo(GREY, alpha=plane, icc=linear_grey()), tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as image:
        image.load()
        profile = image.info["icc_profile"]
        assert (profile[16:20] == b"GRAY") == (image.mode in ("L", "LA")), "a profile of other colours"
        plain = image.convert("L" if image.mode in ("L", "LA") else "RGB")
    plain.info["icc_profile"] = profile
    assert np.abs(as_seen(plain)[..., 1] - as_linear(GREY)).mean() < (3 if suffix in ("heic", "jpg") else 1)


def test_a_grey_profile_that_cannot_be_read_gives_none() -> None:
    assert rgb_profile_of_grey(linear_grey()[:150]) is None


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "webp", "heic"])
def test_the_large_profile_of_a_scanner_is_kept(suffix: str, tmp_path: Path) -> None:
    more = np.random.default_rng(0).integers(0, 256, 1_500_000, np.uint8).tobytes()
    icc = struct.pack(">I", len(SRGB) + len(more)) + SRGB[4:] + more
    save_photo(Photo(RGB, icc=icc), tmp_path / f"a.{suffix}")
    assert open_photo(tmp_path / f"a.{suffix}").icc == icc


@pytest.mark.parametrize("grey", [False, True])
def test_transparency_that_is_everywhere_opaque_may_be_left_out(grey: bool, tmp_path: Path) -> None:
    pixels = GREY if grey else RGB
    photo = Photo(pixels, alpha=np.full_like(GREY, 255))
    for kind, ending in ENDINGS.items():
        save_photo(photo, tmp_path / f"a{ending}")
        again = open_photo(tmp_path / f"a{ending}")
        assert again.alpha is None or (again.alpha == 255).all(), kind
        assert "alpha" not in lost_in(photo, ExportSettings(kind))
    clear = Photo(pixels, alpha=np.full_like(GREY, 254))
    for kind in ("JPEG", "BMP"):
        assert "alpha" in lost_in(clear, ExportSettings(kind))
        with pytest.raises(OutputError, match="transparency"):
            save_photo(clear, tmp_path / f"b{ENDINGS[kind]}")


@pytest.mark.parametrize("scale", [1, 257])
def test_a_palette_of_eight_bit_values_is_not_read_as_black(scale: int, tmp_path: Path) -> None:
    index = (GREY // 16).astype(np.uint8)
    table = np.zeros((3, 256), np.uint16)
    table[:, :16] = np.random.default_rng(4).integers(0, 256, (3, 16))
    tifffile.imwrite(tmp_path / "a.tif", index, photometric="palette", colormap=table * np.uint16(scale))
    assert np.array_equal(open_photo(tmp_path / "a.tif").pixels, table.T[index])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_palette_of_few_colours(bits: int, tmp_path: Path) -> None:
    index = np.random.default_rng(5).integers(0, 2**bits, (20, 40), np.uint8)
    table = np.random.default_rng(6).integers(0, 256, (3, 2**bits)).astype(np.uint16)
    bytes_of = np.packbits(np.unpackbits(index[..., None], axis=2)[..., 8 - bits :].reshape(20, -1), axis=1)
    colours, pixels = (table * 257).astype("<u2").tobytes(), bytes_of.tobytes()
    place = 8 + 2 + 12 * 9 + 4
    tags = [(256, 3, 1, 40), (257, 3, 1, 20), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 3)]
    tags += [(273, 4, 1, place + len(colours)), (278, 3, 1, 20), (279, 4, 1, len(pixels))]
    tags.append((320, 3, table.size, place))
    head = b"II*\x00" + struct.pack("<IH", 8, 9) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    (tmp_path / "a.tif").write_bytes(head + bytes(4) + colours + pixels)
    assert np.array_equal(open_photo(tmp_path / "a.tif").pixels, table.T[index])


# --- small pictures


@pytest.mark.parametrize("deep", [False, True])
def test_small_pictures_have_the_colours_of_their_profile(deep: bool) -> None:
    image = Image.fromarray(VIVID)
    image.info["icc_profile"] = adobe()
    pixels = VIVID.astype(np.uint16) * 257 if deep else VIVID
    assert np.abs(small_picture(pixels, adobe(), 100) - as_seen(image)).max() <= 1
    wide = pixels[..., 0].astype(pixels.dtype)
    assert np.abs(small_picture(wide, linear_grey(), 100)[..., 0] - as_linear(GREY)).max() <= 1
    data = thumbnail(pixels, adobe())
    small = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert np.abs(small[..., ::-1] - as_seen(image)).mean() < 3
