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

    monkeypatch.setattr(commands, "replay_one", replay)
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
