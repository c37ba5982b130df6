"""Record what NeuroGym's tasks do; run by ``make parity-record`` in an environment of its own.

One ``recordings/<task>.json`` and one ``.npz`` (rows of the golden trials) per task. Every recorded
quantity is a number per trial, so that trials are the independent samples behind each standard
error; a summary of such numbers has ``n``, ``mean``, ``sd`` and ``range`` (largest less smallest).

NeuroGym's ``reset`` takes a random step that is never shown. Nothing here calls it: a rollout
starts from ``new_trial`` with the clock at 0, and goes on as ``step`` renews the trials.
"""

import argparse
import functools
import importlib
import json
import math
import pathlib
import pkgutil
import warnings
from collections import Counter

import numpy as np
from neurogym.core import TrialEnv
from neurogym.envs import contrib, native
from neurogym.envs.collections import yang19
from recorded_configurations import CONFIGURATIONS, SESSIONS
from runs import LONGEST, runs

SEED = 20240
NUM_GOLDEN = 8
NUM_GOLDEN_STEPS = 3
MAX_CATEGORIES = 50
HERE = pathlib.Path(__file__).parent


def classes_of(package):
    """Find the task classes, also those that are not registered."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        for value in vars(importlib.import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, TrialEnv):
                found[value.__name__] = value
    return found


class OfTwoModalities:
    """A task that NeuroGym has once for each modality, which is drawn for each trial.

    NeuroGym's schedule alternates them, and cannot be stepped beyond a trial.
    """

    def __init__(self, tasks):
        vars(self).update(tasks=tasks, now=tasks[0])
        for task in tasks:
            task.set_top(self)

    def __getattr__(self, name):
        return getattr(self.now, name)

    def __setattr__(self, name, value):
        for task in self.tasks:
            setattr(task, name, value)

    def seed(self, seed):
        vars(self).update(rng=np.random.default_rng(seed))
        for i, task in enumerate(self.tasks):
            task.seed(seed + i)

    def new_trial(self):
        modality = int(self.rng.integers(len(self.tasks)))
        vars(self).update(now=self.tasks[modality])
        self.t = self.t_ind = self.performance = 0
        self.start_ind, self.end_ind = {}, {}
        return {**self.now.new_trial(), "modality": modality}


def make_yang19(name, **kwargs):
    made = getattr(yang19, name)(**kwargs)
    if hasattr(made, "envs"):
        return OfTwoModalities([env.unwrapped for env in made.envs])
    return made


def task_classes():
    """Return what makes each task, by name: its class, or a function."""
    found = {**classes_of(contrib), **classes_of(native)}
    for name in CONFIGURATIONS:
        collection, _, task = name.partition(".")
        if collection == "yang19":
            found[name] = functools.partial(make_yang19, task)
            found[name].__name__ = name
    return found


def construct(cls, config, noise=True):
    kwargs = {**config["kwargs"], **config["neurogym_kwargs"]}
    if cls.__name__ == "AnnubesEnv":
        kwargs |= {"random_seed": SEED} | ({} if noise else {"noise_std": 0.0})
    env = cls(**kwargs)
    if config["abort"]:
        env.abort = True
    if not noise and hasattr(env, "sigma"):
        env.sigma = 0.0
    env.seed(SEED)
    if cls.__name__ == "HierarchicalReasoning":  # it draws its first block before it can be seeded
        env.rule = 0
        env.new_block()
    return env


def plain(value):
    """Turn a value into what JSON has, floats with seven significant digits."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in sorted(value.items(), key=str)}
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.7g}")
    return value


def summary(samples):
    """Summarise one number (or array) per trial; NaN marks a trial that has none."""
    samples = np.asarray(samples, np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN columns: n is 0 there
        low, high = np.nanmin(samples, axis=0), np.nanmax(samples, axis=0)
        return {
            "n": np.sum(~np.isnan(samples), axis=0),
            "mean": np.nanmean(samples, axis=0),
            "sd": np.nanstd(samples, axis=0),
            "range": high - low,
        }


def histogram(values):
    """Count whole numbers: ``{value: count}``."""
    return {str(value): count for value, count in sorted(Counter(map(int, values)).items())}


def describe(env):
    space, actions = env.observation_space, env.action_space
    return {
        "ob_shape": space.shape,
        "channels": getattr(space, "name", None),
        "num_actions": getattr(actions, "n", None),
        "action_shape": actions.shape,
        "actions": getattr(actions, "name", None),
        "rewards": env.rewards,
        "dt": env.dt,
    }


def per_period_mean(rows, start, end):
    """Mean over the rows of each period, NaN where it is empty."""
    nothing = np.full(rows.shape[1:], np.nan)
    return np.stack(
        [rows[s:e].mean(0) if e > s else nothing for s, e in zip(start, end, strict=True)]
    )


def gt_features(gt, num_actions):
    """Express the ground truth as numbers to be averaged: one-hot, or its coordinates."""
    if num_actions is None:
        return gt.reshape(len(gt), -1)
    return (gt[:, None] == np.arange(num_actions)).astype(float)


def sample_trials(env, count):
    """Yield trials: the conditions, the bounds of the periods in steps, and the arrays."""
    for _ in range(count):
        env.start_ind, env.end_ind = {}, {}
        conditions = dict(env.new_trial() or {})
        if type(env).__name__ == "DawTwoStep":  # its entry for action 0 is uninitialised memory
            conditions["transition"] = conditions["transition"][1:]
        bounds = {name: (env.start_ind[name], env.end_ind[name]) for name in env.start_ind}
        has_arrays = env._ob_built
        ob = np.array(env.ob, np.float64) if has_arrays else None
        gt = np.array(env.gt) if env._gt_built else None
        yield conditions, bounds, ob, gt


def record_trials(env, count):
    trials = list(sample_trials(env, count))
    periods = list(dict.fromkeys(name for _, bounds, _, _ in trials for name in bounds))
    empty = (0, 0)
    starts = np.array([[bounds.get(p, empty)[0] for p in periods] for _, bounds, _, _ in trials])
    ends = np.array([[bounds.get(p, empty)[1] for p in periods] for _, bounds, _, _ in trials])
    conditions = record_conditions([trial[0] for trial in trials])
    stats = {"periods": {}, "period_order": periods, "conditions": conditions}
    for i, name in enumerate(periods):
        steps = ends[:, i] - starts[:, i]
        stats["periods"][name] = {
            "start": summary(np.where(steps > 0, starts[:, i], np.nan)),
            "steps": {**summary(steps), "min": steps.min(), "max": steps.max()},
            "histogram": histogram(steps),
        }
    if periods:
        stats["length"] = histogram(ends.max(axis=1))
    arrays = [(ob, gt) for _, _, ob, gt in trials]
    actions = getattr(env.action_space, "n", None)
    if periods and arrays[0][0] is not None:
        means, squares, targets = [], [], []
        for (ob, gt), start, end in zip(arrays, starts, ends, strict=True):
            flat = ob.reshape(len(ob), -1)
            means.append(per_period_mean(flat, start, end))
            squares.append(per_period_mean(flat**2, start, end))
            if gt is not None:
                targets.append(per_period_mean(gt_features(gt, actions), start, end))
        stats["observation"] = {"mean": summary(means), "mean_square": summary(squares)}
        if len(targets) == len(trials):
            stats["ground_truth"] = summary(targets)
    return stats


def record_conditions(trials):
    recorded = {}
    for name in dict.fromkeys(name for trial in trials for name in trial):
        values = [plain(trial[name]) for trial in trials if name in trial]
        counts = Counter(json.dumps(value, sort_keys=True) for value in values)
        if len(counts) <= MAX_CATEGORIES:
            recorded[name] = {"kind": "categories", "n": len(values), "counts": dict(counts)}
        elif isinstance(values[0], dict):
            recorded[name] = {"kind": "other", "n": len(values)}
        else:
            numbers = np.asarray(values, np.float64)
            recorded[name] = {
                "kind": "numbers",
                **summary(numbers),
                "mean_square": summary(numbers**2),
                "min": numbers.min(axis=0),
                "max": numbers.max(axis=0),
            }
    return recorded


def policies(env, has_gt):
    """Return what each policy does next, as functions without arguments."""
    rng = np.random.default_rng(SEED)
    space = env.action_space
    if hasattr(space, "n"):
        chosen = {"fixating": lambda: 0, "random": lambda: int(rng.integers(space.n))}
    else:
        still = np.zeros(space.shape, np.float32)
        chosen = {
            "fixating": lambda: still,
            "random": lambda: rng.uniform(space.low, space.high).astype(np.float32),
        }
    if has_gt:
        chosen["ground_truth"] = lambda: env.gt[env.t_ind]
    return chosen


def record_policies(cls, config, count):
    recorded = {}
    probe = construct(cls, config)
    probe.new_trial()
    for name in policies(probe, probe._gt_built):
        env = construct(cls, config)
        env.new_trial()
        act = policies(env, probe._gt_built)[name]
        env.t = env.t_ind = 0
        env.performance = 0
        rows = []
        for _ in range(count):
            total, steps, done = 0.0, 0, False
            while not done:
                _, reward, _, _, info = env.step(act())
                total, steps, done = total + float(reward), steps + 1, info["new_trial"]
            rows.append((total, steps, float(info["performance"])))
        rows = np.array(rows)
        labels = ("return", "steps", "performance")
        recorded[name] = {label: summary(rows[:, i]) for i, label in enumerate(labels)}
    return recorded


def record_golden(cls, config, prefix, arrays):
    """Record trials without noise, row by row, with the conditions that made them."""
    env = construct(cls, config, noise=False)
    golden = []
    for i, (conditions, bounds, ob, gt) in enumerate(sample_trials(env, NUM_GOLDEN)):
        if ob is None:
            return record_steps(cls, config)
        key = f"{prefix}_{i}"
        arrays[f"{key}_ob"] = ob.astype(np.float32)
        if gt is not None:
            arrays[f"{key}_gt"] = gt.astype(np.float32)
        golden.append({"arrays": key, "conditions": conditions, "periods": bounds})
    return golden


def record_steps(cls, config):
    """Record the first steps of trials that have no arrays: what is seen after each, and paid."""
    env = construct(cls, config)
    rng = np.random.default_rng(SEED)
    golden = []
    for _ in range(NUM_GOLDEN):
        conditions = next(sample_trials(env, 1))[0]
        env.t = env.t_ind = 0
        steps = {"actions": [], "observations": [], "rewards": []}
        done = False
        while not done and len(steps["actions"]) < NUM_GOLDEN_STEPS:
            action = int(rng.integers(env.action_space.n))
            ob, reward, _, _, info = env.step(action)
            done = info["new_trial"]
            for name, value in zip(steps, (action, np.ravel(ob), float(reward)), strict=True):
                steps[name].append(value)
        golden.append({"conditions": conditions, "steps": steps})
    return golden


def record_session(cls, config):
    """Record how long what carries over from trial to trial stays as it is."""
    env = construct(cls, config)
    trials = [SESSION_LABELS[cls.__name__](env.new_trial()) for _ in range(config["trials"])]
    labels = {name: np.array([trial[name] for trial in trials]) for name in trials[0]}
    recorded = {
        name: {**summary(lengths), "histogram": histogram(np.minimum(lengths, LONGEST))}
        for name, lengths in runs(labels).items()
    }
    return {
        "kwargs": config["kwargs"] | config["our_kwargs"],
        "trials": config["trials"],
        "runs": recorded,
    }


# What is followed from trial to trial, read from NeuroGym's trial dict.
SESSION_LABELS = {
    "AnnubesEnv": lambda trial: {
        "catch": int(trial["catch"]),
        "a": int("a" in trial["stim_types"]),
        "v": int("v" in trial["stim_types"]),
    },
    "DawTwoStep": lambda trial: {
        "good": int(trial["hi_state"]),
        "pays_good": int(trial["reward"][trial["hi_state"]] > 0),
        "pays_bad": int(trial["reward"][1 - trial["hi_state"]] > 0),
    },
    "HierarchicalReasoning": lambda trial: {"rule": int(trial["rule"])},
}


def record_task(cls, configs, folder):
    arrays, recorded = {}, []
    for index, config in enumerate(configs):
        env = construct(cls, config)
        env.new_trial()
        recorded.append(
            {
                "kwargs": config["kwargs"] | config["our_kwargs"],
                "abort": config["abort"],
                "static": describe(env) | {"r_tmax": env.r_tmax},
                "stats": record_trials(construct(cls, config), config["trials"]),
                "policies": record_policies(cls, config, config["trials"] // 2),
                "golden": record_golden(cls, config, f"c{index}", arrays),
            }
        )
    sessions = [record_session(cls, config) for config in SESSIONS.get(cls.__name__, ())]
    write(folder, cls.__name__, recorded, **({"sessions": sessions} if sessions else {}))
    if arrays:
        np.savez_compressed(folder / f"{cls.__name__}.npz", **arrays)


def record_crash(cls, folder):
    """Record that a task fails at its first step on a trial without a stimulus."""
    env = cls()
    env.seed(SEED)
    env.new_trial(ground_truth=0)
    env.t = env.t_ind = 0
    try:
        env.step(0)
    except AttributeError as error:
        failure = f"{type(error).__name__}: {error}"
    else:
        raise RuntimeError(f"{cls.__name__} works; record it like the other tasks")
    write(folder, cls.__name__, [], static=describe(env), crash=failure)


def write(folder, name, configs, **more):
    """Write one line per configuration, so that a change shows where it is."""

    def text(value):
        return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))

    lines = ",\n".join(text(config) for config in configs)
    head = text({"id": f"{name}-v0", **more})[:-1]
    (folder / f"{name}.json").write_text(f'{head},"configs":[\n{lines}\n]}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=sorted(CONFIGURATIONS), help="default: all")
    parser.add_argument("--folder", type=pathlib.Path, default=HERE / "recordings")
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    classes = task_classes()
    for name in arguments.tasks:
        record_task(classes[name], CONFIGURATIONS[name], arguments.folder)
    record_crash(classes["Detection"], arguments.folder)


if __name__ == "__main__":
    main()
