"""Where the time of a step goes: the same program with more and more of its parts.

Each program is a scan of steps under a random policy, as in `jaxgym_neuro.bench.timing`: its keys
and actions alone; steps in which no trial is ever renewed; in which the rows that are due are
ranked, taken out and written back; in which trials are drawn, with zeros for noise; and whole
steps. They are run in turn, and of each the least CPU time is printed, in ns per environment and
step, so that other programs that are running matter little. ``taskset -c 0`` keeps it to one core.
"""

import argparse
import time

import jax
import jax.numpy as jnp

from jaxgym_neuro import policies, random, registry
from jaxgym_neuro.bench.multitask import TASKS
from jaxgym_neuro.bench.timing import REFERENCE
from jaxgym_neuro.core.kinds import OneKind
from jaxgym_neuro.core.renewal import renew
from jaxgym_neuro.multitask.multi_task import MultiTask

CASES = {"short": ({}, 16_384, 110), "wide": ({"dt": 20, "dim_ring": 16}, 1_024, 550)}
SEVERAL = "several"  # the tasks of `bench multitask` in one


def keep(draw, due, inputs, old, reads=()):
    """Renew nothing: the same trial begins again."""
    del draw, due, inputs, reads
    return old


def copy(draw, due, inputs, old, reads=()):
    """Rank the rows that are due, take them out, and write them back."""
    del draw
    return renew(OneKind(lambda inputs, old: old), due, inputs, old, reads)


def draw_too(*args, **kwargs):
    """Renew as ever; another function, so that what was traced with noise is not used again."""
    return renew(*args, **kwargs)


def no_noise(key, shape):
    """Return zeros of which the compiler does not know that they are."""
    zero = (jax.random.key_data(key)[..., 0] >> jnp.uint32(31) >> jnp.uint32(1)).astype(jnp.float32)
    return jnp.broadcast_to(zero, shape)


class Timed:
    """A function that is run again and again; ``run`` returns its next arguments."""

    def __init__(self, name, per_run, run, *arguments):
        self.name, self.per_run, self.run, self.arguments = name, per_run, run, arguments
        self.seconds = []

    def time_once(self):
        """Run it, and remember the CPU time."""
        begin = time.process_time()
        self.arguments = jax.block_until_ready(self.run(*self.arguments))
        self.seconds.append(time.process_time() - begin)

    @property
    def ns(self):
        """The least time, per environment and step; the first run touches memory first."""
        return min(self.seconds[1:]) / self.per_run * 1e9


def noise(env, num_envs):
    """Return what draws the noise of one trial of each environment, and nothing else."""
    shape = (env.T, len(env.observation_space().name["stimulus"]))
    draw = jax.jit(jax.vmap(lambda key: random.standard_normal(key, shape)))
    keys = random.split(jax.random.key(1), num_envs)

    def run(keys):
        jax.block_until_ready(draw(keys))
        return (keys,)

    return Timed("the noise alone", num_envs * env.T, run, keys)


def steps(name, env, params, num_envs, num_steps, *, is_stepped=True):
    """Return a scan of steps, or of keys and actions without any."""
    space = env.action_space(params)
    step = jax.vmap(env.step, in_axes=(0, 0, 0, None))

    def scan(key, state, total):
        def body(carry, _):
            key, state, total = carry
            key, key_action, key_step = random.split(key, 3)
            keys = random.split(key_step, num_envs)
            actions = policies.random_actions(space, key_action, num_envs)
            if is_stepped:
                ob, state, reward, *_ = step(keys, state, actions, params)
                return (key, state, total + jnp.sum(ob) + jnp.sum(reward)), None
            words = jax.random.key_data(keys)
            total = total + jnp.sum(actions) + jnp.sum(words[:, 0] ^ words[:, 1])
            return (key, state, total), None

        return jax.lax.scan(body, (key, state, total), None, length=num_steps)[0]

    reset = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))
    _, state = reset(random.split(jax.random.key(0), num_envs), params)
    run = jax.jit(scan, donate_argnums=1)
    return Timed(name, num_envs * num_steps, run, jax.random.key(1), state, jnp.float32(0))


def parts(case):
    """Compile the programs of a case."""
    if case == SEVERAL:
        env, num_envs, num_steps = MultiTask(TASKS, pad=True), 16_384, 100
    else:
        kwargs, num_envs, num_steps = CASES[case]
        env = registry.resolve(REFERENCE, **kwargs)[0]
        yield noise(env, num_envs)
    size = env.default_params, num_envs, num_steps
    yield steps("keys and actions", env, *size, is_stepped=False)
    yield steps("and judge, read a row", env.replaced(renew=keep), *size)
    yield steps("and rank, take, write", env.replaced(renew=copy), *size)
    original, random.standard_normal = random.standard_normal, no_noise
    without = steps("and draw, without noise", env.replaced(renew=draw_too), *size)
    without.time_once()
    random.standard_normal = original
    yield without
    yield steps("whole", env, *size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("cases", nargs="+", choices=[*CASES, SEVERAL])
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    for case in args.cases:
        programs = list(parts(case))
        for _ in range(args.repeats + 1):
            for program in programs:
                program.time_once()
        print(case)
        for program in programs:
            print(f"  {program.name:26}{program.ns:8.1f}", flush=True)


if __name__ == "__main__":
    main()
