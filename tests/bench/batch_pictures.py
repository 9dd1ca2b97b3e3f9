"""Pictures of the batch window in its states, light, dark and Chinese.

    python -m tests.bench.batch_pictures --out pictures [--only queue]

Real photographs of the program's samples are damaged with drawn scratches and repaired by OpenCV, so that it
takes seconds; everything else is the real window on a real batch.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from restorer.editing.mask import judge
from restorer.image.reading import Photo, open_photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import PhotoReport
from ui import i18n
from ui.batch.panel import BatchPanel
from ui.batch.work import KnownBatches
from ui.jobs import JobRunner
from ui.theme import ThemeManager

ROOT = Path(__file__).parents[2]
SIDE = 900


class Quick:
    """Finds pure white lines, fills them by OpenCV; waits at the photographs that are named."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.gate = threading.Event()

    def __call__(
        self,
        photo: Photo,
        recipe: Recipe,
        device: str,
        entry: PhotoReport,
        ctx: JobContext,
        mask: np.ndarray | None = None,
    ) -> Outcome:
        while Path(entry.source).name in self.waiting:
            ctx.check()
            self.gate.wait(0.01)
        found = (photo.pixels.min(2) == 255) if mask is None else mask
        verdict = judge(found)
        entry.damage_score, entry.regions = verdict.score, verdict.regions
        entry.share_found, entry.grow_px = verdict.share, 2
        entry.seconds["repair"] = 3.4
        if verdict.clean:
            return Outcome(None, found)
        if recipe.stage("repair") is None:
            return Outcome(None, found)
        pixels = cv2.inpaint(
            photo.pixels, cv2.dilate(found.astype(np.uint8), np.ones((5, 5))), 5, cv2.INPAINT_TELEA
        )
        return Outcome(replace(photo, pixels=pixels), found)


def damaged_photographs(folder: Path, count: int) -> None:
    """Photographs in sub-folders with more and less damage, one clean, two broken."""
    random = np.random.default_rng(5)
    sources = sorted((ROOT / "resources" / "replay").glob("*.webp"))
    whole = [ROOT / "resources" / "samples" / name for name in ("twain.jpg", "loco.jpg")]
    for number in range(count):
        path = whole[number] if number < len(whole) else sources[(number * 7) % len(sources)]
        pixels = np.minimum(open_photo(path).pixels, 250)
        scale = SIDE / max(pixels.shape[:2])
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
        pixels = np.minimum(pixels, 250)
        if number != 4:
            for _ in range(int(random.integers(1, 14))):
                a, b = random.integers(0, min(size), 2), random.integers(0, min(size), 2)
                cv2.line(
                    pixels,
                    tuple(map(int, a)),
                    tuple(map(int, b)),
                    (255, 255, 255),
                    int(random.integers(1, 5)),
                )
        place = folder / ("Album 1931" if number % 3 else "Grandmother/Letters and portraits")
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"scan_{1000 + number}.png"), pixels[..., ::-1])
    (folder / "Album 1931" / "scan_0997.jpg").write_bytes(b"this is no picture")
    (folder / "Album 1931" / "scan_0998.tif").write_bytes(b"II*\0broken")


def wait(until: Callable[[], object], most_ms: int = 60_000) -> None:
    """Let the window live until something is true."""
    loop, poll = QEventLoop(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if until() else None)
    poll.start(20)
    end = QTimer(singleShot=True, interval=most_ms)
    end.timeout.connect(loop.quit)
    end.start()
    loop.exec()
    poll.stop()
    end.stop()
    assert until(), "that did not come about"


def rest(ms: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


class Session:
    """One window in one theme and language, and its pictures."""

    def __init__(self, app: QApplication, out: Path, look: str, only: str) -> None:
        self.app, self.out, self.look, self.only = app, out, look, only
        i18n.install(app, "zh_CN" if look == "chinese" else "en")
        self.theme = ThemeManager(app, "light" if look == "light" else "dark")

    def save(self, panel: BatchPanel, name: str) -> None:
        """Take a picture."""
        rest(250)
        if self.only in name:
            panel.grab().save(str(self.out / f"{name}-{self.look}.png"))

    def run(self) -> None:
        """All states."""
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home)
            damaged_photographs(folder / "Shoebox", 26)
            runner, quick = JobRunner(), Quick()
            known = KnownBatches(folder / "config" / "batches.json")
            panel = BatchPanel(runner, self.theme, known, quick, workers=1)
            panel.show()
            try:
                self._pictures(panel, quick, folder)
            finally:
                runner.close()
                panel.shut_down()
                panel.hide()
                panel.deleteLater()
                self.theme.deleteLater()

    def _pictures(self, panel: BatchPanel, quick: Quick, folder: Path) -> None:
        self.save(panel, "1-empty")
        panel.add_paths([folder / "Shoebox"])
        wait(lambda: panel.setup._count.done)
        self.save(panel, "2-set-up")
        quick.waiting = {"scan_1023.png"}
        panel.setup.start.click()
        wait(lambda: panel.session.standing.finished > 14)
        panel.page.select([6, 7])
        self.save(panel, "3-queue")
        panel.page.filters.as_tiles.click()
        self.save(panel, "4-tiles")
        panel.page.head.pause.click()
        panel.page.filters.as_rows.click()
        self.save(panel, "5-paused")
        panel.page.head.pause.click()
        quick.waiting = set()
        wait(lambda: not panel.session.running)
        self.save(panel, "6-finished")
        panel.page.head.watching.click()
        self.save(panel, "6-watching")
        panel.page.head.watching.click()
        panel.begin_anew()
        panel.add_paths([folder / "Shoebox"])
        quick.waiting = {"scan_1021.png"}
        panel.setup.look_first.click()
        wait(lambda: panel.search.standing.finished > 18)
        wait(lambda: panel.triage.model.rowCount() > 12)
        panel.triage._go_to(0)
        for key in ("approve", "approve", "skip", "approve"):
            panel.triage._decide(key)
        panel.triage.model.decide([4], "redo")
        self.save(panel, "7-triage")
        quick.waiting = set()
        wait(lambda: not panel.search.running)
        self.save(panel, "8-triage-done")
        panel.begin_anew()
        wait(lambda: panel.setup.offers)
        self.save(panel, "9-unfinished")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    parser.add_argument("--only", default="", help="part of the name of a picture")
    parser.add_argument("--look", choices=["light", "dark", "chinese"], action="append")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    for look in options.look or ["light", "dark", "chinese"]:
        Session(app, options.out, look, options.only).run()
        print(look)


if __name__ == "__main__":
    main()
