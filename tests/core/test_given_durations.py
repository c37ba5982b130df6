"""Durations that are given for a trial, as its conditions are."""

import gymnasium
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.wrappers import MultiTask, ReactionTime, TimeOut

TASK = "ContextDecisionMaking-v0"  # its delay is drawn, from 300 to 3000 ms


def test_a_duration_is_given_and_all_else_is_drawn_as_without():
    env, params = jgn.make(TASK)
    drawn = env.new_trial(3, params)
    given = env.new_trial(3, params, delay=700)
    delay = env.periods.index("delay")
    assert given.end[delay] - given.start[delay] == 7
    assert drawn.end[delay] - drawn.start[delay] != 7
    jax.tree.map(np.testing.assert_array_equal, given.conditions, drawn.conditions)
    before = int(drawn.start[delay])
    np.testing.assert_array_equal(given.ob[:before], drawn.ob[:before])


@pytest.mark.parametrize("wrap", [lambda env: env, lambda env: TimeOut(ReactionTime(env), 500)])
def test_it_is_given_through_every_door(wrap):
    env = wrap(
        jgn.make("PerceptualDecisionMaking-v0", timing={"stimulus": ("uniform", [100, 900])})[0]
    )
    index = env.periods.index("stimulus")
    for _ in range(2):
        trials = [env.new_trial(1, stimulus=500), env.reset(1, stimulus=500)[1].trial]
        batch = jax.vmap(lambda key, ms: env.new_trial(key, stimulus=ms))(
            jax.random.split(jax.random.key(0), 3), np.float32([100, 300, 900])
        )
    for trial in trials:
        assert trial.end[index] - trial.start[index] == 5
    np.testing.assert_array_equal((batch.end - batch.start)[:, index], [1, 3, 9])
    one = GymnasiumEnv(env)
    one.reset(seed=0, options={"conditions": {"stimulus": 300}})
    assert one.trial.end[index] - one.trial.start[index] == 3
    one.new_trial(stimulus=800)
    assert one.trial.end[index] - one.trial.start[index] == 8


def test_a_trial_after_the_one_that_it_was_given_for_is_drawn():
    env = gymnasium.make(f"jaxgym_neuro/{TASK}")
    index = env.unwrapped.task.periods.index("delay")
    lengths = []
    env.reset(seed=0, options={"conditions": {"delay": 3000}})
    for _ in range(4):
        trial = env.unwrapped.trial
        lengths.append(int(trial.end[index] - trial.start[index]))
        while not env.step(0)[-1]["new_trial"]:
            pass
    assert lengths[0] == 30
    assert len(set(lengths)) > 2


def test_several_tasks_take_it_where_a_task_has_the_period():
    env = MultiTask([TASK, "GoNogo-v0"], pad=True)
    assert env.longest_durations["delay"] == 3000
    for task, ms in ((0, 1300), (1, 300)):
        trial = env.new_trial(0, task=task, delay=ms)
        index = env.periods.index("delay")
        assert trial.end[index] - trial.start[index] == ms // 100


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delays": 700}, "did you mean 'delay'"),
        ({"delay": 3200}, "at most 3000"),
        ({"delay": -1}, "at least 0"),
        ({"delay": [1, 2]}, "a finite number of at least 0"),
        ({"delay": "long"}, "duration of period 'delay'"),
    ],
)
def test_what_is_no_duration_is_refused_in_words(given, words):
    with pytest.raises(ValueError, match=words):
        jgn.make(TASK)[0].new_trial(0, **given)


def test_a_duration_that_follows_from_a_condition_is_not_given():
    with pytest.raises(ValueError, match=r"follows from conditions, which can \(duration1"):
        jgn.make("IntervalDiscrimination-v0")[0].new_trial(0, stim1=400)
