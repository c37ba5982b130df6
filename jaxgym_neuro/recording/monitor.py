"""Monitor: what a subject did in each trial, written to disk while it runs."""

import os
import pathlib
import re
from typing import Any

import gymnasium
import numpy as np

from jaxgym_neuro.recording.table import TrialTable, reaction_time
from jaxgym_neuro.support.validation import check_integer, check_name

FORMATS = ("npz", "parquet")
_PART = re.compile(r"part-(\d{8})\.(npz|parquet)")


class Monitor(gymnasium.Wrapper):
    """Records each finished trial of a task behind Gymnasium, and writes them in parts.

    A part is written under another name and then renamed, which is atomic: killed at any moment,
    the folder holds complete parts, and `load` reads them. At most ``trials_per_part`` trials are
    lost; ``close`` writes the last ones.

    Args:
        env: a task from ``gymnasium.make("jaxgym_neuro/...")``, or that wrapped.
        folder: where to write; made if it is not there. Parts that are there already are kept, and
            numbering goes on.
        trials_per_part: trials in a part.
        format: ``"npz"`` (NumPy), or ``"parquet"`` (flat columns; needs the extra ``frames``).

    Raises:
        ValueError: for an environment without trials, an unknown format, or fewer than one trial
            per part.
    """

    def __init__(
        self,
        env: gymnasium.Env,
        folder: str | os.PathLike,
        trials_per_part: int = 1000,
        format: str = "npz",
    ):
        super().__init__(env)
        self._unwrapped: Any = env.unwrapped
        self._task: Any = getattr(self._unwrapped, "task", None)
        if not hasattr(self._task, "new_trial"):
            raise ValueError(
                f"a Monitor records trials; {env} is no task made of trials, such as "
                "gymnasium.make('jaxgym_neuro/GoNogo-v0')"
            )
        check_name("format", format, FORMATS)
        self.trials_per_part = check_integer("trials_per_part", trials_per_part, at_least=1)
        self.format = format
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._next_part = 1 + max((number for number, _ in _parts(self.folder)), default=-1)
        self._num_trials = 0
        self._rows: list[dict[str, Any]] = []
        self._begin_trial()

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; the trial that was under way is not recorded."""
        self._begin_trial()
        return self.env.reset(**kwargs)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step, and record the trial if it ends."""
        trial = self._unwrapped.trial
        transition = self.env.step(action)
        _, reward, terminated, truncated, info = transition
        self._steps += 1
        self._earned += float(reward)
        if info["new_trial"]:
            self._record(trial, action, info)
        if info["new_trial"] or terminated or truncated:
            self._begin_trial()
        return transition

    def close(self) -> None:
        """Write the trials that are in no part yet, and close the environment."""
        self.write()
        super().close()

    def write(self) -> None:
        """Write the trials that are in no part yet as a part of its own."""
        if not self._rows:
            return
        table = _as_table(self._rows)
        path = self.folder / f"part-{self._next_part:08d}.{self.format}"
        unfinished = path.with_name(f".unfinished-{path.name}")
        if self.format == "npz":
            with unfinished.open("wb") as file:
                np.savez(file, **_named_arrays(table))
        else:
            table.frame().to_parquet(unfinished)
        with unfinished.open("rb") as file:  # before the name says that it is complete
            os.fsync(file.fileno())
        unfinished.replace(path)
        self._next_part += 1
        self._rows = []

    @staticmethod
    def load(folder: str | os.PathLike) -> Any:
        """Read what a Monitor wrote: a `TrialTable`, or a pandas frame where it wrote Parquet.

        Raises:
            ValueError: for a folder without parts, or with parts of both formats.
        """
        folder = pathlib.Path(folder)
        paths = [path for _, path in sorted(_parts(folder))]
        kinds = {path.suffix for path in paths}
        if len(kinds) != 1:
            found = "has parts of both formats" if kinds else "has no parts"
            raise ValueError(f"{folder} {found}; give the folder of one Monitor")
        if kinds == {".npz"}:
            return TrialTable.concatenate([_read_table(path) for path in paths])
        import pandas  # an extra: arrays need no pandas

        return pandas.concat([pandas.read_parquet(path) for path in paths], ignore_index=True)

    def _begin_trial(self):
        self._steps, self._earned = 0, 0.0

    def _record(self, trial, action, info):
        acted = np.asarray(action) != 0 if self._task.can_wait else np.bool_(True)
        t = np.asarray(self._steps - 1)
        time = reaction_time(t, acted, _bounds(trial), self._task.dt)
        self._rows.append(
            {
                "conditions": info["conditions"],
                "choice": np.asarray(action, self._task.action_space().dtype),
                "performance": info["performance"],
                "reward": self._earned,
                "reaction_time": info.get("reaction_time", time),
                "steps": self._steps,
                "env": 0,
                "trial": self._num_trials,
            }
        )
        self._num_trials += 1
        if len(self._rows) >= self.trials_per_part:
            self.write()


def _bounds(trial):
    return trial.replace(start=np.asarray(trial.start), end=np.asarray(trial.end))


def _parts(folder):
    """Number and path of every complete part."""
    found = ((_PART.fullmatch(path.name), path) for path in folder.iterdir())
    return [(int(match[1]), path) for match, path in found if match]


def _as_table(rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    drawn = columns.pop("conditions")
    conditions = {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}
    return TrialTable.of(conditions=conditions, **columns)


_CONDITION = "condition/"


def _named_arrays(table: TrialTable) -> dict[str, Any]:
    named = {f"{_CONDITION}{name}": values for name, values in table.conditions.items()}
    return named | {name: values for name, values in vars(table).items() if name != "conditions"}


def _read_table(path):
    with np.load(path) as file:
        arrays = dict(file)
    conditions = {name.removeprefix(_CONDITION): x for name, x in arrays.items() if "/" in name}
    outcomes = {name: x for name, x in arrays.items() if "/" not in name}
    return TrialTable(conditions=conditions, **outcomes)
