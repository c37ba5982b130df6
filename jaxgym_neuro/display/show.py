"""`show`: what there is to read of a task, and a trial of it, where it is looked at."""

import io
import sys
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult

from jaxgym_neuro.display.facts import Facts, facts_of
from jaxgym_neuro.display.terminal import Terminal, pages
from jaxgym_neuro.display.trial import TrialPicture
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support import html


class Page:
    """What there is to read of a task: Rich prints it in a terminal, and a notebook as HTML.

    Args:
        task: a registered id, or an environment.
        params: default are the task's.
        key: seed of the trial that is shown.
        whole: whether to add prose, arguments and the differences from NeuroGym.
        **kwargs: constructor arguments, where ``task`` is an id.

    Attributes:
        facts: what is said of the task.
    """

    def __init__(
        self, task: Any, params: Any = None, *, key: int = 0, whole: bool = False, **kwargs: Any
    ):
        self.env, self.params = resolve(task, params, **kwargs)
        self.facts: Facts = facts_of(task, **kwargs)
        self.key, self.whole = key, whole

    @property
    def picture(self) -> TrialPicture | None:
        """The trial in blocks; None for an environment that is not made of trials."""
        if self.facts.dt is None:
            return None
        return TrialPicture(self.env, self.params, self.key)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from pages(self.facts, self.picture, self.whole)

    def _repr_html_(self) -> str:
        facts = self.facts
        parts = [f"<h3>{html.words(facts.name)}</h3>", f"<p>{html.words(facts.description)}</p>"]
        if facts.paper is not None:
            parts.append(f"<p>{html.words(facts.paper)}</p>")
        if facts.dt is not None:
            parts.append(html.image(self._png(), f"Trials of {facts.name}"))
        parts += [html.table(table.title, table.rows, table.header) for table in facts.tables]
        return "".join(parts)

    def _png(self) -> bytes:
        from jaxgym_neuro.plotting import plot_env  # Matplotlib, which no terminal needs

        file = io.BytesIO()
        policy = "ground_truth" if self.env.has_ground_truth_action else None
        plot_env(self.env, self.params, policy=policy, key=self.key).savefig(file, dpi=100)
        return file.getvalue()


def show(env: Any, params: Any = None, *, key: int = 0, whole: bool = False, **kwargs: Any) -> None:
    """Show what there is to read of a task, and a trial of it.

    In a notebook it is HTML with a picture of two trials; in a terminal it is what
    ``python -m jaxgym_neuro show`` writes.

    Args:
        env: a registered id, or an environment.
        params: default are the task's.
        key: seed of the trials that are shown.
        whole: whether to add prose, arguments and the differences from NeuroGym (in a terminal).
        **kwargs: constructor arguments, where ``env`` is an id.

    Raises:
        ValueError: for an unknown id or argument, with the closest match, or params that do not
            suit the task.
    """
    page = Page(env, params, key=key, whole=whole, **kwargs)
    if _is_notebook():
        sys.modules["IPython"].display.display(page)
    else:
        Terminal().print(page)


def _is_notebook() -> bool:
    """Whether this runs in a kernel, which shows HTML."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")
