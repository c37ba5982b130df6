"""What reset, step and new_trial refuse: params of another task, several sets, other states."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

import jaxgym_neuro as jgn

KEY = jax.random.key(0)
ENV, PARAMS = jgn.make("PerceptualDecisionMaking-v0")
OTHER, OTHERS = jgn.make("GoNogo-v0")
SEVERAL = jax.vmap(lambda sigma: PARAMS.replace(sigma=sigma))(jnp.arange(8.0))


@pytest.fixture(scope="module")
def state():
    return ENV.reset(KEY, PARAMS)[1]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (SEVERAL, r"these params are a set of 8: .* in one set a finite number; vmap .* in_axes=0"),
        (
            PARAMS.replace(sigma=jnp.ones(8)),
            "a set of 8: sigma is .*set a finite number of at least 0",
        ),
        (PARAMS.with_rewards(fail=jnp.ones(3)), r"a set of 3: rewards\['fail'\] is"),
        ({"sigma": 1.0}, r"made by its default_params and .replace\(...\), not dict"),
        (OTHERS, r"params of PerceptualDecisionMaking are made by .*, not Params of go_nogo"),
    ],
)
def test_params_that_are_not_one_set_of_the_tasks_own_are_refused(params, said, state):
    calls = [
        lambda: ENV.reset(KEY, params),
        lambda: jax.jit(ENV.reset)(KEY, params),
        lambda: ENV.step(KEY, state, 0, params),
        lambda: ENV.new_trial(KEY, params),
        lambda: ENV.validate(params),
        lambda: jgn.rollout(ENV, params, num_steps=3),
        lambda: jgn.Dataset(ENV, params=params),
        lambda: jgn.plotting.plot_env(ENV, params),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=said):
            call()


def test_several_sets_go_through_vmap():
    ob, _ = jax.vmap(ENV.reset, in_axes=(None, 0))(KEY, SEVERAL)
    assert ob.shape == (8, 3)


def test_a_state_of_another_task_is_refused(state):
    with pytest.raises(ValueError, match="a state of GoNogo is what its reset or step returned"):
        OTHER.step(KEY, state, 0)
    with pytest.raises(ValueError, match="returned, not tuple"):
        ENV.step(KEY, ENV.reset(KEY), 0)


@pytest.mark.parametrize("action", [1.0, jnp.float32(1)])
def test_an_action_that_is_no_whole_number_is_refused_where_actions_are_numbered(action, state):
    with pytest.raises(ValueError, match=r"is a whole number, .* and is not float32"):
        ENV.step(KEY, state, action)


def test_durations_that_trials_have_no_room_for_are_refused_where_they_are_known():
    longer = PARAMS.with_timing(stimulus=50_000)
    for begin in (ENV.reset, ENV.new_trial):
        with pytest.raises(ValueError, match=r"timing\['stimulus'\] lasts up to 50000 ms"):
            begin(KEY, longer)


def test_what_was_set_in_the_dicts_of_params_is_refused_with_what_to_write():
    timed = PARAMS.with_timing(delay=300)
    timed.timing["delay"] = 500  # a dict of JAX's cannot be read-only
    paid = PARAMS.with_rewards(abort=-1.0)
    paid.rewards["correct"] = 2.0
    with pytest.raises(ValueError, match=r"write params.with_timing\(delay=...\)"):
        ENV.reset(KEY, timed)
    with pytest.raises(ValueError, match=r"write params.with_timing\(delay=...\)"):
        ENV.validate(timed)
    with pytest.raises(ValueError, match=r"write params.with_rewards\(correct=2.0\)"):
        ENV.new_trial(KEY, paid)


def test_a_condition_has_the_bound_above_that_a_number_has():
    above = jgn.Condition("a gain", above=0).domain
    assert above.checked("gain", 0.5) == 0.5
    with pytest.raises(ValueError, match="gain is a finite number above 0, not 0"):
        above.checked("gain", 0)


def test_replace_points_to_what_changes_durations_and_some_rewards():
    with pytest.raises(ValueError, match=r"params.with_timing\(\*\*{'stimulus': 500}\)"):
        PARAMS.replace(timing={"stimulus": 500})
    with pytest.raises(ValueError, match=r"params.with_rewards\(\*\*{'correct': 2.0}\)"):
        PARAMS.replace(rewards={"correct": 2.0})
    assert PARAMS.replace(rewards=dict.fromkeys(PARAMS.rewards, 2.0)).rewards["fail"] == 2


def test_setting_a_field_says_what_to_write(state):
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"\.replace\(sigma=2\) returns"):
        PARAMS.sigma = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"EnvState is immutable"):
        state.t = 2


def test_arguments_in_another_order_and_a_negative_seed_are_refused():
    with pytest.raises(ValueError, match=r"the key comes before the params: .*reset\(key, params"):
        ENV.reset(PARAMS, KEY)
    with pytest.raises(ValueError, match="a whole number of at least 0, not -1"):
        ENV.reset(-1)
    with pytest.raises(ValueError, match="a whole number of at least 0, not -1"):
        ENV.new_trial(-1)
