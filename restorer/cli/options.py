"""Types of options that several commands take."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

# Who reads a file tells what is wrong with it, and goes on with others; click would end the command.
PATH = click.Path(path_type=Path, readable=False)
DEVICES = click.Choice(["auto", "cpu", "cuda", "mps"])


class NumberRange(click.FloatRange):
    """A number within bounds; click lets "nan" pass, which lies within none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails for what is none."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number
