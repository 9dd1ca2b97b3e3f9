"""Views: every orientation once, nothing lost on the way there and back, and what is made of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restorer.jobs import JobContext, Progress
from restorer.models import build_model
from restorer.processing.repairer import RepairSettings, repair_pixels
from restorer.processing.views import VIEWS, View
from restorer.tiles import FinishedTile
from tests.conftest import smooth_photo

FAITHFUL = RepairSettings(detail=0.0, device="cpu")


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("shape", [(5, 9), (12, 7, 3), (2, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_, np.float32])
def test_back_and_forth_is_the_same_picture(view: View, shape: tuple[int, ...], dtype: type) -> None:
    picture = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    seen = view.of(picture)
    assert seen.dtype == dtype and seen.flags.c_contiguous
    assert (view.back(seen) == picture).all()


def test_every_orientation_is_seen_once() -> None:
    picture = np.arange(48 * 56).reshape(48, 56)
    corners = {view.of(picture)[view.shift[0], view.shift[1] :][:2].tobytes() for view in VIEWS}
    assert len(corners) == len(VIEWS) == 8
    assert len({view.shift for view in VIEWS}) == 8


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_told_last_is_what_comes_out(dtype: type) -> None:
    torch.manual_seed(0)
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}).eval()
    torch.nn.init.normal_(net.head.weight, std=0.02)  # type: ignore[union-attr,arg-type]
    photo, mask = smooth_photo(90, 130).astype(dtype), np.zeros((90, 130), bool)
    mask[30:62, 20:90] = True  # wide enough for a coarse solution
    told: list[FinishedTile] = []
    shares: list[float] = []

    def note(progress: Progress) -> None:
        if progress.fraction is not None:
            shares.append(progress.fraction)
        if isinstance(progress.detail, FinishedTile):
            told.append(progress.detail)

    settings = RepairSettings(detail=0.0, grow_px=0, device="cpu")
    out, grown = repair_pixels(photo, mask, settings, JobContext(note), net=net)
    assert len(told) == len(VIEWS) and shares == sorted(shares)
    assert (told[-1].pixels == out).all() and (told[0].pixels != out).any()
    assert (out[~grown] == photo[~grown]).all()
    for tile in told:
        assert tile.pixels.dtype == dtype and (tile.pixels[~mask] == photo[~mask]).all()


def test_grey_photographs_are_averaged_too() -> None:
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}).eval()
    photo, mask = smooth_photo(40, 50)[..., 0].copy(), np.zeros((40, 50), bool)
    mask[10:20, 5:30] = True
    out, grown = repair_pixels(photo, mask, FAITHFUL, net=net)
    assert out.shape == photo.shape and (out[~grown] == photo[~grown]).all()
    assert photo[~grown].min() <= out[grown].min() and out[grown].max() <= photo[~grown].max()
