"""Multi-armed bandit, after Wang et al. (2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_number, check_numbers
from jaxgym_neuro.support.xla import largest, total


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p: jax.Array = (0.5, 0.5)  # (n,) probability that an arm pays
    magnitudes: jax.Array = (1.0, 1.0)  # (n,) what it pays


class Bandit(TrialEnv):
    """Choose one of n arms; each pays with a probability of its own.

    Nothing is shown: which arm is best can only be learned from the payoffs, over trials. To train
    an agent that learns within an episode, sweep ``params.p`` with ``vmap``, limit the episode with
    ``params.trials_per_episode``, and feed the last action and reward back through wrappers.

    Reference: Wang et al. (2018). Prefrontal cortex as a meta-reinforcement learning system. Nature
    Neuroscience 21, 860-868. https://www.nature.com/articles/s41593-018-0147-8

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    decision  one step       none       choose an arm
    ========  =============  =========  ===================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       constant  0
    ======  ========  ==============================================================

    Actions, with n arms; there is no action to wait:

    ========  ========  =======
    index     name      meaning
    ========  ========  =======
    0..n-1    choice    the arm
    ========  ========  =======

    Rewards: arm i pays ``params.magnitudes[i]`` with probability ``params.p[i]``, otherwise 0; an
    action that is no arm earns 0. Each ends the trial. Performance is 1 for an arm with the highest
    expected payoff. The ground truth is such an arm, the first if there are several.

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    p             ``params.p``, (n,) float32
    rewards       ``params.magnitudes``, (n,) float32
    luck          uniform in [0, 1) for each arm, (n,) float32; it pays if luck < p
    payoff        derived: what each arm would pay, (n,) float32
    ============  ==============================================================

    Args:
        dt: step in ms.
        n: number of arms.
        p: probability of each arm to pay.
        rewards: what each arm pays; default 1.
        timing: for the signature's sake; the task has no period to change.

    Raises:
        ValueError: if ``p`` or ``rewards`` does not have one number for each arm.

    Differences from NeuroGym: there are a ground truth and a performance; payoffs are drawn with
    the trial, one for each arm.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Bandit-v0", n=3, p=[0.1, 0.5, 0.9])
        >>> int(env.new_trial(jax.random.key(0), params).gt[0])
        2
    """

    metadata = {
        "paper_name": "Prefrontal cortex as a meta-reinforcement learning system",
        "paper_link": "https://www.nature.com/articles/s41593-018-0147-8",
        "tags": ("n-alternative",),
    }

    def __init__(
        self,
        dt: float = 100,
        n: int = 2,
        p: Sequence[float] = (0.5, 0.5),
        rewards: Sequence[float] | None = None,
        timing: Mapping[str, Any] | None = None,
    ):
        n = check_integer("n (the number of arms)", n, at_least=1)
        self.p = tuple(check_number("each of p", one, at_least=0, at_most=1) for one in p)
        self.magnitudes = check_numbers("rewards", (1.0,) * n if rewards is None else rewards)
        for name, values in (("p", self.p), ("rewards", self.magnitudes)):
            if len(values) != n:
                raise ValueError(f"{name} has one number for each of the {n} arms, not {values}")
        super().__init__(
            dt=dt,
            timing=timing,
            periods=("decision",),
            observation_space=spaces.unbounded({"constant": 0}),
            action_space=spaces.Discrete(n, name={"choice": range(n)}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, p=self.p, magnitudes=self.magnitudes)

    def max_steps(self) -> int:
        """Return 1: a trial is one choice."""
        return 1

    def sample_conditions(self, key, params, carry):
        """Draw a number for each arm that decides whether it pays."""
        conditions = {
            "p": jnp.asarray(params.p, jnp.float32),
            "rewards": jnp.asarray(params.magnitudes, jnp.float32),
            "luck": random.uniform(key, (len(self.p),)),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """One step; what each arm would pay."""
        del params
        p, amounts = conditions["p"], conditions["rewards"]
        payoff = jnp.where(conditions["luck"] < p, amounts, 0)
        best = jnp.argmax(p * amounts).astype(jnp.int32)
        return (
            builder.add_period("decision", duration=self.dt)
            .set_groundtruth(best, period="decision")
            .set_conditions(payoff=payoff)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay what the chosen arm pays."""
        del params
        drawn = state.trial.conditions
        is_chosen = jnp.arange(len(self.p), dtype=jnp.int32) == action
        expected = drawn["p"] * drawn["rewards"]
        is_best = is_chosen & (expected >= largest(expected))
        return Response(
            reward=total(jnp.where(is_chosen, drawn["payoff"], 0)),
            new_trial=jnp.bool_(True),
            performance=jnp.any(is_best).astype(jnp.float32),
        )
