"""The build of the package (PEP 517): setuptools, after the translations were compiled."""

from __future__ import annotations

import sys
from typing import Any

from linguist import LinguistError, compile_all  # beside this file: the build has this folder on its path
from setuptools import build_meta
from setuptools.build_meta import (
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(*given: Any, **named: Any) -> str:
    """A wheel with compiled translations."""
    _compile()
    return build_meta.build_wheel(*given, **named)


def build_editable(*given: Any, **named: Any) -> str:
    """An editable wheel; the translations are compiled in the checkout."""
    _compile()
    return build_meta.build_editable(*given, **named)


def build_sdist(*given: Any, **named: Any) -> str:
    """A source distribution; its own build compiles."""
    return build_meta.build_sdist(*given, **named)


def _compile() -> None:
    """Compile; where lrelease cannot run, as on a machine without graphics, the package is installed all the
    same, and the window compiles when it is started."""
    try:
        compile_all()
    except LinguistError as error:
        print(f"The translations were not compiled: {error}", file=sys.stderr)
