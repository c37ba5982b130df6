"""`train_ppo` and `train_supervised`: one jitted program over runs, one per seed and setting."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from jaxgym_neuro.core.identity import differences
from jaxgym_neuro.support.validation import check_flag, check_integer
from jaxgym_neuro.training import checkpoint
from jaxgym_neuro.training.criteria import criterion
from jaxgym_neuro.training.learning import Report, learn, programs
from jaxgym_neuro.training.networks import Cell, cell_from
from jaxgym_neuro.training.plans import PLANS, Asked, Plan, plan_ppo, plan_supervised
from jaxgym_neuro.training.recipes import DEFAULTS, cell_of, completed, recipe
from jaxgym_neuro.training.trained import Trained

CHUNK = 25  # updates between two times at which the host saves, and asks whether it is enough


def train_ppo(
    env: Any,
    params: Any = None,
    cell: Cell | None = None,
    *,
    updates: int | None = None,
    num_envs: int | None = None,
    rollout_trials: int | None = None,
    learning_rate: float | Sequence[float] | None = None,
    entropy_weight: float | Sequence[float] | None = None,
    epochs: int | None = None,
    minibatches: int | None = None,
    gamma: float | None = None,
    gae_lambda: float | None = None,
    clip: float | None = None,
    value_weight: float | None = None,
    max_grad_norm: float | None = None,
    wait_bias: float | None = None,
    rewards: Mapping[str, float] | None = None,
    decay: bool = True,
    num_seeds: int = 1,
    key: int | jax.Array = 0,
    chunk: int = CHUNK,
    until: Any = None,
    folder: str | Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    mesh: Mesh | None = None,
) -> Trained:
    """Train recurrent agents by PPO.

    All runs are trained at once: one for every set of params, learning rate, entropy weight and
    seed. What is not given is as in the task's recipe (`recipes`), if it is given by its id, or a
    default.

    Args:
        env: a task made of trials, or its id.
        params: default are the task's; with a leading axis, as ``jax.vmap`` makes them, a set for
            each of several runs.
        cell: `GRU` or `LeakyRNN`; default is the recipe's, mostly a GRU of 64 units.
        updates: how many; each learns from a rollout of all environments.
        num_envs: environments of each run.
        rollout_trials: a rollout is as long as this many of the longest trials.
        learning_rate: of Adam; a number, or several to compare.
        entropy_weight: how much the policy is kept undecided; a number, or several to compare.
        epochs: how often each rollout is learned from.
        minibatches: into how many parts of the environments it is divided.
        gamma: discount of rewards by a step.
        gae_lambda: of generalized advantage estimates.
        clip: of PPO's ratio.
        value_weight: of the squared error of values in the loss.
        max_grad_norm: bound on the gradient's norm.
        wait_bias: how much likelier, as a log odds, action 0 is at first than any other: where each
            action ends the trial, a policy that mostly waits comes to see the end of one.
        rewards: what is paid while it learns, where that is not what the task pays, such as
            ``{"miss": -0.5}``; metrics have it, and the networks play the task as it is.
        decay: whether learning rate and entropy weight fall linearly to 0 over the updates.
        num_seeds: runs that differ only by their key; run i has ``fold_in(key, i)``.
        key: a seed or a key.
        chunk: updates between two times at which the host saves, and asks whether it is enough.
        until: stop when it holds in all runs: a performance per trial, ``"ideal:0.95"``,
            ``"pyrl"`` or a function of a chunk's metrics; see `criterion`.
        folder: where to save after every chunk; `load` reads it.
        resume: whether to go on with what is in the folder, as if it had never been interrupted.
        report: called on the host after every update with the number of updates done and a dict
            of metrics (runs,), such as `ProgressBar`.
        mesh: devices that share the work, ``jax.make_mesh((4,), ("envs",))``: the environments are
            divided along ``"envs"``, the runs along ``"runs"``, and gradients are summed over
            devices. What is learned is what one device learns, but for rounding. Where devices are
            of several processes, each calls this.

    Returns:
        The trained networks.

    Raises:
        ValueError: for numbers outside their bounds, environments that do not make whole
            minibatches on every device, a cell that does not suit the task, a folder with another
            training.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> cell = jgn.training.GRU(hidden=8)
        >>> trained = jgn.training.train_ppo("GoNogo-v0", cell=cell, updates=2, num_envs=8)
        >>> table = jgn.rollout("GoNogo-v0", None, *trained.agent(), num_trials=10)
    """
    given = {
        "updates": updates,
        "learning_rate": learning_rate,
        "entropy_weight": entropy_weight,
        "num_envs": num_envs,
        "rollout_trials": rollout_trials,
        "epochs": epochs,
        "minibatches": minibatches,
        "gamma": gamma,
        "gae_lambda": gae_lambda,
        "clip": clip,
        "value_weight": value_weight,
        "max_grad_norm": max_grad_norm,
        "wait_bias": wait_bias,
        "rewards": rewards,
    }
    chosen = _chosen(env, "ppo", given)
    cell = cell or cell_of(env, "ppo")
    asked = Asked.of(env, params, cell, decay=decay, num_seeds=num_seeds, key=key, mesh=mesh)
    return _train(plan_ppo(asked, chosen), chunk, until, folder, resume, report)


def train_supervised(
    env: Any,
    params: Any = None,
    cell: Cell | None = None,
    *,
    updates: int | None = None,
    batch_size: int | None = None,
    row_trials: int | None = None,
    learning_rate: float | Sequence[float] | None = None,
    whole_weight: float | None = None,
    activity_cost: float | None = None,
    max_grad_norm: float | None = None,
    decay: bool = True,
    num_seeds: int = 1,
    key: int | jax.Array = 0,
    chunk: int = CHUNK,
    until: Any = None,
    folder: str | Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    mesh: Mesh | None = None,
) -> Trained:
    """Train recurrent networks on the ground truth of a task, from trials drawn as they are used.

    All runs are trained at once: one for every set of params, learning rate and seed. What is
    learned, and what counts as performance, is said in `jaxgym_neuro.training.supervised`.

    Args:
        env: a task made of trials, or its id.
        params: as in `train_ppo`.
        cell: `GRU` or `LeakyRNN`; default is the recipe's, mostly a GRU of 64 units.
        updates: how many.
        batch_size: trials in an update.
        row_trials: how many of them follow one another, as those of one subject: errors are carried
            back through all of them. Above 1 where what is kept in mind at the end of a trial helps
            in the next one alone.
        learning_rate: of Adam; a number, or several to compare.
        whole_weight: weight of the mean error over all steps of a trial, beside that over its
            decision steps; 0 where nothing is asked of the others.
        activity_cost: weight of the mean square of rates in the loss.
        max_grad_norm: bound on the gradient's norm.
        decay: whether the learning rate falls linearly to 0 over the updates.
        num_seeds: as in `train_ppo`, like all that follow.
        key: a seed or a key.
        chunk: updates between two times at which the host saves, and asks whether it is enough.
        until: when to stop.
        folder: where to save.
        resume: whether to go on with what is in the folder.
        report: called on the host after every update.
        mesh: devices that share the work.

    Returns:
        The trained networks.

    Raises:
        ValueError: as `train_ppo`.
    """
    given = {
        "updates": updates,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "row_trials": row_trials,
        "whole_weight": whole_weight,
        "activity_cost": activity_cost,
        "max_grad_norm": max_grad_norm,
    }
    chosen = _chosen(env, "supervised", given)
    cell = cell or cell_of(env, "supervised")
    asked = Asked.of(env, params, cell, decay=decay, num_seeds=num_seeds, key=key, mesh=mesh)
    return _train(plan_supervised(asked, chosen), chunk, until, folder, resume, report)


def load(folder: str | Path, env: Any, params: Any = None) -> Trained:
    """Return the training that was saved in a folder, as it was at its last chunk.

    Args:
        folder: where `train_ppo` or `train_supervised` saved.
        env: the task that it was, or its id.
        params: of it, as they were; default are the task's.

    Raises:
        ValueError: if there is none, or it is of another task, saying what differs.
    """
    known = Path(folder) / checkpoint.CONFIG
    if not known.exists():
        raise ValueError(f"there is no training in {folder}")
    config = json.loads(known.read_text())
    config = completed(config["method"], config)
    chosen = {name: config[name] for name in DEFAULTS[config["method"]]}
    for name in ("learning_rate", "entropy_weight"):
        if name in chosen:
            chosen[name] = [float(word) for word in chosen[name].split(", ")]
    own = {k.removeprefix("network."): v for k, v in config.items() if k.startswith("network.")}
    words = jnp.asarray([int(word) for word in config["key"].split(", ")], jnp.uint32)
    key = jax.random.wrap_key_data(words, impl=config["key_impl"])
    same = {name: config[name] for name in ("decay", "num_seeds")}
    plan = PLANS[config["method"]](Asked.of(env, params, cell_from(own), **same, key=key), chosen)
    told = differences({**plan.config, "version": config["version"]}, config)
    if told:
        raise ValueError(f"the training in {folder} is another one: {'; '.join(told)}")
    begin, _ = programs(plan.method, CHUNK, None, plan.sets is not None)
    like = jax.eval_shape(begin, plan.keys, plan.params)
    at = checkpoint.read(folder, like, config["key_impl"])
    return plan.trained(at, {"compile": 0.0, "train": 0.0})


def _chosen(env: Any, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**recipe(env, method), **{k: v for k, v in given.items() if v is not None}}


def _train(
    plan: Plan,
    chunk: int,
    until: Any,
    folder: str | Path | None,
    resume: bool,
    report: Report | None,
) -> Trained:
    chunk = min(check_integer("chunk", chunk, at_least=1), plan.updates)
    if check_flag("resume", resume) and folder is None:
        raise ValueError("resume=True goes on with what is in a folder: give folder=")
    is_enough = criterion(until, plan.method.env, plan.params)
    place = None if folder is None else checkpoint.Folder(folder, plan.config, resume)
    try:
        at, seconds = learn(
            plan.method,
            plan.params_while_learning,
            plan.rates,
            plan.keys,
            plan.updates,
            chunk,
            report=report,
            is_enough=is_enough,
            restore=(lambda like: None) if place is None else place.restore,
            save=(lambda progress: None) if place is None else place.save,
            swept=plan.sets is not None,
        )
    finally:
        if place is not None:
            place.close()
    return plan.trained(at, seconds)
