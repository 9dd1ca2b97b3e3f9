from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from restorer.jobs import Cancelled, JobContext, Progress
from restorer.tiles import (
    Box,
    MemoryShortError,
    SmallerTiles,
    TileSpec,
    compute_split,
    cut_span,
    pieces,
    run_tiled,
    tile_weight,
)


@given(st.integers(1, 3000), st.integers(40, 600), st.integers(0, 39))
def test_spans_cover_everything_with_the_overlap(length: int, tile: int, overlap: int) -> None:
    spans = cut_span(length, tile, overlap)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    for (_, end), (start, _) in pairwise(spans):
        assert end - start >= overlap - 1  # equal spacing is rounded
    assert all(b - a <= tile for a, b in spans)


def box_blur(picture: np.ndarray, box: Box) -> np.ndarray:
    """A local operation with a reach of 3 px that sees its tile only."""
    return cv2.blur(picture[box.slices], (7, 7), borderType=cv2.BORDER_REPLICATE)[..., None]


class Memory:
    """Fails for boxes larger than a limit, and at chosen calls besides."""

    def __init__(self, picture: np.ndarray, limit: int, failing: set[int]) -> None:
        self.picture, self.limit, self.failing, self.calls, self.released = picture, limit, failing, 0, 0

    def compute(self, box: Box) -> np.ndarray:
        self.calls += 1
        if self.calls in self.failing or max(box.height, box.width) > self.limit:
            raise MemoryShortError
        return box_blur(self.picture, box)

    def release(self) -> None:
        self.released += 1


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(50, 90), st.sets(st.integers(1, 12), max_size=3))
def test_tiled_equals_whole_even_when_memory_runs_out(
    height: int, width: int, limit: int, failing: set[int]
) -> None:
    picture = np.random.default_rng(height * 1000 + width).random((height, width), np.float32)
    memory = Memory(picture, limit, failing)
    spec = TileSpec(tile_px=64, context_px=4, feather_px=4, minimum_px=16)
    out = np.full((height, width), np.nan, np.float32)
    seen: list[float] = []
    ctx = JobContext(lambda p: None if p.fraction is None else seen.append(p.fraction))
    try:
        for band, values, valid in run_tiled(
            height, width, memory.compute, spec, ctx, release=memory.release
        ):
            assert valid.all()
            assert np.isnan(out[band.slices]).all(), "a row was yielded twice"
            out[band.slices] = values[..., 0]
    except MemoryShortError:
        # Only a picture as small as the smallest tile may give up.
        assert memory.failing
        assert min(64, max(height, width)) < 64
        return
    np.testing.assert_allclose(out, box_blur(picture, Box(0, 0, height, width))[..., 0], atol=1e-5)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_pieces_hold_every_hole_once(seed: int, count: int, margin: int) -> None:
    rng = np.random.default_rng(seed)
    holes = np.zeros((300, 420), bool)
    for _ in range(count):
        y, x = rng.integers(0, 300), rng.integers(0, 420)
        holes[y : y + rng.integers(1, 40), x : x + rng.integers(1, 40)] = True
    seen = np.zeros(holes.shape, int)
    for box in pieces(holes, margin, call_px=100):
        seen[box.slices] += 1
        part = holes[box.slices]
        assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()
    assert seen.max() == 1
    assert (seen[holes] == 1).all()


def test_far_specks_are_pieces_of_their_own_and_near_ones_one() -> None:
    holes = np.zeros((600, 600), bool)
    for y, x in ((10, 10), (14, 30), (550, 560), (20, 570)):
        holes[y : y + 3, x : x + 3] = True
    assert sorted(pieces(holes, 48, call_px=5_000), key=lambda b: (b.y0, b.x0)) == [
        Box(10, 10, 17, 33),
        Box(20, 570, 23, 573),
        Box(550, 560, 553, 563),
    ]
    assert pieces(np.zeros((60, 60), bool), 48) == []


def test_memory_is_released_before_a_tile_is_split() -> None:
    memory = Memory(np.zeros((64, 64), np.float32), 64, {1})
    compute_split(Box(0, 0, 64, 64), memory.compute, TileSpec(64, 4, 4, 16), memory.release)
    assert memory.released == 1


def test_too_small_to_split_gives_up() -> None:
    memory = Memory(np.zeros((64, 64), np.float32), 0, set())
    with pytest.raises(MemoryShortError):
        compute_split(Box(0, 0, 64, 64), memory.compute, TileSpec(64, 4, 4, 16), memory.release)


def test_unwanted_tiles_are_not_computed_and_not_valid() -> None:
    memory = Memory(np.zeros((40, 200), np.float32), 999, set())
    spec = TileSpec(64, 4, 4, 16)
    bands = list(run_tiled(40, 200, memory.compute, spec, JobContext(), wanted=lambda b: b.x0 == 0))
    assert memory.calls == 1
    valid = np.concatenate([v for _, _, v in bands])
    assert valid[:, :40].all()
    assert not valid[:, 70:].any()


def test_cancel_stops_before_the_next_tile() -> None:
    memory = Memory(np.zeros((300, 300), np.float32), 999, set())
    done: list[Progress] = []
    ctx = JobContext(done.append, lambda: len(done) >= 2)
    with pytest.raises(Cancelled):
        list(run_tiled(300, 300, memory.compute, TileSpec(64, 4, 4, 16), ctx))
    assert memory.calls == 2


def test_weight_is_zero_in_the_context_and_one_at_the_border_of_the_picture() -> None:
    weight = tile_weight(Box(0, 10, 64, 74), Box(0, 0, 64, 200), TileSpec(64, 8, 4, 16))
    assert (weight[:, :8] == 0).all()
    assert (weight[0, 12:50] == 1).all()
    assert (weight[:, -8:] == 0).all()


def test_a_listener_hears_that_memory_ran_short() -> None:
    picture = np.random.default_rng(5).random((90, 90)).astype(np.float32)
    told: list[object] = []
    memory = Memory(picture, 10**6, {2})
    spec = TileSpec(tile_px=80, context_px=8, feather_px=8, minimum_px=16)
    ctx = JobContext(lambda p: told.append(p.detail))
    list(run_tiled(90, 90, memory.compute, spec, ctx))
    assert sum(isinstance(detail, SmallerTiles) for detail in told) == 1
