"""Multisensory detection with catch trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import WAIT, abort_by
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, integer, number, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_name, check_number, merge_known

SESSION = {"v": 0.5, "a": 0.5}
UNLIMITED = 2**31 - 1


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept; the intensities keep their number per modality."""

    session: Leaf = number((0.5, 0.5), "probability of each stimulus", shape=("n",), sums_to_1=True)
    catch_prob: Leaf = probability(0.5, "probability of a trial without a stimulus")
    # A dict from modality to its intensities, each by default those given here.
    intensities: Leaf = number((0.8, 0.9, 1.0), "of each modality, equally likely", shape=("n",))
    max_sequential: Leaf = integer(
        UNLIMITED,
        f"most trials in a row with each modality, then of catch trials; {UNLIMITED}: no limit",
        shape=("m+1",),
        at_least=1,
    )
    fix_intensity: Leaf = number(0.0, "of the fixation cue")
    noise_std: Leaf = number(
        0.01, "input noise; its s.d. per step is noise_std * sqrt(2 tau / dt)", at_least=0
    )
    tau: Leaf = number(100.0, "time constant of the noise", unit="ms", above=0)


class AnnubesEnv(TrialEnv[Params]):
    """Report whether there was a stimulus of any of several senses; on catch trials there is none.

    The m modalities of the session have channels in alphabetical order, by default a and v. A trial
    pays once: for its decision, which is the first action other than 0 in the stimulus, or action 0
    if there is none by its last step. What would exceed ``max_sequential`` is not drawn, unless
    nothing else is left; the counts are what the task remembers across trials.

    It follows no experiment in particular.

    It is detection only as far as intensities are near the noise: at the default ones, and the
    default noise, every stimulus is seen. Not to report a stimulus costs ``fail``, as a report
    without one does.

    Args:
        session: modality, or tuple of modalities presented together, to relative probability;
            by default v and a, equally likely.
        intensities: list of intensities for all modalities, or a dict from modality to its list;
            by default that of the params.
        stim_time: ms of the stimulus, in any form of timing.
        max_sequential: most trials in a row with a modality; a number for all of them, or a dict
            from modality (or ``"catch"``) to number. None: no limit.
        fix_time, iti: ms of fixation and of the interval after the stimulus.
        noise_on: ``"all"``: the noise of the stimulus lies on every modality, in catch trials too,
            so that a stimulus has to be told from noise. ``"presented"``: on those that are
            presented alone, so that whatever is not 0 is one.
        output_behavior: list with as many entries, n + 1, as there are actions; at least 2.
        timing: changes to the periods, in place of ``stim_time``, ``fix_time`` and ``iti``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("AnnubesEnv-v0", session={"v": 1, ("a", "v"): 1})
        >>> env.new_trial(jax.random.key(0), params, catch=False).ob.shape
        (15, 4)
    """

    PRESETS = {
        "psychometric": Preset(
            {"intensities": (0.1, 0.2, 0.4), "noise_std": 0.2},
            "an ideal observer is right in 80 % of the trials: 86 % of the catch trials, and 41, "
            "79 and 100 % of the three intensities",
        ),
    }
    ANSWERS = {
        "choice": Answer(
            "the first action in the stimulus",
            since="stimulus",
        ),
    }
    TAGS = ("n-alternative", "perceptual", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="``fix_intensity``"),
        "stimulus": Period(1000, "report a stimulus; wait without one", cue="off; ``start`` is on"),
        "iti": Period(0, "wait", cue="off"),
    }
    CHANNELS = {
        "fixation": Channel("``fix_intensity`` during fixation"),
        "start": Channel("1 during the stimulus"),
        "{modality}": Channel(
            "its intensity if presented, and noise of s.d. noise_std * sqrt(2 tau / dt), during "
            "the stimulus; with ``noise_on`` presented, 0 if it is not",
            each="m",
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("1 reports a stimulus; others are wrong", "n")}
    REWARDS = {
        "abort": abort_by("an action in fixation or iti"),
        "correct": Reward(1.0, "the decision is the ground truth", ends="no"),
        "fail": Reward(0.0, "the decision is another", ends="no"),
    }
    CONDITIONS = {
        "catch": Condition("no stimulus; with ``params.catch_prob``", "bool"),
        "stim_types": Condition(
            "modalities of one of the session's stimuli; absent if ``catch``", "bool", shape=("m",)
        ),
        "stim_values": Condition("uniform over ``params.intensities``", shape=("m",)),
        "sequential_count": Condition(
            "trials in a row with a modality, and catch trials in a row, with this one; of no "
            "effect if given",
            "int32",
            shape=("m+1",),
            at_least=0,
        ),
    }
    DIFFERENCES = {
        "defaults": Difference(
            "it can be made without arguments (session {v: 1/2, a: 1/2}, catch probability 1/2)",
            "2.3.1 raises an error",
            ("test_conditions_have_their_distributions",),
        ),
        "paid once": Difference(
            "a trial pays once, for the first action of the stimulus or for having waited through "
            "it, and is scored by that",
            "2.3.1 pays at each step of the stimulus, and scores a trial by any that is right",
            ("test_a_trial_pays_once_for_its_decision",),
        ),
        "limits": Difference(
            'limits given as a dict hold, also for `"catch"`',
            "2.3.1 drops the dict",
            ("test_limits_on_repetition_hold_across_trials",),
        ),
        "catch trials alone": Difference(
            "`catch_prob` may be 1",
            "2.3.1 raises an error",
            ("test_combined_stimuli_and_certain_catch_trials",),
        ),
        "arguments": Difference(
            "there are no seed arguments, and `rewards` changes the table instead of replacing it",
            "keys take the seeds' place, and rewards are given as in other tasks",
            ("test_what_is_presented_is_shown",),
        ),
        "noise": Difference(
            'noise lies on every modality during the stimulus; ``noise_on="presented"`` has '
            "NeuroGym's",
            "in 2.3.1 it lies on those that are presented alone, so that a catch trial is exactly "
            "0, and no stimulus is too faint to be told from none",
            ("test_noise_hides_whether_there_was_a_stimulus",),
        ),
        "unbounded": Difference(
            "observations are unbounded",
            "the noise leaves [0, 1]",
            ("test_what_is_presented_is_shown",),
        ),
        "conditions": Difference(
            "the conditions are arrays over modalities in alphabetical order, and can be chosen",
            "2.3.1 has lists and dicts there, and ignores those that are given",
            ("test_what_is_presented_is_shown",),
        ),
        "action names": Difference(
            "names of actions point to actions",
            "2.3.1's hold intensities",
            ("test_spaces_and_rewards_are_neurogyms",),
        ),
    }

    def __init__(
        self,
        session: Mapping[str | tuple[str, ...], float] | None = None,
        catch_prob: float = Params.catch_prob,
        intensities: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
        stim_time: Any = TIMING["stimulus"].duration,
        max_sequential: int | Mapping[str, int | None] | None = None,
        fix_intensity: float = Params.fix_intensity,
        fix_time: Any = TIMING["fixation"].duration,
        iti: Any = TIMING["iti"].duration,
        dt: float = 100,
        tau: float = Params.tau,
        output_behavior: Sequence[float] = (0, 1),
        noise_std: float = Params.noise_std,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
        noise_on: str = "all",
    ):
        check_name("noise_on", noise_on, ("all", "presented"))
        self.noise_on = noise_on
        self.stimuli, probabilities = _read_session(SESSION if session is None else session)
        self.modalities = tuple(sorted({name for names in self.stimuli for name in names}))
        for name in ("fixation", "start", "catch"):
            if name in self.modalities:
                raise ValueError(f"{name!r} cannot be the name of a modality; choose another")
        limits = self._for_each(max_sequential, (*self.modalities, "catch")).values()
        num_actions = check_integer("len(output_behavior)", len(output_behavior), at_least=2)
        sizes = {"m": self.modalities, "n": num_actions - 1}
        timing = {"fixation": fix_time, "stimulus": stim_time, "iti": iti, **(timing or {})}
        numbers = {
            "session": probabilities,
            "catch_prob": catch_prob,
            "intensities": self._for_each(intensities, self.modalities, Params.intensities),
            "max_sequential": [UNLIMITED if n is None else n for n in limits],
            "fix_intensity": fix_intensity,
            "noise_std": noise_std,
            "tau": tau,
        }
        super().__init__(dt, timing, rewards, abort, sizes=sizes, numbers=numbers)

    def init_carry(self, key, params):
        """Begin with no trials in a row, and no decision."""
        del key, params
        return self._carry(jnp.zeros((len(self.modalities) + 1,), jnp.int32))

    def sample_conditions(self, key, params, carry):
        """Draw a catch trial or a stimulus among those whose limits allow it, and intensities."""
        key_catch, key_stimulus, key_values = random.split(key, 3)
        names = np.asarray((*self.modalities, "catch"))
        parts = np.stack([np.isin(names, one) for one in (*self.stimuli, "catch")])
        is_allowed = carry["sequential_count"] < params.max_sequential
        p_catch = jnp.asarray(params.catch_prob, jnp.float32)
        p = jnp.append((1 - p_catch) * params.session, p_catch)  # of each stimulus; catch last
        kept = jnp.where(jnp.all(~parts | is_allowed[None], axis=1), p, 0.0)
        p = jnp.where(jnp.sum(kept) > 0, kept, p)
        catch = random.uniform(key_catch) * jnp.sum(p) < p[-1]
        # A catch trial has a stimulus too, to be presented if ``catch`` is overridden.
        ends = jnp.cumsum(jnp.where(jnp.sum(p[:-1]) > 0, p[:-1], params.session))
        chosen = jnp.sum(random.uniform(key_stimulus) * ends[-1] >= ends, dtype=jnp.int32)
        stim_types = stimuli.pick(parts[:-1, :-1], chosen)
        keys = zip(self.modalities, random.split(key_values, len(self.modalities)), strict=True)
        values = [random.choice(key, params.intensities[name]) for name, key in keys]
        is_present = jnp.append(stim_types & ~catch, catch)
        count = jnp.where(is_present, carry["sequential_count"] + 1, 0)
        return {
            "catch": catch,
            "stim_types": stim_types,
            "stim_values": jnp.stack(values),
            "sequential_count": count,
        }, self._carry(count)

    def has_signal(self, conditions):
        """Return where the subject is to act."""
        return ~conditions["catch"]

    def build_trial(self, builder, conditions, params):
        """Cue in fixation; then the start signal with the modalities that are presented."""
        is_shown = conditions["stim_types"] & ~conditions["catch"]
        values = jnp.where(is_shown, conditions["stim_values"], 0.0)
        is_noisy = is_shown | (self.noise_on == "all")
        sigma = params.noise_std * jnp.sqrt(2 * jnp.asarray(params.tau) / self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(params.fix_intensity, period="fixation", where="fixation")
            .add_ob(1, period="stimulus", where="start")
            .add_ob(values, period="stimulus", where=self.modalities)
            .add_randn(0, jnp.where(is_noisy, sigma, 0.0), period="stimulus", where=self.modalities)
            .set_groundtruth(jnp.any(is_shown), period="stimulus")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the first action of the stimulus, or having waited to its last step."""
        rewards, carry = params.rewards, state.carry
        acted = action != 0
        in_stimulus = self.in_period(state, "stimulus")
        is_last = state.t + 1 >= state.trial.end[self.periods.index("stimulus")]
        is_judged = in_stimulus & ~carry["has_decided"] & (acted | is_last)
        is_right = is_judged & (action == self.gt_now(state))
        broke = acted & self.in_period(state, ("fixation", "iti"))
        earned = jnp.where(is_right, rewards["correct"], rewards["fail"])
        score = jnp.where(is_right, 1.0, carry["score"]).astype(jnp.float32)
        return Response(
            reward=jnp.where(is_judged, earned, 0.0) + jnp.where(broke, rewards["abort"], 0.0),
            new_trial=broke & params.abort,
            performance=score,
            answers={"choice": Given(is_judged & acted)},
            carry={**carry, "has_decided": carry["has_decided"] | is_judged, "score": score},
        )

    def _carry(self, count):
        """What is remembered: counts across trials; decision and score within the new one."""
        score = jnp.float32(0)
        return {"sequential_count": count, "has_decided": jnp.bool_(False), "score": score}

    def _for_each(self, value, names, default=None):
        """Return a value for each name: from a dict, or the same for all modalities."""
        if not isinstance(value, Mapping):
            value = {} if value is None else dict.fromkeys(self.modalities, value)
        return merge_known("modality", dict.fromkeys(names, default), value)


def _read_session(session):
    """Return the stimuli, each a tuple of modalities, and their probabilities."""
    if not isinstance(session, Mapping) or not session:
        raise ValueError(
            "session is a dict from modality, or tuple of modalities, to probability, such "
            f"as {{'v': 1, ('a', 'v'): 1}}, not {session!r}"
        )
    stimuli_of = tuple((s,) if isinstance(s, str) else tuple(s) for s in session)
    weights = [check_number(f"session[{s!r}]", p, at_least=0) for s, p in session.items()]
    total = check_number("the sum of the session's probabilities", sum(weights), above=0)
    return stimuli_of, tuple(weight / total for weight in weights)
