"""The fixtures of the tests of photographs, projects and journals."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journals, empty."""
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "journals"
