"""What slips from a hand at the command line: names given twice, names that are taken, endings that lie."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest

from restorer.device import choose_device
from restorer.errors import OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import open_mask, save_mask, save_photo
from restorer.processes import deaf_to_interrupts
from restorer.record.recipe import Recipe, default_recipe
from restorer.record.report import PhotoReport
from tests.conftest import line_mask, smooth_photo
from tests.core.batch.support import run_batch
from tests.e2e.test_command_line import run

CPU = ("--device", "cpu")


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A small scan with its mask "mask.png" beside it."""
    save_photo(Photo(smooth_photo(64, 80)), tmp_path / "scan.png")
    save_mask(line_mask(64, 80), tmp_path / "mask.png")
    return tmp_path / "scan.png"


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


@pytest.mark.parametrize("victim", ["scan.png", "mask.png", "notes.txt"])
def test_a_report_is_never_written_over_a_file(scan: Path, victim: str) -> None:
    (scan.parent / "notes.txt").write_text("mine")
    target = scan.parent / victim
    before, there = target.read_bytes(), names(scan.parent)
    assert run("repair", scan, "--mask", scan.parent / "mask.png", "--report", target, *CPU) == 2
    assert run("detect", scan, "-o", scan.parent / "found.png", "--report", target, *CPU) == 2
    assert target.read_bytes() == before
    assert names(scan.parent) == there, "it must be told before any work is done"


@pytest.mark.parametrize(
    "given",
    [
        ("-o", "out.png", "--report", "out.png"),
        ("-o", "out.png", "--save-mask", "./out.png"),
        ("--save-mask", "used.png", "--report", "used.png"),
        ("--report", "scan-restored.png"),
        ("-o", "out.png", "--sidecar", "--report", "out.png.json"),
        ("-o", "out.png", "--save-mask", "used.jpg"),
        ("-o", "out.png", "--save-mask", "nowhere/used.png"),
        ("-o", "out.png", "--report", "nowhere/report.json"),
        ("-o", "nowhere/out.png"),
    ],
)
def test_names_that_cannot_all_be_written_are_told_before_any_work(
    scan: Path, given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scan.parent)
    there = names(scan.parent)
    monkeypatch.setattr("restorer.cli.commands.run_recipe", lambda *_: pytest.fail("work was done"))
    assert run("repair", "scan.png", "--mask", "mask.png", *given, *CPU) == 2
    assert names(scan.parent) == there


@pytest.mark.parametrize(
    "given",
    [
        ("-o", "found.png", "--probability", "found.png"),
        ("-o", "found.jpg"),
        ("-o", "found.png", "--probability", "map.txt"),
        ("-o", "found.png", "--report", "found.png"),
        ("-o", "nowhere/found.png"),
    ],
)
def test_detect_tells_of_such_names_before_any_work(
    scan: Path, given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scan.parent)
    there = names(scan.parent)
    monkeypatch.setattr("restorer.processing.engine.detect", lambda *_, **__: pytest.fail("work was done"))
    assert run("detect", "scan.png", *given, *CPU) == 2
    assert names(scan.parent) == there


def test_a_dangling_link_is_a_taken_name(scan: Path) -> None:
    (scan.parent / "scan-restored.png").symlink_to(scan.parent / "gone.png")
    assert run("repair", scan, "--mask", scan.parent / "mask.png", *CPU) == 0
    assert (scan.parent / "scan-restored-2.png").is_file()
    assert not (scan.parent / "gone.png").exists()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_transparent_in_a_mask_is_not_marked(scan: Path, depth: type) -> None:
    drawn, top = line_mask(64, 80), np.iinfo(depth).max
    white = np.full((64, 80, 3), top, depth)  # as many programs fill what is transparent
    save_photo(Photo(white, alpha=drawn.astype(depth) * depth(top)), scan.parent / "layer.png")
    assert np.array_equal(open_mask(scan.parent / "layer.png", (64, 80)), drawn)


def test_a_mask_that_marks_nothing_is_told(scan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_mask(np.zeros((64, 80), bool), scan.parent / "empty.png")
    there = names(scan.parent)
    assert run("repair", scan, "--mask", scan.parent / "empty.png", *CPU) == 2
    assert "marks nothing" in capsys.readouterr().err
    assert names(scan.parent) == there


def test_a_repair_writes_all_of_its_files_or_none(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = names(scan.parent)

    def full(*_: object) -> None:
        raise OutputError("The disk is full.")

    monkeypatch.setattr("restorer.record.sidecar._write_json", full)
    given = ("--mask", scan.parent / "mask.png", "--save-mask", scan.parent / "used.png", "--sidecar")
    assert run("repair", scan, *given, *CPU) == 2
    assert names(scan.parent) == there


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_workers_are_borndeaf_to_interrupts() -> None:
    ask = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"

    def blocked_in_child() -> str:
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout.strip()

    with deaf_to_interrupts():
        assert blocked_in_child() == "True"
    assert blocked_in_child() == "False"


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_the_first_worker_is_born_deaf_too(tmp_path: Path) -> None:
    """With it Python starts a process of its own, and then lets interrupts through again."""
    (tmp_path / "start.py").write_text(
        "import multiprocessing, signal\n"
        "from restorer.processes import deaf_to_interrupts\n"
        "def tell():\n    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []), flush=True)\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=tell)\n"
        "    with deaf_to_interrupts():\n        process.start()\n"
        "    process.join()\n    tell()\n"
    )
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(tmp_path / "start.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=place)
    assert done.stdout.split() == ["True", "False"]


def bmp_with_alpha(path: Path) -> None:
    """A BMP of version 4 with an alpha mask: 80 x 64 pixels, 32 bits each."""
    pixels = np.dstack([smooth_photo(64, 80)[..., ::-1], np.full((64, 80), 180, np.uint8)])
    head = struct.pack("<IiiHHIIiiII", 108, 80, -64, 1, 32, 3, pixels.nbytes, 2835, 2835, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b" niW" + bytes(48)
    start = 14 + len(head)
    path.write_bytes(
        b"BM" + struct.pack("<IHHI", start + pixels.nbytes, 0, 0, start) + head + pixels.tobytes()
    )


def odd_files(folder: Path) -> dict[str, str]:
    """Photographs whose own format, or the one that their name says, cannot hold the result: name -> ending
    of the result."""
    deep, plane = smooth_photo(64, 80).astype(np.uint16) * 257, np.full((64, 80), 30000, np.uint16)
    save_photo(Photo(deep, infrared=plane), folder / "film.tif")
    shutil.move(folder / "film.tif", folder / "film.jpg")
    shutil.copy(folder / "film.jpg", folder / "film")
    save_photo(Photo(deep), folder / "deep.png")
    shutil.move(folder / "deep.png", folder / "deep.webp")
    bmp_with_alpha(folder / "alpha.bmp")
    return {"film.jpg": ".tif", "film": ".tif", "deep.webp": ".png", "alpha.bmp": ".png"}


def test_a_batch_gives_each_a_format_that_holds_it(scan: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    bmp_with_alpha(source / "alpha.bmp")
    save_photo(Photo(smooth_photo(64, 80)), source / "alpha.png")
    deep = smooth_photo(64, 80).astype(np.uint16) * 257
    pillow_heif.from_bytes("RGB;16", (80, 64), deep.tobytes()).save(source / "deep.heic")
    run_batch(out, [source])
    entries = json.loads((out / "report.json").read_text())["photographs"]
    assert [e["reason"] for e in entries] == [None] * 3
    assert {e["output"] for e in entries} == {"alpha.png", "alpha-2.png", "deep.png"}
    assert open_photo(out / "deep.png").pixels.dtype == np.uint16


def test_a_result_gets_a_format_that_holds_it(scan: Path) -> None:
    expected = odd_files(scan.parent)
    report = scan.parent / "report.json"
    for name, ending in expected.items():
        source = open_photo(scan.parent / name)
        there = names(scan.parent)
        assert run("repair", scan.parent / name, "--mask", scan.parent / "mask.png", *CPU) == 0, name
        (made,) = names(scan.parent) - there
        assert made.startswith(Path(name).stem + "-restored") and made.endswith(ending)
        result = open_photo(scan.parent / made)
        assert result.pixels.dtype == source.pixels.dtype
        for plane in ("alpha", "infrared"):
            mine, theirs = getattr(source, plane), getattr(result, plane)
            assert (mine is None) == (theirs is None)
            assert mine is None or np.array_equal(mine, theirs)
    # Of several, none takes the name that was meant for another one.
    folder = scan.parent / "out"
    folder.mkdir()
    shutil.copy(scan, scan.parent / "alpha.png")
    pair = (scan.parent / "alpha.bmp", scan.parent / "alpha.png")
    assert run("repair", *pair, "-o", folder, "--report", report, "--sensitivity", 1, *CPU) == 0
    assert not any(p["error"] for p in json.loads(report.read_text())["photographs"])


def command_line(*arguments: object, **how: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "restorer", *map(str, arguments)]
    return subprocess.run(line, stderr=subprocess.PIPE, text=True, **how)  # type: ignore[call-overload]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_under_what_is_printed_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = command_line("models", "list", stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Not all could be written: ") and "Traceback" not in done.stderr


def test_a_sensitivity_for_a_mask_that_is_given_is_refused(
    scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("repair", scan, "--mask", scan.parent / "mask.png", "--sensitivity", "0.5", *CPU) == 2
    assert "nothing to find with --sensitivity" in capsys.readouterr().err
    assert not list(scan.parent.glob("*restored*"))


@pytest.mark.parametrize("option", ["--sensitivity", "--detail", "--study"])
def test_nan_is_no_number(scan: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    there = names(scan.parent)
    assert run("repair", scan, "--mask", scan.parent / "mask.png", option, "nan", *CPU) == 2
    assert f"Invalid value for '{option}'" in capsys.readouterr().err
    assert names(scan.parent) == there


def test_a_device_that_is_not_there_is_bad_input(
    scan: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose_device.cache_clear()
    monkeypatch.setattr("restorer.device.is_available", lambda kind: kind == "cpu")
    assert run("repair", scan, "--mask", scan.parent / "mask.png", "--device", "cuda") == 2
    assert "no usable 'cuda' device" in capsys.readouterr().err


def test_the_help_tells_the_defaults_of_a_repair(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("repair", "--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    stage = default_recipe().stage("repair")
    assert stage is not None
    for option, key in (("--detail", "detail"), ("--grow", "grow_px"), ("--seed", "seed")):
        assert f"[default: ({stage[key]})" in told.split(option)[1].replace("default: 0;", "default: (0)"), (
            key
        )


def test_what_was_repaired_before_an_interrupt_is_reported(
    scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restorer.cli import commands

    shutil.copy(scan, scan.parent / "second.png")
    (scan.parent / "out").mkdir()
    whole = commands.run_recipe

    def interrupted(photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, *rest: object) -> object:
        if entry.source.endswith("second.png"):
            raise KeyboardInterrupt
        return whole(photo, recipe, device, entry, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(commands, "run_recipe", interrupted)
    report, out = scan.parent / "report.json", scan.parent / "out"
    assert run("repair", scan, scan.parent / "second.png", "-o", out, "--report", report, *CPU) == 130
    entries = json.loads(report.read_text())["photographs"]
    assert [Path(e["source"]).name for e in entries] == ["scan.png"]
    assert entries[0]["state"] in ("repaired", "clean")


LONG = "b" * 300 + ".png"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows finds no such file instead")
@pytest.mark.parametrize(
    "given",
    [
        ("repair", "scan.png", "--mask", "mask.png", "-o", LONG),
        ("repair", "scan.png", "mask.png", "-o", LONG),
        ("models", "import", LONG),
    ],
)
def test_a_name_that_is_too_long_is_no_fault(
    scan: Path, given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(scan.parent)
    there = names(scan.parent)
    assert run(*given) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Error: '{LONG}' cannot be used: ") and "Traceback" not in error
    assert names(scan.parent) == there


def test_a_folder_that_may_not_be_entered_is_no_fault(
    scan: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "locked/out.png")

    monkeypatch.setattr("restorer.cli.commands.check_targets", locked)
    assert run("repair", scan, "-o", "locked/out.png") == 2
    assert capsys.readouterr().err.startswith("Error: 'locked/out.png' cannot be used: ")


@pytest.mark.parametrize(
    ("alphabet", "letter", "told"), [("cp1252", "写", "\\u5199"), ("utf-8", "\udce9", "\\udce9")]
)
def test_a_name_that_a_pipe_cannot_take_is_told_all_the_same(
    alphabet: str, letter: str, told: str, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, encoding=alphabet))
    try:
        scan = scan.rename(scan.with_name(f"ü{letter}.png"))
    except OSError:
        pytest.skip("this file system takes no such name")
    assert run("repair", scan, "--mask", scan.parent / "mask.png", *CPU) == 0
    assert f"ü{told}-restored.png: " in pipe.getvalue().decode(alphabet)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without a signal")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_nothing_half_written_stays_when_the_terminal_is_closed(scan: Path, name: str) -> None:
    there = names(scan.parent)
    code = (
        "import signal\nfrom pathlib import Path\n"
        "from restorer.image import saving as image_save\nfrom restorer.__main__ import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # maybe ignored by who runs this\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        f"image_save._compare = lambda *_: signal.raise_signal(signal.{name})\n"
        f"unlink, twice = Path.unlink, signal.{name} == signal.SIGHUP  # shell and system tell it\n"
        "Path.unlink = lambda *a, **k: (twice and signal.raise_signal(signal.SIGHUP), unlink(*a, **k))\n"
        "main(['repair', 'scan.png', '--mask', 'mask.png', '-o', 'out.png', '--device', 'cpu'])"
    )
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scan.parent, capture_output=True, text=True, check=False, env=place
    )
    assert done.returncode == 130 and "Cancelled." in done.stderr, done.stderr
    assert names(scan.parent) == there


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_while_a_library_is_imported_ends_when_that_is_whole(times: int, tmp_path: Path) -> None:
    """Python loses it in the callbacks of an import, and PyTorch ends the process as by a fault."""
    (tmp_path / "library.py").write_text(
        "import signal\n"
        "class Lost:\n"
        "    def __del__(self):\n"
        "        for _ in range(TIMES): signal.raise_signal(signal.SIGINT)\n"
        "lost = Lost()\ndel lost\nprint('whole')\n".replace("TIMES", str(times))
    )
    code = (
        "import signal, threading\nfrom restorer.cli import commands\nfrom restorer.__main__ import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # maybe ignored by who runs this\n"
        "def check_targets(*_):\n    import library\n    threading.Event().wait(60)\n"
        "commands.check_targets = check_targets\nmain(['repair', 'scan.png'])"
    )
    place = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=place
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "whole\n", "Cancelled.")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_before_the_command_line_is_there_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import restorer.__main__"
    place = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=place
    )
    assert (done.returncode, done.stderr) == (130, "Cancelled.\n")
