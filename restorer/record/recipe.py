"""Recipes: the ordered stages that a photograph goes through, with their parameters, as JSON.

The same file serves the window, the command line and the audit; reading one never runs anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from restorer.editing.mask import Mask
from restorer.errors import InputError
from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.new_files import new_file
from restorer.record.report import PhotoReport

SCHEMA = 1
LONGEST_FILE = 1 << 20  # bytes; a recipe is a page of text, anything longer is none
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Parameter:
    """One parameter of a stage.

    Attributes:
        default: used where a recipe does not name it.
        accepts: whether a value read from JSON is one.
        expected: what is accepted, completing "... must be".
        kind: what a form offers for it.
        low: smallest number.
        high: largest number.
        choices: the texts to choose from.
    """

    default: Any
    accepts: Callable[[Any], bool]
    expected: str
    kind: Literal["number", "whole", "choice", "model"] = "number"
    low: float = 0
    high: float = 1
    choices: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether null is a value."""
        return self.accepts(None)


@dataclass(frozen=True)
class StageKind:
    """What a stage of that name takes and gives.

    Attributes:
        parameters: by name.
        needs: what an earlier stage must have given, e.g. "mask".
        gives: what later stages may use.
    """

    parameters: Mapping[str, Parameter]
    needs: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()


def _number(low: float, high: float, default: float) -> Parameter:
    def accepts(value: Any) -> bool:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return plain and low <= value <= high  # neither NaN nor infinity is

    return Parameter(default, accepts, f"a number from {low:g} to {high:g}", "number", low, high)


def _whole(low: int, high: int, default: int | None, none: str = "") -> Parameter:
    def accepts(value: Any) -> bool:
        if value is None:
            return bool(none)
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    expected = f"a whole number from {low} to {high}" + (none and f", or null {none}")
    return Parameter(default, accepts, expected, "whole", low, high)


def _choice(*names: str) -> Parameter:
    expected = "one of " + ", ".join(names)
    return Parameter(names[0], lambda value: value in names, expected, "choice", choices=names)


def _model() -> Parameter:
    def accepts(value: Any) -> bool:
        return value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT)

    return Parameter(None, accepts, "the id of a model, or null for the default", "model")


STAGES: dict[str, StageKind] = {
    "detect": StageKind(
        {
            "model": _model(),
            "sensitivity": _number(0, 1, 0.5),
            "smallest_px": _whole(0, 10**9, 4),
            "largest_px": _whole(1, 10**9, None, "for no limit"),
            "polarity": _choice("both", "light", "dark"),
        },
        gives=frozenset({"mask"}),
    ),
    "repair": StageKind(
        {
            "model": _model(),
            "detail": _number(0, 1, 0.8),
            "grow_px": _whole(0, 64, 2),
            "seed": _whole(0, 2**31 - 1, 0),
            "study_steps": _whole(0, 10_000, 0),
        },
        needs=frozenset({"mask"}),
    ),
}
"""All stages by name. One more entry here and a branch in `restorer.cli.commands.run_recipe` add a stage."""


@dataclass(frozen=True)
class Stage:
    """One step of a recipe: its name in `STAGES` and all of its parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, parameter: str) -> Any:
        return self.parameters[parameter]


@dataclass(frozen=True)
class Recipe:
    """Ordered stages.

    Attributes:
        stages: each of another name, each with what it needs given by an earlier one.
        title: for a person.
    """

    stages: tuple[Stage, ...]
    title: str = ""

    def stage(self, name: str) -> Stage | None:
        """The stage of that name, if the recipe has it."""
        return next((s for s in self.stages if s.name == name), None)

    def with_parameters(self, **changes: Mapping[str, Any]) -> Recipe:
        """The same recipe with some parameters changed, by stage: ``with_parameters(repair={"seed": 1})``.

        Raises:
            InputError: a value is out of range.
        """
        content = as_json(self)
        for stage in content["stages"]:
            stage.update(changes.get(stage["stage"], {}))
        # What is needed was there when the stages were put together; they stay the same.
        given = frozenset[str]().union(*(STAGES[stage.name].needs for stage in self.stages))
        return from_json(content, given=given)


@dataclass(frozen=True)
class Outcome:
    """What a recipe made of a photograph.

    Attributes:
        photo: the result; None if there was nothing to do.
        mask: (H, W) bool, what was found, before it is grown; None if nothing was searched for.
    """

    photo: Photo | None
    mask: Mask | None


Run = Callable[[Photo, Recipe, str, PhotoReport, JobContext], Outcome]
"""What puts one photograph through a recipe: (photo, recipe, device, report to fill in, ctx) -> outcome."""


def default_recipe() -> Recipe:
    """Find and fill, with the defaults."""
    return from_json({"schema": SCHEMA, "stages": [{"stage": "detect"}, {"stage": "repair"}]})


def as_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as an object that `from_json` reads again."""
    stages = [{"stage": s.name, **s.parameters} for s in recipe.stages]
    return {"schema": SCHEMA, "title": recipe.title, "stages": stages}


def from_json(content: Any, name: str = "The recipe", given: frozenset[str] = frozenset()) -> Recipe:
    """The recipe that `content` describes; parameters that are missing take their defaults.

    Args:
        content: anything that JSON can hold.
        name: what to call it in the sentence.
        given: what is there before the first stage: {"mask"} where the mask is not searched for.

    Raises:
        InputError: of a newer version, or with problems, all of which the hint names.
    """
    problems: list[str] = []
    if isinstance(content, dict) and _newer(content.get("schema")):
        raise InputError(f"{name} was written by a newer version of Restorer.", "Update Restorer.")
    stages = _stages(content, problems, set(given))
    title = content.get("title", "") if isinstance(content, dict) else ""
    if not isinstance(title, str) or len(title) > LONGEST_TEXT:
        problems.append(f"'title' must be a text of up to {LONGEST_TEXT} letters")
    if problems:
        raise InputError(f"{name} cannot be used.", "; ".join(problems[:20]) + ".")
    return Recipe(tuple(stages), title)


def _newer(schema: Any) -> bool:
    return isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA


def _stages(content: Any, problems: list[str], given: set[str]) -> list[Stage]:
    if not isinstance(content, dict):
        problems.append("it must be an object with 'schema' and 'stages'")
        return []
    if content.get("schema") != SCHEMA or isinstance(content.get("schema"), bool):
        problems.append(f"'schema' must be {SCHEMA}")
    problems += [f"'{_short(k)}' is unknown" for k in content if k not in ("schema", "title", "stages")]
    listed = content.get("stages")
    if not isinstance(listed, list) or not listed:
        problems.append("'stages' must be a list of at least one stage")
        return []
    stages: list[Stage] = []
    for number, item in enumerate(listed[:100], 1):
        stage = _stage(item, f"stage {number}", problems, given)
        if stage is not None:
            if any(s.name == stage.name for s in stages):
                problems.append(f"stage {number}: '{stage.name}' is there twice")
            stages.append(stage)
    return stages


def _stage(item: Any, place: str, problems: list[str], given: set[str]) -> Stage | None:
    kind = (
        STAGES.get(item["stage"]) if isinstance(item, dict) and isinstance(item.get("stage"), str) else None
    )
    if kind is None:
        problems.append(f"{place}: 'stage' must be one of {', '.join(STAGES)}")
        return None
    name = item["stage"]
    unknown = [k for k in item if k != "stage" and k not in kind.parameters]
    problems += [f"{place} ({name}): '{_short(k)}' is unknown" for k in unknown]
    values: dict[str, Any] = {}
    for key, parameter in kind.parameters.items():
        values[key] = item.get(key, parameter.default)
        if not parameter.accepts(values[key]):
            problems.append(f"{place} ({name}): '{key}' must be {parameter.expected}")
    missing = kind.needs - given
    problems += [f"{place} ({name}): no earlier stage gives a {what}" for what in sorted(missing)]
    given |= kind.gives
    return Stage(name, values)


def _short(key: object) -> str:
    text = str(key).encode("utf-8", "replace").decode()
    return text if len(text) <= 40 else text[:40] + "..."


def load_json(path: Path, what: str, longest: int = LONGEST_FILE) -> Any:
    """The content of a JSON file that came from anywhere.

    Args:
        path: the file.
        what: what to call it in a sentence, e.g. "recipe".
        longest: bytes from which it is refused.

    Raises:
        InputError: missing, too long, or no JSON.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(longest + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The {what} '{path}' cannot be read: {reason}.", "Check the name.") from error
    if len(data) > longest:
        raise InputError(f"The {what} '{path.name}' is too long.", f"It is no {what} of Restorer.")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InputError(f"The {what} '{path.name}' is no text.", f"Name the JSON of a {what}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The {what} '{path.name}' is not valid JSON.", f"Save it again: {str(error)[:200]}"
        ) from error


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from a JSON file.

    Raises:
        InputError: as `load_json` and `from_json` tell.
    """
    name = f"The recipe '{path.name}'"
    recipe = from_json(load_json(path, "recipe"), name)
    check_sense(recipe, name)
    return recipe


def check_sense(recipe: Recipe, name: str = "The recipe") -> None:
    """Raise InputError where a person asks for what contradicts itself; what was saved with it is read."""
    stage = recipe.stage("detect")
    if stage is not None and stage["largest_px"] is not None and stage["smallest_px"] > stage["largest_px"]:
        raise InputError(f"{name} cannot be used.", "'smallest_px' must not be above 'largest_px'.")


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as a new JSON file.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    text = json.dumps(as_json(recipe), indent=2, ensure_ascii=False) + "\n"
    with new_file(path) as (stream, _):
        stream.write(text.encode("utf-8", "replace"))
