"""Choice between two juices in different amounts, after Padoa-Schioppa & Assad (2006)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import CUE, MISS, WAIT, abort_by
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import largest, total

FULL_AMOUNT = 5  # an amount is shown as a fraction of it


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    sigma: Leaf = number(
        0.0,
        "input noise on the amounts; its s.d. per step is sigma / sqrt(dt)",
        at_least=0,
    )
    offers: Leaf = number(
        ((0, 1), (1, 3), (1, 2), (1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (2, 0)),
        "amounts of juice B and of juice A",
        shape=("n", 2),
        at_least=0,
    )
    b_to_a: Leaf = number(1 / 2.2, "worth of a unit of B in units of A", at_least=0)


class EconomicDecisionMaking(TrialEnv[Params]):
    """Choose between some amount of juice A and some amount of juice B.

    A unit of A is worth 2.2 units of B, so the better option depends on kind and amount together:
    the choices trace out the subject's indifference point.

    By default they hardly do. Whoever takes the larger amount, and A of equal ones, is right in 8
    of 9 offers and earns 0.360 per trial, where the best is 0.362: only 2B:1A tells worth from
    number. ``offers`` such as 3B:2A, where the larger amount is worth less, tell more. Nor is there
    noise, so that choices are no matter of degree, as those of monkeys are; with ``sigma`` the
    amounts are seen imprecisely. The preset ``"psychometric"`` has both.

    Channels 1 to 6 are shown in offer_on, and are 0 otherwise. A unit of B earns ``correct *
    params.b_to_a``, 0.1; an action that is no option earns 0 and ends the trial. Performance is 1
    for the option worth more (for either, if they are worth the same), and the ground truth is that
    option.

    Args:
        offers: pairs of amounts (of B, of A); their number is static.
        sigma: input noise on the amounts in offer_on; its s.d. per step is sigma / sqrt(dt).

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("EconomicDecisionMaking-v0")
        >>> env.new_trial(jax.random.key(0), params, juice=1, offer=(4, 1)).ob[15].tolist()[:5]
        [1.0, 0.0, 1.0, 1.0, 0.0]
    """

    PAPER = Paper(
        "Padoa-Schioppa & Assad",
        2006,
        "Neurons in the orbitofrontal cortex encode economic value",
        "Nature 441, 223-226",
        "https://doi.org/10.1038/nature04676",
        species=("monkey",),
    )
    TAGS = ("perceptual", "value-based")
    TIMING = {
        "fixation": Period(1500, "wait (action 0)", cue="on"),
        "offer_on": Period(("uniform", (1000, 2000)), "wait, and compare", cue="on"),
        "decision": Period(750, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "a1": Channel("1 if option 1 is juice A"),
        "b1": Channel("1 if option 1 is juice B"),
        "a2": Channel("1 if option 2 is juice A"),
        "b2": Channel("1 if option 2 is juice B"),
        "n1": Channel("amount of option 1, divided by 5, with noise of s.d. sigma / sqrt(dt)"),
        "n2": Channel("amount of option 2, divided by 5, with noise of s.d. sigma / sqrt(dt)"),
    }
    ACTIONS = {"fixation": WAIT, "choice1": Action("option 1"), "choice2": Action("option 2")}
    REWARDS = {
        "abort": abort_by("an action before decision"),
        "correct": Reward(0.22, "for each unit of A that was chosen"),
        "miss": MISS,
    }
    CONDITIONS = {
        "juice": Condition(
            "which juice is option 1: 0 for A, 1 for B, equally likely", "int32", one_of=(0, 1)
        ),
        "offer": Condition(
            "uniform over ``params.offers``: units of B, of A", shape=(2,), at_least=0
        ),
        "values": Condition("what options 1 and 2 earn", shape=(2,), derived=True),
        "ground_truth": Condition("0 if option 1 is worth more, else 1", "int32", derived=True),
    }
    PRESETS = {
        "psychometric": Preset(
            {"offers": ((3, 2), (4, 2), (5, 2), (6, 2)), "sigma": 8.0},
            "offers around the point of indifference, seen imprecisely: an ideal observer is right "
            "in 0.90, 0.63, 0.72 and 0.94 of them, who takes the larger amount in half",
        ),
        "paper": Preset(
            {},
            "the offers, the durations, and A worth 2.2 B",
            differs="There is one pair of juices, and its relative worth is a number, the same for "
            "all, which the reward teaches; that of a monkey is its own, and is measured. Choices "
            "are certain without noise, where the monkeys' are graded.",
        ),
    }
    DIFFERENCES = {
        "ground truth": Difference(
            "there is a ground truth, the option worth more",
            "2.3.1 has none",
            ("test_following_the_ground_truth_takes_the_better_option_at_any_dt",),
        ),
        "juice": Difference(
            "`juice` is 0 or 1 (A or B first)",
            "in 2.3.1 it is two letters, which are no arrays",
            ("test_observation_of_a_known_offer",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        offers: Sequence[tuple[float, float]] = Params.offers,
        b_to_a: float = Params.b_to_a,
        abort: bool = False,
        sigma: float = Params.sigma,
    ):
        numbers = {"offers": offers, "b_to_a": b_to_a, "sigma": sigma}
        super().__init__(dt, timing, rewards, abort, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw which juice comes first, and the amounts."""
        key_juice, key_offer = random.split(key)
        return {
            "juice": random.integer(key_juice, 2),
            "offer": random.choice(key_offer, params.offers),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both options in offer_on."""
        b_first = conditions["juice"] == 1
        unit_of_a = jnp.asarray(params.rewards["correct"], jnp.float32)
        units = jnp.stack([unit_of_a * params.b_to_a, unit_of_a])
        offer = jnp.stack([conditions["offer"], conditions["offer"] * units])  # amounts, worth
        amounts, values = jnp.where(b_first, offer, offer[:, ::-1])
        better = (values[1] > values[0]).astype(jnp.int32)
        sigma = jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "offer_on"), where="fixation")
            .add_ob(~b_first, period="offer_on", where=("a1", "b2"))
            .add_ob(b_first, period="offer_on", where=("b1", "a2"))
            .add_ob(amounts / FULL_AMOUNT, period="offer_on", where=("n1", "n2"))
            .add_randn(0, sigma, period="offer_on", where=("n1", "n2"))
            .set_groundtruth(better + 1, period="decision")
            .set_conditions(values=values, ground_truth=better)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay the worth of the chosen option; penalise a choice before the decision."""
        acted = action != 0
        broke = acted & self.in_period(state, ("fixation", "offer_on"))
        answered = acted & self.in_period(state, "decision")
        values = state.trial.conditions["values"]
        is_chosen = jnp.arange(1, 3, dtype=jnp.int32) == action
        worth = total(jnp.where(is_chosen, values, 0))
        is_best = jnp.any(is_chosen & (values >= largest(values)))
        missed = ~acted & self.in_period(state, "decision") & self.is_last_step(state)
        penalty = jnp.where(broke, params.rewards["abort"], 0)
        penalty = penalty + jnp.where(missed, params.rewards["miss"], 0)
        return Response(
            reward=penalty + jnp.where(answered, worth, 0),
            new_trial=answered | (broke & params.abort),
            performance=(answered & is_best).astype(jnp.float32),
        )
