"""Corrections of the utilities."""

from corrections.correction import Correction

CORRECTIONS = {
    "Null-v0": (
        Correction(
            reason="having waited scores 1; NeuroGym never scores",
            comparisons=("policy/*/performance",),
            expected=1,
        ),
    ),
}
