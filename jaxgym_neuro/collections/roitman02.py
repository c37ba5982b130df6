"""Random-dot motion with free response, after Roitman & Shadlen (2002)."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.core.tables import Answer, Paper, Period, Preset
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import (
    Params,
    PerceptualDecisionMaking,
)
from jaxgym_neuro.wrappers.reaction_time import ReactionTime

_PUBLISHED_COHS = (0.0, 3.2, 6.4, 12.8, 25.6, 51.2)  # %, of the public data


class Roitman02(ReactionTime):
    """Watch a cloud of moving dots, and report their direction as soon as you know it.

    `PerceptualDecisionMaking` in `ReactionTime`: the subject decides when to stop watching. The
    decision overlaps the stimulus, from its second step to its end, whatever its own duration, and
    the trial ends with both. Beside the rewards, every step earns ``params.urgency``. The time of
    an answer is that of the step that it is given to: to answer upon the second step takes one dt.

    At the defaults nothing is gained by trading speed against accuracy. To watch to the end is
    right in 0.896 of the trials, and earns the most per trial; to answer at the first step at which
    it is possible, in 0.827, and earns the most per step, since an error costs nothing and the next
    trial begins at once. It takes an interval between trials, a time-out after errors and more
    noise to make a compromise the best, as in ``preset="paper"``; `jaxgym_neuro.ideal.bounds` says
    which.

    Args:
        stim_scale: multiplies the coherences.
        dim_ring: number d of directions, at least 2. Changes channels and actions.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("perceptualdecisionmaking.roitman02-v0")
        >>> int(env.new_trial(jax.random.key(0), params).length)
        21
    """

    WRAPS = (ReactionTime, PerceptualDecisionMaking)
    PAPER = Paper(
        "Roitman & Shadlen",
        2002,
        "Response of neurons in the lateral intraparietal area during a combined visual "
        "discrimination reaction time task",
        "Journal of Neuroscience 22(21), 9475-9489",
        "https://doi.org/10.1523/JNEUROSCI.22-21-09475.2002",
        species=("monkey",),
    )
    TAGS = PerceptualDecisionMaking.TAGS
    PRESETS = {
        "psychometric": Preset(
            {"cohs": _PUBLISHED_COHS, "sigma": 4.4},
            "who watches to the end is right in 0.76 of the trials: 0.5, 0.59, 0.68, 0.82, 0.97, 1 "
            "by coherence",
        ),
        "paper": Preset(
            {
                "cohs": _PUBLISHED_COHS,
                "sigma": 2.6,
                "timing": {"iti": 2000},
            },
            "the six coherences of the published data; trials that take time, and no reward within "
            "a second, so that there is a reason to watch, and none to guess. With that sigma, who "
            "watches to the end has the threshold of the two monkeys (82 % at 7.4 %, the Weibull "
            "function of their public data)",
            differs="the intervals, the minimum time and the time-out are ours; targets are not "
            "shown; the subject need not start the trial by fixating",
            wrappers=(("MinimumTime", {"ms": 1000}), ("TimeOut", {"ms": 2000})),
        ),
        "monkey b": Preset(
            {
                "dt": 50,
                "cohs": _PUBLISHED_COHS,
                "sigma": 1.8,
                "timing": {"iti": 200, "stimulus": 1000},
                "rewards": {"fail": -2.5, "miss": -2.5},
            },
            "networks that learn it by reward, with a discount of 0.99 per step, and act a "
            "constant time later than they decide, do what monkey b of the paper did: "
            "jaxgym_neuro.replications.roitman02. Errors cost reward, where the monkey's cost it "
            "time",
        ),
        "monkey n": Preset(
            {
                "dt": 50,
                "cohs": _PUBLISHED_COHS,
                "sigma": 1.6,
                "timing": {"iti": 200, "stimulus": 1250},
                "rewards": {"fail": -3.0, "miss": -3.0},
            },
            "as `monkey b`, for monkey n of the paper: jaxgym_neuro.replications.roitman02_n",
        ),
    }
    ANSWERS = {"choice": Answer("the first action after fixation", since="stimulus")}
    TIMING = {
        "stimulus": Period(2000, "watch", cue="on in its first step"),
        "delay": Period(0, "(the trial is over)"),
        "decision": Period(100, "choose, or watch on", cue="off"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] = Params.cohs,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        dim_ring: int = 2,
        abort: bool = False,
        urgency: float = ReactionTime.PARAMS.urgency,
    ):
        task = PerceptualDecisionMaking(
            dt, rewards, timing, cohs, stim_scale, sigma, dim_ring, abort
        )
        super().__init__(task, urgency=urgency)
