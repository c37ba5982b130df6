"""SelfInitiated: when a period begins, what waits meanwhile, and who else can cope with that."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import play, task

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.stepping import analysis
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.wrappers import MinimumTime, MultiTask, SelfInitiated, TimeOut

TRIAL = 7  # steps: one of fixation, four of stimulus, two to decide
STILL, RESTLESS, NEVER = range(3)


def restless(state, drawn, row):
    """Keep still; act at each of the first three steps of a run of six; act at every step."""
    del drawn
    acts = jnp.stack([False, state.time % 6 < 3, True])[row]
    right = state.trial.gt[state.t]
    return jnp.where(state.t > 0, right, acts.astype(jnp.int32))


@pytest.fixture(scope="module")
def played():
    env = SelfInitiated(task(), hold=200, patience=600)
    return play(env, restless, num_envs=3, num_steps=18)


def test_the_period_begins_when_the_subject_has_kept_still(played):
    """Two steps of stillness are asked for, of which the fixation period has one."""
    t, waiting = played["t"], played["waiting"]
    np.testing.assert_array_equal(t[STILL, :8], [0, 0, 1, 2, 3, 4, 5, 0])
    np.testing.assert_array_equal(t[RESTLESS, :11], [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0])
    np.testing.assert_array_equal(waiting, (t == 0) & np.roll(t == 0, -1, 1) & ~played["new_trial"])
    assert played["new_trial"][STILL, 6]
    assert np.all(played["performance"][:2][played["new_trial"][:2]] == 1)


def test_what_is_seen_waits_and_what_the_task_takes_it_takes(played):
    is_first = played["t"][RESTLESS, :5] == 0
    np.testing.assert_array_equal(played["ob"][RESTLESS, :5], [[1, 0, 0]] * 5)
    assert is_first.all()
    np.testing.assert_array_equal(played["reward"][RESTLESS, :5], np.float32([-0.1] * 3 + [0, 0]))


def test_patience_has_an_end(played):
    """After six steps of waiting the seventh is one too many."""
    ends = np.flatnonzero(played["new_trial"][NEVER])
    np.testing.assert_array_equal(ends, [6, 13])
    assert not played["performance"][NEVER].any()


def test_a_press_begins_the_period_and_is_no_answer():
    env = SelfInitiated(task(abort=True), hold=0, action=1)
    trial = env.new_trial(jax.random.key(0), ground_truth=1)
    np.testing.assert_array_equal(trial.gt, [1, 0, 0, 0, 0, 2, 2])

    def act(state, drawn, row):
        press = state.time >= jnp.stack([0, 4])[row]
        return jnp.where(state.t == 0, press.astype(jnp.int32), state.trial.gt[state.t])

    steps = play(env, act, num_envs=2, num_steps=10)
    for row, pressed in ((0, 0), (1, 4)):
        np.testing.assert_array_equal(np.flatnonzero(steps["t"][row] == 1)[0], pressed + 1)
        assert not steps["reward"][row, : pressed + 5].any()  # the press breaks no fixation
        assert steps["performance"][row, pressed + 5] == 1


def test_a_trial_may_be_begun_in_the_interval_before_it():
    timing = {"iti": 200, "fixation": 100, "stimulus": 100, "delay": 0, "decision": 100}
    inner, _ = jgn.make("PerceptualDecisionMaking-v0", timing=timing)
    env = SelfInitiated(inner, "fixation", hold=300)
    steps = play(env, lambda state, drawn, row: state.trial.gt[state.t], 1, 6)
    np.testing.assert_array_equal(steps["t"][0], [0, 1, 1, 2, 3, 4])


def test_wrappers_around_it_and_several_tasks_wait_with_it():
    inner = SelfInitiated(task(), hold=300)
    for env in (TimeOut(MinimumTime(inner, 200)), MultiTask([inner, task()])):
        fixed = {"task": 0} if isinstance(env, MultiTask) else {}
        _, state = env.reset(jax.random.key(0), **fixed)
        step = jax.jit(env.step)
        times = []
        for _ in range(4):
            times.append(int(state.t))
            _, state, *_ = step(jax.random.key(1), state, 0)
        assert times == [0, 0, 0, 1]


def test_gymnasium_a_dataset_and_rollouts_take_it():
    env = SelfInitiated(task(), hold=200)
    assert analysis.plan_tables(env, env.default_params) is None
    assert analysis.plan_tables(env.env, env.env.default_params) is not None
    one = GymnasiumEnv(env)
    one.reset(seed=0)
    assert [bool(one.step(0)[-1]["waiting"]) for _ in range(4)] == [True, False, False, False]
    several = TaskVectorEnv(env, num_envs=2)
    several.reset(seed=0)
    actions = np.asarray([0, 1])
    assert several.step(actions)[-1]["waiting"].tolist() == [True, True]
    assert several.step(actions)[-1]["waiting"].tolist() == [False, True]
    inputs, _ = jgn.Dataset(env, batch_size=2, packed=False)()
    assert TRIAL in inputs.shape
    table = jgn.rollout(env, policy="ground_truth", num_envs=4, num_steps=32)
    assert np.all(table.performance == 1)
    assert env.may_hold
    assert not env.env.may_hold


def test_steps_of_waiting_are_steps_of_the_trial_and_what_is_seen_in_them_is_kept(tmp_path):
    """Two steps of stillness are asked for, of which the fixation period has one."""
    env = SelfInitiated(task(), hold=200)

    def answer_late(key, ob, count):
        """Break the stillness in the first two steps of a trial, and answer when asked."""
        action = jnp.where(count < 2, 1, jnp.where(ob[0] == 0, 1, 0))
        return action, jnp.where(ob[0] == 0, 0, count + 1)

    memory = jnp.int32(0)
    table = jgn.rollout(
        env, None, answer_late, memory, num_envs=3, num_trials=60, keep=("ob", "action")
    )
    waited = 3  # two steps of restlessness, and the first of stillness
    np.testing.assert_array_equal(table.steps, waited + TRIAL - 1)
    seen, did = table.kept["ob"], table.kept["action"]
    assert seen.shape[1] == waited + TRIAL - 1
    np.testing.assert_array_equal(did[:, :-1], [[1, 1, *[0] * (waited + TRIAL - 4)]] * 60)
    np.testing.assert_array_equal(seen[:, : waited + 1], seen[:, :1].repeat(waited + 1, axis=1))
    np.testing.assert_array_equal(seen[:, :, 0], [[1] * (waited + TRIAL - 2) + [0]] * 60)

    monitored = jgn.Monitor(GymnasiumEnv(env), tmp_path)
    ob, _ = monitored.reset(seed=0)
    count = 0
    for _ in range(4 * (waited + TRIAL - 1)):
        action, count = answer_late(None, ob, count)
        ob, *_ = monitored.step(int(action))
    monitored.close()
    np.testing.assert_array_equal(jgn.Monitor.load(tmp_path)["steps"], [waited + TRIAL - 1] * 4)


def test_what_waiting_makes_too_much_to_keep_is_refused_when_it_is():
    env = SelfInitiated(task(), hold=200, patience=0)
    for policy, message in ((0, None), (1, "where their clock may stand still")):
        keep = {"keep": ("action",), "keep_at_most": 4 * 128 * 2}
        if message is None:
            assert len(jgn.rollout(env, policy=policy, num_envs=2, num_trials=20, **keep)) == 20
        else:
            with pytest.raises(ValueError, match=message):
                jgn.rollout(env, policy=policy, num_envs=2, num_trials=20, **keep)


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda: SelfInitiated(task(), "stimulsu"), "did you mean 'stimulus'"),
        (lambda: SelfInitiated(task(), hold=-1), "hold .ms. is a finite number of at least 0"),
        (lambda: SelfInitiated(task(), action=3), "one of the 3 actions"),
        (lambda: SelfInitiated(TimeOut(task())), "wrap TimeOut around SelfInitiated"),
        (lambda: SelfInitiated(jgn.make("Reaching1D-v0")[0], "reach"), "action 0"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap()
