"""Checks of static input: what passes, and what an error says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxgym_neuro import timing
from jaxgym_neuro.support import validation


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (
            ["stimulus", "delay"],
            "unknown period 'stimlus'; did you mean 'stimulus'? Known: delay",
        ),
        (["a", "b"], "unknown period 'stimlus'. Known: a, b."),
        ([], "unknown period 'stimlus'. There is no period here."),
    ],
)
def test_an_unknown_name_is_told_with_the_closest_and_all(known, message):
    assert str(validation.unknown_name("period", "stimlus", known)).startswith(message)
    with pytest.raises(ValueError, match="unknown period"):
        validation.check_name("period", "stimlus", known)


@pytest.mark.parametrize(
    ("given", "closest"),
    [("rgb", "rgb_array"), ("humen", "human"), ("OddOneOut-v0", None), ("", None), ("r", None)],
)
def test_a_name_is_close_if_it_is_alike_or_the_begin_of_another(given, closest):
    assert validation.closest_name(given, ["human", "modcog.anti-v0", "rgb_array"]) == closest


def test_a_known_name_passes():
    validation.check_name("period", "a", ["a"])


def test_merge_keeps_the_order_of_the_defaults():
    defaults = {"b": 1, "a": 2}
    assert list(validation.merge_known("period", defaults, {"a": 3}).items()) == [
        ("b", 1),
        ("a", 3),
    ]
    assert validation.merge_known("period", defaults, None) == defaults
    assert defaults == {"b": 1, "a": 2}


def test_merge_refuses_unknown_names_and_what_is_no_dict():
    with pytest.raises(ValueError, match=r"unknown period 'c'.*Known: a"):
        validation.merge_known("period", {"a": 1}, {"c": 1})
    with pytest.raises(ValueError, match=r"periods are given as a dict .* not as \[1\]"):
        validation.merge_known("period", {"a": 1}, [1])


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9))
def test_any_finite_number_is_returned_as_a_float(value):
    result = validation.check_number("x", value)
    assert result == value
    assert type(result) is float


@pytest.mark.parametrize(
    ("value", "limits", "words"),
    [
        (0, {"above": 0}, "x is a finite number above 0, not 0"),
        (-1, {"at_least": 0}, "x is a finite number of at least 0, not -1"),
        (2, {"at_least": 0, "at_most": 1}, "of at least 0 and at most 1, not 2"),
        (float("nan"), {}, "a finite number, not nan"),
        (float("inf"), {}, "a finite number, not inf"),
        ("1", {}, "a finite number, not '1'"),
        (True, {}, "a finite number, not True"),
        (None, {}, "a finite number, not None"),
    ],
)
def test_a_bad_number_is_told_with_the_range(value, limits, words):
    with pytest.raises(ValueError, match=words):
        validation.check_number("x", value, **limits)


def test_bounds_that_are_allowed_pass():
    assert validation.check_number("x", 0, at_least=0, at_most=0) == 0
    assert validation.check_integer("n", np.int32(2), at_least=2) == 2
    assert validation.check_numbers("xs", [1, np.float32(2)]) == (1.0, 2.0)
    assert validation.check_numbers("xs", 3) == (3.0,)


@pytest.mark.parametrize("value", [1, 2.0, "2", True, None])
def test_a_bad_integer_is_told_with_the_smallest(value):
    with pytest.raises(ValueError, match="n is a whole number of at least 2, not"):
        validation.check_integer("n", value, at_least=2)


@pytest.mark.parametrize(
    ("values", "words"),
    [([], "at least one number"), ([1, -1], "each of xs .*not -1"), ("ab", "not 'ab'")],
)
def test_bad_numbers_are_told(values, words):
    with pytest.raises(ValueError, match=words):
        validation.check_numbers("xs", values, at_least=0)


def test_numbers_out_of_order_are_told_with_their_names():
    validation.check_order(least=2, most=5, all=5)
    with pytest.raises(ValueError, match=r"^most is at most all \(4\), not 5$"):
        validation.check_order(least=2, most=5, all=4)


def test_hashable_is_equal_exactly_when_the_value_is():
    def values():
        return [
            {"a": 1},
            {"a": [1]},
            {"a": (1,)},
            [np.zeros(2)],
            [np.zeros(3)],
            [np.zeros(2, np.int32)],
            range(2),
            timing.Constant(ms=1),
            timing.Constant(ms=2),
            timing.Until(ms=1),
            "a",
        ]

    keys = [validation.hashable(value) for value in values()]
    assert keys == [validation.hashable(value) for value in values()]
    assert len(set(keys)) == len(keys)
