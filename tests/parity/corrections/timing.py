"""Corrections of the tasks of timing."""

from samples import Sample

from corrections.correction import Correction, act_only_at


def _one_step_later(side, name):
    """What NeuroGym has, a step later."""
    kind, what, label = name.split("/")
    if kind == "policy":
        return Sample.recorded(side.theirs["policies"][what][label]).shifted(1)
    return Sample.recorded(side.theirs["stats"]["periods"][what][label]).shifted(1)


def _length_one_longer(side, name):
    counts = side.theirs["stats"]["length"]
    value = int(name.removeprefix("length="))
    return Sample.share(counts.get(str(value - 1), 0), sum(counts.values()))


def _start_of_production(side, name):
    """Where NeuroGym has the set that it leaves empty."""
    del name
    return Sample.recorded(side.theirs["stats"]["periods"]["production"]["start"])


def _in_set(*comparisons, expected):
    return Correction(difference="set", comparisons=comparisons, expected=expected, configs=(0,))


CORRECTIONS = {
    "IntervalDiscrimination-v0": (
        Correction(
            difference="ties",
            comparisons=("condition/ground_truth=*", "ground_truth/decision/[12]"),
            expected=0.5,
            configs=(0,),
        ),
    ),
    "MotorTiming-v0": (
        _in_set("period/set/steps", "period/set/steps=1", expected=1),
        _in_set("period/set/steps=0", expected=0),
        _in_set("period/set/start", expected=_start_of_production),
        _in_set("period/production/start", "policy/*/steps", expected=_one_step_later),
        _in_set("length=*", expected=_length_one_longer),
        _in_set("observation/set/[03]/*", "ground_truth/set/0", expected=1),
        _in_set("observation/set/[12]/*", expected=0.5),  # either interval
        _in_set("ground_truth/set/1", expected=0),
        Correction(
            difference="one step",
            comparisons=("policy/ground_truth/return",),
            expected=1,
            rows=act_only_at(
                lambda periods, drawn, dt: (
                    periods["production"][0] + round(drawn["production"] / dt)
                )
            ),
            configs=(0,),
        ),
    ),
    "OneTwoThreeGo-v0": tuple(
        Correction(
            difference="one step",
            comparisons=(f"ground_truth/response/{action}",),
            expected=share,
            rows=act_only_at(lambda periods, drawn, dt: periods["response"][0]),
            configs=(config,),
        )
        for config, steps in ((0, 12), (1, 50))
        for action, share in ((0, 1 - 1 / steps), (1, 1 / steps))
    ),
    "ReadySetGo-v0": (
        Correction(
            difference="one step",
            comparisons=("policy/ground_truth/return",),
            expected=1,
            rows=act_only_at(
                lambda periods, drawn, dt: periods["measure"][1] + round(drawn["production"] / dt)
            ),
        ),
    ),
}
