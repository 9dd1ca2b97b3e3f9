"""From the colours of a photograph to those of the screen, tile by tile."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image, ImageCms
from PySide6.QtGui import QColorSpace, QColorTransform, QImage

from restorer.arrays import Bytes, Pixels


class Display:
    """Turns tiles of a photograph into 8-bit sRGB for the screen.

    Args:
        icc: the photograph's colour profile; None or unreadable is taken for sRGB.
        grey: whether the tiles have one channel.
    """

    def __init__(self, icc: bytes | None = None, grey: bool = False) -> None:
        self._transform: QColorTransform | None = None
        self._cms: ImageCms.ImageCmsTransform | None = None
        self._curve: Bytes | None = None
        if icc:
            self._read(icc, grey)

    def convert(self, tile: Pixels) -> Bytes:
        """A tile (h, w) or (h, w, 3), uint8 or uint16, as (h, w, 4) uint8: blue, green, red, 255."""
        if tile.ndim == 2:
            if self._curve is not None:
                values = self._curve[tile if tile.dtype == np.uint16 else tile.astype(np.uint16) * 257]
                return np.asarray(cv2.cvtColor(values, cv2.COLOR_GRAY2BGRA))
            return np.asarray(cv2.cvtColor(_to_8(tile), cv2.COLOR_GRAY2BGRA))
        if self._transform is not None:
            return self._through_qt(tile)
        eight = _to_8(tile)
        if self._cms is not None:
            image = Image.fromarray(np.ascontiguousarray(eight))
            eight = np.asarray(ImageCms.applyTransform(image, self._cms))
        return np.asarray(cv2.cvtColor(eight, cv2.COLOR_RGB2BGRA))

    def image(self, pixels: Pixels) -> QImage:
        """Pixels (h, w) or (h, w, 3), uint8 or uint16, as a picture of its own."""
        shown = self.convert(pixels)
        height, width = shown.shape[:2]
        return QImage(shown.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def _read(self, icc: bytes, grey: bool) -> None:
        if grey:
            from restorer.image.colour import (
                to_srgb,  # with it come codecs, which the start need not wait for
            )

            shown = to_srgb(np.arange(65536, dtype=np.uint16)[None], icc)
            self._curve = None if shown is None else np.ascontiguousarray(shown[0, :, 1])
            return
        space = QColorSpace.fromIccProfile(icc)
        srgb = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
        matrix = space.transformModel() == QColorSpace.TransformModel.ThreeComponentMatrix
        halved = not matrix and icc[20:24] == b"XYZ "  # by Qt, what a table gives in XYZ
        if space.isValid() and space.colorModel() == QColorSpace.ColorModel.Rgb and not halved:
            if space != srgb:
                self._transform = space.transformationToColorSpace(srgb)
            return
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            self._cms = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB")
        except (ImageCms.PyCMSError, OSError):
            self._cms = None

    def _through_qt(self, tile: Pixels) -> Bytes:
        assert self._transform is not None
        height, width = tile.shape[:2]
        if tile.dtype == np.uint16:
            wide = np.full((height, width, 4), 65535, np.uint16)
            wide[..., :3] = tile
            image = QImage(wide.data, width, height, width * 8, QImage.Format.Format_RGBX64)
            shown = image.colorTransformed(self._transform).convertToFormat(QImage.Format.Format_RGB32)
        else:
            bgra = np.asarray(cv2.cvtColor(np.ascontiguousarray(tile), cv2.COLOR_RGB2BGRA))
            image = QImage(bgra.data, width, height, width * 4, QImage.Format.Format_RGB32)
            shown = image.colorTransformed(self._transform)
        return _plain(shown).copy()


def _plain(image: QImage) -> Pixels:
    """The memory of an image with four channels, as (height, width, 4)."""
    deep = image.format() in (QImage.Format.Format_RGBX64, QImage.Format.Format_RGBA64)
    dtype = np.uint16 if deep else np.uint8
    flat = np.frombuffer(image.constBits(), dtype)
    return flat.reshape(image.height(), image.bytesPerLine() // (8 if deep else 4), 4)[:, : image.width()]


def _to_8(tile: Pixels) -> Bytes:
    """uint16 rounded to uint8; uint8 as it is."""
    if tile.dtype == np.uint16:
        return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(tile), alpha=1 / 257))
    return np.ascontiguousarray(tile)
