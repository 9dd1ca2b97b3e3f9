"""One table out of several measurements of `restorer-train evaluate` on the same photographs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restorer.errors import InputError
from restorer.record.recipe import load_json

DIGITS = {"psnr_hole": 2, "texture": 2, "seam": 2, "seconds_per_mp": 1}
LONGEST_FILE = 1 << 26  # bytes; thousands of photographs
Figures = dict[str, dict[str, float | None]]  # by model and family


def merge(paths: Sequence[Path], figure: str) -> tuple[Figures, list[str]]:
    """The mean of `figure` by model and family from the JSON files of `evaluate`, in their order.

    A model that an earlier file has as well is told apart by the name of its file.

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
            models = {family: report["families"][family] for family in families}
            for model in models[families[0]]:
                found[f"{model} ({path})" if model in found else model] = {
                    family: _mean([values[model]["per_photo"][photo][figure] for photo in photos])
                    for family, values in models.items()
                }
        except (KeyError, TypeError) as error:
            raise InputError(f"'{path}' does not hold the figure '{figure}'.", "Try psnr_hole.") from error
    return found, photos


def _read(path: Path) -> dict[str, Any]:
    report = load_json(path, "measurement", LONGEST_FILE)
    kinds = {"photos": list, "families": dict}
    if isinstance(report, dict) and all(isinstance(report.get(k), kind) for k, kind in kinds.items()):
        families = report["families"].values()
        if all(isinstance(models, dict) and models for models in families):
            return report
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
