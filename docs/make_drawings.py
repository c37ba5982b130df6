"""Draw what happens inside: ``python docs/make_drawings.py`` rewrites ``docs/images/renewal.svg``.

What is drawn was played: eight environments under random actions, their trials, and how many trials
were begun at each step.
"""

import itertools
import pathlib

import jax
import matplotlib
import numpy as np
from matplotlib.figure import Figure

import jaxgym_neuro as jgn

PATH = pathlib.Path(__file__).parent / "images" / "renewal.svg"
ROWS, STEPS = 8, 60
_SHADES = ("#c6dbef", "#6baed6")
_BEGUN = "#D55E00"


def trials_begun() -> np.ndarray:
    """Return at which steps a trial begins, (rows, steps), of environments that have been reset."""
    env, params = jgn.make(
        "PerceptualDecisionMaking-v0",
        timing={"stimulus": ("uniform", (300, 1_500)), "decision": 300},
    )

    def play(key):
        key_reset, key_steps = jax.random.split(key)
        _, state = env.reset(key_reset, params)

        def step(state, key):
            key_action, key_step = jax.random.split(key)
            action = env.action_space(params).sample(key_action)
            _, state, *_, info = env.step(key_step, state, action, params)
            return state, info["new_trial"]

        return jax.lax.scan(step, state, jax.random.split(key_steps, STEPS))[1]

    return np.asarray(jax.jit(jax.vmap(play))(jax.random.split(jax.random.key(2), ROWS)))


def draw(begun: np.ndarray) -> Figure:
    """Draw trials over time, and below it how many are begun at each step."""
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    rows, counts = figure.subplots(2, sharex=True, height_ratios=[2, 1])
    for row, ends in enumerate(begun):
        edges = np.concatenate([[0], np.flatnonzero(ends) + 1, [begun.shape[1]]])
        for number, (left, right) in enumerate(itertools.pairwise(edges)):
            rows.barh(row, right - left, left=left, height=0.8, color=_SHADES[number % 2])
        rows.plot(edges[1:-1], np.full(len(edges) - 2, row), "|", color=_BEGUN, markersize=14)
    rows.set(ylabel="environment", ylim=(len(begun) - 0.4, -0.6))
    steps = np.arange(1, begun.shape[1] + 1)
    counts.axhline(len(begun), color="0.5", linestyle="--", label="a select draws in every row")
    label = "renewal draws where a trial has ended"
    counts.bar(steps, begun.sum(axis=0), width=0.8, color=_BEGUN, label=label)
    counts.set(xlabel="step", ylabel="trials drawn", ylim=(0, len(begun) + 4.5))
    counts.legend(frameon=False, ncols=2, loc="upper left")
    for axes in (rows, counts):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(0, begun.shape[1])
    return figure


def main() -> None:
    """Play and draw."""
    begun = trials_begun()
    with matplotlib.rc_context({"svg.hashsalt": "renewal"}):
        draw(begun).savefig(PATH, metadata={"Date": None})


if __name__ == "__main__":
    main()
