"""A larger network that goes on from a smaller one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from restorer.errors import RestorerError
from restorer.jobs import JobContext
from restorer.library.weights import fill_network
from restorer.models import build_model
from tests.training.fitting.test_fit import SMALL, config
from training.fitting.growth import grown
from training.fitting.trainer import fit

NARROW = {"channels": (8, 8, 16), "blocks": 1, "rates": (1, 2), "relaxations": (4, 2)}
WIDE = NARROW | {"channels": (12, 24, 16), "deeper": (1, 0, 2, 1)}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_grown_network_computes_what_the_small_one_did_and_all_of_it_can_learn() -> None:
    torch.manual_seed(3)
    small, large = build_model("fill-unet", NARROW), build_model("fill-unet", WIDE)
    for parameter in small.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    fill_network(large, grown(small.state_dict(), large), "small")
    image, noise = torch.rand(2, 3, 48, 32), torch.randn(2, 1, 48, 32)
    mask = (torch.rand(2, 1, 48, 32) > 0.7).float()
    expected = small(image, mask, noise=noise)
    found = large(image, mask, noise=noise)
    assert torch.allclose(found, expected, atol=1e-5)
    optimiser = torch.optim.SGD(large.parameters(), 0.01)
    before = {name: value.clone() for name, value in large.state_dict().items()}
    for _ in range(3):  # what is new is heard after the first step, and hears after the second
        optimiser.zero_grad()
        (large(image, mask, noise=noise) - image).square().mean().backward()
        optimiser.step()
    assert all(not torch.equal(before[name], value) for name, value in large.state_dict().items())


def test_training_goes_on_from_a_smaller_network(photo_folder: Path, tmp_path: Path) -> None:
    start = replace(config("repair", photo_folder, tmp_path / "a", steps=2), adversarial_share=0.0)
    fit(start, JobContext())
    wider = SMALL["repair"] | {"channels": (12, 8, 8), "deeper": (0, 1, 0, 0)}
    more = replace(
        start, out=tmp_path / "b", hyper_parameters=wider, init=tmp_path / "a" / "fidelity.safetensors"
    )
    fit(more, JobContext())
    stem = load_file(tmp_path / "b" / "fidelity.safetensors")["stem.weight"]
    assert stem.shape[0] == 12


@pytest.mark.parametrize("change", [{"channels": (4, 8, 8)}, {"channels": (8, 8, 12)}, {"blocks": 2}])
def test_a_start_that_cannot_grow_is_refused(
    change: dict[str, object], photo_folder: Path, tmp_path: Path
) -> None:
    start = replace(config("repair", photo_folder, tmp_path / "a", steps=2), adversarial_share=0.0)
    fit(start, JobContext())
    other = replace(
        start, out=tmp_path / "b", hyper_parameters=SMALL["repair"] | change,
        init=tmp_path / "a" / "fidelity.safetensors",
    )  # fmt: skip
    with pytest.raises(RestorerError):
        fit(other, JobContext())
