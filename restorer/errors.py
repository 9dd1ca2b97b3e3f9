"""Errors that reach a person: one clear sentence and one hint, each tree branch with its exit code."""

from __future__ import annotations

import os


class RestorerError(Exception):
    """Base of every error a user may see.

    Args:
        sentence: what went wrong, one sentence that a person without programming knowledge understands.
        hint: what can be done about it; may be empty.
    """

    exit_code = 1

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class InputError(RestorerError):
    """A file or an argument that was given cannot be used (exit code 2)."""

    exit_code = 2


class OutputError(RestorerError):
    """A result cannot be written where it was asked for (exit code 2)."""

    exit_code = 2


class WeightsError(RestorerError):
    """Model weights are missing, damaged, or do not fit their architecture (exit code 2)."""

    exit_code = 2


class DeviceError(RestorerError):
    """The chosen device cannot do the work (exit code 2)."""

    exit_code = 2


def printable(text: object) -> str:
    """`text` as UTF-8 can hold it: file names may have bytes that are no letters."""
    return os.fsencode(str(text)).decode("utf-8", "replace")
