"""The two-step task of Daw, Gershman, Seymour, Dayan & Dolan (2011)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name, check_number
from jaxgym_neuro.support.xla import largest

SCHEDULES = ("drift", "switch")
_ROUNDING = 1e-6  # two equally good choices may differ by rounding


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_common: jax.Array = 0.7  # probability of the common transition
    drift: jax.Array = 0.025  # s.d. of the step of the reward probabilities, "drift"
    p_min: jax.Array = 0.25  # reflecting bounds of the drift
    p_max: jax.Array = 0.75
    p_switch: jax.Array = 0.025  # probability per trial that the good option moves, "switch"
    p_low: jax.Array = 0.1  # reward probability of the other options, "switch"
    p_high: jax.Array = 0.9  # reward probability of the good option, "switch"


@pytree
class Carry:
    """What lasts: the reward probabilities over trials, the choice within one."""

    reward_prob: jax.Array  # (2, options) float32
    choice: jax.Array  # () int32, the first-stage action taken in this trial; 0: none yet


class DawTwoStep(TrialEnv):
    """Choose twice: the first choice leads to one of two states, where the second may be rewarded.

    First-stage action 1 commonly leads to state 1, and action 2 to state 2; now and then the
    transition is the other, rare one. In the state reached the subject chooses again, and each
    option pays with a probability that changes slowly. What a subject does after a rewarded rare
    transition tells how it learns: repeating the first choice is model-free, changing it shows that
    it knows the transitions.

    Reference: Daw, Gershman, Seymour, Dayan & Dolan (2011). Model-based influences on humans'
    choices and striatal prediction errors. Neuron 69(6), 1204-1215.
    https://www.sciencedirect.com/science/article/pii/S0896627311001255

    Periods:

    ============  =============  =========  ==========================================
    name          default (ms)   cue        the subject should
    ============  =============  =========  ==========================================
    first_stage   one step       start      choose 1 or 2
    second_stage  one step       the state  choose 1 or 2 (simplified: wait)
    ============  =============  =========  ==========================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       start     1 in the first stage
    1..2    state     1 for the state reached, in the second stage
    ======  ========  ==============================================================

    Actions:

    ======  ========  ========================================
    index   name      meaning
    ======  ========  ========================================
    0       fixation  wait
    1..2    choice    the option, in the first and second stage
    ======  ========  ========================================

    Rewards:

    =======  =======  ==========================================  ===========================
    name     default  event                                       ends the trial?
    =======  =======  ==========================================  ===========================
    abort    -0.1     no choice where one is due (an action       yes
                      outside the space is none), or a choice
                      in the second stage of the simplified form
    correct  1        the chosen option pays                      yes; after the first stage
                                                                  of the simplified form, no
    =======  =======  ==========================================  ===========================

    Ground truth: the choices of a subject that knows every probability. In the first stage, the
    action with the higher expected reward; in the second, the better option of the state to which
    that action leads in this trial. Performance: the share of the two choices that were best, the
    second judged in the state that was really reached. In the simplified form, which has no second
    choice, it is 1 if the first was best.

    Conditions, with o second-stage options (2; 1 in the simplified form):

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    transition    state that each first-stage action leads to, (2,) int32, 1 or 2;
                  the common one with probability ``params.p_common``
    reward_prob   probability that each option pays, (2, o) float32: state, option;
                  it changes from trial to trial
    luck          uniform in [0, 1), (2, o) float32; an option pays if luck < reward_prob
    common        derived: is each action's transition the common one? (2,) bool
    reward        derived: what each option would pay, (2, o) float32
    best_first    derived: the first-stage action to choose, int32
    best_second   derived: the option to choose in each state, (2,) int32, from 1
    ============  ==============================================================

    ``common`` at the subject's first action, and the reward that it got, are what an analysis of
    stay probabilities needs.

    Args:
        dt: step in ms.
        rewards: changes to the table above.
        timing: for the signature's sake; the task has no period to change.
        simplified: NeuroGym 2.3.1's form: common transitions with probability 0.8, a reward that
            depends on the state reached and is paid at once, and a second stage in which to wait.
        reward_schedule: how the reward probabilities change. ``"drift"``: each takes a Gaussian
            random walk between reflecting bounds, as in the paper. ``"switch"``: one option pays
            with 0.9, the others with 0.1, and at times another becomes the good one. By default
            drift; for the simplified form, switch.
        p_common: probability of the common transition; default 0.7; for the simplified form, 0.8.

    Raises:
        ValueError: for another schedule, or a probability outside [0, 1].

    Differences from NeuroGym: 2.3.1 has only the simplified form, without a second choice, and
    provides no arrays of observation and ground truth.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DawTwoStep-v0")
        >>> ob, state = env.reset(jax.random.key(0), params)
        >>> ob.tolist()
        [1.0, 0.0, 0.0]
    """

    REWARDS = {"abort": -0.1, "correct": 1.0}
    metadata = {
        "paper_name": "Model-Based Influences on Humans' Choices and Striatal Prediction Errors",
        "paper_link": "https://www.sciencedirect.com/science/article/pii/S0896627311001255",
        "tags": ("two-alternative",),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        simplified: bool = False,
        reward_schedule: str | None = None,
        p_common: float | None = None,
    ):
        self.simplified = bool(simplified)
        self.num_options = 1 if simplified else 2
        self.reward_schedule = reward_schedule or ("switch" if simplified else "drift")
        check_name("reward_schedule", self.reward_schedule, SCHEDULES)
        if p_common is None:
            p_common = 0.8 if simplified else 0.7
        self.p_common = check_number("p_common", p_common, at_least=0, at_most=1)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            periods=("first_stage", "second_stage"),
            observation_space=spaces.unbounded({"start": 0, "state": range(1, 3)}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": range(1, 3)}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, p_common=self.p_common)

    def max_steps(self) -> int:
        """Return 2: one step for each choice."""
        return 2

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Draw the reward probabilities with which an episode begins."""
        shape = (2, self.num_options)
        if self.reward_schedule == "drift":
            reward_prob = params.p_min + (params.p_max - params.p_min) * random.uniform(key, shape)
        else:
            reward_prob = self._one_good(random.integer(key, 2 * self.num_options), params)
        return Carry(reward_prob=reward_prob, choice=jnp.int32(0))

    def sample_conditions(self, key, params, carry):
        """Let the reward probabilities change; draw transitions, and the luck of each option."""
        key_prob, key_common, key_luck = random.split(key, 3)
        change = self._drift if self.reward_schedule == "drift" else self._switch
        reward_prob = change(key_prob, params, carry.reward_prob)
        own_state = jnp.arange(1, 3, dtype=jnp.int32)
        is_common = random.uniform(key_common, (2,)) < params.p_common
        conditions = {
            "transition": jnp.where(is_common, own_state, 3 - own_state),
            "reward_prob": reward_prob,
            "luck": random.uniform(key_luck, (2, self.num_options)),
        }
        return conditions, Carry(reward_prob=reward_prob, choice=jnp.int32(0))

    def build_trial(self, builder, conditions, params):
        """Two steps; what each option would pay, and what would be best."""
        reward_prob, transition = conditions["reward_prob"], conditions["transition"]
        best_second = jnp.argmax(reward_prob, axis=1).astype(jnp.int32) + 1
        best_first = jnp.argmax(_first_values(reward_prob, params)).astype(jnp.int32) + 1
        builder = (
            builder.add_period(self.periods, duration=self.dt)
            .add_ob(1, period="first_stage", where="start")
            .set_groundtruth(best_first, period="first_stage")
        )
        if not self.simplified:
            best_there = _pick(best_second, _pick(transition, best_first))
            builder = builder.set_groundtruth(best_there, period="second_stage")
        return builder.set_conditions(
            common=transition == jnp.arange(1, 3, dtype=jnp.int32),
            reward=jnp.where(conditions["luck"] < reward_prob, params.rewards["correct"], 0.0),
            best_first=best_first,
            best_second=best_second,
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """First stage: move on to the state reached. Second stage: pay the option chosen there."""
        drawn = state.trial.conditions
        is_first = self.in_period(state, "first_stage")
        chose = (action == 1) | (action == 2)
        choice = jnp.where(is_first, action, state.carry.choice).astype(jnp.int32)
        reached = _pick(drawn["transition"], choice)
        option = jnp.int32(1) if self.simplified else action

        pays = is_first == self.simplified
        broke = (chose != is_first) if self.simplified else ~chose
        paid = jnp.where(pays, _pick(_pick(drawn["reward"], reached), option), 0.0)

        values = _first_values(drawn["reward_prob"], params)
        score = (_pick(values, choice) >= largest(values) - _ROUNDING).astype(jnp.float32)
        if not self.simplified:
            there = _pick(drawn["reward_prob"], reached)
            second_is_best = chose & (_pick(there, option) >= largest(there))
            score = (score + second_is_best.astype(jnp.float32)) / 2
        return Response(
            reward=jnp.where(broke, params.rewards["abort"], paid),
            new_trial=~is_first | ~chose,
            performance=jnp.where(is_first, 0.0, score),
            carry=Carry(reward_prob=state.carry.reward_prob, choice=choice),
        )

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return the start cue, or the state that the first choice has led to."""
        del params
        choice = state.carry.choice
        reached = _pick(state.trial.conditions["transition"], choice)
        is_seen = self.in_period(state, "second_stage") & (choice > 0)
        shown = (jnp.arange(3, dtype=jnp.int32) == reached) & is_seen
        return state.trial.ob[state.t] + shown.astype(jnp.float32)

    def _drift(self, key, params, reward_prob):
        """Take a step of the random walk, and reflect it at the bounds."""
        # Each intermediate value is used once: XLA's CPU compiler computes it for every use.
        moved = reward_prob + params.drift * random.standard_normal(key, reward_prob.shape)
        moved = params.p_min + jnp.abs(moved - params.p_min)
        moved = params.p_max - jnp.abs(params.p_max - moved)
        return jnp.clip(moved, params.p_min, params.p_max)

    def _switch(self, key, params, reward_prob):
        """Now and then, make another option the good one."""
        key_switch, key_where = random.split(key)
        good = jnp.argmax(reward_prob.reshape(-1)).astype(jnp.int32)
        elsewhere = random.another(key_where, 2 * self.num_options, good)
        moves = random.uniform(key_switch) < params.p_switch
        return self._one_good(jnp.where(moves, elsewhere, good), params)

    def _one_good(self, good, params):
        """Reward probabilities where one option is good, counted over states and options."""
        cells = jnp.arange(2 * self.num_options, dtype=jnp.int32).reshape(2, -1)
        return jnp.where(cells == good, params.p_high, params.p_low)


def _pick(pair, number):
    """Return the first or the second, by a number that is 1 or 2."""
    return jnp.where(number == 2, pair[-1], pair[0])


def _first_values(reward_prob, params):
    """Expected reward of each first-stage action under the best second choice, (2,)."""
    value = largest(reward_prob)
    return params.p_common * value + (1 - params.p_common) * value[::-1]
