"""The border of masks, drawn in pixels of the screen where pictures are shown enlarged."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from restorer.arrays import Bytes
from ui.painting import Buffer
from ui.viewport import Viewport

WHITE, BLACK = np.uint8(230), np.uint8(200)  # opacity of the lines
BLOCK = 128  # most blocks of the screen have no border in them
MARKED = 128  # from this value on a pixel is to be filled


def draw_outline(painter: QPainter, buffer: Buffer, viewport: Viewport, clip: QRectF) -> None:
    """A light line just inside and a dark one just outside of what is marked, within `clip` of the widget.

    Both are drawn from the mask brought to the screen's pixels, so any rotation and any number of regions
    costs the same.
    """
    ratio = viewport.ratio
    around = clip.adjusted(-2, -2, 2, 2).toAlignedRect()
    size = (round(around.width() * ratio), round(around.height() * ratio))
    for mask in buffer.mask_parts():
        if not mask.any():
            continue
        matrix = viewport.transform(1 << buffer.level)
        turn = np.array(
            [
                [matrix.m11() * ratio, matrix.m21() * ratio, (matrix.dx() - around.x()) * ratio],
                [matrix.m12() * ratio, matrix.m22() * ratio, (matrix.dy() - around.y()) * ratio],
            ]
        )
        # OpenCV counts from the centre of the first pixel, Qt from its corner.
        turn[:, 2] += turn[:, :2] @ (buffer.area.x0 + 0.5, buffer.area.y0 + 0.5) - 0.5
        marked = cv2.warpAffine((mask >= MARKED).astype(np.uint8), turn, size, flags=cv2.INTER_NEAREST)
        _draw(painter, np.asarray(marked), QPointF(around.topLeft()), ratio)


def _draw(painter: QPainter, marked: Bytes, corner: QPointF, ratio: float) -> None:
    if not marked.any():
        return
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    outside = cv2.dilate(marked, cross) - marked
    inside = marked - cv2.erode(marked, cross, borderValue=1)
    found = cv2.findNonZero(outside + inside)
    if found is None:
        return
    points = np.asarray(found).reshape(-1, 2)  # OpenCV 4 has an axis more
    across = -(-marked.shape[1] // BLOCK)
    for number in np.unique(points[:, 1] // BLOCK * across + points[:, 0] // BLOCK):
        y, x = int(number) // across * BLOCK, int(number) % across * BLOCK
        place = (slice(y, y + BLOCK), slice(x, x + BLOCK))
        white, black = inside[place] * WHITE, outside[place] * BLACK
        colours = cv2.merge([white, white, white, white + black])
        height, width = white.shape
        image = QImage(colours.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(corner + QPointF(x, y) / ratio, image)
