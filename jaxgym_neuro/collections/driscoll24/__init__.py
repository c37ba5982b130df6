"""Fifteen tasks of directions on two circles, after Driscoll et al. (2024)."""
