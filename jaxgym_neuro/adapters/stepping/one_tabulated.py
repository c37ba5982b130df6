"""Steps from Python that are look-ups: for tasks whose trials can be listed."""

import math
from operator import index
from typing import Any

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import checked_action, decimal, read_fast
from jaxgym_neuro.adapters.stepping.analysis import Plan
from jaxgym_neuro.adapters.stepping.one_compiled import Compiled
from jaxgym_neuro.adapters.stepping.programs import TwoParts
from jaxgym_neuro.adapters.stepping.runners import RunnerOfOne
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
# Trials of a chain are drawn one after the other, and thrown away by a reset: no more than these,
# but for trials of a step or two, that are soon over.
_FEW_LINKS = 256
_LINKED_STEPS = 2**11


class Tabulated:
    """Takes each step by a look-up in tables that are drawn a batch of trials at a time.

    When a part of a batch is used the next is drawn, meanwhile. Observations that are handed out
    are rows of a copy of their batch's.

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
            links = max(_FEW_LINKS, _LINKED_STEPS // task.T) if plan.is_chain else _MOST_TRIALS
            most = max(1, _BATCH_NUMBERS // numbers_of_trial(task, plan))
            batch_size = min(most, links, _MOST_TRIALS)
        self._size = batch_size
        # Of a chain, all that is drawn is thrown away by a reset, so that it is not drawn at once.
        self._draws_at = batch_size // 4
        self._num_steps, self._num_actions = task.T, task.num_actions
        self._num_notes = plan.num_notes
        # Rows of a step: what there is to judge of a discrete action is drawn for each of them.
        self._num_judged = self._num_actions if plan.is_discrete else 1
        self._shows_one = not plan.shows_notes
        self._judge: Any = plan.late and RunnerOfOne(plan.late, plan.info_names)
        self._observe: Any = plan.seen and RunnerOfOne(plan.seen, makes_new=True)
        self._actions = None if plan.is_discrete else _Numbers(action_space, plan.late)
        self._kept = tuple(kept if any(kept) else () for kept in plan.kept)
        self._echoed = plan.echoed
        self._blank_info: dict[str, Any] = {}  # what is put into each info has its place there
        self._is_fixed = False  # have the runners seen the params?
        self._words, self._number = np.zeros(2, np.uint32), 0
        self._batch: Any = None
        self._ahead: Any = None
        self._now: Any = None  # the batch that the trial under way is of
        self._trial: Any = None  # the trial itself, once it was asked for
        self._next = 0  # trial of the batch that comes next
        self._first = self._row = 0  # row of the batch where the trial begins, and of the step
        self._notes: Any = 0  # their number in the tables, or what they are
        self._params: Any = None
        self._is_under_way = self.can_step = False

    # ------------------------------------------------------------------ the user's calls

    def seed(self, words: np.ndarray, number: int = 0) -> None:
        """Go on in another stream of trials."""
        self._words, self._number, self._batch = words, number, None

    @property
    def stream(self) -> tuple[np.ndarray, int]:
        """The words of the stream, and the number of the trial that comes next."""
        return self._words, self._number

    def reset(self, params: Any, conditions: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        if self._batch is None or self._plan.is_chain or params is not self._params:
            if params is not self._params:
                self._params, self._blank = params, blank_carry(self._task, params, 1)
                self._is_fixed = False
            self._use(*self._draw(self._number, None))
        limits = int(params.trials_per_episode), int(params.max_steps_in_episode)
        self._limits: Any = limits if any(limits) else None
        self._is_simple = self._observe is None and self._limits is None
        self._time_before = self._num_trials = 0  # steps and trials before the one under way
        self._begin(conditions)
        return self._see(), {"conditions": self._info["conditions"]}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        if self._actions is None:
            try:
                number = index(action)
            except TypeError:
                number = -1
            if not 0 <= number < self._num_actions:
                checked_action(self._spaces[1], action)  # says what is wrong
            if self._judge is not None:
                return self._step_late(number, self._notes, number)
        else:
            return self._step_late(0, self._actions.of(action) + self._notes, action)
        row, tables = self._row, self._now
        cell = (row * self._num_notes + self._notes) * self._num_actions + number
        info = self._info.copy()
        info["gt"] = tables.gts[row]
        for name, table in tables.infos:
            info[name] = table[cell]
        for name in self._echoed:
            info[name] = number
        reward, notes = tables.rewards[cell], tables.after[cell]
        if notes < 0:
            self._end_trial(info, tables.performances[cell])
            row, tables = self._row, self._now
        else:
            self._notes, self._row = notes, row + 1
            row += 1
        if self._is_simple:
            seen = row if self._shows_one else row * self._num_notes + self._notes
            return tables.ob[seen], reward and decimal[reward], False, False, info
        return self._shown(reward and decimal[reward], info)

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
    def t(self) -> int:
        """Steps since the trial under way began."""
        return self._row - self._first

    @property
    def state(self) -> EnvState | None:
        """The functional state; None before the first reset."""
        if self._now is None:
            return None
        tables, i = self._now.tables, self._first // self._num_steps
        if self._judge is None:
            notes = [leaf[self.t, self._notes] for leaf in tables.notes]
        else:
            dtypes = [leaf.dtype for leaf in self._plan.notes_of(tables.carries)]
            notes = [np.asarray(*pair) for pair in zip(self._notes, dtypes, strict=True)]
        carry = jax.tree.map(lambda x: x[i], tables.carries)
        clocks: Any = (self._time_before + self.t, self.t, self._num_trials)
        time, now, num_trials = np.asarray(clocks, np.int32)
        trial: Any = self.trial
        carry = self._plan.with_notes(carry, notes)
        state = EnvState(time=time, t=now, num_trials=num_trials, trial=trial, carry=carry)
        return self._task.with_trial(state, trial)

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
        tables, beyond = draw_tables(self._task, self._plan, *statics, stream, leaves, known)
        return tables, entry, beyond

    def _use(self, tables, entry, beyond):
        """Use a batch; the one after it is drawn later."""
        self._batch, self._next = self._on_host(tables, entry), 0
        self._beyond, self._ahead = beyond, None

    def _draw_ahead(self):
        """Begin to draw the batch after the one in use."""
        return self._draw(self._number - self._next + self._size, self._beyond)

    def _on_host(self, tables, entry):
        """Return a batch as Python reads it fastest, and tell the runners of the params."""
        batch = _Batch(tables, entry, self._plan)
        num_rows = len(batch.lengths) * self._num_steps
        runners = {"observe": self._observe, "judge": self._judge}
        for name, runner in runners.items():
            if runner is None:
                continue
            if not self._is_fixed:
                runner.fix([np.asarray(x)[0] for x in tables.fixed[name]])
            if name == "judge":
                num_rows *= self._num_judged
            batch.columns[name] = runner.columns(batch.tables.prepared[name], num_rows)
        self._is_fixed = True
        listed = [name for name, _ in batch.infos]
        self._blank_info = {
            "new_trial": False,
            "performance": 0.0,
            "gt": None,
            "conditions": None,
            "terminated": False,
            "truncated": False,
            **dict.fromkeys((*listed, *self._plan.info_names, *self._echoed)),
        }
        return batch

    def _step_late(self, number, late, action):
        """Take a step whose action is judged by what is left of the response."""
        row, tables = self._row, self._now
        info = self._info.copy()
        info["gt"] = tables.gts[row]
        judged = row * self._num_judged + number
        reward, ends, performance, *notes = self._judge.run(
            tables.columns["judge"], judged, late, info
        )
        for name in self._echoed:
            info[name] = action if self._actions is None else self._actions.copy(action)
        self._notes = notes
        if ends:
            self._end_trial(info, performance)
        else:
            self._row = row + 1
        if self._limits is None:
            return self._see(), reward, False, False, info
        return self._shown(reward, info)

    def _end_trial(self, info, performance):
        """Tell that the trial has ended, and begin the next one."""
        info["new_trial"], info["performance"] = True, performance
        self._num_trials += 1
        self._time_before += self.t + 1
        self._begin()

    def _begin(self, conditions=None):
        """Begin the next trial."""
        i = self._next
        if i >= self._draws_at:
            self._ahead = self._ahead or self._draw_ahead()
            if i == self._size:
                self._use(*self._ahead)
                i = 0
        batch = self._batch
        if conditions:
            entry = batch.entry
            if i:
                entry = jax.tree.map(lambda x: x[i - 1 : i], batch.tables.carries)
            tables, entry, _ = self._draw(self._number, entry, conditions)
            batch, i = self._on_host(tables, entry), 0
        self._number += 1
        self._next += 1
        self._now, self._first = batch, i * self._num_steps
        self._row, self._trial = self._first, None
        self._is_under_way, self.can_step = True, batch.has_room[i]
        self._info = info = self._blank_info.copy()
        info["conditions"] = {name: values[i] for name, values in batch.conditions}
        if self._judge is None:
            self._notes = 0
        else:
            kept = self._kept[batch.kinds[i]] if self._num_trials else ()
            notes, self._notes = self._notes, batch.starts[i].copy()
            for place, is_kept in enumerate(kept):
                if is_kept:
                    self._notes[place] = notes[place]

    def _shown(self, reward, info):
        """Return what a step shows that may end the episode."""
        terminated, truncated = self._end_at_limits(info)
        ob = self._see()
        if terminated or truncated:  # it is shown again, where the next episode begins
            ob = ob.copy()
        return ob, reward, terminated, truncated, info

    def _see(self):
        row = self._row
        if self._shows_one:
            return self._now.ob[row]
        if self._observe is None:
            return self._now.ob[row * self._num_notes + self._notes]
        (ob,) = self._observe.run(self._now.columns["observe"], row, self._notes, None)
        return ob

    def _end_at_limits(self, info):
        most_trials, most_steps = self._limits
        info["terminated"] = 0 < most_trials <= self._num_trials
        info["truncated"] = 0 < most_steps <= self._time_before + self.t
        if info["terminated"] or info["truncated"]:
            self.stop()
            if info["new_trial"]:  # the trial that has begun is the first of the next episode
                self._number -= 1
                self._next -= 1
        return info["terminated"], info["truncated"]


class _Batch:
    """A batch of one stream on the host: its numbers flat, as Python reads them fastest."""

    def __init__(self, tables: Any, entry: Any, plan: Plan):
        notes = {"notes": tables.notes, "is_note": tables.is_note}  # of all streams
        tables = tables.replace(notes=None, is_note=None)
        tables = jax.tree.map(lambda x: np.asarray(x)[0], tables)
        tables = tables.replace(**jax.tree.map(np.asarray, notes))
        size = len(tables.has_room)
        self.tables, self.entry = tables, entry  # entry: carry into the first trial, or None
        if plan.parts:
            leaves = [x.tolist() if x.ndim == 1 else list(x) for x in plan.notes_of(tables.carries)]
            starts = [list(notes) for notes in zip(*leaves, strict=True)]
            self.starts = starts or [[] for _ in tables.has_room]
            self.columns: dict[str, Any] = {}  # for what comes in two parts, by name
            self.infos: list[Any] = []
        else:
            self.rewards = _flat(tables.rewards, 4)
            self.performances = read_fast(tables.performances)  # once a trial
            self.after = _flat(tables.after, 4)
            self.infos = [(name, _flat(x, 4)) for name, x in tables.infos.items()]
        self.gts = _flat(tables.trials.gt, 2)
        self.ob: Any = None if tables.ob is None else _rows(tables.ob, 3)
        self.kinds = [0] * size if tables.kinds is None else tables.kinds.tolist()
        self.has_room = tables.has_room.tolist()
        self.lengths = tables.trials.length.tolist()
        # Of each trial they are put together when it begins: most of a batch may never be seen.
        conditions = tables.trials.conditions.items()
        self.conditions = [(name, _flat(x, 1)) for name, x in conditions]


class _Numbers:
    """The numbers of continuous actions, checked faster than by their space."""

    def __init__(self, space: Any, parts: TwoParts | None):
        self._space, self._dtype = space, np.dtype(space.dtype)
        low, high = space.low.ravel().tolist(), space.high.ravel().tolist()
        self._bounds = list(zip(low, high, strict=True))
        self._is_whole = parts is not None and len(parts.of_one.late[0]) < len(low)

    def of(self, action: Any) -> list[Any]:
        """Return what a program of `two_parts` takes: the numbers of an action, or it as one."""
        if self._is_whole:
            return [checked_action(self._space, action)]
        if type(action) is np.ndarray and action.dtype is self._dtype and action.ndim == 1:
            numbers = action.tolist()
            if len(numbers) == len(self._bounds):
                for number, (low, high) in zip(numbers, self._bounds, strict=True):
                    if not low <= number <= high:
                        break
                else:
                    return numbers
        return checked_action(self._space, action).ravel().tolist()

    def copy(self, action: Any) -> Any:
        """Return an array of the reader's own, or a number."""
        own = np.array(action, self._dtype)
        return own if own.ndim else own.item()


def _flat(x, num_axes):
    """Make the first axes one; numbers become an array or list of Python's, the rest `_rows`."""
    if x.ndim > num_axes:
        return _rows(x, num_axes)
    # A list pays where there is one number a step.
    return read_fast(x) if math.prod(x.shape[2:]) > 1 else x.ravel().tolist()


def _rows(x, num_axes):
    """Make the first axes one. A row is shown once, so that it may be the reader's own."""
    rows = np.array(x).reshape(-1, *x.shape[num_axes:])
    if rows.ndim > 1:
        return rows
    writable: Any = [["readwrite"]]
    return list(np.nditer(rows, op_flags=writable))  # an index alone would give a number
