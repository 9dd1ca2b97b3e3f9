"""A short, always equal part of `python -m tests.bench.fuzz`."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.bench.fuzz import run_case
from tests.bench.fuzz_targets import LIMITS, make_targets


@pytest.mark.parametrize("name", LIMITS)
def test_mutated_files_raise_nothing_but_one_sentence(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    targets = make_targets(tmp_path, (name,))
    findings = [run_case(targets, number, 1, tmp_path) for number in range(250)]
    assert not [finding for finding in findings if finding is not None]


@pytest.mark.parametrize("name", LIMITS)
def test_the_files_to_begin_with_are_good(name: str, tmp_path: Path) -> None:
    target = make_targets(tmp_path, (name,))[name]
    for seed in target.seeds:
        (tmp_path / f"seed{target.suffix}").write_bytes(seed)
        try:
            target.run(tmp_path / f"seed{target.suffix}")
        except target.allowed as error:
            assert "GIF" in str(seed[:3]) and name == "picture", error
