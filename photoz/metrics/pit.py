"""Is the probability integral transform uniform? Tests, and the band its ECDF should keep to."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import stats


class PitTest(NamedTuple):
    """A statistic and the probability of a larger one when the PIT is uniform."""

    statistic: float
    p_value: float


class EcdfBand(NamedTuple):
    """ECDF minus uniform with its simultaneous band, arrays (k,).

    Attributes:
        u: evaluation points in (0, 1].
        difference: ECDF(u) - u.
        lower: lower edge of the band.
        upper: upper edge.
        inside: whether the whole curve keeps to the band.
    """

    u: np.ndarray
    difference: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    inside: bool


def kolmogorov_smirnov(pit: np.ndarray) -> PitTest:
    """Return the largest distance of ECDF and uniform CDF."""
    result = stats.kstest(pit, "uniform")
    return PitTest(float(result.statistic), float(result.pvalue))


def ks_distance(pit: np.ndarray) -> float:
    """Return the largest distance of ECDF and uniform CDF, without the test: quick."""
    u, n = np.sort(pit), len(pit)
    i = np.arange(1, n + 1)
    return float(max(np.max(i / n - u), np.max(u - (i - 1) / n)))


def cramer_von_mises(pit: np.ndarray) -> PitTest:
    """Return the Cramer-von Mises statistic, 1/(12 n) + sum (u_i - (2i - 1)/(2n))^2."""
    result = stats.cramervonmises(pit, "uniform")
    return PitTest(float(result.statistic), float(result.pvalue))


def anderson_darling(pit: np.ndarray) -> PitTest:
    """Return Anderson and Darling's A^2, which weighs the tails.

    The p-value is the asymptotic one of Marsaglia & Marsaglia 2004 (J. Stat. Soft. 9, 2).
    Values are kept 1e-6 away from 0 and 1, where A^2 is infinite: a single galaxy whose redshift
    lies outside its posterior must not hide all others.
    """
    u = np.sort(np.clip(np.asarray(pit, np.float64), 1e-6, 1.0 - 1e-6))
    n = len(u)
    i = np.arange(1, n + 1)
    a2 = float(-n - np.mean((2 * i - 1) * (np.log(u) + np.log1p(-u[::-1]))))
    return PitTest(a2, float(np.clip(1.0 - _anderson_darling_cdf(a2), 0.0, 1.0)))


def _anderson_darling_cdf(a2: float) -> float:
    if a2 <= 0.0:
        return 0.0
    if a2 < 2.0:
        series = (2.00012, 0.247105, -0.0649821, 0.0347962, -0.011672, 0.00168691)
        return np.exp(-1.2337141 / a2) / np.sqrt(a2) * np.polynomial.polynomial.polyval(a2, series)
    series = (1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146)
    return np.exp(-np.exp(np.polynomial.polynomial.polyval(a2, series)))


def ecdf_band(
    pit: np.ndarray, level: float = 0.95, n_point: int = 100, n_draw: int = 2000, seed: int = 0
) -> EcdfBand:
    """Return ECDF minus uniform with the simultaneous band of Sailynoja et al. 2022.

    arXiv:2103.10522, section 2.3: at each of k points the count is binomial; the coverage of the
    pointwise intervals is adjusted, by simulation of uniform samples, until a whole curve stays
    inside them with probability `level`.

    Args:
        pit: (n,) values in [0, 1].
        level: probability that a uniform sample stays inside everywhere.
        n_point: evaluation points at most; never more than n.
        n_draw: uniform samples simulated.
        seed: of the simulation.
    """
    n = len(pit)
    u, lower, upper = _uniform_band(n, level, n_point, n_draw, seed)
    ecdf = np.searchsorted(np.sort(pit), u, side="right") / n
    inside = bool(((ecdf >= lower) & (ecdf <= upper)).all())
    return EcdfBand(u, ecdf - u, lower - u, upper - u, inside)


@lru_cache(maxsize=32)
def _uniform_band(
    n: int, level: float, n_point: int, n_draw: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points, lower and upper ECDF of uniform samples; kept, as it depends on n only."""
    k = min(n_point, n)
    u = np.arange(1, k + 1) / k
    rng = np.random.default_rng(seed)
    counts = np.cumsum(rng.multinomial(n, np.full(k, 1.0 / k), size=n_draw), axis=1)
    below = stats.binom.cdf(counts, n, u)
    above = stats.binom.sf(counts - 1, n, u)
    extreme = 2.0 * np.minimum(below, above)[:, :-1].min(axis=1)
    gamma = float(np.quantile(extreme, 1.0 - level))
    lower = np.append(stats.binom.ppf(0.5 * gamma, n, u[:-1]), n) / n
    upper = np.append(stats.binom.ppf(1.0 - 0.5 * gamma, n, u[:-1]), n) / n
    for array in (u, lower, upper):
        array.flags.writeable = False
    return u, lower, upper
