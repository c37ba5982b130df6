# pyright: reportUnknownMemberType=false
"""The hooks of a task, called and checked.

Whoever calls a hook calls it here. What it returns is looked at where it is traced: structure,
shapes and dtypes, and those numbers that are known by then. So a task that is written wrongly is
refused at its first trace, in words, and nothing is added to the program.
"""

import dataclasses
import difflib
import inspect
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.state import EnvState, Given, Response, none_given
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.core.trial import ITI, TrialBuilder
from jaxgym_neuro.support.validation import is_dict, is_list_or_tuple

if TYPE_CHECKING:
    from jaxgym_neuro.core.env import TrialEnv

# The entries of every step's info; a response adds others.
STEP_INFO = (
    "new_trial",
    "performance",
    "gt",
    "conditions",
    "final_observation",
    "terminated",
    "truncated",
)

_NUMBERS = "fiub"  # kinds of NumPy's dtypes that count as numbers, bool included
_IN = "In "  # begins the note of an error in a hook
_ADVICE = (
    (
        jax.errors.TracerBoolConversionError,
        "Python's if, while, and, or, not need a value that is known while the hook is traced: "
        "write jnp.where(condition, a, b), and &, |, ~",
    ),
    (
        jax.errors.TracerIntegerConversionError,
        "an index or a length is a number that is known while the hook is traced: index an array, "
        "jnp.asarray(values)[i]; a length is an argument of the constructor",
    ),
    (
        jax.errors.TracerArrayConversionError,
        "NumPy needs values that are known while the hook is traced: write jnp for np",
    ),
    (
        jax.dtypes.TypePromotionError,
        "in a task nothing is promoted: write x.astype(jnp.float32)",
    ),
    (
        jax.errors.ConcretizationTypeError,
        "float(), int(), range() and .item() need a value that is known while the hook is traced: "
        "keep it an array, or make it an argument of the constructor",
    ),
)


def init_carry(env: "TrialEnv", key: jax.Array, params: Any) -> Any:
    """Call `TrialEnv.init_carry`; numbers of Python get the dtypes of arrays."""
    with Hook(env, "init_carry") as hook:
        carry = hook.call(key, params)
        if carry is None:
            raise hook.refused("a pytree of arrays, () if there is nothing to remember", carry)
        return hook.numbers("carry", carry)


def sample_conditions(
    env: "TrialEnv", key: jax.Array, params: Any, carry: Any
) -> tuple[dict[str, jax.Array], Any]:
    """Call `TrialEnv.sample_conditions`."""
    with Hook(env, "sample_conditions") as hook:
        drawn, new = hook.pair(hook.call(key, params, carry), "conditions, carry")
        return hook.conditions(drawn), hook.like("carry", new, carry)


def build_trial(
    env: "TrialEnv", builder: TrialBuilder, conditions: Mapping[str, jax.Array], params: Any
) -> TrialBuilder:
    """Call `TrialEnv.build_trial`."""
    with Hook(env, "build_trial") as hook:
        built = hook.builder(hook.call(builder, conditions, params))
        missing = [name for name in builder.layout.periods if name not in built.bounds]
        if missing:
            raise ValueError(
                f"{hook.title} adds no period {', '.join(map(repr, missing))}; one that some "
                "trials lack is added with when=, and is empty where that is False"
            )
        return built.set_conditions(**hook.conditions(built.conditions))


def respond(env: "TrialEnv", state: EnvState, action: jax.Array, params: Any) -> Response:
    """Call `TrialEnv.respond`."""
    with Hook(env, "respond") as hook:
        response = hook.response(hook.call(state, action, params))
        answers = hook.answers(response, state, action)
        carry = state.carry
        if response.carry is not None:
            carry = hook.like("carry", response.carry, state.carry)
        response = dataclasses.replace(response, answers=answers, carry=carry)
        is_dead = env.has_iti and not env.counts_in_iti
        return _out_of_iti(env, state, response) if is_dead else response


def _out_of_iti(env: "TrialEnv", state: EnvState, response: Response) -> Response:
    """Return a response that is none in the interval before a trial."""
    is_out = env.in_period(state, ITI)

    def kept(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(is_out, old, new)

    return dataclasses.replace(
        response,
        reward=jnp.where(is_out, 0, response.reward),
        new_trial=response.new_trial & ~is_out,
        holds=False if response.holds is False else response.holds & ~is_out,
        carry=jax.tree.map(kept, response.carry, state.carry),
        answers=none_given(response.answers, is_out),
    )


def observe(env: "TrialEnv", state: EnvState, params: Any) -> jax.Array:
    """Call `TrialEnv.observe`."""
    with Hook(env, "observe") as hook:
        return hook.observation(hook.call(state, params), params)


def frame(env: "TrialEnv", row: jax.Array, params: Any) -> jax.Array:
    """Call `TrialEnv.frame`."""
    with Hook(env, "frame") as hook:
        return hook.observation(hook.call(row, params), params)


def choose_kind(
    env: "TrialEnv", key: jax.Array, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
) -> tuple[jax.Array | int, Any]:
    """Call `TrialEnv.choose_kind`."""
    with Hook(env, "choose_kind") as hook:
        kind, new = hook.pair(hook.call(key, params, carry, fixed), "kind, carry")
        wanted = f"a kind that is a whole number from 0 to {env.num_kinds - 1}"
        hook.scalar(wanted, kind, "iu", at_least=0, at_most=env.num_kinds - 1)
        return kind, hook.like("carry", new, carry)


class Hook:
    """One call of a hook: a context in which an error is told where it belongs.

    Its checks return what they were given, with weak types made strong.

    Args:
        env: the task.
        name: the name of the method.
    """

    def __init__(self, env: "TrialEnv", name: str):
        self.env, self.name = env, name

    @property
    def title(self) -> str:
        """Task and hook: ``"MyTask.respond"``."""
        return f"{self.env.name}.{self.name}"

    @property
    def place(self) -> str:
        """Where it is written: ``"my_tasks.py:12"``, with the whole path."""
        file, line = self._source()
        return f"{file}:{line}"

    def _source(self) -> tuple[str, int]:
        code = getattr(inspect.unwrap(getattr(type(self.env), self.name)), "__code__", None)
        return (code.co_filename, code.co_firstlineno) if code else (type(self.env).__module__, 0)

    def call(self, *args: Any) -> Any:
        """Call it."""
        return getattr(self.env, self.name)(*args)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Note in which hook an error arose, on which line, and what to write instead."""
        if not isinstance(error, Exception) or note_of(error):
            return
        file, line = self._source()
        while traceback is not None:  # to the innermost frame that is in the hook's own file
            if traceback.tb_frame.f_code.co_filename == file:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        advice = [words for one, words in _ADVICE if isinstance(error, one)][:1]
        if isinstance(error, KeyError):
            advice = self._closest(error)
        error.add_note(". ".join([f"{_IN}{self.title}, {file}:{line}", *advice]))

    def _closest(self, error: KeyError) -> list[str]:
        """Return what may be meant by a name that is in no dict of the task."""
        known = {
            "period": self.env.periods,
            "reward": self.env.rewards,
            "condition": self.env.CONDITIONS,
        }
        given = str(error.args[0]) if error.args else ""
        names = {name: kind for kind, several in known.items() for name in several}
        close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
        if close:
            return [f"did you mean the {names[close[0]]} {close[0]!r}?"]
        return [f"{kind}s: {', '.join(several)}" for kind, several in known.items() if several]

    def refused(self, wanted: str, found: Any) -> ValueError:
        """Build the error for what the hook returns."""
        return ValueError(f"{self.title} returns {wanted}, not {_told(found)}")

    def observation(self, ob: Any, params: Any) -> jax.Array:
        """Check that it is an observation."""
        space, kind = self.env.observation_space(params), _type_of(ob)
        if kind is None or (kind.shape, kind.dtype) != (space.shape, np.dtype(space.dtype)):
            wanted = jax.ShapeDtypeStruct(space.shape, space.dtype)
            raise self.refused(f"an observation of the space, {_told(wanted)}", ob)
        return self.numbers("the observation", ob)

    def pair(self, found: Any, names: str) -> tuple[Any, Any]:
        """Check that it is a pair."""
        if not is_list_or_tuple(found) or len(found) != 2:
            raise self.refused(f"a pair ({names})", found)
        return found[0], found[1]

    def numbers(self, what: str, tree: Any) -> Any:
        """Check that the leaves of a pytree are numbers, or arrays of them."""

        def check(path: Any, leaf: Any) -> Any:
            kind = _type_of(leaf)
            if kind is None:
                where = f"{what}{jax.tree_util.keystr(path)}"
                raise self.refused(f"{where} as a number or an array", leaf)
            return jnp.asarray(leaf, kind.dtype) if kind.weak_type else leaf

        return jax.tree_util.tree_map_with_path(check, tree)

    def like(self, what: str, new: Any, old: Any) -> Any:
        """Check that one pytree has the structure, shapes and dtypes of another."""
        new = self.numbers(what, new)
        if jax.tree.structure(new) != jax.tree.structure(old):
            raise self.refused(f"a {what} of the structure of the one given, {_told(old)}", new)
        leaves = cast(list[tuple[Any, Any]], jax.tree_util.tree_leaves_with_path(new))
        for (path, x), y in zip(leaves, jax.tree.leaves(old), strict=True):
            found, given = jax.typeof(x), jax.typeof(y)
            if (found.shape, found.dtype) != (given.shape, given.dtype):
                where = f"{what}{jax.tree_util.keystr(path)}"
                raise self.refused(f"{where} as it was given, {_told(y)}", x)
        return new

    def conditions(self, found: Any) -> dict[str, jax.Array]:
        """Check that they are a dict from name to array, each as ``CONDITIONS`` declares it."""
        if not is_dict(found):
            raise self.refused("conditions as a dict from name to array", found)
        checked: dict[str, jax.Array] = {}
        for name, value in found.items():
            kind = _type_of(value)
            if kind is None or getattr(kind.dtype, "kind", "V") not in _NUMBERS:
                wanted = f"the condition {name!r} as an array (float32, int32 or bool)"
                raise self.refused(wanted, value)
            checked[name] = self.numbers(f"the condition {name!r}", value)
        for name, entry in self.env.CONDITIONS.items():
            if name not in checked:  # some are drawn under an option only
                continue
            kind = jax.typeof(checked[name])
            if kind.dtype != np.dtype(entry.dtype) or not self._fits(kind.shape, entry.shape):
                sizes = ", ".join(map(str, entry.shape))
                declared = f"{entry.dtype}[{sizes}]"
                wanted = f"the condition {name!r} as CONDITIONS declares it, {declared}"
                raise self.refused(wanted, checked[name])
        return checked

    def _fits(self, shape: tuple[int, ...], declared: tuple[int | str, ...]) -> bool:
        """Whether a shape is a declared one, of whose letters some lengths may be known."""
        if len(shape) != len(declared):
            return False
        known = [self.env.sizes.get(str(size), size) for size in declared]
        return all(
            size == found or not isinstance(size, int)
            for found, size in zip(shape, known, strict=True)
        )

    def builder(self, found: Any) -> TrialBuilder:
        """Check that it is a builder."""
        if not isinstance(found, TrialBuilder):
            raise self.refused("the builder that its last call returned", found)
        if found.advice:
            raise ValueError(f"{self.title}: {found.advice}")
        return found

    def response(self, found: Any) -> Response:
        """Check that it is a response; its carry is not looked at."""
        if not isinstance(found, Response):
            raise self.refused("a Response", found)
        finite = {"at_least": -np.inf, "at_most": np.inf}
        self.scalar("a reward that is a finite number", found.reward, _NUMBERS, **finite)
        self.scalar("new_trial as True or False", found.new_trial, "b")
        self.scalar("holds as True or False", found.holds, "b")
        score = "a performance from 0 to 1"
        self.scalar(score, found.performance, _NUMBERS, at_least=0, at_most=1)
        return dataclasses.replace(found, info=self._info(found.info))

    def _info(self, found: Any) -> dict[str, Any]:
        if not is_dict(found):
            raise self.refused("info as a dict from name to array", found)
        for name in found:
            if name in STEP_INFO:
                raise ValueError(
                    f"{self.title} returns an info with {name!r}, which is the step's own; give "
                    f"it another name (the step's are {', '.join(STEP_INFO)})"
                )
        info = self.numbers("info", dict(found))
        for name, entry in self.env.INFO.items():
            if name not in info:
                raise ValueError(
                    f"{self.title} returns no info {name!r}, which INFO declares; it returns: "
                    f"{', '.join(info) or 'none'}"
                )
            kind = jax.typeof(info[name])
            if kind.dtype != np.dtype(entry.dtype) or not self._fits(kind.shape, entry.shape):
                sizes = ", ".join(map(str, entry.shape))
                wanted = f"info[{name!r}] as INFO declares it, {entry.dtype}[{sizes}]"
                raise self.refused(wanted, info[name])
        return info

    def answers(self, response: Response, state: EnvState, action: Any) -> dict[str, Given]:
        """Check the answers, and have each with its value and its time."""
        declared, found = self.env.answers, response.answers
        if found is None and list(declared) == ["choice"]:
            acted = (action != 0) if self.env.can_wait else jnp.bool_(True)
            found = {
                "choice": Given(acted & (response.new_trial | self.env.is_last_step(state))),
            }
        if not is_dict(found) or set(found) != set(declared):
            raise self.refused(
                f"a Response whose answers are a dict of {', '.join(declared) or 'nothing'}, as "
                "ANSWERS declares; a wrapper changes it by dataclasses.replace(response, ...)",
                found,
            )
        checked: dict[str, Given] = {}
        for name, given in found.items():
            if {name, time_of(name)} & set(response.info):
                raise ValueError(
                    f"{self.title} returns an info with the name of the answer {name!r}, or of its "
                    f"time, {time_of(name)!r}, which the step writes itself; give it another name"
                )
            if not isinstance(given, Given):
                raise self.refused(f"the answer {name!r} as Given(is_given, value)", given)
            self.scalar(f"answer {name!r} with is_given as True or False", given.is_given, "b")
            value, time = given.value, given.time
            struct = self.env.answer_struct(name)
            value = jnp.asarray(action, struct.dtype) if value is None else value
            value = self.numbers(f"the answer {name!r}", value)
            if (value.shape, value.dtype) != (struct.shape, struct.dtype):
                wanted = f"the answer {name!r} as ANSWERS declares it, {_told(struct)}"
                raise self.refused(wanted, value)
            if time is None:
                time = jnp.where(given.is_given, self.env.time_since(name, state), -1)
            checked[name] = Given(given.is_given, value, time)
        return checked

    def scalar(
        self,
        wanted: str,
        found: Any,
        kinds: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Check a number: its shape and kind, and its value if that is known.

        Args:
            wanted: what it should be, in words.
            found: the number.
            kinds: letters of the kinds of dtype that it may have, as NumPy has them.
            at_least: bound of a number.
            at_most: bound of a number.
        """
        kind = _type_of(found)
        if kind is None or kind.shape or getattr(kind.dtype, "kind", "V") not in kinds:
            raise self.refused(wanted, found)
        is_known = isinstance(found, int | float | np.generic | np.ndarray)
        if at_least is None or at_most is None or not is_known:
            return
        number = float(found)
        if not (np.isfinite(number) and at_least <= number <= at_most):
            raise self.refused(wanted, found)


def note_of(error: BaseException) -> str:
    """Return in which hook an error arose, and what to do; "" if it arose in none."""
    notes: Iterable[str] = getattr(error, "__notes__", ())
    return next((note for note in notes if note.startswith(_IN)), "")


def _type_of(value: Any) -> Any:
    """Return shape, dtype and weakness of a number or an array; None of anything else."""
    try:
        return jax.typeof(value)
    except TypeError:
        return None


def _told(value: Any) -> str:
    """Write what something is, and a number or a word itself."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    kind = value if isinstance(value, jax.ShapeDtypeStruct) else _type_of(value)
    if kind is not None:
        return f"{kind.dtype}[{', '.join(map(str, kind.shape))}]"
    if is_dict(value):
        return f"{{{', '.join(f'{name!r}: {_told(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_told, cast(Iterable[Any], value)))})"
    return f"a {type(value).__name__}"
