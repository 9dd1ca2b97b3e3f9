from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from restorer.errors import InputError, WeightsError
from restorer.library import weights
from restorer.library.store import find_model, library
from restorer.library.weights import fill_network, load_network, read_manifest, read_weights, verify
from restorer.models import build_model
from training.fitting.trainer import write_weights


def test_the_shipped_models_are_whole_and_load() -> None:
    for entry in library():
        verify(entry)
        for detail in (0.0, 1.0):
            net = load_network(entry, detail)
            assert all(torch.isfinite(p).all() for p in net.parameters())
    assert find_model(None, "repair").default
    assert find_model("detect", "detect").task == "detect"


def test_shipped_weights_keep_their_size_limits() -> None:
    limits = {"repair": 16 * 2**20, "detect": 8 * 2**20}
    for entry in library():
        assert sum(f.bytes for f in entry.files) <= limits[entry.task]


def test_detail_blends_the_two_ends() -> None:
    entry = find_model(None, "repair")
    low, middle, high = (load_network(entry, d).state_dict()["stem.weight"] for d in (0.0, 0.5, 1.0))
    assert not torch.equal(low, high)
    torch.testing.assert_close(middle, (low + high) / 2)


def test_unknown_models_are_told() -> None:
    with pytest.raises(InputError, match="no model 'nonsense'"):
        find_model("nonsense", "repair")
    with pytest.raises(InputError):
        find_model("detect", "repair")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    shutil.copytree(weights.shipped_folder(), folder)
    return folder


def test_a_flipped_bit_is_found(copied: Path) -> None:
    entry = read_manifest(copied)[0]
    path = copied / entry.files[0].name
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="damaged or was changed"):
        verify(entry)


def test_a_missing_file_and_a_missing_manifest_are_told(copied: Path) -> None:
    entry = read_manifest(copied)[0]
    (copied / entry.files[0].name).unlink()
    with pytest.raises(WeightsError, match="missing"):
        verify(entry)
    (copied / "manifest.json").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        read_manifest(copied)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "models": [{}]}', '{"version": "x", "models": []}']
)
def test_a_damaged_manifest_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(WeightsError, match="damaged"):
        read_manifest(tmp_path)


def test_a_manifest_from_the_future_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 99, "models": []}))
    with pytest.raises(WeightsError, match="newer"):
        read_manifest(tmp_path)


def test_truncated_and_foreign_weights_are_told(tmp_path: Path) -> None:
    net = build_model("damage-unet", {"channels": (8, 8), "radii": (1,)})
    path = tmp_path / "w.safetensors"
    write_weights(path, net, {})
    with pytest.raises(WeightsError, match="do not fit"):
        fill_network(build_model("fill-unet"), read_weights(path), path.name)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(WeightsError, match="cannot be read"):
        read_weights(path)


def test_unknown_architecture_and_setting_are_told() -> None:
    with pytest.raises(WeightsError, match="unknown"):
        build_model("perceptron")
    with pytest.raises(WeightsError, match="no setting 'depth'"):
        build_model("fill-unet", {"depth": 3})
