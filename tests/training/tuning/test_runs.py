from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restorer.errors import InputError, OutputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library import store as library
from tests.conftest import fail_drive, smooth_photo
from tests.training.tuning.support import album, config, parent, small_and_fast
from training.data.overlays import Overlays
from training.fitting import checkpoint
from training.tuning import plan as tuning_plan
from training.tuning.finetune import discard, finetune, is_unfinished, plan_ahead, tune_settings
from training.tuning.preview import crops_of, with_damage, with_holes
from training.tuning.runs import find_unfinished, read_log
from training.tuning.setup import FinetuneConfig, lock_run, look_through
from training.tuning.tuner import TuneLog, TuneLook


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_and_fast(monkeypatch)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return album(tmp_path / "private")


def test_what_was_broken_off_is_found_with_its_settings(folder: Path, own_library: Path) -> None:
    parent()
    assert find_unfinished() == []
    seen: list[Progress] = []
    settings = config(
        folder, steps=30, mix={"scratches": 1.0}, rejected=frozenset({folder / "secret-03.png"})
    )
    ctx = JobContext(seen.append, lambda: sum(isinstance(p.detail, TuneLog) for p in seen) >= 7)
    with pytest.raises(Cancelled):
        finetune(settings, ctx)
    (run,) = find_unfinished()
    assert run.config == settings and run.step == 7 and not run.judged and run.plan.steps == 30
    assert [line["step"] for line in read_log(settings.work)] == [2, 4, 6]
    assert all("ssim" in line and "user" in line for line in read_log(settings.work))
    with pytest.raises(InputError, match="unfinished training"):
        library.delete("small-repair")
    assert library.get("small-repair").id == "small-repair"
    log = settings.work / "log.jsonl"
    log.write_text(log.read_text() + '{"step": 8, "us')
    assert len(read_log(settings.work)) == 3
    (settings.work / "checkpoint.ckpt").write_bytes(b"half")
    assert find_unfinished()[0].step == 0
    (settings.work / library.RUN_PLAN).write_text("{")
    assert find_unfinished() == []
    library.delete("small-repair")


def test_a_verdict_against_it_waits_to_be_overruled(folder: Path) -> None:
    parent()
    settings = config(folder, steps=2, rate=1e-9)
    finetune(settings)
    assert find_unfinished()[0].judged
    finetune(settings, resume=True, force=True)
    assert find_unfinished() == []


def broken_off(folder: Path, **changes: object) -> FinetuneConfig:
    """A run that was stopped after five steps."""
    seen: list[Progress] = []
    settings = config(folder, **{"steps": 12, **changes})
    ctx = JobContext(seen.append, lambda: sum(isinstance(p.detail, TuneLog) for p in seen) >= 5)
    with pytest.raises(Cancelled):
        finetune(settings, ctx)
    return settings


def test_two_programs_do_not_work_on_one_run(folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    before = {p.name: p.read_bytes() for p in settings.work.iterdir()}
    other = lock_run(settings.work)
    assert find_unfinished() == []
    for attempt in (
        lambda: finetune(settings, resume=True),
        lambda: finetune(settings, restart=True),
        lambda: finetune(config(folder, steps=12, seed=7), restart=True),
        lambda: discard(settings.name),
    ):
        with pytest.raises(InputError, match=r"training 'mine' is running in another program"):
            attempt()
    assert {p.name: p.read_bytes() for p in settings.work.iterdir()} == before
    other.release()
    assert len(find_unfinished()) == 1
    outcome = finetune(settings, resume=True, force=True)
    assert outcome is not None and outcome.entry is not None and not settings.work.exists()


def test_a_run_keeps_its_name_until_it_is_done(folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    assert library.free_id("mine") == "mine-2"
    groups = look_through(settings, JobContext())
    with pytest.raises(InputError, match="There is an unfinished training 'mine'"):
        plan_ahead(settings, groups)
    by_hand = library.user_folder() / "small-repair"
    by_hand.rename(by_hand.with_name("mine"))  # a model of that name does not keep it from being discarded
    discard("mine")
    assert not settings.work.exists() and library.get("mine")


def test_a_run_goes_on_though_its_model_has_another_name_and_its_folder_is_away(folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    library.rename("small-repair", "called-so-now")
    folder.rename(folder.with_name("drive-taken-out"))
    (run,) = find_unfinished()
    assert run.config == replace(settings, model="called-so-now")
    outcome = finetune(run.config, resume=True, force=True)
    assert outcome is not None and outcome.entry is not None and outcome.steps == 12
    assert outcome.entry.parent == "called-so-now"


def test_a_run_whose_model_is_gone_can_still_be_discarded(folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    shutil.rmtree(library.user_folder() / "small-repair")  # by hand: `delete` would refuse
    (run,) = find_unfinished()
    assert run.config == settings
    with pytest.raises(InputError, match="There is no model 'small-repair'"):
        finetune(run.config, resume=True)
    parent(fault=0.5)  # another one of that name
    with pytest.raises(InputError, match=r"other settings \(model\)"):
        finetune(run.config, resume=True)
    discard("mine")
    assert find_unfinished() == []


def test_a_restart_that_cannot_begin_discards_nothing(folder: Path, tmp_path: Path) -> None:
    parent()
    settings = broken_off(folder)
    with pytest.raises(InputError, match="there is no folder"):
        finetune(config(tmp_path / "typing-error"), restart=True)
    assert len(find_unfinished()) == 1
    outcome = finetune(settings, restart=True)
    assert outcome is not None and outcome.steps == 12


def test_what_is_broken_off_before_it_learns_leaves_no_copies(folder: Path, own_library: Path) -> None:
    parent()
    seen: list[Progress] = []
    ctx = JobContext(seen.append, lambda: sum(p.message.startswith("Preparing") for p in seen) > 10)
    with pytest.raises(Cancelled):
        finetune(config(folder), ctx)
    assert list((own_library / ".runs").iterdir()) == []


def test_what_was_killed_before_it_learnt_leaves_no_copies_either(folder: Path, own_library: Path) -> None:
    parent()
    settings = broken_off(folder)
    for name in ("dead", "alive"):
        run = own_library / ".runs" / name
        run.mkdir()
        (run / "train.u8.part").write_bytes(bytes(1000))
    other = lock_run(own_library / ".runs" / "alive")
    assert [run.config.name for run in find_unfinished()] == [settings.name]
    assert sorted(p.name for p in (own_library / ".runs").iterdir()) == ["alive", settings.name]
    other.release()
    find_unfinished()
    assert [p.name for p in (own_library / ".runs").iterdir()] == [settings.name]


def test_pictures_of_the_same_held_out_crops_come_with_every_measurement(folder: Path) -> None:
    parent()
    seen: list[Progress] = []
    finetune(config(folder, steps=24), JobContext(seen.append))
    looks = [p.detail for p in seen if isinstance(p.detail, TuneLook)]
    assert [look.step for look in looks] == [0, *range(2, 25, 2)]
    first, last = looks[0], looks[-1]
    assert first.before is first.after and last.before is first.before
    np.testing.assert_array_equal(first.after.truth, last.after.truth)
    hole = (last.after.given != last.after.truth).any(-1)
    assert hole.any() and not hole.all()
    np.testing.assert_array_equal(last.after.result[~hole], last.after.truth[~hole])
    assert (last.after.result != first.after.result).any()
    assert first.after.ssim is not None and last.after.ssim is not None
    assert first.after.ssim < last.after.ssim <= 1


def test_a_plan_that_was_made_before_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent()
    settings = config(folder, steps=2)
    groups = look_through(settings, JobContext())
    plan = plan_ahead(settings, groups)
    assert plan.steps == 2 and plan.train == 9 and plan.minutes > 0
    monkeypatch.setattr("training.tuning.finetune.make_plan", lambda *_: pytest.fail("measured again"))
    outcome = finetune(settings, groups=groups, plan=plan)
    assert outcome is not None and outcome.plan == plan


def test_only_the_wanted_kinds_of_holes_are_made(folder: Path) -> None:
    parent()
    crops = crops_of(sorted(folder.iterdir())[:3], JobContext(), size=160)
    samples = with_holes(crops, {"centre": 1.0}, None, seed=1)
    for crop, sample in zip(crops, samples, strict=True):
        rows = np.flatnonzero(sample.mask.any(1))
        assert sample.mask[rows[0] + 1 : rows[-1], 80].all()  # one piece in the middle
        assert (sample.picture[sample.mask] == 255).all()
        np.testing.assert_array_equal(sample.picture[~sample.mask], crop[~sample.mask])
    with pytest.raises(InputError, match="the kinds of holes"):
        config(folder, mix={"cats": 1.0}).check()


def masks(folder: Path) -> Path:
    folder.mkdir()
    mask = np.zeros((200, 300), np.uint8)
    cv2.line(mask, (20, 0), (250, 199), 255, 5)
    cv2.imwrite(str(folder / "mine.png"), mask)
    cv2.imwrite(str(folder / "photo.png"), smooth_photo(90, 90))
    return folder


def test_holes_take_the_shapes_of_own_masks(folder: Path, tmp_path: Path) -> None:
    parent()
    own = masks(tmp_path / "masks")
    overlays = Overlays(own)
    assert overlays.kinds == ["masks"]  # the photograph is no mask
    found = [overlays.hole(np.random.default_rng(n), 96) for n in range(20)]
    shown = [hole for hole in found if hole is not None]
    assert len(shown) > 8 and all(hole.shape == (96, 96) and hole.max() == 1 for hole in shown)
    crops = [smooth_photo(96, 96)]
    plain, shaped = (with_holes(crops, {"centre": 1.0}, shapes, seed=4) for shapes in (None, own))
    assert plain[0].mask.any() and shaped[0].mask.any()
    finetune(config(folder, steps=2, overlays=own), force=True)
    (tmp_path / "none").mkdir()
    cv2.imwrite(str(tmp_path / "none" / "black.png"), np.zeros((50, 50), np.uint8))
    with pytest.raises(InputError, match="no masks of damage"):
        Overlays(tmp_path / "none")


def test_damage_as_faint_as_is_asked_for(tmp_path: Path) -> None:
    crops = [smooth_photo(160, 160, n) for n in range(6)]
    samples = with_damage(crops, 0.0, masks(tmp_path / "masks"), seed=2)
    again = with_damage(crops, 0.0, tmp_path / "masks", seed=2)
    assert any(s.mask.any() for s in samples)
    assert all((a.picture == b.picture).all() for a, b in zip(samples, again, strict=True))
    faint = with_damage(crops, 1.0, tmp_path / "masks", seed=2)
    assert any((a.picture != b.picture).any() for a, b in zip(samples, faint, strict=True))


@pytest.mark.parametrize("left", [0, 4, 5000, -1])
def test_a_damaged_checkpoint_is_told_and_its_run_stays(left: int, folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    path = settings.work / checkpoint.NAME
    content = path.read_bytes()
    path.write_bytes(content[:left])
    if left < 0:
        torch.save({"state": 3}, path)
    assert find_unfinished()[0].step == 0
    with pytest.raises(InputError, match="damaged or belongs to another training"):
        finetune(settings, resume=True)
    path.write_bytes(content)
    assert finetune(settings, resume=True) is not None


@pytest.mark.parametrize("left", [None, 100])
def test_damaged_copies_of_the_photographs_are_told(left: int | None, folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    path = settings.work / "train.u8"
    content = path.read_bytes()
    path.unlink() if left is None else path.write_bytes(content[:left])
    with pytest.raises(InputError, match="prepared for the training are damaged"):
        finetune(settings, resume=True)


def test_a_run_goes_on_to_its_end_without_being_told_its_minutes_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning_plan, "benchmark", lambda _: {"seconds": 0.5, "bytes": 1e6})
    parent()
    settings = replace(broken_off(folder, steps=0, minutes=60.0), minutes=0.0, preset="quick")
    (run,) = find_unfinished()
    assert 55 < run.plan.minutes < 65
    limit = tune_settings(settings, run.plan).limit_seconds
    assert limit == run.plan.minutes * 60 * 1.3
    assert tune_settings(replace(settings, minutes=2.0), run.plan).limit_seconds == 2 * 60 * 1.3


def test_a_name_that_was_taken_meanwhile_is_told_before_the_work(folder: Path) -> None:
    parent()
    settings = broken_off(folder)
    by_hand = library.user_folder() / "small-repair"
    by_hand.rename(by_hand.with_name("mine"))
    before = (settings.work / checkpoint.NAME).read_bytes()
    with pytest.raises(InputError, match="There is a model 'mine' already"):
        finetune(replace(settings, model="mine"), resume=True)
    assert (settings.work / checkpoint.NAME).read_bytes() == before


def test_a_folder_that_cannot_be_written_to_is_not_taken_for_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(OutputError, match="cannot be prepared: Permission denied"):
        lock_run(tmp_path / "mine")


def test_a_library_on_a_drive_that_failed_is_told(
    folder: Path, own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    entry = replace(parent(), folder=away)
    shutil.copytree(own_library / entry.id, away)
    fail_drive(own_library, monkeypatch)
    monkeypatch.setattr("training.tuning.setup.find_parent", lambda _: entry)
    assert find_unfinished() == [] and not is_unfinished(own_library / ".runs" / "mine")
    with pytest.raises(OutputError, match="The training cannot be prepared: Input/output error"):
        finetune(config(folder))
