"""The tasks of Mod-Cog: twenty, and what two transformations make of them, one or both."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxgym_neuro.collections.families import Line, classes_of
from jaxgym_neuro.collections.modcog.transformations import in_sequence, integrated
from jaxgym_neuro.collections.yang19.decision import DelayedDecision
from jaxgym_neuro.collections.yang19.match import MatchSample
from jaxgym_neuro.collections.yang19.reach import ReachAtOnce
from jaxgym_neuro.collections.yang19.tasks import LINES as YANG19
from jaxgym_neuro.core.tables import Paper

KHONA_2023 = Paper(
    "Khona, Chandra, Ma & Fiete",
    2023,
    "Winning the lottery with neural connectivity constraints: faster learning across cognitive "
    "tasks with spatially constrained sparse RNNs",
    "Neural Computation 35(11), 1850-1869",
    "https://doi.org/10.1162/neco_a_01613",
    species=("model",),
)
NOTE = """\
What is published as code differs in what cannot be meant: the last unit of the ring is taken for
waiting, a delay moves reaches by radians, and down the ring where it moves other responses up,
``go`` has the delay of ``dlygo``, that of a match task is drawn once for all of its trials, cues
are noisy, and the first action ends a sequence.
"""
_DELAYED = (
    *("dlygo", "dlyanti", "dlydm1", "dlydm2", "ctxdlydm1", "ctxdlydm2", "multidlydm"),
    *("dms", "dnms", "dmc", "dnmc"),
)
_SIDES = {"r": 1, "l": -1}
_WAYS = {"r": "up", "l": "down"}
_DRAWN_DELAY = tuple(range(0, 1200, 100))


def _base(line: Line) -> Line:
    """Return a task of the twenty, with the timing of Mod-Cog."""
    timing: dict[str, Any] = dict(line.timing)
    timing.pop("stimulus", None)  # which one decision has of several durations in NeuroGym
    if issubclass(line.family, DelayedDecision):
        timing["delay"] = 500
    if issubclass(line.family, MatchSample):
        timing["delay"] = ("uniform", (200, 1200))
    ideal = line.ideal if line.ideal == 1.0 else None  # timing differs
    return dataclasses.replace(line, ideal=ideal, timing=timing)


def _integrated(line: Line, side: str) -> Line:
    """Return a task with a response that the delay moves."""
    timing = dict(line.timing)
    if not issubclass(line.family, DelayedDecision):
        timing["delay"] = _DRAWN_DELAY
    words = (
        f"{line.words[:-1]}; the response is moved {_WAYS[side]} the ring by one unit for each 100 "
        "ms of the delay."
    )
    settings = {**line.settings, "integrate": _SIDES[side]}
    return Line(integrated(line.family), words, settings, timing, line.ideal)


def _in_sequence(line: Line, side: str) -> Line:
    """Return a task with a response that moves while the decision lasts."""
    timing = dict(line.timing)
    if not issubclass(line.family, ReachAtOnce):
        timing["decision"] = 1000
    words = (
        f"{line.words} What is due moves {_WAYS[side]} the ring by one unit for each 100 ms of the "
        "decision."
    )
    settings = {**line.settings, "seq": _SIDES[side]}
    return Line(in_sequence(line.family), words, settings, timing, line.ideal)


def _each(
    lines: dict[str, Line], suffix: str, transform: Callable[[Line, str], Line]
) -> dict[str, Line]:
    return {
        f"{name}{suffix}{side}": transform(line, side)
        for name, line in lines.items()
        for side in _SIDES
    }


_BASE = {name: _base(line) for name, line in YANG19.items()}
_INTEGRATED = _each({name: _BASE[name] for name in _DELAYED}, "int", _integrated)
LINES = {
    **_BASE,
    **_INTEGRATED,
    **_each(_BASE, "seq", _in_sequence),
    **_each(_INTEGRATED, "seq", _in_sequence),
}
TASKS = classes_of("modcog", __name__, LINES, paper=KHONA_2023, note=NOTE, differences={})
globals().update(TASKS)  # under their names, as pickles look for them
