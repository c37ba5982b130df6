"""Deviations from NeuroGym 2.3.1 that tasks share; those of one task stand in its file.

``DIFFERENCES`` holds those of every task; the others are made for the tasks that have them, and
take the names of the tests that hold them there.
"""

from jaxgym_neuro.core.tables import Difference

DIFFERENCES = {
    "first observation": Difference(
        "`reset` shows step 0 of the first trial and takes no action",
        "2.3.1 takes a random step and never shows the first observation",
        ("test_reset_shows_the_first_row_of_the_first_trial",),
    ),
    "info": Difference(
        '`info["conditions"]` and `info["gt"]` are those of the trial that the action belonged to',
        "2.3.1 reports the trial that follows",
        ("test_info_is_of_the_trial_that_the_action_belonged_to",),
    ),
    "steps": Difference(
        "steps are counted in whole numbers",
        "2.3.1 adds up `dt`, and loses a step where it is no whole number",
        ("test_durations_are_floored_to_steps",),
    ),
    "short periods": Difference(
        "a period with a positive duration has at least one step; durations are floored otherwise",
        "at a coarse `dt` 2.3.1 drops short cues",
        ("test_durations_are_floored_to_steps",),
    ),
    "keys": Difference(
        "random numbers come from keys, a different one for each draw",
        "2.3.1's `reset(seed)` does not seed the task, and its `seed` gives two exponential "
        "durations the same stream",
        ("test_trials_and_episodes_are_drawn_anew",),
    ),
    "until": Difference(
        '`("until", t)` counts from the start of the trial',
        "2.3.1 counts from the end of the trial before, if it is the first period",
        ("test_until_ends_at_its_time_or_is_empty",),
    ),
    "longest trial": Difference(
        "the longest trial is bounded, and so is every duration",
        "arrays have a static shape; an exponential needs a maximum",
        ("test_bad_timing_says_what_was_given_and_what_is_allowed",),
    ),
    "wrong action": Difference(
        "an action outside the action space is a wrong action",
        "2.3.1 may raise an error, or read beyond an array",
        ("test_an_invalid_action_is_a_wrong_one",),
    ),
    "abort": Difference(
        "`params.abort`, default False, in every task with a fixation period; where none lasts a "
        "step it is refused",
        "2.3.1 has the argument in two tasks, and an attribute in the others, also where it does "
        "nothing",
        (
            "test_breaking_fixation_ends_the_trial_only_under_abort",
            "test_abort_without_a_step_to_wait_in_is_refused",
        ),
    ),
}


def cue_until_decision(test: str) -> Difference:
    """Declare that the fixation cue stays on until the subject may answer."""
    return Difference(
        "the fixation cue stays on until the decision",
        "its going off is the signal to answer, as in NeuroGym's own tutorial; 2.3.1 turns it off "
        "after fixation, and an agent cannot know when to act",
        (test,),
    )


def other_conditions(here: str, why: str) -> Difference:
    """Declare that entries of NeuroGym's trial have another name here, or follow from others."""
    return Difference(here, why, ("test_every_name_of_neurogyms_is_here_or_among_the_differences",))


def never_paid(names: str) -> Difference:
    """Declare that rewards are absent that NeuroGym lists in vain."""
    return Difference(
        f"there are no rewards {names}",
        "2.3.1 lists them and never gives them",
        ("test_spaces_and_rewards_are_neurogyms",),
    )


def quiet_cues(test: str) -> Difference:
    """Declare that cues are 0 or 1 where NeuroGym adds noise to every channel."""
    return Difference(
        "cues carry no noise",
        "2.3.1 adds it to every channel, and a cue that cannot be told is none",
        (test, "test_cues_are_0_or_1"),
    )


def withholding(test: str) -> Difference:
    """Declare that it is scored to withhold a response where none is due."""
    return Difference(
        "a correctly withheld response has performance 1",
        "2.3.1 means to score it, and loses the score at the turn of the trial",
        (test, "test_statistics_agree_with_neurogym"),
    )


def missing(test: str) -> Difference:
    """Declare that a response that is due and withheld costs a reward of its own."""
    return Difference(
        "what a missed response costs is paid as the reward `miss`, and `r_tmax` is 0",
        "2.3.1 sets `r_tmax` to it with each trial",
        (test, "test_spaces_and_rewards_are_neurogyms"),
    )
