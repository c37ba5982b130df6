"""Noise: Gaussian noise on everything that is seen."""

import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.wrappers.base import TrialWrapper, check_env


class Noise(TrialWrapper):
    """Add independent Gaussian noise to all channels at all steps, the cue's included.

    The noise is drawn with the trial, so that ``new_trial`` has it, too. Its standard deviation is
    per step, whatever ``dt`` is.

    Params: ``added_noise``.

    Args:
        env: the task.
        std: standard deviation of the noise, per step.

    Raises:
        ValueError: for a negative standard deviation, or observations without channels.
    """

    draws = False

    def __init__(self, env: TrialEnv, std: float = 0.1):
        check_env("Noise", env)
        std = check_number("std", std, at_least=0)
        space = env.observation_space()
        if not space.shape:
            raise ValueError(f"Noise needs channels, and what {env.name} shows is one number")
        space = spaces.Box(-np.inf, np.inf, space.shape, name=space.name)
        super().__init__(env, observation_space=space, params={"added_noise": std})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        check_number("added_noise", float(params.added_noise), at_least=0)

    def change_trial(self, builder, conditions, params):
        """Add the noise."""
        return builder.add_randn(0, params.added_noise)
