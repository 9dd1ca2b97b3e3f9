"""A process that edits a document, secures every step in a journal, tells what it does, and is killed.

With --nursery it starts one such process for every line of its standard input, by fork: a start then costs
milliseconds. Every line says as JSON what to do; see `Life`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from restorer.editing.document import Document
from restorer.editing.mask import MaskSettings, Region
from restorer.editing.surface import Surface
from restorer.image.reading import open_photo
from restorer.project import journal
from restorer.project.file import Packer, Snapshot, SourceRecord
from restorer.project.journal import Journal, find_left
from restorer.tiles import Box
from tests.core.project.support import digest


@dataclass
class Life:
    """What one process does.

    Attributes:
        photo: the photograph.
        journals: folder of the journals.
        seed: of the edits.
        where: "bytes", "fsync" or "replace": what is counted until it ends itself; "" leaves that to others.
        after: how many of them; of bytes, the last ones are still written.
    """

    photo: str
    journals: str
    seed: int
    where: str = ""
    after: int = 0


def tell(text: str) -> None:
    """A line that is out even if the next instruction is the last."""
    os.write(1, (text + "\n").encode())


def die() -> None:
    """End as if the power were cut."""
    if os.name == "nt":
        os._exit(9)
    os.kill(os.getpid(), signal.SIGKILL)


def arm(life: Life) -> None:
    """Let the process end in the middle of what it writes."""
    left = [life.after]

    def counted(real: Any, before: bool) -> Any:
        def call(*arguments: Any) -> Any:
            left[0] -= 1
            if before and left[0] < 0:
                die()
            result = real(*arguments)
            if left[0] < 0:
                die()
            return result

        return call

    def write(stream: Any, data: bytes) -> None:
        if len(data) >= left[0]:
            stream.write(data[: left[0]])
            die()
        left[0] -= len(data)
        stream.write(data)

    if life.where == "bytes":
        journal._write_all = write
    elif life.where == "fsync":
        os.fsync = counted(os.fsync, True)
    elif life.where == "replace":
        Path.replace = counted(Path.replace, bool(life.seed % 2))  # type: ignore[method-assign]


def live(life: Life) -> None:
    """Recover what is there, then edit and secure for ever."""
    journal.COMPACT_BYTES = 20_000
    arm(life)
    photo = open_photo(life.photo)
    document = Document(photo.pixels)
    left = find_left(Path(life.journals))
    if left:
        left[0].read().state.apply(document)
    tell(f"start {digest(document)}")
    mine = Journal(Path(life.journals), left=left[0]) if left else Journal(Path(life.journals))
    packer = Packer(SourceRecord.of(photo, Path(life.photo)))
    rng = np.random.default_rng(life.seed)
    for number in range(10**6):
        if number:
            edit(document, rng)
        tell(f"commit {digest(document)}")
        mine.write(packer.pack(Snapshot.of(document)))
        tell("ack")


def edit(document: Document, rng: np.random.Generator) -> None:
    """One step: a stroke, a protected place, a repair, a value, undo or redo."""
    kind = rng.choice(
        ["stroke", "protect", "repair", "value", "undo", "redo"], p=[0.4, 0.1, 0.2, 0.1, 0.15, 0.05]
    )
    if kind == "undo":
        document.undo()
        return
    if kind == "redo" and document.future:
        document.redo()
        return
    y, x = (int(v) for v in rng.integers(0, (document.height - 40, document.width - 40)))
    box = Box(y, x, y + 40, x + 40)
    with document.edit(kind) as tx:
        if kind == "value":
            filled = Surface(document.height, document.width)
            filled.patch(box, rng.integers(0, 256, (40, 40)).astype(np.uint8))
            tx.set("filled", filled)
            tx.set("repairs", (Region(box, 1600),))
            tx.set("mask_settings", MaskSettings(float(rng.random())))
        else:
            name = {"protect": "protect", "repair": "result"}.get(str(kind), "mask")
            surface = document.surfaces[name]
            new = rng.integers(0, 256, surface.read(box).shape).astype(surface.dtype)
            tx.patch(name, box, new, rng.random((40, 40)) < 0.3)  # type: ignore[arg-type]


def nursery() -> None:
    """One child after the other."""
    for line in sys.stdin:
        life = Life(**json.loads(line))
        child = os.fork()
        if not child:
            live(life)
        tell(f"pid {child}")
        os.waitpid(child, 0)
        tell("dead")


if __name__ == "__main__":
    if sys.argv[1] == "--nursery":
        nursery()
    else:
        tell(f"pid {os.getpid()}")
        live(Life(**json.loads(sys.argv[1])))
