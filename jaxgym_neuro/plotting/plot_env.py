"""`plot_env`: run an environment for a few trials, and plot what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
from matplotlib.figure import Figure

from jaxgym_neuro import policies, random
from jaxgym_neuro.plotting.blocks import traces_of
from jaxgym_neuro.plotting.canvas import Canvas
from jaxgym_neuro.plotting.record import Record, run, run_trials
from jaxgym_neuro.plotting.style import Style
from jaxgym_neuro.plotting.words import acts_in_words
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.validation import check_integer

PLAIN_STEPS = 200  # of an environment without trials


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

    What is shown above each other belongs to the same step: an observation, the action upon it
    (dark and thin), the ground truth (light and thick), and the reward. Channels of one name share
    a panel: up to three are lines, more are an image; a ring has an axis of angles. Periods are
    named above and shaded in turn, solid vertical lines separate trials (or episodes), and each
    trial is headed by its conditions. Time is in ms, or in s beyond 20 s, or in steps where the
    environment has no ``dt``.

    Args:
        env: a registered id, a task, or any other gymnax environment (for which actions, rewards
            and observations are plotted).
        params: its params; default are its own.
        num_trials: trials to run.
        num_steps: steps to run instead of a number of trials; for an environment without trials,
            200 by default.
        policy: ``"random"``, ``"ground_truth"``, ``"wait"``, an action to repeat, a function
            ``(key, ob, memory) -> (action, memory)`` that can be traced, or a policy of
            `jaxgym_neuro.policies`. By default the ground truth is followed where it is an action;
            else actions are random. The picture says which.
        memory: what the policy remembers at the start of an episode: a recurrent state, say.
        ob_traces: channels to plot as traces in one panel, by name or index, or a dict from label
            to channel.
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
    traces_of(ob_traces, env.observation_space(params))  # a wrong one, before the run
    actor, key = policies.actor(shown_policy(policy, env), env, params), random.as_key(key)
    style = Style(
        ob_traces=ob_traces,
        name=name,
        acts=acts_in_words(actor.policy, actor.space),
        legend=legend,
        fig_kwargs=fig_kwargs,
    )
    if num_steps is None:
        record = run_trials(actor, params, memory, key, num_trials, PLAIN_STEPS)
    else:
        record = run(actor, params, memory, key, num_steps)
    return plot_record(record, env, params, style)


def shown_policy(policy: Any, env: Any) -> Any:
    """Return a policy as given; for None the ground truth, where that is an action."""
    if policy is None and getattr(env, "has_ground_truth_action", False):
        return "ground_truth"
    return policy


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
    return Canvas(record, env, params, style).draw()
