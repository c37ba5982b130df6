"""Pictures of the trial under way, for Gymnasium's render modes."""

from typing import Any

import numpy as np

from jaxgym_neuro.plotting.frames import Window, to_pixels
from jaxgym_neuro.plotting.plot_env import plot_record
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import Style

RENDER_MODES = ("rgb_array", "human")
FPS = 5
_MOST_STEPS = 200  # of an environment without trials


class Renderer:
    """Keeps what happened in the trial under way, and plots it.

    Args:
        env: the `GymnasiumEnv`.
        mode: one of `RENDER_MODES`. With ``"human"`` each step is shown in a window of pyplot's.
    """

    def __init__(self, env: Any, mode: str):
        self._env, self._mode = env, mode
        self._window: Any = None
        self._seen: list[Any] = []  # observations; one more than there are actions
        self._done: list[tuple[Any, float, Any]] = []  # action, reward and ground truth of each
        self._number, self._last = 0, ""

    def begin(self, ob: Any, *, is_first: bool) -> None:
        """Begin a trial, the first of an episode or another one."""
        self._number = 1 if is_first else self._number + 1
        self._last = "" if is_first else self._last
        self._seen, self._done = [ob], []
        self._show()

    def record(self, action: Any, transition: tuple) -> None:
        """Keep what a step brought."""
        ob, reward, _, _, info = transition
        self._done.append((action, reward, info.get("gt")))
        if info.get("new_trial", False):
            earned = sum(reward for _, reward, _ in self._done)
            score = info["performance"]
            self._last = f"   (last trial: reward {earned:.3g}, performance {score:.3g})"
            self.begin(ob, is_first=False)
            return
        self._seen.append(ob)
        if len(self._seen) > _MOST_STEPS and self._env.trial is None:
            del self._seen[0], self._done[0]
        self._show()

    def render(self) -> np.ndarray | None:
        """Return a picture (height, width, 3) uint8, or show it."""
        if self._mode == "rgb_array":
            return self._picture()
        self._show()
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _show(self):
        if self._mode != "human":
            return
        picture = self._picture()
        if self._window is None:
            self._window = Window(picture)
        self._window.show(picture)

    def _picture(self):
        task, trial, count = self._env.task, self._env.trial, len(self._seen)
        actions, rewards, truths = zip(*self._done, strict=True) if self._done else ((), (), ())
        space = self._env.action_space
        to_come = np.full((1, *space.shape), np.nan, np.float32)  # no action yet
        taken = np.reshape(np.asarray(actions, np.float32), (count - 1, *space.shape))
        trial_rows: dict[str, Any] = {}
        if trial is not None:
            now = np.asarray(trial.gt)[self._env.t_ind]
            rows = (count, *np.shape(trial.start))
            trial_rows = {
                "gt": np.asarray([*truths, now], np.float32),
                "start": np.broadcast_to(trial.start, rows),
                "end": np.broadcast_to(trial.end, rows),
            }
        record = Record(
            ob=np.stack(self._seen),
            action=np.concatenate([taken, to_come]),
            reward=np.asarray([*rewards, 0.0], np.float32),
            is_last=np.zeros(count, np.bool_),
            **trial_rows,
        )
        name = task.name if trial is None else f"{task.name}: trial {self._number}{self._last}"
        span = _MOST_STEPS if trial is None else int(trial.length)
        figure = plot_record(record, task, self._env.params, Style(name=name, span=span))
        return to_pixels(figure)
