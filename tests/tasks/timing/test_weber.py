"""Times that are judged imprecisely: what is shown, what is right, and how well an observer does.

Shares are compared with their closed form to 4 standard errors; of about a dozen such comparisons
one in 1,300 would fail by chance, did the seeds vary.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, is_uniform, play, within

import jaxgym_neuro as jgn

NUM, WEBER, DT = 4096, 0.15, 20  # the latter as in the preset


def phi(z):
    return 0.5 * (1 + np.vectorize(math.erf)(np.asarray(z) / math.sqrt(2)))


def drawn(id, **kwargs):
    env, _ = jgn.make(id, preset="psychometric", weber=WEBER, **kwargs)
    return env, jax.tree.map(np.asarray, draw(env, num=NUM))


def steps(env, trials, *periods):
    indices = [env.periods.index(period) for period in periods]
    return (trials.end - trials.start)[:, indices].T


def act_after(env, trials, num):
    """Act as many steps after the beginning of the interval to produce."""
    begin = trials.end[:, env.periods.index(env.REFERENCE)]
    return play(env, trials, (np.arange(env.T) == (begin + num)[:, None]).astype(np.int32))


def agrees(right, expected):
    """Whether as many of the trials are right as their probabilities say, to 4 standard errors."""
    error = np.sqrt(np.mean(expected * (1 - expected)) / len(right))
    return abs(np.mean(right) - np.mean(expected)) < 4 * error


def within_tolerance(t, spread):
    """Probability that an error of some s.d. is tolerated."""
    return 2 * phi((0.2 * t + 25) / spread) - 1


def test_intervals_are_compared_as_well_as_the_weber_fraction_allows():
    env, trials = drawn("IntervalDiscrimination-v0")
    shown = steps(env, trials, "stim1", "stim2")
    true = np.stack([trials.conditions["duration1"], trials.conditions["duration2"]])
    jitter = np.stack([trials.conditions["jitter1"], trials.conditions["jitter2"]])
    np.testing.assert_array_equal(shown, np.round(true / DT * (1 + np.float32(WEBER) * jitter)))
    np.testing.assert_array_equal(trials.ob[:, :, 1:].sum(axis=1).T, shown)
    answer = trials.conditions["ground_truth"]
    np.testing.assert_array_equal(answer, np.where(true[0] > true[1], 1, 2))
    differ = shown[0] != shown[1]  # where they do not, a coin decides
    right = (np.where(shown[0] > shown[1], 1, 2) == answer)[differ]
    far = np.abs(true[0] - true[1]) / (WEBER * np.hypot(*true))
    half = DT / 2 / (WEBER * np.hypot(*true))  # and what rounds to a tie is left out
    expected = phi(far - half) / (phi(far - half) + phi(-far - half))
    assert agrees(right, expected[differ])
    assert 0.75 < np.mean(expected) < 0.9


@pytest.mark.parametrize(("dt", "share"), [(80, 0.814), (10, 0.758)])
def test_one_duration_alone_is_right_as_often_as_the_page_says(dt, share):
    env, _ = jgn.make("IntervalDiscrimination-v0", dt=dt)

    def conditions(key):
        drawn, _ = env.sample_conditions(key, env.default_params, ())
        return drawn["duration1"], drawn["duration2"]

    first, second = jax.jit(jax.vmap(conditions))(jax.random.split(jax.random.key(0), 40_000))
    middle = np.mean(np.concatenate([first, second]))
    right = np.where(first == middle, 0.5, (first > middle) == (first > second))
    assert abs(np.mean(right) - share) < 0.01


def test_a_produced_interval_is_judged_by_a_clock_that_runs_unevenly():
    env, trials = drawn("MotorTiming-v0")
    interval = trials.conditions["production"]
    counted = act_after(env, trials, np.round(interval / DT))
    assert agrees(counted.performance, within_tolerance(interval, WEBER * interval))
    followed = play(env, trials, trials.gt)
    np.testing.assert_array_equal(trials.gt.sum(axis=1), 1)
    due = interval / DT / (1 + WEBER * trials.conditions["jitter"])
    (room,) = steps(env, trials, "production")
    at = trials.gt.argmax(axis=1) - trials.end[:, 2]
    np.testing.assert_allclose(at, np.minimum(due, room - 1), atol=0.51)
    assert np.mean(followed.performance) > 0.999  # it knows the clock
    assert np.mean(counted.returns) < np.mean(followed.returns) - 0.3


def test_two_shown_intervals_are_a_better_guess_than_one():
    env, trials = drawn("OneTwoThreeGo-v0")
    interval = trials.conditions["interval"]
    jitter = np.stack([trials.conditions["jitter1"], trials.conditions["jitter2"]])
    shown = steps(env, trials, "interval1", "interval2")
    expected = np.round(interval / DT * (1 + np.float32(WEBER) * jitter))
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_array_equal(steps(env, trials, "interval3")[0] * DT, interval)
    for guess, spread in ((shown[0], 1), (np.round(shown.mean(axis=0)), math.sqrt(0.5))):
        allowed = within_tolerance(interval, WEBER * spread * interval)
        assert agrees(act_after(env, trials, guess).performance, allowed)


def test_a_measured_interval_is_reproduced_as_well_as_it_was_measured():
    env, trials = drawn("ReadySetGo-v0", gain=(1.0, 1.5))
    measure, gain = trials.conditions["measure"], trials.conditions["gain"]
    (shown,) = steps(env, trials, "measure")
    expected = np.round(measure / DT * (1 + np.float32(WEBER) * trials.conditions["jitter"]))
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_allclose(trials.conditions["production"], measure * gain)
    played = act_after(env, trials, np.round(shown * gain))
    interval = measure * gain
    assert agrees(played.performance, within_tolerance(interval, WEBER * interval))


def test_several_gains_are_shown_and_drawn_equally_often():
    env, _ = jgn.make("ReadySetGo-v0", gain=(1.0, 1.5))
    trials = draw(env, num=1024)
    assert is_uniform(trials.conditions["gain"], [1.0, 1.5])
    real = np.arange(env.T) < np.asarray(trials.length)[:, None]
    gain = env.observation_space().name["gain"]
    np.testing.assert_array_equal(
        trials.ob[..., gain], np.where(real, np.asarray(trials.conditions["gain"])[:, None], 0)
    )
    one, _ = jgn.make("ReadySetGo-v0", gain=1.5)
    assert "gain" not in one.observation_space().name


def test_blocks_have_intervals_and_a_cue_of_their_own_and_begin_at_any_place():
    rows = ((480, 640, 800), (800, 1000, 1200), (1200, 1400, 1600))
    env, params = jgn.make("ReadySetGo-v0", dt=DT, priors=rows, prior_switch=0.1)
    trial = env.new_trial(jax.random.key(0), prior=1)
    real = np.arange(env.T) < int(trial.length)
    np.testing.assert_array_equal(trial.ob[:, 3:], np.outer(real, [0, 1, 0]))

    def episode(key):
        def draw_next(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, (conditions["prior"], conditions["measure"])

        keys = jax.random.split(key, 21)
        return jax.lax.scan(draw_next, env.init_carry(keys[0], params), keys[1:])[1]

    prior, measure = jax.vmap(episode)(jax.random.split(jax.random.key(0), 512))
    assert all(is_uniform(prior[:, i], range(3)) for i in (0, 19))
    assert within(np.sum(np.diff(prior, axis=1) != 0), 512 * 19, 0.1)
    for i, row in enumerate(rows):
        assert is_uniform(measure[prior == i], row)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"weber is a finite number .* at most 0.2, not 0.3"):
        jgn.make("MotorTiming-v0", weber=0.3)
    for id in ("IntervalDiscrimination-v0", "OneTwoThreeGo-v0", "ReadySetGo-v0"):
        env, params = jgn.make(id, weber=0.1)
        env.validate(params.replace(weber=jnp.float32(0.05)))
        with pytest.raises(ValueError, match="construct it with weber= the greatest"):
            env.validate(params.replace(weber=0.15))
    with pytest.raises(ValueError, match="of priors or of timing"):
        jgn.make("ReadySetGo-v0", priors=[[500], [900]], timing={"measure": 700})
    env, params = jgn.make("ReadySetGo-v0", priors=[[500], [900]])
    with pytest.raises(ValueError, match="priors goes up to 1000"):
        env.validate(params.replace(priors=[[500], [1000]]))
