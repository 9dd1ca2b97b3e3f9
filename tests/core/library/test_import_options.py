"""What a person tells about weights when they are imported: name, title, licence, checksum."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from restorer.errors import InputError
from restorer.library import package, store as library
from restorer.library.importing import ImportOptions, import_model
from restorer.models import build_model, hyper_parameters
from training.fitting.trainer import write_weights


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights of a tiny generator of our own."""
    torch.manual_seed(0)
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1,)})
    described = {"architecture": "fill-unet", "task": "repair", "hyper_parameters": hyper_parameters(net)}
    write_weights(tmp_path / "own.safetensors", net, described)
    return tmp_path / "own.safetensors"


def test_what_is_told_about_a_package_is_taken_but_no_other_licence(
    tmp_path: Path, own_library: Path
) -> None:
    packed = package.export("detect", tmp_path / "d")
    with pytest.raises(InputError, match=r"licence is Apache-2\.0"):
        import_model(packed, ImportOptions(id="finder", licence="MIT"))
    assert list(own_library.iterdir()) == []
    entry = import_model(packed, ImportOptions(id="finder", title="My finder", licence="Apache-2.0"))
    assert (entry.title, entry.licence) == ("My finder", "Apache-2.0")


def test_a_licence_that_a_package_does_not_know_is_taken(weights: Path, tmp_path: Path) -> None:
    import_model(weights, ImportOptions(id="mine"))
    packed = package.export("mine", tmp_path / "mine")
    assert import_model(packed, ImportOptions(id="again", licence="MIT")).licence == "MIT"


def test_the_same_weights_are_known_again(weights: Path) -> None:
    first = import_model(weights, ImportOptions(id="mine"))
    assert library.twins(first) == ()
    assert library.twins(import_model(weights, ImportOptions(id="again"))) == ("mine",)


@pytest.mark.parametrize("given", ["abc", "g" * 64, "0" * 63])
def test_what_is_no_checksum_is_told_as_that(given: str, weights: Path) -> None:
    with pytest.raises(InputError, match="is no SHA-256 checksum"):
        import_model(weights, ImportOptions(sha256=given))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are letters")
def test_a_file_whose_name_is_no_text_is_imported(weights: Path) -> None:
    odd = weights.rename(weights.with_name(os.fsdecode(b"caf\xe9.safetensors")))
    entry = import_model(odd)
    assert entry.id == "caf" and entry.architecture == "fill-unet"
    assert "caf\ufffd.safetensors" in library.read_card(entry)
    assert entry.command == "restorer models import caf\ufffd.safetensors"
