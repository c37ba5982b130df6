"""RandomGroundTruth: the right answer is drawn with probabilities of one's own."""

from collections.abc import Sequence

import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_choices, with_choice


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    ground_truth_p: Leaf = number(
        (0.5, 0.5),
        "probability of each of the task's ``choices``",
        shape=("n",),
        sums_to_1=True,
    )


class RandomGroundTruth(TrialWrapper):
    """Draw the condition ``ground_truth`` of each trial with given probabilities.

    Args:
        env: a task with ``choices``.
        p: n probabilities; default is 1 / n each.

    Raises:
        ValueError: for a task without choices, or other probabilities.
    """

    PARAMS = Params
    DIFFERENCES = {
        "given conditions": Difference(
            "conditions given to `new_trial` reach the task through every wrapper, and win",
            "2.3.1's `RandomGroundTruth` drops them",
            ("test_what_is_fixed_in_new_trial_wins_and_nothing_else_is_lost",),
        )
    }

    def __init__(self, env: TrialEnv, p: Sequence[float] | None = None):
        n = len(check_choices("RandomGroundTruth", env))
        p = (1 / n,) * n if p is None else p
        probs = check_probabilities("p", p, shape=(n,)).astype(np.float32)
        super().__init__(env, numbers={"ground_truth_p": probs})

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth."""
        index = random.weighted(key, params.ground_truth_p)
        return with_choice(conditions, self.choices, index), own
