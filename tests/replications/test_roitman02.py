"""Random dots over the monkeys: what is compared, and that trainings do what they did."""

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, replications
from jaxgym_neuro.replications import roitman02
from jaxgym_neuro.replications.behaviour import COHS, Behaviour
from jaxgym_neuro.replications.best_bounds import best_bounds

MONKEYS = {fit.monkey: Behaviour.of_monkey(fit.subject) for fit in roitman02.FITS}


def trials_like(monkey, later=0.0):
    """Trials of which accuracy and times are a monkey's, to the digit, and so much later."""
    columns = {"coh": [], "correct": [], "reaction_time": []}
    seen = Behaviour.of_monkey(monkey)
    for row, coh in enumerate(COHS):
        right, n = seen.correct_time.count[row], seen.accuracy.count[row]
        times = np.where(np.arange(n) < right, seen.correct_time.y[row], seen.error_time.y[row])
        columns["coh"].append(np.full(n, coh, np.float32))
        columns["correct"].append(np.arange(n) < right)
        columns["reaction_time"].append(times + later)
    columns["coh"].append(np.array([0.0], np.float32))  # and one that was not answered
    columns["correct"].append(np.array([False]))
    columns["reaction_time"].append(np.array([np.nan]))
    return {name: np.concatenate(values) for name, values in columns.items()}


def test_who_does_as_a_monkey_is_not_off_and_who_is_late_is_off_by_that():
    monkey = Behaviour.of_monkey(2)
    same = Behaviour.of_trials([trials_like(2, later=-260.0)], non_decision=260.0)
    assert same.off(monkey, "accuracy") == 0
    assert same.off(monkey, "reaction_time") < 0.5  # published times are rounded
    assert same.slowness_of_errors(12.8) == pytest.approx(885.0 - 684.3, abs=0.1)
    late = Behaviour.of_trials([trials_like(2)], non_decision=50.0)
    assert late.off(monkey, "reaction_time") == pytest.approx(50, abs=0.5)
    other = Behaviour.of_trials([trials_like(1)], non_decision=0.0)
    assert other.off(monkey, "accuracy") > 0.01


def test_coherences_without_answers_and_errors_give_no_numbers():
    few = {
        "coh": np.array([0.0, 0.0, 51.2], np.float32),
        "correct": np.array([True, False, True]),
        "reaction_time": np.array([100.0, 300.0, 50.0]),
    }
    found = Behaviour.of_trials([few, few], non_decision=0.0)
    numbers = found.numbers("networks")
    assert numbers["accuracy of networks at 0"] == 0.5
    assert numbers["spread of networks at 0"] == 100
    assert numbers["accuracy of networks at 6.4"] is None
    assert numbers["error_time of networks at 51.2"] is None


@pytest.mark.parametrize("fit", roitman02.FITS, ids=lambda fit: fit.name)
def test_the_best_policy_of_the_fitted_task_is_near_the_monkey(fit):
    env, params = jgn.make(roitman02.TASK, preset=fit.monkey)
    task = roitman02.watching(fit)
    assert (task.sigma, task.dt) == (pytest.approx(float(params.sigma)), env.dt)
    assert task.between == 300
    best = Behaviour.of_best(best_bounds(task), fit.non_decision)
    monkey = MONKEYS[fit.monkey]
    assert best.off(monkey, "accuracy") < 0.02
    assert best.off(monkey, "reaction_time") < 60
    assert best.slowness_of_errors(6.4) > 50


def test_the_statement_says_what_fits_and_what_does_not():
    good = Behaviour.of_trials([trials_like(2)], non_decision=10.0)
    bad = Behaviour.of_trials([trials_like(2)], non_decision=100.0)
    fit = roitman02.MONKEY_N
    said = roitman02.statement(fit, {"networks": good, **MONKEYS}, [good], 0.002)
    assert "reaction time fits monkey n" in said[1]
    assert "10 ms (10 ms to 10 ms" in said[1]
    assert "+140 ms at 6.4 %" in said[2]
    assert "2 of 2 cases" in said[2]
    assert "0.2 % of the networks' trials" in said[3]
    assert "260 ms of non-decision time" in said[4]
    assert said[5].startswith("monkey b is another subject")
    said = roitman02.statement(fit, {"networks": bad, **MONKEYS}, [good, bad], 0.0)
    assert "accuracy fits" in said[0]
    assert "reaction time does not fit monkey n" in said[1]
    like_b = Behaviour.of_trials([trials_like(1)], non_decision=20.0)
    said = roitman02.statement(
        roitman02.MONKEY_B, {"networks": like_b, **MONKEYS}, [like_b], unanswered=0.0
    )
    assert "reaction time fits monkey b" in said[1]
    assert "20 ms (20 ms to 20 ms" in said[1]
    assert "+12 ms at 6.4 % (monkey b: +12 ms)" in said[2]
    assert "340 ms of non-decision time" in said[4]
    assert said[5].startswith("monkey n is another subject")


def test_the_figure_has_every_subject_in_three_panels():
    fit = roitman02.MONKEY_B
    best = Behaviour.of_best(best_bounds(roitman02.watching(fit)), fit.non_decision)
    one = Behaviour.of_trials([trials_like(2)], non_decision=10.0)
    figure = roitman02.figure({"networks": one, "best policy": best, **MONKEYS}, [one, one])
    assert [len(ax.get_lines()) for ax in figure.axes] == [6, 6, 6]
    named = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert named == ["networks", "best policy", "monkey b", "monkey n"]


def test_an_unknown_search_is_refused(capsys):
    assert cli.main(["replicate", "roitman02", "--search", "policy"]) == 2
    assert "did you mean 'policies'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "nearest"),
    [("roitman02", ["1.6", "800", "-2.5"]), ("roitman02_n", ["1.6", "1000", "-3"])],
)
def test_the_search_puts_the_nearest_task_first(name, nearest, capsys):
    assert cli.main(["replicate", name, "--search", "policies"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = [words for words in lines if words and words[0][0].isdigit()]
    assert len(rows) == 27
    assert rows[0][:3] == nearest


@pytest.mark.slow
@pytest.mark.parametrize("fit", roitman02.FITS, ids=lambda fit: fit.name)
def test_networks_do_what_the_monkey_did(fit):
    """Three fresh networks together come within what is asked for; a single one may not."""
    finding = replications.load(fit.name).run(replications.Settings(seeds=3, key=11))
    numbers = finding.numbers
    assert numbers[f"accuracy off {fit.monkey}"] < 0.04
    assert numbers[f"reaction_time off {fit.monkey}"] < 60
    for coh in (6.4, 12.8):
        slow = numbers[f"error_time of networks at {coh:g}"]
        assert slow > numbers[f"correct_time of networks at {coh:g}"]
