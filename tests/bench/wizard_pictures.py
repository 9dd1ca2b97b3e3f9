"""Pictures of every page of the training wizard and of the model library, from a real training.

    python -m tests.bench.wizard_pictures OUT [--photos DIR] [--theme dark|light] [--language zh_CN]
                                          [--steps N]

Everything happens in a temporary library. The model that is trained is a copy of the shipped one with a small
fault, so that the verdict can be seen within minutes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
import torch
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

STEPS = 12


def wait_until(done: Callable[[], bool], seconds: float = 900) -> None:
    """Run the event loop until `done()`.

    Raises:
        TimeoutError: it never was.
    """
    loop, timer, limit = QEventLoop(), QTimer(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    timer.start(40)
    limit.start(int(seconds * 1000))
    if not done():
        loop.exec()
    timer.stop()
    limit.stop()
    if not done():
        raise TimeoutError("the wizard did not get there")


def album(folder: Path) -> Path:
    """Photographs of the replay set, with a bad file, a small one and near-duplicates."""
    from training.data.replay import read_replay

    folder.mkdir(parents=True)
    crops = [c for part in read_replay() for c in part][::5]
    for number, crop in enumerate(crops):
        large = cv2.resize(crop, (420, 420), interpolation=cv2.INTER_CUBIC)
        height = 300 + 30 * (number % 4)
        cv2.imwrite(str(folder / f"scan-{number + 1:03d}.jpg"), large[:height, :, ::-1])
    again = cv2.resize(crops[3], (400, 400), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "scan-004-copy.jpg"), np.ascontiguousarray(again[:360, :, ::-1]))
    cv2.imwrite(str(folder / "thumbnail.png"), crops[0][:90, :120, ::-1])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not a photograph")
    return folder


def faulty_model() -> str:
    """A copy of the shipped generator whose fills are a little too bright; its id."""
    from dataclasses import replace

    from restorer.library import store as library
    from restorer.library.weights import fill_network, read_weights, shipped
    from restorer.models import build_model
    from training.fitting.trainer import write_weights

    start = next(m for m in shipped() if m.task == "repair")

    with library.new_model_folder() as folder:
        files = []
        for item in start.files:
            net = build_model(start.architecture, start.hyper_parameters)
            fill_network(net, read_weights(start.folder / item.name), item.name)
            net.head.bias.data += 0.06  # type: ignore[operator,union-attr]
            write_weights(folder / item.name, net, {})
            files.append(library.weight_file(folder, item.role, item.name))
        entry = replace(
            start,
            id="repair-faulty",
            title="Repair, a little too bright",
            files=tuple(files),
            source="imported",
            default=False,
            folder=folder,
        )
        return library.add(folder, entry, "# A model with a fault\n").id


class Shots:
    """Writes pictures of a widget under running numbers."""

    def __init__(self, out: Path, suffix: str) -> None:
        self.out, self.suffix, self.number = out, suffix, 0
        out.mkdir(parents=True, exist_ok=True)

    def take(self, widget: QWidget, name: str) -> None:
        """One picture."""
        QApplication.processEvents()
        self.number += 1
        path = self.out / f"{self.number:02d}-{name}-{self.suffix}.png"
        widget.grab().save(str(path))
        print(path)


def walk(shots: Shots, photos: Path, parent: str, models: QWidget, wizard, steps: int) -> None:  # type: ignore[no-untyped-def]
    """Go through all pages with a real training."""
    wizard.show()
    wait_until(lambda: wizard.context.start is not None)
    shots.take(wizard, "folders-empty")
    wizard.add_folders([photos])
    wait_until(wizard.folders.complete)
    wizard.folders._toggle([wizard.folders.grid.photos.photos[5].path])
    shots.take(wizard, "folders")
    wizard.folders.tabs.setCurrentIndex(1)
    shots.take(wizard, "folders-not-used")
    wizard.folders.tabs.setCurrentIndex(0)
    wizard.next.click()
    box = wizard.goal.models
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemData(i).id == parent))
    wait_until(lambda: wizard.goal._job is None and wizard.goal._look is not None)
    shots.take(wizard, "goal-repair")
    wizard.goal.detect.click()
    wait_until(lambda: wizard.goal._job is None)
    shots.take(wizard, "goal-detect")
    wizard.goal.repair.click()
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemData(i).id == parent))
    wizard.next.click()
    wait_until(lambda: wizard.plan.planned is not None)
    shots.take(wizard, "plan")
    wizard.plan.presets["custom"].click()
    wizard.plan.fields["steps"].setValue(steps)
    wizard.plan.fields["batch"].setValue(4)
    wizard.plan.fields["crop_px"].setValue(96)
    wizard.plan.fields["rate"].setValue(0.002)
    wait_until(lambda: wizard.plan.planned is not None and wizard.plan.planned.plan.steps == steps)
    shots.take(wizard, "plan-custom")
    train(shots, wizard, steps)
    shots.take(wizard, "verdict")
    models.show()
    if wizard.verdict.outcome.entry is not None:
        models.select({wizard.verdict.outcome.entry.id})  # type: ignore[attr-defined]
    models.table.setFocus()  # type: ignore[attr-defined]
    shots.take(models, "library")


def train(shots: Shots, wizard, steps: int) -> None:  # type: ignore[no-untyped-def]
    """Start, stop half-way, go on, and see the verdict."""
    wizard.next.click()
    wait_until(
        lambda: len(wizard.train.likeness.series.get(wizard.train.tr("now"), ([],))[0]) > steps // 2 - 1
    )
    shots.take(wizard, "training")
    wizard.train.stop_button.click()
    wait_until(lambda: wizard.train.state == "stopped")
    shots.take(wizard, "training-stopped")
    wizard.train.resume_button.click()
    wait_until(lambda: wizard.step == 4)


def compare(shots: Shots, runner, theme) -> None:  # type: ignore[no-untyped-def]
    """Two models on a scratch drawn over a sample photograph."""
    from restorer import open_photo
    from restorer.tiles import Box
    from ui.documents.session import DocumentSession
    from ui.documents.work import FillSettings
    from ui.library.comparing import CompareModels

    sample = Path(__file__).parents[2] / "resources" / "samples" / "twain.jpg"
    session = DocumentSession(open_photo(sample), sample, runner)
    box = Box(session.document.height // 3, session.document.width // 3, 0, 0)
    line = Box(box.y0, box.x0, box.y0 + 6, box.x0 + 150)
    with session.document.edit("Scratch") as tx:
        tx.patch("mask", line, np.full((line.height, line.width), 255, np.uint8))
    seen = line.grown(60, session.document.height, session.document.width)
    dialog = CompareModels(session, seen, ["repair", "vae-gan"], FillSettings(), theme)
    dialog.show()
    wait_until(lambda: all(view.shown for view in dialog._views))
    shots.take(dialog, "compare")
    dialog.reject()
    session.close()


def main() -> None:
    """See the module's description."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--theme", choices=["dark", "light"], default="dark")
    parser.add_argument("--language", choices=["en", "zh_CN"], default="en")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["RESTORER_LIBRARY"] = f"{place}/library"
        from ui import i18n
        from ui.jobs import JobRunner
        from ui.library.panel import ModelsPanel
        from ui.theme import ThemeManager
        from ui.wizard.wizard import TrainWizard

        torch.set_num_threads(1)  # the machine may be busy with other work
        app = QApplication([])
        i18n.install(app, args.language)
        theme, runner = ThemeManager(app, args.theme), JobRunner()
        parent = faulty_model()
        photos = args.photos or album(Path(place) / "album")
        wizard, models = TrainWizard(runner, theme), ModelsPanel(runner, theme)
        suffix = args.theme if args.language == "en" else f"{args.theme}-{args.language}"
        try:
            shots = Shots(args.out, suffix)
            walk(shots, photos, parent, models, wizard, args.steps)
            compare(shots, runner, theme)
        finally:
            wizard.shut_down()
            runner.close()


if __name__ == "__main__":
    main()
