"""The benchmark of several tasks in one is of the tasks that it says, and reports what it costs."""

import json

import jaxgym_neuro as jgn
from jaxgym_neuro import cli
from jaxgym_neuro.bench import multitask
from jaxgym_neuro.bench.multitask import TASKS, multi_task_ratio


def test_the_tasks_are_twenty_that_ask_for_a_choice_at_100_ms():
    assert len(set(TASKS)) == 20
    for id in TASKS:
        env, _ = jgn.make(id)
        assert env.num_actions > 1
        assert env.ground_truth_space == env.action_space()
        assert env.dt == 100
    assert jgn.wrappers.MultiTask(TASKS, pad=True).T == 66


def test_each_task_is_timed_beside_the_mixture():
    measured = multi_task_ratio(["GoNogo-v0", "Bandit-v0"], num_envs=4, num_steps=3, repeats=1)
    names = [timing["name"] for timing in measured["timings"]]
    assert names == ["MultiTask", "GoNogo-v0", "Bandit-v0"]
    mean = sum(timing["ns_per_step"] for timing in measured["timings"][1:]) / 2
    assert abs(measured["cost_over_mean"] - measured["ns_per_step"] / mean) < 0.01


def test_the_command_prints_a_table_or_json(monkeypatch, capsys):
    monkeypatch.setattr(multitask, "multi_task_ratio", small_ratio)
    assert cli.main(["bench", "multitask", "--repeats", "1"]) == 0
    assert "MultiTask over the mean of its tasks" in capsys.readouterr().out
    assert cli.main(["bench", "multitask", "--repeats", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cost_over_mean"] > 0


def small_ratio(repeats):
    return multi_task_ratio(["Null-v0"], num_envs=2, num_steps=2, repeats=repeats)
