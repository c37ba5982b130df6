# pyright: reportUnknownMemberType=false
"""Random-dot motion as pictures of the dots, after Britten, Shadlen, Newsome & Movshon (1992)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import pictures, random, spaces, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import cue_until_decision
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.ring_choice import (
    COHERENCE,
    RING_CHOICE,
    RING_TRUTH,
    SIGNED_COHERENCE,
    coherences,
    signed_coherence,
)
from jaxgym_neuro.core.tables import Channel, Difference, Frame, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_name, check_number

NOISE_DOTS = ("direction", "position")
_TURN = np.float32(2 * math.pi)


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 6.4, 12.8, 25.6, 51.2)
    speed: Leaf = number(15.6, "speed of the dots that move", unit="deg/s", at_least=0)
    dot_life: Leaf = number(
        160.0, "how long a dot moves on until it appears elsewhere; 0: ever", unit="ms", at_least=0
    )
    aperture: Leaf = number(5.0, "diameter of the disc that the dots fill", unit="deg", above=0)
    contrast: Leaf = number(
        1.0, "brightness of the dots; the ground is black", at_least=0, at_most=1
    )
    dot_size: Leaf = number(0.2, "side of a dot, a square", unit="deg", at_least=0)
    fixation_size: Leaf = number(
        0.4, "side of the fixation point, a square", unit="deg", at_least=0
    )
    view: Leaf = number(6.0, "what the shorter side of the picture shows", unit="deg", above=0)


class RandomDotMotion(ChoiceTask[Params]):
    """Watch a film of moving dots, and report the direction in which most of them move.

    `PerceptualDecisionMaking` with the dots themselves: what is seen is a picture, white dots and a
    fixation point on black. Only a fraction of the dots, the coherence, moves together; the rest is
    noise. The subject must find out what motion is, accumulate it over the stimulus, and choose
    when the fixation point goes off.

    The dots fill a disc in the middle of the picture. One that moves over its edge comes back at
    the opposite one, in its line; so they are spread evenly at all times. Each lives for a while,
    from a moment of its own on, and then appears anywhere else.

    With ``noise_dots="direction"`` some of the dots are signal in all of the trial, as many as the
    coherence says (a fraction of a dot is one with that probability). The others move as fast, each
    in a direction of its own, which is another one when it appears elsewhere. With ``"position"``
    the dots are those of Newsome and colleagues: from each step to the next, every dot is moved
    with the probability of the coherence, and else appears anywhere. How well people see motion
    depends on such choices: Pilly & Seitz (2009), https://pmc.ncbi.nlm.nih.gov/articles/PMC2789308.

    With ``num_sets`` above 1, sets of dots are shown by turns, and a dot is moved from one showing
    of its set to the next, by so much further. With three of them, and ``"position"``, a dot is
    never seen at two steps in a row.

    A trial holds the places of the dots, and no pictures: ``env.frames(trial.ob)`` makes those.

    Args:
        cohs: coherences in percent; their number is static.
        size: (height, width) of the picture in pixels. Changes what is seen.
        num_dots: number of dots at a step. Changes what a trial holds.
        noise_dots: ``"direction"`` or ``"position"``, see above.
        num_sets: number of sets of dots that take turns.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("RandomDotMotion-v0", size=(32, 32))
        >>> trial = env.new_trial(jax.random.key(0), params, coh=51.2)
        >>> trial.ob.shape, env.frames(trial.ob, params).shape
        ((137, 62), (137, 32, 32, 1))
    """

    PAPER = Paper(
        "Britten, Shadlen, Newsome & Movshon",
        1992,
        "The analysis of visual motion: a comparison of neuronal and psychophysical performance",
        "Journal of Neuroscience 12(12), 4745-4765",
        "https://doi.org/10.1523/JNEUROSCI.12-12-04745.1992",
        species=("monkey",),
    )
    PRESETS = {
        "three sets": Preset(
            {"num_sets": 3, "noise_dots": "position", "dt": 1000 / 75, "speed": 5.0, "num_dots": 6},
            "dots as those of Shadlen and colleagues are drawn by their public code: three sets by "
            "turns, in which a dot is moved or appears anywhere, at 75 frames a second; with the "
            "six coherences of ``perceptualdecisionmaking.roitman02-v0`` they are "
            "``cohs=(0, 3.2, 6.4, 12.8, 25.6, 51.2)``",
        ),
    }
    TAGS = ("perceptual", "two-alternative", "supervised", "pixels")
    TIMING = {
        "fixation": Period(100, "wait (action 0)", cue="on"),
        "stimulus": Period(2000, "wait, and watch", cue="on"),
        "decision": Period(100, "choose", cue="off"),
    }
    FRAME = Frame("from 0 to 1: white dots, and the fixation point while the cue is on, on black")
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel("brightness of the dots"),
        "x": Channel("degrees of each dot to the right of the centre", "n"),
        "y": Channel("degrees of each dot above the centre", "n"),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "coh": COHERENCE,
        "signed_coh": SIGNED_COHERENCE,
    }
    DIFFERENCES = {
        "cue": cue_until_decision("test_the_fixation_point_is_seen_until_the_decision"),
        "pictures": Difference(
            "pictures of one channel are float32 from 0 to 1, by default of 64 x 64 pixels, and "
            "the ground is black",
            "2.3.1 takes them from a window of PsychoPy's, of 100 x 100 pixels and three channels "
            "from 0 to 255, and adds them to a grey ground, where white is carried over to black",
            ("test_frames_show_white_dots_in_a_disc_on_black",),
        ),
        "direction": Difference(
            "motion is in the direction of the ground truth",
            "2.3.1 turns the angle into degrees twice",
            ("test_dots_of_full_coherence_move_in_the_direction_of_the_ground_truth",),
        ),
    }

    def __init__(
        self,
        dt: float = 16,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] = Params.cohs,
        stim_scale: float = 1.0,
        dim_ring: int = 2,
        size: Sequence[int] = (64, 64),
        num_dots: int = 30,
        noise_dots: str = "direction",
        num_sets: int = 1,
        speed: float = Params.speed,
        dot_life: float = Params.dot_life,
        aperture: float = Params.aperture,
        contrast: float = Params.contrast,
        dot_size: float = Params.dot_size,
        fixation_size: float = Params.fixation_size,
        view: float = Params.view,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        self.size = pictures.check_size(size)
        self.num_dots = check_integer("num_dots", num_dots, at_least=1)
        self.num_sets = check_integer("num_sets", num_sets, at_least=1)
        check_name("noise_dots", noise_dots, NOISE_DOTS)
        self.noise_dots = noise_dots
        scale = check_number("stim_scale", stim_scale, at_least=0)
        numbers = {
            "cohs": tuple(coh * scale for coh in check_param(Params, "cohs", cohs)),
            "speed": speed,
            "dot_life": dot_life,
            "aperture": aperture,
            "contrast": contrast,
            "dot_size": dot_size,
            "fixation_size": fixation_size,
            "view": view,
        }
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"d": dim_ring, "n": self.num_dots},
            numbers=numbers,
            frame_space=spaces.Box(0, 1, (*self.size, 1)),
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction and the coherence."""
        key_side, key_coh = random.split(key)
        return {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; dots during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        builder, key = builder.with_key()
        x, y = self._places(key, direction, conditions["coh"], params)
        builder = builder.add_period(self.periods)
        start, _ = builder.bounds["stimulus"]
        since = jnp.maximum(jnp.arange(self.T, dtype=jnp.int32) - start, 0)
        x, y = (places.at[since].get(mode="clip") for places in (x, y))
        return (
            builder.add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(params.contrast, period="stimulus", where="stimulus")
            .add_ob(x, period="stimulus", where="x")
            .add_ob(y, period="stimulus", where="y")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
            .set_conditions(signed_coh=signed_coherence(direction, conditions["coh"]))
        )

    def frame(self, row, params):
        """Draw the dots, and the fixation point over them."""
        cue, contrast, x, y = row[0], row[1], row[2 : 2 + self.num_dots], row[2 + self.num_dots :]
        scale = pictures.pixels_per_degree(self.size, params.view)
        x, y = pictures.to_pixels(self.size, x, y, params.view)
        dots = pictures.squares(self.size, x, y, params.dot_size * scale)
        centre = np.float32(self.size[1] / 2), np.float32(self.size[0] / 2)
        x, y = (jnp.full(1, place, jnp.float32) for place in centre)
        point = pictures.squares(self.size, x, y, params.fixation_size * scale)
        return jnp.maximum(contrast * jnp.minimum(dots, 1), cue * point)[..., None]

    def _places(
        self, key: jax.Array, direction: jax.Array, coh: jax.Array, params: Any
    ) -> tuple[jax.Array, jax.Array]:
        """Return the places of the dots at each step of the stimulus: x and y, (steps, n) each.

        What is drawn of a dot that appears at a showing of its set is found by the last showing at
        which it did: so no showing has to wait for the one before.
        """
        num_steps = max(self.longest(("stimulus",)), 1)
        num_showings, num_dots = -(-num_steps // self.num_sets), self.num_sets * self.num_dots
        key_dots, key_born, key_signal = random.split(key, 3)
        showing = lax.broadcasted_iota(jnp.int32, (num_showings, num_dots), 0)
        appears = self._appears(key_dots, key_signal, showing, coh, params)
        last = lax.cummax(jnp.where(appears, showing, jnp.int32(0)), axis=0)
        drawn = random.uniform(key_born, (3, num_showings, num_dots))
        radius, angle, heading = jnp.take_along_axis(drawn, last[None], axis=1)

        turn = jnp.broadcast_to(direction, radius.shape)
        if self.noise_dots == "direction":
            turn = jnp.where(self._is_signal(key_signal, coh)[None], direction, heading * _TURN)
        # In lines along its direction a dot is led from one end of the disc to the other.
        edge = params.aperture / 2
        radius = edge * jnp.sqrt(radius)
        along, across = radius * jnp.cos(angle * _TURN), radius * jnp.sin(angle * _TURN)
        step = params.speed * np.float32(self.num_sets * self.dt / 1000)
        along = along + step * (showing - last).astype(jnp.float32)
        end = jnp.sqrt(jnp.maximum(edge * edge - across * across, 0))
        length = jnp.maximum(2 * end, np.finfo(np.float32).tiny)
        along = jnp.mod(along + end, length) - end
        cos, sin = jnp.cos(turn), jnp.sin(turn)
        x, y = along * cos - across * sin, along * sin + across * cos
        return tuple(places.reshape(-1, self.num_dots)[:num_steps] for places in (x, y))

    def _appears(
        self, key: jax.Array, key_signal: jax.Array, showing: jax.Array, coh: Any, params: Any
    ) -> jax.Array:
        """Return at which showings a dot appears anywhere: (showings, dots) bool."""
        life = jnp.round(params.dot_life / np.float32(self.num_sets * self.dt)).astype(jnp.int32)
        life = jnp.maximum(life, 1)
        age = random.spread(random.uniform(key, showing.shape[1:]), 0, life - 1)
        appears = (params.dot_life > 0) & ((showing + age[None]) % life == 0)
        if self.noise_dots == "position":
            moves = random.uniform(key_signal, showing.shape) * 100 < coh
            appears = appears | ~moves
        return appears

    def _is_signal(self, key: jax.Array, coh: jax.Array) -> jax.Array:
        """Return which dots move together in all of the trial, as many in each set: (dots,)."""
        wanted = coh * np.float32(self.num_dots / 100)
        number = jnp.floor(wanted + random.uniform(key, (self.num_sets, 1)))
        return (jnp.arange(self.num_dots, dtype=jnp.float32)[None] < number).reshape(-1)
