"""Replications: networks are trained on an experiment, and held against the animals that did it.

``names()`` says which there are; ``load("roitman02").run(Settings(seeds=3))`` trains the networks
and returns a `Finding`: numbers, a statement of what fits and what does not, and a figure. Needs
the extras ``train`` and ``analysis``.
"""

import importlib

from jaxgym_neuro.replications.finding import Finding, Part, write
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.support.validation import check_name

__all__ = ["Finding", "Part", "Replication", "Settings", "load", "names", "write"]

# Of each a module of this package, with the replication as ``REPLICATION``.
_NAMES = ("roitman02", "roitman02_n", "ibl20", "ready_set_go", "two_step")


def names() -> list[str]:
    """Return the names of all replications."""
    return list(_NAMES)


def load(name: str) -> Replication:
    """Return the replication of a name.

    Raises:
        ValueError: for another name, with the closest one.
    """
    check_name("replication", name, _NAMES)
    return importlib.import_module(f"{__name__}.{name}").REPLICATION
