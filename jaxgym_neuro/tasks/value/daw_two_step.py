"""The two-step task of Daw, Gershman, Seymour, Dayan & Dolan (2011)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT
from jaxgym_neuro.core.differences import other_conditions
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_integer, check_name, check_order
from jaxgym_neuro.support.xla import largest

SCHEDULES = ("drift", "switch")
_FEEDBACK = (("PassAction", {}), ("PassReward", {}))  # what was done and earned is seen
_ROUNDING = 1e-6  # two equally good choices may differ by rounding


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_common: Leaf = probability(0.7, "probability of the common transition")
    drift: Leaf = number(0.025, "drift: s.d. of a step of the reward probabilities", at_least=0)
    p_min: Leaf = probability(0.25, "drift: lower reflecting bound")
    p_max: Leaf = probability(0.75, "drift: upper reflecting bound")
    p_switch: Leaf = probability(0.025, "switch: probability per trial that the good option moves")
    p_low: Leaf = probability(0.1, "switch: reward probability of the others")
    p_high: Leaf = probability(0.9, "switch: reward probability of the good option")


@pytree
class Carry:
    """What lasts: the reward probabilities over trials, the choice within one."""

    reward_prob: jax.Array  # (2, options) float32
    choice: jax.Array  # () int32, the first-stage action taken in this trial; 0: none yet


class DawTwoStep(TrialEnv[Params, Carry]):
    """Choose twice: the first choice leads to one of two states, where the second may be rewarded.

    First-stage action 1 commonly leads to state 1, and action 2 to state 2; now and then the
    transition is the other, rare one. In the state reached the subject chooses again, and each
    option pays with a probability that changes slowly. What a subject does after a rewarded rare
    transition tells how it learns: repeating the first choice is model-free, changing it shows that
    it knows the transitions. Neither what it did nor what it earned is shown: an agent needs
    `PassAction` and `PassReward`.

    The first choice, which the task is about, is worth 0.027 per trial: one who knows every
    probability earns 0.610, one who chooses at random in the first stage and best in the second
    0.583, and one who chooses at random 0.5. So planning hardly pays here (Kool, Cushman & Gershman
    2016, PLOS Computational Biology 12(8), e1005090,
    https://doi.org/10.1371/journal.pcbi.1005090). It does with certain transitions from two first
    stages (``starts=2, p_common=1``), one option in each state (``simplified``) and fast walks over
    the whole range (``drift=0.2, p_min=0, p_max=1``), which is the preset ``"kool16"``: what was
    earned after one start tells what to do after the other, to one who knows where actions lead.

    Each state has o = 2 options; in the simplified form 1, which pays without a second choice. An
    action outside the space is no choice.

    Ground truth: the choices of a subject that knows every probability. In the first stage, the
    action with the higher expected reward; in the second, the better option of the state to which
    that action leads in this trial. Performance: the share of the two choices that were best, the
    second judged in the state that was really reached. In the simplified form, which has no second
    choice, it is 1 if the first was best.

    What an analysis of stay probabilities needs are columns of the table of trials:
    ``first_choice``, ``state`` (the transition was common if they are the same, with one start) and
    ``reward``. ``examples/two_step_stay.py`` makes it.

    An episode begins as one that has been running: walks anywhere between their bounds, and any
    option the good one.

    Args:
        dt: step in ms.
        timing: for the signature's sake; the task has no period to change.
        simplified: NeuroGym 2.3.1's form: common transitions with probability 0.8, a reward that
            depends on the state reached and is paid at once, and a second stage in which to wait.
        reward_schedule: how the reward probabilities change. ``"drift"``: each takes a Gaussian
            random walk between reflecting bounds, as in the paper. ``"switch"``: one option pays
            with 0.9, the others with 0.1, and at times another becomes the good one. By default
            drift; for the simplified form, switch.
        p_common: probability of the common transition; default 0.7; for the simplified form, 0.8.
        starts: number of first stages, 1 or 2. Changes channels. Of two, each trial begins with
            either, equally likely, and in the second one the actions are the other way round:
            action 1 commonly leads to state 2.
        drift, p_min, p_max: s.d. of a step of the walk, and its bounds.
        trials_per_episode: the default of ``params.trials_per_episode``; 201 in the paper.

    Raises:
        ValueError: for another schedule, a probability outside [0, 1], more than two starts, or
            bounds the wrong way round.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DawTwoStep-v0")
        >>> ob, state = env.reset(jax.random.key(0), params)
        >>> ob.tolist()
        [1.0, 0.0, 0.0]
    """

    PAPER = Paper(
        "Daw, Gershman, Seymour, Dayan & Dolan",
        2011,
        "Model-based influences on humans' choices and striatal prediction errors",
        "Neuron 69(6), 1204-1215",
        "https://doi.org/10.1016/j.neuron.2011.02.027",
        species=("human",),
    )
    TAGS = ("two-alternative",)
    TIMING = {
        "first_stage": Period("one step", "choose 1 or 2", cue="start"),
        "second_stage": Period("one step", "choose 1 or 2 (simplified: wait)", cue="the state"),
    }
    CHANNELS = {
        "start": Channel("1 in the first stage; with two of them, in the first one"),
        "start2": Channel("1 in the second of two first stages", option="two_starts"),
        "state": Channel("1 for the state reached, in the second stage", 2),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("the option, in the first and second stage", 2)}
    ANSWERS = {
        "first_choice": Answer("first-stage action, 1 or 2", since="first_stage"),
        "state": Answer("state that it led to, 1 or 2", since="first_stage"),
        "second_choice": Answer(
            "option chosen there, 1 or 2; none in the simplified form", since="second_stage"
        ),
    }
    REWARDS = {
        "abort": Reward(-0.1, "no choice where one is due, or one where none is"),
        "correct": Reward(1.0, "the chosen option pays", ends="yes; simplified: one step later"),
        "fail": Reward(0.0, "it does not", ends="yes; simplified: one step later"),
    }
    CONDITIONS = {
        "start": Condition(
            "1, or 1 or 2, equally likely, with two ``starts``: the first stage",
            "int32",
            at_least=1,
            at_most="starts",
        ),
        "transition": Condition(
            "state that each first-stage action leads to, 1 or 2: its own, the common one, with "
            "probability ``params.p_common``; after the second start, actions 2 and 1",
            "int32",
            shape=(2,),
            one_of=(1, 2),
        ),
        "reward_prob": Condition(
            "probability that each of the o options of a state pays; changes from trial to trial",
            shape=(2, "o"),
            at_least=0,
            at_most=1,
        ),
        "luck": Condition(
            "uniform on [0, 1); it pays if luck < reward_prob",
            shape=(2, "o"),
            at_least=0,
            below=1,
        ),
        "common": Condition(
            "does an action lead to its own state?", "bool", shape=(2,), derived=True
        ),
        "reward": Condition("what each option would pay", shape=(2, "o"), derived=True),
        "best_first": Condition("first-stage action to choose", "int32", derived=True),
        "best_second": Condition(
            "option to choose in each state, 1 or 2", "int32", shape=(2,), derived=True
        ),
    }
    PRESETS = {
        "paper": Preset(
            {"trials_per_episode": 201},
            "common transitions of 0.7, reward probabilities that walk by 0.025 between 0.25 and "
            "0.75, and 201 trials; what was done and earned is seen",
            differs="Each choice is one step, without a limit of its own and with no interval "
            "between. Options are actions, not pictures that change their places. The reward is "
            "seen as a number, at the start of the next trial.",
            wrappers=_FEEDBACK,
        ),
        "kool16": Preset(
            {
                "simplified": True,
                "starts": 2,
                "reward_schedule": "drift",
                "p_common": 1.0,
                "drift": 0.2,
                "p_min": 0.0,
                "p_max": 1.0,
                "trials_per_episode": 201,
            },
            "planning pays, as in Kool et al. (2016): certain transitions from two first stages, "
            "one option in each state, and reward probabilities that walk by 0.2 between 0 and 1",
            differs="Rewards are there or not, as in the paper's figure 9; the task that people "
            "played paid points.",
            wrappers=_FEEDBACK,
        ),
    }
    DIFFERENCES = {
        "conditions": other_conditions(
            "`reward_prob` says how often each option pays, and there is no `hi_state`",
            "2.3.1's `hi_state` is the state that pays with 0.9, of the highest `reward_prob` here",
        ),
        "second choice": Difference(
            "a choice in the second stage, drifting reward probabilities and common transitions of "
            "0.7, as in the paper",
            "2.3.1 has only the simplified form, with one effective choice; `simplified=True` "
            "gives it",
            ("test_reward_table", "test_simplified_form_pays_for_the_state_and_asks_to_wait_there"),
        ),
        "arrays": Difference(
            "arrays of observation and ground truth; an episode begins at the first stage",
            "2.3.1 has no arrays, and begins at the second stage after `reset`",
            ("test_the_first_choice_leads_to_the_state_that_is_seen",),
        ),
        "start cue": Difference(
            "after a trial without a choice, the next one is cued",
            "2.3.1 shows nothing",
            ("test_golden_trials_are_equal_row_by_row",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        simplified: bool = False,
        reward_schedule: str | None = None,
        p_common: float | None = None,
        starts: int = 1,
        drift: float = Params.drift,
        p_min: float = Params.p_min,
        p_max: float = Params.p_max,
        trials_per_episode: int = 0,
    ):
        self.simplified = check_flag("simplified", simplified)
        self.num_options = 1 if simplified else 2
        self.reward_schedule = reward_schedule or ("switch" if simplified else "drift")
        check_name("reward_schedule", self.reward_schedule, SCHEDULES)
        if p_common is None:
            p_common = 0.8 if simplified else Params.p_common
        self.starts = starts = check_integer(
            "starts (the number of first stages)", starts, at_least=1
        )
        if self.starts > 2:
            raise ValueError(f"starts is 1 or 2, not {starts}")
        check_order(p_min=p_min, p_max=p_max)
        numbers = {
            "p_common": p_common,
            "drift": drift,
            "p_min": p_min,
            "p_max": p_max,
            "trials_per_episode": trials_per_episode,
        }
        sizes = {"starts": starts, "two_starts": starts == 2}
        super().__init__(dt, timing, rewards, sizes=sizes, numbers=numbers)

    def max_steps(self) -> int:
        """Return 2: one step for each choice."""
        return 2

    def validate(self, params: Any) -> None:
        """Check params, and that no lower probability is above the higher one."""
        super().validate(params)
        check_order(p_min=params.p_min, p_max=params.p_max)
        check_order(p_low=params.p_low, p_high=params.p_high)

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
        key_prob, key_common, key_luck, key_start = random.split(key, 4)
        change = self._drift if self.reward_schedule == "drift" else self._switch
        reward_prob = change(key_prob, params, carry.reward_prob)
        own_state = jnp.arange(1, 3, dtype=jnp.int32)
        is_common = random.uniform(key_common, (2,)) < params.p_common
        return {
            "start": 1 + random.integer(key_start, self.starts),
            "transition": jnp.where(is_common, own_state, 3 - own_state),
            "reward_prob": reward_prob,
            "luck": random.uniform(key_luck, (2, self.num_options)),
        }, Carry(reward_prob=reward_prob, choice=jnp.int32(0))

    def build_trial(self, builder, conditions, params):
        """Two steps; what each option would pay, and what would be best."""
        reward_prob, transition = conditions["reward_prob"], conditions["transition"]
        start, rewards = conditions["start"], params.rewards
        best_second = jnp.argmax(reward_prob, axis=1).astype(jnp.int32) + 1
        best_first = jnp.argmax(_first_values(reward_prob, start, params)).astype(jnp.int32) + 1
        builder = (
            builder.add_period(self.periods, duration=self.dt)
            .add_ob(start == 1, period="first_stage", where="start")
            .set_groundtruth(best_first, period="first_stage")
        )
        if self.starts == 2:
            builder = builder.add_ob(start == 2, period="first_stage", where="start2")
        if not self.simplified:
            best_there = _pick(best_second, _reached(conditions, best_first))
            builder = builder.set_groundtruth(best_there, period="second_stage")
        return builder.set_conditions(
            common=_by_action(start, transition == jnp.arange(1, 3, dtype=jnp.int32)),
            reward=jnp.where(conditions["luck"] < reward_prob, rewards["correct"], rewards["fail"]),
            best_first=best_first,
            best_second=best_second,
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """First stage: move on to the state reached. Second stage: pay the option chosen there."""
        drawn = state.trial.conditions
        is_first = self.in_period(state, "first_stage")
        chose = (action == 1) | (action == 2)
        choice = jnp.where(is_first, action, state.carry.choice).astype(jnp.int32)
        reached = _reached(drawn, choice)
        option = jnp.int32(1) if self.simplified else action

        pays = is_first == self.simplified
        broke = (chose != is_first) if self.simplified else ~chose
        paid = jnp.where(pays, _pick(_pick(drawn["reward"], reached), option), 0.0)

        values = _first_values(drawn["reward_prob"], drawn["start"], params)
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
            answers={
                "first_choice": Given(is_first & chose),
                "state": Given(is_first & chose, reached),
                "second_choice": Given(~is_first & chose & (not self.simplified)),
            },
        )

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return the start cue, or the state that the first choice has led to."""
        del params
        choice = state.carry.choice
        reached = _reached(state.trial.conditions, choice)
        is_seen = self.in_period(state, "second_stage") & (choice > 0)
        shown = (jnp.arange(1 - self.starts, 3, dtype=jnp.int32) == reached) & is_seen
        return state.trial.ob[state.t] + shown.astype(jnp.float32)

    def _drift(self, key, params, reward_prob):
        """Take a step of the random walk, and reflect it at the bounds."""
        return random.walk(key, reward_prob, params.drift, params.p_min, params.p_max)

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


def _by_action(start, pair):
    """Turn round what is of the actions after the first start, if it was the second one."""
    return jnp.where(start == 2, pair[::-1], pair)


def _reached(conditions, choice):
    """State to which a first choice leads."""
    return _pick(_by_action(conditions["start"], conditions["transition"]), choice)


def _first_values(reward_prob, start, params):
    """Probability of reward after each first-stage action and the best second choice, (2,)."""
    value = largest(reward_prob)
    return _by_action(start, params.p_common * value + (1 - params.p_common) * value[::-1])
