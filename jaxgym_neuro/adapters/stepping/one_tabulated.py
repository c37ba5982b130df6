"""Steps from Python that are look-ups: for tasks whose trials can be listed."""

import math
from array import array
from collections.abc import Sequence
from operator import index
from typing import Any

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import checked_action
from jaxgym_neuro.adapters.stepping.analysis import Plan
from jaxgym_neuro.adapters.stepping.late_response import LateJudge, LateResponse
from jaxgym_neuro.adapters.stepping.one_compiled import Compiled
from jaxgym_neuro.adapters.stepping.tables import (
    blank_carry,
    draw_tables,
    no_notes,
    numbers_of_trial,
)
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.core.trial import Trial

_BATCH_NUMBERS = 2**19  # in the tables of a batch, about
_MOST_TRIALS = 1024  # in a batch
_MOST_LINKS = 256  # trials of a chain: drawn one after the other, and thrown away by a reset
# Read one number at a time, an array of Python's is faster than NumPy's.
_TYPE_CODES = {"float32": "f", "int32": "i", "int8": "b"}


class Tabulated:
    """Takes each step by a look-up in tables that are drawn a batch of trials at a time.

    While one batch is used the next is drawn. Observations that are handed out are rows of a copy
    of their trial's.

    Args:
        task: a task with a plan.
        plan: from `analysis.plan_tables`.
        observation_space, action_space: Gymnasium's spaces.
        batch_size: trials in a batch; default is enough to make the call that draws them cheap, and
            few enough to be quick.
    """

    is_tabulated = True

    def __init__(
        self,
        task: TrialEnv,
        plan: Plan,
        observation_space: Any,
        action_space: Any,
        batch_size: int | None = None,
    ):
        self._task, self._plan = task, plan
        self._spaces = observation_space, action_space
        if batch_size is None:
            most = _MOST_LINKS if plan.is_chain else _MOST_TRIALS
            batch_size = min(max(1, _BATCH_NUMBERS // numbers_of_trial(task, plan)), most)
        self._size = batch_size
        self._num_steps, self._num_actions = task.T, task.num_actions
        self._num_notes = plan.num_notes
        self._shows_one = not plan.shows_notes
        self._late: Any = None if plan.late is None else _LateSteps(plan, plan.late, action_space)
        self._words, self._number = np.zeros(2, np.uint32), 0
        self._batch: Any = None
        self._ahead: Any = None
        self._now: Any = None  # the batch that the trial under way is of
        self._rows: Any = ()  # observations of the trial under way
        self._trial: Any = None  # the trial itself, once it was asked for
        self._next = 0  # trial of the batch that comes next
        self._params: Any = None
        self._is_under_way = self.can_step = False

    # ------------------------------------------------------------------ the user's calls

    def seed(self, words: np.ndarray) -> None:
        """Begin another stream of trials."""
        self._words, self._number, self._batch = words, 0, None

    def reset(self, params: Any, conditions: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        if self._batch is None or self._plan.is_chain or params is not self._params:
            if params is not self._params:
                self._params, self._blank = params, blank_carry(self._task, params, 1)
            self._ahead = self._draw(self._number, None)
            self._turn()
        limits = int(params.trials_per_episode), int(params.max_steps_in_episode)
        self._limits: Any = limits if any(limits) else None
        self._is_simple = self._shows_one and self._limits is None
        self._time_before = self._num_trials = 0  # steps and trials before the one under way
        self._begin(conditions)
        return self._see(), {"conditions": self._info["conditions"]}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        if self._late is not None:
            return self._step_late(action)
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < self._num_actions:
            checked_action(self._spaces[1], action)  # says what is wrong
        t = self.t
        tables = self._now
        place = self._first + t
        cell = (place * self._num_notes + self._notes) * self._num_actions + number
        after = tables.after[cell]
        reward = tables.rewards[cell]
        info = self._info.copy()
        info["gt"] = tables.gts[place]
        if tables.infos:
            info |= {name: table[cell] for name, table in tables.infos.items()}
        if after >= 0:
            self.t, self._notes = t + 1, after
            if self._is_simple:
                return self._rows[t + 1], reward, False, False, info
        else:
            self._end_trial(t, info, tables.performances[cell])
        return self._shown(reward, info)

    def _step_late(self, action):
        """Take one step with a continuous action."""
        late, t = self._late, self.t
        place = self._first + t
        reward, ends, performance, *infos = late.judge(action, place)
        info = self._info.copy()
        info["gt"] = self._now.gts[place]
        if infos:
            info |= zip(self._plan.info_names, infos, strict=True)
        if not ends:
            self.t = t + 1
            if self._is_simple:
                return self._rows[t + 1], reward, False, False, info
        else:
            self._end_trial(t, info, performance)
        return self._shown(reward, info)

    def new_trial(self, conditions: dict[str, np.ndarray]) -> Any:
        """Go on with another trial, and return its first observation."""
        self._num_trials += 1
        self._time_before += self.t
        self._begin(conditions)
        return self._see()

    def stop(self) -> None:
        """End the episode."""
        self._is_under_way = self.can_step = False

    def successor(self) -> Compiled | None:
        """Return a stepper for a trial that tables have no room for."""
        if not self._is_under_way:
            return None
        compiled = Compiled(self._task, *self._spaces)
        compiled.go_on_from(self._words, self._number, self._params, self.state)
        return compiled

    @property
    def state(self) -> EnvState | None:
        """The functional state; None before the first reset."""
        if self._now is None:
            return None
        tables, i = self._now.tables, self._first // self._num_steps
        if self._late is None:
            notes = [leaf[self.t, self._notes] for leaf in tables.notes]
        else:
            dtypes = [leaf.dtype for leaf in self._plan.notes_of(tables.carries)]
            notes = [np.asarray(*pair) for pair in zip(self._late.notes, dtypes, strict=True)]
        carry = jax.tree.map(lambda x: x[i], tables.carries)
        clocks: Any = (self._time_before + self.t, self.t, self._num_trials)
        time, now, num_trials = np.asarray(clocks, np.int32)
        trial: Any = self.trial
        carry = self._plan.with_notes(carry, notes)
        return EnvState(time=time, t=now, num_trials=num_trials, trial=trial, carry=carry)

    @property
    def trial(self) -> Trial | None:
        """The trial under way, of NumPy arrays; None before the first reset."""
        if self._trial is None and self._now is not None:
            i = self._first // self._num_steps
            self._trial = jax.tree.map(lambda x: x[i], self._now.tables.trials)
        return self._trial

    # ------------------------------------------------------------------ inside

    def _draw(self, number, entry, conditions=None):
        """Begin to draw trials, one where conditions are given; JAX returns before it is done."""
        leaves, structure = jax.tree.flatten(self._params)
        first = np.array([number], np.int32)
        stream = {
            "words": self._words[None],
            "number": first,
            "num_trials": np.array([entry is not None], np.int32),
            "limit": np.zeros(1, np.int32),
            "carry": self._blank if entry is None else entry,
            "given": {name: (first, value[None]) for name, value in (conditions or {}).items()},
        }
        known = no_notes(self._task, self._plan, self._blank)
        statics = (1 if conditions else self._size, structure, (None,) * len(leaves))
        draw = draw_tables(jax.default_backend())
        tables, beyond = draw(self._task, self._plan, *statics, stream, leaves, known)
        return tables, entry, beyond

    def _turn(self):
        """Use the batch ahead, and draw the one after it."""
        tables, entry, beyond = self._ahead
        self._batch, self._next = _Batch(tables, entry, self._plan), 0
        self._ahead = self._draw(self._number + self._size, beyond)

    def _begin(self, conditions):
        """Begin the next trial."""
        if self._next == self._size:
            self._turn()
        batch, i = self._batch, self._next
        if conditions:
            entry = batch.entry
            if i:
                entry = jax.tree.map(lambda x: x[i - 1 : i], batch.tables.carries)
            tables, entry, _ = self._draw(self._number, entry, conditions)
            batch, i = _Batch(tables, entry, self._plan), 0
        self._number += 1
        self._next += 1
        self._now, self._first = batch, i * self._num_steps
        self._notes = 0
        if self._late is not None:
            self._late.begin(batch, i)
        self._info = {
            "new_trial": False,
            "performance": 0.0,
            "gt": None,
            "conditions": {name: column[i] for name, column in batch.conditions.items()},
            "terminated": False,
            "truncated": False,
        }
        rows = batch.tables.ob[i, : batch.lengths[i]].copy()
        self._rows = rows[:, 0] if self._shows_one else rows
        if rows.ndim == 2 and self._shows_one:  # an index alone would give a number
            writable: Any = [["readwrite"]]
            self._rows = list(np.nditer(rows, op_flags=writable))
        self.t, self._trial = 0, None
        self._is_under_way, self.can_step = True, batch.has_room[i]

    def _end_trial(self, t, info, performance):
        """Note that the trial ends at step ``t``, and begin the next one."""
        info["new_trial"], info["performance"] = True, performance
        self._num_trials += 1
        self._time_before += t + 1
        self._begin({})

    def _shown(self, reward, info):
        """Return what a step shows that may end the episode."""
        if self._limits is not None:
            self._end_at_limits(info)
        return self._see(), reward, info["terminated"], info["truncated"], info

    def _see(self):
        if self._shows_one:
            return self._rows[self.t]
        return self._rows[self.t, self._notes, ...]

    def _end_at_limits(self, info):
        most_trials, most_steps = self._limits
        info["terminated"] = 0 < most_trials <= self._num_trials
        info["truncated"] = 0 < most_steps <= self._time_before + self.t
        if info["terminated"] or info["truncated"]:
            self.stop()
            if info["new_trial"]:  # the trial that has begun is the first of the next episode
                self._number -= 1
                self._next -= 1


class _Batch:
    """A batch of one stream on the host: its numbers flat, as Python reads them fastest."""

    def __init__(self, tables: Any, entry: Any, plan: Plan):
        notes = {"notes": tables.notes, "is_note": tables.is_note}  # of all streams
        tables = tables.replace(notes=None, is_note=None)
        tables = jax.tree.map(lambda x: np.asarray(x)[0], tables)
        tables = tables.replace(**jax.tree.map(np.asarray, notes))
        self.tables, self.entry = tables, entry  # entry: carry into the first trial, or None
        if plan.late is None:
            self.rewards = _flat(tables.rewards, 4)
            self.performances = _flat(tables.performances, 4)
            self.after = _flat(tables.after, 4)
            self.infos = {name: _flat(x, 4) for name, x in tables.infos.items()}
        else:
            num_rows = math.prod(tables.ob.shape[:2])
            self.fixed = [number for x in tables.fixed for number in x.ravel().tolist()]
            columns = [column for x in tables.prepared for column in x.reshape(num_rows, -1).T]
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self.prepared = list(rows) or [()] * num_rows
        self.gts = _flat(tables.trials.gt, 2)
        self.has_room = tables.has_room.tolist()
        self.lengths = tables.trials.length.tolist()
        self.conditions = {name: _flat(x, 1) for name, x in tables.trials.conditions.items()}


class _LateSteps:
    """Judges continuous actions by what is left of the response, in Python's numbers."""

    def __init__(self, plan: Plan, response: LateResponse, action_space: Any):
        self._plan, self._space = plan, action_space
        self._program = LateJudge(response)
        self._run = self._program.run
        self._num_notes = sum(plan.is_noted)
        self._dtype = np.dtype(action_space.dtype)
        low, high = action_space.low.ravel().tolist(), action_space.high.ravel().tolist()
        self._bounds = list(zip(low, high, strict=True))
        self._rows: Any = ()
        self.notes: list[Any] = []

    def begin(self, batch: _Batch, i: int) -> None:
        """Begin trial ``i`` of a batch."""
        if batch.prepared is not self._rows:
            self._rows = batch.prepared
            self._program.fix(batch.fixed)
        self.notes = [leaf[i].item() for leaf in self._plan.notes_of(batch.tables.carries)]

    def judge(self, action: Any, place: int) -> Sequence[Any]:
        """Return the reward, whether the trial ends, its performance, and entries of the info."""
        numbers = self._numbers(action)
        if not self._num_notes:
            return self._run(numbers, self._rows[place])
        reward, ends, performance, *rest = self._run(numbers + self.notes, self._rows[place])
        self.notes = rest[: self._num_notes]
        return reward, ends, performance, *rest[self._num_notes :]

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
        return checked_action(self._space, action).ravel().tolist()


def _flat(x, num_axes):
    """Make the first axes one; numbers become an array or list of Python's, the rest a copy."""
    if x.ndim > num_axes:
        return np.array(x).reshape(-1, *x.shape[num_axes:])
    # A list is read in half the time, but made in ten times that of an array: it pays where there
    # is one number a step.
    code = _TYPE_CODES.get(x.dtype.name) if math.prod(x.shape[2:]) > 1 else None
    return array(code, x.tobytes()) if code else x.ravel().tolist()
