"""Perceptual decision with a delayed response, after Inagaki et al. (2019)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param
from jaxgym_neuro.core.ring_choice import COHERENCE, coherences
from jaxgym_neuro.core.tables import Action, Channel, Condition, Paper, Period, Preset, durations
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name, check_number, check_probabilities
from jaxgym_neuro.timing import Choice, WeightedChoice, parse


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 6.4, 12.8, 25.6, 51.2)


class PerceptualDecisionMakingDelayResponse(ChoiceTask[Params]):
    """Decide between left and right, keep the choice in mind for an unknown time, then report it.

    The delay cannot be foreseen, so the choice must be held, as an attractor would. By default the
    eight delays are equally likely, so that the longer it has lasted, the sooner the end is to be
    expected. With ``delay_probs="flat"`` the hazard is flat: a delay is as likely as an exponential
    of time constant 1,400 ms would end since the delay before, and what is left is the longest.

    In the paper a sound or a touch tells mice on which side to lick, without a doubt; here it is
    motion, and ``cohs`` has it strong or weak.

    There is no fixation by default, and what is done before the decision costs nothing, unless
    ``enforce`` is ``"until_cue"``. The condition ``sigma`` is the noise of a step, so that the same
    number is less noise at a longer ``dt``.

    Args:
        delay_probs: probability of each delay, where ``timing`` has a list of them; ``"flat"``:
            those of a flat hazard. None: as the timing says.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PerceptualDecisionMakingDelayResponse-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=51.2).ob.shape
        (66, 3)
    """

    PAPER = Paper(
        "Inagaki, Fontolan, Romani & Svoboda",
        2019,
        "Discrete attractor dynamics underlies persistent activity in the frontal cortex",
        "Nature 566, 212-217",
        "https://doi.org/10.1038/s41586-019-0919-7",
        species=("mouse",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.3},
            "an ideal observer is right in 79 % of the trials, from 50 % at a coherence of 0 over "
            "82 % at 12.8 to 97 % at 25.6",
        ),
        "paper": Preset(
            {"timing": {"delay": 2000}, "cohs": (100.0,)},
            "a stimulus that leaves no doubt, and the fixed delay of the extracellular recordings, "
            "2 s (https://crcns.org/data-sets/motor-cortex/alm-5/about-alm-5)",
            differs="the duration of the stimulus is NeuroGym's; the delay of the intracellular "
            "recordings was 1.2 s, and in a task of its own it varied; to lick early costs nothing",
        ),
    }
    TAGS = ("perceptual", "delayed response", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(0, "wait (action 0)", cue="on"),
        "stimulus": Period(1150, "wait, and watch", cue="on"),
        "delay": Period(
            (300, 500, 700, 900, 1200, 2000, 3200, 4000), "wait, and remember", cue="on"
        ),
        "decision": Period(1500, "choose", cue="off"),
    }
    EVIDENCE = (
        "(1 + coh / 100) / 2 on the side of the ground truth, (1 - coh / 100) / 2 on the other, "
        "with noise of s.d. ``sigma`` (the condition)"
    )
    CHANNELS = {"fixation": CUE, "stimulus": Channel(EVIDENCE, 2)}
    ACTIONS = {"fixation": WAIT, "choice": Action("left, right", 2)}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": Condition(
            "1 or 2, equally likely: the correct action", "int32", one_of=(1, 2)
        ),
        "coh": COHERENCE,
        "signed_coh": Condition(
            "coh where right, action 2, is the ground truth; else -coh",
            unit="percent",
            derived=True,
        ),
        "sigma": Condition("s.d. of the noise per step: ``params.sigma`` / sqrt(dt)", at_least=0),
    }
    choices = (1, 2)
    FLAT_MS = 1_400.0

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
        delay_probs: Sequence[float] | str | None = None,
        cohs: Sequence[float] = Params.cohs,
    ):
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = tuple(coh * scale for coh in check_param(Params, "cohs", cohs))
        numbers = {"cohs": cohs, "sigma": sigma}
        if delay_probs is not None:
            given = durations(self.TIMING)["delay"] if timing is None else timing.get("delay")
            given = durations(self.TIMING)["delay"] if given is None else given
            timing = {**(timing or {}), "delay": _weighted(given, delay_probs, self.FLAT_MS)}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw the side and the coherence."""
        key_side, key_coh = random.split(key)
        return {
            "ground_truth": random.integer(key_side, 2) + 1,
            "coh": random.choice(key_coh, params.cohs),
            "sigma": jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy evidence for both sides during the stimulus."""
        sides = np.asarray([1, 2], np.int32)
        sign = jnp.where(conditions["ground_truth"] == sides, 1.0, -1.0)
        evidence = sign * (conditions["coh"] / 200) + 0.5
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(evidence, period="stimulus", where="stimulus")
            .add_randn(0, conditions["sigma"], period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision")
            .set_conditions(signed_coh=sign[1] * conditions["coh"])
        )


def _weighted(delays: Any, probs: Any, flat_ms: float) -> WeightedChoice:
    """Return delays with their probabilities."""
    listed = parse("delay", delays)
    if not isinstance(listed, Choice):
        raise ValueError(f"delay_probs are those of a list of delays, and delay is {listed}")
    values = np.ravel(listed.values)
    if isinstance(probs, str):
        check_name("delay_probs", probs, ("flat",))
        return WeightedChoice(values=values, weights=_flat(values, flat_ms))
    probs = check_probabilities("delay_probs", probs, shape=(len(values),))
    return WeightedChoice(values=values, weights=probs)


def _flat(values: np.ndarray, tau: float) -> np.ndarray:
    """Return the probabilities of an exponential to end between one value and the next."""
    order = np.argsort(values)
    ends = 1 - np.exp(-np.append(0, values[order]) / tau)
    ends[-1] = 1  # whatever is left ends at the last
    weights = np.empty(len(values))
    weights[order] = np.diff(ends)
    return weights
