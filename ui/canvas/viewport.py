"""Where the picture lies in the widget: zoom, rotation, centre, and the way between both systems."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from restorer.tiles import Box

ZOOM_MIN, ZOOM_MAX = 0.01, 32.0
FIT_MARGIN_PX = 16
SMOOTH_UP_TO = 2.0  # above this zoom single pixels are shown as squares


@dataclass(frozen=True)
class View:
    """What of the picture is looked at, and how.

    Attributes:
        centre: (x, y) picture pixels shown in the middle of the pane.
        zoom: device pixels for one picture pixel, 0.01..32.
        angle: degrees by which the picture is turned clockwise, 0 <= angle < 360.
    """

    centre: tuple[float, float]
    zoom: float
    angle: float = 0.0


class Viewport:
    """Maps between picture pixels and logical pixels of one pane of the widget.

    Args:
        view: zoom, rotation, centre.
        pane: where in the widget, in logical pixels.
        ratio: device pixels for one logical pixel.
    """

    def __init__(self, view: View, pane: QRectF, ratio: float = 1.0) -> None:
        self.view, self.pane, self.ratio = view, pane, ratio
        self.scale = view.zoom / ratio
        radians = math.radians(view.angle)
        self._cos, self._sin = math.cos(radians), math.sin(radians)
        if self.upright:
            self._cos, self._sin = round(self._cos), round(self._sin)
        middle = pane.center()
        x, y = view.centre
        self._x = middle.x() - self.scale * (self._cos * x - self._sin * y)
        self._y = middle.y() - self.scale * (self._sin * x + self._cos * y)
        if self.upright:  # whole device pixels, so that 100 % is exact
            self._x, self._y = round(self._x * ratio) / ratio, round(self._y * ratio) / ratio

    @property
    def upright(self) -> bool:
        """Whether rows and columns of the picture are rows and columns of the screen."""
        return self.view.angle % 90 == 0

    def to_widget(self, x: float, y: float) -> QPointF:
        """The point of the widget where (x, y) of the picture is shown."""
        return QPointF(
            self._x + self.scale * (self._cos * x - self._sin * y),
            self._y + self.scale * (self._sin * x + self._cos * y),
        )

    def to_image(self, point: QPointF) -> tuple[float, float]:
        """(x, y) of the picture shown at `point` of the widget; may lie outside of the picture."""
        u, v = (point.x() - self._x) / self.scale, (point.y() - self._y) / self.scale
        return self._cos * u + self._sin * v, self._cos * v - self._sin * u

    def transform(self, step: float = 1.0) -> QTransform:
        """From pixels of a level reduced by `step` to the widget."""
        s = self.scale * step
        return QTransform(self._cos * s, self._sin * s, -self._sin * s, self._cos * s, self._x, self._y)

    def to_widget_rect(self, box: Box) -> QRectF:
        """The smallest upright rectangle of the widget that shows all of `box`."""
        return self.transform().mapRect(QRectF(box.x0, box.y0, box.width, box.height))

    def visible(self, height: int, width: int) -> Box:
        """The part of a picture of that size that can be seen, in whole pixels; empty if none."""
        corners = [self.to_image(p) for p in _corners(self.pane)]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        x0, y0 = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
        return Box(
            min(y0, height),
            min(x0, width),
            max(min(height, math.ceil(max(ys))), min(y0, height)),
            max(min(width, math.ceil(max(xs))), min(x0, width)),
        )


def _corners(rect: QRectF) -> list[QPointF]:
    return [rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight()]


def clamp_zoom(zoom: float) -> float:
    """`zoom` within 1 % and 3200 %."""
    return min(max(zoom, ZOOM_MIN), ZOOM_MAX)


def clamped(view: View, height: int, width: int) -> View:
    """The view with a zoom in range and its centre inside the picture, so that it cannot get lost."""
    x, y = view.centre
    centre = (min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)))
    return View(centre, clamp_zoom(view.zoom), view.angle % 360.0)


def zoomed_at(viewport: Viewport, zoom: float, at: QPointF) -> View:
    """The view with another zoom that keeps what is shown at the point `at` of the widget where it is."""
    zoom = clamp_zoom(zoom)
    x, y = viewport.to_image(at)
    return _with_point_at(View(viewport.view.centre, zoom, viewport.view.angle), viewport, x, y, at)


def turned_at(viewport: Viewport, degrees: float, at: QPointF) -> View:
    """The view turned clockwise by `degrees` around the point `at` of the widget."""
    x, y = viewport.to_image(at)
    angle = (viewport.view.angle + degrees) % 360.0
    return _with_point_at(View(viewport.view.centre, viewport.view.zoom, angle), viewport, x, y, at)


def moved(viewport: Viewport, by: QPointF) -> View:
    """The view after the picture was dragged by `by` logical pixels."""
    cos, sin = math.cos(math.radians(viewport.view.angle)), math.sin(math.radians(viewport.view.angle))
    u, v = -by.x() / viewport.scale, -by.y() / viewport.scale
    x, y = viewport.view.centre
    return View((x + cos * u + sin * v, y + cos * v - sin * u), viewport.view.zoom, viewport.view.angle)


def fitted(height: int, width: int, angle: float, pane: QRectF, ratio: float) -> View:
    """The view that shows the whole picture, turned by `angle`, with a margin; never larger than 100 %."""
    radians = math.radians(angle)
    cos, sin = abs(math.cos(radians)), abs(math.sin(radians))
    across, down = width * cos + height * sin, width * sin + height * cos
    room_x = max(pane.width() - 2 * FIT_MARGIN_PX, 1.0) * ratio
    room_y = max(pane.height() - 2 * FIT_MARGIN_PX, 1.0) * ratio
    zoom = min(room_x / max(across, 1), room_y / max(down, 1), 1.0)
    return View((width / 2, height / 2), clamp_zoom(zoom), angle % 360.0)


def _with_point_at(view: View, viewport: Viewport, x: float, y: float, at: QPointF) -> View:
    scale = view.zoom / viewport.ratio
    middle = viewport.pane.center()
    u, v = (at.x() - middle.x()) / scale, (at.y() - middle.y()) / scale
    cos, sin = math.cos(math.radians(view.angle)), math.sin(math.radians(view.angle))
    return View((x - (cos * u + sin * v), y - (cos * v - sin * u)), view.zoom, view.angle)


def level_for(zoom: float, levels: int = 7) -> int:
    """The smallest mip level that still has at least a pixel for every device pixel."""
    return min(max(math.floor(math.log2(1 / zoom) + 1e-9), 0), levels)
