"""Responses in two parts: what is run in Python or NumPy says what the compiled whole does."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro.adapters.stepping.late_response import LateJudge, LateJudgeOfMany, split_response

STEPS = 40


def respond(params, early, late):
    action, memory = late
    close = jnp.sum(jnp.abs(action - early["target"])) / early["scale"]
    inside = jnp.all((action >= -1) & (action <= params["bound"]))
    total = memory + jnp.where(inside, jnp.maximum(1 - close, 0), params["fail"])
    went = (action[0] > 0) & early["is_open"]
    paid = params["scale"] * jnp.square(total) + params["offset"]
    ends = ~went | ((total > 2) & params["is_on"])
    return [paid - 1, ends, jnp.minimum(-total, action[1]), total]


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    params = {"bound": 0.7, "fail": -0.1, "scale": 2.0, "offset": 0.0}
    params = {name: np.float32(x) for name, x in params.items()} | {"is_on": np.bool_(True)}
    early = {
        "target": rng.uniform(-1, 1, (STEPS, 3)).astype(np.float32),
        "scale": rng.integers(0, 3, STEPS).astype(np.float32),  # divides by zero at times
        "is_open": rng.random(STEPS) < 0.5,
    }
    late = [rng.uniform(-1, 1, (STEPS, 3)), rng.uniform(0, 2, STEPS)]
    return params, early, [x.astype(np.float32) for x in late]


def shapes(tree, is_batched):
    rows = 1 if is_batched else 0
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(np.shape(x)[rows:], x.dtype), tree)


@pytest.mark.parametrize("numbers", [{}, {"scale": 1.0, "is_on": False}, {"scale": 0.0}])
def test_both_parts_say_what_the_whole_does(drawn, numbers):
    """With any params, also those that switch a part of it off."""
    params, early, late = drawn
    params = {**params, **{name: np.asarray(x, params[name].dtype) for name, x in numbers.items()}}
    split = split_response(respond, shapes(params, False), shapes(early, True), shapes(late, True))
    assert split is not None
    fixed = [np.asarray(x) for x in split.fixed(params)]
    prepared = [np.asarray(x) for x in jax.vmap(split.prepare, in_axes=(None, 0))(params, early)]
    assert fixed
    assert prepared
    whole = jax.vmap(respond, in_axes=(None, 0, 0))(params, early, late)
    of_one, of_many = LateJudge(split), LateJudgeOfMany(split, STEPS)
    of_one.fix([number.item() for x in fixed for number in x.ravel()])
    of_many.fix([np.full(STEPS, number) for x in fixed for number in x.ravel()])

    def columns(arrays):
        return [column for x in arrays for column in x.reshape(STEPS, -1).T]

    by_dtype = itertools.groupby(columns(prepared), lambda x: x.dtype)
    by_dtype = [np.stack(list(arrays)) for _, arrays in by_dtype]
    said = of_many.run([x.T for x in late], by_dtype, np.arange(STEPS))
    np.testing.assert_allclose(said, whole, rtol=1e-5, atol=1e-6)
    rows = [
        zip(*map(np.ndarray.tolist, columns(arrays)), strict=True) for arrays in (late, prepared)
    ]
    for i, row in enumerate(zip(*rows, strict=True)):
        np.testing.assert_allclose(of_one.run(*row), [x[i] for x in whole], rtol=1e-5, atol=1e-6)


def test_an_operation_without_an_operator_leaves_the_response_whole(drawn):
    params, early, late = drawn

    def wave(params, early, late):
        return [jnp.sin(late[0][0])]

    arguments = shapes(params, False), shapes(early, True), shapes(late, True)
    assert split_response(wave, *arguments) is None
