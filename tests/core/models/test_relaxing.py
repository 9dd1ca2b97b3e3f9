"""The start of the generators relaxed towards the surface that bends least."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from restorer.models.fill_unet import FillConfig, FillUNet
from restorer.models.pushpull import push_pull
from restorer.models.relaxing import STENCIL, bend, relax

STEPS = (32, 24, 16)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def waves(height: int = 48, width: int = 64) -> Tensor:
    """A smooth picture (1, 3, H, W) with bends in it."""
    y, x = torch.meshgrid(torch.arange(height) / 9.0, torch.arange(width) / 11.0, indexing="ij")
    return torch.stack([torch.sin(x + y), torch.cos(x - y), torch.sin(2 * y)])[None] * 0.3 + 0.5


def scratch(height: int = 48, width: int = 64, wide: int = 5) -> Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., 20 : 20 + wide, 6:-6] = 1
    return mask


def rms(fill: Tensor, image: Tensor, mask: Tensor) -> float:
    return float((((fill - image) ** 2) * mask).sum().div(3 * mask.sum()).sqrt())


def test_across_a_scratch_it_comes_to_the_biharmonic_fill() -> None:
    image, mask = waves(), scratch()
    start = push_pull(image, mask)
    inpaint = pytest.importorskip("skimage.restoration").inpaint_biharmonic
    wanted = inpaint(start[0].permute(1, 2, 0).numpy(), mask[0, 0].numpy() > 0, channel_axis=2)
    found = relax(start, mask > 0, 60)[0].permute(1, 2, 0).numpy()
    assert np.abs(found - wanted).max() < 0.01 < np.abs(start[0].permute(1, 2, 0).numpy() - wanted).max()


def test_the_stencil_is_the_laplacian_of_the_laplacian() -> None:
    values, where = torch.rand(40, 3), torch.randint(40, (25, 13))
    weights = torch.tensor(list(STENCIL.values())).expand(25, -1).contiguous()
    expected = (values[where] * weights[..., None]).sum(1)
    torch.testing.assert_close(bend(values, where, weights), expected, atol=1e-5, rtol=0)
    laplacian = {(0, 0): -4.0, (1, 0): 1.0, (-1, 0): 1.0, (0, 1): 1.0, (0, -1): 1.0}
    twice: dict[tuple[int, int], float] = {}
    for (y, x), a in laplacian.items():
        for (dy, dx), b in laplacian.items():
            twice[y + dy, x + dx] = twice.get((y + dy, x + dx), 0) + a * b
    assert twice == STENCIL


def test_it_follows_bends_that_push_pull_cuts_off() -> None:
    for wide in (3, 7, 15):
        image, mask = waves(), scratch(wide=wide)
        assert rms(push_pull(image, mask, STEPS), image, mask) < 0.5 * rms(
            push_pull(image, mask), image, mask
        )


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 2), (5, 3), (33, 70)])
def test_what_is_known_stays_and_the_rest_is_in_range(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    image = torch.rand((2, 3, *size), generator=generator)
    mask = (torch.rand((2, 1, *size), generator=generator) > 0.5).float()
    for holes in (mask, torch.zeros_like(mask), torch.ones_like(mask)):
        filled = push_pull(image, holes, STEPS)
        assert torch.equal(filled * (1 - holes), image * (1 - holes))
        assert filled.isfinite().all() and filled.min() >= 0 and filled.max() <= 1


def test_each_picture_of_a_batch_and_each_part_of_a_picture_is_its_own() -> None:
    image, mask = torch.cat([waves(), waves().flip(3)]), torch.cat([scratch(), scratch(wide=9)])
    both = relax(push_pull(image, mask), mask > 0, 16)
    alone = relax(push_pull(image[1:], mask[1:]), mask[1:] > 0, 16)
    torch.testing.assert_close(both[1:], alone, atol=1e-6, rtol=0)
    start = push_pull(image, mask)
    part = relax(start[..., :40], mask[..., :40] > 0, 4)  # four steps reach eight pixels
    torch.testing.assert_close(relax(start, mask > 0, 4)[..., :32], part[..., :32], atol=1e-6, rtol=0)


def test_mirrored_and_turned_pictures_are_relaxed_alike() -> None:
    start, free = (
        torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(2)),
        torch.zeros(1, 1, 24, 24),
    )
    free[..., 4:9, 2:20] = 1
    wanted = relax(start, free > 0, 12)
    for there, back in (
        (lambda t: t.flip(2), lambda t: t.flip(2)),
        (lambda t: t.transpose(2, 3), lambda t: t.transpose(2, 3)),
    ):
        found = back(relax(there(start), there(free) > 0, 12))
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_no_step_and_no_hole_change_nothing() -> None:
    image = waves()
    assert torch.equal(relax(image, scratch() > 0, 0), image)
    assert torch.equal(relax(image, torch.zeros(1, 1, 48, 64, dtype=torch.bool), 9), image)


def test_a_generator_takes_the_coarse_solution_for_known_inside_of_wide_holes_alone() -> None:
    net = FillUNet(FillConfig((8, 8, 8), 1, (1, 2), STEPS)).eval()
    image, mask = waves(), scratch(wide=7)
    mask[..., 30:46, 10:40] = 1
    coarse = torch.full_like(image, 0.25)
    found, relaxed = net(image, mask, coarse=coarse), push_pull(image, mask, STEPS)
    assert torch.equal(found[..., 35:41, 15:35], coarse[..., 35:41, 15:35])
    rim = found[..., 30:46, 10:40] - coarse[..., 30:46, 10:40]
    assert rim[..., 0, 10].abs().sum() > rim[..., 3, 10].abs().sum() > 0  # it comes from the border gradually
    near = (found - relaxed)[..., 20:27, 6:-6].abs()  # the scratch is filled without it
    assert near.max() < 0.02 < (coarse - relaxed)[..., 20:27, 6:-6].abs().max()
    torch.testing.assert_close(net(image, mask), relaxed, atol=1e-6, rtol=0)


def test_what_lies_in_the_hole_does_not_matter() -> None:
    image, mask = waves(), scratch()
    other = torch.where(mask > 0, torch.tensor(np.float32(0.9)), image)
    assert torch.equal(push_pull(image, mask, STEPS), push_pull(other, mask, STEPS))
