"""One table out of several measurements of `restorer-train evaluate` on the same photographs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restorer.errors import InputError

DIGITS = {"psnr_hole": 2, "texture": 2, "seam": 2, "seconds_per_mp": 1}
Figures = dict[str, dict[str, float | None]]  # by model and family


def merge(paths: Sequence[Path], figure: str) -> tuple[Figures, list[str]]:
    """The mean of `figure` by model and family from the JSON files of `evaluate`, in their order.

    Returns:
        the means over the photographs that are in all files, and the names of these.

    Raises:
        InputError: a file is no such JSON, knows no such figure, or there is nothing in common.
    """
    reports = [_read(path) for path in paths]
    photos = [p for p in reports[0]["photos"] if all(p in r["photos"] for r in reports)]
    families = [f for f in reports[0]["families"] if all(f in r["families"] for r in reports)]
    if not photos or not families:
        raise InputError("The measurements have no photograph or family in common.", "Measure the same ones.")
    found: Figures = {}
    for path, report in zip(paths, reports, strict=True):
        try:
            for family in families:
                for model, values in report["families"][family].items():
                    figures = [values["per_photo"][photo][figure] for photo in photos]
                    found.setdefault(model, {})[family] = _mean(figures)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"'{path}' does not hold the figure '{figure}'.", "Try psnr_hole.") from error
    return found, photos


def _read(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["photos"] and report["families"]:
            return report
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(
        f"'{path}' is no measurement of repairs.", "Give what restorer-train evaluate --json wrote."
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


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
        lines.append(f"| {model} | " + " | ".join(map(cell, [*values, _mean(values)])) + " |")
    return "\n".join(lines)
