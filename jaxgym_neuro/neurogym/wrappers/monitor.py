"""Monitor: what a subject did in each trial, in NeuroGym's files, and how an agent fares."""

import datetime
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np

from jaxgym_neuro.neurogym.run import Step, periods_of, run
from jaxgym_neuro.neurogym.trial_env import TrialEnv
from jaxgym_neuro.neurogym.trial_wrapper import AttributeWrapper
from jaxgym_neuro.neurogym.utils.logging import logger
from jaxgym_neuro.neurogym.utils.plotting import plot_steps
from jaxgym_neuro.plotting import style
from jaxgym_neuro.plotting.style import Style
from jaxgym_neuro.support.validation import check_integer, check_name

_OWN = ("action", "reward", "cum_reward", "performance")


class Monitor(AttributeWrapper):
    """Record each finished trial, write them to files, and say how an agent fares.

    A file ``trial_<n>.npz`` has an array for each entry of ``data``, one element a trial.
    `jaxgym_neuro.Monitor` records more, for tasks made of pure functions.

    Attributes:
        data: of the trials that are in no file yet: the last ``action``, the last ``reward``,
            ``cum_reward`` over the trial, ``performance``, and what else ``info`` has.
        data_eval: of the trials of `evaluate_policy`.
        num_tr: trials recorded.
        save_dir: folder of the files.

    Args:
        env: an environment of `make` or of a `TrialEnv`, wrapped or not.
        config: none: NeuroGym's configurations are not here.
        name: what the run is called, in the folder's name; default is the task's.
        trigger: whether ``interval`` counts ``"trial"`` or ``"step"``.
        interval: after how many of them a file is written, at the end of a trial.
        verbose: whether to log where each file is, and the means of it (``logging``, level info).
        plot_create: whether to write pictures of the first steps after each file as well.
        plot_steps: steps of a picture.
        ext: suffix of the pictures.
        step_fn: takes the steps instead of the environment's.
        save_dir: folder of the files; default is ``runs/<name>/<time in UTC>``.

    Raises:
        ValueError: for any other environment, trigger or interval, or a ``config``.
        OSError: for a folder that cannot be written to.
    """

    def __init__(
        self,
        env: Any,
        config: None = None,
        name: str | None = None,
        trigger: str = "trial",
        interval: int = 1000,
        verbose: bool = True,
        plot_create: bool = False,
        plot_steps: int = 1000,
        ext: str = "png",
        step_fn: Callable[[Any], Any] | None = None,
        save_dir: str | os.PathLike | None = None,
    ):
        if not isinstance(getattr(env, "unwrapped", None), TrialEnv):
            raise ValueError(f"a Monitor records an environment of trials, not {env!r}")
        if config is not None:
            raise ValueError("there are no configurations: give trigger, interval, save_dir ...")
        super().__init__(env)
        check_name("trigger", trigger, ("trial", "step"))
        self.trigger = trigger
        self.interval = check_integer("interval", interval, at_least=1)
        self.plot_steps = check_integer("plot_steps", plot_steps, at_least=1)
        self.verbose, self.plot_create, self.ext, self.step_fn = verbose, plot_create, ext, step_fn
        task: Any = env.unwrapped
        self.name = name or getattr(getattr(task, "task", None), "name", type(task).__name__)
        if save_dir is None:
            now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d_%H-%M-%S")
            save_dir = pathlib.Path("runs", self.name, now)
        self.save_dir = pathlib.Path(save_dir)
        self.save_dir.mkdir(parents=True, exist_ok=True)
        self.data: dict[str, list[Any]] = {name: [] for name in _OWN}
        self.data_eval: dict[str, Any] = {}
        self.num_tr = 0
        self.cum_reward: Any = 0.0
        self._since_file = 0  # trials or steps
        self._steps: list[Step] = []  # of the picture under way
        self._ob: Any = None  # what was seen last
        self._periods: Mapping[str, tuple[int, int]] = {}
        self.reset()

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; a trial under way is not recorded."""
        self.cum_reward = 0.0
        ob, info = self.env.reset(seed=seed, options=options)
        self._ob, self._periods = ob, periods_of(self.env)
        return ob, info

    def step(
        self, action: Any, collect_data: bool = True, record: bool = True
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step, and record the trial if it ends.

        Args:
            action: as for the environment.
            collect_data: whether a file may be written.
            record: without effect: no activations are recorded.
        """
        del record
        transition = (self.step_fn or self.env.step)(action)
        ob, reward, terminated, truncated, info = transition
        self.cum_reward += reward
        self._since_file += self.trigger == "step"
        ends = info["new_trial"]
        if self.plot_create and len(self._steps) < self.plot_steps:
            is_last = bool(ends or terminated or truncated)
            step = Step(self._ob, action, float(reward), info, self._periods, is_last)
            self._steps.append(step)
        if ends:
            self.num_tr += 1
            self._since_file += self.trigger == "trial"
            _append(self.data, action, reward, info, cum_reward=self.cum_reward)
            self.cum_reward = 0.0
            if collect_data and self._since_file >= self.interval:
                self._write()
        if ends or self.plot_create:
            self._ob, self._periods = ob, periods_of(self.env)
        return transition

    def reset_data(self) -> None:
        """Forget the trials that are in no file."""
        self.data = {name: [] for name in self.data}

    def evaluate_policy(
        self, num_trials: int = 100, model: Any = None, verbose: bool = True
    ) -> dict[str, Any]:
        """Reset the environment, and let an agent play; nothing of it is recorded in ``data``.

        Args:
            num_trials: trials to play.
            model: with a method ``predict`` as Stable-Baselines3 has it; what it remembers is
                forgotten between trials. None: random actions.
            verbose: whether to log the means.

        Returns:
            By trial ``rewards`` (of the last step), ``cum_rewards`` and ``performances``;
            ``mean_reward``, which is the fraction of rewards above 0, ``mean_cum_reward``, and
            ``mean_performance``, in which no -1 counts.

        Raises:
            ValueError: for less than one trial.
        """
        check_integer("num_trials", num_trials, at_least=1)
        data: dict[str, list[Any]] = {name: [] for name in _OWN}
        earned = 0.0
        for step in run(self.env, model):
            earned += step.reward
            if step.info["new_trial"]:
                _append(data, step.action, step.reward, step.info, cum_reward=earned)
                earned = 0.0
                if len(data["reward"]) == num_trials:
                    break
            elif step.is_last:
                earned = 0.0
        self.reset()
        self.data_eval = {
            name: values if name == "trial" else _as_array(values) for name, values in data.items()
        }
        scores = [score for score in data["performance"] if score != -1]
        found = {
            "rewards": data["reward"],
            "mean_reward": float(np.mean(np.asarray(data["reward"]) > 0)),
            "cum_rewards": data["cum_reward"],
            "mean_cum_reward": float(np.mean(data["cum_reward"])),
            "performances": data["performance"],
            "mean_performance": float(np.mean(scores)) if scores else 0,
        }
        if verbose:
            means = {name: found[name] for name in found if name.startswith("mean")}
            logger.info("%d trials of %s: %s", num_trials, self.name, means)
        return found

    def plot_training_history(
        self,
        figsize: tuple[float, float] = (12, 6),
        save_fig: bool = True,
        plot_performance: bool = True,
    ) -> Any:
        """Plot the means of each file over the trials played.

        Args:
            figsize: in inches.
            save_fig: whether to write ``training_history.pdf`` beside the files.
            plot_performance: whether to plot the performance beside the rewards.

        Returns:
            A ``matplotlib.figure.Figure``, or None, with a warning, where there are no files yet.
        """
        files = sorted(self.save_dir.glob("trial_*.npz"), key=lambda path: int(path.stem[6:]))
        if not files:
            gymnasium.logger.warn(f"{self.save_dir} has no trials yet")
            return None
        names = ("reward", "cum_reward", "performance")
        means, counts = {name: [] for name in names}, []
        for path in files:
            with np.load(path, allow_pickle=True) as file:
                counts.append(len(file["reward"]))
                for name in names:
                    means[name].append(np.mean(file[name]))
        trials = np.cumsum(counts)
        with style.local():
            figure = Style(in_pyplot=True).make_figure(figsize=figsize, layout="constrained")
            axes = figure.subplots(1, 1 + plot_performance, squeeze=False)[0]
        axes[0].plot(trials, means["reward"], "o-", label="last reward of a trial")
        axes[0].plot(trials, means["cum_reward"], "s--", label="reward of a trial")
        axes[0].legend(frameon=False, fontsize=style.SMALL)
        axes[0].set_ylabel("mean reward")
        if plot_performance:
            axes[1].plot(trials, means["performance"], "o-")
            axes[1].set_ylim(-0.05, 1.05)
            axes[1].set_ylabel("mean performance")
        for ax in axes:
            ax.set_xlabel("trials")
            style.plain_axes(ax)
        title = f"{self.name}: {trials[-1]} trials in {len(files)} files"
        figure.suptitle(title, fontsize=style.TITLE)
        if save_fig:
            figure.savefig(self.save_dir / "training_history.pdf", dpi=300)
        return figure

    def _write(self):
        """Write a file of the trials that are in none, and a picture of its first steps."""
        path = self.save_dir / f"trial_{self.num_tr}.npz"
        arrays: Any = {name: _as_array(values) for name, values in self.data.items()}
        np.savez(path, **arrays)
        if self.verbose:
            means = {name: float(np.mean(self.data[name])) for name in ("reward", "performance")}
            logger.info("%d trials in %s: %s", self.num_tr, path, means)
        if self._steps:
            picture = self.save_dir / f"task_{self.num_tr:06d}.{self.ext}"
            plot_steps(self.env, self._steps, name=self.name).savefig(picture)
        self.reset_data()
        self._steps, self._since_file = [], 0


def _append(data, action, reward, info, cum_reward):
    """Append a trial: every entry has as many elements as trials were recorded, None if missing."""
    count = len(data["reward"])
    given = {**info, "action": action, "reward": reward, "cum_reward": cum_reward}
    for name in {**data, **given}:
        data.setdefault(name, [None] * count).append(given.get(name))


def _as_array(values):
    """Return an array of numbers where they are that and of one shape, else one of objects."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind in "biuf":
        return array
    array = np.empty(len(values), object)
    for index, value in enumerate(values):
        array[index] = value
    return array
