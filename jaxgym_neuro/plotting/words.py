"""What is written in a picture: the conditions of a trial, and who acts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro import policies
from jaxgym_neuro.core.describe import declared_conditions, short_unit
from jaxgym_neuro.plotting.blocks import options_of
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.spaces import is_discrete


def conditions_in_words(env: Any, record: Record, begin: int, actions: Any) -> list[str]:
    """Write the conditions of a trial, in the order in which the task declares them.

    The condition ``ground_truth`` is written as the action that it asks for, if the task's ground
    truth is an action and the trial went on until it was asked for.

    Args:
        env: the environment.
        record: what happened.
        begin: the first step of the trial.
        actions: the action space.
    """
    if not record.conditions:
        return []
    now = {name: np.asarray(values[begin]) for name, values in record.conditions.items()}
    asked = _asked(env, record, begin, actions)
    if hasattr(env, "task_names"):
        task = int(now.pop("task"))
        own = env.condition_names[task]
        inner = {name: now[outer] for name, outer in own.items() if outer in now}
        return [f"task {env.task_names[task]}", *_in_words(env.envs[task], inner, asked)]
    return _in_words(env, now, asked)


def _asked(env: Any, record: Record, begin: int, actions: Any) -> int | None:
    """Return the action that was asked for last in a trial; None where that is not known."""
    is_action = is_discrete(actions) and getattr(env, "ground_truth_space", None) == actions
    if not is_action or record.gt is None:
        return None
    end = next(stop for start, stop in record.trials() if start <= begin < stop)
    asked = np.flatnonzero(record.gt[begin:end])
    periods_end = begin + int(np.max(record.end[begin], initial=0))
    if not len(asked) and end < periods_end:
        return None  # it ended before
    return int(record.gt[begin + asked[-1]]) if len(asked) else 0


def _in_words(env: Any, now: Mapping[str, np.ndarray], asked: int | None) -> list[str]:
    entries = declared_conditions(env)
    order = [name for name in entries if name in now] + [
        name for name in now if name not in entries
    ]
    return [
        f"ground truth: {options_of(env.action_space(), env)[asked]}"
        if name == "ground_truth" and asked is not None
        else f"{name} {_number(now[name])}{_unit(entries.get(name))}"
        for name in order
        if not np.any(np.isnan(now[name].astype(np.float64)))
    ]


def _number(value: np.ndarray) -> str:
    if value.dtype == np.bool_:
        return ", ".join("yes" if one else "no" for one in np.atleast_1d(value).ravel())
    return ", ".join(_short(one) for one in np.atleast_1d(value).ravel().tolist())


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number + 0.0:.3g}"


def _unit(entry: Any) -> str:
    unit = getattr(entry, "unit", "")
    return f" {short_unit(unit)}" if unit else ""


def acts_in_words(policy: Any, space: Any) -> str:
    """Say who acts; "" where that is a policy of one's own."""
    if policy is policies.ground_truth:
        return "actions follow the ground truth"
    if policy is policies.random:
        return "random actions"
    if policy is policies.wait:
        return "the subject waits"
    action = getattr(policy, "action", None)
    if action is None or not is_discrete(space):
        return ""
    return f"always action {action}"
