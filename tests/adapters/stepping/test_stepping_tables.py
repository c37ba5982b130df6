"""Steps that are look-ups: the same run as with compiled steps, without stalls or leaks."""

import pathlib
import time
import warnings

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro import spaces, wrappers
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.stepping.analysis import plan_tables
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.core.env import Response, TrialEnv

ID = "PerceptualDecisionMaking-v0"
# Their next trial depends on what the subject did in this one.
NOT_TABULATED = (
    "CVLearning-v0",
    "LeverPress-v0",
    "LeverPressWithPoke-v0",
    "LeverPressWithPokeRest-v0",
    "MatchingPenny-v0",
)
TABULATED = sorted({*IDS} - {*NOT_TABULATED})  # all the others
NUM_STEPS = 250


def assert_same(first, second):
    """Equal keys, and equal values up to how two programs round."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        if isinstance(value, dict):
            assert_same(value, second[name])
        else:
            np.testing.assert_allclose(value, second[name], rtol=1e-5, atol=1e-5, err_msg=name)
            assert type(value) is type(second[name]), name


def assert_of_the_table(rewards, amounts):
    """Whatever float32 does not tell from an amount of the table is that amount: -0.1, say."""
    for amount in amounts.values():
        is_it = np.float32(rewards) == np.float32(amount)
        assert np.all((rewards == amount) == is_it), (rewards, amount)


def assert_same_run(tabulated, compiled, num_steps=NUM_STEPS, seed=5):
    """Step both with the same random actions, with a reset and a new trial in between."""
    assert tabulated.is_tabulated
    assert not compiled.is_tabulated
    tabulated.action_space.seed(seed)
    seen = [env.reset(seed=seed) for env in (tabulated, compiled)]
    for i in range(num_steps):
        (ob, info), (other_ob, other_info) = seen
        np.testing.assert_allclose(ob, other_ob, rtol=1e-5, atol=1e-5)
        assert (type(ob), ob.dtype, ob.shape) == (type(other_ob), other_ob.dtype, other_ob.shape)
        assert_same(info, other_info)
        if i == num_steps // 2:
            seen = [env.reset() for env in (tabulated, compiled)]
            continue
        action = tabulated.action_space.sample()
        seen = []
        for env in (tabulated, compiled):
            ob, reward, terminated, truncated, info = env.step(action)
            assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
            assert_of_the_table(reward, env.task.rewards)
            ended = {"terminated": terminated, "truncated": truncated}
            seen.append((ob, {**info, "reward": reward, **ended}))


@pytest.mark.parametrize("id", NOT_TABULATED)
def test_a_task_whose_trials_depend_on_what_was_done_takes_compiled_steps(id):
    assert not GymnasiumEnv(id).is_tabulated


@pytest.mark.parametrize("id", fast_if_typical(TABULATED))
def test_a_run_is_the_same_by_look_ups_and_by_compiled_steps(id):
    """The same trials, observations, rewards, trial ends and scores, across batches of trials."""
    tabulated, compiled = GymnasiumEnv(id, batch_size=8), GymnasiumEnv(id, tabulate=False)
    assert_same_run(tabulated, compiled)
    # What the task remembers of the subject is the same, too.
    states = [
        jax.tree.map(np.asarray, (env.state.t, env.state.carry)) for env in (tabulated, compiled)
    ]
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5), *states)
    with warnings.catch_warnings():
        if id == "ReachingDelayResponse-v0":  # its actions are as they are: go, and where to
            warnings.filterwarnings("ignore", ".*recommend using a symmetric and normalized space")
        env = gymnasium.make(f"jaxgym_neuro/{id}", batch_size=8)  # drawn by the same program
        check_env(env.unwrapped, skip_render_check=True)


def small(id, **kwargs):
    return jgn.make(id, timing={"fixation": 100, "stimulus": 200, "decision": 200}, **kwargs)[0]


@pytest.mark.parametrize(
    "limits", [{"trials_per_episode": 2}, {"max_steps_in_episode": 7}], ids=str
)
def test_no_trial_is_skipped_or_seen_twice_where_episodes_end(limits):
    """The first trial of an episode is the next of the stream, whether or not one was cut short."""
    task = small(ID)
    params = task.default_params.replace(**limits)
    pair = [
        GymnasiumEnv(task, params, batch_size=4),
        GymnasiumEnv(task, params, tabulate=False),
    ]
    first = []
    for env in pair:
        seen = [env.reset(seed=2)[0]]
        for _ in range(60):
            ob, *_, terminated, truncated, info = env.step(0)
            ob[:] += 1  # it belongs to the user
            seen += [ob, [info["new_trial"], terminated, truncated]]
            if terminated or truncated:
                seen.append(env.reset()[0])
        first.append(np.concatenate(seen))
    np.testing.assert_allclose(*first, atol=1e-5)


def test_tasks_whose_trials_depend_on_performance_take_compiled_steps():
    tasks = [small(ID), jgn.make("GoNogo-v0")[0]]
    several = wrappers.MultiTask(tasks, jgn.schedules.Curriculum(2), pad=True)
    assert plan_tables(several, several.default_params) is None
    assert plan_tables(wrappers.MultiTask(tasks, pad=True), several.default_params) is not None


REACHES = ["Reaching1D-v0", "Reaching1DWithSelfDistraction-v0"]


@pytest.mark.parametrize("ids", [REACHES, ["GoNogo-v0", "DawTwoStep-v0"]], ids=str)
def test_several_tasks_in_one_run_the_same_by_look_ups_and_by_compiled_steps(ids):
    """What one of them notes of the subject outlasts the trials of the other."""
    task = wrappers.MultiTask(ids, pad=True)
    assert_same_run(GymnasiumEnv(task, batch_size=8), GymnasiumEnv(task, tabulate=False))


@pytest.mark.parametrize(
    "limits",
    [
        {"trials_per_episode": 2},
        {"max_steps_in_episode": 7},
        {"trials_per_episode": 1, "max_steps_in_episode": 4},
    ],
)
def test_episodes_end_and_follow_one_another_as_by_compiled_steps(limits):
    task, rng = small(ID), np.random.default_rng(0)
    params = task.default_params.replace(**limits)
    envs = GymnasiumEnv(task, params, batch_size=8), GymnasiumEnv(task, params, tabulate=False)
    began, num_ended = [env.reset(seed=3) for env in envs], 0
    for action in rng.integers(0, 3, 80):
        assert_same(*(dict(enumerate(returned)) for returned in began))
        one, two = (dict(enumerate(env.step(action))) for env in envs)
        assert_same(one, two)
        if one[2] or one[3]:  # terminated or truncated
            num_ended += 1
            began = [env.reset() for env in envs]
    assert num_ended > 8


@pytest.mark.parametrize(
    "wrap",
    [
        wrappers.Noise,
        lambda task: wrappers.SideBias(task, probs=((0.9, 0.1), (0.1, 0.9)), block_dur=3),
        lambda task: wrappers.ReactionTime(task, urgency=-0.1),
    ],
    ids=["Noise", "SideBias", "ReactionTime"],
)
def test_wrapped_tasks_that_can_be_tabulated_are_and_run_the_same(wrap):
    task = wrap(small(ID))
    assert_same_run(GymnasiumEnv(task, batch_size=8), GymnasiumEnv(task, tabulate=False))
    if wrap is not wrappers.PassAction:
        return
    params = task.default_params.replace(trials_per_episode=2)  # then it is forgotten
    pair = [TaskVectorEnv(task, 3, params, tabulate=tabulate) for tabulate in (True, False)]
    assert pair[0].is_tabulated
    np.testing.assert_allclose(*(env.reset(seed=3)[0] for env in pair), atol=1e-5)
    for actions in np.random.default_rng(0).integers(3, size=(40, 3)):
        np.testing.assert_allclose(*(env.step(actions)[0] for env in pair), atol=1e-5)


@pytest.mark.parametrize(
    "wrap",
    [wrappers.PassAction, wrappers.PassReward, wrappers.MissTrialReward],
    ids=["PassAction", "PassReward", "MissTrialReward"],
)
def test_what_is_remembered_of_the_subject_beyond_the_trial_is_kept_by_the_step(wrap):
    task = wrap(small(ID))
    assert_same_run(GymnasiumEnv(task, batch_size=8), GymnasiumEnv(task, tabulate=False))


class Chain(TrialEnv):
    """Ends when the subject has acted five times; remembers what it was told to."""

    TIMING = {"work": 1000}
    metadata = {"tags": ()}

    def __init__(self, counts=True, later=False, clocked=False):
        self.counts, self.later, self.clocked = counts, later, clocked
        super().__init__(
            dt=100,
            observation_space=spaces.unbounded(("channel",)),
            action_space=spaces.Discrete(3),
        )

    def init_carry(self, key, params):
        return jnp.int32(0)

    def sample_conditions(self, key, params, carry):
        return {"before": carry if self.later else jnp.int32(0)}, jnp.int32(0)

    def build_trial(self, builder, conditions, params):
        return builder.add_period("work").add_ob(conditions["before"].astype(jnp.float32))

    def respond(self, state, action, params):
        count = state.carry + action if self.counts else jnp.minimum(action, 1)
        paid = state.time if self.clocked else count
        return Response(
            reward=paid.astype(jnp.float32), new_trial=count >= 9, performance=1.0, carry=count
        )


class Steer(TrialEnv):
    """A point with inertia, seen as a bump on a ring: the subject's own task, in a closed loop."""

    TIMING = {"work": 800}
    REWARDS = {"fail": -0.1}
    metadata = {"tags": ()}

    def __init__(self, action_space, is_sorted=False):
        self.is_sorted = is_sorted
        channels = spaces.unbounded(tuple("abcdefgh"))
        super().__init__(dt=100, observation_space=channels, action_space=action_space)

    def init_carry(self, key, params):
        return {"place": jnp.zeros(2), "speed": jnp.float32(0), "moved": jnp.bool_(False)}

    def sample_conditions(self, key, params, carry):
        where = jax.random.uniform(key, (2,), minval=-1)
        return {"where": where}, self.init_carry(key, params)

    def build_trial(self, builder, conditions, params):
        return builder.add_period("work").add_ob(conditions["where"][0])

    def respond(self, state, action, params):
        carry = state.carry
        push = action.astype(jnp.float32) - 1 if action.dtype == jnp.int32 else action.sum()
        speed = jnp.tanh(0.9 * carry["speed"] + 0.3 * push).astype(jnp.float32)
        place = jnp.clip(carry["place"] + jnp.stack([speed, speed**2]), -1, 1)
        error = jnp.max(jnp.abs(place - state.trial.conditions["where"]))
        return Response(
            reward=jnp.where(error > 1, params.rewards["fail"], 1 - error),
            new_trial=carry["moved"] & (error < 0.3),
            performance=jnp.exp(-error),
            carry={"place": place, "speed": speed, "moved": carry["moved"] | (speed != 0)},
        )

    def observe(self, state, params):
        x, y = state.carry["place"]
        shown = jnp.exp(jnp.cos(np.arange(6, dtype=np.float32) - 4 * x) - 1)
        shown = jnp.sort(shown) if self.is_sorted else shown
        return state.trial.ob[state.t] + jnp.concatenate(
            [shown, jnp.stack([y, state.carry["speed"]])]
        )


@pytest.mark.parametrize("action", [spaces.Discrete(3), spaces.Box(-1, 1, (6,))], ids=str)
def test_a_closed_loop_of_ones_own_is_worked_out_and_runs_the_same(action):
    """Whatever is made of numbers that `two_parts` knows how to work out, of any shape."""
    task = Steer(action)
    assert_same_run(GymnasiumEnv(task, batch_size=8), GymnasiumEnv(task, tabulate=False))
    pair = TaskVectorEnv(task, 3), TaskVectorEnv(task, 3, tabulate=False)
    assert pair[0].is_tabulated
    pair[0].action_space.seed(0)
    np.testing.assert_allclose(*(env.reset(seed=3)[0] for env in pair), atol=1e-5)
    for _ in range(30):
        actions = pair[0].action_space.sample()
        seen = [env.step(actions) for env in pair]
        jax.tree.map(lambda *pair: np.testing.assert_allclose(*pair, atol=1e-4), *seen)
        assert_of_the_table(seen[0][1], task.rewards)
    sorted_task = Steer(action, is_sorted=True)
    assert plan_tables(sorted_task, sorted_task.default_params) is None


def test_more_notes_than_a_table_holds_are_left_to_compiled_steps():
    """The count takes up to nine values, which is found out when the trial is drawn."""
    first, second = GymnasiumEnv(Chain()), GymnasiumEnv(Chain(), tabulate=False)
    np.testing.assert_array_equal(*(env.reset(seed=3)[0] for env in (first, second)))
    rng = np.random.default_rng(0)
    for action in rng.integers(3, size=60):
        pair = [env.step(action) for env in (first, second)]
        np.testing.assert_array_equal(pair[0][0], pair[1][0])
        assert pair[0][1:4] == pair[1][1:4]
        assert_same(pair[0][4], pair[1][4])
    assert not first.is_tabulated


def test_many_environments_leave_more_notes_than_a_table_holds_to_compiled_steps():
    first, second = TaskVectorEnv(Chain(), 3), TaskVectorEnv(Chain(), 3, tabulate=False)
    assert first.is_tabulated
    np.testing.assert_array_equal(*(env.reset(seed=3)[0] for env in (first, second)))
    for actions in np.random.default_rng(0).integers(3, size=(60, 3)):
        pair = [env.step(actions) for env in (first, second)]
        jax.tree.map(np.testing.assert_array_equal, *pair)
    assert not first.is_tabulated


def test_many_environments_whose_chains_break_one_by_one_take_compiled_steps():
    """A trial of a chain that follows upon none is drawn anew, which costs more than a step."""
    id = "perceptualdecisionmaking.ibl20-v0"
    params = jgn.make(id)[1]
    mask = np.array([True, False, False])
    for limits, options, expected in (
        ({"max_steps_in_episode": 30}, {}, True),
        ({"max_steps_in_episode": 30, "trials_per_episode": 2}, {}, False),
        ({"max_steps_in_episode": np.array([30, 40, 50])}, {}, False),
        ({}, {"reset_mask": mask}, False),
    ):
        pair = [
            TaskVectorEnv(id, 3, params.replace(**limits), "SameStep", tabulate=tabulate)
            for tabulate in (True, False)
        ]
        for env in pair:
            env.reset(seed=1)
            env.reset(options=options)
        for actions in np.random.default_rng(0).integers(3, size=(90, 3)):
            seen = [env.step(actions)[:4] for env in pair]
            jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, atol=1e-5), *seen)
        assert pair[0].is_tabulated is expected


@pytest.mark.parametrize("trait", ["later", "clocked"])
def test_trials_that_depend_on_the_subject_or_the_clock_are_not_drawn_ahead(trait):
    task = Chain(**{trait: True})
    assert plan_tables(task, task.default_params) is None
    free = Chain(counts=False)
    assert plan_tables(free, free.default_params) is not None


@pytest.fixture(scope="module")
def env():
    return GymnasiumEnv(ID)


def rollout(env, steps, seed):
    trace = [env.reset(seed=seed)[0]]
    for i in range(steps):
        ob, reward, *_ = env.step(i % 3)
        trace.extend([ob, reward])
    return np.concatenate([np.ravel(x) for x in trace])


def test_the_same_seed_gives_the_same_run_and_another_another(env):
    first = rollout(env, 2000, seed=3)
    np.testing.assert_array_equal(first, rollout(env, 2000, seed=3))
    assert not np.array_equal(first, rollout(env, 2000, seed=4))


def test_no_trial_is_like_another_across_batches():
    env = GymnasiumEnv(ID, batch_size=20)
    env.reset(seed=0)
    count = 50
    seen = {env.new_trial().ob.tobytes() for _ in range(count)}
    assert len(seen) == count


def test_what_a_user_writes_to_changes_nothing_later(env):
    ob, _ = env.reset(seed=1)
    seen, trial = ob.copy(), env.ob
    ob[:] = 7
    env.ob[:] = 7
    np.testing.assert_array_equal(env.ob_now, seen)
    np.testing.assert_array_equal(env.step(0)[0], trial[1])


def test_a_reset_of_a_task_without_memory_draws_nothing(env):
    env.reset(seed=0)
    batch = env._stepper._batch
    env.reset()
    assert env._stepper._batch is batch


@pytest.mark.slow
def test_no_step_stalls_and_memory_stays_flat(env):
    """A step draws at most a block: some ms, where the bound leaves room for a busy machine."""
    env.reset(seed=0)
    longest, sizes, statm = 0.0, [], pathlib.Path("/proc/self/statm")
    for _ in range(6):
        for _ in range(50_000):
            begin = time.perf_counter()
            env.step(1)
            longest = max(longest, time.perf_counter() - begin)
        if statm.exists():
            sizes.append(int(statm.read_text().split()[1]) * 4096 / 1e6)
    assert longest < 0.5
    assert not sizes or max(sizes) - sizes[0] < 50
