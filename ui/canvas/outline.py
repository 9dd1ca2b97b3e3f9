"""The border of masks, drawn in pixels of the screen where pictures are shown enlarged."""

from __future__ import annotations

import math
from itertools import product

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from restorer.arrays import Bytes
from restorer.editing.mask_ops import MARKED
from restorer.tiles import Box
from ui.canvas.painting import Buffer
from ui.canvas.viewport import Viewport

WHITE, BLACK = np.uint8(230), np.uint8(200)  # opacity of the lines
BLOCK = 256  # device pixels; most blocks of the screen have no border in them
CROSS = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))


def draw_outline(painter: QPainter, buffer: Buffer, viewport: Viewport, clip: QRectF) -> None:
    """A light line just inside and a dark one just outside of what is marked, in the blocks of the screen
    that `clip` (of the widget) touches; the painter has to clip what goes beyond.

    Only blocks with a border in them are brought from the mask to the screen's pixels. They start at
    multiples of their size, so that a part that is painted alone fits in with what is there.
    """
    ratio = viewport.ratio
    turn = viewport.transform(1 << buffer.level) * QTransform.fromScale(ratio, ratio)
    back, _ = turn.inverted()
    x0, y0 = (math.floor(at * ratio / BLOCK) for at in (clip.left(), clip.top()))
    x1, y1 = (math.ceil(at * ratio / BLOCK) for at in (clip.right(), clip.bottom()))
    seen = _source(back, QRectF(x0 * BLOCK, y0 * BLOCK, (x1 - x0) * BLOCK, (y1 - y0) * BLOCK))
    for mask in buffer.mask_parts(seen):
        marked = (mask >= MARKED).astype(np.uint8)
        if not marked.any():
            continue
        for y, x in product(range(y0 * BLOCK, y1 * BLOCK, BLOCK), range(x0 * BLOCK, x1 * BLOCK, BLOCK)):
            source = _source(back, QRectF(x, y, BLOCK, BLOCK)).common(seen)
            part = marked[source.inside(seen)]
            if part.min() != part.max():
                to_block = QTransform.fromTranslate(source.x0, source.y0) * turn
                to_block *= QTransform.fromTranslate(1 - x, 1 - y)
                _draw_block(painter, _warped(part, to_block), QPointF(x, y) / ratio, ratio)


def _source(back: QTransform, place: QRectF) -> Box:
    """All pixels of the level that are seen in `place` or right beside it, in device pixels."""
    found = back.mapRect(place.adjusted(-1, -1, 1, 1)).adjusted(-0.1, -0.1, 0.1, 0.1).toAlignedRect()
    return Box(found.top(), found.left(), found.bottom() + 1, found.right() + 1)


def _warped(part: Bytes, turn: QTransform) -> Bytes:
    """A block and one pixel on every side, of what is marked."""
    matrix = np.array([[turn.m11(), turn.m21(), turn.dx()], [turn.m12(), turn.m22(), turn.dy()]])
    # OpenCV counts from the centre of the first pixel, Qt from its corner. A little more than that half a
    # pixel, because where both of two pixels are as near Qt shows the first.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.49
    size = (BLOCK + 2, BLOCK + 2)
    return np.asarray(cv2.warpAffine(part, matrix, size, flags=cv2.INTER_NEAREST))


def _draw_block(painter: QPainter, marked: Bytes, corner: QPointF, ratio: float) -> None:
    inner = (slice(1, -1), slice(1, -1))
    white = (marked - cv2.erode(marked, CROSS))[inner] * WHITE
    black = (cv2.dilate(marked, CROSS) - marked)[inner] * BLACK
    colours = cv2.merge([white, white, white, white + black])
    image = QImage(colours.data, BLOCK, BLOCK, BLOCK * 4, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    painter.drawImage(corner, image)
