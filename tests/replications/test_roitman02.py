"""Random dots over the monkeys: what is compared, and that a training does what monkey n did."""

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, replications
from jaxgym_neuro.replications import roitman02
from jaxgym_neuro.replications.behaviour import COHS, Behaviour
from jaxgym_neuro.replications.best_bounds import best_bounds


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


def test_the_best_policy_of_the_fitted_task_is_near_monkey_n():
    env, params = jgn.make(roitman02.TASK, preset=roitman02.PRESET)
    task = roitman02.watching()
    assert (task.sigma, task.dt) == (pytest.approx(float(params.sigma)), env.dt)
    assert task.between == 300
    best = Behaviour.of_best(best_bounds(task), roitman02.NON_DECISION)
    monkey = Behaviour.of_monkey(2)
    assert best.off(monkey, "accuracy") < 0.02
    assert best.off(monkey, "reaction_time") < 60
    assert best.slowness_of_errors(6.4) > 50


def test_the_statement_says_what_fits_and_what_does_not():
    monkeys = {"monkey n": Behaviour.of_monkey(2), "monkey b": Behaviour.of_monkey(1)}
    good = Behaviour.of_trials([trials_like(2)], non_decision=10.0)
    bad = Behaviour.of_trials([trials_like(2)], non_decision=100.0)
    said = roitman02.statement({"networks": good, **monkeys}, [good], 0.002)
    assert "reaction time fits monkey n" in said[1]
    assert "10 ms (10 ms to 10 ms" in said[1]
    assert "+140 ms at 6.4 %" in said[2]
    assert "2 of 2 cases" in said[2]
    assert "0.2 % of the networks' trials" in said[3]
    said = roitman02.statement({"networks": bad, **monkeys}, [good, bad], 0.0)
    assert "accuracy fits" in said[0]
    assert "reaction time does not fit monkey n" in said[1]


def test_the_figure_has_every_subject_in_three_panels():
    best = Behaviour.of_best(best_bounds(roitman02.watching()), roitman02.NON_DECISION)
    one = Behaviour.of_trials([trials_like(2)], non_decision=10.0)
    monkeys = {"monkey n": Behaviour.of_monkey(2), "monkey b": Behaviour.of_monkey(1)}
    figure = roitman02.figure({"networks": one, "best policy": best, **monkeys}, [one, one])
    assert [len(ax.get_lines()) for ax in figure.axes] == [6, 6, 6]
    named = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert named == ["networks", "best policy", "monkey n", "monkey b"]


def test_an_unknown_search_is_refused(capsys):
    assert cli.main(["replicate", "roitman02", "--search", "policy"]) == 2
    assert "did you mean 'policies'" in capsys.readouterr().out


@pytest.mark.slow
def test_the_search_puts_the_nearest_task_first(capsys):
    assert cli.main(["replicate", "roitman02", "--search", "policies"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| 1.")]
    assert len(rows) == 27
    assert rows[0].startswith("| 1.6 | 1000 | -3 |")


@pytest.mark.slow
def test_networks_do_what_monkey_n_did():
    """A fresh seed comes within what is asked for."""
    finding = replications.load("roitman02").run(replications.Settings(seeds=1, key=11))
    numbers = finding.numbers
    assert numbers["accuracy off monkey n"] < 0.04
    assert numbers["reaction_time off monkey n"] < 60
    for coh in (6.4, 12.8):
        slow = numbers[f"error_time of networks at {coh:g}"]
        assert slow > numbers[f"correct_time of networks at {coh:g}"]
