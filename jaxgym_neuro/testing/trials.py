"""What every trial of a task is like."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.testing.demands import demand, demand_in, promise, short
from jaxgym_neuro.testing.task_under_test import quick_jit


@promise
def _trial_length(subject):
    """A trial has at least one step, and at most T."""
    length, bound = subject.trials.length, subject.env.T
    demand((length >= 1) & (length <= bound), f"lengths are {np.unique(length)}, T is {bound}")


@promise
def _periods_in_trial(subject):
    """Every period lies within its trial, and ends no earlier than it starts."""
    trials = subject.trials
    for i, name in enumerate(subject.env.periods):
        start, end = trials.start[:, i], trials.end[:, i]
        is_right = (start >= 0) & (start <= end) & (end <= trials.length)
        wrong = np.flatnonzero(~is_right)[:1]
        demand(
            is_right,
            f"{name!r} is [{start[wrong]}, {end[wrong]}) in a trial of {trials.length[wrong]}",
        )


@promise
def _ground_truth_in_space(subject):
    """The ground truth lies in its space."""
    demand_in(subject.env.ground_truth_space, subject.trials.gt, "the ground truth")


@promise
def _other_key_other_trial(subject):
    """Another key draws another trial, and the same key the same trial."""
    again, _ = subject.reset_all(subject.keys(1, subject.num_trials), subject.params)
    demand(np.array_equal(again, subject.begun[0]), "one key draws two trials")
    if subject.env.conditions:
        leaves = jax.tree.leaves(subject.trials)
        demand(any(np.any(x != x[:1]) for x in leaves), "every key draws the same trial")


@promise
def _conditions_can_be_fixed(subject):
    """Every condition can be fixed in new_trial."""
    env, params = subject.env, subject.params
    if not env.conditions:
        return
    names = list(env.conditions)
    drawn = {name: subject.trials.conditions[name] for name in names}
    rows = jnp.arange(len(names), dtype=jnp.int32)
    wanted = {name: _other_value(values) for name, values in drawn.items()}

    def fix_one(index):
        # The others are fixed at what is drawn for them, before anything is derived from it.
        key = subject.keys(1, subject.num_trials)[0]
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


def _other_value(values):
    """Return the first of a batch of values that differs from its first row, if any does."""
    differs = np.any((values != values[:1]).reshape(len(values), -1), axis=1)
    return values[np.argmax(differs)]
