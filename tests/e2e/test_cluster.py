"""A batch on a Dask cluster, with workers in processes of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from restorer.batch.run import Batch, BatchSettings, ItemChange
from restorer.batch.write import Work
from restorer.errors import RestorerError
from restorer.jobs import JobContext, Progress
from tests.core.batch.support import fake_run, leftovers, photographs
from tests.e2e.test_batch_command import fast
from tests.e2e.test_command_line import run


def test_a_cluster_without_dask_is_told_before_anything_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs(tmp_path, "here.png")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run("batch", tmp_path / "here.png", "--out", tmp_path / "out", "--dask", "local") == 2
    assert "Dask is not installed" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_lost_worker_of_a_cluster_loses_nothing(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, *(f"{n:02}.png" for n in range(24)), "clean.png")
    (source / "bad.png").write_bytes(b"x")
    killed: list[int] = []

    def kill_one(p: Progress) -> None:
        """Once something is done, kill a worker that holds something."""
        if isinstance(p.detail, ItemChange) and p.detail.item.state == "done" and not killed:
            killed.append(client.run(os.getpid).popitem()[1])
            os.kill(killed[0], signal.SIGKILL)

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="") as cluster,
        distributed.Client(cluster) as client,
    ):
        settings = BatchSettings(out, cluster=cluster.scheduler_address)
        with Batch(settings, fake_run) as batch:
            batch.add([source])
            summary = batch.run(JobContext(kill_one))
    assert killed and summary.counts | {"done": 24, "clean": 1, "failed": 1} == summary.counts
    assert len(list(out.glob("*.png"))) == 24 and leftovers(out) == []


def test_the_workers_of_one_computer_share_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    from restorer.batch import cluster

    class Client:
        given: ClassVar[list[Work]] = []

        def scheduler_info(self, _: int) -> dict[str, Any]:
            hosts = {"a": ("one", 2), "b": ("one", 3), "c": ("two", 1)}
            return {"workers": {k: {"host": h, "nthreads": n} for k, (h, n) in hosts.items()}}

        def map(self, _: object, names: list[str], *, work: Work, **__: object) -> list[Any]:
            self.given += [work] * len(names)
            return []

        def cancel(self, _: object) -> None:
            return

    @contextlib.contextmanager
    def client(_: str) -> Iterator[Client]:
        yield Client()

    monkeypatch.setattr(cluster, "_client", client)
    photographs(tmp_path / "in", *(f"{n}.png" for n in range(9)))
    settings = BatchSettings(tmp_path / "out", cluster="tcp://there", megapixels=60, workers=4)
    with Batch(settings, fake_run) as batch, pytest.raises(RestorerError, match="end at once"):
        batch.add([tmp_path / "in"])
        batch.run()
    assert {(work.workers, work.megapixels) for work in Client.given} == {(6, 12.0)}


def test_a_cluster_on_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    fast(monkeypatch)
    photographs(tmp_path / "in", "a.png", "b.png", "c.tif")
    command = ("batch", tmp_path / "in", "--out", tmp_path / "out", "--device", "cpu")
    assert run(*command, "--dask", "local") == 0
    photographs(tmp_path / "in", "d.png")
    assert run(*command, "--resume", "--workers", 1) == 0
    photographs(tmp_path / "in", "e.png")
    assert run(*command, "--resume", "--dask", "local") == 0
    names = sorted(p.name for p in (tmp_path / "out").glob("*.[pt][ni][gf]"))
    assert names == ["a.png", "b.png", "c.tif", "d.png", "e.png"]
