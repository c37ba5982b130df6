"""Steps of N environments that are look-ups in NumPy, in tables of trials."""

from typing import Any, NamedTuple

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import shortest
from jaxgym_neuro.adapters.stepping.analysis import Plan
from jaxgym_neuro.adapters.stepping.interface import Transition
from jaxgym_neuro.adapters.stepping.many_compiled import CompiledMany
from jaxgym_neuro.adapters.stepping.runners import RunnerOfMany
from jaxgym_neuro.adapters.stepping.streams import BatchedParams
from jaxgym_neuro.adapters.stepping.tables import (
    Tables,
    blank_carry,
    draw_tables,
    no_notes,
    numbers_of_trial,
)
from jaxgym_neuro.core.env import EnvState, TrialEnv

# Numbers in the tables of a batch, about, and the fewest trials of an environment that pay for one:
# chosen with PerceptualDecisionMaking at 64 and 1,024 environments, and not varied since.
_BATCH_NUMBERS, _FEWEST_TRIALS = 3 * 2**20, 8
# Most trials of an environment in a batch. At 64 environments none of 32, 96 and 128 was better
# (steps of the ids that have notes or chains, two busy cores of an AMD EPYC).
_MOST_TRIALS = 64
_FEW_STEPS = 256  # that are worth a batch, where trials are of a step or two; not varied


def batch_size_of(task: TrialEnv, plan: Plan, num_envs: int) -> int:
    """Return how many trials of each environment make up a batch; 0 if too few have room in it."""
    most = max(_MOST_TRIALS, _FEW_STEPS // task.T)
    size = min(_BATCH_NUMBERS // (num_envs * numbers_of_trial(task, plan)), most)
    return size if size >= _FEWEST_TRIALS else 0


class TabulatedMany:
    """Takes each step by look-ups in tables of trials, drawn for all environments at a time.

    While one batch is used the next is drawn. When an environment has used up its trials, all go on
    in the next.

    Args:
        task: a task with a plan.
        plan: from `analysis.plan_tables`.
        num_envs: N.
        batch_size: trials of each environment in a batch.
    """

    is_tabulated = True

    def __init__(self, task: TrialEnv, plan: Plan, num_envs: int, batch_size: int):
        self._task, self._plan, self._num_envs, self._size = task, plan, num_envs, batch_size
        self._num_steps, self._num_actions, self._num_notes = (
            task.T,
            task.num_actions,
            plan.num_notes,
        )
        self._runners = {name: RunnerOfMany(part, num_envs) for name, part in plan.parts.items()}
        self._has_notes = any(plan.is_noted)
        self._action_dtype = np.int32 if plan.is_discrete else np.float32
        self._envs, self._ones = np.arange(num_envs), np.ones(num_envs, int)
        self._first = self._envs * batch_size  # first trial of each environment, in the batch
        self._trial = self._first.copy()  # the one under way
        self._row = self._trial * self._num_steps  # the current step, of all in the batch
        # The notes: their number in the tables, or what they are.
        self._notes: Any = np.zeros(num_envs, np.int8) if plan.late is None else []
        # Of the first trials of the batch, see `_Drawn`.
        self._number = np.full(num_envs, -1, np.int32)
        self._count = np.zeros(num_envs, np.int32)
        self._entry: Any = None
        self._time, self._num_trials = (np.zeros(num_envs, np.int32) for _ in range(2))
        # Conditions that were given: for each name numbers of trials (N,), and values (N, ...).
        self._given: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        # A batch begins with the last trials of the one before: environments do not keep step.
        self._overlap = batch_size // 4
        self._most_turns = 0  # steps before one may have no trial left, at least
        self._ahead: Any = None
        self._known: Any = None  # notes that have a number
        self._words: Any = None
        self._params: Any = None
        self._batch: Any = None
        self.can_step = False

    # ------------------------------------------------------------------ the environment's calls

    def begin(
        self,
        mask: np.ndarray,
        words: np.ndarray,
        is_new_stream: bool,
        params: BatchedParams,
        conditions: dict[str, np.ndarray],
    ) -> np.ndarray:
        """Begin an episode where ``mask``; return all observations."""
        can_go_on = params is self._params and not (is_new_stream or self._plan.is_chain)
        if self._entry is None:
            self._entry = blank_carry(self._task, params.of_env(0), self._num_envs)
        self._words, self._params = words, params
        limits = params.tree.trials_per_episode, params.tree.max_steps_in_episode
        self._limits = [np.broadcast_to(limit, self._num_envs) for limit in limits]
        self._is_limited = any(limit.any() for limit in self._limits)
        self._counts_trials = self._is_limited or self._plan.is_chain
        self._time[mask] = self._num_trials[mask] = 0
        if can_go_on and not conditions:
            self._turn(mask)
        else:
            number = self._number_now()
            number = np.where(mask, 0 if is_new_stream else number + 1, number).astype(np.int32)
            self._give(conditions, mask, number, is_new_stream)
            self._row = np.where(mask, self._trial * self._num_steps, self._row)
            if mask.all():
                self._known = no_notes(self._task, self._plan, self._entry)
            self._use(None, number)
            self._begin_notes(mask)
        if self._plan.is_chain and not self._ends_together(mask):
            self.can_step = False
        return self._see()

    def conditions(self) -> dict[str, np.ndarray]:
        """Conditions of the trials under way."""
        return _take(self._batch.conditions, self._trial)

    def step(self, actions: np.ndarray, waiting: np.ndarray | None) -> Transition:
        """Take a step, except where ``waiting``."""
        batch, row = self._batch, self._row
        if not self._runners:
            place = row * self._num_notes + self._notes if self._has_notes else row
            cell = place * self._num_actions + actions
            notes = batch.after.take(cell)
            ends = notes < 0
            rewards, performance = batch.rewards.take(cell), batch.performances.take(cell)
            infos = _take(batch.infos, cell)
        else:
            rewards, ends, performance, notes, infos = self._judge_late(actions)
        moves = self._ones
        if waiting is not None:
            moves = ~waiting
            ends &= moves
            rewards[waiting] = performance[waiting] = 0
            if self._has_notes:
                notes = jax.tree.map(lambda *pair: _where(moves, *pair), notes, self._notes)
        info = {
            "new_trial": ends,
            "performance": performance,
            "gt": batch.gt.take(row, axis=0),
            "conditions": self.conditions(),
            **infos,
            **{name: actions.astype(self._action_dtype) for name in self._plan.echoed},
        }
        self._row = row + moves
        if self._has_notes:
            self._notes = notes
        turns, final = ends, None
        terminated, truncated = (np.zeros(self._num_envs, bool) for _ in range(2))
        if self._counts_trials:
            self._num_trials += ends
        if self._is_limited:
            most_trials, most_steps = self._limits
            self._time += moves.astype(np.int32)
            terminated = (most_trials > 0) & (self._num_trials >= most_trials)
            truncated = (most_steps > 0) & (self._time >= most_steps)
            done = terminated | truncated
            if done.any():
                turns = ends | done
                self._time[done] = self._num_trials[done] = 0
                cut_short = done & ~ends
                final = cut_short, self._see(cut_short)
        # Where an episode was cut short, the tables go on with a chain that has ended.
        is_broken = self._plan.is_chain and bool((truncated & ~terminated).any())
        self._turn(turns, is_broken)
        ob = self._see()
        if final is None:
            return Transition(ob, rewards, terminated, truncated, info, None)
        # Between trials the next observation is the first of a trial that nobody has seen.
        cut_short, unseen = final
        final_ob = ob.copy()
        final_ob[cut_short] = unseen
        return Transition(ob, rewards, terminated, truncated, info, final_ob)

    def successor(self) -> CompiledMany | None:
        """Return a stepper for what tables have no room for, or do not pay for."""
        if self._batch is None:
            return None
        tables, plan, at = self._batch.tables, self._plan, (self._envs, self._trial - self._first)
        t = (self._row - self._trial * self._num_steps).astype(np.int32)
        notes = self._notes
        if not self._runners:
            notes = [leaf[t, notes] for leaf in tables.notes]
        trial, carry = jax.tree.map(lambda x: x[at], (tables.trials, tables.carries))
        clocks = {"time": self._time, "t": t, "num_trials": self._num_trials}
        state = EnvState(trial=trial, carry=plan.with_notes(carry, notes), **clocks)
        compiled = CompiledMany(self._task, self._num_envs)
        compiled.go_on_from(self._words, self._number_now(), self._params, state, self._see())
        return compiled

    # ------------------------------------------------------------------ inside

    def _ends_together(self, mask):
        """Whether the episodes that are cut short are so all at a time.

        They begin a chain anew, which means to draw anew: at any step, it costs more than it saves.
        """
        most_trials, most_steps = self._limits
        is_even = not most_trials.any() and (most_steps == most_steps[0]).all()
        return mask.all() and (is_even or not most_steps.any())

    def _judge_late(self, actions):
        """Judge actions by what is left of the response."""
        row, late = self._row, self._notes
        if self._plan.is_discrete:
            row = row * self._num_actions + actions
        else:
            late = [actions, *late]
        results = self._runners["judge"].run(self._batch.rows["judge"], row, late)
        reward, ends, performance, *rest = results
        notes, infos = rest[: len(self._notes)], rest[len(self._notes) :]
        named = dict(zip(self._plan.info_names, infos, strict=True)) if infos else {}
        return shortest(reward), ends, performance, notes, named

    def _see(self, which: Any = slice(None)):
        if self._plan.seen is not None:
            late = self._batch.rows["observe"], self._row, self._notes
            return self._runners["observe"].run(*late)[0][which]
        row = self._row[which]
        if self._plan.shows_notes:
            row = row * self._num_notes + self._notes[which]
        return self._batch.ob.take(row, axis=0)

    def _number_now(self):
        """Return the numbers of the trials under way, (N,) int32."""
        return (self._number + (self._trial - self._first)).astype(np.int32)

    def _turn(self, turns, is_broken=False):
        """Go on with the next trial where ``turns``; draw anew if one has none, or it is wrong."""
        if not np.count_nonzero(turns):  # a fifth of what any() takes
            return
        self._trial += turns
        np.copyto(self._row, self._trial * self._num_steps, where=turns)
        self._most_turns -= 1
        if self._most_turns <= 0 or is_broken:
            self._most_turns = (self._first + self._size - self._trial).min()
            if is_broken or self._most_turns == 0:
                self._use(None if is_broken else self._ahead, self._number_now())
            elif self._ahead is None and self._overlap < self._size:
                k = max(self._most_turns - self._overlap, 1)
                at = self._trial - self._first + k
                entry = jax.tree.map(lambda x: x[self._envs, at - 1], self._batch.tables.carries)
                self._ahead = self._draw(self._number_now() + np.int32(k), self._count + at, entry)
        self._begin_notes(turns)

    def _give(self, conditions, mask, number, is_new_stream):
        """Note conditions of the trials of some numbers, where ``mask``."""
        if is_new_stream:
            given = self._given.items()
            self._given = {name: (np.where(mask, -1, at), value) for name, (at, value) in given}
        for name, value in conditions.items():
            at, old = self._given.get(name, (np.full(self._num_envs, -1, np.int32), value))
            self._given[name] = np.where(mask, number, at), _where(mask, value, old)

    def _begin_notes(self, turns):
        """Have the notes with which a trial begins where ``turns``."""
        if not self._has_notes:
            return
        if not self._runners:
            self._notes = np.where(turns, np.int8(0), self._notes)
            return
        starts = [start.take(self._trial, axis=0) for start in self._batch.starts]
        begin = turns & (self._num_trials == 0)  # an episode begins: nothing is kept
        self._notes = [
            _where(begin if is_kept else turns, *pair)
            for is_kept, *pair in zip(
                self._plan.kept[0], starts, self._notes or starts, strict=True
            )
        ]

    def _use(self, drawn, number):
        """Go on in another batch, with the trials whose numbers in their streams are given.

        Args:
            drawn: what was drawn ahead. If it is None, or one of the trials comes before it, the
                batch begins with those trials.
            number: (N,) int32.
        """
        is_behind = drawn is not None and (number < drawn.number).any()
        if is_behind:
            self._overlap *= 2
        if drawn is None or is_behind:
            entry, at = self._entry, self._trial - self._first
            if self._batch is not None:
                last, goes_on = (self._envs, np.maximum(at - 1, 0)), at > 0
                carries = jax.tree.map(lambda x: x[last], self._batch.tables.carries)
                entry = jax.tree.map(lambda *x: _where(goes_on, *x), carries, entry)
            drawn = self._draw(number, self._num_trials, entry)
        t = self._row % self._num_steps
        self._trial = self._first + (number - drawn.number)
        self._row = self._trial * self._num_steps + t
        self._number, self._count, self._entry = drawn.number, drawn.count, drawn.entry
        self._batch = _Batch(self._plan, jax.tree.map(np.asarray, drawn.tables))
        self._ahead, self._most_turns = None, 1
        self._known = self._batch.tables.notes, self._batch.tables.is_note
        self.can_step = self._batch.has_room
        for name, runner in self._runners.items():
            runner.fix(self._batch.tables.fixed[name])
            num_axes = 4 if name == "judge" and self._plan.is_discrete else 3
            rows = [_flat(x, num_axes) for x in self._batch.tables.prepared[name]]
            self._batch.rows[name] = runner.rows(rows)

    def _draw(self, number, count, entry):
        """Begin to draw trials; JAX returns before it has done so."""
        params, given = self._params, self._given.items()
        stream = {
            "words": self._words,
            "number": number,
            "num_trials": count.astype(np.int32),
            "limit": self._limits[0].astype(np.int32),
            "carry": entry,
            "given": {name: fixed for name, fixed in given if (fixed[0] >= number).any()},
        }
        statics = (self._task, self._plan, self._size, params.structure, params.axes)
        tables, _ = draw_tables(*statics, stream, params.leaves, self._known)
        return _Drawn(number, stream["num_trials"], entry, tables)


class _Drawn(NamedTuple):
    """A batch that is being drawn, and what is known of its first trials."""

    number: np.ndarray  # (N,) int32, in their streams
    count: np.ndarray  # (N,) int32, trials of the episode before them
    entry: Any  # (N, ...), what is carried into them
    tables: Tables


class _Batch:
    """Tables of N streams on the host, their trials, steps and actions in a row."""

    def __init__(self, plan: Plan, tables: Tables):
        self.tables = tables
        self.gt = _flat(tables.trials.gt, 3)
        self.ob = None if tables.ob is None else _flat(tables.ob, 4)
        self.conditions = {name: _flat(x, 2) for name, x in tables.trials.conditions.items()}
        self.has_room = bool(tables.has_room.all())
        if plan.parts:
            self.starts = [_flat(leaf, 2) for leaf in plan.notes_of(tables.carries)]
            self.rows: dict[str, Any] = {}  # for what comes in two parts, by name
        else:
            self.rewards = _flat(shortest(tables.rewards), 5)
            self.performances = _flat(tables.performances, 5)
            self.after = _flat(tables.after, 5)
            self.infos = {name: _flat(x, 5) for name, x in tables.infos.items()}


def _flat(x, num_axes):
    return x.reshape(-1, *x.shape[num_axes:])


def _take(arrays, index):
    return {name: x.take(index, axis=0) for name, x in arrays.items()}


def _where(mask, new, old):
    return np.where(mask.reshape(-1, *(1,) * (new.ndim - 1)), new, old)
