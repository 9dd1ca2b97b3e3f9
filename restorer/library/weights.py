"""Weights: what is known about a model, whether its files are whole, and how they become a network.

The shipped models have one manifest; `restorer.library.store` adds the user's own.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.errors import WeightsError
from restorer.hashes import sha256_of
from restorer.library import compact

if TYPE_CHECKING:
    from torch import Tensor, nn

MANIFEST_VERSION = 1
_OS_ERROR = re.compile(r"os error (\d+)")
UPDATE = "update"
IMPORTED = "spandrel"  # architecture of community weights; which one it is stands in the hyper-parameters


@dataclass(frozen=True)
class WeightFile:
    """One file of a model.

    Attributes:
        role: "fidelity", "detail" or "detect"; "update" for what these learnt later (`compact`).
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
        source: "shipped", "fine-tuned" or "imported".
        parent: id of the model that a fine-tuned one started from.
        parent_sha256: fingerprint of that model.
        forced: kept although the verdict was against it.
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
    source: str = "shipped"
    parent: str = ""
    parent_sha256: str = ""
    forced: bool = False
    folder: Path = field(default=Path(), compare=False)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def file(self, role: str) -> WeightFile | None:
        """The file of that role, if the model has one."""
        return next((f for f in self.files if f.role == role), None)

    @property
    def ends(self) -> tuple[WeightFile, ...]:
        """The files that each hold a whole network."""
        return tuple(f for f in self.files if f.role != UPDATE)

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


def entry_from_json(folder: Path, content: dict[str, Any]) -> ModelEntry:
    """The entry that `entry_to_json` gave.

    Raises:
        WeightsError: of a newer version, or damaged.
    """
    try:
        if content["version"] > MANIFEST_VERSION:
            raise WeightsError(f"The model '{folder.name}' is of a newer Restorer.", "Update Restorer.")
        entry = _entry(folder, content["model"])
        if not entry.ends or not all(_has_types(item) for item in (entry, *entry.files)):
            raise ValueError("values of other types")
        if any(Path(f.name).name != f.name for f in entry.files):
            raise ValueError("files of another folder")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"The description of the model '{folder.name}' is damaged.") from error
    return entry


def _has_types(item: ModelEntry | WeightFile) -> bool:
    """Whether what a file told has the types that are declared."""
    kinds = {"str": str, "int": int, "bool": bool, "dict": dict, "tuple": tuple, "Path": Path}
    return all(isinstance(getattr(item, f.name), kinds[str(f.type).split("[")[0]]) for f in fields(item))


def entry_to_json(entry: ModelEntry) -> dict[str, Any]:
    """JSON-ready content that tells everything but where the model lies and whether it is the default."""
    values = {k: v for k, v in asdict(entry).items() if k not in ("folder", "default")}
    return {"version": MANIFEST_VERSION, "model": {**values, "files": list(values["files"])}}


@functools.cache
def shipped() -> tuple[ModelEntry, ...]:
    """The models that come with the program."""
    return tuple(read_manifest(shipped_folder()))


def verify(entry: ModelEntry) -> None:
    """Check that every file of `entry` is there and unchanged.

    Raises:
        WeightsError: naming the file that is not.
    """
    hint = "Delete the model and train or import it again."
    if entry.source == "shipped":
        hint = "Install Restorer again."
    for item in entry.files:
        path = entry.folder / item.name
        if not path.is_file():
            raise WeightsError(f"The weight file '{item.name}' of the model '{entry.id}' is missing.", hint)
        if sha256_of(path) != item.sha256:
            raise WeightsError(
                f"The weight file '{item.name}' of the model '{entry.id}' is damaged or was changed.", hint
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


def read_end(entry: ModelEntry, end: WeightFile) -> dict[str, Tensor]:
    """The tensors of one of `entry.ends` with what it learnt later, as float32.

    Raises:
        WeightsError: a file cannot be read, or the update is of other weights.
    """
    tensors, later = read_weights(entry.folder / end.name), entry.file(UPDATE)
    if later is None:
        return tensors
    update, shares = compact.read_update(entry.folder / later.name)
    return compact.updated(tensors, update, shares.get(end.role, 0.0))


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file with `metadata` in its header.

    Raises:
        OSError: it cannot be written, for example since the disk is full.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:  # what the system said stands in its text
        number = _OS_ERROR.search(str(error))
        if number is None:
            raise
        code = int(number[1])
        raise OSError(code, os.strerror(code), str(path), code) from error


def check_fit(net: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Compare names and shapes of `tensors` with those of `net`.

    Raises:
        WeightsError: they belong to another architecture.
    """
    expected = {k: tuple(v.shape) for k, v in net.state_dict().items()}
    if expected != {k: tuple(v.shape) for k, v in tensors.items()}:
        raise WeightsError(
            f"The weights in '{name}' do not fit their architecture.", "The file is not for this model."
        )


def fill_network(net: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Put `tensors` into `net`; every name and shape must fit.

    Raises:
        WeightsError: they belong to another architecture.
    """
    check_fit(net, tensors, name)
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

    if detail > 0 and entry.file("detail") is None:
        return load_network(entry, 0.0)  # one network in memory, whatever the detail
    verify(entry)
    if entry.architecture == IMPORTED:
        from restorer.models.imported import ImportedFill

        return place(ImportedFill(read_end(entry, entry.ends[0])).eval())
    net = build_model(entry.architecture, entry.hyper_parameters).eval().requires_grad_(False)
    base = entry.file("fidelity") or entry.ends[0]
    tensors = read_end(entry, base)
    other = entry.file("detail")
    if detail > 0 and other is not None:
        end = read_end(entry, other)
        if end.keys() != tensors.keys():
            raise WeightsError(f"The weights in '{other.name}' do not fit those in '{base.name}'.")
        # Interpolating weights is how one training serves both ends (Wang et al., ESRGAN, ECCVW 2018).
        tensors = {k: torch.lerp(v, end[k], detail) for k, v in tensors.items()}
    fill_network(net, tensors, base.name)
    return place(net)
