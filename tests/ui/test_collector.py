from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject

from restorer.jobs import JobContext
from tests.ui.conftest import flush_deletions
from ui.collector import Collector
from ui.jobs import JobRunner


class Ring:
    """Garbage that only a collection frees; remembers in which thread that was."""

    freed: list[int] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Ring.freed.append(threading.get_ident())


def test_garbage_is_freed_in_the_windows_thread_however_busy_a_worker_is(qtbot) -> None:
    parent, runner = QObject(), JobRunner()
    collector = Collector(parent)
    try:
        Ring.freed.clear()
        gone = weakref.ref(Ring())

        def work(ctx: JobContext) -> int:
            kept = [[i] for i in range(200_000)]  # far more than what starts a collection otherwise
            return len(kept)

        runner.submit(work)
        qtbot.waitUntil(lambda: not runner.jobs)
        assert gone() is not None and not Ring.freed
        kept = [[i] for i in range(5000)]  # enough to be worth a collection
        collector.check()
        assert len(kept) == 5000
        assert gone() is None and Ring.freed == [threading.get_ident()]
    finally:
        collector.stop()
        runner.close()
        runner.deleteLater()
        flush_deletions()
    assert gc.isenabled()
