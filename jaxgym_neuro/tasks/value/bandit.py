"""Multi-armed bandits, after Wang et al. (2018): drawn anew, drifting, reversing, baited."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import (
    Blocks,
    block_scale,
    longest_block,
    shortest_block,
    switch_probability,
)
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_flag,
    check_integer,
    check_name,
    check_numbers,
    check_order,
)
from jaxgym_neuro.support.xla import largest, total

DRAWS = ("fixed", "independent", "correlated")


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p: Leaf = probability((0.5, 0.5), "fixed arms: probability of each to pay", shape=("n",))
    magnitudes: Leaf = number((1.0, 1.0), "what each arm pays", shape=("n",))
    p_min: Leaf = probability(0.0, "drawn arms: least probability to pay")
    p_max: Leaf = probability(1.0, "drawn arms: greatest probability to pay")
    drift: Leaf = number(
        0.0, "s.d. of a step of the probabilities, from trial to trial", at_least=0
    )
    reversal_block_least: Leaf = shortest_block()
    reversal_block_most: Leaf = longest_block()
    reversal_block_scale: Leaf = block_scale()
    reversal_switch: Leaf = switch_probability()


@pytree
class Carry:
    """What lasts over trials."""

    p: jax.Array  # (n,) float32, before the arms have changed places
    block: Any  # `InBlock`, between two reversals; () without
    baited: jax.Array  # (n,) bool, does an arm hold a payoff that was not taken?


class Bandit(TrialEnv[Params]):
    """Choose one of n arms; each pays with a probability of its own.

    Nothing is shown: which arm is best can only be learned from the payoffs, over trials. So an
    agent needs to see what it did and earned: wrap the task in `PassAction` and `PassReward`.

    By default the probabilities are drawn anew in every episode, which ends after
    ``params.trials_per_episode`` trials: so an agent cannot know the arms, and has to learn to
    learn them. In a hundred trials with two arms it earns at best 0.649 per trial (0.738 if they
    are correlated), knowing the probabilities 0.667 (0.75), and choosing at random 0.5.

    Other experiments differ in how the probabilities come about, and may be combined:

    - ``drift``: restless arms. Each probability takes a Gaussian random walk between reflecting
      bounds; in Daw et al. (2006), Nature 441, 876-879, https://doi.org/10.1038/nature04768, it is
      the amount that an arm pays.
    - ``reversals``: in blocks of trials, or by chance, the arms change places, so that another one
      is best.
    - ``baited``: a payoff that an arm was given stays until that arm is chosen, as in Sugrue,
      Corrado & Newsome (2004), Science 304, 1782-1787, https://doi.org/10.1126/science.1094765. An
      arm left alone becomes ever more likely to pay, so that it is best to try all in turn.

    There is no action to wait. Arm i pays ``params.magnitudes[i]`` with its probability, otherwise
    0; an action that is no arm earns 0. Each ends the trial. Performance is 1 for an arm with the
    highest expected payoff, given the baits. The ground truth is such an arm, the first if there
    are several: an oracle, which knows what a subject has to learn.

    Episodes begin as if they had been running: walks anywhere between their bounds, and reversals
    amid a block. Only baits depend on the subject, and at first there are none.

    Args:
        dt: step in ms.
        n: number of arms. Changes actions.
        p: probability of each arm to pay, if they are fixed.
        rewards: what each arm pays, the default of ``params.magnitudes``; 1 if not given.
        timing: for the signature's sake; the task has no period to change.
        draw: where the probabilities come from. ``"fixed"``: they are ``params.p``.
            ``"independent"``: of each arm anew in every episode, uniform between ``params.p_min``
            and ``params.p_max``. ``"correlated"``: so of the first of two arms, and of the second
            what is left of ``p_min + p_max``, by default of 1. By default independent, or fixed if
            there is a ``p``.
        drift: s.d. of a step of the walk that independent arms take. None: they stay.
        reversals: after how many trials the arms change places: a number of trials, a pair (least,
            most) of them, all equally likely, ``TruncatedExponential(mean, min, max)`` of them, or
            the probability to do so before each trial. None: never.
        baited: whether payoffs wait to be taken.
        trials_per_episode: the default of ``params.trials_per_episode``.

    Raises:
        ValueError: if ``p`` or ``rewards`` does not have one number for each arm, for fixed arms
            without a ``p``, others with one, correlated arms that are not two, arms that drift and
            are not independent, and reversals that are no lengths of blocks.

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
        species=("model",),
    )
    TAGS = ("n-alternative",)
    TIMING = {"decision": Period("one step", "choose an arm", cue="none")}
    CHANNELS = {"constant": Channel("always 0")}
    ACTIONS = {"choice": Action("the arm", "n")}
    CONDITIONS = {
        "p": Condition(
            "probability of each arm to be given a payoff", shape=("n",), at_least=0, at_most=1
        ),
        "rewards": Condition("``params.magnitudes``", shape=("n",)),
        "baited": Condition(
            "does an arm hold a payoff from before? False unless arms are ``baited``",
            "bool",
            shape=("n",),
        ),
        "luck": Condition(
            "uniform on [0, 1) for each arm; it is given a payoff if luck < p",
            shape=("n",),
            at_least=0,
            below=1,
        ),
        "payoff": Condition("what each arm would pay", shape=("n",), derived=True),
        "best": Condition("arm of the highest expected payoff, from 0", "int32", derived=True),
    }
    PRESETS = {
        "paper": Preset(
            {"draw": "independent", "trials_per_episode": 100},
            "two arms whose probabilities are drawn anew in every episode of 100 trials, uniform "
            "on 0 to 1; what was done and earned is seen",
            differs='Correlated arms, which the paper has as well, are ``draw="correlated"``. '
            "There is no fixation before a choice.",
            wrappers=(("PassAction", {"one_hot": True}), ("PassReward", {})),
        ),
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
        "default arms": Difference(
            "by default the probabilities are drawn anew in every episode, as in the paper",
            "2.3.1's default arms pay with 0.5 each, so that none can be wrong; `p=(0.5, 0.5)` "
            "gives them",
            (
                "test_the_arms_of_every_episode_are_new_by_default",
                "test_either_of_two_equal_arms_is_best",
            ),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        n: int = 2,
        p: Sequence[float] | None = None,
        rewards: Sequence[float] | None = None,
        timing: Mapping[str, Any] | None = None,
        draw: str | None = None,
        drift: float | None = None,
        reversals: Any = None,
        baited: bool = False,
        trials_per_episode: int = 0,
    ):
        self.n = n = check_integer("n (the number of arms)", n, at_least=1)
        self.draw = ("independent" if p is None else "fixed") if draw is None else draw
        check_name("draw", self.draw, DRAWS)
        if (self.draw == "fixed") != (p is not None):
            raise ValueError(f"fixed arms have a p, and others none: draw={self.draw!r}, p={p!r}")
        if self.draw == "correlated" and n != 2:
            raise ValueError(f"two arms can be correlated, not {n}")
        self.is_drifting = drift is not None
        if self.is_drifting and self.draw != "independent":
            raise ValueError(f"arms that drift are independent, not {self.draw}")
        self.baited = check_flag("baited", baited)
        self.blocks = None if reversals is None else Blocks(n, reversals, "reversal")
        numbers = {
            "p": (Params.p[0],) * n if p is None else p,
            "magnitudes": check_numbers("rewards", (1.0,) * n if rewards is None else rewards),
            "trials_per_episode": trials_per_episode,
            **({"drift": drift} if self.is_drifting else {}),
            **(self.blocks.params if self.blocks else {}),
        }
        super().__init__(dt, timing, sizes={"n": n}, numbers=numbers)
        for name, called in (("p", "p"), ("magnitudes", "rewards")):
            if len(self.numbers[name]) != n:
                raise ValueError(
                    f"{called} has one number for each of the {n} arms, not {self.numbers[name]}"
                )

    def max_steps(self) -> int:
        """Return 1: a trial is one choice."""
        return 1

    def validate(self, params: Any) -> None:
        """Check params, and that no lower bound is above the higher one."""
        super().validate(params)
        check_order(p_min=params.p_min, p_max=params.p_max)
        if self.blocks:
            self.blocks.check(params)

    @property
    def _remembers(self) -> bool:
        """Whether anything lasts over trials: fixed arms that stay where they are need no carry."""
        return self.draw != "fixed" or self.blocks is not None or self.baited

    def init_carry(self, key: jax.Array, params: Any) -> Any:
        """Draw the arms of an episode, and how far it is in a block."""
        if not self._remembers:
            return ()
        key_p, key_block = random.split(key)
        return Carry(
            p=self._draw_p(key_p, params),
            block=self.blocks.init(key_block, params) if self.blocks else (),
            baited=jnp.zeros(self.n, bool),
        )

    def sample_conditions(self, key, params, carry):
        """Let the arms change; draw a number for each that decides whether it is given a payoff."""
        key_luck, key_change = random.split(key)
        p, baited = jnp.asarray(params.p, jnp.float32), jnp.zeros(self.n, bool)
        if self._remembers:
            p, carry = self._change(key_change, params, carry)
            baited = carry.baited
        return {
            "p": p,
            "rewards": jnp.asarray(params.magnitudes, jnp.float32),
            "baited": baited,
            "luck": random.uniform(key_luck, (self.n,)),
        }, carry

    def build_trial(self, builder, conditions, params):
        """One step; what each arm would pay."""
        del params
        best = jnp.argmax(_expected(conditions)).astype(jnp.int32)
        return (
            builder.add_period("decision", duration=self.dt)
            .set_groundtruth(best, period="decision")
            .set_conditions(
                payoff=jnp.where(_holds(conditions), conditions["rewards"], 0), best=best
            )
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay what the chosen arm pays; what the others were given stays, if arms are baited."""
        del params
        drawn = state.trial.conditions
        is_chosen = jnp.arange(self.n, dtype=jnp.int32) == action
        expected = _expected(drawn)
        is_best = is_chosen & (expected >= largest(expected))
        is_left = _holds(drawn) & ~is_chosen
        return Response(
            reward=total(jnp.where(is_chosen, drawn["payoff"], 0)),
            new_trial=jnp.bool_(True),
            performance=jnp.any(is_best).astype(jnp.float32),
            carry=state.carry.replace(baited=is_left) if self.baited else None,
        )

    def _draw_p(self, key, params):
        """Probabilities of the arms at the beginning of an episode."""
        if self.draw == "fixed":
            return jnp.asarray(params.p, jnp.float32)
        width = params.p_max - params.p_min
        if self.draw == "independent":  # as a walk between reflecting bounds is in the long run
            return params.p_min + width * random.uniform(key, (self.n,))
        part = random.uniform(key)
        return params.p_min + width * jnp.stack([part, 1 - part])

    def _change(self, key, params, carry):
        """Return the probabilities of the next trial, and what is to be remembered."""
        key_walk, key_block = random.split(key)
        if self.is_drifting:
            p = random.walk(key_walk, carry.p, params.drift, params.p_min, params.p_max)
            carry = carry.replace(p=p)
        p = carry.p
        if self.blocks:
            block = self.blocks.next(key_block, carry.block, params)
            places = (jnp.arange(self.n, dtype=jnp.int32) + block.kind) % jnp.int32(self.n)
            p, carry = p.at[places].get(mode="promise_in_bounds"), carry.replace(block=block)
        return p, carry


def _holds(conditions):
    """Whether each arm holds a payoff, of this trial or, if it is baited, from before."""
    return conditions["baited"] | (conditions["luck"] < conditions["p"])


def _expected(conditions):
    """Expected payoff of each arm, to one who knows its probability and its bait."""
    return jnp.where(conditions["baited"], 1, conditions["p"]) * conditions["rewards"]
