"""A batch on a Dask cluster: every worker claims from the same list, which lies on a file system that all of
them see, as the photographs and the output folder do."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from restorer.batch.queue import Queue
from restorer.batch.work import Worker
from restorer.batch.write import Work, give_up
from restorer.errors import InputError, RestorerError
from restorer.jobs import Cancelled, JobContext
from restorer.record.recipe import Run

LOOK_SECONDS = 0.25
CONNECT_SECONDS = 20.0
MOST_IDLE_CRASHES = 3


def work_on_cluster(
    address: str,
    work: Work,
    run: Run,
    queue: Queue,
    ctx: JobContext,
    notice: Callable[[], None],
) -> None:
    """Let the workers of a cluster work on the list until nothing waits.

    Args:
        address: of the scheduler, e.g. "tcp://10.0.0.1:8786", or "local" for a cluster on this computer.
        work, run, queue, ctx: as of the batch.
        notice: called when items may have changed.

    Raises:
        Cancelled: the context says so.
        InputError: Dask is not installed, or there is no scheduler.
        RestorerError: tasks end again and again before they have done anything.
    """
    with _client(address) as client:
        idle = 0
        while queue.counts()["waiting"] and queue.is_open(work.session):
            before = queue.counts()["waiting"]
            _one_round(client, work, run, queue, ctx, notice)
            give_up(queue, work.out)
            notice()
            idle = idle + 1 if queue.counts()["waiting"] >= before else 0
            if idle >= MOST_IDLE_CRASHES:
                raise RestorerError("The workers of the cluster end at once.", "See their logs.")


def _one_round(
    client: Any, work: Work, run: Run, queue: Queue, ctx: JobContext, notice: Callable[[], None]
) -> None:
    """One task for every thread of the cluster, each of which works until nothing waits."""
    from distributed import wait

    threads: Counter[str] = Counter()
    for worker in client.scheduler_info(-1)["workers"].values():
        threads[worker["host"]] += worker["nthreads"]
    count = max(1, min(threads.total(), queue.counts()["waiting"]))
    names = [f"{work.session}-{number}" for number in range(count)]
    work = work.shared(count, max([1, *threads.values()]))
    futures = client.map(serve, names, work=work, run=run, path=queue.path, pure=False, retries=0)
    try:
        while any(not f.done() for f in futures):
            notice()
            ctx.check()
            with contextlib.suppress(TimeoutError):
                wait(futures, timeout=LOOK_SECONDS)
    except BaseException:
        queue.put("session", "")  # the tasks come to an end at their next safe point
        with contextlib.suppress(TimeoutError):
            wait(futures, timeout=60)
        raise
    finally:
        client.cancel(futures)


def check_installed() -> None:
    """Raise InputError where Dask is not installed."""
    if find_spec("distributed") is None:
        raise InputError(
            "Dask is not installed.", "Install Restorer with the extra 'cluster', which brings it."
        )


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    check_installed()
    from distributed import Client, LocalCluster

    with contextlib.ExitStack() as stack:
        target: Any = address
        if address == "local":
            target = stack.enter_context(LocalCluster(threads_per_worker=1, dashboard_address=""))
        try:
            client = Client(target, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise InputError(f"There is no Dask scheduler at '{address}'.", "Check the address.") from error
        yield stack.enter_context(client)


def serve(name: str, work: Work, run: Run, path: Path) -> None:
    """One task: claims and works until nothing waits.

    Dask starts a task again elsewhere when the worker that ran it is lost, so what is held in the task's
    name at its start was held by one that is no more.
    """
    queue = Queue(path, shared=True)
    try:
        give_up(queue, work.out, name)
        ctx = JobContext(is_cancelled=lambda: not queue.is_open(work.session))
        worker = Worker(work, run, queue, name, ctx, wait=threading.Event().wait)
        with contextlib.suppress(Cancelled):
            worker.loop()
    finally:
        queue.close()
