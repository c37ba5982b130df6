"""The twenty tasks, in NeuroGym's order: each a line of settings of its family."""

from jaxgym_neuro.collections.families import Line, classes_of
from jaxgym_neuro.collections.yang19.decision import Decision, DelayedDecision
from jaxgym_neuro.collections.yang19.match import MatchCategory, MatchSample
from jaxgym_neuro.collections.yang19.reach import Reach, ReachAtOnce
from jaxgym_neuro.collections.yang19.two_rings import YANG_2019

_FIRST, _SECOND, _BOTH = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)  # of two modalities
_ANTI, _PRO = {"anti": True}, {"anti": False}
_ON_MATCH, _ON_NON_MATCH = {"matchgo": True}, {"matchgo": False}
_DELAY = {"delay": 500}


def _modalities(shown, weights=_BOTH):
    return {"stim_mod": shown, "w_mod": weights}


LINES = {
    "go": Line(Reach, "Reach to where a stimulus is, when the cue goes off.", _PRO),
    "rtgo": Line(ReachAtOnce, "Reach to a stimulus as soon as it is there.", _PRO),
    "dlygo": Line(Reach, "Reach to where a stimulus was, after a delay.", _PRO, _DELAY),
    "anti": Line(Reach, "Reach away from a stimulus, when the cue goes off.", _ANTI),
    "rtanti": Line(ReachAtOnce, "Reach away from a stimulus as soon as it is there.", _ANTI),
    "dlyanti": Line(Reach, "Reach away from where a stimulus was, after a delay.", _ANTI, _DELAY),
    "dm1": Line(
        Decision,
        "Choose the stronger of two stimuli in the first modality.",
        _modalities(_FIRST),
        {"stimulus": (200, 400, 600)},
        ideal=0.95,
    ),
    "dm2": Line(
        Decision,
        "Choose the stronger of two stimuli in the second modality.",
        _modalities(_SECOND),
        ideal=0.96,
    ),
    "ctxdm1": Line(
        Decision,
        "Choose the stronger of two stimuli by the first modality, and ignore the second.",
        _modalities(_BOTH, _FIRST),
        ideal=0.96,
    ),
    "ctxdm2": Line(
        Decision,
        "Choose the stronger of two stimuli by the second modality, and ignore the first.",
        _modalities(_BOTH, _SECOND),
        ideal=0.96,
    ),
    "multidm": Line(
        Decision,
        "Choose the stronger of two stimuli by both modalities together.",
        _modalities(_BOTH),
        ideal=0.92,
    ),
    "dlydm1": Line(
        DelayedDecision,
        "Choose the stronger of two stimuli, a delay apart, in the first modality.",
        _modalities(_FIRST),
    ),
    "dlydm2": Line(
        DelayedDecision,
        "Choose the stronger of two stimuli, a delay apart, in the second modality.",
        _modalities(_SECOND),
    ),
    "ctxdlydm1": Line(
        DelayedDecision,
        "Choose the stronger of two stimuli, a delay apart, by the first modality alone.",
        _modalities(_BOTH, _FIRST),
    ),
    "ctxdlydm2": Line(
        DelayedDecision,
        "Choose the stronger of two stimuli, a delay apart, by the second modality alone.",
        _modalities(_BOTH, _SECOND),
    ),
    "multidlydm": Line(
        DelayedDecision,
        "Choose the stronger of two stimuli, a delay apart, by both modalities together.",
        _modalities(_BOTH),
        ideal=0.90,
    ),
    "dms": Line(MatchSample, "Reach to a test that is where the sample was.", _ON_MATCH),
    "dnms": Line(MatchSample, "Reach to a test that is not where the sample was.", _ON_NON_MATCH),
    "dmc": Line(MatchCategory, "Reach to a test that is of the category of the sample.", _ON_MATCH),
    "dnmc": Line(
        MatchCategory, "Reach to a test that is not of the category of the sample.", _ON_NON_MATCH
    ),
}
NOTE = """\
Timing, strengths and noise are NeuroGym's. In the paper a stimulus of ``go`` stays on, all inputs
are noisy, and match tasks are answered in the test.
"""
TASKS = classes_of("yang19", __name__, LINES, paper=YANG_2019, note=NOTE)
globals().update(TASKS)  # under their names, as pickles look for them
