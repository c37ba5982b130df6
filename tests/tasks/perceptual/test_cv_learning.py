import functools

import helpers
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import policies, random

ID = "CVLearning-v0"
STAGES = range(5)
# Of few steps, for what lasts over many trials.
SHORT = {
    "timing": {"fixation": 100, "stimulus": 100, "delay": 400, "decision": 200},
    "trials_day": 20,
    "perf_len": 4,
}


@pytest.fixture(scope="module")
def env():
    return jgn.make(ID)[0]


@functools.cache
def drawn(stage, **conditions):
    """A task without noise, and trials of a stage."""
    env, params = jgn.make(ID, sigma=0)
    trials = helpers.draw(env, params, num=512, stage=stage, **conditions)
    return helpers.Case(env, params, jax.tree.map(np.asarray, trials))


def steps_of(case, period):
    i = case.env.periods.index(period)
    return (case.trials.end - case.trials.start)[:, i]


# ---------------------------------------------------------------------- trials of each stage


def test_each_stage_has_the_periods_that_it_should():
    lengths = {stage: drawn(stage).trials.length for stage in STAGES}
    assert [set(lengths[stage]) for stage in (0, 1, 2)] == [{17}, {28}, {28}]
    for stage in STAGES:
        assert set(steps_of(drawn(stage), "stimulus")) == ({11} if stage else {0})
        assert set(steps_of(drawn(stage), "decision")) == {15}
    delays = steps_of(drawn(4), "delay")
    assert helpers.is_uniform(delays, range(10, 30))
    assert helpers.is_uniform(drawn(4).trials.conditions["ground_truth"], [1, 2])


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_delay_of_stage_3_is_a_share_of_that_of_stage_4(share):
    whole, part = steps_of(drawn(4), "delay"), steps_of(drawn(3, delay_share=share), "delay")
    np.testing.assert_array_equal(part, np.floor(share * whole))
    env, params = jgn.make(ID, timing={"delay": 800})
    trial = env.new_trial(0, params, stage=3, delay_share=share)
    assert float(trial.length) == 28 + 8 * share


def test_evidence_is_clear_until_the_last_stage():
    for stage in STAGES:
        case = drawn(stage)
        conditions, ob = case.trials.conditions, case.trials.ob
        sign = np.where(conditions["ground_truth"] == 2, 1, -1)
        coh = {0: 0, 4: conditions["coh"]}.get(stage, 100)
        np.testing.assert_allclose(conditions["signed_coh"], sign * coh, atol=1e-4)
        shown = helpers.in_period(case.env, case.trials, "stimulus")[..., None]
        signed = (sign * coh / 200)[:, None, None]
        expected = np.concatenate([0.5 - signed, 0.5 + signed, np.full((512, 1, 8), 0.5)], axis=-1)
        np.testing.assert_allclose(ob[..., 1:], expected * shown, atol=1e-6)
        in_decision = helpers.in_period(case.env, case.trials, "decision")
        is_real = np.arange(case.env.T) < case.trials.length[:, None]
        np.testing.assert_array_equal(ob[..., 0] == 1, is_real & ~in_decision)
        truth = conditions["ground_truth"][:, None] * in_decision
        np.testing.assert_array_equal(case.trials.gt, truth)
    assert helpers.is_uniform(drawn(4).trials.conditions["coh"], [0, 6.4, 12.8, 25.6, 51.2])


def test_noise_is_of_the_last_stage_and_of_all_channels_but_the_cue(env):
    for stage in STAGES:
        noisy, clear = (
            helpers.draw(env, env.default_params.replace(sigma=sigma), num=512, stage=stage)
            for sigma in (2.0, 0.0)
        )
        noise = np.asarray(noisy.ob - clear.ob)
        shown = helpers.in_period(env, clear, "stimulus")
        assert np.all(noise[..., 0] == 0)
        assert np.all(noise[~shown] == 0)
        sd = noise[shown][:, 1:].std(axis=0) if stage == 4 else noise[shown][:, 1:]
        np.testing.assert_allclose(sd, 0.2 if stage == 4 else 0, rtol=0.06)


def test_every_row_of_the_reward_table():
    amounts = {"fail": -0.5, "miss": -2.0, "abort": -0.25}
    for stage in STAGES:
        case = drawn(stage, forced=True)
        truth, params = case.trials.conditions["ground_truth"], case.params.with_rewards(**amounts)
        followed = case.act(params, decision=truth)
        assert np.all(followed.returns == 1)
        assert np.all(followed.performance == 1)
        assert np.all(followed.steps == case.trials.length - 14)
        assert np.all(case.act(params).returns == -2)
        other = case.act(params, decision=5)  # none of the sides
        assert np.all(other.returns == -2)
        assert np.all(other.performance == 0)
        early = case.act(params, fixation=1, stimulus=2, delay=7)
        np.testing.assert_allclose(early.returns, -2 - 0.25 * (case.trials.length - 15), atol=1e-4)
        broken = case.act(params.replace(abort=True), fixation=1)
        np.testing.assert_allclose(broken.returns, -0.25)
        assert np.all(broken.steps == 1)


def test_what_a_mistake_costs_is_the_stages_own():
    for stage, cost in enumerate((0, 0, -1, -1, -1)):
        case = drawn(stage, forced=True)
        wrong = case.act(decision=3 - case.trials.conditions["ground_truth"])
        assert np.all(wrong.returns == cost)
        assert np.all(wrong.performance == 0)
        lasts = case.trials.length - (0 if stage == 1 else 14)
        assert np.all(wrong.steps == lasts)
    either = drawn(0, forced=False)
    for action in (1, 2):
        chosen = either.act(decision=action)
        assert np.all(chosen.returns == 1)
        assert np.all(chosen.performance == 1)


def test_a_mistake_that_is_corrected_is_a_mistake():
    case = drawn(1)
    truth = case.trials.conditions["ground_truth"]
    actions = helpers.script(case.env, case.trials, decision=3 - truth)
    actions[:, 15] = truth
    corrected = helpers.play(case.env, case.trials, actions, case.params)
    assert np.all(corrected.returns == 1)
    assert np.all(corrected.steps == 16)
    assert np.all(corrected.performance == 0)


# ---------------------------------------------------------------------- the training itself


class Account:
    """The training, written again in Python, from its description."""

    def __init__(self, stages, window, th, day, keep, min_perf=0.5, step=0.25):
        vars(self).update(stages=stages, size=window, th=th, day=day, keep=keep)
        vars(self).update(min_perf=min_perf, step=step, index=0, fallen=False, good=0)
        vars(self).update(today=[], window=[], share=0.0, morning=0.0)

    @property
    def stage(self):
        return self.stages[self.index]

    def add(self, right):
        self.today.append(right)
        self.window.append(right)
        recent = self.window[-self.size :]
        mean = np.mean(recent) if len(recent) == self.size else None
        if mean is not None and {1, 2} <= set(self.stages):
            if self.stage == 2 and mean < self.min_perf:
                self.index, self.fallen = self.index - 1, True
            elif self.fallen and mean > self.th:
                self.index, self.fallen = self.index + 1, False
        if len(self.today) == self.day:
            is_whole = self.stage != 3 or self.share == 1
            self.good = self.good + 1 if np.mean(self.today) >= self.th and is_whole else 0
            if self.good > self.keep and self.index < len(self.stages) - 1:
                self.index, self.good, self.fallen = self.index + 1, 0, False
            self.today, self.window, self.morning = [], [], self.share
        if self.stage == 3 and len(self.window) >= self.size:
            mean = np.mean(self.window[-self.size :])
            if mean >= self.th and self.share < 1:
                self.share, self.window = self.share + self.step, []
            elif mean <= self.min_perf and self.share > self.morning:
                self.share, self.window = self.share - self.step, []


@functools.partial(jax.jit, static_argnames="shaping")
def trained(shaping, right, side, params):
    """Stages, shares and days of a training before each of its trials, (n,)."""

    def add(at, now):
        told = (shaping.stage(at), at.share, at.day, at.trial, at.repeats, at.side)
        return shaping.after(at, *now, params), told

    return jax.lax.scan(add, shaping.begin(params), (right, side))[1]


def training(right, side=None, **kwargs):
    env, params = jgn.make(ID, **kwargs)
    right = np.asarray(right, bool)
    side = np.ones(len(right), np.int32) if side is None else np.asarray(side, np.int32)
    return (np.asarray(x) for x in trained(env.shaping, right, side, params))


@pytest.mark.parametrize(
    ("stages", "th", "day", "keep"),
    [
        ((0, 1, 2, 3, 4), 0.7, 30, 1),
        ((1, 2, 3, 4), 0.7, 10, 2),
        ((2, 3), 0.6, 20, 1),
        ((0, 4), 0.75, 8, 3),
        ((1, 2, 4), 0.75, 8, 0),
    ],
)
def test_the_training_is_as_described(stages, th, day, keep):
    seen = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        right = rng.random(3000) < np.repeat(rng.uniform(0.35, 0.9, size=60), 50)
        account = Account(stages, 8, th, day, keep)
        expected = []
        for now in right:
            expected.append((account.stage, account.share))
            account.add(bool(now))
        found = training(
            right, stages=stages, th_stage=th, trials_day=day, keep_days=keep, perf_len=8
        )
        stage, share, days, trial, *_ = found
        np.testing.assert_array_equal(stage, [stage for stage, _ in expected])
        np.testing.assert_array_equal(share, [share for _, share in expected])
        np.testing.assert_array_equal(days * day + trial, np.arange(3000))
        seen |= set(stage.tolist())
    assert seen == set(stages)


def test_no_stage_is_skipped_after_falling_back():
    returns = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        right = rng.random(2000) < rng.uniform(0.6, 0.8, size=2000)
        stage, *_ = training(right, stages=(1, 2, 3, 4), perf_len=5, trials_day=20, keep_days=0)
        moves = set(zip(stage[:-1].tolist(), stage[1:].tolist(), strict=True))
        moves -= {(i, i) for i in STAGES}
        assert moves <= {(1, 2), (2, 1), (2, 3), (3, 4)}
        returns += (2, 1) in moves
    assert returns > 10


def test_the_delay_grows_with_performance_and_shrinks_to_that_of_the_morning():
    # Right, then wrong, in a first day of stage 3, and in a second one.
    right = np.concatenate([np.ones(12), np.zeros(28), np.zeros(40), np.ones(40)])
    stage, share, day, *_ = training(right, stages=(3, 4), perf_len=5, trials_day=40, keep_days=0)
    assert np.all(stage == 3)
    np.testing.assert_array_equal(share[:5], 0)
    np.testing.assert_array_equal(share[5:10], 0.25)
    assert share[:40].max() == 0.5
    assert share[39] == 0
    assert np.all(share[day == 1] == 0)
    assert list(np.unique(share[day == 2])) == [0, 0.25, 0.5, 0.75, 1]
    # What has been reached by the evening is kept.
    right = np.concatenate([np.ones(12), np.ones(8), np.zeros(20)])
    _, share, day, *_ = training(right, stages=(3, 4), perf_len=5, trials_day=20, keep_days=3)
    assert share[20] == 0.75
    assert np.all(share[day == 1] == 0.75)


def test_trials_count_that_were_played():
    # One wrong trial a day is too many, and nothing is wrong before the first.
    stage, *_ = training(np.ones(40), stages=(2, 3), perf_len=5, trials_day=10, th_stage=1.0)
    np.testing.assert_array_equal(stage, [2] * 20 + [3] * 20)
    env, params = jgn.make(ID, **SHORT)
    key, carry = jax.random.key(0), env.init_carry(jax.random.key(1), params)
    for _ in range(3):  # trials that nobody acts in
        conditions, carry = env.sample_conditions(key, params, carry)
        assert int(conditions["trial_of_day"]) == 0


def test_no_choice_is_no_repetition():
    side = np.asarray([0, 1, 0, 0, 1, 0, 1, 2, 0, 2])
    *_, repeats, last = training(np.zeros(10), side, max_num_reps=3)
    np.testing.assert_array_equal(repeats, [0, 0, 1, 1, 1, 2, 2, 3, 1, 1])
    np.testing.assert_array_equal(last, [0, 0, 1, 1, 1, 1, 1, 1, 2, 2])


def test_without_training_the_last_stage_lasts():
    for stages in ((0, 1, 2), (1, 2, 3), (0, 1, 2, 3, 4)):
        for right in (np.zeros(60), np.ones(60)):
            stage, share, *_ = training(
                right, stages=stages, th_stage=-1, perf_len=5, trials_day=10, keep_days=0
            )
            assert set(stage) == {stages[-1]}
            assert set(share) == {1}


# ---------------------------------------------------------------------- subjects


def stages_of(policy, num_envs=2, trials=300, seed=0, **kwargs):
    """Play trials in a row, and return the stages, the rewards and what was told, (env, trial)."""
    env, params = jgn.make(ID, **{**SHORT, **kwargs})
    table = jgn.rollout(
        env, params, policy, num_envs=num_envs, num_trials=num_envs * trials, key=seed
    )
    order = np.lexsort((table.trial, table.env))
    names = ("stage", "delay_share", "forced", "day")
    told = {name: table[name][order].reshape(num_envs, trials) for name in names}
    told |= {name: table[name][order].reshape(num_envs, trials) for name in ("reward", "choice")}
    return told


def guess(key, ob, memory):
    return random.integer(key, 2) + 1, memory


def test_who_follows_the_ground_truth_goes_through_all_stages():
    told = stages_of("ground_truth")
    assert np.all(told["reward"] == 1)
    for stage, days in zip(told["stage"], told["day"], strict=True):
        np.testing.assert_array_equal(np.unique(stage), STAGES)
        assert np.all(np.diff(stage) >= 0)
        for number in range(4):  # two days each, and then the last
            assert set(days[stage == number]) == {2 * number, 2 * number + 1}
    shares = told["delay_share"][told["stage"] == 3]
    assert list(np.unique(shares)) == [0, 0.25, 0.5, 0.75, 1]


def test_the_ideal_observer_goes_through_all_stages():
    env, params = jgn.make(ID, **SHORT, cohs=[100.0])
    memory = jgn.ideal.observer(env, params)
    table = jgn.rollout(env, params, *memory, num_envs=2, num_trials=600)
    assert np.all(table.performance[table["stage"] < 4] == 1)
    assert set(table["stage"]) == set(STAGES)


def test_who_guesses_stays_at_the_first_stage_with_a_stimulus():
    # Of 8 environments and 11 days each, two days in a row of 42 right trials of 60: 1 in 10,000.
    told = stages_of(guess, num_envs=8, trials=800, trials_day=60)
    assert set(np.unique(told["stage"])) == {0, 1}
    assert np.all(told["stage"][:, -1] == 1)


@pytest.mark.parametrize("policy", [1, "wait"])
def test_who_does_not_choose_both_sides_stays_at_the_first_stage(policy):
    told = stages_of(policy, rewards={"abort": 0.0})
    assert np.all(told["stage"] == 0)
    expected = np.zeros((2, 300))
    if policy == 1:
        expected[:, :3] = 1  # and then the other side alone is right
        np.testing.assert_array_equal(told["forced"], expected == 0)
    np.testing.assert_array_equal(told["reward"], expected)


class FollowOrNot(policies.StatePolicy):
    """Follow the ground truth, or always choose left, as the params tell."""

    def act(self, key, state, params, env):
        followed = env.ground_truth_action(state, params)
        return jnp.where(params.r_tmax > -1, followed, 1)


def test_stages_are_kept_for_each_environment():
    env, params = jgn.make(ID, **SHORT)
    r_tmax = np.asarray([0, -2, 0, -2], np.float32)
    swept = jax.vmap(lambda x: params.replace(r_tmax=x))(r_tmax)

    def play(key, params):
        def step(state, key):
            action = FollowOrNot().act(key, state, params, env)
            _, state, *_ = env.step(key, state, action, params)
            return state, state.trial.conditions["stage"]

        return jax.lax.scan(step, env.reset(key, params)[1], jax.random.split(key, 800))[1]

    stage = jax.jit(jax.vmap(play))(jax.random.split(jax.random.key(0), 4), swept)
    np.testing.assert_array_equal(np.asarray(stage).max(axis=1), [4, 0, 4, 0])


def test_a_training_goes_on_where_it_was_left():
    env, params = jgn.make(ID, **SHORT)
    keys = jax.random.split(jax.random.key(3), 300)

    def step(state, key):
        action = env.ground_truth_action(state, params)
        _, state, reward, _, _, info = env.step(key, state, action, params)
        return state, (reward, info["conditions"]["stage"], state.carry)

    @jax.jit
    def play(state, keys):
        return jax.lax.scan(step, state, keys)

    _, first = env.reset(jax.random.key(0), params)
    _, whole = play(first, keys)
    kept, begun = play(first, keys[:150])
    kept = jax.tree.unflatten(jax.tree.structure(kept), jax.device_get(jax.tree.leaves(kept)))
    _, ended = play(kept, keys[150:])
    in_two = jax.tree.map(lambda a, b: np.concatenate([a, b]), begun, ended)
    jax.tree.map(np.testing.assert_array_equal, whole, in_two)
    assert len(np.unique(np.asarray(whole[1]))) > 2


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"stages": (0, 5)}, r"numbers from 0 to 4, not \(0, 5\)"),
        ({"stages": ()}, "numbers from 0 to 4"),
        ({"stages": 2}, "numbers from 0 to 4, not 2"),
        ({"stages": (2, 1)}, r"ascending order, not \(2, 1\)"),
        ({"stages": (1, 1)}, "ascending order"),
        ({"n_ch": 1}, "n_ch is a whole number of at least 2, not 1"),
        ({"perf_len": 20, "trials_day": 10}, "20 trials do not fit into 10"),
        ({"keep_days": -1}, "keep_days"),
        ({"th_stage": 1.5}, "th_stage"),
    ],
)
def test_what_cannot_be_trained_is_refused(kwargs, words):
    with pytest.raises(ValueError, match=words):
        jgn.make(ID, **kwargs)


def test_a_day_has_room_for_the_window():
    env, params = jgn.make(ID)
    with pytest.raises(ValueError, match="20 trials do not fit into 15"):
        env.validate(params.replace(trials_day=15))


def test_two_channels_are_enough():
    env, params = jgn.make(ID, n_ch=2)
    assert env.observation_space(params).shape == (3,)
    assert env.action_space(params).n == 3
    ob = env.new_trial(0, params, stage=2, ground_truth=1).ob
    np.testing.assert_array_equal(ob[3], [1, 1, 0])
