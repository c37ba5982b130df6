"""Comparison with recordings of NeuroGym 2.3.1; see README.md beside this file."""

import fnmatch

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparisons import all_comparisons, session_comparisons
from conditions import DURATION, GROUND_TRUTH, NOT_COMPARED, REWARDS_THERE, SESSIONS
from corrections import ABSENT, CORRECTIONS, Correction
from samples import NUM_COMPARISONS, Sample, disagreement
from sides import NUM_GOLDEN, Side, cases, recorded_arrays, recording
from task_ids import TYPICAL

import jaxgym_neuro as jgn
from jaxgym_neuro.core.differences import DIFFERENCES as EVERY_TASK
from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.support.xla import COMPILE_QUICKLY

CASES, SESSION_CASES = cases("configs"), cases("sessions")
pytestmark = pytest.mark.parity


def fast_if_typical(cases):
    """Parameters of a test; the recordings of other tasks are compared in the slow set."""
    return [
        pytest.param(case, marks=() if case[0] in TYPICAL else pytest.mark.slow) for case in cases
    ]


def ids(case):
    return f"{case[0]}-{case[1]}"


@pytest.fixture(scope="module", params=fast_if_typical(CASES), ids=ids)
def side(request):
    """One configuration; its trials, once drawn, serve all its tests."""
    return Side(*request.param)


def corrections(side):
    """Return the corrections of a task that show in this configuration."""
    everywhere = CORRECTIONS.get(side.task, ())
    return [c for c in everywhere if c.configs is None or side.index in c.configs]


def corrected(side, name):
    """Return the correction that speaks about a comparison, or None."""
    for correction in corrections(side):
        if any(fnmatch.fnmatch(name, pattern) for pattern in correction.comparisons):
            return correction
    return None


def judge(side, comparisons):
    """List every comparison that does not hold, or whose correction does not."""
    failures = []
    for name, ours, theirs in comparisons:
        is_nowhere = ours.n == theirs.n == 0  # a period without steps on both sides
        correction = None if is_nowhere else corrected(side, name)
        if correction:
            number = correction.number(side, name)
            theirs = number if isinstance(number, Sample) else Sample.exact(number)
        problem = disagreement(ours, theirs)
        if problem:
            failures.append(f"{name}: {problem}{' (corrected)' if correction else ''}")
    return failures


def out_of_date(side, names, is_meant):
    """List the patterns, among those that are meant, that match none of the comparisons."""
    return [
        f"a correction of {pattern!r} matches no comparison"
        for correction in corrections(side)
        for pattern in correction.comparisons
        if is_meant(pattern) and not fnmatch.filter(names, pattern)
    ]


def test_statistics_agree_with_neurogym(side):
    comparisons = list(all_comparisons(side))
    names = [name for name, _, _ in comparisons]
    assert 0 < len(names) < NUM_COMPARISONS / (len(CASES) + len(SESSION_CASES))
    stale = out_of_date(side, names, lambda p: not p.startswith(("static/", "session/")))
    failures = judge(side, comparisons) + stale
    assert not failures, "\n".join(failures)


def test_cues_are_0_or_1(side):
    """A channel whose meaning begins with 1 says when it is 1, and is 0 otherwise."""
    names = side.env.observation_space().name
    for name, entry in side.env.CHANNELS.items():
        if name in names and entry.meaning.removeprefix("both ").startswith("1 "):
            shown = side.trials.ob[..., np.atleast_1d(names[name])]
            assert "noise" in entry.meaning or set(np.unique(shown)) <= {0, 1}, name


@pytest.mark.parametrize("case", fast_if_typical(SESSION_CASES), ids=ids)
def test_what_carries_over_between_trials_is_neurogyms(case):
    side = Side(*case, part="sessions")
    comparisons = list(session_comparisons(side))
    names = [name for name, _, _ in comparisons]
    assert 0 < len(names) < NUM_COMPARISONS / (len(CASES) + len(SESSION_CASES))
    stale = out_of_date(side, names, lambda p: p.startswith(f"session/{side.index}/"))
    failures = judge(side, comparisons) + stale
    assert not failures, "\n".join(failures)


def test_spaces_and_rewards_are_neurogyms(side):
    static, env = side.theirs["static"], side.env
    space, actions = env.observation_space(side.params), env.action_space(side.params)
    pairs = {
        "static/ob_shape": (list(space.shape), static["ob_shape"]),
        "static/num_actions": (getattr(actions, "n", None), static["num_actions"]),
        "static/action_shape": (list(actions.shape), static["action_shape"]),
        "static/dt": (env.dt, static["dt"]),
        "static/r_tmax": (float(side.params.r_tmax), static["r_tmax"]),
    }
    for kind, ours, theirs in (
        ("channels", space.name, static["channels"]),
        ("actions", actions.name, static["actions"]),
    ):
        if theirs:  # NeuroGym leaves some spaces without names
            pairs[f"static/{kind}"] = (indices(ours), indices(theirs))
    if isinstance(static["rewards"], dict):
        for name, amount in static["rewards"].items():
            read = REWARDS_THERE.get(side.task, {}).get(name)
            ours = read(side.params) if read else side.params.rewards.get(name, ABSENT)
            ours = ours if ours is ABSENT else pytest.approx(float(ours))
            pairs[f"static/rewards/{name}"] = (ours, amount)
    failures = out_of_date(side, pairs, lambda p: p.startswith("static/"))
    for name, (ours, theirs) in pairs.items():
        correction = corrected(side, name)
        expected = correction.number(side, name) if correction else theirs
        if ours != expected:
            failures.append(f"{name}: {ours} here, {expected} expected")
    assert not failures, "\n".join(failures)


def indices(names):
    """Turn a space's names into {name: [indices]}, as JSON has them."""
    return {name: np.ravel(list(np.atleast_1d(at))).tolist() for name, at in (names or {}).items()}


def test_golden_trials_are_equal_row_by_row(side):
    recorded = side.theirs["golden"]
    assert len(recorded) == NUM_GOLDEN
    if "steps" in recorded[0]:
        check_golden_steps(side)
        return
    arrays, trials = recorded_arrays(side.task), side.golden_trials
    for i, golden in enumerate(recorded):
        ob = arrays[f"{golden['arrays']}_ob"].copy()
        gt = arrays.get(f"{golden['arrays']}_gt")
        gt = None if gt is None else gt.copy()
        for correction in corrections(side):
            if correction.rows:
                ob, gt = correction.rows(ob, gt, golden, side.env.dt)
        length = trials.length[i]
        for name, bounds in golden["periods"].items():
            column = side.env.periods.index(name)
            ours = (trials.start[i, column], trials.end[i, column])
            assert ours == tuple(bounds) or ours[0] == ours[1] == bounds[0] == bounds[1], name
        assert length == len(ob)
        np.testing.assert_allclose(trials.ob[i, :length], ob, atol=1e-5, err_msg=str(golden))
        if gt is not None:
            np.testing.assert_allclose(trials.gt[i, :length], gt, atol=1e-5, err_msg=str(golden))


def check_golden_steps(side):
    """Compare what is seen after each action, and paid, in tasks that have no arrays there."""
    recorded = side.theirs["golden"]
    steps = [golden["steps"] for golden in recorded]
    conditions = [side.fixed_to(golden)[1] for golden in recorded]
    conditions = jax.tree.map(lambda *leaves: np.stack(leaves), *conditions)
    num_steps = max(len(trial["actions"]) for trial in steps)
    actions = [np.resize(trial["actions"], num_steps) for trial in steps]

    def follow(key, conditions, actions):
        env, params = side.env, side.params
        trial = env.new_trial(key, params, **conditions)
        zero = jnp.int32(0)
        carry = env.init_carry(key, params)
        state = EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)
        followed = []
        for action in actions:
            ob, state, reward, *_ = env.step(key, state, action, params)
            followed.append((ob, reward))
        return followed

    keys = jax.random.split(jax.random.key(7), NUM_GOLDEN)
    follow_all = jax.jit(jax.vmap(follow), compiler_options=COMPILE_QUICKLY)
    followed = follow_all(keys, conditions, jnp.asarray(actions, jnp.int32))
    for i, trial in enumerate(steps):
        ours = followed[: len(trial["actions"])]
        rows = [correct_step(side, trial, t) for t in range(len(ours))]
        np.testing.assert_allclose([ob[i] for ob, _ in ours], rows, atol=1e-5)
        np.testing.assert_allclose([paid[i] for _, paid in ours], trial["rewards"], atol=1e-5)


def correct_step(side, trial, t):
    """Return what is to be seen after a step, corrected where a correction says so."""
    row = np.asarray(trial["observations"][t])
    for correction in corrections(side):
        if correction.step:
            row = correction.step(row, trial["actions"][t], t)
    return row


def test_what_is_not_compared_by_trial_is_compared_elsewhere():
    for task, entries in NOT_COMPARED.items():
        recorded = recording(task)
        for name, where in entries.items():
            assert all(name in config["stats"]["conditions"] for config in recorded["configs"])
            if where == SESSIONS:
                assert recorded["sessions"]
            elif where == DURATION:
                assert all(config["stats"]["periods"] for config in recorded["configs"])
            else:
                assert where == GROUND_TRUTH
                assert all("ground_truth" in config["stats"] for config in recorded["configs"])


def test_a_correction_states_what_is_there_instead():
    with pytest.raises(ValueError, match="state what"):
        Correction("it differs", comparisons=("length=3",))
    with pytest.raises(ValueError, match="neither a number nor rows"):
        Correction("it differs")


@pytest.mark.parametrize("task", CORRECTIONS)
def test_what_is_corrected_is_a_difference_that_the_task_states(task):
    stated = {*jgn.task_info(task).differences, *EVERY_TASK}
    corrected = {correction.difference for correction in CORRECTIONS[task]}
    assert corrected <= stated


@pytest.mark.parametrize("task", sorted({task for task, _ in CASES}))
def test_every_name_of_neurogyms_is_here_or_among_the_differences(task):
    theirs = recording(task)["configs"][0]
    rewards = theirs["static"]["rewards"]
    names = {
        *theirs["stats"]["conditions"],
        *theirs["golden"][0]["conditions"],
        *theirs["stats"]["periods"],
        *(rewards if isinstance(rewards, dict) else ()),
    }
    env, _ = jgn.make(task)
    here = {*type(env).CONDITIONS, *env.periods, *env.rewards}
    told = " ".join(f"{x.here} {x.why}" for x in jgn.task_info(task).differences.values())
    assert {name for name in names - here if f"`{name}`" not in told} == set()


def test_detection_crashes_in_neurogym_and_so_has_no_recording():
    """Our Detection follows its documentation; there is nothing that it could be compared with."""
    recorded = recording("Detection-v0")
    assert recorded["crash"].startswith("AttributeError")
    assert recorded["configs"] == []
