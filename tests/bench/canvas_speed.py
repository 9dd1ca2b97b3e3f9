"""How quick the canvas is at a hundred megapixels: python -m tests.bench.canvas_speed [MEGAPIXELS].

Offscreen, one window of 1600 x 1000. A frame is from sending the event to the end of the painting it causes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from restorer.editing.document import Document
from restorer.image.reading import Photo
from tests.ui.canvas.support import Session
from ui.canvas.canvas import Canvas

SIZE = (1600, 1000)


def photograph(megapixels: float) -> Photo:
    """Smooth tones with grain, 4:3."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(megapixels * 1e6 / height)
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 235, (40, 53, 3), dtype=np.uint8)
    pixels = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    grain = rng.integers(0, 12, (1024, 1024, 3), dtype=np.uint8)
    for y in range(0, height, 1024):
        for x in range(0, width, 1024):
            part = pixels[y : y + 1024, x : x + 1024]
            cv2.add(part, grain[: part.shape[0], : part.shape[1]], dst=part)
    return Photo(pixels)


Times = tuple[float, float]
"""Seconds on the clock, and of the processor in all threads: on a busy machine the clock says little."""


def say(what: str, times: list[Times], limit_ms: float | None = None) -> None:
    """Print median, 95th percentile and the worst on the clock, and the median of the processor's time."""
    clock, own = np.asarray(times).T * 1e3
    goal = f"  (goal {limit_ms:g})" if limit_ms else ""
    numbers = f"median {np.median(clock):6.2f}  p95 {np.percentile(clock, 95):6.2f}  worst {clock.max():6.2f}"
    print(f"{what:42s} {numbers} ms, processor {np.median(own):6.2f} ms{goal}", flush=True)


def timed(act: Callable[[], object]) -> Times:
    """How long `act` takes, painting included."""
    began, busy = time.perf_counter(), time.process_time()
    act()
    QApplication.processEvents()
    return time.perf_counter() - began, time.process_time() - busy


def mouse(canvas: Canvas, kind: QMouseEvent.Type, x: float, y: float, held: bool = True) -> None:
    """Send a mouse event with the left button."""
    button = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    buttons = Qt.MouseButton.LeftButton if held else Qt.MouseButton.NoButton
    at = QPointF(x, y)
    event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, event)


def drag(canvas: Canvas, points: Sequence[tuple[float, float]]) -> list[Times]:
    """Press, move and release; seconds of every move."""
    mouse(canvas, QMouseEvent.Type.MouseButtonPress, *points[0])
    QApplication.processEvents()
    times = [timed(lambda p=p: mouse(canvas, QMouseEvent.Type.MouseMove, *p)) for p in points[1:]]
    mouse(canvas, QMouseEvent.Type.MouseButtonRelease, *points[-1], held=False)
    QApplication.processEvents()
    return times


def wheel(canvas: Canvas, notches: int) -> None:
    """Turn the wheel over the middle of the canvas."""
    at = QPointF(canvas.rect().center())
    none = QPoint(0, 0)
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        none,
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def settle(canvas: Canvas) -> None:
    """Wait until every tile is finished."""
    QApplication.processEvents()
    while canvas.refining:
        QApplication.processEvents()


def measure_views(canvas: Canvas) -> None:
    """Panning at several zooms, and zooming through all of them."""
    circle = [(800 + 300 * np.cos(a), 500 + 250 * np.sin(a)) for a in np.linspace(0, 12, 120)]
    canvas.set_tool("pan")
    for turn in (0, 30, 90):
        canvas.rotate_view(turn - canvas.view.angle)
        for zoom in (0.1, 0.3, 0.7, 1.0, 4.0):
            canvas.set_zoom(zoom)
            settle(canvas)
            say(f"pan at {zoom:.0%}, turned by {turn}", drag(canvas, circle), 16)
    canvas.rotate_view(-canvas.view.angle)
    canvas.fit()
    settle(canvas)
    notches = [1] * 25 + [-1] * 25 + [1] * 25 + [-1] * 25
    times = [timed(lambda n=n: wheel(canvas, n)) for n in notches]
    say("zoom by the wheel, 10 % to 2700 % and back", times, 16)


def measure_strokes(canvas: Canvas, document: Document) -> None:
    """A 300-px brush at several zooms, undo, and what a stroke costs in memory."""
    canvas.set_tool("brush")
    canvas.brush_size = 300
    wave = [(300 + 8 * i, 500 + 200 * np.sin(i / 9)) for i in range(120)]
    for zoom in (0.12, 0.3, 0.7, 1.0, 4.0):
        canvas.set_zoom(zoom)
        settle(canvas)
        say(f"brush event to repaint, 300 px at {zoom:.0%}", drag(canvas, wave), 8)
    steps = len(document.history)
    say("undo of a stroke, with repaint", [timed(document.undo) for _ in range(steps)], 20)
    say("redo of a stroke, with repaint", [timed(document.redo) for _ in range(steps)], 20)
    canvas.set_zoom(1.0)
    canvas.brush_size = 30
    while document.undo():
        pass
    sizes = []
    for i in range(60):
        canvas.look_at(1000 + 160 * (i % 60), 1200)
        drag(canvas, [(500, 100), (540, 300), (560, 700)])
        sizes.append(document.history_size())
    print(f"{'history of the first stroke, not packed':42s} {sizes[0] / 1024:.0f} KiB")
    grown = (sizes[-1] - sizes[-21]) / 20 / 1024
    print(f"{'history of further strokes, packed':42s} {grown:.1f} KiB each")


def measure_many(canvas: Canvas, document: Document, strokes: int = 1000) -> None:
    """A long session: many strokes all over the picture, and all of them taken back."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    canvas.set_zoom(1.0)
    canvas.brush_size = 40
    rng = np.random.default_rng(0)
    for _ in range(strokes):
        canvas.look_at(*rng.uniform((900, 600), (document.width - 900, document.height - 600)))
        x, y = rng.uniform((200, 200), (1400, 800))
        drag(canvas, [(x, y), (x + 60, y + 90), (x + 20, y + 160)])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    kept, size = len(document.history), document.history_size() / 2**20
    print(
        f"{f'{strokes} strokes':42s} {kept} steps kept in {size:.1f} MiB, {grown:.0f} MiB more in use at most"
    )
    say("undo of each of them, with repaint", [timed(document.undo) for _ in range(kept)], 20)
    print(f"{'marked pixels afterwards':42s} {int((document.surfaces['mask'].to_array() > 0).sum())}")


def main() -> None:
    """Print everything."""
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    app = QApplication([])
    photo = photograph(megapixels)
    session, canvas = Session(photo), Canvas()
    canvas.resize(*SIZE)
    canvas.show()
    print(f"{photo.megapixels:.1f} megapixels, {photo.width} x {photo.height}, window {SIZE[0]} x {SIZE[1]}")
    if hasattr(os, "getloadavg"):
        print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    say("first frame", [timed(lambda: (canvas.set_session(session), canvas.repaint()))])
    began = time.perf_counter()
    settle(canvas)
    print(f"{'until every tile is finished':42s} {time.perf_counter() - began:.2f} s")
    measure_views(canvas)
    measure_strokes(canvas, session.document)
    while session.document.undo():
        pass
    measure_many(canvas, session.document)
    print(f"{'reduced levels and converted tiles':42s} {canvas.memory() / 2**20:.0f} MiB")
    canvas.set_session(None)
    canvas.close()
    app.processEvents()


if __name__ == "__main__":
    main()
