"""What every task promises, as checks that an author can run: ``check_task("MyTask-v0")``.

Each promise is one small function that says in its first line what is promised. What the checks
need (trials, rollouts, single steps) is compiled once per task, and only if a check asks for it.
"""

import copy
import functools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import spaces
from jaxgym_neuro.registry import make
from jaxgym_neuro.validation import check_integer, check_name

_POLICIES = ("random", "ground truth", "waiting", "invalid")
_INFO_KEYS = {
    "new_trial",
    "performance",
    "gt",
    "conditions",
    "final_observation",
    "terminated",
    "truncated",
}
# The compiler may fuse the same sum differently in another program.
_TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}
# Most of the time goes into compiling, and little into running.
_jit = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
_LOOP_ENVS = 2


class ConformanceError(AssertionError):
    """A task does not do what every task promises."""


def check_task(
    task: Any,
    params: Any = None,
    *,
    num_envs: int = 64,
    num_trials: int = 256,
    has_ground_truth: bool | None = None,
    seed: int = 0,
    only: Sequence[str] | None = None,
) -> None:
    """Check that a task made of trials keeps every promise of `promises`.

    Args:
        task: a registered id, a callable that returns a new environment, or an environment. An id
            or a callable is called twice, to compare equal instances.
        params: params to check with; default are the task's.
        num_envs: environments in each rollout, at least 2; a rollout lasts two trials or more.
        num_trials: trials whose layout is checked, at least ``num_envs``.
        has_ground_truth: whether following the ground truth is the best policy. None: yes, if the
            ground truth is an action and a choice is ever asked for.
        seed: of all random numbers.
        only: names of the promises to check; default are all.

    Raises:
        ConformanceError: naming the task, the promise that is broken, and how.
        ValueError: for an unknown promise.
    """
    num_envs = check_integer("num_envs", num_envs, at_least=2)
    num_trials = check_integer("num_trials", num_trials, at_least=num_envs)
    for name in only or ():
        check_name("promise", name, _PROMISES)
    subject = _Subject(task, params, num_envs, num_trials, has_ground_truth, seed)
    # Without strict promotion a weak type or an int64 hides until somebody turns it on.
    with jax.numpy_dtype_promotion("strict"):
        for name in only or _PROMISES:
            _check(name, subject)


def promises() -> dict[str, str]:
    """Return the names of the promises, and what each one says."""
    return {name: _sentence(check) for name, check in _PROMISES.items()}


_PROMISES: dict[str, Callable[["_Subject"], None]] = {}


def _promise(check):
    _PROMISES[check.__name__.removeprefix("_")] = check
    return check


def _sentence(check):
    return check.__doc__.split("\n")[0].rstrip(".")


def _check(name, subject):
    """Check one promise; any error on the way breaks it."""
    check = _PROMISES[name]
    try:
        check(subject)
    except ConformanceError as error:
        detail = str(error)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, NotImplementedError) as e:
        detail = f"{type(e).__name__}: {e}"
        raise ConformanceError(_message(subject, name, detail)) from e
    else:
        return
    raise ConformanceError(_message(subject, name, detail))


def _message(subject, name, detail):
    return (
        f"{subject.env.name} breaks the promise {name!r} ({_sentence(_PROMISES[name])}): {detail}"
    )


def _demand(condition, detail):
    if not np.all(condition):
        raise ConformanceError(detail)


class _Subject:
    """A task under test, and what the checks have observed of it so far."""

    def __init__(self, task, params, num_envs, num_trials, has_ground_truth, seed):
        self.env, self.twin = _twins(task)
        self.params = self.env.default_params if params is None else params
        self.num_envs, self.num_trials = num_envs, num_trials
        self.is_ground_truth_expected = has_ground_truth
        self.seed = seed
        self.action_space = self.env.action_space(self.params)
        self.observation_space = self.env.observation_space(self.params)
        self.steps = 2 * self.env.T + 2  # enough for two trials
        self._rollouts = {}
        self.step = _jit(lambda *args: self.env.step(*args))

    def key(self, number):
        return jax.random.fold_in(jax.random.key(self.seed), number)

    def keys(self, number, count):
        return jax.random.split(self.key(number), count)

    @functools.cached_property
    def step_shapes(self):
        """Abstract results of reset and of a step: ``(ob, state), transition``."""
        key = self.key(0)
        reset = jax.eval_shape(self.env.reset, key, self.params)
        action = jax.eval_shape(self.action_space.sample, key)
        return reset, jax.eval_shape(self.env.step, key, reset[1], action, self.params)

    @functools.cached_property
    def begun(self):
        """Observations and states of ``num_trials`` episodes that have just begun."""
        return self.reset_all(self.keys(1, self.num_trials), self.params)

    @functools.cached_property
    def reset_all(self):
        return _jit(jax.vmap(self.env.reset, in_axes=(0, None)))

    @property
    def trials(self):
        return jax.device_get(self.begun[1].trial)

    @functools.cached_property
    def start(self):
        """States in which every rollout begins."""
        return jax.tree.map(lambda x: x[: self.num_envs], self.begun[1])

    @functools.cached_property
    def rollout_keys(self):
        """Keys of the rollouts, (steps, num_envs)."""
        return self.keys(2, self.steps * self.num_envs).reshape(self.steps, self.num_envs)

    @functools.cached_property
    def random_actions(self):
        """Actions of the random policy, (steps, num_envs, *action shape)."""
        actions = _jit(jax.vmap(self.action_space.sample))(self.rollout_keys.reshape(-1))
        return actions.reshape(self.steps, self.num_envs, *actions.shape[1:])

    @functools.cached_property
    def variants(self):
        """Params of each environment in a rollout: every second one has other rewards."""
        return [(self.limited(), self.other_params)[i % 2] for i in range(self.num_envs)]

    def rollout(self, policy, sweep=False, **limits):
        """Play a policy, with the episode limits given or with swept params; return the record."""
        name = (policy, sweep, *limits.items())
        if name not in self._rollouts:
            params = self.variants if sweep else [self.limited(**limits)] * self.num_envs
            params = jax.tree.map(lambda *leaves: np.stack(leaves), *params)
            number = jnp.int32(_POLICIES.index(policy))
            inputs = self.rollout_keys, self.random_actions
            played = _rollout(self.env, inputs, self.start, params, number)
            self._rollouts[name] = jax.device_get(played)
        return self._rollouts[name]

    def limited(self, trials_per_episode=0, max_steps_in_episode=0):
        return self.params.replace(
            trials_per_episode=np.asarray(trials_per_episode, np.int32),
            max_steps_in_episode=np.asarray(max_steps_in_episode, np.int32),
        )

    @property
    def other_params(self):
        """Params that differ in their rewards only."""
        rewards = {name: _shifted(amount) for name, amount in self.params.rewards.items()}
        return self.limited().replace(rewards=rewards, r_tmax=_shifted(self.params.r_tmax))

    @property
    def has_ground_truth(self):
        if self.is_ground_truth_expected is not None:
            return self.is_ground_truth_expected
        is_action = self.env.ground_truth_space == self.action_space
        return is_action and bool(np.any(self.trials.gt != 0))


def _twins(task: Any) -> tuple[Any, Any]:
    """Return two environments that ought to be equal, without being the same."""
    if isinstance(task, str):
        return make(task)[0], make(task)[0]
    if callable(task):
        return task(), task()
    return task, copy.copy(task)


def _shifted(number):
    return np.asarray(number, np.float32) + np.float32(0.25)


@partial(_jit, static_argnames=("env",))
def _rollout(env, inputs, state, params, policy):
    """Play a batch, each row with its params; return a record of each step."""

    def play(state, key, drawn, params):
        action = _action(env, drawn, state, params, policy)
        ob, after, reward, terminated, truncated, info = env.step(key, state, action, params)
        record = {
            "action": action,
            "ob": ob,
            "reward": reward,
            "terminated": terminated,
            "truncated": truncated,
            "info": info,
            "time": state.time,
            "t": state.t,
            "num_trials": state.num_trials,
            "length": state.trial.length,
            "gt": state.trial.gt[state.t],
            "conditions": state.trial.conditions,
            "carry": after.carry,
        }
        return after, record

    return lax.scan(lambda state, x: jax.vmap(play)(state, x[0], x[1], params), state, inputs)[1]


def _action(env, drawn, state, params, policy):
    """Return the action of the policy with that number in ``_POLICIES``; ``drawn`` is random."""
    space = env.action_space(params)
    if isinstance(space, spaces.Discrete):
        invalid = jnp.where(state.time % jnp.int32(2) == 0, jnp.int32(space.n), jnp.int32(-1))
    else:
        invalid = jnp.full_like(drawn, jnp.nan)
    following = drawn
    if env.ground_truth_space == space:
        following = env.ground_truth_action(state, params)
    actions = (drawn, following, jnp.zeros_like(drawn), invalid)
    return lax.select_n(policy, *(jnp.asarray(action, drawn.dtype) for action in actions))


def _same(one, other, detail):
    """Demand that two pytrees are equal up to rounding."""
    one, other = jax.tree.map(_comparable, (one, other))
    _demand(
        jax.tree.structure(one) == jax.tree.structure(other), f"{detail}: the structures differ"
    )
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(one)]
    for path, x, y in zip(paths, jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        is_same = (x.shape, x.dtype) == (y.shape, y.dtype)
        if is_same and np.issubdtype(x.dtype, np.floating):
            is_same = np.allclose(x, y, equal_nan=True, **_TOLERANCE)
        elif is_same:
            is_same = np.array_equal(x, y)
        _demand(is_same, f"{detail}: {path or 'it'} is {_short(x)} and {_short(y)}")


def _short(x):
    return np.array2string(np.asarray(x), threshold=8, edgeitems=2).replace("\n", "")


def _comparable(x):
    if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
        x = jax.random.key_data(x)
    return np.asarray(x)


def _row(tree, index):
    return jax.tree.map(lambda x: x[index], tree)


def _describe(shape):
    weak = ", weakly typed" if shape.weak_type else ""
    return f"{shape.dtype}{list(shape.shape)}{weak}"


def _demand_shape(name, found, shape, dtype):
    is_right = (tuple(found.shape), found.dtype) == (tuple(shape), np.dtype(dtype))
    expected = f"{np.dtype(dtype)}{list(shape)}"
    _demand(is_right and not found.weak_type, f"{name} is {_describe(found)}, not {expected}")


def _demand_in(space, values, name):
    """Demand that every element of a batch lies in a space; NaN lies in none."""
    if isinstance(space, spaces.Discrete):
        is_inside = (values >= 0) & (values < space.n)
    else:
        is_inside = (values >= np.asarray(space.low)) & (values <= np.asarray(space.high))
    outside = np.asarray(values)[~np.asarray(is_inside)]
    _demand(outside.size == 0, f"{name} takes the value {outside[:1]}, outside {space}")


def _per_trial(played, values):
    """Sum (steps, envs) values over each trial; return sums and which trials were completed."""
    is_last = played["info"]["new_trial"]
    index = np.cumsum(is_last, axis=0) - is_last
    sums = np.zeros((index.max() + 1, index.shape[1]), np.float64)
    np.add.at(sums, (index, np.arange(index.shape[1])), values)
    completed = np.arange(len(sums))[:, None] < is_last.sum(axis=0)
    return sums, completed


# ---------------------------------------------------------------- what can be told without running


@_promise
def _equal_by_value(subject):
    """Equal arguments make equal environments with equal hashes, which share compiled code."""
    env, twin = subject.env, subject.twin
    _demand(env == twin, "two instances made in the same way are not equal")
    _demand(hash(env) == hash(twin), "two equal instances have different hashes")


@_promise
def _validates(subject):
    """The params suit the task."""
    subject.env.validate(subject.params)


@_promise
def _strict_promotion(subject):
    """Reset and step work under strict dtype promotion."""
    _demand(subject.step_shapes is not None, "they do not")


@_promise
def _keys_used_once(subject):
    """No random key is used twice in drawing a trial."""
    # The library's own threefry works on the words of a key, which hides the key from JAX's
    # checker; keys of another kind go through jax.random.
    key = jax.random.key(subject.seed, impl="unsafe_rbg")
    try:
        with jax.debug_key_reuse(True):
            jax.eval_shape(subject.env.reset, key, subject.params)
    except jax.errors.KeyReuseError as error:
        raise ConformanceError(str(error)) from error


@_promise
def _reward_and_flags(subject):
    """The reward is a float32 scalar, and terminated and truncated are bool scalars."""
    _, (_, _, reward, terminated, truncated, _) = subject.step_shapes
    _demand_shape("the reward", reward, (), np.float32)
    _demand_shape("terminated", terminated, (), np.bool_)
    _demand_shape("truncated", truncated, (), np.bool_)


@_promise
def _observation_shape(subject):
    """Reset and step return observations of the space's shape and dtype."""
    (reset_ob, _), (ob, *_) = subject.step_shapes
    space = subject.observation_space
    _demand_shape("the observation of reset", reset_ob, space.shape, space.dtype)
    _demand_shape("the observation of step", ob, space.shape, space.dtype)


@_promise
def _fixed_point(subject):
    """A step returns a state of the structure, shapes and dtypes of reset's, none weakly typed."""
    (_, before), (_, after, *_) = subject.step_shapes
    _demand(jax.tree.structure(before) == jax.tree.structure(after), "the structures differ")
    before, after = (jax.tree_util.tree_leaves_with_path(state) for state in (before, after))
    for (path, old), (_, new) in zip(before, after, strict=True):
        name = f"state{jax.tree_util.keystr(path)}"
        _demand(not old.weak_type, f"{name} is weakly typed out of reset")
        is_same = (old.shape, old.dtype, new.weak_type) == (new.shape, new.dtype, False)
        _demand(is_same, f"{name} is {_describe(old)} out of reset, {_describe(new)} out of step")


@_promise
def _info_keys(subject):
    """Info has the keys that every task has, and its arrays have fixed dtypes."""
    info = subject.step_shapes[1][-1]
    missing, extra = sorted(_INFO_KEYS - set(info)), sorted(set(info) - _INFO_KEYS)
    _demand(not missing and not extra, f"missing keys: {missing}, unexpected keys: {extra}")
    _demand_shape("info['new_trial']", info["new_trial"], (), np.bool_)
    _demand_shape("info['performance']", info["performance"], (), np.float32)
    space = subject.env.ground_truth_space
    _demand_shape("info['gt']", info["gt"], space.shape, space.dtype)


# ---------------------------------------------------------------- trials


@_promise
def _trial_length(subject):
    """A trial has at least one step, and at most T."""
    length, bound = subject.trials.length, subject.env.T
    _demand((length >= 1) & (length <= bound), f"lengths are {np.unique(length)}, T is {bound}")


@_promise
def _periods_in_trial(subject):
    """Every period lies within its trial, and ends no earlier than it starts."""
    trials = subject.trials
    for i, name in enumerate(subject.env.periods):
        start, end = trials.start[:, i], trials.end[:, i]
        is_right = (start >= 0) & (start <= end) & (end <= trials.length)
        wrong = np.flatnonzero(~is_right)[:1]
        _demand(
            is_right,
            f"{name!r} is [{start[wrong]}, {end[wrong]}) in a trial of {trials.length[wrong]}",
        )


@_promise
def _ground_truth_in_space(subject):
    """The ground truth lies in its space."""
    _demand_in(subject.env.ground_truth_space, subject.trials.gt, "the ground truth")


@_promise
def _other_key_other_trial(subject):
    """Another key draws another trial, and the same key the same trial."""
    again, _ = subject.reset_all(subject.keys(1, subject.num_trials), subject.params)
    _demand(np.array_equal(again, subject.begun[0]), "one key draws two trials")
    if subject.env.conditions:
        leaves = jax.tree.leaves(subject.trials)
        _demand(any(np.any(x != x[:1]) for x in leaves), "every key draws the same trial")


@_promise
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

    fixed = jax.device_get(_jit(jax.vmap(fix_one))(rows))
    for i, name in enumerate(names):
        value, got = wanted[name], fixed[name][i]
        _demand(np.allclose(value, got), f"{name} was to be {_short(value)}, is {_short(got)}")


def _other_value(values):
    """Return the first of a batch of values that differs from its first row, if any does."""
    differs = np.any((values != values[:1]).reshape(len(values), -1), axis=1)
    return values[np.argmax(differs)]


# ---------------------------------------------------------------- one compile


@_promise
def _one_compile_for_two_calls(subject):
    """Step is traced once, for a state out of reset and for one out of step."""
    traces = _trace(subject, (subject.env, subject.params), (subject.env, subject.params))
    _demand(traces == 1, f"it was traced {traces} times")


@_promise
def _one_compile_for_other_params(subject):
    """Other numbers in the params trace reset and step no second time."""
    traces = _trace(subject, (subject.env, subject.params), (subject.env, subject.other_params))
    _demand(traces == 1, "they were traced anew for other rewards")


@_promise
def _one_compile_for_equal_env(subject):
    """An equal environment traces reset and step no second time."""
    traces = _trace(subject, (subject.env, subject.params), (subject.twin, subject.params))
    _demand(traces == 1, "they were traced anew")


def _trace(subject, *calls):
    """Trace a reset and two steps for each of the calls; return how often they were traced."""
    traces = {"reset": 0, "step": 0}

    def traced(env, name, *args):
        traces[name] += 1
        return getattr(env, name)(*args)

    abstractly = jax.jit(traced, static_argnums=(0, 1))
    key = subject.key(3)
    action = jax.eval_shape(subject.action_space.sample, key)
    for env, params in calls:
        _, state = abstractly.eval_shape(env, "reset", key, params)
        for _ in range(2):
            _, state, *_ = abstractly.eval_shape(env, "step", key, state, action, params)
    return max(traces.values())


# ---------------------------------------------------------------- one result, however computed


@_promise
def _jit_changes_nothing(subject):
    """Compiled or not, the task draws, judges and shows the same."""
    env, params = subject.env, subject.params
    # Drawn by jax.random itself: the library's threefry is hundreds of operations one by one.
    key = jax.random.key(subject.seed, impl="unsafe_rbg")
    action = jnp.zeros(subject.action_space.shape, subject.action_space.dtype)

    def hooks(key, state, action, params):
        response = env.respond(state, action, params)
        drawn = env.sample_conditions(key, params, state.carry)
        reward = jnp.asarray(response.reward, jnp.float32)
        return drawn, reward, jnp.asarray(response.new_trial), env.observe(state, params)

    args = key, _row(subject.start, 0), action, params
    compiled = _jit(hooks)(*args)
    with jax.disable_jit():
        _same(compiled, hooks(*args), "results with and without jit")


@_promise
def _batch_is_loop(subject):
    """A scan over a batch returns what a loop of single steps returns."""
    _compare_with_loop(subject, subject.rollout("random"), [subject.limited()] * _LOOP_ENVS)


@_promise
def _params_can_be_swept(subject):
    """A batch whose rows have other params returns what single steps return."""
    played = subject.rollout("random", sweep=True)
    _compare_with_loop(subject, played, subject.variants[:_LOOP_ENVS])


def _compare_with_loop(subject, played, params):
    """Play the first trial of the first rows, step by step."""
    for row in range(_LOOP_ENVS):
        state = _row(subject.start, row)
        steps = min(int(np.argmax(played["info"]["new_trial"][:, row])) + 2, subject.steps)
        for i in range(steps):
            key, action = subject.rollout_keys[i, row], played["action"][i, row]
            ob, state, reward, *_, info = subject.step(key, state, action, params[row])
            expected = {"ob": ob, "reward": reward, "info": info}
            found = {name: _row(played[name], (i, row)) for name in expected}
            _same(found, expected, f"step {i}, in a batch and alone")


# ---------------------------------------------------------------- rollouts


@_promise
def _observations_in_space(subject):
    """Every observation lies in the space, at every step."""
    _demand_in(subject.observation_space, np.asarray(subject.begun[0]), "reset's observation")
    for policy in ("random", "waiting"):
        played = subject.rollout(policy)
        _demand_in(subject.observation_space, played["ob"], "an observation")
        final = played["info"]["final_observation"]
        _demand_in(subject.observation_space, final, "a final observation")


@_promise
def _info_tells_of_the_action(subject):
    """Info's gt and conditions are those of the trial that the action belonged to."""
    played = subject.rollout("random")
    _same(played["info"]["gt"], played["gt"], "info['gt'] and the trial's")
    _same(played["info"]["conditions"], played["conditions"], "info['conditions'] and the trial's")


@_promise
def _performance_at_trial_end(subject):
    """Performance is a score from 0 to 1, and 0 where no trial ends."""
    for policy in ("random", "ground truth"):
        info = subject.rollout(policy)["info"]
        score = info["performance"]
        _demand((score >= 0) & (score <= 1), f"it takes the value {score.max()} or {score.min()}")
        _demand(score[~info["new_trial"]] == 0, "it is not 0 before the end of a trial")


@_promise
def _trials_take_turns(subject):
    """A trial ends at its last step at the latest; then another one begins, at its first step."""
    played = subject.rollout("waiting")
    is_last, t = played["info"]["new_trial"], played["t"]
    _demand(is_last[t + 1 >= played["length"]], "a trial went on after its last step")
    follows = np.where(is_last, 0, t + 1)[:-1]
    _demand(t[1:] == follows, "the step within the trial is not counted from 0 up")
    if subject.env.conditions:
        second = np.cumsum(is_last, axis=0)[:-1] == 1
        second = second & is_last[:-1]
        obs = played["ob"][:-1][second]
        after = [x[1:][second] for x in jax.tree.leaves(played["conditions"])]
        _demand(
            any(np.any(x != x[:1]) for x in [*after, obs]), "every second trial is the same one"
        )


@_promise
def _episodes_terminate(subject):
    """Every trials_per_episode trials the episode is terminated, and begins anew."""
    _check_episodes(subject, trials_per_episode=2)


@_promise
def _episodes_truncate(subject):
    """Every max_steps_in_episode steps the episode is truncated, and begins anew."""
    _check_episodes(subject, max_steps_in_episode=subject.env.T // 2 + 2)


@_promise
def _episodes_without_limits(subject):
    """An episode without limits never ends."""
    _check_episodes(subject)


def _check_episodes(subject, trials_per_episode=0, max_steps_in_episode=0):
    """Keep the books of a rollout, and compare."""
    limits = (trials_per_episode, max_steps_in_episode)
    names = ("trials_per_episode", "max_steps_in_episode")
    policy = "waiting" if trials_per_episode else "random"
    given = {name: limit for name, limit in zip(names, limits, strict=True) if limit}
    played = subject.rollout(policy, **given)
    new_trial = played["info"]["new_trial"]
    time = num_trials = np.zeros(subject.num_envs, np.int32)
    for i in range(subject.steps):
        _demand(played["time"][i] == time, f"state.time is not the steps since reset, at step {i}")
        _demand(
            played["num_trials"][i] == num_trials,
            f"state.num_trials is not the trials finished since reset, at step {i}",
        )
        time, num_trials = time + 1, num_trials + new_trial[i]
        terminated = (num_trials >= trials_per_episode) & (trials_per_episode > 0)
        truncated = (time >= max_steps_in_episode) & (max_steps_in_episode > 0)
        _demand(played["terminated"][i] == terminated, f"terminated is wrong at step {i}")
        _demand(played["truncated"][i] == truncated, f"truncated is wrong at step {i}")
        done = terminated | truncated
        time, num_trials = np.where(done, 0, time), np.where(done, 0, num_trials)
    flags = {name: played["info"][name] for name in ("terminated", "truncated")}
    _same(flags, {name: played[name] for name in flags}, "flags in info and returned")
    if any(limits):
        _demand(np.any(played["terminated"] | played["truncated"]), "no episode ended")
    _check_final_observation(subject, policy, played)


def _check_final_observation(subject, policy, played):
    """It is the next observation; where a trial was cut short, what would have come next."""
    cut_short = played["truncated"] & ~played["info"]["new_trial"]
    final, ob = played["info"]["final_observation"], played["ob"]
    _same(final[~cut_short], ob[~cut_short], "final_observation and the observation")
    ended = np.cumsum(played["terminated"] | played["truncated"], axis=0)
    is_first = cut_short & (ended == 1)
    unlimited = subject.rollout(policy)
    _same(final[is_first], unlimited["ob"][is_first], "final_observation and what came without end")


@_promise
def _invalid_action_is_harmless(subject):
    """An action outside the space earns a finite reward, and leaves no NaN behind."""
    played = subject.rollout("invalid")
    _demand(np.isfinite(played["reward"]), "the reward is not finite")
    for name, tree in (("observation", played["ob"]), ("carry", played["carry"])):
        leaves = [x for x in jax.tree.leaves(tree) if np.issubdtype(x.dtype, np.floating)]
        _demand(all(not np.isnan(x).any() for x in leaves), f"the {name} has NaN")
    score = played["info"]["performance"]
    _demand(np.isfinite(score), "the performance is not finite")


# ---------------------------------------------------------------- policies


@_promise
def _ground_truth_performs(subject):
    """Following the ground truth has performance 1 in every trial."""
    if not subject.has_ground_truth:
        return
    info = subject.rollout("ground truth")["info"]
    score = info["performance"][info["new_trial"]]
    _demand(score.size > 0, "no trial ended")
    _demand(
        score == 1, f"it has performance {score.min():g} in {np.mean(score != 1):.1%} of trials"
    )


@_promise
def _ground_truth_earns_most(subject):
    """Following the ground truth earns more than random actions, and no less than waiting."""
    if not subject.has_ground_truth:
        return
    earned = {}
    for policy in ("ground truth", "random", "waiting"):
        played = subject.rollout(policy)
        earned[policy] = _per_trial(played, played["reward"])[0][0].mean()
    best = earned.pop("ground truth")
    text = ", ".join(f"{policy} {amount:g}" for policy, amount in earned.items())
    is_best = best > earned["random"] and best >= earned["waiting"] - 1e-5
    _demand(is_best, f"it earns {best:g} per trial, against {text}")


@_promise
def _random_does_not_perform(subject):
    """Random actions do not have performance 1 in every trial."""
    if not subject.has_ground_truth:
        return
    info = subject.rollout("random")["info"]
    _demand(np.any(info["performance"][info["new_trial"]] < 1), "they do")


@_promise
def _waiting_earns_no_choice(subject):
    """Where the ground truth asks for a choice, waiting is neither rewarded nor scored as one."""
    names = subject.action_space.name if hasattr(subject.action_space, "name") else {}
    if not subject.has_ground_truth or names.get("fixation") != 0:
        return
    played = subject.rollout("waiting")
    asked, completed = _per_trial(played, played["gt"] != 0)
    is_asked = (asked > 0) & completed
    scores = _per_trial(played, played["info"]["performance"])[0]
    _demand(scores[is_asked] == 0, "waiting has a performance above 0")
    correct = float(subject.params.rewards.get("correct", 0))
    if correct > 0:
        earned = _per_trial(played, played["reward"])[0]
        _demand(earned[is_asked] < correct, f"waiting earns the {correct:g} of a correct choice")
