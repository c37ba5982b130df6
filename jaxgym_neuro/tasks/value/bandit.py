"""Multi-armed bandit, after Wang et al. (2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_numbers
from jaxgym_neuro.support.xla import largest, total


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p: Leaf = probability((0.5, 0.5), "probability of each arm to pay", shape=("n",))
    magnitudes: Leaf = number((1.0, 1.0), "what each arm pays", shape=("n",))


class Bandit(TrialEnv[Params]):
    """Choose one of n arms; each pays with a probability of its own.

    Nothing is shown: which arm is best can only be learned from the payoffs, over trials. To train
    an agent that learns within an episode, sweep ``params.p`` with ``vmap``, limit the episode with
    ``params.trials_per_episode``, and feed the last action and reward back through wrappers.

    There is no action to wait. Arm i pays ``params.magnitudes[i]`` with probability
    ``params.p[i]``, otherwise 0; an action that is no arm earns 0. Each ends the trial. Performance
    is 1 for an arm with the highest expected payoff. The ground truth is such an arm, the first if
    there are several.

    Args:
        dt: step in ms.
        n: number of arms. Changes actions.
        rewards: what each arm pays, the default of ``params.magnitudes``; 1 if not given.
        timing: for the signature's sake; the task has no period to change.

    Raises:
        ValueError: if ``p`` or ``rewards`` does not have one number for each arm.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Bandit-v0", n=3, p=[0.1, 0.5, 0.9])
        >>> int(env.new_trial(jax.random.key(0), params).gt[0])
        2
    """

    PAPER = Paper(
        "Wang et al.",
        2018,
        "Prefrontal cortex as a meta-reinforcement learning system",
        "Nature Neuroscience 21, 860-868",
        "https://doi.org/10.1038/s41593-018-0147-8",
    )
    TAGS = ("n-alternative",)
    TIMING = {"decision": Period("one step", "choose an arm", cue="none")}
    CHANNELS = {"constant": Channel("always 0")}
    ACTIONS = {"choice": Action("the arm", "n")}
    CONDITIONS = {
        "p": Condition("``params.p``", shape=("n",), at_least=0, at_most=1),
        "rewards": Condition("``params.magnitudes``", shape=("n",)),
        "luck": Condition(
            "uniform on [0, 1) for each arm; it pays if luck < p",
            shape=("n",),
            at_least=0,
            below=1,
        ),
        "payoff": Condition("what each arm would pay", shape=("n",), derived=True),
    }
    DIFFERENCES = {
        "ground truth": Difference(
            "there are a ground truth (an arm of the highest expected payoff) and a performance, 1 "
            "for such an arm",
            "2.3.1 has neither, so the task cannot be scored or trained supervised",
            ("test_each_arm_pays_its_amount_with_its_probability",),
        ),
        "payoffs": Difference(
            "payoffs are drawn with the trial, one for each arm: the conditions `luck` and "
            "`payoff`",
            "2.3.1 draws that of the chosen arm at the step",
            (
                "test_each_arm_pays_its_amount_with_its_probability",
                "test_probabilities_and_amounts_can_be_chosen_for_a_trial",
            ),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        n: int = 2,
        p: Sequence[float] = Params.p,
        rewards: Sequence[float] | None = None,
        timing: Mapping[str, Any] | None = None,
    ):
        self.n = n = check_integer("n (the number of arms)", n, at_least=1)
        pays = check_numbers("rewards", (1.0,) * n if rewards is None else rewards)
        super().__init__(dt, timing, sizes={"n": n}, numbers={"p": p, "magnitudes": pays})
        for name, values in (("p", self.numbers["p"]), ("rewards", pays)):
            if len(values) != n:
                raise ValueError(f"{name} has one number for each of the {n} arms, not {values}")

    def max_steps(self) -> int:
        """Return 1: a trial is one choice."""
        return 1

    def sample_conditions(self, key, params, carry):
        """Draw a number for each arm that decides whether it pays."""
        return {
            "p": jnp.asarray(params.p, jnp.float32),
            "rewards": jnp.asarray(params.magnitudes, jnp.float32),
            "luck": random.uniform(key, (self.n,)),
        }, carry

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
        is_chosen = jnp.arange(self.n, dtype=jnp.int32) == action
        expected = drawn["p"] * drawn["rewards"]
        is_best = is_chosen & (expected >= largest(expected))
        return Response(
            reward=total(jnp.where(is_chosen, drawn["payoff"], 0)),
            new_trial=jnp.bool_(True),
            performance=jnp.any(is_best).astype(jnp.float32),
        )
