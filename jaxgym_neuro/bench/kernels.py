"""What a compiled program does in each turn of its loop, counted in the text that XLA writes of it.

A device starts each of these as a program of its own, which takes microseconds on a GPU: a step
that is many of them is slow however little there is to do in each.
"""

import collections
import dataclasses
import re
from collections.abc import Iterator

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = (.*)$")
_CALLED = re.compile(r"(?:body|to_apply|calls)=%?([\w.\-]+)")
# What is only said of arrays, and takes no time.
_FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"}


@dataclasses.dataclass(frozen=True)
class Kernels:
    """How many programs of each sort a device starts in a turn of a loop.

    Attributes:
        fusions: several operations in one pass over their arrays.
        loops: loops within the loop; what is in them is counted in ``in_loops``, once.
        custom_calls: of a library.
        others: single operations: copies, scatters, sorts.
        in_loops: all that a turn of the loops within does.
    """

    fusions: int = 0
    loops: int = 0
    custom_calls: int = 0
    others: int = 0
    in_loops: int = 0

    @property
    def total(self) -> int:
        """All that are started where each loop within takes one turn."""
        return self.fusions + self.custom_calls + self.others + self.in_loops


def kernels_of_turn(text: str) -> Kernels:
    """Count what happens in a turn of the loop that is in the entry of a compiled program.

    Args:
        text: of the program, from ``compiled.as_text()``.

    Raises:
        ValueError: if there is no loop in its entry.
    """
    computations, entry = _read(text)
    for opcode, called in _instructions(computations, entry):
        if opcode == "while":
            return _count(computations, called)
    raise ValueError("there is no loop in the entry of this program")


def _read(text: str) -> tuple[dict[str, list[tuple[str, str]]], str]:
    """Return, by computation, opcodes and what each calls; and the name of the entry."""
    computations: dict[str, list[tuple[str, str]]] = {}
    name = entry = ""
    for line in text.splitlines():
        if header := _COMPUTATION.match(line):
            name = header[2]
            computations[name] = []
            entry = name if header[1] else entry
        elif instruction := _INSTRUCTION.match(line):
            opcode = _opcode(instruction[2])
            called = _CALLED.search(line)
            computations[name].append((opcode, called[1] if called else ""))
    return computations, entry


def _opcode(written: str) -> str:
    """Return what comes after the type, which may be a tuple of types."""
    depth = 0
    for place, letter in enumerate(written):
        depth += (letter == "(") - (letter == ")")
        if letter == " " and depth == 0:
            return written[place + 1 :].partition("(")[0]
    return ""


def _instructions(
    computations: dict[str, list[tuple[str, str]]], name: str
) -> Iterator[tuple[str, str]]:
    """Yield the instructions of a computation, in place of a call those of what it calls."""
    for opcode, called in computations.get(name, ()):
        if opcode == "call":
            yield from _instructions(computations, called)
        elif opcode not in _FREE:
            yield opcode, called


def _count(computations: dict[str, list[tuple[str, str]]], name: str) -> Kernels:
    found = list(_instructions(computations, name))
    count = collections.Counter(opcode for opcode, _ in found)
    fusions, loops, custom = count["fusion"], count["while"], count["custom-call"]
    within = [_count(computations, called) for opcode, called in found if opcode == "while"]
    others = len(found) - fusions - loops - custom
    return Kernels(fusions, loops, custom, others, sum(one.total for one in within))
