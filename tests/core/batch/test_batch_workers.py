"""How many processes a batch has, with stand-ins for them that only claim."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from restorer.batch import processes as batch_processes
from restorer.batch.files import Found, Naming
from restorer.batch.processes import serve, work_in_processes
from restorer.batch.queue import MOST_CRASHES, Queue
from restorer.batch.write import Work
from restorer.errors import OutputError
from restorer.jobs import JobContext
from restorer.record.recipe import default_recipe
from tests.core.batch.support import fake_run


class Worker:
    """Claims one photograph and is at work until the test lets it end.

    Attributes:
        begun: whether it claims at once; otherwise it is still beginning.
    """

    exitcode, sentinel, begun = 0, None, True

    def __init__(self, queue: Queue, args: tuple[Any, ...]) -> None:
        self.work, self.name, self.threads = args[0], args[3], args[4]
        self._queue, self.item, self._ended = queue, None, False

    def start(self) -> None:
        if self.begun:
            self.claim()

    def claim(self) -> None:
        self.item = self._queue.claim(self.work.session, self.name)

    def finish(self) -> None:
        assert self.item is not None
        self._queue.settle(self.item, "done")
        self._ended = True

    def is_alive(self) -> bool:
        return not self._ended

    def join(self, seconds: float | None = None) -> None:
        assert not self.is_alive()


class Processes:
    """A list of a batch and the processes that were begun for it.

    Args:
        folder: of the batch.
        monkeypatch: puts the stand-ins in the place of processes.
        passes: called between two looks at them.
    """

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, passes: Callable[[Processes], None]
    ) -> None:
        (folder / ".restorer-batch").mkdir()
        self.folder = folder
        self.queue = Queue(folder / ".restorer-batch" / "queue.sqlite")
        self.started: list[Worker] = []
        monkeypatch.setattr(multiprocessing, "get_context", lambda _: self)
        monkeypatch.setattr(batch_processes, "wait_for", lambda *_: passes(self))
        monkeypatch.setattr(batch_processes, "cores", lambda: 8)

    def Process(self, target: object, args: tuple[Any, ...], **_: object) -> Worker:  # noqa: N802
        self.started.append(Worker(self.queue, args))
        return self.started[-1]

    def add(self, *names: str) -> None:
        found = [(Found(Path("/in") / name, Path("/in"), ""), None) for name in names]
        self.queue.add(found, Naming(), self.folder)

    def work(self, count: int) -> None:
        work = Work(self.folder, default_recipe(), Naming(), session=self.queue.begin())
        work_in_processes(count, work, fake_run, self.queue, JobContext(), lambda: None)
        self.queue.close()


def test_photographs_that_are_added_while_it_runs_get_workers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(all_: Processes) -> None:
        if len(all_.started) == 1:
            all_.add(*(f"{n}.png" for n in range(5)))
            return
        for worker in all_.started:
            if worker.is_alive():
                worker.finish()

    processes = Processes(tmp_path, monkeypatch, passes)
    processes.add("first.png")
    processes.work(4)
    shares = [(worker.threads, worker.work.workers) for worker in processes.started[:4]]
    assert shares == [(8, 1), (2, 4), (2, 4), (2, 4)] and len(processes.started) == 6


def test_a_process_that_is_still_beginning_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def passes(all_: Processes) -> None:
        looks.append(len(all_.started))
        (worker,) = all_.started
        if len(looks) == 3:
            worker.claim()
        if len(looks) == 4:
            worker.finish()

    monkeypatch.setattr(Worker, "begun", False)
    processes = Processes(tmp_path, monkeypatch, passes)
    processes.add("only.png")
    processes.work(4)
    assert looks == [1, 1, 1, 1]


def _full(*_: object) -> str:
    raise OutputError("The list of the batch cannot be used: database or disk is full.")


def test_a_worker_that_cannot_write_the_list_ends_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_processes.Worker, "loop", _full)
    monkeypatch.setattr("restorer.processes.ENDS", ())
    monkeypatch.setattr(os, "environ", {})
    threads = cv2.getNumThreads()
    try:
        with pytest.raises(SystemExit) as ended:
            serve(Work(tmp_path, default_recipe(), Naming()), fake_run, tmp_path / "list.sqlite", "a", 1)
    finally:
        cv2.setNumThreads(threads)
    assert ended.value.code == 1


def test_workers_are_told_to_stop_though_the_list_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[str] = []

    def passes(all_: Processes) -> None:
        monkeypatch.setattr(Queue, "amend", _full)
        raise KeyboardInterrupt

    def join(self: Worker, seconds: float | None = None) -> None:
        joined.append(self.name)
        self._ended = True

    monkeypatch.setattr(Worker, "join", join)
    processes = Processes(tmp_path, monkeypatch, passes)
    processes.add("only.png")
    with pytest.raises((KeyboardInterrupt, OutputError)):
        processes.work(4)
    assert joined


def test_a_worker_that_is_killed_at_a_stop_is_no_crash_of_its_photograph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(all_: Processes) -> None:
        raise KeyboardInterrupt

    def kill(self: Worker) -> None:
        self._ended = True

    monkeypatch.setattr(Worker, "join", lambda *_: None)  # it does not end by itself
    monkeypatch.setattr(Worker, "kill", kill, raising=False)
    processes = Processes(tmp_path, monkeypatch, passes)
    processes.add("only.png")
    work = Work(tmp_path, default_recipe(), Naming())
    for _ in range(MOST_CRASHES + 1):
        processes.started.clear()
        begun = replace(work, session=processes.queue.begin())
        with pytest.raises(KeyboardInterrupt):
            work_in_processes(2, begun, fake_run, processes.queue, JobContext(), lambda: None)
        (item,) = processes.queue.items()
        assert not processes.started[0].is_alive() and (item.state, item.crashes) == ("waiting", 0)
    processes.queue.close()
