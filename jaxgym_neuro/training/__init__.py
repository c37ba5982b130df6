"""Training of recurrent networks on tasks; needs the extra ``train``.

`train_ppo` and `train_supervised` are each one jitted program over seeds and hyperparameters. Their
networks are made of a cell, `GRU` or `LeakyRNN`; what they return plays in
`jaxgym_neuro.rollout` as ``trained.agent()``.
"""

from jaxgym_neuro.support.extras import needed_by

with needed_by("training"):
    from jaxgym_neuro.training.analyses import analyze, pictures
    from jaxgym_neuro.training.criteria import criterion
    from jaxgym_neuro.training.networks import (
        GRU,
        Cell,
        LeakyRNN,
        Network,
        cell_from,
        cell_function,
        init_weights,
        lesion,
        make_network,
    )
    from jaxgym_neuro.training.progress import ProgressBar
    from jaxgym_neuro.training.recipes import recipe
    from jaxgym_neuro.training.report import Evaluation, card, evaluate, write
    from jaxgym_neuro.training.solved import Record, read_all, tables
    from jaxgym_neuro.training.solving import solvable, solve, solve_all
    from jaxgym_neuro.training.train import load, train_ppo, train_supervised
    from jaxgym_neuro.training.trained import Agent, Trained, TrainedPolicy

__all__ = [
    "GRU",
    "Agent",
    "Cell",
    "Evaluation",
    "LeakyRNN",
    "Network",
    "ProgressBar",
    "Record",
    "Trained",
    "TrainedPolicy",
    "analyze",
    "card",
    "cell_from",
    "cell_function",
    "criterion",
    "evaluate",
    "init_weights",
    "lesion",
    "load",
    "make_network",
    "pictures",
    "read_all",
    "recipe",
    "solvable",
    "solve",
    "solve_all",
    "tables",
    "train_ppo",
    "train_supervised",
    "write",
]
