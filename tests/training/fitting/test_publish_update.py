"""`restorer-train compact`: what weights learnt later, as a small file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from restorer.library.compact import compacted, read_update
from training.__main__ import main


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Weight files before and after."""
    for seed, name in enumerate(("old", "new")):
        torch.manual_seed(seed)
        save_file({"a.weight": torch.randn(4, 9).half()}, tmp_path / name)
    return tmp_path / "old", tmp_path / "new"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["compact", *map(str, arguments)])
    error = result.exception
    return result.exit_code, result.output + (str(error) if error is not None else "")


def test_the_difference_of_two_files_is_written(two: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "update.safetensors"
    code, told = run(*two, out, "--share", "fidelity=1", "--share", "detail=0.5")
    assert code == 0 and f"{out.stat().st_size:,} bytes" in told
    update, shares = read_update(out)
    assert shares == {"fidelity": 1.0, "detail": 0.5}
    wanted = compacted(*(load_file(path) for path in two))
    assert update.keys() == wanted.keys() == {"a.weight:codes", "a.weight:step"}
    assert all(torch.equal(update[name], wanted[name]) for name in wanted)


def test_nothing_is_overwritten(two: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "update.safetensors"
    out.write_bytes(b"mine")
    code, told = run(*two, out)
    assert code != 0 and "exists already" in told and out.read_bytes() == b"mine"


def test_other_networks_and_shares_are_told(two: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    save_file({"a.weight": torch.zeros(4, 8)}, other)
    code, told = run(two[0], other, tmp_path / "update")
    assert code != 0 and "different networks" in told
    for share in ("fidelity", "fidelity=all", "a=b=c"):
        code, told = run(*two, tmp_path / "update", "--share", share)
        assert code != 0 and "a role and a number" in told
    for share in ("nope=1", "fidelity=nan", "fidelity=-1", "detail=1.5"):
        code, told = run(*two, tmp_path / "update", "--share", share)
        assert code != 0 and "There is no share" in told
    code, told = run(tmp_path / "gone", two[1], tmp_path / "update")
    assert code != 0 and "There is no file" in told
    assert not (tmp_path / "update").exists()
