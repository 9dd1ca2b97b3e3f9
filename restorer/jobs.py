"""The one job abstraction: a job is any function ``(ctx: JobContext) -> result``.

Without threads and without Qt: the window runs the same jobs in a worker and passes its own ``on_progress``
and
``is_cancelled``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(BaseException):
    """Raised at a safe point of a cancelled job. A BaseException, so that ``except Exception`` cannot
    swallow it."""


@dataclass(frozen=True)
class Progress:
    """One report of a running job.

    Attributes:
        fraction: share done, 0..1, or None where it is not known.
        message: what is being done now, for a person.
        detail: anything the listener may show: a finished tile, a loss sample.
    """

    fraction: float | None
    message: str = ""
    detail: object = None


def _ignore(_: Progress) -> None:
    return None


def _never() -> bool:
    return False


class JobContext:
    """What a job sees of its runner: progress out, cancellation in.

    Args:
        on_progress: called with each `Progress`, in the job's own thread.
        is_cancelled: asked at every safe point; True makes `check` raise `Cancelled`.
    """

    def __init__(
        self,
        on_progress: Callable[[Progress], None] = _ignore,
        is_cancelled: Callable[[], bool] = _never,
    ) -> None:
        self._on_progress = on_progress
        self.is_cancelled = is_cancelled

    def check(self) -> None:
        """Raise `Cancelled` if the job was cancelled."""
        if self.is_cancelled():
            raise Cancelled

    def progress(self, fraction: float | None, message: str = "", detail: object = None) -> None:
        """Report progress (fraction 0..1 or None) and check for cancellation."""
        self.check()
        if fraction is not None:
            fraction = min(1.0, max(0.0, fraction))
        self._on_progress(Progress(fraction, message, detail))

    def with_details(self, change: Callable[[object], object]) -> JobContext:
        """Return a context whose details are told as `change` makes them; the rest is the same."""

        def forward(p: Progress) -> None:
            detail = None if p.detail is None else change(p.detail)
            self._on_progress(Progress(p.fraction, p.message, detail))

        return JobContext(forward, self.is_cancelled)

    def part(self, start: float, length: float) -> JobContext:
        """Return a context whose 0..1 is the slice ``start..start + length`` of this one's bar."""

        def forward(p: Progress) -> None:
            fraction = None if p.fraction is None else start + length * p.fraction
            self._on_progress(Progress(fraction, p.message, p.detail))

        return JobContext(forward, self.is_cancelled)
