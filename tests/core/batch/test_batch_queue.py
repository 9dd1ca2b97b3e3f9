"""The list of a batch: nothing is claimed twice, nothing is lost, whoever dies."""

from __future__ import annotations

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings, strategies as st

from restorer.batch import queue as batch_queue
from restorer.batch.files import Found, Naming, numbered, same_place
from restorer.batch.lock import FolderLock
from restorer.batch.queue import MOST_CRASHES, Item, Queue
from restorer.errors import InputError, OutputError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / ".restorer-batch"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def queue(home: Path):
    queue = Queue(home / "queue.sqlite")
    yield queue
    queue.close()


def fill(queue: Queue, *names: str, naming: Naming | None = None, out: Path | None = None) -> int:
    found = [(Found(Path("/in") / name, Path("/in"), ""), None) for name in names]
    return queue.add(found, naming or Naming(), out or queue.path.parent.parent)


def claim(queue: Queue, worker: str = "w") -> Item:
    session = queue.get("session") or queue.begin()
    item = queue.claim(session, worker)
    assert item is not None
    return item


def test_items_are_claimed_in_order_and_once(queue: Queue) -> None:
    assert fill(queue, "a.jpg", "b.jpg") == 2 and fill(queue, "a.jpg", "c.jpg") == 1
    session = queue.begin()
    claimed = [queue.claim(session, "w") for _ in range(4)]
    assert [i.path.name for i in claimed if i] == ["a.jpg", "b.jpg", "c.jpg"] and claimed[3] is None
    assert queue.counts()["running"] == 3


def test_many_threads_and_connections_never_claim_the_same(queue: Queue) -> None:
    fill(queue, *(f"{n}.jpg" for n in range(60)))
    session = queue.begin()

    def work(worker: str) -> list[int]:
        own = Queue(queue.path)
        found = []
        while (item := own.claim(session, worker)) is not None:
            assert own.settle(item, "done")
            found.append(item.id)
        own.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        claimed = [number for part in pool.map(work, "abcd") for number in part]
    assert Counter(claimed) == Counter(range(1, 61))


def test_a_lost_claim_settles_nothing(queue: Queue) -> None:
    fill(queue, "a.jpg")
    lost = claim(queue, "dead")
    queue.give_back(lost)
    held = claim(queue, "alive")
    assert not queue.settle(lost, "done") and not queue.note(lost, error="x")
    with queue.publishing(lost) as valid:
        assert not valid
    assert queue.is_cancelled(lost) and not queue.is_cancelled(held)
    found = queue.item(held.id)
    assert found is not None and found.state == "running" and found.worker == "alive" and found.error is None


def test_what_is_cancelled_while_it_is_written_is_not_put_in_place(queue: Queue) -> None:
    fill(queue, "a.jpg")
    held = claim(queue, "w")
    assert queue.note(held, output_sha256="x", output_bytes=1, report={"state": "repaired"}, before="b.jpg")
    queue.cancel([held.id])
    with queue.publishing(held) as valid:
        assert not valid
    found = queue.item(held.id)
    assert found is not None and found.state == "cancelled"
    assert (found.output_sha256, found.output_bytes, found.report, found.before) == (None,) * 4


def test_workers_of_an_earlier_session_get_nothing(queue: Queue) -> None:
    fill(queue, "a.jpg")
    old = queue.begin()
    new = queue.begin()
    assert queue.claim(old, "w") is None and not queue.is_open(old)
    queue.halt("The disk is full.")
    assert queue.claim(new, "w") is None and not queue.is_open(new)
    assert queue.claim(queue.begin(), "w") is not None


def test_pause_and_resume(queue: Queue) -> None:
    fill(queue, "a.jpg")
    session = queue.begin()
    queue.put("paused", "1")
    assert queue.claim(session, "w") is None
    queue.put("paused", "0")
    assert queue.claim(session, "w") is not None


def test_cancel_one_and_all(queue: Queue) -> None:
    fill(queue, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    running = claim(queue)
    queue.cancel([2])
    assert [i.state for i in queue.items()] == ["running", "cancelled", "waiting", "waiting"]
    assert not queue.is_cancelled(running)
    queue.cancel(None)
    assert queue.is_cancelled(running) and queue.counts()["cancelled"] == 3


def test_retry_takes_what_was_asked_for(queue: Queue) -> None:
    fill(queue, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    for state, kind in (("failed", "input"), ("failed", "disk"), ("cancelled", None), ("done", None)):
        queue.settle(claim(queue), state, kind=kind)
    assert queue.retry(None, ("disk",)) == 1 and queue.counts()["failed"] == 1
    assert queue.retry(None) == 1 and queue.counts()["cancelled"] == 1
    assert queue.retry([3, 4]) == 1
    assert queue.counts() | {"waiting": 3, "done": 1} == queue.counts()


some = st.lists(st.integers(1, 6), max_size=4, unique=True)


@given(moves=st.lists(st.tuples(some, st.none() | st.integers(1, 6)), max_size=25))
@settings(max_examples=30)
def test_any_reordering_is_that_of_a_list(
    moves: list[tuple[list[int], int | None]], tmp_path_factory
) -> None:
    queue = Queue(tmp_path_factory.mktemp("q") / "queue.sqlite")
    fill(queue, *(f"{n}.jpg" for n in range(6)))
    expected = list(range(1, 7))
    for numbers, before in moves:
        queue.move(numbers, before)
        moved = [number for number in numbers if number != before]
        expected = [number for number in expected if number not in moved]
        place = len(expected) if before is None else expected.index(before)
        expected[place:place] = moved
    assert [item.id for item in queue.items()] == queue.ids() == expected
    queue.close()


def test_many_are_moved_cancelled_and_put_back_at_once(queue: Queue) -> None:
    fill(queue, *(f"{n}.jpg" for n in range(40)))
    statements: list[str] = []
    queue._db.set_trace_callback(statements.append)
    queue.cancel(range(1, 36))
    assert queue.counts()["cancelled"] == 35 and queue.retry(range(1, 36)) == 35
    assert len(statements) < 20, "one by one takes seconds where thousands are selected"
    statements.clear()
    queue.move(range(1, 21), None)
    assert queue.ids() == [*range(21, 41), *range(1, 21)]
    assert sum("ROW_NUMBER" in statement for statement in statements) == 1


def test_what_crashes_the_program_again_and_again_has_failed(queue: Queue) -> None:
    fill(queue, "a.jpg")
    for _ in range(MOST_CRASHES):
        queue.give_back(claim(queue))
    item = queue.items()[0]
    assert item.state == "failed" and item.kind == "crash" and "3 times" in str(item.error)
    assert queue.retry(None) == 1 and queue.items()[0].crashes == 0


def test_changes_are_told_once_and_in_order(queue: Queue) -> None:
    fill(queue, "a.jpg", "b.jpg", "c.jpg")
    seen = max(item.changed for item in queue.items())
    first = claim(queue)
    queue.cancel([3])
    queue.settle(first, "done")
    changes = queue.changes(seen)
    assert [(i.id, i.state) for i in changes] == [(3, "cancelled"), (1, "done")]
    assert queue.changes(changes[-1].changed) == []


names = st.lists(st.text(st.sampled_from("aAäÄ\u0308.-2"), min_size=1, max_size=4), min_size=1, max_size=12)


@given(
    names=names, kind=st.sampled_from(["source", "PNG"]), here=st.lists(st.sampled_from("aAä"), max_size=2)
)
@settings(max_examples=25, deadline=None)
def test_results_never_share_a_name(names: list[str], kind: str, here: list[str], tmp_path_factory) -> None:
    out = tmp_path_factory.mktemp("out")
    for name in here:
        (out / f"{name}.png").write_bytes(b"mine")
    queue = Queue(out / "queue.sqlite")
    sources = {f"{name}{ending}" for name in names for ending in (".png", ".jpg", ".PNG")}
    assert fill(queue, *sources, naming=Naming(format=kind), out=out) == len(sources)
    targets = [str(item.target) for item in queue.items()]
    assert len({same_place(t) for t in targets}) == len(sources)
    assert not any((out / t).exists() for t in targets)
    queue.close()


def test_what_is_there_may_be_skipped(queue: Queue) -> None:
    out = queue.path.parent.parent
    (out / "a.jpg").write_bytes(b"mine")
    fill(queue, "a.jpg", "b.jpg", naming=Naming(existing="skip"))
    assert [i.state for i in queue.items()] == ["skipped", "waiting"]
    assert "exists already" in str(queue.items()[0].error)


def test_names_that_are_no_text_are_kept(queue: Queue) -> None:
    name = b"scan\xff\xfe.jpg".decode("utf-8", "surrogateescape")
    fill(queue, name)
    item = claim(queue)
    assert item.path == Path("/in") / name and item.target == "scan.jpg"


def test_a_file_that_is_no_list(home: Path) -> None:
    (home / "queue.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(InputError, match="is damaged"):
        Queue(home / "queue.sqlite")


def test_a_list_of_a_newer_version(home: Path) -> None:
    Queue(home / "queue.sqlite").close()
    db = sqlite3.connect(home / "queue.sqlite")
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(InputError, match="newer version"):
        Queue(home / "queue.sqlite")


def test_a_list_whose_folder_is_gone(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be used"):
        Queue(tmp_path / "nowhere" / "queue.sqlite")


def test_only_one_program_works_on_a_folder(home: Path) -> None:
    lock = FolderLock(home / "lock.sqlite")
    with pytest.raises(InputError, match="Another batch"):
        FolderLock(home / "lock.sqlite")
    lock.release()
    FolderLock(home / "lock.sqlite").release()


def test_very_many_results_of_one_name_are_numbered_without_asking_for_every_number_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        batch_queue, "numbered", lambda wanted, n: asked.append(wanted) or numbered(wanted, n)
    )
    queue, out = Queue(home / "queue.sqlite"), home / "out"
    out.mkdir()
    (out / "in-150.png").write_bytes(b"mine")
    found = [(Found(Path(f"/in/{n}.png"), Path("/in"), ""), None) for n in range(300)]
    for part in (found[:200], found[200:]):
        queue.add(part, Naming(template="{folder}"), out)
    names = [item.target for item in queue.items()]
    expected = ["in.png", *(f"in-{n}.png" for n in range(2, 302) if n != 150)]
    assert names == expected and len(asked) < 20 * 300
    queue.close()


def test_a_photograph_more_costs_the_same_however_long_the_list_is(home: Path) -> None:
    queue, out = Queue(home / "queue.sqlite"), home / "out"
    found = [(Found(Path(f"/in/{n}.png"), Path("/in"), ""), None) for n in range(1200)]
    steps: list[int] = []

    def cost(one: tuple[Found, None]) -> int:
        steps.clear()
        queue._db.set_progress_handler(lambda: steps.append(1), 10)
        queue.add([one], Naming(), out)
        queue._db.set_progress_handler(None, 10)
        return len(steps)

    queue.add(found[:50], Naming(), out)
    short = cost(found[50])
    queue.add(found[50:1000], Naming(), out)
    assert cost(found[1000]) < 2 * short
    queue.close()


def test_a_full_disk_is_no_fault_of_the_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    monkeypatch.setattr(sqlite3, "connect", Mock(side_effect=full))
    with pytest.raises(OutputError, match="Free some space"):
        FolderLock(home / "lock.sqlite")
