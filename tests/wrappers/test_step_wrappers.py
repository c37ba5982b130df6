"""Wrappers that change what is seen or paid: noise, feedback, missed trials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import play, task, trials_of, wait, walk

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import (
    MissTrialReward,
    Noise,
    PassAction,
    PassReward,
    TimeOut,
)


def test_noise_is_independent_gaussian_of_its_std_on_every_channel_and_step():
    env = Noise(PassAction(task(sigma=0.0, cohs=[0.0])), 0.3)
    n, silent = 20_000, env.default_params.replace(added_noise=0.0)
    noise = trials_of(env, n, ground_truth=0).ob - trials_of(env, 1, silent, ground_truth=0).ob
    noise = noise.reshape(n, -1)
    # 28 means, 28 variances, 378 correlations: an error in one of 2,000 tests at 4.9 s.e.
    assert np.all(np.abs(noise.mean(0)) < 4.9 * 0.3 / np.sqrt(n))
    assert np.all(np.abs(noise.var(0) - 0.09) < 4.9 * 0.09 * np.sqrt(2 / n))
    correlations = np.corrcoef(noise.T)[~np.eye(noise.shape[1], dtype=bool)]
    assert np.all(np.abs(correlations) < 4.9 / np.sqrt(n))
    assert abs(np.mean(np.abs(noise) < 0.3) - 0.6827) < 0.003


@pytest.mark.parametrize(("per", "std"), [("step", 2.0), ("sqrt_ms", 0.2)])
def test_noise_is_scaled_per_step_or_by_time(per, std):
    env = Noise(task(sigma=0.0, cohs=[0.0]), 2.0, per)  # at a dt of 100 ms
    noise = trials_of(env, 2_000, ground_truth=0).ob[:, 0, 1:]
    assert abs(noise.std() / std - 1) < 4.9 / np.sqrt(2 * noise.size)
    with pytest.raises(ValueError, match="unknown scale of the noise 'ms'"):
        Noise(env.env, per="ms")


@pytest.fixture(scope="module")
def fed_back():
    """Even rows wait, odd rows act at random."""
    env = PassReward(MissTrialReward(Noise(PassAction(task(), one_hot=True), 0.0), -0.25))
    params = env.default_params.replace(r_tmax=-0.5, max_steps_in_episode=25)

    def act(state, drawn, row):
        return drawn * (row % 2)

    return env, play(env, act, 16, 60, lambda row: params)


def test_the_last_action_and_reward_are_seen_and_none_at_the_first_step_of_an_episode(fed_back):
    env, played = fed_back
    assert env.observation_space().name == {
        "fixation": 0,
        "stimulus": range(1, 3),
        "action": range(3, 6),
        "reward": 6,
    }
    begins = np.zeros_like(played["truncated"])
    begins[:, 1:] = played["truncated"][:, :-1]
    begins[:, 0] = True
    assert begins.sum() == 3 * 16
    one_hot = played["action"][:, :-1, None] == np.arange(3)
    expected = np.where(begins[:, 1:, None], False, one_hot)
    np.testing.assert_array_equal(played["ob"][:, 1:, 3:6], expected)
    reward = np.where(begins[:, 1:], 0, played["reward"][:, :-1])
    np.testing.assert_array_equal(played["ob"][:, 1:, 6], reward)
    assert not played["ob"][:, 0, 3:].any()
    assert np.any(played["reward"] == np.float32(-0.75))  # missed, and out of time


def test_a_trial_is_missed_if_an_answer_was_asked_for_and_none_came(fed_back):
    _, played = fed_back
    ends, acted = played["new_trial"], played["action"] != 0
    waiting = ends[::2]
    assert waiting.sum() > 50
    assert np.all(played["reward"][::2][waiting] == np.float32(-0.75))
    assert not played["reward"][::2][~waiting].any()
    answered = ends[1::2] & acted[1::2]
    assert answered.sum() > 50
    assert set(np.unique(played["reward"][1::2][answered])) == {0.0, 1.0}


def test_waiting_where_it_is_right_is_no_miss():
    """Half of these trials are no-go trials, in which the task charges nothing."""
    played = walk(MissTrialReward(jgn.make("GoNogo-v0")[0], -0.25), wait, 64)
    ends, is_go = played["ends"], played["conditions"]["ground_truth"] == 1
    assert np.all(played["reward"][ends & is_go] == -0.75)
    assert np.all(played["reward"][ends & ~is_go] == 0)
    assert min((ends & is_go).sum(), (ends & ~is_go).sum()) > 10


class AskedOnce(jgn.ChoiceTask):
    """To go is asked for in the second of three steps; to act in the others costs ``abort``."""

    TIMING = {"before": 100, "decision": 100, "after": 100}
    REWARDS = {"abort": -1.0, "correct": 1.0}
    WAITING = ("before", "after")

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=jgn.spaces.unbounded(["fixation"]),
            action_space=jgn.spaces.Discrete(2, name={"fixation": 0, "go": 1}),
        )

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jgn.random.integer(key, 2)}, carry

    def build_trial(self, builder, conditions, params):
        builder = builder.add_period(self.periods)
        return builder.set_groundtruth(conditions["ground_truth"], period="decision")


ASKED_ONCE = MissTrialReward(AskedOnce(), -0.25)


def earned(actions, ground_truth, abort=False, carry=None):
    """Rewards of a trial's actions, and the carry after them."""
    params = ASKED_ONCE.default_params.replace(abort=abort)
    state = ASKED_ONCE.reset(jax.random.key(0), params, ground_truth=ground_truth)[1]
    state = state if carry is None else state.replace(carry=carry)
    rewards = []
    for action in actions:
        verdict = ASKED_ONCE.judge(state, jnp.int32(action), params)
        state = state.replace(t=state.t + 1, carry=verdict.carry)
        rewards.append(float(verdict.reward))
    return rewards, state.carry


@pytest.mark.parametrize(
    ("actions", "abort", "rewards"),
    [
        ([0, 0, 0], False, [0, 0, -0.25]),
        ([1, 0, 0], False, [-1, 0, -0.25]),  # acted, but not when asked to
        ([0, 0, 1], True, [0, 0, -1]),  # did not run out of time
        ([0, 1], False, [0, 1]),
    ],
)
def test_a_miss_is_to_run_out_without_having_acted_when_asked_to(actions, abort, rewards):
    assert earned(actions, 1, abort)[0] == rewards


def test_a_miss_is_forgotten_in_the_next_trial():
    _, carry = earned([0, 0, 0], 1)
    assert earned([0, 0, 0], 0, carry=carry)[0] == [0, 0, 0]


def test_a_scalar_action_is_seen_as_its_number_and_a_vector_as_it_is():
    single = PassAction(task())
    assert single.observation_space().name["action"] == 3
    reaching = PassAction(jgn.make("ReachingDelayResponse-v0")[0])
    assert reaching.observation_space().name["action"] == range(2, 4)
    for env, action in ((single, jnp.int32(2)), (reaching, jnp.array([-1.0, 0.25]))):
        params = env.default_params
        state = env.reset(jax.random.key(0))[1]
        response = env.respond(state, action, params)
        ob = env.observe(state.replace(carry=response.carry), params)
        np.testing.assert_array_equal(ob[-action.size :], np.ravel(action))


def test_feedback_is_bounded_only_where_the_task_is():
    space = PassReward(jgn.make("ReachingDelayResponse-v0")[0]).observation_space()
    np.testing.assert_array_equal(space.low, [0, -2, -np.inf])
    np.testing.assert_array_equal(space.high, [1, 2, np.inf])
    assert np.all(np.isinf(Noise(jgn.make("ReachingDelayResponse-v0")[0]).observation_space().low))


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda env: Noise(env, -1), "at least 0, not -1"),
        (lambda env: Noise(Noise(env)), "wrap a task once"),
        (lambda env: PassAction(PassAction(env)), "has a channel 'action' already"),
        (lambda env: PassReward(PassReward(env)), "has a channel 'reward' already"),
        (
            lambda _: PassAction(jgn.make("ReachingDelayResponse-v0")[0], one_hot=True),
            "needs discrete actions",
        ),
        (lambda _: MissTrialReward(jgn.make("Reaching1D-v0")[0]), "is to wait"),
        (lambda env: MissTrialReward(TimeOut(env)), "wrap TimeOut around MissTrialReward"),
        (lambda env: MissTrialReward(env, "much"), "r_miss is a finite number"),
        (lambda _: Noise(None), "made of trials"),
        (lambda _: PassAction(None), "made of trials"),
        (lambda _: PassReward(None), "made of trials"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap(task())
