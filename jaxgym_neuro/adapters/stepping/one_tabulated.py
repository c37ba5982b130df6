"""Steps from Python that are look-ups: for tasks whose trials can be listed."""

import math
from array import array
from operator import index
from typing import Any

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import checked_action
from jaxgym_neuro.adapters.stepping.analysis import Plan, with_memory
from jaxgym_neuro.adapters.stepping.tables import Block, draw_block, num_trials
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.core.trial import Trial

# Read one number at a time, an array of Python's is faster than NumPy's.
_TYPE_CODES = {"float32": "f", "int32": "i", "int8": "b"}


class _Tables:
    """A block on the host: its numbers flat, as Python reads them fastest."""

    def __init__(self, block: Block, entry: Any, plan: Plan):
        self.block: Block = jax.tree.map(np.asarray, block)
        self.entry = entry  # carry into the first trial, None at the start of an episode
        block = self.block
        if block.columns is None:
            self.rewards = _flat(block.rewards, 4)
            self.performances = _flat(block.performances, 4)
            self.after = _flat(block.after, 4)
            self.infos = {name: _flat(x, 4) for name, x in block.infos.items()}
        elif plan.split is not None:
            pairs = zip(block.columns, plan.split.is_fixed, strict=True)
            self.columns = [x[0, 0].tolist() if fixed else _flat(x, 2) for x, fixed in pairs]
        self.gts = _flat(block.trials.gt, 2)
        self.has_room = block.has_room.tolist()
        self.lengths = block.trials.length.tolist()
        self.conditions = {name: _flat(x, 1) for name, x in block.trials.conditions.items()}


class TabulatedPath:
    """Takes each step by a look-up in tables that are drawn a block of trials at a time.

    While one block is used the next is drawn. What is handed out belongs to the user: observations
    are rows of a copy of their trial's.

    Args:
        task: a task with a plan.
        plan: from `analysis.plan_blocks`.
        action_space: Gymnasium's space of actions.
    """

    def __init__(self, task: TrialEnv, plan: Plan, action_space: Any):
        self._task, self._plan, self._action_space = task, plan, action_space
        self._size = num_trials(task, plan)
        self._num_steps, self._num_actions = task.T, task.num_actions
        self._num_memories = plan.num_memories
        self._shows_one = not plan.shows_memory
        self.words, self.number = np.zeros(2, np.uint32), 0
        self._tables: Any = None
        self._ahead: Any = None
        self._now: Any = None  # the tables of the trial under way
        self._rows: Any = ()  # observations of the trial under way
        self._trial: Any = None  # the trial itself, once it was asked for
        self._next = 0  # trial of the block that comes next
        self.params: Any = None
        self.is_ready = self.is_running = False

    # ------------------------------------------------------------------ the user's calls

    def seed(self, words: np.ndarray) -> None:
        """Begin another stream of trials."""
        self.words, self.number, self._tables = words, 0, None

    def reset(self, params: Any, conditions: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        if self._tables is None or self._plan.is_chain or params is not self.params:
            if params is not self.params:
                self.params, self._blank = params, _blank_carry(self._task, params)
            self._ahead = self._draw(self.number, None)
            self._turn()
        limits = int(params.trials_per_episode), int(params.max_steps_in_episode)
        self._limits: Any = limits if any(limits) else None
        self._is_simple = self._shows_one and self._limits is None
        self._time_before = self._num_trials = 0  # steps and trials before the one under way
        self.is_running = True
        self._begin(conditions)
        return self._see(), {"conditions": self._info["conditions"]}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < self._num_actions:
            checked_action(self._action_space, action)  # says what is wrong
        t = self.t
        tables = self._now
        place = self._first + t
        cell = (place * self._num_memories + self._memory) * self._num_actions + number
        after = tables.after[cell]
        reward = tables.rewards[cell]
        info = self._info.copy()
        info["gt"] = tables.gts[place]
        if tables.infos:
            info |= {name: table[cell] for name, table in tables.infos.items()}
        if after >= 0:
            self.t, self._memory = t + 1, after
            if self._is_simple:
                return self._rows[t + 1], reward, False, False, info
        else:
            info["performance"] = tables.performances[cell]
            self._end_trial(t, info)
        if self._limits is not None:
            self._end_at_limits(info)
        return self._see(), reward, info["terminated"], info["truncated"], info

    def new_trial(self, conditions: dict[str, np.ndarray]) -> Any:
        """Go on with another trial, and return its first observation."""
        self._num_trials += 1
        self._time_before += self.t
        self._begin(conditions)
        return self._see()

    @property
    def state(self) -> EnvState | None:
        """The functional state; None before the first reset."""
        if self._now is None:
            return None
        block, plan, i = self._now.block, self._plan, self._index
        leaves, structure = jax.tree.flatten(jax.tree.map(lambda x: x[i], block.carries))
        leaves = with_memory(plan, leaves, self._remembered())
        return EnvState(
            time=np.int32(self._time_before + self.t),
            t=np.int32(self.t),
            num_trials=np.int32(self._num_trials),
            trial=self.trial,
            carry=jax.tree.unflatten(structure, leaves),
        )

    @property
    def trial(self) -> Trial | None:
        """The trial under way, of NumPy arrays; None before the first reset."""
        if self._trial is None and self._now is not None:
            self._trial = jax.tree.map(lambda x: x[self._index], self._now.block.trials)
        return self._trial

    # ------------------------------------------------------------------ inside

    def _draw(self, number, entry, size=None, overrides=None):
        """Begin to draw trials; JAX returns before it has done so."""
        is_first, size = entry is None, self._size if size is None else size
        carry = self._blank if is_first else entry
        args = (self.words, np.int32(number), carry, is_first, self.params, overrides or {})
        draw = draw_block(jax.default_backend())
        block, beyond = draw(self._task, self._plan, size, *args)
        return block, entry, beyond

    def _turn(self):
        """Use the block ahead, and draw the one after it."""
        block, entry, beyond = self._ahead
        self._tables, self._next = _Tables(block, entry, self._plan), 0
        self._ahead = self._draw(self.number + self._size, beyond)

    def _begin(self, conditions):
        """Begin the next trial."""
        if self._next == self._size:
            self._turn()
        tables, i = self._tables, self._next
        if conditions:
            entry = tables.entry
            if i:
                entry = jax.tree.map(lambda x: x[i - 1], tables.block.carries)
            block, entry, _ = self._draw(self.number, entry, 1, conditions)
            tables, i = _Tables(block, entry, self._plan), 0
        self.number += 1
        self._next += 1
        self._now, self._index, self._first = tables, i, i * self._num_steps
        self._use(tables, i)
        self._info = {
            "new_trial": False,
            "performance": 0.0,
            "gt": None,
            "conditions": {name: column[i] for name, column in tables.conditions.items()},
            "terminated": False,
            "truncated": False,
        }
        rows = tables.block.ob[i, : tables.lengths[i]].copy()
        self._rows = rows[:, 0] if self._shows_one else rows
        if rows.ndim == 2 and self._shows_one:  # an index alone would give a number
            writable: Any = [["readwrite"]]
            self._rows = list(np.nditer(rows, op_flags=writable))
        self.t, self._trial = 0, None
        self.is_ready = tables.has_room[i]

    def _use(self, tables, i):
        """Have at hand what a step of trial ``i`` needs."""
        del tables, i
        self._memory = 0

    def _end_trial(self, t, info):
        """Note that the trial ends at step ``t``, and begin the next one."""
        info["new_trial"] = True
        self._num_trials += 1
        self._time_before += t + 1
        self._begin({})

    def _remembered(self):
        """Return the leaves of the memory."""
        return [leaf[self._index, self.t, self._memory] for leaf in self._now.block.memories]

    def _see(self):
        if self._shows_one:
            return self._rows[self.t]
        return self._rows[self.t, self._memory, ...]

    def _end_at_limits(self, info):
        most_trials, most_steps = self._limits
        info["terminated"] = 0 < most_trials <= self._num_trials
        info["truncated"] = 0 < most_steps <= self._time_before + self.t
        if info["terminated"] or info["truncated"]:
            self.is_ready = self.is_running = False
            if info["new_trial"]:  # the trial that has begun is the first of the next episode
                self.number -= 1
                self._next -= 1


def _blank_carry(task, params):
    """Return what takes the place of a carry where there is none."""
    shapes = jax.eval_shape(lambda: task.init_carry(jax.random.key(0), params))
    return jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), shapes)


def _flat(x, num_axes):
    """Make the first axes one; numbers become an array or list of Python's, the rest a copy."""
    if x.ndim > num_axes:
        return np.array(x).reshape(-1, *x.shape[num_axes:])
    # A list is read in half the time, but made in ten times that of an array: it pays where there
    # is one number a step.
    code = _TYPE_CODES.get(x.dtype.name) if math.prod(x.shape[2:]) > 1 else None
    return array(code, x.tobytes()) if code else x.ravel().tolist()
