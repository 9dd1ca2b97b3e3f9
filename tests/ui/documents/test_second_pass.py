"""Searching, marking and filling again what was filled before: no earlier repair is lost by it unseen."""

from __future__ import annotations

import numpy as np

from restorer.editing.mask import MaskSettings
from restorer.tiles import Box
from tests.ui.conftest import Stand
from tests.ui.documents.support import DARK, PLAIN, SCRATCH, SPOT, Bench
from ui.documents.recut import clear_mask
from ui.documents.session import DocumentSession
from ui.jobs import JobRunner


def test_a_second_search_adds_to_what_was_repaired(bench: Bench, stand: Stand) -> None:
    bench.find()
    bench.repair()
    first, mask = bench.result.copy(), bench.mask.copy()
    bench.find()  # finds nothing: all of it is repaired
    assert bench.session.looks_clean and (bench.mask == mask).all()
    bench.session.recut(MaskSettings(sensitivity=0.9))
    bench.rest()
    assert (bench.mask == mask).all()
    new = Box(10, 10, 14, 20)
    bench.mark(new)
    bench.repair()
    changed = (bench.result != first).any(2)
    assert changed[new.slices].any()
    changed[new.slices] = False
    assert not changed.any() and len(bench.session.repairs) == 4


def test_what_was_unmarked_is_searched_as_in_the_scan(bench: Bench) -> None:
    bench.find()
    bench.repair()
    repaired = bench.result.copy()
    bench.mark(SPOT, 0)
    bench.find()  # by hand it was taken away, so it stays away
    assert not bench.mask[SPOT.slices].any() and bench.mask[SCRATCH.slices].all()
    clear_mask(bench.session.document, "Clear mask")
    bench.find()
    assert all((bench.mask[box.slices] == 255).all() for box in (SCRATCH, SPOT, DARK))
    bench.repair()
    assert (bench.result == repaired).all()


def test_that_places_are_as_in_the_scan_again_is_told(bench: Bench) -> None:
    before = bench.result.copy()
    bench.mark(SPOT)
    bench.mark(SCRATCH)
    bench.repair()
    assert not bench.notices
    clear_mask(bench.session.document, "Clear mask")
    bench.mark(DARK)
    bench.repair()
    assert (bench.result[SPOT.slices] == before[SPOT.slices]).all()
    assert "as in the scan again" in bench.notices[-1] and ": 2." in bench.notices[-1]


def fill_while(bench: Bench, stand: Stand, boxes: tuple[Box, ...]) -> None:
    """Unmark some places while a fill runs, and mark another one."""
    stand.started.clear()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    for box in boxes:
        bench.mark(box, 0)
    bench.mark(Box(0, 0, 4, 4))
    stand.held.clear()
    bench.rest()


def test_what_is_unmarked_while_it_is_filled_stays_the_photograph(bench: Bench, stand: Stand) -> None:
    before = bench.result.copy()
    bench.find()
    fill_while(bench, stand, (SPOT,))
    changed = (bench.result != before).any(2)
    assert changed[SCRATCH.slices].all() and not (changed & (bench.mask == 0)).any()
    assert not changed[:4, :4].any(), "what was marked meanwhile waits for the next repair"
    assert {spot.box for spot in bench.session.repairs} == {SCRATCH, DARK}


def test_what_is_marked_while_others_are_filled_takes_nothing_from_the_repair(
    bench: Bench, stand: Stand
) -> None:
    bench.find()
    fill_while(bench, stand, ())
    assert {spot.box for spot in bench.session.repairs} == {SCRATCH, SPOT, DARK}


def test_a_search_undone_while_it_is_filled_leaves_the_photograph(bench: Bench, stand: Stand) -> None:
    before = bench.result.copy()
    bench.find()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    bench.session.undo()
    stand.held.clear()
    bench.rest()
    assert np.array_equal(bench.result, before) and bench.session.repairs == ()
    bench.session.redo()
    assert bench.session.document.history == ["Find damage"]


def test_several_ways_that_are_not_waited_for_are_no_news(bench: Bench, stand: Stand) -> None:
    bench.mark(SPOT)
    stand.held.set()
    bench.session.try_candidates(SPOT, [PLAIN])
    bench.qtbot.waitUntil(stand.started.is_set)
    bench.session.cancel()
    stand.held.clear()
    bench.rest()
    assert not bench.notices and not bench.failures


def test_a_search_that_waits_for_another_photograph_says_so(
    bench: Bench, stand: Stand, runner: JobRunner
) -> None:
    other = DocumentSession(bench.session.photo, None, runner, stand.networks, runner)
    bench.mark(SPOT)
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    told: list[str] = []
    other.progressed.connect(lambda news: told.append(news.title))
    other.find_damage()
    assert told == ["Find damage: waiting for another photograph"]
    stand.held.clear()
    bench.rest()
    bench.qtbot.waitUntil(lambda: not other.busy and other.rested)
    assert set(told[1:]) == {"Find damage"}
    other.close()
