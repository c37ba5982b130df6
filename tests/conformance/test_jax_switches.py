"""Everything works, and gives the same, under each of JAX's switches.

`check_task` holds each task to strict ranks and dtypes, NaN and infinity; here are the other
switches for tasks, and all of them for wrappers and for what runs tasks.
"""

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro import spaces, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.schedules import Curriculum
from jaxgym_neuro.wrappers import MultiTask


class Draws(jgn.TrialEnv):
    """Show what each method of the builder draws, with a number per channel where it takes one."""

    TIMING = {"wait": ("uniform", (100, 200)), "show": 100, "answer": ("choice", [100, 200])}
    REWARDS = {"correct": 1.0}
    CONDITIONS = {"ground_truth": jgn.Condition("0 or 1", "int32", at_least=0, at_most=1)}
    choices = (0, 1)

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(
                -np.inf, np.inf, (4,), name={"cue": [0, 1], "stim": [2, 3]}
            ),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    def sample_conditions(self, key, params, carry):
        key_other, key_weighted = jgn.random.split(key)
        drawn = jgn.random.weighted(key_weighted, jnp.array([0.5, 0.5], jnp.float32))
        return {"ground_truth": jgn.random.another(key_other, 2, drawn)}, carry

    def build_trial(self, builder, conditions, params):
        two = np.array([1.0, 2.0])
        rows = np.ones((self.T, 2), np.float32)
        return (
            builder.add_period(self.periods)
            .add_uniform(-two, two, where="stim")
            .add_bernoulli(two / 4, two, period="show", where="stim")
            .add_poisson(10 * two, two, where="stim")
            .add_randn(two, two, where="stim")
            .add_ob(two, where="stim")
            .add_ob(rows, where="cue")
            .set_ob(two, period="answer", where="cue")
            .set_groundtruth(conditions["ground_truth"], period="answer", where="choice")
        )

    def respond(self, state, action, params):
        correct = action == state.trial.gt[state.t]
        reward = jnp.where(correct, params.rewards["correct"], 0)
        return jgn.Response(reward=reward, new_trial=self.in_period(state, "answer") & correct)


def made(id, **kwargs):
    return jgn.make(id, **kwargs)[0]


go, choose = made("GoNogo-v0", dt=100), made("PerceptualDecisionMaking-v0", dt=100)
seen = wrappers.Noise(wrappers.PassReward(wrappers.PassAction(go)))
several = MultiTask([go, choose], pad=True)
STACKS = {
    "draws": Draws(),
    "hidden draws": wrappers.CatchTrials(Draws()),
    "seen": wrappers.TimeOut(wrappers.MissTrialReward(seen, -0.2), 100),
    "caught": wrappers.PassAction(wrappers.CatchTrials(wrappers.ReactionTime(choose))),
    "history": wrappers.Noise(wrappers.TrialHistory(choose)),
    "biased": wrappers.SideBias(choose, [[0.2, 0.8], [0.8, 0.2]], 2),
    "random truth": wrappers.RandomGroundTruth(choose, [0.5, 0.5]),
    "scheduled": wrappers.ScheduleAttr(choose, Curriculum(2, threshold=0.5), [{}, {}]),
    "several": several,
    "several caught": wrappers.TimeOut(wrappers.CatchTrials(several), 100),
}


def on(*switches):
    """Several switches at once: each has its own words for what it finds."""

    @contextlib.contextmanager
    def all_on():
        with contextlib.ExitStack() as stack:
            for switch, *value in switches:
                stack.enter_context(switch(*value))
            yield

    return all_on


RANKS, TYPES = (jax.numpy_rank_promotion, "raise"), (jax.numpy_dtype_promotion, "strict")
X64, RBG = (jax.enable_x64, True), (jax.default_prng_impl, "rbg")
# Checking leaks alone traces nothing anew; with ranks, all is.
LEAKS, FINITE = (jax.checking_leaks,), ((jax.debug_nans, True), (jax.debug_infs, True))


# -------------------------------------------------------------------------------- by shapes


def traced(env, key):
    """Shapes of all that a reset, a step and a trial return."""
    params, space = env.default_params, env.action_space()

    def play(key, action):
        ob, state = env.reset(key, params)
        return ob, state, env.step(key, state, action, params), env.new_trial(key, params)

    return jax.eval_shape(play, key, jax.ShapeDtypeStruct(space.shape, space.dtype))


def is_32_bit(x):
    return not x.weak_type and x.dtype.itemsize <= 4


SHAPES = {
    "x64, raw rbg keys": (on(RANKS, TYPES, LEAKS, X64, RBG), jax.random.PRNGKey),
    "threefry": (on(RANKS, TYPES, LEAKS), jax.random.key),
}


def assert_32_bit(env, switches):
    switched, as_key = SHAPES[switches]
    with switched():
        for path, x in jax.tree_util.tree_leaves_with_path(traced(env, as_key(0))):
            assert is_32_bit(x), f"{jax.tree_util.keystr(path)} is {x}"


@pytest.mark.parametrize("id", fast_if_typical(IDS))
def test_every_task_is_traced_and_returns_no_weak_type_and_no_64_bits(id):
    assert_32_bit(made(id), "x64, raw rbg keys")


@pytest.mark.parametrize("switches", SHAPES)
@pytest.mark.parametrize("name", STACKS)
def test_every_wrapper_is_traced_and_returns_no_weak_type_and_no_64_bits(name, switches):
    assert_32_bit(STACKS[name], switches)


# --------------------------------------------------------------------------------- by numbers

small = made("GoNogo-v0", dt=500)  # three steps
PLAYED = {
    "GoNogo": small,
    "Bandit": made("Bandit-v0"),
    "Reaching1D": made("Reaching1D-v0", dt=500),
    "wrapped": wrappers.TimeOut(wrappers.CatchTrials(wrappers.PassAction(small)), 500),
    "several": MultiTask([small, made("AntiReach-v0", dt=500)], pad=True),
}


def plays(env):
    def play(key):
        params, space = env.default_params, env.action_space()
        ob, state = env.reset(key, params)
        steps = []
        for _ in range(2):
            action = jnp.ones(space.shape, space.dtype)
            ob, state, *rest = env.step(key, state, action, params)
            steps.append((ob, *rest))
        return steps

    return play


def makes_batches(key, **kwargs):
    dataset = jgn.Dataset(small, batch_size=2, batches_per_draw=1, key=key, **kwargs)
    batch = dataset.next()
    return batch.inputs, batch.targets, batch.mask, batch.conditions


def makes_packed_batches(key):
    return makes_batches(key, seq_len=4)


def makes_batches_of_one_trial_a_row(key):
    return makes_batches(key, packed=False)


def rolls_out(key):
    return jgn.rollout(small, policy="ground_truth", num_envs=2, num_trials=4, key=key).columns()


def steps_in_gymnasium(key, **kwargs):
    env = GymnasiumEnv(small, batch_size=2, **kwargs)
    ob, info = env.reset(seed=0)
    return ob, info["conditions"], [env.step(i % 2)[:4] for i in range(4)]


def steps_in_gymnasium_by_compiled_calls(key):
    return steps_in_gymnasium(key, tabulate=False)


def steps_in_vectors(key, **kwargs):
    env = TaskVectorEnv(small, 2, batch_size=2, **kwargs)
    ob, info = env.reset(seed=0)
    return ob, info["conditions"], [env.step(np.full(2, i % 2))[:4] for i in range(4)]


def steps_in_vectors_by_compiled_calls(key):
    return steps_in_vectors(key, tabulate=False)


def plots(key):
    figure = jgn.plotting.plot_env(small, num_trials=1, key=key)
    return [line.get_xydata() for axes in figure.axes for line in axes.lines]


FUNCTIONS = {
    "Dataset": makes_packed_batches,
    "Dataset, not packed": makes_batches_of_one_trial_a_row,
    "rollout": rolls_out,
    "GymnasiumEnv": steps_in_gymnasium,
    "GymnasiumEnv, compiled": steps_in_gymnasium_by_compiled_calls,
    "TaskVectorEnv": steps_in_vectors,
    "TaskVectorEnv, compiled": steps_in_vectors_by_compiled_calls,
    "plot_env": plots,
}
STEPS = {name: plays(env) for name, env in PLAYED.items()}


# Without jit, packing takes many seconds, and a rollout, of 128 steps at least, a minute.
NO_JIT = ("Dataset, not packed", "GymnasiumEnv", "TaskVectorEnv", "plot_env")
NUMBERS = {
    "strict, leaks, x64": (on(RANKS, TYPES, LEAKS, X64), jax.random.key, FUNCTIONS),
    "raw rbg keys": (on(RBG), jax.random.PRNGKey, FUNCTIONS),
    "raw keys": (on(), jax.random.PRNGKey, FUNCTIONS),
    "finite": (on(*FINITE), jax.random.key, FUNCTIONS | STEPS),
    "no jit": (
        jax.disable_jit,
        jax.random.key,
        {name: FUNCTIONS[name] for name in NO_JIT} | STEPS,
    ),
}


@functools.cache
def without(function):
    """What is returned under no switch."""
    return function(jax.random.key(0))


@pytest.mark.parametrize(
    ("name", "function"), [(name, f) for name in NUMBERS for f in NUMBERS[name][-1]]
)
def test_whatever_runs_a_task_returns_the_same(name, function):
    switched, as_key, functions = NUMBERS[name]
    run = functions[function]
    expected = without(run)
    with switched():
        found = run(as_key(0))
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        if name == "raw rbg keys":  # other random numbers
            assert np.shape(x) == np.shape(y)
        else:
            if np.asarray(x).dtype.kind == "U":  # words
                np.testing.assert_array_equal(x, y)
            else:
                np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-6)
