"""Progress on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from restorer.jobs import JobContext, Progress


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[JobContext]:
    """A job context that shows a bar on a terminal and nothing when piped."""
    if not sys.stderr.isatty():
        yield JobContext()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bar, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),  # of a name every bracket counts
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def show(p: Progress) -> None:
            if p.fraction is not None:
                bar.update(task, completed=p.fraction)
            bar.update(task, description=p.message or title)

        yield JobContext(show)
