"""The border of masks at high zoom: which pixels of the screen it takes, and in which colours."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from restorer.editing.document import Document
from restorer.image.reading import Photo
from restorer.tiles import Box
from ui.canvas.outline import draw_outline
from ui.canvas.painting import DEFAULT_OVERLAY, Buffer
from ui.canvas.scene import Scene
from ui.canvas.viewport import View, Viewport

HEIGHT, WIDTH = 120, 160
PANE = QRectF(10, 20, 400, 310)
SCREEN = (430, 350)  # logical pixels
GREY = 128
MIDDLE = 0.49  # of a pixel of the screen; right between two of the picture the first is shown
EDGE = 0.0015  # nearer than this to the edge of a picture pixel, either of the two may be shown
CROSS = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))


@pytest.fixture
def document(qapp) -> Document:
    """A disk with a hole, a soft edge, dust, and marks that touch the borders of the picture; a protected
    place that overlaps."""
    mask, protect = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    cv2.circle(mask, (70, 55), 30, 255, -1)
    cv2.circle(mask, (70, 55), 9, 0, -1)
    mask[60:64, 90:140] = np.linspace(255, 0, 50).astype(np.uint8)
    mask[np.random.default_rng(0).random(mask.shape) > 0.997] = 255
    mask[:7, 30:50] = mask[100:, 140:] = mask[117, :90] = 255
    protect[48:70, 80:115] = protect[0:30, 155:] = 255
    document = Document(np.full((HEIGHT, WIDTH, 3), GREY, np.uint8))
    with document.edit("marks") as step:
        step.patch("mask", document.source.box, mask)
        step.patch("protect", document.source.box, protect)
    return document


def buffer_of(document: Document, wanted: Box | None = None) -> Buffer:
    """The picture, ready to be drawn."""
    buffer = Scene(Photo(document.source.to_array()), document).after
    assert buffer.prepare(0, wanted or document.source.box, replace(DEFAULT_OVERLAY, rim=False), 60)
    return buffer


def blank(ratio: float, grey: int) -> QImage:
    """A screen of one brightness."""
    width, height = (round(side * ratio) for side in SCREEN)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(grey, grey, grey))
    return image


def pixels_of(image: QImage) -> np.ndarray:
    """Brightness (h, w) of a grey screen."""
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    assert (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    return pixels[..., 0].copy()


def drawn(buffer: Buffer, viewport: Viewport, clip: QRectF) -> np.ndarray:
    """A grey screen (h, w) after the outline was drawn on it, within `clip` as a canvas does."""
    image = blank(viewport.ratio, GREY)
    painter = QPainter(image)
    painter.setClipRect(clip)
    draw_outline(painter, buffer, viewport, clip)
    painter.end()
    return pixels_of(image)


def device(clip: QRectF, ratio: float) -> tuple[slice, slice]:
    """The device pixels that lie wholly within `clip`."""
    edges = ((clip.top(), clip.bottom()), (clip.left(), clip.right()))
    rows, columns = (slice(int(np.ceil(a * ratio)), int(b * ratio)) for a, b in edges)
    return rows, columns


def parts(document: Document) -> tuple[np.ndarray, np.ndarray]:
    """Where something is to be filled, and where it must not be (bool)."""
    mask, protect = (document.surfaces[name].to_array() for name in ("mask", "protect"))
    return (mask >= 128) & (protect == 0), protect >= 128


def lines(marked: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Brightness `under` with the two lines along what is marked on the screen."""
    inside = marked > cv2.erode(marked.astype(np.uint8), CROSS)
    outside = cv2.dilate(marked.astype(np.uint8), CROSS) > marked
    return np.where(inside, 230 + under * 25 / 255, np.where(outside, under * 55 / 255, under))


def expected(document: Document, viewport: Viewport) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn on the screen by definition, and where it cannot be told because of rounding (bool)."""
    ratio = viewport.ratio
    back, _ = viewport.transform().inverted()
    across, down = ((np.arange(round(side * ratio)) + MIDDLE) / ratio for side in SCREEN)
    u, v = np.meshgrid(across, down)
    x, y = back.m11() * u + back.m21() * v + back.dx(), back.m12() * u + back.m22() * v + back.dy()
    unsure = np.minimum(abs(x - x.round()), abs(y - y.round())) < EDGE
    columns, rows = np.floor(x).astype(int), np.floor(y).astype(int)
    there = (columns >= 0) & (columns < WIDTH) & (rows >= 0) & (rows < HEIGHT)
    rows, columns = rows.clip(0, HEIGHT - 1), columns.clip(0, WIDTH - 1)
    out = np.full(there.shape, float(GREY))
    for part in parts(document):
        out = lines(there & part[rows, columns], out)
    return out, cv2.dilate(unsure.astype(np.uint8), CROSS) > 0


def seen(part: np.ndarray, viewport: Viewport) -> np.ndarray:
    """Where on the screen the pixels of `part` (bool, as large as the picture) are shown."""
    white = np.repeat(part[..., None], 3, 2).astype(np.uint8) * np.uint8(255)
    screen = blank(viewport.ratio, 0)
    painter = QPainter(screen)
    painter.setTransform(viewport.transform())
    buffer_of(Document(white)).draw(painter, round(viewport.view.angle / 90))
    painter.end()
    return pixels_of(screen) > 0


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, 30.0, 217.5])
@pytest.mark.parametrize("zoom", [2.0, 3.0, 4.0, 7.3, 32.0])
def test_light_just_inside_and_dark_just_outside(document, zoom: float, angle: float, ratio: float) -> None:
    viewport = Viewport(View((83.3, 51.7), zoom, angle), PANE, ratio)
    place = device(PANE, ratio)
    shown = drawn(buffer_of(document), viewport, PANE)[place]
    wanted, unsure = (values[place] for values in expected(document, viewport))
    assert unsure.mean() < 0.1
    assert (abs(shown - wanted)[~unsure] <= 2).all()
    assert (wanted > 200).any() and (wanted < 100).any()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0])
@pytest.mark.parametrize("zoom", [2.5, 4.5, 5.0, 10.5])
def test_the_lines_run_along_the_pixels_that_are_seen(document, zoom: float, angle: float, ratio: float):
    """Also where the middle of a pixel of the screen lies right between two of the picture."""
    viewport = Viewport(View((70.2, 55.1), zoom, angle), PANE, ratio)
    wanted = pixels_of(blank(ratio, GREY)).astype(float)
    for part in parts(document):
        wanted = lines(seen(part, viewport), wanted)
    shown = drawn(buffer_of(document), viewport, PANE)
    assert (abs(shown - wanted)[device(PANE, ratio)] <= 2).all()


def test_all_around_a_marked_picture_and_nothing_within(document) -> None:
    with document.edit("all") as step:
        step.patch("protect", document.source.box, np.zeros((HEIGHT, WIDTH), np.uint8))
        step.patch("mask", document.source.box, np.full((HEIGHT, WIDTH), 255, np.uint8))
    viewport = Viewport(View((80, 60), 2.0), PANE)
    shown = drawn(buffer_of(document), viewport, PANE)
    frame = np.argwhere(shown != GREY)
    (top, left), (bottom, right) = frame.min(0), frame.max(0)
    assert (bottom - top + 1, right - left + 1) == (2 * HEIGHT + 2, 2 * WIDTH + 2)
    assert (shown[top + 2 : bottom - 1, left + 2 : right - 1] == GREY).all()


def test_nothing_where_the_assembled_part_ends(document) -> None:
    """Which need not be where the picture ends."""
    with document.edit("all") as step:
        step.patch("protect", document.source.box, np.zeros((HEIGHT, WIDTH), np.uint8))
        step.patch("mask", document.source.box, np.full((HEIGHT, WIDTH), 255, np.uint8))
    viewport = Viewport(View((80, 60), 32.0), PANE)
    buffer = buffer_of(document, viewport.visible(HEIGHT, WIDTH))
    assert (drawn(buffer, viewport, PANE) == GREY).all()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(("zoom", "angle"), [(2.0, 0.0), (5.0, 270.0), (3.3, 30.0), (2.5, 0.0)])
def test_a_part_drawn_alone_is_the_same(document, zoom: float, angle: float, ratio: float) -> None:
    viewport = Viewport(View((70.2, 55.1), zoom, angle), PANE, ratio)
    buffer = buffer_of(document)
    whole = drawn(buffer, viewport, PANE)
    for clip in (QRectF(171, 117, 101, 93), QRectF(10, 20, 31, 310), QRectF(222, 180, 8, 8)):
        part = drawn(buffer, viewport, clip)
        rows, columns = device(clip, ratio)
        assert (part[rows, columns] == whole[rows, columns]).all()
        part[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1] = GREY
        assert (part == GREY).all()
