"""Tasks of a MultiTask are asked for by name, and their params are where an error says."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

ENV = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
PARAMS = ENV.default_params


def test_a_trial_of_a_task_is_drawn_by_its_name():
    named, numbered = (ENV.new_trial(3, PARAMS, task=task) for task in ("DelayComparison", 1))
    jax.tree.map(np.testing.assert_array_equal, named, numbered)
    with pytest.raises(ValueError, match="unknown task 'DelayComparisn'; did you mean"):
        ENV.new_trial(3, PARAMS, task="DelayComparisn")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: PARAMS.with_timing(delay=500), "no timing. Params of task 0, 1 have it"),
        (lambda: PARAMS.with_rewards(correct=2), r"params.tasks\[0\].* or .with_rewards"),
        (lambda: PARAMS.replace(sigma=1), r"unknown param 'sigma'.*task 1 .*params.tasks\[1\]"),
        (lambda: PARAMS.replace(sgma=1), "No task's params have it"),
    ],
)
def test_errors_point_to_the_params_of_the_tasks(call, said):
    with pytest.raises(ValueError, match=said):
        call()
    assert PARAMS.replace(abort=True).abort


def test_a_picture_says_which_task_each_trial_is_of():
    figure = jgn.plotting.plot_env(ENV, PARAMS, key=0)
    texts = " ".join(text.get_text() for text in figure.texts)
    assert "task GoNogo, ground truth: fixation" in texts
    assert "go / choice 1" not in texts
