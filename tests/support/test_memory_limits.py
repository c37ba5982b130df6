"""What arrays take is counted, and what there is no room for is refused before it is taken."""

import jax
import jax.numpy as jnp
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.support import memory
from jaxgym_neuro.training import GRU, train_ppo, train_supervised

TASK = "GoNogo-v0"
SMALL = {"cell": GRU(4), "updates": 1}
ASKED = {
    "rollout": lambda num: jgn.rollout(TASK, num_envs=num, num_steps=1),
    "train_ppo": lambda num: train_ppo(TASK, num_envs=num, minibatches=1, **SMALL),
    "train_supervised": lambda num: train_supervised(TASK, batch_size=num, **SMALL),
    "vector": lambda num: TaskVectorEnv(TASK, num),
}


def test_bytes_are_those_of_arrays_and_keys_count_as_their_words():
    tree = {
        "numbers": jnp.zeros((3, 5), jnp.float32),
        "flags": jnp.zeros(7, jnp.bool_),
        "shape": jax.ShapeDtypeStruct((2, 2), jnp.bfloat16),
        "keys": jax.random.split(jax.random.key(0), 4),
        "longer": jax.random.key(0, impl="rbg"),
    }
    assert memory.bytes_of(tree) == 60 + 7 + 8 + 4 * 8 + 16


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (412 << 20, "412.0 MiB"),
     (3 << 30, "3.0 GiB"), (5 << 50, "5,120.0 TiB")],
)  # fmt: skip
def test_bytes_are_told_in_the_largest_unit_of_which_there_is_one(num_bytes, text):
    assert memory.as_text(num_bytes) == text


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
def test_more_environments_than_there_is_memory_for_are_refused_with_what_they_take(asked):
    """Of so many not even the keys would fit into any machine."""
    with pytest.raises(ValueError, match=r"1,000,000,000,000 .* bytes each at least.* has .*iB: "):
        asked(10**12)


@pytest.mark.parametrize(
    ("name", "each"), [("rollout", 1_000), ("train_ppo", 1_500), ("train_supervised", 600)]
)
def test_what_is_recorded_counts_as_well(name, each, monkeypatch):
    """There is room for the states of 16 environments, or learners, not for their steps."""
    monkeypatch.setattr(memory, "device_bytes", lambda: 16 * each)
    with pytest.raises(ValueError, match=r"16 .* take .* bytes each at least"):
        ASKED[name](16)


def test_environments_that_fit_are_made(monkeypatch):
    size = jgn.state_bytes(TASK).total
    monkeypatch.setattr(memory, "device_bytes", lambda: 8 * size)
    assert TaskVectorEnv(TASK, 8).num_envs == 8
    with pytest.raises(ValueError, match=f"9 environments take {size} bytes each"):
        TaskVectorEnv(TASK, 9)


class Device:
    def __init__(self, stats):
        self.stats = stats

    def memory_stats(self):
        return self.stats


@pytest.mark.parametrize(
    ("stats", "expected"), [({"bytes_limit": 123}, 123), ({"bytes_in_use": 1}, 1000), (None, 1000)]
)
def test_a_device_says_what_it_has_or_else_the_machine_does(stats, expected, monkeypatch):
    monkeypatch.setattr(jax, "local_devices", lambda: [Device(stats)])
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PAGE_SIZE": 10, "SC_PHYS_PAGES": 100}.get)
    monkeypatch.setattr(memory, "_OWN_CGROUP", memory.pathlib.Path("none"))
    assert memory.device_bytes() == expected


@pytest.mark.parametrize(
    ("groups", "limits"),
    [
        ("0::/user/own\n", {"user/own/memory.max": "max", "user/memory.max": "700"}),
        ("9:pids:/\n4:memory:/own\n", {"memory/own/memory.limit_in_bytes": "700",
                                       "memory/memory.limit_in_bytes": str(2**63)}),
    ],
    ids=["version 2", "version 1"],
)  # fmt: skip
def test_a_control_group_may_leave_less_than_the_machine_has(groups, limits, tmp_path, monkeypatch):
    for name, limit in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{limit}\n")
    (tmp_path / "own").write_text(groups)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(jax, "local_devices", lambda: [Device(None)])
    assert memory.device_bytes() == 700
