"""Navigator, loupe, film strip and options of the tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QPushButton, QSpinBox

from restorer.tiles import Box
from tests.conftest import smooth_photo
from tests.ui.canvas.support import box_of, hover, mask_of, show, wheel
from ui.panels.film_strip import FilmStrip
from ui.panels.loupe import Loupe
from ui.panels.navigator import Navigator
from ui.panels.tool_options import ToolOptions

LEFT = Qt.MouseButton.LeftButton


def picture_of(widget) -> np.ndarray:
    for _ in range(20):
        QApplication.processEvents()
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


# --- navigator


def test_navigator_moves_the_view_by_click_and_drag_and_shows_its_frame(qtbot) -> None:
    photo = np.full((1000, 2000, 3), 60, np.uint8)
    photo[:, 1000:] = 220
    canvas = show(qtbot, photo)
    navigator = Navigator(canvas)
    qtbot.addWidget(navigator)
    navigator.resize(208, 108)
    navigator.show()
    canvas.set_zoom(2.0)
    canvas.look_at(500, 500)
    image = picture_of(navigator)
    assert (image[54, 45:62] >= 60).all() and abs(
        image[54, 54, 0] - 60
    ) <= 1  # inside the frame: not darkened
    assert image[20, 180, 0] < 150  # outside: darkened
    QTest.mouseClick(navigator, LEFT, pos=QPoint(154, 54))
    assert canvas.view.centre == pytest.approx((1500, 500), abs=12)
    assert abs(picture_of(navigator)[54, 154, 0] - 220) <= 1
    QTest.mousePress(navigator, LEFT, pos=QPoint(154, 54))
    QTest.mouseMove(navigator, QPoint(104, 29))
    QTest.mouseRelease(navigator, LEFT, pos=QPoint(104, 29))
    assert canvas.view.centre == pytest.approx((1000, 250), abs=12)


def test_navigator_shows_what_was_repaired(qtbot) -> None:
    canvas = show(qtbot, np.full((400, 400, 3), 60, np.uint8))
    navigator = Navigator(canvas)
    qtbot.addWidget(navigator)
    navigator.resize(208, 208)
    navigator.show()
    assert abs(picture_of(navigator)[104, 104, 0] - 60) <= 1
    assert canvas.document is not None
    with canvas.document.edit("Repair") as tx:
        tx.patch("result", Box(100, 100, 300, 300), np.full((200, 200, 3), 240, np.uint8))
    assert abs(picture_of(navigator)[104, 104, 0] - 240) <= 1
    canvas.set_session(None)
    assert len(np.unique(picture_of(navigator).reshape(-1, 3), axis=0)) == 1


# --- loupe


def test_loupe_shows_the_pixel_under_the_pointer_before_and_after(qtbot) -> None:
    photo = smooth_photo(300, 400)
    canvas = show(qtbot, photo)
    assert canvas.document is not None
    with canvas.document.edit("Repair") as tx:
        tx.patch("result", Box(100, 200, 101, 201), np.full((1, 1, 3), 255, np.uint8))
    loupe = Loupe(canvas)
    qtbot.addWidget(loupe)
    loupe.resize(202, 120)
    loupe.show()
    loupe.magnification = 15
    assert loupe.magnification == 16
    wheel(loupe, 0)  # type: ignore[arg-type]  # fingers that are put on a touch pad
    assert loupe.magnification == 16
    hover(canvas, (200.5, 100.5))
    image = picture_of(loupe)
    np.testing.assert_array_equal(image[60, 50], photo[100, 200])
    np.testing.assert_array_equal(image[60, 152], (255, 255, 255))
    np.testing.assert_array_equal(image[60, 50 + 16], photo[100, 201])
    np.testing.assert_array_equal(image[60 - 16, 50], photo[99, 200])
    loupe.compares = False
    np.testing.assert_array_equal(picture_of(loupe)[60, 101], (255, 255, 255))
    hover(canvas, (0.5, 0.5))
    assert picture_of(loupe)[10, 10, 0] == 60  # beyond the picture


# --- film strip


class Maker:
    """Thumbnails on demand, as a job would give them later.

    Attributes:
        begun: those that cannot be withdrawn any more.
    """

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.withdrawn: list[Path] = []
        self.begun: list[Path] = []
        self.answer: dict[Path, Callable[[QImage], None]] = {}

    def __call__(self, path: Path, done: Callable[[QImage], None]) -> Callable[[], bool]:
        self.asked.append(path)
        self.answer[path] = done

        def withdraw() -> bool:
            if path not in self.begun:
                self.withdrawn.append(path)
            return path not in self.begun

        return withdraw


def test_film_strip_lists_chooses_and_steps(qtbot) -> None:
    maker = Maker()
    strip = FilmStrip(maker)
    qtbot.addWidget(strip)
    strip.resize(400, strip.height())
    told: list[Path] = []
    strip.current_changed.connect(told.append)
    paths = [Path(f"/photos/{i}.tif") for i in range(40)]
    strip.add(paths)
    strip.add(paths[:3])
    assert strip.paths() == paths and strip.current == paths[0] and told == [paths[0]]
    strip.show()
    QApplication.processEvents()
    picture_of(strip)
    assert maker.asked[0] == paths[0] and 2 <= len(maker.asked) <= 8  # only what is in view
    index = strip.model().index(2, 0)
    QTest.mouseClick(strip.viewport(), LEFT, pos=strip.visualRect(index).center())
    assert told[-1] == paths[2]
    strip.step(1)
    strip.step(-2)
    assert told[-2:] == [paths[3], paths[1]]
    strip.step(-5)
    assert strip.current == paths[0]
    strip.set_current(paths[30])
    picture_of(strip)
    assert paths[30] in maker.asked and len(set(maker.asked)) == len(maker.asked)


def test_thumbnails_that_arrive_are_shown_and_late_ones_do_no_harm(qtbot) -> None:
    maker = Maker()
    strip = FilmStrip(maker)
    qtbot.addWidget(strip)
    strip.resize(400, strip.height())
    paths = [Path("a.png"), Path("b.png"), Path("c.png")]
    strip.add(paths)
    strip.show()
    picture_of(strip)
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 200, 30))
    maker.answer[paths[1]](image)
    maker.answer[paths[2]](QImage())
    middle = strip.visualRect(strip.model().index(1, 0)).center()
    seen = picture_of(strip)[middle.y() - 10, middle.x()]
    assert np.abs(seen - (10, 200, 30)).max() <= 2
    strip.remove(paths[1])
    maker.answer[paths[1]](image)
    assert strip.paths() == [paths[0], paths[2]]
    strip.set_unsaved(paths[2], True)


def test_a_thumbnail_is_made_again_where_another_file_took_the_place(tmp_path: Path, qtbot) -> None:
    maker, path = Maker(), tmp_path / "a.png"
    path.write_bytes(b"one")
    strip = FilmStrip(maker)
    qtbot.addWidget(strip)
    strip.add([path])
    strip.show()
    for content, asked in ((b"one", 1), (b"another", 2), (b"another", 2)):
        if path.read_bytes() != content:
            path.write_bytes(content)
        strip.renew(path)
        picture_of(strip)
        assert maker.asked.count(path) == asked


def long_strip(qtbot) -> tuple[FilmStrip, Maker, list[Path]]:
    """A strip of 400 photographs of which a few are in view."""
    maker = Maker()
    strip = FilmStrip(maker)
    qtbot.addWidget(strip)
    strip.resize(600, strip.height())
    paths = [Path(f"{number}.png") for number in range(400)]
    strip.add(paths)
    strip.show()
    picture_of(strip)
    return strip, maker, paths


def test_thumbnails_are_made_of_what_is_in_view_alone(qtbot) -> None:
    strip, maker, paths = long_strip(qtbot)
    shown = len(maker.asked)
    assert maker.asked == paths[:shown] and 5 <= shown <= 7
    strip.set_current(paths[300])
    picture_of(strip)
    asked = [int(path.stem) for path in maker.asked[shown:]]
    assert 300 in asked and asked == list(range(asked[0], asked[-1] + 1)) and len(asked) <= 7


def test_thumbnails_that_go_out_of_view_before_their_turn_are_withdrawn_and_asked_for_again(qtbot) -> None:
    strip, maker, paths = long_strip(qtbot)
    first = list(maker.asked)
    maker.begun.append(paths[0])
    strip.set_current(paths[300])
    picture_of(strip)
    assert set(maker.withdrawn) == set(first) - {paths[0]}
    strip.remove(paths[300])
    assert maker.withdrawn[-1] == paths[300]
    strip.set_current(paths[0])
    picture_of(strip)
    assert [maker.asked.count(path) for path in first] == [1] + [2] * (len(first) - 1)


# --- options


def button(options: ToolOptions, text: str) -> QAbstractButton:
    return next(b for b in options.findChildren(QPushButton) if b.text().replace("&", "") == text)


def test_options_and_canvas_agree_both_ways(qtbot) -> None:
    canvas = show(qtbot, np.zeros((300, 400), np.uint8))
    options = ToolOptions(canvas)
    qtbot.addWidget(options)
    size, size_slider = options._size._number, options._size._slider
    size.setValue(200)
    assert canvas.brush_size == 200
    canvas.brush_size = 500
    assert size.value() == 500 and size_slider.value() == size_slider.maximum()
    size_slider.setValue(0)
    assert canvas.brush_size == 1 and size.value() == 1
    canvas.brush_hardness = 0.4
    assert options._hardness.value == 40
    options._opacity._number.setValue(25)
    assert canvas.overlay_opacity == 0.25
    box = options.findChild(QCheckBox)
    assert box is not None
    box.click()
    assert not canvas.show_overlay
    canvas.show_overlay = True
    assert box.isChecked()


def test_grow_shrink_invert_and_clear_are_one_step_each(qtbot) -> None:
    canvas = show(qtbot, np.zeros((600, 800), np.uint8))
    options = ToolOptions(canvas)
    qtbot.addWidget(options)
    assert canvas.document is not None
    QTest.mouseClick(button(options, "Clear"), LEFT)
    assert canvas.document.history == []
    with canvas.document.edit("Mark") as tx:
        tx.patch("mask", Box(100, 100, 140, 160), np.full((40, 60), 255, np.uint8))
    spin = next(s for s in options.findChildren(QSpinBox) if s.maximum() == 64)
    spin.setValue(5)
    QTest.mouseClick(button(options, "Grow"), LEFT)
    assert box_of(mask_of(canvas)) == Box(95, 95, 145, 165)
    QTest.mouseClick(button(options, "Shrink"), LEFT)
    assert box_of(mask_of(canvas)) == Box(100, 100, 140, 160)
    QTest.mouseClick(button(options, "Invert"), LEFT)
    assert mask_of(canvas).mean() > 250 and not mask_of(canvas)[100:140, 100:160].any()
    QTest.mouseClick(button(options, "Clear"), LEFT)
    assert not mask_of(canvas).any()
    assert canvas.document.history == ["Mark", "Grow mask", "Shrink mask", "Invert mask", "Clear mask"]
    for _ in range(4):
        canvas.document.undo()
    assert box_of(mask_of(canvas)) == Box(100, 100, 140, 160)


def test_every_control_has_a_name_for_screen_readers(qtbot) -> None:
    canvas = show(qtbot, np.zeros((60, 80), np.uint8))
    options = ToolOptions(canvas)
    qtbot.addWidget(options)
    for widget in [*options.findChildren(QAbstractButton), *options.findChildren(QSpinBox)]:
        assert widget.accessibleName() or widget.text(), widget
    assert canvas.accessibleName() and Navigator(canvas, options).accessibleName()
