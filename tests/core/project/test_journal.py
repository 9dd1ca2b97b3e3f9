from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restorer import locks
from restorer.editing.document import Document
from restorer.errors import InputError, OutputError
from restorer.image.reading import Photo
from restorer.project import journal
from restorer.project.file import Packer, ProjectState, Snapshot, SourceRecord
from restorer.project.journal import Journal, find_left, journal_folder
from restorer.project.journal_reading import HEAD, MARK, START
from restorer.tiles import Box
from tests.core.project.support import MARKS, digest, edit_everything, make_photo


@dataclass
class Work:
    """A document, its journal, and what it was after each acknowledged step."""

    folder: Path
    photo: Photo
    document: Document
    packer: Packer
    journal: Journal
    digests: list[str] = field(default_factory=list)

    def secure(self) -> None:
        self.journal.write(self.packer.pack(Snapshot.of(self.document), marks=MARKS))
        self.digests.append(digest(self.document))

    def stroke(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        y, x = int(rng.integers(0, 600)), int(rng.integers(0, 500))
        with self.document.edit(f"Stroke {seed}") as tx:
            tx.patch("mask", Box(y, x, y + 60, x + 60), rng.integers(0, 255, (60, 60)).astype(np.uint8))
        self.secure()

    def read(self) -> tuple[str, tuple[str, ...], ProjectState]:
        """Digest of the recovered document, notices, state."""
        (left,) = find_left(self.folder)
        try:
            recovered = left.read()
        finally:
            left.release()
        document = Document(self.photo.pixels)
        notices = recovered.notices + recovered.state.apply(document)
        return digest(document), notices, recovered.state


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    source = tmp_path / "scan.png"
    photo = make_photo(source)
    document = Document(photo.pixels)
    packer = Packer(SourceRecord.of(photo, source))
    made = Work(tmp_path / "journals", photo, document, packer, Journal(tmp_path / "journals"))
    yield made
    made.journal.keep()


def test_recovers_the_last_step_that_was_written(work: Work) -> None:
    edit_everything(work.document)
    work.secure()
    for seed in range(4):
        work.stroke(seed)
    work.document.undo()
    work.secure()
    work.journal.keep()
    after, notices, state = work.read()
    assert after == work.digests[-1] == digest(work.document) and notices == ()
    assert state.history == tuple(work.document.history)
    assert tuple(state.read_marks()) == MARKS


@pytest.mark.skipif(os.name == "nt", reason="folders of a user are private there")
def test_nobody_else_may_read_it(work: Work) -> None:
    assert work.journal.folder.stat().st_mode & 0o077 == 0


def test_a_step_costs_what_it_changed(work: Work) -> None:
    edit_everything(work.document)
    work.secure()
    before = work.journal.path.stat().st_size
    with work.document.edit("Dot") as tx:
        tx.patch("mask", Box(600, 10, 601, 11), np.full((1, 1), 255, np.uint8))
    work.secure()
    assert work.journal.path.stat().st_size - before < 4000 < before


def test_a_journal_in_use_is_not_offered_and_a_clean_end_leaves_nothing(work: Work) -> None:
    work.stroke(1)
    assert find_left(work.folder) == []
    work.journal.keep()
    (left,) = find_left(work.folder)
    assert find_left(work.folder) == []  # nobody else is offered it meanwhile
    left.release()
    (left,) = find_left(work.folder)
    left.discard()
    assert list(work.folder.iterdir()) == []
    other = Journal(work.folder)
    other.write(work.packer.pack(Snapshot.of(work.document)))
    other.close()
    assert list(work.folder.iterdir()) == []


def test_one_without_steps_is_not_offered_and_goes_when_it_is_old(work: Work) -> None:
    work.journal.keep()
    assert find_left(work.folder) == [] and work.journal.folder.exists()
    os.utime(work.journal.folder, (0, 0))
    assert find_left(work.folder) == [] and not work.journal.folder.exists()


def test_one_whose_process_ends_while_it_is_looked_at_is_passed_over(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.journal.keep()

    def gone(folder: Path, _: object) -> None:
        shutil.rmtree(folder)
        raise FileNotFoundError

    monkeypatch.setattr(journal, "LeftJournal", gone)
    assert find_left(work.folder) == []


def test_the_newest_comes_first(tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.stroke(1)
    work.journal.keep()
    monkeypatch.setattr(journal, "datetime", _Later)
    second = Journal(work.folder, tmp_path / "work.restorer")
    second.write(work.packer.pack(Snapshot.of(work.document)))
    second.keep()
    found = find_left(work.folder)
    assert [left.folder for left in found] == [second.folder, work.journal.folder]
    assert [left.read().project for left in found] == [tmp_path / "work.restorer", None]
    for left in found:
        left.release()


class _Later(journal.datetime):
    @classmethod
    def now(cls, tz: Any = None) -> _Later:
        return cls(2999, 1, 1, tzinfo=tz)


def test_work_goes_on_in_a_recovered_journal(work: Work) -> None:
    work.stroke(1)
    work.stroke(2)
    work.journal.keep()
    (left,) = find_left(work.folder)
    left.read()
    work.journal = Journal(left=left)
    assert find_left(work.folder) == []
    work.journal.keep()
    assert work.read()[0] == work.digests[-1]  # nothing was written yet, and nothing is lost
    (left,) = find_left(work.folder)
    work.journal = Journal(left=left)
    work.stroke(3)
    work.journal.keep()
    assert work.read()[:2] == (work.digests[-1], ()) and len(list(work.folder.iterdir())) == 1


def test_long_journals_are_rewritten(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "COMPACT_BYTES", 0)
    sizes = []
    for seed in range(25):
        work.stroke(seed % 3)
        with work.document.edit("Other") as tx:
            tx.patch("mask", Box(0, 0, 300, 300), np.random.default_rng(seed).integers(0, 255, (300, 300)))
        work.secure()
        sizes.append(work.journal.path.stat().st_size)
    assert max(sizes) < 8 * min(sizes)
    assert sum(b < a for a, b in itertools.pairwise(sizes)) >= 3
    assert [p.name for p in work.journal.folder.iterdir() if p.suffix == ".part"] == []
    work.journal.keep()
    assert work.read()[:2] == (work.digests[-1], ())


# --- what was cut off or damaged


def offsets(data: bytes) -> list[int]:
    """Where the records begin, and the end."""
    places, place = [], len(START)
    while place < len(data):
        places.append(place)
        place += HEAD.size + HEAD.unpack_from(data, place)[1]
    return [*places, place]


def test_cut_off_anywhere_it_gives_the_last_whole_step_without_a_word(work: Work) -> None:
    for seed in range(3):
        work.stroke(seed)
    work.journal.keep()
    data = work.journal.path.read_bytes()
    ends = offsets(data)[1:]
    rng = np.random.default_rng(3)
    cuts = {*ends, *(e - 1 for e in ends), *(e + 1 for e in ends[:-1]), *rng.integers(ends[0], len(data), 30)}
    for cut in sorted(int(c) for c in cuts):
        if cut < ends[0]:
            continue
        work.journal.path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert work.read()[:2] == (work.digests[whole - 1], ())


def test_zeros_at_the_end_are_no_damage(work: Work) -> None:
    work.stroke(1)
    work.journal.keep()
    with work.journal.path.open("ab") as stream:
        stream.write(bytes(5000))
    assert work.read()[:2] == (work.digests[-1], ())


def test_a_damaged_record_is_told_and_the_rest_is_kept(work: Work) -> None:
    for seed in range(4):
        work.stroke(seed)
    work.journal.keep()
    data = work.journal.path.read_bytes()
    places = offsets(data)
    for index, (start, end) in enumerate(itertools.pairwise(places)):
        for place in (start, start + 6, start + HEAD.size + 3, (start + end) // 2, end - 1):
            bad = bytearray(data)
            bad[place] ^= 0x55
            work.journal.path.write_bytes(bad)
            after, notices, state = work.read()
            assert len(notices) == 1 and "damaged" in notices[0]
            assert state.history == tuple(f"Stroke {seed}" for seed in range(3 if index == 3 else 4))
            if index == 3:
                assert after == work.digests[2]


def test_tiles_of_a_damaged_record_fall_back_to_older_ones(work: Work) -> None:
    def fill(value: int, *boxes: Box) -> None:
        with work.document.edit("Fill") as tx:
            for box in boxes:
                tx.patch("mask", box, np.full((box.height, box.width), value, np.uint8))
        work.secure()

    one, two = Box(0, 0, 50, 50), Box(600, 550, 650, 590)
    fill(10, one, two)
    fill(20, one)  # this record will be lost
    fill(30, two)
    work.journal.keep()
    data = bytearray(work.journal.path.read_bytes())
    data[offsets(bytes(data))[2] - 1] ^= 1
    work.journal.path.write_bytes(data)
    state = work.read()[2]
    document = Document(work.photo.pixels)
    assert state.apply(document) == ()
    mask = document.surfaces["mask"]
    assert mask.read(one).max() == 10 and mask.read(two).min() == 30


def test_marks_inside_of_pixels_are_no_records(work: Work) -> None:
    noise = np.frombuffer(MARK * 250, np.uint8).reshape(10, 100)
    with work.document.edit("Noise") as tx:
        tx.patch("mask", Box(0, 0, 10, 100), noise)
    work.secure()
    work.journal.keep()
    with work.journal.path.open("ab") as stream:
        stream.write(b"garbage" + MARK * 100)
    after, notices, _ = work.read()
    assert after == work.digests[-1] and len(notices) == 1


@pytest.mark.parametrize("content", [b"", START, START + b"x" * 1000, b"something else" * 100, MARK * 1000])
def test_nothing_to_recover_is_said_in_one_sentence(work: Work, content: bytes) -> None:
    work.stroke(1)
    work.journal.keep()
    work.journal.path.write_bytes(content)
    with pytest.raises(InputError, match="damaged and cannot be recovered"):
        work.read()


def test_garbled_journals_never_crash(work: Work) -> None:
    for seed in range(3):
        work.stroke(seed)
    work.journal.keep()
    data, rng = work.journal.path.read_bytes(), np.random.default_rng(11)
    for _ in range(40):
        bad = bytearray(data)
        for place in rng.integers(0, len(data), 6):
            bad[place] = rng.integers(256)
        work.journal.path.write_bytes(bad)
        try:
            work.read()
        except InputError as error:
            assert "damaged" in error.sentence


# --- disks


def test_a_full_disk_is_told_and_what_was_written_stays(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.stroke(1)
    real, calls = os.fsync, []

    def full(number: int) -> None:
        calls.append(number)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="cannot be secured"):
            work.stroke(2)
    assert len(calls) == 1 and os.fsync is real
    assert len(offsets(work.journal.path.read_bytes())) == 2
    work.stroke(3)  # there is room again
    work.journal.keep()
    assert work.read()[:2] == (work.digests[-1], ())


def test_the_first_record_outlives_a_power_cut_with_the_folders_it_lies_in(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr("restorer.project.journal.sync_folder", flushed.append)
    work.stroke(1)
    assert flushed[:3] == [work.journal.folder, work.folder, work.folder.parent]
    flushed.clear()
    work.stroke(2)
    assert not flushed


def test_a_failed_rewrite_loses_nothing(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.stroke(1)
    monkeypatch.setattr(journal, "COMPACT_BYTES", 0)
    monkeypatch.setattr(journal, "COMPACT_FACTOR", 0)

    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        work.stroke(2)
    work.stroke(3)
    work.journal.keep()
    assert work.read()[:2] == (work.digests[-1], ())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be secured"):
        Journal(tmp_path / "file")
    assert find_left(tmp_path / "file") == find_left(tmp_path / "nothing") == []


def test_a_new_journal_does_not_mind_one_who_looks_for_journals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused = locks._lock, []

    def busy_once(stream: Any) -> None:
        if not refused:
            refused.append(1)
            raise BlockingIOError(errno.EAGAIN, "busy")
        real(stream)

    monkeypatch.setattr(locks, "_lock", busy_once)
    made = Journal(tmp_path)
    assert refused and made.folder.exists()
    made.close()


def test_the_place_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTORER_STATE", str(tmp_path))
    assert journal_folder() == tmp_path / "journals"
    monkeypatch.delenv("RESTORER_STATE")
    assert journal_folder().name == "journals" and "restorer" in str(journal_folder())
