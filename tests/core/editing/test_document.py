from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from restorer.editing.document import PACK_AFTER, Change, Document
from restorer.editing.mask import DamageMap
from restorer.editing.surface import TILE, Mips, Surface
from restorer.tiles import Box


def photo(height: int = 700, width: int = 1100, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_surface_reads_back_what_was_patched_across_tiles() -> None:
    surface = Surface(700, 1100)
    box = Box(500, 500, 530, 1060)
    values = np.random.default_rng(1).integers(1, 256, (30, 560), dtype=np.uint8)
    assert surface.patch(box, values) == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)}
    whole = surface.to_array()
    np.testing.assert_array_equal(whole[box.slices], values)
    assert np.count_nonzero(whole) == values.size


def test_patch_outside_the_picture_is_clipped() -> None:
    surface = Surface(40, 50)
    surface.patch(Box(-10, 45, 10, 70), np.full((20, 25), 9, np.uint8))
    expected = np.zeros((40, 50), np.uint8)
    expected[:10, 45:] = 9
    np.testing.assert_array_equal(surface.to_array(), expected)


def test_snapshot_is_independent_and_shares_what_is_not_written() -> None:
    surface = Surface.from_array(photo())
    before = surface.snapshot()
    surface.patch(Box(0, 0, 4, 4), np.zeros((4, 4, 3), np.uint8))
    assert surface.changes_from(before) == {(0, 0)}
    np.testing.assert_array_equal(before.to_array(), photo())
    assert surface.tile((1, 1)) is before.tile((1, 1))


def test_patch_that_changes_nothing_keeps_the_tile() -> None:
    surface = Surface.from_array(photo())
    tile = surface.tile((0, 0))
    assert surface.patch(Box(3, 3, 9, 9), photo()[3:9, 3:9]) == set()
    assert surface.tile((0, 0)) is tile


def test_mips_of_a_mask_keep_a_single_pixel_at_every_level() -> None:
    surface = Surface(1300, 2100)
    surface.patch(Box(1299, 2099, 1300, 2100), np.full((1, 1), 255, np.uint8))
    mips = Mips("max")
    for level in range(1, 5):
        side = TILE << level
        tile = mips.tile(surface, level, (1299 // side, 2099 // side))
        assert tile is not None and tile.max() == 255


def test_mips_of_a_picture_follow_an_edit_and_are_kept_otherwise() -> None:
    surface = Surface.from_array(np.full((1100, 1100), 100, np.uint8))
    mips = Mips()
    first = mips.tile(surface, 2, (0, 0))
    assert first is not None and first.shape == (275, 275) and (first == 100).all()
    assert mips.tile(surface, 2, (0, 0)) is first
    surface.patch(Box(0, 0, 4, 4), np.full((4, 4), 200, np.uint8))
    second = mips.tile(surface, 2, (0, 0))
    assert second is not None and second[0, 0] == 200 and (second[1:, 1:] == 100).all()


def test_exception_takes_the_whole_edit_back() -> None:
    document = Document(photo())
    with pytest.raises(ValueError, match="stop"), document.edit("Broken") as tx:
        tx.patch("mask", Box(0, 0, 9, 9), np.full((9, 9), 255, np.uint8))
        tx.set("note", 1)
        raise ValueError("stop")
    assert not document.surfaces["mask"].to_array().any()
    assert document.history == [] and "note" not in document.values


def test_edit_that_changes_nothing_is_no_step() -> None:
    document = Document(photo())
    with document.edit("Nothing") as tx:
        tx.patch("mask", Box(0, 0, 9, 9), np.zeros((9, 9), np.uint8))
    assert document.history == []


def test_history_is_bounded_by_bytes_and_keeps_the_newest() -> None:
    document = Document(photo(600, 600), history_bytes=3_000_000)
    for i in range(12):
        with document.edit(f"Repair {i}") as tx:
            tx.patch("result", Box(0, 0, 512, 512), np.full((512, 512, 3), i, np.uint8))
    assert document.history_size() <= 3_000_000
    assert document.history[-1] == "Repair 11" and document.forgotten > 0
    while document.undo():
        pass
    assert document.surfaces["result"].to_array()[0, 0, 0] == document.forgotten - 1


def test_a_thousand_strokes_fit_into_the_budget_and_undo_to_the_start() -> None:
    document = Document(np.zeros((4000, 4000), np.uint8), history_bytes=64 * 2**20)
    for i in range(1000):
        with document.edit("Brush stroke") as tx:
            box = Box(i * 3, i * 3, i * 3 + 20, i * 3 + 40)
            tx.patch("mask", box, np.full((20, 40), 255, np.uint8))
    assert len(document.history) == 1000
    while document.undo():
        pass
    assert not document.surfaces["mask"].to_array().any()


def test_listeners_hear_of_tiles_and_values_until_they_leave() -> None:
    document = Document(photo())
    heard = []
    leave = document.listen(heard.append)
    with document.edit("Find damage") as tx:
        tx.patch("mask", Box(0, 600, 1, 601), np.full((1, 1), 255, np.uint8))
        tx.set("map", "found")
    assert heard[0].tiles == {"mask": frozenset({(0, 1)})} and heard[1].values == {"map"}
    leave()
    count = len(heard)
    document.undo()
    assert len(heard) == count


class DocumentMachine(RuleBasedStateMachine):
    """Any order of edits, undo and redo agrees with a plain list of whole pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(np.zeros((520, 530), np.uint8))
        self.states = [self._state()]
        self.at = 0

    def _state(self) -> tuple[bytes, bytes, object]:
        surfaces = self.document.surfaces
        return (
            surfaces["mask"].to_array().tobytes(),
            surfaces["result"].to_array().tobytes(),
            self.document.values.get("v"),
        )

    @rule(y=st.integers(0, 519), x=st.integers(0, 529), name=st.sampled_from(["mask", "result"]),
          value=st.integers(0, 255), give_up=st.booleans())  # fmt: skip
    def edit(self, y: int, x: int, name: str, value: int, give_up: bool) -> None:
        tx = self.document.begin("Edit")
        tx.patch(name, Box(y, x, y + 9, x + 9), np.full((9, 9), value, np.uint8))  # type: ignore[arg-type]
        tx.set("v", value)
        if give_up:
            self.document.rollback()
            return
        self.document.commit()
        del self.states[self.at + 1 :]
        self.states.append(self._state())
        self.at += 1

    @precondition(lambda self: self.at > 0)
    @rule()
    def undo(self) -> None:
        assert self.document.undo() == "Edit"
        self.at -= 1

    @precondition(lambda self: self.at < len(self.states) - 1)
    @rule()
    def redo(self) -> None:
        assert self.document.redo() == "Edit"
        self.at += 1

    @invariant()
    def agrees(self) -> None:
        assert self._state() == self.states[self.at]
        assert len(self.document.history) == self.at


TestDocumentMachine = DocumentMachine.TestCase
TestDocumentMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_steps_of_one_gesture_are_undone_together() -> None:
    document = Document(np.zeros((40, 40, 3), np.uint8))
    with document.edit("Stroke") as tx:
        tx.patch("mask", Box(0, 0, 1, 1), np.full((1, 1), 9, np.uint8))
    for value in (1, 2, 3):
        with document.edit("Slider", merge=True) as tx:
            tx.set("sensitivity", value)
            tx.patch("mask", Box(0, value, 1, value + 1), np.full((1, 1), value, np.uint8))
    assert document.history == ["Stroke", "Slider"]
    document.undo()
    assert "sensitivity" not in document.values
    assert document.surfaces["mask"].to_array()[0, :4].tolist() == [9, 0, 0, 0]
    document.redo()
    assert document.values["sensitivity"] == 3
    assert document.surfaces["mask"].to_array()[0, :4].tolist() == [9, 1, 2, 3]
    document.undo()
    with document.edit("Slider", merge=True) as tx:
        tx.set("sensitivity", 7)
    assert document.history == ["Stroke", "Slider"]


def test_listeners_see_the_history_as_it_is_after_an_undo() -> None:
    document = Document(np.zeros((8, 8, 3), np.uint8))
    with document.edit("Step") as tx:
        tx.set("value", 1)
    seen: list[tuple[list[str], list[str]]] = []
    document.listen(lambda _: seen.append((document.history, document.future)))
    document.undo()
    document.redo()
    assert seen == [([], ["Step"]), (["Step"], [])]


def adjusted(number: int) -> Surface:
    return Surface.from_array(np.full((1024, 1024), number, np.uint8))


def searched(number: int) -> DamageMap:
    thin = np.full((1024, 1024), number, np.uint8)
    return DamageMap(thin, thin // 2)


@pytest.mark.parametrize("make", [adjusted, searched])
@pytest.mark.parametrize("budget", [64 << 20, 4 << 20])
def test_masks_and_damage_maps_that_are_values_count_are_packed_and_come_back(
    make: Callable[[int], Surface | DamageMap], budget: int
) -> None:
    document = Document(np.zeros((1024, 1024, 3), np.uint8), budget)
    made = [make(number + 1) for number in range(20)]  # a slider that is moved again and again
    each = bytes_of(made[0])
    for value in made:
        with document.edit("Adjust detection") as tx:
            tx.set("value", value)
    unpacked = min(PACK_AFTER, budget // each) * each
    assert len(document.history) == 20
    assert unpacked - each <= document.history_size() <= min(budget, unpacked + (1 << 20))
    for number in range(19, -1, -1):
        assert same(document.values["value"], made[number])
        document.undo()
    for _ in range(20):
        document.redo()
    assert same(document.values["value"], made[-1])


def bytes_of(value: Surface | DamageMap) -> int:
    return value.thin.nbytes + value.region.nbytes if isinstance(value, DamageMap) else 1 << 20


def same(one: Surface | DamageMap, other: Surface | DamageMap) -> bool:
    if isinstance(one, DamageMap) and isinstance(other, DamageMap):
        return np.array_equal(one.thin, other.thin) and np.array_equal(one.region, other.region)
    assert isinstance(one, Surface) and isinstance(other, Surface)
    return np.array_equal(one.to_array(), other.to_array())


def test_going_to_a_step_is_told_once_and_is_the_same_as_step_by_step() -> None:
    document = Document(np.zeros((600, 600), np.uint8))
    seen: list[tuple[bytes, object]] = []
    for number in range(5):
        seen.append((document.surfaces["mask"].to_array().tobytes(), document.values.get("count")))
        with document.edit(f"step {number}") as tx:
            box = Box(120 * number, 0, 120 * (number + 1), 600)
            tx.patch("mask", box, np.full((120, 600), number + 1, np.uint8))
            tx.set("count", number)
    changes: list[Change] = []
    document.listen(changes.append)
    for steps in (1, 4, 0, 3, 3, -2):
        document.go_to(steps)
        state = document.surfaces["mask"].to_array().tobytes(), document.values.get("count")
        assert state == seen[max(steps, 0)] and len(document.history) == max(steps, 0)
    assert len(changes) == 5, "where nothing moves there is nothing to tell"
    assert changes[0].tiles["mask"] == {(0, 0), (0, 1), (1, 0), (1, 1)} and changes[0].label == "step 1"
