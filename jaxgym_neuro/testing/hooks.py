"""What each hook returns. Where all are well, this costs nothing: reset and step are traced anyway.

Where one is not, each is traced by itself, so that the faults of several are found at once.
"""

import dataclasses
import functools
import re
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.core.trial import Trial, TrialBuilder
from jaxgym_neuro.multitask.multi_task import MultiTask
from jaxgym_neuro.support.keys import is_key
from jaxgym_neuro.testing.demands import ERRORS, NotCheckedError, demand, promise
from jaxgym_neuro.testing.task_under_test import quick_jit
from jaxgym_neuro.wrappers.base import TrialWrapper

# Promises of single hooks, which are checked whatever else is broken.
NAMES = ("init_carry", "sample_conditions", "build_trial", "observe", "respond")


@promise("init_carry")
def _init_carry(tested):
    """An episode begins with a carry that is a pytree of numbers."""
    if not tested.can_be_traced:
        _carry_of(tested)


@promise("sample_conditions")
def _sample_conditions(tested):
    """Conditions are drawn as they are declared, with a carry like the one given."""
    if not tested.can_be_traced:
        _conditions_of(tested, _known(_carry_of, tested))


@promise("build_trial")
def _build_trial(tested):
    """A trial is built of every period, once, and of values that fit where they are put."""
    if not tested.can_be_traced:
        conditions, _ = _known(_conditions_of, tested, _known(_carry_of, tested))
        jax.eval_shape(tested.env.lay_out, tested.key(0), conditions, tested.params)


@promise("observe")
def _observe(tested):
    """What is seen is an array of the observation space."""
    if not tested.can_be_traced:
        observe = functools.partial(hooks.observe, tested.env)
        jax.eval_shape(observe, _state_of(tested), tested.params)


@promise("respond")
def _respond(tested):
    """An action gets a response: single numbers, a carry as it was, an info of its own."""
    if not tested.can_be_traced:
        respond = functools.partial(hooks.respond, tested.env)
        jax.eval_shape(respond, _state_of(tested), tested.action_shape, tested.params)


@promise("sample_conditions")
def _conditions_are_declared(tested):
    """A task that declares conditions declares those that its trials have, and no others."""
    env = tested.env
    if isinstance(env, TrialWrapper | MultiTask) or not env.CONDITIONS:
        return  # others declare what they have
    declared, found = set(env.CONDITIONS), set(tested.step_shapes[0][1].trial.conditions)
    lacking, extra = sorted(declared - found), sorted(found - declared)
    demand(not lacking, f"declared, and in no trial: {', '.join(lacking)}")
    demand(not extra, f"in trials, and not declared: {', '.join(extra)}")


@promise()
def _draws_come_from_keys(tested):
    """Each hook is one program: what is random comes from its key, not from NumPy or Python."""
    env, key, params = tested.env, tested.key(0), tested.params
    state = tested.step_shapes[0][1]
    carry = _carry_of(tested)
    conditions, _ = _conditions_of(tested, carry)
    calls = {
        "init_carry": (functools.partial(hooks.init_carry, env), key, params),
        "sample_conditions": (functools.partial(hooks.sample_conditions, env), key, params, carry),
        "build_trial": (env.lay_out, key, conditions, params),
        "respond": (functools.partial(hooks.respond, env), state, tested.action_shape, params),
        "observe": (functools.partial(hooks.observe, env), state, params),
    }
    for name, (function, *args) in calls.items():
        demand(
            _program(function, args) == _program(function, args),
            f"{hooks.Hook(env, name).title} ({hooks.Hook(env, name).place}) is another program "
            "when it is traced again: random numbers are drawn with jaxgym_neuro.random or "
            "jax.random and the key, or with_key() of the builder",
        )


def _program(function, args):
    """Write what a function computes, numbers included."""
    closed = jax.make_jaxpr(lambda *args: function(*args))(*args)
    constants = [np.asarray(x).tobytes() for x in closed.consts if not is_key(x)]
    return re.sub(r"0x[0-9a-f]+", "", str(closed.jaxpr)), constants


@dataclasses.dataclass(frozen=True)
class _Unbounded(TrialBuilder):
    """A builder that does not cut periods at T, and keeps the durations that it was given."""

    given: Mapping[str, jax.Array] = dataclasses.field(default_factory=dict)

    @property
    def limit(self):
        return 2**30

    def add_period(self, name, *, duration=None, when=True, **place):
        builder = super().add_period(name, duration=duration, when=when, **place)
        if duration is None or not isinstance(name, str):
            return builder
        ms = jnp.where(when, jnp.asarray(duration, jnp.float32), jnp.float32(0))
        return dataclasses.replace(builder, given={**builder.given, name: ms})


@promise("build_trial")
def _durations_fit(tested):
    """Durations that are drawn are numbers of at least 0, and no period is cut at T."""
    env, params = tested.env, tested.params
    if env.num_kinds > 1 or type(env).lay_out is not TrialEnv.lay_out:
        return

    def lay_out(key, conditions):
        builder = _Unbounded.begin(env.layout, key, params.timing, conditions)
        built = env.build_trial(builder, conditions, params)
        return built.build().length, dict(built.given)

    key = tested.key(0)
    conditions, _ = _conditions_of(tested, _carry_of(tested))
    is_given = bool(jax.eval_shape(lay_out, key, conditions)[1])
    if not is_given and type(env).max_steps is TrialEnv.max_steps:
        return  # T is the sum of the longest durations
    drawn = {name: tested.trials.conditions[name] for name in conditions}
    length, given = jax.device_get(
        quick_jit(jax.vmap(lay_out))(tested.keys(1, tested.num_trials), drawn)
    )
    for name, ms in given.items():
        wrong = ms[~(np.isfinite(ms) & (ms >= 0))]
        demand(wrong.size == 0, f"the duration of period {name!r} takes the value {wrong[:1]} ms")
    demand(
        length <= env.T,
        f"trials of {length.max()} steps are cut at T = {env.T}: give the longest durations in "
        "TIMING, or define max_steps",
    )


# ---------------------------------------------------------------------- what hooks are given


def _carry_of(tested):
    init_carry = functools.partial(hooks.init_carry, tested.env)
    return jax.eval_shape(init_carry, tested.key(0), tested.params)


def _conditions_of(tested, carry):
    sample = functools.partial(hooks.sample_conditions, tested.env)
    return jax.eval_shape(sample, tested.key(0), tested.params, carry)


def _state_of(tested):
    """Return a state: that of reset, or a blank one where the hooks before are broken."""
    try:
        return jax.eval_shape(tested.env.reset, tested.key(0), tested.params)[1]
    except ERRORS:
        layout = tested.env.layout
    carry = _known(_carry_of, tested)
    drawn = _known(_conditions_of, tested, carry)
    conditions, carry = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), drawn)
    zero, none = jnp.int32(0), jnp.zeros(len(layout.periods), jnp.int32)
    trial = Trial(
        conditions=conditions,
        start=none,
        end=none,
        length=zero,
        ob=jnp.zeros((layout.num_steps, *layout.ob_shape), jnp.float32),
        gt=jnp.zeros((layout.num_steps, *layout.gt_shape), layout.gt_dtype),
    )
    return EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)


def _known(function, *args):
    """Return what a hook before this one gives; where it is broken, that is said already."""
    try:
        return function(*args)
    except ERRORS as error:
        raise NotCheckedError from error
