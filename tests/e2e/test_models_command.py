# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import json
from pathlib import Path

import pytest

from restorer.__main__ import main
from restorer.library import store as library
from tests.core.library.test_importing import FakeLoader, fake_spandrel, safetensors  # noqa: F401 - fixtures
from tests.training.tuning.support import album, parent, small_and_fast
from training.__main__ import main as train_main


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run a command line; gives exit code, output and errors."""

    def run(*words: object, program=main) -> tuple[int, str, str]:  # type: ignore[no-untyped-def]
        with pytest.raises(SystemExit) as caught:
            program([str(w) for w in words])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


def test_a_model_through_its_whole_life(say, tmp_path: Path, own_library: Path) -> None:  # type: ignore[no-untyped-def]
    parent()
    code, out, _ = say("models", "list")
    assert code == 0 and "*  repair" not in out and "* repair" in out and "small-repair" in out
    assert say("models", "rename", "small-repair", "mine")[1] == "small-repair is now mine.\n"
    assert say("models", "default", "mine")[1] == "mine is the default for repair.\n"
    listed = json.loads(say("models", "list", "--json")[1])
    assert [m["id"] for m in listed if m["default"]] == ["detect", "mine"]
    assert say("models", "rollback", "repair")[1] == "repair is the default for repair again.\n"
    assert "mine: whole" in say("models", "verify")[1]
    assert json.loads(say("models", "show", "mine")[1])["licence"] == "CC0-1.0"
    packed = say("models", "export", "mine", tmp_path / "out")[1].strip()
    code, out, err = say("models", "import", packed, "--id", "again")
    assert (code, out) == (0, "again: fill-unet, task repair, licence CC0-1.0.\n")
    assert err == "The same weights are in the library as mine already.\n"
    assert say("models", "delete", "mine")[0] == 0
    assert {p.name for p in own_library.iterdir()} == {"again", "defaults.json", ".defaults.lock"}
    assert "# Repair" in say("models", "show", "repair", "--card")[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("delete", "repair"), "comes with the program"),
        (("show", "nothing"), "no model 'nothing'"),
        (("verify", "nothing"), "no model 'nothing'"),
        (("import", "nothing.pth"), "no file 'nothing.pth'"),
        (("import", "https://example.org/x.pth"), "needs the SHA-256 checksum"),
        (("rollback", "repair"), "no earlier default"),
    ],
)
def test_mistakes_are_one_sentence(say, words: tuple[str, ...], sentence: str) -> None:  # type: ignore[no-untyped-def]
    code, _, err = say("models", *words)
    assert code == 2 and sentence in err and "Traceback" not in err


def test_a_damaged_model_is_told_and_can_be_deleted(say, own_library: Path) -> None:  # type: ignore[no-untyped-def]
    parent()
    (own_library / "small-repair" / library.DESCRIPTION).write_text("{")
    code, out, err = say("models", "list")
    assert code == 0 and "repair" in out and "'restorer models delete small-repair' removes it" in err
    assert say("models", "verify")[0] == 2
    assert say("models", "delete", "small-repair")[0] == 0
    assert say("models", "verify")[0] == 0


def test_verifying_goes_on_after_a_damaged_model(say, tmp_path: Path, own_library: Path) -> None:  # type: ignore[no-untyped-def]
    first = parent()
    file = say("models", "export", first.id, tmp_path / "out")[1].strip()
    assert say("models", "import", file, "--id", "another")[0] == 0
    weights = own_library / "another" / first.files[0].name
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    code, out, _ = say("models", "verify")
    assert code == 2 and "another: damaged" in out and f"{first.id}: whole" in out


@pytest.mark.parametrize("name", ["con", "aux.old", "com1"])
def test_no_model_gets_a_name_that_windows_cannot_make_a_folder_of(say, name: str) -> None:  # type: ignore[no-untyped-def]
    parent()
    code, _, err = say("models", "rename", "small-repair", name)
    assert code == 2 and "cannot be the name of a model" in err


def test_fine_tuning_from_the_command_line(say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    small_and_fast(monkeypatch)
    parent()
    words = ["finetune", "--data", album(tmp_path / "mine"), "--model", "small-repair", "--out", "better",
             "--batch", 4, "--crop", 64, "--device", "cpu"]  # fmt: skip
    code, out, _ = say(*words, "--steps", 2, "--rate", 1e-9, program=train_main)
    assert code == 0 and "No improvement" in out and "Nothing was saved" in out
    assert say(*words, program=train_main)[0] == 2
    arguments = (*words, "--steps", 30, "--rate", 3e-3, "--restart", "--default")
    code, out, _ = say(*arguments, program=train_main)
    assert code == 0 and "Better by +" in out and "Saved as 'better'." in out
    assert json.loads(say("models", "list", "--json")[1])[-2]["default"]


def test_an_import_tells_that_nothing_uses_its_task(
    say, fake_spandrel: type[FakeLoader], tmp_path: Path, own_library: Path  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    file = safetensors(tmp_path / "colours.safetensors")
    assert "Nothing here uses" not in say("models", "import", file)[2]
    fake_spandrel.purpose = "Restoration"
    code, out, err = say("models", "import", safetensors(tmp_path / "other.safetensors", 0.5))
    assert code == 0 and "task restore" in out and "Nothing here uses models of the task 'restore'" in err
