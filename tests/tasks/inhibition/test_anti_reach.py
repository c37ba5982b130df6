import jax
import numpy as np
import pytest
from helpers import draw, follow, in_period, is_uniform, play, script, within

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def env():
    return jgn.make("AntiReach-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


def test_directions_are_uniform_and_anti_is_as_constructed(trials):
    assert is_uniform(trials.conditions["ground_truth"], range(32))
    assert np.all(trials.conditions["anti"])


@pytest.mark.parametrize("anti", [True, False])
def test_stimulus_peaks_at_or_opposite_to_the_answer(env, trials, anti):
    trial = env.new_trial(jax.random.key(0), ground_truth=5, anti=anti)
    ring = np.asarray(trial.ob[7, 1:])
    assert np.argmax(ring) == (5 + 16 * anti) % 32
    assert ring.max() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(trial.ob[:, 0], [1] * 10 + [0] * 5)
    np.testing.assert_array_equal(trial.ob[10:, 1:], 0)


def test_interleaved_kinds_are_told_apart_by_a_cue():
    env, params = jgn.make("AntiReach-v0", cue=True, p_anti=0.25)
    trials = draw(env, num=1024)
    anti = np.asarray(trials.conditions["anti"])
    assert within(np.sum(anti), 1024, 0.25)
    name = env.observation_space().name
    cue = np.asarray(trials.ob)[..., [name["pro"], name["anti"]]]
    np.testing.assert_array_equal(cue, np.tile(np.stack([~anti, anti], 1)[:, None], (1, 15, 1)))
    seen = np.argmax(np.asarray(trials.ob)[:, 7, 1:33], axis=1)
    np.testing.assert_array_equal((seen + 16 * anti) % 32, trials.conditions["ground_truth"])
    assert float(jgn.make("AntiReach-v0", anti=False)[1].p_anti) == 0
    assert params.p_anti == 0.25


def test_the_preset_is_as_hard_as_it_says():
    env, _ = jgn.make("AntiReach-v0", preset="psychometric")
    trials = draw(env, num=1024)
    seen = np.asarray(trials.ob)[:, 5:10, 1:].sum(axis=1)
    theta = np.arange(32) * np.pi / 16
    guess = np.argmax(seen @ np.cos(theta[:, None] - theta - np.pi), axis=1)
    assert within(np.sum(guess == np.asarray(trials.conditions["ground_truth"])), 1024, 0.79)


def test_the_answer_can_be_read_from_the_stimulus(env, trials):
    seen = np.asarray(trials.ob)[:, 7, 1:]
    np.testing.assert_array_equal(
        (np.argmax(seen, axis=1) + 16) % 32, trials.conditions["ground_truth"]
    )


def test_reward_table(env, trials):
    trials = jax.tree.map(lambda x: x[:256], trials)
    answer = np.asarray(trials.conditions["ground_truth"]) + 1
    wrong = answer % 32 + 1
    right = play(env, trials, script(env, trials, decision=answer))
    assert np.all((right.returns == 1) & (right.performance == 1) & (right.steps == 11))
    for action in (wrong, np.full(256, 40), np.full(256, -1)):
        failed = play(env, trials, script(env, trials, decision=action))
        assert np.all((failed.returns == 0) & (failed.performance == 0) & (failed.steps == 11))
    early = np.where(in_period(env, trials, "fixation"), 3, 0)
    broke = play(env, trials, early)
    np.testing.assert_allclose(broke.returns, -0.5, rtol=1e-5)
    assert np.all(broke.steps == 15)
    aborted = play(env, trials, early, env.default_params.replace(abort=True))
    np.testing.assert_allclose(aborted.returns, -0.1, rtol=1e-5)
    assert np.all(aborted.steps == 1)


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt(dt):
    env, _ = jgn.make("AntiReach-v0", dt=dt)
    played = follow(env)
    assert np.all((played.returns == 1) & (played.performance == 1))
    assert np.all(played.steps == 1000 // dt + 1)


@pytest.mark.parametrize("size", [61, 122])
def test_a_ring_has_the_units_it_was_asked_for(size):
    env, _ = jgn.make("AntiReach-v0", dim_ring=size)
    assert len(env.theta) == size
