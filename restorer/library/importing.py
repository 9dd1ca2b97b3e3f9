"""Taking weights of others into the library: read without running code, recognised, tried out, then stored.

Only safetensors are stored. Pickle files (.pth, .pt, .ckpt) go through torch.load(weights_only=True), which
builds tensors and plain containers and nothing else; a file that asks for more is refused. Of a TorchScript
archive the weights are read and the program is not (`restorer.library.torchscript`).
"""

from __future__ import annotations

import datetime
import json
import pickle
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.errors import InputError, RestorerError, WeightsError, printable
from restorer.hashes import sha256_of
from restorer.jobs import JobContext
from restorer.library import package, store as library
from restorer.library.weights import IMPORTED, ModelEntry, read_end, write_tensors

if TYPE_CHECKING:
    from torch import Tensor

TASKS = {"Inpainting": "repair", "SR": "enlarge", "FaceSR": "face", "Restoration": "restore"}
TRIAL_PX = 64
UNPACKED_MAX = 20  # times the size of the archive: weights do not compress
SETTING_MAX, SETTINGS_MAX = 4096, 64
AGAIN = "Copy or download it once more."


@dataclass(frozen=True)
class ImportOptions:
    """What a person says about a file of weights.

    Attributes:
        id: name in the library; None = from the file's name.
        title: for a person; None = from what it is.
        licence: SPDX name or what the author wrote; "unknown" is shown as such.
        sha256: of the file, hexadecimal, where the author tells it; compared before anything is read.
        origin: where it comes from, e.g. an address.
    """

    id: str | None = None
    title: str | None = None
    licence: str = library.UNKNOWN
    sha256: str | None = None
    origin: str = ""


def import_model(
    path: Path, options: ImportOptions | None = None, ctx: JobContext | None = None
) -> ModelEntry:
    """Put weights from a file into the library after a trial run.

    Args:
        path: .safetensors, .pth, .pt or .ckpt, or a .restorer-model; the content decides, not the name.
        options: what is known about it.
        ctx: progress and cancellation, up to the moment when the library holds the model.

    Raises:
        InputError: no such file, the name is taken, the checksum is none, an exported model has another
            licence, or spandrel is missing.
        WeightsError: damaged, with code in it, of no known architecture, or failing its trial.
        OutputError: the library cannot be written to.
    """
    options, ctx = options or ImportOptions(), ctx or JobContext()
    _check_file(path, options)
    ctx.progress(0.1, f"Reading {path.name}")
    if is_package(path):
        told = package.Told(options.id, options.title, options.licence)
        return package.install_package(path, told, lambda entry: _try_entry(entry, ctx))
    tensors = read_tensors(path)
    model_id = options.id or library.free_id(path.stem)
    library.check_new_id(model_id)
    described = _own_description(path)
    ctx.progress(0.4, "Trying it out")
    facts = _tried_own(path, tensors, described) if described else _tried_community(tensors)
    ctx.progress(0.8, "Storing it")
    return _store(path, tensors, model_id, options, facts, ctx)


def _check_file(path: Path, options: ImportOptions) -> None:
    digits = None if options.sha256 is None else check_sha256(options.sha256)
    if not path.is_file():
        if path.is_dir():
            raise InputError(f"'{path}' is a folder.", "Name the file of the weights.")
        raise InputError(f"There is no file '{path}'.", "Check the name.")
    size = path.stat().st_size
    if size > library.LIMIT_BYTES:
        raise _too_large(path)
    if size == 0:
        raise WeightsError(f"'{path.name}' is empty.", AGAIN)
    if digits and sha256_of(path) != digits:
        raise WeightsError(f"'{path.name}' is not the file that its checksum was given for.", AGAIN)


def check_sha256(text: str) -> str:
    """The digits of a checksum, in small letters.

    Raises:
        InputError: it is none.
    """
    digits = text.strip().lower()
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise InputError(f"'{text}' is no SHA-256 checksum.", "It has 64 digits, 0 to 9 and a to f.")
    return digits


def is_package(path: Path) -> bool:
    """Whether `path` was written by `restorer.library.package.export`."""
    if path.suffix == library.PACKAGE_SUFFIX:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return library.DESCRIPTION in archive.namelist()
    except Exception:  # what is no archive, or a damaged one, can fail in every way
        return False


# --- Reading ------------------------------------------------------------------------------------------


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of weights, flat by name; no code in it is run.

    Raises:
        WeightsError: damaged, or with more than tensors in it.
    """
    with path.open("rb") as stream:
        head = stream.read(16)
    if _header(path):
        found = _read_safetensors(path)
    elif head[:2] == b"PK":
        found = _read_archive(path) or _flat(_read_pickle(path), path.name)
    elif head[:1] == b"\x80":
        found = _flat(_read_pickle(path), path.name)
    else:
        raise WeightsError(f"'{path.name}' holds no weights.", ".safetensors and .pth files are read.")
    # A tensor can say that it repeats one number as often as it likes.
    if sum(v.numel() * v.element_size() for v in found.values()) > library.LIMIT_BYTES:
        raise _too_large(path)
    return found


def _too_large(path: Path) -> WeightsError:
    return WeightsError(f"'{path.name}' is larger than {library.LIMIT_BYTES >> 30} GiB.")


def _header(path: Path) -> bytes:
    """The JSON at the beginning of a safetensors file; empty for other files."""
    with path.open("rb") as stream:
        size, first = int.from_bytes(stream.read(8), "little"), stream.read(1)
        return first + stream.read(size - 1) if first == b"{" and 0 < size < 2**28 else b""


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load, load_file

    try:
        # It opens no file whose name has bytes that are no letters.
        return load_file(path) if printable(path) == str(path) else load(path.read_bytes())
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"'{path.name}' is damaged or incomplete.", AGAIN) from error


def _read_archive(path: Path) -> dict[str, Tensor] | None:
    """Compare the checksums in a zip file, which torch does not do; the weights of a TorchScript archive."""
    from restorer.library.torchscript import is_torchscript, read_torchscript

    broken = WeightsError(f"'{path.name}' is damaged or incomplete.", AGAIN)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
            if size > library.LIMIT_BYTES:
                raise _too_large(path)
            if size > UNPACKED_MAX * path.stat().st_size or archive.testzip() is not None:
                raise broken
            if is_torchscript(archive.namelist()):
                return read_torchscript(archive, path.name)
    except WeightsError:
        raise
    except Exception as error:  # a damaged or locked archive can fail in every way
        raise broken from error
    return None


def _read_pickle(path: Path) -> Any:
    import torch

    try:
        # A stream, since torch would go by the suffix of a name.
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the age of the format, nothing for a person
            return torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error).lower() or "weights only" in str(error).lower():
            raise WeightsError(
                f"'{path.name}' holds more than weights; it was refused and nothing in it was run.",
                "Look for the same model as .safetensors.",
            ) from error
        raise WeightsError(f"'{path.name}' is damaged or incomplete.", AGAIN) from error
    except Exception as error:  # torch raises all kinds of errors on damaged files
        raise WeightsError(f"'{path.name}' is damaged or incomplete.", AGAIN) from error


def _flat(content: Any, name: str) -> dict[str, Tensor]:
    """The state dict in what a training wrote around it."""
    import torch

    keys = ("params_ema", "params-ema", "params", "model_state_dict", "state_dict", "model", "net", "gen")
    for _ in range(3):
        if not isinstance(content, dict):
            break
        inner = next((content[k] for k in keys if isinstance(content.get(k), dict)), None)
        if inner is None:
            break
        content = inner
    found = {}
    if isinstance(content, dict):
        found = {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}
    if not found:
        raise WeightsError(f"'{name}' holds no weights.", "It may be another part of a training.")
    return found


def _own_description(path: Path) -> dict[str, Any] | None:
    """What our trainer writes into the header of its files; None for those of others."""
    try:
        content = json.loads(json.loads(_header(path))["__metadata__"]["restorer"])
        return content if {"architecture", "hyper_parameters", "task"} <= content.keys() else None
    except (KeyError, ValueError, OSError, AttributeError, TypeError, RecursionError):
        return None


# --- Trying out ---------------------------------------------------------------------------------------


def _picture() -> tuple[Tensor, Tensor]:
    """A picture (1, 3, S, S) of waves and a mask (1, 1, S, S) with a hole, always the same."""
    import torch

    y, x = torch.meshgrid(torch.linspace(0, 6, TRIAL_PX), torch.linspace(0, 9, TRIAL_PX), indexing="ij")
    image = torch.stack([torch.sin(x + y), torch.cos(x), torch.sin(y)])[None] * 0.4 + 0.5
    mask = torch.zeros(1, 1, TRIAL_PX, TRIAL_PX)
    mask[..., 20:40, 24:36] = 1
    return image, mask


def _check_result(result: Tensor, shape: tuple[int, ...]) -> None:
    import torch

    if tuple(result.shape) != shape:
        raise WeightsError("The trial run gave a picture of the wrong size: the weights are not usable.")
    if not bool(torch.isfinite(result).all()):
        raise WeightsError("The trial run gave values that are no numbers: the weights are damaged.")


@contextmanager
def _trial(tensors: dict[str, Tensor]) -> Iterator[None]:
    """Turns whatever weights and settings that do not belong together raise into one error."""
    import torch

    with torch.inference_mode():
        try:
            numbers = (v.float() for v in tensors.values() if v.is_floating_point())
            if not all(bool(torch.isfinite(v).all()) for v in numbers):
                raise WeightsError("The weights hold values that are no numbers: they are damaged.")
            yield
        except RestorerError:
            raise
        except Exception as error:
            raise WeightsError("The trial run failed: the weights are not usable.") from error


def _check_settings(settings: Any) -> None:
    """Raise ValueError where a network of these settings would take for ever to build."""
    values = [v for given in settings.values() for v in (given if isinstance(given, list) else [given])]
    if len(values) > SETTINGS_MAX or not all(0 <= v <= SETTING_MAX for v in values):
        raise ValueError("settings that no network has")


def _try_own(tensors: dict[str, Tensor], task: str, architecture: str, settings: Any, name: str) -> None:
    """Run weights of one of our own architectures once."""
    import torch

    from restorer.library.weights import check_fit, fill_network
    from restorer.models import ARCHITECTURES, build_model

    image, mask = _picture()
    with _trial(tensors):
        _check_settings(settings)
        with torch.device("meta"):  # shapes are compared before there is any memory behind them
            check_fit(build_model(architecture, settings), tensors, name)
        if ARCHITECTURES[architecture].task != task:
            raise ValueError("a network of another task")
        net = build_model(architecture, settings).eval()
        fill_network(net, {k: v.float() for k, v in tensors.items()}, name)
        result = net(image, mask) if task == "repair" else net(image)
    _check_result(result, (1, 3 if task == "repair" else 2, TRIAL_PX, TRIAL_PX))


def _try_community(tensors: dict[str, Tensor]) -> Any:
    """Run weights that spandrel recognises once; its descriptor of them."""
    import torch

    from restorer.library.building import Within
    from restorer.models import imported

    image, mask = _picture()
    with _trial(tensors):
        imported.load_spandrel()
        with Within(tensors):
            descriptor = imported.describe(tensors)
        if descriptor.purpose == "Inpainting":
            _check_result(imported.ImportedFill(tensors)(image, mask), tuple(image.shape))
            return descriptor
        scale, channels = descriptor.scale, descriptor.input_channels
        given = image[:, :channels] if channels <= 3 else torch.cat([image, mask], 1)[:, :channels]
        shape = (1, descriptor.output_channels, TRIAL_PX * scale, TRIAL_PX * scale)
        _check_result(descriptor(given), shape)
    return descriptor


def _task_of(descriptor: Any) -> str:
    return TASKS.get(descriptor.purpose, "other")


def _try_entry(entry: ModelEntry, ctx: JobContext) -> None:
    """Run every end of a model that somebody has exported once."""
    for item in entry.ends:
        ctx.check()
        tensors = read_end(entry, item)
        if entry.architecture == IMPORTED:
            if _task_of(_try_community(tensors)) != entry.task:
                raise WeightsError("The trial run failed: the weights are not usable.")
        else:
            _try_own(tensors, entry.task, entry.architecture, entry.hyper_parameters, item.name)
    ctx.check()


# --- Storing ------------------------------------------------------------------------------------------


def _tried_own(path: Path, tensors: dict[str, Tensor], described: dict[str, Any]) -> dict[str, Any]:
    """What the library is to know of weights of our own that passed their trial."""
    task, architecture = str(described["task"]), str(described["architecture"])
    _try_own(tensors, task, architecture, described["hyper_parameters"], path.name)
    return {
        "task": task, "architecture": architecture, "hyper_parameters": described["hyper_parameters"],
        "title": f"{architecture}, imported",
    }  # fmt: skip


def _tried_community(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The same of weights that spandrel recognises."""
    descriptor = _try_community(tensors)
    task, architecture = _task_of(descriptor), str(descriptor.architecture.id)
    return {
        "task": task, "architecture": IMPORTED, "title": f"{architecture}, imported",
        "hyper_parameters": {"architecture": architecture, "scale": int(descriptor.scale)},
    }  # fmt: skip


def _store(
    path: Path, tensors: dict[str, Tensor], model_id: str, options: ImportOptions, facts: dict[str, Any],
    ctx: JobContext,
) -> ModelEntry:  # fmt: skip
    role = "fidelity" if facts["task"] == "repair" else facts["task"]
    name = f"{role}.safetensors"
    with library.new_model_folder() as folder:
        with library.writing("The model cannot be written into the library"):
            write_tensors(folder / name, {k: v.detach().clone().contiguous() for k, v in tensors.items()})
        facts = {**facts, "title": options.title or facts["title"]}
        entry = ModelEntry(
            id=model_id, files=(library.weight_file(folder, role, name),), licence=options.licence,
            trained_on="not told", seed=0, date=datetime.date.today().isoformat(),
            command=f"restorer models import {printable(path.name)}", source="imported", **facts,
        )  # fmt: skip
        card = _card(entry, path, options)
        ctx.check()
        return library.add(folder, entry, card)


def _card(entry: ModelEntry, path: Path, options: ImportOptions) -> str:
    name = printable(path.name)
    return f"""# {entry.title} (`{entry.id}`)

Task: {entry.task}. Architecture: `{entry.hyper_parameters.get("architecture", entry.architecture)}`.
Imported on {entry.date} from the file `{name}`{" of " + options.origin if options.origin else ""},
sha256 `{sha256_of(path)}`. Licence, as told at the import: {entry.licence}.

Made by others: what it was trained on and how well it does is not known here.
"""
