"""What is compared with a recording: named pairs of samples, ours and NeuroGym's."""

import json

import numpy as np
from conditions import AS_HERE, AS_THERE, NOT_COMPARED
from runs import LONGEST, runs
from samples import Sample


def all_comparisons(side):
    """Yield ``(name, ours, theirs)`` for everything that is recorded as a statistic of trials."""
    for compare in (_periods, _conditions, _observations, _ground_truth, _policies):
        yield from compare(side)


def session_comparisons(side):
    """Yield the comparisons of the lengths of runs of equal trials."""
    ours = runs(SESSION_LABELS[side.task](side.session()))
    for name, recorded in side.theirs["runs"].items():
        lengths = ours.get(name, np.zeros(0, np.int32))
        label = f"session/{side.index}/{name}"
        yield f"{label}/length", Sample.of(lengths), Sample.recorded(recorded)
        counted = np.minimum(lengths, LONGEST)
        yield from _counts(f"{label}/length", counted, recorded["histogram"])


# What is followed from trial to trial, read from our conditions.
SESSION_LABELS = {
    "AnnubesEnv-v0": lambda drawn: {
        "catch": drawn["catch"].astype(int),
        "a": (drawn["stim_types"][:, 0] & ~drawn["catch"]).astype(int),
        "v": (drawn["stim_types"][:, 1] & ~drawn["catch"]).astype(int),
    },
    "DawTwoStep-v0": lambda drawn: two_step_labels(
        drawn["reward_prob"][..., 0], drawn["luck"][..., 0]
    ),
    "HierarchicalReasoning-v0": lambda drawn: {"rule": drawn["rule"]},
}


def two_step_labels(reward_prob, luck):
    """Say which state is good in each trial, and whether it, and the other, would pay."""
    trials, good = np.arange(len(luck)), reward_prob.argmax(axis=1)
    pays = (luck < reward_prob).astype(int)
    return {"good": good, "pays_good": pays[trials, good], "pays_bad": pays[trials, 1 - good]}


def _period_columns(side):
    """Positions of the recorded periods among ours."""
    return [side.env.periods.index(name) for name in side.theirs["stats"]["period_order"]]


def _periods(side):
    stats, trials = side.theirs["stats"], side.trials
    for name, column in zip(stats["period_order"], _period_columns(side), strict=True):
        start = trials.start[:, column]
        steps = trials.end[:, column] - start
        recorded = stats["periods"][name]
        ours = Sample.of(start[steps > 0])
        yield f"period/{name}/start", ours, Sample.recorded(recorded["start"])
        yield f"period/{name}/steps", Sample.of(steps), Sample.recorded(recorded["steps"])
        yield from _counts(f"period/{name}/steps", steps, recorded["histogram"])
    yield from _counts("length", trials.length, stats.get("length", {}))


def _counts(name, values, counts):
    total = sum(counts.values())
    if total:
        for value in sorted({*map(int, counts), *values.tolist()}):
            ours = Sample.share(np.sum(values == value), max(len(values), 1))
            yield f"{name}={value}", ours, Sample.share(counts.get(str(value), 0), total)


def _conditions(side):
    for name, recorded in side.theirs["stats"]["conditions"].items():
        if name in NOT_COMPARED.get(side.task, {}):
            continue
        drawn = side.trials.conditions
        read = AS_THERE.get(side.task, {}).get(name)
        ours = np.asarray(read(drawn, side.env.dt) if read else drawn[name], np.float64)
        if recorded["kind"] == "numbers":
            flat = ours.reshape(len(ours), -1)
            for i in range(flat.shape[1]):
                index = (i,) if ours.ndim > 1 else ()
                theirs = Sample.recorded(recorded, *index)
                yield f"condition/{name}/{i}/mean", Sample.of(flat[:, i]), theirs
                theirs = Sample.recorded(recorded["mean_square"], *index)
                yield f"condition/{name}/{i}/mean_square", Sample.of(flat[:, i] ** 2), theirs
        else:
            yield from _categories(side.task, name, ours, recorded)


def _categories(task, name, ours, recorded):
    categories, members = np.unique(np.round(ours, 4), axis=0, return_inverse=True)
    keys = [_key(category) for category in categories]
    shares = {key: np.sum(members == i) for i, key in enumerate(keys)}
    convert = AS_HERE.get(task, {}).get(name, lambda value: value)
    counts = {}
    for value, count in recorded["counts"].items():
        key = _key(convert(json.loads(value)))
        counts[key] = counts.get(key, 0) + count
    for key in sorted({*shares, *counts}):
        yield (
            f"condition/{name}={key[0] if len(key) == 1 else key}",
            Sample.share(shares.get(key, 0), len(ours)),
            Sample.share(counts.get(key, 0), recorded["n"]),
        )


def _key(value):
    return tuple(np.round(np.ravel(np.asarray(value, np.float64)), 4).tolist())


def _observations(side):
    stats, trials = side.theirs["stats"], side.trials
    if "observation" not in stats:
        return
    rows = trials.ob.reshape(*trials.ob.shape[:2], -1).astype(np.float64)
    for kind, values in (("mean", rows), ("mean_square", rows**2)):
        recorded = stats["observation"][kind]
        yield from _by_period(side, "observation", values, recorded, f"/{kind}")


def _ground_truth(side):
    stats, trials = side.theirs["stats"], side.trials
    if "ground_truth" not in stats:
        return
    actions = side.theirs["static"]["num_actions"]
    is_action = actions and side.env.ground_truth_space == side.env.action_space(side.params)
    gt = trials.gt[..., None] == np.arange(actions) if is_action else trials.gt
    gt = gt.reshape(*gt.shape[:2], -1)
    yield from _by_period(side, "ground_truth", gt, stats["ground_truth"], "")


def _by_period(side, what, rows, recorded, suffix):
    """Compare rows (trials, T, features) by their means over each period."""
    columns = _period_columns(side)
    start, end = side.trials.start[:, columns], side.trials.end[:, columns]
    sums = np.cumsum(np.pad(rows.astype(np.float64), ((0, 0), (1, 0), (0, 0))), axis=1)
    index = np.arange(len(rows))[:, None]
    steps = (end - start)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(steps > 0, (sums[index, end] - sums[index, start]) / steps, np.nan)
    for p, period in enumerate(side.theirs["stats"]["period_order"]):
        for c in range(means.shape[2]):
            theirs = Sample.recorded(recorded, p, c)
            yield f"{what}/{period}/{c}{suffix}", Sample.of(means[:, p, c]), theirs


def _policies(side):
    for policy, recorded in side.theirs["policies"].items():
        for label, theirs in recorded.items():
            ours = Sample.of(side.rollouts[policy][label])
            yield f"policy/{policy}/{label}", ours, Sample.recorded(theirs)
