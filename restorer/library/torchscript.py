"""The weights in a TorchScript archive, read without running or compiling the program beside them.

Such an archive is a zip file: `data.pkl` pickles the tree of modules, `data/N` are the raw numbers, `code/`
is the program. The usual file of LaMa is one. Only containers and tensors are built here: modules become
empty nodes, and every name that is not on the list below is refused.
"""

from __future__ import annotations

import collections
import io
import pickle
import pickletools
import zipfile
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from restorer.errors import WeightsError

_TYPES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}  # fmt: skip
ATTRIBUTES_MAX = 10**6


class _RefusedError(Exception):
    pass


class _Node:
    """A module, or any other object of the program: its attributes and nothing of what it does."""


def _rebuild(
    storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> Tensor:
    """torch._utils._rebuild_tensor_v2 over a flat tensor; PyTorch refuses views beyond its end."""
    return torch.as_strided(storage, size, stride, offset)


def _same(value: object, *_: object) -> object:
    """torch.jit._pickle: lists and dictionaries with their types told."""
    return value


class _Reader(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, prefix: str) -> None:
        data = archive.read(f"{prefix}/data.pkl")
        for code, place, _ in pickletools.genops(data):
            if (
                "PUT" in code.name and isinstance(place, int) and place > len(data)
            ):  # Python makes room up to that place
                raise EOFError
        super().__init__(io.BytesIO(data))
        self._archive, self._prefix = archive, prefix
        self._storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str, /) -> Any:
        if module.split(".")[0] == "__torch__":
            return _Node
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch.jit._pickle" and (name.startswith("build_") or name == "restore_type_tag"):
            return _same
        raise _RefusedError(f"{module}.{name}")

    def persistent_load(self, pid: Any, /) -> Tensor:
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not str(key).isdigit():
            raise _RefusedError("storage")
        if key not in self._storages:
            data = self._archive.read(f"{self._prefix}/data/{key}")
            flat = torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)
            if len(flat) < int(count):
                raise EOFError
            self._storages[key] = flat
        return self._storages[key]


def is_torchscript(names: list[str]) -> bool:
    """Whether a zip file with these members is a TorchScript archive."""
    return any(name.endswith("/constants.pkl") or "/code/__torch__" in name for name in names)


def read_torchscript(archive: zipfile.ZipFile, name: str) -> dict[str, Tensor]:
    """The parameters and buffers of the modules in `archive`, named as in a state dict.

    Args:
        archive: an open TorchScript archive.
        name: of the file, for a person.

    Raises:
        WeightsError: damaged, or with anything but modules and tensors in it; nothing of it was run.
    """
    prefix = next((n for n in archive.namelist() if n.endswith("/data.pkl")), "/data.pkl")
    prefix = prefix.removesuffix("/data.pkl")
    try:
        return dict(_tensors(_Reader(archive, prefix).load(), "", iter(range(ATTRIBUTES_MAX))))
    except _RefusedError as error:
        raise WeightsError(
            f"'{name}' holds more than weights; it was refused and nothing in it was run.",
            "Look for the same model as .safetensors.",
        ) from error
    except Exception as error:  # a damaged pickle can fail in every way
        raise WeightsError(f"'{name}' is damaged or incomplete.", "Copy or download it once more.") from error


def _tensors(node: object, path: str, left: Iterator[int], depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    for key, value in vars(node).items() if isinstance(node, _Node) else ():
        if depth > 64 or next(left, None) is None:  # a module can be in itself, or twice in each of many
            raise ValueError("modules within modules without end")
        if isinstance(value, Tensor):
            yield f"{path}{key}", value
        else:
            yield from _tensors(value, f"{path}{key}.", left, depth + 1)
