"""Shaping for the delayed response task of Inagaki et al. (2019), in five stages."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import CUE, MISS, WAIT, WaitingTask, abort_by
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param
from jaxgym_neuro.core.ring_choice import coherences
from jaxgym_neuro.core.state import Given, Response
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_integer,
    check_number,
    is_list_or_tuple,
    plain,
)
from jaxgym_neuro.tasks.perceptual._shaping import (
    GROWING,
    STAGES,
    Progress,
    Shaping,
    ShapingParams,
    in_stage,
)

_ROUNDING = np.float32(1e-4)  # of a step, so that half of 20 steps is 10


@pytree
class Params(NoisyParams, ShapingParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 6.4, 12.8, 25.6, 51.2)


@pytree
class InTrial:
    """What the subject has done in the trial so far."""

    acts: Leaf  # () bool, has it been judged at all?
    side: Leaf  # () int32, the first answer; 0: none yet
    right: Leaf  # () bool, was that right?


@pytree
class Carry:
    """What lasts over trials, and what the present one will add to it."""

    progress: Progress
    now: InTrial


class CVLearning(WaitingTask[Params]):
    """Learn, in five stages, to report after a delay on which side there was more evidence.

    The stages lead from choosing at all to the task of
    `PerceptualDecisionMakingDelayResponse-v0`, by what the subject does:

    - 0: no stimulus and no delay. Either side is rewarded; but after ``params.max_num_reps`` times
      in a row the other one alone is, so that both get to be chosen.
    - 1: a clear stimulus, no delay. A mistake costs nothing, does not end the trial, and may be
      corrected.
    - 2: the first answer counts, and a mistake costs ``fail``.
    - 3: a delay, which grows by a quarter of its whole after a full window of right trials, and
      shrinks, down to what it was when the day began, after one in which half or less are right.
    - 4: the whole delay, and a stimulus that is weak or strong, with noise.

    A trial is right if its first answer is. A day of ``params.trials_day`` trials is good if a
    share of ``params.th_stage`` of them is right, in stage 3 only if the delay is whole; the next
    stage follows upon ``params.keep_days`` + 1 good days in a row. If less than half of the last
    ``perf_len`` trials are right in stage 2, stage 1 comes back, until more than ``th_stage`` of
    them are. The window counts once it is full of trials of the day, and begins anew where the
    delay changes. So one who is always right is in stage 4 after 8 days, 2,400 trials; one who
    always chooses one side stays in stage 0, and one who chooses at random in stage 1.

    An episode begins with the first stage, and so does a trial that is drawn by itself; any
    other is a condition, ``env.new_trial(key, params, stage=3)``, or the only one,
    ``stages=(3,)``. Where nobody acts, in the batches of a `Dataset`, the stage stays what it is.

    The paper is that of the task, as NeuroGym has it: a tone or a touch tells mice on which side to
    lick after a delay. The stages and what leads from one to the next are NeuroGym's, which names
    no source of them. Further channels and actions, ``n_ch`` - 2 of them, have no meaning.

    Args:
        stim_scale: multiplies the coherences.
        max_num_reps: default of ``params.max_num_reps``.
        th_stage: default of ``params.th_stage``; -1: no training, but the last of the stages.
        keep_days: default of ``params.keep_days``.
        trials_day: default of ``params.trials_day``.
        perf_len: trials of the window.
        stages: the stages that are trained, ascending; default are all, 0 to 4.
        n_ch: channels, and actions, beside that of fixation.
        cohs: coherences of stage 4 in percent; their number is static.

    Raises:
        ValueError: for stages that are none, or not ascending, fewer than two channels, or a window
            that is longer than a day.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("CVLearning-v0")
        >>> [int(env.new_trial(0, params, stage=i).length) for i in range(3)]
        [17, 28, 28]
    """

    PAPER = Paper(
        "Inagaki, Fontolan, Romani & Svoboda",
        2019,
        "Discrete attractor dynamics underlies persistent activity in the frontal cortex",
        "Nature 566, 212-217",
        "https://doi.org/10.1038/s41586-019-0919-7",
        species=("mouse",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"stages": (4,), "sigma": 3.3},
            "the last stage alone; an ideal observer is right in 79 % of the trials, from 50 % at "
            "a coherence of 0 over 82 % at 12.8 to 97 % at 25.6",
        ),
    }
    TAGS = ("perceptual", "delayed response", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(200, "wait (action 0)", cue="on"),
        "stimulus": Period(1150, "wait, and watch; not in stage 0", cue="on"),
        "delay": Period(
            ("uniform", (1000, 3000)),
            "wait, and remember; from stage 3 on, in stage 3 a share of it",
            cue="on",
        ),
        "decision": Period(1500, "choose", cue="off"),
    }
    EVIDENCE = (
        "(1 + coh / 100) / 2 on the side of the ground truth, (1 - coh / 100) / 2 on the other: in "
        "stage 4 with noise of s.d. ``sigma`` (the condition), before that with a coh of 100"
    )
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(EVIDENCE, 2),
        "filler": Channel(
            "0.5 in the stimulus, in stage 4 with the same noise", "fillers", option="fillers"
        ),
    }
    ACTIONS = {
        "fixation": WAIT,
        "choice": Action("left, right", 2),
        "filler": Action("none of the sides: no answer", "fillers", option="fillers"),
    }
    REWARDS = {
        "abort": abort_by("an action before the decision"),
        "correct": Reward(1.0, "the choice is the ground truth; in stage 0 most often, any choice"),
        "fail": Reward(
            -1.0, "another choice, from stage 2 on (before, it is 0)", ends="not in stage 1"
        ),
        "miss": MISS,
    }
    CONDITIONS = {
        "stage": Condition("0 to 4: where the training is", "int32", one_of=tuple(range(5))),
        "day": Condition("number of the day, from 0", "int32", at_least=0),
        "trial_of_day": Condition("number of the trial in its day, from 0", "int32", at_least=0),
        "forced": Condition(
            "in stage 0, is the ground truth alone right? if the other side was chosen "
            "``params.max_num_reps`` times in a row",
            "bool",
        ),
        "delay_share": Condition(
            "share of the delay that there is: in stage 3 by performance, else 1",
            at_least=0,
            at_most=1,
        ),
        "ground_truth": Condition(
            "1 or 2, equally likely; where ``forced`` the side that was not chosen",
            "int32",
            one_of=(1, 2),
        ),
        "coh": Condition(
            "uniform over ``params.cohs``; it counts in stage 4", unit="percent", at_least=0
        ),
        "signed_coh": Condition(
            "of the stimulus, positive where right, action 2, is the ground truth: coh in stage 4, "
            "100 in stages 1 to 3, 0 in stage 0",
            unit="percent",
            derived=True,
        ),
        "sigma": Condition(
            "s.d. of the noise per step in stage 4: ``params.sigma`` / sqrt(dt)", at_least=0
        ),
    }
    DIFFERENCES = {
        "first answers": Difference(
            "in stage 1 a trial is right if its first answer is",
            "2.3.1 counts one that is corrected, as a first reward of 0 is taken for none",
            ("test_a_mistake_that_is_corrected_is_a_mistake",),
        ),
        "trials": Difference(
            "trials count that were played, and choices that were made",
            "2.3.1 counts a failure before the first trial, and in stage 0, where no side is "
            "chosen, the choice before once more",
            ("test_trials_count_that_were_played", "test_no_choice_is_no_repetition"),
        ),
        "delays": Difference(
            "in stage 3 the delay is a share of one that is drawn as in stage 4, with the key",
            "2.3.1's is that share of 1000 or of 3000 ms, whatever `timing` says, from a generator "
            "that has no seed",
            ("test_the_delay_of_stage_3_is_a_share_of_that_of_stage_4",),
        ),
        "mistakes": Difference(
            "`fail` is what a mistake costs from stage 2 on, whichever stage was before",
            "2.3.1 writes over it in stages 0 and 1, and leaves it so in stage 4: with "
            "`stages=[0, 4]`, a mistake is rewarded",
            ("test_what_a_mistake_costs_is_the_stages_own",),
        ),
        "falling back": Difference(
            "stage 3 follows upon stage 2, whether or not stage 1 has come back between",
            "2.3.1 forgets to end the return to stage 1 where a good day does, counts the return "
            "twice, and then skips stage 3",
            ("test_no_stage_is_skipped_after_falling_back",),
        ),
        "window": Difference(
            "what depends on the last trials waits until the window is full of trials of the day, "
            "and, for the delay, of trials with that delay",
            "2.3.1 goes on with the number of the day before, and so has the delay grow before the "
            "first trial of stage 3; and it waits for a trial more than the window has",
            ("test_the_delay_grows_with_performance_and_shrinks_to_that_of_the_morning",),
        ),
        "last stage": Difference(
            "with `th_stage=-1` the last of the stages lasts, with its whole delay",
            "2.3.1's stage 3 begins without a delay even so, and its stage 2 leads back",
            ("test_without_training_the_last_stage_lasts",),
        ),
        "miss": Difference(
            "having waited to the end earns `miss`",
            "2.3.1 has no such reward here; it is 0 by default",
            ("test_every_row_of_the_reward_table",),
        ),
        "conditions": Difference(
            "`coh` and `sigma` are those of stage 4 in every stage; what is shown is `signed_coh`",
            "2.3.1 writes 100 and 0 in their place, so that they cannot be given before the stage",
            ("test_evidence_is_clear_until_the_last_stage",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        max_num_reps: int = Params.max_num_reps,
        th_stage: float = Params.th_stage,
        keep_days: int = Params.keep_days,
        trials_day: int = Params.trials_day,
        perf_len: int = 20,
        stages: Sequence[int] | None = None,
        n_ch: int = 10,
        cohs: Sequence[float] = Params.cohs,
        abort: bool = False,
        enforce: str = "until_cue",
    ):
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = tuple(coh * scale for coh in check_param(Params, "cohs", cohs))
        window = check_integer("perf_len (in trials)", perf_len, at_least=1)
        self.shaping = Shaping(_checked_stages(stages), window)
        fillers = check_integer("n_ch", n_ch, at_least=2) - 2
        numbers = {
            "cohs": cohs,
            "sigma": sigma,
            "max_num_reps": max_num_reps,
            "th_stage": th_stage,
            "keep_days": keep_days,
            "trials_day": trials_day,
        }
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"fillers": fillers},
            numbers=numbers,
        )
        self._check_window(self.numbers["trials_day"])

    def validate(self, params: Any) -> None:
        """Check params, and that a day has room for a window."""
        super().validate(params)
        self._check_window(np.min(np.asarray(params.trials_day)))

    def _check_window(self, trials_day: Any) -> None:
        if self.shaping.window > trials_day:
            raise ValueError(
                f"perf_len is at most trials_day, as nothing would come of a window that is never "
                f"full: {self.shaping.window} trials do not fit into {trials_day}"
            )

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Begin the training."""
        del key
        return Carry(progress=self.shaping.begin(params), now=_nothing_done())

    def sample_conditions(self, key, params, carry):
        """Take in how the last trial turned out; draw the side and the coherence."""
        key_side, key_coh = random.split(key)
        before, now = carry.progress, carry.now
        after = self.shaping.after(before, now.right, now.side, params)
        at = jax.tree.map(lambda new, old: jnp.where(now.acts, new, old), after, before)
        stage = self.shaping.stage(at)
        is_forced = in_stage(stage, "either") & (at.repeats >= params.max_num_reps)
        side = random.integer(key_side, 2) + 1
        return {
            "stage": stage,
            "day": at.day,
            "trial_of_day": at.trial,
            "forced": is_forced,
            "delay_share": jnp.where(stage == GROWING, at.share, np.float32(1)),
            "ground_truth": jnp.where(is_forced, 3 - at.side, side).astype(jnp.int32),
            "coh": random.choice(key_coh, params.cohs),
            "sigma": jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32),
        }, Carry(progress=at, now=_nothing_done())

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the stimulus and the delay that the stage has."""
        stage, truth = conditions["stage"], conditions["ground_truth"]
        is_ambiguous, has_stimulus = in_stage(stage, "ambiguous"), in_stage(stage, "stimulus")
        coh = jnp.where(is_ambiguous, conditions["coh"], np.float32(100))
        sigma = jnp.where(is_ambiguous, conditions["sigma"], np.float32(0))
        sides = np.asarray([1, 2], np.int32)
        sign = jnp.where(truth == sides, np.float32(1), np.float32(-1))
        noisy = [name for name in ("stimulus", "filler") if name in builder.layout.channels]
        builder = (
            builder.add_period("fixation")
            .add_period("stimulus", when=has_stimulus)
            .add_period("delay", when=in_stage(stage, "delay"))
        )
        start, end = builder.bounds["delay"]
        whole = (end - start).astype(jnp.float32) * conditions["delay_share"]
        builder = (
            builder.move_period("delay", start, start + (whole + _ROUNDING).astype(jnp.int32))
            .add_period("decision", after="delay")
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(sign * (coh / 200) + 0.5, period="stimulus", where="stimulus")
            .add_randn(0, sigma, period="stimulus", where=noisy)
            .set_groundtruth(truth, period="decision")
            .set_conditions(signed_coh=jnp.where(has_stimulus, sign[1] * coh, np.float32(0)))
        )
        return builder.add_ob(0.5, period="stimulus", where="filler") if noisy[1:] else builder

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge an answer by the rule of the stage; the first one tells whether it was right."""
        drawn, rewards, now = state.trial.conditions, params.rewards, state.carry.now
        forgives, takes_either = (in_stage(drawn["stage"], x) for x in ("forgives", "either"))
        is_asked = self.in_period(state, self.ANSWERING)
        broke = (action != 0) & self.in_period(state, self.waiting)
        chose = is_asked & ((action == 1) | (action == 2))
        is_right = chose & ((action == self.gt_now(state)) | (takes_either & ~drawn["forced"]))
        is_first = chose & (now.side == 0)
        side = jnp.where(is_first, action, now.side).astype(jnp.int32)
        right = now.right | (is_first & is_right)
        missed = is_asked & self.is_last_step(state) & (side == 0)
        cost = jnp.where(forgives | takes_either, 0, rewards["fail"])
        reward = jnp.where(broke, rewards["abort"], 0)
        reward = reward + jnp.where(is_right, rewards["correct"], jnp.where(chose, cost, 0))
        reward = reward + jnp.where(missed, rewards["miss"], 0)
        return Response(
            reward=reward,
            new_trial=(chose & (is_right | ~forgives)) | (broke & params.abort),
            performance=right.astype(jnp.float32),
            carry=Carry(
                progress=state.carry.progress,
                now=InTrial(acts=jnp.bool_(True), side=side, right=right),
            ),
            answers={"choice": Given(is_first)},
        )


def _nothing_done() -> InTrial:
    return InTrial(acts=jnp.bool_(False), side=jnp.int32(0), right=jnp.bool_(False))


def _checked_stages(stages: Any) -> tuple[int, ...]:
    """Return the numbers of the stages that are trained."""
    given = plain(range(len(STAGES)) if stages is None else stages)
    given = tuple(given) if isinstance(given, range) else given
    known = range(len(STAGES))
    is_given = is_list_or_tuple(given) and len(given) > 0
    if not is_given or any(isinstance(x, bool) or x not in known for x in given):
        raise ValueError(f"stages are a list of numbers from 0 to {len(STAGES) - 1}, not {given!r}")
    numbers = tuple(int(x) for x in given)
    if any(second <= first for first, second in itertools.pairwise(numbers)):
        raise ValueError(f"stages are in ascending order, not {given!r}")
    return numbers
