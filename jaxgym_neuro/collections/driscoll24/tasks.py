"""The fifteen tasks, in the order of the authors' rule inputs: each a line of its family."""

from jaxgym_neuro.collections.driscoll24.decision import Integration, IntegrationMultimodal
from jaxgym_neuro.collections.driscoll24.match import MatchCategory, MatchSample
from jaxgym_neuro.collections.driscoll24.reach import Delay, Memory, React
from jaxgym_neuro.collections.driscoll24.two_circles import DRISCOLL_2024
from jaxgym_neuro.collections.families import Line, classes_of

_FIRST, _SECOND, _BOTH = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)  # of two modalities
_ANTI, _PRO = {"anti": True}, {"anti": False}
_ON_MATCH, _ON_NON_MATCH = {"matchgo": True}, {"matchgo": False}


def _modalities(shown, weights=_BOTH):
    return {"stim_mod": shown, "w_mod": weights}


LINES = {
    "DelayPro": Line(Delay, "Respond to a stimulus when fixation goes off.", _PRO),
    "ReactPro": Line(React, "Respond to a stimulus as soon as it is there.", _PRO),
    "MemoryPro": Line(Memory, "Respond to where a stimulus was, after a memory period.", _PRO),
    "DelayAnti": Line(Delay, "Respond away from a stimulus when fixation goes off.", _ANTI),
    "ReactAnti": Line(React, "Respond away from a stimulus as soon as it is there.", _ANTI),
    "MemoryAnti": Line(
        Memory, "Respond away from where a stimulus was, after a memory period.", _ANTI
    ),
    "IntegrationModality1": Line(
        Integration,
        "Respond to the stronger of two stimuli in the first modality.",
        _modalities(_FIRST),
        ideal=0.98,
    ),
    "IntegrationModality2": Line(
        Integration,
        "Respond to the stronger of two stimuli in the second modality.",
        _modalities(_SECOND),
        ideal=0.98,
    ),
    "ContextIntModality1": Line(
        Integration,
        "Respond to the stronger of two stimuli by the first modality, and ignore the second.",
        _modalities(_BOTH, _FIRST),
        ideal=0.98,
    ),
    "ContextIntModality2": Line(
        Integration,
        "Respond to the stronger of two stimuli by the second modality, and ignore the first.",
        _modalities(_BOTH, _SECOND),
        ideal=0.98,
    ),
    "IntegrationMultimodal": Line(
        IntegrationMultimodal,
        "Respond to the stronger of two stimuli by both modalities together.",
        _modalities(_BOTH),
        ideal=0.99,
    ),
    "ReactMatch2Sample": Line(
        MatchSample, "Respond at once to a stimulus that is where the one before was.", _ON_MATCH
    ),
    "ReactNonMatch2Sample": Line(
        MatchSample,
        "Respond at once to a stimulus that is not where the one before was.",
        _ON_NON_MATCH,
    ),
    "ReactCategoryPro": Line(
        MatchCategory,
        "Respond at once to a stimulus that is of the category of the one before.",
        _ON_MATCH,
        ideal=0.97,
    ),
    "ReactCategoryAnti": Line(
        MatchCategory,
        "Respond at once to a stimulus that is not of the category of the one before.",
        _ON_NON_MATCH,
        ideal=0.97,
    ),
}
NOTE = """\
Timing, strengths and noise are those of the authors' code, and so is the score: what the subject
does in the last step, a response within pi / 10 of the right direction. There, durations and
modalities are drawn once for a batch of trials, here for each trial; the noise is on the fixation
and rule inputs too, here on the stimuli alone, as a cue is to be told without doubt; the network is
trained to fixate at 0.8, and no error counts in the first 100 ms of the trial and of the response,
here the ground truth is 1 throughout.
"""
TASKS = classes_of("driscoll24", __name__, LINES, paper=DRISCOLL_2024, note=NOTE, differences={})
globals().update(TASKS)  # under their names, as pickles look for them
