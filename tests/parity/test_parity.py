"""Comparison with recordings of NeuroGym 2.3.1; see README.md beside this file.

Every statistical comparison is of two means over independent trials. Its bound is Bernstein's
inequality for the difference of the means, which holds for rare events as well as for noise, with
the variance pooled from both samples. The error rate of 0.001 is shared by all comparisons of all
tasks, and the keys are fixed.
"""

import dataclasses
import fnmatch
import functools
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from corrections import AS_HERE, CORRECTIONS, GIVEN, NOT_CONDITIONS

import jaxgym_neuro as jgn

FOLDER = pathlib.Path(__file__).parent / "recordings"
RECORDED = {path.stem + "-v0": path for path in sorted(FOLDER.glob("*.json"))}
SUITE_ERROR = 1e-3
NUM_COMPARISONS = 60_000  # more than the suite makes; each configuration keeps to its share
NUM_TRIALS = 4096
# Each program runs once, so XLA had better compile than optimise.
COMPILE_QUICKLY = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
POLICIES = ("fixating", "random", "ground_truth")
pytestmark = pytest.mark.parity


@functools.cache
def recording(task):
    return json.loads(RECORDED[task].read_text())


CASES = [
    pytest.param(task, index, id=f"{task}-{index}")
    for task in jgn.registered_tasks()
    if task in RECORDED
    for index in range(len(recording(task)["configs"]))
]


@dataclasses.dataclass(frozen=True)
class Sample:
    """Mean over n independent trials of a quantity that spans ``range``."""

    n: float
    mean: float
    sd: float
    range: float

    @classmethod
    def of(cls, values):
        values = np.asarray(values, np.float64)
        values = values[~np.isnan(values)]
        if not len(values):
            return cls(0, np.nan, np.nan, np.nan)
        return cls(len(values), values.mean(), values.std(), np.ptp(values))

    @classmethod
    def share(cls, count, n):
        p = count / n
        return cls(n, p, np.sqrt(p * (1 - p)), float(0 < p < 1))

    @classmethod
    def recorded(cls, summary, *index):
        values = []
        for name in ("n", "mean", "sd", "range"):
            value = summary[name]
            for i in index:
                value = value[i]
            values.append(np.nan if value is None else value)
        return cls(*values)


def disagreement(ours, theirs):
    """Say how two samples differ by more than chance, or return None."""
    if ours.n == 0 or theirs.n == 0:
        return None if ours.n == theirs.n else f"{ours} here, {theirs} in NeuroGym"
    evidence = np.log(2 * NUM_COMPARISONS / SUITE_ERROR)
    shares = np.array([ours.n, theirs.n]) / (ours.n + theirs.n)
    between = np.prod(shares) * (ours.mean - theirs.mean) ** 2
    variance = shares @ np.array([ours.sd, theirs.sd]) ** 2 + between
    variance *= 1 / ours.n + 1 / theirs.n
    spans = max(ours.range, theirs.range)
    bound = np.sqrt(2 * evidence * variance) + 2 / 3 * evidence * spans / min(ours.n, theirs.n)
    rounding = 1e-5 * (1 + abs(theirs.mean))
    difference = abs(ours.mean - theirs.mean)
    if difference <= bound + rounding and not (spans == 0 and difference > rounding):
        return None
    return (
        f"{ours.mean:.6g} here, {theirs.mean:.6g} in NeuroGym, at most {bound:.3g} apart by chance"
    )


class Side:
    """One configuration on our side; its trials are drawn when they are first looked at."""

    def __init__(self, task, index):
        self.task, self.index = task, index
        self.theirs = recording(task)["configs"][index]
        kwargs = {name: tuples(value) for name, value in self.theirs["kwargs"].items()}
        self.env, params = jgn.make(task, **kwargs)
        self.params = params.replace(abort=self.theirs["abort"])

    @functools.cached_property
    def measured(self):
        """Trials, one per row, and for each policy its return, steps and performance in them."""
        keys = jax.random.split(jax.random.key(self.index), NUM_TRIALS)
        shape = (NUM_TRIALS, self.env.T)
        actions = draw_actions(self.env.action_space(self.params), shape, seed=self.index)
        drawn = draw_and_judge(self.env, keys, actions, self.params)
        trials, (*results, done) = jax.device_get(drawn)
        assert done.all()
        labels = ("return", "steps", "performance")
        rollouts = {
            policy: {label: values[:, i] for label, values in zip(labels, results, strict=True)}
            for i, policy in enumerate(POLICIES)
        }
        return trials, rollouts

    @property
    def trials(self):
        return self.measured[0]

    @property
    def rollouts(self):
        return self.measured[1]


def tuples(value):
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value


@functools.partial(jax.jit, static_argnums=0, compiler_options=COMPILE_QUICKLY)
def draw_and_judge(env, keys, random_actions, params):
    """Draw trials, and judge each policy's actions in them: return, steps, performance.

    One compilation per configuration: the actions are judged by ``respond`` on the trial that
    ``reset`` drew. That ``step`` does the same, and renews the trial, is tested elsewhere.
    """
    still = jnp.zeros_like(random_actions[0, 0])
    follows = env.ground_truth_space == env.action_space(params)

    def one(key, random_actions):
        _, first = env.reset(key, params)

        def step(progress, now):
            carry, total, steps, score, done = progress
            t, action = now
            state = dataclasses.replace(first, time=t, t=t, carry=carry)
            response = env.respond(state, action, params)
            answered = jnp.asarray(response.new_trial)
            late = env.is_last_step(state) & ~answered
            reward = jnp.asarray(response.reward, jnp.float32) + jnp.where(late, params.r_tmax, 0)
            ended = answered | late
            scored = jnp.asarray(response.performance, jnp.float32)
            total = total + jnp.where(done, 0, reward)
            score = jnp.where(~done & ended, scored, score)
            steps = steps + jnp.where(done, 0, 1).astype(jnp.int32)
            carry = carry if response.carry is None else response.carry
            return (carry, total, steps, score, done | ended), None

        def judge_policy(actions):
            zero = jnp.float32(0)
            begin = (first.carry, zero, jnp.int32(0), zero, jnp.bool_(False))
            times = jnp.arange(env.T, dtype=jnp.int32)
            return jax.lax.scan(step, begin, (times, actions))[0][1:]

        waiting = jnp.broadcast_to(still, random_actions.shape)
        told = first.trial.gt.astype(still.dtype) if follows else waiting
        return first.trial, jax.vmap(judge_policy)(jnp.stack([waiting, random_actions, told]))

    return jax.vmap(one)(keys, random_actions)


def draw_actions(space, shape, seed):
    rng = np.random.default_rng(seed)
    if hasattr(space, "n"):
        return rng.integers(space.n, size=shape, dtype=np.int32)
    return rng.uniform(space.low, space.high, (*shape, *space.shape)).astype(np.float32)


def corrections(side):
    """Return the corrections of a task that show in this configuration."""
    everywhere = CORRECTIONS.get(side.task, ())
    return [c for c in everywhere if c.configs is None or side.index in c.configs]


def corrected(side, name):
    """Return the correction that speaks about a comparison, or None."""
    for correction in corrections(side):
        if any(fnmatch.fnmatch(name, pattern) for pattern in correction.comparisons):
            return correction
    return None


def judge(side, comparisons):
    """List every comparison that does not hold, or whose correction does not."""
    failures = []
    for name, ours, theirs in comparisons:
        correction = corrected(side, name)
        if correction is None:
            problem = disagreement(ours, theirs)
        elif ours.n == 0 or correction.expected is None:
            problem = None
        else:
            low, high = np.broadcast_to(correction.expected, 2)
            inside = low - 1e-5 <= ours.mean <= high + 1e-5
            problem = None if inside else f"{ours.mean} here, corrected: {correction.expected}"
        if problem:
            failures.append(f"{name}: {problem}")
    return failures


def out_of_date(side, names):
    """List the corrections that speak about nothing."""
    return [
        f"a correction of {pattern!r} matches no comparison"
        for correction in corrections(side)
        for pattern in correction.comparisons
        if not pattern.startswith("static/") and not fnmatch.filter(names, pattern)
    ]


def indices(names):
    """Turn a space's names into {name: [indices]}, as JSON has them."""
    return {name: np.ravel(list(np.atleast_1d(at))).tolist() for name, at in (names or {}).items()}


def per_period_mean(rows, start, end):
    """(trials, T, features) and bounds (trials, P): mean over each period, NaN where empty."""
    sums = np.cumsum(np.pad(rows.astype(np.float64), ((0, 0), (1, 0), (0, 0))), axis=1)
    index = np.arange(len(rows))[:, None]
    steps = (end - start)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(steps > 0, (sums[index, end] - sums[index, start]) / steps, np.nan)


def period_columns(side):
    """Positions of the recorded periods among ours."""
    return [side.env.periods.index(name) for name in side.theirs["stats"]["period_order"]]


def compare_periods(side):
    stats, trials = side.theirs["stats"], side.trials
    for name, column in zip(stats["period_order"], period_columns(side), strict=True):
        start = trials.start[:, column]
        steps = trials.end[:, column] - start
        recorded = stats["periods"][name]
        yield (
            f"period/{name}/start",
            Sample.of(start[steps > 0]),
            Sample.recorded(recorded["start"]),
        )
        yield f"period/{name}/steps", Sample.of(steps), Sample.recorded(recorded["steps"])
        yield from compare_counts(f"period/{name}/steps", steps, recorded["histogram"])
    yield from compare_counts("length", trials.length, stats.get("length", {}))


def compare_counts(name, values, counts):
    total = sum(counts.values())
    if total:
        for value in sorted({*map(int, counts), *values.tolist()}):
            ours = Sample.share(np.sum(values == value), len(values))
            yield f"{name}={value}", ours, Sample.share(counts.get(str(value), 0), total)


def number(task, name, value):
    """Read a recorded condition as an array of numbers."""
    convert = AS_HERE.get(task, {}).get(name)
    return np.asarray(convert(value) if convert else value, np.float64)


def condition_key(value):
    return tuple(np.round(np.ravel(value), 4).tolist())


def compare_conditions(side):
    for name, recorded in side.theirs["stats"]["conditions"].items():
        if name in NOT_CONDITIONS.get(side.task, {}):
            continue
        ours = np.asarray(side.trials.conditions[name], np.float64)
        if recorded["kind"] == "numbers":
            flat = ours.reshape(len(ours), -1)
            for i in range(flat.shape[1]):
                index = (i,) if ours.ndim > 1 else ()
                theirs = Sample.recorded(recorded, *index)
                yield f"condition/{name}/{i}/mean", Sample.of(flat[:, i]), theirs
            continue
        categories, members = np.unique(np.round(ours, 4), axis=0, return_inverse=True)
        keys = [condition_key(category) for category in categories]
        shares = {key: np.sum(members == i) for i, key in enumerate(keys)}
        counts = {}
        for value, count in recorded["counts"].items():
            key = condition_key(number(side.task, name, json.loads(value)))
            counts[key] = counts.get(key, 0) + count
        for key in sorted({*shares, *counts}):
            yield (
                f"condition/{name}={key[0] if len(key) == 1 else key}",
                Sample.share(shares.get(key, 0), len(ours)),
                Sample.share(counts.get(key, 0), recorded["n"]),
            )


def compare_observations(side):
    stats, trials = side.theirs["stats"], side.trials
    if "observation" not in stats:
        return
    columns = period_columns(side)
    bounds = trials.start[:, columns], trials.end[:, columns]
    rows = trials.ob.reshape(*trials.ob.shape[:2], -1)
    for kind, values in (("mean", rows), ("mean_square", rows.astype(np.float64) ** 2)):
        means = per_period_mean(values, *bounds)
        yield from by_period(side, "observation", means, stats["observation"][kind], f"/{kind}")


def compare_ground_truth(side):
    stats, trials = side.theirs["stats"], side.trials
    if "ground_truth" not in stats:
        return
    columns = period_columns(side)
    actions = side.theirs["static"]["num_actions"]
    gt = trials.gt[..., None] == np.arange(actions) if actions else trials.gt
    gt = gt.reshape(*gt.shape[:2], -1)
    means = per_period_mean(gt, trials.start[:, columns], trials.end[:, columns])
    yield from by_period(side, "ground_truth", means, stats["ground_truth"], "")


def by_period(side, what, means, recorded, suffix):
    for p, period in enumerate(side.theirs["stats"]["period_order"]):
        for c in range(means.shape[2]):
            theirs = Sample.recorded(recorded, p, c)
            yield f"{what}/{period}/{c}{suffix}", Sample.of(means[:, p, c]), theirs


def compare_policies(side):
    for policy, recorded in side.theirs["policies"].items():
        for label, theirs in recorded.items():
            ours = Sample.of(side.rollouts[policy][label])
            yield f"policy/{policy}/{label}", ours, Sample.recorded(theirs)


STATISTICS = (
    compare_periods,
    compare_conditions,
    compare_observations,
    compare_ground_truth,
    compare_policies,
)


@pytest.mark.parametrize(("task", "index"), CASES)
def test_statistics_agree_with_neurogym(task, index):
    side = Side(task, index)
    comparisons = [comparison for compare in STATISTICS for comparison in compare(side)]
    names = [name for name, _, _ in comparisons]
    assert len(names) < NUM_COMPARISONS / len(CASES)
    failures = judge(side, comparisons) + out_of_date(side, names)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize(("task", "index"), CASES)
def test_spaces_and_rewards_are_neurogyms(task, index):
    side = Side(task, index)
    static, env = side.theirs["static"], side.env
    space, actions = env.observation_space(side.params), env.action_space(side.params)
    pairs = {
        "static/ob_shape": (list(space.shape), static["ob_shape"]),
        "static/num_actions": (getattr(actions, "n", None), static["num_actions"]),
        "static/action_shape": (list(actions.shape), static["action_shape"]),
        "static/dt": (env.dt, static["dt"]),
        "static/r_tmax": (float(side.params.r_tmax), static["r_tmax"]),
    }
    for kind, ours, theirs in (
        ("channels", space.name, static["channels"]),
        ("actions", actions.name, static["actions"]),
    ):
        if theirs:  # NeuroGym leaves some spaces without names
            pairs[f"static/{kind}"] = (indices(ours), indices(theirs))
    if isinstance(static["rewards"], dict):
        for name, amount in static["rewards"].items():
            ours = side.params.rewards.get(name, np.nan)
            pairs[f"static/rewards/{name}"] = (pytest.approx(float(ours)), amount)
    failures = [
        f"{name}: {ours} here, {theirs} in NeuroGym"
        for name, (ours, theirs) in pairs.items()
        if corrected(side, name) is None and ours != theirs
    ]
    assert not failures, "\n".join(failures)


def degenerate(distribution, ms):
    """Return a distribution of the same kind that always gives ``ms``: nothing is compiled anew."""
    fields = {
        field.name: np.full_like(getattr(distribution, field.name), ms)
        for field in dataclasses.fields(distribution)
        if field.name != "mean"
    }
    return dataclasses.replace(distribution, **fields)


def fixed_to(side, golden, ob):
    """Params and conditions that make our trial the recorded one."""
    timing = dict(side.params.timing)
    for name, (start, end) in golden["periods"].items():
        if name in timing and not isinstance(timing[name], jgn.timing.Until):
            timing[name] = degenerate(timing[name], (end - start) * side.env.dt)
    conditions = {}
    for name, spec in side.env.conditions.items():
        known = name not in NOT_CONDITIONS.get(side.task, {})
        if known and name in golden["conditions"]:
            value = number(side.task, name, golden["conditions"][name])
            conditions[name] = value.astype(spec.dtype)
    given = GIVEN[side.task](golden, ob, side.env.dt) if side.task in GIVEN else {}
    for name, value in given.items():
        conditions[name] = np.asarray(value).astype(side.env.conditions[name].dtype)
    params = side.params.replace(timing=timing)
    noise = [name for name in ("sigma", "noise_std") if hasattr(params, name)]
    return params.replace(**dict.fromkeys(noise, 0.0)), conditions


@pytest.mark.parametrize(("task", "index"), CASES)
def test_golden_trials_are_equal_row_by_row(task, index):
    side = Side(task, index)
    recorded = side.theirs["golden"]
    if not recorded:
        assert "observation" not in side.theirs["stats"]
        return
    arrays = np.load(RECORDED[task].with_suffix(".npz"))
    inputs = [fixed_to(side, golden, arrays[f"{golden['arrays']}_ob"]) for golden in recorded]
    params, conditions = jax.tree.map(lambda *leaves: np.stack(leaves), *inputs)
    keys = jax.random.split(jax.random.key(7), len(recorded))

    def draw(key, params, conditions):
        return side.env.new_trial(key, params, **conditions)

    draw_all = jax.jit(jax.vmap(draw), compiler_options=COMPILE_QUICKLY)
    trials = jax.device_get(draw_all(keys, params, conditions))
    for i, golden in enumerate(recorded):
        ob = arrays[f"{golden['arrays']}_ob"].copy()
        gt = arrays.get(f"{golden['arrays']}_gt")
        for correction in corrections(side):
            if correction.rows:
                ob, gt = correction.rows(ob, gt, golden, side.env.dt)
        length = trials.length[i]
        for name, bounds in golden["periods"].items():
            column = side.env.periods.index(name)
            ours = (trials.start[i, column], trials.end[i, column])
            assert ours == tuple(bounds) or ours[0] == ours[1] == bounds[0] == bounds[1], name
        assert length == len(ob)
        np.testing.assert_allclose(trials.ob[i, :length], ob, atol=1e-5, err_msg=str(golden))
        if gt is not None:
            np.testing.assert_allclose(trials.gt[i, :length], gt, atol=1e-5, err_msg=str(golden))


def test_detection_crashes_in_neurogym_and_so_has_no_recording():
    """Our Detection follows its documentation; there is nothing that it could be compared with."""
    recorded = recording("Detection-v0")
    assert recorded["crash"].startswith("AttributeError")
    assert recorded["configs"] == []
