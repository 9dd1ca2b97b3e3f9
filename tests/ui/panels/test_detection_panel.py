"""The panel of the search while a large photograph is being cut."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from restorer.editing.mask import MaskSettings
from tests.ui.conftest import open_in, settle
from ui.documents import work
from ui.panels.detection_panel import DetectionPanel
from ui.window.controller import Controller


class Cuts:
    """Lets cuts end one by one.

    Attributes:
        let: one more may end.
    """

    def __init__(self, cut: Callable[..., work.Cut]) -> None:
        self._cut = cut
        self.let = threading.Semaphore(0)

    def __call__(self, *args: object) -> work.Cut:
        assert self.let.acquire(timeout=60)
        return self._cut(*args)


@pytest.fixture
def cuts(opened: Controller, qtbot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuts]:
    """Those of a photograph in which damage was found, made in the worker."""
    assert opened.session is not None
    opened.session.find_damage()
    settle(opened, qtbot)
    opened.window.work_tabs.setCurrentIndex(0)
    monkeypatch.setattr("ui.documents.recut.LIVE_MEGAPIXELS", 0.0)
    made = Cuts(work.cut)
    monkeypatch.setattr(work, "cut", made)
    yield made
    made.let.release(9)


def end_first_cut(controller: Controller, cuts: Cuts, qtbot, sensitivity: float) -> None:
    session = controller.session
    assert session is not None
    cuts.let.release()
    qtbot.waitUntil(lambda: session.mask_settings.sensitivity == sensitivity)


def end_all(controller: Controller, cuts: Cuts, qtbot) -> MaskSettings:
    """What holds in the end."""
    assert controller.session is not None
    cuts.let.release(9)
    settle(controller, qtbot)
    return controller.session.mask_settings


def panel_of(controller: Controller) -> DetectionPanel:
    return controller.window.detection


def test_sliders_show_what_is_wanted_and_nothing_is_lost(opened: Controller, cuts: Cuts, qtbot) -> None:
    panel = panel_of(opened)
    panel._sensitivity._slider.setValue(40)
    panel._sensitivity._slider.setValue(70)
    end_first_cut(opened, cuts, qtbot, 0.4)
    assert panel._sensitivity.value == 70
    panel._smallest._slider.setValue(60)
    smallest = panel._smallest.value
    panel._polarity.setCurrentIndex(1)
    settings = end_all(opened, cuts, qtbot)
    assert settings == MaskSettings(0.7, smallest, polarity="light") and smallest > 100
    assert panel._sensitivity.value == 70 and panel._smallest.value == smallest


def test_reset_is_shown_before_it_is_cut(opened: Controller, cuts: Cuts, qtbot) -> None:
    panel = panel_of(opened)
    panel._sensitivity._slider.setValue(40)
    end_first_cut(opened, cuts, qtbot, 0.4)
    qtbot.mouseClick(panel._reset, Qt.MouseButton.LeftButton)
    assert panel._sensitivity.value == 50 and not panel._reset.isEnabled()
    assert end_all(opened, cuts, qtbot) == MaskSettings()


def test_a_number_that_is_being_typed_is_left_alone(opened: Controller, cuts: Cuts, qtbot) -> None:
    panel = panel_of(opened)
    panel._sensitivity._slider.setValue(30)
    number = panel._smallest._number
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "12")
    end_first_cut(opened, cuts, qtbot, 0.3)
    assert number.text() == "12 px"
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert end_all(opened, cuts, qtbot) == MaskSettings(0.3, 12)
    assert opened.session is not None
    opened.session.undo()
    assert number.text() == "4 px", "it was typed to its end"


def test_a_number_typed_for_one_photograph_is_not_shown_with_another(
    opened: Controller, cuts: Cuts, other_path: Path, qtbot
) -> None:
    number = panel_of(opened)._smallest._number
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "12")
    open_in(opened, [other_path], qtbot)
    assert number.text() == "4 px"


def test_a_slider_that_is_held_stays_where_it_is(opened: Controller, cuts: Cuts, qtbot) -> None:
    slider = panel_of(opened)._smallest._slider
    slider.setSliderDown(True)
    slider.setValue(6)  # 2 pixels as well as 7 and 8 are
    cuts.let.release()
    settle(opened, qtbot)
    assert slider.value() == 6 and end_all(opened, cuts, qtbot).smallest_px == 2
    slider.setSliderDown(False)
