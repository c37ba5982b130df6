"""Every registered task keeps every promise, and a task that breaks one is told which."""

import dataclasses
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from configurations import CONFIGURATIONS
from task_ids import IDS, SMALLER, TYPICAL, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.testing import ConformanceError, check_task, promises

# Without jit, JAX compiles operation by operation; what this shows, and whether a hook is one
# program, does not depend on numbers.
WITH_JIT = [n for n in promises() if n not in ("jit_changes_nothing", "draws_come_from_keys")]
OTHER = [
    pytest.param(id, kwargs, marks=() if id in TYPICAL and number == 0 else pytest.mark.slow)
    for id, several in CONFIGURATIONS.items()
    for number, kwargs in enumerate(several)
]


@pytest.mark.parametrize("id", fast_if_typical(IDS))
def test_every_task_keeps_every_promise_under_the_strict_switches_of_jax(id):
    """The switches compile nothing anew. An action that is no number is asked for, and a NaN."""
    is_discrete = isinstance(jgn.make(id)[0].action_space(), spaces.Discrete)
    with (
        jax.numpy_rank_promotion("raise"),
        jax.debug_nans(is_discrete),
        jax.debug_infs(True),
    ):
        check_task(lambda: jgn.make(id, **SMALLER.get(id, {}))[0], num_envs=32)


@pytest.mark.slow
@pytest.mark.parametrize("id", SMALLER)
def test_a_task_that_is_tested_smaller_keeps_its_promises_as_it_is(id):
    check_task(id, num_envs=8, only=WITH_JIT)


@pytest.mark.parametrize(("id", "kwargs"), OTHER)
def test_every_task_keeps_its_promises_in_other_configurations(id, kwargs):
    check_task(lambda: jgn.make(id, **kwargs)[0], num_envs=32, only=WITH_JIT)


def test_every_task_has_other_configurations():
    assert set(CONFIGURATIONS) == set(IDS)


def test_every_promise_holds_with_x64():
    code = (
        "import jax, jaxgym_neuro as jgn; assert jax.numpy.float64(1).dtype == 'float64';"
        "jgn.testing.check_task('PerceptualDecisionMaking-v0', num_envs=16)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "JAX_ENABLE_X64": "1"}
    )


class Toy(jgn.ChoiceTask):
    """Report which of two lights is on."""

    TIMING = {"fixation": 100, "stimulus": ("uniform", (100, 300)), "decision": 200}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}

    def __init__(self):
        super().__init__(
            dt=100,
            observation_space=spaces.Box(0, 1, (3,), name={"fixation": 0, "light": [1, 2]}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jgn.random.integer(key, 2)}, carry

    def build_trial(self, builder, conditions, params):
        lights = (jnp.arange(2, dtype=jnp.int32) == conditions["ground_truth"]).astype(jnp.float32)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(lights, period="stimulus", where="light")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )


class NamesAThirdOfTwo(Toy):
    """The answer is no option of the choices in some trials."""

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": jgn.random.integer(key, 3)}, carry


class Repaid(Toy):
    """A toy whose step is tampered with."""

    def step(self, key, state, action, params=None):
        params = self.default_params if params is None else params
        return self.tamper(*Toy.step(self, key, state, action, params))


class UnequalTwin(Toy):
    def __init__(self):
        self.rule = lambda: None
        super().__init__()


class IdentityEquality(Toy):
    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


class FixedKey(Toy):
    def sample_conditions(self, key, params, carry):
        return super().sample_conditions(jax.random.key(0), params, carry)


class SaysThatItLasts(Toy):
    """An answer ends the trial, though no reward is said to."""

    REWARDS = {name: jgn.Reward(x, "it", ends="no") for name, x in Toy.REWARDS.items()}


class FixedTrial(FixedKey):
    TIMING = {"fixation": 100, "stimulus": 200, "decision": 200}


class SameKeyTwice(Toy):
    def sample_conditions(self, key, params, carry):
        conditions, carry = super().sample_conditions(key, params, carry)
        return {**conditions, "luck": jgn.random.uniform(key)}, carry


class DoubleReward(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward.astype(jnp.int32), terminated, truncated, info


class FloatFlag(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated.astype(jnp.float32), truncated, info


class HalfObservation(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob.astype(jnp.float16), state, reward, terminated, truncated, info


class DriftingState(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        state = state.replace(time=state.time.astype(jnp.float32))
        return ob, state, reward, terminated, truncated, info


class WeakState(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        state = state.replace(time=jnp.where(terminated, 0, 1))
        return ob, state, reward, terminated, truncated, info


class ExtraInfo(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated, truncated, {**info, "mood": reward}


class StaleInfo(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        conditions = state.trial.conditions
        return ob, state, reward, terminated, truncated, {**info, "conditions": conditions}


class ScoreEachStep(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated, truncated, {**info, "performance": jnp.float32(1)}


class NeverTerminates(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, jnp.zeros_like(terminated), truncated, info


class NeverTruncates(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated, jnp.zeros_like(truncated), info


class EndsByItself(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated | (state.time >= 5), truncated, info


class FinalIsNext(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        return ob, state, reward, terminated, truncated, {**info, "final_observation": ob}


class SkipsAStep(Repaid):
    def tamper(self, ob, state, reward, terminated, truncated, info):
        state = state.replace(t=jnp.maximum(state.t, jnp.int32(1)))
        return ob, state, reward, terminated, truncated, info


class MixedTypes(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, reward=response.reward * state.t)


class TooBright(Toy):
    def build_trial(self, builder, conditions, params):
        return super().build_trial(builder, conditions, params).add_ob(1, period="stimulus")


class NanNoise(Toy):
    def build_trial(self, builder, conditions, params):
        return super().build_trial(builder, conditions, params).add_ob(jnp.nan, period="decision")


class TooLong(Toy):
    def lay_out(self, key, conditions, params):
        trial = super().lay_out(key, conditions, params)
        return trial.replace(length=trial.length + jnp.int32(self.T))


class Backwards(Toy):
    def draw_trial(self, keys, params, carry, fixed):
        trial, carry = super().draw_trial(keys, params, carry, fixed)
        return trial.replace(end=trial.end - jnp.int32(2)), carry


class UnlistedAnswer(Toy):
    def build_trial(self, builder, conditions, params):
        return super().build_trial(builder, conditions, params).set_groundtruth(3)


class DeafToOverrides(Toy):
    def build_trial(self, builder, conditions, params):
        builder = super().build_trial(builder, conditions, params)
        key = jgn.random.fold_in(builder.key, 7)
        return builder.set_conditions(ground_truth=jgn.random.integer(key, 2))


class StaticParams(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, reward=response.reward * float(params.r_tmax))


class WeakRewards(Toy):
    """Its params have numbers without a dtype of their own, unlike those that replace them."""

    @property
    def default_params(self):
        params = super().default_params
        weak = {name: jnp.asarray(float(amount)) for name, amount in params.rewards.items()}
        return params.replace(rewards=weak)


class ImpureReward(Toy):
    def respond(self, state, action, params):
        is_compiled = isinstance(state.t, jax.core.Tracer)
        return Response(reward=jnp.float32(is_compiled), new_trial=action > 0)


class BatchMean(Toy):
    """Rewards depend on the other rows of the batch."""

    def respond(self, state, action, params):
        @jax.custom_batching.custom_vmap
        def share(x):
            return x

        @share.def_vmap
        def share_in_batch(axis_size, in_batched, x):
            return jnp.roll(x, 1, axis=0) + jnp.float32(1), True

        response = super().respond(state, action, params)
        return dataclasses.replace(response, reward=share(response.reward))


class DivideByAction(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        reward = response.reward / (action != -1).astype(jnp.float32)
        return dataclasses.replace(response, reward=reward)


class WrongAnswerPays(Toy):
    REWARDS = {"abort": 0.0, "correct": 0.0, "fail": 1.0}


class MirroredScore(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, performance=1 - response.performance)


class EverybodyWins(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, performance=jnp.float32(1))


class WaitingPays(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        paid = jnp.where(self.in_period(state, "decision") & (action == 0), 0.6, 0.0)
        return dataclasses.replace(response, reward=response.reward + paid)


class ForgetsItsCarry(Toy):
    def init_carry(self, key, params):
        pass


class ForgetsTheConditions(Toy):
    def sample_conditions(self, key, params, carry):
        return carry


class ForgetsAPeriod(Toy):
    def build_trial(self, builder, conditions, params):
        return builder.add_period(("fixation", "decision"))


class ForgetsToReturn(Toy):
    def respond(self, state, action, params):
        super().respond(state, action, params)


class HalfBlind(Toy):
    def observe(self, state, params):
        return state.trial.ob[state.t, :2]


class DrawsWithNumpy(Toy):
    def build_trial(self, builder, conditions, params):
        builder = super().build_trial(builder, conditions, params)
        return builder.add_ob(np.random.default_rng().uniform(), period="decision", where="light")


class Undeclared(Toy):
    CONDITIONS = {"side": jgn.Condition("0 or 1", "int32")}


class DrawsBeyondItsDomain(Toy):
    CONDITIONS = {"ground_truth": jgn.Condition("0", "int32", at_most=0)}


class DrawsNegativeDurations(Toy):
    def build_trial(self, builder, conditions, params):
        ms = 100 * (conditions["ground_truth"].astype(jnp.float32) - 0.5)
        builder = builder.add_period("fixation").add_period("stimulus", duration=ms)
        return builder.add_period("decision").set_groundtruth(1, period="decision")


class DrawsTooLongDurations(Toy):
    def build_trial(self, builder, conditions, params):
        ms = 400 * (conditions["ground_truth"].astype(jnp.float32) + 1)
        builder = builder.add_period("fixation").add_period("stimulus", duration=ms)
        return builder.add_period("decision").set_groundtruth(1, period="decision")


class PaysLogarithms(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, reward=jnp.log(response.reward))


class ScoresSeven(Toy):
    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return dataclasses.replace(response, performance=7 * response.performance)


DEFECTS = [
    ("init_carry", ForgetsItsCarry),
    ("sample_conditions", ForgetsTheConditions),
    ("build_trial", ForgetsAPeriod),
    ("observe", HalfBlind),
    ("respond", ForgetsToReturn),
    ("draws_come_from_keys", DrawsWithNumpy),
    ("conditions_are_declared", Undeclared),
    ("conditions_in_domain", DrawsBeyondItsDomain),
    ("durations_fit", DrawsNegativeDurations),
    ("durations_fit", DrawsTooLongDurations),
    ("rewards_are_finite", PaysLogarithms),
    ("performance_at_trial_end", ScoresSeven),
    ("equal_by_value", UnequalTwin),
    ("equal_by_value", IdentityEquality),
    ("one_compile_for_equal_env", UnequalTwin),
    ("keys_used_once", SameKeyTwice),
    ("other_key_other_trial", FixedTrial),
    ("trials_take_turns", FixedTrial),
    ("reward_and_flags", DoubleReward),
    ("reward_and_flags", FloatFlag),
    ("observation_shape", HalfObservation),
    ("fixed_point", DriftingState),
    ("fixed_point", WeakState),
    ("one_compile_for_two_calls", WeakState),
    ("one_compile_for_other_params", WeakRewards),
    ("info_keys", ExtraInfo),
    ("strict_promotion", MixedTypes),
    ("strict_promotion", StaticParams),
    ("trial_length", TooLong),
    ("periods_in_trial", Backwards),
    ("ground_truth_in_space", UnlistedAnswer),
    ("ground_truth_in_space", NamesAThirdOfTwo),
    ("conditions_can_be_fixed", DeafToOverrides),
    ("jit_changes_nothing", ImpureReward),
    ("batch_is_loop", BatchMean),
    ("params_can_be_swept", BatchMean),
    ("observations_in_space", TooBright),
    ("observations_in_space", NanNoise),
    ("info_tells_of_the_action", StaleInfo),
    ("performance_at_trial_end", ScoreEachStep),
    ("trials_take_turns", SkipsAStep),
    ("trials_last_as_told", SaysThatItLasts),
    ("episodes_terminate", NeverTerminates),
    ("episodes_truncate", NeverTruncates),
    ("episodes_truncate", FinalIsNext),
    ("episodes_without_limits", EndsByItself),
    ("invalid_action_is_harmless", DivideByAction),
    ("ground_truth_performs", MirroredScore),
    ("ground_truth_earns_most", WrongAnswerPays),
    ("random_does_not_perform", EverybodyWins),
    ("waiting_earns_no_choice", EverybodyWins),
    ("waiting_earns_no_choice", WaitingPays),
]


def test_the_toy_keeps_every_promise():
    report = check_task(Toy, num_envs=16, num_trials=32)
    assert str(report) == repr(report) == f"Toy: {len(promises())} promises hold"
    assert report.kept == tuple(promises())
    assert report.faults == report.unchecked == ()


def found_by_check_task(broken, **kwargs):
    with pytest.raises(ConformanceError) as caught:
        check_task(broken, num_envs=16, num_trials=32, **kwargs)
    report = caught.value.report
    assert str(caught.value) == str(report)
    assert {*report.kept, *report.unchecked, *(fault.promise for fault in report.faults)} == set(
        promises()
    )
    return report


def test_faults_of_several_hooks_are_reported_at_once_with_their_lines():
    class Broken(ForgetsAPeriod, HalfBlind, ForgetsToReturn):
        pass

    report = found_by_check_task(Broken)
    assert [fault.promise for fault in report.faults] == ["build_trial", "observe", "respond"]
    assert report.kept == ("init_carry", "sample_conditions")
    for fault, cls in zip(report.faults, Broken.__bases__, strict=True):
        hook = getattr(cls, fault.promise)
        (place,) = fault.places
        assert place == f"Broken.{fault.promise}, {__file__}:{hook.__code__.co_firstlineno}"
        assert place in str(report)
    lines = str(report).splitlines()
    assert lines[0] == "Broken breaks 3 of 5 promises that were checked:"
    assert "    Broken.respond returns a Response, not None" in lines[8]
    assert lines[-1].startswith(f"{len(promises()) - 5} others cannot be checked")


def test_what_needs_a_broken_hook_is_not_checked():
    report = found_by_check_task(ForgetsItsCarry)
    assert [fault.promise for fault in report.faults] == ["init_carry"]
    assert report.kept == ()


def test_all_that_is_drawn_wrongly_is_reported_at_once():
    class Broken(DrawsNegativeDurations, ScoresSeven):
        pass

    faults = {fault.promise: fault for fault in found_by_check_task(Broken).faults}
    assert {"durations_fit", "performance_at_trial_end", "ground_truth_performs"} <= set(faults)
    assert "'stimulus' takes the value [-50.] ms" in faults["durations_fit"].found
    assert "takes the value 7.0" in faults["performance_at_trial_end"].found
    places = faults["ground_truth_performs"].places
    assert [place.partition(",")[0] for place in places] == ["Broken.build_trial", "Broken.respond"]


@pytest.mark.parametrize(("promise", "broken"), DEFECTS)
def test_a_broken_promise_is_named(promise, broken):
    named = rf"^{broken.__name__} breaks 1 of 1 promises that were checked:\n- {promise}: [A-Z]"
    with pytest.raises(ConformanceError, match=named):
        check_task(broken, num_envs=16, num_trials=32, only=[promise])


def test_every_promise_is_broken_by_some_task():
    broken = {promise for promise, _ in DEFECTS}
    # A test of its own breaks this one: the task is well, and the params are not.
    assert set(promises()) - broken == {"validates"}


def test_promises_have_a_sentence_and_unknown_ones_are_rejected():
    assert all(sentence[0].isupper() for sentence in promises().values())
    with pytest.raises(ValueError, match="did you mean 'fixed_point'"):
        check_task(Toy, only=["fixed_points"])


def test_params_that_do_not_suit_the_task_are_a_broken_promise():
    params = Toy().default_params.with_timing(stimulus=900)
    with pytest.raises(ConformanceError, match="validates"):
        check_task(Toy, params, only=["validates"])


def test_an_instance_is_compared_with_a_copy():
    check_task(Toy(), only=["equal_by_value", "one_compile_for_equal_env"])
    with pytest.raises(ConformanceError, match="equal_by_value"):
        check_task(IdentityEquality(), only=["equal_by_value"])


def test_a_stated_lack_of_ground_truth_is_believed():
    check_task(
        WrongAnswerPays,
        num_envs=16,
        num_trials=16,
        has_ground_truth=False,
        only=["ground_truth_earns_most"],
    )
