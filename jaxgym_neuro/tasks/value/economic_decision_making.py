"""Choice between two juices in different amounts, after Padoa-Schioppa & Assad (2006)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number, check_numbers
from jaxgym_neuro.support.xla import largest, total

OFFERS = ((0, 1), (1, 3), (1, 2), (1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (2, 0))  # (of B, of A)
_FULL_AMOUNT = 5  # an amount is shown as a fraction of it


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    offers: jax.Array = OFFERS  # (n, 2) units of juice B and of juice A
    b_to_a: jax.Array = 1 / 2.2  # worth of a unit of B in units of A


class EconomicDecisionMaking(TrialEnv):
    """Choose between some amount of juice A and some amount of juice B.

    A unit of A is worth 2.2 units of B, so the better option depends on kind and amount together:
    the choices trace out the subject's indifference point.

    Reference: Padoa-Schioppa & Assad (2006). Neurons in the orbitofrontal cortex encode economic
    value. Nature 441, 223-226. https://www.nature.com/articles/nature04676

    Periods:

    ========  ==================  =========  ===================================
    name      default (ms)        cue        the subject should
    ========  ==================  =========  ===================================
    fixation  1500                on         wait (action 0)
    offer_on  uniform 1000-2000   on         wait, and compare
    decision  750                 off        choose
    ========  ==================  =========  ===================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1       a1        1 if option 1 is juice A
    2       b1        1 if option 1 is juice B
    3       a2        1 if option 2 is juice A
    4       b2        1 if option 2 is juice B
    5       n1        amount of option 1, divided by 5
    6       n2        amount of option 2, divided by 5
    ======  ========  ==============================================================

    Channels 1 to 6 are shown in offer_on, and are 0 otherwise.

    Actions:

    ======  ========  ========
    index   name      meaning
    ======  ========  ========
    0       fixation  wait
    1       choice1   option 1
    2       choice2   option 2
    ======  ========  ========

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action before decision             only if ``params.abort``
    correct  0.22     for each unit of A that was chosen    yes
    =======  =======  ====================================  ===========================

    A unit of B earns ``correct * params.b_to_a``, 0.1; an action that is no option earns 0 and ends
    the trial. Performance is 1 for the option worth more (for either, if they are worth the same),
    and the ground truth is that option.

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    juice         which juice is option 1, int32: 0 for A, 1 for B, equally likely
    offer         uniform over ``params.offers``, (2,) float32: units of B, of A
    values        derived: (2,) float32, what options 1 and 2 earn
    ground_truth  derived: 0 if option 1 is worth more, else 1, int32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        offers: pairs of amounts (of B, of A); their number is static.
        b_to_a: worth of a unit of B in units of A.
        abort: whether breaking fixation ends the trial.

    Raises:
        ValueError: if the offers are not pairs of amounts of 0 or more.

    Differences from NeuroGym: there is a ground truth; ``juice`` is a number, not two letters.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("EconomicDecisionMaking-v0")
        >>> env.new_trial(jax.random.key(0), params, juice=1, offer=(4, 1)).ob[15].tolist()[:5]
        [1.0, 0.0, 1.0, 1.0, 0.0]
    """

    TIMING = {"fixation": 1500, "offer_on": ("uniform", (1000, 2000)), "decision": 750}
    REWARDS = {"abort": -0.1, "correct": 0.22}
    metadata = {
        "paper_name": "Neurons in the orbitofrontal cortex encode economic value",
        "paper_link": "https://www.nature.com/articles/nature04676",
        "tags": ("perceptual", "value-based"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        offers: Sequence[tuple[float, float]] = OFFERS,
        b_to_a: float = 1 / 2.2,
        abort: bool = False,
    ):
        self.offers = tuple(check_numbers("offers", pair, at_least=0) for pair in offers)
        if not self.offers or any(len(pair) != 2 for pair in self.offers):
            raise ValueError(
                f"offers are pairs of amounts, such as ((1, 3), (2, 1)), not {offers!r}"
            )
        self.b_to_a = check_number("b_to_a", b_to_a, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(("fixation", "a1", "b1", "a2", "b2", "n1", "n2")),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice1": 1, "choice2": 2}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, offers=self.offers, b_to_a=self.b_to_a)

    def sample_conditions(self, key, params, carry):
        """Draw which juice comes first, and the amounts."""
        key_juice, key_offer = random.split(key)
        conditions = {
            "juice": random.integer(key_juice, 2),
            "offer": random.choice(key_offer, params.offers),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both options in offer_on."""
        b_first = conditions["juice"] == 1
        unit_of_a = jnp.asarray(params.rewards["correct"], jnp.float32)
        units = jnp.stack([unit_of_a * params.b_to_a, unit_of_a])
        offer = jnp.stack([conditions["offer"], conditions["offer"] * units])  # amounts, worth
        amounts, values = jnp.where(b_first, offer, offer[:, ::-1])
        better = (values[1] > values[0]).astype(jnp.int32)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "offer_on"), where="fixation")
            .add_ob(~b_first, period="offer_on", where=("a1", "b2"))
            .add_ob(b_first, period="offer_on", where=("b1", "a2"))
            .add_ob(amounts / _FULL_AMOUNT, period="offer_on", where=("n1", "n2"))
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
        penalty = jnp.where(broke, params.rewards["abort"], 0)
        return Response(
            reward=penalty + jnp.where(answered, worth, 0),
            new_trial=answered | (broke & params.abort),
            performance=(answered & is_best).astype(jnp.float32),
        )
