"""A decision with priors: what was right tells what will be."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.collections.priors.context_history import ContextHistory
from jaxgym_neuro.collections.priors.n_alternatives import NAlternatives
from jaxgym_neuro.core.tables import Condition, Difference, Paper, Preset
from jaxgym_neuro.wrappers.feedback import PassAction, PassReward


class PriorsV0(PassReward):
    """Report the strongest input; in the long run, what was right last tells what will be right.

    A decision between alternatives of which two or more are in play. The right one follows upon the
    last right one by a rule that stays for many trials, the context, and the subject sees what it
    did and earned last; so it can infer what was right, find out the rule, and expect. Networks are
    trained so before they are trained with two alternatives. The decision itself is that of
    Churchland, Kiani & Shadlen (2008), Decision-making with multiple alternatives, Nature
    Neuroscience 11, 693-702, https://doi.org/10.1038/nn.2123.

    Args:
        n_ch: number n of alternatives, at least 2. Changes channels and actions.
        cohs: coherences in percent, for two alternatives in play; with more they are multiplied by
            a factor, so that the threshold of 75 % correct stays where it is (see `NAlternatives`:
            1.50 for three, 1.76 for four).
        stim_scale: multiplies the coherences.
        probs: probability of the successor.
        num_contexts: number of contexts. Each designates a successor for each alternative, at
            random.
        balanced: whether no two alternatives have the same successor, so that all are right equally
            often.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("priors.priors_v0-v0", n_ch=4)
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (25, 7)
    """

    WRAPS = (PassReward, PassAction, ContextHistory, NAlternatives)
    PAPER = Paper(
        "Molano-Mazón, Shao, Duque, Yang, Ostojic & de la Rocha",
        2023,
        "Recurrent networks endowed with structural priors explain suboptimal animal behavior",
        "Current Biology 33(4), 622-638",
        "https://doi.org/10.1016/j.cub.2022.12.044",
        species=("rat",),
    )
    TAGS = ("perceptual", "n-alternative", "supervised")
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 2.0},
            "with two in play, one who ignores what was right before is right in 50, 65, 77, 91 "
            "and 99 % of trials, by coherence",
        ),
        "paper": Preset(
            {
                "n_ch": 16,
                "stim_scale": 0.5,
                "block_nch": 5_000,
                "probs": 0.8,
                "ctx_dur": 80,
                "death_prob": 0.0,
                "balanced": True,
                "rewards": {"abort": 0.0},
                "timing": {
                    "fixation": 100,
                    "stimulus": ("truncated_exponential", [150, 100, 300]),
                    "decision": 100,
                },
            },
            "up to 16 alternatives, in blocks of 5000 short trials, and a successor in 80 % of "
            "them, as in the authors' code, https://github.com/manuelmolano/structural_priors_paper",
            differs="there the contexts are three, in which the last one is right again, or the "
            "next, or the one before; they change by chance, after 80 trials on average; two "
            "alternatives are in play in a block of a hundred; and coherences grow otherwise with "
            "the number in play",
        ),
    }
    CONDITIONS = {
        "ground_truth": Condition(
            "with probability ``params.ctx_p`` the successor of the last one in this context, else "
            "one of the others in play",
            "int32",
            at_least=0,
            below="n",
        )
    }
    DIFFERENCES = {
        "parts": Difference(
            "it makes, re-created from the historic definition: a decision between alternatives "
            "whose order follows contexts; there are no channels for the number of alternatives or "
            "the context",
            "2.3.1 has the id, and not the parts that it is made of",
            (
                "test_the_ground_truth_follows_the_context",
                "test_alternatives_in_play_change_from_block_to_block",
            ),
        )
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_ch: int = 3,
        cohs: Sequence[float] = NAlternatives.PARAMS.cohs,
        stim_scale: float = 1.0,
        sigma: float = NAlternatives.PARAMS.sigma,
        block_nch: int = NAlternatives.PARAMS.block_nch,
        probs: float = ContextHistory.PARAMS.ctx_p,
        num_contexts: int = 3,
        ctx_dur: int = ContextHistory.PARAMS.ctx_dur,
        death_prob: float = ContextHistory.PARAMS.death_prob,
        abort: bool = False,
        enforce: str = "fixation",
        balanced: bool = False,
    ):
        task = NAlternatives(
            dt, rewards, timing, n_ch, cohs, stim_scale, sigma, block_nch, abort, enforce
        )
        history = ContextHistory(task, probs, num_contexts, ctx_dur, death_prob, balanced)
        super().__init__(PassAction(history))
