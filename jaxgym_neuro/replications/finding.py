"""Finding: what a replication has come to, and the folder that it is written into."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jaxgym_neuro.support.folders import write_whole
from jaxgym_neuro.training.report import Evaluation
from jaxgym_neuro.training.report import write as write_training
from jaxgym_neuro.training.trained import Trained

NUMBERS, FIGURE = "finding.json", "finding.png"


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A training that a finding rests on, and the trials that its networks played."""

    trained: Trained
    evaluation: Evaluation | None  # None where the networks are no policies
    made_by: Mapping[str, Any]  # how to make the task again: its id, its arguments, its wrappers


@dataclasses.dataclass(frozen=True, eq=False)
class Finding:
    """What networks do, beside what animals did."""

    name: str  # of the replication
    numbers: Mapping[str, Any]  # flat, fit for JSON
    # What fits, by what mean absolute difference, and what does not; a sentence each.
    statement: tuple[str, ...]
    parts: Mapping[str, Part]  # by name; a folder each, where they are written
    draw: Callable[[], Any] = dataclasses.field(repr=False)

    def figure(self) -> Any:
        """Draw networks and animals in one figure."""
        return self.draw()

    def __repr__(self):
        return "\n".join([f"{self.name}:", *(f"- {line}" for line in self.statement)])


def write(folder: str | Path, finding: Finding) -> list[str]:
    """Write a finding into a folder; return the names of the files.

    ``finding.json`` has the numbers and the statement, ``finding.png`` the figure. Each part has a
    folder of its own, with the card, the trials and the picture of `jgn.training.write`: task,
    settings, versions and machine are there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "replication": finding.name,
        "statement": list(finding.statement),
        "numbers": dict(finding.numbers),
    }
    write_whole(folder / NUMBERS, json.dumps(told, indent=2) + "\n")
    finding.figure().savefig(folder / FIGURE, dpi=150)
    files = [NUMBERS, FIGURE]
    for name, part in finding.parts.items():
        written = write_training(folder / name, part.trained, part.evaluation, part.made_by)
        files += [f"{name}/{file}" for file in written]
    return files
