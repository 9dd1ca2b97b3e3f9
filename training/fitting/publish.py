"""From a finished run into the model library: weights, manifest entry and model card."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from restorer.errors import InputError
from restorer.hashes import sha256_of
from restorer.library import store as user_library
from restorer.library.compact import SHARES, compacted
from restorer.library.weights import (
    MANIFEST_VERSION,
    ModelEntry,
    WeightFile,
    entry_from_json,
    read_weights,
)
from restorer.new_files import new_file
from restorer.record.recipe import load_json

DESCRIBED = {"task", "architecture", "hyper_parameters", "settings", "steps", "hours"}
ROLES = {"repair": ("fidelity", "detail"), "detect": ("detect",)}


@dataclass(frozen=True)
class Publication:
    """What is told about a model besides its weights.

    Attributes:
        id: its name in the library.
        title: for a person.
        command: repeats the training.
        trained_on: collections and licences of the photographs with their counts.
        scores: measured figures.
        notes: paragraphs for the model card.
        licence: SPDX name.
    """

    id: str
    title: str
    command: str
    trained_on: dict[str, int]
    scores: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    licence: str = "Apache-2.0"


def read_scores(path: Path) -> dict[str, Any]:
    """Measured figures by name.

    Raises:
        InputError: it is no JSON object.
    """
    content = load_json(path, "scores")
    if not isinstance(content, dict):
        raise InputError(f"'{path}' holds no figures by name.", "A JSON object is needed.")
    return content


def read_notes(path: Path) -> str:
    """Paragraphs for the model card.

    Raises:
        InputError: it is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"The notes '{path}' cannot be read.", "A text file in UTF-8 is needed.") from error


def read_description(path: Path) -> dict[str, Any]:
    """What the trainer wrote into the header of a weight file.

    Raises:
        InputError: it is not one of ours.
    """
    try:
        with safe_open(path, framework="pt") as stream:
            content = json.loads((stream.metadata() or {})["restorer"])
    except (KeyError, ValueError, OSError, SafetensorError) as error:
        raise InputError(f"'{path}' is not a weight file of restorer-train.") from error
    if not isinstance(content, dict) or not content.keys() >= DESCRIBED or "seed" not in content["settings"]:
        raise InputError(f"'{path}' is not a weight file of restorer-train fit.")
    return content


def publish(run: Path, library: Path, publication: Publication) -> dict[str, Any]:
    """Copy the weights of `run` into `library`, enter them in its manifest and write the model card.

    An entry of the same id is replaced; the first model of a task becomes its default.

    Returns:
        the manifest entry.

    Raises:
        InputError: there are no weights, the id is no plain name, or the manifest cannot be read.
        OutputError: the library cannot be written to.
    """
    user_library.check_id(publication.id)
    found = _weights_of(run)
    manifest = library / "manifest.json"
    content: Any = {"version": MANIFEST_VERSION, "models": []}
    if manifest.is_file():
        content = load_json(manifest, "manifest")
        try:
            known = all({"id", "task", "default"} <= model.keys() for model in content["models"])
        except (KeyError, TypeError, AttributeError):
            known = False
        if not known:
            raise InputError(f"'{manifest}' is no manifest of a library.", "Choose another --library.")
    with user_library.writing(f"The model cannot be written into '{library}'"):
        library.mkdir(parents=True, exist_ok=True)
        return _enter(found, library, content, publication)


def _enter(
    found: list[tuple[str, Path]], library: Path, content: dict[str, Any], publication: Publication
) -> dict[str, Any]:
    manifest = library / "manifest.json"
    old = next((m for m in content["models"] if m["id"] == publication.id), None)
    entry = _entry(found, library, publication)
    others = [m for m in content["models"] if m["id"] != publication.id]
    entry["default"] = old["default"] if old else not any(m["task"] == entry["task"] for m in others)
    content["models"] = sorted([*others, entry], key=lambda m: m["id"])
    _replace(manifest, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    card = model_card(entry, publication, read_description(found[-1][1]))
    _replace(library / f"{publication.id}.md", card.encode())
    return entry


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole, or leave the one before."""
    with new_file(path, overwrite=True) as (stream, _):
        stream.write(content)


def publish_to_user(run: Path, publication: Publication) -> ModelEntry:
    """Put the weights of `run` into the user's own library, beside the shipped models.

    Raises:
        InputError: there are no weights, or the id is taken.
        OutputError: the library cannot be written to.
    """
    found = _weights_of(run)
    user_library.check_new_id(publication.id)
    with user_library.new_model_folder() as folder:
        values = _entry(found, folder, publication)
        card = model_card(values, publication, read_description(found[-1][1]))
        entry = entry_from_json(
            folder, {"version": MANIFEST_VERSION, "model": {**values, "source": "imported"}}
        )
        return user_library.add(folder, entry, card)


def run_entry(run: Path) -> ModelEntry:
    """A training as a model that is in no library, to be measured.

    Raises:
        InputError: it has no weights yet.
    """
    found = _weights_of(run)
    description = read_description(found[0][1])
    sizes = ((role, path, path.stat().st_size) for role, path in found)
    return ModelEntry(
        id=run.name,
        title=run.name,
        task=description["task"],
        architecture=description["architecture"],
        hyper_parameters=description["hyper_parameters"],
        files=tuple(WeightFile(role, path.name, sha256_of(path), size) for role, path, size in sizes),
        licence="",
        trained_on="",
        seed=description["settings"]["seed"],
        date="",
        command="",
        folder=run,
    )


def _weights_of(run: Path) -> list[tuple[str, Path]]:
    found = [(role, run / f"{role}.safetensors") for roles in ROLES.values() for role in roles]
    found = [(role, path) for role, path in found if path.is_file()]
    if not found:
        raise InputError(f"There are no weights in '{run}'.", "Train first.")
    for _, path in found:  # before anything is written
        read_description(path)
    return found


def _entry(found: list[tuple[str, Path]], library: Path, publication: Publication) -> dict[str, Any]:
    description = read_description(found[0][1])
    listed = []
    for role, path in found:
        name = f"{publication.id}-{role}.safetensors" if len(found) > 1 else f"{publication.id}.safetensors"
        _replace(library / name, path.read_bytes())
        (library / name).chmod(0o644)
        listed.append(
            {
                "role": role,
                "name": name,
                "sha256": sha256_of(library / name),
                "bytes": (library / name).stat().st_size,
            }
        )
    return {
        "id": publication.id,
        "title": publication.title,
        "task": description["task"],
        "architecture": description["architecture"],
        "hyper_parameters": description["hyper_parameters"],
        "files": listed,
        "licence": publication.licence,
        "trained_on": f"{sum(publication.trained_on.values())} photographs, see {publication.id}.md",
        "seed": description["settings"]["seed"],
        "scores": publication.scores,
        "date": datetime.date.today().isoformat(),
        "command": publication.command,
    }


def model_card(entry: dict[str, Any], publication: Publication, description: dict[str, Any]) -> str:
    """The model card (Mitchell et al., 2019) as Markdown."""
    files = "\n".join(
        f"| {f['role']} | `{f['name']}` | {f['bytes']} | `{f['sha256']}` |" for f in entry["files"]
    )
    data = "\n".join(f"| {name} | {count} |" for name, count in publication.trained_on.items())
    scores = "\n".join(f"| {name} | {value} |" for name, value in publication.scores.items())
    return f"""# {entry["title"]} (`{entry["id"]}`)

Task: {entry["task"]}. Architecture: `{entry["architecture"]}` with `{json.dumps(entry["hyper_parameters"])}`.
Licence of the weights: {entry["licence"]}. Trained from random weights, seed {entry["seed"]},
{description["steps"]} steps,
{description["hours"]} hours on a CPU, finished {entry["date"]}.

| role | file (float16) | bytes | sha256 |
| --- | --- | --- | --- |
{files}

{publication.notes.strip()}

## Repeat it

    {publication.command}

## Scores

| figure | value |
| --- | --- |
{scores}

## Training photographs

| collection: licence | photographs |
| --- | --- |
{data}
"""


def write_update(old: Path, new: Path, out: Path, shares: Sequence[str]) -> int:
    """Write the compact update (`restorer.library.compact`) from one weight file to another.

    Args:
        old: the weights that the model has.
        new: the same, trained further.
        out: the update, a new file.
        shares: how much of the change each end of the model gets, "ROLE=SHARE".

    Returns:
        its size in bytes.

    Raises:
        InputError: a file is not there, the weights are of different networks, or a share is none.
        OutputError: the file is there already or cannot be written.
        WeightsError: a weight file cannot be read.
    """
    for path in (old, new):
        if not path.is_file():
            raise InputError(f"There is no file '{path}'.", "Check the name.")
    before, after = read_weights(old), read_weights(new)
    if {k: v.shape for k, v in before.items()} != {k: v.shape for k, v in after.items()}:
        raise InputError(f"'{old.name}' and '{new.name}' are weights of different networks.")
    try:
        told = {role: float(share) for role, share in (item.split("=") for item in shares)}
    except ValueError as error:
        raise InputError("A share is a role and a number.", "For example fidelity=1.") from error
    for role, share in told.items():
        if role not in ROLES["repair"] or not 0 <= share <= 1:
            known = " or ".join(ROLES["repair"])
            raise InputError(
                f"There is no share '{role}={share:g}'.", f"Name {known}, and a share of 0 to 1."
            )
    content = save(compacted(before, after), {SHARES: json.dumps(told)})
    with new_file(out) as (stream, _):
        stream.write(content)
    return len(content)
