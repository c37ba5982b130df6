"""What a check has found, as one readable list."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fault:
    """A promise that is broken."""

    promise: str  # its name
    sentence: str  # what is promised
    found: str  # what is so instead
    places: tuple[str, ...]  # where to look: hooks of the task, with file and line

    def __str__(self):
        lines = [f"{self.promise}: {self.sentence}", f"    {self.found}"]
        lines += [f"    see {place}" for place in self.places]
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True, repr=False)
class Report:
    """What `check_task` has found; prints as a line if all is well, else as a list of faults."""

    name: str  # of the task
    kept: tuple[str, ...]  # names of the promises that hold
    faults: tuple[Fault, ...]
    unchecked: tuple[str, ...]  # names of the promises that could not be checked

    def __str__(self):
        if not self.faults:
            plural = "s" * (len(self.kept) != 1)
            return f"{self.name}: {len(self.kept)} promise{plural} {'hold' if plural else 'holds'}"
        checked = len(self.kept) + len(self.faults)
        lines = [f"{self.name} breaks {len(self.faults)} of {checked} promises that were checked:"]
        lines += [f"- {fault}".replace("\n", "\n  ") for fault in self.faults]
        if self.unchecked:
            lines.append(
                f"{len(self.unchecked)} others cannot be checked, as a reset or a step cannot be "
                "traced."
            )
        return "\n".join(lines)

    __repr__ = __str__
