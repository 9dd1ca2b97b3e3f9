"""Tools that take what is there with one click: follow a scratch, drop or keep a region."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP, QTimer
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF, QRegion

from restorer.editing.document import Document
from restorer.editing.mask import DamageMap, MaskSettings
from restorer.editing.mask_ops import Region, marked_region, proposed_region, reach_for
from restorer.editing.surface import Surface
from restorer.editing.trace import Trace, Tracer
from ui.canvas.brush_view import BrushView
from ui.canvas.tools import Pointer, Tool, apply_mark, draw_twice, translate
from ui.canvas.viewport import Viewport

HOVER_MS = 60  # rest of the pointer before a path is proposed
REACH_SCREEN_PX = 10.0


class Follow(Tool):
    """One click on a scratch takes the whole line; it is shown before the click."""

    id = "follow"
    name = QT_TRANSLATE_NOOP("Tools", "Follow scratch")
    help = QT_TRANSLATE_NOOP("Tools", "Click once on a scratch: the whole line is taken. Alt takes it away.")

    def __init__(self, canvas: BrushView) -> None:
        super().__init__(canvas)
        self._tracer: tuple[Surface, object, Tracer] | None = None  # of which picture and damage map
        self._pointer: Pointer | None = None
        self._proposed: tuple[tuple[int, int], Trace | None] | None = None
        self._timer = QTimer(canvas)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOVER_MS)
        self._timer.timeout.connect(self._propose)

    def hover(self, pointer: Pointer | None) -> None:
        before, self._pointer = self._pointer, pointer
        if pointer is None:
            self._timer.stop()
            self._show(None)
        elif before is None or before.at != pointer.at:
            self._timer.start()

    def press(self, pointer: Pointer) -> None:
        document = self.canvas.document
        self._timer.stop()
        if document is None or document.editing:
            return
        trace = self._trace(document, pointer)
        self._proposed = None
        if trace is None:
            self.canvas.hint.emit(translate("Tools", "There is no line here that could be followed."))
            return
        stroke = trace.stroke(mode="erase" if pointer.erases else "add")
        if apply_mark(document, "mask", stroke, self.title):
            self.canvas.tell_mark("mask", stroke)

    def cancel(self) -> None:
        self._timer.stop()
        self._show(None)

    def forget(self) -> None:
        self._tracer = None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        draw_twice(painter, self._path(viewport))

    def footprint(self, viewport: Viewport) -> QRegion:
        path = self._path(viewport)
        return QRegion(path.boundingRect().adjusted(-4, -4, 4, 4).toAlignedRect())

    def _propose(self) -> None:
        document, pointer = self.canvas.document, self._pointer
        if document is not None and pointer is not None:
            self._show(((int(pointer.x), int(pointer.y)), self._trace(document, pointer)))

    def _show(self, proposed: tuple[tuple[int, int], Trace | None] | None) -> None:
        if proposed != self._proposed:
            self._proposed = proposed
            self.canvas.update()

    def _trace(self, document: Document, pointer: Pointer) -> Trace | None:
        at = (int(pointer.x), int(pointer.y))
        if self._proposed is not None and self._proposed[0] == at:
            return self._proposed[1]
        reach = REACH_SCREEN_PX / max(self.canvas.zoom, 0.01)
        return self._tracer_of(document).follow(pointer.x, pointer.y, reach)

    def _tracer_of(self, document: Document) -> Tracer:
        found = document.values.get("damage")
        surface = document.source
        if self._tracer is None or self._tracer[0] is not surface or self._tracer[1] is not found:
            thin = (lambda box: found.thin[box.slices]) if isinstance(found, DamageMap) else None
            self._tracer = (surface, found, Tracer(surface.read, surface.height, surface.width, thin))
        return self._tracer[2]

    def _path(self, viewport: Viewport) -> QPainterPath:
        path = QPainterPath()
        trace = self._proposed[1] if self._proposed is not None else None
        if trace is not None:
            points = trace.points[:: max(1, int(1 / viewport.scale))]
            path.addPolygon(QPolygonF([viewport.to_widget(float(x), float(y)) for x, y in points]))
        return path


class RegionPick(Tool):
    """A click on a marked region drops it, a click on proposed damage that is not marked takes it."""

    id = "region"
    name = QT_TRANSLATE_NOOP("Tools", "Regions")
    help = QT_TRANSLATE_NOOP("Tools", "Click a marked region to drop it, click damage to take it.")

    def press(self, pointer: Pointer) -> None:
        document = self.canvas.document
        if document is None or document.editing:
            return
        x, y = int(np.floor(pointer.x)), int(np.floor(pointer.y))
        if not (0 <= x < document.width and 0 <= y < document.height):
            return
        reach = reach_for(self.canvas.zoom)
        marked = marked_region(document.surfaces["mask"], x, y, reach)
        if marked is not None and not pointer.shift:
            self._write(document, marked, 0, translate("Tools", "Drop region"))
            return
        proposed = self._proposed(document, x, y, reach)
        if proposed is not None and not pointer.erases:
            self._write(document, proposed, 255, translate("Tools", "Keep region"))
        elif marked is None:
            self.canvas.hint.emit(translate("Tools", "There is no region here."))

    def _proposed(self, document: Document, x: int, y: int, reach: int) -> Region | None:
        found = document.values.get("damage")
        if not isinstance(found, DamageMap):
            return None
        settings = document.values.get("mask_settings") or MaskSettings()
        return proposed_region(found, settings, x, y, reach)

    def _write(self, document: Document, region: Region, value: int, label: str) -> None:
        box, pixels = region
        with document.edit(label) as tx:
            tx.patch("mask", box, np.full(pixels.shape, value, np.uint8), pixels)
