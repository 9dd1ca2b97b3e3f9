"""The list of a batch on disk: an SQLite file that survives being killed and that many workers claim from.

Every change is one transaction. A claim carries a token, and only the holder of the token may settle the
item: a worker that was given up, and comes back, can no longer change anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from restorer.batch.files import Found, Naming, numbered, same_place
from restorer.errors import InputError, OutputError, printable
from restorer.hashes import holds

SCHEMA = 1
STATES = ("waiting", "running", "done", "clean", "failed", "skipped", "cancelled")
MOST_CRASHES = 3  # an item during which the program ended that often is not tried again by itself
MOST_ASKED = 10  # numbers of a name that are looked at one by one
BUSY_SECONDS = 60.0

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL, revision INTEGER NOT NULL DEFAULT 1, root BLOB NOT NULL,
    folder BLOB NOT NULL, position REAL NOT NULL, state TEXT NOT NULL, size INTEGER, mtime_ns INTEGER,
    sha256 TEXT, target TEXT, place TEXT UNIQUE, output_sha256 TEXT, output_bytes INTEGER, token TEXT,
    worker TEXT, crashes INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0, kind TEXT, error TEXT,
    report TEXT, before TEXT, after TEXT, mask TEXT, changed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (path, revision));
CREATE INDEX by_state ON items (state, position);
CREATE INDEX by_position ON items (position);
CREATE INDEX by_change ON items (changed);
INSERT INTO meta VALUES ('clock', '0'), ('paused', '0'), ('session', ''), ('halted', '');
"""

_OF_RESULT = ("before", "after", "mask", "output_bytes", "output_sha256", "report")
# An item that is put back: why it failed before is no reason for what becomes of it now.
_AGAIN: dict[str, Any] = {"state": "waiting", "crashes": 0, "cancel": 0, "kind": None, "error": None}


@dataclass(frozen=True)
class Item:
    """One photograph of a batch.

    Attributes:
        id: number in the list, from 1.
        path: the source.
        root: the folder that was named.
        folder: mirrored folder of the result.
        state: one of `STATES`.
        sha256: of the source as it was read.
        target: the result, relative to the output folder; other files likewise.
        output_bytes: size of the finished result.
        token: of the present claim.
        worker: who holds it.
        crashes: how often the program ended while the item was being worked on.
        kind: of a failure: "input", "memory", "disk", "folder", "readonly", "target",
            "changed", "crash", "program".
        error: sentence of a failure, or why it was skipped.
        report: what `restorer.record.report.PhotoReport` tells.
        before, after: thumbnails of source and result.
        mask: the mask as found.
        changed: grows with every change of any item.
    """

    id: int
    path: Path
    root: Path
    folder: str
    state: str
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    target: str | None = None
    output_sha256: str | None = None
    output_bytes: int | None = None
    token: str | None = None
    worker: str | None = None
    crashes: int = 0
    kind: str | None = None
    error: str | None = None
    report: dict[str, Any] | None = None
    before: str | None = None
    after: str | None = None
    mask: str | None = None
    changed: int = 0


_COLUMNS = ", ".join(f.name for f in fields(Item))


def _item(row: tuple[Any, ...]) -> Item:
    values = dict(zip((f.name for f in fields(Item)), row, strict=True))
    values["path"], values["root"] = Path(os.fsdecode(values["path"])), Path(os.fsdecode(values["root"]))
    values["folder"] = os.fsdecode(values["folder"])
    values["report"] = json.loads(values["report"]) if values["report"] else None
    return Item(**values)


def _storable(value: Any) -> Any:
    """A value as a column takes it; sentences name files, which may have bytes that are no letters."""
    if isinstance(value, dict):
        return json.dumps(value)
    return printable(value) if isinstance(value, str) else value


class Queue:
    """The list of a batch; may be used from several threads, processes and machines at once.

    Args:
        path: the file; created if it is not there.
        shared: other machines claim from it too, over a shared file system: WAL needs common memory, so the
            plain journal is used.

    Raises:
        InputError: the file is damaged, or of a newer version.
        OutputError: here and in all methods: it cannot be written.
    """

    def __init__(self, path: Path, shared: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._tried: dict[str, int] = {}  # the last number that was given to a name
        with self._explained():
            self._db = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(shared)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, shared: bool) -> None:
        self._db.execute(f"PRAGMA journal_mode={'DELETE' if shared else 'WAL'}")
        self._db.execute("PRAGMA synchronous=FULL")  # what is done must still be known when the power goes
        with self._change():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA:
                raise InputError("The batch was made by a newer version of Restorer.", "Update Restorer.")
            if version == 0:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError):
                full = "full" in str(error)
                raise OutputError(
                    f"The list of the batch in '{self.path.parent.parent}' cannot be used: {error}.",
                    "Free some space and go on with --resume." if full else "Check the folder.",
                ) from error
            raise InputError(
                f"The list of the batch in '{self.path.parent.parent}' is damaged.",
                "Choose another output folder; finished results are not lost.",
            ) from error

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._lock, self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: Iterable[Any] = ()) -> list[Any]:
        with self._lock, self._explained():
            return self._db.execute(query, tuple(values)).fetchall()

    def _update(self, where: str, values: Iterable[Any], **changes: Any) -> int:
        """Inside of a transaction: change the items that `where` chooses and note that they changed."""
        self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'clock'")
        clock = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clock')"
        assignments = ", ".join([*(f"{name} = ?" for name in changes), f"changed = {clock}"])
        given = [_storable(v) for v in changes.values()]
        return self._db.execute(f"UPDATE items SET {assignments} WHERE {where}", [*given, *values]).rowcount

    # --- what is remembered about the batch as a whole

    def get(self, key: str) -> str | None:
        """A remembered text."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def put(self, key: str, value: str) -> None:
        """Remember a text."""
        self.amend(key, lambda _: value)

    def amend(self, key: str, change: Callable[[str | None], str]) -> str:
        """Remember what `change` makes of a remembered text, in one transaction. Returns it."""
        with self._change():
            value = change(self.get(key))
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, _storable(value)))
        return value

    def count(self, key: str, by: int) -> int:
        """Add to a remembered number, which never falls below 0. Returns it."""
        return int(self.amend(key, lambda text: str(max(0, int(text or 0) + by))))

    # --- the list

    def add(self, found: Iterable[tuple[Found, os.stat_result | None]], naming: Naming, out: Path) -> int:
        """Append photographs that are not yet in the list, all in one transaction.

        One that was finished and has changed since is appended again, as another item; one that failed and
        has changed since waits again. Names of results are given here: no two items share one, nor one that
        exists.

        Returns:
            how many were appended, or wait again.
        """
        count = 0
        with self._change():
            for entry, status in found:
                count += self._add_one(entry, status, naming, out)
        return count

    def _add_one(self, entry: Found, status: os.stat_result | None, naming: Naming, out: Path) -> int:
        size, mtime = (status.st_size, status.st_mtime_ns) if status else (None, None)
        known = self._db.execute(
            "SELECT revision, state, id, size, mtime_ns, sha256 FROM items WHERE path = ? "
            "ORDER BY revision DESC LIMIT 1",
            (os.fsencode(entry.path),),
        ).fetchone()
        if known and (size, mtime) in ((None, None), known[3:5]):
            return 0
        if known and known[1] == "failed":  # half copied before, say, or replaced by a better scan
            return self._update("id = ?", (known[2],), **_AGAIN, size=size, mtime_ns=mtime)
        if known and known[1] in ("done", "clean") and size == known[3] and holds(entry.path, known[5]):
            self._update("id = ?", (known[2],), mtime_ns=mtime)  # touched, or copied without its time
            return 0
        if known and known[1] not in ("done", "clean"):
            return 0
        following = "SELECT COALESCE(MAX({}), 0) + 1 FROM items"  # both at once would read the whole list
        number, position = (self._db.execute(following.format(c)).fetchone()[0] for c in ("id", "position"))
        self._db.execute(
            "INSERT INTO items (id, path, revision, root, folder, position, state, size, mtime_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?)",
            (
                *(number, os.fsencode(entry.path), known[0] + 1 if known else 1, os.fsencode(entry.root)),
                *(os.fsencode(entry.folder), position, size, mtime),
            ),
        )
        wanted = naming.wanted(entry.path, entry.folder, number)
        if naming.existing == "skip" and self.was_there(wanted, out):
            reason = f"'{wanted}' exists already in the output folder."
            self._update("id = ?", (number,), state="skipped", error=reason)
        else:
            self._reserve(number, wanted, out)
        return 1

    def was_there(self, wanted: str, out: Path) -> bool:
        """Whether a file of that name lies in the output folder that is no result of this batch."""
        own = self._rows("SELECT 1 FROM items WHERE place = ?", (same_place(wanted),))
        return not own and os.path.lexists(out / wanted)

    def _reserve(self, number: int, wanted: str, out: Path) -> str:
        """Give an item the first free name of wanted, wanted-2, wanted-3, ..."""
        suffix = 1
        while True:
            target = numbered(wanted, suffix)
            place = same_place(target)
            taken = self._db.execute("SELECT 1 FROM items WHERE place = ?", (place,)).fetchone()
            if not taken and not os.path.lexists(out / target):
                self._update("id = ?", (number,), target=target, place=place, output_sha256=None)
                if suffix >= MOST_ASKED:
                    self._tried[wanted] = suffix
                return target
            suffix += 1
            if suffix == MOST_ASKED:  # of thousands that want one name each would ask for all numbers
                suffix = max(suffix, self._tried.get(wanted, 0) + 1)

    def reserve(self, item: Item, wanted: str, out: Path) -> str | None:
        """Give a claimed item another name; None if the claim is no longer valid."""
        with self._change():
            return self._reserve(item.id, wanted, out) if self._note(item) else None

    def items(self, states: Iterable[str] = STATES, start: int = 0, limit: int = -1) -> list[Item]:
        """Items in those states, in the order in which they are worked on."""
        among = "SELECT value FROM json_each(?)"
        query = f"SELECT {_COLUMNS} FROM items WHERE state IN ({among}) ORDER BY position LIMIT ? OFFSET ?"
        return [_item(row) for row in self._rows(query, (json.dumps(list(states)), limit, start))]

    def ids(self, states: Iterable[str] = STATES) -> list[int]:
        """Numbers of the items in those states, in the order in which they are worked on."""
        query = "SELECT id FROM items WHERE state IN (SELECT value FROM json_each(?)) ORDER BY position"
        return [row[0] for row in self._rows(query, (json.dumps(list(states)),))]

    def ids_of(self, paths: Iterable[Path], states: Iterable[str] = STATES) -> list[int]:
        """Numbers of the items of these photographs that are in those states."""
        chosen = tuple(states)
        query = "SELECT id, state FROM items WHERE path = ?"
        found = (row for path in paths for row in self._rows(query, (os.fsencode(path),)))
        return [number for number, state in found if state in chosen]

    def item(self, number: int) -> Item | None:
        """The item of that id."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM items WHERE id = ?", (number,))
        return _item(rows[0]) if rows else None

    def roots_left(self) -> list[Path]:
        """The roots of the items that wait or are worked on, each once."""
        query = "SELECT DISTINCT root FROM items WHERE state IN ('waiting', 'running')"
        return [Path(os.fsdecode(row[0])) for row in self._rows(query)]

    def counts(self) -> dict[str, int]:
        """How many items are in each of `STATES`."""
        found = dict(self._rows("SELECT state, COUNT(*) FROM items GROUP BY state"))
        return {state: found.get(state, 0) for state in STATES}

    def changes(self, since: int) -> list[Item]:
        """Items that changed after the change of that number, the oldest change first."""
        query = f"SELECT {_COLUMNS} FROM items WHERE changed > ? ORDER BY changed"
        return [_item(row) for row in self._rows(query, (since,))]

    # --- claiming and settling

    def claim(self, session: str, worker: str) -> Item | None:
        """Take the next waiting item; None while paused, when nothing waits, or the session has ended."""
        with self._change():
            if not self.is_open(session) or self.get("paused") == "1":
                return None
            row = self._db.execute(
                "SELECT id FROM items WHERE state = 'waiting' ORDER BY position LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            token = secrets.token_hex(8)
            self._update(
                *("id = ?", row), state="running", token=token, worker=worker, cancel=0, kind=None, error=None
            )
            return self.item(row[0])

    def is_open(self, session: str) -> bool:
        """Whether workers of that session may go on: no other one has begun, it has not ended or halted."""
        return self.get("session") == session and self.get("halted") == ""

    def note(self, item: Item, **values: Any) -> bool:
        """Write down something about a claimed item; False if the claim is no longer valid."""
        with self._change():
            return self._note(item, **values)

    def _note(self, item: Item, **values: Any) -> bool:
        where = "id = ? AND token = ? AND state = 'running'"
        return self._update(where, (item.id, item.token), **values) > 0

    def settle(self, item: Item, state: str, **values: Any) -> bool:
        """Give a claimed item its final state, or "waiting" to give it back.

        One that was cancelled meanwhile does not wait again: a pause or the end of the program may come
        before the point at which its worker would have heard of it.
        """
        with self._change():
            if state == "waiting" and self.is_cancelled(item):
                state = "cancelled"
            return self._note(item, state=state, token=None, worker=None, **values)

    @contextlib.contextmanager
    def publishing(self, item: Item) -> Iterator[bool]:
        """A transaction around putting a finished result in place.

        Yields whether it may be: the claim is still valid and nobody has cancelled the item, which is done
        if the block ends well.
        """
        with self._change():
            valid = not self.is_cancelled(item)
            yield valid
            if valid:
                self._note(item, state="done", token=None, worker=None, crashes=0)
            else:
                self._note(item, state="cancelled", token=None, worker=None, **dict.fromkeys(_OF_RESULT))

    def is_cancelled(self, item: Item) -> bool:
        """Whether a running item is to be given up: cancelled by hand, or claimed by another one."""
        rows = self._rows("SELECT cancel FROM items WHERE id = ? AND token = ?", (item.id, item.token))
        return not rows or bool(rows[0][0])

    def abandoned(self, worker: str | None = None) -> list[Item]:
        """Running items of a worker that is gone, or of all workers."""
        running = self.items(("running",))
        return [item for item in running if worker is None or item.worker == worker]

    def give_back(self, item: Item, crashed: bool = True) -> None:
        """Let a claim go whose worker is gone; if it `crashed` for the `MOST_CRASHES`th time the item has
        failed."""
        crashes = item.crashes + crashed
        if crashes < MOST_CRASHES or not crashed:
            self.settle(item, "waiting", crashes=crashes)
        else:
            reason = f"The program ended {crashes} times while working on this photograph."
            self.settle(item, "failed", crashes=crashes, kind="crash", error=reason)

    # --- what a person asks for

    def halt(self, reason: str) -> None:
        """Let no item be claimed any more in this session, for that reason."""
        self.put("halted", reason)

    def begin(self) -> str:
        """Start a session: earlier ones end, and a halt too. Returns its name.

        A pause that was asked for before, while photographs were being listed, holds.
        """
        session = secrets.token_hex(8)
        for key, value in (("session", session), ("halted", "")):
            self.put(key, value)
        return session

    def cancel(self, ids: Iterable[int] | None) -> None:
        """Cancel waiting items at once and running ones at their next safe point; None means all."""
        where, values = self._each(ids)
        with self._change():
            self._update(f"state = 'waiting' AND {where}", values, state="cancelled")
            self._update(f"state = 'running' AND {where}", values, cancel=1)

    def retry(self, ids: Iterable[int] | None, kinds: Iterable[str] | None = None) -> int:
        """Put failed and cancelled items back into the list; one that is being cancelled goes on.

        Args:
            ids: of the items; None means all failed ones.
            kinds: only failures of these kinds.
        """
        states = "state = 'failed'" if ids is None else "state IN ('failed', 'cancelled')"
        chosen = list(kinds) if kinds is not None else None
        if chosen is not None:
            states += f" AND kind IN ({', '.join('?' * len(chosen))})"
        where, values = self._each(ids)
        with self._change():
            if ids is not None:
                self._update(f"state = 'running' AND {where}", values, cancel=0)
            return self._update(f"{states} AND {where}", [*(chosen or []), *values], **_AGAIN)

    def insist(self, ids: Iterable[int], naming: Naming, out: Path) -> int:
        """Put skipped items back into the list; where names are taken, results get others."""
        where, values = self._each(ids)
        with self._change():
            query = f"SELECT {_COLUMNS} FROM items WHERE state = 'skipped' AND {where}"
            skipped = [_item(row) for row in self._db.execute(query, values)]
            for item in skipped:
                self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (f"insisted {item.id}",))
                self._update("id = ?", (item.id,), **_AGAIN, place=None)
                self._reserve(item.id, naming.wanted(item.path, item.folder, item.id), out)
        return len(skipped)

    def is_insisted(self, item: Item) -> bool:
        """Whether an item is worked on although it was skipped before."""
        return self.get(f"insisted {item.id}") is not None

    def again(self, item: Item, wanted: str, out: Path) -> None:
        """Put a finished item back into the list whose result is gone or damaged."""
        with self._change():
            self._update("id = ? AND state = 'done'", (item.id,), state="waiting", place=None)
            self._reserve(item.id, wanted, out)

    def move(self, numbers: int | Iterable[int], before: int | None) -> None:
        """Put items, in the order in which they are named, before another one; None puts them at the end."""
        named = [numbers] if isinstance(numbers, int) else dict.fromkeys(numbers)
        chosen = [number for number in named if number != before]
        with self._change():
            self._db.execute(  # whole numbers, so that the room between two never runs out
                "UPDATE items SET position = ranks.nth FROM (SELECT id AS number, ROW_NUMBER() OVER "
                "(ORDER BY position, id) AS nth FROM items) AS ranks WHERE items.id = ranks.number"
            )
            last, values = "SELECT MAX(position) + 1 FROM items", ()
            if before is not None:
                last, values = "SELECT position FROM items WHERE id = ?", (before,)
            row = self._db.execute(last, values).fetchone()
            if row is None or row[0] is None:
                return
            for place, number in enumerate(chosen, 1):
                self._update("id = ?", (number,), position=row[0] - 1 + place / (len(chosen) + 1))

    def _each(self, ids: Iterable[int] | None) -> tuple[str, tuple[str, ...]]:
        """A condition for these items, however many they are."""
        if ids is None:
            return "1", ()
        return "id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
