"""What is seen is made of a row of the trial, at the step at which it is seen."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import spaces, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.support.pytrees import pytree

WIDTH, GROUND = 5, 0.25


@pytree
class Params(TrialParams):
    """The brightness of the bar, which is no part of a trial."""

    light: Leaf = number(1.0, "brightness of the bar", at_least=0)


class Places(jgn.ChoiceTask[Params]):
    """See the number of a column, and say whether it is one of the first."""

    TIMING = {"fixation": 100, "stimulus": ("uniform", (100, 300)), "decision": 200}
    CHANNELS = {"fixation": jgn.Channel("cue"), "stimulus": jgn.Channel("a column, from 1")}
    ACTIONS = {"fixation": jgn.Action("wait"), "choice": jgn.Action("is it?", 2)}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}

    def __init__(self, **declared):
        super().__init__(dt=100, **declared)

    def sample_conditions(self, key, params, carry):
        return {"column": jgn.random.integer(key, WIDTH)}, carry

    def build_trial(self, builder, conditions, params):
        column = conditions["column"]
        is_first = (column < 2).astype(jnp.int32)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(column + 1, period="stimulus", where="stimulus")
            .set_groundtruth(is_first, period="decision", where="choice")
        )


class Bars(Places):
    """The same as a picture: a bar in that column, and a line at the top that is the cue."""

    def __init__(self):
        super().__init__(frame_space=spaces.Box(0, 2, (3, WIDTH)))

    def frame(self, row, params):
        column = jnp.arange(1, WIDTH + 1, dtype=jnp.float32) == row[1]
        picture = jnp.where(column, params.light, GROUND)
        return jnp.broadcast_to(picture, (3, WIDTH)).at[0].set(row[0])


ENV, PLACES = Bars(), Places()
KEYS = jax.random.split(jax.random.key(3), 16)


@functools.cache
def played(num_steps=40):
    """Random actions in a batch: what was seen, and the rows and steps of the trials under way."""

    def one(key):
        key, key_reset = jax.random.split(key)
        ob, state = ENV.reset(key_reset)
        first = ob, state.trial.ob, state.t

        def step(state, key):
            action = ENV.action_space().sample(key)
            ob, state, *_ = ENV.step(key, state, action)
            return state, (ob, state.trial.ob, state.t)

        return first, jax.lax.scan(step, state, jax.random.split(key, num_steps))[1]

    return jax.device_get(jax.jit(jax.vmap(one))(KEYS))


def test_a_trial_and_a_state_hold_rows():
    trial = ENV.new_trial(0)
    assert trial.ob.shape == (ENV.T, 2)
    _, state = ENV.reset(0)
    assert state.trial.ob.shape == (ENV.T, 2)
    np.testing.assert_array_equal(trial.ob, state.trial.ob)
    assert ENV.observation_space().shape == (3, WIDTH)
    assert ENV.row_space == PLACES.observation_space()


def test_what_is_seen_is_the_frame_of_the_current_row_across_trials():
    for seen, rows, t in played():
        frames = np.asarray(ENV.frames(rows))
        now = np.take_along_axis(frames, t[..., None, None, None], axis=-3)[..., 0, :, :]
        np.testing.assert_array_equal(seen, now)
    assert np.sum(played()[1][2] == 0) > 3 * len(KEYS)  # many trials began


def test_frames_are_made_of_rows_of_any_batch_and_of_plain_rows_nothing_is_made():
    rows = jax.vmap(ENV.new_trial)(KEYS).ob
    frames = ENV.frames(rows)
    assert frames.shape == (len(KEYS), ENV.T, 3, WIDTH)
    np.testing.assert_array_equal(frames[2, 1], ENV.frame(rows[2, 1], ENV.default_params))
    assert PLACES.frames(rows) is rows


def test_a_sweep_over_params_changes_what_is_seen():
    params = jax.vmap(lambda light: ENV.default_params.replace(light=light))(jnp.arange(1.0, 3))
    _, state = ENV.reset(0, fixation=100, column=4)
    _, state, *_ = ENV.step(0, state, 0)
    ob = jax.vmap(ENV.observe, in_axes=(None, 0))(state, params)
    np.testing.assert_array_equal(ob[:, 2], [[GROUND] * 4 + [1], [GROUND] * 4 + [2]])


def test_frames_have_gradients():
    def brightness(light):
        params = ENV.default_params.replace(light=light)
        return jnp.sum(ENV.frames(ENV.new_trial(0, params, stimulus=200).ob, params))

    assert jax.grad(brightness)(1.0) == 2 * 2  # two steps, two rows of pixels beside the cue


def test_what_would_have_been_seen_of_an_episode_cut_short_is_a_frame():
    params = ENV.default_params.replace(max_steps_in_episode=np.int32(1))
    _, state = ENV.reset(0, params, column=2)
    *_, truncated, info = ENV.step(1, state, 0, params)
    assert truncated
    expected = ENV.frame(state.trial.ob[1], params)
    np.testing.assert_array_equal(info["final_observation"], expected)


@pytest.mark.parametrize("packed", [True, False])
def test_batches_of_a_dataset_are_frames_of_the_rows_of_the_same_stream(packed):
    sizes = {"batch_size": 3, "seq_len": 2 * ENV.T, "key": 5, "packed": packed}
    found, rows = (jgn.Dataset(env, **sizes).next() for env in (ENV, PLACES))
    assert found.inputs.shape == (2 * ENV.T, 3, 3, WIDTH)
    frames = np.asarray(ENV.frames(rows.inputs))
    is_real = found.t >= 0
    assert packed == is_real.all()
    np.testing.assert_array_equal(found.inputs, np.where(is_real[..., None, None], frames, 0))
    np.testing.assert_array_equal(found.targets, rows.targets)


def test_single_steps_are_the_same_by_tables_and_by_compiled_calls_and_ob_has_the_trials_frames():
    tabulated, compiled = (GymnasiumEnv(ENV, tabulate=one, batch_size=2) for one in (True, False))
    assert tabulated.is_tabulated
    first, same = (env.reset(seed=4)[0] for env in (tabulated, compiled))
    for _ in range(3 * ENV.T):
        np.testing.assert_array_equal(first, same)
        assert tabulated.observation_space.contains(first)
        np.testing.assert_array_equal(first, tabulated.ob_now)
        first, same = (env.step(0)[0] for env in (tabulated, compiled))
    assert tabulated.ob.shape == (tabulated.trial.length, 3, WIDTH)


def test_a_wrapper_shows_the_frames_of_its_task_and_hides_the_stimulus_in_rows():
    env = wrappers.CatchTrials(wrappers.TrialWrapper(ENV), p=1.0)
    trial = env.new_trial(1, column=3)
    assert not np.any(trial.ob[:, 1])
    frames = env.frames(trial.ob)
    np.testing.assert_array_equal(frames, ENV.frames(trial.ob))
    ob, _ = env.reset(1, column=3)
    np.testing.assert_array_equal(ob, frames[0])
    assert env.makes_frames


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (wrappers.Noise, "shows frames that are made of it"),
        (wrappers.PassAction, "adds a channel to a vector of channels"),
        (wrappers.PassReward, "adds a channel to a vector of channels"),
        (lambda env: wrappers.MultiTask([env, env]), "it stands by itself"),
    ],
)
def test_what_adds_to_what_is_seen_refuses_frames(wrap, words):
    with pytest.raises(ValueError, match=words):
        wrap(ENV)


class NoSpace(Places):
    def frame(self, row, params):
        return row


class NoFrame(Places):
    def __init__(self):
        super().__init__(frame_space=spaces.Box(0, 1, (2, 2)))


class WrongShape(Bars):
    def frame(self, row, params):
        return row


class SpaceOfRows(Places):
    def __init__(self):
        super().__init__(frame_space=(2, 2))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (NoSpace, "NoSpace defines frame, and its constructor gives no frame_space"),
        (NoFrame, "NoFrame has a frame_space, and defines no frame"),
        (SpaceOfRows, "frame_space is a jaxgym_neuro.spaces.Box, not a"),
        (lambda: WrongShape().reset(0), r"WrongShape.frame returns .*, float32\[3, 5\], not"),
        (lambda: WrongShape().frames(WrongShape().new_trial(0).ob), "WrongShape.frame returns"),
    ],
)
def test_a_frame_without_a_space_or_of_another_shape_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_task_that_shows_frames_keeps_every_promise():
    jgn.testing.check_task(Bars, num_envs=8)
