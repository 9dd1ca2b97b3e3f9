"""What slips from a hand at `restorer-train`: folders that are taken, files that are not what they seem."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from restorer.errors import InputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.locks import FileLock
from training.__main__ import main
from training.console import CLEAR, LiveLine
from training.data import photos
from training.data.photos import open_bank
from training.fitting import checkpoint
from training.fitting.config import TrainConfig
from training.fitting.trainer import write_weights
from training.tuning.setup import FinetuneConfig

FIT = ("fit", "--task", "detect", "--steps", "1", "--batch", "1", "--crop", "64", "--device", "cpu")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def trained(photo_folder: Path, tmp_path: Path) -> Path:
    assert run(*FIT, "--threads", "1", "--data", photo_folder, "--out", tmp_path / "run") == 0
    return tmp_path / "run"


def test_a_training_is_not_begun_over_another_one(trained: Path, photo_folder: Path) -> None:
    before = everything(trained)
    assert run(*FIT, "--data", photo_folder, "--out", trained) == 2
    assert everything(trained) == before
    again = [*FIT, "--data", photo_folder, "--out", trained, "--resume"]
    again[again.index("--steps") + 1] = "2"
    assert run(*again) == 0
    assert everything(trained) != before


@pytest.mark.parametrize(
    ("task", "name"), [("detect", "detect"), ("repair", "fidelity"), ("repair", "detail")]
)
def test_weights_of_something_else_are_not_overwritten(
    task: str, name: str, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / f"{name}.safetensors").write_bytes(b"mine")
    before = everything(tmp_path)
    given = [*FIT, "--data", photo_folder, "--out", tmp_path / "run"]
    given[given.index("detect")] = task
    assert run(*given) == 2
    assert f"holds {name}.safetensors of something else" in capsys.readouterr().err
    assert everything(tmp_path) == before, "it must be told before any work is done"


def test_weights_to_start_from_that_are_not_there_are_told(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.safetensors"
    assert run(*FIT, "--data", photo_folder, "--out", tmp_path / "run", "--init", missing) == 2
    assert f"There is no file '{missing}'." in capsys.readouterr().err
    assert not (tmp_path / "run").exists(), "it must be told before any work is done"


def test_a_training_goes_on_without_the_weights_that_it_started_from(
    trained: Path, photo_folder: Path, tmp_path: Path
) -> None:
    again = [
        *FIT,
        "--data",
        photo_folder,
        "--out",
        trained,
        "--resume",
        "--init",
        tmp_path / "gone.safetensors",
    ]
    again[again.index("--steps") + 1] = "2"
    assert run(*again) == 0


def test_labels_of_no_photograph_are_told(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, vain = tmp_path / "good", tmp_path / "vain"
    for path, size in ((good / "masks" / "0", (96, 120)), (vain / "masks" / "x", (96, 120)),
                       (vain / "judged" / "1", (9, 12)), (vain / "2", (96, 120))):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(f"{path}.png", np.full(size, 255, np.uint8))
    given = (*FIT, "--threads", "1", "--data", photo_folder, "--out", tmp_path / "run", "--labels", good)
    assert run(*given, "--labels", vain) == 2
    assert f"'{vain}' has no labels for any of the photographs in '{photo_folder}'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists(), "it must be told before any work is done"
    assert run(*given) == 0


@pytest.mark.parametrize("place", ["file", "file/below"])
@pytest.mark.parametrize("option", ["--out", "--cache"])
def test_a_training_into_no_folder_is_told(
    place: str, option: str, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    given = {"--out": tmp_path / "run"} | {option: tmp_path / place}
    assert run(*FIT, "--data", photo_folder, *(v for pair in given.items() for v in pair)) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_settings_that_no_training_can_have_are_told(photo_folder: Path, tmp_path: Path) -> None:
    for change in (
        {"rate": float("nan")}, {"rate": -1.0}, {"rate": 0.0}, {"seed": -1}, {"labels": (tmp_path / "none",)},
        {"overlays": tmp_path / "none"}, {"steps": 0, "minutes": float("inf")},
    ):  # fmt: skip
        values = {"steps": 1} | change
        with pytest.raises(InputError):
            TrainConfig("detect", "damage-unet", photo_folder, tmp_path / "run", **values).check()  # type: ignore[arg-type]
    for change in ({"overlays": photo_folder}, {"labels": (photo_folder,)}):
        with pytest.raises(InputError, match="are for detectors"):
            TrainConfig("repair", "fill-unet", photo_folder, tmp_path / "run", steps=1, **change).check()  # type: ignore[arg-type]
    for change in ({"rate": float("nan")}, {"seed": -1}, {"minutes": float("nan")}, {"pull": float("inf")}):
        with pytest.raises(InputError):
            FinetuneConfig((photo_folder,), "mine", **change).check()  # type: ignore[arg-type]


def test_photographs_that_no_longer_can_be_read_leave_nothing_half_written(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"

    def stop() -> bool:
        return any(cache.glob("*.part"))

    with pytest.raises(Cancelled):
        open_bank(photo_folder, cache, JobContext(is_cancelled=stop))
    assert list(cache.iterdir()) == []

    def impossible(*_: object) -> None:
        raise cv2.error("larger than what is allowed")

    monkeypatch.setattr(photos.cv2, "imdecode", impossible)
    with pytest.raises(InputError, match="None of the files"):
        open_bank(photo_folder, cache, JobContext())
    assert list(cache.iterdir()) == []


def test_trainings_that_begin_together_share_a_cache(photo_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    others: list[photos.PhotoBank] = []

    def another_begins(progress: Progress) -> None:
        if not others:
            others.append(open_bank(photo_folder, cache, JobContext()))

    bank = open_bank(photo_folder, cache, JobContext(another_begins))
    assert bank.entries == others[0].entries
    assert all(np.array_equal(bank[i], others[0][i]) for i in range(len(bank.entries)))


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(
    trained: Path, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trained / checkpoint.NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    again = [*FIT, "--data", photo_folder, "--out", trained, "--resume"]
    again[again.index("--steps") + 1] = "2"
    assert run(*again) == 2
    assert "the disk is full" in capsys.readouterr().err
    assert (trained / checkpoint.NAME).read_bytes() == before
    assert not list(trained.rglob("*.part"))


def test_the_preview_never_replaces_a_photograph(photo_folder: Path, tmp_path: Path) -> None:
    before = everything(photo_folder)
    for name in (photo_folder / "0.png", tmp_path / "sheet.xyz", tmp_path / "none" / "sheet.png"):
        assert run("preview-damage", "--data", photo_folder, "-o", name) == 2
    assert everything(photo_folder) == before
    assert not (tmp_path / "sheet.xyz").exists()


def test_the_preview_of_nothing_readable_ends(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.png"):
        (folder / name).write_bytes(b"nothing")
    assert run("preview-damage", "--data", folder, "-o", tmp_path / "sheet.png") == 2
    assert not (tmp_path / "sheet.png").exists()


def test_a_measurement_never_replaces_a_file(photo_folder: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    for path in photo_folder.glob("*.png"):
        mask = np.zeros((96, 120), np.uint8)
        mask[40:44, 30:60] = 255
        cv2.imwrite(str(masks / path.name), mask)
    before = everything(tmp_path)
    given = ("evaluate", "--photos", photo_folder, "--masks", masks, "--models", "telea", "--limit", 1)
    assert run(*given, "--json", photo_folder / "0.png") == 2
    assert run(*given, "--sheet", photo_folder / "0.png") == 2
    assert run(*given, "--sheet", tmp_path / "sheet.xyz") == 2
    assert run(*given, "--sheet", tmp_path / "a.png", "--json", tmp_path / "a.png") == 2
    assert everything(tmp_path) == before
    assert run(*given, "--sheet", tmp_path / "sheet.jpg", "--json", tmp_path / "figures.json") == 0


def test_curves_of_odd_logs(tmp_path: Path) -> None:
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    log = run_folder / "log.jsonl"
    (tmp_path / "a.part").write_text("mine")
    log.write_text('{"step": 1, "seconds": 1, "l1": 0.5}\n{"step": 2, "seconds": 2, "l1": NaN}\n')
    assert run("curves", run_folder, "-o", tmp_path / "a.png", "--figures", "l1") == 0
    assert (tmp_path / "a.part").read_text() == "mine"
    assert run("curves", run_folder, "-o", tmp_path / "b.png", "--figures", " , ") == 2
    for line in ('{"step": 1, "seconds": "x"}', "[]", "3", '{"step": 1}', '{"step": NaN, "seconds": 1}'):
        log.write_text(line)
        assert run("curves", run_folder, "-o", tmp_path / "b.png") == 2, line


def test_publishing_tells_what_is_wrong(trained: Path, photo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    library, before = tmp_path / "library", set(tmp_path.iterdir())
    given = ("publish", "--run", trained, "--title", "T", "--command", "c", "--data", photo_folder)
    for name in ("../evil", "/evil", "a/b", ".."):
        assert run(*given, "--id", name, "--library", library) == 2
    assert set(tmp_path.iterdir()) == before
    for scores in ("none.json", "broken.json", "list.json"):
        assert run(*given, "--id", "mine", "--library", library, "--scores", tmp_path / scores) == 2
    assert run(*given, "--id", "mine", "--library", library, "--notes", tmp_path / "none.md") == 2
    assert set(tmp_path.iterdir()) == before
    assert run(*given, "--id", "mine", "--library", library) == 0
    (library / "manifest.json").write_text("{")
    assert run(*given, "--id", "other", "--library", library) == 2
    assert (library / "manifest.json").read_text() == "{" and not (library / "other.safetensors").exists()
    (photo_folder / "manifest.csv").write_text("file,what\n0.png,x\n")
    assert run(*given, "--id", "third", "--library", tmp_path / "new") == 2
    assert run("replay", "--data", photo_folder, "-o", tmp_path / "replay") == 2
    (photo_folder / "manifest.csv").unlink()
    shutil.copytree(trained, tmp_path / "cut")
    whole = (trained / "detect.safetensors").read_bytes()
    (tmp_path / "cut" / "detect.safetensors").write_bytes(whole[:1000])
    cut = ("publish", "--run", tmp_path / "cut", "--title", "T", "--command", "c", "--data", photo_folder)
    assert run(*cut, "--id", "cut") == 2


@pytest.mark.parametrize("command", ["preview-damage", "replay"])
def test_a_negative_seed_is_told(
    command: str, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.png"
    assert run(command, "--data", photo_folder, "-o", target, "--seed", "-1") == 2
    assert "Invalid value for '--seed'" in capsys.readouterr().err
    assert not target.exists()


def test_a_model_is_not_published_with_a_folder_that_is_not_there(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--run", trained, "--library", tmp_path / "library", "--id", "mine", "--title", "Mine")
    assert run("publish", *given, "--command", "fit", "--data", tmp_path / "nowhere") == 2
    assert "'--data'" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(("option", "value"), [("--sensitivity", "nan"), ("--ignore", "nowhere")])
def test_a_measurement_does_not_pass_over_what_was_asked_for(
    option: str, value: str, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = (
        "--photos",
        photo_folder,
        "--masks",
        photo_folder,
        "--models",
        "tophat",
        "--json",
        tmp_path / "f",
    )
    assert run("evaluate", "--task", "detect", *given, option, value) == 2
    assert f"Invalid value for '{option}'" in capsys.readouterr().err
    assert not (tmp_path / "f").exists()


def test_there_is_nothing_to_go_on_with(photo_folder: Path, tmp_path: Path) -> None:
    assert run(*FIT, "--data", photo_folder, "--out", tmp_path / "run", "--resume") == 2
    assert not (tmp_path / "run").exists(), "it must be told before any work is done"


@pytest.mark.parametrize("option", ["--seed", "--threads"])
@pytest.mark.parametrize("command", ["fit", "finetune"])
def test_numbers_that_no_library_takes_are_told(
    command: str, option: str, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = (command, "--data", photo_folder, "--out", tmp_path / "run", option, 10**20)
    assert run(*given, *(FIT[1:] if command == "fit" else ())) == 2
    assert f"Invalid value for '{option}'" in capsys.readouterr().err


def test_going_on_and_beginning_anew_exclude_each_other(photo_folder: Path) -> None:
    assert run("finetune", "--data", photo_folder, "--out", "mine", "--resume", "--restart") == 2
    for option in ("--steps", "--minutes", "--rate"):  # none of it means "as usual"
        assert run("finetune", "--data", photo_folder, "--out", "mine", option, "0") == 2


@pytest.mark.parametrize("weights", [{"l1": np.nan}, {"l1": np.inf}, {"l1": -1.0, "l2": 5.0}, {"l1": 0.0}])
def test_weights_of_losses_that_teach_nothing_are_told(weights: dict[str, float], photo_folder: Path) -> None:
    with pytest.raises(InputError, match="weights of the losses must be numbers from 0"):
        FinetuneConfig((photo_folder,), "mine", losses=weights).check()


def test_publishing_over_a_model_leaves_it_whole_where_the_disk_is_full(
    trained: Path, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    given = ("publish", "--run", trained, "--title", "T", "--command", "c", "--data", photo_folder)
    assert run(*given, "--id", "mine", "--library", library) == 0
    before = everything(library)

    def full(temporary: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as changed:
        changed.setattr(Path, "replace", full)
        assert run(*given, "--id", "mine", "--library", library) == 2
    assert everything(library) == before
    for content in ('{"models": [3]}', '{"models": [{"id": "a"}]}', '{"models": 3}', "[]"):
        (library / "manifest.json").write_text(content)
        assert run(*given, "--id", "other", "--library", library) == 2, content
        assert not list(library.glob("other*"))


def test_weights_of_another_origin_are_not_published(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for description in ({}, [], {"task": "detect", "settings": {}}):
        write_weights(tmp_path / "detect.safetensors", torch.nn.Linear(1, 1), description)  # type: ignore[arg-type]
        given = ("--run", tmp_path, "--id", "x", "--title", "T", "--command", "c", "--data", photo_folder)
        assert run("publish", *given) == 2
        assert "is not a weight file of restorer-train" in capsys.readouterr().err


STOPPED = """
import signal, sys
from training.__main__ import main
from training.fitting.detect_task import DetectLearner
signal.signal(signal.SIGINT, {first})
signal.signal(signal.SIGHUP, signal.SIG_DFL)
step, steps = DetectLearner.step, []

def stopped(*given):
    steps.append(1)
    if len(steps) == 2:
        signal.raise_signal(signal.{name})
    return step(*given)

DetectLearner.step = stopped
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without a signal")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("first", ["signal.default_int_handler", "signal.SIG_IGN"])
def test_a_training_keeps_its_checkpoint_however_it_is_stopped(
    name: str, first: str, photo_folder: Path, tmp_path: Path
) -> None:
    code = STOPPED.format(name=name, first=first)
    given = [*FIT, "--threads", "1", "--data", str(photo_folder), "--out", str(tmp_path / "run")]
    given[given.index("--steps") + 1] = "9"
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", code, *given], capture_output=True, text=True, check=False, env=place
    )
    assert done.returncode == 130 and "Cancelled." in done.stderr, done.stderr
    state = torch.load(tmp_path / "run" / checkpoint.NAME, weights_only=True)["state"]
    assert state["step"] == 2


def test_the_live_line_leaves_room_for_what_is_told_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with LiveLine() as line:
        line.last = -1e9
        line.show(Progress(0.5, "half"))
        line.show(Progress(1.0))
        line.show(Progress(0.6, "too soon"))
    assert capsys.readouterr().err == f"{CLEAR}half{CLEAR}{CLEAR}"


def test_two_programs_do_not_train_into_one_folder(
    trained: Path, photo_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = FileLock(trained / "lock")
    before = everything(trained)
    again = [*FIT, "--data", photo_folder, "--out", trained, "--resume"]
    again[again.index("--steps") + 1] = "2"
    assert run(*again) == 2
    assert f"Another program trains in '{trained}'." in capsys.readouterr().err
    assert everything(trained) == before
    other.release()
    assert run(*again) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_is_told_when_a_checkpoint_is_written(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = Path.open

    def full(self: Path, *given: Any, **named: Any) -> Any:
        return original(
            Path("/dev/full") if self.name == f"{checkpoint.NAME}.part" else self, *given, **named
        )

    monkeypatch.setattr(Path, "open", full)
    assert run(*FIT, "--threads", "1", "--data", photo_folder, "--out", tmp_path / "run") == 2
    assert "the disk is full" in capsys.readouterr().err
    monkeypatch.undo()
    assert not (tmp_path / "run" / "log.jsonl").exists()  # with that alone it could neither begin nor go on
    assert run(*FIT, "--threads", "1", "--data", photo_folder, "--out", tmp_path / "run") == 0
