from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from restorer.jobs import JobContext
from restorer.library import store as library
from tests.training.fitting.two_workers import fit_settings, make_tuner, measure
from tests.training.tuning.support import album, parent
from training.fitting.trainer import fit
from training.fitting.workers import Workers, join_workers, leave_workers
from training.tuning.tuner import TuneState, run_tuning

ROOT = Path(__file__).parents[3]


def test_one_process_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    workers = join_workers("auto")
    assert workers == Workers(0, 1) and workers.leads
    assert workers.agree(True) and not workers.agree(False)
    workers.wait()
    leave_workers(workers)


def test_while_others_wait_one_process_has_their_threads() -> None:
    torch.set_num_threads(1)
    for workers, threads in ((Workers(), 1), (Workers(0, 3), 1), (Workers(0, 3, here=True), 3)):
        with pytest.raises(RuntimeError), workers.others_waiting():
            assert torch.get_num_threads() == threads
            raise RuntimeError
        assert torch.get_num_threads() == 1


def test_two_processes_learn_what_one_learns_from_both_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    torch.set_num_threads(1)
    parent()
    photos = album(tmp_path / "photos")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
               "-m", "tests.training.fitting.two_workers", str(tmp_path), str(photos)]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (torch.load(tmp_path / f"weights-{rank}.pt", weights_only=True) for rank in (0, 1))
    alone = make_tuner(Workers())
    run_tuning(alone, tmp_path / "alone", TuneState(), JobContext())
    for key, value in alone.net.state_dict().items():
        assert torch.equal(first[key], second[key]), key
        torch.testing.assert_close(first[key], value, atol=2e-4, rtol=1e-3)
    fitted = [torch.load(tmp_path / f"fitted-{rank}.pt", weights_only=True) for rank in (0, 1)]
    for key, value in fitted[0][0].items():
        assert all(torch.equal(value, other[key]) for pair in fitted for other in pair), key
    lines = [json.loads(line) for line in (tmp_path / "fitted" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 3]  # told by one of them
    fit(fit_settings(photos, tmp_path / "by-one"), JobContext())
    first_alone, of_both = (load_file(tmp_path / f / "detail.safetensors") for f in ("by-one", "fitted"))
    assert not all(torch.equal(value, of_both[key]) for key, value in first_alone.items())
    told = [json.loads((tmp_path / f"told-{rank}.json").read_text()) for rank in (0, 1)]
    assert [t["cancelled"] for t in told] == [True, True]  # though only the second was asked to stop
    assert told[0]["step"] == told[1]["step"] < 3
    assert [t["outcome"] for t in told] == [True, False]
    assert [t["timed"] for t in told] == [[2], [2]]  # side by side, as they learn
    assert [t["scores"] for t in told] == [measure(Workers())] * 2  # each of all, to the bit
    assert [t["threads"] for t in told] == [
        [],
        [],
    ]  # the group's threads would abort a process that ends before them
    assert library.get("together").parent == "small-repair"
    assert (tmp_path / "cancelled" / "checkpoint.ckpt").is_file()
