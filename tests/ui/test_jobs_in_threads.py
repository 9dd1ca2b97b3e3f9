from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QThread

from restorer.errors import InputError
from restorer.jobs import JobContext
from ui.jobs import Done, Failed, JobRunner, Update, WasCancelled


def run(runner: JobRunner, qtbot, work, lane="io"):
    """Run one job; returns its outcomes and its news."""
    outcomes: list[object] = []
    news: list[Update] = []
    runner.submit(work, lane, "job", outcomes.append, news.append)
    qtbot.waitUntil(lambda: not runner.jobs)
    return outcomes, news


def test_a_job_runs_elsewhere_and_reports_here(runner: JobRunner, qtbot) -> None:
    here, threads = threading.get_ident(), []
    runner.submit(
        lambda ctx: threads.append(threading.get_ident()) or 42, "io", "", lambda o: threads.append(o)
    )
    qtbot.waitUntil(lambda: not runner.jobs)
    assert threads[0] != here
    assert threads[1] == Done(42)


def test_what_is_raised_settles_once_as_failed(
    runner: JobRunner, qtbot, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (
        InputError("bad", "try"),
        RuntimeError("out of memory"),
        SystemExit(3),
        KeyboardInterrupt(),
    ):

        def work(_: JobContext, error: BaseException = error) -> None:
            raise error

        outcomes, _ = run(runner, qtbot, work)
        (outcome,) = outcomes
        assert isinstance(outcome, Failed) and outcome.error is error
        assert type(error).__name__ in outcome.details
    assert len(caplog.records) == 3  # an error that a user can cause is no fault of the program
    caplog.clear()


def test_details_are_never_lost_and_news_come_first_and_last(runner: JobRunner, qtbot) -> None:
    def work(ctx: JobContext) -> None:
        for i in range(5000):
            ctx.progress(i / 4999, detail=i)

    outcomes, news = run(runner, qtbot, work)
    assert outcomes == [Done(None)]
    assert [d for update in news for d in update.details] == list(range(5000))
    assert news[0].details == (0,) and news[-1].fraction == 1.0
    assert len(news) < 500


def test_no_news_is_held_back_while_a_job_is_silent(runner: JobRunner, qtbot) -> None:
    heard = threading.Event()
    news: list[Update] = []

    def work(ctx: JobContext) -> None:
        for i in range(50):
            ctx.progress(None, detail=i)
        assert heard.wait(60)

    runner.submit(work, "io", "job", None, news.append)
    qtbot.waitUntil(lambda: [d for update in news for d in update.details] == list(range(50)))
    heard.set()
    qtbot.waitUntil(lambda: not runner.jobs)
    assert [d for update in news for d in update.details] == list(range(50))


def test_progress_without_a_fraction_keeps_the_last_one(runner: JobRunner, qtbot) -> None:
    def work(ctx: JobContext) -> None:
        ctx.progress(0.25, "half way")
        ctx.progress(None, detail="tile")

    _, news = run(runner, qtbot, work)
    assert news[-1].fraction == 0.25 and news[-1].message == "half way"


def test_cancelling_ends_at_the_next_safe_point(runner: JobRunner, qtbot) -> None:
    running = threading.Event()

    def work(ctx: JobContext) -> None:
        running.set()
        while True:
            ctx.check()

    outcomes: list[object] = []
    job = runner.submit(work, "gpu", "", outcomes.append)
    qtbot.waitUntil(running.is_set)
    job.cancel()
    qtbot.waitUntil(lambda: not runner.jobs)
    assert outcomes == [WasCancelled()]


def test_lanes_hold_as_many_as_they_should(runner: JobRunner, qtbot) -> None:
    go, lock = threading.Event(), threading.Lock()
    now = {"gpu": 0, "io": 0}
    most = {"gpu": 0, "io": 0}

    def work(lane: str):
        def body(ctx: JobContext) -> None:
            with lock:
                now[lane] += 1
                most[lane] = max(most[lane], now[lane])
            while not go.is_set():
                ctx.check()
            with lock:
                now[lane] -= 1

        return body

    for _ in range(3):
        runner.submit(work("gpu"), "gpu")
        runner.submit(work("io"), "io")
    qtbot.waitUntil(lambda: now == {"gpu": 1, "io": 2})
    go.set()
    qtbot.waitUntil(lambda: not runner.jobs)
    assert most == {"gpu": 1, "io": 2}


def test_a_job_cancelled_while_it_waits_settles_although_its_lane_is_taken(runner: JobRunner, qtbot) -> None:
    go, outcomes, ran = threading.Event(), [], []
    runner.submit(lambda ctx: go.wait(60), "gpu", "", lambda _: outcomes.append("the first"))
    waiting = runner.submit(ran.append, "gpu", "", outcomes.append)
    runner.submit(lambda ctx: "last", "gpu", "", outcomes.append)
    waiting.cancel()
    assert not outcomes, "who cancels is not called back before he has gone on"
    qtbot.waitUntil(lambda: outcomes == [WasCancelled()])
    assert waiting not in runner.jobs and len(runner.jobs) == 2
    waiting.cancel()
    go.set()
    qtbot.waitUntil(lambda: not runner.jobs)
    assert outcomes == [WasCancelled(), "the first", Done("last")] and not ran


def test_a_job_cancelled_while_it_waits_settles_once_if_it_begins_before_that(
    runner: JobRunner, qtbot
) -> None:
    go, outcomes, ran = threading.Event(), [], []
    first = runner.submit(lambda ctx: go.wait(60), "gpu")
    waiting = runner.submit(ran.append, "gpu", "", outcomes.append)
    go.set()
    first.wait()
    waiting.cancel()  # the runner hears of the end first
    qtbot.waitUntil(lambda: not runner.jobs)
    assert outcomes == [WasCancelled()] and not ran


def test_only_what_has_not_begun_can_be_withdrawn(runner: JobRunner, qtbot) -> None:
    go, outcomes = threading.Event(), []
    first = runner.submit(lambda ctx: go.wait(60), "gpu", "", outcomes.append)
    second = runner.submit(lambda ctx: None, "gpu", "", outcomes.append)
    assert not first.withdraw() and second.withdraw()
    qtbot.waitUntil(lambda: outcomes == [WasCancelled()])
    go.set()
    qtbot.waitUntil(lambda: not runner.jobs)
    assert outcomes == [WasCancelled(), Done(True)]


def test_closing_cancels_all_waits_and_refuses_new_ones(runner: JobRunner, qtbot) -> None:
    outcomes: list[object] = []
    ran: list[int] = []

    def work(ctx: JobContext) -> None:
        ran.append(1)
        while True:
            ctx.check()

    for _ in range(4):
        runner.submit(work, "gpu", "", outcomes.append)
    qtbot.waitUntil(lambda: len(ran) == 1)
    runner.close()
    assert not runner.jobs
    assert outcomes == [WasCancelled()] * 4 and len(ran) == 1
    runner.submit(work, "gpu", "", outcomes.append)
    runner.close()
    assert outcomes == [WasCancelled()] * 5 and len(ran) == 1


def test_closing_waits_for_what_is_to_be_written_and_dismisses_the_rest(runner: JobRunner, qtbot) -> None:
    gate, told, written = threading.Event(), [], []

    def write(ctx: JobContext) -> str:
        gate.wait(10)
        ctx.check()
        written.append(1)
        return "written"

    def look(ctx: JobContext) -> None:
        gate.set()
        while True:
            ctx.check()

    runner.submit(write, "write", "", told.append)
    # What a job leads to, the saving of a project after its journal, say, is written as well.
    runner.submit(write, "write", "", lambda _: runner.submit(write, "write", "", told.append))
    runner.submit(look, "io", "", told.append)
    qtbot.waitUntil(gate.is_set)
    runner.close()
    assert len(written) == 3
    assert told.count(Done("written")) == 2 and told.count(WasCancelled()) == 1


def test_callbacks_run_in_the_windows_thread(runner: JobRunner, qtbot) -> None:
    threads: list[QThread] = []
    runner.submit(
        lambda ctx: ctx.progress(0.5),
        "io",
        "",
        lambda _: threads.append(QThread.currentThread()),
        lambda _: threads.append(QThread.currentThread()),
    )
    qtbot.waitUntil(lambda: len(threads) >= 2 and not runner.jobs)
    assert all(thread is runner.thread() for thread in threads)


def test_five_thousand_signals_from_a_thread_lose_no_reference(runner: JobRunner, qtbot) -> None:
    heard: list[object] = []
    job = runner.submit(lambda ctx: None, "io")
    job.progressed.connect(heard.append)
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(5000):
        job.progressed.emit(None)
    assert len(heard) == 5000
    qtbot.waitUntil(lambda: not runner.jobs)
    assert abs(sys.getrefcount(True) - before[0]) < 200
