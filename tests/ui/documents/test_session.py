from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restorer.editing.mask import MaskSettings
from restorer.editing.mask_ops import cleared
from restorer.errors import InputError
from restorer.image.reading import Photo
from restorer.tiles import Box, MemoryShortError, SmallerTiles
from tests.ui.conftest import Stand, damaged_photo, flush_deletions
from tests.ui.documents.support import DARK, PLAIN, SCRATCH, SPOT, Bench
from ui.documents import work
from ui.documents.networks import Networks
from ui.documents.recut import clear_mask
from ui.documents.session import DocumentSession
from ui.documents.work import FillSettings
from ui.jobs import JobRunner
from ui.panels.candidates import choices_for


def test_finding_marks_the_damage_and_can_be_undone(bench: Bench) -> None:
    seen: list[work.Cut] = []
    bench.session.found.connect(seen.append)
    bench.find()
    for box in (SCRATCH, SPOT, DARK):
        assert (bench.mask[box.slices] == 255).all()
    assert len(seen) == 1 and not bench.session.looks_clean
    assert [r.box for r in bench.session.survey.regions] == [SCRATCH, SPOT, DARK]
    assert bench.session.survey.share == pytest.approx((bench.mask > 0).mean())
    bench.session.undo()
    bench.rest()
    assert not bench.mask.any() and bench.session.damage is None
    assert bench.session.survey.regions == []


def test_a_second_search_of_the_same_photograph_takes_what_is_known(bench: Bench, stand: Stand) -> None:
    bench.find()
    bench.session.undo()
    bench.find()
    assert (bench.mask[SPOT.slices] == 255).all()
    assert [what for what, _ in stand.calls] == ["find"]
    bench.repair()
    bench.find()  # the photograph is another one now
    assert [what for what, _ in stand.calls] == ["find", "fill", "find"]


def test_moving_a_slider_cuts_again_without_the_network_and_is_one_step(bench: Bench, stand: Stand) -> None:
    bench.find()
    for size in (10, 50, 200):
        bench.session.recut(MaskSettings(smallest_px=size))
    bench.rest()
    assert not bench.mask[SPOT.slices].any() and bench.mask[SCRATCH.slices].all()
    assert bench.session.document.history == ["Find damage", "Adjust detection"]
    bench.session.end_gesture()
    bench.session.recut(MaskSettings(largest_px=200))
    bench.rest()
    assert bench.mask[SPOT.slices].all() and not bench.mask[SCRATCH.slices].any()
    assert bench.session.document.history[-2:] == ["Adjust detection"] * 2
    assert len(stand.calls) == 1
    bench.session.undo()
    bench.session.undo()
    assert bench.session.mask_settings == MaskSettings() and bench.mask[SPOT.slices].all()


def test_polarity_and_elongation_cut_too(bench: Bench) -> None:
    bench.find()
    bench.session.recut(MaskSettings(polarity="dark"))
    bench.rest()
    assert bench.mask[DARK.slices].all() and not bench.mask[SCRATCH.slices].any()
    bench.session.recut(MaskSettings(minimum_elongation=10))
    bench.rest()
    assert bench.mask[SCRATCH.slices].all() and not bench.mask[SPOT.slices].any()


def test_strokes_and_erasures_survive_a_new_cut(bench: Bench) -> None:
    bench.find()
    by_hand = Box(10, 10, 20, 20)
    bench.mark(by_hand)
    bench.mark(SPOT, 0)
    for settings in (MaskSettings(smallest_px=200), MaskSettings(), MaskSettings(sensitivity=0.8)):
        bench.session.recut(settings)
        bench.rest()
        assert bench.mask[by_hand.slices].all(), settings
        assert not bench.mask[SPOT.slices].any(), settings


def test_strokes_from_before_the_search_stay_and_a_cleared_mask_begins_afresh(bench: Bench) -> None:
    by_hand = Box(10, 10, 20, 20)
    bench.mark(by_hand)
    bench.find()
    assert bench.mask[by_hand.slices].all() and bench.mask[SPOT.slices].all()
    assert clear_mask(bench.session.document, "Clear mask") and not bench.mask.any()
    assert not clear_mask(bench.session.document, "Clear mask")
    bench.session.recut(MaskSettings(smallest_px=5))
    bench.rest()
    assert bench.mask[SPOT.slices].all() and not bench.mask[by_hand.slices].any()


def test_a_mask_that_was_erased_as_a_whole_stays_so_until_it_is_cleared(bench: Bench) -> None:
    bench.find()
    for place in (SCRATCH, SPOT, DARK):
        bench.mark(place, 0)
    bench.session.change_mask("Opened again", cleared)  # a project keeps no tiles of zeros
    for sensitivity in (0.6, 0.7, 0.8):
        bench.session.recut(MaskSettings(sensitivity=sensitivity))
        bench.rest()
        assert not bench.mask.any(), sensitivity
    assert clear_mask(bench.session.document, "Clear mask")
    bench.session.recut(MaskSettings())
    bench.rest()
    assert bench.mask[SPOT.slices].all()


def test_large_photographs_are_cut_in_the_worker_and_the_newest_settings_win(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.documents.recut.LIVE_MEGAPIXELS", 0.0)
    bench.find()
    for size in range(1, 201):
        bench.session.recut(MaskSettings(smallest_px=size))
    bench.session.end_gesture()
    bench.rest()
    assert bench.session.mask_settings.smallest_px == 200
    assert bench.session.document.history == ["Find damage", "Adjust detection"]
    bench.session.recut(MaskSettings())
    bench.rest()
    assert bench.session.document.history[-2:] == ["Adjust detection"] * 2


def test_a_cut_that_fails_does_not_keep_the_newest_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ui.documents.recut.LIVE_MEGAPIXELS", 0.0)
    bench.find()
    cut = work.cut

    def fail_once(*args: object) -> work.Cut:
        monkeypatch.setattr(work, "cut", cut)
        raise MemoryError

    monkeypatch.setattr(work, "cut", fail_once)
    bench.session.recut(MaskSettings(smallest_px=7))
    bench.session.recut(MaskSettings(smallest_px=9))
    bench.rest()
    assert bench.session.mask_settings == MaskSettings(smallest_px=9)
    assert bench.session.wanted_settings == bench.session.mask_settings
    assert len(bench.failures) == 1
    caplog.clear()


def test_settings_changed_during_another_search_hold_for_what_it_finds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.documents.recut.LIVE_MEGAPIXELS", 0.0)
    bench.find()
    gate, cut = threading.Event(), work.cut
    monkeypatch.setattr(work, "cut", lambda *args: gate.wait(60) and cut(*args))
    bench.session.recut(MaskSettings(smallest_px=9))
    damage = bench.session.damage
    assert damage is not None
    with bench.session.document.edit("Find damage") as tx:
        tx.set("damage", replace(damage))  # another one
    gate.set()
    bench.rest()
    assert bench.session.mask_settings == MaskSettings(smallest_px=9)
    assert bench.session.wanted_settings == bench.session.mask_settings


def test_a_clean_photograph_is_called_clean(runner: JobRunner, stand: Stand, qtbot) -> None:
    session = DocumentSession(Photo(np.full((50, 60, 3), 90, np.uint8)), None, runner, stand.networks, runner)
    assert not session.looks_clean
    session.find_damage()
    qtbot.waitUntil(lambda: not session.busy and session.rested)
    assert session.looks_clean and not session.edited
    session.close()


def test_repairing_fills_what_is_marked_counts_it_and_can_be_undone(bench: Bench) -> None:
    before = bench.result.copy()
    previews: list[tuple] = []
    cleared: list[int] = []
    bench.session.tile_previewed.connect(previews.append)
    bench.session.preview_cleared.connect(lambda: cleared.append(len(previews)))
    bench.find()
    bench.repair(settings=FillSettings(grow_px=2))
    changed = (bench.result != before).any(2)
    filled = work.is_marked(bench.session.document.values["filled"])
    assert changed.sum() > 400 and not (changed & ~filled).any()
    assert bench.session.proof == work.Proof(int((changed & filled).sum()), 0)
    assert len(bench.session.repairs) == 3
    assert previews and cleared[-1] == len(previews)
    for box, pixels in previews:
        assert pixels.shape == bench.result[box.slices].shape
    bench.session.undo()
    bench.rest()
    assert (bench.result == before).all() and bench.session.repairs == ()
    assert bench.session.proof == work.Proof(0, 0)
    bench.session.redo()
    assert (bench.result != before).any()


def test_only_what_is_new_is_filled_and_what_is_unmarked_becomes_the_scan_again(bench: Bench) -> None:
    before = bench.result.copy()
    bench.mark(SPOT)
    bench.repair()
    first = bench.result[SPOT.slices].copy()
    assert (first != before[SPOT.slices]).any()
    bench.mark(SCRATCH)
    bench.repair(settings=FillSettings(grow_px=0, device="cpu"))
    assert (bench.result[SPOT.slices] == first).all(), "a spot that was filled was filled again"
    assert (bench.result[SCRATCH.slices] != before[SCRATCH.slices]).any()
    bench.mark(SPOT, 0)
    bench.repair()
    assert (bench.result[SPOT.slices] == before[SPOT.slices]).all()
    assert [spot.box for spot in bench.session.repairs] == [SCRATCH]
    steps = len(bench.session.document.history)
    bench.repair()
    assert len(bench.session.document.history) == steps and "already" in bench.notices[-1]


def test_other_settings_fill_everything_anew(bench: Bench) -> None:
    bench.mark(SPOT)
    bench.repair()
    first = bench.result[SPOT.slices].copy()
    bench.repair(settings=FillSettings(grow_px=0, seed=9))
    assert (bench.result[SPOT.slices] != first).all()


def test_what_is_protected_stays_even_in_the_rim(bench: Bench) -> None:
    before = bench.result.copy()
    half = Box(SCRATCH.y0, SCRATCH.x0, 120, SCRATCH.x1 + 4)
    bench.find()
    bench.mark(half, 255, "protect")
    bench.repair(settings=FillSettings(grow_px=4))
    assert (bench.result[half.slices] == before[half.slices]).all()
    assert (bench.result[150, 60:63] != before[150, 60:63]).any()
    assert bench.session.proof.outside == 0


def test_one_place_is_filled_with_another_seed_and_the_rest_stays(bench: Bench) -> None:
    bench.find()
    bench.repair()
    first = bench.result.copy()
    bench.repair(region=SPOT, settings=replace(PLAIN, seed=7))
    changed = (bench.result != first).any(2)
    assert changed[SPOT.slices].all()
    changed[SPOT.slices] = False
    assert not changed.any()
    assert len(bench.session.repairs) == 3


def test_what_lies_within_the_bounds_of_one_place_stays(bench: Bench) -> None:
    bounds = Box(20, 100, 60, 140)
    line = np.eye(40, dtype=np.uint8) * 255
    with bench.session.document.edit("Line and dust") as tx:
        tx.patch("mask", bounds, line)
        tx.patch("mask", Box(24, 130, 28, 134), np.full((4, 4), 255, np.uint8))
    bench.repair()
    first = bench.result.copy()
    with bench.session.document.edit("Not repaired yet") as tx:
        tx.patch("mask", Box(50, 104, 54, 108), np.full((4, 4), 255, np.uint8))
    bench.repair(region=bounds, settings=replace(PLAIN, seed=7))
    changed = (bench.result != first).any(2)
    assert (changed[bounds.slices] == (line > 0)).all()
    changed[bounds.slices] = False
    assert not changed.any()


def test_what_is_damaged_beside_one_place_is_hidden_from_its_fill_and_stays(bench: Bench) -> None:
    source = bench.result.copy()
    bench.find()
    tiles: list[tuple[Box, np.ndarray]] = []
    bench.session.tile_previewed.connect(tiles.append)
    bench.repair(region=SPOT)
    sound = ~(bench.mask > 0)
    expected = source[sound].mean(0).astype(source.dtype)
    assert (bench.result[SPOT.slices] == expected).all(), "other damage went into the fill"
    changed = (bench.result != source).any(2)
    changed[SPOT.slices] = False
    assert not changed.any()
    shown = source.copy()
    for box, pixels in tiles:
        shown[box.slices] = pixels
    assert tiles and (shown == bench.result).all(), "more was shown than is done"


def test_candidates_are_offered_and_one_is_taken(bench: Bench) -> None:
    bench.find()
    bench.repair()
    first = bench.result.copy()
    offered: list[work.Candidate] = []
    bench.session.candidate_ready.connect(offered.append)
    bench.session.try_candidates(SPOT, [FillSettings(seed=s, grow_px=0) for s in (3, 5)])
    bench.rest()
    assert [c.settings.seed for c in offered] == [3, 5]
    assert (bench.result == first).all(), "an offer changed the photograph"
    bench.session.choose(offered[1])
    bench.rest()
    box = offered[1].box
    assert (bench.result[box.slices] == offered[1].pixels).all()
    assert bench.session.document.history[-1] == "Another fill"


def test_a_way_to_fill_that_is_not_possible_keeps_no_other_one_back(bench: Bench, stand: Stand) -> None:
    bench.find()
    bench.repair()
    offered: list[work.Candidate] = []
    bench.session.candidate_ready.connect(offered.append)
    stand.error = InputError("The weights are damaged.", "Choose another model.")
    bench.session.try_candidates(SPOT, [FillSettings(seed=s, grow_px=0) for s in (3, 5, 7)])
    bench.rest()
    assert [c.settings.seed for c in offered] == [5, 7]
    assert isinstance(bench.failures[-1].error, InputError)


def test_cancelling_stops_within_a_tile_and_changes_nothing(bench: Bench, stand: Stand) -> None:
    bench.find()
    before = bench.result.copy()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    bench.session.cancel()
    bench.rest()
    stand.held.clear()
    assert (bench.result == before).all() and bench.session.document.history == ["Find damage"]
    assert "cancelled" in bench.notices[-1]


def test_strokes_go_on_while_a_repair_runs_and_it_waits_for_the_open_one(bench: Bench, stand: Stand) -> None:
    bench.find()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    document = bench.session.document
    document.begin("Brush stroke").patch("mask", Box(0, 0, 5, 5), np.full((5, 5), 255, np.uint8))
    stand.held.clear()
    bench.qtbot.waitUntil(lambda: not bench.session.busy)
    assert "Repair" not in document.history
    document.commit()
    bench.qtbot.waitUntil(lambda: "Repair" in document.history)
    assert document.history == ["Find damage", "Brush stroke", "Repair"]
    assert bench.mask[0, 0] == 255


def test_a_repair_of_a_photograph_that_changed_meanwhile_is_not_applied(bench: Bench, stand: Stand) -> None:
    bench.mark(SPOT)
    bench.repair()
    bench.mark(SCRATCH)
    stand.started.clear()
    stand.held.set()
    bench.session.repair(settings=PLAIN)
    bench.qtbot.waitUntil(stand.started.is_set)
    bench.session.go_to(1)  # back before the first repair
    stand.held.clear()
    bench.rest()
    assert "not applied" in bench.notices[-1]
    assert bench.session.repairs == ()


def test_a_failure_is_told_and_changes_nothing(
    bench: Bench, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (RuntimeError("a driver fault"), InputError("no", "yes")):
        stand.error = error
        bench.find()
        assert bench.failures[-1].error is error
    assert not bench.mask.any() and not bench.session.busy
    bench.find()
    assert bench.mask.any()
    caplog.clear()


def test_where_memory_is_short_the_processor_goes_on_with_a_notice(bench: Bench, stand: Stand) -> None:
    bench.session.device = "cuda"
    stand.error = MemoryShortError()
    bench.find()
    assert stand.calls == [("find", "cuda"), ("find", "cpu")]
    assert bench.mask.any() and not bench.failures
    assert "processor" in bench.notices[-1]
    stand.error = MemoryShortError()
    bench.repair()
    assert stand.calls[2:] == [("fill", "cuda"), ("fill", "cpu")]
    assert bench.session.repairs


def test_where_not_even_the_processor_has_memory_it_is_said_so(
    bench: Bench, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    bench.session.device = "cpu"
    stand.error = MemoryShortError()
    bench.find()
    assert isinstance(bench.failures[-1].error, MemoryError)
    caplog.clear()


def test_smaller_tiles_are_noticed(bench: Bench, stand: Stand) -> None:
    find = stand.find

    def short(pixels, device, ctx):
        ctx.progress(None, detail=SmallerTiles(Box(0, 0, 9, 9)))
        return find(pixels, device, ctx)

    bench.session._networks = Networks(short, stand.fill)
    bench.find()
    assert "smaller tiles" in bench.notices[-1]


def test_work_counts_as_unsaved_until_it_is_exported_or_undone(bench: Bench) -> None:
    told: list[bool] = []
    bench.session.edited_changed.connect(told.append)
    bench.find()
    assert not bench.session.edited, "a search can be had again"
    bench.mark(Box(0, 0, 4, 4))
    assert bench.session.edited
    bench.session.undo()
    assert not bench.session.edited
    bench.repair()
    assert bench.session.edited
    surfaces = {name: one.snapshot() for name, one in bench.session.document.surfaces.items()}
    bench.session.mark_exported(Path("out.png"), surfaces, bench.session.document.values["filled"])
    assert not bench.session.edited
    bench.session.undo()
    assert bench.session.edited
    assert told == [True, False, True, False, True]


def test_the_history_is_walked_to_any_step(bench: Bench) -> None:
    for i in range(5):
        bench.mark(Box(i, 0, i + 1, 1))
    bench.session.go_to(2)
    assert bench.mask[:5, 0].tolist() == [255, 255, 0, 0, 0]
    bench.session.go_to(5)
    assert bench.mask[:5, 0].all()
    bench.session.go_to(0)
    assert not bench.mask.any()


def test_a_wholly_marked_picture_is_refused(bench: Bench) -> None:
    bench.mark(Box(0, 0, 240, 320))
    bench.repair()
    assert isinstance(bench.failures[-1].error, InputError)
    assert bench.session.repairs == ()


def test_a_session_that_was_closed_says_nothing_more(runner: JobRunner, stand: Stand, qtbot) -> None:
    session = DocumentSession(Photo(damaged_photo()), None, runner, stand.networks, runner)
    said: list[object] = []
    for signal in (session.busy_changed, session.preview_cleared):
        signal.connect(lambda: said.append(1))
    with session.document.edit("x") as tx:
        tx.patch("mask", SPOT, np.full((8, 10), 255, np.uint8))
    stand.held.set()
    session.repair(settings=PLAIN)
    qtbot.waitUntil(stand.started.is_set)
    said.clear()
    session.close()
    stand.held.clear()
    qtbot.waitUntil(lambda: not runner.jobs)
    flush_deletions()
    assert said == []


def test_what_is_protected_is_neither_found_nor_counted(bench: Bench) -> None:
    bench.find()
    regions, share = len(bench.session.survey.regions), bench.session.survey.share
    bench.mark(SCRATCH.grown(20, 240, 320), name="protect")
    bench.rest()
    assert len(bench.session.survey.regions) == regions - 1 and bench.session.survey.share < share
    bench.session.recut(MaskSettings(sensitivity=0.6))
    bench.rest()
    assert not bench.mask[SCRATCH.slices].any() and bench.mask[SPOT.slices].all()
    assert bench.session.proposal_share == bench.session.survey.share
    bench.repair()
    assert (bench.result[SCRATCH.slices] == bench.session.photo.pixels[SCRATCH.slices]).all()
    for _ in range(3):
        bench.session.undo()
    bench.rest()
    assert len(bench.session.survey.regions) == regions


def test_candidates_study_once_if_at_all() -> None:
    plain = choices_for(FillSettings())
    assert not any(choice.study_steps for choice in plain)
    studied = choices_for(FillSettings(study_steps=200))
    assert [choice.study_steps for choice in studied].count(200) == 1 and len(studied) == len(plain) + 1
    assert not any(choice.study_steps for choice in choices_for(FillSettings(study_steps=200), 1))
