"""One protocol for policies: what may be given as one, what it does, and what is refused."""

import dataclasses

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.wrappers.purerl import LogWrapper

import jaxgym_neuro as jgn
from jaxgym_neuro import policies
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.tasks.motor.reaching_1d import Reaching1D
from jaxgym_neuro.wrappers import MultiTask, PassReward

GO_NOGO = jgn.make("GoNogo-v0")[0]  # discrete, waits at 0
REACHING = jgn.make("Reaching1D-v0")[0]  # its ground truth is an angle, and it says what follows it
PURSUIT = jgn.make("ReachingDelayResponse-v0")[0]  # continuous actions
BANDIT = jgn.make("Bandit-v0")[0]  # no action is to wait
CARTPOLE = gymnax.make("CartPole-v1")[0]


class Mute(Reaching1D):
    """A task whose ground truth is an angle, and that does not say how to follow it."""

    ground_truth_action = TrialEnv.ground_truth_action


def act(policy, env=GO_NOGO, memory=(), steps=30):
    """Play an environment step by step; return the actions, the states before and the memory."""
    params = env.default_params
    actor = policies.actor(policy, env, params)
    ob, state = env.reset(jax.random.key(2), params)
    actions, states = [], []
    for key in jax.random.split(jax.random.key(1), steps):
        action, memory = actor(key, ob, memory, state, params)
        actions.append(action)
        states.append(state)
        ob, state, *_ = env.step(key, state, action, params)
    return actions, states, memory


@pytest.mark.parametrize("given", [None, "random", policies.random])
def test_none_is_the_random_policy_which_samples_the_action_space(given):
    actions, _, _ = act(given)
    sample = GO_NOGO.action_space().sample
    assert actions == [sample(key) for key in jax.random.split(jax.random.key(1), 30)]
    assert set(map(int, actions)) == {0, 1}


@pytest.mark.parametrize("given", [1, np.int64(1), jnp.int32(1), policies.constant(1)])
def test_a_number_is_the_action_at_every_step(given):
    assert [int(action) for action in act(given)[0]] == [1] * 30


def test_a_continuous_action_is_repeated_as_an_array():
    shape = PURSUIT.action_space().shape
    actions, _, _ = act(np.full(shape, 0.5), PURSUIT, steps=2)
    np.testing.assert_array_equal(actions, np.full((2, *shape), 0.5, np.float32))


def test_to_wait_is_action_0_where_the_task_names_it_fixation():
    assert [int(action) for action in act("wait")[0]] == [0] * 30
    assert GO_NOGO.can_wait
    assert PassReward(GO_NOGO).can_wait
    assert not BANDIT.can_wait
    assert not PURSUIT.can_wait
    with pytest.raises(ValueError, match="Bandit has no action 0 named 'fixation'"):
        act("wait", BANDIT)
    with pytest.raises(ValueError, match="CartPole-v1 has no action 0 named"):
        act("wait", CARTPOLE)


@pytest.mark.parametrize("given", ["ground_truth", policies.ground_truth])
def test_following_the_ground_truth_does_what_is_due(given):
    actions, states, _ = act(given)
    assert actions == [GO_NOGO.gt_now(state) for state in states]
    assert 1 in actions


def test_a_task_may_say_which_action_follows_its_ground_truth():
    params = REACHING.default_params
    for env in (REACHING, PassReward(REACHING)):
        assert env.has_ground_truth_action
        actions, states, _ = act("ground_truth", env, steps=8)
        assert actions == [env.ground_truth_action(state, params) for state in states]
    assert MultiTask([GO_NOGO]).has_ground_truth_action


@pytest.mark.parametrize("env", [Mute(), PassReward(Mute()), MultiTask([Mute()]), CARTPOLE])
def test_a_ground_truth_that_is_no_action_is_not_followed(env):
    with pytest.raises(ValueError, match="has no ground truth that is an action"):
        policies.actor("ground_truth", env, env.default_params)


@pytest.mark.usefixtures("relaxed_promotion")
def test_the_state_is_found_inside_the_wrappers_of_gymnax():
    actions, states, _ = act("ground_truth", LogWrapper(GO_NOGO))
    assert actions == [GO_NOGO.gt_now(state.env_state) for state in states]


def count(key, ob, seen):
    return seen % 2, seen + 1


@pytest.mark.parametrize("given", [count, policies.follow(count)])
def test_a_function_sees_and_remembers(given):
    actions, _, memory = act(given, memory=jnp.int32(0))
    assert [int(action) for action in actions] == [0, 1] * 15
    assert memory == 30


def test_an_action_becomes_of_the_dtype_that_the_environment_expects():
    for value in (jnp.int8(1), np.bool_(True), 1):
        (action, *_), _, _ = act(lambda key, ob, memory, value=value: (value, memory), steps=1)
        assert action.dtype == jnp.int32
    single = jnp.zeros(PURSUIT.action_space().shape, jnp.int32)
    (action, *_), _, _ = act(lambda key, ob, memory: (single, memory), PURSUIT, steps=1)
    assert action.dtype == jnp.float32


@dataclasses.dataclass(frozen=True)
class LateGuess(policies.StatePolicy):
    """Knows the clock."""

    after: int

    def act(self, key, state, params, env):
        return (state.t >= self.after).astype(jnp.int32)


def test_a_class_of_ones_own_may_see_the_state():
    actions, states, _ = act(LateGuess(3), steps=6)
    assert [int(action) for action in actions] == [int(state.t >= 3) for state in states]
    assert policies.actor(LateGuess(3), GO_NOGO, None) == policies.actor(
        LateGuess(3), GO_NOGO, None
    )


def test_equal_policies_in_equal_tasks_share_compiled_code():
    twins = [policies.actor(1, jgn.make("GoNogo-v0")[0], None) for _ in range(2)]
    assert twins[0] == twins[1]
    assert hash(twins[0]) == hash(twins[1])
    assert twins[0] != policies.actor(0, GO_NOGO, None)


def test_random_actions_of_several_environments_come_from_one_key():
    several = policies.random_actions(GO_NOGO.action_space(), jax.random.key(0), 1000)
    assert several.shape == (1000,)
    assert 400 < np.sum(several) < 600
    several = policies.random_actions(PURSUIT.action_space(), jax.random.key(0), 10)
    assert several.shape == (10, *PURSUIT.action_space().shape)


PLAYERS = {
    "rollout": lambda env, policy, memory=(): jgn.rollout(
        env, policy=policy, memory=memory, num_envs=2, num_steps=3
    ),
    "plot_env": lambda env, policy, memory=(): jgn.plotting.plot_env(
        env, policy=policy, memory=memory, num_steps=3
    ),
}


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize(
    ("env", "policy", "message"),
    [
        (GO_NOGO, "grund_truth", "unknown policy 'grund_truth'; did you mean 'ground_truth'"),
        (GO_NOGO, object(), "a policy is None, 'random', 'ground_truth', 'wait', an action, a"),
        (GO_NOGO, 2, "action is one of 2, from 0, not 2"),
        (GO_NOGO, -1, "action is a whole number of at least 0, not -1"),
        (GO_NOGO, 0.5, "action is a whole number"),
        (GO_NOGO, [0, 1], r"action has the shape \(\), not \(2,\)"),
        (GO_NOGO, [[0], [1, 2]], "a constant action is a number or an array of them"),
        (GO_NOGO, lambda key, ob, memory: (ob, memory), r"action has the shape \(\), not \(3?2?,"),
        (GO_NOGO, lambda key, ob, memory: (0.5, memory), "a whole number, not float32"),
        (GO_NOGO, lambda key, ob, memory: 1, r"\(key, ob, memory\) -> \(action, memory\), or"),
        (GO_NOGO, lambda key, ob, memory: (1, [memory]), "memory keeps its structure"),
        (PURSUIT, 1e9, "action"),
        (Mute(), "ground_truth", "Mute has no ground truth that is an action"),
        (BANDIT, "wait", "Bandit has no action 0 named 'fixation'"),
    ],
)
def test_whatever_plays_refuses_the_same_in_the_same_words(player, env, policy, message):
    with pytest.raises(ValueError, match=message):
        PLAYERS[player](env, policy)


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("change", [lambda x: x.astype(jnp.int32), lambda x: x[:1]])
def test_a_memory_keeps_its_shapes_and_dtypes(player, change):
    def forget(key, ob, memory):
        return 0, change(memory)

    with pytest.raises(ValueError, match="keeps its shapes and dtypes"):
        PLAYERS[player](GO_NOGO, forget, jnp.zeros(2, jnp.float32))


@pytest.mark.parametrize("player", PLAYERS)
def test_a_memory_may_begin_as_a_number_of_python(player):
    def settle(key, ob, seen):
        return 0, jnp.float32(1) + seen

    PLAYERS[player](GO_NOGO, settle, 0.0)
