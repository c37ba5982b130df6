"""TrialEnv: the clock, the turn from trial to trial, and episodes, once for every task."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments.environment import Environment

from jaxgym_neuro import spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core import renewal
from jaxgym_neuro.core.drawing import TrialKeys, draw_first, renew_trial
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.trial import Trial, TrialBuilder, TrialLayout
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name, check_number, hashable, merge_known
from jaxgym_neuro.support.xla import compute_once


@pytree
class EnvState:
    """State of a task: the clock, the current trial, and what the task carries beyond it."""

    time: jax.Array  # () int32, steps since reset
    t: jax.Array  # () int32, step within the trial
    num_trials: jax.Array  # () int32, trials finished since reset
    trial: Trial
    carry: Any  # pytree of the task; () if it remembers nothing


@pytree
class Response:
    """What an action earns; returned by `TrialEnv.respond`."""

    reward: jax.Array  # float32 scalar
    new_trial: jax.Array = False  # does the trial end here?
    performance: jax.Array = 0.0  # score of the trial, counted if it ends here
    carry: Any = None  # the new carry; None: unchanged
    info: dict[str, Any] = dataclasses.field(default_factory=dict)  # further entries of the info


@pytree
class Verdict:
    """What an action comes to, the end of the trial included; returned by `TrialEnv.judge`."""

    reward: jax.Array  # () float32, with ``r_tmax`` where the trial ran out of time
    ends: jax.Array  # () bool, does the trial end here, by the response or because it ran out?
    ran_out: jax.Array  # () bool, does it end only because this was its last step?
    performance: jax.Array  # () float32, score of the trial, 0 unless it ends
    carry: Any  # the new carry
    info: dict[str, Any]  # further entries of the info


class _FrozenAfterConstruction(type):
    """Runs ``_freeze`` when the outermost constructor has returned."""

    @property
    def __signature__(cls):
        parameters = list(inspect.signature(cls.__init__).parameters.values())
        return inspect.Signature(parameters[1:])

    def __call__(cls, *args, **kwargs):
        env = super().__call__(*args, **kwargs)
        env._freeze()
        return env


class TrialEnv(Environment, metaclass=_FrozenAfterConstruction):
    """Base of every task made of trials.

    A task supplies what is particular to its paradigm, in the order in which it happens:

    1. `sample_conditions`: what is drawn for a trial;
    2. `build_trial`: periods, observation and ground truth of the trial;
    3. `respond`: what an action earns, and whether it ends the trial;
    4. only where what is seen depends on what was done: `init_carry` and `observe`.

    Instances are immutable, equal by value and hashable, so that equal tasks share compiled code.

    Class attributes of a task: ``TIMING`` (period to default duration, in ms or a short form),
    ``REWARDS`` (event to default amount), ``metadata`` (``paper_name``, ``paper_link``, ``tags``),
    ``choices`` (values of the condition ``ground_truth``, where the task draws one of a few).

    Args:
        dt: step in ms.
        observation_space: what is seen, with channel names.
        action_space: what can be done, with action names.
        timing: changes to ``TIMING``, in any form `jaxgym_neuro.timing.parse` takes.
        rewards: changes to ``REWARDS``.
        periods: names of the periods, where they are not the keys of ``TIMING``.
        ground_truth_space: where the ground truth is not an action (an angle, say).
        abort: whether breaking fixation ends the trial.

    Raises:
        ValueError: for a dt of 0 or less, an unknown period or reward, a negative or unbounded
            duration.
    """

    TIMING: Mapping[str, Any] = {}
    REWARDS: Mapping[str, float] = {}
    metadata: Mapping[str, Any] = {}
    choices: tuple[int, ...] = ()
    num_kinds: int = 1
    kind_conditions: tuple[str, ...] = ()
    renew: Callable[..., Any] = staticmethod(renewal.renew)

    def __init__(
        self,
        *,
        dt: float,
        observation_space: spaces.Box,
        action_space: spaces.Box | spaces.Discrete,
        timing: Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | None = None,
        periods: tuple[str, ...] | None = None,
        ground_truth_space: spaces.Box | spaces.Discrete | None = None,
        abort: bool = False,
    ):
        super().__init__()
        self.dt = check_number("dt (the step in ms)", dt, above=0)
        self.timing = timing_module.parse_all(merge_known("period", self.TIMING, timing))
        merged = merge_known("reward", self.REWARDS, rewards)
        self.rewards = {name: check_number(f"rewards[{name!r}]", r) for name, r in merged.items()}
        self.periods = tuple(self.timing) if periods is None else tuple(periods)
        self.abort = bool(abort)
        self._spaces = (observation_space, action_space, ground_truth_space or action_space)

    # ------------------------------------------------------------------ what a task supplies

    def sample_conditions(self, key: jax.Array, params: Any, carry: Any) -> tuple[dict, Any]:
        """Draw what varies from trial to trial: a dict of named arrays, and the new carry."""
        del key, params
        return {}, carry

    def build_trial(
        self, builder: TrialBuilder, conditions: Mapping[str, jax.Array], params: Any
    ) -> TrialBuilder:
        """Lay out the trial: periods, observation, ground truth."""
        raise NotImplementedError(f"{type(self).__name__} must define build_trial")

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge an action; deterministic, given the trial."""
        raise NotImplementedError(f"{type(self).__name__} must define respond")

    def init_carry(self, key: jax.Array, params: Any) -> Any:
        """Return what the task remembers at the start of an episode."""
        del key, params
        return ()

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return what the subject sees now: the trial's row, unless the task closes the loop."""
        del params
        return state.trial.ob[state.t]

    def choose_kind(
        self, key: jax.Array, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
    ) -> tuple[jax.Array | int, Any]:
        """Draw which of ``num_kinds`` kinds the next trial is of, and the new carry.

        Only for tasks whose ``num_kinds`` is above 1: the trial is then drawn by ``of_kind`` (see
        `renew`). ``fixed`` has the conditions that are given and not drawn.
        """
        del key, params, fixed
        return 0, carry

    def of_kind(self, kind: int) -> "TrialEnv":
        """Return this task as it draws trials of one kind; all else is the same."""
        del kind
        return self

    def as_inner(self, state: EnvState) -> EnvState:
        """Return a state that was made for this task by one around it, for one call.

        A wrapper, or several tasks in one, hold trials in a form of their own, and hand a `Trial`
        to a task inside. A task that holds trials in another form gives it that form here.
        """
        return state

    def with_room(self, trial: Any) -> Any:
        """Return a trial that ``of_kind(...)`` has drawn with the room that states have for it."""
        return trial

    def choice_response(
        self,
        state: EnvState,
        action: jax.Array,
        params: Any,
        *,
        fixation: str | tuple[str, ...] = "fixation",
        decision: str | tuple[str, ...] = "decision",
    ) -> Response:
        """Judge by the rule of most discrete tasks; action 0 is to wait.

        Acting in a ``fixation`` period costs ``abort``, and ends the trial if ``params.abort``. The
        first action in ``decision`` ends the trial: ``correct`` if it is the ground truth, else
        ``fail``. Having waited to the last step scores 1 where the ground truth is to wait, and
        costs ``miss`` where it is to act. A task may lack ``fail`` and ``miss``; they are then 0.
        """
        gt, rewards = self.gt_now(state), params.rewards
        acted = action != 0
        broke = acted & self.in_period(state, fixation)
        answered = acted & self.in_period(state, decision)
        correct = answered & (action == gt)
        waited = ~acted & self.in_period(state, decision) & self.is_last_step(state)
        withheld, missed = waited & (gt == 0), waited & (gt != 0)
        earned = jnp.where(correct, rewards["correct"], rewards.get("fail", 0.0))
        reward = jnp.where(broke, rewards["abort"], 0.0) + jnp.where(answered, earned, 0.0)
        reward = reward + jnp.where(missed, rewards.get("miss", 0.0), 0.0)
        return Response(
            reward=reward,
            new_trial=answered | (broke & params.abort),
            performance=(correct | withheld).astype(jnp.float32),
        )

    def max_steps(self) -> int:
        """Return T, the longest trial: by default the periods' longest durations in a row."""
        return self.longest(self.periods)

    def longest(self, periods: tuple[str, ...]) -> int:
        """Return the steps that periods in a row last at most."""
        steps = 0
        for name in periods:
            distribution = self.timing[name]
            longest = int(timing_module.duration_steps(distribution.upper(), self.dt))
            if isinstance(distribution, timing_module.Until):
                steps = max(steps, longest)
            else:
                steps += longest
        return steps

    @property
    def default_params(self) -> TrialParams:
        """Params with the constructor's numbers; a task with fields of its own overrides it."""
        return TrialParams(**self.common_params)

    @property
    def common_params(self) -> dict[str, Any]:
        """The fields that every task has: timing, rewards and abort as constructed."""
        return {"timing": dict(self.timing), "rewards": dict(self.rewards), "abort": self.abort}

    # ------------------------------------------------------------------ the public interface

    @partial(jax.jit, static_argnames=("self",))
    def reset(
        self, key: jax.Array, params: Any = None, **conditions: Any
    ) -> tuple[jax.Array, EnvState]:
        """Begin an episode, with any condition of its first trial fixed: ``reset(key, coh=51.2)``.

        Args:
            key: one typed key, ``jax.random.key(seed)``.
            params: params of the task; default is `default_params`.
            **conditions: values of conditions, of the shapes in `conditions`. Whatever else is
                drawn is what the key draws without them.

        Returns:
            The observation of step 0 of the first trial, float32, and the state.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does.
        """
        params = self.default_params if params is None else params
        trial, carry = draw_first(self, key, params, self._fixed(conditions))
        zero = jnp.int32(0)
        state = EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)
        return self.observe(state, params), state

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: Any = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Judge the action against the current step, move the clock, and renew trial and episode.

        Returns:
            ``ob, state, reward, terminated, truncated, info`` as in gymnax 1.x. After the end of an
            episode, ``ob`` and ``state`` are those of the next one, and
            ``info["final_observation"]`` is what would have been seen. ``info`` has the same keys
            at every step: ``new_trial``, ``performance`` (0 unless the trial ended), ``gt`` and
            ``conditions`` of the trial that the action belonged to, ``terminated``, ``truncated``.
        """
        params = self.default_params if params is None else params
        trial = state.trial
        verdict = self.judge(state, compute_once(action), params)
        new_trial = compute_once(verdict.ends)

        time = state.time + 1
        num_trials = state.num_trials + new_trial.astype(jnp.int32)
        terminated = (params.trials_per_episode > 0) & (num_trials >= params.trials_per_episode)
        truncated = (params.max_steps_in_episode > 0) & (time >= params.max_steps_in_episode)
        done = terminated | truncated

        carry = verdict.carry
        gt = trial.gt[state.t]
        clock = {"time": time, "t": state.t + 1, "num_trials": num_trials}
        cut_short = truncated & ~new_trial
        unseen = renewal.draw_where(
            cut_short,
            self._look_ahead,
            (trial, carry, clock, params),
            jnp.zeros(self.layout.ob_shape, jnp.float32),
        )
        new, new_carry = renew_trial(
            self,
            key,
            params,
            due=new_trial | done,
            done=done,
            old=(trial, carry),
            reads=(gt, verdict.reward, verdict.performance, unseen.reshape(-1)[:1]),
        )
        next_state = EnvState(
            time=jnp.where(done, 0, time),
            t=jnp.where(new_trial | done, 0, state.t + 1),
            num_trials=jnp.where(done, 0, num_trials),
            trial=new,
            carry=new_carry,
        )
        ob = self.observe(next_state, params)
        info = {
            "new_trial": new_trial,
            "performance": verdict.performance,
            "gt": gt,
            "conditions": trial.conditions,
            # Between trials the next observation is the first of a trial that nobody has seen,
            # whether or not an episode ended there.
            "final_observation": jnp.where(cut_short, unseen, ob),
            "terminated": terminated,
            "truncated": truncated,
            **verdict.info,
        }
        ob, next_state = jax.tree.map(jax.lax.stop_gradient, (ob, next_state))
        return ob, next_state, verdict.reward, terminated, truncated, info

    @partial(jax.jit, static_argnames=("self",))
    def _new_trial(self, key, params, fixed):
        return draw_first(self, key, params, fixed, batch_aware=False)[0]

    def new_trial(self, key: jax.Array, params: Any = None, **conditions: Any) -> Any:
        """Draw one trial, with any of its conditions fixed: ``new_trial(key, coh=51.2)``.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does.
        """
        params = self.default_params if params is None else params
        return self._new_trial(key, params, self._fixed(conditions))

    def judge(self, state: EnvState, action: jax.Array, params: Any) -> Verdict:
        """Return what an action comes to: see `conclude`."""
        return self.conclude(state, self.respond(state, action, params), params)

    def conclude(self, state: EnvState, response: Response, params: Any) -> Verdict:
        """Return what a response comes to.

        A trial ends with the response that says so, or after its last step; then it has run out of
        time, and ``params.r_tmax`` is added to the reward. Its performance counts when it ends.
        """
        answered = jnp.asarray(response.new_trial, jnp.bool_)
        ran_out = self.is_last_step(state) & ~answered
        ends = answered | ran_out
        r_tmax = jnp.asarray(params.r_tmax, jnp.float32)
        return Verdict(
            reward=jnp.asarray(response.reward, jnp.float32) + jnp.where(ran_out, r_tmax, 0),
            ends=ends,
            ran_out=ran_out,
            performance=jnp.where(ends, jnp.asarray(response.performance, jnp.float32), 0),
            carry=state.carry if response.carry is None else response.carry,
            info=response.info,
        )

    def draw_trial(
        self, keys: TrialKeys, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
    ) -> tuple[Any, Any]:
        """Draw one trial, of the kind that this task draws: conditions, and what is laid out.

        Args:
            keys: the keys of the trial; ``conditions`` and ``build`` are used.
            params: params of the task.
            carry: what the task carries into the trial.
            fixed: conditions that are given and not drawn, of the dtypes in `conditions`.

        Returns:
            The trial as a state holds it (if there are several kinds, without the room that states
            have, see `with_room`), and what the task carries into its first step.
        """
        conditions, carry = self.sample_conditions(keys.conditions, params, carry)
        conditions, carry = compute_once(({**conditions, **fixed}, carry))
        return self.lay_out(keys.build, conditions, params), carry

    def lay_out(self, key: jax.Array, conditions: Mapping[str, jax.Array], params: Any) -> Trial:
        """Lay out the trial of some conditions: durations and noise are drawn here.

        Args:
            key: one typed key.
            conditions: all that `sample_conditions` draws, drawn or given.
            params: params of the task.
        """
        builder = TrialBuilder.begin(self.layout, key, params.timing, conditions)
        return self.build_trial(builder, conditions, params).build()

    def with_trial(self, state: EnvState, trial: Trial) -> EnvState:
        """Return a state in which a trial of yours, as `new_trial` returns it, is under way.

        The clocks and the carry stay. All who put a trial into a state do it here, as a task may
        hold trials in a form of its own.
        """
        return dataclasses.replace(state, trial=trial)

    @functools.cached_property
    def kinds(self) -> tuple["TrialEnv", ...]:
        """This task as it draws trials of each kind, see `of_kind`."""
        return tuple(self.of_kind(kind) for kind in range(self.num_kinds))

    def observation_space(self, params: Any = None) -> spaces.Box:
        """Space of one observation, with channel names in ``.name``."""
        del params
        return self._spaces[0]

    def action_space(self, params: Any = None) -> spaces.Box | spaces.Discrete:
        """Space of one action, with action names in ``.name``."""
        del params
        return self._spaces[1]

    @property
    def ground_truth_space(self) -> spaces.Box | spaces.Discrete:
        """Space of one row of ``trial.gt``; the action space unless the task says otherwise."""
        return self._spaces[2]

    @property
    def T(self) -> int:  # noqa: N802 (the paper symbol for the number of steps of a trial)
        """Static number of rows of a trial's arrays."""
        return self.layout.num_steps

    @property
    def num_actions(self) -> int:
        """Number of discrete actions, or of dimensions of a continuous one."""
        space = self._spaces[1]
        return space.n if isinstance(space, spaces.Discrete) else int(np.prod(space.shape))

    @property
    def can_wait(self) -> bool:
        """Whether action 0 is to wait: the actions are discrete, and it is named ``fixation``."""
        space = self._spaces[1]
        return isinstance(space, spaces.Discrete) and space.name.get("fixation") == 0

    @property
    def has_ground_truth_action(self) -> bool:
        """Whether `ground_truth_action` is one: the task defines it, or the ground truth is one."""
        is_defined = type(self).ground_truth_action is not TrialEnv.ground_truth_action
        return is_defined or self.ground_truth_space == self._spaces[1]

    @functools.cached_property
    def conditions(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Names, shapes and dtypes of what can be fixed in `new_trial`."""

        def sample(key):
            params = self.default_params
            return self.sample_conditions(key, params, self.init_carry(key, params))[0]

        return jax.eval_shape(sample, jax.eval_shape(lambda: jax.random.key(0)))

    def in_period(self, state: EnvState, name: str | tuple[str, ...]) -> jax.Array:
        """Whether the current step lies in a period, or in one of several."""
        inside = jnp.bool_(False)
        for period in (name,) if isinstance(name, str) else name:
            check_name("period", period, self.periods)
            index = self.periods.index(period)
            start, end = state.trial.start[index], state.trial.end[index]
            inside = inside | ((state.t >= start) & (state.t < end))
        return inside

    def is_last_step(self, state: EnvState) -> jax.Array:
        """Whether the trial runs out of time after this step."""
        return state.t + 1 >= state.trial.length

    def ob_now(self, state: EnvState) -> jax.Array:
        """Return the row of the trial's observation at the current step."""
        return state.trial.ob[state.t]

    def gt_now(self, state: EnvState) -> jax.Array:
        """Return the ground truth at the current step."""
        return state.trial.gt[state.t]

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the action that follows the ground truth: the ground truth, if it is an action."""
        del params
        return self.gt_now(state)

    def validate(self, params: Any) -> None:
        """Check concrete params: structure, and that their trials fit into T.

        Raises:
            ValueError: naming the period or field, its bound, and how to allow more.
        """
        if type(params) is not type(self.default_params):
            raise ValueError(
                f"params of {self.name} are made by its default_params and .replace(...), "
                f"not {type(params).__name__}"
            )
        for field in ("timing", "rewards"):
            kind = "period" if field == "timing" else "reward"
            merge_known(kind, getattr(self.default_params, field), getattr(params, field))
        for name, distribution in params.timing.items():
            distribution.checked(name)
            bound = int(timing_module.duration_steps(self.timing[name].upper(), self.dt))
            steps = int(timing_module.duration_steps(distribution.upper(), self.dt))
            if steps > bound:
                raise ValueError(
                    f"timing[{name!r}] lasts up to {distribution.upper():g} ms, and the arrays of "
                    f"this {self.name} have room for {self.timing[name].upper():g} ms; to allow "
                    f"more, construct it with timing={{{name!r}: ...}} of the longest duration"
                )

    # ------------------------------------------------------------------ inside

    def _fixed(self, conditions):
        """Check conditions that are given, and give them their dtypes."""
        if not conditions:
            return {}
        known = self.conditions
        for name in conditions:
            check_name("condition", name, known)
        return {
            name: jnp.asarray(value).astype(known[name].dtype) for name, value in conditions.items()
        }

    def _look_ahead(self, inputs):
        """Return what would be seen next, did the episode not end within a trial."""
        trial, carry, clock, params = inputs
        return self.observe(EnvState(trial=trial, carry=carry, **clock), params)

    def replaced(self, **attributes: Any) -> "TrialEnv":
        """Return this task with other attributes: ``env.replaced(renew=renew_by_select)``.

        For what changes only how it runs: its constructor does not run again, so that whatever it
        derived from its arguments stays.

        Raises:
            ValueError: for an attribute that it does not have.
        """
        for name in attributes:
            check_name("attribute", name, {*self._attributes, "renew"})
        env = object.__new__(type(self))
        for name, value in {**self._attributes, **attributes}.items():
            setattr(env, name, value)
        env._freeze()
        return env

    def _freeze(self):
        self._attributes = dict(vars(self))
        self._value = (type(self), hashable(self._attributes))
        self._hash = hash(self._value)
        space, action_space, gt_space = self._spaces
        self.layout = TrialLayout(
            dt=self.dt,
            num_steps=max(self.max_steps(), 1),
            periods=self.periods,
            ob_shape=space.shape,
            channels=space.name,
            gt_shape=gt_space.shape,
            gt_dtype=gt_space.dtype,
            actions=action_space.name,
            num_actions=getattr(action_space, "n", 0),
        )
        self._is_frozen = True

    def __setattr__(self, name, value):
        if getattr(self, "_is_frozen", False):
            raise AttributeError(
                f"{type(self).__name__} is immutable; construct another one with {name}={value!r}"
            )
        super().__setattr__(name, value)

    def __eq__(self, other):
        return self is other or (isinstance(other, TrialEnv) and self._value == other._value)

    def __hash__(self):
        return self._hash
