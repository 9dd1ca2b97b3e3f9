"""`restorer-train family`: one command trains, measures and compares, and goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from restorer.jobs import Cancelled, JobContext
from tests.conftest import smooth_photo
from training.__main__ import main
from training.measuring.family import GENERATORS, FamilyOptions, compare_family

ARCHS = ("context-encoder", "vae-gan")  # the first one learns no end of its own for fidelity


@pytest.fixture
def folders(photo_folder: Path, tmp_path: Path) -> tuple[str, ...]:
    """Photographs to learn from, others to measure, one family of masks, and where to write."""
    mask = np.zeros((64, 80), np.uint8)
    mask[20:34, 30:44] = 255
    for folder, pixels in (("eval", smooth_photo(64, 80, 9)), ("masks/blocks", mask)):
        (tmp_path / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / folder / "a.png"), pixels)
    names = ("--data", photo_folder, "--photos", tmp_path / "eval", "--masks", tmp_path / "masks")
    return tuple(map(str, (*names, "--out", tmp_path / "family")))


def run(*arguments: str) -> Result:
    chosen = [text for arch in ARCHS for text in ("--arch", arch)]
    return CliRunner().invoke(main, ["family", "--batch", "1", "--at-once", "2", *chosen, *arguments])


def test_all_are_trained_measured_and_compared(folders: tuple[str, ...], tmp_path: Path) -> None:
    told = run(*folders, "--steps", "1")
    assert told.exit_code == 0, told.output
    out = tmp_path / "family"
    tables = (out / "tables.md").read_text()
    assert tables in told.output
    rows = {cells[1]: cells for line in tables.splitlines() if len(cells := line.split(" ")) > 1}
    assert {"telea", "relaxed", *(f"{arch}@{end}" for arch in ARCHS for end in (0, 1))} <= rows.keys()
    assert [rows[arch][4:9:2] for arch in ARCHS] == [["M", "1", "1"]] * 2, "steps and batch"
    assert len(list(out.glob("cache/*.u8"))) == 1, "they share what was decoded"
    assert all((out / name).is_file() for name in ("curves.png", "sheet.jpg", "classical.json"))

    figures = json.loads((out / "vae-gan.json").read_text())["families"]["blocks"]["./vae-gan@0"]["mean"]
    assert f"{figures['psnr_hole']:.2f}" in tables
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.json")}
    (out / "sheet.jpg").unlink()
    assert run(*folders, "--steps", "1").exit_code == 0 and (out / "sheet.jpg").is_file()
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.json")} == before, "nothing is made again"


def test_what_cannot_be_compared_is_told(folders: tuple[str, ...], tmp_path: Path) -> None:
    assert "either --minutes or --steps" in run(*folders).output
    told = run(*folders, "--steps", "1", "--arch", "lama")
    assert told.exit_code == 2 and "no generator 'lama'" in told.output and "lama-fourier" in told.output
    assert not (tmp_path / "family").exists()
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "mine.txt").write_text("mine")
    assert "is not empty" in run(*folders, "--steps", "1").output
    assert [p.name for p in (tmp_path / "family").iterdir()] == ["mine.txt"]

    (tmp_path / "masks" / "blocks" / "a.png").unlink()
    fresh = (*folders[:-1], str(tmp_path / "other"))
    told = run(*fresh, "--steps", "1")
    assert told.exit_code == 2 and "The measuring classical failed: " in told.output, told.output
    assert "other settings" in run(*fresh, "--steps", "2").output


def test_it_goes_on_where_it_was_broken_off(folders: tuple[str, ...], tmp_path: Path) -> None:
    seen: list[str] = []
    budget = ("--minutes", "0.001", "--batch", "1")
    options = FamilyOptions(*map(Path, folders[1::2]), budget, archs=("unet-gan",))
    ctx = JobContext(lambda p: seen.append(p.message), lambda: "training unet-gan" in seen)
    with pytest.raises(Cancelled):
        compare_family(options, ctx)
    assert not (tmp_path / "family" / "unet-gan.json").exists()
    assert "unet-gan@1" in compare_family(options, JobContext())


def test_every_generator_that_has_a_recipe_takes_part() -> None:
    assert {"fill-unet", "context-encoder", "unet-gan", "vae-gan", "gated-attention", "lama-fourier"} <= {
        *GENERATORS
    }
