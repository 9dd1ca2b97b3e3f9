"""A fine-tuning in several processes of this computer: on a CPU they get more out of its cores than threads.

They begin, learn and end like those of torchrun (`training.fitting.workers`). The first of them tells its
progress to this one, which computes nothing itself: a window stays swift, and what kills a process is no end
of the program. Where they fail, the training goes on here, alone, from its last measurement.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait as wait_for
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.errors import DeviceError, RestorerError
from restorer.jobs import Cancelled, JobContext
from restorer.processes import begin_worker, cores, deaf_to_interrupts, is_orphaned

if TYPE_CHECKING:  # the processes get to know their threads before they load PyTorch
    from training.fitting.workers import Workers
    from training.tuning.finetune import Outcome
    from training.tuning.plan import Plan
    from training.tuning.setup import FinetuneConfig, Groups
    from training.tuning.tuner import Running

MOST = 4  # processes: of more, the steps become so large that too few of them fit into the time
SMALL_GIB, CROPS_GIB = 0.6, 0.9  # memory of a process, and of a batch of 32 crops of 128 pixels in it
LOOK_SECONDS = 0.2
LAST_SECONDS = 60.0  # within which a cancelled training has to write its checkpoint
GRACE_SECONDS = 20.0  # within which the first process tells how it ended, where another one has ended
log = logging.getLogger(__name__)


class CrewError(Exception):
    """Processes of a crew ended or failed; the sentence tells how, for the log."""


@dataclass(frozen=True)
class Task:
    """What every process of a crew does.

    Attributes:
        name: "plan" or "finetune", of `training.tuning.finetune`.
        config: with the threads of one process.
        given: further arguments by name.
        can_stop: cancelled, it has something to save; what has not is ended at once.
    """

    name: str
    config: FinetuneConfig
    given: dict[str, Any]
    can_stop: bool

    def do(self, workers: Workers, ctx: JobContext, running: Running | None) -> Any:
        """Do it as one of `workers`."""
        from training.tuning import finetune as alone

        if self.name == "plan":
            return alone.plan_ahead(self.config, ctx=ctx, workers=workers, **self.given)
        return alone.finetune(self.config, ctx, workers=workers, running=running, **self.given)


def size_for(config: FinetuneConfig, plan: Plan | None = None) -> int:
    """How many processes shall train together; 1 = this one alone.

    Args:
        config: what is to be trained; a number of steps that was chosen is meant for one process.
        plan: the one that the training goes on with, if there is one.
    """
    import psutil
    import torch.distributed as dist

    from restorer.device import choose_device

    if "WORLD_SIZE" in os.environ or not (dist.is_available() and dist.is_gloo_available()):
        return 1
    if choose_device(config.device).torch.type != "cpu":  # type: ignore[arg-type]
        return 1
    if plan is not None:
        return plan.processes
    if config.steps:
        return 1
    crops = config.batch / 32 * (config.crop_px / 128) ** 2
    fit = int(0.8 * psutil.virtual_memory().available / 2**30 / (SMALL_GIB + CROPS_GIB * crops))
    return max(1, min(MOST, _threads(config), fit))


def _threads(config: FinetuneConfig) -> int:
    """Of all processes together."""
    import torch

    return config.threads or min(cores(), torch.get_num_threads())


def plan_ahead(
    config: FinetuneConfig, groups: Groups, ctx: JobContext | None = None, measured: Plan | None = None
) -> Plan:
    """`training.tuning.finetune.plan_ahead` for as many processes as will train."""
    from training.tuning import finetune as alone

    ctx = ctx or JobContext()
    size = size_for(config)
    if measured is not None and measured.processes != size:
        measured = None
    if size > 1 and measured is None:
        alone.check_ahead(config)
        with contextlib.suppress(CrewError):
            return _together(size, Task("plan", config, {"groups": groups}, False), ctx, None)
    made = alone.plan_ahead(config, groups, ctx, measured)
    assert made is not None, "one process"
    return made


def finetune(
    config: FinetuneConfig,
    ctx: JobContext | None = None,
    *,
    resume: bool = False,
    restart: bool = False,
    running: Running | None = None,
    plan: Plan | None = None,
    **given: Any,
) -> Outcome | None:
    """`training.tuning.finetune.finetune` in as many processes as serve this computer."""
    from training.tuning import finetune as alone

    ctx = ctx or JobContext()
    known = alone.unfinished_plan(config) if resume else plan
    size = size_for(config, known)
    if size > 1 and not (resume and alone.is_judged(config.work)):
        alone.check_ahead(config, resume, restart)
        task = Task("finetune", config, {**given, "resume": resume, "plan": plan}, True)
        try:
            return _together(size, task, ctx, running)
        except CrewError as error:
            log.warning("the training goes on in one process: %s", error)
        restart, resume = False, alone.unfinished_plan(config) is not None
        plan = None
    return alone.finetune(config, ctx, resume=resume, restart=restart, running=running, plan=plan, **given)


# --- The processes and the one that waits for them ----------------------------------------------------


def _together(size: int, task: Task, ctx: JobContext, running: Running | None) -> Any:
    """Let `size` processes do `task`; what the first of them returns.

    Raises:
        Cancelled, RestorerError: the first of them did.
        CrewError: anything else.
    """
    context = multiprocessing.get_context("spawn")
    threads = max(1, _threads(task.config) // size)
    work = pickle.dumps(replace(task, config=replace(task.config, threads=threads)))
    stop, going = context.Event(), context.Event()
    crew: list[SpawnProcess] = []
    with contextlib.ExitStack() as closing:
        try:
            folder = closing.enter_context(
                tempfile.TemporaryDirectory(prefix="restorer-", ignore_cleanup_errors=True)
            )
            here, there = context.Pipe(duplex=False)
            closing.callback(here.close)
            for rank in range(size):
                given = (rank, size, Path(folder) / "meeting", threads, work, there, stop, going)
                process = context.Process(target=serve, args=given, name=f"training-{rank}", daemon=True)
                with deaf_to_interrupts():
                    process.start()
                crew.append(process)
            there.close()  # so that the end of the first process is the end of what it tells
            return _Attendance(crew, here, ctx, running).result(stop, going, task.can_stop)
        except OSError as error:
            raise CrewError(f"processes cannot be started: {error}") from error
        finally:
            for process in crew:
                process.kill()
                process.join()


@dataclass
class _Attendance:
    """Waits for a crew and passes on what is told in both directions."""

    crew: list[SpawnProcess]
    told: Connection
    ctx: JobContext
    running: Running | None

    def result(self, stop: Event, going: Event, can_stop: bool) -> Any:
        """What the first process returns.

        Args:
            stop: set to end the crew at its next safe point.
            going: set while it may go on.
            can_stop: whether that is worth waiting for.

        Raises:
            Cancelled, RestorerError: as the first process.
            CrewError: anything else.
        """
        end = float("inf")  # by the clock: the time until which to wait, once there is nothing more to expect
        while time.monotonic() < end:
            if self.ctx.is_cancelled() and not stop.is_set():
                if not can_stop:
                    raise Cancelled
                stop.set()
                end = time.monotonic() + LAST_SECONDS
            going.set() if self.running is None or self.running.wait(0) else going.clear()
            ready = wait_for([self.told, *(p.sentinel for p in self.crew)], LOOK_SECONDS)
            if self.told in ready:
                kind, value = self._hear()
                if kind == "done":
                    return value
                self._pass_on(kind, value)
            elif end == float("inf") and any(p.exitcode not in (None, 0) for p in self.crew):
                end = time.monotonic() + GRACE_SECONDS  # the first process is about to meet that too
        if stop.is_set():
            raise Cancelled
        raise CrewError("one of the processes ended")

    def _hear(self) -> tuple[str, Any]:
        try:
            return pickle.loads(self.told.recv_bytes())
        except (EOFError, OSError) as error:
            raise CrewError("the first of the processes ended") from error

    def _pass_on(self, kind: str, value: Any) -> None:
        if kind == "cancelled":
            raise Cancelled
        if kind == "progress":
            with contextlib.suppress(Cancelled):  # the crew ends at a safe point
                self.ctx.progress(value.fraction, value.message, value.detail)
        elif isinstance(value, RestorerError) and not isinstance(value, DeviceError):
            raise value
        else:  # alone it has more memory
            raise CrewError(str(value)) from value


def serve(
    rank: int, size: int, meeting: Path, threads: int, work: bytes, told: Connection, stop: Event,
    going: Event,
) -> None:  # fmt: skip
    """What a process of a crew does.

    Args:
        rank: its number; 0 tells.
        size: how many there are.
        meeting: the file over which they meet.
        threads: of this one.
        work: a pickled `Task`.
        told: takes pickled pairs: "progress" with `Progress`; at the end "done" with the result, "cancelled"
            or "failed" with the error.
        stop: set when the training is cancelled.
        going: set while it may go on.
    """
    begin_worker(threads)
    from training.fitting.workers import join_here

    def tell(kind: str, value: object = None) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            told.send_bytes(pickle.dumps((kind, value)))

    def is_cancelled() -> bool:
        return stop.is_set() or is_orphaned()

    leads = rank == 0
    ctx = JobContext(lambda p: tell("progress", p), is_cancelled) if leads else JobContext()
    if not leads:
        told.close()
    try:
        task: Task = pickle.loads(work)
        made = task.do(join_here(rank, size, meeting), ctx, going if leads else None)
    except Cancelled:
        end: tuple[str, object] = ("cancelled", None)
    except Exception as error:
        if not leads:
            sys.exit(1)
        end = ("failed", _portable(error))
    else:
        end = ("done", made)
    if leads:
        tell(*end)


def _portable(error: Exception) -> Exception:
    """`error`, or what it says where it cannot be passed on."""
    try:
        return pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
