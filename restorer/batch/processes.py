"""A batch in several processes of this computer; each claims from the list by itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import secrets
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import SpawnProcess
from pathlib import Path

from restorer.batch.queue import Queue
from restorer.batch.work import Worker
from restorer.batch.write import Work, give_up
from restorer.errors import RestorerError
from restorer.jobs import Cancelled, JobContext
from restorer.processes import begin_worker, cores, deaf_to_interrupts, is_orphaned
from restorer.record.recipe import Run

LOOK_SECONDS = 0.25
LAST_SECONDS = 60.0  # within which a worker has to come to a safe point when it is told to stop
MOST_IDLE_CRASHES = 3  # workers in a row that end before they have finished anything


def work_in_processes(
    count: int,
    work: Work,
    run: Run,
    queue: Queue,
    ctx: JobContext,
    notice: Callable[[], None],
) -> None:
    """Let up to `count` processes work on the list until nothing waits; they share the cores evenly.

    One that dies is replaced; what it held goes back to the list.

    Raises:
        Cancelled: the context says so.
        RestorerError: the processes end again and again before they have done anything.
    """
    context = multiprocessing.get_context("spawn")  # forking a process with threads can deadlock
    alive: dict[str, SpawnProcess] = {}
    idle_crashes = 0

    def start(share: int) -> None:
        """One more, of `share` that there is work for now: more photographs may be added while it runs."""
        name = secrets.token_hex(4)
        given = (work.shared(share, count), run, queue.path, name, max(1, cores() // share))
        process = context.Process(target=serve, args=given, name=f"batch-{name}", daemon=True)
        with deaf_to_interrupts():
            process.start()
        alive[name] = process

    try:
        while True:
            notice()
            ctx.check()
            waiting = queue.counts()["waiting"] if queue.is_open(work.session) else 0
            holders = {item.worker for item in queue.items(("running",))}
            # One that holds nothing is about to claim: it takes seconds until a process has begun.
            share = min(count, waiting + sum(name in holders for name in alive))
            while len(alive) < share:
                start(share)
            if not alive:
                return
            wait_for([p.sentinel for p in alive.values()], LOOK_SECONDS)
            for name, process in [(n, p) for n, p in alive.items() if not p.is_alive()]:
                crashed = process.exitcode != 0
                held = give_up(queue, work.out, name)
                del alive[name]
                idle_crashes = idle_crashes + 1 if crashed and not held else 0
                if idle_crashes >= MOST_IDLE_CRASHES:
                    raise RestorerError("The worker processes end at once.", "Try it with --workers 1.")
    finally:
        try:
            queue.put("session", "")
        finally:  # on a full disk too
            for name in _stop(alive):
                with contextlib.suppress(RestorerError):
                    give_up(queue, work.out, name, crashed=False)


def _stop(processes: dict[str, SpawnProcess]) -> list[str]:
    """Wait for processes that were told to stop; the names of those that had to be killed."""
    killed: list[str] = []
    for name, process in processes.items():
        process.join(LAST_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
            killed.append(name)
    return killed


def serve(work: Work, run: Run, path: Path, name: str, threads: int) -> None:
    """What a worker process does.

    Args:
        work: as of the batch.
        run: does it.
        path: of the list.
        name: of the worker.
        threads: that the network may use, set before it is loaded.
    """
    begin_worker(threads)
    queue = Queue(path)
    ctx = JobContext(is_cancelled=lambda: is_orphaned() or not queue.is_open(work.session))
    worker = Worker(work, run, queue, name, ctx, wait=threading.Event().wait)
    try:
        with contextlib.suppress(Cancelled):
            worker.loop()
    except RestorerError:  # the list cannot be written: the first process meets that too, and tells it
        sys.exit(1)
    finally:
        queue.close()
