"""Compact updates: a few bits for each weight that changed, and what is said of files that are none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from restorer.errors import WeightsError
from restorer.hashes import sha256_of
from restorer.library.compact import SHARES, compacted, read_update, updated
from restorer.library.weights import ModelEntry, WeightFile, load_network, read_end
from restorer.models import build_model

CODES, STEPS = torch.zeros(2, 6, 6, dtype=torch.uint8), torch.zeros(6).half()  # for (6, 5, 3, 3)
SMALL = {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}


def some_weights(seed: int) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return {"a.weight": torch.randn(6, 5, 3, 3), "a.bias": torch.randn(6), "b.weight": torch.randn(3, 7)}


@pytest.mark.parametrize(("bits", "worst"), [(1, 0.37), (2, 0.125), (3, 0.04), (4, 0.015)])
def test_a_change_is_told_as_well_as_its_bits_allow(bits: int, worst: float) -> None:
    torch.manual_seed(0)
    old, new = {"a": torch.randn(16, 8, 5, 5)}, {"a": torch.randn(16, 8, 5, 5)}
    update = compacted(old, new, bits)
    assert update["a:codes"].shape == (bits, 16, 25) and update["a:codes"].dtype == torch.uint8
    moved, wanted = updated(old, update, 1.0)["a"] - old["a"], new["a"] - old["a"]
    assert len(moved[0].unique().round(decimals=3).unique()) <= 2**bits
    error = (moved - wanted).pow(2).mean() / wanted.pow(2).mean()
    assert error < worst  # of normal values, Max 1960: 0.363, 0.119, 0.037, 0.012


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_rounding_what_is_rounded_changes_nothing(bits: int) -> None:
    old, new = some_weights(0), some_weights(1)
    once = updated(old, compacted(old, new, bits), 1.0)
    twice = updated(old, compacted(old, once, bits), 1.0)
    assert all(torch.allclose(once[name], twice[name], rtol=2e-3, atol=2e-3) for name in old)


def test_biases_are_told_exactly_and_single_weights_too() -> None:
    old = {"bias": torch.zeros(3), "w": torch.zeros(2, 1)}
    new = {"bias": torch.tensor([1.0, 0.0, -2.5]), "w": torch.tensor([[0.5], [0.0]])}
    moved = updated(old, compacted(old, new), 1.0)
    assert torch.equal(moved["bias"], new["bias"])
    assert float(moved["w"][1]) == 0.0 and abs(float(moved["w"][0]) - 0.5) < 0.3


def test_a_share_goes_a_part_of_the_way() -> None:
    old, new = some_weights(0), some_weights(1)
    update = compacted(old, new)
    half, whole = updated(old, update, 0.5), updated(old, update, 1.0)
    for name in old:
        assert torch.allclose(half[name], (old[name] + whole[name]) / 2, atol=1e-5)
        assert torch.equal(updated(old, update, 0.0)[name], old[name])


def test_what_did_not_change_takes_no_room() -> None:
    old = some_weights(0)
    new = {**some_weights(1), "a.weight": old["a.weight"]}
    update = compacted(old, new)
    assert {name.partition(":")[0] for name in update} == {"a.bias", "b.weight"}
    assert update["b.weight:codes"].shape == (2, 3, 1)
    assert torch.equal(updated(old, update, 1.0)["a.weight"], old["a.weight"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"c.weight:codes": CODES, "c.weight:step": STEPS},
        {"a.weight:codes": CODES},  # without steps
        {"a.weight:codes": CODES, "a.weight:step": STEPS[:5]},
        {"a.weight:codes": CODES[:, :, :5], "a.weight:step": STEPS},
        {"a.weight:codes": CODES[:, :5], "a.weight:step": STEPS},
        {"a.weight:codes": CODES[0], "a.weight:step": STEPS},
        {"a.weight:codes": CODES[:0], "a.weight:step": STEPS},
        {"a.weight:codes": CODES.float(), "a.weight:step": STEPS},
        {"a.bias:change": torch.zeros(5)},
        {"a.weight": torch.zeros(6, 5, 3, 3)},
        {"": torch.zeros(6)},
    ],
)
def test_an_update_of_other_weights_is_told(wrong: dict[str, Tensor]) -> None:
    with pytest.raises(WeightsError, match="does not fit"):
        updated(some_weights(0), wrong, 1.0)


@pytest.mark.parametrize("header", [{}, {SHARES: "{"}, {SHARES: "[1]"}, {SHARES: '{"fidelity": "all"}'}])
def test_a_file_that_is_no_update_is_told(header: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "update.safetensors"
    save_file({"a.bias:change": torch.zeros(6)}, path, header)
    with pytest.raises(WeightsError, match=r"update\.safetensors"):
        read_update(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(WeightsError, match=r"update\.safetensors"):
        read_update(path)


def model(folder: Path, shares: dict[str, float]) -> tuple[ModelEntry, dict[str, dict[str, Tensor]]]:
    """A model of two ends with an update of its first, and all three states of its weights."""
    states = {}
    for seed, role in enumerate(("fidelity", "detail", "update")):
        torch.manual_seed(seed)
        net = build_model("fill-unet", SMALL)
        torch.nn.init.normal_(net.head.weight, std=0.05)  # type: ignore[union-attr,arg-type]
        states[role] = net.state_dict()
    paths = {role: folder / f"{role}.safetensors" for role in states}
    for role in ("fidelity", "detail"):
        save_file(states[role], paths[role])
    save_file(compacted(states["fidelity"], states["update"]), paths["update"], {SHARES: json.dumps(shares)})
    files = tuple(WeightFile(r, p.name, sha256_of(p), p.stat().st_size) for r, p in paths.items())
    entry = ModelEntry("m", "m", "repair", "fill-unet", SMALL, files, "CC0", "", 1, "2026-11-23", "")
    return replace(entry, folder=folder), states


def test_both_ends_of_a_model_are_moved_by_their_shares(tmp_path: Path) -> None:
    entry, states = model(tmp_path, {"fidelity": 1.0, "detail": 0.5})
    assert [end.role for end in entry.ends] == ["fidelity", "detail"]
    update = compacted(states["fidelity"], states["update"])
    wanted = [updated(states["fidelity"], update, 1.0), updated(states["detail"], update, 0.5)]
    for end, expected in zip(entry.ends, wanted, strict=True):
        found = read_end(entry, end)
        assert all(torch.equal(found[name], value) for name, value in expected.items())
    middle = load_network(entry, 0.25).state_dict()
    for name, value in middle.items():
        assert torch.allclose(value, torch.lerp(wanted[0][name], wanted[1][name], 0.25), atol=1e-6)


def test_an_end_that_is_not_named_stays(tmp_path: Path) -> None:
    entry, states = model(tmp_path, {"fidelity": 1.0})
    found = read_end(entry, entry.ends[1])
    assert all(torch.equal(found[name], value) for name, value in states["detail"].items())


def test_a_changed_update_is_told_before_anything_is_computed(tmp_path: Path) -> None:
    entry, _ = model(tmp_path, {"fidelity": 1.0})
    path = tmp_path / "update.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"update\.safetensors.*damaged"):
        load_network(entry, 0.0)
