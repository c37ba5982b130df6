"""Corrections of the tasks of response inhibition."""

from corrections.correction import WITHHOLDING_SCORES

CORRECTIONS = {"GoNogo-v0": WITHHOLDING_SCORES}
