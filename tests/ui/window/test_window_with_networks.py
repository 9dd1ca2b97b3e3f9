from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.library.store import find_model
from tests.ui.conftest import open_in, settle
from ui.documents.networks import Networks
from ui.panels.welcome import sample_paths
from ui.window.controller import Controller


def test_the_shipped_networks_find_and_repair_a_piece_of_the_sample(
    make_controller: Callable[..., Controller], tmp_path: Path, qtbot
) -> None:
    import torch

    torch.set_num_threads(1)
    sample = next(path for path in sample_paths() if path.name == "twain.jpg")
    pixels = np.ascontiguousarray(open_photo(sample).pixels[60:300, 780:1040])
    path = tmp_path / "piece.png"
    save_photo(Photo(pixels), path)
    controller = make_controller(Networks(), device="cpu")
    open_in(controller, [path], qtbot)
    session = controller.session
    assert session is not None
    failures: list[object] = []
    session.failed.disconnect()
    session.failed.connect(lambda *args: failures.append(args))
    controller.actions["find"].trigger()
    qtbot.waitUntil(lambda: not session.busy, timeout=120_000)
    settle(controller, qtbot)
    assert not failures and 0 < session.survey.share < 0.2
    assert "CPU" in controller.window.status._device.text()

    tiles: list[object] = []
    session.tile_previewed.connect(tiles.append)
    controller.actions["repair"].trigger()
    qtbot.waitUntil(lambda: not session.busy, timeout=120_000)
    settle(controller, qtbot)
    assert not failures and tiles and session.repairs
    assert session.proof.outside == 0 and session.proof.inside > 0
    (step,) = session.document.values["fill_steps"]
    assert step.sha256 == find_model(None, "repair").fingerprint and step.device.startswith("CPU, ")
