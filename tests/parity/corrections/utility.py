"""Corrections of the utilities."""

from corrections.correction import Correction

CORRECTIONS = {
    "Null-v0": (
        Correction(
            difference="performance",
            comparisons=("policy/*/performance",),
            expected=1,
        ),
    ),
}
