"""The contract that every architecture of the registry keeps, and what is particular to some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from restorer.arrays import Pixels
from restorer.device import choose_device
from restorer.editing.mask import Mask, grow
from restorer.errors import InputError
from restorer.library.weights import fill_network, read_weights
from restorer.models import ARCHITECTURES, build_model, hyper_parameters
from restorer.models.blocks import join
from restorer.models.damage_unet import top_hats
from restorer.models.gated_attention import contextual_attention
from restorer.models.pushpull import meet_border, push_pull
from restorer.models.vae_gan import fade
from restorer.processing.repairer import RepairSettings, repair_pixels
from restorer.processing.study import study
from tests.conftest import smooth_photo

TINY = {
    "fill-unet": {
        "channels": (8, 8, 8),
        "blocks": 1,
        "rates": (1, 2),
        "relaxations": (4, 2),
        "deeper": (1, 0, 1, 0),
    },
    "context-encoder": {"side_px": 32, "channels": (8, 8, 8)},
    "unet-gan": {"channels": (8, 8, 8, 8, 8)},
    "vae-gan": {"channels": (8, 8, 8), "latent": 4, "refine": 8, "blocks": 1},
    "gated-attention": {"first": (8, 8), "channels": (8, 8, 8), "rates": (1, 2)},
    "lama-fourier": {"channels": (8, 8, 8), "blocks": 1},
    "damage-unet": {"channels": (8, 8, 8), "radii": (1,)},
}
WITH_MEMBRANE = ("context-encoder", "gated-attention", "vae-gan")
REPAIR = [a for a, entry in ARCHITECTURES.items() if entry.task == "repair"]
MASKS: dict[str, Callable[[Tensor], object]] = {
    "empty": lambda m: m,
    "full": lambda m: m.fill_(1),
    "one pixel": lambda m: m[..., m.shape[-2] // 2, m.shape[-1] // 3].fill_(1),
    "border": lambda m: (m[..., :3, :].fill_(1), m[..., -2:].fill_(1)),
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(arch: str) -> nn.Module:
    """A small network with random weights everywhere, as if it were trained a little."""
    torch.manual_seed(3)
    net = build_model(arch, TINY[arch]).eval()
    for parameter in net.parameters():
        if parameter.ndim > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    return net


def side(net: nn.Module) -> int:
    return max(32, net.multiple_of)  # type: ignore[call-overload]


def example(net: nn.Module, count: int = 2, mask: str = "border") -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(5)
    height, width = side(net), 2 * side(net)
    holes = torch.zeros(count, 1, height, width)
    MASKS[mask](holes)
    return torch.rand(count, 3, height, width), holes, torch.randn(count, 1, height, width)


def run(net: nn.Module, image: Tensor, mask: Tensor, noise: Tensor | None = None) -> Tensor:
    return net(image) if "radii" in hyper_parameters(net) else net(image, mask, noise=noise)


def test_every_architecture_is_tested() -> None:
    assert set(TINY) == set(ARCHITECTURES)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("mask", MASKS)
def test_any_mask_gives_finite_values_and_finite_gradients(arch: str, mask: str) -> None:
    net = tiny(arch)
    found = run(net, *example(net, mask=mask))
    assert found.shape[0] == 2 and found.shape[2:] == (side(net), 2 * side(net))
    assert torch.isfinite(found).all()
    found.square().mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_picture_does_not_depend_on_its_batch(arch: str) -> None:
    net = tiny(arch)
    image, mask, noise = example(net, 3)
    together = run(net, image, mask, noise)
    for i in range(3):
        alone = run(net, *(t[i : i + 1] for t in (image, mask, noise)))
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_double_precision_and_bfloat16(arch: str) -> None:
    net = tiny(arch)
    planes = example(net)
    single = run(net, *planes)
    with torch.autocast("cpu", torch.bfloat16):
        low = run(net, *planes).float()
    assert (low - single).abs().mean() < 0.03 * single.abs().mean()
    double = run(net.double(), *(p.double() for p in planes))
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), single, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_saved_and_loaded_it_is_the_same(arch: str, tmp_path: Path) -> None:
    net = tiny(arch)
    halves = {k: v.half().contiguous() for k, v in net.state_dict().items()}
    save_file(halves, tmp_path / "net.safetensors")
    again = build_model(arch, hyper_parameters(net)).eval()
    fill_network(again, read_weights(tmp_path / "net.safetensors"), "net")
    fill_network(net, {k: v.float() for k, v in halves.items()}, "net")
    planes = example(net)
    assert torch.equal(run(net, *planes), run(again, *planes))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_its_file_is_small(arch: str) -> None:
    values = sum(v.numel() for v in build_model(arch).state_dict().values())
    assert 2 * values <= 8_000_000


@pytest.mark.parametrize("arch", REPAIR)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (37, 5), (70, 131)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_unmasked_pixels_stay_at_any_size(arch: str, shape: tuple[int, int], dtype: type) -> None:
    net = tiny(arch)
    truth = smooth_photo(*shape).astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    for name in MASKS:
        holes = torch.zeros(1, 1, *shape)
        MASKS[name](holes)
        mask = holes[0, 0].numpy() > 0
        for pixels in (truth, truth[..., 0].copy()):
            settings = RepairSettings(device="cpu", grow_px=1)
            if grow(mask, 1).all():  # nothing to fill from
                with pytest.raises(InputError):
                    repair_pixels(pixels, mask, settings, net=net)
                continue
            out, grown = repair_pixels(pixels, mask, settings, net=net)
            assert out.shape == pixels.shape and out.dtype == dtype
            assert (out[~grown] == pixels[~grown]).all(), name


@pytest.mark.parametrize("arch", REPAIR)
@pytest.mark.parametrize("shape", [(32, 32), (57, 90)])
def test_a_small_photograph_can_be_studied(arch: str, shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, bool)
    mask[10:16, 8:24] = True
    settings = RepairSettings(detail=0, grow_px=0, device="cpu")

    def fill(net: nn.Module, pixels: Pixels, holes: Mask) -> Pixels:
        return repair_pixels(pixels, holes, settings, net=net)[0]

    learnt = study(tiny(arch), smooth_photo(*shape), mask, 2, choose_device("cpu"), fill)
    assert all(bool(torch.isfinite(value).all()) for value in learnt.values())


@pytest.mark.parametrize("arch", REPAIR)
def test_what_lies_in_the_hole_does_not_matter(arch: str) -> None:
    net = tiny(arch)
    image, mask, noise = example(net)
    other = image * (1 - mask) + 0.7 * mask
    torch.testing.assert_close(
        net(image, mask, noise=noise) * mask, net(other, mask, noise=noise) * mask, atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("arch", REPAIR)
def test_untrained_it_is_the_push_pull_fill_or_the_coarse_solution(arch: str) -> None:
    net = build_model(arch, TINY[arch]).eval()
    image, mask, noise = example(net)
    coarse = torch.rand_like(image)
    relaxations = getattr(net.config, "relaxations", ())
    for given, start in ((None, push_pull(image, mask, relaxations)), (coarse, coarse)):
        if relaxations and given is not None:
            continue  # it counts in wide holes alone: test_relaxing.py
        expected = meet_border(start, image, mask) if arch in WITH_MEMBRANE else start
        found = net(image, mask, noise=noise, coarse=given)
        torch.testing.assert_close(found * mask, expected * mask, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("arch", REPAIR)
def test_the_coarse_solution_is_told_from_the_push_pull_fill(arch: str) -> None:
    net = tiny(arch)
    image, mask, _ = example(net)
    mask[..., 6:22, 6:22] = 1  # wide enough for the coarse solution to count
    with_flag, without = net(image, mask, coarse=push_pull(image, mask)), net(image, mask)
    assert (with_flag - without).abs().max() > 1e-6


def test_every_seed_of_the_vae_gives_another_fill() -> None:
    net, truth = tiny("vae-gan"), smooth_photo(96, 96)
    nn.init.normal_(net.head.weight, std=0.2)  # type: ignore[union-attr,arg-type]
    mask = np.zeros((96, 96), bool)
    mask[30:70, 30:70] = True
    fills = [
        repair_pixels(truth, mask, RepairSettings(device="cpu", grow_px=0, seed=seed), net=net)[0]
        for seed in (0, 0, 1)
    ]
    assert (fills[0] == fills[1]).all()
    assert np.abs(fills[0].astype(int) - fills[2])[mask].mean() > 1


def test_fade_is_zero_on_the_border_of_a_hole_and_one_inside() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 16:48, 16:48] = 1
    weight = fade(mask)[0, 0]
    assert weight[32, 32] == 1 and weight[15].max() == 0
    assert 0 < weight[16, 32] < 0.2 < weight[18, 32]
    assert fade(torch.ones(1, 1, 16, 16)).min() == 1


def test_a_membrane_takes_a_step_away_and_leaves_what_meets() -> None:
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64).contiguous()
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 20:44, 20:44] = 1
    dark = ramp - 0.3 * mask
    found = meet_border(dark, ramp, mask)
    assert (found - ramp).abs().max() < 0.03
    assert torch.equal(found * (1 - mask), dark * (1 - mask))
    full = torch.ones_like(mask)
    assert torch.equal(meet_border(dark, ramp, full), dark)
    assert torch.equal(meet_border(dark, ramp, 0 * mask), dark)


def test_attention_copies_what_is_known_where_it_looks_alike() -> None:
    """Two textures, each with its own value in a plane that is not compared much: the hole takes that of its
    texture."""
    x = torch.zeros(1, 3, 32, 32)
    x[:, 0, :, :16] = 1
    x[:, 1, :, 16:] = 1
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:16, 4:10] = 1
    x[:, 2] = 0.3
    x[:, 2][mask[:, 0] > 0] = 0
    found = contextual_attention(x, mask, 50.0)
    torch.testing.assert_close(
        found[0, :, 10:14, 6:8].mean((1, 2)), torch.tensor([1.0, 0, 0.3]), atol=0.04, rtol=0
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (64, 64), (33, 70)])
def test_push_pull_keeps_what_is_known_and_stays_in_range(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    image = torch.rand((2, 3, *size), generator=generator)
    mask = (torch.rand((2, 1, *size), generator=generator) > 0.5).float()
    filled = push_pull(image, mask)
    assert torch.equal(filled * (1 - mask), image * (1 - mask))
    assert filled.min() >= 0 and filled.max() <= 1


def test_push_pull_of_a_constant_is_that_constant_whatever_lies_in_the_hole() -> None:
    image = torch.full((1, 3, 40, 56), 0.3)
    mask = torch.zeros(1, 1, 40, 56)
    mask[..., 10:30, 10:40] = 1
    image[..., 15, 20] = 0.9
    torch.testing.assert_close(push_pull(image, mask), torch.full_like(image, 0.3))


def test_push_pull_without_anything_known_is_grey() -> None:
    filled = push_pull(torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(filled, torch.full((1, 3, 8, 8), 0.5))


def test_joining_is_the_same_with_gradients_and_without() -> None:
    small, skip = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 8, 10)
    taught = join(small.requires_grad_(), skip)
    with torch.no_grad():
        assert torch.equal(join(small, skip), taught)
    assert torch.equal(taught[..., 5, 7], skip[..., 5, 7] + small[..., 2, 3])
    taught.sum().backward()
    assert small.grad is not None and torch.equal(small.grad, torch.full_like(small, 4))


def test_top_hats_see_a_bright_and_a_dark_line_and_no_edge() -> None:
    luma = torch.full((1, 1, 40, 40), 0.5)
    luma[..., 10, :] = 0.9
    luma[..., 30, :] = 0.2
    white, black = top_hats(luma, 2)[0]
    assert white[10, 20] == pytest.approx(0.4) and black[10, 20] == 0
    assert black[30, 20] == pytest.approx(0.3) and white[30, 20] == 0
    step = torch.zeros(1, 1, 40, 40)
    step[..., 20:] = 1
    assert top_hats(step, 2).abs().max() == 0


def test_detector_gives_two_planes() -> None:
    net = tiny("damage-unet")
    assert net(torch.rand(2, 3, 64, 96)).shape == (2, 2, 64, 96)
