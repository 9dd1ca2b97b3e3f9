"""The fixtures of the training wizard's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from restorer.library import store as library
from tests.training.tuning.support import album, parent, small_and_fast
from tests.ui.conftest import flush_deletions
from tests.ui.wizard.support import Hands
from ui.jobs import JobRunner
from ui.theme import ThemeManager
from ui.wizard.wizard import TrainWizard


@pytest.fixture
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_and_fast(monkeypatch)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    parent()
    return tmp_path / "library"


@pytest.fixture
def make_wizard(
    own_library: Path, runner: JobRunner, theme: ThemeManager
) -> Iterator[Callable[[], TrainWizard]]:
    made: list[TrainWizard] = []

    def make() -> TrainWizard:
        made.append(TrainWizard(runner, theme))
        return made[-1]

    yield make
    for wizard in made:
        wizard.shut_down()
    runner.close()
    for wizard in made:
        wizard.deleteLater()
    made.clear()
    flush_deletions()


@pytest.fixture
def hands(
    make_wizard: Callable[[], TrainWizard], qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Hands:
    return Hands(make_wizard(), qtbot, album(tmp_path / "private"), monkeypatch)
