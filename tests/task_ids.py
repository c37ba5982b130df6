"""The ids that tests of every task run: all, but of families of tasks a sample.

The tasks of such a collection are lines of settings of a few families, so that what holds for one
of a family holds for the others. All of them are run by the tests of their collection.

Where a test of every id compiles something, `TYPICAL` ids are in the fast set, and the others in
the slow one: ``parametrize("id", fast_if_typical(IDS))``.
"""

import pytest

import jaxgym_neuro as jgn

SAMPLED = {
    "driscoll24": ("driscoll24.MemoryAnti-v0", "driscoll24.ReactNonMatch2Sample-v0"),
    "modcog": ("modcog.dmcintlseqr-v0",),
    "yang19": ("yang19.dlyanti-v0", "yang19.ctxdlydm2-v0", "yang19.dnmc-v0"),
}
IDS = [id for id in jgn.registered_tasks() if id in SAMPLED.get(id.partition(".")[0], (id,))]
# One at least of each way to be made, drawn, answered and paid; of alike ones the smallest.
TYPICAL = {
    "AnnubesEnv-v0",  # an interval of its own, and trials in a sequence
    "Bandit-v0",  # trials of one step; it remembers over trials
    "DawTwoStep-v0",  # what is seen depends on what was done
    "DelayMatchSample-v0",  # rings, memory
    "GoNogo-v0",  # an answer that is withheld, words among the outcomes
    "PerceptualDecisionMaking-v0",
    "PostDecisionWager-v0",  # conditions that are there in some trials only
    "Reaching1D-v0",  # an action at each step, closed loop
    "ReachingDelayResponse-v0",  # continuous actions
    "ReadySetGo-v0",  # rewards by the time of the answer
    "perceptualdecisionmaking.ibl20-v0",  # blocks
    "yang19.dnmc-v0",  # of a family
}


# Arguments by which tests of every id make a task smaller, where its default has much to compute.
SMALLER = {"VisualSearch-v0": {"size": (16, 16)}}


def fast_if_typical(cases):
    """Parameters of a test: ids, or tuples that begin with one, marked slow unless it is typical.

    What is no id of `IDS`, such as a wrapped task, stays in the fast set.
    """
    slow = set(IDS) - TYPICAL
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*row, marks=pytest.mark.slow if row[0] in slow else ()) for row in rows]
