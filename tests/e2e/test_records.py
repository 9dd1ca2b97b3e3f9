"""Records beside results: what makes the same pixels again, and what must not stand in its way."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restorer.cli import commands
from restorer.errors import InputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_mask, save_photo
from restorer.library import package, store
from restorer.library.store import find_model
from restorer.library.weights import IMPORTED, ModelEntry
from restorer.record.recipe import default_recipe
from tests.conftest import line_mask, smooth_photo
from tests.e2e.test_command_line import run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Of a repair with a mask, in a file whose name some systems do not have."""
    name = "scan.png" if os.name == "nt" else "12:30 \\ scan.png"
    pixels, mask = smooth_photo(100, 140), line_mask(100, 140)
    pixels[mask] = 255
    save_photo(Photo(pixels), tmp_path / name)
    save_mask(mask, tmp_path / "mask.tif")
    given = (tmp_path / name, "--mask", tmp_path / "mask.tif", "--sidecar", "--device", "cpu")
    assert run("repair", *given) == 0
    (found,) = tmp_path.glob("*.json")
    return found


def test_a_record_can_be_read_whatever_the_photograph_is_called(record: Path) -> None:
    assert run("replay", record) == 0


def test_a_replay_asks_for_no_detector_for_the_mask_is_there(record: Path) -> None:
    content = json.loads(record.read_text())
    content["recipe"]["stages"].insert(0, {"stage": "detect", "model": "one that was renamed since"})
    content["models"]["detect"] = {"id": "one that was renamed since", "sha256": "0" * 64}
    record.write_text(json.dumps(content))
    assert run("replay", record) == 0
    content["models"]["repair"]["sha256"] = "0" * 64
    record.write_text(json.dumps(content))
    assert run("replay", record) == 2


def test_a_replay_computes_where_the_record_was_made(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def replay(*given: Any) -> bool:
        taken.append(given[3])
        return True

    monkeypatch.setattr("restorer.cli.replay.replay_one", replay)
    assert run("replay", record) == 0
    monkeypatch.setattr("restorer.device.is_available", lambda _: False)
    assert run("replay", record) == 0
    assert taken == ["cpu", "auto"]


def test_the_sentence_names_the_mask_that_was_widened(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = next(p for p in tmp_path.glob("*scan.png"))
    mask = ("--mask", tmp_path / "mask.tif", "--device", "cpu")
    capsys.readouterr()
    assert run("repair", scan, *mask, "-o", tmp_path / "wider.png") == 0
    assert "0 pixels changed outside the mask as widened by 2 px." in capsys.readouterr().out
    assert run("repair", scan, *mask, "-o", tmp_path / "as-it-is.png", "--grow", 0) == 0
    assert "0 pixels changed outside the mask." in capsys.readouterr().out
    before, after = (open_photo(p).pixels for p in (scan, tmp_path / "as-it-is.png"))
    changed = (before != after).any(2)
    assert changed.any() and not changed[~line_mask(100, 140)].any()


def test_what_fails_after_the_search_is_told_as_failed(tmp_path: Path) -> None:
    save_photo(Photo(smooth_photo(64, 64)), tmp_path / "a.png")
    save_mask(np.ones((64, 64), bool), tmp_path / "all.png")
    given = ("--mask", tmp_path / "all.png", "--report", tmp_path / "r.json", "--device", "cpu")
    assert run("repair", tmp_path / "a.png", *given) == 2
    (entry,) = json.loads((tmp_path / "r.json").read_text())["photographs"]
    assert entry["state"] == "failed" and "whole" in entry["error"]


def test_a_model_that_cannot_study_is_told_before_any_photograph_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(model: str | None, task: str) -> ModelEntry:
        return replace(find_model(model, task), architecture=IMPORTED)

    monkeypatch.setattr("restorer.library.store.find_model", find)
    recipe = default_recipe()
    commands.with_models(recipe)
    with pytest.raises(InputError, match="cannot study"):
        commands.with_models(recipe.with_parameters(repair={"study_steps": 5}))
    with pytest.raises(InputError, match="cannot study"):
        commands.recipe_of(commands.RepairOptions(study=1.0))


def test_a_model_that_was_renamed_is_found_by_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "library"))
    package.install_package(package.export("repair", tmp_path / "r.restorer-model"), package.Told("mine"))
    save_photo(Photo(smooth_photo(64, 64)), tmp_path / "a.png")
    save_mask(line_mask(64, 64), tmp_path / "mask.png")
    given = ("--mask", tmp_path / "mask.png", "--device", "cpu", "--sidecar", "-o", tmp_path / "b.png")
    assert run("repair", tmp_path / "a.png", "--model", "mine", *given) == 0
    store.rename("mine", "museum")
    assert run("replay", tmp_path / "b.png.json") == 0
    capsys.readouterr()
    content = json.loads((tmp_path / "b.png.json").read_text())
    content["models"]["repair"]["sha256"] = "0" * 64
    (tmp_path / "b.png.json").write_text(json.dumps(content))
    assert run("replay", tmp_path / "b.png.json") == 2
    assert "There is no model 'mine'" in capsys.readouterr().err


def test_a_replay_looks_at_the_file_that_was_written(
    record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = record.with_suffix("")
    photo = open_photo(result)
    save_photo(replace(photo, dpi=(72.0, 72.0)), result, overwrite=True)
    assert run("replay", record) == 0
    assert "was changed since, its pixels were not" in capsys.readouterr().err
    save_photo(replace(photo, pixels=photo.pixels * 0), result, overwrite=True)
    assert run("replay", record) == 3
    told = capsys.readouterr().err
    assert "is not what was written" in told and "the same pixels again, but not in the file" in told
    result.unlink()
    assert run("replay", record) == 0
    assert "it was not looked at" in capsys.readouterr().err


def test_a_replay_of_a_batch_finds_the_result_above(tmp_path: Path) -> None:
    pixels = smooth_photo(100, 140)
    pixels[line_mask(100, 140)] = 255
    (tmp_path / "in" / "inner").mkdir(parents=True)
    save_photo(Photo(pixels), tmp_path / "in" / "inner" / "a.png")
    out = tmp_path / "out"
    assert run("batch", tmp_path / "in", "--out", out, "--sidecars", "--device", "cpu") == 0
    (sidecar,) = (out / "sidecars").rglob("*.json")
    assert run("replay", sidecar) == 0
    (result,) = out.rglob("inner/a.png")
    save_photo(Photo(pixels), result, overwrite=True)
    assert run("replay", sidecar) == 3


def test_what_lies_beside_results_is_not_repaired(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = next(record.parent.glob("*.png.mask.tif"))
    scan = next(p for p in record.parent.glob("*scan.png"))
    capsys.readouterr()
    assert run("repair", scan, mask, "--device", "cpu") == 0
    told = capsys.readouterr()
    assert "passed over" in told.err and "mask-restored" not in told.out
    assert run("repair", mask, "--device", "cpu") == 2
    assert "belongs to a result" in capsys.readouterr().err


def test_what_a_lossy_file_keeps_is_not_overstated(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan = next(p for p in record.parent.glob("*scan.png"))
    given = ("--mask", record.parent / "mask.tif", "--device", "cpu")
    capsys.readouterr()
    assert run("repair", scan, *given, "-o", record.parent / "lossy.jpg") == 0
    assert "px, before the file was compressed with loss." in capsys.readouterr().out
