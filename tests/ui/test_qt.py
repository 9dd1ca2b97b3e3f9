from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal


class Emitter(QObject):
    said = Signal(object)


def test_five_thousand_emits_lose_no_reference() -> None:
    """PySide6 6.12 on Python 3.11 loses a reference to True on every emit; pyproject.toml pins it away."""
    emitter, heard = Emitter(), []
    emitter.said.connect(heard.append)
    before = sys.getrefcount(True)
    for _ in range(5000):
        emitter.said.emit(None)
    assert len(heard) == 5000
    assert abs(sys.getrefcount(True) - before) < 100
