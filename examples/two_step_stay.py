"""Tell model-free from model-based subjects by their stay probabilities in the two-step task.

Two subjects play Daw et al.'s task (2011), and see what they did and earned through `PassAction`
and `PassReward`. Both learn what the four options of the second stage pay. The model-free one
learns what its first choices earned as well, whatever lay between; the model-based one computes
what they are worth from the options and from where the first choices commonly lead. Run::

    python examples/two_step_stay.py

**What to look for** is how often a subject repeats its first choice, by whether the last trial was
rewarded and whether its transition was common. A model-free subject repeats what was rewarded. A
model-based one does so after a common transition; after a rare one it changes, since the other
choice is the one that commonly leads to the option that paid. So reward has a main effect in the
one, and an interaction with the transition in the other (Daw et al., figure 2). All of it is
computed from the table of trials alone, see `stay_probabilities`.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

import jaxgym_neuro as jgn

Memory = Mapping[str, jax.Array]
P_COMMON = 0.7  # which a model-based subject knows


def make_task():
    """Make the task with feedback: start, two states, the last action, the last reward."""
    env, _ = jgn.make("DawTwoStep-v0")
    return jgn.wrappers.PassReward(jgn.wrappers.PassAction(env))


def no_memory() -> Memory:
    """Return what a subject remembers at first: nothing was chosen, and all is worth 0.5."""
    return {
        "first_values": jnp.full(2, 0.5, jnp.float32),
        "second_values": jnp.full((2, 2), 0.5, jnp.float32),
        "first": jnp.int32(-1),
        "state": jnp.int32(-1),
        "second": jnp.int32(-1),
    }


def model_free(memory: Memory) -> jax.Array:
    """Return what the first choices have earned."""
    return memory["first_values"]


def model_based(memory: Memory) -> jax.Array:
    """Return what the first choices are worth, by the best option of the state each leads to."""
    best = jnp.max(memory["second_values"], axis=1)
    return P_COMMON * best + (1 - P_COMMON) * best[::-1]


def make_subject(plan: Callable[[Memory], jax.Array], rate: float = 0.5, inverse_temp: float = 5):
    """Return a policy (key, ob, memory) -> (action, memory) whose first choices follow a plan."""

    def learned(memory: Memory, reward: jax.Array) -> Memory:
        """Move the values of what was chosen in the last trial, if there was one, to its reward."""
        numbers = jnp.arange(2, dtype=jnp.int32)
        first = numbers == memory["first"]
        second = (numbers == memory["state"])[:, None] & (numbers == memory["second"])
        values = {"first_values": first, "second_values": second}
        return {
            **memory,
            **{
                name: memory[name] + rate * jnp.where(was_chosen, reward - memory[name], 0)
                for name, was_chosen in values.items()
            },
        }

    def policy(key: jax.Array, ob: jax.Array, memory: Memory) -> tuple[jax.Array, Memory]:
        is_first, state, reward = ob[0] > 0, (ob[2] > 0).astype(jnp.int32), ob[-1]
        memory = jax.tree.map(
            lambda new, old: jnp.where(is_first, new, old), learned(memory, reward), memory
        )
        values = jnp.where(is_first, plan(memory), memory["second_values"][state])
        choice = jax.random.categorical(key, inverse_temp * values).astype(jnp.int32)
        chosen = {"first": choice, "state": jnp.int32(-1), "second": jnp.int32(-1)}
        went_on = {"first": memory["first"], "state": state, "second": choice}
        now = {name: jnp.where(is_first, chosen[name], went_on[name]) for name in chosen}
        return choice + 1, {**memory, **now}

    return policy


def play(plan: Callable[[Memory], jax.Array], subjects: int, trials: int, seed: int = 0) -> Any:
    """Let subjects play, and return the table of their trials."""
    return jgn.rollout(
        make_task(),
        policy=make_subject(plan),
        memory=no_memory(),
        num_envs=subjects,
        num_trials=subjects * trials,
        key=jax.random.key(seed),
    )


def main(arguments: list[str] | None = None) -> None:
    """Let both play, and print how often they stay."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--subjects", type=int, default=200, help="of each kind (%(default)s)")
    parser.add_argument("--trials", type=int, default=201, help="of each (%(default)s)")
    args = parser.parse_args(arguments)
    print("stayed after      unrewarded     rewarded     effect of   reward by   reward")
    print("                rare  common   rare  common     reward   transition  per trial")
    for plan in (model_free, model_based):
        table = play(plan, args.subjects, args.trials)
        stay = jgn.analysis.stay_probabilities(table)
        rare, common = stay.after_rare.y, stay.after_common.y
        print(
            f"{plan.__name__:13} {rare[0]:7.2f} {common[0]:7.2f} {rare[1]:6.2f} {common[1]:7.2f} "
            f"{stay.reward_effect.value:10.2f} {stay.interaction.value:12.2f} "
            f"{table.reward.mean():10.3f}"
        )


if __name__ == "__main__":
    main()
