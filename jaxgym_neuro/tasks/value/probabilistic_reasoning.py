"""The weather prediction task, after Yang & Shadlen (2007)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_numbers

SHAPE_WEIGHTS = (-10.0, -0.9, -0.7, -0.5, -0.3, 0.3, 0.5, 0.7, 0.9, 10.0)


def _timing(n_loc: int) -> dict[str, Any]:
    stimuli = {f"stimulus{i}": 500 for i in range(n_loc)}
    return {"fixation": 500, **stimuli, "delay": ("uniform", (450, 550)), "decision": 500}


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    shape_weight: jax.Array = SHAPE_WEIGHTS  # (n_shape,) log10 odds that a shape adds


class ProbabilisticReasoning(TrialEnv):
    """See shapes appear one after the other, and choose the target that they make more likely.

    Each shape stands for a weight. The weights of the shapes shown add up to the logarithm (base
    10) of the odds that the second target pays. The subject learns what each shape is worth.

    Reference: Yang & Shadlen (2007). Probabilistic reasoning by neurons. Nature 447, 1075-1080.
    https://www.nature.com/articles/nature05852

    Periods, with i from 0 to ``n_loc`` - 1:

    ===========  ===============  =========  ==========================================
    name         default (ms)     cue        the subject should
    ===========  ===============  =========  ==========================================
    fixation     500              on         wait (action 0)
    stimulus{i}  500              on         wait, and watch: one more shape appears
    delay        uniform 450-550  on         wait, and remember
    decision     500              off        choose
    ===========  ===============  =========  ==========================================

    Observation, float32, with s shapes:

    ===============  ========  ==============================================================
    index            channel   meaning
    ===============  ========  ==============================================================
    0                fixation  1 until the subject may answer
    1+js..s+js       loc{j}    1 for the shape at location j, from its appearance to the end of
                               the last stimulus period
    ===============  ========  ==============================================================

    Actions:

    ======  ========  ==========
    index   name      meaning
    ======  ========  ==========
    0       fixation  wait
    1..2    choice    the target
    ======  ========  ==========

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action before decision             only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is another                 yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    locs          random order of the locations, (n_loc,) int32
    shapes        uniform over the shapes, with replacement, (n_loc,) int32
    luck          uniform in [0, 1), float32
    log_odd       derived: sum of the weights of the shapes, float32
    ground_truth  derived: 1 if luck < 1 / (1 + 10**-log_odd), else 0, int32;
                  choice i is action i + 1
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        shape_weight: weight of each shape. Their number changes the channels.
        n_loc: number of locations, and of shapes per trial. Changes periods and channels.
        abort: whether breaking fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ProbabilisticReasoning-v0")
        >>> env.new_trial(jax.random.key(0), params, shapes=[9, 9, 9, 9]).ob.shape
        (35, 41)
    """

    TIMING = _timing(4)
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Probabilistic reasoning by neurons",
        "paper_link": "https://www.nature.com/articles/nature05852",
        "tags": ("perceptual", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        shape_weight: Sequence[float] | None = None,
        n_loc: int = 4,
        abort: bool = False,
    ):
        weights = SHAPE_WEIGHTS if shape_weight is None else shape_weight
        self.shape_weight = check_numbers("shape_weight", weights)
        self.n_loc = check_integer("n_loc (the number of locations)", n_loc, at_least=1)
        self.TIMING = _timing(self.n_loc)
        n_shape = len(self.shape_weight)
        locations = {f"loc{j}": range(1 + j * n_shape, 1 + (j + 1) * n_shape) for j in range(n_loc)}
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, **locations}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": range(1, 3)}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, shape_weight=self.shape_weight)

    def sample_conditions(self, key, params, carry):
        """Draw the order of the locations, the shapes, and the luck of the trial."""
        del params
        key_locs, key_shapes, key_luck = random.split(key, 3)
        conditions = {
            "locs": jnp.argsort(random.uniform(key_locs, (self.n_loc,))).astype(jnp.int32),
            "shapes": random.integer(key_shapes, len(self.shape_weight), (self.n_loc,)),
            "luck": random.uniform(key_luck),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; shapes pile up over the stimulus periods."""
        locs, shapes = conditions["locs"], conditions["shapes"]
        weights = jnp.asarray(params.shape_weight, jnp.float32)
        log_odd = jnp.sum(weights.at[shapes].get(mode="clip"))
        p_second = jax.nn.sigmoid(log_odd * math.log(10))
        ground_truth = (conditions["luck"] < p_second).astype(jnp.int32)

        all_locs = jnp.arange(self.n_loc, dtype=jnp.int32)[:, None]
        all_shapes = jnp.arange(len(self.shape_weight), dtype=jnp.int32)
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=self.periods[:-1], where="fixation")
        for i in range(self.n_loc):
            is_shape = (all_locs == locs[i]) & (all_shapes == shapes[i])
            builder = builder.add_ob(
                is_shape.reshape(-1),
                period=self.periods[1 + i : -2],
                where=[f"loc{j}" for j in range(self.n_loc)],
            )
        return builder.set_groundtruth(
            ground_truth, period="decision", where="choice"
        ).set_conditions(log_odd=log_odd, ground_truth=ground_truth)

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one before."""
        return self.choice_response(state, action, params, fixation=self.periods[:-1])
