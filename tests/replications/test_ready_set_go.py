"""Ready-Set-Go over people: intervals of the paper, and what is said of regression."""

import numpy as np
import pytest

from jaxgym_neuro import references, replications
from jaxgym_neuro.replications import ready_set_go


def subject(regressions, noise=0.05):
    """Return trials of a subject that regresses by these shares to the mean of each prior."""
    rng = np.random.default_rng(0)
    columns = {"prior": [], "production": [], "produced": []}
    for number, (asked, share) in enumerate(
        zip(ready_set_go.intervals(), regressions, strict=True)
    ):
        drawn = rng.choice(asked, 3_000)
        mean = np.mean(asked) + (1 - share) * (drawn - np.mean(asked))
        columns["prior"].append(np.full(3_000, number))
        columns["production"].append(drawn)
        columns["produced"].append(mean * (1 + noise * rng.normal(size=3_000)))
    return {name: np.concatenate(each) for name, each in columns.items()}


def statement(*shares, control=(0.0, 0.0, 0.0)):
    timings = {
        ready_set_go.NOISY: ready_set_go.Timing.of([subject(shares)]),
        ready_set_go.EXACT: ready_set_go.Timing.of([subject(control)]),
        ready_set_go.BEST: ready_set_go.Timing.of([subject((0.2, 0.3, 0.4))]),
    }
    singles = {name: [timings[name]] for name in (ready_set_go.NOISY, ready_set_go.EXACT)}
    return ready_set_go.statement(timings, singles)


def test_intervals_are_the_published_ones_to_half_a_step():
    table, mine = references.load("jazayeri10"), ready_set_go.intervals()
    for row, each in enumerate(mine):
        assert abs(each[0] - table["low"][row]) <= ready_set_go.DT / 2
        assert abs(each[-1] - table["high"][row]) <= ready_set_go.DT / 2
        assert np.all(np.diff(each) == ready_set_go.DT)
    assert ready_set_go.shared_interval() == 840


def test_regression_is_measured_in_each_prior():
    """3,000 trials of each: regression is known to 0.04, at three standard errors and more."""
    found = ready_set_go.Timing.of([subject((0.2, 0.3, 0.5))])
    assert found.regression == pytest.approx([0.2, 0.3, 0.5], abs=0.05)
    # Of 840 ms the productions are drawn to 660, 860 and 1020 ms.
    assert found.shared == pytest.approx((804, 846, 930), abs=10)


def test_a_regression_that_does_not_grow_is_said_not_to_fit():
    assert statement(0.2, 0.3, 0.4)[0].endswith("the longer the intervals, in every network")
    assert statement(0.4, 0.3, 0.2)[0].endswith("but not in every network")
    assert statement(-0.2, 0.1, 0.2)[0].endswith("but not in every network")


def test_productions_of_the_shared_interval_say_whether_the_prior_counts():
    assert "as those of people do" in statement(0.2, 0.3, 0.4)[1]
    assert "which does not fit people" in statement(-0.4, 0.3, -0.4)[1]


def test_networks_that_produce_nothing_fit_nothing():
    silent = subject((0.2, 0.3, 0.4))
    silent["produced"] = np.where(silent["prior"] == 1, np.nan, silent["produced"])
    found = ready_set_go.Timing.of([silent])
    assert np.isnan(found.regression).tolist() == [False, True, False]
    timings = dict.fromkeys((ready_set_go.NOISY, ready_set_go.EXACT, ready_set_go.BEST), found)
    (only,) = ready_set_go.statement(timings, {})
    assert only.startswith("nothing fits")


@pytest.mark.slow
def test_a_short_training_gives_a_statement_and_a_figure():
    short = replications.Settings(seeds=1, updates=30, hidden=16, trials=4_000)
    finding = replications.load("ready_set_go").run(short)
    assert "regression of networks, long prior, network 0" in finding.numbers
    assert len(finding.figure().axes) == 3
    assert set(finding.parts) == {"networks", "network_without_noise"}
