from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from restorer.editing.surface import TILE, Mips, OutOfTime, Surface, changed_part
from restorer.tiles import Box


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(max_examples=15, deadline=None)
@given(
    patches=st.lists(
        st.tuples(
            st.integers(0, 1200),
            st.integers(0, 1600),
            st.integers(1, 90),
            st.integers(1, 90),
            st.integers(0, 255),
        ),
        min_size=1,
        max_size=5,
    ),
    reduce=st.sampled_from(["mean", "max"]),
)
def test_levels_after_edits_are_those_made_from_scratch(patches: list, reduce: str) -> None:
    surface = Surface.from_array(picture(1201, 1667)[..., 0].copy())
    kept = Mips(reduce)  # type: ignore[arg-type]
    kept.tile(surface, 2, (0, 0))
    for y, x, height, width, value in patches:
        surface.patch(Box(y, x, y + height, x + width), np.full((height, width), value, np.uint8))
        fresh = Mips(reduce)  # type: ignore[arg-type]
        for level, key in ((1, (0, 1)), (2, (0, 0)), (3, (0, 0))):
            np.testing.assert_array_equal(kept.tile(surface, level, key), fresh.tile(surface, level, key))


def test_tile_that_is_forgotten_leaves_nothing_in_the_levels() -> None:
    surface, mips = Surface(1100, 1100), Mips("max")
    surface.patch(Box(600, 600, 610, 610), np.full((10, 10), 255, np.uint8))
    surface.patch(Box(5, 5, 6, 6), np.full((1, 1), 255, np.uint8))
    first = mips.tile(surface, 1, (0, 0))
    assert first is not None and first[302, 302] == 255
    surface.put((1, 1), None)
    second = mips.tile(surface, 1, (0, 0))
    assert second is not None and second[302, 302] == 0 and second[2, 2] == 255
    surface.put((0, 0), None)
    assert mips.tile(surface, 1, (0, 0)) is None


def test_work_can_be_stopped_and_goes_on_from_there() -> None:
    surface, mips = Surface.from_array(picture(4 * TILE, 4 * TILE)), Mips()
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 2

    with pytest.raises(OutOfTime):
        mips.tile(surface, 2, (0, 0), stop)
    done = mips.size()
    assert done == 2 * TILE * TILE * 3
    calls = -10
    finished = mips.tile(surface, 2, (0, 0), stop)
    np.testing.assert_array_equal(finished, Mips().tile(surface, 2, (0, 0)))
    assert calls == -7  # two joins of level 1 and one of level 2 were left


def test_levels_of_a_result_share_those_of_the_source_where_nothing_was_repaired() -> None:
    source = Surface.from_array(picture(4 * TILE, 4 * TILE))
    below = Mips()
    result = source.snapshot()
    above = Mips(base=(source, below))
    for key in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert above.tile(result, 1, key) is below.tile(source, 1, key)
    assert above.size() == 0
    result.patch(Box(10, 10, 20, 20), np.zeros((10, 10, 3), np.uint8))
    changed = above.tile(result, 1, (0, 0))
    assert changed is not None and not changed[6:9, 6:9].any()
    assert above.tile(result, 1, (1, 1)) is below.tile(source, 1, (1, 1))
    np.testing.assert_array_equal(above.tile(result, 2, (0, 0)), Mips().tile(result, 2, (0, 0)))
    result.put((0, 0), source.tile((0, 0)))  # undone
    assert above.tile(result, 1, (0, 0)) is below.tile(source, 1, (0, 0))
    above.tile(result, 2, (0, 0))
    assert above.size() == 0


def test_stamp_tells_of_every_write_and_is_shared_by_snapshots() -> None:
    surface = Surface(600, 600)
    other = surface.snapshot()
    assert other.stamp == surface.stamp
    surface.patch(Box(0, 0, 1, 1), np.ones((1, 1), np.uint8))
    assert other.stamp != surface.stamp
    stamp = surface.stamp
    surface.patch(Box(0, 0, 1, 1), np.ones((1, 1), np.uint8))
    assert surface.stamp == stamp


def test_changed_part_is_the_smallest_box() -> None:
    old = np.zeros((40, 50), np.uint8)
    new = old.copy()
    assert changed_part(old, new) is None
    new[7, 30], new[20, 11] = 1, 2
    assert changed_part(old, new) == Box(7, 11, 21, 31)
    assert changed_part(None, new) == Box(0, 0, 40, 50)
