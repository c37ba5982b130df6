"""Every public function that takes a task takes every kind of task, or says why it does not.

One table: functions down, kinds of tasks across. A cell runs, or is a ValueError whose words stand
in `REFUSALS`. The tasks are as small as they can be: what costs time is to compile them.
"""

import contextlib
import functools
import inspect
import io
import json
import pickle
from collections.abc import Callable
from typing import Any

import chex
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.environments.environment import Environment, EnvParams

import jaxgym_neuro as jgn
import jaxgym_neuro.neurogym as ngym
from jaxgym_neuro import TrialEnv, policies, spaces, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.neurogym.utils.plotting import plot_env as plot_as_neurogym
from jaxgym_neuro.schedules import Curriculum
from jaxgym_neuro.testing import check_task
from jaxgym_neuro.training.learning import programs
from jaxgym_neuro.training.plans import PLANS, Asked
from jaxgym_neuro.training.recipes import recipe
from jaxgym_neuro.wrappers import MultiTask

KEY = jax.random.key(0)

# ------------------------------------------------------------------------------ kinds of tasks


@chex.dataclass(frozen=True)
class DriftState:
    time: jax.Array
    place: jax.Array


class Drift(Environment):
    """A gymnax environment of one's own, not made of trials; it shows a picture."""

    @property
    def default_params(self):
        return EnvParams(max_steps_in_episode=3)

    def reset_env(self, key, params):
        state = DriftState(time=jnp.int32(0), place=jnp.float32(0))
        return jnp.zeros((2, 3), jnp.float32), state

    def step_env(self, key, state, action, params):
        place = state.place + jnp.sum(action)
        state = DriftState(time=state.time + 1, place=place)
        return jnp.full((2, 3), place), state, place, jnp.bool_(False), {}

    def observation_space(self, params):
        return spaces.Box(-np.inf, np.inf, (2, 3))

    def action_space(self, params):
        return spaces.Box(-1, 1, (2,))


class Lights(jgn.ChoiceTask):
    """See which of two lights is on, and say so: three steps."""

    TIMING = {"fixation": 100, "stimulus": 100, "decision": 100}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    choices = (0, 1)

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(0, 1, (3,), name={"fixation": 0, "stimulus": [1, 2]}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jgn.random.integer(key, 2)}, carry

    def build_trial(self, builder, conditions, params):
        where = conditions["ground_truth"]
        lights = (jnp.arange(2, dtype=jnp.int32) == where).astype(jnp.float32)
        return (
            builder.add_period(self.periods)
            .add_ob(lights, period="stimulus", where="stimulus")
            .set_groundtruth(where, period="decision", where="choice")
        )


class Point(TrialEnv):
    """Point to a place that was shown; what is seen, done and true may have any shape."""

    TIMING = {"light": 100, "answer": 100}
    REWARDS = {"correct": 1.0}

    def __init__(self, ob_shape, action_shape, ground_truth_shape):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(-1, 1, ob_shape),
            action_space=spaces.Box(-1, 1, action_shape),
            ground_truth_space=spaces.Box(-1, 1, ground_truth_shape),
        )

    def sample_conditions(self, key, params, carry):
        return {"place": jgn.random.uniform(key)}, carry

    def build_trial(self, builder, conditions, params):
        place = conditions["place"]
        return builder.add_period(self.periods).add_ob(place, period="light").set_groundtruth(place)

    def respond(self, state, action, params):
        is_right = jnp.max(jnp.abs(action - state.trial.conditions["place"])) < 0.5
        is_paid = is_right & self.in_period(state, "answer")
        reward = jnp.where(is_paid, params.rewards["correct"], 0)
        return jgn.Response(reward=reward, performance=is_right)


class Walk(TrialEnv):
    """Stay or go: what is seen is how far one has gone."""

    TIMING = {"walk": 200}
    REWARDS = {"correct": 1.0}

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(0, 9, (1,)),
            action_space=spaces.Discrete(2, name={"fixation": 0, "choice": 1}),
        )

    def init_carry(self, key, params):
        return jnp.float32(0)

    def build_trial(self, builder, conditions, params):
        return builder.add_period("walk").set_groundtruth(1)

    def respond(self, state, action, params):
        gone = state.carry + (action == 1).astype(jnp.float32)
        return jgn.Response(reward=params.rewards["correct"], carry=jnp.minimum(gone, 9))

    def observe(self, state, params):
        return state.carry[None]


class Bars(Lights):
    """The same as a picture, made of what Lights shows."""

    def __init__(self):
        shown = spaces.Box(0, 1, (3,), name={"fixation": 0, "stimulus": [1, 2]})
        jgn.ChoiceTask.__init__(
            self,
            dt=100,
            observation_space=shown,
            frame_space=spaces.Box(0, 1, (2, 3, 1)),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    def frame(self, row, params):
        return jnp.broadcast_to(row[:, None], (2, 3, 1))


def several(*tasks):
    return MultiTask(tasks, pad=True)


KINDS: dict[str, Callable[[], Any]] = {
    "CartPole": lambda: gymnax.make("CartPole-v1")[0],
    "no trials": Drift,
    "task": Lights,
    "one step": lambda: jgn.make("Null-v0", timing={"wait": 100})[0],
    "closed loop": Walk,
    "scalars": lambda: Point((), (), (2, 2)),
    "pictures": lambda: Point((2, 3, 1), (2,), (2,)),
    "frames": Bars,
    "stack": lambda: wrappers.TimeOut(wrappers.Noise(wrappers.PassAction(Walk())), 100),
    "several": lambda: several(Lights(), Walk()),
    "several wrapped": lambda: wrappers.CatchTrials(several(Lights(), Walk())),
    "several of several": lambda: several(several(Walk()), Lights()),
}
NO_TRIALS = ("CartPole", "no trials")


class Kind:
    """A task of one kind, and what is traced of it once."""

    def __init__(self, name):
        self.make = KINDS[name]
        self.env = self.make()
        self.params = self.env.default_params

    @functools.cached_property
    def begun(self):
        """Shapes of the first observation and state."""
        return jax.eval_shape(self.env.reset, KEY, self.params)

    @functools.cached_property
    def action(self):
        """Shape of an action."""
        return jax.eval_shape(self.env.action_space(self.params).sample, KEY)

    @property
    def ob_shape(self):
        return self.begun[0].shape


of_kind = functools.cache(Kind)

# ----------------------------------------------------------------------------------- functions


def plots(kind, folder):
    jgn.plotting.plot_env(kind.env, num_trials=1).draw_without_rendering()


def animates(kind, folder):
    shown = jgn.plotting.animate(kind.env, fps=0.5, path=folder / "trial.gif")
    assert shown.frames.ndim == 4


def rolls_out(kind, folder):
    table = jgn.rollout(kind.env, num_envs=2, num_trials=3)
    assert len(table) == 3
    assert set(kind.env.conditions) <= set(table.conditions)
    assert len(table.columns()["steps"]) == 3


def makes_batches(kind, folder):
    """Packed; a position is restored."""
    dataset = jgn.Dataset(kind.env, batch_size=2, seq_len=5, max_batch=1)
    assert dataset()[0].shape == (5, 2, *kind.ob_shape)
    position = json.loads(json.dumps(dataset.position))
    expected = dataset()
    dataset.restore(position)
    jax.tree.map(np.testing.assert_array_equal, dataset(), expected)


def makes_batches_of_one_trial_a_row(kind, folder):
    dataset = jgn.Dataset(kind.env, batch_size=2, max_batch=1, packed=False)
    batch = jax.eval_shape(dataset.sample_batch, KEY)
    assert batch.inputs.shape == (kind.env.T, 2, *kind.ob_shape)
    assert batch.targets.shape == (kind.env.T, 2, *kind.env.ground_truth_space.shape)
    assert set(batch.conditions) >= set(kind.env.conditions)


def steps_in_gymnasium(kind, folder, **kwargs):
    env = GymnasiumEnv(kind.env, batch_size=2, **kwargs)
    env.action_space.seed(0)
    ob, _ = env.reset(seed=0, options={"params": kind.params})
    for _ in range(2):
        assert env.observation_space.contains(ob)
        ob, reward, *_ = env.step(env.action_space.sample())
        assert type(reward) is float
    assert env.observation_space.contains(ob)
    return env


def steps_in_gymnasium_by_compiled_calls(kind, folder):
    steps_in_gymnasium(kind, folder, tabulate=False)


def draws_frames(kind, folder):
    frame = steps_in_gymnasium(kind, folder, render_mode="rgb_array").render()
    assert frame.dtype == np.uint8
    assert frame.shape[2] == 3


def fixes_conditions_in_gymnasium(kind, folder):
    env = GymnasiumEnv(kind.env, batch_size=2)
    drawn = env.reset(seed=0)[1].get("conditions", {"place": 0})
    fixed = {name: drawn[name] for name in getattr(kind.env, "conditions", drawn)}
    _, info = env.reset(seed=1, options={"conditions": fixed})
    found = {name: info["conditions"][name] for name in fixed}
    jax.tree.map(np.testing.assert_array_equal, found, fixed)


def records_trials(kind, folder):
    with jgn.Monitor(GymnasiumEnv(kind.env, batch_size=2), folder) as env:
        env.reset(seed=0)
        for _ in range(kind.env.T):
            env.step(np.zeros(env.action_space.shape, env.action_space.dtype))
    assert len(jgn.Monitor.load(folder)) >= 1


def steps_in_vectors(kind, folder, **kwargs):
    env = TaskVectorEnv(kind.env, 2, batch_size=2, **kwargs)
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(2):
        ob, reward, *_ = env.step(env.action_space.sample())
    assert env.observation_space.contains(ob)
    assert reward.shape == (2,)


def steps_in_vectors_by_compiled_calls(kind, folder):
    steps_in_vectors(kind, folder, tabulate=False)


def draws_trials_of_given_conditions(kind, folder):
    """Checked by shapes, which compiles nothing."""
    trial = jax.eval_shape(kind.env.new_trial, KEY, kind.params)
    fixed = {name: jnp.zeros(x.shape, x.dtype) for name, x in kind.env.conditions.items()}
    again = jax.eval_shape(kind.env.new_trial, KEY, kind.params, **fixed)
    assert jax.tree.map(jnp.shape, again) == jax.tree.map(jnp.shape, trial)
    begun = jax.eval_shape(kind.env.reset, KEY, kind.params, **fixed)
    assert jax.tree.map(jnp.shape, begun) == jax.tree.map(jnp.shape, kind.begun)


def checks(kind, folder):
    check_task(kind.make, only=["equal_by_value", "validates", "info_keys", "fixed_point"])


def shows(kind, folder):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        jgn.show(kind.env)
    assert kind.env.name in said.getvalue()
    assert ("reward" in said.getvalue()) == hasattr(kind.env, "new_trial")


def tells_its_size(kind, folder):
    arrays = jax.tree.leaves(kind.begun[1])
    assert jgn.state_bytes(kind.env).total == sum(x.size * x.dtype.itemsize for x in arrays)


def prints(kind, folder):
    assert kind.env.name in str(kind.env)
    assert "\n" not in repr(kind.env)


def is_pickled(kind, folder):
    env, params = pickle.loads(pickle.dumps((kind.env, kind.params)))
    assert env == kind.env
    assert jax.tree.structure(params) == jax.tree.structure(kind.params)


def acts_by(policy):
    """By shapes, too."""

    def act(kind, folder):
        actor = policies.actor(policy, kind.env, kind.params)
        action, memory = jax.eval_shape(actor, KEY, kind.begun[0], (), kind.begun[1], kind.params)
        assert (action.shape, action.dtype) == (kind.action.shape, kind.action.dtype)
        assert memory == ()

    return act


def repeats_an_action(kind, folder):
    acts_by(np.zeros(kind.action.shape, kind.action.dtype))(kind, folder)


def follows_a_function(kind, folder):
    zero = jnp.zeros(kind.action.shape, kind.action.dtype)
    acts_by(lambda key, ob, memory: (zero, memory))(kind, folder)


def wraps_in(wrap):
    """Wrapped, the task draws, shows and judges; by shapes, too."""

    def trace(kind, folder):
        env = wrap(kind.env)
        params = env.default_params
        env.validate(params)
        ob, state = jax.eval_shape(env.reset, KEY, params)
        assert ob.shape == env.observation_space().shape
        verdict = jax.eval_shape(env.judge, state, kind.action, params)
        assert verdict.reward.shape == ()
        if env.has_ground_truth_action:
            action = jax.eval_shape(env.ground_truth_action, state, params)
            assert action.shape == kind.action.shape

    return trace


def probabilities(env):
    n = len(getattr(env, "choices", ())) or 2
    return [1 / n] * n


WRAPPERS = {
    "CatchTrials": wrappers.CatchTrials,
    "MissTrialReward": lambda env: wrappers.MissTrialReward(env, -0.2),
    "MotionPulses": wrappers.MotionPulses,
    "MultiTask": lambda env: MultiTask([env, env]),
    "Noise": wrappers.Noise,
    "PassAction": wrappers.PassAction,
    "PassReward": wrappers.PassReward,
    "RandomGroundTruth": lambda env: wrappers.RandomGroundTruth(env, probabilities(env)),
    "ReactionTime": wrappers.ReactionTime,
    "ScheduleAttr": lambda env: wrappers.ScheduleAttr(env, Curriculum(2, threshold=0.5), [{}, {}]),
    "SideBias": lambda env: wrappers.SideBias(env, [probabilities(env)], 2),
    "MinimumTime": lambda env: wrappers.MinimumTime(env, 100, *getattr(env, "periods", ())[:1]),
    "SelfInitiated": lambda env: wrappers.SelfInitiated(env, *getattr(env, "periods", ())[:1]),
    "TimeOut": lambda env: wrappers.TimeOut(env, 100),
    "TrialHistory": wrappers.TrialHistory,
    "TrialWrapper": wrappers.TrialWrapper,
}


def behaves_as_neurogym(kind, folder):
    env = ngym.TaskEnv(kind.env, batch_size=2)
    conditions = env.new_trial()
    assert set(kind.env.conditions) <= set(conditions)
    assert len(env.ob) == len(env.gt) == env.tmax / env.dt
    assert set(env.start_ind) == set(env.end_t) == set(kind.env.periods)
    assert set(env.timing) <= set(kind.env.periods)
    plot_as_neurogym(env, num_steps=2, fname=str(folder / "figure.svg"))


def makes_batches_as_neurogym(kind, folder):
    dataset = ngym.Dataset(ngym.TaskEnv(kind.env), batch_size=2, seq_len=5, max_batch=1)
    assert dataset()[0].shape == (5, 2, *kind.ob_shape)


def trains_by(method):
    """A chunk of updates; by shapes, too."""

    def train(kind, folder):
        asked = Asked.of(kind.env, None, jgn.training.GRU(4), num_seeds=2)
        plan = PLANS[method](asked, recipe(kind.env, method))
        rates = {name: jnp.asarray(x) for name, x in plan.runs.items() if name != "seed"}
        begin, chunk = programs(plan.method, 3, None)
        learners = jax.eval_shape(begin, plan.keys, plan.params)
        after, metrics = jax.eval_shape(
            chunk, learners, rates, jnp.int32(0), jnp.int32(5), plan.params
        )
        assert jax.tree.map(jnp.shape, after) == jax.tree.map(jnp.shape, learners)
        assert metrics["performance"].shape == (3, 2)

    return train


IDEAL = ("observer", "performance", "rules", "bounds", "has_rules")


def observes_ideally(name):
    """A task of one's own has an observer once it is registered (tests/ideal)."""
    return lambda kind, folder: getattr(jgn.ideal, name)(kind.env)


FUNCTIONS = {
    "plot_env": plots,
    "animate": animates,
    "rollout": rolls_out,
    "Dataset": makes_batches,
    "Dataset, not packed": makes_batches_of_one_trial_a_row,
    "GymnasiumEnv": steps_in_gymnasium,
    "GymnasiumEnv, compiled": steps_in_gymnasium_by_compiled_calls,
    "GymnasiumEnv, frames": draws_frames,
    "GymnasiumEnv, conditions": fixes_conditions_in_gymnasium,
    "TaskVectorEnv": steps_in_vectors,
    "TaskVectorEnv, compiled": steps_in_vectors_by_compiled_calls,
    "Monitor": records_trials,
    "new_trial": draws_trials_of_given_conditions,
    "check_task": checks,
    "show": shows,
    "state_bytes": tells_its_size,
    "print": prints,
    "pickle": is_pickled,
    "policy random": acts_by("random"),
    "policy ground_truth": acts_by("ground_truth"),
    "policy wait": acts_by("wait"),
    "policy constant": repeats_an_action,
    "policy function": follows_a_function,
    "drop-in": behaves_as_neurogym,
    "drop-in Dataset": makes_batches_as_neurogym,
    "train_ppo": trains_by("ppo"),
    "train_supervised": trains_by("supervised"),
    **{name: wraps_in(wrap) for name, wrap in WRAPPERS.items()},
    **{name: observes_ideally(name) for name in IDEAL},
}


# Functions, kinds, and the words with which those refuse these.
TRAIN = ("train_ppo", "train_supervised")
TRIALS = (*TRAIN, "rollout", "Dataset", "Dataset, not packed", "Monitor", "check_task", *WRAPPERS)
NO_WAITING = ("one step", "scalars", "pictures")
NO_CHOICES = (*NO_WAITING, "closed loop", "stack", "several", "several wrapped")
NO_CHOICES = (*NO_CHOICES, "several of several")
REFUSALS = [
    ((*TRIALS, *IDEAL), NO_TRIALS, "made of trials"),
    (IDEAL[:3], tuple(KINDS), "no ideal observer"),
    (("bounds",), tuple(KINDS), "those of Roitman02"),
    (("GymnasiumEnv, conditions",), NO_TRIALS, "no trials whose conditions could be fixed"),
    (("drop-in", "drop-in Dataset"), NO_TRIALS, "made of trials"),
    (("policy wait",), (*NO_TRIALS, *NO_WAITING), "no action 0 named 'fixation'"),
    (("policy ground_truth",), (*NO_TRIALS, "scalars"), "no ground truth that is an action"),
    (
        ("CatchTrials", "MissTrialReward", "SelfInitiated"),
        NO_WAITING,
        "action 0, 'fixation', is to wait",
    ),
    (("RandomGroundTruth", "SideBias", "TrialHistory"), NO_CHOICES, "`choices` are empty"),
    (("ReactionTime",), (*NO_WAITING, "closed loop"), "needs a task with the periods"),
    (("PassAction", "PassReward", "MultiTask"), ("scalars", "pictures"), "channels?"),
    (("PassAction", "PassReward"), ("frames",), "a vector of channels"),
    (("Noise", "MultiTask"), ("frames",), "shows frames that"),
    (("Noise",), ("scalars",), "needs channels"),
    (("MotionPulses",), tuple(KINDS), "'signed_coh'"),
    (("PassAction", "Noise"), ("stack",), "already"),
    (("CatchTrials",), ("several wrapped",), "already"),
    (
        (
            "CatchTrials",
            "MinimumTime",
            "MissTrialReward",
            "ReactionTime",
            "SelfInitiated",
            "TimeOut",
        ),
        ("stack",),
        "wrap TimeOut around",
    ),
]
OF_TASKS = ("new_trial", "print", "pickle")  # methods of a `TrialEnv`
CELLS = [
    (function, kind)
    for function in FUNCTIONS
    for kind in KINDS
    if not (function in OF_TASKS and kind in NO_TRIALS)
]


def words_of_refusal(function, kind):
    """The words with which a function refuses tasks of a kind, None where it takes them."""
    for functions, kinds, words in REFUSALS:
        if function in functions and kind in kinds:
            return words
    return None


@pytest.mark.parametrize(("function", "kind"), CELLS)
def test_every_function_takes_every_kind_of_task_or_says_why_not(function, kind, tmp_path):
    words = words_of_refusal(function, kind)
    refused = contextlib.nullcontext() if words is None else pytest.raises(ValueError, match=words)
    # gymnax's own tasks mix dtypes.
    with jax.numpy_dtype_promotion("standard" if kind == "CartPole" else "strict"), refused:
        FUNCTIONS[function](of_kind(kind), tmp_path)


def takes_a_task(value):
    if not callable(value) or (isinstance(value, type) and issubclass(value, Exception)):
        return False
    parameters = inspect.signature(value).parameters
    return not {"env", "envs", "task", "id_or_env"}.isdisjoint(parameters)


def test_whatever_takes_a_task_is_in_the_table():
    modules = (jgn, jgn.ideal, jgn.plotting, jgn.testing, jgn.wrappers, ngym)
    public = {name: getattr(module, name) for module in modules for name in module.__all__}
    takers = {name for name, value in public.items() if takes_a_task(value)}
    # NeuroGym's `TaskEnv` is the drop-in; ``env`` of a table is a column, ``task`` of a result a
    # name, and `register` takes a class.
    others = {"TaskEnv", "TrialTable", "Performance", "register"}
    assert takers - others <= set(FUNCTIONS)
