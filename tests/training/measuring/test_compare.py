from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from restorer.errors import InputError
from restorer.models import build_model
from restorer.processing.repairer import RepairSettings, repair_pixels
from tests.conftest import smooth_photo
from training.__main__ import main
from training.measuring.compare import merge
from training.measuring.evaluate import write_sheet


def report(path: Path, figures: dict[str, dict[str, dict[str, float | None]]]) -> Path:
    """A measurement: hole-PSNR by family, model and photograph."""
    families = {
        family: {m: {"per_photo": {p: {"psnr_hole": v} for p, v in per.items()}} for m, per in models.items()}
        for family, models in figures.items()
    }
    photos = list(next(iter(next(iter(figures.values())).values())))
    path.write_text(json.dumps({"photos": photos, "families": families}))
    return path


def test_measurements_become_one_table_over_what_they_share(tmp_path: Path) -> None:
    one = report(
        tmp_path / "1.json",
        {
            "blobs": {"telea": {"a": 20.0, "b": 22.0, "c": 90.0}},
            "centre": {"telea": {"a": 14.0, "b": 14.0, "c": 9}},
        },
    )
    two = report(
        tmp_path / "2.json",
        {"blobs": {"mine": {"b": 21.23, "a": 21.25}}, "centre": {"mine": {"b": None, "a": None}}},
    )
    done = CliRunner().invoke(main, ["compare", str(one), str(two)])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "| psnr hole | blobs | centre | mean |",
        "| --- | ---: | ---: | ---: |",
        "| telea | 21.00 | 14.00 | 17.50 |",
        "| mine | 21.24 | - | 21.24 |",
    ]
    assert "Means over 2 photographs: a, b." in done.stderr


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    one = report(tmp_path / "1.json", {"blobs": {"telea": {"a": 20.0}}})
    with pytest.raises(InputError, match="in common"):
        merge([one, report(tmp_path / "2.json", {"blobs": {"mine": {"b": 1.0}}})], "psnr_hole")
    with pytest.raises(InputError, match="in common"):
        merge([one, report(tmp_path / "3.json", {"centre": {"mine": {"a": 1.0}}})], "psnr_hole")
    with pytest.raises(InputError, match="'seam'"):
        merge([one], "seam")
    (tmp_path / "4.json").write_text("[]")
    with pytest.raises(InputError, match=r"4\.json"):
        merge([tmp_path / "4.json"], "psnr_hole")


def test_one_model_measured_twice_gives_two_rows(tmp_path: Path) -> None:
    files = [report(tmp_path / name, {"blobs": {"mine": {"a": v}}}) for name, v in (("1", 20.0), ("2", 21.0))]
    assert merge(files, "psnr_hole")[0] == {
        "mine": {"blobs": 20.0},
        f"mine ({tmp_path / '2'})": {"blobs": 21.0},
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"photos": ["a"], "families": {"x": {}}}',
        '{"photos": ["a"], "families": 3}',
        '{"photos": 3, "families": {"x": {"t": 1}}}',
        '{"photos": ["a"], "families": {"x": {"t": {"per_photo": {"a": {"psnr_hole": 3}}}, "y": {"u": 1}}}}',
        "[" * 100_000,
    ],
)
def test_foreign_files_are_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text(text)
    with pytest.raises(InputError, match=r"foreign\.json"):
        merge([tmp_path / "foreign.json"], "psnr_hole")


def test_a_sheet_is_written_as_its_name_says(tmp_path: Path) -> None:
    rows = [[("a", np.zeros((8, 30, 3), np.uint8))]]
    write_sheet(tmp_path / "a.png", rows)
    write_sheet(tmp_path / "a.jpg", rows)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_one_view_is_the_prediction_without_the_average_over_turns() -> None:
    truth, hole = smooth_photo(64, 64), np.zeros((64, 64), bool)
    hole[20:40, 20:44] = True
    torch.manual_seed(0)
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}).eval()
    torch.nn.init.normal_(net.head.weight, std=0.01)  # type: ignore[union-attr,arg-type]
    averaged = RepairSettings(detail=0.0, grow_px=0, device="cpu")
    turned = np.ascontiguousarray(truth[:, ::-1]), np.ascontiguousarray(hole[:, ::-1])

    def spread(settings: RepairSettings) -> float:
        """How much the fill depends on the side that the photograph is seen from."""
        seen = repair_pixels(truth, hole, settings, net=net)[0].astype(int)
        mirrored = repair_pixels(*turned, settings, net=net)[0][:, ::-1]
        return float(np.abs(seen - mirrored)[hole].mean())

    assert 0 < spread(averaged) < 0.6 * spread(replace(averaged, ensemble=False))
