"""Processes that are killed at random points while they work: no acknowledged step is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from restorer.editing.document import Document
from restorer.image.reading import Photo, open_photo
from restorer.project.journal import find_left
from tests.core.project.support import digest, make_photo
from tests.e2e.crash_writer import Life

KILLS = 50 if hasattr(os, "fork") else 8  # without fork, every process costs the start of an interpreter
WRITER = [sys.executable, str(Path(__file__).with_name("crash_writer.py"))]


class Killed:
    """Starts processes and kills them.

    Attributes:
        states: digests of the documents that may be recovered, the last acknowledged one first.
    """

    def __init__(self) -> None:
        self._nursery = _start("--nursery") if hasattr(os, "fork") else None
        self.states: list[str] = []

    def run(self, life: Life, acknowledgements: int) -> int:
        """Let a process live until it ends itself or has acknowledged so many steps; returns their number."""
        order = json.dumps(asdict(life))
        if self._nursery is not None:
            process = self._nursery
            assert process.stdin is not None
            process.stdin.write(order + "\n")
            process.stdin.flush()
        else:
            process = _start(order)
        count = self._follow(process, acknowledgements)
        if process is not self._nursery:
            _end(process)
        return count

    def _follow(self, process: subprocess.Popen[str], acknowledgements: int) -> int:
        assert process.stdout is not None
        child = count = 0
        commits: list[str] = []
        for line in process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "pid":
                child = int(rest)
            elif word == "dead":
                break
            elif word in ("start", "commit"):
                assert word == "commit" or rest in self.states or not self.states
                commits.append(rest)
            elif word == "ack":
                self.states, commits, count = [commits[-1]], [], count + 1
                if count == acknowledgements:
                    _kill(child)
        self.states += commits
        return count

    def end(self) -> None:
        if self._nursery is not None:
            _end(self._nursery)


def _start(argument: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen([*WRITER, argument], stdin=pipe, stdout=pipe, text=True, env=environment)


def _kill(child: int) -> None:
    os.kill(child, getattr(signal, "SIGKILL", signal.SIGTERM))


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.wait()
    process.stdout.close()


@pytest.fixture
def killed() -> Iterator[Killed]:
    made = Killed()
    yield made
    made.end()


def recovered(folder: Path, photo: Photo) -> str:
    """What a start would offer; the journal stays."""
    (left,) = find_left(folder)
    try:
        found = left.read()
    finally:
        left.release()
    document = Document(photo.pixels)
    assert found.notices == () and found.state.apply(document) == ()
    return digest(document)


def test_killed_fifty_times_it_never_loses_an_acknowledged_step(tmp_path: Path, killed: Killed) -> None:
    source, journals = tmp_path / "scan.png", tmp_path / "journals"
    photo = make_photo(source, 560, 140, colour=False)
    rng = np.random.default_rng(2024)
    acknowledged, seen = 0, set()
    for number in range(KILLS):
        where = str(rng.choice(["", "", "bytes", "bytes", "fsync", "replace"])) if number else ""
        after = int(rng.integers(1, 30_000)) if where == "bytes" else int(rng.integers(0, 4))
        life = Life(str(source), str(journals), number, where, after)
        acknowledged += killed.run(life, int(rng.integers(1, 9)))
        now = recovered(journals, photo)
        assert now in killed.states, f"kill {number} {where} {after}"
        killed.states = [now]
        seen.add(now)
    assert acknowledged > KILLS and len(seen) > KILLS / 3
    np.testing.assert_array_equal(open_photo(source).pixels, photo.pixels)
    folders = list(journals.iterdir())
    assert len(folders) == 1 and {p.name for p in folders[0].iterdir()} <= {"journal", "journal.part", "lock"}
