"""The command line `restorer-train`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from restorer.cli.entry import OneSentence, end_as_by_ctrl_c
from restorer.cli.options import NumberRange
from restorer.jobs import JobContext
from training.console import LiveLine, interruptible
from training.tuning.command import SEED, THREADS, finetune, replay

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Train Restorer's networks, measure them, and put them into the model library."""
    end_as_by_ctrl_c()


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--task", type=click.Choice(["repair", "detect"]), required=True),
            click.option("--arch", help="Architecture; default: the shipped one of the task."),
            click.option("--data", type=PATH, required=True, help="Folder of photographs, searched through."),
            click.option(
                "--out", type=PATH, required=True, help="Folder for checkpoints, weights and log.jsonl."
            ),
            click.option(
                "--minutes", type=click.FloatRange(0), default=0.0, help="Train for so long in all."
            ),
            click.option(
                "--clock",
                type=click.Choice(["wall", "cpu"]),
                default="wall",
                help="What minutes are counted by; cpu: processor time, for fair comparisons.",
            ),
            click.option(
                "--steps", type=click.IntRange(0), default=0, help="Train for so many steps in all."
            ),
            click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out."),
            click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto"),
            click.option("--threads", type=THREADS, default=0, help="CPU threads; 0 = all."),
            click.option(
                "--workers", type=click.IntRange(0), help="Processes that prepare batches; default by device."
            ),
            click.option("--recipe", help="Losses, critic and masks by name; default: those of --arch."),
            click.option("--batch", type=click.IntRange(1), help="Crops per step; default by recipe, or 16."),
            click.option(
                "--crop",
                "crop_px",
                type=int,
                default=128,
                show_default=True,
                help="Side of a crop in pixels.",
            ),
            click.option("--rate", type=float, help="Peak learning rate; default by recipe, or 0.001."),
            click.option(
                "--adversarial-share", type=float, help="Last share that is adversarial; default by recipe."
            ),
            click.option(
                "--overlays", type=PATH, help="Folder of real artefacts as alpha masks (film/<kind>/*.png)."
            ),
            click.option(
                "--labels", type=PATH, multiple=True, help="Folder with masks/ and ignore/ for photographs."
            ),
            click.option("--init", type=PATH, help="Weights to start from."),
            click.option(
                "--keep",
                "kept",
                multiple=True,
                metavar="LAYERS",
                help="Layers of --init that stay, by the beginning of their names.",
            ),
            click.option("--compact", type=PATH, help="Older weights that a compact update shall lead from."),
            click.option(
                "--cache", type=PATH, help="Folder for the decoded photographs; default: OUT/cache."
            ),
            click.option("--seed", type=SEED, default=1, show_default=True),
            click.option("--validate-every", type=click.IntRange(1), default=300, show_default=True),
        )
    ):
        command = option(command)
    return command


@main.command()
@_options
def fit(resume: bool, arch: str | None, recipe: str | None, workers: int | None, **settings: Any) -> None:
    """Train a network; Ctrl+C keeps a checkpoint from which --resume goes on."""
    from restorer.device import choose_device
    from restorer.models import DEFAULT_ARCHITECTURE
    from training.fitting.config import TrainConfig
    from training.fitting.recipes import RECIPES
    from training.fitting.trainer import fit as run

    if workers is None:  # a GPU must not wait for crops; a CPU has no core to spare for them
        workers = 12 if choose_device(settings["device"]).torch.type == "cuda" else 0
    arch = arch or DEFAULT_ARCHITECTURE[settings["task"]]
    taught = RECIPES.get(recipe or arch, RECIPES[DEFAULT_ARCHITECTURE["repair"]])
    for name in ("batch", "rate", "adversarial_share"):
        settings[name] = getattr(taught, name) if settings[name] is None else settings[name]
    config = TrainConfig(arch=arch, workers=workers, recipe=recipe or "", **settings)
    with interruptible() as ctx:
        state = run(config, ctx, resume)
    if state is None:  # not the first of several processes
        return
    click.echo(
        f"{state.step} steps in {state.seconds / 60:.1f} minutes; weights and log are in {config.out}."
    )


@main.command()
@click.option("--run", type=PATH, required=True, help="Folder of a finished training.")
@click.option(
    "--library", type=PATH, help="Folder of a library to ship; default: your own, where --model finds it."
)
@click.option("--id", "model_id", required=True)
@click.option("--title", required=True)
@click.option("--command", "repeat", required=True, help="The command that repeats the training.")
@click.option("--data", type=FOLDER, required=True, help="Folder of the photographs, with manifest.csv.")
@click.option("--scores", type=PATH, help="JSON object of measured figures.")
@click.option("--notes", type=PATH, help="Markdown for the model card.")
def publish(
    run: Path,
    library: Path | None,
    model_id: str,
    title: str,
    repeat: str,
    data: Path,
    scores: Path | None,
    notes: Path | None,
) -> None:
    """Put the weights of a run into a model library, with manifest entry and model card."""
    from training.data.photos import licences
    from training.fitting.publish import (
        Publication,
        publish as enter,
        publish_to_user,
        read_notes,
        read_scores,
    )

    publication = Publication(
        id=model_id,
        title=title,
        command=repeat,
        trained_on=licences(data),
        scores=read_scores(scores) if scores else {},
        notes=read_notes(notes) if notes else "",
    )
    if library is None:
        click.echo(f"'{publish_to_user(run, publication).id}' is in your library.")
        return
    entry = enter(run, library, publication)
    click.echo(f"{entry['id']}: {len(entry['files'])} files in {library}.")


@main.command()
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@click.argument("out", type=PATH)
@click.option(
    "--share", "shares", multiple=True, metavar="ROLE=SHARE", default=("fidelity=1",), show_default=True,
    help="How much of the change an end of the model gets.",
)  # fmt: skip
def compact(old: Path, new: Path, out: Path, shares: tuple[str, ...]) -> None:
    """Write what the weights NEW learnt since OLD into the small file OUT, at a few bits for each."""
    from training.fitting.publish import write_update

    size = write_update(old, new, out, shares)
    click.echo(f"{out}: {size:,} bytes.")


@main.command()
@click.option("--task", type=click.Choice(["repair", "detect"]), default="repair", show_default=True)
@click.option("--photos", type=PATH, required=True)
@click.option(
    "--masks", type=PATH, required=True, help="Folder of masks, for repair maybe with one per family."
)
@click.option(
    "--models", required=True, help="Names with commas: repair,repair@0,telea,ns,biharmonic,pushpull,relaxed."
)
@click.option("--json", "json_file", type=PATH, help="Write all figures.")
@click.option("--sheet", type=PATH, help="Write a picture sheet (PNG or JPEG).")
@click.option("--limit", type=click.IntRange(0), default=0, help="Measure only so many photographs.")
@click.option("--detail", type=NumberRange(0, 1))
@click.option("--one-view", is_flag=True, help="Networks without the self-ensemble at detail 0.")
@click.option("--peers", type=PATH, help="JSON with figures of other methods to compare with.")
@click.option("--ignore", type=FOLDER, help="Folder of masks of undecided pixels.")
@click.option("--index", type=PATH, help="CSV with id, kind and share_masked.")
@click.option("--sensitivity", type=NumberRange(0, 1))
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto")
def evaluate(models: str, json_file: Path | None, **options: Any) -> None:
    """Measure networks and classical methods on the same photographs and masks."""
    from training.measuring.evaluate import EvaluateOptions, run_evaluate

    names = tuple(name.strip() for name in models.split(",") if name.strip())
    with LiveLine() as line:
        run_evaluate(EvaluateOptions(models=names, json=json_file, **options), JobContext(line.show))


@main.command()
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="JSON...")
@click.option("--figure", default="psnr_hole", show_default=True)
def compare(files: tuple[Path, ...], figure: str) -> None:
    """Print one Markdown table of several measurements of repairs on the same photographs."""
    from training.measuring.compare import markdown, merge

    figures, photos = merge(files, figure)
    click.echo(markdown(figures, figure))
    click.echo(f"Means over {len(photos)} photographs: {', '.join(photos)}.", err=True)


@main.command()
@click.option("--data", type=FOLDER, required=True, help="Folder of photographs to learn from.")
@click.option("--photos", type=FOLDER, required=True, help="Folder of photographs to measure.")
@click.option("--masks", type=FOLDER, required=True, help="Folder with a folder of masks per family.")
@click.option("--out", type=PATH, required=True, help="New folder, or one to go on in.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Processor time for each.")
@click.option("--steps", type=click.IntRange(1), help="Steps for each, instead of minutes.")
@click.option("--batch", type=click.IntRange(1), help="Crops per step; default by recipe.")
@click.option("--arch", "archs", multiple=True, help="One of several architectures; default: all.")
@click.option("--limit", type=click.IntRange(0), default=0, help="Measure only so many photographs.")
@click.option(
    "--at-once", type=click.IntRange(1), default=1, show_default=True, help="Processes of one thread."
)
def family(
    minutes: float | None, steps: int | None, batch: int | None, archs: tuple[str, ...], **options: Any
) -> None:
    """Train every generator for one budget and measure them beside the classical methods."""
    from training.measuring.family import GENERATORS, FamilyOptions, compare_family

    if (minutes is None) == (steps is None):
        raise click.UsageError("Give either --minutes or --steps.")
    budget = ("--minutes", str(minutes), "--clock", "cpu") if minutes else ("--steps", str(steps))
    budget += () if batch is None else ("--batch", str(batch))
    with interruptible() as ctx:
        text = compare_family(FamilyOptions(budget=budget, archs=archs or GENERATORS, **options), ctx)
    click.echo(text, nl=False)


@main.command()
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN...")
@click.option("-o", "--output", type=PATH, required=True, help="PNG to write.")
@click.option("--figures", default="psnr_hole,l1", show_default=True, help="Keys of the log, with commas.")
@click.option("--against", type=click.Choice(["minutes", "step"]), default="minutes", show_default=True)
def curves(runs: tuple[Path, ...], output: Path, figures: str, against: str) -> None:
    """Draw the curves of trainings from their log.jsonl."""
    from training.measuring.curves import draw_curves

    draw_curves(runs, output, [name.strip() for name in figures.split(",") if name.strip()], against)
    click.echo(str(output))


@main.command("preview-damage")
@click.option("--data", type=PATH, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="PNG to write.")
@click.option("--overlays", type=PATH)
@click.option("--seed", type=SEED, default=1, show_default=True)
def preview_damage(data: Path, output: Path, overlays: Path | None, seed: int) -> None:
    """Show what synthetic damage looks like on the photographs of a folder."""
    from training.tuning.preview import write_sheet

    write_sheet(data, output, overlays, seed)
    click.echo(str(output))


main.add_command(finetune)
main.add_command(replay)

if __name__ == "__main__":
    main()
