"""From Qt's events to tools: mouse, pen, wheel, keys, and what is held to change the tool for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QRegion,
    QTabletEvent,
    QWheelEvent,
)

from ui.canvas.brush_view import BrushView
from ui.canvas.compare import on_slider
from ui.canvas.key_pointer import KeyPointer
from ui.canvas.picture_view import ZOOM_STEP
from ui.canvas.toolbox import Toolbox
from ui.canvas.tools import Pointer, Tool

WHEEL_NOTCH = 120.0
PAN_STEP_PX = 64.0
Modifier = Qt.KeyboardModifier
Button = Qt.MouseButton


class CanvasInput:
    """Decides who gets an event: the slider, panning, or the current tool.

    Args:
        canvas: whose events these are.
        toolbox: its tools.
    """

    def __init__(self, canvas: BrushView, toolbox: Toolbox) -> None:
        self._canvas, self._toolbox = canvas, toolbox
        self._held: Tool | None = None  # gets the moves until the button goes up
        self._button = Button.NoButton
        self._sliding = self._space = self._pen_down = False
        self._last: Pointer | None = None
        self._painted = QRegion()
        self.keys = KeyPointer(canvas, toolbox, self)

    @property
    def tool(self) -> Tool:
        """The tool that gets the pointer now."""
        if self._held is not None:
            return self._held
        return self._toolbox.tools["pan"] if self._space else self._toolbox.current

    # --- mouse

    def mouse_press(self, event: QMouseEvent) -> None:
        """Begin: the slider, a pan with the middle button or Space, or the tool."""
        if self._take_over():
            self._press(self._from_mouse(event), event.button())

    def mouse_move(self, event: QMouseEvent) -> None:
        """Go on."""
        if self._take_over():
            if not self._pen_down:
                self._end_lost(event.buttons())
            self._move(self._from_mouse(event))

    def mouse_release(self, event: QMouseEvent) -> None:
        """End."""
        if self._take_over():
            self._release(self._from_mouse(event), event.button())

    def mouse_double_click(self, event: QMouseEvent) -> None:
        """Second press; closes polygons."""
        if not self._take_over():
            return
        pointer = self._from_mouse(event)
        if event.button() == Button.LeftButton and self._held is None and not self._on_slider(pointer.at):
            self._held, self._button = self.tool, event.button()
            with self.repainted_tool():
                self._held.double_click(pointer)
        else:
            self._press(pointer, event.button())

    def _take_over(self) -> bool:
        """The mouse is used: the pointer of the keys goes, unless its button is down."""
        if self.keys.pressed:
            return False
        self.keys.stop()
        return True

    def _end_lost(self, held: Qt.MouseButton) -> None:
        """A dialog that opened in the middle of a drag got its release: it ended where it was seen last."""
        if (self._held is not None or self._sliding) and not held & self._button and self._last is not None:
            self._release(self._last, self._button)

    def press_at(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The main button of another pointer than the mouse went down at a place of the widget."""
        self._press(self._pointer(at, modifiers), Button.LeftButton)

    def move_to(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """It moved."""
        self._move(self._pointer(at, modifiers))

    def release_at(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Its button went up."""
        self._release(self._pointer(at, modifiers), Button.LeftButton)

    def _press(self, pointer: Pointer, button: Qt.MouseButton) -> None:
        if self._held is not None or self._canvas.document is None:
            return
        if button == Button.LeftButton and self._on_slider(pointer.at) and not self._space:
            self._sliding, self._button = True, button
            return
        if button == Button.MiddleButton:
            tool = self._toolbox.tools["pan"]
        elif button == Button.LeftButton:
            tool = self.tool
        else:
            return
        self._held, self._button = tool, button
        with self.repainted_tool():
            tool.press(pointer)
        self._canvas.update_cursor()

    def _move(self, pointer: Pointer) -> None:
        canvas = self._canvas
        self._tell_position(pointer)
        if self._sliding:
            canvas.split = pointer.at.x() / max(canvas.width(), 1)
            return
        with self.repainted_tool():
            if self._held is not None:
                self._held.move(pointer)
            else:
                self.tool.hover(pointer)
        if self._held is None and self._on_slider(pointer.at):
            canvas.setCursor(Qt.CursorShape.SplitHCursor)
        elif canvas.cursor().shape() == Qt.CursorShape.SplitHCursor:
            canvas.update_cursor()

    def _release(self, pointer: Pointer, button: Qt.MouseButton) -> None:
        if self._sliding:
            self._sliding = False
            return
        if self._held is None or button != self._button:
            return
        with self.repainted_tool():
            self._held.release(pointer)
            self._held = None
            self.tool.hover(pointer)
        self._canvas.update_cursor()

    def _from_mouse(self, event: QMouseEvent) -> Pointer:
        return self._pointer(event.position(), event.modifiers())

    def _pointer(self, at: QPointF, modifiers: Qt.KeyboardModifier, **pen: float | bool) -> Pointer:
        x, y = self._canvas.viewport_at(at).to_image(at)
        shift, alt = bool(modifiers & Modifier.ShiftModifier), bool(modifiers & Modifier.AltModifier)
        self._last = Pointer(x, y, at, shift=shift, alt=alt, **pen)  # type: ignore[arg-type]
        return self._last

    # --- pen

    def tablet(self, event: QTabletEvent) -> None:
        """The same with a pen; accepted, so that Qt sends no mouse event for it as well."""
        event.accept()
        if not self._take_over():
            return
        if event.type() == QEvent.Type.TabletMove and self._pen_down:
            self._end_lost(event.buttons())
        tip = event.button() == Button.LeftButton  # the others are on the barrel
        if event.type() == QEvent.Type.TabletPress and tip:
            self._pen_down = True
        pointer = self._pointer(
            event.position(),
            event.modifiers(),
            pressure=event.pressure() if self._pen_down else 1.0,
            tilt_x=event.xTilt(),
            tilt_y=event.yTilt(),
            eraser=event.pointerType() == QPointingDevice.PointerType.Eraser,
        )
        if event.type() == QEvent.Type.TabletPress:
            self._press(pointer, event.button())
        elif event.type() == QEvent.Type.TabletRelease:
            self._pen_down = self._pen_down and not tip
            self._release(pointer, event.button())
        else:
            self._move(pointer)

    # --- wheel and gestures

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Ctrl the size of the brush, with Shift its hardness."""
        canvas = self._canvas
        event.accept()
        turned = event.angleDelta().y() or event.angleDelta().x()
        if not turned:  # fingers were put on a touch pad, or taken off
            return
        notches = turned / WHEEL_NOTCH
        if event.modifiers() & Modifier.ControlModifier:
            canvas.size_brush(notches)
        elif event.modifiers() & Modifier.ShiftModifier:
            canvas.brush_hardness += 0.1 * notches
        else:
            canvas.set_zoom(canvas.zoom * ZOOM_STEP**notches, event.position())

    def gesture(self, event: QEvent) -> bool:
        """Pinch and turn on a touch pad; Esc and Enter for the tool before any shortcut takes them."""
        canvas = self._canvas
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if (mine and self.tool.active) or self.keys.wants(event):
                event.accept()
                return True
            return False
        if not isinstance(event, QNativeGestureEvent):
            return False
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            canvas.set_zoom(canvas.zoom * (1 + event.value()), event.position())
        elif event.gestureType() == Qt.NativeGestureType.RotateNativeGesture:
            canvas.rotate_view(event.value())
        else:
            return False
        return True

    # --- keys

    def key_press(self, event: QKeyEvent) -> bool:
        """Esc, Space, Alt and Shift, arrows, plus and minus; whether it was one of them."""
        canvas, key = self._canvas, event.key()
        if self.keys.key_press(event):
            return True
        if self.tool.key(event):
            canvas.update()
            return True
        if key == Qt.Key.Key_Escape:
            return self.cancel() or self.keys.stop()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                canvas.update_cursor()
            return True
        arrows = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        if key in arrows and not event.modifiers() & ~Modifier.KeypadModifier:
            x, y = arrows[Qt.Key(key)]
            canvas.pan_by(QPointF(x * PAN_STEP_PX, y * PAN_STEP_PX))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            canvas.zoom_in()
        elif key == Qt.Key.Key_Minus:
            canvas.zoom_out()
        else:
            self._modifiers_changed(event, True)
            return False
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        """The end of what was held; whether it was one of ours."""
        if not self._space and self.keys.key_release(event):
            return True
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = False
                self._canvas.update_cursor()
            return True
        self._modifiers_changed(event, False)
        return False

    def _modifiers_changed(self, event: QKeyEvent, down: bool) -> None:
        """Show at once what Shift and Alt will do, without a move of the pointer."""
        if self._last is None or self._held is not None:
            return
        shift = down if event.key() == Qt.Key.Key_Shift else self._last.shift
        alt = down if event.key() == Qt.Key.Key_Alt else self._last.alt
        if (shift, alt) != (self._last.shift, self._last.alt):
            last = self._last
            self._last = Pointer(last.x, last.y, last.at, shift=shift, alt=alt)
            with self.repainted_tool():
                self.tool.hover(self._last)

    def cancel(self) -> bool:
        """Take back what was begun last; whether there was anything."""
        begun = [tool for tool in (self._held, self._toolbox.current) if tool is not None and tool.active]
        if not begun:
            return False
        with self.repainted_tool():
            begun[0].cancel()
        self._held = None
        self.keys.let_go()
        self._canvas.update()
        self._canvas.update_cursor()
        return True

    def cancel_all(self) -> None:
        """Take back everything, also what lies under a pan."""
        while self.cancel():
            pass

    # --- coming and going

    def leave(self) -> None:
        """The pointer left the widget."""
        if self.keys.shown:
            return
        self.leave_tool()
        self._canvas.cursor_moved.emit(None)

    def leave_tool(self) -> None:
        """The current tool has no pointer over the canvas any more."""
        if self._held is not None or self._sliding:
            return
        self._last = None
        with self.repainted_tool():
            self.tool.hover(None)

    def focus_out(self) -> None:
        """Keys that are held now will be released somewhere else."""
        self._space = False
        self.keys.lift()
        self._canvas.update_cursor()

    @contextmanager
    def repainted_tool(self) -> Iterator[None]:
        """Paint again what the tool covered before and covers afterwards."""
        canvas = self._canvas
        yield
        region = QRegion()
        for viewport in canvas.viewports():
            region = region.united(self.tool.footprint(viewport))
            region = region.united(self.keys.footprint(viewport))
        canvas.update(region.united(self._painted))
        self._painted = region

    def _tell_position(self, pointer: Pointer) -> None:
        document = self._canvas.document
        inside = document is not None and 0 <= pointer.x < document.width and 0 <= pointer.y < document.height
        self._canvas.cursor_moved.emit((int(pointer.x), int(pointer.y)) if inside else None)

    def _on_slider(self, at: QPointF) -> bool:
        canvas = self._canvas
        return canvas.compare == "split" and on_slider(QRectF(canvas.rect()), canvas.split, at)
