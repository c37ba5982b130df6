"""ReactionTime: the subject may answer while the stimulus is on, and is timed."""

import dataclasses

import jax.numpy as jnp

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_inside_time_out


class ReactionTime(TrialWrapper):
    """Let the subject answer as soon as it has seen one step of the stimulus.

    The decision period begins one step after the stimulus (with it, if the stimulus lasts one
    step), and overlaps it. In it the ground truth is the answer, the fixation cue, if there is one,
    is off, and an action is an answer, even where the task would punish one in that period. A trial
    without a stimulus or a decision is left as it is.

    ``info["reaction_time"]`` is the time in ms from the onset of the stimulus to the step at which
    the subject answered, float32, at that step, and -1 at all others.

    Params: ``urgency``, added to the reward of every step (below 0, waiting costs).

    Args:
        env: a task with the periods ``stimulus`` and ``decision``.
        urgency: see above.
        end_on_stimulus: whether the trial ends with the stimulus, or lasts as long as before.

    Raises:
        ValueError: for a task without these periods, or with a time-out.
    """

    draws = False

    def __init__(self, env: TrialEnv, urgency: float = 0.0, end_on_stimulus: bool = True):
        check_inside_time_out("ReactionTime", env)
        if not {"stimulus", "decision"} <= set(env.periods):
            raise ValueError(
                "ReactionTime needs a task with the periods 'stimulus' and 'decision'; "
                f"{env.name} has {', '.join(env.periods)}"
            )
        self.end_on_stimulus = bool(end_on_stimulus)
        super().__init__(env, params={"urgency": check_number("urgency", urgency)})

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
        response = dataclasses.replace(
            response,
            reward=response.reward + jnp.asarray(params.urgency, jnp.float32),
            info={**response.info, "reaction_time": jnp.where(answered, elapsed, -1)},
        )
        return response, state.carry.own
