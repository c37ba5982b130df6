"""An observer of `PriorsV0` that learns, over trials, which alternative follows upon which."""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.collections.priors.priors_v0 import PriorsV0
from jaxgym_neuro.ideal import in_blocks
from jaxgym_neuro.ideal.cued import Seen
from jaxgym_neuro.ideal.rule import OverTrials, rewards_of
from jaxgym_neuro.ideal.studies import StrongestInput


@dataclasses.dataclass(frozen=True)
class HistoryInferred(OverTrials, StrongestInput):
    """Infer what was right last, the context, and its successors; weigh the evidence with them.

    A Bayesian filter over the context and the place in it, over what was right in the trial before,
    as the evidence and the reward tell it, and over the successor of each alternative in each
    context. What is believed of these is taken to be independent, which is an approximation: an
    ideal observer, which would remember all that could have been jointly, may do a little better.
    Contexts are numbered as they are met, so that none is learned twice.
    """

    WORDS = (
        "choose the input that is most probable, inferring from earlier trials the context and "
        "what follows in it upon what was right last"
    )
    TRIALS = 1000  # more than are left out

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where successors depend on one another."""
        super().check(env, params)
        if env.balanced:
            raise ValueError(
                f"the observer of {env.name} believes that each alternative has a successor of its "
                "own, whatever those of the others are, and balanced is True"
            )

    def left_out(self, env: Any, params: Any) -> int:
        """Leave out as many contexts as there are, in which they are met first."""
        return env.num_contexts * int(params.ctx_dur)

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return how successors are drawn, how contexts follow upon one another, and rewards."""
        n, num_contexts, duration = len(env.choices), env.num_contexts, int(params.ctx_dur)
        share, successors = _successors(n)
        # Kinds of contexts: how many have been met, and which one of them this is.
        kinds = [(met, k) for met in range(1, num_contexts + 1) for k in range(met)]
        moves = np.zeros((len(kinds),) * 2)
        for i, j in itertools.product(range(len(kinds)), repeat=2):
            (met, k), (met_next, k_next) = kinds[i], kinds[j]
            if met_next == met and k_next != k:
                moves[i, j] = 1 / (num_contexts - 1)
            if met_next == met + 1 and k_next == met:
                moves[i, j] = (num_contexts - met) / (num_contexts - 1)
        ends, first = np.zeros((len(kinds), duration)), np.zeros((len(kinds), duration))
        ends[:, -1], first[0] = 1, 1 / duration
        pays = rewards_of(params)
        return {
            **super().knowledge(env, params),
            "share": share.astype(np.float32),
            "successors": successors.astype(np.int32),
            "context": (np.arange(num_contexts) == np.asarray(kinds)[:, 1:]).astype(np.float32),
            "blocks": in_blocks.known(ends, moves if num_contexts > 1 else np.eye(1), first),
            "p_death": np.float32(min(float(params.death_prob) * duration, 1.0)),
            "middle": np.float32((pays["correct"] + pays["fail"]) / 2),
            "sign": np.float32(np.sign(pays["correct"] - pays["fail"])),
        }

    def begin(self, env: Any, known: Any) -> dict[str, Any]:
        """Know nothing of the successors, and nothing of what was right last."""
        n = len(env.choices)
        share = jnp.asarray(known["share"])
        return {
            "trial": super().begin(env, known),
            "belief": jnp.asarray(known["blocks"].first),
            "maps": jnp.broadcast_to(share, (env.num_contexts, n, len(share))),
            "last": jnp.full(n, 1 / n, jnp.float32),
            "answer": jnp.int32(0),  # in the step before
            "log_p": jnp.zeros(n, jnp.float32),  # what the evidence said of each input
            "number": jnp.int32(2),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Learn from the reward of the step before; decide when the cue goes off."""
        learns = held["answer"] > 0
        learned = self._learned(env, known, held, ob)
        names = ("belief", "maps", "last")
        now = {name: jnp.where(learns, learned[name], held[name]) for name in names}
        trial = self.watch(env, held["trial"], super().begin(env, known), ob)
        seen = Seen(trial["sums"], trial["steps"])
        number = jnp.maximum(jnp.sum(seen.sums[0] != 0, dtype=jnp.int32), 2)
        log_p = self.log_likelihood(env, known, seen, number)
        follows = self._follows(known, now["maps"], self._chances(env, known, number))
        contexts = jnp.sum(now["belief"], axis=1) @ known["context"]
        prior = jnp.einsum("k,i,kij->j", contexts, now["last"], follows)
        best = jnp.argmax(log_p + jnp.log(prior)).astype(jnp.int32) + 1
        is_due = self.is_due(env, known, seen, trial)
        action = jnp.where(is_due, best, 0)
        return action, {
            **now,
            "trial": trial,
            "answer": action,
            "log_p": jnp.where(is_due, log_p, held["log_p"]),
            "number": jnp.where(is_due, number, held["number"]),
        }

    def _chances(self, env: Any, known: Any, number: jax.Array) -> jax.Array:
        """Return how probable each input is after each range of successors, (ranges, n)."""
        choice = jnp.arange(len(env.choices), dtype=jnp.int32)
        successor = known["successors"].at[number - 2].get(mode="clip")
        others = (1 - known["p"]) / jnp.maximum(number - 1, 1).astype(jnp.float32)
        chances = jnp.where(successor[:, None] == choice, known["p"], others)
        return jnp.where(choice < number, chances, 0.0)

    def _follows(self, known: Any, maps: jax.Array, chances: jax.Array) -> jax.Array:
        """Return how probable each input (last axis) is after each in each context, (k, n, n)."""
        return jnp.matmul(maps, chances, precision="highest")

    def _learned(self, env: Any, known: Any, held: Any, ob: jax.Array) -> dict[str, jax.Array]:
        """Return what is believed in the next trial, after a reward."""
        blocks, maps = known["blocks"], held["maps"]
        above = (ob[env.observation_space().name["reward"]] - known["middle"]) * known["sign"]
        is_chosen = jnp.arange(len(env.choices), dtype=jnp.int32) == held["answer"] - 1
        told = jnp.where(above == 0, 1.0, jnp.where(is_chosen == (above > 0), 1.0, 0.0))
        likely = jnp.exp(held["log_p"] - jnp.max(held["log_p"])) * told
        chances = self._chances(env, known, held["number"])
        follows = self._follows(known, maps, chances)
        seen = jnp.einsum("i,kij,j->ki", held["last"], follows, likely)  # and what was last
        in_context = jnp.sum(seen, axis=1)
        belief = in_blocks.weighed(held["belief"], known["context"] @ in_context)
        contexts = jnp.sum(belief, axis=1) @ known["context"]
        share = contexts[:, None] * _normal(seen, axis=1)  # of what is learned, each (k, n)
        updated = _normal(maps * (chances @ likely), axis=2)
        maps = maps + share[..., None] * (updated - maps)
        before = jnp.sum(held["belief"], axis=1) @ known["context"]
        last = jnp.einsum("k,i,kij,j->j", before, held["last"], follows, likely)
        ended = jnp.sum(belief * blocks.ends) * known["p_death"]
        return {
            "belief": in_blocks.moved(belief, blocks),
            "maps": maps + ended * (known["share"] - maps),
            "last": jnp.where(jnp.sum(last) > 0, _normal(last, axis=0), held["last"]),
        }


def _normal(x: jax.Array, axis: int) -> jax.Array:
    """Return what is in proportion to x and sums up to 1 over an axis; 0 where all are 0."""
    total = jnp.sum(x, axis=axis, keepdims=True)
    return jnp.where(total > 0, x / jnp.where(total > 0, total, 1), 0.0)


def _successors(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ranges of the number by which a successor is drawn: their shares, and successors.

    A successor among m in play is the m-th part in which the number lies. Ranges are as wide as
    they can be with one successor for each m.

    Returns:
        Shares (ranges,), and successors (n - 1, ranges) among 2 to n in play.
    """
    cuts = {i / m for m in range(2, n + 1) for i in range(m + 1)}
    edges = np.unique(np.round(sorted(cuts), 9))
    middle = (edges[1:] + edges[:-1]) / 2
    number = np.arange(2, n + 1)[:, None]
    return np.diff(edges), np.floor(number * middle).astype(np.int64)


RULES = {PriorsV0: {"history inferred": HistoryInferred()}}
