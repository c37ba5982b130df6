"""Code that runs, on the page of each task."""

from .facts import Facts

BATCH, SEQ_LEN = 16, 100  # the first is the default of a Dataset
_STEPS = """\
import jax
import jaxgym_neuro as jgn

env, params = jgn.make("{id}")
keys = jax.random.split(jax.random.key(0), {batch})
reset = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))
step = jax.jit(jax.vmap(env.step, in_axes=(0, 0, 0, None)))
ob, state = reset(keys, params)
action = jax.vmap(env.action_space(params).sample)(keys)
ob, state, reward, *ends, info = step(keys, state, action, params)
print(ob.shape, reward.shape)  # {shapes}
"""
_DATASET = """\
import jaxgym_neuro as jgn

dataset = jgn.Dataset("{id}", seq_len={seq_len})
inputs, targets = dataset()
print(inputs.shape, targets.shape)  # {shapes}
"""


def steps(facts: Facts) -> str:
    """Return how a batch of environments is reset and takes a step."""
    return _STEPS.format(id=facts.id, batch=BATCH, shapes=f"{(BATCH, *facts.seen)} {(BATCH,)}")


def dataset(facts: Facts) -> str:
    """Return how a batch of trials is drawn, "" where they teach nothing."""
    if "supervised" not in facts.learning:
        return ""
    shapes = f"{(SEQ_LEN, BATCH, *facts.seen)} {(SEQ_LEN, BATCH, *facts.target)}"
    return _DATASET.format(id=facts.id, seq_len=SEQ_LEN, shapes=shapes)
