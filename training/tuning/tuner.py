"""The learning loop of fine-tuning: cannot ruin the model, survives a lack of memory, resumes to the bit.

Low rate with a pull towards the shipped weights (L2-SP; Li, Grandvalet and Davoine, ICML 2018), replay of
shipped crops, a moving average of the weights of which the best on held-out pictures is kept, and at the end
the best mixture of old and new weights (WiSE-FT; Wortsman et al., CVPR 2022).
"""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from restorer.device import Device, is_out_of_memory, release_memory
from restorer.errors import DeviceError
from restorer.jobs import Cancelled, JobContext
from restorer.library.store import writing
from training.fitting import checkpoint
from training.fitting.learner import Average, BatchSource, Tensors, ramp, set_rate
from training.fitting.optim import muon_for
from training.tuning.tasks import Examples, Scores, TuningTask

EMA_DECAY = 0.998  # at most; a short run averages over a tenth of its steps
CLIP = 2.0
SHARES = (0.25, 0.5, 0.75, 1.0)
GUARD = 0.75  # share of the allowed loss that may be used: other pictures will measure it
TRIED = (0.5, 1.0)  # of them while learning: half of the way has a quarter of the noise of small batches
PATIENCE, PATIENCE_STEPS = 0.4, 100  # this share of the run, and so many steps, without a new best end it
LAYERS = ("all", "first", "last", "biases")


class Running(Protocol):
    """Set while the training may go on, clear while it is paused; a `threading.Event` is one."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until set or until `timeout` seconds have passed; True = set."""
        ...


@dataclass(frozen=True)
class TuneSettings:
    """How to learn.

    Attributes:
        steps: optimiser steps.
        batch: crops per step.
        rate: peak learning rate.
        pull: strength of L2-SP: per step the weights move back by rate * pull of their way.
        validate_every: steps between measurements and checkpoints.
        seed: of the crops.
        limit_seconds: end after so long even if steps are left; 0 = no limit.
        layers: which of them learn, see `LAYERS`.
    """

    steps: int
    batch: int = 8
    rate: float = 3e-4
    pull: float = 0.5
    validate_every: int = 100
    seed: int = 1
    limit_seconds: float = 0.0
    layers: str = "all"


@dataclass
class TuneState(checkpoint.TrainState):
    """Where a fine-tuning stands.

    Attributes:
        parts: pieces that a batch is cut into because memory ran out.
        best_step: step of the best weights; 0 = the parent's.
        best_score: their score.
        history: per measurement the step, the gain of the user's and of the replay pictures.
        done: no step is left, or there was no hope.
    """

    parts: int = 1
    best_step: int = 0
    best_score: float = 0.0
    history: list[list[float]] = field(default_factory=list)
    done: bool = False


@dataclass(frozen=True)
class TuneLog:
    """What a curve shows: `losses` of the last step; gains against the parent at the last measurement."""

    step: int
    steps: int
    losses: dict[str, float]
    user_gain: float
    replay_gain: float
    seconds_left: float
    parts: int = 1


@dataclass(frozen=True)
class TuneLook:
    """Progress detail after a measurement: fixed held-out pictures by the parent and by what was learnt."""

    step: int
    before: Examples
    after: Examples


def choose_layers(net: nn.Module, layers: str) -> None:
    """Let a part of `net` learn and hold the rest.

    Args:
        net: its layers in the order in which they are declared, which is the order of computing.
        layers: "all"; "first" or "last", the half of the weights that comes first or last; "biases", the
            offsets of all layers alone (BitFit; Ben Zaken et al., ACL 2022).
    """
    parameters = list(net.parameters())
    half, seen = sum(p.numel() for p in parameters) / 2, 0
    for parameter in parameters:
        middle = seen + parameter.numel() / 2
        seen += parameter.numel()
        part = "first" if middle < half else "last"
        parameter.requires_grad_(layers in ("all", part) or (layers == "biases" and parameter.ndim == 1))


class Tuner:
    """One network being fine-tuned; a `training.fitting.learner.Learner` for checkpoints.

    Args:
        parent: the network to start from; stays as it is.
        task: its loss and scores, and the processes that train together.
        source: makes the batches.
        settings: how to learn.
        device: to compute on.
    """

    def __init__(
        self, parent: nn.Module, task: TuningTask, source: BatchSource, settings: TuneSettings,
        device: Device,
    ) -> None:  # fmt: skip
        self.task, self.source, self.settings, self.device = task, source, settings, device
        self.workers = task.workers
        self.parent = copy.deepcopy(parent).to(device.torch).eval().requires_grad_(False)
        self.net = copy.deepcopy(self.parent).train()
        choose_layers(self.net, settings.layers)
        best = copy.deepcopy(self.parent)
        optimiser = muon_for(self.net, settings.rate, device.dtype)
        for group in optimiser.param_groups:
            group["weight_decay"] = 0.0  # L2-SP takes its place
        self.modules: dict[str, nn.Module] = {"net": self.net, "best": best}
        self.averages = {"average": Average(self.net, min(EMA_DECAY, 1 - 10 / max(settings.steps, 20)))}
        self.optimisers: dict[str, torch.optim.Optimizer] = {"net": optimiser}
        self.before: dict[str, Scores] = {}
        self.look: TuneLook | None = None
        self._first: Examples | None = None
        self._better: nn.Module | None = None

    # --- one step

    def step(self, batch: Tensors, progress: float, parts: int = 1) -> dict[str, float]:
        """Learn from one batch, in `parts` pieces whose gradients add up; the losses by name.

        Raises:
            torch.OutOfMemoryError, MemoryError, RuntimeError: memory ran out; nothing was changed.
        """
        optimiser = self.optimisers["net"]
        set_rate(optimiser, ramp(progress, 0.0, 1.0, self.settings.rate, self.settings.rate / 50, warm=0.05))
        optimiser.zero_grad(set_to_none=True)
        count = len(batch["image"])
        totals: dict[str, float] = {}
        for piece in torch.arange(count).tensor_split(min(parts, count)):
            loss, terms = self.task.loss(self.net, _cut(batch, piece))
            share = len(piece) / count
            (loss * share).backward()
            for name, value in terms.items():
                totals[name] = totals.get(name, 0.0) + value * share
        self.workers.average_gradients(self.net)
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        if bool(torch.isfinite(norm)):
            optimiser.step()
            self._pull_back(float(optimiser.param_groups[0]["lr"]))
            self.averages["average"].update(self.net)
        optimiser.zero_grad(set_to_none=True)
        return totals

    @torch.no_grad()
    def _pull_back(self, rate: float) -> None:
        """Decoupled L2-SP: towards the parent's weights, as AdamW decays towards zero."""
        for own, origin in zip(self.net.parameters(), self.parent.parameters(), strict=True):
            own.lerp_(origin, rate * self.settings.pull)

    def careful_step(self, batch: Tensors, progress: float, state: TuneState) -> dict[str, float]:
        """`step`; where memory runs out, again in twice as many pieces, down to single crops.

        Raises:
            DeviceError: not even one crop fits.
        """
        while True:
            try:
                return self.step(batch, progress, state.parts)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self.optimisers["net"].zero_grad(set_to_none=True)
            release_memory(self.device)
            if state.parts >= len(batch["image"]):
                raise DeviceError(
                    "The memory does not suffice to train on even one crop.",
                    "Choose smaller crops, or close other programs.",
                )
            state.parts *= 2

    def validate(self) -> dict[str, float]:
        """Mean gains of the averaged weights against the parent's, and the score to keep the best by: those
        of the better of two mixtures with the parent."""
        average = self.averages["average"].net
        nets = [self.mixed(share, average) for share in TRIED]
        found = [self.measure(net) for net in nets]
        best = max(range(len(nets)), key=lambda number: found[number]["score"])
        self._better = nets[best]
        return found[best]

    def measure(self, net: nn.Module) -> dict[str, float]:
        """Mean gains of `net` against the parent on the pictures for selection.

        The score is the user's gain; what the replay set loses beyond `GUARD` of what is allowed counts
        five times.
        """
        gains = {}
        for which in ("selection", "replay-selection"):
            if which not in self.before:
                self.before[which] = self.task.scores(self.parent, which)
            after = self.task.scores(net, which)
            gains[which] = float(np.mean([after[k] - v for k, v in self.before[which].items()]))
        user, replay = gains["selection"], gains["replay-selection"]
        return {"user": user, "replay": replay, "score": user - self._penalty(replay)}

    def look_at_examples(self, step: int) -> TuneLook:
        """What the parent and the better mixture make of a few held-out pictures; kept as `look`."""
        self._first = self._first or self.task.examples(self.parent)
        net = self._better or self.averages["average"].net  # the latter where a run has just been resumed
        now = self.task.examples(net) if step else self._first
        self.look = TuneLook(step, self._first, now)
        return self.look

    def mixed(self, share: float, goal: nn.Module | None = None) -> nn.Module:
        """The parent moved by `share` of the way to `goal`, or to the best weights."""
        net, goal = copy.deepcopy(self.parent), goal or self.modules["best"]
        with torch.no_grad():
            for own, other in zip(net.parameters(), goal.parameters(), strict=True):
                own.lerp_(other, share)
        return net

    def best_mixture(
        self, guarded: Callable[[nn.Module], float] | None = None, check: Callable[[], None] = lambda: None
    ) -> tuple[nn.Module, float]:
        """The mixture with the best score, and its share; the parent's own weights score 0.

        `guarded`: the gain of something else that these weights go into, which may lose as the replay set.
        `check`: raises where it is cancelled.
        """
        found: list[tuple[float, float, nn.Module]] = []
        for share in SHARES:
            check()
            net = self.mixed(share)
            score = self.measure(net)["score"]
            if guarded is not None:
                score -= self._penalty(guarded(net))
            found.append((score, share, net))
        _, share, net = max(found, key=lambda item: item[:2])
        return net, share

    def _penalty(self, gain: float) -> float:
        """What a loss beyond `GUARD` of what is allowed counts."""
        return 5 * max(0.0, -gain - GUARD * self.task.most_loss)


def _cut(batch: Tensors, piece: Tensor) -> Tensors:
    """The crops `piece` of a batch; what holds for the whole batch stays."""
    count = len(batch["image"])
    return {k: v[piece.to(v.device)] if len(v) == count else v for k, v in batch.items()}


def make_batch(tuner: Tuner, step: int) -> Tensors:
    """The batch of step `step`, from the seed, the step and the process alone."""
    cv2.setNumThreads(1)
    settings, workers = tuner.settings, tuner.workers
    rng = np.random.default_rng((settings.seed, step, workers.rank))
    made = tuner.source.make(rng, step / settings.steps)
    return {k: torch.from_numpy(v).to(tuner.device.torch) for k, v in made.items()}


def run_tuning(
    tuner: Tuner, folder: Path, state: TuneState, ctx: JobContext, running: Running | None = None
) -> TuneState:
    """Learn until the steps are used up, time is over or nothing is to be hoped for.

    Cancelling, and a pause, write a checkpoint into `folder`, from which `resume` goes on to the same bits.

    Args:
        tuner: what learns.
        folder: for checkpoint and log.jsonl.
        state: where it stands; changed in place.
        ctx: progress with `TuneLog`, and cancellation, between steps.
        running: cleared to pause.

    Raises:
        DeviceError: the memory does not suffice.
        OutputError: the checkpoint cannot be written.
    """
    settings, paused = tuner.settings, 0.0
    began = time.monotonic() - state.seconds
    last = dict(zip(("step", "user", "replay"), state.history[-1], strict=True)) if state.history else {}
    if tuner.workers.leads and not state.done:
        ctx.progress(state.step / settings.steps, "Learning", tuner.look_at_examples(state.step))
    while not state.done:
        try:
            paused += _pause(tuner, folder, state, ctx, running)
            if tuner.workers.agree(ctx.is_cancelled()):
                raise Cancelled
            losses = tuner.careful_step(make_batch(tuner, state.step), state.step / settings.steps, state)
            state.step += 1
            state.seconds = time.monotonic() - began - paused
            over = tuner.workers.agree(0 < settings.limit_seconds < state.seconds)
            state.done = over or state.step >= settings.steps
            measured = state.done or state.step % settings.validate_every == 0
            if measured:
                last = _record(tuner, folder, state, losses)
            left = state.seconds / state.step * (settings.steps - state.step)
            log = TuneLog(
                state.step,
                settings.steps,
                losses,
                last.get("user", 0.0),
                last.get("replay", 0.0),
                left,
                state.parts,
            )
            with contextlib.suppress(Cancelled):  # all processes end together, at the next step
                ctx.progress(state.step / settings.steps, "Learning", log)
                if measured and tuner.look is not None:
                    ctx.progress(None, "Learning", tuner.look)
        except Cancelled:
            save(tuner, folder, state)
            raise
    return state


def _pause(tuner: Tuner, folder: Path, state: TuneState, ctx: JobContext, running: Running | None) -> float:
    """Wait while paused; the seconds that it took."""
    if running is None or running.wait(0):
        return 0.0
    began = time.monotonic()
    save(tuner, folder, state)  # a pause may last, and the computer may be switched off
    ctx.progress(None, "Paused")
    while not running.wait(0.2):
        ctx.check()
    return time.monotonic() - began


def _record(tuner: Tuner, folder: Path, state: TuneState, losses: dict[str, float]) -> dict[str, float]:
    """Measure, keep the best, decide whether to go on, and write checkpoint and log."""
    found = tuner.validate()
    state.history.append([float(state.step), found["user"], found["replay"]])
    if found["score"] > state.best_score:
        state.best_score, state.best_step = found["score"], state.step
        tuner.modules["best"].load_state_dict(tuner.averages["average"].net.state_dict())
    patience = max(PATIENCE * tuner.settings.steps, PATIENCE_STEPS)
    stop = state.step >= tuner.settings.steps / 2 and state.step - state.best_step > patience
    state.done = tuner.workers.agree(stop) or state.done
    save(tuner, folder, state)
    if tuner.workers.leads:
        alike = tuner.look_at_examples(state.step).after.ssim
        line = {"step": state.step, "seconds": round(state.seconds, 1), **losses, **found}
        line |= {} if alike is None else {"ssim": alike}
        with writing("The log cannot be written"), (folder / "log.jsonl").open("a") as stream:
            stream.write(json.dumps({k: round(v, 5) for k, v in line.items()}) + "\n")
    return found


def save(tuner: Tuner, folder: Path, state: TuneState) -> None:
    """Write the checkpoint.

    Raises:
        OutputError: it cannot be written; the one before stays.
    """
    if tuner.workers.leads:
        with writing("The checkpoint cannot be written"):
            checkpoint.save(folder, state, tuner)  # type: ignore[arg-type]  # steps take a third argument


def benchmark(tuner: Tuner, steps: int = 3, clock: Callable[[], float] = time.monotonic) -> dict[str, Any]:
    """Time a few steps on this very machine and count the memory of one; the tuner is of no use afterwards.

    Returns:
        "seconds" per step (median), "bytes" of memory that a step takes.
    """
    state, held = TuneState(), [0]

    def count(t: Tensor) -> Tensor:
        held[0] += t.numel() * t.element_size()
        return t

    batch = make_batch(tuner, 0)
    with torch.autograd.graph.saved_tensors_hooks(count, lambda t: t):
        tuner.careful_step(batch, 0.0, state)
    times = []
    for step in range(1, steps + 1):
        began = clock()
        tuner.careful_step(make_batch(tuner, step), 0.0, state)
        times.append(clock() - began)
    weights = sum(p.numel() * 4 for p in tuner.net.parameters())
    return {"seconds": float(np.median(times)), "bytes": held[0] // state.parts + 8 * weights}
