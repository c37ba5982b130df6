"""What a task's author does wrong is refused where it is done, in words."""

import copy
import pickle

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.environments import spaces as gymnax_spaces

import jaxgym_neuro as jgn
from jaxgym_neuro import ChoiceTask, Condition, Info, Response, TrialEnv, spaces
from jaxgym_neuro.wrappers.base import TrialWrapper

KEY = jax.random.key(0)


class Lights(TrialEnv):
    """Report which of two lights is on."""

    TIMING = {"stimulus": 100, "decision": 200}
    REWARDS = {"correct": 1.0, "fail": 0.0}

    def __init__(self, timing=None, **kwargs):
        given = {
            "observation_space": spaces.Box(0, 1, (2,), name={"left": 0, "right": 1}),
            "action_space": spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        }
        super().__init__(100, timing, **{**given, **kwargs})

    def sample_conditions(self, key, params, carry):
        return {"side": jgn.random.integer(key, 2)}, carry

    def build_trial(self, builder, conditions, params):
        builder = builder.add_period(self.periods).add_ob(0.5, period="stimulus")
        return builder.set_groundtruth(conditions["side"], period="decision", where="choice")

    def respond(self, state, action, params):
        correct = action == self.gt_now(state)
        reward = jnp.where(correct, params.rewards["correct"], params.rewards["fail"])
        return Response(reward=reward, new_trial=action > 0, performance=correct)


def first_trace(env):
    """Trace a reset and a step."""
    params = env.default_params
    _, state = jax.eval_shape(env.reset, KEY, params)
    action = jax.eval_shape(env.action_space().sample, KEY)
    return jax.eval_shape(env.step, KEY, state, action, params)


def said(error):
    """What an error says, its notes included."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def task(base=Lights, **attributes):
    """Make a task that differs in some attributes: hooks, or tables."""
    return type("MyTask", (base,), attributes)()


def constructs(**kwargs):
    """Return a constructor that passes these on."""
    return {"__init__": lambda self: Lights.__init__(self, **kwargs)}


def draws(conditions=None, carry=None):
    """Return a `sample_conditions` of these conditions and this carry; None: as they were."""

    def sample_conditions(self, key, params, old):
        drawn = {"side": jgn.random.integer(key, 2)}
        new = old if carry is None else carry
        return drawn if conditions is None else conditions, new

    return {"sample_conditions": sample_conditions}


def remembers(carry, **hooks):
    """Return an `init_carry`, beside other hooks."""
    return {"init_carry": lambda self, key, params: carry, **hooks}


def builds(build):
    """Return a `build_trial` that goes on from a trial that is well."""

    def build_trial(self, builder, conditions, params):
        return build(Lights.build_trial(self, builder, conditions, params))

    return {"build_trial": build_trial}


def lays_out(build):
    """Return a `build_trial` that begins anew."""
    return {"build_trial": lambda self, builder, conditions, params: build(builder)}


def responds(response):
    """Return a `respond` of a response, or of a function of action and state."""

    def respond(self, state, action, params):
        return response(action, state) if callable(response) else response

    return {"respond": respond}


def shows(ob):
    return {"observe": lambda self, state, params: ob(state)}


def drops_observation(self, builder, conditions, params):
    builder = builder.add_period(self.periods)
    builder.add_ob(0.5, period="stimulus")
    return builder


def drops_periods(self, builder, conditions, params):
    builder.add_period(self.periods)
    return builder.add_ob(0.5, period="stimulus")


def drops_key(self, builder, conditions, params):
    builder = builder.add_period(self.periods)
    _, key = builder.with_key()
    return builder.add_ob(jgn.random.uniform(key), period="stimulus")


def branches(self, state, action, params):
    if action > 0:
        return Response(reward=1.0)
    return Response(reward=0.0)


def indexes(self, state, action, params):
    return Response(reward=[0.0, 1.0, 2.0][action])


def uses_numpy(self, state, action, params):
    return Response(reward=np.sqrt(np.asarray(action)))


def makes_float(self, state, action, params):
    return Response(reward=float(action))


def misspells(self, state, action, params):
    return Response(reward=params.rewards["corect"])


def remembers_in_itself(self, state, action, params):
    self.last = action
    return Response(reward=0.0)


def sets_info(**info):
    return responds(lambda action, state: Response(reward=0.0, info=info))


SIDE = {"side": Condition("0 or 1", "int32")}
PULSES = {"pulses": Condition("0 or 1", shape=("n",)), **SIDE}

# What is wrong with a task, and what it is told.
AT_THE_FIRST_TRACE = {
    # init_carry
    "no carry": (remembers(None), "() if there is nothing to remember, not None"),
    "a word to remember": (
        remembers({"rule": "left"}),
        "init_carry returns carry['rule'] as a number or an array, not 'left'",
    ),
    "an object to remember": (
        remembers((1, object())),
        "init_carry returns carry[1] as a number or an array, not a object",
    ),
    # sample_conditions
    "no conditions": (
        {"sample_conditions": lambda self, key, params, carry: None},
        "MyTask.sample_conditions returns a pair (conditions, carry), not None",
    ),
    "conditions without a carry": (
        {"sample_conditions": lambda self, key, params, carry: {"side": jnp.int32(0)}},
        "returns a pair (conditions, carry), not {'side': int32[]}",
    ),
    "three things drawn": (
        {"sample_conditions": lambda self, key, params, carry: ({}, carry, 1)},
        "returns a pair (conditions, carry), not ({}, (), 1)",
    ),
    "conditions that are no dict": (
        draws(conditions=jnp.int32(0)),
        "returns conditions as a dict from name to array, not int32[]",
    ),
    "a word as a condition": (
        draws({"side": "left"}),
        "returns the condition 'side' as an array (float32, int32 or bool), not 'left'",
    ),
    "a list as a condition": (draws({"side": [0, 1]}), "the condition 'side' as an array"),
    "a key as a condition": (draws({"side": KEY}), "the condition 'side' as an array"),
    "nothing as a condition": (draws({"side": None}), "the condition 'side' as an array"),
    "another carry than at first": (
        draws(carry=jnp.float32(0)),
        "returns a carry of the structure of the one given, (), not float32[]",
    ),
    "a carry of another dtype": (
        remembers(0, **draws(carry=0.5)),
        "returns carry as it was given, int32[], not float32[]",
    ),
    "a carry of another shape": (
        remembers(
            {"hand": np.zeros(2, np.float32)}, **draws(carry={"hand": np.zeros(3, np.float32)})
        ),
        "returns carry['hand'] as it was given, float32[2], not float32[3]",
    ),
    "a derived condition of another dtype than declared": (
        {
            "CONDITIONS": {"sum": Condition("0", derived=True), **SIDE},
            **builds(lambda builder: builder.set_conditions(sum=1)),
        },
        "MyTask.build_trial returns the condition 'sum' as CONDITIONS declares it, float32[]",
    ),
    "a condition of another dtype than declared": (
        {"CONDITIONS": {"side": Condition("0 or 1")}},
        "the condition 'side' as CONDITIONS declares it, float32[], not int32[]",
    ),
    "a condition of another shape than declared": (
        {"CONDITIONS": PULSES, **draws({"pulses": jnp.zeros((2, 2)), "side": jnp.int32(0)})},
        "the condition 'pulses' as CONDITIONS declares it, float32[n], not float32[2, 2]",
    ),
    # build_trial
    "a forgotten return": (
        builds(lambda builder: None),
        "MyTask.build_trial returns the builder that its last call returned, not None",
    ),
    "a trial in place of its builder": (
        builds(lambda builder: builder.build()),
        "returns the builder that its last call returned, not a Trial",
    ),
    "a period added twice": (
        builds(lambda builder: builder.add_period("decision")),
        "period 'decision' is added twice",
    ),
    "a period never added": (
        lays_out(lambda builder: builder.add_period("stimulus")),
        "MyTask.build_trial adds no period 'decision'",
    ),
    "a period that is not in TIMING": (
        builds(lambda builder: builder.add_period("decison")),
        "unknown period 'decison'; did you mean 'decision'?",
    ),
    "a period at two places": (
        lays_out(
            lambda builder: builder.add_period("stimulus").add_period(
                "decision", after="stimulus", at=1
            )
        ),
        "period 'decision' begins after='stimulus' or at=1: give one of the two",
    ),
    **{
        f"a period at step {at}": (
            lays_out(lambda builder, at=at: builder.add_period("stimulus", at=at)),
            f"period 'stimulus' begins) is a whole number of at least 0, not {at}",
        )
        for at in (-1, 0.5)
    },
    **{
        f"a duration of {duration}": (
            lays_out(lambda builder, ms=duration: builder.add_period("stimulus", duration=ms)),
            words,
        )
        for duration, words in {
            -100: "a number of ms of at least 0, not -100",
            float("nan"): "a number of ms of at least 0, not nan",
            float("inf"): "a number of ms of at least 0, not inf",
            "long": "a number of ms of at least 0, not 'long'",
            ("uniform", (100, 300)): "a distribution of durations stands in TIMING",
            500: "the duration of period 'stimulus' is 500 ms, and trials have room for 300 ms",
        }.items()
    },
    "a sixth option of two": (
        builds(lambda builder: builder.set_groundtruth(5, where="choice")),
        "the ground truth is one of the 2 options of 'choice', from 0 to 1, not 5",
    ),
    "a ground truth that is no action": (
        builds(lambda builder: builder.set_groundtruth(np.int32(3))),
        "the ground truth is a whole number from 0 to 2, not",
    ),
    "half an action as ground truth": (
        builds(lambda builder: builder.set_groundtruth(0.5)),
        "the ground truth is a whole number from 0 to 2, not 0.5",
    ),
    "a float as ground truth": (
        builds(lambda builder: builder.set_groundtruth(jnp.float32(1))),
        "the ground truth is a whole number from 0 to 2, not float32 ()",
    ),
    "a word as ground truth": (
        builds(lambda builder: builder.set_groundtruth("left")),
        "the ground truth is a whole number from 0 to 2, not",
    ),
    "a ground truth per channel": (
        builds(lambda builder: builder.set_groundtruth(np.array([1, 2]))),
        "the ground truth has the shape (), or a row of it for each of T = 3 steps, not (2,)",
    ),
    "an action of another name": (
        builds(lambda builder: builder.set_groundtruth(1, where="choise")),
        "unknown action 'choise'; did you mean 'choice'?",
    ),
    "an angle outside its space": (
        {
            **constructs(ground_truth_space=spaces.Box(0, 6.28, ())),
            **lays_out(
                lambda builder: builder.add_period(builder.layout.periods).set_groundtruth(9)
            ),
        },
        "the ground truth lies in Box(0.0, 6.28",
    ),
    "three numbers for two channels": (
        builds(lambda builder: builder.add_ob(np.ones(3, np.float32), where=["left", "right"])),
        "one per channel (2 here), or a row of them for each of T = 3 steps, not of shape (3,)",
    ),
    "a channel of another name": (
        builds(lambda builder: builder.add_ob(1, where="rihgt")),
        "unknown channel 'rihgt'; did you mean 'right'?",
    ),
    "a derived condition that is a word": (
        builds(lambda builder: builder.set_conditions(rule="left")),
        "MyTask.build_trial returns the condition 'rule' as an array",
    ),
    # respond
    "no response": (responds(None), "MyTask.respond returns a Response, not None"),
    "a reward for a response": (responds(1.0), "MyTask.respond returns a Response, not 1.0"),
    "a pair for a response": (responds((1.0, True)), "returns a Response, not (1.0, True)"),
    **{
        f"a reward of {reward}": (responds(Response(reward=reward)), words)
        for reward, words in {
            None: "a reward that is a finite number, not None",
            "much": "a reward that is a finite number, not 'much'",
            float("nan"): "a reward that is a finite number, not nan",
            float("-inf"): "a reward that is a finite number, not -inf",
            1j: "a reward that is a finite number, not complex64[]",
        }.items()
    },
    "a reward that is NaN in an array": (
        responds(Response(reward=np.array(np.nan, np.float32))),
        "a reward that is a finite number, not float32[]",
    ),
    "a reward for each": (
        responds(lambda action, state: Response(reward=jnp.zeros(2))),
        "a reward that is a finite number, not float32[2]",
    ),
    "an end that is a number": (
        responds(lambda action, state: Response(reward=0.0, new_trial=action)),
        "returns new_trial as True or False, not int32[]",
    ),
    "no end": (
        responds(Response(reward=0, new_trial=None)),
        "new_trial as True or False, not None",
    ),
    "a performance of 7": (
        responds(Response(reward=0.0, performance=7)),
        "returns a performance from 0 to 1, not 7",
    ),
    "a performance for each": (
        responds(lambda action, state: Response(reward=0.0, performance=jnp.zeros(2))),
        "returns a performance from 0 to 1, not float32[2]",
    ),
    "a response with another carry": (
        remembers(0, **responds(lambda action, state: Response(reward=0.0, carry=(action,)))),
        "returns a carry of the structure of the one given, int32[], not (int32[])",
    ),
    "a response with a carry of another dtype": (
        remembers(0, **responds(lambda action, state: Response(reward=0.0, carry=action > 0))),
        "returns carry as it was given, int32[], not bool[]",
    ),
    **{
        f"an info with the {name} of the step": (sets_info(**{name: 0}), f"info with {name!r}")
        for name in ("gt", "conditions", "new_trial", "performance", "terminated")
    },
    "an info that is a word": (sets_info(rule="left"), "info['rule'] as a number or an array"),
    "an info that is no dict": (responds(Response(reward=0.0, info=[1])), "info as a dict"),
    "an info that is not given": (
        {"INFO": {"rule": Info("which")}},
        "MyTask.respond returns no info 'rule', which INFO declares; it returns: none",
    ),
    "an info of another dtype": (
        {"INFO": {"rule": Info("which", "int32")}, **sets_info(rule=0.5)},
        "info['rule'] as INFO declares it, int32[], not float32[]",
    ),
    # observe
    "nothing seen": (
        shows(lambda state: None),
        "MyTask.observe returns an observation of the space",
    ),
    "another number of channels": (
        shows(lambda state: jnp.zeros(3)),
        "returns an observation of the space, float32[2], not float32[3]",
    ),
    "an observation of whole numbers": (
        shows(lambda state: jnp.zeros(2, jnp.int32)),
        "returns an observation of the space, float32[2], not int32[2]",
    ),
    # choose_kind
    "no kind": (
        {"num_kinds": 2, "choose_kind": lambda self, key, params, carry, fixed: 1},
        "MyTask.choose_kind returns a pair (kind, carry), not 1",
    ),
    "a third kind of two": (
        {"num_kinds": 2, "choose_kind": lambda self, key, params, carry, fixed: (2, carry)},
        "returns a kind that is a whole number from 0 to 1, not 2",
    ),
    "half a kind": (
        {
            "num_kinds": 2,
            "choose_kind": lambda self, key, params, carry, fixed: (jnp.float32(0), carry),
        },
        "returns a kind that is a whole number from 0 to 1, not float32[]",
    ),
    # calls of the builder whose results are dropped, as where it changed itself
    "a builder that is not gone on with": (
        {"build_trial": drops_observation},
        "MyTask.build_trial: what a call of the builder returned was dropped",
    ),
    "a builder whose periods are dropped": (
        {"build_trial": drops_periods},
        "go on with what a call returns (builder = builder.add_ob(...))",
    ),
    "a key whose builder is dropped": (
        {"build_trial": drops_key},
        "MyTask.build_trial: what a call of the builder returned was dropped",
    ),
    # what Python or JAX refuse
    "an if": ({"respond": branches}, "write jnp.where(condition, a, b)"),
    "an index into a list": ({"respond": indexes}, "index an array, jnp.asarray(values)[i]"),
    "NumPy": ({"respond": uses_numpy}, "write jnp for np"),
    "a float of an array": ({"respond": makes_float}, "keep it an array"),
    "a reward of another name": ({"respond": misspells}, "did you mean the reward 'correct'?"),
    "an attribute that changes": ({"respond": remembers_in_itself}, "'last', is not an attribute"),
}


@pytest.mark.parametrize("fault", AT_THE_FIRST_TRACE)
def test_what_a_hook_does_wrong_is_told_with_task_hook_and_line(fault):
    attributes, words = AT_THE_FIRST_TRACE[fault]
    env = task(**attributes)
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the words are checked below)
        first_trace(env)
    assert words in said(caught.value)
    (note,) = [note for note in caught.value.__notes__ if note.startswith("In MyTask.")]
    assert ".py:" in note
    assert isinstance(caught.value, ValueError | TypeError | KeyError | AttributeError)


def test_the_line_is_the_one_that_branches():
    with pytest.raises(jax.errors.TracerBoolConversionError) as caught:
        first_trace(task(respond=branches))
    line = branches.__code__.co_firstlineno + 1
    assert f"In MyTask.respond, {__file__}:{line}. Python's if" in said(caught.value)


class Dimmed(TrialWrapper):
    """Changes nothing."""


AROUND_A_TASK = {
    "a memory that is a word": (
        {"init_memory": lambda self, key, params: "left"},
        "Dimmed.init_memory returns memory as a number or an array, not 'left'",
    ),
    "conditions without a memory": (
        {"change_conditions": lambda self, key, conditions, params, own: conditions},
        "change_conditions returns a pair (conditions, memory), not {'side': int32[]}",
    ),
    "another memory": (
        {"change_conditions": lambda self, key, conditions, params, own: (conditions, 1)},
        "returns a memory of the structure of the one given, (), not int32[]",
    ),
    "no builder": (
        {"change_trial": lambda self, builder, conditions, params: None},
        "change_trial returns the builder that its last call returned, not None",
    ),
    "a response without a memory": (
        {"change_response": lambda self, state, action, params, response: response},
        "change_response returns a pair (response, memory), not a Response",
    ),
    "a score of 7": (
        {
            "change_response": lambda self, state, action, params, response: (
                response.replace(performance=7),
                (),
            )
        },
        "change_response returns a performance from 0 to 1, not 7",
    ),
    "nothing shown": (
        {"change_observation": lambda self, ob, state, params: ob[:1]},
        "returns an observation of the space, float32[2], not float32[1]",
    ),
}


@pytest.mark.parametrize("fault", AROUND_A_TASK)
def test_what_a_wrapper_does_wrong_is_told(fault):
    attributes, words = AROUND_A_TASK[fault]
    env = type("Dimmed", (Dimmed,), attributes)(Lights())
    with pytest.raises(ValueError, match="returns") as caught:
        first_trace(env)
    assert words.removeprefix("Dimmed.") in said(caught.value)
    assert "In Dimmed(Lights)." in said(caught.value)


def test_a_fault_of_a_task_inside_is_told_of_that_task():
    broken = task(**responds(None))
    for env in (Dimmed(broken), jgn.wrappers.MultiTask([broken, Lights()])):
        with pytest.raises(ValueError, match=r"^MyTask.respond returns a Response, not None"):
            first_trace(env)


def test_numbers_of_python_are_given_the_dtypes_of_arrays():
    env = task(
        **remembers((0, 0.5), **draws({"side": 1, "gain": 0.5}, carry=(1, 2.0))),
        respond=lambda self, state, action, params: Response(
            reward=1, new_trial=True, performance=True, carry=(3, 1.0), info={"bonus": 2}
        ),
    )
    _, state = jax.eval_shape(env.reset, KEY)
    leaves = jax.tree.leaves((state, first_trace(env)))
    assert not any(leaf.weak_type for leaf in leaves)
    assert [leaf.dtype for leaf in state.carry] == [jnp.int32, jnp.float32]


def keeps(value):
    """Return a constructor that keeps a value as an attribute."""

    def construct(self):
        self.weights = value
        Lights.__init__(self)

    return {"__init__": construct}


GYMNASIUM_BOX = gymnasium.spaces.Box(-1, 1, (2,))

AT_CONSTRUCTION = {
    "a constructor of its own": (
        {"__init__": lambda self: None},
        "the constructor of MyTask does not call super().__init__(...)",
    ),
    "an array of JAX": (keeps(KEY), "attribute 'weights' of MyTask is an array of JAX"),
    "a set": (keeps({"a": {1, 2}}), "attribute 'weights' of MyTask is a dict"),
    "a bytearray": (keeps(bytearray(2)), "attribute 'weights' of MyTask is a bytearray"),
    "a box of Gymnasium": (
        constructs(observation_space=GYMNASIUM_BOX),
        "observation_space is a jaxgym_neuro.spaces.Box, not a gymnasium.spaces.box.Box",
    ),
    "actions of Gymnasium": (
        constructs(action_space=gymnasium.spaces.Discrete(3)),
        "action_space is a jaxgym_neuro.spaces.Box or jaxgym_neuro.spaces.Discrete, not a gymn",
    ),
    "actions of gymnax": (
        constructs(action_space=gymnax_spaces.Discrete(3)),
        "not a gymnax.environments.spaces.Discrete",
    ),
    "a ground truth of Gymnasium": (
        constructs(ground_truth_space=GYMNASIUM_BOX),
        "ground_truth_space is a jaxgym_neuro.spaces.Box",
    ),
    "actions as observations": (
        constructs(observation_space=spaces.Discrete(2)),
        "observation_space is a jaxgym_neuro.spaces.Box, not a jaxgym_neuro.spaces.Discrete",
    ),
    "observations of bytes": (
        constructs(observation_space=spaces.Box(0, 255, (2,), np.uint8)),
        "what is seen is float32",
    ),
    "no channels": (constructs(observation_space=None), "MyTask has no CHANNELS"),
    "no actions": (constructs(action_space=None), "MyTask has no ACTIONS"),
    "a table that is a list": ({"TIMING": ["stimulus"]}, "TIMING of MyTask is a dict by name"),
    "no periods": ({"TIMING": {}}, "MyTask has no periods"),
    "periods without durations": (
        constructs(periods=("stimulus", "delay")),
        "period 'delay' of MyTask has no duration in TIMING, which has: stimulus, decision",
    ),
    "periods in one word": (constructs(periods="stimulus"), "periods are several names"),
    "a timing of another name": (
        constructs(timing={"stimulis": 1}),
        "unknown period 'stimulis'; did you mean 'stimulus'?",
    ),
    "a number of another name": (
        constructs(numbers={"sigma": 1}),
        "unknown param 'sigma'",
    ),
    "params that are none": ({"PARAMS": dict}, "PARAMS of MyTask is a class that derives from"),
    "a letter that is not told": (
        {"CHANNELS": {"light": jgn.Channel("a light", "d")}, **constructs(observation_space=None)},
        "the row 'light' of a table has the letter 'd'",
    ),
    "half a step": (
        {"max_steps": lambda self: 2.5},
        "T of MyTask (its max_steps) is a whole number",
    ),
    "endless periods": (
        constructs(timing={"decision": 1e12}),
        "trials of MyTask have 1,073,741,825 steps or more",
    ),
}


@pytest.mark.parametrize("fault", AT_CONSTRUCTION)
def test_what_is_declared_wrongly_is_told_at_construction(fault):
    attributes, words = AT_CONSTRUCTION[fault]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the words are checked below)
        task(**attributes)
    assert words in said(caught.value)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"REWARDS": {"correct": 1.0}}, "REWARDS of MyTask has no 'abort'"),
        ({"REWARDS": {"abort": 1.0, "corect": 1}}, "no 'correct', which the rule of a ChoiceTask"),
        ({"WAITING": ("fixatoin",)}, "'fixatoin'; did you mean 'fixation'?"),
        ({"ANSWERING": ("choice",)}, "unknown period in ANSWERING of MyTask 'choice'"),
        ({"WAITING": ("poke",)}, "the class says which, as in WAITING = ('fixation',)"),
    ],
)
def test_a_choice_task_has_what_its_rule_needs(tables, words):
    well = {
        "TIMING": {"fixation": 100, "decision": 100},
        "REWARDS": {"abort": -0.1, "correct": 1.0},
        "CHANNELS": {"stimulus": jgn.Channel("a light")},
        "ACTIONS": {"fixation": jgn.Action("wait"), "choice": jgn.Action("answer")},
        "__init__": lambda self: ChoiceTask.__init__(self, 100),
    }
    task(ChoiceTask, **well)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the words are checked below)
        task(ChoiceTask, **{**well, **tables})
    assert words in str(caught.value)


@pytest.mark.parametrize("dt", [1e-9, 1e-30])
def test_a_step_too_short_to_count_is_told(dt):
    with pytest.raises(ValueError, match=r"with dt=1e-.* have .* and may have 16,777,216 at most"):
        jgn.make("Null-v0", dt=dt)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: spaces.Box(5, 1), "a Box has low <= high, not 5 and 1"),
        (lambda: spaces.Box(np.nan, 1, (2,)), "a Box has low <= high, not nan and 1"),
        (lambda: spaces.Box([0, 2], [1, 1], (2,)), r"a Box has low <= high, not \[0, 2\]"),
        (lambda: spaces.Box([0, 0, 0], 1, (2,)), r"an array of its shape \(2,\), not of \(3,\)"),
        (lambda: spaces.Box(0, 1, 2), r"a tuple such as \(3,\), not 2"),
    ],
)
def test_a_box_has_bounds_in_order(make, words):
    with pytest.raises(ValueError, match=words):
        make()


class Weighted(Lights):
    """Keeps things that could be changed."""

    def __init__(self):
        self.table = {"a": [1, 2], "b": np.zeros(2)}
        super().__init__()


def pickled(env):
    return pickle.loads(pickle.dumps(env))


class TestImmutability:
    def test_dicts_lists_and_arrays_of_a_task_cannot_be_changed(self):
        env = Weighted()
        for change in (
            lambda: env.rewards.update(correct=7),
            lambda: env.rewards.__setitem__("correct", 7),
            lambda: env.timing.pop("stimulus"),
            lambda: env.table.clear(),
            lambda: env.action_space().name.setdefault("other", 1),
        ):
            with pytest.raises(TypeError, match="belongs to a task, which is immutable"):
                change()
        for array in (env.table["b"], env.observation_space().low):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 7
        assert env.table["a"] == (1, 2)
        assert env == Weighted()

    def test_what_the_author_gave_stays_his_own(self):
        mine = np.zeros(2)
        env = task(**keeps(mine))
        mine[0] = 1
        assert env.weights[0] == 0

    @pytest.mark.parametrize("remake", [copy.copy, copy.deepcopy, pickled])
    def test_copies_are_equal_and_immutable_too(self, remake):
        env = remake(Weighted())
        assert env == Weighted()
        assert hash(env) == hash(Weighted())
        assert {**env.rewards} == env.rewards == {"correct": 1.0, "fail": 0.0}
        with pytest.raises(TypeError, match="immutable"):
            env.rewards["correct"] = 7

    def test_dicts_of_a_task_are_pytrees_as_others_are(self):
        doubled = jax.tree.map(lambda x: 2 * x, Weighted().rewards)
        assert doubled == {"correct": 2.0, "fail": 0.0}
