from __future__ import annotations

import pytest

from restorer.jobs import Cancelled, JobContext, Progress


def test_parts_fill_their_slice() -> None:
    seen: list[float | None] = []
    ctx = JobContext(lambda p: seen.append(p.fraction))
    part = ctx.part(0.5, 0.5).part(0.0, 0.5)
    part.progress(0.0)
    part.progress(1.0)
    part.progress(None)
    ctx.progress(7.0)
    assert seen == [0.5, 0.75, None, 1.0]


def test_except_exception_cannot_swallow_cancel() -> None:
    ctx = JobContext(is_cancelled=lambda: True)
    with pytest.raises(Cancelled):
        try:
            ctx.progress(0.1)
        except Exception:
            pytest.fail("swallowed")


def test_details_are_changed_on_their_way_and_cancelling_still_works() -> None:
    told: list[Progress] = []
    cancelled: list[bool] = []
    ctx = JobContext(told.append, lambda: bool(cancelled)).with_details(lambda detail: ("moved", detail))
    ctx.progress(0.5, "half", 3)
    ctx.progress(0.6)
    assert told == [Progress(0.5, "half", ("moved", 3)), Progress(0.6, "", None)]
    cancelled.append(True)
    with pytest.raises(Cancelled):
        ctx.check()
