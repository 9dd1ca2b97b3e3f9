"""All tools by their id."""

from __future__ import annotations

from ui.canvas.brush_view import BrushView
from ui.canvas.pick_tools import Follow, RegionPick
from ui.canvas.shape_tools import Lasso, Line, RectangleTool
from ui.canvas.tools import Brush, Eraser, Pan, Protect, Tool

TOOLS: tuple[type[Tool], ...] = (Pan, Brush, Eraser, Line, Lasso, RectangleTool, Follow, RegionPick, Protect)


class Toolbox:
    """One of each for a canvas, in the order of the tool bar, and which of them was taken."""

    def __init__(self, canvas: BrushView) -> None:
        self.tools: dict[str, Tool] = {kind.id: kind(canvas) for kind in TOOLS}
        self.current = self.tools["brush"]
