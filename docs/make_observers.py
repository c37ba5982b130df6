"""Write the page of ideal observers: ``python docs/make_observers.py`` (four minutes).

What has a closed form is computed, the rest is simulated with a fixed key; a test holds that every
rule of every task has its row, and that those in closed form are up to date.
"""

import inspect
import pathlib

import jaxgym_neuro as jgn
from jaxgym_neuro.registry import factory_of

PAGE = pathlib.Path(__file__).parent / "ideal_observers.md"
NUM_TRIALS = 40_000
HEADER = ("task", "rule", "performance", "reward", "performance by condition")
_MOST_ROWS = 8  # a task of more conditions has none in the table
_TEMPLATE = """\
# Ideal observers

How well could a task be done at all? Where there is noise, or chance, nobody is perfect: following the
ground truth scores 1 because it knows what no subject sees. `jgn.ideal` has, for every task with a best answer
under noise, the observer that makes the best of what it sees, and shortcuts that an agent may find instead of
learning the task.

```python
import jaxgym_neuro as jgn

env, params = jgn.make("DelayMatchSample-v0", sigma=10)
print(jgn.ideal.rules(env))
print(jgn.ideal.performance(env, params))
```

```text
{example}
```

`performance` is a closed form where there is one, for the params, timing and `dt` that are given; else trials are
drawn as `new_trial` draws them and decided as a whole, and the numbers have standard errors
(`columns()["performance_error"]`). `observer` is the same rule as a policy: it sees one observation after the other,
remembers what it needs, and goes wherever a policy does.

```python
table = jgn.rollout(env, params, *jgn.ideal.observer(env, params), num_trials=2_000)
ideal = jgn.ideal.performance(env, params)
assert abs(table.performance.mean() - ideal.mean_performance) < 0.03
```

What the observer knows of the task is in its memory, so that a sweep over `sigma`, say, compiles once.
`rule="f2 alone"` takes a shortcut instead of the best rule, `"ideal"`.

## Where an observer does not apply

An observer belongs to a task as it is, or in the wrappers that it is registered with (`GoNogo` and `AntiReach` in
`Noise`; `ChangingEnvironment` in `PassReward`), and in no others; it knows the params, and needs no cue beside those
that it sees. Under `Noise` no cue is certain: the observer counts steps, so timing must not differ from trial to trial.
Where that is not enough it raises a ValueError that says why: two stimuli without silence between them, a trial
without a cue whose duration differs from trial to trial. A rule that is told what nobody sees (the block of `ibl20`)
has a performance, and is no policy. Where more is learned over trials than an observer here can follow (`Bandit`,
`DawTwoStep`), what is listed is what knowing the probabilities would earn, and what ignoring them does.

## What is learned over trials

In `ibl20` the block is inferred from the evidence of the trials before, in `HierarchicalReasoning` the rule and in
`ChangingEnvironment` the context from how they turned out, and in `priors_v0` what follows upon what in each of the
contexts, which is the one approximation: what is believed of each successor is taken to be independent of the others.
Such a rule (`jgn.ideal.OverTrials`) is played in many environments, each with trials in a row; the
first of them are left out, and standard errors are by environment, as its trials depend on one another. It sees
observations only, so it lies between who ignores the block and who is told:

```python
env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", preset="psychometric")
ignored, inferred, known = (
    jgn.ideal.performance(env, params, rule, num_trials=4_000).mean_performance
    for rule in ("prior ignored", "ideal", "block known")
)
assert ignored < inferred < known + 0.02
```

## A game

Against the opponent of `MatchingPenny` that remembers, a preference costs; one who chooses at random wins half of the
trials against any opponent, and one who knows how it chooses wins all but the first. What is listed is the long run:

```python
same, preferred, mixed, best = (
    jgn.ideal.performance("MatchingPenny-v0", rule=rule, num_trials=2_000).mean_performance
    for rule in ("always the same", "preference", "random", "ideal")
)
assert same < preferred < mixed < best
```

## When to stop watching

With free response, a better answer costs time. `bounds` tries constant bounds on the evidence, and returns what each
earns per second:

```python
hasty = jgn.ideal.bounds("perceptualdecisionmaking.roitman02-v0", num_trials=4_000)
patient = jgn.ideal.bounds(
    "perceptualdecisionmaking.roitman02-v0", iti=2_000, time_out=2_000, num_trials=4_000
)
assert hasty.bound[hasty.best] < patient.bound[patient.best]
```

{bounds}

## An observer of your own task

Derive a frozen dataclass from `jgn.ideal.Rule`, or from `jgn.ideal.Cued` where a fixation cue goes off when the answer
is due, and register it: `jgn.ideal.register(MyTask, {{"ideal": MyRule()}})`.

## All of them

With default arguments. Performance is the trial's score from 0 to 1; with ± is a standard error, of a simulation of
{num_trials} trials. This page is made by `python docs/make_observers.py`.

{table}

## With the preset psychometric

With noise by which even an ideal observer errs: `jgn.make(id, preset="psychometric")`.

{psychometric}

## With the preset paper, in its wrappers

Of tasks in which it shows what was done and earned: `jgn.make(id, preset="paper")`.

{paper}
"""  # noqa: E501


def configurations(preset: str | None = None) -> list[tuple[str, str]]:
    """List every rule of every task that has the preset: its id, and the rule's name.

    Of the preset paper only where it puts the task into wrappers, of which there are rules.
    """
    found = []
    for id in jgn.registered_tasks():
        factory = factory_of(id)
        if not inspect.isclass(factory) or (preset is not None and preset not in factory.PRESETS):
            continue
        if preset == "paper" and not factory.PRESETS[preset].wrappers:
            continue
        env, _ = jgn.make(id, preset=preset)
        if jgn.ideal.has_rules(env):
            found += [(id, rule) for rule in jgn.ideal.rules(env)]
    return found


def row(id: str, rule: str, found: jgn.ideal.Performance) -> tuple[str, ...]:
    """Return the cells of a rule, as Markdown."""
    is_exact = found.num_trials == 0
    errors = found.performance_error
    each = zip(*found.conditions.values(), found.performance, errors, strict=True)
    names = ", ".join(f"`{name}`" for name in found.conditions)
    values = [
        f"{', '.join(f'{x:g}' for x in where)}: {_number(score, error, is_exact)}"
        for *where, score, error in each
    ]
    by = f"{names} {'; '.join(values)}" if 1 < len(values) <= _MOST_ROWS else ""
    return (
        f"[{id}](tasks/{id}.md)",
        rule,
        _number(found.mean_performance, found.mean_performance_error, is_exact),
        _number(found.mean_reward, found.mean_reward_error, is_exact),
        by,
    )


def _number(mean: float, error: float, is_exact: bool = False) -> str:
    return f"{mean:.3f}" if is_exact else f"{mean:.3f} ± {max(error, 0.0005):.3f}"


def _bounds() -> str:
    rows = []
    for iti, time_out in ((0, 0), (500, 0), (1000, 0), (1000, 2000), (2000, 2000), (5000, 2000)):
        found = jgn.ideal.bounds(iti=iti, time_out=time_out, num_trials=100_000)
        i = found.best
        accuracy = _number(found.performance[i], found.performance_error[i])
        rate = _number(found.rate[i], found.rate_error[i])
        cells = (iti, time_out, f"{found.bound[i]:.2f}", accuracy, f"{found.watched[i]:.0f}", rate)
        rows.append(tuple(map(str, cells)))
    header = (
        "inter-trial interval (ms)",
        "time-out after errors (ms)",
        "best bound",
        "performance",
        "watched (ms)",
        "reward per second",
    )
    return table(header, rows)


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


def rows(preset: str | None = None) -> list[tuple[str, ...]]:
    """Compute or simulate every rule of every task that has the preset."""
    found = []
    for id, rule in configurations(preset):
        env, params = jgn.make(id, preset=preset)
        found.append(row(id, rule, jgn.ideal.performance(env, params, rule, num_trials=NUM_TRIALS)))
    return found


def page() -> str:
    """Compute and simulate everything, and return the page."""
    env, params = jgn.make("DelayMatchSample-v0", sigma=10)
    example = f"{jgn.ideal.rules(env)}\n{jgn.ideal.performance(env, params)}"
    return _TEMPLATE.format(
        table=table(HEADER, rows()),
        psychometric=table(HEADER, rows("psychometric")),
        paper=table(HEADER, rows("paper")),
        bounds=_bounds(),
        num_trials=f"{NUM_TRIALS:,}",
        example=example,
    )


if __name__ == "__main__":
    PAGE.write_text(page())
