"""PassReward: the last reward as a channel."""

from typing import Any

import numpy as np

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.trial_wrapper import AttributeWrapper, OfEither
from jaxgym_neuro.neurogym.utils.spaces import Box


class WithLast(OfEither, AttributeWrapper):
    """Show what came of the last step in a last channel, 0 after a reset.

    Attributes:
        channel: its name.
    """

    channel = ""

    def __init__(self, env: Any):
        super().__init__(env)
        space = env.observation_space
        if space.shape is None or len(space.shape) > 1:
            raise ValueError(
                f"{type(self).__name__} adds a channel to rows of them, not to {space}"
            )
        size = int(np.prod(space.shape))
        names = {**(getattr(space, "name", None) or {}), self.channel: size}
        self.observation_space = Box(-np.inf, np.inf, shape=(size + 1,), name=names)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; the channel is 0."""
        ob, info = self.env.reset(seed=seed, options=options)
        return self._with(ob, 0.0), info

    @property
    def ob(self) -> np.ndarray:
        """Observations of the trial, with a channel of 0, as nobody acts."""
        ob = self.env.ob
        return np.concatenate([ob.reshape(len(ob), -1), np.zeros((len(ob), 1), ob.dtype)], axis=1)

    def _with(self, ob, last):
        return np.append(np.asarray(ob, np.float32), np.float32(last))


class PassReward(WithLast):
    """Show the reward of the last step in a last channel, ``reward``, 0 after a reset.

    Args:
        env: an environment of `make`, or of a `TrialEnv`.

    Raises:
        ValueError: for any other, or observations that are no row of channels.
    """

    pure = wrappers.PassReward
    channel = "reward"

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step."""
        ob, reward, terminated, truncated, info = self.env.step(action)
        return self._with(ob, reward), reward, terminated, truncated, info
