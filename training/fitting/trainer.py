"""The training loop: the same for every task, for one process or several, resumable to the bit on a CPU."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from restorer.device import Device, choose_device
from restorer.errors import InputError
from restorer.jobs import Cancelled, JobContext
from restorer.library.store import writing
from restorer.library.weights import check_fit, fill_network, read_weights, write_tensors
from restorer.models import hyper_parameters
from training.data.photos import PhotoBank, open_bank
from training.fitting import checkpoint
from training.fitting.checkpoint import TrainState
from training.fitting.config import TrainConfig
from training.fitting.detect_task import DetectBatches, DetectLearner, read_labels, split_labelled
from training.fitting.growth import grown
from training.fitting.in_bits import learn_in_bits
from training.fitting.learner import Batch, BatchSource, Learner
from training.fitting.publish import ROLES
from training.fitting.recipes import recipe_of
from training.fitting.repair_task import RepairBatches, RepairLearner
from training.fitting.workers import Workers, join_workers, leave_workers

HELD_OUT_EVERY = 40
LOG = "log.jsonl"


@dataclass(frozen=True)
class StepLog:
    """What the live line and the curves show."""

    step: int
    progress: float
    losses: dict[str, float]
    scores: dict[str, float]


class StepBatches(Dataset[Batch]):
    """The batch of step k is made from (seed, k) and the process' number alone: resuming needs no state of
    the loader."""

    def __init__(self, source: BatchSource, seed: int, total: int, rank: int = 0) -> None:
        self.source, self.seed, self.total, self.rank = source, seed, total, rank

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, step: int) -> Batch:
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, step, self.rank))
        return self.source.make(rng, step / self.total)


def split_bank(bank: PhotoBank) -> tuple[PhotoBank, PhotoBank]:
    """Training and held-out photographs: every 40th is held out; a bank too small for that serves as both."""
    held = [i for i in range(len(bank)) if i % HELD_OUT_EVERY == 7]
    if not held:
        return bank, bank
    return bank.select([i for i in range(len(bank)) if i % HELD_OUT_EVERY != 7]), bank.select(held)


def make_task(config: TrainConfig, ctx: JobContext, device: Device) -> tuple[Learner, BatchSource]:
    """The learner and the batches of a task."""
    torch.manual_seed(config.seed)
    # What is wrong with labels is told before the photographs are decoded.
    real = read_labels(config.labels, config.data) if config.task == "detect" else []
    train, held = split_bank(open_bank(config.data, config.cache or config.out / "cache", ctx))
    if config.task == "repair":
        masks = recipe_of(config.arch, config.recipe).masks
        return RepairLearner(config, held, device), RepairBatches(train, config.batch, config.crop_px, masks)
    labelled, judges = split_labelled(real)
    batches = DetectBatches(train, config, labelled)
    return DetectLearner(config, DetectBatches(held, config, ()), judges, device), batches


def fit(config: TrainConfig, ctx: JobContext, resume: bool = False) -> TrainState | None:
    """Train until the steps or minutes are used up; writes weights, checkpoint and log.jsonl into
    `config.out`.

    Cancelling writes a checkpoint from which `resume` goes on. Started by torchrun in several processes,
    each makes batches of its own and all learn from the mean of their gradients; the first measures and
    writes.

    Returns:
        where it ended; None in all processes but the first.

    Raises:
        InputError: settings or data that cannot be trained with; `config.out` holds a training already, or
            another program trains there.
        OutputError: `config.out` cannot be written to; the last checkpoint stays.
    """
    config.check()
    if config.threads:
        torch.set_num_threads(config.threads)
    workers = join_workers(config.device)
    if not workers.leads:  # one process tells, the others only listen for the end
        ctx = JobContext(is_cancelled=ctx.is_cancelled)
    try:
        device = choose_device(config.device)  # type: ignore[arg-type]
        if not workers.leads:
            workers.wait()  # for the first one's check of the folder, and the photographs it decodes
            _fit(config, ctx, device, workers, resume)
            return None
        if resume:
            checkpoint.find(config.out)  # before the photographs are decoded
        else:
            _check_new(config)
        with writing(f"The training cannot be written to '{config.out}'"):
            return _fit(config, ctx, device, workers, resume)
    finally:
        leave_workers(workers)


def _check_new(config: TrainConfig) -> None:
    """Raise InputError or WeightsError for what a training cannot begin with, before any work is done."""
    if any((config.out / name).exists() for name in (checkpoint.NAME, LOG)):
        raise InputError(
            f"'{config.out}' holds a training already.",
            "Go on with it by --resume, or choose another folder.",
        )
    for role in ROLES[config.task]:
        path = config.out / f"{role}.safetensors"
        if os.path.lexists(path):
            raise InputError(
                f"'{config.out}' holds {path.name} of something else.", "Choose another output folder."
            )
    for path in filter(None, (config.init, config.compact)):
        if not path.is_file():
            raise InputError(f"There is no file '{path}'.", "Check the name.")
        read_weights(path)


def _fit(config: TrainConfig, ctx: JobContext, device: Device, workers: Workers, resume: bool) -> TrainState:
    learner, source = make_task(config, ctx, device)
    learner.workers = workers
    if not workers.leads:
        state = _start(config, learner, resume)
        _loop(config, ctx, learner, source, device, state)
        return state
    config.out.mkdir(parents=True, exist_ok=True)
    taken = InputError(f"Another program trains in '{config.out}'.", "Close it, or choose another folder.")
    with checkpoint.lock(config.out, taken):
        if not resume:
            _check_new(config)  # once more: another program may have trained here meanwhile
        state = _start(config, learner, resume)
        workers.wait()
        try:
            _loop(config, ctx, learner, source, device, state)
        except Cancelled:
            checkpoint.save(config.out, state, learner)
            raise
    return state


def _start(config: TrainConfig, learner: Learner, resume: bool) -> TrainState:
    """Bring `learner` to where the training begins, or was left."""
    net = learner.modules["net"]
    _keep(net, config.kept)
    if config.compact is not None:
        old = read_weights(config.compact)
        check_fit(net, old, config.compact.name)
        learn_in_bits(net, learner.optimisers["net"], old)
    if resume:
        return checkpoint.load(config.out, learner)
    if config.init is not None:
        _start_from(config.init, learner)
    return TrainState()


def _start_from(path: Path, learner: Learner) -> None:
    weights = grown(read_weights(path), learner.modules["net"])
    fill_network(learner.modules["net"], weights, path.name)
    for average in learner.averages.values():
        average.net.load_state_dict(weights)


def _keep(net: nn.Module, layers: tuple[str, ...]) -> None:
    """Have the weights of these layers learn nothing.

    Raises:
        InputError: there are no such layers.
    """
    names = [name for name, parameter in net.named_parameters() if parameter.ndim > 1]
    for layer in layers:
        if not any(name.startswith(layer) for name in names):
            known = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise InputError(f"The network has no layers '{layer}'.", f"It has {known}.")
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(parameter.ndim == 1 or not name.startswith(layers))


def _progress(config: TrainConfig, state: TrainState) -> float:
    return state.step / config.steps if config.steps else state.seconds / (config.minutes * 60)


def _batches(
    config: TrainConfig, source: BatchSource, start: int, rank: int
) -> Iterator[dict[str, torch.Tensor]]:
    total = config.steps or 10_000_000
    dataset = StepBatches(source, config.seed, config.steps or 12_000, rank)
    loader: DataLoader[Any] = DataLoader(
        dataset,
        batch_size=None,
        sampler=range(start, total),
        num_workers=config.workers,
        multiprocessing_context="spawn" if config.workers else None,  # never fork a process that runs threads
        pin_memory=False,
    )
    with _deaf_to_ctrl_c() if config.workers else contextlib.nullcontext():
        return iter(loader)


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are born in the block leave Ctrl+C and a closed terminal to the first one; PyTorch
    ends them by another signal."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _loop(
    config: TrainConfig,
    ctx: JobContext,
    learner: Learner,
    source: BatchSource,
    device: Device,
    state: TrainState,
) -> None:
    workers = learner.workers
    batches = _batches(config, source, state.step, workers.rank)
    now = time.process_time if config.clock == "cpu" else time.monotonic
    began = now() - state.seconds
    recent: list[dict[str, float]] = []
    scores: dict[str, float] = learner.validate() if state.step == 0 and workers.leads else {}
    while (done := _progress(config, state)) < 1:
        if workers.agree(ctx.is_cancelled()):
            raise Cancelled
        batch = {k: v.to(device.torch, non_blocking=True) for k, v in next(batches).items()}
        recent.append(learner.step(batch, done))
        state.step += 1
        state.seconds = workers.latest(now() - began)
        if state.step % config.validate_every == 0 or _progress(config, state) >= 1:
            if workers.leads:
                scores = learner.validate()
                _record(config, state, learner, recent, scores)
            recent.clear()
        with contextlib.suppress(Cancelled):  # all processes end together, at the next step
            ctx.progress(done, "", StepLog(state.step, done, recent[-1] if recent else {}, scores))


def _record(
    config: TrainConfig,
    state: TrainState,
    learner: Learner,
    recent: list[dict[str, float]],
    scores: dict[str, float],
) -> None:
    """Log, and write the checkpoint and the averaged weights."""
    means = {k: float(np.mean([r[k] for r in recent if k in r])) for k in recent[-1]} if recent else {}
    line = {"step": state.step, "seconds": round(state.seconds, 1), **means, **scores}
    better = scores["score"] > state.best
    state.best = max(state.best, scores["score"])
    checkpoint.save(config.out, state, learner)  # before the log: with that alone nothing can be gone on with
    with (config.out / LOG).open("a") as stream:
        stream.write(json.dumps({k: round(v, 5) for k, v in line.items()}) + "\n")
    if better or not learner.keeps_best:
        export(config, learner, state)


def export(config: TrainConfig, learner: Learner, state: TrainState) -> None:
    """Write the averaged weights as float16 safetensors with their description in the header."""
    for name, average in learner.averages.items():
        if average.updates == 0:
            continue
        description = {
            "architecture": config.arch,
            "hyper_parameters": hyper_parameters(average.net),
            "task": config.task,
            "settings": config.as_json(),
            "steps": state.step,
            "hours": round(state.seconds / 3600, 2),
        }
        path = config.out / f"{name}.safetensors"
        write_weights(path, average.net, description)


def write_weights(path: Path, net: nn.Module, description: dict[str, Any]) -> None:
    """Write `net` as float16 safetensors, atomically, with `description` as JSON in the header."""
    tensors = {k: v.detach().cpu().to(torch.float16).contiguous() for k, v in net.state_dict().items()}
    temporary = path.with_suffix(".part")
    try:
        write_tensors(temporary, tensors, {"restorer": json.dumps(description, sort_keys=True)})
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
