"""`rollout` returns each finished trial once, with what was done in it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.tasks.motor.reaching_1d import Reaching1D

GO_NOGO = jgn.make("GoNogo-v0")[0]


@pytest.fixture(scope="module")
def followed():
    return jgn.rollout(GO_NOGO, policy="ground_truth", num_envs=8, num_trials=1001)


def test_every_environment_gives_its_first_trials_and_together_as_many_as_asked(followed):
    assert len(followed) == 1001
    np.testing.assert_array_equal(followed.run, 0)
    for i in range(8):
        numbers = followed.trial[followed.env == i]
        np.testing.assert_array_equal(numbers, np.arange(125 + (i < 1)))


def test_following_the_ground_truth_is_correct_and_earns_what_the_trial_pays(followed):
    go = followed.conditions["ground_truth"] == 1
    assert 0.4 < go.mean() < 0.6
    np.testing.assert_array_equal(followed.choice, go)
    np.testing.assert_array_equal(followed.performance, 1)
    assert followed.correct.all()
    np.testing.assert_array_equal(followed.reward, go)


def test_steps_and_reaction_time_end_with_the_action_or_the_trial(followed):
    go = followed.conditions["ground_truth"] == 1
    np.testing.assert_array_equal(followed.steps, np.where(go, 11, 15))
    np.testing.assert_array_equal(followed.reaction_time, np.where(go, 0, np.nan))


def test_steps_are_played_in_every_environment_and_what_is_unfinished_is_left_out():
    table = jgn.rollout(GO_NOGO, policy="ground_truth", num_envs=8, num_steps=200)
    steps = np.bincount(table.env, table.steps, minlength=8)
    assert np.all((steps > 200 - GO_NOGO.T) & (steps <= 200))


def test_a_policy_remembers_over_trials_and_forgets_at_the_end_of_an_episode():
    def go_late(key, ob, seen):
        """Answer when it may and has seen 20 steps: never in the first trial of 15."""
        return jnp.where((ob[0] == 0) & (seen >= 20), 1, 0), seen + 1

    play = functools.partial(jgn.rollout, policy=go_late, memory=jnp.int32(0), num_envs=2)
    endless = play(GO_NOGO, num_trials=20)
    np.testing.assert_array_equal(endless.choice, endless.trial > 0)
    params = GO_NOGO.default_params.replace(trials_per_episode=2)
    episodes = play(GO_NOGO, params, num_trials=20)
    np.testing.assert_array_equal(episodes.choice, episodes.trial % 2)


def test_reward_and_steps_of_a_trial_that_an_episode_cut_off_do_not_go_to_the_next():
    """Going at every step costs 0.1 in each of two steps of fixation, and ends trials at step 13.

    An episode of 17 steps ends amid its second trial; one of 30 amid its third.
    """
    env = jgn.make("GoNogo-v0", timing={"fixation": 200})[0]
    for limit in (17, 30):
        params = env.default_params.replace(max_steps_in_episode=limit)
        table = jgn.rollout(env, params, policy=1, num_envs=2, num_trials=20)
        go = table.conditions["ground_truth"] == 1
        np.testing.assert_array_equal(table.steps, 13)
        np.testing.assert_allclose(table.reward, -0.2 + np.where(go, 1, -0.5), rtol=1e-6)


@pytest.mark.parametrize(("limit", "policy"), [(11, "random"), (30, "random"), (14, "wait")])
def test_where_episodes_cut_trials_off_there_are_still_as_many_as_asked(limit, policy):
    """Trials last 11 steps with an answer, 15 without: an episode of 14 cuts those off."""
    params = GO_NOGO.default_params.replace(max_steps_in_episode=limit)
    play = functools.partial(jgn.rollout, GO_NOGO, params, policy, num_envs=8)
    if policy == "wait":
        with pytest.raises(ValueError, match=f"max_steps_in_episode={limit} steps, .* T=15"):
            play(num_trials=100)
        assert len(play(num_steps=100)) == 0
        return
    table = play(num_trials=100)
    assert len(table) == 100
    for i in range(8):
        numbers = table.trial[table.env == i]
        np.testing.assert_array_equal(numbers, np.arange(12 + (i < 4)))


def test_nothing_that_is_no_number_is_computed_on_the_device():
    with jax.debug_nans(True), jax.debug_infs(True):
        table = jgn.rollout(GO_NOGO, policy="wait", num_envs=2, num_steps=40)
    assert len(table) > 0
    assert np.all(np.isnan(table.reaction_time))


def test_the_same_key_gives_the_same_table_and_another_key_another():
    tables = [jgn.rollout(GO_NOGO, num_envs=4, num_trials=40, key=key) for key in (1, 1, 2)]
    for name, values in tables[0].columns().items():
        np.testing.assert_array_equal(values, tables[1].columns()[name])
    assert any(np.any(x != tables[2].columns()[name]) for name, x in tables[0].columns().items())


def test_correct_is_a_full_score_and_a_wait_has_no_reaction_time():
    scores, times = [0, 0.5, 1], [-1, 0, 100]
    of_each = {"reward": [0] * 3, "steps": [1] * 3, "env": [0] * 3, "trial": range(3)}
    answers = {"answers": {"choice": [0, 1, 2]}, "times": {"choice": times}}
    table = TrialTable.of(conditions={}, performance=scores, **answers, **of_each)
    np.testing.assert_array_equal(table.correct, [False, False, True])
    np.testing.assert_array_equal(table.reaction_time, [np.nan, 0, 100])
    np.testing.assert_array_equal(table.choice, [0, 1, 2])


def test_the_frame_has_a_column_per_number(followed):
    frame = followed.frame()
    assert len(frame) == 1001
    assert list(frame.columns) == list(followed.columns())
    assert {"ground_truth", "choice", "correct", "reaction_time", "steps"} <= set(frame.columns)


def test_array_conditions_are_spread_over_columns():
    table = jgn.rollout("Bandit-v0", num_envs=4, num_trials=8)
    assert table.conditions["luck"].shape == (8, 2)
    assert {"luck_0", "luck_1"} <= set(table.columns())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "either num_steps or num_trials"),
        ({"num_steps": 3, "num_trials": 3}, "either num_steps or num_trials"),
        ({"num_trials": 0}, "at least 1"),
        ({"num_steps": 3, "num_envs": 0}, "at least 1"),
        ({"num_steps": 3, "policy": "grund_truth"}, "did you mean 'ground_truth'"),
        ({"num_steps": 3, "policy": lambda key, ob, memory: (ob, memory)}, "shape"),
    ],
)
def test_bad_arguments_say_what_is_allowed(kwargs, message):
    with pytest.raises(ValueError, match=message):
        jgn.rollout(GO_NOGO, **kwargs)


def test_following_an_angle_is_refused_unless_the_task_says_how():
    class Mute(Reaching1D):
        ground_truth_action = jgn.TrialEnv.ground_truth_action

    with pytest.raises(ValueError, match="no ground truth that is an action"):
        jgn.rollout(Mute(), policy="ground_truth", num_trials=1)
    followed = jgn.rollout("Reaching1D-v0", policy="ground_truth", num_envs=64, num_trials=256)
    by_chance = jgn.rollout("Reaching1D-v0", num_envs=64, num_trials=256)
    assert followed.reward.mean() > 0.1 + by_chance.reward.mean()


def test_tables_of_other_tasks_do_not_join(followed):
    other = jgn.rollout("Bandit-v0", num_envs=4, num_trials=8)
    with pytest.raises(ValueError, match="same conditions"):
        jgn.TrialTable.concatenate([followed, other])
