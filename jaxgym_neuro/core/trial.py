# pyright: reportUnknownMemberType=false
"""A trial, and the builder with which a task lays one out."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.params import shown
from jaxgym_neuro.spaces import indices_of
from jaxgym_neuro.support import html
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_name, check_number, unknown_name
from jaxgym_neuro.support.xla import compute_once

ITI = "iti"  # the period that any task can have before its own
_FIXED = "duration of "  # begins the names, among conditions, of durations that are given
# Noise is drawn only for the steps that have any, where at most so many of all do, and each has at
# least so many numbers: a step of few numbers fills no vector.
_FEW, _WIDE = 0.6, 8
_ITI_DRAW = 2**31 - 1  # number of the draw of its duration: the others are numbered as without it


def fixed_duration(period: str) -> str:
    """Return the name, among the conditions of a trial, of a duration that is given."""
    return f"{_FIXED}{period}"


def split_fixed(conditions: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split conditions into those of the task and, by the periods' names, durations given in ms."""
    drawn = {name: x for name, x in conditions.items() if not name.startswith(_FIXED)}
    fixed = {
        name.removeprefix(_FIXED): x for name, x in conditions.items() if name.startswith(_FIXED)
    }
    return drawn, fixed


@pytree
class Trial:
    """One trial, drawn at once and padded to the static length T of its task."""

    conditions: dict[str, jax.Array]  # what was drawn for this trial
    start: jax.Array  # (P,) int32, first step of each period
    end: jax.Array  # (P,) int32, first step after each period
    length: jax.Array  # () int32, number of real steps
    ob: jax.Array  # (T, *row shape) float32: what is seen, or what `TrialEnv.frame` makes it of
    gt: jax.Array  # (T, *ground truth shape)

    def __str__(self) -> str:
        """Write its conditions, the steps of its periods, and what its arrays are."""
        lines = [f"    {name:10}  {text}" for name, text in self._rows().items()]
        return "\n".join([f"{self._heading()}:", *lines])

    def _repr_html_(self) -> str:
        return html.table(self._heading(), self._rows().items())

    def _heading(self) -> str:
        batch = tuple(self.length.shape)
        return f"Batch of {batch} trials" if batch else f"Trial of {shown(self.length)} steps"

    def _rows(self) -> dict[str, str]:
        told = _shape_of if self.length.shape else shown
        return {
            "conditions": ", ".join(f"{name} {told(x)}" for name, x in self.conditions.items()),
            "periods": f"from step {told(self.start)} to before {told(self.end)}",
            "ob": f"{self.ob.dtype} {tuple(self.ob.shape)}, a row per step",
            "gt": f"{self.gt.dtype} {tuple(self.gt.shape)}, a row per step",
        }


def _shape_of(x: Any) -> str:
    return f"{x.dtype} {tuple(x.shape)}"


@dataclasses.dataclass(frozen=True)
class TrialLayout:
    """What is static about a task's trials."""

    dt: float  # ms
    num_steps: int  # T
    periods: tuple[str, ...]
    ob_shape: tuple[int, ...]
    channels: Mapping[str, Any]
    gt_shape: tuple[int, ...]
    gt_dtype: Any
    actions: Mapping[str, Any]
    num_actions: int
    gt_space: spaces.Box | spaces.Discrete | None = None
    has_iti: bool = False  # does the trial begin with an interval that is not the task's own?
    # Steps that periods last at most, of those that have a timing; one may end late all the same.
    longest: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])

    @property
    def stimulus(self) -> tuple[int, ...]:
        """Channels of the stimulus: whose names tell (``stim...``), or all but the cue of fixation.

        In a layout of several tasks a name may have that of its task before it.
        """
        names = [name for name in self.channels if "_stim" in f"_{name}"]
        names = names or [name for name in self.channels if name != "fixation"]
        return tuple(indices_of("channel", self.channels, names, (self.ob_shape or (1,))[-1]))


@dataclasses.dataclass(frozen=True)
class Hidden:
    """Channels in which nothing but noise is written, in some trials."""

    when: jax.Array  # () bool, is it such a trial?
    channels: tuple[int, ...] | None  # None: the stimulus of whichever task writes


class Calls:
    """How many calls were made of the builders of one trial."""

    def __init__(self):
        self.made = 0


@dataclasses.dataclass(frozen=True)
class TrialBuilder:
    """Lays out one trial; each call returns a new builder, and changes nothing in this one.

    The vocabulary is NeuroGym's. ``period`` is a period's name or several, default the whole trial;
    ``where`` is a channel's name, index, or several of either, default all channels.
    """

    layout: TrialLayout
    key: jax.Array
    timing: Mapping[str, timing_module.Distribution]
    conditions: Mapping[str, jax.Array]
    bounds: Mapping[str, tuple[jax.Array, jax.Array]]  # period: start, end in steps
    ob: jax.Array
    gt: jax.Array
    num_draws: int = 0
    hidden: tuple[Hidden, ...] = ()
    # Durations that are given, by period, in ms; where one is below 0 it is drawn after all.
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    calls: Calls = dataclasses.field(default_factory=Calls)
    number: int = 0  # of the calls that led to this builder

    @classmethod
    def begin(
        cls,
        layout: TrialLayout,
        key: jax.Array,
        timing: Mapping[str, timing_module.Distribution],
        conditions: Mapping[str, jax.Array],
    ) -> Self:
        """Return the builder of an empty trial.

        Args:
            layout: what is static about the trial.
            key: one typed key, for durations and noise.
            timing: distribution of the duration of each period that has one, in ms.
            conditions: what was drawn for the trial, and durations that are given, see
                `fixed_duration`.
        """
        drawn, fixed = split_fixed(conditions)
        builder = cls(
            layout=layout,
            key=key,
            timing=timing,
            conditions=drawn,
            bounds={},
            ob=jnp.zeros((layout.num_steps, *layout.ob_shape), jnp.float32),
            gt=jnp.zeros((layout.num_steps, *layout.gt_shape), layout.gt_dtype),
            fixed=fixed,
        )
        return builder._with_iti() if layout.has_iti else builder

    @property
    def onset(self) -> jax.Array:
        """Step at which the task begins: 0, or the end of the interval before the trial."""
        return self.bounds[ITI][1] if self.layout.has_iti else jnp.int32(0)

    def _with_iti(self) -> Self:
        """Return the builder of a trial that begins with an interval."""
        drawn = self.timing[ITI].sample(random.fold_in(self.key, _ITI_DRAW))
        steps = self._or_fixed(ITI, timing_module.duration_steps(drawn, self.layout.dt))
        return dataclasses.replace(self, bounds={ITI: (jnp.int32(0), compute_once(steps))})

    def add_period(
        self,
        name: str | Sequence[str],
        *,
        duration: Any = None,
        after: str | None = None,
        at: Any = None,
        when: Any = True,
    ) -> Self:
        """Add one or several periods, each after the one added last unless told otherwise.

        Args:
            name: a period's name, or several to be placed one after the other.
            duration: ms; default is a draw from the task's timing. Floored to whole steps. One that
                is traced is 0 where it is negative or NaN, and cut at the last step of T.
            after: the period at whose end to begin.
            at: step at which to begin (for periods that overlap others).
            when: bool; where it is False, the period is empty.

        Raises:
            ValueError: for an unknown period, one that was added before, both ``after`` and ``at``,
                or a known duration that is no number of at least 0, or longer than T.
        """
        if not isinstance(name, str):
            builder = self
            for one in name:
                builder = builder.add_period(one, duration=duration, after=after, at=at, when=when)
                after = at = None
            return builder
        check_name("period", name, self.layout.periods)
        if name == ITI and self.layout.has_iti:
            return self  # it is there already, where a task adds all of its periods
        if name in self.bounds:
            raise ValueError(
                f"period {name!r} is added twice; move_period puts one that was added elsewhere"
            )
        if after is not None and at is not None:
            raise ValueError(
                f"period {name!r} begins after={after!r} or at={at!r}: give one of the two"
            )
        if at is not None and _is_known(at):
            check_integer(f"at (the step at which period {name!r} begins)", at, at_least=0)
        if after is not None:
            check_name("period", after, self.bounds)
            at = self.bounds[after][1]
        elif at is None:
            at = list(self.bounds.values())[-1][1] if self.bounds else jnp.int32(0)
        builder, steps = self._duration(name, duration, at)
        limit = jnp.int32(self.limit)
        start = jnp.minimum(jnp.asarray(at, jnp.int32), limit)
        end = jnp.minimum(start + jnp.where(when, steps, jnp.int32(0)), limit)
        return builder._after(bounds={**builder.bounds, name: (start, end)})

    @property
    def limit(self) -> int:
        """Number of steps at which a trial is cut, T."""
        return self.layout.num_steps

    def move_period(self, name: str, start: Any, end: Any) -> Self:
        """Have a period begin and end at other steps; where it was not added, it is."""
        check_name("period", name, self.layout.periods)
        bounds = jnp.asarray(start, jnp.int32), jnp.asarray(end, jnp.int32)
        return self._after(bounds={**self.bounds, name: bounds})

    def cut_at(self, step: Any) -> Self:
        """End at a step whatever lasts longer: the trial ends there, if not before."""
        last = jnp.asarray(step, jnp.int32)
        bounds = {
            name: (jnp.minimum(start, last), jnp.minimum(end, last))
            for name, (start, end) in self.bounds.items()
        }
        return self._after(bounds=bounds)

    def hide(self, when: Any, channels: Sequence[int] | None = None) -> Self:
        """From now on, write nothing but noise to some channels.

        Args:
            when: () bool; where it is False, all is written as ever.
            channels: indices of channels; None is the stimulus, `TrialLayout.stimulus`, of each
                task that writes with this builder or with one that `for_task` makes of it.
        """
        channels = None if channels is None else tuple(channels)
        hidden = Hidden(jnp.asarray(when, jnp.bool_), channels)
        return self._after(hidden=(*self.hidden, hidden))

    def branch(self) -> Self:
        """Return this builder for one of the branches of ``lax.cond`` or ``lax.switch``.

        What calls of it return may be dropped in favour of what the branch returns.
        """
        return dataclasses.replace(self, calls=Calls(), number=0)

    def for_task(
        self,
        layout: TrialLayout,
        key: jax.Array,
        timing: Mapping[str, timing_module.Distribution],
        conditions: Mapping[str, jax.Array],
    ) -> Self:
        """Return the builder of an empty trial of a task inside this one; see `begin`.

        Channel i of the task is channel i here: what is hidden here is hidden there.
        """
        fixed = {fixed_duration(name): ms for name, ms in self.fixed.items()}
        builder = self.begin(layout, key, timing, {**conditions, **fixed})
        return dataclasses.replace(builder, hidden=self.hidden)

    def narrowed(self, layout: TrialLayout) -> Self:
        """Return this builder for a task inside, which has the first of the channels."""
        num_channels = layout.ob_shape[-1] if layout.ob_shape else None
        layout = dataclasses.replace(layout, num_steps=self.layout.num_steps)
        return self._after(layout=layout, ob=self.ob[..., :num_channels])

    def widened(self, layout: TrialLayout) -> Self:
        """Undo `narrowed`: the channels that the task inside does not have are 0."""
        ob = self.ob
        if layout.ob_shape != self.layout.ob_shape:
            missing = layout.ob_shape[-1] - self.layout.ob_shape[-1]
            ob = jnp.pad(ob, [(0, 0)] * (ob.ndim - 1) + [(0, missing)])
        return self._after(layout=layout, ob=ob)

    def add_ob(self, value: Any, *, period: Any = None, where: Any = None) -> Self:
        """Add ``value`` to the observation: a number, one per channel, or a row per step."""
        return self._write_ob(self._shown(value, where), period, where, keep=True)

    def set_ob(self, value: Any, *, period: Any = None, where: Any = None) -> Self:
        """Set the observation to ``value``, whatever was there."""
        return self._write_ob(self._shown(value, where), period, where, keep=False)

    def add_randn(
        self, mu: Any = 0.0, sigma: Any = 1.0, *, period: Any = None, where: Any = None
    ) -> Self:
        """Add independent Gaussian noise per step and channel; ``sigma`` is its s.d. per step."""
        shape = self._shape_of(where, mu, sigma)
        builder, key = self.with_key()
        if builder.hidden and not _is_zero(mu):  # its mean is signal
            builder, mu = builder.add_ob(mu, period=period, where=where), 0.0
        mu, sigma = _spread(shape, mu, sigma)
        noise = mu + sigma * self._normal(key, shape, period)
        return builder._write_ob(noise, period, where, keep=True)

    def add_uniform(
        self, low: Any = 0.0, high: Any = 1.0, *, period: Any = None, where: Any = None
    ) -> Self:
        """Add independent numbers, uniform in [``low``, ``high``), per step and channel."""
        _check_known("low", low)
        _check_known("high", high)
        if _is_known(low) and _is_known(high) and np.any(np.asarray(low) > np.asarray(high)):
            raise ValueError(f"low is at most high ({high}), not {low}")
        builder, key = self.with_key()
        shape = self._shape_of(where, low, high)
        unit, (low, high) = random.uniform(key, shape), _spread(shape, low, high)
        return builder.add_ob(low + (high - low) * unit, period=period, where=where)

    def add_bernoulli(
        self, p: Any = 0.5, size: Any = 1.0, *, period: Any = None, where: Any = None
    ) -> Self:
        """Add ``size`` with probability ``p``, independently per step and channel."""
        _check_known("p", p, at_least=0, at_most=1)
        builder, key = self.with_key()
        shape = self._shape_of(where, p, size)
        p, size = _spread(shape, p, size)
        is_on = random.uniform(key, shape) < p
        return builder.add_ob(jnp.where(is_on, size, 0), period=period, where=where)

    def add_poisson(
        self, rate: Any, size: Any = 1.0, *, period: Any = None, where: Any = None
    ) -> Self:
        """Add ``size`` for each event of a Poisson process, independent per step and channel.

        Args:
            rate: events per second (Hz), at least 0: ``rate * dt / 1000`` per step on average.
            size: what one event adds.
            period: a period's name or several; default the whole trial.
            where: a channel's name, index, or several of either; default all.
        """
        _check_known("rate (Hz)", rate, at_least=0)
        builder, key = self.with_key()
        shape = self._shape_of(where, rate, size)
        mean = jnp.asarray(rate, jnp.float32) * np.float32(self.layout.dt / 1000)
        counts = random.poisson(key, mean, shape).astype(jnp.float32)
        (size,) = _spread(shape, size)
        return builder.add_ob(counts * size, period=period, where=where)

    def set_groundtruth(self, value: Any, *, period: Any = None, where: str | None = None) -> Self:
        """Set the ground truth.

        Args:
            value: an action, or with ``where`` the number of the option among that name's actions.
            period: a period's name or several; default the whole trial.
            where: an action's name, such as ``"choice"``.

        Raises:
            ValueError: for a fraction where the ground truth is a whole number, a shape that is
                neither that of a ground truth nor a row of them per step, or a known value that is
                no option, or lies outside the space of the ground truth.
        """
        self._check_ground_truth(value, where)
        if where is not None:
            options = indices_of("action", self.layout.actions, where, self.layout.num_actions)
            # What is no option is no action, rather than another option: `check_task` finds it.
            value = (
                jnp.asarray(np.asarray(options, np.int32))
                .at[jnp.asarray(value, jnp.int32)]
                .get(mode="fill", fill_value=-1, wrap_negative_indices=False)
            )
        value = jnp.asarray(value).astype(self.layout.gt_dtype)
        mask = self._mask(period, len(self.layout.gt_shape))
        return self._after(gt=jnp.where(mask, value, self.gt))

    def set_conditions(self, **conditions: Any) -> Self:
        """Record what was derived while building, so that it stands in ``trial.conditions``."""
        return self._after(conditions={**self.conditions, **conditions})

    def with_key(self) -> tuple[Self, jax.Array]:
        """Return the builder after a draw of your own, and the key for that draw alone.

        ``builder, key = builder.with_key()``: the builder that is returned is the one to go on
        with, as its next key is another one.
        """
        return self._counted(), random.fold_in(self.key, self.num_draws)

    def period_steps(self, name: str) -> jax.Array:
        """Return the number of steps of a period added before."""
        check_name("period", name, self.bounds)
        start, end = self.bounds[name]
        return end - start

    def period_ms(self, name: str) -> jax.Array:
        """Return the duration of a period added before, in ms, float32."""
        return self.period_steps(name).astype(jnp.float32) * self.layout.dt

    def build(self) -> Trial:
        """Return the trial; a period that was not added is empty, at step 0."""
        zero = jnp.int32(0)
        bounds = [self.bounds.get(name, (zero, zero)) for name in self.layout.periods]
        start = jnp.stack([start for start, _ in bounds])
        end = jnp.stack([end for _, end in bounds])
        ob, gt = self.ob, self.gt
        if self.layout.has_iti:  # also what was written to all steps
            step = jnp.arange(self.layout.num_steps, dtype=jnp.int32)
            ob, gt = (
                jnp.where((step < self.onset).reshape(-1, *(1,) * (x.ndim - 1)), 0, x)
                for x in (ob, gt)
            )
        return Trial(
            conditions=dict(self.conditions),
            start=start,
            end=end,
            length=jnp.maximum(jnp.max(end), 1),
            ob=ob,
            gt=gt,
        )

    @property
    def advice(self) -> str:
        """What to write, if the results of calls were dropped; "" if none were."""
        if self.calls.made == self.number:
            return ""
        return (
            "what a call of the builder returned was dropped: a builder never changes, so go on "
            "with what a call returns (builder = builder.add_ob(...)), or chain the calls"
        )

    def _after(self, **changes: Any) -> Self:
        """Return the builder after a call."""
        self.calls.made += 1
        return dataclasses.replace(self, number=self.number + 1, **changes)

    def _counted(self) -> Self:
        """Return the builder after a draw."""
        return self._after(num_draws=self.num_draws + 1)

    def _duration(self, name: str, duration: Any, at: Any) -> tuple[Self, Any]:
        """Number of steps of a period, and the builder whose key moved on if it was drawn."""
        dt = self.layout.dt
        if duration is not None:
            self._check_duration(name, duration)
            if name in self.fixed:
                raise ValueError(
                    f"the duration of period {name!r} cannot be given: it follows from conditions, "
                    f"which can ({', '.join(self.conditions) or 'none here'})"
                )
            return self, timing_module.duration_steps(jnp.asarray(duration, jnp.float32), dt)
        if name not in self.timing:
            raise ValueError(f"period {name!r} has no timing; pass duration= in ms")
        distribution = self.timing[name]
        if isinstance(distribution, timing_module.Constant | timing_module.Until):
            # A draw is counted, so that others stay what they are, but no key made: none is used.
            builder, key = self._counted(), self.key
        else:
            builder, key = self.with_key()
        steps = timing_module.duration_steps(distribution.sample(key), dt)
        if isinstance(distribution, timing_module.Until):
            steps = jnp.maximum(steps - (at - self.onset), jnp.int32(0))
        elif not isinstance(distribution, timing_module.Constant):
            steps = compute_once(steps)
        return builder, self._or_fixed(name, steps)

    def _or_fixed(self, name: str, steps: Any) -> Any:
        """Return the steps of a period: those drawn, or those that are given."""
        if name not in self.fixed:
            return steps
        ms = jnp.asarray(self.fixed[name], jnp.float32)
        return jnp.where(ms >= 0, timing_module.duration_steps(ms, self.layout.dt), steps)

    def _check_duration(self, name: str, duration: Any) -> None:
        """Raise a ValueError for a duration that is known, and is none."""
        if not _is_known(duration):
            return
        is_number = isinstance(duration, int | float | np.generic | np.ndarray)
        given = np.asarray(duration if is_number else None)
        if given.ndim or given.dtype.kind not in "fiu" or not np.isfinite(given) or given < 0:
            raise ValueError(
                f"the duration of period {name!r} is a number of ms of at least 0, not "
                f"{duration!r}; a distribution of durations stands in TIMING"
            )
        if timing_module.duration_steps(given, self.layout.dt) > self.layout.num_steps:
            longest = self.layout.num_steps * self.layout.dt
            raise ValueError(
                f"the duration of period {name!r} is {float(given):g} ms, and trials have room for "
                f"{longest:g} ms (T = {self.layout.num_steps} steps); to allow more, give the "
                "period in TIMING its longest duration, or define max_steps"
            )

    def _normal(self, key: jax.Array, shape: tuple[int, ...], period: Any) -> jax.Array:
        """Draw normal numbers for all steps, or for those of a period, if they are few."""
        layout = self.layout
        if period is None or math.prod(shape[1:]) < _WIDE:
            return random.standard_normal(key, shape)
        names = (period,) if isinstance(period, str) else period
        longest = sum(layout.longest.get(name, layout.num_steps) for name in names)
        if longest > _FEW * layout.num_steps:
            return random.standard_normal(key, shape)
        return random.standard_normal_where(key, shape, self._mask(period, 0))

    def _mask(self, period: Any, trailing: int) -> jax.Array:
        """Bool mask over steps, with ``trailing`` axes of length one."""
        steps = jnp.arange(self.layout.num_steps, dtype=jnp.int32)
        if period is None:
            mask = jnp.ones_like(steps, jnp.bool_)
        else:
            mask = jnp.zeros_like(steps, jnp.bool_)
            for name in (period,) if isinstance(period, str) else period:
                if name not in self.bounds:
                    error = unknown_name("period", name, self.bounds)
                    raise ValueError(f"{self.advice} ({error})") if self.advice else error
                start, end = self.bounds[name]
                mask = mask | ((steps >= start) & (steps < end))
        return mask.reshape(-1, *(1,) * trailing)

    def _check_ground_truth(self, value: Any, where: Any) -> None:
        layout = self.layout
        is_known = _is_known(value)
        given: Any = np.asarray(value) if is_known else jnp.asarray(value)
        space: Any = layout.gt_space
        least, most = getattr(space, "low", 0), getattr(space, "high", None)
        allowed = f"lies in {space}"
        if isinstance(space, spaces.Discrete):
            most = space.n - 1
            allowed = f"is a whole number from 0 to {most}"
        if where is not None:
            most = len(indices_of("action", layout.actions, where, layout.num_actions)) - 1
            allowed = f"is one of the {most + 1} options of {where!r}, from 0 to {most}"
        is_whole = np.issubdtype(layout.gt_dtype, np.integer) or where is not None
        if given.dtype.kind not in ("iub" if is_whole and not is_known else "fiub"):
            raise ValueError(f"the ground truth {allowed}, not {_shape_of(given)}")
        wrong = ValueError(f"the ground truth {allowed}, not {value!r}")
        if is_known and is_whole and np.any(given != np.floor(given)):
            raise wrong
        if is_known and most is not None and not np.all((given >= least) & (given <= most)):
            raise wrong
        if not _fits(given.shape, self.gt.shape):
            raise ValueError(
                f"the ground truth has the shape {layout.gt_shape}, or a row of it for each of T = "
                f"{layout.num_steps} steps, not {given.shape}"
            )

    def _shape_of(self, where: Any, *values: Any) -> tuple[int, ...]:
        """Shape of a number for each step and channel of ``where``; values must broadcast to it."""
        steps, num_channels = self.layout.num_steps, len(self._channels(where))
        shape = (steps, *self.layout.ob_shape[:-1], num_channels)
        for value in values:
            if not _fits(np.shape(value), shape):
                raise ValueError(
                    f"what is shown is a number, one per channel ({num_channels} here), or a row "
                    f"of them for each of T = {steps} steps, not of shape {np.shape(value)}"
                )
        return shape

    def _channels(self, where: Any) -> list[int]:
        if not self.layout.ob_shape:
            raise ValueError("a scalar observation has no channels; give it the shape (1,)")
        return indices_of("channel", self.layout.channels, where, self.layout.ob_shape[-1])

    def _shown(self, value: Any, where: Any) -> Any:
        """Return of a value what is not hidden."""
        for hidden in self.hidden:
            channels = self.layout.stimulus if hidden.channels is None else hidden.channels
            is_hidden = np.isin(self._channels(where), channels)
            value = jnp.asarray(value).astype(jnp.float32)
            value = jnp.where(is_hidden & hidden.when, 0, value)
        return value

    def _write_ob(self, value: Any, period: Any, where: Any, *, keep: bool) -> Self:
        shape = self.layout.ob_shape
        mask = self._mask(period, len(shape))
        value = jnp.asarray(value).astype(jnp.float32)
        if shape:
            channels = self._channels(where)
            self._shape_of(where, value)
            if value.ndim == 1:  # a number per channel, the same at every step
                value = compute_once(value)
            value = _place(value, channels, shape[-1])
            is_written = np.isin(np.arange(shape[-1]), channels).reshape(*(1,) * len(shape), -1)
        else:
            is_written = np.bool_(True)
        mask, value = mask & is_written, jnp.broadcast_to(value, self.ob.shape)
        # One use of self.ob in each: XLA's CPU fusions evaluate what is used twice twice.
        ob = self.ob + jnp.where(mask, value, 0) if keep else jnp.where(mask, value, self.ob)
        return self._after(ob=ob)


def _fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of that shape broadcasts to the whole one."""
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def _spread(shape: tuple[int, ...], *values: Any) -> tuple[jax.Array, ...]:
    """Return each value as float32 numbers of that shape."""
    return tuple(jnp.broadcast_to(jnp.asarray(x, jnp.float32), shape) for x in values)


def _is_known(value: Any) -> bool:
    """Whether a value is one of Python's or NumPy's, and not known only to the device."""
    return not any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(value))


def _check_known(name: str, value: Any, **bounds: float) -> None:
    """Raise a ValueError for numbers that are known, and not within their bounds."""
    if _is_known(value):
        for number in np.asarray(value, dtype=object).ravel().tolist():
            check_number(name, number, **bounds)


def _is_zero(mu: Any) -> bool:
    return not isinstance(mu, jax.Array) and np.ndim(mu) == 0 and mu == 0


def _place(value: jax.Array, channels: list[int], num_channels: int) -> jax.Array:
    """Spread ``value`` (..., len(channels)) over all channels; the other channels are zero."""
    if value.ndim == 0 or channels == list(range(num_channels)):
        return value
    value = jnp.broadcast_to(value, (*value.shape[:-1], len(channels)))
    first = channels[0]
    if channels == list(range(first, first + len(channels))):
        padding = [(0, 0)] * (value.ndim - 1) + [(first, num_channels - first - len(channels))]
        return jnp.pad(value, padding)
    columns = {channel: value[..., i] for i, channel in enumerate(channels)}
    empty = jnp.zeros_like(value[..., 0])
    return jnp.stack([columns.get(channel, empty) for channel in range(num_channels)], axis=-1)
