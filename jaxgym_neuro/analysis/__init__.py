"""Analyses of what subjects did: each takes trials, and returns estimates with intervals.

``trials`` is a `TrialTable`, a pandas frame or a dict with the same columns (an animal's data,
say), or None where the arguments are arrays. Trials without an answer are left out, and counted.
Needs the extra ``analysis``.
"""

from jaxgym_neuro.analysis.behaviour.block_transitions import BlockTransitions, block_transitions
from jaxgym_neuro.analysis.behaviour.chronometric import Chronometric, chronometric
from jaxgym_neuro.analysis.behaviour.conditional_accuracy import (
    ConditionalAccuracy,
    conditional_accuracy,
)
from jaxgym_neuro.analysis.behaviour.confidence import Confidence, Wager, confidence, wager
from jaxgym_neuro.analysis.behaviour.congruence import Congruence, OfContext, congruence
from jaxgym_neuro.analysis.behaviour.history import History, history
from jaxgym_neuro.analysis.behaviour.learning_curve import LearningCurve, learning_curve
from jaxgym_neuro.analysis.behaviour.psychometric import Psychometric, psychometric
from jaxgym_neuro.analysis.behaviour.psychophysical_kernel import (
    PsychophysicalKernel,
    psychophysical_kernel,
)
from jaxgym_neuro.analysis.behaviour.reproduction import Reproduction, reproduction
from jaxgym_neuro.analysis.behaviour.signal_detection import SignalDetection, signal_detection
from jaxgym_neuro.analysis.behaviour.stay import StayProbabilities, stay_probabilities
from jaxgym_neuro.analysis.estimates import Curve, Estimate

__all__ = [
    "BlockTransitions",
    "Chronometric",
    "ConditionalAccuracy",
    "Confidence",
    "Congruence",
    "Curve",
    "Estimate",
    "History",
    "LearningCurve",
    "OfContext",
    "Psychometric",
    "PsychophysicalKernel",
    "Reproduction",
    "SignalDetection",
    "StayProbabilities",
    "Wager",
    "block_transitions",
    "chronometric",
    "conditional_accuracy",
    "confidence",
    "congruence",
    "history",
    "learning_curve",
    "psychometric",
    "psychophysical_kernel",
    "reproduction",
    "signal_detection",
    "stay_probabilities",
    "wager",
]
