"""gymnax-style training code with five-value steps trains on tasks: rejax, through gymnax."""

import jax
import numpy as np
import rejax
from gymnax.wrappers.compat import LegacyStepAPIWrapper

import jaxgym_neuro as jgn

TRIALS = 5  # in an episode


class FiveValues(LegacyStepAPIWrapper):
    """gymnax's wrapper, which cannot be copied as rejax does; a task is immutable anyway."""

    def __deepcopy__(self, memo):
        return self


def test_ppo_of_rejax_learns_to_reach():
    """The hand starts amid the ring, sees the target, and has to move towards it."""
    task, params = jgn.make("Reaching1D-v0", step_size=0.3)
    params = params.replace(max_steps_in_episode=TRIALS * task.T)
    agent = rejax.PPO.create(
        env=FiveValues(task),
        env_params=params,
        total_timesteps=61_440,
        eval_freq=61_440,
        num_envs=64,
        num_steps=40,
        num_minibatches=4,
        num_epochs=4,
        learning_rate=3e-3,
        gamma=0.9,
    )
    _, (lengths, returns) = jax.jit(agent.train)(jax.random.key(0))
    assert np.all(lengths == TRIALS * task.T)
    assert np.all(np.isfinite(returns))
    before, after = np.mean(returns, axis=1) / TRIALS
    # Per trial; the learning curve of this seed goes from 0.5 to 1.8.
    assert before < 0.8
    assert after > before + 0.9
