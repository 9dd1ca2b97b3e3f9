"""What is shown small has the colours that the canvas shows."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from restorer.image.colour import profile_of_png, to_srgb
from restorer.image.reading import Photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from tests.conftest import smooth_photo
from ui.batch.triage_work import preview
from ui.canvas.display import Display
from ui.documents.work import thumbnail
from ui.panels.candidates import _pixmap

PROPHOTO = (0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)


def case(kind: str) -> tuple[np.ndarray, bytes]:
    """Pixels and their profile."""
    pixels = smooth_photo(60, 90)
    pixels = np.dstack([pixels[..., 0], 255 - pixels[..., 1], pixels[::-1, :, 2]])
    grey = kind == "grey"
    icc = profile_of_png({"gamma": 1.0} if grey else {"gamma": 1 / 1.8, "chromaticity": PROPHOTO}, grey)
    assert icc is not None
    pixels = pixels[..., 0].copy() if grey else pixels
    return (pixels.astype(np.uint16) * 257 if kind == "deep" else pixels), icc


def on_canvas(pixels: np.ndarray, icc: bytes) -> np.ndarray:
    shown = Display(icc, pixels.ndim == 2).convert(pixels)[..., 2::-1].astype(int)
    plain = pixels // (257 if pixels.dtype == np.uint16 else 1)
    assert np.abs(shown - (plain if plain.ndim == 3 else plain[..., None])).mean() > 10
    return shown


@pytest.mark.parametrize("kind", ["colour", "deep", "grey"])
def test_the_film_strip(kind: str, tmp_path: Path) -> None:
    pixels, icc = case(kind)
    save_photo(Photo(pixels, icc=icc), tmp_path / "a.tif")
    small = thumbnail(tmp_path / "a.tif", 100, JobContext())
    assert np.abs(small - on_canvas(pixels, icc)).max() <= 2


@pytest.mark.parametrize("kind", ["colour", "deep", "grey"])
def test_fills_to_choose_from(kind: str, qapp) -> None:
    pixels, icc = case(kind)
    image = _pixmap(pixels, icc).toImage()
    share = image.width() / 90
    for y, x in ((10, 10), (30, 45), (50, 80)):
        found = image.pixelColor(round((x + 0.5) * share), round((y + 0.5) * share))
        seen = np.array((found.red(), found.green(), found.blue()))
        near = on_canvas(pixels, icc)[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
        assert (seen >= near.min(0) - 2).all()
        assert (seen <= near.max(0) + 2).all()


def test_fills_to_choose_from_are_as_fine_as_the_screen(qapp) -> None:
    fine = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (200, 200))
    picture = _pixmap(fine, None, 2.0)
    assert (picture.width(), picture.devicePixelRatio()) == (420, 2.0)
    assert picture.deviceIndependentSize() == _pixmap(fine, None).size().toSizeF()
    shown = picture.toImage()
    tones = {shown.pixelColor(x, 200).red() // 64 for x in range(420)}
    assert {0, 3} <= tones, "black and white pixels are told apart"


@pytest.mark.parametrize("kind", ["colour", "deep", "grey"])
def test_photographs_to_be_judged(kind: str) -> None:
    pixels, icc = case(kind)
    small = preview(pixels, np.zeros(pixels.shape[:2], bool), icc)
    assert small.icc is None and np.abs(small.pixels - on_canvas(pixels, icc)).max() <= 2


def table_into_xyz() -> bytes:
    """A profile with a table into XYZ, as scanners get them from Argyll: Adobe RGB (1998). ICC.1:2001-04,
    6.5.8."""
    side = 9
    light = np.stack(np.meshgrid(*[np.linspace(0, 1, side)] * 3, indexing="ij"), -1).reshape(-1, 3) ** 2.2
    to_xyz = [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
    table = np.round(light @ np.transpose(to_xyz) * 32768).astype(">u2").tobytes()
    plain = struct.pack(">6H", *[0, 65535] * 3)
    unit = struct.pack(">9i", *np.eye(3, dtype=int).ravel() * 65536)
    head = b"mft2" + bytes(4) + bytes((3, 3, side, 0)) + unit + struct.pack(">HH", 2, 2)
    tag = head + plain + table + plain
    size = 144 + len(tag)
    icc = bytearray(size.to_bytes(4, "big").ljust(128, b"\0"))
    icc[8:24], icc[36:40] = b"\x02\x40\0\0scnrRGB XYZ ", b"acsp"
    icc[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    return bytes(icc) + struct.pack(">I4sII", 1, b"A2B0", 144, len(tag)) + tag


@pytest.mark.parametrize("deep", [False, True])
def test_a_profile_with_a_table_into_xyz(deep: bool) -> None:
    pixels, icc = case("deep" if deep else "colour")[0], table_into_xyz()
    shown = Display(icc).convert(pixels)[..., 2::-1].astype(int)
    small = to_srgb(pixels, icc)
    assert small is not None and np.abs(shown - small).mean() < 2
    red = Display(icc).convert(np.full((1, 1, 3), (219, 0, 0), np.uint8))[0, 0, 2::-1]
    assert np.abs(red.astype(int) - (255, 0, 0)).max() <= 6  # Adobe RGB 219 0 0 is the red of sRGB


def test_a_grey_profile_that_counts_in_lightness() -> None:
    """ICC.1, 8.4.3: of a grey profile with Lab as connection space the curve gives L*."""
    icc = bytearray(case("grey")[1])
    icc[20:24] = b"Lab "
    shown = Display(bytes(icc), grey=True).convert(np.array([[0, 128, 255]], np.uint8))[0, :, 1]
    assert np.abs(shown.astype(int) - (0, 119, 255)).max() <= 1  # L* 50 is 119 in sRGB
