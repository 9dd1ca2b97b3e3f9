"""The command line `restorer`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import click
    from click.core import ParameterSource

    from restorer import __version__
    from restorer.cli.batch import batch, replay
    from restorer.cli.entry import OneSentence, complain, end_as_by_ctrl_c
    from restorer.cli.models import models
    from restorer.cli.options import DEVICES, PATH, NumberRange
    from restorer.cli.progress import progress_bar
    from restorer.errors import InputError, OutputError, RestorerError
except KeyboardInterrupt:  # no command has begun yet that could end with it
    sys.stderr.write("Cancelled.\n")
    sys.exit(130)


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="restorer")
def main() -> None:
    """Repair old photographs on your own computer. Nothing outside the mask changes; no file is
    overwritten."""
    end_as_by_ctrl_c()


def _sensitivity(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--sensitivity",
        type=NumberRange(0, 1),
        default=0.5,
        show_default=True,
        help="More finds fainter damage.",
    )(command)


@main.command()
@click.argument("photos", nargs=-1, required=True, type=PATH, metavar="PHOTO...")
@click.option("-o", "--output", type=PATH, help="File to write, or a folder. Default: beside the source.")
@click.option(
    "--mask", type=PATH, help="Repair what is white in this picture, and a rim of it, instead of searching."
)
@click.option("--save-mask", type=PATH, help="Write the mask as it was repaired, widened (PNG or TIFF).")
@_sensitivity
@click.option("--model", help="Repair model; see 'restorer models list'.")
@click.option(
    "--detail", type=NumberRange(0, 1), show_default="0.8",
    help="0 = smooth and most probable; above, grain, and texture from elsewhere in wide holes.",
)  # fmt: skip
@click.option(
    "--grow", type=click.IntRange(0, 64), show_default="2", help="Pixels by which the mask is widened."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Another seed, another texture.",
)
@click.option(
    "--study",
    type=NumberRange(0, 3600),
    default=0.0,
    metavar="SECONDS",
    help="Let the model practise on the undamaged parts of each photograph first.",
)
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@click.option("--report", type=PATH, help="Write what was done as JSON.")
@click.option("--sidecar", is_flag=True, help="Write beside the result what 'restorer replay' needs.")
def repair(photos: tuple[Path, ...], output: Path | None, report: Path | None, **options: Any) -> int:
    """Find and fill damage; write new files in which nothing else has changed."""
    from restorer.cli.commands import RepairOptions, check_targets, photographs_of, repair_one
    from restorer.record.report import PhotoReport, write_report

    given = click.get_current_context().get_parameter_source("sensitivity")
    if options["mask"] and given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--mask tells what to repair, so there is nothing to find with --sensitivity.")
    settings = RepairOptions(**options)
    photos, beside = photographs_of(photos)
    for path in beside:
        click.echo(f"{path}: belongs to a result and is no photograph; passed over.", err=True)
    targets = check_targets(photos, output, settings, report)
    reports: list[PhotoReport] = []
    worst = 0
    try:
        for source, target in zip(photos, targets, strict=True):
            entry = PhotoReport(str(source))
            try:
                with progress_bar(source.name) as ctx:
                    repair_one(source, target, settings, entry, ctx)
            except RestorerError as error:
                complain(error)
                entry.error, entry.state = str(error), "failed"
                worst = max(worst, error.exit_code)
            reports.append(entry)
            if entry.error is None:
                _tell(entry)
    finally:  # what was done before Ctrl+C is told as well
        if report and reports:
            write_report(report, reports, __version__)
        if len(photos) > 1 and reports:
            _tell_count(reports, len(photos))
    return worst


def _tell_count(reports: list[Any], named: int) -> None:
    """How it went, in one line after many."""
    failed = sum(entry.error is not None for entry in reports)
    clean = sum(entry.error is None and entry.state == "clean" for entry in reports)
    counts = {
        "repaired": len(reports) - failed - clean, "clean": clean, "failed": failed,
        "not reached": named - len(reports),
    }  # fmt: skip
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    click.echo(f"{named} photographs: {told}.", err=True)


def _tell(entry: Any) -> None:
    for notice in entry.notices:
        click.echo(f"{entry.source}: {notice}", err=True)
    if entry.state == "clean":
        click.echo(f"{entry.source}: looks clean, nothing to repair; no file was written.")
        return
    from restorer.image.saving import is_lossless

    outside, wider = entry.changed_outside, entry.grow_px
    kept = entry.output is None or is_lossless(Path(entry.output))
    lossy = "" if kept else ", before the file was compressed with loss"
    click.echo(
        f"{entry.output}: {entry.share_repaired:.2%} repaired in {sum(entry.seconds.values()):.1f} s, "
        f"{outside} pixels changed outside the mask{f' as widened by {wider} px' if wider else ''}{lossy}."
    )


@main.command()
@click.argument("photo", type=PATH)
@click.option(
    "-o", "--output", type=PATH, required=True, help="Mask to write: white = damaged (PNG or TIFF)."
)
@click.option("--probability", type=PATH, help="Write the map of probability as a grey picture (PNG).")
@_sensitivity
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@click.option("--report", type=PATH, help="Write what was found as JSON.")
def detect(
    photo: Path, output: Path, probability: Path | None, sensitivity: float, device: str, report: Path | None
) -> None:
    """Find damage and write it as a mask; the photograph is not changed."""
    from restorer.cli.commands import detect_one
    from restorer.record.report import PhotoReport, write_report

    entry = PhotoReport(str(photo))
    with progress_bar(photo.name) as ctx:
        detect_one(photo, output, probability, sensitivity, device, entry, ctx, report)
    places = "1 damaged place" if entry.regions == 1 else f"{entry.regions} damaged places"
    verdict = "looks clean" if entry.state == "clean" else places
    click.echo(
        f"{output}: {verdict}, {entry.share_found:.2%} of the picture, damage score {entry.damage_score:.0f}."
    )
    if report:
        write_report(report, [entry], __version__)


main.add_command(batch)
main.add_command(replay)
main.add_command(models)

__all__ = ["InputError", "OutputError", "main"]

if __name__ == "__main__":
    main()
