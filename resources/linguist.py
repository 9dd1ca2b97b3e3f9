"""Compiles translations (.ts to .qm) with Qt Linguist's lrelease, which PySide6-Essentials brings.

Used by the build, and by the window where nothing was built, as in a checkout that was never installed.

    python resources/linguist.py      # compiles into resources/translations
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent / "translations"
LONGEST_S = 120


class LinguistError(Exception):
    """A translation could not be compiled; says why."""


def lrelease() -> Path:
    """The compiler of PySide6.

    Raises:
        LinguistError: it is not installed.
    """
    found = find_spec("PySide6")
    for folder in (found.submodule_search_locations or []) if found else []:
        for name in ("lrelease", "lrelease.exe", "Qt/libexec/lrelease"):
            if (Path(folder) / name).is_file():
                return Path(folder) / name
    raise LinguistError("lrelease is not there: install PySide6-Essentials")


def compile_ts(source: Path, target: Path) -> Path:
    """Compile one .ts file; `target` is replaced at once or left alone. Returns `target`.

    Raises:
        LinguistError: lrelease is not there, cannot run here, or does not take the file.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    command = [str(lrelease()), "-silent", str(source), "-qm", str(temporary)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        if done.returncode or not temporary.is_file():
            raise LinguistError(f"lrelease refused {source.name}: {done.stderr.strip() or done.returncode}")
        temporary.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        raise LinguistError(f"{source.name} could not be compiled: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def compile_all(folder: Path = FOLDER) -> list[Path]:
    """Compile every .ts file of a folder beside it; returns the .qm files.

    Raises:
        LinguistError: as `compile_ts` tells.
    """
    return [compile_ts(source, source.with_suffix(".qm")) for source in sorted(folder.glob("*.ts"))]


def compiled(source: Path, cache: Path) -> Path:
    """The .qm of a .ts file: the one that was built beside it, or one compiled now and kept in `cache`.

    One that is older than a .ts in a checkout is not taken: the text was edited since.

    Raises:
        LinguistError: none was built, and none can be compiled.
    """
    built = source.with_suffix(".qm")
    if built.is_file() and not _edited_since(source, built):
        return built
    kept = cache / f"{source.stem}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}.qm"
    return kept if kept.is_file() else compile_ts(source, kept)


def _edited_since(source: Path, built: Path) -> bool:
    checkout = (Path(__file__).parents[1] / "pyproject.toml").is_file()
    return checkout and source.stat().st_mtime > built.stat().st_mtime


if __name__ == "__main__":
    for path in compile_all():
        print(path)
