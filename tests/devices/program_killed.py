"""A training that is to be killed: ``folder updates address processes number``."""

import sys

import jax
import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.training import GRU, train_supervised

folder, updates, address, processes, number = sys.argv[1:]
if int(processes) > 1:  # before anything is computed
    jax.distributed.initialize(address, int(processes), int(number))

SHORT = {"stimulus": 200, "delay": 100, "decision": 200}
env = jgn.make("PerceptualDecisionMaking-v0", timing=SHORT)[0]
mesh = jax.make_mesh((jax.device_count(),), ("envs",))
trained = train_supervised(
    env, None, GRU(hidden=8), updates=int(updates), batch_size=16, chunk=2, mesh=mesh,
    folder=folder, resume=True,
)  # fmt: skip
if number == "0":
    weights = [np.asarray(x) for x in jax.tree.leaves(trained.weights)]
    np.savez(f"{folder}.npz", *weights, loss=trained.metrics["loss"])
