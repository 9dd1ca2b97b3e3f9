from __future__ import annotations

import json

import pytest

from training.measuring.verdict import bootstrap, compare, judge


def scores(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


BASE = scores(20.0, 25.0, 30.0, 22.0, 24.0, 21.0)


def moved(*gains: float) -> dict[int, float]:
    return {k: v + g for (k, v), g in zip(BASE.items(), gains, strict=True)}


def user(*gains: float):  # type: ignore[no-untyped-def]
    return compare("yours", "dB", BASE, moved(*gains), 0.05)


def guard(gain: float):  # type: ignore[no-untyped-def]
    return compare("replay", "dB", BASE, moved(*[gain] * 6), -0.1)


def test_the_interval_holds_the_mean_and_is_always_the_same() -> None:
    gains = [0.1, 0.3, -0.1, 0.4, 0.2, 0.0, 0.25]
    low, high = bootstrap(gains)
    assert low < sum(gains) / len(gains) < high
    assert (low, high) == bootstrap(gains)
    assert bootstrap([0.2] * 9) == (pytest.approx(0.2), pytest.approx(0.2))
    # the interval of a mean narrows with the root of the count
    wide, narrow = bootstrap([-1.0, 1.0] * 4), bootstrap([-1.0, 1.0] * 100)
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(5, rel=0.15)


def test_a_sure_gain_without_loss_is_better() -> None:
    verdict = judge(user(0.3, 0.4, 0.2, 0.5, 0.1, 0.3), [guard(-0.05)])
    assert verdict.better and "+0.30 dB on 6 photographs" in verdict.sentence
    assert verdict.user.gain == pytest.approx(0.3) and verdict.user.better_photos == 6
    assert json.loads(json.dumps(verdict.as_json()))["guards"][0]["least"] == -0.1
    assert verdict.as_scores()["yours"].startswith("23.67 -> 23.97 dB (+0.30, 95 % +0.")


@pytest.mark.parametrize(
    ("gains", "word"),
    [
        ((0.03,) * 6, "too little"),
        ((2.0, -1.5, 1.9, -1.2, 1.0, -1.4), "within chance"),
        ((-0.2, 0.1, -0.3, 0.0, -0.1, -0.2), "no gain"),
    ],
)
def test_chance_and_nothing_are_not_better(gains: tuple[float, ...], word: str) -> None:
    verdict = judge(user(*gains), [guard(0.0)])
    assert not verdict.better and word in verdict.sentence


def test_forgetting_is_not_accepted() -> None:
    verdict = judge(user(*[0.5] * 6), [guard(0.0), guard(-0.11)])
    assert not verdict.better and "lost too much elsewhere (replay" in verdict.sentence


def test_different_photographs_are_never_compared() -> None:
    for other in ({}, scores(1.0)):
        with pytest.raises(ValueError, match="different photographs"):
            compare("x", "", BASE, other, 0.0)
    with pytest.raises(ValueError, match="different photographs"):
        compare("x", "", {}, {}, 0.0)
