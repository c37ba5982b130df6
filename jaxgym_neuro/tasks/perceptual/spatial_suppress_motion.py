"""Spatial suppression of motion, after Tadin, Lappin, Gilroy & Blake (2003)."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import spaces, stimuli
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.differences import never_paid, other_conditions
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.tables import Channel, Condition, Difference
from jaxgym_neuro.tasks.perceptual._reported_motion import (
    CONTRAST,
    DIRECTION,
    DIRECTIONS,
    DISPLAY_FRAME,
    PAPER,
    ReportedMotion,
)

NUM_SIZES = 8


class SpatialSuppressMotion(ReportedMotion[TrialParams]):
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

    PAPER = PAPER
    TAGS = ("perceptual", "plaid", "motion", "center-surround")
    DRIVE = (
        "index 8 j + s is of direction j (left, right, up, down) and size s: "
        "contrast * (cos(angle_j - angle) + 1) / 2 if s is below the diameter, else 0"
    )
    CHANNELS = {"stimulus": Channel(DRIVE, 4 * NUM_SIZES)}
    CONDITIONS = {
        "direction": DIRECTION,
        "contrast": CONTRAST,
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
        dt: float = DISPLAY_FRAME,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
    ):
        channels, actions = tables.indices(self.CHANNELS, {}), tables.indices(self.ACTIONS, {})
        observation_space = spaces.Box(0, np.inf, (4 * NUM_SIZES,), name=channels)
        action_space = spaces.Box(0, 1, (4,), name=actions)
        super().__init__(
            dt, timing, rewards, observation_space=observation_space, action_space=action_space
        )

    def sample_conditions(self, key, params, carry):
        """Draw direction and contrast, and forget the closeness of the last trial."""
        del params
        drawn = self.direction_and_contrast(key)
        return {**drawn, "diameter": jnp.int32(0)}, jnp.zeros_like(carry)

    def build_trial(self, builder, conditions, params):
        """Show the grating; the ground truth is what people report after so much exposure."""
        del params
        direction, contrast = conditions["direction"] - 1, conditions["contrast"]
        by_contrast = jnp.where(contrast >= 0.5, jnp.int32(NUM_SIZES), jnp.int32(1))
        diameter = jnp.where(conditions["diameter"] > 0, conditions["diameter"], by_contrast)
        angles = np.asarray(DIRECTIONS, np.float32)
        tuning = stimuli.positive_tuning(angles, stimuli.pick(angles, direction)) * contrast
        is_covered = np.arange(NUM_SIZES, dtype=np.int32) < diameter
        drive = jnp.where(is_covered, tuning[:, None], 0.0).reshape(-1)
        reports = self.reports_of(conditions["direction"], contrast, builder.onset)
        return (
            builder.add_period("stimulus")
            .add_ob(drive, period="stimulus")
            .set_groundtruth(reports, period="stimulus")
            .set_conditions(diameter=diameter)
        )
