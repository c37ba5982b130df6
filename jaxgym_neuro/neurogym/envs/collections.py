"""The ids of a collection, where NeuroGym has the function, too."""

from jaxgym_neuro.neurogym.envs.registration import get_collection

__all__ = ["get_collection"]
