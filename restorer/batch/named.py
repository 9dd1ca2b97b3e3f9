"""What was named of a batch: files, folders and patterns, and where what they hold goes.

Both are remembered, so that a listing that was interrupted, a folder that is watched and one that is named
again give the results the places that they would have had at once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from restorer.batch.files import are_several, full_path
from restorer.batch.queue import Queue


def named(queue: Queue) -> list[Path]:
    """All that was named, in its order."""
    return [Path(p) for p in json.loads(queue.get("paths") or "[]")]


def trees(queue: Queue) -> dict[Path, bool]:
    """Of what was named: whether its results go into a folder of its name, as others were named with it."""
    known = named(queue)
    together = are_several(known)  # older versions did not remember it
    told = json.loads(queue.get("trees") or "{}")
    return {path: told.get(str(path), together) for path in known}


def remember(queue: Queue, paths: Sequence[Path]) -> None:
    """Note that these paths were named together."""
    new = list(dict.fromkeys(map(full_path, paths)))
    places = {**dict.fromkeys(new, are_several(new)), **trees(queue)}

    def with_new(text: str | None) -> str:
        return json.dumps(list(dict.fromkeys([*json.loads(text or "[]"), *map(str, new)])))

    def with_places(text: str | None) -> str:
        return json.dumps({**{str(p): own for p, own in places.items()}, **json.loads(text or "{}")})

    queue.amend("paths", with_new)  # others may add at the same time
    queue.amend("trees", with_places)


@contextlib.contextmanager
def listing(queue: Queue) -> Iterator[None]:
    """Around listing photographs: one that does not end is remembered, whatever others do beside it."""
    queue.count("listings", 1)
    yield
    queue.count("listings", -1)


def unlisted(queue: Queue) -> int:
    """How many listings have begun and not ended."""
    of_older_versions = queue.get("listed") == "0"
    return int(queue.get("listings") or 0) + of_older_versions
