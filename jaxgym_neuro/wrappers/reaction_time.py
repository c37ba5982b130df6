"""ReactionTime: the subject may answer while the stimulus is on, and is timed."""

import dataclasses

import jax.numpy as jnp

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_inside_time_out


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    urgency: Leaf = number(0.0, "added to the reward of every step; below 0, waiting costs")


class ReactionTime(TrialWrapper):
    """Let the subject answer as soon as it has seen one step of the stimulus.

    The decision period begins one step after the stimulus (with it, if the stimulus lasts one
    step), and overlaps it. In it the ground truth is the answer, the fixation cue, if there is one,
    is off, and an action is an answer, even where the task would punish one in that period. A trial
    without a stimulus or a decision is left as it is.

    The time of an answer counts from the start of the stimulus to the step that it answers:
    ``info["reaction_time"]``, and the column ``reaction_time`` of tables of trials.

    Args:
        env: a task with the periods ``stimulus`` and ``decision``.
        end_on_stimulus: whether the trial ends with the stimulus, or lasts as long as before.

    Raises:
        ValueError: for a task without these periods, or with a time-out.
    """

    PARAMS = Params
    DIFFERENCES = {
        "time": Difference(
            '`info["reaction_time"]` is in ms from stimulus onset',
            "2.3.1's `tr_dur` is always 0",
            ("test_the_reaction_time_is_the_time_from_onset_to_the_answer",),
        ),
        "early answers": Difference(
            "an early answer is judged by the rule of the decision alone",
            "in 2.3.1, ReachingDelayResponse goes on punishing it",
            ("test_an_early_answer_is_not_punished_where_the_task_would",),
        ),
        "cue": Difference(
            "the fixation cue goes off when the decision opens, and arrays and ground truth show "
            "it",
            "its going off is the signal to answer; 2.3.1 changes the ground truth while stepping, "
            "so that its `Dataset` does not see it",
            ("test_the_decision_opens_one_step_after_the_stimulus_and_ends_the_trial_with_it",),
        ),
        "ground truth": Difference(
            "without `end_on_stimulus`, the ground truth is the answer from the opening of the "
            "decision to its end",
            "in 2.3.1 it is to wait during a delay in between, when an answer is right",
            ("test_without_end_on_stimulus_the_trial_lasts_as_long_as_before",),
        ),
    }

    draws = False

    def __init__(
        self, env: TrialEnv, urgency: float = Params.urgency, end_on_stimulus: bool = True
    ):
        check_inside_time_out("ReactionTime", env)
        if not {"stimulus", "decision"} <= set(env.periods):
            raise ValueError(
                "ReactionTime needs a task with the periods 'stimulus' and 'decision'; "
                f"{env.name} has {', '.join(env.periods)}"
            )
        self.end_on_stimulus = check_flag("end_on_stimulus", end_on_stimulus)
        super().__init__(env, numbers={"urgency": check_param(Params, "urgency", urgency)})

    @property
    def answers(self):
        """The task's, whose times count from the start of the stimulus."""
        return {
            name: dataclasses.replace(answer, since="stimulus")
            for name, answer in super().answers.items()
        }

    def change_trial(self, builder, conditions, params):
        """Open the decision early, and end the trial with the stimulus."""
        onset, offset = builder.bounds["stimulus"]
        asked, closed = builder.bounds["decision"]
        is_shown = (offset > onset) & (closed > asked)
        opens = jnp.minimum(asked, jnp.maximum(jnp.minimum(onset + 1, offset - 1), onset))
        opens = jnp.where(is_shown, opens, asked)
        answer = builder.gt.at[asked].get(mode="clip")
        if self.end_on_stimulus:
            closed = jnp.where(is_shown, offset, closed)
            last = jnp.where(is_shown, offset, jnp.int32(builder.layout.num_steps))
            builder = builder.cut_at(last)
        builder = builder.move_period("decision", opens, closed)
        builder = builder.set_groundtruth(answer, period="decision")
        if "fixation" in builder.layout.channels:
            builder = builder.set_ob(0, period="decision", where="fixation")
        return builder

    def respond(self, state, action, params):
        """Judge an answer by the rule of the decision, and by no other period's."""
        trial, decision = state.trial, self.periods.index("decision")
        is_other = jnp.arange(len(self.periods), dtype=jnp.int32) != decision
        is_hidden = is_other & self.in_period(state, "decision")
        end = jnp.where(is_hidden, jnp.minimum(trial.end, trial.start[decision]), trial.end)
        trial = dataclasses.replace(trial, end=end)
        return super().respond(dataclasses.replace(state, trial=trial), action, params)

    def change_response(self, state, action, params, response):
        """Add the urgency, and take the time."""
        answered = response.new_trial & self.in_period(state, "decision")
        onset = state.trial.start[self.periods.index("stimulus")]
        elapsed = (state.t - onset).astype(jnp.float32) * self.dt
        answers = {
            name: dataclasses.replace(
                given, time=jnp.where(answered & given.is_given, elapsed, given.time)
            )
            for name, given in (response.answers or {}).items()
        }
        response = dataclasses.replace(
            response,
            answers=answers,
            reward=response.reward + jnp.asarray(params.urgency, jnp.float32),
        )
        return response, state.carry.own
