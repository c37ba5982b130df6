# pyright: reportUnknownMemberType=false
"""Spatial suppression of motion as pictures, after Tadin, Lappin, Gilroy & Blake (2003)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import pictures, random, spaces, stimuli
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.differences import never_paid
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Frame, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.perceptual._reported_motion import (
    CONTRAST,
    DIRECTION,
    DISPLAY_FRAME,
    PAPER,
    ReportedMotion,
)

HEADINGS = (math.pi, 0.0, math.pi / 2, -math.pi / 2)  # left, right, up, down
# The edges in time of NeuroGym's film: half of a Gaussian, cut after five of its frames.
_EDGE, _EDGE_SD = 5 * DISPLAY_FRAME, 1.588 * DISPLAY_FRAME
_TURN = np.float32(2 * math.pi)


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    diameters: Leaf = number((8.0,), "diameters of the plaid", unit="deg", shape=("m",), above=0)
    frequency: Leaf = number(0.8, "spatial frequency of a grating", unit="cycles/deg", at_least=0)
    speed: Leaf = number(4.0, "speed of a grating", unit="deg/s", at_least=0)
    view: Leaf = number(16.0, "what the shorter side of the picture shows", unit="deg", above=0)


class SpatialSuppressMotionPixels(ReportedMotion[Params]):
    """Watch a drifting plaid, and say how likely people see it move in each of four directions.

    `SpatialSuppressMotion-v0` with the stimulus itself: what is seen is a picture, grey but for a
    disc with smooth edges in its middle. In it two gratings drift at right angles, half of the
    contrast each, so that their sum, the plaid, moves between them: left, right, up or down. It
    comes and goes smoothly.

    The ground truth is how often people report each direction after so much exposure, as in
    `SpatialSuppressMotion-v0`: at a high contrast they report the opposite direction for a while.
    It follows from the contrast alone, as in 2.3.1, whatever the diameter.

    A trial holds contrast, phase, direction and diameter at each step, and no pictures:
    ``env.frames(trial.ob)`` makes those. The speed of the plaid is that of a grating times the root
    of 2.

    Args:
        size: (height, width) of the picture in pixels. Changes what is seen. A cycle of a grating
            should have more than two of them.
        diameters: of the plaid in degrees, one of which is drawn for each trial; their number is
            static.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("SpatialSuppressMotionPixels-v0", size=(32, 32))
        >>> trial = env.new_trial(jax.random.key(0), params, direction=2, contrast=0.99)
        >>> trial.ob.shape, env.frames(trial.ob, params).shape
        ((36, 4), (36, 32, 32, 1))
    """

    PAPER = PAPER
    PRESETS = {
        "sizes": Preset(
            {"diameters": (2.0, 4.0, 8.0, 16.0)}, "plaids of four sizes, to see what size does"
        ),
    }
    TAGS = ("perceptual", "plaid", "motion", "center-surround", "pixels")
    FRAME = Frame("from 0 to 1: a plaid in grey, 0.5")
    CHANNELS = {
        "stimulus": Channel("contrast of the plaid at this step"),
        "phase": Channel("cycles that the gratings have drifted by"),
        "heading": Channel("direction of the plaid in rad, from the right towards the top"),
        "diameter": Channel("its diameter in degrees"),
    }
    CONDITIONS = {
        "direction": DIRECTION,
        "contrast": CONTRAST,
        "diameter": Condition("uniform over ``params.diameters``", unit="deg", at_least=0),
    }
    DIFFERENCES = {
        "id": Difference(
            "the task of pictures has an id of its own",
            "in 2.3.1 it takes that of the task of channels, where PsychoPy is installed",
            ("test_tasks_of_pictures_are_listed_and_made_as_those_for_psychopy",),
        ),
        "pictures": Difference(
            "pictures are float32 from 0 to 1, by default of 64 x 64 pixels, and the two gratings "
            "have half of the contrast each",
            "2.3.1 takes them from a window of PsychoPy's, of 100 x 100 pixels, and draws one "
            "grating over the other",
            ("test_the_plaid_has_the_contrast_and_the_size_told",),
        ),
        "frames": Difference(
            "all 36 frames are stepped through, and a film may have any length",
            "2.3.1 loses one to rounding, and fails beyond 37",
            ("test_the_plaid_comes_and_goes_smoothly",),
        ),
        "reports": Difference(
            "reports are paid and scored by their closeness to the ground truth",
            "2.3.1 never pays or scores",
            ("test_following_the_ground_truth_earns_all",),
        ),
        "never paid": never_paid("`abort` and `fail`"),
    }

    def __init__(
        self,
        dt: float = DISPLAY_FRAME,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        size: Sequence[int] = (64, 64),
        diameters: Sequence[float] = Params.diameters,
        frequency: float = Params.frequency,
        speed: float = Params.speed,
        view: float = Params.view,
    ):
        self.size = pictures.check_size(size)
        numbers = {
            "diameters": check_param(Params, "diameters", diameters),
            "frequency": frequency,
            "speed": speed,
            "view": view,
        }
        super().__init__(
            dt,
            timing,
            rewards,
            numbers=numbers,
            frame_space=spaces.Box(0, 1, (*self.size, 1)),
            action_space=spaces.Box(0, 1, (4,), name=tables.indices(self.ACTIONS, {})),
        )

    def sample_conditions(self, key, params, carry):
        """Draw direction, contrast and diameter, and forget the closeness of the last trial."""
        key_shown, key_diameter = random.split(key)
        drawn = self.direction_and_contrast(key_shown)
        diameter = random.choice(key_diameter, params.diameters)
        return {**drawn, "diameter": diameter}, jnp.zeros_like(carry)

    def build_trial(self, builder, conditions, params):
        """Show the plaid; the ground truth is what people report after so much exposure."""
        direction, contrast = conditions["direction"], conditions["contrast"]
        builder = builder.add_period("stimulus")
        start, end = builder.bounds["stimulus"]
        step = jnp.arange(self.T, dtype=jnp.int32)
        ms = (step - start).astype(jnp.float32) * np.float32(self.dt)
        left = (end - 1 - step).astype(jnp.float32) * np.float32(self.dt)
        from_plateau = jnp.maximum(np.float32(_EDGE) - jnp.minimum(ms, left), 0)
        envelope = jnp.exp(-0.5 * (from_plateau / np.float32(_EDGE_SD)) ** 2)
        cycles = params.frequency * params.speed * ms * np.float32(1 / 1000)
        heading = stimuli.pick(np.asarray(HEADINGS, np.float32), direction - 1)
        reports = self.reports_of(direction, contrast, builder.onset)
        return (
            builder.add_ob((contrast * envelope)[:, None], period="stimulus", where="stimulus")
            .add_ob(jnp.mod(cycles, 1)[:, None], period="stimulus", where="phase")
            .add_ob(heading, period="stimulus", where="heading")
            .add_ob(conditions["diameter"], period="stimulus", where="diameter")
            .set_groundtruth(reports, period="stimulus")
        )

    def frame(self, row, params):
        """Draw the plaid on grey."""
        contrast, phase, heading, diameter = row
        x, y = pictures.places(self.size, params.view)
        # Two gratings at 45 degrees to the heading: their mean is a product of two others.
        scale = params.frequency * np.float32(math.sqrt(0.5))
        along = x[None] * jnp.cos(heading) + y[:, None] * jnp.sin(heading)
        across = y[:, None] * jnp.cos(heading) - x[None] * jnp.sin(heading)
        plaid = jnp.cos(_TURN * (scale * along - phase)) * jnp.cos(_TURN * (scale * across))
        radius = jnp.sqrt(x[None] ** 2 + y[:, None] ** 2)
        disc = pictures.raised_cosine(radius, diameter)
        return (0.5 + 0.5 * contrast * plaid * disc)[..., None]
