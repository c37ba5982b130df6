"""Ideal observers: as policies they score what is computed or simulated, in every condition."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from observing import Z, assert_agree, played

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal
from jaxgym_neuro.ideal.perceptual import SignalHasCome

NUM_TRIALS = 20_000

# Each with noise that makes it hard, other timing than the default, and some with another dt.
INDIFFERENT = {"offers": ((3, 2), (4, 2), (5, 2), (6, 2)), "sigma": 8.0}
CASES = {
    "motion": ("PerceptualDecisionMaking-v0", {"sigma": 4.4, "timing": {"delay": 200}}),
    "motion, 8 directions": ("PerceptualDecisionMaking-v0", {"sigma": 4.4, "dim_ring": 8}),
    "motion, delayed": (
        "PerceptualDecisionMakingDelayResponse-v0",
        {"sigma": 4.0, "timing": {"delay": [100, 300]}},
    ),
    "the last of the stages": ("CVLearning-v0", {"stages": (4,), "sigma": 4.0}),
    "senses": (
        "MultiSensoryIntegration-v0",
        {"sigma": 2.0, "modalities": (0.5, 0.25, 0.25), "unreliability": (0.5, 1.0)},
    ),
    "context": ("ContextDecisionMaking-v0", {"sigma": 2.0, "use_expl_context": True}),
    "tones": ("ToneDetection-v0", {"sigma": 3.0, "amplitudes": (0.5, 1.5)}),
    "frequencies": ("DelayComparison-v0", {"sigma": 3.0, "timing": {"delay": 300}}),
    "match": (
        "DelayMatchSample-v0",
        {"sigma": 5.0, "dim_ring": 4, "distance": 1.0, "timing": {"sample": 300}},
    ),
    "category": ("DelayMatchCategory-v0", {"sigma": 3.0, "dim_ring": 4, "num_directions": 3}),
    "category, two tests": (
        "DelayMatchCategory-v0",
        {"sigma": 3.0, "second_test": True, "rewards": {"miss": -0.3, "fail": -0.5}},
    ),
    "pairs": ("DelayPairedAssociation-v0", {"sigma": 15.0, "timing": {"stim1": 400}}),
    "signal": (
        "Detection-v0",
        {"sigma": 2.0, "amplitudes": (0.5, 1.0), "timing": {"fixation": 200}},
    ),
    "pulses": ("PulseDecisionMaking-v0", {"n_bin": 3, "dt": 50, "sigma": 0.5, "fewest_bins": 2}),
    "shapes": ("ProbabilisticReasoning-v0", {"n_loc": 2, "dt": 250}),
    "juice": ("EconomicDecisionMaking-v0", {"dt": 250}),
    "an interval": (
        "ReadySetGo-v0",
        {"priors": ((480, 640), (640, 800)), "gain": (1.0, 1.5), "weber": 0.15, "dt": 40},
    ),
    "two intervals": ("OneTwoThreeGo-v0", {"weber": 0.2, "timing": {"interval1": [600, 900]}}),
    "a clock": (
        "MotorTiming-v0",
        {"weber": 0.2, "prod_margin": 0.1, "dt": 50, "two_movements": True},
    ),
    "durations": ("IntervalDiscrimination-v0", {"weber": 0.2, "timing": {"stim2": [400, 500]}}),
    "senses, detected": (
        "AnnubesEnv-v0",
        {
            "session": {"v": 1, ("a", "v"): 2},
            "intensities": {"a": (0.1, 0.3), "v": (0.2, 0.4)},
            "noise_std": 0.3,
            "catch_prob": 0.3,
            "rewards": {"fail": -1.0},
        },
    ),
    "several alternatives": ("priors.priors_v0-v0", {"sigma": 2.0}),
    "dots": ("perceptualdecisionmaking.roitman02-v0", {"sigma": 4.0, "timing": {"stimulus": 800}}),
}
RULES = {"dots": ideal.Bound(0.3), "several alternatives": "history ignored"}


# Some of each kind of rule; the test of the presets has every task.
FAST = ("motion, 8 directions", "senses", "match", "signal", "an interval", "two intervals", "dots")


@pytest.mark.parametrize(
    "case", [pytest.param(x, marks=() if x in FAST else pytest.mark.slow) for x in CASES]
)
def test_a_policy_that_sees_only_observations_scores_what_is_computed(case):
    id, arguments = CASES[case]
    env, params = jgn.make(id, **arguments)
    rule = RULES.get(case, "ideal")
    expected = ideal.performance(env, params, rule, num_trials=8192)  # two times a chunk
    assert_agree(played(env, params, rule, expected), expected)


# Derived once more by hand, or by simulation with NumPy.
KNOWN = [
    ("PerceptualDecisionMaking-v0", {}, "ideal", 0.8957, [0.5, 0.9785, 1, 1, 1]),
    ("PerceptualDecisionMaking-v0", {"dt": 20}, "ideal", 0.8957, [0.5, 0.9785, 1, 1, 1]),
    ("PerceptualDecisionMaking-v0", {"sigma": 4.4}, "ideal", None, [0.5, 0.677, 0.821, 0.967, 1]),
    ("PerceptualDecisionMakingDelayResponse-v0", {}, "ideal", 0.886, [0.5, 0.933, 0.999, 1, 1]),
    ("CVLearning-v0", {}, "ideal", 1.0, [1, 1, 1, 1, 1]),
    ("CVLearning-v0", {"th_stage": -1}, "ideal", 0.886, [0.5, 0.933, 0.999, 1, 1]),
    ("ContextDecisionMaking-v0", {}, "ideal", 0.941, [0.825, 0.997, 1]),
    ("MultiSensoryIntegration-v0", {}, "ideal", 0.908, [0.746, 0.976, 1]),
    ("ToneDetection-v0", {"sigma": 2.0}, "ideal", 0.940, None),
    ("ToneDetection-v0", {"sigma": 4.0}, "ideal", 0.692, None),
    ("DelayComparison-v0", {}, "difference", 0.9957, None),
    ("DelayComparison-v0", {"sigma": 4.0}, "difference", 0.745, None),
    ("DelayMatchSample-v0", {"sigma": 8.0}, "ideal", 0.953, None),
    ("DelayMatchSample-v0", {"sigma": 15.0}, "ideal", 0.751, None),
    ("DelayMatchCategory-v0", {}, "ideal", 0.971, None),
    ("DelayMatchCategory-v0", {}, "at once", 0.950, None),
    ("DelayMatchCategory-v0", {"sigma": 3.0}, "ideal", 0.915, None),
    ("DelayPairedAssociation-v0", {"sigma": 10.0}, "ideal", 0.975, None),
    ("IntervalDiscrimination-v0", {}, "first alone", 0.814, None),
    ("IntervalDiscrimination-v0", {"dt": 10}, "first alone", 0.7586, None),
    ("ReadySetGo-v0", {"dt": 20}, "ideal", 1.0, None),
    ("ProbabilisticReasoning-v0", {}, "ideal", 0.9155, None),
    ("ProbabilisticReasoning-v0", {}, "one location", 0.651, None),
    ("DualDelayMatchSample-v0", {"sigma": 8.0}, "ideal", 0.953, None),
    ("PulseDecisionMaking-v0", {}, "ideal", 0.960, None),
    ("PulseDecisionMaking-v0", {"n_bin": 12}, "ideal", 0.990, None),
    ("Detection-v0", {}, "never go", 0.5, None),
    ("EconomicDecisionMaking-v0", {}, "more drops", 8 / 9, None),
    ("perceptualdecisionmaking.ibl20-v0", {}, "prior ignored", 0.8957, None),
    ("perceptualdecisionmaking.ibl20-v0", {}, "block known", 0.940, [0.763, 0.937, 0.999, 1, 1]),
]


@pytest.mark.parametrize(("id", "arguments", "rule", "mean", "by"), KNOWN)
def test_closed_forms_have_the_known_values(id, arguments, rule, mean, by):
    env, params = jgn.make(id, **arguments)
    found = ideal.performance(env, params, rule)
    assert found.source == "closed form"
    if mean is not None:
        assert found.mean_performance == pytest.approx(mean, abs=6e-4)
    if by is not None:
        np.testing.assert_allclose(found.performance, by, atol=6e-4)


def test_the_worth_of_amounts_that_are_seen_imprecisely_is_a_matter_of_degree():
    env, params = jgn.make("EconomicDecisionMaking-v0", **INDIFFERENT)
    found = ideal.performance(env, params, num_trials=NUM_TRIALS)
    expected = np.array([0.898, 0.633, 0.723, 0.939])  # of 50,000 trials each, with NumPy
    count = found.share * found.num_trials
    errors = np.sqrt(expected * (1 - expected) * (1 / count + 1 / 50_000))
    assert np.all(np.abs(found.performance - expected) < 5 * errors)


def test_without_noise_observers_do_not_err():
    for id in ("PerceptualDecisionMaking-v0", "DelayMatchSample-v0", "DelayMatchCategory-v0"):
        env, params = jgn.make(id, sigma=0)
        found = ideal.performance(env, params)
        is_clear = found.conditions.get("coh", np.ones(len(found))) > 0
        assert np.all(found.performance[is_clear] == 1)


def test_to_know_the_block_helps_most_where_nothing_is_seen():
    """Were the coherence known to be 0, it would be right as often as the block's side is."""
    env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", cohs=[0.0])
    assert ideal.performance(env, params, "block known").mean_performance == pytest.approx(0.8)
    env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", sigma=4.0)
    known, ignored = (ideal.performance(env, params, x) for x in ("block known", "prior ignored"))
    assert known.mean_performance > ignored.mean_performance + 0.03
    assert np.argmax(known.performance - ignored.performance) == 0


@pytest.mark.parametrize(
    ("id", "rewards"),
    [
        ("Bandit-v0", {"probabilities known": 2 / 3, "random": 0.5}),
        (
            "DawTwoStep-v0",
            {"probabilities known": 0.610, "random first choice": 0.583, "random": 0.5},
        ),
    ],
)
def test_what_knowing_the_probabilities_is_worth(id, rewards):
    """The best of uniform probabilities, by their order statistics."""
    env, params = jgn.make(id)
    assert set(ideal.rules(env)) == set(rewards)
    for rule, reward in rewards.items():
        found = ideal.performance(env, params, rule)
        assert abs(found.mean_reward - reward) < Z * found.mean_reward_error + 5e-4


def test_who_knows_what_is_likely_to_follow_is_right_more_often():
    """With two in play: always, if it always follows; not at all, if either does."""
    env, params = jgn.make("priors.priors_v0-v0", n_ch=2, preset="psychometric")
    ignored = ideal.performance(env, params, "history ignored", num_trials=8192)
    # Of trials of 330 ms in the mean: 50, 65, 77, 91 and 99 %, by coherence.
    assert ignored.mean_performance == pytest.approx(0.764, abs=Z * ignored.mean_performance_error)
    for p, more in ((0.5, 0.0), (1.0, 1 - ignored.mean_performance)):
        swept = params.replace(ctx_p=p)
        known = ideal.performance(env, swept, "successor known", num_trials=8192)
        error = np.hypot(ignored.mean_performance_error, known.mean_performance_error)
        gain = known.mean_performance - ignored.mean_performance
        assert gain == pytest.approx(more, abs=Z * error)


def test_bounds_that_are_not_given_keep_pace_with_the_sum():
    env, params = jgn.make("perceptualdecisionmaking.roitman02-v0", sigma=4.0, dt=50)
    found = ideal.bounds(env, params, num_trials=2, key=1)
    np.testing.assert_allclose(found.bound, np.arange(13) * 0.05 * 4 * 2, rtol=1e-5)


def test_the_best_bound_rises_with_the_time_between_trials():
    # Inter-trial interval, time-out: best bound, accuracy, ms watched; simulated with NumPy.
    expected = {
        (0, 0): (0.0, 0.825, 200),
        (1000, 0): (0.05, 0.836, 212),
        (1000, 2000): (0.15, 0.859, 261),
        (2000, 2000): (0.20, 0.868, 302),
        (5000, 2000): (0.30, 0.883, 405),
    }
    best = []
    for (iti, time_out), (bound, accuracy, watched) in expected.items():
        found = ideal.bounds(iti=iti, time_out=time_out, key=1)
        best.append(found.best)
        i = int(np.argmin(np.abs(found.bound - bound)))
        # The same trials are played with all bounds, and the optimum is flat.
        assert found.rate[i] > found.rate[found.best] - 2 * found.rate_error[i]
        assert abs(found.performance[i] - accuracy) < Z * found.performance_error[i] + 1e-3
        assert abs(found.watched[i] - watched) < 0.02 * watched
    assert best == sorted(best)
    assert best[0] == 0
    assert best[-1] > best[2] > best[1]


@dataclasses.dataclass(frozen=True)
class AsSureAs(SignalHasCome):
    log_odds: float = dataclasses.field(default=0.0, compare=False)  # all share a program

    def known(self, env, params):
        known = super().known(env, params)
        return {**known, "least": np.full_like(known["least"], self.log_odds)}


def test_waiting_for_the_signal_is_free_while_the_stimulus_cannot_end():
    """So an observer that knows when it may end earns more than any fixed certainty does."""
    env, params = jgn.make("Detection-v0", sigma=2.0)
    best = ideal.performance(env, params)
    for log_odds in (-0.5, 0.0, 0.5):
        other = ideal.performance(env, params, AsSureAs(log_odds))
        error = np.hypot(best.mean_reward_error, other.mean_reward_error)
        assert best.mean_reward - other.mean_reward > Z * error


def test_a_sweep_over_params_shares_a_policy():
    env, params = jgn.make("PerceptualDecisionMaking-v0")
    first, _ = ideal.observer(env, params)
    second, _ = ideal.observer(env, params.replace(sigma=3.0))
    assert first == second
    assert hash(first) == hash(second)


# ------------------------------------------------------------------------------ what is refused


def test_a_task_without_an_observer_is_refused_with_those_that_have_one():
    with pytest.raises(ValueError, match=r"Null has no ideal observer; .*PerceptualDecisionMaking"):
        ideal.observer("Null-v0")
    inside = jgn.wrappers.PassReward(jgn.make("DelayMatchSample-v0")[0])
    wrapped = jgn.wrappers.TimeOut(inside, 1000)
    with pytest.raises(ValueError, match="and DelayMatchSample, which is inside, has one"):
        ideal.performance(wrapped)


def test_an_unknown_rule_is_refused_with_the_closest_one():
    with pytest.raises(ValueError, match="f2 alone"):
        ideal.performance("DelayComparison-v0", rule="f2 alon")


def test_timing_that_an_observer_cannot_follow_is_refused_in_words():
    env, params = jgn.make("DelayMatchSample-v0", timing={"delay": 0})
    with pytest.raises(ValueError, match="'sample' and 'test' apart by the silence"):
        ideal.observer(env, params)
    env, params = jgn.make("PerceptualDecisionMaking-v0", timing={"stimulus": [0, 300]})
    with pytest.raises(ValueError, match="needs a 'stimulus' in every trial"):
        ideal.observer(env, params)
    env, params = jgn.make("ToneDetection-v0", timing={"stimulus": [2000, 2500]})
    with pytest.raises(ValueError, match="counts steps"):
        ideal.observer(env, params)


def test_other_forms_of_a_task_are_refused_rather_than_misjudged():
    env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", gratings=True)
    with pytest.raises(ValueError, match="not of gratings, free_response or time_out"):
        ideal.performance(env, params, "prior ignored")
    env, params = jgn.make("DelayMatchSampleDistractor1D-v0", min_distance=0.5)
    with pytest.raises(ValueError, match=r"min_distance is 0\.5, not 0"):
        ideal.observer(env, params)
    env, params = jgn.make("DelayMatchSampleDistractor1D-v0", p_repeat=0.5)
    with pytest.raises(ValueError, match=r"p_repeat is 0\.5, not 0"):
        ideal.observer(env, params)
    with pytest.raises(ValueError, match="knows no inner task"):
        ideal.observer(jgn.make("DelayPairedAssociation-v0", dual=True)[0])


def test_what_nobody_sees_makes_no_policy():
    with pytest.raises(ValueError, match="is told side_bias_block"):
        ideal.observer("perceptualdecisionmaking.ibl20-v0", rule="block known")


def test_an_observer_plays_its_own_task_alone():
    policy, memory = ideal.observer("DelayMatchSample-v0")
    with pytest.raises(ValueError, match="observer of DelayMatchSample"):
        jgn.rollout("DelayMatchCategory-v0", None, policy, memory, num_trials=1)


# ------------------------------------------------------------------------------ of one's own


class Sign(jgn.ChoiceTask):
    """See a number, and say whether it is likely to come from the first or second source."""

    TIMING = {"stimulus": 100, "decision": 100}
    CHANNELS = {"fixation": jgn.Channel("1 until the answer"), "stimulus": jgn.Channel("a number")}
    ACTIONS = {"fixation": jgn.Action("wait"), "choice": jgn.Action("the source", 2)}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    CONDITIONS = {"ground_truth": jgn.Condition("0 or 1", "int32", one_of=(0, 1))}
    WAITING = ("stimulus",)
    choices = (0, 1)

    def __init__(self):
        super().__init__(dt=100)

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jgn.random.integer(key, 2)}, carry

    def build_trial(self, builder, conditions, params):
        mean = jnp.where(conditions["ground_truth"] == 1, 1.0, -1.0)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period="stimulus", where="fixation")
            .add_randn(mean, 1.0, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )


@dataclasses.dataclass(frozen=True)
class BySign(ideal.Cued):
    BY = ("ground_truth",)

    def decide(self, env, known, seen, ob, key):
        return jnp.where(seen.sums[0, 0] > 0, 2, 1)


def test_an_author_registers_an_observer(monkeypatch):
    monkeypatch.setattr(ideal.rule, "_rules", dict(ideal.rule._rules))
    ideal.register(Sign, {"ideal": BySign()})
    env = Sign()
    found = ideal.performance(env)
    assert found.mean_performance == pytest.approx(0.8413, abs=Z * found.mean_performance_error)
    assert_agree(played(env, env.default_params, "ideal", found), found)


def test_what_is_registered_is_a_rule_of_a_task():
    with pytest.raises(ValueError, match="derives from TrialEnv"):
        ideal.register(jax.Array, {"ideal": BySign()})
    with pytest.raises(ValueError, match=r"rule 'ideal' is a jaxgym_neuro\.ideal\.Rule"):
        ideal.register(Sign, {"ideal": "best"})


def test_a_performance_prints_a_line_per_condition_and_gives_columns():
    found = ideal.performance("PerceptualDecisionMaking-v0")
    first, header, *rows = repr(found).splitlines()
    assert first == "Performance of 'ideal' in PerceptualDecisionMaking (closed form):"
    assert header.split() == ["coh", "share", "performance", "reward"]
    assert len(rows) == 6
    assert rows[1].split() == ["6.4", "0.2", "0.9785", "0.9785"]
    columns = found.columns()
    assert list(columns) == [
        "coh",
        "share",
        "performance",
        "performance_error",
        "reward",
        "reward_error",
    ]
    assert {len(column) for column in columns.values()} == {5}
