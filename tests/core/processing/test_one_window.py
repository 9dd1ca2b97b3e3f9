"""Networks of others that know a square of one size only, such as MAT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from restorer.device import place
from restorer.library.importing import import_model
from restorer.library.weights import load_network
from restorer.models.generator import Generator
from restorer.processing.repairer import RepairSettings, repair_pixels, tiles_for
from restorer.tiles import Box
from tests.conftest import smooth_photo
from tests.core.library.test_importing import FakeDescriptor, fake_spandrel, own_library, safetensors  # noqa: F401 - fixtures


@pytest.fixture
def windowed(monkeypatch: pytest.MonkeyPatch, fake_spandrel: object) -> None:  # noqa: F811
    sizes = SimpleNamespace(minimum=256, multiple_of=256, square=True)
    monkeypatch.setattr(FakeDescriptor, "size_requirements", sizes)


@pytest.mark.parametrize(("shape", "shown"), [((300, 720), (256, 256)), ((150, 700), (152, 256))])
def test_it_is_shown_that_much_of_the_photograph_and_not_more(
    windowed: None, tmp_path: Path, shape: tuple[int, int], shown: tuple[int, int]
) -> None:
    entry = import_model(safetensors(tmp_path / "mat.safetensors", shape[0] / 300))
    photo, mask = smooth_photo(*shape), np.zeros(shape, bool)
    mask[4:9, 3:690] = mask[60:140, 300:304] = True
    settings = RepairSettings(model=entry.id, grow_px=0, device="cpu")
    repaired, grown = repair_pixels(photo, mask, settings)
    assert (
        np.array_equal(repaired[~grown], photo[~grown])
        and (repaired[mask] != photo[mask]).any(1).mean() > 0.9
    )
    net = load_network(entry, settings.detail)
    seen = [tuple(image.shape[-2:]) for image, _ in net._call.seen]
    assert set(seen) == {shown} and len(seen) >= 4
    repair_pixels(photo, mask, replace(settings, detail=0.0))
    assert len(net._call.seen) == 2 * len(seen), "once, not from eight sides"


def test_pieces_with_their_surroundings_fit_into_the_window() -> None:
    net, spec = Generator(), tiles_for(Generator())
    assert spec.tile_px == 640
    net.window_px = 512
    spec = tiles_for(net)
    inner = spec.tile_px - 2 * spec.context_px
    assert inner + 2 * net.surroundings_px == 512


def test_a_box_is_widened_inside_the_picture() -> None:
    assert Box(10, 20, 14, 30).widened(20, 100, 100) == Box(2, 15, 22, 35)
    assert Box(0, 90, 5, 100).widened(20, 100, 100) == Box(0, 80, 20, 100)
    assert Box(3, 3, 50, 50).widened(20, 100, 100) == Box(3, 3, 50, 50)
    assert Box(3, 3, 5, 5).widened(200, 40, 60) == Box(0, 0, 40, 60)
    assert Box(3, 4, 5, 6).widened(0, 40, 60) == Box(3, 4, 5, 6)


def test_weights_of_any_number_of_dimensions_are_placed() -> None:
    net = nn.Sequential(nn.Conv2d(4, 4, 3), nn.Linear(2, 3))
    net.register_parameter("modulated", nn.Parameter(torch.ones(1, 2, 3, 3, 3)))
    net.register_buffer("kernel", torch.rand(2, 3, 4, 4))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert place(net) is net
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
