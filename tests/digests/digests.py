"""A digest of what a task does: enough numbers to tell that nothing moved, and no more.

`measure` runs one configuration of a task through its public face (trials, steps, a batch of a
dataset), `static_facts` says what it is before that, and `digest` reduces every array to a line of
text. The lines of all tasks are recorded in ``digests.json`` by ``record.py``; ``test_digests.py``
compares.

What a line holds follows from what may differ between two machines that run the same library:

* Whole numbers and booleans may not differ. Of them the line has shape, dtype and a hash of the
  bytes, so one flipped number in any place shows.
* Floats may differ in their last bits: XLA orders sums, contracts products and approximates
  functions as it sees fit, and that depends on CPU, version and flags. A hash would break on all of
  this. So the line has shape, dtype, the norm and four projections onto fixed random directions,
  compared within 1e-5 of the norm. Rounding moves a projection by some 1e-7 of the norm, since the
  errors of single numbers are independent and add up like the numbers themselves; an array of n
  numbers of which one is replaced moves by about 1/sqrt(n) of the norm, 2e-3 in the largest arrays
  here. The directions have continuous weights, so numbers that change places show as well.
* NaN and infinity are counted, their places are hashed, and they are zeroed before projecting.

The directions are computed from the position alone by integer arithmetic in NumPy. They depend on
no generator whose stream might change, and least of all on JAX, whose numbers they judge.
"""

import dataclasses
import functools
import hashlib
import importlib.util
import inspect
import itertools
import json
import pathlib
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.registry import factory_of

HERE = pathlib.Path(__file__).parent
RECORDED = HERE / "digests.json"
TOLERANCE = 1e-5  # of the norm
NUM_PROJECTIONS = 4
NUM_CONFIGURATIONS = 2  # of each task
NUM_TRIALS = 32
NUM_STEPS = 600  # in each half a trial of every task ends
NUM_ROWS = 4  # of the batch

# One column for each environment: what it does, and the limits of its episodes in the second half
# of the steps (0: none), so that episodes are seen to terminate, to be truncated, and to go on.
RANDOM, FOLLOW, WAIT = range(3)  # draw, follow the ground truth, wait but for a draw in 16
POLICY = np.asarray([RANDOM, RANDOM, RANDOM, RANDOM, FOLLOW, FOLLOW, WAIT, WAIT], np.int32)
TRIALS_PER_EPISODE = np.asarray([3, 1, 0, 2, 1, 3, 2, 0], np.int32)
MAX_STEPS_IN_EPISODE = np.asarray([37, 0, 11, 0, 0, 37, 0, 37], np.int32)

# (id, number of the configuration, leaf or the beginning of its path): why it may move. For changes
# that are meant: the leaves it names need not be as recorded, and one at least must not be. Once
# the digests are recorded anew, nothing differs any more, and the entry has to go.
CORRECTIONS: dict[tuple[str, int, str], str] = {}

_FLOATS = re.compile(r"(?P<form>\w+\[[\d,]*\])(?P<nonfinite>.*) norm (?P<numbers>[^ ]+( [^ ]+)*)")


@functools.cache
def configurations() -> dict[str, list[dict[str, Any]]]:
    """Return for each id the constructor arguments of its configurations: none, and others.

    Pictures are small: all of their pixels are looked at.
    The others are those of the conformance tests, the first of each task. That module is loaded by
    its path, as its bare name means another one beside the parity tests.
    """
    path = HERE.parent / "conformance" / "configurations.py"
    spec = importlib.util.spec_from_file_location("conformance_configurations", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {id: [_small(id), others[0]] for id, others in module.CONFIGURATIONS.items()}


def _small(id: str) -> dict[str, Any]:
    takes_size = "size" in inspect.signature(factory_of(id)).parameters
    return {"size": (16, 16)} if takes_size else {}


def cases() -> list[tuple[str, int]]:
    """List every id that is sampled with the numbers of its configurations."""
    return list(itertools.product(sorted(configurations()), range(NUM_CONFIGURATIONS)))


@functools.cache
def recorded() -> dict[tuple[str, int], dict[str, str]]:
    """Read the recorded digests, by id and number of the configuration."""
    return {
        (id, int(number)): leaves
        for id, several in json.loads(RECORDED.read_text()).items()
        for number, leaves in several.items()
    }


# ------------------------------------------------------------------ what a task does


def digest_task(id: str, number: int, **changes: Any) -> dict[str, str]:
    """Return the digest of one configuration, a line for each leaf; ``changes`` are to params."""
    kwargs = configurations()[id][number]
    env, params = jgn.make(id, **kwargs)
    params = params.replace(**changes)
    facts = {"arguments": _plain(kwargs), **static_facts(env)}
    # How a stream of trials is cut depends on no argument of a task, and takes nearly as long to
    # compile as all the rest; one batch of each task will do.
    measured = jax.device_get(measure(env, params, with_batch=number == 0))
    return {
        **{f"static/{name}": text for name, text in facts.items()},
        **{path: digest(leaf) for path, leaf in _leaves(measured)},
    }


def static_facts(env: Any) -> dict[str, str]:
    """Describe what a task is before anything is drawn, as text."""
    params = env.default_params
    return {
        "name": env.name,
        "dt": _plain(env.dt),
        "T": str(env.T),
        "periods": _plain(env.periods),
        "observation_space": _describe_space(env.observation_space(params)),
        "action_space": _describe_space(env.action_space(params)),
        **{
            f"params/{field.name}": _plain(getattr(params, field.name))
            for field in dataclasses.fields(params)
        },
    }


def measure(env: Any, params: Any, with_batch: bool) -> dict[str, Any]:
    """Draw trials, take steps, and draw a batch, all in one program: it is compiled once."""
    dataset = None
    if with_batch:  # each row holds a trial to its end, and some of the next
        dataset = jgn.Dataset(env, batch_size=NUM_ROWS, seq_len=env.T + 50, params=params)

    @jax.jit
    def program(key, params):
        key_trials, key_steps, key_batch = jax.random.split(key, 3)
        keys = jax.random.split(key_trials, NUM_TRIALS)
        return {
            "trials": jax.vmap(lambda key: _parts_of_trial(env.new_trial(key, params)))(keys),
            "steps": _take_steps(env, params, key_steps),
            "batch": vars(dataset.sample_batch(key_batch, params)) if dataset else {},
        }

    return program(jax.random.key(2024), params)


def _take_steps(env, params, key):
    """Step environments side by side, and return all that they return, and where they end."""
    space, num_envs = env.action_space(params), len(POLICY)
    key_reset, key_actions, key_steps = jax.random.split(key, 3)
    draw_actions = jax.vmap(jax.vmap(space.sample))
    actions = draw_actions(jax.random.split(key_actions, (NUM_STEPS, num_envs)))
    t = np.arange(NUM_STEPS)[:, None]
    is_second_half = t >= NUM_STEPS // 2
    acts = (POLICY == RANDOM) | (t % 16 == 5)
    limits = [
        np.where(is_second_half, limit, 0).astype(np.int32)
        for limit in (TRIALS_PER_EPISODE, MAX_STEPS_IN_EPISODE)
    ]

    def step(key, state, action, acts, policy, trials_per_episode, max_steps_in_episode):
        limited = params.replace(
            trials_per_episode=trials_per_episode, max_steps_in_episode=max_steps_in_episode
        )
        told = env.ground_truth_action(state, limited).astype(action.dtype)
        action = jnp.where(acts, action, jnp.zeros_like(action))
        action = jnp.where(policy == FOLLOW, told, action)
        ob, state, *results, info = env.step(key, state, action, limited)
        # What is an answer, and when: tests/core/test_answers.py holds it.
        said = {key for name in env.answers for key in (name, time_of(name))}
        results.append({name: x for name, x in info.items() if name not in said})
        names = ("reward", "terminated", "truncated", "info")
        return state, {"ob": ob, **dict(zip(names, results, strict=True))}

    def step_all(states, now):
        key, action, acts, *limits = now
        keys = jax.random.split(key, num_envs)
        return jax.vmap(step)(keys, states, action, acts, POLICY, *limits)

    keys = jax.random.split(key_reset, num_envs)
    first_ob, states = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
    now = (jax.random.split(key_steps, NUM_STEPS), actions, acts, *limits)
    states, results = jax.lax.scan(step_all, states, now)
    # Recorded, so that if it is the actions which are drawn otherwise, this is seen first.
    drawn = {"actions": actions, "first_ob": first_ob}
    return {**drawn, **results, "state": jax.vmap(_parts_of_state)(states)}


def _parts_of_state(state):
    """Return what is public of a state: how it holds its trial is its own affair."""
    parts = {name: getattr(state, name) for name in ("time", "t", "num_trials", "carry")}
    return {**parts, "trial": _parts_of_trial(state.trial)}


def _parts_of_trial(trial):
    names = ("conditions", "start", "end", "length", "ob", "gt")
    return {name: getattr(trial, name) for name in names}


def _leaves(tree):
    """List path and array of each leaf."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        yield jax.tree_util.keystr(path, simple=True, separator="/"), np.asarray(leaf)


def _describe_space(space):
    """Describe a space: its size, bounds and names."""
    if hasattr(space, "n"):
        return f"Discrete({space.n}) {_plain(space.name)}"
    low, high = (
        _plain(bound.flat[0] if np.all(bound == bound.flat[0]) else bound)
        for bound in (np.asarray(space.low), np.asarray(space.high))
    )
    form = f"{np.dtype(space.dtype)}{_plain(space.shape)}"
    return f"Box {form} from {low} to {high} {_plain(space.name)}"


def _plain(value):
    """Write a value as text that does not tell a list from an array, or 1 from 1.0."""
    if dataclasses.is_dataclass(value):
        value_type, value = type(value).__name__, vars(value)
        return f"{value_type}{_plain(value)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_plain(item)}" for name, item in value.items()) + "}"
    if isinstance(value, range) and len(value) > 2:
        return f"[{value[0]}..{value[-1]}]" if value.step == 1 else _plain(list(value))
    if isinstance(value, list | tuple | range):
        if len(value) > 2 and all(isinstance(item, int) for item in value):
            consecutive = range(value[0], value[0] + len(value))
            if list(value) == list(consecutive):
                return _plain(consecutive)
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return _plain(np.asarray(value).tolist())
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)


# ------------------------------------------------------------------ what is kept of an array


def digest(array: Any) -> str:
    """Reduce an array to a line of text."""
    array = np.asarray(array)
    form = f"{array.dtype.name}[{','.join(map(str, array.shape))}]"
    if not np.issubdtype(array.dtype, np.floating):
        return f"{form} {_hash(array)}"
    flat = array.astype(np.float64).ravel()
    is_finite = np.isfinite(flat)
    nonfinite = ""
    if not is_finite.all():
        kinds = np.select([np.isnan(flat), flat == np.inf, flat == -np.inf], [1, 2, 3], 0)
        nonfinite = f" nonfinite {np.sum(~is_finite)} {_hash(kinds.astype(np.int8))}"
        flat = np.where(is_finite, flat, 0)
    numbers = [np.sqrt(flat @ flat), *(flat @ _weights(flat.size))]
    return f"{form}{nonfinite} norm {' '.join(f'{number:.7g}' for number in numbers)}"


def differs(before: str, now: str) -> bool:
    """Whether two lines are of arrays that differ by more than rounding."""
    if before == now:
        return False
    matches = _FLOATS.fullmatch(before), _FLOATS.fullmatch(now)
    if not all(matches):
        return True
    if any(matches[0][part] != matches[1][part] for part in ("form", "nonfinite")):
        return True
    before, now = (np.asarray(match["numbers"].split(), np.float64) for match in matches)
    # What is zero but for rounding (the sine of pi) has a norm of rounding errors itself.
    return bool(np.any(np.abs(before - now) > TOLERANCE * before[0] + 1e-6))


def moved(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """Return the leaves of two digests that are not the same, and how they are not."""
    problems = {}
    for leaf in {**before, **now}:
        if leaf not in now:
            problems[leaf] = f"is no more; it was {before[leaf]}"
        elif leaf not in before:
            problems[leaf] = f"is new: {now[leaf]}"
        elif differs(before[leaf], now[leaf]):
            problems[leaf] = f"was {before[leaf]} and is {now[leaf]}"
    return problems


def complaints(
    id: str,
    number: int,
    before: dict[str, str],
    now: dict[str, str],
    corrections: dict[tuple[str, int, str], str],
) -> list[str]:
    """Say which leaves of a configuration moved unannounced, and which announced ones did not."""
    where = f"{id}, configuration {number} ({now.get('static/arguments')})"
    problems = moved(before, now)
    announced = [prefix for task, n, prefix in corrections if (task, n) == (id, number)]
    sentences = [
        f"{where}: {leaf} {problem}"
        for leaf, problem in problems.items()
        if not any(_begins(leaf, prefix) for prefix in announced)
    ]
    sentences += [
        f"{where}: nothing in {prefix!r} moved, so the correction "
        f"{corrections[id, number, prefix]!r} is out of date; remove it from CORRECTIONS"
        for prefix in announced
        if not any(_begins(leaf, prefix) for leaf in problems)
    ]
    return sentences


def _begins(leaf, prefix):
    """Whether the path of a leaf begins with whole parts."""
    return leaf == prefix or leaf.startswith(f"{prefix}/")


def _hash(array):
    little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(little_endian.tobytes()).hexdigest()[:16]


def _weights(size):
    """Return the weights (size, projections) of the first positions."""
    return _weights_of(1 << max(size - 1, 0).bit_length())[:size]


@functools.cache
def _weights_of(size):
    """Hash positions by splitmix64 (Steele et al. 2014) to weights of mean 0 and variance 1."""
    x = np.arange(1, size * NUM_PROJECTIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    unit = (x >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (np.sqrt(3) * (2 * unit - 1)).reshape(size, NUM_PROJECTIONS)
