from __future__ import annotations

import pytest
import torch

from restorer.models import build_model
from restorer.models.damage_unet import top_hats
from restorer.models.pushpull import push_pull


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


def test_untrained_generator_is_the_push_pull_fill() -> None:
    net = build_model("fill-unet", {"channels": (8, 8, 8)})
    image, mask = torch.rand(1, 3, 32, 48), (torch.rand(1, 1, 32, 48) > 0.8).float()
    noise = torch.randn(1, 1, 32, 48)
    torch.testing.assert_close(net(image, mask, noise=noise), push_pull(image, mask))


def test_generator_ignores_what_lies_in_the_hole() -> None:
    torch.manual_seed(0)
    net = build_model("fill-unet", {"channels": (8, 8, 8)})
    torch.nn.init.normal_(net.head.weight)  # type: ignore[union-attr,arg-type]
    image, mask = torch.rand(1, 3, 32, 32), (torch.rand(1, 1, 32, 32) > 0.8).float()
    torch.testing.assert_close(net(image, mask), net(image * (1 - mask) + 0.7 * mask, mask))


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


def test_detector_gives_two_planes_and_finite_gradients() -> None:
    net = build_model("damage-unet", {"channels": (8, 8, 8)})
    logits = net(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 2, 64, 96)
    logits.mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)
