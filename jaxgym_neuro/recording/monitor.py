"""Monitor: what a subject did in each trial, written to disk while it runs."""

import importlib
import json
import os
import pathlib
import re
import warnings
import zipfile
import zlib
from typing import Any

import gymnasium
import numpy as np

from jaxgym_neuro.core.identity import differences, identity_of
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.recording.table import GROUPS, TrialTable, missing_answers, units_of
from jaxgym_neuro.support.extras import needed_by
from jaxgym_neuro.support.folders import write_whole
from jaxgym_neuro.support.validation import check_integer, check_name

FORMATS = ("npz", "parquet")
_RUN = re.compile(r"run-(\d+)")
_PART = re.compile(r"part-(\d+)\.(npz|parquet)")
_TASK = "task.json"


class Monitor(gymnasium.Wrapper):
    """Records each finished trial of a task behind Gymnasium, and writes them in parts.

    Each Monitor is a run, and has a folder of its own in the folder given: ``run-0000``,
    ``run-0001``, ... Several may write at the same time, from one process or many, and none touches
    what another wrote. `load` reads them all, and its column ``run`` tells them apart; trials are
    numbered from 0 in each run.

    A part is written under another name and then renamed, which is atomic: killed at any moment,
    the folder holds complete parts, and `load` reads them. At most ``trials_per_part`` trials are
    lost; ``close`` writes the last ones.

    A trial is recorded if all its steps went through the Monitor, and it came to its end. One that
    is left for another, by `reset`, by the end of an episode or by ``env.unwrapped.new_trial()``,
    is not.

    Args:
        env: a task from ``gymnasium.make("jaxgym_neuro/...")``, or that wrapped.
        folder: where to write; made if it is not there. What is there already is kept.
        trials_per_part: trials in a part.
        format: ``"npz"`` (NumPy), or ``"parquet"`` (flat columns; needs the extra ``frames``).

    Raises:
        ValueError: for an environment without trials, several environments at once, an unknown
            format, fewer than one trial per part, or a folder with runs of another task.
        OSError: for a folder that cannot be written to.
    """

    def __init__(
        self,
        env: gymnasium.Env,
        folder: str | os.PathLike,
        trials_per_part: int = 1000,
        format: str = "npz",
    ):
        task: Any = getattr(getattr(env, "unwrapped", None), "task", None)
        if not hasattr(task, "new_trial"):
            raise ValueError(
                f"a Monitor records trials; {env} is no task made of trials, such as "
                "gymnasium.make('jaxgym_neuro/GoNogo-v0')"
            )
        if isinstance(env, gymnasium.vector.VectorEnv):
            raise ValueError(
                "a Monitor records one environment; for several, give each its own, as in "
                "gymnasium.make_vec(id, num_envs, vectorization_mode='sync', "
                "wrappers=[lambda env: Monitor(env, folder)]), or use jaxgym_neuro.rollout"
            )
        super().__init__(env)
        check_name("format", format, FORMATS)
        if format == "parquet":
            with needed_by("a Monitor that writes parquet"):  # better missed now than later
                for package in ("pandas", "pyarrow"):
                    importlib.import_module(package)
        self.trials_per_part = check_integer("trials_per_part", trials_per_part, at_least=1)
        self.format = format
        self._unwrapped: Any = env.unwrapped
        self._task: Any = task
        self._times = [(name, time_of(name)) for name in task.answers]
        self._blank = {
            name: (np.zeros(struct.shape, struct.dtype), -1.0)
            for name, struct in ((name, task.answer_struct(name)) for name in task.answers)
        }
        self.folder = _begin_run(pathlib.Path(folder), identity_of(task), format)
        self._num_parts = self._num_trials = 0
        self._rows: list[dict[str, Any]] = []
        # Of the trial under way:
        self._steps, self._earned = 0, 0.0
        self._given: dict[str, tuple[Any, float]] = {}  # answers and their times
        self._clock: int | None = 0  # at its next step; None: steps of it were taken elsewhere
        self._held = False  # did its clock stand still in the last step?

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; the trial under way is not recorded."""
        self._held = False
        return self.env.reset(**kwargs)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step, and record the trial if it ends.

        If a part cannot be written (the disk is full, say), there is a warning, and its trials are
        kept and written with the next part.
        """
        trial = self._unwrapped.trial
        t = 0 if trial is None else self._unwrapped.t_ind
        if t == 0 and not self._held:  # whatever it was that ended the trial before, or left it
            self._steps, self._earned, self._given, self._clock = 0, 0.0, {}, 0
        if t != self._clock:
            self._clock = None
        transition = self.env.step(action)
        _, reward, _, _, info = transition
        self._steps += 1
        self._earned += float(reward)
        for name, time in self._times:
            if info.get(time, -1) >= 0:  # a step that begins an episode anew has none
                self._given[name] = info[name], info[time]
        is_over, is_whole = info.get("new_trial"), self._clock is not None
        now = self._unwrapped.t_ind
        self._held = not is_over and now == t and self._task.may_hold
        self._clock = now if is_whole else None
        if is_over and is_whole:
            self._record(trial, info)
            if len(self._rows) % self.trials_per_part == 0:
                self._try_to_write()
        return transition

    def close(self) -> None:
        """Close the environment, and write the trials that are in no part yet.

        Raises:
            OSError: if they cannot be written. They are kept: `write` tries again.
        """
        super().close()
        self.write()

    def write(self) -> None:
        """Write the trials that are in no part yet as a part of its own.

        Raises:
            OSError: if they cannot be written; they are kept, and are written with the next part.
        """
        if not self._rows:
            return
        table = _as_table(self._rows, self._task)
        path = self.folder / f"part-{self._num_parts:08d}.{self.format}"
        unfinished = path.with_name(f".unfinished-{path.name}")
        try:
            if self.format == "npz":
                with unfinished.open("wb") as file:
                    np.savez(file, **_named_arrays(table))
            else:
                table.frame().drop(columns="run").to_parquet(unfinished)
            with unfinished.open("rb") as file:  # before the name says that it is complete
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)  # half of a part takes up room
            raise
        self._num_parts += 1
        self._rows = []

    @staticmethod
    def load(folder: str | os.PathLike) -> Any:
        """Read what Monitors wrote: a `TrialTable`, or a pandas frame where they wrote Parquet.

        Args:
            folder: the folder that was given to them.

        Returns:
            All trials, one run after the other; the column ``run`` says which is whose.

        Raises:
            ValueError: for a folder without parts, with parts of both formats or of several tasks,
                or for a part that is damaged, which it names.
        """
        folder = pathlib.Path(folder)
        runs = _runs(folder) if folder.is_dir() else []
        parts = [(run, path) for run, inside in runs for path in _parts(inside)]
        if not parts:
            raise ValueError(f"{folder} has no parts; give the folder that a Monitor was given")
        if len({path.suffix for _, path in parts}) != 1:
            raise ValueError(f"{folder} has parts of both formats; give the folder of one kind")
        (_, first), *others = runs
        for _, other in others:
            _check_same_task(_task_of(first), other)
        if parts[0][1].suffix == ".npz":
            return TrialTable.concatenate([_read_table(path, run) for run, path in parts])
        with needed_by("a frame of trials"):
            import pandas  # arrays need no pandas

        return pandas.concat([_read_frame(path, run) for run, path in parts], ignore_index=True)

    def _record(self, trial, info):
        lengths = np.asarray(trial.end) - np.asarray(trial.start)
        durations = lengths.astype(np.float32) * np.float32(self._task.dt)
        given = {**self._blank, **self._given}
        self._rows.append(
            {
                "conditions": info["conditions"],
                "answers": {name: value for name, (value, _) in given.items()},
                "times": {name: time for name, (_, time) in given.items()},
                "durations": dict(zip(self._task.periods, durations, strict=True)),
                "performance": info["performance"],
                "reward": self._earned,
                "steps": self._steps,
                "env": 0,
                "trial": self._num_trials,
            }
        )
        self._num_trials += 1

    def _try_to_write(self):
        """Write a part; to raise an error here would lose the step that has been taken."""
        try:
            self.write()
        except OSError as error:
            warnings.warn(
                f"{len(self._rows)} trials could not be written to {self.folder} ({error}); they "
                "are kept, and written with the next part",
                RuntimeWarning,
                stacklevel=3,
            )


# ---------------------------------------------------------------------- runs


def _begin_run(folder, identity, format):
    """Make the folder of another run, and return it; refuse one among runs of another kind."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _runs(folder)
    for _, other in known:
        _check_same_task(identity, other)
        others = {path.suffix.removeprefix(".") for path in _parts(other)}
        if others - {format}:
            raise ValueError(
                f"the runs of a folder have one format, and {other} has parts in "
                f"{others.pop()!r}, not {format!r}; give each format a folder of its own"
            )
    number = 1 + known[-1][0] if known else 0
    while not _is_made(folder / f"run-{number:04d}"):
        number += 1
    own = folder / f"run-{number:04d}"
    write_whole(own / _TASK, json.dumps(identity, indent=1))
    return own


def _is_made(folder):
    """Make a folder, which only one of several processes can."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def _runs(folder):
    """Number and folder of every run."""
    found = ((_RUN.fullmatch(path.name), path) for path in folder.iterdir() if path.is_dir())
    return sorted((int(match[1]), path) for match, path in found if match)


def _task_of(run):
    """Return the identity of a run's task; None if it has been killed before it said so."""
    try:
        return json.loads((run / _TASK).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{run / _TASK} is damaged: {error}") from error


def _check_same_task(identity, run):
    found = _task_of(run)
    told = [] if identity is None or found is None else differences(identity, found)
    if told:
        raise ValueError(
            f"the runs of a folder are of one task, and those of {run} differ: {'; '.join(told)}; "
            "give each task a folder of its own"
        )


# ---------------------------------------------------------------------- parts


def _parts(run):
    """Paths of the complete parts of a run, in order."""
    found = ((_PART.fullmatch(path.name), path) for path in run.iterdir())
    return [path for _, path in sorted((int(match[1]), path) for match, path in found if match)]


def _as_table(rows, task):
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for group in ("conditions", "answers", "times", "durations"):
        recorded = columns[group]
        columns[group] = {name: np.stack([x[name] for x in recorded]) for name in recorded[0]}
    missing, not_columns = missing_answers(task), task.not_columns
    units = units_of(task)
    columns["has_signal"] = task.has_signal(columns["conditions"])
    return TrialTable.of(missing=missing, not_columns=not_columns, units=units, **columns)


# Prefixes of names in a file: of each group of columns, and of conditions that give none.
_PREFIXES = {"conditions": "condition", "answers": "answer", "times": "time"}
_PREFIXES |= {"durations": "duration", "labels": "label"}
_NO_COLUMN = "array"


def _named_arrays(table: TrialTable) -> dict[str, Any]:
    whole = table.not_columns
    named = {
        f"{_NO_COLUMN if group == 'conditions' and name in whole else prefix}/{name}": values
        for group, prefix in _PREFIXES.items()
        for name, values in getattr(table, group).items()
    }
    others = (*GROUPS, "not_columns", "run", "kept", "units")
    return named | {name: x for name, x in vars(table).items() if name not in others}


def _read_table(path, run):
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            arrays = dict(file)
        named = [(*name.partition("/")[::2], x) for name, x in arrays.items() if "/" in name]
        kinds = {**_PREFIXES, _NO_COLUMN: _NO_COLUMN}
        groups = {
            group: {name: x for kind, name, x in named if kind == prefix}
            for group, prefix in kinds.items()
        }
        whole = groups.pop(_NO_COLUMN)
        groups["conditions"] |= whole
        outcomes = {name: x for name, x in arrays.items() if "/" not in name}
        runs = np.full(len(outcomes["steps"]), run, np.int32)
        return TrialTable(**groups, **outcomes, run=runs, not_columns=tuple(whole))
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise _damaged(path, error) from error


def _read_frame(path, run):
    with needed_by("a frame of trials"):
        import pandas  # arrays need no pandas

    try:
        return pandas.read_parquet(path).assign(run=np.int32(run))
    except (OSError, ValueError) as error:  # pyarrow's are among them
        raise _damaged(path, error) from error


def _damaged(path, error):
    return ValueError(f"{path} is damaged, or no part of a Monitor's: {error}")
