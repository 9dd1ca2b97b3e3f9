"""Training curves: figures of several runs against time or steps, drawn into one picture."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import cv2
import numpy as np

from restorer.arrays import Bytes
from restorer.errors import InputError
from restorer.image.reading import Photo
from restorer.image.saving import format_for, save_photo
from restorer.new_files import check_free

Line = Sequence[Mapping[str, float]]
WIDTH_PX, HEIGHT_PX, LEGEND_PX = 900, 320, 190
LEFT_PX, BOTTOM_PX, TOP_PX = 64, 40, 28
# Okabe and Ito (2008): told apart by colour-blind readers as well.
COLOURS = (
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233), (90, 90, 90),
)  # fmt: skip
INK, GRID = (40, 40, 40), (225, 225, 225)


def read_log(run: Path) -> list[dict[str, float]]:
    """The lines of `run`/log.jsonl, as the trainer wrote them; one that a crash has cut off is left out.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    path = run / "log.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [row for line in lines if (row := _parsed(line)) is not None]
        if not rows or not all(_is_number(row["step"]) and _is_number(row["seconds"]) for row in rows):
            raise ValueError("no steps")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"'{path}' is not a log of restorer-train.", "Give the --out folder of a training."
        ) from error
    return rows


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None  # cut off by a crash


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values from `low` to `high` (> `low`), about `wanted` of them."""
    raw = (high - low) / wanted
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Axes:
    """Where values lie in a panel: x from `left` to `right`, y from `low` to `high`."""

    left: float
    right: float
    low: float
    high: float

    def place(self, x: float, y: float) -> tuple[int, int]:
        """The pixel (column, row) of a point."""
        across = (x - self.left) / (self.right - self.left)
        up = (y - self.low) / (self.high - self.low)
        inner = WIDTH_PX - LEFT_PX - LEGEND_PX
        return (
            round(LEFT_PX + across * inner),
            round(HEIGHT_PX - BOTTOM_PX - up * (HEIGHT_PX - BOTTOM_PX - TOP_PX)),
        )


def _text(panel: Bytes, text: str, at: tuple[int, int], colour: tuple[int, int, int] = INK) -> None:
    cv2.putText(panel, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _frame(axes: Axes, title: str, below: str) -> Bytes:
    panel = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    for x in ticks(axes.left, axes.right, 8):
        foot = axes.place(x, axes.low)
        cv2.line(panel, foot, axes.place(x, axes.high), GRID, 1)
        _text(panel, f"{x:g}", (foot[0] - 8, foot[1] + 16))
    for y in ticks(axes.low, axes.high):
        start = axes.place(axes.left, y)
        cv2.line(panel, start, axes.place(axes.right, y), GRID, 1)
        _text(panel, f"{y:g}", (6, start[1] + 4))
    cv2.rectangle(panel, axes.place(axes.left, axes.high), axes.place(axes.right, axes.low), INK, 1)
    _text(panel, title, (LEFT_PX, 18))
    _text(panel, below, (LEFT_PX, HEIGHT_PX - 6))
    return panel


def draw_panel(runs: Mapping[str, Line], figure: str, against: str = "minutes") -> Bytes:
    """One panel (H, W, 3) RGB: `figure` of every run that has it; a dot where the adversarial part begins.

    Args:
        runs: lines of the log by name of the run.
        figure: key in the log, e.g. "psnr_hole".
        against: "minutes" or "step".

    Raises:
        InputError: no run has that figure.
    """
    lines = {
        name: [
            (row["seconds"] / 60 if against == "minutes" else row["step"], row)
            for row in rows
            if _is_number(row.get(figure))  # a training that came apart logs NaN
        ]
        for name, rows in runs.items()
    }
    points = [(x, row[figure]) for line in lines.values() for x, row in line]
    if not points:
        raise InputError(f"No run has the figure '{figure}'.", "Try psnr_hole or l1.")
    axes = Axes(0.0, max(x for x, _ in points) or 1.0, *_span([y for _, y in points]))
    panel = _frame(axes, figure.replace("_", " "), against)
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [axes.place(x, row[figure]) for x, row in line]
        if places:
            cv2.polylines(panel, [np.array(places, np.int32)], False, colour, 2, cv2.LINE_AA)
        detail = (row.get("detail") for _, row in line)
        begun = [p for p, d in zip(places, detail, strict=True) if _is_number(d) and d > 0]
        if begun:
            cv2.circle(panel, begun[0], 4, colour, -1, cv2.LINE_AA)
        _text(panel, name, (WIDTH_PX - LEGEND_PX + 12, TOP_PX + 16 * (number + 1)), colour)
    return panel


def draw_curves(
    runs: Sequence[Path], output: Path, figures: Sequence[str] = ("psnr_hole", "l1"), against: str = "minutes"
) -> None:
    """Draw one panel per figure below one another and write them as PNG.

    Raises:
        InputError: a run has no log, or no run has a figure.
        OutputError: the file exists or cannot be written.
    """
    format_for(output)
    check_free(output)
    if not figures:
        raise InputError("No figure was named.", "Try psnr_hole or l1.")
    names = [run.name for run in runs]
    logs = {run.name if names.count(run.name) == 1 else str(run): read_log(run) for run in runs}
    picture = np.concatenate([draw_panel(logs, figure, against) for figure in figures])
    save_photo(Photo(picture), output)
