"""Noise: Gaussian noise on everything that is seen."""

import math

import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name
from jaxgym_neuro.wrappers.base import TrialWrapper, check_env


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    added_noise: Leaf = number(0.1, "standard deviation of the noise", at_least=0)


class Noise(TrialWrapper):
    """Add independent Gaussian noise to all channels at all steps, the cue's included.

    The noise is drawn with the trial, so that ``new_trial`` has it, too. By default its standard
    deviation is that of a step, whatever ``dt`` is, as in NeuroGym. With ``per="sqrt_ms"`` that of
    a step is std / sqrt(dt), as the noise of tasks is scaled: what is learned in a given time does
    not depend on ``dt``.

    Args:
        env: the task.
        std: standard deviation of the noise.
        per: ``"step"`` or ``"sqrt_ms"``.

    Raises:
        ValueError: for a negative standard deviation, another scale, or observations without
            channels.
    """

    PARAMS = Params
    DIFFERENCES = {
        "drawn with the trial": Difference(
            "the noise is drawn with the trial",
            "2.3.1 adds it while stepping, changing the stored trial, and its `reset` takes no "
            "seed",
            ("test_noise_is_independent_gaussian_of_its_std_on_every_channel_and_step",),
        )
    }

    draws = False

    def __init__(self, env: TrialEnv, std: float = Params.added_noise, per: str = "step"):
        check_env("Noise", env)
        check_name("scale of the noise", per, ("step", "sqrt_ms"))
        self.per = per
        std = check_param(Params, "added_noise", std, "std")
        space = env.observation_space()
        if env.makes_frames:
            raise ValueError(
                f"Noise is added to what a trial holds, and {env.name} shows frames that are made "
                "of it: the places of what is seen would be noisy, and not the picture"
            )
        if not space.shape:
            raise ValueError(f"Noise needs channels, and what {env.name} shows is one number")
        space = spaces.Box(-np.inf, np.inf, space.shape, name=space.name)
        super().__init__(env, observation_space=space, numbers={"added_noise": std})

    def change_trial(self, builder, conditions, params):
        """Add the noise."""
        scale = 1 if self.per == "step" else 1 / math.sqrt(self.dt)
        return builder.add_randn(0, params.added_noise * np.float32(scale))
