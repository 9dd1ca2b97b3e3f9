"""What lies among the sources of a batch and must not cost more than itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from restorer.batch import Batch, BatchSettings
from restorer.batch_files import check_sources, find_sources
from restorer.errors import OutputError
from tests.core.batch_support import fake_run, photographs, run_batch


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "in", tmp_path / "out"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_broken_photograph_whose_name_is_no_text_costs_one_line(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "z.png")
    Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9.png")).write_bytes(b"broken")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        counts = batch.run().counts
        assert counts["done"] == 2 and counts["failed"] == 1
        assert "caf\ufffd.png" in str(batch.items(["failed"])[0].error)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("named", ["", "*.png"])
def test_a_link_in_a_circle_is_no_photograph(named: str, folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    (source / "b.png").symlink_to("b.png")
    assert [f.path.name for f in find_sources([source / named], out)] == ["a.png"]


@pytest.mark.parametrize("named", ["scans", "scans/*.png"])
def test_a_folder_below_the_output_folder_is_told_not_passed_over(named: str, tmp_path: Path) -> None:
    (path,) = photographs(tmp_path / "scans", "a.png")
    with pytest.raises(OutputError, match="scans") as caught:
        check_sources([tmp_path / named], tmp_path)
    assert "another output folder" in caught.value.hint
    check_sources([path], tmp_path)  # a photograph that is named itself is taken wherever it lies
    assert run_batch(tmp_path, [path]).counts["done"] == 1
