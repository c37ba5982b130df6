"""What people report of motion that suppresses itself: what tasks of it share."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.env import ParamsT, Response, TrialEnv
from jaxgym_neuro.core.tables import Action, Condition, Paper, Period, Reward

DISPLAY_FRAME = 8.3  # ms, of the display of the experiment
DIRECTIONS = (-math.pi / 2, math.pi / 2, 0.0, math.pi)  # left, right, up, down
OPPOSITE = (1, 0, 3, 2)
LOW_CONTRAST, HIGH_CONTRAST = 0.05, 0.99
# Frame after onset, and how often observers report the true and the opposite direction there.
CURVE_FRAMES = (0, 6, 7, 8, 9, 12, 14, 17, 20, 27, 35, 36, 37, 38)
LOW_TRUE = (0.249, 0.249, 0.25, 0.26, 0.2583, 0.325, 0.45, 0.575, 0.875, 0.933) + (0.99,) * 4
LOW_OPPOSITE = (
    *(0.249, 0.249, 0.25, 0.26, 0.2583, 0.267, 0.1417, 0.1167, 0.058, 0.016),
    *(0.003,) * 4,
)
HIGH_TRUE = (0.249, 0.249, 0.249, 0.249, 0.249, 0.27, 0.32, 0.4583, 0.65, 0.85) + (0.99,) * 4
HIGH_OPPOSITE = (
    *(0.249, 0.249, 0.249, 0.29, 0.31, 0.4, 0.475, 0.4167, 0.3083, 0.075),
    *(0.04, 0.04, 0.03, 0.03),
)


PAPER = Paper(
    "Tadin, Lappin, Gilroy & Blake",
    2003,
    "Perceptual consequences of centre-surround antagonism in visual motion processing",
    "Nature 424, 312-315",
    "https://doi.org/10.1038/nature01800",
    species=("human",),
)
DIRECTION = Condition(
    "1 to 4 (left, right, up, down), equally likely", "int32", at_least=1, at_most=4
)
CONTRAST = Condition("0.05 or 0.99, equally likely", at_least=0, at_most=1)


class ReportedMotion(TrialEnv[ParamsT]):
    """Base of tasks in which the subject says at every moment what people would report.

    The ground truth is how often they report each of four directions after so much exposure. The
    closeness of a report to it is paid at each step, and its average is the performance.
    """

    TIMING = {"stimulus": Period(300, "report the probabilities of the four directions")}
    ACTIONS = {"probability": Action("of left, right, up and down; float32, from 0 to 1 each", 4)}
    REWARDS = {"correct": Reward(1.0, "per trial, times the average closeness", ends="no")}

    def init_carry(self, key, params):
        """Begin with no closeness summed up."""
        del key, params
        return jnp.float32(0)

    def direction_and_contrast(self, key: jax.Array) -> dict[str, jax.Array]:
        """Draw the conditions ``direction`` and ``contrast``."""
        key_direction, key_contrast = random.split(key)
        contrasts = np.asarray([LOW_CONTRAST, HIGH_CONTRAST], np.float32)
        return {
            "direction": random.integer(key_direction, 4) + 1,
            "contrast": random.choice(key_contrast, contrasts),
        }

    def reports_of(self, direction: jax.Array, contrast: jax.Array, onset: jax.Array) -> jax.Array:
        """Return what people report of motion at each step of a trial, (T, 4).

        Args:
            direction: 1 to 4.
            contrast: high from 0.5 on.
            onset: step at which the motion begins.
        """
        row = 4 * (contrast >= 0.5).astype(jnp.int32) + direction - 1
        frame = jnp.arange(self.T, dtype=jnp.int32) - onset
        return stimuli.pick(self._reports(self.T), row)[jnp.maximum(frame, 0)]

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay for the closeness of a report to the ground truth."""
        distance = jnp.sum(jnp.abs(action - self.gt_now(state))) / 2
        is_report = jnp.all((action >= 0) & (action <= 1))
        closeness = jnp.where(is_report, jnp.maximum(1 - distance, 0), 0).astype(jnp.float32)
        total, length = state.carry + closeness, state.trial.length.astype(jnp.float32)
        return Response(
            reward=params.rewards["correct"] * closeness / length,
            performance=total / length,
            carry=total,
        )

    def _reports(self, num_steps: int) -> np.ndarray:
        """Probabilities (8, T, 4) of the reports: low contrast in each direction, then high."""
        frames = np.arange(num_steps) * (self.dt / DISPLAY_FRAME)
        reports = []
        for true, opposite in ((LOW_TRUE, LOW_OPPOSITE), (HIGH_TRUE, HIGH_OPPOSITE)):
            curves = [np.interp(frames, CURVE_FRAMES, curve) for curve in (true, opposite)]
            across = np.maximum(1 - sum(curves), 0) / 2
            for direction in range(4):
                columns = [across] * 4
                columns[direction], columns[OPPOSITE[direction]] = curves
                table = np.stack(columns, axis=-1)
                reports.append(table / table.sum(axis=-1, keepdims=True))
        return np.stack(reports).astype(np.float32)
