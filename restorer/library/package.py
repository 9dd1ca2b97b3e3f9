"""Models as one file, out of the library and into it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.errors import InputError, OutputError, RestorerError, WeightsError
from restorer.library.store import (
    CARD,
    DESCRIPTION,
    LIMIT_BYTES,
    PACKAGE_SUFFIX,
    UNKNOWN,
    add,
    free_id,
    get,
    new_model_folder,
    read_card,
    writing,
)
from restorer.library.weights import ModelEntry, entry_from_json, entry_to_json, verify
from restorer.new_files import move_to_new

LIMIT_TEXT = 2**20  # bytes of a description or a card


def export(model_id: str, target: Path) -> Path:
    """Write a model with its description and card into one file that `restorer models import` reads.

    Args:
        model_id: any installed model.
        target: a new file; the suffix ".restorer-model" is added where there is none.

    Raises:
        InputError: no such model.
        WeightsError: its files are damaged.
        OutputError: the file exists or cannot be written.
    """
    entry = get(model_id)
    verify(entry)
    if not target.suffix and not target.is_dir():
        target = target.with_suffix(PACKAGE_SUFFIX)
    if os.path.lexists(target):
        raise OutputError(f"'{target}' exists already.", "Choose another name: nothing is overwritten.")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"There is no folder '{target.parent}' to write into.", "Create it first.")
    temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.part")
    with writing(f"The file '{target}' cannot be written"):
        try:
            # Weights do not compress; packages of Linux systems date their files before 1980.
            with zipfile.ZipFile(temporary, "x", strict_timestamps=False) as archive:
                archive.writestr(DESCRIPTION, json.dumps(entry_to_json(entry), indent=1))
                archive.writestr(CARD, read_card(entry))
                for item in entry.files:
                    archive.write(entry.folder / item.name, item.name)
            move_to_new(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


@dataclass(frozen=True)
class Told:
    """What a person says about an exported model.

    Attributes:
        id: its name here; None = the one that it had, with a number where that is taken.
        title: for a person; None = its own.
        licence: where its own is not known.
    """

    id: str | None = None
    title: str | None = None
    licence: str = UNKNOWN

    def about(self, entry: ModelEntry) -> ModelEntry:
        """The model as it comes into the library.

        Raises:
            InputError: it has another licence.
        """
        if self.licence not in (UNKNOWN, entry.licence) and entry.licence != UNKNOWN:
            raise InputError(
                f"This is an exported model, and its licence is {entry.licence}.", "Import it with that one."
            )
        return replace(
            entry,
            id=self.id or free_id(entry.id),
            title=self.title or entry.title,
            licence=entry.licence if self.licence == UNKNOWN else self.licence,
            source="imported" if entry.source == "shipped" else entry.source,
        )


def install_package(
    path: Path, told: Told | None = None, trial: Callable[[ModelEntry], None] | None = None
) -> ModelEntry:
    """Install what `export` wrote.

    Args:
        path: the file.
        told: what is said about it.
        trial: tries the model out before it is accepted; raises a WeightsError.

    Raises:
        WeightsError: damaged, not such a file, or failing its trial.
        InputError: the id is taken, or it has another licence.
        OutputError: the library cannot be written to.
    """
    broken = WeightsError(f"'{path.name}' is damaged or incomplete.", "Copy or download it once more.")
    with new_model_folder() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                if any(archive.getinfo(name).file_size > LIMIT_TEXT for name in (DESCRIPTION, CARD)):
                    raise broken
                content = json.loads(archive.read(DESCRIPTION))
                entry = entry_from_json(Path(path.stem), content)
                card = archive.read(CARD).decode("utf-8")
                if sum(archive.getinfo(f.name).file_size for f in entry.files) > LIMIT_BYTES:
                    raise broken
                for item in entry.files:  # plain names only, which `entry_from_json` has checked
                    with archive.open(item.name) as source, (folder / item.name).open("wb") as out:
                        shutil.copyfileobj(source, out, 1 << 20)
        except (OSError, RestorerError):
            raise
        except Exception as error:  # a damaged or locked archive can fail in every way
            raise broken from error
        try:
            verify(replace(entry, folder=folder))
        except WeightsError as error:
            raise broken from error
        named = (told or Told()).about(entry)
        if trial is not None:
            trial(replace(entry, folder=folder))
        return add(folder, named, card)
