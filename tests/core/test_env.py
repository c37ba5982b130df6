"""TrialEnv: the clock, the turn of trials and episodes, info, identity, and compilation."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import ChoiceTask, Response, TrialEnv, TrialParams, random, spaces, timing
from jaxgym_neuro.core.drawing import (
    draw_conditions,
    draw_first,
    draw_next,
    lay_out,
    split_keys,
    split_stream_keys,
)
from jaxgym_neuro.core.renewal import renew_by_select
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers import MultiTask


@pytree
class Params(TrialParams):
    gain: jax.Array = 1.0


class Staircase(ChoiceTask):
    """Shows 100 * trial number + step + 1, so that each row tells where it is from."""

    TIMING = {"fixation": 200, "decision": 300}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": -0.5}

    def __init__(self, timing=None, rewards=None, dt=100):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            observation_space=spaces.Box(-np.inf, np.inf, (2,), name={"count": 0, "side": 1}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    @property
    def default_params(self):
        return Params(**self.common_params)

    def init_carry(self, key, params):
        return jnp.int32(0)

    def sample_conditions(self, key, params, carry):
        side = random.integer(key, 2)
        return {"side": side, "number": carry}, carry + jnp.int32(1)

    def build_trial(self, builder, conditions, params):
        steps = jnp.arange(builder.layout.num_steps, dtype=jnp.float32)
        count = jnp.float32(100) * conditions["number"].astype(jnp.float32) + steps + 1
        return (
            builder.add_period(self.periods)
            .add_ob(count[:, None], where="count")
            .add_ob(conditions["side"], where="side")
            .set_groundtruth(conditions["side"], period="decision", where="choice")
        )


ENV = Staircase()
LENGTH = 5


def play(actions, seed=0, env=ENV, **changes):
    """Step through actions (``"gt"``: the ground truth); return what each step gave."""
    params = env.default_params.replace(**changes)
    key = jax.random.key(seed)
    key_reset, key = jax.random.split(key)
    ob, state = env.reset(key_reset, params)
    steps = []
    for action in actions:
        key_step, key = jax.random.split(key)
        chosen = env.gt_now(state) if action == "gt" else jnp.int32(action)
        before, seen = state, ob
        ob, state, reward, terminated, truncated, info = env.step(key_step, state, chosen, params)
        steps.append(
            {
                "seen": seen,
                "before": before,
                "ob": ob,
                "state": state,
                "reward": reward,
                "terminated": terminated,
                "truncated": truncated,
                "info": info,
            }
        )
    return steps


def column(steps, *path):
    return [np.asarray(functools.reduce(_get, path, step)).item() for step in steps]


def _get(thing, name):
    return thing[name] if isinstance(thing, dict) else getattr(thing, name)


class TestClock:
    def test_reset_shows_the_first_row_of_the_first_trial(self):
        ob, state = ENV.reset(jax.random.key(0))
        assert (state.time, state.t, state.num_trials) == (0, 0, 0)
        np.testing.assert_array_equal(ob, state.trial.ob[0])
        assert ob[0] == 1

    def test_rows_are_shown_in_order_and_trials_turn_at_their_last_step(self):
        steps = play([0] * 12)
        counts = [float(step["ob"][0]) for step in steps]
        assert counts == [2, 3, 4, 5, 101, 102, 103, 104, 105, 201, 202, 203]
        assert column(steps, "state", "time") == list(range(1, 13))
        assert column(steps, "state", "t") == [1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2]
        assert column(steps, "state", "num_trials") == [0] * 4 + [1] * 5 + [2] * 3
        assert column(steps, "info", "new_trial") == [i in (4, 9) for i in range(12)]
        assert not any(column(steps, "terminated") + column(steps, "truncated"))

    def test_an_answer_ends_the_trial_at_once(self):
        steps = play([0, 0, "gt", 0])
        assert column(steps, "reward") == [0, 0, 1, 0]
        assert column(steps, "info", "new_trial") == [False, False, True, False]
        assert column(steps, "info", "performance") == [0, 0, 1, 0]
        assert float(steps[2]["ob"][0]) == 101

    def test_a_wrong_answer_earns_fail(self):
        gt = int(play([0, 0, 0])[2]["info"]["gt"])
        steps = play([0, 0, 3 - gt])
        assert steps[2]["reward"] == -0.5
        assert steps[2]["info"]["performance"] == 0
        assert steps[2]["info"]["new_trial"]

    def test_running_out_of_time_adds_r_tmax_once(self):
        steps = play([0] * 7, r_tmax=-2.0)
        np.testing.assert_allclose(column(steps, "reward"), [0, 0, 0, 0, -2, 0, 0])

    def test_an_answer_at_the_last_step_is_no_time_out(self):
        steps = play([0, 0, 0, 0, "gt"], r_tmax=-2.0)
        assert steps[-1]["reward"] == 1

    def test_a_score_counts_only_where_the_trial_ends(self):
        state = ENV.reset(jax.random.key(0))[1]
        for t, new_trial, score in ((0, False, 0), (0, True, 1), (LENGTH - 1, False, 1)):
            response = Response(reward=0.0, new_trial=new_trial, performance=1.0)
            now = state.replace(t=jnp.int32(t))
            assert ENV.conclude(now, response, ENV.default_params).performance == score

    @pytest.mark.parametrize("abort", [False, True])
    def test_breaking_fixation_ends_the_trial_only_under_abort(self, abort):
        step = play([1], abort=abort)[0]
        np.testing.assert_allclose(step["reward"], -0.1, rtol=1e-6)
        assert bool(step["info"]["new_trial"]) is abort
        assert float(step["ob"][0]) == (101 if abort else 2)

    def test_in_period_follows_the_clock(self):
        steps = play([0] * LENGTH)
        fixation = [bool(ENV.in_period(step["before"], "fixation")) for step in steps]
        assert fixation == [True, True, False, False, False]
        either = [ENV.in_period(step["before"], ("fixation", "decision")) for step in steps]
        assert all(either)
        with pytest.raises(ValueError, match="did you mean 'decision'"):
            ENV.in_period(steps[0]["before"], "decisions")


class TestEpisodes:
    def test_trials_per_episode_terminates_and_starts_over(self):
        steps = play([0, 0, "gt"] * 4, trials_per_episode=2)
        assert column(steps, "terminated") == [i in (5, 11) for i in range(12)]
        assert column(steps, "info", "terminated") == column(steps, "terminated")
        assert not any(column(steps, "truncated"))
        state = steps[5]["state"]
        assert (state.time, state.t, state.num_trials) == (0, 0, 0)
        assert float(steps[5]["ob"][0]) == 1  # the carry began anew
        assert column(steps, "state", "time") == [1, 2, 3, 4, 5, 0] * 2

    def test_max_steps_truncates_in_the_middle_of_a_trial(self):
        steps = play([0] * 8, max_steps_in_episode=7)
        assert column(steps, "truncated") == [i == 6 for i in range(8)]
        assert column(steps, "info", "truncated") == column(steps, "truncated")
        assert not any(column(steps, "terminated") + column(steps[6:], "info", "new_trial"))
        assert float(steps[6]["ob"][0]) == 1
        assert column(steps, "state", "time") == [1, 2, 3, 4, 5, 6, 0, 1]

    def test_final_observation_is_the_next_row_of_the_trial_that_was_cut_short(self):
        step = play([0] * 7, max_steps_in_episode=7)[6]
        old = step["before"]
        expected = old.trial.ob[old.t + 1]
        np.testing.assert_array_equal(step["info"]["final_observation"], expected)
        assert float(expected[0]) == 103
        assert float(step["ob"][0]) == 1

    def test_final_observation_elsewhere_is_the_observation(self):
        for step in play([0] * 12 + [0, "gt"], trials_per_episode=2, r_tmax=1.0):
            np.testing.assert_array_equal(step["info"]["final_observation"], step["ob"])

    def test_final_observation_where_episode_and_trial_end_at_once_is_the_observation(self):
        step = play([0] * LENGTH, max_steps_in_episode=LENGTH)[-1]
        assert step["truncated"]
        assert step["info"]["new_trial"]
        np.testing.assert_array_equal(step["info"]["final_observation"], step["ob"])

    def test_info_is_of_the_trial_that_the_action_belonged_to(self):
        for seed in range(8):
            for step in play([0, 0, "gt"] * 3, seed=seed):
                info, old = step["info"], step["before"]
                assert info["gt"] == old.trial.gt[old.t]
                assert info["conditions"]["side"] == old.trial.conditions["side"]
                assert info["conditions"]["number"] == old.trial.conditions["number"]
                assert info["conditions"]["number"] == (int(step["seen"][0]) - 1) // 100

    def test_trials_and_episodes_are_drawn_anew(self):
        sides = [step["info"]["conditions"]["side"] for step in play([0, 0, "gt"] * 20)]
        assert 0 < np.mean(sides) < 1
        steps = play([0, 0, "gt"] * 20, trials_per_episode=1)
        sides = [step["state"].trial.conditions["side"] for step in steps]
        assert 0 < np.mean(sides) < 1


@pytest.mark.parametrize("action", [-1, 3, 10**6, -(10**6)])
def test_an_invalid_action_is_a_wrong_one(action):
    steps = play([action, 0, action])
    np.testing.assert_allclose(column(steps, "reward"), [-0.1, 0, -0.5], rtol=1e-6)
    assert steps[2]["info"]["performance"] == 0
    for leaf in jax.tree.leaves(steps[2]["state"]):
        assert np.all(np.isfinite(leaf))


@pytest.mark.parametrize("id", IDS)
def test_an_action_of_another_shape_is_refused_with_the_shape_that_is_asked(id):
    env, params = jgn.make(id)
    shape = env.action_space().shape
    for action in (None, np.zeros((1,), np.float32), np.zeros((7,), np.int32), np.zeros((5, 2))):
        given = "None" if action is None else f"shape {action.shape}"
        message = re.escape(f"has the shape {shape}") + ".*" + re.escape(given)
        with pytest.raises(ValueError, match=message):
            env.step(jax.random.key(0), (), action, params)


def test_a_batch_of_no_environments_gives_empty_arrays():
    tasks = [jgn.make(id)[0] for id in ("PerceptualDecisionMaking-v0", "DawTwoStep-v0")]
    for env in (*tasks, MultiTask(tasks[:1] * 2, pad=True)):

        @jax.vmap
        def turn(key, env=env):
            ob, state = env.reset(key)
            return ob, env.step(key, state, jnp.int32(0)), env.new_trial(key)

        shapes = jax.eval_shape(turn, jax.random.split(jax.random.key(0), 0))
        assert all(x.shape[0] == 0 for x in jax.tree.leaves(shapes))


class Minimal(TrialEnv):
    """Gives only what a task must."""

    TIMING = {"all": 200}

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(0, 1, (1,)),
            action_space=spaces.Discrete(2),
        )

    def build_trial(self, builder, conditions, params):
        return builder.add_period("all").add_ob(1)

    def respond(self, state, action, params):
        return Response(reward=0.5)


@pytest.mark.parametrize("batched", [False, True])
def test_a_response_of_a_reward_alone_is_enough(batched):
    env = Minimal()

    @jax.jit
    def two_steps(key):
        keys = random.split(key, 3)
        _, state = env.reset(keys[0])
        for i in (1, 2):
            _, state, reward, _, _, info = env.step(keys[i], state, jnp.int32(0))
        return reward, info["new_trial"], info["performance"]

    key = jax.random.key(0)
    run = jax.vmap(two_steps) if batched else two_steps
    reward, new_trial, performance = run(jax.random.split(key, 3) if batched else key)
    assert reward.dtype == jnp.float32
    assert np.all(reward == 0.5)
    assert np.all(new_trial)
    assert np.all(performance == 0)


class TestIdentity:
    def test_instances_are_immutable(self):
        with pytest.raises(AttributeError, match="immutable; construct another one with dt=5"):
            Staircase().dt = 5

    def test_equal_by_value(self):
        other = Staircase(timing={"fixation": 200})
        assert other == ENV
        assert hash(other) == hash(ENV)

    @pytest.mark.parametrize(
        "kwargs", [{"timing": {"fixation": 300}}, {"rewards": {"fail": 0}}, {"dt": 50}]
    )
    def test_different_by_value(self, kwargs):
        assert Staircase(**kwargs) != ENV

    def test_a_subclass_is_another_task(self):
        class Other(Staircase):
            pass

        assert Other() != ENV
        assert ENV != "Staircase"

    def test_replaced_attributes_are_of_a_task_like_any_other(self):
        assert ENV.replaced() == ENV
        assert ENV.replaced(rewards=Staircase(rewards={"fail": 0}).rewards) == Staircase(
            rewards={"fail": 0}
        )
        other = ENV.replaced(renew=renew_by_select)
        assert other != ENV
        assert other == ENV.replaced(renew=renew_by_select)
        assert other.renew is renew_by_select
        with pytest.raises(ValueError, match="unknown attribute 'rewadrs'; did you mean 'rewards'"):
            ENV.replaced(rewadrs={})

    def test_unknown_period_reward_and_condition_are_named(self):
        with pytest.raises(ValueError, match="unknown period 'fixatoin'; did you mean 'fixation'"):
            Staircase(timing={"fixatoin": 1})
        with pytest.raises(ValueError, match="unknown reward 'corect'; did you mean 'correct'"):
            Staircase(rewards={"corect": 1})
        with pytest.raises(ValueError, match=r"unknown condition 'sid'.*number.*side"):
            ENV.new_trial(jax.random.key(0), sid=1)

    @pytest.mark.parametrize("dt", [0, -1, float("nan"), "fast"])
    def test_dt_is_above_0(self, dt):
        with pytest.raises(ValueError, match=r"dt .* above 0"):
            Staircase(dt=dt)

    def test_new_trial_fixes_conditions(self):
        for side in (0, 1):
            trial = ENV.new_trial(jax.random.key(0), side=side)
            assert trial.conditions["side"] == side
            assert trial.gt[2] == side + 1

    def test_an_episode_begins_with_fixed_conditions_and_is_otherwise_that_of_the_key(self):
        plain_ob, plain = ENV.reset(jax.random.key(3))
        for side in (0, 1):
            ob, state = ENV.reset(jax.random.key(3), side=side)
            assert state.trial.conditions["side"] == side
            assert state.trial.conditions["number"] == plain.trial.conditions["number"]
            np.testing.assert_array_equal(ob, [plain_ob[0], side])
            trial = ENV.new_trial(jax.random.key(3), side=side)
            jax.tree.map(np.testing.assert_array_equal, state.trial, trial)
        with pytest.raises(ValueError, match=r"unknown condition 'sid'.*number.*side"):
            ENV.reset(jax.random.key(3), sid=1)

    def test_a_trial_of_ones_own_is_put_into_a_state(self):
        _, state = ENV.reset(jax.random.key(3))
        trial = ENV.new_trial(jax.random.key(4), number=7)
        ob, after, *_ = ENV.step(jax.random.key(5), ENV.with_trial(state, trial), jnp.int32(0))
        assert ob[0] == 702
        assert (after.t, after.carry) == (1, state.carry)


class TestDrawing:
    def test_the_keys_of_a_trial_are_those_of_its_key_whoever_draws_it(self):
        key, params = jax.random.key(6), ENV.default_params
        keys = split_keys(ENV, key)
        assert keys.kind is None
        carry = ENV.init_carry(keys.carry, params)
        conditions, after = ENV.sample_conditions(keys.conditions, params, carry)
        by_hand = ENV.lay_out(keys.build, conditions, params), after
        drawn, carried = draw_conditions(ENV, keys, params, carry)
        for trial, carry_after in (
            draw_first(ENV, key, params),
            draw_next(ENV, key, params, carry),
            (lay_out(ENV, keys, params, drawn), carried),
        ):
            jax.tree.map(np.testing.assert_array_equal, (trial, carry_after), by_hand)

    def test_conditions_are_fixed_in_a_trial_that_follows(self):
        trial, carry = draw_next(
            ENV, jax.random.key(7), ENV.default_params, jnp.int32(5), {"side": jnp.int32(1)}
        )
        assert (trial.conditions["side"], trial.conditions["number"], carry) == (1, 5, 6)

    def test_keys_of_a_stream_begin_no_episode(self):
        keys = split_stream_keys(ENV, jax.random.key(8))
        assert (keys.carry, keys.kind) == (None, None)


class TestCompilation:
    @pytest.fixture
    def counted(self):
        """A task class of its own, and the number of times that its trials were traced."""
        traces = []

        class Counted(Staircase):
            def respond(self, state, action, params):
                traces.append(1)
                return super().respond(state, action, params)

        return Counted, traces

    def test_one_compile_serves_equal_instances_and_all_params(self, counted):
        cls, traces = counted
        env = cls()
        params = env.default_params
        variants = [
            params,
            params.replace(gain=0.5),
            params.replace(gain=2, abort=True, trials_per_episode=3),
            params.with_timing(fixation=100),
            params.with_rewards(correct=2),
            cls().default_params,
        ]
        for variant in variants:
            _, state = cls().reset(jax.random.key(0), variant)
            for step_env in (env, cls()):
                _, state, *_ = step_env.step(jax.random.key(1), state, jnp.int32(0), variant)
        assert len(traces) == 1

    def test_the_state_is_a_fixed_point(self):
        _, state = ENV.reset(jax.random.key(0))
        _, after, *_ = ENV.step(jax.random.key(1), state, jnp.int32(0))
        assert jax.tree.structure(after) == jax.tree.structure(state)
        for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True):
            assert (a.dtype, a.shape, a.weak_type) == (b.dtype, b.shape, b.weak_type)
            assert not a.weak_type

    def test_x64_changes_no_dtype_and_no_number(self):
        plain = play([0, 0, "gt", 0], trials_per_episode=3)
        with jax.enable_x64(True):
            wide = play([0, 0, "gt", 0], trials_per_episode=3)
        assert jax.tree.structure(plain) == jax.tree.structure(wide)
        for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(wide), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)

    def test_params_may_be_left_out_under_jit(self):
        @jax.jit
        def step(key):
            keys = random.split(key)
            ob, state = ENV.reset(keys[0])
            return ob, ENV.step(keys[1], state, jnp.int32(0))[0]

        ob, next_ob = step(jax.random.key(0))
        assert (ob[0], next_ob[0]) == (1, 2)


class TestNumbersOfATask:
    ENV = PerceptualDecisionMaking()

    def test_gradient_of_a_trial_by_sigma_is_the_sum_of_its_noise(self):
        params = self.ENV.default_params

        @jax.jit
        def total(sigma, key):
            return jnp.sum(self.ENV.new_trial(key, params.replace(sigma=sigma), coh=51.2).ob)

        gradient = jax.grad(total)(jnp.float32(2), jax.random.key(0))
        noise = total(jnp.float32(1), jax.random.key(0)) - total(jnp.float32(0), jax.random.key(0))
        assert abs(gradient) > 1e-3
        np.testing.assert_allclose(gradient, noise, rtol=1e-4, atol=1e-4)

    def test_sigmas_are_swept_with_one_compile(self):
        traces = []

        @jax.jit
        @functools.partial(jax.vmap, in_axes=(0, None))
        def trial(sigma, seed):
            traces.append(1)
            params = self.ENV.default_params.replace(sigma=sigma)
            return self.ENV.new_trial(jax.random.key(seed), params).ob[:, 1:]

        sigmas = np.arange(8, dtype=np.float32)
        ob = trial(sigmas, 0)
        trial(sigmas + 1, 0)
        assert len(traces) == 1
        noise = ob - ob[0]
        np.testing.assert_allclose(
            noise, sigmas[:, None, None] * np.asarray(noise[1])[None], rtol=1e-4, atol=1e-5
        )
        assert np.abs(noise[1]).max() > 0.05


class TestValidate:
    def test_default_and_shorter_params_pass(self):
        ENV.validate(ENV.default_params)
        ENV.validate(ENV.default_params.with_timing(fixation=("uniform", (0, 200))))

    def test_a_longer_period_says_how_to_allow_it(self):
        with pytest.raises(ValueError, match=r"timing\['fixation'\] lasts up to 900 ms.*200 ms"):
            ENV.validate(ENV.default_params.with_timing(fixation=900))
        with pytest.raises(ValueError, match=r"timing\['fixation'\] lasts up to 300 ms.*200 ms"):
            ENV.validate(ENV.default_params.with_timing(fixation=300))  # one step

    def test_params_of_another_kind_are_refused(self):
        with pytest.raises(ValueError, match=r"default_params.*not TrialParams"):
            ENV.validate(TrialParams())

    def test_negative_timing_is_refused(self):
        params = ENV.default_params
        bad = params.replace(timing={**params.timing, "fixation": timing.Constant(ms=-5)})
        with pytest.raises(ValueError, match="0 ms or more"):
            ENV.validate(bad)

    @pytest.mark.parametrize("amount", [np.nan, np.inf, [1.0, 2.0], "much", None])
    def test_a_reward_that_is_no_finite_number_is_refused(self, amount):
        params = ENV.default_params
        bad = params.replace(rewards={**params.rewards, "correct": amount})
        with pytest.raises(ValueError, match=r"rewards\['correct'\] is .*a finite number"):
            ENV.validate(bad)

    def test_unknown_names_are_refused_by_params(self):
        with pytest.raises(ValueError, match="unknown period 'delay'"):
            ENV.default_params.with_timing(delay=1)
        with pytest.raises(ValueError, match="unknown reward 'bonus'"):
            ENV.default_params.with_rewards(bonus=1)

    def test_a_duration_beyond_t_is_cut(self):
        params = ENV.default_params.with_timing(fixation=400, decision=900)
        trial = jax.jit(ENV.new_trial)(jax.random.key(0), params)  # where it is not known
        assert (ENV.T, trial.length) == (LENGTH, LENGTH)
        np.testing.assert_array_equal(trial.end, [4, 5])
