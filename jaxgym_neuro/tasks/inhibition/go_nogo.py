"""Go/no-go with a delay, after Zhang et al. (2019)."""

from collections.abc import Mapping
from typing import Any

import jax

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv


class GoNogo(TrialEnv):
    """Respond after the go stimulus, and withhold the response after the no-go stimulus.

    The stimulus must be remembered over a delay; the fixation cue going off asks for the response.

    Reference: Zhang et al. (2019). Active information maintenance in working memory by a
    sensory cortex. eLife 8, e43191. https://elifesciences.org/articles/43191

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  0              on         wait (action 0)
    stimulus  500            on         wait, and watch
    delay     500            on         wait, and remember
    decision  500            off        go, or wait until the trial is over
    ========  =============  =========  ===================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1       nogo      1 during the stimulus of a no-go trial
    2       go        1 during the stimulus of a go trial
    ======  ========  ==============================================================

    Actions:

    ======  ========  =======
    index   name      meaning
    ======  ========  =======
    0       fixation  wait
    1       go        respond
    ======  ========  =======

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        a response in a go trial              yes
    fail     -0.5     a response in a no-go trial           yes
    miss     -0.5     no response in a go trial             the trial is over
    =======  =======  ====================================  ===========================

    Having withheld in a no-go trial earns nothing, which is the most that it can earn, and scores a
    performance of 1.

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  1 (go) or 0 (no-go) with equal probability, int32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: a correctly withheld response scores 1; 2.3.1 means it to, and loses
    the score when it draws the next trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("GoNogo-v0")
        >>> int(env.new_trial(jax.random.key(0), params, ground_truth=1).gt[-1])
        1
    """

    TIMING = {"fixation": 0, "stimulus": 500, "delay": 500, "decision": 500}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": -0.5, "miss": -0.5}
    choices = (0, 1)
    metadata = {
        "paper_name": "Active information maintenance in working memory by a sensory cortex",
        "paper_link": "https://elifesciences.org/articles/43191",
        "tags": ("delayed response", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
    ):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "nogo": 1, "go": 2}),
            action_space=spaces.Discrete(2, name={"fixation": 0, "go": 1}),
        )

    def sample_conditions(self, key, params, carry):
        """Draw go or no-go."""
        del params
        return {"ground_truth": random.integer(key, 2)}, carry

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

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a response in the decision period, or the lack of one in a go trial."""
        return self.choice_response(state, action, params)
