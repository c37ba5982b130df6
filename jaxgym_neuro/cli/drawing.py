"""Trials of the task that is named on the command line, drawn into a file."""

from pathlib import Path
from typing import Any

from jaxgym_neuro.cli.given import Given


def policy_of(written: str | None) -> Any:
    """Return the policy that is named, or an action; None for none."""
    try:
        return None if written is None else int(written)
    except ValueError:
        return written


def draw(
    given: Given, file: str | Path, *, policy: str | None = None, trials: int = 2, key: int = 0
) -> Path:
    """Draw trials of a task into a file, whose suffix tells the format; return its path.

    Without a suffix it is a PNG, and gets its suffix. A folder that there is not is made.
    """
    from jaxgym_neuro.plotting import plot_env  # Matplotlib: other commands do without

    figure = plot_env(
        given.env,
        given.params,
        num_trials=trials,
        policy=policy_of(policy),
        key=key,
        name=name_of(given),
    )
    path = Path(file)
    path = path if path.suffix else path.with_suffix(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return path


def name_of(given: Given) -> str:
    """Return the id of a task, or the name of a class."""
    return given.task if isinstance(given.task, str) else given.env.name
