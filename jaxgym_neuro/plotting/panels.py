"""Which panels a picture has: observation, action, ground truth, reward, performance."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.plotting import blocks
from jaxgym_neuro.plotting.blocks import Block
from jaxgym_neuro.plotting.pen import Pen, is_binary, spread
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.strip import as_pictures, draw_strip
from jaxgym_neuro.plotting.style import Style
from jaxgym_neuro.spaces import is_discrete

# Inches.
_LANE, _SINGLE, _OVERLAY, _TRACES, _PICTURES = 0.34, 0.5, 0.8, 1.8, 1.0
_ROW, _LOWEST_IMAGE, _HIGHEST_IMAGE = 0.09, 0.6, 0.95
_NUMBER, _REWARD, _PERFORMANCE = 0.7, 0.5, 0.34
_OWN_NAMES = ("action", "ground truth", "reward", "performance")  # of panels


@dataclasses.dataclass(frozen=True)
class Panel:
    """A panel before it is drawn: its name, its height in inches, and what draws it."""

    name: str
    height: float
    draw: Callable[[Any, Pen], None]  # into its axes
    legend: Sequence[str] = ()
    ticks: Sequence[str] = ("\N{MINUS SIGN}0.00",)  # of its vertical axis; the widest decides


def panels_of(record: Record, env: Any, params: Any, look: Style) -> list[Panel]:
    """Return the panels of a record, from the top.

    Args:
        record: what happened.
        env: the environment in which it did.
        params: its params.
        look: how it is plotted.
    """
    panels = [
        *_observation_panels(record, env, env.observation_space(params), look.ob_traces),
        *_action_panels(record, env, env.action_space(params)),
        Panel("reward", _REWARD, lambda ax, pen: pen.rewards(ax, record.reward)),
    ]
    if record.performance is not None and not look.is_small:
        scores = record.new_trial, record.performance
        panels.append(Panel("performance", _PERFORMANCE, lambda ax, pen: pen.scores(ax, *scores)))
    return panels


def _observation_panels(record: Record, env: Any, space: Any, ob_traces: Any) -> list[Panel]:
    ob = np.asarray(record.ob, np.float32)
    channels = ob.reshape(len(ob), -1)
    traces = blocks.traces_of(ob_traces, space)
    if traces is not None:
        block = Block("observation", tuple(traces.values()), tuple(traces), as_lines=True)
        return [_lines_panel(block.name, _TRACES, block, channels[:, block.indices])]
    if len(space.shape) > 1:
        pictures = as_pictures(ob, space)
        return [Panel("observation", _PICTURES, lambda ax, pen: draw_strip(ax, pictures, pen.axis))]
    shown = blocks.blocks_of(space, env)
    lines = [index for block in shown if block.as_lines for index in block.indices]
    among = channels[:, lines] if hasattr(env, "new_trial") and lines else None
    return [_panel_of(block, channels[:, block.indices], among) for block in shown]


def _panel_of(block: Block, values: np.ndarray, among: np.ndarray | None) -> Panel:
    """Return the panel of channels with their values, among all that are drawn as lines."""
    name = f"{block.name}\n(seen)" if block.name in _OWN_NAMES else block.name
    if block.as_lines:
        height = _LANE if is_binary(values) else _SINGLE
        if len(block.indices) > 1:
            height = _OVERLAY
        return _lines_panel(name, height, block, values, among)
    height = _image_height(len(block.indices))

    def draw(ax: Any, pen: Pen) -> None:
        pen.image(ax, block, values)

    if block.is_ring:
        return Panel(f"{name}\n(deg)", height, draw)
    names = list(block.labels)
    if all(name.startswith(f"{block.name} ") for name in names):
        names = [name.removeprefix(f"{block.name} ") for name in names]
    return Panel(name, height, draw, ticks=names)


def _lines_panel(
    name: str, height: float, block: Block, values: np.ndarray, among: np.ndarray | None = None
) -> Panel:
    labels = block.labels if len(block.labels) > 1 else ()
    return Panel(name, height, lambda ax, pen: pen.lines(ax, block, values, among), legend=labels)


def _action_panels(record: Record, env: Any, actions: Any) -> list[Panel]:
    truth = record.gt if hasattr(env, "new_trial") else None
    is_same = truth is not None and env.ground_truth_space == actions
    panels = _panels_in(actions, env, "action", record.action, truth if is_same else None)
    if truth is not None and not is_same:
        panels += _panels_in(env.ground_truth_space, env, "ground truth", None, truth)
    return panels


def _panels_in(space: Any, env: Any, name: str, action: Any, truth: Any) -> list[Panel]:
    """Return the panels of actions, of truths or of both in the same space."""
    if is_discrete(space):
        return [_options_panel(space, env, name, action, truth)]
    labels = blocks.dimensions_of(space)
    if len(labels) > blocks.MOST_LINES:
        shown = (("action", action), ("ground truth", truth))
        return [_numbers_image(kind, x, labels) for kind, x in shown if x is not None]
    columns = [None if x is None else x.reshape(len(x), -1) for x in (action, truth)]
    panels = []
    for index, label in enumerate(labels):
        unit = blocks.unit_of(env, space, label)
        words = "\n".join([name, *[label] * bool(label)]) + (f"\n({unit})" if unit else "")
        done, due = (None if x is None else x[:, index] for x in columns)
        panels.append(_number_panel(words, done, due, is_first=index == 0))
    return panels


def _options_panel(space: Any, env: Any, name: str, action: Any, truth: Any) -> Panel:
    labels = blocks.options_of(space, env)
    ticks = spread(space.n)
    ring = blocks.ring_of_options(space, env)
    if ring:
        others = [index for index in range(space.n) if index not in ring]
        quarters = {ring[len(ring) * i // 4]: f"{90 * i}\N{DEGREE SIGN}" for i in range(4)}
        for index, angle in quarters.items():
            labels[index] = angle
        # An option beside the ring leaves no room for the name of its neighbour.
        near = {index + step for index in others for step in (-1, 1)}
        ticks = sorted({*others, *quarters} - near)
    names = {tick: labels[tick] for tick in ticks}

    def draw(ax: Any, pen: Pen) -> None:
        pen.options(ax, action, truth, space.n, names)

    height = min(max(0.5, 0.12 + 0.19 * space.n), 1.15)
    return Panel(name, height, draw, ticks=list(names.values()))


def _number_panel(name: str, action: Any, truth: Any, *, is_first: bool) -> Panel:
    def draw(ax: Any, pen: Pen) -> None:
        pen.numbers(ax, action, truth, is_named=is_first)

    return Panel(name, _NUMBER, draw)


def _numbers_image(name: str, values: Any, labels: Sequence[str]) -> Panel:
    block = Block(name, tuple(range(len(labels))), tuple(labels), as_lines=False)
    rows = np.asarray(values, np.float32).reshape(len(values), -1)

    def draw(ax: Any, pen: Pen) -> None:
        pen.image(ax, block, rows, "value")

    return Panel(name, _image_height(len(labels)), draw, ticks=labels)


def _image_height(rows: int) -> float:
    return min(max(_ROW * rows, _LOWEST_IMAGE), _HIGHEST_IMAGE)
