"""The benchmark measures what it says, and the renewal keeps its advantage."""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro import cli, registry
from jaxgym_neuro.bench import timing

TASK = "PerceptualDecisionMaking-v0"


def test_bench_reports_compile_time_and_speed_apart_for_each_task_and_batch(capsys):
    options = ["--num-envs", "8", "16", "--thorough", "--no-ratios", "--json"]
    assert cli.main(["bench", "tasks", TASK, *options]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [task["num_envs"] for task in result["tasks"]] == [8, 16]
    for task in result["tasks"]:
        assert task["name"] == TASK
        assert task["trial_steps"] == 22
        assert task["compile_s"] > 0
        assert task["steps_per_s"] == pytest.approx(1e9 / task["ns_per_step"], rel=1e-3)
        assert task["steps_per_trial"] == pytest.approx(22.5, abs=1)  # 21, and 1.5 to decide
        assert 0.1 < task["ns_over_reference"] < 10  # it is compared with nearly itself
        assert 0.1 < task["compile_over_reference"] < 10
    assert result["machine"]["jax"] == jax.__version__


@pytest.mark.parametrize(
    ("num_steps", "num_channels", "steps_per_trial"),
    [(22, 3, 22.2), (53, 33, 10.2), (2, 3, 1.7), (1, 1, 1.0), (250, 3, 250.0), (20, 2, 7.1)],
)
def test_the_reference_has_the_arrays_and_the_trial_length_it_is_asked_for(
    num_steps, num_channels, steps_per_trial
):
    env, _ = timing.reference(num_steps, num_channels, steps_per_trial)
    assert num_steps == env.T
    assert env.observation_space().shape == (max(3, num_channels),)
    # A random policy answers in one of the first steps of the decision period.
    before = env.T - round(float(env.timing["decision"].ms) / env.dt)
    expected = before + min(1 + 1 / (env.num_actions - 1), env.T - before)
    assert steps_per_trial - 1e-6 <= expected <= steps_per_trial + 1.5 or before == env.T - 1


def test_bench_takes_seconds_and_says_what_it_does_unless_it_is_to_be_thorough(capsys):
    """One program for a task, and no reference or ratios, which take minutes to compile."""
    assert cli.main(["bench", "tasks", "Null-v0"]) == 0
    said = capsys.readouterr()
    (row,) = [line.split() for line in said.out.splitlines() if line.startswith("Null-v0")]
    assert len(row) == 8  # no columns of a reference
    assert row[1] == "1024"
    assert "ratios" not in said.out
    assert said.err == "compiling and timing 1 of 1: Null-v0, N = 1024\n"


def test_bench_prints_a_table_with_a_row_for_each_batch(capsys):
    options = ["--num-envs", "8", "--repeats", "1", "--thorough", "--no-ratios"]
    assert cli.main(["bench", "tasks", "Null-v0", *options]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Null-v0")]
    assert len(rows) == 1


@pytest.mark.parametrize("option", ["--repeats", "--num-envs"])
def test_bench_counts_from_one(option, capsys):
    assert cli.main(["bench", "tasks", "Null-v0", option, "0"]) == 2
    assert f"{option} is a whole number of at least 1, not 0" in capsys.readouterr().err


def test_bench_of_an_unknown_task_names_the_closest(capsys):
    assert cli.main(["bench", "tasks", "PerceptualDecisionMakin-v0"]) == 2
    assert f"did you mean {TASK!r}" in capsys.readouterr().err


def test_list_and_info_print_what_the_registry_knows(capsys):
    assert cli.main(["list", "--tag", "perceptual"]) == 0
    assert f"\n{TASK} " in capsys.readouterr().out
    assert cli.main(["info", TASK]) == 0
    assert "Britten" in capsys.readouterr().out


def test_the_select_version_is_the_same_task_renewed_another_way():
    env, params = registry.resolve(TASK)
    plain = timing.with_plain_auto_reset(env)
    assert plain != env
    keys = jax.random.split(jax.random.key(0), 5)
    _, state = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
    step_keys = jax.random.split(jax.random.key(1), (30, 5))

    def returns(task):
        def body(state, keys):
            actions = jnp.ones(5, jnp.int32)
            ob, state, reward, *_ = jax.vmap(task.step, in_axes=(0, 0, 0, None))(
                keys, state, actions, params
            )
            return state, (ob, reward)

        return jax.lax.scan(body, state, step_keys)[1]

    for ours, theirs in zip(returns(env), returns(plain), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_no_value_of_a_trial_is_computed_again_for_every_step_and_channel():
    # The two tasks that lose most without core/once.py. The limit leaves room for a busy machine;
    # docs/benchmarks.md has every task.
    ids = ["DelayMatchSampleDistractor1D-v0", "ProbabilisticReasoning-v0"]
    options = ["--num-envs", "512", "--repeats", "3", "--thorough", "--no-ratios"]
    for task in _bench(*ids, *options)["tasks"]:
        assert task["ns_over_reference"] < 4, task
        assert task["compile_over_reference"] < 4, task


@pytest.mark.slow
def test_renewal_stays_ahead_of_plain_auto_reset_and_level_with_cartpole():
    # The floors leave room for a busy machine and for batches of a quarter; docs/benchmarks.md has
    # what a quiet one shows.
    code = "import json; from jaxgym_neuro.bench.timing import ratios"
    code += "; print(json.dumps(ratios(num_envs=4_096, wide_envs=256, repeats=1)))"
    measured = _run("-c", code)
    assert measured["speed_over_select"] > 4
    assert measured["speed_over_select_wide"] > 25
    assert measured["speed_over_cartpole"] > 0.5
    assert measured["cost_long_over_short"] < 3
    assert measured["noise_floor"]["ns_per_normal"] < measured["noise_floor"]["ns_per_jax_normal"]


def _bench(*arguments):
    return _run("-m", "jaxgym_neuro", "bench", "tasks", *arguments, "--json")


def _run(*arguments):
    """Run Python in a process of its own, compiled as users compile; return what it prints."""
    run = subprocess.run(
        [sys.executable, *arguments],
        env={name: value for name, value in os.environ.items() if name != "XLA_FLAGS"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_bench_of_datasets_times_batches_in_hand(monkeypatch, capsys):
    monkeypatch.setattr(timing, "DATASET_CASES", {"batch 2 x 100": (2, {})})
    monkeypatch.setattr(timing, "COLLECTION_CASES", {})
    assert cli.main(["bench", "dataset", "--repeats", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["dataset"]
    assert row["case"] == "batch 2 x 100"
    assert row["fastest_steps_per_s"] >= row["steps_per_s"] > 0
    assert row["steps_per_cpu_s"] > 0


def test_every_benchmark_has_a_number_of_repeats_without_being_told(monkeypatch, capsys):
    told = []

    def speeds(repeats):
        told.append(repeats)
        return iter(())

    monkeypatch.setattr(timing, "dataset_speeds", speeds)
    assert cli.main(["bench", "dataset"]) == 0
    assert told == [timing.REPEATS]
    assert "batch" in capsys.readouterr().out


@pytest.mark.slow
def test_a_dataset_of_a_collection_is_timed(monkeypatch):
    monkeypatch.setattr(timing, "DATASET_CASES", {})
    ((row),) = timing.dataset_speeds(repeats=1, seconds=0.1)
    assert row["case"] == "batch 16 x 100, all of yang19"
    assert row["steps_per_s"] > 0
