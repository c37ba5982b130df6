"""ReactionTime: the subject may answer while the stimulus is on."""

from typing import Any

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.trial_wrapper import OfEither, TrialWrapper


class ReactionTime(OfEither, TrialWrapper):
    """Let the subject answer as soon as it has seen one step of the stimulus.

    The decision begins one step after the stimulus; from then on the ground truth is the answer.
    At the end of a trial ``info["tr_dur"]`` has its steps.

    Args:
        env: an environment of `make`, or of a `TrialEnv`, with the periods ``stimulus`` and
            ``decision``.
        urgency: added to the reward of every step.
        end_on_stimulus: whether the trial ends with the stimulus.

    Raises:
        ValueError: for any other environment.
    """

    pure = wrappers.ReactionTime

    def __init__(self, env: Any, urgency: float = 0.0, end_on_stimulus: bool = True):
        super().__init__(env)
        self.urgency, self.end_on_stimulus = urgency, end_on_stimulus

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial, and open its decision early."""
        trial = self.env.new_trial(**kwargs)
        task: Any = self.unwrapped
        if not {"stimulus", "decision"} <= set(task.start_ind) or task.gt is None:
            raise ValueError(
                "ReactionTime needs a task with the periods 'stimulus' and 'decision' and a ground "
                f"truth; {type(task).__name__} has {', '.join(task.start_ind) or 'no periods'}"
            )
        asked = task.start_ind["decision"]
        begins, ends = task.start_ind["stimulus"] + 1, task.end_ind["stimulus"]
        if asked < len(task.gt):
            task.gt[begins:ends] = task.gt[asked]
        task.start_ind["decision"] = begins
        task.start_t["decision"] = begins * task.dt
        if self.end_on_stimulus:
            task.tmax = ends * task.dt
            task.gt = task.gt[:ends]
            task.ob = None if task.ob is None else task.ob[:ends]
        return trial

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step."""
        steps = self.t_ind + 1
        ob, reward, terminated, truncated, info = self.env.step(action)
        if info["new_trial"]:
            info["tr_dur"] = steps
        return ob, reward + self.urgency, terminated, truncated, info
