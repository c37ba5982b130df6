"""What every trial of a task is like."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.testing.demands import demand, demand_in, promise, short
from jaxgym_neuro.testing.task_under_test import quick_jit

_NUM_GIVEN = 64  # trials whose conditions are given


@promise("build_trial")
def _trial_length(tested):
    """A trial has at least one step, and at most T."""
    length, bound = tested.trials.length, tested.env.T
    demand((length >= 1) & (length <= bound), f"lengths are {np.unique(length)}, T is {bound}")


@promise("build_trial")
def _periods_in_trial(tested):
    """Every period lies within its trial, and ends no earlier than it starts."""
    trials = tested.trials
    for i, name in enumerate(tested.env.periods):
        start, end = trials.start[:, i], trials.end[:, i]
        is_right = (start >= 0) & (start <= end) & (end <= trials.length)
        wrong = np.flatnonzero(~is_right)[:1]
        demand(
            is_right,
            f"{name!r} is [{start[wrong]}, {end[wrong]}) in a trial of {trials.length[wrong]}",
        )


@promise("build_trial")
def _ground_truth_in_space(tested):
    """The ground truth lies in its space."""
    demand_in(tested.env.ground_truth_space, tested.trials.gt, "the ground truth")


@promise("sample_conditions")
def _other_key_other_trial(tested):
    """Another key draws another trial, and the same key the same trial."""
    again, _ = tested.reset_all(tested.keys(1, tested.num_trials), tested.params)
    demand(np.array_equal(again, tested.begun[0]), "one key draws two trials")
    if tested.env.conditions:
        leaves = jax.tree.leaves(tested.trials)
        demand(any(np.any(x != x[:1]) for x in leaves), "every key draws the same trial")


@promise("build_trial")
def _conditions_can_be_fixed(tested):
    """Every condition can be fixed in new_trial."""
    env, params = tested.env, tested.params
    if not env.conditions:
        return
    names = list(env.conditions)
    drawn = {name: tested.trials.conditions[name] for name in names}
    rows = jnp.arange(len(names), dtype=jnp.int32)
    wanted = {name: _other_value(values) for name, values in drawn.items()}

    def fix_one(index):
        # The others are fixed at what is drawn for them, before anything is derived from it.
        key = tested.keys(1, tested.num_trials)[0]
        others, _ = env.sample_conditions(key, params, env.init_carry(key, params))
        values = {
            name: jnp.where(index == i, wanted[name], others[name]) for i, name in enumerate(names)
        }
        trial = env.new_trial(key, params, **values)
        return {name: trial.conditions[name] for name in names}

    fixed = jax.device_get(quick_jit(jax.vmap(fix_one))(rows))
    for i, name in enumerate(names):
        value, got = wanted[name], fixed[name][i]
        demand(np.allclose(value, got), f"{name} was to be {short(value)}, is {short(got)}")


@promise("sample_conditions")
def _conditions_in_domain(tested):
    """What a trial was drawn with can be given in new_trial."""
    env, trials = tested.env, tested.trials
    for row in range(min(_NUM_GIVEN, tested.num_trials)):
        env.check_conditions({name: trials.conditions[name][row] for name in env.conditions})


def _other_value(values):
    """Return the first of a batch of values that differs from its first row, if any does."""
    differs = np.any((values != values[:1]).reshape(len(values), -1), axis=1)
    return values[np.argmax(differs)]
