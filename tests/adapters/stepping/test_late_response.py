"""Responses in two parts: what is written out in Python says what the compiled whole does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro.adapters.stepping.late_response import split_response

STEPS = 40


def respond(params, early, late):
    action, memory = late
    close = jnp.sum(jnp.abs(action - early["target"])) / early["scale"]
    inside = jnp.all((action >= -1) & (action <= params["bound"]))
    total = memory + jnp.where(inside, jnp.maximum(1 - close, 0), params["fail"])
    went = (action[0] > 0) & early["is_open"]
    return [jnp.square(total) - 1, ~went | (total > 2), jnp.minimum(-total, action[1]), total]


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    params = {"bound": np.float32(0.7), "fail": np.float32(-0.1)}
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


def test_both_parts_say_what_the_whole_does(drawn):
    params, early, late = drawn
    split = split_response(respond, shapes(params, False), shapes(early, True), shapes(late, True))
    assert split is not None
    columns = jax.vmap(split.prepare, in_axes=(None, 0))(params, early)
    whole = jax.vmap(respond, in_axes=(None, 0, 0))(params, early, late)
    pairs = zip(columns, split.is_fixed, strict=True)
    columns = [x[0].item() if fixed else np.asarray(x).tolist() for x, fixed in pairs]
    assert any(split.is_fixed)
    assert not all(split.is_fixed)
    for row in range(STEPS):
        numbers = [*late[0][row].tolist(), late[1][row].item()]
        said = split.finish(columns, row, *numbers)
        np.testing.assert_allclose(said, [x[row] for x in whole], rtol=1e-5, atol=1e-6)


def test_an_operation_without_a_line_leaves_the_response_whole(drawn):
    params, early, late = drawn

    def wave(params, early, late):
        return [jnp.sin(late[0][0])]

    arguments = shapes(params, False), shapes(early, True), shapes(late, True)
    assert split_response(wave, *arguments) is None
