"""Multisensory detection with catch trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_number, check_numbers, merge_known

INTENSITIES = (0.8, 0.9, 1.0)
SESSION = {"v": 0.5, "a": 0.5}
UNLIMITED = 2**31 - 1


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept; the intensities keep their number per modality."""

    session: jax.Array = (0.5, 0.5)  # (n_stimuli,) probability of each stimulus, sums to 1
    catch_prob: jax.Array = 0.5  # probability of a trial without a stimulus
    intensities: dict[str, jax.Array] | None = None  # modality: (n,) equally likely
    max_sequential: jax.Array = UNLIMITED  # (n_mod + 1,) int32, most trials in a row; catch last
    fix_intensity: jax.Array = 0.0  # of the fixation cue
    noise_std: jax.Array = 0.01  # input noise; per step noise_std * sqrt(2 tau / dt)
    tau: jax.Array = 100.0  # ms, time constant of the noise


class AnnubesEnv(TrialEnv):
    """Report whether there was a stimulus of any of several senses; on catch trials there is none.

    Periods:

    ==========  =============  =========================  ====================================
    name        default (ms)   cue                        the subject should
    ==========  =============  =========================  ====================================
    fixation    500            ``fix_intensity``          wait (action 0)
    stimulus    1000           off; ``start`` is on       report a stimulus; wait without one
    iti         0              off                        wait
    ==========  =============  =========================  ====================================

    Observation, float32; the modalities of the session in alphabetical order, here the default's:

    ======  ========  ================================================================
    index   channel   meaning
    ======  ========  ================================================================
    0       fixation  ``fix_intensity`` during fixation
    1       start     1 during the stimulus
    2, 3    a, v      if presented, its intensity with noise of s.d.
                      noise_std * sqrt(2 tau / dt) during the stimulus; else 0
    ======  ========  ================================================================

    Actions, one for each of the n + 1 entries of ``output_behavior``:

    ======  ========  ======================================
    index   name      meaning
    ======  ========  ======================================
    0       fixation  wait
    1..n    choice    1 reports a stimulus; others are wrong
    ======  ========  ======================================

    Rewards, once per trial, for the first action other than 0 in the stimulus; action 0 if there is
    none by its last step:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation or iti          only if ``params.abort``
    correct  1        that action is the ground truth       no
    fail     0        it is another                         no
    =======  =======  ====================================  ===========================

    Conditions, with m modalities:

    ================  =====================================================================
    name              distribution
    ================  =====================================================================
    catch             no stimulus; with ``params.catch_prob``, bool
    stim_types        (m,) bool, the modalities of a stimulus of the session; it is not
                      presented on a catch trial
    stim_values       (m,) float32, their intensities, uniform over ``params.intensities``
    sequential_count  (m + 1,) int32, trials in a row with a modality, and catch trials in a
                      row, with this one; of no effect if given
    ================  =====================================================================

    What would exceed ``max_sequential`` is not drawn, unless nothing else is left. The counts are
    what the task remembers across trials.

    Args:
        session: modality, or tuple of modalities presented together, to relative probability.
        catch_prob: probability of a trial without a stimulus, 0 to 1.
        intensities: list of intensities for all modalities, or a dict from modality to its list;
            by default 0.8, 0.9 and 1.
        stim_time: ms of the stimulus, in any form of timing.
        max_sequential: most trials in a row with a modality; a number for all of them, or a dict
            from modality (or ``"catch"``) to number. None: no limit.
        fix_intensity: of the fixation channel.
        fix_time, iti: ms of fixation and of the interval after the stimulus.
        dt: step in ms. Changes T.
        tau: time constant of the noise in ms.
        output_behavior: list with as many entries as there are actions, at least 2.
        noise_std: input noise.
        rewards: changes to the table above.
        timing: changes to the periods, in place of ``stim_time``, ``fix_time`` and ``iti``.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: it can be made without arguments; a trial pays once and is scored by
    its decision, where 2.3.1 pays at every step of the stimulus and scores any step that is right;
    limits given as a dict hold; catch_prob may be 1; ``rewards`` changes the table rather than
    replacing it; the seed arguments are gone, keys take their place; observations are unbounded,
    because the noise is.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("AnnubesEnv-v0", session={"v": 1, ("a", "v"): 1})
        >>> env.new_trial(jax.random.key(0), params, catch=False).ob.shape
        (15, 4)
    """

    TIMING = {"fixation": 500, "stimulus": 1000, "iti": 0}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": None,
        "paper_link": None,
        "tags": ("n-alternative", "perceptual", "supervised"),
    }

    def __init__(
        self,
        session: Mapping[str | tuple[str, ...], float] | None = None,
        catch_prob: float = 0.5,
        intensities: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
        stim_time: Any = 1000,
        max_sequential: int | Mapping[str, int | None] | None = None,
        fix_intensity: float = 0.0,
        fix_time: Any = 500,
        iti: Any = 0,
        dt: float = 100,
        tau: float = 100,
        output_behavior: Sequence[float] = (0, 1),
        noise_std: float = 0.01,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
    ):
        self.stimuli, self.session = _read_session(SESSION if session is None else session)
        self.modalities = tuple(sorted({name for names in self.stimuli for name in names}))
        for name in ("fixation", "start", "catch"):
            if name in self.modalities:
                raise ValueError(f"{name!r} cannot be the name of a modality; choose another")
        self.catch_prob = check_number("catch_prob", catch_prob, at_least=0, at_most=1)
        self.intensities = {
            name: np.asarray(check_numbers(f"intensities[{name!r}]", values), np.float32)
            for name, values in self._for_each(intensities, self.modalities, INTENSITIES).items()
        }
        self.max_sequential = tuple(
            check_integer("each of max_sequential", UNLIMITED if n is None else n, at_least=1)
            for n in self._for_each(max_sequential, (*self.modalities, "catch")).values()
        )
        self.fix_intensity = check_number("fix_intensity", fix_intensity)
        self.tau = check_number("tau (in ms)", tau, above=0)
        self.noise_std = check_number("noise_std", noise_std, at_least=0)
        num_actions = check_integer(
            "the number of entries of output_behavior", len(output_behavior), at_least=2
        )
        super().__init__(
            dt=dt,
            timing={"fixation": fix_time, "stimulus": stim_time, "iti": iti, **(timing or {})},
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(("fixation", "start", *self.modalities)),
            action_space=spaces.Discrete(
                num_actions, name={"fixation": 0, "choice": range(1, num_actions)}
            ),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(
            **self.common_params,
            session=self.session,
            catch_prob=self.catch_prob,
            intensities=self.intensities,
            max_sequential=self.max_sequential,
            fix_intensity=self.fix_intensity,
            noise_std=self.noise_std,
            tau=self.tau,
        )

    def init_carry(self, key, params):
        """Begin with no trials in a row, and no decision."""
        del key, params
        return self._carry(jnp.zeros((len(self.modalities) + 1,), jnp.int32))

    def sample_conditions(self, key, params, carry):
        """Draw a catch trial or a stimulus among those whose limits allow it, and intensities."""
        key_catch, key_stimulus, key_values = random.split(key, 3)
        names = np.asarray((*self.modalities, "catch"))
        parts = np.stack([np.isin(names, one) for one in (*self.stimuli, "catch")])
        is_allowed = carry["sequential_count"] < params.max_sequential
        p_catch = jnp.asarray(params.catch_prob, jnp.float32)
        p = jnp.append((1 - p_catch) * params.session, p_catch)  # of each stimulus; catch last
        kept = jnp.where(jnp.all(~parts | is_allowed, axis=1), p, 0.0)
        p = jnp.where(jnp.sum(kept) > 0, kept, p)
        catch = random.uniform(key_catch) * jnp.sum(p) < p[-1]
        # A catch trial has a stimulus too, to be presented if ``catch`` is overridden.
        ends = jnp.cumsum(jnp.where(jnp.sum(p[:-1]) > 0, p[:-1], params.session))
        chosen = jnp.sum(random.uniform(key_stimulus) * ends[-1] >= ends, dtype=jnp.int32)
        stim_types = stimuli.pick(parts[:-1, :-1], chosen)
        keys = zip(self.modalities, random.split(key_values, len(self.modalities)), strict=True)
        values = [random.choice(key, params.intensities[name]) for name, key in keys]
        is_present = jnp.append(stim_types & ~catch, catch)
        count = jnp.where(is_present, carry["sequential_count"] + 1, 0)
        conditions = {
            "catch": catch,
            "stim_types": stim_types,
            "stim_values": jnp.stack(values),
            "sequential_count": count,
        }
        return conditions, self._carry(count)

    def build_trial(self, builder, conditions, params):
        """Cue in fixation; then the start signal with the modalities that are presented."""
        is_shown = conditions["stim_types"] & ~conditions["catch"]
        values = jnp.where(is_shown, conditions["stim_values"], 0.0)
        sigma = params.noise_std * jnp.sqrt(2 * jnp.asarray(params.tau) / self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(params.fix_intensity, period="fixation", where="fixation")
            .add_ob(1, period="stimulus", where="start")
            .add_ob(values, period="stimulus", where=self.modalities)
            .add_randn(0, jnp.where(is_shown, sigma, 0.0), period="stimulus", where=self.modalities)
            .set_groundtruth(jnp.any(is_shown), period="stimulus")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the first action of the stimulus, or having waited to its last step."""
        rewards, carry = params.rewards, state.carry
        acted = action != 0
        in_stimulus = self.in_period(state, "stimulus")
        is_last = state.t + 1 >= state.trial.end[self.periods.index("stimulus")]
        is_judged = in_stimulus & ~carry["has_decided"] & (acted | is_last)
        is_right = is_judged & (action == self.gt_now(state))
        broke = acted & self.in_period(state, ("fixation", "iti"))
        earned = jnp.where(is_right, rewards["correct"], rewards["fail"])
        score = jnp.where(is_right, 1.0, carry["score"]).astype(jnp.float32)
        return Response(
            reward=jnp.where(is_judged, earned, 0.0) + jnp.where(broke, rewards["abort"], 0.0),
            new_trial=broke & params.abort,
            performance=score,
            carry={**carry, "has_decided": carry["has_decided"] | is_judged, "score": score},
        )

    def _carry(self, count):
        """What is remembered: counts across trials; decision and score within the new one."""
        score = jnp.float32(0)
        return {"sequential_count": count, "has_decided": jnp.bool_(False), "score": score}

    def _for_each(self, value, names, default=None):
        """Return a value for each name: from a dict, or the same for all modalities."""
        if not isinstance(value, Mapping):
            value = {} if value is None else dict.fromkeys(self.modalities, value)
        return merge_known("modality", dict.fromkeys(names, default), value)


def _read_session(session):
    """Return the stimuli, each a tuple of modalities, and their probabilities."""
    if not isinstance(session, Mapping) or not session:
        raise ValueError(
            "session is a dict from modality, or tuple of modalities, to probability, such "
            f"as {{'v': 1, ('a', 'v'): 1}}, not {session!r}"
        )
    stimuli_of = tuple((s,) if isinstance(s, str) else tuple(s) for s in session)
    weights = [check_number(f"session[{s!r}]", p, at_least=0) for s, p in session.items()]
    total = check_number("the sum of the session's probabilities", sum(weights), above=0)
    return stimuli_of, tuple(weight / total for weight in weights)
