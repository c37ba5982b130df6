"""Analyses of what subjects did: each takes trials, and returns estimates with intervals.

``trials`` is a `TrialTable`, a pandas frame or a dict with the same columns (an animal's data,
say), or None where the arguments are arrays. Trials without an answer are left out, and counted.
Needs the extra ``analysis``.
"""

from jaxgym_neuro.analysis.behaviour.chronometric import Chronometric, chronometric
from jaxgym_neuro.analysis.behaviour.history import History, history
from jaxgym_neuro.analysis.behaviour.psychometric import Psychometric, psychometric
from jaxgym_neuro.analysis.behaviour.signal_detection import SignalDetection, signal_detection
from jaxgym_neuro.analysis.estimates import Curve, Estimate

__all__ = [
    "Chronometric",
    "Curve",
    "Estimate",
    "History",
    "Psychometric",
    "SignalDetection",
    "chronometric",
    "history",
    "psychometric",
    "signal_detection",
]
