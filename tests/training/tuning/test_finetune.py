from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from restorer.device import choose_device
from restorer.errors import DeviceError, InputError, OutputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library import store as library
from restorer.library.store import find_model
from restorer.library.weights import load_network
from tests.training.tuning.support import album, config, parent, scene, small_and_fast
from training.data.folders import scan
from training.fitting import checkpoint
from training.tuning.ends import CARRIES, move_ends, read_ends
from training.tuning.finetune import Outcome, discard, finetune, tune_settings
from training.tuning.plan import Plan, make_plan
from training.tuning.setup import BANKS, USUAL_RATE, Groups, look_through, make_task, prepare, usual_rate
from training.tuning.tasks import DetectTuning, RepairTuning
from training.tuning.tuner import TuneLog


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_and_fast(monkeypatch)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return album(tmp_path / "private")


def run(*args: object, **options: object) -> Outcome:
    outcome = finetune(*args, **options)  # type: ignore[arg-type]
    assert outcome is not None
    return outcome


def weights(model_id: str) -> dict[str, dict[str, torch.Tensor]]:
    entry = library.get(model_id)
    return {f.role: load_file(entry.folder / f.name) for f in entry.files}


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_model_that_got_better_is_saved_with_its_card(folder: Path, own_library: Path) -> None:
    start = parent()
    seen: list[Progress] = []
    outcome = run(config(folder, steps=40), JobContext(seen.append))
    assert outcome.verdict.better and outcome.verdict.user.gain > 1
    entry = outcome.entry
    assert entry == find_model("mine", "repair") and not entry.forced and not entry.default
    assert (entry.parent, entry.parent_sha256, entry.source) == (start.id, start.fingerprint, "fine-tuned")
    assert entry.licence == "CC0-1.0" and len(entry.scores) == 3
    load_network(entry, 0.8)
    card = library.card_path(entry)
    assert card is not None
    text = card.read_text() + json.dumps(entry.scores) + entry.command
    assert start.fingerprint in text and "9 photographs of the user to learn from, 3 others" in text
    assert "secret" not in text and str(folder) not in text and "private" not in text
    assert not (own_library / ".runs" / "mine").exists()
    logs = [p.detail for p in seen if isinstance(p.detail, TuneLog)]
    assert [log.step for log in logs] == list(range(1, 41)) and logs[-1].user_gain > 1
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions) and fractions[0] == 0


def test_the_detail_end_moves_by_a_share_of_the_same_difference(folder: Path) -> None:
    start = read_ends(parent())
    run(config(folder, steps=24), force=True)
    found = weights("mine")
    key = "head.bias"
    difference = found["fidelity"][key].float() - start["fidelity"][key]
    assert difference.abs().max() > 1e-3
    carried = found["detail"][key].float() - start["detail"][key]
    assert min(float((carried - c * difference).abs().max()) for c in CARRIES) < 1e-3
    torch.testing.assert_close(found["detail"]["noise4.weight"].float(), start["detail"]["noise4.weight"])
    whole = {k: v + 0.5 for k, v in start["fidelity"].items()}
    half = move_ends(start, whole, 0.5)
    torch.testing.assert_close(half["fidelity"][key], start["fidelity"][key] + 0.5, atol=1e-3, rtol=0)
    torch.testing.assert_close(half["detail"][key], start["detail"][key] + 0.25, atol=1e-3, rtol=0)
    still = move_ends(start, start["fidelity"])
    assert all(torch.equal(still[r][k], start[r][k]) for r in start for k in start[r])


def test_a_short_run_learns_at_a_lower_rate() -> None:
    assert usual_rate(1200, 32) == usual_rate(100_000, 32) == USUAL_RATE
    assert usual_rate(100, 8) < usual_rate(100, 32) == usual_rate(400, 8) < USUAL_RATE / 3


def test_several_processes_see_as_many_crops_more(folder: Path) -> None:
    settings, plan = config(folder, rate=0.0), Plan(300, 1.0, 20.0, 1, 1, 50, 20, 5, "", 0.1, 0.1, 1.0)
    alone, four = (tune_settings(settings, replace(plan, processes=count)).rate for count in (1, 4))
    assert alone == usual_rate(300, settings.batch) and four == usual_rate(1200, settings.batch) > alone


def test_nothing_is_saved_without_a_gain_but_on_demand(folder: Path, own_library: Path) -> None:
    parent()
    settings = config(folder, steps=2, rate=1e-9)
    outcome = run(settings)
    assert outcome.entry is None and not outcome.verdict.better
    assert outcome.verdict.sentence.startswith("No improvement on 3 photographs")
    assert [m.id for m in library.read_library().models][-1] == "small-repair"
    assert not any(name.startswith(BANKS) for name in files(own_library / ".runs" / "mine"))
    with pytest.raises(InputError, match="unfinished training 'mine'"):
        run(settings)
    forced = run(settings, resume=True, force=True)
    assert forced.verdict == outcome.verdict and forced.entry is not None and forced.entry.forced
    card = library.card_path(forced.entry)
    assert card is not None and "Kept although the verdict was against it" in card.read_text()
    with pytest.raises(InputError, match="already"):
        run(config(folder))


def test_a_run_can_be_discarded(folder: Path, own_library: Path) -> None:
    parent()
    run(config(folder, steps=2, rate=1e-9))
    discard("mine")
    assert not (own_library / ".runs" / "mine").exists()
    with pytest.raises(InputError, match="no unfinished training"):
        run(config(folder), resume=True)
    for name in ("../small-repair", "../../private"):
        with pytest.raises(InputError):
            discard(name)
        with pytest.raises(InputError):
            run(config(folder, name=name), resume=True)
    discard("small-repair")
    assert library.get("small-repair") and len(files(folder)) == 12


@pytest.mark.parametrize("cut", [1, 4])
@pytest.mark.parametrize("task", ["repair", "detect"])
def test_a_run_in_two_pieces_gives_the_same_bits(task: str, cut: int, tmp_path: Path) -> None:
    folder = album(tmp_path / "private")
    masks = {"masks": damaged(folder)} if task == "detect" else {}
    parent(task)
    run(config(folder, task, name="whole", **masks), force=True)
    seen: list[Progress] = []
    stop = JobContext(seen.append, lambda: sum(isinstance(p.detail, TuneLog) for p in seen) >= cut)
    broken = config(folder, task, name="broken", **masks)
    with pytest.raises(Cancelled):
        finetune(broken, stop)
    state = torch.load(broken.work / checkpoint.NAME, weights_only=True)["state"]
    assert state["step"] == cut and not state["done"]
    again = run(broken, resume=True, force=True)
    assert again.steps == 6
    whole, pieces = weights("whole"), weights("broken")
    assert whole.keys() == pieces.keys()
    for role in whole:
        for key, value in whole[role].items():
            assert torch.equal(value, pieces[role][key]), (role, key)


def damaged(folder: Path) -> Path:
    """Scratch every photograph of `folder` but the last two, and give the masks (folder)."""
    masks = folder.with_name("masks")
    masks.mkdir()
    paths = sorted(folder.iterdir())
    for number, path in enumerate(paths):
        picture = cv2.imread(str(path))
        assert picture is not None
        mask = np.zeros(picture.shape[:2], np.uint8)
        if number < len(paths) - 2:
            cv2.line(mask, (10 + 9 * number, 0), (150, 170), 255, 2)
        picture[mask > 0] = 250
        cv2.imwrite(str(path), picture)
        cv2.imwrite(str(masks / f"{path.stem}.png"), mask)
    return masks


def test_a_detector_learns_from_corrected_masks(folder: Path) -> None:
    parent("detect")
    (folder / "more").mkdir()
    cv2.imwrite(str(folder / "more" / "unlabelled.png"), scene(40))
    settings = config(folder, "detect", steps=60, rate=2e-2, masks=damaged(album(folder / "a", 14, 60)))
    outcome = run(settings, force=True)
    assert outcome.plan.train + outcome.plan.held_out == 14  # those without a mask are left out
    assert outcome.verdict.user.gain > 0.02 and "F1" in outcome.verdict.user.name
    assert outcome.entry is not None and [f.role for f in outcome.entry.files] == ["detect"]


def test_masks_of_no_photograph_and_masks_that_vanish_are_told(folder: Path, tmp_path: Path) -> None:
    parent("detect")
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="No photograph has a mask in"):
        finetune(config(folder, "detect", masks=tmp_path / "other"))
    settings = config(folder, "detect", masks=damaged(folder))
    groups = look_through(settings, JobContext())
    (tmp_path / "masks" / f"{groups.train[0].path.stem}.png").unlink()
    with pytest.raises(InputError, match=r"The mask of 'secret-[0-9]+\.png' is gone"):
        finetune(settings, groups=groups)
    assert not settings.work.exists()


def test_one_mask_never_teaches_two_pictures(folder: Path) -> None:
    parent("detect")
    settings = config(folder, "detect", masks=damaged(album(folder / "a", 14, 60)))
    assert len(look_through(settings, JobContext()).train) == 11
    (folder / "b").mkdir()
    copy, other = folder / "b" / "secret-60.png", folder / "b" / "secret-61.png"
    shutil.copy(folder / "a" / "secret-60.png", copy)  # the same picture twice has the same damage
    assert len(look_through(settings, JobContext()).train) >= 11
    cv2.imwrite(str(other), scene(90))
    with pytest.raises(InputError, match="called 'secret-61'"):
        look_through(settings, JobContext())
    look_through(replace(settings, rejected=frozenset({other})), JobContext())


@pytest.mark.parametrize("apart", [False, True])
def test_what_chose_the_weights_of_a_detector_does_not_judge_them(folder: Path, apart: bool) -> None:
    parent("detect")
    masks = damaged(album(folder / "a", 14, 60))
    held_out = None
    if apart:
        held_out = folder / "held-out"
        held_out.mkdir()
        for number in range(60, 63):
            (folder / "a" / f"secret-{number}.png").rename(held_out / f"secret-{number}.png")
    settings = config(folder / "a", "detect", masks=masks, held_out=held_out)
    prepare(settings, look_through(settings, JobContext()), JobContext())
    task = make_task(settings, "detect", settings.work, choose_device("cpu"))
    assert isinstance(task, DetectTuning)
    pieces = {
        which: {bytes(c.image[:, y : y + 32, x : x + 32]) for c in task.cases[which]
                for y in range(0, c.image.shape[1], 32) for x in range(0, c.image.shape[2], 32)}
        for which in ("selection", "verdict")
    }  # fmt: skip
    assert len(pieces["selection"]) > 20 and len(pieces["verdict"]) > 20
    assert not pieces["selection"] & pieces["verdict"]
    whole = {(c.image.shape[1], c.image.shape[2]) == (160, 192) for c in task.cases["verdict"]}
    assert whole == {apart}


def test_own_losses_and_layers_reach_learning_and_card(folder: Path, own_library: Path) -> None:
    start = parent()
    seen: list[Progress] = []
    settings = config(folder, steps=30, losses={"l2": 3.0, "l1": 1.0}, layers="last", mix={"blobs": 1.0})
    outcome = run(settings, JobContext(seen.append), force=True)
    logs = [p.detail for p in seen if isinstance(p.detail, TuneLog)]
    assert all(set(log.losses) == {"l2", "l1"} for log in logs) and logs
    before, after = weights(start.id)["fidelity"], weights("mine")["fidelity"]
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert "stem.weight" in same and "head.bias" not in same
    assert outcome.entry is not None
    card = (own_library / "mine" / "card.md").read_text(encoding="utf-8")
    assert '| losses | {"l2": 3.0, "l1": 1.0} |' in card and "| layers | last |" in card
    assert '| holes | {"blobs": 1.0} |' in card
    assert outcome.entry.command.endswith(
        "--out mine --steps 30 --batch 4 --crop 64 --seed 1 "
        "--loss l2=3 --loss l1=1 --rate 0.003 --layers last"
    )


def test_settings_that_do_not_fit_are_told_together(folder: Path, tmp_path: Path) -> None:
    parent("detect")
    bad = config(
        tmp_path / "none",
        "detect",
        batch=0,
        preset="endless",
        replay_share=1.0,
        layers="odd",
        losses={"l1": 1.0},
    )
    with pytest.raises(InputError) as caught:
        finetune(bad)
    for part in (
        "no folder",
        "corrected masks",
        "a batch needs",
        "no preset 'endless'",
        "replay",
        "losses",
        "layers",
    ):
        assert part in str(caught.value)
    with pytest.raises(InputError, match="no model 'nothing'"):
        finetune(config(folder, model="nothing"))


def test_other_settings_cannot_resume(folder: Path) -> None:
    parent()
    settings = config(folder, steps=2, rate=1e-9)
    run(settings)
    with pytest.raises(InputError, match=r"other settings \(batch, seed\)"):
        finetune(replace(settings, batch=5, seed=9), resume=True, force=True)


def test_held_out_photographs_are_never_trained_on(folder: Path, tmp_path: Path) -> None:
    parent()
    others = album(tmp_path / "others", 4, 40)
    cv2.imwrite(str(folder / "copy.png"), cv2.resize(scene(41), (190, 170)))  # of one that is held out
    groups = look_through(config(folder, held_out=others), JobContext())
    assert sorted(p.name for p in groups.verdict) == [f"secret-{i}.png" for i in range(40, 44)]
    names = {p.name for p in (*groups.train, *groups.selection)}
    assert names == {f"secret-{i:02d}.png" for i in range(12)}
    assert not set(groups.train) & set(groups.selection)
    outcome = run(config(folder, held_out=others, steps=2), force=True)
    assert outcome.verdict.user.count == outcome.plan.held_out == 4


def test_two_photographs_judge_nothing(folder: Path, tmp_path: Path) -> None:
    parent()
    with pytest.raises(InputError, match=r"2 photographs in .* are too few to judge by"):
        look_through(config(folder, held_out=album(tmp_path / "others", 2, 40)), JobContext())
    with pytest.raises(InputError, match="All photographs lie in"):
        look_through(config(folder, held_out=folder), JobContext())


def test_a_plan_counts_the_disk_that_the_copies_of_photographs_take(folder: Path) -> None:
    large = replace(scan([folder]).photos[0], height=2000, width=3000)
    groups = Groups((large,) * 10, (), ())
    known = Plan(6, 0.1, 1.0, 1, 1, 1, 1, 1, "CPU")
    net, device = torch.nn.Conv2d(1, 1, 1), choose_device("cpu")
    needs = {
        masks: make_plan(config(folder, masks=masks), groups, net, "detect", device, known).disk_bytes
        for masks in (None, folder)
    }
    assert needs[None] == pytest.approx(10 * 720 * 1080 * 4, rel=0.001)
    assert needs[folder] == pytest.approx(10 * 1080 * 1620 * 4, rel=0.001)


# --- When something is short --------------------------------------------------------------------------


def test_where_memory_runs_out_smaller_pieces_learn_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent()
    run(config(folder, name="roomy", steps=3), force=True)
    original, sizes = RepairTuning.loss, []

    def short(self: RepairTuning, net: torch.nn.Module, batch: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
        sizes.append(len(batch["image"]))
        if sizes[-1] > 1:
            raise torch.OutOfMemoryError("out of memory")
        return original(self, net, batch)

    monkeypatch.setattr(RepairTuning, "loss", short)
    run(config(folder, name="tight", steps=3), force=True)
    assert sizes[-12:] == [1] * 12 and {4, 2} < set(sizes)
    roomy, tight = weights("roomy"), weights("tight")
    for key, value in roomy["fidelity"].items():
        torch.testing.assert_close(tight["fidelity"][key], value, atol=2e-3, rtol=0)


def test_not_even_one_crop_fits(folder: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    parent()
    monkeypatch.setattr(RepairTuning, "loss", none)
    with pytest.raises(DeviceError, match="even one crop"):
        finetune(config(folder))
    assert [m.id for m in library.read_library().models][-1] == "small-repair"


def test_other_faults_are_not_taken_for_a_lack_of_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("shapes differ")

    parent()
    monkeypatch.setattr(RepairTuning, "loss", broken)
    with pytest.raises(RuntimeError, match="shapes differ"):
        finetune(config(folder))


def test_a_full_disk_is_told_and_leaves_the_checkpoint_before(
    folder: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent()
    original, calls = torch.save, []

    def full(content: object, stream: object) -> None:
        calls.append(1)
        if len(calls) > 2:
            stream.write(b"half")  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device")
        original(content, stream)  # type: ignore[arg-type]

    monkeypatch.setattr(torch, "save", full)
    settings = config(folder, name="mine")
    with pytest.raises(OutputError, match="The checkpoint cannot be written: the disk is full"):
        finetune(settings)
    assert not [name for name in files(own_library) if "part" in name]
    monkeypatch.setattr(torch, "save", original)
    assert torch.load(settings.work / checkpoint.NAME, weights_only=True)["state"]["step"] == 2
    assert run(settings, resume=True, force=True).entry is not None


def test_a_disk_that_is_nearly_full_is_told_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent()
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OutputError, match="MiB on the disk, and 0 are free"):
        finetune(config(folder))


class Switch:
    """A pause that lasts for a few questions."""

    def __init__(self, answers: list[bool]) -> None:
        self.answers = answers

    def wait(self, timeout: float | None = None) -> bool:
        return self.answers.pop(0) if self.answers else True


def test_a_pause_keeps_a_checkpoint_and_changes_nothing(folder: Path) -> None:
    parent()
    run(config(folder, name="whole"), force=True)
    switch = Switch([True, True, False, False, False])
    run(config(folder, name="paused"), running=switch, force=True)
    assert switch.answers == []
    whole, paused = weights("whole"), weights("paused")
    assert all(torch.equal(whole[r][k], paused[r][k]) for r in whole for k in whole[r])


def test_a_pause_can_be_cancelled(folder: Path) -> None:
    parent()
    settings, asked = config(folder), []

    class Forever:
        def wait(self, timeout: float | None = None) -> bool:
            asked.append(timeout)
            return len(asked) < 3

    with pytest.raises(Cancelled):
        finetune(settings, JobContext(is_cancelled=lambda: len(asked) > 5), running=Forever())
    assert torch.load(settings.work / checkpoint.NAME, weights_only=True)["state"]["step"] == 2
