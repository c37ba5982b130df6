"""Mod-Cog: the response is moved by the delay, or moves while the decision lasts, or both."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.collections.modcog.tasks import LINES, TASKS

MODCOG = jgn.collection("modcog")
D, NUM_TRIALS = 16, 64
# Of each family of the twenty, each transformation, and both; of each side as many.
SAMPLE = (
    *("dlygointl", "dlyantiseqr", "dlyantiintrseql", "rtgoseql", "antiseqr", "dm1seql"),
    *("multidmseqr", "dlydm2intr", "ctxdlydm1intlseqr", "dnmsintr", "dmsseql", "dmcintlseqr"),
)


def drawn(env, params):
    return jax.device_get(
        jax.jit(jax.vmap(env.new_trial, in_axes=(0, None)))(
            jax.random.split(jax.random.key(5), NUM_TRIALS), params
        )
    )


def base_response(name, trial):
    """The action that is due in the task itself, 0 where it is to wait."""
    truth = trial.conditions["ground_truth"]
    if not name.startswith(("dms", "dnms", "dmc", "dnmc")):
        return truth + 1
    is_go = (truth == 1) == name.startswith(("dms", "dmc"))
    test = np.round(trial.conditions["test_theta"] / (2 * np.pi / D)).astype(int)
    return np.where(is_go, test + 1, 0)


def split_name(name):
    """The task of the twenty, and the signs of the transformations."""
    base, _, seq = name.partition("seq")
    base, _, integrate = base.partition("int")
    sign = {"r": 1, "l": -1, "": 0}
    return base, sign[integrate], sign[seq]


def test_there_are_the_published_82_first_and_44_of_both_transformations():
    names = MODCOG.tasks
    assert names == tuple(LINES)
    kinds = [tuple(map(bool, split_name(name)[1:])) for name in names]
    plain, integrated, in_sequence, both = (False,) * 2, (True, False), (False, True), (True, True)
    expected = [(plain, 20), (integrated, 22), (in_sequence, 84)]
    assert kinds[:42] == [kind for kind, number in expected[:2] for _ in range(number)]
    assert [kinds.count(kind) for kind in (plain, integrated, in_sequence, both)] == [
        20,
        22,
        40,
        44,
    ]
    assert both not in kinds[:82]
    assert set(names[:20]) == set(jgn.collection("yang19").tasks)


def test_every_task_says_what_it_is_and_has_its_signs_in_its_params():
    for name in MODCOG.tasks:
        _, integrate, seq = split_name(name)
        env, params = MODCOG.make(name)
        env.validate(params)
        assert env.name == name
        assert int(getattr(params, "integrate", 0)) == integrate
        assert int(getattr(params, "seq", 0)) == seq
        words = " ".join(TASKS[name].__doc__.split())
        assert ("one unit for each 100 ms of the delay" in words) == bool(integrate)
        assert ("one unit for each 100 ms of the decision" in words) == bool(seq)
        assert env.observation_space().shape == (33,)
        assert env.num_actions == 17


def test_timing_is_that_of_mod_cog():
    longest = {
        "go": 15,
        "dlygo": 20,
        "rtgoseqr": 10,
        "dlygointr": 26,
        "dlyantiseql": 25,
        "dm1": 12,
        "dm1seqr": 20,
        "dlydm1intl": 22,
        "multidlydmseqr": 30,
        "dms": 34,
        "dmcintr": 33,
        "dncmseqr": 35,
    }
    longest["dnmcseqr"] = longest.pop("dncmseqr")
    assert {name: MODCOG.make(name)[0].T for name in longest} == longest


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_due_is_the_answer_of_the_task_moved_around_the_ring(name):
    base, integrate, seq = split_name(name)
    env, params = MODCOG.make(name)
    trial = drawn(env, params)
    decision = env.periods.index("decision")
    step = np.arange(env.T) - trial.start[:, decision, None]
    decides = (step >= 0) & (step < (trial.end - trial.start)[:, decision, None])
    shift = 0
    if integrate:
        delay = env.periods.index("delay")
        shift = integrate * (trial.end - trial.start)[:, delay]
        np.testing.assert_array_equal(trial.conditions["shift"], shift)
        shift = shift[:, None]
    response = base_response(base, trial)[:, None]
    due = np.where(response > 0, (response - 1 + shift + seq * step) % D + 1, 0)
    np.testing.assert_array_equal(trial.gt, np.where(decides, due, 0))
    table = jgn.rollout(env, policy="ground_truth", num_envs=8, num_trials=32)
    np.testing.assert_allclose(table.performance, 1, atol=1e-5)
    np.testing.assert_allclose(table.reward, 1, atol=1e-5)


@pytest.mark.parametrize(("dt", "steps"), [(50, 2), (20, 5)])
def test_at_another_step_it_moves_as_fast(dt, steps):
    env, params = MODCOG.make("rtgoseqr", dt=dt)
    trial = jax.device_get(env.new_trial(0, params, ground_truth=D - 1))
    due = trial.gt[trial.start[1] : trial.end[1]]
    np.testing.assert_array_equal(due, np.repeat([16, 1, 2, 3, 4], steps))


def test_the_first_step_that_is_wrong_ends_a_sequence_and_what_was_right_before_is_paid():
    env, params = MODCOG.make("rtgoseqr", rewards={"fail": -0.5})
    step = jax.jit(env.step)
    for wrong_at, action in itertools.product((0, 3), (0, 9)):
        _, state = env.reset(0, params, ground_truth=15)
        earned = []
        for t in range(env.T):
            due = 0 if t < 5 else (15 + t - 5) % D + 1
            taken = action if t == 5 + wrong_at else due
            _, state, reward, _, _, info = step(1, state, jnp.int32(taken), params)
            earned.append(float(reward))
            if info["new_trial"]:
                break
        assert t == 5 + wrong_at
        np.testing.assert_allclose(sum(earned), wrong_at / 5 - 0.5, atol=1e-6)
        np.testing.assert_allclose(info["performance"], wrong_at / 5, atol=1e-6)


def test_to_withhold_is_right_at_every_step_where_it_is():
    env, params = MODCOG.make("dmsseql")
    judge = jax.jit(env.judge)
    _, state = env.reset(0, params, ground_truth=2)
    last = state.trial.length - 1
    for t, action, expected in (
        (last, 0, (0.1, 1)),
        (last - 2, 0, (0.1, 0)),
        (last - 2, 4, (0, 0.7)),
    ):
        verdict = judge(state.replace(t=t), jnp.int32(action), params)
        np.testing.assert_allclose((verdict.reward, verdict.performance), expected, atol=1e-5)
