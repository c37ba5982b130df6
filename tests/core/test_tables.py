"""What the tables of a task stand for: names, indices, defaults, and places in words."""

import re

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.tables import Action, Channel, Paper, Period, Reward
from jaxgym_neuro.tasks.perceptual.tone_detection import ToneDetection
from jaxgym_neuro.wrappers import MultiTask, Noise, PassReward


class LouderTone(jgn.ChoiceTask):
    """Two tones; say which was louder."""

    TIMING = {"fixation": 300, "first": 200, "delay": ("uniform", (300, 900)), "decision": 300}
    REWARDS = {"abort": -0.1, "correct": 1}

    def __init__(self, dt=100, timing=None, rewards=None):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            observation_space=jgn.spaces.Box(0, 1, (2,), name={"fixation": 0, "tone": 1}),
            action_space=jgn.spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    def build_trial(self, builder, conditions, params):
        return builder.add_period(self.periods).set_groundtruth(2, period="decision")


class TestExpanded:
    def test_a_row_without_a_field_is_itself(self):
        table = {"fixation": Channel("a cue"), "stimulus": Channel("a ring", "d")}
        assert tables.expanded(table, {"d": 3}) == table

    def test_a_field_is_filled_with_numbers_from_the_first_on(self):
        table = {"s{i}": Period(100, "wait", each=2), "test{i}": Period(50, "act", each=1, first=0)}
        assert list(tables.expanded(table, {})) == ["s1", "s2", "test0"]

    def test_a_field_is_filled_with_as_many_numbers_or_with_the_names_that_are_told(self):
        table = {
            "stim{i}_mod1": Channel("a stimulus", each="d"),
            "{m}": Channel("a sense", each="m"),
        }
        rows = tables.expanded(table, {"d": 2, "m": ("a", "v")})
        assert list(rows) == ["stim1_mod1", "stim2_mod1", "a", "v"]
        assert rows["a"].meaning == "a sense"

    def test_an_option_that_is_off_has_no_row(self):
        table = {"context": Channel("the rule", option="is_told"), "tone": Channel("a tone")}
        assert list(tables.expanded(table, {"is_told": False})) == ["tone"]
        assert list(tables.expanded(table, {"is_told": True})) == ["context", "tone"]

    def test_bare_values_stay(self):
        table = {"fixation": 300, "delay": ("uniform", (300, 900))}
        assert tables.expanded(table, {}) == table


class TestDefaults:
    def test_durations_leave_out_those_in_words(self):
        table = {"fixation": 300, "set": Period([50, 100], "wait"), "go": Period("one step", "go")}
        assert tables.durations(table) == {"fixation": 300, "set": [50, 100]}

    def test_amounts_are_those_of_rewards_and_bare_numbers(self):
        assert tables.amounts({"fail": -1, "correct": Reward(2.0, "right")}) == {
            "fail": -1,
            "correct": 2.0,
        }


class TestIndices:
    def test_rows_come_one_after_the_other(self):
        table = {"fixation": Channel("a cue"), "ring": Channel("a ring", "d"), "go": Channel("go")}
        assert tables.indices(table, {"d": 3}) == {"fixation": 0, "ring": range(1, 4), "go": 4}

    def test_each_of_several_has_its_own(self):
        table = {
            "stim{i}": Channel("a ring", "d", each=2),
            "{m}": Channel("a sense", each="m"),
            "context": Channel("the rule", 2, option="is_told"),
        }
        names = tables.indices(table, {"d": 2, "m": ("a", "v"), "is_told": True})
        assert names == {
            "stim1": range(2),
            "stim2": range(2, 4),
            "a": 4,
            "v": 5,
            "context": range(6, 8),
        }

    def test_a_ring_of_one_unit_is_a_range(self):
        assert tables.indices({"ring": Channel("a ring", "d")}, {"d": 1}) == {"ring": range(1)}

    def test_count_is_one_more_than_the_last(self):
        assert tables.count({"fixation": 0, "choice": range(1, 5)}) == 5
        assert tables.count({"wait": 0}) == 1


SIZES = {"d": 5, "m": 3, "n": 7}
LAYOUTS = {
    "scalars": ({"a": 1, "b": 1}, ["0", "1"]),
    "a number of several": ({"a": 1, "b": 4}, ["0", "1..4"]),
    "a ring from 0": ({"a": "d"}, ["0..d-1"]),
    "two rings": ({"a": "d", "b": "d"}, ["0..d-1", "d..2d-1"]),
    "a ring between scalars": ({"a": 1, "b": "d", "c": 1}, ["0", "1..d", "d+1"]),
    "rings of two letters": ({"a": 1, "b": "d", "c": "m"}, ["0", "1..d", "d+1..d+m"]),
    "several of a scalar": ({"a": 1, "b": (1, 3), "c": 1}, ["0", "1..3", "4"]),
    "several of a ring": ({"a": 1, "b": ("d", 2), "c": 1}, ["0", "1..2d", "2d+1"]),
    "as many scalars as are told": ({"a": 1, "b": (1, "m"), "c": 2}, ["0", "1..m", "m+1..m+2"]),
    "a product of letters": (
        {"a": 1, "b": ("m", "d"), "c": "d", "d": 1},
        ["0", "1..d m", "d m+1..d m+d", "d m+d+1"],
    ),
    "twice a product": (
        {"a": ("m", "d"), "b": ("d", "m"), "c": 1},
        ["0..d m-1", "d m..2d m-1", "2d m"],
    ),
}


def value_of(words):
    """Compute an index that is written in letters."""
    return sum(
        int(sign + (number or "1")) * np.prod([SIZES[letter] for letter in letters.split()])
        for sign, number, letters in re.findall(r"([+-]?)(\d*)([a-z ]*)", words)
        if number or letters
    )


class TestPlaces:
    @staticmethod
    def table(rows):
        sizes = {
            name: size if isinstance(size, tuple) else (size, None) for name, size in rows.items()
        }
        return {
            name + "{i}" * (each is not None): Channel(name, size, each=each)
            for name, (size, each) in sizes.items()
        }

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_places_are_written_in_letters(self, layout):
        rows, expected = LAYOUTS[layout]
        assert [where for where, _, _ in tables.places(self.table(rows))] == expected

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_what_is_written_is_where_it_is(self, layout):
        table = self.table(LAYOUTS[layout][0])
        found = iter(tables.indices(table, SIZES).values())
        for where, name, entry in tables.places(table):
            count = SIZES.get(entry.each, entry.each) if entry.each else 1
            spots = [np.atleast_1d(np.asarray(next(found))) for _ in range(count)]
            begin, _, end = where.partition("..")
            assert (value_of(begin), value_of(end or begin)) == (spots[0][0], spots[-1][-1]), name

    def test_entries_come_along(self):
        table = {"wait": Action("wait"), "choice": Action("a side", "d")}
        assert list(tables.places(table)) == [
            ("0", "wait", table["wait"]),
            ("1..d", "choice", table["choice"]),
        ]


def test_shapes_are_written_as_tuples():
    sizes = [tables.size_in_words(shape) for shape in [(), ("n",), (3,), (2, "n")]]
    assert sizes == ["", "(n,)", "(3,)", "(2, n)"]


def test_a_paper_prints_as_a_reference():
    paper = Paper("Egger & Jazayeri", 2019, "Internal models", "Nature 1, 2-3", "https://doi.org/1")
    assert (
        str(paper) == "Egger & Jazayeri (2019). Internal models. Nature 1, 2-3. https://doi.org/1"
    )


class TestATaskOfBareNumbers:
    def test_it_has_its_durations_and_amounts(self):
        env = LouderTone(timing={"first": 400}, rewards={"abort": 0})
        assert env.periods == ("fixation", "first", "delay", "decision")
        assert env.T == 3 + 4 + 9 + 3
        assert env.rewards == {"abort": 0.0, "correct": 1.0}
        assert env.default_params.timing["first"].ms == 400

    def test_it_plays(self):
        env = LouderTone(timing={"delay": 0})
        _, state = env.reset(jax.random.key(0))
        for step in range(6):
            gt = env.gt_now(state)
            _, state, reward, _, _, info = env.step(jax.random.key(1), state, gt)
            assert (float(reward), bool(info["new_trial"])) == (step == 5, step == 5)

    def test_it_prints(self):
        env = LouderTone(timing={"delay": 900})
        assert str(env).splitlines() == [
            "LouderTone, a step of 100 ms, T = 17:",
            "    periods   fixation 300 ms, first 200 ms, delay 900 ms, decision 300 ms",
            "    channels  fixation 0, tone 1",
            "    actions   fixation 0, choice 1-2",
            "    rewards   abort -0.1, correct 1",
        ]


def test_neighbouring_periods_of_one_number_take_turns():
    table = {
        "fixation": Period(500, "wait"),
        "cue{i}": Period(10, "watch", each="n", first=0),
        "bin{i}": Period(240, "wait", each="n", first=0),
        "delay{i}": Period(100, "wait", each="m"),
    }
    rows = tables.expanded(table, {"n": 2, "m": 2})
    assert list(rows) == ["fixation", "cue0", "bin0", "cue1", "bin1", "delay1", "delay2"]
    assert rows["bin1"] == Period(240, "wait", first=0)


def test_neighbouring_channels_of_one_number_stay_together():
    table = {"a{i}": Channel("one", each="n"), "b{i}": Channel("another", each="n")}
    assert list(tables.expanded(table, {"n": 2})) == ["a1", "a2", "b1", "b2"]


class Untold(ToneDetection):
    """As its parent, but nothing says what ends a trial."""

    REWARDS = {"correct": 1.0, "fail": 0.0}


def test_trials_last_whole_where_no_reward_ends_one_and_that_is_known():
    tone, quiet, untold = ToneDetection(), ToneDetection(amplitudes=(0.1,)), Untold()
    assert [env.lasts_whole for env in (tone, quiet, untold)] == [True, True, False]
    assert not jgn.make("GoNogo-v0")[0].lasts_whole
    assert MultiTask([tone, quiet]).lasts_whole
    assert not MultiTask([tone, untold]).lasts_whole
    assert Noise(tone).lasts_whole
    assert not Noise(untold).lasts_whole
    assert not PassReward(tone).lasts_whole  # it has a rule of its own for responses
