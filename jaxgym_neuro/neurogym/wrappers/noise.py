"""Noise: normal numbers added to what is seen."""

from typing import Any

import numpy as np

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.trial_wrapper import OfEither, TrialWrapper
from jaxgym_neuro.support.validation import check_number


class Noise(OfEither, TrialWrapper):
    """Add Gaussian noise to every channel, new at every step.

    Where a trial has its observations in advance, the noise is in them, so that a `Dataset` has it.

    Args:
        env: an environment of `make`, or of a `TrialEnv`.
        std_noise: standard deviation.

    Raises:
        ValueError: for any other environment, or a negative number.
    """

    @staticmethod
    def pure(task: Any, std_noise: float = 0.1) -> Any:
        """Wrap a task made of pure functions."""
        return wrappers.Noise(task, std_noise)

    def __init__(self, env: Any, std_noise: float = 0.1):
        super().__init__(env)
        self.std_noise = check_number("std_noise", std_noise, at_least=0)

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial."""
        trial = self.env.new_trial(**kwargs)
        task: Any = self.unwrapped
        if isinstance(getattr(task, "ob", None), np.ndarray):
            task.ob = self._noisy(task.ob)
        return trial

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        ob, info = self.env.reset(seed=seed, options=options)
        return self._shown(ob), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step."""
        ob, reward, terminated, truncated, info = self.env.step(action)
        return self._shown(ob), reward, terminated, truncated, info

    def _shown(self, ob):
        """Add noise where the trial has no observations in which it is."""
        return self._noisy(ob) if getattr(self.unwrapped, "ob", None) is None else ob

    def _noisy(self, ob):
        ob = np.asarray(ob)
        task: Any = self.unwrapped
        noisy = ob + self.std_noise * task.rng.standard_normal(ob.shape)
        return noisy.astype(ob.dtype if ob.dtype.kind == "f" else np.float32)
