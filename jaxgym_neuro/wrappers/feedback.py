"""PassAction and PassReward: what was done and earned last is seen."""

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import Channel, Difference
from jaxgym_neuro.support.validation import check_flag
from jaxgym_neuro.wrappers.base import TrialWrapper, check_env
from jaxgym_neuro.wrappers.requirements import widened

_LARGEST = np.finfo(np.float32).max


class PassAction(TrialWrapper):
    """Show the last action in the channel ``action``, behind the task's channels.

    It is 0 at the first step of an episode, and crosses from trial to trial. It is no part of the
    trial: ``ob_now(state)`` has 0 there, and ``observe(state, params)`` what is seen.

    Args:
        env: the task.
        one_hot: whether each action has a channel of its own, which is 1 if it was the last one;
            all are 0 at the first step of an episode.

    Raises:
        ValueError: if observations are not vectors, there is a channel ``action`` already, or
            actions without number are to be one-hot.
    """

    CHANNELS = {"action": Channel("the action of the step before; one each, if one-hot")}
    DIFFERENCES = {
        "channels": Difference(
            "`PassAction` and `PassReward` name their channels, show 0 at the start of an episode "
            "and float32 throughout; actions may be one-hot or vectors",
            "2.3.1 shows the action of a hidden step, as float64, and fails for vectors",
            (
                "test_the_last_action_and_reward_are_seen_and_none_at_the_first_step_of_an_episode",
                "test_a_scalar_action_is_seen_as_its_number_and_a_vector_as_it_is",
            ),
        )
    }

    draws = False

    def __init__(self, env: TrialEnv, one_hot: bool = False):
        self.one_hot = check_flag("one_hot", one_hot)
        check_env("PassAction", env)
        is_discrete = isinstance(env.action_space(), spaces.Discrete)
        if one_hot and not is_discrete:
            raise ValueError(f"one_hot=True needs discrete actions, which {env.name} has not")
        size = env.num_actions if one_hot or not is_discrete else None
        super().__init__(env, observation_space=widened("PassAction", env, "action", size))

    def init_memory(self, key, params):
        """There was no action."""
        return jnp.zeros(self._num_own_channels, jnp.float32)

    def change_response(self, state, action, params, response):
        """Remember the action."""
        if self.one_hot:
            number = jnp.arange(self.num_actions, dtype=jnp.int32)
            shown = (number == action).astype(jnp.float32)
        else:
            shown = jnp.ravel(jnp.asarray(action).astype(jnp.float32))
        # What is no number is shown as 0, and what is infinite as the largest that is finite.
        shown = jnp.where(jnp.isnan(shown), 0, shown)
        return response, jnp.clip(shown, -_LARGEST, _LARGEST)

    def change_observation(self, ob, state, params):
        """Show it."""
        return ob + jnp.pad(state.carry.own, (self._num_inner_channels, 0))


class PassReward(TrialWrapper):
    """Show the last reward in the channel ``reward``, behind the task's channels.

    It is the reward of the step before, with what the wrappers inside and ``r_tmax`` add; 0 at the
    first step of an episode. It is no part of the trial: ``ob_now(state)`` has 0 there, and
    ``observe(state, params)`` what is seen.

    Args:
        env: the task.

    Raises:
        ValueError: if observations are not vectors, or there is a channel ``reward`` already.
    """

    CHANNELS = {"reward": Channel("the reward of the step before")}

    draws = False

    def __init__(self, env: TrialEnv):
        super().__init__(env, observation_space=widened("PassReward", env, "reward"))

    def init_memory(self, key, params):
        """There was no reward."""
        return jnp.float32(0)

    def change_response(self, state, action, params, response):
        """Remember the reward."""
        return response, self.conclude(state, response, params).reward

    def change_observation(self, ob, state, params):
        """Show it."""
        return ob + jnp.pad(state.carry.own[None], (self._num_inner_channels, 0))
