"""What ``print`` shows of a task, its params and a trial is short, and has units."""

import jax
import pytest

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def made():
    return jgn.make("PerceptualDecisionMaking-v0", timing={"delay": ("uniform", (0, 300))})


def test_a_task_prints_what_the_subject_meets(made):
    env, _ = made
    assert str(env).splitlines() == [
        "PerceptualDecisionMaking, a step of 100 ms, T = 25:",
        "    periods   fixation 100 ms, stimulus 2000 ms, delay uniform 0-300 ms, decision 100 ms",
        "    channels  fixation 0, stimulus 1-2",
        "    actions   fixation 0, choice 1-2",
        "    rewards   abort -0.1, correct 1, fail 0, miss 0",
    ]


def test_a_task_is_told_in_one_line_in_errors(made):
    assert repr(made[0]) == "PerceptualDecisionMaking(dt=100, T=25)"


def test_a_period_without_timing_prints_its_name():
    assert "periods   first_stage, second_stage" in str(jgn.make("DawTwoStep-v0")[0])


def test_params_print_value_unit_and_meaning(made):
    _, params = made
    lines = [" ".join(line.split()) for line in str(params).splitlines()]
    assert lines[0] == "Params of perceptual_decision_making:"
    assert "delay uniform 0-300 ms" in lines
    assert "cohs [0, 6.4, 12.8, 25.6, 51.2] percent: coherences" in lines
    assert "sigma 1: input noise; its s.d. per step is sigma / sqrt(dt)" in lines


def test_a_trial_prints_its_conditions_and_shapes(made):
    env, params = made
    trial = env.new_trial(jax.random.key(0), params, coh=51.2, ground_truth=1)
    title, conditions, periods, ob, gt = str(trial).splitlines()
    assert title == f"Trial of {int(trial.length)} steps:"
    assert conditions.split(maxsplit=1)[1] == "coh 51.2, ground_truth 1, signed_coh 51.2"
    assert periods.split(maxsplit=1)[1].startswith("from step [ 0, 1, 21,")
    assert ob.split(maxsplit=1)[1] == "float32 (25, 3), a row per step"
    assert gt.split(maxsplit=1)[1] == "int32 (25,), a row per step"


def test_a_state_is_told_in_one_line_without_its_arrays(made):
    env, params = made
    state = jax.eval_shape(env.reset, jax.random.key(0), params)[1]
    assert repr(state).startswith("EnvState(time=int32[], t=int32[], num_trials=int32[], trial=Tr")
    _, state = env.reset(jax.random.key(0), params)
    text = repr(state)
    assert "\n" not in text
    assert text.startswith("EnvState(time=0, t=0, num_trials=0, trial=Trial(conditions={'coh': ")
    assert text.endswith("ob=float32[25, 3], gt=int32[25]), carry=())")
    assert "Uniform(low=0, high=300)" in repr(params)
    assert "cohs=[0, 6.4, 12.8, 25.6, 51.2]" in repr(params)


def test_several_tasks_print_each_of_them():
    env = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    assert str(env).splitlines()[-1] == (
        "    tasks     GoNogo(dt=100, T=15), DelayComparison(dt=100, T=26)"
    )
    printed = str(env.default_params).splitlines()
    assert printed[0] == "MultiTaskParams:"
    assert [line for line in printed if not line.startswith(" ")][1:] == [
        "Params of go_nogo:",
        "Params of delay_comparison:",
    ]


def test_a_trial_of_several_tasks_prints_as_a_trial():
    env = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    trial = env.reset(jax.random.key(0), task=0)[1].trial
    assert str(trial).startswith("Of task 0: Trial of 15 steps:\n    conditions")
    assert repr(trial).startswith("PackedTrial(task=0, values={'float32': ")
    assert "\n" not in repr(trial)


def test_a_dataset_and_a_table_of_trials_say_what_is_in_them():
    data = jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=5)
    assert repr(data) == "Dataset(GoNogo(dt=100, T=15), batch_size=2, seq_len=5)"
    two = jgn.TrialTable.of(
        conditions={"side": [0, 1]},
        answers={"choice": [1, 1]},
        times={"choice": [100.0, 200.0]},
        performance=[1.0, 0.0],
        reward=[1.0, -0.5],
        steps=[4, 5],
        env=[0, 1],
        trial=[0, 0],
    )
    assert repr(two) == (
        "TrialTable of 2 trials of 2 environments: performance 0.5, reward 0.25, 4.5 steps a "
        "trial; columns side, choice, reaction_time, performance, correct, reward, steps, env, "
        "trial, run"
    )
    assert repr(two.take(slice(0))) == "TrialTable of no trials"


def test_a_batch_of_trials_and_a_traced_one_print_too(made):
    env, params = made
    keys = jax.random.split(jax.random.key(0), 3)
    trials = jax.vmap(env.new_trial, in_axes=(0, None))(keys, params)
    assert str(trials).startswith("Batch of (3,) trials:\n")
    printed = []
    jax.eval_shape(lambda key: printed.append(str(env.new_trial(key, params))), keys[0])
    assert printed[0].startswith("Trial of ")
