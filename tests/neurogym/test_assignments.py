"""What NeuroGym's code writes to is an error here that says what to write instead."""

import dataclasses

import gymnasium
import numpy as np
import pytest
from task_ids import IDS

from jaxgym_neuro import neurogym

# What TrialEnv of NeuroGym 2.3.1 sets, beside what a task of its own keeps.
OF_EVERY_TASK = [
    *("abort", "dt", "end_ind", "end_t", "gt", "num_tr", "ob", "performance", "r_tmax", "rewards"),
    *("rng", "start_ind", "start_t", "t", "t_ind", "timing", "tmax", "trial"),
]


@pytest.fixture(scope="module", params=IDS)
def env(request):
    return neurogym.make(request.param)


def test_no_attribute_of_a_task_is_set_without_effect(env):
    params = [field.name for field in dataclasses.fields(env.params)]
    for name in [*OF_EVERY_TASK, *params, *env.task.numbers, *env.task.attributes]:
        if not name.startswith("_"):
            with pytest.raises(AttributeError, match=f"'{name}' cannot be set to 0.25, as tasks"):
                setattr(env, name, 0.25)


def test_no_entry_of_a_dict_is_set_without_effect(env):
    for table in (env.timing, env.rewards):
        for name in table:
            with pytest.raises(
                TypeError, match=r"with_timing, with_rewards\), behind Gymnasium by"
            ):
                table[name] = 100


def test_the_error_says_what_to_write():
    env = neurogym.make("PerceptualDecisionMaking-v0")
    with pytest.raises(AttributeError, match=r"env.params.replace\(sigma=...\)\}\) changes it"):
        env.sigma = 0
    with pytest.raises(AttributeError, match=r"env.params.with_rewards\(...\)\}\) changes it"):
        env.rewards = {"abort": -1}
    with pytest.raises(AttributeError, match=r"what make\(id, ...\) takes is given there"):
        env.dt = 20


def test_what_it_says_takes_effect():
    env = neurogym.make("PerceptualDecisionMaking-v0")
    changed = env.params.replace(sigma=0).with_timing(stimulus=100).with_rewards(abort=-9)
    env.reset(seed=0, options={"params": changed})
    assert (env.timing["stimulus"], env.rewards["abort"]) == (100, -9)
    assert env.step(1)[1] == -9
    assert len(env.ob) == 3


def test_attributes_of_ones_own_can_be_set():
    env = neurogym.make("GoNogo-v0")
    env.note = 3
    assert env.note == 3


def test_the_adapter_refuses_likewise():
    env = gymnasium.make("jaxgym_neuro/GoNogo-v0").unwrapped
    for table in (env.timing, env.rewards):
        with pytest.raises(TypeError, match="behind Gymnasium by"):
            table.update(table)


@pytest.mark.parametrize("package", ["Gymnasium's", "NeuroGym's"])
def test_observations_and_ground_truth_of_a_trial_are_copies_that_may_be_written_to(package):
    """PyTorch takes them as they are, and warns of arrays that it must not write to."""
    is_own = package == "NeuroGym's"
    make = neurogym.make if is_own else lambda id: gymnasium.make(f"jaxgym_neuro/{id}").unwrapped
    env = make("GoNogo-v0")
    env.reset(seed=0)
    for name in ("ob", "gt"):
        before = getattr(env, name).copy()
        rows = getattr(env, name)
        rows[:] = 7
        np.testing.assert_array_equal(getattr(env, name), before)


def test_durations_that_are_assigned_hold_from_the_next_trial_on():
    env = neurogym.make("PerceptualDecisionMaking-v0", sigma=0.5)
    env.reset(seed=0)
    env.timing = {"stimulus": 300, "delay": neurogym.utils.TruncExp(200, 100, 300)}
    assert env.timing["delay"] == ("truncated_exponential", (200, 100, 300))
    assert len(env.ob) == 22  # of the trial under way
    for _ in range(22):
        ob, *_, info = env.step(0)
    assert info["new_trial"]
    assert 6 <= len(env.ob) <= 8
    np.testing.assert_array_equal(ob, env.ob[0])
    env.timing = {"stimulus": 3000}  # longer than what it was made for
    env.new_trial(coh=0)
    assert 33 <= len(env.ob) <= 35
    assert (env.trial["coh"], env.num_tr) == (0, 3)
    assert env.sample_time("stimulus") == 3000
    assert {env.sample_time("delay") for _ in range(30)} == {100, 200}
    assert neurogym.Dataset(env, seq_len=10).env.timing["stimulus"] == 3000
    env.reset(seed=1)
    first = env.ob
    env.reset(seed=1)
    np.testing.assert_array_equal(env.ob, first)
    with pytest.raises(ValueError, match="unknown period 'stimuls'; did you mean 'stimulus'"):
        env.timing = {"stimuls": 1}
    with pytest.raises(ValueError, match="unknown period 'stimuls'; did you mean 'stimulus'"):
        env.sample_time("stimuls")
    wrapped = neurogym.wrappers.PassReward(env)
    wrapped.timing = {"stimulus": 200}
    wrapped.reset()
    assert wrapped.end_t["stimulus"] == 300
    with pytest.raises(ValueError, match="have room for 3000 ms"):
        wrapped.timing = {"stimulus": 9000}
