"""What whole steps make of durations: what a period lasts, and steps that are too long for it."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from jaxgym_neuro.timing import Distribution, Until, duration_steps


def in_steps(duration: Any, dt: float) -> str:
    """Write a duration in words; what it lasts in whole steps follows, where that is another.

    Args:
        duration: a distribution; other things are written as they are.
        dt: step in ms.
    """
    if not isinstance(duration, Distribution) or isinstance(duration, Until):
        return str(duration)
    ends = [duration.lower(), duration.upper()]
    lasting = [dt * int(duration_steps(ms, dt)) for ms in ends]
    # Durations are of float32, and so are those of 1/60 s.
    if all(abs(one - ms) <= 1e-3 * dt for one, ms in zip(lasting, ends, strict=True)):
        return str(duration)
    whole = "-".join(f"{ms:g}" for ms in dict.fromkeys(lasting))
    return f"{duration} ({whole} in whole steps)"


def check_step_size(dt: float, timing: Mapping[str, Distribution], given: Iterable[str]) -> None:
    """Check that a step is not longer than what it is to show.

    Warns of each period that was asked for, and is shorter than a step.

    Args:
        dt: step in ms.
        timing: the durations of all periods.
        given: names of those that were asked for.

    Raises:
        ValueError: if every period is shorter than a step.
    """
    longest = max(timing, key=lambda name: timing[name].upper(), default=None)
    if longest is not None and 0 < timing[longest].upper() < dt:
        raise ValueError(
            f"dt={dt:g} ms is longer than every period; the longest, {longest!r}, lasts "
            f"{timing[longest].upper():g} ms. Choose a shorter dt, or longer periods by timing"
        )
    for name in given:
        if name in timing and 0 < timing[name].upper() < dt:
            warnings.warn(
                f"timing[{name!r}] lasts {timing[name].upper():g} ms, and what lasts at all has a "
                f"step at least: here it lasts dt={dt:g} ms",
                stacklevel=2,
            )
