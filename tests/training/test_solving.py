"""Records of solved tasks: what is asked of a network, what is kept, what the table says."""

import dataclasses
import json

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, ideal, registry, training
from jaxgym_neuro.training import goals, recipes, solved, solving

EASY = "ContextSwitch-v0"  # of one step, so that a training takes little


@pytest.fixture
def short(monkeypatch):
    """Recipes of a few updates of small networks."""
    settings = {"updates": 2, "num_envs": 8}
    quick = {(EASY, "ppo"): recipes.Recipe(settings, training.GRU(4), "two updates")}
    monkeypatch.setattr(recipes, "RECIPES", quick)


def test_a_record_is_kept_and_done_again_only_with_other_settings(short, tmp_path):
    given = {"num_seeds": 2, "key": 5, "num_trials": 200}
    ((record, is_new),) = training.solve_all([EASY], ["ppo"], tmp_path, **given)
    assert is_new
    assert len(record.scores) == len(record.errors) == len(record.steps_to_goal) == 2
    assert record.cpu_to_goal == record.seconds_to_goal == [None, None]  # after two updates
    assert record.best == 0.9
    assert record.steps == 2 * 8
    assert record.settings["network.hidden"] == 4
    assert abs(record.chance - 0.5) < 0.2
    ((again, is_new),) = training.solve_all([EASY], ["ppo"], tmp_path, **given)
    assert not is_new
    assert again == record
    # A record of a version that had no such setting yet was made by what is its default now.
    earlier = {k: v for k, v in record.settings.items() if k != "rewards"}
    solved.write(tmp_path / f"{EASY}.ppo.json", dataclasses.replace(record, settings=earlier))
    ((_, is_new),) = training.solve_all([EASY], ["ppo"], tmp_path, **given)
    assert not is_new
    ((other, is_new),) = training.solve_all([EASY], ["ppo"], tmp_path, **{**given, "key": 6})
    assert is_new
    assert other.settings["key"] == 6


def test_the_command_prints_records_and_writes_the_table(short, tmp_path, capsys):
    arguments = ["solve", EASY, "--seeds", "1", "--out", str(tmp_path)]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert f"{EASY} ppo: " in said
    assert goals.GOALS[EASY].supervised in said
    table = (tmp_path / "solved.md").read_text()
    assert "## By PPO: " in table
    assert f"| {EASY} | supervised | {goals.GOALS[EASY].supervised} |" in table
    assert cli.main(["solve", "GoNogo", "--out", str(tmp_path)]) == 2
    assert "did you mean 'GoNogo-v0'" in capsys.readouterr().err


def test_an_environment_is_solved_by_the_defaults(tmp_path, monkeypatch):
    monkeypatch.setitem(recipes.DEFAULTS["supervised"], "updates", 1)
    env, _ = jgn.make(EASY)
    given = {"num_seeds": 1, "num_trials": 50}
    ((record, _),) = training.solve_all([env], ["supervised"], tmp_path, **given)
    assert record.task == "ContextSwitch"
    assert (tmp_path / "ContextSwitch.supervised.json").exists()


def record(**changed):
    usual = solved.Record(
        task="GoNogo-v0",
        method="ppo",
        applies="",
        best=0.9,
        best_of="the ideal observer",
        chance=0.25,
        scores=[0.88, 0.9],
        errors=[0.01, 0.01],
        solved=True,
        steps_to_goal=[1_000, 3_000],
        seconds_to_goal=[5.0, 7.0],
        cpu_to_goal=[8.0, 10.0],
        steps=4_000,
        seconds={"compile": 3.2, "train": 5.0, "wall": 9.0, "cpu": 12.0},
    )
    return dataclasses.replace(usual, **changed)


def test_the_table_tells_what_is_solved_and_how_far_off_the_others_are():
    unsolved = record(
        task="Detection-v0",
        solved=False,
        scores=[0.5, 0.9],
        steps_to_goal=[None, 9],
        cpu_to_goal=[None, 9.0],
    )
    shaped = record(task="ReadySetGo-v0", settings={"rewards": {"miss": -0.5}})
    assert "| ReadySetGo-v0 paid miss -0.5 while it learns |" in training.tables([shaped])
    left_out = solved.Record("Bandit-v0", "supervised", "because")
    table = training.tables([record(), unsolved, left_out])
    assert "By PPO: 1 of 2 solved" in table
    assert (
        "| GoNogo-v0 | 0.880 0.900 | 0.900, the ideal observer | 0.250 | 2,000 | 9 | 4,000 |"
        in table
    )
    assert "Detection-v0 (not solved)" in table
    assert "not by all" in table
    assert "| Detection-v0 | ppo | 0.400 below the best | the defaults |" in table
    assert "| Bandit-v0 | supervised | because |" in table


def test_a_record_survives_its_file_in_strict_json(tmp_path):
    for one in (record(), solved.Record("Bandit-v0", "supervised", "because")):
        solved.write(tmp_path / "one.json", one)
        json.loads((tmp_path / "one.json").read_text(), parse_constant=pytest.fail)
        back = solved.read(tmp_path / "one.json")
        assert dataclasses.asdict(back).keys() == dataclasses.asdict(one).keys()
        assert str(back) == str(one)


def test_steps_are_counted_until_the_mean_of_a_window_reaches_the_score():
    given = {"updates": 30, "num_envs": 8, "rollout_trials": 1, "num_seeds": 2}
    trained = training.train_ppo(EASY, cell=training.GRU(4), **given)
    performance = np.zeros((30, 2), np.float32)
    performance[3:, 0] = 1.0
    told = {**trained.metrics, "performance": performance, "trials": np.ones((30, 2), np.float32)}
    trained = dataclasses.replace(trained, metrics=told)
    # A window is of 25 updates: 22 of the first 25 are right, and 24 of those that end at the 27th.
    assert solving.steps_to(trained, 0.88, "performance") == [25 * 8, None]
    assert solving.steps_to(trained, 0.95, "performance") == [27 * 8, None]


def test_seconds_are_those_until_the_end_of_the_chunk_in_which_a_score_was_reached(
    monkeypatch, tmp_path
):
    always = {"updates": 100, "num_envs": 8, "learning_rate": 0.0}
    monkeypatch.setattr(
        recipes, "RECIPES", {(EASY, "ppo"): recipes.Recipe(always, training.GRU(4))}
    )
    monkeypatch.setattr(goals, "WITHIN", 1.0)  # any score will do, so the first window's does
    found = training.solve(EASY, num_seeds=1, num_trials=100)
    assert found.steps == 100 * 8
    assert found.steps_to_goal == [25 * 8]
    assert 0 < found.seconds_to_goal[0] < found.seconds["wall"]
    assert 0 < found.cpu_to_goal[0] < found.seconds["cpu"]


def test_ppo_stops_after_two_good_chunks_on_end_and_not_after_one():
    def chunk(performance):
        return {"performance": np.full((2, 1), performance), "trials": np.ones((2, 1))}

    enough = solving._enough(0.5, "performance", 8)
    said = [enough(chunk(performance)) for performance in (0.6, 0.4, 0.6, 0.6)]
    assert said == [False, False, False, True]


def test_the_table_is_of_neurogyms_tasks_and_of_yang19():
    ids = training.solvable()
    assert set(registry.ids_of("yang19")) <= set(ids)
    assert {"PerceptualDecisionMaking-v0", "DawTwoStep-v0", "ReachingDelayResponse-v0"} <= set(ids)
    assert len(ids) == len(set(ids))
    for id in ids:
        assert id in jgn.registered_tasks()
    assert set(goals.GOALS) <= set(ids)


def best_of(id):
    return goals.goal_of(id).best_of(id)


def test_the_best_is_the_observers_or_what_the_ground_truth_earns():
    observed = ideal.performance("PerceptualDecisionMaking-v0")
    assert best_of("PerceptualDecisionMaking-v0") == (
        observed.mean_performance,
        "the ideal observer",
    )
    assert best_of("GoNogo-v0") == (1.0, "the ground truth")


@pytest.mark.slow
def test_the_best_of_a_collection_is_its_tables_and_of_a_wrapped_task_its_own():
    assert best_of("yang19.dm1-v0") == (pytest.approx(0.95), "the ideal observer")
    known = ideal.performance("DawTwoStep-v0", rule="probabilities known")
    assert best_of("DawTwoStep-v0") == (known.mean_reward, "probabilities known")
    told = goals.Goal(args={"feedback": True}).best_of("HierarchicalReasoning-v0")
    assert told == (pytest.approx(0.88, abs=0.01), "the ideal observer")
    with pytest.raises(ValueError, match=r"how good one can be at modcog\.dm1-v0 is not known"):
        best_of("modcog.dm1-v0")


def test_tasks_that_need_it_are_seen_with_what_was_done_and_earned():
    env, _ = goals.goal_of("Bandit-v0").make("Bandit-v0")
    assert {"action", "reward"} <= set(env.observation_space().name)


@pytest.mark.slow
def test_an_easy_task_is_solved_by_both_methods_on_seeds_that_were_not_looked_at():
    for method in ("ppo", "supervised"):
        found = training.solve("GoNogo-v0", method, num_seeds=2, key=11, num_trials=2_000)
        assert found.solved, str(found)
        assert found.steps_to_goal[0] <= found.steps
