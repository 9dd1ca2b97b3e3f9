"""Every architecture of repair is taught by its recipe, and what comes out can be published and used."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from restorer import metrics
from restorer.device import choose_device
from restorer.errors import InputError
from restorer.image.reading import open_photo
from restorer.jobs import JobContext
from restorer.library import store as library
from restorer.library.weights import shipped_folder
from restorer.models import ARCHITECTURES
from restorer.processing.repairer import RepairSettings, repair_pixels
from tests.conftest import smooth_photo
from tests.core.models.test_models import REPAIR, TINY
from training.data.masks import FAMILIES, MIX
from training.fitting import losses
from training.fitting.config import TrainConfig
from training.fitting.discriminator import CRITICS
from training.fitting.learner import Batch
from training.fitting.publish import Publication, publish_to_user
from training.fitting.recipes import RECIPES, recipe_of
from training.fitting.repair_task import RepairBatches, RepairLearner
from training.fitting.trainer import fit, make_task


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def config(arch: str, data: Path, out: Path, steps: int, share: float) -> TrainConfig:
    return TrainConfig(
        "repair", arch, data, out, steps=steps, batch=4, crop_px=64, adversarial_share=share, device="cpu",
        validate_every=1000, rate=4e-3, hyper_parameters=TINY[arch],
    )  # fmt: skip


def learner_and_batch(settings: TrainConfig) -> tuple[RepairLearner, Batch]:
    learner, source = make_task(settings, JobContext(), choose_device("cpu"))
    assert isinstance(learner, RepairLearner) and isinstance(source, RepairBatches)
    return learner, source.make(np.random.default_rng(0), 0.0)


def test_every_repair_architecture_has_a_recipe_made_of_what_there_is() -> None:
    assert set(REPAIR) <= set(RECIPES)
    for recipe in RECIPES.values():
        assert {*recipe.reconstruction, *recipe.adversarial} <= set(losses.NAMED)
        assert "adversarial" in recipe.adversarial and "adversarial" not in recipe.reconstruction
        assert set(recipe.masks) <= set(FAMILIES)
        assert recipe.critic in CRITICS and recipe.game in losses.GAMES


def test_the_default_is_taught_as_before() -> None:
    recipe = recipe_of("fill-unet")
    assert recipe.reconstruction == {"l1": 2.0, "log_mse": 0.5, "pyramid": 1.0}
    assert recipe.adversarial == {
        "l1": 1.0, "pyramid": 1.0, "adversarial": 0.03, "matching": 0.3, "texture": 2.0,
    }  # fmt: skip
    assert (recipe.critic, recipe.game, recipe.masks, recipe.optimiser) == ("patch", "hinge", MIX, "muon")
    assert (recipe.adversarial_rate, recipe.critic_rate) == (2e-4, 2.0)


@pytest.mark.parametrize("arch", REPAIR)
def test_it_learns_four_pictures(arch: str, photo_folder: Path, tmp_path: Path) -> None:
    settings = config(arch, photo_folder, tmp_path / "run", 80, 0.0)
    learner, made = learner_and_batch(settings)
    batch = {k: torch.from_numpy(v) for k, v in made.items()}
    image, mask = batch["image"].float() / 255, batch["mask"].float()

    def error() -> float:
        with torch.no_grad():
            return losses.hole_l1(learner.net(image, mask), image, mask).item()

    before = error()
    for step in range(80):
        learner.step(batch, step / 80)
    assert error() < 0.8 * before


@pytest.mark.parametrize("arch", REPAIR)
def test_both_parts_move_every_weight_and_the_critic(arch: str, photo_folder: Path, tmp_path: Path) -> None:
    learner, made = learner_and_batch(config(arch, photo_folder, tmp_path / "run", 10, 0.5))
    batch = {k: torch.from_numpy(v) for k, v in made.items()}
    judged = {k: v.clone() for k, v in learner.critic.state_dict().items()}
    for progress in (0.1, 0.2, 0.3):
        found = learner.step(batch, progress)
    assert set(found) == set(learner.recipe.reconstruction)
    untouched = {k: v.clone() for k, v in learner.critic.state_dict().items()}
    assert all(torch.equal(v, untouched[k]) for k, v in judged.items())
    before = {k: v.clone() for k, v in learner.net.named_parameters()}
    for progress in (0.6, 0.7, 0.8):
        found = learner.step(batch, progress)
    assert set(found) == {*learner.recipe.adversarial, "critic"}
    assert all(np.isfinite(v) for v in found.values())
    still = [k for k, v in learner.net.named_parameters() if torch.equal(v, before[k])]
    assert not still, still
    assert any(not torch.equal(v, untouched[k]) for k, v in learner.critic.state_dict().items())


def test_the_posterior_tells_the_vae_what_stands_in_the_hole(photo_folder: Path, tmp_path: Path) -> None:
    """After some steps the fills drawn from the true picture are nearer to it than the mean fills."""
    settings = replace(config("vae-gan", photo_folder, tmp_path / "run", 150, 0.0), rate=2e-3)
    learner, _ = learner_and_batch(settings)
    generator = torch.Generator().manual_seed(2)
    levels = torch.rand((8, 3, 1, 1), generator=generator)
    image = (levels.expand(8, 3, 64, 64) * 255).round()
    mask = torch.zeros(8, 1, 64, 64)
    mask[..., 8:56, 8:56] = 1
    flat = torch.full_like(image, 128) * (1 - mask) + image * mask  # only the hole tells the level
    batch = {"image": flat.to(torch.uint8), "mask": mask.to(torch.uint8)}
    for step in range(150):
        learner.step(batch, step / 150)
    truth = flat / 255
    with torch.no_grad():
        told = learner.net.teach(truth, mask, torch.zeros_like(mask), None)["prediction"]  # type: ignore[operator]
        guessed = learner.net(truth, mask)
    guided = slice(0, 8, 2)
    near, far = (losses.hole_l1(p[guided], truth[guided], mask[guided]).item() for p in (told, guessed))
    assert near < 0.85 * far


def test_divergence_from_the_normal_is_zero_at_it_and_known_beside_it() -> None:
    cells = torch.ones(2, 1, 3, 3)
    zero = torch.zeros(2, 4, 3, 3)
    assert losses.kl_to_normal(zero, zero, cells) == 0
    assert losses.kl_to_normal(zero + 2, zero, cells).item() == pytest.approx(2.0)
    cells[1] = 0
    mean = torch.cat([zero[:1], zero[:1] + 9])
    assert losses.kl_to_normal(mean, zero, cells) == 0


def test_adversarial_losses_look_at_the_hole_only() -> None:
    score = torch.tensor([[[[5.0, -5.0]]]])
    left, right = torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[[[0.0, 1.0]]]])
    for critic, generator in losses.GAMES.values():
        assert generator(score, left) < generator(score, right)
        assert critic(score, score, left) > critic(score, score, right)


@pytest.mark.parametrize("name", ["pair", "picture"])
def test_the_critic_of_pairs_sees_the_mask_and_that_of_pictures_does_not(name: str) -> None:
    torch.manual_seed(0)
    critic = CRITICS[name]().eval()
    image, mask = torch.rand(2, 3, 64, 96), torch.zeros(2, 1, 64, 96)
    score, features = critic(image, mask)
    assert score.shape == (2, 1, 1, 1) and len(features) == 4
    same = torch.equal(score, critic(image, 1 - mask)[0])
    assert same == (name == "picture")


def test_an_unknown_recipe_is_told(photo_folder: Path, tmp_path: Path) -> None:
    settings = replace(config("unet-gan", photo_folder, tmp_path, 1, 0.0), recipe="none")
    with pytest.raises(InputError, match="no recipe 'none'"):
        settings.check()
    with pytest.raises(InputError, match="no recipe"):
        recipe_of("damage-unet")


def test_a_variant_of_a_recipe_is_used_and_noted(photo_folder: Path, tmp_path: Path) -> None:
    settings = replace(config("unet-gan", photo_folder, tmp_path, 2, 0.5), recipe="unet-gan-patch")
    learner, _ = learner_and_batch(settings)
    assert type(learner.critic) is type(CRITICS["patch"]())
    assert settings.as_json()["recipe"] == "unet-gan-patch"


@pytest.mark.parametrize("arch", [a for a in REPAIR if a != "fill-unet"])
def test_trained_published_and_chosen_on_the_command_line(
    arch: str, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restorer.__main__ import main

    run = tmp_path / "run"
    share = recipe_of(arch).adversarial_share
    fit(config(arch, photo_folder, run, 4, share), JobContext())
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    publish_to_user(run, Publication(f"my-{arch}", arch, "restorer-train fit", {}))
    truth, mask = smooth_photo(80, 90), np.zeros((80, 90), np.uint8)
    mask[30:60, 20:70] = 255
    cv2.imwrite(str(tmp_path / "a.png"), truth)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    outs = []
    for seed in ("0", "1"):
        out, report = tmp_path / f"out{seed}.png", tmp_path / f"report{seed}.json"
        given = [tmp_path / "a.png", "-o", out, "--mask", tmp_path / "m.png", "--model", f"my-{arch}"]
        options = ["--seed", seed, "--detail", "1", "--grow", "0", "--device", "cpu", "--report", report]
        done = CliRunner().invoke(main, ["repair", *map(str, [*given, *options])])
        assert done.exit_code == 0, done.output
        told = json.loads(report.read_text())["photographs"][0]
        assert told["models"]["repair"]["id"] == f"my-{arch}" and told["changed_outside"] == 0
        outs.append(cv2.imread(str(out)))
    assert (outs[0][mask == 0] == truth[mask == 0]).all()
    assert (outs[0] != outs[1]).any(), "another seed gives another grain at least"


def test_names_of_the_family_are_those_of_the_registry() -> None:
    assert {"context-encoder", "unet-gan", "vae-gan", "gated-attention", "lama-fourier"} < set(ARCHITECTURES)


def test_minutes_can_be_counted_in_processor_time(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 1000, 10))
    monkeypatch.setattr("training.fitting.trainer.time.process_time", lambda: float(next(ticks)))
    settings = config("unet-gan", photo_folder, tmp_path / "run", 0, 0.5)
    state = fit(replace(settings, minutes=1.0, clock="cpu"), JobContext())
    assert (state.step, state.seconds) == (6, 60.0)


@pytest.mark.parametrize("name", ["twain", "loco"])
def test_shipped_vae_gives_several_samples_that_all_meet_the_border(name: str) -> None:
    """On the sample photographs with a hole of 64 x 64 pixels."""
    photo = open_photo(shipped_folder().parent / "samples" / f"{name}.jpg").pixels
    y, x = photo.shape[0] // 3, photo.shape[1] // 3
    truth, hole = photo[y : y + 160, x : x + 160], np.zeros((160, 160), bool)
    hole[48:112, 48:112] = True
    fills = [
        repair_pixels(truth, hole, RepairSettings("vae-gan", grow_px=0, seed=seed, device="cpu"))[0]
        for seed in range(3)
    ]
    for a, b in itertools.combinations(fills, 2):
        smooth = [cv2.GaussianBlur(f.astype(np.float32), (0, 0), 4) for f in (a, b)]
        assert np.abs(smooth[0] - smooth[1])[hole].mean() > 4, "they differ by more than their grain"
    for fill in fills:
        assert (fill[~hole] == truth[~hole]).all()
        assert 0.3 < metrics.seam_ratio(fill / 255.0, truth / 255.0, hole) < 1.1
    plain = RepairSettings("vae-gan", detail=0.0, grow_px=0, device="cpu", ensemble=False)
    means = [repair_pixels(truth, hole, replace(plain, seed=s))[0] for s in (0, 1)]
    assert (means[0] == means[1]).all(), "the fill of the mean latent has no seed"
