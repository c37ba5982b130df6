"""Wrappers in NeuroGym's manner, which show the attributes of what they wrap."""

from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium
import numpy as np

from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.neurogym.trial_env import TrialEnv

_COPIED: Any = object()  # stands for what copy and pickle set afterwards


class AttributeWrapper(gymnasium.Wrapper):
    """A wrapper that has the attributes of what is in it, as those of Gymnasium had before 1.0.

    Around one of Gymnasium's own, ``env`` has them, too.
    """

    env: Any

    def __init__(self, env: gymnasium.Env):
        hides = isinstance(env, gymnasium.Wrapper) and not isinstance(env, AttributeWrapper)
        super().__init__(_Shown(env) if hides else env)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the first environment inwards that has it."""
        if name.startswith("_") or name == "env":  # not there yet, while it is copied
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.env.get_wrapper_attr(name)

    def seed(self, seed: int | None = None) -> Any:
        """Seed the environment, as its method of that name does."""
        return self.env.seed(seed)


class _Shown(AttributeWrapper):
    """One of Gymnasium's wrappers, with the attributes of what is in it."""

    def __init__(self, env: gymnasium.Env):
        gymnasium.Wrapper.__init__(self, env)


class TrialWrapper(AttributeWrapper):
    """A wrapper that changes how trials are drawn, to be subclassed as NeuroGym's of that name.

    A subclass has ``new_trial(self, **kwargs)``, which calls that of ``self.env``. The outermost
    one is called at the end of every trial, by `reset`, and by a `Dataset`.

    Args:
        env: an environment of `make`, one of a `TrialEnv` of one's own, or one of these wrapped.

    Raises:
        TypeError: for anything else.
    """

    def __init__(self, env: gymnasium.Env):
        super().__init__(env)
        if not isinstance(self.unwrapped, TrialEnv):
            raise TypeError(f"a TrialWrapper wraps a TrialEnv, not {self.unwrapped}")
        self.env.set_top(self)

    @property
    def task(self) -> Any:
        """The environment without wrappers."""
        return self.unwrapped

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial, and return its conditions."""
        raise NotImplementedError(f"{type(self).__name__} has no new_trial(self, **kwargs)")


class OfEither:
    """A wrapper of either kind of environment: of a task made of pure functions, or of a class.

    Around an environment of `make`, ``TheWrapper(env, ...)`` is another one of these, whose task is
    wrapped by ``pure``. Around anything else, or where ``pure`` returns None, it is a wrapper of
    Gymnasium's kind.
    """

    pure: ClassVar[Callable[..., Any] | None] = None

    def __new__(cls, env: Any = _COPIED, *args: Any, **kwargs: Any) -> Any:
        """Wrap the task in the environment where that is possible, and else the environment."""
        pure = vars(cls).get("pure")  # a subclass does more than its base
        if pure is not None and isinstance(env, TaskEnv) and not env.has_wrapper:
            pure = pure.__func__ if isinstance(pure, staticmethod) else pure
            task = pure(env.task, *args, **kwargs)
            if task is not None:
                return env.rebuilt(task)
        if env is not _COPIED and not isinstance(getattr(env, "unwrapped", None), TrialEnv):
            raise ValueError(
                f"{cls.__name__} wraps an environment of make() or of a TrialEnv, not {env!r}"
            )
        return super().__new__(cls)


def choices_of(env: Any, wrapper: Any) -> np.ndarray:
    """Return the values from which a task draws its ground truth.

    Raises:
        AttributeError: if it has no ``choices``.
    """
    choices = getattr(env.unwrapped, "choices", None)
    if choices is None:
        raise AttributeError(f"{type(wrapper).__name__} needs a task with the attribute choices")
    return np.asarray(choices)
