from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from restorer.device import choose_device
from restorer.editing.mask import grow
from restorer.errors import InputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.models import build_model
from restorer.models.generator import Generator
from restorer.processing import repairer
from restorer.processing.repairer import Filler, RepairSettings, halve, repair_pixels
from restorer.tiles import FinishedTile
from tests.conftest import line_mask, smooth_photo

CPU = RepairSettings(device="cpu", detail=0.5)


def tiny() -> torch.nn.Module:
    """An untrained generator: it fills with the push-pull start plus noise of its own."""
    torch.manual_seed(3)
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}).eval()
    torch.nn.init.normal_(net.head.weight, std=0.002)  # type: ignore[union-attr,arg-type]
    torch.nn.init.normal_(net.noise2.weight, std=0.05)  # type: ignore[union-attr,arg-type]
    return net


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from([np.uint8, np.uint16]),
    st.booleans(),
    st.integers(0, 4),
    st.integers(0, 2**31),
)
def test_outside_of_the_grown_mask_nothing_changes(
    height: int, width: int, dtype: type, grey: bool, grow_px: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (height, width) if grey else (height, width, 3)
    pixels = rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    before = pixels.copy()
    mask = rng.random((height, width)) < rng.choice([0.002, 0.05, 0.5])
    chosen = RepairSettings(device="cpu", grow_px=grow_px)
    if grow(mask, grow_px).all():
        with pytest.raises(InputError, match="whole photograph"):
            repair_pixels(pixels, mask, chosen, net=tiny())
        return
    out, grown = repair_pixels(pixels, mask, chosen, net=tiny())
    assert out.dtype == pixels.dtype and out.shape == pixels.shape
    assert (pixels == before).all(), "the source was written to"
    assert (out[~grown] == before[~grown]).all()
    if grown.any():
        assert (grown == grow(mask, grow_px)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_scratch_on_a_smooth_picture_disappears(dtype: type) -> None:
    scale = np.iinfo(dtype).max // 255
    truth = smooth_photo(150, 200).astype(dtype) * dtype(scale)
    mask = line_mask(150, 200)
    damaged = truth.copy()
    damaged[mask] = np.iinfo(dtype).max
    out, _ = repair_pixels(damaged, mask, CPU, net=tiny())
    error = np.abs(out.astype(float) - truth)[mask].mean() / scale
    assert error < 12
    assert np.abs(damaged.astype(float) - truth)[mask].mean() / scale > 60


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    photo, mask = smooth_photo(120, 120), line_mask(120, 120, 8)
    first, _ = repair_pixels(photo, mask, CPU, net=tiny())
    again, _ = repair_pixels(photo, mask, CPU, net=tiny())
    other, _ = repair_pixels(photo, mask, RepairSettings(device="cpu", detail=0.5, seed=9), net=tiny())
    assert (first == again).all()
    assert (first != other).any()


def test_wrong_sizes_and_settings_are_told() -> None:
    photo = smooth_photo(40, 50)
    with pytest.raises(InputError, match="50 x 40"):
        repair_pixels(photo, np.zeros((50, 40), bool), CPU, net=tiny())
    with pytest.raises(InputError, match="detail"):
        repair_pixels(photo, np.zeros((40, 50), bool), RepairSettings(detail=1.5), net=tiny())


@pytest.mark.parametrize("mask", [np.full((64, 64), 255, np.uint8), np.full((64, 64), 0.9, np.float32)])
def test_a_mask_that_is_not_bool_is_told(mask: np.ndarray) -> None:
    with pytest.raises(InputError, match="bool"):
        repair_pixels(smooth_photo(64, 64), mask)  # type: ignore[arg-type]


def test_a_seed_out_of_range_is_told() -> None:
    with pytest.raises(InputError, match="seed"):
        repair_pixels(smooth_photo(64, 64), np.zeros((64, 64), bool), RepairSettings(seed=-1))


def test_empty_mask_gives_the_same_picture() -> None:
    photo = smooth_photo(40, 50)
    out, grown = repair_pixels(photo, np.zeros((40, 50), bool), CPU, net=tiny())
    assert (out == photo).all() and not grown.any()


class Fickle(Generator):
    """It runs out of memory at chosen calls, or fails in another way."""

    def __init__(self, failing: set[int], error: Exception) -> None:
        super().__init__()
        self.inner, self.failing, self.error, self.calls = tiny(), failing, error, 0

    def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        self.calls += 1
        if self.calls in self.failing:
            raise self.error
        return self.inner(*args, **kwargs)


def test_out_of_memory_splits_the_tile_and_the_result_stays_close() -> None:
    photo, mask = smooth_photo(600, 500), line_mask(600, 500)
    settings_ = RepairSettings(device="cpu", detail=0.0)
    whole, _ = repair_pixels(photo, mask, settings_, net=tiny())
    net = Fickle({1, 3}, torch.OutOfMemoryError("out of memory"))
    split, grown = repair_pixels(photo, mask, settings_, net=net)
    assert net.calls > 4
    assert (split[~grown] == photo[~grown]).all()
    assert np.abs(whole.astype(int) - split).mean() < 1.0


def test_another_fault_is_not_retried() -> None:
    net = Fickle({1}, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal"):
        repair_pixels(smooth_photo(90, 90), line_mask(90, 90), CPU, net=net)
    assert net.calls == 1


def test_cancel_leaves_within_a_tile() -> None:
    done: list[Progress] = []
    net = Fickle(set(), RuntimeError())
    with pytest.raises(Cancelled):
        repair_pixels(
            smooth_photo(900, 900),
            line_mask(900, 900),
            CPU,
            JobContext(done.append, lambda: len(done) > 0),
            net=net,
        )
    assert net.calls == 1


def test_a_large_hole_is_solved_from_coarse_to_fine() -> None:
    size = 6 * Generator.coarse_radius_px
    photo = smooth_photo(size, size)
    mask = np.zeros((size, size), bool)
    mask[size // 4 : -size // 4, size // 4 : -size // 4] = True
    given: list[bool] = []

    class Spy(Fickle):
        def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
            given.append(kwargs.get("coarse") is not None)
            return super().forward(*args, **kwargs)

    repair_pixels(photo, mask, RepairSettings(device="cpu", detail=0.5), net=Spy(set(), RuntimeError()))
    assert given[0] is False and given[-1] is True


def test_large_photographs_are_solved_coarsely_from_twice_the_radius_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, photo, mask = tiny(), smooth_photo(160, 160), np.zeros((160, 160), bool)
    radius: int = net.coarse_radius_px  # type: ignore[assignment]
    mask[70 : 70 + 3 * radius, 70 : 70 + 3 * radius] = True  # of 1.5 times that radius

    def is_coarse() -> bool:
        filler = Filler(net, photo, mask, CPU, choose_device("cpu"))
        filler.solve_coarse(JobContext())
        return filler.coarse is not None

    assert is_coarse()
    monkeypatch.setattr(repairer, "SMALL_MEGAPIXELS", 0.02)
    assert not is_coarse()
    mask[40:120, 40:120] = True
    assert is_coarse()


def test_halving_takes_known_pixels_only() -> None:
    pixels = np.full((5, 6), 100, np.uint16)
    mask = np.zeros((5, 6), bool)
    mask[0, 0] = True
    pixels[0, 0] = 60000
    half, half_mask = halve(pixels, mask)
    assert half.shape == (3, 3) and half.dtype == np.uint16
    assert half_mask[0, 0] and half_mask.sum() == 1
    assert (half == 100).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_finished_tiles_are_told_while_the_work_goes_on(dtype: type) -> None:
    photo = smooth_photo(150, 1600).astype(dtype)
    mask = line_mask(150, 1600)
    tiles: list[FinishedTile] = []
    ctx = JobContext(lambda p: tiles.append(p.detail) if isinstance(p.detail, FinishedTile) else None)
    out, grown = repair_pixels(photo, mask, CPU, ctx, net=tiny())
    assert len(tiles) > 1
    for tile in tiles:
        assert tile.pixels.dtype == dtype and tile.pixels.shape == out[tile.box.slices].shape
        outside = ~grown[tile.box.slices]
        assert (tile.pixels[outside] == photo[tile.box.slices][outside]).all()


def test_a_hole_larger_than_any_the_network_learnt_from_stays_within_what_surrounds_it() -> None:
    rng = np.random.default_rng(3)
    soft = cv2.GaussianBlur(rng.uniform(0, 255, (480, 480, 3)).astype(np.float32), (0, 0), 12)
    soft = 150 + 20 * (soft - soft.mean()) / soft.std()
    pixels = np.clip(soft + rng.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)
    rows, columns = np.mgrid[:480, :480]
    mask = (rows - 240) ** 2 + (columns - 240) ** 2 < 190**2
    chosen = RepairSettings(device="cpu", detail=0.0, ensemble=False)
    out, grown = repair_pixels(np.where(mask[..., None], 0, pixels).astype(np.uint8), mask, chosen)
    low, high = np.percentile(pixels[~mask], (0.1, 99.9))
    assert low - 10 < out[grown].min() and out[grown].max() < high + 10
    assert out[grown].std() < pixels[~mask].std()
