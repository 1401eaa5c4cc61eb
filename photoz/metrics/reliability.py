"""Do the odds tell which redshifts are wrong, and what do cuts in them buy?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.metrics.attributes import odds
from photoz.metrics.bins import check_edges, quantile_edges, split
from photoz.metrics.evaluate import SMALLEST, can_be_scored
from photoz.metrics.points import OUTLIER, normalised_dz, sigma_nmad

ODDS_EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
_ONE_SIGMA = 0.6827
_STEP = 1e-4  # of cuts: odds that differ by less are of posteriors equally sure


@dataclass(frozen=True)
class Reliability:
    """Outliers against odds.

    Attributes:
        n: galaxies with a posterior and z_spec.
        outlier_fraction: of all of them.
        bins: rows with `bin`, `low`, `high` (odds), `n`, `n_outlier`, `outlier_fraction`, its
            binomial interval of 68 % `outlier_low`, `outlier_high`, and `promised`, the outlier
            fraction that the posteriors themselves expect.
        curve: rows, one a cut odds >= `odds_min`: `n` kept, `kept` of all, `completeness` (share
            of the galaxies that are no outliers which is kept), `purity` (share of the kept that
            are no outliers) with `purity_low`, `purity_high`, and `sigma_nmad` of the kept, NaN
            below five.
    """

    n: int
    outlier_fraction: float
    bins: list[dict[str, Any]]
    curve: list[dict[str, Any]]


def reliability(
    posterior: Posterior,
    estimator: str,
    *,
    edges: Sequence[float] = ODDS_EDGES,
    n_bins: int | None = None,
    n_cut: int = 20,
    threshold: float = OUTLIER,
) -> Reliability:
    """Return the outlier rate by odds, and completeness against purity of cuts in odds.

    Odds are the mass within 0.06 (1 + z_map) of the peak (Coe et al. 2006). Where the posteriors
    are right, the outlier fraction of a bin is the promised one, whatever the odds mean.

    Args:
        posterior: result with `z_spec`.
        estimator: whose odds and peak.
        edges: of the bins of odds, increasing, finer towards 1 where most galaxies are.
        n_bins: bins of equal numbers instead, fewer where odds are equal.
        n_cut: cuts of the curve, at equal steps of the kept share, fewer where odds are equal to
            four digits.
        threshold: of |z_map - z_spec| / (1 + z_spec) of an outlier, above 0 and below 1.

    Raises:
        InputError: no spectroscopic redshifts, fewer than five galaxies, or unusable bins.
    """
    if not 0.0 < threshold < 1.0 or n_cut < 1:
        raise InputError(
            f"An outlier threshold of {threshold:g} and {n_cut} cuts: expected between 0 and 1, "
            "and 1 or more."
        )
    some = posterior.take(can_be_scored(posterior, estimator))
    if some.n < SMALLEST:
        raise InputError(
            f"{some.n} galaxies have both a posterior of {estimator!r} and z_spec; at least "
            f"{SMALLEST} are needed."
        )
    dz = normalised_dz(some.z_map(estimator), some.require_z_spec())
    wrong = np.abs(dz) > threshold
    value = np.clip(odds(some, estimator), 0.0, 1.0)
    promised = promised_outlier(some, estimator, threshold)
    cuts = check_edges(edges) if n_bins is None else quantile_edges(value, n_bins, "odds")
    bins = [
        {
            "bin": one.name,
            "low": one.low,
            "high": one.high,
            **_outliers(wrong[one.inside]),
            "promised": float(promised[one.inside].mean()) if one.inside.any() else np.nan,
        }
        for one in split(value, cuts, "odds")
    ]
    curve = [_cut(float(c), value >= c, wrong, dz) for c in _cuts(value, n_cut)]
    return Reliability(some.n, float(wrong.mean()), bins, curve)


def promised_outlier(posterior: Posterior, estimator: str, threshold: float) -> np.ndarray:
    """Return the posterior probability (n,) that the peak is an outlier of the true redshift."""
    peak = np.asarray(posterior.z_map(estimator), np.float64)
    low = np.clip((peak - threshold) / (1.0 + threshold), 0.0, posterior.z_max)
    high = np.clip((peak + threshold) / (1.0 - threshold), 0.0, posterior.z_max)
    inside = posterior.cdf(estimator, high) - posterior.cdf(estimator, low)
    return np.clip(1.0 - inside, 0.0, 1.0)


def binomial_interval(k: int, n: int) -> tuple[float, float]:
    """Return the interval of 68 % of a rate of k in n (Wilson 1927); NaN where n is 0."""
    if not n:
        return np.nan, np.nan
    found = stats.binomtest(k, n).proportion_ci(_ONE_SIGMA, method="wilson")
    return float(found.low), float(found.high)


def _cuts(value: np.ndarray, n_cut: int) -> np.ndarray:
    """Return cuts in odds (n,) at equal steps of the kept share, to four digits, increasing."""
    levels = np.sort(value)[np.arange(n_cut) * len(value) // n_cut]
    return np.unique(np.minimum(np.floor(levels / _STEP + 1e-9) * _STEP, levels))


def _outliers(wrong: np.ndarray) -> dict[str, Any]:
    n, k = len(wrong), int(wrong.sum())
    low, high = binomial_interval(k, n)
    rate = k / n if n else np.nan
    return {
        "n": n,
        "n_outlier": k,
        "outlier_fraction": rate,
        "outlier_low": low,
        "outlier_high": high,
    }


def _cut(level: float, kept: np.ndarray, wrong: np.ndarray, dz: np.ndarray) -> dict[str, Any]:
    n, good = int(kept.sum()), int((kept & ~wrong).sum())
    low, high = binomial_interval(good, n)
    return {
        "odds_min": level,
        "n": n,
        "kept": n / len(kept),
        "completeness": good / max(int((~wrong).sum()), 1),
        "purity": good / n,
        "purity_low": low,
        "purity_high": high,
        "sigma_nmad": sigma_nmad(dz[kept]) if n >= SMALLEST else np.nan,
    }
