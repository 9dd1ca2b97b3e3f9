"""The commands `restorer-train finetune` and `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from restorer.jobs import Progress

PATH = click.Path(path_type=Path)
SEED, THREADS = click.IntRange(0, 2**31 - 1), click.IntRange(0, 1024)  # what the libraries take


def describe(p: Progress) -> str:
    """One line about a running fine-tuning."""
    from training.tuning.tuner import TuneLog

    log = p.detail
    if not isinstance(log, TuneLog):
        return p.message
    losses = " ".join(f"{k} {v:.4f}" for k, v in log.losses.items())
    return (
        f"step {log.step}/{log.steps}  {losses}  |  "
        f"gain {log.user_gain:+.3f}, replay {log.replay_gain:+.3f}  |  "
        f"{log.seconds_left / 60:.0f} minutes left"
    )


@click.command()
@click.option("--data", type=PATH, multiple=True, required=True, help="Folder of your photographs.")
@click.option("--model", default="repair", show_default=True, help="Model to start from, or a task.")
@click.option("--out", "name", required=True, help="Name of the new model in the library.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="About how long to learn; default: by preset."
)
@click.option("--steps", type=click.IntRange(1), help="Learn for so many steps instead.")
@click.option(
    "--preset", type=click.Choice(["quick", "balanced", "thorough"]), default="balanced", show_default=True
)
@click.option("--masks", type=PATH, help="Detection: folder of corrected masks, named like the photographs.")
@click.option("--held-out", type=PATH, help="Folder to judge by; default: a fifth of --data, by scene.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Of each process.")
@click.option("--crop", "crop_px", type=int, default=128, show_default=True, help="Side in pixels.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Peak learning rate.")
@click.option("--pull", type=click.FloatRange(0), default=0.5, show_default=True, help="L2-SP strength.")
@click.option("--replay-share", type=click.FloatRange(0, 0.9), default=0.2, show_default=True)
@click.option(
    "--loss", "losses", multiple=True, metavar="NAME=WEIGHT", help="Instead of the usual losses: l1, l2, "
    "log_mse, pyramid to repair, bce, dice to detect; repeat it."
)  # fmt: skip
@click.option(
    "--layers", type=click.Choice(["all", "first", "last", "biases"]), default="all", show_default=True,
    help="Which learn; a half is counted in weights."
)  # fmt: skip
@click.option("--overlays", type=PATH, help="Folder of real artefacts as alpha masks.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto")
@click.option("--threads", type=THREADS, default=0, help="CPU threads; 0 = all.")
@click.option("--seed", type=SEED, default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on with the unfinished training of that name.")
@click.option("--restart", is_flag=True, help="Discard the unfinished training of that name first.")
@click.option("--force", is_flag=True, help="Save the model even if it is not better; it is marked so.")
@click.option("--default", "make_default", is_flag=True, help="Use it from now on if it was saved.")
def finetune(
    data: tuple[Path, ...], name: str, losses: tuple[str, ...], resume: bool, restart: bool, force: bool,
    make_default: bool, **options: Any,
) -> None:  # fmt: skip
    """Fine-tune a model on your own photographs; it is saved only if it is better on others of them.

    Ctrl+C keeps a checkpoint from which --resume goes on. A processor is used by several processes;
    for several graphics cards or machines: torchrun -m training finetune.
    """
    from restorer.library.store import set_default
    from training.console import interruptible
    from training.tuning.crew import finetune as run
    from training.tuning.setup import FinetuneConfig

    if resume and restart:
        raise click.UsageError("--resume and --restart exclude each other.")
    options |= {option: options[option] or 0 for option in ("minutes", "steps", "rate")}
    config = FinetuneConfig(folders=data, name=name, losses=_weights(losses), **options)
    with interruptible(describe) as ctx:
        outcome = run(config, ctx, resume=resume, restart=restart, force=force)
    if outcome is None:  # not the first of several processes
        return
    for line in (outcome.verdict.user, *outcome.verdict.guards):
        click.echo(str(line))
    click.echo(outcome.verdict.sentence)
    if outcome.entry is None:
        click.echo("Nothing was saved; --resume --force saves it all the same, --restart discards it.")
        return
    click.echo(f"Saved as '{outcome.entry.id}'" + (", against the verdict." if outcome.entry.forced else "."))
    if make_default:
        set_default(outcome.entry.id)


def _weights(given: tuple[str, ...]) -> dict[str, float]:
    """NAME=WEIGHT, several times."""
    weights: dict[str, float] = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError as error:
            raise click.BadParameter(f"'{text}' is not NAME=WEIGHT.", param_hint="--loss") from error
    return weights


@click.command()
@click.option("--data", type=PATH, required=True, help="Folder of photographs with manifest.csv.")
@click.option("-o", "--output", type=PATH, required=True, help="New folder for the crops.")
@click.option("--seed", type=SEED, default=5, show_default=True)
def replay(data: Path, output: Path, seed: int) -> None:
    """Cut the replay set of fine-tuning out of public-domain photographs."""
    from training.data.replay import build_replay

    click.echo(f"{build_replay(data, output, seed)} crops in {output}.")
