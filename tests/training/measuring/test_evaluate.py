"""Evaluation on tiny folders with methods whose figures are known beforehand."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from restorer.errors import InputError, OutputError
from restorer.jobs import Cancelled, JobContext
from restorer.processing import repairer
from restorer.processing.repairer import RepairSettings
from tests.conftest import smooth_photo
from training.measuring import classical
from training.measuring.classical import Found
from training.measuring.evaluate import EvaluateOptions, crop_at_hole, overlay, run_evaluate

HEIGHT, WIDTH = 48, 64
NAMES = ("a", "b", "c")


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels if pixels.ndim == 2 else pixels[..., ::-1])


def hole(x: int = 10) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:20, x : x + 20] = 255
    return mask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs a, b, c, with two families of masks."""
    for i, name in enumerate(NAMES):
        write(tmp_path / "photos" / f"{name}.png", smooth_photo(HEIGHT, WIDTH, i))
        for x, family in ((10, "left"), (30, "right")):
            write(tmp_path / "masks" / family / f"{name}.png", hole(x))
    return tmp_path


def truth_of(folder: Path, damaged: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photograph that agrees with `damaged` outside of the mask."""
    for i in range(len(NAMES)):
        photo = smooth_photo(HEIGHT, WIDTH, i)
        if np.array_equal(photo[~mask], damaged[~mask]):
            return photo
    return damaged  # the small piece of the warming up


def fakes(folder: Path) -> dict:
    def oracle(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return truth_of(folder, pixels, mask)

    def off_by_51(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        out = truth_of(folder, pixels, mask).astype(int)
        out[mask] += np.where(out[mask] > 127, -51, 51)  # 51 / 255 = 0.2: 13.98 dB
        return out.astype(np.uint8)

    return {"oracle": oracle, "off": off_by_51}


def options(folder: Path, **changes: object) -> EvaluateOptions:
    return replace(EvaluateOptions(folder / "photos", folder / "masks", ("telea",)), **changes)  # type: ignore[arg-type]


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_repair_figures_table_json_and_sheet(folder: Path) -> None:
    console = quiet()
    wanted = options(folder, json=folder / "out.json", sheet=folder / "out.png")
    report = run_evaluate(wanted, repairers=fakes(folder), console=console)
    assert json.loads((folder / "out.json").read_text()) == report
    assert list(report["families"]) == ["left", "right"]
    assert report["photos"] == list(NAMES)
    for family in report["families"].values():
        assert list(family) == ["oracle", "off"]
        assert family["oracle"]["mean"]["psnr_hole"] == 100
        assert family["oracle"]["mean"]["texture"] == 1
        assert family["oracle"]["mean"]["seam"] == 1
        assert family["oracle"]["mean"]["gmsd"] == 0
        assert [v["psnr_hole"] for v in family["off"]["per_photo"].values()] == pytest.approx([13.9794] * 3)
        assert family["off"]["mean"]["ssim"] < 0.99
        assert family["off"]["mean"]["changed_outside"] == 0
        assert family["off"]["mean"]["seconds_per_mp"] >= 0
    assert report["overall"]["off"]["psnr_hole"] == pytest.approx(13.9794)
    assert "13.98" in text_of(console)
    sheet = cv2.imread(str(folder / "out.png"))
    assert sheet is not None
    assert sheet.shape == (
        6 * (HEIGHT + 18 + 4),
        4 * (WIDTH + 4),
        3,
    )  # 2 families of 3; damaged, 2 models, truth


def test_no_figure_is_cut_off_in_a_pipe(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run_evaluate(options(folder), repairers=fakes(folder))
    printed = capsys.readouterr().out
    mean = report["families"]["left"]["off"]["mean"]
    for figure in (
        f"{mean['psnr_hole']:.2f}",
        *(f"{mean[k]:.4f}" for k in ("ssim", "gmsd", "haarpsi", "seam")),
    ):
        assert figure in printed
    assert "…" not in printed


def test_methods_get_black_holes_and_cannot_spoil_what_is_measured(folder: Path) -> None:
    seen = []

    def nosy(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        seen.append(int(pixels[mask].max()))
        out = pixels.copy()
        pixels[:], mask[:] = 7, False
        return out

    report = run_evaluate(options(folder), repairers={"nosy": nosy}, console=quiet())
    assert set(seen) == {0}
    assert report["families"]["left"]["nosy"]["mean"]["changed_outside"] == 0


def test_pixels_changed_outside_of_the_hole_are_counted(folder: Path) -> None:
    def careless(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        out = pixels.copy()
        out[-1] ^= 1
        return out

    report = run_evaluate(options(folder), repairers={"careless": careless}, console=quiet())
    assert report["overall"]["careless"]["changed_outside"] == WIDTH


def test_flat_folder_of_masks_is_one_family(folder: Path) -> None:
    report = run_evaluate(
        options(folder, masks=folder / "masks" / "left"), repairers=fakes(folder), console=quiet()
    )
    assert list(report["families"]) == ["all"]


def test_limit_spreads_over_the_folder(folder: Path) -> None:
    report = run_evaluate(options(folder, limit=2), repairers=fakes(folder), console=quiet())
    assert report["photos"] == ["a", "c"]


def peers_file(folder: Path, count: int = 3) -> Path:
    figures = {"tenor": [[10.0 + i * i, 0.9, 0.5] for i in range(count)], "bass": [[11.8, 0.5, 0.1]] * count}
    path = folder / "peers.json"
    path.write_text(json.dumps({"per_photo": {"left": figures}}))
    return path


def test_peers_are_compared_over_the_same_photographs(folder: Path) -> None:
    console = quiet()
    wanted = options(
        folder, peers=peers_file(folder), limit=2
    )  # a and c: tenor has 12 dB on average, with b 11.67
    report = run_evaluate(wanted, repairers=fakes(folder), console=console)
    assert list(report["against_peers"]) == ["left"]
    entry = report["against_peers"]["left"]["off"]
    assert entry["psnr_hole"] == {"best": "tenor", "best_value": 12.0, "difference": 1.9794}
    assert entry["texture"]["best_value"] == 0.5
    assert "+1.98 (tenor 12.00)" in text_of(console)


@pytest.mark.parametrize("content", ["{", "{}", '{"per_photo": {"left": {"x": [[1]]}}}', '{"per_photo": 3}'])
def test_bad_peers_are_told(folder: Path, content: str) -> None:
    path = folder / "peers.json"
    path.write_text(content)
    with pytest.raises(InputError):
        run_evaluate(options(folder, peers=path), repairers=fakes(folder), console=quiet())


def test_peers_of_other_photographs_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match="4 photographs, but there are 3"):
        run_evaluate(options(folder, peers=peers_file(folder, 4)), repairers=fakes(folder), console=quiet())


def test_missing_mask_is_told_before_the_work(folder: Path) -> None:
    (folder / "masks" / "right" / "c.png").unlink()
    calls = []

    def counted(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        calls.append(1)
        return pixels

    with pytest.raises(InputError, match=r"no mask for 'c\.png'"):
        run_evaluate(options(folder), repairers={"counted": counted}, console=quiet())
    assert not calls


def test_mask_of_another_size_is_told(folder: Path) -> None:
    write(folder / "masks" / "left" / "b.png", np.zeros((HEIGHT, WIDTH + 1), np.uint8))
    with pytest.raises(InputError, match="65 x 48 pixels, its photograph 64 x 48"):
        run_evaluate(options(folder), repairers=fakes(folder), console=quiet())


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_unreadable_mask_is_told(folder: Path, content: bytes) -> None:
    (folder / "masks" / "left" / "b.png").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        run_evaluate(options(folder), repairers=fakes(folder), console=quiet())


def test_empty_mask_is_told(folder: Path) -> None:
    write(folder / "masks" / "left" / "b.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(InputError, match="is empty"):
        run_evaluate(options(folder), repairers=fakes(folder), console=quiet())


def test_missing_folders_are_told(folder: Path) -> None:
    for changes in ({"photos": folder / "none"}, {"masks": folder / "none"}):
        with pytest.raises(InputError, match="no folder"):
            run_evaluate(options(folder, **changes), repairers=fakes(folder), console=quiet())


def test_unreadable_and_tiny_photographs_are_told(folder: Path) -> None:
    (folder / "photos" / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="cannot be read"):
        run_evaluate(options(folder), repairers=fakes(folder), console=quiet())
    write(folder / "photos" / "a.png", smooth_photo(12, 64))
    with pytest.raises(InputError, match="too small"):
        run_evaluate(options(folder), repairers=fakes(folder), console=quiet())


def test_unknown_task_model_and_detail_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match="task 'paint'"):
        run_evaluate(options(folder, task="paint"), console=quiet())
    with pytest.raises(InputError, match="No model"):
        run_evaluate(options(folder, models=()), console=quiet())
    with pytest.raises(InputError, match="'much' in 'repair@much'"):
        run_evaluate(options(folder, models=("repair@much",)), console=quiet())


def test_a_place_that_cannot_be_written_is_told_before_the_work(folder: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        run_evaluate(options(folder, json=folder / "none" / "x.json"), console=quiet())


def test_cancelling_stops_between_photographs(folder: Path) -> None:
    seen = []

    def cancelled() -> bool:
        seen.append(1)
        return len(seen) > 2

    with pytest.raises(Cancelled):
        run_evaluate(
            options(folder), JobContext(is_cancelled=cancelled), repairers=fakes(folder), console=quiet()
        )


def test_the_worst_photograph_is_on_the_sheet(tmp_path: Path) -> None:
    for i in range(7):
        write(tmp_path / "photos" / f"{i}.png", smooth_photo(HEIGHT, WIDTH, i))
        write(tmp_path / "masks" / f"{i}.png", hole())
    bad = smooth_photo(HEIGHT, WIDTH, 4)

    def fails_once(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        out = pixels.copy()
        out[mask] = 255 if np.array_equal(pixels[~mask], bad[~mask]) else pixels[~mask].mean(0)
        if (out[mask] == 255).all():
            out[mask] = (255, 0, 255)
        return out

    wanted = options(tmp_path, sheet=tmp_path / "sheet.png")
    run_evaluate(wanted, repairers={"fails": fails_once, "telea": classical.telea}, console=quiet())
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    magenta = (sheet == (255, 0, 255)).all(2)
    assert magenta.sum() == 200  # the hole of photograph 4, at 100 %


# --- Classical methods and the library ---------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(classical.REPAIRERS))
def test_classical_methods_fill_the_hole_only(name: str) -> None:
    photo, mask = smooth_photo(HEIGHT, WIDTH), hole() > 0
    damaged = photo.copy()
    damaged[mask] = 0
    result = classical.REPAIRERS[name](damaged, mask)
    assert (result.shape, result.dtype) == (photo.shape, np.uint8)
    assert np.array_equal(result[~mask], photo[~mask])
    error = np.abs(result[mask].astype(int) - photo[mask]).mean()
    assert error < 25


def test_biharmonic_without_scikit_image_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "skimage.restoration", None)
    with pytest.raises(InputError, match="needs scikit-image"):
        classical.biharmonic(smooth_photo(HEIGHT, WIDTH), hole() > 0)


def test_tophat_finds_a_light_scratch_and_no_slope() -> None:
    photo = np.repeat(np.linspace(60, 120, 96).astype(np.uint8)[None, :, None], 80, 0).repeat(3, 2)
    assert not classical.tophat(photo).mask.any()
    photo[20:60, 40:42] = 230
    found = classical.tophat(photo)
    assert found.mask[25:55, 40:42].all()
    assert found.mask.sum() < 2 * 40 * 2
    assert 0 <= found.probability.min() <= found.probability.max() <= 1


def test_models_of_the_library_get_their_detail_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[RepairSettings] = []

    def repair_pixels(pixels: np.ndarray, mask: np.ndarray, settings: RepairSettings, net: None) -> object:
        calls.append(settings)
        return pixels, mask

    monkeypatch.setattr(repairer, "repair_pixels", repair_pixels)
    made = classical.make_repairers(("repair", "repair@0", "mine@0.3", "telea"), 0.8, "cpu")
    assert list(made) == ["repair", "repair@0", "mine@0.3", "telea"]
    for method in list(made.values())[:3]:
        method(smooth_photo(HEIGHT, WIDTH), hole() > 0)
    assert [(c.model, c.detail) for c in calls] == [("repair", 0.8), ("repair", 0.0), ("mine", 0.3)]
    assert all(c.device == "cpu" and c.grow_px == 0 for c in calls)
    assert made["telea"] is classical.telea


# --- Detection ---------------------------------------------------------------------------------------


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Heavy damage on a, a thin line on b, c clean; half of a's photograph is undecided."""
    for i, name in enumerate(NAMES):
        write(tmp_path / "photos" / f"{name}.png", smooth_photo(HEIGHT, WIDTH, i))
    none = np.zeros((HEIGHT, WIDTH), np.uint8)
    thin = none.copy()
    thin[30, 5:12] = 255  # 0.23 %
    for name, mask in zip(NAMES, (hole(), thin, none), strict=True):
        write(tmp_path / "masks" / f"{name}.png", mask)
    undecided = none.copy()
    undecided[:, 40:] = 255
    write(tmp_path / "ignore" / "a.png", undecided)
    rows = ["id,kind,share_masked", "a,damaged,0.065", "b,damaged,0.0023", "c,clean,0"]
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def always(mask: np.ndarray):
    def detect(pixels: np.ndarray) -> Found:
        found = mask[: pixels.shape[0], : pixels.shape[1]] > 0
        return Found(found.astype(np.float32), found)

    return detect


def detect_options(album: Path, **changes: object) -> EvaluateOptions:
    usual = {"task": "detect", "ignore": album / "ignore", "index": album / "index.csv"}
    return options(album, **{**usual, **changes})


def test_detection_figures_table_json_and_sheet(album: Path) -> None:
    shifted = np.roll(hole(), 2, 0)
    shifted[:, 50:] = 255  # undecided on a, false on c
    console = quiet()
    wanted = detect_options(album, json=album / "out.json", sheet=album / "out.png")
    report = run_evaluate(wanted, detectors={"fixed": always(shifted)}, console=console)
    assert json.loads((album / "out.json").read_text()) == report
    assert report["kinds"] == {"a": "heavy", "b": "damaged", "c": "clean"}
    figures = report["models"]["fixed"]
    assert figures["per_photo"]["a"]["f1"] == 1.0
    assert figures["per_photo"]["b"]["f1"] == 0.0
    assert figures["per_photo"]["c"]["ap"] is None
    mean = figures["mean"]
    assert (mean["f1"], mean["f1_heavy"], mean["precision"], mean["recall"]) == (0.5, 1.0, 0.5, 0.5)
    flagged = (shifted > 0).mean()
    assert mean["clean_flagged"] == mean["clean_flagged_worst"] == pytest.approx(flagged, abs=1e-6)
    assert f"{flagged:.2%}" in text_of(console)
    sheet = cv2.imread(str(album / "out.png"))
    assert sheet is not None
    assert sheet.shape == (3 * (HEIGHT + 18 + 4), 3 * (WIDTH + 4), 3)


def test_tolerance_can_be_chosen(album: Path) -> None:
    methods = {"fixed": always(np.roll(hole(), 2, 0))}
    strict = run_evaluate(detect_options(album, tolerance_px=0), detectors=methods, console=quiet())
    assert strict["models"]["fixed"]["per_photo"]["a"]["f1"] == pytest.approx(0.8)


def test_without_an_index_the_masks_tell_what_is_clean(album: Path) -> None:
    report = run_evaluate(
        detect_options(album, index=None), detectors={"fixed": always(hole())}, console=quiet()
    )
    assert report["kinds"] == {"a": "heavy", "b": "damaged", "c": "clean"}


def test_only_clean_photographs_have_no_f1(album: Path) -> None:
    wanted = detect_options(album, photos=album / "clean")
    write(album / "clean" / "c.png", smooth_photo(HEIGHT, WIDTH))
    report = run_evaluate(wanted, detectors={"fixed": always(hole() * 0)}, console=quiet())
    mean = report["models"]["fixed"]["mean"]
    assert (mean["f1"], mean["ap"], mean["f1_heavy"], mean["clean_flagged"]) == (None, None, None, 0.0)


def test_detection_by_name(album: Path) -> None:
    report = run_evaluate(detect_options(album, models=("tophat",)), console=quiet())
    assert list(report["models"]) == ["tophat"]


def test_bad_index_and_missing_mask_are_told(album: Path) -> None:
    methods = {"fixed": always(hole())}
    with pytest.raises(InputError, match="index"):
        run_evaluate(detect_options(album, index=album / "none.csv"), detectors=methods, console=quiet())
    (album / "index.csv").write_text("name,kind\na,damaged\n")
    with pytest.raises(InputError, match="columns id, kind"):
        run_evaluate(detect_options(album), detectors=methods, console=quiet())
    (album / "index.csv").write_text("id,kind,share_masked\na,damaged,much\n")
    with pytest.raises(InputError, match="not a number"):
        run_evaluate(detect_options(album), detectors=methods, console=quiet())
    (album / "masks" / "b.png").unlink()
    with pytest.raises(InputError, match="no mask"):
        run_evaluate(detect_options(album), detectors=methods, console=quiet())


# --- Pieces of the sheet -----------------------------------------------------------------------------


def test_the_crop_shows_the_hole_at_full_size() -> None:
    photo = np.arange(300 * 400 * 3, dtype=np.uint32).reshape(300, 400, 3).astype(np.uint8)
    mask = np.zeros((300, 400), bool)
    mask[280:290, 350:380] = True
    marked = photo.copy()
    marked[mask] = (1, 2, 3)
    crop = crop_at_hole(marked, mask, 100)
    assert crop.shape == (100, 100, 3)
    assert (crop == (1, 2, 3)).all(2).sum() >= mask.sum()


def test_the_overlay_shows_both_masks() -> None:
    photo = np.full((4, 4, 3), 100, np.uint8)
    found, undecided = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    found[0], undecided[1] = True, True
    out = overlay(photo, found, undecided)
    assert tuple(out[0, 0]) == (255, 40, 40)
    assert out[1, 0, 2] > out[1, 0, 0]
    assert tuple(out[3, 0]) == (75, 75, 75)


def test_photographs_of_one_name_are_told_before_any_is_measured(album: Path) -> None:
    (album / "photos" / "more").mkdir()
    write(album / "photos" / "more" / "a.jpg", smooth_photo(HEIGHT, WIDTH))
    with pytest.raises(InputError, match="are called 'a'"):
        run_evaluate(detect_options(album), detectors={"fixed": always(hole())}, console=quiet())


def test_a_missing_mask_is_told_before_the_work(album: Path) -> None:
    (album / "masks" / "b.png").unlink()
    asked: list[int] = []
    with pytest.raises(InputError, match="no mask"):
        run_evaluate(
            detect_options(album),
            detectors={"fixed": lambda _: asked.append(1)},
            console=quiet(),  # type: ignore[dict-item]
        )
    assert not asked
