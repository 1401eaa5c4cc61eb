"""Where posteriors fail worst: the most discrepant neighbourhoods, in words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from photoz.metrics.scores import central_coverage

_SURE = 3.0  # sigma; below it a place gets no word


class Place(NamedTuple):
    """A neighbourhood in the space of the covariates.

    Attributes:
        median: of each covariate over the neighbours.
        low: 16th percentile of each.
        high: 84th percentile of each.
        n: neighbours.
        discrepancy: mean over alphas of (local fraction - alpha)^2.
        p_value: probability that any neighbourhood at all is as discrepant by chance.
        mean_pit: 0.5 where redshifts are right on average, above where they are too low.
        coverage_68: share of true redshifts in the central 68 % interval.
        said: what is wrong, in words.
    """

    median: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    n: int
    discrepancy: float
    p_value: float
    mean_pit: float
    coverage_68: float
    said: str


def worst_places(
    pit: np.ndarray,
    covariates: np.ndarray,
    names: Sequence[str],
    centre: np.ndarray,
    near: np.ndarray,
    discrepancy: np.ndarray,
    p_centre: np.ndarray,
    n_worst: int,
) -> tuple[Place, ...]:
    """Return the most discrepant neighbourhoods, worst first, none centred inside another.

    Args:
        pit: (n,).
        covariates: (n, d).
        names: of the covariates, d.
        centre: rows of the centres, (n_centre,).
        near: rows of the neighbours of each, (n_centre, k).
        discrepancy: of each centre, (n_centre,).
        p_centre: its p-value, (n_centre,).
        n_worst: places at most.
    """
    places, taken = [], np.zeros(len(pit), bool)
    for c in np.argsort(-discrepancy):
        if len(places) == n_worst:
            break
        if taken[centre[c]]:
            continue
        taken[near[c]] = True
        percentiles = np.percentile(covariates[near[c]], [16, 50, 84], axis=0)
        low, median, high = (dict(zip(names, p.tolist(), strict=True)) for p in percentiles)
        u = pit[near[c]]
        mean, covered = float(u.mean()), central_coverage(u, 0.68)
        said = describe(mean, covered, len(u))
        p, d = float(p_centre[c]), float(discrepancy[c])
        places.append(Place(median, low, high, len(u), d, p, mean, covered, said))
    return tuple(places)


def describe(mean_pit: float, coverage_68: float, n: int) -> str:
    """Return what is wrong with n posteriors, given the mean of their PIT and their coverage."""
    shift = (mean_pit - 0.5) * np.sqrt(12.0 * n)
    cover = (coverage_68 - 0.68) / np.sqrt(0.68 * 0.32 / n)
    words = []
    if abs(shift) > _SURE:
        words.append("too low" if shift > 0 else "too high")
    if abs(cover) > _SURE:
        words.append("too narrow" if cover < 0 else "too wide")
    return " and ".join(words)
