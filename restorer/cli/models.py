"""The commands `restorer models ...`: the library of weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from restorer.cli.options import PATH
from restorer.errors import InputError, WeightsError


@click.group()
def models() -> None:
    """The model library: shipped, fine-tuned and imported models."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
def models_list(as_json: bool) -> None:
    """List the installed models; * marks the default of its task."""
    from restorer.library.store import read_library

    found = read_library()
    if as_json:
        values = [{**asdict(m), "folder": str(m.folder)} for m in found.models]
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    for m in found.models:
        size = sum(f.bytes for f in m.files) / 2**20
        mark = ("*" if m.default else " ") + ("!" if m.forced else " ")
        click.echo(
            f"{mark}{m.id:<20} {m.task:<8} {m.architecture:<14} {size:6.1f} MiB  {m.source:<10} "
            f"{m.date}  {m.licence:<11} {m.title}"
        )
    if found.unread:
        click.echo(found.unread, err=True)
    for name, reason in found.damaged:
        hint = f" 'restorer models delete {name}' removes it." if reason.endswith("is damaged.") else ""
        click.echo(f"{name}: {reason}{hint}", err=True)


@models.command("show")
@click.argument("model_id")
@click.option("--card", is_flag=True, help="The model card instead.")
def models_show(model_id: str, card: bool) -> None:
    """Show everything known about one model."""
    from restorer.library.store import get, read_card

    entry = get(model_id)
    if card:
        text = read_card(entry)
        if not text:
            raise InputError(f"The model '{model_id}' has no card.")
        click.echo(text)
        return
    values = {k: v for k, v in asdict(entry).items() if k != "folder"}
    click.echo(json.dumps(values, indent=2, ensure_ascii=False))


@models.command("verify")
@click.argument("model_id", required=False)
def models_verify(model_id: str | None) -> None:
    """Check that the weight files are whole."""
    from restorer.library.store import get, read_library
    from restorer.library.weights import verify

    found = read_library()
    broken: list[WeightsError] = []
    for entry in [get(model_id)] if model_id else found.models:
        try:
            verify(entry)
        except WeightsError as error:  # the others are of interest too
            broken.append(error)
            click.echo(f"{entry.id}: damaged")
        else:
            click.echo(f"{entry.id}: whole")
    if broken:
        raise broken[0]
    if found.damaged and not model_id:
        raise WeightsError(found.damaged[0][1], f"'restorer models delete {found.damaged[0][0]}' removes it.")


@models.command("import")
@click.argument("source", metavar="FILE_OR_ADDRESS")
@click.option("--id", "model_id", help="Name in the library; default: from the file's name.")
@click.option("--title", help="For a person; default: what it is.")
@click.option("--licence", default="unknown", show_default=True, help="As its author states it.")
@click.option("--sha256", help="Checksum of the file; needed for an address.")
def models_import(
    source: str, model_id: str | None, title: str | None, licence: str, sha256: str | None
) -> None:
    """Add weights made elsewhere (.safetensors, .pth, .pt) or exported (.restorer-model), after a trial run.

    No code in the file is run. An https address is downloaded first, if its checksum is given; an interrupted
    download goes on where it stopped.
    """
    from restorer.cli.progress import progress_bar
    from restorer.library.download import fetch_model, is_address
    from restorer.library.importing import ImportOptions, import_model
    from restorer.library.store import twins

    options = ImportOptions(model_id, title, licence, sha256, source if is_address(source) else "")
    with progress_bar("Importing") as ctx:
        if is_address(source):
            entry = fetch_model(source, options, ctx)
        else:
            entry = import_model(Path(source), options, ctx)
    architecture = entry.hyper_parameters.get("architecture", entry.architecture)
    click.echo(f"{entry.id}: {architecture}, task {entry.task}, licence {entry.licence}.")
    if entry.task not in ("repair", "detect"):
        click.echo(f"Nothing here uses models of the task '{entry.task}' yet; it is kept.", err=True)
    if others := twins(entry):
        click.echo(f"The same weights are in the library as {', '.join(others)} already.", err=True)


@models.command("export")
@click.argument("model_id")
@click.argument("target", type=PATH)
def models_export(model_id: str, target: Path) -> None:
    """Write a model into one file, with its description and card."""
    from restorer.library.package import export

    click.echo(str(export(model_id, target)))


@models.command("rename")
@click.argument("model_id")
@click.argument("new_id")
def models_rename(model_id: str, new_id: str) -> None:
    """Give one of your models another name."""
    from restorer.library.store import rename

    click.echo(f"{model_id} is now {rename(model_id, new_id).id}.")


@models.command("delete")
@click.argument("model_id")
def models_delete(model_id: str) -> None:
    """Delete one of your models; shipped ones stay."""
    from restorer.library.store import delete

    delete(model_id)
    click.echo(f"{model_id} was deleted.")


@models.command("default")
@click.argument("model_id")
def models_default(model_id: str) -> None:
    """Use a model from now on for its task."""
    from restorer.library.store import set_default

    entry = set_default(model_id)
    click.echo(f"{entry.id} is the default for {entry.task}.")


@models.command("rollback")
@click.argument("task")
def models_rollback(task: str) -> None:
    """Go back to the default before the present one."""
    from restorer.library.store import rollback

    click.echo(f"{rollback(task).id} is the default for {task} again.")
