"""A decision with priors: what was right tells what will be."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.collections.priors.context_history import ContextHistory
from jaxgym_neuro.collections.priors.n_alternatives import NAlternatives
from jaxgym_neuro.wrappers.feedback import PassAction, PassReward


class PriorsV0(PassReward):
    """Report the strongest input; in the long run, what was right last tells what will be right.

    A decision between alternatives of which two or more are in play. The right one follows upon the
    last right one by a rule that stays for many trials, the context, and the subject sees what it
    did and earned last; so it can infer what was right, find out the rule, and expect.

    Re-created from the historic definition: NeuroGym 2.3.1 has the id, and not the parts.

    Reference: Churchland, Kiani & Shadlen (2008). Decision-making with multiple alternatives.
    Nature Neuroscience 11, 693-702.
    https://www.nature.com/articles/nn.2123

    Periods:

    ========  =============================================  ====  ===================
    name      default (ms)                                   cue   the subject should
    ========  =============================================  ====  ===================
    fixation  500                                            on    wait (action 0)
    stimulus  truncated exponential, mean 330, 80 to 1500    on    wait, and watch
    decision  500                                            off   choose
    ========  =============================================  ====  ===================

    Observation, float32, with n = ``n_ch``:

    ======  ========  =====================================================================
    index   channel   meaning
    ======  ========  =====================================================================
    0       fixation  1 until the subject may answer
    1..n    stimulus  (1 + coh / 100) / 2 for the ground truth, (1 - coh / 100) / 2 for the
                      others, with noise of s.d. sigma / sqrt(dt); 0 where not in play
    n+1     action    the action of the step before
    n+2     reward    the reward of the step before
    ======  ========  =====================================================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1..n    choice    input i is the strongest
    ======  ========  ===========================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is another                 yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  =======================================================================
    name          distribution
    ============  =======================================================================
    ground_truth  int32; with probability ``params.ctx_p`` the successor of the last one
                  in this context, else one of the others in play
    coh           uniform over ``params.cohs``, float32, percent
    n_ch          alternatives in play, the first 2 to n, int32, equally likely; drawn
                  every ``params.block_nch`` trials
    context       one of ``num_contexts``, int32; another one every ``params.ctx_dur``
                  trials
    ============  =======================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        n_ch: number of alternatives, at least 2. Changes channels and actions.
        cohs: coherences in percent, scaled by 1.84665761 log(n_ch) - 0.04102044.
        stim_scale: multiplies the coherences.
        sigma: input noise.
        block_nch: trials with the same alternatives in play.
        probs: probability of the successor.
        num_contexts: number of contexts. Each designates a successor for each alternative, at
            random.
        ctx_dur: trials in a context.
        death_prob: times ``ctx_dur``, the probability that new contexts replace all when one ends.
        abort: whether breaking fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("priors.priors_v0-v0", n_ch=4)
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (25, 7)
    """

    metadata = {
        "paper_name": "Decision-making with multiple alternatives",
        "paper_link": "https://www.nature.com/articles/nn.2123",
        "tags": ("perceptual", "n-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_ch: int = 3,
        cohs: Sequence[float] | None = None,
        stim_scale: float = 1.0,
        sigma: float = 1.0,
        block_nch: int = 100,
        probs: float = 0.9,
        num_contexts: int = 3,
        ctx_dur: int = 200,
        death_prob: float = 1e-4,
        abort: bool = False,
    ):
        task = NAlternatives(dt, rewards, timing, n_ch, cohs, stim_scale, sigma, block_nch, abort)
        history = ContextHistory(task, probs, num_contexts, ctx_dur, death_prob)
        super().__init__(PassAction(history))
