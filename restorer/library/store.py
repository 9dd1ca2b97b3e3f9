"""The user's model library: fine-tuned and imported models beside the shipped ones, and the default per task.

One folder per model, named by its id, with `model.json`, the weights and the model card. A model is made in a
hidden folder and renamed into place, so that it is there whole or not at all.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import platformdirs

from restorer.errors import InputError, OutputError, RestorerError, WeightsError
from restorer.hashes import sha256_of
from restorer.library.weights import (
    ModelEntry,
    WeightFile,
    entry_from_json,
    entry_to_json,
    shipped,
    verify,
)
from restorer.locks import alone

VARIABLE = "RESTORER_LIBRARY"
RUN_PLAN = "plan.json"  # in the folder of a training; "parent" in it is the fingerprint of its model
DESCRIPTION, CARD, DEFAULTS, LOCK = "model.json", "card.md", "defaults.json", ".defaults.lock"
PACKAGE_SUFFIX = ".restorer-model"
UNKNOWN = "unknown"  # a licence of which nothing was said
LIMIT_BYTES = 4 * 2**30
_ID = re.compile(r"(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$))([a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9])")
_NEW, _GONE = ".new-", ".deleted-"
_MISSING = (FileNotFoundError, NotADirectoryError)
_CHOOSE = "'restorer models default ID' chooses a default; 'restorer models list' shows what there is."
_LEFT_SECONDS = 86_400  # after which nobody works on such a folder any more


@dataclass(frozen=True)
class Library:
    """What is installed.

    Attributes:
        models: every usable model; `default` is set where the user or the program chose it.
        damaged: ids of the user's models whose description cannot be read, with the sentence why.
        unread: why the user's models cannot be read at all; empty where they can.
    """

    models: tuple[ModelEntry, ...]
    damaged: tuple[tuple[str, str], ...] = ()
    unread: str = ""


def user_folder() -> Path:
    """Where the user's models lie: $RESTORER_LIBRARY, or the place that the system has for such data."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else platformdirs.user_data_path("restorer", appauthor=False) / "models"


def runs_folder() -> Path:
    """Where unfinished fine-tunings lie, one folder each, named like the model that is to come of it."""
    return user_folder() / ".runs"


def read_library() -> Library:
    """All models, the shipped ones first, then the user's by id.

    Raises:
        WeightsError: the shipped library is damaged.
    """
    models, damaged, unread = list(shipped()), list[tuple[str, str]](), ""
    taken = {m.id for m in models}
    folder = user_folder()
    for name in taken:
        _make_way(folder / name)
    try:
        names = sorted(p.name for p in folder.iterdir())
    except OSError as error:
        names = []
        if not isinstance(error, _MISSING):  # its drive fails, or it may not be entered
            unread = f"The model library in '{folder}' cannot be read: {error.strerror}."
    for name in names:
        if name.startswith(".") or name in taken:
            continue
        try:
            models.append(read_entry(folder / name))
        except WeightsError as error:
            if not isinstance(error.__cause__, _MISSING):  # else it is no model
                damaged.append((name, str(error)))
    return Library(_with_defaults(models), tuple(damaged), unread)


def _make_way(folder: Path) -> None:
    """Give a model of the user another name where a newer program ships one of its own: it was hidden."""
    if os.path.isfile(folder / DESCRIPTION):  # noqa: PTH113 - no error where a drive failed
        with suppress(OSError, OutputError):  # a library that is only read keeps it hidden
            _move(folder, free_id(folder.name))


def read_entry(folder: Path) -> ModelEntry:
    """The model in `folder`; its id is the folder's name.

    Raises:
        WeightsError: the description cannot be read.
    """
    try:
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (ValueError, RecursionError, *_MISSING) as error:
        raise WeightsError(f"The description of the model '{folder.name}' is damaged.") from error
    except OSError as error:
        raise WeightsError(
            f"The description of the model '{folder.name}' cannot be read: {error.strerror}."
        ) from error
    return replace(entry_from_json(folder, content), id=folder.name)


def _with_defaults(models: list[ModelEntry]) -> tuple[ModelEntry, ...]:
    chosen = {m.task: _history(m.task, models) for m in models}
    return tuple(replace(m, default=m.id == chosen[m.task][-1]) if chosen[m.task] else m for m in models)


def _history(task: str, models: Iterable[ModelEntry]) -> list[str]:
    """The defaults chosen for `task` that are still there, the last one valid; none follows itself."""
    fitting = {m.id for m in models if m.task == task}
    return [i for i, _ in groupby(i for i in _read_defaults().get(task, ()) if i in fitting)]


def get(model_id: str) -> ModelEntry:
    """The model of that id.

    Raises:
        InputError: there is none.
    """
    entry = next((m for m in read_library().models if m.id == model_id), None)
    if entry is None:
        hint = "'restorer models list' shows the installed ones."
        raise InputError(f"There is no model '{model_id}'.", hint)
    return entry


def twins(entry: ModelEntry) -> tuple[str, ...]:
    """The other models that have the very same weights."""
    weights = {f.sha256 for f in entry.files}
    found = read_library().models
    return tuple(m.id for m in found if m.id != entry.id and {f.sha256 for f in m.files} == weights)


def card_path(entry: ModelEntry) -> Path | None:
    """The model card (Markdown), if there is one."""
    path = entry.folder / (f"{entry.id}.md" if entry.source == "shipped" else CARD)
    return path if path.is_file() else None


def read_card(entry: ModelEntry) -> str:
    """The text of the model card; empty where there is none, with marks where it is no UTF-8."""
    path = card_path(entry)
    return path.read_text(encoding="utf-8", errors="replace") if path is not None else ""


# --- Changes ------------------------------------------------------------------------------------------


def free_id(wish: str) -> str:
    """`wish` made fit for an id, with a number where a model or an unfinished fine-tuning has it."""
    base = re.sub(r"[^a-z0-9._-]+", "-", wish.lower()).strip("-._")[:50].rstrip("-._") or "model"
    if not _ID.fullmatch(base):  # a name that Windows keeps for itself
        base = f"model-{base}"
    taken = {m.id for m in shipped()}
    for folder in (user_folder(), runs_folder()):
        with suppress(OSError):
            taken.update(p.name for p in folder.iterdir())
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name


def check_id(model_id: str) -> None:
    """Raise InputError unless `model_id` is a plain name, which leads to no other folder."""
    if not _ID.fullmatch(model_id):
        raise InputError(
            f"'{model_id}' cannot be the name of a model.",
            "Use small letters, digits, '-', '_' and '.', 64 at most.",
        )


def check_new_id(model_id: str, trained: bool = False) -> None:
    """Whether a new model may be called `model_id`; only what was trained has the name of its training.

    Raises:
        InputError: not a plain name, or taken.
    """
    check_id(model_id)
    reserved = {m.id for m in shipped()} | {m.task for m in shipped()}
    if model_id in reserved or os.path.lexists(user_folder() / model_id):
        raise InputError(
            f"There is a model '{model_id}' already.", "Choose another name: nothing is overwritten."
        )
    if not trained and os.path.isfile(runs_folder() / model_id / RUN_PLAN):  # noqa: PTH113 - as above
        raise InputError(
            f"An unfinished training will be called '{model_id}'.",
            "Choose another name, or let it end first.",
        )


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turns a failure to write into an OutputError that begins with `what`."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno == 28 else (error.strerror or str(error))
        raise OutputError(f"{what}: {reason}.", "Nothing half-written was left behind.") from error


@contextmanager
def new_model_folder() -> Iterator[Path]:
    """A hidden folder in the user's library to make a model in; gone afterwards unless `add` moved it away.

    Raises:
        OutputError: the library cannot be written to.
    """
    with writing("The model cannot be written into the library"):
        user_folder().mkdir(parents=True, exist_ok=True)
        _clear_up()
        folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=user_folder()))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _clear_up() -> None:
    """Remove what imports and deletions that were killed left behind."""
    for folder in user_folder().iterdir():
        if folder.name.startswith((_NEW, _GONE)):
            with suppress(OSError):  # another program removes it as well
                if time.time() - folder.lstat().st_mtime > _LEFT_SECONDS:
                    shutil.rmtree(folder)


def weight_file(folder: Path, role: str, name: str) -> WeightFile:
    """The description of a file that lies in `folder`."""
    path = folder / name
    return WeightFile(role, name, sha256_of(path), path.stat().st_size)


def add(folder: Path, entry: ModelEntry, card: str) -> ModelEntry:
    """Put the model made in `folder` (see `new_model_folder`) into the library under `entry.id`.

    Raises:
        InputError: the id is taken or no plain name.
        OutputError: the library cannot be written to.
        WeightsError: its files are not those that `entry` describes.
    """
    check_new_id(entry.id, trained=True)
    verify(replace(entry, folder=folder))
    with writing("The model cannot be written into the library"):
        # What of a title is half a character stays an escape of JSON.
        text = json.dumps(entry_to_json(entry), indent=1, ensure_ascii=False) + "\n"
        (folder / CARD).write_bytes(card.encode("utf-8", "replace"))
        (folder / DESCRIPTION).write_bytes(text.encode("utf-8", "backslashreplace"))
        folder.chmod(0o755)
        folder.rename(user_folder() / entry.id)
    return get(entry.id)


def _own(model_id: str, doing: str) -> Path:
    """The folder of one of the user's models, damaged ones included."""
    if any(m.id == model_id for m in shipped()):
        raise InputError(
            f"'{model_id}' comes with the program and cannot be {doing}.", "Name one of your own."
        )
    folder = user_folder() / model_id
    # Copies that were made by hand have names that a new model could not have; they are listed all the same.
    listed = bool(model_id) and Path(model_id).name == model_id and not model_id.startswith(".")
    if not listed or not os.path.isfile(folder / DESCRIPTION):  # noqa: PTH113 - as above
        raise InputError(
            f"There is no model '{model_id}'.", "'restorer models list' shows the installed ones."
        )
    return folder


def delete(model_id: str) -> None:
    """Delete one of the user's models; where it was the default, the one before it is again.

    Raises:
        InputError: there is none, it is shipped, or an unfinished training began with it.
        OutputError: it cannot be deleted.
    """
    folder = _own(model_id, "deleted")
    run = _run_from(model_id)
    if run is not None:
        raise InputError(
            f"The unfinished training '{run}' goes on from the model '{model_id}'.",
            "Let it end, or discard it first.",
        )
    with writing(f"The model '{model_id}' cannot be deleted"):
        gone = folder.with_name(_GONE + model_id)
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)  # at once and wholly, even if the removal is interrupted
        shutil.rmtree(gone, ignore_errors=True)
    _replace_in_defaults(model_id)


def _run_from(model_id: str) -> str | None:
    """The name of an unfinished training that could not be gone on with without that model."""
    with suppress(RestorerError, OSError):  # of a damaged model no training can go on
        needed = get(model_id).fingerprint
        for run in sorted(runs_folder().iterdir()):
            with suppress(OSError, ValueError, AttributeError):
                if json.loads((run / RUN_PLAN).read_text(encoding="utf-8")).get("parent") == needed:
                    return run.name
    return None


def rename(model_id: str, new_id: str) -> ModelEntry:
    """Give one of the user's models another id.

    Raises:
        InputError: there is none, it is shipped, or the new id is taken or no plain name.
        OutputError: the library cannot be written to.
    """
    folder = _own(model_id, "renamed")
    check_new_id(new_id)
    with writing(f"The model '{model_id}' cannot be renamed"):
        _move(folder, new_id)
    return get(new_id)


def _move(folder: Path, new_id: str) -> None:
    """Rename a model; its new name is a default before it has it, so that nothing that fails loses one."""
    _replace_in_defaults(folder.name, folder.name, new_id)
    folder.rename(folder.with_name(new_id))
    with suppress(OutputError):  # what is not there is no default
        _replace_in_defaults(folder.name)


# --- Defaults -----------------------------------------------------------------------------------------


def _read_defaults() -> dict[str, list[str]]:
    """Per task the defaults that were chosen, the last one valid; a damaged file counts as none."""
    with suppress(WeightsError):
        return _defaults_as_stored()
    return {}


def _defaults_as_stored() -> dict[str, list[str]]:
    """The same.

    Raises:
        WeightsError: the file is damaged.
    """
    try:
        content = json.loads((user_folder() / DEFAULTS).read_text(encoding="utf-8"))
        if not all(isinstance(ids, list) for ids in content.values()):
            raise TypeError
        return {str(task): [str(i) for i in ids] for task, ids in content.items()}
    except _MISSING:
        return {}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise WeightsError("Which models are the defaults cannot be read any more.", _CHOOSE) from error


def _write_defaults(content: dict[str, list[str]]) -> None:
    with writing("The default cannot be stored"):
        user_folder().mkdir(parents=True, exist_ok=True)
        temporary = user_folder() / f".defaults-{secrets.token_hex(4)}"
        try:
            with temporary.open("x", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1)
            temporary.replace(user_folder() / DEFAULTS)
        finally:
            temporary.unlink(missing_ok=True)


def _replace_in_defaults(old: str, *new: str) -> None:
    if not any(old in ids for ids in _read_defaults().values()):
        return
    with alone(user_folder() / LOCK):
        known = _read_defaults().items()
        _write_defaults({t: [n for i in ids for n in (new if i == old else (i,))] for t, ids in known})


def set_default(model_id: str) -> ModelEntry:
    """Use that model from now on when none is named for its task; `rollback` takes it back.

    Raises:
        InputError: there is none.
        WeightsError: its files are damaged.
        OutputError: the choice cannot be stored.
    """
    entry = get(model_id)
    verify(entry)
    models = read_library().models
    with alone(user_folder() / LOCK):
        chosen = _history(entry.task, models)
        if not chosen:  # remember what the program had chosen
            chosen = [m.id for m in shipped() if m.task == entry.task and m.default]
        if _read_defaults().get(entry.task, [])[-1:] != [entry.id]:  # the last one may be damaged
            kept = chosen[:-1] if chosen[-1:] == [entry.id] else chosen
            _write_defaults({**_read_defaults(), entry.task: [*kept, entry.id][-20:]})
    return get(model_id)


def can_roll_back(task: str) -> bool:
    """Whether another model was the default for `task` before."""
    return len(_history(task, read_library().models)) > 1


def rollback(task: str) -> ModelEntry:
    """Go back to the default before the present one.

    Raises:
        InputError: there was none before, or there is no such task.
    """
    models = read_library().models
    tasks = sorted({m.task for m in models})
    if task not in tasks:
        raise InputError(f"There is no task '{task}'.", f"Tasks: {', '.join(tasks)}.")
    with alone(user_folder() / LOCK):
        chosen = _history(task, models)
        if len(chosen) < 2:
            hint = "The default is the one that comes with the program, or the only one that was chosen."
            raise InputError(f"There is no earlier default for the task '{task}'.", hint)
        _write_defaults({**_read_defaults(), task: chosen[:-1]})
    return get(chosen[-2])


# --- Export -------------------------------------------------------------------------------------------


def library() -> tuple[ModelEntry, ...]:
    """All models that can be chosen: those that come with the program, then the user's own, by id."""
    return read_library().models


def _check_default(task: str, content: Library) -> None:
    if content.unread:
        raise WeightsError(content.unread, "Check its permissions and its drive, or name a model.")
    last = _defaults_as_stored().get(task, [""])[-1:]
    for name, trouble in content.damaged:
        if name in last:
            raise WeightsError(trouble, _CHOOSE)


def find_model(model_id: str | None, task: str) -> ModelEntry:
    """The model of that id; None = the default for `task`.

    Raises:
        InputError: no such model, or it is for another task.
        WeightsError: the default that was chosen cannot be read; another one does not take its place unsaid.
    """
    content = read_library()
    if model_id is None:
        _check_default(task, content)
    fitting = [m for m in content.models if m.task == task]
    chosen = next((m for m in fitting if (m.default if model_id is None else m.id == model_id)), None)
    if chosen is None:
        names = ", ".join(m.id for m in fitting) or "none"
        raise InputError(
            f"There is no model '{model_id or task}' for the task '{task}'.", f"Installed: {names}."
        )
    return chosen
