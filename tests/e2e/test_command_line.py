from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from restorer.__main__ import main
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_mask, save_photo
from restorer.record.report import PhotoReport
from tests.conftest import line_mask, smooth_photo

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "twain.jpg"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


@pytest.fixture
def scratched(tmp_path: Path) -> tuple[Path, Path]:
    """A 16-bit scan with a white scratch and an infrared plane, and its mask."""
    pixels = smooth_photo(200, 260).astype(np.uint16) * 257
    mask = line_mask(200, 260)
    pixels[mask] = 65535
    infrared = np.full((200, 260), 30000, np.uint16)
    save_photo(Photo(pixels, infrared=infrared, dpi=(1200.0, 1200.0), format="TIFF"), tmp_path / "scan.tif")
    save_mask(mask, tmp_path / "mask.png")
    return tmp_path / "scan.tif", tmp_path / "mask.png"


def test_repair_with_a_mask_changes_nothing_else(scratched: tuple[Path, Path], tmp_path: Path) -> None:
    scan, mask = scratched
    before = scan.read_bytes()
    out, report, saved = tmp_path / "out.tif", tmp_path / "r.json", tmp_path / "used.png"
    assert (
        run(
            "repair",
            scan,
            "-o",
            out,
            "--mask",
            mask,
            "--save-mask",
            saved,
            "--report",
            report,
            "--device",
            "cpu",
        )
        == 0
    )
    assert scan.read_bytes() == before
    source, result, used = open_photo(scan), open_photo(out), open_photo(saved).pixels > 127
    assert result.pixels.dtype == np.uint16 and result.dpi == source.dpi
    assert np.array_equal(result.infrared, source.infrared)  # type: ignore[arg-type]
    assert np.array_equal(result.pixels[~used], source.pixels[~used])
    truth = smooth_photo(200, 260).astype(float)
    drawn = line_mask(200, 260)
    assert np.abs(result.pixels / 257 - truth)[drawn].mean() < 20
    entry = json.loads(report.read_text())["photographs"][0]
    assert entry["state"] == "repaired" and entry["changed_outside"] == 0
    assert entry["changed_inside"] == int((result.pixels != source.pixels).any(2).sum())
    assert entry["share_repaired"] == pytest.approx(used.mean(), abs=1e-5)
    assert len(entry["models"]["repair"]["sha256"]) == 64


def test_find_and_repair_a_real_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "twain.png"
    photo = open_photo(SAMPLE)
    save_photo(Photo(np.ascontiguousarray(photo.pixels[:400, 300:800])), small)
    report = tmp_path / "r.json"
    assert run("repair", small, "--report", report, "--device", "cpu") == 0
    entry = json.loads(report.read_text())["photographs"][0]
    assert entry["state"] == "repaired" and entry["changed_outside"] == 0 and entry["regions"] > 0
    assert Path(entry["output"]) == tmp_path / "twain-restored.png" and Path(entry["output"]).is_file()
    assert "0 pixels changed outside the mask" in capsys.readouterr().out


def test_a_repair_with_a_given_mask_is_replayed(
    scratched: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, mask = scratched
    out = tmp_path / "out.tif"
    assert run("repair", scan, "-o", out, "--mask", mask, "--sidecar", "--device", "cpu", "--seed", 3) == 0
    xmp = open_photo(out).xmp or b""
    assert b"compositeWithTrainedAlgorithmicMedia" in xmp
    record = json.loads((tmp_path / "out.tif.json").read_text())
    assert [stage["stage"] for stage in record["recipe"]["stages"]] == ["repair"], "nothing was searched for"
    assert b"<stEvt:parameters>repair {" in xmp
    again = tmp_path / "again.tif"
    assert "before" not in capsys.readouterr().err
    assert run("replay", tmp_path / "out.tif.json", "-o", again, "--device", "cpu") == 0
    assert f"{again}: written.\n" in capsys.readouterr().out
    assert run("repair", out, "-o", tmp_path / "twice.tif", "--mask", mask, "--device", "cpu") == 0
    assert f"{out}: Restorer has repaired this file before.\n" in capsys.readouterr().err
    assert np.array_equal(open_photo(again).pixels, open_photo(out).pixels)
    save_mask(open_photo(tmp_path / "out.tif.mask.tif").pixels < 128, tmp_path / "out.tif.mask.tif", True)
    assert run("replay", tmp_path / "out.tif.json", "--device", "cpu") == 2  # not the agreed mask any more


def test_records_that_tell_of_a_search_for_a_given_mask_are_replayed(
    scratched: tuple[Path, Path], tmp_path: Path
) -> None:
    scan, mask = scratched
    record = tmp_path / "out.tif.json"
    out = ("-o", tmp_path / "out.tif")
    assert run("repair", scan, *out, "--mask", mask, "--sidecar", "--device", "cpu") == 0
    content = json.loads(record.read_text())
    content["recipe"]["stages"].insert(0, {"stage": "detect", "model": "detect"})  # as they were once written
    record.write_text(json.dumps(content))
    assert run("replay", record, "--device", "cpu") == 0


def test_a_photograph_that_has_moved_is_asked_for(
    scratched: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, mask = scratched
    out = ("-o", tmp_path / "out.tif")
    assert run("repair", scan, *out, "--mask", mask, "--sidecar", "--device", "cpu") == 0
    moved = scan.rename(tmp_path / "moved.tif")
    assert run("replay", tmp_path / "out.tif.json", "--device", "cpu") == 2
    told = capsys.readouterr().err
    assert f"'{scan.absolute()}'" in told and "--source" in told
    assert run("replay", tmp_path / "out.tif.json", "--source", moved, "--device", "cpu") == 0
    assert run("replay", tmp_path / "out.tif.json", "--source", tmp_path / "nowhere.tif") == 2
    assert "There is no file" in capsys.readouterr().err


def test_a_clean_photograph_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    y, x = np.mgrid[0:200, 0:200].astype(np.float32)
    pixels = np.stack([100 + 40 * np.sin(x / 50), 100 + 40 * np.cos(y / 60), 90 + x / 4], -1).astype(np.uint8)
    save_photo(Photo(pixels), tmp_path / "clean.png")
    assert run("repair", tmp_path / "clean.png", "--device", "cpu") == 0
    assert "looks clean" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["clean.png"]


def test_detect_writes_mask_map_and_report(tmp_path: Path) -> None:
    small = tmp_path / "a.png"
    save_photo(Photo(np.ascontiguousarray(open_photo(SAMPLE).pixels[:300, 300:700])), small)
    mask, map_, report = tmp_path / "m.png", tmp_path / "p.png", tmp_path / "r.json"
    assert run("detect", small, "-o", mask, "--probability", map_, "--report", report, "--device", "cpu") == 0
    assert set(np.unique(open_photo(mask).pixels)) <= {0, 255}
    assert open_photo(map_).pixels.shape == (300, 400)
    entry = json.loads(report.read_text())["photographs"][0]
    assert entry["share_found"] == pytest.approx((open_photo(mask).pixels > 0).mean(), abs=1e-5)
    assert 0 <= entry["damage_score"] <= 100 and entry["threshold"] > 0


@pytest.mark.parametrize(("count", "told"), [(1, "1 damaged place,"), (2, "2 damaged places,")])
def test_one_place_is_told_as_one(
    count: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def detect_one(source: Path, target: Path, *given: object) -> None:
        entry = next(g for g in given if isinstance(g, PhotoReport))
        entry.state, entry.regions, entry.share_found, entry.damage_score = "detected", count, 0.01, 50.0

    monkeypatch.setattr("restorer.cli.commands.detect_one", detect_one)
    assert run("detect", tmp_path / "a.png", "-o", tmp_path / "m.png") == 0
    assert told in capsys.readouterr().out


def test_bad_input_is_one_sentence_and_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photograph")
    assert run("repair", tmp_path / "broken.jpg") == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: 'broken.jpg'") and "Traceback" not in error
    assert run("repair", tmp_path / "missing.jpg") == 2
    assert run("repair", tmp_path / "broken.jpg", "--model", "nonsense") == 2
    assert run("repair") == 2
    assert run("nonsense") == 2
    assert run("models", "show", "nonsense") == 2


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, scratched: tuple[Path, Path]) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    twin = tmp_path / "other"
    twin.mkdir()
    shutil.copy(scratched[0], twin / "scan.tif")  # the same stem must not collide
    report = tmp_path / "r.json"
    arguments = [bad, scratched[0], twin / "scan.tif", "-o", folder, "--report", report, "--device", "cpu"]
    assert run("repair", *arguments) == 2
    states = [p["state"] for p in json.loads(report.read_text())["photographs"]]
    assert states[0] == "failed" and states[1] == states[2] != "failed"
    if states[1] == "repaired":
        assert {p.name for p in folder.iterdir()} == {"scan-restored.tif", "scan-restored-2.tif"}


def test_after_many_photographs_how_it_went_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from restorer.cli import commands

    honest, bad = commands.repair_one, tmp_path / "bad.png"
    (tmp_path / "album").mkdir()

    def repair_one(source: Path, *given: Any) -> None:
        if source.name == "last.png":
            raise KeyboardInterrupt
        entry: PhotoReport = given[2]
        entry.state, entry.share_repaired = ("clean" if source.stem == "clean" else "repaired"), 0.1
        if source.stem in ("album", "bad"):
            honest(source, *given)

    monkeypatch.setattr(commands, "repair_one", repair_one)
    named = [tmp_path / f"{name}.png" for name in ("a", "b", "clean")]
    assert run("repair", *named, tmp_path / "album", bad) == 2
    told = capsys.readouterr().err
    assert told.endswith("5 photographs: 2 repaired, 1 clean, 2 failed.\n")
    assert "album' is a folder.\n  Name photographs, or use 'restorer batch' for folders." in told
    assert run("repair", *named, tmp_path / "last.png", bad) == 130
    assert "5 photographs: 2 repaired, 1 clean, 2 not reached.\n" in capsys.readouterr().err


def test_existing_targets_and_the_source_are_refused(scratched: tuple[Path, Path], tmp_path: Path) -> None:
    scan, mask = scratched
    before = scan.read_bytes()
    assert run("repair", scan, "-o", scan, "--mask", mask) == 2
    other = tmp_path / "other.tif"
    other.write_bytes(b"precious")
    assert run("repair", scan, "-o", other, "--mask", mask) == 2
    out = tmp_path / "out.tif"
    assert run("repair", scan, "-o", out, "--mask", mask, "--save-mask", mask) == 2
    assert scan.read_bytes() == before and other.read_bytes() == b"precious" and not out.exists()


def test_a_mask_of_another_size_is_refused(scratched: tuple[Path, Path], tmp_path: Path) -> None:
    save_mask(np.ones((5, 5), bool), tmp_path / "small.png")
    assert run("repair", scratched[0], "-o", tmp_path / "o.tif", "--mask", tmp_path / "small.png") == 2
    assert not (tmp_path / "o.tif").exists()


def test_cancelling_is_code_130(
    scratched: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("restorer.processing.engine.repair_pixels", interrupt)
    assert run("repair", scratched[0], "-o", tmp_path / "o.tif", "--mask", scratched[1]) == 130
    assert not (tmp_path / "o.tif").exists()


def test_a_fault_inside_is_code_1(
    scratched: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("restorer.processing.engine.repair_pixels", fail)
    assert run("repair", scratched[0], "-o", tmp_path / "o.tif", "--mask", scratched[1]) == 1
    assert "fault in Restorer" in capsys.readouterr().err


NO_MEMORY = RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize("command", ["repair", "detect", "replay"])
def test_memory_that_runs_out_is_told_in_one_sentence(
    command: str,
    scratched: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scan, mask = scratched
    out = tmp_path / "out.tif"
    assert run("repair", scan, "-o", out, "--mask", mask, "--sidecar", "--device", "cpu") == 0
    before = sorted(tmp_path.iterdir())

    def fail(*_: object, **__: object) -> None:
        raise NO_MEMORY

    monkeypatch.setattr("restorer.library.weights.load_network", fail)
    given = {
        "repair": (scan, "-o", tmp_path / "o.tif", "--mask", mask),
        "detect": (scan, "-o", tmp_path / "o.png"),
        "replay": (tmp_path / "out.tif.json", "-o", tmp_path / "o.tif"),
    }
    capsys.readouterr()
    assert run(command, *given[command], "--device", "cpu") == 2
    told = capsys.readouterr().err
    assert "not enough memory" in told and "Traceback" not in told and "fault in Restorer" not in told
    assert sorted(tmp_path.iterdir()) == before


def test_models_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models", "list") == 0
    assert run("models", "show", "repair") == 0
    assert run("models", "verify") == 0
    printed = capsys.readouterr().out
    assert "fill-unet" in printed and '"sha256"' in printed and "detect: whole" in printed


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["repair", "--help"]])
def test_help_needs_neither_torch_nor_qt(arguments: list[str]) -> None:
    code = (
        "import sys; from restorer.__main__ import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as e: assert not e.code\n"
        "heavy = {'torch', 'PySide6', 'cv2', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_restorer_and_training_run_without_qt() -> None:
    code = (
        "import sys; sys.modules['PySide6'] = None\n"
        "import restorer, restorer.processing.engine, restorer.cli.commands\n"
        "import training.fitting.trainer, training.fitting.publish\n"
        "assert restorer.open_photo and restorer.save_photo and restorer.repair and restorer.RestorerError"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_grey_tiff_stays_grey(tmp_path: Path) -> None:
    grey = smooth_photo(120, 130)[..., 0].copy()
    mask = line_mask(120, 130)
    tifffile.imwrite(tmp_path / "g.tif", grey, photometric="minisblack")
    save_mask(mask, tmp_path / "m.png")
    assert run("repair", tmp_path / "g.tif", "--mask", tmp_path / "m.png", "--device", "cpu") == 0
    assert open_photo(tmp_path / "g-restored.tif").pixels.ndim == 2
