"""Observations that are pictures: a strip of them, each with a line to its time."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from jaxgym_neuro.plotting import style
from jaxgym_neuro.plotting.labels import inch_of
from jaxgym_neuro.plotting.time_axis import TimeAxis

_LINES_SHARE = 0.18  # of the height of a strip, for lines to their times
_PITCH = 1.04  # from one to the next, in widths of a picture
_FEW_PICTURES = 3  # of fewer periods, moments are shown that are evenly spread
_SAME = 0.02  # difference of pixels below which pictures look alike


def as_pictures(ob: np.ndarray, space: Any) -> np.ndarray:
    """Return observations as pictures from 0 to 1, (n, height, width) or with 3 colours."""
    if ob.ndim > 4:
        ob = ob.reshape(*ob.shape[:3], -1)
    if ob.ndim == 4 and ob.shape[-1] != 3:  # planes of features, not the colours of a photo
        ob = ob.max(axis=-1)
    low, high = float(np.min(space.low)), float(np.max(space.high))
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = float(ob.min()), float(ob.max())
    return np.clip((ob - low) / (high - low), 0, 1) if high > low else ob - low


def draw_strip(ax: Any, pictures: np.ndarray, axis: TimeAxis) -> None:
    """Draw as many pictures as there is room for, each with a line to the time of its step.

    Args:
        ax: axes of the panel.
        pictures: one of each step, as `as_pictures` returns them.
        axis: the axis of time.
    """
    height, width = pictures.shape[1:3]
    panel = ax.get_position().height / inch_of(ax.figure)
    size = (1 - _LINES_SHARE) * panel * width / height  # inches that one takes
    steps = _steps_shown(pictures, axis, max(1, int(axis.filled / (_PITCH * size))))
    per_inch = axis.per_inch
    middles = [(step + 0.5) * axis.dt for step in steps]
    centres = _spread_apart([middle / per_inch for middle in middles], _PITCH * size, axis.filled)
    for step, middle, centre in zip(steps, middles, centres, strict=True):
        extent = ((centre - size / 2) * per_inch, (centre + size / 2) * per_inch)
        ax.imshow(
            pictures[step],
            extent=(*extent, _LINES_SHARE, 1),
            aspect="auto",
            cmap="gray",
            vmin=0,
            vmax=1,
            zorder=1,
        )
        # White pixels at its edge are part of it.
        place = ((extent[0], _LINES_SHARE), extent[1] - extent[0], 1 - _LINES_SHARE)
        ax.add_patch(Rectangle(*place, fill=False, edgecolor=style.NOTE, linewidth=0.6))
        ends = [centre * per_inch, middle]
        ax.plot(ends, [_LINES_SHARE, 0], color=style.NOTE, linewidth=0.7)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _steps_shown(pictures: np.ndarray, axis: TimeAxis, most: int) -> list[int]:
    """Choose steps to show: the middles of periods, without those that look like the last.

    Of few periods, steps that are evenly spread.
    """
    periods = [period for trial in axis.trials for period in trial.periods]
    middles = [(start + stop) // 2 for start, stop, _ in periods]
    middles = [step for step in middles if step < axis.num_steps]
    if len(middles) < min(_FEW_PICTURES, most):
        count = min(most, axis.num_steps)
        middles = [int((i + 0.5) * axis.num_steps / count) for i in range(count)]
    if len(middles) > most:
        kept = middles[:1]
        for step in middles[1:]:
            if np.abs(pictures[step] - pictures[kept[-1]]).max() > _SAME:
                kept.append(step)
        middles = kept
    return [
        middles[i] for i in np.linspace(0, len(middles) - 1, min(most, len(middles))).astype(int)
    ]


def _spread_apart(centres: Sequence[float], size: float, room: float) -> list[float]:
    """Move things of a size apart, in order, so that none meets another, from 0 to ``room``."""
    moved: list[float] = []
    for centre in centres:
        least = moved[-1] + size if moved else size / 2
        moved.append(max(centre, least))
    most = room - size / 2
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], most)
        most = moved[index] - size
    return moved
