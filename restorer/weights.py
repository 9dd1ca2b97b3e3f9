"""The model library: which weights there are, whether they are whole, and how they become a network."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.errors import InputError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

MANIFEST_VERSION = 1


@dataclass(frozen=True)
class WeightFile:
    """One file of a model.

    Attributes:
        role: "fidelity", "detail" or "detect".
        name: file name beside the manifest.
        sha256: of the file, hexadecimal.
        bytes: its size.
    """

    role: str
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class ModelEntry:
    """One model of the library, as written in the manifest.

    Attributes:
        id: stable name.
        title: for a person.
        task: "repair" or "detect".
        architecture: id in `restorer.models.ARCHITECTURES`.
        hyper_parameters: of the architecture.
        files: its weights by role.
        licence: SPDX name of the weights' licence.
        trained_on: collections and licences of the photographs.
        seed: of the training.
        scores: measured figures by name.
        date: when it was made, YYYY-MM-DD.
        default: used when no model is named for its task.
        folder: where the files lie.
        command: repeats the training.
    """

    id: str
    title: str
    task: str
    architecture: str
    hyper_parameters: dict[str, Any]
    files: tuple[WeightFile, ...]
    licence: str
    trained_on: str
    seed: int
    date: str
    command: str
    default: bool = False
    scores: dict[str, Any] = field(default_factory=dict)
    folder: Path = field(default=Path(), compare=False)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def file(self, role: str) -> WeightFile | None:
        """The file of that role, if the model has one."""
        return next((f for f in self.files if f.role == role), None)

    @property
    def fingerprint(self) -> str:
        """One hash over all files, for reports."""
        return hashlib.sha256("".join(f.sha256 for f in self.files).encode()).hexdigest()


def shipped_folder() -> Path:
    """The folder of the weights that come with the program."""
    with as_file(files("resources") / "weights") as folder:
        return folder


def read_manifest(folder: Path) -> list[ModelEntry]:
    """The models listed in `folder`/manifest.json.

    Raises:
        WeightsError: the manifest is missing, damaged or of a newer version.
    """
    path = folder / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] > MANIFEST_VERSION:
            raise WeightsError(
                "The model library was written by a newer version of Restorer.", "Update Restorer."
            )
        return [_entry(folder, item) for item in content["models"]]
    except OSError as error:
        raise WeightsError(
            f"The model library in '{folder}' cannot be read.", "Install Restorer again."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"The model library in '{folder}' is damaged.", "Install Restorer again."
        ) from error


def _entry(folder: Path, item: dict[str, Any]) -> ModelEntry:
    values = dict(item)
    values["files"] = tuple(WeightFile(**f) for f in values["files"])
    return ModelEntry(**values, folder=folder)


@functools.cache
def library() -> tuple[ModelEntry, ...]:
    """All models that can be chosen."""
    return tuple(read_manifest(shipped_folder()))


def find_model(model_id: str | None, task: str) -> ModelEntry:
    """The model of that id, or the default for `task` (also when the id is the task's name).

    Raises:
        InputError: no such model, or it is for another task.
    """
    fitting = [m for m in library() if m.task == task]
    if model_id is None or model_id == task:
        chosen = next((m for m in fitting if m.default), None)
    else:
        chosen = next((m for m in fitting if m.id == model_id), None)
    if chosen is None:
        names = ", ".join(m.id for m in fitting) or "none"
        raise InputError(
            f"There is no model '{model_id or task}' for the task '{task}'.", f"Installed: {names}."
        )
    return chosen


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def verify(entry: ModelEntry) -> None:
    """Check that every file of `entry` is there and unchanged.

    Raises:
        WeightsError: naming the file that is not.
    """
    for item in entry.files:
        path = entry.folder / item.name
        if not path.is_file():
            raise WeightsError(f"The weight file '{item.name}' is missing.", "Install Restorer again.")
        if sha256_of(path) != item.sha256:
            raise WeightsError(
                f"The weight file '{item.name}' is damaged or was changed.", "Install Restorer again."
            )


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, as float32.

    Raises:
        WeightsError: not a readable safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {k: v.float() for k, v in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"The weight file '{path.name}' cannot be read.", "It is damaged or incomplete."
        ) from error


def fill_network(net: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Put `tensors` into `net`; every name and shape must fit.

    Raises:
        WeightsError: they belong to another architecture.
    """
    expected = {k: tuple(v.shape) for k, v in net.state_dict().items()}
    if expected != {k: tuple(v.shape) for k, v in tensors.items()}:
        raise WeightsError(
            f"The weights in '{name}' do not fit their architecture.", "The file is not for this model."
        )
    net.load_state_dict(tensors)


@functools.lru_cache(maxsize=4)
def load_network(entry: ModelEntry, detail: float) -> nn.Module:
    """Build and load a verified model in float32, in eval mode, on the CPU.

    Args:
        entry: a model of the library.
        detail: 0..1, position between the fidelity and the detail weights; 0 for other tasks.

    Raises:
        WeightsError: files missing, damaged or of another architecture.
    """
    import torch

    from restorer.device import place
    from restorer.models import build_model

    verify(entry)
    net = build_model(entry.architecture, entry.hyper_parameters).eval().requires_grad_(False)
    base = entry.file("fidelity") or entry.files[0]
    tensors = read_weights(entry.folder / base.name)
    other = entry.file("detail")
    if detail > 0 and other is not None:
        end = read_weights(entry.folder / other.name)
        if end.keys() != tensors.keys():
            raise WeightsError(f"The weights in '{other.name}' do not fit those in '{base.name}'.")
        # Interpolating weights is how one training serves both ends (Wang et al., ESRGAN, ECCVW 2018).
        tensors = {k: torch.lerp(v, end[k], detail) for k, v in tensors.items()}
    fill_network(net, tensors, base.name)
    return place(net)
