"""Tables as an animal's trials come: words for choices, trials missed, sessions, odd contents."""

import io

import numpy as np
import pandas
import pytest
from simulated import SIGNED, choices

from jaxgym_neuro import analysis

NAN = float("nan")


@pytest.fixture(scope="module")
def frame():
    """Choices "left" and "right", of which every tenth was missed; times in ms."""
    rng = np.random.default_rng(0)
    trials = choices(rng, 2_000)
    missed = np.arange(2_000) % 10 == 0
    side = np.array(["left", "right"], object)[trials["choice"] - 1]
    right = np.where(trials["signed_coh"] > 0, "right", "left") == side
    return pandas.DataFrame(
        {
            "signed_coh": trials["signed_coh"],
            "coh": np.abs(trials["signed_coh"]),
            "choice": np.where(missed, NAN, side),
            "correct": np.where(missed, None, right),
            "reaction_time": np.where(missed, NAN, 300.0 + rng.random(2_000)),
            "block": np.repeat(np.arange(20) % 2, 100),
            "session": np.repeat(["monday", "tuesday"], 1_000),
            "trial": np.tile(np.arange(1_000), 2),
        }
    )


def read_from_a_file(frame):
    return pandas.read_csv(io.StringIO(frame.to_csv(index=False)))


LAYOUTS = {
    "objects": lambda frame: frame,
    "file": read_from_a_file,
    "categories": lambda frame: frame.astype({"choice": "category"}),
    "strings": lambda frame: frame.astype({"choice": "string", "correct": "boolean"}),
    "lists": lambda frame: {name: frame[name].tolist() for name in frame},
    "empty words": lambda frame: {**frame, "choice": frame["choice"].fillna("").to_numpy(str)},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(
    "call",
    [
        lambda x: analysis.psychometric(x, "signed_coh", choice="choice", fit=False),
        lambda x: analysis.psychometric(x, "coh", fit=False),
        lambda x: analysis.chronometric(x, "coh"),
        lambda x: analysis.conditional_accuracy(x),
        lambda x: analysis.block_transitions(x),
        lambda x: analysis.confidence(x, "coh"),
    ],
    ids=["choices", "accuracy", "times", "by time", "blocks", "confidence"],
)
def test_missed_trials_are_left_out_and_counted(frame, layout, call):
    expected, found = call(frame), call(layout(frame))
    assert (found.trials, found.left_out) == (1_800, 200)
    for name, curve in vars(expected).items():
        if isinstance(curve, analysis.Curve):
            np.testing.assert_array_equal(getattr(found, name).y, curve.y)


def test_words_are_the_same_choices_as_numbers(frame):
    numbers = frame.assign(choice=frame["choice"].map({"left": 1, "right": 2}))
    found, same = (
        analysis.history(x, stimulus="signed_coh", back=3).choice.y for x in (frame, numbers)
    )
    np.testing.assert_array_equal(found, same)
    turned = analysis.history(frame, stimulus="signed_coh", back=3, between=("right", "left"))
    assert turned.stimulus is not None
    assert turned.stimulus.value < 0


def test_sessions_are_those_of_the_column(frame):
    # Of each session the first three trials have none before, and so have those after a missed one.
    found = analysis.history(frame, back=3)
    per_session = 1_000 - 3 - np.sum(np.isin(np.arange(3, 1_000) % 10, (0, 1, 2, 3)))
    assert found.trials == 2 * per_session
    assert analysis.block_transitions(frame).changes == 2 * 9


def test_named_sessions_come_in_the_order_of_the_table():
    trials = {
        "performance": np.repeat([0.0, 1.0], 10),
        "session": ["tenth"] * 10 + ["ninth"] * 10,
        "trial": np.tile(np.arange(10), 2),
    }
    assert analysis.learning_curve(trials, window=10).score.y.tolist() == [0, 1]


def test_missing_outcomes_are_not_answered():
    found = analysis.signal_detection(
        {"outcome": ["hit", "miss", None, NAN, "false alarm", "correct rejection", "abort"]}
    )
    assert (found.trials, found.left_out) == (4, 3)


def with_rows(frame, name, value, rows):
    values = frame[name].astype(object).copy()
    values[rows] = value
    return values


ANSWERED = "in every trial that counts; it is not in 2 of 1800, first in row 7 .*answered="
SAID = {
    "stimulus missing": (
        lambda f: analysis.psychometric(
            f.assign(coh=with_rows(f, "coh", NAN, [7, 11])), "coh", fit=False
        ),
        f"stimulus .column 'coh'. is finite {ANSWERED}",
    ),
    "stimulus of history": (
        lambda f: analysis.history(
            f.assign(signed_coh=with_rows(f, "signed_coh", NAN, [7, 11])), stimulus="signed_coh"
        ),
        f"stimulus .column 'signed_coh'. is finite {ANSWERED}",
    ),
    "a unit": (
        lambda f: analysis.psychometric(f.assign(coh=with_rows(f, "coh", "12.8%", [3])), "coh"),
        r"stimulus \(column 'coh'\) is a number for each trial; row 3 \(from 0\) has '12.8%'",
    ),
    "yes": (
        lambda f: analysis.chronometric(f.assign(correct=with_rows(f, "correct", "yes", [4]))),
        r"correct is True or False \(1 or 0\) in each trial; row 4 \(from 0\) has 'yes'",
    ),
    "correct missing": (
        lambda f: analysis.history(f.assign(correct=with_rows(f, "correct", None, [5]))),
        r"outcome \(column 'correct'\) is True or False .* it is missing in row 5",
    ),
    "two kinds": (
        lambda f: analysis.history(f.assign(choice=with_rows(f, "choice", 1, [5]))),
        "choice is of one kind in all trials, not of int, str",
    ),
    "no such choice": (
        lambda f: analysis.history(f, between=("Left", "Right")),
        "no choice is Left or Right",
    ),
    "three": (
        lambda f: analysis.history(f.assign(choice=with_rows(f, "choice", "up", [5]))),
        r"not 3 \(left, right, up\)",
    ),
    "no sessions": (
        lambda f: analysis.history(f.drop(columns="session")),
        "trial is 0 in row 0 and in row 1000 .*name the column of sessions `session`",
    ),
    "session missing": (
        lambda f: analysis.history(f.assign(session=with_rows(f, "session", None, [9]))),
        "session is known in every trial",
    ),
    "one block": (
        lambda f: analysis.block_transitions(f.assign(block=1)),
        "never changes: it is 1 in all 2000 trials",
    ),
    "blocks are sessions": (
        lambda f: analysis.block_transitions(f.assign(block=(f["session"] == "monday") * 1)),
        "takes 2 values, and never changes within one of the 2 sessions",
    ),
    "block missing": (
        lambda f: analysis.block_transitions(f.assign(block=with_rows(f, "block", NAN, [10]))),
        "answered or not; it is not in 1 of 2000, first in row 10",
    ),
    "few stimuli": (
        lambda f: analysis.psychometric(f[f["coh"].isin([0, 3.2, 6.4])], "coh"),
        "3 stimuli above 0 and 40 answered trials of them at least, not 2 and",
    ),
    "seconds": (
        lambda f: analysis.chronometric(f.assign(reaction_time=f["reaction_time"] / 1000), "coh"),
        "time .column 'reaction_time'. is in ms; these look like seconds, .* longer than 0.301",
    ),
    "seconds, by time": (
        lambda f: analysis.conditional_accuracy(f.assign(reaction_time=f["reaction_time"] / 1000)),
        "look like seconds",
    ),
    "seconds asked": (
        lambda f: analysis.reproduction(None, f["coh"] / 10 + 0.5, f["reaction_time"]),
        "asked is in ms; these look like seconds",
    ),
    "seconds produced": (
        lambda f: analysis.reproduction(None, f["coh"] + 500, f["reaction_time"] / 1000),
        "produced is in ms; these look like seconds",
    ),
    "no time, but an answer": (
        lambda f: analysis.chronometric(f.assign(reaction_time=-1.0), "coh"),
        "is finite and at least 0 ms .NaN: no answer. in every trial that counts",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "said"), SAID.values(), ids=SAID)
def test_what_is_odd_is_said_with_its_column_and_row(frame, call, said):
    with pytest.raises(ValueError, match=said):
        call(frame)


def test_trials_without_a_stimulus_are_left_out_where_that_is_asked_for(frame):
    holed = frame.assign(coh=frame["coh"].where(frame.index % 7 != 1))
    answered = holed["coh"].notna()
    found = analysis.psychometric(holed, "coh", answered=answered, fit=False)
    assert found.trials == int(np.sum(answered & frame["choice"].notna()))


def test_a_set_of_strengths_is_what_the_test_takes_it_for():
    assert np.unique(np.abs(SIGNED)).tolist()[:3] == [0, 3.2, 6.4]
