"""The line on the terminal that tells how far a training is, and Ctrl+C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from restorer.cli.entry import end_as_by_ctrl_c
from restorer.jobs import JobContext, Progress

if TYPE_CHECKING:
    from training.fitting.trainer import StepLog


CLEAR = "\r\x1b[2K"


class LiveLine:
    """The progress of a training: one line that is rewritten on a terminal, a line a minute when piped."""

    def __init__(self, describe: Callable[[Progress], str] | None = None) -> None:
        self._describe = describe or describe_fit
        self.live = sys.stderr.isatty()
        self.began = self.last = time.monotonic()

    def show(self, p: Progress) -> None:
        """Print `p` if it is time to; one without a text takes the line away at once."""
        text = p.message if p.detail is None else self._describe(p)
        if not text:
            self.clear()
        now = time.monotonic()
        if not text or now - self.last < (0.5 if self.live else 60):
            return
        self.last = now
        click.echo((CLEAR if self.live else "") + text, err=True, nl=not self.live)

    def clear(self, *_: object) -> None:
        """Make room for what is told next."""
        if self.live:
            click.echo(CLEAR, err=True, nl=False)

    def __enter__(self) -> LiveLine:
        return self

    __exit__ = clear


def describe_fit(p: Progress) -> str:
    """One line about a running training."""
    log: StepLog = p.detail  # type: ignore[assignment]
    losses = " ".join(f"{k} {v:.4f}" for k, v in log.losses.items())
    scores = " ".join(f"{k} {v:.3f}" for k, v in log.scores.items() if k != "score")
    return f"{p.fraction or 0:6.1%}  step {log.step}  {losses}  |  {scores}"


@contextmanager
def interruptible(describe: Callable[[Progress], str] | None = None) -> Iterator[JobContext]:
    """A context that ends at the next safe point after Ctrl+C, `kill` or the end of the terminal."""
    stop: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: stop.append(1))
    end_as_by_ctrl_c()  # again: a job in the background began with Ctrl+C ignored
    with LiveLine(describe) as line:
        yield JobContext(line.show, lambda: bool(stop))
