"""The twenty tasks of Yang et al. (2019): each asks for what its name says, by what it shows."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from following import drawn_and_followed

import jaxgym_neuro as jgn
from jaxgym_neuro import registry
from jaxgym_neuro.collections.yang19.tasks import LINES, TASKS

NAMES = list(TASKS)
NUM_TRIALS = 600
D = 16  # units of a ring
Z = 4.0  # standard errors: 6e-5 for each of the tasks


def made(name, **kwargs):
    return jgn.make(f"yang19.{name}-v0", **kwargs)


def trials_of(name, num_trials=NUM_TRIALS, **kwargs):
    env, params = made(name, **kwargs)
    keys = jax.random.split(jax.random.key(NAMES.index(name)), num_trials)
    return env, *jax.device_get(drawn_and_followed(env, keys, params)[:3])


def seen_in(env, trial, period):
    """Rows of the two rings, (trials, 2, d), summed over the steps of a period; and the steps."""
    column = env.periods.index(period)
    start, end = trial.start[:, column], trial.end[:, column]
    step = np.arange(env.T)
    inside = (step >= start[:, None]) & (step < end[:, None])
    rings = trial.ob[..., 1:].reshape(len(start), env.T, 2, -1).astype(float)
    return np.einsum("nt,ntmd->nmd", inside, rings), end - start


def bumps(d=D):
    """What each stimulus of strength 1 shows, (d, d); by what the paper's tasks are said to be."""
    apart = np.abs(np.arange(d)[:, None] - np.arange(d))
    angle = np.minimum(apart, d - apart) * 2 * np.pi / d
    return 0.8 * np.exp(-0.5 * (angle / (np.pi / 8)) ** 2)


def where_it_is(sums):
    """The unit at which the rings together show most."""
    return np.argmax(sums.sum(1) @ bumps(sums.shape[-1]), axis=-1)


def decoded_reach(env, name, trial):
    place = where_it_is(seen_in(env, trial, "decision" if name.startswith("rt") else "stimulus")[0])
    return 1 + (place + D // 2 * name.endswith("anti")) % D


def decoded_match(env, name, trial):
    sample, test = (where_it_is(seen_in(env, trial, period)[0]) for period in ("sample", "test"))
    is_match = sample == test if name.endswith("ms") else sample // (D // 2) == test // (D // 2)
    return np.where(is_match == name.startswith("dm"), test + 1, 0)


def weights_of(name):
    """Modalities that show something, and those that count."""
    if name.startswith("multi"):
        return [0, 1], [0, 1]
    number = int(name[-1]) - 1
    return ([0, 1] if name.startswith("ctx") else [number]), [number]


def decoded_decision(env, name, trial):
    """The most probable answer, given all that was seen, by Bayes' rule over all that may be."""
    cohs = np.asarray(env.default_params.cohs)
    shown, counted = weights_of(name)
    is_delayed = "dly" in name
    if is_delayed:
        strengths = list(itertools.permutations(cohs, 2))
    else:
        strengths = [((1 + c) / 2, (1 - c) / 2) for c in np.concatenate([cohs, -cohs])]
    periods = ("stim1", "stim2") if is_delayed else ("stimulus",)
    sums, steps = zip(*(seen_in(env, trial, period) for period in periods), strict=True)
    tuning, variance = bumps(), 0.1**2
    places = np.array(list(itertools.permutations(range(D), 2)))
    first, second = tuning[places[:, 0]], tuning[places[:, 1]]

    def log_likelihood(m, pair):
        """(trials, places), of what a modality shows, up to what is the same for all."""
        if is_delayed:
            means = [pair[0] * first, pair[1] * second]
        else:
            means = [pair[0] * first + pair[1] * second]
        return sum(
            (one[:, m] @ mean.T - n[:, None] * np.sum(mean**2, axis=1) / 2) / variance
            for one, n, mean in zip(sums, steps, means, strict=True)
        )

    tables = {m: [log_likelihood(m, pair) for pair in strengths] for m in shown}
    others = sum(np.logaddexp.reduce(tables[m]) for m in shown if m not in counted)
    answers = np.zeros((len(steps[0]), D))
    combined = [
        (sum(tables[m][i] for m, i in zip(counted, pick, strict=True)) + others, pick)
        for pick in itertools.product(range(len(strengths)), repeat=len(counted))
    ]
    top = np.max([np.max(log_p, axis=1) for log_p, _ in combined], axis=0)[:, None]
    for log_p, pick in combined:
        lead = sum(strengths[i][0] - strengths[i][1] for i in pick)
        p = np.exp(log_p - top)
        first_wins = 0.5 if abs(lead) < 1e-6 else float(lead > 0)
        for column, share in ((0, first_wins), (1, 1 - first_wins)):
            answers += share * p @ np.eye(D)[places[:, column]]
    return 1 + np.argmax(answers, axis=1)


def ideal_decision(env, name):
    """How often one is right who knows both directions, and what may be shown there."""
    cohs, (_, counted) = np.asarray(env.default_params.cohs), weights_of(name)
    if "dly" in name:
        leads = [a - b for a, b in itertools.permutations(cohs, 2)]
    else:
        leads = np.concatenate([cohs, -cohs]).tolist()
    durations = [2, 4, 6] if name == "dm1" else [5]
    tuning = bumps()
    scores = []
    for offset, n in itertools.product(range(1, D), durations):
        # The lead along the difference of the two bumps, or, of stimuli that are apart, along each.
        size = np.sum((tuning[0] - tuning[offset]) ** 2)
        apart = 2 * np.sum(tuning[0] ** 2)
        per_lead = math.sqrt(size) / 2 if "dly" not in name else math.sqrt(apart) / 2
        for pick in itertools.product(leads, repeat=len(counted)):
            lead = sum(pick) / math.sqrt(len(counted))
            z = abs(lead) * per_lead * math.sqrt(n) / 0.1
            scores.append(0.5 if abs(lead) < 1e-6 else (1 + math.erf(z / math.sqrt(2))) / 2)
    return np.mean(scores)


def family_of(name):
    if name.endswith(("ms", "mc")):
        return "match"
    return "decision" if "dm" in name else "reach"


DECODED = {"reach": decoded_reach, "decision": decoded_decision, "match": decoded_match}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_following_the_truth_earns_all_and_what_is_seen_suffices_for_the_ideal(name):
    env, trial, earned, performance = trials_of(name)
    np.testing.assert_allclose(performance, 1)
    np.testing.assert_allclose(earned, 1)
    last = trial.length - 1
    due = trial.gt[np.arange(NUM_TRIALS), last]
    right = DECODED[family_of(name)](env, name, trial) == due
    ideal = ideal_decision(env, name) if family_of(name) == "decision" else 1.0
    assert abs(right.mean() - ideal) <= Z * np.sqrt(ideal * (1 - ideal) / NUM_TRIALS) + 1e-3
    assert LINES[name].ideal == (round(ideal, 2) if ideal < 0.999 else 1.0)


def test_the_registry_has_the_tasks_of_the_table_in_their_order():
    assert registry.ids_of("yang19") == [f"yang19.{name}-v0" for name in LINES]


def test_the_modality_is_drawn_anew_for_each_trial():
    """Where trials follow upon each other, each of the four pairs is as frequent as any other."""
    env, _ = made("rtgo")
    table = jgn.rollout(env, policy="ground_truth", num_envs=64, num_trials=4096, key=1)
    in_turn = np.lexsort((table.trial, table.env))
    modality, of = table.conditions["modality"][in_turn], table.env[in_turn]
    pairs = (2 * modality[:-1] + modality[1:])[of[1:] == of[:-1]]
    shares = np.bincount(pairs, minlength=4) / len(pairs)
    np.testing.assert_allclose(shares, 0.25, atol=Z * np.sqrt(0.25 * 0.75 / len(pairs)))


def test_a_modality_that_is_given_is_the_ring_on_which_the_stimulus_is():
    for name, period in (("go", "stimulus"), ("dms", "sample")):
        env, params = made(name)
        for modality in (0, 1):
            trial = jax.device_get(env.new_trial(0, params, modality=modality))
            rings = trial.ob[trial.start[env.periods.index(period)], 1:].reshape(2, D)
            assert rings[modality].max() > 0.5
            assert not rings[1 - modality].any()


def test_a_setting_makes_one_task_of_a_family_another():
    """With the params of another task of its family, a task draws the trials of that one."""
    for one, other in (
        ("go", "anti"),
        ("dm2", "ctxdm1"),
        ("dlydm1", "multidlydm"),
        ("dms", "dnms"),
    ):
        (env, _), (twin, params) = made(one), made(other)
        for ours, theirs in zip(
            *(jax.tree.leaves(task.new_trial(3, params)) for task in (env, twin)), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dim_ring", [5, 61, 122])
def test_rings_have_the_units_that_they_were_asked_for(dim_ring):
    env, params = made("anti", dim_ring=dim_ring)
    assert env.theta.shape == (dim_ring,)
    np.testing.assert_allclose(np.diff(env.theta), 2 * np.pi / dim_ring, rtol=1e-4)
    trial = jax.device_get(env.new_trial(0, params, ground_truth=0, modality=0))
    shown = trial.ob[5, 1 : 1 + dim_ring]
    half = dim_ring // 2
    np.testing.assert_allclose(shown[half], shown[-half], atol=1e-6)  # around the opposite


@pytest.mark.parametrize("name", ["go", "rtgo", "dm1", "dlydm1", "dms", "dmc"])
def test_the_cue_is_on_until_the_decision(name):
    env, params = made(name)
    trial = jax.device_get(env.new_trial(0, params))
    step, last = np.arange(env.T), env.periods.index("decision")
    np.testing.assert_array_equal(trial.ob[:, 0], step < trial.start[last])


@pytest.mark.parametrize("name", ["dms", "dnms", "dmc", "dnmc"])
def test_every_match_task_asks_for_what_its_name_says(name):
    """Also where the sample is the first unit of its half, or the last one."""
    env, params = made(name)
    half = D // 2
    for sample, truth in itertools.product((0, half - 1, half, D - 1), (1, 2)):
        trial = jax.device_get(env.new_trial(0, params, sample=sample, ground_truth=truth))
        shown = round(float(trial.conditions["test_theta"]) / (2 * np.pi / D))
        is_match = sample == shown if name.endswith("ms") else sample // half == shown // half
        assert is_match == (truth == 1)
        assert trial.gt[-1] == (shown + 1 if is_match == name.startswith("dm") else 0)
        assert env.has_signal({"ground_truth": np.array([truth])}) == (trial.gt[-1] > 0)
        assert not trial.gt[: trial.start[env.periods.index("decision")]].any()


def test_withholding_is_scored_and_paid_where_it_is_right():
    env, params = made("dnmc", rewards={"withheld": 0.5, "miss": -0.25, "fail": -0.125})
    judge = jax.jit(env.judge)
    for truth, action, at_end, expected in (
        (1, 0, True, (0.5, 1)),  # a match, and so withheld rightly
        (1, 0, False, (0, 0)),
        (1, 3, False, (-0.125, 0)),
        (2, 0, True, (-0.25, 0)),
    ):
        _, state = env.reset(0, ground_truth=truth)
        state = state.replace(t=state.trial.length - 1 - (0 if at_end else 2))
        verdict = judge(state, jnp.int32(action), params)
        assert (float(verdict.reward), float(verdict.performance)) == expected


def test_equal_sums_are_decided_by_the_tie():
    env, params = made("multidm")
    given = {"coh1_mod1": 0.6, "coh2_mod1": 0.4, "coh1_mod2": 0.3, "coh2_mod2": 0.5}
    first, second = (
        env.new_trial(0, params, ground_truth=3, offset=2, tie=tie, **given) for tie in (0, 1)
    )
    for trial, unit in ((first, 3), (second, 5)):
        assert trial.gt[-1] == 0 and trial.conditions["ground_truth"] == 3  # noqa: PT018
        np.testing.assert_allclose(trial.conditions["theta1"], env.theta[unit])


def test_delayed_stimuli_need_two_coherences_and_halves_an_even_ring():
    with pytest.raises(ValueError, match="different cohs: give two at least"):
        made("dlydm1", cohs=[0.5])
    with pytest.raises(ValueError, match="is even, not 5"):
        made("dmc", dim_ring=5)
