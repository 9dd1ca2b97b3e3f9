"""What tools know of the canvas: a picture, its document, and a brush."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from restorer.editing.brush import SIZE_MAX, SIZE_MIN, Mark
from ui.canvas.picture_view import PictureView

SurfaceName = Literal["mask", "protect"]
SIZE_STEP = 1.15


class BrushView(PictureView):
    """A picture that is drawn on with a brush.

    Signals, besides those of `PictureView`:
        cursor_moved ((x, y) | None): picture pixels under the pointer.
        hint (str): one line of help.
        brush_changed: size or hardness.
        marked (str, Mark): a surface and what was drawn on it, once it is a step of the history.
    """

    cursor_moved = Signal(object)
    hint = Signal(str)
    brush_changed = Signal()
    marked = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush_size, self._brush_hardness = 30.0, 0.8

    @property
    def brush_size(self) -> float:
        """Diameter in picture pixels, 1..500."""
        return self._brush_size

    @brush_size.setter
    def brush_size(self, size: float) -> None:
        self._set_brush(min(max(float(size), SIZE_MIN), SIZE_MAX), self._brush_hardness)

    def size_brush(self, steps: float) -> None:
        """Make it larger, or smaller, by a share of its size for each step, but by at least a pixel."""
        size = round(self._brush_size * SIZE_STEP**steps)
        least = self._brush_size + (1 if steps > 0 else -1)
        self.brush_size = size if abs(size - self._brush_size) >= 1 else least

    @property
    def brush_hardness(self) -> float:
        """0 = soft from the middle, 1 = sharp."""
        return self._brush_hardness

    @brush_hardness.setter
    def brush_hardness(self, hardness: float) -> None:
        self._set_brush(self._brush_size, min(max(float(hardness), 0.0), 1.0))

    def _set_brush(self, size: float, hardness: float) -> None:
        if (size, hardness) == (self._brush_size, self._brush_hardness):
            return
        with self._repainted():
            self._brush_size, self._brush_hardness = size, hardness
        self.update_cursor()
        self.brush_changed.emit()

    def _repainted(self) -> AbstractContextManager[None]:
        """While it is held, what is drawn of the brush changes."""
        return nullcontext()

    def tell_mark(self, surface: SurfaceName, mark: Mark) -> None:
        """For tools: a mark became a step of the history."""
        self.marked.emit(surface, mark)
