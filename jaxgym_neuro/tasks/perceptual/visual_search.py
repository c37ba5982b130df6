# pyright: reportUnknownMemberType=false
"""Visual search among coloured lines, after Buschman & Miller (2007)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import pictures, random, spaces
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.choice_task import WITHHELD
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Frame,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name

SEARCHES = ("conjunction", "angle", "color")
CENTERS = ((0.5, 0.5), (0.5, -0.5), (-0.5, 0.5), (-0.5, -0.5))
_VIEW = 2.0  # places are from -1 to 1, as actions are
_TURN = np.float32(2 * math.pi)


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    set_sizes: Leaf = number((4,), "numbers of lines shown", shape=("m",), at_least=1)
    p_present: Leaf = probability(1.0, "probability that the target is among the lines")
    delta_angle: Leaf = number(0.2 * math.pi, "difference of angles", unit="rad", at_least=0)
    delta_color: Leaf = number(
        (0.2, -0.1, -0.1), "difference of colours, in any order", shape=(3,), at_least=-1, at_most=1
    )
    darkest: Leaf = number(0.3, "least of the three parts of a colour", at_least=0, at_most=1)
    length: Leaf = number(0.3, "half the length of a line", at_least=0)
    line_width: Leaf = number(0.06, "width of a line", at_least=0)
    tolerance: Leaf = number(
        0.1, "greatest distance of a right answer from the target, and of waiting from 0", above=0
    )


class VisualSearch(TrialEnv[Params]):
    """Look at a coloured line, remember it, and point to where it is among several.

    What is seen is a picture. The sample is shown in its middle; after a delay come the lines, one
    of which is the sample. Each of the others differs from it in angle or in colour, so that only
    both together tell: search for a conjunction. With ``search="angle"`` or ``"color"`` all differ
    in the same feature.

    The subject points: places are from -1 to 1, to the right and upwards, and (0, 0) is to wait.
    The first step of the decision at which it points ends the trial. Where the target is absent,
    ``params.p_present`` below 1, waiting to the end is right.

    A trial holds places, angles and colours, and no pictures: ``env.frames(trial.ob)`` makes those.

    Args:
        size: (height, width) of the picture in pixels; the shorter side shows -1 to 1. Changes what
            is seen.
        target_centers: the n places of lines, (x, y) each. Changes what a trial holds.
        search: ``"conjunction"``, ``"angle"`` or ``"color"``, see above.
        set_sizes: numbers of lines shown, one of which is drawn for each trial; default is n.

    Raises:
        ValueError: for places outside [-1, 1], too close to (0, 0) or to one another to be told
            apart, more lines than places, or another ``search``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("VisualSearch-v0", size=(32, 32))
        >>> trial = env.new_trial(jax.random.key(0), params)
        >>> trial.ob.shape, env.frames(trial.ob, params).shape
        ((155, 24), (155, 32, 32, 3))
    """

    PAPER = Paper(
        "Buschman & Miller",
        2007,
        "Top-down versus bottom-up control of attention in the prefrontal and posterior parietal "
        "cortices",
        "Science 315(5820), 1860-1862",
        "https://doi.org/10.1126/science.1138071",
        species=("monkey",),
    )
    TAGS = ("perceptual", "supervised", "pixels", "continuous action space")
    PRESETS = {
        "detection": Preset(
            {"p_present": 0.5, "set_sizes": (1, 2, 3, 4)},
            "the target is there in half of the trials, among one to four lines: how accuracy and "
            "time depend on their number tells searches apart, as in Treisman & Gelade (1980)",
        ),
        "pop-out": Preset({"search": "color", "delta_color": (0.6, -0.3, -0.3)}, "colour tells"),
    }
    TIMING = {
        "fixation": Period(500, "wait (0, 0)"),
        "sample": Period(1000, "look at the sample, and wait"),
        "delay": Period(500, "remember it, and wait"),
        "decision": Period(500, "point to it; wait if it is not there"),
    }
    FRAME = Frame("from 0 to 1: lines, red, green and blue, on black", ("height", "width", 3))
    CHANNELS = {
        "stimulus": Channel("red, green and blue of each line; 0 where it is not shown", "3n"),
        "x": Channel("place of each line, to the right", "n"),
        "y": Channel("place of each line, upwards", "n"),
        "angle": Channel("angle of each line in rad, from the right towards the top", "n"),
    }
    ACTIONS = {"position": Action("x and y, from -1 to 1 each; within the tolerance of 0: wait", 2)}
    ANSWERS = {
        "position": Answer("where it pointed", since="decision", dtype="float32", shape=(2,))
    }
    REWARDS = {
        "abort": Reward(-0.1, "pointing in fixation", ends="only if ``params.abort``"),
        "correct": Reward(1.0, "pointing to the target"),
        "fail": Reward(0.0, "pointing elsewhere"),
        "miss": Reward(0.0, "having waited to the end, where the target is", ends="it has ended"),
        "withheld": WITHHELD,
    }
    CONDITIONS = {
        "sample_angle": Condition("of the sample, uniform on the circle", unit="rad"),
        "sample_color": Condition(
            "red, green and blue, uniform from ``params.darkest`` to 1",
            shape=(3,),
            at_least=0,
            at_most=1,
        ),
        "set_size": Condition(
            "uniform over ``params.set_sizes``", "int32", at_least=1, at_most="n"
        ),
        "present": Condition("is the target there? With ``params.p_present``", "bool"),
        "angles": Condition(
            "of the lines; the first is the target, if it is there", shape=("n",), unit="rad"
        ),
        "colors": Condition("of the lines", shape=("n", 3), at_least=0, at_most=1),
        "centers": Condition(
            "of the lines, the places in any order; as many as the set size are shown",
            shape=("n", 2),
            at_least=-1,
            at_most=1,
        ),
        "ground_truth": Condition(
            "the place of the target; (0, 0) if it is absent", shape=(2,), derived=True
        ),
    }
    DIFFERENCES = {
        "pictures": Difference(
            "pictures are float32 from 0 to 1, by default of 64 x 64 pixels, and the ground is "
            "black",
            "2.3.1 takes them from a window of PsychoPy's, of 100 x 100 pixels from 0 to 255, and "
            "adds them to a grey ground, where what is bright is carried over to black",
            ("test_the_sample_and_the_lines_are_where_and_as_told",),
        ),
        "colours": Difference(
            "colours are no darker than ``params.darkest``",
            "in 2.3.1 a sample may be as dark as its ground",
            ("test_lines_that_are_shown_can_be_seen",),
        ),
        "absent": Difference(
            "the target may be absent, and the number of lines may vary",
            "2.3.1 shows it, and all lines, in every trial",
            ("test_where_the_target_is_absent_waiting_is_right",),
        ),
        "array": Difference(
            "other lines of an angle or colour that is given are as drawn, and the ground truth is "
            "where the first line is",
            "in 2.3.1 it stays where it was drawn, whatever centers are given",
            ("test_the_ground_truth_is_where_the_target_is",),
        ),
    }

    def __init__(
        self,
        dt: float = 16,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        size: Sequence[int] = (64, 64),
        target_centers: Sequence[Sequence[float]] = CENTERS,
        search: str = "conjunction",
        set_sizes: Sequence[int] | None = None,
        p_present: float = Params.p_present,
        delta_angle: float = Params.delta_angle,
        delta_color: Sequence[float] = Params.delta_color,
        darkest: float = Params.darkest,
        length: float = Params.length,
        line_width: float = Params.line_width,
        tolerance: float = Params.tolerance,
        abort: bool = False,
    ):
        self.size = pictures.check_size(size)
        check_name("search", search, SEARCHES)
        self.search = search
        tolerance = check_param(Params, "tolerance", tolerance)
        self.centers = _checked_centers(target_centers, tolerance)
        num_lines = len(self.centers)
        given = (num_lines,) if set_sizes is None else set_sizes
        numbers_of_lines: tuple[float, ...] = check_param(Params, "set_sizes", given)
        self._check_set_sizes(numbers_of_lines)
        numbers = {
            "set_sizes": numbers_of_lines,
            "p_present": p_present,
            "delta_angle": delta_angle,
            "delta_color": delta_color,
            "darkest": darkest,
            "length": length,
            "line_width": line_width,
            "tolerance": tolerance,
        }
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            sizes={"n": num_lines, "3n": 3 * num_lines},
            numbers=numbers,
            frame_space=spaces.Box(0, 1, (*self.size, 3)),
            action_space=spaces.Box(-1, 1, (2,), name=tables.indices(self.ACTIONS, {})),
        )

    def validate(self, params: Params) -> None:
        """Check params, and that there are places for so many lines."""
        super().validate(params)
        self._check_set_sizes(np.ravel(params.set_sizes).tolist())

    def _check_set_sizes(self, set_sizes: Sequence[float]) -> None:
        for number_of_lines in set_sizes:
            if number_of_lines != int(number_of_lines) or number_of_lines > len(self.centers):
                raise ValueError(
                    f"each of set_sizes is a whole number of at most {len(self.centers)}, as there "
                    f"are so many target_centers, not {number_of_lines:g}"
                )

    def sample_conditions(self, key, params, carry):
        """Draw the sample, the lines that differ from it, and where they are."""
        keys = random.split(key, 8)
        num_lines = len(self.centers)
        angle = random.uniform(keys[0]) * _TURN
        color = params.darkest + (1 - params.darkest) * random.uniform(keys[1], (3,))
        present = random.bernoulli(keys[2], params.p_present)
        differs_in_angle = random.uniform(keys[3], (num_lines,)) < 0.5
        if self.search != "conjunction":
            differs_in_angle = jnp.full(num_lines, self.search == "angle")
        is_target = present & (np.arange(num_lines) == 0)
        sign = jnp.where(random.uniform(keys[4], (num_lines,)) < 0.5, -1.0, 1.0)
        turned = jnp.mod(angle + sign * params.delta_angle, _TURN)
        order = jnp.argsort(random.uniform(keys[5], (num_lines, 3)), axis=1)
        changed = jnp.clip(color[None] + jnp.asarray(params.delta_color)[order], 0, 1)
        places = jnp.argsort(random.uniform(keys[6], (num_lines,)))
        is_changed = ~is_target & ~differs_in_angle
        return {
            "sample_angle": angle,
            "sample_color": color,
            "set_size": random.choice(keys[7], params.set_sizes).astype(jnp.int32),
            "present": present,
            "angles": jnp.where(~is_target & differs_in_angle, turned, angle),
            "colors": jnp.where(is_changed[:, None], changed, color[None]),
            "centers": jnp.asarray(np.asarray(self.centers, np.float32))[places],
        }, carry

    def build_trial(self, builder, conditions, params):
        """Show the sample in the middle, and after the delay the lines."""
        del params
        num_lines = len(self.centers)
        is_first = (np.arange(num_lines) == 0).astype(np.float32)
        sample = is_first[:, None] * conditions["sample_color"][None]
        is_shown = np.arange(num_lines, dtype=np.int32) < conditions["set_size"]
        colors = jnp.where(is_shown[:, None], conditions["colors"], 0)
        x, y = conditions["centers"].T
        target = jnp.where(conditions["present"], conditions["centers"][0], 0)
        return (
            builder.add_period(self.periods)
            .add_ob(sample.reshape(-1), period="sample", where="stimulus")
            .add_ob(is_first * conditions["sample_angle"], period="sample", where="angle")
            .add_ob(colors.reshape(-1), period="decision", where="stimulus")
            .add_ob(x, period="decision", where="x")
            .add_ob(y, period="decision", where="y")
            .add_ob(conditions["angles"], period="decision", where="angle")
            .set_groundtruth(target, period="decision")
            .set_conditions(ground_truth=target)
        )

    def frame(self, row, params):
        """Draw the lines; where they cross, their colours add up."""
        num_lines = len(self.centers)
        colors = row[: 3 * num_lines].reshape(num_lines, 3)
        x, y, angle = row[3 * num_lines :].reshape(3, num_lines)
        scale = pictures.pixels_per_degree(self.size, _VIEW)
        x, y = pictures.to_pixels(self.size, x, y, _VIEW)
        length, width = 2 * params.length * scale, params.line_width * scale
        drawn = pictures.lines(self.size, x, y, angle, length, width)
        # One after another: a reduction over so few lines takes a CPU seventeen times as long.
        light = sum(drawn[i, ..., None] * colors[i][None, None] for i in range(num_lines))
        return jnp.minimum(light, 1)

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge the first pointing in decision by its distance from the target."""
        rewards, reach = params.rewards, params.tolerance * params.tolerance
        points = ~(jnp.sum(action * action) <= reach)  # what is no number points, and wrongly
        broke = points & self.in_period(state, "fixation")
        asked = self.in_period(state, "decision")
        answered, waited = points & asked, ~points & asked & self.is_last_step(state)
        error, is_present = action - self.gt_now(state), state.trial.conditions["present"]
        is_inside = jnp.all((action >= -1) & (action <= 1))
        is_right = is_present & is_inside & (jnp.sum(error * error) < reach)
        reward = (
            jnp.where(broke, rewards["abort"], 0)
            + jnp.where(answered, jnp.where(is_right, rewards["correct"], rewards["fail"]), 0)
            + jnp.where(waited, jnp.where(is_present, rewards["miss"], rewards["withheld"]), 0)
        )
        return Response(
            reward=reward,
            new_trial=answered | (broke & params.abort),
            performance=(answered & is_right) | (waited & ~is_present),
            answers={"position": Given(answered, action)},
        )


def _checked_centers(centers: Any, tolerance: float) -> tuple[tuple[float, float], ...]:
    """Return the places of lines, or raise a ValueError."""
    places = np.asarray(centers, np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.all(np.abs(places) <= 1):
        raise ValueError(
            f"target_centers are places (x, y) from -1 to 1, such as (0.5, -0.5), not {centers!r}"
        )
    apart = np.linalg.norm(places[:, None] - np.append(places, [[0, 0]], axis=0)[None], axis=-1)
    if np.any(apart[~np.eye(*apart.shape, dtype=bool)] < 2 * tolerance):
        raise ValueError(
            f"target_centers are at least 2 tolerances ({2 * tolerance:g}) from one another and "
            f"from (0, 0), which is to wait; these are not: {centers!r}"
        )
    return tuple(map(tuple, places.tolist()))
