"""Pictures of the window in its main states: python -m tests.bench.pictures OUT [--theme dark] ...

Runs the shipped networks on a sample. Under `xvfb-run` or with QT_QPA_PLATFORM=offscreen; needs fonts with
Chinese for --language zh_CN (see README).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from restorer.editing.mask import DamageMap
from restorer.jobs import JobContext
from restorer.tiles import FinishedTile
from ui.app import build
from ui.dialogs import ErrorDialog, KeySheet, SettingsDialog
from ui.documents import work
from ui.documents.networks import Networks, fill_with_network, find_with_network
from ui.jobs import Failed
from ui.panels.candidates import CandidatesDialog
from ui.panels.export_dialog import ExportDialog
from ui.panels.welcome import sample_paths
from ui.settings import SettingsStore
from ui.window.controller import Controller

SHOWN = "twain.jpg"  # wide: the line between before and after lies within it

STATES = (
    "welcome",
    "opened",
    "overlay",
    "mask",
    "repairing",
    "repaired",
    "split",
    "side",
    "history",
    "candidates",
    "export",
    "error",
    "settings",
    "keys",
)


# What the README shows; --figures writes them.
FIGURES = {"dark-en-overlay": "window-found.jpg", "light-zh_CN-split": "window-split.jpg"}
JPEG_QUALITY = 88


class Once:
    """The shipped networks, each search and fill computed once for all windows; a fill can be held."""

    def __init__(self) -> None:
        self.found: dict[bytes, DamageMap] = {}
        self.filled: dict[tuple, tuple] = {}
        self.pause_after: int | None = None

    def find(self, pixels: np.ndarray, device: str, ctx: JobContext) -> DamageMap:
        key = pixels[::97].tobytes()
        if key not in self.found:
            self.found[key] = find_with_network(pixels, device, ctx)
        return self.found[key]

    def fill(
        self, pixels: np.ndarray, mask: np.ndarray, settings: work.FillSettings, ctx: JobContext
    ) -> tuple:
        key = (pixels[::97].tobytes(), mask.tobytes(), settings)
        if key not in self.filled:
            tiles: list[FinishedTile] = []

            def keep(detail: object) -> object:
                if isinstance(detail, FinishedTile):
                    tiles.append(detail)
                return detail

            self.filled[key] = (
                *fill_with_network(pixels, mask, settings, ctx.with_details(keep)),
                tiles,
            )
        out, grown, tiles = self.filled[key]
        for i, tile in enumerate(tiles):
            ctx.progress((i + 1) / len(tiles), detail=tile)
            while self.pause_after is not None and i >= self.pause_after:
                ctx.progress((i + 1) / len(tiles))  # brings what was held back, so many tiles a second
                time.sleep(0.05)
        return out, grown


class Photographer:
    """Drives one window and takes its picture."""

    def __init__(
        self, app: QApplication, once: Once, theme: str, language: str, out: Path, figures: Path | None = None
    ) -> None:
        self.app, self.once, self.out, self.figures = app, once, out, figures
        self.tag = f"{theme}-{language}"
        store = SettingsStore(Path(tempfile.mkdtemp()))
        store.change(theme=theme, language=language)
        networks = Networks(once.find, once.fill)
        log_path = Path.home() / ".local" / "state" / "restorer" / "log" / "restorer.log"
        self.controller: Controller = build(app, store, networks, log_path)
        self.window = self.controller.window
        self.window.resize(1440, 900)
        self.window.show()
        self.rest()

    def wait(self, done: Callable[[], bool]) -> None:
        """Let the window work until something is true."""
        while not done():
            self.app.processEvents()
            time.sleep(0.004)

    def rest(self) -> None:
        """Let everything come to rest."""
        c = self.controller
        self.wait(lambda: not c.workspace.runner.jobs and (c.session is None or c.session.rested))
        self.wait(lambda: not self.window.canvas.refining)
        for _ in range(5):
            self.app.processEvents()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Write a picture; a dialog is shown over its window."""
        pixmap = self.window.grab()
        if widget is not None:
            pixmap = _composed(pixmap, widget.grab())
        path = self.out / f"{self.tag}-{name}.png"
        pixmap.save(str(path))
        print(path)
        figure = FIGURES.get(path.stem)
        if figure is not None and self.figures is not None:
            pixmap.save(str(self.figures / figure), quality=JPEG_QUALITY)

    def take_dialog(self, name: str, kind: type[QDialog], ready: Callable[[], bool], show: Callable) -> None:
        """Open a modal dialog, take its picture and close it."""

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, kind) and ready():
                self.take(name, dialog)
                dialog.reject()
            else:
                QTimer.singleShot(30, look)

        QTimer.singleShot(50, look)
        show()

    def run(self, states: set[str]) -> None:
        """Take all states in the order in which a person meets them."""
        c, window = self.controller, self.window
        if "welcome" in states:
            self.take("welcome")
        c.files.open_paths(sorted(sample_paths(), key=lambda path: path.name != SHOWN))
        self.wait(lambda: c.session is not None)
        self.rest()
        if "opened" in states:
            self.take("opened")
        session = c.session
        assert session is not None
        session.find_damage()
        self.wait(lambda: session.damage is not None)
        self.rest()
        if "overlay" in states:
            self.take("overlay")
        window.work_tabs.setCurrentIndex(1)
        if "mask" in states:
            self.rest()
            self.take("mask")
        if "repairing" in states:
            self.repairing()
        session.repair(settings=window.repair.settings)
        self.wait(lambda: bool(session.repairs))
        self.rest()
        window.toast.hide()
        if "repaired" in states:
            self.take("repaired")
        for mode in ("split", "side"):
            window.canvas.compare = mode
            window.canvas.split = 0.74  # through what was repaired
            self.rest()
            if mode in states:
                self.take(mode)
        window.canvas.compare = "off"
        window.work_tabs.setCurrentIndex(3)
        self.rest()
        if "history" in states:
            self.take("history")
        self.dialogs(states)

    def repairing(self) -> None:
        """Half way through a repair."""
        session, window = self.controller.session, self.window
        assert session is not None
        window.work_tabs.setCurrentIndex(2)
        window.canvas.show_overlay = True
        seen: list[object] = []
        session.tile_previewed.connect(seen.append)
        self.once.pause_after = 2
        session.repair(settings=window.repair.settings)
        self.wait(lambda: len(seen) >= 3)
        self.wait(lambda: not window.canvas.refining)
        self.take("repairing")
        session.cancel()
        self.wait(lambda: not session.busy)
        self.once.pause_after = None

    def dialogs(self, states: set[str]) -> None:
        """The dialogs over the window."""
        c, window = self.controller, self.window
        session = c.session
        assert session is not None
        window.work_tabs.setCurrentIndex(2)
        window.canvas.center_on(session.repairs[0].box)  # the largest
        self.rest()
        shows: dict[str, tuple[type[QDialog], Callable, Callable]] = {
            "candidates": (CandidatesDialog, lambda: not session.busy, c.fill_differently),
            "export": (ExportDialog, self.size_is_known, c.files.export),
            "error": (ErrorDialog, lambda: True, self.fail),
            "settings": (SettingsDialog, lambda: True, c.show_settings),
            "keys": (KeySheet, lambda: True, c.actions["keys"].trigger),
        }
        for name, (kind, ready, show) in shows.items():
            if name in states:
                self.take_dialog(name, kind, ready, show)
                self.rest()

    def size_is_known(self) -> bool:
        """Whether the export dialog shows its estimate."""
        dialog = QApplication.activeModalWidget()
        return isinstance(dialog, ExportDialog) and "1200" in dialog._size.text()

    def fail(self) -> None:
        """Show an error as a fault of a driver would give it."""
        try:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        except RuntimeError as error:
            import traceback

            self.controller.show_failure(
                self.controller.actions["repair"].text().replace("&", ""),
                Failed(error, traceback.format_exc()),
            )

    def close(self) -> None:
        """Put everything away."""
        self.controller.shut_down()
        self.window.hide()
        self.window.deleteLater()


def _composed(below: QPixmap, dialog: QPixmap) -> QPixmap:
    from PySide6.QtGui import QColor, QPainter

    painter = QPainter(below)
    painter.fillRect(below.rect(), QColor(0, 0, 0, 90))
    ratio = below.devicePixelRatio()
    x = (below.width() / ratio - dialog.width() / dialog.devicePixelRatio()) / 2
    y = (below.height() / ratio - dialog.height() / dialog.devicePixelRatio()) / 2
    painter.drawPixmap(round(x), round(y), dialog)
    painter.setPen(QColor(128, 128, 128))
    painter.drawRect(round(x) - 1, round(y) - 1, dialog.width() + 1, dialog.height() + 1)
    painter.end()
    return below


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--theme", action="append", choices=["light", "dark"])
    parser.add_argument("--language", action="append", choices=["en", "zh_CN"])
    parser.add_argument("--state", action="append", choices=STATES)
    parser.add_argument("--figures", type=Path, help="write the pictures of the README into this folder")
    options = parser.parse_args()
    for folder in (options.out, options.figures or options.out):
        folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    once = Once()
    for theme in options.theme or ["dark", "light"]:
        for language in options.language or ["en", "zh_CN"]:
            photographer = Photographer(app, once, theme, language, options.out, options.figures)
            photographer.run(set(options.state or STATES))
            photographer.close()


if __name__ == "__main__":
    main()
