"""Listings that overlap, end early, or come back to folders that are away: no photograph is left out, and
each result goes where it was to go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restorer.batch import Batch, BatchSettings
from restorer.jobs import Cancelled, JobContext
from tests.core.batch_support import fake_run, photographs


def interrupted(out: Path, *sources: Path) -> None:
    """Begin a batch whose listing is interrupted; what comes into `sources` later stands for what was not
    reached."""
    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add(sources, JobContext(is_cancelled=lambda: True))


def test_what_is_away_is_not_forgotten_when_more_is_named(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    photographs(one, "a.png")
    photographs(tmp_path / "three", "c.png")
    two.mkdir()
    interrupted(out, one, two)
    photographs(two, "b.png")
    two.rename(tmp_path / "away")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        batch.add([tmp_path / "three"])
        batch.run()
    (tmp_path / "away").rename(two)
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.run().counts["done"] == 3
        assert batch.add_remembered() == 0


def test_folders_keep_their_tree_while_one_of_them_is_away(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    photographs(one, "a.png")
    two.mkdir()
    interrupted(out, one, two)
    photographs(two, "a.png")
    one.rename(tmp_path / "away")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert {i.target for i in batch.items()} == {"one/a.png", "two/a.png"}


def test_a_listing_of_an_older_version_below_the_results_is_gone_on_with(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png")
    interrupted(out, source)
    photographs(out / "scans", "b.png")
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.queue.put("paths", json.dumps([str(source), str(out / "scans")]))
        batch.queue.put("listed", "0")
        batch.add_remembered()
        assert batch.run().counts["done"] == 1
        assert batch.add_remembered() == 0
