"""Analyses of what subjects did: each takes trials, and returns estimates with intervals.

``trials`` is a `TrialTable`, a pandas frame or a dict with the same columns (an animal's data,
say), or None where the arguments are arrays. Trials without an answer are left out, and counted.
Needs the extra ``analysis``.
"""

from jaxgym_neuro.analysis.activity.aligned import Averages, align, condition_averages
from jaxgym_neuro.analysis.activity.decoding import Decoding, decode
from jaxgym_neuro.analysis.activity.population import Trajectories, demixed_pca, pca
from jaxgym_neuro.analysis.activity.selectivity import Selectivity, selectivity
from jaxgym_neuro.analysis.activity.similarity import Dissimilarity, dissimilarity
from jaxgym_neuro.analysis.activity.task_variance import TaskVariance, task_variance
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
from jaxgym_neuro.analysis.dynamics.fixed_points import FixedPoints, fixed_points
from jaxgym_neuro.analysis.estimates import Curve, Estimate

__all__ = [
    "Averages",
    "BlockTransitions",
    "Chronometric",
    "ConditionalAccuracy",
    "Confidence",
    "Congruence",
    "Curve",
    "Decoding",
    "Dissimilarity",
    "Estimate",
    "FixedPoints",
    "History",
    "LearningCurve",
    "OfContext",
    "Psychometric",
    "PsychophysicalKernel",
    "Reproduction",
    "Selectivity",
    "SignalDetection",
    "StayProbabilities",
    "TaskVariance",
    "Trajectories",
    "Wager",
    "align",
    "block_transitions",
    "chronometric",
    "condition_averages",
    "conditional_accuracy",
    "confidence",
    "congruence",
    "decode",
    "demixed_pca",
    "dissimilarity",
    "fixed_points",
    "history",
    "learning_curve",
    "pca",
    "psychometric",
    "psychophysical_kernel",
    "reproduction",
    "selectivity",
    "signal_detection",
    "stay_probabilities",
    "task_variance",
    "wager",
]
