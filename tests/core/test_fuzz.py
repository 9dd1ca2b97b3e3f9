"""A short, always equal part of `python -m tests.bench.fuzz`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from restorer.errors import InputError
from tests.bench.fuzz import run_case
from tests.bench.fuzz_targets import LIMITS, Target, make_targets, mutate_bytes


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


def _raise(_: Path) -> None:
    raise KeyError("x")


def _refuse(_: Path) -> None:
    raise InputError("It is damaged.")


def _grow(_: Path) -> None:
    bytearray(300 << 20)


@pytest.mark.parametrize(("act", "kind"), [(_raise, "error"), (_grow, "memory"), (_refuse, None)])
def test_what_must_not_happen_is_found(act: Callable[[Path], None], kind: str | None, tmp_path: Path) -> None:
    if kind == "memory" and not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured on Linux alone")
    target = Target("settings", ".json", [b"{}"], mutate_bytes, act)
    finding = run_case({"settings": target}, 0, 0, tmp_path)
    assert (finding.kind if finding is not None else None) == kind
