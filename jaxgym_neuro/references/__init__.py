"""Published numbers of animals and people, and criteria of training, as small tables with sources.

``load("roitman02")`` returns a `Reference`; ``names()`` says which there are. `compare` draws
agents, ideal observers and animals in one figure.
"""

from jaxgym_neuro.references.animals import ANIMALS
from jaxgym_neuro.references.compare import compare
from jaxgym_neuro.references.criteria import CRITERIA
from jaxgym_neuro.references.reference import Reference
from jaxgym_neuro.support.validation import check_name

__all__ = ["Reference", "compare", "load", "names"]

_REFERENCES = {reference.name: reference for reference in (*ANIMALS, *CRITERIA)}


def names() -> list[str]:
    """Return the names of all references."""
    return list(_REFERENCES)


def load(name: str) -> Reference:
    """Return the reference of a name.

    Raises:
        ValueError: for another name, with the closest one.
    """
    check_name("reference", name, _REFERENCES)
    return _REFERENCES[name]
