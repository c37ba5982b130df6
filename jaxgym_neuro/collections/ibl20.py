"""Perceptual decisions with blocks of a side prior, after the International Brain Laboratory."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.core.blocks import longest_block, shortest_block
from jaxgym_neuro.core.params import Leaf
from jaxgym_neuro.core.tables import Condition, Difference, Paper
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers.side_bias import SideBias


@pytree
class Params(SideBias.PARAMS):
    """Numbers of the blocks that may be swept."""

    side_bias_block_least: Leaf = shortest_block(90)
    side_bias_block_most: Leaf = longest_block(90)


class IBL20(SideBias):
    """Report the direction of motion; for a while one direction is more likely, then another.

    `PerceptualDecisionMaking` in `SideBias`: in a block of trials each direction but one is rare.
    Where the evidence is weak, the subject should lean on what has been right of late. There are
    d = 2 directions.

    Blocks of 90 trials are NeuroGym's. In the experiment the first 90 trials are unbiased, and then
    come blocks of 20 to 100 trials, the longer the rarer; ``block_dur`` and ``first_block`` give
    them.

    Args:
        cohs: coherences in percent; their number is static.
        stim_scale: multiplies the coherences.
        probs: rows of the probabilities of the two directions; a block has one of them.
        block_dur: trials in a block, in any form that `SideBias` takes.
        first_block: probabilities and length of a special first block.
        start: ``"anywhere"`` or ``"block"``, see `SideBias`.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", block_dur=(20, 100))
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (22, 3)
    """

    WRAPS = (SideBias, PerceptualDecisionMaking)
    PAPER = Paper(
        "The International Brain Laboratory et al.",
        2021,
        "Standardized and reproducible measurement of decision-making in mice",
        "eLife 10, e63711",
        "https://doi.org/10.7554/eLife.63711",
    )
    TAGS = PerceptualDecisionMaking.TAGS
    PARAMS = Params
    CONDITIONS = {
        "ground_truth": Condition(
            "0 or 1, with the probabilities ``params.side_bias_probs`` of the block; choice i is "
            "action i + 1",
            "int32",
            one_of=(0, 1),
        ),
        "side_bias_block": Condition(
            "row of the block, another one in each block",
            "int32",
            at_least=0,
            below="blocks",
        ),
    }
    DIFFERENCES = {
        "first block": Difference(
            "an episode begins anywhere in a block of either kind",
            "2.3.1 begins with the one in which direction 0 has 0.8",
            ("test_side_bias_begins_as_at_a_random_moment",),
        )
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] = PerceptualDecisionMaking.PARAMS.cohs,
        stim_scale: float = 1.0,
        sigma: float = PerceptualDecisionMaking.PARAMS.sigma,
        abort: bool = False,
        probs: Sequence[Sequence[float]] = Params.side_bias_probs,
        block_dur: Any = Params.side_bias_block_least,
        first_block: tuple[Sequence[float], int] | None = None,
        start: str | None = None,
    ):
        task = PerceptualDecisionMaking(dt, rewards, timing, cohs, stim_scale, sigma, abort=abort)
        super().__init__(task, probs, block_dur, first_block, start)
