"""Durations of periods as NeuroGym writes them, drawn with NumPy."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro import timing
from jaxgym_neuro.adapters.conversion import shortest

_SHORT_NAMES = {
    timing.Choice: "choice",
    timing.TruncatedExponential: "truncated_exponential",
    timing.Uniform: "uniform",
    timing.Until: "until",
}


class TruncExp:
    """An exponential duration, restricted to [``vmin``, ``vmax``), that draws its own numbers.

    Args:
        vmean: mean before the truncation, in ms.
        vmin: shortest duration.
        vmax: longest duration; a registered task wants a finite one, as its arrays have a length.
    """

    def __init__(self, vmean: float, vmin: float = 0, vmax: float = math.inf):
        self.vmean, self.vmin, self.vmax = vmean, vmin, vmax
        self.rng = np.random.RandomState()

    def seed(self, seed: int | None = None) -> None:
        """Seed the numbers."""
        self.rng = np.random.RandomState(seed)

    def __call__(self) -> float:
        """Draw a duration in ms."""
        return trunc_exp(self.rng, self.vmean, self.vmin, self.vmax)

    def distribution(self) -> timing.Distribution:
        """Return the distribution, as the tasks made of pure functions have it."""
        return timing.TruncatedExponential(mean=self.vmean, min=self.vmin, max=self.vmax)


def trunc_exp(rng: Any, vmean: float, vmin: float = 0, vmax: float = math.inf) -> float:
    """Draw from an exponential distribution restricted to [``vmin``, ``vmax``), by one number."""
    if vmin >= vmax:
        return vmax
    kept = -math.expm1(-(vmax - vmin) / vmean)
    return min(vmin - vmean * math.log1p(-kept * rng.random_sample()), vmax)


def with_distributions(arguments: Any) -> Any:
    """Return arguments of a task, each `TruncExp` among them, or in a dict, as a distribution."""
    if isinstance(arguments, TruncExp):
        return arguments.distribution()
    if isinstance(arguments, Mapping):
        return {name: with_distributions(value) for name, value in arguments.items()}
    return arguments


def short_form(duration: timing.Distribution) -> Any:
    """Return a distribution as NeuroGym writes it, or itself if NeuroGym has none like it."""
    numbers = [_plain(x) for x in vars(duration).values()]
    if isinstance(duration, timing.Constant):
        return numbers[0]
    kind = _SHORT_NAMES.get(type(duration))
    if kind is None:
        return duration
    return (kind, numbers[0] if len(numbers) == 1 else tuple(numbers))


def draw(period: str, spec: Any, rng: Any, since: float) -> Any:
    """Draw a duration in ms.

    Args:
        period: whose, for the error.
        spec: a short form of NeuroGym's, a function, or a distribution of `jaxgym_neuro.timing`.
        rng: a ``RandomState``.
        since: when the periods that the trial has up to now end, for ``("until", ms)``.

    Raises:
        ValueError: for anything else.
    """
    if callable(spec):
        return spec()
    given: Any = short_form(spec) if isinstance(spec, timing.Distribution) else spec
    if isinstance(given, int | float | np.integer | np.floating):
        return given
    if not isinstance(given, tuple | list | np.ndarray) or not len(given):
        raise _unknown(period, spec)
    if not isinstance(given[0], str):
        return given[rng.randint(len(given))]
    name: str = given[0]
    args: Any = given[1] if len(given) == 2 else given[1:]
    if name not in _DRAWN:
        raise _unknown(period, spec)
    if name == "until" and args < since:
        raise ValueError(
            f"timing[{period!r}] ends at {args:g} ms, but the periods before it end at {since:g}"
        )
    return _DRAWN[name](rng, args, since)


_DRAWN = {
    "choice": lambda rng, args, since: args[rng.randint(len(args))],
    "constant": lambda rng, args, since: args,
    "truncated_exponential": lambda rng, args, since: trunc_exp(rng, *args),
    "uniform": lambda rng, args, since: rng.uniform(*args),
    "until": lambda rng, args, since: args - since,
}


def _unknown(period, spec):
    """Return the error for what is no duration, in the words that it has everywhere."""
    try:
        timing.parse(period, spec)
    except ValueError as error:
        return error
    return ValueError(f"timing[{period!r}] is {spec!r}, which cannot be drawn with NumPy")


def steps_in(duration: float, dt: float) -> int:
    """Return the whole steps of a duration in ms; one that is not 0 has at least one."""
    steps = int(duration / dt + 1e-3)
    if steps > 0:
        return steps
    if duration < 0:
        raise ValueError(f"a duration is 0 ms or more, not {duration!r}")
    return int(duration > 0)


def reseed(durations: Mapping[str, Any], seed: int | None) -> None:
    """Seed each duration that draws numbers of its own, no two alike."""
    for index, spec in enumerate(durations.values()):
        if hasattr(spec, "seed"):
            own = None
            if seed is not None:
                own = int(np.random.SeedSequence([int(seed), index]).generate_state(1)[0])
            spec.seed(own)


def _plain(value):
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    short = shortest(array.astype(np.float32))
    return short.tolist() if short.ndim else short.item()
