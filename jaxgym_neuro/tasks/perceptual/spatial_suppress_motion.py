"""Spatial suppression of motion, after Tadin, Lappin, Gilroy & Blake (2003)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.differences import never_paid, other_conditions
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Reward

FRAME = 8.3  # ms, of the display of the experiment
NUM_SIZES = 8
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


class SpatialSuppressMotion(TrialEnv[TrialParams]):
    """Say at every moment how likely a grating moves in each of four directions, as people would.

    A small grating of low contrast is seen to move the right way ever more surely with time. A
    large one of high contrast suppresses its own motion: for a while, people report the opposite
    direction more often. The ground truth is how often they report each direction after so much
    exposure.

    The curves are NeuroGym's tables, whose code calls them measured and names no source; we know of
    none. There the one for low contrast is labelled as of a large size, and the stimulus shown with
    it, here as in 2.3.1, is small.

    The closeness of a report is 1 less half the sum of its absolute differences from the ground
    truth, and at least 0; a report outside [0, 1] has 0. Each step pays its part of the average
    closeness, which is the performance. The trial ends with the stimulus.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("SpatialSuppressMotion-v0")
        >>> env.new_trial(jax.random.key(0), params, direction=2, contrast=0.99).gt.shape
        (36, 4)
    """

    PAPER = Paper(
        "Tadin, Lappin, Gilroy & Blake",
        2003,
        "Perceptual consequences of centre-surround antagonism in visual motion processing",
        "Nature 424, 312-315",
        "https://doi.org/10.1038/nature01800",
    )
    TAGS = ("perceptual", "plaid", "motion", "center-surround")
    TIMING = {"stimulus": Period(300, "report the probabilities of the four directions")}
    DRIVE = (
        "index 8 j + s is of direction j (left, right, up, down) and size s: "
        "contrast * (cos(angle_j - angle) + 1) / 2 if s is below the diameter, else 0"
    )
    CHANNELS = {"stimulus": Channel(DRIVE, 4 * NUM_SIZES)}
    ACTIONS = {"probability": Action("of left, right, up and down; float32, from 0 to 1 each", 4)}
    REWARDS = {"correct": Reward(1.0, "per trial, times the average closeness", ends="no")}
    CONDITIONS = {
        "direction": Condition(
            "1 to 4 (left, right, up, down), equally likely", "int32", at_least=1, at_most=4
        ),
        "contrast": Condition("0.05 or 0.99, equally likely", at_least=0, at_most=1),
        "diameter": Condition(
            "number of sizes stimulated; 0, which is always drawn, stands for 1 if the contrast is "
            "below 0.5, else 8",
            "int32",
            at_least=0,
            at_most=NUM_SIZES,
        ),
    }
    DIFFERENCES = {
        "conditions": other_conditions(
            "there is no condition `ground_truth`; `trial.gt` has it",
            "2.3.1 has the array of all steps among the conditions, too",
        ),
        "reports": Difference(
            "reports are paid and scored by their closeness to the ground truth",
            "2.3.1 never pays or scores",
            ("test_closeness_is_paid",),
        ),
        "never paid": never_paid("`abort` and `fail`"),
        "frames": Difference(
            "all 36 frames are stepped through",
            "2.3.1 loses one to rounding",
            ("test_closeness_is_paid", "test_statistics_agree_with_neurogym"),
        ),
        "probabilities": Difference(
            "the ground truth is made of probabilities, which are not negative and sum to 1",
            "2.3.1 has a negative one in its last frame",
            ("test_ground_truth_is_what_people_report",),
        ),
        "time": Difference(
            "the ground truth depends on the time since onset, whatever dt",
            "2.3.1 counts steps",
            ("test_golden_trials_are_equal_row_by_row",),
        ),
        "contrasts": Difference(
            "every contrast works, with or without a diameter",
            "2.3.1 crashes at a contrast of 0.5",
            ("test_any_contrast_works_with_and_without_a_diameter",),
        ),
    }

    def __init__(
        self,
        dt: float = FRAME,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
    ):
        channels, actions = tables.indices(self.CHANNELS, {}), tables.indices(self.ACTIONS, {})
        observation_space = spaces.Box(0, np.inf, (4 * NUM_SIZES,), name=channels)
        action_space = spaces.Box(0, 1, (4,), name=actions)
        super().__init__(
            dt, timing, rewards, observation_space=observation_space, action_space=action_space
        )

    def init_carry(self, key, params):
        """Begin with no closeness summed up."""
        del key, params
        return jnp.float32(0)

    def sample_conditions(self, key, params, carry):
        """Draw direction and contrast, and forget the closeness of the last trial."""
        del params
        key_direction, key_contrast = random.split(key)
        contrasts = np.asarray([LOW_CONTRAST, HIGH_CONTRAST], np.float32)
        return {
            "direction": random.integer(key_direction, 4) + 1,
            "contrast": random.choice(key_contrast, contrasts),
            "diameter": jnp.int32(0),
        }, jnp.zeros_like(carry)

    def build_trial(self, builder, conditions, params):
        """Show the grating; the ground truth is what people report after so much exposure."""
        del params
        direction, contrast = conditions["direction"] - 1, conditions["contrast"]
        is_high = contrast >= 0.5
        by_contrast = jnp.where(is_high, jnp.int32(NUM_SIZES), jnp.int32(1))
        diameter = jnp.where(conditions["diameter"] > 0, conditions["diameter"], by_contrast)
        angles = np.asarray(DIRECTIONS, np.float32)
        tuning = stimuli.positive_tuning(angles, stimuli.pick(angles, direction)) * contrast
        is_covered = np.arange(NUM_SIZES, dtype=np.int32) < diameter
        drive = jnp.where(is_covered, tuning[:, None], 0.0).reshape(-1)
        row = 4 * is_high.astype(jnp.int32) + direction
        frame = jnp.arange(builder.layout.num_steps, dtype=jnp.int32) - builder.onset
        reports = stimuli.pick(self._reports(builder.layout.num_steps), row)[jnp.maximum(frame, 0)]
        return (
            builder.add_period("stimulus")
            .add_ob(drive, period="stimulus")
            .set_groundtruth(reports, period="stimulus")
            .set_conditions(diameter=diameter)
        )

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
        frames = np.arange(num_steps) * (self.dt / FRAME)
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
