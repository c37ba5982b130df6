"""Work divided among devices: what is refused, and what one device makes of a mesh of one."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.support.dividing import check_divisible, check_mesh, fetched, num_memories, put
from jaxgym_neuro.training import GRU, train_supervised

ENV = jgn.make("GoNogo-v0")[0]


def mesh_of_one(*names):
    return jax.make_mesh((1,) * len(names), names)


def test_a_mesh_is_one_of_jax_with_axes_that_have_a_meaning():
    assert check_mesh(None) is None
    assert check_mesh(mesh_of_one("envs")).axis_names == ("envs",)
    for wrong in (4, jax.devices(), "envs"):
        with pytest.raises(ValueError, match=r"jax.make_mesh\(\(4,\), \('envs',\)\)"):
            jgn.rollout(ENV, num_trials=2, num_envs=2, mesh=wrong)
    with pytest.raises(ValueError, match=r"axes of a mesh are 'envs' here, not \('data',\)"):
        jgn.rollout(ENV, num_trials=2, num_envs=2, mesh=mesh_of_one("data"))
    with pytest.raises(ValueError, match="'envs' and 'runs' here"):
        jgn.Dataset(ENV, mesh=mesh_of_one("data"))


def test_what_does_not_come_out_even_is_refused_with_the_number_that_would():
    class OfFour:
        shape = {"envs": 4}

    check_divisible("num_envs", 12, OfFour, "envs")
    check_divisible("num_envs", 7, None, "envs")
    with pytest.raises(ValueError, match=r"num_envs is a multiple of 4 \(4 devices\), not 6"):
        check_divisible("num_envs", 6, OfFour, "envs")
    with pytest.raises(ValueError, match=r"multiple of 8 \(4 devices times 2 parts"):
        check_divisible("num_envs", 12, OfFour, "envs", 2)


@pytest.mark.slow
def test_a_mesh_of_one_device_changes_nothing():
    mesh = mesh_of_one("envs")
    tables = [jgn.rollout(ENV, num_trials=20, num_envs=4, mesh=one) for one in (None, mesh)]
    assert tables[0].frame().equals(tables[1].frame())
    one, same = (jgn.Dataset(ENV, batch_size=4, seq_len=30, mesh=each) for each in (None, mesh))
    jax.tree.map(np.testing.assert_array_equal, one(), same())
    assert one.position == same.position
    settings = {"cell": GRU(hidden=4), "updates": 2, "batch_size": 4, "chunk": 2}
    trained = [train_supervised(ENV, **settings, mesh=each) for each in (None, mesh)]
    assert np.allclose(trained[0].metrics["loss"], trained[1].metrics["loss"], atol=1e-5)


def test_keys_are_put_and_fetched_as_other_arrays_are():
    keys = jax.random.split(jax.random.key(0), 4)
    placed = put({"keys": keys, "numbers": np.arange(4)}, mesh_of_one("envs"), "envs")
    assert placed["keys"].dtype == keys.dtype
    np.testing.assert_array_equal(jax.random.key_data(placed["keys"]), jax.random.key_data(keys))
    np.testing.assert_array_equal(fetched(placed["numbers"]), np.arange(4))


def test_devices_of_a_processor_share_its_memory():
    assert num_memories(None) == num_memories(mesh_of_one("envs", "runs")) == 1
