"""MultiTask: the trials, the judge and the memory of each of its tasks, drawn kind by kind."""

import functools
import re

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import random
from jaxgym_neuro.bench.timing import with_plain_auto_reset
from jaxgym_neuro.core import drawing
from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.multitask import programs
from jaxgym_neuro.schedules import Curriculum, Random, Sequential, SequentialBlock
from jaxgym_neuro.testing import check_task
from jaxgym_neuro.wrappers import MultiTask, PassAction, PassReward

TASKS = ("GoNogo-v0", "DelayComparison-v0", "DawTwoStep-v0")  # the last closes the loop
NUM_ENVS, NUM_STEPS = 200, 1000
RANDOM, GROUND_TRUTH, WAIT = -1, -2, 0
Z = 4.5  # standard errors; a true value is beyond in 7 of 1,000,000 cases


@functools.cache
def three_tasks():
    return MultiTask(TASKS, pad=True)


def play(env, policy, params, num_envs=NUM_ENVS, num_steps=NUM_STEPS):
    """Play a fixed action or a policy; return what was seen, done and earned at each step."""
    step = jax.vmap(env.step, in_axes=(0, 0, 0, None))

    def one_step(carry, key):
        ob, state = carry
        key_action, key_step = random.split(key)
        drawn = random.integer(key_action, env.num_actions, (num_envs,))
        truth = jax.vmap(env.ground_truth_action, in_axes=(0, None))(state, params)
        action = jnp.where(policy == GROUND_TRUTH, truth, policy)
        action = jnp.where(policy == RANDOM, drawn, action)
        keys = random.split(key_step, num_envs)
        after, next_state, reward, _, _, info = step(keys, state, action, params)
        record = {"ob": ob, "t": state.t, "gt": info["gt"], "reward": reward, "info": info}
        record["length"] = state.trial.length
        # What is read of the old trials before they are renewed would have to be copied.
        record["next_row"] = next_state.trial.ob[jnp.arange(num_envs), next_state.t]
        return (after, next_state), record

    keys = random.split(jax.random.key(1), num_envs)
    start = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
    _, record = jax.lax.scan(one_step, start, random.split(jax.random.key(2), num_steps))
    return record


@functools.cache
def compiled(env, num_envs=NUM_ENVS, num_steps=NUM_STEPS):
    run = functools.partial(play, env, num_envs=num_envs, num_steps=num_steps)
    return jax.jit(run).lower(jnp.int32(0), env.default_params).compile()


def played(env, policy, params=None, **sizes):
    params = env.default_params if params is None else params
    return jax.device_get(compiled(env, **sizes)(jnp.int32(policy), params))


@pytest.fixture(scope="module")
def at_random():
    return played(three_tasks(), RANDOM)


def with_task_params(env, task, **changes):
    tasks = list(env.default_params.tasks)
    tasks[task] = tasks[task].replace(**changes)
    return env.default_params.replace(tasks=tuple(tasks))


def trials_in_order(record):
    """Task of every finished trial, environment by environment."""
    ended, task = record["info"]["new_trial"], record["info"]["task"]
    return [task[ended[:, env], env] for env in range(ended.shape[1])]


# --------------------------------------------------------------------------- spaces and names


def test_what_tasks_share_has_one_name_and_what_differs_that_of_its_task():
    env = three_tasks()
    assert env.task_names == ("GoNogo", "DelayComparison", "DawTwoStep")
    space = env.observation_space()
    assert space.shape == (3 + 3,)
    assert space.name["fixation"] == 0
    assert space.name["task_cue"] == range(3, 6)
    assert env.action_space().n == 3
    assert max(jgn.make(id)[0].T for id in TASKS) == env.T
    assert env.periods[:4] == ("fixation", "stimulus", "delay", "decision")
    assert set(env.periods) == {name for id in TASKS for name in jgn.make(id)[0].periods}
    assert set(env.conditions) == {
        "task", "ground_truth", "vpair", "luck", "reward_prob", "start", "transition"
    }  # fmt: skip
    wide = MultiTask(["PerceptualDecisionMaking-v0", "AntiReach-v0"], pad=True)
    names = wide.observation_space().name
    assert names["PerceptualDecisionMaking_stimulus"] == [1, 2]
    assert len(names["AntiReach_stimulus"]) > 2
    assert "stimulus" not in names


def test_equal_tasks_are_told_apart_by_number():
    env = MultiTask(["GoNogo-v0", "GoNogo-v0"], task_cue=False)
    assert env.task_names == ("GoNogo", "GoNogo_2")
    assert env.observation_space() == jgn.make("GoNogo-v0")[0].observation_space()
    assert env.schedule == Random(2)
    assert env == MultiTask([jgn.make("GoNogo-v0")[0]] * 2, task_cue=False)


@pytest.mark.parametrize(
    ("envs", "kwargs", "message"),
    [
        ([], {}, "list of tasks"),
        ("GoNogo-v0", {}, "list of tasks"),
        (["GoNogo-v1"], {}, "did you mean 'GoNogo-v0'"),
        ([object()], {}, "a registered id or an environment"),
        ([gymnax.make("CartPole-v1")[0]], {}, "made of trials"),
        (TASKS[:2], {}, r"observation_space.*DelayComparison.*\(2,\).*GoNogo.*\(3,\).*pad=True"),
        (
            ["GoNogo-v0", "PerceptualDecisionMaking-v0"],
            {},
            r"action_space.*Discrete\(3\).*Discrete\(2\)",
        ),
        (["GoNogo-v0", "Reaching1D-v0"], {"pad": True}, "ground_truth_space"),
        (["GoNogo-v0", "ReachingDelayResponse-v0"], {"pad": True}, "action_space.*a Box"),
        (["GoNogo-v0", "ReadySetGo-v0"], {"pad": True}, "one dt.*ReadySetGo is 80 ms"),
        (TASKS, {"pad": True, "schedule": Random(2)}, "n=2, and there are 3 tasks"),
        (TASKS, {"pad": True, "schedule": "random"}, "schedule is one of"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_why(envs, kwargs, message):
    with pytest.raises(ValueError, match=message):
        MultiTask(envs, **kwargs)


def test_params_of_each_task_are_checked():
    env = three_tasks()
    env.validate(env.default_params)
    long = env.default_params.tasks[0].with_timing(stimulus=5_000)
    with pytest.raises(ValueError, match=r"timing\['stimulus'\]"):
        env.validate(env.default_params.replace(tasks=(long, *env.default_params.tasks[1:])))


# --------------------------------------------------------------------------- one trial


def test_new_trial_draws_the_task_that_is_asked_for():
    env = three_tasks()
    keys, tasks = random.split(jax.random.key(3), 300), np.arange(300, dtype=np.int32) % 3
    trials = jax.jit(jax.vmap(lambda key, task: env.new_trial(key, task=task)))(keys, tasks)
    np.testing.assert_array_equal(trials.conditions["task"], tasks)
    np.testing.assert_array_equal(trials.ob[:, :, 3:].argmax(-1), np.tile(tasks, (env.T, 1)).T)
    for i, id in enumerate(TASKS):
        own, _ = jgn.make(id)
        ob, is_task = np.asarray(trials.ob), tasks == i
        channels = own.observation_space().shape[0]
        assert not ob[is_task, own.T :, :3].any()
        assert not ob[is_task, :, channels:3].any()
        assert (trials.length[is_task] <= own.T).all()
        for place, name in enumerate(env.periods):
            lasts = np.asarray(trials.end - trials.start)[is_task, place]
            assert name in own.periods or not lasts.any()
    fixed = env.new_trial(jax.random.key(4), task=1, vpair=(34.0, 26.0))
    assert fixed.conditions["vpair"].tolist() == [34, 26]
    assert {k: bool(np.any(v)) for k, v in fixed.conditions.items()}["luck"] is False


@pytest.mark.parametrize("task", range(3))
def test_a_task_judges_as_it_does_alone(task):
    env, (own, own_params) = three_tasks(), jgn.make(TASKS[task])
    trial = env.new_trial(jax.random.key(5), task=task)
    carry = jax.eval_shape(env.reset, jax.random.key(0))[1].carry
    carry = jax.tree.map(lambda x: jnp.ones(x.shape, x.dtype), carry)
    places = np.asarray([env.periods.index(name) for name in own.periods])
    shapes = jax.eval_shape(own.new_trial, jax.random.key(0))
    alone = shapes.replace(
        conditions={name: trial.conditions[name] for name in shapes.conditions},
        start=trial.start[places],
        end=trial.end[places],
        length=trial.length,
        ob=trial.ob[: own.T, : shapes.ob.shape[1]],
        gt=trial.gt[: own.T],
    )

    def both(t, action):
        clock = {"time": t, "t": t, "num_trials": jnp.int32(0)}
        whole = env.with_trial(EnvState(trial=trial, carry=carry, **clock), trial)
        part = EnvState(trial=alone, carry=carry.tasks[task], **clock)
        given = env.respond(whole, action, env.default_params)
        expected = own.respond(part, action, own_params)
        kept = part.carry if expected.carry is None else expected.carry
        seen = env.observe(whole, env.default_params), own.observe(part, own_params)
        return (
            (given.reward, given.new_trial, given.performance, given.carry.tasks[task]),
            (expected.reward, expected.new_trial, expected.performance, kept),
            seen,
        )

    t, action = np.meshgrid(np.arange(trial.length, dtype=np.int32), np.arange(4, dtype=np.int32))
    given, expected, (ob, own_ob) = jax.jit(jax.vmap(both))(t.ravel(), action.ravel())
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, np.asarray(b)), given, expected)
    np.testing.assert_array_equal(ob[:, : own_ob.shape[1]], own_ob)
    assert not ob[:, own_ob.shape[1] : 3].any()
    np.testing.assert_array_equal(ob[:, 3:], np.tile(np.eye(3)[task], (len(ob), 1)))


@pytest.mark.parametrize(
    ("ids", "widths"),  # the first eight channels are read apart from the rest
    [
        (["GoNogo-v0", "AntiReach-v0", "PerceptualDecisionMaking-v0"], [3, 33, 3]),
        (["GoNogo-v0", "DelayComparison-v0", "PerceptualDecisionMaking-v0"] * 2, [3, 2, 3] * 2),
    ],
)
def test_a_batch_sees_the_rows_of_wide_and_of_narrow_tasks(ids, widths):
    env = MultiTask(ids, pad=True)
    assert widths == [own.observation_space().shape[0] for own in env.envs]

    def see(state, t):
        return env.observe(state.replace(t=t), env.default_params)

    @jax.jit
    def see_all(keys):
        def step(state, key):  # to trials in the place of others that were longer or wider
            step_keys = random.split(key, len(keys))
            return jax.vmap(env.step, in_axes=(0, 0, None))(step_keys, state, jnp.int32(0))[1], None

        _, state = jax.vmap(env.reset)(keys)
        state, _ = jax.lax.scan(step, state, random.split(jax.random.key(10), 40))
        steps = jnp.arange(env.T, dtype=jnp.int32)
        at_once = jax.vmap(lambda t: jax.vmap(lambda s: see(s, t))(state), out_axes=1)(steps)
        one_by_one = jax.lax.map(lambda s: jax.lax.map(lambda t: see(s, t), steps), state)
        own = [jax.vmap(lambda s, i=i: s.trial.own(i).ob)(state) for i in range(len(ids))]
        return at_once, one_by_one, state.trial.unpacked(), own

    at_once, one_by_one, trials, own = jax.device_get(see_all(random.split(jax.random.key(8), 90)))
    np.testing.assert_array_equal(at_once, one_by_one)
    np.testing.assert_array_equal(at_once, trials.ob)
    task, most = trials.conditions["task"], max(widths)
    cues = np.eye(len(ids))[task][:, None].repeat(env.T, 1)
    np.testing.assert_array_equal(at_once[..., most:], cues)
    for i, alone in enumerate(own):
        seen = at_once[task == i]
        assert len(seen) > 2
        np.testing.assert_array_equal(seen[:, : alone.shape[1], : widths[i]], alone[task == i])
        assert not seen[:, alone.shape[1] :, :most].any()
        assert not seen[..., widths[i] : most].any()
        assert not trials.gt[task == i, alone.shape[1] :].any()


def test_a_trial_that_is_given_is_stepped_through_as_one_that_was_drawn():
    env = three_tasks()

    @jax.jit
    def both(key):
        _, state = env.reset(key)
        given = env.with_trial(state, state.trial.unpacked())
        seen = [env.observe(one, env.default_params) for one in (state, given)]
        return seen, [env.step(key, one, jnp.int32(1)) for one in (state, given)]

    results = jax.device_get(jax.vmap(both)(random.split(jax.random.key(9), 40)))
    tasks = results[1][0][-1]["task"]
    assert set(tasks.tolist()) == {0, 1, 2}
    for drawn, given in results:
        jax.tree.map(np.testing.assert_array_equal, given, drawn)


# --------------------------------------------------------------------------- many trials


def test_by_default_every_task_is_as_likely(at_random):
    order = np.concatenate(trials_in_order(at_random))
    # Trials that the end of the recording cuts off are mostly long ones: take the first 20.
    first = np.concatenate([one[:20] for one in trials_in_order(at_random)])
    assert len(order) >= 10_000
    share = np.bincount(first, minlength=3) / len(first)
    assert np.all(np.abs(share - 1 / 3) < Z * np.sqrt(2 / 9 / len(first)))


def test_a_turn_shows_the_first_row_of_the_new_task_with_its_cue(at_random):
    record = at_random
    turned = record["info"]["new_trial"][:-1]
    before, after = record["info"]["task"][:-1], record["info"]["task"][1:]
    assert (turned & (before != after)).sum() > 10_000
    np.testing.assert_array_equal(before[~turned], after[~turned])
    assert (record["t"][1:][turned] == 0).all()
    # The observation is the new trial's row, at step 0; only DawTwoStep adds to its later rows.
    is_row = turned | (after != 2)
    np.testing.assert_array_equal(record["ob"][1:][is_row], record["next_row"][:-1][is_row])
    np.testing.assert_array_equal(record["ob"][..., 3:].argmax(-1), record["info"]["task"])
    np.testing.assert_array_equal(record["ob"][..., 3:].sum(-1), 1)
    task = record["info"]["conditions"]["task"]
    np.testing.assert_array_equal(record["info"]["task"], task)
    assert task.dtype == np.int32


def test_a_task_remembers_its_own_trials(at_random):
    # The two-step task's reward probabilities walk from one of its trials to the next.
    ended, task = at_random["info"]["new_trial"], at_random["info"]["task"]
    p = at_random["info"]["conditions"]["reward_prob"]
    steps = []
    for env in range(50):
        own = p[ended[:, env] & (task[:, env] == 2), env]
        steps.append(np.abs(np.diff(own, axis=0)))
    steps = np.concatenate(steps)
    assert 0 < np.median(steps) < 0.1


def test_what_is_done_in_a_trial_of_one_task_does_not_reach_another():
    env = MultiTask(["Reaching1D-v0", "Reaching1D-v0"])
    params = env.default_params
    for task in (0, 1):
        state = env.reset(jax.random.key(0), params, task=task)[1]
        after = env.judge(state, jnp.int32(1), params).carry.tasks
        is_moved = [bool(jnp.any(x != y)) for x, y in zip(after, state.carry.tasks, strict=True)]
        assert is_moved == [task == 0, task == 1]


def test_each_task_keeps_to_its_own_r_tmax_and_abort():
    env = three_tasks()
    plain = played(env, WAIT)
    late = played(env, WAIT, with_task_params(env, 0, r_tmax=-0.5))
    is_late = plain["info"]["new_trial"] & (plain["info"]["task"] == 0)
    assert is_late.sum() > 1000
    is_timed_out = is_late & (plain["t"] + 1 == plain["length"])
    np.testing.assert_array_equal(is_timed_out, is_late)
    np.testing.assert_allclose(late["reward"] - plain["reward"], -0.5 * is_late)

    broken = played(env, 1, with_task_params(env, 1, abort=True))
    ended, task = broken["info"]["new_trial"], broken["info"]["task"]
    assert (broken["t"][ended & (task == 1)] == 0).all()
    assert (broken["t"][ended & (task == 0)] > 0).all()


def test_an_action_that_the_task_does_not_have_is_wrong():
    for action, best in ((1, 1), (2, 0)):
        record = played(three_tasks(), action)
        is_go_nogo = record["info"]["new_trial"] & (record["info"]["task"] == 0)
        assert record["info"]["performance"][is_go_nogo].max() == best
        assert (record["reward"][is_go_nogo].max() > 0) == best


def test_the_schedule_holds_and_tasks_draw_from_different_keys():
    env = MultiTask(["GoNogo-v0", "GoNogo-v0"], SequentialBlock([2, 3], start=0))
    record = played(env, RANDOM, num_steps=800)
    order = trials_in_order(record)
    expected = np.resize([0, 0, 1, 1, 1], 1000)
    assert sum(map(len, order)) >= 10_000
    for one in order:
        np.testing.assert_array_equal(one, expected[: len(one)])
    truth = record["info"]["conditions"]["ground_truth"]
    same = np.concatenate(
        [
            np.diff(truth[record["info"]["new_trial"][:, env], env]) == 0
            for env in range(truth.shape[1])
        ]
    )
    assert abs(same.mean() - 0.5) < Z * 0.5 / np.sqrt(len(same))


def test_performance_reaches_a_curriculum():
    env = MultiTask(TASKS[:2], Curriculum(n=2, threshold=0.9, window=5), pad=True)
    mastered, guessed = (
        played(env, policy, num_envs=20, num_steps=200) for policy in (GROUND_TRUTH, RANDOM)
    )
    for order in trials_in_order(mastered):
        np.testing.assert_array_equal(order, [0] * 5 + [1] * (len(order) - 5))
        assert len(order) > 5
    assert max(order[5] for order in trials_in_order(guessed)) == 0


# --------------------------------------------------------------------------- how it runs


def small_rollouts(env, params):
    """Rollouts of a nest: params outside, environments inside."""

    def one(key, params):
        key_reset, *keys = random.split(key, 31)
        ob, state = env.reset(key_reset, params)

        def step(state, key):
            key_action, key_step = random.split(key)
            action = random.integer(key_action, env.num_actions)
            ob, state, reward, *_, info = env.step(key_step, state, action, params)
            return state, (ob, reward, info)

        state, record = jax.lax.scan(step, state, jnp.stack(keys))
        return state, ob, record

    rows = jax.vmap(one, in_axes=(0, None))
    keys = random.split(jax.random.key(6), 3 * 11).reshape(3, 11)
    return jax.jit(jax.vmap(rows))(keys, params)


def test_trials_drawn_kind_by_kind_are_those_of_a_select_with_swept_params():
    env = MultiTask(["GoNogo-v0", "DawTwoStep-v0"], pad=True)

    def swept(amount):
        params = with_task_params(env, 0, r_tmax=amount)
        return params.replace(trials_per_episode=jnp.int32(3), max_steps_in_episode=jnp.int32(17))

    params = jax.vmap(swept)(jnp.asarray([0.0, -1.0, -2.0], jnp.float32))
    results = [small_rollouts(one, params) for one in (env, with_plain_auto_reset(env))]
    tasks = np.asarray(results[0][2][2]["task"])
    assert 0 < tasks.mean() < 1
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6), *results)


def test_trial_arrays_are_renewed_in_place():
    text = compiled(three_tasks()).as_text()
    _, state = jax.eval_shape(three_tasks().reset, jax.random.key(0))
    shape = f"f32[{NUM_ENVS},{state.trial.rows.size}]"
    assert shape in text
    loops = text[: text.index("\nENTRY")]
    assert re.findall(re.escape(shape) + r"\S* copy\(", loops) == []


def test_a_wrapper_around_a_nest_of_several_tasks_draws_each_kind_by_itself():
    inner = MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    env = PassReward(MultiTask([inner, "GoNogo-v0"], pad=True))
    assert env.num_kinds == 3
    record = played(env, RANDOM, num_envs=50, num_steps=400)
    task = np.stack([record["info"]["task"], record["info"]["MultiTask_task"]], axis=-1)
    # Where no inner task is drawn, its number is 0.
    assert set(map(tuple, task.reshape(-1, 2).tolist())) == {(0, 0), (0, 1), (1, 0)}
    names = env.observation_space().name
    for shown, name in zip(
        task.transpose(2, 0, 1), ("task_cue", "MultiTask_task_cue"), strict=True
    ):
        cue = record["ob"][..., list(names[name])]
        has_cue = task[..., 0] == 0 if name != "task_cue" else np.ones_like(shown, np.bool_)
        np.testing.assert_array_equal(cue.sum(-1), has_cue)
        np.testing.assert_array_equal(cue.argmax(-1), shown)
    trial = env.new_trial(jax.random.key(7), task=0, MultiTask_task=1)
    assert (int(trial.conditions["task"]), int(trial.conditions["MultiTask_task"])) == (0, 1)
    assert np.any(trial.conditions["vpair"])


def test_several_tasks_may_be_one_of_several_tasks():
    inner = MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    env = MultiTask(["GoNogo-v0", inner], pad=True)
    assert env.num_kinds == 3
    alone = inner.new_trial(jax.random.key(7), task=1, vpair=(34.0, 26.0), ground_truth=1)
    trial = env.new_trial(
        jax.random.key(7), task=1, MultiTask_task=1, vpair=(34.0, 26.0), ground_truth=1
    )
    np.testing.assert_array_equal(trial.length, alone.length)
    np.testing.assert_array_equal(trial.gt, alone.gt)
    names = env.observation_space().name
    for name in ("task_cue", "MultiTask_task_cue"):
        np.testing.assert_array_equal(trial.ob[:, list(names[name])], [[0, 1]] * env.T)


def test_an_episode_may_begin_with_a_trial_whose_conditions_are_fixed():
    env = three_tasks()
    keys, tasks = random.split(jax.random.key(13), 30), np.arange(30, dtype=np.int32) % 3
    reset = jax.jit(jax.vmap(lambda key, task: env.reset(key, task=task)))
    ob, state = reset(keys, tasks)
    np.testing.assert_array_equal(state.trial.task, tasks)
    np.testing.assert_array_equal(ob[:, 3:].argmax(-1), tasks)
    trials = jax.jit(jax.vmap(lambda key, task: env.new_trial(key, task=task)))(keys, tasks)
    np.testing.assert_array_equal(state.trial.unpacked().ob, trials.ob)


@pytest.mark.slow
def test_it_keeps_what_every_task_promises():
    check_task(three_tasks(), num_envs=16, num_trials=32)


def test_a_wrapper_around_it_keeps_promises_too():
    # Those that take little compiling; a rollout of a wrapped nest is above.
    promises = ("equal_by_value", "validates", "fixed_point", "info_keys", "keys_used_once")
    check_task(PassAction(three_tasks()), num_envs=16, num_trials=32, only=promises)


def test_conditions_that_are_drawn_late_are_those_that_are_drawn_early():
    """Where no task remembers anything, they are drawn with the rest, kind by kind."""
    env = MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    assert env.kinds_forget
    assert not three_tasks().kinds_forget
    params = env.default_params
    carry = env.init_carry(random.as_key(0), params)

    def draw(key, late):
        keys = drawing.split_stream_keys(env, key)
        drawn, after = drawing.draw_conditions(env, keys, params, carry, late=late)
        return drawing.lay_out(env, keys, params, drawn), after

    keys = random.split(random.as_key(1), 32)
    early, late = (
        jax.jit(jax.vmap(functools.partial(draw, late=late)))(keys) for late in (False, True)
    )
    for one, other in zip(*map(jax.tree.leaves, (early, late)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_tasks_that_differ_in_params_alone_are_drawn_by_one_program_as_by_their_own(monkeypatch):
    names = ("go", "dms", "anti", "dnms", "dlygo")
    yang19 = jgn.collection("yang19")
    monkeypatch.setattr(programs, "FEWEST_TO_SHARE", 2)
    shared = yang19.multi_task(tasks=names)
    assert shared.programs == ((0, 2), (1, 3), (4,))
    assert shared.num_kinds == 3
    monkeypatch.setattr(programs, "FEWEST_TO_SHARE", 100)
    apart = yang19.multi_task(Sequential(len(names)), tasks=names)
    assert apart.num_kinds == len(names)
    params = list(shared.default_params.tasks)
    params[3] = params[3].replace(sigma=np.float32(0))  # of one of two in a program
    params = shared.default_params.replace(tasks=tuple(params))

    def drawn(env):
        draw = jax.vmap(lambda task: env.new_trial(5, params, task=task))
        return jax.device_get(jax.jit(draw)(jnp.arange(len(names), dtype=jnp.int32)))

    for one, other in zip(*(jax.tree.leaves(drawn(env)) for env in (shared, apart)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    is_quiet = [len(np.unique(ob)) < 30 for ob in drawn(shared).ob]  # bumps without noise
    assert is_quiet == [True, False, True, True, True]


def test_steps_of_tasks_that_share_programs_are_judged_and_cued_by_task(monkeypatch):
    monkeypatch.setattr(programs, "FEWEST_TO_SHARE", 2)
    env = jgn.collection("yang19").multi_task(tasks=("rtgo", "rtanti", "dm2"))
    table = jgn.rollout(
        env, policy="ground_truth", num_envs=32, num_trials=200, keep=("ob",), key=2
    )
    np.testing.assert_allclose(table.performance, 1)
    task = table.conditions["task"]
    assert np.bincount(task).min() > 30
    np.testing.assert_array_equal(table.conditions["anti"], task == 1)
    cues = table.kept["ob"][..., 33:]
    is_real = np.arange(cues.shape[1]) < table.steps[:, None]
    np.testing.assert_array_equal(cues, np.eye(3)[task][:, None] * is_real[..., None])


def test_each_of_the_tasks_that_are_judged_by_one_rule_is_paid_by_its_own_params():
    names = ("go", "dms", "anti", "dnms", "rtgo")
    env = jgn.collection("yang19").multi_task(tasks=names)
    assert env.alike == ((0, 2), (1, 3), (4,))
    params = env.default_params
    own = [
        own.with_rewards(correct=10.0 + i, fail=-10.0 - i).replace(r_tmax=-0.25 * (i + 1))
        for i, own in enumerate(params.tasks)
    ]
    params = params.replace(tasks=tuple(own))

    def first_step_of_decision(key, task, is_right):
        trial = env.new_trial(key, params, task=task)
        _, state = env.reset(key, params)
        decision = trial.start[env.periods.index("decision")]
        state = env.with_trial(state, trial).replace(t=decision)
        due = env.ground_truth_action(state, params)
        action = jnp.where(is_right, due, due % 16 + 1)
        return env.judge(state, action, params).reward, due

    tasks = np.repeat(np.arange(len(names), dtype=np.int32), 8)
    keys = random.split(random.as_key(4), len(tasks))
    judge = jax.jit(jax.vmap(first_step_of_decision, in_axes=(0, 0, None)))
    (right, due), (wrong, _) = (judge(keys, jnp.asarray(tasks), is_right) for is_right in (1, 0))
    acts = np.asarray(due) > 0
    assert acts.sum() > 20
    np.testing.assert_array_equal(np.asarray(right)[acts], 10.0 + tasks[acts])
    np.testing.assert_array_equal(np.asarray(wrong)[acts], -10.0 - tasks[acts])


def test_of_all_tasks_of_mod_cog_few_programs_draw_and_few_rules_judge():
    """What takes as long to compile as there are programs is not to grow with the tasks."""
    modcog = jgn.collection("modcog")
    published = modcog.multi_task(tasks=modcog.tasks[:82])
    assert len(published.programs) <= 18
    assert len(published.alike) <= 18
