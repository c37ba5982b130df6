"""What is given for a condition is what it may be, or an error that says what it may be."""

import math
import re

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import neurogym, schedules, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.core.params import Number
from jaxgym_neuro.core.tables import Condition

KEY = jax.random.key(0)
SHAPE_OR_SIZE = re.compile("has the shape|is too large for int32")
PDM = jgn.make("PerceptualDecisionMaking-v0")[0]
OTHERS = {
    "dim_ring": lambda: jgn.make("PerceptualDecisionMaking-v0", dim_ring=5)[0],
    "timing": lambda: jgn.make("IntervalDiscrimination-v0", timing={"stim1": 900})[0],
    "dt": lambda: jgn.make("HierarchicalReasoning-v0", dt=1_000)[0],
    "simplified": lambda: jgn.make("DawTwoStep-v0", simplified=True)[0],
    "SideBias": lambda: wrappers.SideBias(PDM, [[0.8, 0.2], [0.3, 0.7], [0.5, 0.5]], 10),
    "TrialHistory": lambda: wrappers.TrialHistory.repeating_and_alternating(PDM, block_dur=3),
    "ScheduleAttr": lambda: wrappers.ScheduleAttr(PDM, schedules.Random(2), [{"coh": 1}, {}]),
    "CatchTrials": lambda: wrappers.TimeOut(wrappers.CatchTrials(PDM, 0.2), 300),
    "MultiTask": lambda: wrappers.MultiTask(["PostDecisionWager-v0", PDM], pad=True),
}
TASKS = {**{id: (lambda id=id: jgn.make(id)[0]) for id in IDS}, **OTHERS}


@pytest.fixture(scope="module", params=TASKS)
def env(request):
    return TASKS[request.param]()


def inside(domain):
    """A value that a condition may be."""
    one = domain.one_of[0] if domain.one_of else domain.at_least or 0
    if np.ndim(one):
        return one
    value = np.full(domain.shape, one, domain.dtype)
    return value + np.arange(value.size, dtype=domain.dtype) if domain.distinct else value


def outside(domain):
    """Values that it may not be."""
    value = np.asarray(inside(domain), domain.dtype)
    wrong = [math.nan, math.inf, True] if domain.dtype is not np.bool_ else [2, 0.5]
    if domain.dtype is np.int32:
        wrong += [0.5, 2**40]
    if domain.one_of:
        wrong += [number for number in (-1, 97) if number not in domain.one_of]
    if domain.at_least is not None:
        wrong += [domain.at_least - 1]
    wrong += [bound + 1 for bound in (domain.at_most, domain.below) if bound is not None]
    wrong += [] if domain.below is None else [domain.below]
    wrong += [domain.at_least] if domain.distinct else []
    wrong = [np.full(domain.shape, number).tolist() for number in wrong]
    return ["one", None, np.broadcast_to(value, (2, *domain.shape)), *wrong]


def refusal(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ValueError as error:
        return str(error)
    return "nothing"


def test_every_condition_refuses_what_it_cannot_be_and_takes_what_it_can(env):
    count = 0
    for name, domain in env.domains.items():
        taken = env.check_conditions({name: inside(domain)})[name]
        assert (taken.dtype, taken.shape) == (env.conditions[name].dtype, domain.shape)
        for value in outside(domain):
            for call in (env.new_trial, env.reset):
                message = refusal(call, KEY, **{name: value})
                if name == "task" and isinstance(value, str):  # tasks of a MultiTask have names
                    assert message.startswith("unknown task 'one'. Known: ")
                    continue
                assert f"condition {name!r} of " in message, (value, message)
                assert f"is {domain.allowed}" in message or SHAPE_OR_SIZE.search(message)
                assert re.search(", not |: ", message)
            count += 1
    assert count >= 5 * len(env.conditions)


def test_every_condition_is_declared_with_what_it_may_be(env):
    """Numbers that may be any finite one are said to be so here."""
    unbounded = {
        name
        for name, domain in env.domains.items()
        if domain.dtype is not np.bool_
        and not domain.one_of
        and domain.at_least is domain.at_most is domain.below is None
    }
    known = {"sample_theta", "sample", "distractors", "stim_values", "rewards", "conflict"}
    known |= {"angles", "sample_angle"}  # of lines
    assert unbounded <= known


def test_choices_are_inside(env):
    if "ground_truth" in env.conditions:
        for choice in env.choices:
            env.check_conditions(
                {"ground_truth": choice, **({"n_ch": 3} if "n_ch" in env.domains else {})}
            )


DOORS = {
    "gymnasium": lambda given: GYMNASIUM.reset(options={"conditions": given}),
    "gymnasium new_trial": lambda given: GYMNASIUM.new_trial(**given),
    "vector": lambda given: VECTOR.reset(options={"conditions": given}),
    "drop-in": lambda given: DROP_IN.reset(options={"conditions": given}),
    "drop-in new_trial": lambda given: DROP_IN.new_trial(**given),
    "schedule": lambda given: wrappers.ScheduleAttr(PDM, schedules.Random(2), [{}, given]),
    "wrapped": lambda given: wrappers.PassReward(PDM).new_trial(KEY, **given),
    "several": lambda given: wrappers.MultiTask([PDM, PDM]).reset(KEY, **given),
}
GYMNASIUM = GymnasiumEnv(PDM)
VECTOR = TaskVectorEnv(PDM, num_envs=3)
DROP_IN = neurogym.make("PerceptualDecisionMaking-v0")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ground_truth", 7, "a whole number of at least 0 and below 2, not 7"),
        ("ground_truth", 1.9, "a whole number of at least 0 and below 2, not 1.9"),
        ("coh", [1, 2], r"not \[1, 2\]"),
        ("coh", math.nan, "a finite number of at least 0, not nan"),
        ("coh", "high", "a finite number of at least 0, not 'high'"),
        ("cho", 51.2, "unknown condition 'cho'; did you mean 'coh'"),
    ],
)
def test_whoever_takes_conditions_refuses_what_they_cannot_be(door, name, value, said):
    if door == "vector" and name == "coh" and value == [1, 2]:
        said = "one value, or to 3, one for each environment, not to 2"
    with pytest.raises(ValueError, match=said):
        DOORS[door]({name: value})


def test_a_vector_takes_one_value_or_one_for_each_environment():
    with pytest.raises(ValueError, match="finite number of at least 0, not -2"):
        VECTOR.reset(options={"conditions": {"coh": [1, -2, 3]}})
    with pytest.raises(ValueError, match="one value, or to 3, one for each environment, not to 2"):
        VECTOR.reset(options={"conditions": {"ground_truth": [1, 0]}})
    with pytest.raises(ValueError, match="conditions are given as a dict from name to value"):
        VECTOR.reset(options={"conditions": [("coh", 3)]})


def test_what_is_traced_is_taken_if_shape_and_dtype_are_right():
    values = jnp.float32([6.4, -1])  # no coherence is negative, and nobody knows under vmap
    trials = jax.eval_shape(jax.vmap(lambda coh: PDM.new_trial(KEY, coh=coh)), values)
    assert trials.conditions["coh"].shape == (2,)
    with pytest.raises(ValueError, match=r"condition 'coh' .* has the shape \(\), not \(2,\)"):
        jax.eval_shape(lambda coh: PDM.new_trial(KEY, coh=coh), values)
    with pytest.raises(ValueError, match=r"condition 'ground_truth' .* not a traced float32"):
        jax.eval_shape(lambda x: PDM.new_trial(KEY, ground_truth=x), jnp.float32(1))
    with pytest.raises(ValueError, match="not 7"):
        jax.eval_shape(lambda key: PDM.new_trial(key, ground_truth=7), KEY)


def test_the_number_in_play_goes_with_a_ground_truth_that_may_not_be():
    env, _ = jgn.make("priors.priors_v0-v0", n_ch=4)
    with pytest.raises(
        ValueError, match=r"'ground_truth' of .* in play, 0 to n_ch - 1, not 2; give"
    ):
        env.reset(KEY, ground_truth=2)
    with pytest.raises(ValueError, match="not 3; give the condition 'n_ch' of at least 4"):
        env.reset(KEY, ground_truth=3, n_ch=3)
    env.check_conditions({"ground_truth": 3, "n_ch": 4})
    env.check_conditions({"ground_truth": 1})


def test_several_tasks_refuse_what_the_task_of_the_trial_cannot_be():
    env = wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    assert env.check_conditions({"ground_truth": 2, "task": 1})["ground_truth"] == 2
    for given in ({"ground_truth": 2}, {"ground_truth": 2, "task": 0}):
        with pytest.raises(ValueError, match="'ground_truth' of GoNogo is 0 or 1, not 2"):
            env.check_conditions(given)
    with pytest.raises(
        ValueError, match=r"'task' of MultiTask is a whole number .* below 2, not 2"
    ):
        env.new_trial(KEY, task=2)


class Bare(jgn.TrialEnv):
    """A task that declares no condition."""

    TIMING = {"all": 100}
    choices = (1, 3)

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=jgn.spaces.unbounded({"light": 0}),
            action_space=jgn.spaces.Discrete(4),
        )

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jnp.int32(1), "gain": jnp.float32(1)}, carry


def test_what_is_not_declared_has_the_dtype_and_shape_that_is_drawn():
    domains = Bare().domains
    assert domains["gain"] == Number("")
    assert domains["ground_truth"].allowed == "1 or 3"


def test_a_bound_in_words_may_be_a_name():
    words = Condition("drawn", "int32", at_least=1, at_most="d").domain.allowed
    assert words == "a whole number of at least 1 and at most d"
    assert Condition("drawn", one_of=(0, 0.5)).domain.allowed == "0 or 0.5"


def test_gymnasium_is_given_one_value():
    env = gymnasium.make("jaxgym_neuro/GoNogo-v0")
    with pytest.raises(ValueError, match="'ground_truth' of GoNogo is 0 or 1, not 2"):
        env.reset(options={"conditions": {"ground_truth": 2}})
