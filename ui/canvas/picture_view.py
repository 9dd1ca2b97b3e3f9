"""A widget that looks at a picture: zoom, rotation, centre, and one or two panes for before and after."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from restorer.editing.document import Document
from restorer.tiles import Box
from ui.canvas import viewport as views
from ui.canvas.compare import MODES, CompareMode, Pane, panes
from ui.canvas.viewport import View, Viewport

ZOOM_STEP = 1.25


class PictureView(QWidget):
    """Keeps the view; what is drawn in it comes from `Canvas`.

    Signals:
        zoom_changed (float): device pixels for one picture pixel.
        view_changed: zoom, rotation, centre, size or panes.
        compare_changed (str): the new mode.
    """

    zoom_changed = Signal(float)
    view_changed = Signal()
    compare_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View((0.0, 0.0), 1.0)
        self._fitted = True
        self._compare: CompareMode = "off"
        self._split = 0.5

    @property
    def document(self) -> Document | None:
        """The document that is shown, or None."""
        return None

    def update_cursor(self) -> None:
        """The zoom is different: the cursor may have to be."""

    @property
    def zoom(self) -> float:
        """Device pixels for one picture pixel, 0.01..32."""
        return self._view.zoom

    @property
    def view(self) -> View:
        """Zoom, rotation and centre."""
        return self._view

    @property
    def viewport(self) -> Viewport:
        """The mapping of the pane that shows the result (or the only one)."""
        return self._viewport(self._panes()[0])

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom so that what is shown at `at` (widget; default: the middle) stays there."""
        viewport = self.viewport_at(at)
        self._set_view(views.zoomed_at(viewport, zoom, at or viewport.pane.center()))

    def zoom_in(self) -> None:
        """One step closer."""
        self.set_zoom(self.zoom * ZOOM_STEP)

    def zoom_out(self) -> None:
        """One step back."""
        self.set_zoom(self.zoom / ZOOM_STEP)

    def fit(self) -> None:
        """Show the whole picture; it stays so when the widget changes its size."""
        document = self.document
        if document is None:
            self.update()
            return
        pane = self._panes()[0].rect
        view = views.fitted(document.height, document.width, self._view.angle, pane, self.devicePixelRatioF())
        self._set_view(view, fitted=True)

    def actual_size(self) -> None:
        """100 %: one picture pixel is one device pixel."""
        self.set_zoom(1.0)

    def rotate_view(self, degrees: float) -> None:
        """Turn the view clockwise; the photograph itself stays as it is."""
        viewport = self.viewport
        fitted = self._fitted
        self._set_view(views.turned_at(viewport, degrees, viewport.pane.center()))
        if fitted:
            self.fit()

    def reset_rotation(self) -> None:
        """Show the picture upright again."""
        self.rotate_view(-self._view.angle)

    def center_on(self, box: Box) -> None:
        """Bring `box` (picture pixels) into the middle, at 100 % or closer unless it does not fit."""
        pane = self._panes()[0].rect
        ratio = self.devicePixelRatioF()
        room = min(
            pane.width() * 0.8 * ratio / max(box.width, 1), pane.height() * 0.8 * ratio / max(box.height, 1)
        )
        centre = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        self._set_view(View(centre, min(max(self.zoom, 1.0), room), self._view.angle))

    def look_at(self, x: float, y: float) -> None:
        """Bring the point (x, y) of the picture into the middle."""
        self._set_view(View((x, y), self.zoom, self._view.angle))

    def pan_by(self, by: QPointF) -> None:
        """Move the picture by logical pixels."""
        self._set_view(views.moved(self.viewport, by))

    def visible_box(self) -> Box:
        """What can be seen, in picture pixels."""
        document = self.document
        if document is None:
            return Box(0, 0, 0, 0)
        return self.viewport.visible(document.height, document.width)

    def _set_view(self, view: View, fitted: bool = False) -> None:
        document = self.document
        if document is None:
            return
        before, self._view = self._view, views.clamped(view, document.height, document.width)
        self._fitted = fitted
        self.update()
        if self._view.zoom != before.zoom:
            self.zoom_changed.emit(self._view.zoom)
            self.update_cursor()
        if self._view != before:
            self.view_changed.emit()

    def _panes(self) -> list[Pane]:
        return panes(self._compare, QRectF(self.rect()), self._split)

    def _viewport(self, pane: Pane) -> Viewport:
        return Viewport(self._view, pane.rect, self.devicePixelRatioF())

    def viewports(self) -> list[Viewport]:
        """The mappings of all panes."""
        return [self._viewport(pane) for pane in self._panes()]

    def viewport_at(self, at: QPointF | None) -> Viewport:
        """The mapping of the pane under `at`, or of the first."""
        shown = self._panes()
        hit = [p for p in shown if at is not None and p.clip.contains(at)]
        return self._viewport((hit or shown)[0])

    @property
    def compare(self) -> CompareMode:
        """How before and after are shown: "off", "split", "side" or "original"."""
        return self._compare

    @compare.setter
    def compare(self, mode: CompareMode) -> None:
        if mode not in MODES:
            raise ValueError(f"no such way to compare: {mode}")
        if mode == self._compare:
            return
        wide = "side" in (mode, self._compare)
        self._compare = mode
        if wide and self._fitted:
            self.fit()
        self.update()
        self.compare_changed.emit(mode)
        self.view_changed.emit()

    @property
    def split(self) -> float:
        """Where the slider between before and after stands, 0..1."""
        return self._split

    @split.setter
    def split(self, share: float) -> None:
        self._split = min(max(share, 0.0), 1.0)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole picture in view if it was."""
        if self._fitted:
            self.fit()
        self.view_changed.emit()
        super().resizeEvent(event)
