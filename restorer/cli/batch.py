"""`restorer batch` and `restorer replay`."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from restorer.cli.options import DEVICES, PATH, NumberRange
from restorer.errors import InputError, OutputError
from restorer.jobs import Cancelled, JobContext, Progress

if TYPE_CHECKING:
    from restorer.batch.run import Batch, BatchSummary
    from restorer.record.recipe import Recipe

FORMATS = click.Choice(["source", "JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIC"], case_sensitive=False)
MOST_NOTICES = 6  # that are told at the end
GIB_EACH = 2.0  # memory for one worker and its share of photographs
NAMING = {"template": "--name", "format": "--format", "existing": "--existing"}  # options by field


@click.command()
@click.argument("paths", nargs=-1, type=PATH, metavar="[PATHS]...")
@click.option("--out", type=PATH, required=True, help="Folder for results, reports, thumbnails and masks.")
@click.option("--recipe", type=PATH, help="What is done, as JSON. Default: find and fill.")
@click.option("--resume", is_flag=True, help="Go on with the batch in that folder, and add PATHS to it.")
@click.option("--retry-failed", is_flag=True, help="Go on, and try again what failed.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Processes on this computer. Default: as many as are faster.",
)
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@click.option("--watch", is_flag=True, help="Wait for further photographs in PATHS; Ctrl+C ends it.")
@click.option(
    "--dask", metavar="ADDRESS", help="Let the workers of a Dask cluster do it; 'local' starts one."
)
@click.option("--name", "template", help="Names of results: {stem}, {n}, {folder}, {model} and plain text.")
@click.option("--format", "kind", type=FORMATS, help="Format of the results. Default: that of the source.")
@click.option(
    "--existing",
    type=click.Choice(["number", "skip"]),
    help="Where a file of that name is there: the result gets a number (default), or none is made.",
)
@click.option("--sidecars", is_flag=True, help="Write for each result what 'restorer replay' needs.")
@click.option(
    "--megapixels",
    type=NumberRange(1),
    default=100.0,
    show_default=True,
    help="How many may be in memory at once.",
)
def batch(paths: tuple[Path, ...], watch: bool, retry_failed: bool, resume: bool, **options: Any) -> int:
    """Put many photographs through one recipe: files, folders, patterns.

    Folders keep their tree. Interrupted at any moment, it goes on with --resume. Exit codes: 0 all done,
    3 some failed, 2 bad arguments, 130 cancelled.
    """
    from restorer.batch.named import named
    from restorer.batch.run import Batch, is_batch
    from restorer.cli.commands import run_recipe, with_models

    going_on = (resume or retry_failed) and is_batch(options["out"])
    if not paths and (watch or not going_on):
        if (resume or retry_failed) and not watch:
            raise InputError(
                f"There is no batch in '{options['out']}' yet.", "Name photographs to begin one."
            )
        raise InputError("No photographs were named.", "Name files, folders or patterns.")
    settings = _settings(paths, going_on, options)
    if not watch:
        _check_patterns(paths, going_on, options["out"])
    with Batch(settings, run_recipe, resume=going_on) as running:
        _check_naming(running, options)
        _check_use(running.recipe, options)
        if not paths and not named(running.queue) and not any(running.counts().values()):
            raise InputError("No photographs were named.", "Name files, folders or patterns.")
        if paths or retry_failed or running.counts()["waiting"]:
            with_models(running.recipe)  # one that is gone is told once, not by every photograph
        try:
            summary = _run(running, paths, watch, retry_failed)
        except OutputError as error:  # the arguments were right; the disk went full, or away
            click.echo(f"Stopped before the end: {error}", err=True)
            return 3
    _tell(summary)
    return summary.exit_code


def _settings(paths: tuple[Path, ...], going_on: bool, options: dict[str, Any]) -> Any:
    """The settings; arguments that cannot be used are found before anything is created."""
    from restorer.batch.cluster import check_installed
    from restorer.batch.files import Naming, check_sources
    from restorer.batch.run import BatchSettings
    from restorer.cli.commands import with_models
    from restorer.device import choose_device
    from restorer.record.recipe import default_recipe, load_recipe

    if options["dask"] is not None and options["workers"] is not None:
        raise InputError("A cluster has its own number of workers.", "Leave out --workers.")
    if options["dask"] is not None:
        check_installed()
    check_sources(paths, options["out"])
    recipe = load_recipe(options["recipe"]) if options["recipe"] else None
    if recipe is None and not going_on:
        recipe = default_recipe()
    if recipe is not None:
        _check_use(recipe, options)
        recipe = with_models(recipe)
    naming = None
    if recipe is not None and not going_on:
        given = _given_naming(options)
        stage = recipe.stage("repair")
        naming = Naming(**given, model=stage["model"] if stage else recipe.stages[-1].name)
        naming.check()
    device = options["device"]
    if options["dask"] is None:  # the computers of a cluster choose for themselves
        device = choose_device(device).torch.type
    return BatchSettings(
        out=options["out"],
        recipe=recipe,
        naming=naming,
        device=device,
        workers=options["workers"] or _workers(device),
        megapixels=options["megapixels"],
        sidecars=options["sidecars"],
        cluster=options["dask"],
    )


def _check_patterns(paths: tuple[Path, ...], going_on: bool, out: Path) -> None:
    """Tell of patterns that match nothing; where there is nothing else to be done, as an InputError."""
    from restorer.batch.files import is_pattern, matches_any
    from restorer.batch.passed import passed_over, told

    vain = [p for p in paths if is_pattern(str(p)) and not matches_any(p, out)]
    if vain and len(vain) == len(paths) and not going_on:
        listed = ", ".join(f"'{p}'" for p in vain)
        others = told(passed_over(vain, out))
        if others:
            raise InputError(f"No photograph matches {listed}.", others)
        raise InputError(f"No photograph matches {listed}.", "Check the pattern, or name files and folders.")
    for path in vain:
        click.echo(f"'{path}' matches no photograph.", err=True)


def _given_naming(options: dict[str, Any]) -> dict[str, str]:
    """What of the naming was given, by name of the field."""
    given = {"template": options["template"], "format": options["kind"], "existing": options["existing"]}
    return {key: value for key, value in given.items() if value is not None}


def _check_naming(running: Batch, options: dict[str, Any]) -> None:
    """Raise InputError where another naming is asked for than that of the batch that is gone on with."""
    from restorer.batch.run import begun_with_another

    for key, value in _given_naming(options).items():
        agreed = getattr(running.naming, key)
        if agreed != value:
            raise begun_with_another(f"{NAMING[key]}: {agreed}", running.out)


def _check_use(recipe: Recipe, options: dict[str, Any]) -> None:
    """Raise InputError where an option is about results and the recipe makes none."""
    given = [name for name, key in (("--sidecars", "sidecars"), ("--format", "kind")) if options[key]]
    if given and recipe.stage("repair") is None:
        raise InputError(
            "The recipe only searches: it writes masks and no results.", f"Leave out {', '.join(given)}."
        )


def _workers(device: str) -> int:
    """Processes with which a batch is fastest: one for a graphics card, several on the processor."""
    from restorer.processes import cores, memory_gib

    if device != "cpu":
        return 1
    # One core each: a network gains less from further cores than a batch does from further photographs.
    return max(1, min(cores(), int(memory_gib() / GIB_EACH)))


def _run(running: Batch, paths: tuple[Path, ...], watch: bool, retry_failed: bool) -> BatchSummary:
    from restorer.batch.passed import passed_over

    with _bar() as ctx:
        try:
            running.add_remembered(ctx, more=bool(paths) or retry_failed)
            if retry_failed:
                running.retry_failed()
            if watch:
                return running.watch(paths, ctx)
            if paths:
                running.add(paths, ctx)
            return running.run(ctx)
        except (KeyboardInterrupt, Cancelled):
            click.echo(f"Stopped. Go on with: {_again(running.out, paths if watch else ())}", err=True)
            with contextlib.suppress(OutputError):  # the drive may be what is gone
                _tell_counts(running.out, running.counts())
            if watch:  # the normal end
                _tell_passed(passed_over(paths, running.out))
            raise


def _again(out: Path, watched: tuple[Path, ...], how: str = "--resume") -> str:
    """The command that goes on, from whatever folder, and watches what was watched."""
    from restorer.batch.files import full_path

    named = [_quoted(full_path(path)) for path in watched]
    return " ".join(
        ["restorer batch", *named, *(["--watch"] if named else []), f"{how} --out {_quoted(out)}"]
    )


def _quoted(path: Path) -> str:
    """A path as the shell takes it for one word."""
    return subprocess.list2cmdline([str(path)]) if os.name == "nt" else shlex.quote(str(path))


def _tell(summary: BatchSummary) -> None:
    from restorer.batch.report import of_photographs

    _tell_counts(summary.out, summary.counts)
    if clean := summary.counts["clean"]:
        left = "looks clean and was left as it is" if clean == 1 else "look clean and were left as they are"
        click.echo(f"{of_photographs(clean)} {left}.", err=True)
    for text, count in list(summary.notices.items())[:MOST_NOTICES]:
        click.echo(f"{of_photographs(count)}: {text}", err=True)
    if len(summary.notices) > MOST_NOTICES:
        click.echo("Further notices are in the report.", err=True)
    _tell_passed(summary.passed)
    if summary.counts["failed"]:
        click.echo(f"Try again what failed with: {_again(summary.out, (), '--retry-failed')}", err=True)
    if summary.stopped:
        click.echo(f"Stopped before the end: {summary.stopped}", err=True)


def _tell_counts(out: Path, counts: Mapping[str, int]) -> None:
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    click.echo(f"{out / 'report.html'}: {told or 'no photographs found'}.")


def _tell_passed(passed: Mapping[str, int]) -> None:
    from restorer.batch.passed import told

    if passed:
        click.echo(told(passed), err=True)


@contextlib.contextmanager
def _bar() -> Iterator[JobContext]:
    """A bar on a terminal; lines for what failed everywhere."""
    from restorer.batch.run import ItemChange

    def failure(p: Progress) -> str:
        item = p.detail.item if isinstance(p.detail, ItemChange) else None
        return f"{item.path}: {item.error}" if item is not None and item.state == "failed" else ""

    if not sys.stderr.isatty():
        yield JobContext(lambda p: click.echo(text, err=True) if (text := failure(p)) else None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bar, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[left]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Listing", total=1.0, left="")

        def show(p: Progress) -> None:
            if text := failure(p):  # above the bar, which `echo` would write into
                bar.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
            left = _left(p.detail) if isinstance(p.detail, ItemChange) else ""
            bar.update(task, completed=p.fraction or 0.0, description=p.message, left=left)

        yield JobContext(show)


def _left(change: Any) -> str:
    if change.seconds_left is None:
        return ""
    minutes = change.seconds_left / 60
    left = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
    left = left if minutes >= 1 else "under 1 min"
    return f"{change.per_minute:.1f} a minute, {left} left"


@click.command()
@click.argument("sidecar", type=PATH)
@click.option("--source", type=PATH, help="The photograph, where it has moved.")
@click.option("-o", "--output", type=PATH, help="File to write. Default: only compare.")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
def replay(sidecar: Path, source: Path | None, output: Path | None, device: str) -> int:
    """Make a result again from its sidecar and compare; exit code 3 if pixels or the result's file differ."""
    from restorer.cli.replay import look_at_result, replay_one
    from restorer.device import is_available
    from restorer.record.report import PhotoReport
    from restorer.record.sidecar import read_sidecar

    record = read_sidecar(sidecar)
    expected = record.device_class
    if device == "auto" and expected and is_available(expected):
        device = expected
    entry = PhotoReport(str(sidecar))
    unchanged, told = look_at_result(record)
    same = replay_one(sidecar, source, output, device, entry, JobContext())
    for notice in filter(None, (*entry.notices, told)):
        click.echo(f"{sidecar}: {notice}", err=True)
    if entry.output is not None:
        click.echo(f"{entry.output}: written.")
    if same and unchanged:
        click.echo(f"{sidecar}: the same pixels.")
        return 0
    if same:
        click.echo(f"{sidecar}: the same pixels again, but not in the file that was written.", err=True)
        return 3
    other = expected not in ("", entry.device_class)
    why = (
        f" It was made on {expected}, this is {entry.device_class}: try --device {expected}." if other else ""
    )
    click.echo(f"{sidecar}: other pixels.{why}", err=True)
    return 3
