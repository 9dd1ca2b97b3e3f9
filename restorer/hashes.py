"""SHA-256 of files, by which records know them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def holds(path: Path, digest: str | None) -> bool:
    """Whether a file is there and still the one of that SHA-256."""
    try:
        return digest is not None and sha256_of(path) == digest
    except OSError:
        return False


def is_sha256(value: Any) -> bool:
    """Whether it is written as a SHA-256 is."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None
