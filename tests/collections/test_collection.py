"""Collections as objects: ids in order, all tasks in one, and one of them by itself."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.neurogym.envs import get_collection

YANG19 = jgn.collection("yang19")
SOME = ("rtgo", "dms", "rtanti")


@pytest.fixture(scope="module")
def some():
    return YANG19.multi_task(tasks=SOME, weights={"rtgo": 2, "rtanti": 0.5}, sigma=0.0)


def test_a_collection_has_its_ids_in_order_and_makes_its_tasks():
    assert list(YANG19) == list(YANG19.ids) == get_collection("yang19")
    assert len(YANG19) == len(YANG19.tasks) == 20
    assert YANG19.make("dm1", dt=50)[0] == jgn.make("yang19.dm1-v0", dt=50)[0]
    assert str(YANG19).startswith("yang19, 20 tasks: go, rtgo")
    assert repr(YANG19) == "collection('yang19')"
    assert jgn.collection("priors").tasks == ("priors_v0",)


def test_all_tasks_in_one_have_a_channel_each_and_are_numbered_in_order():
    env = YANG19.multi_task()
    assert env.task_names == YANG19.tasks
    assert env.observation_space().shape == (33 + 20,)
    assert env.num_actions == 17
    assert YANG19.multi_task(task_cue=False).observation_space().shape == (33,)


def test_arguments_reach_the_tasks_that_take_them_and_weights_the_schedule(some):
    assert [env.numbers.get("sigma") for env in some.envs] == [None, 0, None]
    np.testing.assert_allclose(some.schedule.probs, np.array([2, 1, 0.5]) / 3.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: jgn.collection("yang"), "unknown collection 'yang'; did you mean 'yang19'"),
        (lambda: YANG19.make("gogo"), "unknown task of yang19 'gogo'; did you mean 'go'"),
        (lambda: YANG19.multi_task(tasks=("go", "go")), "each task is named once"),
        (lambda: YANG19.multi_task(tasks="go"), "several names"),
        (lambda: YANG19.multi_task(sigmas=1), "'sigmas'; did you mean 'sigma'"),
        (lambda: YANG19.multi_task(tasks=SOME, weights={"go": 1}), "task in weights"),
        (lambda: YANG19.multi_task(weights={"go": -1}), "the weight of go"),
        (lambda: YANG19.multi_task(tasks=("go",), weights={"go": 0}), "at least is above 0"),
        (lambda: YANG19.multi_task(jgn.schedules.Random(20), weights={}), "schedule or weights"),
    ],
)
def test_what_a_collection_cannot_do_it_says(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_of_the_tasks_is_seen_as_in_the_whole_and_played_by_its_rules(some):
    alone = some.only("dms")
    assert alone == some.only(1)
    assert (alone.name, alone.T) == ("dms", some.T)
    trials = jax.vmap(alone.new_trial)(jax.random.split(jax.random.key(0), 16))
    assert np.all(trials.conditions["task"] == 1)
    np.testing.assert_array_equal(trials.ob[:, 0, 33:], np.tile([0, 1, 0], (16, 1)))
    table = jgn.rollout(alone, policy="ground_truth", num_envs=4, num_trials=32)
    np.testing.assert_allclose(table.performance, 1)
    assert set(table.conditions["ground_truth"]) == {1, 2}
    with pytest.raises(ValueError, match="did you mean 'dms'"):
        some.only("dmsx")
    with pytest.raises(ValueError, match="from 0 to 2, not 3"):
        some.only(3)


def test_a_dataset_of_one_of_the_tasks_has_the_channels_of_the_whole(some):
    dataset = jgn.Dataset(some.only("rtgo"), batch_size=3, seq_len=25)
    inputs, targets = dataset()
    assert inputs.shape == (25, 3, 36)
    assert np.all(inputs[..., 33:] == [1, 0, 0])
    np.testing.assert_array_equal(targets > 0, inputs[..., 0] == 0)
