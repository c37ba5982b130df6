"""Check the promises on a task, one after the other."""

from collections.abc import Sequence
from typing import Any

import jax

# Importing these adds their promises, in this order.
from jaxgym_neuro.testing import (  # isort: skip
    hooks,
    shapes,  # noqa: F401
    trials,  # noqa: F401
    transformations,  # noqa: F401
    episodes,  # noqa: F401
    policies,  # noqa: F401
)
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.hooks import Hook, note_of
from jaxgym_neuro.support.validation import check_integer, check_name
from jaxgym_neuro.testing.demands import (
    ERRORS,
    PROMISES,
    ConformanceError,
    NotCheckedError,
    sentence,
)
from jaxgym_neuro.testing.report import Fault, Report
from jaxgym_neuro.testing.task_under_test import TaskUnderTest

_PROMOTION = "strict_promotion"


def check_task(
    task: Any,
    params: Any = None,
    *,
    num_envs: int = 64,
    num_trials: int = 256,
    has_ground_truth: bool | None = None,
    seed: int = 0,
    only: Sequence[str] | None = None,
) -> Report:
    """Check that a task made of trials keeps every promise of `promises`.

    Args:
        task: a registered id, a callable that returns a new environment, or an environment. An id
            or a callable is called twice, to compare equal instances.
        params: params to check with; default are the task's.
        num_envs: environments in each run, at least 2; a run lasts two trials or more.
        num_trials: trials whose layout is checked, at least ``num_envs``.
        has_ground_truth: whether following the ground truth is the best policy. None: yes, if the
            ground truth is an action and a choice is ever asked for.
        seed: of all random numbers.
        only: names of the promises to check; default are all.

    Returns:
        A `Report` that prints as one line, ``MyTask: 42 promises hold``.

    Raises:
        ConformanceError: a list of all promises that are broken: what is promised, what is so
            instead, and the hooks to look at, with file and line. Its ``report`` is the `Report`.
        ValueError: for an unknown promise, and whatever the task's constructor refuses.
    """
    num_envs = check_integer("num_envs", num_envs, at_least=2)
    num_trials = check_integer("num_trials", num_trials, at_least=num_envs)
    for name in only or ():
        check_name("promise", name, PROMISES)
    tested = TaskUnderTest(task, params, num_envs, num_trials, has_ground_truth, seed)
    kept: list[str] = []
    faults: list[Fault] = []
    unchecked: list[str] = []
    # Without strict promotion a weak type or an int64 hides until somebody turns it on.
    with jax.numpy_dtype_promotion("strict"):
        for name in only or PROMISES:
            if faults and name not in hooks.NAMES and not tested.can_be_traced:
                unchecked.append(name)
                continue
            try:
                fault = _fault(name, tested)
            except NotCheckedError:
                unchecked.append(name)
                continue
            if fault is None:
                kept.append(name)
                continue
            if fault.promise not in [one.promise for one in faults]:
                faults.append(fault)
            if fault.promise != name:
                unchecked.append(name)
    report = Report(tested.env.name, tuple(kept), tuple(faults), tuple(unchecked))
    if faults:
        error = ConformanceError(str(report))
        error.report = report
        raise error
    return report


def promises() -> dict[str, str]:
    """Return the names of the promises, and what each one says."""
    return {name: sentence(check) for name, check in PROMISES.items()}


def _fault(name: str, tested: TaskUnderTest) -> Fault | None:
    """Check one promise; any error on the way breaks it."""
    check: Any = PROMISES[name]
    try:
        check(tested)
    except ConformanceError as error:
        found, places = str(error), _places(check.hooks, tested.env)
    except ERRORS as e:
        if isinstance(e, jax.dtypes.TypePromotionError):  # in whatever hook it comes to light
            name, check = _PROMOTION, PROMISES[_PROMOTION]
        note = note_of(e)
        words = str(e) if type(e) is ValueError else f"{type(e).__name__}: {e}"
        found = words.partition("\nThe error occurred while tracing")[0]
        places = (note.removeprefix("In "),) if note else _places(check.hooks, tested.env)
    else:
        return None
    return Fault(name, sentence(check), found, places)


def _places(names: Sequence[str], env: Any) -> tuple[str, ...]:
    """Say where hooks are written, those that the task has of its own."""
    own = [name for name in names if getattr(type(env), name) is not getattr(TrialEnv, name)]
    return tuple(f"{hook.title}, {hook.place}" for hook in (Hook(env, name) for name in own))
