# pyright: reportUnknownMemberType=false
"""How long a period lasts: distributions of durations in milliseconds.

A distribution is a pytree with numeric leaves, so durations can be swept with ``vmap`` and changed
without compiling anew. Each is sampled with one uniform number through its inverse distribution
function. Wherever a task takes ``timing={...}``, NeuroGym's short forms (see `parse`) do as well.

Durations become whole steps in one place, `duration_steps`.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxgym_neuro import random
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import plain

Number = Any  # given as a number or an array; float32 after construction, or traced

# float32 puts 300 ms / 0.3 ms slightly below 1,000; a thousandth of a step is no duration.
_STEP_TOLERANCE = 1e-3


class Distribution:
    """A distribution of durations; `upper` is the bound from which array shapes are made."""

    def __post_init__(self):
        for name, value in vars(self).items():
            if isinstance(value, int | float | list | tuple | np.ndarray | np.generic):
                object.__setattr__(self, name, np.asarray(value, np.float32))

    def __str__(self) -> str:
        """Write the durations in words, in ms."""
        return f"{self.words()} ms"

    def words(self) -> str:
        """Write the durations in words, without their unit: ``"uniform 300-500"``."""
        raise NotImplementedError

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw one duration in ms, float32, before it is floored to steps."""
        raise NotImplementedError

    def upper(self) -> float:
        """Longest duration in ms."""
        raise NotImplementedError

    def lower(self) -> float:
        """Shortest duration in ms."""
        raise NotImplementedError

    def checked(self, name: str) -> Self:
        """Return self, or raise a ValueError naming the period ``name`` and what is allowed."""
        for field, value in vars(self).items():
            if not _are_known(value):
                continue
            value = np.asarray(value)
            if not np.all(np.isfinite(value)):
                raise ValueError(
                    f"timing[{name!r}]: {field} is {value}, and a trial's arrays need a finite "
                    f"bound; write for example ('truncated_exponential', [600, 300, 3000]) "
                    f"as mean, min, max"
                )
            if np.any(value < 0):
                raise ValueError(f"timing[{name!r}]: a duration is 0 ms or more, not {value}")
        return self


@pytree
class Constant(Distribution):
    """Always ``ms``."""

    ms: Number

    def words(self) -> str:
        """Write the durations in words."""
        return _number(self.ms)

    def sample(self, key: jax.Array) -> jax.Array:
        """Return the constant; the key is not used."""
        del key
        return jnp.asarray(self.ms, jnp.float32)

    def upper(self) -> float:
        """Return ``ms``."""
        return float(np.max(self.ms))

    def lower(self) -> float:
        """Return ``ms``."""
        return float(np.min(self.ms))


@pytree
class Uniform(Distribution):
    """Uniform between ``low`` and ``high`` ms."""

    low: Number
    high: Number

    def words(self) -> str:
        """Write the durations in words."""
        return f"uniform {_number(self.low)}-{_number(self.high)}"

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw one duration in ms."""
        low, high = jnp.asarray(self.low, jnp.float32), jnp.asarray(self.high, jnp.float32)
        return low + (high - low) * random.uniform(key)

    def upper(self) -> float:
        """Return ``high``."""
        return float(np.max(self.high))

    def lower(self) -> float:
        """Return ``low``."""
        return float(np.min(self.low))

    def checked(self, name: str) -> Self:
        """Return self, or raise a ValueError."""
        if _are_known(self.low, self.high) and np.any(self.low > self.high):
            raise ValueError(
                f"timing[{name!r}]: Uniform(low, high) has low <= high, "
                f"not {self.low} and {self.high}"
            )
        return super().checked(name)


@pytree
class Choice(Distribution):
    """One of ``values`` (ms), all equally likely."""

    values: Number  # (n,)

    def words(self) -> str:
        """Write the durations in words."""
        values = [_number(value) for value in np.ravel(self.values)]
        gaps = np.diff(np.ravel(self.values))
        if len(values) > 5 and np.all(gaps == gaps[0]):
            values = [*values[:2], "...", values[-1]]
        return f"one of {', '.join(values)}"

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw one duration in ms."""
        return random.choice(key, jnp.asarray(self.values, jnp.float32))

    def upper(self) -> float:
        """Return the largest value."""
        return float(np.max(self.values))

    def lower(self) -> float:
        """Return the smallest value."""
        return float(np.min(self.values))

    def checked(self, name: str) -> Self:
        """Return self, or raise a ValueError."""
        if np.size(self.values) == 0:
            raise ValueError(f"timing[{name!r}]: Choice needs at least one duration")
        return super().checked(name)


@pytree
class WeightedChoice(Choice):
    """One of ``values`` (ms), with probabilities in proportion to ``weights``."""

    weights: Number  # (n,)

    def words(self) -> str:
        """Write the durations in words."""
        weights = np.ravel(self.weights)
        if not _are_known(self.weights) or not np.sum(weights) > 0:
            return f"{super().words()}, not equally likely"
        shares = ", ".join(f"{share:.3g}" for share in weights / np.sum(weights))
        return f"{super().words()} with probabilities {shares}"

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw one duration in ms."""
        index = random.weighted(key, jnp.asarray(self.weights, jnp.float32))
        return jnp.asarray(self.values, jnp.float32).at[index].get(mode="promise_in_bounds")

    def checked(self, name: str) -> Self:
        """Return self, or raise a ValueError."""
        if np.shape(self.values) != np.shape(self.weights):
            raise ValueError(
                f"timing[{name!r}]: WeightedChoice has a weight for each of {np.size(self.values)} "
                f"values, not {self.weights}"
            )
        if _are_known(self.weights):
            weights = np.asarray(self.weights)
            if not np.all(np.isfinite(weights) & (weights >= 0)) or not np.sum(weights) > 0:
                raise ValueError(
                    f"timing[{name!r}]: weights are 0 or more, and not all 0, not {self.weights}"
                )
        return super().checked(name)


@pytree
class TruncatedExponential(Distribution):
    """Exponential with ``mean`` before truncation, restricted to [``min``, ``max``) ms.

    So ``mean``, as NeuroGym calls it, is the time constant, not the mean of what is drawn, which is
    `true_mean`: 270 ms for ``TruncatedExponential(180, 100, 900)``.
    """

    mean: Number
    min: Number
    max: Number

    def words(self) -> str:
        """Write the durations in words, with their mean."""
        mean, low, high = (_number(x) for x in (self.mean, self.min, self.max))
        words = f"exponential, time constant {mean} from {low}, cut at {high}"
        if not _are_known(self.mean, self.min, self.max):
            return words
        true_mean = np.round(self.true_mean())  # of a batch of them, each
        return f"{words} (mean {_number(true_mean)})"

    def true_mean(self) -> np.ndarray:
        """Return the mean of what is drawn, in ms: ``min`` and the mean of what is kept beyond it.

        With time constant tau and width w = max - min it is min + tau - w / (exp(w / tau) - 1).
        """
        tau, low, high = (np.asarray(x, np.float64) for x in (self.mean, self.min, self.max))
        width = np.minimum((high - low) / tau, 700)  # e**700 is a number yet, and large enough
        beyond = np.where(width > 0, width / np.expm1(np.where(width > 0, width, 1)), 1)
        return np.where(low < high, low + tau * (1 - beyond), high)

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw one duration in ms."""
        mean, low, high = (jnp.asarray(x, jnp.float32) for x in (self.mean, self.min, self.max))
        kept = -jnp.expm1(-(high - low) / mean)  # probability of the untruncated tail up to high
        drawn = low - mean * jnp.log1p(-kept * random.uniform(key))
        return jnp.where(low < high, jnp.minimum(drawn, high), high)

    def upper(self) -> float:
        """Return ``max``."""
        return float(np.max(self.max))

    def lower(self) -> float:
        """Return ``min``."""
        return float(np.minimum(np.min(self.min), np.min(self.max)))

    def checked(self, name: str) -> Self:
        """Return self, or raise a ValueError."""
        if _are_known(self.mean) and np.any(self.mean <= 0):
            raise ValueError(f"timing[{name!r}]: the mean is above 0 ms, not {self.mean}")
        if _are_known(self.min, self.max) and np.any(self.min > self.max):
            raise ValueError(
                f"timing[{name!r}]: TruncatedExponential(mean, min, max) has min <= max, "
                f"not {self.min} and {self.max}"
            )
        return super().checked(name)


@pytree
class Until(Distribution):
    """Until ``ms`` after the start of the trial, whatever came before; empty if that is past."""

    ms: Number

    def words(self) -> str:
        """Write the durations in words."""
        return f"until {_number(self.ms)}"

    def sample(self, key: jax.Array) -> jax.Array:
        """Return the end of the period in ms after the start of the trial."""
        del key
        return jnp.asarray(self.ms, jnp.float32)

    def upper(self) -> float:
        """Return the latest end in ms after the start of the trial."""
        return float(np.max(self.ms))

    def lower(self) -> float:
        """Return 0: what came before may leave nothing."""
        return 0.0


def duration_steps(ms: Any, dt: float) -> Any:
    """Floor durations in ms to steps; a positive one has at least one step.

    Works on NumPy values (static bounds) and on traced ones.
    """
    xp = jnp if isinstance(ms, jax.Array) else np
    ms = xp.asarray(ms, xp.float32)
    steps = xp.floor(ms / np.float32(dt) + np.float32(_STEP_TOLERANCE))
    if xp is np:  # a bound from which arrays are made must not overflow to a small one
        steps = np.minimum(steps, np.float32(2**30))
    steps = steps.astype(xp.int32)
    return xp.where(ms > 0, xp.maximum(steps, np.int32(1)), np.int32(0))


def parse(name: str, spec: Any) -> Distribution:
    """Turn NeuroGym's short forms into a distribution.

    | short form | meaning |
    | --- | --- |
    | ``500``, ``("constant", 500)`` | `Constant` |
    | ``[300, 500, 700]``, ``("choice", [300, 500, 700])`` | `Choice` |
    | ``("uniform", (300, 500))`` | `Uniform` |
    | ``("truncated_exponential", [mean, min, max])`` | `TruncatedExponential` |
    | ``("until", 1500)`` | `Until` |

    Args:
        name: the period, for the error message.
        spec: short form or distribution.

    Raises:
        ValueError: for any other form, a negative duration, or one without an upper bound.
    """
    if isinstance(spec, Distribution):
        return spec.checked(name)
    if callable(spec):
        raise ValueError(
            f"timing[{name!r}]: a function cannot be traced or bounded; write a distribution, for "
            f"example jaxgym_neuro.timing.Uniform(low=300, high=500)"
        )
    spec = plain(spec)
    if _is_number(spec) or (isinstance(spec, jax.Array) and spec.ndim == 0):
        return Constant(ms=spec).checked(name)
    if isinstance(spec, Sequence | np.ndarray) and not isinstance(spec, str):
        items = [plain(item) for item in cast(Sequence[Any], spec)]
        if len(items) > 0 and all(_is_number(item) for item in items):
            return Choice(values=items).checked(name)
        if len(items) > 0 and isinstance(items[0], str):
            return _parse_named(name, items)
    raise ValueError(f"timing[{name!r}] is {spec!r}; allowed: {_ALLOWED}")


def parse_all(timing: Mapping[str, Any]) -> dict[str, Distribution]:
    """Apply `parse` to every period."""
    return {name: parse(name, spec) for name, spec in timing.items()}


_ALLOWED = (
    "a number of ms, a list of numbers, ('constant', ms), ('uniform', (low, high)), "
    "('choice', [...]), ('truncated_exponential', [mean, min, max]), ('until', ms), "
    "or a distribution of jaxgym_neuro.timing"
)


def _truncated_exponential(name: str, args: Sequence[Any]) -> Distribution:
    if len(args) < 3:
        raise ValueError(
            f"timing[{name!r}]: an exponential without an upper bound has no longest trial; write "
            f"('truncated_exponential', [mean, min, max]), not {list(args)}"
        )
    if len(args) > 3:
        raise ValueError(
            f"timing[{name!r}] is ('truncated_exponential', {list(args)}); allowed: {_ALLOWED}"
        )
    return TruncatedExponential(mean=args[0], min=args[1], max=args[2])


_NAMED: dict[str, tuple[int | None, Callable[[str, Any], Distribution]]] = {
    "constant": (1, lambda name, args: Constant(ms=args[0])),
    "uniform": (2, lambda name, args: Uniform(low=args[0], high=args[1])),
    "choice": (None, lambda name, args: Choice(values=args)),
    "truncated_exponential": (None, _truncated_exponential),
    "until": (1, lambda name, args: Until(ms=args[0])),
}


def _parse_named(name: str, spec: Sequence[Any]) -> Distribution:
    form: str = spec[0]
    if form not in _NAMED:
        close = difflib.get_close_matches(form, _NAMED, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"timing[{name!r}]: unknown distribution {form!r}{hint} Allowed: {_ALLOWED}"
        )
    args = spec[1] if len(spec) == 2 else spec[1:]
    args = [args] if _is_number(args) else [plain(arg) for arg in args]
    count, build = _NAMED[form]
    if (count is not None and len(args) != count) or not all(_is_number(arg) for arg in args):
        raise ValueError(f"timing[{name!r}] is {spec!r}; allowed: {_ALLOWED}")
    return build(name, args).checked(name)


def _are_known(*values: Any) -> bool:
    """Whether none of the values is traced, which would be known only when the program runs."""
    return not any(isinstance(value, Tracer) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _number(value: Any) -> str:
    """Write a number; of a batch of them, or one that is traced, only what it is."""
    return f"{float(value):g}" if _are_known(value) and np.ndim(value) == 0 else f"{value}"
