"""The docstring of every task says what its code does: the tables, the arguments, the reference."""

import functools
import inspect
import itertools
import re
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import registry
from jaxgym_neuro import timing as timing_module

RING = 5  # units of every ring, so that an index in d is not right by chance
# Arguments for which a task has all that its tables speak of, and the letters in their indices.
CASES = {
    "AnnubesEnv-v0": ({"output_behavior": (0, 1, 2)}, {"n": 2}),
    "Bandit-v0": ({"n": 3, "p": (0.1, 0.2, 0.3)}, {"n": 3}),
    "ContextDecisionMaking-v0": ({"use_expl_context": True}, {}),
    "MotorTiming-v0": ({"intervals": (800, 1000, 1500)}, {"n": 3}),
    "ProbabilisticReasoning-v0": ({"shape_weight": (-1, 0.5, 1)}, {"s": 3}),
    "PulseDecisionMaking-v0": ({"n_bin": 3}, {}),
    "ToneDetection-v0": ({"timing": {"toneTiming": (300, 600)}}, {"n": 2}),
    "priors.priors_v0-v0": ({"n_ch": 4}, {"n": 4}),
}
COLUMNS = {
    "Periods": ["name", "default (ms)", "the subject should"],
    "Observation": ["index", "channel", "meaning"],
    "Actions": ["index", "name", "meaning"],
    "Rewards": ["name", "default", "event", "ends the trial?"],
    "Conditions": ["name", "distribution"],
}
DTYPE = r"\b(int32|float32|bool)\b"


@functools.cache
def documented(id):
    """A task, the letters of its indices, and its docstring."""
    factory = registry._entry(id).load()
    arguments, symbols = CASES.get(id, ({}, {}))
    if "dim_ring" in inspect.signature(factory).parameters:
        arguments, symbols = {**arguments, "dim_ring": RING}, {**symbols, "d": RING}
    env, _ = jgn.make(id, **arguments)
    return SimpleNamespace(id=id, env=env, symbols=symbols, doc=inspect.getdoc(factory))


@pytest.fixture(params=sorted(registry._BUILT_IN))
def task(request):
    return documented(request.param)


def table(task, section):
    """Rows of a section's table, each a list of texts; [] where the section has no table."""
    pattern = rf"^{section}\b[^\n]*(?:\n[^\n]+)*?:\n\n(=[^\n]+\n(?:[^\n]+\n)+)"
    found = re.search(pattern, task.doc, re.MULTILINE)
    if found is None:
        return []
    top, header, below, *lines, bottom = found[1].splitlines()
    assert top == below == bottom, f"the rules of {section} differ"
    starts, ends = zip(*(rule.span() for rule in re.finditer("=+", top)), strict=True)
    rows = []
    for line in (header, *lines):
        between = [line[end:start] for end, start in zip(ends, starts[1:], strict=False)]
        assert not "".join(between).strip(), f"{section}: out of its column: {line}"
        cells = [line[a:b].strip() for a, b in itertools.pairwise((*starts, None))]
        if cells[0]:
            rows.append(cells)
        else:  # the row above goes on
            rows[-1] = [" ".join(filter(None, both)) for both in zip(rows[-1], cells, strict=True)]
    titles, *rows = rows
    assert [title for title in titles if not title.endswith("cue")] == COLUMNS[section]
    return rows


def placeholder(name):
    """The regular expression of a name such as ``stim{i}_mod1``, and its letter, i."""
    letter = re.search(r"{(\w)}", name)
    return re.sub(r"{\w}", r"\\d+", name), letter and letter[1]


def number(text, symbols):
    """Value of a sum of products such as ``2d+1``."""
    total = 0
    for sign, term in re.findall(r"([+-]?)(\w+)", text):
        factors = re.findall(r"\d+|[a-z]", term)
        value = np.prod([int(f) if f.isdigit() else symbols[f] for f in factors])
        total += -value if sign == "-" else value
    return int(total)


def indices(text, symbols):
    """Indices that ``0``, ``1, 2`` or ``d+1..2d`` stand for."""
    if ".." in text:
        first, last = (number(bound, symbols) for bound in text.split(".."))
        return list(range(first, last + 1))
    return [number(one, symbols) for one in text.split(", ")]


def named_indices(rows, names, symbols):
    """What a table of channels or actions says: name to indices."""
    said = {}
    for text, name, *_ in rows:
        pattern, letter = placeholder(name)
        several = [known for known in names if re.fullmatch(pattern, known)]
        if letter and letter in text:  # the indices of each, by its number from 0
            for j in range(len(several)):
                said[name.format(**{letter: j})] = indices(text, symbols | {letter: j})
        elif letter or ", " in name:  # one index for each
            each = several if letter else name.split(", ")
            said |= {one: [i] for one, i in zip(each, indices(text, symbols), strict=True)}
        else:
            said[name] = indices(text, symbols)
    return said


def check_names(task, section, space, size):
    """Compare a table of channels or actions with the space, which it covers if there is one."""
    said = named_indices(table(task, section), space.name, task.symbols)
    known = {name: np.atleast_1d(where).tolist() for name, where in space.name.items()}
    assert said == known
    assert sorted(itertools.chain(*said.values())) == list(range(size if said else 0))


def spelled(distribution):
    """How a table writes a default duration."""
    values = [f"{value:g}" for field in vars(distribution).values() for value in np.ravel(field)]
    match distribution:
        case timing_module.Constant():
            return values[0]
        case timing_module.Uniform():
            return f"uniform {values[0]}-{values[1]}"
        case timing_module.TruncatedExponential():
            return "truncated exponential, mean {}, {} to {}".format(*values)
    steps = np.diff(distribution.values)
    if len(values) > 5 and np.all(steps == steps[0]):
        values = [*values[:2], "...", values[-1]]
    return "one of " + ", ".join(values)


def test_periods(task):
    rows, said = table(task, "Periods"), []
    patterns = [placeholder(name)[0] for name, *_ in rows]
    for name in task.env.periods:
        (row,) = [row for row, p in zip(rows, patterns, strict=True) if re.fullmatch(p, name)]
        said.append(rows.index(row))
        if name in task.env.timing:
            assert row[1] == spelled(task.env.timing[name]), name
        else:
            assert not re.match(r"[\d.]+$", row[1]), f"{name} has no timing"
    assert list(dict.fromkeys(said)) == list(range(len(rows))), "a period too many, or out of order"


def test_channels(task):
    space = task.env.observation_space()
    check_names(task, "Observation", space, space.shape[-1])


def test_actions(task):
    check_names(task, "Actions", task.env.action_space(), task.env.num_actions)


def test_rewards(task):
    said = {name: float(amount) for name, amount, *_ in table(task, "Rewards")}
    assert said == task.env.rewards


def test_conditions(task):
    key = jax.eval_shape(lambda: jax.random.key(0))
    drawn = jax.eval_shape(task.env.new_trial, key).conditions
    said = {name: text for names, text in table(task, "Conditions") for name in names.split(", ")}
    assert set(said) == set(drawn)
    for name, text in said.items():
        assert text.startswith("derived") == (name not in task.env.conditions), name
        shape, dtype = re.search(rf"(?:\(([^()]+,[^()]*)\) )?{DTYPE}", text).groups()
        assert set(re.findall(DTYPE, text)) == {dtype} == {str(drawn[name].dtype)}, name
        sizes = [size for size in re.split(", ?", shape or "") if size]
        assert len(sizes) == drawn[name].ndim, name
        for size, is_so in zip(sizes, drawn[name].shape, strict=True):
            assert not size.isdigit() or int(size) == is_so, name


def test_arguments(task):
    arguments = task.doc.split("\nArgs:\n")[1].split("\n\n")[0]
    said = re.findall(r"^    (\w[\w, ]*):", arguments, re.MULTILINE)
    said = [name for names in said for name in names.split(", ")]
    factory = registry._entry(task.id).load()
    assert sorted(said) == sorted(inspect.signature(factory).parameters)


def test_reference_and_example(task):
    reference = re.search(r"^Reference: (?:.+\n)+", task.doc, re.MULTILINE)
    link = task.env.metadata["paper_link"]
    assert (link is None) == (reference is None)
    assert link is None or re.search(r"\S+\n$", reference[0])[0].strip() == link
    example = task.doc.split("\nExample:\n")[1]
    (make,) = re.findall(rf'= (jgn.make\("{task.id}".*\))\n', example)
    env, _ = eval(make, {"jgn": jgn})
    for shape in re.findall(r"\.new_trial\(.*\)\.ob\.shape\n +(.*)", example):
        assert shape == str((env.T, *env.observation_space().shape))
