"""Published numbers load, are plotted beside agents, and agree with what is known of them."""

import re

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import references


def test_roitmans_monkeys_have_the_published_thresholds():
    """Fits of the same trials by Weibull functions without lapses: 8.2 and 6.7 %, together 7.4."""
    trials = references.load("roitman02").trials()
    assert len(trials["correct"]) == 6_149
    for monkey, alpha, beta in ((1, 8.2, 1.44), (2, 6.7, 1.20), (None, 7.4, 1.30)):
        rows = np.ones(6_149, bool) if monkey is None else trials["monkey"] == monkey
        fit = jgn.analysis.psychometric(None, trials["coh"][rows], correct=trials["correct"][rows])
        assert fit.threshold.value == pytest.approx(alpha, abs=0.25)
        assert fit.slope.value == pytest.approx(beta, abs=0.1)
        assert fit.threshold.covers(alpha)


def test_roitmans_monkeys_are_slower_where_motion_is_weak_and_where_they_err():
    table = references.load("roitman02")
    for monkey in (1, 2):
        rows = table["monkey"] == monkey
        assert np.all(np.diff(table["reaction_time"][rows]) < 0)
        assert np.all(np.diff(table["right"][rows] / table["trials"][rows]) > 0)
        weak = rows & (table["coh"] > 0) & ~np.isnan(table["error_time"])
        assert np.all(table["error_time"][weak] > table["correct_time"][weak])


def test_means_over_all_answers_are_those_of_right_and_wrong_ones():
    table = references.load("roitman02")
    right = table["right"] / table["trials"]
    wrong_time = np.nan_to_num(table["error_time"])
    both = right * table["correct_time"] + (1 - right) * wrong_time
    np.testing.assert_allclose(both, table["reaction_time"], atol=0.2)


def test_monkeys_choose_the_better_juice_the_more_the_better_it_is():
    table = references.load("shi22")
    assert table["trials"].sum() == 69_353
    for curve in table.curves().values():
        assert np.all(np.diff(curve.y) >= 0)
        assert 0.65 < curve.y[0] < 0.75
        assert curve.y[-1] == 1


def test_monkeys_choosing_juices_are_beside_an_agent_who_does():
    """Of an agent without noise the better offer is always the choice, whatever the ratio."""
    env, params = jgn.make("EconomicDecisionMaking-v0")
    table = jgn.rollout(env, params, policy="ground_truth", num_trials=400, key=1)
    values = np.sort(table.conditions["values"], axis=1)
    rows = values[:, 0] > 0
    agent = {"ratio": values[rows, 1] / values[rows, 0], "correct": table.correct[rows]}
    ax = references.compare({"agent": agent, "monkeys": references.load("shi22")}, stimulus="ratio")
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) >= {"agent", "monkeys, monkey G", "monkeys, monkey J"}
    assert np.all(lines["agent"].get_ydata() == 1)
    assert len(references.load("shi22").trials()["ratio"]) == 69_353


def test_networks_thresholds_are_near_the_best_use_of_both_senses():
    table = references.load("song17_multisensory")
    best = 1 / np.sqrt(table["visual"] ** -2 + table["auditory"] ** -2)
    assert np.all(np.abs(table["both"] / best - 1) < 0.06)
    assert np.all(table["both"] < np.minimum(table["visual"], table["auditory"]))


@pytest.mark.parametrize("name", references.names())
def test_every_column_has_a_meaning_and_every_table_a_source(name):
    reference = references.load(name)
    assert set(reference.meanings) == set(reference.columns)
    assert {len(values) for values in reference.columns.values()} == {len(reference)}
    assert re.fullmatch(r"10\.\d{4,}/\S+", reference.doi)
    assert reference.source
    assert len(reference.frame()) == len(reference)
    for of in reference.quantities:
        for curve in reference.curves(of).values():
            assert np.all((curve.low < curve.y) & (curve.y < curve.high) | (curve.y == 1))


def test_unknown_names_are_answered_by_known_ones():
    with pytest.raises(ValueError, match="did you mean 'roitman02'"):
        references.load("roitman")
    with pytest.raises(ValueError, match="unknown column"):
        references.load("ibl21")["sessions"]
    with pytest.raises(ValueError, match="unknown quantity of ibl21"):
        references.load("ibl21").plot()
    with pytest.raises(ValueError, match="no numbers of trials"):
        references.load("ibl25").trials()


@pytest.fixture(scope="module")
def agent():
    rng = np.random.default_rng(0)
    coh = rng.choice([0, 3.2, 6.4, 12.8, 25.6, 51.2], 2_000)
    right = rng.random(2_000) < 1 - 0.5 * np.exp(-coh / 8)
    return {"coh": coh, "correct": right, "reaction_time": rng.gamma(9, 80, 2_000) - coh}


def test_agent_ideal_observer_and_monkeys_are_in_one_figure(agent):
    best = jgn.ideal.performance("PerceptualDecisionMaking-v0")
    monkeys = references.load("roitman02")
    ax = references.compare({"agent": agent, "ideal observer": best, "monkeys": monkeys})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["agent", "ideal observer", "monkeys, monkey 1", "monkeys, monkey 2"]
    lines = {line.get_label(): line for line in ax.get_lines()}
    ideal = lines["ideal observer"]
    assert list(ideal.get_xdata()) == sorted(set(best.conditions["coh"]))
    assert np.average(ideal.get_ydata()) == pytest.approx(best.mean_performance, abs=1e-6)
    first = monkeys.curves()["monkey 1"]
    np.testing.assert_allclose(lines["monkeys, monkey 1"].get_ydata(), first.y)
    assert len({line.get_color() for line in lines.values()}) == 4


def test_times_and_results_are_compared_as_well(agent):
    ax = references.compare(
        {"agent": agent, "monkeys": references.load("roitman02")}, of="reaction_time"
    )
    assert ax.get_ylabel() == "reaction time (ms)"
    result = jgn.analysis.psychometric(agent, "coh", fit=False)
    assert result.plot(references.load("roitman02").plot(), label="agent").get_legend()
    ax = references.compare({"points": result})
    assert ax.get_legend().get_texts()[0].get_text() == "points"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subjects": {}}, "at least one subject"),
        ({"of": "speed"}, "unknown quantity 'speed'"),
        ({"stimulus": "contrast"}, "unknown column 'contrast'"),
    ],
)
def test_what_cannot_be_compared_says_why(agent, change, said):
    with pytest.raises(ValueError, match=said):
        references.compare(**{"subjects": {"agent": agent}, **change})


def test_an_ideal_observer_has_no_times():
    best = jgn.ideal.performance("PerceptualDecisionMaking-v0")
    with pytest.raises(ValueError, match="accuracy only"):
        references.compare({"ideal": best}, of="reaction_time")
