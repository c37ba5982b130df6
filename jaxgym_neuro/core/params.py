# pyright: reportUnknownMemberType=false
"""Pytrees of numbers: each declared once, with its meaning, unit, dtype, shape and bounds."""

import copyreg
import dataclasses
import functools
import math
import numbers
from collections.abc import Mapping
from typing import Any, Self, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.support import html
from jaxgym_neuro.support.printing import brief
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_name,
    check_names,
    check_probabilities,
    is_dict,
    is_list_or_tuple,
    merge_known,
)

# A leaf of params: given as a number of Python's or an array, kept as an array.
Leaf: TypeAlias = Any

_KEY = "number"  # where a field of a dataclass keeps its declaration


@dataclasses.dataclass(frozen=True)
class Number:
    """What a field of params is, and what it may be; made by `number` and its like.

    A `Condition` is one too; only there a bound may be a name, in place of what the task has.
    """

    meaning: str
    unit: str = ""
    dtype: Any = np.float32
    shape: tuple[int | str, ...] = ()  # a letter stands for a length told at construction
    above: float | None = None
    at_least: float | None = None
    at_most: float | str | None = None
    below: float | str | None = None
    sums_to_1: bool = False  # does the last axis sum to 1?
    one_of: tuple[Any, ...] = ()  # the numbers, or the whole arrays as tuples, that it may be
    distinct: bool = False  # do the numbers of an array differ from one another?

    @property
    def allowed(self) -> str:
        """What one number may be, in words."""
        if self.dtype is np.bool_:
            return "True or False"
        if self.sums_to_1:
            return "a probability, and they sum to 1"
        if self.one_of:
            *others, last = (_bound_in_words(value) for value in self.one_of)
            return " or ".join([", ".join(others), last] if others else [last])
        words = "a whole number" if self.dtype is np.int32 else "a finite number"
        is_bounded_below = self.above is not None or self.at_least is not None
        at_most = "at most" if is_bounded_below else "of at most"
        bounds = (
            ("above", self.above),
            ("of at least", self.at_least),
            (at_most, self.at_most),
            ("below", self.below),
        )
        given = [f"{word} {_bound_in_words(x)}" for word, x in bounds if x is not None]
        words = " ".join([words, " and ".join(given)]) if given else words
        return f"{words}, and no two are equal" if self.distinct else words

    def checked(self, name: str, value: Any, like: Any = None) -> Any:
        """Return a value as Python's numbers (an array as nested tuples), or raise a ValueError.

        Args:
            name: what it is called in the error.
            value: a number, nested lists of numbers, an array of NumPy or JAX, or a dict of these.
            like: a value whose shape it must have; default is any that suits ``shape``.
        """
        if is_dict(value) or is_dict(like):
            return self._checked_entries(name, value, value if like is None else like)
        if self.unit:
            name = f"{name} ({self.unit})"
        array = _as_array(value)
        self._check_shape(name, value, array, like)
        if self.sums_to_1:
            shape = (None,) * array.ndim if like is None else np.shape(like)
            return _as_tuples(check_probabilities(name, value, shape=shape))
        of_each = f"each of {name}" if self.shape else name
        if self.one_of and is_list_or_tuple(self.one_of[0]):
            if _as_tuples(array) not in self.one_of:
                raise ValueError(f"{name} is {self.allowed}, not {value!r}")
            return _as_tuples(array.astype(self._host_dtype))
        for item in array.ravel().tolist():
            if self._is_too_large(item):
                raise ValueError(f"{of_each} is too large for {self.dtype.__name__}: {item!r}")
            if not self._allows(item):
                raise ValueError(f"{of_each} is {self.allowed}, not {item!r}")
        if self.distinct and np.unique(array).size < array.size:
            raise ValueError(f"{of_each} is {self.allowed}, not {array.tolist()!r}")
        return _as_tuples(array.astype(self._host_dtype))

    def _checked_entries(self, name: str, value: Any, like: Any) -> dict[str, Any]:
        if not is_dict(like):
            raise ValueError(f"{name} is {'an array' if np.ndim(like) else 'a number'}, not a dict")
        if not is_dict(value) or set(like) - set(value):
            raise ValueError(f"{name} is a dict with {', '.join(map(str, like))}, not {value!r}")
        check_names(f"entry of {name}", value, like)
        shapes: Mapping[str, Any] = {} if value is like else like
        return {
            key: self.checked(f"{name}[{key!r}]", item, shapes.get(key))
            for key, item in value.items()
        }

    def _check_shape(self, name: str, value: Any, array: np.ndarray, like: Any) -> None:
        sizes = self.shape if like is None else np.shape(like)
        is_like = len(sizes) == array.ndim and all(
            size == known or isinstance(known, str)
            for size, known in zip(array.shape, sizes, strict=True)
        )
        if not is_like and not self.shape:
            raise ValueError(f"{name} is {self.allowed}, not {value!r}")
        if not is_like:
            wanted = f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"
            raise ValueError(f"{name} has the shape {wanted}, not {array.shape}: {value!r}")
        if array.size == 0:
            raise ValueError(f"{name} needs at least one number")

    @property
    def _host_dtype(self) -> Any:
        return {np.float32: float, np.int32: int, np.bool_: bool}[self.dtype]

    def _is_too_large(self, item: Any) -> bool:
        if isinstance(item, bool) or not isinstance(item, int | float):
            return False
        is_whole = self.dtype is np.int32
        greatest = np.iinfo(np.int32).max if is_whole else float(np.finfo(np.float32).max)
        return greatest < abs(item) < math.inf

    def _allows(self, item: Any) -> bool:
        if self.dtype is np.bool_ or isinstance(item, bool):
            return isinstance(item, bool) and self.dtype is np.bool_
        is_whole = self.dtype is np.int32
        is_number = isinstance(item, numbers.Integral if is_whole else numbers.Real)
        if not is_number or not math.isfinite(item):
            return False
        # A float32 may exceed the bound that it was set to: compare what is kept.
        item = self.dtype(item)
        return (
            (self.above is None or item > self.dtype(self.above))
            and (self.at_least is None or item >= self.dtype(self.at_least))
            and (self.at_most is None or item <= self.dtype(self.at_most))
            and (self.below is None or item < self.dtype(self.below))
            and (not self.one_of or any(item == self.dtype(value) for value in self.one_of))
        )


def number(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    shape: tuple[int | str, ...] = (),
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    sums_to_1: bool = False,
) -> Any:
    """Declare a field of params: a float32, or an array of them.

    ``sigma: Leaf = number(1.0, "input noise", at_least=0)``

    Args:
        default: its value where a constructor gives none.
        meaning: what it is, in words.
        unit: such as ``"ms"`` or ``"percent"``.
        shape: of an array; a letter stands for a length told at construction.
        above: bound of each number, itself excluded.
        at_least: lower bound of each number.
        at_most: upper bound of each number.
        sums_to_1: whether the last axis sums to 1.
    """
    declared = Number(
        meaning,
        unit=unit,
        shape=shape,
        above=above,
        at_least=at_least,
        at_most=at_most,
        sums_to_1=sums_to_1,
    )
    return _field(default, declared)


def integer(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    shape: tuple[int | str, ...] = (),
    at_least: int | None = None,
    at_most: int | None = None,
) -> Any:
    """Declare a field of params: a whole number (int32), or an array of them; see `number`."""
    declared = Number(
        meaning, unit=unit, dtype=np.int32, shape=shape, at_least=at_least, at_most=at_most
    )
    return _field(default, declared)


def probability(default: Any, meaning: str, *, shape: tuple[int | str, ...] = ()) -> Any:
    """Declare a field of params: a probability, or an array of several; see `number`."""
    return number(default, meaning, shape=shape, at_least=0, at_most=1)


def flag(default: bool, meaning: str) -> Any:
    """Declare a field of params: a bool."""
    return _field(default, Number(meaning, dtype=np.bool_))


def _field(default: Any, entry: Number) -> Any:
    return dataclasses.field(default=default, metadata={_KEY: entry})


def _bound_in_words(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, int | float) else str(bound)


def _check_whole(kind: str, name: str, given: Any, known: Any) -> None:
    """Raise a ValueError for some of the entries only, and for durations in a short form."""
    if not is_dict(given) or not given:
        return
    is_short = name == "timing" and any(
        isinstance(spec, int | float | str | list | tuple) for spec in given.values()
    )
    if is_short or set(known) - set(given):
        check_names(kind, given, known)
        raise ValueError(
            f"replace({name}=...) takes all of {', '.join(known)}, as they are kept; write "
            f"params.with_{name}(**{given!r})"
        )


def _is_on_host(value: Any) -> bool:
    return isinstance(value, bool | int | float | list | tuple | np.generic | np.ndarray)


def _as_array(value: Any) -> np.ndarray:
    """Return an array; a list of bools among other things keeps them apart from numbers."""
    try:
        array = np.asarray(value)
        if not is_list_or_tuple(value) or array.dtype.kind == "b":
            return array
        items = np.asarray(value, dtype=object)
        has_bools = any(isinstance(item, bool | np.bool_) for item in items.flat)
        return items if has_bools or array.dtype.kind in "US" else array
    except (TypeError, ValueError):  # ragged lists, keys, tracers: no numbers
        return np.asarray(None, dtype=object)


def _as_tuples(array: np.ndarray) -> Any:
    def nested(items: Any) -> Any:
        return tuple(map(nested, items)) if is_list_or_tuple(items) else items

    return nested(array.tolist())


@functools.cache
def declared(cls: type) -> dict[str, Number]:
    """Return the declarations of a params class: those written out, and those of bare numbers.

    A field written as a bare number (``gain: jax.Array = 1.0``) may be any finite number, or any
    whole number if its default is one.
    """
    found: dict[str, Number] = {}
    for field in dataclasses.fields(cls):
        if _KEY in field.metadata:
            found[field.name] = field.metadata[_KEY]
        elif field.default is not dataclasses.MISSING and field.default is not None:
            array = np.asarray(field.default)
            dtype = {"b": np.bool_, "i": np.int32}.get(array.dtype.kind, np.float32)
            found[field.name] = Number("", dtype=dtype, shape=("n",) * array.ndim)
    return found


def check_param(cls: type, name: str, value: Any, called: str | None = None) -> Any:
    """Return the value of one field as Python's numbers, or raise a ValueError; see `Number`.

    Args:
        cls: the class of the params.
        name: the field.
        value: what was given for it; None is its default.
        called: what the caller knows it as; default is the field's name.
    """
    value = getattr(cls, name) if value is None else value
    return declared(cls)[name].checked(called or name, value)


def as_leaf(value: Any, dtype: Any) -> Any:
    """Give a host number (or a list or a dict of them) a fixed dtype; leave anything else alone.

    Python numbers are weakly typed and float64 arrays are not float32: either would compile a
    jitted function anew. What the dtype cannot hold (0.5 as a whole number) keeps its own, for
    `TrialEnv.validate` to refuse.
    """
    if is_dict(value):
        return {name: as_leaf(item, dtype) for name, item in value.items()}
    if not _is_on_host(value):
        return value
    array = _as_array(value)
    if array.dtype == object:
        return value
    is_number, wants_number = array.dtype.kind in "iuf", dtype is not np.bool_
    if is_number == wants_number and array.dtype.kind in "iufb":
        with np.errstate(invalid="ignore", over="ignore"):
            cast = array.astype(dtype)
        if dtype is np.float32 or np.array_equal(cast, array):
            return cast
    return array


def checked_leaf(domain: Number, name: str, value: Any) -> Any:
    """Return a value as an array of its dtype; of one that is traced only that is checked.

    Args:
        domain: what it may be.
        name: what it is called in the error.
        value: a number, nested lists of numbers, an array of NumPy or JAX.
    """
    if not any(map(is_traced, jax.tree.leaves(value))):
        given = as_leaf(value, np.int32) if domain.dtype is np.int32 else value  # 2.0 is whole
        return np.asarray(domain.checked(name, given), domain.dtype)
    array = jnp.asarray(value)
    if array.shape != domain.shape:
        raise ValueError(f"{name} has the shape {domain.shape}, not {array.shape}")
    if not np.can_cast(array.dtype, domain.dtype, "same_kind"):
        raise ValueError(f"{name} is {domain.allowed}, not a traced {array.dtype}")
    return array.astype(domain.dtype)


@pytree
class TrialParams:
    """Numbers of a task that may be swept with ``vmap``; tasks add their own fields.

    Each is declared by `number`, `integer`, `flag` or `probability`, with its meaning and its
    bounds, which `TrialEnv.validate` checks. Change them with ``params.replace(...)``,
    `with_timing` and `with_rewards`, which keep structure and dtypes, so that nothing is compiled
    anew.
    """

    timing: dict[str, timing_module.Distribution] = dataclasses.field(  # ms
        default_factory=dict[str, timing_module.Distribution]
    )
    rewards: dict[str, Leaf] = dataclasses.field(default_factory=dict[str, Leaf])  # float32 scalars
    r_tmax: Leaf = number(0.0, "added to the reward when a trial runs out of time")
    abort: Leaf = flag(False, "whether breaking fixation ends the trial")
    trials_per_episode: Leaf = integer(
        0, "number of trials after which the episode terminates; 0: never", at_least=0
    )
    max_steps_in_episode: Leaf = integer(
        0, "number of steps after which the episode is truncated; 0: never", at_least=0
    )

    def __post_init__(self):
        for name, entry in declared(type(self)).items():
            object.__setattr__(self, name, as_leaf(getattr(self, name), entry.dtype))
        object.__setattr__(self, "rewards", as_leaf(self.rewards, np.float32))

    def replace(self, **changes: Any) -> Self:
        """Return params with other fields; host numbers get the fields' dtypes.

        Raises:
            ValueError: for an unknown field, with the closest match; for durations that are no
                distributions, and for some of the rewards only.
        """
        for name in changes:
            check_name("param", name, [field.name for field in dataclasses.fields(self)])
        for kind, name in (("period", "timing"), ("reward", "rewards")):
            _check_whole(kind, name, changes.get(name), getattr(self, name))
        return dataclasses.replace(self, **changes)

    def with_timing(self, **periods: Any) -> Self:
        """Return params with other durations: ``with_timing(delay=("uniform", (300, 500)))``."""
        merged = merge_known("period", self.timing, periods)
        parsed = {name: timing_module.parse(name, spec) for name, spec in merged.items()}
        return self.replace(timing=parsed)

    def with_rewards(self, **rewards: float) -> Self:
        """Return params with other rewards: ``with_rewards(abort=-0.5)``."""
        return self.replace(rewards=merge_known("reward", self.rewards, rewards))

    def __str__(self):
        """Write each number with its unit and meaning, a line each; params within them after it."""
        rows = [
            (name, f"{value}: {meaning}" if meaning else value)
            for name, value, meaning in self._numbers()
        ]
        width = max(len(name) for name, _ in rows)
        titles = ["", *(name for name, _ in rows)]
        lines = [
            f"    {name * (name != before):{width}}  {text}"
            for before, (name, text) in zip(titles, rows, strict=False)
        ]
        return "\n".join([f"{title_of(type(self))}:", *lines, *map(str, self._within())])

    def _repr_html_(self) -> str:
        numbers = [row for row in self._numbers() if any(row[1:])]
        within = "".join(one._repr_html_() for one in self._within())
        return html.table(title_of(type(self)), numbers, ("name", "value", "meaning")) + within

    def _numbers(self) -> list[tuple[str, str, str]]:
        """List name, value with its unit, and meaning, of each number."""
        entries = declared(type(self))
        rows = [("timing", f"{name} {shown(spec)}", "") for name, spec in self.timing.items()]
        rows += [("rewards", f"{name} {shown(x)}", "") for name, x in self.rewards.items()]
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name not in ("timing", "rewards") and not _are_params(value):
                entry = entries.get(field.name, Number(""))
                rows.append((field.name, f"{shown(value)} {entry.unit}".strip(), entry.meaning))
        return rows

    def _within(self) -> list["TrialParams"]:
        """List the params that are fields of these: those of several tasks."""
        values = (getattr(self, field.name) for field in dataclasses.fields(self))
        return [one for value in values if _are_params(value) for one in value]


def _are_params(value: Any) -> bool:
    return isinstance(value, tuple) and isinstance(next(iter(cast(Any, value)), None), TrialParams)


def shown(value: Any) -> str:
    """Write a number, an array, a duration or a tree of them in a few words."""
    if isinstance(value, timing_module.Distribution):
        return str(value)
    if is_dict(value):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    return brief(value) if hasattr(value, "shape") else str(value)


def is_traced(value: Any) -> bool:
    """Whether a value is an array inside ``jit``, ``vmap`` or ``grad``, of no value yet."""
    return isinstance(value, Tracer)


@pytree
class NoisyParams(TrialParams):
    """Params of a task whose input is noisy."""

    sigma: Leaf = number(1.0, "input noise; its s.d. per step is sigma / sqrt(dt)", at_least=0)


def joined(base: type, extra: type, names: tuple[str, ...] | None = None) -> type:
    """Return a class of params with the fields of ``base``, and those that ``extra`` adds.

    The same class for the same fields, so that equal tasks share compiled code. It can be pickled
    and copied, as can its instances.

    Args:
        base: the class to begin with.
        extra: a class whose fields, beyond those of every task, are added.
        names: which of them; default are all.
    """
    known = {field.name for field in dataclasses.fields(TrialParams)}
    added = [field.name for field in dataclasses.fields(extra) if field.name not in known]
    added = [name for name in added if names is None or name in names]
    return _joined(base, extra, tuple(added)) if added else base


class _Joined(type):
    """What `joined` makes: pickle cannot import such classes, and is told what they are made of."""

    PARTS: tuple[tuple[type, tuple[str, ...] | None], ...]


@functools.cache
def _joined(base: type, extra: type, names: tuple[str, ...]) -> type:
    fields = [field for field in dataclasses.fields(extra) if field.name in names]
    body: dict[str, Any] = {"__module__": __name__, "__doc__": f"{base.__doc__} {extra.__doc__}"}
    body["__annotations__"] = {field.name: field.type for field in fields}
    for field in fields:
        body[field.name] = dataclasses.field(default=field.default, metadata=field.metadata)
    cls = pytree(_Joined(f"{title_of(base)} and {title_of(extra)}", (base,), body))
    cls.PARTS = (*getattr(base, "PARTS", ((base, None),)), (extra, names))
    return cls


def _joined_again(*parts: tuple[type, tuple[str, ...] | None]) -> type:
    (cls, _), *others = parts
    for extra, names in others:
        cls = joined(cls, extra, names)
    return cls


copyreg.pickle(_Joined, lambda cls: (_joined_again, cls.PARTS))


def title_of(cls: type) -> str:
    """Name a class; one that is only called Params, after its module."""
    name = cls.__name__
    return f"Params of {cls.__module__.rpartition('.')[2]}" if name == "Params" else name
