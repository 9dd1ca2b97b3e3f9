"""Checkpoints: everything that a run needs to go on, written so that a crash leaves the one before."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import torch

from restorer.errors import InputError
from restorer.locks import FileLock
from training.fitting.learner import Learner

NAME, LOCK = "checkpoint.ckpt", "lock"
# What reading a file raises that was cut off or is something else.
DAMAGED = (
    OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, EOFError, pickle.UnpicklingError,
)  # fmt: skip


@dataclass
class TrainState:
    """Where a run stands.

    Attributes:
        step: optimiser steps done.
        seconds: time spent learning, over all resumptions.
        best: the highest score at a validation so far.
    """

    step: int = 0
    seconds: float = 0.0
    best: float = float("-inf")


State = TypeVar("State", bound=TrainState)


def save(folder: Path, state: TrainState, learner: Learner) -> None:
    """Write the checkpoint of a run into `folder`, atomically."""
    noise = _noise(learner)
    content = {
        "state": vars(state),
        "modules": {k: m.state_dict() for k, m in learner.modules.items()},
        "averages": {
            k: {"net": a.net.state_dict(), "updates": a.updates} for k, a in learner.averages.items()
        },
        "optimisers": {k: o.state_dict() for k, o in learner.optimisers.items()},
        "noise": noise.get_state() if noise is not None else None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / (NAME + ".part")
    try:
        packed = BytesIO()  # of a full disk, torch would not tell
        torch.save(content, packed)
        with temporary.open("wb") as stream:
            stream.write(packed.getbuffer())
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(folder / NAME)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def lock(folder: Path, taken: InputError) -> FileLock:
    """Keep other programs from training in `folder` until the lock is released.

    Raises:
        InputError: `taken`, where another one does.
        OSError: the folder cannot be written to.
    """
    (folder / LOCK).touch()  # what cannot be written to is no other program
    try:
        return FileLock(folder / LOCK)
    except OSError as error:
        raise taken from error


def find(folder: Path) -> Path:
    """The checkpoint in `folder`.

    Raises:
        InputError: there is none.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError(
            f"There is no checkpoint in '{folder}'.", "Leave out --resume to start a new training."
        )
    return path


def load(folder: Path, learner: Learner, kind: type[State] = TrainState) -> State:
    """Bring `learner` to where the checkpoint in `folder` stood; its state is read as a `kind`.

    Raises:
        InputError: there is no checkpoint, or it is damaged or of another architecture.
    """
    path = find(folder)
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        for name, module in learner.modules.items():
            module.load_state_dict(content["modules"][name])
        for name, average in learner.averages.items():
            average.net.load_state_dict(content["averages"][name]["net"])
            average.updates = content["averages"][name]["updates"]
        for name, optimiser in learner.optimisers.items():
            optimiser.load_state_dict(content["optimisers"][name])
        noise = _noise(learner)
        if noise is not None:
            noise.set_state(content["noise"])
        return kind(**content["state"])
    except DAMAGED as error:
        raise InputError(
            f"The checkpoint in '{folder}' is damaged or belongs to another training.", "Begin a new one."
        ) from error


def _noise(learner: Learner) -> torch.Generator | None:
    return getattr(learner, "noise", None)
