"""Make a task by its id; ``making.pyi``, made from the registry, has the types of each."""

from typing import Any

from jaxgym_neuro.registry import resolve


def make(id: str, **kwargs: Any) -> tuple[Any, Any]:
    """Construct a registered task.

    Args:
        id: such as ``"PerceptualDecisionMaking-v0"``; see `registered_tasks`.
        **kwargs: the task's constructor arguments, among them ``dt``, ``timing`` and ``rewards``;
            and ``preset``, the name of one of its presets (``"paper"``, ``"psychometric"``), which
            further arguments change.

    Returns:
        ``(env, params)``, the task and its default params. To type checkers they are the task's
        own classes.

    Raises:
        ValueError: for an unknown id or argument, with the closest match, or a bad value.
    """
    return resolve(id, **kwargs)
