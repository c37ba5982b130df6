"""Plots of what an environment shows and an agent does."""

import dataclasses
import itertools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.adapters.conversion import to_gymnasium_space
from jaxgym_neuro.neurogym.envs import make
from jaxgym_neuro.neurogym.run import Step, run, unvectorized
from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.plotting.plot_env import plot_record
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import Style
from jaxgym_neuro.support.validation import check_integer


def plot_env(
    env: Any,
    num_steps: int = 200,
    num_trials: int | None = None,
    def_act: Any = None,
    model: Any = None,
    name: str | None = None,
    legend: bool = True,
    ob_traces: Sequence[str] | None = None,
    fig_kwargs: Mapping[str, Any] | None = None,
    fname: str | None = None,
    plot_performance: bool = True,
) -> Any:
    """Run an environment, and plot observations, actions, rewards and performance over time.

    Args:
        env: an environment of `make` or of a `TrialEnv`, wrapped or in a DummyVecEnv, or an id.
        num_steps: steps to run.
        num_trials: trials to run instead.
        def_act: action to repeat; by default actions are random.
        model: agent with a method ``predict`` as Stable-Baselines3 has it.
        name: title; by default the name of the task.
        legend: whether to name the lines.
        ob_traces: a label for each channel, to plot the channels as lines.
        fig_kwargs: arguments of ``matplotlib.figure.Figure``, such as ``{"figsize": (8, 4)}``.
        fname: file to write; ``.png`` is added unless it ends in ``.png`` or ``.svg``.
        plot_performance: whether to plot the performance.

    Returns:
        The ``matplotlib.figure.Figure``. A notebook shows it, unless it is written to a file.

    Raises:
        ValueError: for an unknown id, what is not an environment of `make`, a count below 1, or
            labels that are not as many as the channels.
    """
    env = unvectorized(make(env) if isinstance(env, str) else env)
    most_steps = check_integer("num_steps", num_steps, at_least=1)
    if num_trials is not None:
        most_steps = None
        num_trials = check_integer("num_trials", num_trials, at_least=1)
    steps, count = [], 0
    for step in itertools.islice(run(env, model, def_act), most_steps):
        steps.append(step)
        count += step.info["new_trial"]
        if num_trials is not None and count >= num_trials:
            break
    style = {"ob_traces": ob_traces, "name": name, "legend": legend, "fig_kwargs": fig_kwargs}
    figure = plot_steps(env, steps, plot_performance, in_pyplot=fname is None, **style)
    if fname is not None:
        is_named = pathlib.Path(fname).suffix in (".png", ".svg")
        figure.savefig(fname if is_named else f"{fname}.png", dpi=300)
    return figure


def plot_steps(
    env: Any,
    steps: Sequence[Step],
    plot_performance: bool = True,
    ob_traces: Sequence[str] | None = None,
    **style: Any,
) -> Any:
    """Plot steps that were taken.

    Args:
        env: the environment, not vectorized.
        steps: what happened, one after the other.
        plot_performance: as for `plot_env`.
        ob_traces: as for `plot_env`.
        **style: of the `Style` of the picture.

    Returns:
        The ``matplotlib.figure.Figure``.
    """
    shape = env.observation_space.shape
    shown = _Shown(env, list(dict.fromkeys(name for step in steps for name in step.periods)))
    bounds = np.array(
        [[step.periods.get(name, (0, 0)) for name in shown.periods] for step in steps], int
    ).reshape(len(steps), len(shown.periods), 2)
    has_truth = all("gt" in step.info for step in steps)
    record = Record(
        ob=np.stack([np.reshape(step.ob, shape) for step in steps]),
        action=np.stack([step.action for step in steps]),
        reward=np.array([step.reward for step in steps]),
        is_last=np.array([step.is_last for step in steps]),
        new_trial=np.array([step.info["new_trial"] for step in steps]),
        gt=np.stack([step.info["gt"] for step in steps]) if has_truth else None,
        start=bounds[..., 0],
        end=bounds[..., 1],
    )
    if plot_performance:
        scores = np.array([step.info.get("performance", 0.0) for step in steps])
        record = dataclasses.replace(record, performance=scores)
    traces = _channels(ob_traces, record.ob)
    return plot_record(record, shown, None, Style(ob_traces=traces, **style))


class _Shown:
    """What a picture tells of an environment."""

    def __init__(self, env, periods):
        task: Any = env.unwrapped
        self.env, self.periods = env, periods
        self.dt, self.new_trial = task.dt, task.new_trial
        self.name = task.task.name if isinstance(task, TaskEnv) else type(task).__name__
        self.ground_truth_space = env.action_space
        if isinstance(task, TaskEnv):
            is_action = task.task.ground_truth_space == task.task.action_space(task.params)
            if not is_action:
                self.ground_truth_space = to_gymnasium_space(task.task.ground_truth_space)

    def observation_space(self, params):
        del params
        return self.env.observation_space

    def action_space(self, params):
        del params
        return self.env.action_space


def _channels(labels, ob):
    """Return the channel of each label."""
    if not labels:
        return None
    channels = {label: channel for channel, label in enumerate(labels)}
    if not len(channels) == len(labels) == ob.shape[-1]:
        raise ValueError(
            f"ob_traces has a label for each of the {ob.shape[-1]} channels, all different, "
            f"not {list(labels)}"
        )
    return channels
