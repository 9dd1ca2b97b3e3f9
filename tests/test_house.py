"""The rules of CONTRIBUTING.md that a program can check."""

from __future__ import annotations

import ast
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for folder in ("restorer", "training", "ui") for p in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def functions(path: Path) -> list[tuple[str, int]]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(f"{path.name}:{n.name}", (n.end_lineno or n.lineno) - n.lineno + 1) for n in found]


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_under_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 500


def test_nine_functions_of_ten_stay_under_40_lines() -> None:
    lengths = [length for path in SOURCES for _, length in functions(path)]
    assert sum(length < 40 for length in lengths) >= 0.9 * len(lengths)
    assert max(lengths) <= 80


def test_no_test_sleeps_or_takes_the_time() -> None:
    for path in TESTS:
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        assert not names & {"sleep", "perf_counter", "monotonic"}, path


def test_top_level_is_as_agreed() -> None:
    listed = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    agreed = {"pyproject.toml", "README.md", "restorer", "ui", "resources", "training", "tests"}
    agreed |= {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    assert listed - {"build", "restorer.egg-info", "dist", "runs"} <= agreed


def test_version_is_the_same_everywhere() -> None:
    from restorer import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__


def imports(path: Path, known: set[str]) -> set[str]:
    """Modules of ours that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & known


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in SOURCES if p.name != "__init__.py"
    }
    graph = {name: imports(path, set(modules)) for name, path in modules.items()}
    assert sum(map(len, graph.values())) > len(graph)
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle
