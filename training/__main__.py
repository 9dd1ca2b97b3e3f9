"""The command line `restorer-train`."""

from __future__ import annotations

from pathlib import Path

import click

from training.config import TrainConfig


@click.group()
def main() -> None:
    """Train Restorer's networks."""


@main.command()
@click.option("--task", type=click.Choice(["repair", "detect"]), required=True)
@click.option("--arch", default=None)
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--minutes", type=float, default=0.0)
@click.option("--steps", type=int, default=0)
@click.option("--resume", is_flag=True)
@click.option("--device", default="auto")
@click.option("--threads", type=int, default=0)
@click.option("--workers", type=int, default=0)
@click.option("--batch", type=int, default=16)
@click.option("--crop", type=int, default=128)
@click.option("--rate", type=float, default=1e-3)
@click.option("--adversarial-share", type=float, default=0.35)
@click.option("--overlays", type=click.Path(path_type=Path), default=None)
@click.option("--labels", type=click.Path(path_type=Path), multiple=True)
@click.option("--init", type=click.Path(path_type=Path), default=None)
@click.option("--seed", type=int, default=1)
@click.option("--validate-every", type=int, default=300)
def fit(task, arch, data, out, minutes, steps, resume, device, threads, workers, batch, crop, rate,
        adversarial_share, overlays, labels, init, seed, validate_every) -> None:
    """Train a network."""
    from restorer.jobs import JobContext
    from restorer.models import DEFAULT_ARCHITECTURE
    from training.trainer import fit as run

    config = TrainConfig(task=task, arch=arch or DEFAULT_ARCHITECTURE[task], data=data, out=out, minutes=minutes,
        steps=steps, device=device, threads=threads, workers=workers, batch=batch, crop_px=crop, rate=rate,
        adversarial_share=adversarial_share, overlays=overlays, labels=labels, init=init, seed=seed,
        validate_every=validate_every)
    run(config, JobContext(), resume)


if __name__ == "__main__":
    main()
