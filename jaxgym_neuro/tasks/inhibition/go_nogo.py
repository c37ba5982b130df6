"""Go/no-go with a delay, after Zhang et al. (2019)."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CUE, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import missing, withholding
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Paper, Period, Preset, Reward
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_go: Leaf = probability(0.5, "probability of a go trial")


class GoNogo(ChoiceTask[Params]):
    """Respond after the go stimulus, and withhold the response after the no-go stimulus.

    The stimulus must be remembered over a delay; the fixation cue going off asks for the response.
    Having withheld in a no-go trial earns nothing, which is the most that it can earn, and scores a
    performance of 1.

    At the defaults nothing makes a response the stronger habit: go and no-go are equally frequent.
    Where a response is to be held back that is prepotent, most trials are go trials: ``p_go=0.8``.

    It is the task that the paper puts into the delay of another (`DelayPairedAssociation` with
    ``dual``), where only a hit is rewarded, and no error punished.

    Args:
        p_go: probability of a go trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("GoNogo-v0")
        >>> int(env.new_trial(jax.random.key(0), params, ground_truth=1).gt[-1])
        1
    """

    PAPER = Paper(
        "Zhang et al.",
        2019,
        "Active information maintenance in working memory by a sensory cortex",
        "eLife 8, e43191",
        "https://doi.org/10.7554/eLife.43191",
        species=("mouse",),
    )
    TAGS = ("delayed response", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(0, "wait (action 0)", cue="on"),
        "stimulus": Period(500, "wait, and watch", cue="on"),
        "delay": Period(500, "wait, and remember", cue="on"),
        "decision": Period(500, "go, or wait until the trial is over", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "nogo": Channel("1 during the stimulus of a no-go trial"),
        "go": Channel("1 during the stimulus of a go trial"),
    }
    ACTIONS = {"fixation": WAIT, "go": Action("respond")}
    REWARDS = {
        "abort": ABORT,
        "correct": Reward(1.0, "a response in a go trial"),
        "fail": Reward(-0.5, "a response in a no-go trial"),
        "miss": Reward(-0.5, "no response in a go trial", ends="it has ended"),
    }
    CONDITIONS = {
        "ground_truth": Condition(
            "1 (go, with ``params.p_go``) or 0 (no-go)", "int32", one_of=(0, 1)
        )
    }
    PRESETS = {
        "psychometric": Preset(
            {},
            "an ideal observer is right in up to 0.84 of the trials; as a miss costs more than a "
            "false alarm, one that earns the most goes more often, and is right in 0.80",
            wrappers=(("Noise", {"std": 1.6}),),
        ),
        "paper": Preset(
            {"rewards": {"fail": 0.0, "miss": 0.0}},
            "an odour for 500 ms, and 500 ms to lick from 500 ms after it; no error costs anything",
            differs="it is no part of another task; a channel tells when to answer",
        ),
        "prepotent": Preset({"p_go": 0.8}, "to respond is the habit that is to be held back"),
    }
    DIFFERENCES = {
        "withholding": withholding("test_reward_table"),
        "miss": missing("test_reward_table"),
    }
    choices = (0, 1)

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
        enforce: str = "fixation",
        p_go: float = Params.p_go,
    ):
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers={"p_go": p_go})

    def sample_conditions(self, key, params, carry):
        """Draw go or no-go."""
        is_nogo = random.bernoulli(key, 1 - jnp.asarray(params.p_go, jnp.float32))
        return {"ground_truth": (~is_nogo).astype(jnp.int32)}, carry

    def has_signal(self, conditions):
        """Return where the subject is to act."""
        return conditions["ground_truth"] > 0

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one of two stimuli."""
        del params
        is_go = conditions["ground_truth"] == 1
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(~is_go, period="stimulus", where="nogo")
            .add_ob(is_go, period="stimulus", where="go")
            .set_groundtruth(conditions["ground_truth"], period="decision")
        )
