"""Spaces: names of channels and actions, equality by value, samples inside the bounds."""

import copy
import pickle

import gymnax.environments.spaces
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro import spaces

NAMES = {"fixation": 0, "stimulus": [1, 2]}


def test_spaces_have_names_and_are_spaces_to_gymnax():
    box = spaces.Box(-1, 1, (3,), name=NAMES)
    for space, kind in [(box, "Box"), (spaces.Discrete(3), "Discrete")]:
        assert isinstance(space, getattr(spaces, kind))
        assert isinstance(space, getattr(gymnax.environments.spaces, kind))
        assert not isinstance(space, gymnax.environments.spaces.Dict)
    assert box.name == NAMES
    assert spaces.Discrete(3, name=NAMES).name == NAMES
    assert spaces.Box(0, 1).name == {}


@pytest.mark.parametrize("space", [spaces.Box(-1, 1, (3,), name=NAMES), spaces.Discrete(3)])
def test_spaces_are_copied_and_pickled(space):
    for other in (copy.copy(space), copy.deepcopy(space), pickle.loads(pickle.dumps(space))):
        assert type(other) is type(space)
        assert other == space


def test_spaces_print_what_they_are():
    assert str(spaces.Discrete(2, name={"stay": 0})) == "Discrete(2, name={'stay': 0})"
    assert str(spaces.Box(-1, [0, 1], (2,))) == "Box(-1.0, [0.0, 1.0], (2,), float32)"


@pytest.mark.parametrize("actions", [2, np.array([0, 1, 2, -1])])
def test_what_a_space_contains(actions):
    inside = jax.vmap(spaces.Discrete(3).contains)(np.atleast_1d(actions))
    np.testing.assert_array_equal(inside, (np.atleast_1d(actions) >= 0))
    assert not spaces.Box(0, 1, (2,)).contains(np.array([0.5, 1.5]))


def test_equal_by_value():
    assert spaces.Box(-1, 1, (3,), name=NAMES) == spaces.Box(-1, 1, (3,), name=dict(NAMES))
    assert hash(spaces.Discrete(3)) == hash(spaces.Discrete(3))
    different = [
        spaces.Box(-1, 1, (3,)),
        spaces.Box(-1, 1, (4,)),
        spaces.Box(-1, 2, (3,)),
        spaces.Box(-1, 1, (3,), name=NAMES),
        spaces.Discrete(3),
        spaces.Discrete(4),
        spaces.Discrete(3, name=NAMES),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-1, 1),
        (0, np.inf),
        (-np.inf, 0.5),
        (-np.inf, np.inf),
        (np.array([0, -np.inf, -5]), np.array([2, np.inf, np.inf])),
    ],
)
def test_box_samples_lie_inside_and_vary(low, high):
    box = spaces.Box(low, high, (3,))
    drawn = jax.jit(jax.vmap(box.sample))(jax.random.split(jax.random.key(0), 500))
    assert drawn.dtype == jnp.float32
    assert np.all((np.asarray(drawn) >= low) & (np.asarray(drawn) <= high))
    assert np.all(np.std(drawn, axis=0) > 0.1)
    assert box.contains(drawn[0])


def test_discrete_samples_cover_the_actions():
    space = spaces.Discrete(3)
    drawn = jax.vmap(space.sample)(jax.random.split(jax.random.key(0), 200))
    assert set(drawn.tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    ("where", "expected"),
    [(None, [0, 1, 2]), ("stimulus", [1, 2]), (2, [2]), (["fixation", 2], [0, 2])],
)
def test_indices_of_names_and_numbers(where, expected):
    assert spaces.indices_of("channel", NAMES, where, 3) == expected


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: spaces.Discrete(0), "number of actions is a whole number of at least 1, not 0"),
        (lambda: spaces.Discrete(2.5), "at least 1, not 2.5"),
        (lambda: spaces.Discrete(2, name={"choice": [1, 2]}), "'choice': action 2 does not exist"),
        (lambda: spaces.Box(0, 1, (2,), name={"a": 2}), "'a': channel 2 does not exist; there are"),
        (lambda: spaces.Box(0, 1, (2,), name=["a", "b"]), "name is a dict from channel name"),
        (lambda: spaces.Box(0, 1, (2,), name={"a": "b"}), "'a': unknown channel 'b'"),
        (lambda: spaces.indices_of("channel", NAMES, "stimulsu", 3), "did you mean 'stimulus'"),
        (
            lambda: spaces.indices_of("channel", NAMES, 3, 3),
            "channel 3 does not exist; there are 3",
        ),
    ],
)
def test_an_error_names_what_was_given_and_what_is_allowed(build, words):
    with pytest.raises(ValueError, match=words):
        build()


@pytest.mark.parametrize("name", [("a", "b", "c"), {"a": 0, "b": 1, "c": 2}])
def test_unbounded_has_a_float32_channel_for_each_index(name):
    space = spaces.unbounded(name)
    assert (space.shape, space.dtype, space.name) == ((3,), np.float32, {"a": 0, "b": 1, "c": 2})
    assert np.isneginf(space.low).all()
    assert np.isposinf(space.high).all()
    assert spaces.unbounded({"a": 0, "b": range(1, 5)}).shape == (5,)
