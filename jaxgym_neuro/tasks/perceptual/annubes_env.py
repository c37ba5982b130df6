"""Multisensory detection with catch trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.pytrees import pytree
from jaxgym_neuro.validation import (
    check_integer,
    check_name,
    check_number,
    check_numbers,
    merge_known,
)

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

    Observation, float32; the modalities in alphabetical order:

    ======  ============  ================================================================
    index   channel       meaning
    ======  ============  ================================================================
    0       fixation      ``fix_intensity`` during fixation
    1       start         1 during the stimulus
    2..     (modalities)  if presented, its intensity with noise of s.d.
                          noise_std * sqrt(2 tau / dt) during the stimulus; else 0
    ======  ============  ================================================================

    Actions:

    ======  ========  ======================================
    index   name      meaning
    ======  ========  ======================================
    0       fixation  wait
    1..     choice    1 reports a stimulus; others are wrong
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
        intensities: list of intensities for all modalities, or one for each in a dict.
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
        self.intensities = _read_intensities(intensities, self.modalities)
        self.max_sequential = _read_limits(max_sequential, self.modalities)
        self.fix_intensity = check_number("fix_intensity", fix_intensity)
        self.tau = check_number("tau (in ms)", tau, above=0)
        self.noise_std = check_number("noise_std", noise_std, at_least=0)
        self.abort = bool(abort)
        num_actions = check_integer(
            "the number of entries of output_behavior", len(output_behavior), at_least=2
        )
        channels = {name: 2 + i for i, name in enumerate(self.modalities)}
        super().__init__(
            dt=dt,
            timing={"fixation": fix_time, "stimulus": stim_time, "iti": iti, **(timing or {})},
            rewards=rewards,
            observation_space=spaces.Box(
                -np.inf,
                np.inf,
                (2 + len(self.modalities),),
                name={"fixation": 0, "start": 1, **channels},
            ),
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
            intensities={m: np.asarray(v, np.float32) for m, v in self.intensities.items()},
            max_sequential=np.asarray(self.max_sequential, np.int32),
            fix_intensity=self.fix_intensity,
            noise_std=self.noise_std,
            tau=self.tau,
            abort=self.abort,
        )

    def init_carry(self, key, params):
        """Begin with no trials in a row, and no decision."""
        del key, params
        return self._carry(jnp.zeros((len(self.modalities) + 1,), jnp.int32))

    def sample_conditions(self, key, params, carry):
        """Draw a catch trial or a stimulus among those whose limits allow it, and intensities."""
        key_catch, key_stimulus, key_values = random.split(key, 3)
        modalities = np.asarray(self.modalities)
        parts = np.stack([np.isin(modalities, names) for names in self.stimuli])
        is_allowed = carry["sequential_count"] < params.max_sequential
        p_catch = jnp.asarray(params.catch_prob, jnp.float32)
        p_stimuli = (1 - p_catch) * params.session
        kept_catch = jnp.where(is_allowed[-1], p_catch, 0.0)
        has_room = jnp.all(~parts | is_allowed[:-1], axis=1)
        kept_stimuli = jnp.where(has_room, p_stimuli, 0.0)
        is_stuck = kept_catch + jnp.sum(kept_stimuli) <= 0
        p_catch = jnp.where(is_stuck, p_catch, kept_catch)
        p_stimuli = jnp.where(is_stuck, p_stimuli, kept_stimuli)
        p_any = jnp.sum(p_stimuli)
        catch = random.uniform(key_catch) * (p_catch + p_any) < p_catch

        weights = jnp.where(p_any > 0, p_stimuli, params.session)
        ends = jnp.cumsum(weights)
        chosen = jnp.sum(random.uniform(key_stimulus) * ends[-1] >= ends, dtype=jnp.int32)
        stim_types = stimuli.pick(parts, chosen)
        keys = random.split(key_values, len(modalities))
        values = [
            random.choice(k, params.intensities[m])
            for k, m in zip(keys, self.modalities, strict=True)
        ]
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
        catch = conditions["catch"]
        is_shown = conditions["stim_types"] & ~catch
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
        return {
            "sequential_count": count,
            "has_decided": jnp.bool_(False),
            "score": jnp.float32(0),
        }


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


def _read_intensities(intensities, modalities):
    """Return the intensities of each modality."""
    if not isinstance(intensities, Mapping):
        shared = INTENSITIES if intensities is None else intensities
        intensities = dict.fromkeys(modalities, shared)
    for name in intensities:
        check_name("modality", name, modalities)
    for name in modalities:
        check_name("modality with intensities", name, intensities)
    return {name: check_numbers(f"intensities[{name!r}]", intensities[name]) for name in modalities}


def _read_limits(max_sequential, modalities):
    """Return the most trials in a row for each modality, and last for catch trials."""
    if not isinstance(max_sequential, Mapping):
        max_sequential = dict.fromkeys(modalities, max_sequential)
    no_limits = dict.fromkeys((*modalities, "catch"))
    limits = merge_known("modality", no_limits, max_sequential)
    return tuple(
        UNLIMITED if limit is None else check_integer("each of max_sequential", limit, at_least=1)
        for limit in limits.values()
    )
