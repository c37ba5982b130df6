"""Check the promises on a task, one after the other."""

from collections.abc import Sequence
from typing import Any

import jax

# Importing these adds their promises, in this order.
from jaxgym_neuro.testing import (  # isort: skip
    shapes,  # noqa: F401
    trials,  # noqa: F401
    transformations,  # noqa: F401
    episodes,  # noqa: F401
    policies,  # noqa: F401
)
from jaxgym_neuro.support.validation import check_integer, check_name
from jaxgym_neuro.testing.demands import PROMISES, ConformanceError, sentence
from jaxgym_neuro.testing.task_under_test import TaskUnderTest


def check_task(
    task: Any,
    params: Any = None,
    *,
    num_envs: int = 64,
    num_trials: int = 256,
    has_ground_truth: bool | None = None,
    seed: int = 0,
    only: Sequence[str] | None = None,
) -> None:
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

    Raises:
        ConformanceError: naming the task, the promise that is broken, and how.
        ValueError: for an unknown promise.
    """
    num_envs = check_integer("num_envs", num_envs, at_least=2)
    num_trials = check_integer("num_trials", num_trials, at_least=num_envs)
    for name in only or ():
        check_name("promise", name, PROMISES)
    tested = TaskUnderTest(task, params, num_envs, num_trials, has_ground_truth, seed)
    # Without strict promotion a weak type or an int64 hides until somebody turns it on.
    with jax.numpy_dtype_promotion("strict"):
        for name in only or PROMISES:
            _check(name, tested)


def promises() -> dict[str, str]:
    """Return the names of the promises, and what each one says."""
    return {name: sentence(check) for name, check in PROMISES.items()}


def _check(name, tested):
    """Check one promise; any error on the way breaks it."""
    check = PROMISES[name]
    try:
        check(tested)
    except ConformanceError as error:
        detail = str(error)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, NotImplementedError) as e:
        detail = f"{type(e).__name__}: {e}"
        raise ConformanceError(_message(tested, name, detail)) from e
    else:
        return
    raise ConformanceError(_message(tested, name, detail))


def _message(tested, name, detail):
    return f"{tested.env.name} breaks the promise {name!r} ({sentence(PROMISES[name])}): {detail}"
