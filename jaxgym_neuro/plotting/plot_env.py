"""`plot_env`: run an environment for a few trials, and plot what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
from matplotlib.figure import Figure

from jaxgym_neuro import policies, random
from jaxgym_neuro.plotting.canvas import Canvas, Style, with_names
from jaxgym_neuro.plotting.record import Record, run
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.spaces import indices_of, is_box, is_discrete
from jaxgym_neuro.support.validation import check_integer

_PLAIN_STEPS = 200  # of an environment without trials
_MAX_TRACES = 6  # more channels than these are shown as an image


def plot_env(
    env: Any,
    params: Any = None,
    *,
    num_trials: int = 2,
    num_steps: int | None = None,
    policy: Any = None,
    memory: Any = (),
    ob_traces: Sequence[str | int] | Mapping[str, str | int] | None = None,
    key: int | jax.Array = 0,
    name: str | None = None,
    legend: bool = True,
    fig_kwargs: Mapping[str, Any] | None = None,
) -> Figure:
    """Run an environment, and plot observations, actions, rewards and performance over time.

    What is shown above each other belongs to the same step: an observation, the action upon it,
    the ground truth, and the reward. Solid vertical lines separate trials (or episodes), dotted
    ones periods. Time is in ms, or in steps where the environment has no ``dt``.

    Args:
        env: a registered id, a task, or any other gymnax environment (for which actions, rewards
            and observations are plotted).
        params: its params; default are its own.
        num_trials: trials to run.
        num_steps: steps to run instead of a number of trials; for an environment without trials,
            200 by default.
        policy: None (random), ``"ground_truth"``, ``"wait"``, an action to repeat, a function
            ``(key, ob, memory) -> (action, memory)`` that can be traced, or a policy of
            `jaxgym_neuro.policies`.
        memory: what the policy remembers at the start of an episode: a recurrent state, say.
        ob_traces: channels to plot as traces, by name or index, or a dict from label to channel.
            By default all are traces if there are at most six, else an image.
        key: seed or typed key; the same one gives the same picture.
        name: title; by default the name of the environment.
        legend: whether to name the traces and lines.
        fig_kwargs: arguments of ``matplotlib.figure.Figure``, such as ``{"figsize": (8, 4)}``.

    Returns:
        The figure; ``figure.savefig(path)`` writes it.

    Raises:
        ValueError: for an unknown id or channel, a count below 1, a policy that
            cannot act in the environment, or a key that is none.
    """
    num_trials = check_integer("num_trials", num_trials, at_least=1)
    if num_steps is not None:
        num_steps = check_integer("num_steps", num_steps, at_least=1)
    env, params = resolve(env, params)
    style = Style(ob_traces=ob_traces, name=name, legend=legend, fig_kwargs=fig_kwargs)
    _resolve_traces(ob_traces, env.observation_space(params))  # a wrong one, before the run
    actor, key = policies.actor(policy, env, params), random.as_key(key)
    if num_steps is None and hasattr(env, "new_trial"):
        record = run(actor, params, memory, key, env.T * num_trials)
        record = record.first(record.trials()[:num_trials][-1][1])
    else:
        record = run(actor, params, memory, key, num_steps or _PLAIN_STEPS)
    return plot_record(record, env, params, style)


def plot_record(record: Record, env: Any, params: Any, style: Style) -> Figure:
    """Plot what happened, as `plot_env` does.

    Args:
        record: what happened.
        env: the environment in which it did.
        params: its params.
        style: how it is plotted.

    Returns:
        The figure.
    """
    space, action_space = env.observation_space(params), env.action_space(params)
    traces = _resolve_traces(style.ob_traces, space)
    canvas = Canvas(record, env, style)
    has_truth = canvas.has_trials and record.gt is not None
    truth_is_action = has_truth and env.ground_truth_space == action_space
    figure, axes = canvas.begin(with_truth=has_truth and not truth_is_action)
    if traces is None and len(space.shape) > 1:
        canvas.plot_frames(axes["observation"])
    elif traces is None:
        canvas.plot_channels(axes["observation"], _channel_labels(space))
    else:
        canvas.plot_traces(axes["observation"], traces)
    canvas.plot_actions(axes["action"], action_space, with_truth=truth_is_action)
    if "ground truth" in axes:
        canvas.plot_truth(axes["ground truth"], env.ground_truth_space)
    canvas.plot_rewards(axes["reward"])
    if "performance" in axes:
        canvas.plot_performance(axes["performance"])
    canvas.mark_trials()
    canvas.show_span()
    return figure


def _resolve_traces(ob_traces: Any, space: Any) -> dict[str, int] | None:
    """Return label and channel of each trace, or None for an image."""
    if not (is_box(space) or is_discrete(space)):
        raise ValueError(f"observations are Box or Discrete, not {type(space).__name__}")
    shape = space.shape
    size = shape[-1] if shape else 1
    if ob_traces is None:
        labels = _channel_labels(space)
        is_few = len(shape) <= 1 and size <= _MAX_TRACES
        return {label: index for index, label in enumerate(labels)} if is_few else None
    if isinstance(ob_traces, str) or not isinstance(ob_traces, Sequence | Mapping):
        raise ValueError(f"ob_traces is a list of channels or a dict, not {ob_traces!r}")
    if len(shape) > 1:
        raise ValueError(f"observations of shape {shape} are shown as pictures, not as traces")
    names = getattr(space, "name", {})
    labels = _channel_labels(space)
    traces = {}
    for entry in ob_traces:
        where = ob_traces[entry] if isinstance(ob_traces, Mapping) else entry
        indices = indices_of("channel", names, where, size)
        for index in indices:
            label = labels[index] if entry is where else str(entry)
            if entry is not where and len(indices) > 1:
                label = f"{label} {indices.index(index) + 1}"
            traces[label] = index
    if not traces:
        raise ValueError("ob_traces needs at least one channel; None plots all")
    return traces


def _channel_labels(space: Any) -> list[str]:
    """Name every channel of an observation."""
    if is_discrete(space) or space.shape in ((), (1,)):
        labels = ["observation"]
    else:
        labels = [f"channel {index}" for index in range(space.shape[-1])]
    return with_names("channel", getattr(space, "name", {}) if is_box(space) else {}, labels)
