"""Processes beside this one: how many serve the computer, and how they are born deaf to interrupts."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def cores() -> int:
    """Processor cores that this program may use."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gib() -> float:
    """Memory of this computer; 8 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return 8.0


@contextlib.contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """What is started in the block never sees Ctrl+C, a closed terminal or a log-out, of which all processes
    are told at once, not even before its first line has run: the first process decides what they mean."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where `begin_worker` does it
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which comes with the first process and lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_worker(threads: int) -> None:
    """First line of a process that works for another: deaf to interrupts, and with so many threads, which
    must be known before numerical libraries are loaded."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import cv2

    cv2.setNumThreads(threads)


def is_orphaned() -> bool:
    """Whether the process that this one works for is gone."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()
