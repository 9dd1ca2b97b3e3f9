from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restorer.device import choose_device
from restorer.jobs import JobContext
from tests.conftest import smooth_photo
from training.data import photos as training_photos
from training.data.canvas import Canvas
from training.data.damage import RECIPES, add_damage
from training.data.distractions import DISTRACTIONS
from training.data.masks import FAMILIES, sample_mask
from training.data.overlays import Overlays
from training.data.photos import age, exposed, open_bank, random_crop, random_view, suspicious
from training.fitting import losses
from training.fitting.config import TrainConfig
from training.fitting.detect_task import (
    REFUTED_COUNTS,
    DetectBatches,
    DetectLearner,
    LabelledPhoto,
    read_labels,
    small_first,
    split_by_thickness,
    split_labelled,
)
from training.fitting.optim import orthogonalise
from training.tuning.preview import write_sheet


def canvas(size: int = 96) -> Canvas:
    empty = np.zeros((size, size), bool)
    image = smooth_photo(size, size).astype(np.float32)
    return Canvas(image, empty.copy(), empty.copy(), empty.copy(), np.zeros((size, size), np.float32))


@pytest.mark.parametrize("recipe", [r for r, _ in RECIPES], ids=lambda r: r.__name__)
def test_labels_are_where_the_picture_changed(recipe) -> None:  # type: ignore[no-untyped-def]
    changed_somewhere = False
    for seed in range(12):
        c = canvas()
        before = c.image.copy()
        recipe(np.random.default_rng(seed), c, 1.0, 0.9)
        change = np.abs(c.image - before).max(2)
        assert c.image.min() >= 0 and c.image.max() <= 255
        labelled = c.thin | c.region
        if recipe.__name__ != "crease":  # its shading changes the picture and is no damage
            assert not (labelled & (change == 0)).any()
            assert labelled[change > 40].all()
        changed_somewhere |= bool(labelled.any())
    assert changed_somewhere


def test_the_same_generator_state_gives_the_same_damage() -> None:
    photo = smooth_photo(128, 128)
    first, second = (add_damage(np.random.default_rng(5), photo) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a, b)
    other = add_damage(np.random.default_rng(6), photo)
    assert not np.array_equal(first[0], other[0])


def test_damage_is_uint8_with_labels_of_zero_and_one_and_some_crops_stay_clean() -> None:
    photo, clean = smooth_photo(96, 96), 0
    undecided = np.ones((96, 96), np.uint8)
    for seed in range(30):
        damaged, labels, ignore = add_damage(np.random.default_rng(seed), photo, None, 1.0, undecided)
        assert damaged.dtype == np.uint8 and labels.shape == (2, 96, 96) and set(np.unique(labels)) <= {0, 1}
        assert np.array_equal(ignore > 0, ~labels.any(0))
        clean += not labels.any()
    assert 1 <= clean <= 20


def test_overlays_are_laid_as_thin_damage(tmp_path: Path) -> None:
    folder = tmp_path / "film" / "hair"
    folder.mkdir(parents=True)
    alpha = np.zeros((100, 100), np.uint8)
    cv2.line(alpha, (10, 10), (85, 80), 255, 2)
    cv2.imwrite(str(folder / "0.png"), alpha)
    cv2.imwrite(str(folder / "1.png"), np.full((60, 60), 255, np.uint8))  # all of it: a stain, left out
    overlays = Overlays(tmp_path)
    assert len(overlays.masks) == 1
    c = canvas()
    for seed in range(4):
        overlays.lay(np.random.default_rng(seed), c, 1.0, 1.0)
    assert c.thin.any() and not c.region.any()


@pytest.mark.parametrize("kind", range(len(DISTRACTIONS)))
def test_distractions_draw_something(kind: int) -> None:
    total = 0
    for seed in range(5):
        out = np.full((96, 96, 3), 120, np.uint8)
        DISTRACTIONS[kind](np.random.default_rng(seed), out, 10)
        total += int((out != 120).sum())
    assert total > 0


def test_suspicious_marks_specks_and_no_lines() -> None:
    photo = np.full((120, 120, 3), 120, np.uint8)
    photo[30:33, 30:33] = 220
    photo[80, :] = 220
    marked = suspicious(photo)
    assert marked[31, 31] and not marked[80, 40:80].any() and marked.mean() < 0.02


@pytest.mark.parametrize("family", list(FAMILIES))
def test_mask_families(family: str) -> None:
    for seed in range(8):
        mask = FAMILIES[family](np.random.default_rng(seed), 96)
        assert mask.shape == (96, 96) and set(np.unique(mask)) <= {0, 1}


def test_sampled_masks_are_neither_empty_nor_most_of_the_picture(rng: np.random.Generator) -> None:
    for _ in range(60):
        assert 0.005 < sample_mask(rng, 64).mean() < 0.6


def test_crops_have_the_size_whatever_the_photograph(rng: np.random.Generator) -> None:
    for shape in ((40, 300), (300, 40), (500, 500)):
        for scale in (0.3, 1.0, 2.0):
            crop = random_crop(rng, smooth_photo(*shape), 64, scale)
            assert crop.shape == (64, 64, 3) and age(rng, crop).shape == crop.shape


def test_other_views_of_a_photograph_keep_what_is_known_of_each_pixel(rng: np.random.Generator) -> None:
    photo = np.full((300, 400, 4), 60, np.uint8)
    photo[..., 3] = 0
    photo[:, 180:220] = (200, 200, 200, 2)
    views = [random_view(rng, photo, 128, 0.7) for _ in range(30)]
    for view in views:
        assert view.shape == (128, 128, 4) and view.dtype == np.uint8
        assert view[..., 0].min() >= 40, "nothing from beyond the photograph"
        known = (view[..., 3] > 0).astype(np.uint8)
        inner = cv2.erode(known, np.ones((7, 7), np.uint8)) > 0
        outer = cv2.dilate(known, np.ones((7, 7), np.uint8)) == 0
        colours, inner, outer = view[4:-4, 4:-4, :3], inner[4:-4, 4:-4], outer[4:-4, 4:-4]
        assert (colours[inner] > 180).all() and (colours[outer] < 80).all()
    straight = [bool((view[..., 3] == view[:1, :, 3]).all()) for view in views]  # or turned by right angles
    assert any(straight) and not all(straight)
    crop = np.ascontiguousarray(views[0][..., :3])
    assert not np.array_equal(exposed(rng, crop), crop) and exposed(rng, crop).dtype == np.uint8


def test_hand_made_labels_are_split_by_thickness_and_read_with_ignore(tmp_path: Path) -> None:
    mask = np.zeros((80, 90), np.uint8)
    mask[10, 5:80] = 255
    mask[30:60, 30:60] = 255
    thin, region = split_by_thickness((mask > 0).astype(np.uint8))
    assert thin[10, 40] and not thin[45, 45] and region[45, 45] and not region[10, 40]
    for name in ("photos", "labels/masks", "labels/ignore"):
        (tmp_path / name).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "photos" / "a.webp"), smooth_photo(80, 90))
    cv2.imwrite(str(tmp_path / "labels" / "masks" / "a.png"), mask)
    cv2.imwrite(str(tmp_path / "labels" / "ignore" / "a.png"), np.full((80, 90), 255, np.uint8))
    (item,) = read_labels([tmp_path / "labels"], tmp_path / "photos")
    assert item.ignore.all() and item.labels.sum() == (mask > 0).sum()
    (tmp_path / "photos" / "a.webp").rename(tmp_path / "away.webp")
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), smooth_photo(80, 90))
    (tmp_path / "labels").rename(tmp_path / "photos" / "labels")  # photographs of any kind, labels among them
    (item,) = read_labels([tmp_path / "photos" / "labels"], tmp_path / "photos")
    assert np.array_equal(item.photo, smooth_photo(80, 90)[..., ::-1])
    assert item.ignore.all() and item.labels.sum() == (mask > 0).sum()


@pytest.mark.parametrize("place", ["photos", "photos/judged"])
def test_a_picture_of_the_same_name_does_not_take_the_place_of_a_webp_photograph(
    place: str, tmp_path: Path
) -> None:
    for name in (place, "photos/zoomed", "labels/masks"):
        (tmp_path / name).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / place / "a.webp"), smooth_photo(80, 90), [cv2.IMWRITE_WEBP_QUALITY, 101])
    for ending in ("png", "tif"):
        cv2.imwrite(str(tmp_path / "photos" / "zoomed" / f"a.{ending}"), np.zeros((80, 90), np.uint8))
    cv2.imwrite(str(tmp_path / "labels" / "masks" / "a.png"), np.full((80, 90), 255, np.uint8))
    (item,) = read_labels([tmp_path / "labels"], tmp_path / "photos")
    assert np.array_equal(item.photo, smooth_photo(80, 90)[..., ::-1])


def test_batches_mix_synthetic_damage_with_labelled_photographs(photo_folder: Path, tmp_path: Path) -> None:
    config = TrainConfig("detect", "damage-unet", photo_folder, tmp_path, steps=1, batch=40, crop_px=64)
    bank = open_bank(photo_folder, tmp_path / "cache", JobContext())
    photo, labels = np.full((90, 90, 3), 130, np.uint8), np.ones((2, 90, 90), np.uint8)

    def labelled(*photos: LabelledPhoto) -> int:
        batch = DetectBatches(bank, config, photos).make(np.random.default_rng(4), 1.0)
        assert batch["image"].shape == (40, 3, 64, 64) and batch["weight"].shape == (40, 1, 64, 64)
        return int(batch["labels"].all((1, 2, 3)).sum())

    assert labelled() == 0
    assert 3 < labelled(LabelledPhoto(photo, labels, 0 * labels[0])) < 20


def test_places_that_were_judged_are_all_that_counts(photo_folder: Path, tmp_path: Path) -> None:
    judged = np.zeros((120, 130), np.uint8)
    judged[20:24, 20:50], judged[80:90, 90:100] = 255, 128
    for name in ("old", "labels/judged"):
        (tmp_path / name).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "old" / "a.webp"), smooth_photo(120, 130))
    cv2.imwrite(str(tmp_path / "labels" / "judged" / "a.png"), judged)
    items = read_labels([tmp_path / "labels"], tmp_path / "old")
    assert items[0].labels.sum() == 4 * 30 and (items[0].ignore == 0).sum() == 4 * 30 + 100
    whole = LabelledPhoto(items[0].photo, items[0].labels, items[0].ignore)
    kept, held_out = split_labelled([whole, *items] * 6)
    assert len(kept) == 10 and [item.in_places for item in held_out] == [False, True]

    config = TrainConfig("detect", "damage-unet", photo_folder, tmp_path, steps=1, batch=24, crop_px=64)
    bank = open_bank(photo_folder, tmp_path / "cache", JobContext())
    batches = DetectBatches(bank, config, items)
    weight = batches.make(np.random.default_rng(5), 1.0)["weight"]
    sparse = [w for w in weight if (w == 0).mean() > 0.4]
    assert 2 < len(sparse) < 14
    assert all(w.any() for w in sparse) and any((w == REFUTED_COUNTS).any() for w in sparse)

    small = replace(config, batch=2, hyper_parameters={"channels": (8, 8), "radii": (1,), "blocks": 1})
    scores = DetectLearner(small, batches, held_out, choose_device("cpu")).validate()
    assert 0 <= scores["f1_places"] <= 1 and "f1_real" in scores


def test_specks_weigh_more_than_scratches() -> None:
    labels = np.zeros((2, 40, 40), np.uint8)
    labels[0, 5, 5] = 1
    labels[0, 20:24, :] = 1
    weight = small_first(labels)
    assert weight[5, 5] == 3 and weight[21, 10] == 1 and weight[35, 35] == 1


def test_preview_sheet(photo_folder: Path, tmp_path: Path) -> None:
    write_sheet(photo_folder, tmp_path / "sheet.png", None, seed=1, count=4, size=64)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None and sheet.shape == (128, 256, 3)


# --- losses


def tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand((2, 3, 32, 32), generator=generator)
    mask = torch.zeros(2, 1, 32, 32)
    mask[0, :, 4:8, 4:8] = 1
    mask[1, :, 2:30, 2:30] = 1
    return truth, truth + 0.1 * mask, mask


def test_hole_losses_measure_the_hole_alone_and_every_hole_alike() -> None:
    truth, prediction, mask = tensors()
    assert losses.hole_l1(prediction, truth, mask).item() == pytest.approx(0.1, abs=1e-5)
    assert losses.hole_l1(prediction + 5 * (1 - mask), truth, mask).item() == pytest.approx(0.1, abs=1e-5)
    assert losses.hole_log_mse(prediction, truth, mask).item() == pytest.approx(np.log(0.01 + 2e-5), abs=1e-4)
    for loss in (losses.hole_l1, losses.pyramid_l1, losses.texture_energy):
        assert loss(truth, truth, mask).item() == pytest.approx(0, abs=1e-6)


def test_texture_energy_wants_the_amount_not_the_pixels() -> None:
    generator = torch.Generator().manual_seed(1)
    mask = torch.ones(1, 1, 64, 64)
    truth, other = (0.5 + 0.1 * torch.randn((1, 3, 64, 64), generator=generator) for _ in range(2))
    flat = torch.full_like(truth, 0.5)
    assert losses.texture_energy(other, truth, mask) < 0.3 * losses.texture_energy(flat, truth, mask)


def test_hinge_losses_are_zero_where_the_critic_is_sure() -> None:
    hole = torch.ones(1, 1, 4, 4)
    assert losses.hinge_critic(2 * hole, -2 * hole, hole).item() == 0
    assert losses.hinge_critic(0 * hole, 0 * hole, hole).item() == 2
    assert losses.hinge_generator(3 * hole, hole).item() == -3
    # A patch outside of the hole is never taken for a fake.
    assert losses.hinge_critic(2 * hole, 5 * hole, torch.zeros_like(hole)).item() == 0


def test_detection_losses_ignore_what_is_undecidable() -> None:
    labels = torch.zeros(1, 2, 8, 8)
    labels[:, :, 2, 2] = 1
    logits = 20 * labels - 10
    weight = torch.ones(1, 1, 8, 8)
    assert losses.weighted_bce(logits, labels, weight).item() < 1e-3
    assert losses.soft_dice(logits, labels, weight).item() < 1e-2
    wrong = logits.clone()
    wrong[..., 5, 5] = 10
    assert losses.weighted_bce(wrong, labels, weight).item() > 0.1
    weight[..., 5, 5] = 0
    assert losses.weighted_bce(wrong, labels, weight).item() < 1e-3


def test_orthogonalised_updates_have_singular_values_near_one() -> None:
    for shape, dtype in itertools.product(((16, 40), (40, 16)), (torch.float32, torch.bfloat16)):
        matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2))
        values = torch.linalg.svdvals(orthogonalise(matrix, dtype=dtype))
        assert values.min() > 0.5 and values.max() < 1.4, dtype


def test_few_photographs_are_decoded_before_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(training_photos, "read_rgb", lambda path, _: begun.append(path))
    monkeypatch.setattr(training_photos, "AHEAD", 3)
    files = [Path(f"{n}.jpg") for n in range(20)]
    decoded = training_photos._decoded(files)
    next(decoded)
    assert len(begun) <= 4
    assert len(list(decoded)) == 19 and sorted(begun) == sorted(files)


def test_a_bank_that_was_deleted_is_made_anew(photo_folder: Path, tmp_path: Path) -> None:
    first = open_bank(photo_folder, tmp_path, JobContext())
    (data,) = tmp_path.glob("bank-*.u8")
    for harm in (lambda: data.unlink(), lambda: data.write_bytes(b"")):
        harm()
        again = open_bank(photo_folder, tmp_path, JobContext())
        assert len(again) == len(first) and again[0].shape[2] == 3
