"""Means over independent trials, and whether two of them differ by more than chance.

The bound is Bernstein's inequality for the difference of two means, which holds for rare events as
well as for noise, with the variance pooled from both samples. The error rate of 0.001 is shared by
all comparisons of all tasks.
"""

import dataclasses

import numpy as np

SUITE_ERROR = 1e-3
NUM_COMPARISONS = 70_000  # more than the suite makes; each configuration keeps to its share
_EVIDENCE = np.log(2 * NUM_COMPARISONS / SUITE_ERROR)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Mean over n independent trials of a quantity that spans ``range``."""

    n: float
    mean: float
    sd: float
    range: float

    @classmethod
    def of(cls, values):
        values = np.asarray(values, np.float64)
        values = values[~np.isnan(values)]
        if not len(values):
            return cls(0, np.nan, np.nan, np.nan)
        return cls(len(values), values.mean(), values.std(), np.ptp(values))

    @classmethod
    def share(cls, count, n):
        p = count / n
        return cls(n, p, np.sqrt(p * (1 - p)), float(0 < p < 1))

    @classmethod
    def exact(cls, mean):
        """The mean of a distribution that is known."""
        return cls(np.inf, mean, np.nan, 0.0)

    @classmethod
    def recorded(cls, summary, *index):
        values = []
        for name in ("n", "mean", "sd", "range"):
            value = summary[name]
            for i in index:
                value = value[i]
            values.append(np.nan if value is None else value)
        return cls(*values)

    def shifted(self, by):
        return dataclasses.replace(self, mean=self.mean + by)


def disagreement(ours, theirs):
    """Say how a sample differs from another, or from an exact mean, or return None."""
    if ours.n == 0 or theirs.n == 0:
        return None if ours.n == theirs.n else f"{ours} here, {theirs} expected"
    difference = abs(ours.mean - theirs.mean)
    spans = max(ours.range, theirs.range)
    if np.isinf(theirs.n):
        variance = (ours.sd**2 + difference**2) / ours.n
    else:
        shares = np.array([ours.n, theirs.n]) / (ours.n + theirs.n)
        between = np.prod(shares) * difference**2
        variance = shares @ np.array([ours.sd, theirs.sd]) ** 2 + between
        variance *= 1 / ours.n + 1 / theirs.n
    bound = np.sqrt(2 * _EVIDENCE * variance) + 2 / 3 * _EVIDENCE * spans / min(ours.n, theirs.n)
    rounding = 1e-5 * (1 + abs(theirs.mean))
    if difference <= rounding or (spans > 0 and difference <= bound + rounding):
        return None
    return f"{ours.mean:.6g} here, {theirs.mean:.6g} expected, at most {bound:.3g} apart by chance"
