"""What the tasks of Yang et al. (2019) share: two rings to see, and one to answer on."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.env import ParamsT
from jaxgym_neuro.core.ring_choice import RING_CHOICE
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper

YANG_2019 = Paper(
    "Yang, Joglekar, Song, Newsome & Wang",
    2019,
    "Task representations in neural networks trained to perform many cognitive tasks",
    "Nature Neuroscience 22, 297-306",
    "https://doi.org/10.1038/s41593-018-0310-2",
    species=("model",),
)
RINGS = ("stimulus_mod1", "stimulus_mod2")
_SEEN = "a bump around a stimulus of strength s: 0.8 s exp(-x^2 / 2) at x pi / 8 from it"
MODALITY = Condition(
    "0 or 1, equally likely: the ring on which something is shown", "int32", one_of=(0, 1)
)
ONE_MODALITY = {
    "modality": Difference(
        "the modality is drawn for each trial, as the condition `modality`, and the channels of "
        "both have names",
        "2.3.1 has a task for each and a schedule that never repeats, so that they strictly "
        "alternate",
        ("test_the_modality_is_drawn_anew_for_each_trial",),
    ),
}
SETTINGS_ARE_PARAMS = {
    "settings": Difference(
        "what sets a task apart from others of its family is in its params, and no argument",
        "2.3.1 has arguments by which a task becomes another one, which has an id of its own",
        ("test_a_setting_makes_one_task_of_a_family_another",),
    ),
}


class TwoRings(ChoiceTask[ParamsT]):
    """Base of tasks in which stimuli are bumps on two rings, and the answer is a direction.

    Args:
        dt: step in ms.
        rewards: changes to ``REWARDS``.
        timing: changes to ``TIMING``.
        numbers: values of params that were given as arguments; those of ``SETTINGS`` are the
            defaults of the task.
        dim_ring: number d of units of each ring.
        abort: whether breaking fixation ends the trial.
        enforce: where the subject has to wait.
    """

    SETTINGS: Mapping[str, Any] = {}
    FAMILY: Any = None  # the class of a family that is written, where others are made of it
    TAGS_OF_TASKS: tuple[str, ...] = ()
    CHANNELS = {
        "fixation": CUE,
        RINGS[0]: Channel(f"in modality 1, {_SEEN}", "d"),
        RINGS[1]: Channel(f"in modality 2, {_SEEN}", "d"),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}

    def __init_subclass__(cls, **kwargs: Any):
        if "FAMILY" not in vars(cls):
            cls.FAMILY = cls
        super().__init_subclass__(**kwargs)

    def __init__(
        self,
        dt: float,
        rewards: Mapping[str, float] | None,
        timing: Mapping[str, Any] | None,
        numbers: Mapping[str, Any],
        dim_ring: int,
        abort: bool,
        enforce: str,
    ):
        self.theta = stimuli.ring(dim_ring)
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"d": dim_ring},
            numbers={**self.SETTINGS, **numbers},
        )

    def on_ring(self, modality: jax.Array, tuning: jax.Array) -> jax.Array:
        """Return what the channels of both rings show, if one of them shows this; (2 d,)."""
        is_shown = np.arange(len(RINGS), dtype=np.int32)[:, None] == modality
        return jnp.where(is_shown, tuning[None], jnp.float32(0)).reshape(-1)
