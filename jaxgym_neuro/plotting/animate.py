"""`animate`: trials as a talk would show them, what is seen and done at each moment."""

import math
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.plotting.animation import Animation, check_path
from jaxgym_neuro.plotting.plot_env import PLAIN_STEPS, shown_policy
from jaxgym_neuro.plotting.record import Record, run_trials
from jaxgym_neuro.plotting.scene import Scene
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.validation import check_integer, check_number

_SHORTEST, _LONGEST = 2.5, 6.0  # seconds that an animation takes unless a speed is given
_PLAIN_STEP = 50.0  # ms of a step of an environment without a clock


def animate(
    env: Any,
    params: Any = None,
    *,
    policy: Any = None,
    memory: Any = (),
    num_trials: int = 1,
    key: int | jax.Array = 0,
    path: str | Path | None = None,
    fps: float = 10,
    speed: float | None = None,
    name: str | None = None,
) -> Animation:
    """Run an environment, and show what is seen, done and earned as it goes on.

    The field of view: a ring of units around the fixation cross, other channels as bars, or the
    picture itself. Beside it the action (dark dot) and the ground truth (light disc), below a time
    line with the periods.

    Args:
        env: a registered id, a task, or any other gymnax environment.
        params: its params; default are its own.
        policy: as in `plot_env`: by default the ground truth is followed where it is an action.
        memory: what the policy remembers at the start of an episode.
        num_trials: trials to run; an environment without trials runs for 200 steps.
        key: seed or typed key; the same one gives the same animation.
        path: file to write, which ends in .gif or .mp4 (that needs ffmpeg, which the extra
            ``video`` brings); without an ending it is mp4 where ffmpeg is there, else GIF. None:
            no file.
        fps: pictures per second, at most one for each step. Long trials are thinned out.
        speed: how many times faster than the trial it runs; by default so that it takes the time
            of the trial, but at least 2.5 and at most 6 s.
        name: title; by default the name of the environment.

    Returns:
        The animation, which a notebook shows; ``animation.save(path)`` writes it.

    Raises:
        ValueError: for an unknown id, a number that is not positive, a policy that cannot act in
            the environment, a key that is none, another ending, or .mp4 without ffmpeg.
    """
    num_trials = check_integer("num_trials", num_trials, at_least=1)
    fps = check_number("fps", fps, above=0)
    if speed is not None:
        speed = check_number("speed", speed, above=0)
    if path is not None:
        path = check_path(path)
    env, params = resolve(env, params)
    actor, key = policies.actor(shown_policy(policy, env), env, params), random.as_key(key)
    record = run_trials(actor, params, memory, key, num_trials, PLAIN_STEPS)
    animation = animate_record(record, env, params, fps=fps, speed=speed, name=name)
    if path is not None:
        animation.save(path)
    return animation


def animate_record(
    record: Record,
    env: Any,
    params: Any,
    *,
    fps: float = 10,
    speed: float | None = None,
    name: str | None = None,
) -> Animation:
    """Show what happened, as `animate` does.

    Args:
        record: what happened.
        env: the environment in which it did.
        params: its params.
        fps: as for `animate`.
        speed: as for `animate`.
        name: as for `animate`.

    Returns:
        The animation.
    """
    num_steps = len(record.reward)
    lasted = num_steps * (float(env.dt) if hasattr(env, "new_trial") else _PLAIN_STEP) / 1000
    seconds = min(max(lasted, _SHORTEST), _LONGEST) if speed is None else lasted / speed
    count = max(1, min(num_steps, math.ceil(seconds * fps)))
    steps = np.linspace(0, num_steps - 1, count).round().astype(int) if count > 1 else [0]
    scene = Scene(record, env, params, env.name if name is None else name)
    frames = np.stack([scene.picture(int(step)) for step in steps])
    return Animation(frames, seconds / count)
