"""Detection of a tone in noise, inspired by Costalupes (1985)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.differences import never_paid, other_conditions
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    sigma: Leaf = number(0.2, "input noise; its s.d. per step is sigma / sqrt(dt)", at_least=0)
    amplitudes: Leaf = number((1.0,), "of the tone, equally likely", shape=("k",), at_least=0)


class ToneDetection(TrialEnv[Params]):
    """Listen to noise, and report at its end which of three short tones was in it, if any.

    Inspired by the reference, as NeuroGym has it, and no experiment of it: that is of fibres of the
    auditory nerve.

    It is a forced choice of intervals, three of them by default, joined to a detection: in which
    interval was the tone, or in none? Only the last step is paid and scored, and what is done
    before costs nothing. To name another interval than that of the tone is a false alarm, as it is
    where there was none.

    Args:
        timing: changes to ``stimulus``, ``toneDur`` and ``toneTiming``, the list of the n times at
            which a tone may begin. Changes T and the actions.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ToneDetection-v0")
        >>> env.new_trial(jax.random.key(0), params, condition=2).ob.shape
        (40, 1)
    """

    PAPER = Paper(
        "Costalupes",
        1985,
        "Representation of tones in noise in the responses of auditory nerve fibers in cats",
        "Journal of Neuroscience 5(12), 3261-3269",
        "https://doi.org/10.1523/JNEUROSCI.05-12-03261.1985",
        species=("cat",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.0},
            "an ideal observer is right in 81 % of the trials: 68 % without a tone, 85 % with one",
        ),
    }
    ANSWERS = {
        "choice": Answer(
            "the action of the last step",
            since="stimulus",
        ),
    }
    TAGS = ("auditory", "perceptual", "supervised", "decision")
    TIMING = {
        "stimulus": Period(2000, "listen, and report at the last step"),
        "toneTiming": Period((500, 1000, 1500), "(no period: when a tone may begin)"),
        "toneDur": Period(50, "listen: the tone sounds, within the stimulus"),
    }
    CHANNELS = {
        "stimulus": Channel(
            "``amplitude`` during the tone, with noise of s.d. sigma / sqrt(dt) all the time"
        )
    }
    ACTIONS = {
        "no tone": Action("there was none"),
        "tone": Action("there was one, at the first ... n-th time", "n"),
    }
    REWARDS = {
        "correct": Reward(1.0, "the action of the last step is the condition", ends="it has ended"),
        "fail": Reward(0.0, "it is another", ends="it has ended"),
    }
    CONDITIONS = {
        "condition": Condition(
            "0 (no tone) to n (time of the tone), equally likely", "int32", at_least=0, at_most="n"
        ),
        "amplitude": Condition(
            "uniform over ``params.amplitudes``; without a tone it has no effect", at_least=0
        ),
    }
    DIFFERENCES = {
        "conditions": other_conditions(
            "the condition that can be chosen is `condition`, as in 2.3.1's `new_trial`",
            "2.3.1 calls it `ground_truth` in its trial",
        ),
        "last action": Difference(
            "the action of the last step is paid and scored",
            "2.3.1 never pays or scores",
            ("test_only_the_last_action_counts",),
        ),
        "short tones": Difference(
            "a tone has at least one step",
            "2.3.1 raises an error if dt is above its duration",
            ("test_a_tone_is_never_lost_to_a_coarse_dt",),
        ),
        "never paid": never_paid("`abort` and `noresp`"),
    }

    def __init__(
        self,
        dt: float = 50,
        sigma: float = Params.sigma,
        timing: Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | None = None,
        amplitudes: Sequence[float] = Params.amplitudes,
    ):
        default = self.TIMING["toneTiming"].duration
        onsets = timing_module.parse("toneTiming", (timing or {}).get("toneTiming", default))
        if not isinstance(onsets, timing_module.Choice):
            raise ValueError(
                "timing['toneTiming'] is the list of times (ms) at which a tone may begin, such as "
                f"[500, 1000, 1500], not {onsets!r}"
            )
        self.num_tones = len(onsets.values)
        sizes = {"n": self.num_tones}
        numbers = {"sigma": sigma, "amplitudes": amplitudes}
        periods = ("stimulus", "toneDur")
        super().__init__(dt, timing, rewards, sizes=sizes, numbers=numbers, periods=periods)
        self._check_tones(self.timing)

    def validate(self, params: Params) -> None:
        """Check params, and that every tone sounds before the stimulus ends."""
        super().validate(params)
        self._check_tones(params.timing)

    def _check_tones(self, timing: Mapping[str, Any]) -> None:
        def steps(ms: float) -> int:
            return int(timing_module.duration_steps(ms, self.dt))

        latest, lasts = timing["toneTiming"].upper(), timing["toneDur"].upper()
        shortest = timing["stimulus"].lower()
        if steps(latest) + steps(lasts) > steps(shortest):
            raise ValueError(
                f"timing: a tone that begins at {latest:g} ms (toneTiming) and lasts {lasts:g} ms "
                f"(toneDur) does not end within a stimulus of {shortest:g} ms (stimulus)"
            )

    def max_steps(self) -> int:
        """Return T: the tone lies within the stimulus."""
        return int(timing_module.duration_steps(self.timing["stimulus"].upper(), self.dt))

    def sample_conditions(self, key, params, carry):
        """Draw whether there is a tone, which, and how loud it is."""
        key_tone, key_amplitude = random.split(key)
        return {
            "condition": random.integer(key_tone, 1 + self.num_tones),
            "amplitude": random.choice(key_amplitude, params.amplitudes),
        }, carry

    def has_signal(self, conditions):
        """Return where there was a tone."""
        return conditions["condition"] > 0

    def build_trial(self, builder, conditions, params):
        """Noise all the time, and the tone if there is one."""
        condition = conditions["condition"]
        onsets = jnp.asarray(params.timing["toneTiming"].values)
        onset = timing_module.duration_steps(onsets.at[condition - 1].get(mode="clip"), self.dt)
        builder = builder.add_period("stimulus")
        # Without a tone the period is empty, at the end of the trial.
        is_tone = condition > 0
        begin = builder.onset + jnp.where(is_tone, onset, builder.period_steps("stimulus"))
        return (
            builder.add_period("toneDur", at=begin, when=is_tone)
            .add_ob(conditions["amplitude"], period="toneDur")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus")
            .set_groundtruth(condition, period="stimulus")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the action of the last step."""
        rewards = params.rewards
        is_right = action == self.gt_now(state)
        earned = jnp.where(is_right, rewards["correct"], rewards["fail"])
        return Response(
            reward=jnp.where(self.is_last_step(state), earned, 0.0),
            performance=is_right.astype(jnp.float32),
            answers={"choice": Given(self.is_last_step(state))},
        )
