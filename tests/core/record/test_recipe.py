"""Recipes: what can be read is exactly what can be run, and all that is wrong is said at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from restorer.editing.mask import MaskSettings
from restorer.errors import InputError, OutputError, RestorerError
from restorer.record.recipe import (
    LONGEST_FILE,
    SCHEMA,
    STAGES,
    as_json,
    default_recipe,
    from_json,
    load_recipe,
    save_recipe,
)


def test_defaults_are_those_of_the_stages() -> None:
    from restorer.processing.repairer import RepairSettings

    detect, repair = default_recipe().stages
    settings = MaskSettings()
    for name in ("sensitivity", "smallest_px", "largest_px", "polarity"):
        assert detect[name] == getattr(settings, name)
    for name in ("detail", "grow_px", "seed", "model"):
        assert repair[name] == getattr(RepairSettings(), name)


def test_a_recipe_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    recipe = default_recipe().with_parameters(detect={"sensitivity": 0.75}, repair={"seed": 7})
    save_recipe(recipe, tmp_path / "r.json")
    assert load_recipe(tmp_path / "r.json") == recipe
    stage = recipe.stage("repair")
    assert stage is not None and stage["seed"] == 7 and stage["detail"] == 0.8
    with pytest.raises(OutputError, match="exists already"):
        save_recipe(recipe, tmp_path / "r.json")


def test_all_problems_are_named_at_once() -> None:
    content = {
        "schema": 1,
        "colour": "red",
        "stages": [
            {"stage": "repair", "detail": 2, "seed": -1, "sharpen": True},
            {"stage": "detect", "sensitivity": "much", "polarity": "grey"},
            {"stage": "paint"},
            {"stage": "detect"},
        ],
    }
    with pytest.raises(InputError) as caught:
        from_json(content)
    for part in (
        "'colour' is unknown",
        "'sharpen' is unknown",
        "'detail' must be a number from 0 to 1",
        "'seed' must be a whole number",
        "no earlier stage gives a mask",
        "'sensitivity' must be",
        "'polarity' must be one of both, light, dark",
        "stage 3: 'stage' must be one of detect, repair",
        "'detect' is there twice",
    ):
        assert part in caught.value.hint, part


@pytest.mark.parametrize(
    "parameter",
    [{"detail": True}, {"detail": float("nan")}, {"seed": 10**400}, {"detail": 10**400}, {"grow_px": 1.5}],
)
def test_values_that_only_look_right_are_refused(parameter: dict) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        default_recipe().with_parameters(repair=parameter)


def test_a_newer_recipe_says_so() -> None:
    with pytest.raises(InputError, match="newer version"):
        from_json({"schema": SCHEMA + 1, "stages": "who knows"})


def test_a_mask_that_is_given_need_not_be_searched_for() -> None:
    content = {"schema": 1, "stages": [{"stage": "repair"}]}
    with pytest.raises(InputError, match="cannot be used"):
        from_json(content)
    recipe = from_json(content, given=frozenset({"mask"}))
    assert recipe.stages[0].name == "repair"
    assert as_json(recipe.with_parameters(repair={"seed": 3}))["stages"] == [
        {**as_json(recipe)["stages"][0], "seed": 3}
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe{}", "is no text"),
        (b'{"schema": NaN}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"schema": ' + b"1" * 5000 + b"}", "not valid JSON"),
        (b" " * (LONGEST_FILE + 1), "too long"),
        (b"[]", "cannot be used"),
        (b'{"schema": true, "stages": []}', "cannot be used"),
    ],
)
def test_files_that_are_no_recipe(data: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(data)
    with pytest.raises(InputError, match=sentence):
        load_recipe(tmp_path / "r.json")


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_recipe(tmp_path / "none.json")


keys = st.sampled_from(["schema", "stages", "stage", "title", "detect", "repair", "detail", "seed", "model"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | keys,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
nearly = st.fixed_dictionaries(
    {"schema": st.just(1), "stages": st.lists(st.dictionaries(keys, anything | keys, max_size=5), max_size=3)}
)


@given(content=anything | nearly)
def test_any_json_is_a_recipe_or_one_error(content: object) -> None:
    try:
        recipe = from_json(content)
    except RestorerError:
        return
    assert from_json(json.loads(json.dumps(as_json(recipe)))) == recipe
    for stage in recipe.stages:
        kind = STAGES[stage.name]
        assert set(stage.parameters) == set(kind.parameters)
        assert all(kind.parameters[k].accepts(v) for k, v in stage.parameters.items())


def test_a_recipe_that_leaves_all_damage_alone_is_none(tmp_path: Path) -> None:
    stages = [{"stage": "detect", "smallest_px": 100, "largest_px": 5}, {"stage": "repair"}]
    content = {"schema": 1, "stages": stages}
    (tmp_path / "recipe.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="'smallest_px' must not be above 'largest_px'"):
        load_recipe(tmp_path / "recipe.json")
    assert from_json(content).stages[0]["largest_px"] == 5  # what was saved with it is read as before
