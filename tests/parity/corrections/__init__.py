"""Where a task is deliberately not what NeuroGym 2.3.1 does, and what it must be instead.

A comparison whose name matches a correction's pattern is not made with the recording; the corrected
number is checked. A pattern that matches no comparison of a task fails the test: it is out of date.
"""

from collections.abc import Mapping

from corrections import (
    context,
    inhibition,
    memory,
    motor,
    perceptual,
    timing,
    utility,
    value,
    yang19,
)
from corrections.correction import ABSENT, Correction

__all__ = ["ABSENT", "CORRECTIONS", "Correction"]

CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    task: corrections
    for paradigm in (context, inhibition, memory, motor, perceptual, timing, utility, value, yang19)
    for task, corrections in paradigm.CORRECTIONS.items()
}
