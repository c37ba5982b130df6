"""Estimating and producing time intervals."""
