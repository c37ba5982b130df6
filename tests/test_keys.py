"""Whatever takes a key takes a typed key, a raw one and a seed, and they mean the same."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import random, spaces

ENV, PARAMS = jgn.make("GoNogo-v0")
STATE = ENV.reset(jax.random.key(9))[1]
LAST = STATE.replace(t=STATE.trial.length - 1)
BOX = spaces.Box(-1, np.inf, (3,))


@functools.cache
def dataset():
    return jgn.Dataset(ENV, batch_size=2, seq_len=8)


def columns(key):
    return jgn.rollout(ENV, num_envs=2, num_steps=40, key=key).columns()


TAKES_A_KEY = {
    "reset": lambda key: ENV.reset(key, PARAMS),
    "step": lambda key: ENV.step(key, LAST, jnp.int32(0), PARAMS),
    "new_trial": lambda key: ENV.new_trial(key, PARAMS),
    "Discrete.sample": lambda key: ENV.action_space().sample(key),
    "Box.sample": lambda key: BOX.sample(key),
    "Dataset": lambda key: jgn.Dataset(ENV, batch_size=2, seq_len=8, key=key)(),
    "Dataset.init_stream": lambda key: dataset().init_stream(key).index,
    "Dataset.sample_batch": lambda key: dataset().sample_batch(key),
    "rollout": columns,
    "ideal.performance": lambda key: (
        jgn.ideal.performance(
            "DelayMatchSample-v0", num_trials=2, key=key, simulate=True
        ).performance
    ),
    "random.split": lambda key: jax.random.key_data(random.split(key)),
    "random.fold_in": lambda key: jax.random.key_data(random.fold_in(key, 3)),
    "random.uniform": lambda key: random.uniform(key),
    "random.integer": lambda key: random.integer(key, 10),
    "random.between": lambda key: random.between(key, 2, 5),
    "random.choice": lambda key: random.choice(key, np.arange(9)),
    "random.weighted": lambda key: random.weighted(key, jnp.ones(5)),
    "random.another": lambda key: random.another(key, 5, jnp.int32(2)),
    "random.bernoulli": lambda key: random.bernoulli(key),
    "random.poisson": lambda key: random.poisson(key, 3.0),
    "random.standard_normal": lambda key: random.standard_normal(key, (5,)),
    "random.walk": lambda key: random.walk(key, jnp.full(5, 0.5, jnp.float32), 0.1, 0.0, 1.0),
}


@pytest.mark.parametrize("name", TAKES_A_KEY)
def test_a_typed_key_a_raw_key_and_a_seed_mean_the_same(name):
    take = TAKES_A_KEY[name]
    expected = take(jax.random.key(5))
    for key in (jax.random.PRNGKey(5), np.asarray(jax.random.PRNGKey(5)), 5):
        jax.tree.map(np.testing.assert_array_equal, take(key), expected)


@pytest.mark.parametrize("name", TAKES_A_KEY)
def test_what_is_no_key_is_refused_with_what_to_write(name):
    several = jax.random.split(jax.random.key(0), 3)
    for key in (several, jnp.zeros(3, jnp.uint32), jnp.zeros((2, 2), jnp.uint32), jnp.float32(1)):
        with pytest.raises(ValueError, match=r"one key, not|jax.random.key\(seed\)"):
            TAKES_A_KEY[name](key)


def test_which_raw_keys_there_are_is_asked_anew_each_time():
    for impl in ("threefry2x32", "rbg", "threefry2x32"):
        with jax.default_prng_impl(impl):
            key = random.as_key(jax.random.PRNGKey(5))
            assert jax.random.key_impl(key) == jax.random.key_impl(jax.random.key(5))


def test_a_seed_of_more_bits_than_a_key_takes_is_refused():
    with pytest.raises(ValueError, match=f"64 bits, and {2**64} is too large"):
        random.as_key(2**64)


def test_a_seed_may_be_traced():
    drawn = jax.jit(jax.vmap(lambda seed: ENV.reset(seed, PARAMS)))(jnp.arange(3))
    keys = jax.vmap(jax.random.key)(jnp.arange(3))
    expected = jax.vmap(lambda key: ENV.reset(key, PARAMS))(keys)
    jax.tree.map(np.testing.assert_array_equal, drawn, expected)
