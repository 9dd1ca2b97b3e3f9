"""Measures networks and classical methods on the same photographs and masks: table, JSON, picture sheet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from restorer import metrics
from restorer.errors import InputError
from restorer.image.reading import Photo
from restorer.image.saving import format_for, save_photo
from restorer.jobs import JobContext
from restorer.new_files import check_free, new_file
from training.measuring import classical
from training.measuring.cases import (
    Case,
    find_cases,
    find_families,
    find_mask,
    needed_mask,
    read_index,
    read_mask,
    read_photo,
)
from training.measuring.classical import Detector, Mask, Repairer, Rgb

HEAVY_SHARE = 0.005
REPAIR_SCORES = ("psnr_hole", "ssim", "ms_ssim", "gmsd", "haarpsi", "texture", "seam")
REPAIR_COLUMNS = (*REPAIR_SCORES, "changed_outside", "seconds_per_mp")
DETECT_SCORES = ("f1", "f1_heavy", "precision", "recall", "ap")
DETECT_COLUMNS = (*DETECT_SCORES, "clean_flagged", "clean_flagged_worst", "seconds_per_mp")
LABEL_PX, GAP_PX = 18, 4
WIDEST_TABLE = 400  # letters; at the 80 of a pipe or a small window figures would be cut off
Report = dict[str, Any]
Row = list[tuple[str, Rgb]]  # labelled pictures side by side


@dataclass(frozen=True)
class EvaluateOptions:
    """What to measure.

    Attributes:
        photos: folder of photographs.
        masks: folder of masks named like the photographs, above 127 = hole or damage; for repair optionally
            one sub-folder per family of masks.
        models: "telea", "ns", "biharmonic", "pushpull", "relaxed", "tophat", or ids of models of the
            library; "repair" and "detect" are the shipped ones. "ID@0.3" measures a repair model at that
            detail.
        task: "repair" or "detect".
        json: where to write all figures.
        sheet: where to write the picture sheet (PNG or JPEG).
        limit: measure only so many photographs, spread evenly; 0 = all.
        detail: 0..1 for repair models; None = their default.
        peers: JSON file with published figures of the same photographs and masks, to compare with.
        ignore: folder of masks of undecided pixels that count neither way; a photograph without one has none.
        index: CSV with columns id, kind ("damaged" or "clean") and share_masked; without it the masks tell.
        sensitivity: 0..1 for detection models; None = their default.
        tolerance_px: how far off a detection may be.
        device: "auto", "cpu", "cuda" or "mps".
        one_view: networks without the self-ensemble, for comparing them.
    """

    photos: Path
    masks: Path
    models: tuple[str, ...]
    task: str = "repair"
    json: Path | None = None
    sheet: Path | None = None
    limit: int = 0
    detail: float | None = None
    peers: Path | None = None
    ignore: Path | None = None
    index: Path | None = None
    sensitivity: float | None = None
    tolerance_px: int = 2
    device: str = "auto"
    one_view: bool = False


def run_evaluate(
    options: EvaluateOptions,
    ctx: JobContext | None = None,
    *,
    repairers: Mapping[str, Repairer] | None = None,
    detectors: Mapping[str, Detector] | None = None,
    console: Console | None = None,
) -> Report:
    """Measure, print the table, write the files.

    Args:
        options: what to measure.
        ctx: progress and cancellation, between photographs.
        repairers: methods by name to measure instead of `options.models`.
        detectors: the same for the task "detect".
        console: where the tables go; None = standard output.

    Returns:
        What is written as JSON: per photograph and mean figures; a figure that does not exist is None.

    Raises:
        InputError: photographs, masks, index or peers are missing or do not fit together; an unknown model.
        OutputError: a file cannot be written.
    """
    ctx, console = ctx or JobContext(), console or Console(width=WIDEST_TABLE)
    check_free(options.json, options.sheet)
    if options.sheet is not None:
        format_for(options.sheet)
    if options.task == "repair":
        given = (options.models, options.detail, options.device, not options.one_view)
        methods = repairers or classical.make_repairers(*given)
        report, rows = _evaluate_repair(options, methods, ctx)
        ctx.progress(1.0)  # the table is told next
        _print_repair(report, console)
    elif options.task == "detect":
        found = detectors or classical.make_detectors(options.models, options.sensitivity, options.device)
        report, rows = _evaluate_detect(options, found, ctx)
        ctx.progress(1.0)
        _print_detect(report, console)
    else:
        raise InputError(f"The task '{options.task}' is not known.", "Choose repair or detect.")
    if options.json is not None:
        _write_json(options.json, report)
    if options.sheet is not None:
        write_sheet(options.sheet, rows)
    return report


def _write_json(path: Path, report: Report) -> None:
    text = json.dumps(report, indent=1, allow_nan=False) + "\n"
    with new_file(path) as (stream, _):
        stream.write(text.encode("utf-8", "replace"))


# --- Repair --------------------------------------------------------------------------------------------


def _timed(call: Callable[[], Any], pixels: Rgb) -> tuple[Any, float]:
    """The result of `call`, and its seconds per megapixel."""
    began = time.perf_counter()
    out = call()
    return out, (time.perf_counter() - began) / (pixels.shape[0] * pixels.shape[1] / 1e6)


def _damaged(truth: Rgb, mask: Mask) -> Rgb:
    """What a method is given: black holes, so that nothing of the truth can leak into the result."""
    out = truth.copy()
    out[mask] = 0
    return out


def _warm_up(methods: Mapping[str, Callable[..., Any]], pixels: Rgb, with_mask: bool) -> None:
    """Call every method once on a small piece, so that loading a network is not timed and fails early."""
    piece = np.ascontiguousarray(pixels[:64, :64])
    hole = np.zeros(piece.shape[:2], bool)
    hole[6:9, 6:9] = True
    for method in methods.values():
        method(_damaged(piece, hole), hole.copy()) if with_mask else method(piece.copy())


def _evaluate_repair(
    options: EvaluateOptions, methods: Mapping[str, Repairer], ctx: JobContext
) -> tuple[Report, list[Row]]:
    cases, total = find_cases(options.photos, options.limit)
    families = find_families(options.masks)
    numbers = [c.number for c in cases]
    peers = classical.peer_figures(options.peers, numbers, total) if options.peers else None
    for folder in families.values():  # before the long work starts
        for case in cases:
            needed_mask(folder, case)
    _warm_up(methods, read_photo(cases[0]), with_mask=True)
    report: Report = {"task": "repair", "photos": [c.name for c in cases], "families": {}}
    rows: list[Row] = []
    for place, (family, folder) in enumerate(families.items()):
        part = ctx.part(place / len(families), 1 / len(families))
        figures, crops = _measure_family(cases, folder, methods, part)
        report["families"][family] = {
            model: {"mean": _means(list(values.values())), "per_photo": values}
            for model, values in figures.items()
        }
        rows += [crops[i] for i in _telling(figures)]
    by_model = {m: [f[m]["mean"] for f in report["families"].values()] for m in methods}
    report["overall"] = {m: _means(values) for m, values in by_model.items()}
    if peers is not None:
        report["against_peers"] = classical.against_peers(report["families"], peers)
    return report, rows


def _measure_family(
    cases: Sequence[Case], folder: Path, methods: Mapping[str, Repairer], ctx: JobContext
) -> tuple[dict[str, dict[str, dict[str, Any]]], list[Row]]:
    """Figures by model and photograph, and for each photograph its pieces for the sheet."""
    figures: dict[str, dict[str, dict[str, Any]]] = {m: {} for m in methods}
    crops: list[Row] = []
    for i, case in enumerate(cases):
        ctx.progress(i / len(cases), f"{folder.name}: {case.name}")
        truth = read_photo(case)
        mask = read_mask(needed_mask(folder, case), truth.shape)
        if not mask.any():
            raise InputError(f"The mask for '{case.path.name}' in '{folder}' is empty.", "Mark a hole in it.")
        damaged = _damaged(truth, mask)
        pieces = [(f"{folder.name} {case.name}", crop_at_hole(damaged, mask))]
        for name, method in methods.items():
            result, seconds = _timed(lambda m=method, d=damaged, h=mask: m(d.copy(), h.copy()), truth)
            if result.shape != truth.shape or result.dtype != np.uint8:
                raise ValueError(f"{name} returned {result.dtype} {result.shape} for uint8 {truth.shape}")
            values = metrics.measure_repair(result, truth, mask)
            figures[name][case.name] = _clean({**values, "seconds_per_mp": seconds})
            label = f"{name} {values['psnr_hole']:.1f} dB  texture {values['texture']:.2f}"
            pieces.append((label, crop_at_hole(result, mask)))
        crops.append([*pieces, ("truth", crop_at_hole(truth, mask))])
    return figures, crops


def _telling(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[int]:
    """Rows for the sheet: three spread evenly, and the two where the first model gains least."""
    first, *others = (np.array([v["psnr_hole"] for v in f.values()]) for f in figures.values())
    gain = first - np.max(others, 0) if others else first
    spread = np.linspace(0, len(gain) - 1, min(3, len(gain))).round().astype(int)
    return list(dict.fromkeys([*spread.tolist(), *np.argsort(gain, kind="stable")[:2].tolist()]))


def _clean(values: Mapping[str, float]) -> dict[str, float | None]:
    return {k: round(float(v), 6) if np.isfinite(v) else None for k, v in values.items()}


def _means(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Mean of every figure over the rows that have it."""
    out: dict[str, float | None] = {}
    for key in rows[0] if rows else ():
        values = [v for row in rows if (v := row[key]) is not None]
        out[key] = round(float(np.mean(values)), 6) if values else None
    return out


# --- Detection -----------------------------------------------------------------------------------------


def _evaluate_detect(
    options: EvaluateOptions, methods: Mapping[str, Detector], ctx: JobContext
) -> tuple[Report, list[Row]]:
    cases, _ = find_cases(options.photos, options.limit)
    index = {} if options.index is None else read_index(options.index)
    for case in cases:  # before the long work starts
        needed_mask(options.masks, case)
    _warm_up(methods, read_photo(cases[0]), with_mask=False)
    per_photo: dict[str, dict[str, Any]] = {m: {} for m in methods}
    rows: list[Row] = []
    for i, case in enumerate(cases):
        ctx.progress(i / len(cases), case.name)
        pixels = read_photo(case)
        truth = read_mask(needed_mask(options.masks, case), pixels.shape)
        undecided = find_mask(options.ignore, case.name) if options.ignore else None
        ignore = read_mask(undecided, pixels.shape) if undecided else None
        pieces = [
            (case.name, _shrunk(pixels)),
            ("truth (blue: undecided)", _shrunk(overlay(pixels, truth, ignore))),
        ]
        for name, method in methods.items():
            found, seconds = _timed(partial(method, pixels.copy()), pixels)
            spots = (found.mask, found.probability, truth, ignore)
            values = metrics.measure_detection(*spots, tolerance_px=options.tolerance_px)
            per_photo[name][case.name] = _clean({**values, "seconds_per_mp": seconds})
            label = f"{name}  F1 {values['f1']:.2f}  flagged {values['share_flagged']:.2%}"
            pieces.append((label, _shrunk(overlay(pixels, found.mask))))
        rows.append(pieces)
    kinds = {c.name: _kind(c.name, index, per_photo[next(iter(methods))]) for c in cases}
    report: Report = {"task": "detect", "tolerance_px": options.tolerance_px, "kinds": kinds, "models": {}}
    for name, values in per_photo.items():
        report["models"][name] = {"mean": _detection_means(values, kinds), "per_photo": values}
    return report, rows


def _kind(name: str, index: Mapping[str, Mapping[str, str]], values: Mapping[str, Mapping[str, Any]]) -> str:
    """ "clean", "damaged", or "heavy" from half a percent of damage on."""
    row = index.get(name, {})
    try:
        share = float(row.get("share_masked") or values[name]["share_true"])
    except ValueError as error:
        raise InputError(
            f"The share of damage of '{name}' in the index is not a number.", "Write 0.01."
        ) from error
    if row.get("kind", "clean" if share == 0 else "damaged") == "clean":
        return "clean"
    return "heavy" if share >= HEAVY_SHARE else "damaged"


def _detection_means(
    values: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, str]
) -> dict[str, float | None]:
    """Means over the damaged photographs, and the flagged share of the clean ones."""
    damaged = [
        {k: v[k] for k in ("f1", "precision", "recall", "ap")}
        for n, v in values.items()
        if kinds[n] != "clean"
    ]
    clean = [v["share_flagged"] for n, v in values.items() if kinds[n] == "clean"]
    heavy = [{"f1": v["f1"]} for n, v in values.items() if kinds[n] == "heavy"]
    return {
        **dict.fromkeys(("f1", "precision", "recall", "ap")),
        **_means(damaged),
        "f1_heavy": _means(heavy).get("f1"),
        "clean_flagged": round(float(np.mean(clean)), 6) if clean else None,
        "clean_flagged_worst": max(clean, default=None),
        "seconds_per_mp": _means([{"s": v["seconds_per_mp"]} for v in values.values()])["s"],
    }


# --- Picture sheet -----------------------------------------------------------------------------------


def crop_at_hole(pixels: Rgb, mask: Mask, side_px: int = 224) -> Rgb:
    """The window at 100 % that shows most of the mask (H, W): at most `side_px` high and wide, (h, w, 3)."""
    height, width = (min(side_px, s) for s in mask.shape)
    sums = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    held = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    y, x = (int(v) for v in np.unravel_index(np.argmax(held), held.shape))
    return pixels[y : y + height, x : x + width].copy()


def overlay(pixels: Rgb, mask: Mask, undecided: Mask | None = None) -> Rgb:
    """The photograph (H, W, 3) in grey with `mask` in red and `undecided` in blue."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    out = np.repeat(grey[..., None] // 4 * 3, 3, 2)
    if undecided is not None:
        out[undecided] = out[undecided] // 2 + np.array([0, 40, 120], np.uint8)
    out[mask] = (255, 40, 40)
    return out


def _shrunk(pixels: Rgb, longest_px: int = 720) -> Rgb:
    scale = longest_px / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _labelled(label: str, pixels: Rgb) -> Rgb:
    strip = np.full((LABEL_PX, pixels.shape[1], 3), 24, np.uint8)
    text_px = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, 0.36, 1)[0][0]
    size = 0.36 * min(1.0, (pixels.shape[1] - 6) / max(text_px, 1))
    cv2.putText(
        strip, label, (3, LABEL_PX - 5), cv2.FONT_HERSHEY_SIMPLEX, size, (235, 235, 235), 1, cv2.LINE_AA
    )
    return np.concatenate([strip, pixels])


def write_sheet(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows, lists of labelled pictures (H, W, 3), below one another; PNG, or JPEG by the name.

    Raises:
        OutputError: the file cannot be written.
    """
    panels = [[_labelled(label, pixels) for label, pixels in row] for row in rows]
    width = max(sum(p.shape[1] + GAP_PX for p in row) for row in panels)
    sheet = np.full((sum(max(p.shape[0] for p in row) + GAP_PX for row in panels), width, 3), 255, np.uint8)
    y = 0
    for row in panels:
        x = 0
        for panel in row:
            sheet[y : y + panel.shape[0], x : x + panel.shape[1]] = panel
            x += panel.shape[1] + GAP_PX
        y += max(p.shape[0] for p in row) + GAP_PX
    save_photo(Photo(sheet), path, quality=80)


# --- Tables --------------------------------------------------------------------------------------------


def _text(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _print_repair(report: Report, console: Console) -> None:
    table = Table("family", "model", title=f"Repair, means over {len(report['photos'])} photographs")
    for key in REPAIR_COLUMNS:
        table.add_column(key.replace("_", " "), justify="right")
    families = {f: {m: v["mean"] for m, v in models.items()} for f, models in report["families"].items()}
    for family, models in {**families, "mean of families": report["overall"]}.items():
        for model, mean in models.items():
            digits = {"psnr_hole": 2, "changed_outside": 0, "seconds_per_mp": 2}
            cells = (_text(mean[k], digits.get(k, 4)) for k in REPAIR_COLUMNS)
            table.add_row(family, model, *cells)
        table.add_section()
    console.print(table)
    if "against_peers" in report:
        _print_peers(report["against_peers"], console)


def _print_peers(against: Report, console: Console) -> None:
    table = Table("family", "model", title="Difference to the best published figure")
    for title in ("PSNR hole", "SSIM", "texture"):
        table.add_column(title, justify="right")
    for family, models in against.items():
        for model, entry in models.items():
            cells = []
            for key, digits in (("psnr_hole", 2), ("ssim", 4), ("texture", 3)):
                gain, best = entry[key]["difference"], entry[key]
                sign = "-" if gain is None else f"{gain:+.{digits}f}"
                cells.append(f"{sign} ({best['best']} {best['best_value']:.{digits}f})")
            table.add_row(family, model, *cells)
        table.add_section()
    console.print(table)


def _print_detect(report: Report, console: Console) -> None:
    kinds, models = report["kinds"], report["models"]
    table = Table("photograph", "kind", title=f"F1 at {report['tolerance_px']} px; flagged share where clean")
    for model in models:
        table.add_column(model, justify="right")
    for name, kind in kinds.items():
        values = [v["per_photo"][name] for v in models.values()]
        clean = kind == "clean"
        table.add_row(
            name, kind, *(f"{v['share_flagged']:.2%}" if clean else _text(v["f1"], 3) for v in values)
        )
    console.print(table)
    means = Table("model", title="Means over damaged photographs (heavy: 0.5 % and more), clean ones apart")
    for key in DETECT_COLUMNS:
        title = key.replace("_", " ")
        means.add_column(f"{title} %" if key.startswith("clean") else title, justify="right")
    for model, figures in models.items():
        mean = {
            k: v * 100 if k.startswith("clean") and v is not None else v for k, v in figures["mean"].items()
        }
        means.add_row(model, *(_text(mean[k], 3) for k in DETECT_COLUMNS))
    console.print(means)
