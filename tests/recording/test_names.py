"""Whatever conditions and folders are called, tables have them all, on disk as in memory."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv

NAMES = ("steps", "a/b", "../up", "file", "conditions", "é \n'\"", "run", "if")


class Named(jgn.TrialEnv):
    """A task of one step whose conditions have names that are taken, or are none of Python's."""

    TIMING = {"decision": 100}
    ACTIONS = {"fixation": jgn.Action("nothing"), "choice": jgn.Action("something")}
    CHANNELS = {"fixation": jgn.Channel("always 0")}

    def __init__(self):
        super().__init__(dt=100)

    def sample_conditions(self, key, params, carry):
        numbers = jgn.random.integer(key, 1000, (len(NAMES),))
        return dict(zip(NAMES, numbers, strict=True)), carry

    def build_trial(self, builder, conditions, params):
        return builder.add_period("decision")

    def respond(self, state, action, params):
        return jgn.Response(reward=jnp.float32(0))


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_conditions_and_folders_of_any_name_come_back(tmp_path, format):
    folder = tmp_path / "a folder: of\n'mine' [0-9]*.npz é"
    env = jgn.Monitor(GymnasiumEnv(Named()), folder, trials_per_part=4, format=format)
    env.reset(seed=0)
    told = [env.step(0)[-1]["conditions"] for _ in range(10)]
    env.close()
    loaded = jgn.Monitor.load(folder)
    columns = loaded.columns() if format == "npz" else loaded
    for name in NAMES:
        shown = f"condition_{name}" if name in ("steps", "run") else name
        np.testing.assert_array_equal(columns[shown], [one[name] for one in told])
    np.testing.assert_array_equal(columns["steps"], 1)
    np.testing.assert_array_equal(columns["run"], 0)


def test_a_condition_called_like_a_column_does_not_take_its_place():
    table = jgn.TrialTable.of(
        conditions={name: np.arange(3) for name in NAMES},
        answers={"choice": np.zeros(3, np.int32)},
        times={"choice": np.full(3, -1)},
        performance=np.ones(3),
        reward=np.ones(3),
        steps=np.ones(3, int),
        env=np.zeros(3, int),
        trial=np.arange(3),
    )
    columns = table.columns()
    assert len(columns) == len(NAMES) + 9
    np.testing.assert_array_equal(columns["steps"], 1)
    np.testing.assert_array_equal(columns["condition_steps"], np.arange(3))
