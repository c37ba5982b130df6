"""What help() says of a task: its own words, and its tables in words."""

import inspect
import re

import pytest

from jaxgym_neuro import (
    Action,
    Channel,
    ChoiceTask,
    Condition,
    Difference,
    Info,
    NoisyParams,
    Paper,
    Period,
    Reward,
    number,
    pytree,
)
from jaxgym_neuro.core.describe import (
    ARGUMENTS,
    WIDTH,
    Table,
    as_markdown,
    as_text,
    own_words,
    shown_default,
    tables_of,
)
from jaxgym_neuro.core.params import Leaf


@pytree
class Params(NoisyParams):
    """Numbers of the task."""

    cohs: Leaf = number((0.0, 6.4), "coherences", unit="percent", shape=("n",), at_least=0)


class Dots(ChoiceTask):
    """Watch dots, and say where they go.

    Only some of them move together.

    Args:
        dt: step in ms, of 10 at least.
        dim_ring: number d of directions.
            Changes channels.

    Raises:
        ValueError: for a ring of one unit.

    Example:
        >>> 1 + 1
        2

        >>> 2 + 2
        4
    """

    PAPER = Paper("Britten & Shadlen", 1992, "The analysis of motion", "J 12", "https://doi.org/1")
    TAGS = ("perceptual",)
    PARAMS = Params
    TIMING = {
        "fixation": Period(100, "wait", cue="on"),
        "delay": Period(("uniform", (300, 500)), "remember"),
        "decision": Period("one step", "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": Channel("a cue"),
        "context": Channel("the rule", 2, option="is_told"),
        "stimulus": Channel("how the dots move; " * 8 + "the end", "d"),
    }
    ACTIONS = {"fixation": Action("wait"), "choice": Action("a direction", "d")}
    REWARDS = {
        "correct": Reward(1.0, "the choice is right"),
        "abort": Reward(-0.1, "an action in fixation", ends="only if ``params.abort``"),
    }
    CONDITIONS = {
        "coh": Condition("one of ``params.cohs``", unit="percent", at_least=0),
        "ground_truth": Condition("the direction", "int32", derived=True),
        "doors": Condition("uniform over | and ||", "bool", shape=("d", 2)),
    }
    INFO = {"elapsed": Info("since the onset", unit="ms")}
    DIFFERENCES = {
        "cue": Difference("the cue stays on", "2.3.1 turns it off", ("test_cue",)),
        "dt": Difference("any dt", "2.3.1 raises an error", ("test_dt", "test_other")),
    }

    def __init__(self, dt=100, rewards=None, timing=None, cohs=None, sigma=1, dim_ring=2):
        pass


class Bare(ChoiceTask):
    """Say which was louder.

    Args:
        dt: a step.
    """

    TIMING = {"fixation": 300, "tones": ("uniform", (300, 900))}
    REWARDS = {"correct": 1, "fail": -0.5}


class Silent(ChoiceTask):
    TAGS = ("nothing",)
    REWARDS = {"correct": 1}

    def __init__(self, dt=100):
        pass


TABLES = {table.title: table for table in tables_of(Dots)}


class TestDocstring:
    def test_it_is_prose_reference_tables_args_raises_differences_and_example(self):
        titles = re.findall(r"^(\w.*?):(?:$| Britten)", Dots.__doc__, re.MULTILINE)
        assert titles == [
            "Reference",
            "Periods",
            "Observation, float32",
            "Actions",
            "Answers",
            "Rewards",
            "Conditions",
            "Info of its own",
            "Params of its own",
            "Args",
            "Raises",
            "Differences from NeuroGym 2.3.1",
            "Example",
        ]
        assert Dots.__doc__.startswith("Watch dots, and say where they go.\n\nOnly some of them")

    def test_the_reference_is_the_paper(self):
        assert f"\n\nReference: {Dots.PAPER}\n\n" in Dots.__doc__

    def test_every_argument_has_a_line_in_the_order_of_the_constructor(self):
        arguments = Dots.__doc__.split("\nArgs:\n")[1].split("\n\n")[0].splitlines()
        assert arguments == [
            "    dt: step in ms, of 10 at least.",
            f"    rewards: {ARGUMENTS['rewards']}",
            f"    timing: {ARGUMENTS['timing']}",
            "    dim_ring: number d of directions.",
            "        Changes channels.",
            "    cohs, sigma: defaults of the params.",
        ]

    def test_each_difference_is_a_sentence(self):
        assert "\n    - the cue stays on: 2.3.1 turns it off.\n" in Dots.__doc__
        assert "\n    - any dt: 2.3.1 raises an error.\n" in Dots.__doc__

    def test_an_example_is_kept_whole(self):
        example = "    >>> 1 + 1\n    2\n\n    >>> 2 + 2\n    4"
        assert Dots.__doc__.endswith(f"\n\nExample:\n{example}")

    def test_help_shows_it_with_the_arguments(self):
        assert inspect.getdoc(Dots) == Dots.__doc__
        assert [*inspect.signature(Dots).parameters][:2] == ["dt", "rewards"]

    def test_lines_are_no_longer_than_help_is_wide(self):
        assert max(map(len, Dots.__doc__.splitlines())) <= WIDTH

    def test_the_docstring_of_a_task_without_tags_stays_as_it_was_written(self):
        assert inspect.getdoc(Bare) == "Say which was louder.\n\nArgs:\n    dt: a step."

    def test_a_task_without_words_has_its_tables_and_nothing_of_its_base(self):
        assert Silent.__doc__.startswith("Answers:\n\n    name ")
        assert Silent.__doc__.endswith("Args:\n    dt: step in ms. Changes T.")

    def test_a_subclass_does_not_say_twice_what_its_base_says(self):
        class Louder(Dots):
            """Watch louder dots."""

            TAGS = ("perceptual",)
            PAPER = None

        assert Louder.__doc__.startswith("Watch louder dots.\n\nPeriods:")
        assert "Differences from NeuroGym" not in Louder.__doc__
        assert "Only some of them" not in Louder.__doc__

    def test_own_words_are_found_again(self):
        prose, sections = own_words(Dots)
        assert prose == "Watch dots, and say where they go.\n\nOnly some of them move together."
        assert list(sections) == ["Args", "Raises", "Example"]


class TestTables:
    def test_periods_have_durations_in_words(self):
        assert TABLES["Periods"].rows == [
            ("fixation", "100", "on", "wait"),
            ("delay", "uniform 300-500", "", "remember"),
            ("decision", "one step", "off", "choose"),
        ]

    def test_channels_and_actions_have_their_places(self):
        rows = TABLES["Observation, float32"].rows
        assert [row[:2] for row in rows] == [
            ("0", "fixation"),
            ("1..2", "context"),
            ("3..d+2", "stimulus"),
        ]
        assert rows[1][2] == "only with ``is_told``: the rule"
        assert TABLES["Actions"].rows[1] == ("1..d", "choice", "a direction")

    def test_rewards_say_whether_they_end_the_trial(self):
        assert TABLES["Rewards"].rows == [
            ("correct", "1", "the choice is right", "yes"),
            ("abort", "-0.1", "an action in fixation", "only if ``params.abort``"),
        ]

    def test_conditions_and_info_have_types_and_units(self):
        assert TABLES["Conditions"].rows == [
            (
                "coh",
                "float32, percent",
                "one of ``params.cohs``; if given, a finite number of at least 0",
            ),
            ("ground_truth", "int32", "derived: the direction"),
            ("doors", "(d, 2) bool", "uniform over | and ||"),
        ]
        assert TABLES["Info of its own"].rows == [("elapsed", "float32, ms", "since the onset")]

    def test_params_have_defaults_units_and_bounds_and_are_only_the_tasks_own(self):
        assert TABLES["Params of its own"].rows == [
            (
                "sigma",
                "1",
                "input noise; its s.d. per step is sigma / sqrt(dt); a finite number of at least 0",
            ),
            ("cohs", "0, 6.4 percent", "coherences; each a finite number of at least 0"),
        ]
        assert shown_default(Dots, "cohs") == "0, 6.4"

    def test_bare_numbers_have_rows_without_words(self):
        tables = {table.title: table.rows for table in tables_of(Bare)}
        assert tables["Periods"] == [
            ("fixation", "300", "", ""),
            ("tones", "uniform 300-900", "", ""),
        ]
        assert tables["Rewards"] == [("correct", "1", "", ""), ("fail", "-0.5", "", "")]

    def test_what_is_empty_is_left_out(self):
        assert [table.title for table in tables_of(Bare)] == ["Periods", "Answers", "Rewards"]

    def test_text_is_lined_up_and_its_last_column_is_wrapped(self):
        lines = as_text(TABLES["Observation, float32"]).splitlines()
        assert lines[:2] == ["Observation, float32:", ""]
        column = lines[2].index("meaning")
        assert all(line[column - 1] == " " != line[column] for line in lines[2:])
        assert lines[-1].endswith("the end")
        assert len(lines) > 6

    def test_wide_columns_are_wrapped_whichever_they_are(self):
        table = Table("Wide", ("name", "one", "two"), [("a", "some words " * 20, "others " * 30)])
        lines = as_text(table).splitlines()
        assert max(map(len, lines)) <= WIDTH
        words = " ".join(lines[2:]).split()
        assert words.count("some") == words.count("words") == 20
        assert words.count("others") == 30
        column = lines[2].index("two")
        assert all(line[column - 1 : column] in ("", " ") for line in lines[2:])

    def test_a_row_that_ends_empty_has_no_blanks_behind_it(self):
        table = Table("Rewards", ("name", "event"), [("correct", ""), ("f", "another")])
        assert as_text(table).splitlines()[2:] == [
            "    name     event",
            "    correct",
            "    f        another",
        ]

    def test_markdown_escapes_what_divides_cells(self):
        lines = as_markdown(TABLES["Conditions"]).splitlines()
        assert lines[:4] == [
            "## Conditions",
            "",
            "| name | type | distribution |",
            "| --- | --- | --- |",
        ]
        assert lines[-1] == r"| doors | (d, 2) bool | uniform over \| and \|\| |"

    @pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
    def test_markdown_has_a_cell_for_each_column(self, table):
        for line in as_markdown(table).splitlines()[2:]:
            assert len(re.findall(r"(?<!\\)\|", line)) == len(table.header) + 1
            assert "``" not in line
