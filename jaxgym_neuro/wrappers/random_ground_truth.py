"""RandomGroundTruth: the right answer is drawn with probabilities of one's own."""

from collections.abc import Sequence

import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.drawing import check_choices, with_choice


class RandomGroundTruth(TrialWrapper):
    """Draw the condition ``ground_truth`` of each trial with given probabilities.

    Params: ``ground_truth_p`` (n,), the probability of each of the task's ``choices``.

    Args:
        env: a task with ``choices``.
        p: n probabilities; default is 1 / n each.

    Raises:
        ValueError: for a task without choices, or other probabilities.
    """

    def __init__(self, env: TrialEnv, p: Sequence[float] | None = None):
        n = len(check_choices("RandomGroundTruth", env))
        p = (1 / n,) * n if p is None else p
        probs = check_probabilities("p", p, shape=(n,)).astype(np.float32)
        super().__init__(env, params={"ground_truth_p": probs})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        n = len(self.choices)
        check_probabilities("ground_truth_p", params.ground_truth_p, shape=(n,))

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth."""
        index = random.weighted(key, params.ground_truth_p)
        return with_choice(conditions, self.choices, index), own
