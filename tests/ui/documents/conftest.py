"""The fixtures of the tests of photographs, projects and journals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from restorer.image.reading import Photo
from tests.ui.conftest import Stand, damaged_photo, flush_deletions
from tests.ui.documents.support import Bench
from ui.documents.session import DocumentSession
from ui.jobs import JobRunner


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journals, empty."""
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "journals"


@pytest.fixture(params=[np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def bench(request: pytest.FixtureRequest, runner: JobRunner, stand: Stand, qtbot) -> Iterator[Bench]:
    pixels = damaged_photo().astype(request.param)
    if request.param == np.uint16:
        pixels *= 257
    session = DocumentSession(Photo(pixels), Path("/nowhere/scan.png"), runner, stand.networks, runner)
    made = Bench(session, qtbot)
    yield made
    made.rest()
    session.close()
    flush_deletions()
