"""One table out of several measurements of `restorer-train evaluate` on the same photographs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restorer.errors import InputError

DIGITS = {"psnr_hole": 2, "texture": 2, "seam": 2, "seconds_per_mp": 1}
Figures = dict[str, dict[str, float | None]]  # by model and family


def merge(paths: Sequence[Path], figure: str) -> Figures:
    """The mean of `figure` by model and family from the JSON files of `evaluate`, in their order.

    Raises:
        InputError: a file is no such JSON, knows no such figure, or tells of other photographs or families.
    """
    found: Figures = {}
    first: tuple[list[str], list[str]] | None = None
    for path in paths:
        try:
            report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            told = (list(report["photos"]), list(report["families"]))
            for family, models in report["families"].items():
                for model, values in models.items():
                    found.setdefault(model, {})[family] = values["mean"][figure]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"'{path}' does not hold the figure '{figure}' of a measurement of repairs.",
                "Give files written by restorer-train evaluate --json.",
            ) from error
        if first is not None and told != first:
            raise InputError(f"'{path}' tells of other photographs or families.", "Measure on the same ones.")
        first = told
    return found


def markdown(figures: Figures, figure: str) -> str:
    """A Markdown table: a row per model, a column per family and their mean."""
    families = list(next(iter(figures.values())))
    digits = DIGITS.get(figure, 4)

    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    lines = [
        f"| {figure.replace('_', ' ')} | " + " | ".join([*families, "mean"]) + " |",
        "| --- |" + " ---: |" * (len(families) + 1),
    ]
    for model, by_family in figures.items():
        values = [by_family[f] for f in families]
        known = [v for v in values if v is not None]
        mean = sum(known) / len(known) if known else None
        lines.append(f"| {model} | " + " | ".join(map(cell, [*values, mean])) + " |")
    return "\n".join(lines)
