"""TrialBuilder: where periods lie, and which steps and channels a call writes."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgym_neuro import registry, timing
from jaxgym_neuro.core.trial import TrialBuilder, TrialLayout

T = 10
PERIODS = ("fixation", "stimulus", "delay", "decision")
TIMING = {"fixation": 200, "stimulus": 300, "delay": 0, "decision": 100}
CHANNELS = {"fixation": 0, "left": [1, 3], "right": range(4, 6), "middle": 2}
NUM_CHANNELS = 6


def begin(timings=None, *, ob_shape=(NUM_CHANNELS,), gt_shape=(), seed=0):
    layout = TrialLayout(
        dt=100,
        num_steps=T,
        periods=PERIODS,
        ob_shape=ob_shape,
        channels=CHANNELS if ob_shape else {},
        gt_shape=gt_shape,
        gt_dtype=jnp.float32 if gt_shape else jnp.int32,
        actions={"fixation": 0, "choice": [2, 1]},
        num_actions=3,
    )
    parsed = timing.parse_all({**TIMING, **(timings or {})})
    return TrialBuilder.begin(layout, jax.random.key(seed), parsed, {})


def laid_out():
    return begin().add_period(PERIODS)


def bounds(builder):
    trial = builder.build()
    return list(zip(trial.start.tolist(), trial.end.tolist(), strict=True))


@pytest.mark.parametrize("longest", [3, 1], ids=["as it is", "shorter than it is"])
def test_noise_of_few_steps_is_that_of_all(longest):
    builder = begin(ob_shape=(2, NUM_CHANNELS)).add_period(PERIODS)
    layout = dataclasses.replace(builder.layout, longest={"stimulus": longest})
    few, every = (
        one.add_randn(2, 0.5, period="stimulus").ob
        for one in (dataclasses.replace(builder, layout=layout), builder)
    )
    assert few.shape == (T, 2, NUM_CHANNELS)
    np.testing.assert_array_equal(few, every)
    assert np.all(np.asarray(few[2:5]) != 0)
    assert not np.any(few[5:])


def test_a_layout_knows_how_many_steps_periods_last_at_most():
    longest = registry.resolve("yang19.dm1-v0")[0].layout.longest
    assert longest == {"fixation": 5, "stimulus": 6, "decision": 2}


class TestPeriods:
    def test_follow_one_another(self):
        builder = laid_out()
        assert bounds(builder) == [(0, 2), (2, 5), (5, 5), (5, 6)]
        assert builder.build().length == 6
        assert builder.period_steps("stimulus") == 3

    def test_one_by_one_lie_as_all_at_once(self):
        builder = begin()
        for name in PERIODS:
            builder = builder.add_period(name)
        assert bounds(builder) == bounds(laid_out())

    def test_after_a_named_period_overlap_those_between(self):
        builder = begin().add_period(("fixation", "stimulus")).add_period("delay", duration=500)
        builder = builder.add_period("decision", after="fixation")
        assert bounds(builder) == [(0, 2), (2, 5), (5, 10), (2, 3)]
        assert builder.build().length == 10

    def test_at_a_step_and_those_that_follow(self):
        builder = begin().add_period(("stimulus", "decision"), at=4)
        assert bounds(builder) == [(0, 0), (4, 7), (0, 0), (7, 8)]

    def test_one_that_a_trial_lacks_is_empty_and_the_next_begins_there(self):
        builder = begin().add_period("fixation").add_period("stimulus", when=jnp.bool_(False))
        builder = builder.add_period("decision", when=jnp.bool_(True))
        assert bounds(builder) == [(0, 2), (2, 2), (0, 0), (2, 3)]

    def test_at_a_traced_step(self):
        @jax.jit
        def lay_out(at):
            return begin().add_period("stimulus", at=at).build().start

        assert lay_out(jnp.int32(3))[1] == 3

    def test_several_after_a_named_period_follow_one_another(self):
        builder = begin().add_period("fixation").add_period("delay", duration=400)
        builder = builder.add_period(("stimulus", "decision"), after="fixation")
        assert bounds(builder) == [(0, 2), (2, 5), (2, 6), (5, 6)]

    def test_are_cut_at_the_last_step(self):
        builder = begin().add_period(("fixation", "stimulus"), duration=700).add_period("decision")
        assert bounds(builder) == [(0, 7), (7, 10), (0, 0), (10, 10)]
        assert builder.build().length == T

    def test_until_ends_at_its_time_or_is_empty(self):
        builder = begin({"stimulus": ("until", 600)}).add_period(("fixation", "stimulus"))
        assert bounds(builder)[1] == (2, 6)
        late = begin({"stimulus": ("until", 100)}).add_period(("fixation", "stimulus"))
        assert bounds(late)[1] == (2, 2)

    def test_a_trial_without_periods_has_one_step(self):
        assert begin().build().length == 1

    def test_are_drawn_independently(self):
        varied = {"fixation": ("uniform", (0, 300)), "delay": ("uniform", (0, 300))}

        @jax.jit
        @jax.vmap
        def ends(seed):
            trial = begin(varied, seed=seed).add_period(PERIODS).build()
            return trial.end - trial.start

        drawn = np.asarray(ends(jnp.arange(4000)))
        table = np.histogram2d(drawn[:, 0], drawn[:, 2], bins=[0, 2, 4])[0]
        assert stats.chi2_contingency(table).pvalue > 1e-6


def written(builder):
    """Steps and channels that are not zero."""
    return {(int(step), int(channel)) for step, channel in np.argwhere(np.asarray(builder.ob))}


STEPS = {"fixation": [0, 1], "stimulus": [2, 3, 4], "delay": [], "decision": [5]}


class TestObservation:
    @pytest.mark.parametrize(
        ("period", "steps"),
        [
            (None, range(T)),
            ("fixation", STEPS["fixation"]),
            ("delay", []),
            (("fixation", "decision"), [0, 1, 5]),
            (["stimulus"], STEPS["stimulus"]),
        ],
    )
    def test_is_written_in_the_periods_named(self, period, steps):
        builder = laid_out().add_ob(1, period=period)
        assert written(builder) == {(s, c) for s in steps for c in range(NUM_CHANNELS)}

    @pytest.mark.parametrize(
        ("where", "channels"),
        [
            (None, range(NUM_CHANNELS)),
            ("fixation", [0]),
            ("left", [1, 3]),
            ("right", [4, 5]),
            (5, [5]),
            (np.int64(2), [2]),
            (("fixation", "right"), [0, 4, 5]),
            (["middle", 0], [0, 2]),
            (range(2, 4), [2, 3]),
        ],
    )
    def test_is_written_in_the_channels_named(self, where, channels):
        for builder in (
            laid_out().add_ob(1, period="stimulus", where=where),
            laid_out().set_ob(1, period="stimulus", where=where),
            laid_out().add_randn(0, 1, period="stimulus", where=where),
        ):
            assert written(builder) == {(s, c) for s in STEPS["stimulus"] for c in channels}

    @pytest.mark.parametrize(
        ("where", "order"), [("right", [4, 5]), ("left", [1, 3]), (["middle", 0], [2, 0])]
    )
    def test_one_value_per_channel_keeps_the_order_of_the_channels(self, where, order):
        ob = laid_out().add_ob(jnp.array([7.0, 8.0]), period="decision", where=where).ob
        expected = np.zeros((T, NUM_CHANNELS))
        expected[5, order] = [7, 8]
        np.testing.assert_array_equal(ob, expected)

    def test_one_value_per_step_and_channel(self):
        value = np.arange(T * 2, dtype=np.float32).reshape(T, 2)
        ob = laid_out().add_ob(value, period="stimulus", where="left").ob
        expected = np.zeros((T, NUM_CHANNELS))
        expected[2:5, [1, 3]] = value[2:5]
        np.testing.assert_array_equal(ob, expected)

    def test_add_sums_and_set_replaces_in_its_place_only(self):
        builder = laid_out().add_ob(1).add_ob(2, period="stimulus")
        assert builder.ob[3, 0] == 3
        builder = builder.set_ob(0.5, period="stimulus", where="left")
        np.testing.assert_array_equal(builder.ob[3], [3, 0.5, 3, 0.5, 3, 3])
        np.testing.assert_array_equal(builder.ob[0], np.ones(NUM_CHANNELS))
        assert builder.ob.dtype == jnp.float32

    def test_each_call_returns_a_new_builder(self):
        before = laid_out()
        before.add_ob(1)
        assert written(before) == set()

    def test_of_an_image_is_written_on_its_last_axis(self):
        builder = begin(ob_shape=(2, NUM_CHANNELS)).add_period(PERIODS)
        ob = builder.add_ob(1, period="fixation", where="left").ob
        assert ob.shape == (T, 2, NUM_CHANNELS)
        assert ob.sum() == 2 * 2 * 2
        assert np.all(ob[:2, :, [1, 3]] == 1)


class TestNoise:
    NUM = 4000

    def draw(self, mu, sigma):
        @jax.jit
        @jax.vmap
        def ob(seed):
            builder = begin(seed=seed).add_period(PERIODS)
            return builder.add_randn(mu, sigma, where="left").add_randn(0, 1, where="right").ob

        return np.asarray(ob(jnp.arange(self.NUM)), np.float64)

    def test_mean_spread_and_independence_per_step_and_channel(self):
        ob = self.draw(0.5, 2.0)
        left = ob[:, :, [1, 3]].reshape(self.NUM, -1)
        # 5 standard errors: fewer than one seed in 10,000 over all the numbers compared here.
        assert np.abs(left.mean(0) - 0.5).max() < 5 * 2 / math.sqrt(self.NUM)
        assert np.abs(left.std(0) - 2).max() < 5 * 2 / math.sqrt(2 * self.NUM)
        everything = ob[:, :, [1, 3, 4, 5]].reshape(self.NUM, -1)
        correlations = np.corrcoef(everything.T) - np.eye(everything.shape[1])
        assert np.abs(correlations).max() < 6 / math.sqrt(self.NUM)
        assert stats.kstest((left.ravel() - 0.5) / 2, "norm").pvalue > 1e-6

    def test_mean_and_spread_may_differ_by_channel(self):
        ob = self.draw(np.array([3, -3], np.float32), np.array([0, 1], np.float32))
        assert np.all(ob[:, :, 1] == 3)
        assert abs(ob[:, :, 3].mean() + 3) < 5 / math.sqrt(self.NUM * T)


NUM_DRAWS = 2000


@pytest.fixture(scope="module")
def drawn():
    """What each kind of draw adds to channels of its own: (NUM_DRAWS, T, NUM_CHANNELS)."""

    @jax.jit
    @jax.vmap
    def ob(seed):
        builder = begin(seed=seed).add_period(PERIODS)
        builder = builder.add_uniform(-1, np.array([1, 3]), where="left")
        builder = builder.add_bernoulli(0.2, 5, period="stimulus", where="fixation")
        builder = builder.add_poisson(np.array([40.0, 600.0]), 0.5, where="right")
        builder, key = builder.with_key()
        return builder.add_ob(jax.random.uniform(key), where="middle").ob

    return np.asarray(ob(jnp.arange(NUM_DRAWS)), np.float64)


class TestDraws:
    """Numbers per step and channel; each bound would be missed by one seed in 10,000."""

    def test_uniform(self, drawn):
        for channel, high in ((1, 1), (3, 3)):
            unit = (drawn[:, :, channel].ravel() + 1) / (high + 1)
            assert stats.kstest(unit, "uniform").pvalue > 1e-5

    def test_bernoulli_adds_its_size_within_its_period(self, drawn):
        pulses = drawn[:, :, 0]
        assert set(np.unique(pulses)) == {0, 5}
        assert np.all(pulses[:, [*STEPS["fixation"], *range(5, T)]] == 0)
        count = int((pulses > 0).sum())
        assert stats.binomtest(count, NUM_DRAWS * len(STEPS["stimulus"]), 0.2).pvalue > 1e-5

    @pytest.mark.parametrize(("channel", "mean"), [(4, 4), (5, 60)])
    def test_poisson_counts_of_a_rate_in_hz(self, drawn, channel, mean):
        counts = (2 * drawn[:, :, channel]).ravel().astype(int)  # steps last 100 ms
        least, most = stats.poisson.ppf([0.05, 0.99], mean).astype(int)
        edges = np.arange(least, most + 1)
        found = np.bincount(np.clip(counts, least - 1, most + 1) - (least - 1))
        inside = stats.poisson.pmf(edges, mean)
        tails = stats.poisson.cdf(least - 1, mean), stats.poisson.sf(most, mean)
        expected = np.array([tails[0], *inside, tails[1]]) * len(counts)
        assert stats.chisquare(found, expected * found.sum() / expected.sum()).pvalue > 1e-5

    def test_all_are_independent_of_each_other(self, drawn):
        columns = np.hstack([drawn[:, 2], drawn[:, 3][:, [0, 1, 3, 4, 5]]])  # middle: one draw
        correlations = np.corrcoef(columns.T) - np.eye(columns.shape[1])
        assert np.abs(correlations).max() < 5 / math.sqrt(NUM_DRAWS)

    def test_nothing_is_drawn_where_there_is_nothing_to_draw(self):
        builder = laid_out().add_poisson(np.array([0, 1e-9]), where="left")
        assert written(builder.add_bernoulli(0, where="right")) == set()
        assert written(laid_out().add_bernoulli(1, period="decision", where="middle")) == {(5, 2)}

    @pytest.mark.parametrize(
        "add",
        [
            lambda b, x: b.add_uniform(-x, x, where="left"),
            lambda b, x: b.add_bernoulli(x / 4, x, where="left"),
            lambda b, x: b.add_poisson(10 * x, x, where="left"),
            lambda b, x: b.add_randn(x, x, where="left"),
        ],
    )
    def test_one_number_per_channel_is_what_a_row_of_them_for_each_step_is(self, add):
        two = np.array([1, 2], np.float32)
        with jax.numpy_rank_promotion("raise"):
            found = add(laid_out(), two).ob
            expected = add(laid_out(), np.tile(two, (T, 1))).ob
        np.testing.assert_array_equal(found, expected)
        assert np.any(found[:, 1] != found[:, 3])

    def test_what_is_drawn_is_signal_and_hidden_with_it(self):
        builder = laid_out().hide(True, (1, 3))
        for add in (
            lambda b: b.add_poisson(1e3, where="left"),
            lambda b: b.add_bernoulli(1, where="left"),
            lambda b: b.add_uniform(1, 2, where="left"),
        ):
            assert written(add(builder)) == set()
            assert written(add(laid_out())) == {(s, c) for s in range(T) for c in (1, 3)}

    def test_gradients_pass_through_uniform_and_size_and_are_0_for_rates(self):
        def total(low, size, rate):
            builder = laid_out().add_uniform(low, 9, where="left")
            return builder.add_poisson(rate, size, where="middle").ob.sum()

        low, size, rate = jax.grad(total, (0, 1, 2))(0.0, 2.0, 30.0)
        unit = laid_out().add_uniform(0, 1, where="left").ob.sum()
        np.testing.assert_allclose(low, 2 * T - unit, rtol=1e-5)
        counts = laid_out().add_uniform(where="left").add_poisson(30, where="middle").ob[:, 2].sum()
        assert size == counts
        assert rate == 0

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda b: b.add_bernoulli(1.5), "p is a finite number of at least 0 and at most 1"),
            (lambda b: b.add_poisson([3, -1], where="left"), r"rate \(Hz\) is .* of at least 0"),
            (lambda b: b.add_poisson(np.nan), r"rate \(Hz\) is a finite number"),
            (lambda b: b.add_uniform(2, 1), r"low is at most high \(1\), not 2"),
            (lambda b: b.add_bernoulli([0.1] * 3, where="left"), r"one per channel \(2 here\)"),
            (lambda b: b.add_randn(0, np.ones(3), where="left"), r"one per channel \(2 here\)"),
            (lambda b: b.add_uniform(where="lfet"), "did you mean 'left'"),
            (lambda b: b.add_uniform(period="dealy"), "did you mean 'delay'"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, call, words):
        with pytest.raises(ValueError, match=words):
            call(laid_out())


class TestHidden:
    def test_only_noise_is_written_to_hidden_channels(self):
        def written(builder):
            builder = builder.add_ob(1).add_ob(np.arange(6, dtype=np.float32), period="decision")
            return builder.add_randn(3, 0.5, where="left").set_ob(9, where="middle").ob

        shown = written(laid_out())
        for channels in ((1,), (1, 3), (2, 4)):
            hidden = written(laid_out().hide(True, channels))
            others = [i for i in range(6) if i not in channels]
            np.testing.assert_allclose(hidden[:, others], shown[:, others], atol=1e-6)
            noise = laid_out().add_randn(0, 0.5, where="left").ob
            np.testing.assert_allclose(
                hidden[:, list(channels)], noise[:, list(channels)], atol=1e-6
            )
        never = written(laid_out().hide(False, (1,)))
        np.testing.assert_allclose(never, shown, atol=1e-6)

    def test_what_is_hidden_twice_is_hidden_by_either(self):
        builder = laid_out().hide(False, (0, 1)).hide(True, (1, 2))
        np.testing.assert_array_equal(builder.add_ob(1).ob[0], [1, 0, 0, 1, 1, 1])

    def test_the_stimulus_is_told_by_the_names_of_the_task_that_writes(self):
        def layout(**channels):
            return dataclasses.replace(begin().layout, channels=channels, ob_shape=(3,))

        assert layout(fixation=0, stim1=1, stim2=2).stimulus == (1, 2)
        assert layout(fixation=0, AntiReach_stimulus=[1, 2]).stimulus == (1, 2)
        assert layout(fixation=0, left=1, right=2).stimulus == (1, 2)
        outer = laid_out().hide(True)
        for own, seen in (
            (layout(fixation=0, context=1, stimulus=2), [1, 1, 0]),
            (layout(fixation=0, stimulus=[1, 2]), [1, 0, 0]),
        ):
            inner = outer.for_task(own, jax.random.key(1), {}, {})
            np.testing.assert_array_equal(inner.add_ob(1).ob[0], seen)
            np.testing.assert_array_equal(outer.narrowed(own).add_ob(1).ob[0], seen)


class TestPeriodsThatMove:
    def test_a_trial_is_cut_at_a_step(self):
        cut, whole = laid_out().cut_at(3).build(), laid_out().build()
        assert cut.length == 3
        np.testing.assert_array_equal(cut.start, np.minimum(whole.start, 3))
        np.testing.assert_array_equal(cut.end, np.minimum(whole.end, 3))

    def test_a_period_is_moved_and_the_others_stay(self):
        builder = laid_out()
        moved = builder.move_period("decision", 1, 4)
        assert tuple(map(int, moved.bounds["decision"])) == (1, 4)
        assert moved.bounds["stimulus"] is builder.bounds["stimulus"]
        with pytest.raises(ValueError, match="unknown period 'decsion'"):
            builder.move_period("decsion", 1, 4)


def test_a_task_inside_has_the_first_channels_and_the_rest_stay_zero():
    outer = laid_out()
    layout = dataclasses.replace(outer.layout, channels={"fixation": 0, "left": 1}, ob_shape=(2,))
    inner = outer.narrowed(layout).add_ob(1)
    assert inner.ob.shape == (T, 2)
    np.testing.assert_array_equal(inner.widened(outer.layout).ob[0], [1, 1, 0, 0, 0, 0])


class TestGroundTruth:
    def test_is_written_in_its_period(self):
        builder = (
            laid_out().set_groundtruth(2, period="stimulus").set_groundtruth(1, period="delay")
        )
        np.testing.assert_array_equal(builder.gt, [0, 0, 2, 2, 2, 0, 0, 0, 0, 0])
        assert builder.gt.dtype == jnp.int32

    @pytest.mark.parametrize(("option", "action"), [(0, 2), (1, 1)])
    def test_where_counts_among_the_actions_of_a_name(self, option, action):
        builder = laid_out().set_groundtruth(option, period="decision", where="choice")
        assert builder.gt[5] == action
        assert np.count_nonzero(builder.gt) == 1

    def test_of_several_dimensions(self):
        builder = begin(gt_shape=(2,)).add_period(PERIODS)
        gt = builder.set_groundtruth(jnp.array([0.5, -1.0]), period=("fixation", "decision")).gt
        assert gt.shape == (T, 2)
        np.testing.assert_array_equal(gt[5], [0.5, -1])
        assert not np.any(gt[2:5])


def test_derived_conditions_are_recorded():
    trial = laid_out().set_conditions(side=jnp.int32(1)).set_conditions(coh=jnp.float32(2)).build()
    assert trial.conditions == {"side": 1, "coh": 2}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda b: b.add_period("decsion"), ["period", "'decsion'", "did you mean 'decision'?"]),
        (lambda b: b.add_period("delay", after="stimulus"), ["period", "'stimulus'"]),
        (lambda b: b.add_ob(1, period="stimulus"), ["period", "'stimulus'"]),
        (lambda b: b.set_groundtruth(1, period="stimulus"), ["period", "'stimulus'"]),
        (lambda b: b.period_steps("stimulus"), ["period", "'stimulus'"]),
        (lambda b: b.add_ob(1, where="lfet"), ["channel", "'lfet'", "did you mean 'left'?"]),
        (lambda b: b.add_randn(where="up"), ["channel", "'up'", "fixation, left, middle, right"]),
        (lambda b: b.add_ob(1, where=6), ["channel 6", "there are 6"]),
        (lambda b: b.add_ob(1, where=-1), ["channel -1", "there are 6"]),
        (
            lambda b: b.set_groundtruth(0, where="chioce"),
            ["action", "'chioce'", "did you mean 'choice'?"],
        ),
    ],
)
def test_an_error_names_what_was_given_and_what_is_known(call, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the words are checked below)
        call(begin())
    for word in words:
        assert word in str(error.value)


def test_a_period_without_timing_asks_for_a_duration():
    layout = begin().layout
    builder = TrialBuilder.begin(layout, jax.random.key(0), {}, {})
    with pytest.raises(ValueError, match=r"'delay' has no timing; pass duration= in ms"):
        builder.add_period("delay")


def test_a_scalar_observation_has_no_channels():
    builder = begin(ob_shape=()).add_period(PERIODS)
    assert builder.add_ob(1, period="fixation", where=None).ob.sum() == 2
    with pytest.raises(ValueError, match="scalar observation"):
        builder.add_randn()
