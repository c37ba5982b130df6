"""Durations that draw their own numbers."""

from jaxgym_neuro.neurogym.durations import TruncExp, trunc_exp

__all__ = ["TruncExp", "trunc_exp"]
