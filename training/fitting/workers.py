"""Several processes that train together: launched by torchrun, each on its own crops, gradients averaged.

Data-parallel training with an all-reduce after each backward pass, as PyTorch's DDP (Li et al., VLDB 2020),
without its wrapper: layers that a step does not use need no special case, and one process needs nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import psutil
import torch
import torch.distributed as dist
from torch import nn

from restorer.jobs import JobContext

T = TypeVar("T")
PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Workers:
    """The group that this process belongs to.

    Attributes:
        rank: number of this process; 0 prepares, measures and saves.
        size: how many there are; 1 = no group.
        here: whether they share one computer.
    """

    rank: int = 0
    size: int = 1
    here: bool = False

    @property
    def leads(self) -> bool:
        """Whether this is the process that measures and writes."""
        return self.rank == 0

    def average_gradients(self, net: nn.Module) -> None:
        """Replace every gradient of `net` by its mean over the processes; all must have the same ones."""
        if self.size == 1:
            return
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def agree(self, flag: bool) -> bool:
        """Whether any of the processes says yes: cancelled in one, all end at the same step."""
        return bool(self.latest(float(flag)))

    def latest(self, value: float) -> float:
        """The largest `value` of the processes: by one clock all of them change their rates alike."""
        if self.size == 1:
            return value
        values = torch.tensor([value], dtype=torch.float64)
        if dist.get_backend() == "nccl":
            values = values.cuda()
        dist.all_reduce(values, op=dist.ReduceOp.MAX)
        return float(values.item())

    def together(self, ctx: JobContext) -> JobContext:
        """`ctx` for work in which all processes tell of progress equally often: cancelled in one, all end at
        that point, for what waits for one that is gone waits in vain."""
        together = ctx.part(0.0, 1.0)
        together.is_cancelled = lambda: self.agree(ctx.is_cancelled())
        return together

    def own(self, items: Sequence[T]) -> Iterator[tuple[int, T]]:
        """What of `items`, which all processes have, falls to this one, with their numbers."""
        return ((n, item) for n, item in enumerate(items) if n % self.size == self.rank)

    def union(self, found: dict[int, float]) -> dict[int, float]:
        """The entries that the processes have found, those of all in each, by key."""
        if self.size == 1:
            return found
        parts: list[dict[int, float]] = [{}] * self.size
        dist.all_gather_object(parts, found)
        return dict(sorted(item for part in parts for item in part.items()))

    @contextlib.contextmanager
    def others_waiting(self) -> Iterator[None]:
        """In the block this process has the threads of those beside it, which wait for it."""
        own = torch.get_num_threads()
        if self.here:
            torch.set_num_threads(own * self.size)
        try:
            yield
        finally:
            torch.set_num_threads(own)

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            dist.barrier()


def join_workers(device: str) -> Workers:
    """The group that torchrun started this process in (WORLD_SIZE, RANK), or one process alone.

    NCCL carries the gradients between GPUs, gloo everything else.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return Workers()
    rank = int(os.environ["RANK"])
    if not dist.is_initialized():
        on_gpu = device in ("auto", "cuda") and torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        _hold_no_group()
        # The first one may take long to make photographs ready.
        dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    return Workers(rank, size)


def join_here(rank: int, size: int, meeting: Path) -> Workers:
    """The group of `size` processes of this computer that meet over the new file `meeting`.

    They hear each other over the loopback interface alone, and wait for each other as long as it takes: a
    training may be paused for days.
    """
    if os.name != "nt":
        loopback = (n for n, a in psutil.net_if_addrs().items() if any(x.address == "127.0.0.1" for x in a))
        os.environ.setdefault("GLOO_SOCKET_IFNAME", next(loopback, ""))
    _hold_no_group()
    # An address of the file would be read otherwise than it is written.
    store = dist.FileStore(str(meeting), size)  # type: ignore[reportPrivateImportUsage]
    store.set_timeout(PATIENCE)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE)
    return Workers(rank, size, here=True)


def _hold_no_group() -> None:
    # Its default arguments hold the group that exists at its import, and optimizers import it: held so,
    # the group outlives `leave_workers`, and its threads abort a process that ends before them.
    importlib.import_module("torch.distributed.nn.functional")


def leave_workers(workers: Workers) -> None:
    """Leave the group."""
    if workers.size > 1 and dist.is_initialized():
        dist.destroy_process_group()
