"""Trials of the task that is named on the command line, drawn into a file."""

from pathlib import Path
from typing import Any

from jaxgym_neuro.cli.given import Given


def policy_of(written: str | None) -> Any:
    """Return the policy that is named, or an action; None for none."""
    if written is None or not written.lstrip("-").isdigit():
        return written
    return int(written)


def draw(
    given: Given, file: str | Path, *, policy: str | None = None, trials: int = 2, key: int = 0
) -> None:
    """Draw trials of a task into a file, whose suffix tells the format."""
    from jaxgym_neuro.plotting import plot_env  # Matplotlib: other commands do without

    figure = plot_env(
        given.env,
        given.params,
        num_trials=trials,
        policy=policy_of(policy),
        key=key,
        name=name_of(given),
    )
    figure.savefig(file, dpi=150)


def name_of(given: Given) -> str:
    """Return the id of a task, or the name of a class."""
    return given.task if isinstance(given.task, str) else given.env.name
