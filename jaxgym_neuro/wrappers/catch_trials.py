"""CatchTrials: now and then there is nothing to answer."""

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Condition, Difference
from jaxgym_neuro.spaces import indices_of
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_inside_time_out, check_waiting


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    catch_p: Leaf = number(0.1, "probability of a catch trial", at_least=0, at_most=1)


class CatchTrials(TrialWrapper):
    """Leave the stimulus out of some trials; then to wait is right.

    In a catch trial the channels of the stimulus hold no signal: nothing that the task adds to them
    is shown, but for its noise, which is the same as with the stimulus. Periods, cues and other
    channels are as ever. The ground truth is to wait, to the end of the trial, and having done so
    scores 1; an answer is judged as a wrong one, earns at most ``fail``, and scores 0.

    With ``zero_coherence`` a catch trial is one of coherence 0 instead, in all modalities: the
    channels of the stimulus have their usual mean, and nothing tells such a trial from a hard one
    but that it is without motion.

    Args:
        env: a task in which action 0 is to wait.
        p: probability of a catch trial.
        channels: the stimulus; names or indices of channels. Default are those whose names begin
            with "stim", or, if there are none, all but "fixation"; of a `MultiTask` those of each
            task, whereas channels that are given are hidden in the trials of all.
        zero_coherence: whether the stimulus is shown with a coherence of 0.

    Raises:
        ValueError: for another task, one with a time-out, an unknown channel, or another p; for
            ``zero_coherence`` where no condition is a coherence, or with channels.
    """

    PARAMS = Params
    CONDITIONS = {"catch": Condition("is it a catch trial? With ``params.catch_p``", "bool")}
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_the_signal_is_gone_and_the_noise_and_the_cue_are_as_ever",),
        )
    }

    def __init__(
        self,
        env: TrialEnv,
        p: float = 0.1,
        channels: str | Sequence[str | int] | None = None,
        zero_coherence: bool = False,
    ):
        check_waiting("CatchTrials", env)
        check_inside_time_out("CatchTrials", env)
        super().__init__(env, numbers={"catch_p": check_param(Params, "catch_p", p, "p")})
        names, (*_, size) = self.row_space.name, self.row_space.shape or (1,)
        self.coherences: tuple[str, ...] = ()
        if check_flag("zero_coherence", zero_coherence):
            self.coherences = tuple(x for x in env.conditions if x in ("coh", "coh_1", "coh_2"))
            if not self.coherences or channels is not None:
                raise ValueError(
                    "zero_coherence=True shows the stimulus, without channels to hide, and needs a "
                    f"condition 'coh'; {env.name} has {', '.join(env.conditions) or 'none'}"
                )
        self.given_channels = None
        if channels is not None:
            self.given_channels = tuple(indices_of("channel", names, channels, size))

    @property
    def channels(self) -> tuple[int, ...]:
        """Indices of the channels of the stimulus; each of several tasks has its own of them."""
        return self.layout.stimulus if self.given_channels is None else self.given_channels

    def change_conditions(self, key, conditions, params, own):
        """Draw whether it is a catch trial."""
        is_catch = random.bernoulli(key, jnp.asarray(params.catch_p, jnp.float32))
        return {**conditions, "catch": is_catch}, own

    def build_trial(self, builder, conditions, params):
        """Lay out the trial without the signal, if it is a catch trial."""
        is_catch = conditions["catch"]
        if self.coherences:
            still = {name: jnp.where(is_catch, 0, conditions[name]) for name in self.coherences}
            hiding = builder.set_conditions(**still)
            conditions = {**conditions, **still}
        else:
            hiding = builder.hide(is_catch, self.given_channels)
        built = super().build_trial(hiding, conditions, params)
        gt = jnp.where(is_catch, 0, built.gt)
        return dataclasses.replace(built, hidden=builder.hidden, gt=gt)

    def change_response(self, state, action, params, response):
        """In a catch trial, let nothing but waiting to the end be right."""
        is_catch = state.trial.conditions["catch"]
        waited = self.conclude(state, response, params).ends & (action == 0)
        fail = jnp.asarray(params.rewards.get("fail", 0.0), jnp.float32)
        is_answer = is_catch & response.new_trial & (action != 0)
        response = dataclasses.replace(
            response,
            reward=jnp.where(is_answer, jnp.minimum(response.reward, fail), response.reward),
            performance=jnp.where(is_catch, waited.astype(jnp.float32), response.performance),
        )
        return response, state.carry.own
