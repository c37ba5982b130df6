"""What a training is before it begins: its arguments, checked, and its runs, laid out."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from jaxgym_neuro import random
from jaxgym_neuro.core.identity import identity_of
from jaxgym_neuro.support.dividing import ENVS, RUNS, check_divisible, check_mesh, fetched
from jaxgym_neuro.support.validation import (
    check_flag,
    check_integer,
    check_names,
    check_number,
    check_numbers,
)
from jaxgym_neuro.support.version import VERSION
from jaxgym_neuro.training import sweeps
from jaxgym_neuro.training.actions import POLICY, actions_of
from jaxgym_neuro.training.learning import Method, Progress
from jaxgym_neuro.training.networks import Cell, cell_config, make_network
from jaxgym_neuro.training.ppo import PPO, VALUE
from jaxgym_neuro.training.supervised import Supervised, dataset_for, num_outputs
from jaxgym_neuro.training.trained import Trained


@dataclasses.dataclass(frozen=True)
class Asked:
    """What either method is given beside the numbers that recipes have, checked."""

    task: Any
    params: Any  # with an axis where there are several sets
    sets: int | None  # of params that were given; None for one without an axis
    cell: Cell
    decay: bool
    num_seeds: int
    key: jax.Array
    mesh: Mesh | None

    @classmethod
    def of(
        cls,
        env: Any,
        params: Any,
        cell: Any,
        *,
        decay: Any = True,
        num_seeds: Any = 1,
        key: Any = 0,
        mesh: Any = None,
    ) -> "Asked":
        """Check the arguments of `train_ppo` and `train_supervised` that are the same."""
        task, params, sets = sweeps.resolve_all(env, params)
        return cls(
            task=task,
            params=params,
            sets=sets,
            cell=cell,
            decay=check_flag("decay", decay),
            num_seeds=check_integer("num_seeds", num_seeds, at_least=1),
            key=random.as_key(key),
            mesh=check_mesh(mesh, (ENVS, RUNS)),
        )

    @property
    def one_params(self) -> Any:
        """One set of params."""
        return self.params if self.sets is None else sweeps.one_of(self.params, 0)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A training to come, whose arguments have been checked."""

    method: Method
    params: Any  # with an axis of runs, where there are several sets
    sets: int | None  # of params that were given; None for one without an axis
    runs: Mapping[str, np.ndarray]  # (runs,) each
    rates: Mapping[str, np.ndarray]  # (runs,) each, of the runs' columns
    rewards: Mapping[str, float]  # while it learns, where they are not those of params
    keys: jax.Array  # (runs,)
    updates: int
    config: Mapping[str, Any]

    @classmethod
    def of(
        cls, method: Method, asked: Asked, chosen: Mapping[str, Any], swept: Sequence[str]
    ) -> "Plan":
        """Lay out the runs of a method; ``swept`` are the names of what may be several numbers."""
        updates = check_integer("updates", chosen["updates"], at_least=1)
        sets, num_seeds = asked.sets, asked.num_seeds
        params = jax.tree.map(jnp.asarray, asked.params)
        values = {name: check_numbers(name, chosen[name], at_least=0) for name in swept}
        rows = list(itertools.product(range(sets or 1), *values.values(), range(num_seeds)))
        columns = np.asarray(rows, np.float32).T
        rates = {name: columns[1 + i] for i, name in enumerate(values)}
        runs = {**rates, "seed": columns[-1].astype(np.int32)}
        check_divisible("the number of runs", len(rows), method.mesh, RUNS)
        given = identity_of(method.env, params)
        if sets is not None:
            which = columns[0].astype(np.int32)
            differing = {name: x[which] for name, x in sweeps.varied(params).items()}
            runs = {"params": which, **differing, **runs}
            params = jax.tree.map(lambda x: x[which], params)
        keys = jax.vmap(lambda seed: random.fold_in(asked.key, seed))(jnp.asarray(runs["seed"]))
        config = {
            "method": "ppo" if isinstance(method, PPO) else "supervised",
            "version": VERSION,
            **{f"network.{name}": x for name, x in cell_config(method.network.cell).items()},
            **chosen,
            **{name: ", ".join(map(repr, each)) for name, each in values.items()},
            "decay": method.decay,
            "num_seeds": num_seeds,
            "key": ", ".join(map(str, np.asarray(jax.random.key_data(asked.key)).tolist())),
            "key_impl": str(jax.random.key_impl(asked.key)),
            **given,
        }
        rewards = chosen.get("rewards", {})
        return cls(method, params, sets, runs, rates, rewards, keys, updates, config)

    @property
    def params_while_learning(self) -> Any:
        """The params, with the rewards that are paid while it learns."""
        if not self.rewards:
            return self.params
        known = self.params.rewards
        paid = {name: jnp.full_like(known[name], x) for name, x in self.rewards.items()}
        return self.params.with_rewards(**paid)

    def trained(self, at: Progress, seconds: Mapping[str, float]) -> Trained:
        """Return what has come of it; the weights are whole in every process."""
        weights = at.learners.weights
        if self.method.mesh is not None:
            weights = jax.tree.map(jnp.asarray, fetched(weights))
        return Trained(
            method=self.method,
            params=self.params,
            sets=self.sets,
            weights=weights,
            metrics=at.metrics,
            runs=self.runs,
            config=self.config,
            seconds=seconds,
            total=self.updates,
            learners=at.learners,
        )


def plan_ppo(asked: Asked, chosen: dict[str, Any]) -> Plan:
    """Check what recipes of `train_ppo` have, and lay out its runs."""
    task, params = asked.task, asked.params
    for name in ("num_envs", "rollout_trials", "epochs", "minibatches"):
        chosen[name] = check_integer(name, chosen[name], at_least=1)
    if chosen["num_envs"] % chosen["minibatches"]:
        raise ValueError(
            f"num_envs is a multiple of minibatches ({chosen['minibatches']}), not "
            f"{chosen['num_envs']}"
        )
    check_divisible("num_envs", chosen["num_envs"], asked.mesh, ENVS, chosen["minibatches"])
    for name in ("gamma", "gae_lambda"):
        chosen[name] = check_number(name, chosen[name], at_least=0, at_most=1)
    rewards = check_names("reward", chosen["rewards"], params.rewards)
    chosen["rewards"] = {
        name: check_number(f"the reward {name!r}", amount) for name, amount in rewards.items()
    }
    for name in ("clip", "max_grad_norm"):
        chosen[name] = check_number(name, chosen[name], above=0)
    chosen["value_weight"] = check_number("value_weight", chosen["value_weight"], at_least=0)
    actions = actions_of(task.action_space(asked.one_params))
    readouts = {POLICY: actions.size, VALUE: 1}
    wait_bias = check_number("wait_bias", chosen["wait_bias"])
    if wait_bias and not task.can_wait:
        raise ValueError(f"in {task.name} no action is to wait: wait_bias is 0, not {wait_bias}")
    chosen["wait_bias"] = wait_bias
    as_they_are = ("num_envs", "epochs", "minibatches", "gamma", "gae_lambda", "clip")
    method = PPO(
        env=task,
        network=make_network(asked.cell, task, readouts, (POLICY,), wait_bias, actions.num_sds),
        decay=asked.decay,
        actions=actions,
        truncates=bool(np.any(np.asarray(params.max_steps_in_episode) > 0)),
        rollout_steps=chosen["rollout_trials"] * task.T,
        value_weight=chosen["value_weight"],
        max_grad_norm=chosen["max_grad_norm"],
        mesh=asked.mesh,
        **{name: chosen[name] for name in as_they_are},
    )
    return Plan.of(method, asked, chosen, ("learning_rate", "entropy_weight"))


def plan_supervised(asked: Asked, chosen: dict[str, Any]) -> Plan:
    """Check what recipes of `train_supervised` have, and lay out its runs."""
    task, mesh = asked.task, asked.mesh
    batch_size = check_integer("batch_size", chosen["batch_size"], at_least=1)
    row_trials = check_integer("row_trials", chosen["row_trials"], at_least=1)
    if batch_size % row_trials:
        raise ValueError(f"batch_size is a multiple of row_trials ({row_trials}), not {batch_size}")
    check_divisible("batch_size", batch_size, mesh, ENVS, row_trials)
    weights = ("whole_weight", "activity_cost")
    method = Supervised(
        env=task,
        network=make_network(asked.cell, task, {POLICY: num_outputs(task)}),
        decay=asked.decay,
        max_grad_norm=check_number("max_grad_norm", chosen["max_grad_norm"], above=0),
        mesh=mesh,
        batch_size=batch_size,
        row_trials=row_trials,
        **{name: check_number(name, chosen[name], at_least=0) for name in weights},
        dataset=dataset_for(task, asked.one_params, batch_size, mesh),
    )
    return Plan.of(method, asked, chosen, ("learning_rate",))


PLANS: Mapping[str, Callable[[Asked, dict[str, Any]], Plan]] = {
    "ppo": plan_ppo,
    "supervised": plan_supervised,
}
