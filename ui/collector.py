"""Garbage is collected in the window's thread alone.

Python collects cycles in whichever thread happens to allocate. In a worker that would take down widgets and
pixmaps of the window, which Qt answers with a crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

CHECK_MS = 1000
FULL_EVERY = 60  # checks; going through everything takes a tenth of a second once torch is loaded


class Collector(QObject):
    """Turns the automatic collection off and does it on a timer, as often as the thresholds ask for.

    Args:
        parent: its thread is where garbage is collected; when it goes, Python collects by itself again.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._checks = 0
        self._timer = QTimer(self, interval=CHECK_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def check(self) -> None:
        """Collect the young generations if they are full, everything once in a while."""
        self._checks += 1
        if self._checks % FULL_EVERY == 0:
            gc.collect()
        elif gc.get_count()[0] > gc.get_threshold()[0]:
            gc.collect(1)

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
