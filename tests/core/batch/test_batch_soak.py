"""The soak of `tests.bench.batch_soak`, short: a batch that is killed twice, and a check that can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.batch_soak import check, make_photographs, run_and_kill, soak


@pytest.mark.parametrize("workers", [1, 2])
def test_a_batch_that_is_killed_twice_loses_nothing(workers: int, tmp_path: Path) -> None:
    assert soak(tmp_path, 60, 0.1, workers, seed=workers) == []


def test_the_check_sees_what_is_wrong(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    good, broken = make_photographs(source, 16, 0.1)
    assert run_and_kill(source, out, 1, None) == 0
    assert check(source, out, good, broken) == []
    results = sorted(p for p in out.glob("*.*") if p.is_file() and p.stem != "report")
    (out / ".restorer-batch" / "staging" / "left.tif").write_bytes(b"x")
    results[0].rename(out / "twice.png")
    (out / results[0].name).write_bytes(results[1].read_bytes())
    found = " ".join(check(source, out, [*good, broken[0]], broken[1:]))
    for part in ("left behind", "twice.png", "other pixels", f"{broken[0]}: failed"):
        assert part in found, part
