"""TrialTable: which conditions have columns, whoever makes, cuts, joins, writes or reads it."""

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.wrappers import MultiTask, PassReward


class Pulses(jgn.TrialEnv):
    """See a pulse or none at every step; the pulses are kept as a condition."""

    TIMING = {"stimulus": 300}
    CHANNELS = {"pulse": jgn.Channel("a pulse")}
    ACTIONS = {"wait": jgn.Action("wait")}
    CONDITIONS = {
        "pulses": jgn.Condition("0 or 1 at every step", "bool", shape=("T",), column=False),
        "pair": jgn.Condition("0 or 1, twice", "bool", shape=(2,)),
    }

    def __init__(self):
        super().__init__(100)

    def sample_conditions(self, key, params, carry):
        key_pulses, key_pair = jgn.random.split(key)
        pulses = jgn.random.uniform(key_pulses, (self.T,)) < 0.5
        return {"pulses": pulses, "pair": jgn.random.uniform(key_pair, (2,)) < 0.5}, carry

    def build_trial(self, builder, conditions, params):
        return builder.add_period("stimulus").add_ob(conditions["pulses"][:, None])

    def respond(self, state, action, params):
        return jgn.Response(reward=0.0)


ENV = Pulses()


def test_a_condition_without_columns_is_there_and_whole(tmp_path):
    table = jgn.rollout(ENV, num_envs=2, num_trials=8)
    monitor = jgn.Monitor(GymnasiumEnv(ENV), tmp_path, trials_per_part=2)
    monitor.reset(seed=0)
    for _ in range(4 * ENV.T):
        monitor.step(0)
    monitor.close()
    joined = TrialTable.concatenate([table, table.take([0, 1])])
    for each in (table, table.take(slice(3)), joined, jgn.Monitor.load(tmp_path)):
        assert each.conditions["pulses"].shape == (len(each), 3)
        columns = [name for name in each.columns() if name.startswith("p")]
        assert columns == ["pair_0", "pair_1", "performance"]
        assert "pulses" not in each.frame()
    assert 0 < table.conditions["pulses"].mean() < 1


def test_columns_and_what_is_whole_are_found_by_name():
    table = jgn.rollout(ENV, num_envs=2, num_trials=8)
    columns = table.columns()
    assert {"pair_0", "steps", "stimulus_duration"} <= set(columns)
    assert all(np.array_equal(table[name], column) for name, column in columns.items())
    for name in ("pulses", "pair"):
        assert table[name] is table.conditions[name]
    with pytest.raises(ValueError, match="unknown column 'pulse'; did you mean 'pulses'"):
        table["pulse"]


def test_wrappers_and_several_tasks_have_no_columns_for_it_either():
    assert PassReward(ENV).not_columns == ENV.not_columns == ("pulses",)
    assert MultiTask([ENV, "Null-v0"], pad=True).not_columns == ("pulses",)


def test_a_frame_on_disk_has_columns_only(tmp_path):
    monitor = jgn.Monitor(GymnasiumEnv(Pulses()), tmp_path, format="parquet")
    monitor.reset(seed=0)
    for _ in range(6):
        monitor.step(0)
    monitor.close()
    frame = jgn.Monitor.load(tmp_path)
    assert [name for name in frame if name.startswith("p")] == ["pair_0", "pair_1", "performance"]
