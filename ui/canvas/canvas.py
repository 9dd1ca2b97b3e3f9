"""The canvas: shows the open photograph at any zoom and hands pointer events to the current tool."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from restorer.editing.document import Change, Document
from restorer.tiles import Box
from ui.canvas.brush_view import BrushView
from ui.canvas.compare import Pane, draw_labels, draw_slider
from ui.canvas.input import CanvasInput
from ui.canvas.outline import draw_outline
from ui.canvas.painting import DEFAULT_OVERLAY, Overlay, level_size
from ui.canvas.scene import Scene
from ui.canvas.toolbox import Toolbox
from ui.canvas.tools import Tool
from ui.canvas.viewport import SMOOTH_UP_TO, View, level_for

FRAME_SECONDS = 0.008  # work for missing tiles in one frame
BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Canvas(BrushView):
    """The photograph under the tools.

    Signals, besides those of `BrushView`:
        tool_changed (str): id of the new tool.
        overlay_changed: shown, colour or opacity.
        picture_changed: what is shown of the photograph is different now.
    """

    tool_changed = Signal(str)
    overlay_changed = Signal()
    picture_changed = Signal()

    _ready = False  # tools with timers send events before there is somebody to take them

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._toolbox = Toolbox(self)
        self._input = CanvasInput(self, self._toolbox)
        self._ready = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setTabletTracking(True)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(self.tr("Canvas"))
        self.setAccessibleDescription(self.tr("The photograph; masks are drawn here"))
        self._session: Any = None
        self._left: dict[Path, tuple[View, bool]] = {}  # how photographs were looked at, and whether whole
        self._scene: Scene | None = None
        self._overlay = DEFAULT_OVERLAY
        self._finished, self._ringed = True, False
        self._refine = QTimer(self)
        self._refine.setSingleShot(True)
        self._refine.timeout.connect(self.update)
        self.update_cursor()

    @property
    def tools(self) -> dict[str, Tool]:
        """All tools by their id, in the order of the tool bar."""
        return self._toolbox.tools

    # --- what is shown

    @property
    def session(self) -> Any:
        """The session that is shown, or None."""
        return self._session

    @property
    def document(self) -> Document | None:
        """The document that is shown, or None."""
        return self._scene.document if self._scene is not None else None

    @property
    def scene(self) -> Scene | None:
        """The pictures drawn, for the navigator and the loupe."""
        return self._scene

    @property
    def refining(self) -> bool:
        """Whether tiles are shown roughly and will be finished by the next frames."""
        return not self._finished

    def memory(self) -> int:
        """Bytes of reduced levels and converted tiles."""
        return self._scene.memory() if self._scene is not None else 0

    def set_session(self, session: Any) -> None:
        """Show another session (or none), as it was left, or else the whole picture, upright."""
        self._note_view()
        self._view = replace(self._view, angle=0.0)
        self._input.cancel_all()
        self._input.keys.stop()
        self._input.leave_tool()
        for signal, slot in self._connections():
            signal.disconnect(slot)
        self._session = session
        for signal, slot in self._connections():
            signal.connect(slot)
        self._reload()
        if session is not None and session.path in self._left:
            view, whole = self._left[session.path]
            self._set_view(view)
            if whole:  # the window may have another size now
                self.fit()

    def _note_view(self) -> None:
        path = self._session.path if self._session is not None else None
        if path is not None:
            self._left[path] = self._view, self._fitted

    def _connections(self) -> list[tuple[Any, Any]]:
        if self._session is None:
            return []
        return [
            (self._session.changed, self._on_changed),
            (self._session.tile_previewed, self._on_previewed),
            (self._session.preview_cleared, self._on_preview_cleared),
        ]

    def _reload(self) -> None:
        for tool in self.tools.values():
            tool.forget()
        session = self._session
        self._scene = Scene(session.photo, session.document) if session is not None else None
        self.fit()
        self.picture_changed.emit()
        self.cursor_moved.emit(None)

    def _on_changed(self, change: Change) -> None:
        if self._scene is None:
            return
        part, picture = self._scene.changed(change)
        if picture:
            self.update()
        elif part is not None:
            self._update_box(part)
        if picture or "source" in change.tiles:
            self.picture_changed.emit()

    def _on_previewed(self, preview: tuple[Box, Any]) -> None:
        if self._scene is not None:
            box, pixels = preview
            self._scene.preview(box, pixels)
            self._update_box(box)
            self.picture_changed.emit()

    def _on_preview_cleared(self) -> None:
        if self._scene is not None:
            self._scene.clear_preview()
            self.update()
            self.picture_changed.emit()

    def _update_box(self, box: Box) -> None:
        for pane in self._panes():
            rect = self._viewport(pane).to_widget_rect(box).adjusted(-3, -3, 3, 3)
            self.update(rect.intersected(pane.clip).toAlignedRect())

    # --- compare, overlay, brush, tool

    @property
    def show_overlay(self) -> bool:
        """Whether the masks are drawn."""
        return self._overlay.shown

    @show_overlay.setter
    def show_overlay(self, shown: bool) -> None:
        self._set_overlay(replace(self._overlay, shown=bool(shown)))

    @property
    def overlay_colour(self) -> QColor:
        """Colour of what is to be filled."""
        return QColor(self._overlay.colour)

    @overlay_colour.setter
    def overlay_colour(self, colour: QColor) -> None:
        self._set_overlay(replace(self._overlay, colour=QColor(colour)))

    @property
    def protect_colour(self) -> QColor:
        """Colour of what must not be filled."""
        return QColor(self._overlay.protect)

    @protect_colour.setter
    def protect_colour(self, colour: QColor) -> None:
        self._set_overlay(replace(self._overlay, protect=QColor(colour)))

    @property
    def overlay_opacity(self) -> float:
        """How much of the picture the masks hide, 0..1."""
        return self._overlay.opacity

    @overlay_opacity.setter
    def overlay_opacity(self, opacity: float) -> None:
        self._set_overlay(replace(self._overlay, opacity=min(max(float(opacity), 0.0), 1.0)))

    def _set_overlay(self, overlay: Overlay) -> None:
        if overlay != self._overlay:
            self._overlay = overlay
            self.update()
            self.overlay_changed.emit()

    @property
    def tool(self) -> Tool:
        """The current tool."""
        return self._toolbox.current

    def set_tool(self, name: str) -> None:
        """Take the tool with that id; what the old one had begun is taken back."""
        tool = self.tools[name]
        if tool is self._toolbox.current:
            return
        self._input.cancel_all()
        self._input.leave_tool()
        self._toolbox.current = tool
        self.update()
        self.update_cursor()
        self.tool_changed.emit(name)
        self.hint.emit(tool.hint)

    @property
    def key_pointer(self) -> bool:
        """Whether arrows move a pointer that Space and Enter press."""
        return self._input.keys.shown

    @key_pointer.setter
    def key_pointer(self, shown: bool) -> None:
        if shown:
            self.setFocus()
            self._input.keys.start()
        else:
            self._input.keys.stop()

    def center_on(self, box: Box) -> None:
        """Bring `box` (picture pixels) into the middle, and the pointer of the keys to it."""
        super().center_on(box)
        self._input.keys.go_to(box)

    def cancel(self) -> bool:
        """Take back what the tool has begun (Esc); False if there is nothing."""
        return self._input.cancel()

    def _repainted(self) -> AbstractContextManager[None]:
        return self._input.repainted_tool()

    def update_cursor(self) -> None:
        """Take over the cursor of the tool that would get a press now."""
        self.setCursor(self._input.tool.cursor())

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what was asked for, and come back for tiles that were not ready in time."""
        painter = QPainter(self)
        try:
            self._paint(painter, event)
            if self._ringed:  # of two colours: it is seen on any photograph
                for colour, width in ((QColor("white"), 4), (self.palette().highlight().color(), 2)):
                    painter.setPen(QPen(colour, 2 * width))  # half of the line lies outside
                    painter.drawRect(self.rect())
        finally:
            painter.end()  # a painter that outlives an exception takes the program with it

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        painter.setClipRegion(event.region())
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Mid).darker(130))
        scene, self._finished = self._scene, True
        if scene is None:
            return
        shown, finished = self._panes(), True
        for pane in shown:
            clip = pane.clip.intersected(QRectF(event.rect()))
            if not clip.isEmpty():
                painter.save()
                painter.setClipRect(pane.clip, Qt.ClipOperation.IntersectClip)
                finished &= self._paint_pane(painter, scene, pane, clip)
                painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._compare == "split":
            draw_slider(painter, QRectF(self.rect()), self._split)
        if self._compare != "off":
            draw_labels(painter, shown)
        self._finished = finished
        if not finished and not self._refine.isActive():
            self._refine.start(0)

    def _paint_pane(self, painter: QPainter, scene: Scene, pane: Pane, clip: QRectF) -> bool:
        viewport = self._viewport(pane)
        document = scene.document
        level = level_for(self._view.zoom)
        step = 1 << level
        rows, columns = level_size(document.source, level)
        seen = viewport.visible(document.height, document.width)
        wanted = Box(
            seen.y0 // step,
            seen.x0 // step,
            min(-(-seen.y1 // step), rows),
            min(-(-seen.x1 // step), columns),
        )
        finished = True
        if wanted.height > 0 and wanted.width > 0:
            buffer = scene.before if pane.before else scene.after
            near = self._view.zoom >= SMOOTH_UP_TO
            finished = buffer.prepare(level, wanted, replace(self._overlay, rim=not near), FRAME_SECONDS)
            smooth = self._view.zoom < SMOOTH_UP_TO and not (self._view.zoom == 1 and viewport.upright)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.setTransform(viewport.transform(step))
            buffer.draw(painter, round(self._view.angle / 90) % 4 if viewport.upright else 0)
            painter.resetTransform()
            if near and self._overlay.shown and not pane.before:
                draw_outline(painter, buffer, viewport, clip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._input.tool.paint(painter, viewport)
        self._input.keys.paint(painter, viewport)
        return finished

    # --- events, all worked on by CanvasInput

    def event(self, event: QEvent) -> bool:
        """Gestures of a touch pad, and Esc while something is being drawn, before any shortcut."""
        return (self._ready and self._input.gesture(event)) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._input.mouse_press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._input.mouse_move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._input.mouse_release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._input.mouse_double_click(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        self._input.tablet(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._input.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._input.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._input.key_release(event):
            super().keyReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._input.leave()
        super().leaveEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hint.emit(self.tool.hint)
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring(event.reason() in BY_KEY)
        super().focusInEvent(event)

    def _ring(self, shown: bool) -> None:
        """Show who comes by keys that the canvas has the focus; a hand on the mouse knows."""
        if shown != self._ringed:
            self._ringed = shown
            self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring(False)
        self._input.focus_out()
        super().focusOutEvent(event)
