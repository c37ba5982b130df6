"""Steps from Python with continuous actions: all but what they change is drawn in advance."""

from typing import Any

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import checked_action
from jaxgym_neuro.adapters.stepping.analysis import Plan
from jaxgym_neuro.adapters.stepping.one_tabulated import TabulatedPath
from jaxgym_neuro.core.env import TrialEnv


class ContinuousPath(TabulatedPath):
    """Takes each step by the part of the response that needs the action, in NumPy.

    Args:
        task: a task with a plan that has a split response.
        plan: from `analysis.plan_blocks`.
        action_space: Gymnasium's space of actions.
    """

    def __init__(self, task: TrialEnv, plan: Plan, action_space: Any):
        super().__init__(task, plan, action_space)
        split: Any = plan.split
        self._finish = split.finish
        self._num_remembered, self._memory = sum(plan.written), []
        self._dtype = np.dtype(action_space.dtype)
        low, high = action_space.low.ravel().tolist(), action_space.high.ravel().tolist()
        self._bounds = list(zip(low, high, strict=True))

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        numbers = self._numbers(action)
        t = self.t
        place = self._first + t
        reward, ends, performance, *rest = self._finish(
            self._columns, place, *numbers, *self._memory
        )
        info = self._info.copy()
        info["gt"] = self._now.gts[place]
        if rest:
            self._memory = rest[: self._num_remembered]
            info |= zip(self._plan.info_names, rest[self._num_remembered :], strict=True)
        if ends:
            info["performance"] = float(performance)
            self._end_trial(t, info)
        else:
            self.t = t + 1
        if self._limits is not None:
            self._end_at_limits(info)
        return self._see(), float(reward), info["terminated"], info["truncated"], info

    def _numbers(self, action):
        """Return the numbers of an action; the space's own check takes longer than a step."""
        if type(action) is np.ndarray and action.dtype is self._dtype:
            numbers = action.tolist()
            if len(numbers) == len(self._bounds):
                for number, (low, high) in zip(numbers, self._bounds, strict=True):
                    if not low <= number <= high:
                        break
                else:
                    return numbers
        return checked_action(self._action_space, action).ravel().tolist()

    def _use(self, tables, i):
        if self._num_remembered:
            leaves = jax.tree.leaves(tables.block.carries)
            pairs = zip(leaves, self._plan.written, strict=True)
            self._memory = [leaf[i].item() for leaf, is_written in pairs if is_written]
        self._columns = tables.columns

    def _remembered(self):
        leaves = jax.tree.leaves(self._now.block.carries)
        pairs = zip(leaves, self._plan.written, strict=True)
        dtypes = [leaf.dtype for leaf, is_written in pairs if is_written]
        return [np.asarray(x, dtype) for x, dtype in zip(self._memory, dtypes, strict=True)]
