# ruff: noqa: F811 - fixtures are imported by name
"""A model of others is imported, and then chosen on the command line and in a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restorer.__main__ import main
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.library import store as library
from restorer.record.recipe import default_recipe, save_recipe
from tests.conftest import line_mask, smooth_photo
from tests.core.library.test_importing import fake_spandrel, own_library, safetensors  # noqa: F401 - fixtures


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


@pytest.fixture
def lama(fake_spandrel: object, tmp_path: Path, own_library: Path) -> str:
    assert run("models", "import", safetensors(tmp_path / "lama.safetensors"), "--licence", "MIT") == 0
    assert library.get("lama").hyper_parameters["architecture"] == "LaMa"
    return "lama"


def scan(folder: Path) -> tuple[Path, np.ndarray]:
    """A photograph with a white line on it, and where the line is."""
    folder.mkdir()
    photo, line = smooth_photo(96, 120), line_mask(96, 120)
    photo[line] = 255
    save_photo(Photo(photo), folder / "scan.png")
    return folder / "scan.png", line


def test_on_the_command_line(lama: str, tmp_path: Path) -> None:
    source, line = scan(tmp_path / "in")
    save_photo(Photo(line.astype(np.uint8) * 255), tmp_path / "mask.png")
    results = []
    for model in (lama, "repair"):
        out = tmp_path / f"{model}.png"
        given = ("--mask", tmp_path / "mask.png", "--model", model, "--device", "cpu")
        assert run("repair", source, *given, "-o", out) == 0
        results.append(open_photo(out).pixels)
    before = open_photo(source).pixels
    assert (results[0][line] != before[line]).any() and (results[0][line] != results[1][line]).any()


def test_in_a_batch(lama: str, tmp_path: Path) -> None:
    source, line = scan(tmp_path / "in")
    save_recipe(default_recipe().with_parameters(repair={"model": lama}), tmp_path / "recipe.json")
    given = ("--recipe", tmp_path / "recipe.json", "--device", "cpu", "--workers", 1)
    assert run("batch", source, "--out", tmp_path / "out", *given, "--name", "{stem}-{model}") == 0
    result = open_photo(tmp_path / "out" / "scan-lama.png").pixels
    assert (result[line] != open_photo(source).pixels[line]).any()
