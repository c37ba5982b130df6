"""Functions in two parts: what is run in Python or NumPy says what the compiled whole does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgym_neuro.adapters.conversion import decimal, shortest
from jaxgym_neuro.adapters.stepping.runners import RunnerOfMany, RunnerOfOne
from jaxgym_neuro.adapters.stepping.two_parts import split

STEPS = 40
THETA = np.linspace(0, 6, 8).astype(np.float32)


def respond(params, early, late):
    """Judge an action of three numbers, with a memory."""
    action, memory = late
    close = jnp.sum(jnp.abs(action - early["target"][:3])) / early["scale"]
    inside = jnp.all((action >= -1) & (action <= params["bound"]))
    total = memory + jnp.where(inside, jnp.maximum(1 - close, 0), params["fail"])
    went = (action[0] > 0) & early["is_open"]
    paid = params["scale"] * jnp.square(total) + params["offset"]
    ends = ~went | ((total > 2) & params["is_on"])
    return [paid - 1, ends, jnp.minimum(-total, action[1]), total]


def steer(params, early, late):
    """Move a point by an action of many numbers, and show it."""
    action, place = late
    speed = jnp.tanh(action.reshape(2, 4).max(axis=1)) * params["scale"] + early["target"][:2]
    place = jnp.clip(place + jnp.where(early["is_open"], speed, 0), -1.5, 1.5)
    angle = jnp.mod(place[0] * 4, np.float32(2 * np.pi))
    ring = jnp.exp(jnp.cos(THETA - angle)) / early["scale"]
    shown = jnp.concatenate([jnp.pad(ring, (2, 0)), place, jax.nn.relu(action[2:5])])
    return [shown, place, jnp.floor(angle), action[1] / early["scale"], shown.sum() > 9]


def show(params, early, late):
    """Show numbers and a row of them in parts of other rows, and a row as it was drawn."""
    action, memory = late
    few = early["target"][:3] + jnp.where(early["is_open"], memory, params["offset"])
    put = lax.dynamic_update_slice(early["target"], few, (1,))
    row = jnp.pad(action, (1, 2), constant_values=2.0)
    row = lax.dynamic_update_slice(row, action * params["scale"], (3,))
    square = lax.dynamic_update_slice(jnp.zeros((3, 4)), put.reshape(2, 2), (1, 2))
    beside = jnp.concatenate([few, THETA, lax.dynamic_update_slice(row, few, (8,))])
    return [early["target"], put, row, square, memory, beside]


FUNCTIONS = {"respond": (respond, (3, ())), "steer": (steer, (8, (2,))), "show": (show, (8, ()))}


def shapes(tree, is_batched):
    rows = 1 if is_batched else 0
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(np.shape(x)[rows:], x.dtype), tree)


@pytest.mark.parametrize("numbers", [{}, {"scale": 1.0, "is_on": False}, {"scale": 0.0}])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_parts_say_what_the_whole_does(name, numbers):
    """With any params, also those that switch a part of it off, and divisions by 0 and by -0."""
    function, (size, memory) = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    params = {"bound": 0.7, "fail": -0.1, "scale": 2.0, "offset": 0.0, "is_on": True, **numbers}
    params = {name: np.asarray(x, type(x)) for name, x in params.items()}
    params = {name: x.astype(np.float32) if x.dtype != bool else x for name, x in params.items()}
    early = {
        "target": rng.uniform(-1, 1, (STEPS, 4)).astype(np.float32),
        "scale": rng.choice(np.float32([0.0, -0.0, 1, 2]), STEPS),
        "is_open": rng.random(STEPS) < 0.5,
    }
    late = [rng.uniform(-1, 1, (STEPS, size)), rng.uniform(0, 2, (STEPS, *memory))]
    late = [x.astype(np.float32) for x in late]
    bounds = np.full(size, -1.0), np.full(size, 1.0)
    given = shapes(params, False), shapes(early, True), shapes(late, True)
    parts = split(function, *given, bounds=bounds)
    assert parts is not None
    fixed = [np.asarray(x) for x in parts.fixed(params)]
    prepared = [np.asarray(x) for x in jax.vmap(parts.prepare, in_axes=(None, 0))(params, early)]
    assert fixed
    assert prepared
    whole = jax.vmap(function, in_axes=(None, 0, 0))(params, early, late)

    of_many = RunnerOfMany(parts, STEPS)
    of_many.fix([np.broadcast_to(x, (STEPS, *x.shape)) for x in fixed])
    said = of_many.run(of_many.rows(prepared), np.arange(STEPS), late)
    for x, y in zip(said, whole, strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)

    of_one, of_new = RunnerOfOne(parts), RunnerOfOne(parts, makes_new=True)
    of_named = RunnerOfOne(parts, ("before last", "last"))
    of_one.fix(fixed)
    of_named.fix(fixed)
    of_new.fix(fixed)
    columns = of_one.columns(prepared, STEPS)
    for i in range(STEPS):
        memory = late[1][i].item() if late[1].ndim == 1 else late[1][i]
        action = late[0][i].tolist() if size < 5 else [late[0][i]]
        named = {"else": 1}
        unnamed = of_named.run(columns, i, [*action, memory], named)
        assert named.pop("else") == 1
        assert set(named) == {"before last", "last"}
        said = of_one.run(columns, i, [*action, memory], None)
        for x, y in zip(said, (*unnamed, named["before last"], named["last"]), strict=True):
            np.testing.assert_array_equal(x, y)
        for x, y in zip(said, whole, strict=True):
            np.testing.assert_allclose(x, y[i], rtol=1e-5, atol=1e-6)
            assert np.ndim(x) or type(x) is type(y[i].item())
        news = of_new.run(columns, i, [*action, memory], None)
        for x, new, y in zip(said, news, whole, strict=True):
            np.testing.assert_array_equal(np.asarray(x, y.dtype), new)
            assert (new.dtype, new.shape) == (y.dtype, y[i].shape)
            new[...] = 0  # it is nobody else's
        again = of_one.run(columns, i, [*action, memory], None)
        jax.tree.map(np.testing.assert_array_equal, said, again)


def test_an_operation_without_an_operator_leaves_the_function_whole():
    def sort(params, early, late):
        return [jnp.sort(late[0] * early)]

    number, row = jax.ShapeDtypeStruct((), jnp.float32), jax.ShapeDtypeStruct((3,), jnp.float32)
    assert split(sort, (), number, [row]) is None


def test_a_result_with_a_name_is_told_whether_or_not_it_takes_any_work():
    def judge(params, early, late):
        return [late[0] + params, jnp.where(early, late[0] * 2, params)]

    number, truth = (jax.ShapeDtypeStruct((), dtype) for dtype in (jnp.float32, jnp.bool_))
    parts = split(judge, number, truth, [number])
    assert parts is not None
    runner = RunnerOfOne(parts, ("told",))
    runner.fix([np.asarray(x) for x in parts.fixed(np.float32(5))])
    prepared = [
        np.asarray(x) for x in jax.vmap(parts.prepare, (None, 0))(5.0, np.array([0, 1], bool))
    ]
    columns = runner.columns(prepared, 2)
    for i, expected in enumerate((5, 6)):
        named = {"told": None, "else": 1}
        assert runner.run(columns, i, [3.0], named) == (8,)
        assert named == {"told": expected, "else": 1}


def test_a_number_of_float32_is_looked_up_as_its_shortest_decimal_and_few_are_remembered():
    numbers = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    assert [decimal[x] for x in numbers.tolist()] == shortest(numbers).tolist()
    for x in (-0.1, 1 / 3, 2.0, 1e-30, np.inf):
        assert np.float32(decimal[float(np.float32(x))]) == np.float32(x)
    assert decimal[float(np.float32(-0.1))] == -0.1
    assert len(decimal) < len(numbers) / 2
