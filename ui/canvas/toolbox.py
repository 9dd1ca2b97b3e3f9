"""All tools by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.canvas.pick_tools import Follow, RegionPick
from ui.canvas.shape_tools import Lasso, Line, RectangleTool
from ui.canvas.tools import Brush, Eraser, Pan, Protect, Tool

if TYPE_CHECKING:
    from ui.canvas.canvas import Canvas

TOOLS: tuple[type[Tool], ...] = (Pan, Brush, Eraser, Line, Lasso, RectangleTool, Follow, RegionPick, Protect)


def make_tools(canvas: Canvas) -> dict[str, Tool]:
    """One of each, in the order of the tool bar."""
    return {kind.id: kind(canvas) for kind in TOOLS}
