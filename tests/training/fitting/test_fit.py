from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from restorer.device import choose_device
from restorer.errors import InputError, OutputError, RestorerError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library.compact import compacted, updated
from restorer.library.weights import read_weights
from training.fitting import checkpoint, trainer
from training.fitting.config import TrainConfig
from training.fitting.trainer import fit, make_task

SMALL = {
    "repair": {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)},
    "detect": {"channels": (8, 8, 8), "radii": (1,)},
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def config(task: str, data: Path, out: Path, steps: int = 6) -> TrainConfig:
    arch = {"repair": "fill-unet", "detect": "damage-unet"}[task]
    return TrainConfig(
        task, arch, data, out, steps=steps, batch=2, crop_px=64, adversarial_share=0.5, device="cpu",
        validate_every=2, hyper_parameters=SMALL[task],
    )  # fmt: skip


def weights(out: Path) -> dict[str, dict[str, torch.Tensor]]:
    return {p.stem: load_file(p) for p in sorted(out.glob("*.safetensors"))}


@pytest.mark.parametrize("task", ["repair", "detect"])
@pytest.mark.parametrize("cut", [2, 5])
def test_six_steps_are_the_same_with_a_break_in_between(
    task: str, cut: int, photo_folder: Path, tmp_path: Path
) -> None:
    fit(config(task, photo_folder, tmp_path / "whole"), JobContext())
    seen: list[Progress] = []
    context = JobContext(seen.append, lambda: sum(p.detail is not None for p in seen) >= cut)
    broken = config(task, photo_folder, tmp_path / "broken")
    with pytest.raises(Cancelled):
        fit(broken, context)
    state = fit(broken, JobContext(), resume=True)
    assert state.step == 6
    whole, again = weights(tmp_path / "whole"), weights(tmp_path / "broken")
    assert whole.keys() == again.keys() == ({"fidelity", "detail"} if task == "repair" else {"detect"})
    for name in whole:
        for key, value in whole[name].items():
            assert torch.equal(value, again[name][key]), (name, key)


def test_what_a_run_leaves_behind(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "run"), JobContext())
    names = {p.name for p in (tmp_path / "run").iterdir()}
    files = {"checkpoint.ckpt", "detail.safetensors", "fidelity.safetensors", "log.jsonl"}
    assert names == files | {"cache", "lock"}
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert "psnr_hole" in lines[0] and "adversarial" in lines[-1]


def test_a_crash_while_writing_leaves_the_checkpoint_before(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config("detect", photo_folder, tmp_path / "run", steps=2)
    fit(settings, JobContext())
    before = (tmp_path / "run" / checkpoint.NAME).read_bytes()

    def half(content: object, stream: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OutputError, match="the disk is full"):
        fit(replace(settings, steps=4), JobContext(), resume=True)
    assert (tmp_path / "run" / checkpoint.NAME).read_bytes() == before
    assert not list((tmp_path / "run").glob("*.part"))


def test_a_tiny_generator_learns_four_pictures(photo_folder: Path, tmp_path: Path) -> None:
    settings = replace(
        config("repair", photo_folder, tmp_path / "run", steps=60), adversarial_share=0.0, rate=4e-3, batch=4
    )
    learner, source = make_task(settings, JobContext(), choose_device("cpu"))
    batch = {k: torch.from_numpy(v) for k, v in source.make(np.random.default_rng(0), 0.0).items()}
    losses = [learner.step(batch, step / 60)["l1"] for step in range(60)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_a_tiny_detector_learns_four_pictures(photo_folder: Path, tmp_path: Path) -> None:
    settings = replace(config("detect", photo_folder, tmp_path / "run", steps=80), rate=4e-3, batch=4)
    learner, source = make_task(settings, JobContext(), choose_device("cpu"))
    batch = {k: torch.from_numpy(v) for k, v in source.make(np.random.default_rng(3), 0.0).items()}
    losses = [learner.step(batch, step / 80)["bce"] for step in range(80)]
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    settings = TrainConfig("repair", "damage-unet", tmp_path / "none", tmp_path, batch=0, crop_px=50)
    with pytest.raises(InputError) as caught:
        settings.check()
    for part in (
        "not for the task",
        "steps or of minutes",
        "no folder",
        "at least one crop",
        "multiple of 32",
    ):
        assert part in str(caught.value)


def test_resuming_without_a_checkpoint_and_with_a_foreign_one_is_told(
    photo_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        fit(config("detect", photo_folder, tmp_path / "a"), JobContext(), resume=True)
    fit(config("detect", photo_folder, tmp_path / "a", steps=2), JobContext())
    with pytest.raises(InputError, match="damaged or belongs to another training"):
        fit(config("repair", photo_folder, tmp_path / "a"), JobContext(), resume=True)
    (tmp_path / "a" / checkpoint.NAME).write_bytes(b"nonsense")
    with pytest.raises(InputError, match="damaged or belongs to another training"):
        fit(config("detect", photo_folder, tmp_path / "a"), JobContext(), resume=True)


def test_a_folder_without_photographs_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RestorerError, match="No photographs"):
        fit(config("detect", tmp_path / "empty", tmp_path / "out"), JobContext())
    (tmp_path / "empty" / "broken.jpg").write_bytes(b"not a picture")
    with pytest.raises(RestorerError, match="None of the files"):
        fit(config("detect", tmp_path / "empty", tmp_path / "out"), JobContext())


def test_training_starts_from_given_weights(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("detect", photo_folder, tmp_path / "a", steps=2), JobContext())
    settings = replace(
        config("detect", photo_folder, tmp_path / "b", steps=1),
        init=tmp_path / "a" / "detect.safetensors",
        rate=1e-9,
    )
    fit(settings, JobContext())
    before, after = weights(tmp_path / "a")["detect"], weights(tmp_path / "b")["detect"]
    for key, value in before.items():
        torch.testing.assert_close(value, after[key], atol=1e-3, rtol=1e-3)


def test_kept_layers_learn_nothing_but_their_biases(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "first"), JobContext())
    init = tmp_path / "first" / "fidelity.safetensors"
    again = replace(config("repair", photo_folder, tmp_path / "again"), init=init, kept=("middle", "stem"))
    fit(again, JobContext())
    before, after = load_file(init), weights(tmp_path / "again")["fidelity"]
    stays = {name for name in before if name.startswith(("middle", "stem")) and before[name].ndim > 1}
    assert stays and all(torch.equal(before[name], after[name]) for name in stays)
    assert not torch.equal(before["enc2.a.weight"], after["enc2.a.weight"])
    assert not torch.equal(before["middle.0.mix.bias"], after["middle.0.mix.bias"])


def test_kept_layers_that_do_not_exist_are_told(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "first"), JobContext())
    again = replace(config("repair", photo_folder, tmp_path / "again"), kept=("midle",))
    with pytest.raises(InputError, match="weights to start from"):
        fit(again, JobContext())
    init = tmp_path / "first" / "fidelity.safetensors"
    with pytest.raises(InputError, match="no layers 'midle'"):
        fit(replace(again, init=init), JobContext())


def test_a_broken_off_run_goes_on_with_its_kept_layers(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "first"), JobContext())
    init = tmp_path / "first" / "fidelity.safetensors"
    settings = replace(config("repair", photo_folder, tmp_path / "again"), init=init, kept=("middle",))
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        fit(settings, JobContext(seen.append, lambda: sum(p.detail is not None for p in seen) >= 2))
    fit(settings, JobContext(), resume=True)
    after = weights(tmp_path / "again")["detail"]
    assert torch.equal(load_file(init)["middle.0.mix.weight"], after["middle.0.mix.weight"])


def test_what_is_learnt_in_bits_is_what_a_compact_update_holds(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "first"), JobContext())
    init = tmp_path / "first" / "fidelity.safetensors"
    settings = replace(
        config("repair", photo_folder, tmp_path / "whole"), init=init, compact=init, adversarial_share=0.0
    )
    learner, source = make_task(settings, JobContext(), choose_device("cpu"))
    net, old = learner.modules["net"], read_weights(init)
    trainer._start(settings, learner, False)
    for step in range(3):
        batch = source.make(np.random.default_rng(step), 0.0)
        learner.step({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in batch.items()}, 0.1)
        now = net.state_dict()
        kept = updated(old, compacted(old, now), 1.0)
        assert all(torch.allclose(kept[k], now[k], rtol=1e-3, atol=1e-5) for k in now)
    assert not torch.equal(now["stem.weight"], old["stem.weight"])
    exact = learner.optimisers["net"].state[net.stem.weight]["exact"]  # type: ignore[union-attr,index]
    assert not torch.equal(exact, now["stem.weight"])
    assert torch.equal(
        torch.sign(exact - old["stem.weight"]), torch.sign(now["stem.weight"] - old["stem.weight"])
    )


def test_learning_in_bits_goes_on_where_it_was(photo_folder: Path, tmp_path: Path) -> None:
    fit(config("repair", photo_folder, tmp_path / "first"), JobContext())
    init = tmp_path / "first" / "fidelity.safetensors"
    common = {"init": init, "compact": init, "adversarial_share": 0.0}
    fit(replace(config("repair", photo_folder, tmp_path / "whole"), **common), JobContext())
    broken = replace(config("repair", photo_folder, tmp_path / "broken"), **common)
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        fit(broken, JobContext(seen.append, lambda: sum(p.detail is not None for p in seen) >= 3))
    fit(broken, JobContext(), resume=True)
    whole, again = (weights(tmp_path / name)["fidelity"] for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], again[name]) for name in whole)
