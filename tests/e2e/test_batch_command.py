"""`restorer batch` and `restorer replay` as they are called, with the real networks where these matter."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from restorer.__main__ import main
from restorer.batch.run import Batch, BatchSettings, BatchSummary
from restorer.cli import commands
from restorer.errors import OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext, Progress
from restorer.record.recipe import STAGES, Outcome, Recipe, default_recipe, save_recipe
from restorer.record.report import PhotoReport
from tests.core.batch.support import fake_run, leftovers, photographs

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "samples" / "twain.jpg"


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "run_recipe", fake_run)


def test_a_folder_with_the_real_networks_and_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "album").mkdir(parents=True)
    save_photo(
        Photo(np.ascontiguousarray(open_photo(SAMPLE).pixels[60:170, 300:400])),
        source / "album" / "twain.png",
    )
    y, x = np.mgrid[0:100, 0:100].astype(np.float32)
    plain = np.stack([100 + 40 * np.sin(x / 50), 100 + 40 * np.cos(y / 60), 90 + x / 4], -1).astype(np.uint8)
    save_photo(Photo(plain), source / "plain.tif")
    (source / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    command = ("batch", source, "--out", out, "--device", "cpu", "--workers", 1, "--sidecars")
    assert run(*command) == 3
    told = capsys.readouterr()
    assert (
        "1 done, 1 clean, 1 failed" in told.out and "broken.jpg" in told.err and "Traceback" not in told.err
    )
    entries = json.loads((out / "report.json").read_text())["photographs"]
    entry = next(e for e in entries if e["state"] == "done")
    assert entry["changed_outside"] == 0 and entry["changed_inside"] > 0 and entry["device_class"] == "cpu"
    before, after = open_photo(source / "album" / "twain.png"), open_photo(out / "album" / "twain.png")
    mask = open_photo(out / entry["mask"]).pixels > 0
    differs = (before.pixels != after.pixels).any(2)
    assert differs.sum() == entry["changed_inside"] and mask.sum() == round(entry["share_found"] * mask.size)
    assert b"compositeWithTrainedAlgorithmicMedia" in (after.xmp or b"")
    sidecar = out / "sidecars" / "album" / "twain.png.json"
    again = tmp_path / "again.png"
    assert run("replay", sidecar, "-o", again, "--device", "cpu") == 0
    assert np.array_equal(open_photo(again).pixels, after.pixels)
    (source / "album" / "twain.png").rename(tmp_path / "moved.png")
    assert run("replay", sidecar, "--device", "cpu") == 2
    assert run("replay", sidecar, "--source", tmp_path / "moved.png", "-o", again, "--device", "cpu") == 2
    assert run("replay", sidecar, "--source", source / "plain.tif", "--device", "cpu") == 2
    assert "is not the photograph of this sidecar" in capsys.readouterr().err
    content = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps(content | {"pixels_sha256": "0" * 64}))
    assert run("replay", sidecar, "--source", tmp_path / "moved.png", "--device", "cpu") == 3
    sidecar.write_text(json.dumps(content | {"models": {"repair": {"sha256": "0" * 64}}}))
    assert run("replay", sidecar, "--source", tmp_path / "moved.png", "--device", "cpu") == 2
    assert "another one than that of the sidecar" in capsys.readouterr().err


def test_every_stage_of_a_recipe_can_be_run() -> None:
    photo = Photo(np.ascontiguousarray(open_photo(SAMPLE).pixels[60:156, 300:396]))
    from restorer.record.report import PhotoReport

    recipe = commands.with_models(default_recipe())
    assert {s.name for s in recipe.stages} == set(STAGES)
    told: list[Progress] = []
    outcome = commands.run_recipe(photo, recipe, "cpu", PhotoReport("a"), JobContext(told.append))
    assert outcome.mask is not None and outcome.photo is not None
    outside = ~grown(outcome.mask)
    assert np.array_equal(outcome.photo.pixels[outside], photo.pixels[outside])
    fractions = [p.fraction for p in told if p.fraction is not None]
    assert fractions == sorted(fractions)


def grown(mask: np.ndarray) -> np.ndarray:
    from restorer.editing.mask import grow

    return grow(mask, 2)


def test_running_out_of_memory_on_a_device_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from restorer.processing import engine
    from restorer.tiles import MemoryShortError

    def short(*_: object, **__: object) -> None:
        raise MemoryShortError

    monkeypatch.setattr(engine, "detect", short)
    photographs(tmp_path / "in", "a.png")
    assert run("batch", tmp_path / "in", "--out", tmp_path / "out", "--device", "cpu", "--workers", 1) == 3
    entry = json.loads((tmp_path / "out" / "report.json").read_text())["photographs"][0]
    assert entry["kind"] == "memory" and "not enough memory" in entry["reason"]


def test_going_on_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast(monkeypatch)
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png", "b.jpg")
    (source / "c.png").write_bytes(b"broken")
    here = ("--out", out, "--device", "cpu", "--workers", 1)
    assert run("batch", source, *here, "--name", "{n}-{stem}-{model}", "--format", "tiff") == 3
    assert sorted(p.name for p in out.glob("*.tif")) == ["0001-a-repair.tif", "0002-b-repair.tif"]
    assert run("batch", source, *here) == 2  # there is a batch already
    assert run("batch", "--resume", *here) == 3
    photographs(source, "mended.png")
    (source / "mended.png").replace(source / "c.png")
    assert run("batch", "--retry-failed", *here) == 0
    assert sorted(p.name for p in out.glob("*.tif"))[2] == "0003-c-repair.tif" and leftovers(out) == []


def test_names_other_than_agreed_are_refused_when_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast(monkeypatch)
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png")
    here = ("--out", out, "--device", "cpu", "--workers", 1)
    assert run("batch", source, *here, "--format", "tiff", "--name", "x-{stem}") == 0
    agreed = {"--format": "TIFF", "--name": "x-{stem}", "--existing": "number"}
    for option, other in (("--format", "png"), ("--name", "{stem}"), ("--existing", "skip")):
        assert run("batch", "--resume", *here, option, other) == 2
        assert f"begun with another {option}: {agreed[option]}." in capsys.readouterr().err
    save_recipe(default_recipe(), tmp_path / "same.json")
    photographs(source, "b.png", seed=1)
    again = ("--format", "tiff", "--recipe", tmp_path / "same.json")
    assert run("batch", source, "--resume", *here, *again) == 0  # the same, and what was not named stays
    assert sorted(p.name for p in out.glob("*.tif")) == ["x-a.tif", "x-b.tif"]


def test_a_model_that_is_gone_is_told_once_when_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast(monkeypatch)
    photographs(tmp_path, "a.png")
    out = tmp_path / "out"
    gone = default_recipe().with_parameters(repair={"model": "deleted-since"})
    with Batch(BatchSettings(out, gone), fake_run) as begun:
        begun.add([tmp_path / "a.png"])
    assert run("batch", "--resume", "--out", out, "--device", "cpu", "--workers", 1) == 2
    assert "There is no model 'deleted-since'" in capsys.readouterr().err
    with Batch(BatchSettings(out), fake_run, resume=True) as left:
        assert left.counts()["waiting"] == 1  # nothing has failed of it


def test_the_command_that_goes_on_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "run_recipe", interrupted)
    photographs(tmp_path, "a.png")
    out = tmp_path / "my results"
    assert run("batch", tmp_path / "a.png", "--out", out, "--device", "cpu", "--workers", 1) == 130
    told = capsys.readouterr().err.split("restorer batch ")[1]
    assert shlex.split(told, posix=os.name != "nt")[2].strip('"') == str(out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "No photographs were named"),
        (("--resume",), "There is no batch in 'out' yet"),
        (("--watch",), "No photographs were named"),
        (("gone.jpg", "away.jpg"), "'gone.jpg' is not there; 'away.jpg' is not there"),
        (("nope/*.tif", "none[12].png"), "'nope/*.tif', 'none[12].png'"),
        (("here.png", "--name", "../{stem}"), "template"),
        (("here.png", "--recipe", "bad.json"), "'detail' must be"),
        (("here.png", "--recipe", "model.json"), "There is no model 'nonsense'"),
        (("here.png", "--dask", "tcp://127.0.0.1:1"), "no Dask scheduler"),
        (("here.png", "--workers", "0"), "--workers"),
        (("here.png", "--workers", "2", "--dask", "local"), "its own number of workers"),
        (("here.png", "--recipe", "search.json", "--sidecars"), "only searches"),
        (("here.png", "--recipe", "search.json", "--format", "PNG"), "only searches"),
        (("here.png", "--megapixels", "nan"), "--megapixels"),
    ],
)
def test_bad_arguments(
    arguments: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "--dask" in arguments:
        pytest.importorskip("distributed")
        from restorer.batch import cluster as batch_cluster

        monkeypatch.setattr(batch_cluster, "CONNECT_SECONDS", 0.1)
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path, "here.png")
    save_recipe(default_recipe().with_parameters(repair={"model": "nonsense"}), tmp_path / "model.json")
    (tmp_path / "search.json").write_text(json.dumps({"schema": 1, "stages": [{"stage": "detect"}]}))
    bad = {"schema": 1, "stages": [{"stage": "detect"}, {"stage": "repair", "detail": 7}]}
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    assert run("batch", *arguments, "--out", "out", "--device", "cpu") == 2
    assert sentence in capsys.readouterr().err
    assert "--dask" in arguments or not (tmp_path / "out").exists()


def test_a_pattern_that_matches_nothing_is_told_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs(tmp_path, "here.png")
    fast(monkeypatch)
    monkeypatch.chdir(tmp_path)
    arguments = ("--out", "out", "--device", "cpu", "--workers", 1)
    assert run("batch", "*.png", "*.tif", *arguments) == 0
    assert "'*.tif'" in (told := capsys.readouterr().err) and "'*.png'" not in told
    (tmp_path / "here.png").unlink()  # all is done; what was named then need not be there any more
    assert run("batch", "*.png", "--resume", *arguments) == 0
    assert "'*.png'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["batch", "--workers", 1, "--out"], ["repair", "-o"]])
def test_one_that_may_not_be_read_keeps_no_other_out(
    command: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed, other = photographs(tmp_path, "closed.png", "clean.png")
    access, opened = os.access, Path.open  # whoever runs the tests may read everything

    def refusing(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, *arguments, **options)

    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and Path(path) != closed)
    monkeypatch.setattr(Path, "open", refusing)

    def looks_clean(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, *_: object) -> Outcome:
        entry.state = "clean"
        return Outcome(None, np.zeros(photo.pixels.shape[:2], bool))

    monkeypatch.setattr(commands, "run_recipe", looks_clean)
    (tmp_path / "out").mkdir()
    assert run(command[0], closed, other, "--device", "cpu", *command[1:], tmp_path / "out") in (2, 3)
    told = capsys.readouterr()
    assert "may not be read" in told.err and "Usage" not in told.err and "clean" in told.out


def test_photographs_that_match_a_pattern_may_come_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def watch(self: Batch, *_: object) -> BatchSummary:
        return BatchSummary(self.out, self.counts())

    monkeypatch.setattr(Batch, "watch", watch)
    arguments = ("--out", tmp_path / "out", "--device", "cpu")
    assert run("batch", tmp_path / "*.png", "--watch", *arguments) == 0
    assert not capsys.readouterr().err


def test_what_is_said_at_the_end_of_watching_goes_on_watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(self: Batch, *_: object) -> BatchSummary:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    Path("in box").mkdir()
    monkeypatch.setattr(Batch, "watch", stopped)
    assert run("batch", "in box", "--watch", "--out", "out", "--device", "cpu") == 130
    told = capsys.readouterr().err.splitlines()[0].removeprefix("Stopped. Go on with: ")
    Path("in box/scan.psd").touch()
    assert run("batch", "in box", "--watch", "--resume", "--out", "out", "--device", "cpu") == 130
    assert "1 file of another kind was passed over: .psd (1)." in capsys.readouterr().err
    monkeypatch.setattr(Batch, "watch", lambda self, paths, _: looks.append(paths) or stopped(self))
    looks: list[list[Path]] = []
    monkeypatch.chdir("/")
    assert run(*shlex.split(told)[1:]) == 130
    assert [list(paths) for paths in looks] == [[tmp_path / "in box"]]


def test_a_folder_without_photographs_is_told_with_what_lies_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.nef").touch()
    passed = "1 file of another kind was passed over: .nef (1). Pictures among them"
    assert run("batch", tmp_path / "in" / "*", "--out", tmp_path / "out", "--device", "cpu") == 2
    assert passed in capsys.readouterr().err
    assert run("batch", tmp_path / "in", "--out", tmp_path / "out", "--device", "cpu") == 0
    told = capsys.readouterr()
    assert "no photographs found" in told.out
    assert passed in told.err


def test_what_a_person_has_to_know_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast(monkeypatch)
    source = tmp_path / "in"
    photographs(source, "clean.png", "clean too.png")
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(source / name, np.zeros((3, 40, 50, 3), np.uint8), photometric="rgb")
    (source / "broken.png").write_bytes(b"no picture")
    arguments = ("--out", tmp_path / "my out", "--device", "cpu", "--workers", 1)
    assert run("batch", source, *arguments) == 3
    told = capsys.readouterr().err
    assert "broken.png' is not a photograph that can be read. It is damaged, or no PNG at all." in told
    assert "2 photographs look clean and were left as they are.\n" in told
    assert "2 photographs: Only the first of 3 pages was read.\n" in told
    again = shlex.split(told.splitlines()[-1].removeprefix("Try again what failed with: "))
    (source / "broken.png").unlink()
    photographs(source, "broken.png")
    assert run(*again[1:]) == 0
    assert "failed" not in capsys.readouterr().err


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue()))


def test_what_failed_stands_in_a_line_of_its_own_above_the_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast(monkeypatch)
    photographs(tmp_path / "in", "a.png", "c.png")
    bad = tmp_path / "in" / "b [bold].png"
    bad.write_bytes(b"no picture")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    arguments = ("--out", tmp_path / "out", "--device", "cpu", "--workers", 1)
    assert run("batch", tmp_path / "in", *arguments) == 3
    told = f"{bad}: '{bad.name}' is not a photograph that can be read. It is damaged, or no PNG at all."
    assert told in terminal.lines()


def test_going_on_where_nothing_was_named_yet_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Batch(BatchSettings(tmp_path / "out"), fake_run).close()  # ended before it had listed anything
    assert run("batch", "--resume", "--out", tmp_path / "out") == 2
    assert "No photographs were named" in capsys.readouterr().err


def test_a_disk_that_goes_full_is_no_bad_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs(tmp_path, "here.png")

    def full(*_: object) -> None:
        raise OutputError("The list of the batch cannot be used.", "Free some space.")

    monkeypatch.setattr(Batch, "run", full)
    arguments = [str(tmp_path / "here.png"), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert run("batch", *arguments) == 3
    assert "Stopped before the end: The list of the batch cannot be used." in capsys.readouterr().err


def test_an_interrupt_ends_with_130_and_loses_nothing(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, *(f"{n}.png" for n in range(6)))
    code = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # maybe ignored by who runs this\n"
        "from restorer.cli import commands\n"
        "from tests.core.batch.support import fake_run\n"
        "def run(photo, recipe, device, entry, ctx):\n"
        "    if entry.source.endswith('2.png'):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    return fake_run(photo, recipe, device, entry, ctx)\n"
        "commands.run_recipe = run\n"
        "from restorer.__main__ import main\n"
        f"main(['batch', {str(source)!r}, '--out', {str(out)!r}, '--device', 'cpu', '--workers', '1'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 130 and "Go on with: restorer batch --resume" in ended.stderr, ended.stderr
    assert ended.stdout == f"{out / 'report.html'}: 4 waiting, 2 done.\n"
    counts = json.loads((out / "report.json").read_text())["counts"]
    assert counts["done"] == 2 and counts["waiting"] == 4
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.counts()["done"] == 2 and batch.counts()["waiting"] == 4
        assert batch.run().counts["done"] == 6
    assert leftovers(out) == []


def test_the_command_starts_without_torch() -> None:
    code = "import sys, restorer.__main__, restorer.batch.run; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
