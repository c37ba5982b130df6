"""Runs of equal trials in a session; what the recordings and the comparison with them share."""

from collections.abc import Mapping

import numpy as np

LONGEST = 30  # longer runs are counted together


def runs(labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the lengths of the complete runs in each (trials,) sequence, by name and value.

    The first and the last run are cut off by the session, and left out.
    """
    lengths = {}
    for name, sequence in labels.items():
        begins = np.flatnonzero(np.diff(sequence)) + 1
        for value in np.unique(sequence).tolist():
            of_value = sequence[begins[:-1]] == value
            lengths[f"{name}={value}"] = np.diff(begins)[of_value]
    return lengths
