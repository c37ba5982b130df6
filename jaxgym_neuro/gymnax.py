"""The ids of this library in gymnax: after ``import jaxgym_neuro.gymnax``, ``gymnax.make(id)``.

A task has gymnax's interface without it: `jaxgym_neuro.make` returns what ``gymnax.make`` does, and
gymnax's wrappers take it. Only the registry of ids needs gymnax itself, which takes two seconds to
import and starts JAX's backend.
"""

from functools import partial
from typing import Any

from gymnax import registration

from jaxgym_neuro.registry import as_env, tell_ids


def _register(id: str) -> None:
    if id not in registration.registered_envs:
        registration.register(id, partial(_construct, id))


def _construct(id: str, **kwargs: Any) -> Any:
    return as_env(id, **kwargs)


tell_ids(_register)
