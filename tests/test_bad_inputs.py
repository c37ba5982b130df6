"""What is wrong is refused where it is given, by an error that says what was given and what may be.

One table of the public surface, in groups of functions. Nothing here gets as far as compiling.
"""

import contextlib
import dataclasses
import functools
import io
import math
import re

import gymnasium
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, neurogym, policies, schedules, spaces, timing, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.bench import timing as bench
from jaxgym_neuro.plotting import plot_env
from jaxgym_neuro.testing import check_task

KEY = jax.random.key(0)
ID = "PerceptualDecisionMaking-v0"
ENV, PARAMS = jgn.make(ID)
GO, GO_PARAMS = jgn.make("GoNogo-v0")
REACH, REACH_PARAMS = jgn.make("ReachingDelayResponse-v0")
BANDIT, BANDIT_PARAMS = jgn.make("Bandit-v0")
ONE, MANY = GymnasiumEnv(ENV), TaskVectorEnv(ENV, num_envs=3)
DROP_IN = neurogym.make("GoNogo-v0")
PROBS = [[0.8, 0.2], [0.2, 0.8]]
bound = functools.partial


def command_line(*argv):
    """Run the command line; raise what it says if its status is not 0."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            status = cli.main(argv)
        except SystemExit as end:
            status = end.code
    if status:
        raise ValueError(said.getvalue())


# ------------------------------------------------------------------ kinds of number

WHOLE = ("two", 0, -1, 1.5, True, math.nan, [2])
NUMBER = ("two", math.nan, math.inf, True, [1, 2])
PROBABILITY = ("half", math.nan, -0.1, 1.1, True)
FLAG = ("no", 0, None, 1.0)

INTEGERS = {
    "Dataset batch_size": lambda x: jgn.Dataset(ENV, batch_size=x),
    "Dataset seq_len": lambda x: jgn.Dataset(ENV, seq_len=x),
    "Dataset max_batch": lambda x: jgn.Dataset(ENV, max_batch=x),
    "Dataset batches_per_draw": lambda x: jgn.Dataset(ENV, batches_per_draw=x),
    "rollout num_envs": lambda x: jgn.rollout(ENV, num_trials=3, num_envs=x),
    "rollout num_trials": lambda x: jgn.rollout(ENV, num_trials=x),
    "rollout num_steps": lambda x: jgn.rollout(ENV, num_steps=x),
    "plot_env num_trials": lambda x: plot_env(ENV, num_trials=x),
    "plot_env num_steps": lambda x: plot_env(ENV, num_steps=x),
    "GymnasiumEnv batch_size": lambda x: GymnasiumEnv(ENV, batch_size=x),
    "TaskVectorEnv num_envs": lambda x: TaskVectorEnv(ENV, num_envs=x),
    "TaskVectorEnv batch_size": lambda x: TaskVectorEnv(ENV, batch_size=x),
    "TaskVectorEnv max_episode_steps": lambda x: TaskVectorEnv(ENV, max_episode_steps=x),
    "Random n": schedules.Random,
    "Sequential n": schedules.Sequential,
    "SequentialBlock": lambda x: schedules.SequentialBlock([x, 3]),
    "RandomBlock": lambda x: schedules.RandomBlock([3, x]),
    "Curriculum n": schedules.Curriculum,
    "Curriculum window": lambda x: schedules.Curriculum(2, window=x),
    "Curriculum min_trials": lambda x: schedules.Curriculum(2, min_trials=x),
    "Discrete": spaces.Discrete,
    "n_bin": lambda x: jgn.make("PulseDecisionMaking-v0", n_bin=x),
    "n_loc": lambda x: jgn.make("ProbabilisticReasoning-v0", n_loc=x),
    "n": lambda x: jgn.make("Bandit-v0", n=x),
    "dim_ring": lambda x: jgn.make(ID, dim_ring=x),
    "n_ch": lambda x: jgn.make("priors.priors_v0-v0", n_ch=x),
    "num_contexts": lambda x: jgn.make("priors.priors_v0-v0", num_contexts=x),
    "block_nch": lambda x: jgn.make("priors.priors_v0-v0", block_nch=x),
    "check_task num_envs": lambda x: check_task(ENV, num_envs=x),
    "check_task num_trials": lambda x: check_task(ENV, num_trials=x),
    "Monitor": lambda x: jgn.Monitor(ONE, "unused", trials_per_part=x),
}
NUMBERS = {
    "dt": lambda x: jgn.make("GoNogo-v0", dt=x),
    "sigma": lambda x: jgn.make(ID, sigma=x),
    "stim_scale": lambda x: jgn.make(ID, stim_scale=x),
    "rewards": lambda x: jgn.make("GoNogo-v0", rewards={"abort": x}),
    "gain": lambda x: jgn.make("Reaching1DWithSelfDistraction-v0", gain=x),
    "prod_margin": lambda x: jgn.make("MotorTiming-v0", prod_margin=x),
    "lowbound": lambda x: jgn.make("ReachingDelayResponse-v0", lowbound=x),
    "tau": lambda x: jgn.make("AnnubesEnv-v0", tau=x),
    "b_to_a": lambda x: jgn.make("EconomicDecisionMaking-v0", b_to_a=x),
    "Noise": lambda x: wrappers.Noise(ENV, x),
    "MinimumTime": lambda x: wrappers.MinimumTime(ENV, x),
    "TimeOut": lambda x: wrappers.TimeOut(ENV, x),
    "MissTrialReward": lambda x: wrappers.MissTrialReward(ENV, x),
    "ReactionTime": lambda x: wrappers.ReactionTime(ENV, urgency=x),
    "params.sigma": lambda x: ENV.validate(PARAMS.replace(sigma=x)),
    "params.r_tmax": lambda x: ENV.validate(PARAMS.replace(r_tmax=x)),
    "params.rewards": lambda x: ENV.validate(PARAMS.with_rewards(abort=x)),
}
PROBABILITIES = {
    "CatchTrials": lambda x: wrappers.CatchTrials(ENV, x),
    "p_common": lambda x: jgn.make("DawTwoStep-v0", p_common=x),
    "catch_prob": lambda x: jgn.make("AnnubesEnv-v0", catch_prob=x),
    "repeating": lambda x: wrappers.TrialHistory.repeating(ENV, x),
    "threshold": lambda x: schedules.Curriculum(2, threshold=x),
    "params.p_go": lambda x: BANDIT.validate(BANDIT_PARAMS.replace(p=[0.5, x])),
}
FLAGS = {
    "abort": lambda x: jgn.make(ID, abort=x),
    "simplified": lambda x: jgn.make("DawTwoStep-v0", simplified=x),
    "use_expl_context": lambda x: jgn.make("ContextDecisionMaking-v0", use_expl_context=x),
    "task_cue": lambda x: wrappers.MultiTask([ENV], task_cue=x),
    "pad": lambda x: wrappers.MultiTask([ENV], pad=x),
    "packed": lambda x: jgn.Dataset(ENV, packed=x),
    "batch_first": lambda x: jgn.Dataset(ENV, batch_first=x),
    "one_hot": lambda x: wrappers.PassAction(ENV, one_hot=x),
    "zero_coherence": lambda x: wrappers.CatchTrials(ENV, zero_coherence=x),
    "end_on_stimulus": lambda x: wrappers.ReactionTime(ENV, end_on_stimulus=x),
    "params.abort": lambda x: ENV.validate(PARAMS.replace(abort=x)),
}
KINDS = (
    (INTEGERS, WHOLE, "whole number"),
    (NUMBERS, NUMBER, "finite number"),
    (PROBABILITIES, PROBABILITY, "finite number|probabilit"),
    (FLAGS, FLAG, "True or False"),
)


def of_kinds():
    for table, values, allowed in KINDS:
        for name, call in table.items():
            for value in values:
                yield name, bound(call, value), f"(?s)(?=.*({allowed}))(?=.*{said(value)})"


def said(value):
    """Pattern of what was given, as an error may write it."""
    if isinstance(value, list):
        return ".*".join(map(str, value))
    return rf"({re.escape(repr(value))}|not {re.escape(str(value))})"


# ------------------------------------------------------------------ one by one

WRAPPERS = {
    "CatchTrials": lambda env: wrappers.CatchTrials(env, 0.5),
    "MinimumTime": lambda env: wrappers.MinimumTime(env, 300),
    "MissTrialReward": lambda env: wrappers.MissTrialReward(env, -1),
    "Noise": wrappers.Noise,
    "PassAction": wrappers.PassAction,
    "PassReward": wrappers.PassReward,
    "RandomGroundTruth": wrappers.RandomGroundTruth,
    "ReactionTime": wrappers.ReactionTime,
    "ScheduleAttr": lambda env: wrappers.ScheduleAttr(env, schedules.Random(1), [{}]),
    "SideBias": lambda env: wrappers.SideBias(env, PROBS),
    "TimeOut": lambda env: wrappers.TimeOut(env, 300),
    "TrialHistory": wrappers.TrialHistory,
}
CHOICELESS = ("RandomGroundTruth", "SideBias", "TrialHistory")
TIMINGS = {
    -100: "at least 0|negative|-100",
    "soon": "'soon'; allowed: a number of ms",
    None: "None; allowed: a number of ms",
    math.nan: "nan",
    math.inf: "inf",
    True: "True; allowed",
    (): r"\(\); allowed",
    ("uniform", (300,)): "300.*allowed",
    ("uniform", (500, 300)): "500.*300|300.*500",
    ("uniform", ("a", "b")): "'a'.*allowed",
    ("unifrom", (300, 500)): "unknown distribution 'unifrom'; did you mean 'uniform'",
    ("truncated_exponential", (300, 100)): "without an upper bound .*100",
    ("truncated_exponential", (300, 500, 100)): "500.*100",
    ("truncated_exponential", (1, 2, 3, 4)): "1, 2, 3, 4.*allowed",
    ("choice", ()): r"choice.*allowed|at least one",
    ("constant", (1, 2)): "constant.*allowed",
    ("until", "noon"): "noon.*allowed",
    (300, "later"): "later.*allowed",
    (300, -1): "-1",
    print: "a function cannot be traced or bounded; write a distribution",
}
NOT_TASKS = {"no env": None, "a number": 3, "a class": jgn.TrialEnv}


def one_by_one():  # noqa: C901 (a table, some rows of which are loops)
    yield "make", bound(jgn.make, "GoNgo-v0"), "unknown task 'GoNgo-v0'; did you mean 'GoNogo-v0'"
    yield (
        "make",
        bound(jgn.make, "yang91.go-v0"),
        "unknown collection 'yang91'; did you mean 'yang19'",
    )
    yield "make", bound(jgn.make, "priors.x-v0"), "unknown task 'priors.x-v0'.*registered_tasks"
    yield "make", bound(jgn.make, "zzz"), "unknown task 'zzz'. jaxgym_neuro.registered_tasks"
    yield "make", bound(jgn.make, 3), "3"
    yield "make", bound(jgn.make, ID, sgima=1), f"argument of {ID} 'sgima'; did you mean 'sigma'"
    yield "make", bound(jgn.make, ID, timing=3), "dict from name to value, not as 3"
    yield "make", bound(jgn.make, ID, rewards=[1]), r"dict from name to value, not as \[1\]"
    yield "make", bound(jgn.make, ID, timing={"stimlus": 3}), "unknown period 'stimlus'; did you"
    yield "make", bound(jgn.make, ID, rewards={"corect": 1}), "unknown reward 'corect'; did you"
    yield "make", bound(jgn.make, ID, dt=0), "dt .* above 0, not 0"
    yield "make", bound(jgn.make, ID, dt=-20), "dt .* above 0, not -20"
    yield "make", bound(jgn.make, ID, dt=1e-9), "dt|steps"
    yield "make", bound(jgn.make, ID, sigma=-1), "at least 0, not -1"
    yield "make", bound(jgn.make, ID, cohs=[]), "cohs .*at least one number"
    yield "make", bound(jgn.make, ID, cohs=[1, -2]), "cohs .*at least 0, not -2"
    yield "make", bound(jgn.make, ID, cohs="high"), "cohs .*'high'"
    yield "make", bound(jgn.make, ID, dim_ring=1), "at least 2, not 1"
    yield "make", bound(jgn.make, "DawTwoStep-v0", reward_schedule="x"), "unknown .*'x'. Known: dr"
    yield "make", bound(jgn.make, "Bandit-v0", p=[0.5]), "2 arms, not|shape"
    yield "make", bound(jgn.make, "Bandit-v0", p=[2, -1]), "at least 0 and at most 1, not 2"
    yield "make", bound(jgn.make, "DelayComparison-v0", vpairs=[[1, 1]]), r"different .*\(1, 1\)"
    yield "make", bound(jgn.make, "DelayComparison-v0", vpairs=[1, 2]), "shape"
    yield "make", bound(jgn.make, "MotorTiming-v0", intervals=[]), "at least one number"
    yield "make", bound(jgn.make, "ReachingDelayResponse-v0", lowbound=2, highbound=1), "at most h"
    yield "make", bound(jgn.make, "ReachingDelayResponse-v0", highbound=9), "at most 2, not 9"
    yield "make", bound(jgn.make, "AnnubesEnv-v0", session={}), "session"
    yield "make", bound(jgn.make, "AnnubesEnv-v0", session={"start": 1}), "'start'"
    yield "make", bound(jgn.make, "ToneDetection-v0", timing={"toneTiming": 5}), "list of times .*5"
    for spec, pattern in TIMINGS.items():
        yield "timing.parse", bound(timing.parse, "delay", spec), rf"(?s)delay.*({pattern})"
    yield "replace", bound(PARAMS.replace, sgima=1), "unknown param 'sgima'; did you mean 'sigma'"
    yield "with_timing", bound(PARAMS.with_timing, stim=1), "unknown period 'stim'"
    yield "with_timing", bound(PARAMS.with_timing, stimulus="x"), "'x'; allowed"
    yield "with_rewards", bound(PARAMS.with_rewards, corect=1), "unknown reward 'corect'; did you"
    for changes, pattern in (
        ({"sigma": -1.0}, "sigma is .* at least 0, not -1"),
        ({"sigma": [1, 2]}, "a set of 2: sigma is .*1.*2.*and in one set a finite number"),
        ({"trials_per_episode": 2.7}, "whole number of at least 0, not 2.7"),
        ({"trials_per_episode": -1}, "whole number of at least 0, not -1"),
        ({"max_steps_in_episode": 2**40}, "too large for int32"),
        ({"cohs": 3}, r"cohs .* has the shape \(5,\), not \(\)"),
        ({"cohs": [1, 2]}, r"cohs .* has the shape \(5,\), not \(2,\)"),
        ({"rewards": {}}, "reward"),
        ({"rewards": {"correct": 1}}, "reward"),
        ({"timing": {}}, "timing|period"),
    ):
        changed = dataclasses.replace(PARAMS, **changes)
        yield "validate", bound(ENV.validate, changed), pattern
        yield "rollout", bound(jgn.rollout, ENV, changed, num_trials=1), pattern
        yield "Dataset", bound(jgn.Dataset, ENV, params=changed), pattern
        yield "plot_env", bound(plot_env, ENV, changed), pattern
        yield "GymnasiumEnv", bound(GymnasiumEnv, ENV, changed), pattern
        yield "TaskVectorEnv", bound(TaskVectorEnv, ENV, 3, changed), pattern
    yield "validate", bound(ENV.validate, None), "default_params .*NoneType"
    yield "validate", bound(ENV.validate, GO_PARAMS), "default_params .*not"
    longer = PARAMS.with_timing(stimulus=9_000)
    yield "validate", bound(ENV.validate, longer), "up to 9000 ms, and .* room for 2000 ms"
    yield "plot_env", bound(plot_env, ENV, longer), "up to 9000 ms, and .* room for 2000 ms"
    for low, high in ((5, 1), (math.nan, 1), ([0, 5], [1, 1])):
        yield "Box", bound(spaces.Box, low, high, (2,)), f"low.*high.*{re.escape(str(low))}|NaN"
    yield "Box", bound(spaces.Box, 0, 1, (2,), name={"a": 2}), "name 'a'.*2 does not exist"
    yield "Box", bound(spaces.Box, 0, 1, (2,), name=["a"]), "dict from channel name"
    yield "Discrete", bound(spaces.Discrete, 2, name={"a": [0, 2]}), "name 'a'.*2 does not exist"
    for name, wrap in WRAPPERS.items():
        for label, env in NOT_TASKS.items():
            yield f"{name} of {label}", bound(wrap, env), f"{name}.* wraps|made of trials"
    for name in CHOICELESS:
        yield f"{name} without choices", bound(WRAPPERS[name], BANDIT), "Bandit.*choices|choices"
    yield "SideBias", bound(wrappers.SideBias, ENV, [[0.5, 0.6]]), "sum to 1, not .*0.5, 0.6"
    yield "SideBias", bound(wrappers.SideBias, ENV, [0.5, 0.5]), "rows that sum to 1, not .*0.5"
    yield "SideBias", bound(wrappers.SideBias, ENV, PROBS, 0), "at least 1, not 0"
    yield "SideBias", bound(wrappers.SideBias, ENV, PROBS, (5, 2)), "ascending order, not .5, 2"
    yield "SideBias", bound(wrappers.SideBias, ENV, PROBS, 1.5), "probability to switch.*not 1.5"
    yield "SideBias", bound(wrappers.SideBias, ENV, PROBS, "x"), "probability to switch.*not 'x'"
    yield "RandomGroundTruth", bound(wrappers.RandomGroundTruth, ENV, [1]), "2 probabilities.*1"
    yield "RandomGroundTruth", bound(wrappers.RandomGroundTruth, ENV, [2, -1]), "probabilities"
    yield "TrialHistory", bound(wrappers.TrialHistory, ENV, [[1, 0]]), "2 x 2 probabilities"
    yield "PassAction twice", lambda: wrappers.Noise(wrappers.Noise(ENV)), "added_noise.* once"
    attr = bound(wrappers.ScheduleAttr, ENV)
    yield "ScheduleAttr", bound(attr, 3, [{}]), "one of jaxgym_neuro.schedules.*not 3"
    yield "ScheduleAttr", bound(attr, schedules.Random(2), [{}]), "list of 2 dicts"
    yield "ScheduleAttr", bound(attr, schedules.Random(1), [3]), r"list of 1 dicts.*\[3\]"
    yield "ScheduleAttr", bound(attr, schedules.Random(1), [{"cho": 3}]), "condition 'cho'; did"
    yield "ScheduleAttr", bound(attr, schedules.Random(1), [{"coh": -3}]), "at least 0, not -3"
    many = wrappers.MultiTask
    yield "MultiTask", bound(many, []), r"list of tasks, ids or environments, not \[\]"
    yield "MultiTask", bound(many, ID), f"list of tasks, ids or environments, not '{ID}'"
    yield "MultiTask", bound(many, [3]), "registered id or an environment.*not 3"
    yield "MultiTask", bound(many, ["GoNgo-v0"]), "unknown task 'GoNgo-v0'; did you"
    yield "MultiTask", bound(many, [ENV, jgn.make(ID, dt=20)[0]]), "one dt.* 20 ms.* 100 ms"
    yield "MultiTask", bound(many, [ENV, "GoNogo-v0"]), "pad=True lets tasks differ"
    yield "MultiTask", bound(many, [ENV, REACH], pad=True), "one .*space.*ReachingDelayResponse"
    yield "MultiTask", bound(many, [ENV], "random"), "one of jaxgym_neuro.schedules, not 'random'"
    yield "MultiTask", bound(many, [ENV], schedules.Random(2)), "n=2, and there are 1 tasks"
    yield "Random", bound(schedules.Random, 2, probs=[0.5, 0.6]), "sum to 1, not .0.5, 0.6"
    yield "Random", bound(schedules.Random, 2, probs=[1, 0], repeat=False), "at least two.*n=2"
    yield "RandomBlock", bound(schedules.RandomBlock, 3), "block_lens is a list.*not 3"
    yield "SequentialBlock", bound(schedules.SequentialBlock, []), r"is a list.*not \[\]"
    yield "Curriculum", bound(schedules.Curriculum, 2, threshold=1), "below 1"
    data = bound(jgn.Dataset, ENV)
    yield "Dataset", bound(jgn.Dataset, None), "registered id or an environment.*not None"
    yield "Dataset", bound(jgn.Dataset, "GoNgo-v0"), "unknown task 'GoNgo-v0'; did you"
    yield "Dataset", bound(jgn.Dataset, ID, {"sgima": 1}), "'sgima'; did you mean 'sigma'"
    yield "Dataset", bound(data, {"dt": 20}), "arguments .*dt.* constructed already"
    yield "Dataset", bound(data, output="torch"), "unknown output 'torch'. Known: jax, numpy"
    yield "Dataset", bound(data, key="seed"), "key.*'seed'"
    yield "Dataset", bound(data, loss_periods="decison"), "'decison'; did you mean 'decision'"
    play = bound(jgn.rollout, ENV)
    yield "rollout", play, "either num_steps or num_trials, not None and None"
    yield "rollout", bound(play, num_steps=1, num_trials=1), "either .* not 1 and 1"
    yield "rollout", bound(play, policy="wiat", num_steps=1), "'wiat'"
    yield "rollout", bound(play, policy=3, num_steps=1), "one of 3, from 0, not 3"
    yield "rollout", bound(play, policy=[1, 2], num_steps=1), "shape|scalar"
    yield "rollout", bound(play, policy="wait", key=None, num_steps=1), "key.*None"
    yield "rollout", bound(jgn.rollout, 3, num_steps=1), "registered id or an environment.*not 3"
    yield "rollout", bound(jgn.rollout, BANDIT, policy="wait", num_steps=1), "wait"
    yield "plot_env", bound(plot_env, ENV, ob_traces="fixation"), "list of channels.*'fixation'"
    yield "plot_env", bound(plot_env, ENV, ob_traces=["fix"]), "unknown channel 'fix'"
    yield "plot_env", bound(plot_env, ENV, ob_traces=[7]), "channel 7 does not exist; there are 3"
    yield "plot_env", bound(plot_env, ENV, ob_traces=[]), "at least one channel"
    yield "plot_env", bound(plot_env, ENV, policy="followed"), "'followed'"
    yield "policies.constant", bound(plot_env, ENV, policy=policies.constant(-1)), "-1"
    yield "policies.constant", bound(plot_env, REACH, policy=policies.constant([9, 9])), "9"
    yield "Monitor", bound(jgn.Monitor, 3, "unused"), "records trials; 3 is no task"
    yield "Monitor", bound(jgn.Monitor, MANY, "unused"), "records one environment"
    yield "Monitor", bound(jgn.Monitor, ONE, "unused", format="csv"), "'csv'. Known: npz, parquet"
    yield "render_mode", bound(GymnasiumEnv, ENV, render_mode="ansi"), "'ansi'. Known: human, rgb"
    yield "render_mode", bound(TaskVectorEnv, ENV, render_mode="human"), "no render_mode, not 'hu"
    yield "autoreset", bound(TaskVectorEnv, ENV, autoreset_mode="Next"), "'Next'; did you mean 'N"
    yield "GymnasiumEnv", bound(GymnasiumEnv, ENV, sigma=1), "sigma.* constructed already"
    for env in (ONE, MANY, DROP_IN):
        yield "reset", bound(env.reset, options={"param": 1}), "option 'param'; did you mean 'par"
        yield "reset", bound(env.reset, options={"params": 3}), "default_params .* not int"
        yield "reset", bound(env.reset, options={"conditions": 3}), "dict from name to value"
        yield "reset", bound(env.reset, options={"conditions": {"x": 1}}), "unknown condition 'x'"
        yield "reset", bound(env.reset, options={"conditions": {"ground_truth": 9}}), "not 9"
    yield "reset", bound(MANY.reset, seed=[1, 2]), "one number or 3, one for each.*not 2"
    yield "reset", bound(MANY.reset, seed=-1), "at least 0, not -1"
    yield "reset", bound(MANY.reset, seed=["a"] * 3), "whole number of at least 0, not 'a'"
    for mask in ([True] * 3, np.zeros(3, bool), np.ones(2, bool), np.ones(3)):
        yield "reset", bound(MANY.reset, options={"reset_mask": mask}), r"array \(3,\) of bool"
    for conditions in ({"ground_truth": 7}, {"coh": [1, 2]}, {"coh": "x"}, {"coh": math.nan}):
        (value,) = conditions.values()
        for call in (ENV.reset, ENV.new_trial):
            yield "conditions", bound(call, KEY, **conditions), f"not {re.escape(repr(value))}"
    yield "reset", bound(ENV.reset, KEY, cho=1), "unknown condition 'cho'; did you mean 'coh'"
    yield "in_period", bound(ENV.in_period, None, "decison"), "'decison'; did you mean 'decision'"
    register = jgn.register
    for id in ("my task: x/y-v0", "a/b-v0", "MyTask", "MyTask-v", "-v0 ", "", 3):
        yield "register", bound(register, id, ENV), f"ends in a version.*{re.escape(repr(id))}"
    yield "register", bound(register, ID, ENV), f"'{ID}' is already registered"
    yield "register", bound(register, "MyTask-v0", 3), "callable that returns the task, not 3"
    yield "register", bound(register, "MyTask-v0", print, "memory"), "list of words, not 'memory'"
    yield "registered_tasks", bound(jgn.registered_tasks, "memroy"), "unknown tag 'memroy'"
    yield "task_info", bound(jgn.task_info, "GoNgo-v0"), "unknown task 'GoNgo-v0'; did you"
    yield "task_info of a task", bound(jgn.task_info, ENV), r"takes an id.*print\(env\) shows"
    yield "check_task", bound(check_task, ENV, only=["all"]), "unknown promise 'all'"
    yield "check_task", bound(check_task, 3), "3"
    yield "bench", bound(bench.task_case, "GoNgo-v0", 8), "unknown task 'GoNgo-v0'"
    yield "cli", bound(command_line, "info", "GoNgo-v0"), "no task 'GoNgo-v0'; did you"
    yield "cli", bound(command_line, "list", "--tag", "perceptal"), "no tag 'perceptal'; did you"
    yield "cli", bound(command_line, "bench", "tasks", "--repeats", "0"), "--repeats .* not 0"
    yield "cli", bound(command_line, "bench", "tasks", "--num-envs", "0"), "--num-envs .* not 0"
    yield "cli", bound(command_line, "bench", "tasks", "--num-envs", "x"), "invalid int.*'x'"
    yield "cli", bound(command_line, "benhc"), "no command 'benhc'; did you mean 'bench'"
    yield "cli", command_line, "arguments are required"
    yield "drop-in", bound(neurogym.make, "GoNgo-v0"), "unknown task 'GoNgo-v0'; did you"
    yield "drop-in", bound(neurogym.make, "GoNogo-v0", delay=3), "'delay'. Known: abort, dt"
    yield "drop-in", bound(neurogym.Dataset, 3), "id of a task, or an environment of.*not 3"
    yield "drop-in", bound(neurogym.wrappers.Noise, ENV), "wraps an environment of make"
    yield "drop-in", bound(DROP_IN.new_trial, coh=3), "unknown condition 'coh'"
    yield "drop-in", bound(neurogym.envs.get_collection, "prior"), "'prior'; did you mean 'priors'"
    yield "drop-in", bound(neurogym.envs.all_envs, "memroy"), "unknown tag 'memroy'"


DISCRETE = ("one", 1.5, 9, -1, None, [0, 1], math.nan)
BOX = ("one", [0.5], [0.5, 9], [0.5, math.nan], None, 1.0)
REACHING = GymnasiumEnv(REACH)


def other_errors():
    """Errors of other kinds, where Python's or Gymnasium's own habit asks for them."""
    needed, closed = gymnasium.error.ResetNeeded, gymnasium.error.ClosedEnvironmentError
    yield "step", bound(GymnasiumEnv(GO).step, 0), needed, "reset"
    yield "step", bound(TaskVectorEnv(GO).step, [0]), needed, "reset"
    yield "render", bound(GymnasiumEnv(GO, render_mode="rgb_array").render), needed, "reset"
    yield "new_trial", bound(GymnasiumEnv(GO).new_trial), needed, "reset"
    yield "ob", lambda: GymnasiumEnv(GO).ob, needed, "reset"
    shut = GymnasiumEnv(GO)
    shut.close()
    yield "step", bound(shut.step, 0), closed, "closed"
    yield "reset", bound(ONE.reset, seed=-1), gymnasium.error.Error, "-1"
    yield "reset", bound(ONE.reset, seed="x"), gymnasium.error.Error, "integer.*str"
    yield "make", jgn.make, TypeError, "missing 1 required positional argument: 'id'"
    yield "reset", ENV.reset, TypeError, "missing 1 required positional argument: 'key'"
    yield "Dataset", jgn.Dataset, TypeError, "missing 1 required positional argument"
    yield "rollout", bound(jgn.rollout, ENV, num_steps=1, steps=3), TypeError, "'steps'"
    yield "plot_env", bound(plot_env, ENV, trials=3), TypeError, "'trials'"
    yield "TrialEnv", lambda: type("Mine", (neurogym.TaskEnv,), {}), TypeError, "subclass of"
    yield "immutable", bound(setattr, ENV, "dt", 3), AttributeError, "immutable.*dt=3"
    yield (
        "gymnasium.make",
        bound(gymnasium.make, "jaxgym_neuro/GoNgo-v0"),
        gymnasium.error.Error,
        "Go",
    )


CASES = [(name, call, ValueError, pattern) for name, call, pattern in (*of_kinds(), *one_by_one())]
CASES += list(other_errors())


def test_the_table_is_long_enough():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_bad_input_is_refused_with_what_was_given_and_what_is_allowed(case):
    _, call, kind, pattern = case
    with pytest.raises(kind, match=pattern):
        call()
