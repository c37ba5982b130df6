"""The tasks of Driscoll et al. (2024): each asks for what its name says, by what it shows."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from following import drawn_and_followed
from scipy.special import ndtr

import jaxgym_neuro as jgn
from jaxgym_neuro import registry
from jaxgym_neuro.collections.driscoll24.tasks import LINES, TASKS

NAMES = list(TASKS)
NUM_TRIALS = 600
Z = 4.0  # standard errors: 6e-5 for each of the tasks
TURN = 2 * math.pi
NOISE = 0.1 * math.sqrt(2 * 100 / 20)  # s.d. per step, of sigma_x, a tau of 100 ms and a dt of 20


def made(name, **kwargs):
    return jgn.make(f"driscoll24.{name}-v0", **kwargs)


def trials_of(name, num_trials=NUM_TRIALS, **kwargs):
    env, params = made(name, **kwargs)
    keys = jax.random.split(jax.random.key(NAMES.index(name)), num_trials)
    return env, *jax.device_get(drawn_and_followed(env, keys, params))


def seen_in(env, trial, *periods):
    """Sums of what the circles show as complex numbers, (trials, 2); and the steps, (trials,)."""
    inside = np.zeros((len(trial.length), env.T), bool)
    for period in periods:
        column, step = env.periods.index(period), np.arange(env.T)
        inside |= (step >= trial.start[:, column, None]) & (step < trial.end[:, column, None])
    sine, cosine = trial.ob[..., 1::2].astype(float), trial.ob[..., 2::2].astype(float)
    return np.einsum("nt,ntm->nm", inside, cosine + 1j * sine), inside.sum(1)


def on_one_circle(sums):
    """Direction of the one stimulus that is on either circle."""
    rows = np.arange(len(sums))
    return np.angle(sums[rows, np.argmax(abs(sums), axis=1)])


def wrapped(x):
    """The same angle on several turns, along a new last axis."""
    return np.mod(x, TURN)[:, None] + TURN * np.arange(-2, 3)


def p_below_half(x, sd):
    """How probably a direction that is known to some precision is one below pi."""
    x = wrapped(x)
    return (ndtr((math.pi - x) / sd) - ndtr(-x / sd)).sum(1)


def decoded_reach(env, name, trial):
    periods = {"Delay": ("stimulus1", "response"), "Memory": ("stimulus1",)}
    kind = name.removesuffix("Pro").removesuffix("Anti")
    sums, _ = seen_in(env, trial, *periods.get(kind, ("response",)))
    angle = on_one_circle(sums) + math.pi * name.endswith("Anti")
    return angle, np.ones(len(angle), bool), np.ones(len(angle))


def decoded_decision(env, name, trial):
    """The direction that is more probably the stronger one, by the prior of both strengths."""
    both = name == "IntegrationMultimodal"
    counted = [0, 1] if both else [int(name[-1]) - 1]
    shown = counted if name.startswith("IntegrationModality") else [0, 1]
    angles, strengths, variances = [], [], []
    for period in ("stimulus1", "stimulus2"):
        sums, steps = seen_in(env, trial, period)
        angles.append(np.angle(sums[:, shown].sum(1)))
        along = (sums * np.exp(-1j * angles[-1])[:, None]).real[:, counted]
        strengths.append(along.mean(1) / steps)
        variances.append(NOISE**2 / steps / len(counted))
    mean, coh = np.meshgrid(np.linspace(0.8, 1.2, 21), np.linspace(0.005, 0.8, 200))

    def likelihood(sign):
        log_p = sum(
            -((s[:, None, None] - (mean + sign * way * coh)) ** 2) / 2 / v[:, None, None]
            for s, v, way in zip(strengths, variances, (1, -1), strict=True)
        )
        return np.exp(log_p).sum((1, 2))

    first, second = likelihood(1), likelihood(-1)
    p_first = first / (first + second)
    return (
        np.where(p_first > 0.5, *angles),
        np.ones(len(p_first), bool),
        np.maximum(p_first, 1 - p_first),
    )


def decoded_match(env, name, trial):
    angles, variances = [], []
    for period in ("stimulus1", "response"):
        sums, steps = seen_in(env, trial, period)
        angles.append(on_one_circle(sums))
        variances.append(NOISE**2 / steps)
    if "Sample" in name:
        sd, apart = np.sqrt(sum(variances))[:, None], wrapped(angles[1] - angles[0])
        match = (np.exp(-(apart**2) / 2 / sd**2) / sd / math.sqrt(TURN)).sum(1)
        low, high = math.pi / 9, 17 * math.pi / 9
        other = (ndtr((apart - low) / sd) - ndtr((apart - high) / sd)).sum(1) / (high - low)
        p_match = match / (match + other)
    else:
        first, second = (
            p_below_half(x, np.sqrt(v)[:, None]) for x, v in zip(angles, variances, strict=True)
        )
        p_match = first * second + (1 - first) * (1 - second)
    on_match = name in ("ReactMatch2Sample", "ReactCategoryPro")
    return angles[1], (p_match > 0.5) == on_match, np.maximum(p_match, 1 - p_match)


def decode(env, name, trial):
    """What to do in each trial: a direction, whether to respond, and how sure to be of that."""
    if name.endswith("Sample") or "Category" in name:
        return decoded_match(env, name, trial)
    return (decoded_decision if "Int" in name else decoded_reach)(env, name, trial)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_following_the_truth_earns_all_and_what_is_seen_suffices_for_the_ideal(name):
    """Of a calibrated observer the mean of how sure it is equals how often it is right."""
    env, trial, earned, performance, last = trials_of(name)
    np.testing.assert_array_equal(last, trial.length - 1)
    np.testing.assert_array_equal(performance, 1)
    np.testing.assert_array_equal(earned, 1)
    angle, responds, sure = decode(env, name, trial)
    truth = trial.gt[np.arange(NUM_TRIALS), last]
    is_near = np.cos(angle - np.arctan2(truth[:, 1], truth[:, 2])) > math.cos(math.pi / 10)
    right = np.where(truth[:, 0] == 1, ~responds, responds & is_near)
    ideal = sure.mean()
    assert abs(right.mean() - ideal) <= Z * np.sqrt(ideal * (1 - ideal) / NUM_TRIALS) + 3e-3
    assert abs(LINES[name].ideal - ideal) < 0.01


def test_the_registry_has_the_tasks_of_the_table_in_their_order():
    assert registry.ids_of("driscoll24") == [f"driscoll24.{name}-v0" for name in LINES]


@pytest.fixture(scope="module")
def noisy():
    """Trials of a task with all periods."""
    env, _ = made("ContextIntModality2")
    return env, jax.device_get(jax.vmap(env.new_trial)(jax.random.split(jax.random.key(3), 400)))


def test_durations_are_drawn_from_the_ranges_of_the_authors(noisy):
    env, trial = noisy
    ranges = {
        "context": (200, 600),
        **dict.fromkeys(("stimulus1", "memory1", "stimulus2"), (200, 1600)),
        "memory2": (100, 300),
        "response": (300, 700),
    }
    assert list(ranges) == list(env.periods)
    steps = trial.end - trial.start
    for column, (low, high) in enumerate(ranges.values()):
        assert low / 20 <= steps[:, column].min() < low / 20 + 3
        assert high / 20 - 4 < steps[:, column].max() <= high / 20
    assert np.abs(np.corrcoef(steps.T) - np.eye(6)).max() < Z / math.sqrt(400)


def test_both_circles_are_noisy_throughout_as_the_authors_are_and_the_cue_is_clean(noisy):
    env, trial = noisy
    inside = np.arange(env.T) < trial.length[:, None]
    quiet = jax.vmap(lambda key: env.new_trial(key, env.default_params.replace(sigma=0)))(
        jax.random.split(jax.random.key(3), 400)
    )
    noise = (trial.ob - np.asarray(quiet.ob))[inside]
    assert not noise[:, 0].any()
    np.testing.assert_allclose(noise[:, 1:].std(0), NOISE, rtol=Z / math.sqrt(2 * len(noise)))
    assert np.abs(noise.mean(0)).max() < Z * NOISE / math.sqrt(len(noise))
    assert not trial.ob[~inside].any()
    coarse, _ = made("ReactPro", dt=80)
    context = jax.vmap(coarse.new_trial)(jax.random.split(jax.random.key(0), 300))
    before = np.arange(coarse.T) < np.asarray(context.start)[:, 1, None]
    sd = np.asarray(context.ob)[before][:, 1:].std()
    assert sd == pytest.approx(NOISE / 2, rel=0.05)


def shown(name, **conditions):
    """A trial without noise, and the steps of each of its periods."""
    env, params = made(name, sigma=0)
    trial = jax.device_get(env.new_trial(1, params, **conditions))
    steps = {p: slice(*x) for p, *x in zip(env.periods, trial.start, trial.end, strict=True)}
    return trial, steps


@pytest.mark.parametrize("name", ["DelayPro", "MemoryAnti", "ReactAnti"])
def test_a_reach_shows_its_stimulus_and_its_cue_as_its_name_says(name):
    trial, steps = shown(name, theta=1.0, modality=1)
    seen = {"Delay": ["stimulus1", "response"], "Memor": ["stimulus1"], "React": ["response"]}
    for period, where in steps.items():
        is_seen = period in seen[name[:5]]
        expected = [0, 0, math.sin(1), math.cos(1)] if is_seen else [0] * 4
        np.testing.assert_allclose(trial.ob[where, 1:], [expected] * len(trial.ob[where]), 1e-5)
        fixation = float(period != "response" or name.startswith("React"))
        np.testing.assert_array_equal(trial.ob[where, 0], fixation)
        angle = 1 + math.pi * name.endswith("Anti")
        due = [0, math.sin(angle), math.cos(angle)] if period == "response" else [1, 0, 0]
        np.testing.assert_allclose(trial.gt[where], [due] * len(trial.gt[where]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "shows", "first_is_right"),
    [
        ("IntegrationModality1", (1, 0), True),
        ("IntegrationModality2", (0, 1), False),
        ("ContextIntModality1", (1, 1), True),
        ("ContextIntModality2", (1, 1), False),
        ("IntegrationMultimodal", (1, 1), False),
    ],
)
def test_a_decision_counts_the_modalities_that_its_name_says(name, shows, first_is_right):
    strengths = {(1, 1): 1.2, (2, 1): 1.0, (1, 2): 0.7, (2, 2): 1.1}
    given = {f"strength{i}_mod{m}": s * shows[m - 1] for (i, m), s in strengths.items()}
    trial, steps = shown(name, theta1=0.5, apart=2.0, **given)
    for i, angle in ((1, 0.5), (2, 2.5)):
        expected = [
            s * shows[m - 1] * wave(angle)
            for (number, m), s in strengths.items()
            for wave in (math.sin, math.cos)
            if number == i
        ]
        np.testing.assert_allclose(trial.ob[steps[f"stimulus{i}"]][0, 1:], expected, rtol=1e-5)
    assert not trial.ob[steps["memory1"], 1:].any()
    right = 0.5 if first_is_right else 2.5
    np.testing.assert_allclose(
        trial.gt[-1 + trial.length], [0, math.sin(right), math.cos(right)], 1e-5
    )


def test_modalities_share_a_strength_unequally_where_both_count():
    env, _ = made("IntegrationMultimodal")
    drawn = jax.vmap(env.new_trial)(jax.random.split(jax.random.key(0), 500)).conditions
    first, second = (
        np.stack([np.asarray(drawn[f"strength{i}_mod{m}"]) for m in (1, 2)]) for i in (1, 2)
    )
    mean = (first.mean(0) + second.mean(0)) / 2
    coh = (first.mean(0) - second.mean(0)) / 2
    assert 0.8 <= mean.min() < 0.81 < 1.19 < mean.max() <= 1.2
    assert 0.005 <= abs(coh).min() < 0.02 < 0.78 < abs(coh).max() <= 0.8
    assert 0.4 < (coh > 0).mean() < 0.6
    share = (first[0] - first[1]) / first.mean(0)
    assert 0.005 <= abs(share).min() < 0.02 < 0.78 < abs(share).max() <= 0.8
    misled = np.sign(first - second) != np.sign(coh)
    assert 0.04 < misled.mean() < 0.12  # by one modality alone


@pytest.mark.parametrize("on", [True, False])
def test_a_match_of_the_sample_or_of_its_category_is_answered_as_the_name_says(on):
    name = "ReactMatch2Sample" if on else "ReactNonMatch2Sample"
    for match in (True, False):
        trial, steps = shown(name, theta1=6.0, apart=1.0, match=match, modality1=0, modality2=1)
        angle = 6 + (not match)
        np.testing.assert_allclose(trial.conditions["theta2"], angle % TURN, 1e-5)
        first, second = trial.ob[steps["stimulus1"]][0], trial.ob[steps["response"]][0]
        np.testing.assert_allclose(first, [1, math.sin(6), math.cos(6), 0, 0], rtol=1e-5)
        np.testing.assert_allclose(second, [1, 0, 0, math.sin(angle), math.cos(angle)], 1e-5)
        due = [0, math.sin(angle), math.cos(angle)] if match == on else [1, 0, 0]
        np.testing.assert_allclose(trial.gt[steps["response"]][0], due, rtol=1e-5)
    name = "ReactCategoryPro" if on else "ReactCategoryAnti"
    for first, second, match in ((0.1, 3.1, True), (3.1, 3.2, False), (3.2, 6.2, True)):
        trial, steps = shown(name, theta1=first, theta2=second)
        assert trial.conditions["match"] == match
        due = [0, math.sin(second), math.cos(second)] if match == on else [1, 0, 0]
        np.testing.assert_allclose(trial.gt[steps["response"]][0], due, rtol=1e-5)
        given = {"theta1": np.array([first]), "theta2": np.array([second])}
        assert made(name)[0].has_signal(given) == (match == on)


TOLD = {"correct": 1.0, "fail": -0.25, "miss": -0.5, "abort": -0.125, "withheld": 0.75}
EDGE = math.pi / 10


@pytest.mark.parametrize(
    ("match", "action", "left", "expected"),
    [
        (True, (0, 1, 0), 0, (1.0, 1)),  # a quarter of a turn: where the stimulus is
        (True, (0.4, 0.01, 0), 0, (1.0, 1)),  # however short
        (True, (0, math.cos(0.99 * EDGE), math.sin(0.99 * EDGE)), 0, (1.0, 1)),
        (True, (0, math.cos(1.01 * EDGE), math.sin(1.01 * EDGE)), 0, (-0.25, 0)),
        (True, (0, -1, 0), 0, (-0.25, 0)),
        (True, (0, 0, 0), 0, (-0.25, 0)),  # no direction
        (True, (0, math.nan, 0), 0, (-0.25, 0)),
        (True, (0, 1, 0), 1, (0, 0)),  # before the last step it does not count
        (True, (1, 1, 0), 0, (-0.5, 0)),
        (False, (1, 0, 0), 0, (0.75, 1)),
        (False, (0, 1, 0), 0, (-0.25, 0)),
        (True, (0, 1, 0), 100, (-0.125, 0)),  # fixation is broken
        (True, (1, 1, 0), 100, (0, 0)),
    ],
)
def test_what_counts_is_the_last_step_and_breaking_fixation_before(match, action, left, expected):
    env, params = made("ReactMatch2Sample", rewards=TOLD)
    _, state = env.reset(0, match=match, theta1=math.pi / 2)
    state = state.replace(t=jnp.maximum(state.trial.length - 1 - left, 0))
    verdict = jax.jit(env.judge)(state, jnp.asarray(action, jnp.float32), params)
    assert (float(verdict.reward), float(verdict.performance)) == expected
    assert bool(verdict.ends) == (left == 0)


@pytest.mark.slow
def test_a_setting_makes_one_task_of_a_family_another():
    """With the params of another task of its family, a task draws the trials of that one."""
    for one, other in (
        ("DelayPro", "DelayAnti"),
        ("IntegrationModality1", "ContextIntModality2"),
        ("ReactCategoryPro", "ReactCategoryAnti"),
    ):
        (env, _), (twin, params) = made(one), made(other)
        for ours, theirs in zip(
            *(jax.tree.leaves(task.new_trial(3, params)) for task in (env, twin)), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_coherences_are_the_right_way_round():
    with pytest.raises(ValueError, match="the least of cohs is at most the greatest of cohs"):
        made("IntegrationModality1", cohs=(0.8, 0.1))
    env, params = made("IntegrationMultimodal")
    with pytest.raises(ValueError, match="the least of cohs is at most the greatest of cohs"):
        env.validate(params.replace(cohs=(0.8, 0.1)))


def test_all_of_them_in_one_have_fifteen_rules_and_one_answer():
    collection = jgn.collection("driscoll24")
    env = collection.multi_task()
    assert env.task_names == collection.tasks == tuple(NAMES)
    assert env.observation_space().shape == (5 + 15,)
    assert env.action_space().shape == (3,)
    assert list(env.answers) == ["direction"]


@pytest.mark.slow
def test_some_of_them_in_one_are_played_by_the_ground_truth():
    names = ("ReactAnti", "ContextIntModality1", "ReactNonMatch2Sample")
    env = jgn.collection("driscoll24").multi_task(tasks=names, dt=100)
    table = jgn.rollout(env, policy="ground_truth", num_envs=8, num_trials=96)
    np.testing.assert_array_equal(table.performance, 1)
    withheld = np.isnan(table.answers["direction"])
    assert 0 < withheld.sum() < np.sum(table.conditions["task"] == 2)
    assert not withheld[table.conditions["task"] < 2].any()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["DelayAnti", "ReactPro", "ContextIntModality2", "IntegrationMultimodal", "ReactCategoryPro"],
)
def test_the_families_keep_every_promise(name):
    """Of two others there are samples among the tests of every id."""
    jgn.testing.check_task(f"driscoll24.{name}-v0", num_envs=16)
